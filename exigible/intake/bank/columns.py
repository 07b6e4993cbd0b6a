"""Which column of a table is what, for bank statements in CSV or spreadsheets.

`guess_columns` goes by the headings, French or English, `guess_habits` by the values: whether the
month or the day comes first, whether the decimal mark is a comma or a point. Both are plain
functions of texts, so that a person may correct what they answer and have it kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from exigible.domain.text_keys import ref_key
from exigible.intake.bank.texts import cents, clean
from exigible.intake.cells import FIRST_YEAR, LAST_YEAR, Illegible

LEDGER = "ledger"  # a column that accounting exports have, and no statement of a bank
HEADINGS: dict[str, str] = {
    ref_key(word): field
    for field, words in {
        "booked_on": "date,date operation,date de l'operation,date d'operation,date comptable,"
        "date de comptabilisation,booking date,transaction date,posting date,posted date,"
        "date ecriture,dateop,date op",
        "value_on": "date valeur,date de valeur,value date,dateval,valeur",
        "label": "libelle,libelle operation,libelle de l'operation,label,description,intitule,motif,"
        "communication,details,memo,libelle simplifie,wording,narrative,operation,designation,"
        "payment reference,transaction details",
        "amount": "montant,amount,montant en euros,montant eur,montant operation,"
        "montant de l'operation,somme,transaction amount,montant (eur),montant(euros)",
        "debit": "debit,debit euros,debit eur,montant debit,debits,retrait,withdrawal,paid out,"
        "money out,sortie",
        "credit": "credit,credit euros,credit eur,montant credit,credits,versement,deposit,paid in,"
        "money in,entree",
        "side": "d/c,c/d,sens,debit/credit,debit credit,type debit credit,dc,sens operation,"
        "credit debit indicator",
        "currency": "devise,currency,monnaie,ccy,devise du compte",
        "balance": "solde,balance,solde apres operation,running balance,nouveau solde,solde (eur),"
        "accountbalance",
        "counterparty": "tiers,contrepartie,partner name,counterparty,nom du tiers,emetteur,"
        "beneficiaire,donneur d'ordre,payeur,payer,payee,counterparty name,nom contrepartie,"
        "emetteur/beneficiaire,name,nom",
        "counterparty_iban": "bank account,iban tiers,iban contrepartie,counterparty iban,"
        "compte tiers,partner iban,iban emetteur,iban du tiers,partner bank account",
        "account": "compte,iban,iban compte,account,account number,numero de compte,"
        "n° de compte,account iban,iban du compte,compte bancaire",
        "bank_ref": "reference,ref,reference operation,reference banque,bank reference,transaction id,"
        "id operation,id,numero operation,n° operation,reference bancaire,fitid",
        LEDGER: "journal,code journal,code jnl,lettrage,compte auxiliaire,code client,n° facture,"
        "numero de facture,echeance,date d'echeance",
        "end_to_end": "end to end,end to end id,e2e,reference de bout en bout,endtoend,"
        "reference bout en bout,end-to-end reference",
    }.items()
    for word in words.split(",")
}
WORDS = {
    "booked_on": "la date",
    "label": "le libellé",
    "amount": "le montant (ou débit et crédit)",
}
_DAY = re.compile(r"([0-9]{1,4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,4})(?:[ T].*)?")
_COMPACT = re.compile(r"(?:19|20)[0-9]{6}")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’€$£\"")
_DEBIT = frozenset({"d", "debit", "db", "dbit", "deb", "s", "out", "sortie"})
_CREDIT = frozenset({"c", "credit", "cr", "crdt", "cre", "e", "in", "entree"})


@dataclass(frozen=True, slots=True)
class Habits:
    """How a file writes days and amounts; `dates_ambiguous` where no value decides."""

    day_first: bool = True
    decimal: str = ","
    dates_ambiguous: bool = False


def guess_columns(cells: Sequence[str]) -> dict[str, int]:
    """Return the place of each field among the headings of a table; the first of equals."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        field = HEADINGS.get(ref_key(cell))
        if field is not None:
            places.setdefault(field, place)
    return places


def missing_columns(fields: Iterable[str]) -> list[str]:
    """Return what a bank statement lacks, of what it cannot do without; empty if it is one."""
    known = set(fields)
    lacking = [field for field in ("booked_on", "label") if field not in known]
    if "amount" not in known and not ("debit" in known and "credit" in known):
        lacking.append("amount")
    return lacking


def guess_habits(rows: Iterable[Mapping[str, str]], *, french: bool = True) -> Habits:
    """Return the habits that the values of some rows show; `french` decides where none does."""
    day_first = month_first = comma = point = 0
    slashed = False
    for row in rows:
        for field in ("booked_on", "value_on"):
            found = _DAY.fullmatch(row.get(field, "").strip())
            if found and len(found[1]) <= 2:
                slashed = True
                day_first += int(found[1]) > 12
                month_first += int(found[2]) > 12
        for field in ("amount", "debit", "credit", "balance"):
            text = row.get(field, "").translate(_SPACES)
            last = max(text.rfind(","), text.rfind("."))
            if last >= 0 and len(text) - last - 1 in (1, 2):
                comma += text[last] == ","
                point += text[last] == "."
    return Habits(
        day_first=day_first >= month_first,
        decimal="," if comma > point or (comma == point and french) else ".",
        dates_ambiguous=slashed and not day_first and not month_first and not french,
    )


def read_amount(text: str, habits: Habits) -> int | None:
    """Return an amount in cents, its thousands grouped the other way round than its decimals."""
    bare = text.translate(_SPACES).upper().removesuffix("EUR")
    if not bare or bare in ("-", "+"):
        return None
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if bare[-1] in "+-":
        bare = bare[-1] + bare[:-1]
    bare = bare.replace("−", "-")
    grouping = "." if habits.decimal == "," else ","
    digits, mark, part = bare.rpartition(habits.decimal)
    if not mark:
        digits, part = bare, ""
    if grouping in part:
        raise Illegible("wrong_amount", f"« {clean(text, 40)} » n’est pas un montant")
    if grouping in digits:
        if not re.fullmatch(rf"[+-]?[0-9]{{1,3}}(?:{re.escape(grouping)}[0-9]{{3}})+", digits):
            raise Illegible("wrong_amount", f"« {clean(text, 40)} » n’est pas un montant")
        digits = digits.replace(grouping, "")
    return cents(f"{digits or '0'}.{part}" if part else digits)


def read_date(text: str, habits: Habits) -> date | None:
    """Return a day; None for an empty cell. Raise Illegible for one that does not exist."""
    shown = text.strip()
    if not shown.strip("0/-. "):
        return None
    try:
        if _COMPACT.fullmatch(shown):
            return _day(int(shown[:4]), int(shown[4:6]), int(shown[6:]))
        found = _DAY.fullmatch(shown)
        if not found:
            raise ValueError
        first, second, third = (int(part) for part in found.groups())
        if len(found[1]) == 4:
            return _day(first, second, third)
        if len(found[3]) == 2:
            third += 2000 if third < 80 else 1900
        if habits.day_first:
            return _day(third, second, first)
        return _day(third, first, second)
    except ValueError:
        raise Illegible(
            "wrong_date", f"« {clean(text, 40)} » n’est pas une date qui existe"
        ) from None


def read_side(text: str) -> int:
    """Return -1 for a debit, 1 for a credit, 0 for what says neither."""
    word = ref_key(text)
    return -1 if word in _DEBIT else 1 if word in _CREDIT else 0


def _day(year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError
    return date(year, month, day)
