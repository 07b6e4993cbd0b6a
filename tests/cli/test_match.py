"""`exigible match`, as other programs and people read it."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.matching_world import World
from exigible.cli.main import run

INVOICES = """customer;name;trade_name;town;siren;ibans;invoice;issue_date;due_date;amount;currency;status
C1;Menuiserie Vauban;;Lille;;;FA-26-00011;2026-09-01;2026-10-01;647.13;EUR;open
C1;Menuiserie Vauban;;Lille;;;AV-26-00002;2026-09-01;;-81.44;EUR;open
C2;Pharmacie Petit;;Niort;;;FA-26-00020;2026-09-01;2026-10-01;88.21;;
C2;Pharmacie Petit;;Niort;;;FA-26-00030;2026-09-01;2026-10-01;750.00;EUR;collected
"""
LINES = """line;date;amount;currency;label;counterparty;counterparty_iban;end_to_end
L1;2026-10-12;565.69;EUR;VIR VAUBAN FA2600011 - AV 26 00002;;;
L2;2026-10-12;-750.00;EUR;PRLV SEPA REJETE FA-26-00030;;;
L3;2026-10-12;-431.00;EUR;PRLV SEPA URSSAF;;;
L4;2026-10-12;88.21;EUR;VIR SEPA;;;
L5;2026-10-13;88.21;EUR;REM CHQ 0045;;;
"""
SLIPS = "slip;cheque;drawer;amount\n0045;1;PHARMACIE PETIT;88.21\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, text in (("invoices", INVOICES), ("lines", LINES), ("remittances", SLIPS)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return [
        part
        for name in ("invoices", "lines", "remittances")
        for part in (f"--{name}", str(tmp_path / f"{name}.csv"))
    ]


def ask(capsys: pytest.CaptureFixture[str], files: list[str], code: int = 0) -> Any:
    assert run(["match", *files, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_the_contract(capsys: pytest.CaptureFixture[str], files: list[str]):
    answers = ask(capsys, files)
    assert [one["line"] for one in answers] == ["L1", "L2", "L3", "L4", "L5"]
    assert [one["allocations"] for one in answers] == [
        [
            {"invoice": "AV-26-00002", "amount": "-81.44"},
            {"invoice": "FA-26-00011", "amount": "647.13"},
        ],
        [{"invoice": "FA-26-00030", "amount": "-750.00"}],
        [],
        [],
        [{"invoice": "FA-26-00020", "amount": "88.21"}],
    ]
    assert [one["automatic"] for one in answers] == [True, True, False, False, True]
    assert all(0 <= one["confidence"] <= 1 and one["reason"] for one in answers)


def test_for_people(capsys: pytest.CaptureFixture[str], files: list[str]):
    assert run(["match", *files]) == 0
    shown = capsys.readouterr().out
    assert "5\u00a0lignes : 3 affectées sans demander" in shown.replace("\u00a0:", " :")
    assert "L4" in shown


def test_no_line_is_an_empty_list(capsys: pytest.CaptureFixture[str], files: list[str]):
    Path(files[3]).write_text(LINES.splitlines()[0], encoding="utf-8")
    assert ask(capsys, files) == []


def test_a_refusal_names_the_file_and_the_line(
    capsys: pytest.CaptureFixture[str], files: list[str]
):
    Path(files[3]).write_text(LINES.replace("-431.00", "quatre"), encoding="utf-8")
    error = ask(capsys, files, 1)["error"]
    assert (error["code"], error["field"], error["line"]) == ("wrong_amount", "amount", 4)
    assert "lines.csv" in error["message"]


def test_a_missing_file_and_a_missing_option(capsys: pytest.CaptureFixture[str], files: list[str]):
    assert (
        ask(capsys, [*files[:2], "--lines", "/nulle/part.csv"], 1)["error"]["code"]
        == "file_not_found"
    )
    assert ask(capsys, files[:2], 2)["error"]["code"] == "wrong_usage"


def test_neither_django_nor_a_database_is_loaded(files: list[str]):
    script = (
        "import sys\nfor name in ('django', 'psycopg', 'polars'): sys.modules[name] = None\n"
        f"from exigible.cli.main import run\nsys.exit(run({['match', *files, '--json']!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_drawn_world_through_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Most is settled, nothing is booked wrongly, and shuffled files give the same answers."""
    world = World(5, 400, claims=1200)
    options = world.write(tmp_path)
    answers = ask(capsys, options)
    truth = {line.id: line for line in world.lines}
    right = wrong = 0
    for one in answers:
        line = truth[one["line"]]
        paid = {a["invoice"]: round(float(a["amount"]) * 100) for a in one["allocations"]}
        right += not line.waits and paid == line.truth
        wrong += one["automatic"] and paid != line.truth
    assert wrong == 0
    assert right >= 0.95 * sum(not line.waits for line in world.lines)
    for path in options[1::2]:
        header, *rows = Path(path).read_text(encoding="utf-8").splitlines()
        random.Random(3).shuffle(rows)
        Path(path).write_text("\n".join((header, *rows)), encoding="utf-8")
    again = {one["line"]: one for one in ask(capsys, options)}
    assert again == {one["line"]: one for one in answers}
