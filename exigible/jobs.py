"""Background jobs: each calls one operation, and only jobs, pages and commands read the clock."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from exigible.channels.email.transport import SmtpTransport
from exigible.channels.registers import registers_of
from exigible.domain.refusals import Refused
from exigible.operations import (
    chasing,
    daily_run,
    duplicates,
    exhibit_intake,
    import_drafts,
    imports,
    journal,
    letter_batches,
    messages,
    outbox,
    registers,
    sending,
)
from exigible.operations.acts import By
from exigible.operations.matching import running as matching
from exigible.operations.payments import PARIS
from exigible.operations.ways import folders, mail

# A job that fails on its own (the database went away) is tried again; what a provider answers is
# recorded by the operation, which queues its own next attempt.
RETRY = RetryStrategy(max_attempts=5, exponential_wait=4)
# A mistake of ours would be made again by each attempt, after minutes of work.
# A worker thought dead may still be on the import: it is looked at again later.
RETRY_IMPORT = RetryStrategy(
    max_attempts=5,
    exponential_wait=4,
    retry_exceptions=[OperationalError, InterfaceError, imports.AlreadyRunning],
)
RETRY_MATCHING = RetryStrategy(
    max_attempts=5,
    exponential_wait=4,
    retry_exceptions=[OperationalError, InterfaceError, matching.AlreadyMatching],
)


log = logging.getLogger("exigible.jobs")


@cache
def transport() -> SmtpTransport | None:
    """Return this process's way out for e-mails; None where no server is set."""
    return SmtpTransport(settings.SMTP) if settings.SMTP else None


@app.task(name="exigible.jobs.send_message", retry=RETRY)
def send_message(message_id: int) -> None:
    """Send one message."""
    at = _now()
    sending.send(message_id, at=at, on=messages.paris_day(at), transport=transport())


@app.task(name="exigible.jobs.prepare_messages", retry=RETRY, queueing_lock="prepare_messages")
def prepare_messages() -> None:
    """Prepare the messages of approved steps, until none is left."""
    at = _now()
    by = By.job("prepare")
    while messages.prepare_approved(on=messages.paris_day(at), by=by, at=_now()):
        pass


@app.task(name="exigible.jobs.prepare_reminders", retry=RETRY)
def prepare_reminders(account_ids: list[int], actor: str) -> None:
    """Prepare the reminders that someone asked for on many accounts; each waits for approval."""
    at = _now()
    chasing.prepare_queued(account_ids, on=messages.paris_day(at), by=By(actor), at=at)


@app.task(name="exigible.jobs.approve_messages", retry=RETRY)
def approve_messages(message_ids: list[int], actor: str) -> None:
    """Let many messages leave, each read over; one that a rule refuses is held with its reason."""
    at = _now()
    outbox.approve_queued(message_ids, on=messages.paris_day(at), by=By(actor), at=at)


@app.task(name="exigible.jobs.run_import", retry=RETRY_IMPORT)
def run_import(batch_id: int) -> None:
    """Take a file that was received; a refusal is its outcome, not a failure."""
    if not imports.is_finished(batch_id):  # an attempt may have ended before its worker died
        imports.run_import(batch_id, at=_now())
        queue_duplicates()


@app.task(name="exigible.jobs.run_matching", retry=RETRY_MATCHING)
def run_matching(creditor_id: int, actor: str) -> None:
    """Match what waits of a creditor's bank lines; another process at it is waited for."""
    matching.run_matching(creditor_id, by=By(actor), at=_now())


@app.periodic(cron="40 4 * * *")
@app.task(name="exigible.jobs.find_duplicates_nightly", queueing_lock="find_duplicates_nightly")
def find_duplicates_nightly(timestamp: int) -> None:
    """In the night: look for debtors known twice among everybody."""
    queue_duplicates()


def queue_duplicates() -> None:
    """Queue a search for duplicates; one that waits already will do."""
    with suppress(AlreadyEnqueued):
        find_duplicates.defer()


@app.task(name="exigible.jobs.look_up_many", retry=RETRY)
def look_up_many(account_ids: list[int], actor: str) -> None:
    """Ask the public registers about the debtors of many accounts."""
    at = _now()
    registers.look_up_many(
        account_ids,
        registers=registers_of(settings.ENVIRONMENT),
        on=messages.paris_day(at),
        by=By(actor),
        at=at,
    )


@app.task(name="exigible.jobs.find_duplicates", queueing_lock="find_duplicates")
def find_duplicates() -> None:
    """Look for debtors known twice; a search under way answers for this one."""
    with suppress(Refused):
        duplicates.search_duplicates(at=_now())


@app.task(name="exigible.jobs.read_exhibits", retry=RETRY)
def read_exhibits(drop: str) -> None:
    """Read the documents dropped together; those already settled are left as they are."""
    exhibit_intake.read_drop(UUID(drop), at=_now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="exigible.jobs.see_to_exhibits", queueing_lock="see_to_exhibits")
def see_to_exhibits(timestamp: int) -> None:
    """Every five minutes: documents received that no worker has to read are queued again."""
    exhibit_intake.queue_forgotten(at=_now())


@app.task(name="exigible.jobs.check_import", retry=RETRY_IMPORT)
def check_import(batch_id: int) -> None:
    """Do the dry run of a table that somebody prepares."""
    import_drafts.check_import(batch_id, at=_now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="exigible.jobs.see_to_imports", queueing_lock="see_to_imports")
def see_to_imports(timestamp: int) -> None:
    """Every five minutes: imports whose process died and that nobody takes again are said so."""
    imports.sweep_imports(at=_now())


@app.periodic(cron="* * * * *")
@app.task(name="exigible.jobs.see_to_messages", queueing_lock="see_to_messages")
def see_to_messages(timestamp: int) -> None:
    """Every minute: what was left under way, what was approved, what is ready and has no job."""
    at = _now()
    on = messages.paris_day(at)
    sending.sweep_sending(at=at)
    messages.prepare_approved(on=on, by=By.job("prepare"), at=at)
    if transport() is not None:
        sending.send_due(at=at, on=on, transport=transport())


@app.task(name="exigible.jobs.build_letter_batches", queueing_lock="build_letter_batches")
def build_letter_batches() -> None:
    """Put the letters that are ready in the day's batches."""
    at = _now()
    letter_batches.build_batches(on=messages.paris_day(at), at=at, by=By.job("letters"))


@app.task(name="exigible.jobs.start_day", retry=RETRY, queueing_lock="start_day")
def start_day() -> None:
    """Open today's run and queue its shards, which any worker takes."""
    at = _now()
    today = messages.paris_day(at)
    run = daily_run.start_run(today, today=today, by=By.job("daily_run"), at=at)
    for shard_id in run.shards.filter(done_at__isnull=True).values_list("pk", flat=True):
        run_shard.defer(shard_id=shard_id)
    if not run.shards_total:
        daily_run.finish_run(run.pk, at=at)


@app.task(name="exigible.jobs.run_shard", retry=RETRY)
def run_shard(shard_id: int) -> None:
    """Do one shard; the worker of the last one closes the run and lets the day's steps leave."""
    daily_run.run_shard(shard_id, at=_now())
    if daily_run.finish_run(daily_run.run_of(shard_id), at=_now()):
        prepare_messages.configure(queueing_lock=None).defer()
        build_letter_batches.configure(queueing_lock=None).defer()


@app.periodic(cron="*/5 * * * *")
@app.task(name="exigible.jobs.daily", queueing_lock="daily")
def daily(timestamp: int) -> None:
    """From the hour set on, run the day if it has not been run; seal the journal of days past."""
    at = _now()
    if not settings.ENVIRONMENT.run_at:
        return
    hour, minute = (int(part) for part in settings.ENVIRONMENT.run_at.split(":"))
    local = at.astimezone(PARIS)
    if (local.hour, local.minute) >= (hour, minute) and not daily_run.done_on(local.date()):
        start_day.defer()
    journal.seal_day(local.date() - timedelta(days=1), at=at)


def look_at_ways_in() -> None:
    """Look at the watched folders and the mailboxes; one that fails says so, the others go on."""
    for way in (folders, mail):
        for place in way.due(_now()):
            try:
                way.look(place, at=_now())
            except (OperationalError, InterfaceError):
                raise  # the database is away: so it is for the others
            except Exception:
                log.exception("%s %s could not be looked at", way.__name__, place)


def _now() -> datetime:
    return datetime.now(UTC)
