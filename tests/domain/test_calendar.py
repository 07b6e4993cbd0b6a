"""Months, half-years, holidays and working days."""

import csv
from datetime import date
from pathlib import Path

import pytest

from exigible.domain.calendar import (
    HolidayZone,
    add_months,
    add_working_days,
    add_years,
    easter,
    half_year_starts,
    holiday_source,
    holidays,
    is_working_day,
    zone_name,
    zone_of_postcode,
    zone_postcodes,
)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2015, 9, 17), 2, date(2015, 11, 17)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 12, 31), 2, date(2025, 2, 28)),
        (date(2025, 3, 31), -1, date(2025, 2, 28)),
    ],
)
def test_months_run_date_to_date(start: date, months: int, end: date):
    assert add_months(start, months) == end


def test_the_anniversary_of_29_february_is_28_february():
    assert add_years(date(2024, 2, 29), 1) == date(2025, 2, 28)


def test_half_years():
    assert half_year_starts(date(2024, 3, 1), date(2025, 7, 1)) == [
        date(2024, 1, 1),
        date(2024, 7, 1),
        date(2025, 1, 1),
        date(2025, 7, 1),
    ]


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2000, date(2000, 4, 23)), (2025, date(2025, 4, 20)), (2038, date(2038, 4, 25))],
)
def test_easter(year: int, sunday: date):
    assert easter(year) == sunday


def test_good_friday_is_a_holiday_in_alsace_moselle_only():
    good_friday = date(2026, 4, 3)
    assert is_working_day(good_friday)
    assert not is_working_day(good_friday, HolidayZone.ALSACE_MOSELLE)


def test_working_days_skip_week_ends_and_holidays():
    # Friday 10 July 2026, then 13, (14 is a holiday), 15: two working days.
    assert add_working_days(date(2026, 7, 10), 2) == date(2026, 7, 15)


@pytest.mark.parametrize(
    ("postcode", "zone"),
    [
        ("75011", HolidayZone.METROPOLE),
        ("57000", HolidayZone.ALSACE_MOSELLE),
        ("68100", HolidayZone.ALSACE_MOSELLE),
        ("97110", HolidayZone.GUADELOUPE),
        ("97133", HolidayZone.SAINT_BARTHELEMY),
        ("97150", HolidayZone.SAINT_MARTIN),
        ("97200", HolidayZone.MARTINIQUE),
        ("97300", HolidayZone.GUYANE),
        ("97400", HolidayZone.LA_REUNION),
        ("97600", HolidayZone.MAYOTTE),
        ("98800", HolidayZone.METROPOLE),  # its own holidays are not known here
        ("", HolidayZone.METROPOLE),
    ],
)
def test_the_zone_of_a_postcode(postcode: str, zone: HolidayZone):
    assert zone_of_postcode(postcode) is zone


def test_the_longest_beginning_of_a_postcode_decides():
    beginnings = [beginning for beginning, _ in zone_postcodes()]
    assert [len(one) for one in beginnings] == sorted(map(len, beginnings), reverse=True)
    assert len(set(beginnings)) == len(beginnings)
    assert {zone for _, zone in zone_postcodes()} == set(HolidayZone) - {HolidayZone.METROPOLE}


def test_every_zone_has_its_own_days_their_article_and_a_name():
    for zone in HolidayZone:
        source, verified, note = holiday_source(zone)
        assert source.startswith("C. trav. art. L. 3")
        assert verified or note, zone
        assert zone_name(zone)
        if zone is not HolidayZone.METROPOLE:
            assert holidays(2026, zone) > holidays(2026), zone


def test_holidays_agree_with_the_published_calendar(shared_data: Path):
    published: dict[tuple[int, str], set[date]] = {}
    with (shared_data / "calendar" / "jours-feries-2024-2030.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter=";"):
            day = date.fromisoformat(row["date"])
            published.setdefault((day.year, row["zone"]), set()).add(day)
    names = {zone_name(zone): zone for zone in HolidayZone}
    names |= {
        "Métropole": HolidayZone.METROPOLE,
        "Saint-Barthélémy": HolidayZone.SAINT_BARTHELEMY,  # as the file spells it
    }
    compared = set()
    for (year, zone), days in published.items():
        if zone in names:
            assert holidays(year, names[zone]) == days, (year, zone)
            compared.add(names[zone])
    assert compared == set(HolidayZone)
