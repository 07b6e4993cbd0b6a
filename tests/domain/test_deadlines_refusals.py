"""What is refused names its field, and ten thousand absurd inputs are answered or refused."""

import json
import random
import string
from datetime import date, timedelta
from typing import Any

import pytest

from exigible.domain.deadlines import (
    FACTS,
    Place,
    deadlines,
    deadlines_answer,
)
from exigible.domain.law.time_limits import procedure, procedure_ids
from exigible.domain.refusals import Refused
from exigible.intake.procedure_case import read_procedure_case
from tests.domain.deadline_cases import (
    MONDAY,
    WORKED,
    answer,
    by_id,
)


@pytest.mark.parametrize(
    ("name", "events", "field"),
    [
        ("duel", {"order_date": MONDAY}, "procedure"),
        ("injonction_de_payer", {"sunrise": MONDAY}, "events.sunrise"),
        ("injonction_de_payer", {"hearing_date": MONDAY}, "events.hearing_date"),
        (
            "injonction_de_payer",
            {"order_date": "2026-09-15", "service_of_order": MONDAY},
            "events.service_of_order",
        ),
        (
            "assignation_au_fond",
            {"judgment_date": "2026-09-15", "notification_of_judgment": MONDAY},
            "events.notification_of_judgment",
        ),
        ("loyers_habitation", {"lease_date": "2020-01-01"}, "events"),
        ("caution", {}, "events"),
        ("saisie_remunerations", {"service_of_commandement": "2025-06-30"}, "events.service_of_commandement"),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_field(name: str, events: dict[str, str], field: str):
    with pytest.raises(Refused) as refusal:
        answer(name, events)
    assert refusal.value.field == field
    assert refusal.value.message.endswith(".")


def test_the_far_end_of_the_calendar_is_answered():
    for row in WORKED:
        if isinstance(row[2], str):
            found = by_id(answer(row[1], {row[2]: "2199-12-31"}, row[3]))
            assert row[0] in found or row[0] in {"IP_EXEC_OLD"}, row[0]


def test_ten_thousand_random_inputs_are_answered_or_refused_by_name():
    chance = random.Random(641)
    names = procedure_ids()
    every_event = sorted({event for name in names for event in procedure(name).events})
    answered = 0
    for _ in range(10_000):
        document = _absurd(chance, names, every_event)
        try:
            reply = deadlines_answer(deadlines(read_procedure_case(document)))
        except Refused as refusal:
            assert refusal.field, document
            assert refusal.message.endswith("."), refusal.message
            continue
        json.dumps(reply)
        answered += 1
        assert reply["deadlines"] or document["facts"], document
    assert answered > 1_000


def _absurd(chance: random.Random, names: tuple[str, ...], every_event: list[str]) -> Any:
    if chance.random() < 0.05:
        return _junk(chance)
    name: Any = chance.choice(names)
    own = list(procedure(name).events) or every_event
    events: Any = {
        (chance.choice(own) if chance.random() < 0.98 else chance.choice(every_event)): (
            _day(chance) if chance.random() < 0.99 else _junk(chance)
        )
        for _ in range(chance.randint(0, 4))
    }
    document: dict[str, Any] = {"procedure": name, "events": events}
    if chance.random() < 0.8:
        document["debtor_place"] = chance.choice(list(Place)).value
    if chance.random() < 0.1:
        document["debtor_postcode"] = chance.choice(["67000", "97400", "98800", "98000", "75001"])
    if chance.random() < 0.1:
        document["court_postcode"] = chance.choice(["97150", "57000", "97400"])
    if chance.random() < 0.3:
        document["facts"] = {
            fact: chance.choice([*FACTS[fact].choices, True, False, 0, 12, "10000.00"])
            for fact in chance.sample(sorted(FACTS), 2)
        }
    for field in ("procedure", "events", "debtor_place", "facts", "debtor_postcode"):
        if chance.random() < 0.02:
            document[field] = _junk(chance)
    return document


def _day(chance: random.Random) -> str:
    start = date(2022, 1, 1) if chance.random() < 0.8 else date(1950, 1, 1)
    span = (date(2199, 12, 31) - start).days if chance.random() < 0.2 else 2000
    return (start + timedelta(days=chance.randint(0, span))).isoformat()


def _junk(chance: random.Random) -> Any:
    return chance.choice(
        [
            None, True, 0, -1, 1e308, float("nan"), "", "\x00", "2026-02-30", "9999-99-99", [], {},
            [[]], {"a": {}}, "٣٣٣٣٣", "\ud800", "x" * 5000,
            "".join(chance.choices(string.printable, k=9)),
        ]
    )  # fmt: skip
