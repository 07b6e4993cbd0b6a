"""Tables that somebody prepares before they are taken: seen, corrected, checked whole, then started.

`prepare` notes how a draft is to be read, `check_import` does the whole import and takes it back (its
dry run, as a job), `start` queues it, `drop_draft` puts it aside.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from exigible.domain.refusals import Refused
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Problem, Unreadable
from exigible.intake.report import ImportReport, refused
from exigible.operations import queueing
from exigible.operations.customer_import import mapping_of
from exigible.operations.import_process import (
    Bystander,
    lock_creditor,
    locked,
    mark,
    save_problems,
)
from exigible.operations.import_taking import take
from exigible.operations.ledger_import import Progress
from exigible.operations.table_imports import stock
from exigible.operations.table_imports.taking import Mode
from exigible.store.models import ImportBatch, ImportProblem

CHECK_INTERRUPTED = "Le contrôle s’est interrompu ; rien n’a été enregistré. Recommencez."


def prepare(
    batch_id: int, mapping: Mapping, *, mode: str, fingerprint: str, bank_account: str = ""
) -> ImportBatch:
    """Note how a draft is to be read; what an earlier control said of it no longer holds.

    `bank_account` is the IBAN of the creditor that a bank statement is of, where somebody said it.
    """
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.status != ImportBatch.Status.DRAFT:
            raise Refused("not_draft", "Cet import n’est plus à préparer : il est parti, ou fait.")
        said = {
            "mapping": mapping.as_json(),
            "mode": mode,
            "fingerprint": fingerprint,
            "account": bank_account,
        }
        if {name: batch.options.get(name) for name in said} != said:
            ImportProblem.objects.filter(batch=batch).delete()
            options = {**batch.options, **said}
            mark(batch, format=mapping.kind, options=options, summary={}, problem_count=0, error="")
    return batch


def start(batch_id: int, *, covers_little: bool = False) -> ImportBatch:
    """Queue the import of a draft; refuse one whose columns are not all designated.

    A stock that its control found to be a small part of what is open goes only where that was accepted.
    """
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.status != ImportBatch.Status.DRAFT:
            raise Refused("not_draft", "Cet import n’est plus à préparer : il est parti, ou fait.")
        mapping = mapping_of(batch)
        if mapping is None or not mapping.is_complete:
            missing = mapping.definition.missing_words(mapping.found) if mapping else "une colonne"
            raise Refused("mapping_incomplete", f"Désignez encore : {missing}.", field="mapping")
        if batch.options.get("mode") == Mode.STOCK and not covers_little:
            little = stock.warning_of(batch)
            if little is not None:
                raise Refused(
                    stock.COVERS_LITTLE,
                    f"{little.message} Cochez « Importer quand même », ou choisissez un autre mode.",
                    field="peu",
                )
        mark(batch, status=ImportBatch.Status.WAITING, summary={}, problem_count=0)
        queueing.queue_import(batch.pk)
    return batch


def start_check(batch_id: int) -> ImportBatch:
    """Queue the dry run of a draft: the whole import, done and taken back."""
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.status != ImportBatch.Status.DRAFT:
            raise Refused("not_draft", "Cet import n’est plus à préparer : il est parti, ou fait.")
        mark(batch, status=ImportBatch.Status.CHECKING, phase="", progress_done=0, error="")
        queueing.queue_check(batch.pk)
    return batch


def drop_draft(batch_id: int, *, at: datetime) -> None:
    """Put a draft aside: its file is kept, nothing of it is taken."""
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.status != ImportBatch.Status.DRAFT:
            raise Refused("not_draft", "Cet import n’est plus à préparer : il est parti, ou fait.")
        mark(
            batch,
            status=ImportBatch.Status.REFUSED,
            finished_at=at,
            error="Abandonné avant l’import. Le fichier est gardé.",
        )


def check_import(
    batch_id: int, *, at: datetime, progress: Progress | None = None
) -> ImportReport | None:
    """Do the whole import of a draft and take it back; keep what it would have done, line by line.

    Return None if it is no longer to be checked. Raise AlreadyRunning while another process is on it.
    """
    with Bystander(batch_id) as bystander:
        batch = ImportBatch.objects.select_related("creditor", "document").get(pk=batch_id)
        if batch.status != ImportBatch.Status.CHECKING:
            return None
        assert batch.creditor is not None
        tell = progress or bystander.tell
        ImportProblem.objects.filter(batch=batch).delete()
        try:
            with transaction.atomic():
                lock_creditor(batch.creditor, tell)
                report = take(batch, at, tell)
                transaction.set_rollback(True)
        except Unreadable as error:
            report = refused(batch.format, batch.filename, error)
        except Refused as refusal:
            problem = Problem(code=refusal.code, message=refusal.message)
            report = refused(batch.format, batch.filename, Unreadable(problem))
        except BaseException:
            mark(
                batch,
                status=ImportBatch.Status.DRAFT,
                phase="",
                error=CHECK_INTERRUPTED,
            )
            raise
        save_problems(batch, report)
        mark(
            batch,
            status=ImportBatch.Status.DRAFT,
            phase="",
            error=report.error.message if report.error else "",
            summary={**report.summary(), "dry_run": True},
            problem_count=report.problem_count,
        )
    return report
