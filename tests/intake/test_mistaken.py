"""A file that is not what its name says is refused as what it is."""

import io
import zipfile
from pathlib import Path

import pytest

from exigible.intake.importing import dry_run, guess_format


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as content:
        for name in names:
            content.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("clients.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(400), "une image PNG"),
        ("clients.csv", b"\xff\xd8\xff\xe0" + bytes(400), "une image JPEG"),
        (
            "clients.xls",
            b"<html><body><table><tr><td>Code</td></tr></table>",
            "une page web (HTML)",
        ),
        ("clients.xls", b"\xef\xbb\xbf <!DOCTYPE html>\n<table>", "une page web (HTML)"),
        ("clients.xls", b"{\\rtf1\\ansi Code}", "un document RTF"),
        ("clients.csv", b"\x1f\x8b\x08\x00" + bytes(60), "une archive GZIP"),
        ("clients.csv", b"MZ\x90\x00" + bytes(60), "un programme"),
        ("clients.xlsx", archive("[Content_Types].xml", "word/document.xml"), "un document Word"),
        ("clients.xlsx", archive("photo.jpg"), "une archive ZIP"),
    ],
)
def test_a_mistaken_file_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    report = dry_run(path, name=name, format_=guess_format(path))
    assert not report.accepted
    assert report.error is not None
    assert report.error.message.startswith(f"Ce fichier est {said}, quel que soit son nom")


def test_a_text_that_only_begins_alike_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text("MZCode;Raison sociale\nC1;Dupont\n")
    report = dry_run(path, format_=guess_format(path))
    assert "quel que soit son nom" not in (report.error.message if report.error else "")
