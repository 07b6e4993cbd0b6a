"""Lists as spreadsheet files: no formula ever, whatever the cells hold.

XLSX cells are written as text or numbers explicitly; in CSV, a text that a spreadsheet would read as
a formula is preceded by an apostrophe (`intake.mapping.reading` takes it off again).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import BinaryIO

import xlsxwriter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
type Cell = str | int | date | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its columns, its rows, the columns (by rank) that hold cents."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    money: frozenset[int] = frozenset()


def write_xlsx(sheet: Sheet, stream: BinaryIO) -> None:
    """Write an XLSX file: text as text, cents as euros, dates as dates."""
    options = {
        "in_memory": False,
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        page = book.add_worksheet(sheet.name[:31])
        head = book.add_format({"bold": True, "bottom": 1})
        euros = book.add_format({"num_format": "#,##0.00"})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for column, title in enumerate(sheet.columns):
            page.write_string(0, column, title, head)
        page.freeze_panes(1, 0)
        page.set_column(0, len(sheet.columns) - 1, 18)
        for row, cells in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(cells):
                match cell:
                    case None | "":
                        continue
                    case date():
                        page.write_datetime(row, column, cell, day)
                    case int() if column in sheet.money:
                        page.write_number(row, column, _euros(cell), euros)
                    case int():
                        page.write_number(row, column, cell)
                    case _:
                        page.write_string(row, column, cell)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_lines(sheet: Sheet) -> Iterator[str]:
    """Yield a CSV file, semicolons and decimal commas as French spreadsheets expect."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")

    def line(cells: Sequence[str]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells)
        return buffer.getvalue()

    yield "\ufeff" + line([harmless(title) for title in sheet.columns])
    for cells in sheet.rows:
        yield line([_csv_cell(cell, column in sheet.money) for column, cell in enumerate(cells)])


def _csv_cell(cell: Cell, money: bool) -> str:
    match cell:
        case None:
            return ""
        case date():
            return f"{cell:%d/%m/%Y}"
        case int() if money:
            return str(_euros(cell)).replace(".", ",")
        case int():
            return str(cell)
    return harmless(cell)


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2).quantize(Decimal("0.01"))
