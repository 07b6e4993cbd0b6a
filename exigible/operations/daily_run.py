"""The daily run: every account looked at as of a day, its next step proposed, with its reasons.

A run is cut into shards of accounts. A shard is one transaction: it reads its columns once, decides,
writes proposals and figures, and marks itself done; so a run can be repeated, interrupted at any
point and shared between workers, and nothing is lost nor doubled (`step_issued_once` stands behind).
A future day, or one before the last day run, only answers, and leaves no trace. Automatic steps are
approved here and leave through `operations.messages`, which checks everything again.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction

from exigible.domain.book import UNKNOWN_DEBTOR, Book, Figures, figures
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.strategy import Decided, Followed, Proposed, decide
from exigible.operations import figures as figures_operation
from exigible.operations.acts import By
from exigible.operations.law import current_law
from exigible.store.columns import Scope, read_book, read_followed, read_strategies
from exigible.store.models import DailyRun, Proposal, ProposalStatus, RunShard

SHARD_ACCOUNTS = 20_000
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class ShardCounts:
    """What a shard did, to be added up."""

    accounts: int = 0
    proposals: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    approved: Counter[str] = field(default_factory=Counter)  # automatic steps, by channel
    alerts: Counter[str] = field(default_factory=Counter)  # accounts that need someone's eye
    obsolete: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return {
            "accounts": self.accounts,
            "proposals": dict(self.proposals),
            "held": dict(self.held),
            "approved": dict(self.approved),
            "alerts": dict(self.alerts),
            "obsolete": self.obsolete,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }


def start_run(on: date, *, today: date, by: By, at: datetime) -> DailyRun:
    """Open the run of a day and cut it into shards; an unfinished run of that day is resumed.

    A past day catches up; once a later one was run it only answers, as a future day does.
    """
    if on.year < 2000 or (on - today).days > 366:
        raise WrongInput(
            "day", "Le passage se fait pour un jour passé ou de l’année qui vient.", field="on"
        )
    with transaction.atomic():
        run = DailyRun.objects.select_for_update().filter(on=on, finished_at__isnull=True).first()
        if run is not None:
            return run
        try:
            with transaction.atomic():
                run = DailyRun.objects.create(
                    on=on,
                    proposes_only=on > today or _overtaken(on),
                    started_at=at,
                    started_by=by.uuid,
                    counts={},
                )
        except IntegrityError:  # another process opened it in between
            return DailyRun.objects.get(on=on, finished_at__isnull=True)
        bounds = shard_bounds()
        RunShard.objects.bulk_create(
            RunShard(run=run, first_account=first, last_account=last) for first, last in bounds
        )
        run.shards_total = len(bounds)
        run.save(update_fields=["shards_total"])
    return run


def _overtaken(on: date) -> bool:
    """Say whether a later day was run already: its worklist and figures must not go back in time."""
    return DailyRun.objects.filter(on__gt=on, proposes_only=False).exists()


def shard_bounds(size: int = SHARD_ACCOUNTS) -> list[tuple[int, int]]:
    """Return ranges of account ids of about `size` accounts each."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT min(id), max(id) FROM (
                 SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS shard
                   FROM store_account) s
                GROUP BY shard ORDER BY 1""",
            [size],
        )
        return [(first, last) for first, last in cursor.fetchall()]


def run_shard(shard_id: int, *, at: datetime) -> ShardCounts:
    """Do one shard in one transaction; a shard already done does nothing again."""
    counts = ShardCounts()
    with transaction.atomic():
        shard = RunShard.objects.select_for_update().select_related("run").get(pk=shard_id)
        if shard.done_at is not None:
            return counts
        scope = Scope(first=shard.first_account, last=shard.last_account)
        decide_scope(scope, shard.run, counts, write=not shard.run.proposes_only, at=at)
        shard.done_at = at
        shard.counts = counts.as_json()
        shard.save(update_fields=["done_at", "counts"])
    return counts


def decide_scope(
    scope: Scope, run: DailyRun, counts: ShardCounts, *, write: bool, at: datetime
) -> Decided:
    """Decide for the accounts of a scope and, unless told otherwise, write what follows."""
    started = time.perf_counter()

    def phase(name: str) -> None:
        nonlocal started
        now = time.perf_counter()
        counts.seconds[name] = counts.seconds.get(name, 0.0) + now - started
        started = now

    book = read_book(scope, run.on)
    strategies = read_strategies()
    phase("read")
    computed = figures(book, current_law())
    phase("compute")
    if write:
        counts.obsolete += _retire(scope, run, book.account.tolist(), computed, at)
    followed = read_followed(scope, book, computed.oldest_due, strategies)
    phase("read")
    decided = decide(book, computed, followed, strategies.rows)
    phase("decide")
    counts.accounts += len(book.account)
    counts.held.update(decided.held)
    counts.alerts.update(_alerts(book, computed, followed))
    for proposal in decided.proposals:
        counts.proposals[proposal.action] += 1
        if proposal.automatic:
            counts.approved[proposal.channel] += 1
    if write:
        counts.obsolete += _withdraw([int(book.account[row]) for row in decided.withdrawn], at)
        _write(run, book.account.tolist(), decided.proposals)
        followed = read_followed(scope, book, computed.oldest_due, strategies)
        figures_operation.write(book, computed, followed)
        phase("write")
    return decided


def _alerts(book: Book, computed: Figures, followed: Followed) -> dict[str, int]:
    """Count accounts by what calls for attention beyond their next step."""
    flags = {
        "broken_promise": (computed.chased > 0) & (followed.broken_due > 0),
        "late_dispute": followed.dispute_late_day > 0,
        "insolvency": (book.insolvency_day > 0) & (computed.balance > 0),
        "unknown_kind": (book.debtor_kind == UNKNOWN_DEBTOR) & (computed.overdue > 0),
        "unknown_rate": ~computed.accessories_known,
        "other_currency": computed.other_currency,
    }
    return {name: int(flag.sum()) for name, flag in flags.items() if flag.any()}


def _retire(
    scope: Scope, run: DailyRun, accounts: list[int], computed: Figures, at: datetime
) -> int:
    """Set aside open proposals that the facts have overtaken: nothing left to chase, new cycle."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS account_cycle (account_id bigint, cycle date, "
            "chased bigint, disputed bigint, not_due bigint) ON COMMIT DELETE ROWS"
        )
        cursor.execute("TRUNCATE account_cycle")
        with cursor.copy("COPY account_cycle FROM STDIN") as copy:
            for account, day, chased, disputed, not_due in zip(
                accounts,
                computed.oldest_due.tolist(),
                computed.chased.tolist(),
                computed.disputed.tolist(),
                computed.not_due.tolist(),
                strict=True,
            ):
                copy.write_row(
                    (account, date.fromordinal(day) if day else None, chased, disputed, not_due)
                )
        cursor.execute(
            f"""UPDATE store_proposal p SET status = 'obsolete', decided_at = %(at)s
                  FROM account_cycle c
                 WHERE p.account_id = c.account_id AND {scope.sql("p.account_id")}
                   AND p.status = 'open'
                   AND CASE
                         WHEN p.action = 'broken_promise' THEN c.chased = 0
                         WHEN p.action = 'late_dispute' THEN c.disputed = 0
                         WHEN p.cycle >= p.proposed_on THEN c.not_due = 0 OR p.cycle < %(on)s
                         ELSE c.cycle IS DISTINCT FROM p.cycle
                       END""",
            {**scope.parameters, "on": run.on, "at": at},
        )
        retired = int(cursor.rowcount)
        # What still waits follows today's figures.
        cursor.execute(
            f"""UPDATE store_proposal p SET amount_cents = c.chased
                  FROM account_cycle c
                 WHERE p.account_id = c.account_id AND {scope.sql("p.account_id")}
                   AND p.status = 'open' AND p.cycle = c.cycle AND p.amount_cents <> c.chased""",
            scope.parameters,
        )
        return retired


def _withdraw(accounts: list[int], at: datetime) -> int:
    """Set aside the waiting steps of accounts that may not be chased now; see `Decided`."""
    return (
        Proposal.objects.filter(account_id__in=accounts, status=ProposalStatus.OPEN)
        .exclude(action="late_dispute")
        .update(status=ProposalStatus.OBSOLETE, decided_at=at)
    )


def _write(run: DailyRun, accounts: list[int], proposals: Iterable[Proposed]) -> None:
    """Insert proposals; one that exists for its account, step and cycle stays as it is.

    Except one set aside because the facts had overtaken it: they came back (a cheque unpaid, a
    dispute answered, a hold ended), so does the step, which was never issued.
    """
    columns = (
        "account_id, step_id, action, cycle, channel, label, reasons, amount_cents, rank, "
        "proposed_on, run_id, status, decided_at"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TEMP TABLE IF NOT EXISTS fresh_proposals (
                 account_id bigint, step_id bigint, action text, cycle date, channel text,
                 label text, reasons jsonb, amount_cents bigint, rank bigint, proposed_on date,
                 run_id bigint, status text, decided_at timestamptz) ON COMMIT DELETE ROWS"""
        )
        cursor.execute("TRUNCATE fresh_proposals")
        with cursor.copy("COPY fresh_proposals FROM STDIN") as copy:
            for proposal in proposals:
                copy.write_row(
                    (
                        accounts[proposal.account_row],
                        proposal.step.id if proposal.step else None,
                        proposal.action,
                        proposal.cycle,
                        proposal.channel,
                        proposal.label,
                        json.dumps(proposal.reasons, ensure_ascii=False),
                        proposal.amount_cents,
                        proposal.rank,
                        run.on,
                        run.pk,
                        ProposalStatus.APPROVED if proposal.automatic else ProposalStatus.OPEN,
                        run.started_at if proposal.automatic else None,
                    )
                )
        cursor.execute(
            f"""INSERT INTO store_proposal ({columns}, held_reason, decision_note)
                SELECT {columns}, '', '' FROM fresh_proposals
                ON CONFLICT ON CONSTRAINT step_issued_once DO UPDATE
                  SET channel = excluded.channel, label = excluded.label,
                      reasons = excluded.reasons, amount_cents = excluded.amount_cents,
                      rank = excluded.rank, proposed_on = excluded.proposed_on,
                      run_id = excluded.run_id, status = excluded.status,
                      decided_at = excluded.decided_at, decided_by = NULL,
                      decision_note = '', held_reason = '', show_from = NULL
                WHERE store_proposal.status = 'obsolete'"""
        )


def run_of(shard_id: int) -> int:
    """Return the run a shard belongs to."""
    return RunShard.objects.values_list("run_id", flat=True).get(pk=shard_id)


def done_on(on: date) -> bool:
    """Say whether a day has been run, or is being run."""
    return DailyRun.objects.filter(on=on, proposes_only=False).exists()


def finish_run(run_id: int, *, at: datetime) -> bool:
    """Close the run when its last shard is done; say whether it is closed."""
    with transaction.atomic():
        run = DailyRun.objects.select_for_update().get(pk=run_id)
        if run.finished_at is not None:
            return True
        shards = list(run.shards.all())
        if any(shard.done_at is None for shard in shards):
            return False
        total = ShardCounts()
        for shard in shards:
            counts = shard.counts
            total.accounts += counts["accounts"]
            total.obsolete += counts["obsolete"]
            total.proposals.update(counts["proposals"])
            total.held.update(counts["held"])
            total.approved.update(counts["approved"])
            total.alerts.update(counts["alerts"])
            for name, value in counts["seconds"].items():
                total.seconds[name] = total.seconds.get(name, 0.0) + value
        run.accounts = total.accounts
        run.counts = total.as_json()
        run.finished_at = at
        run.save(update_fields=["accounts", "counts", "finished_at"])
    return True


def run_in_line(
    on: date,
    *,
    today: date,
    by: By,
    at: datetime,
    progress: Progress | None = None,
) -> DailyRun:
    """Run a day here and now, shard after shard; return the closed run with its counts."""
    run = start_run(on, today=today, by=by, at=at)
    shards = list(run.shards.filter(done_at__isnull=True).order_by("first_account"))
    for done, shard in enumerate(shards):
        if progress is not None:
            progress(done, len(shards))
        run_shard(shard.pk, at=at)
    if progress is not None:
        progress(len(shards), len(shards))
    if not finish_run(run.pk, at=at):
        raise Refused(
            "run_shared",
            "D’autres postes terminent encore ce passage ; son résultat paraîtra dans l’accueil.",
        )
    run.refresh_from_db()
    return run
