"""A database of its own for a measurement, dropped at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection


@contextmanager
def scratch_database(name: str = "exigible_bench") -> Iterator[None]:
    """Create and migrate a database, make it the current one, drop it afterwards."""
    home = connection.settings_dict["NAME"]
    _execute(f'DROP DATABASE IF EXISTS "{name}"')
    _execute(f'CREATE DATABASE "{name}"')
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        _execute(f'DROP DATABASE IF EXISTS "{name}"')


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
