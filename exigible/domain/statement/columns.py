"""Cases laid out as the engine's columns: a row a claim, an event a row, schedules shared.

A case that the law cannot answer (a rate that nobody knows for a day it needs) keeps its refusal;
the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from exigible.domain.calendar import ONE_DAY, add_years
from exigible.domain.case import (
    Capitalisation,
    Case,
    CaseClaim,
    Cost,
    CreditNote,
    GracePeriod,
    InsolvencyOpening,
    Payment,
    PaymentSource,
    Regime,
    SetOff,
    Voided,
)
from exigible.domain.engine import (
    ALLOCATIONS,
    LEGAL_ORDER,
    NEVER,
    PRINCIPAL_ONLY,
    Allocation,
    Bucket,
    Claims,
    EventKind,
    Events,
    Ints,
    Rates,
)
from exigible.domain.french import capital, euros
from exigible.domain.french import day as french_day
from exigible.domain.law import Law
from exigible.domain.law.readings import Reading, watched
from exigible.domain.rates import RateRow, Schedule, cached_schedule
from exigible.domain.refusals import OutsideKnownLaw, Refused
from exigible.domain.regimes import Decision, decide, schedule_key
from exigible.domain.statement.charges import (
    Charge,
    capitalisation_days,
    debtor_bears,
    early_notices,
    fixed_indemnity,
    insolvency_doubts,
    interest_stopped_on,
    penalty,
    tariff_fees,
)
from exigible.domain.statement.model import BUCKET_OF_COMPONENT

MOST_GRACE_YEARS = 2  # C. civ. 1343-5
PRINCIPAL_FIRST = Allocation(
    (Bucket.PRINCIPAL, *(bucket for bucket in Bucket if bucket is not Bucket.PRINCIPAL))
)
SHARED = Allocation(LEGAL_ORDER.buckets, shared=True)
NO_INTEREST = Schedule((RateRow(date(1, 1, 1), 0, 365, ""),))

Fact = Payment | SetOff | CreditNote | Cost | Capitalisation


@dataclass(slots=True)
class Row:
    """One claim of a case, ready for the columns."""

    case: int
    claim: CaseClaim | None  # None: costs of no particular claim
    position: int
    decision: Decision
    principal: int
    first: int
    last: int
    schedule: int
    counted: bool = True  # a claim issued after the as-of day is not
    penalty: Charge | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BorneCost:
    """What a cost comes to, tax included, and whether the debtor bears it."""

    cents: int
    by_debtor: bool
    verified: bool = True


@dataclass(slots=True, kw_only=True)
class CaseFacts:
    """What a statement says of a case beside the engine's figures."""

    case: Case  # as it held on the as-of day
    as_of: date
    warnings: list[str] = field(default_factory=list)
    costs_on_creditor: int = 0
    costs: dict[int, BorneCost] = field(default_factory=dict)  # by position in the events
    ignored: set[int] = field(default_factory=set)  # events that the law does not count
    beyond: int = 0  # correcting credit notes above the invoice they correct
    refused: Refused | None = None
    # Values that its charges and the days of its increase rest on; schedules have their own.
    readings: tuple[Reading, ...] = ()


@dataclass(slots=True, kw_only=True)
class Laid:
    """Columns ready for the engine, and the rows, facts and events they came from, in their order."""

    claims: Claims
    events: Events
    rates: Rates
    as_of: Ints
    burdensome: np.ndarray[tuple[int], np.dtype[np.bool_]]
    allocations: tuple[Allocation, ...]
    rows: list[Row]
    facts: list[Fact | None]
    numbers: list[int]
    rate_rows: list[RateRow]


class Columns:
    """Gathers cases, then lays them out once."""

    def __init__(self, law: Law) -> None:
        self.law = law
        self.noted = watched(law)
        self.cases: list[CaseFacts] = []
        self.rows: list[Row] = []
        self.schedules: list[Schedule] = []
        self.allocations: list[Allocation] = list(ALLOCATIONS)
        self._schedule_index: dict[int, int] = {}
        self._events: list[tuple[int, int, EventKind, int, int, int]] = []
        self._facts: list[Fact | None] = []
        self._numbers: list[int] = []

    # ---- in

    def add(self, case: Case, as_of: date) -> None:
        """Add a case as it held on a day; what the law cannot answer is kept as its refusal."""
        facts = CaseFacts(case=case.known_on(as_of), as_of=as_of)
        number = len(self.cases)
        self.cases.append(facts)
        facts.warnings += case.unread
        facts.warnings += _voided(facts.case, as_of)
        facts.warnings += _long_graces(facts.case, as_of)
        try:
            base = len(self.rows)
            for position in range(len(case.claims)):
                self.rows.append(self._row(number, position))
            self._add_events(number, base)
        except OutsideKnownLaw as unknown:
            facts.refused = unknown
        facts.readings = self.noted.taken()

    def _row(self, number: int, position: int) -> Row:
        facts = self.cases[number]
        case, as_of = facts.case, facts.as_of
        claim = case.claims[position]
        decision = decide(case, position)
        facts.warnings += decision.warnings
        if claim.issued_on is not None and claim.issued_on > as_of:
            facts.warnings.append(
                f"{claim.ref} : émise le {french_day(claim.issued_on)}, après le jour de l’arrêté ; "
                "elle n’est pas comptée."
            )
            return self._idle_row(number, position, decision)
        facts.warnings += early_notices(case, position, self.noted)
        facts.warnings += insolvency_doubts(case, claim)
        facts.warnings += _term_doubts(claim)
        stopped = interest_stopped_on(case, claim, self.noted)
        last = as_of if stopped is None else min(as_of, stopped)
        principal = claim.principal_cents - sum(
            note.amount_cents
            for note in case.of_claim(CreditNote, position)
            if note.from_invoice and note.claim is not None and note.on <= as_of
        )
        facts.beyond += max(-principal, 0)
        first = decision.first_day
        schedule = NO_INTEREST
        if first is not None and first <= last:
            key = schedule_key(
                case, position, decision, first_day=first, last_day=last, law=self.noted
            )
            schedule = cached_schedule(key, self.law)
        else:
            first = None
        return Row(
            case=number,
            claim=claim,
            position=position,
            decision=decision,
            principal=max(principal, 0),
            first=first.toordinal() if first else NEVER,
            last=last.toordinal(),
            schedule=self._schedule(schedule),
        )

    def _idle_row(self, number: int, position: int, decision: Decision) -> Row:
        """A claim that does not exist yet, or (position −1) the costs of no particular claim."""
        facts = self.cases[number]
        return Row(
            case=number,
            claim=facts.case.claims[position] if position >= 0 else None,
            position=position,
            decision=decision,
            principal=0,
            first=NEVER,
            last=facts.as_of.toordinal(),
            schedule=self._schedule(NO_INTEREST),
            counted=False,
        )

    def _schedule(self, schedule: Schedule) -> int:
        index = self._schedule_index.get(id(schedule))
        if index is None:
            index = self._schedule_index[id(schedule)] = len(self.schedules)
            self.schedules.append(schedule)
        return index

    # ---- events

    def _add_events(self, number: int, base: int) -> None:
        facts = self.cases[number]
        for position in range(len(facts.case.claims)):
            self._add_charges(number, base + position, position)
        fees, doubts = tariff_fees(facts.case, facts.as_of, self.noted)
        facts.warnings += doubts
        costs_row: int | None = None
        for place, event in enumerate(facts.case.events):
            if not isinstance(event, Payment | SetOff | CreditNote | Cost):
                continue
            if event.on > facts.as_of:
                continue
            row = -1 if event.claim is None else base + event.claim
            cents, way = event.amount_cents, LEGAL_ORDER
            match event:
                case Payment():
                    kind, way = EventKind.PAYMENT, _allocation(facts.case, event)
                case SetOff():
                    if not self._set_off(facts, event):
                        facts.ignored.add(place)
                        continue
                    kind = EventKind.PAYMENT
                case CreditNote():
                    if event.from_invoice and event.claim is not None:
                        continue  # already out of the principal
                    kind = EventKind.CREDIT_NOTE
                case Cost():
                    fee = fees.get(place)
                    if fee is not None:
                        cents = fee.cents
                    bears, doubts = debtor_bears(facts.case, event)
                    facts.warnings += doubts
                    facts.costs[place] = BorneCost(
                        cents=cents, by_debtor=bears, verified=fee is None or fee.verified
                    )
                    if not bears:
                        facts.costs_on_creditor += cents
                        continue
                    kind = EventKind.COST
                    if event.claim is None:
                        if costs_row is None:
                            costs_row = len(self.rows)
                            self.rows.append(self._idle_row(number, -1, _NOTHING_RUNS))
                        row = costs_row
            self._event(number, row, kind, event.on, cents, way, event, place + 1)

    def _add_charges(self, number: int, row: int, position: int) -> None:
        """Add what the law adds to a claim by itself: 40 €, penalty clause, capitalisation."""
        facts = self.cases[number]
        case, claim = facts.case, facts.case.claims[position]
        if not self.rows[row].counted:
            return
        cents, doubts = fixed_indemnity(case, claim, self.law)
        facts.warnings += doubts
        if cents:
            self._event(number, row, EventKind.INDEMNITY, claim.due_on + ONE_DAY, cents)
        charges, doubts = penalty(case, position, self.noted)
        facts.warnings += doubts
        for charge in charges:
            self.rows[row].penalty = charge
            self._event(number, row, EventKind.PENALTY_CLAUSE, charge.on, charge.cents)
        first = self.rows[row].decision.first_day
        if first is not None:
            last = min(facts.as_of, date.fromordinal(self.rows[row].last))
            days, doubts = capitalisation_days(case, position, first, last)
            facts.warnings += doubts
            for day in days:
                self._event(number, row, EventKind.CAPITALISE, day, 0)

    def _set_off(self, facts: CaseFacts, event: SetOff) -> bool:
        """C. civ. 1347: it must be invoked; after an opening, only between connected debts."""
        if event.invoked_on > facts.as_of:
            facts.warnings.append(
                f"Compensation de {euros(event.amount_cents)} : invoquée le "
                f"{french_day(event.invoked_on)}, après le jour de l’arrêté ; elle n’est pas comptée."
            )
            return False
        openings = [opening.on for opening in facts.case.of_kind(InsolvencyOpening)]
        if not event.connected and any(event.on >= opening for opening in openings):
            facts.warnings.append(
                f"Compensation de {euros(event.amount_cents)} : après l’ouverture de la procédure "
                "collective, seules des dettes connexes se compensent (C. com. art. L. 622-7) ; elle "
                "n’est pas comptée."
            )
            return False
        return True

    def _event(
        self,
        number: int,
        row: int,
        kind: EventKind,
        on: date,
        cents: int,
        way: Allocation = LEGAL_ORDER,
        fact: Fact | None = None,
        order: int = 0,
    ) -> None:
        if on <= self.cases[number].as_of:
            if way not in self.allocations:
                self.allocations.append(way)
            place = self.allocations.index(way)
            self._events.append((number, row, kind, on.toordinal(), cents, place))
            self._facts.append(fact)
            self._numbers.append(order)

    # ---- out

    def lay(self) -> Laid:
        """Return the columns, rows sorted by case and events in the order they are taken."""
        order = sorted(range(len(self.rows)), key=lambda index: self.rows[index].case)
        rows = [self.rows[index] for index in order]
        place = np.full(len(order) + 1, -1, np.int64)  # −1, no claim, reads the last: itself
        place[order] = np.arange(len(order))
        case, row, kind, day, amount, allocation = (
            np.array(self._events, np.int64).reshape(-1, 6).T.copy()
        )
        raw = Events(
            case=case, claim=place[row], kind=kind, day=day, amount=amount, allocation=allocation
        )
        sorting = raw.order()
        schedules = self.schedules or [NO_INTEREST]
        return Laid(
            claims=Claims(
                case=_column(row.case for row in rows),
                due=_column(row.claim.due_on.toordinal() if row.claim else 0 for row in rows),
                principal=_column(row.principal for row in rows),
                first=_column(row.first for row in rows),
                last=_column(row.last for row in rows),
                schedule=_column(row.schedule for row in rows),
            ),
            events=raw.taken(sorting),
            rates=Rates.of(schedules),
            as_of=_column(facts.as_of.toordinal() for facts in self.cases),
            burdensome=np.array([facts.case.most_burdensome_first for facts in self.cases], bool),
            allocations=tuple(self.allocations),
            rows=rows,
            facts=[self._facts[index] for index in sorting.tolist()],
            numbers=[self._numbers[index] for index in sorting.tolist()],
            rate_rows=[row for schedule in schedules for row in schedule.rows],
        )


_NOTHING_RUNS = Decision(regime=Regime.NONE, first_day=None, why="", source="")


def _allocation(case: Case, payment: Payment) -> Allocation:
    """Return what a payment pays first: what was agreed, what a judge ordered, else the law's order."""
    if payment.to_principal:
        return PRINCIPAL_ONLY
    if payment.order:
        return Allocation(tuple(BUCKET_OF_COMPONENT[name] for name in payment.order))
    if payment.source is PaymentSource.DIVIDEND and payment.claim is None:
        return SHARED
    positions = range(len(case.claims)) if payment.claim is None else [payment.claim]
    if all(_principal_first(case, position, payment.on) for position in positions):
        return PRINCIPAL_FIRST
    return LEGAL_ORDER


def _principal_first(case: Case, position: int, on: date) -> bool:
    """A judge may send payments to principal first (C. civ. 1343-5); a forfeited lender has no other."""
    credit = case.claims[position].credit
    return (credit is not None and credit.interest_forfeited) or any(
        grace.principal_first and grace.first_day <= on <= grace.last_day
        for grace in case.of_claim(GracePeriod, position)
    )


def _voided(case: Case, as_of: date) -> list[str]:
    """Say what no longer holds: a payment that came back, an opening withdrawn, a lapsed delay."""
    return [f"{capital(event.why)}." for event in case.of_kind(Voided) if event.on <= as_of]


def _long_graces(case: Case, as_of: date) -> list[str]:
    """Say which time granted passes what a judge may grant (C. civ. 1343-5)."""
    return [
        f"Délai de grâce du {french_day(event.first_day)} au {french_day(event.last_day)} : un juge "
        f"n’accorde pas plus de {MOST_GRACE_YEARS} ans (C. civ. art. 1343-5) ; vérifiez ces dates."
        for event in case.of_kind(GracePeriod)
        if event.first_day <= as_of
        and event.last_day > add_years(event.first_day, MOST_GRACE_YEARS)
    ]


def _term_doubts(claim: CaseClaim) -> list[str]:
    """Say what was done of a due date that passes the lawful maximum."""
    term = claim.term
    if term is None:
        return []
    passed = (
        f"{claim.ref} : échéance convenue le {french_day(term.agreed_due_on)}, au-delà du délai "
        f"maximal, qui expirait le {french_day(term.lawful_due_on)} ({term.source})"
    )
    doubt = "" if term.verified else " ; délai à confirmer"
    if term.applied:
        return [
            f"{passed} ; intérêts et indemnité sont comptés depuis le délai maximal, "
            f"à confirmer{doubt}."
        ]
    return [f"{passed} ; l’échéance convenue est gardée{doubt}."]


def _column(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)
