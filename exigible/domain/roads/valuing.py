"""The net expected value of a claim by one of its roads: what the road itself says, then defaults.

Known costs come from the road; with a title in hand, or a claim to declare, nothing is left to win
before a judge. Everything else is an assumption of `domain.expected_value`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exigible.domain.expected_value import (
    WHOLE,
    Assumptions,
    ExpectedValue,
    expected_value,
    expected_value_answer,
)
from exigible.domain.law.roads import Stage
from exigible.domain.refusals import WrongInput
from exigible.domain.roads.facts import ClaimFacts
from exigible.domain.roads.opening import OpenRoad, Roads, RoadState

_PAYING = (Stage.TITLE, Stage.ENFORCEMENT, Stage.INSOLVENCY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueQuestion:
    """The assumptions given, by their names, and the road to act by, "" for the first not barred."""

    road: str = ""
    given: Mapping[str, int | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimValue:
    """The values, the assumptions they rest on, and the road of acting, None where all are barred."""

    value: ExpectedValue
    supposed: Assumptions
    road: OpenRoad | None
    warnings: tuple[str, ...]


def claim_value(found: Roads, facts: ClaimFacts, question: ValueQuestion) -> ClaimValue | None:
    """Return what acting, settling and writing off are worth; None where the amount is unknown.

    Raise WrongInput naming `value.…` where the road named is barred, or an assumption makes no sense.
    """
    if facts.amount is None:
        return None
    try:
        road = _road(found, question.road)
        supposed = _supposed(road, question.given)
        value = expected_value(facts.amount, supposed)
    except WrongInput as refusal:
        if refusal.field and refusal.field != "amount":
            refusal.field = f"value.{refusal.field}"
            refusal.message = f"value.{refusal.message}"
        raise
    return ClaimValue(
        value=value,
        supposed=supposed,
        road=road,
        warnings=tuple(_warnings(road, question)),
    )


def claim_value_answer(found: ClaimValue, question: ValueQuestion) -> dict[str, object]:
    """Return the values in the shape of the outside contract."""
    return {
        "road": found.road.rule.id if found.road else None,
        **expected_value_answer(found.value, found.supposed, question.given),
        "warnings": list(found.warnings),
    }


def _road(found: Roads, road_id: str) -> OpenRoad | None:
    if not road_id:
        return next(
            (
                road
                for road in found.roads
                if road.state is not RoadState.BARRED and road.rule.stage in _PAYING
            ),
            None,
        )
    road = found.road(road_id)
    if road.state is RoadState.BARRED:
        why = road.deciding[0]
        raise WrongInput(
            "road_closed",
            f"road : la voie « {road.rule.name} » est fermée à cette créance. "
            f"Condition non remplie : {why.condition.text}",
            field="road",
            article=why.condition.rule.source,
        )
    return road


def _supposed(road: OpenRoad | None, given: Mapping[str, int | bool | None]) -> Assumptions:
    """Return the assumptions given over those the road suggests, over the defaults."""
    suggested: dict[str, int | bool | None] = {}
    if road is None:
        suggested["win"] = 0
    else:
        if road.rule.stage is not Stage.TITLE:
            suggested["win"] = WHOLE
        suggested["costs_cents"] = road.known_costs_cents
        costs = given.get("costs_cents", road.known_costs_cents)
        suggested["recoverable_costs_cents"] = min(road.recoverable_costs_cents, int(costs or 0))
    return Assumptions(**{**suggested, **given})  # type: ignore[arg-type]


def _warnings(road: OpenRoad | None, question: ValueQuestion) -> list[str]:
    if road is None:
        return ["Aucune voie n’est ouverte : agir est compté pour rien."]
    if not road.costs_complete and "costs_cents" not in question.given:
        return [
            "Des frais de cette voie sont inconnus et ne sont pas comptés : donnez « costs » pour "
            "les compter."
        ]
    return []
