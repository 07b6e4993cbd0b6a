"""Rates by day: what a regime, a clause, a judge or a plan makes of each day's interest.

A `ScheduleKey` says all that a schedule depends on; equal keys share one `Schedule`, rows of days
with one rate each, cut where the law says that a rate starts, so that a million claims share a few.
A day whose rate nobody knows becomes a row that carries its refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache

from exigible.domain.calendar import ONE_DAY, half_year_starts
from exigible.domain.case import Clause, DayCount, Regime
from exigible.domain.french import decimal, half_year, percent, points
from exigible.domain.law import RATE_SCALE, Law, Parameter
from exigible.domain.law.dated import HALF_YEARLY_SINCE
from exigible.domain.law.readings import Reading, watched
from exigible.domain.refusals import OutsideKnownLaw

LEGAL_OTHERS = "taux_interet_legal_autres"
LEGAL_INDIVIDUALS = "taux_interet_legal_particuliers"
BOTH_TRADERS = "C. com. art. L. 441-10 II"
PUBLIC_PURCHASE = "CCP art. R. 2192-31"


@dataclass(frozen=True, slots=True)
class RateRow:
    """From `start` on, `rate` (1/10,000 of a percent) over `divisor` days a year, and why.

    `unknown` carries the refusal when no rate is known; `source` then names what is missing.
    """

    start: date
    rate: int
    divisor: int
    source: str
    unknown: OutsideKnownLaw | None = None
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rates by day; the first row starts at or before the first day asked of it."""

    rows: tuple[RateRow, ...]
    readings: tuple[Reading, ...] = ()  # the values of the law it was built from


class ReliefKind(StrEnum):
    """What stays interest for some days."""

    GRACE = "grace"
    PLAN = "plan"
    OVERINDEBTEDNESS = "overindebtedness"


@dataclass(frozen=True, slots=True)
class Relief:
    """Days, both counted, on which the rate is another; `rate` where the decision gives one."""

    kind: ReliefKind
    first: date
    last: date
    rate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleKey:
    """All that a schedule depends on besides the law: equal keys, same schedule."""

    regime: Regime
    first_day: date
    last_day: date
    legal_parameter: str = LEGAL_OTHERS
    clause: Clause | None = None
    floored: bool = False  # the clause stands between professionals: L. 441-10 minimum
    frozen_on: date | None = None  # public purchasers: day that fixes the rate
    points_on: date | None = None  # public purchasers: day that chooses the points added
    legal_from: date | None = None  # a court orders the legal rate from then on
    assigned: tuple[tuple[date, str], ...] = ()  # legal rate of the next creditors, by day
    increased_from: date | None = None  # L. 313-3
    increase_reliefs: tuple[tuple[date, int], ...] = ()  # points left by the enforcement judge
    reliefs: tuple[Relief, ...] = ()
    day_count: DayCount = DayCount.FIXED_365


def build_schedule(key: ScheduleKey, law: Law) -> Schedule:
    """Build the rows of a schedule; unknown days become rows that carry their refusal."""
    rows = _rows_of_regime(key, law)
    if key.legal_from is not None:
        rows = _legal_after(rows, key, law)
    if key.increased_from is not None:
        rows = _increase(rows, key, law)
    if key.reliefs:
        plain = build_schedule(
            replace(key, increased_from=None, reliefs=(), day_count=DayCount.FIXED_365), law
        ).rows
        for relief in key.reliefs:
            rows = _relieve(rows, plain, key, relief, law)
    if key.day_count is DayCount.ACTUAL:
        rows = _by_year(rows, key.last_day)
    return Schedule(tuple(rows))


def _rows_of_regime(key: ScheduleKey, law: Law) -> list[RateRow]:
    match key.regime:
        case Regime.B2B_PENALTIES:
            return [
                _statutory(law, start) for start in half_year_starts(key.first_day, key.last_day)
            ]
        case Regime.PUBLIC_PURCHASER:
            assert key.frozen_on is not None
            assert key.points_on is not None
            row = _public(law, key.frozen_on, key.points_on)
            return [replace(row, start=key.first_day)]
        case Regime.LEGAL_INTEREST:
            return _legal_rows(key, law)
        case Regime.CONTRACT:
            return _contract(key, law)
        case _:
            return [RateRow(key.first_day, 0, 365, "")]


def _statutory(law: Law, start: date) -> RateRow:
    """ECB rate read on the first day of the half-year, and the points of L. 441-10 II."""
    points_of = law["penalites_retard_majoration"]
    return _bank_plus(law, points_of, start, start, BOTH_TRADERS, half_year(start))


def _public(law: Law, start: date, points_on: date) -> RateRow:
    """ECB rate of the half-year in which interest starts, and the points of the contract's day."""
    points_of = law["interets_moratoires_publics_majoration"]
    period = f"figé au {half_year(start)}"
    return _bank_plus(law, points_of, start, points_on, PUBLIC_PURCHASE, period)


def _bank_plus(
    law: Law, points_of: Parameter, start: date, points_on: date, article: str, period: str
) -> RateRow:
    """Return the row of the ECB rate read on `start`, raised by the points of a day."""
    try:
        base, added = law["taux_bce"].on(start), points_of.on(points_on)
    except OutsideKnownLaw as unknown:
        return _unknown(start, unknown)
    assert base.value is not None
    assert added.value is not None
    return RateRow(
        start,
        base.value + added.value,
        365,
        f"{article} : taux BCE {percent(base.value)} + {points(added.value)}, {period}",
        verified=base.verified and added.verified,
    )


def _legal_rows(key: ScheduleKey, law: Law) -> list[RateRow]:
    """The legal rate of the creditor's category, and of each next creditor's from his day on."""
    current = key.legal_parameter
    rows = _legal(law[current], key.first_day, key.last_day)
    for day, parameter in key.assigned:
        if parameter == current or day > key.last_day:
            continue
        current = parameter
        after = _legal(law[current], key.first_day, key.last_day)
        rows = after if day <= key.first_day else _spliced(rows, after, day)
    return rows


def _spliced(rows: list[RateRow], after: list[RateRow], day: date) -> list[RateRow]:
    """Return rows up to the day before `day`, then those of `after`; the same rate cuts no line."""
    here, there = _row_at(tuple(rows), day), _row_at(tuple(after), day)
    same = (here.start, here.rate, here.unknown) == (there.start, there.rate, there.unknown)
    if same:
        return [row for row in rows if row.start <= here.start] + [
            row for row in after if row.start > here.start
        ]
    return [row for row in _cut(rows, day) if row.start < day] + [
        row for row in _cut(after, day) if row.start >= day
    ]


def _legal_parameter_on(key: ScheduleKey, day: date) -> str:
    """Return the legal rate's category on a day: the creditor's, or the assignee's from his day."""
    return [key.legal_parameter, *(name for start, name in key.assigned if start <= day)][-1]


def _legal_after(rows: list[RateRow], key: ScheduleKey, law: Law) -> list[RateRow]:
    """A decision orders interest at the legal rate: it replaces what ran, from the next day."""
    assert key.legal_from is not None
    day = key.legal_from
    legal = [
        replace(row, source=f"{row.source}, ordonné par la décision")
        for row in _cut(_legal_rows(key, law), day)
        if row.start >= day
    ]
    return [row for row in _cut(rows, day) if row.start < day] + legal


def _legal(parameter: Parameter, first: date, last: date) -> list[RateRow]:
    """One row a half-year, or a year where the rate was yearly (before 2015)."""
    starts = {value.start for value in parameter.values if first < value.start <= last}
    starts.update(start for start in half_year_starts(first, last) if start >= HALF_YEARLY_SINCE)
    starts.add(first)
    rows = []
    for start in sorted(starts):
        try:
            value = parameter.on(start)
        except OutsideKnownLaw as unknown:
            rows.append(_unknown(start, unknown))
            continue
        assert value.value is not None
        rows.append(
            RateRow(
                start,
                value.value,
                365,
                f"{value.source} : taux légal, {_legal_period(start)}",
                verified=value.verified,
            )
        )
    return rows


def _legal_period(day: date) -> str:
    """Return the half-year a legal rate is fixed for, or the year before 2015."""
    return half_year(day) if day >= HALF_YEARLY_SINCE else str(day.year)


def _contract(key: ScheduleKey, law: Law) -> list[RateRow]:
    """A clause, replaced half-year by half-year where it is under the L. 441-10 minimum."""
    clause = key.clause
    assert clause is not None
    rows: list[RateRow] = []
    for start in half_year_starts(key.first_day, key.last_day):
        try:
            row = _clause_row(clause, start, law, key.legal_parameter)
            if key.floored:
                least = (
                    law[LEGAL_OTHERS].amount_on(start)
                    * law["penalites_retard_plancher"].amount_on(start)
                    // RATE_SCALE
                )
                if row.rate < least:
                    row = _statutory(law, start)
                    row = replace(
                        row,
                        source=f"{row.source} ; clause sous le minimum de {percent(least)}",
                    )
        except OutsideKnownLaw as unknown:
            row = _unknown(start, unknown)
        constant = clause.index is None and rows and row.unknown is None
        if constant and (rows[-1].rate, rows[-1].source) == (row.rate, row.source):
            continue
        rows.append(row)
    return rows


def _clause_row(clause: Clause, start: date, law: Law, legal_parameter: str) -> RateRow:
    if clause.index is None:
        assert clause.rate is not None
        return RateRow(start, clause.rate, 365, f"taux contractuel de {percent(clause.rate)}")
    parameter = law["taux_bce"] if clause.index == "ecb" else law[legal_parameter]
    index = parameter.on(start)
    assert index.value is not None
    exact = index.value * clause.times
    rate = (2 * exact + RATE_SCALE) // (2 * RATE_SCALE) + clause.plus  # half up
    name = "taux BCE" if clause.index == "ecb" else "taux légal"
    times = f"{decimal(clause.times)} × " if clause.times != RATE_SCALE else ""
    plus = f" + {points(clause.plus)}" if clause.plus else ""
    formula = f"{times}{name} ({percent(index.value)}){plus}"
    return RateRow(
        start,
        rate,
        365,
        f"taux contractuel : {formula}, {half_year(start)}",
        verified=index.verified,
    )


def _increase(rows: list[RateRow], key: ScheduleKey, law: Law) -> list[RateRow]:
    """Add the points of CMF L. 313-3 from their first day, less what the judge took off them."""
    first = key.increased_from
    assert first is not None
    added = law["majoration_taux_legal"].amount_on(first)
    cut = _cut(rows, first)
    for day, _ in key.increase_reliefs:
        cut = _cut(cut, max(day, first))
    increased = [
        row if row.start < first else _increased(row, _points_on(row.start, added, key))
        for row in cut
    ]
    return _merged(increased, tuple(rows)) if key.increase_reliefs else increased


def _points_on(day: date, added: int, key: ScheduleKey) -> int:
    """Return the points left on a day: those of the last relief granted by then."""
    reliefs = [left for start, left in sorted(key.increase_reliefs) if start <= day]
    return min(added, reliefs[-1]) if reliefs else added


def _increased(row: RateRow, added: int) -> RateRow:
    if not added:
        source = f"{row.source} ; majoration écartée par le juge (CMF art. L. 313-3)"
        return replace(row, source=source)
    source = f"{row.source} + {points(added)} (CMF art. L. 313-3)"
    return replace(row, rate=row.rate + added, source=source)


def _relieve(
    rows: list[RateRow],
    plain: tuple[RateRow, ...],
    key: ScheduleKey,
    relief: Relief,
    law: Law,
) -> list[RateRow]:
    """Change the rows of a relief's days; a relief that changes no rate cuts no line."""
    cut = _cut(rows, relief.first)
    if relief.last < key.last_day:
        cut = _cut(cut, relief.last + ONE_DAY)
    if relief.kind is ReliefKind.GRACE and relief.rate is not None:
        # The legal rate is the least that the judge may order: it changes by half-year.
        halves = half_year_starts(key.first_day, key.last_day)
        for day in (*halves, *(day for day, _ in key.assigned)):
            if relief.first < day <= relief.last:
                cut = _cut(cut, day)
    changed: list[RateRow] = []
    for row in cut:
        if not relief.first <= row.start <= relief.last:
            changed.append(row)
            continue
        left = _relieved(row, _row_at(plain, row.start), key, relief, law)
        same_rule = changed and changed[-1].start >= relief.first and left.unknown is None
        if not (same_rule and replace(changed[-1], start=left.start) == left):
            changed.append(left)  # a constant rate runs in one line
    return _merged(changed, plain, tuple(rows))


def _relieved(row: RateRow, normal: RateRow, key: ScheduleKey, relief: Relief, law: Law) -> RateRow:
    """Return a row as a judge, a plan or a commission leaves it."""
    at_legal_rate = key.legal_from is not None and row.start >= key.legal_from
    penalty = key.regime is Regime.B2B_PENALTIES or key.floored
    match relief.kind:
        case ReliefKind.PLAN:
            source = "accord entre les parties : ni intérêt ni pénalité pendant le plan"
            return replace(row, rate=0, unknown=None, source=source)
        case ReliefKind.OVERINDEBTEDNESS:
            source = "C. conso. art. L. 722-14 et L. 733-1 : mesures de surendettement"
            return replace(row, rate=relief.rate or 0, unknown=None, source=source, verified=False)
        case ReliefKind.GRACE if penalty and not at_legal_rate:
            source = "C. civ. art. 1343-5 : délai de grâce, pénalités non encourues"
            return replace(row, rate=0, unknown=None, source=source)
        case _:
            frozen = normal.rate != row.rate
            source = normal.source + (
                " ; majoration gelée par le délai de grâce (C. civ. art. 1343-5)" if frozen else ""
            )
            kept = replace(row, rate=normal.rate, source=source)
            if row.rate < normal.rate:  # another period already brings it down
                kept = row
            return kept if relief.rate is None else _reduced(kept, key, relief.rate, law)


def _reduced(row: RateRow, key: ScheduleKey, ordered: int, law: Law) -> RateRow:
    """The order brings interest down to a rate, never under the legal one (C. civ. 1343-5)."""
    try:
        least = law[_legal_parameter_on(key, row.start)].amount_on(row.start)
    except OutsideKnownLaw as unknown:
        return _unknown(row.start, unknown)
    rate = max(ordered, least)
    if rate >= row.rate:
        return row
    source = "C. civ. art. 1343-5 : taux réduit par le juge"
    if rate == least:
        source += f", au taux légal, {_legal_period(row.start)}"
    return replace(row, rate=rate, source=source)


def _merged(rows: list[RateRow], *befores: tuple[RateRow, ...]) -> list[RateRow]:
    """Join rows that no change of rate parts: a period that changes nothing cuts no line.

    `befores` are rows of the same days; two days are of one period where some of them has one row.
    """
    kept = rows[:1]
    for row in rows[1:]:
        before = kept[-1]
        same_period = any(
            _row_at(earlier, before.start) == _row_at(earlier, row.start) for earlier in befores
        )
        same_rule = before.source.startswith(row.source) or row.source.startswith(before.source)
        if same_period and same_rule and (before.rate, before.unknown) == (row.rate, row.unknown):
            kept[-1] = replace(before, source=max(before.source, row.source, key=len))
        else:
            kept.append(row)
    return kept


def _by_year(rows: list[RateRow], last: date) -> list[RateRow]:
    """Divide by 366 in a leap year; 1 January ends a row where the divisor changes."""
    for year in range(rows[0].start.year + 1, last.year + 1):
        if _days_in_year(year) != _days_in_year(year - 1):
            rows = _cut(rows, date(year, 1, 1))
    return [replace(row, divisor=_days_in_year(row.start.year)) for row in rows]


def _days_in_year(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def _cut(rows: list[RateRow], at: date) -> list[RateRow]:
    """Return the rows with one more, starting on `at`, unless one does."""
    if at <= rows[0].start or any(row.start == at for row in rows):
        return rows
    return sorted([*rows, replace(_row_at(tuple(rows), at), start=at)], key=lambda row: row.start)


def _row_at(rows: tuple[RateRow, ...], day: date) -> RateRow:
    return [row for row in rows if row.start <= day][-1]


def _unknown(start: date, unknown: OutsideKnownLaw) -> RateRow:
    return RateRow(start, 0, 365, unknown.message, unknown=unknown)


@lru_cache(maxsize=8192)
def cached_schedule(key: ScheduleKey, law: Law) -> Schedule:
    """Same as `build_schedule`, built once for a key and a law, with what it read of the law."""
    noted = watched(law)
    return replace(build_schedule(key, noted), readings=noted.readings())
