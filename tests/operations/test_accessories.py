"""Penalties and the 40 € paid on top: what is due is paid, what is not stays credit, undone whole."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from exigible.domain.refusals import Refused
from exigible.operations import accessories, figures
from exigible.operations.acts import By
from exigible.operations.matching import deciding
from exigible.operations.matching.parts import Part
from exigible.operations.matching.running import run_matching
from exigible.operations.payments import NewPayment, record_payments
from exigible.operations.statements import account_statement
from exigible.reports.ageing.balance import ledger_balance
from exigible.reports.ageing.facts import AgeingFilters
from exigible.store.models import (
    Account,
    AccountFigures,
    BankLine,
    Claim,
    Creditor,
    CreditorBankAccount,
    Entry,
    Payment,
)
from tests.bank_text import IBAN, camt
from tests.builders import make_account, make_claim, make_creditor, make_debtor
from tests.operations.importing import AT, done, sound

pytestmark = pytest.mark.django_db
USER = By("user:00000000-0000-4000-8000-00000000000a")
DUE = date(2026, 10, 1)
PAID = date(2026, 11, 3)
LATER = date(2026, 11, 20)


@pytest.fixture
def creditor() -> Creditor:
    made = make_creditor()
    CreditorBankAccount.objects.create(creditor=made, iban=IBAN, is_default=True)
    return made


@pytest.fixture
def account(creditor: Creditor) -> Account:
    made = make_account(creditor, debtor=make_debtor(name="Paysages Lignon"))
    make_claim(made, 1_000_000, DUE, ref="FL26-0001", issued_on=date(2026, 9, 1))
    make_claim(made, 300_000, DUE, ref="FL26-0002", issued_on=date(2026, 9, 1))
    return made


def claim(number: int) -> Claim:
    return Claim.objects.get(ref=f"FL26-000{number}")


def received(creditor: Creditor, *amounts: tuple[str, str]) -> None:
    entries = [
        (f"2026-11-{3 + rank:02d}", amount, label, f"Z{rank}")
        for rank, (amount, label) in enumerate(amounts)
    ]
    done(creditor, camt(entries), name="releve.xml")


def credit(account: Account) -> int:
    figures.refresh([account.pk], LATER)
    return AccountFigures.objects.get(account=account).credit_cents


def owed_on_top(account: Account, number: int, on: date) -> int:
    """Return the total claimed of a claim, principal paid or not, by the décompte of a day."""
    found, _ = account_statement(account.pk, on, claim_ids=[claim(number).pk])
    return found.total_cents


def test_the_forty_euros_paid_on_top_are_paid_and_the_decompte_says_so(
    creditor: Creditor, account: Account
) -> None:
    received(creditor, ("10040.00", "VIR PAYSAGES LIGNON FL26-0001"))
    before = owed_on_top(account, 1, LATER)
    due = accessories.due(account.pk, [claim(1).pk], PAID)[claim(1).pk]
    # 10 000 € late by 33 days bear penalties too: they stay due, the 40 € are paid first.
    assert due.fixed_indemnity_cents == 4000
    assert due.interest_cents > 0
    run = run_matching(creditor.pk, at=AT)
    line = BankLine.objects.get()
    assert (run.booked, line.state) == (1, "matched")
    assert "40,00 € d’indemnité forfaitaire, dus au 03/11/2026" in " ".join(
        line.match.reasons
    ).replace("\u00a0", " ").replace("\u202f", " ")
    payment = Payment.objects.get()
    assert (payment.unallocated_cents, credit(account), claim(1).balance_cents) == (0, 0, 0)
    assert owed_on_top(account, 1, LATER) == due.interest_cents
    # The décompte of the account, made of the other claim, says what was paid with this one.
    _, made = account_statement(account.pk, LATER)
    assert [one.ref for one in made.claims] == ["FL26-0002"]
    assert any("FL26-0001" in words and "40,00" in words for words in made.excluded)
    # Ledger and aged balance still agree, and every check holds.
    assert ledger_balance(LATER, AgeingFilters()) == 300_000
    assert sound() == []
    deciding.undo(line.pk, by=USER, at=AT + timedelta(minutes=5))
    assert claim(1).balance_cents == 1_000_000
    assert owed_on_top(account, 1, LATER) == before
    assert ledger_balance(LATER, AgeingFilters()) == 1_300_000
    assert account_statement(account.pk, LATER)[1].excluded == ()
    assert sound() == []


def test_everything_due_on_two_invoices_is_paid_at_once_and_some_of_it_is_asked(
    creditor: Creditor, account: Account
) -> None:
    due = accessories.due(account.pk, [claim(1).pk, claim(2).pk], PAID)
    on_top = sum(one.total_cents for one in due.values())
    whole = 1_300_000 + on_top
    euros = f"{whole // 100}.{whole % 100:02d}"
    received(creditor, (euros, "VIR PAYSAGES LIGNON FL26-0001 FL26-0002 PENALITES"))
    assert run_matching(creditor.pk, at=AT).booked == 1
    for number in (1, 2):
        assert owed_on_top(account, number, LATER) == 0
    assert credit(account) == 0
    line = BankLine.objects.get()
    deciding.undo(line.pk, by=USER, at=AT + timedelta(minutes=1))
    # Less than what is due, or more: said, and one key accepts; the rest stays a credit, named.
    parts = [
        Part(
            account_id=account.pk,
            cents=whole,
            claims=[(claim(2).pk, 300_000)],
            accessories=[(claim(2).pk, due[claim(2).pk].total_cents + 1)],
        )
    ]
    with pytest.raises(Refused, match="laissez la différence"):
        deciding.settle(line.pk, parts, by=USER, at=AT + timedelta(minutes=2))
    assert claim(2).balance_cents == 300_000
    deciding.set_aside([line.pk], reason="essai", by=USER, at=AT + timedelta(minutes=2))
    received(creditor, ("3050.00", "VIR PAYSAGES LIGNON FL26-0002 PENALITES DE RETARD"))
    run_matching(creditor.pk, at=AT + timedelta(minutes=3))
    partly = BankLine.objects.get(amount_cents=305_000)
    assert partly.state == "to_match"
    assert partly.match.reasons[-1].startswith("Le surplus n’est pas exactement")
    deciding.accept(partly.pk, by=USER, at=AT + timedelta(minutes=4))
    assert owed_on_top(account, 2, LATER) == due[claim(2).pk].total_cents - 5000
    assert credit(account) == 0
    assert sound() == []


def test_what_is_not_due_stays_a_credit(creditor: Creditor, account: Account) -> None:
    account.waives_accessories = True
    account.save(update_fields=["waives_accessories"])
    received(creditor, ("10040.00", "VIR PAYSAGES LIGNON FL26-0001"))
    run_matching(creditor.pk, at=AT)
    line = BankLine.objects.get()
    assert line.match.gap == "overpaid"
    assert "ni pénalité ni indemnité n’est due" in " ".join(line.match.reasons)
    assert (claim(1).balance_cents, credit(account)) == (0, 4000)
    claims = Entry.objects.exclude(component="principal")
    assert not claims.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(
            account=account,
            claim=claim(2),
            kind="accessory",
            component="fixed_indemnity",
            amount_cents=4000,
            value_date=PAID,
            recorded_at=AT,
            origin="test",
        )
        connection.check_constraints()


def test_figures_claim_no_more_what_was_paid_on_top_of_an_open_claim(account: Account) -> None:
    due = accessories.due(account.pk, [claim(1).pk], PAID)[claim(1).pk]
    record_payments(
        [
            NewPayment(
                account_id=account.pk,
                kind="transfer",
                amount_cents=500_000 + due.total_cents,
                value_date=PAID,
                allocations=[(claim(1).pk, 500_000)],
                accessories=[(claim(1).pk, due.total_cents)],
            )
        ],
        by=USER,
        at=AT,
    )
    figures.refresh([account.pk], LATER)
    found, made = account_statement(account.pk, LATER)
    copy = AccountFigures.objects.get(account=account)
    paid = sum(one.amount_cents for one in found.allocations if one.component != "principal")
    assert paid == due.total_cents
    assert copy.accessories_cents == found.components.accessories - paid
    assert copy.balance_cents == 800_000
    assert found.total_cents == 800_000 + copy.accessories_cents
    assert len(made.claims) == 2


@pytest.mark.parametrize("posted", [1_004_000, 1_000_000])
def test_accounting_takes_over_a_receipt_with_its_forty_euros(
    creditor: Creditor, account: Account, posted: int
) -> None:
    """The ledger posts the whole to the customer, or the principal alone and the rest to income."""
    received(creditor, ("10040.00", "VIR PAYSAGES LIGNON FL26-0001"))
    run_matching(creditor.pk, at=AT)
    theirs = Payment.objects.create(
        account=account,
        kind="transfer",
        amount_cents=posted,
        value_date=PAID,
        recorded_at=AT,
        origin="fec:1:1",
    )
    due = accessories.due(account.pk, [claim(1).pk], LATER)[claim(1).pk]
    run_matching(creditor.pk, at=AT + timedelta(minutes=5))
    theirs.refresh_from_db()
    assert theirs.allocated_cents == posted
    assert credit(account) == 0
    assert accessories.due(account.pk, [claim(1).pk], LATER)[claim(1).pk] == due
    line = BankLine.objects.get()
    standing = Payment.objects.filter(bank_lines__line=line, bank_lines__ended_at=None)
    assert sum(one.amount_cents for one in standing) == 1_004_000
    assert sound() == []
    deciding.undo(line.pk, by=USER, at=AT + timedelta(minutes=9))
    assert claim(1).balance_cents == 1_000_000
    assert sound() == []


def test_a_receipt_that_comes_back_takes_its_accessories_back_and_gives_them_again(
    creditor: Creditor, account: Account
) -> None:
    received(
        creditor,
        ("10040.00", "VIR PAYSAGES LIGNON FL26-0001"),
        ("-10040.00", "VIR RETOURNE"),
    )
    before = owed_on_top(account, 1, LATER)
    line = BankLine.objects.get(amount_cents=1_004_000)
    part = Part(
        account_id=account.pk,
        cents=1_004_000,
        claims=[(claim(1).pk, 1_000_000)],
        accessories=[(claim(1).pk, 4000)],
    )
    deciding.settle(line.pk, [part], by=USER, at=AT)
    payment = Payment.objects.get()
    back = BankLine.objects.get(amount_cents=-1_004_000)
    deciding.settle(back.pk, [], reverses=[payment.pk], by=USER, at=AT + timedelta(minutes=1))
    assert owed_on_top(account, 1, LATER) == before
    deciding.undo(back.pk, by=USER, at=AT + timedelta(minutes=2))
    assert (claim(1).balance_cents, credit(account)) == (0, 0)
    assert Payment.objects.last().unallocated_cents == 0  # type: ignore[union-attr]
    assert sound() == []
