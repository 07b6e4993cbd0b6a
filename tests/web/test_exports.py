"""Spreadsheets hold no formula, whatever the cells hold."""

import csv
import io
from datetime import date

import pytest
from python_calamine import load_workbook

from exigible.web.exports import Sheet, comma_separated, harmless, spreadsheet

HOSTILE = ("=1+1", "+33123", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")')


def sheet() -> Sheet:
    rows = [[text, 123_456, date(2026, 11, 23), None, 7] for text in HOSTILE]
    return Sheet("Comptes", ["Nom", "Dû", "Le", "Vide", "Nombre"], rows, money=frozenset({1}))


def test_a_workbook_keeps_text_as_text_and_money_as_numbers() -> None:
    content = spreadsheet(sheet(), "x.xlsx").content
    assert b"<f>" not in content
    rows = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["Nom", "Dû", "Le", "Vide", "Nombre"]
    assert [row[0] for row in rows[1:]] == list(HOSTILE)
    assert rows[1][1] == 1234.56
    assert rows[1][2] == date(2026, 11, 23)


def test_a_csv_file_neutralises_what_a_spreadsheet_would_run() -> None:
    text = b"".join(comma_separated(sheet(), "x.csv").streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert rows[0] == ["Nom", "Dû", "Le", "Vide", "Nombre"]
    assert rows[1] == ["'=1+1", "1234,56", "23/11/2026", "", "7"]
    assert [row[0] for row in rows[1:]] == [f"'{text}" for text in HOSTILE]


@pytest.mark.parametrize("text", HOSTILE)
def test_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("Morvélec") == "Morvélec"


def test_a_file_name_cannot_add_a_header() -> None:
    answer = spreadsheet(sheet(), 'a"\r\nX: y.xlsx')
    assert "\n" not in answer["Content-Disposition"]
