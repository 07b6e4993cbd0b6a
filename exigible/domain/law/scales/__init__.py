"""Scales: dated bands by amount, read from the YAML files beside this module.

A band that was not read in any source has no rate: an amount that reaches it is refused by name,
as is a day outside what is known. Amounts are in cents; a rate is in 1/10,000 (of a percent, or of
one), a fraction in sixtieths, which are exact for every band of the wage scale (C. trav. R. 3252-2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Self

from exigible.domain.contract_text import euros_text
from exigible.domain.data_files import read_yaml, yaml_names
from exigible.domain.french import euros
from exigible.domain.law.dated import DEFAULT_THEME, Dated, DatedFact
from exigible.domain.refusals import OutsideKnownLaw

# What 1 (a whole, or once the amount) is written as.
WHOLE = {"percent": 1_000_000, "times": 10_000, "fraction": 60}


@dataclass(frozen=True, slots=True)
class Band:
    """Amounts up to `up_to_cents` (None: without limit) and their rate (None: not known)."""

    up_to_cents: int | None
    rate: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedBands(DatedFact):
    """The bands in force from `start`; below `fixed_up_to_cents` a fixed amount, at most a cap."""

    bands: tuple[Band, ...]
    fixed_up_to_cents: int = 0
    fixed_cents: int | None = None
    cap_cents: int | None = None

    @property
    def known(self) -> bool:
        return bool(self.bands)

    def unknown_from(self, day: date) -> Self:
        return replace(self, start=day, bands=(), source="", note="", entered=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(Dated[DatedBands]):
    """A scale over time. `whole`: the band an amount falls in gives the rate of the whole."""

    whole: bool = False

    def rate_on(self, day: date, cents: int) -> int:
        """Return the rate of the band an amount falls in."""
        assert self.whole, self.id
        for band in self.on(day).bands:
            if band.up_to_cents is None or cents <= band.up_to_cents:
                if band.rate is None:
                    raise self._unknown_band(cents)
                return band.rate
        raise self._unknown_band(cents)

    def fee_cents(self, day: date, cents: int, *, raised_by_cents: int = 0) -> int:
        """Return the sum on an amount, band after band, rounded half up once at the end.

        `raised_by_cents` moves every limit up: dependants, for wages (C. trav. art. R. 3252-3).
        """
        assert not self.whole, self.id
        version = self.on(day)
        if version.fixed_up_to_cents and cents <= version.fixed_up_to_cents:
            if version.fixed_cents is None:
                raise self._unknown_band(cents)
            return version.fixed_cents
        total, below = 0, 0
        for band in version.bands:
            limit = None if band.up_to_cents is None else band.up_to_cents + raised_by_cents
            top = cents if limit is None else min(cents, limit)
            if top > below:
                if band.rate is None:
                    raise self._unknown_band(cents)
                total += (top - below) * band.rate
                below = top
        if below < cents:
            raise self._unknown_band(cents)
        whole = WHOLE[self.unit]
        fee = (2 * total + whole) // (2 * whole)
        return fee if version.cap_cents is None else min(fee, version.cap_cents)

    def _unknown_band(self, cents: int) -> OutsideKnownLaw:
        where = f" À saisir d’après : {self.find_at}." if self.find_at else ""
        return OutsideKnownLaw(
            "unknown_parameter",
            f"{self.name} : le barème connu ne va pas jusqu’à {euros(cents)}.{where}",
            field=self.id,
            facts={"parameter": self.id},
        )


@cache
def shipped_scales() -> dict[str, Scale]:
    """Return the scales shipped with the product, by the name of their file."""
    return {
        name: read_scale(name, read_yaml("law", "scales", name))
        for name in yaml_names("law", "scales")
    }


def shipped_scale(scale_id: str) -> Scale:
    """Return one scale shipped with the product."""
    return shipped_scales()[scale_id]


def read_scale(scale_id: str, content: dict[str, Any]) -> Scale:
    """Return the scale that a YAML document describes; its shape is our own, so asserted."""
    values = tuple(
        bands_of(content["unit"], start, version)
        for start, version in sorted(content["values"].items())
    )
    assert values, scale_id
    return Scale(
        id=scale_id,
        name=content["name"],
        unit=content["unit"],
        whole=content.get("whole", False),
        chosen_by=content.get("chosen_by", ""),
        effect=content.get("effect", ""),
        find_at=content.get("find_at", ""),
        known_until=content.get("known_until"),
        theme=content.get("theme", DEFAULT_THEME),
        values=values,
    )


def bands_of(unit: str, start: date, written: dict[str, Any]) -> DatedBands:
    """Return bands as files write them: limits in euros, rates in the scale's unit."""
    fixed = written.get("fixed") or [None, None]
    return DatedBands(
        start=start,
        bands=tuple(
            Band(_cents(up_to), None if rate is None else _rate(unit, rate))
            for up_to, rate in written["bands"]
        ),
        fixed_up_to_cents=_cents(fixed[0]) or 0,
        fixed_cents=_cents(fixed[1]),
        cap_cents=_cents(written.get("cap")),
        source=written["source"],
        verified=written["verified"],
        note=written.get("note", ""),
    )


def limits_grow(bands: Sequence[Band]) -> bool:
    """Say whether bands go from the smallest limit to the largest, the last without one."""
    limits = [band.up_to_cents for band in bands]
    growing = [limit for limit in limits[:-1] if limit is not None]
    return (
        bool(limits)
        and limits[-1] is None
        and len(growing) == len(limits) - 1
        and growing == sorted(set(growing))
        and min(growing, default=1) > 0
    )


def can_be_applied(unit: str, bands: DatedBands) -> bool:
    """Say whether bands that come from outside make a scale: limits, rates and sums that make sense."""
    most = WHOLE[unit] * (100 if unit == "times" else 1)
    sums = (bands.fixed_up_to_cents, bands.fixed_cents or 0, bands.cap_cents or 0)
    return (
        limits_grow(bands.bands)
        and all(band.rate is not None and 0 <= band.rate <= most for band in bands.bands)
        and min(sums) >= 0
        and (bands.fixed_up_to_cents > 0) is (bands.fixed_cents is not None)
    )


def written_bands(unit: str, bands: DatedBands) -> dict[str, Any]:
    """Return bands as files write them; `bands_of` reads them back."""
    written: dict[str, Any] = {
        "bands": [
            [_euros(band.up_to_cents), None if band.rate is None else _written(unit, band.rate)]
            for band in bands.bands
        ]
    }
    if bands.fixed_up_to_cents:
        written["fixed"] = [_euros(bands.fixed_up_to_cents), _euros(bands.fixed_cents)]
    if bands.cap_cents is not None:
        written["cap"] = _euros(bands.cap_cents)
    return written


def _rate(unit: str, text: str) -> int:
    """Return « 9.77 » (percent), « 0.5 » (times) or « 1/3 » (fraction) as the scale counts."""
    exact = Fraction(text) * WHOLE[unit] / (100 if unit == "percent" else 1)
    if exact.denominator != 1:
        raise ValueError(text)
    return exact.numerator


def _written(unit: str, rate: int) -> str:
    exact = Fraction(rate * (100 if unit == "percent" else 1), WHOLE[unit])
    if unit == "fraction":
        return str(exact)
    return f"{Decimal(exact.numerator) / exact.denominator:.4f}".rstrip("0").rstrip(".")


def _cents(text: str | None) -> int | None:
    if text is None:
        return None
    exact = Decimal(text) * 100
    if exact != exact.to_integral_value():
        raise ValueError(text)
    return int(exact)


def _euros(cents: int | None) -> str | None:
    return None if cents is None else euros_text(cents)
