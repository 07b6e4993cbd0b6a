"""The open items as columns with their indexes, built once and used for any number of lines; and the
state of a run: what each line has already taken.

Claims may be added, and what remains due of one changed, without building anything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from exigible.domain.matching.facts import Claim, Customer, Learned, Plan
from exigible.domain.matching.payers import Payers
from exigible.domain.matching.references import References
from exigible.domain.matching.texts import compact, folded, without_zeros

UNKNOWN_DAY = 0


class Book:
    """Claims, customers and plans, ready for matching."""

    def __init__(
        self,
        customers: Iterable[Customer],
        claims: Iterable[Claim],
        *,
        plans: Iterable[Plan] = (),
        learned: Learned | None = None,
    ) -> None:
        self.customers: list[Customer] = []
        self.places: dict[str, int] = {}
        self.payers = Payers(learned or Learned())
        self.references = References()
        self.refs: list[str] = []
        self.keys: list[int] = []
        self.owner: list[int] = []
        self.cents: list[int] = []
        self.currency: list[str] = []
        self.issued: list[int] = []  # days as ordinals, 0 where unknown
        self.due: list[int] = []
        self.collected: list[bool] = []
        self.collected_on: list[int] = []
        self.of_customer: list[list[int]] = []
        self._ordered: dict[int, list[int]] = {}
        self.by_amount: dict[tuple[str, int], list[int]] = {}
        self.plans: dict[int, list[PlanRows]] = {}
        self._plan_codes: dict[str, PlanRows] = {}
        self._plan_heads: set[str] = set()  # what their first word may begin with
        self._by_ref: dict[str, list[int]] = {}
        for customer in customers:
            self.add_customer(customer)
        for claim in claims:
            self.add_claim(claim)
        for plan in sorted(plans, key=lambda one: one.code):
            self._add_plan(plan)

    def add_customer(self, customer: Customer) -> int:
        """Add a customer, once; return its place."""
        place = self.places.get(customer.code)
        if place is None:
            place = self.places[customer.code] = len(self.customers)
            self.customers.append(customer)
            self.of_customer.append([])
            self.payers.add(place, customer)
        return place

    def add_claim(self, claim: Claim) -> int:
        """Add an open item; return its place. Its customer is made where it is not known."""
        place = len(self.refs)
        owner = self.places.get(claim.customer)
        if owner is None:
            owner = self.add_customer(Customer(claim.customer))
        self.refs.append(claim.ref)
        self.keys.append(claim.key)
        self.owner.append(owner)
        self.cents.append(claim.cents)
        self.currency.append(claim.currency)
        self.issued.append(claim.issued_on.toordinal() if claim.issued_on else UNKNOWN_DAY)
        due = claim.due_on or claim.issued_on
        self.due.append(due.toordinal() if due else UNKNOWN_DAY)
        self.collected.append(claim.collected)
        received = claim.collected_on
        self.collected_on.append(received.toordinal() if received else UNKNOWN_DAY)
        self.of_customer[owner].append(place)
        self._ordered.pop(owner, None)
        self.by_amount.setdefault((claim.currency, claim.cents), []).append(place)
        self.references.add(place, claim.ref)
        self._by_ref.setdefault(claim.ref, []).append(place)
        return place

    def set_open(self, ref: str, cents: int) -> None:
        """Change what remains due of a claim; zero closes it."""
        for place in self._by_ref[ref]:
            self.by_amount[(self.currency[place], self.cents[place])].remove(place)
            self.cents[place] = cents
            self.by_amount.setdefault((self.currency[place], cents), []).append(place)

    def _add_plan(self, plan: Plan) -> None:
        claims = [place for ref in plan.invoices for place in self._by_ref.get(ref, ())]
        owner = self.places.get(plan.customer)
        if owner is None and claims:
            owner = self.owner[claims[0]]
        if owner is None or not claims or plan.cents <= 0:
            return
        owners = frozenset(self.owner[claim] for claim in claims)
        rows = PlanRows(plan, owner, tuple(claims), owners)
        self.plans.setdefault(owner, []).append(rows)
        key = without_zeros(compact(plan.code))
        if len(key) >= 3:
            self._plan_codes[key] = rows
            self._plan_heads |= {key[0], "0"}  # zeros that begin a number were dropped

    def prepare(self) -> None:
        """Build what the first line would build: weights of words, lengths of numbers."""
        self.payers.prepare()
        self.references.prepare()

    def plan_cited(self, label: str) -> PlanRows | None:
        """Return the plan whose code a plain label carries, in up to three words."""
        codes = self._plan_codes
        if not codes:
            return None
        words = label.split()
        for rank, first in enumerate(words):
            if first[0].isalnum() and folded(first[0]) not in self._plan_heads:
                continue
            joined = ""
            for word in words[rank : rank + 3]:
                joined += without_zeros(compact(word))
                if (rows := codes.get(joined)) is not None:
                    return rows
        return None

    def same_group(self, one: int, other: int) -> bool:
        """Say whether two customers belong to one group."""
        group = self.customers[one].group
        return one == other or (bool(group) and group == self.customers[other].group)

    def in_order(self, customer: int) -> list[int]:
        """Return the claims of a customer, oldest first."""
        found = self._ordered.get(customer)
        if found is None:
            found = self._ordered[customer] = self.oldest_first(self.of_customer[customer])
        return found

    def oldest_first(self, claims: Iterable[int]) -> list[int]:
        """Return claims by due date, then number: the order that does not depend on the file's."""
        return sorted(claims, key=lambda claim: (self.due[claim], self.refs[claim], claim))


@dataclass(frozen=True, slots=True)
class PlanRows:
    """A plan and the places of its customer and claims."""

    plan: Plan
    customer: int
    claims: tuple[int, ...]
    owners: frozenset[int]  # of its claims


@dataclass(slots=True)
class Taken:
    """What an earlier line of the run took, for duplicates and returns."""

    line: str
    on: int
    customer: int
    shares: tuple[tuple[int, int], ...]
    total: int
    transfer: bool = False  # a transfer does not come back as a debit or a cheque does
    returned: bool = False


@dataclass(slots=True)
class State:
    """What is still open as the lines of a run are decided."""

    book: Book
    open: list[int] = field(default_factory=list)  # what remains to be paid
    paid: list[int] = field(default_factory=list)  # what may come back
    by_line: dict[str, Taken] = field(default_factory=dict)
    of_claim: dict[int, list[Taken]] = field(default_factory=dict)
    of_customer: dict[int, list[Taken]] = field(default_factory=dict)
    instalments: dict[str, int] = field(default_factory=dict)  # plan → instalments received
    used_slips: set[str] = field(default_factory=set)
    clock: int = 0  # decisions taken so far
    touched: dict[int, int] = field(default_factory=dict)  # customer → clock of his last decision
    taught: dict[str, set[int]] = field(default_factory=dict)  # IBAN → customers met in this run

    def __post_init__(self) -> None:
        book = self.book
        self.open = [
            0 if back else cents for cents, back in zip(book.cents, book.collected, strict=True)
        ]
        self.paid = [
            cents if back else 0 for cents, back in zip(book.cents, book.collected, strict=True)
        ]

    def fits(self, shares: Sequence[tuple[int, int]]) -> bool:
        """Say whether claims still owe (or were paid) what a line would take, earlier lines deducted."""
        left: dict[int, int] = {}
        for claim, cents in shares:
            before = left.get(claim, self.open[claim])
            after = before - cents
            if before * after < 0 or (cents > 0 and after < 0 <= self.book.cents[claim]):
                return False
            left[claim] = after
        return True

    def take(
        self, line: str, on: int, shares: Sequence[tuple[int, int]], *, transfer: bool = False
    ) -> None:
        """Record what a line pays, below zero what it takes back."""
        for claim, cents in shares:
            before = self.open[claim]
            self.open[claim] -= cents
            self.paid[claim] += cents
            assert before * self.open[claim] >= 0 or before == 0, "more than what was open"
            assert cents <= 0 or self.open[claim] >= 0 or self.book.cents[claim] < 0
        if not shares:
            return
        self.clock += 1
        for claim, _ in shares:
            self.touched[self.book.owner[claim]] = self.clock
        owner = self.book.owner[shares[0][0]]
        taken = Taken(line, on, owner, tuple(shares), sum(cents for _, cents in shares), transfer)
        self.by_line[line] = taken
        for claim, _ in shares:
            self.of_claim.setdefault(claim, []).append(taken)
        self.of_customer.setdefault(owner, []).append(taken)

    def taken_later(self, customer: int, day: int) -> dict[int, int]:
        """Return what lines of that day or later took of a customer's claims."""
        found: dict[int, int] = {}
        if customer in self.touched:
            for claim in self.book.of_customer[customer]:
                for taken in self.of_claim.get(claim, ()):
                    if taken.on >= day:
                        for other, cents in taken.shares:
                            if other == claim:
                                found[claim] = found.get(claim, 0) + cents
        return found

    def payable(self, customer: int, currency: str, day: int) -> list[int]:
        """Return the open items of a customer that a payment of that day may settle."""
        book, still = self.book, self.open
        return [
            claim
            for claim in book.in_order(customer)
            if still[claim] and book.currency[claim] == currency and book.issued[claim] <= day
        ]
