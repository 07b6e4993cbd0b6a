"""Letters: what the window shows, what the file is, and that nobody writes Typst through a name."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pikepdf
import pytest
from pypdf import PdfReader

from exigible.documents.letters import SlipLine, joined, letter_pdf, slip_pdf
from exigible.documents.typesetting import TypesettingFailed, page_count, typeset
from exigible.domain.correspondence import (
    Agency,
    Correspondence,
    Deduction,
    EarlierLetter,
    Recipient,
)
from tests.correspondence import ACCESSORIES, claim_line, demand, written

AT = datetime(2026, 11, 23, 9, 0, 30, 250_125, tzinfo=UTC)
MM = 25.4 / 72
HEIGHT = 297.0
SIX_LINES = (
    "Établissements Grandclément et Associés",
    "À l’attention de Zoé Roy",
    "Bâtiment C, porte 4",
    "127 boulevard du Général-de-Gaulle",
    "ZA du Grand Pré",
    "69400 VILLEFRANCHE-SUR-SAÔNE",
)


def pdf_of(letter: Correspondence, **options: object) -> PdfReader:
    return PdfReader(io.BytesIO(letter_pdf(letter, at=AT, **options).data))


def texts(reader: PdfReader, page: int = 0) -> Iterator[tuple[float, float, str]]:
    """Yield each text of a page with its left end and baseline, in mm from the top left corner."""
    found: list[tuple[float, float, str]] = []

    def visit(text: str, page_: list[float], line: list[float], *_: object) -> None:
        if text.strip():
            a, b, c, d, e, f = page_
            x, y = line[4] * a + line[5] * c + e, line[4] * b + line[5] * d + f
            found.append((x * MM, HEIGHT - y * MM, text.strip()))

    reader.pages[page].extract_text(visitor_text=visit)
    yield from found


def words(reader: PdfReader) -> str:
    """Return the text of all pages, spaces made plain."""
    text = " ".join(page.extract_text() for page in reader.pages)
    return re.sub(r"\s+", " ", text)


@pytest.fixture(scope="module")
def full_letter() -> PdfReader:
    recipient = Recipient(name=SIX_LINES[0], attention=SIX_LINES[1], address=SIX_LINES[2:])
    letter = written(
        "mise_en_demeure",
        recipient=recipient,
        accessories=ACCESSORIES,
        claims=tuple(claim_line(n) for n in range(1, 4)),
    )
    return pdf_of(letter, registered=True)


def test_the_address_stands_where_every_dl_window_shows_it(full_letter: PdfReader):
    placed = {text: (x, y) for x, y, text in texts(full_letter)}
    for line in SIX_LINES:
        x, y = placed[line]
        assert 110 <= x < 111
        # Ascenders rise 2.6 mm above the baseline, descenders hang 1 mm below: within 55 to 79 mm.
        assert y - 2.6 >= 55
        assert y + 1.0 <= 79.5


def test_the_window_shows_nothing_but_the_address(full_letter: PdfReader):
    shown = {text for x, y, text in texts(full_letter) if x >= 90 and 44 <= y <= 90}
    assert shown == set(SIX_LINES)
    # What starts left of the window must not run into it: references are short of 90 mm.
    long = demand().account_number * 3
    reader = pdf_of(written("relance_1", account_number=long))
    assert not [text for x, y, text in texts(reader) if x >= 90 and 44 <= y <= 90 and long in text]


def test_a_name_too_long_for_the_window_is_wrapped_inside_it():
    name = "Société coopérative agricole des producteurs réunis de la vallée de la Loire moyenne"
    recipient = Recipient(name=name, address=("1 rue Basse", "37000 TOURS"))
    reader = pdf_of(written("relance_1", recipient=recipient))
    block = [(x, y, text) for x, y, text in texts(reader) if x >= 109 and 50 <= y <= 90]
    assert len(block) == 4  # the name on two lines
    assert max(y for _, y, _ in block) <= 78.5


def test_seven_lines_of_address_become_six_the_town_last():
    recipient = Recipient(
        name="Nom", attention="À l’attention de Z", address=("a", "b", "c", "d", "69400 VILLE")
    )
    reader = pdf_of(written("relance_1", recipient=recipient))
    block = [text for x, y, text in texts(reader) if x >= 109 and 50 <= y <= 90]
    assert block == ["Nom", "a", "b", "c", "d", "69400 VILLE"]


def test_the_file_is_archivable_tagged_french_and_titled(full_letter: PdfReader):
    root = full_letter.trailer["/Root"]
    assert root["/Lang"] == "fr-FR"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "Mise en demeure" in full_letter.metadata.title
    metadata = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    fonts = full_letter.pages[0]["/Resources"]["/Font"]
    names = {font.get_object()["/BaseFont"].split("+")[-1] for font in fonts.values()}
    assert all("SourceSans3" in name for name in names), names


def test_the_table_is_a_table_with_headers(full_letter: PdfReader):
    def roles(node: object) -> Iterator[str]:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                yield from roles(child)
        elif isinstance(node, dict):
            yield str(node.get("/S", ""))
            if "/K" in node and not isinstance(node["/K"], int):
                yield from roles(node["/K"])

    found = list(roles(full_letter.trailer["/Root"]["/StructTreeRoot"]["/K"]))
    assert found.count("/TH") == 6
    assert found.count("/TD") == 18
    assert "/H1" in found


def test_every_sum_is_printed_apart(full_letter: PdfReader):
    text = words(full_letter)
    # 3 × 4 123,50 = 12 370,50; + 612,34 + 80,00 = 13 062,84.
    for part in ("12 370,50 €", "612,34 €", "80,00 €", "13 062,84 €", "5,12 € par jour"):
        assert part in text
    for part in ("FR76 3000 6000 0112 3456 7890 189", "AGRIFRPP", "art. L. 441-10", "1344"):
        assert part in text
    assert "Lettre recommandée avec avis de réception" in text


def test_a_long_letter_repeats_its_table_head_and_numbers_its_pages():
    claims = tuple(claim_line(1, ref=f"FA-{n:04d}") for n in range(90))
    letter = written("relance_2", claims=claims)
    reader = pdf_of(letter)
    pages = [re.sub(r"\s+", " ", page.extract_text()) for page in reader.pages]
    assert len(pages) >= 3
    assert page_count(letter_pdf(letter, at=AT).data) == len(pages)
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} sur {len(pages)}" in page
    assert pages[1].count("Échéance") == 1
    assert all(f"FA-{n:04d}" in " ".join(pages) for n in range(90))
    assert "Hélène Vasseur" in pages[-1]


def test_an_agency_letter_carries_the_mentions_of_r_124_4():
    letter = written(
        "relance_2",
        agency=Agency(name="Rive Droite Recouvrement", address=("5 rue Lafayette", "75009 Paris")),
        earlier_letter=EarlierLetter(reference="411ELAN/900", sent_on=datetime(2026, 10, 3).date()),
        deductions=(Deduction("Crédit non affecté, déduit", 100),),
    )
    text = words(pdf_of(letter))
    for mention in (
        "Rive Droite Recouvrement, 5 rue Lafayette, 75009 Paris, exerce une activité de "
        "recouvrement amiable",
        "Comptoir des Trois Rivières, 14 quai Saint-Cosme, 71100 Chalon-sur-Saône",
        "lettre du 3 octobre 2026, référence 411ELAN/900",
        "Les frais de recouvrement entrepris sans titre exécutoire restent à la charge du créancier",
        "demander au juge de l’exécution de laisser tout ou partie des frais",
        "FR76 3000",
    ):
        assert mention in text, mention


HOSTILE = (
    '#panic("x")',
    '#{ read("/etc/passwd") }',
    '"] #eval("1+1") [',
    "*gras* _italique_ `code` $x^2$ = titre",
    "@ref <label> \\ \\u{41} // commentaire",
    "]]>}{%raw%}\u202e\u0000\u200b",
    "<script>alert(1)</script>",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_printed_not_obeyed(text: str):
    letter = written(
        "mise_en_demeure",
        recipient=Recipient(name=text, address=(text, "75001 PARIS")),
        claims=(claim_line(1, ref=text),),
        account_number=text,
        reference=text,
    )
    reader = pdf_of(letter)
    assert len(reader.pages) == 1
    visible = re.sub(r"[\W_]+", "", text)
    printed = re.sub(r"[\W_]+", "", words(reader))
    assert printed.count(visible) >= 3


def test_letters_the_font_lacks_do_not_stop_the_letter():
    recipient = Recipient(name="Ｓociété 株式 Ωméga Łódź 🙂", address=("x", "75001 PARIS"))
    text = words(pdf_of(written("relance_1", recipient=recipient)))
    assert "Société ?? Ωméga Łódź ?" in text


def test_an_unreadable_logo_is_a_refusal_in_french():
    sender = demand().sender
    broken = type(sender)(name=sender.name, address=sender.address, logo=b"\x89PNG pas une image")
    with pytest.raises(TypesettingFailed) as caught:
        pdf_of(written("relance_1", sender=broken))
    assert "mis en page" in caught.value.message


def test_a_template_reads_no_file_outside_its_folder():
    data = {"title": "x", "image": "/etc/passwd"}
    with pytest.raises(TypesettingFailed):
        typeset("letter", data)


def test_the_same_letter_gives_the_same_bytes():
    letter = written("relance_1")
    assert letter_pdf(letter, at=AT) == letter_pdf(letter, at=AT)


def test_a_batch_gives_each_letter_its_own_sheet():
    one = letter_pdf(written("relance_1"), at=AT)
    two = letter_pdf(
        written("relance_1", claims=tuple(claim_line(1, ref=f"F{n}") for n in range(40))), at=AT
    )
    assert (one.pages, two.pages) == (1, 2)
    slip = slip_pdf(
        creditor="Comptoir",
        service="Lettres simples",
        number=12,
        on=demand().on,
        lines=[
            SlipLine(reference="R1", recipient="A", town="Lyon", subject="S", pages=1),
            SlipLine(reference="R2", recipient="B", town="Metz", subject="S", pages=2),
        ],
        at=AT,
    )
    book = joined(slip, [one.data, two.data])
    reader = PdfReader(io.BytesIO(book.data))
    starts = [bool(page.extract_text().strip()) for page in reader.pages]
    assert starts == [True, False, True, False, True, True]
    assert book.pages == 6
    assert "2 lettres, 3 pages" in words(PdfReader(io.BytesIO(slip)))
    assert pikepdf.open(io.BytesIO(book.data)).check_pdf_syntax() == []
