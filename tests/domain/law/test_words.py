"""Values as people read and type them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.law import UNIT_SCALES
from exigible.domain.law.scales import DatedBands, shipped_scale, shipped_scales
from exigible.domain.law.words import (
    UNIT_WORDS,
    band_lines,
    number_words,
    plain_value,
    read_bands,
    read_number,
)
from exigible.domain.refusals import WrongInput

EMPTY = DatedBands(start=date(2026, 1, 1), source="", verified=False, bands=())


@pytest.mark.parametrize(
    ("unit", "typed", "value"),
    [
        ("percent", "3,75 %", 37_500),
        ("percent", "3.75", 37_500),
        ("percent", " 0,0001\u00a0% ", 1),
        ("percent", "0", 0),
        ("points", "10 points", 100_000),
        ("times", "1,5 fois", 15_000),
        ("eur", "1\u202f234,50 €", 123_450),
        ("eur", "40 euros", 4_000),
        ("months", "2 mois", 2),
        ("days", "45 jours", 45),
        ("years", "2 ans", 2),
    ],
)
def test_a_number_is_read_as_one_types_it(unit: str, typed: str, value: int):
    assert read_number(unit, typed) == value


@pytest.mark.parametrize(
    ("unit", "typed", "said"),
    [
        ("percent", "", "lisible"),
        ("percent", "trois", "lisible"),
        ("percent", "NaN", "lisible"),
        ("percent", "1e400", "lisible"),
        ("percent", "3,75 €", "lisible"),
        ("percent", "-1", "vraisemblable"),
        ("percent", "375", "vraisemblable"),
        ("percent", "3,12345", "décimales"),
        ("eur", "40,001", "décimales"),
        ("days", "1,5", "décimales"),
        ("days", "9" * 5_000, "lisible"),
    ],
)
def test_what_makes_no_sense_is_refused_with_an_example(unit: str, typed: str, said: str):
    with pytest.raises(WrongInput, match=said):
        read_number(unit, typed)


@given(st.sampled_from(sorted(UNIT_WORDS)), st.integers(0, 1_000_000))
def test_words_and_files_are_read_back(unit: str, value: int):
    value %= UNIT_WORDS[unit][2] * UNIT_SCALES[unit] + 1
    assert read_number(unit, number_words(unit, value)) == value
    assert read_number(unit, plain_value(unit, value)) == value


@pytest.mark.parametrize("scale_id", shipped_scales())
def test_a_scale_is_read_back_from_its_lines(scale_id: str):
    scale = shipped_scale(scale_id)
    value = scale.values[-2:][0]
    if any(band.rate is None for band in value.bands):
        return
    back = read_bands(scale.unit, "\n".join(band_lines(scale.unit, value)), EMPTY)
    assert back.bands == value.bands
    assert (back.fixed_up_to_cents, back.fixed_cents) == (
        value.fixed_up_to_cents,
        value.fixed_cents,
    )
    assert back.cap_cents == value.cap_cents


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "jusqu’à 125 € : 9,77 %",  # no last band
        "au-delà : 0,29 %\njusqu’à 125 € : 9,77 %",
        "jusqu’à 610 € : 1 %\njusqu’à 125 € : 2 %\nau-delà : 3 %",
        "jusqu’à 125 € = 9,77 %\nau-delà : 1 %",
        "au-delà : inconnu",
        "\n".join(["jusqu’à 125 € : 9,77 %"] * 40),
    ],
)
def test_a_scale_that_cannot_be_applied_is_refused(typed: str):
    with pytest.raises(WrongInput):
        read_bands("percent", typed, EMPTY)


def test_fractions_of_wages_are_exact():
    typed = "jusqu’à 373,33 € : 1/20\nau-delà : 2/3"
    assert [band.rate for band in read_bands("fraction", typed, EMPTY).bands] == [3, 40]
    for wrong in ("1/0", "3/2", "1/7", "0,5"):
        with pytest.raises(WrongInput, match="Ligne 1"):
            read_bands("fraction", f"au-delà : {wrong}", EMPTY)


def test_a_scale_too_long_does_not_blame_its_first_line():
    typed = "\n".join(f"jusqu’à {limit} € : 1 %" for limit in range(1, 21)) + "\nau-delà : 2 %"
    with pytest.raises(WrongInput, match="20 lignes au plus"):
        read_bands("percent", typed, EMPTY)
    assert len(read_bands("percent", typed.partition("\n")[2], EMPTY).bands) == 20
