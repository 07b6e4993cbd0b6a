"""Dated parameters: the value of a day, its source, and the refusal to guess."""

from datetime import date
from pathlib import Path

import pytest

from exigible.domain.law import shipped_law
from exigible.domain.refusals import OutsideKnownLaw

ROOT = Path(__file__).parents[3]


def test_the_value_of_a_day_is_the_last_one_started():
    rate = shipped_law()["taux_interet_legal_autres"]
    assert rate.on(date(2025, 6, 30)).value == 37_100  # 3,71 %
    assert rate.on(date(2025, 7, 1)).value == 27_600  # 2,76 %


def test_a_rate_not_yet_published_is_refused_by_name():
    with pytest.raises(OutsideKnownLaw) as refusal:
        shipped_law()["taux_interet_legal_autres"].on(date(2026, 7, 1))
    assert "intérêt légal" in refusal.value.message
    assert "2e semestre 2026" in refusal.value.message
    assert "Journal officiel" in refusal.value.message


def test_a_day_before_the_first_value_is_refused():
    with pytest.raises(OutsideKnownLaw):
        shipped_law()["taux_interet_legal_autres"].on(date(2008, 12, 31))


def test_the_central_bank_rate_of_2027_is_not_known():
    bank = shipped_law()["taux_bce"]
    assert bank.on(date(2026, 7, 1)).value == 24_000
    with pytest.raises(OutsideKnownLaw, match="1er semestre 2027"):
        bank.on(date(2027, 1, 1))


def test_every_parameter_has_a_source_for_every_value():
    for parameter in shipped_law().parameters.values():
        starts = [value.start for value in parameter.values]
        assert starts == sorted(set(starts)), parameter.id
        assert all(value.source for value in parameter.values), parameter.id


def test_every_parameter_and_scale_is_listed_in_the_coverage():
    page = (ROOT / "docs" / "law_coverage.md").read_text(encoding="utf-8")
    missing = [one.id for one in shipped_law().everything if f"| `{one.id}` |" not in page]
    assert missing == []


def test_every_value_of_one_source_says_why():
    silent = [
        (one.id, value.start)
        for one in shipped_law().everything
        for value in one.values
        if value.known and not value.verified and not value.note
    ]
    assert silent == []


def test_a_value_entered_by_nobody_is_shipped():
    assert not any(value.entered for one in shipped_law().everything for value in one.values)
