"""Customer files and lists of open items as people export them."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from exigible.intake.customers import CustomerRow, read_customers
from exigible.intake.open_items import OpenItem, read_open_items

HEADER = ["Code client", "Raison sociale", "Adresse", "CP", "Ville", "E-mail", "Encours autorisé"]
ROW = ["DUPONT", "Société Élan & Fils", "4, rue des Lices", "35000", "Rennes", "", "10 000,00"]


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "fichier.csv"
    path.write_bytes(text.encode(encoding))
    return path


def customers(path: Path) -> tuple[list[CustomerRow], list[tuple[int | None, str, str]]]:
    file = read_customers(path)
    rows = list(file.rows)
    return rows, [(p.line, p.field, p.code) for p in file.problems.listed]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "iso-8859-15", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_any_separator_encoding_and_line_end(
    delimiter: str, encoding: str, end: str, tmp_path: Path
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows([HEADER, ROW])
    [row], problems = customers(written(tmp_path, text.getvalue(), encoding))
    assert problems == []
    assert (row.code, row.name, row.address_line1) == ("DUPONT", ROW[1], ROW[2])
    assert (row.postcode, row.city, row.credit_limit_cents) == ("35000", "Rennes", 1_000_000)


@pytest.mark.parametrize(
    ("code", "name", "postcode"),
    [
        ("Code client", "Nom", "Code postal"),
        ("N° Client", "RAISON SOCIALE", "CP"),
        ("CompAuxNum", "CompAuxLib", "code_postal"),
        ("Compte auxiliaire", "Dénomination", "C.P."),
        ("Numéro client", "Intitulé", "Code-Postal"),
    ],
)
def test_headings_in_the_usual_french(code: str, name: str, postcode: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"Liste des clients\n\n{code};{name};{postcode}\nA1;Dupont;35000\n")
    [row], _ = customers(path)
    assert (row.line, row.code, row.name, row.postcode) == (4, "A1", "Dupont", "35000")


def test_several_addresses_are_several_contacts(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "code;nom;contact;e-mail;tel\nA;Dupont;Mme Roy;roy@a.example, compta@a.example;0123456789\n",
    )
    [row], _ = customers(path)
    assert [(who.name, who.email, who.phone) for who in row.contacts] == [
        ("Mme Roy", "roy@a.example", "0123456789"),
        ("", "compta@a.example", ""),
    ]


def test_a_wrong_cell_costs_itself_and_says_its_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "code;nom;siren;cp;type;email\n"
        "A;Dupont;732829321;350;marsien;sans-arobase\n"
        ";Personne;;;;\n"
        "B;Durand;732 829 320;35000;Professionnel;\n",
    )
    rows, problems = customers(path)
    assert [(row.code, row.siren, row.kind) for row in rows] == [
        ("A", None, None),
        ("B", "732829320", "professional"),
    ]
    assert sorted(problems, key=str) == [
        (2, "email", "email"),
        (2, "kind", "kind"),
        (2, "postcode", "postcode"),
        (2, "siren", "siren"),
        (3, "code", "missing_code"),
    ]


def test_open_items_in_the_usual_french(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "Tiers;N° pièce;Date de facture;Date d'échéance;Reste dû\n"
        "DUPONT;FA-1;10/01/2025;2025-02-28;1 200,50 €\n"
        "DUPONT;FA-2;31/02/2025;28/02/2025;12\n"
        "DUPONT;FA-3;28/02/2025;01/02/2025;12\n",
    )
    file = read_open_items(path)
    assert list(file.rows) == [
        OpenItem(
            line=2,
            code="DUPONT",
            invoice="FA-1",
            issued_on=date(2025, 1, 10),
            due_on=date(2025, 2, 28),
            amount_cents=120_050,
        ),
        OpenItem(
            line=3,
            code="DUPONT",
            invoice="FA-2",
            issued_on=None,
            due_on=date(2025, 2, 28),
            amount_cents=1_200,
        ),
        OpenItem(
            line=4,
            code="DUPONT",
            invoice="FA-3",
            issued_on=date(2025, 2, 28),
            due_on=None,  # it stood before the invoice: the sum is owed, its day is not known
            amount_cents=1_200,
        ),
    ]
    assert [(p.line, p.field, p.code) for p in file.problems.listed] == [
        (3, "issued_on", "wrong_date"),
        (4, "due_on", "due_before_issue"),
    ]
