"""From files to invoices: what is taken, what is refused, in which words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from exigible.intake.einvoice.model import Identifier, Party, Profile, profile_of
from exigible.intake.einvoice.parties import identity_of, siren_of_identifier
from exigible.intake.einvoice.pdf import PdfReader
from exigible.intake.einvoice.reading import read_document
from exigible.intake.importing import dry_run
from exigible.intake.report import ImportReport
from tests.einvoice_text import archive, cdar, cii, factur_x, ubl, vat_number


def run(tmp_path: Path, content: bytes, name: str = "f.xml", **options: object) -> ImportReport:
    path = tmp_path / name
    path.write_bytes(content)
    return dry_run(path, **options)  # type: ignore[arg-type]


def codes(report: ImportReport) -> list[str]:
    return [problem.code for problem in report.problems]


# --- formats are recognised ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "format_"),
    [
        (cii(), "a", "cii"),
        (ubl(), "b.txt", "ubl"),
        (ubl(credit=True), "c.xml", "ubl"),
        (cdar("200"), "d.xml", "cdar"),
        (factur_x(cii()), "e.pdf", "facturx"),
        (archive({"f.xml": cii(), "g.pdf": factur_x(cii("F-2"))}), "h.zip", "einvoices"),
        ("\ufeff" + cii().decode(), "i.xml", "cii"),
        (cii().decode().replace("UTF-8", "UTF-16").encode("utf-16"), "j.xml", "cii"),
    ],
)
def test_files_are_recognised_by_what_they_begin_with(
    tmp_path: Path, content: bytes | str, name: str, format_: str
):
    data = content.encode() if isinstance(content, str) else content
    report = run(tmp_path, data, name)
    assert (report.format, report.accepted) == (format_, True), report.problems


def test_counts_totals_and_documents(tmp_path: Path):
    report = run(
        tmp_path, cii("F-1", amount="120.00", prepaid="20.00", attachments={"b.pdf": b"x"})
    )
    answer = report.as_json()
    assert report.counts["invoices"] == report.counts["attachments"] == 1
    assert report.counts["parties"] == 1  # who owes
    assert answer["totals"] == {
        "net": {"EUR": "100.00"},
        "vat": {"EUR": "20.00"},
        "gross": {"EUR": "120.00"},
        "payable": {"EUR": "100.00"},
    }
    [document] = report.documents
    assert document["number"] == "F-1"
    assert document["gross"] == "120.00"
    assert document["due_on"] == "2026-02-04"
    assert document["seller_siren"] == "732829320"


def test_totals_add_by_currency_and_say_what_credit_notes_give_back(tmp_path: Path):
    report = run(
        tmp_path,
        archive(
            {
                "1.xml": cii("F-1"),
                "2.xml": cii("F-2", currency="CHF"),
                "3.xml": ubl("A", credit=True),
            }
        ),
        "x.zip",
    )
    assert report.totals["payable"] == {"EUR": 24000, "CHF": 12000}
    assert report.totals["credited"] == {"EUR": 12000}
    assert (report.counts["invoices"], report.counts["credit_notes"]) == (2, 1)


def test_notes_keep_their_subject_in_both_syntaxes():
    invoice = read_document(ubl(), "f").invoice
    assert invoice is not None
    assert invoice.note("PMT") == "Indemnité forfaitaire de 40 €"


def test_the_sense_of_credit_notes_and_negative_invoices():
    assert read_document(ubl(credit=True), "f").due.cents == -12000  # type: ignore[union-attr]
    assert read_document(cii(kind="381"), "f").due.cents == -12000  # type: ignore[union-attr]
    assert read_document(cii(amount="-24.00"), "f").due.cents == -2400  # type: ignore[union-attr]


# --- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (cii(number=""), "BR-02"),
        (cii(issued="20260231"), "BR-03"),
        (cii(issued=""), "BR-03"),
        (cii(currency=""), "BR-05"),
        (cii(currency="ZZZ"), "BR-CL-04"),
        (cii(buyer=("", "552100554")), "BR-07"),
        (cii(payable="100.005"), "amount_precision"),
        (cii(payable="-120.00"), "sense"),
        (cii(kind="381", amount="-36.00"), "sense"),
        (cii(kind="325"), "not_a_claim"),
        (cii(kind="751"), "not_a_claim"),
        (
            cii(payable="abc").replace(b"<ram:GrandTotalAmount>120.00", b"<ram:GrandTotalAmount>x"),
            "no_amount",
        ),
        (b"<Order xmlns='urn:oasis:names:specification:ubl:schema:xsd:Order-2'/>", "unknown_xml"),
        (b"<Invoice/>", "unknown_xml"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b"<Invoice", "xml"),
        (cdar("200", number=""), "status_of_nothing"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_reason(
    tmp_path: Path, content: bytes, code: str
):
    report = run(tmp_path, content)
    assert not report.accepted
    assert report.error is not None
    assert report.error.code == code
    assert report.error.message.endswith((".", "].")), report.error.message


def test_a_format_announced_wrongly_is_refused(tmp_path: Path):
    report = run(tmp_path, ubl(), format_="cii")
    assert report.error is not None
    assert report.error.code == "format"


def test_a_pdf_without_invoice_is_refused_with_what_to_do(tmp_path: Path):
    report = run(tmp_path, factur_x(b"<a/>").replace(b"factur-x.xml", b"autre.chose_"), "f.pdf")
    assert not report.accepted
    with PdfReader() as pdf:
        plain = tmp_path / "plain.pdf"
        import pikepdf

        document = pikepdf.new()
        document.add_blank_page()
        document.save(plain)
        assert pdf.files(plain) == []
    assert codes(run(tmp_path, plain.read_bytes(), "g.pdf")) == ["pdf_without_xml"]


# --- what is taken with a remark ---------------------------------------------------------------------


def test_a_due_date_before_the_invoice_is_left(tmp_path: Path):
    received = read_document(cii(due="20251201"), "f")
    assert received.accepted
    assert received.invoice is not None
    assert received.invoice.due_on is None
    assert [problem.code for problem in received.problems.listed] == ["due_before_issue"]


def test_several_due_dates_keep_the_last(tmp_path: Path):
    second = (
        b"</ram:SpecifiedTradePaymentTerms><ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>"
        b'<udt:DateTimeString format="102">20260301</udt:DateTimeString></ram:DueDateDateTime>'
        b"</ram:SpecifiedTradePaymentTerms>"
    )
    content = cii().replace(b"</ram:SpecifiedTradePaymentTerms>", second)
    received = read_document(content, "f")
    assert received.invoice is not None
    assert received.invoice.due_on == date(2026, 3, 1)
    assert "several_due_dates" in {problem.code for problem in received.problems.listed}


def test_an_exhibit_that_cannot_be_decoded_costs_itself_alone():
    content = cii(attachments={"bon.pdf": b"abc"}).replace(b"YWJj", b"!!!!")
    received = read_document(content, "f")
    assert received.accepted
    assert received.exhibits == []
    assert "attachment" in {problem.code for problem in received.problems.listed}


def test_names_of_exhibits_never_become_paths():
    received = read_document(
        cii(attachments={"../../etc/pass\\wd\x01.pdf".replace("\x01", ""): b"x"}), "f"
    )
    assert [one.filename for one in received.exhibits] == ["wd.pdf"]


# --- parties -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("party", "siren", "siret"),
    [
        (Party(legal_id=Identifier("552 100 554", "0002")), "552100554", ""),
        (Party(legal_id=Identifier("55210055400013", "0009")), "552100554", "55210055400013"),
        (Party(vat_number="FR " + vat_number("552100554")[2:]), "552100554", ""),
        (Party(endpoint=Identifier("552100554_STATUTS", "0225")), "552100554", ""),
        (Party(legal_id=Identifier("552100555", "0002")), "", ""),  # wrong check digit
        (Party(ids=[Identifier("3654789851", "0088")]), "", ""),
    ],
)
def test_a_party_is_identified_from_wherever_it_says_it(party: Party, siren: str, siret: str):
    found = identity_of(party)
    assert (found.siren, found.siret) == (siren, siret)


def test_an_identifier_without_scheme_is_the_customer_number():
    assert identity_of(Party(ids=[Identifier("C-104")])).customer_number == "C-104"
    assert identity_of(Party(ids=[Identifier("552100554")])).customer_number == ""
    assert siren_of_identifier(Identifier("", "0002")) == ""


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("urn:factur-x.eu:1p0:minimum", Profile.MINIMUM),
        ("urn:factur-x.eu:1p0:basicwl", Profile.BASIC_WL),
        ("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", Profile.BASIC),
        ("urn:cen.eu:en16931:2017", Profile.EN16931),
        ("urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended", Profile.EXTENDED),
        (
            "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
            Profile.XRECHNUNG,
        ),
        (
            "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr",
            Profile.EXTENDED_CTC_FR,
        ),
        ("urn:ferd:CrossIndustryDocument:invoice:1p0:comfort", Profile.ZUGFERD1),
        ("", Profile.UNKNOWN),
    ],
)
def test_profiles(name: str, profile: Profile):
    assert profile_of(name) is profile


def test_amounts_are_exact():
    invoice = read_document(cii(amount="0.30"), "f").invoice
    assert invoice is not None
    assert invoice.totals is not None
    assert invoice.totals.gross == Decimal("0.30")
