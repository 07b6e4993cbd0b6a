"""`exigible limitation` as other programs and people read it."""

import json
from pathlib import Path

import pytest

from exigible.cli.main import run

CASE = {"nature": "consumer_credit", "starts_on": "2024-06-13", "events": []}


def test_one_case_answers_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "creance.json"
    path.write_text(json.dumps(CASE))
    assert run(["limitation", str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["last_day"] == "2026-06-13"
    assert answer["last_day_if_carried_over"] == "2026-06-15"
    assert answer["verified"] is False


def test_many_cases_answer_in_their_order_the_wrong_ones_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "creances.json"
    wrong = {**CASE, "nature": "wager"}
    path.write_text(json.dumps([CASE, wrong, {**CASE, "nature": "b2b_sale"}]))
    assert run(["limitation", str(path), "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert answers[0]["last_day"] == "2026-06-13"
    assert answers[1]["error"]["field"] == "nature"
    assert answers[2]["last_day"] == "2029-06-13"


def test_one_wrong_case_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "creance.json"
    path.write_text(json.dumps({**CASE, "starts_on": "hier"}))
    assert run(["limitation", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["field"] == "starts_on"


def test_a_person_reads_the_day_the_reasons_and_the_doubts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "creance.json"
    path.write_text(json.dumps(CASE))
    assert run(["limitation", str(path)]) == 0
    printed = capsys.readouterr().out.replace("\u00a0", " ")
    assert "Dernier jour pour agir : 13 juin 2026, à minuit." in printed
    assert "C. conso. art. R. 312-35" in printed
    assert "(à confirmer)" in printed
