"""The reliability of an account: weights as data, reasons, and what does not apply."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.identity.reliability import Facts, assess, lacks, of_bits, thresholds

GOOD: dict[str, Any] = {
    "kind": "professional",
    "country": "FR",
    "has_siren": True,
    "has_address": True,
    "address_ok": True,
    "legal_address_known": True,
    "struck_off": False,
    "insolvency_mentioned": False,
    "insolvency_recorded": False,
    "has_email": True,
    "has_phone": True,
}


def keys(**changed: Any) -> set[str]:
    return {lack.key for lack in assess(Facts(**(GOOD | changed))).lacks}


def test_an_account_that_lacks_nothing() -> None:
    assert assess(Facts(**GOOD)).score == 100
    assert assess(Facts(**GOOD)).level == "good"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"kind": "unknown"}, {"kind"}),
        ({"has_siren": False, "legal_address_known": False}, {"siren"}),
        ({"has_siren": False, "country": "BE", "legal_address_known": False}, set()),
        ({"kind": "consumer", "has_siren": False, "legal_address_known": False}, set()),
        ({"has_address": False, "address_ok": False}, {"address"}),
        ({"address_ok": False}, {"address_bad"}),
        ({"legal_address_known": False}, {"legal_address"}),
        ({"struck_off": True}, {"struck_off"}),
        ({"insolvency_mentioned": True}, {"insolvency_unrecorded"}),
        ({"insolvency_mentioned": True, "insolvency_recorded": True}, set()),
        ({"has_email": False, "has_phone": False}, {"email", "phone"}),
        (
            {"derived_due_dates": 2, "without_number": 1, "without_date": 1},
            {"due_date", "number", "date"},
        ),
        ({"without_proof": None}, set()),
        ({"without_proof": 1}, {"proof_of_delivery"}),
    ],
)
def test_what_is_lacking(changed: dict[str, Any], expected: set[str]) -> None:
    assert keys(**changed) == expected


def test_weights_come_off_a_hundred_heaviest_first() -> None:
    found = assess(Facts(**(GOOD | {"kind": "unknown", "has_email": False, "struck_off": True})))
    # 100 − 30 (radiée) − 25 (qualité) − 8 (e-mail)
    assert found.score == 37
    assert [lack.key for lack in found.lacks] == ["struck_off", "kind", "email"]
    assert found.level == "poor"


def test_every_lack_says_why_and_what_to_do() -> None:
    for lack in lacks().values():
        assert 0 < lack.weight <= 30
        assert lack.why.strip().endswith(".")
        assert lack.act in {"identity", "register", "contact", "claims"}
    good, fair = thresholds()
    assert 0 < fair < good < 100


@given(st.integers(0, 2**13 - 1))
def test_a_score_stays_within_its_bounds(bits: int) -> None:
    found = of_bits(bits)
    assert 0 <= found.score <= 100
    assert (found.score == 100) == (not found.lacks)
