"""OFX as banks write it: both syntaxes, deviations, charsets, hostile texts."""

from datetime import date
from pathlib import Path

import pytest

from exigible.intake.bank.shapes import Nature
from exigible.intake.problems import Unreadable
from tests.bank_text import IBAN, ofx
from tests.intake.bank.reading import codes, read

ONE = "<TRNTYPE>DEBIT\n<DTPOSTED>20261102\n<TRNAMT>-10.00\n<FITID>T1\n<NAME>Marchand\n<MEMO>Achat"
BALANCE = "<LEDGERBAL><BALAMT>90.00<DTASOF>20261130</LEDGERBAL>"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211"?>\n'


def test_a_statement(tmp_path: Path) -> None:
    file, [line] = read(tmp_path, ofx(ONE, balance=BALANCE))
    [statement] = file.statements
    assert (file.format, statement.iban, statement.currency) == ("ofx", IBAN, "EUR")
    assert (statement.closing_cents, statement.closing_on) == (9000, date(2026, 11, 30))
    assert (statement.opening_cents, codes(file)) == (None, ["no_balance"])
    assert (line.amount_cents, line.bank_ref, line.counterparty) == (-1000, "T1", "Marchand")
    assert (line.label, line.booked_on) == ("Achat", date(2026, 11, 2))


def test_xml_is_read_as_sgml_is(tmp_path: Path) -> None:
    sgml = ofx(ONE, balance=BALANCE)
    body = sgml[sgml.index("<OFX>") :].replace("\n", "")
    for tag in ("TRNTYPE", "DTPOSTED", "TRNAMT", "FITID", "NAME", "MEMO", "CURDEF", "ACCTID"):
        head, _, tail = body.partition(f"<{tag}>")
        value, _, rest = tail.partition("<")
        body = f"{head}<{tag}>{value}</{tag}><{rest}"
    file, [line] = read(tmp_path, XML + body)
    assert (line.amount_cents, line.label, file.statements[0].iban) == (-1000, "Achat", IBAN)


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("-2000,00", -200000),
        ("+120", 12000),
        ("1.234,56", 123456),
        ("-1,234.56", -123456),
        (".5", 50),
        ("8.8500", 885),
    ],
)
def test_decimal_marks_are_told_value_by_value(amount: str, cents: int, tmp_path: Path) -> None:
    _, [line] = read(tmp_path, ofx(ONE.replace("-10.00", amount)))
    assert line.amount_cents == cents


@pytest.mark.parametrize("amount", ["10.005", "1e3", "10 €", "--1", "NaN", "1.2.3", "٣"])
def test_what_is_no_amount_refuses_the_file(amount: str, tmp_path: Path) -> None:
    file, lines = read(tmp_path, ofx(ONE.replace("-10.00", amount)))
    assert (lines, codes(file)[0]) == ([], "wrong_amount")
    assert file.problems.blocking
    file, _ = read(tmp_path, ofx(ONE.replace("-10.00", amount)), partial=True)
    assert not file.problems.blocking


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("20261102", date(2026, 11, 2)),
        ("20261102235959.000[-8:PST]", date(2026, 11, 2)),  # the bank's own day
        ("202611021120", date(2026, 11, 2)),
    ],
)
def test_dates(written: str, day: date, tmp_path: Path) -> None:
    _, [line] = read(tmp_path, ofx(ONE.replace("20261102", written)))
    assert line.booked_on == day


def test_empty_tags_are_absent_and_a_currency_is_never_supposed(tmp_path: Path) -> None:
    text = ofx(
        ONE.replace("<FITID>T1", "<FITID></FITID>").replace("Marchand", "</NAME>"), currency=""
    )
    file, [line] = read(tmp_path, text)
    assert (line.bank_ref, line.counterparty, line.label) == ("", "", "Achat")
    assert (line.currency, codes(file)) == ("XXX", ["currency_unknown", "no_balance"])
    assert file.problems.blocking == 0


def test_the_currency_of_a_transaction_completes_the_statements(tmp_path: Path) -> None:
    told = ONE + "\n<CURRENCY><CURRATE>1.0<CURSYM>CAD</CURRENCY>"
    _, [line] = read(tmp_path, ofx(told, currency=""))
    assert line.currency == "CAD"
    file, lines = read(tmp_path, ofx(told))
    assert (lines, codes(file)[0]) == ([], "entry_currency")


def test_tags_of_the_banks_own_shift_nothing(tmp_path: Path) -> None:
    told = ONE.replace("<MEMO>", "<VALUEDATE>20200101\n<ACCTBAL>-400.52\n<CATEGORY>x\n<MEMO>")
    _, [line] = read(tmp_path, ofx(told))
    assert (line.amount_cents, line.label, line.value_on) == (-1000, "Achat", None)


def test_a_cheque_without_payee_and_nested_accounts(tmp_path: Path) -> None:
    cheque = "<TRNTYPE>CHECK<DTPOSTED>20261102<TRNAMT>-10<FITID>1<CHECKNUM>1090381"
    paid = (
        "<TRNTYPE>XFER<DTPOSTED>20261103<TRNAMT>20<FITID>2<BANKACCTTO><BANKID>1"
        "<ACCTID>DE89370400440532013000</BANKACCTTO><PAYEE><NAME>Aubin</PAYEE>"
    )
    _, [first, second] = read(tmp_path, ofx(cheque, paid))
    assert (first.nature, first.label, first.counterparty) == (Nature.CHEQUE, "", "")
    assert first.refs == ("1090381",)
    assert (second.counterparty, second.counterparty_iban) == ("Aubin", "DE89370400440532013000")
    assert second.statement.iban == IBAN


def test_the_iban_of_a_french_account_in_three_parts(tmp_path: Path) -> None:
    text = ofx(ONE, account="12345678901").replace("<BANKID>1", "<BANKID>30006<BRANCHID>00001")
    file, _ = read(tmp_path, text)
    assert file.statements[0].iban == IBAN


def test_a_balance_dated_zero_and_one_empty(tmp_path: Path) -> None:
    file, _ = read(tmp_path, ofx(ONE, balance=BALANCE.replace("20261130", "00000000")))
    assert (file.statements[0].closing_cents, file.statements[0].closing_on) == (9000, None)
    assert codes(file) == ["wrong_date", "no_balance"]
    file, _ = read(tmp_path, ofx(ONE, balance=BALANCE.replace("90.00", " ")))
    assert file.statements[0].closing_cents is None
    assert file.problems.blocking == 0


def test_several_lists_and_several_statements(tmp_path: Path) -> None:
    text = ofx(ONE, ONE.replace("T1", "T2"))
    cut = text.replace("</STMTTRN>\n<STMTTRN>", "</STMTTRN></BANKTRANLIST><BANKTRANLIST><STMTTRN>")
    block = cut[cut.index("<STMTRS>") : cut.index("</STMTRS>") + 9]
    both = cut.replace(block, block + block.replace("STMTRS", "CCSTMTRS").replace("T1", "T3"))
    file, lines = read(tmp_path, both)
    assert (len(file.statements), len(lines)) == (2, 4)


@pytest.mark.parametrize("charset", ["1252", "ISO-8859-1", "8859-1", "NONE", "UTF-8", "xyz"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_declared_charset_is_not_believed(charset: str, encoding: str, tmp_path: Path) -> None:
    text = ofx(ONE.replace("Marchand", "Élan à Nîmes")).replace("1252", charset)
    _, [line] = read(tmp_path, text.encode(encoding))
    assert line.counterparty == "Élan à Nîmes"


@pytest.mark.parametrize("before", ["", "\n", "\r\n\r\n", "   \n"])
def test_the_header_may_begin_and_end_anywhere(before: str, tmp_path: Path) -> None:
    text = before + ofx(ONE).replace("\n\n<OFX>", "\n<OFX>")
    _, [line] = read(tmp_path, text)
    assert line.amount_cents == -1000
    bare = ofx(ONE)
    _, [line] = read(tmp_path, bare[bare.index("<OFX>") :])  # no header at all
    assert line.amount_cents == -1000


def test_entities_are_those_of_xml_and_no_other(tmp_path: Path) -> None:
    told = ONE.replace("Marchand", "A &amp; B &lt;C&gt; &#233;")
    _, [line] = read(tmp_path, ofx(told))
    assert line.counterparty == "A & B <C> é"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (XML + '<!DOCTYPE OFX [<!ENTITY a "b">]>' + ofx(ONE), "unsafe_xml"),
        ("<OFX></OFX>", "no_statement"),
        (ofx(ONE).replace("Achat", "X" * 200_000), "line_too_long"),
    ],
)
def test_refusals(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        read(tmp_path, text, format_="ofx")
    assert refused.value.problem.code == code


def test_a_file_cut_in_a_statement_is_refused(tmp_path: Path) -> None:
    text = ofx(ONE, ONE.replace("T1", "T2"))
    file, _ = read(tmp_path, text[: text.rindex("<FITID>")])
    assert "truncated" in codes(file)
    assert file.problems.blocking
