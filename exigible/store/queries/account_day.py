"""One account on one day: its figures and its open claims, from the engine that all screens share."""

from dataclasses import dataclass
from datetime import date

from exigible.domain.book import accessories_by_claim, chased_by_claim, figures, overdue_rows
from exigible.domain.law import Law
from exigible.store.columns import Scope, read_book
from exigible.store.models import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOnDay:
    """An open claim as it stood; `accessories_cents` is None where a rate is not known."""

    claim: Claim
    balance_cents: int
    disputed_cents: int
    held_cents: int
    chased_cents: int
    accessories_cents: int | None
    overdue: bool
    noticed_on: date | None

    @property
    def state(self) -> str:
        """The key of its chip, the gravest first."""
        if self.claim.due_on_source == "derived":
            return "derived"
        if self.disputed_cents:
            return "disputed" if self.disputed_cents >= self.balance_cents else "disputed_part"
        if self.held_cents:
            return "held"
        if self.claim.retention:
            return "retention"
        if self.overdue and self.noticed_on:
            return "noticed"
        return "overdue" if self.overdue else "not_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDay:
    """The sums of an account on a day, in cents, under the names every screen uses."""

    on: date
    claims: list[ClaimOnDay]
    balance_cents: int
    not_due_cents: int
    overdue_cents: int
    disputed_cents: int
    held_cents: int
    credit_cents: int
    chased_cents: int
    accessories_cents: int | None
    oldest_due_on: date | None

    @property
    def overdue_claims(self) -> int:
        return sum(1 for one in self.claims if one.overdue)

    @property
    def principal_cents(self) -> int:
        """What the open claims add up to, before unallocated credit."""
        return sum(one.balance_cents for one in self.claims)


def account_day(account_id: int, on: date, law: Law) -> AccountDay:
    """Return the account on `on`, as known now: a handful of queries, whatever its size."""
    book = read_book(Scope(ids=(account_id,)), on)
    sums = figures(book, law)
    overdue = overdue_rows(book)
    chased = chased_by_claim(book)
    accessories, known = accessories_by_claim(book, law)
    rows = Claim.objects.in_bulk(book.claim_id.tolist())
    claims = [
        ClaimOnDay(
            claim=rows[claim_id],
            balance_cents=int(book.claim_balance[row]),
            disputed_cents=int(book.claim_disputed[row]),
            held_cents=int(min(book.claim_held[row], book.claim_balance[row])),
            chased_cents=int(chased[row]),
            accessories_cents=int(accessories[row]) if known[row] else None,
            overdue=bool(overdue[row]),
            noticed_on=_day(int(book.claim_notice[row])),
        )
        for row, claim_id in enumerate(book.claim_id.tolist())
    ]
    claims.sort(key=lambda one: (one.claim.due_on, one.claim.pk))
    return AccountDay(
        on=on,
        claims=claims,
        balance_cents=int(sums.balance[0]),
        not_due_cents=int(sums.not_due[0]),
        overdue_cents=int(sums.overdue[0]),
        disputed_cents=int(sums.disputed[0]),
        held_cents=int(sums.held[0]),
        credit_cents=int(sums.credit[0]),
        chased_cents=int(sums.chased[0]),
        accessories_cents=int(sums.accessories[0]) if sums.accessories_known[0] else None,
        oldest_due_on=_day(int(sums.oldest_due[0])),
    )


def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if ordinal else None
