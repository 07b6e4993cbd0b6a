"""The process that opens PDFs: a path a line in, the files that the PDF carries out.

Run by `pdf.PdfReader` alone. It has no more memory than it needs and writes no file. Each stream is
unpacked with a bound before its size is believed; the answer is a line of JSON, then the bytes.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

MEMORY = 1 << 30
MAX_FILE = 32 * 1024 * 1024
MAX_FILES = 100
MAX_DEPTH = 20


class _TooLarge(Exception):
    """What a PDF carries unpacks beyond any invoice."""


def main() -> None:
    _limit()
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        error, found = "", []
        try:
            found = _files(json.loads(line))
        except pikepdf.PasswordError:
            error = "password"
        except (_TooLarge, MemoryError):
            error = "too_large"
        except Exception:  # whatever a hostile PDF provokes is one refusal
            error = "damaged"
        header = {
            "error": error,
            "files": [
                {"name": name, "relationship": kind, "media_type": media, "size": len(content)}
                for name, kind, media, content in found
            ],
        }
        out.write(json.dumps(header).encode() + b"\n")
        for _, _, _, content in found:
            out.write(content)
        out.flush()


def _limit() -> None:
    """Bound memory, and write no file (Windows has no such limits: time alone bounds it there)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _files(path: str) -> list[tuple[str, str, str, bytes]]:
    found: list[tuple[str, str, str, bytes]] = []
    seen: set[tuple[int, int]] = set()
    left = 2 * MAX_FILE
    with pikepdf.open(path, suppress_warnings=True) as pdf:
        for spec in _specifications(pdf):
            if len(found) >= MAX_FILES:
                break
            stream = _stream(spec)
            if stream is None or (stream.is_indirect and stream.objgen in seen):
                continue
            seen.add(stream.objgen)
            content = _unpacked(stream, min(MAX_FILE, left))
            left -= len(content)
            name = str(spec.get("/UF", "") or spec.get("/F", "") or "fichier")
            kind = str(spec.get("/AFRelationship", "")).lstrip("/")
            media = (
                str(stream.get("/Subtype", "")).lstrip("/").replace("#2F", "/").replace("#2f", "/")
            )
            found.append((name, kind, media, content))
    return found


def _specifications(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Yield file specifications: the names of the document, its associated files, annotations."""
    root = pdf.Root
    names = root.get("/Names")
    if isinstance(names, pikepdf.Dictionary) and "/EmbeddedFiles" in names:
        yield from _named(names["/EmbeddedFiles"], MAX_DEPTH)
    associated = root.get("/AF")
    if isinstance(associated, pikepdf.Array):
        yield from (one for one in associated if isinstance(one, pikepdf.Dictionary))
    for number, page in enumerate(pdf.pages):
        if number >= 1000:
            break
        annotations = page.obj.get("/Annots")
        for one in annotations if isinstance(annotations, pikepdf.Array) else ():
            if isinstance(one, pikepdf.Dictionary) and one.get("/Subtype") == "/FileAttachment":
                spec = one.get("/FS")
                if isinstance(spec, pikepdf.Dictionary):
                    yield spec


def _named(tree: Any, depth: int) -> Iterator[Any]:
    if not isinstance(tree, pikepdf.Dictionary) or depth <= 0:
        return
    pairs = tree.get("/Names")
    if isinstance(pairs, pikepdf.Array):
        for one in pairs:
            if isinstance(one, pikepdf.Dictionary):
                yield one
    kids = tree.get("/Kids")
    if isinstance(kids, pikepdf.Array):
        for kid in kids:
            yield from _named(kid, depth - 1)


def _stream(spec: Any) -> Any:
    embedded = spec.get("/EF")
    if not isinstance(embedded, pikepdf.Dictionary):
        return None
    for key in ("/UF", "/F"):
        stream = embedded.get(key)
        if isinstance(stream, pikepdf.Stream):
            return stream
    return None


def _unpacked(stream: Any, limit: int) -> bytes:
    """Return the content of a stream, never unpacking more than `limit` bytes."""
    raw: bytes = stream.read_raw_bytes()
    filters = stream.get("/Filter")
    if filters is None:
        content = raw
    elif (
        filters == "/FlateDecode"
        or (
            isinstance(filters, pikepdf.Array)
            and len(filters) == 1
            and filters[0] == "/FlateDecode"
        )
    ) and "/DecodeParms" not in stream:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(raw, limit + 1)
    else:
        content = stream.read_bytes()  # rarer filters: the limit of memory stands
    if len(content) > limit:
        raise _TooLarge
    return content


if __name__ == "__main__":
    main()
