"""What a file that claims to be an image really is."""

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.intake.images import Image, NotAnImage, image_of


def chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 300, 90, 8, 6, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0"))
    + chunk(b"IEND", b"")
)
JPEG = (
    b"\xff\xd8"
    + b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    + b"\xff\xff"  # fill byte before a marker
    + b"\xc2\x00\x0b\x08\x00\x5a\x01\x2c\x01\x01\x11\x00"
    + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"
)


def test_a_png_and_a_jpeg_say_their_size():
    assert image_of(PNG) == Image("image/png", 300, 90)
    assert image_of(JPEG) == Image("image/jpeg", 300, 90)


@pytest.mark.parametrize("whole", [PNG, JPEG], ids=["png", "jpeg"])
def test_one_that_is_cut_anywhere_is_refused(whole: bytes):
    for end in range(len(whole)):
        with pytest.raises(NotAnImage):
            image_of(whole[:end])


def test_an_image_without_surface_is_refused():
    with pytest.raises(NotAnImage):
        image_of(PNG[:8] + chunk(b"IHDR", bytes(13)) + chunk(b"IEND", b""))


@given(st.one_of(st.binary(), st.binary().map(lambda tail: b"\xff\xd8" + tail + b"\xff\xd9")))
def test_no_bytes_break_the_reader(data: bytes):
    with suppress(NotAnImage):
        assert image_of(data).width > 0
