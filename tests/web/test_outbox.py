"""*Envois*: what waits is approved or held, doubts are lifted, letters are batched, exports read."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import load_workbook

from exigible.domain.roles import Role
from exigible.operations import chasing
from exigible.operations.acts import By
from exigible.operations.documents import store_document
from exigible.store.models import Channel, LetterBatch, Message, MessageStatus, Proposal
from tests.factories import WORLD_DAY, World
from tests.web.conftest import NOW

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(world: World, collector: Client) -> list[Message]:
    """Messages that wait for approval, prepared from the day's own steps."""
    steps = Proposal.objects.filter(
        status="open", channel__in=[Channel.EMAIL, Channel.LETTER], account__creditor=world.creditor
    )
    ids = sorted(set(steps.values_list("account_id", flat=True)))
    chasing.prepare_queued(ids, on=WORLD_DAY, by=By.user(world.collector), at=NOW)
    found = list(Message.objects.filter(status=MessageStatus.PROPOSED).order_by("pk"))
    assert len(found) >= 2, "the world's day proposes reminders"
    return found


def ids(client: Client, **query: str) -> set[int]:
    return {row.pk for row in client.get(reverse("messages"), query).context["rows"]}


def test_what_waits_is_listed_searched_and_narrowed(
    waiting: list[Message], collector: Client
) -> None:
    assert ids(collector) >= {one.pk for one in waiting}
    first = waiting[0]
    name = first.account.debtor.name
    assert first.pk in ids(collector, q=name)
    assert ids(collector, q="introuvable") == set()
    assert first.pk not in ids(
        collector, canal="letter" if first.channel == Channel.EMAIL else "email"
    )


def test_without_a_server_the_page_says_that_nothing_leaves(
    waiting: list[Message], collector: Client, settings: Any
) -> None:
    settings.SMTP = None
    assert "aucun serveur d’envoi" in collector.get(reverse("messages")).content.decode().lower()


def test_one_is_approved_after_a_dialog(waiting: list[Message], collector: Client) -> None:
    message = waiting[0]
    address = reverse("approve_message", args=[message.pk])
    dialog = collector.get(address, headers=HTMX).content.decode()
    assert "Valider l’envoi" in dialog
    answer = collector.post(address, headers=HTMX)
    assert answer.status_code == 200, answer.content.decode()
    message.refresh_from_db()
    assert message.status in {MessageStatus.READY, MessageStatus.SENDING}


def test_many_are_approved_together_and_the_rest_is_named(
    waiting: list[Message], collector: Client
) -> None:
    address = reverse("approve_messages")
    chosen = [one.pk for one in waiting]
    preview = collector.post(address, {"message": chosen}, headers=HTMX)
    assert "Valider" in preview.content.decode()
    assert not Message.objects.filter(pk__in=chosen, status=MessageStatus.READY).exists()
    collector.post(address, {"message": chosen, "fait": "1"}, headers=HTMX)
    left = Message.objects.filter(pk__in=chosen)
    assert left.filter(status=MessageStatus.READY).exists()
    assert not left.filter(status=MessageStatus.PROPOSED).exists()  # ready, or held with a reason
    assert not left.filter(status=MessageStatus.HELD, status_reason="").exists()


def test_many_are_held_for_one_reason(waiting: list[Message], collector: Client) -> None:
    address = reverse("decide_messages", args=["retenir"])
    chosen = [one.pk for one in waiting]
    without = collector.post(address, {"message": chosen, "fait": "1"}, headers=HTMX)
    assert without.status_code == 422
    collector.post(address, {"message": chosen, "fait": "1", "reason": "Avoir attendu"})
    held = Message.objects.filter(pk__in=chosen, status=MessageStatus.HELD)
    assert set(held.values_list("status_reason", flat=True)) == {"Avoir attendu"}


@pytest.mark.parametrize(("outcome", "status"), [("sent", "sent"), ("not_sent", "refused")])
def test_a_doubt_is_lifted_by_a_person(
    waiting: list[Message], collector: Client, outcome: str, status: str
) -> None:
    message = next(one for one in waiting if one.channel == Channel.EMAIL)
    Message.objects.filter(pk=message.pk).update(
        status=MessageStatus.UNCERTAIN,
        sending_at=NOW,
        message_id="<doute@exigible.example>",
        document=store_document(
            b"Bonjour", name="message.eml", media_type="message/rfc822", at=NOW
        ),
    )
    assert message.pk in ids(collector, onglet="incertains")
    answer = collector.post(
        reverse("resolve_message", args=[message.pk]),
        {"outcome": outcome, "note": "Vu chez le fournisseur"},
        headers=HTMX,
    )
    assert answer.status_code == 200, answer.content.decode()
    message.refresh_from_db()
    assert message.status in {status, MessageStatus.CANCELLED}


def test_letters_are_batched_printed_and_posted(
    waiting: list[Message], sign_in: Callable[[Role], Client]
) -> None:
    manager = sign_in(Role.MANAGER)
    letters = [one.pk for one in waiting if one.channel == Channel.LETTER]
    if not letters:
        message = waiting[0]
        Message.objects.filter(pk=message.pk).update(channel=Channel.LETTER)
        letters = [message.pk]
    manager.post(reverse("approve_messages"), {"message": letters, "fait": "1"})
    ready = Message.objects.filter(pk__in=letters, status=MessageStatus.READY)
    assert ready.exists()
    manager.post(reverse("build_batches"))
    batch = LetterBatch.objects.latest("pk")
    assert batch.letters == ready.count()
    assert manager.get(reverse("batch_file", args=[batch.pk])).content.startswith(b"%PDF")
    assert "Lot" in manager.get(reverse("messages"), {"onglet": "lots"}).content.decode()
    post = reverse("post_batch", args=[batch.pk])
    dialog = manager.get(post, headers=HTMX).content.decode()
    assert f'name="fichier" value="{batch.document_id}"' in dialog
    other_file = {"fichier": str(batch.document_id - 1)}  # as if made again since the dialog opened
    assert "reconstitué" in manager.post(post, other_file, headers=HTMX).content.decode()
    batch.refresh_from_db()
    assert batch.printed_at is None
    manager.post(post, {"fichier": str(batch.document_id)}, headers=HTMX)
    batch.refresh_from_db()
    assert batch.printed_at is not None


def test_batches_to_print_come_first_and_the_rest_is_paged(
    world: World, sign_in: Callable[[Role], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exigible.web.views.letter_batches.PAGE", 2)
    made = [
        LetterBatch.objects.create(
            creditor=world.creditor,
            channel=Channel.LETTER,
            on=date(2026, 3, day),
            letters=1,
            pages=1,
            printed_at=datetime(2026, 3, 20, day, tzinfo=UTC) if day != 4 else None,
            created_at=NOW,
        ).pk
        for day in (2, 3, 4, 5, 6)
    ]
    manager = sign_in(Role.MANAGER)

    def shown(**query: str) -> list[int]:
        answer = manager.get(reverse("messages"), {"onglet": "lots", **query})
        return [batch.pk for batch, _ in answer.context["batches"]]

    first = manager.get(reverse("messages"), {"onglet": "lots"})
    assert shown() == [made[2], made[4], made[3]]
    assert shown(suite=first.context["next_cursor"]) == [made[1], made[0]]
    assert shown(etat="a-imprimer") == [made[2]]
    assert shown(etat="poste", jusqu_au="03/03/2026") == [made[1], made[0]]
    assert shown(type="lrar") == []


def test_the_tab_is_exported(waiting: list[Message], collector: Client) -> None:
    answer = collector.get(reverse("export_messages"))
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 1 + len(ids(collector))


def test_another_portfolio_is_left_alone(world: World, collector: Client) -> None:
    theirs = Message.objects.create(
        account=world.accounts["ailleurs"],
        channel=Channel.EMAIL,
        subject="Rappel",
        status=MessageStatus.PROPOSED,
        created_at=NOW,
    )
    assert theirs.pk not in ids(collector)
    assert collector.post(reverse("hold_message", args=[theirs.pk])).status_code == 404
    collector.post(
        reverse("decide_messages", args=["annuler"]), {"message": [theirs.pk], "fait": "1"}
    )
    theirs.refresh_from_db()
    assert theirs.status == MessageStatus.PROPOSED
