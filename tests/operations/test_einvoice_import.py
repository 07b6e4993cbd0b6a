"""Electronic invoices in the database: one claim whichever road brings it, nothing known ever moved."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from exigible.operations import exhibit_intake
from exigible.operations.documents import read_document
from exigible.operations.imports import may_be_partial, receive_einvoices, run_import
from exigible.operations.undoing import undo_import
from exigible.store.models import (
    Account,
    Allocation,
    Claim,
    Contact,
    Creditor,
    Debtor,
    EInvoice,
    EInvoiceExhibit,
    Entry,
    Exhibit,
    ExhibitArrival,
    ImportBatch,
    JournalEntry,
    Payment,
    StoredDocument,
    Task,
)
from tests.einvoice_text import archive, cii, factur_x, ubl, vat_number
from tests.exhibit_files import pdf
from tests.fec_text import fec, invoice
from tests.operations.importing import AT, BY, bring, done, open_claims, sound, unused_credit

pytestmark = pytest.mark.django_db


@pytest.fixture
def creditor() -> Creditor:
    return Creditor.objects.create(name="Négoce SA", siren="732829320", term_days=45)


def einvoice(creditor: Creditor, content: bytes, name: str = "facture.xml"):
    return done(creditor, content, name=name)


# --- a new claim ---------------------------------------------------------------------------------


def test_an_invoice_opens_its_claim_its_account_and_its_debtor(creditor: Creditor):
    report = einvoice(creditor, cii("F-1", amount="120.00", attachments={"bon.pdf": b"%PDF-bon"}))
    assert (report.format, report.encoding) == ("cii", "UTF-8")
    assert report.written["claims"] == 1
    claim = Claim.objects.get()
    assert (claim.ref, claim.amount_cents, claim.balance_cents) == ("F-1", 12000, 12000)
    assert (claim.issued_on, claim.due_on) == (date(2026, 1, 5), date(2026, 2, 4))
    assert (claim.due_on_source, claim.label) == ("stated", "Facture · commande BC-77")
    debtor = claim.account.debtor
    assert (debtor.name, debtor.siren) == ("Dupont et Fils SARL", "552100554")
    assert (debtor.vat_number, debtor.kind) == (vat_number("552100554"), "professional")
    assert (debtor.postcode, debtor.city) == ("35000", "Rennes")
    kept = EInvoice.objects.get()
    assert (kept.claim_id, kept.amount_cents, kept.net_cents, kept.vat_cents) == (
        claim.pk,
        12000,
        10000,
        2000,
    )
    assert read_document(EInvoiceExhibit.objects.get().document) == b"%PDF-bon"


def test_what_an_invoice_carries_becomes_an_exhibit_of_its_claim(creditor: Creditor):
    signed = pdf("Bon de livraison signé sans réserve")
    for number in (
        "F-1",
        "F-2",
    ):  # one slip for two invoices of the account: kept once, proves both
        einvoice(creditor, cii(number, attachments={"bon de livraison.pdf": signed}))
        for drop in set(ExhibitArrival.objects.values_list("drop", flat=True)):
            exhibit_intake.read_drop(drop, at=AT)
    exhibit = Exhibit.objects.get()
    assert (exhibit.kind, exhibit.account_id) == ("delivery", Account.objects.get().pk)
    assert sorted(exhibit.links.values_list("claim__ref", flat=True)) == ["F-1", "F-2"]
    assert [one.status for one in ExhibitArrival.objects.order_by("pk")] == ["kept", "known"]
    first, second = ImportBatch.objects.order_by("pk")
    undo_import(first.pk, by=BY, at=AT)
    exhibit.refresh_from_db()
    assert exhibit.withdrawn_at is None  # the second invoice carries it still
    undo_import(second.pk, by=BY, at=AT)
    exhibit.refresh_from_db()
    assert exhibit.withdrawn_reason == f"Import n° {second.pk} annulé"


def test_what_an_invoice_carried_is_not_read_once_it_is_undone(creditor: Creditor):
    einvoice(creditor, cii("F-1", attachments={"bon de livraison.pdf": pdf("Bon de livraison")}))
    undo_import(ImportBatch.objects.get().pk, by=BY, at=AT)
    exhibit_intake.read_drop(ExhibitArrival.objects.get().drop, at=AT)
    assert ExhibitArrival.objects.get().status == "refused"
    assert not Exhibit.objects.exists()


def test_without_a_due_date_the_terms_of_the_invoice_serve_then_those_of_the_creditor(
    creditor: Creditor,
):
    einvoice(creditor, cii("F-1", due="", terms="Pénalités 12 %. Paiement à 30 jours fin de mois"))
    einvoice(creditor, cii("F-2", due="", terms="Merci"))
    due = {claim.ref: (claim.due_on, claim.due_on_source) for claim in Claim.objects.all()}
    assert due["F-1"] == (date(2026, 2, 28), "derived")  # 5 January + 30 days, end of that month
    assert due["F-2"] == (date(2026, 2, 19), "derived")  # 5 January + 45 days


def test_a_debtor_is_found_by_siren_then_by_name_and_never_doubled(creditor: Creditor):
    einvoice(creditor, cii("F-1"))
    einvoice(creditor, ubl("F-2", buyer=("Dupont SA", "552100554")), "f2.xml")
    einvoice(creditor, cii("F-3", buyer=("Dupont et fils sarl", "")), "f3.xml")
    assert Debtor.objects.count() == Account.objects.count() == 1
    einvoice(creditor, cii("F-4", buyer=("Dupont et Fils SARL", "443061841")), "f4.xml")
    assert Debtor.objects.count() == 2  # the same name under another SIREN is someone else


def test_a_debtor_of_another_creditor_is_the_same_debtor(creditor: Creditor):
    einvoice(creditor, cii("F-1"))
    other = Creditor.objects.create(name="Autre SA", siren="443061841")
    einvoice(other, cii("A-1", seller=("Autre SA", "443061841")))
    assert Debtor.objects.count() == 1
    assert Account.objects.count() == 2


# --- the same invoice again ------------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing(creditor: Creditor):
    content = cii("F-1")
    einvoice(creditor, content)
    before = JournalEntry.objects.count(), Entry.objects.count()
    report = einvoice(creditor, content, "copie.xml")
    assert report.unchanged
    assert Claim.objects.count() == EInvoice.objects.count() == 1
    assert (JournalEntry.objects.filter(account__isnull=False).count(), Entry.objects.count()) == (
        before[0] - 1,
        before[1],
    )


def test_the_pdf_the_cii_and_the_ubl_of_an_invoice_are_one_claim(creditor: Creditor):
    xml = cii("F-1")
    einvoice(creditor, factur_x(xml), "F-1.pdf")
    einvoice(creditor, xml, "F-1.cii.xml")
    einvoice(creditor, ubl("F-1"), "F-1.ubl.xml")
    assert open_claims(creditor) == {"F-1": 12000}
    assert EInvoice.objects.filter(claim=Claim.objects.get()).count() == 3
    assert sorted(EInvoice.objects.values_list("format", flat=True)) == ["cii", "facturx", "ubl"]


def test_another_amount_under_the_same_number_and_day_moves_nothing_and_is_told(creditor: Creditor):
    einvoice(creditor, cii("F-1", amount="120.00"))
    report = einvoice(creditor, cii("F-1", amount="132.00"), "bis.xml")
    assert [problem.code for problem in report.problems] == ["amount_differs"]
    assert open_claims(creditor) == {"F-1": 12000}
    assert "132,00" in Task.objects.get().label


# --- beside the ledger -----------------------------------------------------------------------------


def test_an_invoice_that_the_ledger_brought_is_completed_not_doubled(creditor: Creditor):
    done(creditor, fec(invoice("F-1", "20260105", "DUPONT", 120)), name="732829320FEC20261231.txt")
    report = einvoice(creditor, cii("F-1", attachments={"bon.pdf": b"%PDF-bon"}))
    assert report.written["linked"] == 1
    claim = Claim.objects.get()
    assert (claim.due_on, claim.due_on_source) == (date(2026, 2, 4), "stated")
    debtor = claim.account.debtor
    assert (debtor.siren, debtor.city, debtor.kind) == ("552100554", "Rennes", "professional")
    assert claim.account.number == "DUPONT"
    assert EInvoiceExhibit.objects.get().einvoice.claim_id == claim.pk


def test_an_invoice_partly_paid_when_issued_is_recognised_by_its_gross_amount(creditor: Creditor):
    done(creditor, fec(invoice("F-1", "20260105", "DUPONT", 120)), name="732829320FEC20261231.txt")
    einvoice(creditor, cii("F-1", amount="120.00", prepaid="20.00"))
    assert open_claims(creditor) == {"F-1": 12000}  # what accounting says is left


def test_a_due_date_stated_elsewhere_is_kept_and_the_difference_told(creditor: Creditor):
    done(creditor, fec(invoice("F-1", "20260105", "DUPONT", 120)), name="732829320FEC20261231.txt")
    Claim.objects.update(due_on=date(2026, 3, 31), due_on_source="stated")
    report = einvoice(creditor, cii("F-1"))
    assert [problem.code for problem in report.problems] == ["due_date_differs"]
    assert Claim.objects.get().due_on == date(2026, 3, 31)


# --- credit notes ----------------------------------------------------------------------------------


def test_a_credit_note_is_a_credit_set_on_the_invoice_it_names(creditor: Creditor):
    einvoice(creditor, cii("F-1", amount="120.00"))
    report = einvoice(
        creditor,
        cii("A-1", amount="36.00", kind="381", due="", preceding=[("F-1", "20260105")]),
        "avoir.xml",
    )
    assert report.counts["credit_notes"] == 1
    assert open_claims(creditor) == {"F-1": 8400}
    payment = Payment.objects.get()
    assert (payment.kind, payment.amount_cents, payment.allocated_cents) == (
        "credit_note",
        3600,
        3600,
    )
    assert Allocation.objects.get().claim.ref == "F-1"


def test_a_credit_note_that_names_nothing_known_stays_unused_and_visible(creditor: Creditor):
    report = einvoice(creditor, ubl("A-1", amount="36.00", credit=True, preceding="F-404"))
    assert [problem.code for problem in report.problems] == ["preceding_unknown"]
    assert unused_credit(creditor) == 3600


def test_an_invoice_of_a_negative_amount_is_a_credit(creditor: Creditor):
    report = einvoice(creditor, cii("F-9", amount="-24.00"))
    assert [problem.code for problem in report.problems] == ["negative_invoice"]
    assert unused_credit(creditor) == 2400


def test_a_corrected_invoice_asks_that_the_first_be_held(creditor: Creditor):
    einvoice(creditor, cii("F-1", amount="120.00"))
    einvoice(
        creditor,
        cii("F-2", amount="132.00", kind="384", preceding=[("F-1", "20260105")]),
        "rectif.xml",
    )
    assert open_claims(creditor) == {"F-1": 12000, "F-2": 13200}  # nothing is cancelled alone
    assert "remplace" in Task.objects.get().label


# --- what is doubtful or refused -------------------------------------------------------------------


def test_an_invoice_that_contradicts_itself_is_taken_as_stated_and_shown(creditor: Creditor):
    report = einvoice(creditor, cii("F-1", amount="120.00", payable="100.00"))
    assert {problem.code for problem in report.problems} == {"BR-CO-16", "amount_in_doubt"}
    assert open_claims(creditor) == {"F-1": 10000}
    assert EInvoice.objects.get().in_doubt
    assert "se contredisent" in Task.objects.get().label


def test_what_another_company_sold_is_refused_by_name(creditor: Creditor):
    batch, report = bring(
        creditor, cii("F-1", seller=("Un Autre SARL", "443061841")), name="autre.xml"
    )
    assert batch.status == "refused"
    assert report.error is not None
    assert "Un Autre SARL" in report.error.message
    assert not may_be_partial(batch)  # nothing of it could be taken
    assert not Claim.objects.exists()
    assert not EInvoice.objects.exists()


def test_an_invoice_fully_paid_when_issued_claims_nothing_and_is_kept(creditor: Creditor):
    einvoice(creditor, cii("F-1", amount="120.00", prepaid="120.00"))
    assert not Claim.objects.exists()
    assert EInvoice.objects.get().gross_cents == 12000


def test_a_factor_to_be_paid_is_told(creditor: Creditor):
    report = einvoice(creditor, cii("F-1", payee="Facto SA"))
    assert [problem.code for problem in report.problems] == ["payee"]


def test_another_currency_keeps_its_amounts(creditor: Creditor):
    einvoice(creditor, cii("F-1", currency="CHF"))
    assert Claim.objects.get().currency == "CHF"


# --- several at once -------------------------------------------------------------------------------


def test_a_zip_is_taken_whole_or_not_at_all(creditor: Creditor):
    files = {"a/F-1.xml": cii("F-1"), "F-2.pdf": factur_x(cii("F-2")), "lisez-moi.txt": b"..."}
    broken = archive({**files, "F-3.xml": b"<Invoice"})
    batch, report = bring(creditor, broken, name="factures.zip")
    assert (batch.status, batch.format) == ("refused", "einvoices")
    assert may_be_partial(batch)
    assert not EInvoice.objects.exists()
    assert (
        StoredDocument.objects.count() == 1
    )  # the zip itself: nothing of a refused one is kept apart
    report = einvoice(creditor, archive(files), "factures.zip")
    assert open_claims(creditor) == {"F-1": 12000, "F-2": 12000}
    assert report.counts["invoices"] == 2
    again, partial = bring(creditor, broken, name="factures.zip", partial=True)
    assert again.status == "unchanged"  # the two that can be read are known
    assert any("F-3.xml" in problem.message for problem in partial.problems)


def test_several_files_are_one_import_each_on_its_own(creditor: Creditor, tmp_path: Path):
    for name, content in {
        "F-1.xml": cii("F-1"),
        "F-2.xml": cii("F-2", seller=("Un Autre", "443061841")),
        "F-3.xml": ubl("F-3"),
    }.items():
        (tmp_path / name).write_bytes(content)
    batch = receive_einvoices(sorted(tmp_path.glob("*.xml")), creditor=creditor, by=BY, at=AT)
    report = run_import(batch.pk, at=AT)
    assert [(part.filename, part.accepted) for part in report.parts] == [
        ("F-1.xml", True),
        ("F-2.xml", False),
        ("F-3.xml", True),
    ]
    assert open_claims(creditor) == {"F-1": 12000, "F-3": 12000}
    assert ImportBatch.objects.get().status == "done"
    assert sound() == []


def test_a_contact_is_kept_only_with_an_address_that_is_one(creditor: Creditor):
    einvoice(creditor, cii("F-1"))
    assert not Contact.objects.exists()
