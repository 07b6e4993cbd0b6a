"""Reading any file that imports understand, without writing: what a dry run answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from exigible.intake import fec_dry_run
from exigible.intake.fec import DEFAULT_PREFIXES
from exigible.intake.formats import EINVOICE_FORMATS, HEAD, Format, is_fec
from exigible.intake.ledger_text import opener
from exigible.intake.report import ImportReport


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
    prefixes: Sequence[str] = DEFAULT_PREFIXES,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportReport:
    """Read a file and say what it holds and why it would be refused; raise OSError if unreachable."""
    name = name or path.name
    if not format_:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
        format_ = einvoice_format(path, head)
    if format_ in EINVOICE_FORMATS:
        from exigible.intake.einvoice import summary

        return summary.dry_run(path, name, format_=format_, partial=partial)
    if not format_ and (is_fec(head) or not head):
        format_ = Format.FEC
    if format_ == Format.FEC:
        return fec_dry_run.dry_run(
            opener(path), name, prefixes=prefixes, partial=partial, on_bytes=on_bytes
        )
    from exigible.intake import customers

    if format_ == Format.OPEN_ITEMS or (not format_ and customers.looks_like_open_items(path)):
        return customers.dry_run_open_items(path, name, partial=partial)
    return customers.dry_run_customers(path, name, partial=partial)
