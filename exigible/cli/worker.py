"""`exigible worker`: the background jobs alone, on this machine or on another."""

from exigible.hosting.environment import read_environment


def worker() -> None:
    """Lance un processus de travail seul (« serve » lance tout)."""
    from exigible.hosting import embedded, worker_process

    embedded.ensure_running(read_environment())
    worker_process.run_worker()
