"""Mutations of every kind of bank file: a report or a refusal comes out, never a traceback."""

import io
import random
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from exigible.intake.importing import dry_run
from exigible.intake.report import ImportReport
from tests.bank_text import camt, camt_entry, cfonb120, mt940, ofx
from tests.campaign import rounds

INSIDE = (
    '<TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs><Amt Ccy="EUR">60.00</Amt><RtrInf><Rsn><Cd>AM04'
    "</Cd></Rsn></RtrInf></TxDtls><TxDtls><RltdPties><Dbtr><Nm>Dupont</Nm></Dbtr></RltdPties></TxDtls>"
)
CAMT = camt(
    [camt_entry("2026-11-02", "100.00", "", "R1", INSIDE), ("2026-11-03", "-9.90", "FRAIS É")],
    closing="90.10",
)
PAIN = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><GrpHdr><MsgId>P'
    "</MsgId><CreDtTm>2026-11-05T09:00:00</CreDtTm></GrpHdr><OrgnlPmtInfAndSts><TxInfAndSts>"
    "<OrgnlEndToEndId>E1</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>"
    "</CstmrPmtStsRpt></Document>"
)
CFONB240 = (
    f"31000001{'27'}021126E    300060000112345678901".ljust(240)
    + "\n"
    + f"34000002{'27'}021126E    149890000122140469732{'DUPONT':24}".ljust(228)
    + "000000171200\n"
    + f"39000003{'27'}021126E    300060000112345678901".ljust(228)
    + "000000171200\n"
)


def zipped(text: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", text)
        archive.writestr("../b.xml", text)
    return stream.getvalue()


KINDS = {
    "camt": CAMT.encode(),
    "camt054": CAMT.replace("camt.053", "camt.054").replace("Stmt", "Ntfctn").encode(),
    "pain002": PAIN.encode(),
    "zip": zipped(CAMT),
    "cfonb120": cfonb120(("021126", "100.00", "VIR"), ("031126", "-9.90", "FRAIS")).encode(),
    "cfonb240": CFONB240.encode(),
    "mt940": mt940(
        ("261102", "C100,00", "166?00VIR?20EREF+E1?21SVWZ+FA-1?32DUPONT"),
        ("261103", "D9,90", "/EREF/E2/ORDP//NAME/AUBIN/REMI/FA-2"),
        closing="90,10",
    ).encode(),
    "ofx": ofx(
        "<TRNTYPE>CREDIT\n<DTPOSTED>20261102\n<TRNAMT>100,00\n<FITID>1\n<NAME>A &amp; B",
        balance="<LEDGERBAL><BALAMT>100.00<DTASOF>20261102</LEDGERBAL>",
    ).encode(),
    "csv": "Date;Libellé;Débit;Crédit;Solde\n02/11/2026;VIR;;100,00;100,00\n".encode("cp1252"),
}
NOISE = (
    b"<", b">", b"&", b"\0", b"\xff", b"\xe9", b"\n", b"\r", b":61:", b":86:", b"?20", b"01", b"04",
    b"07", b"9" * 40, b"-", b",", b".", b"<!DOCTYPE x>", b"]]>", b"<Ntry>", b"</Stmt>", b"<STMTRS>",
    b"2026-02-30", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"=1+1", b'"', b"{", b"}", b"\x1a", b"e9",
)  # fmt: skip


def mutated(content: bytes, rng: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data[place:place] = rng.choice(NOISE)
            case 1:
                del data[place : place + rng.randint(1, 40)]
            case 2 if place < len(data):
                data[place] = rng.randrange(256)
            case 3:
                data[place:place] = data[max(0, place - rng.randint(1, 200)) : place]
            case _ if rng.random() < 0.2:
                del data[place:]
        data = data or bytearray(b"x")
    return bytes(data)


def survive(folder: Path, kind: str, times: int) -> None:
    rng = random.Random(f"{kind}{times}")
    path = folder / "mutant"
    for number in range(times):
        content = mutated(KINDS[kind], rng)
        path.write_bytes(content)
        for format_ in ("", "camt053" if kind in ("camt", "camt054", "zip") else kind):
            if format_ == "csv":
                format_ = "bank_csv"  # noqa: PLW2901
            report = dry_run(path, format_=format_)
            assert isinstance(report, ImportReport), (kind, number)
            assert report.accepted or report.error is not None, (kind, number)
            report.as_json()
            for problem in report.problems:
                assert problem.code
                assert problem.message


@pytest.mark.parametrize("kind", KINDS)
def test_mutations_of_each_kind(kind: str, tmp_path: Path) -> None:
    assert dry_run_of(tmp_path, KINDS[kind]).accepted, "the seed itself must be sound"
    survive(tmp_path, kind, rounds(150, 10_000))


def dry_run_of(folder: Path, content: bytes) -> ImportReport:
    path = folder / "seed"
    path.write_bytes(content)
    return dry_run(path)


@pytest.mark.parametrize("kind", ["cfonb120", "mt940", "ofx"])
def test_an_endless_line_does_not_fill_the_memory(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "endless"
    with path.open("wb") as stream:
        stream.write(KINDS[kind][:300])
        for _ in range(400):
            stream.write(b"A" * 65_536)
    tracemalloc.start()
    try:
        report = dry_run(path, format_=kind)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not report.accepted
    assert peak < 8_000_000
