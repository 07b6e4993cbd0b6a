"""The ledger after the electronic invoice: it takes the claim over and doubles nothing."""

from __future__ import annotations

from datetime import date

import pytest

from exigible.store.models import (
    Account,
    Claim,
    Creditor,
    Debtor,
    EInvoice,
    InvoiceStatus,
    LedgerLine,
    Payment,
)
from tests.einvoice_text import cdar, cii
from tests.fec_text import entry, fec, invoice, receipt
from tests.operations.importing import done, open_claims, unused_credit

pytestmark = pytest.mark.django_db

LEDGER = "732829320FEC20261231.txt"


@pytest.fixture
def creditor() -> Creditor:
    return Creditor.objects.create(name="Négoce SA", siren="732829320", term_days=45)


def take(creditor: Creditor, content: bytes, name: str = "facture.xml"):
    return done(creditor, content, name=name)


def post(creditor: Creditor, *lines: object):
    return done(creditor, fec(*lines), name=LEDGER)  # proved to the cent by the import itself


def test_the_ledger_takes_over_the_claim_the_account_and_the_debtor(creditor: Creditor):
    take(creditor, cii("F-1"))
    claim, account = Claim.objects.get(), Account.objects.get()
    assert account.number == "E-552100554"
    report = post(creditor, invoice("F-1", "20260105", "DUPONT", 120))
    assert report.written["einvoices_recognised"] == 1
    assert open_claims(creditor) == {"F-1": 12000}
    taken = Claim.objects.get()
    assert (taken.pk, taken.due_on, taken.due_on_source) == (claim.pk, date(2026, 2, 4), "stated")
    assert taken.ledger_account.startswith("411")
    assert Debtor.objects.count() == 1
    assert Account.objects.get().number == "DUPONT"
    assert LedgerLine.objects.get(claim=taken)


def test_the_months_that_follow_keep_it_one_claim(creditor: Creditor):
    take(creditor, cii("F-1"))
    first = invoice("F-1", "20260105", "DUPONT", 120)
    post(creditor, first)
    report = post(creditor, first, invoice("F-2", "20260301", "DUPONT", 60))
    assert report.written.get("superseded") is None
    assert open_claims(creditor) == {"F-1": 12000, "F-2": 6000}
    take(creditor, cii("F-2", amount="60.00", issued="20260301", due="20260331"), "f2.xml")
    post(
        creditor,
        invoice("F-1", "20260105", "DUPONT", 120, "A"),
        receipt("9", "20260401", "DUPONT", 120, "A"),
        invoice("F-2", "20260301", "DUPONT", 60),
    )
    assert open_claims(creditor) == {"F-2": 6000}


def test_the_ledger_posting_the_gross_of_an_invoice_partly_paid(creditor: Creditor):
    take(creditor, cii("F-1", amount="120.00", prepaid="20.00"))
    assert open_claims(creditor) == {"F-1": 10000}
    post(creditor, invoice("F-1", "20260105", "DUPONT", 120))
    assert open_claims(creditor) == {"F-1": 12000}
    kept = Claim.objects.exclude(balance_cents=0).get()
    assert (kept.due_on, kept.due_on_source) == (date(2026, 2, 4), "stated")
    assert EInvoice.objects.get().claim_id == kept.pk


def test_another_amount_in_the_ledger_wins_and_is_told(creditor: Creditor):
    take(creditor, cii("F-1", amount="120.00"))
    report = post(creditor, invoice("F-1", "20260105", "DUPONT", 132))
    assert open_claims(creditor) == {"F-1": 13200}
    assert "amount_differs" in {problem.code for problem in report.problems}


def test_a_debtor_with_two_accounts_in_the_ledger(creditor: Creditor):
    """One debtor for the documents, two customers for accounting: each claim ends up where it says."""
    take(creditor, cii("F-1"))
    take(creditor, cii("F-2", amount="60.00"), "f2.xml")
    take(creditor, cdar("205", "F-2"), "statut.xml")
    post(
        creditor,
        invoice("F-1", "20260105", "DUPONT", 120),
        invoice("F-2", "20260105", "DUPONTNORD", 60),
    )
    where = {
        claim.ref: claim.account.number
        for claim in Claim.objects.exclude(balance_cents=0).select_related("account")
    }
    assert where == {"F-1": "DUPONT", "F-2": "DUPONTNORD"}
    assert sum(Claim.objects.values_list("balance_cents", flat=True)) == 18000
    moved = EInvoice.objects.get(number="F-2")
    assert moved.claim is not None
    assert moved.claim.balance_cents == 6000
    assert moved.account_id == moved.claim.account_id
    assert InvoiceStatus.objects.get().claim_id == moved.claim_id


def test_a_credit_note_brought_by_both_is_one_credit(creditor: Creditor):
    take(creditor, cii("F-1"))
    take(
        creditor,
        cii("A-1", amount="36.00", kind="381", due="", preceding=[("F-1", "20260105")]),
        "avoir.xml",
    )
    post(
        creditor,
        invoice("F-1", "20260105", "DUPONT", 120),
        entry("VE 8 20260110 A-1", "411 DUPONT -36", "706 36"),
    )
    assert Payment.objects.filter(amount_cents__gt=0).count() == 1
    assert open_claims(creditor) == {"F-1": 8400}
    assert unused_credit(creditor) == 0


def test_customers_are_recognised_by_name_where_no_invoice_tells(creditor: Creditor):
    take(creditor, cii("F-1", buyer=("Dupont", "552100554")))
    post(creditor, invoice("F-7", "20260601", "DUPONT", 50))
    assert Account.objects.count() == 1
    assert open_claims(creditor) == {"F-1": 12000, "F-7": 5000}
