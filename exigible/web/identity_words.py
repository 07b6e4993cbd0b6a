"""Why two debtors look the same, how sure it is, how far an account can be relied on: in French."""

from collections.abc import Sequence
from typing import Any

from exigible.domain import french
from exigible.domain.identity.duplicates import weights
from exigible.domain.identity.reliability import Reliability
from exigible.domain.states import Chip

_REASONS = {
    "same_siren": "même SIREN",
    "same_vat_number": "même n° de TVA",
    "same_iban": "même IBAN",
    "same_email": "même e-mail",
    "same_name": "même nom, forme et accents à part",
    "same_person_name": "même nom de personne",
    "close_name": "nom presque identique",
    "near_name": "nom proche",
    "name_within": "l’un des noms contient l’autre",
    "same_address": "même adresse",
    "same_town": "même code postal",
    "unlike_name": "noms différents",
    "kinds_differ": "l’un est un particulier, l’autre non",
    "countries_differ": "pays différents",
}
# What one may narrow the list to.
SHARED = (
    ("same_siren", "le SIREN"),
    ("same_iban", "l’IBAN"),
    ("same_email", "l’e-mail"),
    ("same_name", "le nom"),
    ("same_address", "l’adresse"),
)
CERTAINTIES = (("sure", "presque certain"), ("likely", "probable"), ("possible", "possible"))
_LEVELS = {
    "good": ("leaf", "tick"),
    "fair": ("ochre", "half"),
    "poor": ("wax", "tri"),
}


def reason(row: Sequence[Any]) -> str:
    """« même IBAN, fin 0189 »."""
    code, _, fact = row
    words = _REASONS.get(str(code), str(code))
    if code == "same_iban":
        return f"{words} (fin {fact})"
    if code in ("same_siren", "same_email"):
        return f"{words} ({fact})"
    return words


def signed(points: int) -> str:
    """« +30 », « −15 »."""
    return f"+{points}" if points >= 0 else f"{french.MINUS}{-points}"


def certainty(score: int) -> Chip:
    """The chip of a pair: how sure it is."""
    if score >= weights().near_certain_from:
        return Chip("Presque certain", "full", "wax")
    if score >= weights().probable_from:
        return Chip("Probable", "half", "ochre")
    return Chip("Possible", "ring", "")


def bounds(which: str) -> tuple[int, int]:
    """Return the least and the most score of a certainty."""
    rule = weights()
    return {
        "sure": (rule.near_certain_from, 100),
        "likely": (rule.probable_from, rule.near_certain_from - 1),
        "possible": (rule.shown_from, rule.probable_from - 1),
    }[which]


def reliability_chip(found: Reliability, *, short: bool = False) -> Chip:
    """The chip of a reliability: its score out of 100, which a column's header says."""
    tone, glyph = _LEVELS[found.level]
    return Chip(str(found.score) if short else f"{found.score} sur 100", glyph, tone)
