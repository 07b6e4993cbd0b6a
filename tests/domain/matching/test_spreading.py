"""Work cut between processes: the same answers, whatever becomes of a process."""

import gc
import os
import threading

import pytest

from exigible.domain.matching import spreading
from exigible.domain.matching.spreading import spread, useful, without_collector


def squares(first: int, last: int) -> list[int]:
    return [number * number for number in range(first, last)]


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_the_answers_are_those_of_one_process_in_order(count: int, processes: int):
    assert spread(squares, count, processes) == squares(0, count)


def test_the_part_of_a_process_that_dies_is_done_here():
    ours = os.getpid()

    def dying(first: int, last: int) -> list[int]:
        if os.getpid() != ours:
            os._exit(9)
        return squares(first, last)

    assert spread(dying, 100, 2) == squares(0, 100)


def test_little_work_and_a_process_with_threads_are_left_whole(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert useful(2, spreading.WORTHWHILE - 1) == 1
    assert useful(2, spreading.WORTHWHILE) == 2
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert useful(2, spreading.WORTHWHILE) == 1


def test_the_collector_is_as_it_was_afterwards():
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), without_collector():
        assert not gc.isenabled()
        _ = 1 / 0
    assert gc.isenabled()
