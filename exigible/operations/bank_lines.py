"""What people and the matching do with bank lines: matched, released, set aside, put back.

A line is matched once payments were recorded from it (`operations.payments`), which it then names.
Only when each of them has been reversed may it wait again. Nothing here moves a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import journal
from exigible.operations.acts import By
from exigible.store.models import BankLine, BankLinePayment, Payment

MAX_REASON = 200
State = BankLine.State


def mark_matched(line_id: int, payment_ids: Sequence[int], *, by: By, at: datetime) -> BankLine:
    """Say which payments were recorded from a line; several where it pays for several accounts.

    Call it in the transaction that records them. Refuse a line that does not wait, and payments that
    are not of its creditor or come from another line.
    """
    if not payment_ids:
        raise WrongInput("no_payment", "Aucun règlement n’est indiqué.", field="payments")
    with transaction.atomic():
        line = _locked(line_id)
        _refuse_unless(line, State.TO_MATCH, State.SET_ASIDE)
        payments = list(
            Payment.objects.select_related("account").filter(pk__in=payment_ids).order_by("pk")
        )
        if len(payments) != len(set(payment_ids)) or any(
            payment.account.creditor_id != line.creditor_id for payment in payments
        ):
            raise WrongInput(
                "wrong_payment",
                "Un de ces règlements n’est pas du même créancier.",
                field="payments",
            )
        taken = BankLinePayment.objects.filter(payment__in=payments).exclude(line=line).first()
        if taken is not None:
            raise Refused(
                "payment_of_another_line",
                "Un de ces règlements vient d’une autre opération bancaire.",
            )
        BankLinePayment.objects.bulk_create(
            (
                BankLinePayment(line=line, payment=one, recorded_by=by.actor, recorded_at=at)
                for one in payments
            ),
            ignore_conflicts=True,
        )
        _set(line, State.MATCHED, "", by, at)
        journal.append_all(
            (
                journal.Act(
                    account_id=one.account_id,
                    actor=by.actor,
                    action="bank_line_matched",
                    subject=f"payment:{one.pk}",
                    facts={"bank_line": line.pk, "amount_cents": line.amount_cents},
                )
                for one in payments
            ),
            at=at,
        )
    return line


def release(line_id: int, *, by: By, at: datetime) -> BankLine:
    """Let a matched line wait again, once every payment that came from it has been reversed."""
    with transaction.atomic():
        line = _locked(line_id)
        _refuse_unless(line, State.MATCHED)
        standing = Payment.objects.filter(
            bank_line__line=line, reverses__isnull=True, reversed_by__isnull=True
        )
        if standing.exists():
            raise Refused(
                "payments_stand",
                "Des règlements viennent de cette opération : contrepassez-les d’abord.",
            )
        _set(line, State.TO_MATCH, "", by, at)
    return line


def set_aside(line_ids: Iterable[int], *, reason: str, by: By, at: datetime) -> int:
    """Set aside lines that are no customer's payment, and say why; return how many were waiting."""
    words = " ".join(reason.split())
    if not words or len(words) > MAX_REASON:
        raise WrongInput(
            "reason", f"Dites pourquoi, en {MAX_REASON} caractères au plus.", field="reason"
        )
    with transaction.atomic():
        return _waiting(line_ids, State.TO_MATCH).update(
            state=State.SET_ASIDE, state_reason=words, state_by=by.actor, state_at=at
        )


def put_back(line_ids: Iterable[int], *, by: By, at: datetime) -> int:
    """Let lines that were set aside wait again; return how many."""
    with transaction.atomic():
        return _waiting(line_ids, State.SET_ASIDE).update(
            state=State.TO_MATCH, state_reason="", state_by=by.actor, state_at=at
        )


def _waiting(line_ids: Iterable[int], state: BankLine.State) -> QuerySet[BankLine]:
    locked = BankLine.objects.select_for_update().filter(pk__in=list(line_ids), state=state)
    return BankLine.objects.filter(pk__in=sorted(locked.values_list("pk", flat=True)))


def _locked(line_id: int) -> BankLine:
    return BankLine.objects.select_for_update(of=("self",)).get(pk=line_id)


def _refuse_unless(line: BankLine, *states: BankLine.State) -> None:
    if line.state not in states:
        raise Refused(
            "bank_line_state",
            f"Cette opération bancaire est {State(line.state).label} : relisez la page.",
            facts={"state": line.state},
        )


def _set(line: BankLine, state: BankLine.State, reason: str, by: By, at: datetime) -> None:
    line.state, line.state_reason, line.state_by, line.state_at = state, reason, by.actor, at
    line.save(update_fields=["state", "state_reason", "state_by", "state_at"])
