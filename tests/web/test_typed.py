"""What people type, understood; what cannot be understood, said with what to write."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.french import amount, euros
from exigible.domain.refusals import WrongInput
from exigible.web.typed import (
    MOST_CENTS,
    cents_of,
    day_of,
    looks_like_amount,
    row_number,
    row_numbers,
    whole_number,
)

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("1234,56", 123_456),
        ("1234.5", 123_450),
        ("1 234,56 €", 123_456),
        ("1\u202f234,56\u00a0€", 123_456),
        ("1.234,56", 123_456),
        ("1.234.567,8", 123_456_780),
        ("12", 1200),
        ("0", 0),
        ("0,05", 5),
        ("9354", 935_400),
    ],
)
def test_amounts(typed: str, cents: int) -> None:
    assert cents_of(typed) == cents


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "abc",
        "-5",
        "1,234",
        "1e308",
        "٣",
        "12,345",
        "1;5",
        "NaN",
        "FA-9354",
        "9" * 17,
        "1..5",
        "=",
    ],
)
def test_what_is_not_an_amount(typed: str) -> None:
    with pytest.raises(WrongInput) as wrong:
        cents_of(typed)
    assert not looks_like_amount(typed)
    assert wrong.value.message.endswith(".")


@given(st.integers(min_value=0, max_value=MOST_CENTS))
def test_what_the_product_writes_it_reads(cents: int) -> None:
    assert cents_of(amount(cents)) == cents
    assert cents_of(euros(cents)) == cents


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("22/11/26", date(2026, 11, 22)),
        ("22/11/2026", date(2026, 11, 22)),
        ("22-11-2026", date(2026, 11, 22)),
        ("22.11.26", date(2026, 11, 22)),
        ("2026-11-22", date(2026, 11, 22)),
        ("2211", date(2026, 11, 22)),
        ("221126", date(2026, 11, 22)),
        ("5/1", date(2027, 1, 5)),  # the nearest 5 January is ahead
        ("3009", date(2026, 9, 30)),
        ("+8", date(2026, 12, 1)),
        ("+ 8 j", date(2026, 12, 1)),
        ("-30", date(2026, 10, 24)),
        ("lundi", date(2026, 11, 30)),  # never today
        ("Mardi", date(2026, 11, 24)),
        ("demain", date(2026, 11, 24)),
        ("aujourd'hui", TODAY),
        ("hier", date(2026, 11, 22)),
        ("29/02/2028", date(2028, 2, 29)),
    ],
)
def test_days(typed: str, expected: date) -> None:
    assert day_of(typed, today=TODAY) == expected


@pytest.mark.parametrize(
    "typed",
    ["", "31/02/2026", "30/02", "2025-02-30", "32/01/2026", "bientôt", "1", "0000", "99/99"],
)
def test_days_that_do_not_exist(typed: str) -> None:
    with pytest.raises(WrongInput):
        day_of(typed, today=TODAY)


def refusal_of(read: Callable[[str], object], typed: str) -> str | None:
    try:
        read(typed)
    except WrongInput as wrong:
        return wrong.message
    return None


@given(st.text(max_size=30))
def test_any_text_is_understood_or_refused_in_french(typed: str) -> None:
    for read in (cents_of, lambda text: day_of(text, today=TODAY)):
        assert refusal_of(read, typed) != ""


@pytest.mark.parametrize("typed", ["", "-1", "1,5", "91", "abc"])
def test_whole_numbers(typed: str) -> None:
    assert whole_number(" 9 0", most=90) == 90
    with pytest.raises(WrongInput):
        whole_number(typed, most=90)


@pytest.mark.parametrize("typed", ["31/12/9999", "9999-07-02", "0001-01-01", "31/12/1949"])
def test_a_day_that_no_computation_reaches_is_refused(typed: str):
    with pytest.raises(WrongInput, match="hors de la période traitée"):
        day_of(typed, today=date(2026, 11, 22))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("42", 42),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5000, None),
        ("-1", None),
        ("", None),
        (None, None),
        ("٤٢", None),
        ("4 2", None),
    ],
)
def test_a_row_number_is_a_number_the_database_can_hold(typed: str | None, number: int | None):
    assert row_number(typed) == number


def test_what_is_not_a_number_was_not_ticked():
    assert row_numbers(["7", "x", "9" * 5000, "8"]) == [7, 8]
