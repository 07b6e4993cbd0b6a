"""*Pièces*: the documents, filed on accounts, named, linked to the claims they prove, withdrawn.

`exhibit_drops` receives them, `exhibits_missing` says what claims still lack.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.exhibits import KIND_LABELS, ExhibitKind
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.roles import Capability
from exigible.operations import exhibits as operations
from exigible.operations.acts import By
from exigible.operations.documents import (
    DamagedDocument,
    open_document,
    path_of,
    read_document,
)
from exigible.store.keyset import read_page
from exigible.store.models import Account, Exhibit
from exigible.store.queries import exhibits as reads
from exigible.store.queries.access import visible_accounts
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, forms, listing, shared_filters
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, attached, in_asked_format
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.ticked import Ticked, ticked
from exigible.web.typed import row_number, row_numbers, searched
from exigible.web.views import exhibit_drops

SCREEN = "exhibits"
PAGE = 100
MOST_AT_ONCE = 500
COLUMNS = (
    listing.Column("file", "Pièce", sort="nom", place="name"),
    listing.Column("kind", "Nature", sort="nature", place="state"),
    listing.Column("account", "Compte"),
    listing.Column("claims", "Prouve", optional=True),
    listing.Column("size", "Taille", sort="taille", numeric=True, optional=True),
    listing.Column("on", "Reçue", sort="recent", numeric=True, place="late"),
)
BUILT_IN = (
    listing.BuiltIn("tout", "Toutes les pièces", ""),
    listing.BuiltIn("a-classer", "À classer", "compte=aucun"),
    listing.BuiltIn("a-confirmer", "Nature à confirmer", "nature=devinee"),
    listing.BuiltIn("sans-creance", "Sans créance", "creance=aucune"),
)
GUESSED = "devinee"
SHOWN_TEXT = 20_000


# ---- the list


@page(Capability.SEE_ACCOUNTS, section=SCREEN)
def exhibits(request: HttpRequest) -> HttpResponse:
    """The documents, latest first; a POST receives files, to be read in the background."""
    user = person(request)
    form = exhibit_drops.form_of(request)
    if request.method == "POST":
        if not user.may(Capability.WORK_ACCOUNTS):
            raise Http404
        if received := exhibit_drops.receive(request, form):
            return received
    bar = filter_bar(request)
    asked_sort, order = listing.chosen_order(request.GET, reads.SORTS, "recent")
    found = reads.rows(user, wanted(request, bar))
    try:
        slice_ = read_page(found, order, size=PAGE, cursor=request.GET.get("suite", ""))
    except ValueError:
        raise Http404 from None
    count = found.count()
    claims = reads.claims_of(slice_.rows)
    response = render(
        request,
        "exhibits/list.html",
        {
            "form": form,
            "bar": bar,
            "search": searched(request.GET),
            "headers": listing.headers(COLUMNS, request.GET, reads.SORTS, asked_sort),
            "rows": [(row, claims.get(row.pk, [])) for row in slice_.rows],
            "count": count,
            "under_way": reads.drops_under_way(user),
            "screen": SCREEN,
            "next_cursor": slice_.next_cursor,
            "first_page": not request.GET.get("suite"),
            "views": listing.views(request, SCREEN, BUILT_IN, user),
            "query": request.GET.urlencode(),
            "may": rights(request),
        },
        status=422 if form.is_bound else 200,
    )
    return answers.announce(response, french.count(count, "pièce affichée", "pièces affichées"))


def rights(request: HttpRequest) -> dict[str, bool]:
    """What the person may do with documents."""
    user = person(request)
    return {
        "work": user.may(Capability.WORK_ACCOUNTS),
        "export": user.may(Capability.EXPORT),
    }


@page(Capability.EXPORT, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list, or what is ticked, as a spreadsheet."""
    found = _chosen(request, ticked(request, "piece")).order_by("-pk")

    def lines() -> Iterator[Sequence[Cell]]:
        for one in found.iterator(chunk_size=2000):
            account = one.account
            yield [
                one.title or one.filename,
                one.filename,
                one.get_kind_display(),
                account.number if account else "",
                account.debtor.name if account else "",
                one.creditor.name,
                one.dated_on,
                one.recorded_at.date(),
                one.pages,
                one.sha256,
            ]

    sheet = Sheet(
        "Pièces",
        [
            "Pièce",
            "Fichier",
            "Nature",
            "Compte",
            "Débiteur",
            "Créancier",
            "Datée du",
            "Reçue le",
            "Pages",
            "SHA-256",
        ],
        lines(),
    )
    return in_asked_format(request, sheet, f"pieces-{clock.today():%Y-%m-%d}")


# ---- one document


@page(Capability.SEE_ACCOUNTS, section=SCREEN)
@require_GET
def exhibit(request: HttpRequest, exhibit_id: int) -> HttpResponse:
    """One document: what it looks like, what it says, what it proves."""
    found = exhibit_or_404(request, exhibit_id)
    seen = reads.visible(person(request))
    claims = reads.claims_of([found]).get(found.pk, [])
    needs = {one.claim.pk: one.needs for one in reads.lacking(claims)}
    return render(
        request,
        "exhibits/exhibit.html",
        {
            "exhibit": found,
            "claims": [(claim, needs[claim.pk]) for claim in claims],
            "enclosed": seen.filter(enclosing=found).defer("text").order_by("pk"),
            "enclosing": seen.filter(pk=found.enclosing_id).defer("text").first(),
            "arrival": found.arrivals.exclude(note="").first(),
            "by": names_of([found.recorded_by]).get(found.recorded_by, ""),
            "text": found.text.strip()[:SHOWN_TEXT],
            "text_cut": len(found.text.strip()) > SHOWN_TEXT,
            "may": rights(request),
        },
    )


@page(Capability.SEE_ACCOUNTS, section=SCREEN)
@require_GET
def original(request: HttpRequest, exhibit_id: int) -> HttpResponseBase:
    """Give the document as it was received, as a download: nothing of it runs here."""
    found = exhibit_or_404(request, exhibit_id)
    try:
        with open_document(found.document):  # read again, against what was received
            pass
    except DamagedDocument:
        raise Http404 from None
    response = FileResponse(path_of(found.sha256).open("rb"), content_type=found.media_type)
    return attached(response, found.filename)


@page(Capability.SEE_ACCOUNTS, section=SCREEN)
@require_GET
def preview(request: HttpRequest, exhibit_id: int) -> HttpResponse:
    """Give the picture of the first page, drawn when the document was received."""
    found = exhibit_or_404(request, exhibit_id)
    if found.preview is None:
        raise Http404
    try:
        content = read_document(found.preview)
    except DamagedDocument:
        raise Http404 from None
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response


@page(Capability.WORK_ACCOUNTS, section=SCREEN)
def link(request: HttpRequest, exhibit_id: int) -> HttpResponse:
    """Say which claims of its account a document proves."""
    found = exhibit_or_404(request, exhibit_id)
    if found.account is None:
        raise Http404
    refused: Refused | None = None
    if request.method == "POST":
        try:
            operations.link_claims(
                found.pk,
                row_numbers(request.POST.getlist("creance")),
                by=By.user(person(request)),
                at=clock.now(),
            )
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(request, "Créances notées.", back=_address(found))
    return answers.dialog(
        request,
        "exhibits/link_dialog.html",
        title="Ce que cette pièce prouve",
        action=reverse("link_exhibit", args=[found.pk]),
        back=_address(found),
        refused=refused,
        verb="Noter les créances",
        claims=reads.open_claims(found.account),
        linked={claim.pk for claim in reads.claims_of([found]).get(found.pk, [])},
    )


# ---- acts on one document or many


@dataclass(frozen=True, slots=True)
class Verb:
    """An act on documents: its words, its form, what it does."""

    title: str
    verb: str
    form: type[forms.ActForm]
    apply: Callable[[HttpRequest, Sequence[Exhibit], dict[str, Any], By, datetime], int]
    done: tuple[str, str]


def _classified(
    request: HttpRequest, found: Sequence[Exhibit], data: dict[str, Any], by: By, at: datetime
) -> int:
    operations.classify([one.pk for one in found], data["kind"], by=by, at=at)
    return len(found)


def _filed(
    request: HttpRequest, found: Sequence[Exhibit], data: dict[str, Any], by: By, at: datetime
) -> int:
    creditor_id = _one_creditor(found)
    if data["chosen"]:
        accounts = list(
            visible_accounts(person(request)).filter(
                pk=row_number(data["chosen"]), creditor_id=creditor_id
            )
        )
    else:
        accounts = list(reads.accounts_like(person(request), data["account"].strip(), creditor_id))
    if not accounts:
        raise WrongInput(
            "no_account",
            "Aucun compte de ce créancier ne porte ce numéro ni ce nom.",
            field="account",
        )
    if len(accounts) > 1:
        raise ManyAccounts(accounts)
    operations.file_on([one.pk for one in found], accounts[0].pk, by=by, at=at)
    return len(found)


def _one_creditor(found: Sequence[Exhibit]) -> int:
    creditors = {one.creditor_id for one in found}
    if len(creditors) > 1:
        raise WrongInput(
            "exhibit_creditors",
            "Ces pièces sont de plusieurs créanciers. Classez celles d’un seul à la fois.",
            field="account",
        )
    return creditors.pop()


class ManyAccounts(WrongInput):
    """Several accounts answer to what was typed: the form offers them."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        super().__init__(
            "many_accounts",
            "Plusieurs comptes répondent. Choisissez le vôtre ci-dessous.",
            field="account",
        )
        self.accounts = accounts


def _propose(
    request: HttpRequest, form: forms.ExhibitAccountForm, chosen: Sequence[Exhibit]
) -> None:
    """Offer the accounts that a document speaks of, with the reason; the first is chosen."""
    if len(chosen) != 1:
        return
    suggested = reads.accounts_suggested(person(request), chosen[0])
    form.offer([(one, f"{one.debtor.name} ({one.number}) : {why}") for one, why in suggested])


def _withdrawn(
    request: HttpRequest, found: Sequence[Exhibit], data: dict[str, Any], by: By, at: datetime
) -> int:
    return operations.withdraw([one.pk for one in found], reason=data["reason"], by=by, at=at)


VERBS = {
    "nature": Verb(
        "Nature de {}",
        "Noter la nature",
        forms.ExhibitKindForm,
        _classified,
        ("pièce qualifiée", "pièces qualifiées"),
    ),
    "compte": Verb(
        "Classer {} sur un compte",
        "Classer",
        forms.ExhibitAccountForm,
        _filed,
        ("pièce classée", "pièces classées"),
    ),
    "retirer": Verb(
        "Retirer {}",
        "Retirer",
        forms.ReasonForm,
        _withdrawn,
        ("pièce retirée", "pièces retirées"),
    ),
}


@page(Capability.WORK_ACCOUNTS, section=SCREEN)
@require_POST
def in_bulk(request: HttpRequest, verb: str) -> HttpResponse:
    """Preview, then do, one act on the documents ticked or on the whole view."""
    act = VERBS.get(verb)
    if act is None:
        raise Http404
    ticks = ticked(request, "piece", most=MOST_AT_ONCE)
    found = _chosen(request, ticks).order_by("-pk")
    chosen = list(found[:MOST_AT_ONCE])
    confirmed = bool(request.POST.get("fait"))
    form = act.form(request.POST if confirmed else None, today=clock.today())
    if isinstance(form, forms.ExhibitKindForm):
        form.choose("kind", [(kind.value, KIND_LABELS[kind]) for kind in ExhibitKind])
        form.initial["kind"] = chosen[0].kind if chosen else ""
    if isinstance(form, forms.ExhibitAccountForm):
        _propose(request, form, chosen)
    back = _address(chosen[0]) if len(chosen) == 1 else reverse(SCREEN)
    refused: Refused | None = None
    if confirmed and chosen and form.is_valid():
        by, at = By.user(person(request)), clock.now()
        try:
            done = act.apply(request, chosen, form.cleaned_data, by, at)
        except Refused as refusal:
            refused = refusal
            if isinstance(refusal, ManyAccounts) and isinstance(form, forms.ExhibitAccountForm):
                form.offer_instead(
                    [(one, f"{one.debtor.name} ({one.number})") for one in refusal.accounts]
                )
        else:
            words = f"{french.count(done, *act.done).capitalize()}."
            return answers.acted(
                request, words, back=reverse(SCREEN) if verb == "retirer" else back
            )
    words = french.count(len(chosen), "pièce")
    title = act.title.format("cette pièce" if len(chosen) == 1 else words)
    return answers.dialog(
        request,
        "exhibits/bulk_dialog.html",
        title=title,
        action=reverse("exhibits_in_bulk", args=[verb]),
        back=back,
        form=form,
        refused=refused,
        verb=act.verb if len(chosen) == 1 else f"{act.verb}, {words}",
        ticked=ticks,
        named=chosen[:12],
        more=len(chosen) - 12,
        beyond=found.count() - len(chosen),
    )


# ---- reading the address


def filter_bar(request: HttpRequest, query: Any = None) -> FilterBar:
    """The filters of *Pièces*."""
    kinds = [(kind.value, KIND_LABELS[kind]) for kind in ExhibitKind]
    filters = [
        *shared_filters.of_creditor(person(request)),
        ChoiceFilter(
            "nature",
            "Nature",
            "Nature",
            options=[(GUESSED, "à confirmer"), *kinds],
            every="toutes",
        ),
        ChoiceFilter("compte", "Compte", "Compte", options=[("aucun", "aucun")], every="tous"),
        ChoiceFilter(
            "creance", "Créance", "Créance", options=[("aucune", "aucune")], every="toutes"
        ),
    ]
    return FilterBar(filters, request.GET if query is None else query, anchor="pieces")


def wanted(request: HttpRequest, bar: FilterBar, query: Any = None) -> reads.Wanted:
    """Return what an address narrows the list to."""
    kind = bar.values.get("nature", "")
    return reads.Wanted(
        search=searched(request.GET if query is None else query),
        creditor_id=row_number(bar.values.get("creancier")),
        kind="" if kind == GUESSED else kind,
        guessed=kind == GUESSED,
        unfiled=bool(bar.values.get("compte")),
        unlinked=bool(bar.values.get("creance")),
    )


def exhibit_or_404(request: HttpRequest, exhibit_id: int) -> Exhibit:
    """Return a document that the person may see."""
    found = (
        reads.visible(person(request))
        .select_related("account__debtor", "creditor", "document", "preview", "enclosing")
        .filter(pk=exhibit_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


def _chosen(request: HttpRequest, ticks: Ticked) -> Any:
    user, query = person(request), ticks.view
    if ticks.whole:
        return reads.rows(user, wanted(request, filter_bar(request, query), query))
    return reads.rows(user, reads.Wanted()).filter(pk__in=ticks.ids)


def _address(found: Exhibit) -> str:
    return reverse("exhibit", args=[found.pk])
