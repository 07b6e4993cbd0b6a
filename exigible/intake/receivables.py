"""What a line of a customer account is: invoice, credit note, receipt, till takings, whose, which.

A ledger says none of it in so many words. It is told from the other side of the entry, else from
the journal, then from the sense and the texts. What stays unknown is left unknown: a number that is
not an invoice's is not made one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache

from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.fec import MONEY, SALE
from exigible.intake.fec_report import Opening

RETENTION_PREFIX = "4117"  # retenue de garantie
ADVANCE_PREFIX = "419"


class PostedAs(StrEnum):
    """What stood on the other side of a line; the values are those of the database."""

    SALE = "sale"
    MONEY = "money"
    OTHER = "other"


class CreditKind(StrEnum):
    """How a credit came; the values are those of `Payment.kind`."""

    TRANSFER = "transfer"
    CHEQUE = "cheque"
    CARD = "card"
    DIRECT_DEBIT = "direct_debit"
    CASH = "cash"
    BILL = "bill"
    CREDIT_NOTE = "credit_note"
    ADVANCE = "advance"
    OTHER = "other"


# --- whose ------------------------------------------------------------------------------------


def customer_number(account: str, auxiliary: str) -> str:
    """Return the customer a line belongs to: its auxiliary, or the ledger account itself.

    Without auxiliaries, 416DUPONT and 4191DUPONT are the customer 411DUPONT; numbers alone
    (41600001) may be anything and stay themselves.
    """
    if auxiliary:
        return auxiliary
    for prefix in ("4117", "4191", "413", "416", "417"):
        rest = account.removeprefix(prefix)
        if rest != account and any(character.isalpha() for character in rest):
            return "411" + rest.lstrip("0")
    if account.startswith("411") and any(character.isalpha() for character in account):
        return "411" + account[3:].lstrip("0")
    return account


def customer_key(code: str) -> str:
    """Return a customer's code without dress, for files that write it otherwise.

    « 411DUPONT » and « Dupont », « 00540 » and the « 540 » that a spreadsheet leaves, are one.
    """
    key = ref_key(code)
    bare = key.removeprefix("411") if len(key) > 3 else key
    return bare.lstrip("0") or key


_TILL = frozenset(
    {"recette", "recettes", "cb", "cbs", "tpe", "chq", "chqs", "cheque", "cheques", "espece"}
    | {"especes", "encaissement", "encaissements", "comptant", "numeraire", "caisse", "caisses"}
    | {"journalier", "journaliers", "journaliere", "journalieres", "sumup", "stripe", "paypal"}
)
_TILL_WITH_CUSTOMERS = frozenset({"comptoir", "passage", "magasin", "boutique", "divers"})
_TILL_FILLER = frozenset(
    {"client", "clients", "vente", "ventes", "carte", "cartes", "bancaire", "bancaires", "bleue"}
    | {"visa", "amex", "virement", "virements", "vir", "site", "internet", "web", "jour", "jours"}
    | {"remise", "remises", "liquide", "ticket", "tickets", "resto", "restaurant", "vacances"}
    | {"ttc", "ht", "z", "de", "du", "des", "d", "en", "par", "a", "et", "compte", "terminal"}
)
_COLLECTIVE = frozenset(
    {"client", "clients", "collectif", "collectifs", "divers", "debiteur", "debiteurs", "usagers"}
    | {"douteux", "litigieux", "vente", "ventes", "de", "du", "des", "d", "ou", "a", "et", "biens"}
    | {"services", "prestations", "produits", "marchandises", "facture", "factures", "effet"}
    | {"effets", "recevoir", "escompter", "france", "export", "ue", "cee", "intracom", "hors"}
    | {"etranger", "acompte", "acomptes", "avance", "avances", "recu", "recus", "recues", "sur"}
    | {"compte", "comptes", "general", "generaux", "retenue", "retenues", "garantie", "garanties"}
    | {"autre", "autres", "commandes", "commande"}
)


def never_chased_reason(name: str, *, has_auxiliary: bool) -> str:
    """Say in French why nobody can be chased behind a customer account; empty if someone can.

    Takings posted as one “customer” are told by a name made of nothing but till words (« RECETTE
    CB », « CLIENTS DE PASSAGE »; « LE COMPTOIR » is somebody); a collective account without
    auxiliaries names nobody.
    """
    words = [word for word in re.split(r"[^a-z]+", name_key(name)) if word]
    till = _TILL | _TILL_FILLER | _TILL_WITH_CUSTOMERS
    if words and all(word in till for word in words):
        sells = not {"client", "clients", "vente", "ventes"}.isdisjoint(words)
        if not _TILL.isdisjoint(words) or (sells and not _TILL_WITH_CUSTOMERS.isdisjoint(words)):
            return "Compte de caisse : encaissements comptabilisés sous un seul « client »."
    if not has_auxiliary and all(word in _COLLECTIVE for word in words):
        return "Compte collectif : aucun client n’y est désigné."
    return ""


# --- what -------------------------------------------------------------------------------------


def journal_natures(
    journal_masks: Mapping[tuple[str, int], int], labels: Mapping[str, str]
) -> dict[str, PostedAs]:
    """Return what each journal is for, from what its entries are made of, else from its label."""
    units: dict[str, list[int]] = {}
    for (journal, mask), count in journal_masks.items():
        money, sale, total = units.setdefault(journal, [0, 0, 0])
        units[journal] = [
            money + count * bool(mask & MONEY),
            sale + count * (bool(mask & SALE) and not mask & MONEY),
            total + count,
        ]
    natures = {}
    for journal in {*units, *labels}:
        money, sale, total = units.get(journal, (0, 0, 0))
        words = name_key(labels.get(journal, ""))
        if money * 2 > total:
            natures[journal] = PostedAs.MONEY
        elif sale * 2 > total:
            natures[journal] = PostedAs.SALE
        elif re.search(r"\b(banque|caisse|ccp|tresorerie|encaissements?|reglements?)\b", words):
            natures[journal] = PostedAs.MONEY
        elif re.search(r"\b(ventes?|factur\w*|quittanc\w*|loyers?)\b", words):
            natures[journal] = PostedAs.SALE
        else:
            natures[journal] = PostedAs.OTHER
    return natures


def posted_as(mask: int, journal: PostedAs, *, is_debit: bool) -> PostedAs:
    """Return what stood against a line, from its unit's accounts, else from its journal."""
    money, sale = bool(mask & MONEY), bool(mask & SALE)
    if money != sale:
        return PostedAs.MONEY if money else PostedAs.SALE
    if money and journal is PostedAs.OTHER:
        return PostedAs.SALE if is_debit else PostedAs.MONEY
    return journal


def is_opening(opening: int, nature: PostedAs) -> bool:
    """Say whether a line is an *à-nouveau*; a label alone does not make one of a sale."""
    return opening == Opening.BY_JOURNAL or (
        opening == Opening.BY_LABEL and nature is PostedAs.OTHER
    )


_CREDIT_NOTE = re.compile(r"\b(avoirs?|av|note de credit|credit note|rrr|ristourne|remise)\b")
_CREDIT_KINDS = (
    (re.compile(r"\b(vir(ement)?s?|vrt|sepa|sct)\b"), CreditKind.TRANSFER),
    (re.compile(r"\b(prlv|prelevements?|prel|sdd)\b"), CreditKind.DIRECT_DEBIT),
    (re.compile(r"\b(lcr|traites?|boe?|billets?|effets?|bor)\b"), CreditKind.BILL),
    (re.compile(r"\b(chq|cheques?|chqs|remch|rem chq)\b"), CreditKind.CHEQUE),
    (re.compile(r"\b(cb|cartes?|tpe|amex|visa)\b"), CreditKind.CARD),
    (re.compile(r"\b(especes?|esp|cash|numeraire|liquide)\b"), CreditKind.CASH),
)


def credit_kind(nature: PostedAs, ledger_account: str, piece_ref: str, label: str) -> CreditKind:
    """Return how a credit came: credit note, advance, or a means of payment named by the texts."""
    words = name_key(f"{piece_ref} {label}").replace(".", " ").replace("/", " ")
    if nature is PostedAs.SALE:
        return CreditKind.CREDIT_NOTE
    if ledger_account.startswith(ADVANCE_PREFIX):
        return CreditKind.ADVANCE
    if nature is PostedAs.OTHER and _CREDIT_NOTE.search(words):
        return CreditKind.CREDIT_NOTE
    for pattern, kind in _CREDIT_KINDS:
        if pattern.search(words):
            return kind
    return CreditKind.OTHER


_REJECTED = re.compile(
    r"\b(rejets?|rejetee?s?|impayee?s?|retours?|unpaid|sans provision|annul\w*)\b"
)


def says_rejected(piece_ref: str, label: str) -> bool:
    """Say whether the texts of a bank debit speak of a payment that came back."""
    return bool(_REJECTED.search(name_key(f"{piece_ref} {label}")))


# --- which ------------------------------------------------------------------------------------

_NO_NUMBER = frozenset(
    {"sans", "an", "ran", "anouv", "anouveau", "anouveaux", "nouveau", "report", "solde", "soldes"}
    | {"ouverture", "divers", "od", "neant", "na", "nc", "piece", "facture", "factures", "vente"}
    | {"ventes", "facturation", "fae", "avoir", "virement", "cheque", "cb", "rem", "remcb", "chq"}
)
_AFTER_A_WORD = re.compile(
    r"\b(?:factures?|facts?|fac|fa|fc|fv|fct|invoice|inv|avoir|av|f|n)\b[ .:#°º-]*"
    r"(?:(?:n|no|num|numero)\b[ .:#°º-]*)?([a-z]{0,4}[-_/ ]?\d[a-z0-9]*(?:[-_/.]\d[a-z0-9]*)*)",
    re.IGNORECASE,
)
_LIKE_A_CODE = re.compile(r"\b([A-Z]{1,4}[-_/]?\d{3,}(?:[-_/]\d+)*)\b")
_GLUED = re.compile(r"\b(F(?:A|AC|C|V|T)?\d{2,}(?:[-_/]\d+)*)\b", re.IGNORECASE)


def invoice_number(piece_ref: str, label: str, journal: str, on: date) -> str:
    """Return the invoice number of a line, from PieceRef, else found in the label, else empty.

    A PieceRef that only says the journal and the month (« VE 0123 », « 01/2023 ») numbers nothing.
    """
    if piece_ref and not _names_no_invoice(piece_ref, journal, on):
        return piece_ref
    for pattern in (_GLUED, _AFTER_A_WORD, _LIKE_A_CODE):
        if found := pattern.search(label):
            number = found[1].strip(" .-_/")
            if not _is_month(ref_key(number), on):
                return number
    return ""


def _names_no_invoice(piece_ref: str, journal: str, on: date) -> bool:
    key = ref_key(piece_ref)
    if not key or not key.strip("0"):
        return True
    if not any(character.isdigit() for character in key):
        return key in _NO_NUMBER or key == ref_key(journal)
    rest = key.removeprefix(ref_key(journal))
    return _is_month(rest, on)


def _is_month(key: str, on: date) -> bool:
    return key in _months(on)


@lru_cache(maxsize=1024)
def _months(on: date) -> frozenset[str]:
    """Return the ways a month or a day is written where an invoice number should be."""
    return frozenset(f"{on:{way}}" for way in ("%m%y", "%m%Y", "%Y%m", "%d%m%y", "%d%m%Y"))
