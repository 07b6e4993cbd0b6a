"""Which open items add up to a sum: found fast, and with what chance of a mere coincidence.

Few items: every subset is tried. Many: single items, pairs, triples, everything but one or two, and
runs of items that follow each other; deeper searches would only find sums that nothing tells apart.
`chance` counts the subsets as simple that would give the sum if amounts were drawn at random near
what they are: one match out of millions of tries proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

MOST_FOUND = 8
type Add = Callable[[tuple[int, ...], str, float], None]
_STEPS = (100_000, 10_000, 5_000, 1_000, 500, 100, 50, 10, 5)  # cents: how round amounts are


@dataclass(frozen=True, slots=True)
class Found:
    """One set of places whose amounts add up to the sum; `shape` says how simple the set is."""

    places: tuple[int, ...]
    shape: str  # one, all, run, rest (all but a few), some
    chance: float


def subsets(
    amounts: Sequence[int], target: int, *, everything_up_to: int, pairs_up_to: int
) -> list[Found]:
    """Return the sets of items that add up to `target`, simplest first, a few at most.

    `amounts` are in the order of their dates; credit notes are below zero. An item alone is not
    returned with others: a simple explanation hides those that need more items.
    """
    count = len(amounts)
    if count == 0 or target <= 0:
        return []
    grain = _grain(amounts, target, 2)
    found: dict[tuple[int, ...], Found] = {}

    def add(places: tuple[int, ...], shape: str, chance: float) -> None:
        if places and places not in found and len(found) < MOST_FOUND * 4:
            found[places] = Found(places, shape, chance)

    for place, cents in enumerate(amounts):
        if cents == target:
            add((place,), "one", _density(amounts, target))
    if found:
        return list(found.values())[:MOST_FOUND]
    total = sum(amounts)
    if count > 1 and total == target:
        add(tuple(range(count)), "all", min(1.0, 3 * grain / max(abs(total), 1)))
    _runs(amounts, target, grain, add)
    if count <= everything_up_to:
        _every(amounts, target, grain, add)
    elif count <= pairs_up_to:
        _few(amounts, target, grain, "some", add)
        if total > target:
            _few(amounts, total - target, grain, "rest", add)
    return sorted(found.values(), key=lambda one: (one.chance, len(one.places), one.places))[
        :MOST_FOUND
    ]


def _runs(amounts: Sequence[int], target: int, grain: int, add: Add) -> None:
    """Add the runs of consecutive items: what fell due over a period."""
    count = len(amounts)
    if count < 2:
        return
    mean = max(sum(abs(cents) for cents in amounts) / count, 1.0)
    chance = min(1.0, count * grain / mean / max(target / mean, 1.0))
    begun: dict[int, list[int]] = {0: [0]}
    total = 0
    for place, cents in enumerate(amounts, 1):
        total += cents
        for first in begun.get(total - target, ()):
            if place - first >= 2:
                if place - first == count:
                    continue
                # From the oldest item on is the usual way to pay: far fewer such runs exist.
                usual = min(1.0, 3 * grain / mean) if first == 0 else chance
                add(tuple(range(first, place)), "run", usual)
        begun.setdefault(total, []).append(place)


def _every(amounts: Sequence[int], target: int, grain: int, add: Add) -> None:
    sums = np.zeros(1, dtype=np.int64)
    for cents in amounts:
        sums = np.concatenate((sums, sums + cents))
    matching = np.flatnonzero(sums == target)
    count = len(amounts)
    for mask in matching[: MOST_FOUND * 4].tolist():
        places = tuple(place for place in range(count) if mask >> place & 1)
        size = len(places)
        add(places, "some", _chance(amounts, target, size, grain))


def _few(amounts: Sequence[int], target: int, grain: int, shape: str, add: Add) -> None:
    """Add pairs and triples; with shape `rest`, what is left when they are taken out."""
    values = np.asarray(amounts, dtype=np.int64)
    count = len(amounts)

    def chosen(*places: int) -> tuple[int, ...]:
        if shape == "some":
            return tuple(sorted(places))
        return tuple(place for place in range(count) if place not in places)

    if shape == "rest":
        for place in np.flatnonzero(values == target).tolist():
            add(chosen(place), shape, min(1.0, _density(amounts, target) * 2))
    chance = _chance(amounts, target, 2, grain)
    if chance > 1.0:
        return  # pairs would be found whatever the sum
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    wanted = target - values
    low = np.searchsorted(ranked, wanted, "left")
    high = np.searchsorted(ranked, wanted, "right")
    for place in np.flatnonzero(high > low).tolist():
        for other in order[low[place] : high[place]].tolist():
            if other > place:
                add(chosen(place, other), shape, chance)
    chance = _chance(amounts, target, 3, grain)
    if chance > 0.2 or count > 120:
        return
    first, second = np.triu_indices(count, 1)
    wanted = target - values[first] - values[second]
    low = np.searchsorted(ranked, wanted, "left")
    high = np.searchsorted(ranked, wanted, "right")
    for pair in np.flatnonzero(high > low).tolist():
        one, two = int(first[pair]), int(second[pair])
        for other in order[low[pair] : high[pair]].tolist():
            if other > two:
                add(chosen(one, two, other), shape, chance)


def _chance(amounts: Sequence[int], target: int, size: int, grain: int) -> float:
    """Return how many sets of up to `size` items would give the sum by coincidence.

    The sum of k items drawn from the list is taken as normal; a set is also the complement of its
    rest, and the smaller of the two is what one would look for.
    """
    count = len(amounts)
    mean = sum(amounts) / count
    spread = math.sqrt(sum((cents - mean) ** 2 for cents in amounts) / count)
    size = min(size, max(count - size, 1)) if size > count - size else size
    expected = 0.0
    for members in {*range(1, size + 1)}:
        deviation = max(spread * math.sqrt(members), 0.05 * abs(mean) + grain, 1.0)
        distance = (target - members * mean) / deviation
        rest = (sum(amounts) - target - members * mean) / deviation
        near = max(math.exp(-min(distance * distance / 2, 50)), math.exp(-min(rest * rest / 2, 50)))
        density = grain * max(near, 0.05) / (deviation * 2.5)
        expected += math.comb(count, members) * min(density, 1.0)
    return expected


def _density(amounts: Sequence[int], target: int) -> float:
    """Return how many other items an amount near the target would equal by chance.

    A round amount is compared with round ones: among tens of euros there are few different values.
    """
    width = max(target // 10, 50)
    near = [cents for cents in amounts if -width <= cents - target <= width and cents != target]
    best = 0.0
    for step in (*_STEPS, 1):
        if target % step == 0:
            alike = sum(1 for cents in near if cents % step == 0)
            best = max(best, alike * step / (2 * width))
    return best


def _grain(amounts: Sequence[int], target: int, size: int) -> int:
    """Return the step that sums of a few amounts keep to, in cents: 1 for ordinary ones."""
    best = 1.0
    for step in _STEPS:
        if target % step == 0:
            alike = sum(1 for cents in amounts if cents % step == 0) / len(amounts)
            best = max(best, step * alike**size)
    return round(best)


def interchangeable(amounts: Sequence[int], places: Sequence[int]) -> bool:
    """Say whether an item left out has the amount of one taken: nothing tells them apart."""
    taken = set(places)
    inside = {amounts[place] for place in taken}
    return any(cents in inside for place, cents in enumerate(amounts) if place not in taken)
