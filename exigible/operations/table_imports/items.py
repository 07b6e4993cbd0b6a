"""A list of open items where there is no ledger: it opens claims, and credits beside them.

An item is a claim of its customer by number, else by amount and days: known, it changes nothing but
what was missing; new, it is opened for what the list leaves of it. A sum below zero is a credit that
nothing uses yet: a credit note, or money. An invoice that the list says settled is opened with the
payment of that day. A list never extinguishes: as a whole ledger (*stock*) it raises what it no longer
holds, « à confirmer » (`stock`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from exigible.domain.french import day, euros
from exigible.domain.terms import due_date
from exigible.domain.text_keys import ref_key
from exigible.intake.formats import Format
from exigible.intake.lines import TableFile
from exigible.intake.open_items import OpenItem, read_open_items
from exigible.intake.problems import Problems
from exigible.intake.report import ImportReport
from exigible.intake.table_dry_run import Totals, check_total, count_row
from exigible.operations.customer_import import (
    Account,
    Accounts,
    brought_before,
    finish,
    lock_accounts,
    open_unknown,
)
from exigible.operations.ledger_writer import Writer
from exigible.operations.open_item_import import (
    KnownClaim,
    KnownClaims,
    Said,
    import_open_items,
)
from exigible.operations.table_imports import stock
from exigible.operations.table_imports.taking import Mode, Taking, What
from exigible.store.models import (
    ClaimKind,
    Component,
    DueOnSource,
    EntryKind,
    PaymentKind,
    SettlementKind,
)

CHUNK = 20_000


def take_items(taking: Taking) -> ImportReport:
    """Take a list of open items: opening claims, or completing those that accounting brought."""
    if not taking.opens:
        return _beside_a_ledger(taking)
    return _List(taking).run()


def _beside_a_ledger(taking: Taking) -> ImportReport:
    noticed: list[stock.Noticed] = []

    def listed(claims: KnownClaims, left: Sequence[tuple[KnownClaim, int]]) -> None:
        if taking.mode is Mode.STOCK:
            noticed.append(stock.notice(taking, {claim.id: cents for claim, cents in left}))

    report = import_open_items(
        taking.batch,
        taking.creditor,
        taking.path,
        partial=taking.partial,
        on=taking.on,
        at=taking.at,
        progress=taking.progress,
        mapping=taking.mapping,
        made=taking.made,
        listed=listed,
    )
    for one in noticed:
        if one.raised:
            report.written["absent"] = one.raised
            report.unchanged = False
        if warning := one.warning():
            report.problems = [warning, *report.problems]
            report.problem_count += 1
    return report


@dataclass(slots=True)
class _Credit:
    """A credit already on an account."""

    cents: int
    value_date: date
    key: str


def _makes_something(item: OpenItem) -> bool:
    """Say whether a line may open a claim or bring a credit; its customer is not opened for less."""
    if not item.amount_cents or item.is_lettered:
        return False
    return item.amount_cents < 0 or (item.issued_on or item.due_on) is not None


class _List:
    """One list being taken where it opens claims."""

    def __init__(self, taking: Taking) -> None:
        self.t = taking
        self.file: TableFile[OpenItem] = read_open_items(
            taking.path, partial=taking.partial, mapping=taking.mapping
        )
        self.problems: Problems = self.file.problems
        self.counts: Counter[str] = Counter(open_items=0)
        self.totals: Totals = {"open": Counter()}
        self.written: Counter[str] = Counter()
        self.touched: set[int] = set()
        self.left: dict[int, int] = {}  # what the list leaves of each known claim
        self.writer = Writer(taking.batch.pk, taking.at)
        self.terms: dict[int, tuple[int, str]] = {}
        self.credits: dict[int, list[_Credit]] = defaultdict(list)

    def run(self) -> ImportReport:
        self.t.progress("Lecture du fichier", 0, 1)
        items = list(self.file.rows)
        for item in items:
            self.counts["open_items"] += not item.is_lettered
            count_row(item, self.counts, self.totals)
        check_total(self.file, self.totals)
        accounts = Accounts(self.t.creditor, by_name="code" not in self.file.fields)
        self.t.progress("Comptes", 0, 1)
        opened = open_unknown(
            self.t.creditor,
            accounts,
            [(one.code, one.name, one.siren, one.line) for one in items if _makes_something(one)],
            made=self.t.made,
            at=self.t.at,
        )
        self.touched |= opened
        placed = [
            (account, item)
            for item in items
            if (account := accounts.find(item.code, siren=item.siren)) is not None
        ]
        concerned = {account.id for account, _ in placed}
        lock_accounts(concerned)
        self._read_known(sorted(concerned))
        self.claims = KnownClaims(sorted(concerned))
        said = Said()
        for done, (account, item) in enumerate(placed):
            if done % CHUNK == 0:
                self.t.progress("Rapprochement des factures", done, len(placed))
                self._flush()
            self._take(account, item, said)
        self._flush()
        said.write(self.t.made)
        self.touched |= said.account_ids
        if self.t.mode is Mode.STOCK:
            noticed = stock.notice(self.t, self.left)
            self.written["absent"] = noticed.raised
            if warning := noticed.warning():
                self.problems.put_first(warning)
        return self._report(opened, said)

    def _flush(self) -> None:
        self.writer.flush()
        self.t.made.flush()

    def _report(self, opened: set[int], said: Said) -> ImportReport:
        self.written |= {
            "accounts_opened": len(opened),
            "due_dates": len(said.due_dates),
            "numbers": len(said.numbers),
        }
        written = {name: number for name, number in self.written.items() if number}
        self.t.made.flush()
        if self.touched:
            self.t.progress("Calcul des comptes", 0, 1)
            finish(self.t.batch, sorted(self.touched), self.t.on, self.t.at, "open_items_imported")
        report = ImportReport(
            format=Format.OPEN_ITEMS,
            filename=self.t.batch.filename,
            encoding=self.file.encoding,
            columns=self.file.fields,
            counts={**self.counts, "matched": len(self.left)},
            totals={kind: dict(by_currency) for kind, by_currency in self.totals.items()},
            unchanged=not written and (bool(self.left) or brought_before(self.t.batch)),
            written=written,
        )
        report.take(self.problems)
        return report

    def _read_known(self, account_ids: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT a.id, coalesce(a.term_days, c.term_days),
                          coalesce(nullif(a.term_method, ''), c.term_method)
                     FROM store_account a JOIN store_creditor c ON c.id = a.creditor_id
                    WHERE a.id = ANY(%s)""",
                [account_ids],
            )
            self.terms = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
            cursor.execute(
                """SELECT p.account_id, p.amount_cents, p.value_date, p.reference
                     FROM store_payment p
                    WHERE p.account_id = ANY(%s) AND p.amount_cents > 0
                      AND NOT EXISTS (SELECT 1 FROM store_payment r WHERE r.reverses_id = p.id)""",
                [account_ids],
            )
            for account_id, cents, value_date, reference in cursor.fetchall():
                self.credits[account_id].append(_Credit(cents, value_date, ref_key(reference)))

    # --- one item ---------------------------------------------------------------------------------

    def _take(self, account: Account, item: OpenItem, said: Said) -> None:
        if item.amount_cents is None:
            self._leave(account, item)
            self._wrong(
                item, "amount", "missing_amount", "le montant manque ; la ligne est laissée."
            )
        elif item.amount_cents < 0:
            if item.is_open:
                self._credit(account, item)
        elif item.amount_cents > 0:
            claim, code = self.claims.find(account.id, item)
            if claim is not None:
                self._known(claim, item, said)
            elif item.is_lettered:
                self._leave(account, item)
            elif code == "ambiguous_item":
                self._leave(account, item)
                self._wrong(
                    item,
                    "invoice",
                    code,
                    f"la facture {item.invoice} du client {item.code} peut être plusieurs créances : "
                    "aucune n’a ce montant. La ligne est laissée.",
                )
            else:
                self._open(account, item)

    def _leave(self, account: Account, item: OpenItem) -> None:
        """A line that is left still lists its invoice: nothing of it is missing from the stock."""
        for claim in self.claims.alike(account.id, item):
            self.left[claim.id] = claim.balance_cents

    def _known(self, claim: KnownClaim, item: OpenItem, said: Said) -> None:
        self.claims.used.add(claim.id)
        cents = (item.amount_cents or 0) if item.is_open else 0
        self.left[claim.id] = min(cents, claim.balance_cents)
        said.take(claim, item)
        if claim.currency != item.currency:
            self.left[claim.id] = claim.balance_cents
            self._wrong(
                item,
                "currency",
                "currency_differs",
                f"la facture {item.invoice} est ici en {claim.currency}, dans le fichier en "
                f"{item.currency} ; rien n’est changé.",
            )
        elif not item.is_open:
            self._raise_settled(claim, item)
        elif cents > claim.balance_cents:
            self._wrong(
                item,
                "amount",
                "owed_less_here",
                f"la facture {item.invoice or '(sans numéro)'} a {euros(cents)} à payer dans le "
                f"fichier et {euros(claim.balance_cents)} ici : un règlement noté ici n’est pas "
                "encore dans votre comptabilité, ou ne la concerne pas.",
            )
        elif cents < claim.balance_cents and self.t.mode is not Mode.STOCK:
            self._wrong(
                item,
                "amount",
                "amount_differs",
                f"la facture {item.invoice or '(sans numéro)'} a {euros(cents)} à payer dans le "
                f"fichier et {euros(claim.balance_cents)} ici ; le règlement ou l’avoir de la "
                "différence reste à importer ou à confirmer.",
            )

    def _raise_settled(self, claim: KnownClaim, item: OpenItem) -> None:
        if self.t.mode is Mode.STOCK or claim.balance_cents == 0:
            return
        how = f"dite réglée le {day(item.settled_on)}" if item.settled_on else "lettrée"
        self._wrong(
            item,
            "settled_on" if item.settled_on else "lettering",
            "settled_elsewhere",
            f"la facture {item.invoice} est {how} dans le fichier et il en reste "
            f"{euros(claim.balance_cents)} ici. Importez le règlement, ou notez-le sur le compte.",
        )

    def _open(self, account: Account, item: OpenItem) -> None:
        cents, days = item.amount_cents or 0, self._days_of(account, item)
        if days is None:
            return
        issued_on, due_on, source = days
        w, origin = self.writer, f"{self.t.origin}:{item.line}"
        claim_id = w.claim_ids.take()
        w.claims.append(
            (
                claim_id,
                account.id,
                item.invoice,
                ref_key(item.invoice),
                ClaimKind.INVOICE.value,
                item.label,
                item.issued_on,
                due_on,
                source.value,
                item.currency,
                cents,
                0,
                "",
                False,
                False,
                origin,
                w.at,
            )
        )
        self._entry(account.id, claim_id, None, EntryKind.OPENING, cents, issued_on, origin)
        self.t.made.add(What.CLAIM, account.id, claim_id, line=item.line)
        self.written["claims"] += 1
        self.touched.add(account.id)
        if item.settled_on is not None:
            self._settle(account.id, claim_id, item, max(item.settled_on, issued_on), origin)
        elif self.t.mode is Mode.STOCK:
            self.left[claim_id] = cents

    def _days_of(self, account: Account, item: OpenItem) -> tuple[date, date, DueOnSource] | None:
        """Return the day it counts from, its due date and who says so; None, told, without any day."""
        start = item.issued_on or item.due_on
        if start is None:
            self._wrong(
                item,
                "issued_on",
                "missing_day",
                f"la facture {item.invoice or '(sans numéro)'} n’a ni date ni échéance ; la ligne est "
                "laissée.",
            )
            return None
        if item.issued_on is not None and item.issued_on > self.t.on:
            self._wrong(
                item,
                "issued_on",
                "future",
                f"la facture {item.invoice or '(sans numéro)'} est datée du {day(item.issued_on)}, à "
                "venir ; la ligne est laissée. L’ordre du jour et du mois est-il le bon ?",
            )
            return None
        if item.due_on is not None:
            return min(start, self.t.on), item.due_on, DueOnSource.STATED
        days, method = self.terms[account.id]
        return start, due_date(start, days, method), DueOnSource.DERIVED

    def _settle(
        self, account_id: int, claim_id: int, item: OpenItem, on: date, origin: str
    ) -> None:
        """Record the payment that the list itself says of an invoice it brings."""
        w, cents = self.writer, item.amount_cents or 0
        on = min(on, self.t.on)
        payment_id = self._payment(account_id, PaymentKind.OTHER, item, on, origin)
        settlement_id = w.settlement_ids.take()
        w.settlements.append(
            (
                settlement_id,
                account_id,
                SettlementKind.NAMED.value,
                "",
                "",
                None,
                w.at,
                self.t.origin,
            )
        )
        self._entry(account_id, claim_id, settlement_id, EntryKind.SETTLEMENT, -cents, on, origin)
        w.allocations.append(
            (account_id, payment_id, settlement_id, claim_id, cents, on, w.at, self.t.origin)
        )
        self.written["payments"] += 1

    def _credit(self, account: Account, item: OpenItem) -> None:
        cents, said_on = -(item.amount_cents or 0), item.issued_on or item.due_on
        on = min(said_on or self.t.on, self.t.on)
        key = ref_key(item.invoice)
        known = self.credits[account.id]
        for credit in known:
            same_day = credit.value_date == on or said_on is None
            if (credit.key == key and key) or (
                credit.cents == cents and same_day and (not key or not credit.key)
            ):
                known.remove(credit)
                self.counts["credits_known"] += 1
                return
        kind = PaymentKind.OTHER if item.is_payment else PaymentKind.CREDIT_NOTE
        self._payment(account.id, kind, item, on, f"{self.t.origin}:{item.line}")
        self.written["payments" if item.is_payment else "credit_notes"] += 1
        self.touched.add(account.id)

    # --- rows -------------------------------------------------------------------------------------

    def _payment(
        self, account_id: int, kind: PaymentKind, item: OpenItem, on: date, origin: str
    ) -> int:
        w = self.writer
        payment_id = w.payment_ids.take()
        w.payments.append(
            (
                payment_id,
                account_id,
                kind.value,
                abs(item.amount_cents or 0),
                0,
                item.currency,
                on,
                w.at,
                item.label,
                item.invoice,
                "",
                origin,
                None,
            )
        )
        self.t.made.add(What.PAYMENT, account_id, payment_id, line=item.line)
        return payment_id

    def _entry(
        self,
        account_id: int,
        claim_id: int,
        settlement_id: int | None,
        kind: EntryKind,
        cents: int,
        on: date,
        origin: str,
    ) -> None:
        self.writer.entries.append(
            (
                account_id,
                claim_id,
                settlement_id,
                kind.value,
                Component.PRINCIPAL.value,
                cents,
                on,
                self.writer.at,
                "",
                origin,
                None,
            )
        )

    def _wrong(self, item: OpenItem, field: str, code: str, reason: str) -> None:
        self.problems.add(
            code, f"Ligne {item.line} : {reason}", line=item.line, field=field, blocking=False
        )
