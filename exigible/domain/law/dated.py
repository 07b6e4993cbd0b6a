"""What parameters and scales share: values that start on a day, and what is known of each day.

Nothing is guessed: a day before the first value, a value not published yet, a half-year whose rate
is not known, or a day after what is known is refused by name (`OutsideKnownLaw`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from typing import Self

from exigible.domain.calendar import ONE_DAY, add_months, half_year_start
from exigible.domain.french import day as french_day
from exigible.domain.french import half_year
from exigible.domain.refusals import OutsideKnownLaw

HALF_YEAR = "half_year"  # a period: the text gives a value for one half-year and no more
HALF_YEAR_START = "half_year_start"  # a reading: the value of 1 January or 1 July, for six months
HALF_YEARLY_SINCE = date(2015, 1, 1)  # the legal rate was yearly before (CMF art. L. 313-2)
DEFAULT_THEME = "Procédure et frais"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedFact(ABC):
    """A value from `start` on, its text, and whether two independent sources confirm it."""

    start: date
    source: str
    verified: bool
    note: str = ""
    entered: bool = False  # by a user, where the product ships none

    @property
    @abstractmethod
    def known(self) -> bool:
        """Say whether the text is published at all."""

    @abstractmethod
    def unknown_from(self, day: date) -> Self:
        """Return the mark that nothing is known from a day on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated[V: DatedFact]:
    """Something the law fixes: its values over time, what selects one, where a missing one is."""

    id: str
    name: str
    unit: str
    values: tuple[V, ...]
    chosen_by: str = ""
    effect: str = ""
    period: str = "until_changed"
    find_at: str = ""
    known_until: date | None = None
    read_on: str = ""
    theme: str = DEFAULT_THEME

    def on(self, day: date) -> V:
        """Return the value in force on `day`; raise OutsideKnownLaw where none is known."""
        index = self._index(day)
        if index < 0:
            raise self.unknown_on(day)
        value = self.values[index]
        if (
            not value.known
            or (self.known_until is not None and day > self.known_until)
            or (self.period == HALF_YEAR and day > _period_end(value.start))
        ):
            raise self.unknown_on(day)
        return value

    def is_known_on(self, day: date) -> bool:
        """Say whether a value is known for `day`."""
        try:
            self.on(day)
        except OutsideKnownLaw:
            return False
        return True

    def needed_on(self, day: date) -> date:
        """Return the day whose value `day` calls for: an index is read when its half-year opens."""
        return half_year_start(day) if self.read_on == HALF_YEAR_START else day

    def in_force_on(self, day: date) -> V:
        """Return the value that governs `day`: that of its half-year's first day, for an index."""
        return self.on(self.needed_on(day))

    def known_through(self, day: date) -> date | None:
        """Return the last day that is known without a gap from `day` on; None if no end is known.

        Raise OutsideKnownLaw where `day` itself is not known.
        """
        self.in_force_on(day)
        if self.read_on == HALF_YEAR_START:
            start = half_year_start(day)
            horizon = max(self.known_until or date.min, self.values[-1].start)
            while self.is_known_on(start):
                if start > horizon:
                    return None
                start = add_months(start, 6)
            return start - ONE_DAY
        ends = [one.start - ONE_DAY for one in self.values if one.start > day and not one.known]
        if self.known_until is not None:
            ends.append(self.known_until)
        if self.period == HALF_YEAR:
            end = _period_end(self.on(day).start)
            while self.is_known_on(end + ONE_DAY):
                end = _period_end(self.on(end + ONE_DAY).start)
            ends.append(end)
        return min(ends, default=None)

    def last_known_before(self, day: date) -> tuple[V, date] | None:
        """Return the last value known on or before `day`, and the last day it is known for."""
        index = self._index(day)
        while index >= 0 and not self.values[index].known:
            index -= 1
        if index < 0:
            return None
        value = self.values[index]
        ends = [day, *(one.start - ONE_DAY for one in self.values[index + 1 : index + 2])]
        if self.known_until is not None:
            ends.append(max(self.known_until, value.start))
        if self.period == HALF_YEAR:
            ends.append(_period_end(value.start))
        return value, min(ends)

    def unknown_on(self, day: date) -> OutsideKnownLaw:
        """Return the refusal that names what is missing, and the day it is missing for."""
        by_half_year = self.period == HALF_YEAR or self.read_on == HALF_YEAR_START
        when = (
            f"le {half_year(day)} ({french_day(day)})" if by_half_year else f"le {french_day(day)}"
        )
        where = f" À saisir d’après : {self.find_at}." if self.find_at else ""
        return OutsideKnownLaw(
            "unknown_parameter",
            f"{self.name} : valeur inconnue pour {when}.{where}",
            field=self.id,
            facts={"parameter": self.id, "day": day.isoformat()},
        )

    def _index(self, day: date) -> int:
        return bisect_right(self.values, day, key=lambda value: value.start) - 1


def _period_end(start: date) -> date:
    """Return the last day a value published for its period holds: half-year, year before 2015."""
    if start < HALF_YEARLY_SINCE:
        return date(start.year, 12, 31)
    return add_months(half_year_start(start), 6) - ONE_DAY
