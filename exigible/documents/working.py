"""The working of a calculator, in French: what the screen shows and what the PDF prints.

A `Working` holds texts only, ready to be read; nothing is computed from it. The screen and the PDF
are drawn from the same one, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from exigible.documents.typesetting import typeset
from exigible.domain.french import long_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A figure of the answer and its name; the first of a working is the answer itself."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the lines; `weight` is its share of the width."""

    label: str
    weight: int = 2
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: a cell a column, the last being what `why` explains, sentence by sentence.

    `note` stands under the first cell. `day` and `lost` are set where the result is a day to keep:
    the screen then says what is left of it, in wax if a right is `lost` with it.
    """

    cells: tuple[str, ...]
    why: tuple[str, ...]
    source: str = ""
    verified: bool = True
    note: str = ""
    warnings: tuple[str, ...] = ()
    day: date | None = None
    lost: bool = False

    @property
    def label(self) -> str:
        return self.cells[0]

    @property
    def result(self) -> str:
        return self.cells[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Lines under a heading; `total` closes them.

    `why_printed`: whether the PDF repeats the `why` of each line, or its cells say enough on paper.
    """

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: str = ""
    why_printed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """An answer with all that makes it: what was given, the lines, what to know, a text to send.

    `reasons` are sentences that explain the answer as a whole. `total` closes the lines; `further`
    are other tables, after them.
    """

    title: str
    given: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    text: str
    reasons: tuple[str, ...] = ()
    source: str = ""
    verified: bool = True
    total: str = ""
    lines_title: str = "Le calcul, ligne par ligne"
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    further: tuple[Table, ...] = ()

    @property
    def answer(self) -> Fact:
        return self.facts[0]

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table that has a line, the main one first."""
        main = Table(
            title=self.lines_title, columns=self.columns, lines=self.lines, total=self.total
        )
        return tuple(table for table in (main, *self.further) if table.lines)


def render(working: Working, *, at: datetime) -> bytes:
    """Return the PDF of a working; `at` dates it."""
    return typeset("working", working_data(working, at.date()), at=at)


def working_data(working: Working, made_on: date) -> Mapping[str, object]:
    """Return what the template prints."""
    return {
        "title": f"{working.title} – {working.answer.value}",
        "heading": working.title,
        "made": f"Établi le {long_day(made_on)}",
        "given": [list(pair) for pair in working.given],
        "facts": [[fact.label, fact.value, fact.note] for fact in working.facts],
        "reasons": list(working.reasons),
        "source": working.source,
        "verified": working.verified,
        "tables": [
            {
                "title": table.title,
                "columns": [[one.label, one.weight, one.numeric] for one in table.columns],
                "lines": [
                    {
                        "cells": list(line.cells),
                        "note": line.note,
                        "why": [*line.why, *line.warnings],
                        "source": line.source,
                        "verified": line.verified,
                    }
                    for line in table.lines
                ],
                "total": table.total,
                "why_printed": table.why_printed,
            }
            for table in working.tables
        ],
        "warnings": list(working.warnings),
        "notes": list(working.notes),
        "text": working.text,
    }
