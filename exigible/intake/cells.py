"""Amounts and dates as accounting software writes them, read exactly or refused.

`read_cents` and `read_day` are shared by every tabular importer. An amount that could be read two
ways (« 1.234 ») is refused rather than guessed.
"""

from __future__ import annotations

import re
from datetime import date

MAX_CENTS = 10**13  # a hundred billion euros on one line: beyond it, a mistake
FIRST_YEAR, LAST_YEAR = 1950, 2199

_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]+)?|[.,][0-9]+|[0-9]+[.,]")
_FRENCH = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_ENGLISH = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,}")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_SHAPES = (
    (re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"), (1, 2, 3)),
    (re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[ T]00:00(?::00)?)?"), (1, 2, 3)),
    (re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})(?: 00:00(?::00)?)?"), (3, 2, 1)),
)


class Illegible(ValueError):
    """A cell that cannot be read; `code` is stable, the text completes « le montant … »."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def read_cents(text: str) -> int:
    """Return an amount in cents: decimal comma or point, signs, zeros, grouped thousands.

    An empty cell is zero. Raise Illegible for anything else than an exact amount in cents.
    """
    if text[-3:-2] in (",", ".") and len(text) < 18:  # nearly every cell of a real ledger
        digits = text[:-3] + text[-2:]
        if digits.isdecimal() and digits.isascii():
            return _bounded(int(digits), text)
    shown = text.strip()
    bare = shown.translate(_SPACES).removesuffix("€")
    if not bare:
        return 0
    sign = 1
    if bare[-1] in "+-":
        bare = bare[-1] + bare[:-1]
    if bare[0] in "+-−":
        sign = 1 if bare[0] == "+" else -1
        bare = bare[1:]
    if _AMBIGUOUS.fullmatch(bare):
        raise Illegible("ambiguous_amount", f"« {shown[:40]} » peut se lire de deux façons")
    if _FRENCH.fullmatch(bare):
        bare = bare.replace(".", "")
    elif _ENGLISH.fullmatch(bare):
        bare = bare.replace(",", "")
    if not _PLAIN.fullmatch(bare):
        raise Illegible("wrong_amount", f"« {shown[:40]} » n’est pas un montant")
    units, _, decimals = bare.replace(",", ".").partition(".")
    if len(units.lstrip("0")) > 15:
        raise Illegible("amount_too_large", f"« {shown[:40]} » dépasse ce qui est possible")
    if decimals[2:].strip("0"):
        raise Illegible("wrong_amount", f"« {shown[:40]} » a plus de deux décimales")
    return sign * _bounded(int(units or "0") * 100 + int(decimals[:2].ljust(2, "0")), shown)


def _bounded(cents: int, shown: str) -> int:
    if cents > MAX_CENTS:
        raise Illegible("amount_too_large", f"« {shown[:40]} » dépasse ce qui est possible")
    return cents


def read_day(text: str) -> date | None:
    """Return a day written AAAAMMJJ, AAAA-MM-JJ or JJ/MM/AAAA; None for blanks or zeros.

    Raise Illegible for a day that does not exist or lies outside 1950-2199.
    """
    shown = text.strip()
    if not shown.strip("0/-. "):
        return None
    for shape, (year, month, day) in _SHAPES:
        if found := shape.fullmatch(shown):
            try:
                read = date(int(found[year]), int(found[month]), int(found[day]))
            except ValueError:
                break
            if FIRST_YEAR <= read.year <= LAST_YEAR:
                return read
            break
    raise Illegible("wrong_date", f"« {shown[:40]} » n’est pas une date qui existe")
