"""Scales: dated bands by amount, read from the YAML files beside this module.

A band that was not read in any source has no rate: an amount that reaches it is refused by name,
as is a day outside what is known. Amounts in cents; rates in 1/10,000 (of a percent, or of one).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib import resources
from typing import Any

import yaml

from exigible.domain.french import day as french_day
from exigible.domain.refusals import OutsideKnownLaw

_SCALE = 10_000


@dataclass(frozen=True, slots=True)
class Band:
    """Amounts up to `up_to_cents` (None: without limit) and their rate (None: not known)."""

    up_to_cents: int | None
    rate: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedBands:
    """The bands in force from `start`; below `fixed_up_to_cents` a fixed amount, at most a cap."""

    start: date
    bands: tuple[Band, ...]
    fixed_up_to_cents: int
    fixed_cents: int | None
    cap_cents: int | None
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A scale over time. `whole`: the band an amount falls in gives the rate of the whole."""

    id: str
    name: str
    unit: str
    whole: bool
    find_at: str
    known_until: date | None
    versions: tuple[DatedBands, ...]

    def on(self, day: date) -> DatedBands:
        """Return the bands of a day; raise OutsideKnownLaw where none are known."""
        known = [version for version in self.versions if version.start <= day]
        if not known or (self.known_until is not None and day > self.known_until):
            raise self._unknown(f"barème inconnu au {french_day(day)}")
        return known[-1]

    def rate_on(self, day: date, cents: int) -> int:
        """Return the rate of the band an amount falls in."""
        assert self.whole, self.id
        for band in self.on(day).bands:
            if band.up_to_cents is None or cents <= band.up_to_cents:
                assert band.rate is not None
                return band.rate
        raise AssertionError(self.id)

    def fee_cents(self, day: date, cents: int) -> int:
        """Return the fee on an amount, band after band, each part rounded once at the end."""
        assert not self.whole, self.id
        assert self.unit == "percent", self.id
        version = self.on(day)
        if cents <= version.fixed_up_to_cents:
            if version.fixed_cents is None:
                raise self._unknown("montant fixe inconnu")
            return version.fixed_cents
        total, below = Decimal(0), 0
        for band in version.bands:
            top = cents if band.up_to_cents is None else min(cents, band.up_to_cents)
            if top > below:
                if band.rate is None:
                    raise self._unknown("taux de la dernière tranche inconnu")
                total += Decimal(top - below) * band.rate / _SCALE / 100
                below = top
        fee = int(total.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        return fee if version.cap_cents is None else min(fee, version.cap_cents)

    def _unknown(self, problem: str) -> OutsideKnownLaw:
        return OutsideKnownLaw(
            "unknown_parameter",
            f"{self.name} : {problem}. À saisir d’après : {self.find_at}.",
            field=self.id,
            facts={"parameter": self.id},
        )


@cache
def shipped_scale(scale_id: str) -> Scale:
    """Return a scale shipped with the product."""
    text = (resources.files(__name__) / f"{scale_id}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return Scale(
        id=scale_id,
        name=content["name"],
        unit=content["unit"],
        whole=content.get("whole", False),
        find_at=content["find_at"],
        known_until=content.get("known_until"),
        versions=tuple(
            DatedBands(
                start=start,
                bands=tuple(
                    Band(_cents(up_to), None if rate is None else int(Decimal(rate) * _SCALE))
                    for up_to, rate in version["bands"]
                ),
                fixed_up_to_cents=_cents(version.get("fixed", [None])[0]) or 0,
                fixed_cents=_cents(version.get("fixed", [None, None])[1]),
                cap_cents=_cents(version.get("cap")),
                source=version["source"],
                verified=version["verified"],
            )
            for start, version in sorted(content["values"].items())
        ),
    )


def _cents(text: str | None) -> int | None:
    return None if text is None else int(Decimal(text) * 100)
