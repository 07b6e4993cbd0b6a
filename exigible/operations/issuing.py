"""Letting the day's approved steps leave: written, checked again, sent or put in a letter batch.

The workers do the same continuously; this does it at once, for the command line and for whoever has
just run the day by hand. Sharing the work with a worker doubles nothing (see `sending`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from exigible.channels.delivery import Transport
from exigible.operations import letter_batches, messages, sending
from exigible.operations.acts import By
from exigible.store.models import Channel, Message, MessageStatus, Proposal, ProposalStatus
from exigible.store.queries import outgoing as queries

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Issued:
    """What left, or waits in a batch for the printer, by channel; what was held, by reason."""

    by_channel: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)


def issue(
    *,
    on: date,
    by: By,
    clock: Callable[[], datetime],
    transport: Transport | None,
    progress: Progress | None = None,
) -> Issued:
    """Prepare every approved step, send the e-mails that may leave, batch the letters.

    `clock` gives the moment of each act, since this may last; `transport` is None where no server
    is set: e-mails then stay ready, and say so.
    """
    started = clock()
    approved = Proposal.objects.filter(status=ProposalStatus.APPROVED).count()
    done = 0
    while prepared := messages.prepare_approved(on=on, by=by, at=clock()):
        done += prepared
        if progress is not None:
            progress(min(done, approved), approved)
    due = list(queries.due_to_leave(clock(), Channel.EMAIL).values_list("pk", flat=True))
    for number, message_id in enumerate(due if transport is not None else []):
        if progress is not None:
            progress(number, len(due))
        sending.send(message_id, at=clock(), on=on, transport=transport, by=by)
    letter_batches.build_batches(on=on, at=clock(), by=by)
    touched = Message.objects.filter(created_at__gte=started)
    sent = Message.objects.filter(sent_at__gte=started)
    batched = touched.filter(batch__isnull=False, status=MessageStatus.READY)
    left = Counter(sent.values_list("channel", flat=True))
    left.update(batched.values_list("channel", flat=True))
    held = Counter(
        touched.filter(status=MessageStatus.HELD).values_list("status_reason", flat=True)
    )
    return Issued(by_channel=dict(left), held=dict(held))
