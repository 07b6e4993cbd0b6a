"""*Pièces manquantes*: what a judge would ask for, claim by claim, and that is not there yet."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exigible.domain import french
from exigible.domain.exhibits import EXPECTED, Need
from exigible.domain.roles import Capability
from exigible.store.keyset import read_page
from exigible.store.queries import exhibits as reads
from exigible.web import answers, clock, listing, shared_filters
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, in_asked_format
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.typed import row_number, searched

PAGE = 100
MOST_EXPORTED = 50_000
COLUMNS = (
    listing.Column("claim", "Créance", sort="ref", place="name"),
    listing.Column("account", "Compte", place="state"),
    listing.Column("due_on", "Échéance", sort="echeance", numeric=True, place="late"),
    listing.Column("needs", "Ce qui manque"),
    listing.Column("balance", "Reste dû, €", sort="reste", numeric=True, place="main"),
)
WORDS = {  # of a fact to prove, whatever the claim
    "agreement": "l’accord",
    "performance": "la livraison ou l’exécution",
    "invoice": "la facture",
    "formal_notice": "la mise en demeure",
    "unpaid": "l’impayé",
    "title": "le titre exécutoire",
}


@page(Capability.SEE_ACCOUNTS, section="exhibits")
@require_GET
def missing(request: HttpRequest) -> HttpResponse:
    """Claims past due, and what is not proved of each."""
    user = person(request)
    bar = filter_bar(request)
    asked_sort, order = listing.chosen_order(request.GET, reads.MISSING_SORTS, "reste")
    found = _to_prove(request, bar)
    try:
        slice_ = read_page(found, order, size=PAGE, cursor=request.GET.get("suite", ""))
    except ValueError:
        raise Http404 from None
    rows = reads.lacking(slice_.rows)
    count = found.count()
    response = render(
        request,
        "exhibits/missing.html",
        {
            "bar": bar,
            "search": searched(request.GET),
            "headers": listing.headers(COLUMNS, request.GET, reads.MISSING_SORTS, asked_sort),
            "rows": rows,
            "count": count,
            "next_cursor": slice_.next_cursor,
            "first_page": not request.GET.get("suite"),
            "query": request.GET.urlencode(),
            "needs": explained(rows),
            "may_export": user.may(Capability.EXPORT),
        },
    )
    return answers.announce(response, french.count(count, "créance affichée", "créances affichées"))


@page(Capability.EXPORT, section="exhibits")
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the claims and what is not proved of each as a spreadsheet."""
    bar = filter_bar(request)
    found = list(_to_prove(request, bar).order_by("-balance_cents", "pk")[:MOST_EXPORTED])

    def lines() -> Iterator[Sequence[Cell]]:
        for start in range(0, len(found), 2000):
            for one in reads.lacking(found[start : start + 2000]):
                claim = one.claim
                yield [
                    claim.account.number,
                    claim.account.debtor.name,
                    claim.ref,
                    claim.due_on,
                    claim.balance_cents,
                    " ; ".join(need.label for need in one.needs),
                ]

    sheet = Sheet(
        "Pièces manquantes",
        ["Compte", "Débiteur", "Créance", "Échéance", "Reste dû", "Ce qui manque"],
        lines(),
        money=frozenset({4}),
    )
    return in_asked_format(request, sheet, f"pieces-manquantes-{clock.today():%Y-%m-%d}")


def filter_bar(request: HttpRequest) -> FilterBar:
    """The filters of the report."""
    filters = [
        *shared_filters.of_creditor(person(request)),
        ChoiceFilter(
            "manque", "Ce qui manque", "Manque", options=list(WORDS.items()), every="tout"
        ),
    ]
    return FilterBar(filters, request.GET, anchor="pieces")


def _to_prove(request: HttpRequest, bar: FilterBar) -> Any:
    return reads.claims_to_prove(
        person(request),
        late_on=clock.today(),
        creditor_id=row_number(bar.values.get("creancier")),
        need_id=bar.values.get("manque", ""),
        search=searched(request.GET),
    )


def explained(rows: Sequence[reads.Lacking]) -> list[Need]:
    """Return the needs that some claims lack, each once, in the order a judge asks for them."""
    lacking = {need for row in rows for need in row.needs}
    every = dict.fromkeys(need for needs in EXPECTED.values() for need in needs)
    return [need for need in every if need in lacking]
