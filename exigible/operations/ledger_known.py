"""The facts of accounts before an import: what earlier imports and people wrote, in comparable form."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from exigible.store.models import SettlementKind

ORIGIN = "fec:"
EntryFact = tuple[int, str, date, int, str]  # claim, ledger account, day, cents, kind
LooseFact = tuple[int, str, str, date, int]  # claim, kind, ledger account, day, cents
AllocationFact = tuple[int, int | None, date, int]  # payment, claim, day, cents


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """One entry of a settlement already there."""

    id: int
    claim_id: int
    kind: str
    place: str
    on: date
    cents: int
    component: str


@dataclass(slots=True)
class KnownSettlement:
    """A settlement already there, with its facts as they would be compared."""

    id: int
    origin: str
    code: str
    scope: str
    reversed_by: str | None  # origin of its reversal, if it was reversed
    kind: str = ""
    entries: list[KnownEntry] = field(default_factory=list)
    allocations: list[AllocationFact] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return self.reversed_by is None

    @property
    def of_ledger(self) -> bool:
        return self.origin.startswith(ORIGIN)

    @property
    def on_top(self) -> bool:
        """Whether it pays penalties and 40 €: no claim's principal moves by it."""
        return self.kind == SettlementKind.ACCESSORIES

    @property
    def signature(self) -> tuple[object, ...]:
        return signature_of(
            [(row.claim_id, row.place, row.on, row.cents, row.kind) for row in self.entries],
            self.allocations,
        )

    @property
    def pairs(self) -> tuple[object, ...]:
        """What it settles whatever the days: claims and payments, with amounts."""
        return pairs_of(
            [(row.claim_id, row.cents) for row in self.entries],
            [(payment, cents) for payment, _, _, cents in self.allocations],
        )


@dataclass(slots=True)
class KnownPayment:
    """A payment already there, and the row that reverses it if one does."""

    id: int
    amount_cents: int
    value_date: date
    kind: str
    label: str
    reference: str
    place: str
    origin: str
    reversal: int | None
    reversal_origin: str
    stand_in: int | None  # a payment that took its place, a person having undone what took it back


@dataclass(slots=True)
class Known:
    """The facts of one account before an import."""

    claims: dict[int, tuple[int, str, bool]] = field(default_factory=dict)  # amount, place, held
    payments: dict[int, KnownPayment] = field(default_factory=dict)
    loose: dict[LooseFact, list[int]] = field(default_factory=lambda: defaultdict(list))
    settlements: list[KnownSettlement] = field(default_factory=list)
    gap_claims: dict[tuple[str, date], int] = field(default_factory=dict)
    gap_payments: dict[tuple[str, date], int] = field(default_factory=dict)
    unlinked_receipts: list[KnownPayment] = field(default_factory=list)
    granted: list[KnownPayment] = field(default_factory=list)  # discounts that no line is yet


def signature_of(
    entries: Iterable[EntryFact], allocations: Iterable[AllocationFact]
) -> tuple[object, ...]:
    return (
        tuple(sorted((claim, place, on, cents) for claim, place, on, cents, _ in entries)),
        tuple(sorted((p, c or 0, on, cents) for p, c, on, cents in allocations)),
    )


def pairs_of(
    entries: Iterable[tuple[int, int]], allocations: Iterable[tuple[int, int]]
) -> tuple[object, ...]:
    by_claim: Counter[int] = Counter()
    by_payment: Counter[int] = Counter()
    for claim, cents in entries:
        by_claim[claim] += cents
    for payment, cents in allocations:
        by_payment[payment] += cents
    return (tuple(sorted(by_claim.items())), tuple(sorted(by_payment.items())))


def known_facts(account_ids: Sequence[int]) -> dict[int, Known]:
    """Return the facts of accounts that earlier imports or people wrote."""
    found: dict[int, Known] = {account_id: Known() for account_id in account_ids}
    parameters = {"ids": list(account_ids)}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT account_id, id, amount_cents, ledger_account, retention, origin
                 FROM store_claim c WHERE account_id = ANY(%(ids)s)
                  AND (origin LIKE 'fec:%%'
                       OR EXISTS (SELECT 1 FROM store_ledgerline l
                                  WHERE l.claim_id = c.id AND l.withdrawn_at IS NULL))
                ORDER BY id""",
            parameters,
        )
        for account, claim, cents, place, held, origin in cursor.fetchall():
            found[account].claims[claim] = (cents, place, held)
            if (gap := _gap_of(origin)) is not None:
                found[account].gap_claims[gap] = claim
        cursor.execute(
            """SELECT p.account_id, p.id, p.amount_cents, p.value_date, p.kind, p.label,
                      p.reference, p.ledger_account, p.origin, r.id, coalesce(r.origin, ''),
                      (SELECT max(q.id) FROM store_payment q
                        WHERE q.stands_for_id = p.id
                          AND NOT EXISTS (SELECT 1 FROM store_payment b WHERE b.reverses_id = q.id)),
                      p.stands_for_id IS NOT NULL,
                      EXISTS (SELECT 1 FROM store_discountgranted d WHERE d.payment_id = p.id),
                      EXISTS (SELECT 1 FROM store_ledgerline l
                               WHERE l.payment_id = p.id AND l.withdrawn_at IS NULL)
                 FROM store_payment p LEFT JOIN store_payment r ON r.reverses_id = p.id
                WHERE p.account_id = ANY(%(ids)s) ORDER BY p.id""",
            parameters,
        )
        for account, *row, stands, granted, linked in cursor.fetchall():
            payment = KnownPayment(*row)
            known = found[account]
            known.payments[payment.id] = payment
            if (gap := _gap_of(payment.origin)) is not None:
                known.gap_payments[gap] = payment.id
            by_hand = not payment.origin.startswith(ORIGIN) and payment.amount_cents > 0
            if by_hand and not linked and not stands and payment.reversal is None:
                (known.granted if granted else known.unlinked_receipts).append(payment)
        cursor.execute(
            """SELECT account_id, id, claim_id, kind, ledger_account, value_date, amount_cents
                 FROM store_entry e
                WHERE account_id = ANY(%(ids)s) AND settlement_id IS NULL
                  AND origin LIKE 'fec:%%' AND kind IN ('opening', 'transfer')
                  AND NOT EXISTS (SELECT 1 FROM store_entry r WHERE r.reverses_id = e.id)
                ORDER BY id""",
            parameters,
        )
        for account, entry, *key in cursor.fetchall():
            claim, kind, place, on, cents = key
            found[account].loose[claim, kind, place, on, cents].append(entry)
        cursor.execute(
            """SELECT s.account_id, s.id, s.origin, s.code, s.scope, r.origin, s.kind
                 FROM store_settlement s LEFT JOIN store_settlement r ON r.reverses_id = s.id
                WHERE s.account_id = ANY(%(ids)s) AND s.reverses_id IS NULL ORDER BY s.id""",
            parameters,
        )
        settlements: dict[int, KnownSettlement] = {}
        for account, *row in cursor.fetchall():
            settlement = settlements[row[0]] = KnownSettlement(*row)
            found[account].settlements.append(settlement)
        cursor.execute(
            """SELECT settlement_id, id, claim_id, kind, ledger_account, value_date, amount_cents,
                      component
                 FROM store_entry WHERE account_id = ANY(%(ids)s) AND settlement_id IS NOT NULL""",
            parameters,
        )
        for settlement_id, *row in cursor.fetchall():
            if settlement_id in settlements:
                settlements[settlement_id].entries.append(KnownEntry(*row))
        cursor.execute(
            """SELECT settlement_id, payment_id, claim_id, value_date, amount_cents
                 FROM store_allocation WHERE account_id = ANY(%(ids)s)""",
            parameters,
        )
        for settlement_id, *row in cursor.fetchall():
            if settlement_id in settlements:
                payment_id, claim_id, on, cents = row
                settlements[settlement_id].allocations.append((payment_id, claim_id, on, cents))
    return found


def _gap_of(origin: str) -> tuple[str, date] | None:
    """Return the ledger account and year that a gap fact stands for, from its origin."""
    _, _, what = origin.partition(":gap:")
    place, _, day = what.rpartition(":")
    return (place, date.fromisoformat(day)) if what else None
