"""What a statement is made of: components, lines, allocations, and the claims they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from exigible.domain.case import DayCount, NoticeDay, Regime
from exigible.domain.engine import Bucket
from exigible.domain.law.readings import Reading
from exigible.domain.refusals import Refused

COMPONENT_OF_BUCKET = {
    Bucket.COSTS: "costs",
    Bucket.FIXED_INDEMNITY: "fixed_indemnity",
    Bucket.PENALTY_CLAUSE: "penalty_clause",
    Bucket.CAPITALISED_INTEREST: "capitalised_interest",
    Bucket.INTEREST: "interest",
    Bucket.PRINCIPAL: "principal",
}


BUCKET_OF_COMPONENT = {name: bucket for bucket, name in COMPONENT_OF_BUCKET.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Gross components in cents: total = all of them less payments."""

    principal: int = 0
    interest: int = 0
    capitalised_interest: int = 0
    fixed_indemnity: int = 0
    penalty_clause: int = 0
    costs: int = 0
    payments: int = 0

    @property
    def total(self) -> int:
        return (
            self.principal
            + self.interest
            + self.capitalised_interest
            + self.fixed_indemnity
            + self.penalty_clause
            + self.costs
            - self.payments
        )

    @property
    def accessories(self) -> int:
        """Penalties, 40 €, penalty clause and costs: what the ledger's accounts do not hold."""
        return (
            self.interest
            + self.capitalised_interest
            + self.fixed_indemnity
            + self.penalty_clause
            + self.costs
        )

    def __add__(self, other: Components) -> Components:
        return Components(
            principal=self.principal + other.principal,
            interest=self.interest + other.interest,
            capitalised_interest=self.capitalised_interest + other.capitalised_interest,
            fixed_indemnity=self.fixed_indemnity + other.fixed_indemnity,
            penalty_clause=self.penalty_clause + other.penalty_clause,
            costs=self.costs + other.costs,
            payments=self.payments + other.payments,
        )


class Line(NamedTuple):
    """One line of a statement: what, from when to when, on which base, at which rate, why."""

    claim: str | None
    component: str
    amount_cents: int
    source: str
    first_day: date | None = None
    last_day: date | None = None
    base_cents: int | None = None
    rate: int | None = None  # 1/10,000 of a percent
    divisor: int | None = None
    verified: bool = True
    label: str = ""

    @property
    def days(self) -> int | None:
        if self.first_day is None or self.last_day is None:
            return None
        return (self.last_day - self.first_day).days + 1


class AllocatedPart(NamedTuple):
    """Part of a payment allocated to a component of a claim; there may be very many."""

    payment: str
    on: date
    claim: str | None
    component: str
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStatement:
    """What is claimed for one claim; `ref` is None for costs of no particular claim."""

    ref: str | None
    components: Components
    regime: Regime
    why: str
    open_principal_cents: int
    daily_interest_millionths: int  # of a cent


@dataclass(frozen=True, slots=True, kw_only=True)
class IfPaid:
    """What would be owed on a later day, or why nobody can say yet."""

    on: date
    total_cents: int | None
    interest_cents: int | None  # capitalised or not
    refused: Refused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A *décompte* on a day."""

    as_of: date
    components: Components
    claims: tuple[ClaimStatement, ...]
    lines: tuple[Line, ...]
    allocations: tuple[AllocatedPart, ...]
    credit_balance_cents: int
    costs_on_creditor_cents: int
    daily_interest_millionths: int  # of a cent, all claims
    day_count: DayCount
    most_burdensome_first: bool
    warnings: tuple[str, ...]
    notice_day: NoticeDay = NoticeDay.PRESENTED
    interest_on_opening_day: bool = False
    if_paid_on: tuple[IfPaid, ...] = ()
    readings: tuple[Reading, ...] = ()  # the values of the law it rests on

    @property
    def total_cents(self) -> int:
        return self.components.total
