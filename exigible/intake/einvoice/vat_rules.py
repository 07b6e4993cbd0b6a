"""The rules of EN 16931 on the categories of VAT: the same ten for each, with its own terms.

Standard (S), Canary Islands (L) and Ceuta (M) rates bear a tax; zero rate (Z), exempt (E), reverse
charge (AE), intra-community (K, « IC » in the rules), export (G) and out of scope (O) bear none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from exigible.intake.einvoice.checking import ZERO, Check, Rule, Where, beyond_slack, rounded, shown
from exigible.intake.einvoice.model import AllowanceCharge, Invoice, Line, Party


@dataclass(frozen=True, slots=True)
class Category:
    """A category of VAT and what it asks for."""

    code: str
    rules: str  # the prefix of its rules
    label: str
    taxed: bool = False  # by rate, else all at zero
    positive: bool = False  # its rate must exceed zero
    seller: str = "vat_or_tax"  # what must identify the seller
    buyer: str = ""  # and the buyer
    explained: bool | None = None  # must say why there is no tax; None: must not


CATEGORIES = (
    Category("S", "BR-S", "taux normal ou réduit", taxed=True, positive=True),
    Category("Z", "BR-Z", "taux zéro"),
    Category("E", "BR-E", "exonérée", explained=True),
    Category("AE", "BR-AE", "autoliquidée", buyer="vat_or_legal", explained=True),
    Category("K", "BR-IC", "intracommunautaire", seller="vat", buyer="vat", explained=True),
    Category("G", "BR-G", "exportée", seller="vat", explained=True),
    Category("O", "BR-O", "hors champ", seller="none", buyer="none", explained=True),
    Category("L", "BR-AF", "IGIC", taxed=True),
    Category("M", "BR-AG", "IPSI", taxed=True),
)


def _used(invoice: Invoice, code: str) -> bool:
    return any(line.category == code for line in invoice.lines) or any(
        one.category == code for one in invoice.allowances
    )


def _breakdown(category: Category) -> Check:
    def check(invoice: Invoice) -> Iterator[Where]:
        found = sum(one.category == category.code for one in invoice.vat)
        if _used(invoice, category.code):
            if not found or (found > 1 and not category.taxed):
                yield Where()
        elif found and invoice.lines and invoice.profile.has_lines:
            yield Where()

    return check


def _identified(category: Category, holds: Callable[[Invoice], bool]) -> Check:
    """Check the identifiers of the parties where lines, discounts or charges are of a category."""

    def check(invoice: Invoice) -> Iterator[Where]:
        if not holds(invoice):
            return
        seller, buyer = invoice.seller or Party(), invoice.buyer or Party()
        agent = invoice.tax_representative or Party()
        vat = seller.vat_number or agent.vat_number
        match category.seller:
            case "vat_or_tax":
                wrong = not (vat or seller.tax_number)
            case "vat":
                wrong = not vat
            case _:
                wrong = bool(vat)
        match category.buyer:
            case "vat_or_legal":
                wrong = wrong or not (buyer.vat_number or buyer.legal_id)
            case "vat":
                wrong = wrong or not buyer.vat_number
            case "none":
                wrong = wrong or bool(buyer.vat_number)
        if wrong:
            yield Where()

    return check


def _wrong_rate(category: Category, rate: Decimal | None) -> bool:
    if category.code == "O":
        return rate is not None
    if rate is None:
        return True
    if category.positive:
        return rate <= 0
    return rate < 0 if category.taxed else rate != 0


def _line_rates(category: Category) -> Check:
    return lambda invoice: (
        Where(line.at)
        for line in invoice.lines
        if line.category == category.code and _wrong_rate(category, line.rate)
    )


def _allowance_rates(category: Category, is_charge: bool) -> Check:
    return lambda invoice: (
        Where(one.at)
        for one in invoice.allowances
        if one.category == category.code
        and one.is_charge is is_charge
        and _wrong_rate(category, one.rate)
    )


def _base(category: Category) -> Check:
    """The base of a breakdown is what its lines, discounts and charges add up to."""

    def belongs(one: Line | AllowanceCharge, rate: Decimal | None) -> bool:
        return one.category == category.code and (
            not category.taxed or (one.rate or ZERO) == (rate or ZERO)
        )

    def check(invoice: Invoice) -> Iterator[Where]:
        if not invoice.lines:
            return
        for vat in invoice.vat:
            if vat.category != category.code or vat.base is None:
                continue
            found = ZERO
            for line in invoice.lines:
                if line.counts and belongs(line, vat.rate):
                    found += line.net or ZERO
            for one in invoice.allowances:
                if belongs(one, vat.rate):
                    found += (one.amount or ZERO) * (1 if one.is_charge else -1)
            if category.taxed:
                wrong = beyond_slack(invoice, vat.base, found)
            else:
                wrong = rounded(vat.base) != rounded(found)
            if wrong:
                yield Where(vat.at, f"{shown(vat.base)} au lieu de {shown(found)}")

    return check


def _tax(category: Category) -> Check:
    def check(invoice: Invoice) -> Iterator[Where]:
        for vat in invoice.vat:
            if vat.category != category.code or vat.tax is None:
                continue
            if not category.taxed:
                if vat.tax:
                    yield Where(vat.at, f"{shown(vat.tax)} au lieu de 0,00")
            elif vat.base is not None and vat.rate is not None:
                found = rounded(vat.base * vat.rate / 100)
                if beyond_slack(invoice, vat.tax, found):
                    yield Where(vat.at, f"{shown(vat.tax)} au lieu de {shown(found)}")

    return check


def _reason(category: Category) -> Check:
    return lambda invoice: (
        Where(vat.at)
        for vat in invoice.vat
        if vat.category == category.code
        and bool(vat.reason or vat.reason_code) is not bool(category.explained)
    )


def _has_lines(code: str) -> Callable[[Invoice], bool]:
    return lambda invoice: any(line.category == code for line in invoice.lines)


def _has_allowances(code: str, is_charge: bool) -> Callable[[Invoice], bool]:
    return lambda invoice: any(
        one.category == code and one.is_charge is is_charge for one in invoice.allowances
    )


def _rules_of(category: Category) -> Iterator[Rule]:
    of = f"de la catégorie {category.code} ({category.label})"
    who = {
        "none": "les numéros de TVA ne doivent pas y être",
        "vat": "le numéro de TVA du vendeur manque",
        "vat_or_tax": "le numéro de TVA ou fiscal du vendeur manque",
    }[category.seller]
    if category.buyer in ("vat", "vat_or_legal"):
        who += ", ou celui de l’acheteur"
    rate = (
        "n’a pas de taux de TVA positif"
        if category.positive
        else "porte un taux de TVA"
        if category.code == "O"
        else "a un taux de TVA absent ou négatif"
        if category.taxed
        else "n’a pas un taux de TVA nul"
    )
    explained = (
        "n’explique pas l’absence de TVA"
        if category.explained
        else "ne doit pas citer d’exonération"
    )
    code, prefix = category.code, category.rules
    yield Rule(
        f"{prefix}-01", f"lignes et ventilation {of} ne se répondent pas", _breakdown(category)
    )
    yield Rule(
        f"{prefix}-02", f"pour une ligne {of}, {who}", _identified(category, _has_lines(code))
    )
    yield Rule(f"{prefix}-03", f"pour une remise {of}, {who}", _identified(category, _has_allowances(code, False)))  # fmt: skip
    yield Rule(f"{prefix}-04", f"pour des frais {of}, {who}", _identified(category, _has_allowances(code, True)))  # fmt: skip
    yield Rule(f"{prefix}-05", f"une ligne {of} {rate}", _line_rates(category))
    yield Rule(f"{prefix}-06", f"une remise {of} {rate}", _allowance_rates(category, False))
    yield Rule(
        f"{prefix}-07", f"des frais {of} : ce poste {rate}", _allowance_rates(category, True)
    )
    yield Rule(f"{prefix}-08", f"la base {of} n’est pas la somme de ses lignes", _base(category))
    yield Rule(f"{prefix}-09", f"la TVA {of} n’est pas celle de sa base", _tax(category))
    yield Rule(f"{prefix}-10", f"la ventilation {of} {explained}", _reason(category))


def _delivery_known(invoice: Invoice) -> Iterator[Where]:
    if any(one.category == "K" for one in invoice.vat):
        period = invoice.period
        if not invoice.delivered_on and not (period and (period.starts_on or period.ends_on)):
            yield Where()


def _delivery_country(invoice: Invoice) -> Iterator[Where]:
    if any(one.category == "K" for one in invoice.vat):
        place = invoice.delivery.address if invoice.delivery else None
        if place is None or not place.country:
            yield Where()


def _alone(holds: Callable[[Invoice], bool]) -> Check:
    """Out of scope of VAT (O) goes with no other category."""

    def check(invoice: Invoice) -> Iterator[Where]:
        if any(one.category == "O" for one in invoice.vat) and holds(invoice):
            yield Where()

    return check


RULES_BY_CATEGORY: dict[str, tuple[Rule, ...]] = {
    category.code: tuple(_rules_of(category)) for category in CATEGORIES
}
RULES_BY_CATEGORY["K"] += (
    Rule("BR-IC-11", "une livraison intracommunautaire n’a ni date de livraison ni période", _delivery_known),
    Rule("BR-IC-12", "une livraison intracommunautaire n’a pas de pays de livraison (BT-80)", _delivery_country),
)  # fmt: skip
RULES_BY_CATEGORY["O"] += (
    Rule("BR-O-11", "« hors champ » se mêle à une autre catégorie de TVA", _alone(lambda i: len(i.vat) > 1)),
    Rule("BR-O-12", "« hors champ » se mêle à une ligne d’une autre catégorie", _alone(lambda i: any(line.category != "O" for line in i.lines))),
    Rule("BR-O-13", "« hors champ » se mêle à une remise d’une autre catégorie", _alone(lambda i: any(one.category != "O" and not one.is_charge for one in i.allowances))),
    Rule("BR-O-14", "« hors champ » se mêle à des frais d’une autre catégorie", _alone(lambda i: any(one.category != "O" and one.is_charge for one in i.allowances))),
)  # fmt: skip
