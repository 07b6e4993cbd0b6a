"""*Pièces*: the documents of accounts, those that wait to be filed, and what claims still lack.

A document without account is shown to whoever sees every portfolio of its creditor: nobody knows yet
whose it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet

from exigible.domain.exhibits import ExhibitKind, Need, missing
from exigible.domain.text_keys import ref_key
from exigible.store.keyset import Order
from exigible.store.models import (
    Account,
    Claim,
    Exhibit,
    ExhibitClaim,
    Message,
    MessageStatus,
    User,
)
from exigible.store.models.exhibits import SEARCHED
from exigible.store.queries.access import visible_accounts, whole_creditors

SORTS: dict[str, Order] = {
    "recent": Order("pk", descending=True),
    "nom": Order("filename"),
    "nature": Order("kind"),
    "taille": Order("size_bytes", descending=True),
}
MISSING_SORTS: dict[str, Order] = {
    "reste": Order("balance_cents", descending=True),
    "echeance": Order("due_on"),
    "ref": Order("ref_key"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to; "" and None narrow nothing."""

    search: str = ""
    creditor_id: int | None = None
    account_id: int | None = None
    kind: str = ""
    unfiled: bool = False
    guessed: bool = False  # kinds that nobody confirmed
    unlinked: bool = False  # that prove no claim


def visible(user: User) -> QuerySet[Exhibit]:
    """Return the exhibits that a person may see, withdrawn ones aside."""
    standing = Exhibit.objects.filter(withdrawn_at__isnull=True)
    if user.all_portfolios:
        return standing
    return standing.filter(
        Q(account__in=visible_accounts(user))
        | Q(account__isnull=True, creditor_id__in=whole_creditors(user))
    )


def rows(user: User, wanted: Wanted) -> QuerySet[Exhibit]:
    """Return the exhibits wanted, in no order; their text is left in the database."""
    found = visible(user).select_related("account__debtor", "creditor").defer("text")
    creditor_id = wanted.creditor_id or user.current_creditor_id
    if creditor_id:
        found = found.filter(creditor_id=creditor_id)
    if wanted.account_id:
        found = found.filter(account_id=wanted.account_id)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.unfiled:
        found = found.filter(account__isnull=True)
    if wanted.guessed:
        found = found.exclude(guessed_from="")
    if wanted.unlinked:
        found = found.filter(~Exists(_links(OuterRef("pk"))))
    if wanted.search:
        words = SearchQuery(wanted.search, config="french", search_type="websearch")
        found = found.annotate(words=SEARCHED).filter(
            Q(words=words)
            | Q(filename__icontains=wanted.search)
            | Q(account__debtor__name__icontains=wanted.search)
            | Q(account__number__iexact=wanted.search)
        )
    return found


def waiting_count(user: User) -> int:
    """Return how many documents wait to be filed on an account."""
    return rows(user, Wanted(unfiled=True)).count()


def claims_of(exhibits: Iterable[Exhibit]) -> dict[int, list[Claim]]:
    """Return the claims that each exhibit proves, by exhibit."""
    found: dict[int, list[Claim]] = defaultdict(list)
    links = _links([one.pk for one in exhibits]).select_related("claim").order_by("claim__due_on")
    for link in links:
        found[link.exhibit_id].append(link.claim)
    return found


def open_claims(account: Account) -> list[Claim]:
    """Return the claims an exhibit of this account may prove: open ones first, then the latest."""
    return list(account.claims.order_by("-due_on", "pk")[:300])


def accounts_like(user: User, typed: str, creditor_id: int) -> Sequence[Account]:
    """Return the accounts of a creditor that a name or a number finds, twenty at most."""
    found = visible_accounts(user).filter(creditor_id=creditor_id).select_related("debtor")
    return list(
        found.filter(
            Q(number__iexact=typed)
            | Q(number_key=ref_key(typed))
            | Q(debtor__name__icontains=typed)
        ).order_by("debtor__name", "pk")[:20]
    )


# ---- what a judge would ask for


@dataclass(frozen=True, slots=True)
class Lacking:
    """An open claim and what is not proved of it."""

    claim: Claim
    needs: tuple[Need, ...]


def claims_to_prove(
    user: User, *, creditor_id: int | None = None, late_on: date, search: str = ""
) -> QuerySet[Claim]:
    """Return the claims still owed after their due date, which may have to be proved."""
    claims = Claim.objects.filter(
        balance_cents__gt=0, due_on__lt=late_on, account__in=visible_accounts(user)
    ).select_related("account__debtor", "account__creditor")
    creditor_id = creditor_id or user.current_creditor_id
    if creditor_id:
        claims = claims.filter(account__creditor_id=creditor_id)
    if search:
        claims = claims.filter(
            Q(ref_key__startswith=ref_key(search) or "\0")
            | Q(account__debtor__name__icontains=search)
        )
    return claims


def lacking(claims: Collection[Claim]) -> list[Lacking]:
    """Return what each claim lacks. Formal notices that left from here are known without a file."""
    by_claim: dict[int, set[ExhibitKind]] = defaultdict(set)
    links = ExhibitClaim.objects.filter(claim__in=claims, ended_at__isnull=True)
    for claim_id, kind in links.values_list("claim_id", "exhibit__kind"):
        by_claim[claim_id].add(ExhibitKind(kind))
    general = _general_of_accounts({claim.account_id for claim in claims})
    noticed = Message.claims.through.objects.filter(
        claim__in=claims,
        message__is_formal_notice=True,
        message__status=MessageStatus.SENT,
    )
    for claim_id in noticed.values_list("claim_id", flat=True):
        by_claim[claim_id].add(ExhibitKind.FORMAL_NOTICE)
    return [
        Lacking(claim, missing(claim.kind, by_claim[claim.pk] | general[claim.account_id]))
        for claim in claims
    ]


def _general_of_accounts(accounts: Collection[int]) -> dict[int, set[ExhibitKind]]:
    """The contracts and leases of an account, which prove each of its claims."""
    found: dict[int, set[ExhibitKind]] = defaultdict(set)
    exhibits = Exhibit.objects.filter(
        account_id__in=accounts, withdrawn_at__isnull=True, kind=ExhibitKind.CONTRACT.value
    )
    for account_id in exhibits.values_list("account_id", flat=True):
        if account_id is not None:
            found[account_id].add(ExhibitKind.CONTRACT)
    return found


def _links(exhibits: object) -> QuerySet[ExhibitClaim]:
    links = ExhibitClaim.objects.filter(ended_at__isnull=True)
    return (
        links.filter(exhibit__in=exhibits)
        if isinstance(exhibits, list)
        else links.filter(exhibit=exhibits)
    )
