"""Figures as the outside contract writes them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.contract_text import day_text, euros_text, percent_text


@given(st.integers(-(10**15), 10**15))
def test_an_amount_has_two_decimals_and_is_read_back(cents: int):
    written = euros_text(cents)
    assert Decimal(written) * 100 == cents
    assert written.rpartition(".")[2].isdigit()
    assert len(written.rpartition(".")[2]) == 2


def test_cents_below_zero_keep_their_sign():
    assert [euros_text(cents) for cents in (-5, 0, 5)] == ["-0.05", "0.00", "0.05"]


@pytest.mark.parametrize(
    ("rate", "written"),
    [(0, "0.00"), (124_000, "12.40"), (27_600, "2.76"), (1, "0.0001"), (1_000_000, "100.00")],
)
def test_a_rate_has_two_decimals_at_least(rate: int, written: str):
    assert percent_text(rate) == written


def test_a_day_that_is_not_is_none():
    assert (day_text(date(2026, 11, 22)), day_text(None)) == ("2026-11-22", None)
