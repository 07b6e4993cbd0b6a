"""Documents read by a process apart: what they say, and what is refused."""

import io
import sys
from email.message import EmailMessage
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from exigible.intake.exhibits import UnreadableExhibit, media_type_of, read_exhibit


def pdf(text: str = "Bon de livraison BL-77120", **save: object) -> bytes:
    """Return a PDF of one page that says `text`."""
    document = pikepdf.new()
    font = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )
    page = document.add_blank_page(page_size=(595, 842))
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    page.Contents = document.make_stream(f"BT /F1 18 Tf 60 760 Td ({text}) Tj ET".encode("latin-1"))
    out = io.BytesIO()
    document.save(out, **save)  # type: ignore[arg-type]
    return out.getvalue()


def mail(*enclosed: tuple[str, bytes], html: bool = False) -> bytes:
    message = EmailMessage()
    message["From"] = "Compta Morvélec <compta@morvelec.example>"
    message["To"] = "relance@armorial.example"
    message["Subject"] = "Litige sur FA-26-0412"
    message["Date"] = "Mon, 23 Nov 2026 09:12:00 +0100"
    if html:
        message.set_content(
            "<style>p{}</style><p>Bonjour,</p><p>marchandise <b>abîmée</b></p>", subtype="html"
        )
    else:
        message.set_content("Bonjour, la marchandise était abîmée.")
    for name, content in enclosed:
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def written(folder: Path, content: bytes) -> Path:
    path = folder / "piece"
    path.write_bytes(content)
    return path


def test_a_pdf_gives_its_words_and_its_first_page(tmp_path: Path):
    read = read_exhibit(written(tmp_path, pdf()))
    assert read.media_type == "application/pdf"
    assert (read.pages, read.text.strip()) == (1, "Bon de livraison BL-77120")
    with Image.open(io.BytesIO(read.preview)) as preview:
        assert preview.size == (900, 1274)


def test_an_image_is_turned_upright_and_shown(tmp_path: Path):
    image = Image.new("RGB", (400, 200), "white")
    exif = image.getexif()
    exif[0x0112] = 6  # taken on its side
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    read = read_exhibit(written(tmp_path, out.getvalue()))
    assert read.media_type == "image/jpeg"
    with Image.open(io.BytesIO(read.preview)) as preview:
        assert preview.size == (200, 400)


def test_a_message_gives_its_words_its_day_and_what_it_encloses(tmp_path: Path):
    read = read_exhibit(written(tmp_path, mail(("../../BL 77120.pdf", pdf()))))
    assert read.title == "Litige sur FA-26-0412"
    assert "abîmée" in read.text
    assert read.sender.endswith("<compta@morvelec.example>")
    assert read.sent_at is not None
    assert read.sent_at.isoformat() == "2026-11-23T09:12:00+01:00"
    [file] = read.files
    assert file.name == "BL 77120.pdf"  # no folder
    assert file.content.startswith(b"%PDF-")


def test_the_words_of_a_page_without_its_styles(tmp_path: Path):
    assert read_exhibit(written(tmp_path, mail(html=True))).text.split() == [
        "Bonjour,",
        "marchandise",
        "abîmée",
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 docx", "kind_of_file"),
        (b"MZ\x90\x00", "kind_of_file"),
        (b"%PDF-1.7\nrien", "damaged"),
        (b"\x89PNG\r\n\x1a\nrien", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_way_out(tmp_path: Path, content: bytes, code: str):
    with pytest.raises(UnreadableExhibit) as refusal:
        read_exhibit(written(tmp_path, content))
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_a_locked_pdf_is_refused(tmp_path: Path):
    locked = pdf(encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(UnreadableExhibit, match="mot de passe"):
        read_exhibit(written(tmp_path, locked))


def test_an_image_beyond_measure_is_refused(tmp_path: Path):
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")  # 18 MB of nothing in a few kilobytes
    with pytest.raises(UnreadableExhibit) as refusal:
        read_exhibit(written(tmp_path, out.getvalue()))
    assert refusal.value.code == "bomb"


def test_a_reader_that_hangs_is_stopped(tmp_path: Path):
    hangs = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(UnreadableExhibit) as refusal:
        read_exhibit(written(tmp_path, pdf()), seconds=0.3, command=hangs)
    assert refusal.value.code == "timeout"


def test_a_reader_that_lies_is_not_believed(tmp_path: Path):
    lies = [sys.executable, "-c", "print('{}')"]
    with pytest.raises(UnreadableExhibit) as refusal:
        read_exhibit(written(tmp_path, pdf()), command=lies)
    assert refusal.value.code == "damaged"


def test_a_message_is_known_by_its_headers():
    assert media_type_of(b"Return-Path: <a@b.example>\r\nFrom: a") == "message/rfc822"
    with pytest.raises(UnreadableExhibit):
        media_type_of(b"Bonjour,\n")
