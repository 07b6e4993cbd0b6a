"""Fixtures of the operations: documents in a folder of their own, a mail server that is set."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exigible.hosting.environment import SmtpServer
from tests.operations.letters_world import Sink, running_sink


@pytest.fixture(autouse=True)
def _documents(settings: object, tmp_path: Path) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"


@pytest.fixture
def sink(settings: object) -> Iterator[Sink]:
    """A real SMTP server, and the settings that point to it."""
    with running_sink() as running:
        settings.SMTP = SmtpServer(
            host="127.0.0.1", port=running.port, user="", password="", security="plain"
        )
        yield running
