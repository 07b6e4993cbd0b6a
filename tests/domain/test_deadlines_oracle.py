"""Deadlines against a slow counter of our own, one day at a time, written from CPC art. 641 to 643.

It reads the bare YAML, knows Easter by another method (Gauss), and shares no code with the engine.
"""

from datetime import date, timedelta
from importlib import resources
from typing import Any

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exigible.domain.deadlines import Place, ProcedureCase, deadlines
from exigible.domain.law.time_limits import procedure, procedure_ids
from exigible.domain.refusals import Refused
from tests.campaign import rounds

DAY = timedelta(days=1)
PUT_OFF = {"CPC_DAYS", "CPC_MONTHS", "WEEKS", "EU_1182_71"}
KEPT = {"CIV_DAYS", "CIV_PRESCRIPTION"}
DISTANCE = {Place.METROPOLE: 0, Place.OUTRE_MER: 1, Place.ETRANGER: 2}


def bare(name: str) -> dict[str, Any]:
    file = resources.files("exigible.domain") / "law" / "procedures" / f"{name}.yaml"
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["deadlines"]
    return found


BARE = {key: value for name in procedure_ids() for key, value in bare(name).items()}
STARTS = sorted(
    {
        (name, rule.starts_from)
        for name in procedure_ids()
        for rule in procedure(name).deadlines
        if rule.starts_from in procedure(name).events
    }
)


def gauss_easter(year: int) -> date:
    a, b, c = year % 19, year % 4, year % 7
    k = year // 100
    p = (13 + 8 * k) // 25
    q = k // 4
    m = (15 - p + k - q) % 30
    n = (4 + k - q) % 7
    d = (19 * a + m) % 30
    e = (2 * b + 4 * c + 6 * d + n) % 7
    if d == 29 and e == 6:
        return date(year, 4, 19)
    if d == 28 and e == 6 and (11 * m + 11) % 30 < 19:
        return date(year, 4, 18)
    return date(year, 3, 22) + (d + e) * DAY


def is_off(day: date) -> bool:
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    after_easter = (day - gauss_easter(day.year)).days
    return day.weekday() > 4 or (day.month, day.day) in fixed or after_easter in {1, 39, 50}


def months_away(start: date, months: int, step: timedelta) -> date:
    """Walk to the `months`-th return of the day number, or of the end of a shorter month."""
    day, returns = start, 0
    while returns < months:
        day += step
        ends_month = (day + DAY).month != day.month
        returns += day.day == start.day or (ends_month and day.day < start.day)
    return day


def last_day(rule: dict[str, Any], start: date, place: Place) -> date | None:
    """The day a rule gives, or None where this counter does not know how."""
    length = rule.get("length")
    if not length or "then" in rule or "or_later" in rule or "unless" in rule:
        return None
    counting = rule["rule"]
    step = -DAY if counting == "BACKWARD" else DAY
    months = 12 * length.get("years", 0) + length.get("months", 0)
    months += DISTANCE[place] if rule.get("distance") else 0
    day = months_away(start, months, step)
    for _ in range(length.get("days", 0) + 7 * length.get("weeks", 0)):
        day += step
    for _ in range(length.get("working_days", 0)):
        day += DAY
        while is_off(day):
            day += DAY
    if counting in PUT_OFF or (counting == "BACKWARD" and rule["kind"] == "notice"):
        while is_off(day):
            day += step
        return day
    known = KEPT | {"BACKWARD", "WORKING_DAYS"}
    return day if counting in known else None


@settings(max_examples=rounds(500, 30_000))
@given(
    st.sampled_from(STARTS),
    st.dates(date(2024, 1, 1), date(2120, 12, 31)),
    st.sampled_from(list(Place)),
)
def test_every_last_day_is_the_one_counted_day_by_day(
    start: tuple[str, str], day: date, place: Place
):
    name, event = start
    try:
        answered = deadlines(ProcedureCase(procedure=name, events={event: day}, place=place))
    except Refused:  # a deadline whose law begins after that day
        assume(False)
    compared = 0
    for one in answered.deadlines:
        if one.starts_on is None or one.falls_on is None or "season" in BARE[one.id]:
            continue
        expected = last_day(BARE[one.id], one.starts_on, place)
        if expected is not None:
            assert one.falls_on == expected, (one.id, one.starts_on)
            assert bool(one.extended) == (
                one.falls_on != _unmoved(BARE[one.id], one.starts_on, place)
            )
            compared += 1
    assume(compared)


def _unmoved(rule: dict[str, Any], start: date, place: Place) -> date | None:
    moving = {"CPC_DAYS": "CIV_DAYS", "CPC_MONTHS": "CIV_DAYS", "WEEKS": "CIV_DAYS"}
    moving["EU_1182_71"] = "CIV_DAYS"
    still = rule | {"rule": moving.get(rule["rule"], rule["rule"])}
    if rule["rule"] == "BACKWARD":
        still["kind"] = "max"
    return last_day(still, start, place)


@given(st.integers(1583, 4099))
def test_easter_agrees_with_gauss(year: int):
    from exigible.domain.calendar import easter

    assert easter(year) == gauss_easter(year)


@settings(max_examples=rounds(100, 6_000))
@given(st.sampled_from(STARTS), st.dates(date(2027, 1, 1), date(2100, 1, 1)))
def test_a_later_event_never_ends_sooner(start: tuple[str, str], day: date):
    name, event = start
    ends = [
        {
            one.id: one.falls_on
            for one in deadlines(
                ProcedureCase(procedure=name, events={event: on}, place=Place.METROPOLE)
            ).deadlines
            if one.falls_on and one.starts_on
        }
        for on in (day, day + DAY)
    ]
    for key in ends[0].keys() & ends[1].keys():
        assert ends[0][key] <= ends[1][key], key
