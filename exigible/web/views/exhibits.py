"""*Pièces*: documents dropped, filed on accounts, linked to claims; and what claims still lack."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.uploadedfile import UploadedFile
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
from exigible.operations.documents import DamagedDocument, path_of, read_document
from exigible.store.keyset import read_page
from exigible.store.models import Account, Exhibit
from exigible.store.queries import exhibits as reads
from exigible.store.queries.access import visible_creditors
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, forms, listing, shared_filters
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, attached, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.ticked import Ticked, ticked
from exigible.web.typed import row_number, row_numbers, searched

SCREEN = "exhibits"
PAGE = 100
MOST_AT_ONCE = 500
MOST_FILES = 50
COLUMNS = (
    listing.Column("file", "Pièce", sort="nom", place="name"),
    listing.Column("kind", "Nature", sort="nature", place="state"),
    listing.Column("account", "Compte"),
    listing.Column("claims", "Prouve", optional=True),
    listing.Column("size", "Taille", sort="taille", numeric=True, optional=True),
    listing.Column("on", "Reçue", sort="recent", numeric=True, place="late"),
)
MISSING_COLUMNS = (
    listing.Column("claim", "Créance", sort="ref", place="name"),
    listing.Column("account", "Compte", place="state"),
    listing.Column("due_on", "Échéance", sort="echeance", numeric=True, place="late"),
    listing.Column("needs", "Ce qui manque"),
    listing.Column("balance", "Reste dû, €", sort="reste", numeric=True, place="main"),
)
BUILT_IN = (
    listing.BuiltIn("tout", "Toutes les pièces", ""),
    listing.BuiltIn("a-classer", "À classer", "compte=aucun"),
    listing.BuiltIn("a-confirmer", "Nature à confirmer", "nature=devinee"),
    listing.BuiltIn("sans-creance", "Sans créance", "creance=aucune"),
)
GUESSED = "devinee"
SHOWN_INLINE = {"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"}


# ---- the list, and receiving documents


@page(Capability.SEE_ACCOUNTS, section=SCREEN)
def exhibits(request: HttpRequest) -> HttpResponse:
    """The documents, latest first; a POST receives files, each taken or refused by itself."""
    user = person(request)
    form = receiving_form(request)
    if request.method == "POST":
        if not user.may(Capability.WORK_ACCOUNTS):
            raise Http404
        if form.is_valid():
            return _received(request, form)
    bar = filter_bar(request)
    asked_sort, order = listing.chosen_order(request.GET, reads.SORTS, "recent")
    found = reads.rows(user, wanted(request, bar))
    try:
        slice_ = read_page(found, order, size=PAGE, cursor=request.GET.get("suite", ""))
    except ValueError:
        raise Http404 from None
    count = found.count()
    response = render(
        request,
        "exhibits/list.html",
        {
            "form": form,
            "bar": bar,
            "search": searched(request.GET),
            "headers": listing.headers(COLUMNS, request.GET, reads.SORTS, asked_sort),
            "rows": slice_.rows,
            "claims": reads.claims_of(slice_.rows),
            "count": count,
            "waiting": reads.waiting_count(user),
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


def receiving_form(request: HttpRequest, account: Account | None = None) -> forms.ExhibitForm:
    """The form that receives documents, for an account or for a creditor's inbox."""
    bound = request.method == "POST"
    form = forms.ExhibitForm(
        request.POST if bound else None, request.FILES if bound else None, today=clock.today()
    )
    creditors = (
        [account.creditor] if account is not None else list(visible_creditors(person(request)))
    )
    form.choose("creditor", [(str(one.pk), one.name) for one in creditors])
    return form


def receive(
    request: HttpRequest, files: Sequence[UploadedFile], *, creditor_id: int, account_id: int | None
) -> operations.Taken:
    """Take files sent by the page, through a folder of their own."""
    with TemporaryDirectory() as folder:
        written = []
        for number, file in enumerate(files[:MOST_FILES]):
            path = Path(folder) / str(number)
            with path.open("wb") as out:
                for chunk in file.chunks():
                    out.write(chunk)
            written.append((file.name or "fichier", path))
        return operations.take(
            written,
            creditor_id=creditor_id,
            account_id=account_id,
            by=By.user(person(request)),
            at=clock.now(),
        )


def taken_words(taken: operations.Taken) -> str:
    """Say what became of files."""
    words = []
    if taken.kept:
        words.append(french.count(len(taken.kept), "pièce gardée", "pièces gardées"))
    if taken.known:
        words.append(french.count(len(taken.known), "déjà connue", "déjà connues"))
    if taken.refused:
        words.append(french.count(len(taken.refused), "refusée", "refusées"))
    return ", ".join(words) + "." if words else "Aucun fichier."


def _received(request: HttpRequest, form: forms.ExhibitForm) -> HttpResponse:
    files: list[UploadedFile] = form.cleaned_data["files"]
    creditor_id = row_number(form.cleaned_data["creditor"])
    assert creditor_id is not None
    taken = receive(request, files, creditor_id=creditor_id, account_id=None)
    for name, why in taken.refused:
        answers.warned(request, f"{name} : {why}")
    if taken.kept or taken.known:
        answers.said(request, taken_words(taken))
    one = taken.kept[0] if len(taken.kept) == 1 else None
    return answers.go_to(request, reverse("exhibit", args=[one.pk]) if one else reverse("exhibits"))


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
    return _file(request, sheet, f"pieces-{clock.today():%Y-%m-%d}")


# ---- one document


@page(Capability.SEE_ACCOUNTS, section=SCREEN)
@require_GET
def exhibit(request: HttpRequest, exhibit_id: int) -> HttpResponse:
    """One document: what it looks like, what it says, what it proves."""
    found = exhibit_or_404(request, exhibit_id)
    return render(
        request,
        "exhibits/exhibit.html",
        {
            "exhibit": found,
            "claims": reads.claims_of([found]).get(found.pk, []),
            "enclosed": reads.visible(person(request)).filter(enclosing=found).order_by("pk"),
            "by": names_of([found.recorded_by]).get(found.recorded_by, ""),
            "excerpt": found.text.strip()[:6000],
            "inline": found.media_type in SHOWN_INLINE,
            "may": rights(request),
        },
    )


@page(Capability.SEE_ACCOUNTS, section=SCREEN)
@require_GET
def original(request: HttpRequest, exhibit_id: int) -> HttpResponseBase:
    """Give the document as it was received, as a download: nothing of it runs here."""
    found = exhibit_or_404(request, exhibit_id)
    try:
        read_document(found.document)
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
    creditors = {one.creditor_id for one in found}
    if len(creditors) > 1:
        raise WrongInput(
            "exhibit_creditors",
            "Ces pièces sont de plusieurs créanciers. Classez celles d’un seul à la fois.",
            field="account",
        )
    accounts = reads.accounts_like(person(request), data["account"].strip(), creditors.pop())
    if not accounts:
        raise WrongInput(
            "no_account",
            "Aucun compte de ce créancier ne porte ce numéro ni ce nom.",
            field="account",
        )
    if len(accounts) > 1:
        some = ", ".join(f"{one.debtor.name} ({one.number})" for one in accounts[:5])
        raise WrongInput(
            "many_accounts",
            f"Plusieurs comptes répondent : {some}. Saisissez le numéro du compte.",
            field="account",
        )
    operations.file_on([one.pk for one in found], accounts[0].pk, by=by, at=at)
    return len(found)


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
    back = _address(chosen[0]) if len(chosen) == 1 else reverse(SCREEN)
    refused: Refused | None = None
    if confirmed and chosen and form.is_valid():
        by, at = By.user(person(request)), clock.now()
        try:
            done = act.apply(request, chosen, form.cleaned_data, by, at)
        except Refused as refusal:
            refused = refusal
        else:
            words = f"{french.count(done, *act.done).capitalize()}."
            return answers.acted(
                request, words, back=reverse(SCREEN) if verb == "retirer" else back
            )
    words = french.count(len(chosen), "pièce")
    return answers.dialog(
        request,
        "exhibits/bulk_dialog.html",
        title=act.title.format(words),
        action=reverse("exhibits_in_bulk", args=[verb]),
        back=back,
        form=form,
        refused=refused,
        verb=f"{act.verb}, {words}",
        ticked=ticks,
        named=chosen[:12],
        more=len(chosen) - 12,
        beyond=found.count() - len(chosen),
    )


# ---- what a judge would ask for


@page(Capability.SEE_ACCOUNTS, section=SCREEN)
@require_GET
def missing(request: HttpRequest) -> HttpResponse:
    """Claims past due, and what is not proved of each."""
    user = person(request)
    bar = FilterBar(shared_filters.of_creditor(user), request.GET, anchor="pieces")
    asked_sort, order = listing.chosen_order(request.GET, reads.MISSING_SORTS, "reste")
    found = _to_prove(request, bar)
    try:
        slice_ = read_page(found, order, size=PAGE, cursor=request.GET.get("suite", ""))
    except ValueError:
        raise Http404 from None
    rows = reads.lacking(slice_.rows)
    count = found.count()
    response = render(
        request,
        "exhibits/missing.html",
        {
            "bar": bar,
            "search": searched(request.GET),
            "headers": listing.headers(
                MISSING_COLUMNS, request.GET, reads.MISSING_SORTS, asked_sort
            ),
            "rows": rows,
            "count": count,
            "next_cursor": slice_.next_cursor,
            "first_page": not request.GET.get("suite"),
            "query": request.GET.urlencode(),
            "may": rights(request),
        },
    )
    return answers.announce(response, french.count(count, "créance affichée", "créances affichées"))


@page(Capability.EXPORT, section=SCREEN)
@require_GET
def export_missing(request: HttpRequest) -> HttpResponseBase:
    """Give the claims and what is not proved of each as a spreadsheet."""
    bar = FilterBar(shared_filters.of_creditor(person(request)), request.GET, anchor="pieces")
    found = list(_to_prove(request, bar).order_by("-balance_cents", "pk")[:50_000])

    def lines() -> Iterator[Sequence[Cell]]:
        for start in range(0, len(found), 2000):
            for one in reads.lacking(found[start : start + 2000]):
                claim = one.claim
                yield [
                    claim.account.number,
                    claim.account.debtor.name,
                    claim.ref,
                    claim.due_on,
                    claim.balance_cents,
                    " ; ".join(need.label for need in one.needs),
                ]

    sheet = Sheet(
        "Pièces manquantes",
        ["Compte", "Débiteur", "Créance", "Échéance", "Reste dû", "Ce qui manque"],
        lines(),
        money=frozenset({4}),
    )
    return _file(request, sheet, f"pieces-manquantes-{clock.today():%Y-%m-%d}")


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


def _to_prove(request: HttpRequest, bar: FilterBar) -> Any:
    return reads.claims_to_prove(
        person(request),
        creditor_id=row_number(bar.values.get("creancier")),
        late_on=clock.today(),
        search=searched(request.GET),
    )


def _address(found: Exhibit) -> str:
    return reverse("exhibit", args=[found.pk])


def _file(request: HttpRequest, sheet: Sheet, name: str) -> HttpResponseBase:
    if (request.POST or request.GET).get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")
