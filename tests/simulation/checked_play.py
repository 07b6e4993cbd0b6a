"""A play whose every day is checked against the oracle: before the run, after it, at night."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from exigible.domain.book import figures
from exigible.domain.refusals import OutsideKnownLaw, Refused
from exigible.operations.law import current_law
from exigible.operations.statements import account_statement
from exigible.simulation.doing import LiveBooks
from exigible.simulation.play import Play
from exigible.simulation.world import build
from exigible.store.columns import Scope, read_book
from exigible.store.models import (
    AccountFigures,
    Allocation,
    Claim,
    DailyRun,
    Entry,
    JournalEntry,
    Message,
    MessageStatus,
    Payment,
    Proposal,
    ProposalStatus,
)
from tests.simulation import account_oracle
from tests.simulation.account_oracle import Facts, View

ONE_DAY = timedelta(days=1)
MEASURED_EVERY = 30  # days
PASSWORD = "les-quais-de-la-lède"


class CheckedPlay:
    """A world played and checked day after day.

    Every day the whole run is foreseen, the money is counted, and the accounts on which anything
    happened are checked. The others are checked every `others_every` days, in turn; statements,
    every `statements_every` days. For `before` days accounting alone is at work.
    """

    def __init__(
        self,
        seed: int,
        debtors: int,
        start: date,
        days: int,
        *,
        before: int = 0,
        others_every: int = 1,
        statements_every: int = 1,
    ) -> None:
        self.others_every = others_every
        self.statements_every = statements_every
        end = start + timedelta(days=days - 1)
        self.start, self.end = start, end
        self._last_line = 0
        opened = start - before * ONE_DAY
        self.play = Play(build(seed, debtors, start=opened, end=end), LiveBooks())
        self.play.open(opened, password=PASSWORD, domain="demo.example")
        for number in range(before):
            self.play.accounting(opened + number * ONE_DAY)

    def through(self) -> CheckedPlay:
        for number in range((self.end - self.start).days + 1):
            self.day(self.start + number * ONE_DAY)
            if number % MEASURED_EVERY == 0:
                measure_tables()
        return self

    def day(self, on: date) -> None:
        self.play.accounting(on)
        expected = account_oracle.expected_run(Facts.read(), on)
        run = self.play.run(on)
        check_run(run, expected)
        self.play.morning(on)
        self.play.office(on)
        self.play.evening(on)
        facts = Facts.read()
        check_accounts(facts, on, self._touched(), self.others_every, self.statements_every)
        self.check_money()
        check_messages()

    def _touched(self) -> set[int]:
        """Return the accounts on which anything was recorded since this was last asked."""
        lines = JournalEntry.objects.filter(pk__gt=self._last_line).exclude(account=None)
        found = dict(lines.order_by("pk").values_list("pk", "account_id"))
        self._last_line = max(found, default=self._last_line)
        return set(found.values())

    def check_money(self) -> None:
        """The ledger holds what was invoiced and not received: not a cent is lost on the way."""
        played = self.play.invoiced_cents - self.play.received_cents
        owed = Claim.objects.aggregate(total=Sum("balance_cents"))["total"] or 0
        paid = Payment.objects.aggregate(paid=Sum("amount_cents"), used=Sum("allocated_cents"))
        assert owed - ((paid["paid"] or 0) - (paid["used"] or 0)) == played
        entries = Entry.objects.aggregate(total=Sum("amount_cents"))["total"] or 0
        used = Allocation.objects.aggregate(total=Sum("amount_cents"))["total"] or 0
        assert (entries, used) == (owed, paid["used"] or 0)


def measure_tables() -> None:
    """Give the planner what autovacuum would: it sees nothing of a test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def check_run(run: DailyRun, expected: account_oracle.Expected) -> None:
    """The run added the steps that are due and no other, and says why the rest waits."""
    rows = Proposal.objects.filter(run=run).exclude(status=ProposalStatus.OBSOLETE)
    added = {
        (row.account_id, row.action, row.cycle, row.channel, row.status == "approved")
        for row in rows
    }
    assert added == expected.added, (run.on, added ^ expected.added)
    waiting = {
        (row.account_id, row.action, row.cycle)
        for row in Proposal.objects.filter(status=ProposalStatus.OPEN)
    }
    assert waiting == expected.waiting, (run.on, waiting ^ expected.waiting)
    assert Counter(run.counts["held"]) == expected.held, run.on


def check_accounts(
    facts: Facts, on: date, touched: set[int], others_every: int, statements_every: int
) -> None:
    """The accounts' figures and statements are those of the oracle, to the cent."""
    copies = {row.account_id: row for row in AccountFigures.objects.all()}
    for account in facts.accounts:
        if account["id"] not in touched and (on.toordinal() + account["id"]) % others_every:
            continue
        seen = account_oracle.view(facts, account, on)
        expected = seen.figures()
        copy = copies[account["id"]]
        found = {name: getattr(copy, name) for name in expected}
        assert found == expected, (on, account["id"])
        if seen.late() and (on.toordinal() + account["id"]) % statements_every == 0:
            check_statement(seen, on)


def check_statement(seen: View, on: date) -> None:
    """The décompte of an account: its accessories, its principal left."""
    account_id = seen.row["id"]
    if seen.row["debtor__kind"] == "unknown":
        return
    claimed = [one for one in seen.late() if one.balance > one.disputed]
    if seen.accessories is None:
        with pytest.raises(OutsideKnownLaw):
            account_statement(account_id, on)
        return
    if not claimed and not seen.accessories:
        with pytest.raises(Refused, match="Rien n’est échu"):
            account_statement(account_id, on)
        return
    answer, _ = account_statement(account_id, on)
    assert answer.components.accessories == seen.accessories, (on, account_id)
    open_principal = sum(claim.open_principal_cents for claim in answer.claims)
    assert open_principal == sum(one.balance - one.disputed for one in claimed), (on, account_id)
    assert answer.total_cents == open_principal + seen.accessories


def check_messages() -> None:
    """What left is kept and has left once; no two live messages carry the same step."""
    left = Message.objects.filter(
        status__in=[MessageStatus.SENT, MessageStatus.UNCERTAIN, MessageStatus.SENDING]
    )
    assert not left.filter(document=None).exists()
    assert not Message.objects.filter(status=MessageStatus.SENDING).exists()
    carried = Counter(left.exclude(proposal=None).values_list("proposal_id", flat=True))
    assert all(number == 1 for number in carried.values())
    sent = set(
        left.filter(status="sent").exclude(proposal=None).values_list("proposal_id", flat=True)
    )
    issued = set(Proposal.objects.filter(status="issued").values_list("pk", flat=True))
    assert sent == issued
    emails = left.filter(channel="email").values_list("message_id", flat=True)
    assert len(set(emails)) == len(emails)


def check_journal() -> None:
    """Every chain can be walked from its first line; each hash is what its line says."""
    heads: dict[int | None, tuple[int, bytes]] = {}
    for line in JournalEntry.objects.order_by("account_id", "seq"):
        seq, previous = heads.get(line.account_id, (0, bytes(32)))
        assert (line.seq, bytes(line.previous_hash)) == (seq + 1, previous)
        at = line.at.astimezone(UTC).isoformat()
        content = [line.account_id, line.seq, at, line.actor, line.action, line.subject, line.facts]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(previous + text.encode()).digest()
        assert digest == bytes(line.hash)
        heads[line.account_id] = (line.seq, digest)


def check_past(on: date) -> None:
    """A past day, read again with what is known today, is still the oracle's."""
    book = read_book(Scope(), on)
    computed = figures(book, current_law())
    facts = Facts.read()
    for row, account in enumerate(facts.accounts):
        expected = account_oracle.view(facts, account, on).figures()
        found = {
            "balance_cents": int(computed.balance[row]),
            "not_due_cents": int(computed.not_due[row]),
            "overdue_cents": int(computed.overdue[row]),
            "credit_cents": int(computed.credit[row]),
            "chased_cents": int(computed.chased[row]),
            "accessories_cents": int(computed.accessories[row])
            if computed.accessories_known[row]
            else None,
        }
        assert found == {name: expected[name] for name in found}, (on, account["id"])


def facts_digest() -> str:
    """Return a hash of all that happened, without ids, which depend on the database's counters."""
    content: list[Any] = [
        list(
            Entry.objects.order_by("pk").values_list(
                "account__number", "claim__ref", "kind", "amount_cents", "value_date", "recorded_at"
            )
        ),
        list(
            Payment.objects.order_by("pk").values_list(
                "account__number", "kind", "amount_cents", "allocated_cents", "value_date", "label"
            )
        ),
        list(
            Proposal.objects.order_by("pk").values_list(
                "account__number", "action", "cycle", "channel", "status", "amount_cents", "rank",
                "reasons", "proposed_on", "decided_at",
            )
        ),
        list(
            Message.objects.order_by("pk").values_list(
                "account__number", "channel", "template", "status", "subject", "amount_cents",
                "total_cents", "sent_at", "to_address",
            )
        ),
        list(JournalEntry.objects.order_by("pk").values_list("account__number", "action", "at")),
        list(
            AccountFigures.objects.order_by("account__number").values_list(
                "account__number", "state", "balance_cents", "chased_cents", "accessories_cents"
            )
        ),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()
