"""Which values of the law a statement used."""

from datetime import date
from typing import Any

from exigible.domain.law import shipped_law
from exigible.domain.law.entered import Entered, layered, typed_fact
from exigible.domain.statement import statement, statement_answer, statements
from exigible.intake.statement_case import read_case

OTHERS = "taux_interet_legal_autres"


def invoice(regime: str = "auto") -> dict[str, Any]:
    claim = {"ref": "F-1", "kind": "invoice", "due_on": "2025-02-10", "principal": "1000.00"}
    return {**claim, "interest": {"regime": regime}, "fixed_indemnity": False}


def case(debtor: str = "professional", **changed: Any) -> dict[str, Any]:
    return {
        "creditor": {"name": "A", "kind": "professional"},
        "debtor": {"name": "B", "kind": debtor},
        "claims": [invoice()],
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
    alone = case(claims=[invoice("none") | {"fixed_indemnity": True}])
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


def test_a_tariff_names_its_scale_and_the_vat():
    fee = {"type": "cost", "on": "2025-07-01", "tariff": "A444-31", "collected": "300.00",
           "borne_by": "debtor"}  # fmt: skip
    judged = case(
        claims=[invoice("none")],
        events=[{"type": "judgment", "on": "2025-06-01"}, fee],
    )
    assert [name for name, _ in used(judged, date(2025, 9, 30))] == [
        "droit_recouvrement_debiteur",
        "taux_tva_normal",
    ]


def test_an_order_for_payment_names_the_delay_that_closes_opposition():
    order = {"type": "judgment", "kind": "order_for_payment", "on": "2025-06-01"}
    served = case("consumer", events=[order | {"served_on": "2025-06-16"}])
    # Served on 16 June, closed on 16 July, increased two months later: not on 31 August.
    found = [name for name, _ in used(served, date(2025, 8, 31))]
    assert found == ["delai_opposition_injonction", "majoration_taux_legal_delai", OTHERS, OTHERS]


def test_a_loan_names_the_length_that_keeps_its_interest_running():
    opening = {"type": "insolvency_opening", "on": "2025-06-01"}
    loan = invoice("b2b_penalties") | {"contract_months": 24}
    found = [name for name, _ in used(case(claims=[loan], events=[opening]), date(2025, 6, 30))]
    assert "interets_maintenus_duree" in found
    without = used(case(claims=[invoice("b2b_penalties")], events=[opening]), date(2025, 6, 30))
    assert "interets_maintenus_duree" not in [name for name, _ in without]


def test_each_case_of_many_names_its_own_values():
    served = {"type": "judgment", "on": "2025-06-01", "served_on": "2025-06-15"}
    day = date(2025, 6, 30)
    judged, plain = case("consumer", events=[served]), case("consumer", events=[served])
    plain["events"] = [{"type": "formal_notice", "on": "2025-03-01"}]
    found = statements([read_case(judged, day), read_case(plain, day)])
    ids = [{one.parameter.id for one in each.readings} for each in found]  # type: ignore[union-attr]
    assert ids == [{"majoration_taux_legal_delai", OTHERS}, {OTHERS}]


def test_an_unconfirmed_tariff_marks_its_line():
    scale = shipped_law().scales["droit_recouvrement_debiteur"]
    fact = typed_fact(scale, "au-delà : 1 %", start=date(2026, 3, 1), source="arrêté à venir")
    entry = Entered(parameter=scale.id, fact=fact, known_until=date(2028, 2, 29))
    law = layered(shipped_law(), (entry,)).law
    fee = {"type": "cost", "on": "2026-04-01", "tariff": "A444-31", "collected": "300.00",
           "borne_by": "debtor"}  # fmt: skip
    judged = case(claims=[invoice("none")], events=[{"type": "judgment", "on": "2025-06-01"}, fee])
    found = statement(*read_case(judged, date(2026, 4, 30)), law)
    [line] = [line for line in found.lines if line.component == "costs"]
    assert (line.amount_cents, line.verified) == (360, False)  # 300 € × 1 % × 1.20
    assert any("seconde personne" in warning for warning in found.warnings)
