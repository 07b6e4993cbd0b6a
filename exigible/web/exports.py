"""Lists as spreadsheets: no formula ever, whatever the cells hold.

XLSX cells are written as text or numbers explicitly; in CSV, a text that a spreadsheet would read as
a formula is preceded by an apostrophe.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

import xlsxwriter
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
type Cell = str | int | date | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its columns, its rows, the columns (by rank) that hold cents."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    money: frozenset[int] = frozenset()


def spreadsheet(sheet: Sheet, filename: str) -> HttpResponse:
    """Answer an XLSX file: text as text, cents as euros, dates as dates."""
    buffer = io.BytesIO()
    options = {
        "in_memory": False,
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
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
    return attached(HttpResponse(buffer.getvalue(), content_type=XLSX), filename)


def comma_separated(sheet: Sheet, filename: str) -> StreamingHttpResponse:
    """Answer a CSV file, semicolons and decimal commas as French spreadsheets expect, streamed."""
    response = StreamingHttpResponse(_csv_lines(sheet), content_type="text/csv; charset=utf-8")
    attached(response, filename)
    return response


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_lines(sheet: Sheet) -> Iterator[str]:
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


def in_asked_format(request: HttpRequest, sheet: Sheet, name: str) -> HttpResponseBase:
    """Answer a sheet as the request asks: CSV, else a spreadsheet."""
    if (request.POST or request.GET).get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


def attached[R: HttpResponse | StreamingHttpResponse](response: R, filename: str) -> R:
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    response["Cache-Control"] = "no-store"
    return response
