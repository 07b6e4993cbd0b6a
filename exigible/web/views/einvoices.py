"""An electronic invoice as it was received: what it states, its documents, what became of it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exigible.domain.roles import Capability
from exigible.intake.einvoice.codes import type_label
from exigible.intake.formats import LABELS, Format
from exigible.operations.documents import read_document
from exigible.store.models import Account, EInvoice, EInvoiceExhibit, InvoiceStatus
from exigible.web import clock, timeline
from exigible.web.access import account_or_404, page
from exigible.web.exports import attached

REFERENCES = (
    ("order", "Commande"),
    ("sales_order", "Commande (vendeur)"),
    ("contract", "Contrat"),
    ("despatch", "Bon de livraison"),
    ("receipt", "Avis de réception"),
    ("project", "Projet"),
    ("buyer_reference", "Référence de l’acheteur"),
    ("object", "Objet facturé"),
    ("accounting_reference", "Référence comptable"),
    ("remittance", "Référence de paiement"),
)
# What the law wants on an invoice, and what else a note may be about (UNTDID 4451).
SUBJECTS = {
    "PMD": "Pénalités de retard",
    "PMT": "Indemnité forfaitaire",
    "AAB": "Escompte",
    "REG": "Vendeur",
    "ABL": "Immatriculation",
    "TXD": "TVA",
}


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def einvoice(request: HttpRequest, account_id: int, einvoice_id: int) -> HttpResponse:
    """What one document states, beside the other documents and the statuses of the same invoice."""
    account, found = _found(request, account_id, einvoice_id)
    facts = found.facts
    alike = EInvoice.objects.filter(
        account=account,
        number_key=found.number_key,
        issued_on=found.issued_on,
        withdrawn_at__isnull=True,
    ).prefetch_related("exhibits__document")
    statuses = InvoiceStatus.objects.filter(
        account=account, number_key=found.number_key, withdrawn_at__isnull=True
    ).order_by("-given_at", "-pk")
    return render(
        request,
        "accounts/einvoice.html",
        {
            "account": account,
            "einvoice": found,
            "today": clock.today(),
            "kind": type_label(found.type_code),
            "format": LABELS[Format(found.format)] if found.format in Format else found.format,
            "references": [(words, facts[key]) for key, words in REFERENCES if facts.get(key)],
            "notes": [
                (SUBJECTS.get(one.get("subject", ""), one.get("subject", "")), one.get("text", ""))
                for one in facts.get("notes", [])
            ],
            "means": facts.get("means", []),
            "terms": facts.get("terms", ""),
            "seller": facts.get("seller", {}),
            "buyer": facts.get("buyer", {}),
            "payee": facts.get("payee", {}),
            "rules": facts.get("rules", {}),
            "documents": list(alike),
            "lines": [timeline.status_line(one) for one in statuses],
        },
    )


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def document(request: HttpRequest, account_id: int, einvoice_id: int) -> HttpResponse:
    """The very bytes that were received, as a file to keep."""
    _, found = _found(request, account_id, einvoice_id)
    response = HttpResponse(read_document(found.document), content_type="application/octet-stream")
    return attached(response, found.filename)


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def exhibit(
    request: HttpRequest, account_id: int, einvoice_id: int, carried_id: int
) -> HttpResponse:
    """A file that the invoice carried, inert: never shown in the page's own name."""
    _, found = _found(request, account_id, einvoice_id)
    kept = (
        EInvoiceExhibit.objects.filter(pk=carried_id, einvoice=found)
        .select_related("document")
        .first()
    )
    if kept is None:
        raise Http404
    response = HttpResponse(read_document(kept.document), content_type="application/octet-stream")
    return attached(response, kept.document.name)


def _found(request: HttpRequest, account_id: int, einvoice_id: int) -> tuple[Account, EInvoice]:
    account = account_or_404(request, account_id)
    found = (
        EInvoice.objects.filter(pk=einvoice_id, account=account, withdrawn_at__isnull=True)
        .select_related("document", "claim")
        .first()
    )
    if found is None:
        raise Http404
    return account, found
