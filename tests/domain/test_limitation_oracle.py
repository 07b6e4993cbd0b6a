"""Limitation against an independent walk through every day.

The walk knows neither intervals nor formulas: each day it asks what happens that day and moves the
last day by one. Its tables of lengths, of what interrupts and of what leaves six months are written
here from the articles, not read from the product's files.
"""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from exigible.domain.limitation import Act, LimitationCase, Outcome, Suspension, limitation
from tests.campaign import rounds

DAY = timedelta(days=1)
START = date(2019, 1, 1)
MONTHS = {
    "b2b_sale": 60,
    "consumer_sale": 24,
    "carriage_of_goods": 12,
    "residential_rent": 36,
    "court_title": 120,
    "consumer_credit": 24,
    "bill_of_exchange_endorsers": 6,
}
INTERRUPT = {
    "acknowledgement",
    "part_payment",
    "conservatory_measure",
    "enforcement_act",
    "court_claim",
}
NOT_ON_FORECLOSURE = {"acknowledgement", "part_payment"}
ABOVE_CEILING = {"conservatory_measure", "enforcement_act", "court_claim"}
SIX_MONTHS_LEFT = {"conciliation", "mediation", "court_expertise"}


def later(day: date, months: int) -> date:
    """The same day of a later month, or the last day of that month."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


def walk(case: LimitationCase) -> date | None:
    """Return the last day, None if proceedings are pending."""
    months = MONTHS[case.nature]
    foreclosure = case.nature == "consumer_credit"
    capped = case.nature != "court_title"
    cap = later(case.born_on or case.starts_on, 240) if capped else date.max
    acts = [
        event
        for event in case.events
        if isinstance(event, Act)
        and event.kind in INTERRUPT
        and not (foreclosure and event.kind in NOT_ON_FORECLOSURE)
        and event.outcome is Outcome.GRANTED
    ]
    stops = [] if foreclosure else [e for e in case.events if isinstance(e, Suspension)]
    last = min(later(case.starts_on, months), cap)
    busy_until: date | None = None  # proceedings that interrupt until then
    day = case.starts_on
    end = max([last, *(event.on for event in case.events)]) + 5000 * DAY
    while day <= end:
        counted = day > case.starts_on
        if busy_until is not None and day > busy_until:
            busy_until = None
        if busy_until is None and day > last:
            return last
        if counted and busy_until is None:
            today = [stop for stop in stops if stop.first_day <= day <= stop.last_day]
            if today:
                last = max(last, min(last + DAY, cap))
            for stop in today:
                if stop.last_day == day and stop.ground in SIX_MONTHS_LEFT:
                    last = max(last, min(later(day, 6), cap))
        for act in acts:
            if act.on != day:
                continue
            if act.kind == "court_claim":
                if act.ended_on is None:
                    return None
                if busy_until is None or act.ended_on > busy_until:
                    busy_until = act.ended_on
                    last = later(act.ended_on, months)
            elif busy_until is None or day >= busy_until:
                renewed = later(day, months)
                last = renewed if act.kind in ABOVE_CEILING or renewed <= cap else max(last, cap)
        day += DAY
    return last


days = st.integers(-60, 3000).map(lambda number: START + number * DAY)


@st.composite
def acts(draw: st.DrawFn) -> Act:
    kind = draw(st.sampled_from([*sorted(INTERRUPT), "formal_notice", "court_claim"]))
    on = draw(days)
    if kind != "court_claim":
        return Act(kind=kind, on=on)
    ended_on = draw(st.none() | st.integers(0, 900).map(lambda number: on + number * DAY))
    outcome = draw(st.sampled_from(Outcome))
    return Act(kind=kind, on=on, ended_on=ended_on, outcome=outcome)


@st.composite
def stops(draw: st.DrawFn) -> Suspension:
    first = draw(days)
    return Suspension(
        ground=draw(st.sampled_from([*sorted(SIX_MONTHS_LEFT), "impossibility"])),
        first_day=first,
        last_day=first + draw(st.integers(0, 400)) * DAY,
    )


@st.composite
def cases(draw: st.DrawFn) -> LimitationCase:
    starts_on = START + draw(st.integers(0, 800)) * DAY
    return LimitationCase(
        nature=draw(st.sampled_from(sorted(MONTHS))),
        starts_on=starts_on,
        events=tuple(draw(st.lists(acts() | stops(), max_size=6))),
        # An old right brings the ceiling near: ten years and more before.
        born_on=starts_on - draw(st.sampled_from([0, 0, 3800])) * DAY,
    )


@given(cases())
@settings(max_examples=rounds(200, 12_000), deadline=None)
def test_the_walk_agrees(case: LimitationCase):
    assert limitation(case).last_day == walk(case)


@given(cases(), st.randoms(use_true_random=False))
@settings(max_examples=rounds(50, 3_000), deadline=None)
def test_the_order_events_are_given_in_changes_nothing(case: LimitationCase, chance):
    shuffled = list(case.events)
    chance.shuffle(shuffled)
    other = LimitationCase(
        nature=case.nature,
        starts_on=case.starts_on,
        events=tuple(shuffled),
        born_on=case.born_on,
    )
    assert limitation(other).last_day == limitation(case).last_day


@given(cases())
@settings(max_examples=rounds(50, 3_000), deadline=None)
def test_a_step_that_has_no_effect_could_be_left_out(case: LimitationCase):
    found = limitation(case)
    useless = {step.on for step in found.steps if step.what.value == "no_effect"}
    useful = {step.on for step in found.steps if step.what.value != "no_effect"}
    kept = tuple(event for event in case.events if event.on not in useless - useful)
    other = LimitationCase(
        nature=case.nature, starts_on=case.starts_on, events=kept, born_on=case.born_on
    )
    assert limitation(other).last_day == found.last_day


def test_the_walk_itself_on_a_case_counted_by_hand():
    # Conciliation from 03/06 to 22/07/2024: 50 days after 05/02/2026.
    case = LimitationCase(
        nature="consumer_sale",
        starts_on=date(2024, 2, 5),
        events=(
            Suspension(
                ground="conciliation", first_day=date(2024, 6, 3), last_day=date(2024, 7, 22)
            ),
        ),
    )
    assert walk(case) == date(2026, 3, 27)
