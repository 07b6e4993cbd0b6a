"""What every page of *À compléter* shares: its tabs, its filters, what they leave."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, QueryDict

from exigible.domain.identity.reliability import lacks as known_lacks
from exigible.domain.identity.reliability import thresholds
from exigible.domain.text_keys import ref_key
from exigible.operations.acts import By
from exigible.store.models import Account, Claim, DebtorKind
from exigible.store.queries import accounts as account_reads
from exigible.store.queries import incomplete as reads
from exigible.store.queries.access import visible_accounts
from exigible.store.queries.incomplete import Lack
from exigible.web import clock, shared_filters
from exigible.web.access import account_or_404, person
from exigible.web.filters import AmountFilter, ChoiceFilter, FilterBar
from exigible.web.typed import cents_of, looks_like_amount, row_number, searched

SCREEN = "incomplete"
CLAIMS = "creances"
TABS = {
    "": "Comptes",
    Lack.KIND: "Qualité",
    Lack.ADDRESS: "Adresse",
    CLAIMS: "Créances",
    Lack.NUMBER: "Numéro",
    Lack.DATE: "Date",
    Lack.DUE_DATE: "Échéance",
    reads.UNRELIABLE: "Fiabilité",
}
OF_CLAIMS = (CLAIMS, Lack.NUMBER, Lack.DATE, Lack.DUE_DATE)


def filter_bar(request: HttpRequest, tab: str, query: QueryDict | None = None) -> FilterBar:
    """The filters of a tab, read from the address (or from a query sent along)."""
    user = person(request)
    filters = shared_filters.of_creditor(user)
    filters.append(AmountFilter("plus_de", "Montant", "Au moins"))
    if tab not in OF_CLAIMS:
        filters.append(
            ChoiceFilter(
                "qualite",
                "Qualité",
                "Qualité",
                options=[(kind.value, str(kind.label)) for kind in DebtorKind],
                every="toutes",
            )
        )
        filters.append(
            ChoiceFilter(
                "lacune",
                "Ce qui pèse",
                "Pèse",
                options=[(key, lack.label) for key, lack in known_lacks().items()],
                every="tout",
            )
        )
        filters.append(
            ChoiceFilter(
                "niveau",
                "Fiabilité",
                "Fiabilité",
                options=[("poor", "faible"), ("fair", "moyenne"), ("good", "bonne")],
                every="toutes",
            )
        )
    return FilterBar(filters, request.GET if query is None else query, anchor="completer")


def found_in(request: HttpRequest, query: QueryDict, bar: FilterBar) -> QuerySet[Any]:
    """Return what the tab, the search and the filters leave, in no order."""
    user, tab, search = person(request), tab_of(query), searched(query)
    cents = cents_of(search) if looks_like_amount(search) else None
    found: QuerySet[Any]
    if tab in OF_CLAIMS:
        of_account = account_of(request, query)
        found = reads.claims_to_complete(
            user, "" if tab == CLAIMS else tab, account_id=of_account.pk if of_account else None
        )
        if search:
            words = Q(account_id__in=account_reads.named(search))
            if reference := ref_key(search):
                words |= Q(ref_key__startswith=reference)
                words |= Q(account__number_key__startswith=reference)
            if cents is not None:
                words |= Q(balance_cents=cents) | Q(amount_cents=cents)
            found = found.filter(words)
        if creditor := row_number(bar.values.get("creancier")):
            found = found.filter(account__creditor_id=creditor)
    else:
        found = reads.accounts_to_complete(user, tab)
        if search:
            found = found.filter(account_id__in=account_reads.matching(search, cents))
        if creditor := row_number(bar.values.get("creancier")):
            found = found.filter(creditor_id=creditor)
        if kind := bar.values.get("qualite"):
            found = found.filter(account__debtor__kind=kind)
        if lack := bar.values.get("lacune"):
            found = reads.lacking(found, known_lacks()[lack].bit)
        if level := bar.values.get("niveau"):
            good, fair = thresholds()
            least, most = {"good": (good, 100), "fair": (fair, good - 1), "poor": (0, fair - 1)}[
                level
            ]
            found = found.filter(reliability__range=(least, most))
    least = bar.values.get("plus_de")
    return found if least is None else found.filter(balance_cents__gte=least)


def with_debtor(found: QuerySet[Claim]) -> QuerySet[Claim]:
    return found.select_related("account__debtor", "account__creditor")


def visible_claims(request: HttpRequest) -> QuerySet[Claim]:
    return Claim.objects.filter(account__in=visible_accounts(person(request)))


def claim_or_404(request: HttpRequest, claim_id: int) -> Claim:
    claim = with_debtor(visible_claims(request)).filter(pk=claim_id).first()
    if claim is None:
        raise Http404
    return claim


def account_of(request: HttpRequest, query: QueryDict) -> Account | None:
    """Return the account that a list of claims is narrowed to, if it is."""
    wanted = row_number(query.get("compte"))
    return account_or_404(request, wanted) if wanted else None


def signed(request: HttpRequest) -> dict[str, Any]:
    return {"on": clock.today(), "by": By.user(person(request)), "at": clock.now()}


def tab_of(query: QueryDict) -> str:
    tab = query.get("manque", "")
    if tab not in TABS:
        raise Http404
    return tab
