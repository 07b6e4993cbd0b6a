"""*À confirmer*: what whole open ledgers no longer list, and what somebody said of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum

from exigible.domain.text_keys import name_key, ref_key
from exigible.store.keyset import Order
from exigible.store.models import StockAbsence, User
from exigible.store.queries.access import visible_accounts

OPEN, DECIDED = "", "decides"
SORTS: dict[str, Order] = {
    "montant": Order("amount_cents", descending=True),
    "nom": Order("account__debtor__name_key"),
    "facture": Order("claim__ref_key"),
    "echeance": Order("claim__due_on"),
    "depuis": Order("noticed_on"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to; "" and None narrow nothing."""

    tab: str = OPEN
    search: str = ""
    cents: int | None = None
    creditor_id: int | None = None
    batch_id: int | None = None
    least_cents: int | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows a view has, and what they add up to."""

    rows: int
    cents: int


def rows(user: User, wanted: Wanted) -> QuerySet[StockAbsence]:
    """Return the absences a person may see, narrowed, in no order.

    Those whose claim was settled meanwhile are no longer to be confirmed.
    """
    found = StockAbsence.objects.filter(account__in=visible_accounts(user))
    if user.current_creditor_id:
        found = found.filter(account__creditor_id=user.current_creditor_id)
    if wanted.tab == DECIDED:
        found = found.exclude(outcome="")
    else:
        found = found.filter(outcome="").exclude(claim__balance_cents=0)
    if wanted.search:
        words = Q(account__debtor__name_key__contains=name_key(wanted.search))
        if reference := ref_key(wanted.search):
            words |= Q(claim__ref_key__startswith=reference)
            words |= Q(account__number_key__startswith=reference)
        if wanted.cents is not None:
            words |= Q(amount_cents=wanted.cents)
        found = found.filter(words)
    if wanted.creditor_id:
        found = found.filter(account__creditor_id=wanted.creditor_id)
    if wanted.batch_id:
        found = found.filter(batch_id=wanted.batch_id)
    if wanted.least_cents is not None:
        found = found.filter(amount_cents__gte=wanted.least_cents)
    return found.filter(outcome=wanted.outcome) if wanted.outcome else found


def total(found: QuerySet[StockAbsence]) -> Total:
    """Return the count and the sum of a view; only euros are added."""
    euros = found.filter(claim__currency="EUR").aggregate(cents=Sum("amount_cents", default=0))
    return Total(found.count(), euros["cents"])


def with_all(found: QuerySet[StockAbsence]) -> QuerySet[StockAbsence]:
    """Return rows with all that a line shows."""
    return found.select_related("account__debtor", "account__creditor", "claim", "batch")


def waiting_count(user: User) -> int:
    """Return how many absences wait for somebody's word."""
    return rows(user, Wanted()).count()
