"""Rules of EN 16931 that an invoice breaks, each by its id: what must be there, arithmetic, codes.

`RULES` is read aloud: an id, what it asks, and a function that yields where it is broken. A rule on a
group says nothing where the group is absent; the mandatory groups have rules of their own. The rules of
VAT categories are in `vat_rules`. Amounts are compared exactly, but where the norm allows a slack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from exigible.intake.einvoice import codes
from exigible.intake.einvoice.model import (
    AllowanceCharge,
    Invoice,
    Line,
    Party,
    Period,
    Profile,
    Syntax,
    Totals,
)

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that an invoice breaks: its id, a French sentence, where."""

    rule: str
    message: str
    line: int | None = None


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


def broken_rules(invoice: Invoice) -> Iterator[Broken]:
    """Yield the rules that an invoice breaks, among those that its profile is held to."""
    for rule in _asked(invoice):
        for where in rule.check(invoice):
            detail = f" ({where.detail})" if where.detail else ""
            at = f"Ligne {where.line} : " if where.line else ""
            message = f"{at}{rule.asks}{detail} [{rule.id}]."
            yield Broken(rule.id, message[0].upper() + message[1:], where.line)


def _asked(invoice: Invoice) -> Iterator[Rule]:
    """Yield the rules that an invoice is held to: those of its profile, and of the VAT it bears."""
    from exigible.intake.einvoice.vat_rules import RULES_BY_CATEGORY

    yield from _of_profile(invoice.syntax, invoice.profile)
    if invoice.syntax is Syntax.ZUGFERD1:
        return
    used = {one.category for one in (*invoice.vat, *invoice.lines, *invoice.allowances)}
    for category in sorted(used & RULES_BY_CATEGORY.keys()):
        for rule in RULES_BY_CATEGORY[category]:
            if invoice.profile.has_lines or rule.id not in NEEDS_LINES:
                yield rule


@cache
def _of_profile(syntax: Syntax, profile: Profile) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if applies(rule.id, syntax, profile))


def applies(rule: str, syntax: Syntax, profile: Profile) -> bool:
    """Say whether a profile is held to a rule: short ones lack lines, ZUGFeRD 1 precedes the norm."""
    if syntax is Syntax.ZUGFERD1:
        return rule in ARITHMETIC or rule in BEFORE_THE_NORM
    if not profile.has_lines and rule in NEEDS_LINES:
        return False
    return profile is not Profile.MINIMUM or rule not in NEEDS_MORE_THAN_MINIMUM


# --- helpers ---------------------------------------------------------------------------------------


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


def _missing(value: object, line: int | None = None) -> Iterator[Where]:
    if value is None or value == "":
        yield Where(line)


def _differs(stated: Decimal | None, found: Decimal, line: int | None) -> Iterator[Where]:
    if stated is not None and rounded(stated) != rounded(found):
        yield Where(line, f"{shown(stated)} au lieu de {shown(found)}")


def _totals(check: Callable[[Invoice, Totals], Iterable[Where]]) -> Check:
    return lambda invoice: () if invoice.totals is None else check(invoice, invoice.totals)


def _lines(check: Callable[[Line], bool], *, counting: bool = False) -> Check:
    """Yield the lines for which `check` says that the rule is broken."""

    def places(invoice: Invoice) -> Iterator[Where]:
        for line in invoice.lines:
            if (line.counts or not counting) and check(line):
                yield Where(line.at, f"ligne {line.id} de la facture" if line.id else "")

    return places


def _documents(is_charge: bool, check: Callable[[AllowanceCharge], bool]) -> Check:
    return lambda invoice: (
        Where(one.at) for one in invoice.allowances if one.is_charge is is_charge and check(one)
    )


def _of_lines(is_charge: bool, check: Callable[[AllowanceCharge], bool]) -> Check:
    return lambda invoice: (
        Where(one.at or line.at)
        for line in invoice.lines
        for one in line.allowances
        if one.is_charge is is_charge and check(one)
    )


def _party(
    get: Callable[[Invoice], Party | None], check: Callable[[Party], object], at: str
) -> Check:
    def places(invoice: Invoice) -> Iterator[Where]:
        party = get(invoice)
        if party is not None:
            yield from _missing(check(party), invoice.at.get(at))

    return places


def _total_of(name: str) -> Check:
    return lambda invoice: _missing(
        None if invoice.totals is None else getattr(invoice.totals, name), invoice.at.get("totals")
    )


def _no_reason(one: AllowanceCharge) -> bool:
    return not one.reason and not one.reason_code


def _backwards(period: Period | None) -> bool:
    return bool(
        period and period.starts_on and period.ends_on and period.ends_on < period.starts_on
    )


def _empty(period: Period | None) -> bool:
    return period is not None and period.starts_on is None and period.ends_on is None


def _too_precise(amount: Decimal | None) -> bool:
    return amount is not None and amount != rounded(amount)


# --- arithmetic --------------------------------------------------------------------------------------


def _lines_total(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if invoice.lines or totals.lines is not None:
        found = total(line.net for line in invoice.lines if line.counts)
        yield from _differs(totals.lines, found, invoice.at.get("totals"))


def _allowances_total(is_charge: bool, name: str) -> Check:
    def check(invoice: Invoice, totals: Totals) -> Iterator[Where]:
        found = total(one.amount for one in invoice.allowances if one.is_charge is is_charge)
        stated = getattr(totals, name)
        if stated is None and found:
            stated = ZERO
        yield from _differs(stated, found, invoice.at.get("totals"))

    return _totals(check)


def _net(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if totals.lines is not None:
        found = totals.lines - (totals.allowances or ZERO) + (totals.charges or ZERO)
        yield from _differs(totals.net, found, invoice.at.get("totals"))


def _vat_total(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if invoice.vat:
        found = total(one.tax for one in invoice.vat)
        yield from _differs(totals.vat, found, invoice.at.get("totals"))


def _gross(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if totals.vat_repeated:
        yield Where(invoice.at.get("vat"), "deux totaux de TVA dans la devise de la facture")
    if totals.net is not None:
        found = totals.net + (totals.vat or ZERO)
        yield from _differs(totals.gross, found, invoice.at.get("totals"))


def _payable(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if totals.gross is not None:
        found = totals.gross - (totals.prepaid or ZERO) + (totals.rounding or ZERO)
        yield from _differs(
            totals.payable, found, invoice.at.get("payable") or invoice.at.get("totals")
        )


def _vat_amounts(invoice: Invoice) -> Iterator[Where]:
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


def _no_due_date(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if invoice.is_credit_note:
        return
    if (totals.payable or ZERO) > 0 and invoice.due_on is None and not invoice.terms:
        yield Where(invoice.at.get("totals"))


def _accounting_currency(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    if (
        invoice.vat_currency
        and invoice.vat_currency != invoice.currency
        and totals.vat_accounting is None
    ):
        yield Where(invoice.at.get("totals"))


def _prefixes(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "tax_representative", "buyer"):
        party: Party | None = getattr(invoice, name)
        number = party.vat_number if party is not None else ""
        if number and number[:2] not in codes.COUNTRIES | {"EL"}:
            yield Where(invoice.at.get(name), f"« {number[:30]} »")


def _precise_totals(invoice: Invoice, totals: Totals) -> Iterator[Where]:
    for name in ("lines", "allowances", "charges", "net", "vat", "gross", "prepaid", "payable"):
        if _too_precise(getattr(totals, name)):
            yield Where(invoice.at.get("totals"), shown(getattr(totals, name)))


# --- codes -------------------------------------------------------------------------------------------


def _type(invoice: Invoice) -> Iterator[Where]:
    known = codes.INVOICE_TYPES.keys() | codes.CREDIT_NOTE_TYPES.keys()
    if invoice.type_code and invoice.type_code not in known:
        yield Where(invoice.at.get("type_code"), f"« {invoice.type_code[:20]} »")


def _code(value: str, known: frozenset[str] | dict[str, str], line: int | None) -> Iterator[Where]:
    if value and value not in known:
        yield Where(line, f"« {value[:20]} »")


def _countries(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "buyer", "tax_representative", "delivery", "payee"):
        party: Party | None = getattr(invoice, name)
        if party is not None and party.address is not None:
            yield from _code(party.address.country, codes.COUNTRIES, invoice.at.get(name))


def _categories(invoice: Invoice) -> Iterator[Where]:
    for one in invoice.vat:
        yield from _code(one.category, codes.VAT_CATEGORIES, one.at)


def _item_categories(invoice: Invoice) -> Iterator[Where]:
    for line in invoice.lines:
        yield from _code(line.category, codes.VAT_CATEGORIES, line.at)
    for one in invoice.allowances:
        yield from _code(one.category, codes.VAT_CATEGORIES, one.at)


def _schemes(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "buyer", "payee", "delivery"):
        party: Party | None = getattr(invoice, name)
        for one in party.ids if party is not None else ():
            if one.scheme and not codes.is_iso6523(one.scheme):
                yield Where(invoice.at.get(name), f"« {one.scheme[:20]} »")


def _legal_schemes(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "buyer", "payee"):
        party: Party | None = getattr(invoice, name)
        found = party.legal_id if party is not None else None
        if found is not None and found.scheme and not codes.is_iso6523(found.scheme):
            yield Where(invoice.at.get(name), f"« {found.scheme[:20]} »")


def _endpoints(invoice: Invoice) -> Iterator[Where]:
    for name in ("seller", "buyer"):
        party: Party | None = getattr(invoice, name)
        found = party.endpoint if party is not None else None
        if (
            found is not None
            and found.scheme
            and not codes.is_electronic_address_scheme(found.scheme)
        ):
            yield Where(invoice.at.get(name), f"« {found.scheme[:20]} »")


def _reasons(is_charge: bool) -> Check:
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


def _media(invoice: Invoice) -> Iterator[Where]:
    for one in invoice.attachments:
        yield from _code(one.media_type, codes.ATTACHMENT_TYPES, one.at)


def _item_schemes(invoice: Invoice) -> Iterator[Where]:
    for line in invoice.lines:
        found = line.item_id
        if found is not None and found.scheme and not codes.is_iso6523(found.scheme):
            yield Where(line.at, f"« {found.scheme[:20]} »")


def _class_schemes(invoice: Invoice) -> Iterator[Where]:
    for line in invoice.lines:
        for one in line.classes:
            yield from _code(one.scheme, codes.ITEM_CLASSES, line.at)


def _cards(invoice: Invoice) -> Iterator[Where]:
    for one in invoice.means:
        if one.card_number is not None and not 4 <= len(one.card_number.lstrip("X*")) <= 6:
            yield Where(one.at)


def _transfers(invoice: Invoice) -> Iterator[Where]:
    for one in invoice.means:
        if one.code in codes.CREDIT_TRANSFERS and not one.iban:
            yield Where(one.at)


def _accounts(invoice: Invoice) -> Iterator[Where]:
    for one in invoice.means:
        if one.has_account and not one.iban:
            yield Where(one.at)


def _payee_name(invoice: Invoice) -> Iterator[Where]:
    payee = invoice.payee
    if payee is None:
        return
    seller = invoice.seller or Party()
    same_id = {one.value for one in payee.ids} & {one.value for one in seller.ids} - {""}
    same_legal = payee.legal_id is not None and payee.legal_id == seller.legal_id
    if not payee.name or payee.name == (seller.trade_name or seller.name) or same_id or same_legal:
        yield Where(invoice.at.get("payee"))


def _seller_ids(invoice: Invoice) -> Iterator[Where]:
    seller = invoice.seller
    if seller is not None and not (
        any(one.value for one in seller.ids) or seller.legal_id or seller.vat_number
    ):
        yield Where(invoice.at.get("seller"))


SELLER: Callable[[Invoice], Party | None] = lambda invoice: invoice.seller  # noqa: E731
BUYER: Callable[[Invoice], Party | None] = lambda invoice: invoice.buyer  # noqa: E731
AGENT: Callable[[Invoice], Party | None] = lambda invoice: invoice.tax_representative  # noqa: E731


def _country(party: Party) -> object:
    return "hors d’objet" if party.address is None else party.address.country


def _endpoint_scheme(party: Party) -> object:
    return "hors d’objet" if party.endpoint is None else party.endpoint.scheme


def _in(get: Callable[[Invoice], Party | None], name: str) -> Check:
    """A field that a mandatory party must have, be the party there or not."""
    return lambda invoice: _missing(
        None if get(invoice) is None else getattr(get(invoice), name), None
    )


RULES: tuple[Rule, ...] = (
    Rule("BR-01", "l’identifiant de spécification (BT-24) manque", lambda i: _missing(i.specification)),
    Rule("BR-02", "le numéro de la facture (BT-1) manque", lambda i: _missing(i.number)),
    Rule("BR-03", "la date de la facture (BT-2) manque", lambda i: _missing(i.issued_on or i.at.get("issued_on"))),
    Rule("BR-04", "le type de document (BT-3) manque", lambda i: _missing(i.type_code)),
    Rule("BR-05", "la devise (BT-5) manque", lambda i: _missing(i.currency)),
    Rule("BR-06", "le nom du vendeur (BT-27) manque", _in(SELLER, "name")),
    Rule("BR-07", "le nom de l’acheteur (BT-44) manque", _in(BUYER, "name")),
    Rule("BR-08", "l’adresse du vendeur (BG-5) manque", _in(SELLER, "address")),
    Rule("BR-09", "l’adresse du vendeur n’a pas de pays (BT-40)", _party(SELLER, _country, "seller")),
    Rule("BR-10", "l’adresse de l’acheteur (BG-8) manque", _in(BUYER, "address")),
    Rule("BR-11", "l’adresse de l’acheteur n’a pas de pays (BT-55)", _party(BUYER, _country, "buyer")),
    Rule("BR-12", "la somme des lignes (BT-106) manque", _total_of("lines")),
    Rule("BR-13", "le total hors TVA (BT-109) manque", _total_of("net")),
    Rule("BR-14", "le total TVA comprise (BT-112) manque", _total_of("gross")),
    Rule("BR-15", "le montant à payer (BT-115) manque", _total_of("payable")),
    Rule("BR-16", "aucune ligne de facture (BG-25)", lambda i: () if i.lines else (Where(),)),
    Rule("BR-17", "le bénéficiaire (BG-10) n’est pas nommé, ou est le vendeur lui-même", _payee_name),
    Rule("BR-18", "le nom du représentant fiscal (BT-62) manque", _party(AGENT, lambda p: p.name, "tax_representative")),
    Rule("BR-19", "l’adresse du représentant fiscal (BG-12) manque", _party(AGENT, lambda p: p.address, "tax_representative")),
    Rule("BR-20", "l’adresse du représentant fiscal n’a pas de pays (BT-69)", _party(AGENT, _country, "tax_representative")),
    Rule("BR-21", "une ligne n’a pas d’identifiant (BT-126)", _lines(lambda line: not line.id)),
    Rule("BR-22", "une ligne n’a pas de quantité (BT-129)", _lines(lambda line: line.quantity is None, counting=True)),
    Rule("BR-23", "une ligne n’a pas d’unité (BT-130)", _lines(lambda line: line.quantity is not None and not line.unit)),
    Rule("BR-24", "une ligne n’a pas de montant net (BT-131)", _lines(lambda line: line.net is None, counting=True)),
    Rule("BR-25", "une ligne n’a pas de nom d’article (BT-153)", _lines(lambda line: not line.name)),
    Rule("BR-26", "une ligne n’a pas de prix net (BT-146)", _lines(lambda line: line.price is None, counting=True)),
    Rule("BR-27", "un prix net (BT-146) est négatif", _lines(lambda line: (line.price or ZERO) < 0)),
    Rule("BR-28", "un prix brut (BT-148) est négatif", _lines(lambda line: (line.gross_price or ZERO) < 0)),
    Rule("BR-29", "la période de facturation (BG-14) finit avant de commencer", lambda i: (Where(),) if _backwards(i.period) else ()),
    Rule("BR-30", "la période d’une ligne (BG-26) finit avant de commencer", _lines(lambda line: _backwards(line.period))),
    Rule("BR-31", "une remise du document n’a pas de montant (BT-92)", _documents(False, lambda one: one.amount is None)),
    Rule("BR-32", "une remise du document n’a pas de catégorie de TVA (BT-95)", _documents(False, lambda one: not one.category)),
    Rule("BR-33", "une remise du document n’a pas de motif (BT-97)", _documents(False, _no_reason)),
    Rule("BR-36", "des frais du document n’ont pas de montant (BT-99)", _documents(True, lambda one: one.amount is None)),
    Rule("BR-37", "des frais du document n’ont pas de catégorie de TVA (BT-102)", _documents(True, lambda one: not one.category)),
    Rule("BR-38", "des frais du document n’ont pas de motif (BT-104)", _documents(True, _no_reason)),
    Rule("BR-41", "une remise de ligne n’a pas de montant (BT-136)", _of_lines(False, lambda one: one.amount is None)),
    Rule("BR-42", "une remise de ligne n’a pas de motif (BT-139)", _of_lines(False, _no_reason)),
    Rule("BR-43", "des frais de ligne n’ont pas de montant (BT-141)", _of_lines(True, lambda one: one.amount is None)),
    Rule("BR-44", "des frais de ligne n’ont pas de motif (BT-144)", _of_lines(True, _no_reason)),
    Rule("BR-45", "une ventilation de TVA n’a pas de base (BT-116)", lambda i: (Where(one.at) for one in i.vat if one.base is None)),
    Rule("BR-46", "une ventilation de TVA n’a pas de montant (BT-117)", lambda i: (Where(one.at) for one in i.vat if one.tax is None)),
    Rule("BR-47", "une ventilation de TVA n’a pas de catégorie (BT-118)", lambda i: (Where(one.at) for one in i.vat if not one.category)),
    Rule("BR-48", "une ventilation de TVA n’a pas de taux (BT-119)", lambda i: (Where(one.at) for one in i.vat if one.rate is None and one.category != "O")),
    Rule("BR-49", "le moyen de paiement n’a pas de code (BT-81)", lambda i: (Where(one.at) for one in i.means if not one.code)),
    Rule("BR-50", "le compte à créditer (BT-84) manque", _accounts),
    Rule("BR-51", "le numéro de carte (BT-87) montre plus que ses derniers chiffres", _cards),
    Rule("BR-52", "une pièce jointe n’a pas de référence (BT-122)", lambda i: (Where(one.at) for one in i.attachments if not one.reference)),
    Rule("BR-53", "la TVA en devise de comptabilisation (BT-111) manque", _totals(_accounting_currency)),
    Rule("BR-54", "une caractéristique d’article n’a pas de nom ou de valeur (BT-160, BT-161)", _lines(lambda line: any(not name or not value for name, value in line.attributes))),
    Rule("BR-55", "la facture antérieure (BG-3) n’a pas de numéro (BT-25)", lambda i: (Where(i.at.get("preceding")) for one in i.preceding if not one.number)),
    Rule("BR-56", "le représentant fiscal n’a pas de numéro de TVA (BT-63)", _party(AGENT, lambda p: p.vat_number, "tax_representative")),
    Rule("BR-57", "l’adresse de livraison (BG-15) n’a pas de pays (BT-80)", _party(lambda i: i.delivery, _country, "delivery")),
    Rule("BR-61", "un virement est demandé sans compte à créditer (BT-84)", _transfers),
    Rule("BR-62", "l’adresse électronique du vendeur (BT-34) n’a pas de schéma", _party(SELLER, _endpoint_scheme, "seller")),
    Rule("BR-63", "l’adresse électronique de l’acheteur (BT-49) n’a pas de schéma", _party(BUYER, _endpoint_scheme, "buyer")),
    Rule("BR-64", "un identifiant d’article (BT-157) n’a pas de schéma", _lines(lambda line: line.item_id is not None and not line.item_id.scheme)),
    Rule("BR-65", "une classe d’article (BT-158) n’a pas de schéma", _lines(lambda line: any(not one.scheme for one in line.classes))),
    Rule("BR-CO-03", "la date d’exigibilité de la TVA et son code (BT-7, BT-8) s’excluent", lambda i: (Where(),) if i.vat_point_on and i.vat_point_code else ()),
    Rule("BR-CO-04", "une ligne n’a pas de catégorie de TVA (BT-151)", _lines(lambda line: not line.category, counting=True)),
    Rule("BR-CO-09", "un numéro de TVA ne commence pas par un pays", _prefixes),
    Rule("BR-CO-10", "la somme des lignes (BT-106) n’est pas celle de leurs montants nets", _totals(_lines_total)),
    Rule("BR-CO-11", "le total des remises (BT-107) n’est pas leur somme", _allowances_total(False, "allowances")),
    Rule("BR-CO-12", "le total des frais (BT-108) n’est pas leur somme", _allowances_total(True, "charges")),
    Rule("BR-CO-13", "le total hors TVA (BT-109) n’est pas lignes − remises + frais", _totals(_net)),
    Rule("BR-CO-14", "le total de TVA (BT-110) n’est pas la somme de ses ventilations", _totals(_vat_total)),
    Rule("BR-CO-15", "le total TVA comprise (BT-112) n’est pas hors TVA + TVA", _totals(_gross)),
    Rule("BR-CO-16", "le montant à payer (BT-115) n’est pas TTC − déjà payé + arrondi", _totals(_payable)),
    Rule("BR-CO-17", "la TVA d’une ventilation (BT-117) n’est pas base × taux", _vat_amounts),
    Rule("BR-CO-18", "aucune ventilation de TVA (BG-23)", lambda i: () if i.vat else (Where(),)),
    Rule("BR-CO-19", "la période de facturation (BG-14) n’a ni début ni fin", lambda i: (Where(),) if _empty(i.period) and not i.vat_point_code else ()),
    Rule("BR-CO-20", "la période d’une ligne (BG-26) n’a ni début ni fin", _lines(lambda line: _empty(line.period))),
    Rule("BR-CO-21", "une remise du document n’a ni motif ni code de motif", _documents(False, _no_reason)),
    Rule("BR-CO-22", "des frais du document n’ont ni motif ni code de motif", _documents(True, _no_reason)),
    Rule("BR-CO-23", "une remise de ligne n’a ni motif ni code de motif", _of_lines(False, _no_reason)),
    Rule("BR-CO-24", "des frais de ligne n’ont ni motif ni code de motif", _of_lines(True, _no_reason)),
    Rule("BR-CO-25", "il y a un montant à payer, mais ni échéance (BT-9) ni conditions (BT-20)", _totals(_no_due_date)),
    Rule("BR-CO-26", "le vendeur n’a ni identifiant, ni SIREN, ni numéro de TVA", _seller_ids),
    Rule("BR-DEC", "un total a plus de deux décimales", _totals(_precise_totals)),
    Rule("BR-CL-01", "le type de document (BT-3) n’est pas de la liste UNTDID 1001", _type),
    Rule("BR-CL-04", "la devise (BT-5) n’est pas de la liste ISO 4217", lambda i: _code(i.currency, codes.CURRENCIES, i.at.get("currency"))),
    Rule("BR-CL-05", "la devise de comptabilisation (BT-6) n’est pas de la liste ISO 4217", lambda i: _code(i.vat_currency, codes.CURRENCIES, None)),
    Rule("BR-CL-06", "le code d’exigibilité de la TVA (BT-8) n’est pas de la liste UNTDID 2005", lambda i: _code(i.vat_point_code, codes.VAT_POINT_CODES, None)),
    Rule("BR-CL-10", "le schéma d’un identifiant de partie n’est pas de la liste ISO 6523", _schemes),
    Rule("BR-CL-11", "le schéma d’un identifiant légal n’est pas de la liste ISO 6523", _legal_schemes),
    Rule("BR-CL-13", "le schéma d’une classe d’article n’est pas de la liste UNTDID 7143", _class_schemes),
    Rule("BR-CL-14", "un pays n’est pas de la liste ISO 3166", _countries),
    Rule("BR-CL-15", "le pays d’origine d’un article (BT-159) n’est pas de la liste ISO 3166", lambda i: (where for line in i.lines for where in _code(line.origin_country, codes.COUNTRIES, line.at))),
    Rule("BR-CL-16", "le moyen de paiement (BT-81) n’est pas de la liste UNTDID 4461", lambda i: (where for one in i.means for where in _code(one.code, codes.PAYMENT_MEANS, one.at))),
    Rule("BR-CL-17", "la catégorie d’une ventilation de TVA n’est pas de la liste UNTDID 5305", _categories),
    Rule("BR-CL-18", "une catégorie de TVA n’est pas de la liste UNTDID 5305", _item_categories),
    Rule("BR-CL-19", "le motif d’une remise n’est pas de la liste UNTDID 5189", _reasons(False)),
    Rule("BR-CL-20", "le motif de frais n’est pas de la liste UNTDID 7161", _reasons(True)),
    Rule("BR-CL-21", "le schéma d’un identifiant d’article n’est pas de la liste ISO 6523", _item_schemes),
    Rule("BR-CL-24", "le type d’une pièce jointe n’est pas de ceux que la norme admet", _media),
    Rule("BR-CL-25", "le schéma d’une adresse électronique n’est pas de la liste EAS", _endpoints),
)  # fmt: skip
ARITHMETIC = frozenset(
    {f"BR-CO-{number}" for number in (10, 11, 12, 13, 14, 15, 16, 17)} | {"BR-DEC"}
)
BEFORE_THE_NORM = frozenset({"BR-02", "BR-03", "BR-05", "BR-06", "BR-07"})
NEEDS_LINES = frozenset({"BR-16", "BR-CO-10", "BR-IC-11", "BR-IC-12"})
NEEDS_MORE_THAN_MINIMUM = frozenset(
    {"BR-08", "BR-10", "BR-11", "BR-12", "BR-CO-04", "BR-CO-11", "BR-CO-12", "BR-CO-13", "BR-CO-16",
     "BR-CO-18", "BR-CO-25"}
)  # fmt: skip
