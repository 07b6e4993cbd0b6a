"""What looking at a folder and at a mailbox have in common: one worker at a time, and growing pauses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from exigible.store.models import MailBox, WatchedFolder
from exigible.store.models.ways import Looked

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)


@contextlib.contextmanager
def alone(lock: int, number: int) -> Iterator[bool]:
    """Hold the lock of a place looked at, if no other worker has it; say whether it is ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [lock, number])
        ours = bool(cursor.fetchone()[0])
        try:
            yield ours
        finally:
            if ours:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [lock, number])


def due[P: Looked](places: QuerySet[P], at: datetime) -> QuerySet[P]:
    """Return the places to look at now: open, not paused, not resting after a failure."""
    return places.filter(closed_at__isnull=True, paused=False, creditor__archived=False).filter(
        Q(next_look_at__isnull=True) | Q(next_look_at__lte=at)
    )


def looked(place: WatchedFolder | MailBox, *, at: datetime, rest: timedelta | None = None) -> None:
    """Note that a place could be looked at; `rest` is how long it is then left alone."""
    _note(
        place,
        looked_at=at,
        next_look_at=at + rest if rest else None,
        failures=0,
        failing_since=None,
        error="",
    )


def failed(place: WatchedFolder | MailBox, why: str, *, at: datetime) -> None:
    """Note that a place could not be looked at, and rest the longer, the more often it fails."""
    failures = place.failures + 1
    pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    _note(
        place,
        next_look_at=at + pause,
        failures=failures,
        failing_since=place.failing_since or at,
        error=why[:1000],
    )


def _note(place: WatchedFolder | MailBox, **fields: object) -> None:
    """Write on the row as it is now: its settings may have been changed meanwhile, or it was closed."""
    for name, value in fields.items():
        setattr(place, name, value)
    type(place).objects.filter(pk=place.pk, closed_at__isnull=True).update(**fields)
