"""The mistakes that tools of this kind make, each by its number, each caught by a worked figure."""

from datetime import date

import pytest

from exigible.domain.deadlines import ProcedureCase, deadlines
from exigible.domain.limitation import Act, LimitationCase, limitation
from exigible.domain.statement import statement_answer
from tests.domain.statement_cases import answer, interest, invoice, lines, paid_to, periods


def test_01_ten_points_are_added_to_the_ecb_rate_not_to_the_legal_rate():
    # 10 000 € × (2.15 + 10) % × 61/365 = 203.0548 €; on the legal rate, 12.76 %: 213.25 €.
    found = answer("2025-09-30", invoice(principal="10000.00"))
    assert periods(found) == [(61, "12.15", 20305)]


def test_02_the_rate_is_that_of_the_first_day_of_the_half_year_not_the_latest():
    # 4.25 on 1 July 2024; 3.65 from 18 September and 3.40 from 23 October change nothing.
    # 10 000 € × 14.25 % × 61/365 = 238.1507 €.
    found = answer("2024-12-31", invoice(principal="10000.00", due_on="2024-10-31"))
    assert periods(found) == [(61, "14.25", 23815)]


def test_03_a_decision_of_the_ecb_counts_from_its_effect_not_its_announcement():
    # Announced on 5 July 2012 and in effect on the 11th: the second half of 2012 stays at 1.00.
    # 10 000 € × 11.00 % × 60/365 = 180.8219 €.
    found = answer("2012-08-29", invoice(principal="10000.00", due_on="2012-06-30"))
    assert periods(found) == [(60, "11.00", 18082)]
    # Announced on 11 June 2026, in effect before 1 July: 2.40 + 10 for the second half of 2026.
    found = answer("2026-07-31", invoice(due_on="2026-07-01"))
    assert [rate for _, rate, _ in periods(found)] == ["12.40"]


def test_04_between_professionals_the_rate_floats_a_public_purchasers_is_frozen():
    claim = invoice(principal="10000.00", due_on="2025-06-10")
    # 10 000 € × 13.15 % × 20/365 = 72.0548 €, then × 12.15 % × 20/365 = 66.5753 €.
    assert periods(answer("2025-07-20", claim)) == [(20, "13.15", 7205), (20, "12.15", 6658)]
    # Frozen at 3.15 + 8: 10 000 € × 11.15 % × 40/365 = 122.1918 €, in one line.
    frozen = answer("2025-07-20", claim, debtor="public_purchaser")
    assert periods(frozen) == [(40, "11.15", 12219)]


@pytest.mark.parametrize(
    ("creditor", "rate", "cents"),
    [
        ("individual", "7.21", 5926),  # 10 000 € × 7.21 % × 30/365 = 59.2603 €
        ("professional", "3.71", 3049),  # 10 000 € × 3.71 % × 30/365 = 30.4932 €
    ],
)
@pytest.mark.parametrize("debtor", ["consumer", "professional"])
def test_05_the_category_of_the_legal_rate_is_the_creditors(
    creditor: str, rate: str, cents: int, debtor: str
):
    claim = invoice(
        principal="10000.00", due_on="2025-01-15", interest={"regime": "legal_interest"}
    )
    notice = {"type": "formal_notice", "on": "2025-01-31"}
    found = answer("2025-03-02", claim, events=(notice,), creditor=creditor, debtor=debtor)
    assert periods(found) == [(30, rate, cents)]


def test_06_five_points_from_the_day_after_two_months_from_the_service():
    # Decision of 1 July 2025 served on 17 September: 2.76 % until 17 November (139 days from 2 July),
    # 7.76 % from 18 November. 10 000 € × 2.76 % × 139/365 = 105.1068 €;
    # × 7.76 % × 10/365 = 21.2603 €.
    claim = invoice(
        principal="10000.00", due_on="2025-06-01", interest={"regime": "legal_interest"}
    )
    judgment = {"type": "judgment", "on": "2025-07-01", "served_on": "2025-09-17"}
    found = answer("2025-11-27", claim, events=(judgment,))
    assert periods(found) == [(139, "2.76", 10511), (10, "7.76", 2126)]
    assert lines(found)[1].first_day == date(2025, 11, 18)
    never_served = answer("2025-11-27", claim, events=({"type": "judgment", "on": "2025-07-01"},))
    assert {rate for _, rate, _ in periods(never_served)} == {"2.76"}


def test_07_interest_is_capitalised_by_whole_years_only():
    # 10 000 € at 9 % from 1 April 2022: nothing joins the base before 31 March 2023, when 900 € do;
    # then 10 900 € × 9 % × 91/365 = 244.5781 €.
    claim = invoice(
        principal="10000.00", due_on="2022-03-31", interest={"regime": "contract", "rate": "9.00"}
    )
    asked = {"type": "capitalisation", "requested_on": "2022-09-12"}
    assert answer("2023-03-30", claim, events=(asked,)).components.capitalised_interest == 0
    found = answer("2023-06-30", claim, events=(asked,))
    assert (found.components.capitalised_interest, found.components.interest) == (90000, 24458)


def test_08_never_legal_interest_on_top_of_the_penalties():
    # 12 000 € × 12.15 % × 60/365 = 239.6712 €; the notice and the judgment add nothing.
    claim = invoice(principal="12000.00", due_on="2025-08-31")
    events = (
        {"type": "formal_notice", "on": "2025-09-05"},
        {"type": "judgment", "on": "2025-09-10", "served_on": "2025-09-12"},
    )
    found = answer("2025-10-30", claim, events=events)
    assert periods(found) == [(60, "12.15", 23967)]
    assert "n° 22-24.275" in found.claims[0].why


def test_09_forty_euros_an_invoice_whatever_the_reminders_never_a_consumers_never_vat():
    reminders = tuple(
        {"type": "formal_notice", "on": day} for day in ("2025-08-10", "2025-08-20", "2025-08-30")
    )
    two = (invoice(fixed_indemnity=True), invoice("F-2", fixed_indemnity=True))
    assert answer("2025-09-30", *two, events=reminders).components.fixed_indemnity == 2 * 4000
    consumer = answer("2025-09-30", *two, events=reminders, debtor="consumer")
    assert consumer.components.fixed_indemnity == 0
    conventions = statement_answer(answer("2025-09-30", *two))["conventions"]
    assert isinstance(conventions, dict)
    assert "hors du champ de la TVA" in conventions["vat"]


def test_10_penalties_run_on_the_amount_with_vat():
    # 1 200 € TTC × 12.15 % × 100/365 = 39.9452 €; on 1 000 € HT, 33.29 €.
    claim = invoice(principal="1200.00", net="1000.00", vat="200.00")
    found = answer("2025-11-08", claim)
    assert periods(found) == [(100, "12.15", 3995)]
    assert lines(found)[0].base_cents == 120_000


def test_11_legal_interest_divides_by_365_and_counts_29_february():
    # 48 500 € × 8.01 % × 60/365 = 638.6055 € from 1 February to 31 March 2024 (29 + 31 days);
    # by 366, 636.86 €; by 360, 647.48 €; without 29 February, 627.96 €.
    claim = invoice(principal="48500.00", due_on="2024-01-31")
    notice = {"type": "formal_notice", "on": "2024-01-31"}
    found = answer("2024-03-31", claim, events=(notice,), creditor="individual", debtor="consumer")
    assert periods(found) == [(60, "8.01", 63861)]


def test_12_a_444_32_is_never_the_debtors_a_444_31_is_on_the_running_total():
    # A. 444-31 on 300 €: 125 × 9.77 % + 175 × 6.35 % = 23.325 €, 23.33 € HT, 28.00 € with VAT.
    # On 700 € in all: 12.2125 + 485 × 6.35 % + 90 × 3.41 % = 46.0790 €; 46.08 − 23.33 = 22.75 €,
    # 27.30 € with VAT. Instalment by instalment the second would be 29.68 € HT, 35.62 €.
    judgment = {"type": "judgment", "on": "2025-03-01", "served_on": "2025-03-10"}

    def collected(tariff: str, on: str, amount: str) -> dict[str, object]:
        fee = {"type": "cost", "on": on, "tariff": tariff, "collected": amount}
        return fee | {"borne_by": "debtor", "claim": "F-1"}

    claim = invoice(principal="5000.00", due_on="2025-01-31")
    events = (
        judgment,
        collected("A444-31", "2025-05-05", "300.00"),
        collected("A444-31", "2025-06-05", "400.00"),
        collected("A444-32", "2025-06-05", "700.00"),
    )
    found = answer("2025-06-30", claim, events=events)
    assert [line.amount_cents for line in lines(found, "costs")] == [2800, 2730]
    assert found.components.costs == 5530
    assert found.costs_on_creditor_cents > 0
    assert any("A. 444-32" in warning for warning in found.warnings)
    by_label = {"type": "cost", "on": "2025-06-05", "amount": "90.00", "borne_by": "debtor"}
    said = answer("2025-06-30", claim, events=(judgment, by_label | {"label": "droit A.444-32"}))
    assert (said.components.costs, said.costs_on_creditor_cents) == (0, 9000)


def test_13_a_payment_pays_costs_and_40_euros_then_interest_then_principal():
    # 100 days: 33.29 € of penalties; of 100 €, 40 € go to the indemnity, 33.29 € to the penalties,
    # 26.71 € to principal.
    paid = {"type": "payment", "on": "2025-11-08", "amount": "100.00"}
    found = answer("2025-11-08", invoice(fixed_indemnity=True), events=(paid,))
    assert paid_to(found) == {"fixed_indemnity": 4000, "interest": 3329, "principal": 2671}


def test_14_interest_stops_the_day_before_the_opening_and_its_limitation_is_not_the_titles():
    # 1 000 € × 12.15 % × 70/365 = 23.3014 € from 1 September to 9 November; judgment on the 10th.
    opening = {"type": "insolvency_opening", "on": "2025-11-10"}
    found = answer("2026-04-30", invoice(due_on="2025-08-31"), events=(opening,))
    assert periods(found) == [(70, "12.15", 2330)]
    after_title = limitation(
        LimitationCase(nature="interest_after_title", starts_on=date(2020, 3, 1))
    )
    assert after_title.last_day == date(2025, 3, 1)  # five years, not ten


def test_15_an_ordinary_formal_notice_does_not_interrupt_limitation():
    notice = Act(kind="formal_notice", on=date(2024, 1, 10))
    found = limitation(
        LimitationCase(nature="b2b_sale", starts_on=date(2021, 3, 15), events=(notice,))
    )
    assert found.last_day == date(2026, 3, 15)


@pytest.mark.parametrize(
    ("made_on", "last_day"),
    [
        (date(2026, 8, 31), date(2027, 3, 1)),  # six months: 28 February 2027 is a Sunday
        (date(2026, 9, 1), date(2026, 12, 1)),  # three months
    ],
)
def test_16_an_order_made_from_1_september_2026_is_served_within_three_months(
    made_on: date, last_day: date
):
    case = ProcedureCase(procedure="injonction_de_payer", events={"order_date": made_on})
    found = {one.id: one.falls_on for one in deadlines(case).deadlines}
    served = {found[name] for name in ("IP_SIGN_3M", "IP_SIGN_6M_OLD") if found.get(name)}
    assert served == {last_day}


def test_all_of_the_interest_is_counted_once():
    # The two kinds of interest, added, make the total with principal: nothing is counted twice.
    claim = invoice(
        principal="10000.00", due_on="2022-03-31", interest={"regime": "contract", "rate": "9.00"}
    )
    asked = {"type": "capitalisation", "requested_on": "2022-09-12"}
    found = answer("2024-06-30", claim, events=(asked,))
    assert found.total_cents == 1_000_000 + interest(found)
    assert interest(found) == sum(line.amount_cents for line in lines(found))
