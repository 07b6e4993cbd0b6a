"""Decisions on many messages at once: few are decided at once, many by the workers.

Each message is decided in its own transaction, under its account's lock. What a rule refuses is set
aside with its reason; a message whose approval is refused is held, so that the reason stays with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from exigible.domain.refusals import Refused
from exigible.operations import messages
from exigible.operations.acts import By
from exigible.operations.queueing import queue_approvals
from exigible.store.models import Message, MessageStatus

AT_ONCE = 25  # beyond, the workers approve them
TO_APPROVE = (MessageStatus.PROPOSED, MessageStatus.HELD)


@dataclass(slots=True)
class Outcome:
    """What was decided at once, what was refused and why, what the workers will decide."""

    done: list[Message] = field(default_factory=list)
    aside: list[tuple[Message, str]] = field(default_factory=list)
    queued: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Which messages a decision concerns, and why it leaves the others aside."""

    fit: list[Message]
    aside: list[tuple[Message, str]]

    @property
    def cents(self) -> int:
        return sum(message.total_cents for message in self.fit)

    def count(self, *channels: str) -> int:
        return sum(message.channel in channels for message in self.fit)


def approval_plan(found: Sequence[Message], *, on: date) -> Plan:
    """Part the messages that may leave from those that may not, read over as of `on`.

    Up to AT_ONCE messages are written again from the facts, so that the sums are those that would
    leave and what stands in the way is named. More are parted by their state alone: the workers
    read each over. The messages bear the sums of the day; nothing is saved.
    """
    plan = Plan([], [])
    read_over = len(found) <= AT_ONCE
    for message in found:
        if message.status not in TO_APPROVE:
            plan.aside.append((message, f"déjà {message.get_status_display()}"))
            continue
        if read_over:
            try:
                written = messages.rewrite(message.account, message, on=on, automatic=False)
            except Refused as refusal:
                plan.aside.append((message, refusal.message))
                continue
            message.amount_cents = written.letter.demand.principal_cents
            message.total_cents = written.letter.demand.total_cents
        plan.fit.append(message)
    return plan


def approve_many(ids: Sequence[int], *, on: date, by: By, at: datetime) -> Outcome:
    """Let messages leave; beyond AT_ONCE, have the workers do it."""
    if len(ids) > AT_ONCE:
        queue_approvals(ids, actor=by.actor)
        return Outcome(queued=len(ids))
    return _each(ids, lambda pk: messages.approve_message(pk, by=by, at=at, on=on), hold=(by, at))


def approve_queued(ids: Sequence[int], *, on: date, by: By, at: datetime) -> Outcome:
    """Let messages leave, in a job; safe to repeat: one that is no longer waiting is left alone."""
    waiting = Message.objects.filter(pk__in=ids, status__in=TO_APPROVE).values_list("pk", flat=True)
    return _each(
        list(waiting), lambda pk: messages.approve_message(pk, by=by, at=at, on=on), hold=(by, at)
    )


def hold_many(ids: Sequence[int], *, reason: str, by: By, at: datetime) -> Outcome:
    """Keep messages from leaving, all for the same reason."""
    return _each(ids, lambda pk: messages.hold_message(pk, reason=reason, by=by, at=at))


def cancel_many(ids: Sequence[int], *, reason: str, by: By, at: datetime) -> Outcome:
    """Give messages up; their steps go back to the worklist."""
    return _each(ids, lambda pk: messages.cancel_message(pk, reason=reason, by=by, at=at))


def _each(
    ids: Sequence[int],
    decide: Callable[[int], Message],
    *,
    hold: tuple[By, datetime] | None = None,
) -> Outcome:
    outcome = Outcome()
    for message_id in ids:
        try:
            outcome.done.append(decide(message_id))
        except Refused as refusal:
            message = Message.objects.select_related("account__debtor").get(pk=message_id)
            outcome.aside.append((message, refusal.message))
            if hold is not None and message.status in TO_APPROVE:
                by, at = hold
                messages.hold_message(message_id, reason=refusal.message, by=by, at=at)
    return outcome
