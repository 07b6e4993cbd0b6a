"""Looking, reading what came in as the jobs would, looking again: what a worker does in a few rounds."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exigible.operations import exhibit_intake, imports
from exigible.operations.acts import By
from exigible.store.models import (
    Creditor,
    CreditorBankAccount,
    ExhibitArrival,
    ImportBatch,
    WatchedFolder,
)
from tests.bank_text import IBAN, camt
from tests.builders import make_creditor

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
BY = By.job("test")
STATEMENT = camt([("2026-11-03", "120.00", "FA-26-0412")]).encode()
TABLE = "Colonne mystère;Autre;Troisième\nalpha;bravo;charlie\n".encode()


def banked_creditor() -> Creditor:
    """Make a creditor whose bank account is the one of `STATEMENT`."""
    creditor = make_creditor()
    CreditorBankAccount.objects.create(creditor=creditor, iban=IBAN, is_default=True)
    return creditor


def watched(creditor: Creditor, root: Path, path: str = "depot", **fields: object) -> WatchedFolder:
    (root / path).mkdir(parents=True, exist_ok=True)
    return WatchedFolder.objects.create(
        creditor=creditor, path=path, created_by=BY.uuid, created_at=AT, **fields
    )


def read_all(creditor: Creditor, at: datetime = AT) -> None:
    """Do the jobs that were queued: imports, then documents."""
    left = ImportBatch.objects.filter(creditor=creditor, status__in=["waiting", "running"])
    for batch in left.order_by("pk"):
        imports.run_import(batch.pk, at=at, progress=lambda phase, done, total: None)
    for arrival in ExhibitArrival.objects.filter(creditor=creditor, status="waiting"):
        exhibit_intake.read_drop(arrival.drop, at=at)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def files_of(folder: Path) -> list[str]:
    """Return what a folder holds, subfolders included, by relative name."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def words_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def counts(creditor: Creditor) -> Sequence[int]:
    return (
        ImportBatch.objects.filter(creditor=creditor).count(),
        ExhibitArrival.objects.filter(creditor=creditor).count(),
    )
