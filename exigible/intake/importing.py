"""Reading any file that imports understand, without writing: what a dry run answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from exigible.intake import fec_dry_run
from exigible.intake.fec import DEFAULT_PREFIXES
from exigible.intake.formats import BANK, EINVOICE_FORMATS, HEAD, MAPPED, TABLES, Format, is_fec
from exigible.intake.ledger_text import opener
from exigible.intake.mapping.model import Mapping
from exigible.intake.mistaken import what_it_is
from exigible.intake.problems import Unreadable
from exigible.intake.report import ImportReport, refused


def einvoice_format(path: Path, head: bytes) -> str:
    """Return the format of an electronic invoice or of an archive of them, "" for anything else.

    The readers are loaded only for what begins like one. An XML that nobody knows is taken there too:
    its refusal says what it is.
    """
    bare = head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    if not bare.startswith((b"<", b"PK\x03\x04")) and b"%PDF-" not in head[:1024]:
        return ""
    from exigible.intake.einvoice.recognition import recognise

    return recognise(path) or (Format.CII if bare.startswith(b"<") else "")


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
    asked = format_
    format_ = mapping.kind if mapping is not None else format_ or guess_format(path)
    if format_ in EINVOICE_FORMATS:
        from exigible.intake.einvoice import summary

        return summary.dry_run(path, name, format_=format_, partial=partial)
    if format_ == Format.FEC:
        return fec_dry_run.dry_run(
            opener(path), name, prefixes=prefixes, partial=partial, on_bytes=on_bytes
        )
    if mapping is None and format_ in MAPPED and not is_known_statement(path, format_):
        mapping = guessed(path, name=name, format_=asked)
        format_ = mapping.kind if mapping is not None else format_
    if format_ in BANK:
        from exigible.intake.bank.dry_run import dry_run as dry_run_bank

        return dry_run_bank(
            path, name, format_, partial=partial, mapping=mapping, on_bytes=on_bytes
        )
    from exigible.intake.table_dry_run import dry_run_table

    if mapping is not None:
        return dry_run_table(path, name, format_, mapping=mapping, partial=partial)
    if format_ in TABLES - {Format.CUSTOMERS, Format.OPEN_ITEMS}:
        return refused(format_, name, not_understood(path, name, format_))
    return dry_run_table(path, name, format_, partial=partial)


def guess_format(path: Path) -> Format:
    """Return the format of a file from what it begins with; one of no known kind may be customers."""
    from exigible.intake import customers, open_items
    from exigible.intake.bank import files, table

    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if is_fec(head) or not head:
        return Format.FEC
    if what_it_is(head) and not head.lstrip(b"\x00\t\r\n \xef\xbb\xbf").startswith(b"%PDF-"):
        return Format.CUSTOMERS  # it is refused as what it is
    if bank := files.recognise_file(path):
        return bank
    if electronic := einvoice_format(path, head):
        return Format(electronic)
    if open_items.looks_like_open_items(path):
        return Format.OPEN_ITEMS
    if not customers.looks_like_customers(path) and table.looks_like_statement(path):
        return Format.BANK_CSV
    return Format.CUSTOMERS


def is_known_statement(path: Path, format_: str) -> bool:
    """Say whether a table is a bank statement whose headings the bank's reader knows by itself."""
    from exigible.intake.bank.table import looks_like_statement

    return format_ == Format.BANK_CSV and looks_like_statement(path)


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
