"""Guessing what a table is: its sheet, its line of headings, its kind, its columns, its habits.

A heading scores by the words software uses (`kinds.yaml`), a column by how its values look; each
field takes the column where both are best. The guess is a proposal: people see it with samples of
values, correct it, and keep it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.ledger_text import unreadable
from exigible.intake.mapping.grids import Grid, Line, Native
from exigible.intake.mapping.kinds import Field, Kind, TargetKind, kinds
from exigible.intake.mapping.model import Mapping, fingerprint, heading_keys, letter_keys
from exigible.intake.mapping.values import (
    DayOrder,
    decimal_mark,
    order_of_days,
    share_that_looks,
)

SAMPLE = 400  # lines looked at
HEADER_WITHIN = 40
SAMPLES_SHOWN = 3
EXACT, ALSO, PARTLY = 10.0, 6.0, 4.0
LOOKS = 4.0  # what values that look right add; wrong ones take as much away
ENOUGH = 3.0
RUNNING = frozenset({"solde", "soldeprogressif", "balance", "cumul", "total"})
NOT_OURS = frozenset({"ht", "hors", "tva", "taux", "remise", "tax", "untaxed", "net", "quantite"})
NOT_FACTS = frozenset(
    {"predict", "predicted", "prevu", "prevue", "expected", "forecast", "promise"}
)
_CURRENCY_IN_HEADING = re.compile(r"[(\[ ](EUR|€|USD|\$|GBP|£|CHF|CAD)[)\]]?\s*$")
CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP"}
DEFAULT_CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its heading, its key, the values seen."""

    key: str
    heading: str
    values: list[str] = field(repr=False)
    place: int
    _shares: dict[str, float | None] = field(default_factory=dict, repr=False)

    def share(self, type_: str) -> float | None:
        """Return how much of its values look as a type's, worked out once."""
        if type_ not in self._shares:
            self._shares[type_] = share_that_looks(type_, self.values)
        return self._shares[type_]

    @property
    def samples(self) -> list[str]:
        """Return a few different values, as they stand."""
        return list(dict.fromkeys(self.values))[:SAMPLES_SHOWN]


@dataclass(frozen=True, slots=True)
class Guess:
    """What a file seems to be, with the doubts to show."""

    mapping: Mapping
    columns: list[Column]
    header_line: int  # 0: no headings
    sheet: str
    fingerprint: str
    days_proven: bool
    score: float
    lines_seen: int
    others: tuple[str, ...] = ()  # fingerprints of the other sheets

    @property
    def is_sure(self) -> bool:
        """Whether the file may be brought in by itself: all that is needed was named by headings."""
        return self.mapping.is_complete and self.mapping.has_headings and self.score >= 2 * EXACT


def guess(
    grid: Grid, *, name: str = "", kind: TargetKind | None = None, sheet: str | None = None
) -> Guess:
    """Return the best reading of a file, of one kind or one sheet if asked.

    Raise Unreadable for a file without two columns.
    """
    found = [
        one
        for title in ([sheet] if sheet is not None else grid.sheets)
        if (one := _of_sheet(grid, title, name, kind)) is not None
    ]
    if not found:
        raise unreadable(
            "missing_columns",
            "Aucun tableau dans ce fichier : il manque des colonnes. Donnez un titre à chacune, et "
            "une ligne à chaque facture, règlement ou client.",
            line=1,
        )
    best = max(found, key=lambda one: one.score)
    return replace(best, others=tuple(one.fingerprint for one in found if one is not best))


def columns_of(
    grid: Grid, sheet: str, *, has_headings: bool = True
) -> tuple[int, list[Column], list[Line]]:
    """Return the header line of a sheet, its columns, and the lines looked at below it."""
    lines = list(islice(grid.rows(sheet), SAMPLE + HEADER_WITHIN))
    at = _header_at(lines) if has_headings else None
    if at is None:
        width = max((len(cells) for _, cells in lines), default=0)
        return 0, _columns([""] * width, letter_keys(width), lines[:SAMPLE]), lines[:SAMPLE]
    number, cells = lines[at]
    below = lines[at + 1 : at + 1 + SAMPLE]
    width = max([len(cells), *(len(row) for _, row in below)])
    headings = [*cells, *[""] * (width - len(cells))]
    return number, _columns(headings, heading_keys(headings), below), below


def _columns(headings: Sequence[str], keys: Sequence[str], lines: Sequence[Line]) -> list[Column]:
    columns = []
    for place, (heading, key) in enumerate(zip(headings, keys, strict=True)):
        values = [cells[place] for _, cells in lines if place < len(cells) and cells[place].strip()]
        if key:
            columns.append(Column(key, " ".join(heading.split()), values, place))
    return columns


def _header_at(lines: Sequence[Line]) -> int | None:
    """Return which line names the columns: the first that knows the most headings, else words only."""
    known = _every_heading()
    best, best_score = None, 0.0
    for at, (_, cells) in enumerate(lines[:HEADER_WITHIN]):
        keys = [ref_key(cell) for cell in cells if not isinstance(cell, Native)]
        named = sum(key in known for key in keys if key)
        data = sum(_is_data(cell) for cell in cells)
        score = named - data
        if score > best_score and named >= min(2, len(cells)):
            best, best_score = at, float(score)
    if best is not None and best_score >= 1:
        return best
    for at, (_, cells) in enumerate(lines[:HEADER_WITHIN]):
        texts = [cell for cell in cells if cell.strip()]
        following = lines[at + 1][1] if at + 1 < len(lines) else []
        if (
            len(texts) >= 2
            and not any(_is_data(cell) for cell in texts)
            and any(_is_data(cell) for cell in following)
            and len(texts) * 2 > len(following)
        ):
            return at
    return None


def _is_data(cell: str) -> bool:
    if isinstance(cell, Native):
        return True
    return bool(cell.strip()) and bool(
        share_that_looks("day", [cell]) or share_that_looks("amount", [cell])
        or share_that_looks("email", [cell])
    )  # fmt: skip


def _every_heading() -> frozenset[str]:
    return frozenset().union(
        *(one.headings | one.also for kind in kinds().values() for one in kind.fields.values())
    )


def _of_sheet(grid: Grid, sheet: str, name: str, kind: TargetKind | None) -> Guess | None:
    header_line, columns, lines = columns_of(grid, sheet)
    if len(columns) < 2:
        return None
    titles = f"{name} {sheet}"
    tried = [_of_kind(one, columns, titles) for one in kinds().values() if kind in (None, one.key)]
    score, definition, chosen = max(tried, key=lambda one: one[0])
    by_key = {column.key: column for column in columns}

    def values(type_: str) -> list[str]:
        return [
            value
            for field_name, key in chosen.items()
            if definition.fields[field_name].type == type_
            for value in by_key[key].values
        ]

    order, proven = order_of_days(values("day"))
    decimal, _ = decimal_mark(values("amount"), delimiter=grid.delimiter)
    has_headings = header_line > 0
    mapping = Mapping(
        kind=definition.key,
        columns=chosen,
        constants=_constants(definition, chosen, by_key),
        sheet=sheet,
        has_headings=has_headings,
        day_order=order,
        decimal=decimal,
        fill_down=_fill_down(definition, chosen, columns, lines),
    )
    return Guess(
        mapping=mapping,
        columns=columns,
        header_line=header_line,
        sheet=sheet,
        fingerprint=fingerprint((column.key for column in columns), has_headings=has_headings),
        days_proven=proven or order is not DayOrder.DAY_FIRST,
        score=score,
        lines_seen=len(lines),
    )


def _of_kind(
    kind: Kind, columns: Sequence[Column], titles: str
) -> tuple[float, Kind, dict[str, str]]:
    """Return how well a table is of a kind, and the columns its fields would take."""
    scored = sorted(
        (
            (score, column.key in one.headings, -rank, -place, one.name, column.key)
            for rank, one in enumerate(kind.fields.values())
            for place, column in enumerate(columns)
            if (score := _fit(one, column)) >= ENOUGH
        ),
        reverse=True,
    )
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    total = 0.0
    for score, _, _, _, name, key in scored:
        if name in chosen or key in taken:
            continue
        chosen[name] = key
        taken.add(key)
        total += score + kind.fields[name].telling
    if {"debit", "credit"} <= chosen.keys() and chosen.get("amount", "").partition("#")[
        0
    ] in RUNNING:
        del chosen["amount"]
    total += _serve_needs(kind, columns, chosen)
    missing = kind.missing(set(chosen))
    total -= 2 * EXACT * len(missing)
    total -= 2 * EXACT * sum(column.key in kind.never for column in columns)
    words = ref_key(titles)
    total += 8.0 if any(word in words for word in kind.file_words) else 0.0
    return total, kind, {name: chosen[name] for name in kind.fields if name in chosen}


def _serve_needs(kind: Kind, columns: Sequence[Column], chosen: dict[str, str]) -> float:
    """Give a field that is needed the column of one that is not; return what that changes."""
    changed = 0.0
    for names in kind.missing(set(chosen)):
        for name in names:
            fits = sorted(
                ((_fit(kind.fields[name], column), column.key) for column in columns), reverse=True
            )
            for score, key in fits:
                holder = next((one for one, held in chosen.items() if held == key), None)
                others = {one for one in chosen if one != holder} | {name}
                if (
                    score < ENOUGH
                    or holder is None
                    or kind.missing(others) == kind.missing(set(chosen))
                ):
                    continue
                if len(kind.missing(others)) < len(kind.missing(set(chosen))):
                    column = next(one for one in columns if one.key == key)
                    changed += score - _fit(kind.fields[holder], column)
                    del chosen[holder]
                    chosen[name] = key
                    break
            if name in chosen:
                break
    return changed


def _fit(one: Field, column: Column) -> float:
    """Return how well a column would say a field."""
    key = column.key.partition("#")[0]
    words = set(re.split(r"[^a-z0-9]+", name_key(column.heading)))
    bare = ref_key(_CURRENCY_IN_HEADING.sub("", column.heading))
    if key in one.headings or bare in one.headings:
        score = EXACT
    elif key in one.also or bare in one.also:
        score = ALSO
    elif any(len(said) >= 7 and said in key for said in one.headings) and not words & NOT_OURS:
        score = PARTLY
    else:
        score = 0.0
    if one.type == "amount" and words & NOT_OURS and score < EXACT:
        return 0.0
    if words & NOT_FACTS and score < EXACT:
        return 0.0
    share = column.share(one.type)
    if share is not None:
        if score:
            score += LOOKS * (2 * share - 1)
        elif not column.heading or not key:
            score = LOOKS * share if share > 0.9 else 0.0
        elif one.type in ("siren", "siret", "email", "vat") and share > 0.8:
            score = LOOKS
    if not column.heading and one.type == "text":
        return 0.0
    return score if column.values else min(score, ENOUGH)


def _constants(kind: Kind, chosen: dict[str, str], by_key: dict[str, Column]) -> dict[str, str]:
    """Return what every line says without a column: the currency a heading names, else euros."""
    if "currency" not in kind.fields or "currency" in chosen:
        return {}
    for name in ("amount", "debit", "credit"):
        if name in chosen and (found := _CURRENCY_IN_HEADING.search(by_key[chosen[name]].heading)):
            return {"currency": CURRENCIES.get(found[1], found[1])}
    return {"currency": DEFAULT_CURRENCY}


def _fill_down(
    kind: Kind, chosen: dict[str, str], columns: Sequence[Column], lines: Sequence[Line]
) -> tuple[str, ...]:
    """Return the customer's fields where they are said once, above the lines that are his."""
    places = {column.key: column.place for column in columns}
    line = next((name for name in ("invoice", "value_date", "amount") if name in chosen), None)
    if line is None or kind.key is TargetKind.CUSTOMERS:
        return ()

    def says(cells: Sequence[str], name: str) -> bool:
        place = places[chosen[name]]
        return place < len(cells) and bool(cells[place].strip())

    own = [cells for _, cells in lines if says(cells, line)]
    return tuple(
        name
        for name in ("code", "name", "siren")
        if name in chosen
        and any(says(cells, name) for _, cells in lines)
        and sum(says(cells, name) for cells in own) < 0.6 * len(own)
    )
