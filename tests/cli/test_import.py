"""`exigible import` as an operator uses it: answers, refusals, exit codes, whole real ledgers."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum
from pytest_django import Settings

from exigible.cli.main import run
from exigible.store.models import Account, Claim, Creditor, ImportBatch, LedgerLine, Payment
from tests.bank_text import camt
from tests.fec_text import fec, invoice

SIREN = "732829320"
NAME = f"{SIREN}FEC20251231.txt"
LEDGER = fec(invoice("F1", "20250110", "DUPONT", 1200))

database = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, settings: Settings) -> None:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"


def answer(
    capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0
) -> dict[str, object]:
    """Run `exigible import … --json`; return its one JSON document."""
    assert run(["import", *map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def ledger(folder: Path, content: str | bytes = LEDGER, name: str = NAME) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@database
def test_a_ledger_then_its_customers_then_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = answer(capsys, ledger(tmp_path), "--creditor-name", "Négoce SA")
    assert first["accepted"]
    assert first["written"]["claims"] == 1
    assert first["accounts"] == [
        {
            "account": "411",
            "auxiliary": "DUPONT",
            "name": "Dupont",
            "debit": "1200.00",
            "credit": "0.00",
            "balance": "1200.00",
        }
    ]
    customers = ledger(tmp_path, "code;nom;ville\nDUPONT;Dupont SARL;Rennes\n", "clients.csv")
    both = tmp_path / NAME, customers
    again, named = answer(capsys, *both, "--creditor", SIREN)  # type: ignore[misc]
    assert (again["unchanged"], named["written"]["customers"]) == (True, 1)
    assert Account.objects.get().debtor.name == "Dupont SARL"
    foreseen = answer(capsys, "--undo", first["import"], "--dry-run")
    assert (foreseen["possible"], foreseen["undone"]) == (True, False)
    assert Claim.objects.get().balance_cents == 120_000
    undone = answer(capsys, "--undo", first["import"], "--reason", "mauvais exercice")
    assert (undone["undone"], undone["counts"]) == (True, foreseen["counts"])
    assert Claim.objects.get().balance_cents == 0
    for wrong, code in ((first["import"], "depended_on"), (9_999, "import_unknown")):
        assert answer(capsys, "--undo", wrong, code=1)["error"]["code"] == code  # type: ignore[index]
    assert run(["import", "--undo", "1", str(customers)]) == 2


@database
def test_an_unknown_creditor_refuses_before_anything_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Creditor.objects.create(name="Négoce SA", siren=SIREN)
    files = ledger(tmp_path), ledger(tmp_path, name="552100554FEC20251231.txt")
    error = answer(capsys, *files, code=1)["error"]
    assert (error["code"], error["field"]) == ("creditor_unknown", "--creditor")
    assert not ImportBatch.objects.exists()
    nobodys = ledger(tmp_path, name="export.txt")
    assert answer(capsys, nobodys, code=1)["error"]["code"] == "creditor_unknown"


@database
def test_a_refused_file_exits_1_names_its_line_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Creditor.objects.create(name="Négoce SA", siren=SIREN)
    path = ledger(tmp_path, LEDGER.replace("20250110|411", "20250230|411"))
    refused = answer(capsys, path, code=1)
    assert refused["accepted"] is False
    assert (refused["error"]["code"], refused["error"]["line"]) == ("wrong_date", 2)
    assert not any(m.objects.exists() for m in (Account, Claim, Payment, LedgerLine))
    assert run(["import", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "Ligne 2, date d’écriture : « 20250230 » n’est pas une date qui existe." in shown
    assert "Fichier refusé : rien n’a été pris." in shown


def test_what_is_no_readable_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = {tmp_path: "file_is_folder", tmp_path / "absent.txt": "file_not_found"}
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "tube")
        codes[tmp_path / "tube"] = "not_a_file"
    if hasattr(os, "geteuid") and os.geteuid():
        codes[ledger(tmp_path)] = "file_not_allowed"
        ledger(tmp_path).chmod(0)
    for path, code in codes.items():
        for how in ((), ("--dry-run",)):
            error = answer(capsys, path, *how, code=1)["error"]
            assert error["code"] == code
            assert str(path) in error["message"]


def test_a_wrong_option_is_wrong_usage() -> None:
    assert run(["import"]) == 2
    assert run(["import", "x.txt", "--inconnue"]) == 2


def test_two_gigabytes_without_a_line_end_are_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = ledger(tmp_path, LEDGER + "x" * 200_000)
    with path.open("r+b") as stream:
        stream.truncate(2 << 30)  # sparse: what follows is read as zeros
    refused = answer(capsys, path, "--dry-run", code=1)
    assert refused["error"]["code"] == "line_too_long"


# --- real ledgers -----------------------------------------------------------------------------------


def slow_sums(path: Path) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Return debit and credit of each customer account: an independent reading, field by field."""
    text = path.read_bytes().decode("utf-8", "replace")
    lines = text.replace("\r\n", "\n").split("\n")
    mark = max("\t|", key=lines[0].count)
    names = [cell.strip() for cell in lines[0].split(mark)]
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for line in lines[1:]:
        if line.strip():
            row = dict(zip(names, (cell.strip() for cell in line.split(mark)), strict=False))
            if row["CompteNum"].startswith(("411", "413", "416", "4191")):
                both = sums[row["CompteNum"], row["CompAuxNum"]]
                both[0] += Decimal(row["Debit"].replace(",", "."))
                both[1] += Decimal(row["Credit"].replace(",", "."))
    return {key: (debit, credit) for key, (debit, credit) in sums.items()}


@database
def test_a_bank_statement_and_its_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Creditor.objects.create(name="Négoce SA", siren=SIREN)
    content = camt([("2026-11-02", "100.00", "VIR", "R1")])
    path = ledger(tmp_path, content, "releve.xml")
    nobodys = answer(capsys, path, "--creditor", SIREN, code=1)
    assert nobodys["error"]["code"] == "bank_account_unknown"
    taken = answer(capsys, path, "--creditor", SIREN, "--open-account")
    assert (taken["written"]["bank_lines"], taken["written"]["bank_accounts"]) == (1, 1)
    copy = ledger(tmp_path, content + " ", "copie.xml")
    again = answer(capsys, copy, "--creditor", SIREN)
    assert (again["unchanged"], again["totals"]) == (True, taken["totals"])


def test_a_bank_dry_run_needs_neither_django_nor_database(tmp_path: Path) -> None:
    path = ledger(tmp_path, camt([("2026-11-02", "100.00", "VIR", "R1")]), "releve.xml")
    code = (
        "import sys\n"
        "for name in ('django', 'psycopg', 'polars'): sys.modules[name] = None\n"
        "from exigible.cli.main import run\n"
        f"sys.exit(run(['import', {str(path)!r}, '--as', 'camt053', '--dry-run', '--json']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["lines"] == 1


@database
@pytest.mark.corpus
def test_whole_real_ledgers_equal_their_own_sums(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in sorted((shared_data / "fec").glob("*FEC*.[tT][xX][tT]")):
        said = answer(capsys, path, "--creditor-name", path.stem)
        expected = slow_sums(path)
        assert len(expected) > 3
        assert {
            (row["account"], row["auxiliary"]): (Decimal(row["debit"]), Decimal(row["credit"]))
            for row in said["accounts"]
        } == expected
        creditor = Creditor.objects.get(name=path.stem)
        owed: dict[str, Decimal] = defaultdict(Decimal)
        for (account, auxiliary), (debit, credit) in expected.items():
            owed[auxiliary or account] += debit - credit
        for account in Account.objects.filter(creditor=creditor):
            claims = account.claims.aggregate(s=Sum("balance_cents"))["s"] or 0
            credit = sum(payment.unallocated_cents for payment in account.payments.all())
            assert claims - credit == owed.pop(account.number) * 100
        assert not owed
        assert answer(capsys, path)["unchanged"]


@database
@pytest.mark.corpus
def test_cut_real_ledgers_are_refused_by_entry_and_read_in_part(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for siren, path in zip(
        (SIREN, "552100554"), sorted((shared_data / "fec" / "derived").glob("*.txt")), strict=True
    ):
        Creditor.objects.create(name=path.stem, siren=siren)
        refused = answer(capsys, path, "--creditor", siren, code=1)
        assert refused["error"]["code"] == "unbalanced_entry"
        assert "l’écriture" in refused["error"]["message"]
        assert refused["error"]["field"] == "EcritureNum"
        assert not LedgerLine.objects.filter(creditor__siren=siren).exists()
        taken = answer(capsys, path, "--creditor", siren, "--partial")
        assert taken["accepted"]
        assert LedgerLine.objects.filter(creditor__siren=siren).exists()
