"""*Comptes*: finding accounts by name, number, SIREN, invoice or amount, and narrowing the list.

Rows are `AccountFigures`, whose columns the list sorts by; nothing is computed per row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from exigible.domain.text_keys import name_key, ref_key
from exigible.store.keyset import Order
from exigible.store.models import (
    Account,
    AccountFigures,
    Claim,
    Debtor,
    Proposal,
    ProposalStatus,
    User,
)
from exigible.store.queries.access import visible_figures

SORTS: dict[str, Order] = {
    "exigible": Order("chased_cents", descending=True, key="account_id"),
    "nom": Order("account__debtor__name_key", key="account_id"),
    "numero": Order("account__number_key", key="account_id"),
    "conteste": Order("disputed_cents", descending=True, key="account_id"),
    "a_echoir": Order("not_due_cents", descending=True, key="account_id"),
    "retard": Order("oldest_due_on", key="account_id"),
    "encours": Order("balance_cents", descending=True, key="account_id"),
    "credit": Order("credit_cents", descending=True, key="account_id"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to; None or "" narrows nothing."""

    search: str = ""
    search_cents: int | None = None  # `search` read as an amount, where it is one
    creditor_id: int | None = None
    collector: str = ""  # a user's id, "personne" for nobody
    phase: str = ""
    state: str = ""
    kind: str = ""
    overdue_from_cents: int | None = None
    older_than_days: int | None = None
    with_credit: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of the whole view, in cents."""

    accounts: int
    chased: int
    disputed: int
    not_due: int
    balance: int
    credit: int


def rows(user: User, wanted: Wanted, *, on: date) -> QuerySet[AccountFigures]:
    """Return the figures of the accounts wanted, in no order."""
    figures = visible_figures(user)
    if wanted.search:
        figures = figures.filter(account_id__in=matching(wanted.search, wanted.search_cents))
    if wanted.creditor_id is not None:
        figures = figures.filter(creditor_id=wanted.creditor_id)
    if wanted.collector == "personne":
        figures = figures.filter(account__collector__isnull=True)
    elif wanted.collector:
        figures = figures.filter(account__collector_id=int(wanted.collector))
    if wanted.phase:
        figures = figures.filter(account__phase=wanted.phase)
    if wanted.state:
        figures = figures.filter(state=wanted.state)
    if wanted.kind:
        figures = figures.filter(account__debtor__kind=wanted.kind)
    if wanted.overdue_from_cents is not None:
        figures = figures.filter(overdue_cents__gte=wanted.overdue_from_cents, overdue_cents__gt=0)
    if wanted.older_than_days is not None:
        limit = on - timedelta(days=wanted.older_than_days)
        figures = figures.filter(oldest_due_on__lt=limit)
    if wanted.with_credit:
        figures = figures.filter(credit_cents__gt=0)
    return figures


def with_account(figures: QuerySet[AccountFigures]) -> QuerySet[AccountFigures]:
    """Bring along what a row shows: account, debtor, creditor, collector."""
    return figures.select_related("account__debtor", "account__creditor", "account__collector")


def totals(figures: QuerySet[AccountFigures]) -> Totals:
    """Sum the whole view, in one query."""

    def total(column: str) -> Coalesce:
        return Coalesce(Sum(column), Value(0))

    sums = figures.aggregate(
        accounts=Count("account_id"),
        chased=total("chased_cents"),
        disputed=total("disputed_cents"),
        not_due=total("not_due_cents"),
        balance=total("balance_cents"),
        credit=total("credit_cents"),
    )
    return Totals(**{name: int(value) for name, value in sums.items()})


def next_steps(account_ids: Iterable[int]) -> Mapping[int, Proposal]:
    """Return the open step of highest rank of each account of a page, in one query."""
    steps = Proposal.objects.filter(
        account_id__in=list(account_ids), status=ProposalStatus.OPEN
    ).order_by("rank", "-id")
    return {step.account_id: step for step in steps}


def matching(search: str, cents: int | None = None) -> QuerySet[Any]:
    """Return the ids of the accounts a search finds: each way of finding uses its own index.

    A name is found by the start of any of its words; a number, an invoice or a SIREN by its start;
    an amount when a claim was of that sum, or has that much left, or an account owes it.
    """
    found = named(search)
    reference = ref_key(search)
    if reference:
        found = found.union(
            Account.objects.filter(number_key__startswith=reference).values("pk"),
            Claim.objects.filter(ref_key__startswith=reference).values("account_id"),
        )
    if cents is not None:
        found = found.union(
            Claim.objects.filter(amount_cents=cents).values("account_id"),
            AccountFigures.objects.filter(chased_cents=cents).values("account_id"),
            AccountFigures.objects.filter(balance_cents=cents).values("account_id"),
        )
    return found


def named(search: str) -> QuerySet[Any]:
    """Return the ids of the accounts whose debtor's name or SIREN a search tells."""
    key = name_key(search)
    reference = ref_key(search)
    digits = "".join(c for c in search if c.isdigit())
    names = Q(name_key__startswith=key) | Q(name_key__contains=f" {key}")
    if len(digits) == 9 and digits == reference:
        names |= Q(siren=digits)
    return Account.objects.filter(debtor__in=Debtor.objects.filter(names)).values("pk")
