"""The files of `exigible match`: what is read, and what is refused with its line."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exigible.domain.refusals import WrongInput
from exigible.intake.matching_files import (
    read_invoices,
    read_lines,
    read_plans,
    read_remittances,
)
from tests.campaign import rounds

INVOICES = (
    "customer;name;trade_name;town;siren;ibans;invoice;issue_date;due_date;amount;currency;status"
)
LINES = "line;date;amount;currency;label;counterparty;counterparty_iban;end_to_end"


def write(folder: Path, *rows: str, name: str = "f.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\n".join(rows).encode(encoding))
    return path


def refusal(read: object, *arguments: object) -> WrongInput:
    with pytest.raises(WrongInput) as caught:
        read(*arguments)  # type: ignore[operator]
    return caught.value


def test_invoices(tmp_path: Path):
    path = write(
        tmp_path,
        "\ufeff" + INVOICES,
        "C1;Vauban SARL;Le Comptoir;Lille;552100554;FR76 1|FR76 2;F-2;2026-09-01;2026-10-01;1234.56;EUR;open",
        "C1;VAUBAN;;Lille;;;F-1;2026-08-01;;-80.00;;",
        "",
        ";Petit;;Niort;;;F-3;;;10.00;usd;collected",
    )
    customers, claims = read_invoices(path)
    assert [(one.code, one.names) for one in customers] == [
        ("C1", ("Le Comptoir", "VAUBAN", "Vauban SARL")),
        ("nom PETIT Niort", ("Petit",)),
    ]
    assert customers[0].ibans == ("FR76 1", "FR76 2")
    assert [(one.ref, one.cents, one.currency, one.collected) for one in claims] == [
        ("F-1", -8000, "EUR", False),
        ("F-2", 123456, "EUR", False),
        ("F-3", 1000, "USD", True),
    ]


def test_columns_in_any_order_others_passed_over(tmp_path: Path):
    path = write(tmp_path, "amount;note;invoice", "10.00;x;F-1")
    assert read_invoices(path)[1][0].cents == 1000


@pytest.mark.parametrize(
    ("row", "line", "field", "code"),
    [
        ("L1;2026-10-01;douze;EUR;;;;", 2, "amount", "wrong_amount"),
        ("L1;2026-10-01;1.234;EUR;;;;", 2, "amount", "ambiguous_amount"),
        ("L1;2026-10-01;1e5;EUR;;;;", 2, "amount", "wrong_amount"),
        ("L1;2026-10-01;NaN;EUR;;;;", 2, "amount", "wrong_amount"),
        ("L1;2026-10-01;99999999999999999;EUR;;;;", 2, "amount", "amount_too_large"),
        ("L1;2026-02-30;1.00;EUR;;;;", 2, "date", "wrong_date"),
        ("L1;;1.00;EUR;;;;", 2, "date", "missing_value"),
        (";2026-10-01;1.00;EUR;;;;", 2, "line", "missing_value"),
        ("L1;2026-10-01;1.00;EURO;;;;", 2, "currency", "wrong_currency"),
        ("L1;2026-10-01;1.00;EUR;a;b;c;d;e", 2, None, "too_many_columns"),
        ('L1;2026-10-01;1.00;EUR;"sans fin;;;', 2, None, "wrong_quotes"),
        ("L1;2026-10-01;1.00;EUR;x;;;\nL1;2026-10-02;2.00;EUR;y;;;", 3, "line", "duplicate_line"),
    ],
)
def test_a_wrong_line_is_refused_by_name(
    tmp_path: Path, row: str, line: int, field: str | None, code: str
):
    refused = refusal(read_lines, write(tmp_path, LINES, row))
    assert (refused.code, refused.facts["line"], refused.field) == (code, line, field)
    assert f"ligne {line}" in refused.message
    assert "\u00a0: " in refused.message


def test_a_status_of_another_kind(tmp_path: Path):
    row = "C1;V;;;;;F-1;;;1.00;EUR;paid"
    assert refusal(read_invoices, write(tmp_path, INVOICES, row)).field == "status"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"a;b\n1;2\n", "missing_column"),
        (b"line;date;amount;date\n", "duplicate_column"),
        (
            ("line;date;amount;label\nL1;2026-10-01;1.00;r\xe9glement\n").encode("latin-1"),
            "wrong_encoding",
        ),
        (b";" * 5000, "too_many_columns"),
        (b"line;date;amount;label\nL1;2026-10-01;1.00;" + b"x" * 30_000, "wrong_quotes"),
    ],
)
def test_what_is_no_such_file(tmp_path: Path, content: bytes, code: str):
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    assert refusal(read_lines, path).code == code


def test_cheques_and_plans(tmp_path: Path):
    slips = write(tmp_path, "slip;cheque;drawer;amount", "0045;1;VAUBAN;12.00")
    assert read_remittances(slips)[0].cents == 1200
    assert (
        refusal(
            read_remittances, write(tmp_path, "slip;cheque;drawer;amount", "0045;1;VAUBAN;-12.00")
        ).field
        == "amount"
    )
    header = "plan;customer;invoices;instalments;amount;last_amount;first_date"
    plans = write(tmp_path, header, "P1;C1;F-1|F-2;3;10.00;10.02;2026-10-01", "P2;C1;F 3;;5.00;;")
    found = read_plans(plans, frozenset({"F-1", "F-2", "F 3"}))
    assert [one.invoices for one in found] == [("F-1", "F-2"), ("F 3",)]
    assert (found[0].last_cents, found[1].last_cents) == (1002, 500)
    wrong = write(tmp_path, header, "P1;C1;F-1;mille;10.00;;")
    assert refusal(read_plans, wrong, frozenset()).field == "instalments"


@settings(
    max_examples=rounds(100, 6_000), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 40))
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, noise: bytes, at: int, drop: int):
    good = f"{LINES}\nL1;2026-10-01;1.00;EUR;VIR;X;FR76;F-1\nL2;2026-10-02;-2.00;;;;;\n".encode()
    path = tmp_path / "f.csv"
    path.write_bytes(good[:at] + noise + good[at + drop :])
    try:
        found = read_lines(path)
    except WrongInput as refused:
        assert refused.message
    else:
        assert all(one.id for one in found)
