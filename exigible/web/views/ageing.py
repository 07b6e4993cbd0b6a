"""*Balance âgée*: where the money lies, any day, and the lines behind each figure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.refusals import WrongInput
from exigible.domain.roles import Capability
from exigible.domain.text_keys import name_key
from exigible.operations import chasing
from exigible.operations.acts import By
from exigible.reports import ageing as reports
from exigible.reports.ageing import AgeingFilters, Mode, Since
from exigible.store.keyset import Order
from exigible.store.models import Account, DebtorKind, PaymentKind
from exigible.store.queries import accounts as reads
from exigible.store.queries.access import portfolio_ids, visible_figures
from exigible.store.queries.runs import day_was_run
from exigible.web import answers, clock, forms, listing, shared_filters
from exigible.web.access import page, person, personal
from exigible.web.age_strip import age_strip, overdue_share
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, FilterBar, without
from exigible.web.typed import (
    cents_of,
    day_of,
    looks_like_amount,
    row_number,
    row_numbers,
    searched,
)
from exigible.web.views import accounts

SCREEN = "ageing"
PAGE = 100
MOST_AT_ONCE = 5_000
MOST_EXPORTED = 1_000_000  # what a spreadsheet can hold
LEDGER_SECONDS = 300  # how long a comparison with the ledger stays good for the same total
FIRST_DAY = date(2000, 1, 1)
COLUMNS = (
    listing.Column("account", "Compte", sort="nom", place="name"),
    listing.Column("state", "État", place="state"),
    listing.Column("collector", "Suivi par", optional=True),
    listing.Column("not_due", "Non échu", sort="non_echu", numeric=True),
    listing.Column("bills", "dont effets", sort="effets", numeric=True),
    listing.Column("late_30", "1 à 30 j", sort="30", numeric=True),
    listing.Column("late_60", "31 à 60 j", sort="60", numeric=True),
    listing.Column("late_90", "61 à 90 j", sort="90", numeric=True),
    listing.Column("late_180", "91 à 180 j", sort="180", numeric=True),
    listing.Column("late_more", "> 180 j", sort="plus", numeric=True),
    listing.Column("credit", "Crédit", sort="credit", numeric=True),
    listing.Column("overdue", "Échu", sort="echu", numeric=True, place="main"),
    listing.Column("balance", "Encours", sort="encours", numeric=True, place="late"),
    listing.Column("difference", "Écart depuis", sort="ecart", numeric=True),
)
FIGURES = tuple(column.key for column in COLUMNS[3:])
SORTS = {
    "nom": Order("name_key"),
    **{
        name: Order(column, descending=True)
        for name, column in reports.SORTS.items()
        if name != "nom"
    },
}
BUILT_IN = (
    listing.BuiltIn("tout", "Tout le portefeuille", ""),
    listing.BuiltIn("echus", "Échus", "retard=0"),
    listing.BuiltIn("a-moi", "Mes comptes échus", "charge=moi&retard=0"),
    listing.BuiltIn("anciens", "Plus de 60 jours", "retard=60"),
    listing.BuiltIn("publics", "Acheteurs publics", "qualite=public_purchaser"),
    listing.BuiltIn("credits", "Crédits à affecter", "credit=oui&tri=credit"),
)
BEHIND_TITLES = {
    "not_due": "Non échu",
    "bills": "Effets à échoir",
    "late_30": "1 à 30 jours de retard",
    "late_60": "31 à 60 jours de retard",
    "late_90": "61 à 90 jours de retard",
    "late_180": "91 à 180 jours de retard",
    "late_more": "Plus de 180 jours de retard",
    "overdue": "Échu",
    "credit": "Crédit non affecté",
    "balance": "Encours",
}
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


@dataclass(frozen=True, slots=True)
class Situation:
    """The day shown, which facts count, whether the two ways of counting are compared."""

    on: date
    today: date
    mode: Mode = Mode.RECOMPUTED
    compare: bool = False
    error: str = ""
    typed: str = ""

    @property
    def past(self) -> bool:
        return self.on < self.today

    @property
    def presets(self) -> list[tuple[str, date]]:
        """The ends of the last month, quarter and year."""
        month = self.today.replace(day=1) - timedelta(days=1)
        quarter_month = (self.today.month - 1) // 3 * 3 + 1
        quarter = self.today.replace(month=quarter_month, day=1) - timedelta(days=1)
        year = date(self.today.year - 1, 12, 31)
        days = [
            ("Fin du mois dernier", month),
            ("Fin du trimestre", quarter),
            ("Fin de l’année", year),
        ]
        return [
            pair for index, pair in enumerate(days) if pair[1] not in {d for _, d in days[:index]}
        ]


@dataclass(frozen=True, slots=True)
class Shown:
    """What an address asks for: the day, the filters, the sort."""

    situation: Situation
    bar: FilterBar
    search: str
    filters: AgeingFilters
    from_figures: bool

    @property
    def whole(self) -> bool:
        """Say whether the view holds every line of its accounts: its total is then the ledger's."""
        filters = self.filters
        return filters.with_disputes and filters.older_than is None and not filters.with_credit


@page(Capability.SEE_AGEING, section=SCREEN)
@require_GET
def ageing(request: HttpRequest) -> HttpResponse:
    """The page: strip, totals, one row an account; `au` shows another day."""
    user = person(request)
    shown = read(request, request.GET)
    situation = shown.situation
    asked_sort, order = listing.chosen_order(request.GET, SORTS, "echu")
    wanted_page = _page_number(request)
    answer = _ageing(shown, order, limit=PAGE, offset=(wanted_page - 1) * PAGE)
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
    shown, account = _behind(request, column)
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
            sort=_sql_sort(order, BEHIND_SORTS),
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


# ---- exports


@page(Capability.EXPORT, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the view, or what is ticked, as a spreadsheet with its totals."""
    if request.method == "POST":
        shown = read(request, QueryDict(request.POST.get("requete", "")))
        query = QueryDict(request.POST.get("requete", ""))
        if not request.POST.get("tout"):
            ids = _visible(request, _ids(request))
            shown = replace(shown, filters=replace(shown.filters, account_ids=ids))
    else:
        shown, query = read(request, request.GET), request.GET
    _, order = listing.chosen_order(query, SORTS, "echu")
    answer = _ageing(shown, order, limit=MOST_EXPORTED)
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
    shown, account = _behind(request, column)
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


# ---- acts on many accounts


@personal(section=SCREEN)
@require_POST
def in_bulk(request: HttpRequest, verb: str) -> HttpResponse:
    """Preview, then do, one act on the accounts ticked or on the whole view of today."""
    act, user = accounts.VERBS.get(verb), person(request)
    if act is None or not user.may(act.capability) or not user.may(Capability.SEE_AGEING):
        raise Http404
    ids, beyond = _chosen(request)
    if not ids:
        return _nothing_ticked(request)
    figures = reads.with_account(visible_figures(user).filter(account_id__in=ids))
    chosen = list(figures.order_by("-chased_cents", "account_id"))
    form = act.form(request.POST if request.POST.get("fait") else None, today=clock.today())
    accounts.offer(form, request)
    if form.is_valid():
        rows = [row.account for row in chosen]
        return accounts.carry_out(request, act, rows, form.cleaned_data, back=reverse(SCREEN))
    words = french.count(len(chosen), "compte")
    return answers.dialog(
        request,
        "ageing/bulk_dialog.html",
        title=act.title.format(words),
        action=reverse("ageing_in_bulk", args=[verb]),
        back=reverse(SCREEN),
        form=form,
        verb=f"{act.verb} {words}",
        overdue=sum(row.overdue_cents for row in chosen),
        **_carried(request, len(chosen), beyond),
    )


@page(Capability.WORK_ACCOUNTS, section=SCREEN)
@require_POST
def chase(request: HttpRequest) -> HttpResponse:
    """Prepare the reminder proposed on each account ticked; it then waits in *Envois*."""
    user, today = person(request), clock.today()
    ids, beyond = _chosen(request)
    if not ids:
        return _nothing_ticked(request)
    plan = chasing.plan(ids, on=today)
    if request.POST.get("fait") and plan.fit:
        outcome = chasing.prepare(
            [step.account_id for step in plan.fit], on=today, by=By.user(user), at=clock.now()
        )
        return _chased(request, outcome, plan)
    words = french.count(len(plan.fit), "relance")
    return answers.dialog(
        request,
        "ageing/chase_dialog.html",
        title=f"Préparer {words}" if plan.fit else "Aucune relance à préparer",
        action=reverse("ageing_chase"),
        back=reverse(SCREEN),
        form=forms.ActForm(None, today=today),
        verb=f"Préparer {words}",
        plan=plan,
        cents=sum(step.amount_cents for step in plan.fit),
        **_carried(request, len(ids), beyond),
    )


def _chased(request: HttpRequest, outcome: chasing.Outcome, plan: chasing.Plan) -> HttpResponse:
    if outcome.queued:
        words = (
            f"{french.count(outcome.queued, 'relance')} en préparation{french.NO_BREAK}: elles "
            "arrivent dans Envois, à valider."
        )
        return answers.acted(request, words, back=reverse(SCREEN))
    words = (
        f"{french.count(outcome.prepared, 'relance préparée', 'relances préparées')}, à valider dans "
        "Envois."
    )
    if not outcome.aside:
        return answers.acted(request, words, back=reverse(SCREEN))
    return render(
        request,
        "accounts/bulk_done.html",
        {
            "layout": "components/dialog.html"
            if answers.is_fragment(request)
            else "components/dialog_page.html",
            "page_title": words,
            "aside": outcome.aside,
            "action": "",
            "back": reverse(SCREEN),
        },
    )


def _nothing_ticked(request: HttpRequest) -> HttpResponse:
    return answers.dialog(
        request,
        "ageing/nothing_ticked.html",
        title="Aucun compte coché",
        action=reverse(SCREEN),
        back=reverse(SCREEN),
    )


def _carried(request: HttpRequest, count: int, beyond: int) -> dict[str, Any]:
    """What the dialog sends back: the whole view, or the accounts one by one."""
    whole = bool(request.POST.get("tout"))
    return {
        "whole": whole,
        "requete": request.POST.get("requete", ""),
        "ids": [] if whole else _ids(request),
        "count": count,
        "beyond": beyond,
    }


def _chosen(request: HttpRequest) -> tuple[list[int], int]:
    """Return the accounts ticked, or those of the whole view, and how many are left out."""
    if not request.POST.get("tout"):
        return _visible(request, _ids(request)), 0
    query = QueryDict(request.POST.get("requete", ""))
    shown = read(request, query)
    if shown.situation.past:
        raise Http404
    answer = _ageing(shown, SORTS["echu"], limit=MOST_AT_ONCE)
    return [row.account_id for row in answer.rows], answer.accounts - len(answer.rows)


def _ids(request: HttpRequest) -> list[int]:
    return row_numbers(request.POST.getlist("compte")[:MOST_AT_ONCE])


def _visible(request: HttpRequest, ids: Sequence[int]) -> list[int]:
    figures = visible_figures(person(request)).filter(account_id__in=ids)
    return list(figures.order_by("account_id").values_list("account_id", flat=True))


# ---- reading the address


def read(request: HttpRequest, query: QueryDict) -> Shown:
    """Understand an address: day, mode, filters, search."""
    user, today = person(request), clock.today()
    situation = _situation(query, today)
    bar = filter_bar(request, query)
    values = bar.values
    collector = values.get("charge", "")
    search = searched(query)
    older_than = values.get("retard")
    filters = AgeingFilters(
        portfolio_ids=None
        if user.all_portfolios and not user.current_creditor_id
        else portfolio_ids(user),
        account_ids=_found(search) if search else None,
        creditor_id=row_number(values.get("creancier")),
        collector_id={"": None, "moi": user.pk, "personne": reports.NOBODY}.get(
            collector, row_number(collector)
        ),
        debtor_kind=values.get("qualite", ""),
        older_than=int(older_than) if older_than else None,
        with_credit=bool(values.get("credit")),
        with_disputes=values.get("litiges") != "exclus",
        since=Since(values.get("depuis", Since.DUE)),
    )
    from_figures = not situation.past and filters.figures_suffice and day_was_run(today)
    return Shown(situation, bar, search, filters, from_figures)


def filter_bar(request: HttpRequest, query: QueryDict) -> FilterBar:
    """The filters of *Balance âgée*."""
    user = person(request)
    filters = shared_filters.of_creditor(user)
    filters += [
        shared_filters.of_collector(user),
        ChoiceFilter(
            "qualite",
            "Qualité",
            "Qualité",
            options=[(kind.value, str(kind.label)) for kind in DebtorKind],
            every="toutes",
        ),
        ChoiceFilter(
            "retard",
            "Retard",
            "En retard",
            options=[
                ("0", "d’un jour au moins"),
                *((str(days), f"de plus de {days} jours") for days in reports.BOUNDS),
            ],
            every="ou non",
        ),
        ChoiceFilter(
            "litiges",
            "Litiges",
            "Litiges",
            options=[("exclus", "exclus")],
            every="inclus",
        ),
        ChoiceFilter(
            "depuis",
            "Ancienneté",
            "Ancienneté",
            options=[(Since.ISSUED.value, "depuis l’émission")],
            every="depuis l’échéance",
        ),
        ChoiceFilter(
            "credit", "Crédit", "Crédit", options=[("oui", "à affecter")], every="indifférent"
        ),
    ]
    return FilterBar(filters, query, anchor="balance")


def _situation(query: QueryDict, today: date) -> Situation:
    typed = query.get("au", "").strip()[:40]
    if not typed:
        return Situation(today, today)
    try:
        on = day_of(typed, today=today)
        if on > today:
            raise WrongInput(
                "future",
                f"Le {french.day(on)} n’est pas encore passé. Choisissez aujourd’hui ou avant.",
            )
        if on < FIRST_DAY:
            raise WrongInput("too_old", f"La situation se lit depuis le {french.day(FIRST_DAY)}.")
    except WrongInput as wrong:
        return Situation(today, today, error=wrong.message, typed=typed)
    if on == today:
        return Situation(today, today)
    mode = query.get("mode", Mode.RECOMPUTED)
    return Situation(
        on,
        today,
        mode=Mode(mode) if mode in set(Mode) else Mode.RECOMPUTED,
        compare=bool(query.get("ecart")),
        typed=french.day(on),
    )


def _found(search: str) -> list[int]:
    """The accounts a search finds, as *Comptes* does."""
    cents = cents_of(search) if looks_like_amount(search) else None
    if not name_key(search):
        return []
    return list(reads.matching(search, cents).values_list("pk", flat=True))


def _ageing(shown: Shown, order: Order, *, limit: int, offset: int = 0) -> reports.Ageing:
    return reports.ageing(
        shown.situation.on,
        shown.filters,
        mode=shown.situation.mode,
        compare=shown.situation.compare,
        from_figures=shown.from_figures,
        sort=_sql_sort(order, SORTS),
        limit=limit,
        offset=offset,
    )


def _sql_sort(order: Order, sorts: dict[str, Order]) -> str:
    """The name of a sort, as the report wants it: « -echu » for the largest first."""
    name = next(name for name, one in sorts.items() if one.column == order.column)
    return f"-{name}" if order.descending else name


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


def _behind(request: HttpRequest, column: str) -> tuple[Shown, Account | None]:
    """Read the address of a figure's lines: the view's, narrowed to one account if it names one."""
    if column not in BEHIND_TITLES:
        raise Http404
    shown = read(request, request.GET)
    wanted = request.GET.get("compte", "")
    if not wanted:
        return _of_its_accounts(shown), None
    account = (
        Account.objects.select_related("debtor", "creditor")
        .filter(pk__in=_visible(request, [row_number(wanted) or 0]))
        .first()
    )
    if account is None:
        raise Http404
    filters = replace(shown.filters, account_ids=[account.pk], older_than=None, with_credit=False)
    return replace(shown, filters=filters), account


def _of_its_accounts(shown: Shown) -> Shown:
    """Narrow to the accounts of the view, where what they owe decides which they are."""
    if shown.filters.older_than is None and not shown.filters.with_credit:
        return shown
    rows = _ageing(shown, SORTS["echu"], limit=MOST_EXPORTED).rows
    ids = [row.account_id for row in rows]
    filters = replace(shown.filters, account_ids=ids, older_than=None, with_credit=False)
    return replace(shown, filters=filters)


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
