"""Which interest a claim bears, from which day, at which rate on each day.

One regime a claim and a day, never two moratory interests together (Cass. com. 24 April 2024,
no 22-24.275). The order of decision: public purchaser (CCP L. 2192-10 et seq.), professionals
(C. com. L. 441-10 II), contract rate, legal interest (C. civ. 1231-6, 1344-1).

A regime becomes a `Schedule`: rows of days with one rate each, cut where the law says that a rate
starts. Schedules with the same key are the same object, so that a million claims share a few.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from exigible.domain.calendar import add_months, half_year_start, half_year_starts
from exigible.domain.case import (
    Case,
    CaseClaim,
    ClaimKind,
    Clause,
    CreditorKind,
    DayCount,
    DebtorKind,
    FormalNotice,
    GracePeriod,
    Judgment,
    Regime,
)
from exigible.domain.french import day as french_day
from exigible.domain.french import half_year, percent
from exigible.domain.law import RATE_SCALE, Law, Parameter
from exigible.domain.refusals import OutsideKnownLaw

ONE_DAY = timedelta(days=1)
LEGAL_OTHERS = "taux_interet_legal_autres"
LEGAL_INDIVIDUALS = "taux_interet_legal_particuliers"
B2B_KINDS = frozenset({ClaimKind.INVOICE, ClaimKind.INSTALMENT})
BOTH_TRADERS = "C. com. art. L. 441-10 II"


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
    increased_from: date | None = None  # L. 313-3
    relief: tuple[tuple[date, date], ...] = ()  # grace periods
    day_count: DayCount = DayCount.FIXED_365


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The regime of a claim: its first day (None: nothing runs), why, and its doubts."""

    regime: Regime
    first_day: date | None
    why: str
    source: str
    warnings: tuple[str, ...] = ()


def decide(case: Case, position: int) -> Decision:
    """Decide the regime of a claim and the first day of its interest."""
    claim = case.claims[position]
    asked = claim.interest
    regime, why, warnings = asked.regime, "régime demandé", []
    if regime is Regime.AUTO:
        regime, why = _automatic(case, claim)
    elif regime is Regime.B2B_PENALTIES and (case.creditor_kind, case.debtor_kind) != (
        CreditorKind.PROFESSIONAL,
        DebtorKind.PROFESSIONAL,
    ):
        warnings.append(
            f"{claim.ref} : les pénalités de l’article L. 441-10 ne valent qu’entre "
            "professionnels ; l’intérêt légal les remplace."
        )
        regime, why = Regime.LEGAL_INTEREST, "une partie n’agit pas en professionnel"
    elif regime is Regime.PUBLIC_PURCHASER and case.debtor_kind is not DebtorKind.PUBLIC_PURCHASER:
        warnings.append(
            f"{claim.ref} : les intérêts moratoires de la commande publique ne sont dus que par "
            "un acheteur public ; l’intérêt légal les remplace."
        )
        regime, why = Regime.LEGAL_INTEREST, "le débiteur n’est pas un acheteur public"
    if regime is Regime.CONTRACT and case.debtor_kind is DebtorKind.CONSUMER:
        warnings.append(
            f"{claim.ref} : taux stipulé envers un consommateur, le juge peut l’écarter comme "
            "abusif (C. conso. art. R. 212-2)."
        )
    first, start_why = _first_day(case, position, regime)
    if asked.runs_from is not None and regime is not Regime.NONE:
        first, start_why = asked.runs_from, asked.runs_from_why or "date indiquée"
        if asked.runs_from <= claim.due_on:
            warnings.append(
                f"{claim.ref} : intérêts demandés à compter du {french_day(asked.runs_from)}, "
                f"avant le lendemain de l’échéance ({french_day(claim.due_on)})."
            )
    explanation = (
        why if first is None else f"{why} ; à compter du {french_day(first)} : {start_why}"
    )
    if first is None and regime is not Regime.NONE:
        explanation = f"{why} ; {start_why}"
    return Decision(
        regime=regime,
        first_day=first if regime is not Regime.NONE else None,
        why=explanation,
        source=_SOURCES[regime],
        warnings=tuple(warnings),
    )


_SOURCES = {
    Regime.B2B_PENALTIES: BOTH_TRADERS,
    Regime.PUBLIC_PURCHASER: "CCP art. L. 2192-13 et R. 2192-31",
    Regime.LEGAL_INTEREST: "C. civ. art. 1231-6 et 1344-1, CMF art. L. 313-2",
    Regime.CONTRACT: "C. civ. art. 1103 et 1231-6",
    Regime.NONE: "",
    Regime.AUTO: "",
}


def _automatic(case: Case, claim: CaseClaim) -> tuple[Regime, str]:
    if claim.kind is ClaimKind.PUBLIC_TITLE:
        return Regime.NONE, "un titre de recettes ne porte pas d’intérêts de plein droit"
    if claim.kind is ClaimKind.SOCIAL_CONTRIBUTION:
        return Regime.NONE, "les cotisations portent leurs propres majorations, non calculées ici"
    trade = case.creditor_kind is CreditorKind.PROFESSIONAL and claim.kind in B2B_KINDS
    if trade and case.debtor_kind is DebtorKind.PUBLIC_PURCHASER:
        return Regime.PUBLIC_PURCHASER, "commande publique"  # its rate is no matter of contract
    if claim.interest.clause is not None:
        return Regime.CONTRACT, "taux stipulé au contrat"
    if trade and case.debtor_kind is DebtorKind.PROFESSIONAL:
        return Regime.B2B_PENALTIES, "vente ou prestation entre professionnels"
    return Regime.LEGAL_INTEREST, "intérêt légal à défaut d’un autre régime"


def _first_day(case: Case, position: int, regime: Regime) -> tuple[date | None, str]:
    claim = case.claims[position]
    after_due = claim.due_on + ONE_DAY
    if regime is Regime.NONE:
        return None, ""
    if regime in (Regime.B2B_PENALTIES, Regime.PUBLIC_PURCHASER, Regime.CONTRACT):
        return after_due, "lendemain de l’échéance"
    if claim.kind is ClaimKind.BILL:
        return after_due, "lendemain de l’échéance de l’effet (C. com. art. L. 511-45)"
    if claim.kind is ClaimKind.CHEQUE:
        return after_due, "lendemain de la présentation du chèque (CMF art. L. 131-52)"
    notices = [
        notice.on for notice in case.of_claim(FormalNotice, position) if notice.on >= claim.due_on
    ]
    judgments = [judgment.on for judgment in case.of_claim(Judgment, position)]
    if notices and (not judgments or min(notices) <= min(judgments)):
        return min(notices) + ONE_DAY, "lendemain de la mise en demeure"
    if judgments:
        return min(judgments) + ONE_DAY, "lendemain du jugement, faute de mise en demeure"
    return None, "aucune mise en demeure : rien ne court"


def schedule_key(
    case: Case, position: int, decision: Decision, *, first_day: date, last_day: date, law: Law
) -> ScheduleKey:
    """Return the key of the schedule of a claim, over the days `first_day` to `last_day`."""
    claim = case.claims[position]
    regime = decision.regime
    both_traders = (
        case.creditor_kind is CreditorKind.PROFESSIONAL
        and case.debtor_kind is DebtorKind.PROFESSIONAL
        and claim.kind in B2B_KINDS
    )
    increased = None
    if regime is Regime.LEGAL_INTEREST and claim.kind is not ClaimKind.CHEQUE:
        increased = increase_day(case.of_claim(Judgment, position), law)
    return ScheduleKey(
        regime=regime,
        first_day=half_year_start(first_day),
        last_day=last_day,
        legal_parameter=LEGAL_INDIVIDUALS
        if case.creditor_kind is CreditorKind.INDIVIDUAL
        else LEGAL_OTHERS,
        clause=claim.interest.clause if regime is Regime.CONTRACT else None,
        floored=regime is Regime.CONTRACT and both_traders,
        frozen_on=half_year_start(first_day) if regime is Regime.PUBLIC_PURCHASER else None,
        increased_from=increased,
        relief=tuple(
            (grace.first_day, grace.last_day) for grace in case.of_claim(GracePeriod, position)
        ),
        day_count=case.day_count,
    )


def increase_day(judgments: Iterable[Judgment], law: Law) -> date | None:
    """Return the first day at + 5 points, None where no decision is enforceable and served.

    Two months after the decision is *exécutoire*, which needs its service on the debtor; the day
    after (CMF art. L. 313-3; Cass. 2e civ. 12 January 2023, no 20-20.063).
    """
    days = []
    for judgment in judgments:
        if judgment.served_on is None:
            continue
        enforceable = judgment.served_on
        if not judgment.provisionally_enforceable:
            if judgment.final_on is None:
                continue
            enforceable = max(enforceable, judgment.final_on)
        months = law["majoration_taux_legal_delai"].amount_on(enforceable)
        days.append(add_months(enforceable, months) + ONE_DAY)
    return min(days, default=None)


def build_schedule(key: ScheduleKey, law: Law) -> Schedule:
    """Build the rows of a schedule; unknown days become rows that carry their refusal."""
    rows = _rows_of_regime(key, law)
    if key.increased_from is not None:
        rows = _increase(rows, key.increased_from, law)
    for first, last in key.relief:
        rows = _relieve(rows, key, first, last, law)
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
            return [replace(_public(law, key.frozen_on), start=key.first_day)]
        case Regime.LEGAL_INTEREST:
            return _legal(law[key.legal_parameter], key.first_day, key.last_day)
        case Regime.CONTRACT:
            return _contract(key, law)
        case _:
            return [RateRow(key.first_day, 0, 365, "")]


def _statutory(law: Law, start: date) -> RateRow:
    """ECB rate read on the first day of the half-year, + 10 points (L. 441-10 II)."""
    bank, points = law["taux_bce"], law["penalites_retard_majoration"]
    try:
        base, added = bank.on(start), points.on(start)
    except OutsideKnownLaw as unknown:
        return _unknown(start, unknown)
    assert base.value is not None
    assert added.value is not None
    return RateRow(
        start,
        base.value + added.value,
        365,
        f"{BOTH_TRADERS} : taux BCE {percent(base.value)} + {added.value // RATE_SCALE} points, "
        f"{half_year(start)}",
        verified=base.verified and added.verified,
    )


def _public(law: Law, start: date) -> RateRow:
    bank, points = law["taux_bce"], law["interets_moratoires_publics_majoration"]
    try:
        base, added = bank.on(start), points.on(start)
    except OutsideKnownLaw as unknown:
        return _unknown(start, unknown)
    assert base.value is not None
    assert added.value is not None
    return RateRow(
        start,
        base.value + added.value,
        365,
        f"CCP art. R. 2192-31 : taux BCE {percent(base.value)} + {added.value // RATE_SCALE} "
        f"points, figé au {half_year(start)}",
        verified=base.verified and added.verified,
    )


def _legal(parameter: Parameter, first: date, last: date) -> list[RateRow]:
    """One row a half-year, or a year where the rate was yearly (before 2015)."""
    starts = {value.start for value in parameter.values if first < value.start <= last}
    starts.update(start for start in half_year_starts(first, last) if start.year >= 2015)
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
                f"{value.source} : taux légal, {half_year(start) if start.year >= 2015 else start.year}",
                verified=value.verified,
            )
        )
    return rows


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
    times = f"{clause.times / RATE_SCALE:g} × " if clause.times != RATE_SCALE else ""
    plus = f" + {clause.plus / RATE_SCALE:g} points" if clause.plus else ""
    formula = f"{times}{name} ({percent(index.value)}){plus}".replace(".", ",")
    return RateRow(
        start,
        rate,
        365,
        f"taux contractuel : {formula}, {half_year(start)}",
        verified=index.verified,
    )


def _increase(rows: list[RateRow], first: date, law: Law) -> list[RateRow]:
    points = law["majoration_taux_legal"].on(first)
    assert points.value is not None
    added = points.value
    return [
        row
        if row.start < first
        else replace(
            row,
            rate=row.rate + added,
            source=f"{row.source} + {added // RATE_SCALE} points (CMF art. L. 313-3)",
        )
        for row in _cut(rows, first)
    ]


def _relieve(
    rows: list[RateRow], key: ScheduleKey, first: date, last: date, law: Law
) -> list[RateRow]:
    """During a grace period no increase nor penalty is incurred (C. civ. 1343-5, 4th para.)."""
    plain = build_schedule(replace(key, increased_from=None, relief=()), law).rows
    changed = []
    for row in _cut(_cut(rows, first), last + ONE_DAY):
        if not first <= row.start <= last:
            changed.append(row)
        elif key.regime is Regime.B2B_PENALTIES:
            changed.append(
                replace(
                    row,
                    rate=0,
                    unknown=None,
                    source="C. civ. art. 1343-5 : délai de grâce, pénalités non encourues",
                )
            )
        else:
            normal = _row_at(plain, row.start)
            frozen = normal.rate != row.rate
            changed.append(
                replace(
                    row,
                    rate=normal.rate,
                    source=normal.source
                    + (
                        " ; majoration gelée par le délai de grâce (C. civ. art. 1343-5)"
                        if frozen
                        else ""
                    ),
                )
            )
    return _merged(changed, plain)


def _merged(rows: list[RateRow], plain: tuple[RateRow, ...]) -> list[RateRow]:
    """Join rows that no change of rate parts: a period that changes nothing cuts no line."""
    kept = rows[:1]
    for row in rows[1:]:
        before = kept[-1]
        same_period = _row_at(plain, before.start) == _row_at(plain, row.start)
        if same_period and (before.rate, before.unknown) == (row.rate, row.unknown):
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
    """Same as `build_schedule`, built once for a key and a law."""
    return build_schedule(key, law)
