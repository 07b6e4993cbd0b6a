"""Rows of a table through its mapping: fields and texts, in one way of writing days and amounts.

Title lines above the headings, totals below and between, headings repeated on each page and lines that
only name the customer of those below are passed over, and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exigible.domain.text_keys import name_key
from exigible.intake.cells import Illegible, read_cents
from exigible.intake.ledger_text import unreadable
from exigible.intake.mapping.grids import Grid, Line, open_grid
from exigible.intake.mapping.guessing import HEADER_WITHIN
from exigible.intake.mapping.kinds import TargetKind
from exigible.intake.mapping.model import Mapping, heading_keys, letter_keys
from exigible.intake.mapping.values import amount_text, day_text, ref_text
from exigible.intake.tables import MAX_CELL, MAX_ROWS, Row, Table

_TOTAL = re.compile(
    r"(sous[- ]?tota(l|ux)|tota(l|ux)|grand total|cumul|solde (general|total)|ensemble|report|"
    r"a reporter|nombre d|count|sum|page \d)\b|[*=]+$"
)


# Controls, and marks that turn the direction of what is read: they show nothing and may hide much.
_HIDDEN = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff]"
)
_MADE_HARMLESS = frozenset("=+-@")


@dataclass(slots=True)
class Passed:
    """The lines that are no data: how many of each sort, and what the last total says."""

    counts: Counter[str] = field(default_factory=Counter)  # totals, headings, groups
    total_line: int = 0
    total_cents: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MappedTable(Table):
    """A table read through a mapping."""

    passed: Passed = field(default_factory=Passed)


def read_mapped(path: Path, mapping: Mapping, *, grid: Grid | None = None) -> MappedTable:
    """Open a table through its mapping; raise Unreadable if its columns are not all there."""
    grid = grid or open_grid(path)
    if not mapping.is_complete:
        raise unreadable(
            "missing_columns",
            f"La correspondance ne dit pas où trouver {mapping.definition.missing_words(mapping.found)}. "
            "Désignez ces colonnes.",
            field=mapping.definition.missing(mapping.found)[0][0],
        )
    wanted = set(mapping.columns.values())
    best: set[str] = set()
    sheets = [mapping.sheet] if mapping.sheet in grid.sheets else grid.sheets
    for sheet in sheets:
        lines = grid.rows(sheet)
        if not mapping.has_headings:
            return _table(grid, mapping, 0, letter_keys(1_000), lines)
        titles: list[str] = []
        for _ in range(HEADER_WITHIN):
            line = next(lines, None)
            if line is None:
                break
            number, cells = line
            keys = heading_keys(cells)
            if wanted <= set(keys):
                return _table(grid, mapping, number, keys, lines, titles)
            titles += [cell[:MAX_CELL] for cell in cells if cell.strip()]
            best = max(best, wanted & set(keys), key=len)
    labels = {key: mapping.definition.fields[name].label for name, key in mapping.columns.items()}
    missing = [f"« {key} » ({labels[key]})" for key in sorted(wanted - best)]
    raise unreadable(
        "missing_columns",
        f"Les colonnes de la correspondance ne sont pas toutes dans ce fichier : il manque "
        f"{', '.join(missing)}. Le logiciel les a-t-il renommées ? Refaites la correspondance.",
        line=1,
    )


def _table(
    grid: Grid,
    mapping: Mapping,
    header_line: int,
    keys: Sequence[str],
    lines: Iterator[Line],
    titles: Sequence[str] = (),
) -> MappedTable:
    places = {name: keys.index(key) for name, key in mapping.columns.items()}
    passed = Passed()
    return MappedTable(
        encoding=grid.encoding,
        fields=tuple(name for name in mapping.definition.fields if name in places),
        header_line=header_line,
        rows=_rows(lines, mapping, places, passed),
        titles=tuple(titles),
        passed=passed,
    )


def _rows(
    lines: Iterator[Line], mapping: Mapping, places: dict[str, int], passed: Passed
) -> Iterator[Row]:
    fields = mapping.definition.fields
    readers = {name: fields[name].type for name in places}
    headings = {place: mapping.columns[name] for name, place in places.items()}
    above: dict[str, str] = {}
    for count, (number, cells) in enumerate(lines):
        if count >= MAX_ROWS:
            raise unreadable(
                "too_many_rows", f"Ce fichier a plus de {MAX_ROWS} lignes.", line=number
            )
        said = {
            name: _read(text[:MAX_CELL], readers[name], mapping)
            for name, place in places.items()
            if place < len(cells) and (text := _clean(cells[place]))
        }
        if not said:
            if any(_TOTAL.match(name_key(cell)) for cell in cells):
                passed.counts["totals"] += 1
            continue
        if mapping.has_headings and _repeats_headings(cells, headings):
            passed.counts["headings"] += 1
            continue
        if _is_total(cells, said, mapping):
            passed.counts["totals"] += 1
            _note_total(passed, number, said, readers)
            continue
        if mapping.fill_down:
            own = {name: said[name] for name in mapping.fill_down if name in said}
            if own:
                above = own
                if said.keys() <= set(mapping.fill_down):
                    passed.counts["groups"] += 1
                    continue
            else:
                said = {**above, **said}
        yield number, {**mapping.constants, **said}


def _clean(cell: str) -> str:
    stripped = cell.strip()
    if not stripped.isascii() or not stripped.isprintable():
        shown = _HIDDEN.sub("", stripped).strip()
        if shown != stripped:
            return shown
    if stripped[:1] == "'" and stripped[1:2] in _MADE_HARMLESS:
        return stripped[1:]  # as our own exports write what a spreadsheet would compute
    return cell if stripped == cell else stripped


def _read(text: str, type_: str, mapping: Mapping) -> str:
    if type_ == "day":
        return day_text(text, mapping.day_order)
    if type_ == "amount":
        return amount_text(text, mapping.decimal, negative_side=_negative_side(mapping))
    if type_ in ("code", "ref", "siren", "siret", "postcode"):
        return ref_text(text)
    return str(text)


def _negative_side(mapping: Mapping) -> str:
    return "d" if mapping.kind is TargetKind.BANK_STATEMENT else "c"


def _repeats_headings(cells: Sequence[str], headings: dict[int, str]) -> bool:
    keys = heading_keys(cells)
    return all(
        place < len(keys) and keys[place].partition("#")[0] == key.partition("#")[0]
        for place, key in headings.items()
    )


def _is_total(cells: Sequence[str], said: dict[str, str], mapping: Mapping) -> bool:
    """Say whether a line only adds others up: it says so, and names nothing that a line must name."""
    fields = mapping.definition.fields
    told = {name for name in said if fields[name].type not in ("amount", "currency")}
    if not told and not said.keys() <= set(mapping.fill_down):
        return True
    names = [cell for cell in cells if cell.strip()][:4]
    if not any(_TOTAL.match(name_key(cell)) for cell in names):
        return False
    left_out = mapping.definition.missing(set(said))
    dated = {name for name in mapping.columns if fields[name].type == "day"}
    return bool(left_out) or (bool(dated) and dated.isdisjoint(said)) or len(names) <= 2


def _note_total(passed: Passed, number: int, said: dict[str, str], readers: dict[str, str]) -> None:
    cents = {}
    for name, text in said.items():
        if readers[name] == "amount":
            try:
                cents[name] = read_cents(text)
            except Illegible:
                return
    if cents:
        passed.total_line, passed.total_cents = number, cents
