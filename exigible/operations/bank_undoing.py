"""Undoing the import of a bank statement, by withdrawing what it brought, never by deleting it.

Only where nothing depends on it: no payment was recorded from one of its bank lines, no later
statement holds one of them. The file may be imported again afterwards.
"""

from __future__ import annotations

from datetime import datetime

from exigible.domain.french import count
from exigible.operations.acts import By
from exigible.operations.bank_import import UNCONFIRMED
from exigible.store.models import (
    BankLine,
    BankLineDetail,
    BankLineSighting,
    BankStatement,
    ImportBatch,
)


def counts(batch: ImportBatch) -> dict[str, int]:
    """Return how many statements and lines an import brought."""
    return {
        "statements": BankStatement.objects.filter(batch=batch, withdrawn_at=None).count(),
        "bank_lines": BankLine.objects.filter(statement__batch=batch).count(),
    }


def hold(batch: ImportBatch) -> None:
    """Keep the lines of an import as they are until the transaction ends: no run matches them now."""
    lines = BankLine.objects.select_for_update().filter(statement__batch=batch).order_by("pk")
    list(lines.values_list("pk"))


def withdraw(batch: ImportBatch, *, by: By, at: datetime) -> None:
    """Withdraw the statements and lines of an import; nothing depends on them (`why_not`)."""
    BankLine.objects.filter(statement__batch=batch).update(
        state=BankLine.State.WITHDRAWN, state_reason="", state_by=by.actor, state_at=at
    )
    BankStatement.objects.filter(batch=batch).update(withdrawn_at=at)
    # What its statements had set aside waits again.
    BankLine.objects.filter(
        state=BankLine.State.SET_ASIDE,
        state_reason=UNCONFIRMED,
        state_by=f"import:{batch.pk}",
    ).update(state=BankLine.State.TO_MATCH, state_reason="", state_by=by.actor, state_at=at)


def why_not(batch: ImportBatch) -> list[str]:
    """Return what keeps a statement from being withdrawn, in words; empty where nothing does."""
    matched = BankLine.objects.filter(
        statement__batch=batch, state__in=(BankLine.State.MATCHED, BankLine.State.SUSPENSE)
    ).count()
    if matched:
        words = count(
            matched,
            "opération de ce relevé est rapprochée",
            "opérations de ce relevé sont rapprochées",
        )
        return [f"{words} : défaites d’abord ces rapprochements."]
    later = (
        BankLineSighting.objects.filter(
            line__statement__batch=batch, statement__withdrawn_at__isnull=True
        )
        .exclude(statement__batch=batch)
        .values_list("statement__batch__filename", flat=True)
        .first()
        or BankLineDetail.objects.filter(line__statement__batch=batch)
        .exclude(batch=batch)
        .exclude(batch__status=ImportBatch.Status.UNDONE)
        .values_list("batch__filename", flat=True)
        .first()
    )
    if later is None:
        return []
    return [f"« {later} » contient aussi des opérations de ce relevé : annulez-le d’abord."]
