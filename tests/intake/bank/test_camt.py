"""CAMT messages: versions, balances, batches, returns; small texts that reproduce each quirk."""

from datetime import date
from pathlib import Path

import pytest

from exigible.intake.bank import xml_stream
from exigible.intake.bank.shapes import BankLine, Kind, Nature
from exigible.intake.problems import Unreadable
from tests.bank_text import IBAN, camt, camt_balance, camt_entry
from tests.campaign import rounds
from tests.intake.bank.reading import codes, read

LINE = ("2026-11-02", "100.00", "VIR DUPONT FA-1", "R1")


@pytest.mark.parametrize("version", ["02", "04", "08", "12"])
@pytest.mark.parametrize(
    ("message", "kind"),
    [("052", Kind.INTERIM), ("053", Kind.STATEMENT), ("054", Kind.NOTICE)],
)
def test_every_message_and_version(message: str, kind: Kind, version: str, tmp_path: Path) -> None:
    file, [line] = read(tmp_path, camt([LINE], message=message, version=version))
    assert file.format == f"camt{message}"
    assert (line.statement.kind, line.statement.iban) == (kind, IBAN)
    assert (line.booked_on, line.amount_cents, line.bank_ref) == (date(2026, 11, 2), 10000, "R1")
    assert file.problems.blocking == 0


def test_a_party_is_read_wherever_its_version_puts_it(tmp_path: Path) -> None:
    old = "<Dbtr><Nm>Dupont</Nm></Dbtr>"
    new = "<Dbtr><Pty><Nm>Dupont</Nm></Pty></Dbtr>"
    for parties in (old, new):
        inside = (
            f"<TxDtls><Refs><EndToEndId>E1</EndToEndId><MndtId>M1</MndtId></Refs><RltdPties>{parties}"
            "<DbtrAcct><Id><IBAN>DE89 3704 0044 0532 0130 00</IBAN></Id></DbtrAcct><UltmtDbtr><Nm>"
            "Groupe Dupont</Nm></UltmtDbtr><Cdtr><Nm>Nous</Nm></Cdtr></RltdPties><RmtInf><Ustrd>FA-1"
            "</Ustrd><Strd><CdtrRefInf><Ref>RF18 5390</Ref></CdtrRefInf><RfrdDocInf><Nb>FA-2</Nb>"
            "</RfrdDocInf></Strd></RmtInf></TxDtls>"
        )
        entry = camt_entry("2026-11-02", "100.00", "", "R1", inside)
        _, [line] = read(tmp_path, camt([entry], closing="100.00"))
        assert (line.counterparty, line.on_behalf_of) == ("Dupont", "Groupe Dupont")
        assert line.counterparty_iban == "DE89370400440532013000"
        assert (line.end_to_end, line.mandate, line.label) == ("E1", "M1", "FA-1")
        assert line.refs == ("RF18 5390", "FA-2")
        assert line.details == ()  # one transaction is the line itself


def test_opening_and_movements_must_lead_to_the_closing_balance(tmp_path: Path) -> None:
    file, _ = read(tmp_path, camt([LINE], opening="18.15", closing="118.15"))
    assert file.statements[0].is_checked
    assert codes(file) == []
    file, _ = read(tmp_path, camt([LINE], opening="18.15", closing="118.14"))
    assert codes(file) == ["balance"]
    assert "118,15" in file.problems.listed[0].message
    file, _ = read(tmp_path, camt([LINE], opening=None))
    assert codes(file) == ["no_balance"]
    assert file.problems.blocking == 0


def test_balances_of_two_currencies_refuse_the_statement(tmp_path: Path) -> None:
    text = camt([LINE], opening=None).replace(
        "</Acct>",
        "</Acct>"
        + camt_balance("OPBD", "0.00", "2026-10-31")
        + camt_balance("CLBD", "100.00", "2026-11-30", "SEK"),
    )
    file, _ = read(tmp_path, text)
    assert codes(file) == ["balance_currency"]


def test_the_previous_close_opens_where_nothing_else_does(tmp_path: Path) -> None:
    text = camt([LINE]).replace("OPBD", "PRCD")
    file, _ = read(tmp_path, text)
    assert file.statements[0].is_checked


def test_several_transactions_are_details_and_their_differences_are_told(tmp_path: Path) -> None:
    inside = (
        "<Btch><PmtInfId>LOT</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"
        '<TxDtls><Amt Ccy="EUR">60.00</Amt></TxDtls><TxDtls><Amt Ccy="EUR">40.00</Amt></TxDtls>'
    )
    entry = camt_entry("2026-11-02", "100.00", "", "", inside)
    file, [line] = read(tmp_path, camt([entry], closing="100.00"))
    assert [detail.amount_cents for detail in line.details] == [6000, 4000]
    assert (line.batch_ref, line.batch_count) == ("LOT", 2)
    assert codes(file) == []
    file, _ = read(tmp_path, camt([entry.replace("<NbOfTxs>2", "<NbOfTxs>3")], closing="100.00"))
    assert codes(file) == ["details_count"]
    file, _ = read(tmp_path, camt([entry.replace("60.00", "61.00")], closing="100.00"))
    assert codes(file) == ["details_amount"]
    assert file.problems.blocking == 0


def test_a_returned_debit_says_what_it_returns_and_why(tmp_path: Path) -> None:
    def returned(reason: str) -> BankLine:
        inside = (
            f"<TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs><RtrInf><Rsn>{reason}</Rsn><AddtlInf>"
            "Konto ohne Deckung</AddtlInf></RtrInf><RltdPties><Dbtr><Nm>Aubin</Nm></Dbtr></RltdPties>"
            "</TxDtls>"
        )
        entry = camt_entry("2026-11-02", "-54.00", "", "", inside)
        file, [line] = read(tmp_path, camt([entry], opening=None, message="054", iban=""))
        assert file.statements[0].returns == 1
        return line

    line = returned("<Cd>AM04</Cd>")
    assert (line.is_return, line.amount_cents, line.counterparty) == (True, -5400, "Aubin")
    assert (line.end_to_end, line.return_code) == ("E1", "AM04")
    assert (line.return_reason, line.label) == ("provision insuffisante", "Konto ohne Deckung")
    line = returned("<Prtry>SONST</Prtry>")
    assert (line.return_code, line.return_reason) == ("SONST", "Konto ohne Deckung")


def test_the_banks_code_tells_nature_and_return(tmp_path: Path) -> None:
    code = (
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn>"
        "</BkTxCd><NtryDtls>"
    )
    text = camt([("2026-11-02", "-54.00", "IMPAYE")]).replace("<NtryDtls>", code)
    _, [line] = read(tmp_path, text)
    assert (line.nature, line.is_return, line.code) == (
        Nature.DIRECT_DEBIT,
        True,
        "PMNT/IDDT/UPDD",
    )


def test_entries_to_come_are_counted_and_left_out(tmp_path: Path) -> None:
    pending = camt_entry("2026-11-03", "5.00", "").replace("BOOK", "PDNG")
    coded = camt_entry("2026-11-03", "6.00", "").replace(
        "<Sts>BOOK</Sts>", "<Sts><Cd>PDNG</Cd></Sts>"
    )
    file, lines = read(tmp_path, camt([LINE, pending, coded], closing="100.00"))
    assert [line.amount_cents for line in lines] == [10000]
    assert file.statements[0].pending == 2


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("100.00", "1e2", "wrong_amount"),
        ("100.00", "100.001", "wrong_amount"),
        ("100.00", "-100.00", "wrong_amount"),
        ("100.00", "99999999999999", "amount_too_large"),
        ("<CdtDbtInd>CRDT", "<CdtDbtInd>X", "missing_side"),
        ("2026-11-02", "2026-11-31", "wrong_date"),
        ("2026-11-02", "0001-01-01", "wrong_date"),
    ],
)
def test_what_cannot_be_read_exactly_refuses_the_file(
    old: str, new: str, code: str, tmp_path: Path
) -> None:
    entry = camt_entry(*LINE).replace(old, new)
    file, _ = read(tmp_path, camt([entry], opening=None))
    assert codes(file)[0] == code
    assert file.problems.blocking


def test_the_same_statement_twice_in_a_file_is_taken_once(tmp_path: Path) -> None:
    text = camt([LINE])
    block = text[text.index("<Stmt>") : text.index("</Stmt>") + 7]
    file, _ = read(tmp_path, text.replace(block, block + block))
    assert [one.repeats for one in file.statements] == [None, 0]
    assert codes(file) == ["statement_twice"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><Document/>', "unsafe_xml"),
        (
            '<?xml version="1.0"?><!DOCTYPE Document SYSTEM "file:///etc/passwd"><Document/>',
            "unsafe_xml",
        ),
        (camt([LINE])[:-30], "damaged_xml"),
        (camt([LINE]).replace("VIR DUPONT", "&xxe;"), "damaged_xml"),
        ("<Document>" + "<a>" * 5000 + "</a>" * 5000 + "</Document>", "too_large"),
        (camt([LINE]).replace("VIR DUPONT", "X" * 70_000), "too_large"),
        ("<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>", "no_statement"),
        ('<?xml version="1.0" encoding="no-such"?><Document/>', "damaged_xml"),
        ("", "empty_file"),
    ],
)
def test_hostile_or_broken_xml_is_refused_by_name(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        read(tmp_path, text, format_="camt053")
    assert refused.value.problem.code == code


def test_encodings_are_those_the_message_declares(tmp_path: Path) -> None:
    text = camt([("2026-11-02", "1.00", "ÉLAN À NÎMES")])
    for encoding in ("utf-8", "iso-8859-1", "utf-16"):
        declared = text.replace("UTF-8", encoding)
        _, [line] = read(tmp_path, declared.encode(encoding), format_="camt053")
        assert line.label == "ÉLAN À NÎMES"


def test_reading_is_bounded_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elements that no reader releases are refused before they fill the memory."""
    monkeypatch.setattr(xml_stream, "MAX_HELD", rounds(100_000, xml_stream.MAX_HELD))
    junk = "<a/>" * (xml_stream.MAX_HELD + 100_000)
    with pytest.raises(Unreadable, match="n’a pas la forme"):
        read(tmp_path, f"<Document><BkToCstmrStmt><Stmt>{junk}</Stmt></BkToCstmrStmt></Document>")
