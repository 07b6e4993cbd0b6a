"""The worker: takes jobs from the database, one at a time, until asked to stop.

A worker that is killed leaves its job marked as under way. Any worker, once the dead one has been
silent for half a minute, gives the job back to be taken again: jobs are safe to repeat. A job that
has taken several workers down with it is given up and stays visible as failed.
"""

import asyncio
import contextlib
import logging
import os
import sys
import threading
import time
from typing import Any

from exigible.domain.refusals import Refused
from exigible.hosting.child import (
    REFUSED_FOR_GOOD,
    SUPERVISED,
    leave,
    wait_for_database,
    when_asked_to_stop,
)
from exigible.hosting.embedded import Say, say_on_stderr
from exigible.hosting.environment import WrongSetting, read_environment
from exigible.hosting.outage import is_database_away

HEARTBEAT_SECONDS = 10.0
SILENT_SECONDS = 30.0
MOST_ATTEMPTS = 5
_GRACE_SECONDS = 20.0

logger = logging.getLogger("exigible.worker")


def run_worker(*, supervised: bool = False, say: Say = say_on_stderr) -> None:
    """Work until asked to stop; wait for the database whenever it is away."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "exigible.settings"
    import django

    django.setup()
    stopping = _Stopping()
    when_asked_to_stop(stopping.ask, grace_seconds=_GRACE_SECONDS, supervised=supervised)
    options: dict[str, Any] = {}
    if sys.platform == "win32":
        options["loop_factory"] = asyncio.SelectorEventLoop  # psycopg needs it there
    wait_for_database(say=say)
    from exigible.hosting import schema

    schema.bring_up_to_date(say=say)
    environment = read_environment()
    threading.Thread(
        target=_between_jobs, args=(stopping, environment.look_seconds), daemon=True
    ).start()
    while not stopping.asked:
        wait_for_database(say=say)
        _close_connections()
        try:
            with asyncio.Runner(**options) as runner:
                runner.run(_work(stopping))
        except Exception as error:
            if not is_database_away(error):
                raise
        if not stopping.asked:
            time.sleep(0.5)


def _between_jobs(stopping: "_Stopping", seconds: int) -> None:
    """Do what the settings name, every few seconds: folders and mailboxes to look at.

    Beside the jobs, so that a long import keeps nobody from looking, nor a slow mail server a job.
    What is done there is safe to cut short: the process does not wait for it to end.
    """
    from django.conf import settings
    from django.db import connections
    from django.utils.module_loading import import_string

    acts = [import_string(name) for name in settings.DONE_BETWEEN_JOBS]
    while not stopping.asked:
        for act in acts:
            try:
                act()
            except Exception as error:
                if not is_database_away(error):
                    logger.exception("%s failed; trying again", act.__name__)
        connections.close_all()
        stopping.wait(seconds)


class _Stopping:
    """Whether we were asked to stop, seen from the event loop and from outside it."""

    def __init__(self) -> None:
        self.asked = False
        self._asked = threading.Event()
        self._event: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask(self) -> None:
        self.asked = True
        self._asked.set()
        if self._loop is None or self._event is None:
            leave()  # nothing is under way
        else:
            self._loop.call_soon_threadsafe(self._event.set)

    def wait(self, seconds: float) -> None:
        """Wait, unless asked to stop meanwhile."""
        self._asked.wait(seconds)

    @contextlib.contextmanager
    def in_this_loop(self) -> Any:
        self._event, self._loop = asyncio.Event(), asyncio.get_running_loop()
        if self.asked:
            self._event.set()
        try:
            yield self._event
        finally:
            self._event = self._loop = None


async def _work(stopping: _Stopping) -> None:
    """Run one procrastinate worker until asked to stop, or until it loses the database."""
    from procrastinate.contrib.django import app

    connector: Any = app.connector
    with stopping.in_this_loop() as stop, app.replace_connector(connector.get_worker_connector()):
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    concurrency=1,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=_GRACE_SECONDS / 2,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=SILENT_SECONDS,
                    fetch_job_polling_interval=5,
                )
            )
            helpers = [
                asyncio.create_task(_take_up_abandoned_jobs(app)),
                asyncio.create_task(stop.wait()),
            ]
            try:
                await asyncio.wait({worker, helpers[1]}, return_when=asyncio.FIRST_COMPLETED)
                worker.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await worker
            finally:
                for helper in helpers:
                    helper.cancel()
                await asyncio.gather(*helpers, return_exceptions=True)


async def _take_up_abandoned_jobs(app: Any) -> None:
    """Give back the jobs of workers that went silent, every few seconds."""
    looked_at = time.time()
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS / 2)
        slept, looked_at = time.time() - looked_at, time.time()
        if slept > HEARTBEAT_SECONDS:
            continue  # the machine was suspended: let every worker show that it is alive first
        try:
            await take_up_abandoned_jobs(app)
        except Exception as error:
            if not is_database_away(error):
                logger.exception("abandoned jobs could not be taken up; trying again")


async def take_up_abandoned_jobs(app: Any) -> int:
    """Give back, once, the jobs of workers silent for SILENT_SECONDS; return how many."""
    from procrastinate.exceptions import UniqueViolation
    from procrastinate.jobs import Status

    manager = app.job_manager
    abandoned = list(await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS))
    for job in abandoned:
        if job.attempts + 1 >= MOST_ATTEMPTS:
            logger.error(
                "job %s (%s) given up after %s attempts", job.id, job.task_name, job.attempts
            )
            await manager.finish_job(job=job, status=Status.FAILED, delete_job=False)
            continue
        try:
            await manager.retry_job(job=job)
            logger.warning("job %s (%s) was abandoned: taken up again", job.id, job.task_name)
        except UniqueViolation:  # the same work is queued already
            await manager.finish_job(job=job, status=Status.ABORTED, delete_job=False)
    return len(abandoned)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def main() -> int:
    try:
        read_environment()
        run_worker(supervised=SUPERVISED in sys.argv)
    except (Refused, WrongSetting) as refusal:
        say_on_stderr(str(refusal))
        return REFUSED_FOR_GOOD
    return 0


if __name__ == "__main__":
    sys.exit(main())
