"""*Imports*, one of them: followed as it is read, what was understood and written, problem by problem."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.intake.formats import BANK
from exigible.intake.report import COUNTED, WRITTEN
from exigible.operations import imports as operations
from exigible.operations import undoing
from exigible.operations.acts import By
from exigible.operations.documents import DamagedDocument, path_of
from exigible.store.keyset import read_page
from exigible.store.models import ImportBatch, ImportProblem
from exigible.store.queries import imports as reads
from exigible.store.queries import incomplete
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, forms, listing, wording
from exigible.web.access import page, person
from exigible.web.exports import (
    Cell,
    Sheet,
    attached,
    in_asked_format,
)
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.typed import searched
from exigible.web.views.import_wizard import batch_of, in_words, totals_of

SCREEN = "imports"
PAGE = 100
SLOW_TO_START = timedelta(seconds=20)  # then the page says that nothing has taken the file yet
SHEETS = ("xlsx", "xls", "ods")
PROBLEM_COLUMNS = (
    listing.Column("line", "Ligne", sort="ligne", numeric=True, place="late"),
    listing.Column("severity", "Gravité", sort="gravite", place="state"),
    listing.Column("field", "Champ", sort="champ"),
    listing.Column("message", "Ce qui ne va pas", place="name"),
)
DELIMITERS = {
    ";": "point-virgule",
    "\t": "tabulation",
    "|": "barre verticale",
    ",": "virgule",
}


@dataclass(frozen=True, slots=True)
class Understood:
    """What was read in a file, in words."""

    encoding: str
    delimiter: str
    columns: list[str]
    period: tuple[str, str, str] | None
    siren: str
    counts: list[str]
    totals: list[tuple[str, int, str]]
    written: list[str]
    never_chased: int

    @classmethod
    def of(cls, batch: ImportBatch) -> "Understood":
        kept: dict[str, Any] = batch.summary
        period = kept.get("period") or {}
        encoding = str(kept.get("encoding", ""))
        return cls(
            encoding=f"classeur {encoding.upper()}" if encoding in SHEETS else encoding,
            delimiter=DELIMITERS.get(str(kept.get("delimiter", "")), ""),
            columns=[wording.field_of_file(str(name)) for name in kept.get("columns", [])],
            period=(period["from"], period["to"], period["closing"])
            if period.get("from") and period.get("to")
            else None,
            siren=str(period.get("siren") or ""),
            counts=in_words(kept.get("counts", {}), COUNTED),
            totals=totals_of(kept),
            written=in_words(kept.get("written", {}), WRITTEN),
            never_chased=int(kept.get("never_chased_count", 0)),
        )


@page(Capability.IMPORT, section=SCREEN)
@require_GET
def detail(request: HttpRequest, import_id: int) -> HttpResponse:
    """One import as it goes, then what it understood, wrote, and found wrong."""
    batch = batch_of(request, import_id)
    if batch.status in reads.PREPARED:
        return answers.go_to(request, reverse("prepare_import", args=[batch.pk]))
    bar = problem_filters(request, batch)
    asked_sort, order = listing.chosen_order(request.GET, reads.PROBLEM_SORTS, "ligne")
    found = _problems(request, batch, bar)
    try:
        slice_ = read_page(found, order, size=PAGE, cursor=request.GET.get("suite", ""))
    except ValueError:
        raise Http404 from None
    waiting = batch.status == ImportBatch.Status.WAITING
    context = {
        "batch": batch,
        "brought_by": names_of([batch.created_by]).get(batch.created_by, "")  # type: ignore[arg-type]
        if batch.created_by
        else "",
        "label": wording.content_of(batch),
        "understood": Understood.of(batch),
        "under_way": batch.status in reads.UNDER_WAY,
        "incomplete": incomplete.waiting_count(person(request)),
        "before": reads.before(batch),
        "not_taken": waiting and clock.now() - batch.created_at > SLOW_TO_START,
        "same_file": reads.same_file(batch)
        if batch.status == ImportBatch.Status.UNCHANGED
        else None,
        "may_be_partial": operations.may_be_partial(batch),
        "is_bank": batch.format in BANK,
        "asks_account": operations.asks_account(batch),
        "may_undo": person(request).may(Capability.UNDO_IMPORTS) and undoing.may_be_undone(batch),
        "undone_on": undoing.undone_on(batch),
        "absent": batch.absences.filter(outcome="").count(),
        "blocking": ImportProblem.objects.filter(batch=batch, blocking=True).count(),
        "kept": ImportProblem.objects.filter(batch=batch).count(),
        "bar": bar,
        "search": searched(request.GET),
        "headers": listing.headers(PROBLEM_COLUMNS, request.GET, reads.PROBLEM_SORTS, asked_sort),
        "rows": slice_.rows,
        "shown": found.count(),
        "next_cursor": slice_.next_cursor,
        "first_page": not request.GET.get("suite"),
        "query": request.GET.urlencode(),
    }
    return render(request, "imports/detail.html", context)


@page(Capability.IMPORT, section=SCREEN)
@require_GET
def export_problems(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """Give the problems of an import as a spreadsheet, to be worked through beside the file."""
    batch = batch_of(request, import_id)
    found = _problems(request, batch, problem_filters(request, batch)).order_by("line", "pk")

    def lines() -> Iterator[Sequence[Cell]]:
        for problem in found.iterator(chunk_size=1000):
            yield [
                problem.line,
                "bloquant" if problem.blocking else "remarque",
                wording.field_of_file(problem.field),
                problem.message,
                problem.excerpt,
            ]

    sheet = Sheet(
        "Remarques", ["Ligne", "Gravité", "Champ", "Ce qui ne va pas", "Extrait"], lines()
    )
    return in_asked_format(request, sheet, f"remarques-import-{batch.pk}")


@page(Capability.IMPORT, section=SCREEN)
@require_GET
def original(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """Give back the file as it was received."""
    batch = batch_of(request, import_id)
    if batch.document is None:
        raise Http404
    try:
        content = path_of(batch.document.sha256).open("rb")
    except FileNotFoundError:
        raise DamagedDocument(f"{batch.document.sha256} is missing") from None
    return attached(FileResponse(content, content_type="application/octet-stream"), batch.filename)


@page(Capability.IMPORT, section=SCREEN)
@require_POST
def again(request: HttpRequest, import_id: int) -> HttpResponse:
    """Queue an interrupted import anew."""
    batch = batch_of(request, import_id)
    back = reverse("import_detail", args=[batch.pk])
    try:
        operations.run_again(batch.pk)
    except Refused as refusal:
        return answers.refused(request, refusal, back=back)
    return answers.acted(request, "Import relancé.", back=back)


@page(Capability.IMPORT, section=SCREEN)
def partially(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take a refused file but for the lines that refuse it, once a dialog has said what that means."""
    batch = batch_of(request, import_id)
    form = forms.ActForm(request.POST if request.method == "POST" else None, today=clock.today())
    refused: Refused | None = None
    if form.is_valid():
        try:
            taken = operations.take_partially(batch.pk, by=By.user(person(request)), at=clock.now())
        except Refused as refusal:
            refused = refusal
        else:
            return answers.go_to(request, reverse("import_detail", args=[taken.pk]))
    return answers.dialog(
        request,
        "imports/partial_dialog.html",
        title="Prendre ce qui est lisible ?",
        action=request.path,
        back=reverse("import_detail", args=[batch.pk]),
        form=form,
        refused=refused,
        blocking=ImportProblem.objects.filter(batch=batch, blocking=True).count(),
        batch=batch,
        verb="Prendre ce qui est lisible",
    )


@page(Capability.IMPORT, section=SCREEN)
def into_account(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take a statement refused for want of an account, once somebody says which one it is."""
    batch = batch_of(request, import_id)
    form = forms.StatementAccountForm(
        request.POST if request.method == "POST" else None, today=clock.today()
    )
    form.choose("account", operations.accounts_for(batch))
    refused: Refused | None = None
    if form.is_valid():
        try:
            taken = operations.take_into_account(
                batch.pk, form.cleaned_data["account"], by=By.user(person(request)), at=clock.now()
            )
        except Refused as refusal:
            refused = refusal
        else:
            return answers.go_to(request, reverse("import_detail", args=[taken.pk]))
    return answers.dialog(
        request,
        "imports/account_dialog.html",
        title="De quel compte bancaire est ce relevé ?",
        action=request.path,
        back=reverse("import_detail", args=[batch.pk]),
        form=form,
        refused=refused,
        batch=batch,
        verb="Importer dans ce compte",
    )


def problem_filters(request: HttpRequest, batch: ImportBatch) -> FilterBar:
    """The filters of an import's problems, read from the address."""
    return FilterBar(
        [
            ChoiceFilter(
                "gravite",
                "Gravité",
                "Gravité",
                options=[("bloquant", "bloquant"), ("remarque", "remarque")],
                every="toutes",
            ),
            ChoiceFilter(
                "champ",
                "Champ",
                "Champ",
                options=[
                    (name, wording.field_of_file(name)) for name in reads.problem_fields(batch)
                ],
            ),
        ],
        request.GET,
        anchor="remarques",
    )


def _problems(request: HttpRequest, batch: ImportBatch, bar: FilterBar) -> Any:
    return reads.problems(
        batch,
        search=searched(request.GET),
        severity=bar.values.get("gravite", ""),
        field=bar.values.get("champ", ""),
    )
