"""Labels of banks and names of people, in forms that can be compared.

Banks write in capitals without accents, cut anywhere, and drop punctuation; people retype numbers
with O for 0, I or L for 1, S for 5, B for 8. `folded` reads those letters as the digits, on both
sides of a comparison, so that it needs no guess of who was wrong.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from exigible.domain.matching.vocabulary import ABBREVIATIONS, EMPTY_WORDS

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss"})
_FOLD = str.maketrans("OILSB", "01158")
_TOKEN = re.compile(r"[A-Z0-9]+")
_RUN = re.compile(r"(?<![0-9])0+(?=[0-9])")
IBAN = re.compile(
    r"\b(?:FR|MC|BE|DE|ES|IT|LU|NL|PT|IE|AT|CH|GB|PL|FI|GR|RO|CZ|LI|SM|DK|SE|NO)[0-9]{2}"
    r"(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
)


@lru_cache(maxsize=256)
def plain(text: str) -> str:
    """Return a text in capitals without accents: « Élan » → « ELAN »."""
    if text.isascii():
        return text.upper()
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).upper()


def tokens(text: str) -> list[str]:
    """Return the runs of letters and digits of a plain text."""
    return _TOKEN.findall(text)


def folded(token: str) -> str:
    """Return a token where letters taken for digits are those digits: « FAO1 » → « FA01 »."""
    return token.translate(_FOLD)


def without_zeros(token: str) -> str:
    """Return a token without the zeros that begin its numbers: « FA00412 » → « FA412 »."""
    if token.isdigit():
        return token.lstrip("0") or "0"
    return _RUN.sub("", token) if "0" in token else token


def compact(text: str) -> str:
    """Return letters and digits alone, folded: « FA-26/O412 » → « FA260412 »."""
    return folded("".join(_TOKEN.findall(plain(text))))


@lru_cache(maxsize=256)
def name_tokens(text: str) -> tuple[str, ...]:
    """Return the words of a name that tell it from others, abbreviations written out."""
    words = _TOKEN.findall(plain(text))
    kept = tuple(
        ABBREVIATIONS.get(word, word)
        for place, word in enumerate(words)
        if word not in EMPTY_WORDS or (word == "STE" and place > 0)
    )
    return kept or tuple(words)


def name_words(text: str) -> str:
    """Return a name as a key: its words in order of the alphabet."""
    return " ".join(sorted(set(name_tokens(text))))


def bare_iban(text: str) -> str:
    """Return an IBAN, or any account number, without spaces nor punctuation."""
    return "".join(_TOKEN.findall(plain(text)))
