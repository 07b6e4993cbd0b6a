"""Bringing in bank statements, in the caller's transaction, under the creditor's lock.

What a statement says is added as it is; a statement already seen, or a line of an overlapping one,
is recognised and adds nothing. Nothing here records a payment: a line waits to be matched. Where the
statement of a day is in, what was only announced for that day and is not in it is set aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import connection

from exigible.intake.bank.dry_run import report_of
from exigible.intake.bank.files import open_file
from exigible.intake.bank.shapes import BankFile, BankStatement
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Problem
from exigible.intake.report import ImportReport, RefusedFile
from exigible.operations.bank_accounts import Asked, resolve
from exigible.operations.bank_stage import STAGE, recognise, set_accounts, stage_lines
from exigible.operations.ledger_import import Progress
from exigible.store.models import BankStatement as StatementRow
from exigible.store.models import Creditor, ImportBatch

UNCONFIRMED = "unconfirmed"  # announced, and not in the statement of its day
NO_AMOUNT = "no_amount"
_COPIED = [name for name in STAGE if name not in ("n", "statement", "details")]
_DETAIL = {
    "amount_cents": "bigint",
    "currency": "text",
    "label": "text",
    "counterparty": "text",
    "counterparty_iban": "text",
    "on_behalf_of": "text",
    "end_to_end": "text",
    "mandate": "text",
    "bank_ref": "text",
    "refs": "text[]",
    "return_code": "text",
    "return_reason": "text",
}


def import_bank_file(
    batch: ImportBatch,
    creditor: Creditor,
    path: Path,
    *,
    mapping: Mapping | None,
    partial: bool,
    at: datetime,
    progress: Progress,
) -> ImportReport:
    """Take a bank file; raise Unreadable (with its report once it was read) where it is refused."""
    size = max(path.stat().st_size, 1)
    file = open_file(
        path,
        batch.format,
        partial=partial,
        mapping=mapping,
        on_bytes=lambda done: progress("Lecture", min(done, size), size),
    )
    stage_lines(file.lines())
    report = report_of(file, batch.filename)
    if not report.accepted:
        problem = file.problems.first_blocking
        assert problem is not None
        raise RefusedFile(report, problem)
    progress("Comptes bancaires", 0, 1)
    statements = [one for one in file.statements if one.repeats is None]
    resolved = resolve(
        creditor,
        statements,
        Asked(
            iban=str(batch.options.get("account", "")),
            open_unknown=bool(batch.options.get("open_accounts")),
        ),
        actor=f"import:{batch.pk}",
        at=at,
    )
    if resolved.problem is not None:
        report.unknown_iban = resolved.unknown_iban
        raise RefusedFile(_refused_by(report, resolved.problem), resolved.problem)
    accounts = resolved.account_ids
    new = _not_seen(creditor, statements, accounts)
    set_accounts((one.index, accounts[one.index]) for one in new)
    progress("Reconnaissance des opérations", 0, 1)
    recognise(creditor.pk, file.format)
    progress("Enregistrement", 0, 1)
    _add_statements(batch, creditor, file, new, accounts, at)
    lines = _add_lines(creditor, batch, at)
    details = _add_details(batch)
    known = _add_sightings() + sum(one.lines for one in statements if one not in new)
    aside = _set_unconfirmed_aside(creditor, batch, new, at)
    report.written = {
        "statements": len(new),
        "bank_lines": lines,
        "bank_details": details,
        "lines_known": known,
        "set_aside": aside,
        "bank_accounts": resolved.opened,
    }
    report.unchanged = not (new or lines or details)
    return report


def _refused_by(report: ImportReport, problem: Problem) -> ImportReport:
    report.problems.append(problem)
    report.problem_count += 1
    report.accepted, report.error = False, problem
    return report


def _not_seen(
    creditor: Creditor, statements: Sequence[BankStatement], accounts: dict[int, int | None]
) -> list[BankStatement]:
    """Return the statements that no import holds yet, of those that live."""
    seen = {
        (account_id, bytes(digest))
        for account_id, digest in StatementRow.objects.filter(
            creditor=creditor,
            withdrawn_at__isnull=True,
            digest__in=[one.digest for one in statements],
        ).values_list("bank_account_id", "digest")
    }
    return [one for one in statements if (accounts[one.index], one.digest) not in seen]


def _add_statements(
    batch: ImportBatch,
    creditor: Creditor,
    file: BankFile,
    statements: Sequence[BankStatement],
    accounts: dict[int, int | None],
    at: datetime,
) -> None:
    rows = StatementRow.objects.bulk_create(
        [
            StatementRow(
                creditor=creditor,
                bank_account_id=accounts[one.index],
                batch=batch,
                position=one.index,
                kind=one.kind.value,
                format=file.format,
                account=one.account,
                number=one.number,
                reference=one.reference,
                currency=one.currency,
                opening_cents=one.opening_cents,
                opening_on=one.opening_on,
                closing_cents=one.closing_cents,
                closing_on=one.closing_on,
                first_on=one.first_on,
                last_on=one.last_on,
                line_count=one.lines,
                credit_cents=one.credit_cents,
                debit_cents=one.debit_cents,
                digest=one.digest,
                recorded_at=at,
            )
            for one in statements
        ],
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE bank_stage_statement t SET statement_id = v.id
                 FROM unnest(%s::int[], %s::bigint[]) AS v(position, id)
                WHERE t.position = v.position""",
            [[row.position for row in rows], [row.pk for row in rows]],
        )


def _add_lines(creditor: Creditor, batch: ImportBatch, at: datetime) -> int:
    """Add the lines that are not known; those without an amount are set aside at once."""
    copied = ", ".join(_COPIED)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE bank_stage SET new_id = nextval('store_bankline_id_seq') WHERE known IS NULL"""
        )
        cursor.execute(
            f"""INSERT INTO store_bankline (id, statement_id, creditor_id, bank_account_id, rank,
                  {copied}, state, state_reason, state_by, state_at)
                SELECT s.new_id, t.statement_id, %(creditor)s, t.account_id,
                       coalesce(e.rank + 1, 0) + row_number() OVER
                         (PARTITION BY s.account_id, s.booked_on, s.amount_cents, s.currency, s.identity
                          ORDER BY s.n) - 1,
                       {", ".join(f"s.{name}" for name in _COPIED)},
                       CASE WHEN s.amount_cents = 0 THEN 'set_aside' ELSE 'to_match' END,
                       CASE WHEN s.amount_cents = 0 THEN %(no_amount)s ELSE '' END,
                       CASE WHEN s.amount_cents = 0 THEN %(actor)s ELSE '' END,
                       CASE WHEN s.amount_cents = 0 THEN %(at)s::timestamptz END
                  FROM bank_stage s
                  JOIN bank_stage_statement t ON t.position = s.statement
                  LEFT JOIN (SELECT coalesce(l.bank_account_id, 0) AS account_id, l.booked_on,
                                    l.amount_cents, l.currency, l.identity, max(l.rank) AS rank
                               FROM store_bankline l
                              WHERE l.creditor_id = %(creditor)s AND l.state <> 'withdrawn'
                                AND l.booked_on BETWEEN (SELECT min(booked_on) FROM bank_stage)
                                                    AND (SELECT max(booked_on) FROM bank_stage)
                              GROUP BY 1, 2, 3, 4, 5) e
                    ON (e.account_id, e.booked_on, e.amount_cents, e.currency, e.identity)
                     = (s.account_id, s.booked_on, s.amount_cents, s.currency, s.identity)
                 WHERE s.known IS NULL
                 ORDER BY s.n""",
            {
                "creditor": creditor.pk,
                "no_amount": NO_AMOUNT,
                "actor": f"import:{batch.pk}",
                "at": at,
            },
        )
        return int(cursor.rowcount)


def _add_details(batch: ImportBatch) -> int:
    """Add the transactions inside lines; a line known without any learns them, or why it came back."""
    names = ", ".join(_DETAIL)
    shape = ", ".join(f"{name} {kind}" for name, kind in _DETAIL.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO store_banklinedetail (line_id, batch_id, rank, {names})
                SELECT coalesce(s.new_id, s.known), %(batch)s, d.rank - 1, {names_of("d")}
                  FROM bank_stage s
                 CROSS JOIN LATERAL ROWS FROM
                       (jsonb_to_recordset(s.details::jsonb) AS ({shape})) WITH ORDINALITY
                       AS d ({names}, rank)
                 WHERE s.details IS NOT NULL
                   AND (s.known IS NULL OR NOT EXISTS
                        (SELECT 1 FROM store_banklinedetail x
                           JOIN store_importbatch i ON i.id = x.batch_id
                          WHERE x.line_id = s.known AND i.status <> 'undone'))""",
            {"batch": batch.pk},
        )
        added = cursor.rowcount
        cursor.execute(
            f"""INSERT INTO store_banklinedetail (line_id, batch_id, rank, {names})
                SELECT s.known, %(batch)s, 0, abs(s.amount_cents), {names_of("s", skip=1)}
                  FROM bank_stage s JOIN store_bankline l ON l.id = s.known
                 WHERE s.details IS NULL AND s.return_code || s.return_reason <> ''
                   AND l.return_code || l.return_reason = ''
                   AND NOT EXISTS (SELECT 1 FROM store_banklinedetail x
                                     JOIN store_importbatch i ON i.id = x.batch_id
                                    WHERE x.line_id = s.known AND i.status <> 'undone')""",
            {"batch": batch.pk},
        )
        return int(added + cursor.rowcount)


def names_of(row: str, *, skip: int = 0) -> str:
    """Return the columns of a detail, of one row of a query."""
    return ", ".join(f"{row}.{name}" for name in list(_DETAIL)[skip:])


def _add_sightings() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO store_banklinesighting (statement_id, line_id)
               SELECT DISTINCT t.statement_id, s.known
                 FROM bank_stage s JOIN bank_stage_statement t ON t.position = s.statement
                WHERE s.known IS NOT NULL"""
        )
        return int(cursor.rowcount)


def _set_unconfirmed_aside(
    creditor: Creditor, batch: ImportBatch, new: Sequence[BankStatement], at: datetime
) -> int:
    """Set aside what was announced for a day whose statement is in, and does not hold it."""
    if not new:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE store_bankline l
                  SET state = 'set_aside', state_reason = %(reason)s, state_by = %(actor)s,
                      state_at = %(at)s
                 FROM (SELECT DISTINCT account_id FROM bank_stage_statement) touched
                WHERE l.creditor_id = %(creditor)s AND l.bank_account_id = touched.account_id
                  AND l.provisional AND l.state = 'to_match'
                  AND EXISTS (SELECT 1 FROM store_bankstatement s
                               WHERE s.bank_account_id = l.bank_account_id
                                 AND s.currency = l.currency
                                 AND s.kind = 'statement' AND s.withdrawn_at IS NULL
                                 AND l.booked_on BETWEEN s.first_on AND s.last_on)
                  AND NOT EXISTS (SELECT 1 FROM store_banklinesighting g
                                    JOIN store_bankstatement s ON s.id = g.statement_id
                                   WHERE g.line_id = l.id AND s.kind = 'statement'
                                     AND s.withdrawn_at IS NULL)""",
            {
                "reason": UNCONFIRMED,
                "actor": f"import:{batch.pk}",
                "at": at,
                "creditor": creditor.pk,
            },
        )
        return int(cursor.rowcount)
