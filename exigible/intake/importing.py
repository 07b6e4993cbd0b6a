"""Reading any file that imports understand, without writing: what a dry run answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from exigible.intake import fec_dry_run
from exigible.intake.fec import DEFAULT_PREFIXES
from exigible.intake.formats import HEAD, TABLES, Format, is_fec
from exigible.intake.ledger_text import opener
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Unreadable
from exigible.intake.report import ImportReport, refused


def dry_run(
    path: Path,
    *,
    name: str = "",
    format_: str = "",
    partial: bool = False,
    mapping: Mapping | None = None,
    prefixes: Sequence[str] = DEFAULT_PREFIXES,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportReport:
    """Read a file and say what it holds and why it would be refused; raise OSError if unreachable.

    A table without a mapping is read by the one that its headings and values suggest.
    """
    name = name or path.name
    if not format_ and mapping is None:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
        if is_fec(head) or not head:
            format_ = Format.FEC
    if format_ == Format.FEC:
        return fec_dry_run.dry_run(
            opener(path), name, prefixes=prefixes, partial=partial, on_bytes=on_bytes
        )
    from exigible.intake import open_items
    from exigible.intake.table_dry_run import dry_run_table

    if mapping is None:
        mapping = guessed(path, name=name, format_=format_)
    if mapping is not None:
        return dry_run_table(path, name, mapping.kind, mapping=mapping, partial=partial)
    if format_ in TABLES - {Format.CUSTOMERS, Format.OPEN_ITEMS}:
        return refused(format_, name, not_understood(path, name, format_))
    if not format_:
        is_list = open_items.looks_like_open_items(path)
        format_ = Format.OPEN_ITEMS if is_list else Format.CUSTOMERS
    return dry_run_table(path, name, format_, partial=partial)


def guessed(path: Path, *, name: str, format_: str = "") -> Mapping | None:
    """Return the mapping that a table suggests, if all that its kind needs was found."""
    from exigible.intake.mapping.grids import open_grid
    from exigible.intake.mapping.guessing import guess
    from exigible.intake.mapping.kinds import TargetKind

    kind = TargetKind(format_) if format_ else None
    try:
        found = guess(open_grid(path), name=name, kind=kind)
    except Unreadable:
        return None
    return found.mapping if found.mapping.is_complete and (kind or found.is_sure) else None


def not_understood(path: Path, name: str, format_: str) -> Unreadable:
    """Return why a table is not of a kind."""
    from exigible.intake.mapping.grids import open_grid
    from exigible.intake.mapping.guessing import guess
    from exigible.intake.mapping.kinds import TargetKind
    from exigible.intake.mapping.reading import read_mapped

    try:
        read_mapped(path, guess(open_grid(path), name=name, kind=TargetKind(format_)).mapping)
    except Unreadable as error:
        return error
    raise AssertionError("a complete guess is read")
