"""CFONB 120 and 240: signs, decimals, complements, records out of place, files without line ends."""

from datetime import date
from pathlib import Path

import pytest

from exigible.intake.bank.shapes import Kind, Nature
from exigible.intake.problems import Unreadable
from tests.bank_text import IBAN, cfonb120, record, signed
from tests.intake.bank.reading import codes, read

OPEN, CLOSE = record("01", "311026", signed("0.00")), record("07", "301126", signed("50.00"))
MOVE = record("04", "021126", signed("50.00"), label="VIR DUPONT", inner="05", reference="R1")


def statement(*records: str) -> str:
    return "\n".join([OPEN, *records, CLOSE]) + "\n"


def test_a_statement_and_the_iban_of_its_rib(tmp_path: Path) -> None:
    file, [line] = read(tmp_path, statement(MOVE))
    assert (file.format, file.encoding, codes(file)) == ("cfonb120", "ascii", [])
    [one] = file.statements
    assert (one.iban, one.currency, one.opening_on) == (IBAN, "EUR", date(2026, 10, 31))
    assert (line.booked_on, line.amount_cents, line.label) == (
        date(2026, 11, 2),
        5000,
        "VIR DUPONT",
    )
    assert (line.code, line.nature, line.refs) == ("05", Nature.TRANSFER, ("R1",))


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("0000000001904}", -19040),  # } is 0, negative
        ("0000000000322J", -3221),
        ("0000000000974I", 9749),
        ("0000000166956E", 1669565),
        ("0000000115350{", 1153500),
        ("00000000009995", 9995),  # a plain digit: positive
    ],
)
def test_the_last_character_carries_the_sign(written: str, cents: int, tmp_path: Path) -> None:
    _, [line] = read(tmp_path, statement(MOVE.replace(signed("50.00"), written)))
    assert line.amount_cents == cents


@pytest.mark.parametrize(("decimals", "cents"), [("0", 500000), ("2", 5000), ("3", 500)])
def test_decimals_are_those_of_the_record(decimals: str, cents: int, tmp_path: Path) -> None:
    move = record("04", "021126", signed("50.00"), label="VIR", inner="05", decimals=decimals)
    _, [line] = read(tmp_path, statement(move))
    assert line.amount_cents == cents


def complement(qualifier: str, text: str) -> str:
    return record("05", "021126", qualifier=qualifier, label=text)


def test_complements_belong_to_the_movement_before_them(tmp_path: Path) -> None:
    told = [
        complement("LIB", "FACTURE FA-1"),
        complement("NPY", "DUPONT SARL"),
        complement("NPO", "GROUPE DUPONT"),
        complement("RCN", "E2E-1".ljust(35) + "PURPOSE"),
        complement("RUM", "MANDAT-1"),
        complement("REF", "REM-1"),
        complement("CPY", "DE89370400440532013000"),
        complement("", ""),
    ]
    _, [line] = read(tmp_path, statement(MOVE, *told))
    assert (line.label, line.counterparty) == ("VIR DUPONT FACTURE FA-1", "DUPONT SARL")
    assert (line.on_behalf_of, line.end_to_end, line.mandate) == (
        "GROUPE DUPONT",
        "E2E-1",
        "MANDAT-1",
    )
    assert (line.refs, line.counterparty_iban) == (("R1", "REM-1"), "DE89370400440532013000")


def test_a_rejected_debit_carries_its_reason(tmp_path: Path) -> None:
    move = record("04", "021126", signed("-54.00"), label="PRLV IMPAYE", inner="B3", motive="58")
    file, [line] = read(tmp_path, statement(move).replace(signed("50.00"), signed("-54.00")))
    assert (line.is_return, line.return_code, line.nature) == (True, "58", Nature.DIRECT_DEBIT)
    assert file.statements[0].returns == 1


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([complement("LIB", "X"), MOVE], "detail_without_movement"),
        ([OPEN, MOVE], "missing_closing"),
        ([MOVE, record("99", "021126")], "unknown_record"),
        ([MOVE.replace(signed("50.00"), "00000000X0500{")], "wrong_amount"),
        ([MOVE.replace("021126", "320126")], "wrong_date"),
        ([MOVE.replace("EUR", "USD")], "entry_currency"),
    ],
)
def test_what_is_out_of_place_refuses_the_file(
    records: list[str], code: str, tmp_path: Path
) -> None:
    file, _ = read(tmp_path, statement(*records))
    assert code in codes(file)
    assert file.problems.blocking


def test_a_movement_before_any_statement_and_a_statement_cut(tmp_path: Path) -> None:
    file, _ = read(tmp_path, MOVE + "\n" + statement(MOVE))
    assert codes(file) == ["movement_outside"]
    file, _ = read(tmp_path, f"{OPEN}\n{MOVE}\n")
    assert codes(file) == ["missing_closing", "no_balance"]
    with pytest.raises(Unreadable, match="01"):
        read(tmp_path, MOVE)


def test_a_closing_balance_of_another_bank_is_told_of_another_account_refused(
    tmp_path: Path,
) -> None:
    other_bank = CLOSE.replace("0730006", "0730007")
    file, _ = read(tmp_path, f"{OPEN}\n{MOVE}\n{other_bank}\n")
    assert codes(file) == ["other_bank"]
    assert file.problems.blocking == 0
    other_account = CLOSE.replace("12345678901", "12345678902")
    file, _ = read(tmp_path, f"{OPEN}\n{MOVE}\n{other_account}\n")
    assert codes(file) == ["other_account"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", ""])
def test_any_line_end_or_none(end: str, tmp_path: Path) -> None:
    text = end.join(line for line in cfonb120(("021126", "50.00", "VIR")).split("\n") if line)
    file, [line] = read(tmp_path, text)
    assert (line.amount_cents, file.problems.blocking) == (5000, 0)


def test_trailing_spaces_may_be_lost_and_accents_kept(tmp_path: Path) -> None:
    text = statement(MOVE.replace("DUPONT", "ÉLAN  ")).replace(CLOSE, CLOSE.rstrip())
    file, [line] = read(tmp_path, text.encode("cp850"))
    assert (line.label, file.encoding, codes(file)) == ("VIR ÉLAN", "cp850", [])


def test_a_record_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        read(tmp_path, f"{OPEN}\n{MOVE}XXXXXXX\n{CLOSE}\n")
    assert (refused.value.problem.code, refused.value.problem.line) == ("record_length", 2)


# ---- CFONB 240

HEAD = "31000001{op}021126E    300060000112345678901".ljust(244)
ITEM = "34000002{op}021126E    149890000122140469732" + "DUPONT".ljust(24)
TOTAL = "39000003{op}021126E    300060000112345678901"


def cfonb240(operation: str, *amounts: int, total: int | None = None) -> str:
    items = [f"{ITEM.format(op=operation):228}{amount:012d}" for amount in amounts]
    end = sum(amounts) if total is None else total
    head = HEAD.format(op=operation)[:240]
    return "\n".join([head, *items, f"{TOTAL.format(op=operation):228}{end:012d}", ""])


def test_returned_debits_one_by_one_move_no_money(tmp_path: Path) -> None:
    file, lines = read(tmp_path, cfonb240("27", 5400, 1250))
    [one] = file.statements
    assert (one.kind, one.iban, one.returns, codes(file)) == (Kind.STATUS, IBAN, 2, [])
    assert [line.amount_cents for line in lines] == [-5400, -1250]
    assert (lines[0].counterparty, lines[0].counterparty_iban) == (
        "DUPONT",
        "FR7614989000012214046973221",
    )


def test_a_total_that_is_not_the_sum_refuses(tmp_path: Path) -> None:
    file, _ = read(tmp_path, cfonb240("27", 5400, total=5500))
    assert codes(file) == ["total"]
    file, _ = read(tmp_path, cfonb240("27", 5400).rpartition("\n39")[0] + "\n")
    assert codes(file) == ["missing_closing"]
