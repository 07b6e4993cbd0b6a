"""A process that makes workers to be killed: one real worker, in a process of its own, a line read.

Importing Django once and forking keeps a hundred lives short. Each child is a whole worker: its own
database sessions, its own connection to the mail server. The parent prints its number.
"""

import os
import signal
import sys

import django


def main() -> None:
    django.setup()
    import exigible.jobs  # noqa: F401 - what a worker would import

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave no trace
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            work()
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def work() -> None:
    from procrastinate.contrib.django import app

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(concurrency=1, fetch_job_polling_interval=0.2)
    os._exit(0)


if __name__ == "__main__":
    main()
