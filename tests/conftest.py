"""Shared fixtures. The database is PostgreSQL: the embedded one, or EXIGIBLE_DATABASE_URL's."""

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from tests.campaign import rounds
from tests.database import ensure_server, ensure_template

# Speed is measured in benchmarks/, never in a test: a busy machine is not a failure.
hypothesis_settings.register_profile("exigible", deadline=None, max_examples=rounds(40, 2_000))
hypothesis_settings.load_profile("exigible")

JOBS = (
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_jobs",
    "procrastinate_workers",
)
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.hookimpl(trylast=True)  # after the order was drawn
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the long tests: what is left can be shared out to the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Spare the collector thousands of tests and modules that live to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Forget what pages keep for some seconds under the number of a person, given again since."""
    cache.clear()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files that live beside the project, where they do."""
    if not (SHARED / "data").is_dir():
        pytest.skip("les fichiers réels (../shared/data) ne sont pas à côté du projet")
    return SHARED / "data"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Have a server before the first test database is created, and what to copy it from."""
    ensure_server()
    with django_db_blocker.unblock():
        ensure_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Before the test database is dropped, let the last requests of a browser end."""
    yield
    others = """SELECT pid, backend_start, state, left(query, 200) FROM pg_stat_activity
                 WHERE datname = current_database() AND backend_type = 'client backend'
                   AND pid <> pg_backend_pid()"""
    deadline = time.monotonic() + 20
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        while (left := cursor.execute(others).fetchall()) and time.monotonic() < deadline:
            time.sleep(0.1)
    if left:
        sys.stderr.write(f"a test left connections open: {left}\n")

    def drop(creation: Any, name: str, verbosity: int) -> None:
        with creation._nodb_cursor() as cursor:  # whoever a killed process left behind goes with it
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    type(connection.creation)._destroy_test_db = drop


@pytest.fixture(autouse=True, scope="session")
def _flush_despite_guards() -> Iterator[None]:
    """Let the emptying of tables between tests pass the triggers that refuse it in production.

    For the whole session: a test's own fixtures are torn down in an order that is not ours.
    """
    operations = type(connection.ops)
    flush = operations.sql_flush

    def sql_flush(self: object, style: object, tables: object, **options: object) -> list[str]:
        statements = flush(self, style, tables, **options)
        if not statements:
            return statements
        return [
            "SET session_replication_role = replica",
            *statements,
            f"TRUNCATE {', '.join(JOBS)} RESTART IDENTITY",  # tables that Django does not manage
            "SET session_replication_role = DEFAULT",
        ]

    operations.sql_flush = sql_flush
    try:
        yield
    finally:
        operations.sql_flush = flush
