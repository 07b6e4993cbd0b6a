"""*Pièces*: the documents of accounts, those that wait to be filed, and what claims still lack.

A document without account is shown to whoever sees every portfolio of its creditor: nobody knows yet
whose it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from exigible.domain.exhibits import EXPECTED, ExhibitKind, Need, expected, missing
from exigible.domain.text_keys import name_key, ref_key
from exigible.store.keyset import Order
from exigible.store.models import (
    Account,
    Claim,
    Contact,
    EInvoice,
    Exhibit,
    ExhibitArrival,
    ExhibitClaim,
    Message,
    MessageStatus,
    User,
)
from exigible.store.models.exhibits import SEARCHED
from exigible.store.queries.access import visible_accounts, whole_creditors

MOST_SUGGESTED = 6
SIREN = re.compile(
    r"(?<!\d)\d{3}[ \u00a0\u202f]?\d{3}[ \u00a0\u202f]?\d{3}(?!\d)|(?<!\d)\d{14}(?!\d)"
)
ADDRESS = re.compile(r"[^\s<>\"]+@[^\s<>\"]+")
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
        # Apart, so that the words are found in their index.
        said = Exhibit.objects.annotate(words=SEARCHED).filter(words=words).values("pk")
        found = found.filter(
            Q(pk__in=said)
            | Q(filename__icontains=wanted.search)
            | Q(sender__icontains=wanted.search)
            | Q(account__debtor__name_key__contains=name_key(wanted.search))
            | Q(account__number_key=ref_key(wanted.search))
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
    """Return the account of a creditor that a number names; else those a name finds, twenty at most."""
    mine = visible_accounts(user).filter(creditor_id=creditor_id).select_related("debtor")
    if key := ref_key(typed):
        exact = list(mine.filter(number_key=key).order_by("pk")[:20])
        if exact:
            return exact
    names = name_key(typed)
    if not names:
        return []
    return list(
        mine.filter(debtor__name_key__contains=names).order_by("debtor__name_key", "pk")[:20]
    )


def accounts_suggested(user: User, exhibit: Exhibit) -> list[tuple[Account, str]]:
    """Return the accounts a document speaks of, each with the reason, the likeliest first.

    What is read: the SIREN of a debtor, the sender's address among contacts, the
    account of the e-mail that encloses it. References are read when it arrives.
    """
    mine = visible_accounts(user).filter(creditor_id=exhibit.creditor_id).select_related("debtor")
    said = f"{exhibit.filename} {exhibit.title} {exhibit.text}"
    reasons: dict[int, list[str]] = defaultdict(list)
    sirens = {"".join(match.group().split())[:9] for match in SIREN.finditer(said)}
    for pk, siren in mine.filter(debtor__siren__in=list(sirens)[:200]).values_list(
        "pk", "debtor__siren"
    ):
        reasons[pk].append(f"son SIREN {siren} y figure")
    if address := ADDRESS.search(exhibit.sender):
        known = Contact.objects.filter(email__iexact=address.group(), active=True)
        for pk in mine.filter(debtor__in=known.values("debtor")).values_list("pk", flat=True):
            reasons[pk].append(f"{address.group()} est l’un de ses contacts")
    if exhibit.enclosing is not None and exhibit.enclosing.account_id is not None:
        reasons[exhibit.enclosing.account_id].append("le message qui la contient y est classé")
    found = list(mine.filter(pk__in=reasons).exclude(pk=exhibit.account_id)[:MOST_SUGGESTED])
    found.sort(key=lambda one: (-len(reasons[one.pk]), one.debtor.name))
    return [(one, " ; ".join(reasons[one.pk])) for one in found]


# ---- files received


def arrivals(user: User) -> QuerySet[ExhibitArrival]:
    """Return the files that a person may know were dropped: theirs, on accounts or creditors they see."""
    found = ExhibitArrival.objects.select_related(
        "exhibit", "account__debtor", "creditor", "document"
    )
    if user.all_portfolios:
        return found
    return found.filter(
        Q(account__in=visible_accounts(user))
        | Q(account__isnull=True, creditor_id__in=whole_creditors(user))
        | Q(recorded_by=user.opaque_id)
    )


def drops_under_way(user: User, *, account_id: int | None = None) -> list[tuple[UUID, int]]:
    """Return the drops whose files are not all read, with how many wait, the latest first."""
    waiting = arrivals(user).filter(status=ExhibitArrival.Status.WAITING).select_related(None)
    if account_id is not None:
        waiting = waiting.filter(account_id=account_id)
    grouped = waiting.values("drop").annotate(count=Count("pk"), last=Max("pk")).order_by("-last")
    return [(one["drop"], one["count"]) for one in grouped[:20]]


# ---- what a judge would ask for


@dataclass(frozen=True, slots=True)
class Lacking:
    """An open claim and what is not proved of it."""

    claim: Claim
    needs: tuple[Need, ...]


def claims_to_prove(
    user: User,
    *,
    late_on: date,
    creditor_id: int | None = None,
    account_id: int | None = None,
    need_id: str = "",
    search: str = "",
) -> QuerySet[Claim]:
    """Return the claims owed after their due date of which something is not proved.

    `need_id` keeps those that lack this alone of what they need. An account's own page asks for
    `account_id`, whichever creditor is chosen in the menu.
    """
    claims = Claim.objects.filter(
        balance_cents__gt=0, due_on__lt=late_on, account__in=visible_accounts(user)
    ).select_related("account__debtor", "account__creditor")
    if account_id is not None:
        claims = claims.filter(account_id=account_id)
    elif creditor_id := creditor_id or user.current_creditor_id:
        claims = claims.filter(account__creditor_id=creditor_id)
    if search:
        claims = claims.filter(
            Q(ref_key__startswith=ref_key(search) or "\0")
            | Q(account__debtor__name_key__contains=name_key(search))
            | Q(account__number_key=ref_key(search))
        )
    return claims.filter(_unproved(need_id))


def _unproved(need_id: str) -> Q:
    """The claims whose kind needs a proof that neither they nor their account have."""
    lacking_one = Q(pk__in=[])
    for needs, kinds in _kinds_by_needs().items():
        unproved = Q(pk__in=[])
        for need in needs:
            if not need_id or need.id == need_id:
                unproved |= _without(need)
        of_kind = ~Q(kind__in=EXPECTED) if kinds is None else Q(kind__in=kinds)
        lacking_one |= of_kind & unproved
    return lacking_one


def _kinds_by_needs() -> dict[tuple[Need, ...], list[str] | None]:
    """The kinds of claim that are proved alike; None stands for all those of no named kind."""
    groups: dict[tuple[Need, ...], list[str] | None] = {}
    for kind, needs in EXPECTED.items():
        alike = groups.setdefault(needs, [])
        assert alike is not None
        alike.append(kind)
    groups[expected("")] = None
    return groups


def _without(need: Need) -> Q:
    """The claims that no document of a need's kinds proves. `lacking` says the same of rows read."""
    linked = ExhibitClaim.objects.filter(
        claim=OuterRef("pk"), ended_at__isnull=True, exhibit__kind__in=need.kinds
    )
    without = ~Exists(linked)
    if ExhibitKind.CONTRACT in need.kinds:
        general = Exhibit.objects.filter(
            account=OuterRef("account"), withdrawn_at__isnull=True, kind=ExhibitKind.CONTRACT
        )
        without &= ~Exists(general)
    for kind in need.kinds & KNOWN_HERE:
        without &= ~Exists(_known_here(kind).filter(claim=OuterRef("pk")))
    return without


KNOWN_HERE = frozenset({ExhibitKind.FORMAL_NOTICE, ExhibitKind.INVOICE})


def _known_here(kind: ExhibitKind) -> QuerySet[Any]:
    """What proves claims (`claim`) without a file dropped: notices that left, invoices received."""
    if kind is ExhibitKind.INVOICE:
        return EInvoice.objects.filter(
            claim__isnull=False, amount_cents__gt=0, withdrawn_at__isnull=True
        )
    through: Any = Message.claims.through
    rows: QuerySet[Any] = through.objects.filter(
        message__is_formal_notice=True, message__status=MessageStatus.SENT
    )
    return rows


def lacking(claims: Collection[Claim]) -> list[Lacking]:
    """Return what each claim lacks."""
    by_claim: dict[int, set[ExhibitKind]] = defaultdict(set)
    links = ExhibitClaim.objects.filter(claim__in=claims, ended_at__isnull=True)
    for claim_id, kind in links.values_list("claim_id", "exhibit__kind"):
        by_claim[claim_id].add(ExhibitKind(kind))
    general = _general_of_accounts({claim.account_id for claim in claims})
    for kind in KNOWN_HERE:
        for claim_id in (
            _known_here(kind).filter(claim__in=claims).values_list("claim_id", flat=True)
        ):
            by_claim[claim_id].add(kind)
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
