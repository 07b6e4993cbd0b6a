"""Rules of EN 16931 that an invoice breaks, each by its id: what must be there, arithmetic, codes.

`RULES` is read aloud: an id, what it asks, and a function that yields where it is broken. A rule on a
group says nothing where the group is absent; the mandatory groups have rules of their own. The rules of
VAT categories are in `vat_rules`. Amounts are compared exactly, but where the norm allows a slack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from exigible.intake.einvoice import checking as c
from exigible.intake.einvoice import codes
from exigible.intake.einvoice.checking import Rule
from exigible.intake.einvoice.model import Invoice, Profile, Syntax
from exigible.intake.einvoice.vat_rules import RULES_BY_CATEGORY


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that an invoice breaks: its id, a French sentence, where."""

    rule: str
    message: str
    line: int | None = None


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


RULES: tuple[Rule, ...] = (
    Rule("BR-01", "l’identifiant de spécification (BT-24) manque", lambda i: c.missing(i.specification)),
    Rule("BR-02", "le numéro de la facture (BT-1) manque", lambda i: c.missing(i.number)),
    Rule("BR-03", "la date de la facture (BT-2) manque", lambda i: c.missing(i.issued_on or i.at.get("issued_on"))),
    Rule("BR-04", "le type de document (BT-3) manque", lambda i: c.missing(i.type_code)),
    Rule("BR-05", "la devise (BT-5) manque", lambda i: c.missing(i.currency)),
    Rule("BR-06", "le nom du vendeur (BT-27) manque", c.held_by(c.SELLER, "name")),
    Rule("BR-07", "le nom de l’acheteur (BT-44) manque", c.held_by(c.BUYER, "name")),
    Rule("BR-08", "l’adresse du vendeur (BG-5) manque", c.held_by(c.SELLER, "address")),
    Rule("BR-09", "l’adresse du vendeur n’a pas de pays (BT-40)", c.of_party(c.SELLER, c.country_of, "seller")),
    Rule("BR-10", "l’adresse de l’acheteur (BG-8) manque", c.held_by(c.BUYER, "address")),
    Rule("BR-11", "l’adresse de l’acheteur n’a pas de pays (BT-55)", c.of_party(c.BUYER, c.country_of, "buyer")),
    Rule("BR-12", "la somme des lignes (BT-106) manque", c.stated_total("lines")),
    Rule("BR-13", "le total hors TVA (BT-109) manque", c.stated_total("net")),
    Rule("BR-14", "le total TVA comprise (BT-112) manque", c.stated_total("gross")),
    Rule("BR-15", "le montant à payer (BT-115) manque", c.stated_total("payable")),
    Rule("BR-16", "aucune ligne de facture (BG-25)", lambda i: () if i.lines else (c.Where(),)),
    Rule("BR-17", "le bénéficiaire (BG-10) n’est pas nommé, ou est le vendeur lui-même", c.payee_name),
    Rule("BR-18", "le nom du représentant fiscal (BT-62) manque", c.of_party(c.AGENT, lambda p: p.name, "tax_representative")),
    Rule("BR-19", "l’adresse du représentant fiscal (BG-12) manque", c.of_party(c.AGENT, lambda p: p.address, "tax_representative")),
    Rule("BR-20", "l’adresse du représentant fiscal n’a pas de pays (BT-69)", c.of_party(c.AGENT, c.country_of, "tax_representative")),
    Rule("BR-21", "une ligne n’a pas d’identifiant (BT-126)", c.on_lines(lambda line: not line.id)),
    Rule("BR-22", "une ligne n’a pas de quantité (BT-129)", c.on_lines(lambda line: line.quantity is None, counting=True)),
    Rule("BR-23", "une ligne n’a pas d’unité (BT-130)", c.on_lines(lambda line: line.quantity is not None and not line.unit)),
    Rule("BR-24", "une ligne n’a pas de montant net (BT-131)", c.on_lines(lambda line: line.net is None, counting=True)),
    Rule("BR-25", "une ligne n’a pas de nom d’article (BT-153)", c.on_lines(lambda line: not line.name)),
    Rule("BR-26", "une ligne n’a pas de prix net (BT-146)", c.on_lines(lambda line: line.price is None, counting=True)),
    Rule("BR-27", "un prix net (BT-146) est négatif", c.on_lines(lambda line: (line.price or c.ZERO) < 0)),
    Rule("BR-28", "un prix brut (BT-148) est négatif", c.on_lines(lambda line: (line.gross_price or c.ZERO) < 0)),
    Rule("BR-29", "la période de facturation (BG-14) finit avant de commencer", lambda i: (c.Where(),) if c.is_backwards(i.period) else ()),
    Rule("BR-30", "la période d’une ligne (BG-26) finit avant de commencer", c.on_lines(lambda line: c.is_backwards(line.period))),
    Rule("BR-31", "une remise du document n’a pas de montant (BT-92)", c.on_document(False, lambda one: one.amount is None)),
    Rule("BR-32", "une remise du document n’a pas de catégorie de TVA (BT-95)", c.on_document(False, lambda one: not one.category)),
    Rule("BR-33", "une remise du document n’a pas de motif (BT-97)", c.on_document(False, c.no_reason)),
    Rule("BR-36", "des frais du document n’ont pas de montant (BT-99)", c.on_document(True, lambda one: one.amount is None)),
    Rule("BR-37", "des frais du document n’ont pas de catégorie de TVA (BT-102)", c.on_document(True, lambda one: not one.category)),
    Rule("BR-38", "des frais du document n’ont pas de motif (BT-104)", c.on_document(True, c.no_reason)),
    Rule("BR-41", "une remise de ligne n’a pas de montant (BT-136)", c.on_lines_parts(False, lambda one: one.amount is None)),
    Rule("BR-42", "une remise de ligne n’a pas de motif (BT-139)", c.on_lines_parts(False, c.no_reason)),
    Rule("BR-43", "des frais de ligne n’ont pas de montant (BT-141)", c.on_lines_parts(True, lambda one: one.amount is None)),
    Rule("BR-44", "des frais de ligne n’ont pas de motif (BT-144)", c.on_lines_parts(True, c.no_reason)),
    Rule("BR-45", "une ventilation de TVA n’a pas de base (BT-116)", lambda i: (c.Where(one.at) for one in i.vat if one.base is None)),
    Rule("BR-46", "une ventilation de TVA n’a pas de montant (BT-117)", lambda i: (c.Where(one.at) for one in i.vat if one.tax is None)),
    Rule("BR-47", "une ventilation de TVA n’a pas de catégorie (BT-118)", lambda i: (c.Where(one.at) for one in i.vat if not one.category)),
    Rule("BR-48", "une ventilation de TVA n’a pas de taux (BT-119)", lambda i: (c.Where(one.at) for one in i.vat if one.rate is None and one.category != "O")),
    Rule("BR-49", "le moyen de paiement n’a pas de code (BT-81)", lambda i: (c.Where(one.at) for one in i.means if not one.code)),
    Rule("BR-50", "le compte à créditer (BT-84) manque", c.accounts),
    Rule("BR-51", "le numéro de carte (BT-87) montre plus que ses six premiers et quatre derniers chiffres", c.cards),
    Rule("BR-52", "une pièce jointe n’a pas de référence (BT-122)", lambda i: (c.Where(one.at) for one in i.attachments if not one.reference)),
    Rule("BR-53", "la TVA en devise de comptabilisation (BT-111) manque", c.on_totals(c.accounting_currency)),
    Rule("BR-54", "une caractéristique d’article n’a pas de nom ou de valeur (BT-160, BT-161)", c.on_lines(lambda line: any(not name or not value for name, value in line.attributes))),
    Rule("BR-55", "la facture antérieure (BG-3) n’a pas de numéro (BT-25)", lambda i: (c.Where(i.at.get("preceding")) for one in i.preceding if not one.number)),
    Rule("BR-56", "le représentant fiscal n’a pas de numéro de TVA (BT-63)", c.of_party(c.AGENT, lambda p: p.vat_number, "tax_representative")),
    Rule("BR-57", "l’adresse de livraison (BG-15) n’a pas de pays (BT-80)", c.of_party(lambda i: i.delivery, c.country_of, "delivery")),
    Rule("BR-61", "un virement est demandé sans compte à créditer (BT-84)", c.transfers),
    Rule("BR-62", "l’adresse électronique du vendeur (BT-34) n’a pas de schéma", c.of_party(c.SELLER, c.endpoint_scheme, "seller")),
    Rule("BR-63", "l’adresse électronique de l’acheteur (BT-49) n’a pas de schéma", c.of_party(c.BUYER, c.endpoint_scheme, "buyer")),
    Rule("BR-64", "un identifiant d’article (BT-157) n’a pas de schéma", c.on_lines(lambda line: line.item_id is not None and not line.item_id.scheme)),
    Rule("BR-65", "une classe d’article (BT-158) n’a pas de schéma", c.on_lines(lambda line: any(not one.scheme for one in line.classes))),
    Rule("BR-CO-03", "la date d’exigibilité de la TVA et son code (BT-7, BT-8) s’excluent", lambda i: (c.Where(),) if i.vat_point_on and i.vat_point_code else ()),
    Rule("BR-CO-04", "une ligne n’a pas de catégorie de TVA (BT-151)", c.on_lines(lambda line: not line.category, counting=True)),
    Rule("BR-CO-09", "un numéro de TVA ne commence pas par un pays", c.prefixes),
    Rule("BR-CO-10", "la somme des lignes (BT-106) n’est pas celle de leurs montants nets", c.on_totals(c.lines_total)),
    Rule("BR-CO-11", "le total des remises (BT-107) n’est pas leur somme", c.allowances_total(False, "allowances")),
    Rule("BR-CO-12", "le total des frais (BT-108) n’est pas leur somme", c.allowances_total(True, "charges")),
    Rule("BR-CO-13", "le total hors TVA (BT-109) n’est pas lignes − remises + frais", c.on_totals(c.net_total)),
    Rule("BR-CO-14", "le total de TVA (BT-110) n’est pas la somme de ses ventilations", c.on_totals(c.vat_total)),
    Rule("BR-CO-15", "le total TVA comprise (BT-112) n’est pas hors TVA + TVA", c.on_totals(c.gross_total)),
    Rule("BR-CO-16", "le montant à payer (BT-115) n’est pas TTC − déjà payé + arrondi", c.on_totals(c.payable_total)),
    Rule("BR-CO-17", "la TVA d’une ventilation (BT-117) n’est pas base × taux", c.vat_amounts),
    Rule("BR-CO-18", "aucune ventilation de TVA (BG-23)", lambda i: () if i.vat else (c.Where(),)),
    Rule("BR-CO-19", "la période de facturation (BG-14) n’a ni début ni fin", lambda i: (c.Where(),) if c.is_empty(i.period) and not i.vat_point_code else ()),
    Rule("BR-CO-20", "la période d’une ligne (BG-26) n’a ni début ni fin", c.on_lines(lambda line: c.is_empty(line.period))),
    Rule("BR-CO-21", "une remise du document n’a ni motif ni code de motif", c.on_document(False, c.no_reason)),
    Rule("BR-CO-22", "des frais du document n’ont ni motif ni code de motif", c.on_document(True, c.no_reason)),
    Rule("BR-CO-23", "une remise de ligne n’a ni motif ni code de motif", c.on_lines_parts(False, c.no_reason)),
    Rule("BR-CO-24", "des frais de ligne n’ont ni motif ni code de motif", c.on_lines_parts(True, c.no_reason)),
    Rule("BR-CO-25", "il y a un montant à payer, mais ni échéance (BT-9) ni conditions (BT-20)", c.on_totals(c.no_due_date)),
    Rule("BR-CO-26", "le vendeur n’a ni identifiant, ni SIREN, ni numéro de TVA", c.seller_ids),
    Rule("BR-DEC", "un total a plus de deux décimales", c.on_totals(c.precise_totals)),
    Rule("BR-CL-01", "le type de document (BT-3) n’est pas de la liste UNTDID 1001", c.type_code),
    Rule("BR-CL-04", "la devise (BT-5) n’est pas de la liste ISO 4217", lambda i: c.coded(i.currency, codes.CURRENCIES, i.at.get("currency"))),
    Rule("BR-CL-05", "la devise de comptabilisation (BT-6) n’est pas de la liste ISO 4217", lambda i: c.coded(i.vat_currency, codes.CURRENCIES, None)),
    Rule("BR-CL-06", "le code d’exigibilité de la TVA (BT-8) n’est pas de la liste UNTDID 2005", lambda i: c.coded(i.vat_point_code, codes.VAT_POINT_CODES, None)),
    Rule("BR-CL-10", "le schéma d’un identifiant de partie n’est pas de la liste ISO 6523", c.schemes),
    Rule("BR-CL-11", "le schéma d’un identifiant légal n’est pas de la liste ISO 6523", c.legal_schemes),
    Rule("BR-CL-13", "le schéma d’une classe d’article n’est pas de la liste UNTDID 7143", c.class_schemes),
    Rule("BR-CL-14", "un pays n’est pas de la liste ISO 3166", c.countries),
    Rule("BR-CL-15", "le pays d’origine d’un article (BT-159) n’est pas de la liste ISO 3166", lambda i: (where for line in i.lines for where in c.coded(line.origin_country, codes.COUNTRIES, line.at))),
    Rule("BR-CL-16", "le moyen de paiement (BT-81) n’est pas de la liste UNTDID 4461", lambda i: (where for one in i.means for where in c.coded(one.code, codes.PAYMENT_MEANS, one.at))),
    Rule("BR-CL-17", "la catégorie d’une ventilation de TVA n’est pas de la liste UNTDID 5305", c.categories),
    Rule("BR-CL-18", "une catégorie de TVA n’est pas de la liste UNTDID 5305", c.item_categories),
    Rule("BR-CL-19", "le motif d’une remise n’est pas de la liste UNTDID 5189", c.reasons(False)),
    Rule("BR-CL-20", "le motif de frais n’est pas de la liste UNTDID 7161", c.reasons(True)),
    Rule("BR-CL-21", "le schéma d’un identifiant d’article n’est pas de la liste ISO 6523", c.item_schemes),
    Rule("BR-CL-24", "le type d’une pièce jointe n’est pas de ceux que la norme admet", c.media),
    Rule("BR-CL-25", "le schéma d’une adresse électronique n’est pas de la liste EAS", c.endpoints),
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
