"""What chooses a deadline: the law of a date, the facts; and how a deadline is told."""

import json
from datetime import date

import pytest

from exigible.domain.deadlines import (
    Place,
    deadlines_answer,
)
from exigible.domain.refusals import OutsideKnownLaw
from tests.domain.deadline_cases import (
    BODACC,
    MONDAY,
    PC,
    answer,
    by_id,
)

# ---- the law of a date


@pytest.mark.parametrize(
    ("order", "present", "absent"),
    [
        ("2026-08-31", "IP_SIGN_6M_OLD", "IP_SIGN_3M"),
        ("2026-09-01", "IP_SIGN_3M", "IP_SIGN_6M_OLD"),
    ],
)
def test_the_date_of_the_order_chooses_the_law(order: str, present: str, absent: str):
    found = by_id(answer("injonction_de_payer", {"order_date": order}))
    assert found[present].condition is None
    assert absent not in found


@pytest.mark.parametrize(
    ("procedure", "events"),
    [
        ("injonction_de_payer", {"order_date": "2026-08-31"}),
        ("injonction_de_payer", {"order_date": "2022-03-01", "service_of_order": "2022-03-10"}),
        ("loyers_habitation", {"lease_date": "2023-07-28", "service_of_commandement": MONDAY}),
        ("credit_bancaire", {"contract_date": "2020-01-02", "registration_of_incident": MONDAY}),
    ],
)
def test_a_date_of_an_older_law_that_is_known_is_no_gap_of_the_law(
    procedure: str, events: dict[str, str]
):
    found = answer(procedure, events)
    assert found.deadlines
    assert not any("connu ici" in warning for warning in found.warnings)


def test_an_order_older_than_the_known_law_is_said_to_be():
    events = {"order_date": "2022-02-28", "service_of_order": "2022-03-10"}
    [warning] = answer("injonction_de_payer", events).warnings
    assert "avant le 1er mars 2022" in warning.replace("\u00a0", " ")


def test_without_the_order_both_laws_are_answered_with_their_condition():
    found = by_id(answer("injonction_de_payer", {"service_of_order": "2026-10-01"}))
    assert found["IP_EXEC_2M"].condition == "ordonnance rendue à compter du 1er septembre 2026"
    assert found["IP_EXEC_OLD"].condition == ("ordonnance rendue du 1er mars 2022 au 31 août 2026")


def test_an_order_served_before_the_reform_is_of_the_old_law():
    found = by_id(answer("injonction_de_payer", {"service_of_order": "2026-08-31"}))
    assert "IP_EXEC_2M" not in found


def test_a_date_before_the_known_law_is_refused_by_name():
    with pytest.raises(OutsideKnownLaw) as refusal:
        answer("injonction_de_payer", {"order_date": "2021-05-03"})
    assert refusal.value.field == "events.order_date"
    assert "1er mars 2022" in refusal.value.message.replace("\u00a0", " ")


def test_a_deadline_of_unknown_law_beside_a_known_one_is_told():
    answered = answer(
        "injonction_de_payer", {"order_date": "2021-05-03", "service_of_order": "2021-05-10"}
    )
    assert "IP_SIGN_6M_OLD" not in by_id(answered)
    assert any("ordonnance" in warning for warning in answered.warnings)


def test_a_calendar_date_does_not_answer_for_an_event_before_the_known_law():
    events = {"service_of_commandement": "2025-06-30"}  # the new seizure began on 1 July 2025
    with pytest.raises(OutsideKnownLaw) as refusal:
        answer("saisie_remunerations", events)
    assert refusal.value.field == "events.service_of_commandement"
    old = answer("saisie_remunerations", events, {"old_court_file": True})
    assert [one.id for one in old.deadlines] == ["SR_TRANSITION"]
    assert old.warnings


def test_the_rewritten_article_of_2027_is_to_be_confirmed():
    events = {"invoice_due_date": "2027-01-15"}
    found = by_id(answer("amicable_dunning", events))["AM_PENALTY_START"]
    assert found.falls_on == date(2027, 1, 16)
    assert not found.verified


# ---- facts


def test_a_fact_settles_a_condition_or_bars_the_deadline():
    events = {"hearing_date": MONDAY}
    either = by_id(answer("assignation_au_fond", events))
    assert either["AF_TC_FILE_8D"].condition
    assert either["AF_TJ_FILE_15D"].condition
    commercial = by_id(answer("assignation_au_fond", events, {"court": "tribunal_de_commerce"}))
    assert commercial["AF_TC_FILE_8D"].condition is None
    assert "AF_TJ_FILE_15D" not in commercial


@pytest.mark.parametrize(("cents", "listed"), [(1_000_000, False), (1_000_001, True)])
def test_an_amount_is_compared_strictly_with_its_threshold(cents: int, listed: bool):
    # A lawyer is needed above 10 000 €, that sum included being dispensed.
    facts = {"court": "tribunal_judiciaire", "amount": cents}
    events = {"service_of_assignation": MONDAY}
    if listed:
        assert by_id(answer("assignation_au_fond", events, facts))["AF_TJ_AVOCAT_15D"]
    else:
        assert not answer("assignation_au_fond", events, facts).deadlines


def test_the_creditor_s_place_chooses_the_period_of_declaration():
    here = by_id(answer(PC, {BODACC: MONDAY}, {"creditor_place": "metropole"}))
    assert "PC_DECLARE_4M" not in here
    away = by_id(answer(PC, {BODACC: MONDAY}, {"creditor_place": "etranger"}))
    assert "PC_DECLARE_2M" not in away
    assert away["PC_DECLARE_4M"].condition is None


def test_a_court_overseas_turns_the_creditor_s_place_round():
    events, court = {BODACC: MONDAY}, {"court_postcode": "97400"}
    away = by_id(answer(PC, events, {"creditor_place": "metropole"}, **court))
    assert away["PC_DECLARE_4M"].condition is None
    # Overseas, but where: both are answered with their condition.
    either = by_id(answer(PC, events, {"creditor_place": "outre_mer"}, **court))
    assert either["PC_DECLARE_2M"].condition
    assert either["PC_DECLARE_4M"].condition


def test_a_shorter_special_period_says_that_the_ordinary_one_ends_later():
    answered = answer(PC, {BODACC: MONDAY, "termination_of_contract": MONDAY})
    assert any("16\u00a0novembre 2026" in warning for warning in answered.warnings)


def test_enforcing_against_a_debtor_abroad_is_warned_of_his_longer_opposition():
    events = {"order_date": "2026-09-10", "service_of_order": MONDAY}
    assert not answer("injonction_de_payer", events).warnings
    # Enforcement from 17 November, opposition to 14 December.
    [warning] = answer("injonction_de_payer", events, place=Place.ETRANGER).warnings
    assert "14\u00a0décembre 2026" in warning


# ---- how it is told


def test_the_working_tells_the_count_and_the_report():
    found = by_id(answer("injonction_de_payer", {"order_date": "2026-08-31"}))["IP_SIGN_6M_OLD"]
    told = [step.replace("\u00a0", " ") for step in found.working]
    assert told == [
        "Point de départ : ordonnance, le lundi 31 août 2026.",
        "Six mois finissent le dimanche 28 février 2027 (de quantième à quantième, le dernier "
        "jour comptant jusqu’à minuit).",
        "Ce mois n’a pas de 31 : son dernier jour, le 28, compte.",
        "Le 28 février 2027 est un dimanche : reporté au lundi 1er mars 2027 (CPC art. 642).",
    ]
    assert found.extended is not None
    assert found.extended.startswith("le 28\u00a0février 2027 est un dimanche")


def test_an_act_already_done_is_compared_with_its_last_day():
    events = {"order_date": "2026-09-01", "service_of_order": "2026-12-02"}
    late = by_id(answer("injonction_de_payer", events))["IP_SIGN_3M"]
    assert late.in_time is False
    assert any("non avenue" in warning for warning in late.warnings)
    events["service_of_order"] = "2026-12-01"
    assert by_id(answer("injonction_de_payer", events))["IP_SIGN_3M"].in_time is True


def test_the_prudent_day_keeps_working_days_in_hand():
    # Three months to Monday 14 December; five working days less: Monday 7.
    found = by_id(answer("injonction_de_payer", {"order_date": MONDAY}))["IP_SIGN_3M"]
    assert found.safe_on == date(2026, 12, 7)


def test_a_disputed_report_is_not_relied_upon():
    # 16 September 2026, two years: 16 September 2028, a Saturday.
    events = {"first_unregularised_default": "2026-09-16"}
    found = by_id(answer("credit_bancaire", events))["BK_FORCLUSION_2Y"]
    assert found.falls_on == date(2028, 9, 18)
    assert found.safe_on == date(2028, 9, 11)  # five working days before Saturday 16
    assert any("16\u00a0septembre 2028" in warning for warning in found.warnings)


def test_an_end_of_year_that_is_not_one_is_told():
    answered = answer("urssaf_contrainte", {"end_of_year_due": "2025-11-30"})
    assert any("30\u00a0novembre 2025" in warning for warning in answered.warnings)


def test_a_shared_deadline_is_the_same_seen_from_both_procedures():
    events = {"notification_of_judgment": MONDAY}
    assert by_id(answer("appeal", events))["AF_APPEAL_1M"].falls_on == date(2026, 10, 14)


def test_the_json_of_a_deadline_has_the_fields_of_the_contract():
    answered = deadlines_answer(answer("injonction_de_payer", {"order_date": MONDAY}))
    [first] = answered["deadlines"]  # type: ignore[misc]
    wanted = {"id", "label", "starts_from", "falls_on", "extended", "sanction", "source"}
    assert wanted | {"verified", "working", "condition"} <= set(first)
    json.dumps(answered)
