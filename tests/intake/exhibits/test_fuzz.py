"""Mutations of documents: each is read or refused in French, within its time, whatever its bytes.

The reader runs in this process for the many (a process a mutation would take hours), behind the same
bounds but the system's; a few go through the process apart.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exigible.intake.exhibits import UnreadableExhibit, media_type_of, read_exhibit, worker
from exigible.intake.exhibits.reading import HEAD, MAX_TEXT, ReadExhibit, _understood
from tests.campaign import rounds
from tests.exhibit_files import mail, pdf, picture

SEEDS = {
    "pdf": pdf("Facture FA-26-0412", "Bon de commande BC-77"),
    "png": picture(),
    "jpeg": picture(kind="JPEG"),
    "tiff": picture(kind="TIFF"),
    "eml": mail(("BL.pdf", pdf()), ("photo.jpg", picture("red", "JPEG"))),
}
TELLING = (
    b"%PDF",
    b"obj",
    b"/Length",
    b"stream",
    b"xref",
    b"boundary",
    b"Content-",
    b"=?",
    b"\xff\xd8",
)


def mutations(seed: bytes, number: int, luck: random.Random) -> Iterator[bytes]:
    for _ in range(number):
        bytes_ = bytearray(seed)
        for _ in range(luck.choice((1, 1, 2, 8, 40))):
            at = luck.randrange(len(bytes_) or 1)
            match luck.randrange(6):
                case 0:
                    bytes_[at : at + 1] = luck.randbytes(1)
                case 1:
                    del bytes_[at : at + luck.randrange(1, 64)]
                case 2:
                    bytes_[at:at] = bytes_[at : at + luck.randrange(1, 512)]
                case 3:
                    bytes_[at:at] = luck.choice(TELLING)
                case 4:
                    bytes_[at : at + 4] = luck.choice((b"\xff" * 4, b"\x00" * 4, b"9999"))
                case _:
                    del bytes_[at:]
            if not bytes_:
                break
        yield bytes(bytes_)


def read_here(path: Path, content: bytes) -> ReadExhibit | None:
    """Read as the process apart does, and as its answer is understood; None when it is refused."""
    path.write_bytes(content)
    try:
        media_type = media_type_of(content[:HEAD])
    except UnreadableExhibit as refusal:
        assert refusal.message.endswith(".")
        return None
    said: dict[str, Any] = {
        "error": "",
        "title": "",
        "text": "",
        "pages": 0,
        "sender": "",
        "sent_at": "",
        "cut": False,
    }
    preview, files = worker.read(media_type, path, said)
    said |= {
        "preview": len(preview),
        "files": [{"name": name, "size": len(content)} for name, content in files],
    }
    answer = json.dumps(said).encode() + b"\n" + preview + b"".join(part for _, part in files)
    try:
        return _understood(media_type, answer)
    except UnreadableExhibit as refusal:
        assert refusal.message.endswith(".")
        return None


def fuzz(folder: Path, kind: str, number: int, luck_of: int) -> int:
    """Read mutations; return how many were read all the same."""
    read = 0
    for content in mutations(SEEDS[kind], number, random.Random(f"{kind}{luck_of}")):
        found = read_here(folder / "piece", content)
        if found is None:
            continue
        read += 1
        assert len(found.text.encode()) <= MAX_TEXT
        assert "\x00" not in found.text + found.title + found.sender
        assert all("/" not in file.name for file in found.files)
    return read


@pytest.mark.parametrize("kind", SEEDS)
def test_a_mutated_document_is_read_or_refused(tmp_path: Path, kind: str):
    assert fuzz(tmp_path, kind, rounds(30, 10_000), 1) > 0


@pytest.mark.parametrize("kind", SEEDS)
def test_through_the_process_apart(tmp_path: Path, kind: str):
    path = tmp_path / "piece"
    for content in mutations(SEEDS[kind], 2, random.Random(7)):
        path.write_bytes(content)
        try:
            read_exhibit(path)
        except UnreadableExhibit as refusal:
            assert refusal.message.endswith(".")


def test_mutations_of_real_files(tmp_path: Path, shared_data: Path):
    real = sorted((shared_data / "einvoice").rglob("*.pdf"))[:10]
    assert real
    for number, path in enumerate(real):
        luck = random.Random(number)
        for content in mutations(path.read_bytes(), rounds(4, 1000), luck):
            read_here(tmp_path / "piece", content)
