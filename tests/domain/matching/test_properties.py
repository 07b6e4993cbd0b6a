"""What holds whatever the lines: nothing beyond a line or a claim, no order of files, no neighbour."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from exigible.domain.matching import Book, Claim, Customer, Proposal, match_lines, matcher
from exigible.domain.matching.sums import subsets
from tests.campaign import rounds
from tests.domain.matching.small_book import ISSUED, claim, line

NAMES = ("Menuiserie Vauban", "Transports Lorrain", "Pharmacie Petit", "Menuiserie Petit")
CUSTOMERS = [
    Customer(f"C-{n}", (name,), ("Lille", "Metz")[n % 2 : n % 2 + 1])
    for n, name in enumerate(NAMES)
]
AMOUNTS = st.sampled_from(
    [4990, 4990, 10_000, 12_345, 64_713, 99_999, 17_335, 77_058, -4990, -1200]
)


@st.composite
def books(draw: st.DrawFn) -> list[Claim]:
    owners = draw(st.lists(st.tuples(st.integers(0, 3), AMOUNTS), min_size=1, max_size=14))
    return [
        claim(
            f"FA-26-{n + 95:05}",
            cents / 100,
            f"C-{owner}",
            issued=ISSUED + timedelta(days=draw(st.integers(0, 60))),
            collected=cents > 0 and draw(st.integers(0, 9)) == 0,
        )
        for n, (owner, cents) in enumerate(owners)
    ]


@st.composite
def batches(draw: st.DrawFn, claims: list[Claim]):
    found = []
    for n in range(draw(st.integers(1, 12))):
        chosen = draw(st.lists(st.sampled_from(claims), min_size=1, max_size=3, unique=True))
        total = sum(one.cents for one in chosen) + draw(st.sampled_from([0, 0, 0, 4000, -500, 1]))
        words = draw(st.sampled_from(["VIR", "PRLV SEPA REJETE", "VIR INTERNE", "REM CHQ", ""]))
        name = draw(st.sampled_from([*NAMES, "", "BOURDALOUE"])).upper()
        cited = " ".join(one.ref for one in chosen) if draw(st.booleans()) else ""
        sign = -1 if "REJETE" in words else 1
        day = ISSUED + timedelta(days=draw(st.integers(10, 90)))
        found.append(
            line(
                f"{words} {name} {cited}"[: draw(st.sampled_from([31, 140]))],
                sign * total / 100,
                id=str(n),
                on=day,
            )
        )
    return found


def shown(proposals: list[Proposal]) -> dict[str, object]:
    return {
        one.line: (one.allocations, one.automatic, one.confidence, one.reason) for one in proposals
    }


@settings(max_examples=rounds(100, 6_000))
@given(st.data())
def test_nothing_beyond_a_line_nor_a_claim(data: st.DataObject):
    claims = data.draw(books())
    lines = data.draw(batches(claims))
    found = match_lines(Book(CUSTOMERS, claims), lines)
    cents = {one.id: one.cents for one in lines}
    of_claim: dict[str, int] = defaultdict(int)
    for one in found:
        total = sum(allocation.cents for allocation in one.allocations)
        if one.allocations:
            assert abs(total) <= abs(cents[one.line])
            assert total * cents[one.line] >= 0
        assert not (one.automatic and not one.allocations)
        assert 0 <= one.confidence <= 1
        assert one.reason
        for allocation in one.allocations:
            assert allocation.cents
            of_claim[allocation.ref] += allocation.cents
    for one in claims:
        paid = of_claim[one.ref]
        if one.collected:
            assert -one.cents <= paid <= 0
        else:
            assert min(one.cents, 0) <= paid <= max(one.cents, 0)


@settings(max_examples=rounds(50, 3_000))
@given(st.data(), st.randoms(use_true_random=False))
def test_the_order_of_the_files_changes_nothing(data: st.DataObject, shuffle: random.Random):
    claims = data.draw(books())
    lines = data.draw(batches(claims))
    before = shown(match_lines(Book(CUSTOMERS, claims), lines))
    customers, lines = list(CUSTOMERS), list(lines)
    shuffle.shuffle(customers)
    shuffle.shuffle(lines)
    shuffle.shuffle(claims)
    assert shown(match_lines(Book(customers, claims), lines)) == before


@settings(max_examples=rounds(20, 1_200))
@given(st.data())
def test_the_number_of_processes_changes_nothing(data: st.DataObject):
    claims = data.draw(books())
    lines = data.draw(batches(claims))
    alone = match_lines(Book(CUSTOMERS, claims), lines)
    with mock.patch.object(matcher, "useful", lambda processes, count: processes):
        assert match_lines(Book(CUSTOMERS, claims), lines, processes=2) == alone


@settings(max_examples=rounds(30, 2_000))
@given(st.data())
def test_lines_that_concern_nobody_here_change_nothing(data: st.DataObject):
    claims = data.draw(books())
    lines = data.draw(batches(claims))
    before = shown(match_lines(Book(CUSTOMERS, claims), lines))
    others = [
        line("PRLV SEPA URSSAF", -431.0, id="a1"),
        line("VIR ZZYZX KOUIGN", 87_654.31, id="a2"),
        line("INTERETS CREDITEURS", 3.17, id="a3"),
    ]
    after = shown(match_lines(Book(CUSTOMERS, claims), [others[0], *lines, *others[1:]]))
    assert {key: after[key] for key in before} == before


@settings(max_examples=rounds(30, 2_000))
@given(st.data())
def test_a_book_serves_again(data: st.DataObject):
    claims = data.draw(books())
    lines = data.draw(batches(claims))
    book = Book(CUSTOMERS, claims)
    assert shown(match_lines(book, lines)) == shown(match_lines(book, lines))


def test_a_book_is_kept_up_to_date():
    book = Book(CUSTOMERS, [claim("FA-26-00001", 100, "C-0")])
    bare = line("VIR MENUISERIE VAUBAN", 71.13)
    assert not match_lines(book, [bare])[0].automatic
    book.add_claim(claim("FA-26-00002", 71.13, "C-0"))
    assert match_lines(book, [bare])[0].automatic
    book.set_open("FA-26-00002", 0)
    assert not match_lines(book, [bare])[0].automatic


@settings(max_examples=rounds(100, 6_000))
@given(
    st.lists(st.integers(-3000, 30_000).filter(bool), min_size=1, max_size=24),
    st.data(),
)
def test_sums_found_are_sums(amounts: list[int], data: st.DataObject):
    chosen = data.draw(st.sets(st.integers(0, len(amounts) - 1), min_size=1))
    target = sum(amounts[place] for place in chosen)
    found = subsets(amounts, target, everything_up_to=14, pairs_up_to=500)
    for one in found:
        assert sum(amounts[place] for place in one.places) == target
        assert len(set(one.places)) == len(one.places)
        assert one.chance >= 0
    if target > 0 and (len(amounts) <= 14 or len(chosen) <= 2):
        assert found or len(amounts) > 14
