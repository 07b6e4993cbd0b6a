"""Reading a claim whose roads are asked: unknown is not false, each wrong field is named."""

from datetime import date
from typing import Any

import pytest

from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.roads import ClaimFacts
from exigible.domain.roads.facts import CHOICES, MEANINGS, Nature, Title
from exigible.intake.roads_question import RoadsQuestion, read_roads_question

TODAY = date(2026, 11, 22)


def read(**fields: Any) -> RoadsQuestion:
    return read_roads_question(fields, TODAY)


def test_nothing_said_is_nothing_known():
    assert read().facts == ClaimFacts(on=TODAY)
    assert read(amount=None, nature=None, liquid=None, documents=None).facts == read().facts


def test_false_is_known():
    assert read(liquid=False).facts.liquid is False
    assert read(documents=[]).facts.documents == frozenset()
    assert read(title="none").facts.title is Title.NONE


def test_every_fact_can_be_given():
    given: dict[str, Any] = {name: "2026-06-30" for name in MEANINGS if name.endswith("_on")}
    given |= {name: next(iter(kinds)).value for name, kinds in CHOICES.items()}
    given |= {
        "amount": "12.34",
        "principal": 12,
        "lease_date": "2024-01-01",
        "creditor_country": "FR",
        "debtor_country": "FR",
        "debtor_city": "Lyon",
        "debtor_postcode": "69003",
        "clause_city": "Paris",
        "documents": ["invoices"],
        "limitation": {"nature": "b2b_sale", "starts_on": "2026-06-30"},
    }
    for name in MEANINGS:
        given.setdefault(name, True)
    facts = read(**given).facts
    assert [name for name in MEANINGS if getattr(facts, name) is None] == []
    assert facts.amount == 1234
    assert facts.principal == 1200
    assert not facts.limitation_assumed


def test_the_usual_period_is_taken_from_the_due_date_and_said_so():
    facts = read(nature="commercial", due_on="2026-06-30").facts
    assert facts.nature is Nature.COMMERCIAL
    assert facts.limitation is not None
    assert facts.limitation.last_day == date(2031, 6, 30)
    assert facts.limitation_assumed
    # Five years have run: something may have interrupted them, nobody said.
    assert read(nature="commercial", due_on="2021-06-30").facts.limitation is None


def test_the_period_given_wins():
    case = {"nature": "carriage_of_goods", "starts_on": "2025-01-10"}
    facts = read(nature="commercial", due_on="2026-06-30", limitation=case).facts
    assert facts.limitation is not None
    assert facts.limitation.last_day == date(2026, 1, 10)
    assert facts.limitation.expired
    assert not facts.limitation_assumed


def test_assumptions_are_read_with_their_units():
    value = {"road": "injonction_de_payer", "win": "90", "costs": "0", "delay_days": 90, "vat_recovered": True}  # fmt: skip
    question = read(amount="100", value=value).value
    assert question.road == "injonction_de_payer"
    assert question.given == {
        "win": 900_000,
        "costs_cents": 0,
        "delay_days": 90,
        "vat_recovered": True,
    }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": "-5.00"}, "amount"),
        ({"amount": 12.5}, "amount"),
        ({"principal": "mille"}, "principal"),
        ({"nature": "dette"}, "nature"),
        ({"liquid": "oui"}, "liquid"),
        ({"liquid": 1}, "liquid"),
        ({"due_on": "30/06/2026"}, "due_on"),
        ({"due_on": "2026-02-30"}, "due_on"),
        ({"on": 3}, "on"),
        ({"debtor_country": "France"}, "debtor_country"),
        ({"debtor_country": "fr"}, "debtor_country"),
        ({"debtor_postcode": "3300"}, "debtor_postcode"),
        ({"debtor_postcode": 33000}, "debtor_postcode"),
        ({"debtor_city": 3}, "debtor_city"),
        ({"documents": "invoices"}, "documents"),
        ({"documents": ["invoices", "facture"]}, "documents[1]"),
        ({"documents": [["invoices"]]}, "documents[0]"),
        ({"montant": "12.00"}, "montant"),
        ({"limitation": 3}, "limitation"),
        ({"limitation": {}}, "limitation.nature"),
        ({"limitation": {"nature": "b2b_sale"}}, "limitation.starts_on"),
        (
            {"limitation": {"nature": "b2b_sale", "starts_on": "2026-01-01", "events": [{"type": "x"}]}},
            "limitation.events[0].type",
        ),
        ({"amount": "10", "value": 3}, "value"),
        ({"amount": "10", "value": {"road": "route"}}, "value.road"),
        ({"amount": "10", "value": {"win": "101"}}, "value.win"),
        ({"amount": "10", "value": {"win": "-1"}}, "value.win"),
        ({"amount": "10", "value": {"costs": "x"}}, "value.costs"),
        ({"amount": "10", "value": {"delay_days": "90"}}, "value.delay_days"),
        ({"amount": "10", "value": {"vat_recovered": "yes"}}, "value.vat_recovered"),
        ({"amount": "10", "value": {"chance": "90"}}, "value.chance"),
        ({"value": {}}, "amount"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(fields: dict[str, Any], field: str):
    with pytest.raises(Refused) as refused:
        read(**fields)
    assert refused.value.field == field
    assert refused.value.message.startswith(field)


@pytest.mark.parametrize("document", [None, 3, "x", [], True])
def test_what_is_not_an_object_is_refused(document: object):
    with pytest.raises(WrongInput, match="un objet est attendu"):
        read_roads_question(document, TODAY)
