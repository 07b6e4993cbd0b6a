"""What a statement is computed from: the parties, the claims, and what happened.

A case is read from JSON (`intake.statement_case`) or from an account (`store.columns`); the engine
does not know which. Amounts are cents; days are dates; what counts from a day says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class CreditorKind(StrEnum):
    PROFESSIONAL = "professional"
    INDIVIDUAL = "individual"
    PUBLIC = "public"


class DebtorKind(StrEnum):
    PROFESSIONAL = "professional"
    CONSUMER = "consumer"
    PUBLIC_PURCHASER = "public_purchaser"


class ClaimKind(StrEnum):
    INVOICE = "invoice"
    INSTALMENT = "instalment"
    RENT = "rent"
    LOAN_INSTALMENT = "loan_instalment"
    INSURANCE_PREMIUM = "insurance_premium"
    BILL = "bill"
    CHEQUE = "cheque"
    TITLE = "title"
    PUBLIC_TITLE = "public_title"
    SOCIAL_CONTRIBUTION = "social_contribution"
    OTHER = "other"


class Regime(StrEnum):
    """Which rule gives a claim its interest."""

    AUTO = "auto"
    B2B_PENALTIES = "b2b_penalties"
    PUBLIC_PURCHASER = "public_purchaser"
    LEGAL_INTEREST = "legal_interest"
    CONTRACT = "contract"
    NONE = "none"


class DayCount(StrEnum):
    """Divisor of a day's interest: 365 always, or 366 in a leap year."""

    FIXED_365 = "365"
    ACTUAL = "actual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A stipulated rate: fixed, or an index read on 1 January and 1 July.

    `rate`, `plus` in 1/10,000 of a percent; `times` in 1/10,000 (30,000 is three times).
    """

    rate: int | None = None
    index: str | None = None  # "ecb" or "legal"
    plus: int = 0
    times: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestTerms:
    """The regime asked for, its clause, and a first day that overrides the rule's."""

    regime: Regime = Regime.AUTO
    clause: Clause | None = None
    runs_from: date | None = None  # first day counted
    runs_from_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClaim:
    """One sum due at one date."""

    ref: str
    kind: ClaimKind
    due_on: date
    principal_cents: int
    issued_on: date | None = None
    interest: InterestTerms = field(default_factory=InterestTerms)
    fixed_indemnity: bool = False
    penalty_clause_cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FormalNotice:
    """A *mise en demeure*; `claim` is a position in the case, None for all."""

    on: date
    claim: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Funds that reached the creditor; `to_principal` where he accepted it (C. civ. 1343-1)."""

    on: date
    amount_cents: int
    claim: int | None = None
    to_principal: bool = False
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """An *avoir*: from its own date, or from the invoice when it corrects it."""

    on: date
    amount_cents: int
    claim: int | None = None
    from_invoice: bool = False
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """A court order to pay; it is *exécutoire* once served (and enforceable)."""

    on: date
    served_on: date | None = None
    provisionally_enforceable: bool = True
    final_on: date | None = None  # no suspensive remedy left
    claim: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capitalisation:
    """A request (or term) that unpaid interest of a whole year bear interest."""

    requested_on: date
    claim: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InsolvencyOpening:
    """The judgment opening a collective procedure."""

    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class GracePeriod:
    """Time granted by a judge (C. civ. 1343-5), both days included."""

    first_day: date
    last_day: date
    claim: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """An expense of recovery and who should bear it."""

    on: date
    amount_cents: int
    label: str
    borne_by_debtor: bool
    claim: int | None = None


Event = (
    FormalNotice
    | Payment
    | CreditNote
    | Judgment
    | Capitalisation
    | InsolvencyOpening
    | GracePeriod
    | Cost
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Claims of one creditor on one debtor, with what happened, in the order it was given."""

    creditor_kind: CreditorKind
    debtor_kind: DebtorKind
    claims: tuple[CaseClaim, ...]
    events: tuple[Event, ...] = ()
    day_count: DayCount = DayCount.FIXED_365
    most_burdensome_first: bool = False
    creditor_name: str = ""
    debtor_name: str = ""

    def of_claim[E](self, kind: type[E], position: int) -> list[E]:
        """Return the events of a type that reach the claim at `position`, those for all included."""
        return [
            event
            for event in self.events
            if isinstance(event, kind) and getattr(event, "claim", None) in (None, position)
        ]
