"""What the matching of money works on and answers: claims, customers, bank lines, proposals.

Amounts are whole cents, signed as in accounting: a credit note is a claim below zero, a returned
debit a line below zero. Nothing here knows where the facts came from, a file or the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Discount(NamedTuple):
    """An early-payment discount (*escompte*) of a contract: rate in 1/10,000 of a percent, days."""

    rate: int
    days: int


class Customer(NamedTuple):
    """Who may pay: every name and IBAN known of an account. `group` joins companies of one group."""

    code: str
    names: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    sirens: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()
    group: str = ""
    discount: Discount | None = None


class Claim(NamedTuple):
    """One open item: `cents` is what remains due; `collected` one that a returned debit re-opens."""

    ref: str
    customer: str
    cents: int
    currency: str = "EUR"
    issued_on: date | None = None
    due_on: date | None = None
    collected: bool = False
    key: int = 0  # what the caller knows it by, given back with the allocations
    collected_on: date | None = None  # nothing returns before it was received


class BankLine(NamedTuple):
    """A movement of the bank account, credit above zero."""

    id: str
    on: date
    cents: int
    currency: str = "EUR"
    label: str = ""
    counterparty: str = ""
    iban: str = ""
    end_to_end: str = ""
    back: bool = False  # the bank says, by a code, that it is a debit returned


class Cheque(NamedTuple):
    """One cheque of a slip (*bordereau de remise*)."""

    slip: str
    number: str
    drawer: str
    cents: int


class AdviceItem(NamedTuple):
    """What an advice says of one invoice: its number as written, what is paid of it before fees."""

    ref: str
    cents: int
    debtor: str = ""


class Advice(NamedTuple):
    """A remittance advice, or the *relevé de reversement* of an agent who deducts his fees.

    `cents` is the sum transferred: the items less `fees_cents`. `line` is the line that a person tied it
    to; without one it is found by its sum and its day.
    """

    id: str
    cents: int
    items: tuple[AdviceItem, ...]
    fees_cents: int = 0
    on: date | None = None
    line: str = ""
    sender: str = ""


class Plan(NamedTuple):
    """A payment plan: equal instalments each month from `first_on`, the last one of `last_cents`."""

    code: str
    customer: str
    invoices: tuple[str, ...]
    instalments: int
    cents: int
    last_cents: int
    first_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What earlier decisions of people taught.

    `ibans` and `names` (as `texts.name_words` writes them) lead to customers' codes, several where
    one account pays for several; `agents` are IBANs and names of those who pay for others (factor,
    *commissaire de justice*, agency, insurer); `own` are IBANs and names of the creditor himself.
    """

    ibans: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    agents: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


class Kind(StrEnum):
    """What a line is."""

    PAYMENT = "payment"
    CHEQUES = "cheques"
    RETURN = "return"
    AGENT = "agent"
    DUPLICATE = "duplicate"
    OUTSIDE = "outside"  # no payment of a customer
    UNKNOWN = "unknown"


class Gap(StrEnum):
    """Why the money and the claims named differ."""

    DISCOUNT_DUE = "discount_due"  # taken within the contract's discount date
    DISCOUNT_UNDUE = "discount_undue"  # escompte indu: what is missing stays claimed
    BANK_FEES = "bank_fees"
    AGENT_FEES = "agent_fees"
    PARTIAL = "partial"
    ACCESSORIES = "accessories"  # penalties, 40 €: paid on top of the principal
    OVERPAID = "overpaid"


class Allocation(NamedTuple):
    """What a line pays of a claim; below zero for a credit note deducted or a debit returned.

    `key` is the claim's own, since two claims may bear one number.
    """

    ref: str
    cents: int
    key: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An explanation of a line that a person may choose."""

    customer: str
    allocations: tuple[Allocation, ...]
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a line pays, and why. Allocations never add up to more than the line, but where an agent's
    statement says what he kept (`Gap.AGENT_FEES`): debtors are paid before fees.

    `gap_cents` is what the claims named exceed the money by, below zero what the money exceeds them
    by; `gap` says why. Without allocations a line waits, or is no payment of a customer.
    """

    line: str
    kind: Kind
    allocations: tuple[Allocation, ...]
    confidence: float
    automatic: bool
    reasons: tuple[str, ...]
    candidates: tuple[Candidate, ...] = ()
    gap: Gap | None = None
    gap_cents: int = 0
    payers: tuple[str, ...] = ()  # customers recognised as the payer, or likely to be
    advice: str = ""

    @property
    def reason(self) -> str:
        return " ".join(self.reasons)

    def as_json(self) -> dict[str, object]:
        """Return the answer of the outside contract."""
        answer: dict[str, object] = {
            "line": self.line,
            "kind": self.kind.value,
            "allocations": _allocations(self.allocations),
            "confidence": self.confidence,
            "automatic": self.automatic,
            "reason": self.reason,
        }
        if self.gap is not None:
            answer["gap"] = {"kind": self.gap.value, "amount": in_euros(self.gap_cents)}
        if self.candidates:
            answer["candidates"] = [
                {
                    "customer": one.customer,
                    "allocations": _allocations(one.allocations),
                    "confidence": one.confidence,
                    "reason": one.reason,
                }
                for one in self.candidates
            ]
        return answer


def _allocations(allocations: tuple[Allocation, ...]) -> list[dict[str, str]]:
    return [{"invoice": one.ref, "amount": in_euros(one.cents)} for one in allocations]


def in_euros(cents: int) -> str:
    """Return 123456 as "1234.56"."""
    units, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{units}.{rest:02d}"
