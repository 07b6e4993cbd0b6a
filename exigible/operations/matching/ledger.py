"""Accounting takes over what the bank told too.

A receipt booked from a bank line comes again with the next ledger, or was there already where the line
is of several accounts. It is one payment: the ledger's stays, since it is the accounting fact; the one
booked from the line is reversed, and its line and what it paid go to the ledger's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from exigible.domain.refusals import Refused
from exigible.operations.acts import By
from exigible.operations.payments import (
    NewPayment,
    allocate,
    allocate_accessories,
    paris_day,
    record_payments,
    reverse_payment,
)
from exigible.store.models import (
    Account,
    BankLine,
    BankLinePayment,
    Claim,
    LedgerLine,
    Payment,
    Settlement,
    SettlementKind,
)

BY = By.job("matching")
SAME_DAYS = 8

# A payment booked from a line (`mine`) and one of the ledger that no line is: same account, sum and
# days; each is taken once, the nearest day first. Accounting may post to the customer the principal alone,
# what was paid on top of it going straight to income.
_TWINS = """
    WITH on_top AS (
      SELECT l.payment_id, sum(l.amount_cents)::bigint AS cents
        FROM store_settlement s JOIN store_allocation l ON l.settlement_id = s.id
       WHERE s.kind = 'accessories'
         AND NOT EXISTS (SELECT 1 FROM store_settlement r WHERE r.reverses_id = s.id)
       GROUP BY 1)
    SELECT b.id, mine.id, theirs.id, mine.account_id
      FROM store_banklinepayment b
      JOIN store_payment mine ON mine.id = b.payment_id
      JOIN store_account a ON a.id = mine.account_id
      LEFT JOIN on_top x ON x.payment_id = mine.id
      JOIN store_payment theirs ON theirs.account_id = mine.account_id
       AND theirs.amount_cents IN (mine.amount_cents, mine.amount_cents - x.cents)
       AND theirs.currency = mine.currency
       AND theirs.origin LIKE 'fec:%%'
       AND theirs.value_date BETWEEN mine.value_date - %(days)s AND mine.value_date + %(days)s
     WHERE a.creditor_id = %(creditor)s AND b.ended_at IS NULL AND mine.amount_cents > 0
       AND mine.origin NOT LIKE 'fec:%%' AND mine.stands_for_id IS NULL AND theirs.kind <> 'credit_note'
       AND NOT EXISTS (SELECT 1 FROM store_payment r WHERE r.reverses_id IN (mine.id, theirs.id))
       AND NOT EXISTS (SELECT 1 FROM store_banklinepayment o
                        WHERE o.payment_id = theirs.id AND o.ended_at IS NULL)
     ORDER BY theirs.amount_cents <> mine.amount_cents, abs(theirs.value_date - mine.value_date), theirs.id, mine.id"""


def hand_over(creditor_id: int, *, at: datetime) -> int:
    """Let the ledger's receipts take the place of those booked from bank lines; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_TWINS, {"creditor": creditor_id, "days": SAME_DAYS})
        twins = cursor.fetchall()
    used: set[int] = set()
    done = 0
    for link_id, mine, theirs, account_id in twins:
        if mine in used or theirs in used:
            continue
        used |= {mine, theirs}
        with transaction.atomic():
            link = BankLinePayment.objects.get(pk=link_id)
            BankLine.objects.select_for_update().get(pk=link.line_id)
            Account.objects.select_for_update().get(pk=account_id)
            link.refresh_from_db()
            if link.ended_at is None and _both_stand(mine, theirs):
                _replace(link, mine, theirs, at)
                done += 1
    return done


def is_of_ledger(payment: Payment) -> bool:
    """Say whether accounting recorded a payment, or recognised it, or the one that it stands for."""
    return (
        payment.origin.startswith("fec:")
        or payment.stands_for_id is not None
        or LedgerLine.objects.filter(payment=payment, withdrawn_at__isnull=True).exists()
    )


def settled_at(payment_id: int, moment: datetime) -> list[int]:
    """Return what a payment settled as it was tied to its line, and that stands."""
    return list(
        Settlement.objects.filter(
            allocations__payment_id=payment_id,
            recorded_at=moment,
            reverses__isnull=True,
            reversed_by__isnull=True,
        )
        .exclude(origin__startswith="fec:")
        .distinct()
        .values_list("pk", flat=True)
    )


def _both_stand(mine: int, theirs: int) -> bool:
    """Say whether neither was reversed, nor the ledger's tied to a line, since they were found."""
    standing = Payment.objects.filter(pk__in=(mine, theirs), reversed_by__isnull=True).count()
    tied = BankLinePayment.objects.filter(payment=theirs, ended_at__isnull=True).exists()
    return standing == 2 and not tied


def _replace(link: BankLinePayment, mine: int, theirs: int, at: datetime) -> None:
    old = Payment.objects.get(pk=mine)
    standing = list(
        old.allocations.filter(claim__isnull=False, amount_cents__gt=0)
        .filter(settlement__reversed_by__isnull=True)
        .order_by("pk")
        .values_list("claim_id", "amount_cents", "settlement__kind")
    )
    shares = [row[:2] for row in standing if row[2] != SettlementKind.ACCESSORIES]
    on_top = [row[:2] for row in standing if row[2] == SettlementKind.ACCESSORIES]
    reverse_payment(mine, on=paris_day(at), by=BY, at=at, reason="Repris par la comptabilité")
    taken = Payment.objects.get(pk=theirs)
    open_ = dict(
        Claim.objects.filter(pk__in=[claim for claim, _ in shares]).values_list(
            "pk", "balance_cents"
        )
    )
    left, kept = taken.unallocated_cents, []
    for claim, cents in shares:
        part = min(cents, left, max(open_.get(claim, 0), 0))
        if part > 0:
            kept.append((claim, part))
            left -= part
    # Where accounting settled it otherwise meanwhile, what it says stands.
    if kept:
        with contextlib.suppress(Refused), transaction.atomic():
            allocate(theirs, kept, by=BY, at=at)
    link.ended_at, link.ended_by = at, BY.actor
    link.save(update_fields=["ended_at", "ended_by"])
    paid = [theirs]
    if taken.amount_cents < old.amount_cents:
        paid.append(_apart(old, old.amount_cents - taken.amount_cents, on_top, at))
    elif on_top and sum(cents for _, cents in on_top) <= left:
        with contextlib.suppress(Refused), transaction.atomic():
            allocate_accessories(theirs, on_top, by=BY, at=at)
    BankLinePayment.objects.bulk_create(
        BankLinePayment(
            line_id=link.line_id, payment_id=payment_id, recorded_by=BY.actor, recorded_at=at
        )
        for payment_id in paid
    )


def _apart(old: Payment, cents: int, on_top: Sequence[tuple[int, int]], at: datetime) -> int:
    """Record apart what a receipt paid on top, which accounting did not post to the customer."""
    [made] = record_payments([NewPayment.like(old, cents)], by=BY, at=at)
    if on_top:
        with contextlib.suppress(Refused), transaction.atomic():
            allocate_accessories(made.pk, on_top, by=BY, at=at)
    return made.pk
