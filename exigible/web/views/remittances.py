"""Avis de paiement, relevés de reversement, bordereaux: documents received, tied to their line, withdrawn."""

from __future__ import annotations

from django import forms as django_forms
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.intake.remittances.reading import MAX_BYTES
from exigible.operations.acts import By
from exigible.operations.documents import DamagedDocument, open_document, path_of
from exigible.operations.matching import remittances as operations
from exigible.store.models import BankLine, Remittance
from exigible.store.queries.access import visible_creditors, whole_creditors
from exigible.web import answers, clock
from exigible.web.access import page, person
from exigible.web.exports import attached
from exigible.web.forms.fields import ActForm
from exigible.web.receipts_frame import (
    SCREEN,
    line_or_404,
    powers,
    search_of,
    tab_address,
    tab_of_line,
)
from exigible.web.typed import row_number

PAGE = 50
KINDS = [("", "à reconnaître"), *Remittance.Kind.choices]


class RemittanceForm(ActForm):
    """A document, and what it is if the reader should not guess."""

    file = django_forms.FileField(
        label="Document",
        help_text="PDF, courriel (EML, MSG), classeur XLSX ou CSV, 20 Mo au plus.",
        error_messages={"required": "Choisissez un fichier."},
        max_length=255,
    )
    kind = django_forms.ChoiceField(label="Nature", choices=KINDS, required=False)
    creditor = django_forms.ChoiceField(label="Créancier", required=False)

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise django_forms.ValidationError("Ce document dépasse 20 Mo.")
        return file


@page(Capability.SEE_RECEIPTS, section=SCREEN)
def remittances(request: HttpRequest) -> HttpResponse:
    """The documents received, and the form that receives one."""
    user = person(request)
    posted = request.method == "POST"
    if posted and not user.may(Capability.RECORD_PAYMENTS):
        raise Http404
    form = _form(request)
    if form.is_valid():
        creditor_id = row_number(form.cleaned_data["creditor"])
        if creditor_id not in whole_creditors(user):
            raise Http404
        try:
            made = _receive(request, form, creditor_id)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            answers.said(request, _said(made))
            return answers.go_to(request, reverse("remittances"))
    search = search_of(request)
    found = _visible(request).select_related("line", "creditor").order_by("-pk")
    if search:
        found = found.filter(
            Q(filename__icontains=search)
            | Q(sender__icontains=search)
            | Q(items__reference__icontains=search)
            | Q(items__debtor__icontains=search)
        ).distinct()
    pages = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "receipts/remittances.html",
        {
            "page": pages,
            "form": form,
            "may": powers(user),
            "search": search,
            "query": request.GET.urlencode(),
        },
        status=422 if form.errors else 200,
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
def attach(request: HttpRequest, line_id: int) -> HttpResponse:
    """Tie a document to a line. It proves for every account of the creditor: whoever sees them all may."""
    line = line_or_404(request, line_id)
    if line.creditor_id not in whole_creditors(person(request)):
        raise Http404
    form = _form(request)
    form.fields.pop("creditor")
    refused = None
    if form.is_valid():
        try:
            made = _receive(request, form, line.creditor_id, line)
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(request, _said(made), back=tab_address(tab_of_line(line), line.pk))
    return answers.dialog(
        request,
        "receipts/attach_dialog.html",
        title=f"Joindre le document de {french.euros(line.amount_cents)}",
        action=request.path,
        back=tab_address(tab_of_line(line), line.pk),
        form=form,
        refused=refused,
        verb="Joindre et lire",
        multipart=True,
        intro="Les numéros et les montants du document servent de preuve au rapprochement.",
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def withdraw(request: HttpRequest, remittance_id: int) -> HttpResponse:
    """Withdraw a document."""
    paper = _one(request, remittance_id)
    try:
        operations.withdraw(paper.pk, by=By.user(person(request)), at=clock.now())
    except Refused as refusal:
        return answers.refused(request, refusal, back=reverse("remittances"))
    return answers.acted(
        request, f"« {paper.filename} » ne sert plus de preuve.", back=reverse("remittances")
    )


@page(Capability.SEE_RECEIPTS, section=SCREEN)
@require_GET
def original(request: HttpRequest, remittance_id: int) -> HttpResponseBase:
    """Give the document as it was received, as a download: nothing of it runs here."""
    paper = _one(request, remittance_id)
    try:
        with open_document(paper.document):
            pass
    except DamagedDocument:
        raise Http404 from None
    path = path_of(paper.document.sha256)
    response = FileResponse(path.open("rb"), content_type="application/octet-stream")
    return attached(response, paper.filename)


def _form(request: HttpRequest) -> RemittanceForm:
    bound = request.method == "POST"
    form = RemittanceForm(
        request.POST if bound else None, request.FILES if bound else None, today=clock.today()
    )
    user = person(request)
    ids = whole_creditors(user)
    form.choose(
        "creditor", [(str(one.pk), one.name) for one in visible_creditors(user) if one.pk in ids]
    )
    return form


def _receive(
    request: HttpRequest,
    form: RemittanceForm,
    creditor_id: int | None,
    line: BankLine | None = None,
) -> Remittance:
    assert creditor_id is not None
    file = form.cleaned_data["file"]
    return operations.receive(
        file,
        name=file.name or "document",
        creditor_id=creditor_id,
        line_id=line.pk if line else None,
        kind=form.cleaned_data["kind"],
        by=By.user(person(request)),
        at=clock.now(),
    )


def _said(made: Remittance) -> str:
    words = f"{french.count(made.items.count(), 'pièce lue', 'pièces lues')} : {french.euros(made.net_cents)}"
    if made.fees_cents:
        words += f" après {french.euros(made.fees_cents)} de frais"
    return f"{words}. Le rapprochement reprend avec ce document."


def _visible(request: HttpRequest) -> QuerySet[Remittance]:
    user = person(request)
    found = Remittance.objects.filter(withdrawn_at__isnull=True)
    if user.current_creditor_id:
        found = found.filter(creditor_id=user.current_creditor_id)
    return found.filter(creditor_id__in=whole_creditors(user))


def _one(request: HttpRequest, remittance_id: int) -> Remittance:
    user = person(request)
    paper = (
        Remittance.objects.filter(pk=remittance_id, creditor_id__in=whole_creditors(user))
        .select_related("document")
        .first()
    )
    if paper is None:
        raise Http404
    return paper
