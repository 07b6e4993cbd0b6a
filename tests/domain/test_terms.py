from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.refusals import WrongInput
from exigible.domain.terms import TermMethod, due_date


@pytest.mark.parametrize(
    ("method", "due"),
    [
        ("net", date(2025, 3, 6)),  # 20 January + 45 days
        ("days_then_eom", date(2025, 3, 31)),  # 6 March, then the end of March
        ("eom_then_days", date(2025, 3, 17)),  # 31 January + 45 days
    ],
)
def test_forty_five_days_counted_three_ways(method: str, due: date) -> None:
    assert due_date(date(2025, 1, 20), 45, method) == due


def test_end_of_february_in_a_leap_year() -> None:
    assert due_date(date(2024, 1, 31), 0, "days_then_eom") == date(2024, 1, 31)
    assert due_date(date(2024, 1, 30), 30, "days_then_eom") == date(2024, 2, 29)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 365))
def test_an_end_of_month_never_brings_the_date_forward(issued_on: date, days: int) -> None:
    net = due_date(issued_on, days)
    assert (net - issued_on).days == days
    assert net <= due_date(issued_on, days, TermMethod.DAYS_THEN_EOM)
    assert net <= due_date(issued_on, days, TermMethod.EOM_THEN_DAYS)


@pytest.mark.parametrize(("days", "method"), [(-1, "net"), (366, "net"), (30, "lunar")])
def test_impossible_terms_are_refused(days: int, method: str) -> None:
    with pytest.raises(WrongInput):
        due_date(date(2025, 1, 1), days, method)
