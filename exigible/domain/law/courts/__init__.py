"""The map of courts and the rules of competence shipped with the product.

`areas.csv`: one line a commercial court, with the postcodes of its communes and the tribunaux
judiciaires of the same area. `judicial.csv`: the seats of the tribunaux judiciaires. `towns.csv`:
the towns where a court sits and the largest others. `departments.csv`: the commercial court of each
prefecture. Derived from open data under the Licence Ouverte: Datainfogreffe, « Référentiel communes
– greffes », August 2025; INSEE, code officiel géographique 2026; taxonomy of Judilibre. Every
commune by name comes from the official files instead (`exigible reference load courts`).
`competence.yaml`: which court for which claim.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from exigible.domain.data_files import read_yaml
from exigible.domain.law.rule import Rule
from exigible.domain.text_keys import name_key


@dataclass(frozen=True, slots=True)
class Seat:
    """A commercial court by its kind (TC, TM, CC, or ? where not known) and « de Paris »."""

    kind: str
    of: str


@dataclass(frozen=True, slots=True)
class Area:
    """What one commercial court covers."""

    seat: Seat
    judicial: tuple[str, ...]  # seats of the tribunaux judiciaires that share the area
    postcodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Town:
    """A town the product knows without any file."""

    name: str
    insee: str
    postcodes: tuple[str, ...]
    seat: Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class NatureOfClaim:
    """Which kind of court hears a claim, and why."""

    id: str
    name: str
    court: str  # commercial, judicial, protection
    ground: str
    rule: Rule
    property: str  # article that gives the place of the building, "" if none does
    exclusive: bool
    clause: bool  # a clause may choose the place
    options: str


@dataclass(frozen=True, slots=True)
class TariffedAct:
    """An act of a *commissaire de justice*; `tariff` is the parameter that prices it."""

    label: str
    tariff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCost:
    """A cost that no parameter gives: nothing (0), or an amount that nobody found (None)."""

    label: str
    amount_cents: int | None
    note: str
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """A procedure: where it is brought, who may bring it, what it costs.

    `commercial_registry` is the parameter of the registry's fee, "" where it was not found;
    `judicial_dues` stand in place of the contribution due before a tribunal judiciaire.
    """

    id: str
    name: str
    place: str
    rule: Rule
    sources: Mapping[str, str]
    debtor_only: bool
    lawyer: str  # why none is needed; "" where the court decides
    amicable: str  # why no attempt is needed; "" where the court decides
    only: tuple[str, ...]
    since: date
    caution: str
    commercial_registry: str
    judicial_dues: tuple[KnownCost, ...]
    economic_note: str
    acts: tuple[TariffedAct, ...]
    unknown_costs: tuple[KnownCost, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CourtLaw:
    """The rules of competence."""

    natures: Mapping[str, NatureOfClaim]
    roads: Mapping[str, Road]
    economic_from: date
    economic_until: date
    economic_seats: frozenset[str]
    economic: Rule
    rules: Mapping[str, Any]

    def rule(self, *path: str) -> Rule:
        """Return the article kept under a path of `competence.yaml`."""
        content: Any = self.rules
        for name in path:
            content = content[name]
        return Rule(content["source"], content["verified"])


@cache
def areas() -> tuple[Area, ...]:
    """Return what each commercial court covers; every postcode is in one area at least."""
    return tuple(
        Area(
            Seat(row["kind"], row["seat"]),
            tuple(filter(None, row["judicial"].split("|"))),
            tuple(row["postcodes"].split()),
        )
        for row in _table("areas.csv")
    )


@cache
def towns() -> tuple[Town, ...]:
    """Return the towns where a court sits and the largest others."""
    return tuple(
        Town(
            row["name"],
            row["insee"],
            tuple(row["postcodes"].split()),
            Seat(row["kind"], row["seat"]),
        )
        for row in _table("towns.csv")
    )


@cache
def judicial_seats() -> Mapping[str, str]:
    """Return the seats of the tribunaux judiciaires, « de Paris », by INSEE code of the town."""
    return {row["insee"]: row["seat"] for row in _table("judicial.csv")}


def spelt_seat(of: str) -> str:
    """Return a seat with the accents of the product's own, as files once loaded may lack them."""
    return _spelt_seats().get(name_key(of), of)


@cache
def _spelt_seats() -> Mapping[str, str]:
    seats = [*(area.seat.of for area in areas()), *judicial_seats().values()]
    return {name_key(seat): seat for seat in seats}


@cache
def principal_courts() -> Mapping[str, Seat]:
    """Return the commercial court of each department's prefecture."""
    return {row["department"]: Seat(row["kind"], row["seat"]) for row in _table("departments.csv")}


@cache
def shipped_court_law() -> CourtLaw:
    """Return the rules of competence shipped with the product."""
    content = read_yaml("law", "courts", "competence")
    economic = content["activites_economiques"]
    return CourtLaw(
        natures={
            id_: NatureOfClaim(
                id=id_,
                name=nature["name"],
                court=nature["court"],
                ground=nature["ground"],
                rule=Rule(nature["source"], nature["verified"]),
                property=nature.get("property", ""),
                exclusive=nature.get("exclusive", False),
                clause=nature.get("clause", False),
                options=nature.get("options", ""),
            )
            for id_, nature in content["natures"].items()
        },
        roads={id_: _road(id_, road) for id_, road in content["procedures"].items()},
        economic_from=economic["from"],
        economic_until=economic["until"],
        economic_seats=frozenset(economic["seats"]),
        economic=Rule(economic["source"], economic["verified"]),
        rules=content,
    )


def _road(id_: str, content: Mapping[str, Any]) -> Road:
    rule = Rule(content["place_source"], content["verified"])
    return Road(
        id=id_,
        name=content["name"],
        place=content["place"],
        rule=rule,
        sources=content.get("source", {}),
        debtor_only=content.get("debtor_only", False),
        lawyer=content.get("lawyer", ""),
        amicable=content.get("amicable", ""),
        only=tuple(content.get("only", ())),
        since=content.get("from", date.min),
        caution=content.get("caution", ""),
        commercial_registry=content.get("commercial_registry", ""),
        judicial_dues=tuple(
            KnownCost(
                label=due["label"],
                amount_cents=0,
                note=content["judicial_dues_note"],
                rule=Rule(due["source"], due["verified"]),
            )
            for due in content.get("judicial_dues", ())
        ),
        economic_note=content.get("economic_note", ""),
        acts=tuple(TariffedAct(act["label"], act["tariff"]) for act in content.get("acts", ())),
        unknown_costs=tuple(
            KnownCost(
                label=cost["label"],
                amount_cents=None,
                note=cost["note"],
                rule=Rule(rule.source, False),
            )
            for cost in content.get("unknown_costs", ())
        ),
    )


def _table(name: str) -> list[dict[str, str]]:
    text = (resources.files(__name__) / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter=";"))
