from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.intake.cells import Illegible, read_cents, read_day


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1200,50", 120_050),
        ("1200.50", 120_050),
        ("0000000069,60", 6_960),
        ("60.5", 6_050),
        ("0", 0),
        ("", 0),
        ("   ", 0),
        ("12", 1_200),
        ("-56,03", -5_603),
        ("56,03-", -5_603),
        ("+56,03", 5_603),
        ("1 234,56", 123_456),
        ("1\u202f234,56", 123_456),
        ("1\u00a0234\u00a0567,8", 123_456_780),
        ("1.234.567,89", 123_456_789),
        ("1,234,567.89", 123_456_789),
        (",50", 50),
        ("12,5000", 1_250),
        ("12,50 €", 1_250),
        ("−3,00", -300),
    ],
)
def test_amounts_as_software_writes_them(text: str, cents: int) -> None:
    assert read_cents(text) == cents


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1e308", "wrong_amount"),
        ("NaN", "wrong_amount"),
        ("12,345", "ambiguous_amount"),  # twelve, or twelve thousand?
        ("1.000", "ambiguous_amount"),
        ("0,125", "wrong_amount"),  # an eighth of a euro has no cents
        ("douze", "wrong_amount"),
        ("1,2,3", "wrong_amount"),
        ("--5", "wrong_amount"),
        ("²", "wrong_amount"),
        ("٣,٠٠", "wrong_amount"),
        ("9" * 30, "amount_too_large"),
        ("9" * 400_000, "amount_too_large"),
        ("100000000000,01", "amount_too_large"),
    ],
)
def test_an_amount_that_is_not_exact_is_refused(text: str, code: str) -> None:
    with pytest.raises(Illegible) as refusal:
        read_cents(text)
    assert refusal.value.code == code


@given(st.integers(-(10**13), 10**13), st.sampled_from([",", "."]), st.integers(0, 12))
def test_every_amount_of_cents_comes_back(cents: int, point: str, zeros: int) -> None:
    units, rest = divmod(abs(cents), 100)
    text = f"{'-' if cents < 0 else ''}{'0' * zeros}{units}{point}{rest:02d}"
    assert read_cents(text) == cents


@given(st.text())
def test_any_text_is_an_amount_or_is_refused(text: str) -> None:
    try:
        assert isinstance(read_cents(text), int)
    except Illegible as refusal:
        assert str(refusal)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20250131", date(2025, 1, 31)),
        (" 20250131 ", date(2025, 1, 31)),
        ("2025-01-31", date(2025, 1, 31)),
        ("31/01/2025", date(2025, 1, 31)),
        ("1/2/2025", date(2025, 2, 1)),
        ("31.01.2025", date(2025, 1, 31)),
        ("2025-01-31 00:00:00", date(2025, 1, 31)),
        ("20240229", date(2024, 2, 29)),
        ("", None),
        ("        ", None),
        ("00000000", None),
        ("00/00/0000", None),
    ],
)
def test_days_as_software_writes_them(text: str, day: date | None) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize(
    "text", ["20250230", "20251301", "2025", "250131", "31/02/2025", "19491231", "22000101", "hier"]
)
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(Illegible):
        read_day(text)


@given(st.dates(date(1950, 1, 1), date(2199, 12, 31)))
def test_every_day_comes_back(day: date) -> None:
    assert read_day(f"{day:%Y%m%d}") == read_day(f"{day:%d/%m/%Y}") == day
