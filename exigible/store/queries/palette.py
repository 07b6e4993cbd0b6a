"""What the palette finds: a few accounts and claims, quickly, whatever the size of the base."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from exigible.domain.text_keys import name_key, ref_key
from exigible.store.models import Account, Claim, User
from exigible.store.queries.access import portfolio_ids

ACCOUNTS, CLAIMS = 6, 5


@dataclass(frozen=True, slots=True)
class Found:
    accounts: list[Account]
    claims: list[Claim]


def search(user: User, typed: str, cents: int | None) -> Found:
    """Return at most a dozen accounts and claims of the person's portfolios.

    Each way of finding reads one index and stops early: names by their start first, then by the
    start of another word; numbers, references and SIREN by their start; amounts exactly.
    """
    key, reference = name_key(typed), ref_key(typed)
    digits = "".join(c for c in typed if c.isdigit())
    accounts: dict[int, Account] = {}

    def take(condition: Q) -> None:
        if len(accounts) >= ACCOUNTS:
            return
        rows = _accounts(user).filter(condition).exclude(pk__in=accounts)
        for account in rows.order_by("-figures__chased_cents", "pk")[: ACCOUNTS - len(accounts)]:
            accounts[account.pk] = account

    if reference:
        take(Q(number_key__startswith=reference))
    if len(digits) == 9 and digits == reference:
        take(Q(debtor__siren=digits))
    if key:
        take(Q(debtor__name_key__startswith=key))
        if len(key) > 2:
            take(Q(debtor__name_key__contains=f" {key}"))
    claims: list[Claim] = []
    if len(reference) > 2:
        claims = list(
            _claims(user).filter(ref_key__startswith=reference).order_by("-due_on", "pk")[:CLAIMS]
        )
    if cents and len(claims) < CLAIMS:
        known = [claim.pk for claim in claims]
        claims += list(
            _claims(user)
            .filter(Q(amount_cents=cents))
            .exclude(pk__in=known)
            .order_by("-due_on", "pk")[: CLAIMS - len(claims)]
        )
    return Found(list(accounts.values()), claims)


def _accounts(user: User) -> QuerySet[Account]:
    accounts = Account.objects.select_related("debtor", "creditor", "figures")
    if user.all_portfolios:
        return accounts
    return accounts.filter(portfolio_id__in=portfolio_ids(user, every_creditor=True))


def _claims(user: User) -> QuerySet[Claim]:
    claims = Claim.objects.select_related("account__debtor")
    if user.all_portfolios:
        return claims
    return claims.filter(account__portfolio_id__in=portfolio_ids(user, every_creditor=True))
