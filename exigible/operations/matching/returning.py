"""Money that comes back: a return takes a payment back, and undoing the return restores it.

What was paid is owed again, as if it had never been; the discount that the payment had earned is lost with
it, since the funds did not stay. A return of part of a payment records the rest anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet

from exigible.domain.french import day as french_day
from exigible.domain.french import euros
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import accessories
from exigible.operations.acts import By
from exigible.operations.matching import ledger
from exigible.operations.payments import (
    NewPayment,
    allocate,
    record_payments,
    reverse_payment,
    reverse_settlement,
)
from exigible.store.models import (
    BankLine,
    BankLinePayment,
    Claim,
    DiscountGranted,
    Payment,
    PaymentKind,
    Settlement,
    SettlementKind,
)

Shares = Sequence[tuple[int, int]]  # claim, cents


def take_back(
    line: BankLine, payment_id: int, *, fees_cents: int, whole: bool, by: By, at: datetime
) -> list[int]:
    """Reverse a payment that a line takes back; return the payments that the line then is.

    The line takes back its own sum less the bank's fees, or the `whole` payment where it takes several.
    """
    payment = Payment.objects.select_related("account").get(pk=payment_id)
    if payment.account.creditor_id != line.creditor_id:
        raise WrongInput("payment", "Ce règlement n’est pas du même créancier.", field="reverses")
    if payment.kind == PaymentKind.CREDIT_NOTE or payment.currency != line.currency:
        raise WrongInput(
            "payment",
            "Un rejet reprend un règlement reçu, dans la devise de l’opération.",
            field="reverses",
        )
    back = payment.amount_cents if whole else -line.amount_cents - fees_cents
    if not 0 < back <= payment.amount_cents:
        raise WrongInput(
            "sum",
            f"Le rejet ({euros(back)}) dépasse le règlement ({euros(payment.amount_cents)}).",
            field="reverses",
        )
    shares, on_top = _shares_of(payment), _accessories_of(payment)
    discounts = _discounts_with(payment)
    reason = line.label[:200]
    reversal = reverse_payment(payment.pk, on=line.booked_on, by=by, at=at, reason=reason)
    for granted in discounts.filter(payment__reversed_by__isnull=True):
        if ledger.is_of_ledger(granted.payment):
            _free(granted.payment, by, at, reason)
        else:
            reverse_payment(granted.payment_id, on=line.booked_on, by=by, at=at, reason=reason)
    made = [reversal.pk]
    if back < payment.amount_cents:
        made.append(_again(payment, payment.amount_cents - back, shares, on_top, by, at).pk)
    return made


def restore(reversal: Payment, *, by: By, at: datetime) -> None:
    """Record again a payment that a return took back, and its discount; tie both to their own line."""
    assert reversal.reverses is not None
    payment = reversal.reverses
    shares = _shares_of(payment, before=reversal)
    on_top = _accessories_of(payment, before=reversal)
    again = _again(payment, payment.amount_cents, shares, on_top, by, at)
    for granted in _discounts_with(payment).filter(
        payment__reversed_by__recorded_at=reversal.recorded_at
    ):
        _grant_again(granted, by, at)
    for granted in _discounts_with(payment).filter(payment__reversed_by__isnull=True):
        _use_again(granted.payment, reversal.recorded_at, by, at)
    link = BankLinePayment.objects.filter(payment=payment, ended_at__isnull=True).first()
    if link is not None:
        link.ended_at, link.ended_by = at, by.actor
        link.save(update_fields=["ended_at", "ended_by"])
        BankLinePayment.objects.create(
            line_id=link.line_id, payment=again, recorded_by=by.actor, recorded_at=at
        )


def _free(credit_note: Payment, by: By, at: datetime, reason: str) -> None:
    """Let a credit note of accounting pay nothing any more: it stays, for accounting to take back."""
    standing = Settlement.objects.filter(
        allocations__payment=credit_note, reverses__isnull=True, reversed_by__isnull=True
    )
    for settlement_id in standing.distinct().values_list("pk", flat=True):
        reverse_settlement(settlement_id, by=by, at=at, reason=reason)


def _use_again(credit_note: Payment, freed_at: datetime, by: By, at: datetime) -> None:
    """Use a credit note of accounting again on the claims that a return had freed it from."""
    freed = credit_note.allocations.filter(
        recorded_at=freed_at, amount_cents__lt=0, claim__isnull=False
    ).values_list("claim_id", "amount_cents")
    kept = _as_far_as_open(
        [(claim, -cents) for claim, cents in freed], credit_note.unallocated_cents
    )
    if kept:
        allocate(credit_note.pk, kept, by=by, at=at)


def refuse_if_returned(line: BankLine) -> None:
    """Refuse to undo a line whose money another line took back: that one is undone first.

    Else what the line brought could pay again, while it has left the account.
    """
    later = (
        BankLinePayment.objects.filter(
            payment__reverses__bank_lines__line=line,
            payment__reverses__bank_lines__ended_at__isnull=True,
            ended_at__isnull=True,
        )
        .exclude(line=line)
        .select_related("line")
        .first()
    )
    if later is not None:
        raise Refused(
            "came_back",
            f"Ce règlement est revenu impayé le {french_day(later.line.booked_on)} : défaites d’abord "
            "le rapprochement de ce rejet.",
        )


def _discounts_with(payment: Payment) -> QuerySet[DiscountGranted]:
    """Return the discounts granted with a payment: those of its line, on its account."""
    return DiscountGranted.objects.filter(
        line__payments__payment=payment,
        line__payments__ended_at__isnull=True,
        payment__account_id=payment.account_id,
    ).select_related("payment")


def _grant_again(granted: DiscountGranted, by: By, at: datetime) -> None:
    """Grant a lost discount again, where the claims still leave the whole of it open."""
    reversal = granted.payment.reversed_by
    shares = _shares_of(granted.payment, before=reversal)
    if sum(cents for _, cents in _as_far_as_open(shares, granted.payment.amount_cents)) < (
        granted.payment.amount_cents
    ):
        return
    made = _again(granted.payment, granted.payment.amount_cents, shares, (), by, at)
    DiscountGranted.objects.create(
        line_id=granted.line_id,
        payment=made,
        booking=granted.booking,
        net_cents=granted.net_cents,
        vat_cents=granted.vat_cents,
        recorded_by=by.actor,
        recorded_at=at,
    )


def _again(
    payment: Payment, cents: int, shares: Shares, on_top: Shares, by: By, at: datetime
) -> Payment:
    """Record a payment anew, on the claims it paid as far as they are open, then on their accessories.

    One of accounting's that is recorded whole stands for it: the ledger, read again, finds it so.

    Penalties and 40 € are paid again as far as they are still due: principal comes first, as it had.
    """
    allocations = _as_far_as_open(shares, cents)
    left = cents - sum(share for _, share in allocations)
    stands_for = None
    if cents == payment.amount_cents and ledger.is_of_ledger(payment):
        stands_for = payment.stands_for_id or payment.pk
    again = replace(
        NewPayment.like(payment, cents),
        allocations=allocations,
        accessories=_as_far_as_due(payment, on_top, left),
        stands_for=stands_for,
    )
    [made] = record_payments([again], by=by, at=at)
    return made


def _as_far_as_due(payment: Payment, on_top: Shares, left: int) -> list[tuple[int, int]]:
    if not on_top or left <= 0:
        return []
    owed = accessories.due(payment.account_id, [claim for claim, _ in on_top], payment.value_date)
    kept = []
    for claim, share in on_top:
        part = min(share, left, owed.get(claim, accessories.NOTHING).total_cents)
        if part > 0:
            kept.append((claim, part))
            left -= part
    return kept


def _as_far_as_open(shares: Shares, cents: int) -> list[tuple[int, int]]:
    open_ = dict(
        Claim.objects.filter(pk__in=[claim for claim, _ in shares]).values_list(
            "pk", "balance_cents"
        )
    )
    left, kept = cents, []
    for claim, share in shares:
        part = min(share, left, max(open_.get(claim, 0), 0))
        if part > 0:
            kept.append((claim, part))
            left -= part
    return kept


def _shares_of(payment: Payment, before: Payment | None = None) -> list[tuple[int, int]]:
    """Return what a payment paid of each claim it names; as it was before `before` reversed it."""
    return _sums(payment, before, on_top=False)


def _accessories_of(payment: Payment, before: Payment | None = None) -> list[tuple[int, int]]:
    """Return what a payment paid on top of each claim; as it was before `before` reversed it."""
    return _sums(payment, before, on_top=True)


def _sums(payment: Payment, before: Payment | None, *, on_top: bool) -> list[tuple[int, int]]:
    shares: dict[int, int] = {}
    about = Q(settlement__kind=SettlementKind.ACCESSORIES) | Q(
        settlement__reverses__kind=SettlementKind.ACCESSORIES
    )
    rows = payment.allocations.filter(about if on_top else ~about, claim__isnull=False)
    if before is not None:
        rows = rows.exclude(recorded_at=before.recorded_at, amount_cents__lt=0)
    for claim_id, cents in rows.order_by("pk").values_list("claim_id", "amount_cents"):
        shares[claim_id] = shares.get(claim_id, 0) + cents
    return [(claim, cents) for claim, cents in shares.items() if cents > 0]
