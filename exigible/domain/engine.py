"""The one engine: interest, allocation and totals on columns, for one claim or a million.

Time is whole days (proleptic ordinals), money whole cents, rates 1/10,000 of a percent. Claims and
events are columns; events of a case are taken in order, one of each case in a round, all cases at
once. Interest accrues lazily: a claim's line is cut only where its base or its rate changes
(contracts of the statement), so an event that changes neither leaves no trace.

Conventions: interest is simple, base × rate × days / divisor, each line rounded half up to the cent
(calculation of the public sheets); the day of a payment still bears interest; a payment pays costs,
40 €, penalty clause, capitalised interest, interest, principal, in that order (C. civ. 1343-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from exigible.domain.rates import Schedule

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER = 9_999_999  # a day after every other
RATE_DIVISOR = 1_000_000  # 1/10,000 of a percent
_PLAIN_PRODUCT = 2**61  # under it, twice a product and a denominator stay within 64 bits
_SPAN = 10_000_000  # more days than any calendar here: packs (schedule, day) in one key


class EventKind(IntEnum):
    """What an event does to a claim's columns."""

    INDEMNITY = 0  # 40 € of a late invoice, if some principal is left
    PENALTY_CLAUSE = 1
    COST = 2
    PAYMENT = 3
    CREDIT_NOTE = 4
    CAPITALISE = 5


_TURN = np.array([0, 0, 1, 3, 2, 4])  # of each kind of event, within a day


class Bucket(IntEnum):
    """What a payment is allocated to, in the order of the law."""

    COSTS = 0
    FIXED_INDEMNITY = 1
    PENALTY_CLAUSE = 2
    CAPITALISED_INTEREST = 3
    INTEREST = 4
    PRINCIPAL = 5


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a payment pays, in order, and whether debts share it pro rata rather than in turn."""

    buckets: tuple[Bucket, ...]
    shared: bool = False


LEGAL_ORDER = Allocation(tuple(Bucket))  # C. civ. art. 1343-1
PRINCIPAL_ONLY = Allocation((Bucket.PRINCIPAL,))  # the creditor's consent
ALLOCATIONS = (LEGAL_ORDER, PRINCIPAL_ONLY)
TO_PRINCIPAL = ALLOCATIONS.index(PRINCIPAL_ONLY)


@dataclass(frozen=True, slots=True)
class Rates:
    """Schedules laid end to end: row `i` of schedule `s` starts on `starts[i]`."""

    keys: Ints  # s × _SPAN + start, increasing
    starts: Ints
    ends: Ints  # day before the next row of the schedule; NEVER for its last
    rates: Ints
    divisors: Ints
    unknown: Flags
    sources: tuple[str, ...]

    @classmethod
    def of(cls, schedules: list[Schedule]) -> Rates:
        """Lay schedules end to end; their index is their position in the list."""
        starts: list[int] = []
        ends: list[int] = []
        keys: list[int] = []
        rates: list[int] = []
        divisors: list[int] = []
        unknown: list[bool] = []
        sources: list[str] = []
        for index, schedule in enumerate(schedules):
            days = [row.start.toordinal() for row in schedule.rows]
            days[0] = 0  # the first row also covers earlier days: none is asked of it
            for row, start, following in zip(
                schedule.rows, days, [*days[1:], NEVER + 1], strict=True
            ):
                starts.append(start)
                ends.append(following - 1)
                keys.append(index * _SPAN + start)
                rates.append(row.rate)
                divisors.append(row.divisor)
                unknown.append(row.unknown is not None)
                sources.append(row.source)
        return cls(
            keys=np.array(keys, dtype=np.int64),
            starts=np.array(starts, dtype=np.int64),
            ends=np.array(ends, dtype=np.int64),
            rates=np.array(rates, dtype=np.int64),
            divisors=np.array(divisors, dtype=np.int64),
            unknown=np.array(unknown, dtype=np.bool_),
            sources=tuple(sources),
        )

    def rows_on(self, schedules: Ints, days: Ints) -> Ints:
        """Return the row of each schedule on each day."""
        found: Ints = self.keys.searchsorted(schedules * _SPAN + days, side="right") - 1
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Columns of claims, those of a case side by side, cases in increasing order."""

    case: Ints
    due: Ints
    principal: Ints
    first: Ints  # first day of interest; NEVER where none runs
    last: Ints  # last day of interest, at most the as-of day
    schedule: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Columns of events, in order within a case; `claim` is a row of `Claims`, −1 for the case.

    `allocation` says how a payment is allocated: a position in the allocations given to `compute`.
    """

    case: Ints
    claim: Ints
    kind: Ints
    day: Ints
    amount: Ints
    allocation: Ints

    def order(self) -> Ints:
        """Return the order to take events in: case, day, then what a day adds before what it pays.

        Of one day: what falls due, costs, credit notes, payments in the order given, capitalisation.
        """
        return np.lexsort((_TURN[self.kind], self.day, self.case))

    def taken(self, order: Ints) -> Events:
        """Return the events in another order."""
        return Events(
            case=self.case[order],
            claim=self.claim[order],
            kind=self.kind[order],
            day=self.day[order],
            amount=self.amount[order],
            allocation=self.allocation[order],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Interest lines: one base and one rate over `first` to `last`, both counted."""

    claim: Ints
    first: Ints
    last: Ints
    base: Ints
    row: Ints  # of Rates
    amount: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocated:
    """What each payment paid: event (row of the events given, sorted), claim, bucket, amount."""

    event: Ints
    claim: Ints
    bucket: Ints
    amount: Ints


@dataclass(slots=True)
class Result:
    """Columns of totals by claim; gross amounts, and what is left of each."""

    principal: Ints  # net of credit notes
    interest: Ints  # all of it, capitalised or not
    capitalised: Ints  # part of `interest` moved into the base
    fixed_indemnity: Ints
    penalty_clause: Ints
    costs: Ints
    paid: Ints
    open_principal: Ints
    daily_base: Ints  # what bears interest on the last day, 0 where nothing runs
    daily_rate: Ints  # their product may pass 64 bits: it is the reader's to make
    daily_divisor: Ints
    unknown_row: Ints  # first rate row needed and unknown, −1 if none
    surplus: Ints  # by case: credited beyond what was owed
    lines: Lines
    allocated: Allocated

    @property
    def total(self) -> Ints:
        """Total claimed by claim."""
        return (
            self.principal
            + self.interest
            + self.fixed_indemnity
            + self.penalty_clause
            + self.costs
            - self.paid
        )


def interest_cents(base: Ints, rate: Ints, days: Ints, divisor: Ints) -> Ints:
    """Return base × rate × days / (divisor × 10^6), rounded half up, without overflow.

    The product is split so that no partial product passes 64 bits for bases under 10^13 cents and
    rates under 10^8 (10,000 %).
    """
    denominator = divisor * RATE_DIVISOR
    factor = rate * days
    if len(base) and int(base.max()) * int(factor.max()) < _PLAIN_PRODUCT:
        plain: Ints = (2 * base * factor + denominator) // (2 * denominator)
        return plain
    base_high, base_low = np.divmod(base, denominator)
    factor_high, factor_low = np.divmod(factor, denominator)
    whole = base_high * factor + base_low * factor_high
    cents: Ints = whole + (2 * base_low * factor_low + denominator) // (2 * denominator)
    return cents


def compute(
    claims: Claims,
    events: Events,
    rates: Rates,
    *,
    as_of: Ints,
    burdensome: Flags | None = None,
    allocations: tuple[Allocation, ...] = ALLOCATIONS,
) -> Result:
    """Play sorted `events` over `claims` and return every total on the day `as_of` of each case.

    `as_of` is by case; events after it must not be given. `burdensome` (by case) orders debts by
    rate first when a payment names none. Unknown rates do not stop the computation: the claims
    that need one say so in `unknown_row`, and their amounts are not to be used.
    """
    return _Run(claims, events, rates, as_of, burdensome, allocations).play()


@dataclass(frozen=True, slots=True)
class _Segments:
    """Days of one base and one rate; `at` is the position of their claim among those asked."""

    at: Ints
    claim: Ints
    first: Ints
    last: Ints
    base: Ints
    row: Ints
    amount: Ints

    def sums(self, size: int) -> Ints:
        """Return the interest of each of the `size` claims asked."""
        total = np.zeros(size, np.int64)
        np.add.at(total, self.at, self.amount)
        return total

    def of(self, chosen: Flags) -> _Segments:
        """Return the segments of some of the claims asked."""
        if chosen.all():
            return self
        mine = chosen[self.at]
        return _Segments(self.at[mine], *(column[mine] for column in self.line()))

    def line(self) -> tuple[Ints, ...]:
        return self.claim, self.first, self.last, self.base, self.row, self.amount


class _Run:
    """The state of a computation: one column a bucket, and how far each claim's line has gone."""

    def __init__(
        self,
        claims: Claims,
        events: Events,
        rates: Rates,
        as_of: Ints,
        burdensome: Flags | None,
        allocations: tuple[Allocation, ...],
    ) -> None:
        size = len(claims.due)
        self.claims, self.events, self.rates, self.as_of = claims, events, rates, as_of
        self.burdensome, self.allocations = burdensome, allocations
        self.cut = claims.first - 1  # last day already in a line
        self.principal = claims.principal.copy()
        self.open = {bucket: np.zeros(size, np.int64) for bucket in Bucket}
        self.open[Bucket.PRINCIPAL] = claims.principal.copy()
        self.charged = {Bucket.INTEREST, Bucket.PRINCIPAL}  # the others owe nothing to anyone yet
        self.interest = np.zeros(size, np.int64)
        self.capitalised = np.zeros(size, np.int64)
        self.gross = {
            bucket: np.zeros(size, np.int64)
            for bucket in (Bucket.COSTS, Bucket.FIXED_INDEMNITY, Bucket.PENALTY_CLAUSE)
        }
        self.paid = np.zeros(size, np.int64)
        self.unknown_row = np.full(size, -1, np.int64)
        self.surplus = np.zeros(len(as_of), np.int64)
        self.line_parts: list[tuple[Ints, ...]] = []
        self.allocated_parts: list[tuple[Ints, ...]] = []

    # ---- rounds

    def play(self) -> Result:
        events = self.events
        if len(events.case):
            order = np.arange(len(events.case))
            opening = np.concatenate(([True], events.case[1:] != events.case[:-1]))
            rank = order - np.maximum.accumulate(np.where(opening, order, 0))
            by_rank = rank.argsort(kind="stable")
            bounds = rank[by_rank].searchsorted(np.arange(rank.max() + 2))
            for start, end in pairwise(bounds):
                self._round(by_rank[start:end])
        everyone = np.arange(len(self.claims.due))
        self._commit(everyone, self.as_of[self.claims.case])
        return self._result()

    def _round(self, rows: Ints) -> None:
        """Take one event of each case; rows are positions in the events."""
        kinds = self.events.kind[rows]
        for kind in np.flatnonzero(np.bincount(kinds)):
            chosen = rows[kinds == kind]
            claim, day = self.events.claim[chosen], self.events.day[chosen]
            amount = self.events.amount[chosen]
            match EventKind(int(kind)):
                case EventKind.INDEMNITY:
                    due = self.open[Bucket.PRINCIPAL][claim] > 0
                    self._charge(Bucket.FIXED_INDEMNITY, claim[due], amount[due])
                case EventKind.PENALTY_CLAUSE:
                    due = self.open[Bucket.PRINCIPAL][claim] > 0
                    self._charge(Bucket.PENALTY_CLAUSE, claim[due], amount[due])
                case EventKind.COST:
                    self._charge(Bucket.COSTS, claim, amount)
                case EventKind.CAPITALISE:
                    self._capitalise(claim, day)
                case EventKind.CREDIT_NOTE:
                    self._credit(chosen, None)
                case EventKind.PAYMENT:
                    ways = self.events.allocation[chosen]
                    for way in np.flatnonzero(np.bincount(ways)):
                        self._credit(chosen[ways == way], self.allocations[int(way)])

    def _charge(self, bucket: Bucket, claim: Ints, amount: Ints) -> None:
        self.charged.add(bucket)
        self.open[bucket][claim] += amount
        self.gross[bucket][claim] += amount

    # ---- interest

    def _segments(self, claim: Ints, until: Ints) -> _Segments:
        """Cut the days from each claim's last line to `until` at the changes of rate."""
        first = self.cut[claim] + 1
        last = np.minimum(until, self.claims.last[claim])
        base = self.open[Bucket.PRINCIPAL][claim] + self.open[Bucket.CAPITALISED_INTEREST][claim]
        live = ((first <= last) & (base > 0)).nonzero()[0]
        schedule, first, last = self.claims.schedule[claim[live]], first[live], last[live]
        row_first = self.rates.rows_on(schedule, first)
        count = self.rates.rows_on(schedule, last) - row_first + 1
        each = np.arange(len(live)).repeat(count)
        row = np.arange(len(each)) + (row_first - count.cumsum() + count).repeat(count)
        start = np.maximum(first[each], self.rates.starts[row])
        end = np.minimum(last[each], self.rates.ends[row])
        at = live[each]
        base = base[at]
        amount = interest_cents(
            base, self.rates.rates[row], end - start + 1, self.rates.divisors[row]
        )
        return _Segments(at, claim[at], start, end, base, row, amount)

    def _write(self, segments: _Segments) -> None:
        """Write segments as lines: their interest is owed."""
        if not len(segments.claim):
            return
        self.line_parts.append(segments.line())
        np.add.at(self.interest, segments.claim, segments.amount)
        np.add.at(self.open[Bucket.INTEREST], segments.claim, segments.amount)
        missing = self.rates.unknown[segments.row]
        if missing.any():
            # The first missing row wins: written last, in reverse order.
            self.unknown_row[segments.claim[missing][::-1]] = segments.row[missing][::-1]

    def _commit(self, claim: Ints, until: Ints) -> None:
        """Write the lines of `claim` up to `until` (both a column); later lines start after."""
        self._write(self._segments(claim, until))
        self.cut[claim] = np.maximum(self.cut[claim], until)

    def _capitalise(self, claim: Ints, day: Ints) -> None:
        """Move the unpaid interest, that day's included, into the base (C. civ. 1343-2)."""
        accrued = self._segments(claim, day).sums(len(claim))
        moves = accrued + self.open[Bucket.INTEREST][claim] > 0
        claim, day = claim[moves], day[moves]
        self._commit(claim, day)
        moved = self.open[Bucket.INTEREST][claim]
        self.charged.add(Bucket.CAPITALISED_INTEREST)
        self.capitalised[claim] += moved
        self.open[Bucket.CAPITALISED_INTEREST][claim] += moved
        self.open[Bucket.INTEREST][claim] = 0

    # ---- payments and credit notes

    def _credit(self, rows: Ints, way: Allocation | None) -> None:
        """Allocate one payment of each case, or one credit note of each where `way` is None."""
        claim, left = self.events.claim[rows], self.events.amount[rows]
        named = claim >= 0
        if named.all():
            left = self._credit_claims(rows, claim, left, way)
        else:
            free = ~named
            left[named] = self._credit_claims(rows[named], claim[named], left[named], way)
            left[free] = self._credit_cases(rows[free], left[free], way)
        self.surplus[self.events.case[rows]] += left  # one event of each case

    def _credit_cases(self, rows: Ints, left: Ints, way: Allocation | None) -> Ints:
        """Pay the debts of each case in the order of C. civ. 1342-10, equal debts pro rata."""
        # What owes nothing any more (no base: no interest to come either) is not gone through again.
        owes = np.zeros(len(self.claims.due), np.bool_)
        for column in self.open.values():
            owes |= column > 0
        of_case = np.full(len(self.as_of), -1, np.int64)
        of_case[self.events.case[rows]] = np.arange(len(rows))
        mine = np.flatnonzero((of_case[self.claims.case] >= 0) & owes)
        if not len(mine):
            return left
        slot = of_case[self.claims.case[mine]]  # position in `rows` of each debt's payment
        day = self.events.day[rows[slot]]
        keys = self._turns(mine, day, way)
        order = np.lexsort((mine, *keys, slot))
        mine, slot, keys = mine[order], slot[order], [key[order] for key in keys]
        opening = np.concatenate(([True], slot[1:] != slot[:-1]))
        changes = opening.copy()
        for key in keys:
            changes[1:] |= key[1:] != key[:-1]
        count = np.cumsum(changes)
        turn = count - count[np.maximum.accumulate(np.where(opening, np.arange(len(mine)), 0))]
        by_turn = np.argsort(turn, kind="stable")
        bounds = np.searchsorted(turn[by_turn], np.arange(int(turn.max()) + 2))
        for start, end in pairwise(bounds):
            here = by_turn[start:end]
            here = here[left[slot[here]] > 0]
            if not len(here):
                break
            amount = self._shares(rows, mine[here], slot[here], left, way)
            rest = self._credit_claims(rows[slot[here]], mine[here], amount, way)
            np.subtract.at(left, slot[here], amount - rest)
        return left

    def _turns(self, claim: Ints, day: Ints, way: Allocation | None) -> list[Ints]:
        """Return what tells the debts of a turn from those of the next, the least telling first.

        Debts due first; then the oldest, and among them the highest rate, which the debtor has most
        interest in discharging; the other way round where the case asks for it.
        """
        if way is not None and way.shared:
            return [np.zeros(len(claim), np.int64)]
        due, rate = self.claims.due[claim], -self._rate_on(claim, day)
        late = (due > day).astype(np.int64)
        if self.burdensome is None:
            return [rate, due, late]
        first = self.burdensome[self.claims.case[claim]]
        return [np.where(first, due, rate), np.where(first, rate, due), late]

    def _shares(
        self, rows: Ints, claim: Ints, slot: Ints, left: Ints, way: Allocation | None
    ) -> Ints:
        """Return what each debt of a turn may take: all that is left, or its share among equals.

        Shares are whole cents in proportion to what each debt owes that day, the cents that remain
        going to the first debts. Debts of a case stand side by side.
        """
        amount = left[slot]
        alone = np.bincount(slot, minlength=len(left))[slot] == 1
        if alone.all():
            return amount
        together = np.flatnonzero(~alone)
        payment = slot[together]
        owed = self._owed(claim[together], self.events.day[rows[payment]], way)
        starts = np.flatnonzero(np.concatenate(([True], payment[1:] != payment[:-1])))
        each = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(payment)))
        given, total = left[payment[starts]], np.add.reduceat(owed, starts)
        short = given < total
        share = np.where(short[each], _share(given[each], owed, total[each]), owed)
        spare = np.where(short, given - np.add.reduceat(share, starts), 0)
        amount[together] = share + (np.arange(len(each)) - starts[each] < spare[each])
        return amount

    def _owed(self, claim: Ints, day: Ints, way: Allocation | None) -> Ints:
        """Return what each claim owes, on a day, of what is being paid."""
        buckets = self._buckets(way)
        owed = sum((self.open[bucket][claim] for bucket in buckets), np.zeros(len(claim), np.int64))
        if Bucket.INTEREST in buckets:
            owed = owed + self._segments(claim, day).sums(len(claim))
        return owed

    def _credit_claims(self, rows: Ints, claim: Ints, amount: Ints, way: Allocation | None) -> Ints:
        """Credit each claim with its amount; return what exceeds what it owes."""
        day = self.events.day[rows]
        left = amount.copy()
        segments = self._segments(claim, day)
        to_base = np.zeros(len(claim), np.bool_)
        takes: list[tuple[Bucket, Ints]] = []
        for bucket in self._buckets(way):
            owed = self.open[bucket][claim]
            if bucket is Bucket.INTEREST:
                owed = owed + segments.sums(len(claim))
            if not owed.any():
                continue
            take = np.minimum(left, owed)
            left -= take
            takes.append((bucket, take))
            if bucket in (Bucket.CAPITALISED_INTEREST, Bucket.PRINCIPAL):
                to_base |= take > 0
        if to_base.any():  # the base changes: the line ends here
            self._write(segments.of(to_base))
            cut = claim[to_base]
            self.cut[cut] = np.maximum(self.cut[cut], day[to_base])
        for bucket, take in takes:
            self.open[bucket][claim] -= take
            if way is None:
                self.principal[claim] -= take
                continue
            self.paid[claim] += take
            some = take > 0
            if some.any():
                who = claim[some]
                self.allocated_parts.append(
                    (rows[some], who, np.full(len(who), bucket, np.int64), take[some])
                )
        return left

    def _buckets(self, way: Allocation | None) -> list[Bucket]:
        """A credit note (None) reduces principal, as a payment to principal does."""
        order = (PRINCIPAL_ONLY if way is None else way).buckets
        return [bucket for bucket in order if bucket in self.charged]

    def _rate_on(self, claim: Ints, day: Ints) -> Ints:
        """Return each claim's rate on `day`, 0 where no interest runs."""
        running = (self.claims.first[claim] <= day) & (day <= self.claims.last[claim])
        row = self.rates.rows_on(self.claims.schedule[claim], day)
        return np.where(running, self.rates.rates[row], 0)

    # ---- result

    def _result(self) -> Result:
        claims, rates = self.claims, self.rates
        day = self.as_of[claims.case]
        running = (claims.first <= day) & (claims.last >= day)
        row = rates.rows_on(claims.schedule, day)
        base = self.open[Bucket.PRINCIPAL] + self.open[Bucket.CAPITALISED_INTEREST]
        parts = _joined(self.line_parts, 6)
        order = np.argsort(parts[0], kind="stable")  # a claim's lines are written in their order
        who, first, last, bases, rows, amounts = (part[order] for part in parts)
        taken = _joined(self.allocated_parts, 4)
        by_event = np.argsort(taken[0], kind="stable")  # in the order they were allocated
        return Result(
            principal=self.principal,
            interest=self.interest,
            capitalised=self.capitalised,
            fixed_indemnity=self.gross[Bucket.FIXED_INDEMNITY],
            penalty_clause=self.gross[Bucket.PENALTY_CLAUSE],
            costs=self.gross[Bucket.COSTS],
            paid=self.paid,
            open_principal=self.open[Bucket.PRINCIPAL],
            daily_base=np.where(running, base, 0),
            daily_rate=rates.rates[row],
            daily_divisor=rates.divisors[row],
            unknown_row=self.unknown_row,
            surplus=self.surplus,
            lines=Lines(claim=who, first=first, last=last, base=bases, row=rows, amount=amounts),
            allocated=Allocated(
                event=taken[0][by_event],
                claim=taken[1][by_event],
                bucket=taken[2][by_event],
                amount=taken[3][by_event],
            ),
        )


def _share(given: Ints, owed: Ints, total: Ints) -> Ints:
    """Return given × owed / total, rounded down, without overflow."""
    total = np.maximum(total, 1)  # what owes nothing takes nothing
    if int(given.max()) * int(owed.max()) < _PLAIN_PRODUCT:
        plain: Ints = given * owed // total
        return plain
    exact = given.astype(object) * owed.astype(object) // total.astype(object)
    cents: Ints = exact.astype(np.int64)
    return cents


def _joined(parts: list[tuple[Ints, ...]], width: int) -> list[Ints]:
    """Lay parts of `width` columns end to end."""
    if not parts:
        return [np.zeros(0, np.int64)] * width
    return [np.concatenate(column) for column in zip(*parts, strict=True)]
