"""`exigible import` on electronic invoices: the seller says whose they are, each file has its answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from exigible.cli.main import run
from exigible.store.models import Claim, Creditor, ImportBatch
from tests.einvoice_text import archive, cdar, cii, factur_x, ubl

database = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Settings) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"


def answer(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0):
    assert run(["import", *map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def files(folder: Path, contents: dict[str, bytes]) -> list[Path]:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def test_a_dry_run_says_what_a_file_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    [path] = files(tmp_path, {"f.pdf": factur_x(cii("F-1", attachments={"bon.pdf": b"x"}))})
    found = answer(capsys, path, "--dry-run")
    assert (found["format"], found["encoding"], found["accepted"]) == ("facturx", "UTF-8", True)
    assert found["counts"] | {"invoices": 1, "parties": 1, "attachments": 1} == found["counts"]
    assert found["totals"]["payable"] == {"EUR": "120.00"}
    assert found["documents"][0]["number"] == "F-1"


@pytest.mark.parametrize(
    ("format_", "content"),
    [("facturx", factur_x(cii())), ("cii", cii()), ("ubl", ubl()), ("cdar", cdar("205"))],
)
def test_each_format_can_be_announced(
    format_: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    [path] = files(tmp_path, {"f": content})
    assert answer(capsys, path, "--dry-run", "--as", format_)["format"] == format_
    wrong = "ubl" if format_ != "ubl" else "cii"
    refused = answer(capsys, path, "--dry-run", "--as", wrong, code=1)
    assert refused["error"]["code"] == "format"


def test_a_dry_run_loads_neither_django_nor_a_database(tmp_path: Path):
    [path] = files(tmp_path, {"f.zip": archive({"f.xml": cii(), "g.pdf": factur_x(ubl())})})
    code = (
        "import sys\n"
        "for name in ('django', 'psycopg', 'polars'): sys.modules[name] = None\n"
        "from exigible.intake.importing import dry_run\n"
        "from pathlib import Path\n"
        f"report = dry_run(Path({str(path)!r}))\n"
        "assert report.accepted, report.problems\n"
        "assert report.counts['invoices'] == 2"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@database
def test_the_seller_says_whose_each_invoice_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    Creditor.objects.create(name="Négoce SA", siren="732829320")
    Creditor.objects.create(name="Autre SA", siren="443061841")
    paths = files(
        tmp_path,
        {
            "1.xml": cii("F-1"),
            "2.xml": ubl("A-1", seller=("Autre SA", "443061841")),
            "3.xml": cii("X-1", seller=("Inconnue SA", "552100554")),
            "4.pdf": factur_x(cii("F-2")),
            "5.xml": cdar("205", "F-1"),
        },
    )
    found = answer(capsys, *paths, code=1)
    assert [one["file"] for one in found] == [path.name for path in paths]
    assert [one["accepted"] for one in found] == [True, True, False, True, True]
    assert found[2]["error"]["code"] == "seller"
    assert "Inconnue SA" in found[2]["error"]["message"]
    where = dict(Claim.objects.values_list("ref", "account__creditor__name"))
    assert where == {"F-1": "Négoce SA", "F-2": "Négoce SA", "A-1": "Autre SA"}
    assert ImportBatch.objects.filter(status="done").count() == 2


@database
def test_an_announced_creditor_must_be_the_seller(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    Creditor.objects.create(name="Négoce SA", siren="732829320")
    Creditor.objects.create(name="Autre SA", siren="443061841")
    [path] = files(tmp_path, {"f.xml": cii()})
    refused = answer(capsys, path, "--creditor", "443061841", code=1)
    assert refused["error"]["code"] == "seller"
    assert answer(capsys, path, "--creditor", "732829320")["written"]["claims"] == 1
    assert answer(capsys, path)["unchanged"]


@database
def test_ledgers_and_invoices_may_come_in_one_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    from tests.fec_text import fec, invoice

    Creditor.objects.create(name="Négoce SA", siren="732829320")
    paths = files(
        tmp_path,
        {
            "f.xml": cii("F-1"),
            "732829320FEC20261231.txt": fec(invoice("F-1", "20260105", "DUPONT", 120)).encode(),
        },
    )
    found = answer(capsys, *paths)
    assert [one["format"] for one in found] == ["cii", "fec"]
    assert Claim.objects.exclude(balance_cents=0).count() == 1
