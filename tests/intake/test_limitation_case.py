"""Reading the facts of a limitation period: every wrong field by its name, never a traceback."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exigible.domain.law.limitation import shipped_limitation_law
from exigible.domain.limitation import limitation, limitation_answer
from exigible.domain.refusals import Refused
from exigible.intake.limitation_case import read_limitation_case
from tests.campaign import rounds

GOOD: dict[str, Any] = {
    "nature": "b2b_sale",
    "starts_on": "2021-03-15",
    "events": [
        {"type": "acknowledgement", "on": "2023-01-10"},
        {"type": "court_claim", "on": "2024-01-10", "ended_on": "2024-06-01", "outcome": "granted"},
        {"type": "suspension", "from": "2025-01-10", "to": "2025-02-10", "ground": "conciliation"},
    ],
    "as_of": "2026-11-22",
}


def with_event(**event: Any) -> dict[str, Any]:
    return {**GOOD, "events": [event]}


def test_a_good_case_is_read_whole():
    case = read_limitation_case(GOOD)
    assert case.starts_on == date(2021, 3, 15)
    assert [event.on for event in case.events] == [
        date(2023, 1, 10),
        date(2024, 1, 10),
        date(2025, 1, 10),
    ]
    # 01/06/2024 + 5 years, and 32 days stopped in January and February 2025.
    assert limitation(case).last_day == date(2029, 7, 3)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "(racine)"),
        ({**GOOD, "nature": "wager"}, "nature"),
        ({**GOOD, "nature": ["b2b_sale"]}, "nature"),
        ({"nature": "b2b_sale", "events": []}, "starts_on"),
        ({**GOOD, "starts_on": "15/03/2021"}, "starts_on"),
        ({**GOOD, "starts_on": "2021-02-29"}, "starts_on"),
        ({**GOOD, "nature": "consumer_sale", "starts_on": "1999-01-01"}, "starts_on"),
        ({**GOOD, "events": {}}, "events"),
        ({**GOOD, "events": [[]]}, "events[0]"),
        ({**GOOD, "start": "2021-03-15"}, "start"),
        ({**GOOD, "born_on": "2021-03-16"}, "born_on"),
        ({**GOOD, "agreed_months": 6}, "agreed_months"),
        ({**GOOD, "agreed_months": "12"}, "agreed_months"),
        ({**GOOD, "agreed_months": True}, "agreed_months"),
        ({**GOOD, "nature": "wages", "agreed_months": 24}, "agreed_months"),
        ({**GOOD, "nature": "notarial_deed"}, "underlying"),
        ({**GOOD, "nature": "notarial_deed", "underlying": "notarial_deed"}, "underlying"),
        (with_event(type="sunrise", on="2022-01-01"), "events[0].type"),
        (with_event(on="2022-01-01"), "events[0].type"),
        (with_event(type="acknowledgement"), "events[0].on"),
        (
            with_event(type="acknowledgement", on="2022-01-01", ended_on="2022-01-02"),
            "events[0].ended_on",
        ),
        (
            with_event(type="court_claim", on="2022-03-01", ended_on="2022-02-01"),
            "events[0].ended_on",
        ),
        (with_event(type="court_claim", on="2022-03-01", outcome="granted"), "events[0].ended_on"),
        (with_event(type="court_claim", on="2022-03-01", outcome="won"), "events[0].outcome"),
        (with_event(type="suspension", to="2022-02-01", ground="mediation"), "events[0].from"),
        (
            with_event(type="suspension", **{"from": "2022-02-01"}, ground="mediation"),
            "events[0].to",
        ),
        (
            with_event(
                type="suspension", **{"from": "2022-03-01"}, to="2022-02-01", ground="mediation"
            ),
            "events[0].to",
        ),
        (
            with_event(type="suspension", **{"from": "2022-01-01"}, to="2022-02-01", ground="rain"),
            "events[0].ground",
        ),
    ],
)
def test_a_wrong_field_is_named(document: object, field: str):
    with pytest.raises(Refused) as refusal:
        limitation(read_limitation_case(document))
    assert refusal.value.field == field
    assert field in refusal.value.message


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
days = st.dates(date(1900, 1, 1), date(2250, 1, 1)).map(date.isoformat)
law = shipped_limitation_law()
events = st.fixed_dictionaries(
    {"type": st.sampled_from([*law.interruptions, "suspension"]) | junk},
    optional={
        "on": days | junk,
        "ended_on": days | junk,
        "from": days | junk,
        "to": days | junk,
        "outcome": st.sampled_from(["granted", "withdrawn", "lapsed", "dismissed"]) | junk,
        "ground": st.sampled_from([*law.suspensions]) | junk,
    },
)
documents = junk | st.fixed_dictionaries(
    {"nature": st.sampled_from([*law.natures]) | junk, "starts_on": days | junk},
    optional={
        "events": st.lists(events, max_size=4) | junk,
        "born_on": days | junk,
        "as_of": days | junk,
        "agreed_months": st.integers(0, 200) | junk,
        "underlying": st.sampled_from([*law.natures]) | junk,
    },
)


@given(documents)
@settings(max_examples=rounds(500, 30_000), deadline=None)
def test_whatever_comes_in_an_answer_or_a_refusal_goes_out(document: object):
    try:
        answer = limitation_answer(limitation(read_limitation_case(document)))
    except Refused as refusal:
        assert refusal.field
        return
    assert json.loads(json.dumps(answer)) == answer
    assert (answer["last_day"] is None) == (answer["state"] == "interrupted")
    assert answer["working"]
    assert answer["source"]
