"""Distance and local holidays: where the parties and the court are changes a last day."""

from datetime import date

import pytest

from exigible.domain.deadlines import (
    Place,
)
from exigible.domain.refusals import WrongInput
from tests.domain.deadline_cases import MONDAY, WORKED, answer, by_id

# ---- distance


@pytest.mark.parametrize(
    ("place", "last", "months"),
    [
        (Place.METROPOLE, date(2026, 10, 14), None),
        (Place.OUTRE_MER, date(2026, 11, 16), "un mois"),
        (Place.ETRANGER, date(2026, 12, 14), "deux mois"),
    ],
)
def test_distance_lengthens_an_opposition(place: Place, last: date, months: str | None):
    found = by_id(answer("injonction_de_payer", {"service_of_order": MONDAY}, place=place))
    opposition = found["IP_OPPO_1M"]
    assert opposition.falls_on == last
    if months is None:
        assert opposition.distance is None
    else:
        assert opposition.distance == f"{months} de plus pour la distance (CPC art. 643)"


def test_distance_lengthens_nothing_else():
    abroad: set[str] = set()
    for row in WORKED:
        dated = {row[2]: MONDAY} if isinstance(row[2], str) else row[2]
        found = by_id(answer(row[1], dated, row[3], place=Place.ETRANGER))[row[0]]
        if found.distance:
            abroad.add(row[0])
    assert abroad == {
        "IP_OPPO_1M",
        "IP_OPPO_1M_EXT",
        "IP_EXEC_OLD",  # waits for the end of the opposition period
        "RP_APPEAL_15D",
        "AF_TJ_AVOCAT_15D",  # appearance
        "AF_APPEAL_1M",
        "AF_OPPO_1M",
        "AF_JEX_15D",
        "SI_HEARING_MIN_1M",  # appearance, counted backward
        "PC_APPEAL_10D",
        "UR_OPPO_15D",
    }


def test_the_old_request_for_enforcement_follows_the_longer_opposition():
    events = {"order_date": "2022-01-10", "service_of_order": "2022-01-20"}
    # Opposition: three months to 20 April 2022; one more to 20 May, a Friday.
    found = by_id(answer("injonction_de_payer", events, place=Place.ETRANGER))
    assert found["IP_OLD_1423"].falls_on == date(2022, 5, 20)


@pytest.mark.parametrize(
    ("debtor", "last", "source"),
    [
        ("97410", date(2026, 10, 14), None),  # the court's own collectivity
        ("97200", date(2026, 11, 16), "644"),
        ("75011", date(2026, 11, 16), "644"),
    ],
)
def test_a_court_overseas_mirrors_distance(debtor: str, last: date, source: str | None):
    answered = answer(
        "injonction_de_payer",
        {"service_of_order": MONDAY},
        debtor_postcode=debtor,
        court_postcode="97400",
    )
    opposition = by_id(answered)["IP_OPPO_1M"]
    assert opposition.falls_on == last
    assert source is None if opposition.distance is None else source in opposition.distance


def test_a_court_overseas_asks_where_overseas_the_debtor_is():
    with pytest.raises(WrongInput) as refusal:
        answer(
            "injonction_de_payer",
            {"service_of_order": MONDAY},
            place=Place.OUTRE_MER,
            court_postcode="97400",
        )
    assert refusal.value.field == "debtor_postcode"


def test_a_postcode_that_contradicts_the_place_is_refused():
    with pytest.raises(WrongInput) as refusal:
        answer(
            "injonction_de_payer",
            {"service_of_order": MONDAY},
            place=Place.METROPOLE,
            debtor_postcode="97400",
        )
    assert refusal.value.field == "debtor_postcode"


def test_a_place_nobody_gave_is_said_to_be_supposed():
    answered = answer("injonction_de_payer", {"service_of_order": MONDAY}, place=None)
    assert answered.place is Place.METROPOLE
    assert any("supposée" in warning for warning in answered.warnings)


# ---- local holidays: before acting, never to be late


def test_a_local_holiday_puts_off_no_act_of_one_s_own():
    # 26 November 2025, a month: Friday 26 December, a holiday in Alsace-Moselle only.
    events = {"denunciation_to_debtor": "2025-11-26"}
    found = by_id(answer("saisie_attribution", events, debtor_postcode="67000"))
    assert found["SA_CONTEST_1M"].falls_on == date(2025, 12, 26)
    assert any("Alsace-Moselle" in warning for warning in found["SA_CONTEST_1M"].warnings)
    # The third party's payment waits: Friday 26 is allowed for, then Monday 29.
    waiting = found["SA_PAY_AFTER_1M"]
    assert waiting.falls_on == date(2025, 12, 29)
    assert waiting.possible_from == date(2025, 12, 30)


def test_a_notice_counted_backward_allows_for_a_local_holiday():
    # Eight days before 11 April 2026: Friday 3 April, Good Friday, so Thursday 2 in Strasbourg.
    events = {"hearing_date": "2026-04-11"}
    here = by_id(answer("assignation_au_fond", events))["AF_TC_FILE_8D"]
    there = by_id(answer("assignation_au_fond", events, debtor_postcode="67000"))["AF_TC_FILE_8D"]
    assert here.falls_on == date(2026, 4, 3)
    assert there.falls_on == date(2026, 4, 2)


def test_the_holidays_of_an_unknown_collectivity_are_said_to_be_unknown():
    answered = answer("assignation_au_fond", {"hearing_date": MONDAY}, debtor_postcode="98800")
    assert any("98800" in warning for warning in answered.warnings)
