"""Logos: what a file that claims to be an image really is.

Only the headers are read: enough to know the format, to refuse a disguised file, and to bound the
memory that whoever draws it will need. PNG: ISO/IEC 15948. JPEG: ITU-T T.81.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_START_OF_FRAME = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length


class NotAnImage(Exception):
    """Neither a PNG nor a JPEG, or one that is cut or damaged."""


@dataclass(frozen=True, slots=True)
class Image:
    """A format and its size in pixels."""

    media_type: str  # "image/png" or "image/jpeg"
    width: int
    height: int


def image_of(data: bytes) -> Image:
    """Return what the bytes are; raise NotAnImage on anything else than a whole PNG or JPEG."""
    if data.startswith(PNG_SIGNATURE):
        return _png(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    raise NotAnImage


def _png(data: bytes) -> Image:
    """Walk the chunks, each with its checksum, from the header to the end mark."""
    at, size, ended = len(PNG_SIGNATURE), None, False
    while not ended:
        if at + 12 > len(data):
            raise NotAnImage
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise NotAnImage
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(data[at + 4 : end - 4]) != checksum:
            raise NotAnImage
        if size is None:
            if kind != b"IHDR" or length != 13:
                raise NotAnImage
            size = struct.unpack_from(">II", data, at + 8)
        ended = kind == b"IEND"
        at = end
    assert size is not None
    return _image("image/png", *size)


def _jpeg(data: bytes) -> Image:
    """Walk the segments up to the frame's header; the file must have its end mark."""
    if data.rfind(b"\xff\xd9") < 0:
        raise NotAnImage
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise NotAnImage
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _STANDALONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _START_OF_FRAME:
            if length < 8 or at + 9 > len(data):
                raise NotAnImage
            height, width = struct.unpack_from(">HH", data, at + 5)
            return _image("image/jpeg", width, height)
        if length < 2 or marker == 0xDA:  # the scan begins: no frame was declared
            raise NotAnImage
        at += 2 + length
    raise NotAnImage


def _image(media_type: str, width: int, height: int) -> Image:
    if not width or not height:
        raise NotAnImage
    return Image(media_type, width, height)
