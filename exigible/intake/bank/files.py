"""Which bank format a file is, from its first bytes, and its reader.

A zip may hold several messages (banks send CAMT that way): its members are read one after the other
where they are, never written to the disk, and what they unpack to is bounded.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from exigible.intake.bank.camt import MESSAGES, CamtFile
from exigible.intake.bank.cfonb import Cfonb120File, Cfonb240File
from exigible.intake.bank.mt940 import Mt940File
from exigible.intake.bank.ofx import OfxFile
from exigible.intake.bank.pain002 import Pain002File
from exigible.intake.bank.shapes import BankFile, BankLine
from exigible.intake.bank.table import TableFile
from exigible.intake.bank.texts import clean
from exigible.intake.formats import BANK, HEAD, Format
from exigible.intake.ledger_text import Opener, opener, unreadable
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Problems

ZIP = b"PK\x03\x04"
# What the reader of archives raises on a damaged one: a version or a name it cannot read, a password…
BAD_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
MAX_MEMBERS = 1_000
MAX_UNPACKED = 2 * 1024 * 1024 * 1024

_MESSAGE = re.compile(
    r"<(?:[A-Za-z0-9_.-]+:)?(BkToCstmrAcctRpt|BkToCstmrStmt|BkToCstmrDbtCdtNtfctn)\b"
)
_PAIN = re.compile(r"<(?:[A-Za-z0-9_.-]+:)?CstmrPmtStsRpt\b|pain\.002\.001")
_CFONB120 = re.compile(r"\s*0[14][0-9]{5}.{9}[A-Z]{3}[0-9 ]", re.DOTALL)
_CFONB240 = re.compile(r"\s*31[0-9]{6}.{2}[0-9]{6}[A-Z ]", re.DOTALL)
_MT_TEXT = re.compile(r"(?:^|\n|\{4:\s*)\s*:20:")
_MT_MORE = re.compile(r"\n\s*:(?:25[A-Z]?|28C?|60[FM]|61|34F):")


def recognise(head: bytes) -> Format | None:
    """Return the bank format that a file's first bytes show, None for another file or a table."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", "replace")
    else:
        text = head.decode("utf-8-sig", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _MESSAGE.search(text):
        return MESSAGES[found[1]][0]
    for name, format_ in (
        ("camt.052", Format.CAMT052),
        ("camt.053", Format.CAMT053),
        ("camt.054", Format.CAMT054),
    ):
        if f"xsd:{name}" in text:
            return format_
    if _PAIN.search(text):
        return Format.PAIN002
    if re.search(r"OFXHEADER|<OFX>|<\?OFX", text, re.IGNORECASE):
        return Format.OFX
    if _MT_TEXT.search(text.lstrip("\x01")) and _MT_MORE.search(text):
        return Format.MT942 if re.search(r"\n\s*:(?:34F|13D?):", text) else Format.MT940
    if _CFONB120.match(text):
        return Format.CFONB120
    if _CFONB240.match(text):
        return Format.CFONB240
    return None


def recognise_file(path: Path) -> Format | None:
    """Return the bank format of a file, a zip of messages included; None for any other."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head.startswith(ZIP):
        return recognise(head)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in _members(archive):
                with archive.open(member) as inside:
                    return recognise(inside.read(HEAD))
    except BAD_ZIP:
        return None
    return None


def open_file(
    path: Path,
    format_: str,
    *,
    partial: bool = False,
    mapping: Mapping | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> BankFile:
    """Return the reader of a file of a bank format. Nothing is read before its `lines()` are.

    A table is read through its `mapping`, if somebody made one.
    """
    problems = Problems(partial=partial)
    with path.open("rb") as stream:
        is_zip = stream.read(4) == ZIP
    file: BankFile
    if format_ == Format.BANK_CSV:
        file = TableFile(path, problems, mapping=mapping)
    elif is_zip:
        file = ZipFile(path, Format(format_), problems)
    else:
        file = reader(opener(path), Format(format_), problems)
    file.on_bytes = on_bytes
    return file


def reader(opened: Opener, format_: Format, problems: Problems) -> BankFile:
    """Return the reader of one message of a format that is not a table."""
    assert format_ in BANK
    if format_ in (Format.MT940, Format.MT942):
        return Mt940File(opened, format_, problems)
    if format_ == Format.CFONB120:
        return Cfonb120File(opened, problems)
    if format_ == Format.CFONB240:
        return Cfonb240File(opened, problems)
    if format_ == Format.OFX:
        return OfxFile(opened, problems)
    if format_ == Format.PAIN002:
        return Pain002File(opened, problems)
    return CamtFile(opened, format_, problems)


class ZipFile(BankFile):
    """Messages in an archive, read as one file; statements keep their member's line numbers."""

    def __init__(self, path: Path, format_: Format, problems: Problems) -> None:
        super().__init__(format_, problems)
        self._path = path
        self._left = MAX_UNPACKED

    def lines(self) -> Iterator[BankLine]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                members = _members(archive)
                if not members:
                    raise unreadable("empty_file", "Cette archive ne contient aucun fichier.")
                for member in members:
                    yield from self._member(archive, member)
        except BAD_ZIP as error:
            raise unreadable(
                "damaged_archive",
                "Cette archive ne s’ouvre pas : elle est abîmée, ou protégée par un mot de passe.",
            ) from error

    def _member(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[BankLine]:
        shown = clean(Path(member.filename.replace("\\", "/")).name, 80)
        with archive.open(member) as inside:
            format_ = recognise(inside.read(HEAD))
        if format_ is None:
            raise unreadable(
                "not_recognised",
                f"« {shown} », dans l’archive, n’est ni un relevé ni un avis connu.",
                field=shown,
            )
        if self.statements and format_ != self.format:
            raise unreadable(
                "mixed_formats",
                "Cette archive mêle plusieurs formats : importez-les séparément.",
                field=shown,
            )
        self.format = format_

        def opened() -> BinaryIO:
            return _Bounded(archive.open(member), self)  # type: ignore[return-value]

        part = reader(opened, format_, self.problems)
        part.statements, part._seen = self.statements, self._seen
        before = len(self.statements)
        yield from part.lines()
        self.encoding = self.encoding or part.encoding
        assert len(self.statements) > before

    def spend(self, size: int) -> None:
        """Count bytes unpacked; raise Unreadable beyond the bound."""
        self._left -= size
        if self._left < 0:
            raise unreadable(
                "too_large", "Cette archive contient plus de 2 Go : importez ses fichiers un à un."
            )


class _Bounded:
    """A member being read, counted as it unpacks."""

    def __init__(self, stream: BinaryIO, archive: ZipFile) -> None:
        self._stream = stream
        self._archive = archive

    def __enter__(self) -> _Bounded:
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    def read(self, size: int = -1) -> bytes:
        read = self._stream.read(size)
        self._archive.spend(len(read))
        return read


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of an archive in its order; raise ValueError for a spreadsheet's or a horde."""
    names = archive.namelist()
    if len(names) > MAX_MEMBERS or any(
        name == "[Content_Types].xml" or name.startswith(("xl/", "META-INF/")) for name in names
    ):
        raise ValueError("no archive of messages")
    return [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not Path(member.filename).name.startswith(".")
        and not member.filename.startswith("__MACOSX/")
    ]
