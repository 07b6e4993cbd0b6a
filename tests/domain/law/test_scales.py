"""Scales: marginal bands, a band for the whole, fixed amounts and caps, what is not known."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.law.scales import bands_of, shipped_scale, shipped_scales, written_bands
from exigible.domain.refusals import OutsideKnownLaw

WAGES = "quotite_saisissable"
IN_2026 = date(2026, 3, 31)
DEBTOR, CREDITOR = "droit_recouvrement_debiteur", "droit_recouvrement_creancier"


def test_each_band_bears_its_own_rate():
    # A. 444-31 in 2025 on 2 000 €: 125 × 9,77 % + 485 × 6,35 % + 915 × 3,41 % + 475 × 0,29 %
    # = 12,2125 + 30,7975 + 31,2015 + 1,3775 = 75,589 €.
    assert shipped_scale(DEBTOR).fee_cents(date(2025, 5, 5), 200_000) == 7_559


def test_a_small_amount_bears_the_fixed_fee_and_a_large_one_the_cap():
    scale = shipped_scale(DEBTOR)
    assert scale.fee_cents(date(2025, 5, 5), 4_400) == 430
    assert scale.fee_cents(date(2025, 5, 5), 100_000_000) == 55_000


def test_one_band_gives_the_rate_of_the_whole():
    scale = shipped_scale("coefficient_actes")
    day = date(2025, 5, 5)
    assert [scale.rate_on(day, cents) for cents in (12_800, 12_801, 128_001)] == [
        5_000,
        10_000,
        20_000,
    ]


def test_wages_are_taken_band_by_band():
    # R. 3252-2 in 2026, 1 500 € net: 373,33/20 + 354,17/10 + 363,33/5 + 364,17/4 + 45/3
    # = 18,6665 + 35,417 + 72,666 + 91,0425 + 15 = 232,792 €.
    scale = shipped_scale(WAGES)
    assert scale.fee_cents(IN_2026, 150_000) == 23_279
    # One dependant raises each limit by 145 €: 518,33/20 + 354,17/10 + 363,33/5 + 264,17/4
    # = 25,9165 + 35,417 + 72,666 + 66,0425 = 200,042 €.
    assert scale.fee_cents(IN_2026, 150_000, raised_by_cents=14_500) == 20_004


@given(st.integers(0, 1_000_000), st.integers(0, 3))
def test_wages_agree_with_fractions_added_cent_by_band(cents: int, dependants: int):
    limits = [37_333, 72_750, 109_083, 145_500, 181_750, 215_083]
    shares = [Fraction(text) for text in ("1/20", "1/10", "1/5", "1/4", "1/3", "2/3", "1")]
    raised = [limit + dependants * 14_500 for limit in limits]
    bounds = list(zip([0, *raised], [*raised, 10**9], strict=True))
    exact = sum(
        (
            max(0, min(cents, top) - low) * share
            for (low, top), share in zip(bounds, shares, strict=True)
        ),
        Fraction(0),
    )
    half_up = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    scale = shipped_scale(WAGES)
    assert scale.fee_cents(IN_2026, cents, raised_by_cents=dependants * 14_500) == half_up


def test_what_was_not_read_stops_by_name():
    scale = shipped_scale(CREDITOR)
    with pytest.raises(OutsideKnownLaw, match="à la charge du créancier"):
        scale.fee_cents(date(2025, 5, 5), 10_000_000)  # the last band of 2024 is not known
    with pytest.raises(OutsideKnownLaw, match="créancier"):
        scale.fee_cents(date(2025, 5, 5), 10_000)  # nor its fixed amount
    with pytest.raises(OutsideKnownLaw, match="01/03/2026"):
        scale.on(date(2026, 3, 1))


@pytest.mark.parametrize("scale_id", shipped_scales())
def test_bands_are_written_and_read_back(scale_id: str):
    scale = shipped_scale(scale_id)
    for value in scale.values:
        written = {
            **written_bands(scale.unit, value),
            "source": value.source,
            "verified": value.verified,
            "note": value.note,
        }
        back = bands_of(scale.unit, value.start, written)
        assert (back.bands, back.cap_cents) == (value.bands, value.cap_cents)
