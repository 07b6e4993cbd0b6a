"""Documents read by a process apart: what they say, and what is refused."""

import io
import sys
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from exigible.intake.exhibits import (
    UnreadableExhibit,
    media_type_of,
    read_exhibit,
    reading,
    safe_name,
)
from tests.exhibit_files import mail, pdf


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


def test_a_text_that_names_a_date_is_no_message():
    with pytest.raises(UnreadableExhibit):
        media_type_of(b"Releve du mois\nDate: 12/11\nFrom: Paris")


def test_an_answer_without_end_is_cut_as_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "MAX_ANSWER", 100_000)
    floods = [
        sys.executable,
        "-c",
        "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 65536)",
    ]
    with pytest.raises(UnreadableExhibit) as refusal:
        read_exhibit(written(tmp_path, pdf()), command=floods)
    assert refusal.value.code == "bomb"


def test_the_reader_is_given_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EXIGIBLE_SECRET_KEY", "personne ne doit le lire")
    tells = [sys.executable, "-c", "import os; os._exit('EXIGIBLE_SECRET_KEY' in os.environ)"]
    answer = reading._answer([*tells], 20)
    assert answer == b""
    shows = [sys.executable, "-c", "import os; print(sorted(os.environ))"]
    assert b"EXIGIBLE" not in reading._answer(shows, 20)


@pytest.mark.parametrize(
    "said",
    [
        "Tue, 01 Jan 1901 00:00:00 +1400",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "hier",
        "Mon, 23 Nov 2026 09:12:00",  # of no zone: nobody knows the day
    ],
)
def test_a_message_that_lies_about_its_day_has_none(tmp_path: Path, said: str):
    lying = mail().replace(b"Mon, 23 Nov 2026 09:12:00 +0100", said.encode())
    assert read_exhibit(written(tmp_path, lying)).sent_at is None


def test_a_message_in_an_encoding_that_lies_is_read_as_it_can(tmp_path: Path):
    lying = mail().replace(b'charset="utf-8"', b'charset="klingon-8"')
    assert "Bonjour" in read_exhibit(written(tmp_path, lying)).text


def test_the_pictures_of_a_signature_are_no_exhibits(tmp_path: Path):
    logo = io.BytesIO()
    Image.new("RGB", (60, 20), "navy").save(logo, "PNG")
    read = read_exhibit(written(tmp_path, mail(("logo.png", logo.getvalue()), ("BL.pdf", pdf()))))
    assert [file.name for file in read.files] == ["BL.pdf"]


def test_ink_on_nothing_is_shown_on_paper(tmp_path: Path):
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    read = read_exhibit(written(tmp_path, out.getvalue()))
    with Image.open(io.BytesIO(read.preview)) as preview:
        assert preview.convert("RGB").getpixel((25, 25)) == (255, 255, 255)


def test_words_are_kept_within_what_can_be_searched(tmp_path: Path):
    long = mail(body="\n".join(f"mot{number} élan" for number in range(40_000)))
    read = read_exhibit(written(tmp_path, long))
    assert read.cut
    assert len(read.text.encode()) <= reading.MAX_TEXT


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\moi\\BL.pdf", "BL.pdf"),
        ("BL\x00\n77.pdf", "BL77.pdf"),
        ("..", "fichier"),
        ("\ud800.pdf", "?.pdf"),
    ],
)
def test_a_name_is_a_name(name: str, kept: str):
    assert safe_name(name) == kept
