"""How the rules of EN 16931 are checked: one function a rule, or a shape shared by several.

A check yields the places where an invoice breaks its rule; `rules` names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from exigible.intake.einvoice import codes
from exigible.intake.einvoice.model import (
    AllowanceCharge,
    Invoice,
    Line,
    Party,
    Period,
    Syntax,
    Totals,
)

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Where:
    """One place where a rule is broken: its line, and figures or a name that complete the sentence."""

    line: int | None = None
    detail: str = ""


type Check = Callable[[Invoice], Iterable[Where]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, what it asks, how it is checked."""

    id: str
    asks: str
    check: Check


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), ZERO)


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def shown(amount: Decimal) -> str:
    """Write 1234.5 as « 1234,50 »: two decimals at least."""
    text = str(amount if -amount.as_tuple().exponent > 2 else amount.quantize(CENT))  # type: ignore[operator]
    return text.replace(".", ",")


def beyond_slack(invoice: Invoice, stated: Decimal, found: Decimal) -> bool:
    """Say whether a VAT differs by more than the norm's own checks allow: one unit, less in UBL."""
    gap = abs(stated - found)
    return gap > 1 or (gap == 1 and invoice.syntax is Syntax.UBL)


def missing(value: object, line: int | None = None) -> Iterator[Where]:
    if value is None or value == "":
        yield Where(line)


def differs(stated: Decimal | None, found: Decimal, line: int | None) -> Iterator[Where]:
    if stated is not None and rounded(stated) != rounded(found):
        yield Where(line, f"{shown(stated)} au lieu de {shown(found)}")


def on_totals(check: Callable[[Invoice, Totals], Iterable[Where]]) -> Check:
    return lambda invoice: () if invoice.totals is None else check(invoice, invoice.totals)


def on_lines(check: Callable[[Line], bool], *, counting: bool = False) -> Check:
    """Yield the lines for which `check` says that the rule is broken."""

    def places(invoice: Invoice) -> Iterator[Where]:
        for line in invoice.lines:
            if (line.counts or not counting) and check(line):
                yield Where(line.at, f"ligne {line.id} de la facture" if line.id else "")

    return places


def on_document(is_charge: bool, check: Callable[[AllowanceCharge], bool]) -> Check:
    return lambda invoice: (
        Where(one.at) for one in invoice.allowances if one.is_charge is is_charge and check(one)
    )


def on_lines_parts(is_charge: bool, check: Callable[[AllowanceCharge], bool]) -> Check:
    return lambda invoice: (
        Where(one.at or line.at)
        for line in invoice.lines
        for one in line.allowances
        if one.is_charge is is_charge and check(one)
    )


def of_party(
    get: Callable[[Invoice], Party | None], check: Callable[[Party], object], at: str
) -> Check:
    def places(invoice: Invoice) -> Iterator[Where]:
        party = get(invoice)
        if party is not None:
            yield from missing(check(party), invoice.at.get(at))

    return places


def stated_total(name: str) -> Check:
    return lambda invoice: missing(
        None if invoice.totals is None else getattr(invoice.totals, name), invoice.at.get("totals")
    )


def no_reason(one: AllowanceCharge) -> bool:
    return not one.reason and not one.reason_code


def is_backwards(period: Period | None) -> bool:
    return bool(
        period and period.starts_on and period.ends_on and period.ends_on < period.starts_on
    )


def is_empty(period: Period | None) -> bool:
    return period is not None and period.starts_on is None and period.ends_on is None


def too_precise(amount: Decimal | None) -> bool:
    return amount is not None and amount != rounded(amount)


# --- arithmetic --------------------------------------------------------------------------------------


def lines_total(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if invoice.lines or totals.lines is not None:
        found = total(line.net for line in invoice.lines if line.counts)
        yield from differs(totals.lines, found, invoice.at.get("totals"))


def allowances_total(is_charge: bool, name: str) -> Check:
    def check(invoice: Invoice, totals: Totals) -> Iterator[Where]:
        found = total(one.amount for one in invoice.allowances if one.is_charge is is_charge)
        stated = getattr(totals, name)
        if stated is None and found:
            stated = ZERO
        yield from differs(stated, found, invoice.at.get("totals"))

    return on_totals(check)


def net_total(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if totals.lines is not None:
        found = totals.lines - (totals.allowances or ZERO) + (totals.charges or ZERO)
        yield from differs(totals.net, found, invoice.at.get("totals"))


def vat_total(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if invoice.vat:
        found = total(one.tax for one in invoice.vat)
        yield from differs(totals.vat, found, invoice.at.get("totals"))


def gross_total(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if totals.vat_repeated:
        yield Where(invoice.at.get("vat"), "deux totaux de TVA dans la devise de la facture")
    if totals.net is not None:
        found = totals.net + (totals.vat or ZERO)
        yield from differs(totals.gross, found, invoice.at.get("totals"))


def payable_total(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if totals.gross is not None:
        found = totals.gross - (totals.prepaid or ZERO) + (totals.rounding or ZERO)
        yield from differs(
            totals.payable, found, invoice.at.get("payable") or invoice.at.get("totals")
        )


def vat_amounts(invoice: Invoice) -> Iterator[Where]:
    """The tax of a breakdown is its base times its rate, within the slack of the norm."""
    for one in invoice.vat:
        if one.tax is None or one.base is None:
            continue
        if one.rate is None or not rounded(one.rate):
            if rounded(one.tax):
                yield Where(one.at, f"{shown(one.tax)} au lieu de 0,00")
            continue
        found = rounded(one.base * one.rate / 100)
        if beyond_slack(invoice, one.tax, found):
            yield Where(one.at, f"{shown(one.tax)} au lieu de {shown(found)}")


def no_due_date(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if invoice.is_credit_note:
        return
    if (totals.payable or ZERO) > 0 and invoice.due_on is None and not invoice.terms:
        yield Where(invoice.at.get("totals"))


def accounting_currency(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if (
        invoice.vat_currency
        and invoice.vat_currency != invoice.currency
        and totals.vat_accounting is None
    ):
        yield Where(invoice.at.get("totals"))


def prefixes(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "tax_representative", "buyer"):
        party: Party | None = getattr(invoice, name)
        number = party.vat_number if party is not None else ""
        if number and number[:2] not in codes.COUNTRIES | {"EL"}:
            yield Where(invoice.at.get(name), f"« {number[:30]} »")


def precise_totals(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    for name in ("lines", "allowances", "charges", "net", "vat", "gross", "prepaid", "payable"):
        if too_precise(getattr(totals, name)):
            yield Where(invoice.at.get("totals"), shown(getattr(totals, name)))


# --- codes -------------------------------------------------------------------------------------------


def type_code(invoice: Invoice) -> Iterator[Where]:
    known = codes.INVOICE_TYPES.keys() | codes.CREDIT_NOTE_TYPES.keys()
    if invoice.type_code and invoice.type_code not in known:
        yield Where(invoice.at.get("type_code"), f"« {invoice.type_code[:20]} »")


def coded(value: str, known: frozenset[str] | dict[str, str], line: int | None) -> Iterator[Where]:
    if value and value not in known:
        yield Where(line, f"« {value[:20]} »")


def countries(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "buyer", "tax_representative", "delivery", "payee"):
        party: Party | None = getattr(invoice, name)
        if party is not None and party.address is not None:
            yield from coded(party.address.country, codes.COUNTRIES, invoice.at.get(name))


def categories(invoice: Invoice) -> Iterator[Where]:
    for one in invoice.vat:
        yield from coded(one.category, codes.VAT_CATEGORIES, one.at)


def item_categories(invoice: Invoice) -> Iterator[Where]:
    for line in invoice.lines:
        yield from coded(line.category, codes.VAT_CATEGORIES, line.at)
    for one in invoice.allowances:
        yield from coded(one.category, codes.VAT_CATEGORIES, one.at)


def schemes(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "buyer", "payee", "delivery"):
        party: Party | None = getattr(invoice, name)
        for one in party.ids if party is not None else ():
            if one.scheme and not codes.is_iso6523(one.scheme):
                yield Where(invoice.at.get(name), f"« {one.scheme[:20]} »")


def legal_schemes(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "buyer", "payee"):
        party: Party | None = getattr(invoice, name)
        found = party.legal_id if party is not None else None
        if found is not None and found.scheme and not codes.is_iso6523(found.scheme):
            yield Where(invoice.at.get(name), f"« {found.scheme[:20]} »")


def endpoints(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "buyer"):
        party: Party | None = getattr(invoice, name)
        found = party.endpoint if party is not None else None
        if (
            found is not None
            and found.scheme
            and not codes.is_electronic_address_scheme(found.scheme)
        ):
            yield Where(invoice.at.get(name), f"« {found.scheme[:20]} »")


def reasons(is_charge: bool) -> Check:
    def places(invoice: Invoice) -> Iterator[Where]:
        every = [*invoice.allowances, *(one for line in invoice.lines for one in line.allowances)]
        for one in every:
            if (
                one.is_charge is is_charge
                and one.reason_code
                and not codes.is_reason_code(one.reason_code, charge=is_charge)
            ):
                yield Where(one.at, f"« {one.reason_code[:20]} »")

    return places


def media(invoice: Invoice) -> Iterator[Where]:
    for one in invoice.attachments:
        yield from coded(one.media_type, codes.ATTACHMENT_TYPES, one.at)


def item_schemes(invoice: Invoice) -> Iterator[Where]:
    for line in invoice.lines:
        found = line.item_id
        if found is not None and found.scheme and not codes.is_iso6523(found.scheme):
            yield Where(line.at, f"« {found.scheme[:20]} »")


def class_schemes(invoice: Invoice) -> Iterator[Where]:
    for line in invoice.lines:
        for one in line.classes:
            yield from coded(one.scheme, codes.ITEM_CLASSES, line.at)


def cards(invoice: Invoice) -> Iterator[Where]:
    """A card shows its first six and last four digits at most, and says at least four."""
    for one in invoice.means:
        if one.card_number is not None:
            digits = sum(character.isdigit() for character in one.card_number)
            if not 4 <= digits <= 10:
                yield Where(one.at)


def transfers(invoice: Invoice) -> Iterator[Where]:
    for one in invoice.means:
        if one.code in codes.CREDIT_TRANSFERS and not one.iban:
            yield Where(one.at)


def accounts(invoice: Invoice) -> Iterator[Where]:
    for one in invoice.means:
        if one.has_account and not one.iban:
            yield Where(one.at)


def payee_name(invoice: Invoice) -> Iterator[Where]:
    payee = invoice.payee
    if payee is None:
        return
    seller = invoice.seller or Party()
    same_id = {one.value for one in payee.ids} & {one.value for one in seller.ids} - {""}
    same_legal = payee.legal_id is not None and payee.legal_id == seller.legal_id
    if not payee.name or payee.name == (seller.trade_name or seller.name) or same_id or same_legal:
        yield Where(invoice.at.get("payee"))


def seller_ids(invoice: Invoice) -> Iterator[Where]:
    seller = invoice.seller
    if seller is not None and not (
        any(one.value for one in seller.ids) or seller.legal_id or seller.vat_number
    ):
        yield Where(invoice.at.get("seller"))


SELLER: Callable[[Invoice], Party | None] = lambda invoice: invoice.seller  # noqa: E731
BUYER: Callable[[Invoice], Party | None] = lambda invoice: invoice.buyer  # noqa: E731
AGENT: Callable[[Invoice], Party | None] = lambda invoice: invoice.tax_representative  # noqa: E731


def country_of(party: Party) -> object:
    return "hors d’objet" if party.address is None else party.address.country


def endpoint_scheme(party: Party) -> object:
    return "hors d’objet" if party.endpoint is None else party.endpoint.scheme


def held_by(get: Callable[[Invoice], Party | None], name: str) -> Check:
    """A field that a mandatory party must have, be the party there or not."""
    return lambda invoice: missing(
        None if get(invoice) is None else getattr(get(invoice), name), None
    )
