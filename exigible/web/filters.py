"""Filters of a list: read from the address, shown as sentences, changed in one small form.

Each filter is one GET parameter. A screen lists its filters; `FilterBar` reads their values and
gives the template what it draws (`components/filters.html`). Applying the values to a query is the
screen's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict

from exigible.domain import french
from exigible.domain.refusals import WrongInput
from exigible.web.typed import cents_of, day_of, whole_number

PAGING = ("suite", "etape", "page")  # parameters that a change of filter forgets


@dataclass(frozen=True, slots=True)
class Filter:
    """`param` in the address, `label` in the form, `prefix` in the sentence."""

    param: str
    label: str
    prefix: str
    control: str = "text"

    def value(self, typed: str) -> Any:
        """Understand what the address holds; raise WrongInput with the reason."""
        return typed

    def sentence(self, value: Any) -> str:
        """The bold part of « Créancier **Négoce Armorial** »."""
        return str(value)


@dataclass(frozen=True, slots=True)
class TextFilter(Filter):
    """Words typed freely."""

    def value(self, typed: str) -> str:
        return typed[:200]

    def sentence(self, value: str) -> str:
        return f"«{french.NO_BREAK}{value}{french.NO_BREAK}»"


@dataclass(frozen=True, slots=True)
class ChoiceFilter(Filter):
    """One of a list of (value, words); `every` names what no choice means (« tous »)."""

    control: str = "choice"
    options: Sequence[tuple[str, str]] = ()
    every: str = "tous"

    def value(self, typed: str) -> str:
        if typed not in {key for key, _ in self.options}:
            raise WrongInput(
                "unknown_choice",
                f"«{french.NO_BREAK}{typed[:40]}{french.NO_BREAK}» n’est pas proposé.",
            )
        return typed

    def sentence(self, value: str) -> str:
        return dict(self.options)[value]


@dataclass(frozen=True, slots=True)
class AmountFilter(Filter):
    """A sum, as one types it."""

    control: str = "amount"

    def value(self, typed: str) -> int:
        return cents_of(typed)

    def sentence(self, value: int) -> str:
        return french.euros(value)


@dataclass(frozen=True, slots=True)
class DaysFilter(Filter):
    """A number of days."""

    control: str = "days"

    def value(self, typed: str) -> int:
        return whole_number(typed, most=36_500)

    def sentence(self, value: int) -> str:
        return french.count(value, "jour")


@dataclass(frozen=True, slots=True)
class DayFilter(Filter):
    """A day, as one types it."""

    control: str = "day"
    today: date | None = None

    def value(self, typed: str) -> date:
        assert self.today is not None
        return day_of(typed, today=self.today)

    def sentence(self, value: date) -> str:
        return french.day(value)


@dataclass(slots=True)
class Shown:
    """A filter as the bar draws it."""

    filter: Filter
    typed: str
    sentence: str = ""
    error: str = ""
    without: str = ""  # the address' query without it

    @property
    def active(self) -> bool:
        return bool(self.typed) and not self.error


@dataclass(slots=True)
class FilterBar:
    """The filters of one screen with their values; `values` has only those in force."""

    filters: Sequence[Filter]
    query: QueryDict
    anchor: str  # prefix of the ids of its elements
    values: dict[str, Any] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in self.filters:
            typed = self.query.get(one.param, "").replace("\x00", "").strip()
            shown = Shown(one, typed, without=without(self.query, one.param))
            if typed:
                try:
                    value = one.value(typed)
                except WrongInput as wrong:
                    shown.error = wrong.message
                else:
                    self.values[one.param] = value
                    shown.sentence = one.sentence(value)
            self.shown.append(shown)

    def offers(self, param: str) -> bool:
        """Say whether the bar has that filter at all."""
        return any(one.param == param for one in self.filters)

    @property
    def active(self) -> list[Shown]:
        return [one for one in self.shown if one.active]

    @property
    def wrong(self) -> list[Shown]:
        return [one for one in self.shown if one.error]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """The address' other parameters, which the bar's form carries along."""
        dropped = {one.param for one in self.filters} | set(PAGING)
        return [
            (name, value)
            for name, values in self.query.lists()
            if name not in dropped
            for value in values
        ]

    @property
    def cleared(self) -> str:
        """The query without any filter of the bar."""
        return without(self.query, *(one.param for one in self.filters))

    @property
    def last_removed(self) -> str:
        """The query without the last filter, for the way out of an empty list."""
        return self.active[-1].without if self.active else ""


def without(query: QueryDict, *params: str) -> str:
    """Return the query string without some parameters, and without the page reached."""
    copy = query.copy()
    for param in (*params, *PAGING):
        copy.pop(param, None)
    return copy.urlencode()
