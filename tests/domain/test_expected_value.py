"""Acting, settling, writing off: figures worked by hand, limits, conservation, refusals."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.expected_value import (
    AMOUNTS,
    CHANCES,
    MAX_CENTS,
    MAX_DAYS,
    MEANINGS,
    WHOLE,
    Assumptions,
    Choice,
    ExpectedValue,
    Value,
    expected_value,
    expected_value_answer,
)
from exigible.domain.refusals import WrongInput

CERTAIN = Assumptions(win=WHOLE, collect=WHOLE, settlement_share=WHOLE, settlement_paid=WHOLE)


def value(found: ExpectedValue, choice: Choice) -> Value:
    return next(one for one in found.values if one.choice is choice)


def cents(amount: int, supposed: Assumptions, choice: Choice) -> int:
    return value(expected_value(amount, supposed), choice).cents


def test_acting_by_hand():
    supposed = Assumptions(
        win=900_000,
        collect=500_000,
        collected_share=800_000,
        costs_cents=30_000,
        recoverable_costs_cents=20_000,
        own_time_cents=5_000,
    )
    # 90 % × 50 % × 80 % = 36 %. 10 000 € × 36 % = 3 600 € ; 200 € × 36 % = 72 € ;
    # 3 600 + 72 − 300 − 50 = 3 322 €.
    assert cents(1_000_000, supposed, Choice.ACT) == 332_200
    lines = value(expected_value(1_000_000, supposed), Choice.ACT).lines
    assert [line.cents for line in lines] == [360_000, -30_000, 7_200, -5_000]


def test_what_comes_later_is_worth_less():
    supposed = replace(CERTAIN, delay_days=365, yearly_rate=50_000)
    # 1 050 € in a year at 5 % : 1 000 € today.
    assert cents(105_000, supposed, Choice.ACT) == 100_000
    # Half a year of 365 days is 182.5 : 73 days at 5 % take 1 %, 1 010 / 1.01 = 1 000 €.
    assert cents(101_000, replace(supposed, delay_days=73), Choice.ACT) == 100_000


def test_settling_by_hand():
    supposed = Assumptions(settlement_share=600_000, settlement_paid=750_000, settlement_costs_cents=1_234)  # fmt: skip
    # 1 000,01 € × 45 % = 450,0045 €, rounded to 450,00 € ; − 12,34 € = 437,66 €.
    assert cents(100_001, supposed, Choice.SETTLE) == 43_766


def test_a_half_cent_is_rounded_up():
    # 0,01 € × 50 % = half a cent.
    assert cents(1, replace(CERTAIN, collect=500_000), Choice.ACT) == 1


def test_vat_of_what_is_lost():
    supposed = Assumptions(
        win=WHOLE,
        collect=250_000,
        collected_share=WHOLE,
        vat_cents=20_000,
        vat_recovered=True,
        write_off_costs_cents=1_500,
    )
    # 1 200 € including 200 € of VAT. Writing off: 200 − 15 = 185 €. Acting: 1 200 × 25 % = 300 €,
    # and the VAT of the 75 % lost, 150 €.
    assert cents(120_000, supposed, Choice.WRITE_OFF) == 18_500
    assert cents(120_000, supposed, Choice.ACT) == 45_000
    found = expected_value(120_000, supposed)
    assert value(found, Choice.WRITE_OFF).lines[-1].rule is not None
    assert any("CGI art. 272, 1" in note for note in found.notes)


def test_vat_is_not_counted_unless_the_loss_is_said_to_be_proved():
    supposed = Assumptions(vat_cents=20_000)
    assert cents(120_000, supposed, Choice.WRITE_OFF) == 0
    assert not any("272" in note for note in expected_value(120_000, supposed).notes)


def test_the_least_chance_at_which_acting_is_worth_it():
    supposed = Assumptions(
        win=800_000,
        costs_cents=10_000,
        settlement_share=500_000,
        settlement_paid=WHOLE,
    )
    # Settling: 500 €. Acting: 1 000 € × 80 % × p − 100 € = 500 € for p = 600 / 800 = 75 %.
    found = expected_value(100_000, supposed)
    assert found.break_even == 750_000
    assert cents(100_000, replace(supposed, collect=750_000), Choice.ACT) == 50_000
    assert expected_value(100_000, replace(supposed, win=500_000)).break_even is None
    nothing = replace(supposed, settlement_paid=0, costs_cents=0)
    assert expected_value(100_000, nothing).break_even == 0


def test_ties_go_to_what_asks_least():
    nothing = replace(CERTAIN, win=0, settlement_paid=0)
    order = [one.choice for one in expected_value(100_000, nothing).values]
    assert order == [Choice.WRITE_OFF, Choice.SETTLE, Choice.ACT]


def test_an_unknown_delay_is_said():
    assert any("inconnu" in note for note in expected_value(1, Assumptions()).notes)
    known = Assumptions(delay_days=0)
    assert not any("inconnu" in note for note in expected_value(1, known).notes)


def test_every_assumption_is_shown_with_its_value_and_is_no_law():
    supposed = Assumptions(win=333_333, costs_cents=1_234, delay_days=90)
    answer = expected_value_answer(expected_value(100_000, supposed), supposed, {"win"})
    shown = {one["name"]: one for one in answer["assumptions"]}  # type: ignore[attr-defined]
    assert len(shown) == len(MEANINGS)
    assert shown["win"]["value"] == "33.3333"
    assert shown["win"]["given"] is True
    assert shown["collect"]["given"] is False
    assert shown["costs"]["value"] == "12.34"
    assert shown["delay_days"]["value"] == 90
    assert not any(one["law"] for one in shown.values())


def test_a_negative_value_reads_as_one():
    supposed = Assumptions(win=0, costs_cents=12_345)
    answer = expected_value_answer(expected_value(100_000, supposed), supposed, ())
    acting = next(one for one in answer["choices"] if one["choice"] == "act")  # type: ignore[attr-defined]
    assert acting["value"] == "-123.45"


@pytest.mark.parametrize(
    ("amount", "changes", "field"),
    [
        (0, {}, "amount"),
        (-1, {}, "amount"),
        (MAX_CENTS + 1, {}, "amount"),
        *[(1_000, {name: bad}, name) for name in CHANCES for bad in (-1, WHOLE + 1)],
        (1_000, {"yearly_rate": -1}, "yearly_rate"),
        (1_000, {"yearly_rate": WHOLE + 1}, "yearly_rate"),
        (1_000, {"delay_days": -1}, "delay_days"),
        (1_000, {"settlement_delay_days": MAX_DAYS + 1}, "settlement_delay_days"),
        *[(1_000, {name: -1}, name.removesuffix("_cents")) for name in AMOUNTS],
        (1_000, {"recoverable_costs_cents": 1}, "recoverable_costs"),
        (1_000, {"vat_cents": 1_000}, "vat"),
    ],
)
def test_an_absurd_assumption_is_named(amount: int, changes: dict[str, Any], field: str):
    with pytest.raises(WrongInput) as refused:
        expected_value(amount, replace(Assumptions(), **changes))
    assert refused.value.field == field
    assert refused.value.message.startswith(f"{field} : ")


shares = st.integers(0, WHOLE)


@st.composite
def questions(draw: st.DrawFn) -> tuple[int, Assumptions]:
    amount = draw(st.integers(2, 10**9))
    costs = draw(st.integers(0, 10**6))
    return amount, Assumptions(
        **{name: draw(shares) for name in CHANCES},
        yearly_rate=draw(st.integers(0, WHOLE)),
        delay_days=draw(st.none() | st.integers(0, 4_000)),
        settlement_delay_days=draw(st.none() | st.integers(0, 4_000)),
        costs_cents=costs,
        recoverable_costs_cents=draw(st.integers(0, costs)),
        own_time_cents=draw(st.integers(0, 10**6)),
        settlement_costs_cents=draw(st.integers(0, 10**6)),
        write_off_costs_cents=draw(st.integers(0, 10**6)),
        vat_cents=draw(st.integers(0, amount - 1)),
        vat_recovered=draw(st.booleans()),
    )


@given(questions())
def test_chances_of_nothing_and_of_everything(question: tuple[int, Assumptions]):
    amount, supposed = question
    now = replace(supposed, delay_days=0, settlement_delay_days=0)
    vat = now.vat_cents if now.vat_recovered else 0
    spent = now.costs_cents + now.own_time_cents
    never, always = (
        replace(now, win=chance, collect=chance, collected_share=WHOLE, settlement_paid=chance)
        for chance in (0, WHOLE)
    )
    assert cents(amount, never, Choice.ACT) == vat - spent
    assert cents(amount, never, Choice.SETTLE) == -now.settlement_costs_cents
    # Collected whole: the debt and the costs taken back, and no VAT, for nothing is lost.
    assert cents(amount, always, Choice.ACT) == amount + now.recoverable_costs_cents - spent
    whole = replace(always, settlement_share=WHOLE)
    assert cents(amount, whole, Choice.SETTLE) == amount - now.settlement_costs_cents


@given(questions())
def test_a_value_is_the_sum_of_its_lines_and_within_what_is_at_stake(
    question: tuple[int, Assumptions],
):
    amount, supposed = question
    found = expected_value(amount, supposed)
    for one in found.values:
        assert one.cents == sum(line.cents for line in one.lines)
        assert one.cents <= amount + supposed.recoverable_costs_cents + 1
    assert [one.cents for one in found.values] == sorted(
        (one.cents for one in found.values), reverse=True
    )
    assert {one.choice for one in found.values} == set(Choice)


@given(questions())
def test_each_line_is_the_exact_product_rounded_once(question: tuple[int, Assumptions]):
    amount, supposed = question
    exact = Fraction(amount)
    for chance in (supposed.win, supposed.collect, supposed.collected_share):
        exact *= Fraction(chance, WHOLE)
    if supposed.delay_days:
        exact /= 1 + Fraction(supposed.yearly_rate * supposed.delay_days, WHOLE * 365)
    lines = value(expected_value(amount, supposed), Choice.ACT).lines
    hoped = next((line.cents for line in lines if line.label == "Encaissement espéré"), 0)
    assert abs(hoped - exact) <= Fraction(1, 2)


@given(questions(), shares)
def test_more_chance_is_never_worth_less(question: tuple[int, Assumptions], chance: int):
    amount, supposed = question
    no_vat = replace(supposed, vat_recovered=False)
    low, high = sorted((chance, supposed.collect))
    assert cents(amount, replace(no_vat, collect=low), Choice.ACT) <= cents(
        amount, replace(no_vat, collect=high), Choice.ACT
    )


@given(questions())
def test_the_break_even_is_where_acting_becomes_worth_it(question: tuple[int, Assumptions]):
    amount, supposed = question
    found = expected_value(amount, supposed)
    other = max(one.cents for one in found.values if one.choice is not Choice.ACT)
    least = WHOLE if found.break_even is None else found.break_even
    acting = cents(amount, replace(supposed, collect=least), Choice.ACT)
    if found.break_even is None:
        assert acting <= other + 2  # three rounded lines, half a cent each
    else:
        assert 0 <= least <= WHOLE
        assert acting >= other - 2
