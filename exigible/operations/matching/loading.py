"""A creditor's open claims, customers, credits and waiting lines, read as columns in a few queries.

Nothing here asks a row at a time: three hundred thousand open claims are read in a second or two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection

from exigible.domain.matching import (
    Advice,
    AdviceItem,
    BankLine,
    Book,
    Cheque,
    Claim,
    Customer,
    Discount,
    Learned,
    Rules,
)
from exigible.domain.matching.kinds import is_return
from exigible.domain.matching.texts import plain
from exigible.operations.matching import learning
from exigible.operations.matching.settings import rules_of
from exigible.store.models import Creditor, LearnedPayer, MatchingSettings

# What a claim of the book is: an open claim, a credit note below zero, what was collected.
OPEN, CREDIT, COLLECTED = 0, 1, 2
DUPLICATE_DAYS = 120  # a payment is thought made twice for that long
MOST_COLLECTED = 200_000
SAME_PAYMENT_DAYS = 8  # between the bank's day and the ledger's
CONFIRMED_DAYS = 30  # and that of a receipt accepted from a list, whose day was not known
RETURNABLE = ("direct_debit", "cheque", "bill", "card", "transfer", "other", "advance")


@dataclass(slots=True)
class Money:
    """An open claim, or credit, as the database knows it."""

    what: int
    row_id: int  # of the claim, or of the payment for a credit note and what was collected
    account_id: int
    cents: int
    issued_on: date | None = None
    claims: tuple[tuple[int, int], ...] = ()  # what a payment collected had paid


@dataclass(slots=True)
class WaitingLine:
    """A bank line that waits, with the transactions inside it."""

    pk: int
    on: date
    cents: int
    currency: str
    label: str
    counterparty: str
    iban: str
    end_to_end: str
    nature: str
    back: bool
    provisional: bool
    state: str
    kept_for_people: bool
    details: list[tuple[int, str, str, str, str]] = field(default_factory=list)

    def for_engine(self) -> list[BankLine]:
        """Return the line, or its transactions where they say more and make its sum."""
        if len(self.details) > 1 and sum(one[0] for one in self.details) == abs(self.cents):
            sign = 1 if self.cents > 0 else -1
            return [
                BankLine(
                    f"{self.pk}.{rank}",
                    self.on,
                    sign * cents,
                    self.currency,
                    label or self.label,
                    counterparty,
                    iban,
                    end_to_end,
                    self.back,
                )
                for rank, (cents, label, counterparty, iban, end_to_end) in enumerate(self.details)
            ]
        label, counterparty, iban, end = self.label, self.counterparty, self.iban, self.end_to_end
        if len(self.details) == 1:
            _, more, other, account, reference = self.details[0]
            label = label if more in label else f"{label} {more}".strip()
            counterparty, iban, end = counterparty or other, iban or account, end or reference
        return [
            BankLine(
                str(self.pk),
                self.on,
                self.cents,
                self.currency,
                label,
                counterparty,
                iban,
                end,
                self.back,
            )
        ]


@dataclass(slots=True)
class KnownPayment:
    """A payment that the ledger recorded, or that a person accepted from a list, and that no line is yet."""

    pk: int
    account_id: int
    cents: int
    on: date
    currency: str
    confirmed: bool = False  # accepted from a list: its day is the one that was typed


@dataclass(slots=True)
class Loaded:
    """What a run needs of a creditor."""

    settings: MatchingSettings
    rules: Rules
    book: Book
    money: list[Money]  # by the key of a claim of the book
    accounts: dict[str, int]  # account by customer number
    insolvent: dict[int, date]  # account → day the proceedings opened
    lines: dict[int, WaitingLine]
    cheques: list[Cheque]
    advices: list[Advice]
    known: dict[tuple[str, int], list[KnownPayment]]  # by currency and cents


def load(creditor: Creditor, settings: MatchingSettings, *, line_ids: Sequence[int] = ()) -> Loaded:
    """Read everything; `line_ids` narrows the lines to some of those that wait."""
    lines = waiting_lines(creditor.pk, line_ids)
    accounts, customers, insolvent = _customers(creditor, settings)
    money: list[Money] = []
    claims: list[Claim] = []
    by_id = {account_id: number for number, account_id in accounts.items()}
    _open_claims(creditor.pk, by_id, money, claims)
    _credit_notes(creditor.pk, by_id, money, claims)
    if lines:
        _collected(creditor.pk, settings, by_id, lines.values(), money, claims)
    book = Book(customers, claims, learned=_learned(creditor, by_id))
    cheques, advices = _remittances(creditor.pk)
    return Loaded(
        settings,
        rules_of(settings),
        book,
        money,
        accounts,
        insolvent,
        lines,
        cheques,
        advices,
        _known_payments(creditor.pk, lines.values()),
    )


def waiting_lines(creditor_id: int, line_ids: Sequence[int] = ()) -> dict[int, WaitingLine]:
    """Return the lines that wait, or are in suspense, oldest first."""
    rows = _rows(
        f"""SELECT l.id, l.booked_on, l.value_on, l.amount_cents, l.currency,
                   concat_ws(' ', nullif(l.label, ''),
                             CASE WHEN l.on_behalf_of <> '' THEN 'POUR ' || l.on_behalf_of END),
                   l.counterparty, l.counterparty_iban,
                   concat_ws(' ', nullif(l.end_to_end, 'NOTPROVIDED'), array_to_string(l.refs, ' ')),
                   l.nature, l.is_return OR l.return_code <> '', l.provisional, l.state,
                   coalesce(m.kept_for_people, false)
              FROM store_bankline l LEFT JOIN store_banklinematch m ON m.line_id = l.id
             WHERE l.creditor_id = %s AND l.state IN ('to_match', 'suspense') AND l.moves_money
                   {"AND l.id = ANY(%s)" if line_ids else ""}
             ORDER BY l.booked_on, l.id""",
        [creditor_id, *([list(line_ids)] if line_ids else [])],
    )
    found: dict[int, WaitingLine] = {}
    for pk, booked_on, value_on, *rest in rows:
        on = min(booked_on, value_on) if value_on else booked_on
        found[pk] = WaitingLine(pk, on, *rest)
    for line_id, cents, label, counterparty, iban, end_to_end in _rows(
        """SELECT d.line_id, coalesce(d.amount_cents, 0), d.label, d.counterparty,
                  d.counterparty_iban,
                  concat_ws(' ', nullif(d.end_to_end, 'NOTPROVIDED'), array_to_string(d.refs, ' '))
             FROM store_banklinedetail d
             JOIN store_bankline l ON l.id = d.line_id
             JOIN store_importbatch i ON i.id = d.batch_id
            WHERE l.creditor_id = %s AND l.state IN ('to_match', 'suspense') AND l.moves_money
              AND i.status <> 'undone'
            ORDER BY d.line_id, d.rank, d.id""",
        [creditor_id],
    ):
        if line_id in found:
            found[line_id].details.append((cents, label, counterparty, iban, end_to_end))
    return found


def _customers(
    creditor: Creditor, settings: MatchingSettings
) -> tuple[dict[str, int], list[Customer], dict[int, date]]:
    """Return the accounts by number, who may pay them, and those whose debtor is insolvent.

    Accounts of one debtor are one group; a debtor merged into another left his name behind.
    """
    accounts: dict[str, int] = {}
    customers: list[Customer] = []
    insolvent: dict[int, date] = {}
    for pk, number, debtor, name, city, siren, opened_on, rate, days, ibans, old_names in _rows(
        """SELECT a.id, a.number, d.id, d.name, d.city, d.siren, d.insolvency_opened_on,
                  a.discount_rate, a.discount_days, b.ibans, o.names
             FROM store_account a JOIN store_debtor d ON d.id = a.debtor_id
             LEFT JOIN (SELECT debtor_id, array_agg(iban ORDER BY iban) AS ibans
                          FROM store_debtorbankaccount WHERE ended_at IS NULL GROUP BY 1) b
               ON b.debtor_id = d.id
             LEFT JOIN (SELECT merged_into_id, array_agg(name ORDER BY id) AS names
                          FROM store_debtor WHERE merged_into_id IS NOT NULL GROUP BY 1) o
               ON o.merged_into_id = d.id
            WHERE a.creditor_id = %s ORDER BY a.number""",
        [creditor.pk],
    ):
        accounts[number] = pk
        if opened_on is not None:
            insolvent[pk] = opened_on
        terms = (rate, days) if rate else (settings.discount_rate, settings.discount_days)
        customers.append(
            Customer(
                number,
                names=tuple(dict.fromkeys((name, *(old_names or ())))),
                towns=(city,) if city else (),
                sirens=(siren,) if siren else (),
                ibans=tuple(ibans or ()),
                group=f"debtor:{debtor}",
                discount=Discount(*terms) if terms[0] else None,
            )
        )
    return accounts, customers, insolvent


def _open_claims(
    creditor_id: int, numbers: dict[int, str], money: list[Money], claims: list[Claim]
) -> None:
    for pk, ref, account_id, cents, currency, issued_on, due_on in _rows(
        """SELECT c.id, c.ref, c.account_id, c.balance_cents, c.currency, c.issued_on, c.due_on
             FROM store_claim c JOIN store_account a ON a.id = c.account_id
            WHERE a.creditor_id = %s AND c.balance_cents > 0 ORDER BY c.account_id, c.due_on, c.id""",
        [creditor_id],
    ):
        claims.append(
            Claim(ref, numbers[account_id], cents, currency, issued_on, due_on, key=len(money))
        )
        money.append(Money(OPEN, pk, account_id, cents, issued_on))


def _credit_notes(
    creditor_id: int, numbers: dict[int, str], money: list[Money], claims: list[Claim]
) -> None:
    """Add the credit notes that nothing uses yet: customers deduct them from what they pay."""
    for pk, ref, account_id, cents, currency, on in _rows(
        """SELECT p.id, coalesce(nullif(p.reference, ''), p.label), p.account_id,
                  p.amount_cents - p.allocated_cents, p.currency, p.value_date
             FROM store_payment p JOIN store_account a ON a.id = p.account_id
            WHERE a.creditor_id = %s AND p.kind = 'credit_note' AND p.amount_cents > p.allocated_cents
              AND p.amount_cents > 0
              AND NOT EXISTS (SELECT 1 FROM store_payment r WHERE r.reverses_id = p.id)
            ORDER BY p.account_id, p.value_date, p.id""",
        [creditor_id],
    ):
        claims.append(Claim(ref, numbers[account_id], -cents, currency, on, on, key=len(money)))
        money.append(Money(CREDIT, pk, account_id, -cents, on))


def _collected(
    creditor_id: int,
    settings: MatchingSettings,
    numbers: dict[int, str],
    lines: Iterable[WaitingLine],
    money: list[Money],
    claims: list[Claim],
) -> None:
    """Add what was received and may come back, or be paid twice.

    A payment of one claim that is closed since bears its number; another one has none, and is known
    by its payer and its sum only.
    """
    given = list(lines)
    latest = max(line.on for line in given)
    back = [
        line for line in given if line.cents < 0 and (line.back or is_return(plain(line.label)))
    ]
    since = latest - timedelta(days=DUPLICATE_DAYS)
    if back:
        since = min(since, min(line.on for line in back) - timedelta(days=settings.return_days))
    sums = [-line.cents for line in back]
    for pk, account_id, cents, currency, on, paid in _rows(
        """SELECT p.id, p.account_id, p.amount_cents, p.currency, p.value_date,
                  (SELECT jsonb_agg(jsonb_build_array(c.id, x.cents, c.ref, c.balance_cents,
                                                      c.issued_on, c.due_on) ORDER BY c.id)
                     FROM (SELECT claim_id, sum(amount_cents) AS cents FROM store_allocation
                            WHERE payment_id = p.id AND claim_id IS NOT NULL GROUP BY 1) x
                     JOIN store_claim c ON c.id = x.claim_id WHERE x.cents > 0)
             FROM store_payment p JOIN store_account a ON a.id = p.account_id
            WHERE a.creditor_id = %s AND p.amount_cents > 0 AND p.kind = ANY(%s)
              AND p.value_date >= %s
              AND (p.value_date >= %s OR p.kind IN ('direct_debit', 'cheque', 'bill')
                   OR p.amount_cents = ANY(%s))
              AND NOT EXISTS (SELECT 1 FROM store_payment r WHERE r.reverses_id = p.id)
            ORDER BY p.value_date DESC, p.id DESC LIMIT %s""",
        [
            creditor_id,
            list(RETURNABLE),
            since,
            latest - timedelta(days=DUPLICATE_DAYS),
            sums,
            MOST_COLLECTED,
        ],
    ):
        named = [tuple(row) for row in _read(paid)]
        shares = tuple((row[0], row[1]) for row in named)
        single = len(named) == 1 and named[0][3] == 0 and named[0][1] == cents
        ref = str(named[0][2]) if single else ""
        issued = date.fromisoformat(named[0][4]) if single and named[0][4] else on
        claims.append(
            Claim(
                ref,
                numbers[account_id],
                cents,
                currency,
                issued,
                on,
                collected=True,
                key=len(money),
                collected_on=on,
            )
        )
        money.append(Money(COLLECTED, pk, account_id, cents, issued, shares))


def _known_payments(
    creditor_id: int, lines: Iterable[WaitingLine]
) -> dict[tuple[str, int], list[KnownPayment]]:
    """Return the payments that the ledger recorded and that no line is, of the sums that wait."""
    credits = [line for line in lines if line.cents > 0]
    found: dict[tuple[str, int], list[KnownPayment]] = {}
    if not credits:
        return found
    near, far = timedelta(days=SAME_PAYMENT_DAYS), timedelta(days=CONFIRMED_DAYS)
    sums = {line.cents for line in credits}
    sums |= {one[0] for line in credits for one in line.details}
    for pk, account_id, cents, on, currency, confirmed in _rows(
        """SELECT p.id, p.account_id, p.amount_cents, p.value_date, p.currency, s.id IS NOT NULL
             FROM store_payment p JOIN store_account a ON a.id = p.account_id
             LEFT JOIN store_stockabsence s ON s.payment_id = p.id
            WHERE a.creditor_id = %s AND p.amount_cents = ANY(%s) AND p.kind <> 'credit_note'
              AND (p.value_date BETWEEN %s AND %s
                   OR s.id IS NOT NULL AND p.value_date BETWEEN %s AND %s)
              AND NOT EXISTS (SELECT 1 FROM store_payment r WHERE r.reverses_id = p.id)
              AND NOT EXISTS (SELECT 1 FROM store_banklinepayment b
                               WHERE b.payment_id = p.id AND b.ended_at IS NULL)
            ORDER BY p.value_date, p.id""",
        [
            creditor_id,
            sorted(sums),
            min(line.on for line in credits) - near,
            max(line.on for line in credits) + near,
            min(line.on for line in credits) - far,
            max(line.on for line in credits) + far,
        ],
    ):
        found.setdefault((currency, cents), []).append(
            KnownPayment(pk, account_id, cents, on, currency, confirmed)
        )
    return found


def _learned(creditor: Creditor, numbers: dict[int, str]) -> Learned:
    ibans: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    agents: set[str] = set()
    for payer in learning.in_force(creditor.pk):
        if not payer.counts:
            continue
        if payer.kind == LearnedPayer.Kind.AGENT:
            agents.add(payer.value)
        elif payer.account_id in numbers:
            book = ibans if payer.kind == LearnedPayer.Kind.IBAN else names
            book.setdefault(payer.value, []).append(numbers[payer.account_id])
    own = {
        row[0]
        for row in _rows(
            "SELECT iban FROM store_creditorbankaccount WHERE creditor_id = %s", [creditor.pk]
        )
    }
    return Learned(
        ibans={value: tuple(codes) for value, codes in ibans.items()},
        names={value: tuple(codes) for value, codes in names.items()},
        agents=frozenset(agents),
        own=frozenset(own | {creditor.name}),
    )


def _remittances(creditor_id: int) -> tuple[list[Cheque], list[Advice]]:
    """Return the cheques and the advices of the documents that no matched line has used.

    One tied to a line withdrawn with its statement looks for its line as if it had none.
    """
    cheques: list[Cheque] = []
    advices: list[Advice] = []
    slips: set[str] = set()
    for pk, kind, reference, sender, on, gross, fees, line_id, items in _rows(
        """SELECT r.id, r.kind, coalesce(nullif(r.reference, ''), r.filename), r.sender, r.dated_on, r.gross_cents, r.fees_cents,
                  CASE WHEN l.state <> 'withdrawn' THEN r.line_id END,
                  (SELECT jsonb_agg(jsonb_build_array(i.reference, i.amount_cents, i.debtor)
                                    ORDER BY i.rank)
                     FROM store_remittanceitem i WHERE i.remittance_id = r.id)
             FROM store_remittance r
             LEFT JOIN store_bankline l ON l.id = r.line_id
            WHERE r.creditor_id = %s AND r.withdrawn_at IS NULL
              AND (l.id IS NULL OR l.state IN ('to_match', 'suspense', 'withdrawn'))
              AND NOT EXISTS (SELECT 1 FROM store_banklinematch m
                                JOIN store_bankline x ON x.id = m.line_id
                               WHERE m.remittance_id = r.id AND x.state = 'matched')
            ORDER BY r.id""",
        [creditor_id],
    ):
        if kind == "slip":
            slip = reference.rpartition(".")[0] or reference
            if slip in slips:
                slip = f"{slip} ({pk})"
            slips.add(slip)
            cheques += [
                Cheque(slip, str(ref), str(who), int(cents)) for ref, cents, who in _read(items)
            ]
            continue
        advices.append(
            Advice(
                str(pk),
                gross - fees,
                tuple(AdviceItem(str(r), int(c), str(who)) for r, c, who in _read(items)),
                fees,
                on,
                str(line_id) if line_id else "",
                sender,
            )
        )
    return cheques, advices


def _read(rows: str | None) -> list[list[Any]]:
    """Return the rows that a query joined in JSON."""
    found: list[list[Any]] = json.loads(rows) if rows else []
    return found


def _rows(query: str, parameters: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())
