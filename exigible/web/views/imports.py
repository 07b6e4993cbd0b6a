"""*Imports*: files brought in, followed as they are read, understood, refused, problem by problem."""

from collections.abc import Sequence
from datetime import timedelta

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.intake.fec_report import read_name
from exigible.intake.formats import LABELS
from exigible.operations import imports as operations
from exigible.operations.acts import By
from exigible.store.keyset import read_page
from exigible.store.models import Creditor, ImportBatch
from exigible.store.queries import absences
from exigible.store.queries import imports as reads
from exigible.store.queries.timeline import names_of
from exigible.store.queries.ways import WAY_LABELS
from exigible.web import answers, clock, forms, listing, wording
from exigible.web.access import page, person
from exigible.web.exports import Sheet, in_asked_format
from exigible.web.filters import ChoiceFilter, Filter, FilterBar
from exigible.web.typed import row_number, searched

SCREEN = "imports"
PAGE = 100
SLOW_TO_START = timedelta(seconds=20)  # then the page says that nothing has taken the file yet
SHEETS = ("xlsx", "xls", "ods")
FROM_NAME = "nom"  # the creditor is read in the file's name
COLUMNS = (
    listing.Column("file", "Fichier", sort="nom", place="name"),
    listing.Column("creditor", "Créancier"),
    listing.Column("format", "Contenu"),
    listing.Column("way", "Voie"),
    listing.Column("state", "État", place="state"),
    listing.Column("problems", "Remarques", sort="remarques", numeric=True, place="main"),
    listing.Column("size", "Taille", sort="taille", numeric=True, optional=True),
    listing.Column("on", "Reçu", sort="recent", numeric=True, place="late"),
)


# ---- the list, and receiving files


@page(Capability.IMPORT, section=SCREEN)
def imports(request: HttpRequest) -> HttpResponse:
    """What was brought in; a POST receives files, each queued apart."""
    user = person(request)
    creditors = reads.creditors_to_import(user)
    form = _form(request, creditors)
    if request.method == "POST":
        received = _receive(request, form, creditors)
        if received:
            return _to_received(request, received)
    bar = filter_bar(request, creditors)
    asked_sort, order = listing.chosen_order(request.GET, reads.SORTS, "recent")
    found = reads.rows(user, _wanted(request, bar))
    try:
        slice_ = read_page(found, order, size=PAGE, cursor=request.GET.get("suite", ""))
    except ValueError:
        raise Http404 from None
    columns = [one for one in COLUMNS if one.key != "creditor" or len(creditors) > 1]
    names = names_of(row.created_by for row in slice_.rows)
    count = found.count()
    response = render(
        request,
        "imports/list.html",
        {
            "form": form,
            "creditors": creditors,
            "bar": bar,
            "search": searched(request.GET),
            "headers": listing.headers(columns, request.GET, reads.SORTS, asked_sort),
            "rows": [(row, names.get(row.created_by, "")) for row in slice_.rows],
            "count": count,
            "under_way": any(row.status in reads.UNDER_WAY for row in slice_.rows),
            "to_confirm": absences.waiting_count(user),
            "next_cursor": slice_.next_cursor,
            "first_page": not request.GET.get("suite"),
            "query": request.GET.urlencode(),
        },
        status=422 if form.is_bound else 200,
    )
    return answers.announce(response, french.count(count, "import affiché", "imports affichés"))


def _form(request: HttpRequest, creditors: Sequence[Creditor]) -> forms.ImportForm:
    """The form of what is received; the creditor is proposed where there is no doubt."""
    form = forms.ImportForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        today=clock.today(),
        initial={"format": forms.ImportForm.RECOGNISED},
    )
    named = [] if len(creditors) == 1 else [(FROM_NAME, "selon le fichier (son nom, son vendeur)")]
    form.choose("creditor", [*named, *((str(one.pk), one.name) for one in creditors)])
    return form


def _receive(
    request: HttpRequest, form: forms.ImportForm, creditors: Sequence[Creditor]
) -> list[ImportBatch]:
    """Keep each file and queue its import; none if one of them cannot be received."""
    if not form.is_valid():
        return []
    files: list[UploadedFile] = form.cleaned_data["files"]
    chosen = next(
        (one for one in creditors if str(one.pk) == form.cleaned_data["creditor"]),
        None,
    )
    owners = []
    for file in files:
        owner = _owner(file, form, chosen, creditors)
        if owner is None:
            return []
        owners.append(owner)
    received = []
    for file, owner in zip(files, owners, strict=True):
        try:
            received.append(
                operations.receive_file(
                    file,  # type: ignore[arg-type]
                    name=file.name or "fichier",
                    creditor=owner,
                    format_=form.format_chosen,
                    partial=form.cleaned_data["partial"],
                    queued=True,
                    prepared=True,
                    by=By.user(person(request)),
                    at=clock.now(),
                )
            )
        except Refused as refusal:
            form.add_error("files", refusal.message)
            return []
    return received


def _owner(
    file: UploadedFile,
    form: forms.ImportForm,
    chosen: Creditor | None,
    creditors: Sequence[Creditor],
) -> Creditor | None:
    """Return whose file it is; None, with an error on the form, where that is in doubt."""
    name = file.name or ""
    siren, _ = read_name(name)
    named = next((one for one in creditors if siren and one.siren == siren), None)
    if chosen is None and named is None:
        named = operations.seller_among(file, creditors)  # type: ignore[arg-type]
    if chosen is None:
        if named is None:
            form.add_error(
                "creditor",
                f"« {name} » ne dit pas à quel créancier il est"
                + (f" : aucun n’a le SIREN {siren}. " if siren else ". ")
                + "Choisissez le créancier.",
            )
        return named
    if named is not None and named != chosen and not form.cleaned_data["despite_name"]:
        form.offer_despite_name()
        form.add_error(
            "creditor",
            f"« {name} » porte le SIREN de {named.name}, et vous avez choisi {chosen.name}. Changez "
            "de créancier, ou confirmez ci-dessous.",
        )
        return None
    return chosen


def _to_received(request: HttpRequest, received: Sequence[ImportBatch]) -> HttpResponse:
    first = received[0]
    drafted = first.status == ImportBatch.Status.DRAFT
    address = (
        reverse("prepare_import" if drafted else "import_detail", args=[first.pk])
        if len(received) == 1
        else reverse("imports")
    )
    return answers.go_to(request, address)


@page(Capability.IMPORT, section=SCREEN)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a spreadsheet."""
    user = person(request)
    bar = filter_bar(request, reads.creditors_to_import(user))
    found = reads.rows(user, _wanted(request, bar)).order_by("-pk")
    names = names_of(found.values_list("created_by", flat=True).distinct())
    sheet = Sheet(
        "Imports",
        [
            "Reçu le",
            "Fichier",
            "Contenu",
            "Voie",
            "Créancier",
            "État",
            "Remarques",
            "Par",
            "Empreinte",
        ],
        (
            [
                row.created_at.date(),
                row.filename,
                wording.content_of(row),
                wording.way_words(row),
                row.creditor.name if row.creditor else "",
                row.get_status_display(),
                row.problem_count,
                names.get(row.created_by, "") if row.created_by else "",
                row.sha256,
            ]
            for row in found.iterator(chunk_size=1000)
        ),
    )
    return in_asked_format(request, sheet, f"imports-{clock.today():%Y-%m-%d}")


# ---- shared


def filter_bar(request: HttpRequest, creditors: Sequence[Creditor]) -> FilterBar:
    """The filters of the list, read from the address."""
    filters: list[Filter] = []
    if len(creditors) > 1:
        filters.append(
            ChoiceFilter(
                "creancier",
                "Créancier",
                "Créancier",
                options=[(str(one.pk), one.name) for one in creditors],
            )
        )
    filters += [
        ChoiceFilter(
            "etat",
            "État",
            "État",
            options=[(value, str(label)) for value, label in ImportBatch.Status.choices],
        ),
        ChoiceFilter(
            "contenu",
            "Contenu",
            "Contenu",
            options=[(key.value, words) for key, words in LABELS.items()],
        ),
        ChoiceFilter(
            "voie",
            "Voie",
            "Voie",
            options=[(key.value, words) for key, words in WAY_LABELS.items()],
            every="toutes",
        ),
    ]
    return FilterBar(filters, request.GET, anchor="imports")


def _wanted(request: HttpRequest, bar: FilterBar) -> reads.Wanted:
    return reads.Wanted(
        search=searched(request.GET),
        way=bar.values.get("voie", ""),
        creditor_id=row_number(bar.values.get("creancier")),
        status=bar.values.get("etat", ""),
        format=bar.values.get("contenu", ""),
    )
