"""On the account page: what registers say, what is taken from them, reliability, bank accounts."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from exigible.operations import figures
from exigible.store.models import Account, AccountFigures, Debtor, DebtorBankAccount, JournalEntry
from tests import registers as answers
from tests.builders import make_account, make_claim, make_debtor
from tests.factories import WORLD_DAY, World
from tests.registers import SIREN, Registers, serving

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def account(world: World) -> Account:
    debtor = make_debtor(name="Lestrade", siren=SIREN, kind="unknown")
    made = make_account(world.creditor, debtor=debtor, number="C-97001")
    make_claim(made, 70_000, WORLD_DAY)
    figures.refresh([made.pk], WORLD_DAY)
    return made


@pytest.fixture
def local(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registers]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as running:
        running.answers["recherche"] = (200, answers.recherche())
        settings.ENVIRONMENT = replace(
            settings.ENVIRONMENT, recherche_url=f"{running.base}/recherche"
        )
        yield running


def tab(client: Client, account: Account) -> str:
    answer = client.get(reverse("account", args=[account.pk]), {"onglet": "identite"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_register_is_asked_shown_and_taken_in_part(
    account: Account, local: Registers, collector: Client
) -> None:
    assert "pas encore été interrogé" in tab(collector, account)
    asked = collector.post(reverse("ask_register", args=[account.pk]), headers=HTMX)
    assert "Le registre a répondu" in asked.content.decode()
    page = tab(collector, account)
    for words in (
        "LOUISE GARONNE",
        "20 à 49 salariés",
        "réponse du",
        "8 RUE DES SCIEURS, 47000 AGEN",
    ):
        assert words in page
    account.debtor.refresh_from_db()
    assert account.debtor.name == "Lestrade"
    collector.post(reverse("accept_register", args=[account.pk]), {"partie": "kind"})
    account.debtor.refresh_from_db()
    assert (account.debtor.kind, account.debtor.name) == ("professional", "Lestrade")
    collector.post(reverse("accept_register", args=[account.pk]), {"tout": "1"})
    account.debtor.refresh_from_db()
    assert (account.debtor.name, account.debtor.city) == ("LESTRADE GARONNAIS", "AGEN")
    assert "dit la même chose" in tab(collector, account)
    # Undone at once: the last reprise only, as the file was before it; and not twice, nor over a correction.
    undo = reverse("take_back_register", args=[account.pk])
    done = collector.post(undo, headers=HTMX).content.decode()
    assert "comme avant" in done
    account.debtor.refresh_from_db()
    assert (account.debtor.name, account.debtor.city) == ("Lestrade", "Quimper")
    assert (account.debtor.kind, account.debtor.name_key) == ("professional", "lestrade")
    assert "Rien à défaire" in collector.post(undo, headers=HTMX).content.decode()
    collector.post(reverse("accept_register", args=[account.pk]), {"tout": "1"})
    Debtor.objects.filter(pk=account.debtor_id).update(city="BOE")
    assert "a changé depuis" in collector.post(undo, headers=HTMX).content.decode()
    lines = JournalEntry.objects.filter(account=account, action="register_taken_back")
    assert "AGEN" not in str([line.facts for line in lines])
    assert lines.count() == 1


def test_without_a_register_the_page_says_so(account: Account, collector: Client) -> None:
    assert "Aucun registre n’est ouvert" in tab(collector, account)
    refused = collector.post(reverse("ask_register", args=[account.pk]), headers=HTMX)
    assert "Aucun registre n’est ouvert" in refused.content.decode()


def test_without_a_network_the_page_says_so(
    account: Account, collector: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, recherche_url="http://127.0.0.1:9")
    answer = collector.post(reverse("ask_register", args=[account.pk]), headers=HTMX)
    assert "hors d’atteinte" in answer.content.decode()
    assert "Tout le reste fonctionne" in answer.content.decode()


def test_a_struck_off_company_is_a_warning(
    account: Account, local: Registers, collector: Client
) -> None:
    local.answers["recherche"] = (200, answers.recherche(etat_administratif="C"))
    collector.post(reverse("ask_register", args=[account.pk]))
    page = collector.get(reverse("account", args=[account.pk])).content.decode()
    assert "cessée ou radiée" in page
    assert "rien n’a été changé" in page
    assert "Société radiée" in page  # in what takes points off


def test_what_is_not_published_is_not_shown(
    account: Account, local: Registers, collector: Client
) -> None:
    hidden = answers.recherche(statut_diffusion="P", nature_juridique="1000")
    local.answers["recherche"] = (200, hidden)
    collector.post(reverse("ask_register", args=[account.pk]))
    page = tab(collector, account)
    assert "opposée à la diffusion" in page
    assert "GARONNE" not in page
    assert "47000" not in page


def test_a_debtor_without_siren_is_found_by_name(
    account: Account, local: Registers, collector: Client
) -> None:
    account.debtor.siren = ""
    account.debtor.save()
    address = reverse("search_register", args=[account.pk])
    assert collector.get(address, headers=HTMX).status_code == 200
    found = collector.post(address, {"words": "lestrade"}, headers=HTMX)
    assert "C’est lui" in found.content.decode()
    done = collector.post(address, {"words": "lestrade", "siren": SIREN}, headers=HTMX)
    assert done.status_code == 200
    account.debtor.refresh_from_db()
    assert account.debtor.siren == SIREN


def test_an_iban_is_checked_noted_and_taken_back(account: Account, collector: Client) -> None:
    address = reverse("iban_act", args=[account.pk])
    wrong = collector.post(address, {"iban": "FR76 3000 6000 0112 3456 7890 188"}, headers=HTMX)
    assert wrong.status_code == 422
    assert "clé est fausse" in wrong.content.decode()
    right = {"iban": "FR76 3000 6000 0112 3456 7890 189"}
    assert collector.post(address, right, headers=HTMX).status_code == 200
    assert collector.post(address, right, headers=HTMX).status_code == 422
    row = DebtorBankAccount.objects.get()
    assert "FR76" in tab(collector, account)
    collector.post(reverse("end_iban", args=[account.pk, row.pk]))
    row.refresh_from_db()
    assert row.ended_at is not None


def test_the_reliability_says_what_to_do(account: Account, collector: Client) -> None:
    page = collector.get(reverse("account", args=[account.pk])).content.decode()
    # 100 − 25 (qualité) − 8 (siège non vérifié)
    assert "67 sur 100" in page
    assert "Qualité inconnue" in page
    assert 'id="fix-kind"' in page


def test_a_list_sorted_and_narrowed_by_reliability(
    world: World, account: Account, collector: Client
) -> None:
    def listed(**query: str) -> list[Any]:
        answer = collector.get(reverse("incomplete"), {"manque": "fiabilite", **query})
        assert answer.status_code == 200
        return list(answer.context["rows"])

    scores = [row.reliability.score for row in listed()]
    assert scores == sorted(scores)
    assert scores
    copies = AccountFigures.objects.in_bulk([row.account.pk for row in listed()])
    assert scores == [copies[row.account.pk].reliability for row in listed()]
    assert all(row.reliability.score >= 85 for row in listed(niveau="good"))
    unknown = {row.account.number for row in listed(lacune="kind")}
    assert account.number in unknown
    assert world.account("lestrade").number not in unknown
    assert listed(tri="-fiabilite")[0].reliability.score == max(scores)


def test_registers_are_asked_about_many(
    account: Account, local: Registers, collector: Client
) -> None:
    ticks = {"ligne": [account.pk], "requete": "manque=fiabilite"}
    address = reverse("complete_in_bulk", args=["registre"])
    assert collector.post(address, ticks, headers=HTMX).status_code == 200
    assert collector.post(address, ticks | {"fait": "1"}, headers=HTMX).status_code == 200
    assert local.asked == []  # a worker will
