"""A second opinion on statements: one day at a time, in fractions, written from the law.

It shares nothing with the product but the dated values of the law, which it reads from their files
by itself. A case is the JSON object of the outside contract. Each claim is walked from the first
day of its interest to the as-of day; what a day brings is added exactly, and rounded only when its
line ends: where base, rate or divisor changes, and on 1 January and 1 July for a rate that is
fixed by half-year. Slow, and meant to be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import exigible.domain.law

LAW = Path(exigible.domain.law.__file__).parent
ONE_DAY = timedelta(days=1)
BUCKETS = (
    "costs",
    "fixed_indemnity",
    "penalty_clause",
    "capitalised_interest",
    "interest",
    "principal",
)


class Unknown(Exception):
    """A day needs a value that nobody knows."""


# ---- law


@cache
def parameter(name: str) -> tuple[list[tuple[date, Fraction | None]], date | None]:
    """Return a parameter's dated values and the last day they are known for."""
    content = yaml.safe_load((LAW / f"{name}.yaml").read_text(encoding="utf-8"))
    values = [
        (start, None if line["value"] is None else Fraction(line["value"]))
        for start, line in sorted(content["values"].items())
    ]
    return values, content.get("known_until")


@cache
def value(name: str, day: date) -> Fraction:
    """Return the value in force on a day, scanning the whole list."""
    values, known_until = parameter(name)
    found = None
    for start, one in values:
        if start <= day:
            found = one
    if found is None or (known_until is not None and day > known_until):
        raise Unknown(f"{name}, {day}")
    return found


def half_year(day: date) -> date:
    """Return the 1 January or 1 July that opens the half-year of a day."""
    return date(day.year, 1, 1) if day.month < 7 else date(day.year, 7, 1)


def months_after(day: date, months: int) -> date:
    """Return the same day some months later, or the last of that month (C. proc. civ. 641)."""
    total = day.month - 1 + months
    year, month = day.year + total // 12, total % 12 + 1
    number = day.day
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1


def cents(text: str) -> int:
    return int(Fraction(text) * 100)


def half_up(amount: Fraction) -> int:
    return (amount + Fraction(1, 2)).__floor__()


# ---- the claims of a case


@dataclass
class Debt:
    """One claim on its way through the days."""

    ref: str | None
    due: date
    principal: int = 0  # net of credit notes
    left: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))
    gross: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))
    paid: int = 0
    capitalised: int = 0
    finished: int = 0  # rounded lines
    line: Fraction = Fraction(0)  # the line under way, exact
    line_key: tuple[object, ...] | None = None
    interest_settled: int = 0  # paid, or moved into the base
    first: date | None = None
    last: date = date.max
    unknown: bool = False
    lines: list[int] = field(default_factory=list)

    @property
    def interest(self) -> int:
        return self.finished + half_up(self.line)

    def owed(self, bucket: str) -> int:
        if bucket == "interest":
            return self.interest - self.interest_settled
        return self.left[bucket]

    def end_line(self) -> None:
        if self.line_key is not None:
            self.lines.append(half_up(self.line))
            self.finished += half_up(self.line)
        self.line, self.line_key = Fraction(0), None

    @property
    def total(self) -> int:
        other = sum(self.gross[b] for b in ("costs", "fixed_indemnity", "penalty_clause"))
        return self.principal + self.interest + other - self.paid


@dataclass
class Answer:
    """What the walk found."""

    debts: list[Debt]
    credit_balance: int
    costs_on_creditor: int
    daily: Fraction  # cents

    @property
    def total(self) -> int:
        return sum(debt.total for debt in self.debts)


class Walk:
    """A case, walked day by day up to `as_of`."""

    def __init__(self, case: dict[str, Any], as_of: date) -> None:
        self.case, self.as_of = case, as_of
        self.creditor = case["creditor"]["kind"]
        self.debtor = case["debtor"]["kind"]
        self.events = case.get("events", [])
        self.actual = case.get("conventions", {}).get("day_count") == "actual"
        self.burdensome = case.get("allocation_order") == "most_burdensome"
        self.claims = {claim["ref"]: claim for claim in case["claims"]}
        self.credit_balance = 0
        self.costs_on_creditor = 0
        self.debts = [self.open(claim) for claim in case["claims"]]
        self.loose: Debt | None = None  # costs of no particular claim

    # -- reading the case

    def of(self, kind: str, ref: str | None) -> list[dict[str, Any]]:
        return [
            event
            for event in self.events
            if event["type"] == kind and event.get("claim") in (None, ref)
        ]

    def traders(self, claim: dict[str, Any]) -> bool:
        return (
            self.creditor == "professional"
            and self.debtor == "professional"
            and claim["kind"] in ("invoice", "instalment")
        )

    def regime(self, claim: dict[str, Any]) -> str:
        interest = claim.get("interest", {})
        asked = interest.get("regime", "auto")
        if asked == "b2b_penalties" and not (self.creditor == self.debtor == "professional"):
            return "legal_interest"
        if asked != "auto":
            return str(asked)
        if claim["kind"] in ("public_title", "social_contribution"):
            return "none"
        if "rate" in interest or "clause" in interest:
            return "contract"
        if self.traders(claim):
            return "b2b_penalties"
        supply = claim["kind"] in ("invoice", "instalment")
        if self.creditor == "professional" and self.debtor == "public_purchaser" and supply:
            return "public_purchaser"
        return "legal_interest"

    def first_day(self, claim: dict[str, Any]) -> date | None:
        regime = self.regime(claim)
        due = date.fromisoformat(claim["due_on"])
        if regime == "none":
            return None
        runs_from = claim.get("runs_from") or claim.get("interest", {}).get("runs_from")
        if runs_from:
            return date.fromisoformat(runs_from["on"])
        if regime in ("b2b_penalties", "public_purchaser", "contract"):
            return due + ONE_DAY
        if claim["kind"] in ("bill", "cheque"):
            return due + ONE_DAY
        starts = [
            date.fromisoformat(notice["on"])
            for notice in self.of("formal_notice", claim["ref"])
            if date.fromisoformat(notice["on"]) >= due
        ]
        starts += [date.fromisoformat(one["on"]) for one in self.of("judgment", claim["ref"])]
        return min(starts) + ONE_DAY if starts else None

    def openings(self) -> list[date]:
        return [
            date.fromisoformat(event["on"])
            for event in self.events
            if event["type"] == "insolvency_opening"
        ]

    def stopped_on(self, claim: dict[str, Any]) -> date | None:
        """The opening that reaches a claim: one born before it (C. com. L. 622-17, L. 622-28)."""
        born = claim.get("issued_on")
        reached = [day for day in self.openings() if born is None or date.fromisoformat(born) < day]
        return min(reached, default=None)

    def open(self, claim: dict[str, Any]) -> Debt:
        debt = Debt(ref=claim["ref"], due=date.fromisoformat(claim["due_on"]))
        principal = cents(claim["principal"])
        for note in self.of("credit_note", claim["ref"]):
            corrects = note.get("effect") == "from_invoice" and note.get("claim") == claim["ref"]
            if corrects and date.fromisoformat(note["on"]) <= self.as_of:
                taken = min(cents(note["amount"]), principal)
                principal -= taken
                self.credit_balance += cents(note["amount"]) - taken
        debt.principal = debt.left["principal"] = principal
        debt.first = self.first_day(claim)
        opening = self.stopped_on(claim)
        if opening is not None:
            debt.last = opening - ONE_DAY
        return debt

    # -- rates

    def rate(self, debt: Debt, day: date) -> tuple[Fraction, tuple[object, ...]]:
        """Return the rate of a day, in percent a year, and what tells its line from the next."""
        claim = self.claims[debt.ref]
        assert debt.first is not None
        in_grace = any(
            date.fromisoformat(grace["from"]) <= day <= date.fromisoformat(grace["to"])
            for grace in self.of("grace_period", debt.ref)
        )
        half = half_year(day)
        match self.regime(claim):
            case "b2b_penalties":
                if in_grace:
                    return Fraction(0), ("grace",)
                rate = value("taux_bce", half) + value("penalites_retard_majoration", half)
                return rate, (half, rate)
            case "public_purchaser":
                frozen = half_year(debt.first)
                rate = value("taux_bce", frozen)
                rate += value("interets_moratoires_publics_majoration", frozen)
                return rate, (rate,)
            case "contract":
                return self.contract_rate(claim, half)
            case _:
                rate = value(self.legal_name(), day)
                line: tuple[object, ...] = (half, rate)
                if day.year < 2015:  # one rate a year
                    line = (day.year, rate)
                increased = self.increased_from(debt)
                if increased is not None and day >= increased and not in_grace:
                    rate += value("majoration_taux_legal", day)
                return rate, (*line, rate)

    def legal_name(self) -> str:
        kind = "particuliers" if self.creditor == "individual" else "autres"
        return f"taux_interet_legal_{kind}"

    def contract_rate(
        self, claim: dict[str, Any], half: date
    ) -> tuple[Fraction, tuple[object, ...]]:
        interest = claim["interest"]
        if "rate" in interest:
            rate = Fraction(interest["rate"])
            line: tuple[object, ...] = ("fixed", rate)
        else:
            clause = interest["clause"]
            index = value("taux_bce" if clause["index"] == "ecb" else self.legal_name(), half)
            rate = index * Fraction(clause.get("times", "1")) + Fraction(clause.get("plus", "0"))
            line = (half, rate)
        if self.traders(claim):
            least = value("taux_interet_legal_autres", half)
            least *= value("penalites_retard_plancher", half)
            if rate < least:
                rate = value("taux_bce", half) + value("penalites_retard_majoration", half)
                line = (half, rate)
        return rate, line

    def increased_from(self, debt: Debt) -> date | None:
        """CMF L. 313-3: the day after two months from an enforceable and served decision."""
        if self.claims[debt.ref]["kind"] == "cheque":
            return None
        days = []
        for judgment in self.of("judgment", debt.ref):
            if "served_on" not in judgment:
                continue
            enforceable = date.fromisoformat(judgment["served_on"])
            if not judgment.get("provisionally_enforceable", True):
                if "final_on" not in judgment:
                    continue
                enforceable = max(enforceable, date.fromisoformat(judgment["final_on"]))
            delay = int(value("majoration_taux_legal_delai", enforceable))
            days.append(months_after(enforceable, delay) + ONE_DAY)
        return min(days, default=None)

    def divisor(self, day: date) -> int:
        leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
        return 366 if self.actual and leap else 365

    # -- walking

    def answer(self) -> Answer:
        days = [debt.due for debt in self.debts]
        days += [date.fromisoformat(event["on"]) for event in self.events if "on" in event]
        days += [debt.first for debt in self.debts if debt.first]
        day = min(days)
        while day <= self.as_of:
            for debt in self.debts:
                self.accrue(debt, day)
            for debt in self.debts:
                self.incur(debt, day)
            for event in self.events:
                self.happen(event, day)
            for debt in self.debts:
                self.capitalise(debt, day)
            day += ONE_DAY
        daily = Fraction(0)
        for debt in self.debts:
            if debt.unknown:
                raise Unknown(debt.ref)
            if debt.first is not None and debt.first <= self.as_of <= debt.last:
                base = debt.left["principal"] + debt.left["capitalised_interest"]
                if base:
                    rate, _ = self.rate(debt, self.as_of)
                    daily += base * rate / 100 / self.divisor(self.as_of)
        debts = self.debts + ([self.loose] if self.loose else [])
        return Answer(debts, self.credit_balance, self.costs_on_creditor, daily)

    def accrue(self, debt: Debt, day: date) -> None:
        base = debt.left["principal"] + debt.left["capitalised_interest"]
        if debt.first is None or not debt.first <= day <= debt.last or base == 0:
            debt.end_line()
            return
        try:
            rate, line = self.rate(debt, day)
        except Unknown:
            debt.unknown = True
            return
        key = (base, self.divisor(day), *line)
        if key != debt.line_key:
            debt.end_line()
            debt.line_key = key
        debt.line += Fraction(base) * rate / 100 / self.divisor(day)

    def incur(self, debt: Debt, day: date) -> None:
        """What being late costs, on the day it does: 40 €, then the penalty clause."""
        claim = self.claims[debt.ref]
        if debt.left["principal"] == 0:
            return
        if claim.get("fixed_indemnity") and day == debt.due + ONE_DAY:
            payers = self.debtor in ("professional", "public_purchaser")
            opening = self.stopped_on(claim)
            stayed = opening is not None and debt.due >= opening
            if payers and self.creditor == "professional" and not stayed:
                self.charge(
                    debt, "fixed_indemnity", int(value("indemnite_forfaitaire", debt.due) * 100)
                )
        if "penalty_clause" in claim:
            faults = [
                date.fromisoformat(notice["on"])
                for notice in self.of("formal_notice", debt.ref)
                if date.fromisoformat(notice["on"]) >= debt.due
            ]
            faults += [date.fromisoformat(one["on"]) for one in self.of("judgment", debt.ref)]
            if faults and day == max(min(faults), debt.due + ONE_DAY):
                self.charge(debt, "penalty_clause", cents(claim["penalty_clause"]["amount"]))

    def charge(self, debt: Debt, bucket: str, amount: int) -> None:
        debt.left[bucket] += amount
        debt.gross[bucket] += amount

    def happen(self, event: dict[str, Any], day: date) -> None:
        if event.get("on") != day.isoformat():
            return
        match event["type"]:
            case "payment":
                only = ("principal",) if event.get("to") == "principal" else BUCKETS
                self.credit(event, day, only, as_payment=True)
            case "credit_note":
                if event.get("effect") == "from_invoice" and event.get("claim"):
                    return
                self.credit(event, day, ("principal",), as_payment=False)
            case "cost":
                titled = any(
                    other["type"] == "judgment" and other["on"] <= event["on"]
                    for other in self.events
                )
                bears = event["borne_by"] == "debtor" and (self.debtor != "consumer" or titled)
                if not bears:
                    self.costs_on_creditor += cents(event["amount"])
                elif event.get("claim"):
                    self.charge(self.named(event["claim"]), "costs", cents(event["amount"]))
                else:
                    if self.loose is None:
                        self.loose = Debt(ref=None, due=date.min)
                    self.charge(self.loose, "costs", cents(event["amount"]))

    def named(self, ref: str) -> Debt:
        [debt] = [debt for debt in self.debts if debt.ref == ref]
        return debt

    def credit(
        self, event: dict[str, Any], day: date, buckets: tuple[str, ...], *, as_payment: bool
    ) -> None:
        left = cents(event["amount"])
        debts = [self.named(event["claim"])] if event.get("claim") else self.in_order(day)
        for debt in debts:
            for bucket in buckets:
                part = min(left, debt.owed(bucket))
                if part == 0:
                    continue
                left -= part
                if bucket == "interest":
                    debt.interest_settled += part
                else:
                    debt.left[bucket] -= part
                if as_payment:
                    debt.paid += part
                else:
                    debt.principal -= part
        self.credit_balance += left

    def in_order(self, day: date) -> list[Debt]:
        """C. civ. 1342-10: due debts first, the oldest or the most burdensome."""

        def burden(debt: Debt) -> Fraction:
            if not self.burdensome or debt.first is None:
                return Fraction(0)
            if not debt.first <= day <= debt.last:
                return Fraction(0)
            try:
                return -self.rate(debt, day)[0]
            except Unknown:
                return Fraction(0)

        everyone = ([self.loose] if self.loose else []) + self.debts
        return sorted(everyone, key=lambda debt: (debt.due > day, burden(debt), debt.due))

    def capitalise(self, debt: Debt, day: date) -> None:
        """C. civ. 1343-2: a whole year's unpaid interest joins the base, then each year's."""
        requests = self.of("capitalisation", debt.ref)
        if not requests or debt.first is None or day > debt.last:
            return
        if any(day >= opening for opening in self.openings()):
            return
        asked = min(date.fromisoformat(one["requested_on"]) for one in requests)
        start = max(asked, months_after(debt.first - ONE_DAY, 12))
        if day < start or day != months_after(start, 12 * (day.year - start.year)):
            return
        unpaid = debt.owed("interest")
        if unpaid:
            debt.end_line()
            debt.interest_settled += unpaid
            debt.capitalised += unpaid
            debt.left["capitalised_interest"] += unpaid


def statement(case: dict[str, Any], as_of: date) -> Answer:
    """Walk a case of the outside contract; raise Unknown where a needed rate is not known."""
    return Walk(case, as_of).answer()
