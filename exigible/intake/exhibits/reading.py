"""A document read by a process apart, which may hang, swell or die without harm.

The process (`worker`) has its own limits of memory and processor; it is killed after `SECONDS`. What it
answers is bounded again here: nothing it says is believed beyond these bounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

SECONDS = 20.0
MAX_FILE = 50 * 1024 * 1024
MAX_TEXT = 500_000  # characters kept for the search
MAX_ANSWER = 160 * 1024 * 1024
MAX_ATTACHMENTS = 50
HEAD = 4096

PDF, EML, MSG = "application/pdf", "message/rfc822", "application/vnd.ms-outlook"
IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAIL_HEADERS = (b"from:", b"received:", b"message-id:", b"return-path:", b"mime-version:", b"date:")


class UnreadableExhibit(Exception):
    """A file that cannot be taken as an exhibit: a stable code, a French sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that an e-mail carries."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadExhibit:
    """What a document says: its text where it carries one, its first page as a PNG, what it encloses.

    `sent_at` and `sender` are an e-mail's. A scan has pages and a preview but no text.
    """

    media_type: str
    title: str = ""
    text: str = ""
    pages: int = 0
    preview: bytes = b""
    sender: str = ""
    sent_at: datetime | None = None
    files: tuple[AttachedFile, ...] = ()
    cut: bool = False  # longer than what is kept of its text or of its files


def media_type_of(head: bytes) -> str:
    """Return what the first bytes say a file is; raise UnreadableExhibit for what is not taken."""
    if head[:1024].lstrip(b"\x00\t\r\n \xef\xbb\xbf").startswith(b"%PDF-"):
        return PDF
    for signature, media_type in IMAGES.items():
        if head.startswith(signature):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(OLE):
        return MSG  # the worker says so when it is another kind of Office file
    first = head.lstrip(b"\xef\xbb\xbf").lower()
    if first.startswith(MAIL_HEADERS) or any(b"\n" + header in first for header in MAIL_HEADERS):
        return EML
    raise UnreadableExhibit(
        "kind_of_file",
        "Ce fichier n’est ni un PDF, ni une image, ni un courriel (EML ou MSG). Enregistrez-le en PDF, "
        "puis déposez-le.",
    )


def read_exhibit(
    path: Path, *, seconds: float = SECONDS, command: Sequence[str] | None = None
) -> ReadExhibit:
    """Return what a file says. Raise UnreadableExhibit, in French, for what cannot be read in peace."""
    size = path.stat().st_size
    if not size:
        raise UnreadableExhibit("empty", "Ce fichier est vide.")
    if size > MAX_FILE:
        raise UnreadableExhibit(
            "too_large",
            f"Ce fichier dépasse {MAX_FILE // 1024 // 1024} Mo. Réduisez-le, ou scindez-le.",
        )
    with path.open("rb") as file:
        media_type = media_type_of(file.read(HEAD))
    command = command or [sys.executable, "-m", "exigible.intake.exhibits.worker"]
    try:
        done = subprocess.run(
            [*command, media_type, str(path.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
    except subprocess.TimeoutExpired:
        raise UnreadableExhibit(
            "timeout",
            f"La lecture de ce fichier a été arrêtée après {seconds:.0f} secondes : il est construit de "
            "façon à bloquer un lecteur, ou très abîmé. Imprimez-le en PDF, puis déposez ce PDF.",
        ) from None
    if len(done.stdout) > MAX_ANSWER:
        raise _REFUSALS["bomb"]
    try:
        return _understood(media_type, done.stdout)
    except (ValueError, KeyError, TypeError):
        raise _REFUSALS["damaged"] from None


def _understood(media_type: str, answer: bytes) -> ReadExhibit:
    header, _, rest = answer.partition(b"\n")
    said: dict[str, Any] = json.loads(header)
    if said["error"]:
        raise _REFUSALS.get(said["error"], _REFUSALS["damaged"])
    preview, rest = rest[: int(said["preview"])], rest[int(said["preview"]) :]
    files = []
    for one in said["files"][:MAX_ATTACHMENTS]:
        content, rest = rest[: int(one["size"])], rest[int(one["size"]) :]
        files.append(AttachedFile(_safe(str(one["name"])), content))
    text = str(said["text"]).replace("\x00", "")
    return ReadExhibit(
        media_type=media_type,
        title=" ".join(str(said["title"]).split())[:300],
        text=text[:MAX_TEXT],
        pages=int(said["pages"]),
        preview=preview,
        sender=str(said["sender"])[:300],
        sent_at=datetime.fromisoformat(said["sent_at"]) if said["sent_at"] else None,
        files=tuple(files),
        cut=bool(said["cut"]) or len(text) > MAX_TEXT,
    )


def _safe(name: str) -> str:
    """Return a file name without folder nor control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip(" .")[:200] or "fichier"


_REFUSALS = {
    "damaged": UnreadableExhibit(
        "damaged", "Ce fichier est abîmé : il ne s’ouvre pas. Demandez-le à nouveau à son émetteur."
    ),
    "password": UnreadableExhibit(
        "password", "Ce PDF est protégé par un mot de passe. Déposez-le sans protection."
    ),
    "bomb": UnreadableExhibit(
        "bomb",
        "Ce fichier se déploie au-delà de ce qu’une pièce peut peser ; il est refusé. Imprimez-le en "
        "PDF, puis déposez ce PDF.",
    ),
    "not_mail": UnreadableExhibit(
        "kind_of_file",
        "Ce fichier vient d’un logiciel de bureautique (Word, Excel…). Enregistrez-le en PDF, puis "
        "déposez-le.",
    ),
}
