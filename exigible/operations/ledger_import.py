"""Bringing a FEC into the database: staged, compared with what is known, understood, written.

One transaction, under the creditor's lock. The file streams into a temporary table; SQL says which
of its lines are new; the customers they touch are planned whole, with all their lines of all years,
and only what the facts lack is written. At the end the facts of every account touched must equal its
ledger lines to the cent, or nothing is committed.

A line's identity is the creditor, all its fields but EcritureLet, DateLet and ValidDate (and the labels
of its codes, which a renaming changes), and its rank among equals: docs/decisions/0006-ledger-lines.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from django.db import connection

from exigible.domain.french import count, euros
from exigible.intake.fec import DEFAULT_PREFIXES, FecFile
from exigible.intake.fec_dry_run import report_of
from exigible.intake.fec_report import FecReport, Posting, opening_day
from exigible.intake.ledger_plan import Line
from exigible.intake.ledger_replay import current_openings, plan_account
from exigible.intake.ledger_text import Opener
from exigible.intake.problems import Unreadable
from exigible.intake.receivables import (
    PostedAs,
    customer_number,
    is_opening,
    journal_natures,
    never_chased_reason,
    posted_as,
)
from exigible.intake.report import ImportReport, in_order
from exigible.operations import figures, journal
from exigible.operations.accounts import NewCustomer, open_accounts
from exigible.operations.ledger_facts import write_account
from exigible.operations.ledger_known import known_facts
from exigible.operations.ledger_writer import Customer, Writer
from exigible.store.bulk import copy_rows
from exigible.store.models import Creditor, ImportBatch
from exigible.store.queries.ledger_totals import differences

Progress = Callable[[str, int, int], None]  # phase, done, total

CHUNK_LINES = 20_000
MISSING_LISTED = 100
RENUMBERED_AT_LEAST = 20

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


class Contradiction(AssertionError):
    """The facts written do not equal the ledger's lines: a mistake of ours, nothing is kept."""


@dataclass(slots=True)
class Outcome:
    """What an import did."""

    report: ImportReport
    account_ids: list[int]  # touched
    new_account_ids: set[int]


def import_ledger(
    batch: ImportBatch,
    creditor: Creditor,
    opened: Opener,
    *,
    partial: bool,
    on: date,
    at: datetime,
    progress: Progress,
) -> Outcome:
    """Bring a FEC in, in the caller's transaction and under the creditor's lock.

    Raise Unreadable, with nothing written, for a file that may not be taken.
    """
    return _Import(batch, creditor, opened, partial=partial, on=on, at=at, progress=progress).run()


class _Import:
    def __init__(
        self,
        batch: ImportBatch,
        creditor: Creditor,
        opened: Opener,
        *,
        partial: bool,
        on: date,
        at: datetime,
        progress: Progress,
    ) -> None:
        self.batch = batch
        self.creditor = creditor
        self.on = on
        self.at = at
        self.progress = progress
        size = max(batch.size_bytes, 1)
        self.file = FecFile(
            opened,
            batch.filename,
            prefixes=tuple(creditor.customer_prefixes) or DEFAULT_PREFIXES,
            partial=partial,
            on_bytes=lambda done: progress("Lecture du fichier", min(done, size), size),
        )
        self.read: FecReport = self.file.report
        self.customers: dict[str, Customer] = {}
        self.writer = Writer(batch.pk, at)

    def run(self) -> Outcome:
        self._stage()
        if not self.read.accepted:
            problem = self.read.problems.first_blocking
            assert problem is not None
            raise RefusedLedger(report_of(self.read), problem)
        self.closing = self.read.closing_on
        self.natures = journal_natures(self.read.journal_masks, self.read.journal_labels)
        self._find_customers()
        self._find_known_lines()
        touched = self._touched()
        report = report_of(self.read)
        report.unchanged = not touched
        if touched:
            self._plan_and_write(touched)
            self._insert_lines()
            self._prove(touched)
            self._journal()
            self.progress("Calcul des comptes", 0, 1)
            figures.refresh(touched, self.on)
        written = self.writer.written.counts
        report.written = {"lines": self.new_lines, "accounts": len(touched), **dict(written)}
        report.problems = in_order(self.read.problems.listed)
        report.problem_count = self.read.problems.count
        return Outcome(report, touched, self.created_accounts)

    # --- staging -----------------------------------------------------------------------------------

    def _stage(self) -> None:
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
        copy_rows("ledger_stage", STAGE, map(_staged, self.file.postings()))
        self.progress("Rapprochement", 0, 1)
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

    # --- customers -----------------------------------------------------------------------------------

    def _find_customers(self) -> None:
        """Find the account of each customer of the file; create those that are not known."""
        names: dict[str, tuple[str, bool, str]] = {}
        for (account, auxiliary), totals in self.read.accounts.items():
            number = customer_number(account, auxiliary)
            name, has_auxiliary, _ = names.get(number, ("", bool(auxiliary), ""))
            names[number] = (name or totals.label, has_auxiliary, auxiliary)
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT number, id, coalesce(term_days, %s), coalesce(nullif(term_method, ''), %s)
                     FROM store_account WHERE creditor_id = %s AND number = ANY(%s)""",
                [
                    self.creditor.term_days,
                    self.creditor.term_method,
                    self.creditor.pk,
                    list(names),
                ],
            )
            for number, account_id, days, method in cursor.fetchall():
                self.customers[number] = Customer(account_id, names[number][2], days, method)
        created = [number for number in names if number not in self.customers]
        if created:
            self._create_customers(created, names)
        copy_rows(
            "ledger_customer",
            {"number": "text", "account_id": "int8"},
            ((number, customer.account_id) for number, customer in self.customers.items()),
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ledger_customer")
        self.created_accounts = {self.customers[number].account_id for number in created}

    def _create_customers(
        self, numbers: Sequence[str], names: dict[str, tuple[str, bool, str]]
    ) -> None:
        new = []
        for number in numbers:
            name, has_auxiliary, _ = names[number]
            reason = never_chased_reason(name, has_auxiliary=has_auxiliary)
            new.append(NewCustomer(number, name, reason))
        for account in open_accounts(self.creditor, new, at=self.at):
            self.customers[account.number] = Customer(
                account.pk,
                names[account.number][2],
                self.creditor.term_days,
                self.creditor.term_method,
            )

    # --- known lines ---------------------------------------------------------------------------------

    def _find_known_lines(self) -> None:
        """Link staged lines with those already there; take what changed in their lettering."""
        self.changed: set[int] = set()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM store_ledgerline WHERE creditor_id = %s)",
                [self.creditor.pk],
            )
            self.has_history = bool(cursor.fetchone()[0])
            if self.has_history:
                cursor.execute(
                    """UPDATE ledger_stage s SET known = k.id FROM store_ledgerline k
                        WHERE k.creditor_id = %s AND k.identity = s.identity AND k.rank = s.rank""",
                    [self.creditor.pk],
                )
                self._recognise_rewritten(cursor)
                self._warn_missing(cursor)
                self._take_lettering(cursor)
                self._settle_years(cursor)
                self._replace_openings(cursor)
            cursor.execute("SELECT count(*) FROM ledger_stage WHERE known IS NULL")
            self.new_lines = int(cursor.fetchone()[0])

    def _recognise_rewritten(self, cursor: Any) -> None:
        """Recognise lines that an export renumbered: the same but for EcritureNum and the texts.

        Only where nearly all the lines that the file lacks have such a twin in it: a whole export
        was renumbered. A few twins may be different operations, and stay different lines.
        """
        cursor.execute(
            f"""CREATE TEMP TABLE ledger_twin ON COMMIT DROP AS
                WITH gone AS (SELECT k.id, {_TWIN_FIELDS}, row_number() OVER (
                                PARTITION BY {_TWIN_FIELDS} ORDER BY k.id) AS twin
                                FROM ({_MISSING}) k),
                     come AS (SELECT line, {_TWIN_FIELDS}, row_number() OVER (
                                PARTITION BY {_TWIN_FIELDS} ORDER BY line) AS twin
                                FROM ledger_stage WHERE known IS NULL)
                SELECT gone.id, come.line FROM gone JOIN come
                 USING (journal, entry_date, ledger_account, auxiliary, piece_ref, debit_cents,
                        credit_cents, twin)""",
            self._coverage,
        )
        cursor.execute(f"SELECT count(*) FROM ({_MISSING}) k", self._coverage)
        [missing] = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM ledger_twin")
        [twins] = cursor.fetchone()
        if twins >= RENUMBERED_AT_LEAST and twins * 10 >= missing * 9:
            cursor.execute(
                """UPDATE store_ledgerline k SET identity = s.identity, rank = s.rank,
                          entry_num = s.entry_num, label = s.label
                     FROM ledger_twin t JOIN ledger_stage s ON s.line = t.line
                    WHERE k.id = t.id"""
            )
            cursor.execute(
                """UPDATE ledger_stage s SET known = t.id FROM ledger_twin t
                    WHERE s.line = t.line"""
            )
            self.read.problems.add(
                "renumbered",
                f"{count(twins, 'ligne déjà importée', 'lignes déjà importées')} : le logiciel les a "
                "renumérotées. Elles sont reconnues à leur journal, leur date, leur pièce et leur "
                "montant, et ne comptent pas deux fois.",
                blocking=False,
            )
        cursor.execute("DROP TABLE ledger_twin")

    def _warn_missing(self, cursor: Any) -> None:
        """Tell which known lines of the period the file no longer holds; nothing is taken away."""
        cursor.execute(
            f"""SELECT k.journal, k.entry_num, k.entry_date, k.number, k.label,
                       k.debit_cents - k.credit_cents, count(*) OVER ()
                  FROM ({_MISSING}) k WHERE NOT k.is_opening ORDER BY k.entry_date, k.id LIMIT %(listed)s""",
            {**self._coverage, "listed": MISSING_LISTED},
        )
        for journal_code, entry_num, day, number, label, cents, total in cursor.fetchall():
            self.read.problems.add(
                "missing_line",
                f"Compte {number} : la ligne « {label} » du {day:%d/%m/%Y} ({euros(cents)}, journal "
                f"{journal_code}, écriture {entry_num or 'sans numéro'}), importée auparavant, n’est "
                f"plus dans ce fichier. Elle reste en compte, à confirmer "
                f"({count(total, 'ligne', 'lignes')} dans ce cas).",
                blocking=False,
            )

    @property
    def _coverage(self) -> dict[str, Any]:
        """What the file covers: its creditor, its year, the days of its lines journal by journal."""
        return {"creditor": self.creditor.pk, "closing": self.closing}

    def _take_lettering(self, cursor: Any) -> None:
        """Bring the lettering of known lines up to date, unless the file is older than they are."""
        cursor.execute(
            """SELECT max(summary->'period'->>'to') FROM store_importbatch
                WHERE creditor_id = %s AND financial_year_end = %s AND format = 'fec'
                  AND status IN ('done', 'unchanged') AND id <> %s""",
            [self.creditor.pk, self.closing, self.batch.pk],
        )
        [latest] = cursor.fetchone()
        older = bool(
            latest and self.read.last_on and self.read.last_on < date.fromisoformat(latest)
        )
        cursor.execute(
            """UPDATE store_ledgerline k SET lettering = s.lettering, lettered_on = s.lettered_on
                 FROM ledger_stage s
                WHERE k.id = s.known
                  AND (k.lettering, k.lettered_on) IS DISTINCT FROM (s.lettering, s.lettered_on)
                  AND (NOT %s OR (k.lettering = '' AND s.lettering <> ''))
            RETURNING k.account_id""",
            [older],
        )
        self.changed.update(row[0] for row in cursor.fetchall())

    def _settle_years(self, cursor: Any) -> None:
        """Give their true year to lines that an export made during the year had misplaced."""
        opened = opening_day(self.read)
        if opened is None:
            return
        cursor.execute(
            """UPDATE store_ledgerline SET financial_year_end = %(closing)s
                WHERE creditor_id = %(creditor)s AND entry_date BETWEEN %(opened)s AND %(closing)s
                  AND financial_year_end <> %(closing)s AND financial_year_end > %(opened)s
                  AND NOT is_opening
            RETURNING account_id""",
            {**self._coverage, "opened": opened},
        )
        self.changed.update(row[0] for row in cursor.fetchall())

    def _replace_openings(self, cursor: Any) -> None:
        """Let newer *à-nouveaux* of an account take the place of provisional ones.

        An account's *à-nouveaux* of a year are those of the last batch that brought a new one: the
        known ones that the file still holds are carried to its batch.
        """
        cursor.execute(
            """UPDATE store_ledgerline k SET batch_id = %(batch)s FROM ledger_stage s
                WHERE k.id = s.known AND k.is_opening AND k.financial_year_end = %(closing)s
                  AND EXISTS (SELECT 1 FROM ledger_stage n
                               WHERE n.known IS NULL AND n.opening > 0 AND n.number = s.number
                                 AND n.ledger_account = s.ledger_account)""",
            {**self._coverage, "batch": self.batch.pk},
        )

    # --- what is touched -----------------------------------------------------------------------------

    def _touched(self) -> list[int]:
        """Return the accounts whose lines changed, and those whose year now has an opening."""
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT DISTINCT c.account_id FROM ledger_stage s
                     JOIN ledger_customer c ON c.number = s.number WHERE s.known IS NULL"""
            )
            touched = {row[0] for row in cursor.fetchall()} | self.changed
            cursor.execute(
                """SELECT DISTINCT financial_year_end FROM store_ledgerline
                    WHERE creditor_id = %s AND is_opening""",
                [self.creditor.pk],
            )
            self.opened_years = {row[0] for row in cursor.fetchall()}
            if self.closing not in self.opened_years and self._opens_year(cursor):
                self.opened_years.add(self.closing)
                if self.has_history:
                    cursor.execute(
                        """SELECT DISTINCT account_id FROM store_ledgerline
                            WHERE creditor_id = %(creditor)s
                              AND financial_year_end = %(closing)s""",
                        self._coverage,
                    )
                    touched |= {row[0] for row in cursor.fetchall()}
            ordered = sorted(touched)
            cursor.execute(
                "SELECT id FROM store_account WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                [ordered],
            )
        return ordered

    def _opens_year(self, cursor: Any) -> bool:
        """Say whether the file holds *à-nouveaux* of customers."""
        cursor.execute(
            """SELECT opening, unit, journal, debit_cents >= credit_cents FROM ledger_stage
                WHERE opening > 0 ORDER BY opening DESC"""
        )
        return any(
            is_opening(
                opening,
                posted_as(self.read.unit_masks[unit], self.natures[journal_code], is_debit=debit),
            )
            for opening, unit, journal_code, debit in cursor.fetchall()
        )

    # --- planning and writing --------------------------------------------------------------------------

    def _plan_and_write(self, touched: Sequence[int]) -> None:
        """Plan each account touched with all its lines, and write what its facts lack."""
        by_account = {customer.account_id: customer for customer in self._all_customers(touched)}
        chunk: list[tuple[int, list[Line]]] = []
        size = done = 0
        for account_id, lines in self._lines_by_account(touched):
            chunk.append((account_id, lines))
            size += len(lines)
            if size >= CHUNK_LINES:
                self._write_chunk(chunk, by_account)
                done += len(chunk)
                self.progress("Rapprochement et lettrage", done, len(touched))
                chunk, size = [], 0
        self._write_chunk(chunk, by_account)
        self.progress("Rapprochement et lettrage", len(touched), len(touched))

    def _all_customers(self, touched: Sequence[int]) -> Iterator[Customer]:
        """Yield the customers touched, those of the file and those of older ones."""
        of_file = {customer.account_id for customer in self.customers.values()}
        yield from self.customers.values()
        others = [account_id for account_id in touched if account_id not in of_file]
        if others:
            with connection.cursor() as cursor:
                cursor.execute(
                    """SELECT a.id, a.number, coalesce(a.term_days, c.term_days),
                              coalesce(nullif(a.term_method, ''), c.term_method)
                         FROM store_account a JOIN store_creditor c ON c.id = a.creditor_id
                        WHERE a.id = ANY(%s)""",
                    [others],
                )
                yield from (Customer(*row) for row in cursor.fetchall())

    def _write_chunk(
        self, chunk: list[tuple[int, list[Line]]], customers: dict[int, Customer]
    ) -> None:
        before = [account_id for account_id, _ in chunk if account_id not in self.created_accounts]
        known = known_facts(before) if before else {}
        for account_id, lines in chunk:
            plan = plan_account(current_openings(lines), self.opened_years)
            for year, place, cents in plan.unexplained:
                self.read.problems.add(
                    "opening_gap",
                    f"Compte {place} {customers[account_id].auxiliary} : l’à-nouveau de l’exercice "
                    f"clos le {year:%d/%m/%Y} diffère de {euros(cents)} de ce qui était connu. "
                    "L’écart est porté au compte, à confirmer ; importez la fin de l’exercice "
                    "précédent pour l’expliquer.",
                    blocking=False,
                )
            write_account(self.writer, customers[account_id], lines, plan, known.get(account_id))
        self.writer.flush()
        for account_id, settlement_id in self.writer.written.overruled:
            self.read.problems.add(
                "overruled",
                f"Compte {customers[account_id].auxiliary} : l’affectation {settlement_id}, faite à la "
                "main, est contrepassée ; la comptabilité a lettré autrement.",
                blocking=False,
            )
        self.writer.written.overruled.clear()

    def _lines_by_account(self, touched: Sequence[int]) -> Iterator[tuple[int, list[Line]]]:
        """Yield each account touched with its lines, known and new, one account at a time."""
        raw = connection.connection
        assert raw is not None
        with raw.cursor(name="ledger_lines", binary=True) as cursor:
            cursor.itersize = CHUNK_LINES
            cursor.execute(
                _LINES,
                {
                    "closing": self.closing,
                    "batch": self.batch.pk,
                    "accounts": list(touched),
                },
            )
            account_id = 0
            lines: list[Line] = []
            for row in cursor:
                if row[0] != account_id:
                    if lines:
                        yield account_id, lines
                    account_id, lines = row[0], []
                lines.append(self._line(row))
            if lines:
                yield account_id, lines

    def _line(self, row: Sequence[Any]) -> Line:
        (
            _,
            known,
            number,
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
            opening,
            unit,
            nature,
            claim_id,
            payment_id,
            identity,
            rank,
            batch_id,
        ) = row
        if known is None:
            stood = posted_as(
                self.read.unit_masks[unit], self.natures[journal_code], is_debit=cents >= 0
            )
            opens = is_opening(opening, stood)
        else:
            stood, opens = PostedAs(nature), bool(opening)
        return Line(
            token=number if known is None else ("id", known),
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

    def _insert_lines(self) -> None:
        self.progress("Enregistrement des lignes", 0, 1)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ledger_link")
            cursor.execute(
                """INSERT INTO store_ledgerline (creditor_id, account_id, batch_id, line, identity,
                     rank, financial_year_end, journal, entry_num, entry_date, ledger_account,
                     auxiliary, piece_ref, piece_date, label, debit_cents, credit_cents, lettering,
                     lettered_on, is_opening, posted_as, claim_id, payment_id)
                   SELECT %(creditor)s, c.account_id, %(batch)s, s.line, s.identity, s.rank,
                          %(closing)s, s.journal, s.entry_num, s.entry_date, s.ledger_account,
                          s.auxiliary, s.piece_ref, s.piece_date, s.label, s.debit_cents,
                          s.credit_cents, s.lettering, s.lettered_on, l.is_opening, l.posted_as,
                          l.claim_id, l.payment_id
                     FROM ledger_stage s
                     JOIN ledger_customer c ON c.number = s.number
                     JOIN ledger_link l ON l.line = s.line
                    WHERE s.known IS NULL
                    ORDER BY c.account_id, s.line""",
                {**self._coverage, "batch": self.batch.pk},
            )
            assert cursor.rowcount == self.new_lines, "every new line is written"

    # --- proof, journal ------------------------------------------------------------------------------

    def _prove(self, touched: Sequence[int]) -> None:
        """Compare, account by account, the ledger's lines with the facts; raise on a cent."""
        self.progress("Vérification", 0, 1)
        found = differences(touched)
        if found:
            raise Contradiction(
                "ledger and facts differ: "
                + "; ".join(
                    f"account {row.account_id}, {row.ledger_account}: {row.ledger_cents} in the "
                    f"ledger, {row.facts_cents} in the facts"
                    for row in found[:5]
                )
            )

    def _journal(self) -> None:
        written = self.writer.written
        acts = [
            journal.Act(
                account_id=account_id,
                actor=f"import:{self.batch.pk}",
                action="ledger_imported",
                subject=f"import:{self.batch.pk}",
                facts={"file": self.batch.filename, **counts},
            )
            for account_id, counts in sorted(written.by_account.items())
        ]
        journal.append_all(acts, at=self.at)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE store_account SET version = version + 1 WHERE id = ANY(%s)",
                [sorted(written.by_account)],
            )


# Known lines that a file should hold, were it to hold all its journals' lines of its days.
_MISSING = """
    SELECT k.*, a.number FROM store_ledgerline k
      JOIN store_account a ON a.id = k.account_id
      JOIN (SELECT journal, min(entry_date) AS first, max(entry_date) AS last
              FROM ledger_stage GROUP BY journal) j
        ON j.journal = k.journal AND k.entry_date BETWEEN j.first AND j.last
     WHERE k.creditor_id = %(creditor)s AND k.financial_year_end = %(closing)s
       AND NOT EXISTS (SELECT 1 FROM ledger_stage s WHERE s.known = k.id)
"""
_TWIN_FIELDS = (
    "journal, entry_date, ledger_account, auxiliary, piece_ref, debit_cents, credit_cents"
)
_LINES = """
    SELECT c.account_id, NULL::bigint, s.line, %(closing)s::date, s.journal, s.entry_num,
           s.entry_date, s.ledger_account, s.piece_ref, s.piece_date, s.label,
           s.debit_cents - s.credit_cents, s.lettering, s.opening, s.unit, NULL::text,
           NULL::bigint, NULL::bigint, s.identity, s.rank, %(batch)s::bigint
      FROM ledger_stage s JOIN ledger_customer c ON c.number = s.number WHERE s.known IS NULL
    UNION ALL
    SELECT k.account_id, k.id, k.line, k.financial_year_end, k.journal, k.entry_num,
           k.entry_date, k.ledger_account, k.piece_ref, k.piece_date, k.label,
           k.debit_cents - k.credit_cents, k.lettering, k.is_opening::int, 0, k.posted_as,
           k.claim_id, k.payment_id, k.identity, k.rank, k.batch_id
      FROM store_ledgerline k WHERE k.account_id = ANY(%(accounts)s)
    ORDER BY 1
"""


class RefusedLedger(Unreadable):
    """A file entirely read, with what refuses it."""

    def __init__(self, report: ImportReport, problem: Any) -> None:
        super().__init__(problem)
        self.report = report


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
