"""Values of the law as people read and type them: « 3,75 % », « 2 mois », a scale band by band."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from exigible.domain.french import NO_BREAK, count, decimal, euros, grouped, percent, points
from exigible.domain.law import UNIT_SCALES, DatedValue
from exigible.domain.law.dated import DatedFact
from exigible.domain.law.scales import WHOLE, Band, DatedBands, limits_grow
from exigible.domain.refusals import WrongInput

# What each unit is called when typed, an example, and the most that makes sense.
UNIT_WORDS = {
    "percent": ("%", "3,75 %", 100),
    "points": ("points", "10 points", 100),
    "times": ("fois", "3 fois", 100),
    "eur": ("€", "40,00 €", 1_000_000_000),
    "years": ("ans", "2 ans", 100),
    "months": ("mois", "2 mois", 1_200),
    "days": ("jours", "30 jours", 36_500),
}
_UNITS_TYPED = {
    "percent": ("%", "pour cent"),
    "points": ("points", "point"),
    "times": ("fois", "×", "x"),
    "eur": ("euros", "euro", "eur", "€"),
    "years": ("années", "année", "ans", "an"),
    "months": ("mois",),
    "days": ("jours", "jour", "j"),
}
_MOST_LINES = 20
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")


def value_words(unit: str, fact: DatedFact) -> str:
    """Return a value for people: « 12,40 % », « 30 jours », « 7 tranches », « non publiée »."""
    if isinstance(fact, DatedBands):
        return count(len(fact.bands), "tranche") if fact.known else "non publié"
    assert isinstance(fact, DatedValue)
    if fact.value is None:
        return "non publiée"
    return number_words(unit, fact.value)


def number_words(unit: str, value: int) -> str:
    """Return a number in its unit: 124000 percent as « 12,40 % », 2 months as « 2 mois »."""
    match unit:
        case "percent":
            return percent(value)
        case "eur":
            return euros(value)
        case "points":
            return points(value)
        case "times":
            return f"{decimal(value)}{NO_BREAK}fois"
        case "months":
            return f"{grouped(value)}{NO_BREAK}mois"
        case "years":
            return count(value, "an")
        case _:
            return count(value, "jour")


def plain_value(unit: str, value: int) -> str:
    """Return a number as files write it: 124000 percent as "12.40", 2 months as "2"."""
    scale = UNIT_SCALES[unit]
    if scale == 1:
        return str(value)
    exact = Decimal(value) / scale
    return f"{exact:.2f}" if exact == round(exact, 2) else f"{exact:.4f}".rstrip("0")


def read_number(unit: str, typed: str, *, field: str = "value") -> int:
    """Return what was typed (« 3,75 % », "3.75", « 40 euros ») as the parameter counts it.

    Raise WrongInput for what is no number, has more decimals than the unit, or makes no sense.
    """
    example, most = UNIT_WORDS[unit][1:]
    text = re.sub(r"[\s\u00a0\u202f]", " ", typed).strip().lower()
    for word in _UNITS_TYPED[unit]:
        if text.endswith(word):
            text = text.removesuffix(word)
            break
    text = text.replace(" ", "").replace(",", ".")
    if not _NUMBER.fullmatch(text):
        raise WrongInput(
            "value",
            f"« {typed[:40]} » n’est pas lisible. Écrivez par exemple {example}.",
            field=field,
        )
    exact = Decimal(text) * UNIT_SCALES[unit]
    if not 0 <= exact <= most * UNIT_SCALES[unit]:
        raise WrongInput(
            "value",
            f"« {typed[:40]} » n’est pas vraisemblable : attendu entre 0 et {grouped(most)}.",
            field=field,
        )
    if exact != exact.to_integral_value():
        raise WrongInput(
            "value",
            f"« {typed[:40]} » a trop de décimales. Écrivez par exemple {example}.",
            field=field,
        )
    return int(exact)


def band_lines(unit: str, fact: DatedBands) -> list[str]:
    """Return a scale line by line, as one reads it and as `read_bands` takes it back."""
    lines = []
    if fact.fixed_up_to_cents and fact.fixed_cents is not None:
        lines.append(f"forfait jusqu’à {euros(fact.fixed_up_to_cents)} : {euros(fact.fixed_cents)}")
    for band in fact.bands:
        limit = "au-delà" if band.up_to_cents is None else f"jusqu’à {euros(band.up_to_cents)}"
        lines.append(f"{limit} : {_rate_words(unit, band.rate)}")
    if fact.cap_cents is not None:
        lines.append(f"plafond : {euros(fact.cap_cents)}")
    return lines


def _rate_words(unit: str, rate: int | None) -> str:
    if rate is None:
        return "inconnu"
    if unit == "percent":
        return percent(rate)
    if unit == "times":
        return number_words("times", rate)
    return str(Fraction(rate, WHOLE["fraction"]))


def read_bands(unit: str, typed: str, like: DatedBands, *, field: str = "value") -> DatedBands:
    """Return a scale typed line by line (« jusqu’à 125 € : 9,77 % », « au-delà : 0,29 % »).

    `like` gives what the bands are bands of: its day, source and mark. Raise WrongInput for too many
    lines, for one that is not understood (named by its number), for limits that do not grow.
    """
    bands: list[Band] = []
    fixed_up_to, fixed, cap = 0, None, None
    lines = [line for line in (line.strip() for line in typed.splitlines()) if line]
    if len(lines) > _MOST_LINES:
        raise WrongInput("value", f"Un barème tient en {_MOST_LINES} lignes au plus.", field=field)
    for number, line in enumerate(lines, 1):
        head, separator, tail = line.partition(":")
        head = re.sub(r"[\u2019']", "’", head.strip().lower())
        if not separator:
            raise _wrong_line(number, line, field)
        try:
            if head == "plafond":
                cap = read_number("eur", tail)
            elif head.startswith("forfait jusqu’à "):
                fixed_up_to = read_number("eur", head.removeprefix("forfait jusqu’à "))
                fixed = read_number("eur", tail)
            elif head == "au-delà":
                bands.append(Band(None, _read_rate(unit, tail)))
            else:
                limit = read_number("eur", head.removeprefix("jusqu’à "))
                bands.append(Band(limit, _read_rate(unit, tail)))
        except WrongInput:
            raise _wrong_line(number, line, field) from None
    if not limits_grow(bands):
        raise WrongInput(
            "value",
            "Les tranches vont de la plus petite limite à la plus grande et finissent par "
            "« au-delà : … ».",
            field=field,
        )
    return DatedBands(
        start=like.start,
        source=like.source,
        verified=like.verified,
        note=like.note,
        entered=like.entered,
        bands=tuple(bands),
        fixed_up_to_cents=fixed_up_to,
        fixed_cents=fixed,
        cap_cents=cap,
    )


def _read_rate(unit: str, typed: str) -> int:
    if unit != "fraction":
        return read_number(unit, typed)
    found = re.fullmatch(r"\s*(\d{1,2})\s*(?:/\s*(\d{1,2}))?\s*", typed)
    if found is None:
        raise WrongInput("value", typed)
    numerator, denominator = int(found[1]), int(found[2] or 1)
    if not denominator or numerator > denominator:
        raise WrongInput("value", typed)
    exact = Fraction(numerator, denominator) * WHOLE["fraction"]
    if exact.denominator != 1:
        raise WrongInput("value", typed)
    return exact.numerator


def _wrong_line(number: int, line: str, field: str) -> WrongInput:
    return WrongInput(
        "value",
        f"Ligne {number}, « {line[:60]} » : écrivez par exemple « jusqu’à 125 € : 9,77 % », "
        "« au-delà : 0,29 % », « plafond : 550 € ».",
        field=field,
    )
