"""The promises of one account on a day, each with what was received of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

from exigible.domain.promises import Promised, Receipt, received_of
from exigible.store.models import Account, Payment, Promise, Strategy

DEFAULT_GRACE_DAYS = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Followed:
    """A promise that was not cancelled, and the cents received of it by a day."""

    promise: Promise
    received_cents: int
    last_day: date  # its due day and the days of grace

    @property
    def kept(self) -> bool:
        return self.received_cents >= self.promise.amount_cents

    def broken(self, on: date) -> bool:
        return not self.kept and self.last_day < on

    @property
    def left_cents(self) -> int:
        return self.promise.amount_cents - self.received_cents


def followed(account: Account, on: date) -> Sequence[Followed]:
    """Return the promises made by `on` and not cancelled, by due day: three queries at most."""
    made = list(
        Promise.objects.filter(
            account=account, made_on__lte=on, cancelled_at__isnull=True
        ).order_by("due_on", "pk")
    )
    if not made:
        return []
    grace = grace_days(account)
    receipts = (
        Payment.objects.filter(
            account=account,
            value_date__gte=min(one.made_on for one in made),
            value_date__lte=on,
        )
        .exclude(kind="credit_note")
        .values_list("value_date", "recorded_at", "amount_cents")
    )
    received = received_of(
        [
            Promised(
                one.made_on.toordinal(),
                _microseconds(one.recorded_at),
                one.due_on.toordinal(),
                one.amount_cents,
            )
            for one in made
        ],
        [Receipt(day.toordinal(), _microseconds(at), cents) for day, at, cents in receipts],
        grace_days=grace,
    )
    return [
        Followed(promise, cents, promise.due_on + timedelta(days=grace))
        for promise, cents in zip(made, received, strict=True)
    ]


def grace_days(account: Account) -> int:
    """Return the days of grace of a promise: the account's strategy's, else its audience's."""
    strategy = account.strategy or (
        Strategy.objects.filter(in_force=True, audience=account.debtor.kind)
        .filter(Q(creditor_id=account.creditor_id) | Q(creditor_id__isnull=True))
        .order_by("creditor_id")
        .first()
    )
    return strategy.promise_grace_days if strategy else DEFAULT_GRACE_DAYS


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
