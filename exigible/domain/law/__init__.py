"""Legal parameters: dated, sourced values read from the YAML files beside this module.

A parameter answers for a day with the value in force, its source and whether it was verified. A
day before the first value, a value not yet published, or a day after what is known is refused by
name (`OutsideKnownLaw`): nothing is ever guessed.

Values are integers: rates and points in 1/10,000 of a percent, multiples in 1/10,000, amounts in
cents, delays in months or days as they stand.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import yaml

from exigible.domain.calendar import half_year_start
from exigible.domain.french import day as french_day
from exigible.domain.french import half_year
from exigible.domain.refusals import OutsideKnownLaw

RATE_SCALE = 10_000  # 1 % is 10,000
_SCALES = {
    "percent": RATE_SCALE,
    "points": RATE_SCALE,
    "times": RATE_SCALE,
    "eur": 100,
    "months": 1,
    "days": 1,
}


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value from `start` on; `value` is None where the text is not published yet."""

    start: date
    value: int | None
    source: str
    verified: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A legal parameter: its dated values, what each day selects, where to find a missing one."""

    id: str
    name: str
    unit: str
    chosen_by: str
    effect: str
    period: str
    find_at: str
    known_until: date | None
    read_on: str  # "half_year_start" for an index read on 1 January and 1 July
    values: tuple[DatedValue, ...]

    def on(self, day: date) -> DatedValue:
        """Return the value in force on `day`; raise OutsideKnownLaw where none is known."""
        index = bisect_right(self.values, day, key=lambda value: value.start) - 1
        if (
            index < 0
            or self.values[index].value is None
            or (self.known_until is not None and day > self.known_until)
        ):
            raise self.unknown_on(day)
        return self.values[index]

    def needed_on(self, day: date) -> date:
        """Return the day whose value `day` calls for: an index is read when its half-year opens."""
        return half_year_start(day) if self.read_on == "half_year_start" else day

    def amount_on(self, day: date) -> int:
        """Return the bare value in force on `day`."""
        value = self.on(day).value
        assert value is not None  # `on` refuses an unpublished value
        return value

    def unknown_on(self, day: date) -> OutsideKnownLaw:
        """Return the refusal that names this parameter and the day it is missing for."""
        when = half_year(day) if self.period == "half_year" or self.known_until else french_day(day)
        where = f" À saisir d’après : {self.find_at}." if self.find_at else ""
        return OutsideKnownLaw(
            "unknown_parameter",
            f"{self.name} : valeur inconnue pour le {when} ({french_day(day)}).{where}",
            field=self.id,
            facts={"parameter": self.id, "day": day.isoformat()},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """Every parameter, by its id (the name of its file). Two laws are equal if they are the same."""

    parameters: dict[str, Parameter]

    def __getitem__(self, parameter_id: str) -> Parameter:
        return self.parameters[parameter_id]


@cache
def shipped_law() -> Law:
    """Return the law shipped with the product."""
    parameters = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            parameter_id = file.name.removesuffix(".yaml")
            content = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a safe one)
            parameters[parameter_id] = read_parameter(parameter_id, content)
    return Law(parameters)


def read_parameter(parameter_id: str, content: dict[str, Any]) -> Parameter:
    """Return the parameter that a YAML document describes; its shape is our own, so asserted."""
    scale = _SCALES[content["unit"]]
    verified = bool(content.get("verified", False))
    values = tuple(
        DatedValue(
            start=start,
            value=None if line["value"] is None else _scaled(line["value"], scale),
            source=line["source"],
            verified=bool(line.get("verified", verified)),
            note=line.get("note", ""),
        )
        for start, line in sorted(content["values"].items())
    )
    assert values, parameter_id
    return Parameter(
        id=parameter_id,
        name=content["name"],
        unit=content["unit"],
        chosen_by=content["chosen_by"],
        effect=content.get("effect", ""),
        period=content.get("period", "until_changed"),
        find_at=content.get("find_at", ""),
        known_until=content.get("known_until"),
        read_on=content.get("read_on", ""),
        values=values,
    )


def _scaled(text: str, scale: int) -> int:
    exact = Decimal(text) * scale
    assert exact == exact.to_integral_value(), text
    return int(exact)


# The C loader is three times faster, and what it lacks is not used; it is absent on some builds.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
