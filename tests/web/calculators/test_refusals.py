"""*Calculettes*: what is wrong, what is missing, what the law does not say."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from exigible.domain.law.courts import Seat
from exigible.domain.places import Commune
from exigible.domain.roles import Role
from exigible.hosting.reference import merge_courts
from exigible.operations import law
from exigible.operations.acts import By
from exigible.store.models import User
from exigible.web.calculators.base import Calculator
from tests.factories import WORLD_DAY
from tests.web.calculators.questions import QUESTIONS, asked, plain, working
from tests.web.conftest import NOW

LEGAL_RATE = "taux_interet_legal_autres"


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
        ("voies", "montant=0", "montant", "supérieur à zéro"),
        ("voies", "montant=100&fait_debtor_postcode=00000", "fait_debtor_postcode", "commune"),
        (
            "voies",
            "montant=100&fait_nature=consumer&fait_debtor_kind=professional",
            "fait_debtor_kind",
            "disent le contraire",
        ),
        (
            "voies",
            "montant=100&fait_title=judgment&fait_title_on=2027-02-02",
            "fait_title_on",
            "pas encore venu",
        ),
        ("voies", "montant=9000&hyp_road=petites_creances", "hyp_road", "est fermée"),
        ("voies", "montant=100&hyp_win=120", "hyp_win", "100"),
        ("voies", "montant=100&hyp_win=beaucoup", "hyp_win", "pas un pourcentage"),
        ("voies", "montant=100&hyp_vat=100", "hyp_vat", "inférieure à la dette"),
        ("voies", "montant=100&fait_creditor_country=France", "fait_creditor_country", "pays"),
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
        ("voies", "fait_due_on=2026-03-10", ["id_montant"]),
        (
            "voies",
            "montant=10&prescription_fait=acknowledgement",
            ["id_prescription_le", "id_prescription_depart"],
        ),
        (
            "voies",
            "montant=10&fait_nature=public_title&prescription_depart=2026-01-01",
            ["id_prescription_nature"],
        ),
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
