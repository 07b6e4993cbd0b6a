"""Opening accounts and claims: what is refused, and what is left behind."""

from datetime import UTC, date, datetime

import pytest

from exigible.domain.refusals import Refused, Stale, WrongInput
from exigible.operations import opening, payments
from exigible.operations.acts import By
from exigible.store.models import (
    Account,
    AccountFigures,
    Claim,
    Debtor,
    Entry,
    JournalEntry,
    Payment,
    Settlement,
)
from tests.builders import make_account, make_claim, make_creditor, make_debtor

pytestmark = pytest.mark.django_db
BY = By.job("test")
AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
TODAY = date(2026, 3, 10)


def invoice(**fields: object) -> opening.NewClaim:
    values: dict[str, object] = {
        "ref": "FA-001",
        "amount_cents": 120_000,
        "issued_on": date(2026, 2, 1),
        "due_on": date(2026, 3, 3),
    }
    return opening.NewClaim(**(values | fields))


def test_accounts_open_with_their_debtors_and_figures():
    creditor = make_creditor()
    known = make_debtor()
    opened = opening.open_accounts(
        creditor.pk,
        [
            opening.NewAccount(
                number="C-10",
                debtor=opening.NewDebtor(
                    name="Étables d’Œuvry",
                    kind="professional",
                    siren="999000011",
                    contacts=(opening.NewContact(name="Aëlle Corvec", email="a@oeuvry.example"),),
                ),
            ),
            opening.NewAccount(number="C-11", debtor=known.pk, credit_limit_cents=500_000),
        ],
        by=BY,
        at=AT,
    )
    assert [account.number for account in opened] == ["C-10", "C-11"]
    debtor = opened[0].debtor
    assert debtor.name_key == "etables d’oeuvry"
    assert debtor.contacts.get().is_main
    assert opened[1].debtor_id == known.pk
    assert AccountFigures.objects.filter(account__in=opened, state="settled").count() == 2
    lines = JournalEntry.objects.filter(account=opened[0])
    assert [line.action for line in lines] == ["account_opened"]


def test_accounts_open_all_or_none():
    creditor = make_creditor()
    make_account(creditor, number="C-10")
    rows = [
        opening.NewAccount(number=number, debtor=opening.NewDebtor(name=number))
        for number in ("C-08", "C-09", "C-10")
    ]
    with pytest.raises(Refused, match="C-10"):
        opening.open_accounts(creditor.pk, rows, by=BY, at=AT)
    assert Account.objects.filter(creditor=creditor).count() == 1
    assert Debtor.objects.filter(name="C-08").count() == 0


def test_an_account_of_many_with_a_wrong_debtor_is_named():
    creditor = make_creditor()
    rows = [
        opening.NewAccount(number="C-08", debtor=opening.NewDebtor(name="Un")),
        opening.NewAccount(number="C-09", debtor=opening.NewDebtor(name="Deux", siren="999000001")),
    ]
    with pytest.raises(WrongInput) as refusal:
        opening.open_accounts(creditor.pk, rows, by=BY, at=AT)
    assert refusal.value.message.startswith("C-09 : ")


def test_an_account_stays_in_a_portfolio_of_its_creditor():
    other = make_creditor().portfolios.get()
    with pytest.raises(WrongInput, match="portefeuille"):
        opening.open_account(
            make_creditor().pk,
            opening.NewAccount(
                number="C-1", debtor=opening.NewDebtor(name="Un"), portfolio_id=other.pk
            ),
            by=BY,
            at=AT,
        )


def test_a_debtor_is_not_opened_twice():
    debtor = opening.NewDebtor(name="Étables d’Œuvry", siren="999000011")
    opening.open_debtor(debtor, by=BY, at=AT)
    with pytest.raises(Refused, match="Étables d’Œuvry"):
        opening.open_debtor(debtor, by=BY, at=AT)


def test_claims_come_with_their_entries_and_move_the_figures():
    account = make_account()
    claims = opening.record_claims(
        account.pk,
        [invoice(), invoice(ref="FA-002", amount_cents=80_000, due_on=date(2026, 4, 1))],
        by=BY,
        at=AT,
        expected_version=0,
    )
    assert [entry.amount_cents for entry in Entry.objects.order_by("id")] == [120_000, 80_000]
    assert [claim.balance_cents for claim in claims] == [120_000, 80_000]
    copy = AccountFigures.objects.get(account=account)
    assert (copy.overdue_cents, copy.not_due_cents, copy.as_of) == (120_000, 80_000, TODAY)
    account.refresh_from_db()
    assert account.version == 1
    with pytest.raises(Stale):
        opening.record_claims(account.pk, [invoice(ref="X")], by=BY, at=AT, expected_version=0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount_cents": 0}, "amount_cents"),
        ({"amount_cents": 10**15}, "amount_cents"),
        ({"issued_on": date(2026, 3, 11), "due_on": date(2026, 4, 11)}, "issued_on"),
        ({"due_on": date(2026, 1, 31)}, "due_on"),
        ({"kind": "gift"}, "kind"),
        ({"currency": "euros"}, "currency"),
    ],
)
def test_a_claim_that_cannot_be_is_refused(wrong: dict[str, object], field: str):
    account = make_account()
    with pytest.raises(WrongInput) as refusal:
        opening.record_claims(account.pk, [invoice(ref="A"), invoice(**wrong)], by=BY, at=AT)
    assert refusal.value.field == field
    assert not Claim.objects.exists()


def test_the_same_invoice_is_not_recorded_twice():
    account = make_account()
    opening.record_claims(account.pk, [invoice()], by=BY, at=AT)
    with pytest.raises(Refused, match="FA-001"):
        opening.record_claims(account.pk, [invoice()], by=BY, at=AT)
    # The same number for another amount is another invoice: numbers repeat in real ledgers.
    opening.record_claims(account.pk, [invoice(amount_cents=1)], by=BY, at=AT)


def test_a_day_of_invoices_and_receipts_for_many_accounts():
    accounts = [make_account() for _ in range(3)]
    claims = opening.record_claims_of_many(
        {account.pk: [invoice()] for account in accounts}, by=BY, at=AT
    )
    rows = [
        payments.NewPayment(
            account_id=claim.account_id,
            kind="transfer",
            amount_cents=cents,
            value_date=TODAY,
            allocations=[(claim.pk, cents)] if named else (),
        )
        for claim, cents, named in (
            (claims[0], 100_000, True),
            (claims[0], 20_000, True),  # the rest of the same invoice, in the same day
            (claims[1], 50_000, False),
        )
    ]
    payments.record_payments(rows, by=BY, at=AT)
    found = [AccountFigures.objects.get(account=account) for account in accounts]
    assert [(one.balance_cents, one.credit_cents) for one in found] == [
        (0, 0),
        (70_000, 50_000),
        (120_000, 0),
    ]
    assert [one.state for one in found] == ["settled", "overdue", "overdue"]
    assert Settlement.objects.count() == 2
    for claim in claims:
        claim.refresh_from_db()
    assert [claim.balance_cents for claim in claims] == [0, 120_000, 120_000]


def test_receipts_of_a_day_are_recorded_all_or_none():
    account = make_account()
    claim = make_claim(account, 100_000, date(2026, 3, 1))
    rows = [
        payments.NewPayment(
            account_id=account.pk,
            kind="transfer",
            amount_cents=60_000,
            value_date=TODAY,
            allocations=[(claim.pk, 60_000)],
        )
    ] * 2
    with pytest.raises(Refused, match="affectés"):
        payments.record_payments(rows, by=BY, at=AT)
    assert not Payment.objects.exists()
    stranger = payments.NewPayment(
        account_id=make_account().pk,
        kind="transfer",
        amount_cents=60_000,
        value_date=TODAY,
        allocations=[(claim.pk, 60_000)],
    )
    with pytest.raises(WrongInput, match="compte"):
        payments.record_payments([stranger], by=BY, at=AT)


def test_an_insolvency_reaches_every_account_of_the_debtor():
    debtor = make_debtor()
    accounts = [make_account(debtor=debtor), make_account(debtor=debtor)]
    make_claim(accounts[0], 100_000, date(2026, 1, 31), issued_on=date(2026, 1, 1))
    opening.record_insolvency(
        debtor.pk, kind="redressement", opened_on=date(2026, 3, 5), by=BY, at=AT
    )
    states = AccountFigures.objects.filter(account__in=accounts).values_list("state", flat=True)
    assert set(states) == {"insolvent"}
    for account in accounts:
        line = JournalEntry.objects.get(account=account)
        assert (line.action, line.facts["kind"]) == ("insolvency_recorded", "redressement")
        account.refresh_from_db()
        assert account.version == 1
    # 1 000 € × 12,15 % × 32/365 = 10,652 €: from 1 February to 4 March, the eve of the judgment.
    assert AccountFigures.objects.get(account=accounts[0]).accessories_cents == 1065 + 4000


def test_an_insolvency_to_come_or_of_no_kind_is_refused():
    debtor = make_debtor()
    with pytest.raises(WrongInput) as refusal:
        opening.record_insolvency(
            debtor.pk, kind="liquidation", opened_on=date(2026, 3, 11), by=BY, at=AT
        )
    assert refusal.value.field == "opened_on"
    with pytest.raises(WrongInput):
        opening.record_insolvency(debtor.pk, kind="faillite", opened_on=TODAY, by=BY, at=AT)
