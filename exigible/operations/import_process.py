"""What every import and its dry run share: whose turn it is, who is on it, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from exigible.domain.refusals import Refused
from exigible.intake.report import ImportReport
from exigible.operations.ledger_import import Progress
from exigible.store import locks
from exigible.store.models import Creditor, ImportBatch, ImportProblem

TELL_EVERY_SECONDS = 0.3


class AlreadyRunning(Refused):
    """Another process is on this very import."""

    def __init__(self) -> None:
        super().__init__("already_running", "Cet import est déjà en cours.")


def locked(batch_id: int) -> ImportBatch:
    return ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)


def lock_creditor(creditor: Creditor, tell: Progress) -> None:
    """Take the creditor's lock: two imports at once follow one another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, %s)", [locks.IMPORTS_OF_CREDITOR, creditor.pk]
        )
        if not cursor.fetchone()[0]:
            tell("En attente : un autre import de ce créancier est en cours", 0, 1)
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)", [locks.IMPORTS_OF_CREDITOR, creditor.pk]
            )


def save_problems(batch: ImportBatch, report: ImportReport) -> None:
    ImportProblem.objects.bulk_create(
        (
            ImportProblem(
                batch=batch,
                line=problem.line,
                field=problem.field,
                code=problem.code,
                message=problem.message,
                blocking=problem.blocking,
                excerpt=problem.excerpt.replace("\x00", ""),
            )
            for problem in report.problems
        ),
        batch_size=1000,
    )


def mark(batch: ImportBatch, **fields: object) -> None:
    for name, value in fields.items():
        setattr(batch, name, value)
    batch.save(update_fields=list(fields))


@dataclass(slots=True)
class _Told:
    phase: str = ""
    at: float = 0.0


class Bystander:
    """A connection beside the import's transaction: it says who is on the import, and how far he is.

    It holds a lock of its own for as long as the process lives; raise AlreadyRunning if another has
    it. What it tells is seen at once.
    """

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self._connection: BaseDatabaseWrapper = connection.copy()
        self._told = _Told()

    def __enter__(self) -> Bystander:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_try_advisory_lock(%s, %s)", [locks.IMPORT_BATCH, self._batch_id]
                )
                if not cursor.fetchone()[0]:
                    raise AlreadyRunning
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def tell(self, phase: str, done: int, total: int) -> None:
        now = monotonic()
        if phase == self._told.phase and now - self._told.at < TELL_EVERY_SECONDS:
            return
        self._told = _Told(phase, now)
        with self._connection.cursor() as cursor:
            cursor.execute(
                """UPDATE store_importbatch
                      SET phase = %s, progress_done = %s, progress_total = %s WHERE id = %s""",
                [phase, done, total, self._batch_id],
            )
