"""Days: months counted date to date, half-years, public holidays, working days.

Public holidays, national and local, are data with their articles: `law/calendrier/jours_feries.yaml`.
Months: CPC art. 641, the same day of the last month or, when it has none, its last day. Easter is
computed by the Gregorian computus (1 January 1583 onwards).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from exigible.domain.data_files import read_yaml

ONE_DAY = timedelta(days=1)


class HolidayZone(StrEnum):
    """Where holidays are those of the debtor; the names are those of the data."""

    METROPOLE = "metropole"
    ALSACE_MOSELLE = "alsace_moselle"
    MAYOTTE = "mayotte"
    MARTINIQUE = "martinique"
    GUADELOUPE = "guadeloupe"
    SAINT_MARTIN = "saint_martin"
    GUYANE = "guyane"
    SAINT_BARTHELEMY = "saint_barthelemy"
    LA_REUNION = "la_reunion"


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later (earlier if negative), or that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: date, years: int) -> date:
    """Return the anniversary `years` later; of a 29 February, 28 February in a common year."""
    return add_months(day, 12 * years)


def month_end(day: date) -> date:
    """Return the last day of the month of `day`."""
    return date(day.year, day.month, monthrange(day.year, day.month)[1])


def half_year_start(day: date) -> date:
    """Return the 1 January or 1 July that opens the half-year of `day`."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def half_year_starts(first: date, last: date) -> list[date]:
    """Return every 1 January and 1 July after `first`'s half-year start, up to `last`, with it."""
    starts = [half_year_start(first)]
    while (following := add_months(starts[-1], 6)) <= last:
        starts.append(following)
    return starts


def easter(year: int) -> date:
    """Return Easter Sunday (anonymous Gregorian algorithm)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - correction + 15) % 30
    leaps, days = divmod(of_century, 4)
    weekday = (32 + 2 * rest + 2 * leaps - epact - days) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@cache
def named_holidays(year: int, zone: HolidayZone = HolidayZone.METROPOLE) -> Mapping[date, str]:
    """Return the public holidays of a year in a zone, each with its French name."""
    data = _holiday_data()
    days = {_holiday(year, when): name for name, when in data["national"]["days"].items()}
    for name, when in data["zones"].get(zone.value, {}).get("days", {}).items():
        days.setdefault(_holiday(year, when), name)
    return days


@cache
def holidays(year: int, zone: HolidayZone = HolidayZone.METROPOLE) -> frozenset[date]:
    """Return the public holidays of a year in a zone."""
    return frozenset(named_holidays(year, zone))


def holiday_source(zone: HolidayZone = HolidayZone.METROPOLE) -> tuple[str, bool, str]:
    """Return the article of a zone's own holidays, whether they were verified, and a note."""
    data = _holiday_data()
    own = data["zones"].get(zone.value, data["national"])
    return own["source"], own["verified"], own.get("note", "")


def zone_name(zone: HolidayZone) -> str:
    """Return the French name of a zone."""
    own = _holiday_data()["zones"].get(zone.value)
    return str(own["name"]) if own else "France métropolitaine"


@cache
def zone_postcodes() -> tuple[tuple[str, HolidayZone], ...]:
    """Return how the postcodes of a zone begin, the longest first: the first that fits decides."""
    beginnings = [
        (beginning, HolidayZone(zone))
        for zone, own in _holiday_data()["zones"].items()
        for beginning in own["postcodes"]
    ]
    return tuple(sorted(beginnings, key=lambda one: (-len(one[0]), one[0])))


@lru_cache(maxsize=4096)
def zone_of_postcode(postcode: str) -> HolidayZone:
    """Return the zone of a French postcode; Metropolitan France where it says nothing."""
    fitting = (zone for beginning, zone in zone_postcodes() if postcode.startswith(beginning))
    return next(fitting, HolidayZone.METROPOLE)


@cache
def _holiday_data() -> dict[str, Any]:
    return read_yaml("law", "calendrier", "jours_feries")


def _holiday(year: int, when: str | int) -> date:
    """`when` is a number of days from Easter Sunday, or MM-DD."""
    if isinstance(when, int):
        return easter(year) + when * ONE_DAY
    return date(year, int(when[:2]), int(when[3:]))


def is_working_day(day: date, zone: HolidayZone = HolidayZone.METROPOLE) -> bool:
    """Say whether `day` is neither a Saturday, a Sunday nor a public holiday (CPC art. 642)."""
    return day.weekday() < 5 and day not in holidays(day.year, zone)


def next_working_day(day: date, zone: HolidayZone = HolidayZone.METROPOLE) -> date:
    """Return `day` if it is a working day, else the first one after it."""
    while not is_working_day(day, zone):
        day += ONE_DAY
    return day


def add_working_days(day: date, count: int, zone: HolidayZone = HolidayZone.METROPOLE) -> date:
    """Return the `count`-th working day after `day` (`count` ≥ 0; 0 returns `day` itself)."""
    assert count >= 0
    while count:
        day += ONE_DAY
        if is_working_day(day, zone):
            count -= 1
    return day
