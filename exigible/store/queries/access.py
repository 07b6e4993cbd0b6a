"""What a person may see: their portfolios, narrowed to the creditor they work for at the moment."""

from django.db.models import Exists, OuterRef, QuerySet

from exigible.store.models import Account, AccountFigures, Creditor, Portfolio, User
from exigible.store.queries.ordering import by_name


def visible_portfolios(user: User, *, every_creditor: bool = False) -> QuerySet[Portfolio]:
    """Return the portfolios a person may see; of the chosen creditor only, if one is chosen."""
    portfolios = Portfolio.objects.all() if user.all_portfolios else user.portfolios.all()
    if user.current_creditor_id and not every_creditor:
        portfolios = portfolios.filter(creditor_id=user.current_creditor_id)
    return portfolios


def portfolio_ids(user: User, *, every_creditor: bool = False) -> list[int]:
    """Return the ids of `visible_portfolios`, read once per person loaded."""
    cache: dict[tuple[bool, int | None], list[int]] = user.__dict__.setdefault("_portfolio_ids", {})
    key = (every_creditor, user.current_creditor_id)
    if key not in cache:
        cache[key] = sorted(
            visible_portfolios(user, every_creditor=every_creditor).values_list("pk", flat=True)
        )
    return cache[key]


def visible_accounts(user: User) -> QuerySet[Account]:
    """Return the accounts of a person's portfolios, whichever creditor is chosen in the menu.

    An address that was sent stays good after the reader changed creditor.
    """
    if user.all_portfolios:
        return Account.objects.all()
    return Account.objects.filter(portfolio_id__in=portfolio_ids(user, every_creditor=True))


def visible_figures(user: User) -> QuerySet[AccountFigures]:
    """Return the lists' rows: figures of the accounts a person works on at the moment."""
    if user.all_portfolios and not user.current_creditor_id:
        return AccountFigures.objects.all()
    return AccountFigures.objects.filter(portfolio_id__in=portfolio_ids(user))


def visible_creditors(user: User) -> QuerySet[Creditor]:
    """Return the creditors a person has at least one portfolio of, by name."""
    creditors = Creditor.objects.filter(archived=False)
    if not user.all_portfolios:
        creditors = creditors.filter(portfolios__in=user.portfolios.all()).distinct()
    return creditors.order_by(by_name())


def whole_creditors(user: User) -> list[int]:
    """Return the ids of the creditors of which a person sees every portfolio."""
    if user.all_portfolios:
        return list(Creditor.objects.values_list("pk", flat=True))
    mine = portfolio_ids(user, every_creditor=True)
    unseen = Portfolio.objects.filter(creditor=OuterRef("pk")).exclude(pk__in=mine)
    return list(
        Creditor.objects.filter(portfolios__in=mine)
        .filter(~Exists(unseen))
        .distinct()
        .values_list("pk", flat=True)
    )
