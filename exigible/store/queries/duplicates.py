"""Pairs of debtors that look the same, merges, and pairs said apart: those of which one sees everything.

A debtor may have accounts in portfolios that a person does not see: a pair, a merge, is shown only to
whoever sees every account of both, since settling it acts on all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet, Sum

from exigible.store.keyset import Order
from exigible.store.models import (
    Account,
    AccountFigures,
    DebtorMerge,
    DebtorsApart,
    DuplicatePair,
    DuplicateSearch,
    User,
)
from exigible.store.queries.access import portfolio_ids
from exigible.store.queries.accounts import matching

SORTS: dict[str, Order] = {
    "score": Order("score", descending=True),
    "nom": Order("name_key"),
}
PAST_SORTS: dict[str, Order] = {"jour": Order("pk", descending=True)}


@dataclass(frozen=True, slots=True)
class Weight:
    """How many accounts a debtor has, and what they owe, in cents."""

    accounts: int = 0
    balance_cents: int = 0


def pairs(
    user: User, *, search: str = "", search_cents: int | None = None
) -> QuerySet[DuplicatePair]:
    """Return the pairs that wait for a person, in no order."""
    apart = DebtorsApart.objects.filter(
        first=OuterRef("first"), second=OuterRef("second"), withdrawn_at=None
    )
    found = _whole(DuplicatePair.objects.all(), user, "first", "second").filter(
        ~Exists(apart), first__merged_into=None, second__merged_into=None
    )
    found = _of_creditor(found, user, "first", "second")
    return _searched(found, search, search_cents, "first", "second")


def merges(user: User, *, search: str = "") -> QuerySet[DebtorMerge]:
    """Return the merges a person sees whole, undone ones included, in no order."""
    found = _whole(DebtorMerge.objects.all(), user, "kept", "merged", each=False)
    return _searched(_of_creditor(found, user, "kept", "merged"), search, None, "kept", "merged")


def aparts(user: User, *, search: str = "") -> QuerySet[DebtorsApart]:
    """Return the pairs said apart that a person sees whole, in no order."""
    found = _whole(
        DebtorsApart.objects.filter(withdrawn_at=None), user, "first", "second", each=False
    )
    return _searched(_of_creditor(found, user, "first", "second"), search, None, "first", "second")


def waiting_count(user: User) -> int:
    """Count the pairs that wait, for the menu."""
    return pairs(user).count()


def weights_of(debtor_ids: Collection[int]) -> Mapping[int, Weight]:
    """Return what each debtor of a page weighs, in one query."""
    rows = (
        AccountFigures.objects.filter(account__debtor_id__in=debtor_ids)
        .values("account__debtor_id")
        .annotate(accounts=Count("pk"), balance=Sum("balance_cents"))
    )
    return {row["account__debtor_id"]: Weight(row["accounts"], row["balance"]) for row in rows}


def accounts_of(debtor_ids: Collection[int]) -> QuerySet[Account]:
    """Return the accounts of some debtors, with creditor and figures."""
    return (
        Account.objects.filter(debtor_id__in=debtor_ids)
        .select_related("creditor", "figures")
        .order_by("debtor_id", "pk")
    )


def merges_into(debtor_id: int) -> QuerySet[DebtorMerge]:
    """Return the standing merges that brought accounts to a debtor, latest first."""
    return (
        DebtorMerge.objects.filter(kept_id=debtor_id, undone_at=None)
        .select_related("merged")
        .annotate(moved=Count("accounts"))
        .order_by("-recorded_at", "-pk")
    )


def last_search() -> DuplicateSearch | None:
    return DuplicateSearch.objects.order_by("-at").first()


def _whole[M: Model](
    found: QuerySet[M], user: User, one: str, other: str, *, each: bool = True
) -> QuerySet[M]:
    """Narrow to those whose debtors have accounts, all of them in the person's portfolios."""
    ours, theirs = (Account.objects.filter(debtor=OuterRef(name)) for name in (one, other))
    there = (Exists(ours), Exists(theirs))
    found = found.filter(*there) if each else found.filter(there[0] | there[1])
    if user.all_portfolios:
        return found
    mine = portfolio_ids(user, every_creditor=True)
    return found.exclude(Exists(ours.exclude(portfolio_id__in=mine))).exclude(
        Exists(theirs.exclude(portfolio_id__in=mine))
    )


def _of_creditor[M: Model](found: QuerySet[M], user: User, one: str, other: str) -> QuerySet[M]:
    """Narrow to the creditor chosen in the menu, if one is."""
    if not user.current_creditor_id:
        return found
    mine = Account.objects.filter(creditor_id=user.current_creditor_id)
    return found.filter(
        Exists(mine.filter(debtor=OuterRef(one))) | Exists(mine.filter(debtor=OuterRef(other)))
    )


def _searched[M: Model](
    found: QuerySet[M], search: str, cents: int | None, one: str, other: str
) -> QuerySet[M]:
    if not search:
        return found
    debtors = Account.objects.filter(pk__in=matching(search, cents)).values("debtor_id")
    return found.filter(Q(**{f"{one}_id__in": debtors}) | Q(**{f"{other}_id__in": debtors}))
