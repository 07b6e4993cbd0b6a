"""Recording money and what it pays, and taking it back by reversal.

A payment naming invoices that the creditor accepts goes to their principal and closes them
(C. civ. 1342-10, 1343-1); accessories stay claimable. What names nothing stays *crédit non
affecté* until somebody, or the accounting, says what it pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from exigible.domain.french import day as french_day
from exigible.domain.french import euros
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import figures
from exigible.operations.acts import AccountAct, By, act_on
from exigible.store.models import (
    Allocation,
    Claim,
    Entry,
    EntryKind,
    Payment,
    PaymentKind,
    Settlement,
    SettlementKind,
)

PARIS = ZoneInfo("Europe/Paris")
Allocations = Sequence[tuple[int, int]]  # (claim id, cents)


def paris_day(at: datetime) -> date:
    """Return the Paris day of a moment."""
    return at.astimezone(PARIS).date()


def record_payment(
    account_id: int,
    *,
    kind: str,
    amount_cents: int,
    value_date: date,
    label: str = "",
    reference: str = "",
    allocations: Allocations = (),
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Payment:
    """Record a receipt (or a credit note) and what it pays, claim by claim.

    Raise WrongInput for an amount or a day that cannot be, Refused for an allocation beyond the
    payment or beyond a claim.
    """
    if amount_cents <= 0:
        raise WrongInput(
            "amount", "Le montant reçu doit être supérieur à zéro.", field="amount_cents"
        )
    if kind not in PaymentKind.values:
        raise WrongInput("kind", "Ce mode de règlement n’est pas connu.", field="kind")
    today = paris_day(at)
    if value_date > today:
        raise WrongInput(
            "future",
            f"Le {french_day(value_date)} est à venir : un règlement s’enregistre le jour où les "
            "fonds sont reçus. Pour l’annoncer, notez une promesse.",
            field="value_date",
        )
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        payment = Payment.objects.create(
            account=act.account,
            kind=kind,
            amount_cents=amount_cents,
            value_date=value_date,
            recorded_at=at,
            label=label,
            reference=reference,
            origin=by.actor,
        )
        act.journal(
            "payment_recorded",
            f"payment:{payment.pk}",
            amount_cents=amount_cents,
            value_date=value_date.isoformat(),
            kind=kind,
        )
        if allocations:
            _allocate(act, payment, allocations)
        figures.refresh([account_id], today)
    payment.refresh_from_db()
    return payment


def allocate(
    payment_id: int,
    allocations: Allocations,
    *,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Settlement:
    """Allocate what is left of a payment to claims of its account."""
    account_id = Payment.objects.values_list("account_id", flat=True).get(pk=payment_id)
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        payment = Payment.objects.get(pk=payment_id)
        settlement = _allocate(act, payment, allocations)
        figures.refresh([account_id], paris_day(at))
    return settlement


def reverse_settlement(
    settlement_id: int,
    *,
    by: By,
    at: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Settlement:
    """Undo a settlement: every entry and allocation reversed, as from its own day."""
    account_id = Settlement.objects.values_list("account_id", flat=True).get(pk=settlement_id)
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        reversal = _reverse(act, Settlement.objects.get(pk=settlement_id), reason)
        figures.refresh([account_id], paris_day(at))
    return reversal


def reverse_payment(
    payment_id: int,
    *,
    on: date,
    by: By,
    at: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Payment:
    """Take back a payment that came back (unpaid cheque, rejected debit) or was wrongly recorded.

    What it had settled is owed again as if it had never been paid; `on` is the day it came back.
    """
    account_id = Payment.objects.values_list("account_id", flat=True).get(pk=payment_id)
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        payment = Payment.objects.get(pk=payment_id)
        if payment.amount_cents < 0 or hasattr(payment, "reversed_by"):
            raise Refused(
                "already_reversed",
                "Ce règlement est déjà contrepassé : il n’y a plus rien à reprendre.",
            )
        settlements = Settlement.objects.filter(
            allocations__payment=payment, reverses__isnull=True, reversed_by__isnull=True
        ).distinct()
        for settlement in settlements:
            _reverse(act, settlement, reason)
        reversal = Payment.objects.create(
            account=act.account,
            kind=payment.kind,
            amount_cents=-payment.amount_cents,
            value_date=payment.value_date,
            recorded_at=at,
            label=reason or f"Contrepassation du {french_day(on)}",
            reference=payment.reference,
            ledger_account=payment.ledger_account,
            origin=by.actor,
            reverses=payment,
        )
        act.journal(
            "payment_reversed",
            f"payment:{payment.pk}",
            amount_cents=payment.amount_cents,
            on=on.isoformat(),
            reason=reason,
        )
        figures.refresh([account_id], paris_day(at))
    return reversal


def _allocate(act: AccountAct, payment: Payment, allocations: Allocations) -> Settlement:
    left = payment.amount_cents - payment.allocated_cents
    wanted = sum(cents for _, cents in allocations)
    if any(cents <= 0 for _, cents in allocations) or not allocations:
        raise WrongInput(
            "amount", "Chaque montant affecté doit être supérieur à zéro.", field="allocations"
        )
    if wanted > left:
        raise Refused(
            "beyond_payment",
            f"Les affectations ({euros(wanted)}) dépassent ce qui reste du règlement "
            f"({euros(left)}). Réduisez-les, ou laissez une part non affectée.",
            field="allocations",
        )
    claims = {
        claim.pk: claim
        for claim in Claim.objects.filter(
            account=act.account, pk__in=[claim_id for claim_id, _ in allocations]
        )
    }
    by_claim: dict[int, int] = {}
    for claim_id, cents in allocations:
        if claim_id not in claims:
            raise WrongInput(
                "claim", "Une des créances n’appartient pas à ce compte.", field="allocations"
            )
        by_claim[claim_id] = by_claim.get(claim_id, 0) + cents
    for claim_id, cents in by_claim.items():
        claim = claims[claim_id]
        if cents > claim.balance_cents:
            raise Refused(
                "beyond_claim",
                f"{claim} : {euros(cents)} affectés pour un reste dû de "
                f"{euros(max(claim.balance_cents, 0))}. Affectez-en moins ; le surplus reste au "
                "crédit du compte.",
                field="allocations",
            )
        if claim.currency != payment.currency:
            raise Refused(
                "currency",
                f"{claim} est en {claim.currency}, le règlement en {payment.currency}.",
                field="allocations",
            )
    origin = act.by.actor
    settlement = Settlement.objects.create(
        account=act.account, kind=SettlementKind.NAMED, recorded_at=act.at, origin=origin
    )
    kind = (
        EntryKind.CREDIT_NOTE if payment.kind == PaymentKind.CREDIT_NOTE else EntryKind.SETTLEMENT
    )
    Entry.objects.bulk_create(
        Entry(
            account=act.account,
            claim_id=claim_id,
            settlement=settlement,
            kind=kind,
            amount_cents=-cents,
            value_date=payment.value_date,
            recorded_at=act.at,
            ledger_account=claims[claim_id].ledger_account,
            origin=origin,
        )
        for claim_id, cents in by_claim.items()
    )
    Allocation.objects.bulk_create(
        Allocation(
            account=act.account,
            payment=payment,
            settlement=settlement,
            claim_id=claim_id,
            amount_cents=cents,
            value_date=payment.value_date,
            recorded_at=act.at,
            origin=origin,
        )
        for claim_id, cents in by_claim.items()
    )
    act.journal(
        "payment_allocated",
        f"payment:{payment.pk}",
        settlement=settlement.pk,
        claims=[{"claim": claim_id, "cents": cents} for claim_id, cents in by_claim.items()],
    )
    return settlement


def _reverse(act: AccountAct, settlement: Settlement, reason: str) -> Settlement:
    if settlement.reverses_id is not None or hasattr(settlement, "reversed_by"):
        raise Refused("already_reversed", "Cette affectation est déjà contrepassée.")
    origin = act.by.actor
    reversal = Settlement.objects.create(
        account=act.account,
        kind=SettlementKind.REVERSAL,
        reverses=settlement,
        recorded_at=act.at,
        origin=origin,
    )
    Entry.objects.bulk_create(
        Entry(
            account=act.account,
            claim_id=entry.claim_id,
            settlement=reversal,
            kind=EntryKind.REVERSAL,
            component=entry.component,
            amount_cents=-entry.amount_cents,
            value_date=entry.value_date,
            recorded_at=act.at,
            ledger_account=entry.ledger_account,
            origin=origin,
            reverses=entry,
        )
        for entry in settlement.entries.all()
    )
    Allocation.objects.bulk_create(
        Allocation(
            account=act.account,
            payment_id=allocation.payment_id,
            settlement=reversal,
            claim_id=allocation.claim_id,
            amount_cents=-allocation.amount_cents,
            value_date=allocation.value_date,
            recorded_at=act.at,
            origin=origin,
        )
        for allocation in settlement.allocations.all()
    )
    act.journal("settlement_reversed", f"settlement:{settlement.pk}", reason=reason)
    return reversal
