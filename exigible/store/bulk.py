"""Writing many rows at once: COPY in PostgreSQL's binary format, ids taken in blocks.

Ten times faster than inserts, and no Python object beyond the row itself. The database's triggers
and constraints apply as to any insert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection

BLOCK = 2000


def copy_rows(table: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """Copy rows into a table; `columns` gives the type of each, in the order of the rows."""
    names = ", ".join(columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(list(columns.values()))
        write = copy.write_row
        for row in rows:
            write(row)


class Ids:
    """Identifiers of a table, taken from its sequence in blocks."""

    def __init__(self, table: str) -> None:
        self._sequence = f"{table}_id_seq"
        self._left: list[int] = []

    def take(self) -> int:
        if not self._left:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
                    [self._sequence, BLOCK],
                )
                self._left = [row[0] for row in cursor.fetchall()][::-1]
        return self._left.pop()
