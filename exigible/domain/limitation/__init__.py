"""Limitation (*prescription*) and foreclosure (*forclusion*): the last day to act, and why.

A period is counted from date to date: its first day is the one after the event that opens it, its
last is full until midnight and is not carried over to a working day (C. civ. art. 2228, 2229). What
interrupts it opens a new period of the same length (art. 2231); what suspends it adds the days it
lasted (art. 2230), with six months left at least after an amicable attempt or an expertise (art.
2238, 2239). A shorter law starts its own period when it comes into force, within the former one
(art. 2222). Nothing here looks at a clock.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from exigible.domain.calendar import ONE_DAY
from exigible.domain.law.limitation import LimitationLaw, shipped_limitation_law
from exigible.domain.limitation.answer import limitation_answer
from exigible.domain.limitation.model import (
    Act,
    Limitation,
    LimitationCase,
    Outcome,
    State,
    Step,
    Suspension,
    What,
)
from exigible.domain.limitation.period import RunningPeriod

__all__ = [
    "Act",
    "Limitation",
    "LimitationCase",
    "Outcome",
    "State",
    "Step",
    "Suspension",
    "What",
    "limitation",
    "limitation_answer",
]


def limitation(case: LimitationCase, law: LimitationLaw | None = None) -> Limitation:
    """Return the last day to act on a debt, with the working.

    Raise OutsideKnownLaw where the period is not known for the day it starts from, WrongInput where
    the parties could not choose the length given or the facts contradict one another.
    """
    law = law or shipped_limitation_law()
    period = RunningPeriod(case, law)
    for event in sorted(case.events, key=lambda event: event.on):
        if isinstance(event, Suspension):
            period.suspend(event)
        else:
            period.act(event)
    found = period.answer()
    if not found.nature.each_day:
        return found
    return replace(found, oldest_recoverable=_oldest_recoverable(case, law))


def _oldest_recoverable(case: LimitationCase, law: LimitationLaw) -> date | None:
    """Return the oldest day, from `starts_on` to `as_of`, whose interest is not barred on `as_of`.

    A later day of interest is never barred before an earlier one, so halving finds the boundary.
    None without `as_of`, or if it comes before the first day of interest.
    """
    as_of = case.as_of
    if as_of is None or as_of < case.starts_on:
        return None
    known = tuple(event for event in case.events if event.on <= as_of)
    low, high = 0, (as_of - case.starts_on).days  # the interest of `as_of` itself is not barred
    while low < high:
        middle = (low + high) // 2
        day = case.starts_on + middle * ONE_DAY
        found = limitation(LimitationCase(nature=case.nature, starts_on=day, events=known), law)
        if found.last_day is None or found.last_day >= as_of:
            high = middle
        else:
            low = middle + 1
    return case.starts_on + low * ONE_DAY
