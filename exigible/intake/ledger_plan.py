"""What the ledger lines of one customer amount to: claims, payments, what settled and what moved.

Filled by `intake.ledger_replay`, written to the database by `operations.ledger_facts`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from exigible.intake.receivables import (
    ADVANCE_PREFIX,
    RETENTION_PREFIX,
    CreditKind,
    PostedAs,
    credit_kind,
)

Order = tuple[int, str, bytes, int]
Age = tuple[date, date, Order]
FIRST: Order = (0, "", b"", 0)
GroupKey = tuple[str, date | None, str]  # ledger account, financial year's end, lettering code


@dataclass(slots=True, kw_only=True, eq=False)
class Line:
    """A line of a customer's account, of any year. `cents` above zero is a debit.

    `claim_id` and `payment_id` are what it became at an earlier import; `token` is whatever the
    caller finds it again by; `order` ranks lines of one day, the same in whatever file they came.
    A `gap` line is none of the ledger's: it stands for what an opening balance says and no known
    line explains.
    """

    token: object
    order: Order
    fy: date
    journal: str
    entry_num: str
    on: date
    ledger_account: str
    piece_ref: str
    piece_date: date | None
    label: str
    cents: int
    code: str
    opening: bool
    posted_as: PostedAs
    claim_id: int | None = None
    payment_id: int | None = None
    batch_id: int = 0  # the import that last held it
    gap: bool = False

    @property
    def group(self) -> GroupKey | None:
        if self.code:
            return (self.ledger_account, self.fy, self.code)
        if self.ledger_account.startswith(ADVANCE_PREFIX):
            return (self.ledger_account, None, "")  # what uses an advance is posted against it
        return None

    @property
    def issued_on(self) -> date:
        return self.piece_date or self.on


@dataclass(slots=True, eq=False)
class Opened:
    """A claim and the debits that opened it: one, or two where an advance is part of the invoice."""

    line: Line
    debits: list[Line]
    ref: str
    is_invoice: bool
    detail_unknown: bool
    left: dict[str, int] = field(default_factory=dict)  # by ledger account

    @property
    def cents(self) -> int:
        return sum(debit.cents for debit in self.debits)

    @property
    def ledger_account(self) -> str:
        """Where it stands today: where most of what is left of it is, else where it was last."""
        standing = {place: cents for place, cents in self.left.items() if cents > 0}
        return max(standing, key=standing.__getitem__) if standing else next(reversed(self.left))

    @property
    def retention(self) -> bool:
        """Say whether all that is left of it is held back as *retenue de garantie*."""
        standing = [place for place, cents in self.left.items() if cents > 0]
        return bool(standing) and all(place.startswith(RETENTION_PREFIX) for place in standing)


@dataclass(eq=False)
class Credit:
    """A payment or credit note, or the credit side of a transfer while it looks for its claims."""

    line: Line
    cents: int
    left: int
    transfer: Transfer | None = None

    @cached_property
    def kind(self) -> CreditKind:
        line = self.line
        if line.gap or self.transfer is not None:
            return CreditKind.OTHER
        return credit_kind(line.posted_as, line.ledger_account, line.piece_ref, line.label)


@dataclass(slots=True, eq=False)
class Part:
    """What is left of a claim in one ledger account."""

    claim: Opened
    place: str
    left: int
    since: date

    @property
    def age(self) -> Age:
        line = self.claim.line
        return (line.issued_on, line.on, line.order)


@dataclass(frozen=True, slots=True)
class Piece:
    """So much of a claim paid by so much of a payment, from a day."""

    credit: Credit
    claim: Opened
    place: str
    cents: int
    on: date


@dataclass(frozen=True, slots=True)
class Move:
    """So much of a claim that changes ledger account on a day."""

    claim: Opened
    source: str
    target: str
    cents: int
    on: date


@dataclass(slots=True, eq=False)
class Group:
    """What settles together: a lettering code of an account and year, or an account of advances."""

    key: GroupKey
    waiting: list[tuple[Age, int, Part]] = field(default_factory=list)
    credits: deque[Credit] = field(default_factory=deque)
    pieces: list[Piece] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)

    @property
    def names_claims(self) -> bool:
        """Say whether the pairs are facts: one payment, or one claim."""
        return (
            len({id(piece.credit) for piece in self.pieces}) == 1
            or len({id(piece.claim) for piece in self.pieces}) == 1
        )


@dataclass(slots=True, eq=False)
class Transfer:
    """Credits and debits of one entry that move claims of the customer between its accounts."""

    credits: list[Line]
    debits: list[Line]
    to_fill: list[int] = field(default_factory=list)  # by debit


@dataclass(frozen=True, slots=True)
class Return:
    """A payment that came back: the credit, and the debit that took it."""

    credit: Credit
    debit: Line


@dataclass(slots=True)
class Plan:
    """What the lines of one customer amount to."""

    claims: list[Opened]
    payments: list[Credit]
    returns: list[Return]
    groups: list[Group]  # those in which something settled
    moves: list[Move]  # of no group
    unexplained: list[tuple[date, str, int]]  # year, ledger account, cents: what a gap line covers
