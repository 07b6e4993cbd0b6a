"""Backup and restore on real servers: the same data back, verified, or nothing changed."""

import json
import os
import stat
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from exigible.hosting import embedded
from exigible.hosting.backup import DUMP, MANIFEST
from tests.hosting.conftest import Home, copy_of, needs_other_user

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="demande POSIX")]

FURNISH = """
from datetime import date
from exigible.cli._command import open_database
open_database()
from exigible.operations.acts import By
from exigible.operations.documents import store_document
from exigible.operations.payments import record_payment
from tests.builders import AT, make_account, make_claim
account = make_account()
claim = make_claim(account, 120_000, date(2026, 9, 30))
record_payment(account.pk, amount_cents=50_000, kind="transfer", value_date=date(2026, 10, 15),
               allocations=[(claim.pk, 50_000)], by=By.job("test"), at=AT)
for number in range(3):
    store_document(b"document %d" % number * 1000, name=f"{number}.pdf", media_type="a/b", at=AT)
"""

WORK_ON = """
from exigible.cli._command import open_database
open_database()
from exigible.operations.documents import store_document
from tests.builders import AT
for number in range(3):
    store_document(b"another %d" % number, name=f"a{number}.pdf", media_type="a/b", at=AT)
"""

STATE = """
SELECT (SELECT count(*) FROM store_claim), (SELECT sum(balance_cents) FROM store_claim),
       (SELECT count(*) FROM store_entry), (SELECT count(*) FROM store_journalentry),
       (SELECT count(*) FROM store_storeddocument), (SELECT count(*) FROM store_user)
"""


@pytest.fixture(scope="module")
def house(migrated: Home) -> Iterator[Home]:
    """A stopped home with an account, a payment, three documents: to copy from."""
    home = copy_of(migrated, Home(Path(tempfile.mkdtemp(prefix="exh-")) / "house"))
    home.python(FURNISH)
    assert home.run("db", "stop").returncode == 0
    yield home
    home.close()
    home.path.parent.rmdir()


@pytest.fixture
def furnished(house: Home, new_home: Callable[..., Home]) -> Home:
    home = copy_of(house, new_home())
    embedded.ensure_running(home.environment, say=lambda sentence: None)
    return home


@pytest.fixture(scope="module")
def standing(house: Home) -> Iterator[Home]:
    """A furnished home whose server runs, for the tests that leave it as it was."""
    home = copy_of(house, Home(Path(tempfile.mkdtemp(prefix="exh-")) / "standing"))
    embedded.ensure_running(home.environment, say=lambda sentence: None)
    yield home
    home.close()
    home.path.parent.rmdir()


@pytest.fixture(scope="module")
def saved(standing: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a furnished home: each is furnished with the same."""
    file = tmp_path_factory.mktemp("saved") / "s.zip"
    assert standing.run("backup", file).returncode == 0
    return file


def documents(home: Home) -> dict[str, bytes]:
    folder = home.path / "documents"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def databases(home: Home) -> list[str]:
    rows = home.query("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1")
    return [row[0] for row in rows]


def refused(home: Home, *command: object) -> dict[str, str]:
    answer = home.run(*command, "--json")
    assert answer.returncode == 1, answer.stderr
    assert "Traceback" not in answer.stderr
    error = json.loads(answer.stdout)["error"]
    assert isinstance(error, dict)
    return error


def test_a_backup_restores_the_same_data_elsewhere(
    furnished: Home, new_home: Callable[..., Home], tmp_path: Path
):
    file = tmp_path / "sauvegarde.zip"
    answer = furnished.run("backup", file, "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["documents"] == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
    other = new_home()
    answer = other.run("restore", file, "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {"documents": 3, "findings": [], "set_aside": None}
    assert other.query(STATE) == furnished.query(STATE)
    assert documents(other) == documents(furnished)
    assert databases(other) == ["exigible", "postgres"]
    assert other.run("check").returncode == 0
    # The guards came back too.
    with pytest.raises(Exception, match="ne se modifie ni ne se supprime"):
        other.query("DELETE FROM store_entry")
    assert not any(path.name.startswith("restore-") for path in other.path.iterdir())


WAITING = """
from exigible.cli._command import open_database
open_database()
from datetime import date
from exigible.store.models import Account, Message, Proposal
from tests.builders import AT
account = Account.objects.get()
day = date(2026, 11, 20)
step = dict(account=account, cycle=day, channel="email", label="Relance", amount_cents=1,
            proposed_on=day, status="approved")
Proposal.objects.create(action="sans_message", **step)
written = Proposal.objects.create(action="avec_message", **step)
Message.objects.create(account=account, proposal=written, channel="email", status="ready",
                       created_at=AT)
"""


def test_what_waited_to_leave_is_held_after_a_restore(
    furnished: Home, new_home: Callable[..., Home], tmp_path: Path
):
    # It may have left from the database that is replaced: nothing leaves twice.
    furnished.python(WAITING)
    assert furnished.run("backup", tmp_path / "s.zip").returncode == 0
    other = new_home()
    assert other.run("restore", tmp_path / "s.zip").returncode == 0
    [[status, reason]] = other.query("SELECT status, status_reason FROM store_message")
    assert status == "held"
    assert "peut-être parti" in reason
    steps = other.query("SELECT action, status FROM store_proposal ORDER BY action")
    assert [tuple(step) for step in steps] == [
        ("avec_message", "approved"),
        ("sans_message", "open"),
    ]


def test_a_database_in_use_is_not_replaced_unless_told(furnished: Home, saved: Path):
    before = furnished.query(STATE)
    assert refused(furnished, "restore", saved)["code"] == "database_not_empty"
    assert furnished.query(STATE) == before
    furnished.python(WORK_ON)
    assert furnished.query(STATE) != before
    assert len(documents(furnished)) == 6
    answer = furnished.run("restore", saved, "--replace", "--json")
    assert answer.returncode == 0, answer.stderr
    assert furnished.query(STATE) == before
    assert len(documents(furnished)) == 3
    aside = Path(json.loads(answer.stdout)["set_aside"])
    assert sum(path.is_file() for path in aside.rglob("*")) == 3
    assert furnished.run("check").returncode == 0


def test_a_restore_under_people_at_work_takes_over_their_sessions(furnished: Home, saved: Path):
    keys = embedded.connection_settings(furnished.environment)
    stop = threading.Event()
    reads: list[object] = []

    def work() -> None:
        while not stop.is_set():
            try:
                with psycopg.connect(
                    host=keys["HOST"], user="exigible", dbname="exigible", autocommit=True
                ) as connection:
                    while not stop.is_set():
                        reads.append(
                            connection.execute("SELECT count(*) FROM store_claim").fetchone()
                        )
            except psycopg.OperationalError:
                continue

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    try:
        assert furnished.run("restore", saved, "--replace").returncode == 0
        seen = len(reads)
        for _ in range(200):
            if len(reads) > seen:
                break
            threading.Event().wait(0.05)
        assert len(reads) > seen  # they found the new one
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert set(reads) == {(1,)}  # never a database half there
    assert databases(furnished) == ["exigible", "postgres"]


def test_an_existing_file_is_not_overwritten_unless_told(standing: Home, tmp_path: Path):
    file = tmp_path / "s.zip"
    file.write_text("précieux")
    assert refused(standing, "backup", file)["code"] == "backup_exists"
    assert file.read_text() == "précieux"
    assert standing.run("backup", file, "--force").returncode == 0
    assert zipfile.is_zipfile(file)


def test_a_damaged_document_is_named_and_the_rest_saved(furnished: Home, tmp_path: Path):
    folder = furnished.path / "documents"
    first, second, _ = sorted(path for path in folder.rglob("*") if path.is_file())
    first.unlink()
    second.write_bytes(b"altered")
    answer = furnished.run("backup", tmp_path / "s.zip", "--json")
    assert answer.returncode == 1
    saved = json.loads(answer.stdout)
    assert saved["documents"] == 1
    assert len(saved["damaged_documents"]) == 2


def rewrite(file: Path, other: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same archive with some members changed."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return other


def spoil_dump(members: dict[str, bytes]) -> None:
    members[DUMP] = members[DUMP][:-1] + b"!"


def spoil_document(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("documents/"))
    members[name] += b"!"


def drop_document(members: dict[str, bytes]) -> None:
    members.pop(next(name for name in members if name.startswith("documents/")))


def drop_manifest(members: dict[str, bytes]) -> None:
    members.pop(MANIFEST)


def climb_out(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("documents/"))
    members["documents/../../" + name.removeprefix("documents/")] = members.pop(name)


@pytest.mark.parametrize(
    "spoil", [spoil_dump, spoil_document, drop_document, drop_manifest, climb_out]
)
def test_a_backup_that_is_not_intact_changes_nothing(
    standing: Home, saved: Path, tmp_path: Path, spoil: Callable[[dict[str, bytes]], None]
):
    before, kept = standing.query(STATE), documents(standing)
    error = refused(
        standing, "restore", rewrite(saved, tmp_path / "changed.zip", spoil), "--replace"
    )
    assert error["code"] == "not_a_backup"
    assert standing.query(STATE) == before
    assert documents(standing) == kept
    assert databases(standing) == ["exigible", "postgres"]


def test_files_that_are_not_backups_are_refused(standing: Home, saved: Path, tmp_path: Path):
    text = tmp_path / "lettre.zip"
    text.write_text("Bonjour")
    assert refused(standing, "restore", text)["code"] == "not_a_backup"
    cut = tmp_path / "cut.zip"
    cut.write_bytes(saved.read_bytes()[:-2000])
    assert refused(standing, "restore", cut)["code"] == "not_a_backup"
    assert refused(standing, "restore", tmp_path / "absent.zip")["code"] == "file_not_found"


def test_what_the_check_finds_stops_a_restore_unless_told(furnished: Home, tmp_path: Path):
    with embedded.superuser_connection(furnished.cluster, "exigible") as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE store_claim SET balance_cents = balance_cents + 1")
    file = tmp_path / "s.zip"
    assert furnished.run("backup", file).returncode == 0
    before = furnished.query(STATE)
    error = refused(furnished, "restore", file, "--replace")
    assert error["code"] == "restore_not_verified"
    assert "solde" in error["message"]
    assert databases(furnished) == ["exigible", "postgres"]
    assert furnished.run("restore", file, "--replace", "--despite-findings").returncode == 0
    assert furnished.query(STATE) == before


def test_an_interrupted_restore_leaves_the_old_data_and_the_next_one_clears_up(
    furnished: Home, saved: Path
):
    before, kept = furnished.query(STATE), documents(furnished)
    process = furnished.start("restore", saved, "--replace")
    while len(databases(furnished)) == 2:
        assert process.poll() is None
    process.kill()
    process.wait()
    assert furnished.query(STATE) == before
    assert documents(furnished) == kept
    assert furnished.run("restore", saved, "--replace").returncode == 0
    assert databases(furnished) == ["exigible", "postgres"]
    assert furnished.query(STATE) == before


def test_a_backup_into_a_folder_that_does_not_exist_is_refused(standing: Home, tmp_path: Path):
    assert refused(standing, "backup", tmp_path / "no" / "s.zip")["code"] == "folder_not_found"


@needs_other_user
def test_a_backup_on_a_full_disk_leaves_nothing(standing: Home, tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    tried = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "essai", disk], capture_output=True, check=False
    )
    if tried.returncode != 0:
        pytest.skip("ce système ne laisse pas monter de disque d’essai")
    try:
        assert refused(standing, "backup", disk / "s.zip")["code"] == "disk_full"
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_server_by_url_is_backed_up_and_restored_too(
    furnished: Home, new_home: Callable[..., Home], saved: Path, tmp_path: Path
):
    """The same server reached by its address, with a role that may create databases."""
    keys = embedded.connection_settings(furnished.environment)
    with embedded.superuser_connection(furnished.cluster) as connection:
        connection.execute("CREATE ROLE partner LOGIN")
        connection.execute("CREATE DATABASE partner OWNER partner")
    by_url = new_home(EXIGIBLE_DATABASE_URL=f"postgresql://partner@/partner?host={keys['HOST']}")
    assert refused(by_url, "restore", saved)["code"] == "may_not_create_database"
    with embedded.superuser_connection(furnished.cluster) as connection:
        connection.execute("ALTER ROLE partner CREATEDB")
    answer = by_url.run("restore", saved)
    assert answer.returncode == 0, answer.stderr
    assert by_url.run("check").returncode == 0
    assert by_url.run("backup", tmp_path / "again.zip").returncode == 0
    assert documents(by_url) == documents(furnished)
    assert databases(furnished) == ["exigible", "partner", "postgres"]
    assert refused(by_url, "db", "stop")["code"] == "external_database"
