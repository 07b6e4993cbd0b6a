"""Pages tested through Django's client, on the world of `tests.factories`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from exigible.domain.roles import Role
from exigible.web import clock
from tests.factories import WORLD_DAY, World, make_world

NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _frozen_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages' clock stands at the world's morning."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", lambda: WORLD_DAY)


@pytest.fixture(autouse=True)
def _documents_apart(settings: Any, tmp_path: Path) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"


@pytest.fixture(scope="module")
def _world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Make the world once a module, in a transaction that is never committed.

    Each test then runs in a savepoint of it, and leaves it as it was.
    """
    django_db_blocker.unblock()
    frame = transaction.atomic()
    frame.__enter__()
    world = make_world()
    django_db_blocker.restore()
    yield world
    django_db_blocker.unblock()
    transaction.set_rollback(True)
    frame.__exit__(None, None, None)
    django_db_blocker.restore()


@pytest.fixture
def world(_world_of_the_module: World, db: None) -> World:
    return _world_of_the_module


@pytest.fixture
def sign_in(world: World) -> Callable[[Role], Client]:
    """Return a client signed in as a role; htmx requests say so with `headers=HTMX`."""

    def client_of(role: Role) -> Client:
        client = Client()
        client.force_login(world.people[role])
        return client

    return client_of


@pytest.fixture
def collector(sign_in: Callable[[Role], Client]) -> Client:
    return sign_in(Role.COLLECTOR)
