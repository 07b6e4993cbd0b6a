"""Any spreadsheet or text as sheets of rows, streamed: XLSX, XLS, ODS, CSV of any habit.

A cell is a `str`; one that the spreadsheet holds as a number or a date is `Native`: « 1234.5 », not
what a person typed, « 2026-01-31 », never to be read in two ways. Old or foreign workbooks (XLS, ODS)
are opened by a process of their own, bounded in time and memory: a parser that dies there kills nobody.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from exigible.intake import spreadsheets
from exigible.intake.formats import HEAD, is_spreadsheet
from exigible.intake.ledger_text import look_at, opener, unreadable
from exigible.intake.tables import csv_rows, delimiter_of, refuse_json

MAX_COLUMNS = 1_000
CHILD_SECONDS = 120
MAX_FOREIGN_BYTES = 60 * 1024 * 1024
ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"

type Line = tuple[int, list[str]]


class Native(str):
    """A number or a date that the spreadsheet itself holds: it has one reading."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A file open as sheets. A text has one, without a name."""

    encoding: str  # utf-8, cp1252…, or xlsx, xls, ods
    delimiter: str
    sheets: tuple[str, ...]
    path: Path = field(repr=False)
    _text_encoding: str = ""
    _rows: dict[str, list[Line]] = field(default_factory=dict, repr=False)

    def rows(self, sheet: str = "") -> Iterator[Line]:
        """Yield the rows of a sheet (by default the first) that are not empty, with their line."""
        if not self._text_encoding:
            yield from self._rows[sheet if sheet in self._rows else self.sheets[0]]
            return
        for number, cells in csv_rows(self.path, self._text_encoding, self.delimiter):
            if len(cells) > MAX_COLUMNS:
                raise too_wide(number)
            if any(cell and not cell.isspace() for cell in cells):
                yield number, cells


def first_lines(grid: Grid, most: int) -> Grid:
    """Return the first lines of each sheet, held: what a page shows of a file."""
    held = {sheet: list(islice(grid.rows(sheet), most)) for sheet in grid.sheets}
    return Grid(grid.encoding, grid.delimiter, grid.sheets, grid.path, "", held)


def open_grid(path: Path) -> Grid:
    """Open a file; raise Unreadable for what is no table, or could harm."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not is_spreadsheet(head):
        refuse_json(head)
        shape = look_at(opener(path))
        delimiter = delimiter_of(path, shape.encoding)
        return Grid(shape.label, delimiter, ("",), path, shape.encoding)
    if head.startswith(spreadsheets.OLE):
        label, sheets = "xls", _foreign(path)
    elif _is_ods(path):
        spreadsheets.inspect_ods(path)
        label, sheets = "ods", _foreign(path)
    else:
        spreadsheets.inspect(path)
        label, sheets = "xlsx", dict(read_book(path))
    if not sheets:
        raise unreadable("empty_file", "Ce classeur est vide.")
    return Grid(label, "", tuple(sheets), path, "", sheets)


def too_wide(line: int) -> Exception:
    return unreadable(
        "too_many_columns",
        f"Ligne {line} : plus de {MAX_COLUMNS} colonnes. Ce n’est pas un tableau à importer, ou son "
        "séparateur n’est pas le bon.",
        line=line,
    )


def read_book(path: Path) -> Iterator[tuple[str, list[Line]]]:
    """Yield each sheet that holds anything, whole; raise Unreadable for a book that does not open."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if not sheet.total_height:
                continue
            if sheet.total_height * sheet.total_width > spreadsheets.MAX_CELLS:
                raise unreadable(
                    "too_large",
                    "Ce classeur est trop grand. Enregistrez-le en CSV, puis recommencez.",
                )
            rows = [
                (number, _texts(cells))
                for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1)
                if any(cell != "" for cell in cells)
            ]
            if rows:
                yield name, rows
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise spreadsheets.damaged() from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader's own, which no class names
            raise
        raise spreadsheets.damaged() from error


def _texts(cells: list[object]) -> list[str]:
    end = len(cells)
    while end and cells[end - 1] == "":
        end -= 1
    if end > MAX_COLUMNS:
        raise too_wide(1)
    return [
        cell if isinstance(cell, str) else Native(spreadsheets.as_text(cell))
        for cell in cells[:end]
    ]


def _is_ods(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive, archive.open("mimetype") as part:
            return part.read(len(ODS_TYPE)) == ODS_TYPE
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, RuntimeError, NotImplementedError):
        return False


# --- workbooks opened apart ---------------------------------------------------------------------


def _foreign(path: Path) -> dict[str, list[Line]]:
    """Read an XLS or ODS in a process of its own; raise Unreadable where it dies or takes too long."""
    if path.stat().st_size > MAX_FOREIGN_BYTES:
        raise unreadable(
            "too_large", "Ce classeur est trop grand. Enregistrez-le en CSV, puis recommencez."
        )
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "exigible.intake.mapping.foreign", str(path.resolve())],
            capture_output=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
        answer = json.loads(child.stdout) if child.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        answer = None
    if answer is None:
        raise spreadsheets.damaged()
    if "refused" in answer:
        raise unreadable(*answer["refused"])
    return {
        name: [
            (number, [Native(cell[0]) if isinstance(cell, list) else cell for cell in cells])
            for number, cells in rows
        ]
        for name, rows in answer["sheets"]
    }
