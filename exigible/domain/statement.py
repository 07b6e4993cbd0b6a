"""Statements (*décomptes*): cases to the engine's columns, columns to lines that explain themselves.

Thousands of cases go through the engine together; each gets back its statement, or the refusal
that names the parameter it lacks. The same statement is printed, shown and summed: see `engine`
for the conventions and `regimes` for what each line rests on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from exigible.domain.calendar import add_years
from exigible.domain.case import (
    Capitalisation,
    Case,
    CaseClaim,
    ClaimKind,
    Cost,
    CreditNote,
    CreditorKind,
    DayCount,
    DebtorKind,
    FormalNotice,
    GracePeriod,
    InsolvencyOpening,
    Judgment,
    Payment,
    Regime,
)
from exigible.domain.engine import (
    NEVER,
    RATE_DIVISOR,
    Bucket,
    Claims,
    EventKind,
    Events,
    Ints,
    Rates,
    Result,
    compute,
)
from exigible.domain.french import day as french_day
from exigible.domain.french import euros
from exigible.domain.law import Law, shipped_law
from exigible.domain.refusals import OutsideKnownLaw, Refused
from exigible.domain.regimes import (
    Decision,
    RateRow,
    Schedule,
    cached_schedule,
    decide,
    schedule_key,
)

ONE_DAY = timedelta(days=1)
INDEMNITY = "indemnite_forfaitaire"

COMPONENT_OF_BUCKET = {
    Bucket.COSTS: "costs",
    Bucket.FIXED_INDEMNITY: "fixed_indemnity",
    Bucket.PENALTY_CLAUSE: "penalty_clause",
    Bucket.CAPITALISED_INTEREST: "capitalised_interest",
    Bucket.INTEREST: "interest",
    Bucket.PRINCIPAL: "principal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Gross components in cents: total = all of them less payments."""

    principal: int = 0
    interest: int = 0
    capitalised_interest: int = 0
    fixed_indemnity: int = 0
    penalty_clause: int = 0
    costs: int = 0
    payments: int = 0

    @property
    def total(self) -> int:
        return (
            self.principal
            + self.interest
            + self.capitalised_interest
            + self.fixed_indemnity
            + self.penalty_clause
            + self.costs
            - self.payments
        )

    @property
    def accessories(self) -> int:
        """Penalties, 40 €, penalty clause and costs: what the ledger's accounts do not hold."""
        return (
            self.interest
            + self.capitalised_interest
            + self.fixed_indemnity
            + self.penalty_clause
            + self.costs
        )

    def __add__(self, other: Components) -> Components:
        return Components(
            principal=self.principal + other.principal,
            interest=self.interest + other.interest,
            capitalised_interest=self.capitalised_interest + other.capitalised_interest,
            fixed_indemnity=self.fixed_indemnity + other.fixed_indemnity,
            penalty_clause=self.penalty_clause + other.penalty_clause,
            costs=self.costs + other.costs,
            payments=self.payments + other.payments,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a statement: what, from when to when, on which base, at which rate, why."""

    claim: str | None
    component: str
    amount_cents: int
    source: str
    first_day: date | None = None
    last_day: date | None = None
    base_cents: int | None = None
    rate: int | None = None  # 1/10,000 of a percent
    divisor: int | None = None
    verified: bool = True
    label: str = ""

    @property
    def days(self) -> int | None:
        if self.first_day is None or self.last_day is None:
            return None
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatedPart:
    """Part of a payment allocated to a component of a claim."""

    payment: str
    on: date
    claim: str | None
    component: str
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStatement:
    """What is claimed for one claim; `ref` is None for costs of no particular claim."""

    ref: str | None
    components: Components
    regime: Regime
    why: str
    open_principal_cents: int
    daily_interest_millionths: int  # of a cent


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A *décompte* on a day."""

    as_of: date
    components: Components
    claims: tuple[ClaimStatement, ...]
    lines: tuple[Line, ...]
    allocations: tuple[AllocatedPart, ...]
    credit_balance_cents: int
    costs_on_creditor_cents: int
    daily_interest_millionths: int  # of a cent, all claims
    day_count: DayCount
    most_burdensome_first: bool
    warnings: tuple[str, ...]

    @property
    def total_cents(self) -> int:
        return self.components.total


def statement(case: Case, as_of: date, law: Law | None = None) -> Statement:
    """Return the statement of a case on a day; raise OutsideKnownLaw if a rate is unknown."""
    [answer] = statements([(case, as_of)], law)
    if isinstance(answer, Refused):
        raise answer
    return answer


def statements(
    cases: Sequence[tuple[Case, date]], law: Law | None = None
) -> list[Statement | Refused]:
    """Return, in order, the statement of each case or the refusal that stops it."""
    columns = _Columns(law or shipped_law())
    for case, as_of in cases:
        columns.add(case, as_of)
    return list(columns.answers())


@dataclass(slots=True)
class _Row:
    """One claim of a case, ready for the columns."""

    case: int
    claim: CaseClaim | None  # None: costs of no particular claim
    position: int
    decision: Decision
    principal: int
    first: int
    last: int
    schedule: int


class _Columns:
    """Builds the engine's columns out of cases, and the statements out of its result."""

    def __init__(self, law: Law) -> None:
        self.law = law
        self.cases: list[tuple[Case, date]] = []
        self.rows: list[_Row] = []
        self.refused: dict[int, Refused] = {}
        self.warnings: list[list[str]] = []
        self.on_creditor: list[int] = []
        self.beyond: list[int] = []  # correcting credit notes above the invoice they correct
        self.schedules: list[Schedule] = []
        self._schedule_index: dict[int, int] = {}
        self.events: list[tuple[int, int, EventKind, int, int]] = []
        self.event_facts: list[Payment | CreditNote | Cost | Capitalisation | None] = []
        self.event_numbers: list[int] = []

    # ---- in

    def add(self, case: Case, as_of: date) -> None:
        number = len(self.cases)
        self.cases.append((case, as_of))
        self.warnings.append([])
        self.on_creditor.append(0)
        self.beyond.append(0)
        try:
            base = len(self.rows)
            for position in range(len(case.claims)):
                self.rows.append(self._row(number, case, position, as_of))
            self._add_events(number, base, case, as_of)
        except OutsideKnownLaw as unknown:
            self.refused[number] = unknown

    def _row(self, number: int, case: Case, position: int, as_of: date) -> _Row:
        claim = case.claims[position]
        decision = decide(case, position)
        self.warnings[number].extend(decision.warnings)
        last = as_of
        for opening in case.events:
            if isinstance(opening, InsolvencyOpening) and _before_opening(claim, opening):
                last = min(last, opening.on - ONE_DAY)
        principal = claim.principal_cents - sum(
            note.amount_cents
            for note in case.of_claim(CreditNote, position)
            if note.from_invoice and note.claim is not None and note.on <= as_of
        )
        self.beyond[number] += max(-principal, 0)
        first = decision.first_day
        schedule = 0
        if first is not None and first <= last:
            key = schedule_key(
                case, position, decision, first_day=first, last_day=last, law=self.law
            )
            schedule = self._schedule(cached_schedule(key, self.law))
        else:
            schedule = self._schedule(_NO_INTEREST)
            first = None
        return _Row(
            case=number,
            claim=claim,
            position=position,
            decision=decision,
            principal=max(principal, 0),
            first=first.toordinal() if first else NEVER,
            last=last.toordinal(),
            schedule=schedule,
        )

    def _schedule(self, schedule: Schedule) -> int:
        index = self._schedule_index.get(id(schedule))
        if index is None:
            index = self._schedule_index[id(schedule)] = len(self.schedules)
            self.schedules.append(schedule)
        return index

    def _add_events(self, number: int, base: int, case: Case, as_of: date) -> None:
        opened = [event.on for event in case.events if isinstance(event, InsolvencyOpening)]
        for position, claim in enumerate(case.claims):
            row = base + position
            if self._owes_indemnity(number, case, claim):
                cents = self.law[INDEMNITY].amount_on(claim.due_on)
                self._event(number, row, EventKind.INDEMNITY, claim.due_on + ONE_DAY, cents, as_of)
            if claim.penalty_clause_cents:
                self._add_penalty_clause(number, row, case, position, as_of)
            self._add_capitalisations(number, row, case, position, as_of, opened)
        free_costs: int | None = None
        for order, event in enumerate(case.events):
            if not isinstance(event, Payment | CreditNote | Cost):
                continue
            if event.on > as_of:
                continue
            row = -1 if event.claim is None else base + event.claim
            match event:
                case Payment():
                    kind = (
                        EventKind.PAYMENT_TO_PRINCIPAL if event.to_principal else EventKind.PAYMENT
                    )
                case CreditNote():
                    if event.from_invoice and event.claim is not None:
                        continue  # already out of the principal
                    kind = EventKind.CREDIT_NOTE
                case Cost():
                    if not self._debtor_bears(number, case, event):
                        self.on_creditor[number] += event.amount_cents
                        continue
                    kind = EventKind.COST
                    if event.claim is None:
                        if free_costs is None:
                            free_costs = len(self.rows)
                            self.rows.append(self._costs_row(number, as_of))
                        row = free_costs
            self._event(number, row, kind, event.on, event.amount_cents, as_of, event, order + 1)

    def _event(
        self,
        number: int,
        row: int,
        kind: EventKind,
        on: date,
        cents: int,
        as_of: date,
        fact: Payment | CreditNote | Cost | Capitalisation | None = None,
        order: int = 0,
    ) -> None:
        if on <= as_of:
            self.events.append((number, row, kind, on.toordinal(), cents))
            self.event_facts.append(fact)
            self.event_numbers.append(order)

    def _costs_row(self, number: int, as_of: date) -> _Row:
        return _Row(
            case=number,
            claim=None,
            position=-1,
            decision=Decision(regime=Regime.NONE, first_day=None, why="", source=""),
            principal=0,
            first=NEVER,
            last=as_of.toordinal(),
            schedule=self._schedule(_NO_INTEREST),
        )

    def _owes_indemnity(self, number: int, case: Case, claim: CaseClaim) -> bool:
        """D. 441-5: between professionals and from public purchasers; never from a consumer.

        Nor where a collective procedure forbade payment on the due date; debts born after its
        opening may be paid (C. com. L. 622-17) and keep theirs.
        """
        if not claim.fixed_indemnity:
            return False
        if case.debtor_kind is DebtorKind.CONSUMER:
            self.warnings[number].append(
                f"{claim.ref} : l’indemnité forfaitaire n’est pas due par un consommateur "
                "(C. com. art. L. 441-10 II) ; elle n’est pas comptée."
            )
            return False
        if case.creditor_kind is not CreditorKind.PROFESSIONAL:
            self.warnings[number].append(
                f"{claim.ref} : l’indemnité forfaitaire n’est due qu’à un professionnel "
                "(C. com. art. L. 441-10 II) ; elle n’est pas comptée."
            )
            return False
        if claim.due_on < self.law[INDEMNITY].values[0].start:
            self.warnings[number].append(
                f"{claim.ref} : échue avant le {french_day(self.law[INDEMNITY].values[0].start)}, "
                "elle ne porte pas d’indemnité forfaitaire."
            )
            return False
        return not any(
            isinstance(opening, InsolvencyOpening)
            and _before_opening(claim, opening)
            and claim.due_on >= opening.on
            for opening in case.events
        )

    def _add_penalty_clause(
        self, number: int, row: int, case: Case, position: int, as_of: date
    ) -> None:
        """C. civ. 1231-5: incurred once the debtor is in default."""
        claim = case.claims[position]
        days = [n.on for n in case.of_claim(FormalNotice, position) if n.on >= claim.due_on]
        days += [j.on for j in case.of_claim(Judgment, position)]
        if not days:
            self.warnings[number].append(
                f"{claim.ref} : la clause pénale n’est encourue qu’après mise en demeure "
                "(C. civ. art. 1231-5) ; elle n’est pas comptée."
            )
            return
        on = max(min(days), claim.due_on + ONE_DAY)
        self._event(number, row, EventKind.PENALTY_CLAUSE, on, claim.penalty_clause_cents, as_of)

    def _add_capitalisations(
        self, number: int, row: int, case: Case, position: int, as_of: date, opened: list[date]
    ) -> None:
        """C. civ. 1343-2: whole years only; the later of request and first anniversary, then yearly.

        None after the opening of a collective procedure (C. com. L. 622-28), nor on a loan to a
        consumer (C. consom. L. 312-38; Cass. 1re civ. 9 February 2012, no 11-14.605).
        """
        requests = case.of_claim(Capitalisation, position)
        first = self.rows[row].decision.first_day
        if not requests or first is None:
            return
        claim = case.claims[position]
        if case.debtor_kind is DebtorKind.CONSUMER and claim.kind is ClaimKind.LOAN_INSTALMENT:
            self.warnings[number].append(
                f"{claim.ref} : les intérêts d’un prêt à un consommateur ne se capitalisent pas "
                "(C. consom. art. L. 312-38) ; la demande n’est pas comptée."
            )
            return
        ran_from = first - ONE_DAY
        day = start = max(min(r.requested_on for r in requests), add_years(ran_from, 1))
        years = 0
        while day <= as_of and day.toordinal() <= self.rows[row].last:
            if opened and day >= min(opened):
                break
            self._event(number, row, EventKind.CAPITALISE, day, 0, as_of)
            years += 1
            day = add_years(start, years)

    def _debtor_bears(self, number: int, case: Case, cost: Cost) -> bool:
        """CPCE L. 111-8: without a title, no recovery cost is the consumer's, whatever the contract."""
        if not cost.borne_by_debtor:
            return False
        titled = any(isinstance(e, Judgment) and e.on <= cost.on for e in case.events)
        if case.debtor_kind is DebtorKind.CONSUMER and not titled:
            self.warnings[number].append(
                f"« {cost.label} » ({euros(cost.amount_cents)}) : sans titre exécutoire, ces frais "
                "restent à la charge du créancier (CPCE art. L. 111-8)."
            )
            return False
        return True

    # ---- out

    def answers(self) -> Iterator[Statement | Refused]:
        as_of = np.array([day.toordinal() for _, day in self.cases], dtype=np.int64)
        burdensome = np.array([case.most_burdensome_first for case, _ in self.cases], dtype=bool)
        order = sorted(range(len(self.rows)), key=lambda index: self.rows[index].case)
        place = {old: new for new, old in enumerate(order)}
        self.rows = [self.rows[index] for index in order]
        claims = Claims(
            case=_column(row.case for row in self.rows),
            due=_column(row.claim.due_on.toordinal() if row.claim else 0 for row in self.rows),
            principal=_column(row.principal for row in self.rows),
            first=_column(row.first for row in self.rows),
            last=_column(row.last for row in self.rows),
            schedule=_column(row.schedule for row in self.rows),
        )
        raw = Events(
            case=_column(event[0] for event in self.events),
            claim=_column(place[event[1]] if event[1] >= 0 else -1 for event in self.events),
            kind=_column(int(event[2]) for event in self.events),
            day=_column(event[3] for event in self.events),
            amount=_column(event[4] for event in self.events),
        )
        sorting = raw.order()
        self.event_facts = [self.event_facts[index] for index in sorting.tolist()]
        self.event_numbers = [self.event_numbers[index] for index in sorting.tolist()]
        rates = Rates.of(self.schedules or [_NO_INTEREST])
        result = compute(claims, raw.taken(sorting), rates, as_of=as_of, burdensome=burdensome)
        rate_rows = [row for schedule in self.schedules for row in schedule.rows]
        yield from _Answers(self, claims, result, rate_rows)


class _Answers:
    """Reads statements out of the engine's result, case by case."""

    def __init__(
        self, columns: _Columns, claims: Claims, result: Result, rate_rows: list[RateRow]
    ) -> None:
        self.columns, self.result, self.rate_rows = columns, result, rate_rows
        cases = np.arange(len(columns.cases) + 1)
        self.bounds = np.searchsorted(claims.case, cases)
        lines, taken = result.lines, result.allocated
        self.line_bounds = np.searchsorted(lines.claim, np.arange(len(claims.case) + 1))
        by_case = np.argsort(claims.case[taken.claim], kind="stable")
        self.taken_order = by_case
        self.taken_bounds = np.searchsorted(claims.case[taken.claim][by_case], cases)

    def __iter__(self) -> Iterator[Statement | Refused]:
        for number in range(len(self.columns.cases)):
            refused = self.columns.refused.get(number) or self._unknown(number)
            yield refused if refused is not None else self._statement(number)

    def _rows(self, number: int) -> range:
        return range(int(self.bounds[number]), int(self.bounds[number + 1]))

    def _unknown(self, number: int) -> Refused | None:
        for row in self._rows(number):
            index = int(self.result.unknown_row[row])
            if index >= 0:
                return self.rate_rows[index].unknown
        return None

    def _statement(self, number: int) -> Statement:
        case, as_of = self.columns.cases[number]
        claims: list[ClaimStatement] = []
        lines: list[Line] = []
        warnings = list(self.columns.warnings[number])
        total = Components()
        for row in self._rows(number):
            components = self._components(row)
            facts = self.columns.rows[row]
            total += components
            claims.append(
                ClaimStatement(
                    ref=facts.claim.ref if facts.claim else None,
                    components=components,
                    regime=facts.decision.regime,
                    why=facts.decision.why,
                    open_principal_cents=int(self.result.open_principal[row]),
                    daily_interest_millionths=self._daily(row),
                )
            )
            lines.extend(self._lines(row, components, warnings))
        lines.extend(self._event_lines(number))
        surplus = int(self.result.surplus[number]) + self.columns.beyond[number]
        if surplus:
            warnings.append(
                f"{euros(surplus)} dépassent ce qui est dû là où ils ont été affectés : ils restent "
                "au crédit du débiteur (C. civ. art. 1302)."
            )
        later = sum(1 for event in case.events if _day_of(event) > as_of)
        if later:
            warnings.append(
                f"{later} fait{'s' if later > 1 else ''} postérieur{'s' if later > 1 else ''} au "
                f"{french_day(as_of)} non compté{'s' if later > 1 else ''}."
            )
        return Statement(
            as_of=as_of,
            components=total,
            claims=tuple(claims),
            lines=tuple(lines),
            allocations=tuple(self._allocations(number)),
            credit_balance_cents=surplus,
            costs_on_creditor_cents=self.columns.on_creditor[number],
            daily_interest_millionths=sum(claim.daily_interest_millionths for claim in claims),
            day_count=case.day_count,
            most_burdensome_first=case.most_burdensome_first,
            warnings=tuple(dict.fromkeys(warnings)),
        )

    def _components(self, row: int) -> Components:
        result = self.result
        capitalised = int(result.capitalised[row])
        return Components(
            principal=int(result.principal[row]),
            interest=int(result.interest[row]) - capitalised,
            capitalised_interest=capitalised,
            fixed_indemnity=int(result.fixed_indemnity[row]),
            penalty_clause=int(result.penalty_clause[row]),
            costs=int(result.costs[row]),
            payments=int(result.paid[row]),
        )

    def _daily(self, row: int) -> int:
        numerator = int(self.result.daily_base[row]) * int(self.result.daily_rate[row])
        divisor = int(self.result.daily_divisor[row])
        return (2 * numerator + divisor) // (2 * divisor) * (1_000_000 // RATE_DIVISOR)

    def _lines(self, row: int, components: Components, warnings: list[str]) -> Iterator[Line]:
        facts = self.columns.rows[row]
        claim, lines = facts.claim, self.result.lines
        if claim is None:
            return
        yield Line(
            claim=claim.ref,
            component="principal",
            amount_cents=facts.principal,
            source="C. civ. art. 1103",
            first_day=None,
            label=f"échéance du {french_day(claim.due_on)}",
        )
        for index in range(int(self.line_bounds[row]), int(self.line_bounds[row + 1])):
            rate_row = self.rate_rows[int(lines.row[index])]
            if not rate_row.verified:
                warnings.append(f"{claim.ref} : à confirmer, {rate_row.source}.")
            yield Line(
                claim=claim.ref,
                component="interest",
                amount_cents=int(lines.amount[index]),
                source=rate_row.source,
                first_day=date.fromordinal(int(lines.first[index])),
                last_day=date.fromordinal(int(lines.last[index])),
                base_cents=int(lines.base[index]),
                rate=rate_row.rate,
                divisor=rate_row.divisor,
                verified=rate_row.verified,
            )
        if components.fixed_indemnity:
            value = self.columns.law[INDEMNITY].on(claim.due_on)
            yield Line(
                claim=claim.ref,
                component="fixed_indemnity",
                amount_cents=components.fixed_indemnity,
                source=value.source,
                label="indemnité forfaitaire pour frais de recouvrement",
            )
        if components.penalty_clause:
            yield Line(
                claim=claim.ref,
                component="penalty_clause",
                amount_cents=components.penalty_clause,
                source="C. civ. art. 1231-5",
                label="clause pénale",
            )

    def _event_lines(self, number: int) -> Iterator[Line]:
        case, as_of = self.columns.cases[number]
        for event in case.events:
            if isinstance(event, InsolvencyOpening | FormalNotice | Judgment | GracePeriod):
                continue
            if isinstance(event, Capitalisation) or event.on > as_of:
                continue
            ref = case.claims[event.claim].ref if event.claim is not None else None
            match event:
                case Payment():
                    yield Line(
                        claim=ref,
                        component="payments",
                        amount_cents=-event.amount_cents,
                        source="C. civ. art. 1343-1"
                        if not event.to_principal
                        else "C. civ. art. 1343-1, accord du créancier",
                        first_day=event.on,
                        label=f"paiement reçu le {french_day(event.on)}",
                    )
                case CreditNote():
                    yield Line(
                        claim=ref,
                        component="principal",
                        amount_cents=-event.amount_cents,
                        source="C. civ. art. 1103",
                        first_day=event.on,
                        label=f"avoir du {french_day(event.on)}",
                    )
                case Cost():
                    on_debtor = self.columns._debtor_bears(number, case, event)
                    yield Line(
                        claim=ref,
                        component="costs" if on_debtor else "costs_on_creditor",
                        amount_cents=event.amount_cents,
                        source="CPCE art. L. 111-8",
                        first_day=event.on,
                        label=event.label,
                    )

    def _allocations(self, number: int) -> Iterator[AllocatedPart]:
        taken = self.result.allocated
        start, end = int(self.taken_bounds[number]), int(self.taken_bounds[number + 1])
        for index in sorted(self.taken_order[start:end].tolist()):
            event = int(taken.event[index])
            fact = self.columns.event_facts[event]
            assert isinstance(fact, Payment)
            claim = self.columns.rows[int(taken.claim[index])].claim
            yield AllocatedPart(
                payment=fact.ref or str(self.columns.event_numbers[event]),
                on=fact.on,
                claim=claim.ref if claim else None,
                component=COMPONENT_OF_BUCKET[Bucket(int(taken.bucket[index]))],
                amount_cents=int(taken.amount[index]),
            )


def _before_opening(claim: CaseClaim, opening: InsolvencyOpening) -> bool:
    """Debts born after the opening keep their interest (C. com. L. 622-17)."""
    return claim.issued_on is None or claim.issued_on < opening.on


def _day_of(event: object) -> date:
    for name in ("on", "requested_on", "first_day"):
        day = getattr(event, name, None)
        if isinstance(day, date):
            return day
    raise AssertionError(event)


def _column(values: Iterator[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


_NO_INTEREST = Schedule((RateRow(date(1, 1, 1), 0, 365, ""),))


def statement_answer(answer: Statement) -> dict[str, object]:
    """Return a statement as the JSON object of the outside contract: amounts as strings in euros."""
    return {
        "as_of": answer.as_of.isoformat(),
        "total": _euros(answer.total_cents),
        "components": _components_answer(answer.components),
        "credit_balance": _euros(answer.credit_balance_cents),
        "costs_on_creditor": _euros(answer.costs_on_creditor_cents),
        "daily_interest": _euros(_half_up(answer.daily_interest_millionths, 1_000_000)),
        "daily_interest_exact": _millionths(answer.daily_interest_millionths),
        "claims": [
            {
                "ref": claim.ref,
                "total": _euros(claim.components.total),
                "components": _components_answer(claim.components),
                "regime": claim.regime.value,
                "why": claim.why,
                "daily_interest": _euros(_half_up(claim.daily_interest_millionths, 1_000_000)),
            }
            for claim in answer.claims
        ],
        "lines": [_line_answer(line) for line in answer.lines],
        "allocations": [
            {
                "payment": part.payment,
                "on": part.on.isoformat(),
                "claim": part.claim,
                "component": part.component,
                "amount": _euros(part.amount_cents),
            }
            for part in answer.allocations
        ],
        "conventions": {
            "day_count": answer.day_count.value,
            "rounding": "per_line",
            "first_day": "lendemain du fait qui fait courir les intérêts",
            "last_day": "jour de l’arrêté ou du changement, compté",
            "allocation": "frais, 40 €, clause pénale, intérêts capitalisés, intérêts, principal "
            "(C. civ. art. 1343-1)",
            "order": "dette la plus onéreuse d’abord"
            if answer.most_burdensome_first
            else "dettes échues, la plus ancienne d’abord (C. civ. art. 1342-10)",
        },
        "warnings": list(answer.warnings),
    }


def _components_answer(components: Components) -> dict[str, str]:
    return {
        "principal": _euros(components.principal),
        "interest": _euros(components.interest),
        "capitalised_interest": _euros(components.capitalised_interest),
        "fixed_indemnity": _euros(components.fixed_indemnity),
        "penalty_clause": _euros(components.penalty_clause),
        "costs": _euros(components.costs),
        "payments": _euros(components.payments),
    }


def _line_answer(line: Line) -> dict[str, object]:
    answer: dict[str, object] = {
        "claim": line.claim,
        "component": line.component,
        "amount": _euros(line.amount_cents),
        "source": line.source,
        "label": line.label,
    }
    if line.first_day is not None:
        answer["from"] = line.first_day.isoformat()
    if line.rate is not None and line.last_day is not None and line.base_cents is not None:
        answer |= {
            "to": line.last_day.isoformat(),
            "days": line.days,
            "base": _euros(line.base_cents),
            "rate": rate_text(line.rate),
            "divisor": line.divisor,
            "verified": line.verified,
        }
    return answer


def rate_text(rate: int) -> str:
    """Return 124000 as "12.40", with as many decimals as needed, two at least."""
    whole, rest = divmod(rate, 10_000)
    return f"{whole}.{f'{rest:04d}'.rstrip('0').ljust(2, '0')}"


def _euros(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _millionths(value: int) -> str:
    """Return millionths of a cent as euros with six decimals."""
    micro = _half_up(value, 100)
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"


def _half_up(value: int, divisor: int) -> int:
    return (2 * value + divisor) // (2 * divisor)
