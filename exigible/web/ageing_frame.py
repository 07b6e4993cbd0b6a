"""What an address of *Balance âgée* asks for: the day, the filters, the sort; and the rows that answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.http import Http404, HttpRequest, QueryDict

from exigible.domain import french
from exigible.domain.refusals import WrongInput
from exigible.domain.text_keys import name_key
from exigible.reports import ageing as reports
from exigible.reports.ageing import AgeingFilters, Mode, Since
from exigible.store.keyset import Order
from exigible.store.models import Account, DebtorKind
from exigible.store.queries import accounts as reads
from exigible.store.queries.access import portfolio_ids, visible_figures
from exigible.store.queries.runs import day_was_run
from exigible.web import clock, listing, shared_filters
from exigible.web.access import person
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.ticked import Ticked, ticked
from exigible.web.typed import cents_of, day_of, looks_like_amount, row_number, searched

SCREEN = "ageing"

MOST_AT_ONCE = 5_000
MOST_EXPORTED = 1_000_000  # what a spreadsheet can hold

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

SORTS = {
    "nom": Order("name_key"),
    **{
        name: Order(column, descending=True)
        for name, column in reports.SORTS.items()
        if name != "nom"
    },
}

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


def ticked_accounts(request: HttpRequest) -> Ticked:
    """What is ticked of the accounts shown, those that one may not see included."""
    return ticked(request, "compte", most=MOST_AT_ONCE)


def visible_accounts(request: HttpRequest, ids: Sequence[int]) -> list[int]:
    figures = visible_figures(person(request)).filter(account_id__in=ids)
    return list(figures.order_by("account_id").values_list("account_id", flat=True))


def answer_of(shown: Shown, order: Order, *, limit: int, offset: int = 0) -> reports.Ageing:
    return reports.ageing(
        shown.situation.on,
        shown.filters,
        mode=shown.situation.mode,
        compare=shown.situation.compare,
        from_figures=shown.from_figures,
        sort=sort_name(order, SORTS),
        limit=limit,
        offset=offset,
    )


def sort_name(order: Order, sorts: dict[str, Order]) -> str:
    """The name of a sort, as the report wants it: « -echu » for the largest first."""
    name = next(name for name, one in sorts.items() if one.column == order.column)
    return f"-{name}" if order.descending else name


def lines_asked(request: HttpRequest, column: str) -> tuple[Shown, Account | None]:
    """Read the address of a figure's lines: the view's, narrowed to one account if it names one."""
    if column not in BEHIND_TITLES:
        raise Http404
    shown = read(request, request.GET)
    wanted = request.GET.get("compte", "")
    if not wanted:
        return _of_its_accounts(shown), None
    account = (
        Account.objects.select_related("debtor", "creditor")
        .filter(pk__in=visible_accounts(request, [row_number(wanted) or 0]))
        .first()
    )
    if account is None:
        raise Http404
    filters = replace(shown.filters, account_ids=[account.pk], older_than=None, with_credit=False)
    return replace(shown, filters=filters), account


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


def _of_its_accounts(shown: Shown) -> Shown:
    """Narrow to the accounts of the view, where what they owe decides which they are."""
    if shown.filters.older_than is None and not shown.filters.with_credit:
        return shown
    rows = answer_of(shown, SORTS["echu"], limit=MOST_EXPORTED).rows
    ids = [row.account_id for row in rows]
    filters = replace(shown.filters, account_ids=ids, older_than=None, with_credit=False)
    return replace(shown, filters=filters)
