"""Taking one received file, in the transaction of its import: each format by its own operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from exigible.intake.formats import BANK, EINVOICE_FORMATS, Format
from exigible.intake.ledger_text import opener
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Problem
from exigible.intake.report import ImportReport
from exigible.operations import einvoice_sources, invoice_statuses
from exigible.operations.bank_import import import_bank_file
from exigible.operations.customer_import import (
    complete_new_customers,
    import_customers,
    mapping_of,
)
from exigible.operations.documents import path_of
from exigible.operations.einvoice_import import import_einvoices
from exigible.operations.ledger_import import Outcome, Progress, import_ledger
from exigible.operations.open_item_import import complete_new_claims
from exigible.operations.payments import paris_day
from exigible.operations.table_imports.items import take_items
from exigible.operations.table_imports.money import take_disputes, take_payments
from exigible.operations.table_imports.parties import take_contacts, take_guarantees, take_limits
from exigible.operations.table_imports.taking import Mode, Taking
from exigible.operations.undoing import supersede_lists
from exigible.store.models import Creditor, ImportBatch

TAKEN = (ImportBatch.Status.DONE, ImportBatch.Status.UNCHANGED)


def take(batch: ImportBatch, at: datetime, tell: Progress) -> ImportReport:
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
    mapping = mapping_of(batch)
    if batch.format == Format.FEC:
        superseded = supersede_lists(batch, batch.creditor, at=at)
        outcome = import_ledger(
            batch,
            batch.creditor,
            opener(path),
            partial=partial,
            on=on,
            at=at,
            progress=tell,
        )
        _tell_superseded(outcome.report, superseded)
        _complete(batch, outcome, on, at, tell)
        invoice_statuses.link(batch, batch.creditor, on=on, at=at)
        return outcome.report
    if batch.format in BANK:
        return import_bank_file(
            batch, batch.creditor, path, mapping=mapping, partial=partial, at=at, progress=tell
        )
    taking = Taking(
        batch=batch,
        creditor=batch.creditor,
        path=path,
        mapping=mapping,
        mode=_mode(batch, mapping),
        partial=partial,
        on=on,
        at=at,
        progress=tell,
    )
    report = _TAKERS[batch.format](taking)
    taking.made.flush()
    return report


def _mode(batch: ImportBatch, mapping: Mapping | None) -> Mode:
    """Return what a table is to its creditor: as asked; without a mapping, it only completes."""
    asked = batch.options.get("mode", "")
    if asked in Mode:
        return Mode(asked)
    return Mode.DELTA if mapping is not None else Mode.COMPLETE


def _take_customers(taking: Taking) -> ImportReport:
    return import_customers(
        taking.batch,
        taking.creditor,
        taking.path,
        partial=taking.partial,
        on=taking.on,
        at=taking.at,
        progress=taking.progress,
        mapping=taking.mapping,
        made=taking.made,
        opens=taking.opens,
    )


_TAKERS: dict[str, Callable[[Taking], ImportReport]] = {
    Format.CUSTOMERS: _take_customers,
    Format.OPEN_ITEMS: take_items,
    Format.CONTACTS: take_contacts,
    Format.PAYMENTS: take_payments,
    Format.CREDIT_LIMITS: take_limits,
    Format.GUARANTEES: take_guarantees,
    Format.DISPUTES: take_disputes,
}


def _tell_superseded(report: ImportReport, superseded: Sequence[ImportBatch]) -> None:
    """Say which lists gave way to the ledger."""
    for one in superseded:
        report.problems.append(
            Problem(
                code="list_superseded",
                message=f"Les créances et règlements pris dans « {one.filename} » sont contrepassés : la "
                "comptabilité les apporte. Leurs échéances et numéros complètent les siens.",
                blocking=False,
            )
        )
        report.problem_count += 1
        report.unchanged = False


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
