"""Bringing a FEC into the database: staged, compared with what is known, understood, written.

One transaction, under the creditor's lock. The file streams into a temporary table; SQL says which
of its lines are new; the customers they touch are planned whole, with all their lines of all years,
and only what the facts lack is written. At the end the facts of every account touched must equal its
ledger lines to the cent, or nothing is committed.

A line's identity is the creditor, all its fields but EcritureLet, DateLet and ValidDate (and the labels
of its codes), and its rank among equals: docs/decisions/0007-ledger-lines.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from exigible.domain.french import euros
from exigible.domain.text_keys import ref_key
from exigible.intake.fec import DEFAULT_PREFIXES, FecFile
from exigible.intake.fec_dry_run import report_of
from exigible.intake.fec_report import FecReport
from exigible.intake.ledger_plan import Line
from exigible.intake.ledger_replay import current_openings, plan_account
from exigible.intake.ledger_text import Opener
from exigible.intake.receivables import (
    customer_key,
    customer_number,
    is_opening,
    journal_natures,
    never_chased_reason,
    posted_as,
)
from exigible.intake.report import ImportReport, RefusedFile, in_order
from exigible.operations import figures, journal
from exigible.operations.accounts import NewCustomer, open_accounts
from exigible.operations.ledger_einvoices import adopt_accounts, waiting_einvoices
from exigible.operations.ledger_facts import write_account
from exigible.operations.ledger_known import known_facts
from exigible.operations.ledger_lines import (
    CHUNK_LINES,
    NEW_AND_KNOWN_LINES,
    as_line,
    customers_of,
    known_line,
    lines_by_account,
    prove,
)
from exigible.operations.ledger_recognition import Recognition
from exigible.operations.ledger_stage import rank_equals, stage_lines
from exigible.operations.ledger_writer import Customer, Writer
from exigible.store.bulk import copy_rows
from exigible.store.models import Creditor, ImportBatch

Progress = Callable[[str, int, int], None]  # phase, done, total


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
        self.adopted: set[int] = set()  # accounts that documents opened, now the ledger's
        self.writer = Writer(batch.pk, at)

    def run(self) -> Outcome:
        self._stage()
        if not self.read.accepted:
            problem = self.read.problems.first_blocking
            assert problem is not None
            raise RefusedFile(report_of(self.read), problem)
        self.closing = self.read.closing_on
        self.natures = journal_natures(self.read.journal_masks, self.read.journal_labels)
        self.writer.einvoices = waiting_einvoices(self.creditor)
        self._find_customers()
        self.recognition = Recognition(self.batch, self.creditor, self.read)
        self.recognition.run()
        touched = self._touched()
        report = report_of(self.read)
        report.unchanged = not touched
        if touched:
            self._plan_and_write(touched)
            self._insert_lines()
            self.progress("Vérification", 0, 1)
            prove(touched)
            self._journal()
            self.progress("Calcul des comptes", 0, 1)
            figures.refresh(sorted({*touched, *self._take_einvoice_problems()}), self.on)
        written = self.writer.written.counts
        report.written = {
            "lines": self.recognition.new_lines,
            "accounts": len(touched),
            **dict(written),
        }
        report.problems = in_order(self.read.problems.listed)
        report.problem_count = self.read.problems.count
        return Outcome(report, touched, self.created_accounts | self.adopted)

    # --- staging -----------------------------------------------------------------------------------

    def _stage(self) -> None:
        stage_lines(self.file.postings())
        self.progress("Rapprochement", 0, 1)
        rank_equals()

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
        self._adopt(names)
        created = [number for number in names if number not in self.customers]
        if created and self.writer.einvoices is not None:
            adopted = adopt_accounts(
                self.creditor,
                self.writer.einvoices,
                {number: names[number][0] for number in created},
                actor=f"import:{self.batch.pk}",
                at=self.at,
            )
            self.adopted = set(adopted.values())
            for number, account_id in adopted.items():
                self.customers[number] = Customer(
                    account_id,
                    names[number][2],
                    self.creditor.term_days,
                    self.creditor.term_method,
                )
            created = [number for number in created if number not in adopted]
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

    def _adopt(self, names: dict[str, tuple[str, bool, str]]) -> None:
        """Find accounts that a list opened under another writing of the number; take the ledger's."""
        unknown: dict[str, list[str]] = {}
        for number in names:
            if number not in self.customers:
                unknown.setdefault(customer_key(number), []).append(number)
        if not unknown:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT a.id, a.number, coalesce(a.term_days, %s),
                          coalesce(nullif(a.term_method, ''), %s)
                     FROM store_importedfact f JOIN store_account a ON a.id = f.account_id
                    WHERE f.what = 'account' AND a.creditor_id = %s AND a.number <> ALL(%s)
                      AND NOT EXISTS (SELECT 1 FROM store_ledgerline l
                                       WHERE l.account_id = a.id AND l.withdrawn_at IS NULL)""",
                [
                    self.creditor.term_days,
                    self.creditor.term_method,
                    self.creditor.pk,
                    list(names),
                ],
            )
            for account_id, number, days, method in cursor.fetchall():
                alike = unknown.get(customer_key(number), [])
                if len(alike) != 1:
                    continue
                [known_as] = alike
                cursor.execute(
                    "UPDATE store_account SET number = %s, number_key = %s WHERE id = %s",
                    [known_as, ref_key(known_as), account_id],
                )
                self.customers[known_as] = Customer(account_id, names[known_as][2], days, method)
                del unknown[customer_key(number)]

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

    # --- what is touched -----------------------------------------------------------------------------

    def _touched(self) -> list[int]:
        """Return the accounts whose lines changed, and those whose year now has an opening."""
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT DISTINCT c.account_id FROM ledger_stage s
                     JOIN ledger_customer c ON c.number = s.number WHERE s.known IS NULL"""
            )
            touched = {row[0] for row in cursor.fetchall()} | self.recognition.changed
            cursor.execute(
                """SELECT DISTINCT financial_year_end FROM store_ledgerline
                    WHERE creditor_id = %s AND is_opening AND withdrawn_at IS NULL""",
                [self.creditor.pk],
            )
            self.opened_years = {row[0] for row in cursor.fetchall()}
            if self.closing not in self.opened_years and self._opens_year(cursor):
                self.opened_years.add(self.closing)
                if self.recognition.has_history:
                    cursor.execute(
                        """SELECT DISTINCT account_id FROM store_ledgerline
                            WHERE creditor_id = %(creditor)s
                              AND financial_year_end = %(closing)s AND withdrawn_at IS NULL""",
                        self.recognition.coverage,
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
        lines_touched = lines_by_account(
            NEW_AND_KNOWN_LINES,
            {"closing": self.closing, "batch": self.batch.pk, "accounts": list(touched)},
            self._line,
        )
        for account_id, lines in lines_touched:
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
        yield from customers_of([one for one in touched if one not in of_file])

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

    def _line(self, row: Sequence[Any]) -> Line:
        """Return a line of the file or a known one."""
        if row[1] is not None:
            return known_line(row)
        journal_code, cents, opening, unit = row[4], row[11], row[13], row[14]
        stood = posted_as(
            self.read.unit_masks[unit], self.natures[journal_code], is_debit=cents >= 0
        )
        return as_line(row, row[2], stood, is_opening(opening, stood))

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
                {**self.recognition.coverage, "batch": self.batch.pk},
            )
            assert cursor.rowcount == self.recognition.new_lines, "every new line is written"

    def _take_einvoice_problems(self) -> set[int]:
        """Tell what electronic invoices say otherwise; return the accounts that gave claims up."""
        waiting = self.writer.einvoices
        if waiting is None:
            return set()
        for problem in waiting.problems.listed:
            self.read.problems.add(problem.code, problem.message, blocking=False)
        return waiting.left

    # --- journal -------------------------------------------------------------------------------------

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
        gave_up = self.writer.einvoices.left if self.writer.einvoices is not None else set()
        acts += [
            journal.Act(
                account_id=account_id,
                actor=f"import:{self.batch.pk}",
                action="claims_moved_by_ledger",
                subject=f"import:{self.batch.pk}",
                facts={"file": self.batch.filename},
            )
            for account_id in sorted(gave_up - written.by_account.keys())
        ]
        journal.append_all(acts, at=self.at)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE store_account SET version = version + 1 WHERE id = ANY(%s)",
                [sorted(written.by_account)],
            )
