"""What the account page shows around its figures, a query a subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Count, Prefetch, Q, QuerySet

from exigible.store.models import (
    Account,
    Allocation,
    Claim,
    Dispute,
    Exhibit,
    Hold,
    JournalEntry,
    Message,
    Payment,
    Promise,
    Proposal,
    ProposalStatus,
    Task,
    User,
)
from exigible.store.queries.access import visible_accounts
from exigible.store.queries.ordering import by_name
from exigible.store.queries.promises import followed

HABIT_DAYS = 365  # « retard habituel : sur 12 mois »
SETTLED_SHOWN = 100
PROMISES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each subject the tabs announce."""

    messages: int
    disputes: int
    payments: int
    exhibits: int


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A promise and what became of it on a day: "pending", "kept", "broken" or "cancelled"."""

    promise: Promise
    received_cents: int
    state: str


def counts(account_id: int) -> Counts:
    return Counts(
        Message.objects.filter(account_id=account_id).count(),
        Dispute.objects.filter(account_id=account_id, closed_on__isnull=True).count(),
        Payment.objects.filter(account_id=account_id).count(),
        Exhibit.objects.filter(account_id=account_id, withdrawn_at__isnull=True).count(),
    )


def next_step(account_id: int, on: date) -> Proposal | None:
    """Return the account's open step of highest rank, postponed or not."""
    return (
        Proposal.objects.filter(
            account_id=account_id, status=ProposalStatus.OPEN, proposed_on__lte=on
        )
        .select_related("account__debtor", "account__figures", "step")
        .order_by("-rank", "id")
        .first()
    )


def usual_delay(account_id: int, on: date) -> int | None:
    """Return the mean delay, in days weighted by amount, of what was paid in the last year.

    None when nothing was paid. What was paid early counts as less than nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT sum((e.value_date - c.due_on) * (-e.amount_cents)) / nullif(sum(-e.amount_cents), 0)
                 FROM store_entry e JOIN store_claim c ON c.id = e.claim_id
                WHERE e.account_id = %s AND e.kind = 'settlement' AND e.amount_cents < 0
                  AND e.component = 'principal'
                  AND e.value_date BETWEEN %s AND %s
                  AND NOT EXISTS (SELECT 1 FROM store_entry r WHERE r.reverses_id = e.id)""",
            [account_id, on - timedelta(days=HABIT_DAYS), on],
        )
        (delay,) = cursor.fetchone()
    return None if delay is None else round(delay)


def delays_by_month(account_id: int, on: date) -> list[tuple[date, int]]:
    """Return the mean delay of what fell due in each of the last twelve months, weighted by amount.

    What is still unpaid counts up to `on`. Months without a due date are absent.
    """
    first = (on.replace(day=1) - timedelta(days=334)).replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH paid AS (
                 SELECT e.claim_id, e.value_date - c.due_on AS days, -e.amount_cents AS cents
                   FROM store_entry e JOIN store_claim c ON c.id = e.claim_id
                  WHERE e.account_id = %(account)s AND e.kind = 'settlement' AND e.amount_cents < 0
                    AND c.due_on BETWEEN %(first)s AND %(on)s AND e.value_date <= %(on)s
                    AND NOT EXISTS (SELECT 1 FROM store_entry r WHERE r.reverses_id = e.id)
                 UNION ALL
                 SELECT c.id, %(on)s - c.due_on, c.balance_cents
                   FROM store_claim c
                  WHERE c.account_id = %(account)s AND c.balance_cents > 0
                    AND c.due_on BETWEEN %(first)s AND %(on)s)
               SELECT date_trunc('month', c.due_on)::date, sum(greatest(days, 0) * cents) / sum(cents)
                 FROM paid JOIN store_claim c ON c.id = paid.claim_id
                GROUP BY 1 HAVING sum(cents) > 0 ORDER BY 1""",
            {"account": account_id, "first": first, "on": on},
        )
        return [(month, round(days)) for month, days in cursor.fetchall()]


def promises(account: Account, on: date) -> list[PromiseRow]:
    """Return the account's last promises, latest first, each with what became of it by `on`.

    As for the daily run: kept once it was received, broken when its day and the strategy's days of
    grace have passed without.
    """
    standing = {one.promise.pk: one for one in followed(account, on)}
    rows = []
    made = Promise.objects.filter(account=account, made_on__lte=on).order_by("-made_on", "-id")
    for promise in made[:PROMISES_SHOWN]:
        one = standing.get(promise.pk)
        if one is None:
            rows.append(PromiseRow(promise, 0, "cancelled"))
            continue
        state = "kept" if one.kept else "broken" if one.broken(on) else "pending"
        rows.append(PromiseRow(promise, one.received_cents, state))
    return rows


def settled_claims(account_id: int) -> Sequence[Claim]:
    """Return the last settled claims, latest due first."""
    return list(
        Claim.objects.filter(account_id=account_id, balance_cents=0).order_by("-due_on", "-pk")[
            :SETTLED_SHOWN
        ]
    )


def payments(account_id: int, on: date) -> QuerySet[Payment]:
    """Return the payments with what each paid, latest first: three queries."""
    return (
        Payment.objects.filter(account_id=account_id, value_date__lte=on)
        .select_related("reverses", "reversed_by")
        .prefetch_related(
            Prefetch(
                "allocations",
                Allocation.objects.select_related("claim", "settlement").order_by("pk"),
            )
        )
        .order_by("-value_date", "-pk")
    )


def reminders(account_id: int, on: date) -> dict[int, int]:
    """Return how many messages that left named each claim, by claim id."""
    named = Message.claims.through.objects.filter(
        message__account_id=account_id, message__status="sent", message__sent_on__lte=on
    )
    counted = named.values("claim_id").annotate(times=Count("pk"))
    return dict(counted.values_list("claim_id", "times"))


def messages(account_id: int) -> QuerySet[Message]:
    return (
        Message.objects.filter(account_id=account_id)
        .select_related("document", "proposal")
        .order_by("-pk")
    )


def disputes(account_id: int, on: date) -> QuerySet[Dispute]:
    return (
        Dispute.objects.filter(account_id=account_id, opened_on__lte=on)
        .select_related("claim")
        .order_by("closed_on", "answer_due_on", "pk")
    )


def standing_holds(account_id: int, on: date) -> QuerySet[Hold]:
    return (
        Hold.objects.filter(account_id=account_id, starts_on__lte=on, ends_on__gte=on)
        .filter(Q(lifted_at__isnull=True) | Q(lifted_at__date__gt=on))
        .select_related("claim")
        .order_by("ends_on", "pk")
    )


def open_tasks(account_id: int) -> QuerySet[Task]:
    return (
        Task.objects.filter(account_id=account_id, done_at__isnull=True)
        .select_related("assigned_to")
        .order_by("due_on", "pk")
    )


def journal(account_id: int) -> QuerySet[JournalEntry]:
    return JournalEntry.objects.filter(account_id=account_id).order_by("-seq")


def siblings(account: Account, user: User) -> QuerySet[Account]:
    """Return the same debtor's accounts with other creditors, of those the person may see."""
    return (
        visible_accounts(user)
        .filter(debtor_id=account.debtor_id)
        .exclude(pk=account.pk)
        .select_related("creditor", "figures")
        .order_by(by_name("creditor__name"))
    )
