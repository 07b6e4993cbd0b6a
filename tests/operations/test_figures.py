"""Figures of an account on days that are not today's, and of debts that a procedure spares."""

from datetime import UTC, date, datetime

import pytest

from exigible.operations import figures, payments
from exigible.operations.acts import By
from exigible.operations.statements import account_statement
from exigible.store.models import AccountFigures
from tests.builders import make_account, make_claim, make_debtor

pytestmark = pytest.mark.django_db
BY = By.job("test")


def test_a_past_day_counts_the_payments_made_before_it_on_a_claim_settled_since():
    account = make_account()
    claim = make_claim(account, 100_000, date(2026, 1, 31))
    for day, cents in ((date(2026, 2, 20), 40_000), (date(2026, 5, 4), 60_000)):
        payments.record_payment(
            account.pk,
            kind="transfer",
            amount_cents=cents,
            value_date=day,
            allocations=[(claim.pk, cents)],
            by=BY,
            at=datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
        )
    figures.refresh([account.pk], date(2026, 3, 31))
    copy = AccountFigures.objects.get(account=account)
    # ECB 2.15 + 10 points: 1 000 € × 12,15 % × 20/365 = 6,6575 € up to 20 February,
    # then 600 € × 12,15 % × 39/365 = 7,7893 € up to 31 March; and 40 €.
    assert (copy.overdue_cents, copy.accessories_cents) == (60_000, 666 + 779 + 4000)
    statement, _ = account_statement(account.pk, date(2026, 3, 31))
    assert statement.components.accessories == copy.accessories_cents


def test_a_claim_born_after_the_opening_of_a_procedure_bears_interest_and_its_indemnity():
    debtor = make_debtor(insolvency_opened_on=date(2026, 1, 15), insolvency_kind="redressement")
    account = make_account(debtor=debtor)
    make_claim(account, 100_000, date(2026, 1, 31), issued_on=date(2025, 12, 20))
    make_claim(account, 100_000, date(2026, 2, 28), issued_on=date(2026, 1, 20))
    figures.refresh([account.pk], date(2026, 3, 31))
    # Nothing on the first, stayed before it was due; on the second 31 days at 12,15 %:
    # 1 000 € × 12,15 % × 31/365 = 10,3192 €, and 40 € (C. com. L. 622-17).
    copy = AccountFigures.objects.get(account=account)
    assert copy.accessories_cents == 1032 + 4000
    statement, _ = account_statement(account.pk, date(2026, 3, 31))
    assert statement.components.accessories == copy.accessories_cents
