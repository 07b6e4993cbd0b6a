"""Undoing an import as a whole, by withdrawing what it brought, never by deleting it.

Only where nothing depends on it: no payment was recorded from one of its bank lines, no later
statement holds one of them. The file may be imported again afterwards. Ledgers, customer files and
lists are not undone here: what they say is corrected by the next export.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from exigible.domain.french import count
from exigible.domain.refusals import Refused
from exigible.intake.formats import BANK
from exigible.operations import journal
from exigible.operations.acts import By
from exigible.operations.bank_import import UNCONFIRMED
from exigible.store.models import (
    BankLine,
    BankLineDetail,
    BankLineSighting,
    BankStatement,
    ImportBatch,
)


def undo_import(batch_id: int, *, by: By, at: datetime) -> ImportBatch:
    """Withdraw the statements and lines of an import; raise Refused where something depends on it."""
    from exigible.operations.imports import CREDITOR_LOCK

    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)", [CREDITOR_LOCK, batch.creditor_id]
            )
        refusal = why_not_undone(batch)
        if refusal is not None:
            raise refusal
        lines = BankLine.objects.filter(statement__batch=batch)
        withdrawn = lines.update(
            state=BankLine.State.WITHDRAWN, state_reason="", state_by=by.actor, state_at=at
        )
        BankStatement.objects.filter(batch=batch).update(withdrawn_at=at)
        # What its statements had set aside waits again.
        BankLine.objects.filter(
            state=BankLine.State.SET_ASIDE,
            state_reason=UNCONFIRMED,
            state_by=f"import:{batch.pk}",
        ).update(state=BankLine.State.TO_MATCH, state_reason="", state_by=by.actor, state_at=at)
        batch.status = ImportBatch.Status.UNDONE
        batch.save(update_fields=["status"])
        journal.append(
            journal.Act(
                account_id=None,
                actor=by.actor,
                action="file_undone",
                subject=f"import:{batch.pk}",
                facts={"file": batch.filename, "sha256": batch.sha256, "bank_lines": withdrawn},
            ),
            at=at,
        )
    return batch


def why_not_undone(batch: ImportBatch) -> Refused | None:
    """Return what keeps an import from being undone, None where it may be."""
    if batch.format not in BANK or batch.status != ImportBatch.Status.DONE:
        return Refused(
            "not_undone",
            "Cet import ne s’annule pas : seul un relevé bancaire qui a été pris peut l’être.",
        )
    matched = BankLine.objects.filter(
        statement__batch=batch, state__in=(BankLine.State.MATCHED, BankLine.State.SUSPENSE)
    ).count()
    if matched:
        return Refused(
            "lines_matched",
            f"{count(matched, 'opération de ce relevé est rapprochée', 'opérations de ce relevé sont rapprochées')}"
            " : défaites d’abord ces rapprochements.",
        )
    later = (
        BankLineSighting.objects.filter(
            line__statement__batch=batch, statement__withdrawn_at__isnull=True
        )
        .exclude(statement__batch=batch)
        .values_list("statement__batch_id", "statement__batch__filename")
        .first()
        or BankLineDetail.objects.filter(line__statement__batch=batch)
        .exclude(batch=batch)
        .exclude(batch__status=ImportBatch.Status.UNDONE)
        .values_list("batch_id", "batch__filename")
        .first()
    )
    if later is not None:
        return Refused(
            "later_import",
            f"« {later[1]} » contient aussi des opérations de ce relevé : annulez-le d’abord.",
            facts={"import": later[0]},
        )
    return None
