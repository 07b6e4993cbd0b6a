"""A procedure with its dated events and facts, and its deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from exigible.domain.calendar import HolidayZone
from exigible.domain.deadlines.facts import FactValue, Place
from exigible.domain.law.time_limits import DeadlineRule, Procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureCase:
    """What happened: the procedure, its dated events, where the parties are, other facts.

    `place` is the debtor's, None where nobody said. Postcodes are French, or empty. `facts` are
    those of `FACTS`, amounts in cents.
    """

    procedure: str
    events: Mapping[str, date]
    place: Place | None = None
    debtor_postcode: str = ""
    court_postcode: str = ""
    facts: Mapping[str, FactValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One deadline, computed. Days are None where the law gives no number of days.

    `falls_on` is the last day of the period; of a waiting period too, `possible_from` being the
    first day of the act; of a notice, the last day on which the act can be done. `extended` says
    why the day was moved to a working day, `distance` what distance added. `condition` is what
    must be true for the deadline to hold, None when the facts given settle it.
    """

    id: str
    label: str
    rule: DeadlineRule
    starts_from: str
    starts_on: date | None
    falls_on: date | None
    possible_from: date | None
    safe_on: date | None
    extended: str | None
    distance: str | None
    condition: str | None
    done_on: date | None
    in_time: bool | None
    verified: bool
    working: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The deadlines of a case, by date, those without a day last; what to know besides."""

    procedure: Procedure
    place: Place
    zone: HolidayZone
    deadlines: tuple[Deadline, ...]
    warnings: tuple[str, ...]
