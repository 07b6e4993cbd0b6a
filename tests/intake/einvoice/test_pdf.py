"""PDFs from outside: what they carry, and those that would hang, swell or break their reader."""

from __future__ import annotations

import sys
import time
import zlib
from pathlib import Path

import pikepdf
import pytest

from exigible.intake.einvoice.pdf import PdfReader
from exigible.intake.problems import Unreadable
from tests.einvoice_text import cii, factur_x


def refusal(reader: PdfReader, path: Path) -> str:
    with pytest.raises(Unreadable) as refused:
        reader.files(path)
    return refused.value.problem.code


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "f.pdf"
    path.write_bytes(content)
    return path


def test_every_file_is_found_once(tmp_path: Path):
    content = factur_x(cii(), others={"bon de livraison.pdf": b"%PDF-bon", "../x/y.txt": b"1"})
    with PdfReader() as reader:
        files = reader.files(written(tmp_path, content))
    assert {one.name: one.content for one in files} == {
        "factur-x.xml": cii(),
        "bon de livraison.pdf": b"%PDF-bon",
        "y.txt": b"1",
    }


def test_a_bomb_is_refused_and_the_next_pdf_is_read(tmp_path: Path):
    """60 MB of zeros weigh 60 kB in a PDF: beyond the bound, whatever the file says of its size."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    stream = pikepdf.Stream(pdf, b"")
    stream.write(zlib.compress(bytes(60 * 1024 * 1024), 9), filter=pikepdf.Name("/FlateDecode"))
    spec = pikepdf.Dictionary(
        Type=pikepdf.Name("/Filespec"), UF="factur-x.xml", F="factur-x.xml",
        EF=pikepdf.Dictionary(F=pdf.make_indirect(stream)),
    )  # fmt: skip
    pdf.Root.AF = pikepdf.Array([pdf.make_indirect(spec)])
    bomb = tmp_path / "bomb.pdf"
    pdf.save(bomb, compress_streams=False)
    assert bomb.stat().st_size < 200_000
    with PdfReader() as reader:
        assert refusal(reader, bomb) == "pdf_bomb"
        assert len(reader.files(written(tmp_path, factur_x(cii())))) == 1


def test_a_name_tree_that_turns_round_ends(tmp_path: Path):
    pdf = pikepdf.new()
    pdf.add_blank_page()
    node = pdf.make_indirect(pikepdf.Dictionary())
    node.Kids = pikepdf.Array([node])
    pdf.Root.Names = pikepdf.Dictionary(EmbeddedFiles=node)
    path = tmp_path / "loop.pdf"
    pdf.save(path)
    with PdfReader() as reader:
        assert reader.files(path) == []


def test_a_protected_pdf_says_so(tmp_path: Path):
    pdf = pikepdf.new()
    pdf.add_blank_page()
    path = tmp_path / "secret.pdf"
    pdf.save(path, encryption=pikepdf.Encryption(owner="a", user="b"))
    with PdfReader() as reader:
        assert refusal(reader, path) == "pdf_password"


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"%PDF-1.4\n" + b"\x00" * 500, b"rien"])
def test_a_broken_pdf_says_so(tmp_path: Path, content: bytes):
    with PdfReader() as reader:
        assert refusal(reader, written(tmp_path, content)) == "pdf"


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ("import time; time.sleep(60)", "pdf_timeout"),
        ("import os; os._exit(3)", "pdf"),
        ('print(\'{"error": "", "files": [\', flush=True)', "pdf"),
        ("print('x' * 3000000, flush=True)", "pdf"),
    ],
)
def test_a_reader_that_hangs_dies_or_lies_harms_nobody(tmp_path: Path, behaviour: str, code: str):
    """The worker is replaced by one that misbehaves as a hostile PDF would make it."""
    command = [sys.executable, "-c", f"import sys; sys.stdin.readline(); {behaviour}"]
    begun = time.monotonic()
    with PdfReader(seconds=3.0, command=command) as reader:
        assert refusal(reader, written(tmp_path, factur_x(cii()))) == code
    assert time.monotonic() - begun < 30


def test_the_worker_has_bounded_memory():
    """An allocation beyond its limit fails inside the worker, not in the machine."""
    from subprocess import run

    code = (
        "from exigible.intake.einvoice import pdf_worker as w; w._limit()\n"
        "try:\n    bytearray(3 * w.MEMORY)\nexcept MemoryError:\n    print('borné')"
    )
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "borné", done.stderr
