"""Days: months counted date to date, half-years, public holidays, working days.

Public holidays: C. trav. art. L. 3133-1; Good Friday and 26 December in Moselle, Bas-Rhin and
Haut-Rhin: C. trav. art. L. 3134-13. Months: CPC art. 641, the same day of the last month or, when
it has none, its last day. Easter is computed by the Gregorian computus (1 January 1583 onwards).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

ONE_DAY = timedelta(days=1)


class HolidayZone(StrEnum):
    """Where holidays are those of the debtor."""

    METROPOLE = "metropole"
    ALSACE_MOSELLE = "alsace_moselle"


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
def holidays(year: int, zone: HolidayZone = HolidayZone.METROPOLE) -> frozenset[date]:
    """Return the public holidays of a year in a zone."""
    sunday = easter(year)
    days = {
        date(year, 1, 1),
        sunday + ONE_DAY,
        date(year, 5, 1),
        date(year, 5, 8),
        sunday + 39 * ONE_DAY,
        sunday + 50 * ONE_DAY,
        date(year, 7, 14),
        date(year, 8, 15),
        date(year, 11, 1),
        date(year, 11, 11),
        date(year, 12, 25),
    }
    if zone is HolidayZone.ALSACE_MOSELLE:
        days |= {sunday - 2 * ONE_DAY, date(year, 12, 26)}
    return frozenset(days)


def zone_of_postcode(postcode: str) -> HolidayZone:
    """Return the zone of a French postcode; Metropolitan France where it says nothing."""
    if postcode[:2] in {"57", "67", "68"}:
        return HolidayZone.ALSACE_MOSELLE
    return HolidayZone.METROPOLE


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
