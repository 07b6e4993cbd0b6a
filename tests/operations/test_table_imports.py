"""Tables of any software taken: claims, payments, contacts, limits, guarantees, disputes; and undone."""

import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from exigible.domain.refusals import Refused
from exigible.intake.importing import guessed
from exigible.intake.mapping.model import Mapping
from exigible.intake.report import ImportReport
from exigible.operations import disputes, mappings, payments, undoing
from exigible.operations.imports import receive_file, run_import
from exigible.operations.table_imports import stock
from exigible.reports.sheets import Sheet, csv_lines, write_xlsx
from exigible.store.models import (
    Account,
    Claim,
    Contact,
    Creditor,
    Debtor,
    Dispute,
    ImportBatch,
    ImportedFact,
    InsurerGuarantee,
    JournalEntry,
    Payment,
    StockAbsence,
)
from exigible.store.queries.table_exports import EXPORTS
from tests.fec_text import fec, invoice
from tests.operations.importing import AT, BY, bring, done, open_claims, sound, unused_credit

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)
ITEMS = (
    "Compte tiers;Intitulé;N° pièce;Date;Date d'échéance;Débit;Crédit\r\n"
    "DUPONT;Dupont et Fils;FA1;10/01/2026;10/02/2026;1 200,00;\r\n"
    "DUPONT;Dupont et Fils;FA2;20/01/2026;20/02/2026;300,00;\r\n"
    "DUPONT;Dupont et Fils;AV1;25/01/2026;;;50,00\r\n"
    "00540;Aubin;FA3;21/01/2026;21/02/2026;60,50;\r\n"
    "Total général;;;;;1 560,50;50,00\r\n"
)


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Settings) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"


@pytest.fixture
def creditor() -> Creditor:
    return Creditor.objects.create(name="Négoce SA")


def take(
    creditor: Creditor,
    content: str | bytes,
    *,
    name: str = "liste.csv",
    kind: str = "",
    mode: str = "",
    check: bool = True,
) -> tuple[ImportBatch, ImportReport]:
    """Take a table as the command does: through the mapping that it suggests."""
    data = content.encode() if isinstance(content, str) else content
    path = Path(str(creditor.pk) + name)
    path = Path("/tmp") / f"exigible-{path.name}"
    path.write_bytes(data)
    mapping = guessed(path, name=name, format_=kind)
    path.unlink()
    assert mapping is not None, name
    batch = receive_file(
        data, name=name, creditor=creditor, mapping=mapping, mode=mode, by=BY, at=AT
    )
    report = run_import(batch.pk, at=AT, progress=lambda phase, done, total: None)
    batch.refresh_from_db()
    if check:
        assert batch.status in ("done", "unchanged"), batch.error
        assert sound() == []
    return batch, report


# --- open items -----------------------------------------------------------------------------------


def test_a_list_opens_accounts_claims_and_credits(creditor: Creditor) -> None:
    _, report = take(creditor, ITEMS)
    assert report.format == "open_items"
    assert report.written == {"accounts_opened": 2, "claims": 3, "credit_notes": 1}
    assert report.totals == {"open": {"EUR": 156_050 - 5_000}}
    assert open_claims(creditor) == {"FA1": 120_000, "FA2": 30_000, "FA3": 6_050}
    assert unused_credit(creditor) == 5_000
    claim = Claim.objects.get(ref="FA1")
    assert (claim.issued_on, claim.due_on, claim.due_on_source) == (
        date(2026, 1, 10),
        date(2026, 2, 10),
        "stated",
    )
    assert Account.objects.get(number="DUPONT").debtor.name == "Dupont et Fils"
    assert [problem.code for problem in report.problems] == []


def test_a_name_that_stands_for_the_number_is_shown_once(creditor: Creditor) -> None:
    take(creditor, ITEMS.splitlines()[0] + "\r\nAUBIN SARL;Aubin SARL;FA3;21/01/2026;;60,50;\r\n")
    account = Account.objects.get()
    assert account.debtor.name == "Aubin SARL"
    assert account.shown_number == ""
    account.number = "C-0042"
    assert account.shown_number == "C-0042"


def test_what_accounting_has_closed_or_only_adds_up_opens_nothing(creditor: Creditor) -> None:
    head = "Compte tiers;Intitulé;N° pièce;Date;Date d'échéance;Débit;Crédit;Lettrage\r\n"
    opened = "DUPONT;Dupont;FA1;10/01/2026;10/02/2026;1 200,00;;\r\n"
    closed = (
        "AUBIN;Aubin;FA3;21/01/2026;21/02/2026;60,50;;AA\r\n"
        "AUBIN;Aubin;RG1;28/02/2026;;;60,50;AA\r\n"
        "SANSDATE;Sans date;;;;70,00;;\r\n"
    )
    _, report = take(creditor, head + opened + closed)
    assert report.counts["open_items"] == 2
    assert report.counts["lettered"] == 2
    assert open_claims(creditor) == {"FA1": 120_000}
    assert unused_credit(creditor) == 0
    assert list(Account.objects.values_list("number", flat=True)) == ["DUPONT"]
    # What is open here and closed there is told, and nothing more.
    _, report = take(creditor, head + opened.replace(";;\r", ";;ZZ\r"), name="suite.csv")
    [problem] = report.problems
    assert (problem.code, problem.field) == ("settled_elsewhere", "lettering")
    assert open_claims(creditor) == {"FA1": 120_000}


def test_the_same_list_twice_and_in_another_order_changes_nothing(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    batch, report = take(creditor, ITEMS)
    assert (batch.status, report.written) == ("unchanged", {})
    head, *lines = ITEMS.splitlines()
    shuffled = "\r\n".join([head, *reversed(lines[:-1])])
    batch, report = take(creditor, shuffled.replace("00540", "540"))
    assert (batch.status, report.written) == ("unchanged", {})
    assert Account.objects.count() == 2


def test_a_delta_adds_and_never_takes_away(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    more = ITEMS.splitlines()[0] + "\r\nDUPONT;;FA9;01/02/2026;01/03/2026;10,00;\r\n"
    _, report = take(creditor, more)
    assert report.written == {"claims": 1}
    assert sum(open_claims(creditor).values()) == 156_050 + 1_000
    assert not StockAbsence.objects.exists()


def test_what_a_list_says_otherwise_is_told_and_changes_nothing(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    other = (
        ITEMS.splitlines()[0] + "\r\n"
        "DUPONT;;FA1;10/01/2026;10/02/2026;1 000,00;\r\n"
        "DUPONT;;FA2;20/01/2026;20/02/2026;400,00;\r\n"
        "DUPONT;;FA7;20/12/2026;20/02/2027;400,00;\r\n"
        "DUPONT;;FA8;;;400,00;\r\n"
    )
    before = open_claims(creditor)
    _, report = take(creditor, other)
    assert [(p.line, p.code) for p in report.problems] == [
        (2, "amount_differs"),
        (3, "owed_less_here"),
        (4, "future"),
        (5, "missing_day"),
    ]
    assert open_claims(creditor) == before


def test_another_currency_keeps_its_own(creditor: Creditor) -> None:
    text = (
        "Customer;Document Number;Document Date;Net due date;Amount;Currency\n"
        "C1;90001;2026-01-10;2026-02-10;100.00;USD\n"
        "C1;90002;2026-01-10;2026-02-10;50.00;EUR\n"
    )
    _, report = take(creditor, text, name="items.csv")
    assert report.totals == {"open": {"USD": 10_000, "EUR": 5_000}}
    figures = Account.objects.get().figures
    assert figures.balance_cents == 5_000  # another currency is never added to euros
    take(creditor, text, name="items.csv", mode="stock")
    take(creditor, text.replace("C1;90001", "C1;90003"), name="later.csv", mode="stock")
    absence = StockAbsence.objects.get(claim__ref="90001", outcome="")
    stock.decide(absence.pk, outcome="paid", on=date(2026, 11, 20), by=BY, at=AT)
    assert open_claims(creditor) == {"90002": 5_000, "90003": 10_000}
    stock.take_back(absence.pk, by=BY, at=AT)
    assert open_claims(creditor)["90001"] == 10_000
    assert set(Payment.objects.values_list("currency", "amount_cents")) == {
        ("USD", 10_000),
        ("USD", -10_000),
    }


def test_an_invoice_said_settled_comes_with_its_payment(creditor: Creditor) -> None:
    text = (
        "customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,SettledDate\n"
        "C1,1,1/13/2026,2/12/2026,55.94,1/30/2026\n"
        "C1,2,1/14/2026,2/13/2026,61.74,\n"
    )
    _, report = take(creditor, text, name="ar.csv")
    assert report.written == {"accounts_opened": 1, "claims": 2, "payments": 1}
    assert open_claims(creditor) == {"2": 6_174}
    payment = Payment.objects.get()
    assert (payment.value_date, payment.allocated_cents) == (date(2026, 1, 30), 5_594)


# --- the whole ledger -----------------------------------------------------------------------------


def without(*refs: str) -> str:
    return "\r\n".join(
        line for line in ITEMS.splitlines() if not any(f";{ref};" in line for ref in refs)
    ).replace("Total général", "Total")


@pytest.fixture
def absence(creditor: Creditor) -> StockAbsence:
    take(creditor, ITEMS, mode="stock")
    _, report = take(creditor, without("FA2"), name="s.csv", mode="stock")
    assert report.written == {"absent": 1}
    return StockAbsence.objects.get()


def test_what_the_stock_no_longer_lists_is_to_be_confirmed(
    creditor: Creditor, absence: StockAbsence
) -> None:
    assert (absence.claim.ref, absence.amount_cents, absence.outcome) == ("FA2", 30_000, "")
    assert open_claims(creditor)["FA2"] == 30_000  # nothing is extinguished by a file
    _, report = take(creditor, without("FA2"), name="s.csv", mode="stock")
    assert report.written == {}
    assert StockAbsence.objects.count() == 1


def test_a_stock_that_finds_less_than_half_of_what_is_open_is_told(creditor: Creditor) -> None:
    _, report = take(creditor, ITEMS, mode="stock")
    assert stock.COVERS_LITTLE not in [one.code for one in report.problems]  # nothing was open
    _, report = take(creditor, without("FA1"), name="s.csv", mode="stock")
    assert stock.COVERS_LITTLE not in [one.code for one in report.problems]  # two in three
    batch, report = take(
        creditor, without("FA1", "FA2").replace("FA3", "FA4"), name="t.csv", mode="stock"
    )
    [told] = [one for one in report.problems if one.code == stock.COVERS_LITTLE]
    assert "ne couvre que 0\u00a0pièce des 3 pièces ouvertes" in told.message
    assert stock.warning_of(batch) is not None


def test_a_part_that_is_missing_is_the_difference(creditor: Creditor) -> None:
    take(creditor, ITEMS, mode="stock")
    take(creditor, ITEMS.replace("1 200,00", "900,00"), name="s.csv", mode="stock")
    assert StockAbsence.objects.get().amount_cents == 30_000
    take(creditor, ITEMS.replace("1 200,00", "800,00"), name="s.csv", mode="stock")
    first, second = StockAbsence.objects.order_by("pk")
    assert (first.outcome, second.amount_cents, second.outcome) == ("replaced", 40_000, "")
    take(creditor, ITEMS, name="s.csv", mode="stock")
    second.refresh_from_db()
    assert second.outcome == "back"


@pytest.mark.parametrize(
    ("outcome", "kind"), [("paid", "other"), ("credited", "credit_note"), ("cancelled", None)]
)
def test_one_word_accepts_what_became_of_it_and_is_taken_back(
    creditor: Creditor, absence: StockAbsence, outcome: str, kind: str | None
) -> None:
    stock.decide(absence.pk, outcome=outcome, on=date(2026, 11, 20), by=BY, at=AT)
    absence.refresh_from_db()
    assert (absence.outcome, absence.decided_at) == (outcome, AT)
    assert "FA2" not in open_claims(creditor)
    payment = Payment.objects.filter(account=absence.account).exclude(reference="AV1").first()
    assert (payment.kind if payment else None) == kind
    line = JournalEntry.objects.filter(action="absence_decided").get()
    assert line.facts["sha256"] == absence.batch.sha256  # the evidence
    assert sound() == []
    with pytest.raises(Refused, match="déjà"):
        stock.decide(absence.pk, outcome="paid", on=TODAY, by=BY, at=AT)
    again = stock.take_back(absence.pk, by=BY, at=AT)
    assert open_claims(creditor)["FA2"] == 30_000
    assert (again.outcome, again.amount_cents) == ("", 30_000)
    assert sound() == []


def test_still_due_is_not_raised_again_for_the_same_sum(
    creditor: Creditor, absence: StockAbsence
) -> None:
    stock.decide(absence.pk, outcome="still_due", on=TODAY, by=BY, at=AT)
    take(creditor, without("FA2"), name="s.csv", mode="stock")
    assert StockAbsence.objects.filter(outcome="").count() == 0
    assert open_claims(creditor)["FA2"] == 30_000


def test_a_balance_that_moved_since_is_refused(creditor: Creditor, absence: StockAbsence) -> None:
    payments.record_payment(
        absence.account_id,
        kind="transfer",
        amount_cents=20_000,
        value_date=TODAY,
        allocations=[(absence.claim_id, 20_000)],
        by=BY,
        at=AT,
    )
    with pytest.raises(Refused) as refusal:
        stock.decide(absence.pk, outcome="paid", on=TODAY, by=BY, at=AT)
    assert refusal.value.code == "balance_moved"


def test_an_unreadable_line_of_the_stock_still_lists_its_invoice(creditor: Creditor) -> None:
    take(creditor, ITEMS, mode="stock")
    _, report = take(creditor, ITEMS.replace("300,00", "trois cents"), name="s.csv", mode="stock")
    assert "wrong_amount" in [problem.code for problem in report.problems]
    assert [one.claim.ref for one in StockAbsence.objects.all()] == []


# --- beside a ledger ------------------------------------------------------------------------------


def test_beside_a_ledger_a_list_opens_nothing_and_the_stock_is_compared(creditor: Creditor) -> None:
    done(
        creditor,
        fec(invoice("FA1", "20260110", "DUPONT", 1200), invoice("FA2", "20260120", "DUPONT", 300)),
        name="732829320FEC20261231.txt",
    )
    _, report = take(creditor, without("FA2"), mode="stock")
    assert Claim.objects.count() == 2
    assert report.written["absent"] == 1
    assert StockAbsence.objects.get().claim.ref == "FA2"


def test_a_first_ledger_takes_the_place_of_the_lists(creditor: Creditor) -> None:
    batch, _ = take(creditor, ITEMS)
    ledger = fec(
        invoice("FA1", "20260110", "DUPONT", 1200),
        invoice("FA2", "20260120", "DUPONT", 300),
        invoice("FA3", "20260121", "00540", 60.5),
    )
    report = done(creditor, ledger, name="732829320FEC20261231.txt")
    assert open_claims(creditor) == {"FA1": 120_000, "FA2": 30_000, "FA3": 6_050}
    assert unused_credit(creditor) == 0  # the credit note was the list's; the ledger has none
    assert "list_superseded" in [problem.code for problem in report.problems]
    live = Claim.objects.get(ref="FA1", balance_cents__gt=0)
    assert (live.due_on, live.due_on_source) == (date(2026, 2, 10), "stated")  # from the list
    assert Account.objects.count() == 2
    batch.refresh_from_db()
    assert batch.options["superseded_by"]


def test_a_ledger_waits_while_a_dispute_stands_on_a_list(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    claim = Claim.objects.get(ref="FA1")
    disputes.open_dispute(
        claim.account_id,
        claim_id=claim.pk,
        reason="Colis abîmé",
        on=TODAY,
        answer_due_on=TODAY,
        by=BY,
        at=AT,
    )
    batch, report = bring(creditor, fec(invoice("FA1", "20260110", "DUPONT", 1200)))
    assert batch.status == "refused"
    assert report.error is not None
    assert "contestée" in report.error.message
    assert open_claims(creditor)["FA1"] == 120_000


# --- the other kinds ------------------------------------------------------------------------------


HEADS = "Code client;Date de règlement;Montant;Référence;Facture\n"


def test_a_receipt_that_came_back_is_not_taken_again_by_a_later_list(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    first = "DUPONT;02/03/2026;300,00;CHQ1;FA2\nDUPONT;09/03/2026;-300,00;CHQ1;\n"
    take(creditor, HEADS + "DUPONT;02/03/2026;300,00;CHQ1;FA2\n")
    take(creditor, HEADS + first)
    assert Claim.objects.get(ref="FA2").balance_cents == 30000
    # The next export has them both still, and a receipt of the same sum, of another cheque.
    again = first + "DUPONT;02/04/2026;300,00;CHQ2;FA2\n"
    _, report = take(creditor, HEADS + again)
    assert report.written == {"payments": 1, "settlements": 1}
    assert Claim.objects.get(ref="FA2").balance_cents == 0
    _, report = take(creditor, HEADS + again + "DUPONT;09/03/2026;-300,00;CHQ1;\n")
    assert "returned" not in report.written
    assert Claim.objects.get(ref="FA2").balance_cents == 0


def test_a_return_takes_back_no_receipt_of_another_reference(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    take(creditor, HEADS + "DUPONT;02/03/2026;300,00;CHQ1;FA2\n")
    _, report = take(creditor, HEADS + "DUPONT;09/03/2026;-300,00;CHQ9;\n")
    assert [one.code for one in report.problems] == ["returned_unmatched"]
    assert Claim.objects.get(ref="FA2").balance_cents == 0


def test_a_credit_without_number_nor_day_is_opened_once(creditor: Creditor) -> None:
    text = ITEMS.replace(
        "DUPONT;Dupont et Fils;AV1;25/01/2026;;;50,00", "DUPONT;Dupont et Fils;;;;;50,00"
    )
    take(creditor, text)
    batch = receive_file(
        (text + "\r\n").encode(), name="liste.csv", creditor=creditor,
        mapping=Mapping.from_json(ImportBatch.objects.latest("pk").options["mapping"]), by=BY, at=AT,
    )  # fmt: skip
    run_import(batch.pk, at=AT + timedelta(days=7), progress=lambda phase, done, total: None)
    assert Payment.objects.filter(amount_cents=5000).count() == 1


def test_the_ibans_of_a_customer_file_go_with_it(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    text = "Code client;Raison sociale;IBAN\nDUPONT;Dupont et Fils;FR7630006000011234567890189\n"
    batch, _ = take(creditor, text, name="clients.csv", kind="customers")
    debtor = Debtor.objects.get(accounts__number="DUPONT")
    assert debtor.bank_accounts.filter(ended_at=None).count() == 1
    assert "1\u00a0IBAN de débiteur retiré" in undoing.undo_plan(batch).words
    undoing.undo_import(batch.pk, by=BY, at=AT)
    assert (
        debtor.bank_accounts.filter(ended_at=None).count() == 0
    )  # it recognises no payer any more


def test_payments_pay_the_invoices_they_name(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    text = (
        "Code client;Date de règlement;Mode de règlement;Montant;Référence;Facture\n"
        "DUPONT;01/03/2026;Virement;1 300,00;VIR 77;FA1, FA2\n"
        "DUPONT;02/03/2026;Chèque;20,00;CHQ 5;FA99\n"
        "PERSONNE;02/03/2026;Chèque;20,00;CHQ 6;\n"
    )
    _, report = take(creditor, text, name="reglements.csv")
    assert report.written == {"payments": 2, "settlements": 1}
    assert open_claims(creditor) == {"FA2": 20_000, "FA3": 6_050}  # 1 300 = 1 200 + 100
    assert [(p.line, p.code) for p in report.problems] == [
        (3, "unknown_invoice"),
        (4, "unknown_customer"),
    ]
    batch, again = take(creditor, text, name="reglements.csv")
    assert (batch.status, again.written) == ("unchanged", {})
    back = text.splitlines()[0] + "\nDUPONT;10/03/2026;Virement;-1 300,00;VIR 77;\n"
    _, report = take(creditor, back, name="reglements.csv")
    assert report.written == {"returned": 1}
    assert open_claims(creditor)["FA1"] == 120_000


def test_a_receipt_noted_by_hand_is_recognised(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    account = Account.objects.get(number="DUPONT")
    payments.record_payment(
        account.pk, kind="transfer", amount_cents=30_000, value_date=TODAY, by=BY, at=AT
    )
    text = "Code client;Date de règlement;Montant reçu\nDUPONT;20/11/2026;300,00\n"
    _, report = take(creditor, text, name="reglements.csv")
    assert report.counts["recognised"] == 1
    assert report.written == {}


def test_contacts_limits_guarantees_and_disputes(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    contacts = (
        "Code client;Prénom;Nom;Fonction;E-mail;Téléphone\n"
        "DUPONT;Anne;Leroy;Comptable;anne@dupont.example;01 23 45 67 89\n"
        "DUPONT;Paul;Durand;Acheteur;paul@dupont.example;\n"
    )
    limits = "Code client;Plafond;Date de décision\nDUPONT;10 000,00;01/01/2026\n"
    covers = (
        "Code client;Assureur;N° de police;Montant garanti;Date d'effet;Date de fin\n"
        "DUPONT;Assureur A;P-1;8 000,00;01/01/2026;31/12/2026\n"
    )
    known = (
        "Code client;N° facture;Montant contesté;Motif;Date du litige;Responsable\n"
        "DUPONT;FA1;200,00;Prix non conforme;15/02/2026;Commercial\n"
        "DUPONT;FA9;200,00;Prix non conforme;15/02/2026;Commercial\n"
    )
    for text, name, kind in (
        (contacts, "contacts.csv", "contacts"),
        (limits, "plafonds.csv", "credit_limits"),
        (covers, "garanties.csv", "guarantees"),
        (known, "litiges.csv", "disputes"),
    ):
        _, report = take(creditor, text, name=name)
        assert report.format == kind
        batch, again = take(creditor, text, name=name)
        assert (batch.status, again.written) == ("unchanged", {}), name
    account = Account.objects.get(number="DUPONT")
    assert account.credit_limit_cents == 1_000_000
    first, second = Contact.objects.order_by("pk")
    assert (first.name, first.role, first.is_main) == ("Anne Leroy", "accounting", True)
    assert (second.role, second.is_main) == ("purchasing", False)
    cover = InsurerGuarantee.objects.get()
    assert (cover.insurer, cover.amount_cents, cover.ends_on) == (
        "Assureur A",
        800_000,
        date(2026, 12, 31),
    )
    dispute = Dispute.objects.get()
    assert (dispute.amount_cents, dispute.holder, dispute.opened_on) == (
        20_000,
        "Commercial",
        date(2026, 2, 15),
    )


def test_customers_open_accounts_where_there_is_no_ledger(creditor: Creditor) -> None:
    text = (
        "Code client;Raison sociale;SIREN;Ville\nC1;Un SARL;732829320;Rennes\nC2;Deux SAS;;Brest\n"
    )
    _, report = take(creditor, text, name="clients.csv")
    assert report.written["accounts_opened"] == 2
    assert Account.objects.get(number="C1").debtor.siren == "732829320"
    batch, _ = take(creditor, text, name="clients.csv")
    assert batch.status == "unchanged"


# --- undoing --------------------------------------------------------------------------------------


def test_a_whole_batch_is_undone_by_reversal_and_can_be_taken_again(creditor: Creditor) -> None:
    batch, _ = take(creditor, ITEMS)
    plan = undoing.undo_plan(batch)
    assert plan.blockers == []
    assert plan.words[:2] == [
        "3\u00a0créances contrepassées",
        "1\u00a0règlement ou avoir contrepassé",
    ]
    undoing.undo_import(batch.pk, by=BY, at=AT, reason="mauvais fichier")
    batch.refresh_from_db()
    assert batch.status == "undone"
    assert (open_claims(creditor), unused_credit(creditor)) == ({}, 0)
    assert Claim.objects.count() == 3  # nothing is deleted
    assert sound() == []
    with pytest.raises(Refused):
        undoing.undo_import(batch.pk, by=BY, at=AT)
    _, report = take(creditor, ITEMS)
    assert report.written == {"claims": 3, "credit_notes": 1}
    assert open_claims(creditor) == {"FA1": 120_000, "FA2": 30_000, "FA3": 6_050}


def test_what_something_depends_on_is_not_undone(creditor: Creditor) -> None:
    batch, _ = take(creditor, ITEMS)
    text = "Code client;Date de règlement;Montant reçu;Facture\nDUPONT;01/03/2026;1 200,00;FA1\n"
    paying, _ = take(creditor, text, name="reglements.csv")
    with pytest.raises(Refused, match="FA1"):
        undoing.undo_import(batch.pk, by=BY, at=AT)
    undoing.undo_import(paying.pk, by=BY, at=AT)
    assert open_claims(creditor)["FA1"] == 120_000
    undoing.undo_import(batch.pk, by=BY, at=AT)
    assert open_claims(creditor) == {}
    assert sound() == []


def test_what_a_batch_changed_is_restored_unless_somebody_changed_it_since(
    creditor: Creditor,
) -> None:
    take(creditor, ITEMS)
    text = (
        "Code client;Raison sociale;Ville;E-mail;Encours autorisé\n"
        "DUPONT;Dupont SAS;Rennes;a@dupont.example;5000\n"
    )
    batch, _ = take(creditor, text, name="clients.csv")
    debtor = Debtor.objects.get(city="Rennes")
    Debtor.objects.filter(pk=debtor.pk).update(city="Nantes")  # said since, by somebody
    undoing.undo_import(batch.pk, by=BY, at=AT)
    debtor.refresh_from_db()
    assert (debtor.name, debtor.city) == ("Dupont et Fils", "Nantes")
    assert Account.objects.get(number="DUPONT").credit_limit_cents is None
    assert Contact.objects.get().active is False


def test_undoing_a_stock_withdraws_what_it_raised(creditor: Creditor) -> None:
    take(creditor, ITEMS, mode="stock")
    batch, _ = take(creditor, without("FA2"), name="s.csv", mode="stock")
    undoing.undo_import(batch.pk, by=BY, at=AT)
    assert StockAbsence.objects.get().outcome == "withdrawn"


def test_disputes_and_guarantees_end_with_their_import(creditor: Creditor) -> None:
    take(creditor, ITEMS)
    known = "Code client;N° facture;Motif\nDUPONT;FA1;Prix\n"
    covers = "Code client;Assureur;Montant garanti\nDUPONT;A;8 000,00\n"
    for text, name in ((known, "litiges.csv"), (covers, "garanties.csv")):
        batch, _ = take(creditor, text, name=name)
        undoing.undo_import(batch.pk, by=BY, at=AT)
    assert Dispute.objects.get().outcome == "withdrawn"
    assert InsurerGuarantee.objects.get().withdrawn_at == AT
    assert Account.objects.get(number="DUPONT").figures.disputed_cents == 0
    assert not ImportedFact.objects.filter(
        what__in=("dispute", "guarantee"), undone_at__isnull=True
    ).exists()


# --- the mirror -----------------------------------------------------------------------------------


@pytest.mark.parametrize("as_xlsx", [True, False], ids=["xlsx", "csv"])
def test_what_is_exported_and_imported_again_changes_nothing(
    creditor: Creditor, as_xlsx: bool
) -> None:
    take(creditor, ITEMS.replace("Dupont et Fils", "-Dupont et Fils"))
    for text, name in (
        (
            "Code client;Raison sociale;SIREN;Adresse;CP;Ville;Pays;Conditions de règlement;Type;"
            "Encours autorisé\nDUPONT;-Dupont et Fils;732829320;1 rue Haute;35000;Rennes;France;"
            "45 jours fin de mois;professionnel;10000\n",
            "clients.csv",
        ),
        (
            "Code client;Prénom;Nom;Fonction;E-mail;Téléphone\n"
            "DUPONT;Anne;Leroy;Comptable;anne@dupont.example;+33 1 23 45 67 89\n",
            "contacts.csv",
        ),
        (
            "Code client;Date de règlement;Mode de règlement;Montant;Référence;Facture\n"
            "DUPONT;01/03/2026;Virement;1 300,00;VIR 77;FA1, FA2\n",
            "reglements.csv",
        ),
        (
            "Code client;Assureur;N° de police;Montant garanti;Date d'effet\n"
            "DUPONT;Assureur A;P-1;8 000,00;01/01/2026\n",
            "garanties.csv",
        ),
        ("Code client;N° facture;Montant contesté;Motif\nDUPONT;FA2;20,00;Prix\n", "litiges.csv"),
    ):
        take(creditor, text, name=name)
    for kind, table in EXPORTS.items():
        sheet = Sheet(table.name, table.columns, table.rows(creditor), money=table.money)
        stream = io.BytesIO()
        if as_xlsx:
            write_xlsx(sheet, stream)
        else:
            stream.write("".join(csv_lines(sheet)).encode())
        name = f"{kind}.{'xlsx' if as_xlsx else 'csv'}"
        batch, report = take(creditor, stream.getvalue(), name=name)
        assert report.format == kind
        written = {what: number for what, number in report.written.items() if number}
        assert (batch.status, written) == ("unchanged", {}), (kind, report.problems)
        assert [p.message for p in report.problems] == [], kind


# --- a source is read again by itself -------------------------------------------------------------


def test_a_kept_mapping_reads_its_source_again_by_itself(
    creditor: Creditor, tmp_path: Path
) -> None:
    odd = "Qui;Quoi;Combien;Pour quand\nC1;F1;10,00;10/02/2026\nC2;F2;20,00;11/02/2026\n"
    (tmp_path / "odd.csv").write_text(odd)
    found = mappings.understand(tmp_path / "odd.csv")
    assert found is not None
    mapping = Mapping.from_json(
        {
            "kind": "open_items",
            "columns": {
                "code": "Qui",
                "invoice": "Quoi",
                "amount": "Combien",
                "due_on": "Pour quand",
            },
        }
    )
    mappings.keep_mapping(
        creditor, mapping, fingerprint=found.fingerprint, name="Tableau maison", by=BY, at=AT
    )
    batch = receive_file(odd.encode(), name="odd.csv", creditor=creditor, by=BY, at=AT)
    assert batch.options["source"] == "Tableau maison"
    report = run_import(batch.pk, at=AT)
    assert report.written == {"accounts_opened": 2, "claims": 2}
    with pytest.raises(Refused, match="Tableau maison"):
        mappings.mapping_named(creditor, "Autre")
    assert json.loads(json.dumps(mapping.as_json()))["columns"]["code"] == "qui"
