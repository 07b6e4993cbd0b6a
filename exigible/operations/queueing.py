"""Queueing a job in the transaction of the fact that wants it: the job exists if the fact does.

Jobs are named, not imported: `jobs.py` calls the operations, not the other way round.
"""

from __future__ import annotations

from datetime import datetime

from procrastinate.contrib.django import app

SEND_MESSAGE = "exigible.jobs.send_message"


def queue_sending(message_id: int, *, at: datetime | None = None) -> None:
    """Queue the sending of a message, now or at a later moment."""
    app.configure_task(SEND_MESSAGE, allow_unknown=True, schedule_at=at).defer(
        message_id=message_id
    )
