"""Queueing a job in the transaction of the fact that wants it: the job exists if the fact does.

Jobs are named, not imported: `jobs.py` calls the operations, not the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

SEND_MESSAGE = "exigible.jobs.send_message"
APPROVE_MESSAGES = "exigible.jobs.approve_messages"
PREPARE_REMINDERS = "exigible.jobs.prepare_reminders"
RUN_IMPORT = "exigible.jobs.run_import"
CHECK_IMPORT = "exigible.jobs.check_import"
RUN_MATCHING = "exigible.jobs.run_matching"
READ_EXHIBITS = "exigible.jobs.read_exhibits"


def queue_sending(message_id: int, *, at: datetime | None = None) -> None:
    """Queue the sending of a message, now or at a later moment."""
    app.configure_task(SEND_MESSAGE, allow_unknown=True, schedule_at=at).defer(
        message_id=message_id
    )


def queue_reminders(account_ids: Sequence[int], *, actor: str) -> None:
    """Queue the preparation of the reminders proposed on some accounts, in someone's name."""
    app.configure_task(PREPARE_REMINDERS, allow_unknown=True).defer(
        account_ids=list(account_ids), actor=actor
    )


def queue_approvals(message_ids: Sequence[int], *, actor: str) -> None:
    """Queue the approval of some messages, in someone's name."""
    app.configure_task(APPROVE_MESSAGES, allow_unknown=True).defer(
        message_ids=list(message_ids), actor=actor
    )


def queue_import(batch_id: int) -> None:
    """Queue the import of a file received."""
    app.configure_task(RUN_IMPORT, allow_unknown=True).defer(batch_id=batch_id)


def queue_matching(creditor_id: int, *, actor: str = "job:matching") -> None:
    """Queue the matching of a creditor's waiting lines; one that waits already will do."""
    try:
        with transaction.atomic():
            app.configure_task(
                RUN_MATCHING,
                allow_unknown=True,
                lock=f"matching:{creditor_id}",
                queueing_lock=f"matching:{creditor_id}",
            ).defer(creditor_id=creditor_id, actor=actor)
    except AlreadyEnqueued:
        pass


def is_matching_queued(creditor_ids: Sequence[int]) -> bool:
    """Say whether a worker has lines of some creditors to match, or is thought to be at it."""
    return ProcrastinateJob.objects.filter(
        task_name=RUN_MATCHING, args__creditor_id__in=creditor_ids, status__in=("todo", "doing")
    ).exists()


def queue_check(batch_id: int) -> None:
    """Queue the dry run of a file received."""
    app.configure_task(CHECK_IMPORT, allow_unknown=True).defer(batch_id=batch_id)


def is_import_queued(batch_id: int, task: str = RUN_IMPORT) -> bool:
    """Say whether a worker has an import (or its dry run) to do, or is thought to be doing it."""
    return ProcrastinateJob.objects.filter(
        task_name=task, args={"batch_id": batch_id}, status__in=("todo", "doing")
    ).exists()


def queue_exhibits(drop: UUID) -> None:
    """Queue the reading of the documents dropped together."""
    app.configure_task(READ_EXHIBITS, allow_unknown=True).defer(drop=str(drop))


def are_exhibits_queued(drop: UUID) -> bool:
    """Say whether a worker has the documents of a drop to read, or is thought to be reading them."""
    return ProcrastinateJob.objects.filter(
        task_name=READ_EXHIBITS, args={"drop": str(drop)}, status__in=("todo", "doing")
    ).exists()
