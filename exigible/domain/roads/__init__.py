"""Which roads to payment are open to a claim: `open_roads(facts)`, from `ClaimFacts`."""

from exigible.domain.roads.facts import ClaimFacts, usual_limitation
from exigible.domain.roads.opening import OpenRoad, Roads, RoadState, open_roads, roads_answer

__all__ = [
    "ClaimFacts",
    "OpenRoad",
    "RoadState",
    "Roads",
    "open_roads",
    "roads_answer",
    "usual_limitation",
]
