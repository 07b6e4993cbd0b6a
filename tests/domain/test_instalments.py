"""Instalments: equal to the cent, money conserved, dates by month from the first one."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.instalments import MOST, Every, instalments
from exigible.domain.refusals import WrongInput


def test_the_last_one_takes_the_cents_that_do_not_divide() -> None:
    # 1,000.00 / 6 = 166.666…: five of 166.66 (833.30), then 1,000.00 − 833.30 = 166.70.
    found = instalments(100_000, 6, first_on=date(2026, 11, 30), every=Every.MONTH)
    assert [one.amount_cents for one in found] == [16_666] * 5 + [16_670]
    assert [one.left_cents for one in found] == [83_334, 66_668, 50_002, 33_336, 16_670, 0]


def test_months_are_counted_from_the_first_date() -> None:
    found = instalments(30_000, 4, first_on=date(2026, 12, 31), every=Every.MONTH)
    assert [one.due_on for one in found] == [
        date(2026, 12, 31),
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),  # not the 28th: February does not shorten what follows
    ]


@pytest.mark.parametrize(
    ("every", "second"),
    [
        (Every.WEEK, date(2027, 1, 11)),
        (Every.FORTNIGHT, date(2027, 1, 18)),
        (Every.QUARTER, date(2027, 4, 4)),
    ],
)
def test_other_rhythms(every: Every, second: date) -> None:
    assert instalments(1000, 2, first_on=date(2027, 1, 4), every=every)[1].due_on == second


@given(
    total=st.integers(MOST, 10**12),
    number=st.integers(2, MOST),
    every=st.sampled_from(Every),
    first=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
def test_money_is_conserved(total: int, number: int, every: Every, first: date) -> None:
    found = instalments(total, number, first_on=first, every=every)
    assert sum(one.amount_cents for one in found) == total
    assert len({one.amount_cents for one in found[:-1]}) == 1
    assert 0 <= found[-1].amount_cents - found[0].amount_cents < number
    left = total
    for one in found:
        left -= one.amount_cents
        assert one.left_cents == left
    assert all(one.due_on < other.due_on for one, other in pairwise(found))


@pytest.mark.parametrize(("total", "number"), [(100_000, 1), (100_000, MOST + 1), (3, 4), (0, 2)])
def test_what_cannot_be_shared_is_refused(total: int, number: int) -> None:
    with pytest.raises(WrongInput) as refusal:
        instalments(total, number, first_on=date(2027, 1, 4), every=Every.MONTH)
    assert refusal.value.field == "number"
