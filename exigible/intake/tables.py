"""Tables that people prepare: CSV in any separator and encoding, or a spreadsheet (XLSX).

Every cell comes out as text, dates as AAAA-MM-JJ, whole numbers without a decimal point, so that
the readers of customers and open items see one thing. Titles above the header are passed over.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from exigible.domain.text_keys import ref_key
from exigible.intake.formats import HEAD, is_spreadsheet
from exigible.intake.ledger_text import MAX_LINE, look_at, numbered_lines, opener, unreadable
from exigible.intake.spreadsheets import read_rows

DELIMITERS = (";", "\t", ",", "|")
HEADER_WITHIN = 20  # lines among which the header is looked for
MAX_ROWS = 500_000
MAX_CELL = 2_000

Row = tuple[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be read: its encoding, the fields found, and its rows."""

    encoding: str
    fields: tuple[str, ...]
    header_line: int
    rows: Iterator[Row]
    titles: tuple[str, ...] = ()  # the cells above the headings


def read_table(path: Path, synonyms: Mapping[str, str], required: Sequence[str]) -> Table:
    """Open a table; rows map the fields of `synonyms` to texts, without empty cells.

    `synonyms` turns a normalised heading into a field. Raise Unreadable for a file that is no
    table, or whose headings do not name every field of `required`.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if is_spreadsheet(head):
        encoding, lines = "xlsx", read_rows(path)
    else:
        refuse_json(head)
        encoding, lines = _text(path)
    seen = []
    titles: list[str] = []
    for _ in range(HEADER_WITHIN):
        line = next(lines, None)
        if line is None:
            break
        number, cells = line
        places = _places(cells, synonyms)
        if len(places) >= 2 and all(name in places for name in required):
            return Table(encoding, tuple(places), number, _rows(lines, places), tuple(titles))
        seen.append(places)
        titles += [cell[:MAX_CELL] for cell in cells if cell.strip()]
    best: Mapping[str, int] = max(seen, key=len, default={})
    missing = [name for name in required if name not in best]
    raise unreadable(
        "missing_columns",
        "Les colonnes attendues ne sont pas dans ce fichier : il manque "
        f"{', '.join(HEADINGS.get(name, name) for name in missing or required)}. Donnez un titre à "
        "chaque colonne. (S’importent : un FEC, un fichier de clients, une liste de factures "
        "ouvertes, un relevé bancaire.)",
        line=1,
        field=(missing or list(required))[0],
    )


HEADINGS = {
    "code": "le code client",
    "due_on": "l’échéance",
    "invoice": "le numéro de facture",
    "amount": "le montant",
    "booked_on": "la date",
    "label": "le libellé",
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
            if place < len(cells) and (text := cells[place].replace("\0", "").strip()[:MAX_CELL])
        }
        if row:
            yield number, row


_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[\[{\"])")


def refuse_json(head: bytes) -> None:
    """Refuse by name the answer of a register or of an API, which is no table."""
    if _JSON.match(head):
        raise unreadable(
            "json",
            "Ce fichier est du JSON (la réponse d’un registre ou d’un logiciel), pas un tableau. Un registre "
            "s’interroge depuis le compte ; d’un logiciel, exportez un CSV ou un classeur.",
            line=1,
        )


# --- text ---------------------------------------------------------------------------------------


def _text(path: Path) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    shape = look_at(opener(path))
    delimiter = delimiter_of(path, shape.encoding)
    return shape.label, csv_rows(path, shape.encoding, delimiter)


def delimiter_of(path: Path, encoding: str) -> str:
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


def csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
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
