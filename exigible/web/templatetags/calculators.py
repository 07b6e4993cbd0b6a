"""What the pages of the calculators draw from a working."""

from django import template

from exigible.documents.working import Column, Line, Table
from exigible.web.calculators.base import Calculator

register = template.Library()
TEXT_WIDTH = 88  # characters of a line of the text to copy


@register.filter
def cells(table: Table, line: Line) -> list[tuple[Column, str]]:
    """The cells of a line, each with its column."""
    return list(zip(table.columns, line.cells, strict=True))


@register.filter
def text_rows(calculator: Calculator) -> int:
    """How many rows show the whole text to copy."""
    working = calculator.outcome.working
    assert working is not None
    return min(14, sum(1 + len(line) // TEXT_WIDTH for line in working.text.split("\n")) + 1)
