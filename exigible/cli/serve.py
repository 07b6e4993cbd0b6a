"""`exigible serve`: everything, together."""

from exigible.hosting.environment import read_environment


def serve() -> int:
    """Lance la base, les pages et les tâches de fond, et les relance si elles tombent."""
    from exigible.hosting import supervisor

    return supervisor.serve(read_environment())
