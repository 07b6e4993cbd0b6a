"""The rules of EN 16931: small invoices, then the official test sets where they lie beside the project."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from exigible.intake.einvoice import cii as cii_reader
from exigible.intake.einvoice import ubl as ubl_reader
from exigible.intake.einvoice.reading import read_document
from exigible.intake.einvoice.rules import RULES, broken_rules
from exigible.intake.einvoice.vat_rules import RULES_BY_CATEGORY
from exigible.intake.problems import Problems
from exigible.intake.xml import read_xml, without_namespaces
from tests.einvoice_text import cii, ubl

KNOWN = {rule.id for rule in RULES} | {
    rule.id for rules in RULES_BY_CATEGORY.values() for rule in rules
}
# Rules on the syntax alone (one element too many, a type of attribute): the amounts do not depend on them.
SYNTAX = ("UBL-SR-", "UBL-DT-")


def broken(content: bytes) -> list[str]:
    received = read_document(content, "facture.xml")
    return [problem.code for problem in received.problems.listed if problem.code.startswith("BR-")]


def test_sound_invoices_break_nothing():
    assert broken(cii()) == []
    assert broken(ubl()) == []
    assert broken(ubl(credit=True)) == []


@pytest.mark.parametrize(
    ("written", "instead", "rule"),
    [
        (b"<ram:GrandTotalAmount>120.00", b"<ram:GrandTotalAmount>121.00", "BR-CO-15"),
        (b"<ram:DuePayableAmount>120.00", b"<ram:DuePayableAmount>110.00", "BR-CO-16"),
        (b"<ram:TaxBasisTotalAmount>100.00", b"<ram:TaxBasisTotalAmount>90.00", "BR-CO-13"),
        (b"<ram:CalculatedAmount>20.00", b"<ram:CalculatedAmount>25.00", "BR-CO-17"),
        (b"<ram:TypeCode>380<", b"<ram:TypeCode>999<", "BR-CL-01"),
        (b"<ram:CountryID>FR", b"<ram:CountryID>ZZ", "BR-CL-14"),
        (b"<ram:Name>Fournitures", b"<ram:Name>", "BR-25"),
        (b'unitCode="C62"', b"", "BR-23"),
        (b"<ram:CategoryCode>S", b"<ram:CategoryCode>Q", "BR-CL-17"),
        (b"<ram:RateApplicablePercent>20.00", b"<ram:RateApplicablePercent>0.00", "BR-S-05"),
    ],
)
def test_each_fault_is_told_by_its_rule(written: bytes, instead: bytes, rule: str):
    content = cii()
    assert written in content
    assert rule in broken(content.replace(written, instead))


def test_a_message_says_where_and_what():
    content = cii().replace(b"<ram:DuePayableAmount>120.00", b"<ram:DuePayableAmount>110.00")
    problems = read_document(content, "f.xml").problems.listed
    told = next(problem for problem in problems if problem.code == "BR-CO-16")
    assert told.line is not None
    assert told.message == (
        f"Ligne {told.line} : le montant à payer (BT-115) n’est pas TTC − déjà payé + arrondi "
        "(110,00 au lieu de 120,00) [BR-CO-16]."
    )
    assert not told.blocking


def test_short_profiles_are_not_held_to_lines():
    minimum = cii(profile="urn:factur-x.eu:1p0:minimum")
    start, end = (
        minimum.index(b"<ram:IncludedSupply"),
        minimum.index(b"<ram:ApplicableHeaderTradeAgr"),
    )
    without_lines = minimum[:start] + minimum[end:]
    assert not {"BR-16", "BR-CO-10"} & set(broken(without_lines))
    assert "BR-16" in broken(
        without_lines.replace(b"urn:factur-x.eu:1p0:minimum", b"urn:cen.eu:en16931:2017")
    )


@pytest.mark.corpus
def test_the_official_test_sets(shared_data: Path):
    """Every official fragment says which rules it breaks and which it keeps: so must we."""
    wrong, asked = [], 0
    skipped: Counter[str] = Counter()
    for path in sorted((shared_data / "einvoice/en16931").glob("*unit*/*.xml")):
        root = read_xml(path.read_bytes()).root
        without_namespaces(root)
        for number, test in enumerate(root.iterfind("test")):
            [body] = [element for element in test if element.tag != "assert"]
            reader = cii_reader if body.tag == "CrossIndustryInvoice" else ubl_reader
            found = {one.rule for one in broken_rules(reader.read(body, Problems()))}
            for expected in test.iterfind("assert/*"):
                if expected.tag not in ("success", "error"):
                    continue
                rule = (expected.text or "").strip()
                if rule not in KNOWN:
                    skipped[rule] += 1
                    continue
                asked += 1
                if (rule in found) is not (expected.tag == "error"):
                    wrong.append(
                        f"{path.parent.name}/{path.name} test {number}: {rule} {expected.tag}"
                    )
    assert not wrong, wrong
    assert asked == 526
    assert all(rule.startswith(SYNTAX) for rule in skipped), skipped
