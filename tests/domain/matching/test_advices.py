"""A remittance advice beside a transfer: what it settles, and what keeps it from being booked alone."""

from datetime import date

import pytest

from exigible.domain.matching import (
    Advice,
    AdviceItem,
    BankLine,
    Book,
    Claim,
    Customer,
    Gap,
    Kind,
    Proposal,
    match_lines,
)

ON = date(2026, 11, 10)


def answer(advice: Advice, cents: int, *, label: str = "VIR SEPA GROUPE ARMOR") -> Proposal:
    book = Book(
        [Customer("C1", ("Menuiserie Vauban",)), Customer("C2", ("Garage Aubin",))],
        [
            Claim("FA26-00412", "C1", 50_000, issued_on=date(2026, 10, 1), key=1),
            Claim("FA26-00413", "C2", 30_000, issued_on=date(2026, 10, 1), key=2),
            Claim("AV26-00007", "C1", -5_000, issued_on=date(2026, 10, 5), key=3),
        ],
    )
    lines = [BankLine("L1", ON, cents, label=label), BankLine("L2", ON, 999, label="VIR X")]
    return match_lines(book, lines, advices=[advice])[0]


def advice(*items: tuple[str, int], fees: int = 0, **fields: object) -> Advice:
    gross = sum(cents for _, cents in items)
    rows = tuple(AdviceItem(ref, cents) for ref, cents in items)
    return Advice("A1", gross - fees, rows, fees, **{"on": ON, **fields})  # type: ignore[arg-type]


def test_an_advice_settles_what_it_names_credit_notes_deducted() -> None:
    found = answer(
        advice(("FA26-412", 50_000), ("AV26-00007", -5_000), ("FA26 00413", 30_000)), 75_000
    )
    assert found.automatic
    assert found.advice == "A1"
    assert {(one.key, one.cents) for one in found.allocations} == {
        (1, 50_000),
        (2, 30_000),
        (3, -5_000),
    }


def test_an_agent_pays_net_of_his_fees() -> None:
    found = answer(advice(("FA26-00412", 50_000), ("FA26-00413", 30_000), fees=8_000), 72_000)
    assert (found.kind, found.gap, found.gap_cents) == (Kind.AGENT, Gap.AGENT_FEES, 8_000)
    assert sum(one.cents for one in found.allocations) == 80_000


@pytest.mark.parametrize(
    ("items", "cents", "words"),
    [
        ((("FA26-00999", 50_000),), 50_000, "n’est pas une facture ouverte"),
        ((("FA26-00412", 60_000),), 60_000, "ouverts"),
        ((("FA26-00412", 50_000),), 49_000, "la banque"),
    ],
)
def test_an_advice_that_contradicts_the_book_or_the_bank_is_asked(
    items: tuple[tuple[str, int], ...], cents: int, words: str
) -> None:
    found = answer(advice(*items, line="L1"), cents)
    assert not found.automatic
    assert words in found.reason
    assert sum(one.cents for one in found.allocations) <= cents


def test_an_advice_far_from_the_day_or_of_two_lines_is_left_out() -> None:
    assert not answer(advice(("FA26-00412", 50_000), on=date(2026, 8, 1)), 50_000).advice
    assert not answer(advice(("FA26-00412", 999)), 999).advice
