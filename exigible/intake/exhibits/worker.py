"""The process that opens one document: its kind and path in, a line of JSON and bytes out.

Run by `reading.read_exhibit` alone. Memory and processor time are bounded by the system where it can
(not on Windows, where time alone is); pages are drawn at a bounded size.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

MEMORY = 1 << 30
PROCESSOR_SECONDS = 18
MAX_PAGES = 500  # read for their text
MAX_TEXT = 600_000
MAX_ENCLOSED = 50 * 1024 * 1024
SMALLEST_PICTURE = 8 * 1024  # below, a picture in a message is its signature's
MAX_PIXELS = 60_000_000
PREVIEW = (900, 1300)
FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "WEBP")  # no other is tried, whatever the bytes say

type Enclosed = list[tuple[str, bytes]]


class Bomb(Exception):
    """What unpacks beyond any exhibit."""


class Password(Exception):
    """A document that asks for a password."""


class NotMail(Exception):
    """An Office file that is no message."""


def main() -> None:
    media_type, path = sys.argv[1:3]
    _limit()
    said: dict[str, Any] = {
        "error": "",
        "title": "",
        "text": "",
        "pages": 0,
        "sender": "",
        "sent_at": "",
        "cut": False,
        "files_cut": False,
    }
    preview, files = read(media_type, Path(path), said)
    said["preview"] = len(preview)
    said["files"] = [{"name": name, "size": len(content)} for name, content in files]
    out = sys.stdout.buffer
    out.write(json.dumps(said).encode("utf-8", "replace") + b"\n" + preview)
    for _, content in files:
        out.write(content)
    out.flush()


def read(media_type: str, path: Path, said: dict[str, Any]) -> tuple[bytes, Enclosed]:
    """Say what a file says, or the error that refuses it; return its preview and what it encloses."""
    try:
        return READERS.get(media_type, _image)(path, said)
    except Password:
        said["error"] = "password"
    except (Bomb, MemoryError):
        said["error"] = "bomb"
    except NotMail:
        said["error"] = "not_mail"
    except Exception:  # whatever a hostile file provokes is one refusal
        said["error"] = "damaged"
    return b"", []


def _limit() -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it answers through a pipe, writes no file


def _pdf(path: Path, said: dict[str, Any]) -> tuple[bytes, Enclosed]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Password from None
        raise
    said["pages"] = len(document)
    said["title"] = document.get_metadata_value("Title")
    parts: list[str] = []
    length = 0
    for number in range(min(len(document), MAX_PAGES)):
        page = document[number]
        text = page.get_textpage().get_text_range()
        page.close()  # and its text with it: pages would add up in memory
        parts.append(text)
        length += len(text)
        if length > MAX_TEXT:
            break
    said["cut"] = length > MAX_TEXT or len(document) > MAX_PAGES
    said["text"] = "\n".join(parts)[:MAX_TEXT]
    page = document[0]
    width, height = page.get_size()
    scale = min(PREVIEW[0] / max(width, 1), PREVIEW[1] / max(height, 1), 3.0)
    return _png(page.render(scale=scale).to_pil()), []


def _image(path: Path, said: dict[str, Any]) -> tuple[bytes, Enclosed]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Bomb
            said["pages"] = getattr(image, "n_frames", 1)
            image.draft("RGB", (2 * PREVIEW[1], 2 * PREVIEW[1]))  # a photograph, read at its scale
            image.thumbnail((PREVIEW[1], PREVIEW[1]))
            shown = ImageOps.exif_transpose(image)
            shown.thumbnail(PREVIEW)
            return _png(shown), []
    except Image.DecompressionBombError:
        raise Bomb from None


def _png(image: Any) -> bytes:
    from PIL import Image

    if image.has_transparency_data:  # ink on nothing is ink on paper
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    drawn = io.BytesIO()
    image.convert("RGB").quantize(64).save(drawn, "PNG")
    return drawn.getvalue()


def _eml(path: Path, said: dict[str, Any]) -> tuple[bytes, Enclosed]:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    said["title"] = str(message.get("Subject", ""))
    said["sender"] = str(message.get("From", ""))
    said["sent_at"] = _moment(str(message.get("Date", "")))
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        text = _body(body)
        said["text"] = _plain(text) if body.get_content_subtype() == "html" else text
    enclosed: Enclosed = []
    for part in _attached(message, body):
        content = part.get_payload(decode=True)
        if content is None:  # a message within the message
            inner = part.get_payload()
            content = inner[0].as_bytes() if isinstance(inner, list) and inner else b""
        enclosed.append((part.get_filename() or "piece-jointe.eml", content))
    return b"", _within_bounds(enclosed, said)


def _attached(message: Any, body: Any) -> Iterator[Any]:
    """The files of a message, at any depth of its own parts, but for its words."""
    if message.is_multipart():
        for part in message.iter_parts():
            if part.get_content_type() == "message/rfc822":
                yield part
            else:
                yield from _attached(part, body)
    elif message is not body and (
        message.get_filename()
        or message.is_attachment()
        or message.get_content_type() not in {"text/plain", "text/html"}
    ):
        yield message


def _body(part: Any) -> str:
    """The words of a part, in the encoding it says; where that one is a lie, in the nearest."""
    try:
        return str(part.get_content())
    except (LookupError, ValueError, AttributeError):
        return bytes(part.get_payload(decode=True) or b"").decode("latin-1")


def _within_bounds(enclosed: Enclosed, said: dict[str, Any]) -> Enclosed:
    """What is kept of the files of a message: not its signature's pictures, not beyond measure."""
    kept: Enclosed = []
    left = MAX_ENCLOSED
    for name, content in enclosed:
        left -= len(content)
        if left < 0:
            said["cut"] = said["files_cut"] = True
            break
        picture = content.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))
        if content and not (picture and len(content) < SMALLEST_PICTURE):
            kept.append((name, content))
    return kept


def _msg(path: Path, said: dict[str, Any]) -> tuple[bytes, Enclosed]:
    import olefile
    from oxmsg import Message

    with olefile.OleFileIO(path) as ole:
        if not ole.exists("__properties_version1.0"):
            raise NotMail
    message = Message.load(str(path))
    said["title"] = message.subject or ""
    said["sender"] = message.sender or ""
    said["sent_at"] = message.sent_date.isoformat() if message.sent_date else ""
    said["text"] = message.body or _plain(message.html_body or "")
    files = [
        (one.file_name or "piece-jointe", one.file_bytes or b"") for one in message.attachments
    ]
    return b"", _within_bounds(files, said)


def _moment(text: str) -> str:
    try:
        return parsedate_to_datetime(text).isoformat() if text else ""
    except (ValueError, OverflowError):
        return ""


class _Words(HTMLParser):
    """The words of a page, without its styles nor scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        if tag in {"br", "p", "div", "tr", "li"}:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"} and self.silent > 0

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)


def _plain(html: str) -> str:
    words = _Words()
    words.feed(html[: 4 * MAX_TEXT])
    return "".join(words.words)


READERS: dict[str, Callable[[Path, dict[str, Any]], tuple[bytes, Enclosed]]] = {
    "application/pdf": _pdf,
    "message/rfc822": _eml,
    "application/vnd.ms-outlook": _msg,
}

if __name__ == "__main__":
    main()
