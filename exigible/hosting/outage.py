"""Telling "the database is away" from "this query is wrong", whatever library raised it.

Imports neither Django nor psycopg: it only looks at what was raised.
"""

import logging
from collections.abc import Iterator

# SQLSTATE classes and codes (PostgreSQL, appendix A) after which another try, later, may succeed.
_AWAY_CLASSES = ("08", "58")  # connection exception; system error (I/O, missing file)
_AWAY_CODES = frozenset(
    {
        "57P01",  # admin shutdown
        "57P02",  # crash shutdown
        "57P03",  # cannot connect now: starting, recovering, stopping
        "53300",  # too many connections
        "53100",  # disk full
        "53200",  # out of memory
        "3D000",  # the database does not exist: a restore is swapping names
        "25006",  # read-only transaction: failover to a standby
    }
)
_DISK_FULL = "53100"


def is_database_away(error: BaseException | None) -> bool:
    """Whether `error` says that the database cannot answer now, rather than that we asked wrongly."""
    for link in _chain(error):
        state = getattr(link, "sqlstate", None)
        if state is not None:
            return state in _AWAY_CODES or state.startswith(_AWAY_CLASSES)
    # Without a SQLSTATE, no server answered: refused, lost or closed connection, pool timeout.
    return any(
        type(link).__name__ in {"OperationalError", "InterfaceError", "PoolTimeout"}
        and type(link).__module__.startswith(("psycopg", "django.db"))
        for link in _chain(error)
    )


def is_disk_full(error: BaseException | None) -> bool:
    """Whether the server refused to write for want of room."""
    return any(getattr(link, "sqlstate", None) == _DISK_FULL for link in _chain(error))


def outage_reason(error: BaseException) -> str:
    """Return the line of a connection error that says most: several attempts make several lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = (line for line in lines if "FATAL" in line or "failed:" in line)
    return next(telling, lines[0] if lines else type(error).__name__)


class NotAnOutage(logging.Filter):
    """Keep the tracebacks of an outage out of the logs: every request would bring its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and is_database_away(record.exc_info[1]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
