"""What a line brings, an account after another: kept as JSON, written as payments and allocations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Share = tuple[int, int]  # claim, cents
CreditUse = tuple[int, int, int]  # credit note (payment), claim, cents


@dataclass(slots=True, kw_only=True)
class Part:
    """What a line brings to one account.

    `cents` is its money, of which `claims` are allocated, `accessories` pay what is due on top of
    claims (penalties, the 40 €), and the rest is *crédit non affecté*;
    `credits` are credit notes used up on claims, `discounts` what is granted on top. With
    `payment_id` the ledger had recorded that money already: the line is that payment.
    """

    account_id: int
    cents: int
    claims: list[Share] = field(default_factory=list)
    credits: list[CreditUse] = field(default_factory=list)
    discounts: list[Share] = field(default_factory=list)
    accessories: list[Share] = field(default_factory=list)
    payment_id: int | None = None

    @property
    def allocated_cents(self) -> int:
        return sum(cents for _, cents in self.claims)

    @property
    def accessory_cents(self) -> int:
        return sum(cents for _, cents in self.accessories)

    @property
    def unallocated_cents(self) -> int:
        return self.cents - self.allocated_cents - self.accessory_cents

    @property
    def discount_cents(self) -> int:
        return sum(cents for _, cents in self.discounts)

    def settled(self) -> dict[int, int]:
        """Return by how much each claim's principal falls, whatever by."""
        found: dict[int, int] = {}
        for claim, cents in (
            *self.claims,
            *((claim, cents) for _, claim, cents in self.credits),
            *self.discounts,
        ):
            found[claim] = found.get(claim, 0) + cents
        return found

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"account": self.account_id, "cents": self.cents}
        for name in ("claims", "credits", "discounts", "accessories"):
            if rows := getattr(self, name):
                said[name] = [list(row) for row in rows]
        if self.payment_id is not None:
            said["payment"] = self.payment_id
        return said

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Part:
        return cls(
            account_id=said["account"],
            cents=said["cents"],
            claims=[(row[0], row[1]) for row in said.get("claims", ())],
            credits=[(row[0], row[1], row[2]) for row in said.get("credits", ())],
            discounts=[(row[0], row[1]) for row in said.get("discounts", ())],
            accessories=[(row[0], row[1]) for row in said.get("accessories", ())],
            payment_id=said.get("payment"),
        )


def parts_from(said: Iterable[Mapping[str, Any]]) -> list[Part]:
    """Return parts kept as JSON."""
    return [Part.from_json(one) for one in said]


def parts_as_json(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return parts as they are kept."""
    return [part.as_json() for part in parts]


def money_of(parts: Iterable[Part]) -> int:
    """Return the money of some parts: the line, and what was kept of it."""
    return sum(part.cents for part in parts)


def one_account(parts: Sequence[Part]) -> int | None:
    """Return the account of parts that are all of one."""
    accounts = {part.account_id for part in parts}
    return accounts.pop() if len(accounts) == 1 else None
