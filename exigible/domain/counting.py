"""Counting a period: from a day and a length to a last day, with the working in French.

CPC art. 641 (days, months, months before days), art. 642 (a last day off is put off to the next
working day); backward, by usage, the previous working day. Nothing here knows of procedures.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from exigible.domain.calendar import (
    ONE_DAY,
    HolidayZone,
    add_months,
    is_working_day,
    named_holidays,
)
from exigible.domain.french import WEEKDAYS, capital, full_day, long_day
from exigible.domain.law.time_limits import CountingRule, Length, Report

_NUMBERS = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix",
    "onze", "douze", "treize", "quatorze", "quinze", "seize",
)  # fmt: skip
_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A last day; `plain_last` is the day before any report, `moved` why it differs."""

    last: date
    plain_last: date
    moved: str | None
    steps: tuple[str, ...]


def count(
    start: date,
    length: Length,
    rule: CountingRule,
    *,
    zone: HolidayZone = HolidayZone.METROPOLE,
) -> Counted:
    """Return the last day of a period that `start` opens (or, backward, closes).

    `start` itself is not counted. `zone` is the place whose holidays put the day off.
    """
    sign = -1 if rule.backward else 1
    months = 12 * length.years + length.months
    plain = add_months(start, sign * months)
    steps = []
    if months and plain.day != start.day:
        last_of_month = monthrange(plain.year, plain.month)[1]
        assert plain.day == last_of_month
        steps.append(f"Ce mois n’a pas de {start.day} : son dernier jour, le {plain.day}, compte.")
    plain += sign * (7 * length.weeks + length.days) * ONE_DAY
    plain = _working_days(plain, sign * length.working_days, zone)
    verb = "remontent au" if rule.backward else "finissent le"
    if _is_one(length):
        verb = "remonte au" if rule.backward else "finit le"
    steps.insert(0, f"{words(length).capitalize()} {verb} {full_day(plain)} ({rule.text}).")
    if rule.report is Report.NONE:
        if not length.working_days and not is_working_day(plain, zone):
            steps.append(f"Ce jour est {off(plain, zone)} ; ce délai n’en est pas reporté.")
        return Counted(last=plain, plain_last=plain, moved=None, steps=tuple(steps))
    last, moved = put_off(plain, rule, zone)
    if moved:
        steps.append(capital(moved) + ".")
    return Counted(last=last, plain_last=plain, moved=moved, steps=tuple(steps))


def put_off(day: date, rule: CountingRule, zone: HolidayZone) -> tuple[date, str | None]:
    """Return the working day that replaces `day` (itself if it is one), and why in French."""
    step = -ONE_DAY if rule.report is Report.PREVIOUS else ONE_DAY
    found = day
    while not is_working_day(found, zone):
        found += step
    if found == day:
        return day, None
    verb = "avancé" if found < day else "reporté"
    return found, (
        f"le {long_day(day)} est {off(day, zone)} : {verb} au {full_day(found)} "
        f"({rule.report_source})"
    )


def off(day: date, zone: HolidayZone) -> str:
    """Return why `day` is not a working day: « un dimanche », « férié (Ascension) »."""
    name = named_holidays(day.year, zone).get(day)
    if name is not None:
        return f"férié ({name})"
    assert day.weekday() >= 5
    return f"un {WEEKDAYS[day.weekday()]}"


def words(length: Length) -> str:
    """Return a length in French: « trois mois », « deux mois et quinze jours »."""
    parts = []
    for number, one, many in (
        (length.years, "an", "ans"),
        (length.months, "mois", "mois"),
        (length.weeks, "semaine", "semaines"),
        (length.days, "jour", "jours"),
        (length.working_days, "jour ouvrable", "jours ouvrables"),
    ):
        if number:
            figure = "une" if number == 1 and one == "semaine" else in_words(number)
            parts.append(f"{figure} {one if number == 1 else many}")
    return " et ".join(parts)


def in_words(number: int) -> str:
    """Return a small whole number in words, a large one in figures."""
    if number < len(_NUMBERS):
        return _NUMBERS[number]
    return _TENS.get(number, str(number))


def _is_one(length: Length) -> bool:
    return length.years + length.months + length.weeks + length.days + length.working_days == 1


def _working_days(day: date, count: int, zone: HolidayZone) -> date:
    step = -ONE_DAY if count < 0 else ONE_DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day, zone):
            day += step
    return day
