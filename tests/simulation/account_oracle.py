"""A second opinion on accounts: their figures, their statement, the step that is due and why not.

It reads the facts with plain queries, table by table, and works on Python rows in naive loops. The
interest comes from the walk of `oracle`. It shares no code with the columns, the book, the engine
nor the strategy of the product.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from tests.simulation import oracle

PARIS = ZoneInfo("Europe/Paris")
ONE_DAY = timedelta(days=1)
Row = dict[str, Any]


ACCOUNTS = """
SELECT a.id, a.creditor_id, a.debtor_id, a.clause_rate, a.never_chased, a.waives_accessories,
       a.phase, a.strategy_id, c.agency_name AS creditor__agency_name, c.kind AS creditor__kind, c.clause_rate AS creditor__clause_rate,
       d.kind AS debtor__kind, d.insolvency_opened_on AS debtor__insolvency_opened_on,
       d.postcode AS debtor__postcode, d.city AS debtor__city, d.email_ok AS debtor__email_ok,
       d.address_line1 AS debtor__address_line1, d.address_line2 AS debtor__address_line2,
       d.address_ok AS debtor__address_ok
  FROM store_account a
  JOIN store_creditor c ON c.id = a.creditor_id
  JOIN store_debtor d ON d.id = a.debtor_id
 ORDER BY a.id"""


def rows(query: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def table(name: str) -> list[Row]:
    return rows(f"SELECT * FROM store_{name} ORDER BY id")


def grouped(rows: list[Row], key: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


@dataclass(slots=True)
class Facts:
    """Everything that was recorded, as plain rows."""

    accounts: list[Row]
    claims: dict[int, list[Row]]  # by account
    entries: dict[int, list[Row]]  # by claim
    payments: dict[int, list[Row]]
    allocations: dict[int, list[Row]]
    disputes: dict[int, list[Row]]
    holds: dict[int, list[Row]]
    promises: dict[int, list[Row]]
    proposals: dict[int, list[Row]]
    notices: dict[int, list[date]]  # formal notices that left, by claim
    contacts: dict[int, list[Row]]  # by debtor
    messages: dict[int, list[Row]]  # by account
    strategies: list[Row]
    steps: dict[int, list[Row]]

    @classmethod
    def read(cls) -> Facts:
        notices: dict[int, list[date]] = {}
        for row in rows(
            """SELECT c.claim_id, m.sent_on FROM store_message m
               JOIN store_message_claims c ON c.message_id = m.id
               WHERE m.is_formal_notice AND m.status = 'sent' ORDER BY m.id"""
        ):
            notices.setdefault(row["claim_id"], []).append(row["sent_on"])
        left = {
            row["proposal_id"]: row["sent_on"]
            for row in rows("SELECT proposal_id, sent_on FROM store_message WHERE status = 'sent'")
        }
        proposals = table("proposal")
        for row in proposals:
            row["left_on"] = left.get(row["id"])
        return cls(
            accounts=rows(ACCOUNTS),
            claims=grouped(table("claim"), "account_id"),
            entries=grouped(table("entry"), "claim_id"),
            payments=grouped(table("payment"), "account_id"),
            allocations=grouped(table("allocation"), "account_id"),
            disputes=grouped(table("dispute"), "account_id"),
            holds=grouped(table("hold"), "account_id"),
            promises=grouped(table("promise"), "account_id"),
            proposals=grouped(proposals, "account_id"),
            notices=notices,
            contacts=grouped(table("contact"), "debtor_id"),
            messages=grouped(
                rows("SELECT account_id, channel, status, sent_on FROM store_message"), "account_id"
            ),
            strategies=[row for row in table("strategy") if row["in_force"]],
            steps=grouped(table("strategystep"), "strategy_id"),
        )


@dataclass(slots=True)
class OpenClaim:
    """A claim on a day."""

    row: Row
    balance: int
    disputed: int
    held: int

    @property
    def chased(self) -> int:
        return max(self.balance - self.disputed - self.held, 0)


@dataclass
class View:
    """An account on a day."""

    row: Row
    on: date
    claims: list[OpenClaim]
    credit: int
    held_on_account: int
    held_whole: bool
    facts: Facts

    @cached_property
    def accessories(self) -> int | None:
        """What being late costs on the day; None where a rate is not known. The slow part."""
        if self.row["debtor__kind"] == "unknown" or self.row["never_chased"]:
            return 0
        try:
            debts = statement(self.facts, self).debts
        except oracle.Unknown:
            return None
        return sum(debt.total - debt.principal + debt.paid for debt in debts)

    def late(self) -> list[OpenClaim]:
        return [one for one in self.claims if one.row["due_on"] < self.on and one.balance > 0]

    def figures(self) -> dict[str, Any]:
        late = self.late()
        buckets = {30: 0, 60: 0, 90: 0, 180: 0, None: 0}
        for one in late:
            days = (self.on - one.row["due_on"]).days
            bound = next((bound for bound in (30, 60, 90, 180) if days <= bound), None)
            buckets[bound] += one.balance
        return {
            "balance_cents": sum(one.balance for one in self.claims) - self.credit,
            "not_due_cents": sum(one.balance for one in self.claims if one not in late),
            "overdue_cents": sum(one.balance for one in late),
            "late_30_cents": buckets[30],
            "late_60_cents": buckets[60],
            "late_90_cents": buckets[90],
            "late_180_cents": buckets[180],
            "late_more_cents": buckets[None],
            "disputed_cents": sum(one.disputed for one in self.claims),
            "held_cents": self.held_on_account + sum(one.held for one in late),
            "credit_cents": self.credit,
            "chased_cents": self.chased(),
            "accessories_cents": self.accessories,
            "oldest_due_on": self.oldest_due(),
            "open_claims": sum(1 for one in self.claims if one.balance),
            "overdue_claims": len(late),
        }

    def chased(self) -> int:
        gross = sum(one.chased for one in self.late())
        return max(gross - self.credit - self.held_on_account, 0)

    def oldest_due(self) -> date | None:
        if self.chased() == 0:
            return None
        return min(one.row["due_on"] for one in self.late() if one.chased > 0)


def active(row: Row, on: date) -> bool:
    """Say whether a hold stands on a day."""
    lifted = row["lifted_at"] and row["lifted_at"].astimezone(PARIS).date()
    return (lifted is None or lifted > on) and row["starts_on"] <= on <= row["ends_on"]


def contested(facts: Facts, account: Row, claim_id: int, on: date) -> int:
    total = 0
    for dispute in facts.disputes.get(account["id"], []):
        closed = dispute["closed_on"]
        standing = dispute["opened_on"] <= on and (closed is None or closed > on)
        if dispute["claim_id"] == claim_id and standing:
            total += dispute["amount_cents"]
    return total


def view(facts: Facts, account: Row, on: date) -> View:
    """Return an account on a day, from its facts alone."""
    holds = [hold for hold in facts.holds.get(account["id"], []) if active(hold, on)]
    claims = []
    for row in facts.claims.get(account["id"], []):
        if row["issued_on"] > on:
            continue
        balance = sum(
            entry["amount_cents"]
            for entry in facts.entries.get(row["id"], [])
            if entry["value_date"] <= on
        )
        if balance == 0:
            continue
        disputed = min(contested(facts, account, row["id"], on), max(balance, 0))
        held = 0
        for hold in holds:
            if hold["claim_id"] == row["id"]:
                amount = balance if hold["amount_cents"] is None else hold["amount_cents"]
                held = max(held, min(amount, max(balance - disputed, 0)))
        claims.append(OpenClaim(row, balance, disputed, held))
    credit = sum(
        payment["amount_cents"]
        for payment in facts.payments.get(account["id"], [])
        if payment["value_date"] <= on
    )
    credit -= sum(
        part["amount_cents"]
        for part in facts.allocations.get(account["id"], [])
        if part["value_date"] <= on
    )
    return View(
        row=account,
        on=on,
        claims=claims,
        credit=credit,
        held_on_account=sum(
            hold["amount_cents"]
            for hold in holds
            if hold["claim_id"] is None and hold["amount_cents"] is not None
        ),
        held_whole=any(hold["claim_id"] is None and hold["amount_cents"] is None for hold in holds),
        facts=facts,
    )


def reductions(facts: Facts, claim_id: int, on: date) -> list[Row]:
    """Return what has reduced a claim by a day and was not taken back since."""
    entries = facts.entries.get(claim_id, [])
    undone = {entry["reverses_id"] for entry in entries if entry["value_date"] <= on}
    return [
        entry
        for entry in entries
        if entry["amount_cents"] < 0
        and entry["kind"] in ("settlement", "credit_note", "adjustment")
        and entry["reverses_id"] is None
        and entry["id"] not in undone
        and entry["value_date"] <= on
    ]


def statement(facts: Facts, account: View) -> oracle.Answer:
    """Walk the account's overdue claims as a case: what is not disputed, payments to principal."""
    row = account.row
    rate = row["clause_rate"] if row["clause_rate"] is not None else row["creditor__clause_rate"]
    claims, events = [], []
    for one in account.late():
        if one.row["currency"] != "EUR":
            continue
        taken = reductions(facts, one.row["id"], account.on)
        principal = one.balance - one.disputed - sum(entry["amount_cents"] for entry in taken)
        if principal <= 0:
            continue
        ref = str(one.row["id"])
        interest: Row = {"regime": "auto"}
        if rate is not None:
            interest = {"regime": "contract", "rate": f"{rate // 10_000}.{rate % 10_000:04d}"}
        claims.append(
            {
                "ref": ref,
                "kind": one.row["kind"],
                "issued_on": one.row["issued_on"].isoformat(),
                "due_on": one.row["due_on"].isoformat(),
                "principal": euros(principal),
                "interest": {"regime": "none"} if row["waives_accessories"] else interest,
                "fixed_indemnity": not row["waives_accessories"]
                and one.row["kind"] in ("invoice", "instalment"),
            }
        )
        for entry in taken:
            event = {
                "type": "credit_note" if entry["kind"] == "credit_note" else "payment",
                "on": entry["value_date"].isoformat(),
                "amount": euros(-entry["amount_cents"]),
                "claim": ref,
            }
            events.append(event if entry["kind"] == "credit_note" else event | {"to": "principal"})
        events += [
            {"type": "formal_notice", "on": sent_on.isoformat(), "claim": ref}
            for sent_on in facts.notices.get(one.row["id"], [])
            if sent_on <= account.on
        ]
    opened = row["debtor__insolvency_opened_on"]
    if opened is not None:
        events.append({"type": "insolvency_opening", "on": opened.isoformat()})
    if not claims:
        return oracle.Answer([], 0, 0, oracle.Fraction(0))
    case = {
        "creditor": {"kind": row["creditor__kind"]},
        "debtor": {"kind": row["debtor__kind"]},
        "claims": claims,
        "events": events,
    }
    return oracle.statement(case, account.on)


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


# ---- which step is due, and why not


@dataclass(slots=True)
class Expected:
    """What a run should leave: the steps it adds, those that wait, and why accounts wait."""

    added: set[tuple[Any, ...]] = field(default_factory=set)
    waiting: set[tuple[Any, ...]] = field(default_factory=set)
    held: Counter[str] = field(default_factory=Counter)


def expected_run(facts: Facts, on: date) -> Expected:
    """Return what the run of a day should do, from the facts before it."""
    expected = Expected()
    for account in facts.accounts:
        _Step(facts, view(facts, account, on), expected).decide()
    return expected


def _share_out(cents: int, day: date, known: list[Row], grace: timedelta) -> None:
    """Give a receipt to one promise after another, or take it back from the last served."""
    by_day = sorted(known, key=lambda one: (one["due_on"], one["made_on"], one["id"]))
    in_time = [one for one in by_day if day <= one["due_on"] + grace]
    in_turn = in_time + [one for one in by_day if one not in in_time]
    for one in in_turn:
        given = min(cents, one["left"]) if cents > 0 else 0
        one["left"] -= given
        cents -= given
    for one in in_turn[::-1]:
        taken = min(-cents, one["amount_cents"] - one["left"]) if cents < 0 else 0
        one["left"] += taken
        cents += taken


class _Step:
    """One account on the day of a run."""

    def __init__(self, facts: Facts, account: View, expected: Expected) -> None:
        self.facts, self.account, self.expected = facts, account, expected
        self.on = account.on
        self.id = account.row["id"]
        self.strategy = self._strategy()
        self.steps = facts.steps.get(self.strategy["id"], []) if self.strategy else []
        self.promised, self.broken = self._promises()
        self.chased = account.chased()
        self.to_chase = max(self.chased - self.promised, 0)
        self.cycle = account.oldest_due()
        self.disputed = sum(one.disputed for one in account.claims)
        late = account.late()
        self.overdue = sum(one.balance for one in late)
        self.not_due = sum(one.balance for one in account.claims if one not in late)
        self.before = facts.proposals.get(self.id, [])
        self.alive = [row for row in self.before if not self._overtaken(row)]

    def _strategy(self) -> Row | None:
        own = [s for s in self.facts.strategies if s["id"] == self.account.row["strategy_id"]]
        kind = [
            s for s in self.facts.strategies if s["audience"] == self.account.row["debtor__kind"]
        ]
        creditors = [s for s in kind if s["creditor_id"] == self.account.row["creditor_id"]]
        houses = [s for s in kind if s["creditor_id"] is None]
        return next(iter(own + creditors[-1:] + houses[-1:]), None)

    def _promises(self) -> tuple[int, date | None]:
        """Return what is promised and still to come, and the day of the last broken promise."""
        grace = self.strategy["promise_grace_days"] if self.strategy else 2
        made = [
            {**promise, "left": promise["amount_cents"]}
            for promise in self.facts.promises.get(self.id, [])
            if promise["cancelled_at"] is None and promise["made_on"] <= self.on
        ]
        money = sorted(
            (payment["value_date"], -payment["amount_cents"], payment["recorded_at"])
            for payment in self.facts.payments.get(self.id, [])
            if payment["kind"] != "credit_note" and payment["value_date"] <= self.on
        )
        for day, minus_cents, at in money:
            known = [
                one
                for one in made
                if one["made_on"] < day or (one["made_on"] == day and one["recorded_at"] < at)
            ]
            _share_out(-minus_cents, day, known, timedelta(days=grace))
        unkept = [one for one in made if one["left"] > 0]
        gone_by = [one for one in unkept if one["due_on"] + timedelta(days=grace) < self.on]
        running = sum(one["left"] for one in unkept if one not in gone_by)
        return running, max((one["due_on"] for one in gone_by), default=None)

    def _overtaken(self, row: Row) -> bool:
        """Say whether the facts have overtaken a step that waits for someone."""
        if row["status"] == "obsolete":
            return True
        if row["status"] != "open":
            return False
        if row["action"] == "broken_promise":
            return self.chased == 0
        if row["action"] == "late_dispute":
            return self.disputed == 0
        if row["cycle"] >= row["proposed_on"]:  # a notice before the due date
            return self.not_due == 0 or row["cycle"] < self.on
        return bool(row["cycle"] != self.cycle)

    def decide(self) -> None:
        stopped = self._stopped()
        owes = self.overdue > 0 or self.not_due > 0
        if stopped and owes and self.overdue > 0:
            self.expected.held[stopped] += 1
        free = owes and not stopped
        if free:
            self._count_what_waits()
        waits = [row for row in self.alive if self._waits_for_someone(row)]
        kept = [row for row in self.alive if row["status"] == "open"]
        if waits and (not free or self.to_chase == 0):
            kept = [row for row in kept if row["action"] == "late_dispute"]
        self.expected.waiting |= {(self.id, row["action"], row["cycle"]) for row in kept}
        if not free:
            return
        if self.broken and self.chased > 0 and not self._seen("broken_promise", self.broken):
            self._add("broken_promise", self.broken, "call", automatic=False)
            return  # one thing at a time
        self._late_dispute()
        self._chase(bool(waits))
        self._before_due()

    def _stopped(self) -> str:
        row = self.account.row
        opened = row["debtor__insolvency_opened_on"]
        if row["never_chased"]:
            return "never_chased"
        if opened is not None and opened <= self.on:
            return "insolvency"
        if row["phase"] != "amiable":
            return "phase"
        if row["debtor__kind"] == "unknown":
            return "unknown_kind"
        if self.account.held_whole:
            return "hold"
        return "" if self.strategy else "no_strategy"

    def _count_what_waits(self) -> None:
        held = sum(one.held for one in self.account.late()) + self.account.held_on_account
        set_aside = held + self.disputed
        if self.overdue > 0 and self.chased == 0:
            if set_aside > 0:
                self.expected.held["dispute_or_hold"] += 1
            elif self.account.credit > 0:
                self.expected.held["unallocated_credit"] += 1
        if self.chased > 0 and self.to_chase == 0:
            self.expected.held["promise"] += 1

    def _step_of(self, row: Row) -> Row | None:
        return next(
            (
                step
                for steps in self.facts.steps.values()
                for step in steps
                if step["id"] == row["step_id"]
            ),
            None,
        )

    def _is_early(self, row: Row) -> bool:
        step = self._step_of(row)
        return step is not None and step["offset_days"] < 0

    def _waits_for_someone(self, row: Row) -> bool:
        if row["status"] not in ("open", "approved"):
            return False
        return row["action"] != "late_dispute" and not self._is_early(row)

    def _seen(self, action: str, day: date) -> bool:
        return any(row["action"] == action and row["cycle"] >= day for row in self.alive)

    def _late_dispute(self) -> None:
        days = [
            dispute["answer_due_on"]
            for dispute in self.facts.disputes.get(self.id, [])
            if dispute["closed_on"] is None
            and dispute["answer_due_on"] < self.on
            and dispute["claim_id"]
            in {one.row["id"] for one in self.account.claims if one.disputed}
        ]
        if days and not self._seen("late_dispute", min(days)):
            self._add("late_dispute", min(days), "task", automatic=False)

    def _chase(self, waits: bool) -> None:
        if self.to_chase == 0:
            return
        if waits:
            self.expected.held["waiting_for_decision"] += 1
            return
        assert self.strategy is not None
        if self.to_chase < self.strategy["minimum_cents"]:
            self.expected.held["small_amount"] += 1
            return
        done = {
            row["step_id"]
            for row in self.alive
            if row["cycle"] == self.cycle and row["step_id"] and not self._is_early(row)
        }
        left = [
            step
            for step in self.steps
            if step["offset_days"] >= 0
            and step["id"] not in done
            and self.to_chase >= step["minimum_cents"]
        ]
        if not left:
            self.expected.held["end_of_strategy"] += 1
            return
        step = min(left, key=lambda one: one["position"])
        assert self.cycle is not None
        if (self.on - self.cycle).days < step["offset_days"]:
            return
        if self._too_soon(self.strategy["spacing_days"]):
            self.expected.held["spacing"] += 1
            return
        channel = step["channel"]
        by_email = self._has_email() and not self._letter_first()
        if channel == "email" and not by_email and step["fallback_channel"]:
            channel = step["fallback_channel"]
        automatic = step["automatic"] and channel in ("email", "letter", "lrar")
        if automatic and not working(self.on, self.account.row["debtor__postcode"]):
            self.expected.held["not_a_working_day"] += 1
            return
        if channel == "email" and not by_email:
            automatic = False
        if channel in ("letter", "lrar") and not self._has_address():
            automatic = False
        self._add(step["key"], self.cycle, channel, automatic=automatic)

    def _too_soon(self, spacing: int) -> bool:
        """Say whether fewer working days than asked have passed since the last step."""
        touched = [
            row["left_on"]
            or (
                row["decided_at"].astimezone(PARIS).date()
                if row["decided_at"]
                else row["proposed_on"]
            )
            for row in self.alive
            if row["status"] in ("issued", "done", "approved")
        ]
        if not touched:
            return False
        day, passed = max(touched), 0
        while day < self.on and passed < spacing:
            day += ONE_DAY
            passed += working(day, self.account.row["debtor__postcode"])
        return passed < spacing

    def _before_due(self) -> None:
        if self.overdue or self.account.credit:
            return
        early = [row["cycle"] for row in self.alive if self._is_early(row)]
        told = max(early, default=date.min)
        for step in self.steps:
            if step["offset_days"] >= 0:
                continue
            last = self.on - timedelta(days=step["offset_days"])
            soon = [
                one.row["due_on"]
                for one in self.account.claims
                if self.on <= one.row["due_on"] <= last
                and one.row["due_on"] > told
                and one.balance >= step["minimum_cents"]
                and one.row["kind"] != "bill"
                and not one.disputed
                and not one.held
            ]
            works = working(self.on, self.account.row["debtor__postcode"])
            if soon and works and self._has_email() and not self._letter_first():
                self._add(step["key"], min(soon), step["channel"], automatic=step["automatic"])

    def _has_email(self) -> bool:
        return self.account.row["debtor__email_ok"] and any(
            contact["active"] and contact["email"]
            for contact in self.facts.contacts.get(self.account.row["debtor_id"], [])
        )

    def _letter_first(self) -> bool:
        """An agency writes by post before anything else (CPCE art. R. 124-4)."""
        by_post = any(
            message["channel"] in ("letter", "lrar")
            and message["status"] == "sent"
            and message["sent_on"] <= self.on
            for message in self.facts.messages.get(self.id, [])
        )
        return bool(self.account.row["creditor__agency_name"]) and not by_post

    def _has_address(self) -> bool:
        row = self.account.row
        line = row["debtor__address_line1"] or row["debtor__address_line2"]
        return bool(
            row["debtor__address_ok"] and line and row["debtor__postcode"] and row["debtor__city"]
        )

    def _add(self, action: str, cycle: date, channel: str, *, automatic: bool) -> None:
        already = any(
            row["action"] == action and row["cycle"] == cycle and row["status"] != "obsolete"
            for row in self.before
        )
        if already:  # a step is issued once
            return
        self.expected.added.add((self.id, action, cycle, channel, automatic))
        if not automatic:
            self.expected.waiting.add((self.id, action, cycle))


# Public holidays, written down rather than computed.
HOLIDAYS = {
    2025: "01-01 04-21 05-01 05-08 05-29 06-09 07-14 08-15 11-01 11-11 12-25",
    2026: "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25",
    2027: "01-01 03-29 05-01 05-08 05-06 05-17 07-14 08-15 11-01 11-11 12-25",
}
HOLIDAYS_OF_THE_EAST = {2025: "04-18 12-26", 2026: "04-03 12-26", 2027: "03-26 12-26"}


def working(day: date, postcode: str) -> bool:
    """Say whether a day is a working day where a debtor lives."""
    off = HOLIDAYS[day.year].split()
    if postcode[:2] in ("57", "67", "68"):
        off += HOLIDAYS_OF_THE_EAST[day.year].split()
    return day.weekday() < 5 and day.strftime("%m-%d") not in off
