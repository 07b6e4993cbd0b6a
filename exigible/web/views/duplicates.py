"""*Doublons*: debtors known twice, merged or said apart by a person, and what was decided taken back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
from exigible.jobs import queue_duplicates
from exigible.operations import duplicates as search
from exigible.operations import merging
from exigible.operations.acts import By
from exigible.store.keyset import read_page
from exigible.store.models import Account, Debtor, DebtorMerge, DebtorsApart, DuplicatePair
from exigible.store.queries import duplicates as reads
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, forms, identity_words, listing, shared_filters
from exigible.web.access import page, person
from exigible.web.answers import Undo
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.ticked import ticked
from exigible.web.typed import cents_of, looks_like_amount, row_number, searched

SCREEN = "duplicates"
PAGE = 50
MOST_AT_ONCE = 200
TABS = {"": "À trancher", "reunis": "Réunis", "distincts": "Dits distincts"}
COLUMNS = (
    listing.Column("debtors", "Débiteurs", sort="nom", place="name"),
    listing.Column("why", "Pourquoi"),
    listing.Column("score", "Certitude", sort="score", place="state"),
    listing.Column("balance", "Encours, €", numeric=True, place="main"),
)


@dataclass(frozen=True, slots=True)
class Side:
    """One debtor of a pair, with what he weighs and where he leads."""

    debtor: Debtor
    weight: reads.Weight
    account: Account | None


@dataclass(frozen=True, slots=True)
class Row:
    """A pair, a merge or a pair said apart, as the list shows it."""

    row: DuplicatePair | DebtorMerge | DebtorsApart
    one: Side
    other: Side
    who: str = ""

    @property
    def chip(self) -> object:
        assert isinstance(self.row, DuplicatePair)
        return identity_words.certainty(self.row.score)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        found = getattr(self.row, "reasons", [])
        return [(identity_words.reason(one), identity_words.signed(one[1])) for one in found]

    @property
    def balance_cents(self) -> int:
        return self.one.weight.balance_cents + self.other.weight.balance_cents


@page(Capability.COMPLETE_DATA, section=SCREEN)
@require_GET
def duplicates(request: HttpRequest) -> HttpResponse:
    """The pairs that wait; by tab, those merged and those said apart."""
    user, tab = person(request), _tab(request.GET)
    bar = filter_bar(request)
    sorts = reads.PAST_SORTS if tab else reads.SORTS
    asked, order = listing.chosen_order(request.GET, sorts, "jour" if tab else "score")
    found = _found(request, request.GET, bar)
    cursor = request.GET.get("suite", "")
    try:
        read = read_page(found, order, size=PAGE, cursor=cursor)
    except ValueError:
        raise Http404 from None
    total = found.count()
    response = render(
        request,
        "duplicates/page.html",
        {
            "tab": tab,
            "tabs": TABS,
            "bar": bar,
            "search": searched(request.GET),
            "headers": listing.headers(COLUMNS, request.GET, sorts, asked),
            "rows": _rows(read.rows),
            "total": total,
            "next_cursor": read.next_cursor,
            "first_page": not cursor,
            "query": request.GET.urlencode(),
            "last": reads.last_search(),
            "may_merge": user.may(Capability.MERGE_DEBTORS),
            "may_export": user.may(Capability.EXPORT),
        },
    )
    words = ("paire affichée", "paires affichées")
    return answers.announce(response, french.count(total, *words))


# ---- one pair


@page(Capability.MERGE_DEBTORS, section=SCREEN)
def merge(request: HttpRequest, pair_id: int) -> HttpResponse:
    """Preview a merge: who is kept, what he takes; then do it."""
    pair = _pair(request, pair_id)
    kept, merged = merging.suggested(pair.first, pair.second)
    chosen = row_number((request.POST or request.GET).get("garde"))
    if chosen == merged.pk:
        kept, merged = merged, kept
    ids = (kept.pk, merged.pk)
    refused: Refused | None = None
    form = forms.ActForm(
        request.POST if request.POST.get("fait") else None,
        today=clock.today(),
        initial={"version": merging.versions(ids)},
    )
    if form.is_valid():
        take = [part for part in merging.CHOSEN if request.POST.get(f"prendre-{part}")]
        try:
            made = merging.merge(
                kept.pk,
                merged.pk,
                take=take,
                expected_versions=form.cleaned_data["version"],
                **_signed(request),
            )
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(
                request,
                f"{merged.name} est réuni avec {kept.name}.",
                back=reverse(SCREEN),
                undo=Undo(reverse("undo_merge", args=[made.pk]), "Défaire"),
            )
    sides = _sides([kept, merged])
    return answers.dialog(
        request,
        "duplicates/merge_dialog.html",
        title="Réunir ces deux débiteurs",
        action=request.path,
        back=reverse(SCREEN),
        form=form,
        refused=refused,
        verb="Réunir",
        pair=pair,
        kept=sides[kept.pk],
        merged=sides[merged.pk],
        accounts=list(reads.accounts_of([merged.pk])),
        reasons=[
            (identity_words.reason(one), identity_words.signed(one[1])) for one in pair.reasons
        ],
        parts=[
            (part, label, _shown(kept, part), _shown(merged, part), filled)
            for part, label, filled in merging.differences(kept, merged)
        ],
    )


@page(Capability.MERGE_DEBTORS, section=SCREEN)
@require_POST
def set_apart(request: HttpRequest, pair_id: int) -> HttpResponse:
    """Say that a pair is of two different debtors."""
    pair = _pair(request, pair_id)
    try:
        apart = search.set_apart(pair.first_id, pair.second_id, **_by(request))
    except Refused as refusal:
        return answers.refused(request, refusal, back=reverse(SCREEN))
    return answers.acted(
        request,
        "Ces deux débiteurs ne seront plus proposés.",
        back=reverse(SCREEN),
        undo=Undo(reverse("bring_back_pair", args=[apart.pk]), "Annuler"),
    )


@page(Capability.MERGE_DEBTORS, section=SCREEN)
@require_POST
def bring_back(request: HttpRequest, apart_id: int) -> HttpResponse:
    """Propose again a pair that was said apart."""
    apart = reads.aparts(person(request)).filter(pk=apart_id).first()
    if apart is None:
        raise Http404
    back = f"{reverse(SCREEN)}?voir=distincts"
    try:
        search.bring_back(apart.pk, **_by(request))
    except Refused as refusal:
        return answers.refused(request, refusal, back=back)
    return answers.acted(request, "La paire est de nouveau proposée.", back=back)


@page(Capability.MERGE_DEBTORS, section=SCREEN)
@require_POST
def undo_merge(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take a merge back whole; what somebody wrote since is said and stays."""
    made = reads.merges(person(request)).filter(pk=merge_id).first()
    if made is None:
        raise Http404
    back = f"{reverse(SCREEN)}?voir=reunis"
    try:
        undone = merging.undo_merge(made.pk, **_signed(request))
    except Refused as refusal:
        return answers.refused(request, refusal, back=back)
    words = "La réunion est défaite : chaque compte est revenu à son débiteur."
    if undone.left:
        left = ", ".join(merging.LABELS[part] for part in undone.left)
        words += f" Changé depuis, et laissé tel quel : {left}."
    return answers.acted(request, words, back=back)


@page(Capability.MERGE_DEBTORS, section=SCREEN)
@require_POST
def search_again(request: HttpRequest) -> HttpResponse:
    """Queue a search over everybody."""
    queue_duplicates()
    return answers.acted(
        request,
        "La recherche est lancée. Rechargez la page dans une minute.",
        back=reverse(SCREEN),
    )


# ---- many pairs


@dataclass(frozen=True, slots=True)
class Verb:
    """An act on many pairs: what it does, what it says."""

    title: str
    verb: str
    intro: str
    apply: Callable[[DuplicatePair, dict[str, Any]], object]
    done: tuple[str, str]


def _merge_suggested(pair: DuplicatePair, signed: dict[str, Any]) -> object:
    first, second = (_kept_now(one) for one in (pair.first, pair.second))
    if first.pk == second.pk:
        return None  # another pair of the same lot brought them together
    kept, merged = merging.suggested(first, second)
    return merging.merge(kept.pk, merged.pk, **signed)


def _kept_now(debtor: Debtor) -> Debtor:
    """Follow a debtor to the one kept, if a merge brought him elsewhere meanwhile."""
    found = Debtor.objects.get(pk=debtor.pk)
    while found.merged_into_id is not None:
        found = Debtor.objects.get(pk=found.merged_into_id)
    return found


VERBS: dict[str, Verb] = {
    "reunir": Verb(
        "Réunir {}",
        "Réunir",
        "Chaque paire garde le débiteur le mieux connu, qui prend ce qui lui manque. Chaque réunion se "
        "défait seule, dans « Réunis ».",
        _merge_suggested,
        ("paire réunie", "paires réunies"),
    ),
    "distincts": Verb(
        "Dire distincts les débiteurs de {}",
        "Dire distincts",
        "Ces paires ne seront plus proposées. Cela se reprend, dans « Dits distincts ».",
        lambda pair, signed: search.set_apart(
            pair.first_id, pair.second_id, by=signed["by"], at=signed["at"]
        ),
        ("paire écartée", "paires écartées"),
    ),
}


@page(Capability.MERGE_DEBTORS, section=SCREEN)
@require_POST
def in_bulk(request: HttpRequest, verb: str) -> HttpResponse:
    """Preview, then do, one act on the pairs ticked or on the whole view."""
    act = VERBS.get(verb)
    if act is None:
        raise Http404
    ticks = ticked(request, "paire")
    found: QuerySet[Any]
    if ticks.whole and not _tab(ticks.view):
        found = _found(request, ticks.view, filter_bar(request, ticks.view))
    else:
        found = reads.pairs(person(request)).filter(pk__in=ticks.ids)
    total = found.count()
    chosen = list(found.select_related("first", "second").order_by("-score", "pk")[:MOST_AT_ONCE])
    confirmed = bool(request.POST.get("fait"))
    form = forms.ActForm(request.POST if confirmed else None, today=clock.today())
    back = f"{reverse(SCREEN)}?{ticks.view.urlencode()}"
    if confirmed and form.is_valid():
        return _carry_out(request, act, chosen, back=back)
    words = french.count(len(chosen), "paire")
    return answers.dialog(
        request,
        "duplicates/bulk_dialog.html",
        title=act.title.format(words),
        action=reverse("duplicates_in_bulk", args=[verb]),
        back=back,
        form=form,
        verb=f"{act.verb} ({words})",
        intro=act.intro,
        ticked=ticks,
        beyond=total - len(chosen),
        most=MOST_AT_ONCE,
        names=[(one.first.name, one.second.name) for one in chosen[:20]],
    )


def _carry_out(
    request: HttpRequest, act: Verb, chosen: Sequence[DuplicatePair], *, back: str
) -> HttpResponse:
    signed = _signed(request)
    done = 0
    aside: list[tuple[Account, str]] = []
    for pair in chosen:
        try:
            act.apply(pair, signed)
        except Refused as refusal:
            account = reads.accounts_of([pair.first_id]).select_related("debtor").first()
            if account is not None:
                aside.append((account, refusal.message))
        else:
            done += 1
    words = f"{french.count(done, *act.done)}."
    return answers.acted_on_many(request, words, aside=aside, back=back)


@page(Capability.COMPLETE_DATA, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the pairs that wait, those ticked or the whole view, as a spreadsheet."""
    ticks = ticked(request, "paire")
    query = ticks.view
    if _tab(query):
        raise Http404
    found = _found(request, query, filter_bar(request, query))
    if not ticks.whole:
        found = found.filter(pk__in=ticks.ids)
    sheet = Sheet(
        "Doublons",
        [
            "Certitude",
            "Nom",
            "SIREN",
            "Ville",
            "Comptes",
            "Encours",
            "Autre nom",
            "Autre SIREN",
            "Autre ville",
            "Autres comptes",
            "Autre encours",
            "Pourquoi",
        ],
        _lines(found),
        money=frozenset({5, 10}),
    )
    name = f"doublons-{clock.today():%Y-%m-%d}"
    if (request.POST or request.GET).get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


def _lines(found: QuerySet[DuplicatePair]) -> Iterator[Sequence[Cell]]:
    batch: list[DuplicatePair] = []
    for pair in found.order_by("-score", "pk").iterator(chunk_size=1000):
        batch.append(pair)
        if len(batch) == 1000:
            yield from _cells(batch)
            batch = []
    yield from _cells(batch)


def _cells(batch: Sequence[DuplicatePair]) -> Iterator[Sequence[Cell]]:
    for row in _rows(batch):
        assert isinstance(row.row, DuplicatePair)
        sides: list[Cell] = []
        for side in (row.one, row.other):
            sides += [
                side.debtor.name,
                side.debtor.siren,
                side.debtor.city,
                side.weight.accounts,
                side.weight.balance_cents,
            ]
        yield [row.row.score, *sides, ", ".join(words for words, _ in row.reasons)]


# ---- shared


def filter_bar(request: HttpRequest, query: QueryDict | None = None) -> FilterBar:
    """The filters of the pairs, read from the address (or from a query sent along)."""
    filters = [
        *shared_filters.of_creditor(person(request)),
        ChoiceFilter(
            "certitude",
            "Certitude",
            "Certitude",
            options=identity_words.CERTAINTIES,
            every="toutes",
        ),
        ChoiceFilter(
            "commun", "Ont en commun", "Même", options=identity_words.SHARED, every="tout"
        ),
    ]
    return FilterBar(filters, request.GET if query is None else query, anchor="doublons")


def _found(request: HttpRequest, query: QueryDict, bar: FilterBar) -> QuerySet[Any]:
    user, tab, words = person(request), _tab(query), searched(query)
    if tab == "reunis":
        return reads.merges(user, search=words).select_related("kept", "merged")
    if tab == "distincts":
        return reads.aparts(user, search=words).select_related("first", "second")
    cents = cents_of(words) if looks_like_amount(words) else None
    found = reads.pairs(user, search=words, search_cents=cents)
    if certainty := bar.values.get("certitude"):
        found = found.filter(score__range=identity_words.bounds(certainty))
    if shared := bar.values.get("commun"):
        found = found.filter(reasons__contains=[[shared]])
    if creditor := row_number(bar.values.get("creancier")):
        ids = Account.objects.filter(creditor_id=creditor).values("debtor_id")
        found = found.filter(first_id__in=ids) | found.filter(second_id__in=ids)
    return found.select_related("first", "second")


def _rows(found: Sequence[Any]) -> list[Row]:
    both = [
        (row.kept, row.merged) if isinstance(row, DebtorMerge) else (row.first, row.second)
        for row in found
    ]
    sides = _sides([debtor for pair in both for debtor in pair])
    people = names_of(getattr(row, "recorded_by", None) for row in found)
    return [
        Row(row, sides[one.pk], sides[other.pk], people.get(getattr(row, "recorded_by", None), ""))
        for row, (one, other) in zip(found, both, strict=True)
    ]


def _sides(debtors: Sequence[Debtor]) -> dict[int, Side]:
    ids = [debtor.pk for debtor in debtors]
    weights = reads.weights_of(ids)
    accounts: dict[int, Account] = {}
    for account in reads.accounts_of(ids):
        accounts.setdefault(account.debtor_id, account)
    return {
        debtor.pk: Side(debtor, weights.get(debtor.pk, reads.Weight()), accounts.get(debtor.pk))
        for debtor in debtors
    }


def _pair(request: HttpRequest, pair_id: int) -> DuplicatePair:
    pair = reads.pairs(person(request)).select_related("first", "second").filter(pk=pair_id).first()
    if pair is None:
        raise Http404
    return pair


def _shown(debtor: Debtor, part: str) -> str:
    if part == "kind":
        return str(debtor.get_kind_display())
    if part == "address":
        lines = (
            debtor.address_line1,
            debtor.address_line2,
            f"{debtor.postcode} {debtor.city}".strip(),
        )
        return ", ".join(filter(None, lines))
    return str(getattr(debtor, part))


def _tab(query: QueryDict) -> str:
    tab = query.get("voir", "")
    if tab not in TABS:
        raise Http404
    return tab


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"by": By.user(person(request)), "at": clock.now()}


def _signed(request: HttpRequest) -> dict[str, Any]:
    return {"on": clock.today(), **_by(request)}
