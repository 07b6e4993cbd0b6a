"""`exigible worker`: the background jobs alone, on this machine or on another."""

import typer

from exigible.hosting.environment import read_environment

cli = typer.Typer()


@cli.command(help="Lance un processus de travail seul (« serve » lance tout).")
def worker() -> None:
    from exigible.hosting import embedded, worker_process

    embedded.ensure_running(read_environment())
    worker_process.run_worker()
