"""Chasing many accounts at once: the reminder proposed on each is prepared, and waits for approval.

Nothing leaves here. A few are prepared at once, with the reason of each refusal; many are handed to
the workers, and a refusal is then written on the step, where *Ma journée* shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Exists, OuterRef

from exigible.domain.french import day as french_day
from exigible.domain.refusals import Refused
from exigible.operations import messages
from exigible.operations.acts import By, act_on
from exigible.operations.queueing import queue_reminders
from exigible.store.models import Account, Message, MessageStatus, Proposal, ProposalStatus
from exigible.store.queries.outgoing import WRITTEN

AT_ONCE = 25  # beyond, the workers prepare them
_GONE = (MessageStatus.CANCELLED, MessageStatus.REFUSED)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which accounts have a reminder to prepare, and why the others have none."""

    fit: list[Proposal]
    aside: list[tuple[Account, str]]


@dataclass(slots=True)
class Outcome:
    """What was prepared at once, what was refused and why, what the workers will prepare."""

    prepared: int = 0
    queued: int = 0
    aside: list[tuple[Account, str]] = field(default_factory=list)


def plan(account_ids: Sequence[int], *, on: date) -> Plan:
    """Return the written step open on each account, and the reason where there is none.

    Two queries, whatever the number of accounts.
    """
    live = Message.objects.filter(proposal=OuterRef("pk")).exclude(status__in=_GONE)
    steps: dict[int, list[Proposal]] = {}
    for step in (
        Proposal.objects.filter(account_id__in=account_ids, status=ProposalStatus.OPEN)
        .annotate(written=Exists(live))
        .select_related("account__debtor")
        .order_by("-rank", "id")
    ):
        steps.setdefault(step.account_id, []).append(step)
    accounts = Account.objects.filter(pk__in=account_ids).select_related("debtor")
    found = Plan([], [])
    for account in accounts.order_by("debtor__name_key", "pk"):
        chosen, why = _step(steps.get(account.pk, []), on)
        if chosen is None:
            found.aside.append((account, why))
        else:
            found.fit.append(chosen)
    return found


def prepare(account_ids: Sequence[int], *, on: date, by: By, at: datetime) -> Outcome:
    """Prepare the reminder of each account; more than AT_ONCE are queued for the workers."""
    outcome = Outcome()
    if len(account_ids) > AT_ONCE:
        queue_reminders(account_ids, actor=by.actor)
        outcome.queued = len(account_ids)
        return outcome
    for step in plan(account_ids, on=on).fit:
        try:
            messages.prepare(proposal_id=step.pk, by=by, at=at, on=on)
        except Refused as refusal:
            _keep_reason(step, refusal.message, by=by, at=at)
            outcome.aside.append((step.account, refusal.message))
        else:
            outcome.prepared += 1
    return outcome


def prepare_queued(account_ids: Iterable[int], *, on: date, by: By, at: datetime) -> Outcome:
    """Prepare reminders in a job: the same, slice by slice; safe to repeat."""
    ids, total = list(account_ids), Outcome()
    for first in range(0, len(ids), AT_ONCE):
        slice_ = prepare(ids[first : first + AT_ONCE], on=on, by=by, at=at)
        total.prepared += slice_.prepared
        total.aside += slice_.aside
    return total


def _step(steps: Sequence[Proposal], on: date) -> tuple[Proposal | None, str]:
    """Choose the step to write among an account's open ones; else say why there is none."""
    written = [step for step in steps if step.channel in WRITTEN]
    if not steps:
        return None, "aucune étape n’est proposée aujourd’hui."
    if not written:
        return None, f"l’étape proposée est : {steps[0].label}."
    for step in written:
        if step.show_from is not None and step.show_from > on:
            continue
        if getattr(step, "written", False):
            return None, "une relance est déjà préparée, à valider dans Envois."
        return step, ""
    later = min(step.show_from for step in written if step.show_from is not None)
    return None, f"l’étape est reportée au {french_day(later)}."


def _keep_reason(step: Proposal, reason: str, *, by: By, at: datetime) -> None:
    """Write on a step why it could not be prepared."""
    with act_on(step.account_id, by=by, at=at) as act:
        locked = Proposal.objects.select_for_update().get(pk=step.pk)
        locked.held_reason = reason
        locked.save(update_fields=["held_reason"])
        act.journal("reminder_refused", f"proposal:{step.pk}", reason=reason)
