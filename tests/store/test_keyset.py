"""Pages by keyset: every row once, in order, nulls last, at any depth."""

from datetime import timedelta

import pytest

from exigible.store.keyset import Order, read_page
from exigible.store.models import AccountFigures
from tests.builders import TODAY, make_account, make_creditor

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows() -> None:
    creditor = make_creditor()
    for index in range(23):
        account = make_account(creditor)
        AccountFigures.objects.create(
            account=account,
            creditor_id=creditor.pk,
            portfolio_id=account.portfolio_id,
            as_of=TODAY,
            chased_cents=(index * 7) % 5,  # many equals
            oldest_due_on=None if index % 3 == 0 else TODAY - timedelta(days=index % 4),
        )


@pytest.mark.parametrize("size", [1, 4, 22, 23, 50])
@pytest.mark.parametrize(
    "order",
    [
        Order("chased_cents", descending=True, key="account_id"),
        Order("chased_cents", key="account_id"),
        Order("oldest_due_on", key="account_id"),
        Order("oldest_due_on", descending=True, key="account_id"),
        Order("account__debtor__name_key", key="account_id"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("rows")
def test_every_row_once_and_in_order(order: Order, size: int) -> None:
    found, cursor = [], ""
    while True:
        page = read_page(AccountFigures.objects.all(), order, size=size, cursor=cursor)
        found += page.rows
        assert len(page.rows) <= size
        cursor = page.next_cursor
        if not cursor:
            break
    whole = read_page(AccountFigures.objects.all(), order, size=1000).rows
    assert [row.pk for row in found] == [row.pk for row in whole]
    assert len({row.pk for row in found}) == 23


@pytest.mark.usefixtures("rows")
def test_nulls_come_last_both_ways() -> None:
    for descending in (False, True):
        order = Order("oldest_due_on", descending=descending, key="account_id")
        days = [
            row.oldest_due_on
            for row in read_page(AccountFigures.objects.all(), order, size=50).rows
        ]
        known = [day for day in days if day is not None]
        assert days == [*known, *([None] * 8)]
        assert known == sorted(known, reverse=descending)


@pytest.mark.parametrize(
    "cursor", ["x", "AAAA", "WzFd", "bnVsbA", "%%%", "W3siYSI6MX0sMiwzXQ", "é"]
)
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    order = Order("chased_cents", key="account_id")
    with pytest.raises(ValueError):  # noqa: PT011 — any refusal will do, its words are nobody's
        read_page(AccountFigures.objects.all(), order, size=5, cursor=cursor)
