"""Withdrawing an accounting export: its lines count no more, and the accounts are understood without it.

What it changed on lines of earlier exports (lettering, numbers, year) is given back to them first. Then
each account is planned with the lines that are left, exactly as an import does (`ledger_facts`): what the
plan no longer holds is reversed. The ledger that is left must equal the facts to the cent, or nothing is
committed. Exports are undone last first: a later one recognised its lines in this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from django.db import connection
from django.db.models import Q

from exigible.intake.formats import Format
from exigible.intake.ledger_plan import Line
from exigible.intake.ledger_replay import current_openings, plan_account
from exigible.operations.fact_columns import ENTRY
from exigible.operations.ledger_facts import write_account
from exigible.operations.ledger_known import known_facts
from exigible.operations.ledger_lines import (
    CHUNK_LINES,
    KNOWN_LINES,
    customers_of,
    known_line,
    lines_by_account,
    prove,
)
from exigible.operations.ledger_writer import Writer
from exigible.operations.undo_dependents import blockers, of_ledger
from exigible.store.bulk import copy_rows
from exigible.store.models import ImportBatch, ImportedFact, LedgerLine

LINE_FIELDS = {
    "identity": "decode(f.before->>'identity', 'hex')",
    "rank": "(f.before->>'rank')::int4",
    "entry_num": "f.before->>'entry_num'",
    "label": "f.before->>'label'",
    "lettering": "f.before->>'lettering'",
    "lettered_on": "(f.before->>'lettered_on')::date",
    "financial_year_end": "(f.before->>'financial_year_end')::date",
    "batch_id": "(f.before->>'batch_id')::int8",
}


def counts(batch: ImportBatch) -> dict[str, int]:
    """Return how many lines an export brought, and how many claims and payments it opened."""
    brought = of_ledger(batch)
    with connection.cursor() as cursor:
        found = {"ledger_lines": LedgerLine.objects.filter(batch=batch, withdrawn_at=None).count()}
        for what, query in (("claim", brought.claims), ("payment", brought.payments)):
            cursor.execute(f"SELECT count(*) FROM ({query}) brought", brought.parameters)
            found[what] = int(cursor.fetchone()[0])
    return found


def why_not(batch: ImportBatch) -> list[str]:
    """Return what stands in the way, in words: a later export first, then what people did since."""
    assert batch.creditor_id is not None
    later = (
        ImportBatch.objects.filter(
            creditor_id=batch.creditor_id,
            format=Format.FEC,
            status=ImportBatch.Status.DONE,
        )
        .filter(
            Q(finished_at__gt=batch.finished_at) | Q(finished_at=batch.finished_at, pk__gt=batch.pk)
        )
        .order_by("-finished_at", "-pk")
        .first()
    )
    if later is not None:
        return [
            f"L’export « {later.filename} », importé depuis, s’appuie sur celui-ci : annulez-le d’abord."
        ]
    return blockers(of_ledger(batch))


def kept(batch: ImportBatch) -> list[str]:
    """Return what undoing an export does not bring back, in words."""
    assert batch.creditor_id is not None
    gave_way = ImportBatch.objects.filter(
        creditor_id=batch.creditor_id, options__superseded_by=batch.pk
    ).values_list("filename", flat=True)
    if not gave_way:
        return []
    names = ", ".join(f"« {name} »" for name in gave_way)
    if len(gave_way) == 1:
        return [
            f"La liste {names} avait laissé sa place à cet export : ses créances ne reviennent pas "
            "d’elles-mêmes, importez-la de nouveau."
        ]
    return [
        f"{len(gave_way)} listes avaient laissé leur place à cet export ({names}) : leurs créances ne "
        "reviennent pas d’elles-mêmes, importez-les de nouveau."
    ]


def accounts(batch: ImportBatch) -> set[int]:
    """Return every account that undoing an export may touch: its lines’, and those of its year."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT account_id FROM store_ledgerline
                WHERE creditor_id = %s AND (batch_id = %s OR financial_year_end = %s)""",
            [batch.creditor_id, batch.pk, batch.financial_year_end],
        )
        return {row[0] for row in cursor.fetchall()}


def withdraw(batch: ImportBatch, *, at: datetime) -> set[int]:
    """Withdraw the lines of an export and write what follows; return the accounts touched.

    In the caller's transaction, which holds the creditor and the accounts.
    """
    before = _opened_years(batch)
    touched = _restore_lines(batch)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE store_ledgerline SET withdrawn_at = %s
                WHERE batch_id = %s AND withdrawn_at IS NULL RETURNING account_id""",
            [at, batch.pk],
        )
        touched |= {row[0] for row in cursor.fetchall()}
        opened = _opened_years(batch)
        cursor.execute(
            """SELECT DISTINCT account_id FROM store_ledgerline
                WHERE creditor_id = %s AND withdrawn_at IS NULL AND financial_year_end = ANY(%s)""",
            [batch.creditor_id, list(before - opened)],
        )
        touched |= {row[0] for row in cursor.fetchall()}
    ordered = sorted(touched)
    writer = Writer(batch.pk, at)
    customers = {customer.account_id: customer for customer in customers_of(ordered)}
    for chunk in _chunks(ordered):
        known = known_facts([account_id for account_id, _ in chunk])
        for account_id, lines in chunk:
            plan = plan_account(current_openings(lines), opened)
            write_account(writer, customers[account_id], lines, plan, known[account_id])
        writer.flush()
    _reopen_documents(batch, at)
    prove(ordered)
    return touched


def _opened_years(batch: ImportBatch) -> set[date]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT financial_year_end FROM store_ledgerline
                WHERE creditor_id = %s AND is_opening AND withdrawn_at IS NULL""",
            [batch.creditor_id],
        )
        return {row[0] for row in cursor.fetchall()}


def _restore_lines(batch: ImportBatch) -> set[int]:
    """Give lines of earlier exports what this one changed of them; return their accounts."""
    touched: set[int] = set()
    with connection.cursor() as cursor:
        for name, value in LINE_FIELDS.items():
            cursor.execute(
                f"""UPDATE store_ledgerline l SET {name} = {value} FROM store_importedfact f
                     WHERE f.batch_id = %s AND f.what = %s AND f.undone_at IS NULL
                       AND f.before ? '{name}' AND l.id = f.object_id
                 RETURNING l.account_id""",
                [batch.pk, ImportedFact.What.LEDGER_LINE],
            )
            touched |= {row[0] for row in cursor.fetchall()}
    return touched


def _chunks(account_ids: Sequence[int]) -> Iterator[list[tuple[int, list[Line]]]]:
    """Yield accounts with the lines they are left with, those that have none included."""
    chunk: list[tuple[int, list[Line]]] = []
    seen: set[int] = set()
    size = 0
    for account_id, lines in lines_by_account(
        f"{KNOWN_LINES} ORDER BY 1", {"accounts": list(account_ids)}, known_line
    ):
        seen.add(account_id)
        chunk.append((account_id, lines))
        size += len(lines)
        if size >= CHUNK_LINES:
            yield chunk
            chunk, size = [], 0
    emptied = [account_id for account_id in account_ids if account_id not in seen]
    yield chunk
    for start in range(0, len(emptied), CHUNK_LINES):
        yield [(account_id, []) for account_id in emptied[start : start + CHUNK_LINES]]


def _reopen_documents(batch: ImportBatch, at: datetime) -> None:
    """Let electronic invoices claim again what the export had taken over from them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT ON (c.id) c.account_id, c.id, o.amount_cents, o.value_date, o.origin
                 FROM store_ledgerline l JOIN store_claim c ON c.id = l.claim_id
                 JOIN store_entry o ON o.claim_id = c.id AND o.kind = 'opening'
                  AND o.origin LIKE 'einvoice:%%'
                WHERE l.batch_id = %s AND l.withdrawn_at = %s AND c.origin LIKE 'einvoice:%%'
                  AND EXISTS (SELECT 1 FROM store_einvoice e
                               WHERE e.claim_id = c.id AND e.withdrawn_at IS NULL)
                  AND NOT EXISTS (SELECT 1 FROM store_ledgerline k
                                   WHERE k.claim_id = c.id AND k.withdrawn_at IS NULL)
                  AND NOT EXISTS (SELECT 1 FROM store_entry p
                                   WHERE p.claim_id = c.id AND p.kind = 'opening'
                                     AND NOT EXISTS (SELECT 1 FROM store_entry r
                                                      WHERE r.reverses_id = p.id))
                ORDER BY c.id, o.id DESC""",
            [batch.pk, at],
        )
        rows = cursor.fetchall()
    copy_rows(
        "store_entry",
        ENTRY,
        [
            (account_id, claim_id, None, "opening", "principal", cents, on, at, "", origin, None)
            for account_id, claim_id, cents, on, origin in rows
        ],
    )
