"""Imports that are killed, that meet, that are watched: with real transactions."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from benchmarks.fec_file import write
from exigible import jobs
from exigible.operations.imports import (
    AlreadyRunning,
    receive_file,
    run_import,
    sweep_imports,
)
from exigible.store import locks
from exigible.store.models import Account, Claim, Creditor, ImportBatch, JournalEntry, LedgerLine
from tests.fec_text import fec, invoice
from tests.operations.importing import AT, BY, sound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Settings) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "home" / "documents"


@pytest.fixture
def creditor() -> Creditor:
    return Creditor.objects.create(name="Négoce SA", siren="123456782")


def received(creditor: Creditor, content: bytes, **options: bool) -> ImportBatch:
    return receive_file(
        content, name="123456782FEC20251231.txt", creditor=creditor, by=BY, at=AT, **options
    )


def test_progress_is_seen_from_outside_while_it_waits_its_turn(creditor: Creditor) -> None:
    batch = received(creditor, fec(invoice("F1", "20250110", "X", 10)).encode())

    def run() -> None:
        try:
            run_import(batch.pk, at=AT)
        finally:
            connection.close()

    importing = Thread(target=run)
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [locks.IMPORTS_OF_CREDITOR, creditor.pk])
        importing.start()
        deadline = time.monotonic() + 60
        while not batch.phase.startswith("En attente") and time.monotonic() < deadline:
            time.sleep(0.01)
            batch.refresh_from_db()
        assert (batch.status, batch.phase) == (
            "running",
            "En attente : un autre import de ce créancier est en cours",
        )
        with pytest.raises(AlreadyRunning):
            run_import(batch.pk, at=AT)
        assert sweep_imports(at=AT) == 0  # it is alive
    importing.join(timeout=60)
    batch.refresh_from_db()
    assert (batch.status, Claim.objects.count()) == ("done", 1)


def test_an_import_whose_process_died_is_said_interrupted(creditor: Creditor) -> None:
    content = fec(invoice("F1", "20250110", "X", 10)).encode()
    dead, queued = received(creditor, content), received(creditor, content, queued=True)
    ImportBatch.objects.update(status=ImportBatch.Status.RUNNING, started_at=AT)
    assert sweep_imports(at=AT) == 1
    dead.refresh_from_db()
    queued.refresh_from_db()
    assert (dead.status, queued.status) == ("failed", "running")  # its job takes it again
    assert "Rien n’a été enregistré" in dead.error
    assert run_import(dead.pk, at=AT).written["claims"] == 1
    jobs.run_import(queued.pk)
    queued.refresh_from_db()
    assert queued.status == "unchanged"


def test_a_file_received_is_run_by_a_worker(creditor: Creditor) -> None:
    batch = received(creditor, fec(invoice("F1", "20250110", "X", 10)).encode(), queued=True)
    [job] = ProcrastinateJob.objects.filter(task_name="exigible.jobs.run_import")
    assert job.args == {"batch_id": batch.pk}
    jobs.run_import(**job.args)
    batch.refresh_from_db()
    assert batch.status == "done"
    jobs.run_import(**job.args)  # taken again after its worker died: nothing more
    assert Claim.objects.count() == 1


def test_two_imports_at_once_follow_one_another(creditor: Creditor) -> None:
    content = fec(*(invoice(f"F{n}", "20250110", f"C{n % 7}", 10 + n) for n in range(60))).encode()
    batches = [received(creditor, content) for _ in range(3)]
    errors: list[BaseException] = []

    def run(batch: ImportBatch) -> None:
        try:
            run_import(batch.pk, at=AT)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert errors == []
    statuses = sorted(ImportBatch.objects.values_list("status", flat=True))
    assert statuses == ["done", "unchanged", "unchanged"]
    assert Claim.objects.count() == 60
    assert sound() == []


@pytest.mark.slow
def test_an_import_killed_leaves_nothing_and_is_run_anew(
    creditor: Creditor, tmp_path: Path, settings: Settings
) -> None:
    path = write(tmp_path / "123456782FEC20251231.txt", 8_000)
    batch = received(creditor, path.read_bytes())
    database = connection.settings_dict
    address = (
        f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
        f"&port={database['PORT'] or 5432}"
    )
    script = (
        "import django; django.setup()\n"
        "from datetime import UTC, datetime\n"
        "from exigible.operations.imports import run_import\n"
        f"run_import({batch.pk}, at=datetime.now(UTC))"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "exigible.settings",
        "EXIGIBLE_DATABASE_URL": address,
        "EXIGIBLE_HOME": str(tmp_path / "home"),
    }
    process = subprocess.Popen([sys.executable, "-c", script], env=environment)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            batch.refresh_from_db()
            if batch.phase not in ("", "Lecture du fichier"):
                break
        assert process.poll() is None, "it ended before it could be killed"
    finally:
        process.kill()
        process.wait()
    batch.refresh_from_db()
    assert batch.status == "running"
    assert not any(m.objects.exists() for m in (LedgerLine, Account, Claim, JournalEntry))
    report = run_import(batch.pk, at=AT)
    assert report.written["claims"] > 100
    assert sound() == []
