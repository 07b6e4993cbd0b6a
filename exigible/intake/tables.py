"""Tables that people prepare: CSV in any separator and encoding, or a spreadsheet (XLSX, XLS, ODS).

Every cell comes out as text, dates as AAAA-MM-JJ, whole numbers without a decimal point, so that
the readers of customers and open items see one thing. Titles above the header are passed over.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from exigible.domain.text_keys import ref_key
from exigible.intake.formats import HEAD, is_spreadsheet
from exigible.intake.ledger_text import MAX_LINE, look_at, numbered_lines, opener, unreadable

DELIMITERS = (";", "\t", ",", "|")
HEADER_WITHIN = 20  # lines among which the header is looked for
MAX_ROWS = 500_000
MAX_UNPACKED = 400 * 1024 * 1024  # a spreadsheet that unpacks beyond is refused
MAX_CELL = 2_000

Row = tuple[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be read: its encoding, the fields found, and its rows."""

    encoding: str
    fields: tuple[str, ...]
    header_line: int
    rows: Iterator[Row]


def read_table(path: Path, synonyms: Mapping[str, str], required: Sequence[str]) -> Table:
    """Open a table; rows map the fields of `synonyms` to texts, without empty cells.

    `synonyms` turns a normalised heading into a field. Raise Unreadable for a file that is no
    table, or whose headings do not name every field of `required`.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if is_spreadsheet(head):
        encoding, lines = "xlsx", _spreadsheet(path)
    else:
        encoding, lines = _text(path)
    seen = []
    for _ in range(HEADER_WITHIN):
        line = next(lines, None)
        if line is None:
            break
        number, cells = line
        places = _places(cells, synonyms)
        if len(places) >= 2 and all(name in places for name in required):
            return Table(encoding, tuple(places), number, _rows(lines, places))
        seen.append(places)
    best: Mapping[str, int] = max(seen, key=len, default={})
    missing = [name for name in required if name not in best]
    raise unreadable(
        "missing_columns",
        "Les colonnes attendues ne sont pas dans ce fichier : il manque "
        f"{', '.join(HEADINGS.get(name, name) for name in missing or required)}. Donnez un titre à "
        "chaque colonne.",
        line=1,
        field=(missing or list(required))[0],
    )


HEADINGS = {
    "code": "le code client",
    "due_on": "l’échéance",
    "invoice": "le numéro de facture",
    "amount": "le montant",
}


def _places(cells: Sequence[str], synonyms: Mapping[str, str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        field = synonyms.get(ref_key(cell))
        if field is not None:
            places.setdefault(field, place)
    return places


def _rows(lines: Iterator[tuple[int, list[str]]], places: Mapping[str, int]) -> Iterator[Row]:
    for count, (number, cells) in enumerate(lines):
        if count >= MAX_ROWS:
            raise unreadable(
                "too_many_rows", f"Ce fichier a plus de {MAX_ROWS} lignes.", line=number
            )
        row = {
            field: text
            for field, place in places.items()
            if place < len(cells) and (text := cells[place].strip()[:MAX_CELL])
        }
        if row:
            yield number, row


# --- text ---------------------------------------------------------------------------------------


def _text(path: Path) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    shape = look_at(opener(path))
    delimiter = _delimiter(path, shape.encoding)
    return shape.label, _csv(path, shape.encoding, delimiter)


def _delimiter(path: Path, encoding: str) -> str:
    """Return the separator that cuts the first lines most, and most alike."""
    lines: list[str] = []
    for _, more in numbered_lines(opener(path), encoding):
        lines += [line for line in more if line.strip()]
        if len(lines) >= HEADER_WITHIN:
            break
    lines = lines[:HEADER_WITHIN]
    return max(
        DELIMITERS,
        key=lambda mark: (
            sum(line.count(mark) > 0 for line in lines) * 1000
            + sum(line.count(mark) for line in lines)
        ),
    )


def _csv(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a CSV with the line each begins on; quoted cells may hold line ends."""
    number = 0

    def lines() -> Iterator[str]:
        nonlocal number
        for first, more in numbered_lines(opener(path), encoding):
            for offset, line in enumerate(more):
                number = first + offset
                yield line + "\n"

    csv.field_size_limit(MAX_LINE)
    begun = 1
    reader = csv.reader(lines(), delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise unreadable(
                "wrong_quotes",
                f"Ligne {number} : un guillemet n’est pas refermé, ou une cellule est trop longue.",
                line=number,
            ) from error
        if cells:
            yield begun, cells
        begun = number + 1


# --- spreadsheets -------------------------------------------------------------------------------


def _spreadsheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the first sheet that has any, numbered as the spreadsheet shows them."""
    import python_calamine

    _refuse_bomb(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _damaged() from error
    for name in names:
        try:
            sheet = book.get_sheet_by_name(name)
        except (python_calamine.CalamineError, ValueError) as error:
            raise _damaged() from error
        if sheet.total_height:
            for index, cells in enumerate(sheet.to_python(skip_empty_area=False)):
                if any(cell != "" for cell in cells):
                    yield index + 1, [as_text(cell) for cell in cells]
            return
    raise unreadable("empty_file", "Ce classeur est vide.")


def _damaged() -> Exception:
    return unreadable(
        "damaged_spreadsheet",
        "Ce classeur ne s’ouvre pas : il est abîmé, protégé par un mot de passe, ou d’un autre "
        "format. Enregistrez-le en XLSX ou en CSV.",
    )


def _refuse_bomb(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise _damaged() from error
    if size > MAX_UNPACKED:
        raise unreadable(
            "too_large", "Ce classeur est trop grand. Enregistrez-le en CSV, puis recommencez."
        )


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
