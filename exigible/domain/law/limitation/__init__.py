"""The law of limitation: periods by nature of debt, and what interrupts or suspends them.

Read from `periods.yaml` and `events.yaml` beside this module. Each rule carries its article and
whether two independent sources confirm it; what is not confirmed is shown as such.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from exigible.domain.data_files import read_yaml
from exigible.domain.law.rule import Rule

MONTHS_IN_YEAR = 12


class Kind(StrEnum):
    """Limitation proper, or foreclosure, which little interrupts and nothing suspends."""

    PRESCRIPTION = "prescription"
    FORCLUSION = "forclusion"


class Start(StrEnum):
    """The day from which a period is counted, for an event of a given day."""

    DAY = "day"
    YEAR_END = "year_end"
    NEXT_30_JUNE = "next_30_june"
    MONTH_LATER = "month_later"


@dataclass(frozen=True, slots=True)
class Length(Rule):
    """How long a period lasts if it starts on `since` or later."""

    since: date
    months: int


@dataclass(frozen=True, slots=True)
class OwnInterruption(Rule):
    """An act that interrupts this nature's period because a text of its own says so."""

    renews: Start


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """One kind of debt: its periods by date, where they start, what may change them."""

    id: str
    name: str
    kind: Kind
    runs_from: str
    start: Start
    renews: Start
    lengths: tuple[Length, ...]
    own_interruptions: Mapping[str, OwnInterruption]
    hints: Mapping[str, str]
    caution: str
    consumer: bool
    each_day: bool
    agreement: bool
    ceiling: bool
    carried_over_unsettled: bool
    deed: Rule | None  # the article that gives this title the period of its underlying debt


@dataclass(frozen=True, slots=True)
class Interruption(Rule):
    """What an act does to a period; the text says why where it does nothing."""

    name: str
    effects: Mapping[Kind, str]  # "" where it interrupts, else the reason why not
    spans: bool
    ceiling: bool
    verified_for_forclusion: bool

    def confirmed_for(self, kind: Kind) -> bool:
        return self.verified and (kind is not Kind.FORCLUSION or self.verified_for_forclusion)


@dataclass(frozen=True, slots=True)
class SuspensionGround(Rule):
    """Why the clock stops, and the least that is left when it starts again."""

    name: str
    floor_months: int


@dataclass(frozen=True, slots=True)
class Ceiling(Rule):
    """The longest that delays, suspensions and acknowledgements can lead to (art. 2232)."""

    years: int
    born_from: date


@dataclass(frozen=True, slots=True)
class AgreedLengths(Rule):
    """Between what lengths the parties may choose (art. 2254), in months."""

    least_months: int
    most_months: int


@dataclass(frozen=True, slots=True, eq=False)
class LimitationLaw:
    """Everything a computation of limitation reads."""

    natures: Mapping[str, Nature]
    interruptions: Mapping[str, Interruption]
    suspensions: Mapping[str, SuspensionGround]
    ceiling: Ceiling
    agreement: AgreedLengths
    counting: Rule  # first day excluded, last day full, no working day needed
    renewal: Rule  # an interruption opens a period of the same length
    reform: Rule  # a shorter law starts its own period
    carry_over: Rule  # a foreclosure that ends on a day off


@cache
def shipped_limitation_law() -> LimitationLaw:
    """Return the law of limitation shipped with the product."""
    periods = read_yaml("law", "limitation", "periods")
    events = read_yaml("law", "limitation", "events")
    ceiling, agreement = events["ceiling"], events["agreement"]
    return LimitationLaw(
        natures={id_: _nature(id_, content) for id_, content in periods.items()},
        interruptions={
            id_: Interruption(
                source=content["source"],
                verified=content["verified"],
                name=content["name"],
                effects={
                    kind: "" if content[kind.value] is True else content[kind.value]
                    for kind in Kind
                },
                spans=content.get("spans", False),
                ceiling=content.get("ceiling", False),
                verified_for_forclusion=content.get("verified_for_forclusion", True),
            )
            for id_, content in events["interruptions"].items()
        },
        suspensions={
            id_: SuspensionGround(
                source=content["source"],
                verified=content["verified"],
                name=content["name"],
                floor_months=content.get("floor_months", 0),
            )
            for id_, content in events["suspensions"].items()
        },
        ceiling=Ceiling(
            source=ceiling["source"],
            verified=ceiling["verified"],
            years=ceiling["years"],
            born_from=ceiling["born_from"],
        ),
        agreement=AgreedLengths(
            source=agreement["source"],
            verified=agreement["verified"],
            least_months=agreement["least_months"],
            most_months=agreement["most_months"],
        ),
        **{name: Rule(**events[name]) for name in ("counting", "renewal", "reform", "carry_over")},
    )


def _nature(id_: str, content: dict[str, Any]) -> Nature:
    lengths = tuple(
        Length(
            source=line["source"],
            verified=line["verified"],
            since=since,
            months=line.get("months", 0) + MONTHS_IN_YEAR * line.get("years", 0),
        )
        for since, line in sorted(content.get("values", {}).items())
    )
    # A longer period would follow the other paragraph of art. 2222: none has been met so far.
    for earlier, later in itertools.pairwise(lengths):
        assert later.months <= earlier.months, id_
    deed = content.get("of_underlying_debt", False)
    assert bool(lengths) != deed, id_
    return Nature(
        id=id_,
        name=content["name"],
        kind=Kind(content["kind"]),
        runs_from=content["from"],
        start=Start(content.get("start", "day")),
        renews=Start(content.get("renews", "day")),
        lengths=lengths,
        own_interruptions={
            event: OwnInterruption(
                source=own["source"],
                verified=own["verified"],
                renews=Start(own.get("renews", content.get("renews", "day"))),
            )
            for event, own in content.get("interrupted_by", {}).items()
        },
        hints=content.get("hint", {}),
        caution=content.get("caution", ""),
        consumer=content.get("consumer", False),
        each_day=content.get("each_day", False),
        agreement=content.get("agreement", False),
        ceiling=content.get("ceiling", True),
        carried_over_unsettled=content.get("carried_over_unsettled", False),
        deed=Rule(content["source"], content["verified"]) if deed else None,
    )
