"""Colleagues to entrust work to."""

from django.db.models import Q

from exigible.domain.roles import CAPABILITIES, Capability
from exigible.store.models import User
from exigible.store.queries.access import portfolio_ids
from exigible.store.queries.ordering import by_name

_WORKERS = [role.value for role, held in CAPABILITIES.items() if Capability.WORK_ACCOUNTS in held]


def colleagues(user: User) -> list[tuple[str, str]]:
    """Return (id, name) of the people who may work on at least one account the person sees."""
    people = User.objects.filter(is_active=True, role__in=_WORKERS)
    if not user.all_portfolios:
        people = people.filter(
            Q(all_portfolios=True) | Q(portfolios__in=portfolio_ids(user, every_creditor=True))
        ).distinct()
    return [(str(pk), name) for pk, name in people.order_by(by_name()).values_list("pk", "name")]


def may_work_on(user: User, portfolio_id: int) -> bool:
    """Say whether a person may be entrusted an account of that portfolio."""
    return (
        user.is_active
        and user.may(Capability.WORK_ACCOUNTS)
        and (user.all_portfolios or user.portfolios.filter(pk=portfolio_id).exists())
    )
