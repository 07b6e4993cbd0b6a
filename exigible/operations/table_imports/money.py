"""Receipts and disputes that another system knows, brought to the claims they name.

A receipt is the one already here by its amount, its day and its reference; one noted from elsewhere (by
hand, from a bank) for the same sum within ten days is recognised, and not counted twice. It pays the
invoices it names, oldest line first, and what is left stays *crédit non affecté*. A receipt that a list
brought and that came back since is known too: a later list that still has both changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

from django.db import connection

from exigible.domain.french import day, euros
from exigible.domain.refusals import Refused
from exigible.domain.text_keys import ref_key
from exigible.intake.formats import Format
from exigible.intake.report import ImportReport
from exigible.intake.table_dry_run import Totals, check_total, count_row
from exigible.intake.table_rows import PaymentLine, read_disputes, read_payments
from exigible.operations.customer_import import Account
from exigible.operations.disputes import LONGEST_DAYS, open_dispute
from exigible.operations.ledger_facts import SAME_RECEIPT_DAYS
from exigible.operations.ledger_writer import Writer
from exigible.operations.payments import OLDEST_YEARS, reverse_payment
from exigible.operations.table_imports.parties import placed, report_of
from exigible.operations.table_imports.taking import LIST_ORIGIN, Taking, What
from exigible.store.models import Claim, Component, Dispute, EntryKind, SettlementKind

ANSWER_DAYS = 30
_BETWEEN = re.compile(r"\s*[,;|+\n]\s*|\s+(?:et|and|/)\s+")


@dataclass(slots=True)
class _Receipt:
    """A receipt already on an account; `came_back` where it was reversed since, but not by undoing."""

    id: int
    cents: int
    currency: str
    value_date: date
    key: str
    of_list: bool
    came_back: bool


@dataclass(slots=True)
class _Owed:
    """A claim that a receipt may pay, with what is left of it as the table is read."""

    id: int
    ref: str
    left: int
    currency: str
    ledger_account: str


def take_payments(taking: Taking) -> ImportReport:
    """Take a table of receipts; see the module."""
    return _Payments(taking).run()


class _Payments:
    def __init__(self, taking: Taking) -> None:
        self.t = taking
        self.file, self.found, self.read = placed(taking, read_payments)
        self.problems = self.file.problems
        self.counts: Counter[str] = Counter(payments=self.read)
        self.totals: Totals = {}
        self.written: Counter[str] = Counter()
        self.touched: set[int] = set()
        self.writer = Writer(taking.batch.pk, taking.at)
        self.receipts: dict[int, list[_Receipt]] = defaultdict(list)
        self.listed: dict[int, list[_Receipt]] = defaultdict(list)  # those that the file has
        self.owed: dict[tuple[int, str], list[_Owed]] = defaultdict(list)

    def run(self) -> ImportReport:
        self._read_known(sorted({account.id for account, _ in self.found}))
        returned = []
        for account, row in self.found:
            count_row(row, self.counts, self.totals)
            if row.amount_cents < 0:
                returned.append((account, row))
            else:
                self._take(account, row)
        check_total(self.file, self.totals)
        self.writer.flush()
        for account, row in returned:
            self._take_return(account, row)
        report = report_of(
            self.t,
            self.file,
            counts=self.counts,
            written=self.written,
            touched=self.touched,
            matched=len(self.found),
            action="payments_imported",
        )
        report.totals = {kind: dict(by_currency) for kind, by_currency in self.totals.items()}
        return report

    def _read_known(self, account_ids: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT p.account_id, p.id, p.amount_cents, p.currency, p.value_date, p.reference,
                          p.origin LIKE %(lists)s, r.id IS NOT NULL
                     FROM store_payment p LEFT JOIN store_payment r ON r.reverses_id = p.id
                    WHERE p.account_id = ANY(%(accounts)s) AND p.amount_cents > 0
                      AND p.kind <> 'credit_note'
                      AND (r.id IS NULL
                           OR p.origin LIKE %(lists)s
                              AND EXISTS (SELECT 1 FROM store_importedfact f
                                           WHERE f.what = 'payment' AND f.object_id = p.id
                                             AND f.undone_at IS NULL))
                    ORDER BY r.id IS NOT NULL, p.id""",
                {"lists": f"{LIST_ORIGIN}%", "accounts": account_ids},
            )
            for account_id, id_, cents, currency, on, reference, *said in cursor.fetchall():
                self.receipts[account_id].append(
                    _Receipt(id_, cents, currency, on, ref_key(reference), *said)
                )
            cursor.execute(
                """SELECT account_id, id, ref, balance_cents, currency, ledger_account
                     FROM store_claim WHERE account_id = ANY(%s) AND ref <> ''
                    ORDER BY due_on, id""",
                [account_ids],
            )
            for account_id, *row in cursor.fetchall():
                self.owed[account_id, ref_key(row[1])].append(_Owed(*row))

    def _take(self, account: Account, row: PaymentLine) -> None:
        if row.value_date > self.t.on or row.value_date.year < self.t.on.year - OLDEST_YEARS:
            self._wrong(
                row,
                "value_date",
                "wrong_day",
                f"un règlement du {day(row.value_date)} ne peut être pris : le jour est à venir, ou "
                f"remonte à plus de {OLDEST_YEARS} ans. La ligne est laissée.",
            )
            return
        if self._is_known(account, row):
            return
        w, origin = self.writer, f"{self.t.origin}:{row.line}"
        payment_id = w.payment_ids.take()
        w.payments.append(
            (
                payment_id,
                account.id,
                row.kind,
                row.amount_cents,
                0,
                row.currency,
                row.value_date,
                w.at,
                row.label,
                row.reference,
                "",
                origin,
                None,
            )
        )
        self.t.made.add(What.PAYMENT, account.id, payment_id, line=row.line)
        self.listed[account.id].append(
            _Receipt(
                payment_id,
                row.amount_cents,
                row.currency,
                row.value_date,
                ref_key(row.reference),
                of_list=True,
                came_back=False,
            )
        )
        self.written["payments"] += 1
        self.touched.add(account.id)
        self._allocate(account, row, payment_id, origin)

    def _is_known(self, account: Account, row: PaymentLine) -> bool:
        """Say whether a receipt is there already; each one is recognised once."""
        receipts, key = self.receipts[account.id], ref_key(row.reference)
        for receipt in receipts:
            apart = abs((receipt.value_date - row.value_date).days)
            same = (
                apart == 0 and (receipt.key == key or not (receipt.key and key))
                if receipt.of_list
                else apart <= SAME_RECEIPT_DAYS
            )
            if (receipt.cents, receipt.currency) == (row.amount_cents, row.currency) and same:
                receipts.remove(receipt)
                self.listed[account.id].append(receipt)
                self.counts["payments_known"] += 1
                if not receipt.of_list:
                    self.counts["recognised"] += 1
                return True
        return False

    def _allocate(self, account: Account, row: PaymentLine, payment_id: int, origin: str) -> None:
        """Let a receipt pay the invoices it names, up to what is left of each."""
        left, parts = row.amount_cents, []
        for name in filter(None, _BETWEEN.split(row.invoice)):
            found = self.owed.get((account.id, ref_key(name)), [])
            payable = [one for one in found if one.left > 0 and one.currency == row.currency]
            if not payable:
                words = "est soldée ici" if found else "n’est pas ici"
                self._wrong(
                    row,
                    "invoice",
                    "unknown_invoice",
                    f"la facture {name[:40]} {words} ; sa part du règlement reste non affectée.",
                )
            for claim in payable[:1]:
                cents = min(left, claim.left)
                if cents > 0:
                    parts.append((claim, cents))
                    claim.left -= cents
                    left -= cents
        if not parts:
            return
        w = self.writer
        settlement_id = w.settlement_ids.take()
        w.settlements.append(
            (
                settlement_id,
                account.id,
                SettlementKind.NAMED.value,
                "",
                "",
                None,
                w.at,
                self.t.origin,
            )
        )
        for claim, cents in parts:
            w.entries.append(
                (
                    account.id,
                    claim.id,
                    settlement_id,
                    EntryKind.SETTLEMENT.value,
                    Component.PRINCIPAL.value,
                    -cents,
                    row.value_date,
                    w.at,
                    claim.ledger_account,
                    origin,
                    None,
                )
            )
            w.allocations.append(
                (
                    account.id,
                    payment_id,
                    settlement_id,
                    claim.id,
                    cents,
                    row.value_date,
                    w.at,
                    self.t.origin,
                )
            )
        self.written["settlements"] += 1

    def _take_return(self, account: Account, row: PaymentLine) -> None:
        """Take a sum below zero: the receipt that came back, by its reference, else its amount."""
        key, cents = ref_key(row.reference), -row.amount_cents
        if self._is_known_return(account, row):
            return
        alike = [
            one
            for one in (*self.listed[account.id], *self.receipts[account.id])
            if (one.cents, one.currency, one.came_back) == (cents, row.currency, False)
        ]
        found = [one for one in alike if key and one.key == key][:1]
        if not found:  # no reference tells: the only one of that sum
            unnamed = [one for one in alike if not (key and one.key)]
            found = unnamed if len(unnamed) == 1 else []
        if not found:
            self._wrong(
                row,
                "amount",
                "returned_unmatched",
                f"{euros(cents)} repris le {day(row.value_date)} : aucun règlement de cette somme, ou "
                "plusieurs. Contrepassez-le depuis le compte.",
            )
            return
        for receipts in (self.listed[account.id], self.receipts[account.id]):
            if found[0] in receipts:
                receipts.remove(found[0])
        reverse_payment(
            found[0].id,
            on=min(row.value_date, self.t.on),
            by=self.t.by,
            at=self.t.at,
            reason=row.label or "Règlement revenu impayé",
        )
        self.written["returned"] += 1
        self.touched.add(account.id)

    def _is_known_return(self, account: Account, row: PaymentLine) -> bool:
        """Say whether a return was taken already: by its reference, else beside the receipt it took."""
        key = ref_key(row.reference)
        for receipts, told in ((self.listed[account.id], True), (self.receipts[account.id], False)):
            for receipt in receipts:
                same = receipt.key == key if key else told
                if (
                    same
                    and receipt.came_back
                    and (receipt.cents, receipt.currency) == (-row.amount_cents, row.currency)
                ):
                    receipts.remove(receipt)
                    self.counts["payments_known"] += 1
                    return True
        return False

    def _wrong(self, row: PaymentLine, field: str, code: str, reason: str) -> None:
        self.problems.add(
            code, f"Ligne {row.line} : {reason}", line=row.line, field=field, blocking=False
        )


# --- disputes -------------------------------------------------------------------------------------


def take_disputes(taking: Taking) -> ImportReport:
    """Open the disputes already known elsewhere; one that is here, open or answered, stays as it is."""
    file, found, read = placed(taking, read_disputes)
    account_ids = {account.id for account, _ in found}
    claims: dict[tuple[int, str], list[Claim]] = defaultdict(list)
    for claim in Claim.objects.filter(account_id__in=account_ids).exclude(ref="").order_by("pk"):
        claims[claim.account_id, claim.ref_key].append(claim)
    known = set(
        Dispute.objects.filter(account_id__in=account_ids)
        .exclude(outcome="withdrawn")
        .values_list("claim_id", "reason")
    )
    touched: set[int] = set()
    opened = 0
    for done, (account, row) in enumerate(found):
        taking.progress("Litiges", done, len(found))
        named = claims.get((account.id, ref_key(row.invoice)), [])
        standing = [claim for claim in named if claim.balance_cents > 0]
        if any((claim.pk, row.reason) in known for claim in named):
            continue
        if len(standing) != 1:
            words = "est soldée ici" if named and not standing else "n’est pas ici"
            if len(standing) > 1:
                words = "est plusieurs créances"
            reason = f"la facture {row.invoice[:40]} {words} ; le litige est laissé."
        else:
            opened_on = min(row.opened_on or taking.on, taking.on)
            answer = row.answer_due_on or date.fromordinal(taking.on.toordinal() + ANSWER_DAYS)
            latest = date.fromordinal(opened_on.toordinal() + LONGEST_DAYS)
            try:
                dispute = open_dispute(
                    account.id,
                    claim_id=standing[0].pk,
                    amount_cents=row.amount_cents,
                    reason=row.reason,
                    on=opened_on,
                    answer_due_on=max(opened_on, min(answer, latest)),
                    holder=row.holder,
                    by=taking.by,
                    at=taking.at,
                )
            except Refused as refusal:
                reason = refusal.message
            else:
                known.add((standing[0].pk, row.reason))
                taking.made.add(What.DISPUTE, account.id, dispute.pk, line=row.line)
                touched.add(account.id)
                opened += 1
                continue
        file.problems.add(
            "dispute_left",
            f"Ligne {row.line} : {reason}",
            line=row.line,
            field="invoice",
            blocking=False,
        )
    return report_of(
        taking,
        file,
        counts={Format.DISPUTES: read},
        written={"disputes": opened},
        touched=touched,
        matched=len(found),
        action="disputes_imported",
    )
