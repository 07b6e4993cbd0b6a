"""What payments pay, what the law adds and to whom, what would be owed later: figures by hand.

12.15 % on 36 500 € is 12.15 € a day: most cases below are of that size, from 1 August 2025.
"""

from datetime import date
from typing import Any

import pytest

from exigible.domain.statement import statement_answer
from tests.domain.statement_cases import Event, answer, interest, invoice, lines, paid_to, periods

BIG = invoice(principal="36500.00")
JUDGED: Event = {"type": "judgment", "on": "2025-08-20", "served_on": "2025-08-25"}


def payment(on: str, amount: str, **fields: Any) -> Event:
    return {"type": "payment", "on": on, "amount": amount} | fields


def shares(*claims: dict[str, Any], events: tuple[Event, ...], **more: Any) -> dict[str, int]:
    """Return what each claim was paid, in cents."""
    found = answer("2025-09-30", *claims, events=events, **more)
    return {str(claim.ref): claim.components.payments for claim in found.claims}


class TestWithinADebt:
    def test_the_creditor_may_accept_principal_first(self):
        found = answer("2025-09-30", BIG, events=(payment("2025-08-31", "500.00", to="principal"),))
        assert paid_to(found) == {"principal": 50_000}

    @pytest.mark.parametrize("turn", [1, -1])
    def test_a_cost_of_the_same_day_comes_before_the_payment_however_they_are_given(
        self, turn: int
    ):
        # C. civ. 1343-1: 66.30 € of costs, 31 × 12.15 = 376.65 € of interest, 57.05 € of principal.
        cost = {"type": "cost", "on": "2025-08-31", "amount": "66.30", "borne_by": "debtor"}
        named = cost | {"label": "signification", "claim": "F-1"}
        events = (named, payment("2025-08-31", "500.00"))[::turn]
        found = answer("2025-09-30", BIG, events=(JUDGED, *events))
        assert paid_to(found) == {"costs": 6630, "interest": 37_665, "principal": 5705}

    @pytest.mark.parametrize("turn", [1, -1])
    def test_a_credit_note_of_the_same_day_reduces_what_is_paid(self, turn: int):
        # 36 500 − 36 000 = 500 € of principal are left to the payment, with 376.65 € of interest.
        note = {"type": "credit_note", "on": "2025-08-31", "amount": "36000.00", "claim": "F-1"}
        events = (note, payment("2025-08-31", "36876.65"))[::turn]
        found = answer("2025-09-30", BIG, events=events)
        assert (found.components.principal, found.components.payments) == (50_000, 87_665)
        assert (found.total_cents, found.credit_balance_cents) == (0, 3_600_000)

    def test_the_parties_may_agree_on_another_order(self):
        # 31 days: 376.65 € of penalties. Interest then principal, the 40 € left for later.
        claim = BIG | {"fixed_indemnity": True}
        paid = payment("2025-08-31", "400.00", to=["interest", "principal"])
        assert paid_to(answer("2025-09-30", claim, events=(paid,))) == {
            "interest": 37_665,
            "principal": 2_335,
        }

    def test_what_the_agreed_order_does_not_name_is_not_paid(self):
        paid = payment("2025-08-31", "400.00", to=["interest"])
        found = answer("2025-08-31", BIG, events=(paid,))
        assert (paid_to(found), found.credit_balance_cents) == ({"interest": 37_665}, 2_335)

    def test_a_payment_of_principal_alone_leaves_interest_and_forty_euros(self):
        claim = BIG | {"fixed_indemnity": True}
        paid = payment("2025-08-31", "36500.00", to="principal")
        found = answer("2025-12-31", claim, events=(paid,))
        assert found.total_cents == 37_665 + 4_000
        assert found.daily_interest_millionths == 0

    def test_a_penalty_clause_is_paid_before_interest_and_bears_none(self):
        claim = BIG | {"penalty_clause": {"amount": "100.00"}}
        notice = {"type": "formal_notice", "on": "2025-08-15"}
        found = answer("2025-08-31", claim, events=(notice, payment("2025-08-31", "150.00")))
        assert paid_to(found) == {"penalty_clause": 10_000, "interest": 5_000}
        assert {line.base_cents for line in lines(found)} == {3_650_000}

    def test_overpayment_is_a_credit_never_negative_interest(self):
        # 36 500 + 376.65 = 36 876.65 € on 31 August; 123.35 € too much.
        found = answer("2025-12-31", BIG, events=(payment("2025-08-31", "37000.00"),))
        assert (found.total_cents, found.credit_balance_cents) == (0, 12_335)
        assert all(line.amount_cents > 0 for line in lines(found))


class TestBetweenDebts:
    def test_the_oldest_due_date_first(self):
        claims = (invoice("F-1", due_on="2025-08-15"), invoice("F-2"))
        paid = shares(*claims, events=(payment("2025-08-31", "500.00"),))
        assert paid == {"F-1": 0, "F-2": 50_000}

    def test_the_debtors_choice_wins(self):
        claims = (invoice("F-1", due_on="2025-08-15"), invoice("F-2"))
        paid = shares(*claims, events=(payment("2025-08-31", "500.00", claim="F-1"),))
        assert paid == {"F-1": 50_000, "F-2": 0}

    def test_the_most_burdensome_first_where_asked(self):
        dear = {"interest": {"regime": "contract", "rate": "15.00"}, "due_on": "2025-08-15"}
        claims = (invoice("F-1"), invoice("F-2", **dear))
        paid = (payment("2025-08-31", "500.00"),)
        assert shares(*claims, events=paid) == {"F-1": 50_000, "F-2": 0}
        order = {"allocation_order": "most_burdensome"}
        assert shares(*claims, events=paid, **order) == {"F-1": 0, "F-2": 50_000}

    def test_equal_debts_share_pro_rata_to_the_cent(self):
        # 100 € on 1 000, 2 000 and 4 000 € of the same day, same rate: 14.28, 28.57 and 57.14 €,
        # and the cent that remains to the first.
        claims = (
            invoice("F-1"),
            invoice("F-2", principal="2000.00"),
            invoice("F-3", principal="4000.00"),
        )
        paid = shares(*claims, events=(payment("2025-07-31", "100.00"),))
        assert paid == {"F-1": 1429, "F-2": 2857, "F-3": 5714}

    def test_on_the_same_day_the_dearer_first(self):
        dear = invoice("F-2", interest={"regime": "contract", "rate": "15.00"})
        paid = shares(invoice("F-1"), dear, events=(payment("2025-08-31", "500.00"),))
        assert paid == {"F-1": 0, "F-2": 50_000}

    def test_a_dividend_is_shared_among_all_a_seizure_goes_to_its_claim(self):
        claims = (invoice("F-1", due_on="2025-07-01"), invoice("F-2", due_on="2025-07-31"))
        opening = {"type": "insolvency_opening", "on": "2025-07-01"}
        dividend = payment("2025-09-30", "200.00", source="dividend")
        assert shares(*claims, events=(opening, dividend)) == {"F-1": 10_000, "F-2": 10_000}
        seized = payment("2025-08-31", "200.00", source="seizure", claim="F-2")
        found = answer("2025-09-30", *claims, events=(seized,))
        assert paid_to(found, "F-1") == {}
        assert "saisie" in lines(found, "payments")[0].label


class TestReturnedPayments:
    paid = payment("2025-08-31", "10000.00", ref="P-1")
    back: Event = {"type": "payment_returned", "on": "2025-09-05", "payment": "P-1"}

    def test_until_it_comes_back_the_payment_stands(self):
        found = answer("2025-09-04", BIG, events=(self.paid, self.back))
        assert found.components.payments == 1_000_000

    def test_then_it_never_was(self):
        found = answer("2025-09-30", BIG, events=(self.paid, self.back))
        assert interest(found) == 61 * 1215  # as if nothing had been paid
        assert found.components.payments == 0
        assert [line.amount_cents for line in lines(found, "payments")] == [0]
        assert any("revenu impayé" in warning for warning in found.warnings)

    def test_it_restores_what_it_had_settled_and_leaves_the_others_their_number(self):
        other = payment("2025-09-10", "1000.00")
        events = (self.paid, other, self.back)
        without = answer("2025-09-30", BIG, events=(other,))
        found = answer("2025-09-30", BIG, events=events)
        assert found.components == without.components
        assert {part.payment for part in found.allocations} == {"2"}

    def test_a_payment_is_named_by_its_rank_where_it_has_no_reference(self):
        bare = payment("2025-08-31", "10000.00")
        found = answer("2025-09-30", BIG, events=(bare, self.back | {"payment": "1"}))
        assert found.components.payments == 0


class TestCreditNotesAndSetOff:
    def test_a_correcting_note_counts_from_the_invoice_an_allowance_from_its_day(self):
        note = {"type": "credit_note", "on": "2025-08-31", "amount": "18250.00", "claim": "F-1"}
        allowance = answer("2025-09-30", BIG, events=(note,))
        assert interest(allowance) == 31 * 1215 + 18_225  # then 30 days at 6.075 €: 182.25 €
        correction = answer("2025-09-30", BIG, events=(note | {"effect": "from_invoice"},))
        assert interest(correction) == 37_058  # 61 × 6.075 = 370.575 €

    def test_the_lines_of_principal_add_up_to_it(self):
        note = {"type": "credit_note", "on": "2025-08-31", "amount": "250.00", "claim": "F-1"}
        for effect in ("from_date", "from_invoice"):
            found = answer("2025-09-30", BIG, events=(note | {"effect": effect},))
            amounts = [line.amount_cents for line in lines(found, "principal")]
            assert amounts == [3_650_000, -25_000]
            assert sum(amounts) == found.components.principal

    def test_set_off_counts_from_the_day_both_debts_were_due(self):
        # Invoked on 20 September, effective on 31 August: interest stops then on what is set off.
        set_off = {"type": "set_off", "claim": "F-1", "amount": "10000.00"}
        set_off |= {"other_due_on": "2025-08-31", "invoked_on": "2025-09-20"}
        early = answer("2025-09-19", BIG, events=(set_off,))
        assert (early.components.payments, interest(early)) == (0, 50 * 1215)
        found = answer("2025-09-30", BIG, events=(set_off,))
        # 376.65 € of interest, then 9 623.35 € of principal; 26 876.65 € × 12.15 % × 30/365.
        assert paid_to(found) == {"interest": 37_665, "principal": 962_335}
        assert periods(found)[1] == (30, "12.15", 26_840)
        assert "1347" in lines(found, "payments")[0].source

    def test_after_an_opening_only_connected_debts_are_set_off(self):
        opening = {"type": "insolvency_opening", "on": "2025-08-15"}
        set_off = {"type": "set_off", "amount": "10000.00", "other_due_on": "2025-08-31"}
        barred = answer("2025-09-30", BIG, events=(opening, set_off))
        assert barred.components.payments == 0
        assert lines(barred, "payments") == []
        allowed = answer("2025-09-30", BIG, events=(opening, set_off | {"connected": True}))
        assert allowed.components.payments == 1_000_000
        before = set_off | {"other_due_on": "2025-08-01"}
        assert answer("2025-09-30", BIG, events=(opening, before)).components.payments == 1_000_000

    def test_a_payment_learnt_late_counts_from_its_day(self):
        late = payment("2025-08-10", "5000.00")
        one = payment("2025-09-10", "1000.00")
        in_order = answer("2025-09-30", BIG, events=(late, one))
        as_learnt = answer("2025-09-30", BIG, events=(one, late))
        assert as_learnt.components == in_order.components


class TestFixedIndemnity:
    claim = BIG | {"fixed_indemnity": True, "issued_on": "2025-06-30"}

    def test_a_partial_payment_on_time_leaves_all_of_it_a_full_one_none(self):
        partial = answer("2025-08-31", self.claim, events=(payment("2025-07-31", "36499.99"),))
        assert partial.components.fixed_indemnity == 4000
        full = answer("2025-08-31", self.claim, events=(payment("2025-07-31", "36500.00"),))
        assert full.components.fixed_indemnity == 0

    def test_a_debt_late_before_the_opening_keeps_it_one_due_after_has_none(self):
        for opened_on, cents in (("2025-08-01", 4000), ("2025-07-31", 0), ("2025-07-01", 0)):
            opening = {"type": "insolvency_opening", "on": opened_on}
            found = answer("2025-09-30", self.claim, events=(opening,))
            assert found.components.fixed_indemnity == cents

    def test_not_before_2013(self):
        claim = self.claim | {"issued_on": "2012-11-30", "due_on": "2012-12-31"}
        assert answer("2013-01-31", claim).components.fixed_indemnity == 0


class TestPenaltyClause:
    claim = BIG | {"penalty_clause": {"amount": "1000.00"}}
    notice: Event = {"type": "formal_notice", "on": "2025-08-15"}

    def test_it_waits_for_a_notice_unless_the_breach_is_definitive(self):
        assert answer("2025-09-30", self.claim).components.penalty_clause == 0
        noticed = answer("2025-09-30", self.claim, events=(self.notice,))
        assert noticed.components.penalty_clause == 100_000
        definitive = BIG | {"penalty_clause": {"amount": "1000.00", "without_notice": True}}
        assert answer("2025-09-30", definitive).components.penalty_clause == 100_000

    def test_the_judge_may_reduce_it(self):
        claim = BIG | {"penalty_clause": {"amount": "1000.00", "judged": "250.00"}}
        found = answer("2025-09-30", claim, events=(self.notice,))
        assert found.components.penalty_clause == 25_000
        assert "fixée par le juge" in lines(found, "penalty_clause")[0].label

    def test_a_consumer_is_told_it_may_be_unfair(self):
        found = answer("2025-09-30", self.claim, events=(self.notice,), debtor="consumer")
        assert found.components.penalty_clause == 100_000
        assert any("R. 212-2 3°" in warning for warning in found.warnings)


class TestCosts:
    def cost(self, **fields: Any) -> Event:
        return {
            "type": "cost",
            "on": "2025-09-01",
            "amount": "66.30",
            "borne_by": "debtor",
        } | fields

    @pytest.mark.parametrize(
        ("debtor", "events", "fields", "bears"),
        [
            ("consumer", (), {}, False),
            ("consumer", (JUDGED,), {}, True),
            ("consumer", (), {"prescribed_by_law": True}, True),
            ("professional", (), {}, True),
            ("professional", (JUDGED,), {"borne_by": "creditor"}, False),
            ("professional", (JUDGED,), {"label": "Droit proportionnel A. 444-32"}, False),
        ],
    )
    def test_who_bears_a_cost(
        self, debtor: str, events: tuple[Event, ...], fields: dict[str, Any], bears: bool
    ):
        found = answer("2025-09-30", BIG, events=(*events, self.cost(**fields)), debtor=debtor)
        assert (found.components.costs, found.costs_on_creditor_cents) == (
            (6630, 0) if bears else (0, 6630)
        )

    def test_a_claim_that_is_a_title_needs_no_other(self):
        claim = invoice(kind="title")
        found = answer("2025-09-30", claim, events=(self.cost(),), debtor="consumer")
        assert found.components.costs == 6630

    @pytest.mark.parametrize(("claim", "bears"), [("F-1", True), ("F-2", False), (None, True)])
    def test_a_title_for_one_debt_charges_no_consumer_with_the_costs_of_another(
        self, claim: str | None, bears: bool
    ):
        cost = self.cost() if claim is None else self.cost(claim=claim)
        events = (JUDGED | {"claim": "F-1"}, cost)
        found = answer("2025-09-30", BIG, invoice("F-2"), events=events, debtor="consumer")
        assert (found.components.costs == 6630) is bears
        assert (found.costs_on_creditor_cents == 6630) is not bears

    def test_without_a_title_a_professional_owes_proved_costs_only(self):
        found = answer("2025-09-30", BIG, events=(self.cost(),))
        assert any("justification" in warning for warning in found.warnings)

    def test_a_444_31_needs_a_title_and_stops_at_its_cap(self):
        fee = {"type": "cost", "on": "2025-09-01", "tariff": "A444-31", "borne_by": "debtor"}
        untitled = answer("2025-09-30", BIG, events=(fee | {"collected": "300.00"},))
        assert (untitled.components.costs, untitled.costs_on_creditor_cents) == (0, 2800)
        # 0.29 % above 1 525 €: the cap of 550 € HT, 660 € with VAT, is reached near 165 000 €.
        claim = invoice(principal="500000.00")
        capped = answer("2025-09-30", claim, events=(JUDGED, fee | {"collected": "400000.00"}))
        assert capped.components.costs == 66_000
        again = (JUDGED, fee | {"collected": "400000.00"}, fee | {"collected": "50000.00"})
        assert answer("2025-09-30", claim, events=again).components.costs == 66_000

    def test_a_small_instalment_of_a_large_claim_is_not_a_small_claim(self):
        # 30 € of 36 500 €: 30 × 9.77 % = 2.931 €, 2.93 € HT, 3.52 € with VAT; not the fixed 4.30 €.
        fee = {"type": "cost", "on": "2025-09-01", "tariff": "A444-31", "collected": "30.00"}
        found = answer("2025-09-30", BIG, events=(JUDGED, fee | {"borne_by": "debtor"}))
        assert found.components.costs == 352


class TestLaterDays:
    def test_what_is_owed_if_paid_on_a_day(self):
        days = ["2025-09-30", "2025-10-31"]
        found = answer("2025-08-31", BIG, if_paid_on=days)
        assert [later.total_cents for later in found.if_paid_on] == [
            3_650_000 + 61 * 1215,
            3_650_000 + 92 * 1215,
        ]
        # It is the statement of that day.
        assert found.if_paid_on[1].total_cents == answer("2025-10-31", BIG).total_cents

    def test_a_rate_not_known_yet_is_refused_by_name_the_statement_stands(self):
        found = answer("2026-10-31", BIG, if_paid_on=["2026-12-31", "2027-01-01"])
        known, unknown = statement_answer(found)["if_paid_on"]  # type: ignore[misc]
        assert set(known) == {"on", "total", "interest"}
        assert unknown["error"]["field"] == "taux_bce"
        assert "1er semestre 2027" in unknown["error"]["message"]

    def test_the_daily_amount_is_what_a_day_adds(self):
        today = answer("2025-08-31", BIG)
        tomorrow = answer("2025-09-01", BIG)
        assert today.daily_interest_millionths == 1215 * 10**6
        assert tomorrow.total_cents - today.total_cents == 1215


class TestAsOf:
    def test_a_claim_issued_later_is_not_owed_yet(self):
        later = invoice("F-2", issued_on="2025-09-15", due_on="2025-10-15")
        found = answer("2025-08-31", BIG | {"issued_on": "2025-06-30"}, later)
        assert found.components.principal == 3_650_000
        assert {line.claim for line in found.lines} == {"F-1"}
        assert any("F-2" in warning for warning in found.warnings)

    def test_an_old_day_counts_no_later_fact(self):
        events = (payment("2025-09-15", "1000.00"), JUDGED)
        assert answer("2025-08-10", BIG, events=events).total_cents == 3_650_000 + 10 * 1215

    def test_the_first_day_of_a_line_is_the_day_after(self):
        assert lines(answer("2025-08-31", BIG))[0].first_day == date(2025, 8, 1)
