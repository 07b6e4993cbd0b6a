"""Text files of unknown encoding and line ends, read as a stream: bytes in, numbered lines out.

The whole file is looked at once for its encoding (a hundred megabytes take a fraction of a second):
one accented letter on the last page decides between UTF-8, ISO-8859-15, CP1252 and CP850. Memory
stays bounded whatever the file: a line longer than `MAX_LINE` refuses it.
"""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exigible.intake.mistaken import what_it_is
from exigible.intake.problems import Problem, Unreadable

CHUNK = 1 << 16
MAX_LINE = CHUNK  # characters; real ledger lines have a few hundred
ASCII = bytes(range(128))
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
LEGACY = ("iso-8859-15", "cp1252", "cp850")  # in order of preference: the decree's own first
TOLERATED_BAD = 4  # valid UTF-8 sequences for each broken one before UTF-8 is given up

# How likely a character is in French accounting; what is not listed is unlikely.
_LIKELY = {
    **dict.fromkeys("éèàçêôîûùëïâÉÈÀÇÊ°€«»’œŒ–", 4),
    **dict.fromkeys("ÔÎÛÙËÏÂüöäñÜÖÄÑ²³§µ½×·•…“”‘ŸæÆºª®©", 1),
    "\xa0": 2,
}
_UNLIKELY = -2
_NEVER = -8  # control characters, box drawing: not letters of a label

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class TextShape:
    """What one pass over the bytes says of a file."""

    encoding: str  # as Python decodes it
    label: str  # as shown: utf-8, utf-8-bom, iso-8859-15, cp1252, cp850, utf-16
    size_bytes: int
    sha256: str
    broken: int  # bytes that are not of the encoding, shown as U+FFFD


def opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def look_at(opened: Opener) -> TextShape:
    """Read every byte once and say what the file is; raise Unreadable if it is no text at all."""
    digest = hashlib.sha256()
    legacy: Counter[int] = Counter()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    size = valid = broken = 0
    bom = ""
    with opened() as stream:
        while chunk := stream.read(CHUNK):
            if size == 0:
                if mistaken := what_it_is(chunk):
                    raise unreadable("binary_file", mistaken)
                bom = next((name for mark, name in BOMS if chunk.startswith(mark)), "")
                _refuse_false_utf16(chunk, bom)
            _refuse_binary(chunk, size, is_utf16=bom == "utf-16")
            size += len(chunk)
            digest.update(chunk)
            high = chunk.translate(None, ASCII)
            if high or valid or broken:
                legacy.update(high)
                text = decoder.decode(chunk)
                bad = text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd")
                broken += max(bad, 0)
                valid += len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")
    if size == 0:
        raise unreadable("empty_file", "Ce fichier est vide.")
    broken += decoder.decode(b"", final=True).count("\ufffd")
    is_utf8 = not broken or valid > TOLERATED_BAD * broken
    if bom == "utf-16":
        encoding, label, broken = "utf-16", "utf-16", 0
    elif is_utf8:  # else its mark lies, if it has one
        encoding, label = "utf-8-sig", "utf-8-bom" if bom else "utf-8"
    else:
        encoding = label = guess_legacy(legacy)
        broken = 0
    return TextShape(encoding, label, size, digest.hexdigest(), broken)


def guess_legacy(histogram: Counter[int]) -> str:
    """Return the one-byte encoding in which these bytes above 127 read best as French."""

    def score(encoding: str) -> int:
        total = 0
        for byte, times in histogram.items():
            character = bytes([byte]).decode(encoding, "replace")
            if character in _LIKELY:
                total += _LIKELY[character] * times
            elif character.isalpha() and character < "\u0180":
                total += _UNLIKELY * times
            else:
                total += (_NEVER if not character.isprintable() else _UNLIKELY) * times
        return total

    return max(LEGACY, key=score)  # the first of equals


def numbered_lines(opened: Opener, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """Yield runs of lines, each with the number of its first line (from 1).

    A line ends at CRLF, LF or CR, mixed as they come. Raise Unreadable at a line beyond MAX_LINE.
    """
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    number = 1
    pending = ""
    with opened() as stream:
        if encoding in LEGACY and stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            stream.seek(0)  # a mark of UTF-8 that lies is no text
        while True:
            chunk = stream.read(CHUNK)
            text = pending + decoder.decode(chunk, final=not chunk)
            held = ""
            if "\0" in text:  # of UTF-16: elsewhere the first look refused it
                raise unreadable(
                    "binary_file", "Ce fichier contient des caractères nuls : il est abîmé."
                )
            if "\r" in text:
                if chunk and text.endswith("\r"):  # its \n may open the next chunk
                    text, held = text[:-1], "\r"
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            lines = text.split("\n")
            pending = lines.pop()
            if len(pending) > MAX_LINE:
                raise unreadable(
                    "line_too_long",
                    f"La ligne {number + len(lines)} dépasse {MAX_LINE} caractères : ce n’est pas "
                    "un export comptable, ou ses fins de ligne sont perdues.",
                    line=number + len(lines),
                )
            if lines:
                yield number, lines
                number += len(lines)
            pending += held
            if not chunk:
                break
    last = pending.rstrip("\x1a\r")  # the end-of-file mark of old systems
    if last:
        yield number, [last]


def _refuse_false_utf16(head: bytes, bom: str) -> None:
    """Refuse what announces UTF-16 and whose line ends are those of another encoding."""
    ends = (b"\n\0", b"\0\n", b"\r\0", b"\0\r")
    if bom == "utf-16" and b"\n" in head and not any(one in head for one in ends):
        raise unreadable(
            "encoding",
            "Ce fichier s’annonce en UTF-16 et n’en est pas. Enregistrez-le en UTF-8, puis recommencez.",
        )


def _refuse_binary(chunk: bytes, position: int, *, is_utf16: bool) -> None:
    if b"\0" in chunk and not is_utf16:
        place = position + chunk.index(b"\0")
        raise unreadable(
            "binary_file",
            f"Ce fichier n’est pas du texte (octet nul en position {place}). Un export comptable "
            "est un fichier texte : ni tableur, ni PDF, ni archive.",
        )
    if len(chunk) == CHUNK and b"\n" not in chunk and b"\r" not in chunk:
        raise unreadable(
            "line_too_long",
            f"Une ligne dépasse {MAX_LINE} caractères : ce n’est pas un export comptable, ou ses "
            "fins de ligne sont perdues.",
        )


def unreadable(code: str, message: str, *, line: int | None = None, field: str = "") -> Unreadable:
    return Unreadable(Problem(code=code, message=message, line=line, field=field))
