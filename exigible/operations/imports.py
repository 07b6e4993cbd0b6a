"""Files brought in: received and kept, then taken whole or not at all.

`receive_file` keeps the bytes and opens an `ImportBatch`; `run_import` reads it in one transaction,
under the creditor's lock, and leaves either everything or nothing but its reasons. Progress is told
outside that transaction, so that a page may show it. An import whose process died is run again by its
job, or marked *interrompu* by `sweep_imports`. `dry_run` reads without writing.

A table of unknown habits waits as a draft until somebody has seen how it is read (`import_drafts`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.db import transaction

from exigible.domain.refusals import Refused, WrongInput
from exigible.intake.formats import HEAD, MAPPED, Format
from exigible.intake.importing import (
    dry_run,
    einvoice_format,
    guess_format,
    is_known_statement,
)
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Problem, Unreadable
from exigible.intake.report import ImportReport, RefusedFile, refused
from exigible.operations import einvoice_sources, journal, mappings, queueing
from exigible.operations.acts import By
from exigible.operations.documents import path_of, store_document
from exigible.operations.import_drafts import CHECK_INTERRUPTED
from exigible.operations.import_process import (
    AlreadyRunning,
    Bystander,
    lock_creditor,
    locked,
    mark,
    save_problems,
)
from exigible.operations.import_taking import TAKEN, take
from exigible.operations.ledger_import import Progress
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
COMPLETING = (Format.CUSTOMERS, Format.OPEN_ITEMS)  # read by their headings alone if need be


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
    prepared: bool = False,
    mapping: Mapping | None = None,
    mode: str = "",
    by: By,
    at: datetime,
) -> ImportBatch:
    """Keep a file under its hash and open its import, waiting to be run.

    Without a format, it is told from the first bytes. `bank_account` (an IBAN of the creditor) and
    `open_accounts` say whose a bank statement is where it is not known. `queued` leaves it to a worker: the job exists
    if the file was kept. A table is read through `mapping`, else through the one kept for its source;
    where there is none and it needs one, or is to be seen first (`prepared`), it stays a draft. Raise
    WrongInput for a format not known.
    """
    if format_ and format_ not in Format:
        raise WrongInput("format", f"Le format « {format_} » n’est pas connu.", field="format")
    with transaction.atomic():
        document = store_document(content, name=name, media_type="application/octet-stream", at=at)
        path = path_of(document.sha256)
        arrival = _arrival(path, name, creditor, format_, mapping, mode, at, prepared=prepared)
        batch = ImportBatch.objects.create(
            creditor=creditor,
            format=arrival.format,
            filename=Path(name).name,
            document=document,
            sha256=document.sha256,
            size_bytes=document.size_bytes,
            options={
                "partial": partial,
                **({"chosen": format_} if format_ else {}),
                **({"account": bank_account} if bank_account else {}),
                **({"open_accounts": True} if open_accounts else {}),
                **arrival.options,
            },
            status=ImportBatch.Status.DRAFT if arrival.draft else ImportBatch.Status.WAITING,
            created_by=by.uuid,
            created_at=at,
        )
        if queued and not arrival.draft:
            queueing.queue_import(batch.pk)
    return batch


@dataclass(frozen=True, slots=True)
class _Arrival:
    """How a file that arrives will be read, and whether somebody has to see it first."""

    format: str
    options: dict[str, Any]
    draft: bool


def _arrival(
    path: Path,
    name: str,
    creditor: Creditor,
    format_: str,
    mapping: Mapping | None,
    mode: str,
    at: datetime,
    *,
    prepared: bool,
) -> _Arrival:
    if mapping is not None:
        return _Arrival(mapping.kind, {"mapping": mapping.as_json(), "mode": mode}, draft=False)
    told = Format(format_) if format_ else guess_format(path)
    if told not in MAPPED:
        return _Arrival(told, {}, draft=False)
    found = mappings.understand(path, name=name, format_=format_)
    kept = mappings.mapping_of_source(creditor, found) if found else None
    if kept is not None and (not format_ or format_ == kept.kind):
        kept.used_at = at
        kept.save(update_fields=["used_at"])
        options = {"mapping": kept.mapping, "mode": mode or kept.mode, "source": kept.name}
        return _Arrival(kept.kind, options, draft=False)
    if is_known_statement(path, told):
        return _Arrival(told, {}, draft=False)
    if found is not None and (prepared or (format_ and format_ not in COMPLETING)):
        return _Arrival(
            found.mapping.kind,
            {"mapping": found.mapping.as_json(), "mode": mode, "fingerprint": found.fingerprint},
            draft=True,
        )
    return _Arrival(told, {"mode": mode} if mode else {}, draft=False)


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
    with Bystander(batch_id) as bystander:
        batch = ImportBatch.objects.select_related("creditor", "document").get(pk=batch_id)
        assert batch.creditor is not None
        if batch.status in (*TAKEN, ImportBatch.Status.UNDONE):
            raise Refused("already_run", "Cet import est déjà terminé.")
        tell = progress or bystander.tell
        mark(batch, status=ImportBatch.Status.RUNNING, started_at=at, error="", phase="")
        ImportProblem.objects.filter(batch=batch).delete()
        try:
            with transaction.atomic():
                lock_creditor(batch.creditor, tell)
                report = take(batch, at, tell)
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
        except Refused as refusal:
            problem = Problem(code=refusal.code, message=refusal.message)
            report = refused(batch.format, batch.filename, Unreadable(problem))
            _refuse(batch, report, at)
        except BaseException as error:
            mark(
                batch,
                status=ImportBatch.Status.FAILED,
                finished_at=at,
                error=f"Import interrompu, rien n’a été enregistré ({type(error).__name__}).",
            )
            raise
    for one in (report, *report.parts):
        one.number = batch.pk
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
    for batch_id in ImportBatch.objects.filter(status=ImportBatch.Status.CHECKING).values_list(
        "pk", flat=True
    ):
        if queueing.is_import_queued(batch_id, queueing.CHECK_IMPORT):
            continue
        try:
            with Bystander(batch_id):
                swept += ImportBatch.objects.filter(
                    pk=batch_id, status=ImportBatch.Status.CHECKING
                ).update(
                    status=ImportBatch.Status.DRAFT,
                    phase="",
                    error=CHECK_INTERRUPTED,
                )
        except AlreadyRunning:
            continue
    for batch_id in ImportBatch.objects.filter(status=ImportBatch.Status.RUNNING).values_list(
        "pk", flat=True
    ):
        if queueing.is_import_queued(batch_id):
            continue
        try:
            with Bystander(batch_id):
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
        batch = locked(batch_id)
        if batch.status != ImportBatch.Status.FAILED:
            raise Refused("not_interrupted", "Cet import n’est pas interrompu : rien à relancer.")
        mark(batch, status=ImportBatch.Status.WAITING, error="", progress_done=0)
        queueing.queue_import(batch.pk)
    return batch


def take_partially(batch_id: int, *, by: By, at: datetime) -> ImportBatch:
    """Receive a refused file once more, to be taken but for the lines that refuse it.

    Refuse what was not refused, and a file in which no line can be read.
    """
    with transaction.atomic():
        refused_ = locked(batch_id)
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
        refused_ = locked(batch_id)
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
                **refused_.options,
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
        and _documents_left(batch)
    )


def _documents_left(batch: ImportBatch) -> bool:
    """Say whether a file of documents holds any that was not refused; other files are of lines."""
    counts = batch.summary.get("counts") or {}
    return "statuses" not in counts or any(
        counts[kind] for kind in ("invoices", "credit_notes", "statuses")
    )


def is_finished(batch_id: int) -> bool:
    """Say whether an import was taken or refused already."""
    return (
        ImportBatch.objects.filter(pk=batch_id)
        .exclude(
            status__in=[
                ImportBatch.Status.DRAFT,
                ImportBatch.Status.CHECKING,
                ImportBatch.Status.WAITING,
                ImportBatch.Status.RUNNING,
                ImportBatch.Status.FAILED,
            ]
        )
        .exists()
    )


def _finish(batch: ImportBatch, report: ImportReport, at: datetime) -> None:
    status = ImportBatch.Status.UNCHANGED if report.unchanged else ImportBatch.Status.DONE
    save_problems(batch, report)
    mark(
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
        save_problems(batch, report)
        mark(
            batch,
            status=ImportBatch.Status.REFUSED,
            finished_at=at,
            phase="",
            error=report.error.message if report.error else "",
            summary=report.summary(),
            problem_count=report.problem_count,
        )
