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


@cache
def holidays(year: int) -> frozenset[date]:
    """Return the days off of Metropolitan France (C. trav. L. 3133-1); Easter by Oudin's steps."""
    golden, century = year % 19, year // 100
    moon = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon -= moon // 28 * (1 - moon // 28 * (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    days = moon - weekday
    month = 3 + (days + 40) // 44
    easter = date(year, month, days + 28 - 31 * (month // 4))
    fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]
    return frozenset(
        [easter + n * ONE_DAY for n in (1, 39, 50)] + [date(year, m, d) for m, d in fixed]
    )


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
    day_of_line: Fraction = Fraction(0)  # what a day of the line under way brings, exact
    days_of_line: int = 0
    line_key: tuple[object, ...] | None = None
    interest_settled: int = 0  # paid, or moved into the base
    first: date | None = None
    last: date = date.max
    unknown: bool = False
    lines: list[int] = field(default_factory=list)

    @property
    def line(self) -> Fraction:
        """The line under way, exact."""
        return self.day_of_line * self.days_of_line

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
        self.days_of_line, self.line_key = 0, None

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
        self.events = self.standing(case.get("events", []))
        conventions = case.get("conventions", {})
        self.actual = conventions.get("day_count") == "actual"
        self.by_presentation = conventions.get("formal_notice", "presented") == "presented"
        self.opening_counts = conventions.get("insolvency") == "judgment_day"
        self.burdensome = case.get("allocation_order") == "most_burdensome"
        self.claims = {claim["ref"]: claim for claim in case["claims"]}
        self.credit_balance = 0
        self.costs_on_creditor = 0
        self.increases: dict[str | None, date | None] = {}
        self.debts = [self.open(claim) for claim in case["claims"]]
        self.loose: Debt | None = None  # costs of no particular claim

    # -- reading the case

    def standing(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Leave out what a later fact, known by the as-of day, says never was."""
        undone = set()
        for event in events:
            if event["type"] == "payment_returned" and self.came(event, "on"):
                undone.add(
                    next(
                        rank
                        for rank, other in enumerate(events)
                        if other["type"] == "payment"
                        and event["payment"] in (other.get("ref"), str(rank + 1))
                    )
                )
        kept = []
        for rank, event in enumerate(events):
            if rank in undone:
                continue
            if event["type"] == "insolvency_opening" and self.came(event, "withdrawn_on"):
                continue
            missed = event.get("lapsed_on") or event.get("broken_on")
            if missed and date.fromisoformat(missed) <= self.as_of:
                if event.get("revives") or missed <= event["from"]:
                    continue
                eve = (date.fromisoformat(missed) - ONE_DAY).isoformat()
                kept.append(event | {"to": min(event["to"], eve)})
                continue
            if event["type"] == "set_off":
                [claim] = [one for one in self.case["claims"] if one["ref"] == event["claim"]]
                on = max(event["other_due_on"], claim["due_on"])
                if date.fromisoformat(event.get("invoked_on", on)) > self.as_of:
                    continue
                kept.append(event | {"on": on})
                continue
            kept.append(event)
        openings = [event["on"] for event in kept if event["type"] == "insolvency_opening"]
        return [
            event
            for event in kept
            if event["type"] != "set_off"
            or event.get("connected")
            or not any(opening <= event["on"] for opening in openings)
        ]

    def came(self, event: dict[str, Any], name: str) -> bool:
        return name in event and date.fromisoformat(event[name]) <= self.as_of

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

    def consumer_loan(self, claim: dict[str, Any]) -> bool:
        return self.debtor == "consumer" and claim["kind"] == "loan_instalment"

    def forfeited(self, claim: dict[str, Any]) -> bool:
        return bool(claim.get("credit", {}).get("interest_forfeited"))

    def regime(self, claim: dict[str, Any]) -> str:
        interest = claim.get("interest", {})
        asked = interest.get("regime", "auto")
        if asked == "b2b_penalties" and not (self.creditor == self.debtor == "professional"):
            return "legal_interest"
        if asked == "auto":
            asked = self.automatic(claim)
        if asked == "contract":
            home = claim["kind"] == "rent" and self.debtor == "consumer"  # loi de 1989, art. 4 i
            if home or self.forfeited(claim):
                return "legal_interest"
        return str(asked)

    def automatic(self, claim: dict[str, Any]) -> str:
        interest = claim.get("interest", {})
        if claim["kind"] in ("public_title", "social_contribution"):
            return "none"
        supply = claim["kind"] in ("invoice", "instalment")
        if self.creditor == "professional" and self.debtor == "public_purchaser" and supply:
            return "public_purchaser"
        if "rate" in interest or "clause" in interest:
            return "contract"
        if self.traders(claim):
            return "b2b_penalties"
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
        if claim["kind"] in ("bill", "cheque") or claim.get("due_date_is_notice"):
            return due + ONE_DAY
        starts = self.faults(claim)
        if claim["kind"] == "title":
            starts.append(due)
        return min(starts) + ONE_DAY if starts else None

    def faults(self, claim: dict[str, Any]) -> list[date]:
        """What puts the debtor in default: a notice after the due date, a decision, an order served."""
        days = []
        for notice in self.of("formal_notice", claim["ref"]):
            if notice["on"] >= claim["due_on"]:
                seen = notice.get("presented_on") if self.by_presentation else None
                days.append(date.fromisoformat(seen or notice["on"]))
        for one in self.of("judgment", claim["ref"]):
            kind = one.get("kind", "judgment")
            if kind == "order_for_payment" and "served_on" in one:
                days.append(date.fromisoformat(one["served_on"]))
            elif kind not in ("order_for_payment", "notarial_deed"):
                days.append(date.fromisoformat(one["on"]))
        return days

    def openings(self, claim: dict[str, Any]) -> list[date]:
        """The openings that reach a claim: one born before them (C. com. L. 622-17, L. 622-28)."""
        born = claim.get("issued_on")
        return [
            date.fromisoformat(event["on"])
            for event in self.events
            if event["type"] == "insolvency_opening" and (born is None or born < event["on"])
        ]

    def open(self, claim: dict[str, Any]) -> Debt:
        debt = Debt(ref=claim["ref"], due=date.fromisoformat(claim["due_on"]))
        if claim.get("issued_on", "") > self.as_of.isoformat():
            debt.last = date.min
            return debt
        principal = cents(claim["principal"])
        for note in self.of("credit_note", claim["ref"]):
            corrects = note.get("effect") == "from_invoice" and note.get("claim") == claim["ref"]
            if corrects and date.fromisoformat(note["on"]) <= self.as_of:
                taken = min(cents(note["amount"]), principal)
                principal -= taken
                self.credit_balance += cents(note["amount"]) - taken
        debt.principal = debt.left["principal"] = principal
        debt.first = self.first_day(claim)
        openings = self.openings(claim)
        if openings and claim.get("contract_months", 0) < 12:
            debt.last = min(openings) - (0 if self.opening_counts else 1) * ONE_DAY
        self.increases[debt.ref] = self.increased_from(debt)
        return debt

    # -- rates

    def rate(self, debt: Debt, day: date) -> tuple[Fraction, tuple[object, ...]]:
        """Return the rate of a day, in percent a year, and what tells its line from the next."""
        for measures in reversed(self.within("overindebtedness", debt.ref, day)):
            rate = Fraction(measures.get("rate", "0"))
            return rate, ("measures", rate)
        graces = self.within("grace_period", debt.ref, day)
        plans = self.within("payment_plan", debt.ref, day)
        regime = self.regime_on(debt, day)
        claim = self.claims[debt.ref]
        penalty = regime == "b2b_penalties" or (regime == "contract" and self.traders(claim))
        if (graces and penalty) or any(plan.get("penalties") == "suspended" for plan in plans):
            return Fraction(0), ("relief",)
        rate, line = self.running_rate(debt, day, regime)
        for grace in graces:
            if "rate" in grace:  # reduced by the judge, never under the legal rate
                ordered, legal = Fraction(grace["rate"]), value(self.legal_name(day), day)
                if max(ordered, legal) < rate:
                    rate, line = ordered, ("reduced", ordered)
                    if legal >= ordered:  # it changes as the legal rate does
                        period = day.year if day.year < 2015 else half_year(day)
                        rate, line = legal, ("legal", period, legal)
        return rate, line

    def within(self, kind: str, ref: str | None, day: date) -> list[dict[str, Any]]:
        at = day.isoformat()
        return [
            event for event in self.of(kind, ref) if event["from"] <= at <= event.get("to", "9999")
        ]

    def regime_on(self, debt: Debt, day: date) -> str:
        """A decision may order the legal rate, from the day after it."""
        ordered = [
            one["on"] for one in self.of("judgment", debt.ref) if one.get("legal_rate", False)
        ]
        if ordered and day.isoformat() > min(ordered):
            return "legal_interest"
        return self.regime(self.claims[debt.ref])

    def running_rate(
        self, debt: Debt, day: date, regime: str
    ) -> tuple[Fraction, tuple[object, ...]]:
        """Return a day's rate before any relief but the freeze of the increase."""
        claim = self.claims[debt.ref]
        assert debt.first is not None
        half = half_year(day)
        match regime:
            case "b2b_penalties":
                rate = value("taux_bce", half) + value("penalites_retard_majoration", half)
                return rate, (half, rate)
            case "public_purchaser":
                contract = date.fromisoformat(claim.get("contract_on", debt.first.isoformat()))
                rate = value("taux_bce", half_year(debt.first))
                rate += value("interets_moratoires_publics_majoration", contract)
                return rate, (rate,)
            case "contract":
                return self.contract_rate(claim, half)
            case _:
                rate = value(self.legal_name(day), day)
                line: tuple[object, ...] = (half, rate)
                if day.year < 2015:  # one rate a year
                    line = (day.year, rate)
                increased = self.increases[debt.ref]
                in_grace = self.within("grace_period", debt.ref, day)
                if increased is not None and day >= increased and not in_grace:
                    rate += self.points(debt, day)
                return rate, (*line, rate)

    def points(self, debt: Debt, day: date) -> Fraction:
        """The increase, or what the enforcement judge left of it (CMF L. 313-3)."""
        points = value("majoration_taux_legal", day)
        left = sorted(
            (one["on"], Fraction(one.get("points", "0")))
            for one in self.of("increase_relief", debt.ref)
            if one["on"] <= day.isoformat()
        )
        return min(points, left[-1][1]) if left else points

    def legal_name(self, day: date) -> str:
        """The category follows the creditor, and the assignee once he is one."""
        kind = self.creditor
        for event in sorted(self.of("assignment", None), key=lambda event: str(event["on"])):
            if event["on"] <= day.isoformat():
                kind = event["creditor_kind"]
        return f"taux_interet_legal_{'particuliers' if kind == 'individual' else 'autres'}"

    def contract_rate(
        self, claim: dict[str, Any], half: date
    ) -> tuple[Fraction, tuple[object, ...]]:
        interest = claim["interest"]
        if "rate" in interest:
            rate = Fraction(interest["rate"])
            line: tuple[object, ...] = ("fixed", rate)
        else:
            clause = interest["clause"]
            index = value("taux_bce" if clause["index"] == "ecb" else self.first_legal_name(), half)
            rate = index * Fraction(clause.get("times", "1")) + Fraction(clause.get("plus", "0"))
            line = (half, rate)
        if self.traders(claim):
            least = value("taux_interet_legal_autres", half)
            least *= value("penalites_retard_plancher", half)
            if rate < least:
                rate = value("taux_bce", half) + value("penalites_retard_majoration", half)
                line = (half, rate)
        return rate, line

    def first_legal_name(self) -> str:
        return f"taux_interet_legal_{'particuliers' if self.creditor == 'individual' else 'autres'}"

    def increased_from(self, debt: Debt) -> date | None:
        """CMF L. 313-3: the day after two months from an enforceable and served decision."""
        claim = self.claims[debt.ref]
        if claim["kind"] == "cheque" or self.forfeited(claim):
            return None
        days = []
        for judgment in self.of("judgment", debt.ref):
            kind = judgment.get("kind", "judgment")
            if "served_on" not in judgment or kind in ("cheque_title", "notarial_deed"):
                continue
            enforceable = date.fromisoformat(judgment["served_on"])
            if kind == "order_for_payment":
                closed = months_after(enforceable, 1)
                while closed.weekday() > 4 or closed in holidays(closed.year):
                    closed += ONE_DAY
                final = judgment.get("final_on")
                enforceable = max(enforceable, date.fromisoformat(final) if final else closed)
            elif not judgment.get("provisionally_enforceable", True):
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
            for kinds in (("cost",), ("credit_note",), ("payment", "set_off")):
                for event in self.events:
                    if event["type"] in kinds:
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
            debt.day_of_line = Fraction(base) * rate / 100 / self.divisor(day)
        debt.days_of_line += 1

    def incur(self, debt: Debt, day: date) -> None:
        """What being late costs, on the day it does: 40 €, then the penalty clause."""
        claim = self.claims[debt.ref]
        if debt.left["principal"] == 0:
            return
        tomorrow = debt.due + ONE_DAY
        if claim.get("fixed_indemnity") and day == tomorrow:
            payers = self.debtor in ("professional", "public_purchaser")
            stayed = any(debt.due >= opening for opening in self.openings(claim))
            known = debt.due >= date(2013, 1, 1)
            if payers and self.creditor == "professional" and not stayed and known:
                self.charge(
                    debt, "fixed_indemnity", int(value("indemnite_forfaitaire", debt.due) * 100)
                )
        if self.consumer_loan(claim):
            if "credit" in claim and day == tomorrow:
                self.charge(debt, "penalty_clause", self.lenders_indemnity(claim))
            return
        home = claim["kind"] == "rent" and self.debtor == "consumer"
        if "penalty_clause" in claim and not home:
            clause = claim["penalty_clause"]
            faults = [debt.due] if clause.get("without_notice") else self.faults(claim)
            if faults and day == max(min(faults), tomorrow):
                self.charge(debt, "penalty_clause", cents(clause.get("judged", clause["amount"])))

    def lenders_indemnity(self, claim: dict[str, Any]) -> int:
        """C. consom. D. 312-16, D. 312-17: 8 %, or 4 % of what is deferred; never more."""
        credit = claim["credit"]
        most = Fraction(4 if credit.get("deferred") else 8)
        share = min(most, Fraction(credit.get("percent", most)))
        base = cents(credit.get("capital", claim["principal"]))
        return (base * share / 100).__floor__()

    def charge(self, debt: Debt, bucket: str, amount: int) -> None:
        debt.left[bucket] += amount
        debt.gross[bucket] += amount

    def happen(self, event: dict[str, Any], day: date) -> None:
        if event.get("on") != day.isoformat():
            return
        match event["type"]:
            case "payment" | "set_off":
                self.credit(event, day, self.buckets(event, day), as_payment=True)
            case "credit_note":
                if event.get("effect") == "from_invoice" and event.get("claim"):
                    return
                self.credit(event, day, ("principal",), as_payment=False)
            case "cost":
                if not self.debtor_bears(event):
                    self.costs_on_creditor += cents(event["amount"])
                elif event.get("claim"):
                    self.charge(self.named(event["claim"]), "costs", cents(event["amount"]))
                else:
                    if self.loose is None:
                        self.loose = Debt(ref=None, due=date.min)
                    self.charge(self.loose, "costs", cents(event["amount"]))

    def buckets(self, event: dict[str, Any], day: date) -> tuple[str, ...]:
        """What a payment goes to, in order: agreed, ordered by a judge, or the law's."""
        to = event.get("to")
        if to == "principal":
            return ("principal",)
        if to:
            return tuple(to)
        if event["type"] == "payment" and (event.get("source") != "dividend" or event.get("claim")):
            reached = [event["claim"]] if event.get("claim") else list(self.claims)
            if all(
                self.forfeited(self.claims[ref])
                or any(
                    grace.get("principal_first") for grace in self.within("grace_period", ref, day)
                )
                for ref in reached
            ):
                return ("principal", *(name for name in BUCKETS if name != "principal"))
        return BUCKETS

    def debtor_bears(self, cost: dict[str, Any]) -> bool:
        """CPCE L. 111-8; C. com. A. 444-32; loi of 10 July 1965, art. 10-1."""
        if cost["borne_by"] != "debtor" or "444-32" in cost.get("label", ""):
            return False
        refs = [cost["claim"]] if cost.get("claim") else list(self.claims)
        titled = any(
            any(one["on"] <= cost["on"] for one in self.of("judgment", ref))
            or (
                self.claims[ref]["kind"] in ("title", "public_title")
                and self.claims[ref]["due_on"] <= cost["on"]
            )
            for ref in refs
        )
        if titled or cost.get("prescribed_by_law") or self.debtor != "consumer":
            return True
        return all(
            self.claims[ref]["kind"] == "copropriete_charges"
            and any(
                (notice.get("presented_on") if self.by_presentation else None) or notice["on"]
                for notice in self.of("formal_notice", ref)
                if notice["on"] >= self.claims[ref]["due_on"]
                and ((notice.get("presented_on") if self.by_presentation else None) or notice["on"])
                <= cost["on"]
            )
            for ref in refs
        )

    def named(self, ref: str) -> Debt:
        [debt] = [debt for debt in self.debts if debt.ref == ref]
        return debt

    def credit(
        self, event: dict[str, Any], day: date, buckets: tuple[str, ...], *, as_payment: bool
    ) -> None:
        left = cents(event["amount"])
        shared = event.get("source") == "dividend" and not event.get("claim")
        turns = [[self.named(event["claim"])]] if event.get("claim") else self.turns(day, shared)
        for debts in turns:
            for debt, most in zip(debts, self.shares(debts, buckets, left), strict=True):
                given = min(most, left)
                for bucket in buckets:
                    part = min(given, debt.owed(bucket))
                    if part == 0:
                        continue
                    given -= part
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

    def shares(self, debts: list[Debt], buckets: tuple[str, ...], left: int) -> list[int]:
        """Equal debts share pro rata, in whole cents, what remains going to the first ones."""
        owed = [sum(debt.owed(bucket) for bucket in buckets) for debt in debts]
        if len(debts) == 1 or left >= sum(owed):
            return [left] if len(debts) == 1 else owed
        shares = [(Fraction(left * one, sum(owed))).__floor__() for one in owed]
        for rank in range(left - sum(shares)):
            shares[rank] += 1
        return shares

    def turns(self, day: date, shared: bool) -> list[list[Debt]]:
        """C. civ. 1342-10: due debts first, the oldest or the most burdensome, then pro rata."""

        def burden(debt: Debt) -> Fraction:
            if debt.first is None or not debt.first <= day <= debt.last:
                return Fraction(0)
            try:
                return -self.rate(debt, day)[0]
            except Unknown:
                return Fraction(0)

        def rank(debt: Debt) -> tuple[object, ...]:
            if shared:
                return ()
            ranks = (burden(debt), debt.due) if self.burdensome else (debt.due, burden(debt))
            return (debt.due > day, *ranks)

        everyone = [
            debt
            for debt in [*self.debts, *([self.loose] if self.loose else [])]
            if any(debt.left[bucket] for bucket in BUCKETS) or debt.owed("interest") > 0
        ]
        turns: dict[tuple[object, ...], list[Debt]] = {}
        for debt in everyone:
            turns.setdefault(rank(debt), []).append(debt)
        return [turns[key] for key in sorted(turns)]  # type: ignore[type-var]

    def capitalise(self, debt: Debt, day: date) -> None:
        """C. civ. 1343-2: a whole year's unpaid interest joins the base, then each year's."""
        requests = self.of("capitalisation", debt.ref)
        if not requests or debt.first is None or day > debt.last:
            return
        claim = self.claims[debt.ref]
        if self.consumer_loan(claim):
            return
        if any(day >= opening >= date(2014, 7, 1) for opening in self.openings(claim)):
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
