"""What was received of each promise, when an account has several.

A receipt counts once. It goes to the promises made before it (on its very value date, those noted
before it was recorded): first those still within their days of grace, the nearest due day first; then
those gone by, oldest first. What comes back unpaid is taken from them in the opposite order. A rule
of the house: no text says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Promised(NamedTuple):
    """A promise: its day and the moment it was noted, its due day, its cents."""

    made_on: int  # days are ordinals
    noted_at: int  # any clock that the receipts share
    due_on: int
    cents: int


class Receipt(NamedTuple):
    """Money received (positive) or come back unpaid (negative): value day, moment recorded, cents."""

    on: int
    recorded_at: int
    cents: int


def received_of(
    promises: Sequence[Promised], receipts: Iterable[Receipt], *, grace_days: int
) -> list[int]:
    """Return the cents received of each promise, never more than it promised, in their order."""
    received = [0] * len(promises)
    for receipt in sorted(receipts, key=lambda one: (one.on, -one.cents, one.recorded_at)):
        made = [
            place
            for place, one in enumerate(promises)
            if (one.made_on, one.noted_at) < (receipt.on, receipt.recorded_at)
        ]
        in_turn = sorted(
            made,
            key=lambda place: (
                promises[place].due_on + grace_days < receipt.on,
                promises[place].due_on,
                promises[place].made_on,
                place,
            ),
        )
        left = receipt.cents
        for place in in_turn if left > 0 else reversed(in_turn):
            taken = (
                min(left, promises[place].cents - received[place])
                if left > 0
                else max(left, -received[place])
            )
            received[place] += taken
            left -= taken
    return received
