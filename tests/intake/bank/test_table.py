"""Bank statements in CSV: columns and habits guessed, running balances checked."""

from datetime import date
from pathlib import Path

import pytest

from exigible.intake.bank.columns import (
    Habits,
    guess_columns,
    guess_habits,
    missing_columns,
    read_amount,
    read_date,
)
from exigible.intake.cells import Illegible
from exigible.intake.importing import guess_format
from exigible.intake.problems import Unreadable
from tests.bank_text import IBAN, OTHER_IBAN
from tests.intake.bank.reading import codes, read

FRENCH, ENGLISH = Habits(), Habits(day_first=False, decimal=".")


@pytest.mark.parametrize(
    "headings",
    [
        "Date;Libellé;Montant",
        "Date opération;Libellé opération;Débit;Crédit",
        "Date comptable;Date de valeur;Libellé;Débit euros;Crédit euros;Solde",
        "Booking date;Description;Amount;Currency",
        "Date de l'opération;Détails;Montant (EUR)",
        "Transaction Date;Transaction details;Paid in;Paid out;Balance",
    ],
)
def test_headings_of_french_and_english_banks(headings: str) -> None:
    assert missing_columns(guess_columns(headings.split(";"))) == []


def test_what_is_missing_is_named() -> None:
    assert missing_columns(guess_columns(["Date", "Libellé", "Débit"])) == ["amount"]
    assert missing_columns(guess_columns(["Libellé", "Montant"])) == ["booked_on"]


@pytest.mark.parametrize(
    ("days", "amounts", "habits"),
    [
        (["12/15/2018"], ["1,533.50"], ENGLISH),
        (["15/12/2018"], ["1.533,50"], FRENCH),
        (["01/02/2018", "13/02/2018"], ["1 533,5"], FRENCH),
        (["01/02/2018"], ["10"], Habits()),
        (["2018-12-15"], ["-33.50"], Habits(decimal=".")),
    ],
)
def test_habits_are_those_of_the_values(
    days: list[str], amounts: list[str], habits: Habits
) -> None:
    rows = [
        {"booked_on": day, "amount": amount}
        for day, amount in zip(days, amounts * len(days), strict=False)
    ]
    assert guess_habits(rows) == habits


@pytest.mark.parametrize(
    ("text", "habits", "cents"),
    [
        ("1 533,50", FRENCH, 153350),
        ("1\u202f533,50 €", FRENCH, 153350),
        ("1.533,50", FRENCH, 153350),
        ("1,533.50", ENGLISH, 153350),
        ("-33.50", ENGLISH, -3350),
        ("33,50-", FRENCH, -3350),
        ("(33,50)", FRENCH, -3350),
        ("−33,50", FRENCH, -3350),
        ("12 EUR", FRENCH, 1200),
        ("", FRENCH, None),
        ("1.000.000,00", FRENCH, 100_000_000),
    ],
)
def test_amounts(text: str, habits: Habits, cents: int | None) -> None:
    assert read_amount(text, habits) == cents


@pytest.mark.parametrize("text", ["1.53,50", "1,5,3", "12,345", "x", "1e3", "=1+1", "1.2345,00"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Illegible):
        read_amount(text, FRENCH)


@pytest.mark.parametrize(
    ("text", "habits", "day"),
    [
        ("02/11/2026", FRENCH, date(2026, 11, 2)),
        ("02/11/2026", ENGLISH, date(2026, 2, 11)),
        ("2/11/26", FRENCH, date(2026, 11, 2)),
        ("20261102", FRENCH, date(2026, 11, 2)),
        ("2026-11-02T08:00:00Z", FRENCH, date(2026, 11, 2)),
        ("02.11.2026", FRENCH, date(2026, 11, 2)),
        ("", FRENCH, None),
    ],
)
def test_days(text: str, habits: Habits, day: date | None) -> None:
    assert read_date(text, habits) == day


def test_debit_and_credit_in_two_columns(tmp_path: Path) -> None:
    text = "Relevé du compte\n\nDate;Libellé;Débit;Crédit\n02/11/2026;FRAIS;9,90;\n03/11/2026;VIR;;100\n"
    file, lines = read(tmp_path, text.encode("cp1252"), format_="bank_csv")
    assert [line.amount_cents for line in lines] == [-990, 10000]
    assert [line.line for line in lines] == [4, 5]
    assert codes(file) == ["no_balance"]


ROWS = ("02/11/2026;A;100,00;100,00", "03/11/2026;B;-30,00;70,00", "03/11/2026;C;5,00;75,00")


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1]], ids=["oldest first", "newest first"])
def test_a_running_balance_is_followed_in_either_order(
    rows: tuple[str, ...], tmp_path: Path
) -> None:
    head = "Date;Libellé;Montant;Solde\n"
    file, _ = read(tmp_path, head + "\n".join(rows), format_="bank_csv")
    [statement] = file.statements
    assert (statement.opening_cents, statement.closing_cents, codes(file)) == (0, 7500, [])
    file, _ = read(tmp_path, head + "\n".join((rows[0], rows[2])), format_="bank_csv")
    assert codes(file)[0] == "balance"
    assert file.problems.blocking


def test_the_side_wins_over_the_sign_where_the_balance_agrees(tmp_path: Path) -> None:
    head = '"Date","Label","Amount","D/C","Balance"\n'
    first = '"12/15/2018","Supplier","33.50","D","-23.50"\n'
    text = head + first + '"12/15/2018","Payment","-1,533.50","C","1,510.00"\n'
    file, lines = read(tmp_path, text, format_="bank_csv")
    assert [line.amount_cents for line in lines] == [-3350, 153350]
    assert (file.statements[0].opening_cents, codes(file)) == (1000, [])
    without = text.replace(',"Balance"', "").replace(',"-23.50"', "").replace(',"1,510.00"', "")
    file, _ = read(tmp_path, without, format_="bank_csv")
    assert codes(file)[0] == "ambiguous_amount"


SPACED = " ".join(IBAN[at : at + 4] for at in range(0, len(IBAN), 4))


@pytest.mark.parametrize(
    ("above", "iban"),
    [
        (f"Relevé du compte;{IBAN}", IBAN),
        (f"Compte courant {SPACED} EUR", IBAN),
        (f"IBAN : {IBAN} - du 01/11/2026 au 20/11/2026", IBAN),
        (f"Virements de {IBAN} vers {OTHER_IBAN}", ""),
        (f"Compte {IBAN[:-1]}7", ""),
    ],
)
def test_the_account_may_be_written_above_the_headings(
    above: str, iban: str, tmp_path: Path
) -> None:
    rows = "Date;Libellé;Montant\n02/11/2026;A;1,00\n"
    file, _ = read(tmp_path, f"{above}\n\n{rows}", format_="bank_csv")
    assert [one.iban for one in file.statements] == [iban]


def test_accounts_and_currencies_are_as_many_statements(tmp_path: Path) -> None:
    text = (
        "Compte;Date;Libellé;Montant;Devise\n"
        f"{IBAN};02/11/2026;A;1,00;EUR\n{OTHER_IBAN};02/11/2026;B;2,00;EUR\n"
        f"{IBAN};02/11/2026;C;3,00;USD\n{IBAN};03/11/2026;D;4,00;EUR\n"
    )
    file, _ = read(tmp_path, text, format_="bank_csv")
    assert [(s.iban, s.currency, s.credit_cents) for s in file.statements] == [
        (IBAN, "EUR", 500),
        (OTHER_IBAN, "EUR", 200),
        (IBAN, "USD", 300),
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("31/02/2026;A;1,00", "wrong_date"),
        (";A;1,00", "missing_date"),
        ("02/11/2026;A;", "missing_amount"),
        ("02/11/2026;A;1,234", "wrong_amount"),
        ("02/11/2026;=cmd|x;1,00", "formula"),
    ],
)
def test_a_row_that_cannot_be_read(row: str, code: str, tmp_path: Path) -> None:
    text = f"Date;Libellé;Montant\n13/11/2026;Z;2,00\n{row}\n"
    file, [line] = read(tmp_path, text, format_="bank_csv")
    assert (line.label, codes(file)[0]) == ("Z", code)
    assert file.problems.blocking
    _, [line] = read(tmp_path, text, format_="bank_csv", partial=True)
    assert line.label == "Z"


def test_a_table_without_amount_is_no_statement(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="montant"):
        read(tmp_path, "Date;Libellé\n02/11/2026;A\n", format_="bank_csv")


def test_customers_and_open_items_stay_what_they_were(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    for text, expected in (
        ("Code client;Nom;Ville\nA;B;C\n", "customers"),
        (
            "Code client;N° facture;Date;Échéance;Montant\nA;1;01/01/2026;01/02/2026;1\n",
            "open_items",
        ),
        ("Date;Libellé;Montant\n02/11/2026;A;1,00\n", "bank_csv"),
    ):
        path.write_text(text, encoding="utf-8")
        assert guess_format(path) == expected
