"""*Imports*, arrivals: what folders, mailboxes and programs brought, and why some of it was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exigible.domain import french
from exigible.domain.roles import Capability
from exigible.store.keyset import read_page
from exigible.store.models import Incoming
from exigible.store.queries import imports as imports_reads
from exigible.store.queries import ways as reads
from exigible.web import answers, chips, clock, listing, wording
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, Filter, FilterBar
from exigible.web.typed import row_number, searched

SCREEN = "imports"
PAGE = 100
COLUMNS = (
    listing.Column("name", "Fichier ou message", sort="nom", place="name"),
    listing.Column("way", "Voie"),
    listing.Column("creditor", "Créancier", optional=True),
    listing.Column("state", "État", place="state"),
    listing.Column("note", "Ce qui en est dit", place="main"),
    listing.Column("on", "Arrivé", sort="recent", numeric=True, place="late"),
)


@page(Capability.IMPORT, section=SCREEN)
@require_GET
def arrivals(request: HttpRequest) -> HttpResponse:
    """What came by itself, the latest first."""
    bar = _bar(request)
    found = _found(request, bar)
    asked_sort, order = listing.chosen_order(request.GET, reads.ARRIVAL_SORTS, "recent")
    try:
        slice_ = read_page(found, order, size=PAGE, cursor=request.GET.get("suite", ""))
    except ValueError:
        raise Http404 from None
    count = found.count()
    response = render(
        request,
        "imports/arrivals.html",
        {
            "bar": bar,
            "search": searched(request.GET),
            "headers": listing.headers(COLUMNS, request.GET, reads.ARRIVAL_SORTS, asked_sort),
            "rows": [(row, chips.INCOMING[Incoming.Status(row.status)]) for row in slice_.rows],
            "count": count,
            "next_cursor": slice_.next_cursor,
            "first_page": not request.GET.get("suite"),
            "query": request.GET.urlencode(),
        },
    )
    return answers.announce(response, french.count(count, "arrivée affichée", "arrivées affichées"))


@page(Capability.IMPORT, section=SCREEN)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a spreadsheet."""
    found = _found(request, _bar(request)).order_by("-pk")

    def lines() -> Iterator[Sequence[Cell]]:
        for row in found.iterator(chunk_size=1000):
            yield [
                row.received_at.date(),
                row.name,
                wording.arrival_way_words(row),
                row.creditor.name,
                row.get_status_display(),
                row.note,
                row.sha256,
            ]

    heads = ["Arrivé le", "Nom", "Voie", "Créancier", "État", "Ce qui en est dit", "Empreinte"]
    sheet = Sheet("Arrivées", heads, lines())
    name = f"arrivees-{clock.today():%Y-%m-%d}"
    if request.GET.get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


def _bar(request: HttpRequest) -> FilterBar:
    creditors = imports_reads.creditors_to_import(person(request))
    named = [(way.value, reads.WAY_LABELS[way]) for way in reads.BROUGHT]
    filters: list[Filter] = [
        ChoiceFilter("voie", "Voie", "Voie", options=named, every="toutes"),
        ChoiceFilter(
            "etat",
            "État",
            "État",
            options=[(value, str(label)) for value, label in Incoming.Status.choices],
        ),
    ]
    if len(creditors) > 1:
        options = [(str(one.pk), one.name) for one in creditors]
        filters.insert(0, ChoiceFilter("creancier", "Créancier", "Créancier", options=options))
    return FilterBar(filters, request.GET, anchor="arrivees")


def _found(request: HttpRequest, bar: FilterBar) -> QuerySet[Incoming]:
    return reads.arrivals(
        [one.pk for one in imports_reads.creditors_to_import(person(request))],
        search=searched(request.GET),
        way=bar.values.get("voie", ""),
        status=bar.values.get("etat", ""),
        creditor_id=row_number(bar.values.get("creancier")),
    )
