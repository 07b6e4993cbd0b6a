"""The engine's arithmetic: exact products, half-up lines, lines cut where the law cuts them."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.case import (
    Case,
    CaseClaim,
    ClaimKind,
    Clause,
    CreditorKind,
    DayCount,
    DebtorKind,
    InterestTerms,
    Payment,
    PaymentReturned,
    Regime,
)
from exigible.domain.engine import interest_cents
from exigible.domain.statement import Line, statement, statements

TRADERS = {
    "creditor_kind": CreditorKind.PROFESSIONAL,
    "debtor_kind": DebtorKind.PROFESSIONAL,
}


def invoice(principal_cents: int, due_on: date, **fields: object) -> CaseClaim:
    values: dict[str, object] = {
        "ref": "F-1",
        "kind": ClaimKind.INVOICE,
        "due_on": due_on,
        "principal_cents": principal_cents,
    }
    return CaseClaim(**(values | fields))


def interest_lines(case: Case, as_of: date) -> list[Line]:
    return [line for line in statement(case, as_of).lines if line.component == "interest"]


@given(
    base=st.integers(0, 10**13),
    rate=st.integers(0, 10**7),
    days=st.integers(1, 73_000),
    divisor=st.sampled_from([365, 366]),
)
def test_products_are_exact_and_rounded_half_up(base: int, rate: int, days: int, divisor: int):
    exact = Fraction(base * rate * days, divisor * 1_000_000)
    expected = int(exact + Fraction(1, 2))
    columns = (np.array([value], dtype=np.int64) for value in (base, rate, days, divisor))
    assert interest_cents(*columns).tolist() == [expected]


def test_a_half_cent_goes_up():
    # 36.50 € × 15 % × 3 / 365 = 0.045 €.
    terms = InterestTerms(regime=Regime.CONTRACT, clause=Clause(rate=150_000))
    case = Case(**TRADERS, claims=(invoice(3650, date(2025, 9, 24), interest=terms),))
    assert [line.amount_cents for line in interest_lines(case, date(2025, 9, 27))] == [5]


def test_penalties_change_rate_on_the_first_of_july():
    case = Case(**TRADERS, claims=(invoice(1_000_000, date(2025, 6, 20)),))
    lines = interest_lines(case, date(2025, 7, 10))
    # 10 000 € × 13.15 % × 10/365 = 36.027 €, then 10 000 € × 12.15 % × 10/365 = 33.288 €.
    assert [(line.days, line.rate, line.amount_cents) for line in lines] == [
        (10, 131_500, 3603),
        (10, 121_500, 3329),
    ]
    assert lines[0].first_day == date(2025, 6, 21)
    assert "L. 441-10" in lines[0].source


def test_a_rate_unchanged_on_the_first_of_january_still_starts_a_line():
    case = Case(**TRADERS, claims=(invoice(100_000, date(2025, 12, 21)),))
    assert [line.days for line in interest_lines(case, date(2026, 1, 10))] == [10, 10]


def test_a_constant_rate_runs_in_one_line():
    terms = InterestTerms(regime=Regime.CONTRACT, clause=Clause(rate=150_000))
    case = Case(
        creditor_kind=CreditorKind.PROFESSIONAL,
        debtor_kind=DebtorKind.PUBLIC_PURCHASER,
        claims=(invoice(100_000, date(2024, 12, 21), interest=terms),),
    )
    [line] = interest_lines(case, date(2026, 1, 10))
    assert line.days == 385


def test_a_payment_of_interest_alone_cuts_no_line():
    claim = invoice(1_000_000, date(2025, 7, 31))
    paid = Payment(on=date(2025, 9, 1), amount_cents=1000, claim=0)
    [line] = interest_lines(Case(**TRADERS, claims=(claim,), events=(paid,)), date(2025, 9, 30))
    assert line.days == 61


def test_a_leap_year_divides_by_366_only_if_asked():
    claim = invoice(4_850_000, date(2024, 1, 31))
    plain = Case(**TRADERS, claims=(claim,))
    actual = Case(**TRADERS, claims=(claim,), day_count=DayCount.ACTUAL)
    assert [line.divisor for line in interest_lines(plain, date(2024, 3, 31))] == [365]
    assert [line.divisor for line in interest_lines(actual, date(2024, 3, 31))] == [366]


@given(
    principal=st.integers(1, 10**9),
    days=st.integers(2, 900),
    cut=st.integers(1, 899),
)
def test_cutting_a_period_moves_the_total_by_a_cent_a_line_at_most(
    principal: int, days: int, cut: int
):
    due = date(2023, 6, 30)
    whole = statement(Case(**TRADERS, claims=(invoice(principal, due),)), due + timedelta(days))
    cut = min(cut, days - 1)
    # A payment of one cent of principal cuts the line there.
    touched = Case(
        **TRADERS,
        claims=(invoice(principal + 1, due),),
        events=(Payment(on=due + timedelta(cut), amount_cents=1, claim=0, to_principal=True),),
    )
    parts = statement(touched, due + timedelta(days))
    lines = sum(1 for line in parts.lines if line.component == "interest")
    assert abs(whole.components.interest - parts.components.interest) <= lines


@given(st.lists(st.integers(1, 10**8), min_size=1, max_size=30), st.integers(0, 700))
def test_many_cases_together_answer_as_one_by_one(principals: list[int], days: int):
    as_of = date(2024, 1, 15) + timedelta(days)
    cases = [
        Case(
            **TRADERS,
            claims=(
                invoice(principal, date(2024, 1, 1) + timedelta(index * 7)),
                invoice(principal // 2 + 1, date(2024, 2, 1), ref="F-2"),
            ),
            events=(Payment(on=date(2024, 3, 1), amount_cents=principal // 3 + 1),),
        )
        for index, principal in enumerate(principals)
    ]
    together = statements([(case, as_of) for case in cases])
    assert together == [statement(case, as_of) for case in cases]


# ---- properties


@st.composite
def paid_cases(draw: st.DrawFn) -> Case:
    """A case of one to three invoices and some payments, named or not."""
    claims = tuple(
        invoice(
            draw(st.integers(1, 10**7)),
            date(2023, 6, 30) + timedelta(draw(st.integers(0, 300))),
            ref=f"F-{number}",
            fixed_indemnity=draw(st.booleans()),
        )
        for number in range(draw(st.integers(1, 3)))
    )
    payments = tuple(
        Payment(
            on=date(2023, 7, 1) + timedelta(draw(st.integers(0, 600))),
            amount_cents=draw(st.integers(1, 10**6)),
            claim=draw(st.sampled_from([None, *range(len(claims))])),
        )
        for _ in range(draw(st.integers(0, 4)))
    )
    return Case(**TRADERS, claims=claims, events=payments)


AS_OF = date(2025, 6, 30)


@given(paid_cases())
def test_money_is_conserved(case: Case):
    found = statement(case, AS_OF)
    received = sum(event.amount_cents for event in case.events if isinstance(event, Payment))
    assert received == found.components.payments + found.credit_balance_cents
    assert sum(part.amount_cents for part in found.allocations) == found.components.payments
    assert found.total_cents == sum(claim.components.total for claim in found.claims)
    lines = [line.amount_cents for line in found.lines if line.component == "interest"]
    assert sum(lines) == found.components.interest + found.components.capitalised_interest
    for claim in found.claims:
        assert claim.components.total >= 0


@given(paid_cases(), st.integers(0, 400))
def test_without_payments_what_is_owed_never_shrinks_with_time(case: Case, days: int):
    bare = replace(case, events=())
    early, late = statement(bare, AS_OF - timedelta(days)), statement(bare, AS_OF)
    # A line under way is rounded as it stands: a longer one may round no lower.
    assert late.total_cents >= early.total_cents


@given(paid_cases(), st.permutations(range(4)))
def test_named_payments_of_the_same_day_may_come_in_any_order(case: Case, order: list[int]):
    day = date(2024, 9, 1)
    same_day = tuple(
        replace(event, on=day, claim=event.claim or 0)
        for event in case.events
        if isinstance(event, Payment)
    )
    shuffled = tuple(same_day[index] for index in order if index < len(same_day))
    one = statement(replace(case, events=same_day), AS_OF)
    other = statement(replace(case, events=shuffled), AS_OF)
    assert one.components == other.components
    assert one.credit_balance_cents == other.credit_balance_cents


@given(paid_cases(), st.integers(0, 600))
def test_a_payment_of_nothing_changes_nothing(case: Case, days: int):
    nothing = Payment(on=date(2023, 7, 1) + timedelta(days), amount_cents=0)
    found = statement(replace(case, events=(*case.events, nothing)), AS_OF)
    without = statement(case, AS_OF)
    assert (found.components, found.allocations) == (without.components, without.allocations)
    assert [line for line in found.lines if line.component == "interest"] == [
        line for line in without.lines if line.component == "interest"
    ]


@given(paid_cases(), st.data())
def test_a_returned_payment_leaves_the_statement_as_if_it_had_never_come(
    case: Case, data: st.DataObject
):
    if not case.events:
        return
    place = data.draw(st.integers(0, len(case.events) - 1))
    back = PaymentReturned(on=AS_OF, payment=place)
    found = statement(replace(case, events=(*case.events, back)), AS_OF)
    kept = tuple(event for index, event in enumerate(case.events) if index != place)
    without = statement(replace(case, events=kept), AS_OF)
    assert found.components == without.components
    assert found.credit_balance_cents == without.credit_balance_cents


@given(paid_cases())
def test_paying_what_is_asked_leaves_nothing(case: Case):
    owed = statement(case, AS_OF).total_cents
    if not owed:
        return
    paid = Payment(on=AS_OF, amount_cents=owed)
    found = statement(replace(case, events=(*case.events, paid)), AS_OF)
    assert (found.total_cents, found.daily_interest_millionths) == (0, 0)
