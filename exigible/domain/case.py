"""What a statement is computed from: the parties, the claims, and what happened.

A case is read from JSON (`intake.statement_case`) or from an account (`store.columns`); the engine
does not know which. Amounts are cents; days are dates; what counts from a day says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from exigible.domain.french import day as french_day
from exigible.domain.french import euros


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
    COPROPRIETE_CHARGES = "copropriete_charges"
    WAGES = "wages"


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
class ConsumerCredit:
    """What the lender may add to a consumer's unpaid credit (C. consom. L. 312-38 to L. 312-40).

    Accelerated: a share of `capital_cents`, the capital outstanding at default. Not accelerated: a
    share of the unpaid instalment, lower where the lender defers it. `percent` is the contract's
    own share (1/10,000 of a percent), the legal maximum without it.
    """

    accelerated: bool = False
    capital_cents: int | None = None
    deferred: bool = False
    percent: int | None = None
    interest_forfeited: bool = False  # déchéance du droit aux intérêts


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedTerm:
    """A due date that passes the lawful maximum, and whether the lawful one was taken instead."""

    maximum: str  # id of the table of maximum terms
    agreed_due_on: date
    lawful_due_on: date
    applied: bool
    source: str
    verified: bool


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
    penalty_clause_without_notice: bool = False  # the breach is definitive (C. civ. 1231-5)
    penalty_clause_judged_cents: int | None = None  # what the judge left of it
    vat_cents: int | None = None  # part of the principal, for the reader
    contract_on: date | None = None  # chooses the law of public contracts and consumer credit
    contract_months: int | None = None  # length of a loan, or of a deferral of payment
    due_date_is_notice: bool = False  # the contract says that the due date alone is a notice
    credit: ConsumerCredit | None = None
    term: AgreedTerm | None = None


class NoticeDay(StrEnum):
    """Which day of a registered letter starts interest: its dispatch, or its first presentation."""

    SENT = "sent"
    PRESENTED = "presented"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormalNotice:
    """A *mise en demeure*; `claim` is a position in the case, None for all."""

    on: date
    claim: int | None = None
    presented_on: date | None = None
    act: str = ""  # what it was, where it was no letter: commandement, assignation…


class PaymentSource(StrEnum):
    """Who the money came from: what it is allocated to depends on it."""

    DEBTOR = "debtor"
    SEIZURE = "seizure"
    DIVIDEND = "dividend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Funds that reached the creditor or his agent (C. civ. 1342-6, 1342-10, 1343-1).

    `order` names the components it pays, first to last, where the parties agreed on another order
    than the law's; what they do not name is not paid. `to_principal` is that order for principal
    alone. A `dividend` of a collective procedure without a claim is shared pro rata.
    """

    on: date
    amount_cents: int
    claim: int | None = None
    to_principal: bool = False
    order: tuple[str, ...] = ()
    source: PaymentSource = PaymentSource.DEBTOR
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReturned:
    """A debit or cheque that came back: the payment is held never to have been made."""

    on: date
    payment: int  # position of the payment in the events


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """What is held never to have been: it keeps its place in the events, and a line that says so."""

    on: date
    why: str
    claim: int | None = None
    was_payment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOff:
    """A debt of the creditor set against his claim, from the day both were due (C. civ. 1347).

    `on` is the day it takes effect; it counts once `invoked_on`. After the opening of a collective
    procedure only connected debts may be set off (C. com. L. 622-7).
    """

    on: date
    amount_cents: int
    invoked_on: date
    claim: int | None = None
    connected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """An *avoir*: from its own date, or from the invoice when it corrects it."""

    on: date
    amount_cents: int
    claim: int | None = None
    from_invoice: bool = False
    ref: str = ""


class TitleKind(StrEnum):
    """What makes a debt enforceable; only orders of a court raise the legal rate (CMF L. 313-3)."""

    JUDGMENT = "judgment"
    ORDER_FOR_PAYMENT = "order_for_payment"
    CHEQUE_TITLE = "cheque_title"
    NOTARIAL_DEED = "notarial_deed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """An enforceable title; a court's order is *exécutoire* once served (and enforceable).

    `legal_rate`: it orders interest at the legal rate from its date, whatever ran before.
    """

    on: date
    served_on: date | None = None
    provisionally_enforceable: bool = True
    final_on: date | None = None  # no suspensive remedy left
    claim: int | None = None
    kind: TitleKind = TitleKind.JUDGMENT
    legal_rate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IncreaseRelief:
    """The enforcement judge waives or reduces the + 5 points from `on` (CMF L. 313-3, 2nd para.)."""

    on: date
    points: int = 0  # left of the increase, 1/10,000 of a point
    claim: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The claims pass to another creditor (assignment, subrogation): his quality from then on."""

    on: date
    creditor_kind: CreditorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Capitalisation:
    """A request (or term) that unpaid interest of a whole year bear interest."""

    requested_on: date
    claim: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InsolvencyOpening:
    """The judgment opening a collective procedure; withdrawn, it never stopped anything."""

    on: date
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GracePeriod:
    """Time granted by a judge (C. civ. 1343-5), both days included.

    `rate`: the order brings interest down to it, never under the legal rate. `lapsed_on`: an
    instalment was missed, and the order said that it ends the period (`revives`: as if never
    granted). `principal_first`: payments of the period go to principal first.
    """

    first_day: date
    last_day: date
    claim: int | None = None
    rate: int | None = None
    principal_first: bool = False
    lapsed_on: date | None = None
    revives: bool = False


class PlanPenalties(StrEnum):
    """What an amicable plan does with interest and penalties while it is kept."""

    MAINTAINED = "maintained"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPlan:
    """An amicable plan; `revives`: a missed instalment (`broken_on`) cancels what was given up."""

    first_day: date
    last_day: date
    penalties: PlanPenalties = PlanPenalties.MAINTAINED
    broken_on: date | None = None
    revives: bool = False
    claim: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overindebtedness:
    """Measures of *surendettement*: interest stops, or runs at the plan's rate, from the decision."""

    first_day: date
    last_day: date | None = None
    rate: int = 0
    claim: int | None = None


class Tariff(StrEnum):
    """Proportional fees of the *commissaire de justice*, on the running total of what he collects."""

    A444_31 = "A444-31"  # the debtor's
    A444_32 = "A444-32"  # the creditor's, always


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """An expense of recovery and who should bear it.

    With a `tariff`, the amount is that of the scale on `collected_cents`, added to what was
    collected before under the same tariff.
    """

    on: date
    amount_cents: int
    label: str
    borne_by_debtor: bool
    claim: int | None = None
    prescribed_by_law: bool = False  # an act the law requires of the creditor (CPCE L. 111-8)
    tariff: Tariff | None = None
    collected_cents: int = 0


Event = (
    FormalNotice
    | Payment
    | PaymentReturned
    | Voided
    | SetOff
    | CreditNote
    | Judgment
    | IncreaseRelief
    | Assignment
    | Capitalisation
    | InsolvencyOpening
    | GracePeriod
    | PaymentPlan
    | Overindebtedness
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
    notice_day: NoticeDay = NoticeDay.PRESENTED
    interest_on_opening_day: bool = False  # « au jour du jugement » rather than the day before
    if_paid_on: tuple[date, ...] = ()  # days to say the balance of, beside the as-of day
    creditor_name: str = ""
    debtor_name: str = ""
    unread: tuple[str, ...] = ()  # warnings on what was given and is not known
    _by_kind: dict[type, list[Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_kind: dict[type, list[Any]] = {}
        for event in self.events:
            by_kind.setdefault(type(event), []).append(event)
        object.__setattr__(self, "_by_kind", by_kind)  # asked many times a claim

    def of_kind[E](self, kind: type[E]) -> Sequence[E]:
        """Return the events of a type, in the order given."""
        return self._by_kind.get(kind, ())

    def of_claim[E](self, kind: type[E], position: int) -> list[E]:
        """Return the events of a type that reach the claim at `position`, those for all included."""
        return [
            event
            for event in self.of_kind(kind)
            if getattr(event, "claim", None) in (None, position)
        ]

    def between_traders(self, claim: CaseClaim) -> bool:
        """Say whether a claim is a sale or service between professionals (C. com. L. 441-10)."""
        return (
            self.creditor_kind is CreditorKind.PROFESSIONAL
            and self.debtor_kind is DebtorKind.PROFESSIONAL
            and claim.kind in TRADE_KINDS
        )

    def consumer_credit(self, claim: CaseClaim) -> bool:
        """Say whether a claim is a loan to a consumer (C. consom. L. 312-38 et seq.)."""
        return self.debtor_kind is DebtorKind.CONSUMER and claim.kind is ClaimKind.LOAN_INSTALMENT

    def known_on(self, as_of: date) -> Case:
        """Return the case as it stood at the end of a day: what did not hold is taken out.

        A payment returned by then, an opening withdrawn by then never were; time granted that
        lapsed by then ends the day before, or never was. Every event keeps its position.
        """
        returned = {
            event.payment: event.on
            for event in self.events
            if isinstance(event, PaymentReturned) and event.on <= as_of
        }
        events = tuple(
            _held(event, as_of, returned.get(position))
            for position, event in enumerate(self.events)
        )
        return self if events == self.events else replace(self, events=events)


def _held(event: Event, as_of: date, returned_on: date | None) -> Event:
    """Return an event as it holds at the end of a day."""
    match event:
        case Payment() if returned_on is not None:
            why = (
                f"paiement de {euros(event.amount_cents)} du {french_day(event.on)} revenu impayé le "
                f"{french_day(returned_on)} : tenu pour non avenu"
            )
            return Voided(on=event.on, why=why, claim=event.claim, was_payment=True)
        case InsolvencyOpening(withdrawn_on=date() as withdrawn) if withdrawn <= as_of:
            why = (
                f"jugement d’ouverture du {french_day(event.on)} rétracté le "
                f"{french_day(withdrawn)} : les intérêts ont couru (Cass. com. 17 octobre 2018, "
                "n° 17-17.635)"
            )
            return Voided(on=event.on, why=why)
        case GracePeriod(lapsed_on=date() as day) | PaymentPlan(broken_on=date() as day) if (
            day <= as_of
        ):
            if event.revives or day <= event.first_day:
                why = (
                    f"délai accordé le {french_day(event.first_day)}, caduc le {french_day(day)} "
                    "faute de paiement : ce qu’il avait suspendu est dû"
                )
                return Voided(on=event.first_day, why=why, claim=event.claim)
            return replace(event, last_day=min(event.last_day, day - timedelta(days=1)))
        case _:
            return event


TRADE_KINDS = frozenset({ClaimKind.INVOICE, ClaimKind.INSTALMENT})
