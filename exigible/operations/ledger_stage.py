"""The temporary tables of an import: the lines of a file, their customers, what they became.

`ledger_stage` holds a row a line of customers, `known` being the line of an earlier import that it is;
`ledger_customer` the account of each customer; `ledger_link` what new lines became. They live as long
as the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from django.db import connection

from exigible.intake.fec_report import Posting
from exigible.intake.receivables import customer_number
from exigible.store.bulk import copy_rows

STAGE = {
    "line": "int8",
    "unit": "int8",
    "number": "text",
    "identity": "bytea",
    "journal": "text",
    "entry_num": "text",
    "entry_date": "date",
    "ledger_account": "text",
    "auxiliary": "text",
    "piece_ref": "text",
    "piece_date": "date",
    "label": "text",
    "debit_cents": "int8",
    "credit_cents": "int8",
    "lettering": "text",
    "lettered_on": "date",
    "opening": "int4",
}


def stage_lines(postings: Iterable[Posting]) -> None:
    """Make the tables anew and stream the lines of a file into the first."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        columns = ", ".join(f"{name} {kind}" for name, kind in STAGE.items())
        cursor.execute("DROP TABLE IF EXISTS ledger_stage, ledger_link, ledger_customer")
        cursor.execute(
            f"""CREATE TEMP TABLE ledger_stage ({columns}, rank int NOT NULL DEFAULT 0,
                  known bigint) ON COMMIT DROP"""
        )
        cursor.execute(
            """CREATE TEMP TABLE ledger_link (line bigint, posted_as text, is_opening boolean,
                 claim_id bigint, payment_id bigint) ON COMMIT DROP"""
        )
        cursor.execute(
            """CREATE TEMP TABLE ledger_customer (number text, account_id bigint)
               ON COMMIT DROP"""
        )
    copy_rows("ledger_stage", STAGE, map(_staged, postings))


def rank_equals() -> None:
    """Give equal lines their rank, in the order of the file."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE ledger_stage s SET rank = d.rank
                 FROM (SELECT line, row_number() OVER (PARTITION BY identity ORDER BY line) - 1
                              AS rank
                         FROM ledger_stage
                        WHERE identity IN (SELECT identity FROM ledger_stage
                                            GROUP BY identity HAVING count(*) > 1)) d
                WHERE s.line = d.line AND d.rank > 0"""
        )
        cursor.execute("ANALYZE ledger_stage")


def _staged(posting: Posting) -> tuple[object, ...]:
    """Return the row of a line, with its identity: all its fields but the lettering and validation.

    The labels of its codes (JournalLib, CompteLib, CompAuxLib) are not the line's own: renaming a
    customer makes no new line of any.
    """
    identity = "\x1f".join(
        (
            posting.journal,
            posting.entry_num,
            posting.entry_date.isoformat(),
            posting.account,
            posting.auxiliary,
            posting.piece_ref,
            posting.piece_date.isoformat() if posting.piece_date else "",
            posting.label,
            str(posting.debit_cents),
            str(posting.credit_cents),
            posting.currency_amount,
            posting.currency,
        )
    )
    return (
        posting.line,
        posting.unit,
        customer_number(posting.account, posting.auxiliary),
        blake2b(identity.encode(), digest_size=16).digest(),
        posting.journal,
        posting.entry_num,
        posting.entry_date,
        posting.account,
        posting.auxiliary,
        posting.piece_ref,
        posting.piece_date,
        posting.label,
        posting.debit_cents,
        posting.credit_cents,
        posting.lettering,
        posting.lettered_on,
        int(posting.opening),
    )
