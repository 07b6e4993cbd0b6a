"""*À confirmer*: what a whole open ledger no longer lists, decided one by one or many at once."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations.acts import By
from exigible.operations.table_imports import stock
from exigible.store.keyset import read_page
from exigible.store.models import StockAbsence
from exigible.store.queries import absences as reads
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, forms, listing, shared_filters
from exigible.web.access import page, person
from exigible.web.answers import Undo
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import AmountFilter, ChoiceFilter, Filter, FilterBar
from exigible.web.ticked import ticked
from exigible.web.typed import cents_of, looks_like_amount, row_number, searched

SCREEN = "imports"
PAGE = 100
MOST_AT_ONCE = 2000
TABS = {reads.OPEN: "À confirmer", reads.DECIDED: "Décidées"}
Outcome = StockAbsence.Outcome
COLUMNS = (
    listing.Column("debtor", "Débiteur", sort="nom", place="name"),
    listing.Column("ref", "Facture", sort="facture", place="state"),
    listing.Column("due", "Échéance", sort="echeance", numeric=True, place="late"),
    listing.Column("amount", "Absent du fichier, €", sort="montant", numeric=True, place="main"),
    listing.Column("balance", "Reste dû, €", numeric=True, optional=True),
    listing.Column("file", "Constaté dans", sort="depuis", optional=True),
    listing.Column("state", "État", place="state"),
)
# What is accepted: title and button of its dialog, and what it means.
VERBS: dict[str, tuple[Outcome, str, str]] = {
    "reglees": (
        Outcome.PAID,
        "Accepter comme réglées",
        "Un règlement de la somme absente est enregistré au jour dit et affecté à chaque facture.",
    ),
    "avoirs": (
        Outcome.CREDITED,
        "Accepter comme avoirs",
        "Un avoir de la somme absente est enregistré au jour dit et affecté à chaque facture.",
    ),
    "annulees": (
        Outcome.CANCELLED,
        "Accepter comme annulées",
        "La facture est contrepassée comme si elle n’avait jamais été due ; un avoir la solde si "
        "quelque chose l’a déjà mouvementée.",
    ),
    "dues": (
        Outcome.STILL_DUE,
        "Laisser dues",
        "Rien ne change. L’absence ne sera pas signalée de nouveau pour la même somme.",
    ),
}


@page(Capability.IMPORT, section=SCREEN)
def absences(request: HttpRequest) -> HttpResponse:
    """What is to be confirmed, or what was decided."""
    query = request.GET
    tab = _tab(query)
    bar = filter_bar(request, tab)
    found = _found(request, query, bar)
    asked_sort, order = listing.chosen_order(query, reads.SORTS, "montant")
    try:
        slice_ = read_page(reads.with_all(found), order, size=PAGE, cursor=query.get("suite", ""))
    except ValueError:
        raise Http404 from None
    total = reads.total(found)
    names = names_of(row.decided_by for row in slice_.rows)
    columns = [one for one in COLUMNS if one.key != "state" or tab == reads.DECIDED]
    response = render(
        request,
        "imports/absences.html",
        {
            "tab": tab,
            "tabs": TABS,
            "bar": bar,
            "search": searched(query),
            "headers": listing.headers(columns, query, reads.SORTS, asked_sort),
            "rows": [(row, names.get(row.decided_by, "")) for row in slice_.rows],
            "total": total,
            "may_decide": person(request).may(Capability.RECORD_PAYMENTS),
            "may_export": person(request).may(Capability.EXPORT),
            "next_cursor": slice_.next_cursor,
            "first_page": not query.get("suite"),
            "query": query.urlencode(),
        },
    )
    return answers.announce(
        response, french.count(total.rows, "créance affichée", "créances affichées")
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def decide(request: HttpRequest, verb: str) -> HttpResponse:
    """Preview, then take, one answer on the lines ticked or on the whole view."""
    if verb not in VERBS:
        raise Http404
    outcome, words, intro = VERBS[verb]
    ticks = ticked(request, "ligne", most=MOST_AT_ONCE)
    query = ticks.view
    found = _found(request, query, filter_bar(request, reads.OPEN, query), tab=reads.OPEN)
    if not ticks.whole:
        found = found.filter(pk__in=ticks.ids)
    total = reads.total(found)
    chosen = list(found.order_by("-amount_cents", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
    confirmed = bool(request.POST.get("fait"))
    form = forms.AcceptAbsencesForm(
        request.POST if confirmed else None,
        today=clock.today(),
        initial={"on": french.day(clock.today())},
    )
    if outcome == Outcome.STILL_DUE:
        del form.fields["on"]
    back = f"{reverse('absences')}?{query.urlencode()}"
    claims = french.count(len(chosen), "créance")
    doubtful = _doubtful(outcome, chosen)
    refused: Refused | None = None
    if confirmed and doubtful and not request.POST.get("certain"):
        refused = Refused(
            stock.COVERS_LITTLE,
            "Leur fichier ne couvrait qu’une petite part de l’encours : cochez que chacune est bien "
            "soldée, ou décidez-en une à une.",
        )
    elif not chosen:
        refused = Refused("nothing", "Aucune de ces créances n’est plus à confirmer.")
    elif confirmed and form.is_valid():
        try:
            done = stock.decide_many(
                chosen,
                outcome=outcome,
                on=form.cleaned_data.get("on") or clock.today(),
                by=By.user(person(request)),
                at=clock.now(),
            )
        except Refused as refusal:
            refused = refusal
        else:
            undo = (
                Undo(reverse("take_back_absence", args=[chosen[0]]))
                if len(chosen) == 1 and done.done
                else None
            )
            said = f"{french.count(done.done, 'créance décidée', 'créances décidées')}, {french.euros(done.cents)}."
            if done.aside:
                return answers.acted_on_many(request, said, aside=done.aside, back=back)
            return answers.acted(request, said, back=back, undo=undo)
    return answers.dialog(
        request,
        "imports/absences_dialog.html",
        title=f"{words} : {claims}",
        action=reverse("decide_absences", args=[verb]),
        back=back,
        form=form,
        refused=refused,
        verb=f"{words} : {claims}",
        intro=intro,
        doubtful=doubtful,
        ticked=ticks,
        total=total,
        words=claims,
        beyond=total.rows - len(chosen),
        most=MOST_AT_ONCE,
    )


def _doubtful(outcome: Outcome, chosen: Sequence[int]) -> int:
    """Return how many of several absences come from a file too small to be the whole ledger."""
    if outcome == Outcome.STILL_DUE or len(chosen) < 2:
        return 0
    return (
        StockAbsence.objects.filter(pk__in=chosen, batch__problems__code=stock.COVERS_LITTLE)
        .distinct()
        .count()
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def take_back(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Reverse one decision: the claim is owed again, and to be confirmed."""
    absence = reads.rows(person(request), reads.Wanted(tab=reads.DECIDED)).filter(pk=absence_id)
    if not absence.exists():
        raise Http404
    back = f"{reverse('absences')}?onglet={reads.DECIDED}"
    try:
        stock.take_back(absence_id, by=By.user(person(request)), at=clock.now())
    except Refused as refusal:
        return answers.refused(request, refusal, back=back)
    return answers.acted(
        request, "Décision contrepassée : la créance est de nouveau à confirmer.", back=back
    )


@page(Capability.EXPORT, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the view, or what is ticked, as a spreadsheet, with its evidence."""
    ticks = ticked(request, "ligne")
    query = ticks.view
    found = _found(request, query, filter_bar(request, _tab(query), query))
    if not ticks.whole:
        found = found.filter(pk__in=ticks.ids)
    names = names_of(found.values_list("decided_by", flat=True).distinct())

    def lines() -> Iterator[Sequence[Cell]]:
        for one in reads.with_all(found).order_by("pk").iterator(chunk_size=1000):
            yield [
                one.account.number,
                one.account.debtor.name,
                one.claim.ref,
                one.claim.issued_on,
                one.claim.due_on,
                one.amount_cents,
                one.claim.currency,
                one.claim.balance_cents,
                one.batch.filename,
                one.noticed_on,
                one.get_outcome_display() if one.outcome else "à confirmer",
                one.decided_on,
                names.get(one.decided_by, "") if one.decided_by else "",
                one.batch.sha256,
            ]

    sheet = Sheet(
        "À confirmer",
        [
            "Code client",
            "Débiteur",
            "Facture",
            "Date",
            "Échéance",
            "Absent du fichier",
            "Devise",
            "Reste dû",
            "Fichier",
            "Constaté le",
            "Décision",
            "Au",
            "Par",
            "Empreinte du fichier",
        ],
        lines(),
        money=frozenset({5, 7}),
    )
    name = f"absences-a-confirmer-{clock.today():%Y-%m-%d}"
    if (request.POST or request.GET).get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


# ---- shared


def filter_bar(request: HttpRequest, tab: str, query: QueryDict | None = None) -> FilterBar:
    """The filters of a tab, read from the address (or from a query sent along)."""
    filters: list[Filter] = list(shared_filters.of_creditor(person(request)))
    filters.append(AmountFilter("plus_de", "Montant", "Au moins"))
    if tab == reads.DECIDED:
        filters.append(
            ChoiceFilter(
                "issue",
                "Décision",
                "Décision",
                options=[(value, str(label)) for value, label in Outcome.choices],
                every="toutes",
            )
        )
    return FilterBar(filters, request.GET if query is None else query, anchor="absences")


def _found(
    request: HttpRequest, query: QueryDict, bar: FilterBar, *, tab: str | None = None
) -> QuerySet[Any]:
    search = searched(query)
    return reads.rows(
        person(request),
        reads.Wanted(
            tab=_tab(query) if tab is None else tab,
            search=search,
            cents=cents_of(search) if looks_like_amount(search) else None,
            creditor_id=row_number(bar.values.get("creancier")),
            batch_id=row_number(query.get("import")),
            least_cents=bar.values.get("plus_de"),
            outcome=bar.values.get("issue", ""),
        ),
    )


def _tab(query: QueryDict) -> str:
    tab = query.get("onglet", reads.OPEN)
    if tab not in TABS:
        raise Http404
    return tab
