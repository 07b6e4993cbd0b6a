"""What the daily run reads of accounts in SQL is what the domain says of each."""

from datetime import date

import numpy as np
import pytest

from exigible.domain.calendar import HolidayZone, zone_of_postcode
from exigible.domain.strategy import HOLIDAY_ZONES
from exigible.store.columns import Scope, read_book, read_followed, read_strategies
from tests.builders import make_account, make_creditor, make_debtor

pytestmark = pytest.mark.django_db
POSTCODES = (
    *("75011", "57000", "67000", "68100", "97110", "97133", "97150", "97200", "97300", "97400"),
    *("97600", "97700", "97800", "97500", "98800", "20000", "5700", "", "D-57072", "SW1A 1AA"),
)


@pytest.mark.parametrize("many", [False, True], ids=["a few accounts", "a range of accounts"])
def test_the_zone_of_a_debtor_is_that_of_his_postcode(many: bool):
    creditor = make_creditor()
    accounts = [
        make_account(creditor, debtor=make_debtor(postcode=postcode)) for postcode in POSTCODES
    ]
    scope = Scope() if many else Scope(ids=tuple(account.pk for account in accounts))
    book = read_book(scope, date(2026, 5, 27))
    followed = read_followed(scope, book, np.zeros(len(book.account), np.int64), read_strategies())
    zones = dict(zip(book.account.tolist(), followed.zone.tolist(), strict=True))
    found = {account.debtor.postcode: HOLIDAY_ZONES[zones[account.pk]] for account in accounts}
    assert found == {postcode: zone_of_postcode(postcode) for postcode in POSTCODES}
    assert set(found.values()) == set(HolidayZone)
