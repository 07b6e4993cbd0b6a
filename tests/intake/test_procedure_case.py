"""The case of a procedure from JSON: what is read, what is refused and the field it names."""

from datetime import date
from typing import Any

import pytest

from exigible.domain.deadlines import Place
from exigible.domain.refusals import WrongInput
from exigible.intake.procedure_case import read_procedure_case

CASE: dict[str, Any] = {
    "procedure": "injonction_de_payer",
    "events": {"order_date": "2026-09-14"},
    "debtor_place": "metropole",
}


def test_a_whole_case_is_read():
    case = read_procedure_case(
        CASE
        | {
            "debtor_postcode": "67000",
            "court_postcode": "75001",
            "facts": {"amount": "12000.50", "served_to_person": False, "granted_days": 15},
        }
    )
    assert case.events == {"order_date": date(2026, 9, 14)}
    assert case.place is Place.METROPOLE
    assert case.facts == {"amount": 1_200_050, "served_to_person": False, "granted_days": 15}


@pytest.mark.parametrize(
    "name",
    [
        "title_passed_into_force",
        "title passed into force",
        "title passed into force (or as per R533-4)",
    ],
)
def test_an_event_with_its_explanation_is_the_same_event(name: str):
    case = read_procedure_case({"procedure": "suretes_judiciaires", "events": {name: "2026-09-14"}})
    assert list(case.events) == ["title_passed_into_force"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"procedure": None}, "procedure"),
        ({"procedure": 3}, "procedure"),
        ({"events": None}, "events"),
        ({"events": {}}, "events"),
        ({"events": [1]}, "events"),
        ({"events": {"order_date": "2026-02-29"}}, "events.order_date"),
        ({"events": {"order_date": "1949-12-31"}}, "events.order_date"),
        ({"events": {"order_date": 20260914}}, "events.order_date"),
        ({"events": {"decision": "2026-09-14", "decision (bis)": "2026-09-15"}}, "events.decision (bis)"),
        ({"debtor_place": "moon"}, "debtor_place"),
        ({"debtor_place": ["metropole"]}, "debtor_place"),
        ({"debtor_postcode": "6700"}, "debtor_postcode"),
        ({"debtor_postcode": "٦٧٠٠٠"}, "debtor_postcode"),
        ({"court_postcode": 75001}, "court_postcode"),
        ({"facts": []}, "facts"),
        ({"facts": {"weather": "rain"}}, "facts.weather"),
        ({"facts": {"amount": "-1.00"}}, "facts.amount"),
        ({"facts": {"amount": "beaucoup"}}, "facts.amount"),
        ({"facts": {"served_to_person": "non"}}, "facts.served_to_person"),
        ({"facts": {"court": "tribunal"}}, "facts.court"),
        ({"facts": {"granted_days": -1}}, "facts.granted_days"),
        ({"facts": {"granted_days": True}}, "facts.granted_days"),
        ({"facts": {"granted_days": 10**9}}, "facts.granted_days"),
        ({"debtor_palce": "metropole"}, "debtor_palce"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(change: dict[str, Any], field: str):
    with pytest.raises(WrongInput) as refusal:
        read_procedure_case(CASE | change)
    assert refusal.value.field == field


def test_what_is_no_object_is_refused():
    with pytest.raises(WrongInput):
        read_procedure_case(42)
