"""*Ma journée*: the right steps, ranked, for the right person; every act answers as it should."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from exigible.domain import french
from exigible.domain.roles import Role
from exigible.store.models import Call, Channel, Proposal, ProposalStatus, Task
from exigible.store.queries import worklist
from exigible.web import clock, wording
from tests.factories import WORLD_DAY, World

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


def open_step(world: World, name: str) -> Proposal:
    return Proposal.objects.get(account=world.accounts[name], status=ProposalStatus.OPEN)


def add_step(world: World, name: str, **fields: Any) -> Proposal:
    values: dict[str, Any] = {
        "action": "test",
        "cycle": WORLD_DAY,
        "channel": Channel.TASK,
        "label": "Vérifier",
        "amount_cents": 1000,
        "proposed_on": WORLD_DAY,
        **fields,
    }
    return Proposal.objects.create(account=world.accounts[name], **values)


def test_steps_are_ranked_and_dates_come_first(world: World, collector: Client) -> None:
    add_step(
        world, "sain", limit_on=WORLD_DAY + timedelta(days=4), label="Interrompre la prescription"
    )
    page = collector.get("/")
    steps = page.context["steps"]
    assert [step.rank for step in steps] == sorted((step.rank for step in steps), reverse=True)
    assert [step.account.debtor.name for step in page.context["limits"]] == ["Librairie Passemard"]
    text = page.content.decode()
    assert text.index("Échéances qui ne se rattrapent pas") < text.index("Par priorité")
    assert "Promesse non tenue" in text
    assert "8\u202f000,00\u00a0€ promis pour le 17/11, rien reçu" in text


def test_each_tab_holds_what_it_says(world: World, collector: Client) -> None:
    for tab, test in {
        "appeler": lambda step: step.channel == "call",
        "valider": lambda step: step.channel in {"email", "letter", "lrar"},
        "promesses": lambda step: step.action == "broken_promise",
    }.items():
        page = collector.get("/", {"vue": tab})
        steps = page.context["steps"]
        assert steps, tab
        assert all(test(step) for step in steps)
        counts = {key: count for key, _, count in page.context["tabs"]}
        assert counts[tab] == len(steps)
    assert collector.get("/", {"vue": "nulle-part"}).status_code == 404


def test_a_collector_sees_their_accounts_and_nobody_s_a_manager_the_team_s(
    world: World, sign_in: Callable[[Role], Client]
) -> None:
    account = world.accounts["lestrade"]
    account.collector = world.people[Role.LITIGATION]
    account.save()
    own = sign_in(Role.COLLECTOR).get("/").context["steps"]
    assert "BTP Lestrade Garonnais" not in {step.account.debtor.name for step in own}
    assert any(step.account.collector_id is None for step in own)
    team = sign_in(Role.COLLECTOR).get("/", {"suivi": "tous"}).context["steps"]
    led = sign_in(Role.MANAGER).get("/").context["steps"]
    for steps in (team, led):
        assert "BTP Lestrade Garonnais" in {step.account.debtor.name for step in steps}


def test_another_portfolio_s_steps_are_nobody_s_here(world: World, collector: Client) -> None:
    add_step(world, "ailleurs", rank=10**12)
    names = {step.account.debtor.name for step in collector.get("/").context["steps"]}
    assert "Résidence des Glycines" not in names


def test_a_postponed_step_comes_back_on_its_day(world: World, collector: Client) -> None:
    step = open_step(world, "lestrade")
    answer = collector.post(
        reverse("postpone_step", args=[step.pk]), {"until": "+3", "note": "En congé"}, headers=HTMX
    )
    assert answer.status_code == 200
    events = json.loads(answer["HX-Trigger"])
    assert events == {"acted": "", "step-done": f"etape-{step.pk}"}
    assert "Étape reportée au 26/11/2026" in answer.content.decode()
    narrowing = worklist.Narrowing()
    for days, shown in ((0, False), (2, False), (3, True), (30, True)):
        steps = worklist.open_steps(world.collector, narrowing, on=WORLD_DAY + timedelta(days=days))
        assert steps.filter(pk=step.pk).exists() is shown


def test_a_refused_postponement_keeps_what_was_typed(world: World, collector: Client) -> None:
    step = open_step(world, "lestrade")
    answer = collector.post(
        reverse("postpone_step", args=[step.pk]),
        {"until": "hier", "note": "Trop tôt"},
        headers=HTMX,
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Trop tôt" in text
    assert 'aria-invalid="true"' in text
    assert "HX-Trigger" not in answer


def test_filters_narrow_and_wrong_ones_are_said(world: World, collector: Client) -> None:
    page = collector.get("/", {"canal": "call", "plus_de": "5 000"})
    assert {step.account.debtor.name for step in page.context["steps"]} == {"Charpentes Morvélec"}
    page = collector.get("/", {"plus_de": "beaucoup"})
    assert "n’a pas été appliqué" in page.content.decode()
    page = collector.get("/", {"nom": "quéneh"})
    assert [s.account.debtor.name for s in page.context["steps"]] == ["Maçonnerie Quénéhervé"]


def test_pages_follow_one_another_without_gap(
    world: World, collector: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [step.pk for step in collector.get("/").context["steps"]]
    monkeypatch.setattr(worklist, "PAGE", 2)
    seen, cursor = [], ""
    while True:
        page = collector.get("/", {"suite": cursor} if cursor else {}, headers=HTMX)
        seen += [step.pk for step in page.context["steps"]]
        cursor = page.context["next_cursor"]
        if not cursor:
            break
    assert seen == whole
    assert collector.get("/", {"suite": "n'importe quoi"}).status_code == 404


def test_the_number_of_queries_does_not_depend_on_the_number_of_steps(
    world: World, collector: Client, django_assert_max_num_queries: Any
) -> None:
    collector.get("/")
    for index in range(40):
        add_step(world, "lestrade", action=f"test-{index}", rank=index)
    cache.clear()
    with django_assert_max_num_queries(40):
        page = collector.get("/")
    assert len(page.context["steps"]) > 40


def test_a_call_outcome_does_the_step(world: World, collector: Client) -> None:
    step = open_step(world, "morvelec")
    address = reverse("call_act", args=[step.account_id, "left_message"])
    answer = collector.post(f"{address}?etape={step.pk}", headers=HTMX)
    assert answer.status_code == 200
    assert answer["HX-Reswap"] == "none"
    step.refresh_from_db()
    assert step.status == ProposalStatus.DONE
    assert Call.objects.filter(account=step.account, outcome="left_message", on=WORLD_DAY).exists()
    again = collector.post(f"{address}?etape={step.pk}", headers=HTMX)
    assert "déjà" in again.content.decode()
    assert "HX-Trigger" not in again
    assert Call.objects.filter(account=step.account, on=WORLD_DAY).count() == 1


def test_an_unknown_outcome_does_not_exist(world: World, collector: Client) -> None:
    address = reverse("call_act", args=[world.accounts["morvelec"].pk, "raccroche"])
    assert collector.get(address).status_code == 404


def test_bulk_previews_then_does_and_sets_aside(world: World, collector: Client) -> None:
    call, letter = open_step(world, "morvelec"), open_step(world, "lestrade")
    address = reverse("steps_in_bulk", args=["valider"])
    ids = {"etape": [call.pk, letter.pk]}
    preview = collector.post(address, ids, headers=HTMX).content.decode()
    assert "Valider 1\u00a0étape ?" in preview
    assert "n’est pas un envoi" in preview
    letter.refresh_from_db()
    assert letter.status == ProposalStatus.OPEN
    done = collector.post(address, {**ids, "fait": "1"}, headers=HTMX)
    assert json.loads(done["HX-Trigger"])["step-done"] == [f"etape-{letter.pk}"]
    letter.refresh_from_db()
    call.refresh_from_db()
    assert (letter.status, call.status) == (ProposalStatus.APPROVED, ProposalStatus.OPEN)


def test_bulk_postponement(world: World, collector: Client) -> None:
    ids = {"etape": [open_step(world, name).pk for name in ("lestrade", "lavoir")]}
    address = reverse("steps_in_bulk", args=["reporter"])
    wrong = collector.post(address, {**ids, "fait": "1", "until": "jamais"}, headers=HTMX)
    assert wrong.status_code == 422
    collector.post(address, {**ids, "fait": "1", "until": "+2"}, headers=HTMX)
    shown = Proposal.objects.filter(pk__in=ids["etape"]).values_list("show_from", flat=True)
    assert set(shown) == {WORLD_DAY + timedelta(days=2)}


def test_a_task_is_done_and_undone(world: World, collector: Client) -> None:
    task = Task.objects.get(label="Envoyer l’échéancier signé")
    page = collector.get("/").content.decode()
    assert "Envoyer l’échéancier signé" in page
    done = collector.post(reverse("finish_task", args=[task.account_id, task.pk]), headers=HTMX)
    assert "Remettre à faire" in done.content.decode()
    assert "Envoyer l’échéancier signé" not in collector.get("/").content.decode()
    collector.post(reverse("reopen_task", args=[task.account_id, task.pk]), headers=HTMX)
    task.refresh_from_db()
    assert task.done_at is None


def test_export_of_the_ticked_steps_only(world: World, collector: Client) -> None:
    step = open_step(world, "lestrade")
    answer = collector.post(reverse("export_steps"), {"etape": [step.pk, 10**9]})
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")


def test_an_auditor_comes_in_by_the_accounts(sign_in: Callable[[Role], Client]) -> None:
    answer = sign_in(Role.AUDITOR).get("/")
    assert (answer.status_code, answer.url) == (302, reverse("accounts"))


def test_a_partner_comes_in_by_their_profile(sign_in: Callable[[Role], Client]) -> None:
    assert sign_in(Role.PARTNER).get("/").url == reverse("profile")


def test_without_any_run_the_page_says_what_will_be_there(
    world: World, sign_in: Callable[[Role], Client]
) -> None:
    Proposal.objects.all().delete()
    Task.objects.update(
        done_at=datetime(2026, 11, 23, 9, tzinfo=UTC)
    )  # a task ends, it is never deleted
    page = sign_in(Role.MANAGER).get("/").content.decode()
    assert "Tout est traité" in page


def test_the_day_is_run_by_those_who_may(world: World, sign_in: Callable[[Role], Client]) -> None:
    assert b'id="run-day"' in sign_in(Role.MANAGER).get("/").content
    assert b'id="run-day"' not in sign_in(Role.COLLECTOR).get("/").content


def test_a_waiting_step_tells_what_is_overdue_today(world: World) -> None:
    step = open_step(world, "lestrade")
    step.reasons = [{"code": "overdue", "days": 3, "amount_cents": 100, "claims": 9}]
    step.save(update_fields=["reasons"])
    figures = step.account.figures
    late = (clock.today() - figures.oldest_due_on).days
    [words] = wording.reasons(step)
    assert words.endswith(f"{french.grouped(late)}\u00a0j.")
    assert french.euros(figures.chased_cents) in words
    step.status = "done"  # what was seen then is kept
    assert "9\u00a0créances" in wording.reasons(step)[0]
