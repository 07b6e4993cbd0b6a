"""French typography for money, dates and counts, the same in pages, letters and messages.

U+202F (narrow no-break space) between thousands, U+00A0 before a unit, a comma, U+2212 for minus.
"""

import re
from datetime import date

NARROW = "\u202f"
NO_BREAK = "\u00a0"
MINUS = "\u2212"
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def grouped(number: int) -> str:
    """Return 1234567 as « 1 234 567 »."""
    sign = MINUS if number < 0 else ""
    return sign + f"{abs(number):,}".replace(",", NARROW)


def amount(cents: int) -> str:
    """Return 123456 cents as « 1 234,56 », without a unit."""
    sign = MINUS if cents < 0 else ""
    units, rest = divmod(abs(cents), 100)
    return f"{sign}{grouped(units)},{rest:02d}"


def euros(cents: int) -> str:
    """Return 123456 cents as « 1 234,56 € »."""
    return f"{amount(cents)}{NO_BREAK}€"


def money(cents: int, currency: str) -> str:
    """Return an amount with its unit: « 1 234,56 € », « 1 234,56 SEK »."""
    return f"{amount(cents)}{NO_BREAK}{'€' if currency in ('EUR', '') else currency}"


def percent(ten_thousandths: int) -> str:
    """Return 124000 (1/10,000 of a percent) as « 12,40 % », with two to four decimals."""
    units, rest = divmod(abs(ten_thousandths), 10_000)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    sign = MINUS if ten_thousandths < 0 else ""
    return f"{sign}{grouped(units)},{decimals}{NO_BREAK}%"


def decimal(ten_thousandths: int) -> str:
    """Return 15000 (1/10,000) as « 1,5 », 100000 as « 10 »: no decimal that says nothing."""
    units, rest = divmod(abs(ten_thousandths), 10_000)
    sign = MINUS if ten_thousandths < 0 else ""
    return f"{sign}{grouped(units)},{rest:04d}".rstrip("0").rstrip(",")


def points(ten_thousandths: int) -> str:
    """Return 85000 (1/10,000 of a point) as « 8,5 points », 10000 as « 1 point »."""
    plural = "s" if abs(ten_thousandths) >= 20_000 else ""
    return f"{decimal(ten_thousandths)}{NO_BREAK}point{plural}"


def day(on: date) -> str:
    """Return « 22/11/2026 »."""
    return f"{on.day:02}/{on.month:02}/{on.year:04}"


def long_day(on: date) -> str:
    """Return « 22 novembre 2026 », « 1er janvier 2027 » (the ordinal of the first of a month)."""
    number = "1er" if on.day == 1 else str(on.day)
    return f"{number}{NO_BREAK}{MONTHS[on.month - 1]} {on.year}"


def weekday_and_day(on: date) -> str:
    """Return « lundi 23 novembre »."""
    number = "1er" if on.day == 1 else str(on.day)
    return f"{WEEKDAYS[on.weekday()]} {number} {MONTHS[on.month - 1]}"


def full_day(on: date) -> str:
    """Return « lundi 23 novembre 2026 »."""
    return f"{WEEKDAYS[on.weekday()]} {long_day(on)}"


_ENDS = ("« ", ". ", "° ")
_BEFORE = re.compile(r"(«|\bart\.|\bn°|\b[LRDA]\.) (?=\S)")
_NO_BREAK_AFTER = r"\1" + NO_BREAK


def typeset(text: str) -> str:
    """Return a sentence written with plain spaces with the no-break ones French asks for."""
    for mark in ";:?!»€%":
        text = text.replace(" " + mark, NO_BREAK + mark)
    return _BEFORE.sub(_NO_BREAK_AFTER, text) if any(end in text for end in _ENDS) else text


def capital(text: str) -> str:
    """Return a text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return « 1 facture », « 2 factures »; French uses the singular below two."""
    word = singular if abs(number) < 2 else (plural or singular + "s")
    return f"{grouped(number)}{NO_BREAK}{word}"


def half_year(on: date) -> str:
    """Return « 2e semestre 2026 »."""
    return f"{'1er' if on.month <= 6 else '2e'} semestre {on.year}"
