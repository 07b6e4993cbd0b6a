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
from functools import lru_cache

import numpy as np

MOST_FOUND = 8
TRIPLES_UP_TO = 120  # items
type Places = np.ndarray[tuple[int], np.dtype[np.intp]]
type Add = Callable[[tuple[int, ...], str], None]
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
    if target in amounts:
        chance = _density(amounts, target)
        return [Found((p,), "one", chance) for p, c in enumerate(amounts) if c == target][
            :MOST_FOUND
        ]
    if count == 1:
        return []
    sets: dict[tuple[int, ...], str] = {}

    def add(places: tuple[int, ...], shape: str) -> None:
        if places and places not in sets and len(sets) < MOST_FOUND * 2:
            sets[places] = shape

    if sum(amounts) == target:
        add(tuple(range(count)), "all")
    _runs(amounts, target, add)
    if count <= everything_up_to:
        _every(amounts, target, add)
    elif count <= pairs_up_to:
        _few(amounts, target, "some", add)
        if sum(amounts) > target:
            _few(amounts, sum(amounts) - target, "rest", add)
    if not sets:
        return []
    grain = _grain(amounts, target, 2)
    known: dict[tuple[str, int, bool], float] = {}
    found = []
    for places, shape in sets.items():
        key = (shape, len(places), places[0] == 0)
        if key not in known:
            known[key] = _coincidence(amounts, target, places, shape, grain)
        found.append(Found(places, shape, known[key]))
    return sorted(found, key=lambda one: (one.chance, len(one.places), one.places))[:MOST_FOUND]


def _coincidence(
    amounts: Sequence[int], target: int, places: Sequence[int], shape: str, grain: int
) -> float:
    """Return how many sets of the same shape would give the sum by chance."""
    count = len(amounts)
    mean = max(sum(map(abs, amounts)) / count, 1.0)
    if shape == "all":
        return min(1.0, 3 * grain / target)
    if shape == "run":
        if places[0] == 0:  # from the oldest item on, as people pay: few such runs exist
            return min(1.0, 3 * grain / mean)
        return min(1.0, count * grain / mean)
    if shape == "rest":
        left_out = count - len(places)
        if left_out == 1:
            return min(1.0, 2 * _density(amounts, sum(amounts) - target))
        return _chance(amounts, sum(amounts) - target, left_out, grain)
    return _chance(amounts, target, len(places), grain)


def _runs(amounts: Sequence[int], target: int, add: Add) -> None:
    """Add the runs of consecutive items: what fell due over a period."""
    begun: dict[int, list[int]] = {0: [0]}
    total = 0
    for place, cents in enumerate(amounts, 1):
        total += cents
        for first in begun.get(total - target, ()):
            if 2 <= place - first < len(amounts):
                add(tuple(range(first, place)), "run")
        begun.setdefault(total, []).append(place)


def _every(amounts: Sequence[int], target: int, add: Add) -> None:
    sums = np.zeros(1, dtype=np.int64)
    for cents in amounts:
        sums = np.concatenate((sums, sums + cents))
    for mask in np.flatnonzero(sums == target)[: MOST_FOUND * 2].tolist():
        add(tuple(place for place in range(len(amounts)) if mask >> place & 1), "some")


def _few(amounts: Sequence[int], target: int, shape: str, add: Add) -> None:
    """Add pairs and triples; with shape `rest`, what is left when they are taken out."""
    values = np.asarray(amounts, dtype=np.int64)
    count = len(amounts)

    def chosen(*places: int) -> tuple[int, ...]:
        if shape == "some":
            return tuple(sorted(places))
        return tuple(place for place in range(count) if place not in places)

    if shape == "rest":
        for place in np.flatnonzero(values == target).tolist():
            add(chosen(place), shape)
    if _chance(amounts, target, 2, 1) > 1.0:
        return  # pairs would be found whatever the sum
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    wanted = target - values
    low = np.searchsorted(ranked, wanted, "left")
    high = np.searchsorted(ranked, wanted, "right")
    for place in np.flatnonzero(high > low).tolist():
        for other in order[low[place] : high[place]].tolist():
            if other > place:
                add(chosen(place, other), shape)
    if count > TRIPLES_UP_TO or _chance(amounts, target, 3, 1) > 0.2:
        return
    first, second = _pairs(count)
    wanted = target - values[first] - values[second]
    low = np.searchsorted(ranked, wanted, "left")
    high = np.searchsorted(ranked, wanted, "right")
    for pair in np.flatnonzero(high > low).tolist():
        one, two = int(first[pair]), int(second[pair])
        for other in order[low[pair] : high[pair]].tolist():
            if other > two:
                add(chosen(one, two, other), shape)


@lru_cache(maxsize=TRIPLES_UP_TO + 1)
def _pairs(count: int) -> tuple[Places, Places]:
    """Return every pair of places, the lower first, as two columns."""
    first, second = np.triu_indices(count, 1)
    return first, second


def _chance(amounts: Sequence[int], target: int, size: int, grain: int) -> float:
    """Return how many sets of up to `size` items would give the sum by coincidence.

    The sum of k items drawn from the list is taken as normal; a set is also the complement of its
    rest, and the smaller of the two is what one would look for.
    """
    count = len(amounts)
    mean = sum(amounts) / count
    spread = math.sqrt(max(sum(cents * cents for cents in amounts) / count - mean * mean, 0.0))
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
