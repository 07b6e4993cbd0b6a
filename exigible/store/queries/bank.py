"""Bank lines waiting to be matched, and the statements they come from."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Prefetch, QuerySet

from exigible.store.models import BankLine, BankLineDetail, BankStatement, ImportBatch


def lines_to_match(
    creditor_ids: Sequence[int], *, credits_only: bool = False, currency: str = "EUR"
) -> QuerySet[BankLine]:
    """Return the lines of these creditors that wait, newest first, with the transactions inside.

    Money that left is given too unless `credits_only`: a returned payment is one. Announcements that
    move no money are apart (`announced_returns`).
    """
    found = BankLine.objects.filter(
        creditor_id__in=creditor_ids,
        state=BankLine.State.TO_MATCH,
        moves_money=True,
        currency=currency,
    )
    if credits_only:
        found = found.filter(amount_cents__gt=0)
    return with_details(found).order_by("-booked_on", "-pk")


def announced_returns(creditor_ids: Sequence[int]) -> QuerySet[BankLine]:
    """Return the orders that a bank says rejected, and that nobody has dealt with."""
    found = BankLine.objects.filter(
        creditor_id__in=creditor_ids, state=BankLine.State.TO_MATCH, moves_money=False
    )
    return with_details(found).order_by("-booked_on", "-pk")


def with_details(lines: QuerySet[BankLine]) -> QuerySet[BankLine]:
    """Add to lines the transactions inside them (`line.details.all()`), those of undone imports left out."""
    details = BankLineDetail.objects.exclude(batch__status=ImportBatch.Status.UNDONE)
    return lines.select_related("bank_account", "statement").prefetch_related(
        Prefetch("details", details.order_by("rank", "pk"))
    )


def statements_of(bank_account_id: int) -> QuerySet[BankStatement]:
    """Return the statements of an account that count, newest first."""
    return BankStatement.objects.filter(
        bank_account_id=bank_account_id, withdrawn_at__isnull=True
    ).order_by("-last_on", "-closing_on", "-pk")
