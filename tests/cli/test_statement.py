"""`exigible statement` as it is read in a terminal and on paper."""

import json
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from exigible.cli.main import run

CASE = {
    "creditor": {"name": "Négoce Armorial", "kind": "professional"},
    "debtor": {"name": "Charpentes Morvélec", "kind": "professional"},
    "claims": [
        {
            "ref": "FA-2025-0117",
            "kind": "invoice",
            "issued_on": "2025-01-10",
            "due_on": "2025-02-10",
            "principal": "1000.00",
            "interest": {"regime": "auto"},
        }
    ],
    "events": [],
}


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "dossier.json"
    path.write_text(json.dumps(CASE))
    return path


def test_a_terminal_of_eighty_columns_cuts_no_date_no_amount_no_ground(
    case: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["statement", str(case), "--as-of", "2025-06-30"]) == 0
    printed = re.sub(r"[\u00a0\u202f]", " ", capsys.readouterr().out)
    assert "…" not in printed
    # 1000,00 × 13,15 % × 140 j ÷ 365 = 50,438…, from the day after the due date to 30/06.
    assert re.search(
        r"FA-2025-0117 +11/02/2025 +30/06/2025 +140 +1 000,00 +13,15 +50,44 +\(2\)", printed
    )
    assert re.search(r"^\(2\) C\. com\. art\. L\. 441-10 II", printed, re.MULTILINE)
    assert "Total : 1 050,44 €" in printed


def test_every_line_has_the_fields_of_the_contract(case: Path, capsys: pytest.CaptureFixture[str]):
    claim = CASE["claims"][0] | {"fixed_indemnity": True}
    payment = {"type": "payment", "on": "2025-03-01", "amount": "300.00"}
    case.write_text(json.dumps(CASE | {"claims": [claim], "events": [payment]}))
    assert run(["statement", str(case), "--as-of", "2025-06-30", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    fields = {"claim", "component", "from", "to", "days", "base", "rate", "amount", "source"}
    assert all(fields <= set(line) for line in lines)
    assert {line["component"] for line in lines if line["rate"] is None} == {
        "principal",
        "fixed_indemnity",
        "payments",
    }


def test_the_pdf_bears_the_dates_of_the_claim(case: Path, tmp_path: Path):
    pdf = tmp_path / "decompte.pdf"
    assert run(["statement", str(case), "--as-of", "2025-06-30", "--pdf", str(pdf)]) == 0
    text = " ".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert "10/01/2025" in text
    assert "10/02/2025" in text


def test_what_is_owed_on_later_days_is_printed_or_why_nobody_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "dossier.json"
    path.write_text(json.dumps(CASE | {"if_paid_on": ["2026-12-31", "2027-01-01"]}))
    assert run(["statement", str(path), "--as-of", "2026-11-22"]) == 0
    printed = re.sub(r"[\u00a0\u202f]", " ", capsys.readouterr().out)
    # 13,15 % × 140 j + 12,15 % × (184 + 181) j + 12,40 % × 184 j:
    # 50,438 + 61,249 + 60,251 + 62,510.
    assert "Si le paiement arrive le 31/12/2026 : 1 234,45 €" in printed
    assert re.search(r"01/01/2027 : .*1er semestre 2027", printed, re.DOTALL)
