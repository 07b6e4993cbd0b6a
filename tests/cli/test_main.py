"""The command line: modules found and loaded one by one, errors worded, exit codes kept."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from exigible.cli import _command
from exigible.cli.main import command_modules, run
from exigible.domain.refusals import Refused
from exigible.hosting.environment import WrongSetting

HEAVY = ("django", "psycopg", "polars")
# Calculators read files only. Every command must at least show its help without the database.
CALCULATORS: dict[str, tuple[dict[str, object], list[str]]] = {  # a case each, and its options
    "deadlines": (
        {"procedure": "injonction_de_payer", "events": {"order_date": "2026-09-14"}},
        [],
    ),
    "limitation": ({"nature": "b2b_sale", "starts_on": "2021-03-15", "events": []}, []),
    "roads": ({"nature": "commercial", "amount": "8200.00", "due_on": "2026-06-30"}, []),
    "statement": (
        {
            "creditor": {"name": "A", "kind": "professional"},
            "debtor": {"name": "B", "kind": "professional"},
            "claims": [
                {
                    "ref": "F-1",
                    "kind": "invoice",
                    "issued_on": "2025-01-10",
                    "due_on": "2025-02-10",
                    "principal": "1000.00",
                    "interest": {"regime": "auto"},
                    "fixed_indemnity": True,
                }
            ],
            "events": [],
        },
        ["--as-of", "2025-06-01"],
    ),
}


def loaded_after(code: str) -> set[str]:
    """The heavy libraries loaded once `code` has run in a fresh interpreter."""
    script = (
        f"{code}\nimport sys; print('|'.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(answer.stdout.splitlines()[-1].split("|")) & set(HEAVY)


def test_importing_every_command_loads_nothing_heavy():
    modules = ", ".join(f"{name!r}" for name in command_modules().values())
    assert (
        loaded_after(f"import importlib\nfor m in ({modules},): importlib.import_module(m)")
        == set()
    )


def test_the_help_of_everything_loads_nothing_heavy():
    assert loaded_after("from exigible.cli.main import run\nrun(['--help'])") == set()


@pytest.mark.parametrize("name", CALCULATORS)
def test_a_calculator_loads_nothing_heavy(name: str, tmp_path: Path):
    document, options = CALCULATORS[name]
    case = tmp_path / "case.json"
    case.write_text(json.dumps(document))
    code = f"""
from exigible.cli.main import run
assert run([{name!r}, {str(case)!r}, *{options!r}, "--json"]) == 0
"""
    assert loaded_after(code) == set()


def test_a_court_is_found_without_anything_heavy(tmp_path: Path):
    code = f"""
import os
os.environ["EXIGIBLE_HOME"] = {str(tmp_path / "home")!r}
from exigible.cli.main import run
place = ["--debtor-city", "Paris", "--debtor-postcode", "75011", "--amount", "8200.00"]
road = ["--nature", "commercial", "--procedure", "injonction_de_payer", "--json"]
assert run(["court", *place, *road]) == 0
"""
    assert loaded_after(code) == set()


def test_a_dry_import_loads_nothing_heavy(tmp_path: Path):
    header = "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|"
    header += "CompAuxLib|PieceRef|PieceDate|EcritureLib|Debit|Credit|EcritureLet|DateLet|"
    header += "ValidDate|Montantdevise|Idevise"
    lines = [
        "VE|Ventes|1|20250110|411000|Clients|C1|Client un|F-1|20250110|F-1|120,00|0,00|||20250131||",
        "VE|Ventes|1|20250110|707000|Ventes|||F-1|20250110|F-1|0,00|120,00|||20250131||",
    ]
    file = tmp_path / "732829320FEC20251231.txt"
    file.write_text("\n".join([header, *lines]) + "\n")
    code = f"""
import os
os.environ["EXIGIBLE_HOME"] = {str(tmp_path / "home")!r}
from exigible.cli.main import run
assert run(["import", {str(file)!r}, "--dry-run", "--json"]) == 0
assert not os.path.exists({str(tmp_path / "home")!r})
"""
    assert loaded_after(code) == set()


def test_a_command_loads_its_own_module_alone():
    code = "from exigible.cli.main import run\nrun(['settings'])\n"
    code += "import sys; assert 'exigible.cli.db' not in sys.modules"
    assert loaded_after(code) == set()


def test_every_module_offers_a_command_with_help_in_french(capsys: pytest.CaptureFixture[str]):
    for name in command_modules():
        assert run([name, "--help"]) == 0
        shown = capsys.readouterr().out
        assert f"exigible {name}" in shown
        assert "Affiche cette aide." in shown
        assert "Show this message" not in shown
        assert "completion" not in shown


def test_names_follow_files():
    assert command_modules()["db"] == "exigible.cli.db"
    assert not any(name.startswith("_") or name == "main" for name in command_modules())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "La commande « nothing » n’existe pas."),
        (["db"], "Il manque la commande."),
        (["db", "nothing"], "La commande « nothing » n’existe pas."),
        (["db", "start", "--fats"], "L’option « --fats » n’existe pas."),
        (["db", "start", "more"], "Trop d’arguments : more."),
        (["backup"], "Il manque FICHIER."),
        (["backup", "--force"], "Il manque FICHIER."),
        (["check", "--strict=perhaps"], "--strict"),
    ],
)
def test_wrong_usage_is_two_and_in_french(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
):
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err


def test_wrong_usage_in_json(capsys: pytest.CaptureFixture[str]):
    assert run(["db", "start", "--json", "--fats"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "wrong_usage"
    assert "--fats" in error["message"]


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]):
    assert run([]) == 0
    assert "settings" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("exigible ")


def refuse() -> None:
    raise Refused("too_late", "C’est trop tard.", field="on", article="C. civ. art. 2224")


def test_a_refusal_is_one_and_says_what_it_knows(capsys: pytest.CaptureFixture[str]):
    assert _command.answer_of(refuse, as_json=False) == 1
    assert capsys.readouterr() == ("", "C’est trop tard.\n")
    assert _command.answer_of(refuse, as_json=True) == 1
    shown = capsys.readouterr()
    assert shown.err == ""
    assert json.loads(shown.out) == {
        "error": {
            "code": "too_late",
            "message": "C’est trop tard.",
            "field": "on",
            "article": "C. civ. art. 2224",
        }
    }


def test_a_wrong_setting_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("EXIGIBLE_PORT", "eighty")
    assert run(["settings", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["field"]) == ("wrong_setting", "EXIGIBLE_PORT")
    assert "eighty" in error["message"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileNotFoundError(2, "No such file", "a.json"), "file_not_found"),
        (PermissionError(13, "Permission denied", "a.json"), "file_not_allowed"),
        (IsADirectoryError(21, "Is a directory", "a"), "file_is_folder"),
        (OSError(28, "No space left", "a.zip"), "disk_full"),
        (OSError(30, "Read-only", "a.zip"), "disk_read_only"),
        (WrongSetting("EXIGIBLE_PORT", "non"), "wrong_setting"),
    ],
)
def test_what_a_person_can_get_wrong_is_understood(error: Exception, code: str):
    found = _command.understood(error)
    assert found is not None
    assert found["code"] == code


def test_our_own_mistakes_are_not_disguised(capsys: pytest.CaptureFixture[str]):
    def mistake() -> None:
        raise ZeroDivisionError("division by zero")

    assert _command.answer_of(mistake, as_json=False) == 70
    shown = capsys.readouterr().err
    assert "défaut d’Exigible" in shown
    assert "ZeroDivisionError" in shown


def test_interrupted(capsys: pytest.CaptureFixture[str]):
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert _command.answer_of(interrupted, as_json=False) == 130
    assert capsys.readouterr().err == "Interrompu.\n"


def test_a_reader_that_leaves_is_no_error():
    command = [str(Path(sys.executable).with_name("exigible")), "settings"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # `| true`
        assert process.stderr.read() == b""
        assert process.wait() == 0
