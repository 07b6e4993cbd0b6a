"""Files kept by what they contain: letters as they left, accounting exports, logos.

A file lives in the documents folder under its SHA-256 (`ab/cdef…`), written and flushed to the
disk before the row that names it commits: a committed row always has its file. A file whose row
never committed is an orphan, which `exigible check` lists. Content is never overwritten, and every
read verifies it.
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from exigible.store.models import StoredDocument

_BLOCK = 1024 * 1024


class DamagedDocument(Exception):
    """A kept file is missing, or no longer holds what was stored: never served as if it did."""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A file to keep. `content` is its bytes, or a binary file read to its end."""

    content: bytes | BinaryIO
    name: str
    media_type: str


def documents_folder() -> Path:
    return Path(settings.DOCUMENTS_FOLDER)


def path_of(sha256: str, folder: Path | None = None) -> Path:
    """Return where the content with this hash lives."""
    return (folder or documents_folder()) / sha256[:2] / sha256[2:]


def store_document(
    content: bytes | BinaryIO, *, name: str, media_type: str, at: datetime
) -> StoredDocument:
    """Keep one file; return its row, created in the caller's transaction."""
    [stored] = store_documents([NewDocument(content, name, media_type)], at=at)
    return stored


def store_documents(documents: Iterable[NewDocument], *, at: datetime) -> list[StoredDocument]:
    """Keep several files; return their rows in the same order.

    All are written before the first is flushed, so that the disk flushes them together.
    """
    folder = documents_folder()
    drafts: list[_Draft] = []
    try:
        for document in documents:  # one by one: what was written before an error is removed
            drafts.append(_write_draft(document, folder))  # noqa: PERF401
        _make_durable(drafts, folder)
    finally:
        for draft in drafts:
            draft.path.unlink(missing_ok=True)  # already renamed when all went well
    return StoredDocument.objects.bulk_create(
        [
            StoredDocument(
                sha256=draft.sha256,
                name=draft.document.name,
                media_type=draft.document.media_type,
                size_bytes=draft.size_bytes,
                created_at=at,
            )
            for draft in drafts
        ],
        batch_size=1000,
    )


def read_document(document: StoredDocument) -> bytes:
    """Return the content, verified. Raise DamagedDocument if it is missing or altered."""
    try:
        content = path_of(document.sha256).read_bytes()
    except FileNotFoundError:
        raise DamagedDocument(f"{document.sha256} is missing") from None
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise DamagedDocument(f"{document.sha256} was altered")
    return content


@contextlib.contextmanager
def open_document(document: StoredDocument) -> Iterator[BinaryIO]:
    """Open a large file for reading, its content verified first, one block in memory at a time."""
    path = path_of(document.sha256)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise DamagedDocument(f"{document.sha256} is missing") from None
    with file:
        if hashlib.file_digest(file, "sha256").hexdigest() != document.sha256:
            raise DamagedDocument(f"{document.sha256} was altered")
        file.seek(0)
        yield file


@dataclass(frozen=True, slots=True)
class _Draft:
    document: NewDocument
    path: Path
    sha256: str
    size_bytes: int


def _write_draft(document: NewDocument, folder: Path) -> _Draft:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f".{secrets.token_hex(8)}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with open(path, "xb", opener=_private) as file:
            for block in _blocks(document.content):
                file.write(block)
                digest.update(block)
                size += len(block)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return _Draft(document, path, digest.hexdigest(), size)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _blocks(content: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    while block := content.read(_BLOCK):
        yield block


def _make_durable(drafts: list[_Draft], folder: Path) -> None:
    """Flush each file, give it its name, then flush the folders that gained a name."""
    touched = {folder}
    for draft in drafts:
        with draft.path.open("r+b") as file:
            os.fsync(file.fileno())
    for draft in drafts:
        final = path_of(draft.sha256, folder)
        final.parent.mkdir(exist_ok=True, mode=0o700)
        try:
            draft.path.replace(final)  # the same content may be there already: no harm
        except PermissionError:
            if not final.exists():  # Windows: kept already, and being read
                raise
        touched.add(final.parent)
    for changed in sorted(touched):
        flush_folder(changed)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can (Windows cannot open a folder)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
