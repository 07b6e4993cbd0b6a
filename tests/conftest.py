"""Shared fixtures. The database is PostgreSQL: the embedded one, or EXIGIBLE_DATABASE_URL's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files that live beside the project, where they do."""
    if not (SHARED / "data").is_dir():
        pytest.skip("les fichiers réels (../shared/data) ne sont pas à côté du projet")
    return SHARED / "data"


@pytest.fixture(autouse=True, scope="session")
def _flush_despite_guards() -> Iterator[None]:
    """Let the emptying of tables between tests pass the triggers that refuse it in production."""
    operations = connection.ops.__class__
    flush = operations.sql_flush

    def sql_flush(self: object, style: object, tables: object, **options: object) -> list[str]:
        statements = flush(self, style, tables, **options)
        if not statements:
            return statements
        return [
            "SET session_replication_role = replica",
            *statements,
            "SET session_replication_role = DEFAULT",
        ]

    operations.sql_flush = sql_flush
    try:
        yield
    finally:
        operations.sql_flush = flush
