"""*Comptes*: find, narrow, sort, keep views, act on many accounts at once, export."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.states import CHIPS
from exigible.operations import assigning, contacts, holds
from exigible.operations.acts import By
from exigible.store.keyset import read_page
from exigible.store.models import Account, AccountFigures, DebtorKind, Phase, SavedView, Strategy
from exigible.store.queries import accounts as reads
from exigible.store.queries.ordering import by_name
from exigible.store.queries.people import colleagues
from exigible.web import answers, clock, forms, listing, shared_filters
from exigible.web.access import page, person, personal
from exigible.web.exports import Sheet, comma_separated, spreadsheet
from exigible.web.filters import AmountFilter, ChoiceFilter, DaysFilter, FilterBar
from exigible.web.ticked import Ticked, ticked
from exigible.web.typed import cents_of, looks_like_amount, row_number, searched

SCREEN = "accounts"
PAGE = 100
MOST_AT_ONCE = 5000
COLUMNS = (
    listing.Column("debtor", "Débiteur", sort="nom", place="name"),
    listing.Column("number", "Compte", sort="numero"),
    listing.Column("creditor", "Créancier", optional=True),
    listing.Column("state", "État", place="state"),
    listing.Column("chased", "Échu hors litige, €", sort="exigible", numeric=True, place="main"),
    listing.Column("disputed", "Contesté, €", sort="conteste", numeric=True, optional=True),
    listing.Column("not_due", "À échoir, €", sort="a_echoir", numeric=True, optional=True),
    listing.Column("late", "Retard", sort="retard", numeric=True, place="late"),
    listing.Column("balance", "Encours, €", sort="encours", numeric=True, extra=True),
    listing.Column("credit", "Crédit, €", sort="credit", numeric=True, extra=True),
    listing.Column("limit", "Plafond", numeric=True, extra=True),
    listing.Column("step", "Prochaine étape", optional=True, narrow=True),
    listing.Column("collector", "Suivi par", optional=True),
    listing.Column("city", "Ville", extra=True),
)
BUILT_IN = (
    listing.BuiltIn("tous", "Tous", ""),
    listing.BuiltIn("a-moi", "Les miens", "charge=moi"),
    listing.BuiltIn("promesses", "Promesses non tenues", "etat=broken_promise"),
    listing.BuiltIn("litiges", "Litiges", "etat=disputed&tri=conteste"),
    listing.BuiltIn("anciens", "Plus de 90 jours", "age=90&tri=retard"),
    listing.BuiltIn(
        "credits", "Crédits à affecter", "credit=oui&tri=credit&col=credit&col=step&col=collector"
    ),
)


@page(Capability.SEE_ACCOUNTS, section=SCREEN)
@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    """The list; `q` searches, `tri` sorts, `suite` gives the next page."""
    user, today = person(request), clock.today()
    bar = filter_bar(request)
    asked_sort, order = listing.chosen_order(request.GET, reads.SORTS, "exigible")
    found = reads.rows(user, wanted(request, bar), on=today)
    try:
        slice_ = read_page(
            reads.with_account(found), order, size=PAGE, cursor=request.GET.get("suite", "")
        )
    except ValueError:
        raise Http404 from None
    totals = reads.totals(found)
    columns = [
        column
        for column in listing.shown_columns(COLUMNS, request.GET)
        if column.key != "creditor" or bar.offers("creancier")
    ]
    steps = reads.next_steps(row.account_id for row in slice_.rows)
    context = {
        "today": today,
        "bar": bar,
        "search": searched(request.GET),
        "headers": listing.headers(columns, request.GET, reads.SORTS, asked_sort),
        "columns": {column.key for column in columns},
        "all_columns": [c for c in COLUMNS if c.optional or c.extra],
        "rows": [(row, steps.get(row.account_id)) for row in slice_.rows],
        "next_cursor": slice_.next_cursor,
        "first_page": not request.GET.get("suite"),
        "totals": totals,
        "views": listing.views(request, SCREEN, BUILT_IN, user),
        "screen": SCREEN,
        "query": request.GET.urlencode(),
        "may": {
            "assign": user.may(Capability.ASSIGN_ACCOUNTS),
            "hold": user.may(Capability.HOLD_ACCOUNTS),
            "work": user.may(Capability.WORK_ACCOUNTS),
            "export": user.may(Capability.EXPORT),
        },
    }
    response = render(request, "accounts/list.html", context)
    words = french.count(totals.accounts, "compte affiché", "comptes affichés")
    return answers.announce(response, f"{words}, {french.euros(totals.chased)} échus hors litige")


@page(Capability.EXPORT, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the view, or what is ticked, as a spreadsheet (`format=csv` for text)."""
    found = _found(request, ticked(request, "compte"))
    rows = reads.with_account(found).order_by("-chased_cents", "account_id")
    sheet = Sheet(
        "Comptes",
        [
            "Compte",
            "Débiteur",
            "SIREN",
            "Créancier",
            "Qualité",
            "État",
            "Phase",
            "Échu hors litige",
            "Échu",
            "Contesté",
            "À échoir",
            "Crédit non affecté",
            "Encours",
            "Plus ancienne échéance",
            "Suivi par",
        ],
        _export_rows(rows.iterator(chunk_size=2000)),
        money=frozenset({7, 8, 9, 10, 11, 12}),
    )
    name = f"comptes-{clock.today():%Y-%m-%d}"
    kind = (request.POST or request.GET).get("format", "xlsx")
    if kind == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


def _export_rows(rows: Iterator[AccountFigures]) -> Iterator[Sequence[str | int | date | None]]:
    for row in rows:
        account = row.account
        yield [
            account.number,
            account.debtor.name,
            account.debtor.siren,
            account.creditor.name,
            account.debtor.get_kind_display(),
            CHIPS[row.state].label if row.state in CHIPS else "",  # type: ignore[index]
            account.get_phase_display(),
            row.chased_cents,
            row.overdue_cents,
            row.disputed_cents,
            row.not_due_cents,
            row.credit_cents,
            row.balance_cents,
            row.oldest_due_on,
            account.collector.name if account.collector else "",
        ]


# ---- acts on many accounts


@dataclass(frozen=True, slots=True)
class Verb:
    """An act on many accounts: what it asks, what it does to each."""

    capability: Capability
    title: str
    verb: str
    form: type[forms.ActForm]
    apply: Callable[[Account, dict[str, Any], By, Any], object]
    done: tuple[str, str]  # « compte confié », « comptes confiés »


VERBS: dict[str, Verb] = {
    "confier": Verb(
        Capability.ASSIGN_ACCOUNTS,
        "Confier {}",
        "Confier",
        forms.AssignForm,
        lambda account, data, by, at: assigning.assign_collector(
            account.pk, row_number(data["collector"]), by=by, at=at
        ),
        ("compte confié", "comptes confiés"),
    ),
    "strategie": Verb(
        Capability.ASSIGN_ACCOUNTS,
        "Changer la stratégie de {}",
        "Changer la stratégie de",
        forms.StrategyForm,
        lambda account, data, by, at: assigning.assign_strategy(
            account.pk, int(data["strategy"]), on=clock.today(), by=by, at=at
        ),
        ("stratégie changée", "stratégies changées"),
    ),
    "suspendre": Verb(
        Capability.HOLD_ACCOUNTS,
        "Suspendre {}",
        "Suspendre",
        forms.BulkHoldForm,
        lambda account, data, by, at: holds.place_hold(
            account.pk,
            amount_cents=data["amount"],
            reason=data["reason"],
            ends_on=data["ends_on"],
            on=clock.today(),
            by=by,
            at=at,
        ),
        ("compte suspendu", "comptes suspendus"),
    ),
    "tache": Verb(
        Capability.WORK_ACCOUNTS,
        "Ajouter une tâche à {}",
        "Ajouter la tâche à",
        forms.TaskForm,
        lambda account, data, by, at: contacts.add_task(
            account.pk,
            label=data["label"],
            due_on=data["due_on"],
            assigned_to_id=row_number(data["assigned_to"]),
            on=clock.today(),
            by=by,
            at=at,
        ),
        ("tâche créée", "tâches créées"),
    ),
}


@personal(section=SCREEN)
@require_POST
def in_bulk(request: HttpRequest, verb: str) -> HttpResponse:
    """Preview, then do, one act on the accounts ticked or on the whole view."""
    act = VERBS.get(verb)
    user, today = person(request), clock.today()
    if act is None or not user.may(act.capability) or not user.may(Capability.SEE_ACCOUNTS):
        raise Http404
    ticks = ticked(request, "compte")
    found = _found(request, ticks)
    totals = reads.totals(found)
    chosen = list(reads.with_account(found).order_by("-chased_cents", "account_id")[:MOST_AT_ONCE])
    confirmed = bool(request.POST.get("fait"))
    form = act.form(request.POST if confirmed else None, today=today)
    offer(form, request)
    if confirmed and form.is_valid():
        accounts = [row.account for row in chosen]
        return carry_out(request, act, accounts, form.cleaned_data, back=reverse("accounts"))
    words = french.count(len(chosen), "compte")
    return answers.dialog(
        request,
        "accounts/bulk_dialog.html",
        title=act.title.format(words),
        action=reverse("accounts_in_bulk", args=[verb]),
        back=reverse("accounts"),
        form=form,
        verb=f"{act.verb} {words}",
        ticked=ticks,
        totals=totals,
        beyond=totals.accounts - len(chosen),
    )


def offer(form: forms.ActForm, request: HttpRequest) -> None:
    """Give the choices of an act's form their options."""
    people = colleagues(person(request))
    if isinstance(form, forms.AssignForm):
        form.choose("collector", people, nobody="personne")
    if isinstance(form, forms.TaskForm):
        form.choose("assigned_to", people, nobody="personne en particulier")
    if isinstance(form, forms.StrategyForm):
        form.choose(
            "strategy",
            [
                (str(one.pk), f"{one.name} ({one.get_audience_display()})")
                for one in Strategy.objects.filter(in_force=True).order_by(by_name())
            ],
        )


def carry_out(
    request: HttpRequest, act: Verb, chosen: list[Account], data: dict[str, Any], *, back: str
) -> HttpResponse:
    """Do the act account by account; say how many were done, and why the others were not."""
    by, at = By.user(person(request)), clock.now()
    done = 0
    aside: list[tuple[Account, str]] = []
    for account in chosen:
        try:
            act.apply(account, data, by, at)
        except Refused as refusal:
            aside.append((account, refusal.message))
        else:
            done += 1
    words = f"{french.count(done, *act.done)}."
    return answers.acted_on_many(request, words, aside=aside, back=back)


def _found(request: HttpRequest, ticks: Ticked) -> QuerySet[AccountFigures]:
    """The accounts ticked, or those of the whole view."""
    user, today, query = person(request), clock.today(), ticks.view
    if ticks.whole:
        return reads.rows(user, wanted(request, filter_bar(request, query), query), on=today)
    return reads.rows(user, reads.Wanted(), on=today).filter(account_id__in=ticks.ids)


# ---- saved views


@personal(section=SCREEN)
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the present filters, columns and sort under a name; or update the view that is open."""
    user = person(request)
    source = request.POST if request.method == "POST" else request.GET
    screen = source.get("screen", SCREEN)
    address = listing.screen_address(screen)
    query = listing.saved_query(source.get("requete", ""))
    existing = SavedView.objects.filter(
        pk=row_number(source.get("vue")) or 0, owner=user, screen=screen
    ).first()
    if request.method == "POST" and existing is not None and request.POST.get("remplacer"):
        existing.query = query
        existing.save(update_fields=["query"])
        return answers.go_to(request, f"{address}?vue={existing.pk}&{query}")
    form = forms.ViewForm(request.POST if request.method == "POST" else None, today=clock.today())
    if form.is_valid():
        name = form.cleaned_data["name"].strip()
        count = SavedView.objects.filter(owner=user, screen=screen).count()
        view, created = SavedView.objects.get_or_create(
            owner=user,
            screen=screen,
            name=name,
            defaults={"query": query, "shared": form.cleaned_data["shared"], "position": count},
        )
        if created:
            return answers.go_to(request, f"{address}?vue={view.pk}&{query}")
        form.add_error("name", "Une de vos vues porte déjà ce nom. Choisissez-en un autre.")
    return answers.dialog(
        request,
        "components/view_dialog.html",
        title="Enregistrer la vue",
        action=reverse("save_view"),
        back=address,
        form=form,
        verb="Enregistrer la vue",
        requete=query,
        screen=screen,
    )


@personal(section=SCREEN)
@require_POST
def delete_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget one of one's own views; the list stays as it is."""
    view = SavedView.objects.filter(pk=view_id, owner=person(request)).first()
    if view is None:
        raise Http404
    address = listing.screen_address(view.screen)
    view.delete()
    return answers.go_to(request, address)


# ---- filters


def filter_bar(request: HttpRequest, query: QueryDict | None = None) -> FilterBar:
    """The filters of *Comptes*, read from the address (or from a query sent along)."""
    user = person(request)
    filters = shared_filters.of_creditor(user)
    filters += [
        shared_filters.of_collector(user),
        ChoiceFilter(
            "etat",
            "État",
            "État",
            options=[(state.value, chip.label) for state, chip in CHIPS.items()],
        ),
        ChoiceFilter(
            "phase",
            "Phase",
            "Phase",
            options=[(p.value, str(p.label)) for p in Phase],
            every="toutes",
        ),
        ChoiceFilter(
            "qualite",
            "Qualité",
            "Qualité",
            options=[(k.value, str(k.label)) for k in DebtorKind],
            every="toutes",
        ),
        AmountFilter("echu", "Échu d’au moins", "Échu d’au moins"),
        DaysFilter("age", "En retard de plus de (jours)", "En retard de plus de"),
        ChoiceFilter(
            "credit", "Crédit", "Crédit", options=[("oui", "à affecter")], every="indifférent"
        ),
    ]
    return FilterBar(filters, request.GET if query is None else query, anchor="comptes")


def wanted(request: HttpRequest, bar: FilterBar, query: QueryDict | None = None) -> reads.Wanted:
    """Turn the address into what the query narrows to."""
    values = bar.values
    search = searched(request.GET if query is None else query)
    collector = values.get("charge", "")
    return reads.Wanted(
        search=search,
        search_cents=cents_of(search) if search and looks_like_amount(search) else None,
        creditor_id=row_number(values.get("creancier")),
        collector=str(person(request).pk) if collector == "moi" else collector,
        phase=values.get("phase", ""),
        state=values.get("etat", ""),
        kind=values.get("qualite", ""),
        overdue_from_cents=values.get("echu"),
        older_than_days=values.get("age"),
        with_credit=bool(values.get("credit")),
    )
