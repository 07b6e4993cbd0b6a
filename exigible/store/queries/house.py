"""*Administration*: creditors, people and portfolios, with what their lists show of each."""

from __future__ import annotations

from django.db.models import Count, Prefetch, Q, QuerySet

from exigible.domain.text_keys import ref_key
from exigible.store.models import Creditor, CreditorBankAccount, Portfolio, Strategy, User
from exigible.store.queries.ordering import by_name


def creditors(*, search: str = "", archived: bool = False) -> QuerySet[Creditor]:
    """Return the creditors, with their number of accounts and their open bank accounts."""
    found = Creditor.objects.filter(archived=archived).annotate(accounts_count=Count("accounts"))
    if search:
        found = found.filter(
            Q(name__icontains=search) | Q(siren__startswith=ref_key(search) or "-")
        )
    open_accounts = CreditorBankAccount.objects.filter(closed=False).order_by("-is_default", "pk")
    return found.prefetch_related(
        Prefetch("bank_accounts", queryset=open_accounts, to_attr="open_bank_accounts")
    )


def people(*, search: str = "", role: str = "", active: bool | None = True) -> QuerySet[User]:
    """Return the people, with their portfolios; `active` None is everyone."""
    found = User.objects.prefetch_related("portfolios__creditor")
    if active is not None:
        found = found.filter(is_active=active)
    if role:
        found = found.filter(role=role)
    if search:
        found = found.filter(Q(name__icontains=search) | Q(email__icontains=search))
    return found


def portfolios() -> QuerySet[Portfolio]:
    """Return every portfolio, by creditor and name, with its accounts and people counted."""
    return (
        Portfolio.objects.filter(creditor__archived=False)
        .select_related("creditor")
        .annotate(
            accounts_count=Count("accounts", distinct=True),
            people_count=Count("users", filter=Q(users__is_active=True), distinct=True),
        )
        .order_by(by_name("creditor__name"), by_name())
    )


def strategies_of(creditor: Creditor | None = None) -> list[Strategy]:
    """Return the strategies in force, with their steps; a creditor's own win over the house's."""
    found = Strategy.objects.filter(in_force=True).prefetch_related("steps")
    if creditor is None:
        return list(found.select_related("creditor").order_by("audience", "name", "pk"))
    applied: dict[str, Strategy] = {}
    for strategy in found.filter(Q(creditor=creditor) | Q(creditor__isnull=True)).order_by("pk"):
        known = applied.get(strategy.audience)
        if known is None or strategy.creditor_id or not known.creditor_id:  # the latest wins
            applied[strategy.audience] = strategy
    return [applied[audience] for audience in sorted(applied)]
