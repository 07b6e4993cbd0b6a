"""The temporary tables of a bank import: its lines, which of them are known, the account of each.

`bank_stage` holds a row a line, `known` being the line of an earlier import that it is, `new_id` the
one it becomes; `bank_stage_statement` the account and the row of each statement. They live as long
as the transaction.

A line is known by the bank's reference, else by its texts, among those of its account, day and
amount. Two formats word the same movement differently: what their references do not pair is paired
by the end-to-end reference, then in order, because each lists every movement of the day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from django.db import connection

from exigible.intake.bank.shapes import BankLine, Detail, Kind
from exigible.store.bulk import copy_rows

STAGE = {
    "n": "int8",
    "statement": "int4",
    "line": "int8",
    "identity": "bytea",
    "booked_on": "date",
    "value_on": "date",
    "amount_cents": "int8",
    "currency": "text",
    "label": "text",
    "counterparty": "text",
    "counterparty_iban": "text",
    "on_behalf_of": "text",
    "end_to_end": "text",
    "mandate": "text",
    "bank_ref": "text",
    "refs": "text[]",
    "code": "text",
    "nature": "text",
    "is_return": "bool",
    "return_code": "text",
    "return_reason": "text",
    "batch_ref": "text",
    "batch_count": "int4",
    "moves_money": "bool",
    "provisional": "bool",
    "details": "text",
}
SAME_DAY = "account_id, moves_money, currency, booked_on, amount_cents"
LIVE = """
    SELECT l.id, coalesce(l.bank_account_id, 0) AS account_id, l.moves_money, l.currency, l.booked_on,
           l.amount_cents, l.identity, l.end_to_end, l.rank, st.format
      FROM store_bankline l
      JOIN store_bankstatement st ON st.id = l.statement_id
      JOIN (SELECT account_id, min(booked_on) AS first_on, max(booked_on) AS last_on
              FROM bank_stage GROUP BY account_id) w
        ON w.account_id = coalesce(l.bank_account_id, 0)
       AND l.booked_on BETWEEN w.first_on AND w.last_on
     WHERE l.creditor_id = %(creditor)s AND l.state <> 'withdrawn'
       AND NOT EXISTS (SELECT 1 FROM bank_stage t WHERE t.known = l.id)"""


def stage_lines(lines: Iterable[BankLine]) -> None:
    """Make the tables anew and stream the lines of a file into the first."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("DROP TABLE IF EXISTS bank_stage, bank_stage_statement")
        columns = ", ".join(f"{name} {kind}" for name, kind in STAGE.items())
        cursor.execute(
            f"""CREATE TEMP TABLE bank_stage ({columns}, account_id bigint NOT NULL DEFAULT 0,
                  known bigint, new_id bigint) ON COMMIT DROP"""
        )
        cursor.execute(
            """CREATE TEMP TABLE bank_stage_statement (position int PRIMARY KEY, account_id bigint,
                 statement_id bigint) ON COMMIT DROP"""
        )
    copy_rows("bank_stage", STAGE, _rows(lines))


def _rows(lines: Iterable[BankLine]) -> Iterator[tuple[object, ...]]:
    for number, line in enumerate(lines):
        kind = line.statement.kind
        yield (
            number,
            line.statement.index,
            line.line,
            identity_of(line),
            line.booked_on,
            line.value_on,
            line.amount_cents,
            line.currency,
            line.label,
            line.counterparty,
            line.counterparty_iban,
            line.on_behalf_of,
            line.end_to_end,
            line.mandate,
            line.bank_ref,
            list(line.refs),
            line.code,
            line.nature.value,
            line.is_return,
            line.return_code,
            line.return_reason,
            line.batch_ref,
            line.batch_count,
            kind is not Kind.STATUS,
            kind in (Kind.INTERIM, Kind.NOTICE),
            json.dumps([_detail(one) for one in line.details]) if line.details else None,
        )


def identity_of(line: BankLine) -> bytes:
    """Return what tells a line from another of its day and amount: the bank's reference, else its texts."""
    if line.bank_ref:
        return blake2b(f"ref\x1f{line.bank_ref}".encode(), digest_size=16).digest()
    return line.content()


def _detail(detail: Detail) -> dict[str, object]:
    return {
        "amount_cents": detail.amount_cents,
        "currency": detail.currency,
        "label": detail.label,
        "counterparty": detail.counterparty,
        "counterparty_iban": detail.counterparty_iban,
        "on_behalf_of": detail.on_behalf_of,
        "end_to_end": detail.end_to_end,
        "mandate": detail.mandate,
        "bank_ref": detail.bank_ref,
        "refs": list(detail.refs),
        "return_code": detail.return_code,
        "return_reason": detail.return_reason,
    }


def set_accounts(statements: Iterable[tuple[int, int | None]]) -> None:
    """Say the account of each statement (position, account); lines of any other statement leave."""
    copy_rows("bank_stage_statement", {"position": "int4", "account_id": "int8"}, statements)
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM bank_stage s WHERE NOT EXISTS
                 (SELECT 1 FROM bank_stage_statement t WHERE t.position = s.statement)"""
        )
        cursor.execute(
            """UPDATE bank_stage s SET account_id = t.account_id FROM bank_stage_statement t
                WHERE t.position = s.statement AND t.account_id IS NOT NULL"""
        )
        cursor.execute("ANALYZE bank_stage")


def recognise(creditor_id: int, format_: str) -> None:
    """Find, for each staged line, the line of an earlier import that it is."""
    _pair(creditor_id, format_, by="identity", only="true")
    other = "format <> %(format)s"
    _pair(creditor_id, format_, by="end_to_end", only=f"{other} AND end_to_end <> ''")
    _pair(creditor_id, format_, by="moves_money", only=other)


def _pair(creditor_id: int, format_: str, *, by: str, only: str) -> None:
    """Pair the lines still alone of the same account, day, amount and `by`, in their order."""
    staged_only = "end_to_end <> ''" if by == "end_to_end" else "true"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE bank_stage s SET known = p.id
                  FROM (SELECT a.n, b.id
                          FROM (SELECT n, {SAME_DAY}, {by} AS mark,
                                       row_number() OVER (PARTITION BY {SAME_DAY}, {by} ORDER BY n) AS r
                                  FROM bank_stage WHERE known IS NULL AND {staged_only}) a
                          JOIN (SELECT id, {SAME_DAY}, {by} AS mark,
                                       row_number() OVER (PARTITION BY {SAME_DAY}, {by}
                                                          ORDER BY rank, id) AS r
                                  FROM ({LIVE}) live WHERE {only}) b
                         USING ({SAME_DAY}, mark, r)) p
                 WHERE p.n = s.n""",
            {"creditor": creditor_id, "format": format_},
        )
