"""A question of competence, and what answers it: a court, what it requires, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class CourtKind(StrEnum):
    """Kinds of court, named as the user reads them."""

    ECONOMIC = "tribunal des activités économiques"
    COMMERCE = "tribunal de commerce"
    MIXED = "tribunal mixte de commerce"
    COMMERCIAL_CHAMBER = "chambre commerciale du tribunal judiciaire"
    JUDICIAL = "tribunal judiciaire"
    LOCAL = "tribunal de proximité"
    PROTECTION = "juge des contentieux de la protection"


@dataclass(frozen=True, slots=True)
class Court:
    """A court. No source at hand gives its address."""

    kind: CourtKind
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtQuestion:
    """A claim to bring: against whom, for how much, by which road, on which day.

    `clause_city` is the town of a clause that chooses the court, "" without one.
    """

    city: str
    postcode: str
    amount_cents: int
    nature: str
    procedure: str
    on: date
    clause_city: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Whether something is mandatory, and why."""

    mandatory: bool
    why: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One expense. `amount_cents` is None where it is not known; the last known one stands beside.

    `recovered_as` says under what head the debtor may have to repay what the creditor advanced.
    """

    label: str
    amount_cents: int | None
    borne_by: str  # creditor, debtor
    recovered_as: str
    source: str
    verified: bool
    note: str = ""
    last_known_cents: int | None = None
    last_known_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """The answer: a court, or several among which the place does not decide."""

    court: Court | None
    alternatives: tuple[Court, ...]
    ground: str
    representation: Requirement
    amicable_attempt: Requirement
    appeal: bool
    costs: tuple[Cost, ...]
    source: str
    warnings: tuple[str, ...]
    verified: bool

    @property
    def known_costs_cents(self) -> int:
        """What the creditor advances, as far as it is known."""
        return sum(cost.amount_cents or 0 for cost in self.costs if cost.borne_by == "creditor")

    @property
    def costs_complete(self) -> bool:
        return all(cost.amount_cents is not None for cost in self.costs)
