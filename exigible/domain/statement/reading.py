"""The engine's columns read back into statements: lines with their grounds, allocations, warnings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from exigible.domain.case import (
    CaseClaim,
    Cost,
    CreditNote,
    Payment,
    PaymentSource,
    SetOff,
    Tariff,
    Voided,
)
from exigible.domain.engine import RATE_DIVISOR, Bucket, Result, compute
from exigible.domain.french import day as french_day
from exigible.domain.french import euros
from exigible.domain.law.readings import Reading, distinct, doubts
from exigible.domain.refusals import Refused
from exigible.domain.statement.charges import INDEMNITY
from exigible.domain.statement.columns import BorneCost, Columns, Laid
from exigible.domain.statement.model import (
    COMPONENT_OF_BUCKET,
    AllocatedPart,
    ClaimStatement,
    Components,
    Line,
    Statement,
)


def read_statements(columns: Columns) -> Iterator[Statement | Refused]:
    """Run the engine over the cases gathered, and yield each one's statement or refusal, in order."""
    laid = columns.lay()
    result = compute(
        laid.claims,
        laid.events,
        laid.rates,
        as_of=laid.as_of,
        burdensome=laid.burdensome,
        allocations=laid.allocations,
    )
    yield from _Answers(columns, laid, result)


class _Answers:
    """Reads statements out of the engine's result, case by case."""

    def __init__(self, columns: Columns, laid: Laid, result: Result) -> None:
        self.columns, self.laid, self.result = columns, laid, result
        claims = laid.claims
        cases = np.arange(len(columns.cases) + 1)
        self.bounds = np.searchsorted(claims.case, cases)
        lines, taken = result.lines, result.allocated
        self.line_bounds = np.searchsorted(lines.claim, np.arange(len(claims.case) + 1))
        by_case = np.argsort(claims.case[taken.claim], kind="stable")
        self.taken_order = by_case
        self.taken_bounds = np.searchsorted(claims.case[taken.claim][by_case], cases)

    def __iter__(self) -> Iterator[Statement | Refused]:
        for number in range(len(self.columns.cases)):
            refused = self.columns.cases[number].refused or self._unknown(number)
            yield refused if refused is not None else self._statement(number)

    def _rows(self, number: int) -> range:
        return range(int(self.bounds[number]), int(self.bounds[number + 1]))

    def _unknown(self, number: int) -> Refused | None:
        for row in self._rows(number):
            index = int(self.result.unknown_row[row])
            if index >= 0:
                return self.laid.rate_rows[index].unknown
        return None

    def _statement(self, number: int) -> Statement:
        about = self.columns.cases[number]
        case, as_of = about.case, about.as_of
        claims: list[ClaimStatement] = []
        lines: list[Line] = []
        warnings = list(about.warnings)
        total = Components()
        readings = list(about.readings)
        for row in self._rows(number):
            components = self._components(row)
            readings += self._readings(row, components)
            facts = self.laid.rows[row]
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
        surplus = int(self.result.surplus[number]) + about.beyond
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
        used = distinct(readings)
        warnings.extend(doubts(used))
        return Statement(
            as_of=as_of,
            components=total,
            claims=tuple(claims),
            lines=tuple(lines),
            allocations=tuple(self._allocations(number)),
            credit_balance_cents=surplus,
            costs_on_creditor_cents=about.costs_on_creditor,
            daily_interest_millionths=sum(claim.daily_interest_millionths for claim in claims),
            day_count=case.day_count,
            most_burdensome_first=case.most_burdensome_first,
            warnings=tuple(dict.fromkeys(warnings)),
            notice_day=case.notice_day,
            interest_on_opening_day=case.interest_on_opening_day,
            readings=used,
        )

    def _readings(self, row: int, components: Components) -> Iterator[Reading]:
        """Yield the values of the law that the lines of a claim rest on."""
        facts, lines = self.laid.rows[row], self.result.lines
        start, end = int(self.line_bounds[row]), int(self.line_bounds[row + 1])
        if start < end:
            first = date.fromordinal(int(lines.first[start]))
            last = date.fromordinal(int(lines.last[end - 1]))
            for one in self.columns.schedules[facts.schedule].readings:
                if one.first <= last and one.last >= first:
                    yield one
        if components.fixed_indemnity and facts.claim is not None:
            due_on, parameter = facts.claim.due_on, self.columns.law[INDEMNITY]
            yield Reading(parameter, parameter.on(due_on), due_on, due_on)

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
        facts = self.laid.rows[row]
        claim, lines = facts.claim, self.result.lines
        if claim is None or not facts.counted:
            return
        yield Line(
            claim=claim.ref,
            component="principal",
            amount_cents=claim.principal_cents,
            source="C. civ. art. 1103",
            first_day=None,
            label=f"échéance du {french_day(claim.due_on)}{_with_vat(claim)}",
        )
        mine = slice(self.line_bounds[row], self.line_bounds[row + 1])
        columns = (lines.row, lines.first, lines.last, lines.base, lines.amount)
        for rate, first, last, base, cents in zip(
            *(column[mine].tolist() for column in columns), strict=True
        ):
            rate_row = self.laid.rate_rows[rate]
            if not rate_row.verified:
                warnings.append(f"{claim.ref} : à confirmer, {rate_row.source}.")
            yield Line(
                claim=claim.ref,
                component="interest",
                amount_cents=cents,
                source=rate_row.source,
                first_day=date.fromordinal(first),
                last_day=date.fromordinal(last),
                base_cents=base,
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
        if components.penalty_clause and facts.penalty is not None:
            yield Line(
                claim=claim.ref,
                component="penalty_clause",
                amount_cents=components.penalty_clause,
                source=facts.penalty.source,
                label=facts.penalty.label,
                verified=facts.penalty.verified,
            )

    def _event_lines(self, number: int) -> Iterator[Line]:
        about = self.columns.cases[number]
        for place, event in enumerate(about.case.events):
            if not isinstance(event, Payment | SetOff | CreditNote | Cost | Voided):
                continue
            if event.on > about.as_of or place in about.ignored:
                continue
            if isinstance(event, Voided) and not event.was_payment:
                continue
            cost = about.costs.get(place)
            component, cents, source, label = _told(event, cost)
            yield Line(
                claim=about.case.claims[event.claim].ref if event.claim is not None else None,
                component=component,
                amount_cents=cents,
                source=source,
                first_day=event.on,
                label=label,
                verified=cost is None or cost.verified,
            )

    def _allocations(self, number: int) -> Iterator[AllocatedPart]:
        taken = self.result.allocated
        mine = self.taken_order[self.taken_bounds[number] : self.taken_bounds[number + 1]]
        events = taken.event[mine].tolist()
        payments = {event: self._payment(event) for event in set(events)}
        claims = {row: self.laid.rows[row].claim for row in self._rows(number)}
        refs = {row: claim.ref if claim else None for row, claim in claims.items()}
        columns = (taken.claim, taken.bucket, taken.amount)
        for event, row, bucket, cents in zip(
            events, *(column[mine].tolist() for column in columns), strict=True
        ):
            name, on = payments[event]
            yield AllocatedPart(name, on, refs[row], _COMPONENTS[bucket], cents)

    def _payment(self, event: int) -> tuple[str, date]:
        """Return what a payment is called, by its number where it has no name, and its day."""
        fact = self.laid.facts[event]
        assert isinstance(fact, Payment | SetOff)
        named = fact.ref if isinstance(fact, Payment) else ""
        return named or str(self.laid.numbers[event]), fact.on


_COMPONENTS = tuple(COMPONENT_OF_BUCKET[bucket] for bucket in Bucket)


def _told(
    event: Payment | SetOff | CreditNote | Cost | Voided, cost: BorneCost | None
) -> tuple[str, int, str, str]:
    """Return the component, the cents, the text and the label of an event's line."""
    match event:
        case Payment():
            agreed = ", accord du créancier" if event.to_principal or event.order else ""
            label = f"{_RECEIVED[event.source]} le {french_day(event.on)}"
            return "payments", -event.amount_cents, f"C. civ. art. 1343-1{agreed}", label
        case SetOff():
            label = f"compensation, à effet du {french_day(event.on)}"
            return "payments", -event.amount_cents, "C. civ. art. 1347 et 1347-1", label
        case CreditNote():
            label = f"avoir du {french_day(event.on)}"
            return "principal", -event.amount_cents, "C. civ. art. 1103", label
        case Cost():
            assert cost is not None
            component = "costs" if cost.by_debtor else "costs_on_creditor"
            return component, cost.cents, _COST_SOURCES[event.tariff], event.label
        case Voided():
            return "payments", 0, "C. civ. art. 1342-6", event.why


_RECEIVED = {
    PaymentSource.DEBTOR: "paiement reçu",
    PaymentSource.SEIZURE: "produit de la saisie reçu",
    PaymentSource.DIVIDEND: "dividende de la procédure collective reçu",
}
_COST_SOURCES = {
    None: "CPCE art. L. 111-8",
    Tariff.A444_31: "C. com. art. A. 444-31",
    Tariff.A444_32: "C. com. art. A. 444-32",
}


def _with_vat(claim: CaseClaim) -> str:
    """Return « , 1 000,00 € HT et 200,00 € de TVA » where the claim says its tax."""
    if claim.vat_cents is None:
        return ""
    net = claim.principal_cents - claim.vat_cents
    return f", {euros(net)} HT et {euros(claim.vat_cents)} de TVA"


def _day_of(event: object) -> date:
    for name in ("on", "requested_on", "first_day"):
        day = getattr(event, name, None)
        if isinstance(day, date):
            return day
    raise AssertionError(event)
