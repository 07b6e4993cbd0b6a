"""*Balance âgée* as a spreadsheet: the view with its totals, the lines behind a figure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from exigible.domain import french
from exigible.domain.roles import Capability
from exigible.reports import ageing as reports
from exigible.store.models import PaymentKind
from exigible.web import listing
from exigible.web.access import page
from exigible.web.ageing_frame import (
    BEHIND_TITLES,
    COLUMNS,
    MOST_EXPORTED,
    SCREEN,
    SORTS,
    answer_of,
    lines_asked,
    read,
    ticked_accounts,
    visible_accounts,
)
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet


@page(Capability.EXPORT, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the view, or what is ticked, as a spreadsheet with its totals."""
    ticks = ticked_accounts(request)
    shown = read(request, ticks.view)
    if not ticks.whole:
        ids = visible_accounts(request, ticks.ids)
        shown = replace(shown, filters=replace(shown.filters, account_ids=ids))
    _, order = listing.chosen_order(ticks.view, SORTS, "echu")
    answer = answer_of(shown, order, limit=MOST_EXPORTED)
    columns = [
        column
        for column in COLUMNS
        if column.key not in {"account", "state", "collector"}
        and (column.key != "difference" or shown.situation.compare)
    ]
    sheet = Sheet(
        f"Balance âgée {french.day(shown.situation.on).replace('/', '-')}",
        ["Compte", "Débiteur", "SIREN", "Créancier", "Suivi par", *(c.label for c in columns)],
        _export_rows(answer, [column.key for column in columns]),
        money=frozenset(range(5, 5 + len(columns))),
    )
    mode = f"-{shown.situation.mode.value}" if shown.situation.past else ""
    name = f"balance-agee-{shown.situation.on:%Y-%m-%d}{mode}"
    return _file(sheet, name, (request.POST or request.GET).get("format", ""))


@page(Capability.EXPORT, section=SCREEN)
@require_GET
def export_behind(request: HttpRequest, column: str) -> HttpResponseBase:
    """Give the lines behind a figure as a spreadsheet with their total."""
    shown, account = lines_asked(request, column)
    situation, filters = shown.situation, shown.filters
    rows: list[Sequence[Cell]] = []
    if column != "credit":
        claims = reports.claims_behind(
            situation.on, filters, column=column, mode=situation.mode, limit=MOST_EXPORTED
        )
        rows += [
            [
                line.number,
                line.name,
                line.ref or line.label,
                line.issued_on,
                line.due_on,
                line.late,
                line.amount_cents,
                line.cents,
            ]
            for line in claims.lines
        ]
    if column in {"credit", "balance"}:
        found = reports.credits_behind(
            situation.on, filters, mode=situation.mode, limit=MOST_EXPORTED
        )
        rows += [
            [
                line.number,
                line.name,
                f"{PaymentKind(line.kind).label} {line.label}".strip(),
                line.value_date,
                None,
                None,
                -line.amount_cents,
                line.cents,
            ]
            for line in found.lines
        ]
    total = sum(int(row[-1] or 0) for row in rows)  # type: ignore[arg-type]
    sheet = Sheet(
        BEHIND_TITLES[column],
        [
            "Compte",
            "Débiteur",
            "Pièce",
            "Date",
            "Échéance",
            "Retard (jours)",
            "Montant",
            "Reste dû",
        ],
        [*rows, ["", "Total", "", None, None, None, None, total]],
        money=frozenset({6, 7}),
    )
    whose = f"-{account.number}" if account else ""
    name = f"{column.replace('_', '-')}{whose}-{situation.on:%Y-%m-%d}"
    return _file(sheet, name, request.GET.get("format", ""))


def _export_rows(answer: reports.Ageing, keys: Sequence[str]) -> Iterator[Sequence[Cell]]:
    for row in answer.rows:
        figures = [_figure(row.amounts, key, row.difference) for key in keys]
        yield [row.number, row.name, row.siren, row.creditor, row.collector, *figures]
    totals = [_figure(answer.totals, key, answer.difference) for key in keys]
    words = french.count(answer.accounts, "compte")
    yield ["", f"Total, {words}", "", "", "", *totals]


def _figure(amounts: reports.Amounts, key: str, difference: int | None) -> int | None:
    return difference if key == "difference" else getattr(amounts, key)


def _file(sheet: Sheet, name: str, kind: str) -> HttpResponseBase:
    if kind == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")
