"""Lists as spreadsheets, answered to a browser: no formula ever (`reports.sheets`)."""

import io
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from exigible.reports.sheets import (
    FORMULA_STARTS,
    Cell,
    Sheet,
    csv_lines,
    harmless,
    write_xlsx,
)

__all__ = [
    "FORMULA_STARTS",
    "XLSX",
    "Cell",
    "Sheet",
    "attached",
    "comma_separated",
    "harmless",
    "spreadsheet",
]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def spreadsheet(sheet: Sheet, filename: str) -> HttpResponse:
    """Answer an XLSX file: text as text, cents as euros, dates as dates."""
    buffer = io.BytesIO()
    write_xlsx(sheet, buffer)
    return attached(HttpResponse(buffer.getvalue(), content_type=XLSX), filename)


def comma_separated(sheet: Sheet, filename: str) -> StreamingHttpResponse:
    """Answer a CSV file, semicolons and decimal commas as French spreadsheets expect, streamed."""
    response = StreamingHttpResponse(csv_lines(sheet), content_type="text/csv; charset=utf-8")
    attached(response, filename)
    return response


def in_asked_format(request: HttpRequest, sheet: Sheet, name: str) -> HttpResponseBase:
    """Answer a sheet as the request asks: CSV, else a spreadsheet."""
    if (request.POST or request.GET).get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


def attached[R: HttpResponse | StreamingHttpResponse](response: R, filename: str) -> R:
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    response["Cache-Control"] = "no-store"
    return response
