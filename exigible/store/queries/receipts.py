"""*Encaissements*: bank lines by where they are, what waits of them, what a person may see.

A line belongs to a creditor; it is seen by whoever sees all his portfolios, and by those whose
portfolio holds the account it seems to pay, or pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Abs, Coalesce

from exigible.domain.text_keys import name_key, ref_key
from exigible.store.keyset import Order
from exigible.store.models import (
    Account,
    BankLine,
    BankLinePayment,
    Claim,
    Debtor,
    Remittance,
    User,
)
from exigible.store.queries.access import portfolio_ids, whole_creditors

State = BankLine.State
SORTS: dict[str, Order] = {
    "jour": Order("booked_on", descending=True),
    "montant": Order("weight", descending=True),
    "confiance": Order("sure", descending=True),
}
_UNALLOCATED = BankLinePayment.objects.filter(
    ended_at__isnull=True,
    payment__amount_cents__gt=F("payment__allocated_cents"),
    payment__reversed_by__isnull=True,
).values("line")
_RETURNS = Q(match__kind="return") | Q(moves_money=False) | Q(is_return=True)
TABS: dict[str, Q] = {
    "a-rapprocher": Q(state=State.TO_MATCH, moves_money=True),
    "rapprochees": Q(state=State.MATCHED),
    "non-affectes": Q(pk__in=_UNALLOCATED, state=State.MATCHED),
    "rejets": _RETURNS & ~Q(state=State.WITHDRAWN),
    "remises": Q(match__kind="cheques") & ~Q(state=State.WITHDRAWN),
    "fonds-de-tiers": Q(match__kind="agent") & ~Q(state=State.WITHDRAWN),
    "attente": Q(state=State.SUSPENSE),
    "ecartees": Q(state=State.SET_ASIDE),
}
COUNTED = ("a-rapprocher", "non-affectes", "attente")
FIGURES_DAYS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to; None or "" narrows nothing."""

    tab: str = "a-rapprocher"
    search: str = ""
    cents: int | None = None  # what the search reads as, if it is an amount
    bank_account_id: int | None = None
    kind: str = ""
    automatic: str = ""  # "oui", "non"
    least_cents: int | None = None
    most_cents: int | None = None
    since: date | None = None
    until: date | None = None
    confidence: int | None = None  # at least, in thousandths
    creditor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    lines: int
    cents: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The head of the page: what came in lately, what was matched alone, what is left."""

    lines: int
    alone: int
    left_cents: int
    first_on: date | None
    last_on: date | None

    @property
    def share(self) -> int:
        """The lines matched alone, in thousandths."""
        return round(1000 * self.alone / self.lines) if self.lines else 0


def visible_lines(user: User, *, every_creditor: bool = False) -> QuerySet[BankLine]:
    """Return the lines a person may see; of the creditor they work for, if one is chosen."""
    lines = BankLine.objects.all()
    if user.current_creditor_id and not every_creditor:
        lines = lines.filter(creditor_id=user.current_creditor_id)
    if user.all_portfolios:
        return lines
    mine = portfolio_ids(user, every_creditor=True)
    return lines.filter(
        Q(creditor_id__in=whole_creditors(user)) | Q(match__account__portfolio_id__in=mine)
    )


def rows(user: User, wanted: Wanted) -> QuerySet[BankLine]:
    """Return the lines wanted, with what sorts them, in no order."""
    lines = visible_lines(user).filter(TABS[wanted.tab])
    if wanted.search:
        lines = lines.filter(_matching(wanted.search, wanted.cents))
    if wanted.bank_account_id is not None:
        lines = lines.filter(bank_account_id=wanted.bank_account_id)
    if wanted.creditor_id is not None:
        lines = lines.filter(creditor_id=wanted.creditor_id)
    if wanted.kind:
        lines = lines.filter(match__kind=wanted.kind)
    if wanted.automatic:
        lines = lines.filter(match__automatic=wanted.automatic == "oui")
    if wanted.since is not None:
        lines = lines.filter(booked_on__gte=wanted.since)
    if wanted.until is not None:
        lines = lines.filter(booked_on__lte=wanted.until)
    lines = lines.annotate(weight=Abs("amount_cents"), sure=Coalesce("match__confidence", 0))
    if wanted.least_cents is not None:
        lines = lines.filter(weight__gte=wanted.least_cents)
    if wanted.most_cents is not None:
        lines = lines.filter(weight__lte=wanted.most_cents)
    if wanted.confidence is not None:
        lines = lines.filter(sure__gte=wanted.confidence)
    return lines


def with_account(lines: QuerySet[BankLine]) -> QuerySet[BankLine]:
    """Bring along what a row shows."""
    return lines.select_related("match__account__debtor", "bank_account", "creditor")


def totals(lines: QuerySet[BankLine]) -> Totals:
    """Count and sum the whole view; only euros are added."""
    sums = lines.order_by().aggregate(
        lines=Count("pk"), cents=Sum("amount_cents", filter=Q(currency="EUR"))
    )
    return Totals(sums["lines"], sums["cents"] or 0)


def counts(user: User) -> dict[str, int]:
    """Count what waits in each tab of work."""
    lines = visible_lines(user)
    return {tab: lines.filter(TABS[tab]).count() for tab in COUNTED}


def waiting_count(user: User) -> int:
    """Count the lines that wait for a person."""
    return visible_lines(user).filter(TABS["a-rapprocher"]).count()


def figures(user: User, today: date) -> Figures:
    """Return what came in over a month, customers' money only, and what is left of it all."""
    recent = visible_lines(user).filter(
        booked_on__gt=today - timedelta(days=FIGURES_DAYS), moves_money=True
    )
    recent = recent.exclude(state__in=(State.SET_ASIDE, State.WITHDRAWN))
    said = recent.aggregate(
        lines=Count("pk"),
        alone=Count("pk", filter=Q(state=State.MATCHED, match__automatic=True)),
        first=Min("booked_on"),
        last=Max("booked_on"),
    )
    left = (
        visible_lines(user)
        .filter(TABS["a-rapprocher"], amount_cents__gt=0, currency="EUR")
        .aggregate(cents=Sum("amount_cents"))
    )
    return Figures(said["lines"], said["alone"], left["cents"] or 0, said["first"], said["last"])


def line_for(user: User, line_id: int) -> BankLine | None:
    """Return a line a person may see, whichever creditor is chosen, with what its detail shows."""
    return (
        visible_lines(user, every_creditor=True)
        .filter(pk=line_id)
        .select_related(
            "match__account__debtor", "match__remittance", "bank_account", "creditor", "statement"
        )
        .first()
    )


def lines_for(user: User, ids: list[int]) -> QuerySet[BankLine]:
    """Return the lines of some ids that a person may see, oldest first."""
    return visible_lines(user).filter(pk__in=ids).order_by("booked_on", "pk")


def remittances_of(line: BankLine) -> QuerySet[Remittance]:
    """Return the documents tied to a line by a person."""
    return Remittance.objects.filter(line=line, withdrawn_at__isnull=True).order_by("pk")


def find_accounts(user: User, creditor_id: int, search: str, *, most: int = 12) -> list[Account]:
    """Find accounts of a creditor, in a person's portfolios, by name, number, SIREN or invoice."""
    accounts = Account.objects.filter(creditor_id=creditor_id).select_related("debtor", "figures")
    if not user.all_portfolios:
        accounts = accounts.filter(portfolio_id__in=portfolio_ids(user, every_creditor=True))
    key, reference = name_key(search), ref_key(search)
    debtors = Debtor.objects.filter(Q(name_key__startswith=key) | Q(name_key__contains=f" {key}"))
    found = Q(debtor__in=debtors)
    if reference:
        found |= Q(number_key__startswith=reference) | Q(
            pk__in=Claim.objects.filter(ref_key__startswith=reference).values("account_id")
        )
    if len(reference) == 9 and reference.isdigit():
        found |= Q(debtor__siren=reference)
    return list(accounts.filter(found).order_by("debtor__name_key", "pk")[:most])


def _matching(search: str, cents: int | None) -> Q:
    """Find by words of the bank, by payer, by the account it pays, by amount, by IBAN end."""
    found = (
        Q(label__icontains=search)
        | Q(counterparty__icontains=search)
        | Q(end_to_end__icontains=search)
        | Q(counterparty_iban__endswith=search.replace(" ", "").upper())
    )
    key, reference = name_key(search), ref_key(search)
    if key:
        debtors = Debtor.objects.filter(
            Q(name_key__startswith=key) | Q(name_key__contains=f" {key}")
        )
        found |= Q(match__account__debtor__in=debtors)
    if reference:
        found |= Q(match__account__number_key__startswith=reference)
    if cents is not None:
        found |= Q(amount_cents__in=[cents, -cents])
    return found
