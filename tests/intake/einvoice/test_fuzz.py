"""Mutated files of each kind: an answer or a refusal in French, never anything else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from exigible.intake.einvoice.pdf import PdfReader
from exigible.intake.einvoice.summary import dry_run
from exigible.intake.report import ImportReport
from tests.campaign import rounds
from tests.einvoice_text import archive, cdar, cii, factur_x, ubl

SEEDS = {
    "cii": cii(attachments={"bon.pdf": b"%PDF-bon"}, preceding=[("F-0", "20251201")]),
    "ubl": ubl(),
    "credit_note": ubl(credit=True, preceding="F-0"),
    "cdar": cdar("207", reason=("PRIX", "Prix"), amount="12.00"),
    "pdf": factur_x(cii()),
    "zip": archive({"1.xml": cii(), "2.xml": ubl(), "3.pdf": factur_x(cii("F-3"))}),
}
TOKENS = (
    b"<", b">", b"&", b"]]>", b"<!DOCTYPE a>", b"<!ENTITY", b"\x00", b"\xff\xfe", b"-", b"1e309", b"NaN",
    b"99999999999999999999", b"0.0000000000000001", b"20259999", b"xmlns=", b'encoding="utf-32"',
    b"</ram:Name>", b"<cbc:ID/>", b"endobj", b"PK\x03\x04", b"%PDF-",
)  # fmt: skip


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """Return a file with one to six faults: bytes flipped, cut, doubled, foreign tokens."""
    content = bytearray(seed)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(content) + 1)
        end = min(place + chance.randint(1, 60), len(content))
        match chance.randrange(6):
            case 0:
                content[place:end] = bytes(chance.randrange(256) for _ in range(end - place))
            case 1:
                del content[place:end]
            case 2:
                content[place:place] = content[place:end] * chance.randint(1, 3)
            case 3:
                content[place:place] = chance.choice(TOKENS)
            case 4:
                content[place:end] = chance.choice(TOKENS)
            case _:
                del content[chance.randrange(len(content) + 1) :]
        if not content:
            return b""
    return bytes(content)


def play(kind: str, rounds: int, folder: Path) -> Iterator[tuple[bytes, ImportReport]]:
    chance = random.Random(f"{kind} 2026")
    path = folder / "f"
    with PdfReader(seconds=10.0) as pdf:
        for _ in range(rounds):
            content = mutated(SEEDS[kind], chance)
            path.write_bytes(content)
            yield content, dry_run(path, "f", pdf=pdf)


def check(kind: str, times: int, folder: Path) -> None:
    taken = refused = 0
    for content, report in play(kind, times, folder):
        report.as_json()
        if report.accepted:
            taken += 1
            continue
        refused += 1
        assert report.error is not None, content
        assert report.error.code, content
        assert report.error.message[0].isupper() or report.error.message[0] in "«<f", report.error
    assert refused > times // 20
    assert taken + refused == times


@pytest.mark.parametrize("kind", sorted(SEEDS))
def test_mutations_are_taken_or_refused(kind: str, tmp_path: Path):
    check(kind, rounds(120, 10_000), tmp_path)
