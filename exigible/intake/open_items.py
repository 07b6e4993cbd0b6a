"""The list of open items: what is left to pay, invoice by invoice, credits included.

Beside a ledger it states due dates; in its place it opens claims. Headings are known by many names,
French or English; a mapping says them for a source. What a cell says wrongly is left out and told by
its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from exigible.domain.text_keys import ref_key
from exigible.intake.lines import LineReader, TableFile, short, siren_of, synonyms
from exigible.intake.mapping.grids import Grid
from exigible.intake.mapping.model import Mapping
from exigible.intake.mapping.reading import read_mapped
from exigible.intake.problems import Problems, Unreadable
from exigible.intake.receivables import CreditKind, PostedAs, credit_kind
from exigible.intake.tables import Table, read_table

ITEM_HEADINGS = synonyms(
    {
        "code": "code,code client,client,n° client,no client,numero client,num client,compte,"
        "compte auxiliaire,auxiliaire,compauxnum,customer,customer code,customer id,code tiers,"
        "tiers,n° tiers,account,account number,ref client",
        "invoice": "facture,n° facture,no facture,numero,numero facture,numero de facture,piece,"
        "n° piece,no piece,numero de piece,reference,ref,ref piece,pieceref,invoice,"
        "invoice number,invoice no,document,num facture,n°",
        "issued_on": "date,date facture,date de facture,date piece,date de piece,date emission,"
        "date d'emission,invoice date,issue date,date document,date comptable",
        "due_on": "echeance,date echeance,date d'echeance,due date,due,date limite,"
        "date de paiement prevue,due on,date limite de paiement",
        "amount": "montant,montant ttc,ttc,solde,reste du,reste a payer,montant du,amount,balance,"
        "open amount,montant restant,solde du,amount due,restant du",
    }
)
# What software calls a credit, money or not, and the credit side (SAP: S debit, H credit).
_CREDIT_TYPES = frozenset(
    map(
        ref_key,
        [
            "avoir",
            "avoirs",
            "avoir client",
            "note de credit",
            "credit memo",
            "credit note",
            "cn",
            "av",
            "dg",
            "refund",
            "out_refund",
            "sales credit memo",
            "facture d'avoir",
            "avoir sur facture",
            "customer credit note",
            "creditmemo",
        ],
    )
)
_MONEY_TYPES = frozenset(
    map(
        ref_key,
        [
            "reglement",
            "paiement",
            "payment",
            "encaissement",
            "dz",
            "acompte",
            "deposit",
            "receipt",
            "customer payment",
            "virement",
            "cheque",
            "reglement client",
            "avance",
            "unapplied payment",
            "paiement client",
            "bq",
            "bnq",
            "banque",
            "bank",
            "caisse",
        ],
    )
)
_NOT_LETTERED = frozenset({"", "non", "no", "n", "0", "false", "faux"})
_CREDIT_SIDES = frozenset({"c", "h", "cr", "credit", "crediteur", "haben"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """One open item as the list states it; `amount_cents` is below zero for a credit."""

    line: int
    code: str
    invoice: str
    issued_on: date | None
    due_on: date | None
    amount_cents: int | None
    name: str = ""
    siren: str = ""
    currency: str = "EUR"
    label: str = ""
    is_payment: bool = False  # a credit that is money, not a credit note
    settled_on: date | None = None
    is_lettered: bool = False  # accounting has closed it, without saying the day

    @property
    def is_open(self) -> bool:
        return self.settled_on is None and not self.is_lettered


def read_open_items(
    path: Path,
    *,
    partial: bool = False,
    mapping: Mapping | None = None,
    grid: Grid | None = None,
) -> TableFile[OpenItem]:
    """Open a list of open items; raise Unreadable without code, number and due date.

    A mapping says what is needed itself (`kinds.yaml`).
    """
    table = (
        read_mapped(path, mapping, grid=grid)
        if mapping
        else read_table(path, ITEM_HEADINGS, ("code", "invoice", "due_on"))
    )
    problems = Problems(partial=partial)
    return TableFile(table, problems, _items(table, problems))


def looks_like_open_items(path: Path) -> bool:
    """Say whether a table names invoices and due dates."""
    try:
        read_table(path, ITEM_HEADINGS, ("code", "invoice", "due_on"))
    except Unreadable:
        return False
    return True


def _items(table: Table, problems: Problems) -> Iterator[OpenItem]:
    customer = "code" if "code" in table.fields else "name"
    for number, cells in table.rows:
        line = LineReader(number, cells, problems)
        code, invoice = line.text(customer), line.text("invoice") or ""
        if not code:
            if invoice:
                line.wrong("code", "missing_code", "le code client manque ; la ligne est laissée.")
            continue
        issued_on, due_on = line.day("issued_on"), line.day("due_on")
        if issued_on and due_on and due_on < issued_on:
            line.wrong(
                "due_on",
                "due_before_issue",
                "l’échéance précède la date de la facture ; elle est laissée.",
            )
            due_on = None
        type_ = ref_key(line.text("doc_type") or "")
        label = short(line.text("label")) or ""
        yield OpenItem(
            line=number,
            code=code,
            invoice=invoice,
            issued_on=issued_on,
            due_on=due_on,
            amount_cents=_signed(line, type_),
            name=short(line.text("name")) or "",
            siren=siren_of(line),
            currency=line.currency(),
            label=label,
            is_payment=_is_money(type_, invoice, label),
            settled_on=line.day("settled_on"),
            is_lettered=_is_lettered(line.text("lettering") or ""),
        )


def _is_money(type_: str, invoice: str, label: str) -> bool:
    """Say whether a credit is money: its type says so, or its texts where it has none that we know."""
    if type_ in _MONEY_TYPES or type_ in _CREDIT_TYPES:
        return type_ in _MONEY_TYPES
    kind = credit_kind(PostedAs.OTHER, "", invoice, label)
    return kind not in (CreditKind.CREDIT_NOTE, CreditKind.OTHER)


def _is_lettered(code: str) -> bool:
    """Say whether a line is closed by its *lettrage*; a code in small letters is a partial one."""
    return ref_key(code) not in _NOT_LETTERED and not code.islower()


def _signed(line: LineReader, type_: str) -> int | None:
    """Return what an item adds to the debt: debit less credit, or an amount and what gives its sign."""
    debit, credit = line.cents("debit"), line.cents("credit")
    if debit is not None or credit is not None:
        return (debit or 0) - (credit or 0)
    cents = line.cents("amount")
    if cents is None or cents <= 0:
        return cents
    is_credit = type_ in _CREDIT_TYPES or type_ in _MONEY_TYPES
    return -cents if is_credit or ref_key(line.text("sense") or "") in _CREDIT_SIDES else cents
