"""Claims that part of a number designates, among those of a payer already recognised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exigible.domain.matching.nearness import any_digit
from exigible.domain.matching.references import Reading, References


def loosely_named(reading: Reading, references: References, claims: Sequence[int]) -> list[int]:
    """Return, among the claims of a payer, those a left-over number or a cut one designates."""
    return [*numbered(reading, references, claims), *begun(reading, references, claims)]


def numbered(reading: Reading, references: References, claims: Iterable[int]) -> list[int]:
    """Return the claims whose number ends as one of those left over in the label."""
    numbers = reading.numbers
    if not numbers:
        return []
    serials, compacts = references.serials, references.compacts
    return [claim for claim in claims if serials[claim] in numbers or compacts[claim] in numbers]


def begun(reading: Reading, references: References, claims: Sequence[int]) -> list[int]:
    """Return the claims that the number cut at the end of a label begins, if it tells them apart.

    What all the numbers of a payer begin with (letters, year) tells nothing.
    """
    if not reading.tails or not claims:
        return []
    tails = [tail for tail in reading.tails if len(tail) >= 3 and any_digit(tail)]
    if not tails:
        return []
    compacts = references.compacts
    first = min(compacts[claim] for claim in claims)
    last = max(compacts[claim] for claim in claims)
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    shared = shared if len(claims) > 1 else 0
    found: list[int] = []
    for tail in sorted(tails, key=len, reverse=True):
        if len(tail) <= shared:
            continue
        found = [
            claim
            for claim in claims
            if compacts[claim].startswith(tail) and references.serials[claim] not in reading.numbers
        ]
        if found:
            return found if len(found) < len(claims) or len(claims) == 1 else []
    return []
