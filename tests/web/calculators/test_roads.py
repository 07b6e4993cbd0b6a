"""*Voies ouvertes*: the answer of the command, a form that asks what matters, values with reasons."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from exigible.domain.expected_value import MEANINGS as ASSUMPTIONS
from exigible.domain.law.roads import documents, shipped_roads
from exigible.domain.roads.facts import CHOICES, MEANINGS
from exigible.domain.roles import Role
from exigible.intake.roads_question import DAYS, FLAGS
from exigible.operations import law
from exigible.operations.acts import By
from exigible.store.models import User
from exigible.web.calculators.roads import OpenRoads
from exigible.web.calculators.roads_form import (
    ALWAYS,
    FACT,
    INITIAL,
    THEMES,
    WORDS,
    AssumptionsForm,
    relevant,
)
from tests.factories import WORLD_DAY
from tests.web.calculators.questions import QUESTIONS, asked, figure, plain, working
from tests.web.conftest import NOW

CASE = {
    "on": "2026-11-22",
    "amount": "4200.00",
    "nature": "commercial",
    "origin": "contract",
    "instrument": "none",
    "due_on": "2026-03-10",
    "contested": "none",
    "invoiced": True,
    "liquid": True,
    "debtor_kind": "professional",
    "debtor_trader": True,
    "debtor_postcode": "69003",
    "creditor_kind": "professional",
    "creditor_trader": True,
    "creditor_country": "FR",
    "title": "none",
    "insolvency": "none",
    "documents": ["contract", "invoices"],
    "value": {"road": "injonction_de_payer", "collect": "50.00", "costs": "150.00"},
}
STATES = {"open": "ouverte", "conditional": "sous condition", "barred": "fermée"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """No file of communes: the page and the command know the same places."""
    monkeypatch.setenv("EXIGIBLE_HOME", str(tmp_path))
    settings.HOME = tmp_path


def test_roads_are_those_of_the_command(collector: Client, command: Callable[..., Any]) -> None:
    reply = command("roads", CASE)
    shown = working(collector, "voies")
    possible, values, supposed, barred = shown.tables
    assert [(line.label, line.result) for line in (*possible.lines, *barred.lines)] == [
        (road["name"], STATES[road["state"]]) for road in reply["roads"]
    ]
    lines = {line.label: line for line in (*possible.lines, *barred.lines)}
    for road in reply["roads"]:
        line = lines[road["name"]]
        assert plain(road["source"]) in plain(line.source)
        assert line.verified == road["verified"]
        for one in road["deciding"]:  # what decides, with its article
            told = f"{one['condition'].removesuffix('.')} ({one['source']})"
            assert any(plain(told) in plain(sentence) for sentence in line.why), told
        for cost in road["costs"]["lines"]:
            [told] = [text for text in line.why if text.startswith(cost["label"])]
            if cost["amount"] is not None:
                assert cost["amount"].replace(".", ",") in plain(told)
            else:
                assert "montant à demander" in told
        for wait in road["time"]["waits"]:
            told = [plain(text) for text in line.why if text.startswith("Attente légale")]
            assert any(wait["length"] in text and plain(wait["source"]) in text for text in told)
        for document in road["missing_documents"]:
            assert any(plain(document["label"]) in plain(text) for text in line.why)
    assert [figure(line.result) for line in values.lines] == [
        one["value"] for one in reply["value"]["choices"]
    ]
    assert len(supposed.lines) == len(reply["value"]["assumptions"])
    given = [one["given"] for one in reply["value"]["assumptions"]]
    assert [line.cells[1] == "donnée par vous" for line in supposed.lines] == given


def test_the_values_by_hand(collector: Client) -> None:
    # Acting: 4 200 × 80 % × 50 % = 1 680, less 150 of costs. Settling: 4 200 × 70 % × 80 %.
    values = working(collector, "voies").tables[1]
    assert [(line.label, plain(line.result)) for line in values.lines] == [
        ("Transiger", "2352,00"),
        ("Agir : injonction de payer", "1530,00"),
        ("Abandonner", "0,00"),
    ]
    assert plain(values.lines[1].why[0]) == (
        "Encaissement espéré : 1680,00 € = 4200,00 € × 80,00 % × 50,00 % × 100,00 %."
    )


def test_what_is_unknown_leads_to_its_field(collector: Client) -> None:
    page = collector.get(f"/calculettes/voies/?{QUESTIONS['voies']}")
    found = page.context["calculator"]
    html = page.content.decode()
    places = [place for place, _ in found.open_questions]
    assert "id_fait_guarantor" in places
    for place in places:
        assert f'href="#{place}"' in html
        assert f'id="{place}"' in html
    settled = asked(collector, "voies", f"{QUESTIONS['voies']}&fait_guarantor=non")
    assert "id_fait_guarantor" not in [place for place, _ in settled.open_questions]


def test_a_text_is_ready_for_whoever_decides(collector: Client) -> None:
    text = plain(working(collector, "voies").text)
    assert text.startswith("Créance de 4200,00 € (créance entre commerçants")
    assert (
        "– Injonction de payer (CPC art. 1405 à 1425), Tribunal des activités économiques" in text
    )
    assert "transiger 2352,00 €, agir 1530,00 €, abandonner 0,00 €" in text


# ---- the form


def test_every_fact_document_and_assumption_can_be_told() -> None:
    asked_for = [name for theme in THEMES for name in theme.facts]
    assert len(asked_for) == len(set(asked_for))
    assert set(asked_for) == set(MEANINGS) - {"amount", "limitation", "documents"}
    assert set(ALWAYS) <= set(asked_for)
    assert set(WORDS) == set(CHOICES)
    for name, kinds in CHOICES.items():
        assert set(WORDS[name]) == {kind.value for kind in kinds}
    assert set(INITIAL) <= set(asked_for)
    assert len(AssumptionsForm.of_all().base_fields) == len(ASSUMPTIONS) + 1
    assert set(FLAGS) | set(DAYS) <= set(asked_for)


def test_the_form_asks_what_the_first_answers_leave_open() -> None:
    usual = relevant({}, WORLD_DAY)
    assert {"liquid", "invoiced", "guarantor"} <= usual.facts
    assert not {"termination_clause", "title_on", "insolvency_opened_on"} & usual.facts
    lease = relevant({"fait_nature": "rent"}, WORLD_DAY)
    assert {"termination_clause", "lease_date"} <= lease.facts
    assert "lease" in lease.documents
    assert "lease" not in usual.documents
    held = relevant({"fait_title": "judgment"}, WORLD_DAY)
    assert {"title_on", "title_enforceable"} <= held.facts
    opened = relevant({"fait_insolvency": "receivership"}, WORLD_DAY)
    assert {"insolvency_opened_on", "insolvency_published_on", "declared"} <= opened.facts


def test_what_a_road_turns_on_is_asked() -> None:
    """Whatever the first answers, each fact that a road left still misses has its field."""
    left = set()
    deciding = [
        {"nature": nature.value, "instrument": instrument.value, **more}
        for nature in CHOICES["nature"]
        for instrument in CHOICES["instrument"]
        for more in (
            {},
            {"creditor_kind": "public"},
            {"title": "judgment"},
            {"title": "judgment", "debtor_country": "DE"},
            {"debtor_country": "DE"},
            {"insolvency": "liquidation"},
            {"insolvency": "overindebtedness"},
        )
    ]
    for facts in deciding:
        query = {"montant": "1000"} | {FACT + name: value for name, value in facts.items()}
        found = OpenRoads(query, today=WORLD_DAY)
        assert found.outcome.working is not None, found.errors
        fields = {name for form in found.facts for name in form.fields}
        for road in found.possible:
            asked_of = set(road.missing_facts) - {"limitation"}
            assert {FACT + name for name in asked_of} <= fields, (road.rule.id, query)
            left.add(road.rule.id)
    assert left == {road.id for road in shipped_roads()}


def test_documents_held_are_no_longer_missing(collector: Client) -> None:
    def to_gather(query: str) -> str:
        lines = working(collector, "voies", query).tables[0].lines
        [line] = [one for one in lines if one.label == "Injonction de payer"]
        return next(text for text in line.why if text.startswith("Pièces à réunir"))

    some = to_gather(QUESTIONS["voies"])
    more = to_gather(f"{QUESTIONS['voies']}&piece_statement=oui")
    assert documents()["statement"] in some
    assert documents()["statement"] not in more


def test_a_period_to_act_can_be_told(collector: Client) -> None:
    old = QUESTIONS["voies"].replace("2026-03-10", "2019-03-10").replace("&hyp_road=", "&x=")
    barred = working(collector, "voies", f"{old}&prescription_nature=b2b_sale")
    states = {line.label: line.result for table in barred.tables for line in table.lines}
    assert states["Injonction de payer"] == "fermée"  # five years from March 2019
    kept = working(
        collector,
        "voies",
        f"{old}&prescription_fait=acknowledgement&prescription_le=2023-05-02",
    )
    states = {line.label: line.result for table in kept.tables for line in table.lines}
    assert states["Injonction de payer"] == "ouverte"  # five years from May 2023


def test_a_value_of_the_law_entered_is_a_cost(
    sign_in: Callable[[Role], Client],
) -> None:
    manager = sign_in(Role.MANAGER)

    def fees() -> list[str]:
        lines = working(manager, "voies").lines
        [line] = [one for one in lines if one.label == "Injonction de payer"]
        return [plain(text) for text in line.why if text.startswith("Frais de greffe")]

    assert "montant à demander" in fees()[0]
    law.enter_value(
        "greffe_commerce_injonction_de_payer",
        value="33,10",
        starts_on=date(2026, 9, 1),
        source="tarif affiché au greffe",
        by=By.user(User.objects.get(role=Role.CREDIT_MANAGER)),
        at=NOW,
    )
    assert "33,10 €" in fees()[0]
