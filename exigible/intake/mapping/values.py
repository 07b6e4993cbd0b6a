"""How cells look and how they are read: dates and amounts of any habit, rewritten in one way.

Habits are guessed for a whole file (`DayOrder`, the decimal mark), kept with its mapping, and applied
here: « 15.01.26 », « Jan 15, 2026 », « 1.234,56- », « (1,234.56) », « 1 234,56 € C » become
« 2026-01-15 » and « -1234.56 », which `cells.read_day` and `read_cents` read in one way only. What has
no reading is left as it is, for them to refuse by its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from enum import StrEnum

from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.cells import FIRST_YEAR, LAST_YEAR
from exigible.intake.identifiers import is_siren, is_siret
from exigible.intake.mapping.grids import Native


class DayOrder(StrEnum):
    """How a file writes its days."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


_MONTHS = {
    **{name: number for number, name in enumerate(
        ("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre",
         "octobre", "novembre", "decembre"), start=1)},
    **{name: number for number, name in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august", "september",
         "october", "november", "december"), start=1)},
    **{name: number for number, name in enumerate(
        ("janv", "fevr", "mars", "avr", "mai", "juin", "juil", "aout", "sept", "oct", "nov", "dec"),
        start=1)},
    **{name: number for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        start=1)},
    "fev": 2, "avri": 4, "aou": 8,
}  # fmt: skip
_TIME = re.compile(r"[ T]\d{1,2}[:h]\d{2}.*$")
_NUMERIC_DAY = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})")
_COMPACT_DAY = re.compile(r"(?:19|20)\d{6}")
_NAMED_DAY = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th)?[-/ .]+([a-z]{3,9})\.?[-/ ,.]+(\d{2,4})")
_NAMED_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})")
_SERIAL = re.compile(r"[2-7]\d{4}(?:[.,]0+)?")  # days since 1899-12-30: 1954 to 2118
_EPOCH = date(1899, 12, 30)

_MONEY_MARKS = re.compile(r"(?i)\b(?:eur|euros?|usd|gbp|chf|cad)\b|[€$£]")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’`")
_AMOUNT = re.compile(r"[+\-−(]?\d[\d.,]*[)+\-−]?|[+\-−(]?[.,]\d+[)+\-−]?")
_SIDE = re.compile(r"(?i)(?<!\s)\s*\b(cr|dr|db|d|c)\.?\s*$")  # a run of spaces is looked at once


def day_text(text: str, order: DayOrder) -> str:
    """Return a day as AAAA-MM-JJ, or the text itself where it has no reading."""
    if isinstance(text, Native) and len(text) == 10 and text[4] == "-":
        return text
    shown = " ".join(text.split())
    parts = day_parts(shown)
    if parts is None:
        if _SERIAL.fullmatch(shown):
            return (_EPOCH + timedelta(days=int(shown[:5]))).isoformat()
        return text
    first, second, third, fixed = parts
    if fixed:
        year, month, day = first, second, third
    elif order is DayOrder.MONTH_FIRST:
        year, month, day = third, first, second
    else:
        year, month, day = third, second, first
    try:
        read = date(_century(year), month, day)
    except ValueError:
        return text
    return read.isoformat() if FIRST_YEAR <= read.year <= LAST_YEAR else text


def day_parts(shown: str) -> tuple[int, int, int, bool] | None:
    """Return the three numbers of a day; True when they are surely year, month, day."""
    text = _TIME.sub("", shown)
    if _COMPACT_DAY.fullmatch(text):
        return int(text[:4]), int(text[4:6]), int(text[6:]), True
    if found := _NUMERIC_DAY.fullmatch(text):
        first, second, third = found.groups()
        if len(first) == 4:
            return int(first), int(second), int(third), True
        if len(first) <= 2 and len(third) in (2, 4):
            return int(first), int(second), int(third), False
        return None
    named = name_key(text)
    if found := _NAMED_DAY.fullmatch(named):
        month = _MONTHS.get(found[2])
        return (int(found[3]), month, int(found[1]), True) if month else None
    if found := _NAMED_MONTH_FIRST.fullmatch(named):
        month = _MONTHS.get(found[1])
        return (int(found[3]), month, int(found[2]), True) if month else None
    return None


def _century(year: int) -> int:
    return year + 2000 if year < 70 else year + 1900 if year < 100 else year


def amount_text(text: str, decimal: str, *, negative_side: str = "c") -> str:
    """Return an amount as -1234.56, or the text itself where it has no reading.

    `decimal` is the file's decimal mark; the other mark then only groups thousands. A side written
    after the amount (« 12,00 C ») makes it negative where it is the `negative_side`: the credit of a
    customer's account, the debit ("d") of the creditor's own at the bank.
    """
    if isinstance(text, Native):
        return text
    bare, side = text.strip(), ""
    if found := _SIDE.search(bare):
        side = found[1].lower()
        bare = bare[: found.start()]
    bare = _MONEY_MARKS.sub("", bare).translate(_SPACES).strip()
    if not bare or not _AMOUNT.fullmatch(bare):
        return text
    negative = bare[0] in "-−(" or bare[-1] in "-−"
    if (bare[0] == "(") != (bare[-1] == ")"):
        return text
    digits = bare.strip("+-−()")
    group = "." if decimal == "," else ","
    units, _, decimals = digits.partition(decimal)
    if decimal in decimals or group in decimals or not _well_grouped(units, group):
        return text
    if side[:1] == negative_side:
        negative = not negative
    return f"{'-' if negative else ''}{units.replace(group, '') or '0'}.{decimals or '0'}"


def _well_grouped(units: str, group: str) -> bool:
    if group not in units:
        return True
    first, *others = units.split(group)
    return 1 <= len(first) <= 3 and all(len(other) == 3 for other in others)


def ref_text(text: str) -> str:
    """Return a reference or code without the « .0 » that software adds to numbers."""
    return re.sub(r"^(\d+)\.0$", r"\1", text)


# --- the habits of a file -----------------------------------------------------------------------


def order_of_days(texts: Iterable[str]) -> tuple[DayOrder, bool]:
    """Return how days are written, and whether some day proves it; day first otherwise."""
    first_over = second_over = fixed = loose = 0
    for text in texts:
        if isinstance(text, Native):
            continue
        parts = day_parts(" ".join(text.split()))
        if parts is None:
            continue
        first, second, _, sure = parts
        if sure:
            fixed += 1
            continue
        loose += 1
        first_over += first > 12
        second_over += second > 12
    if not loose:
        return (DayOrder.YEAR_FIRST, True) if fixed else (DayOrder.DAY_FIRST, True)
    if second_over > first_over:
        return DayOrder.MONTH_FIRST, True
    return DayOrder.DAY_FIRST, first_over > 0


def decimal_mark(texts: Iterable[str], *, delimiter: str) -> tuple[str, bool]:
    """Return the decimal mark of a file's amounts, and whether some amount proves it."""
    votes = {",": 0, ".": 0}
    for text in texts:
        if isinstance(text, Native):
            continue
        bare = _MONEY_MARKS.sub("", _SIDE.sub("", text)).translate(_SPACES).strip("+-−() ")
        points, commas = bare.count("."), bare.count(",")
        if points and commas:
            votes["." if bare.rindex(".") > bare.rindex(",") else ","] += 3
        elif points > 1 or commas > 1:
            votes["," if points > 1 else "."] += 1
        elif points or commas:
            mark = "." if points else ","
            if len(bare) - bare.index(mark) - 1 != 3:
                votes[mark] += 1
    if votes[","] == votes["."]:
        return ("," if delimiter != "," else "."), votes[","] == 0
    return max(votes, key=lambda mark: votes[mark]), True


# --- how a column looks -------------------------------------------------------------------------

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
_PHONE = re.compile(r"\+?[\d ().\-]{9,20}")
_PERIOD = re.compile(r"(?i)jours?|jrs|days?|net|mois|fdm|comptant|reception|\d")
_CURRENCY = re.compile(r"[A-Z]{3}|€|\$|£")
_SENSES = frozenset({"d", "c", "s", "h", "debit", "credit", "db", "cr", "dr"})
_PAYMENT_WORDS = re.compile(
    r"\b(vir|cheque|chq|cb|carte|espece|prelevement|prlv|lcr|traite|effet|sepa|transfer|check|card|"
    r"cash|direct debit|bank|stripe|paypal)"
)


def _is_amount(text: str) -> bool:
    if isinstance(text, Native):
        return not (len(text) == 10 and text[4:5] == "-")
    bare = _MONEY_MARKS.sub("", _SIDE.sub("", text)).translate(_SPACES).strip()
    return bool(_AMOUNT.fullmatch(bare)) and len(bare) < 22


def _is_day(text: str) -> bool:
    shown = " ".join(text.split())
    return day_parts(shown) is not None


def _digits(text: str) -> str:
    return re.sub(r"[\s.\-\u00a0\u202f]", "", text)


_LOOKS: dict[str, Callable[[str], bool]] = {
    "day": _is_day,
    "amount": _is_amount,
    "siren": lambda text: is_siren(_digits(text).zfill(9)),
    "siret": lambda text: is_siret(_digits(text).zfill(14)),
    "vat": lambda text: bool(re.fullmatch(r"[A-Z]{2}[A-Z0-9]{8,13}", _digits(text).upper())),
    "iban": lambda text: bool(re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", _digits(text).upper())),
    "email": lambda text: bool(_EMAIL.search(text)),
    "phone": lambda text: bool(_PHONE.fullmatch(text.strip())) and len(_digits(text)) >= 9,
    "postcode": lambda text: bool(re.fullmatch(r"\d{4,5}|[A-Z0-9\- ]{4,8}", text.strip())),
    "country": lambda text: len(text) < 25 and not any(c.isdigit() for c in text),
    "currency": lambda text: bool(_CURRENCY.fullmatch(text.strip())),
    "sense": lambda text: ref_key(text) in _SENSES,
    "terms": lambda text: bool(_PERIOD.search(text)),
    "days": lambda text: text.strip().isdigit() and len(text.strip()) <= 3,
    "payment_kind": lambda text: bool(_PAYMENT_WORDS.search(name_key(text))),
    "ref": lambda text: len(text) <= 40 and any(c.isdigit() for c in text) and not _is_wordy(text),
    "code": lambda text: len(text) <= 20 and not _is_wordy(text) and not _is_proper_name(text),
    "name": lambda text: sum(c.isalpha() for c in text) >= max(2, len(text) // 2),
}


def _is_proper_name(text: str) -> bool:
    return len(text) > 3 and text.isalpha() and text.istitle()


def _is_wordy(text: str) -> bool:
    return sum(c.isalpha() and c.islower() for c in text) > 3 and " " in text.strip()


def share_that_looks(type_: str, texts: list[str]) -> float | None:
    """Return how much of a column's values look as its field's; None where anything does."""
    look = _LOOKS.get(type_)
    if look is None or not texts:
        return None
    return sum(look(text) for text in texts) / len(texts)
