"""Writing what a line brings, and undoing it: payments, credit notes used, discounts, fees, returns.

Everything goes through `operations.payments`, under the accounts' locks; the line is then matched, and
the database checks that it is accounted for to the cent. Undoing is one act: payments are reversed,
what a return had taken back is recorded again (`returning`), and the line waits. What accounting
recorded itself stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from exigible.domain.french import euros, percent
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import bank_lines, journal
from exigible.operations.acts import By
from exigible.operations.matching import learning, ledger, returning
from exigible.operations.matching.parts import Part, money_of, parts_as_json, parts_from
from exigible.operations.matching.settings import settings_of
from exigible.operations.payments import (
    NewPayment,
    allocate,
    paris_day,
    record_payments,
    reverse_payment,
    reverse_settlement,
)
from exigible.store.models import (
    Account,
    BankLine,
    BankLinePayment,
    DiscountGranted,
    EInvoice,
    LineDecision,
    LineFee,
    Payment,
    PaymentKind,
)

Action = LineDecision.Action
KIND_OF_NATURE = {
    BankLine.Nature.TRANSFER: PaymentKind.TRANSFER,
    BankLine.Nature.DIRECT_DEBIT: PaymentKind.DIRECT_DEBIT,
    BankLine.Nature.CHEQUE: PaymentKind.CHEQUE,
    BankLine.Nature.CARD: PaymentKind.CARD,
    BankLine.Nature.BILL: PaymentKind.BILL,
    BankLine.Nature.CASH: PaymentKind.CASH,
}
WHOLE = 1_000_000  # 100 % in 1/10,000 of a percent


@dataclass(slots=True, kw_only=True)
class Booking:
    """What is decided of a line."""

    line: BankLine
    parts: list[Part] = field(default_factory=list)
    reverses: list[int] = field(default_factory=list)
    fees_cents: int = 0
    fee_kind: LineFee.Kind = LineFee.Kind.AGENT
    automatic: bool = False
    confidence: int = 0
    reasons: Sequence[str] = ()


def book(bookings: Sequence[Booking], *, by: By, at: datetime) -> None:
    """Write what lines bring, all or none; a batch is one write of payments.

    Raise Refused for a line that no longer waits, WrongInput for parts that do not make it.
    """
    with transaction.atomic():
        waiting = _locked([one.line.pk for one in bookings])
        for one in bookings:
            one.line = waiting[one.line.pk]
            _check(one)
        _lock_accounts(_accounts_of(bookings))
        _refuse_what_no_longer_stands(bookings)
        settlements = {one.line.pk: _use_credit_notes(one.parts, by=by, at=at) for one in bookings}
        made = _record(bookings, by, at)
        for one in bookings:
            for payment_id in one.reverses:
                back = returning.take_back(
                    one.line,
                    payment_id,
                    fees_cents=one.fees_cents,
                    whole=len(one.reverses) > 1,
                    by=by,
                    at=at,
                )
                made.setdefault(one.line.pk, []).extend(back)
        _write_fees(bookings, by, at)
        bank_lines.mark_many_matched(made, by=by, at=at)
        LineDecision.objects.bulk_create(
            LineDecision(
                line=one.line,
                action=Action.BOOKED,
                automatic=one.automatic,
                by=by.actor,
                at=at,
                confidence=one.confidence,
                reasons=list(one.reasons),
                parts=parts_as_json(one.parts),
                fees_cents=one.fees_cents,
                settlements=settlements[one.line.pk],
                reverses=one.reverses,
            )
            for one in bookings
        )


def undo(line_id: int, *, by: By, at: datetime, reason: str = "") -> BankLine:
    """Undo the matching of a line: what it paid is owed again, what it took back is paid again."""
    with transaction.atomic():
        line = BankLine.objects.select_for_update(of=("self",)).get(pk=line_id)
        if line.state != BankLine.State.MATCHED:
            raise Refused(
                "bank_line_state", "Cette opération n’est pas rapprochée : relisez la page."
            )
        links = list(
            BankLinePayment.objects.filter(line=line, ended_at__isnull=True)
            .select_related("payment")
            .order_by("-pk")
        )
        _lock_accounts({link.payment.account_id for link in links})
        returning.refuse_if_returned(line)
        decision = line.decisions.filter(action=Action.BOOKED).order_by("-pk").first()
        words, on = reason or "Rapprochement contrepassé", paris_day(at)
        recorded = {part.payment_id for part in parts_from(decision.parts)} if decision else set()
        granted = DiscountGranted.objects.filter(line=line, payment__reversed_by__isnull=True)
        for one in granted.select_related("payment"):
            if ledger.is_of_ledger(one.payment):
                for settlement_id in ledger.settled_at(one.payment_id, one.recorded_at):
                    _reverse_settlement(settlement_id, by, at, words)
            else:
                reverse_payment(one.payment_id, on=on, by=by, at=at, reason=words)
        for settlement_id in decision.settlements if decision else ():
            _reverse_settlement(settlement_id, by, at, words)
        for link in links:
            payment = link.payment
            if payment.amount_cents < 0:
                returning.restore(payment, by=by, at=at)
            elif ledger.is_of_ledger(payment):
                for settlement_id in ledger.settled_at(link.payment_id, link.recorded_at):
                    _reverse_settlement(settlement_id, by, at, words)
            elif payment.pk not in recorded and not hasattr(payment, "reversed_by"):
                reverse_payment(payment.pk, on=on, by=by, at=at, reason=words)
        BankLinePayment.objects.filter(line=line, ended_at__isnull=True).update(
            ended_at=at, ended_by=by.actor
        )
        _reverse_fees(line, by, at)
        learning.unlearn(line)
        bank_lines.release(line.pk, by=by, at=at)
        LineDecision.objects.create(
            line=line,
            action=Action.UNDONE,
            by=by.actor,
            at=at,
            reasons=[words],
            parts=decision.parts if decision else [],
        )
        line.refresh_from_db()
    return line


# --- writing -----------------------------------------------------------------------------------


def _locked(line_ids: Iterable[int]) -> dict[int, BankLine]:
    found = {
        line.pk: line
        for line in BankLine.objects.select_for_update(of=("self",))
        .filter(pk__in=list(line_ids))
        .order_by("pk")
    }
    for line in found.values():
        if line.state not in (
            BankLine.State.TO_MATCH,
            BankLine.State.SET_ASIDE,
            BankLine.State.SUSPENSE,
        ):
            raise Refused(
                "bank_line_state",
                f"Cette opération bancaire est {BankLine.State(line.state).label} : relisez la page.",
                facts={"state": line.state},
            )
        if not line.moves_money:
            raise Refused(
                "announced",
                "Cette opération n’est qu’annoncée : aucun argent n’a bougé. Le relevé la portera.",
            )
    return found


def _accounts_of(bookings: Sequence[Booking]) -> set[int]:
    ids = {part.account_id for one in bookings for part in one.parts}
    taken = [pk for one in bookings for pk in one.reverses]
    return ids | set(Payment.objects.filter(pk__in=taken).values_list("account_id", flat=True))


def _lock_accounts(ids: Iterable[int]) -> None:
    """Lock all the accounts of an act in one order, so that two acts never wait for each other."""
    locked = Account.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
    list(locked.values_list("pk"))


def _refuse_what_no_longer_stands(bookings: Sequence[Booking]) -> None:
    """Refuse to tie a line to a receipt already recorded that is not its money, or is no longer.

    It must be of the account and the sum said, in the currency of the line, and not reversed since.
    """
    said = [
        (one.line, part, part.payment_id)
        for one in bookings
        for part in one.parts
        if part.payment_id is not None
    ]
    ids = [payment_id for _, _, payment_id in said]
    standing = {
        row[0]: row[1:]
        for row in Payment.objects.filter(pk__in=ids, reversed_by__isnull=True)
        .exclude(kind=PaymentKind.CREDIT_NOTE)
        .values_list("pk", "account_id", "amount_cents", "currency")
    }
    for line, part, payment_id in said:
        if standing.get(payment_id) != (part.account_id, part.cents, line.currency):
            raise Refused(
                "payment_gone",
                "Le règlement déjà enregistré n’est plus celui-ci : il a été contrepassé, ou n’est pas "
                "de cette somme. Relisez la ligne.",
            )


def _check(one: Booking) -> None:
    line = one.line
    if line.amount_cents > 0 and (
        not one.parts or money_of(one.parts) - one.fees_cents != line.amount_cents
    ):
        raise WrongInput(
            "sum",
            f"Les parts font {euros(money_of(one.parts) - one.fees_cents)}, la ligne "
            f"{euros(line.amount_cents)} : répartissez toute la somme.",
            field="parts",
        )
    if line.amount_cents < 0 and not one.reverses:
        raise WrongInput("nothing", "Aucun règlement n’est indiqué.", field="reverses")
    if any(part.cents <= 0 for part in one.parts):
        raise WrongInput("amount", "Chaque part doit être supérieure à zéro.", field="parts")


def _use_credit_notes(parts: Sequence[Part], *, by: By, at: datetime) -> list[int]:
    made = []
    for part in parts:
        by_note: dict[int, list[tuple[int, int]]] = {}
        for note, claim, cents in part.credits:
            by_note.setdefault(note, []).append((claim, cents))
        for note, shares in by_note.items():
            made.append(allocate(note, shares, by=by, at=at).pk)
    return made


def _record(bookings: Sequence[Booking], by: By, at: datetime) -> dict[int, list[int]]:
    """Record the payments of a batch in one write; return their ids by line."""
    rows: list[NewPayment] = []
    of_line: list[tuple[int, Part, bool]] = []
    made: dict[int, list[int]] = {}
    for one in bookings:
        line = one.line
        for part in one.parts:
            if part.payment_id is not None:
                made.setdefault(line.pk, []).append(part.payment_id)
                continue
            rows.append(
                NewPayment(
                    account_id=part.account_id,
                    kind=KIND_OF_NATURE.get(BankLine.Nature(line.nature), PaymentKind.OTHER),
                    amount_cents=part.cents,
                    value_date=paid_on(line),
                    label=line.label[:200],
                    reference=(line.end_to_end or line.bank_ref)[:100],
                    currency=line.currency,
                    allocations=part.claims,
                    accessories=part.accessories,
                )
            )
            of_line.append((line.pk, part, False))
            if part.discounts:
                rows.append(
                    NewPayment(
                        account_id=part.account_id,
                        kind=PaymentKind.CREDIT_NOTE,
                        amount_cents=part.discount_cents,
                        value_date=paid_on(line),
                        label=_discount_words(part),
                        currency=line.currency,
                        allocations=part.discounts,
                    )
                )
                of_line.append((line.pk, part, True))
    if not rows:
        return made
    payments = record_payments(rows, by=by, at=at)
    lines = {one.line.pk: one.line for one in bookings}
    for payment, (line_id, part, discount) in zip(payments, of_line, strict=True):
        if discount:
            _grant(lines[line_id], payment, part, by, at)
        else:
            made.setdefault(line_id, []).append(payment.pk)
    return made


def paid_on(line: BankLine) -> date:
    """Return the day the funds counted: that of value where it comes before the booking."""
    return min(line.booked_on, line.value_on) if line.value_on else line.booked_on


def _discount_words(part: Part) -> str:
    full = sum(part.settled()[claim] for claim, _ in part.discounts)
    rate = (2 * part.discount_cents * WHOLE + full) // (2 * full)
    return f"Escompte de {percent(rate // 100 * 100)}"


def _grant(line: BankLine, payment: Payment, part: Part, by: By, at: datetime) -> None:
    settings = settings_of(line.creditor_id)
    vat = sum(_vat_of(claim, cents, settings.discount_vat_rate) for claim, cents in part.discounts)
    DiscountGranted.objects.create(
        line=line,
        payment=payment,
        booking=settings.discount_booking,
        net_cents=payment.amount_cents - vat,
        vat_cents=vat,
        recorded_by=by.actor,
        recorded_at=at,
    )


def _vat_of(claim_id: int, cents: int, rate: int | None) -> int:
    """Return the VAT of a discount: in the proportion of its invoice, else at the creditor's rate."""
    bill = (
        EInvoice.objects.filter(
            withdrawn_at__isnull=True,
            claim_id=claim_id,
            vat_cents__isnull=False,
            gross_cents__gt=0,
            in_doubt=False,
        )
        .values_list("vat_cents", "gross_cents")
        .first()
    )
    if bill is not None:
        vat, gross = bill[0] or 0, bill[1] or 1
        return (2 * cents * vat + gross) // (2 * gross)
    if rate is None:
        return 0
    return (2 * cents * rate + WHOLE + rate) // (2 * (WHOLE + rate))


def _write_fees(bookings: Sequence[Booking], by: By, at: datetime) -> None:
    LineFee.objects.bulk_create(
        LineFee(
            line=one.line,
            kind=LineFee.Kind.BANK if one.line.amount_cents < 0 else one.fee_kind,
            amount_cents=one.fees_cents,
            recorded_by=by.actor,
            recorded_at=at,
        )
        for one in bookings
        if one.fees_cents
    )


# --- undoing -----------------------------------------------------------------------------------


def _reverse_settlement(settlement_id: int, by: By, at: datetime, words: str) -> None:
    try:
        with transaction.atomic():
            reverse_settlement(settlement_id, by=by, at=at, reason=words)
    except Refused as refusal:
        if refusal.code != "already_reversed":
            raise


def _reverse_fees(line: BankLine, by: By, at: datetime) -> None:
    standing: dict[str, int] = {}
    for kind, cents in line.fees.values_list("kind", "amount_cents"):
        standing[kind] = standing.get(kind, 0) + cents
    LineFee.objects.bulk_create(
        LineFee(line=line, kind=kind, amount_cents=-cents, recorded_by=by.actor, recorded_at=at)
        for kind, cents in standing.items()
        if cents
    )


def journal_house(action: str, subject: str, by: By, at: datetime, **facts: object) -> None:
    """Write a line of the house's journal, in the caller's transaction."""
    journal.append(
        journal.Act(account_id=None, actor=by.actor, action=action, subject=subject, facts=facts),
        at=at,
    )
