"""`exigible serve`: everything, together."""

import typer

from exigible.hosting.environment import read_environment

cli = typer.Typer()


@cli.command(
    help="Lance la base, les pages et les tâches de fond, et les relance si elles tombent."
)
def serve() -> int:
    from exigible.hosting import supervisor

    return supervisor.serve(read_environment())
