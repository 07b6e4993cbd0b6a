"""`exigible court` and `exigible reference`, as other programs and people read them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exigible.cli.main import run
from tests.campaign import rounds
from tests.intake.test_court_files import COMMERCIAL, JUDICIAL


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXIGIBLE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def options(**changes: str) -> list[str]:
    values = {
        "debtor-city": "Bordeaux",
        "debtor-postcode": "33000",
        "amount": "10000.00",
        "nature": "commercial",
        "procedure": "assignation_au_fond",
        "on": "2026-11-22",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return [part for name, value in values.items() for part in (f"--{name}", value)]


def ask(capsys: pytest.CaptureFixture[str], code: int = 0, **changes: str) -> dict[str, Any]:
    assert run(["court", *options(**changes), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_the_contract(capsys: pytest.CaptureFixture[str], home: Path):
    answer = ask(capsys)
    assert answer["court"] == {
        "name": "Tribunal de commerce de Bordeaux",
        "kind": "tribunal de commerce",
        "address": None,
    }
    assert answer["representation"]["mandatory"] is False
    assert answer["alternatives"] == []
    assert answer["costs"]["complete"] is False
    assert all("source" in line for line in answer["costs"]["lines"])
    assert not home.exists()  # a calculator leaves nothing behind


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"debtor_city": "Nullepart", "debtor_postcode": "00000"}, "debtor_postcode"),
        ({"amount": "-5.00"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "mille"}, "amount"),
        ({"amount": "1e9"}, "amount"),
        ({"nature": "wager"}, "nature"),
        ({"procedure": "duel"}, "procedure"),
        ({"on": "2026-02-30"}, "on"),
        ({"debtor_city": "", "debtor_postcode": ""}, "debtor_postcode"),
    ],
)
def test_a_wrong_field_is_named(
    capsys: pytest.CaptureFixture[str], changes: dict[str, str], field: str
):
    assert ask(capsys, code=1, **changes)["error"]["field"] == field


def test_loaded_files_decide_what_the_product_alone_does_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    for name, text in (("communes.csv", COMMERCIAL), ("ministere.csv", JUDICIAL)):
        path = tmp_path / name
        path.write_text(text)
        assert run(["reference", "load", "courts", str(path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["counts"]["left_out"] == 0
    assert run(["reference", "status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)["courts"]
    assert status["commercial"]["file"] == "communes.csv"
    assert status["judicial"]["file"] == "ministere.csv"

    place = {"debtor_city": "VILLEURBANNE CEDEX", "debtor_postcode": "69100", "nature": "civil"}
    answer = ask(capsys, **place)
    assert answer["court"]["name"] == "Tribunal de proximité de Villeurbanne"
    refused = ask(capsys, code=1, debtor_city="Nullepart", debtor_postcode="75001")
    assert refused["error"]["field"] == "debtor_city"


def test_a_shifted_file_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path
):
    path = tmp_path / "ministere.csv"
    path.write_text(JUDICIAL.replace(";A;2;", ";2;"))
    assert run(["reference", "load", "courts", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "shifted_columns"
    assert not home.exists()
    assert run(["reference", "load", "courts", str(tmp_path / "absent.csv"), "--json"]) == 1


def test_a_person_reads_the_court_the_ground_and_what_is_not_known(
    capsys: pytest.CaptureFixture[str],
):
    assert (
        run(["court", *options(amount="60000.00", debtor_city="Paris", debtor_postcode="75011")])
        == 0
    )
    printed = capsys.readouterr().out.replace("\u00a0", " ").replace("\u202f", " ")
    assert printed.startswith("Tribunal des activités économiques de Paris\n")
    assert "l’avocat est obligatoire" in printed
    assert "inconnu ce jour ; 61,90 € jusqu’au 28/02/2026" in printed


@given(
    st.text(max_size=12),
    st.text(max_size=7),
    st.text(max_size=8),
    st.sampled_from(["commercial", "civil", "rent"]) | st.text(max_size=5),
    st.sampled_from(["injonction_de_payer", "assignation_au_fond"]) | st.text(max_size=5),
    st.dates().map(str) | st.text(max_size=5),
)
@settings(
    max_examples=rounds(70, 4_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_asked_an_answer_or_a_refusal_comes(
    capsys: pytest.CaptureFixture[str],
    city: str,
    postcode: str,
    amount: str,
    nature: str,
    procedure: str,
    on: str,
):
    capsys.readouterr()
    arguments = [
        f"--debtor-city={city}",
        f"--debtor-postcode={postcode}",
        f"--amount={amount}",
        f"--nature={nature}",
        f"--procedure={procedure}",
        f"--on={on}",
    ]
    code = run(["court", *arguments, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert code in {0, 1, 2}
    assert ("error" in answer) == (code != 0)
