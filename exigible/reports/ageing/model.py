"""What the aged balance is asked and answers: modes, filters, amounts by lateness, lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

BOUNDS = (30, 60, 90, 180)  # last day late of each bucket but the last
NEVER = 1_000_000  # more days than any lateness
NOBODY = 0  # as a collector: the accounts that nobody looks after


class Mode(StrEnum):
    """Which facts count on a past day."""

    RECOMPUTED = "recalculee"  # by the day they count, whenever we learnt of them
    AS_KNOWN = "arretee"  # only what had been recorded by the end of that day

    @property
    def other(self) -> Mode:
        return Mode.AS_KNOWN if self is Mode.RECOMPUTED else Mode.RECOMPUTED


class Since(StrEnum):
    """Which day age is counted from."""

    DUE = "echeance"
    ISSUED = "emission"  # nothing is then « not due »; a claim without that day uses its due date


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Cents by column; `credit` is negative, so that all columns but `bills` sum to `balance`."""

    not_due: int = 0  # bills included
    bills: int = 0
    late_30: int = 0
    late_60: int = 0
    late_90: int = 0
    late_180: int = 0
    late_more: int = 0
    credit: int = 0
    balance: int = 0

    @property
    def overdue(self) -> int:
        return self.late_30 + self.late_60 + self.late_90 + self.late_180 + self.late_more


AMOUNTS = tuple(field.name for field in fields(Amounts))
LATE = ("late_30", "late_60", "late_90", "late_180", "late_more")
# Days late of a column's claims: above the first, up to the second.
DAYS: dict[str, tuple[int, int]] = {
    "not_due": (-NEVER, 0),
    "bills": (-NEVER, 0),
    **{
        name: (low, high)
        for name, low, high in zip(LATE, (0, *BOUNDS), (*BOUNDS, NEVER), strict=True)
    },
    "overdue": (0, NEVER),
    "balance": (-NEVER, NEVER),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingRow:
    """One account of the aged balance."""

    account_id: int
    number: str
    name: str
    siren: str
    creditor: str
    collector: str
    state: str
    amounts: Amounts
    difference: int | None = None  # in a comparison: recomputed less as known, on the balance


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingFilters:
    """What narrows the view, and how it counts; empty values narrow nothing."""

    portfolio_ids: Sequence[int] | None = None  # None: every portfolio
    account_ids: Sequence[int] | None = None  # None: every account
    creditor_id: int | None = None
    collector_id: int | None = None  # NOBODY: accounts without a collector
    debtor_kind: str = ""
    older_than: int | None = None  # only accounts with something later than that: 0 or a bound
    with_credit: bool = False  # only accounts with unallocated credit
    with_disputes: bool = True  # False: what is contested on the day is left out
    since: Since = Since.DUE

    @property
    def figures_suffice(self) -> bool:
        """Say whether the accounts' figures can answer: they know no other way of counting."""
        return self.with_disputes and self.since is Since.DUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """A page of the aged balance, and the totals of the whole view."""

    on: date
    mode: Mode
    rows: tuple[AgeingRow, ...]
    accounts: int
    totals: Amounts
    difference: int | None  # of the whole view, in a comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimBehind:
    """One claim of a figure; `cents` is what the figure counts of it."""

    claim_id: int
    account_id: int
    number: str
    name: str
    ref: str
    label: str
    kind: str
    issued_on: date | None
    due_on: date
    derived: bool  # its due date comes from terms, not from a file
    late: int  # days, by the way of counting asked for
    amount_cents: int  # as first recorded
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditBehind:
    """One payment or credit note not wholly allocated; `cents` is the unallocated part, negative."""

    payment_id: int
    account_id: int
    number: str
    name: str
    kind: str
    value_date: date
    label: str
    amount_cents: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind[Line]:
    """A page of what a figure is made of, and the whole of it."""

    lines: tuple[Line, ...]
    count: int
    cents: int
