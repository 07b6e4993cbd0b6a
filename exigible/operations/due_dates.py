"""Due dates that nobody stated: derived again when an account's terms change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from django.db import connection

from exigible.domain.terms import due_date
from exigible.store.models import DueOnSource


def derive_again(account_ids: Collection[int]) -> int:
    """Derive again, from the terms accounts now have, the due dates that nobody stated.

    In the caller's transaction, which holds the accounts; return how many due dates moved.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.id, c.issued_on, c.due_on, coalesce(a.term_days, r.term_days),
                      coalesce(nullif(a.term_method, ''), r.term_method)
                 FROM store_claim c JOIN store_account a ON a.id = c.account_id
                 JOIN store_creditor r ON r.id = a.creditor_id
                WHERE c.account_id = ANY(%s) AND c.due_on_source = %s AND c.issued_on IS NOT NULL""",
            [sorted(account_ids), DueOnSource.DERIVED],
        )
        moved = [
            (claim_id, new)
            for claim_id, issued_on, due_on, days, method in cursor.fetchall()
            if (new := due_date(issued_on, days, method)) != due_on
        ]
    set_due_dates(moved, DueOnSource.DERIVED)
    return len(moved)


def set_due_dates(rows: Sequence[tuple[int, date]], source: str) -> None:
    """Write the due dates of claims, (id, day), with who says so."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE store_claim c SET due_on = v.due_on, due_on_source = %s
                 FROM unnest(%s::bigint[], %s::date[]) AS v(id, due_on) WHERE c.id = v.id""",
            [source, [row[0] for row in rows], [row[1] for row in rows]],
        )
