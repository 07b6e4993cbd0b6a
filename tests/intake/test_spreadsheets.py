"""Spreadsheets made to harm, and what a sound one says."""

import io
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from exigible.intake import spreadsheets
from exigible.intake.problems import Unreadable
from exigible.intake.spreadsheets import as_text, read_rows

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="{PACKAGE}/content-types">
        <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
        <Default Extension="xml" ContentType="application/xml"/></Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1"
        Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": f"""<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>
        <sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
        <Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>
        </Relationships>""",
}
SHEET = "xl/worksheets/sheet1.xml"
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>Code</t></is></c></row>'


def workbook(rows: str, *, before: str = "", **more: str) -> bytes:
    """Return a workbook of one sheet, written by hand."""
    sheet = f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**PARTS, SHEET: sheet, **more}.items():
            archive.writestr(name, content)
    return stream.getvalue()


def rows_of(content: bytes, tmp_path: Path) -> list[tuple[int, list[str]]]:
    path = tmp_path / "classeur"
    path.write_bytes(content)
    return list(read_rows(path))


def refusal(content: bytes, tmp_path: Path) -> str:
    with pytest.raises(Unreadable) as error:
        rows_of(content, tmp_path)
    return error.value.problem.code


def test_a_sheet_written_by_hand_is_read(tmp_path: Path) -> None:
    rows = HEADER + '<row r="3"><c r="A3"><v>12</v></c><c r="XFD3" s="1"/></row>'
    assert rows_of(workbook(rows), tmp_path) == [(1, ["Code"]), (3, ["12"])]


def test_a_far_cell_is_refused_before_the_sheet_is_laid_out(tmp_path: Path) -> None:
    far = HEADER + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert refusal(workbook(far), tmp_path) == "too_large"
    without_places = "<row><c><v>1</v></c></row>" + f'<row r="{"9" * 5000}"><c><v>1</v></c></row>'
    assert refusal(workbook(without_places), tmp_path) == "too_large"


def test_no_entity_is_ever_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    outside = f'<!DOCTYPE w [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    laughs = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    for before in (outside, laughs):
        assert refusal(workbook(HEADER, before=before), tmp_path) == "unsafe_spreadsheet"
    shared = f'<!DOCTYPE s><sst xmlns="{MAIN}"/>'
    content = workbook(HEADER, **{"xl/sharedStrings.xml": shared})
    assert refusal(content, tmp_path) == "unsafe_spreadsheet"


def test_a_formula_is_refused_and_named(tmp_path: Path) -> None:
    content = workbook(HEADER + '<row r="2"><c r="B2"><f>1+1</f><v>2</v></c></row>')
    with pytest.raises(Unreadable, match="B2") as error:
        rows_of(content, tmp_path)
    assert error.value.problem.code == "formula"


def test_a_part_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_UNPACKED", 1_000_000)
    content = workbook(HEADER, **{"xl/media/image1.bin": "0" * 1_100_000})
    assert refusal(content, tmp_path) == "too_large"
    # The same archive, whose directory declares a part of ten bytes.
    place = content.index(b"xl/media/image1.bin", content.index(b"PK\x01\x02"))
    lying = bytearray(content)
    struct.pack_into("<I", lying, place - 46 + 24, 10)
    assert refusal(bytes(lying), tmp_path) == "too_large"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 et rien", "damaged_spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "wrong_spreadsheet"),
        (workbook("<row><c><v>1</v>"), "damaged_spreadsheet"),
        (workbook(HEADER)[:-40], "damaged_spreadsheet"),
        (workbook(""), "empty_file"),
    ],
)
def test_what_is_no_sound_workbook_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    assert refusal(content, tmp_path) == code


def test_another_zip_is_no_workbook(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert refusal(stream.getvalue(), tmp_path) == "wrong_spreadsheet"


def test_cells_come_out_as_a_person_would_type_them(tmp_path: Path) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"default_date_format": "dd/mm/yyyy"})
    book.add_worksheet("Vide")
    sheet = book.add_worksheet("Clients")
    sheet.write_row(1, 0, ["00540", 540, 12.5, datetime(2025, 2, 28), True])
    book.close()
    assert rows_of(stream.getvalue(), tmp_path) == [
        (2, ["00540", "540", "12.5", "2025-02-28", "oui"])
    ]
    assert as_text(date(2025, 2, 28)) == "2025-02-28"
