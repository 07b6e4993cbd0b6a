"""Limitation: dates counted by hand, each with its article."""

from datetime import date
from typing import Any

import pytest

from exigible.domain.law.limitation import Kind, shipped_limitation_law
from exigible.domain.limitation import (
    Act,
    Limitation,
    LimitationCase,
    Outcome,
    State,
    Suspension,
    What,
    limitation,
)
from exigible.domain.refusals import OutsideKnownLaw, WrongInput


def period(nature: str, starts_on: str, *events: Act | Suspension, **more: Any) -> Limitation:
    return limitation(
        LimitationCase(
            nature=nature, starts_on=date.fromisoformat(starts_on), events=events, **more
        )
    )


def act(kind: str, on: str, ended_on: str = "", outcome: Outcome = Outcome.GRANTED) -> Act:
    return Act(
        kind=kind,
        on=date.fromisoformat(on),
        ended_on=date.fromisoformat(ended_on) if ended_on else None,
        outcome=outcome,
    )


def stop(ground: str, first: str, last: str) -> Suspension:
    return Suspension(
        ground=ground, first_day=date.fromisoformat(first), last_day=date.fromisoformat(last)
    )


@pytest.mark.parametrize(
    ("nature", "starts_on", "last_day"),
    [
        ("b2b_sale", "2022-06-30", "2027-06-30"),  # C. com. L. 110-4: five years
        ("b2b_sale", "2024-02-29", "2029-02-28"),  # no 29 February in 2029
        ("civil_debt", "2023-01-01", "2028-01-01"),  # C. civ. 2224
        ("consumer_sale", "2024-02-05", "2026-02-05"),  # C. conso. L. 218-2: two years
        ("consumer_credit", "2024-12-10", "2026-12-10"),  # R. 312-35
        ("consumer_home_loan", "2025-03-05", "2027-03-05"),
        ("residential_rent", "2023-04-05", "2026-04-05"),  # loi 1989 art. 7-1: three years
        ("commercial_rent", "2023-04-05", "2028-04-05"),
        ("copropriete_charges", "2019-04-01", "2024-04-01"),  # loi 1965 art. 42: five years
        ("insurance_premium", "2025-07-01", "2027-07-01"),  # C. assur. L. 114-1
        ("carriage_of_goods", "2025-11-03", "2026-11-03"),  # C. com. L. 133-6
        ("telecom", "2025-11-03", "2026-11-03"),  # CPCE L. 34-2
        ("energy_consumer", "2025-11-03", "2027-11-03"),
        ("water_consumer", "2025-11-03", "2027-11-03"),
        ("local_service_consumer", "2025-11-03", "2027-11-03"),
        ("local_service", "2021-11-03", "2026-11-03"),
        ("local_public_title", "2022-11-03", "2026-11-03"),  # CGCT L. 1617-5 3°: four years
        ("state_property_revenue", "2022-11-03", "2026-11-03"),
        # Loi of 31 December 1968: four full years from 1 January 2024, whatever the day of 2023.
        ("claim_against_public_body", "2023-01-01", "2027-12-31"),
        ("claim_against_public_body", "2023-12-31", "2027-12-31"),
        ("lawyer_fees_consumer", "2025-11-03", "2027-11-03"),
        ("wages", "2023-11-30", "2026-11-30"),
        # CSS L. 244-3: three years from 31 December 2023; 30 June 2024 for the self-employed.
        ("social_contributions", "2023-02-15", "2026-12-31"),
        ("social_contributions_self_employed", "2023-02-15", "2027-06-30"),
        # CSS L. 244-8-1: a month to pay, then three years.
        ("social_contributions_recovery", "2025-01-31", "2028-02-28"),
        ("bill_of_exchange_acceptor", "2023-11-30", "2026-11-30"),
        ("bill_of_exchange_holder", "2025-11-30", "2026-11-30"),
        ("bill_of_exchange_endorsers", "2025-08-31", "2026-02-28"),  # six months: no 31 February
        ("cheque_holder", "2026-05-22", "2026-11-22"),
        ("cheque_bank", "2025-11-22", "2026-11-22"),
        ("court_title", "2024-05-21", "2034-05-21"),  # CPCE L. 111-4: ten years
        ("interest_after_title", "2024-05-21", "2029-05-21"),  # not ten
        ("interest_after_title_consumer", "2024-05-21", "2026-05-21"),
    ],
)
def test_the_period_of_each_nature(nature: str, starts_on: str, last_day: str):
    found = period(nature, starts_on)
    assert found.last_day == date.fromisoformat(last_day)
    assert found.source
    assert [step.what for step in found.steps] == [What.START]


def test_every_nature_of_the_law_is_in_the_table_above():
    [marks] = [
        mark for mark in test_the_period_of_each_nature.pytestmark if mark.name == "parametrize"
    ]
    tabled = {nature for nature, _start, _last in marks.args[1]}
    assert tabled == set(shipped_limitation_law().natures) - {"notarial_deed"}


def test_a_notarial_deed_lasts_as_long_as_the_debt_it_records():
    # CPCE L. 111-3 and L. 111-4: the ten years are those of court titles only.
    found = period("notarial_deed", "2024-05-21", underlying="consumer_sale")
    assert found.last_day == date(2026, 5, 21)
    assert not found.verified
    with pytest.raises(WrongInput) as refusal:
        period("notarial_deed", "2024-05-21")
    assert refusal.value.field == "underlying"


class TestReforms:
    """A law that shortens starts its own period, within the former one (C. civ. art. 2222)."""

    def test_recent_charges_get_five_years_from_the_reform(self):
        # Ten years would end on 01/03/2026; five from 25/11/2018 at midnight end on 24/11/2023.
        found = period("copropriete_charges", "2016-03-01")
        assert found.last_day == date(2023, 11, 24)
        assert [step.last_day for step in found.steps] == [date(2026, 3, 1), date(2023, 11, 24)]

    def test_old_charges_keep_their_ten_years(self):
        assert period("copropriete_charges", "2012-03-01").last_day == date(2022, 3, 1)

    def test_expired_before_the_reform_it_changes_nothing(self):
        found = period("copropriete_charges", "2005-03-01")
        assert found.last_day == date(2015, 3, 1)
        assert [step.what for step in found.steps] == [What.START]

    def test_an_interruption_after_the_reform_opens_the_new_length(self):
        found = period("copropriete_charges", "2016-03-01", act("acknowledgement", "2020-05-04"))
        assert found.last_day == date(2025, 5, 4)

    def test_suspended_days_count_in_both_periods(self):
        # 10 days of 2020 after the reform: 24/11/2023 becomes 04/12/2023, six months being over.
        found = period(
            "copropriete_charges", "2016-03-01", stop("conciliation", "2020-03-01", "2020-03-10")
        )
        assert found.last_day == date(2023, 12, 4)

    def test_a_judgment_of_2000_could_be_enforced_until_18_june_2018(self):
        assert period("court_title", "2000-01-10").last_day == date(2018, 6, 18)

    def test_a_judgment_of_1985_kept_its_thirty_years(self):
        assert period("court_title", "1985-01-10").last_day == date(2015, 1, 10)

    def test_rents_of_2013_end_three_years_after_the_law_of_2014(self):
        assert period("residential_rent", "2013-06-01").last_day == date(2017, 3, 26)

    def test_before_the_first_known_law_it_is_refused(self):
        with pytest.raises(OutsideKnownLaw) as refusal:
            period("consumer_sale", "2001-01-01")
        assert refusal.value.field == "starts_on"


class TestInterruptions:
    @pytest.mark.parametrize(
        "kind",
        [
            "acknowledgement",
            "part_payment",
            "enforcement_act",
            "conservatory_measure",
            "payment_order_service",
            "overindebtedness_request",
        ],
    )
    def test_a_full_period_starts_again(self, kind: str):
        # C. civ. 2231: five years from 06/11/2023.
        assert period("b2b_sale", "2021-03-31", act(kind, "2023-11-06")).last_day == date(
            2028, 11, 6
        )

    @pytest.mark.parametrize(
        "kind", ["formal_notice", "registered_letter", "payment_order_request"]
    )
    def test_what_does_not_interrupt_is_said(self, kind: str):
        found = period("b2b_sale", "2021-03-31", act(kind, "2024-05-13"))
        assert found.last_day == date(2026, 3, 31)
        assert found.steps[-1].what is What.NO_EFFECT
        assert "sans effet" in found.steps[-1].text

    def test_the_last_day_is_in_time_the_next_is_not(self):
        assert period(
            "consumer_sale", "2022-01-17", act("part_payment", "2024-01-17")
        ).last_day == (date(2026, 1, 17))
        late = period("consumer_sale", "2022-01-17", act("part_payment", "2024-01-18"))
        assert late.last_day == date(2024, 1, 17)
        assert any("2249" in warning for warning in late.warnings)

    def test_acknowledging_an_expired_debt_revives_nothing(self):
        found = period("consumer_sale", "2022-01-17", act("acknowledgement", "2025-01-18"))
        assert found.last_day == date(2024, 1, 17)
        assert any("2251" in warning for warning in found.warnings)

    def test_each_in_turn_the_order_given_does_not_matter(self):
        events = [
            act("acknowledgement", "2023-01-10"),
            act("part_payment", "2027-12-01"),
            act("enforcement_act", "2030-06-30"),
        ]
        assert period("b2b_sale", "2021-03-31", *events).last_day == date(2035, 6, 30)
        assert period("b2b_sale", "2021-03-31", *reversed(events)).last_day == date(2035, 6, 30)

    def test_before_the_start_nothing_is_interrupted(self):
        found = period("b2b_sale", "2021-03-31", act("acknowledgement", "2021-03-01"))
        assert found.last_day == date(2026, 3, 31)
        assert found.warnings

    def test_a_registered_letter_interrupts_for_an_insurance_premium(self):
        # C. assur. L. 114-2; an ordinary notice does not, and the answer says what would.
        letter = period("insurance_premium", "2024-07-01", act("registered_letter", "2025-02-03"))
        assert letter.last_day == date(2027, 2, 3)
        notice = period("insurance_premium", "2024-07-01", act("formal_notice", "2025-02-03"))
        assert notice.last_day == date(2026, 7, 1)
        assert any("L. 114-2" in warning for warning in notice.warnings)

    def test_a_written_demand_interrupts_against_a_public_body_until_a_year_end(self):
        # Loi of 1968 art. 2: four years from 1 January 2026.
        found = period(
            "claim_against_public_body", "2023-06-12", act("formal_notice", "2025-02-03")
        )
        assert found.last_day == date(2029, 12, 31)

    def test_a_social_security_notice_opens_the_time_to_recover(self):
        # CSS L. 244-8-1: a month to pay from 10/06/2025, then three years.
        found = period("social_contributions", "2025-02-15", act("formal_notice", "2025-06-10"))
        assert found.last_day == date(2028, 7, 10)

    def test_nothing_the_debtor_says_interrupts_a_foreclosure_but_a_claim_does(self):
        events = [
            act("acknowledgement", "2025-06-02"),
            act("part_payment", "2025-07-02"),
            stop("mediation", "2025-08-01", "2025-12-01"),
            stop("court_expertise", "2025-08-01", "2025-12-01"),
        ]
        assert period("consumer_credit", "2024-12-10", *events).last_day == date(2026, 12, 10)
        sued = period(
            "consumer_credit", "2024-12-10", *events, act("court_claim", "2026-01-05", "2026-05-04")
        )
        assert sued.last_day == date(2028, 5, 4)


class TestProceedings:
    def test_the_period_starts_again_when_they_end(self):
        found = period("b2b_sale", "2020-09-15", act("court_claim", "2024-03-04", "2025-10-20"))
        assert found.last_day == date(2030, 10, 20)  # C. civ. 2242

    @pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.LAPSED, Outcome.DISMISSED])
    @pytest.mark.parametrize("ended_on", ["2024-10-20", ""])
    def test_what_undoes_the_interruption(self, outcome: Outcome, ended_on: str):
        # C. civ. 2243: as if nothing had been asked.
        found = period(
            "b2b_sale", "2020-09-15", act("court_claim", "2024-03-04", ended_on, outcome)
        )
        assert found.last_day == date(2025, 9, 15)
        assert found.steps[-1].source == "C. civ. art. 2243"

    def test_pending_there_is_no_last_day(self):
        found = period(
            "b2b_sale",
            "2020-09-15",
            act("court_claim", "2024-03-04"),
            act("acknowledgement", "2024-06-01"),
            stop("mediation", "2024-07-01", "2024-08-01"),
            as_of=date(2026, 11, 22),
        )
        assert found.state is State.INTERRUPTED
        assert found.last_day is None
        assert found.expired is False

    def test_pending_but_brought_too_late_it_is_expired(self):
        found = period(
            "b2b_sale", "2020-09-15", act("court_claim", "2025-09-16"), as_of=date(2026, 11, 22)
        )
        assert found.last_day == date(2025, 9, 15)
        assert found.expired is True

    def test_what_happens_meanwhile_changes_nothing(self):
        found = period(
            "b2b_sale",
            "2020-09-15",
            act("court_claim", "2024-03-04", "2025-10-20"),
            act("part_payment", "2024-12-01"),
            stop("mediation", "2025-01-01", "2025-03-01"),
        )
        assert found.last_day == date(2030, 10, 20)

    def test_a_second_claim_that_outlasts_the_first_counts(self):
        found = period(
            "b2b_sale",
            "2020-09-15",
            act("court_claim", "2024-03-04", "2025-10-20"),
            act("court_claim", "2024-09-01", "2026-02-02"),
        )
        assert found.last_day == date(2031, 2, 2)

    def test_a_declared_claim_waits_for_the_end_of_the_collective_procedure(self):
        found = period("b2b_sale", "2024-09-15", act("insolvency_claim", "2025-03-04"))
        assert found.last_day is None
        assert "clôture" in found.steps[-1].text

    def test_a_declared_claim_waits_for_the_end_of_the_insolvency(self):
        # C. com. L. 622-25-1
        found = period(
            "b2b_sale", "2024-09-15", act("insolvency_claim", "2025-03-04", "2026-09-01")
        )
        assert found.last_day == date(2031, 9, 1)
        assert found.verified


class TestSuspensions:
    def test_both_days_are_added(self):
        # 03/06 to 22/07/2024: 28 + 22 = 50 days; 05/02/2026 + 50 days = 27/03/2026.
        found = period(
            "consumer_sale", "2024-02-05", stop("conciliation", "2024-06-03", "2024-07-22")
        )
        assert found.last_day == date(2026, 3, 27)

    def test_six_months_are_left_after_an_amicable_attempt_or_an_expertise(self):
        # 40 days would give 17/03/2026; C. civ. 2238: six months after 20/02/2026.
        for ground in ("mediation", "conciliation", "court_expertise"):
            found = period("consumer_sale", "2024-02-05", stop(ground, "2026-01-12", "2026-02-20"))
            assert found.last_day == date(2026, 8, 20)

    def test_no_such_minimum_after_an_impossibility_to_act(self):
        found = period(
            "consumer_sale", "2024-02-05", stop("impossibility", "2026-01-12", "2026-02-20")
        )
        assert found.last_day == date(2026, 3, 17)

    def test_days_suspended_twice_count_once(self):
        # 01/03 to 30/04/2025: 61 days, of which 10 to 20/04 is inside; 05/02/2026 + 61 = 07/04/2026.
        found = period(
            "consumer_sale",
            "2024-02-05",
            stop("impossibility", "2025-03-01", "2025-04-30"),
            stop("conciliation", "2025-04-10", "2025-04-20"),
        )
        assert found.last_day == date(2026, 4, 7)
        assert found.steps[-1].what is What.NO_EFFECT

    def test_the_minimum_is_stopped_too_while_another_ground_lasts(self):
        # Six months after 20/02/2026 = 20/08/2026, and 5 more days stopped: 25/08/2026.
        found = period(
            "consumer_sale",
            "2024-02-05",
            stop("mediation", "2026-01-12", "2026-02-20"),
            stop("impossibility", "2026-02-10", "2026-02-25"),
        )
        assert found.last_day == date(2026, 8, 25)

    def test_one_that_starts_before_the_period_counts_from_its_first_day(self):
        # Only 06/02 to 15/02/2024 count: ten days.
        found = period("consumer_sale", "2024-02-05", stop("mediation", "2024-01-01", "2024-02-15"))
        assert found.last_day == date(2026, 2, 15)

    def test_one_over_when_the_period_starts_changes_nothing(self):
        found = period("consumer_sale", "2024-02-05", stop("mediation", "2024-01-01", "2024-02-05"))
        assert found.last_day == date(2026, 2, 5)

    def test_one_that_comes_too_late_changes_nothing(self):
        found = period("consumer_sale", "2024-02-05", stop("mediation", "2026-02-06", "2026-04-01"))
        assert found.last_day == date(2026, 2, 5)
        assert found.warnings

    def test_an_acknowledgement_meanwhile_starts_a_period_that_waits(self):
        # New period from 10/06/2024; 11/06 to 22/07 still stopped: 42 days after 10/06/2026.
        found = period(
            "consumer_sale",
            "2024-02-05",
            stop("conciliation", "2024-06-03", "2024-07-22"),
            act("acknowledgement", "2024-06-10"),
        )
        assert found.last_day == date(2026, 7, 22)


class TestCeiling:
    """Twenty years from the birth of the right (C. civ. art. 2232)."""

    def test_acknowledgements_meet_it(self):
        events = [act("acknowledgement", f"{year}-06-01") for year in (2014, 2018, 2022, 2026)]
        found = period("b2b_sale", "2010-01-04", *events)
        assert found.last_day == date(2030, 1, 4)  # not 01/06/2031
        assert found.steps[-1].what is What.CEILING

    def test_a_claim_or_an_act_of_enforcement_does_not(self):
        events = [act("acknowledgement", f"{year}-06-01") for year in (2014, 2018, 2022, 2026)]
        found = period("b2b_sale", "2010-01-04", *events, act("enforcement_act", "2029-12-03"))
        assert found.last_day == date(2034, 12, 3)

    def test_what_the_debtor_says_after_that_adds_nothing(self):
        found = period(
            "b2b_sale",
            "2010-01-04",
            act("enforcement_act", "2014-06-01"),
            act("enforcement_act", "2019-05-01"),
            act("enforcement_act", "2024-04-01"),
            act("enforcement_act", "2029-03-01"),
            act("acknowledgement", "2031-01-01"),
            stop("impossibility", "2032-01-01", "2032-12-31"),
        )
        assert found.last_day == date(2034, 3, 1)

    def test_it_runs_from_the_birth_of_the_right_even_if_the_period_starts_late(self):
        found = period("civil_debt", "2026-01-01", born_on=date(2009, 5, 6))
        assert found.last_day == date(2029, 5, 6)

    def test_a_right_born_before_the_law_is_not_under_it(self):
        found = period("civil_debt", "2026-01-01", born_on=date(2008, 5, 6))
        assert found.last_day == date(2031, 1, 1)

    def test_a_right_is_not_born_after_its_period_starts(self):
        with pytest.raises(WrongInput) as refusal:
            period("civil_debt", "2026-01-01", born_on=date(2026, 1, 2))
        assert refusal.value.field == "born_on"


class TestAgreedLengths:
    def test_between_one_year_and_ten(self):
        # C. civ. 2254
        assert period("b2b_sale", "2024-01-31", agreed_months=13).last_day == date(2025, 2, 28)
        assert period("b2b_sale", "2024-01-31", agreed_months=120).last_day == date(2034, 1, 31)
        for months in (11, 121):
            with pytest.raises(WrongInput) as refusal:
                period("b2b_sale", "2024-01-31", agreed_months=months)
            assert refusal.value.field == "agreed_months"

    @pytest.mark.parametrize(
        "nature",
        ["consumer_sale", "insurance_premium", "commercial_rent", "wages", "consumer_credit"],
    )
    def test_never_with_consumers_insurers_or_periodic_debts(self, nature: str):
        with pytest.raises(WrongInput) as refusal:
            period(nature, "2024-01-31", agreed_months=24)
        assert refusal.value.article == "C. civ. art. 2254"


class TestForeclosureOnADayOff:
    def test_both_days_are_shown_and_the_earlier_is_the_answer(self):
        # 13/06/2026 is a Saturday; CPC 642 would carry it to Monday 15/06.
        found = period("consumer_credit", "2024-06-13")
        assert found.last_day == date(2026, 6, 13)
        assert found.carried_over_to == date(2026, 6, 15)
        assert any("n’est pas acquis" in warning for warning in found.warnings)
        assert not found.verified

    def test_a_working_day_needs_no_second_date(self):
        found = period("consumer_credit", "2024-06-12")
        assert found.carried_over_to is None
        assert found.verified

    def test_limitation_proper_is_never_carried_over(self):
        found = period("consumer_sale", "2024-06-13")
        assert found.last_day == date(2026, 6, 13)
        assert found.carried_over_to is None


class TestInterestDayByDay:
    def test_five_years_back_without_any_act(self):
        found = period("interest_after_title", "2015-05-21", as_of=date(2026, 11, 22))
        assert found.oldest_recoverable == date(2021, 11, 22)

    def test_an_act_saves_what_was_not_barred_that_day(self):
        # On 10/01/2022 the interest of 10/01/2017 is still alive; it lives until 10/01/2027.
        found = period(
            "interest_after_title",
            "2015-05-21",
            act("enforcement_act", "2022-01-10"),
            as_of=date(2026, 11, 22),
        )
        assert found.oldest_recoverable == date(2017, 1, 10)

    def test_two_years_back_for_a_consumer_debt(self):
        found = period("interest_after_title_consumer", "2015-05-21", as_of=date(2026, 11, 22))
        assert found.oldest_recoverable == date(2024, 11, 22)

    def test_proceedings_that_go_on_cover_the_interest_that_falls_due_meanwhile(self):
        found = period(
            "interest_after_title",
            "2010-05-21",
            act("court_claim", "2014-01-10", "2019-06-03"),
            as_of=date(2024, 6, 3),
        )
        assert found.oldest_recoverable == date(2010, 5, 21)


class TestDoubts:
    def test_a_confirmed_rule_is_said_confirmed(self):
        assert period("b2b_sale", "2022-06-30", act("acknowledgement", "2024-01-01")).verified

    def test_an_unconfirmed_one_is_said_so(self):
        found = period("wages", "2023-11-30")
        assert not found.verified
        assert any(warning.startswith("À confirmer") for warning in found.warnings)

    def test_only_what_is_unconfirmed_is_named(self):
        # What a court claim does is unconfirmed; the period itself and its renewal are not.
        found = period("b2b_sale", "2022-06-30", act("court_claim", "2023-01-10", "2024-01-10"))
        [doubt] = [warning for warning in found.warnings if warning.startswith("À confirmer")]
        assert doubt == "À confirmer avant de s’en servir : C. civ. art. 2241 et 2242."

    def test_every_interruption_says_why_it_does_nothing_or_interrupts(self):
        for rule in shipped_limitation_law().interruptions.values():
            assert set(rule.effects) == set(Kind)
            assert rule.source
