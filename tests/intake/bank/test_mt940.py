"""MT940 and MT942: fields, signs, texts in each bank's habit, damaged messages."""

from datetime import date
from pathlib import Path

import pytest

from exigible.intake.bank.mt940 import read_text
from exigible.intake.bank.shapes import Kind
from exigible.intake.problems import Unreadable
from tests.bank_text import IBAN, mt940
from tests.intake.bank.reading import codes, read

HEAD = f":20:T\r\n:25:{IBAN}\r\n:28C:5/1\r\n:60F:C261031EUR100,\r\n"
TAIL = "\r\n:62F:C261130EUR{closing}\r\n-\r\n"


def one(movement: str, closing: str) -> str:
    return HEAD + movement + TAIL.format(closing=closing)


def test_a_statement(tmp_path: Path) -> None:
    file, lines = read(tmp_path, mt940(("261102", "C100,00", "VIR"), closing="100,00"))
    [statement] = file.statements
    assert (file.format, statement.iban, statement.number) == ("mt940", IBAN, "1/1")
    assert (statement.is_checked, codes(file)) == (True, [])
    assert (lines[0].amount_cents, lines[0].booked_on) == (10000, date(2026, 11, 2))


@pytest.mark.parametrize(
    ("field", "cents", "booked", "back"),
    [
        ("2611021102C10,5NTRFNONREF//B1", 1050, date(2026, 11, 2), False),
        ("2611021102CR10,5NTRFNONREF//B1", 1050, date(2026, 11, 2), False),  # currency letter
        ("261102D10,NCHK123", -1000, date(2026, 11, 2), False),
        ("2611021102RD10,NTRFNONREF", 1000, date(2026, 11, 2), True),  # a debit comes back
        ("2611021102RC10,NTRFNONREF", -1000, date(2026, 11, 2), True),
        ("2701020102C10,00FMSCNONREF", 1000, date(2027, 1, 2), False),
        ("2701021231C10,00NTRFNONREF", 1000, date(2026, 12, 31), False),  # booked the year before
        ("2612310102C10,00NTRFNONREF", 1000, date(2027, 1, 2), False),
        ("130101C000000000025,00N102EREF            ", 2500, date(2013, 1, 1), False),
    ],
)
def test_field_61(field: str, cents: int, booked: date, back: bool, tmp_path: Path) -> None:
    _, [line] = read(tmp_path, one(f":61:{field}\r\n:86:X", "0,00"))
    assert (line.amount_cents, line.booked_on, line.is_return) == (cents, booked, back)


def test_references(tmp_path: Path) -> None:
    movement = ":61:261102C10,NTRFREF 25611247//8327000090031790\r\nTransfer\r\n:86:"
    _, [line] = read(tmp_path, one(movement, "110,00"))
    assert (line.refs, line.bank_ref, line.label) == (
        ("REF 25611247",),
        "8327000090031790",
        "Transfer",
    )


def test_subfields_cut_anywhere() -> None:
    told = read_text(
        "166?00GUTSCHRIFT?100399?20EREF+EndToEndId TFNR 22 004?21 00001?22\nSVWZ+Verw CTSc-01 BC-PPP TF"
        "?23Nr 22 004?31DE1450880\n0500194785000?32KARL?33        KAUFMANN?34914"
    )
    assert (told.gvc, told.end_to_end) == ("166", "EndToEndId TFNR 22 004 00001")
    assert (told.label, told.name) == ("Verw CTSc-01 BC-PPP TFNr 22 004", "KARL KAUFMANN")
    assert (told.account, told.return_code) == ("DE14508800500194785000", "914")


def test_words_between_slashes() -> None:
    told = read_text("/EREF/E-1/ORDP//NAME/JOHN DOE/IBAN/DE89370400440532013000/REMI/FA 12\n34")
    assert (told.end_to_end, told.name, told.label) == (
        "E-1",
        "JOHN DOE",
        "FA 1234",
    )  # a full line, cut
    assert told.account == "DE89370400440532013000"


def test_a_full_line_is_joined_without_a_space() -> None:
    cut = "X" * 60 + "12345"
    assert read_text(f"{cut}\n6789").label == f"{cut}6789"
    assert read_text("COURT\nSUITE").label == "COURT SUITE"


def test_a_german_return_is_one(tmp_path: Path) -> None:
    movement = ":61:2611021102D54,NTRFNONREF\r\n:86:109?00RUECKLASTSCHRIFT?20EREF+E1?34AM04"
    _, [line] = read(tmp_path, one(movement, "46,00"))
    assert (line.is_return, line.end_to_end, line.return_reason) == (
        True,
        "E1",
        "provision insuffisante",
    )


def test_several_accounts_currencies_and_pages(tmp_path: Path) -> None:
    text = (
        one(":61:261102C10,NTRFNONREF\r\n:86:A", "110,00")
        + "\r\n\x01\r\n"
        + HEAD.replace("EUR", "PLN").replace("60F", "60M").replace(IBAN, "123/456")
        + ":61:261102D10,NTRFNONREF\r\n:86:B"
        + TAIL.format(closing="90,00").replace("EUR", "PLN").replace("62F", "62M")
    )
    file, lines = read(tmp_path, text)
    assert [(s.account, s.currency, s.is_checked) for s in file.statements] == [
        (IBAN, "EUR", True),
        ("123/456", "PLN", True),
    ]
    assert [line.currency for line in lines] == ["EUR", "PLN"]
    assert codes(file) == []


def test_blocks_and_control_characters_around(tmp_path: Path) -> None:
    text = one(":61:261102C10,NTRFNONREF\r\n:86:A", "110,00").replace("-\r\n", "-}\r\n")
    wrapped = "{1:F01BANKFRPPXXXX0000000000}{2:O9400000}{4:\r\n" + text
    for content in (
        wrapped,
        "\x01\r\n" + text.replace("-}", "-\x03"),
        "BANK\r\n940\r\nBANK\r\n" + text,
    ):
        file, [line] = read(tmp_path, content)
        assert (line.label, codes(file)) == ("A", [])


def test_an_interim_report(tmp_path: Path) -> None:
    text = f":20:T\r\n:25:{IBAN}\r\n:28C:5/1\r\n:34F:EUR0,\r\n:13D:2611021200+0100\r\n:61:261102C10,NTRFNONREF\r\n:86:A\r\n:90C:1EUR10,\r\n-\r\n"
    file, [line] = read(tmp_path, text)
    assert (file.format, line.statement.kind, line.currency) == ("mt942", Kind.INTERIM, "EUR")
    assert codes(file) == ["no_balance"]


@pytest.mark.parametrize(
    ("movement", "code"),
    [
        (":61:261102C10,NTRFNONREF\r\n:25:166?00GUTSCHRIFT", "unexpected_field"),
        (":61:2611C10,NTRFNONREF\r\n:86:A", "wrong_movement"),
        (":61:261302C10,NTRFNONREF\r\n:86:A", "wrong_date"),
        (":61:2611021340C10,NTRFNONREF\r\n:86:A", "wrong_date"),
        (":61:261102C10,001NTRFNONREF\r\n:86:A", "wrong_amount"),
        (":61:261102C10,NTRFNONREF\r\n:86:A\r\n:62F:C26113EUR0", "wrong_amount"),
    ],
)
def test_a_damaged_field_refuses_the_file(movement: str, code: str, tmp_path: Path) -> None:
    file, _ = read(tmp_path, one(movement, "110,00"))
    assert code in codes(file)
    assert file.problems.blocking


def test_balances_that_do_not_meet_and_no_statement_at_all(tmp_path: Path) -> None:
    file, _ = read(tmp_path, one(":61:261102C10,NTRFNONREF\r\n:86:A", "111,00"))
    assert codes(file) == ["balance"]
    with pytest.raises(Unreadable, match=":20:"):
        read(tmp_path, "1\n2\n3\n", format_="mt940")
