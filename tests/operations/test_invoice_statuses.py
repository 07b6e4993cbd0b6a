"""Life-cycle statuses: facts on the claim that propose and never extinguish."""

from __future__ import annotations

from datetime import date

import pytest

from exigible.store.models import Claim, Creditor, Dispute, Hold, InvoiceStatus, Payment, Task
from tests.einvoice_text import archive, cdar, cii
from tests.fec_text import fec, invoice
from tests.operations.importing import bring, done, open_claims

pytestmark = pytest.mark.django_db


@pytest.fixture
def creditor() -> Creditor:
    return Creditor.objects.create(name="Négoce SA", siren="732829320")


def take(creditor: Creditor, content: bytes, name: str = "statut.xml"):
    return done(creditor, content, name=name)


def test_a_dispute_is_proposed_and_not_opened(creditor: Creditor):
    take(creditor, cii("F-1"), "f.xml")
    report = take(creditor, cdar("207", reason=("TX_TVA_ERR", "Taux de TVA erroné")))
    assert report.written == {"statuses": 1, "tasks": 1}
    status = InvoiceStatus.objects.get()
    assert status.claim_id == Claim.objects.get().pk
    assert (status.label, status.given_on) == ("en litige", date(2026, 1, 10))
    assert status.reasons[0]["text"] == "Taux de TVA erroné"
    task = Task.objects.get()
    assert task.label == "Facture F-1 en litige (Taux de TVA erroné) : ouvrir un litige ?"
    assert not Dispute.objects.exists()
    assert not Hold.objects.exists()


@pytest.mark.parametrize("code", ["211", "212", "220"])
def test_no_status_extinguishes_a_claim(creditor: Creditor, code: str):
    take(creditor, cii("F-1"), "f.xml")
    take(creditor, cdar(code, amount="120.00"))
    assert open_claims(creditor) == {"F-1": 12000}
    assert not Payment.objects.exists()
    assert InvoiceStatus.objects.get().amounts == [
        {"kind": "MEN", "amount": "120.00", "currency": "EUR"}
    ]


def test_the_same_status_twice_is_one_even_under_another_message(creditor: Creditor):
    take(creditor, cii("F-1"), "f.xml")
    take(creditor, cdar("207", reason=("QTE_ERR", "Quantité")))
    report = take(
        creditor, cdar("207", reason=("QTE_ERR", "Quantité"), message_id="POUR-PPF"), "ppf.xml"
    )
    assert report.unchanged
    assert InvoiceStatus.objects.count() == Task.objects.count() == 1


def test_a_status_waits_for_its_invoice_from_a_document_or_from_the_ledger(creditor: Creditor):
    take(creditor, cdar("210", "F-1", reason=("AUTRE", "Commande inconnue")))
    take(creditor, cdar("205", "F-2"), "deux.xml")
    assert set(InvoiceStatus.objects.values_list("account", flat=True)) == {None}
    assert not Task.objects.exists()
    take(creditor, cii("F-1"), "f.xml")
    assert "Commande inconnue" in Task.objects.get().label
    done(creditor, fec(invoice("F-2", "20260105", "MARTIN", 80)), name="732829320FEC20261231.txt")
    approved = InvoiceStatus.objects.get(code="205")
    assert approved.claim is not None
    assert approved.claim.ref == "F-2"
    assert Task.objects.count() == 1  # an approval asks for nothing


def test_a_status_on_what_another_company_sold_is_refused(creditor: Creditor):
    batch, report = bring(creditor, cdar("207", seller="443061841"), name="statut.xml")
    assert batch.status == "refused"
    assert report.error is not None
    assert report.error.code == "seller"
    assert not InvoiceStatus.objects.exists()


def test_invoices_and_statuses_travel_together(creditor: Creditor):
    report = take(
        creditor,
        archive(
            {"1.xml": cdar("207", reason=("X", "Prix")), "2.xml": cii("F-1"), "3.xml": cdar("200")}
        ),
        "jour.zip",
    )
    assert (report.counts["invoices"], report.counts["statuses"]) == (1, 2)
    assert InvoiceStatus.objects.filter(claim=Claim.objects.get()).count() == 2
    assert Task.objects.count() == 1
