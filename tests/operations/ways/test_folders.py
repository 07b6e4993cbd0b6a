"""Watched folders: what is taken and when, what is refused and why, and nothing lost or doubled."""

import os
import random
import re
import socket
from pathlib import Path

import pytest

from exigible import jobs
from exigible.channels.incoming.folder import DropFolder, FolderUnusable, parts_of
from exigible.intake.formats import Format
from exigible.operations.ways import folders, receiving
from exigible.store.models import Incoming, WatchedFolder
from tests.exhibit_files import pdf
from tests.operations.ways.steps import (
    STATEMENT,
    TABLE,
    after,
    banked_creditor,
    counts,
    files_of,
    read_all,
    watched,
    words_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(settings: object, tmp_path: Path) -> Path:
    settings.DROP_ROOT = tmp_path / "depots"
    return settings.DROP_ROOT


def look(folder: WatchedFolder, seconds: float) -> int:
    return folders.look(folder.pk, at=after(seconds))


def test_files_are_routed_by_content_and_put_away_once_read(root: Path):
    creditor = banked_creditor()
    folder = watched(creditor, root)
    place = root / "depot"
    (place / "novembre.xml").write_bytes(STATEMENT)
    (place / "bon.pdf").write_bytes(pdf("Bon de livraison BL-1"))
    (place / "inconnu.csv").write_bytes(TABLE)
    (place / "casse.xml").write_bytes(STATEMENT[:-60])

    assert look(folder, 0) == 0  # just arrived: may still be written
    assert look(folder, 12) == 4
    assert files_of(place / "traités") == []
    read_all(creditor)
    assert look(folder, 24) == 0

    assert counts(creditor) == (3, 1)
    assert {one.filename: one.format for one in creditor.imports.all()} == {
        "novembre.xml": Format.CAMT053,
        "inconnu.csv": Format.CUSTOMERS,
        "casse.xml": creditor.imports.get(filename="casse.xml").format,
    }
    assert all(one.incoming.folder == folder for one in creditor.imports.all())
    assert files_of(place) == [
        "refusés/casse.xml",
        "refusés/casse.xml.txt",
        "traités/2026-11/bon.pdf",
        "traités/2026-11/novembre.xml",
        "à compléter/inconnu.csv",
        "à compléter/inconnu.csv.txt",
    ]
    asked = words_of(place / "à compléter/inconnu.csv.txt")
    assert "attend une réponse" in asked
    assert "colonnes ne sont pas encore connues" in asked
    note = words_of(place / "refusés/casse.xml.txt")
    assert "Fichier refusé" in note
    assert creditor.name in note
    assert "Page Imports, n°" in note
    folder.refresh_from_db()
    assert folder.error == ""
    assert folder.looked_at == after(24)


def test_the_same_content_is_taken_once_and_a_refused_one_may_come_again(root: Path):
    creditor = banked_creditor()
    folder = watched(creditor, root, still_seconds=2)
    place = root / "depot"
    for name in ("a.xml", "b.xml"):  # together: the second is known by the first's row
        (place / name).write_bytes(STATEMENT)
    look(folder, 0)
    look(folder, 3)
    read_all(creditor)
    look(folder, 6)
    assert counts(creditor) == (1, 0)
    assert "déjà été reçu" in words_of(place / "traités/2026-11/b.xml.txt")

    bad = STATEMENT.replace(b"120.00", b"130.00", 1)  # no longer adds up
    for round_ in (10, 20):
        (place / "bad.xml").write_bytes(bad)
        look(folder, round_)
        look(folder, round_ + 3)
        read_all(creditor)
        look(folder, round_ + 6)
    assert counts(creditor) == (3, 0)
    last = Incoming.objects.latest("pk").pk
    assert files_of(place / "refusés") == [
        f"bad ({last}).xml",
        f"bad ({last}).xml.txt",
        "bad.xml",
        "bad.xml.txt",
    ]


def test_what_asks_a_person_waits_on_the_page(root: Path):
    creditor = banked_creditor()
    creditor.bank_accounts.all().delete()
    folder = watched(creditor, root, still_seconds=2)
    (root / "depot/releve.xml").write_bytes(STATEMENT)
    look(folder, 0)
    look(folder, 3)
    read_all(creditor)
    look(folder, 6)
    note = words_of(root / "depot/à compléter/releve.xml.txt")
    assert "attend une réponse" in note
    assert Incoming.objects.get().status == Incoming.Status.ASKS


def test_a_file_is_taken_when_still_or_renamed_into_place(root: Path):
    creditor = banked_creditor()
    folder = watched(creditor, root, still_seconds=10)
    place = root / "depot"
    growing, partial = place / "lent.xml", place / "rapide.xml.filepart"
    growing.write_bytes(STATEMENT[:100])
    partial.write_bytes(pdf("Contrat"))
    for name in (".cache", "~$verrou.xlsx", "encore.part", "vieux~", "x.tmp"):
        (place / name).write_bytes(b"en cours")
    look(folder, 0)
    growing.write_bytes(STATEMENT)  # still arriving
    look(folder, 9)
    partial.rename(place / "rapide.pdf")  # complete, and its name says so
    assert look(folder, 12) == 1
    assert [one.name for one in Incoming.objects.all()] == ["rapide.pdf"]
    os.utime(growing)  # touched: the clock starts again
    assert look(folder, 18) == 0
    assert look(folder, 29) == 1
    assert {path.name for path in place.iterdir() if path.is_file()} == {
        ".cache",
        "~$verrou.xlsx",
        "encore.part",
        "vieux~",
        "x.tmp",
    }


def test_links_devices_empty_and_huge_files_are_refused_with_the_reason(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(folders, "MOST_BYTES", 4 * 1024 * 1024)
    creditor = banked_creditor()
    folder = watched(creditor, root, still_seconds=2)
    place = root / "depot"
    secret = tmp_path / "secret.txt"
    secret.write_text("mot de passe")
    (place / "lien.txt").symlink_to(secret)
    os.mkfifo(place / "tube")
    (place / "vide.xml").touch()
    with (place / "gros.csv").open("wb") as file:
        file.truncate(5 * 1024 * 1024)
    listening = socket.socket(socket.AF_UNIX)
    here = os.open(place, os.O_RDONLY)
    listening.bind(f"/proc/self/fd/{here}/prise")
    (place / "dossier").mkdir()
    look(folder, 0)
    assert look(folder, 3) == 5
    listening.close()
    os.close(here)
    assert counts(creditor) == (0, 0)
    notes = {path.name: words_of(path) for path in (place / "refusés").glob("*.txt")}
    assert "lien vers un autre fichier" in notes["lien.txt.txt"]
    assert "pas un fichier ordinaire" in notes["tube.txt"]
    assert "pas un fichier ordinaire" in notes["prise.txt"]
    assert "est vide" in notes["vide.xml.txt"]
    assert "dépasse 4 Mo" in notes["gros.csv.txt"]
    assert secret.read_text() == "mot de passe"
    assert (place / "refusés/lien.txt").is_symlink()
    assert (place / "dossier").is_dir()


def test_folders_replaced_by_links_are_not_followed(root: Path, tmp_path: Path):
    creditor = banked_creditor()
    folder = watched(creditor, root, still_seconds=2)
    place = root / "depot"
    outside = tmp_path / "ailleurs"
    outside.mkdir()
    (place / "traités").symlink_to(outside)
    (place / "a.xml").write_bytes(STATEMENT)
    assert look(folder, 0) == 0
    folder.refresh_from_db()
    assert "n’est pas un dossier, ou c’est un lien" in folder.error
    assert folder.failing_since == after(0)
    assert folder.next_look_at == after(30)
    assert folders.due(after(10)) == []

    (place / "traités").unlink()
    (place / "refusés").rmdir()
    (place / "refusés").symlink_to(outside)
    assert folders.due(after(31)) == [folder.pk]
    look(folder, 31)
    folder.refresh_from_db()
    assert folder.next_look_at == after(31 + 60)  # the pauses grow
    assert list(outside.iterdir()) == []

    (place / "refusés").unlink()
    look(folder, 100)
    assert look(folder, 103) == 1
    folder.refresh_from_db()
    assert (folder.failures, folder.error, folder.failing_since) == (0, "", None)


def test_a_mistake_of_ours_on_one_file_leaves_the_others_their_turn(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    creditor = banked_creditor()
    folder = watched(creditor, root, still_seconds=2)
    (root / "depot/a.xml").write_bytes(STATEMENT)
    (root / "depot/b.pdf").write_bytes(pdf("Bon"))
    real = receiving.imports.receive_file

    def fails(*args: object, **options: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(receiving.imports, "receive_file", fails)
    look(folder, 0)
    assert look(folder, 3) == 2
    assert "Une erreur du programme" in words_of(root / "depot/refusés/a.xml.txt")
    assert counts(creditor) == (0, 1)
    assert "was not taken" in caplog.text

    monkeypatch.setattr(receiving.imports, "receive_file", real)
    (root / "depot/a.xml").write_bytes(STATEMENT)  # refused, so it may come again
    look(folder, 10)
    look(folder, 13)
    assert counts(creditor) == (1, 1)


def test_a_place_that_fails_leaves_the_others_their_turn(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    creditor = banked_creditor()
    first, second = (watched(creditor, root, name, still_seconds=0) for name in ("a", "b"))
    (root / "b/releve.xml").write_bytes(STATEMENT)
    real = folders.look

    def look_(folder_id: int, **options: object) -> int:
        if folder_id == first.pk:
            raise KeyError("x")
        return real(folder_id, **options)

    monkeypatch.setattr(folders, "look", look_)
    jobs.look_at_ways_in()
    assert Incoming.objects.get().folder == second
    assert "could not be looked at" in caplog.text


def test_hostile_names_stay_in_their_folder_and_in_the_base(root: Path):
    """Names as bytes: controls, half of a pair, quotes, very long, ours."""
    creditor = banked_creditor()
    folder = watched(creditor, root, still_seconds=2)
    place = os.fsencode(root / "depot")
    chance = random.Random(20261122)
    names = {
        b"\xff\xfe\x80.xml",
        b"-rf *.csv",
        "a\u202egpj.exe".encode(),
        b"nouvelle\nligne.pdf",
        b"'; DROP TABLE store_claim; --.xml",
        b"x" * 255,
        "é".encode() * 120 + b".xlsx",
        b"0123456789abcdef-en-cours.xml",
        b"%2e%2e%2fetc%2fpasswd",
        b"a\\..\\windows.csv",
        b"CON",
        b"<script>.html",
    }
    while len(names) < 40:
        letters = bytes(chance.choice(range(1, 256)) for _ in range(chance.randint(1, 60)))
        name = letters.replace(b"/", b"_")
        if name not in (b".", b"..") and not receiving_ignores(name):
            names.add(name)
    for number, name in enumerate(sorted(names)):
        with open(place + b"/" + name, "wb") as file:
            file.write(TABLE + str(number).encode())
    look(folder, 0)
    assert look(folder, 3) == len(names)
    read_all(creditor)
    look(folder, 6)
    assert counts(creditor) == (len(names), 0)
    assert set(Incoming.objects.values_list("status", flat=True)) == {"asks"}
    assert len(files_of(root / "depot/à compléter")) == 2 * len(names)
    assert os.listdir(place + b"/en-cours") == []
    assert sorted(path.name for path in root.iterdir()) == ["depot"]


def receiving_ignores(name: bytes) -> bool:
    from exigible.channels.incoming.folder import is_partial

    return is_partial(os.fsdecode(name))


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "a/../b", "/etc", "\\\\serveur\\part", "c:\\x", "a\x00b", "x" * 300, "a\n"],
)
def test_a_path_that_leaves_the_root_is_refused(path: str, tmp_path: Path):
    with pytest.raises(ValueError, match="^" + re.escape(path)):
        parts_of(path)
    with pytest.raises(FolderUnusable):
        DropFolder(tmp_path, path)
