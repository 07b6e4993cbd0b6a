"""What is kept of an invoice beside its sums: parties, references, terms, notes, VAT, as plain values.

Only what says something is kept; amounts are texts, days are ISO.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal

from exigible.intake.einvoice.model import Invoice
from exigible.intake.einvoice.parties import identity_of

LONGEST = 4000
LINES_KEPT = 200
REFERENCES = (
    "process", "specification", "buyer_reference", "project", "contract", "order", "sales_order",
    "receipt", "despatch", "tender", "object", "accounting_reference", "remittance",
    "creditor_identifier", "terms", "delivered_on", "period", "preceding", "instalments", "discounts",
    "notes", "means", "vat", "totals", "seller", "buyer", "payee", "tax_representative", "delivery",
)  # fmt: skip
LINE = ("id", "name", "quantity", "unit", "price", "net", "category", "rate")


def facts_of(invoice: Invoice, rules: Mapping[str, int]) -> dict[str, object]:
    """Return what an invoice states beside what has a column; `rules` counts those it breaks."""
    kept = {name: plain(getattr(invoice, name)) for name in REFERENCES}
    kept["lines"] = [
        {name: value for name in LINE if (value := plain(getattr(line, name))) not in (None, "")}
        for line in invoice.lines[:LINES_KEPT]
    ]
    for name in ("seller", "buyer", "payee"):
        party = getattr(invoice, name)
        if party is not None:
            found = identity_of(party)
            kept[name] = {**kept[name], "siren": found.siren, "siret": found.siret}  # type: ignore[dict-item]
    kept["rules"] = dict(rules)
    return {name: value for name, value in kept.items() if value not in (None, "", [], {})}


def plain(value: object) -> object:
    """Return a value as JSON can hold it, without what is empty."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value[:LONGEST].replace("\x00", "")
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: found
            for field in fields(value)
            if field.name != "at"
            and (found := plain(getattr(value, field.name))) not in (None, "", [], {})
        }
    return value
