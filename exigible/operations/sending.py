"""Sending e-mails: nothing leaves on an old belief, nothing leaves twice.

1. A session with the provider is opened; if it cannot be, the message stays ready.
2. One transaction, under the account's lock, writes the message again from the facts, asks the
   compliance gate, fixes the bytes and the Message-ID, marks it *en cours d’envoi*; it commits.
3. The bytes are handed over.
4. A second transaction records the answer.

From before 2 to after 4 the sender holds a PostgreSQL advisory lock of the session, keyed by the
message. A process that dies loses it: `sweep_sending` then finds the message under way with its
lock free and calls it *incertain*, for a person to look at. It is never sent again alone.
See docs/decisions/0004-sending.md.
"""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

from exigible.channels.delivery import Delivered, Session, Transport, Uncertain, Undelivered
from exigible.channels.email.formatting import Attachment, address, eml
from exigible.domain.calendar import zone_of_postcode
from exigible.domain.compliance import earliest_moment
from exigible.domain.french import count, euros, weekday_and_day
from exigible.domain.refusals import OutsideKnownLaw, Refused
from exigible.operations import figures
from exigible.operations.acts import AccountAct, By, act_on
from exigible.operations.demands import AccountStanding, Written
from exigible.operations.documents import read_document, store_document
from exigible.operations.messages import (
    NO_SERVER,
    PARIS,
    cancel,
    hold,
    issue_step,
    locked,
    paris_day,
    rewrite,
    set_text,
)
from exigible.operations.queueing import queue_sending
from exigible.store import locks
from exigible.store.models import Channel, Message, MessageStatus, ProposalStatus, StoredDocument
from exigible.store.queries import outgoing as queries
from exigible.store.queries import reliability

logger = logging.getLogger("exigible.sending")

EML = "message/rfc822"
# How long to wait after a refusal that may pass, by attempt; after the last, it is given up.
WAITS = tuple(
    timedelta(minutes=minutes) for minutes in (2, 10, 30, 60, 3 * 60, 6 * 60, 12 * 60, 24 * 60)
)
OUT_OF_REACH = timedelta(minutes=5)  # when the provider itself does not answer: nothing is used up
RECORD_ATTEMPTS = 5
SENT_TOGETHER = 100
# Refusals by which the facts have overtaken an automatic step: nothing is left for a person to do.
OVERTAKEN = frozenset({"nothing_due", "step_overtaken"})


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A message marked as leaving: what is handed over, and between whom."""

    data: bytes
    sender: str
    recipient: str


def send(
    message_id: int, *, at: datetime, on: date, transport: Transport | None, by: By | None = None
) -> str:
    """Send a ready message, following the protocol; return the status it ends in.

    Safe to repeat and to run twice at once: a message that is not ready, not due yet, or in another
    sender's hands is left as it is. `transport` is None where no server is set.
    """
    by = by or By.job("send")
    if transport is None:
        Message.objects.filter(pk=message_id, status=MessageStatus.READY).update(
            status_reason=NO_SERVER
        )
        return _status(message_id)
    if not queries.due_to_leave(at, Channel.EMAIL).filter(pk=message_id).exists():
        return _status(message_id)
    with _sole_sender(message_id) as alone:
        if not alone:
            return _status(message_id)
        try:
            with transport.session() as session:
                fixed = _fix(message_id, at=at, on=on, by=by)
                if fixed is not None:
                    _hand_over(message_id, fixed, session, at=at, on=on, by=by)
        except Undelivered as failure:  # no session: the message was not touched
            _wait(message_id, failure.reason, at + OUT_OF_REACH)
    return _status(message_id)


def send_due(*, at: datetime, on: date, transport: Transport | None) -> int:
    """Send messages that are ready and due, job or no job; return how many were looked at.

    Each message has a job of its own; this catches those whose job was lost.
    """
    due = list(queries.due_to_leave(at, Channel.EMAIL).values_list("pk", flat=True)[:SENT_TOGETHER])
    for message_id in due:
        send(message_id, at=at, on=on, transport=transport)
    return len(due)


def sweep_sending(*, at: datetime) -> int:
    """Call uncertain every message left under way by a sender that is gone; return how many.

    A message whose sender is at work is known by its advisory lock, and left alone.
    """
    found = 0
    under_way = Message.objects.filter(status=MessageStatus.SENDING).order_by("id")
    for message_id, account_id in under_way.values_list("pk", "account_id"):
        with _sole_sender(message_id) as alone:
            if not alone:
                continue
            with act_on(account_id, by=By.job("sweep"), at=at) as act:
                message = locked(message_id)
                if message.status == MessageStatus.SENDING:
                    _doubt(
                        act,
                        message,
                        "L’envoi a été interrompu : le message est peut-être parti. Vérifiez "
                        "auprès du serveur d’envoi, puis dites s’il est parti.",
                    )
                    found += 1
    return found


# ---- 2. fixing


def _fix(message_id: int, *, at: datetime, on: date, by: By) -> _Fixed | None:
    """Check everything again, fix the bytes, mark the message as leaving; None if it stays."""
    account_id = Message.objects.values_list("account_id", flat=True).get(pk=message_id)
    with act_on(account_id, by=by, at=at) as act:
        message = locked(message_id)
        if message.status != MessageStatus.READY:
            return None
        local = at.astimezone(PARIS)
        moment = earliest_moment(
            local,
            act.account.debtor.kind,
            no_contact_before=act.account.debtor.no_contact_before,
            zone=zone_of_postcode(act.account.debtor.postcode),
        )
        if moment > local:
            message.next_attempt_at = moment
            message.status_reason = _later(moment)
            message.save(update_fields=["next_attempt_at", "status_reason"])
            queue_sending(message.pk, at=moment)
            return None
        written = checked(act, message, on=on)
        if written is None:
            return None
        try:
            return _fixed(act, message, written, at=at)
        except Refused as refusal:  # an address that no server would take
            hold(act, message, refusal.message)
            return None


def checked(
    act: AccountAct, message: Message, *, on: date, standing: AccountStanding | None = None
) -> Written | None:
    """Write a ready message again from the facts of the day; hold or cancel it if they forbid it.

    What leaves alone is rewritten. What a person approved is held if it would now claim something
    else or reach someone else: he approved what he read.
    """
    automatic = message.approved_by is None
    before = (message.amount_cents, set(message.claims.values_list("pk", flat=True)))
    addressed_to = message.to_address
    try:
        written = rewrite(act.account, message, on=on, automatic=automatic, standing=standing)
    except OutsideKnownLaw as unknown:
        hold(act, message, f"Ce message annonce des intérêts. {unknown.message}")
        return None
    except Refused as refusal:
        if automatic and refusal.code in OVERTAKEN:
            cancel(act, message, refusal.message, step=ProposalStatus.OBSOLETE)
        else:
            hold(act, message, refusal.message)
        return None
    after = (written.letter.demand.principal_cents, set(written.claim_ids))
    set_text(message, written)
    if not automatic and after != before:
        hold(act, message, _what_changed(before, after))
        return None
    if not automatic and message.to_address != addressed_to:
        hold(
            act,
            message,
            f"L’adresse du destinataire a changé depuis la validation ({addressed_to}). Relisez, "
            "puis validez de nouveau.",
        )
        return None
    return written


def _what_changed(before: tuple[int, set[int]], after: tuple[int, set[int]]) -> str:
    claims = ""
    if len(before[1]) != len(after[1]):
        claims = f", sur {count(len(after[1]), 'créance', 'créances')} au lieu de {len(before[1])}"
    return (
        f"Ce qui est dû a changé depuis la validation : {euros(after[0])} au lieu de "
        f"{euros(before[0])}{claims}. Relisez le message, puis validez-le de nouveau."
    )


def _fixed(act: AccountAct, message: Message, written: Written, *, at: datetime) -> _Fixed:
    demand = written.letter.demand
    sender = address(demand.sender.email, demand.writer, "L’adresse d’expédition du créancier")
    recipient = address(demand.recipient.email, "", "L’adresse du destinataire")
    if not message.message_id:
        message.message_id = f"<{uuid.uuid4().hex}@{sender.domain}>"
    data = eml(
        written.letter,
        message_id=message.message_id,
        at=at.astimezone(PARIS),
        attachments=[_attachment(file) for file in message.attachments.order_by("pk")],
    )
    message.document = store_document(data, name=f"message-{message.pk}.eml", media_type=EML, at=at)
    message.status = MessageStatus.SENDING
    message.status_reason = ""
    message.sending_at = at
    message.attempts += 1
    message.next_attempt_at = None
    message.save()
    act.journal(
        "message_sending",
        f"message:{message.pk}",
        message_id=message.message_id,
        sha256=message.document.sha256,
        cents=message.amount_cents,
        attempt=message.attempts,
    )
    return _Fixed(data, sender.addr_spec, recipient.addr_spec)


def _attachment(file: StoredDocument) -> Attachment:
    return Attachment(file.name, file.media_type, read_document(file))


def _later(moment: datetime) -> str:
    at = f"{moment:%H} h" + (f" {moment:%M}" if moment.minute else "")
    return (
        f"Partira {weekday_and_day(moment.date())} à {at.lstrip('0')} : on n’écrit pas à ce "
        "débiteur à cette heure."
    )


# ---- 3 and 4. handing over, recording


def _hand_over(
    message_id: int, fixed: _Fixed, session: Session, *, at: datetime, on: date, by: By
) -> None:
    outcome: Delivered | Undelivered | Uncertain
    try:
        outcome = session.send(fixed.data, sender=fixed.sender, recipient=fixed.recipient)
    except (Undelivered, Uncertain) as known:
        outcome = known
    for attempt in range(RECORD_ATTEMPTS):
        try:
            _record(message_id, outcome, at=at, on=on, by=by)
            return
        except (OperationalError, InterfaceError):
            # The answer is worth waiting for: lost, it would leave a doubt for a person.
            if attempt + 1 == RECORD_ATTEMPTS or connection.in_atomic_block:
                raise
            logger.warning("message %s: the answer could not be recorded yet", message_id)
            connection.close()
            time.sleep(0.5 * 2**attempt)


def _record(
    message_id: int,
    outcome: Delivered | Undelivered | Uncertain,
    *,
    at: datetime,
    on: date,
    by: By,
) -> None:
    account_id = Message.objects.values_list("account_id", flat=True).get(pk=message_id)
    with act_on(account_id, by=by, at=at) as act:
        message = locked(message_id)
        message.provider_answer = outcome.answer
        if message.status not in {MessageStatus.SENDING, MessageStatus.UNCERTAIN}:
            # A person settled the matter in between; the answer is kept beside it.
            message.save(update_fields=["provider_answer"])
            act.journal("message_late_answer", f"message:{message.pk}", answer=outcome.answer)
            return
        match outcome:
            case Delivered():
                _record_sent(act, message, at=at, on=on)
            case Uncertain():
                _doubt(act, message, outcome.reason)
            case Undelivered():
                _record_undelivered(act, message, outcome, at=at)


def _record_sent(act: AccountAct, message: Message, *, at: datetime, on: date) -> None:
    message.status = MessageStatus.SENT
    message.status_reason = ""
    message.sent_at = at
    message.sent_on = paris_day(at)
    message.save(update_fields=["status", "status_reason", "sent_at", "sent_on", "provider_answer"])
    issue_step(message)
    figures.refresh([act.account.pk], on)
    act.journal("message_sent", f"message:{message.pk}", answer=message.provider_answer)


def _doubt(act: AccountAct, message: Message, reason: str) -> None:
    message.status = MessageStatus.UNCERTAIN
    message.status_reason = reason
    message.save(update_fields=["status", "status_reason", "provider_answer"])
    act.journal("message_uncertain", f"message:{message.pk}", reason=reason)


def _record_undelivered(
    act: AccountAct, message: Message, failure: Undelivered, *, at: datetime
) -> None:
    fields = ["status", "status_reason", "provider_answer", "next_attempt_at"]
    message.status_reason = failure.reason
    if not failure.permanent and message.attempts <= len(WAITS):
        message.status = MessageStatus.READY
        message.next_attempt_at = at + WAITS[message.attempts - 1]
        message.save(update_fields=fields)
        queue_sending(message.pk, at=message.next_attempt_at)
        act.journal(
            "message_delayed",
            f"message:{message.pk}",
            reason=failure.reason,
            again_at=message.next_attempt_at.isoformat(),
        )
        return
    if not failure.permanent:
        message.status_reason = (
            f"Abandonné après {count(message.attempts, 'essai', 'essais')}. {failure.reason}"
        )
    message.status = MessageStatus.REFUSED
    message.save(update_fields=fields)
    if failure.bad_address:
        act.account.debtor.email_ok = False
        act.account.debtor.save(update_fields=["email_ok"])
        reliability.rewrite([act.account.debtor_id])
    if message.proposal:
        message.proposal.status = ProposalStatus.OPEN
        message.proposal.held_reason = message.status_reason
        message.proposal.save(update_fields=["status", "held_reason"])
    act.journal(
        "message_refused",
        f"message:{message.pk}",
        reason=failure.reason,
        bad_address=failure.bad_address,
    )


def _wait(message_id: int, reason: str, until: datetime) -> None:
    """Leave a message ready for later, without using up an attempt."""
    with transaction.atomic():
        waiting = Message.objects.filter(pk=message_id, status=MessageStatus.READY).update(
            status_reason=reason, next_attempt_at=until
        )
        if waiting:
            queue_sending(message_id, at=until)


# ---- the sender's lock


@contextlib.contextmanager
def _sole_sender(message_id: int) -> Iterator[bool]:
    """Hold the message's advisory lock on this database session; give False if another does.

    The lock goes with the session: when the process dies, PostgreSQL frees it.
    """
    key = locks.MESSAGE_SPACE + message_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        [alone] = cursor.fetchone()
    try:
        yield bool(alone)
    finally:
        if alone:
            with (
                contextlib.suppress(OperationalError, InterfaceError),
                connection.cursor() as cursor,
            ):
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _status(message_id: int) -> str:
    return str(Message.objects.values_list("status", flat=True).get(pk=message_id))
