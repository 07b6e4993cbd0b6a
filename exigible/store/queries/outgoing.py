"""What left lately and what waits to leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from exigible.store.models import Channel, Message, MessageStatus, Proposal, ProposalStatus

WRITTEN = (Channel.EMAIL, Channel.LETTER, Channel.LRAR)
GONE = (MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.UNCERTAIN)
LOOK_BACK = timedelta(days=31)
NOT_DEMANDS = ("avant_echeance", "confirmation_promesse", "copie_mise_en_demeure")


def demands_sent(account_id: int, on: date, except_message: int | None) -> Sequence[date]:
    """Return the days on which demands left to an account lately, those under way included.

    A letter set in a batch that waits for the post counts too: both would leave together.
    """
    rows = (
        Message.objects.filter(account_id=account_id)
        .filter(
            Q(status__in=GONE, sending_at__date__gte=on - LOOK_BACK)
            | Q(status=MessageStatus.READY, batch__on__gte=on - LOOK_BACK)
        )
        .exclude(template__in=NOT_DEMANDS)
        .exclude(pk=except_message)
    )
    return [
        sent_on or (localdate(at) if at else batch_on)  # in Paris
        for sent_on, at, batch_on in rows.values_list("sent_on", "sending_at", "batch__on")
    ]


def due_to_leave(at: datetime, channel: str) -> QuerySet[Message]:
    """Return messages ready to leave at `at` by a channel, the oldest first."""
    return (
        Message.objects.filter(status=MessageStatus.READY, channel=channel)
        .filter(Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at))
        .order_by("id")
    )


def approved_without_message() -> QuerySet[Proposal]:
    """Return approved written steps that no message carries yet, the oldest first."""
    live = Message.objects.filter(proposal=OuterRef("pk")).exclude(
        status__in=[MessageStatus.CANCELLED, MessageStatus.REFUSED]
    )
    return (
        Proposal.objects.filter(status=ProposalStatus.APPROVED, channel__in=WRITTEN)
        .filter(~Exists(live))
        .order_by("id")
    )
