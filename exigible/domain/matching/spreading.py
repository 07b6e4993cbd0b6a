"""Using the whole machine for one run: work cut between processes, and no looking for circles."""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

WORTHWHILE = 5_000  # below it, a process costs more than it saves


def useful(processes: int, count: int) -> int:
    """Return how many of the processes asked for can share so much work and are worth it.

    A process with threads is not forked: what another thread holds would stay held in the copy.
    """
    forks = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return processes if forks and count >= WORTHWHILE else 1


def spread[T](work: Callable[[int, int], list[T]], count: int, processes: int) -> list[T]:
    """Return `work(0, count)`, the range cut between processes forked from this one.

    `work(first, last)` answers for that part, in order, and changes nothing outside itself; what it
    answers can be pickled. The part of a process that dies is done here.
    """
    cuts = [count * rank // processes for rank in range(processes + 1)]
    parts = list(itertools.pairwise(cuts[1:]))
    others = [_forked(work, first, last) for first, last in parts]
    found = work(0, cuts[1])
    for (first, last), (process, pipe) in zip(parts, others, strict=True):
        try:
            found += pipe.recv()
        except EOFError:
            found += work(first, last)
        process.join()
        pipe.close()
    return found


def _forked[T](
    work: Callable[[int, int], list[T]], first: int, last: int
) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=_answer, args=(work, first, last, theirs), daemon=True
    )
    with warnings.catch_warnings():
        # The threads that a numeric library keeps for itself are warned of; they hold no lock of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    theirs.close()
    return process, ours


def _answer[T](
    work: Callable[[int, int], list[T]], first: int, last: int, pipe: Connection
) -> None:
    pipe.send(work(first, last))
    pipe.close()


@contextmanager
def without_collector() -> Iterator[None]:
    """Suspend the search for circular garbage: it costs a third of a run that makes none."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
