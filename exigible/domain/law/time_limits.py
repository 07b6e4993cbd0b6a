"""Procedural time limits as data: procedures, their events and deadlines, how each is counted.

One YAML file a procedure under `procedures/`, and under `calendrier/` the counting rules (CPC
art. 640 to 642) and distance (art. 643 and 644). The files are ours: a wrong one is a mistake of
ours, asserted by the tests. Nothing is computed here; see `domain.deadlines`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from exigible.domain.data_files import read_yaml, yaml_names
from exigible.domain.french import typeset


class Kind(StrEnum):
    """What a deadline asks."""

    MAX = "max"  # the act is done by the end of the last day
    MIN = "min"  # a waiting period: the act is possible from the next day
    NOTICE = "notice"  # the act is done at least this long before the event
    CLERK = "clerk"  # a duty of the court or of an officer, no sanction for the creditor
    LIFE = "life"  # the lifetime of a title or a measure
    INFO = "info"  # a day of effect, an automatic rule


class Actor(StrEnum):
    """Whose act the deadline concerns."""

    CREDITOR = "creditor"
    DEBTOR = "debtor"
    ANY = "any"  # either party
    COURT = "court"  # a court, its registry, a body of the procedure
    COMMISSAIRE = "commissaire"  # commissaire de justice
    COLLECTOR = "collector"  # who collects for another
    THIRD_PARTY = "third_party"


class Method(StrEnum):
    """How a length becomes a day."""

    PERIOD = "period"
    SAME_DAY = "same_day"
    DAY_AFTER = "day_after"
    END_OF_YEAR = "end_of_year"
    GRANTED = "granted"  # a number of days fixed by the court, the contract or the policy
    DATE = "date"
    NONE = "none"


class Report(StrEnum):
    """What happens to a last day that is not a working day."""

    NEXT = "next"
    PREVIOUS = "previous"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """A duration; months are counted before days (CPC art. 641 al. 2)."""

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0
    working_days: int = 0

    def plus_months(self, months: int) -> Length:
        """Return this length with that many months more (distance)."""
        return replace(self, months=self.months + months)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingRule:
    """How a deadline is counted, and where that is written."""

    id: str
    method: Method
    backward: bool
    report: Report
    text: str
    source: str
    report_source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A fact that a deadline needs: one value of several, yes or no, or an amount's side."""

    fact: str
    among: tuple[str, ...] = ()
    is_true: bool | None = None
    over_cents: int | None = None
    under_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LawOf:
    """The event whose date chooses the law: the rule holds from `first` to `last`, both included."""

    event: str
    first: date | None
    last: date | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Another length, where a fact holds; `text` says so while the fact is unknown."""

    needs: tuple[Need, ...]
    length: Length
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRule:
    """One deadline as the law has it; texts are in French, `source` names the articles."""

    id: str
    procedure: str
    label: str
    actor: Actor
    kind: Kind
    starts_from: str  # an event of the procedure; empty for a calendar date
    expiry_of: str  # the deadline whose end starts this one, when no event is given for it
    on: date | None
    season: tuple[str, str] | None  # first and last day, MM-DD
    length: Length | None
    then: Length | None  # counted from the end of `length`
    later_event: str  # with `later_length`: the later of the two ends holds
    later_length: Length | None
    variant: Variant | None
    rule: CountingRule
    distance: bool
    report_disputed: bool
    not_before: str
    law_of: LawOf | None
    condition: str
    needs: tuple[Need, ...]
    sanction: str
    source: str
    in_force_from: date | None
    in_force_to: date | None
    verified: bool
    verified_until: date | None
    evidence: str
    done_by: str
    act: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something dated in a procedure; it cannot precede those of `after`."""

    id: str
    name: str
    after: tuple[str, ...] = ()
    month_ends: tuple[str, ...] = ()  # the only days expected of it, MM-DD


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """A procedure: its events and deadlines, those shared with another procedure included."""

    id: str
    name: str
    warning: str
    events: Mapping[str, Event]
    deadlines: tuple[DeadlineRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Months added for distance (CPC art. 643 and 644) and the postcodes that decide."""

    metropole_source: str
    overseas_source: str
    from_metropole: Mapping[str, int]  # by place of the party, court in Metropolitan France
    from_overseas: Mapping[str, int]  # the same, court overseas
    verified: bool
    overseas_postcodes: tuple[str, ...]
    abroad_postcodes: tuple[str, ...]
    margins: Mapping[str, int] = field(default_factory=dict)  # working days kept in hand


@cache
def procedure_ids() -> tuple[str, ...]:
    """Return the ids of the known procedures, sorted."""
    return tuple(yaml_names("law", "procedures"))


@cache
def procedure(procedure_id: str) -> Procedure:
    """Return a procedure, read from its file; `procedure_id` is one of `procedure_ids()`."""
    assert procedure_id in procedure_ids(), procedure_id
    data = read_yaml("law", "procedures", procedure_id)
    events = {name: _event(name, content) for name, content in data["events"].items()}
    deadlines = [
        _deadline(name, procedure_id, content) for name, content in data["deadlines"].items()
    ]
    for other_id, names in data.get("shares", {}).items():
        other = procedure(other_id)
        shared = [rule for rule in other.deadlines if rule.id in names]
        deadlines += shared
        for name in _events_of(shared, other):
            events.setdefault(name, other.events[name])
    known = {
        name: replace(event, after=tuple(before for before in event.after if before in events))
        for name, event in events.items()
    }
    return Procedure(
        id=procedure_id,
        name=data["name"],
        warning=typeset(data.get("warning", "")),
        events=MappingProxyType(known),
        deadlines=tuple(deadlines),
    )


@cache
def counting_rules() -> Mapping[str, CountingRule]:
    """Return the counting rules by their id."""
    return {
        name: CountingRule(
            id=name,
            method=Method(content["method"]),
            backward=content["direction"] == "backward",
            report=Report(content["report"]),
            text=typeset(content["text"]),
            source=content["source"],
            report_source=content.get("report_source", ""),
            verified=content["verified"],
        )
        for name, content in read_yaml("law", "calendrier", "regles_de_computation").items()
    }


@cache
def distance() -> Distance:
    """Return the rules of distance."""
    data = read_yaml("law", "calendrier", "distance")

    def months(court: Mapping[str, Any]) -> dict[str, int]:
        return {
            place: added.get("months", 0)
            for place, added in court.items()
            if isinstance(added, dict)
        }

    return Distance(
        metropole_source=data["court_in_metropole"]["source"],
        overseas_source=data["court_overseas"]["source"],
        from_metropole=months(data["court_in_metropole"]),
        from_overseas=months(data["court_overseas"]),
        verified=data["verified"],
        overseas_postcodes=tuple(data["overseas_postcodes"]),
        abroad_postcodes=tuple(data["abroad_postcodes"]),
        margins=data["margins"],
    )


def _event(name: str, content: Mapping[str, Any]) -> Event:
    after = content.get("after", [])
    return Event(
        id=name,
        name=typeset(content["name"]),
        after=tuple([after] if isinstance(after, str) else after),
        month_ends=tuple(content.get("month_ends", ())),
    )


def _deadline(name: str, procedure_id: str, content: Mapping[str, Any]) -> DeadlineRule:
    in_force, later = content.get("in_force", {}), content.get("or_later", {})
    season = content.get("season")
    return DeadlineRule(
        id=name,
        procedure=procedure_id,
        label=typeset(content["label"]),
        actor=Actor(content["actor"]),
        kind=Kind(content["kind"]),
        starts_from=content.get("starts_from", ""),
        expiry_of=content.get("expiry_of", ""),
        on=content.get("date"),
        season=(season["first"], season["last"]) if season else None,
        length=_length(content.get("length")),
        then=_length(content.get("then")),
        later_event=later.get("event", ""),
        later_length=_length(later.get("length")),
        variant=_variant(content.get("unless")),
        rule=counting_rules()[content["rule"]],
        distance=content.get("distance", False),
        report_disputed=content.get("report_disputed", False),
        not_before=content.get("not_before", ""),
        law_of=_law_of(content.get("law_of")),
        condition=typeset(content.get("condition", "")),
        needs=_needs(content.get("needs", ())),
        sanction=typeset(content["sanction"]),
        source=content["source"],
        in_force_from=in_force.get("from"),
        in_force_to=in_force.get("until"),
        verified=content["verified"],
        verified_until=content.get("verified_until"),
        evidence=content["evidence"],
        done_by=content.get("done_by", ""),
        act=content.get("act", ""),
        note=typeset(content.get("note", "")),
    )


def _length(content: Mapping[str, int] | None) -> Length | None:
    return Length(**content) if content else None


def _law_of(content: Mapping[str, Any] | None) -> LawOf | None:
    if content is None:
        return None
    return LawOf(
        event=content["event"],
        first=content.get("from"),
        last=content.get("until"),
        text=typeset(content["text"]),
    )


def _variant(content: Mapping[str, Any] | None) -> Variant | None:
    if content is None:
        return None
    length = _length(content["length"])
    assert length is not None
    return Variant(needs=_needs(content["needs"]), length=length, text=typeset(content["text"]))


def _needs(items: Any) -> tuple[Need, ...]:
    return tuple(
        Need(
            fact=item["fact"],
            among=tuple(item.get("in", ())),
            is_true=item.get("is"),
            over_cents=int(item["over"]) * 100 if "over" in item else None,
            under_cents=int(item["under"]) * 100 if "under" in item else None,
        )
        for item in items
    )


def _events_of(rules: list[DeadlineRule], owner: Procedure) -> list[str]:
    """Return the events that these deadlines start from or look at."""
    wanted = {name for rule in rules for name in (rule.starts_from, rule.done_by) if name}
    return [name for name in owner.events if name in wanted]
