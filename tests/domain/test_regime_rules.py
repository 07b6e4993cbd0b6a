"""Which interest, from which day, at which rate: each rule with a figure worked by hand.

Rates used: legal rate of "others" 3.71 % then 2.76 % (2025), 2.62 % (first half of 2026), of
individuals 7.21 % then 6.65 %; ECB 3.15 on 1 January 2025, 2.15 on 1 July 2025 and 1 January 2026.
"""

from datetime import date
from typing import Any

import pytest

from exigible.domain.case import Regime
from exigible.domain.refusals import OutsideKnownLaw
from tests.domain.statement_cases import Event, answer, interest, invoice, lines, periods

NOTICE = {"type": "formal_notice", "on": "2025-08-31"}


def contract(rate: str) -> dict[str, Any]:
    return {"regime": "contract", "rate": rate}


class TestBetweenProfessionals:
    def test_a_clause_above_the_minimum_holds(self):
        # 9 % ≥ 3 × 2.76 % = 8.28 %: 1 000 € × 9 % × 73/365 = 18.00 €.
        found = answer("2025-10-12", invoice(interest=contract("9.00")))
        assert periods(found) == [(73, "9.00", 1800)]

    def test_a_clause_under_the_minimum_gives_way_half_year_by_half_year(self):
        # 8 % < 3 × 2.76 = 8.28 % in 2025: 12.15 %; ≥ 3 × 2.62 = 7.86 % in 2026: the clause holds.
        # 1 000 € × 12.15 % × 31/365 = 10.3192 €; × 8 % × 31/365 = 6.7945 €.
        claim = invoice(due_on="2025-11-30", interest=contract("8.00"))
        assert periods(answer("2026-01-31", claim)) == [(31, "12.15", 1032), (31, "8.00", 679)]

    def test_the_minimum_does_not_lift_the_statutory_rate(self):
        # 2024: 3 × 5.07 = 15.21 % is above 14.50 %; without a clause the statutory rate stays.
        found = answer("2024-03-31", invoice(due_on="2024-01-31"))
        assert [rate for _, rate, _ in periods(found)] == ["14.50"]

    def test_three_times_the_legal_rate_follows_it(self):
        clause = {"regime": "contract", "clause": {"index": "legal", "times": "3"}}
        found = answer("2026-01-31", invoice(due_on="2025-06-20", interest=clause))
        assert [rate for _, rate, _ in periods(found)] == ["11.13", "8.28", "7.86"]

    def test_the_formula_of_a_clause_keeps_every_decimal(self):
        clause = {"regime": "contract", "clause": {"index": "ecb", "plus": "12.3456"}}
        [line] = lines(answer("2025-08-31", invoice(interest=clause)))
        # 2.15 % + 12.3456 points.
        assert line.rate == 144_956
        assert "taux BCE (2,15\u00a0%) + 12,3456\u00a0points" in line.source

    def test_before_2013_the_rate_is_given_as_unconfirmed(self):
        found = answer("2012-03-31", invoice(due_on="2012-01-31"))
        assert any("à confirmer" in warning for warning in found.warnings)

    def test_before_the_first_known_rate_nothing_is_guessed(self):
        with pytest.raises(OutsideKnownLaw) as refusal:
            answer("2006-03-31", invoice(due_on="2006-01-31"))
        assert refusal.value.field == "taux_bce"


class TestARateThatDoesNotServe:
    @pytest.mark.parametrize(
        ("regime", "debtor"),
        [
            ("b2b_penalties", "professional"),
            ("legal_interest", "consumer"),
            ("auto", "public_purchaser"),
        ],
    )
    def test_it_is_told(self, regime: str, debtor: str):
        terms = {"regime": regime, "rate": "15.00"}
        found = answer("2025-10-31", invoice(interest=terms), debtor=debtor)
        assert any("le taux donné ne sert pas" in warning for warning in found.warnings)

    @pytest.mark.parametrize("regime", ["auto", "contract"])
    def test_nothing_is_told_of_one_that_serves(self, regime: str):
        terms = {"regime": regime, "rate": "15.00"}
        assert not answer("2025-10-31", invoice(interest=terms)).warnings


class TestPublicPurchasers:
    def test_the_frozen_rate_of_a_contract_of_2013_may_start_before_the_reform(self):
        # Contract of 20 March 2013, interest from 2 May: 0.75 (1 January 2013) + 8 = 8.75 %.
        claim = invoice(due_on="2013-05-01", contract_on="2013-03-20")
        found = answer("2013-08-01", claim, debtor="public_purchaser")
        # 1 000 € × 8.75 % × 92/365 = 22.0548 €, one line across 1 July.
        assert periods(found) == [(92, "8.75", 2205)]

    def test_an_older_contract_is_refused_by_name(self):
        claim = invoice(due_on="2013-05-01", contract_on="2012-12-01")
        with pytest.raises(OutsideKnownLaw) as refusal:
            answer("2013-08-01", claim, debtor="public_purchaser")
        assert refusal.value.field == "interets_moratoires_publics_majoration"

    def test_a_public_bodys_own_title_bears_nothing_by_itself(self):
        claim = invoice(kind="public_title")
        found = answer("2026-03-31", claim, creditor="public", debtor="consumer", events=(NOTICE,))
        assert interest(found) == 0
        assert "titre de recettes" in found.claims[0].why


class TestLegalInterest:
    def test_a_letter_counts_from_its_first_presentation_unless_asked_otherwise(self):
        # 100 000 € × 2.76 % / 365 = 7.5616 € a day; presented on 3 September, 27 days to the 30th.
        claim = invoice(principal="100000.00", interest={"regime": "legal_interest"})
        letter = NOTICE | {"presented_on": "2025-09-03"}
        assert periods(answer("2025-09-30", claim, events=(letter,))) == [(27, "2.76", 20416)]
        sent = answer("2025-09-30", claim, events=(letter,), conventions={"formal_notice": "sent"})
        assert periods(sent) == [(30, "2.76", 22685)]

    def test_a_notice_before_the_due_date_starts_nothing(self):
        early = NOTICE | {"on": "2025-07-30"}
        claim = invoice(interest={"regime": "legal_interest"})
        assert interest(answer("2026-03-31", claim, events=(early,))) == 0

    def test_a_contract_may_make_the_due_date_a_notice(self):
        # 1 000 € × 2.76 % × 61/365 = 4.6126 €.
        claim = invoice(interest={"regime": "legal_interest"}, due_date_is_notice=True)
        assert periods(answer("2025-09-30", claim)) == [(61, "2.76", 461)]

    def test_a_summons_is_a_notice_and_is_named(self):
        claim = invoice(interest={"regime": "legal_interest"})
        found = answer("2025-09-30", claim, events=(NOTICE | {"act": "assignation"},))
        assert "assignation" in found.claims[0].why

    def test_damages_bear_interest_from_the_judgment_that_grants_them(self):
        # C. civ. 1231-7: a title without anything else runs from its own day.
        claim = invoice(kind="title", due_on="2025-08-31")
        # 1 000 € × 2.76 % × 30/365 = 2.2685 €.
        assert periods(answer("2025-09-30", claim)) == [(30, "2.76", 227)]

    @pytest.mark.parametrize(
        "event",
        [
            {"type": "formal_notice", "on": "2025-09-20"},
            {"type": "judgment", "on": "2025-10-20", "served_on": "2025-11-03"},
        ],
    )
    def test_nothing_later_delays_the_interest_of_a_title(self, event: Event):
        # C. civ. 1231-7: from the decision. 1 000 € × 2.76 % × 30/365 = 2.2685 €.
        claim = invoice(kind="title", due_on="2025-08-31")
        assert periods(answer("2025-09-30", claim, events=(event,))) == [(30, "2.76", 227)]

    def test_an_assigned_debt_changes_category_with_its_creditor_and_says_it_is_unsettled(self):
        claim = invoice(principal="10000.00", interest={"regime": "legal_interest"})
        assigned = {"type": "assignment", "on": "2025-09-16", "creditor_kind": "professional"}
        found = answer("2025-09-30", claim, events=(NOTICE, assigned), creditor="individual")
        # 10 000 € × 6.65 % × 15/365 = 27.3288 €, then × 2.76 % × 15/365 = 11.3425 €.
        assert periods(found) == [(15, "6.65", 2733), (15, "2.76", 1134)]
        assert any("à confirmer" in warning for warning in found.warnings)


class TestIncrease:
    claim = invoice(
        principal="36500.00", due_on="2025-06-01", interest={"regime": "legal_interest"}
    )

    def first_increased(self, judgment: dict[str, Any], as_of: str = "2026-06-30") -> date | None:
        title = {"type": "judgment", "on": "2025-07-01"} | judgment
        increased = [
            line.first_day
            for line in lines(answer(as_of, self.claim, events=(title,)))
            if "L. 313-3" in line.source
        ]
        return increased[0] if increased else None

    @pytest.mark.parametrize(
        ("judgment", "first"),
        [
            ({"served_on": "2025-07-10"}, date(2025, 9, 11)),
            ({"served_on": "2025-12-31"}, date(2026, 3, 1)),  # to the end of February
            # Not provisionally enforceable: once appeal is closed.
            (
                {
                    "served_on": "2025-07-10",
                    "provisionally_enforceable": False,
                    "final_on": "2025-08-11",
                },
                date(2025, 10, 12),
            ),
            ({"served_on": "2025-07-10", "provisionally_enforceable": False}, None),
            # An order: opposition closes on 10 August 2025, a Sunday, so on Monday the 11th.
            ({"served_on": "2025-07-10", "kind": "order_for_payment"}, date(2025, 10, 12)),
            ({"served_on": "2025-07-10", "kind": "cheque_title"}, None),
            ({"served_on": "2025-07-10", "kind": "notarial_deed"}, None),
        ],
    )
    def test_first_day_at_five_points_more(self, judgment: dict[str, Any], first: date | None):
        assert self.first_increased(judgment) == first

    def test_the_enforcement_judge_may_reduce_or_waive_it(self):
        # 1 € a day a point: 36 500 € × 1 % / 365. Served on 10 July: + 5 from 11 September.
        title = {"type": "judgment", "on": "2025-07-01", "served_on": "2025-07-10"}
        reduced = {"type": "increase_relief", "on": "2025-10-01", "points": "2"}
        waived = {"type": "increase_relief", "on": "2025-11-01"}
        found = answer("2025-11-30", self.claim, events=(title, reduced, waived))
        assert periods(found) == [
            (71, "2.76", 19596),  # 2.76 € × 71 days, 2 July to 10 September
            (20, "7.76", 15520),
            (31, "4.76", 14756),
            (30, "2.76", 8280),
        ]

    def test_penalties_are_not_increased_unless_the_decision_orders_the_legal_rate(self):
        claim = invoice(principal="36500.00", due_on="2025-08-31")
        title = {"type": "judgment", "on": "2025-09-30", "served_on": "2025-10-05"}
        kept = answer("2025-12-31", claim, events=(title,))
        assert {rate for _, rate, _ in periods(kept)} == {"12.15"}
        ordered = answer("2025-12-31", claim, events=(title | {"legal_rate": True},))
        # 12.15 € a day to 30 September, 2.76 € to 5 December, 7.76 € from the 6th.
        assert periods(ordered) == [
            (30, "12.15", 36450),
            (66, "2.76", 18216),
            (26, "7.76", 20176),
        ]

    def test_only_the_days_at_the_legal_rate_are_increased(self):
        # A first title served long before: 12.15 € a day to 30 September, then 2.76 + 5 at once.
        claim = invoice(principal="36500.00", due_on="2025-02-28")
        first = {"type": "judgment", "on": "2025-03-10", "served_on": "2025-03-15"}
        ordered = {"type": "judgment", "on": "2025-09-30", "legal_rate": True}
        found = answer("2025-10-10", claim, events=(first, ordered))
        assert periods(found)[-2:] == [(92, "12.15", 111_780), (10, "7.76", 7760)]


class TestSpecialDebts:
    def test_a_penalty_in_a_home_lease_is_void(self):
        claim = invoice(
            kind="rent", interest=contract("10.00"), penalty_clause={"amount": "100.00"}
        )
        found = answer("2025-09-30", claim, debtor="consumer", events=(NOTICE,))
        # 1 000 € × 2.76 % × 30/365 = 2.2685 €.
        assert periods(found) == [(30, "2.76", 227)]
        assert found.components.penalty_clause == 0
        assert sum("4 i" in warning for warning in found.warnings) == 2

    def test_a_commercial_rent_follows_its_clause_else_the_legal_rate(self):
        clause = answer("2025-09-30", invoice(kind="rent", interest=contract("10.00")))
        assert [rate for _, rate, _ in periods(clause)] == ["10.00"]
        plain = answer("2025-09-30", invoice(kind="rent"), events=(NOTICE,))
        assert plain.claims[0].regime is Regime.LEGAL_INTEREST

    @pytest.mark.parametrize("kind", ["bill", "cheque"])
    def test_bills_and_cheques_bear_the_legal_rate_from_their_day(self, kind: str):
        # 1 000 € × 2.76 % × 61/365 = 4.6126 €, without any notice.
        assert periods(answer("2025-09-30", invoice(kind=kind))) == [(61, "2.76", 461)]

    def test_a_premium_bears_the_legal_rate_from_a_notice_ten_days_after_it_fell_due(self):
        late = answer("2025-09-30", invoice(kind="insurance_premium"), events=(NOTICE,))
        assert periods(late) == [(30, "2.76", 227)]
        assert not any("L. 113-3" in warning for warning in late.warnings)
        early = NOTICE | {"on": "2025-08-05"}
        found = answer("2025-09-30", invoice(kind="insurance_premium"), events=(early,))
        assert any("L. 113-3" in warning for warning in found.warnings)

    def test_wages_bear_the_employees_rate(self):
        # 1 000 € × 6.65 % × 30/365 = 5.4658 €.
        found = answer("2025-09-30", invoice(kind="wages"), creditor="individual", events=(NOTICE,))
        assert periods(found) == [(30, "6.65", 547)]

    def test_social_contributions_bear_what_is_not_computed_here_and_say_so(self):
        found = answer("2026-03-31", invoice(kind="social_contribution"), creditor="public")
        assert interest(found) == 0
        assert any("majorations de retard propres" in warning for warning in found.warnings)

    def test_the_costs_of_a_syndicate_are_the_owners_from_the_notice(self):
        # Loi of 10 July 1965 art. 10-1: an exception to L. 111-8, for a consumer too.
        claim = invoice(kind="copropriete_charges")
        before = {"type": "cost", "on": "2025-08-15", "amount": "30.00", "borne_by": "debtor"}
        after = before | {"on": "2025-09-15", "amount": "42.00"}
        found = answer("2025-09-30", claim, debtor="consumer", events=(NOTICE, before, after))
        assert (found.components.costs, found.costs_on_creditor_cents) == (4200, 3000)


class TestConsumerCredit:
    loan = invoice(
        kind="loan_instalment",
        due_on="2025-08-31",
        principal="6000.00",
        contract_on="2023-05-01",
        interest=contract("6.00"),
    )

    def test_the_lender_adds_the_contract_rate_and_eight_percent_of_the_capital(self):
        claim = self.loan | {"credit": {"accelerated": True, "capital": "5000.00"}}
        found = answer("2025-09-30", claim, debtor="consumer")
        # 6 000 € × 6 % × 30/365 = 29.5890 €; 8 % × 5 000 € = 400 €, which bears nothing.
        assert periods(found) == [(30, "6.00", 2959)]
        assert found.components.penalty_clause == 40_000
        assert "D. 312-16" in lines(found, "penalty_clause")[0].source

    @pytest.mark.parametrize(
        ("credit", "cents"),
        [
            ({}, 48_000),  # 8 % of the unpaid instalment
            ({"deferred": True}, 24_000),  # 4 % of a deferred one
            ({"percent": "5"}, 30_000),  # the contract's own, lower
            ({"percent": "10"}, 48_000),  # never above 8 %
            ({"percent": "0"}, 0),
        ],
    )
    def test_shares_of_an_unpaid_instalment(self, credit: dict[str, Any], cents: int):
        found = answer("2025-09-30", self.loan | {"credit": credit}, debtor="consumer")
        assert found.components.penalty_clause == cents

    def test_a_share_is_rounded_down_never_above_the_maximum(self):
        # 8 % × 0.99 € = 0.0792 €: 7 cents.
        claim = self.loan | {"principal": "0.99", "credit": {}}
        assert answer("2025-09-30", claim, debtor="consumer").components.penalty_clause == 7

    def test_nothing_else_may_be_added(self):
        claim = self.loan | {"penalty_clause": {"amount": "200.00"}, "credit": {}}
        notice = NOTICE | {"on": "2025-09-01"}
        found = answer("2025-09-30", claim, debtor="consumer", events=(notice,))
        assert found.components.penalty_clause == 48_000
        assert any("L. 312-38" in warning for warning in found.warnings)

    def test_the_law_is_that_of_the_contracts_day(self):
        # Ordinance 2025-880 in force on 20 November 2026: the share is not known to have lasted.
        old = self.loan | {"due_on": "2026-11-22", "contract_on": "2026-11-19", "credit": {}}
        [line] = lines(answer("2026-11-30", old, debtor="consumer"), "penalty_clause")
        assert line.verified
        new = old | {"contract_on": "2026-11-20"}
        found = answer("2026-11-30", new, debtor="consumer")
        [line] = lines(found, "penalty_clause")
        assert not line.verified
        assert any("2025-880" in warning for warning in found.warnings)
        with pytest.raises(OutsideKnownLaw):
            answer(
                "2016-08-30",
                self.loan | {"due_on": "2016-07-31", "contract_on": "2015-01-01", "credit": {}},
                debtor="consumer",
            )

    def test_a_forfeited_lender_has_the_bare_legal_rate_and_payments_on_capital(self):
        claim = self.loan | {"credit": {"interest_forfeited": True, "percent": "0"}}
        title = {"type": "judgment", "on": "2025-09-10", "served_on": "2025-09-11"}
        paid = {"type": "payment", "on": "2025-10-10", "amount": "1000.00"}
        found = answer("2025-12-31", claim, debtor="consumer", events=(title, paid))
        assert {rate for _, rate, _ in periods(found)} == {"2.76"}
        assert [part.component for part in found.allocations] == ["principal"]


class TestCapitalisation:
    def test_the_council_of_state_dates(self):
        # CE 25 May 2007, no 282427: interest from 24 April 2003, asked on 23 July 2003, capitalised
        # on 24 April 2004 and each year; CE 13 December 2002, no 203429: without a new request.
        claim = invoice(
            principal="10000.00",
            due_on="2010-04-24",
            interest=contract("10.00"),
            kind="other",
        )
        asked = {"type": "capitalisation", "requested_on": "2010-07-23"}
        # 10 000 € × 10 % = 1 000 € on 24 April 2011, 11 000 € × 10 % × 366/365 = 1 103.0137 € a year
        # later (29 February 2012 counts).
        assert answer("2011-04-23", claim, events=(asked,)).components.capitalised_interest == 0
        first = answer("2011-04-24", claim, events=(asked,))
        assert first.components.capitalised_interest == 100_000
        second = answer("2012-04-24", claim, events=(asked,))
        assert second.components.capitalised_interest == 100_000 + 110_301

    def test_a_year_of_interest_is_capitalised_after_the_principal_was_paid(self):
        # CE 2007: 1 000 € of interest left for the year, principal paid on its last day.
        claim = invoice(
            principal="10000.00", due_on="2022-03-31", interest=contract("10.00"), kind="other"
        )
        events = (
            {"type": "capitalisation", "requested_on": "2022-06-01"},
            {"type": "payment", "on": "2023-03-31", "amount": "10000.00", "to": "principal"},
        )
        found = answer("2024-03-30", claim, events=events)
        # Then 1 000 € × 10 % × 365/365 = 100 € over a year (1 April 2023 to 30 March 2024).
        assert (found.components.capitalised_interest, found.components.interest) == (
            100_000,
            10_000,
        )

    def test_openings_before_july_2014_did_not_bar_it(self):
        claim = invoice(
            kind="loan_instalment",
            due_on="2012-03-31",
            interest=contract("10.00"),
            contract_months=60,
        )
        asked = {"type": "capitalisation", "requested_on": "2012-06-01"}

        def capitalised(opened_on: str) -> int:
            opening = {"type": "insolvency_opening", "on": opened_on}
            found = answer("2015-12-31", claim, events=(asked, opening))
            return found.components.capitalised_interest

        # 100 € on 31 March 2013, 110 € in 2014, 121 € in 2015; an opening of July 2014 stops 2015.
        assert capitalised("2014-06-30") == 10_000 + 11_000 + 12_100
        assert capitalised("2014-07-01") == 10_000 + 11_000

    def test_a_debt_born_after_the_opening_is_not_barred(self):
        claim = invoice(
            issued_on="2023-03-01", due_on="2023-03-31", interest=contract("20.00"), kind="other"
        )
        events = (
            {"type": "insolvency_opening", "on": "2023-01-15"},
            {"type": "capitalisation", "requested_on": "2023-05-01"},
        )
        assert answer("2024-03-31", claim, events=events).components.capitalised_interest > 0


class TestInsolvency:
    opening = {"type": "insolvency_opening", "on": "2025-11-10"}

    def test_the_day_of_the_judgment_may_be_counted(self):
        eve = answer("2026-03-31", invoice(), events=(self.opening,))
        day = answer(
            "2026-03-31",
            invoice(),
            events=(self.opening,),
            conventions={"insolvency": "judgment_day"},
        )
        assert [sum(line.days or 0 for line in lines(one)) for one in (eve, day)] == [101, 102]

    @pytest.mark.parametrize(("months", "goes_on"), [(11, False), (12, True), (60, True)])
    def test_a_loan_of_a_year_or_more_keeps_its_interest(self, months: int, goes_on: bool):
        claim = invoice(kind="loan_instalment", interest=contract("6.00"), contract_months=months)
        found = answer("2026-03-31", claim, events=(self.opening,))
        assert (lines(found)[-1].last_day == date(2026, 3, 31)) is goes_on
        assert any("R. 622-23" in warning for warning in found.warnings)

    def test_a_debt_due_after_the_opening_and_of_unknown_birth_says_why_it_bears_nothing(self):
        claim = invoice(due_on="2025-12-31", fixed_indemnity=True)
        found = answer("2026-03-31", claim, events=(self.opening,))
        assert (interest(found), found.components.fixed_indemnity) == (0, 0)
        assert any("L. 622-17" in warning for warning in found.warnings)
        born_after = claim | {"issued_on": "2025-11-30"}
        told = answer("2026-03-31", born_after, events=(self.opening,))
        assert interest(told) > 0
        assert not any("L. 622-17" in warning for warning in told.warnings)

    def test_a_loan_of_unknown_length_says_so(self):
        claim = invoice(kind="loan_instalment", interest=contract("6.00"))
        found = answer("2026-03-31", claim, events=(self.opening,))
        assert any("indiquez sa durée" in warning for warning in found.warnings)

    def test_a_withdrawn_opening_never_stopped_anything(self):
        withdrawn = self.opening | {"withdrawn_on": "2026-01-20"}
        before = answer("2026-01-19", invoice(), events=(withdrawn,))
        assert lines(before)[-1].last_day == date(2025, 11, 9)
        after = answer("2026-01-20", invoice(), events=(withdrawn,))
        assert interest(after) == interest(answer("2026-01-20", invoice()))
        assert any("17-17.635" in warning for warning in after.warnings)

    def test_overindebtedness_stops_interest_or_gives_it_the_plans_rate(self):
        claim = invoice(interest={"regime": "legal_interest"}, principal="36500.00")
        measures = {"type": "overindebtedness", "from": "2025-09-16", "rate": "1.00"}
        found = answer("2025-09-30", claim, debtor="consumer", events=(NOTICE, measures))
        # 2.76 € a day for 15 days, then 1 € a day.
        assert periods(found) == [(15, "2.76", 4140), (15, "1.00", 1500)]
        assert any("à confirmer" in warning for warning in found.warnings)

    def test_measures_within_others_at_the_same_rate_cut_no_line(self):
        claim = invoice(
            issued_on="2025-01-10",
            due_on="2025-02-10",
            interest={"regime": "legal_interest"},
            principal="36500.00",
        )
        whole = {"type": "overindebtedness", "from": "2025-03-02", "rate": "1.00"}
        within = whole | {"to": "2025-06-30"}
        notice = {"type": "formal_notice", "on": "2025-03-01"}
        # From 2 March to 10 July: 131 days at 1 €, in one line although a half-year ends within.
        for events in ((notice, whole), (notice, whole, within), (notice, within, whole)):
            found = answer("2025-07-10", claim, debtor="consumer", events=events)
            assert periods(found) == [(131, "1.00", 13100)]


class TestTimeGranted:
    grace = {"type": "grace_period", "from": "2025-09-01", "to": "2025-09-30"}

    def test_penalties_are_not_incurred_statutory_or_stipulated(self):
        # Due on 31 July: 31 days in August, none in September, 31 in October.
        for terms in ({"regime": "auto"}, contract("15.00")):
            found = answer("2025-10-31", invoice(interest=terms), events=(self.grace,))
            assert [days for days, rate, _ in periods(found) if rate != "0.00"] == [31, 31]

    @pytest.mark.parametrize(("last", "told"), [("2027-09-01", False), ("2027-09-02", True)])
    def test_more_than_two_years_is_told(self, last: str, told: bool):
        found = answer("2025-10-31", events=(self.grace | {"to": last},))
        assert any("pas plus de 2 ans" in warning for warning in found.warnings) is told

    def test_the_interest_of_a_loan_goes_on(self):
        claim = invoice(kind="loan_instalment", interest=contract("6.00"))
        assert [
            days for days, _, _ in periods(answer("2025-10-31", claim, events=(self.grace,)))
        ] == [92]

    def test_the_judge_may_reduce_the_rate_never_under_the_legal_one(self):
        claim = invoice(kind="loan_instalment", interest=contract("6.00"), principal="36500.00")
        for ordered, left in (("4.00", "4.00"), ("1.00", "2.76"), ("9.00", "6.00")):
            found = answer("2025-09-30", claim, events=(self.grace | {"rate": ordered},))
            assert periods(found)[-1][1] == left

    def test_a_second_period_does_not_undo_the_reduction_of_the_first(self):
        claim = invoice(kind="loan_instalment", interest=contract("6.00"), principal="36500.00")
        both = (self.grace | {"rate": "4.00"}, self.grace | {"to": "2025-10-31"})
        # 6 € a day in August, 4 € in September, 6 € in October.
        assert interest(answer("2025-10-31", claim, events=both)) == 31 * 600 + 30 * 400 + 31 * 600

    def test_the_judge_may_send_payments_to_principal_first(self):
        paid = {"type": "payment", "on": "2025-09-15", "amount": "100.00"}
        events = (self.grace | {"principal_first": True}, paid)
        found = answer("2025-09-30", invoice(), events=events)
        assert [part.component for part in found.allocations] == ["principal"]

    def test_a_missed_instalment_ends_it_or_undoes_it(self):
        # 12.15 € a day: 1 September to the 15th is free of penalties if the period merely ends.
        claim = invoice(principal="36500.00", due_on="2025-08-31")
        missed = self.grace | {"lapsed_on": "2025-09-16"}
        ended = answer("2025-09-30", claim, events=(missed,))
        assert interest(ended) == 15 * 1215
        undone = answer("2025-09-30", claim, events=(missed | {"revives": True},))
        assert interest(undone) == 30 * 1215

    def test_a_plan_keeps_penalties_unless_it_gives_them_up(self):
        claim = invoice(principal="36500.00", due_on="2025-08-31")
        plan = {"type": "payment_plan", "from": "2025-09-01", "to": "2025-09-30"}
        assert interest(answer("2025-09-30", claim, events=(plan,))) == 30 * 1215
        given_up = plan | {"penalties": "suspended"}
        assert interest(answer("2025-09-30", claim, events=(given_up,))) == 0
        broken = given_up | {"broken_on": "2025-09-11", "revives": True}
        assert interest(answer("2025-09-10", claim, events=(broken,))) == 0
        assert interest(answer("2025-09-30", claim, events=(broken,))) == 30 * 1215


class TestMaximumTerms:
    def terms(self, **fields: Any) -> dict[str, Any]:
        return invoice(issued_on="2025-05-31", due_on="2025-08-29", payment_terms=fields)

    def test_an_abusive_due_date_is_told_and_kept(self):
        # 90 days from 31 May; the maximum, 60 days, ends on 30 July.
        found = answer("2025-09-30", self.terms(maximum="net60"))
        assert lines(found)[0].first_day == date(2025, 8, 30)
        assert any("délai maximal" in warning for warning in found.warnings)

    def test_or_replaced_by_the_lawful_one_where_asked(self):
        found = answer("2025-09-30", self.terms(maximum="net60", apply_maximum=True))
        # 1 000 € × 12.15 % × 62/365 = 20.6384 €, from 31 July.
        assert periods(found) == [(62, "12.15", 2064)]
        assert any("à confirmer" in warning for warning in found.warnings)

    def test_a_lawful_due_date_is_not_moved(self):
        claim = self.terms(maximum="net60", apply_maximum=True) | {"due_on": "2025-07-30"}
        assert lines(answer("2025-09-30", claim))[0].first_day == date(2025, 7, 31)

    @pytest.mark.parametrize(
        ("method", "first"),
        [
            ("days_then_eom", date(2025, 4, 1)),  # 20 January + 45 = 6 March: 31 March
            ("eom_then_days", date(2025, 3, 18)),  # 31 January + 45 = 17 March
            ("end_of_month", date(2025, 4, 1)),  # silent: the later, for the debtor
        ],
    )
    def test_forty_five_days_end_of_month_counted_from_the_terms(self, method: str, first: date):
        claim = invoice(issued_on="2025-01-20", payment_terms={"days": 45, "method": method})
        del claim["due_on"]
        assert lines(answer("2025-05-31", claim))[0].first_day == first
