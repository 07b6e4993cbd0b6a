"""Legal parameters: dated, sourced values read from the YAML files beside this module.

A parameter answers for a day with the value in force, its source and whether it was verified; what
is not known is refused by name (see `dated`). Tables by amount are in `scales`. What users enter is
laid over the shipped values by `entered`; `status` says what is in force, changes or runs out.

Values are integers: rates and points in 1/10,000 of a percent, multiples in 1/10,000, amounts in
cents, delays in years, months or days as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Self

from exigible.domain.data_files import read_yaml, yaml_names
from exigible.domain.law.dated import DEFAULT_THEME, Dated, DatedFact
from exigible.domain.law.scales import Scale, shipped_scales

RATE_SCALE = 10_000  # 1 % is 10,000
UNIT_SCALES = {
    "percent": RATE_SCALE,
    "points": RATE_SCALE,
    "times": RATE_SCALE,
    "eur": 100,
    "years": 1,
    "months": 1,
    "days": 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedValue(DatedFact):
    """A value from `start` on; `value` is None where the text is not published yet."""

    value: int | None

    @property
    def known(self) -> bool:
        return self.value is not None

    def unknown_from(self, day: date) -> Self:
        return replace(self, start=day, value=None, source="", note="", entered=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Dated[DatedValue]):
    """A legal parameter: one number at a time."""

    def amount_on(self, day: date) -> int:
        """Return the bare value in force on `day`."""
        value = self.on(day).value
        assert value is not None  # `on` refuses an unpublished value
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """Every parameter and scale, by the name of its file. Two laws are equal if they are the same."""

    parameters: dict[str, Parameter]
    scales: dict[str, Scale] = field(default_factory=dict)

    def __getitem__(self, parameter_id: str) -> Parameter:
        return self.parameters[parameter_id]

    @property
    def everything(self) -> list[Parameter | Scale]:
        """Parameters then scales, in the order of their names."""
        return [*self.parameters.values(), *self.scales.values()]

    def find(self, dated_id: str) -> Parameter | Scale | None:
        """Return the parameter or the scale of that name, if there is one."""
        return self.parameters.get(dated_id) or self.scales.get(dated_id)


@cache
def shipped_law() -> Law:
    """Return the law shipped with the product."""
    parameters = {name: read_parameter(name, read_yaml("law", name)) for name in yaml_names("law")}
    return Law(parameters, shipped_scales())


def read_parameter(parameter_id: str, content: dict[str, Any]) -> Parameter:
    """Return the parameter that a YAML document describes; its shape is our own, so asserted."""
    scale = UNIT_SCALES[content["unit"]]
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
        theme=content.get("theme", DEFAULT_THEME),
        values=values,
    )


def _scaled(text: str, scale: int) -> int:
    exact = Decimal(text) * scale
    assert exact == exact.to_integral_value(), text
    return int(exact)
