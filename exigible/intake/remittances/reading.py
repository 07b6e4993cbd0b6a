"""Telling what a remittance is from its first bytes, and reading it the way it asks."""

from __future__ import annotations

import tempfile
from pathlib import Path

from exigible.intake.exhibits.reading import (
    HEAD,
    UnreadableExhibit,
    media_type_of,
    read_exhibit,
    safe_name,
)
from exigible.intake.formats import is_spreadsheet
from exigible.intake.problems import Unreadable
from exigible.intake.remittances.model import Known, ReadRemittance, UnreadableRemittance
from exigible.intake.remittances.tables import read_table_remittance
from exigible.intake.remittances.texts import read_text_remittance

MAX_BYTES = 20 * 1024 * 1024


def read_remittance(path: Path, *, known: Known) -> ReadRemittance:
    """Return what a document says; raise UnreadableRemittance with what to do instead.

    `known` says whether a number is an invoice of the creditor: it tells an invoice's number from any
    other on the same line.
    """
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableRemittance("too_large", "Ce document dépasse 20 Mo.")
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if is_spreadsheet(head) or not _is_document(head):
        try:
            return read_table_remittance(path)
        except Unreadable as error:
            raise UnreadableRemittance(error.problem.code, error.problem.message) from None
    try:
        read = read_exhibit(path)
    except UnreadableExhibit as error:
        raise UnreadableRemittance(error.code, error.message) from None
    for enclosed in read.files:  # an e-mail's attachment says more than its text
        found = _enclosed(enclosed.name, enclosed.content, known)
        if found is not None and found.checked:
            return found
    return read_text_remittance(
        f"{read.title}\n{read.text}",
        known=known,
        sender=read.sender,
        sent_on=read.sent_at.date() if read.sent_at else None,
    )


def _enclosed(name: str, content: bytes, known: Known) -> ReadRemittance | None:
    with tempfile.TemporaryDirectory(prefix="exigible-") as folder:
        path = Path(folder) / (safe_name(name) or "piece")
        path.write_bytes(content)
        with path.open("rb") as stream:
            head = stream.read(HEAD)
        try:
            if is_spreadsheet(head) or not _is_document(head):
                return read_table_remittance(path)
            read = read_exhibit(path)
            return read_text_remittance(read.text, known=known)
        except (Unreadable, UnreadableExhibit, UnreadableRemittance):
            return None


def _is_document(head: bytes) -> bool:
    """Say whether the first bytes are those of a PDF, an image or an e-mail."""
    try:
        media_type_of(head)
    except UnreadableExhibit:
        return False
    return True
