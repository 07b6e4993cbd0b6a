"""Everything that happened on an account, newest first: one query a kind of fact, merged by day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from heapq import merge
from itertools import islice
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.timezone import localdate

from exigible.store.models import (
    Account,
    Call,
    Claim,
    Dispute,
    EInvoice,
    Exhibit,
    Hold,
    InvoiceStatus,
    Message,
    MessageStatus,
    Note,
    Payment,
    Promise,
    Task,
    User,
)
from exigible.store.queries.promises import followed

KINDS: dict[str, frozenset[str]] = {
    "tout": frozenset(
        {
            "call",
            "note",
            "message",
            "payment",
            "promise",
            "late_promise",
            "dispute",
            "hold",
            "task",
            "invoice",
            "status",
            "exhibit",
        }
    ),
    "echanges": frozenset({"call", "note", "message", "status"}),
    "argent": frozenset({"payment", "promise", "late_promise", "invoice"}),
    "actes": frozenset({"message_formal", "dispute", "hold", "task", "exhibit"}),
}
type Fact = (
    Call
    | Note
    | Message
    | Payment
    | Promise
    | Dispute
    | Hold
    | Task
    | Claim
    | InvoiceStatus
    | Exhibit
)


@dataclass(frozen=True, slots=True)
class Event:
    """One fact: its kind, the day it counts, the moment we learnt it, the row itself."""

    kind: str
    on: date
    at: datetime
    fact: Fact


def events(
    account_id: int, *, until: date, which: str = "tout", limit: int = 50, skip: int = 0
) -> tuple[list[Event], bool]:
    """Return events up to a day, newest first, and whether older ones follow.

    `which` is a key of KINDS. At most twelve queries, each reading `skip + limit + 1` rows.
    """
    kinds = KINDS[which]
    depth = skip + limit + 1
    streams: list[Iterable[Event]] = []
    for kind, read in _READERS.items():
        if kind in kinds:
            streams.append(read(account_id, until, depth))
    merged = merge(*streams, key=lambda e: (e.on, e.at), reverse=True)
    rows = list(islice(merged, skip, depth))
    return rows[:limit], len(rows) > limit


def names_of(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the names of the people behind opaque ids; someone erased is absent."""
    wanted = {one for one in ids if one is not None}
    return dict(User.objects.filter(opaque_id__in=wanted).values_list("opaque_id", "name"))


def _calls(account_id: int, until: date, depth: int) -> Iterator[Event]:
    for call in (
        Call.objects.filter(account_id=account_id, on__lte=until)
        .select_related("contact")
        .order_by("-on", "-recorded_at")[:depth]
    ):
        yield Event("call", call.on, call.recorded_at, call)


def _notes(account_id: int, until: date, depth: int) -> Iterator[Event]:
    for note in Note.objects.filter(account_id=account_id, on__lte=until).order_by(
        "-on", "-recorded_at"
    )[:depth]:
        yield Event("note", note.on, note.recorded_at, note)


def _messages(account_id: int, until: date, depth: int) -> Iterator[Event]:
    left = Message.objects.filter(
        account_id=account_id,
        status__in=[
            MessageStatus.SENT,
            MessageStatus.REFUSED,
            MessageStatus.UNCERTAIN,
            MessageStatus.SENDING,
        ],
    )
    yield from _of_messages(left, "message", until, depth)


def _formal_messages(account_id: int, until: date, depth: int) -> Iterator[Event]:
    formal = Message.objects.filter(
        account_id=account_id, is_formal_notice=True, status=MessageStatus.SENT
    )
    yield from _of_messages(formal, "message", until, depth)


def _of_messages(
    messages: QuerySet[Message], kind: str, until: date, depth: int
) -> Iterator[Event]:
    found = []
    for message in messages.order_by("-id")[:depth]:
        at = message.sent_at or message.sending_at or message.created_at
        on = message.sent_on or localdate(at)
        if on <= until:
            found.append(Event(kind, on, at, message))
    yield from sorted(found, key=lambda e: (e.on, e.at), reverse=True)


def _payments(account_id: int, until: date, depth: int) -> Iterator[Event]:
    for payment in Payment.objects.filter(account_id=account_id, value_date__lte=until).order_by(
        "-value_date", "-recorded_at"
    )[:depth]:
        yield Event("payment", payment.value_date, payment.recorded_at, payment)


def _invoices(account_id: int, until: date, depth: int) -> Iterator[Event]:
    for claim in (
        Claim.objects.filter(account_id=account_id, issued_on__isnull=False, issued_on__lte=until)
        .prefetch_related(Prefetch("einvoices", EInvoice.objects.filter(withdrawn_at__isnull=True)))
        .order_by("-issued_on", "-id")[:depth]
    ):
        assert claim.issued_on is not None
        midnight = datetime.combine(claim.issued_on, time(), tzinfo=UTC)
        yield Event("invoice", claim.issued_on, midnight, claim)


def _statuses(account_id: int, until: date, depth: int) -> Iterator[Event]:
    """What platforms and the buyer said of invoices."""
    for status in InvoiceStatus.objects.filter(
        account_id=account_id, given_on__lte=until, withdrawn_at__isnull=True
    ).order_by("-given_on", "-given_at", "-id")[:depth]:
        yield Event("status", status.given_on, status.given_at, status)


def _promises(account_id: int, until: date, depth: int) -> Iterator[Event]:
    for promise in Promise.objects.filter(account_id=account_id, made_on__lte=until).order_by(
        "-made_on", "-recorded_at"
    )[:depth]:
        yield Event("promise", promise.made_on, promise.recorded_at, promise)


def _late_promises(account_id: int, until: date, depth: int) -> Iterator[Event]:
    """The day a promise went by without what it promised."""
    account = Account.objects.select_related("strategy", "debtor").get(pk=account_id)
    late = [one for one in followed(account, until) if one.promise.due_on < until and not one.kept]
    late.sort(key=lambda one: (one.promise.due_on, one.promise.recorded_at), reverse=True)
    for one in late[:depth]:
        yield Event("late_promise", one.promise.due_on, one.promise.recorded_at, one)


def _disputes(account_id: int, until: date, depth: int) -> Iterator[Event]:
    for dispute in (
        Dispute.objects.filter(account_id=account_id, opened_on__lte=until)
        .select_related("claim")
        .order_by("-opened_on", "-recorded_at")[:depth]
    ):
        yield Event("dispute", dispute.opened_on, dispute.recorded_at, dispute)


def _holds(account_id: int, until: date, depth: int) -> Iterator[Event]:
    for hold in (
        Hold.objects.filter(account_id=account_id, starts_on__lte=until)
        .select_related("claim")
        .order_by("-starts_on", "-recorded_at")[:depth]
    ):
        yield Event("hold", hold.starts_on, hold.recorded_at, hold)


def _tasks(account_id: int, until: date, depth: int) -> Iterator[Event]:
    for task in (
        Task.objects.filter(account_id=account_id, done_at__isnull=False)
        .select_related("assigned_to")
        .order_by("-done_at")[:depth]
    ):
        assert task.done_at is not None
        if localdate(task.done_at) <= until:
            yield Event("task", localdate(task.done_at), task.done_at, task)


def _exhibits(account_id: int, until: date, depth: int) -> Iterator[Event]:
    for exhibit in (
        Exhibit.objects.filter(account_id=account_id, withdrawn_at__isnull=True)
        .defer("text")
        .order_by("-recorded_at")[:depth]
    ):
        if localdate(exhibit.recorded_at) <= until:
            yield Event("exhibit", localdate(exhibit.recorded_at), exhibit.recorded_at, exhibit)


_READERS = {
    "call": _calls,
    "note": _notes,
    "message": _messages,
    "message_formal": _formal_messages,
    "payment": _payments,
    "invoice": _invoices,
    "status": _statuses,
    "promise": _promises,
    "late_promise": _late_promises,
    "dispute": _disputes,
    "hold": _holds,
    "task": _tasks,
    "exhibit": _exhibits,
}
