"""Recording money and what it pays, and taking it back by reversal.

A payment naming invoices that the creditor accepts goes to their principal and closes them
(C. civ. 1342-10, 1343-1); accessories stay claimable, unless it pays them on top
(`operations.accessories`). What names nothing stays *crédit non
affecté* until somebody, or the accounting, says what it pays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from exigible.domain.french import day as french_day
from exigible.domain.french import euros
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import accessories, figures, journal
from exigible.operations.acts import AccountAct, By, act_on
from exigible.store.models import (
    Account,
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
OLDEST_YEARS = 10  # of a payment recorded by hand: beyond, its year was mistyped
Allocations = Sequence[tuple[int, int]]  # (claim id, cents)
JournalLine = tuple[str, str, dict[str, Any]]  # action, subject, facts


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
    currency: str = "EUR",
    allocations: Allocations = (),
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Payment:
    """Record a receipt (or a credit note) and what it pays, claim by claim.

    Raise WrongInput for an amount or a day that cannot be, Refused for an allocation beyond the
    payment or beyond a claim.
    """
    today = paris_day(at)
    _check_payment(kind, amount_cents, value_date, today)
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        payment = Payment.objects.create(
            account=act.account,
            kind=kind,
            amount_cents=amount_cents,
            currency=currency,
            value_date=value_date,
            recorded_at=at,
            label=label,
            reference=reference,
            origin=by.actor,
        )
        action, subject, facts = _recorded(payment)
        act.journal(action, subject, **facts)
        if allocations:
            _allocate(act, payment, allocations)
        figures.refresh([account_id], today)
    payment.refresh_from_db()
    return payment


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """A receipt (or a credit note) of an account, and what it pays."""

    account_id: int
    kind: str
    amount_cents: int
    value_date: date
    label: str = ""
    reference: str = ""
    currency: str = "EUR"
    allocations: Allocations = ()
    accessories: Allocations = ()  # penalties and 40 € paid on top of claims
    stands_for: int | None = None  # the receipt of accounting that this one takes the place of

    @classmethod
    def like(cls, payment: Payment, cents: int) -> NewPayment:
        """Return a receipt of so many cents that says for the rest what another says; it pays nothing."""
        return cls(
            account_id=payment.account_id,
            kind=payment.kind,
            amount_cents=cents,
            value_date=payment.value_date,
            label=payment.label,
            reference=payment.reference,
            currency=payment.currency,
        )


@transaction.atomic
def record_payments(rows: Sequence[NewPayment], *, by: By, at: datetime) -> list[Payment]:
    """Record receipts of many accounts in one transaction: a day at the bank. All, or none.

    The rules of each are those of `record_payment`; several may pay the same claim, in order.
    """
    today = paris_day(at)
    for row in rows:
        _check_payment(row.kind, row.amount_cents, row.value_date, today)
    ids = sorted({row.account_id for row in rows})
    list(Account.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    Account.objects.filter(pk__in=ids).update(version=F("version") + 1)
    payments = Payment.objects.bulk_create(
        Payment(
            account_id=row.account_id,
            kind=row.kind,
            amount_cents=row.amount_cents,
            currency=row.currency,
            value_date=row.value_date,
            recorded_at=at,
            label=row.label,
            reference=row.reference,
            origin=by.actor,
            stands_for_id=row.stands_for,
        )
        for row in rows
    )
    named = {claim_id for row in rows for claim_id, _ in row.allocations}
    claims = Claim.objects.in_bulk(named)
    allocated = []
    for payment, row in zip(payments, rows, strict=True):
        if row.allocations:
            by_claim = _checked(payment, row.allocations, claims)
            for claim_id, cents in by_claim.items():
                claims[claim_id].balance_cents -= cents
            payment.allocated_cents = sum(by_claim.values())
            allocated.append((payment, by_claim))
    settlements = _write_allocations(allocated, claims, by, at)
    lines = [(payment.account_id, _recorded(payment)) for payment in payments]
    lines += [
        (payment.account_id, _allocated(payment, settlement, by_claim))
        for (payment, by_claim), settlement in zip(allocated, settlements, strict=True)
    ]
    lines += [
        (payment.account_id, _pay_accessories(payment, row.accessories, by, at))
        for payment, row in zip(payments, rows, strict=True)
        if row.accessories
    ]
    journal.append_all(
        (
            journal.Act(
                account_id=account_id, actor=by.actor, action=action, subject=subject, facts=facts
            )
            for account_id, (action, subject, facts) in lines
        ),
        at=at,
    )
    figures.refresh(ids, today)
    return payments


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
        if payment.amount_cents < 0 or hasattr(payment, "reversed_by"):
            raise Refused(
                "already_reversed",
                "Ce règlement a été contrepassé : il ne paie plus rien. Affectez celui qui l’a "
                "remplacé, s’il y en a un.",
            )
        settlement = _allocate(act, payment, allocations)
        figures.refresh([account_id], paris_day(at))
    return settlement


def allocate_accessories(
    payment_id: int, shares: Allocations, *, by: By, at: datetime
) -> Settlement:
    """Use what is left of a payment on penalties and 40 € due on top of claims of its account."""
    account_id = Payment.objects.values_list("account_id", flat=True).get(pk=payment_id)
    with act_on(account_id, by=by, at=at) as act:
        payment = Payment.objects.get(pk=payment_id)
        action, subject, facts = _pay_accessories(payment, shares, by, at)
        act.journal(action, subject, **facts)
        figures.refresh([account_id], paris_day(at))
    return Settlement.objects.get(pk=facts["settlement"])


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
            currency=payment.currency,
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


def _check_payment(kind: str, amount_cents: int, value_date: date, today: date) -> None:
    if amount_cents <= 0:
        raise WrongInput(
            "amount", "Le montant reçu doit être supérieur à zéro.", field="amount_cents"
        )
    if kind not in PaymentKind.values:
        raise WrongInput("kind", "Ce mode de règlement n’est pas connu.", field="kind")
    if value_date.year < today.year - OLDEST_YEARS:
        raise WrongInput(
            "too_old",
            f"Le {french_day(value_date)} remonte à plus de {OLDEST_YEARS} ans. Vérifiez l’année.",
            field="value_date",
        )
    if value_date > today:
        raise WrongInput(
            "future",
            f"Le {french_day(value_date)} est à venir : un règlement s’enregistre le jour où les "
            "fonds sont reçus. Pour l’annoncer, notez une promesse.",
            field="value_date",
        )


def _allocate(act: AccountAct, payment: Payment, allocations: Allocations) -> Settlement:
    claims = {
        claim.pk: claim
        for claim in Claim.objects.filter(
            account=act.account, pk__in=[claim_id for claim_id, _ in allocations]
        )
    }
    by_claim = _checked(payment, allocations, claims)
    [settlement] = _write_allocations([(payment, by_claim)], claims, act.by, act.at)
    action, subject, facts = _allocated(payment, settlement, by_claim)
    act.journal(action, subject, **facts)
    return settlement


def _checked(
    payment: Payment, allocations: Allocations, claims: Mapping[int, Claim]
) -> dict[int, int]:
    """Return cents by claim; refuse what goes beyond the payment, or beyond a claim of `claims`."""
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
    by_claim: dict[int, int] = {}
    for claim_id, cents in allocations:
        if claim_id not in claims or claims[claim_id].account_id != payment.account_id:
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
    return by_claim


def _write_allocations(
    rows: Sequence[tuple[Payment, dict[int, int]]],
    claims: Mapping[int, Claim],
    by: By,
    at: datetime,
) -> list[Settlement]:
    """Write one settlement a payment: its entries on the claims and its allocations."""
    settlements = Settlement.objects.bulk_create(
        Settlement(
            account_id=payment.account_id,
            kind=SettlementKind.NAMED,
            recorded_at=at,
            origin=by.actor,
        )
        for payment, _ in rows
    )
    parts = [
        (payment, settlement, claim_id, cents)
        for (payment, by_claim), settlement in zip(rows, settlements, strict=True)
        for claim_id, cents in by_claim.items()
    ]
    Entry.objects.bulk_create(
        Entry(
            account_id=payment.account_id,
            claim_id=claim_id,
            settlement=settlement,
            kind=EntryKind.CREDIT_NOTE
            if payment.kind == PaymentKind.CREDIT_NOTE
            else EntryKind.SETTLEMENT,
            amount_cents=-cents,
            value_date=payment.value_date,
            recorded_at=at,
            ledger_account=claims[claim_id].ledger_account,
            origin=by.actor,
        )
        for payment, settlement, claim_id, cents in parts
    )
    Allocation.objects.bulk_create(
        Allocation(
            account_id=payment.account_id,
            payment=payment,
            settlement=settlement,
            claim_id=claim_id,
            amount_cents=cents,
            value_date=payment.value_date,
            recorded_at=at,
            origin=by.actor,
        )
        for payment, settlement, claim_id, cents in parts
    )
    return settlements


def _recorded(payment: Payment) -> JournalLine:
    return (
        "payment_recorded",
        f"payment:{payment.pk}",
        {
            "amount_cents": payment.amount_cents,
            "value_date": payment.value_date.isoformat(),
            "kind": str(payment.kind),
        },
    )


def _allocated(
    payment: Payment, settlement: Settlement, by_claim: Mapping[int, int]
) -> JournalLine:
    claims = [{"claim": claim_id, "cents": cents} for claim_id, cents in by_claim.items()]
    return (
        "payment_allocated",
        f"payment:{payment.pk}",
        {"settlement": settlement.pk, "claims": claims},
    )


def _pay_accessories(payment: Payment, shares: Allocations, by: By, at: datetime) -> JournalLine:
    """Use a payment on accessories; return the line of the journal that says so."""
    left, wanted = payment.unallocated_cents, sum(cents for _, cents in shares)
    if wanted > left:
        raise Refused(
            "beyond_payment",
            f"Les accessoires ({euros(wanted)}) dépassent ce qui reste du règlement ({euros(left)}).",
            field="accessories",
        )
    settlement = accessories.pay(payment, shares, by=by, at=at)
    payment.allocated_cents += wanted
    claims = [{"claim": claim, "cents": cents} for claim, cents in shares]
    return (
        "accessories_paid",
        f"payment:{payment.pk}",
        {"settlement": settlement.pk, "claims": claims},
    )


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
