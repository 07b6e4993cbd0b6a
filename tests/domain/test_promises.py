"""A receipt counts once, for the promise it came in time for."""

import pytest

from exigible.domain.promises import Promised, Receipt, received_of

GRACE = 2


def promised(made_on: int, due_on: int, cents: int = 500) -> Promised:
    return Promised(made_on, 100, due_on, cents)


def received(promises: list[Promised], *receipts: tuple[int, int], at: int = 200) -> list[int]:
    coming = [Receipt(day, at, cents) for day, cents in receipts]
    return received_of(promises, coming, grace_days=GRACE)


def test_one_receipt_does_not_keep_two_promises():
    both = [promised(1, 10), promised(1, 20)]
    assert received(both, (5, 500)) == [500, 0]
    assert received(both, (5, 700)) == [500, 200]
    assert received(both, (5, 1_200)) == [500, 500]  # what nobody promised is nobody's


def test_the_nearest_due_day_comes_first_whatever_the_order_given():
    assert received([promised(1, 20), promised(3, 10)], (5, 600)) == [100, 500]


def test_a_promise_gone_by_gives_way_to_one_still_running():
    renegotiated = [promised(1, 10), promised(15, 30)]
    assert received(renegotiated, (28, 500)) == [0, 500]
    assert received(renegotiated, (28, 600)) == [100, 500]


@pytest.mark.parametrize(("day", "kept"), [(12, [500, 0]), (13, [0, 500])])
def test_the_days_of_grace_are_in_time(day: int, kept: list[int]):
    # Due on 10 with two days of grace: the 12th is the last.
    assert received([promised(1, 10), promised(1, 30)], (day, 500)) == kept


def test_what_was_received_before_a_promise_is_not_of_it():
    assert received([promised(6, 10)], (5, 500)) == [0]
    assert received([promised(5, 10)], (5, 500)) == [500]
    assert received([promised(5, 10)], (5, 500), at=99) == [0]  # the same day, known already


def test_a_receipt_that_comes_back_is_taken_from_the_last_served():
    both = [promised(1, 10), promised(1, 20)]
    assert received(both, (5, 700), (7, -700)) == [0, 0]
    assert received(both, (5, 700), (7, -300)) == [400, 0]
    assert received(both, (5, -300)) == [0, 0]
