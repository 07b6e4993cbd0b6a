"""What people type: amounts, days, numbers, in the forms they are used to.

« 1 234,56 », « 1234.5 », « 1234,5 € »; « 22/11/26 », « 2211 », « +8 », « lundi », « demain ».
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from exigible.domain.french import WEEKDAYS, euros
from exigible.domain.refusals import WrongInput
from exigible.domain.text_keys import name_key

MOST_CENTS = 100_000_000_000_00  # a hundred billion euros: beyond, a typing error
FIRST_YEAR, LAST_YEAR = 1950, 2199  # as in the files read by `intake`: beyond, a typing error
MOST_SEARCHED = 200  # characters
MOST_ROW_DIGITS = 18  # of a 64-bit row number: beyond, it names nothing
_SPACES = re.compile(r"[\s\u00a0\u202f']")
_AMOUNT = re.compile(r"(\d{1,16})(?:[.,](\d{1,2}))?")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d{1,2}")
_DAY = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?")
_COMPACT = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_OFFSET = re.compile(r"([+-])\s*(\d{1,4})\s*j?")


def cents_of(typed: str) -> int:
    """Return the cents of an amount as typed; raise WrongInput with what to write instead."""
    text = _SPACES.sub("", typed).removesuffix("€").removesuffix("EUR").removesuffix("eur")
    if _THOUSANDS.fullmatch(text):
        text = text.replace(".", "")
    found = _AMOUNT.fullmatch(text)
    if found is None or not text.isascii():
        raise WrongInput(
            "amount", f"« {typed[:40]} » n’est pas un montant. Écrivez par exemple 1234,56."
        )
    cents = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    if cents > MOST_CENTS:
        raise WrongInput("amount", f"Le montant dépasse {euros(MOST_CENTS)}. Vérifiez la saisie.")
    return cents


def looks_like_amount(typed: str) -> bool:
    """Say whether a search may be an amount: « 1234,56 », « 9354 », not « FA-9354 »."""
    try:
        cents_of(typed)
    except WrongInput:
        return False
    return True


def day_of(typed: str, *, today: date) -> date:
    """Return the day a person typed; a day without year is the nearest one to today.

    Raise WrongInput with what to write instead: « 31/02/2026 n’existe pas ».
    """
    text = name_key(typed)
    words = {"aujourd'hui": 0, "aujourd’hui": 0, "auj": 0, "demain": 1, "hier": -1}
    if text in words:
        return today + timedelta(days=words[text])
    if text in WEEKDAYS:
        ahead = (WEEKDAYS.index(text) - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if found := _OFFSET.fullmatch(text):
        days = int(found[2])
        return today + timedelta(days=days if found[1] == "+" else -days)
    if found := _ISO.fullmatch(text):
        return _existing(typed, int(found[1]), int(found[2]), int(found[3]))
    found = _DAY.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        raise WrongInput(
            "day", f"« {typed[:40]} » n’est pas une date. Écrivez 22/11/2026, 2211, +8 ou lundi."
        )
    number, month = int(found[1]), int(found[2])
    if found[3]:
        year = int(found[3])
        return _existing(typed, year if year > 99 else 2000 + year, month, number)
    candidates = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            candidates.append(date(year, month, number))
        except ValueError:
            continue
    if not candidates:
        raise WrongInput("day", f"Le {typed[:20]} n’existe pas. Vérifiez le jour et le mois.")
    return min(candidates, key=lambda day: abs((day - today).days))


def whole_number(typed: str, *, most: int) -> int:
    """Return a whole number from 0 to `most`."""
    text = _SPACES.sub("", typed)
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise WrongInput("number", f"« {typed[:40]} » n’est pas un nombre de 0 à {most}.")
    return int(text)


def row_number(typed: str | None) -> int | None:
    """Return the number of a row as an address or a form carries it; None for anything else."""
    if not typed or len(typed) > MOST_ROW_DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    return int(typed)


def row_numbers(typed: Iterable[str]) -> list[int]:
    """Return the numbers of the rows ticked; what is not a number is nothing that was ticked."""
    return [number for one in typed if (number := row_number(one)) is not None]


def searched(query: Mapping[str, str]) -> str:
    """Return the words searched for (`q`); the null character, which no text holds, is left out."""
    return query.get("q", "").replace("\x00", "").strip()[:MOST_SEARCHED]


def _existing(typed: str, year: int, month: int, number: int) -> date:
    try:
        found = date(year, month, number)
    except ValueError:
        raise WrongInput(
            "day", f"Le {typed[:20]} n’existe pas. Vérifiez le jour, le mois et l’année."
        ) from None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise WrongInput(
            "day",
            f"Le {typed[:20]} est hors de la période traitée ({FIRST_YEAR} à {LAST_YEAR}). Vérifiez "
            "l’année.",
        )
    return found
