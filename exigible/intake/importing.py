"""Reading any file that imports understand, without writing: what a dry run answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from exigible.intake import fec_dry_run
from exigible.intake.fec import DEFAULT_PREFIXES
from exigible.intake.formats import HEAD, Format, is_fec
from exigible.intake.ledger_text import opener
from exigible.intake.report import ImportReport


def dry_run(
    path: Path,
    *,
    name: str = "",
    format_: str = "",
    partial: bool = False,
    prefixes: Sequence[str] = DEFAULT_PREFIXES,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportReport:
    """Read a file and say what it holds and why it would be refused; raise OSError if unreachable."""
    name = name or path.name
    if not format_:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
        if is_fec(head) or not head:
            format_ = Format.FEC
    if format_ == Format.FEC:
        return fec_dry_run.dry_run(
            opener(path), name, prefixes=prefixes, partial=partial, on_bytes=on_bytes
        )
    from exigible.intake import customers

    if format_ == Format.OPEN_ITEMS or (not format_ and customers.looks_like_open_items(path)):
        return customers.dry_run_open_items(path, name, partial=partial)
    return customers.dry_run_customers(path, name, partial=partial)
