"""*Calculettes*: the answers of the commands, refusals at their field, links that keep everything.

Each page is compared with the command of the same name on a document written here by hand.
"""

import io
import json
import random
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from exigible.cli.main import run
from exigible.documents.working import Working
from exigible.domain.deadlines import FACTS
from exigible.domain.law.courts import Seat
from exigible.domain.law.time_limits import procedure, procedure_ids
from exigible.domain.places import Commune
from exigible.domain.roles import Role
from exigible.hosting.reference import merge_courts
from exigible.operations import law
from exigible.operations.acts import By
from exigible.store.models import User
from exigible.web.calculators.base import Calculator
from exigible.web.calculators.days import Days
from exigible.web.calculators.deadlines import ProcedureDeadlines, choices, facts_of
from exigible.web.calculators.words import WORDS, readable
from exigible.web.views.calculators import CALCULATORS
from tests.factories import WORLD_DAY
from tests.web.conftest import NOW

LEGAL_RATE = "taux_interet_legal_autres"
HTMX = {"HX-Request": "true"}
QUESTIONS = {
    "interets": "au=2026-11-22&f1-ref=FA-118&f1-montant=12400&f1-echeance=2026-02-10"
    "&f2-montant=8650,40&f2-emise=2026-03-10&f2-echeance=10/04/2026&p1-le=2026-06-01&p1-montant=3000",
    "delais": "procedure=injonction_de_payer&le_order_date=10/09/2026&le_service_of_order=0110"
    "&lieu=metropole",
    "prescription": "nature=b2b_sale&depart=2022-01-31&au=2026-11-22&e1-fait=formal_notice"
    "&e1-le=2023-02-01&e2-fait=suspension-mediation&e2-le=2024-02-01&e2-fin=2024-05-01",
    "tribunal": "montant=12000&nature=commercial&voie=injonction_de_payer&code=67000&au=2026-01-15",
    "jours": "depart=2026-03-25&nombre=1&unite=mois&zone=metropole",
    "echeancier": "montant=1000&nombre=6&premiere=2026-11-30&rythme=month",
}


def asked(client: Client, slug: str, query: str) -> Calculator:
    response = client.get(f"/calculettes/{slug}/?{query}")
    assert response.status_code == 200
    found: Calculator = response.context["calculator"]
    return found


def working(client: Client, slug: str, query: str = "") -> Working:
    found = asked(client, slug, query or QUESTIONS[slug])
    assert found.outcome.working is not None, (found.outcome, found.errors)
    return found.outcome.working


def plain(text: str) -> str:
    """The text with plain spaces: figures compared as they are read."""
    return text.replace("\u202f", "").replace("\u00a0", " ").replace("\u2212", "-")


def figure(text: str) -> str:
    """« 1 234,56 € » as « 1234.56 »."""
    return plain(text).removesuffix(" €").replace(",", ".")


def french(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}"


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return what runs a command on a document, and its JSON answer."""

    def answer(name: str, document: dict[str, Any]) -> Any:
        path = tmp_path / "document.json"
        path.write_text(json.dumps(document))
        assert run([name, str(path), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return answer


# ---- who may open them


@pytest.mark.parametrize("role", list(Role))
def test_everyone_but_a_partner_calculates(sign_in: Callable[[Role], Client], role: Role) -> None:
    client = sign_in(role)
    expected = 404 if role is Role.PARTNER else 200
    assert client.get("/calculettes/").status_code == expected
    for kind in CALCULATORS:
        assert client.get(f"/calculettes/{kind.slug}/").status_code == expected, kind.slug
        pdf = client.get(f"/calculettes/{kind.slug}/pdf/?{QUESTIONS[kind.slug]}")
        assert pdf.status_code == expected


def test_the_index_leads_to_each(collector: Client) -> None:
    page = collector.get(reverse("calculators")).content.decode()
    for kind in CALCULATORS:
        assert f'href="/calculettes/{kind.slug}/"' in page
        assert kind.purpose in unescape(page)
    assert collector.get("/calculettes/inconnue/").status_code == 404


def test_every_calculator_has_a_question_here() -> None:
    assert set(QUESTIONS) == {kind.slug for kind in CALCULATORS}


# ---- the answers are those of the commands


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


# ---- what is wrong, what is missing, what the law does not say


@pytest.mark.parametrize(
    ("slug", "query", "field", "words"),
    [
        ("interets", "f1-montant=abc&f1-echeance=2026-02-10", "f1-montant", "pas un montant"),
        ("interets", "f1-montant=0&f1-echeance=2026-02-10", "f1-montant", "supérieur à zéro"),
        ("interets", "f1-montant=10&f1-echeance=31/02/2026", "f1-echeance", "n’existe pas"),
        (
            "interets",
            "f1-montant=10&f1-emise=2026-03-10&f1-echeance=2026-02-10",
            "f1-echeance",
            "précède l’émission",
        ),
        (
            "interets",
            "f1-montant=10&f1-emise=2026-01-10&f1-echeance=2026-02-10&p1-le=2025-12-31&p1-montant=5",
            "p1-le",
            "précède l’émission",
        ),
        (
            "interets",
            "f1-ref=A&f1-montant=10&f1-echeance=2026-02-10&f2-ref=A&f2-montant=5&f2-echeance=2026-03-10",
            "f2-ref",
            "déjà une autre créance",
        ),
        (
            "interets",
            "f1-montant=10&f1-echeance=2026-02-10&jugement=2026-05-02&signifie=2026-05-01",
            "signifie",
            "précède le jugement",
        ),
        (
            "interets",
            "f1-montant=10&f1-echeance=2026-02-10&signifie=2026-05-01",
            "jugement",
            "manque",
        ),
        ("interets", "f1-montant=10&f1-echeance=2026-02-10&taux=12x", "taux", "taux annuel"),
        (
            "interets",
            "debiteur=personne&f1-montant=10&f1-echeance=2026-02-10",
            "debiteur",
            "pas proposé",
        ),
        (
            "delais",
            "procedure=injonction_de_payer&le_order_date=14/09/2026&le_service_of_order=12/09/2026",
            "le_service_of_order",
            "précède",
        ),
        ("delais", "procedure=rien&le_order_date=14/09/2026", "procedure", "pas proposé"),
        (
            "delais",
            "procedure=injonction_de_payer&le_order_date=14/09/2026&code=6700",
            "code",
            "cinq chiffres",
        ),
        (
            "delais",
            "procedure=injonction_de_payer&le_order_date=14/09/2026&code=97400&lieu=metropole",
            "code",
            "ne se trouve pas dans le lieu donné (France métropolitaine)",
        ),
        (
            "prescription",
            "nature=b2b_sale&depart=2022-01-31&e1-fait=court_claim&e1-le=2023-05-01&e1-fin=2023-04-01",
            "e1-fin",
            "avant de commencer",
        ),
        (
            "prescription",
            "nature=b2b_sale&depart=2022-01-31&duree=3",
            "duree",
            "de 12 à 120 mois",
        ),
        ("tribunal", QUESTIONS["tribunal"].replace("67000", "00000"), "code", "aucune commune"),
        (
            "tribunal",
            QUESTIONS["tribunal"].replace("injonction_de_payer", "creances_commerciales_L126"),
            "voie",
            "n’existe que depuis",
        ),
        ("jours", "depart=2026-03-25&nombre=9999&unite=ans", "nombre", "au plus 40"),
        ("jours", "depart=2026-03-25&nombre=-3", "nombre", "pas un nombre"),
        ("echeancier", "montant=0,02&nombre=3&premiere=2026-12-01", "nombre", "un centime"),
        ("echeancier", "montant=100&nombre=500&premiere=2026-12-01", "nombre", "de 2 à 120"),
    ],
)
def test_a_refusal_is_said_at_its_field(
    collector: Client, slug: str, query: str, field: str, words: str
) -> None:
    page = collector.get(f"/calculettes/{slug}/?{query}")
    found: Calculator = page.context["calculator"]
    assert list(found.errors) == [f"id_{field}"]
    message = found.errors[f"id_{field}"]
    assert words.casefold() in message.casefold()
    assert not message[0].islower()
    assert not re.match(r"[\w\[\].]+\s: ", message), "the path of the field is not for people"
    assert found.outcome.working is None
    html = page.content.decode()
    assert f'id="id_{field}-error"' in html
    assert f'href="#id_{field}"' in html
    pdf = collector.get(f"/calculettes/{slug}/pdf/?{query}")
    assert pdf.status_code == 302  # back to the page, which says what is wrong
    assert dict(parse_qsl(urlsplit(pdf.url).query)) == dict(parse_qsl(query))


@pytest.mark.parametrize(
    ("slug", "query", "missing"),
    [
        ("interets", "f1-montant=10", ["id_f1-echeance"]),
        ("interets", "debiteur=consumer", ["id_f1-montant", "id_f1-echeance"]),
        ("interets", "f1-montant=10&f1-echeance=2026-02-10&p1-montant=4", ["id_p1-le"]),
        ("delais", "procedure=appeal", ["id_le_service_of_ordonnance"]),
        ("prescription", "nature=b2b_sale", ["id_depart"]),
        (
            "prescription",
            "depart=2022-01-31&e1-fait=suspension-mediation&e1-le=2023-01-01",
            ["id_e1-fin"],
        ),
        ("tribunal", "montant=10", ["id_code"]),
        ("tribunal", "code=67000", ["id_montant"]),
        ("echeancier", "montant=10", ["id_nombre", "id_premiere"]),
    ],
)
def test_what_is_missing_is_named_and_is_no_error(
    collector: Client, slug: str, query: str, missing: list[str]
) -> None:
    page = collector.get(f"/calculettes/{slug}/?{query}")
    found: Calculator = page.context["calculator"]
    assert [place for place, _ in found.outcome.missing] == missing
    assert not found.errors
    html = page.content.decode()
    assert "Il manque encore" in html
    assert all(f'id="{place}"' in html for place in missing)


def test_an_unknown_rate_is_named_with_where_to_find_it_and_a_way_out(collector: Client) -> None:
    query = (
        "au=2026-11-22&debiteur=consumer&f1-montant=500&f1-echeance=2026-02-10&demeure=2026-05-01"
    )
    found = asked(collector, "interets", query)
    stop = found.outcome.stop
    assert stop is not None
    assert stop.unknown
    assert "2e semestre 2026" in stop.message
    assert "Journal officiel" in stop.message
    assert stop.way_out is not None
    assert stop.way_out[1] == "Arrêter le décompte au 30/06/2026"
    other = working(collector, "interets", stop.way_out[0].removeprefix("?"))
    assert "30/06/2026" in other.answer.label


def test_a_rate_entered_is_used_and_shown_to_be_confirmed(
    sign_in: Callable[[Role], Client],
) -> None:
    manager = sign_in(Role.MANAGER)
    query = (
        "au=2026-07-31&debiteur=consumer&f1-montant=1000&f1-echeance=2026-02-10&demeure=2026-06-30"
    )
    page = manager.get(f"/calculettes/interets/?{query}")
    assert f'href="/veille/{LEGAL_RATE}/"' in page.content.decode()  # where to enter it
    law.enter_value(
        LEGAL_RATE,
        value="3,65",
        starts_on=date(2026, 7, 1),
        source="arrêté du 24 juin 2026, JO du 27",
        by=By.user(User.objects.get(role=Role.CREDIT_MANAGER)),
        at=NOW,
    )
    shown = working(manager, "interets", query)
    [line] = [one for one in shown.lines if one.cells[1] == "Intérêts"]
    assert plain(line.result) == "3,10"  # 1,000.00 × 3.65 % × 31 / 365
    assert not line.verified  # nobody else has confirmed it


def test_a_day_before_the_known_law_is_refused_at_its_date(collector: Client) -> None:
    found = asked(
        collector, "delais", "procedure=injonction_de_payer&le_service_of_order=01/01/1960"
    )
    assert "le droit connu ici commence" in plain(found.errors["id_le_service_of_order"])


def test_two_courts_of_one_postcode_ask_for_the_commune(
    collector: Client, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path
    query = QUESTIONS["tribunal"].replace("67000", "33220")  # Gironde and Dordogne
    shown = working(collector, "tribunal", query)
    assert shown.answer.value == "Plusieurs juridictions possibles"
    assert "Tribunal de commerce de Libourne" in shown.answer.note
    assert any("précisez la commune" in text for text in shown.warnings)
    assert not shown.text  # nothing to send while the court is not known

    communes = [
        Commune(insee=insee, name=name, postcodes=("33220",), seat=Seat("TC", of), judicial="")
        for insee, name, of in (
            ("33402", "Sainte-Foy-la-Grande", "de Libourne"),
            ("24335", "Port-Sainte-Foy-et-Ponchapt", "de Bergerac"),
        )
    ]
    merge_courts(tmp_path, "commercial", communes, file="communes.csv", on=WORLD_DAY)
    town = working(collector, "tribunal", f"{query}&commune=Sainte-Foy-la-Grande")
    assert town.answer.value == "Tribunal de commerce de Libourne"


def test_an_unverified_line_shows_it(collector: Client) -> None:
    page = collector.get(f"/calculettes/tribunal/?{QUESTIONS['tribunal']}").content.decode()
    assert "à confirmer" in page
    found = asked(collector, "tribunal", QUESTIONS["tribunal"])
    assert found.outcome.working is not None
    doubtful = [line for line in found.outcome.working.lines if not line.verified]
    assert doubtful
    assert page.count("n’a pas encore été vérifiée") == len(doubtful)


# ---- the link, the rows, the live answer


@pytest.mark.parametrize("slug", list(QUESTIONS))
def test_a_permanent_link_keeps_the_whole_question(collector: Client, slug: str) -> None:
    page = collector.get(f"/calculettes/{slug}/?{QUESTIONS[slug]}")
    link = page.context["link"]
    assert link.startswith("http")
    assert f'value="{link.replace("&", "&amp;")}"' in page.content.decode()
    again = collector.get(link)
    assert again.context["link"] == link
    assert again.context["calculator"].outcome.working == page.context["calculator"].outcome.working


def test_a_link_holds_the_day_it_was_made_on(collector: Client) -> None:
    page = collector.get("/calculettes/interets/?f1-montant=10&f1-echeance=-300")
    query = dict(parse_qsl(urlsplit(page.context["link"]).query))
    assert query["au"] == WORLD_DAY.isoformat()  # never « today »
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", query["f1-echeance"])  # never « 300 days ago »
    assert query["f1-montant"] == "10.00"


def test_rows_are_added_and_removed_without_script(collector: Client) -> None:
    query = QUESTIONS["interets"]
    more = asked(collector, "interets", f"{query}&plus=f")
    assert [form.prefix for form in more.groups[1].forms] == ["f1", "f2", "f3"]
    assert more.outcome.working is not None  # the blank row changes nothing
    less = asked(collector, "interets", f"{query}&moins=f1")
    [kept] = less.groups[1].forms
    assert kept.answers["montant"] == 865_040
    assert "f2-montant" not in dict(less.link)
    shown = plain(collector.get(f"/calculettes/interets/?{query}&moins=p1").content.decode())
    assert "-3000,00" not in shown


def test_rows_are_bounded(collector: Client) -> None:
    query = urlencode(
        [
            pair
            for rank in range(1, 40)
            for pair in ((f"f{rank}-montant", "10"), (f"f{rank}-echeance", "2026-02-10"))
        ]
    )
    found = asked(collector, "interets", f"{query}&plus=f")
    assert len(found.groups[1].forms) == 20


def test_a_live_answer_is_the_working_alone(collector: Client) -> None:
    found = asked(collector, "interets", QUESTIONS["interets"])
    live = collector.get(
        f"/calculettes/interets/?{QUESTIONS['interets']}&forme={found.shape}", headers=HTMX
    )
    html = live.content.decode()
    assert '<section class="working" id="working"' in html
    assert "<form" not in html
    assert live["HX-Replace-Url"].startswith("/calculettes/interets/?")
    events = json.loads(live["HX-Trigger-After-Settle"])
    assert plain(events["announce"]).startswith("Total dû au 22/11/2026 : 19831,07 €")
    assert events["field-errors"] == {}


def test_a_live_error_is_sent_to_its_field(collector: Client) -> None:
    found = asked(collector, "interets", "f1-montant=abc")
    live = collector.get(f"/calculettes/interets/?f1-montant=abc&forme={found.shape}", headers=HTMX)
    errors = json.loads(live["HX-Trigger-After-Settle"])["field-errors"]
    assert "n’est pas un montant" in errors["id_f1-montant"]


def test_a_form_whose_fields_change_is_redrawn(collector: Client) -> None:
    found = asked(collector, "delais", "procedure=injonction_de_payer")
    live = collector.get(f"/calculettes/delais/?procedure=appeal&forme={found.shape}", headers=HTMX)
    assert live["HX-Retarget"] == live["HX-Reselect"] == "#calculator"
    assert "le_notification_of_judgment" in live.content.decode()


# ---- PDF


@pytest.mark.parametrize("slug", list(QUESTIONS))
def test_the_pdf_holds_the_figures(collector: Client, slug: str) -> None:
    shown = working(collector, slug)
    answer = collector.get(f"/calculettes/{slug}/pdf/?{QUESTIONS[slug]}")
    assert answer["Content-Type"] == "application/pdf"
    assert slug in answer["Content-Disposition"]
    assert answer.content.startswith(b"%PDF")
    printed = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    printed = re.sub(r"\s+", "", printed.replace("\u202f", ""))

    def holds(text: str) -> bool:
        return re.sub(r"\s+", "", text.replace("\u202f", "")) in printed

    assert holds(shown.answer.value)
    for line in shown.lines:
        assert holds(line.result), line
    if slug != "interets":  # the décompte has its own layout
        assert all(holds(sentence) for line in shown.lines for sentence in line.why)
        assert holds(shown.text)


# ---- hostile input


NOISE = [
    "", "0", "-1", "1e9", "9" * 30, "31/02/2026", "2199-12-31", "1950-01-01", "+9999", "abc", "\x00",
    "<script>", "é" * 300, "12,5", "١٢", "97400", "2026-02-30", "NaN",
]  # fmt: skip


def noisy(slug: str, rng: random.Random) -> dict[str, str]:
    """A question with some of its answers replaced by anything."""
    query = dict(parse_qsl(QUESTIONS[slug]))
    for name in rng.sample(sorted(query), rng.randint(1, len(query))):
        query[name] = rng.choice(NOISE)
    for name in ("plus", "moins", "forme", "p1-montant", "e9-le", "duree", "inconnu"):
        if rng.random() < 0.15:
            query[name] = rng.choice([*NOISE, "f", "f1", "p", "e"])
    return query


@pytest.mark.parametrize("kind", CALCULATORS, ids=lambda kind: kind.slug)
def test_anything_typed_is_answered_or_said(kind: type[Calculator]) -> None:
    """Seeded noise in every answer: never an error of ours, never silence."""
    rng = random.Random(20261122)
    for _ in range(300):
        query = noisy(kind.slug, rng)
        found = kind(query, today=WORLD_DAY)
        outcome = found.outcome
        assert outcome.working or outcome.missing or outcome.stop or found.errors, query
        if outcome.working:
            again = kind(dict(found.link), today=WORLD_DAY)
            assert again.link == found.link, query
            assert again.outcome.working == outcome.working, query


@pytest.mark.parametrize("slug", list(QUESTIONS))
def test_a_page_of_noise_is_a_page(collector: Client, slug: str) -> None:
    rng = random.Random(slug)
    for _ in range(4):
        query = noisy(slug, rng)
        answer = collector.get(f"/calculettes/{slug}/?{urlencode(query)}")
        assert answer.status_code == 200, query
        assert b"<script>" not in answer.content


def test_extreme_durations_and_days_are_answered_or_refused() -> None:
    for unit in ("jours", "ouvrables", "semaines", "mois", "ans"):
        for start in ("1950-01-01", "2199-12-31", "2026-02-28"):
            for number in ("0", "1", "40", "360", "3660"):
                for way in ("apres", "avant"):
                    query = {"depart": start, "nombre": number, "unite": unit, "sens": way}
                    found = Days(query, today=WORLD_DAY)
                    assert found.outcome.working or found.errors, query


# ---- every procedure, every fact


def test_every_procedure_with_dates_is_offered_and_every_fact_has_its_field() -> None:
    offered = {key for _, group in choices() for key, _ in group}
    assert offered == {one for one in procedure_ids() if procedure(one).events}
    asked_for = {name for one in offered for name in facts_of(procedure(one))}
    unused = set(FACTS) - asked_for
    assert not unused, "a fact that no procedure asks for could not be given"
    for fact in FACTS.values():
        assert set(fact.choices) <= set(WORDS)


@pytest.mark.parametrize("one", [one for one in procedure_ids() if procedure(one).events])
def test_every_procedure_answers_some_date(one: str) -> None:
    """Each event of each procedure, on its own: an answer, or a refusal said somewhere."""
    for event in procedure(one).events:
        found = ProcedureDeadlines({"procedure": one, f"le_{event}": "2026-06-30"}, today=WORLD_DAY)
        outcome = found.outcome
        assert outcome.working or outcome.stop or found.errors, (one, event)
        if outcome.working:
            assert all(line.why and line.source for line in outcome.working.lines)
            read = [text for line in outcome.working.lines for text in (*line.why, line.note)]
            assert not any(re.search(r"[a-z]_[a-z]", text) for text in read), "an identifier"


def test_identifiers_are_read_as_words() -> None:
    assert plain(readable("le titre : nature court_title.")) == (
        "le titre : nature « exécution d’un titre judiciaire »."
    )
