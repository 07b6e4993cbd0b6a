"""*Balance âgée*: where the money lies, any day, and the lines behind each figure."""

from dataclasses import replace
from hashlib import blake2b
from typing import Any

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exigible.domain import french
from exigible.domain.roles import Capability
from exigible.reports import ageing as reports
from exigible.reports.ageing import Since
from exigible.store.keyset import Order
from exigible.store.queries.access import visible_figures
from exigible.web import answers, listing
from exigible.web.access import page, person
from exigible.web.age_strip import age_strip, overdue_share
from exigible.web.ageing_frame import (
    BEHIND_TITLES,
    COLUMNS,
    SCREEN,
    SORTS,
    Shown,
    answer_of,
    lines_asked,
    read,
    sort_name,
)
from exigible.web.filters import without
from exigible.web.typed import row_number

PAGE = 100

LEDGER_SECONDS = 300  # how long a comparison with the ledger stays good for the same total

BUILT_IN = (
    listing.BuiltIn("tout", "Tout le portefeuille", ""),
    listing.BuiltIn("echus", "Échus", "retard=0"),
    listing.BuiltIn("a-moi", "Mes comptes échus", "charge=moi&retard=0"),
    listing.BuiltIn("anciens", "Plus de 60 jours", "retard=60"),
    listing.BuiltIn("publics", "Acheteurs publics", "qualite=public_purchaser"),
    listing.BuiltIn("credits", "Crédits à affecter", "credit=oui&tri=credit"),
)

BEHIND_SORTS = {
    "retard": Order("late", descending=True),
    "echeance": Order("due_on"),
    "reste": Order("cents", descending=True),
    "nom": Order("name_key"),
    "ref": Order("ref_key"),
}

BEHIND_COLUMNS = (
    listing.Column("ref", "Créance", sort="ref", place="name"),
    listing.Column("account", "Compte", sort="nom", place="state"),
    listing.Column("issued_on", "Date", numeric=True, optional=True),
    listing.Column("due_on", "Échéance", sort="echeance", numeric=True),
    listing.Column("late", "Retard", sort="retard", numeric=True, place="late"),
    listing.Column("amount", "Montant, €", numeric=True, optional=True),
    listing.Column("cents", "Reste dû, €", sort="reste", numeric=True, place="main"),
)


@page(Capability.SEE_AGEING, section=SCREEN)
@require_GET
def ageing(request: HttpRequest) -> HttpResponse:
    """The page: strip, totals, one row an account; `au` shows another day."""
    user = person(request)
    shown = read(request, request.GET)
    situation = shown.situation
    asked_sort, order = listing.chosen_order(request.GET, SORTS, "echu")
    wanted_page = _page_number(request)
    answer = answer_of(shown, order, limit=PAGE, offset=(wanted_page - 1) * PAGE)
    pages = _pages(answer.accounts, wanted_page)
    columns = _columns(shown, answer.totals)
    strip = age_strip(answer.totals, since_issue=shown.filters.since is Since.ISSUED)
    context: dict[str, Any] = {
        "shown": shown,
        "situation": situation,
        "bar": shown.bar,
        "search": shown.search,
        "answer": answer,
        "totals": answer.totals,
        "strip": strip,
        "overdue_share": overdue_share(answer.totals),
        "headers": listing.headers(columns, request.GET, SORTS, asked_sort),
        "columns": {column.key for column in columns},
        "page": pages,
        "views": listing.views(request, SCREEN, BUILT_IN, user),
        "screen": SCREEN,
        "query": request.GET.urlencode(),
        "behind_query": _behind_query(request.GET),
        "everyone": _everyone(shown, user) if shown.bar.active or shown.search else None,
        "today_query": without(request.GET, "au", "mode", "ecart"),
        "may": {
            "work": user.may(Capability.WORK_ACCOUNTS) and not situation.past,
            "assign": user.may(Capability.ASSIGN_ACCOUNTS) and not situation.past,
            "hold": user.may(Capability.HOLD_ACCOUNTS) and not situation.past,
            "export": user.may(Capability.EXPORT),
        },
    }
    response = render(request, "ageing/page.html", context)
    words = french.count(answer.accounts, "compte affiché", "comptes affichés")
    return answers.announce(response, f"{words}, {french.euros(answer.totals.overdue)} échus")


@page(Capability.SEE_AGEING, section=SCREEN)
@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    """A fragment: does the view total to the third-party accounts? Read apart, as it sums them all."""
    shown = read(request, request.GET)
    total = row_number(request.GET.get("total", "").removeprefix("-"))
    if total is None or not shown.whole:
        raise Http404
    total = -total if request.GET["total"].startswith("-") else total
    key = _ledger_key(shown, total)
    balance = cache.get(key)
    if balance is None:
        balance = reports.ledger_balance(
            shown.situation.on, shown.filters, mode=shown.situation.mode
        )
        if balance == total:
            cache.set(key, balance, LEDGER_SECONDS)
    return render(
        request, "ageing/_ledger.html", {"balance": balance, "difference": total - balance}
    )


@page(Capability.SEE_AGEING, section=SCREEN)
@require_GET
def behind(request: HttpRequest, column: str) -> HttpResponse:
    """The claims (or the credits) that a figure is made of: of one account, or of the whole view."""
    shown, account = lines_asked(request, column)
    situation = shown.situation
    asked_sort, order = listing.chosen_order(request.GET, BEHIND_SORTS, "retard")
    wanted_page = _page_number(request)
    offset = (wanted_page - 1) * PAGE
    lines = credits = None
    if column != "credit":
        lines = reports.claims_behind(
            situation.on,
            shown.filters,
            column=column,
            mode=situation.mode,
            sort=sort_name(order, BEHIND_SORTS),
            limit=PAGE,
            offset=offset,
        )
    if column in {"credit", "balance"}:
        credits = reports.credits_behind(
            situation.on,
            shown.filters,
            mode=situation.mode,
            limit=PAGE,
            offset=offset if column == "credit" else 0,
        )
    counted = lines if lines is not None else credits
    assert counted is not None
    columns = [one for one in BEHIND_COLUMNS if one.key != "account" or account is None]
    return render(
        request,
        "ageing/behind.html",
        {
            "title": BEHIND_TITLES[column],
            "column": column,
            "shown": shown,
            "situation": situation,
            "account": account,
            "lines": lines,
            "credits": credits,
            "cents": (lines.cents if lines else 0) + (credits.cents if credits else 0),
            "headers": listing.headers(columns, request.GET, BEHIND_SORTS, asked_sort),
            "page": _pages(counted.count, wanted_page),
            "query": request.GET.urlencode(),
            "back_query": without(request.GET, "compte", "tri"),
            "may_export": person(request).may(Capability.EXPORT),
        },
    )


def _columns(shown: Shown, totals: reports.Amounts) -> list[listing.Column]:
    """The columns of a view: those that would only hold « – » are left out."""
    absent = set()
    if shown.situation.past:
        absent.add("state")
    if shown.filters.since is Since.ISSUED:
        absent.add("not_due")
    if not totals.bills:
        absent.add("bills")
    if not totals.credit:
        absent.add("credit")
    if not shown.situation.compare:
        absent.add("difference")
    columns = [column for column in COLUMNS if column.key not in absent]
    if shown.filters.since is Since.ISSUED:
        names = {"late_30": "0 à 30 j", "overdue": "Total"}
        columns = [replace(one, label=names.get(one.key, one.label)) for one in columns]
    return columns


def _behind_query(query: QueryDict) -> str:
    """What of the address the lines behind a figure keep: the day and the filters."""
    return without(query, "tri", "page", "vue", "col")


def _everyone(shown: Shown, user: Any) -> int:
    """How many accounts have something, filters aside."""
    return visible_figures(user).exclude(balance_cents=0, overdue_cents=0, credit_cents=0).count()


def _page_number(request: HttpRequest) -> int:
    typed = request.GET.get("page", "1")
    if not (typed.isascii() and typed.isdigit() and 0 < len(typed) < 7):
        raise Http404
    return max(int(typed), 1)


def _pages(count: int, wanted: int) -> Page[int]:
    """The pagination of rows already read: only their count is known here."""
    return Paginator(range(count), PAGE).get_page(wanted)


def _ledger_key(shown: Shown, total: int) -> str:
    said = repr((shown.situation.on, shown.situation.mode, shown.filters, total))
    return f"ledger:{blake2b(said.encode(), digest_size=16).hexdigest()}"
