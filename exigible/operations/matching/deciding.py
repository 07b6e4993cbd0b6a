"""What people decide of bank lines: accept, change the shares, set aside, suspend, undo.

Each act is one transaction: it books, keeps the decision with its reasons, and teaches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from exigible.domain.french import euros, typeset
from exigible.domain.matching import Gap
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import bank_lines
from exigible.operations.acts import By
from exigible.operations.matching import booking, discounts, learning
from exigible.operations.matching.booking import WHOLE, Booking, book, journal_house
from exigible.operations.matching.parts import Part, one_account, parts_as_json, parts_from
from exigible.operations.matching.settings import settings_of
from exigible.store.models import Account, BankLine, BankLineMatch, Claim, LineDecision, LineFee

Action = LineDecision.Action
STATES = BankLine.State


@dataclass(slots=True)
class Outcome:
    """What an act on many lines did, for how many euros, and what it left, each with its reason."""

    done: list[int] = field(default_factory=list)
    cents: int = 0
    aside: list[tuple[int, str]] = field(default_factory=list)


def accept(line_id: int, *, by: By, at: datetime, candidate: int | None = None) -> BankLine:
    """Settle a line as proposed, or as one of its candidates says."""
    match = _match_of(line_id)
    said: Mapping[str, object] = {
        "parts": match.parts,
        "reverses": match.reverses,
        "confidence": match.confidence,
    }
    reasons, fees = match.reasons, match.fees_cents
    if candidate is not None:
        if not 0 <= candidate < len(match.candidates):
            raise WrongInput("candidate", "Cette proposition n’existe plus : relisez la ligne.")
        said = match.candidates[candidate]
        reasons, fees = [str(said["reason"])], 0
    parts = parts_from(said["parts"])  # type: ignore[arg-type]
    reverses = list(said["reverses"])  # type: ignore[call-overload]
    if not parts and not reverses:
        raise Refused("nothing_proposed", "Rien n’est proposé pour cette ligne : affectez-la.")
    return settle(
        line_id,
        parts,
        reverses=reverses,
        fees_cents=fees,
        confidence=int(said["confidence"]),  # type: ignore[call-overload]
        reasons=reasons,
        by=by,
        at=at,
    )


def settle(
    line_id: int,
    parts: Sequence[Part],
    *,
    reverses: Sequence[int] = (),
    fees_cents: int = 0,
    confidence: int = 0,
    reasons: Sequence[str] = (),
    by: By,
    at: datetime,
) -> BankLine:
    """Settle a line as a person says: shares, what stays unallocated, fees, what comes back."""
    with transaction.atomic():
        line = BankLine.objects.get(pk=line_id)
        _refuse_strangers(line, parts)
        if line.amount_cents > 0:
            _refuse_fees_beyond(line, fees_cents)
            _refuse_after_judgment(line, parts)
            for part in parts:
                account = Account.objects.get(pk=part.account_id)
                discounts.require_due(account, part.discounts, booking.paid_on(line))
        one = Booking(
            line=line,
            parts=list(parts),
            reverses=list(reverses),
            fees_cents=fees_cents,
            fee_kind=_fee_kind(line_id),
            confidence=confidence,
            reasons=list(reasons) or [typeset("Affectée à la main.")],
        )
        book([one], by=by, at=at)
        if not any(part.payment_id for part in parts) and not fees_cents:
            learning.learn(one.line, [part.account_id for part in parts], by=by, at=at)
        _keep(one, at)
    return one.line


def accept_many(line_ids: Sequence[int], *, by: By, at: datetime) -> Outcome:
    """Accept what is proposed of each; a line that a rule refuses stays, with the reason."""
    outcome = Outcome()
    for line_id in line_ids:
        try:
            line = accept(line_id, by=by, at=at)
        except Refused as refusal:
            outcome.aside.append((line_id, refusal.message))
        else:
            outcome.done.append(line_id)
            outcome.cents += line.amount_cents if line.currency == "EUR" else 0
    return outcome


def undo(line_id: int, *, by: By, at: datetime, reason: str = "") -> BankLine:
    """Undo what was booked of a line, by a person: it is not booked alone again."""
    with transaction.atomic():
        line = booking.undo(line_id, by=by, at=at, reason=reason)
        match, _ = BankLineMatch.objects.get_or_create(
            line=line, defaults={"kind": "unknown", "updated_at": at}
        )
        match.automatic, match.kept_for_people, match.updated_at = False, True, at
        match.save(update_fields=["automatic", "kept_for_people", "updated_at"])
    return line


def set_aside(line_ids: Sequence[int], *, reason: str, by: By, at: datetime) -> list[int]:
    """Set lines aside, that are no customer's payment, with the reason; return those that waited."""
    return _move(line_ids, Action.ASIDE, [reason], by, at)


def suspend(line_ids: Sequence[int], *, by: By, at: datetime) -> list[int]:
    """Put lines in suspense: money received from nobody knows whom yet; return those that waited."""
    return _move(line_ids, Action.SUSPENSE, [], by, at)


def put_back(line_ids: Sequence[int], *, by: By, at: datetime) -> list[int]:
    """Let lines set aside or in suspense wait again; return those that were."""
    with transaction.atomic():
        BankLineMatch.objects.filter(
            line_id__in=line_ids, line__state__in=(STATES.SET_ASIDE, STATES.SUSPENSE)
        ).update(kept_for_people=True, automatic=False)
        return _move(line_ids, Action.BACK, [], by, at)


def _move(
    line_ids: Sequence[int],
    action: LineDecision.Action,
    reasons: Sequence[str],
    by: By,
    at: datetime,
) -> list[int]:
    target = {
        Action.ASIDE: STATES.SET_ASIDE,
        Action.SUSPENSE: STATES.SUSPENSE,
        Action.BACK: STATES.TO_MATCH,
    }[action]
    with transaction.atomic():
        before = set(
            BankLine.objects.select_for_update()
            .filter(pk__in=line_ids)
            .exclude(state=target)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        if action == Action.ASIDE:
            bank_lines.set_aside(before, reason=reasons[0], by=by, at=at)
        elif action == Action.SUSPENSE:
            bank_lines.suspend(before, by=by, at=at)
        else:
            bank_lines.put_back(before, by=by, at=at)
        moved = list(
            BankLine.objects.filter(pk__in=before, state=target).values_list("pk", flat=True)
        )
        LineDecision.objects.bulk_create(
            LineDecision(line_id=pk, action=action, by=by.actor, at=at, reasons=list(reasons))
            for pk in moved
        )
        if moved:
            journal_house(
                f"bank_lines_{action.value}", "", by, at, lines=moved, reasons=list(reasons)
            )
    return moved


def _match_of(line_id: int) -> BankLineMatch:
    match = BankLineMatch.objects.filter(line_id=line_id).first()
    if match is None:
        raise Refused(
            "no_proposal", "Cette ligne n’a pas encore été lue : lancez le rapprochement."
        )
    return match


def _fee_kind(line_id: int) -> LineFee.Kind:
    """Say who kept the fees of a line: its bank where the gap was thought to be its own, else an agent."""
    by_bank = BankLineMatch.objects.filter(line_id=line_id, gap=Gap.BANK_FEES).exists()
    return LineFee.Kind.BANK if by_bank else LineFee.Kind.AGENT


def _refuse_fees_beyond(line: BankLine, fees_cents: int) -> None:
    """Refuse fees that no agent's statement states and that pass the share the creditor allows.

    Debtors are credited before fees: a mistyped sum would pay claims with money that never came.
    """
    gross = line.amount_cents + fees_cents
    most = gross * settings_of(line.creditor_id).fees_rate // WHOLE
    stated = BankLineMatch.objects.filter(
        line=line, remittance__isnull=False, fees_cents=fees_cents
    ).exists()
    if fees_cents <= most or stated:
        return
    raise Refused(
        "fees_beyond",
        typeset(
            f"{euros(fees_cents)} de frais sur {euros(gross)} : vos règles en admettent "
            f"{euros(most)}. Vérifiez la saisie, joignez le relevé qui les porte, ou relevez cette "
            "part dans Règles."
        ),
        field="frais",
    )


def _keep(one: Booking, at: datetime) -> None:
    """Have the page show what was decided."""
    match, _ = BankLineMatch.objects.get_or_create(
        line=one.line, defaults={"kind": "payment", "updated_at": at}
    )
    match.parts, match.reverses = parts_as_json(one.parts), list(one.reverses)
    match.reasons, match.fees_cents = list(one.reasons), one.fees_cents
    match.account_id = one_account(one.parts) if one.parts else match.account_id
    match.automatic, match.updated_at = False, at
    match.save()


def _refuse_strangers(line: BankLine, parts: Sequence[Part]) -> None:
    accounts = {part.account_id for part in parts}
    known = Account.objects.filter(pk__in=accounts, creditor_id=line.creditor_id).count()
    if known != len(accounts):
        raise WrongInput(
            "account", "Un de ces comptes n’est pas celui du créancier de la ligne.", field="parts"
        )


def _refuse_after_judgment(line: BankLine, parts: Sequence[Part]) -> None:
    """Refuse to pay a claim born before insolvency proceedings with money that came after."""
    for part in parts:
        if part.payment_id is not None:
            continue
        opened = (
            Account.objects.filter(pk=part.account_id)
            .values_list("debtor__insolvency_opened_on", flat=True)
            .get()
        )
        on = booking.paid_on(line)
        if opened is None or on < opened or not part.settled():
            continue
        before = Claim.objects.filter(pk__in=part.settled(), issued_on__lt=opened).first()
        if before is not None:
            raise Refused(
                "insolvency",
                typeset(
                    f"{before} est née avant le jugement d’ouverture : elle ne peut pas être payée "
                    "après lui. Laissez la somme non affectée et prévenez le mandataire."
                ),
                article="C. com. art. L. 622-7",
            )
