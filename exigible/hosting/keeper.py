"""Stops the embedded database when the `serve` that used it is killed without a chance to do so.

A small process that waits on a pipe held by the supervisor. A line read means an orderly end: the
supervisor did everything itself. The end of the file without a line means that it was killed: once
its web and worker processes have gone, the server is stopped, unless some other command uses it.
"""

import contextlib
import os
import signal
import sys
import time

_PATIENCE_SECONDS = 60.0


def main() -> int:
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # outlive it, whatever ends it
    if os.read(sys.stdin.fileno(), 1):
        return 0
    from exigible.domain.refusals import Refused
    from exigible.hosting import embedded
    from exigible.hosting.environment import read_environment

    environment = read_environment()
    patience = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < patience:
        time.sleep(1)
        with contextlib.suppress(Refused, OSError):
            if embedded.stop_if_unused(environment):
                return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
