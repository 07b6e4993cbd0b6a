"""A process that looks at a folder and dies on order: at its n-th commit or move, before or after it.

One line read is one life: « folder n ». Importing Django once and forking keeps many lives short.
Each child looks, does the jobs, looks again, until nothing is left to do or its time has come; the
parent prints how it ended.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


def main() -> None:
    django.setup()
    import exigible.jobs  # noqa: F401 - what a worker would import

    for line in sys.stdin:
        folder_id, die_at = (int(word) for word in line.split())
        child = os.fork()
        if child == 0:
            live(folder_id, die_at)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{'killed' if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)}\n")
        sys.stdout.flush()


def live(folder_id: int, die_at: int) -> None:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from exigible.operations.ways import folders
    from exigible.store.models import WatchedFolder
    from tests.operations.ways.steps import after, read_all

    count = 0
    looking = False

    def mortal(act: Callable[..., Any]) -> Callable[..., Any]:
        def done(*args: Any, **options: Any) -> Any:
            nonlocal count
            if not looking:
                return act(*args, **options)
            count += 1
            if count == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = act(*args, **options)
            count += 1
            if count == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return done

    os.rename = mortal(os.rename)
    os.replace = mortal(os.replace)
    BaseDatabaseWrapper._commit = mortal(BaseDatabaseWrapper._commit)
    folder = WatchedFolder.objects.select_related("creditor").get(pk=folder_id)
    for seconds in (0, 5, 10):
        looking = True
        folders.look(folder_id, at=after(seconds))
        looking = False
        read_all(folder.creditor)
    os._exit(0)


if __name__ == "__main__":
    main()
