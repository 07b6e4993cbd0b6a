"""A debt whose last day is asked, what happened to it since, and the answer step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from exigible.domain.law.limitation import Nature


class Outcome(StrEnum):
    """How proceedings ended; the last three undo the interruption (C. civ. art. 2243)."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something done on a day; proceedings end on `ended_on`, or are still pending without it."""

    kind: str  # a key of LimitationLaw.interruptions
    on: date
    ended_on: date | None = None
    outcome: Outcome = Outcome.GRANTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A stop of the clock, both days included."""

    ground: str  # a key of LimitationLaw.suspensions
    first_day: date
    last_day: date

    @property
    def on(self) -> date:
        return self.first_day


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitationCase:
    """A debt: its nature, the day its period starts from, what happened, in any order.

    `born_on` is the birth of the right, for the ceiling of art. 2232 (`starts_on` by default);
    `agreed_months` a length the parties chose (art. 2254); `underlying` the nature of the debt that
    a notarial deed records; `as_of` the day to look from, if any.
    """

    nature: str
    starts_on: date
    events: tuple[Act | Suspension, ...] = ()
    born_on: date | None = None
    agreed_months: int | None = None
    underlying: str | None = None
    as_of: date | None = None


class State(StrEnum):
    """Where the period stands once everything that happened is counted."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"  # proceedings are pending: no last day yet


class What(StrEnum):
    """What a line of the working tells."""

    START = "start"
    REFORM = "reform"
    INTERRUPTION = "interruption"
    SUSPENSION = "suspension"
    NO_EFFECT = "no_effect"
    CEILING = "ceiling"
    CARRIED_OVER = "carried_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the working: what happened, and the last day that follows from it."""

    what: What
    on: date
    until: date | None
    last_day: date | None
    text: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limitation:
    """The answer. `last_day` is None while proceedings are pending.

    `carried_over_to` is the working day a foreclosure might be carried to, which is unsettled.
    `oldest_recoverable` is, for interest barred day by day, the oldest day of interest that can
    still be recovered on `as_of`.
    """

    nature: Nature
    state: State
    last_day: date | None
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    source: str
    verified: bool
    carried_over_to: date | None = None
    as_of: date | None = None
    oldest_recoverable: date | None = None

    @property
    def expired(self) -> bool | None:
        """Whether the period has run on `as_of`; None without that day."""
        if self.as_of is None:
            return None
        return self.last_day is not None and self.last_day < self.as_of
