"""What runs a command beside its page."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exigible.cli.main import run


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return what runs a command on a document, and its JSON answer."""

    def answer(name: str, document: dict[str, Any]) -> Any:
        path = tmp_path / "document.json"
        path.write_text(json.dumps(document))
        assert run([name, str(path), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return answer
