"""*Veille juridique*: what the law in force is made of, what is missing, entering what is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.law import Law, Parameter, shipped_law
from exigible.domain.law.dated import HALF_YEAR, DatedFact
from exigible.domain.law.scales import DatedBands, Scale
from exigible.domain.law.status import Situation, Standing, missing_since, standing, standings
from exigible.domain.law.words import band_lines, value_words
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.states import Chip
from exigible.domain.text_keys import name_key
from exigible.operations import law as operations
from exigible.operations.acts import By
from exigible.store.keyset import Order
from exigible.store.models import LawValue
from exigible.store.queries import law as reads
from exigible.store.queries.timeline import names_of
from exigible.web import answers, chips, clock, forms, listing
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, DayFilter, FilterBar
from exigible.web.typed import searched

SECTION = "law"
PAGE = 200
ENTERED = "entered"
_PRESSING = {situation: rank for rank, situation in enumerate(Situation)}
SITUATION_LABELS = {
    Situation.UNKNOWN: "inconnus",
    Situation.UNVERIFIED: "à confirmer",
    Situation.RUNS_OUT: "près de leur fin",
    Situation.CHANGES: "changeront",
    Situation.CHANGED: "changés depuis douze mois",
    Situation.NOT_YET: "pas encore en vigueur",
}
COLUMNS = (
    listing.Column("name", "Paramètre", sort="nom", place="name"),
    listing.Column("theme", "Thème", sort="theme", optional=True),
    listing.Column("value", "Valeur", numeric=True, place="main"),
    listing.Column("since", "Depuis le", sort="depuis", numeric=True, place="late"),
    listing.Column("until", "Connu jusqu’au", sort="fin", numeric=True, optional=True),
    listing.Column("source", "Texte"),
    listing.Column("state", "État", sort="etat", place="state"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a scale as the list shows it."""

    standing: Standing

    @property
    def id(self) -> str:
        return self.standing.dated.id

    @property
    def name(self) -> str:
        return self.standing.dated.name

    @property
    def theme(self) -> str:
        return self.standing.dated.theme

    @property
    def known(self) -> bool:
        return self.standing.fact is not None

    @property
    def value(self) -> str:
        shown = self.standing.shown
        return value_words(self.standing.dated.unit, shown) if shown else ""

    @property
    def to_come(self) -> bool:
        """Say whether the value shown is the first one, of a later day."""
        return self.standing.fact is None and self.standing.before is None

    @property
    def since(self) -> date | None:
        return self.standing.shown.start if self.standing.shown else None

    @property
    def until(self) -> date | None:
        return self.standing.known_through

    @property
    def source(self) -> str:
        return self.standing.shown.source if self.standing.shown else ""

    @property
    def entered(self) -> bool:
        return self.standing.fact is not None and self.standing.fact.entered

    @property
    def states(self) -> list[Chip]:
        """The chips of all that is to be known of it, the most pressing first, three at most."""
        found = [chips.LAW[situation] for situation in self.standing.situations]
        return [*found, *([chips.LAW_ENTERED] if self.entered else [])][:3]


SORTS: dict[str, Callable[[Row], Any]] = {
    "etat": lambda row: (
        _PRESSING[row.standing.main],
        name_key(row.theme),
        name_key(row.name),
    ),
    "nom": lambda row: name_key(row.name),
    "theme": lambda row: (name_key(row.theme), name_key(row.name)),
    "depuis": lambda row: (row.since or date.min, name_key(row.name)),
    "fin": lambda row: (row.until or date.max, name_key(row.name)),
}
ORDERS = {name: Order(name, descending=name == "depuis") for name in SORTS}


# ---- the list


@page(Capability.SEE_LAW, section=SECTION)
@require_GET
def law(request: HttpRequest) -> HttpResponse:
    """Every parameter on a day, what is pressing first."""
    user = person(request)
    bar = filter_bar(request)
    on = bar.values.get("au", clock.today())
    found = standings(operations.current_law(), on)
    rows = _narrowed(found, request, bar)
    asked, order = listing.chosen_order(request.GET, ORDERS, "etat")
    ranked = sorted(rows, key=SORTS[order.column], reverse=order.descending)
    response = render(
        request,
        "law/list.html",
        {
            "bar": bar,
            "search": searched(request.GET),
            "headers": listing.headers(COLUMNS, request.GET, ORDERS, asked),
            "rows": ranked,
            "count": len(ranked),
            "total": len(found),
            "on": on,
            "today": clock.today(),
            "summary": [
                (label, sum(situation in one.situations for one in found), situation.value)
                for situation, label in SITUATION_LABELS.items()
                if situation is not Situation.NOT_YET
            ],
            "held": reads.accounts_held(user.current_creditor_id) if user.all_portfolios else 0,
            "left_out": _left_out(),
            "query": request.GET.urlencode(),
        },
    )
    return answers.announce(
        response, french.count(len(ranked), "paramètre affiché", "paramètres affichés")
    )


@page(Capability.SEE_LAW, section=SECTION)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a spreadsheet."""
    bar = filter_bar(request)
    on = bar.values.get("au", clock.today())
    rows = _narrowed(standings(operations.current_law(), on), request, bar)

    def lines() -> Iterator[Sequence[Cell]]:
        for row in sorted(rows, key=SORTS["theme"]):
            one = row.standing
            yield [
                row.theme,
                row.name,
                row.value if row.known else "inconnu",
                one.fact.start if one.fact else None,
                one.known_through,
                row.source,
                one.dated.chosen_by,
                ", ".join(chip.label for chip in row.states),
                one.fact.note if one.fact else (one.missing.message if one.missing else ""),
                row.id,
            ]

    sheet = Sheet(
        "Droit",
        [
            "Thème",
            "Paramètre",
            "Valeur",
            "Depuis le",
            "Connu jusqu’au",
            "Texte",
            "Jour qui choisit la valeur",
            "État",
            "Remarque",
            "Identifiant",
        ],
        lines(),
    )
    name = f"veille-juridique-{on:%Y-%m-%d}"
    if request.GET.get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


def filter_bar(request: HttpRequest) -> FilterBar:
    """The filters of the list: situation, theme, day."""
    themes = sorted({one.theme for one in shipped_law().everything}, key=name_key)
    return FilterBar(
        [
            ChoiceFilter(
                "etat",
                "État",
                "État",
                options=[
                    *((situation.value, label) for situation, label in SITUATION_LABELS.items()),
                    (ENTERED, "saisis"),
                ],
            ),
            ChoiceFilter("theme", "Thème", "Thème", options=[(one, one) for one in themes]),
            DayFilter("au", "Situation au", "Au", today=clock.today()),
        ],
        request.GET,
        anchor="veille",
    )


def _narrowed(found: Sequence[Standing], request: HttpRequest, bar: FilterBar) -> list[Row]:
    words = name_key(searched(request.GET)).split()
    wanted, theme = bar.values.get("etat", ""), bar.values.get("theme", "")
    rows = []
    for row in map(Row, found):
        if theme and row.theme != theme:
            continue
        if wanted == ENTERED and not row.entered:
            continue
        if wanted and wanted != ENTERED and wanted not in row.standing.situations:
            continue
        text = name_key(" ".join((row.name, row.theme, row.source, row.id, row.value)))
        if all(word in text for word in words):
            rows.append(row)
    return rows


def _left_out() -> list[tuple[str, str, str]]:
    """Values entered that the product has shipped since: where, what was entered, why."""
    return [
        (
            entry.parameter,
            value_words(_unit(entry.parameter), entry.fact),
            refusal.message,
        )
        for entry, refusal in operations.left_out()
    ]


def _unit(parameter_id: str) -> str:
    dated = shipped_law().find(parameter_id)
    return dated.unit if dated else ""


# ---- one parameter


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A value of the history: bands line by line for a scale."""

    fact: DatedFact
    words: str
    bands: tuple[str, ...]
    current: bool


@page(Capability.SEE_LAW, section=SECTION)
@require_GET
def detail(request: HttpRequest, parameter: str) -> HttpResponse:
    """One parameter: its standing, all its values, what was entered, by whom."""
    user = person(request)
    current = operations.current_law()
    dated = _dated(current, parameter)
    on = clock.today()
    found = standing(dated, on)
    entered = list(reads.values_of(parameter))
    names = names_of(
        who
        for value in entered
        for who in (value.recorded_by, value.confirmed_by, value.withdrawn_by)
        if who is not None
    )
    return render(
        request,
        "law/parameter.html",
        {
            "row": Row(found),
            "one": found,
            "dated": dated,
            "missing_since": missing_since(found),
            "values": _history(dated, found),
            "entered": [
                {
                    "value": value,
                    "words": _entered_words(dated, value),
                    "by": names.get(value.recorded_by, ""),
                    "confirmed_by": names.get(value.confirmed_by, "") if value.confirmed_by else "",
                    "withdrawn_by": names.get(value.withdrawn_by, "") if value.withdrawn_by else "",
                    "mine": value.recorded_by == user.opaque_id,
                }
                for value in entered
            ],
            "may_enter": user.may(Capability.ENTER_LAW),
            "today": on,
        },
    )


def _history(dated: Parameter | Scale, found: Standing) -> list[ValueLine]:
    return [
        ValueLine(
            fact,
            value_words(dated.unit, fact),
            tuple(band_lines(dated.unit, fact)) if isinstance(fact, DatedBands) else (),
            fact is found.fact,
        )
        for fact in reversed(dated.values)
        if fact.known or fact.source
    ]


def _entered_words(dated: Parameter | Scale, value: LawValue) -> str:
    """Word a value that was entered, withdrawn or not; one of another shape shows as it is."""
    try:
        fact = operations.fact_of(dated, value)
    except Refused:
        return str(value.value)
    return value_words(dated.unit, fact)


@page(Capability.ENTER_LAW, section=SECTION)
def enter(request: HttpRequest, parameter: str) -> HttpResponse:
    """Enter a newly published value, with its day and its text."""
    dated = _dated(operations.current_law(), parameter)
    form = forms.LawValueForm(
        request.POST if request.method == "POST" else None,
        today=clock.today(),
        initial=_proposed(dated),
    )
    form.ask_for(dated.unit, scale=isinstance(dated, Scale), by_half_year=dated.period == HALF_YEAR)
    back = reverse("law_parameter", args=[dated.id])
    refused: Refused | None = None
    if form.is_valid():
        try:
            operations.enter_value(
                dated.id,
                value=form.cleaned_data["value"],
                starts_on=form.cleaned_data["start"],
                known_until=form.cleaned_data.get("known_until"),
                source=form.cleaned_data["source"],
                **_signed(request),
            )
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(
                request,
                "Valeur saisie, à confirmer par une autre personne. Les calculs l’emploient dès "
                "maintenant, les listes au prochain passage.",
                back=back,
            )
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=dated.name,
        action=request.path,
        back=back,
        form=form,
        refused=refused,
        verb="Saisir la valeur",
        intro=f"À lire dans : {dated.find_at}." if dated.find_at else "",
    )


@page(Capability.ENTER_LAW, section=SECTION)
@require_POST
def confirm(request: HttpRequest, law_value: int) -> HttpResponse:
    """Confirm a value that somebody else entered."""
    value = _value(law_value)
    back = reverse("law_parameter", args=[value.parameter])
    try:
        operations.confirm_value(value.pk, **_signed(request))
    except Refused as refusal:
        return answers.refused(request, refusal, back=back)
    return answers.acted(
        request, "Valeur confirmée : elle s’emploie sans avertissement.", back=back
    )


@page(Capability.ENTER_LAW, section=SECTION)
def withdraw(request: HttpRequest, law_value: int) -> HttpResponse:
    """Withdraw a value, with the reason."""
    value = _value(law_value)
    dated = shipped_law().find(value.parameter)
    form = forms.ReasonForm(request.POST if request.method == "POST" else None, today=clock.today())
    back = reverse("law_parameter", args=[value.parameter])
    refused: Refused | None = None
    if form.is_valid():
        try:
            operations.withdraw_value(value.pk, form.cleaned_data["reason"], **_signed(request))
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(
                request,
                "Valeur retirée. Les calculs s’en passent dès maintenant, les listes au prochain "
                "passage.",
                back=back,
            )
    words = _entered_words(dated, value) if dated else str(value.value)
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=f"Retirer la valeur {words} du {french.day(value.starts_on)} ?",
        action=request.path,
        back=back,
        form=form,
        refused=refused,
        verb="Retirer la valeur",
        intro="Elle reste au journal, avec la raison. Les décomptes déjà émis ne changent pas.",
    )


def _proposed(dated: Parameter | Scale) -> dict[str, str]:
    """Propose the day from which a value is missing and, for a scale, its last known bands."""
    found = standing(dated, clock.today())
    since = missing_since(found)
    proposed = {"start": french.day(since)} if since else {}
    if isinstance(dated, Scale):
        known = [fact for fact in dated.values if fact.known]
        proposed["value"] = "\n".join(band_lines(dated.unit, known[-1])) if known else ""
    return proposed


def _dated(current: Law, parameter_id: str) -> Parameter | Scale:
    found = current.find(parameter_id)
    if found is None:
        raise Http404
    return found


def _value(value_id: int) -> LawValue:
    value = LawValue.objects.filter(pk=value_id).first()
    if value is None or shipped_law().find(value.parameter) is None:
        raise Http404
    return value


def _signed(request: HttpRequest) -> dict[str, Any]:
    return {"by": By.user(person(request)), "at": clock.now()}
