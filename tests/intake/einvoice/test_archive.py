"""Zips from outside: bounded, and a name from inside never becomes a path."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from exigible.intake.einvoice import archive as module
from exigible.intake.einvoice.archive import members
from exigible.intake.problems import Problems, Unreadable
from tests.einvoice_text import archive


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    return path


def test_names_lose_their_folders_and_others_are_told(tmp_path: Path):
    content = archive(
        {
            "../../etc/f.xml": b"<a/>",
            "C:\\x\\g.PDF": b"%PDF-",
            "notes.docx": b"",
            "__MACOSX/f.xml": b"x",
        }
    )
    problems = Problems()
    found = [(one.name, one.content) for one in members(written(tmp_path, content), problems)]
    assert found == [("f.xml", b"<a/>"), ("g.PDF", b"%PDF-")]
    assert [problem.field for problem in problems.listed] == ["notes.docx"]
    assert problems.blocking == 0


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_MEMBER", 1000)
    with pytest.raises(Unreadable, match="déploie"):
        list(members(written(tmp_path, archive({"f.xml": b"0" * 2000})), Problems()))
    monkeypatch.setattr(module, "MAX_MEMBER", 10_000)
    monkeypatch.setattr(module, "MAX_UNPACKED", 3000)
    several = archive({f"{n}.xml": b"0" * 2000 for n in range(3)})
    with pytest.raises(Unreadable, match="déploie"):
        list(members(written(tmp_path, several), Problems()))


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_MEMBERS", 2)
    with pytest.raises(Unreadable, match="plus de 2 fichiers"):
        list(members(written(tmp_path, archive({f"{n}.xml": b"" for n in range(3)})), Problems()))


def test_a_damaged_archive_is_refused(tmp_path: Path):
    content = bytearray(archive({"f.xml": b"<a/>" * 500}))
    content[45:60] = b"\x00" * 15
    with pytest.raises(Unreadable, match="abîmée"):
        list(members(written(tmp_path, bytes(content)), Problems()))


def test_a_rare_compression_is_refused(tmp_path: Path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as zipped:
        zipped.writestr("f.xml", b"<a/>" * 100)
    with pytest.raises(Unreadable, match="compressé"):
        list(members(written(tmp_path, stream.getvalue()), Problems()))


def test_an_archive_of_a_later_version_is_refused(tmp_path: Path):
    content = bytearray(archive({"f.xml": b"<a/>"}))
    place = content.index(b"PK\x01\x02")
    content[place + 6] = 117  # version needed: 11.7
    with pytest.raises(Unreadable, match="abîmée"):
        list(members(written(tmp_path, bytes(content)), Problems()))
