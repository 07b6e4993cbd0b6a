"""*Calculettes*: the answers are those of the commands, on documents written here by hand."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from exigible.cli.main import run
from tests.web.calculators.questions import figure, french, plain, working


def test_the_statement_is_that_of_the_command(
    collector: Client, command: Callable[..., Any]
) -> None:
    reply = command(
        "statement",
        {
            "creditor": {"kind": "professional"},
            "debtor": {"kind": "professional"},
            "as_of": "2026-11-22",
            "claims": [
                {
                    "ref": "FA-118",
                    "kind": "invoice",
                    "due_on": "2026-02-10",
                    "principal": "12400.00",
                    "fixed_indemnity": True,
                },
                {
                    "ref": "Facture 2",
                    "kind": "invoice",
                    "issued_on": "2026-03-10",
                    "due_on": "2026-04-10",
                    "principal": "8650.40",
                    "fixed_indemnity": True,
                },
            ],
            "events": [{"type": "payment", "on": "2026-06-01", "amount": "3000.00"}],
        },
    )
    shown = working(collector, "interets")
    assert figure(shown.answer.value) == reply["total"]
    facts = {fact.label: figure(fact.value) for fact in shown.facts}
    assert facts["Intérêts par jour"] == reply["daily_interest"]
    assert facts["Paiements"] == "-" + reply["components"]["payments"]
    assert [figure(line.result) for line in shown.lines] == [
        line["amount"] for line in reply["lines"]
    ]
    interest = [line for line in reply["lines"] if line["component"] == "interest"]
    assert [line.cells[2:5] for line in shown.lines if line.cells[1] == "Intérêts"] == [
        (french(line["from"]), french(line["to"]), str(line["days"])) for line in interest
    ]
    assert plain(shown.text).startswith(
        f"Au 22 novembre 2026, la somme due s’élève à {reply['total'].replace('.', ',')} €"
    )


def test_a_line_of_interest_explains_its_arithmetic(collector: Client) -> None:
    # 12,400.00 × 12.15 % × 111 / 365 = 458.171… (2.15 % ECB + 10 points, first half of 2026)
    line = next(one for one in working(collector, "interets").lines if one.cells[1] == "Intérêts")
    assert plain(line.why[0]) == (
        "12400,00 € × 12,15 % × 111 jours ÷ 365 = 458,17 €, arrondi au centime."
    )
    assert "L. 441-10" in plain(line.source)


def test_deadlines_are_those_of_the_command(collector: Client, command: Callable[..., Any]) -> None:
    reply = command(
        "deadlines",
        {
            "procedure": "injonction_de_payer",
            "events": {"order_date": "2026-09-10", "service_of_order": "2026-10-01"},
            "debtor_place": "metropole",
        },
    )
    shown = working(collector, "delais")
    assert [line.label for line in shown.lines] == [one["label"] for one in reply["deadlines"]]
    assert [line.result for line in shown.lines] == [
        f"dès le {french(one['possible_from'])}"
        if one["possible_from"]
        else french(one["falls_on"])
        for one in reply["deadlines"]
    ]
    for line, one in zip(shown.lines, reply["deadlines"], strict=True):
        assert set(one["working"]) <= set(line.why)
    # The opposition ends on Sunday 1 November, All Saints' day: put off to the 2nd.
    assert "au plus tard le lundi 2 novembre 2026 (CPC art. 1416 al. 1)" in plain(shown.text)


def test_facts_of_a_procedure_reach_the_command(
    collector: Client, command: Callable[..., Any]
) -> None:
    reply = command(
        "deadlines",
        {
            "procedure": "appeal",
            "events": {"notification_of_judgment": "2026-10-15"},
            "debtor_place": "outre_mer",
            "facts": {"amount": "12000.00", "appeared": False, "judgment_kind": "par_defaut"},
        },
    )
    shown = working(
        collector,
        "delais",
        "procedure=appeal&le_notification_of_judgment=15/10/2026&lieu=outre_mer"
        "&fait_amount=12 000,00&fait_appeared=non&fait_judgment_kind=par_defaut",
    )
    assert [line.label for line in shown.lines] == [one["label"] for one in reply["deadlines"]]


def test_limitation_is_that_of_the_command(collector: Client, command: Callable[..., Any]) -> None:
    reply = command(
        "limitation",
        {
            "nature": "b2b_sale",
            "starts_on": "2022-01-31",
            "as_of": "2026-11-22",
            "events": [
                {"type": "formal_notice", "on": "2023-02-01"},
                {
                    "type": "suspension",
                    "ground": "mediation",
                    "from": "2024-02-01",
                    "to": "2024-05-01",
                },
            ],
        },
    )
    shown = working(collector, "prescription")
    # Five years from 31 January 2022 is 31 January 2027; 1 February to 1 May 2024 is 91 days.
    assert reply["last_day"] == "2027-05-02"
    assert plain(shown.answer.value) == "dimanche 2 mai 2027"
    assert shown.answer.note == "il reste 161\u00a0jours après le 22/11/2026"
    assert [line.result for line in shown.lines] == [
        french(step["last_day"]) for step in reply["working"]
    ]
    assert "n’interrompt pas" in shown.lines[1].why[0]


def test_the_court_is_that_of_the_command(
    collector: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    asked_of = "--amount 12000.00 --nature commercial --procedure injonction_de_payer"
    assert (
        run(
            [
                "court",
                *asked_of.split(),
                "--debtor-postcode",
                "67000",
                "--on",
                "2026-01-15",
                "--json",
            ]
        )
        == 0
    )
    reply = json.loads(capsys.readouterr().out)
    shown = working(collector, "tribunal")
    assert shown.answer.value == reply["court"]["name"]
    costs = reply["costs"]["lines"]
    assert [line.label for line in shown.lines] == [cost["label"] for cost in costs]
    assert [line.verified for line in shown.lines] == [cost["verified"] for cost in costs]
    known = [
        figure(line.result)
        for line, cost in zip(shown.lines, costs, strict=True)
        if cost["amount"] is not None
    ]
    assert known == [cost["amount"] for cost in costs if cost["amount"] is not None]
    assert known, "some tariff is known in January 2026"


@pytest.mark.parametrize(
    ("query", "last"),
    [
        ("depart=2026-03-25&nombre=1&unite=mois", "lundi 27 avril 2026"),  # the 25th: Saturday
        ("depart=2026-03-25&nombre=1&unite=mois&report=non", "samedi 25 avril 2026"),
        ("depart=2026-01-31&nombre=1&unite=mois", "lundi 2 mars 2026"),  # 28 February: Saturday
        ("depart=2026-11-13&nombre=15&unite=jours&sens=avant", "jeudi 29 octobre 2026"),
        # 1 May is a holiday: 30 April, then 4 and 5 May.
        ("depart=2026-04-29&nombre=3&unite=ouvrables", "mardi 5 mai 2026"),
        # 26 December 2025 is a Friday; a holiday in Alsace-Moselle alone.
        ("depart=2025-12-24&nombre=2&unite=jours", "vendredi 26 décembre 2025"),
        (
            "depart=2025-12-24&nombre=2&unite=jours&zone=alsace_moselle",
            "lundi 29 décembre 2025",
        ),
        ("depart=2024-02-29&nombre=1&unite=ans", "vendredi 28 février 2025"),
    ],
)
def test_days(collector: Client, query: str, last: str) -> None:
    assert plain(working(collector, "jours", query).answer.value) == last


def test_holidays_met_are_named_with_their_article(collector: Client) -> None:
    shown = working(
        collector, "jours", "depart=2026-04-01&nombre=10&unite=jours&zone=alsace_moselle"
    )
    assert [(line.label, plain(line.result)) for line in shown.lines] == [
        ("Vendredi saint", "vendredi 3 avril 2026"),
        ("Lundi de Pâques", "lundi 6 avril 2026"),
    ]
    assert [line.source for line in shown.lines] == [
        "C. trav. art. L. 3134-13",
        "C. trav. art. L. 3133-1",
    ]


def test_a_plan_adds_up(collector: Client) -> None:
    shown = working(collector, "echeancier")
    cents = [round(float(figure(line.result)) * 100) for line in shown.lines]
    assert cents == [16666] * 5 + [16670]
    assert "dont 5 de 166,66 € et la dernière de 166,70 €" in plain(shown.text)
