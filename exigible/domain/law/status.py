"""What the law in force is made of on a day: known, changed, about to change or run out, unverified."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from exigible.domain.calendar import ONE_DAY, add_months
from exigible.domain.contract_text import day_text
from exigible.domain.law import DatedValue, Law, Parameter
from exigible.domain.law.dated import DatedFact
from exigible.domain.law.scales import DatedBands, Scale, written_bands
from exigible.domain.law.words import plain_value, value_words
from exigible.domain.refusals import OutsideKnownLaw

SOON = timedelta(days=92)  # a quarter to find what follows
RECENT_MONTHS = 12


class Situation(StrEnum):
    """What a reader has to know of a parameter, the most pressing first."""

    UNKNOWN = "unknown"  # no value for the day: computations that need it stop
    UNVERIFIED = "unverified"  # used with a warning
    RUNS_OUT = "runs_out"  # nothing is known after a day that is near
    CHANGES = "changes"  # another value is published for a later day
    CHANGED = "changed"  # in the last twelve months
    NOT_YET = "not_yet"  # the first value starts later
    IN_FORCE = "in_force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A parameter or a scale on a day. `fact` is None where nothing is known or in force."""

    dated: Parameter | Scale
    on: date
    fact: DatedValue | DatedBands | None
    before: DatedFact | None  # the value before `fact`, or the last known where there is none
    known_through: date | None  # last day known; None: no end is known
    following: DatedFact | None  # the next value published
    missing: OutsideKnownLaw | None
    changed: bool

    @property
    def situations(self) -> tuple[Situation, ...]:
        """All that holds, the most pressing first."""
        found = []
        if self.missing is not None:
            found.append(Situation.UNKNOWN)
        if self.fact is not None and not self.fact.verified:
            found.append(Situation.UNVERIFIED)
        if self.fact is not None and self.known_through is not None and self.runs_out_soon:
            found.append(Situation.RUNS_OUT)
        if self.following is not None and self.fact is not None:
            found.append(Situation.CHANGES)
        if self.changed:
            found.append(Situation.CHANGED)
        if self.fact is None and self.missing is None:
            found.append(Situation.NOT_YET)
        return tuple(found) or (Situation.IN_FORCE,)

    @property
    def main(self) -> Situation:
        return self.situations[0]

    @property
    def runs_out_soon(self) -> bool:
        return self.known_through is not None and self.known_through - self.on < SOON

    @property
    def shown(self) -> DatedFact | None:
        """What a list shows: the value in force, else the last known, else the first to come."""
        return self.fact or self.before or self.following


@lru_cache(maxsize=16)
def standings(law: Law, on: date) -> tuple[Standing, ...]:
    """Return where each parameter and scale stands on a day, in the order of their names."""
    return tuple(standing(dated, on) for dated in law.everything)


def standing(dated: Parameter | Scale, on: date) -> Standing:
    """Return where a parameter or a scale stands on a day."""
    values: tuple[DatedFact, ...] = dated.values
    following = next((one for one in values if one.start > on and one.known), None)
    since = add_months(on, -RECENT_MONTHS)
    if on < values[0].start:
        return Standing(
            dated=dated,
            on=on,
            fact=None,
            before=None,
            known_through=None,
            following=following,
            missing=None,
            changed=False,
        )
    try:
        fact = dated.in_force_on(on)
    except OutsideKnownLaw as missing:
        last = dated.last_known_before(on)
        return Standing(
            dated=dated,
            on=on,
            fact=None,
            before=last[0] if last else None,
            known_through=last[1] if last else None,
            following=following,
            missing=missing,
            changed=last is not None and _changed(values, last[0], since),
        )
    before = [one for one in values if one.start < fact.start and one.known]
    return Standing(
        dated=dated,
        on=on,
        fact=fact,
        before=before[-1] if before else None,
        known_through=dated.known_through(on),
        following=following,
        missing=None,
        changed=_changed(values, fact, since),
    )


def _changed(values: tuple[DatedFact, ...], fact: DatedFact, since: date) -> bool:
    """Say whether a value is recent, and another than the one before it (or the first)."""
    before = [one for one in values if one.start < fact.start and one.known]
    return fact.start > since and (not before or not _same(before[-1], fact))


def _same(one: DatedFact, other: DatedFact) -> bool:
    if isinstance(one, DatedValue) and isinstance(other, DatedValue):
        return one.value == other.value
    return (
        isinstance(one, DatedBands)
        and isinstance(other, DatedBands)
        and (one.bands, one.fixed_up_to_cents, one.fixed_cents, one.cap_cents)
        == (other.bands, other.fixed_up_to_cents, other.fixed_cents, other.cap_cents)
    )


def missing_on(law: Law, on: date) -> list[str]:
    """Return a sentence for each parameter or scale that is in force but not known on a day."""
    return [one.missing.message for one in standings(law, on) if one.missing is not None]


def written_value(dated: Parameter | Scale, fact: DatedFact) -> object:
    """Return a value as files write it: a string, or a scale's bands; None where unpublished."""
    if isinstance(fact, DatedBands):
        return written_bands(dated.unit, fact) if fact.known else None
    assert isinstance(fact, DatedValue)
    return None if fact.value is None else plain_value(dated.unit, fact.value)


def status_answer(law: Law, on: date) -> dict[str, Any]:
    """Return the standing of the whole law as the JSON object of `exigible law status`."""
    found = standings(law, on)
    return {
        "on": on.isoformat(),
        "counts": {
            situation.value: sum(situation in one.situations for one in found)
            for situation in Situation
        },
        "parameters": [_standing_answer(one) for one in found],
        "warnings": missing_on(law, on),
    }


def _standing_answer(one: Standing) -> dict[str, Any]:
    dated, fact = one.dated, one.fact
    answer: dict[str, Any] = {
        "id": dated.id,
        "name": dated.name,
        "theme": dated.theme,
        "unit": dated.unit,
        "chosen_by": dated.chosen_by,
        "situations": [situation.value for situation in one.situations],
        "value": None,
        "known_through": day_text(one.known_through) if fact is not None else None,
    }
    if fact is not None:
        answer |= fact_answer(dated, fact)
    if one.missing is not None:
        answer["missing"] = one.missing.message
        answer["find_at"] = dated.find_at
    if one.before is not None:
        answer["before"] = fact_answer(dated, one.before)
        if one.missing is not None:
            answer["before"]["known_through"] = day_text(one.known_through)
    if one.following is not None:
        answer["following"] = fact_answer(dated, one.following)
    return answer


def fact_answer(dated: Parameter | Scale, fact: DatedFact) -> dict[str, Any]:
    """Return a value with its day, its text, its mark, and the same in words."""
    answer = {
        "value": written_value(dated, fact),
        "text": value_words(dated.unit, fact),
        "from": fact.start.isoformat(),
        "source": fact.source,
        "verified": fact.verified,
        "entered_by_user": fact.entered,
    }
    return answer | ({"note": fact.note} if fact.note else {})


def missing_since(one: Standing) -> date | None:
    """Return the first day for which nothing is known any more."""
    if one.missing is None or one.known_through is None:
        return None
    return one.known_through + ONE_DAY
