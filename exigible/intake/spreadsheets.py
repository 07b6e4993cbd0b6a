"""Spreadsheets (XLSX) that come from outside: inspected as a stream, then read.

An XLSX is a zip of XML parts. Before the reader opens it, every part is unpacked once and thrown
away, without believing what the archive declares: the size that comes out is bounded, no part may
declare a document type (no entity is ever resolved), and the cells must fit in a rectangle of
`MAX_CELLS`, because the reader lays a sheet out whole: one cell at XFD1048576 would take the
process down. A formula is refused: what it last computed may be stale, or was never computed.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from exigible.intake.ledger_text import unreadable
from exigible.intake.mistaken import of_archive
from exigible.intake.problems import Problem, Unreadable

MAX_UNPACKED = 400 * 1024 * 1024
MAX_CELLS = 5_000_000  # a hundred thousand rows of fifty columns
MAX_PARTS = 2_000
MAX_RATIO, RATIO_FROM = 200, 32 * 1024 * 1024  # a part of real data packs ten to thirty times
BLOCK = 1 << 18
OLE = b"\xd0\xcf\x11\xe0"  # XLS, and any workbook under a password

_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_LOCAL_HEADER = struct.Struct("<4s22x2H")  # signature; lengths of the name and of the extra field


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the first sheet that has any, numbered as the spreadsheet shows them.

    Raise Unreadable for what is no sound XLSX, or holds more than data.
    """
    import python_calamine

    inspect(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height:
                rows = sheet.to_python(skip_empty_area=False)
                break
        else:
            raise unreadable("empty_file", "Ce classeur est vide.")
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise damaged() from error
    for index, cells in enumerate(rows):
        if any(cell != "" for cell in cells):
            yield index + 1, [as_text(cell) for cell in cells]


def as_text(cell: object) -> str:
    """Return what a spreadsheet's cell says, as a person would have typed it."""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float):
        if cell.is_integer():
            return str(int(cell)) if abs(cell) < 1e15 else repr(cell)
        return f"{cell:.6f}".rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time | timedelta):
        return str(cell)
    return str(cell)


# --- inspection ---------------------------------------------------------------------------------


def inspect(path: Path) -> None:
    """Raise Unreadable unless the file is an XLSX that can be opened without danger.

    A file is tried as several kinds of table in turn: what was found of it is kept while it stays as it is.
    """
    stands = path.stat()
    refusal = _verdict(str(path), stands.st_ino, stands.st_mtime_ns, stands.st_size)
    if refusal is not None:
        raise Unreadable(refusal)


@lru_cache(maxsize=8)
def _verdict(path: str, *_stands: int) -> Problem | None:
    try:
        _inspect(Path(path))
    except Unreadable as refusal:
        return refusal.problem
    return None


def _inspect(path: Path) -> None:
    with path.open("rb") as stream:
        if stream.read(4) == OLE:
            raise unreadable(
                "wrong_spreadsheet",
                "Ce classeur est à l’ancien format XLS, ou protégé par un mot de passe. "
                "Enregistrez-le en XLSX ou en CSV, puis recommencez.",
            )
        try:
            with zipfile.ZipFile(stream) as archive:
                parts = archive.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
            raise damaged() from error
        if len(parts) > MAX_PARTS:
            raise too_large()
        if not any(part.filename == "xl/workbook.xml" for part in parts):
            raise unreadable("wrong_spreadsheet", of_archive([one.filename for one in parts]))
        refuse_bomb(parts)
        left = MAX_UNPACKED
        for part in parts:
            inspection = _Inspection()
            try:
                most = max(RATIO_FROM, part.compress_size * MAX_RATIO)
                for block in _unpacked(stream, part):
                    left -= len(block)
                    most -= len(block)
                    if left < 0 or most < 0:
                        raise too_large()
                    inspection.feed(block)
            except (
                zlib.error,
                struct.error,
                expat.ExpatError,
                LookupError,
                OSError,
                ValueError,
            ) as error:
                raise damaged() from error


def refuse_bomb(parts: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse at once an archive that says itself that it unpacks beyond measure; one that lies is bounded."""
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise too_large()


def inspect_ods(path: Path) -> None:
    """Raise Unreadable unless the file is an ODS that can be opened without danger."""
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise too_large()
        refuse_bomb(parts)
        with path.open("rb") as stream:
            for part in parts:
                if not part.filename.endswith(".xml"):
                    continue
                sheet = _OdsInspection()
                for block in _unpacked(stream, part):
                    left -= len(block)
                    if left < 0:
                        raise too_large()
                    sheet.feed(block)
    except (zipfile.BadZipFile, zlib.error, struct.error, expat.ExpatError) as error:
        raise damaged() from error
    except (OSError, LookupError, ValueError, RuntimeError) as error:
        raise damaged() from error


def _unpacked(stream: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what a part truly unpacks to, whatever size the archive declares for it."""
    stream.seek(part.header_offset)
    signature, name, extra = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    if signature != b"PK\x03\x04" or part.flag_bits & 1:
        raise damaged()
    stream.seek(name + extra, 1)
    left = part.compress_size
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (packed := stream.read(min(left, BLOCK))):
        left -= len(packed)
        if part.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        if part.compress_type != zipfile.ZIP_DEFLATED:
            raise damaged()
        while packed:
            yield inflater.decompress(packed, BLOCK)
            packed = inflater.unconsumed_tail


class _Inspection:
    """One part read as it unpacks: if it is XML, what it must not hold refuses the file."""

    def __init__(self) -> None:
        self._parser: expat.XMLParserType | None = None
        self._begun = False
        self._in_sheet: bool | None = None
        self._cell = ""  # where the cell being read stands, empty if it does not say
        self._rows = self._columns = 0
        self._row_cells = 0

    def feed(self, block: bytes) -> None:
        if not self._begun and block:
            self._begun = True
            if block.lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n\0").startswith(b"<"):
                self._parser = expat.ParserCreate(namespace_separator=" ")
                self._parser.StartDoctypeDeclHandler = self._doctype
                self._parser.StartElementHandler = self._start
        if self._parser is not None:
            self._parser.Parse(block, False)

    def _doctype(self, *declared: object) -> None:
        raise unsafe()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if self._in_sheet is None:
            self._in_sheet = tag == "worksheet"
        if not self._in_sheet:
            return
        if tag == "row":
            number = attributes.get("r", "")
            self._rows = max(self._rows + 1, int(number[:9]) if number[:9].isdecimal() else 0)
            self._row_cells = 0
        elif tag == "c":
            self._row_cells += 1
            self._cell = attributes.get("r", "")
        elif tag in ("v", "is"):
            self._filled()
        elif tag == "f":
            raise formula_in(self._cell or "?")

    def _filled(self) -> None:
        """Widen the rectangle of the sheet to the cell being read."""
        column = self._row_cells
        if found := _CELL.fullmatch(self._cell):
            column = 0
            for letter in found[1]:
                column = column * 26 + ord(letter) - 64
            self._rows = max(self._rows, int(found[2]))
        self._columns = max(self._columns, column)
        if self._rows * self._columns > MAX_CELLS:
            raise too_large()


class _OdsInspection:
    """A part of an ODS: no document type, no formula, and cells that repeat only as far as they may.

    Empty cells and rows may repeat to the edge of the sheet, as every ODS has them; full ones are
    counted as often as they repeat.
    """

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._row_times = 1
        self._rows = self._width = self._column = 0

    def feed(self, block: bytes) -> None:
        self._parser.Parse(block, False)

    def _doctype(self, *declared: object) -> None:
        raise unsafe()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        local = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if tag == "table":
            self._rows = self._width = 0
        elif tag == "table-row":
            self._row_times = _times(local.get("number-rows-repeated"))
            self._rows += self._row_times
            self._column = 0
        elif tag in ("table-cell", "covered-table-cell"):
            if "formula" in local:
                raise formula_in("")
            self._column += _times(local.get("number-columns-repeated"))
            if "value-type" in local:
                self._width = max(self._width, self._column)
                if self._rows * self._width > MAX_CELLS:
                    raise too_large()


def _times(text: str | None) -> int:
    return min(int(text), MAX_CELLS) if text and text.isdecimal() and len(text) < 10 else 1


def unsafe() -> Exception:
    return unreadable(
        "unsafe_spreadsheet",
        "Ce classeur déclare un type de document XML : aucun tableur n’en écrit. Il est refusé ; "
        "enregistrez-le de nouveau depuis un tableur.",
    )


def formula_in(cell: str) -> Exception:
    return unreadable(
        "formula",
        f"{f'La cellule {cell}' if cell else 'Une cellule'} contient une formule : un fichier à "
        "importer ne contient que des valeurs. Enregistrez-le en CSV, ou collez-y les valeurs.",
        field=cell,
    )


def damaged() -> Exception:
    return unreadable(
        "damaged_spreadsheet",
        "Ce classeur ne s’ouvre pas : il est abîmé, protégé par un mot de passe, ou d’un autre "
        "format. Enregistrez-le en XLSX ou en CSV.",
    )


def too_large() -> Exception:
    return unreadable(
        "too_large", "Ce classeur est trop grand. Enregistrez-le en CSV, puis recommencez."
    )
