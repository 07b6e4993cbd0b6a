"""*Envois*: messages by where they are in their life, and the letter batches a person may open.

A letter batch joins letters of a whole creditor: only someone who sees all of its portfolios may
open one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from exigible.domain.text_keys import name_key, ref_key
from exigible.store.keyset import Order
from exigible.store.models import Account, Debtor, LetterBatch, Message, MessageStatus, User
from exigible.store.queries.access import portfolio_ids, whole_creditors

TABS: dict[str, tuple[MessageStatus, ...]] = {
    "a-valider": (MessageStatus.PROPOSED, MessageStatus.HELD),
    "prets": (MessageStatus.READY, MessageStatus.SENDING),
    "partis": (MessageStatus.SENT,),
    "echec": (MessageStatus.REFUSED,),
    "incertains": (MessageStatus.UNCERTAIN,),
    "annules": (MessageStatus.CANCELLED,),
}
COUNTED = ("a-valider", "prets", "echec", "incertains")  # work: what left is not counted each time
SORTS: dict[str, Order] = {
    "recent": Order("pk", descending=True),
    "montant": Order("total_cents", descending=True),
    "nom": Order("account__debtor__name_key"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to; None or "" narrows nothing."""

    tab: str = "a-valider"
    search: str = ""
    channel: str = ""
    template: str = ""
    status: str = ""
    creditor_id: int | None = None
    collector: str = ""  # a user's id, "personne" for nobody
    formal: bool = False
    since: date | None = None
    until: date | None = None


def visible_messages(user: User) -> QuerySet[Message]:
    """Return the messages of a person's portfolios, of the creditor they work for if one is chosen."""
    if user.all_portfolios and not user.current_creditor_id:
        return Message.objects.all()
    return Message.objects.filter(account__portfolio_id__in=portfolio_ids(user))


def rows(user: User, wanted: Wanted) -> QuerySet[Message]:
    """Return the messages wanted, in no order."""
    messages = visible_messages(user).filter(status__in=TABS[wanted.tab])
    if wanted.search:
        messages = messages.filter(_matching(wanted.search))
    if wanted.channel:
        messages = messages.filter(channel=wanted.channel)
    if wanted.template:
        messages = messages.filter(template=wanted.template)
    if wanted.status:
        messages = messages.filter(status=wanted.status)
    if wanted.creditor_id is not None:
        messages = messages.filter(account__creditor_id=wanted.creditor_id)
    if wanted.collector == "personne":
        messages = messages.filter(account__collector__isnull=True)
    elif wanted.collector:
        messages = messages.filter(account__collector_id=int(wanted.collector))
    if wanted.formal:
        messages = messages.filter(is_formal_notice=True)
    if wanted.since is not None:
        messages = messages.filter(sent_on__gte=wanted.since)
    if wanted.until is not None:
        messages = messages.filter(sent_on__lte=wanted.until)
    return messages


def with_account(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Bring along what a row shows."""
    return messages.select_related("account__debtor", "account__creditor").defer("body")


@dataclass(frozen=True, slots=True)
class Totals:
    messages: int
    cents: int


def totals(messages: QuerySet[Message]) -> Totals:
    """Count and sum the whole view, in one query."""
    sums = messages.aggregate(messages=Count("pk"), cents=Sum("total_cents"))
    return Totals(sums["messages"], sums["cents"] or 0)


def counts(user: User) -> Mapping[str, int]:
    """Count what waits in each tab of work, in one query."""
    statuses = [status for tab in COUNTED for status in TABS[tab]]
    found = dict(
        visible_messages(user)
        .filter(status__in=statuses)
        .values_list("status")
        .annotate(Count("pk"))
        .values_list("status", "pk__count")
    )
    return {tab: sum(found.get(status, 0) for status in TABS[tab]) for tab in COUNTED}


def waiting_count(user: User) -> int:
    """Count what waits for a person: to approve, or to clear a doubt."""
    return (
        visible_messages(user)
        .filter(status__in=[MessageStatus.PROPOSED, MessageStatus.HELD, MessageStatus.UNCERTAIN])
        .count()
    )


def message_for(user: User, message_id: int) -> Message | None:
    """Return a message of a person's portfolios, whichever creditor is chosen, with what it shows."""
    messages = Message.objects.all()
    if not user.all_portfolios:
        ids = portfolio_ids(user, every_creditor=True)
        messages = messages.filter(account__portfolio_id__in=ids)
    return (
        messages.filter(pk=message_id)
        .select_related(
            "account__debtor",
            "account__creditor",
            "account__figures",
            "document",
            "batch",
            "proposal",
        )
        .prefetch_related("claims", "attachments")
        .first()
    )


def messages_for(user: User, ids: Sequence[int]) -> QuerySet[Message]:
    """Return the messages of some ids that a person may see, in the order of debtors' names."""
    return visible_messages(user).filter(pk__in=ids).order_by("account__debtor__name_key", "pk")


def visible_batches(user: User) -> QuerySet[LetterBatch]:
    """Return the batches of the creditors of which a person sees every portfolio."""
    batches = LetterBatch.objects.select_related("creditor", "document")
    if user.current_creditor_id:
        batches = batches.filter(creditor_id=user.current_creditor_id)
    if user.all_portfolios:
        return batches
    return batches.filter(creditor_id__in=whole_creditors(user))


def letters_to_batch(user: User) -> int:
    """Count the letters that are ready and in no batch yet, of the creditors seen whole."""
    return (
        visible_messages(user)
        .filter(
            status=MessageStatus.READY,
            channel__in=["letter", "lrar"],
            batch__isnull=True,
            account__creditor_id__in=whole_creditors(user),
        )
        .count()
    )


def batch_letters(batch: LetterBatch) -> QuerySet[Message]:
    """Return the letters of a batch, in the order of the file."""
    return (
        Message.objects.filter(batch=batch)
        .select_related("account__debtor")
        .defer("body")
        .order_by("account__debtor__name_key", "pk")
    )


def _matching(search: str) -> Q:
    """Find by the start of any word of the name, by number, by subject's words, by Message-ID."""
    key, reference = name_key(search), ref_key(search)
    debtors = Debtor.objects.filter(Q(name_key__startswith=key) | Q(name_key__contains=f" {key}"))
    found = Q(account__debtor__in=debtors) | Q(message_id=search) | Q(to_address__iexact=search)
    if reference:
        accounts = Account.objects.filter(number_key__startswith=reference)
        found |= Q(account__in=accounts) | Q(claims__ref_key=reference)
    return Q(pk__in=Message.objects.filter(found).values("pk"))
