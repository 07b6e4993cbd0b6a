"""A document read by a process apart, which may hang, swell or die without harm.

The process (`worker`) has its own limits of memory and processor; it is killed after `SECONDS`. What it
answers is bounded again here, as it is read: nothing it says is believed beyond these bounds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

SECONDS = 20.0
MAX_FILE = 50 * 1024 * 1024
MAX_TEXT = 250_000  # bytes kept for the search: PostgreSQL indexes a megabyte of words at the most
MAX_ANSWER = 80 * 1024 * 1024
MAX_ATTACHMENTS = 50
MAX_PAGES = 100_000
YEARS = range(1980, 2200)  # an e-mail's date beyond them is a lie
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
PNG = b"\x89PNG\r\n\x1a\n"
FIRST_HEADER = re.compile(rb"(from |[!-9;-~]{2,70}:)")
MAIL_HEADERS = (b"from:", b"received:", b"message-id:", b"return-path:", b"mime-version:")


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
    files_cut: bool = False  # some of its files are not among `files`


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
    first = b"\n" + head.lstrip(b"\xef\xbb\xbf\r\n").lower()
    if FIRST_HEADER.match(first, 1) and any(b"\n" + header in first for header in MAIL_HEADERS):
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
    command = command or [sys.executable, "-P", "-m", "exigible.intake.exhibits.worker"]
    answer = _answer([*command, media_type, str(path.resolve())], seconds)
    if len(answer) > MAX_ANSWER:
        raise _REFUSALS["bomb"]
    try:
        return _understood(media_type, answer)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _REFUSALS["damaged"] from None


def _answer(command: Sequence[str], seconds: float) -> bytes:
    """Return what a process writes, a byte above `MAX_ANSWER` at the most; kill it after `seconds`.

    It is given nothing of our environment but what Python needs: no password, no address.
    """
    needed = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP")
    environment = {name: os.environ[name] for name in needed if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    late = threading.Event()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            assert process.stdout is not None
            answer = process.stdout.read(MAX_ANSWER + 1)
            if len(answer) > MAX_ANSWER:
                process.kill()
            process.wait()
        finally:
            timer.cancel()
            process.kill()
    if late.is_set():
        raise UnreadableExhibit(
            "timeout",
            f"La lecture de ce fichier a été arrêtée après {seconds:.0f} secondes : il est construit de "
            "façon à bloquer un lecteur, ou très abîmé. Imprimez-le en PDF, puis déposez ce PDF.",
        )
    return answer


def _understood(media_type: str, answer: bytes) -> ReadExhibit:
    header, _, rest = answer.partition(b"\n")
    said: dict[str, Any] = json.loads(header)
    if said["error"]:
        raise _REFUSALS.get(said["error"], _REFUSALS["damaged"])
    preview, rest = rest[: int(said["preview"])], rest[int(said["preview"]) :]
    files = []
    for one in said["files"][:MAX_ATTACHMENTS]:
        content, rest = rest[: int(one["size"])], rest[int(one["size"]) :]
        files.append(AttachedFile(safe_name(str(one["name"])), content))
    text = _plain(str(said["text"]))
    kept = text.encode()[:MAX_TEXT].decode(errors="ignore")
    return ReadExhibit(
        media_type=media_type,
        title=" ".join(_plain(str(said["title"])).split())[:300],
        text=kept,
        pages=min(max(int(said["pages"]), 0), MAX_PAGES),
        preview=preview if preview.startswith(PNG) else b"",
        sender=" ".join(_plain(str(said["sender"])).split())[:300],
        sent_at=_moment(str(said["sent_at"])),
        files=tuple(files),
        files_cut=bool(said.get("files_cut")) or len(said["files"]) > MAX_ATTACHMENTS,
        cut=bool(said["cut"]) or len(kept) < len(text) or len(said["files"]) > MAX_ATTACHMENTS,
    )


def safe_name(name: str) -> str:
    """Return a file name without folder, control characters, nor letters that cannot be kept."""
    last = _plain(name).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip(" .")[:200] or "fichier"


def _plain(text: str) -> str:
    """Return a text that a database keeps: no half of a pair, no nil."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _moment(said: str) -> datetime | None:
    """Return the moment an e-mail says it left; none where it is no moment, or not of our days."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and moment.year in YEARS else None


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
