"""Which values of the law a statement used."""

from datetime import date
from typing import Any

from exigible.domain.law import shipped_law
from exigible.domain.law.entered import Entered, layered, typed_fact
from exigible.domain.statement import statement, statement_answer
from exigible.intake.statement_case import read_case

OTHERS = "taux_interet_legal_autres"


def case(debtor: str = "professional", **changed: Any) -> dict[str, Any]:
    claim = {"ref": "F-1", "kind": "invoice", "due_on": "2025-02-10", "principal": "1000.00"}
    return {
        "creditor": {"name": "A", "kind": "professional"},
        "debtor": {"name": "B", "kind": debtor},
        "claims": [{**claim, "interest": {"regime": "auto"}, "fixed_indemnity": False}],
        "events": [],
        **changed,
    }


def used(document: dict[str, Any], on: date) -> list[tuple[str, str]]:
    answer = statement_answer(statement(*read_case(document, on)))
    parameters = answer["parameters"]
    assert isinstance(parameters, list)
    return [(one["id"], one["value"]) for one in parameters]


def test_penalties_name_the_rate_of_each_half_year_and_the_points():
    assert used(case(), date(2025, 9, 30)) == [
        ("penalites_retard_majoration", "10.00"),
        ("taux_bce", "3.15"),
        ("taux_bce", "2.15"),
    ]


def test_what_came_after_the_last_payment_was_not_used():
    paid = case(events=[{"type": "payment", "on": "2025-05-01", "amount": "2000.00"}])
    assert used(paid, date(2026, 9, 30)) == [
        ("penalites_retard_majoration", "10.00"),
        ("taux_bce", "3.15"),
    ]


def test_the_indemnity_and_nothing_else_where_no_interest_runs():
    claim = {"ref": "F-1", "kind": "invoice", "due_on": "2025-02-10", "principal": "1000.00"}
    alone = case(claims=[{**claim, "interest": {"regime": "none"}, "fixed_indemnity": True}])
    assert used(alone, date(2025, 9, 30)) == [("indemnite_forfaitaire", "40.00")]


def test_the_increase_names_its_points_and_its_delay():
    judged = case(
        "consumer",
        events=[
            {"type": "formal_notice", "on": "2025-03-01"},
            {"type": "judgment", "on": "2025-06-01", "served_on": "2025-06-15",
             "provisionally_enforceable": True},
        ],
    )  # fmt: skip
    assert used(judged, date(2025, 9, 30)) == [
        ("majoration_taux_legal", "5.00"),
        ("majoration_taux_legal_delai", "2"),
        (OTHERS, "3.71"),
        (OTHERS, "2.76"),
    ]


def test_an_entered_value_is_named_and_never_silent_until_confirmed():
    on = date(2026, 9, 30)
    document = case("consumer", events=[{"type": "formal_notice", "on": "2026-08-01"}])
    dated = shipped_law()[OTHERS]
    fact = typed_fact(dated, "2,55 %", start=date(2026, 7, 1), source="arrêté du 24 juin 2026")
    law = layered(shipped_law(), (Entered(parameter=OTHERS, fact=fact),)).law
    answer = statement_answer(statement(*read_case(document, on), law))
    # 1 000 € × 2,55 % × 60/365 = 4,1918 €.
    assert answer["components"]["interest"] == "4.19"  # type: ignore[index]
    [value] = answer["parameters"]  # type: ignore[misc]
    assert value["entered_by_user"] is True
    assert value["source"] == "arrêté du 24 juin 2026"
    assert any("seconde personne" in warning for warning in answer["warnings"])  # type: ignore[attr-defined]
