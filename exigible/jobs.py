"""Background jobs: each calls one operation, and only jobs, pages and commands read the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from django.conf import settings
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from exigible.channels.email.transport import SmtpTransport
from exigible.operations import chasing, letter_batches, messages, sending
from exigible.operations.acts import By

# A job that fails on its own (the database went away) is tried again; what a provider answers is
# recorded by the operation, which queues its own next attempt.
RETRY = RetryStrategy(max_attempts=5, exponential_wait=4)


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


def _now() -> datetime:
    return datetime.now(UTC)
