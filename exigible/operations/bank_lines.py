"""What people and the matching do with bank lines: matched, released, set aside, suspended, put back.

A line is matched once payments were recorded from it (`operations.payments`), which it then names; those
that live make its sum. Only when each of them has been reversed may it wait again. Nothing here moves a
claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
        _refuse_unless(line, State.TO_MATCH, State.SET_ASIDE, State.SUSPENSE)
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
        _link({line: [one.pk for one in payments]}, by, at)
        _journal_matched([(one, line) for one in payments], by, at)
    return line


def mark_many_matched(
    payment_ids: Mapping[int, Sequence[int]], *, by: By, at: datetime
) -> list[BankLine]:
    """Say which payments each of many lines is, in a few statements; the lines are locked already."""
    with transaction.atomic():
        lines = {
            line.pk: line
            for line in BankLine.objects.select_for_update(of=("self",))
            .filter(pk__in=list(payment_ids))
            .order_by("pk")
        }
        for line in lines.values():
            _refuse_unless(line, State.TO_MATCH, State.SET_ASIDE, State.SUSPENSE)
        payments = Payment.objects.select_related("account").in_bulk(
            [pk for ids in payment_ids.values() for pk in ids]
        )
        _link({lines[pk]: ids for pk, ids in payment_ids.items()}, by, at)
        _journal_matched(
            [(payments[one], lines[pk]) for pk, ids in payment_ids.items() for one in ids], by, at
        )
    return list(lines.values())


def _link(payment_ids: Mapping[BankLine, Sequence[int]], by: By, at: datetime) -> None:
    wanted = {one: line.pk for line, ids in payment_ids.items() for one in ids}
    live = BankLinePayment.objects.filter(payment__in=list(wanted), ended_at__isnull=True)
    known = set()
    for link in live:
        if link.line_id != wanted[link.payment_id]:
            raise Refused(
                "payment_of_another_line",
                "Un de ces règlements vient d’une autre opération bancaire.",
            )
        known.add(link.payment_id)
    BankLinePayment.objects.bulk_create(
        BankLinePayment(line_id=line_id, payment_id=one, recorded_by=by.actor, recorded_at=at)
        for one, line_id in wanted.items()
        if one not in known
    )
    BankLine.objects.filter(pk__in=[line.pk for line in payment_ids]).update(
        state=State.MATCHED, state_reason="", state_by=by.actor, state_at=at
    )
    for line in payment_ids:
        line.state, line.state_reason, line.state_by, line.state_at = (
            State.MATCHED,
            "",
            by.actor,
            at,
        )


def _journal_matched(payments: Sequence[tuple[Payment, BankLine]], by: By, at: datetime) -> None:
    journal.append_all(
        (
            journal.Act(
                account_id=one.account_id,
                actor=by.actor,
                action="bank_line_matched",
                subject=f"payment:{one.pk}",
                facts={"bank_line": line.pk, "amount_cents": line.amount_cents},
            )
            for one, line in payments
        ),
        at=at,
    )


def release(line_id: int, *, by: By, at: datetime) -> BankLine:
    """Let a matched line wait again, once every payment that came from it has been reversed."""
    with transaction.atomic():
        line = _locked(line_id)
        _refuse_unless(line, State.MATCHED)
        live = BankLinePayment.objects.filter(line=line, ended_at__isnull=True)
        if live.filter(payment__reverses__isnull=True, payment__reversed_by__isnull=True).exists():
            raise Refused(
                "payments_stand",
                "Des règlements viennent de cette opération : contrepassez-les d’abord.",
            )
        live.update(ended_at=at, ended_by=by.actor)
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


def suspend(line_ids: Iterable[int], *, by: By, at: datetime) -> int:
    """Put credits nobody recognises in the suspense account (*compte d'attente*); return how many."""
    with transaction.atomic():
        return (
            _waiting(line_ids, State.TO_MATCH)
            .filter(amount_cents__gt=0, moves_money=True)
            .update(state=State.SUSPENSE, state_reason="", state_by=by.actor, state_at=at)
        )


def put_back(line_ids: Iterable[int], *, by: By, at: datetime) -> int:
    """Let lines that were set aside, or in suspense, wait again; return how many."""
    with transaction.atomic():
        return _waiting(line_ids, State.SET_ASIDE, State.SUSPENSE).update(
            state=State.TO_MATCH, state_reason="", state_by=by.actor, state_at=at
        )


def _waiting(line_ids: Iterable[int], *states: BankLine.State) -> QuerySet[BankLine]:
    locked = BankLine.objects.select_for_update().filter(pk__in=list(line_ids), state__in=states)
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
