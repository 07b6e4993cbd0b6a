"""One engine: the account's statement, its figures and its accessories are the same sums."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from exigible.domain.refusals import OutsideKnownLaw, Refused
from exigible.operations import figures, payments
from exigible.operations.acts import By
from exigible.operations.statements import account_statement
from exigible.store.models import AccountFigures, DebtorKind, Dispute
from tests.builders import AT, make_account, make_claim, make_creditor, make_debtor

pytestmark = pytest.mark.django_db
BY = By.job("test")
ON = date(2026, 6, 15)


@pytest.mark.parametrize("seed", range(6))
def test_figures_and_statement_agree_to_the_cent(seed: int):
    luck = random.Random(seed)
    kind = luck.choice([DebtorKind.PROFESSIONAL, DebtorKind.PUBLIC_PURCHASER])
    clause = luck.choice([None, None, 150_000, 20_000])
    account = make_account(make_creditor(clause_rate=clause), debtor=make_debtor(kind=kind))
    claims = [
        make_claim(
            account, luck.randrange(1_000, 5_000_000), ON - timedelta(days=luck.randrange(-40, 700))
        )
        for _ in range(12)
    ]
    late = [claim for claim in claims if claim.due_on < ON]
    for claim in luck.sample(late, 5):
        part = luck.randrange(1, claim.amount_cents)
        on = min(claim.due_on + timedelta(days=luck.randrange(-5, 60)), ON - timedelta(days=1))
        payments.record_payment(
            account.pk,
            kind=luck.choice(["transfer", "credit_note"]),
            amount_cents=part,
            value_date=max(on, claim.issued_on),
            allocations=[(claim.pk, part)],
            by=BY,
            at=datetime(2026, 6, 15, 9, tzinfo=UTC),
        )
    disputed = luck.choice(late)
    disputed.refresh_from_db()
    Dispute.objects.create(
        account=account,
        claim=disputed,
        amount_cents=disputed.balance_cents // 2 + 1,
        reason="qualité",
        opened_on=ON - timedelta(days=3),
        answer_due_on=ON,
        recorded_by=BY.uuid,
        recorded_at=AT,
    )
    figures.refresh([account.pk], ON)
    copy = AccountFigures.objects.get(account=account)
    answer, made = account_statement(account.pk, ON)
    assert copy.accessories_cents == answer.components.accessories
    assert copy.chased_cents == sum(claim.open_principal_cents for claim in answer.claims)
    buckets = copy.late_30_cents + copy.late_60_cents + copy.late_90_cents
    buckets += copy.late_180_cents + copy.late_more_cents
    assert buckets == copy.overdue_cents
    for claim in claims:
        claim.refresh_from_db()
    assert copy.balance_cents == sum(
        claim.balance_cents for claim in claims if claim.issued_on <= ON
    )
    assert len(made.claims) == len(answer.claims)


def test_lettering_closes_the_principal_and_leaves_the_accessories():
    account = make_account()
    claim = make_claim(account, 120_000, date(2025, 7, 15))
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=100_000,
        value_date=date(2025, 9, 15),
        allocations=[(claim.pk, 100_000)],
        by=BY,
        at=datetime(2025, 9, 15, 9, tzinfo=UTC),
    )
    answer, _ = account_statement(account.pk, date(2025, 9, 15))
    # 1 200 € × 12.15 % × 62/365 = 24.766 €; 40 €; the payment goes to principal.
    assert answer.components.interest == 2477
    assert answer.components.fixed_indemnity == 4000
    assert [part.component for part in answer.allocations] == ["principal"]
    assert answer.total_cents == 20_000 + 2477 + 4000


def test_the_legal_order_pays_accessories_first_when_pleaded():
    account = make_account()
    claim = make_claim(account, 120_000, date(2025, 7, 15))
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=10_000,
        value_date=date(2025, 9, 15),
        allocations=[(claim.pk, 10_000)],
        by=BY,
        at=datetime(2025, 9, 15, 9, tzinfo=UTC),
    )
    answer, _ = account_statement(account.pk, date(2025, 9, 15), legal_order=True)
    assert [(part.component, part.amount_cents) for part in answer.allocations] == [
        ("fixed_indemnity", 4000),
        ("interest", 2477),
        ("principal", 3523),
    ]


def test_a_payment_that_came_back_counts_as_never_received():
    account = make_account()
    claim = make_claim(account, 120_000, date(2025, 7, 15))
    payment = payments.record_payment(
        account.pk,
        kind="cheque",
        amount_cents=120_000,
        value_date=date(2025, 7, 31),
        allocations=[(claim.pk, 120_000)],
        by=BY,
        at=datetime(2025, 7, 31, 9, tzinfo=UTC),
    )
    payments.reverse_payment(
        payment.pk, on=date(2025, 8, 8), by=BY, at=datetime(2025, 8, 8, 9, tzinfo=UTC)
    )
    answer, _ = account_statement(account.pk, date(2025, 9, 15))
    assert answer.components.interest == 2477
    assert AccountFigures.objects.get(account=account).credit_cents == 0


def test_an_unknown_rate_refuses_the_statement_and_leaves_the_rest():
    account = make_account(debtor=make_debtor(kind=DebtorKind.PROFESSIONAL))
    make_claim(account, 120_000, date(2026, 12, 15))
    on = date(2027, 1, 20)
    with pytest.raises(OutsideKnownLaw, match="2027"):
        account_statement(account.pk, on)
    figures.refresh([account.pk], on)
    copy = AccountFigures.objects.get(account=account)
    assert copy.accessories_cents is None
    assert copy.chased_cents == 120_000


def test_a_debtor_of_unknown_kind_has_no_statement():
    account = make_account(debtor=make_debtor(kind=DebtorKind.UNKNOWN))
    make_claim(account, 120_000, date(2025, 7, 15))
    with pytest.raises(Refused, match="qualité du débiteur"):
        account_statement(account.pk, ON)


def test_the_undisputed_part_paid_in_time_leaves_nothing_to_state():
    account = make_account()
    claim = make_claim(account, 100_000, date(2026, 1, 31))
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=40_000,
        value_date=date(2026, 1, 30),
        allocations=[(claim.pk, 40_000)],
        by=BY,
        at=datetime(2026, 1, 30, 9, tzinfo=UTC),
    )
    Dispute.objects.create(
        account=account,
        claim=claim,
        amount_cents=60_000,
        reason="quantité",
        opened_on=date(2026, 2, 10),
        answer_due_on=date(2026, 3, 1),
        recorded_by=BY.uuid,
        recorded_at=AT,
    )
    with pytest.raises(Refused, match="Rien n’est échu"):
        account_statement(account.pk, date(2026, 2, 28))


def test_the_undisputed_part_paid_late_keeps_its_accessories():
    account = make_account()
    claim = make_claim(account, 100_000, date(2026, 1, 31))
    Dispute.objects.create(
        account=account,
        claim=claim,
        amount_cents=60_000,
        reason="quantité",
        opened_on=date(2026, 2, 10),
        answer_due_on=date(2026, 3, 1),
        recorded_by=BY.uuid,
        recorded_at=AT,
    )
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=40_000,
        value_date=date(2026, 2, 20),
        allocations=[(claim.pk, 40_000)],
        by=BY,
        at=datetime(2026, 2, 20, 9, tzinfo=UTC),
    )
    figures.refresh([account.pk], date(2026, 2, 28))
    # 400 € × 12,15 % × 20/365 = 2,663 €, from 1 to 20 February; and 40 €.
    answer, _ = account_statement(account.pk, date(2026, 2, 28))
    assert answer.total_cents == answer.components.accessories == 266 + 4000
    assert AccountFigures.objects.get(account=account).accessories_cents == 266 + 4000


def test_a_statement_says_what_was_received_and_is_not_placed_yet():
    account = make_account()
    make_claim(account, 100_000, date(2026, 9, 30))
    signed = {"kind": "transfer", "amount_cents": 40_000, "by": By.job("test"), "at": AT}
    payments.record_payment(account.pk, value_date=date(2026, 10, 15), **signed)
    found, _ = account_statement(account.pk, date(2026, 10, 20))
    assert "crédit de 400,00" in found.warnings[-1]
    before, _ = account_statement(account.pk, date(2026, 10, 14))
    assert not any("crédit de" in words for words in before.warnings)
