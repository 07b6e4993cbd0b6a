"""Files brought in: received and kept, then taken whole or not at all.

`receive_file` keeps the bytes and opens an `ImportBatch`; `run_import` reads it in one transaction,
under the creditor's lock, and leaves either everything or nothing but its reasons. Progress is told
outside that transaction, so that a page may show it. An import whose process died is run again by its
job, or marked *interrompu* by `sweep_imports`. `dry_run` reads without writing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from exigible.domain.refusals import Refused, WrongInput
from exigible.intake.formats import BANK, EINVOICE_FORMATS, HEAD, Format
from exigible.intake.importing import dry_run, einvoice_format, guess_format
from exigible.intake.ledger_text import opener
from exigible.intake.problems import Unreadable
from exigible.intake.report import ImportReport, RefusedFile, refused
from exigible.operations import einvoice_sources, invoice_statuses, journal, queueing
from exigible.operations.acts import By
from exigible.operations.bank_import import import_bank_file
from exigible.operations.customer_import import complete_new_customers, import_customers
from exigible.operations.documents import path_of, store_document
from exigible.operations.einvoice_import import import_einvoices
from exigible.operations.ledger_import import Outcome, Progress, import_ledger
from exigible.operations.open_item_import import complete_new_claims, import_open_items
from exigible.operations.payments import paris_day
from exigible.store.models import (
    BankLine,
    Creditor,
    CreditorBankAccount,
    ImportBatch,
    ImportProblem,
)

__all__ = [
    "AlreadyRunning",
    "accounts_for",
    "asks_account",
    "dry_run",
    "is_finished",
    "may_be_partial",
    "receive_einvoices",
    "receive_file",
    "run_again",
    "run_import",
    "seller_among",
    "sweep_imports",
    "take_into_account",
    "take_partially",
]

CREDITOR_LOCK, BATCH_LOCK = 7342, 7343
TELL_EVERY_SECONDS = 0.3
# A bank statement that does not add up, or of an account that is not known, is not taken in part.
NEVER_IN_PART = frozenset(
    {
        "balance",
        "balance_currency",
        "bank_account_unknown",
        "bank_account_unnamed",
        "missing_closing",
        "total",
        "truncated",
    }
)
TAKEN = (ImportBatch.Status.DONE, ImportBatch.Status.UNCHANGED)


class AlreadyRunning(Refused):
    """Another process is on this very import."""

    def __init__(self) -> None:
        super().__init__("already_running", "Cet import est déjà en cours.")


def receive_file(
    content: bytes | BinaryIO,
    *,
    name: str,
    creditor: Creditor,
    format_: str = "",
    partial: bool = False,
    bank_account: str = "",
    open_accounts: bool = False,
    queued: bool = False,
    by: By,
    at: datetime,
) -> ImportBatch:
    """Keep a file under its hash and open its import, waiting to be run.

    Without a format, it is told from the first bytes. `bank_account` (an IBAN of the creditor) and
    `open_accounts` say whose a bank statement is where it is not known. `queued` leaves it to a worker: the job exists
    if the file was kept. Raise WrongInput for a format not known.
    """
    if format_ and format_ not in Format:
        raise WrongInput("format", f"Le format « {format_} » n’est pas connu.", field="format")
    with transaction.atomic():
        document = store_document(content, name=name, media_type="application/octet-stream", at=at)
        path = path_of(document.sha256)
        batch = ImportBatch.objects.create(
            creditor=creditor,
            format=format_ or guess_format(path),
            filename=Path(name).name,
            document=document,
            sha256=document.sha256,
            size_bytes=document.size_bytes,
            options={
                "partial": partial,
                **({"chosen": format_} if format_ else {}),
                **({"account": bank_account} if bank_account else {}),
                **({"open_accounts": True} if open_accounts else {}),
            },
            created_by=by.uuid,
            created_at=at,
        )
        if queued:
            queueing.queue_import(batch.pk)
    return batch


def receive_einvoices(
    files: Sequence[Path], *, creditor: Creditor, partial: bool = False, by: By, at: datetime
) -> ImportBatch:
    """Keep several files of electronic invoices and open one import of them all.

    Each stays a file of its own: one that is refused costs the others nothing.
    """
    with transaction.atomic():
        stored = einvoice_sources.store(files, at=at)
        return ImportBatch.objects.create(
            creditor=creditor,
            format=Format.EINVOICES,
            filename=f"{files[0].name} et {len(files) - 1} autres" if files[1:] else files[0].name,
            sha256=einvoice_sources.digest_of(stored),
            size_bytes=sum(one.size_bytes for one in stored),
            options={"partial": partial, "documents": [one.pk for one in stored]},
            created_by=by.uuid,
            created_at=at,
        )


def seller_among(content: BinaryIO, creditors: Sequence[Creditor]) -> Creditor | None:
    """Return which of some creditors sold what an electronic invoice bills, None if it is none.

    Reads the file from its beginning and leaves it there.
    """
    content.seek(0)
    head = content.read(HEAD)
    content.seek(0)
    with tempfile.TemporaryDirectory(prefix="exigible-") as folder:
        path = Path(folder) / "received"
        with path.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        content.seek(0)
        if not einvoice_format(path, head):
            return None
        return einvoice_sources.creditor_of(path, creditors)[0]


def run_import(batch_id: int, *, at: datetime, progress: Progress | None = None) -> ImportReport:
    """Take a received file, whole or not at all; return what was understood and written.

    A refused file changes nothing: the batch says why, line by line. The same file twice changes
    nothing the second time. An error of ours or of the machine undoes everything, marks the batch
    *interrompu* and is raised again; the import can be run anew. Raise AlreadyRunning while another
    process is on it.
    """
    with _Bystander(batch_id) as bystander:
        batch = ImportBatch.objects.select_related("creditor", "document").get(pk=batch_id)
        assert batch.creditor is not None
        if batch.status in TAKEN:
            raise Refused("already_run", "Cet import est déjà terminé.")
        tell = progress or bystander.tell
        _mark(batch, status=ImportBatch.Status.RUNNING, started_at=at, error="", phase="")
        ImportProblem.objects.filter(batch=batch).delete()
        try:
            with transaction.atomic():
                _lock(batch.creditor, tell)
                report = _take(batch, at, tell)
                _finish(batch, report, at)
                if not report.unchanged:
                    _match(batch.creditor)
        except Unreadable as error:
            report = (
                error.report
                if isinstance(error, RefusedFile)
                else refused(batch.format, batch.filename, error)
            )
            _refuse(batch, report, at)
        except BaseException as error:
            _mark(
                batch,
                status=ImportBatch.Status.FAILED,
                finished_at=at,
                error=f"Import interrompu, rien n’a été enregistré ({type(error).__name__}).",
            )
            raise
    return report


def _match(creditor: Creditor) -> None:
    """Have new bank lines matched, and waiting ones looked at again with what a file brought."""
    waiting = BankLine.objects.filter(
        creditor=creditor,
        state__in=(BankLine.State.TO_MATCH, BankLine.State.SUSPENSE),
        moves_money=True,
    )
    if waiting.exists():
        queueing.queue_matching(creditor.pk)


def sweep_imports(*, at: datetime) -> int:
    """Mark *interrompu* the imports whose process died and that no job takes again; say how many."""
    swept = 0
    for batch_id in ImportBatch.objects.filter(status=ImportBatch.Status.RUNNING).values_list(
        "pk", flat=True
    ):
        if queueing.is_import_queued(batch_id):
            continue
        try:
            with _Bystander(batch_id):
                swept += ImportBatch.objects.filter(
                    pk=batch_id, status=ImportBatch.Status.RUNNING
                ).update(
                    status=ImportBatch.Status.FAILED,
                    finished_at=at,
                    phase="",
                    error="Import interrompu : le programme s’est arrêté avant la fin. Rien n’a été "
                    "enregistré ; relancez l’import.",
                )
        except AlreadyRunning:
            continue
    return swept


def run_again(batch_id: int) -> ImportBatch:
    """Queue an import that was interrupted: what it had begun was undone."""
    with transaction.atomic():
        batch = _locked(batch_id)
        if batch.status != ImportBatch.Status.FAILED:
            raise Refused("not_interrupted", "Cet import n’est pas interrompu : rien à relancer.")
        _mark(batch, status=ImportBatch.Status.WAITING, error="", progress_done=0)
        queueing.queue_import(batch.pk)
    return batch


def take_partially(batch_id: int, *, by: By, at: datetime) -> ImportBatch:
    """Receive a refused file once more, to be taken but for the lines that refuse it.

    Refuse what was not refused, and a file in which no line can be read.
    """
    with transaction.atomic():
        refused_ = _locked(batch_id)
        if not may_be_partial(refused_):
            raise Refused(
                "not_partial",
                "Ce fichier ne peut pas être pris en partie : aucune de ses lignes n’est lisible, ou "
                "il n’a pas été refusé.",
            )
        batch = ImportBatch.objects.create(
            creditor_id=refused_.creditor_id,
            format=refused_.format,
            filename=refused_.filename,
            document_id=refused_.document_id,
            sha256=refused_.sha256,
            size_bytes=refused_.size_bytes,
            options={**refused_.options, "partial": True},
            created_by=by.uuid,
            created_at=at,
        )
        queueing.queue_import(batch.pk)
    return batch


def take_into_account(batch_id: int, answer: str, *, by: By, at: datetime) -> ImportBatch:
    """Receive once more a statement whose account was not known, `answer` being its IBAN.

    An IBAN that the creditor does not have is added to his, and must be the statement's own. Refuse
    what was not refused for that.
    """
    with transaction.atomic():
        refused_ = _locked(batch_id)
        if not asks_account(refused_) or answer not in dict(accounts_for(refused_)):
            raise Refused(
                "account_not_asked", "Cet import n’attend pas de compte bancaire, ou pas celui-ci."
            )
        assert refused_.creditor is not None
        his = CreditorBankAccount.objects.filter(creditor=refused_.creditor, iban=answer).exists()
        batch = ImportBatch.objects.create(
            creditor_id=refused_.creditor_id,
            format=refused_.format,
            filename=refused_.filename,
            document_id=refused_.document_id,
            sha256=refused_.sha256,
            size_bytes=refused_.size_bytes,
            options={
                "partial": bool(refused_.options.get("partial")),
                **({"account": answer} if his else {"open_accounts": True}),
            },
            created_by=by.uuid,
            created_at=at,
        )
        queueing.queue_import(batch.pk)
    return batch


def asks_account(batch: ImportBatch) -> bool:
    """Say whether a statement was refused because its account is not known."""
    return batch.status == ImportBatch.Status.REFUSED and _error_code(batch) in (
        "bank_account_unknown",
        "bank_account_unnamed",
    )


def accounts_for(batch: ImportBatch) -> list[tuple[str, str]]:
    """Return (IBAN, words) of the accounts that a statement may be of: his, or the one it names."""
    said = batch.summary.get("unknown_iban", "")
    if said:
        return [(said, f"{said}, à ajouter aux comptes de {batch.creditor}")]
    return [
        (one.iban, f"{one.label} {one.iban}".strip())
        for one in CreditorBankAccount.objects.filter(creditor=batch.creditor).order_by("pk")
    ]


def _error_code(batch: ImportBatch) -> str:
    return str((batch.summary.get("error") or {}).get("code", ""))


def may_be_partial(batch: ImportBatch) -> bool:
    """Say whether a refused file has lines to take: it could be read, some of its lines not."""
    return (
        batch.status == ImportBatch.Status.REFUSED
        and bool(batch.summary.get("encoding"))
        and not batch.options.get("partial")
        and _error_code(batch) not in NEVER_IN_PART
    )


def _locked(batch_id: int) -> ImportBatch:
    return ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)


def is_finished(batch_id: int) -> bool:
    """Say whether an import was taken or refused already."""
    return (
        ImportBatch.objects.filter(pk=batch_id)
        .exclude(
            status__in=[
                ImportBatch.Status.WAITING,
                ImportBatch.Status.RUNNING,
                ImportBatch.Status.FAILED,
            ]
        )
        .exists()
    )


def _take(batch: ImportBatch, at: datetime, tell: Progress) -> ImportReport:
    assert batch.creditor is not None
    on = paris_day(at)
    partial = bool(batch.options.get("partial"))
    if batch.format in EINVOICE_FORMATS:
        return import_einvoices(
            batch,
            batch.creditor,
            einvoice_sources.of_batch(batch),
            partial=partial,
            on=on,
            at=at,
            progress=tell,
        )
    assert batch.document is not None
    path = path_of(batch.document.sha256)
    if batch.format == Format.FEC:
        outcome = import_ledger(
            batch,
            batch.creditor,
            opener(path),
            partial=partial,
            on=on,
            at=at,
            progress=tell,
        )
        _complete(batch, outcome, on, at, tell)
        invoice_statuses.link(batch.creditor, on=on, at=at)
        return outcome.report
    if batch.format in BANK:
        return import_bank_file(batch, batch.creditor, path, partial=partial, at=at, progress=tell)
    take = import_customers if batch.format == Format.CUSTOMERS else import_open_items
    return take(batch, batch.creditor, path, partial=partial, on=on, at=at, progress=tell)


def _complete(batch: ImportBatch, outcome: Outcome, on: date, at: datetime, tell: Progress) -> None:
    """Let the customer file and the list that came before a ledger say what they know of it."""
    creditor, written = batch.creditor, outcome.report.written
    assert creditor is not None
    if outcome.new_account_ids and (earlier := _last_file(creditor, Format.CUSTOMERS)):
        tell("Fichier des clients", 0, 1)
        new = outcome.new_account_ids
        written["customers"] = complete_new_customers(earlier, creditor, new, on=on, at=at)
    if outcome.account_ids and (earlier := _last_file(creditor, Format.OPEN_ITEMS)):
        tell("Factures ouvertes", 0, 1)
        touched = outcome.account_ids
        written["due_dates"] = complete_new_claims(earlier, creditor, touched, on=on, at=at)


def _last_file(creditor: Creditor, format_: str) -> ImportBatch | None:
    """Return the last file of a format that was taken, if some of its lines still wait."""
    last = (
        ImportBatch.objects.filter(creditor=creditor, format=format_, status__in=TAKEN)
        .select_related("document")
        .order_by("-pk")
        .first()
    )
    if last is None or last.document is None or not path_of(last.document.sha256).exists():
        return None
    counts = last.summary.get("counts", {})
    lines = counts.get("parties", 0) + counts.get("open_items", 0) - counts.get("credits", 0)
    return last if lines > counts.get("matched", 0) else None


def _lock(creditor: Creditor, tell: Progress) -> None:
    """Take the creditor's lock: two imports at once follow one another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [CREDITOR_LOCK, creditor.pk])
        if not cursor.fetchone()[0]:
            tell("En attente : un autre import de ce créancier est en cours", 0, 1)
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CREDITOR_LOCK, creditor.pk])


def _finish(batch: ImportBatch, report: ImportReport, at: datetime) -> None:
    status = ImportBatch.Status.UNCHANGED if report.unchanged else ImportBatch.Status.DONE
    _save_problems(batch, report)
    _mark(
        batch,
        status=status,
        finished_at=at,
        phase="",
        summary=report.summary(),
        financial_year_end=report.closing_on,
        problem_count=report.problem_count,
    )
    journal.append(
        journal.Act(
            account_id=None,
            actor=f"import:{batch.pk}",
            action="file_imported" if not report.unchanged else "file_unchanged",
            subject=f"import:{batch.pk}",
            facts={"file": batch.filename, "sha256": batch.sha256, **report.written},
        ),
        at=at,
    )


def _refuse(batch: ImportBatch, report: ImportReport, at: datetime) -> None:
    with transaction.atomic():
        _save_problems(batch, report)
        _mark(
            batch,
            status=ImportBatch.Status.REFUSED,
            finished_at=at,
            phase="",
            error=report.error.message if report.error else "",
            summary=report.summary(),
            problem_count=report.problem_count,
        )


def _save_problems(batch: ImportBatch, report: ImportReport) -> None:
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


def _mark(batch: ImportBatch, **fields: object) -> None:
    for name, value in fields.items():
        setattr(batch, name, value)
    batch.save(update_fields=list(fields))


@dataclass(slots=True)
class _Told:
    phase: str = ""
    at: float = 0.0


class _Bystander:
    """A connection beside the import's transaction: it says who is on the import, and how far he is.

    It holds a lock of its own for as long as the process lives; raise AlreadyRunning if another has
    it. What it tells is seen at once.
    """

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self._connection: BaseDatabaseWrapper = connection.copy()
        self._told = _Told()

    def __enter__(self) -> _Bystander:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [BATCH_LOCK, self._batch_id])
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
