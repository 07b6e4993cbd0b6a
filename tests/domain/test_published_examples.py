"""Figures published elsewhere: reproduced, or the difference explained.

Each says where it was read (in November 2026). They are checks, not sources of the law.
"""

from datetime import date

import pytest

from tests.domain.statement_cases import answer, invoice, lines, periods


def test_thirty_days_late_at_fifteen_percent():
    # agenceipro.com, « Zoom sur les pénalités de retard »: 15 000 € TTC, 30 days at 15 %: 184.93 €.
    claim = invoice(
        principal="15000.00",
        due_on="2025-08-31",
        interest={"regime": "contract", "rate": "15.00"},
    )
    assert periods(answer("2025-09-30", claim)) == [(30, "15.00", 18493)]


@pytest.mark.parametrize(
    ("due_on", "as_of", "default", "minimum"),
    [
        # bpifrance-creation.fr, « Taux des pénalités de retard »: second half of 2024, 14.25 % by
        # default and 14.76 % at least for a clause.
        ("2024-07-31", "2024-08-31", "14.25", "14.76"),
        # lamicrobyflo.fr, « Les pénalités de retard »: first half of 2025, 13.15 % and 11.13 %.
        ("2025-01-31", "2025-02-28", "13.15", "11.13"),
    ],
)
def test_rates_of_a_half_year(due_on: str, as_of: str, default: str, minimum: str):
    claim = invoice(due_on=due_on)
    assert [rate for _, rate, _ in periods(answer(as_of, claim))] == [default]
    three_times = {"regime": "contract", "clause": {"index": "legal", "times": "3"}}
    clause = answer(as_of, claim | {"interest": three_times})
    assert [rate for _, rate, _ in periods(clause)] == [minimum]


def test_a_rate_read_after_the_half_year_opened_is_not_ours():
    # propulsebyca.fr, « Pénalités de retard de paiement », gives 13.65 % for the second half of
    # 2024: the ECB's rate of 18 September (3.65). C. com. L. 441-10 II reads it on 1 July: 4.25.
    found = answer("2024-12-31", invoice(due_on="2024-09-30"))
    assert [rate for _, rate, _ in periods(found)] == ["14.25"]


def test_a_claim_of_2008_judged_in_2013_bears_the_rate_of_each_year():
    # weka.fr, « Les ambiguïtés d’une condamnation au paiement d’intérêts moratoires »: legal rates
    # of 2009 to 2012, 3.79, 0.65, 0.38 and 0.71 % (2008 is older than what is known here).
    claim = invoice(due_on="2009-01-15", interest={"regime": "legal_interest"})
    notice = {"type": "formal_notice", "on": "2009-01-20"}
    found = answer("2012-12-31", claim, events=(notice,), debtor="public_purchaser")
    assert [rate for _, rate, _ in periods(found)] == ["3.79", "0.65", "0.38", "0.71"]


def test_a_public_purchaser_in_january_2014():
    # marchespublicspme.com, « Le taux 2014 des intérêts moratoires connu »: 0.25 + 8 = 8.25 %, on
    # the amount with VAT, by 365.
    claim = invoice(due_on="2014-01-31", principal="36500.00")
    found = answer("2014-02-10", claim, debtor="public_purchaser")
    assert periods(found) == [(10, "8.25", 8250)]


def test_served_on_17_september_2015_increased_from_18_november():
    # The public sheet on legal interest (service-public.fr, F783): its dates. The sheet counts both
    # ends of a period in one example and drops a day in another: here the first day never counts.
    claim = invoice(due_on="2015-09-01", interest={"regime": "legal_interest"})
    title = {"type": "judgment", "on": "2015-09-10", "served_on": "2015-09-17"}
    found = answer("2015-12-31", claim, events=(title,), creditor="individual")
    assert [line.first_day for line in lines(found)] == [date(2015, 9, 11), date(2015, 11, 18)]
    assert [rate for _, rate, _ in periods(found)] == ["4.29", "9.29"]


def test_two_months_are_months_not_sixty_days():
    # jurisconsulte.net, « Taux de l’intérêt légal », counts 60 days before the increase. CMF
    # L. 313-3 says two months: from 30 June to the end of 30 August, 61 days (31 in July, 30).
    claim = invoice(due_on="2025-06-01", interest={"regime": "legal_interest"})
    title = {"type": "judgment", "on": "2025-06-30", "served_on": "2025-06-30"}
    found = answer("2025-09-30", claim, events=(title,))
    assert periods(found)[0][0] == 61  # 1 July to 30 August
    assert lines(found)[1].first_day == date(2025, 8, 31)


def test_the_council_of_state_on_yearly_capitalisation():
    # CE 25 May 2007, no 282427: interest from 24 April 2003, request of 23 July 2003, capitalised on
    # 24 April 2004. The rates of 2003 are older than what is known here: a rate of contract stands
    # in for them, the dates are those of the ruling.
    claim = invoice(
        due_on="2003-04-24", kind="other", interest={"regime": "contract", "rate": "10.00"}
    )
    asked = {"type": "capitalisation", "requested_on": "2003-07-23"}

    def capitalised(as_of: str) -> int:
        return answer(as_of, claim, events=(asked,)).components.capitalised_interest

    # 1 000 € × 10 % × 366/365 = 100.2740 € (29 February 2004); 1 100.27 × 10 % = 110.03 € in 2005.
    assert [capitalised(day) for day in ("2004-04-23", "2004-04-24", "2005-04-24")] == [
        0,
        10_027,
        10_027 + 11_003,
    ]


def test_the_council_of_state_on_a_late_request():
    # CE 13 December 2002, no 203429: asked once a year of interest is due, capitalised on that day,
    # then each year without a new request.
    claim = invoice(
        due_on="2010-01-31", kind="other", interest={"regime": "contract", "rate": "10.00"}
    )
    asked = {"type": "capitalisation", "requested_on": "2011-05-31"}
    first = answer("2011-05-31", claim, events=(asked,))
    # 1 000 € × 10 % × 485/365 = 132.8767 €, from 1 February 2010 to 31 May 2011.
    assert first.components.capitalised_interest == 13_288
    second = answer("2012-05-31", claim, events=(asked,))
    # 1 132.88 € × 10 % × 366/365 = 113.5984 €.
    assert second.components.capitalised_interest == 13_288 + 11_360
