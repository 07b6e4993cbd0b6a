"""`exigible settings` and its page."""

import json
import re
from pathlib import Path

import pytest

from exigible.cli.main import run
from exigible.hosting.environment import SETTINGS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how_to" / "settings.md"


def test_every_setting_is_listed_with_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("EXIGIBLE_PORT", "8999")
    assert run(["settings", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["settings"]
    assert [row["name"] for row in rows] == [setting.name for setting in SETTINGS]
    assert {row["name"]: row["value"] for row in rows}["EXIGIBLE_PORT"] == "8999"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXIGIBLE_SECRET_KEY", "hidden-hidden-hidden-hidden-hidden"),
        ("EXIGIBLE_DATABASE_URL", "postgresql://u:hidden@h/db"),
        ("EXIGIBLE_SMTP_URL", "smtp://u:hidden@h"),
    ],
)
def test_secrets_are_never_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
):
    monkeypatch.setenv(name, value)
    for arguments in (["settings"], ["settings", "--json"]):
        assert run(arguments) == 0
        shown = capsys.readouterr().out
        assert "hidden" not in shown
        assert "masquée" in shown


def test_the_page_says_what_the_program_knows():
    """Each variable has its row, with the program's own words; the page knows no other."""
    rows = re.findall(r"^\| `(EXIGIBLE_\w+)` \| (.+?) \| (.+?) \|$", PAGE.read_text(), re.MULTILINE)
    assert rows == [(one.name, one.purpose, one.default) for one in SETTINGS]
