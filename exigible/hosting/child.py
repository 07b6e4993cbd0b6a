"""Being one of the processes of `serve`, or running alone: how to stop, how to wait for the database.

The supervisor holds the other end of its children's standard input and writes nothing to it. When
it closes it, or dies, however brutally, they read the end of the file and stop by themselves: no
stray process, the same way on every system.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from exigible.hosting.embedded import Say, say_on_stderr
from exigible.hosting.outage import is_database_away, outage_reason

SUPERVISED = "--supervised"  # the argument that says that standard input is the supervisor's
REFUSED_FOR_GOOD = 78  # EX_CONFIG: starting again would end the same way
_RETRY_SECONDS = 0.1
_REPEAT_SECONDS = 15.0


def when_asked_to_stop(stop: Callable[[], None], *, grace_seconds: float, supervised: bool) -> None:
    """Call `stop` once SIGTERM or SIGINT comes, or the supervisor is gone.

    It runs in a signal handler of the main thread, so it must not raise: Python drops what is
    raised while it happens to run a destructor; nor wait for a lock that what it interrupts may hold. What has not ended after `grace_seconds` is cut; a
    second signal cuts at once. Call it from the main thread.
    """
    asked = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            leave()
        asked = True
        cut = threading.Timer(grace_seconds, leave)
        cut.daemon = True
        cut.start()
        stop()

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handle)
    if supervised:
        threading.Thread(target=_watch_supervisor, daemon=True).start()


def leave() -> None:
    """End the process now. What it had not committed is undone by the server."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


def _watch_supervisor() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    if os.name == "nt":
        import _thread

        _thread.interrupt_main(signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)


def wait_for_database(*, say: Say = say_on_stderr, using: str = "default") -> None:
    """Return once the database accepts our connection, however long; say what it answers meanwhile."""
    from django.db import connections

    said_at = (
        time.monotonic() + 1 - _REPEAT_SECONDS
    )  # a start takes less than a second: say nothing
    while True:
        connection = connections[using]
        try:
            connection.ensure_connection()
            return
        except Exception as error:
            if not is_database_away(error):
                raise
            connection.close()
            if time.monotonic() - said_at >= _REPEAT_SECONDS:
                said_at = time.monotonic()
                say(f"La base de données ne répond pas encore ({outage_reason(error)}) ; attente…")
            time.sleep(_RETRY_SECONDS)
