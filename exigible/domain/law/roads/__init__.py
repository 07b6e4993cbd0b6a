"""The roads to payment as data: their conditions, documents, costs, waiting periods.

Each road is kept with its procedure, under `roads` of `procedures/<id>.yaml`; `conditions.yaml`
holds the conditions several roads share, `documents.yaml` the names of the documents. The files are
ours: a wrong one is a mistake of ours, asserted by the tests. Nothing is decided here; see
`domain.roads`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from exigible.domain.data_files import read_yaml, yaml_names
from exigible.domain.french import typeset
from exigible.domain.law.rule import Rule


class Stage(StrEnum):
    """Where a road stands on the way to payment."""

    AMICABLE = "amicable"
    TITLE = "title"
    SAFEGUARD = "safeguard"  # keeps the assets in place
    INSOLVENCY = "insolvency"
    ENFORCEMENT = "enforcement"


class Otherwise(StrEnum):
    """What follows from a condition that fails."""

    BARS = "bars"
    FIRST = "first"  # something to do before
    WEIGHS = "weighs"  # open in law, ill-advised


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a road asks: a fact among values, or a named check; and what follows otherwise."""

    text: str
    rule: Rule
    otherwise: Otherwise
    advice: str
    fact: str
    among: tuple[object, ...]
    outside: tuple[object, ...]
    check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document to produce: one of `any_of`, where the check `when` does not say it is useless."""

    any_of: tuple[str, ...]
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """An expense of a road that no tariff of the product computes."""

    label: str
    amount_cents: int | None
    borne_by: str
    recovered_as: str
    note: str
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadRule:
    """One road. `court` names the road of `law/courts` that gives its court and its costs."""

    id: str
    procedure: str
    name: str
    stage: Stage
    rank: int
    outcome: str
    since: date
    rule: Rule
    conditions: tuple[Condition, ...]
    documents: tuple[Document, ...]
    costs: tuple[CostLine, ...]
    waits: tuple[tuple[str, str], ...]  # procedure and deadline
    court: str
    caution: str


@cache
def shipped_roads() -> tuple[RoadRule, ...]:
    """Return every road, in the order in which they are looked at."""
    shared = {
        name: _condition(content)
        for name, content in read_yaml("law", "roads", "conditions").items()
    }
    found = []
    for procedure in yaml_names("law", "procedures"):
        roads = read_yaml("law", "procedures", procedure).get("roads", {})
        found += [_road(id_, procedure, road, shared) for id_, road in roads.items()]
    return tuple(sorted(found, key=lambda road: road.rank))


@dataclass(frozen=True, slots=True)
class MemberStates:
    """The member states of the Union: bound by the European procedures, or apart from them."""

    bound: frozenset[str]
    apart: frozenset[str]


@cache
def member_states() -> MemberStates:
    content = read_yaml("law", "roads", "member_states")
    return MemberStates(bound=frozenset(content["bound"]), apart=frozenset(content["apart"]))


@cache
def documents() -> Mapping[str, str]:
    """Return the names of the documents by their ids."""
    return {id_: typeset(name) for id_, name in read_yaml("law", "roads", "documents").items()}


def _road(
    id_: str, procedure: str, content: Mapping[str, Any], shared: Mapping[str, Condition]
) -> RoadRule:
    return RoadRule(
        id=id_,
        procedure=procedure,
        name=typeset(content["name"]),
        stage=Stage(content["stage"]),
        rank=content["rank"],
        outcome=typeset(content["outcome"]),
        since=content.get("since", date.min),
        rule=Rule(content["source"], content["verified"]),
        conditions=tuple(
            shared[one] if isinstance(one, str) else _condition(one)
            for one in content["conditions"]
        ),
        documents=tuple(_document(one) for one in content["documents"]),
        costs=tuple(_cost(one) for one in content.get("costs", ())),
        waits=tuple(
            (one.rpartition(".")[0] or procedure, one.rpartition(".")[2])
            for one in content.get("waits", ())
        ),
        court=content.get("court", ""),
        caution=typeset(content.get("caution", "")),
    )


def _condition(content: Mapping[str, Any]) -> Condition:
    among = [content["is"]] if "is" in content else content.get("in", ())
    return Condition(
        text=typeset(content["text"]),
        rule=Rule(content["source"], content["verified"]),
        otherwise=Otherwise(content.get("else", "bars")),
        advice=typeset(content.get("advice", "")),
        fact=content.get("fact", ""),
        among=tuple(among),
        outside=tuple(content.get("not_in", ())),
        check=content.get("check", ""),
    )


def _document(content: str | Mapping[str, str]) -> Document:
    if isinstance(content, str):
        return Document(any_of=tuple(content.split("/")), when="")
    return Document(any_of=tuple(content["id"].split("/")), when=content["when"])


def _cost(content: Mapping[str, Any]) -> CostLine:
    return CostLine(
        label=typeset(content["label"]),
        amount_cents=int(Decimal(content["amount"]) * 100) if "amount" in content else None,
        borne_by=content.get("borne_by", "creditor"),
        recovered_as=content.get("recovered_as", ""),
        note=typeset(content.get("note", "")),
        rule=Rule(content["source"], content["verified"]),
    )
