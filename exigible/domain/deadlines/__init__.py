"""The deadlines of a procedure: from dated events and facts, the last days, why, and what is lost.

Which deadlines exist, and how each is counted, is data (`domain.law.time_limits`): CPC art. 640 to
644 and the articles each deadline cites. A deadline of another date's law is absent. One that
hangs on a fact nobody gave is answered with its `condition`; on a fact that is against it, absent.
Local holidays never put off an act of one's own; they are allowed for before acting after a
waiting period, and in notices counted backward.
"""

from __future__ import annotations

from datetime import date

from exigible.domain.deadlines.answer import deadlines_answer
from exigible.domain.deadlines.events import check_events
from exigible.domain.deadlines.facts import (
    FACTS,
    MAX_GRANTED_DAYS,
    Fact,
    FactKind,
    FactValue,
    Place,
)
from exigible.domain.deadlines.model import Deadline, Deadlines, ProcedureCase
from exigible.domain.deadlines.reading import Reading
from exigible.domain.law.time_limits import procedure, procedure_ids
from exigible.domain.refusals import WrongInput

__all__ = [
    "FACTS",
    "MAX_GRANTED_DAYS",
    "Deadline",
    "Deadlines",
    "Fact",
    "FactKind",
    "FactValue",
    "Place",
    "ProcedureCase",
    "deadlines",
    "deadlines_answer",
]


def deadlines(case: ProcedureCase) -> Deadlines:
    """Return every deadline that the events of a case start.

    Raise WrongInput for a procedure or an event nobody knows and for dates that contradict each
    other, OutsideKnownLaw where every date is before the first known text; both name the field.
    """
    if case.procedure not in procedure_ids():
        raise WrongInput(
            "unknown_procedure",
            f"procedure : « {case.procedure[:60]} » n’est pas connue ; valeurs possibles : "
            f"{', '.join(procedure_ids())}.",
            field="procedure",
        )
    known = procedure(case.procedure)
    check_events(known, case.events)
    reading = Reading(case, known)
    reading.compute()
    if not reading.answers_something():
        raise reading.nothing()
    ordered = sorted(reading.found.values(), key=lambda one: one.falls_on or date.max)
    return Deadlines(
        procedure=known,
        place=reading.where.place,
        zone=reading.zone,
        deadlines=tuple(ordered),
        warnings=tuple(reading.warnings),
    )
