"""Statements for a million claims, and for one; beside them, what people do instead.

Claims due over ten years with none to five payments each, on 30 June 2026: seven in ten between
professionals, the others under a clause, a public purchaser's rate or the legal rate from a notice.

Beside the engine, on the same claims: a loop in Decimal, written as anyone would, on a sample
(extrapolated, and said so), which must agree to the cent; and a spreadsheet's formula in Polars,
in floating point, with how far it is from the engine.

    python -m benchmarks.engine [10000 100000 1000000]
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import polars as pl

from exigible.domain.case import (
    Case,
    CaseClaim,
    ClaimKind,
    Clause,
    CreditorKind,
    DebtorKind,
    Payment,
    Regime,
)
from exigible.domain.engine import (
    TO_PRINCIPAL,
    Claims,
    EventKind,
    Events,
    Ints,
    Rates,
    Result,
    compute,
)
from exigible.domain.law import shipped_law
from exigible.domain.rates import Schedule, ScheduleKey, build_schedule
from exigible.domain.statement import statement

AS_OF = date(2026, 6, 30)
FIRST_DUE = date(2016, 7, 1)
SIZES = (10_000, 100_000, 1_000_000)
SLICE = 100_000  # claims at a time: the engine's memory is that of a slice
SAMPLE = 2_000  # claims of the Decimal loop
MOST_PAYMENTS = 5
TIMES = 500
LONGEST_NOTICE = 90  # days from the due date to the formal notice, less one
CENT = Decimal(1)


@dataclass(frozen=True, slots=True)
class Book:
    """Claims as columns, a case each, and their payments, sorted by claim and day."""

    claims: Claims
    indemnity: Ints  # 40 €, or nothing
    paid_claim: Ints
    paid_day: Ints
    paid_cents: Ints
    schedules: list[Schedule]


def main() -> None:
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    for size in sizes:
        measure(size)
    one_claim()


def measure(size: int) -> None:
    """Time the engine on `size` claims, then the loop and the formula on the same ones."""
    book = generate(size)
    rates = Rates.of(book.schedules)
    seconds, totals, lines = run_engine(book, rates)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    payments = len(book.paid_claim)
    print(
        f"{size:>9,} créances, {payments:,} paiements, {lines:,} lignes : {seconds:.2f} s, "
        f"mémoire du processus au plus {peak:.2f} Go"
    )
    decimal_loop(book, totals)
    polars_formula(book, rates, totals)


# ---- the claims


def generate(size: int) -> Book:
    """Draw claims: the same ones every time."""
    random = np.random.default_rng(2026)
    schedules = _schedules()
    span = (AS_OF - FIRST_DUE).days
    due = FIRST_DUE.toordinal() + random.integers(0, span, size)
    principal = random.integers(5_000, 2_000_000, size)
    kind = random.choice(4, size, p=[0.7, 0.1, 0.1, 0.1])
    first = due + 1
    noticed = kind == 3
    first[noticed] += random.integers(10, LONGEST_NOTICE, int(noticed.sum()))
    half = np.array([_half_year(date.fromordinal(day)) for day in first.tolist()])
    schedule = np.where(kind == 2, 3 + half, kind)
    schedule[noticed] = 2
    count = random.integers(0, MOST_PAYMENTS + 1, size)
    claim = np.repeat(np.arange(size), count)
    day = due[claim] + random.integers(-20, span, len(claim))
    # Each payment is at most a sixth of its claim: their sum never passes the principal.
    cents = 1 + (principal[claim] * random.random(len(claim)) / 6).astype(np.int64)
    known = day <= AS_OF.toordinal()
    claim, day, cents = claim[known], day[known], cents[known]
    order = np.lexsort((day, claim))
    return Book(
        claims=Claims(
            case=np.arange(size),
            due=due,
            principal=principal,
            first=first,
            last=np.full(size, AS_OF.toordinal()),
            schedule=schedule,
        ),
        indemnity=np.where(noticed, 0, 4000),
        paid_claim=claim[order],
        paid_day=day[order],
        paid_cents=cents[order],
        schedules=schedules,
    )


def _schedules() -> list[Schedule]:
    """Statutory penalties, a clause of 12 %, the legal rate, then a public rate for each half-year."""
    law = shipped_law()

    def build(regime: Regime, **more: object) -> Schedule:
        key = ScheduleKey(regime=regime, first_day=FIRST_DUE, last_day=AS_OF, **more)
        return build_schedule(key, law)

    return [
        build(Regime.B2B_PENALTIES),
        build(Regime.CONTRACT, clause=Clause(rate=120_000)),
        build(Regime.LEGAL_INTEREST),
        *(
            build(Regime.PUBLIC_PURCHASER, frozen_on=day, points_on=day)
            for day in _half_year_days()
        ),
    ]


def _half_year_days() -> list[date]:
    return [date(year, month, 1) for year in range(2016, 2027) for month in (1, 7)]


def _half_year(day: date) -> int:
    """Return the position of a day's half-year among `_half_year_days`."""
    return 2 * (day.year - 2016) + (day.month > 6)


# ---- the engine


def run_engine(book: Book, rates: Rates, *, to_principal: bool = False) -> tuple[float, Ints, int]:
    """Return seconds, the total of each claim, and how many lines were written."""
    size = len(book.claims.due)
    totals = np.zeros(size, np.int64)
    lines = 0
    started = time.perf_counter()
    for start in range(0, size, SLICE):
        end = min(start + SLICE, size)
        result = _slice(book, rates, start, end, to_principal=to_principal)
        assert not (result.unknown_row >= 0).any()
        totals[start:end] = result.total
        lines += len(result.lines.amount)
    return time.perf_counter() - started, totals, lines


def _slice(book: Book, rates: Rates, start: int, end: int, *, to_principal: bool) -> Result:
    whole = book.claims
    claims = Claims(
        case=np.arange(end - start),
        due=whole.due[start:end],
        principal=whole.principal[start:end],
        first=whole.first[start:end],
        last=whole.last[start:end],
        schedule=whole.schedule[start:end],
    )
    low, high = np.searchsorted(book.paid_claim, [start, end])
    late = np.flatnonzero(book.indemnity[start:end])
    paid = book.paid_claim[low:high] - start
    claim = np.concatenate((late, paid))
    kinds = (EventKind.INDEMNITY, EventKind.PAYMENT)
    events = Events(
        case=claim,
        claim=claim,
        kind=np.repeat(np.array(kinds, np.int64), [len(late), len(paid)]),
        day=np.concatenate((claims.due[late] + 1, book.paid_day[low:high])),
        amount=np.concatenate((book.indemnity[start:end][late], book.paid_cents[low:high])),
        allocation=np.full(len(claim), TO_PRINCIPAL if to_principal else 0, np.int64),
    )
    as_of = np.full(end - start, AS_OF.toordinal(), np.int64)
    return compute(claims, events.taken(events.order()), rates, as_of=as_of)


def one_claim() -> None:
    """Time the statement of one claim with three payments, once the rates are read."""
    case = Case(
        creditor_kind=CreditorKind.PROFESSIONAL,
        debtor_kind=DebtorKind.PROFESSIONAL,
        claims=(
            CaseClaim(
                ref="F-1",
                kind=ClaimKind.INVOICE,
                due_on=date(2024, 1, 31),
                principal_cents=1_234_567,
                fixed_indemnity=True,
            ),
        ),
        events=tuple(
            Payment(on=day, amount_cents=100_000, claim=0)
            for day in (date(2024, 5, 10), date(2024, 12, 2), date(2025, 9, 9))
        ),
    )
    statement(case, AS_OF)
    times = []
    for _ in range(TIMES):
        started = time.perf_counter()
        statement(case, AS_OF)
        times.append((time.perf_counter() - started) * 1000)
    print(
        f"une créance, trois paiements : {statistics.median(times):.2f} ms en médiane de {TIMES}, "
        f"{min(times):.2f} ms au mieux"
    )


# ---- what people do instead


def decimal_loop(book: Book, totals: Ints) -> None:
    """The same statements in a plain loop of Decimals: exact, and slow."""
    size = len(book.claims.due)
    sample = list(range(0, size, max(1, size // SAMPLE)))[:SAMPLE]
    rows = [
        [
            (row.start.toordinal(), Decimal(row.rate) / 1_000_000, row.divisor)
            for row in schedule.rows
        ]
        for schedule in book.schedules
    ]
    bounds = np.searchsorted(book.paid_claim, np.arange(size + 1)).tolist()
    started = time.perf_counter()
    found = [_by_hand(book, index, rows, bounds[index], bounds[index + 1]) for index in sample]
    seconds = time.perf_counter() - started
    wrong = sum(1 for index, cents in zip(sample, found, strict=True) if totals[index] != cents)
    print(
        f"          boucle en Decimal : {seconds:.2f} s pour {len(sample):,} créances, soit "
        f"{seconds / len(sample) * size:.0f} s extrapolées ; {wrong} totaux différents du moteur"
    )


def _by_hand(
    book: Book, index: int, schedules: list[list[tuple[int, Decimal, int]]], low: int, high: int
) -> int:
    """Return a claim's total: cut at each rate and payment, round each line, pay in legal order."""
    claims = book.claims
    rows = schedules[int(claims.schedule[index])]
    principal = int(claims.principal[index])
    first, last, due = (int(column[index]) for column in (claims.first, claims.last, claims.due))
    owed_indemnity, interest, paid, line_start = 0, 0, 0, first
    indemnity_due = int(book.indemnity[index])
    settled, gross = 0, 0

    def accrue(until: int) -> int:
        total = 0
        for position, (start, rate, divisor) in enumerate(rows):
            end = rows[position + 1][0] - 1 if position + 1 < len(rows) else until
            low, high = max(start, line_start), min(end, until, last)
            if position == 0:
                low = line_start
            if low <= high:
                exact = principal * rate * (high - low + 1) / divisor
                total += int(exact.quantize(CENT, rounding=ROUND_HALF_UP))
        return total

    charged = False
    for place in range(low, high):
        day, amount = int(book.paid_day[place]), int(book.paid_cents[place])
        if not charged and day > due:
            owed_indemnity, gross, charged = indemnity_due, indemnity_due, True
        take = min(amount, owed_indemnity)
        owed_indemnity -= take
        amount, paid = amount - take, paid + take
        pending = accrue(day)
        take = min(amount, interest + pending - settled)
        settled += take
        amount, paid = amount - take, paid + take
        if amount:
            interest += pending
            line_start = max(line_start, day + 1)
            principal -= amount
            paid += amount
    if not charged:
        gross = indemnity_due
    return int(claims.principal[index]) + interest + accrue(last) + gross - paid


def polars_formula(book: Book, rates: Rates, totals: Ints) -> None:
    """A spreadsheet's way: principal × Σ rate × days / 365 less the same on each payment, in floats.

    It is close when payments go to principal; it knows neither the legal order nor the line.
    """
    index = _rate_index(book.schedules)
    started = time.perf_counter()
    claims = pl.DataFrame(
        {
            "claim": book.claims.case,
            "schedule": book.claims.schedule,
            "day": book.claims.first - 1,
            "principal": book.claims.principal / 100,
            "indemnity": book.indemnity / 100,
        }
    ).join(index, on=["schedule", "day"])
    paid = pl.DataFrame(
        {"claim": book.paid_claim, "paid_on": book.paid_day, "amount": book.paid_cents / 100}
    )
    end = index.filter(pl.col("day") == AS_OF.toordinal()).rename({"index": "end"}).drop("day")
    claims = claims.join(end, on="schedule")
    saved = (
        paid.join(
            claims.select("claim", "schedule", "end", pl.col("day").alias("from")), on="claim"
        )
        .with_columns(day=pl.max_horizontal("paid_on", "from"))
        .join(index, on=["schedule", "day"])
        .group_by("claim")
        .agg(
            saved=(pl.col("amount") * (pl.col("end") - pl.col("index"))).sum(),
            paid=pl.col("amount").sum(),
        )
    )
    interest = pl.col("principal") * (pl.col("end") - pl.col("index")) - pl.col("saved")
    total = pl.col("principal") + interest + pl.col("indemnity") - pl.col("paid")
    found = (
        claims.join(saved, on="claim", how="left")
        .with_columns(pl.col("saved", "paid").fill_null(0.0))
        .with_columns(total=total.round(2))
        .sort("claim")["total"]
        .to_numpy()
    )
    seconds = time.perf_counter() - started
    cents = np.rint(found * 100).astype(np.int64)
    _, to_principal, _ = run_engine(book, rates, to_principal=True)
    print(f"          formule Polars : {seconds:.2f} s, en nombres flottants")
    for name, exact in (("ordre légal", totals), ("tout au principal", to_principal)):
        gap = np.abs(cents - exact)
        print(
            f"            écart avec le moteur, {name} : {np.mean(gap > 0):.0%} des créances, "
            f"{int(np.median(gap))} centimes en médiane, {int(gap.max()):,} au plus, "
            f"{int(gap.sum()) / 100:,.2f} € en tout"
        )


def _rate_index(schedules: list[Schedule]) -> pl.DataFrame:
    """Return, by schedule and day, what one euro has borne since the beginning, in floats."""
    parts = []
    end_day = AS_OF.toordinal() - FIRST_DUE.toordinal() + 2
    days = range(FIRST_DUE.toordinal() - 1, AS_OF.toordinal() + LONGEST_NOTICE + 1)
    for number, schedule in enumerate(schedules):
        daily = np.zeros(len(days))
        rows = schedule.rows
        for position, row in enumerate(rows):
            start = max(row.start.toordinal() - days.start, 1)
            if position == 0:
                start = 1
            end = (
                rows[position + 1].start.toordinal() - days.start
                if position + 1 < len(rows)
                else None
            )
            daily[start:end] = row.rate / 1_000_000 / row.divisor
        daily[end_day:] = 0  # interest that starts later bears nothing yet
        parts.append(
            pl.DataFrame(
                {
                    "schedule": np.full(len(days), number, np.int64),
                    "day": np.array(days, np.int64),
                    "index": np.cumsum(daily),
                }
            )
        )
    return pl.concat(parts)


if __name__ == "__main__":
    main()
