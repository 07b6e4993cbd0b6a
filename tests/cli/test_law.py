"""`exigible law status` and `--law`: the law as a person and a program read it, without a database."""

import json
from pathlib import Path
from typing import Any

import pytest

from exigible.cli.main import run
from tests.cli.test_main import loaded_after
from tests.cli.test_roads import CASE as ROADS_CASE
from tests.cli.test_statement import CASE
from tests.intake.test_law_values import VALUE, file

OTHERS = "taux_interet_legal_autres"
REGISTRY = "greffe_commerce_injonction_de_payer"


@pytest.fixture
def law(tmp_path: Path) -> str:
    path = tmp_path / "droit.json"
    path.write_text(json.dumps(file(VALUE)), encoding="utf-8")
    return str(path)


def answered(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_the_status_of_a_day_names_what_is_missing(capsys: pytest.CaptureFixture[str]):
    answer = answered(capsys, "law", "status", "--on", "2026-11-22")
    assert answer["on"] == "2026-11-22"
    [rate] = [one for one in answer["parameters"] if one["id"] == OTHERS]
    assert (rate["value"], rate["before"]["value"]) == (None, "2.62")
    assert any("2e semestre 2026" in warning for warning in answer["warnings"])


def test_a_law_file_fills_what_is_missing(capsys: pytest.CaptureFixture[str], law: str):
    answer = answered(capsys, "law", "status", "--on", "2026-11-22", "--law", law)
    [rate] = [one for one in answer["parameters"] if one["id"] == OTHERS]
    assert (rate["value"], rate["entered_by_user"], rate["known_through"]) == (
        "2.55",
        True,
        "2026-12-31",
    )


def test_the_status_is_read_in_a_terminal(capsys: pytest.CaptureFixture[str], law: str):
    assert run(["law", "status", "--on", "2026-11-22", "--law", law]) == 0
    printed = capsys.readouterr().out.replace("\u00a0", " ")
    assert "Paramètres du droit au 22/11/2026" in printed
    assert "dernière valeur connue : 6,67 %, jusqu’au 30/06/2026" in printed
    assert "2,55 % depuis le 01/07/2026, saisi" in printed
    assert "connu jusqu’au 31/12/2026" in printed


def test_a_statement_uses_and_lists_the_values_of_a_law_file(
    capsys: pytest.CaptureFixture[str], law: str, tmp_path: Path
):
    case = tmp_path / "dossier.json"
    claim = {
        **CASE["claims"][0],
        "interest": {"regime": "legal_interest"},
        "fixed_indemnity": False,
    }
    notice = {"type": "formal_notice", "on": "2026-08-01"}
    case.write_text(json.dumps({**CASE, "claims": [claim], "events": [notice]}))
    arguments = ["statement", str(case), "--as-of", "2026-09-30"]
    refused = answered(capsys, *arguments, code=1)
    assert refused["error"]["field"] == OTHERS
    answer = answered(capsys, *arguments, "--law", law)
    # 1 000 € × 2,55 % × 60/365 = 4,1918 €.
    assert answer["components"]["interest"] == "4.19"
    [value] = answer["parameters"]
    assert (value["id"], value["value"], value["entered_by_user"]) == (OTHERS, "2.55", True)
    case.write_text(json.dumps([json.loads(case.read_text())]))
    [same] = answered(capsys, *arguments, "--law", law)
    assert same["total"] == answer["total"]


def test_roads_use_and_list_the_values_of_a_law_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EXIGIBLE_HOME", str(tmp_path / "home"))
    law, claim = tmp_path / "droit.json", tmp_path / "creance.json"
    fee = {**VALUE, "parameter": REGISTRY, "from": "2026-09-01", "value": "33.10"}
    law.write_text(json.dumps(file(fee)), encoding="utf-8")
    claim.write_text(json.dumps(ROADS_CASE))
    order = "injonction_de_payer"

    def fees(answer: Any) -> list[str | None]:
        [road] = [one for one in answer["roads"] if one["id"] == order]
        return [line["amount"] for line in road["costs"]["lines"] if "greffe" in line["label"]]

    assert fees(answered(capsys, "roads", str(claim))) == [None]
    answer = answered(capsys, "roads", str(claim), "--law", str(law))
    assert fees(answer) == ["33.10"]
    [value] = [one for one in answer["parameters"] if one["id"] == REGISTRY]
    assert (value["value"], value["entered_by_user"]) == ("33.10", True)
    assert any(one["id"] == "seuil_petites_creances" for one in answer["parameters"])
    claim.write_text(json.dumps([ROADS_CASE]))
    [same] = answered(capsys, "roads", str(claim), "--law", str(law))
    assert same == answer
    claim.write_text(json.dumps(ROADS_CASE))
    assert run(["roads", str(claim), "--law", str(law)]) == 0
    assert "33,10" in capsys.readouterr().out


def test_a_value_shipped_since_is_left_out_and_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    path = tmp_path / "ancien.json"
    path.write_text(json.dumps(file({**VALUE, "from": "2026-01-01", "value": "9.99"})))
    assert run(["law", "status", "--law", str(path), "--json"]) == 0
    captured = capsys.readouterr()
    assert "livrée et vérifiée" in captured.err
    [rate] = [one for one in json.loads(captured.out)["parameters"] if one["id"] == OTHERS]
    assert rate["before"]["value"] == "2.62"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["--on", "hier"], "--on"),
        (["--law", "-", "--database"], "--database"),
    ],
)
def test_a_wrong_option_is_named(
    capsys: pytest.CaptureFixture[str], arguments: list[str], field: str
):
    answer = answered(capsys, "law", "status", *arguments, code=1)
    assert answer["error"]["field"] == field


def test_the_status_loads_nothing_heavy():
    code = "from exigible.cli.main import run\nassert run(['law', 'status', '--json']) == 0"
    assert loaded_after(code) == set()
