"""*Encaissements*: the bank lines that wait, what is proposed of them, what was booked and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exigible.domain import french
from exigible.domain.roles import Capability
from exigible.operations import queueing
from exigible.store.keyset import read_page
from exigible.store.models import BankLine
from exigible.store.queries import receipts as reads
from exigible.store.queries.access import visible_creditors, whole_creditors
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, listing
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, in_asked_format
from exigible.web.receipt_sheet import sheet_of
from exigible.web.receipts_frame import (
    SCREEN,
    filter_bar,
    frame,
    line_chip,
    line_or_404,
    powers,
    search_of,
    tab_of,
    tab_of_line,
    ticked_lines,
    view_of,
    wanted,
)
from exigible.web.typed import row_number

PAGE = 100
COLUMNS = (
    listing.Column("on", "Jour", sort="jour", place="late"),
    listing.Column("label", "Ligne de banque", place="name"),
    listing.Column("amount", "Montant, €", sort="montant", numeric=True, place="main"),
    listing.Column("sure", "Confiance", sort="confiance", numeric=True, place="state"),
)


@page(Capability.SEE_RECEIPTS, section=SCREEN)
@require_GET
def receipts(request: HttpRequest) -> HttpResponse:
    """The queue of a tab, and at the right the line chosen (`ligne`) with what is proposed of it."""
    user, tab = person(request), tab_of(request.GET)
    bar = filter_bar(request)
    asked_sort, order = listing.chosen_order(request.GET, reads.SORTS, "jour")
    found = reads.rows(user, wanted(request, bar, tab))
    try:
        slice_ = read_page(
            reads.with_account(found), order, size=PAGE, cursor=request.GET.get("suite", "")
        )
    except ValueError:
        raise Http404 from None
    totals = reads.totals(found)
    line = _chosen(request, slice_.rows)
    creditors = [one.pk for one in visible_creditors(user)]
    context = {
        **frame(request, tab),
        "bar": bar,
        "search": search_of(request),
        "rows": [(one, line_chip(one)) for one in slice_.rows],
        "headers": listing.headers(COLUMNS, request.GET, reads.SORTS, asked_sort),
        "totals": totals,
        "next_cursor": slice_.next_cursor,
        "first_page": not request.GET.get("suite"),
        "query": request.GET.urlencode(),
        "everyone": len({one.creditor_id for one in slice_.rows}) > 1,
        "under_way": queueing.is_matching_queued(creditors),
        **(_detail(request, line) if line else {}),
    }
    response = render(request, "receipts/page.html", context)
    words = french.count(totals.lines, "ligne affichée", "lignes affichées")
    return answers.announce(response, f"{words}, {french.euros(totals.cents)}")


@page(Capability.SEE_RECEIPTS, section=SCREEN)
@require_GET
def receipt(request: HttpRequest, line_id: int) -> HttpResponse:
    """One line: what the bank says, what is proposed, the claims, what was decided."""
    line = line_or_404(request, line_id)
    context = _detail(request, line)
    if answers.is_fragment(request):
        response = render(request, "receipts/_detail.html", context)
        chose = "compte" in request.GET
        return answers.after_settle(response, "account-chosen", {}) if chose else response
    return render(request, "receipts/line.html", {**frame(request, tab_of_line(line)), **context})


@page(Capability.SEE_RECEIPTS, section=SCREEN)
@require_GET
def other_account(request: HttpRequest, line_id: int) -> HttpResponse:
    """Choose the account that paid, or one more (`ajouter`), by name, number or invoice."""
    line = line_or_404(request, line_id)
    search = search_of(request)
    found = (
        reads.find_accounts(person(request), line.creditor_id, search) if len(search) > 1 else []
    )
    kept = [
        one
        for one in request.GET.getlist("compte")
        if request.GET.get("ajouter") and row_number(one) is not None
    ]
    context = {
        "line": line,
        "found": found,
        "search": search,
        "kept": kept,
        "adding": bool(request.GET.get("ajouter")),
    }
    if request.GET.get("liste"):
        return render(request, "receipts/_accounts.html", context)
    title = "Ajouter un compte" if context["adding"] else "Affecter à un autre compte"
    return answers.dialog(
        request,
        "receipts/account_dialog.html",
        title=title,
        action=request.path,
        back=f"{request.path}",
        **context,
    )


@page(Capability.EXPORT, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the tab's view, or what is ticked, as a spreadsheet."""
    user = person(request)
    if not user.may(Capability.SEE_RECEIPTS):
        raise Http404
    ticks = ticked_lines(request)
    if ticks.whole:
        tab, found = view_of(request, ticks.view)
    else:
        tab, found = "encaissements", reads.lines_for(user, ticks.ids)
    rows = reads.with_account(found).order_by("booked_on", "pk")
    sheet = Sheet(
        "Encaissements",
        [
            "Jour",
            "Valeur",
            "Compte bancaire",
            "Libellé",
            "Contrepartie",
            "IBAN",
            "Montant",
            "Devise",
            "État",
            "Nature",
            "Confiance, %",
            "Compte",
            "Débiteur",
            "Sans demander",
            "Raison",
        ],
        _export_rows(rows.iterator(chunk_size=2000)),
        money=frozenset({6}),
    )
    return in_asked_format(request, sheet, f"{tab}-{clock.today():%Y-%m-%d}")


def _export_rows(rows: Iterator[BankLine]) -> Iterator[Sequence[Cell]]:
    for line in rows:
        match = getattr(line, "match", None)
        account = match.account if match else None
        yield [
            line.booked_on,
            line.value_on,
            line.bank_account.iban if line.bank_account else "",
            line.label,
            line.counterparty,
            line.counterparty_iban,
            line.amount_cents,
            line.currency,
            line.get_state_display(),
            match.get_kind_display() if match else "",
            match.confidence // 10 if match else None,
            account.number if account else "",
            account.debtor.name if account else "",
            "oui" if match and match.automatic else "",
            " ".join(match.reasons) if match else line.state_reason,
        ]


def _detail(request: HttpRequest, line: BankLine) -> dict[str, Any]:
    sheet = sheet_of(request, line)
    actors = [one.by for one in sheet.decisions]
    ids = [UUID(one.partition(":")[2]) for one in actors if one.startswith("user:")]
    names = names_of(ids)
    return {
        "line": line,
        "line_chip": line_chip(line),
        "sheet": sheet,
        "match": sheet.match,
        "documents": list(reads.remittances_of(line)),
        "decisions": [
            (one, names.get(UUID(one.by[5:]), "une personne") if one.by.startswith("user:") else "")
            for one in sheet.decisions
        ],
        "may": powers(person(request)),
        "whole": line.creditor_id in whole_creditors(person(request)),
        "today": clock.today(),
    }


def _chosen(request: HttpRequest, rows: Sequence[BankLine]) -> BankLine | None:
    """The line shown at the right: the one named by the address, else the first of the page."""
    wanted_ = row_number(request.GET.get("ligne", ""))
    if wanted_ is not None:
        return line_or_404(request, wanted_)
    return reads.line_for(person(request), rows[0].pk) if rows else None
