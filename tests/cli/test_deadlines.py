"""`exigible deadlines` as it is read in a terminal and by programs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from exigible.cli.main import run

CASE = {
    "procedure": "injonction_de_payer",
    "events": {"order_date": "2026-08-31"},
    "debtor_place": "metropole",
}


def run_on(document: Any, folder: Path, *options: str) -> int:
    path = folder / "procedure.json"
    path.write_text(json.dumps(document))
    return run(["deadlines", str(path), *options])


def test_a_terminal_of_eighty_columns_shows_the_last_day_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "80")
    assert run_on(CASE, tmp_path) == 0
    printed = re.sub(r"[\s\u00a0\u202f]+", " ", capsys.readouterr().out)
    assert "…" not in printed
    assert "01/03/2027" in printed
    assert "CPC art. 1411" in printed
    assert "reporté au lundi 1er mars 2027 (CPC art. 642)" in printed
    assert "Sanction : ordonnance non avenue." in printed
    assert "Jour prudent : lundi 22 février 2027." in printed


def test_one_object_is_answered_by_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run_on(CASE, tmp_path, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in answer["deadlines"]] == ["IP_SIGN_6M_OLD"]
    assert answer["deadlines"][0]["falls_on"] == "2027-03-01"


def test_an_array_is_answered_in_its_order_each_item_or_its_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    documents = [CASE, 42, CASE | {"procedure": "duel"}, CASE]
    assert run_on(documents, tmp_path, "--json") == 0
    first, second, third, fourth = json.loads(capsys.readouterr().out)
    assert first == fourth
    assert second["error"]["message"]
    assert third["error"]["field"] == "procedure"


def test_a_refused_object_exits_with_one_and_its_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run_on(CASE | {"events": {"sunrise": "2026-09-14"}}, tmp_path, "--json") == 1
    assert json.loads(capsys.readouterr().out)["error"]["field"] == "events.sunrise"
