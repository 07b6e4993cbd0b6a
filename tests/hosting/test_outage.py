"""An outage is what another try, later, may cure; everything else is a mistake or a refusal."""

import logging
import sys

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError, connection

from exigible.hosting.outage import NotAnOutage, is_database_away, is_disk_full


def raised_by(query: str) -> Exception:
    with pytest.raises(Exception) as raised, connection.cursor() as cursor:  # noqa: PT011
        cursor.execute(query)
    return raised.value


def test_a_server_that_is_not_there():
    with pytest.raises(psycopg.OperationalError) as raised:
        psycopg.connect("host=/nowhere dbname=x connect_timeout=1")
    assert is_database_away(raised.value)


@pytest.mark.parametrize(
    "state", ["57P01", "57P02", "57P03", "08006", "08001", "53100", "53300", "58030", "3D000"]
)
def test_states_that_pass(state: str):
    error = psycopg.errors.lookup(state)("…")
    wrapped = OperationalError("…")
    wrapped.__cause__ = error
    assert is_database_away(error)
    assert is_database_away(wrapped)
    assert is_disk_full(wrapped) == (state == "53100")


@pytest.mark.parametrize("state", ["40P01", "55P03", "57014", "40001", "23505", "42601", "22003"])
def test_states_that_do_not(state: str):
    """Deadlock, lock not available, cancelled query…: the database answers, and is right to."""
    wrapped = OperationalError("…")
    wrapped.__cause__ = psycopg.errors.lookup(state)("…")
    assert not is_database_away(wrapped)


@pytest.mark.django_db(transaction=True)
def test_what_the_server_refuses_is_no_outage():
    for query, kind in (
        ("SELECT 1/0", DataError),
        ("SELECT nothing", ProgrammingError),
        ("INSERT INTO store_portfolio (name, creditor_id) VALUES ('x', NULL)", IntegrityError),
        ("SET statement_timeout = 1; SELECT pg_sleep(1)", OperationalError),
    ):
        error = raised_by(query)
        assert isinstance(error, kind)
        assert not is_database_away(error)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")


@pytest.mark.django_db(transaction=True)
def test_a_session_ended_by_the_server_is_an_outage():
    error = raised_by("SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_database_away(error)
    connection.close()


def test_our_own_mistakes_are_no_outage():
    assert not is_database_away(ValueError("x"))
    assert not is_database_away(None)


def test_tracebacks_of_outages_stay_out_of_the_logs():
    def record(error: Exception | None) -> logging.LogRecord:
        info = None
        if error is not None:
            try:
                raise error
            except Exception:
                info = sys.exc_info()
        return logging.LogRecord("django.request", logging.ERROR, "f", 1, "m", None, info)

    keep = NotAnOutage().filter
    assert keep(record(None))
    assert keep(record(ValueError()))
    assert not keep(record(psycopg.OperationalError("gone")))
