"""What a computation read of the law, so that each answer can say which values it used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from exigible.domain.french import day as french_day
from exigible.domain.law import DatedValue, Law, Parameter
from exigible.domain.law.dated import DatedFact
from exigible.domain.law.scales import DatedBands, Scale
from exigible.domain.law.status import fact_answer
from exigible.domain.law.words import value_words


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that a computation took for the days `first` to `last`, both included."""

    parameter: Parameter | Scale
    value: DatedFact
    first: date
    last: date


type Note = tuple[Parameter | Scale, date, DatedFact]


@dataclass(frozen=True, slots=True, kw_only=True)
class _WatchedParameter(Parameter):
    """A parameter that notes what is read of it, and for which day."""

    original: Parameter
    notes: list[Note]

    def on(self, day: date) -> DatedValue:
        value = self.original.on(day)
        self.notes.append((self.original, day, value))
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class _WatchedScale(Scale):
    """A scale that notes what is read of it, and for which day."""

    original: Scale
    notes: list[Note]

    def on(self, day: date) -> DatedBands:
        value = self.original.on(day)
        self.notes.append((self.original, day, value))
        return value


@dataclass(frozen=True, slots=True, eq=False)
class WatchedLaw(Law):
    """A law to compute with; it then tells what was read of it."""

    notes: list[Note] = field(default_factory=list)

    def __getitem__(self, parameter_id: str) -> Parameter:
        found = self.parameters[parameter_id]
        return _WatchedParameter(**_fields(found), original=found, notes=self.notes)

    def readings(self) -> tuple[Reading, ...]:
        """Return what was read: each value from its day until the next of the same parameter."""
        by_parameter: dict[str, list[Note]] = {}
        for note in self.notes:
            by_parameter.setdefault(note[0].id, []).append(note)
        made = []
        for notes in by_parameter.values():
            notes.sort(key=lambda note: note[1])
            for note, following in zip(notes, [*notes[1:], None], strict=True):
                last = date.max if following is None else following[1] - timedelta(days=1)
                if last >= note[1]:  # read twice for one day: once is enough
                    made.append(Reading(note[0], note[2], note[1], last))
        return tuple(made)

    def taken(self) -> tuple[Reading, ...]:
        """Return what was read since the last time, and forget it."""
        made = self.readings()
        self.notes.clear()
        return made


def watched(law: Law) -> WatchedLaw:
    """Return a law to compute with, whose `readings` then say what the computation took."""
    noted = WatchedLaw(law.parameters, {})
    for scale in law.scales.values():
        noted.scales[scale.id] = _WatchedScale(**_fields(scale), original=scale, notes=noted.notes)
    return noted


def _fields(dated: Parameter | Scale) -> dict[str, Any]:
    return {name: getattr(dated, name) for name in dated.__dataclass_fields__}


def distinct(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return each value read, once, by parameter then by day of the value."""
    found = {(one.parameter.id, one.value.start): one for one in readings}
    return tuple(found[key] for key in sorted(found))


def readings_answer(readings: Iterable[Reading]) -> list[dict[str, Any]]:
    """Return the values read as the outside contract lists them."""
    return [
        {
            "id": one.parameter.id,
            "name": one.parameter.name,
            "unit": one.parameter.unit,
            **fact_answer(one.parameter, one.value),
        }
        for one in readings
    ]


def doubts(readings: Iterable[Reading]) -> list[str]:
    """Return a sentence for each value read that is not verified: never used in silence."""
    return [
        f"À confirmer : {one.parameter.name}, {value_words(one.parameter.unit, one.value)} depuis "
        f"le {french_day(one.value.start)} ({_why(one.value)})."
        for one in readings
        if not one.value.verified
    ]


def _why(value: DatedFact) -> str:
    if value.note:
        return value.note
    if value.entered:
        return "valeur saisie, qu’une seconde personne n’a pas encore confirmée"
    return "non vérifié dans deux sources"
