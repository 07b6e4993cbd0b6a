"""What a line pays beyond its invoices: the penalties and the 40 € really due on those that it closes.

A surplus that is exactly due (all of it, or every 40 €) is certain; a part of what is due is a person's to
accept. What is beyond stays a credit of the account, which may be an advance or an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from exigible.domain.french import day as french_day
from exigible.domain.french import euros, typeset
from exigible.operations import accessories
from exigible.operations.accessories import Due
from exigible.operations.matching.parts import Part
from exigible.store.models import Claim


@dataclass(frozen=True, slots=True)
class Surplus:
    """What the surplus of a part pays: shares of accessories, what is left, and the words for it."""

    shares: list[tuple[int, int]]
    left_cents: int
    exact: bool
    words: str


def owed(part: Part, on: date) -> dict[int, Due]:
    """Return what is due, on the day of the funds, on top of the claims that a part closes."""
    settled = part.settled()
    closed = [
        pk
        for pk, balance in Claim.objects.filter(pk__in=settled, currency="EUR").values_list(
            "pk", "balance_cents"
        )
        if settled[pk] == balance
    ]
    return accessories.due(part.account_id, closed, on) if closed else {}


def surplus(part: Part, on: date) -> Surplus | None:
    """Say what the surplus of a part pays; None where it has none."""
    cents = part.unallocated_cents + part.accessory_cents
    if cents <= 0:
        return None
    due = owed(part, on)
    shares = accessories.shared(due, cents)
    left = cents - sum(share for _, share in shares)
    if not shares:
        words = (
            f"{euros(cents)} en plus, alors que ni pénalité ni indemnité n’est due au "
            f"{french_day(on)} : au crédit du compte."
        )
    else:
        words = f"{euros(cents - left)} en plus règlent {accessories.in_words(due, shares, on)}"
        words += f" ; {euros(left)} restent au crédit du compte." if left else "."
    return Surplus(shares, left, accessories.exact(due, cents), typeset(words))
