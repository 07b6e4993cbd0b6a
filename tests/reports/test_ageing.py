"""The aged balance totals to the ledger, on any day, in both modes."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from exigible.operations import figures, payments
from exigible.operations.acts import By
from exigible.reports.ageing import AgeingFilters, Mode, ageing, ledger_balance
from tests.builders import make_account, make_claim, make_creditor

pytestmark = pytest.mark.django_db
BY = By.job("test")
ON = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def test_each_claim_falls_in_one_bucket():
    account = make_account()
    for late, cents in ((0, 100), (1, 200), (30, 300), (31, 400), (90, 500), (91, 600), (181, 700)):
        make_claim(account, cents, ON - timedelta(days=late))
    [row] = ageing(ON, AgeingFilters()).rows
    amounts = row.amounts
    assert (amounts.not_due, amounts.late_30, amounts.late_60, amounts.late_90) == (
        100,
        500,
        400,
        500,
    )
    assert (amounts.late_180, amounts.late_more, amounts.balance) == (600, 700, 2800)


def test_unallocated_credit_has_its_own_negative_column():
    account = make_account()
    make_claim(account, 10_000, ON - timedelta(days=10))
    payments.record_payment(
        account.pk, kind="transfer", amount_cents=4_000, value_date=ON, by=BY, at=NOW
    )
    answer = ageing(ON, AgeingFilters())
    assert (answer.totals.late_30, answer.totals.credit, answer.totals.balance) == (
        10_000,
        -4_000,
        6_000,
    )


def test_a_past_day_is_shown_as_known_and_as_recomputed():
    account = make_account()
    claim = make_claim(account, 10_000, date(2026, 9, 10), at=at(date(2026, 8, 12)))
    # Received on 25 September, learnt of on 5 October.
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=10_000,
        value_date=date(2026, 9, 25),
        allocations=[(claim.pk, 10_000)],
        by=BY,
        at=at(date(2026, 10, 5)),
    )
    day = date(2026, 9, 30)
    assert ageing(day, AgeingFilters(), mode=Mode.AS_KNOWN).totals.balance == 10_000
    assert ageing(day, AgeingFilters(), mode=Mode.RECOMPUTED).totals.balance == 0
    [row] = ageing(day, AgeingFilters(), compare=True).rows
    assert (row.known_balance, row.amounts.balance, row.difference) == (10_000, 0, -10_000)


def test_portfolios_and_creditors_bound_the_view():
    mine, other = make_account(), make_account()
    for account in (mine, other):
        make_claim(account, 10_000, ON - timedelta(days=10))
    answer = ageing(ON, AgeingFilters(portfolio_ids=[mine.portfolio_id]))
    assert [row.account_id for row in answer.rows] == [mine.pk]
    assert ageing(ON, AgeingFilters(portfolio_ids=[])).rows == ()
    assert answer.totals.balance == 10_000


@pytest.mark.parametrize("seed", range(4))
def test_every_day_totals_to_the_ledger_and_today_is_the_figures(seed: int):
    luck = random.Random(seed)
    creditor = make_creditor()
    accounts = [make_account(creditor) for _ in range(6)]
    for account in accounts:
        for _ in range(5):
            due = ON - timedelta(days=luck.randrange(-30, 250))
            claim = make_claim(
                account, luck.randrange(100, 90_000), due, issued_on=due - timedelta(days=30)
            )
            if luck.random() < 0.6:
                received = min(due + timedelta(days=luck.randrange(-10, 50)), ON)
                part = luck.randrange(1, claim.amount_cents + 1)
                payment = payments.record_payment(
                    account.pk,
                    kind="transfer",
                    amount_cents=part + luck.choice([0, 0, 500]),
                    value_date=received,
                    allocations=[(claim.pk, part)],
                    by=BY,
                    at=NOW,
                )
                if luck.random() < 0.2:
                    payments.reverse_payment(payment.pk, on=ON, by=BY, at=NOW)
    for days in (0, 1, 17, 45, 120, 400):
        day = ON - timedelta(days=days)
        answer = ageing(day, AgeingFilters(), limit=1000)
        assert answer.totals.balance == ledger_balance(day, AgeingFilters())
        for row in answer.rows:
            amounts = row.amounts
            assert amounts.not_due + amounts.overdue + amounts.credit == amounts.balance
    figures.refresh([account.pk for account in accounts], ON)
    fresh = ageing(ON, AgeingFilters(), from_figures=True, limit=1000)
    live = ageing(ON, AgeingFilters(), limit=1000)
    assert fresh.rows == live.rows
    assert fresh.totals == live.totals
