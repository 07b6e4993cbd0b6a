"""The pages of the ways in: settings, tokens, arrivals, and how imports say they came."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from exigible.domain.roles import Role
from exigible.operations.acts import By
from exigible.operations.ways import folders, tokens
from exigible.operations.ways.secrets import decrypted
from exigible.store.models import ApiToken, Incoming, JournalEntry, MailBox, WatchedFolder
from tests.factories import World
from tests.operations.ways.steps import STATEMENT, read_all
from tests.web.conftest import NOW

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def administrator(sign_in: Callable[[Role], Client], settings: Any, tmp_path: Path) -> Client:
    settings.DROP_ROOT = tmp_path / "depots"
    return sign_in(Role.ADMINISTRATOR)


def box(world: World, **fields: object) -> dict[str, object]:
    return {
        "creditor": world.creditor.pk,
        "host": "imap.armorial.example",
        "security": "tls",
        "port": "",
        "user": "depot",
        "password": "un secret",
        "folder": "INBOX",
        "done_folder": "Traités",
        "refused_folder": "Refusés",
        "senders": "@banque.example\ncompta@client.example",
        **fields,
    }


def refused(client: Client, name: str, said: dict[str, object], *args: object) -> str:
    response = client.post(reverse(name, args=args), said, headers=HTMX)
    assert response.status_code == 422, response.content.decode()[:400]
    return response.content.decode()


def test_a_folder_is_watched_only_under_the_root(administrator: Client, world: World):
    root = administrator.get(reverse("watch_folder"), headers=HTMX).content.decode()
    assert "depots" in root
    said = {"creditor": world.creditor.pk, "path": "banque/releves", "still_seconds": 10}
    for path in ("/etc", "../secret", "a/../../b", "..", "C:\\x", "a\x00b"):
        assert "nom sous" in refused(administrator, "watch_folder", {**said, "path": path})
    assert "trop petite" in refused(administrator, "watch_folder", {**said, "still_seconds": 1})
    assert administrator.post(reverse("watch_folder"), said, headers=HTMX).status_code == 200
    one = WatchedFolder.objects.get()
    assert (one.path, one.creditor, one.still_seconds) == ("banque/releves", world.creditor, 10)
    for path in ("banque", "banque/releves", "banque/releves/avant"):
        assert "déjà surveillé" in refused(administrator, "watch_folder", {**said, "path": path})
    moved = {"path": "banque/autre", "still_seconds": 30}
    administrator.post(reverse("watched_folder", args=[one.pk]), moved, headers=HTMX)
    one.refresh_from_db()
    assert (one.path, one.still_seconds) == ("banque/autre", 30)
    done = JournalEntry.objects.filter(subject=f"folder:{one.pk}").values_list("action", flat=True)
    assert set(done) == {"folder_watched", "folder_changed"}


def test_what_arrives_says_its_way(administrator: Client, world: World, settings: Any):
    (settings.DROP_ROOT / "banque").mkdir(parents=True)
    one = WatchedFolder.objects.create(
        creditor=world.creditor, path="banque", created_by=world.collector.opaque_id, created_at=NOW
    )
    (settings.DROP_ROOT / "banque/releve.xml").write_bytes(STATEMENT)
    (settings.DROP_ROOT / "banque/<b>.xml").write_bytes(STATEMENT[:-60])
    WatchedFolder.objects.filter(pk=one.pk).update(still_seconds=0)
    folders.look(one.pk, at=NOW)
    read_all(world.creditor, NOW)
    folders.look(one.pk, at=NOW)
    page = administrator.get(reverse("imports")).content.decode()
    assert "Dossier, banque" in page
    narrowed = administrator.get(reverse("imports"), {"voie": "dossier"}).content.decode()
    assert "releve.xml" in narrowed
    assert (
        "releve.xml" not in administrator.get(reverse("imports"), {"voie": "api"}).content.decode()
    )
    detail = administrator.get(reverse("import_detail", args=[world.creditor.imports.first().pk]))
    assert "Dossier, banque" in detail.content.decode()
    arrivals = administrator.get(reverse("arrivals")).content.decode()
    assert "&lt;b&gt;.xml" in arrivals
    assert "<b>.xml" not in arrivals
    only = administrator.get(reverse("arrivals"), {"etat": "refused", "voie": "dossier"})
    assert "releve.xml" not in only.content.decode()
    sheet = administrator.get(reverse("export_arrivals"), {"format": "csv"})
    assert "releve.xml" in b"".join(sheet).decode("utf-8-sig")
    ways = administrator.get(reverse("ways")).content.decode()
    assert "En marche" in ways
    assert Incoming.objects.count() == 2


def test_arrivals_of_another_creditor_are_not_seen(
    administrator: Client, world: World, sign_in: Callable[[Role], Client]
):
    one = WatchedFolder.objects.create(
        creditor=world.other_creditor,
        path="x",
        created_by=world.collector.opaque_id,
        created_at=NOW,
    )
    Incoming.objects.create(
        creditor=world.other_creditor, folder=one, name="secret-du-ponant.xml", received_at=NOW
    )
    assert "secret-du-ponant" in administrator.get(reverse("arrivals")).content.decode()
    theirs = sign_in(Role.ACCOUNTANT).get(reverse("arrivals")).content.decode()
    assert "secret-du-ponant" not in theirs


def test_a_mailbox_keeps_its_password_to_itself(administrator: Client, world: World):
    assert "La réponse manque" in refused(administrator, "open_mailbox", box(world, password=""))
    assert "partirait en clair" in refused(
        administrator, "open_mailbox", box(world, security="plain")
    )
    assert "ni une adresse" in refused(administrator, "open_mailbox", box(world, senders="tous"))
    assert "autre dossier" in refused(
        administrator, "open_mailbox", box(world, done_folder="INBOX")
    )
    again = refused(administrator, "open_mailbox", box(world, host="a b"))
    assert "un secret" not in again
    made = administrator.post(reverse("open_mailbox"), box(world), headers=HTMX)
    assert made.status_code == 200
    one = MailBox.objects.get()
    assert (one.port, one.senders) == (993, ["@banque.example", "compta@client.example"])
    assert decrypted(one.secret) == "un secret"
    assert b"un secret" not in bytes(one.secret)
    shown = administrator.get(reverse("mailbox", args=[one.pk]), headers=HTMX).content.decode()
    assert "un secret" not in shown
    assert "imap.armorial.example" in shown
    # Nobody sends the password kept to a server of his own.
    elsewhere = box(world, host="pirate.example", password="")
    assert "saisissez de nouveau le mot de passe" in refused(
        administrator, "mailbox", elsewhere, one.pk
    )
    kept = box(world, user="depot", password="", folder="Entrants")
    assert (
        administrator.post(reverse("mailbox", args=[one.pk]), kept, headers=HTMX).status_code == 200
    )
    one.refresh_from_db()
    assert (one.folder, decrypted(one.secret)) == ("Entrants", "un secret")
    facts = [str(entry.facts) for entry in JournalEntry.objects.all()]
    assert not any("un secret" in said for said in facts)
    administrator.post(reverse("pause_mailbox", args=[one.pk]), headers=HTMX)
    assert "En pause" in administrator.get(reverse("ways")).content.decode()
    administrator.post(reverse("resume_mailbox", args=[one.pk]), headers=HTMX)
    assert (
        "Fermer"
        in administrator.get(reverse("close_mailbox", args=[one.pk]), headers=HTMX).content.decode()
    )
    administrator.post(reverse("close_mailbox", args=[one.pk]), {"version": ""}, headers=HTMX)
    one.refresh_from_db()
    assert one.closed_at == NOW
    assert bytes(one.secret) == b""
    assert administrator.get(reverse("mailbox", args=[one.pk])).status_code == 404


def test_a_failing_way_is_shown_with_its_reason(administrator: Client, world: World):
    administrator.post(
        reverse("open_mailbox"), box(world, host="127.0.0.1", security="tls", port=1)
    )
    one = MailBox.objects.get()
    from exigible.operations.ways import mail

    mail.look(one.pk, at=NOW)
    page = administrator.get(reverse("ways"), {"etat": "panne"}).content.decode()
    assert "En panne" in page
    assert "La conversation avec 127.0.0.1:1 a échoué" in page
    assert "Prochain essai" in page
    tried = administrator.post(reverse("try_mailbox", args=[one.pk]), headers=HTMX)
    assert "a échoué" in tried.content.decode()
    MailBox.objects.update(secret=b"of another key")
    tried = administrator.post(reverse("try_mailbox", args=[one.pk]), headers=HTMX)
    assert "La clé du service a changé" in tried.content.decode()
    sheet = administrator.get(reverse("export_ways"), {"format": "csv"})
    assert "En panne" in b"".join(sheet).decode("utf-8-sig")


def test_a_token_is_shown_once(administrator: Client, world: World):
    said = {
        "name": "ERP de nuit",
        "scopes": ["import", "follow"],
        "creditors": [world.creditor.pk],
        "expires_on": "+90",
    }
    for name, value in (("name", ""), ("scopes", []), ("creditors", []), ("expires_on", "+900")):
        wrong = administrator.post(reverse("new_token"), {**said, name: value})
        assert wrong.status_code == 422, name
    assert not ApiToken.objects.exists()
    made = administrator.post(reverse("new_token"), said)
    text = made.content.decode()
    secret = "exg_" + text.split('value="exg_')[1].split('"')[0]
    assert "no-store" in made["Cache-Control"]
    program = Client(headers={"authorization": f"Bearer {secret}"})
    assert program.get("/api/v1/creditors").status_code == 200
    page = administrator.get(reverse("tokens")).content.decode()
    assert secret not in page
    assert "ERP de nuit" in page
    assert "21/02/2027" in page
    one = ApiToken.objects.get()
    administrator.post(reverse("revoke_token", args=[one.pk]), {"version": ""}, headers=HTMX)
    assert program.get("/api/v1/creditors").status_code == 401
    assert (
        "ERP de nuit" in administrator.get(reverse("tokens"), {"etat": "revoque"}).content.decode()
    )
    assert (
        "ERP de nuit"
        not in administrator.get(reverse("tokens"), {"etat": "vigueur"}).content.decode()
    )
    sheet = administrator.get(reverse("export_tokens"), {"format": "csv"})
    assert secret not in b"".join(sheet).decode("utf-8-sig")


def test_many_ways_and_tokens_are_acted_on_at_once(administrator: Client, world: World):
    for name in ("banque", "clients"):
        administrator.post(
            reverse("watch_folder"),
            {"creditor": world.creditor.pk, "path": name, "still_seconds": "5"},
            headers=HTMX,
        )
    administrator.post(reverse("open_mailbox"), box(world), headers=HTMX)
    folders_, mail = list(WatchedFolder.objects.order_by("path")), MailBox.objects.get()
    ticked = {"dossier": [one.pk for one in folders_], "boite": [mail.pk]}
    pause = reverse("ways_in_bulk", args=["suspendre"])
    asked = administrator.post(pause, ticked, headers=HTMX).content.decode()
    assert "Mettre 3\u00a0voies en pause" in asked
    assert not WatchedFolder.objects.filter(paused=True).exists()
    administrator.post(pause, {**ticked, "fait": "1", "version": ""}, headers=HTMX)
    assert WatchedFolder.objects.filter(paused=True).count() == 2
    assert MailBox.objects.get().paused
    assert JournalEntry.objects.filter(action__in=("folder_paused", "mailbox_paused")).count() == 3
    again = administrator.post(pause, {"dossier": [folders_[0].pk]}, headers=HTMX).content.decode()
    assert "1\u00a0voie cochée l’est déjà" in again
    one = {"dossier": [folders_[0].pk], "fait": "1", "version": ""}
    administrator.post(reverse("ways_in_bulk", args=["reprendre"]), one, headers=HTMX)
    administrator.post(reverse("ways_in_bulk", args=["fermer"]), one, headers=HTMX)
    assert WatchedFolder.objects.get(pk=folders_[0].pk).closed_at is not None
    assert administrator.post(reverse("ways_in_bulk", args=["bruler"]), one).status_code == 404
    page = administrator.get(reverse("ways")).content.decode()
    assert f'name="dossier" value="{folders_[1].pk}"' in page
    made = [
        tokens.create_token(
            f"Jeton {number}",
            scopes=["read"],
            creditor_ids=[world.creditor.pk],
            expires_at=NOW + timedelta(days=3),
            by=By.job("test"),
            at=NOW,
        )[0]
        for number in range(2)
    ]
    revoke, ids = reverse("revoke_tokens"), {"jeton": [one.pk for one in made]}
    assert "Jeton 1" in administrator.post(revoke, ids, headers=HTMX).content.decode()
    administrator.post(revoke, {**ids, "fait": "1", "version": ""}, headers=HTMX)
    assert ApiToken.objects.filter(revoked_at__isnull=False).count() == 2
    assert JournalEntry.objects.filter(action="token_revoked").count() == 2
