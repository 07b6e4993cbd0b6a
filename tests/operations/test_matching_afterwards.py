"""What later facts do to a line that was matched: returns, discounts lost, undoing out of order."""

from datetime import date, timedelta

import pytest
from django.db import connection

from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import queueing
from exigible.operations.acts import By
from exigible.operations.imports import run_import
from exigible.operations.matching import deciding, remittances
from exigible.operations.matching.parts import Part
from exigible.operations.matching.running import run_matching
from exigible.operations.matching.settings import save_settings
from exigible.operations.payments import allocate, record_payment, reverse_payment
from exigible.operations.table_imports import stock
from exigible.operations.undoing import undo_import
from exigible.store.models import (
    Account,
    BankLine,
    Claim,
    Creditor,
    CreditorBankAccount,
    DiscountGranted,
    ImportBatch,
    Payment,
    StockAbsence,
)
from tests.bank_text import IBAN, camt
from tests.builders import make_account, make_claim, make_creditor, make_debtor
from tests.fec_text import entry, fec, invoice, receipt
from tests.operations.importing import AT, BY, done, sound

pytestmark = pytest.mark.django_db
USER = By("user:00000000-0000-4000-8000-00000000000a")
DUE = date(2026, 10, 31)
LATER = AT + timedelta(minutes=5)
LEDGER = "732829320FEC20261231.txt"


@pytest.fixture
def creditor() -> Creditor:
    made = make_creditor()
    CreditorBankAccount.objects.create(creditor=made, iban=IBAN, is_default=True)
    return made


@pytest.fixture
def account(creditor: Creditor) -> Account:
    made = make_account(creditor, debtor=make_debtor(name="Paysages Lignon"))
    make_claim(made, 100000, DUE, ref="FL26-0001", issued_on=date(2026, 10, 1))
    return made


def line(cents: int) -> BankLine:
    return BankLine.objects.get(amount_cents=cents)


def owed() -> int:
    return Claim.objects.get().balance_cents


def statement(creditor: Creditor, *amounts: str) -> None:
    entries = [
        (f"2026-11-{3 + rank:02d}", amount, f"OPERATION {rank}", f"Z{rank}")
        for rank, amount in enumerate(amounts)
    ]
    done(creditor, camt(entries), name="releve.xml")


def settle(account: Account, cents: int, **part: object) -> Payment:
    claim = Claim.objects.get()
    paid = Part(account_id=account.pk, cents=cents, claims=[(claim.pk, cents)], **part)  # type: ignore[arg-type]
    deciding.settle(line(cents).pk, [paid], by=USER, at=AT)
    return Payment.objects.exclude(kind="credit_note").get(amount_cents=cents)


def take_back(payment: Payment, cents: int) -> None:
    deciding.settle(line(-cents).pk, [], reverses=[payment.pk], by=USER, at=AT)


def test_a_receipt_that_came_back_is_not_undone_before_its_return(
    creditor: Creditor, account: Account
) -> None:
    statement(creditor, "1000.00", "-1000.00")
    take_back(settle(account, 100000), 100000)
    assert owed() == 100000
    # Undone alone, its money would pay again while the return took it back from nothing.
    with pytest.raises(Refused, match="revenu"):
        deciding.undo(line(100000).pk, by=USER, at=LATER)
    deciding.undo(line(-100000).pk, by=USER, at=LATER)
    assert owed() == 0
    deciding.undo(line(100000).pk, by=USER, at=LATER + timedelta(minutes=1))
    assert owed() == 100000
    assert sound() == []


def test_a_part_that_came_back_is_undone(creditor: Creditor, account: Account) -> None:
    statement(creditor, "1000.00", "-400.00")
    take_back(settle(account, 100000), 40000)
    assert owed() == 40000
    with pytest.raises(Refused, match="revenu"):
        deciding.undo(line(100000).pk, by=USER, at=LATER)
    deciding.undo(line(-40000).pk, by=USER, at=LATER)
    assert owed() == 0
    assert sound() == []
    deciding.undo(line(100000).pk, by=USER, at=LATER + timedelta(minutes=1))
    assert owed() == 100000
    assert sound() == []


def test_a_discount_is_lost_with_the_receipt_that_earned_it(
    creditor: Creditor, account: Account
) -> None:
    save_settings(creditor.pk, {"discount_rate": 20000, "discount_days": 60}, by=USER, at=AT)
    statement(creditor, "980.00", "-980.00")
    claim = Claim.objects.get()
    payment = settle(account, 98000, discounts=[(claim.pk, 2000)])
    assert owed() == 0
    take_back(payment, 98000)
    assert owed() == 100000
    # The return was a mistake: the receipt and its discount stand again.
    deciding.undo(line(-98000).pk, by=USER, at=LATER)
    assert owed() == 0
    assert DiscountGranted.objects.filter(payment__reversed_by=None).count() == 1
    deciding.undo(line(98000).pk, by=USER, at=LATER + timedelta(minutes=1))
    assert owed() == 100000
    assert sound() == []


def test_a_line_is_only_a_standing_receipt_of_its_own_currency(
    creditor: Creditor, account: Account
) -> None:
    statement(creditor, "1000.00", "-1000.00")
    payments = {
        kind: record_payment(
            account.pk, kind=kind, amount_cents=100000, value_date=DUE, by=BY, at=AT
        )
        for kind in ("transfer", "credit_note")
    }
    reverse_payment(payments["transfer"].pk, on=DUE, by=BY, at=AT)
    dollars = Payment.objects.create(
        account=account, kind="transfer", amount_cents=100000, currency="USD", value_date=DUE,
        recorded_at=AT, origin="test",
    )  # fmt: skip
    for one in (*payments.values(), dollars):
        part = Part(account_id=account.pk, cents=100000, payment_id=one.pk)
        with pytest.raises(Refused):
            deciding.settle(line(100000).pk, [part], by=USER, at=AT)
        with pytest.raises(Refused):
            deciding.settle(line(-100000).pk, [], reverses=[one.pk], by=USER, at=AT)
    assert line(100000).state == "to_match"


def test_undoing_leaves_to_accounting_what_it_recorded(
    creditor: Creditor, account: Account
) -> None:
    statement(creditor, "1000.00")
    settle(account, 100000)
    theirs = record_payment(
        account.pk, kind="transfer", amount_cents=100000, value_date=date(2026, 11, 4),
        by=By("fec:2:40"), at=AT,
    )  # fmt: skip
    run_matching(creditor.pk, at=AT)
    theirs.refresh_from_db()
    assert (owed(), theirs.allocated_cents) == (0, 100000)
    deciding.undo(line(100000).pk, by=USER, at=LATER)
    theirs.refresh_from_db()
    assert not hasattr(theirs, "reversed_by")
    assert (owed(), theirs.allocated_cents) == (100000, 0)
    assert sound() == []


def test_a_discount_is_granted_once_a_claim(creditor: Creditor, account: Account) -> None:
    save_settings(creditor.pk, {"discount_rate": 20000, "discount_days": 60}, by=USER, at=AT)
    statement(creditor, "960.00")
    claim = Claim.objects.get()
    with pytest.raises((Refused, WrongInput)):
        settle(account, 96000, discounts=[(claim.pk, 2000), (claim.pk, 2000)])
    assert owed() == 100000


def test_a_document_tied_to_a_line_withdrawn_finds_it_again_in_the_next_statement(
    creditor: Creditor, account: Account
) -> None:
    statement(creditor, "1000.00")
    paper = remittances.receive(
        "Facture;Montant payé\nFL26-0001;1000,00\n".encode(),
        name="avis.csv", creditor_id=creditor.pk, line_id=line(100000).pk, by=USER, at=AT,
    )  # fmt: skip
    undo_import(ImportBatch.objects.get().pk, by=BY, at=AT)
    statement(creditor, "1000.00")
    run_matching(creditor.pk, at=LATER)
    assert BankLine.objects.get(state="matched").match.remittance == paper
    assert owed() == 0


def test_a_document_whose_fees_pass_its_sums_is_refused(creditor: Creditor) -> None:
    text = "Facture;Montant;Frais\nFL26-0001;10,00;20,00\n"
    with pytest.raises(WrongInput, match="frais"):
        remittances.receive(
            text.encode(), name="reversement.csv", creditor_id=creditor.pk, by=USER, at=AT
        )


def test_an_import_taken_back_is_not_run_again(creditor: Creditor) -> None:
    statement(creditor, "1000.00")
    batch = ImportBatch.objects.get()
    undo_import(batch.pk, by=BY, at=AT)
    with pytest.raises(Refused, match="déjà terminé"):
        run_import(batch.pk, at=LATER)


def test_what_the_ledger_had_of_several_accounts_is_not_counted_twice(
    creditor: Creditor, account: Account
) -> None:
    other = make_account(creditor, debtor=make_debtor(name="Garage Tournebise"))
    make_claim(other, 20000, DUE, ref="FL26-0002", issued_on=date(2026, 10, 1))
    statement(creditor, "1200.00")
    claims = {claim.account_id: claim for claim in Claim.objects.all()}
    for one, cents in ((account, 100000), (other, 20000)):
        record_payment(
            one.pk, kind="transfer", amount_cents=cents, value_date=date(2026, 11, 4),
            by=By(f"fec:2:{one.pk}"), at=AT,
        )  # fmt: skip
    parts = [
        Part(account_id=one.pk, cents=cents, claims=[(claims[one.pk].pk, cents)])
        for one, cents in ((account, 100000), (other, 20000))
    ]
    deciding.settle(line(120000).pk, parts, by=USER, at=AT)
    run_matching(creditor.pk, at=LATER)
    live = Payment.objects.filter(amount_cents__gt=0, reversed_by=None)
    assert sorted((one.origin[:3], one.unallocated_cents) for one in live) == [("fec", 0)] * 2
    assert set(Claim.objects.values_list("balance_cents", flat=True)) == {0}
    assert sound() == []


def test_what_came_and_went_in_one_statement_is_settled_without_anybody(
    creditor: Creditor, account: Account
) -> None:
    entries = [
        ("2026-11-03", "1000.00", "PRLV SEPA PAYSAGES LIGNON FL26-0001", "Q1"),
        ("2026-11-10", "-1000.00", "PRLV SEPA REJETE PAYSAGES LIGNON FL26-0001 MD01", "Q2"),
    ]
    done(creditor, camt(entries), name="releve.xml")
    with connection.cursor() as cursor:  # a worker has taken the job of the import
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded'")
    run_matching(creditor.pk, at=AT)
    assert (line(100000).state, line(-100000).state) == ("matched", "to_match")
    assert line(-100000).match.fees_cents == 0
    assert queueing.is_matching_queued([creditor.pk])
    run_matching(creditor.pk, at=LATER)
    assert line(-100000).state == "matched"
    assert owed() == 100000
    assert sound() == []


def test_an_undone_return_of_accountings_receipt_is_not_doubled_by_the_next_export(
    creditor: Creditor,
) -> None:
    """Ledger, bank return, its undoing, the same ledger again, then one that letters it."""
    sale, paid = (
        invoice("FL26-0001", "20261001", "LIGNON", 1000),
        receipt("R1", "20261102", "LIGNON", 1000),
    )
    done(creditor, fec(sale, paid), name=LEDGER)
    done(creditor, camt([("2026-11-02", "1000.00", "VIR LIGNON FL26-0001", "Q1")]), name="a.xml")
    run_matching(creditor.pk, at=AT)
    statement(creditor, "-1000.00")
    theirs = Payment.objects.get()
    claim = Claim.objects.get()
    allocate(theirs.pk, [(claim.pk, 100000)], by=USER, at=AT)
    take_back(theirs, 100000)
    assert owed() == 100000
    deciding.undo(line(-100000).pk, by=USER, at=LATER)
    assert owed() == 0
    again = Payment.objects.get(stands_for=theirs)
    for number, text in enumerate(
        (
            fec(sale, paid),
            fec(sale, paid, invoice("FL26-0002", "20261103", "LIGNON", 50)),
            fec(
                invoice("FL26-0001", "20261001", "LIGNON", 1000, "A"),
                receipt("R1", "20261102", "LIGNON", 1000, "A"),
                invoice("FL26-0002", "20261103", "LIGNON", 50),
            ),
        )
    ):
        done(creditor, text, name=LEDGER)
        run_matching(creditor.pk, at=LATER + timedelta(minutes=number))
        live = Payment.objects.filter(reversed_by=None, reverses=None)
        assert [(one.pk, one.unallocated_cents) for one in live] == [(again.pk, 0)]
        claim.refresh_from_db()
        assert claim.balance_cents == 0
    # The bank line is still that receipt; undoing it leaves to accounting what it lettered.
    deciding.undo(line(100000).pk, by=USER, at=LATER + timedelta(hours=1))
    assert Payment.objects.filter(reversed_by=None, reverses=None).get() == again
    assert sound() == []


def test_a_discount_that_accounting_books_is_one_credit_and_stays_accountings(
    creditor: Creditor,
) -> None:
    sale = invoice("FL26-0001", "20261001", "LIGNON", 1000)
    done(creditor, fec(sale), name=LEDGER)
    account = Account.objects.get()
    save_settings(creditor.pk, {"discount_rate": 20000, "discount_days": 60}, by=USER, at=AT)
    statement(creditor, "980.00", "-980.00")
    claim = Claim.objects.get()
    settle(account, 98000, discounts=[(claim.pk, 2000)])
    booked = entry("VE 2 20261130 AV26-0001", "411 LIGNON -20", "665 20")
    done(creditor, fec(sale, booked), name=LEDGER)
    granted = DiscountGranted.objects.get().payment
    credits = Payment.objects.filter(amount_cents=2000)
    assert [(one.pk, one.unallocated_cents) for one in credits] == [(granted.pk, 0)]
    # The funds come back: the credit note of accounting stays, free; given again with them.
    take_back(Payment.objects.get(amount_cents=98000), 98000)
    granted.refresh_from_db()
    assert (owed(), granted.unallocated_cents) == (100000, 2000)
    deciding.undo(line(-98000).pk, by=USER, at=LATER)
    granted.refresh_from_db()
    assert (owed(), granted.unallocated_cents) == (0, 0)
    # The match is undone: only what a person decided is.
    deciding.undo(line(98000).pk, by=USER, at=LATER + timedelta(minutes=1))
    granted.refresh_from_db()
    assert not hasattr(granted, "reversed_by")
    assert owed() - granted.unallocated_cents == 98000
    assert sound() == []


def test_money_accepted_from_a_list_is_the_line_that_comes_weeks_later(
    creditor: Creditor, account: Account
) -> None:
    claim = Claim.objects.get()
    batch = ImportBatch.objects.create(
        creditor=creditor, format="open_items", filename="stock.csv", created_at=AT
    )
    absence = StockAbsence.objects.create(
        account=account, claim=claim, batch=batch, amount_cents=100000,
        noticed_on=date(2026, 10, 12), noticed_at=AT,
    )  # fmt: skip
    stock.decide(absence.pk, outcome="paid", on=date(2026, 10, 12), by=USER, at=AT)
    entries = [("2026-11-05", "1000.00", "VIR SEPA PAYSAGES LIGNON FL26-0001", "Q1")]
    done(creditor, camt(entries), name="releve.xml")
    run_matching(creditor.pk, at=LATER)
    assert line(100000).state == "matched"
    assert "accepté d’après une liste" in line(100000).match.reasons[0]
    payment = Payment.objects.get()
    assert payment.bank_lines.get().line == line(100000)
    # The next month's invoice of the same sum is paid by the next line: not the same money.
    second = make_claim(account, 100000, DUE, ref="FL26-0002", issued_on=date(2026, 11, 1))
    deciding.undo(line(100000).pk, by=USER, at=LATER)
    deciding.set_aside([line(100000).pk], reason="essai", by=USER, at=LATER)
    later = [("2026-11-09", "1000.00", "VIR SEPA PAYSAGES LIGNON FL26-0002", "Q2")]
    done(creditor, camt(later, number="2"), name="suite.xml")
    run_matching(creditor.pk, at=LATER + timedelta(minutes=1))
    second.refresh_from_db()
    assert second.balance_cents == 0
    assert sound() == []
