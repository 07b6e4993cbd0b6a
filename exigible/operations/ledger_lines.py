"""The lines of customer accounts, of a file and of earlier ones, one account at a time; and the proof.

Shared by the import of an export and by its undoing: both plan an account with all its lines, and both must
end with facts that equal the ledger to the cent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

from exigible.intake.ledger_plan import Line
from exigible.intake.receivables import PostedAs
from exigible.operations.ledger_writer import Customer
from exigible.store.queries.ledger_totals import differences

CHUNK_LINES = 20_000


class Contradiction(AssertionError):
    """The facts written do not equal the ledger's lines: a mistake of ours, nothing is kept."""


def prove(account_ids: Sequence[int]) -> None:
    """Compare, account by account, the ledger's lines with the facts; raise Contradiction on a cent."""
    found = differences(account_ids)
    if found:
        raise Contradiction(
            "ledger and facts differ: "
            + "; ".join(
                f"account {row.account_id}, {row.ledger_account}: {row.ledger_cents} in the "
                f"ledger, {row.facts_cents} in the facts"
                for row in found[:5]
            )
        )


def customers_of(account_ids: Sequence[int]) -> list[Customer]:
    """Return accounts as those whom lines belong to, with the terms they have."""
    if not account_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.id, a.number, coalesce(a.term_days, c.term_days),
                      coalesce(nullif(a.term_method, ''), c.term_method)
                 FROM store_account a JOIN store_creditor c ON c.id = a.creditor_id
                WHERE a.id = ANY(%s)""",
            [list(account_ids)],
        )
        return [Customer(*row) for row in cursor.fetchall()]


def lines_by_account(
    query: str, parameters: Mapping[str, Any], line_of: Callable[[Sequence[Any]], Line]
) -> Iterator[tuple[int, list[Line]]]:
    """Yield accounts with the lines that a query gives in their order, one account at a time."""
    raw = connection.connection
    assert raw is not None
    with raw.cursor(name="ledger_lines", binary=True) as cursor:
        cursor.itersize = CHUNK_LINES
        cursor.execute(query, parameters)
        account_id = 0
        lines: list[Line] = []
        for row in cursor:
            if row[0] != account_id:
                if lines:
                    yield account_id, lines
                account_id, lines = row[0], []
            lines.append(line_of(row))
        if lines:
            yield account_id, lines


def known_line(row: Sequence[Any]) -> Line:
    """Return a line of an earlier export, from a row of `KNOWN_LINES`."""
    return as_line(row, ("id", row[1]), PostedAs(row[15]), bool(row[13]))


def as_line(row: Sequence[Any], token: object, stood: PostedAs, opens: bool) -> Line:
    (
        _,
        _,
        _,
        fy,
        journal_code,
        entry_num,
        entry_date,
        ledger_account,
        piece_ref,
        piece_date,
        label,
        cents,
        lettering,
        _,
        _,
        _,
        claim_id,
        payment_id,
        identity,
        rank,
        batch_id,
    ) = row
    return Line(
        token=token,
        order=(len(entry_num), entry_num, bytes(identity), rank),
        fy=fy,
        journal=journal_code,
        entry_num=entry_num,
        on=entry_date,
        ledger_account=ledger_account,
        piece_ref=piece_ref,
        piece_date=piece_date,
        label=label,
        cents=cents,
        code=lettering,
        opening=opens,
        posted_as=stood,
        claim_id=claim_id,
        payment_id=payment_id,
        batch_id=batch_id,
    )


KNOWN_LINES = """
    SELECT k.account_id, k.id, k.line, k.financial_year_end, k.journal, k.entry_num,
           k.entry_date, k.ledger_account, k.piece_ref, k.piece_date, k.label,
           k.debit_cents - k.credit_cents, k.lettering, k.is_opening::int, 0, k.posted_as,
           k.claim_id, k.payment_id, k.identity, k.rank, k.batch_id
      FROM store_ledgerline k
     WHERE k.account_id = ANY(%(accounts)s) AND k.withdrawn_at IS NULL
"""
NEW_AND_KNOWN_LINES = f"""
    SELECT c.account_id, NULL::bigint, s.line, %(closing)s::date, s.journal, s.entry_num,
           s.entry_date, s.ledger_account, s.piece_ref, s.piece_date, s.label,
           s.debit_cents - s.credit_cents, s.lettering, s.opening, s.unit, NULL::text,
           NULL::bigint, NULL::bigint, s.identity, s.rank, %(batch)s::bigint
      FROM ledger_stage s JOIN ledger_customer c ON c.number = s.number WHERE s.known IS NULL
    UNION ALL
    {KNOWN_LINES}
     ORDER BY 1
"""
