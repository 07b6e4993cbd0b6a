"""Tables as software exports them, understood from headings and values; hostile ones refused."""

import io
import random
import struct
import zipfile
from datetime import date
from pathlib import Path
from time import process_time

import pytest
import xlsxwriter

from exigible.domain.refusals import WrongInput
from exigible.intake import spreadsheets
from exigible.intake.importing import dry_run, guess_format, guessed
from exigible.intake.mapping.grids import Native, open_grid
from exigible.intake.mapping.guessing import guess
from exigible.intake.mapping.kinds import TargetKind, kinds
from exigible.intake.mapping.model import Mapping, fingerprint, heading_keys
from exigible.intake.mapping.reading import read_mapped
from exigible.intake.mapping.values import (
    DayOrder,
    amount_text,
    day_text,
    decimal_mark,
    order_of_days,
)
from exigible.intake.open_items import OpenItem, read_open_items
from exigible.intake.problems import Unreadable
from tests.campaign import rounds

# Exports in the style of each software: headings, habits, dressing; invoices FA1 1 234,56 and FA2 100.
STYLES: dict[str, tuple[str, str]] = {
    "sap_fr": (
        "Postes individuels clients\n\nClient\tNuméro de document\tType de pièce\tDate pièce\t"
        "Échéance nette\tMontant en devise interne\tDevise interne\tTexte\n"
        "0000100540\tFA1\tRV\t10.01.2026\t10.02.2026\t1.234,56\tEUR\tVente\n"
        "0000100540\tFA2\tRV\t20.01.2026\t20.02.2026\t100,00\tEUR\tVente\n"
        "0000100540\tAV1\tDG\t21.01.2026\t\t50,00-\tEUR\tAvoir\n"
        "\t\t\t\t\t1.284,56\tEUR\t\n",
        "cp1252",
    ),
    "sap_en": (
        "Customer\tDocument Number\tDocument Type\tDocument Date\tNet due date\t"
        "Amount in local currency\tLocal Currency\n"
        "100540\tFA1\tRV\t01/10/2026\t02/10/2026\t1,234.56\tEUR\n"
        "100540\tFA2\tRV\t01/20/2026\t02/20/2026\t100.00\tEUR\n"
        "100540\tAV1\tDG\t01/21/2026\t\t-50.00\tEUR\n",
        "utf-16",
    ),
    "sage": (
        "Négoce SA;;;;;;\nBalance âgée au 22/11/2026;;;;;;\n\n"
        "Compte tiers;Intitulé;N° pièce;Date;Date d'échéance;Débit;Crédit\n"
        "100540;Dupont;FA1;10/01/26;10/02/26;1 234,56;\n"
        "100540;Dupont;FA2;20/01/26;20/02/26;100,00;\n"
        "100540;Dupont;AV1;21/01/26;;;50,00\n"
        ";;;;Total;1 334,56;50,00\n",
        "cp1252",
    ),
    "cegid": (
        "T_AUXILIAIRE;T_LIBELLE;E_REFINTERNE;E_DATECOMPTABLE;E_DATEECHEANCE;E_DEBIT;E_CREDIT\n"
        "100540;Dupont;FA1;10/01/2026;10/02/2026;1234,56;0,00\n"
        "100540;Dupont;FA2;20/01/2026;20/02/2026;100,00;0,00\n"
        "100540;Dupont;AV1;21/01/2026;;0,00;50,00\n",
        "iso-8859-15",
    ),
    "ebp": (
        '"Code client";"Nom";"Numéro du document";"Date du document";"Date d\'échéance";'
        '"Montant HT";"Montant TTC";"Solde dû"\n'
        '"100540";"Dupont";"FA1";"10/01/2026";"10/02/2026";"1028,80";"1234,56";"1234,56"\n'
        '"100540";"Dupont";"FA2";"20/01/2026";"20/02/2026";"100,00";"120,00";"100,00"\n'
        '"100540";"Dupont";"AV1";"21/01/2026";"";"-41,67";"-50,00";"-50,00"\n',
        "utf-8-sig",
    ),
    "pennylane": (
        "Client,Identifiant client,Numéro de facture,Date d'émission,Date d'échéance,Montant TTC,"
        "Montant restant dû,Devise,Statut\n"
        'Dupont,100540,FA1,2026-01-10,2026-02-10,"1234,56","1234,56",EUR,En retard\n'
        'Dupont,100540,FA2,2026-01-20,2026-02-20,"100,00","100,00",EUR,En retard\n'
        'Dupont,100540,AV1,2026-01-21,,"-50,00","-50,00",EUR,Avoir\n',
        "utf-8",
    ),
    "quickbooks": (
        "Customer,Transaction Type,Num,Date,Due Date,Amount,Open Balance\n"
        'Dupont,Invoice,FA1,01/10/2026,02/10/2026,"1,234.56","1,234.56"\n'
        "Dupont,Invoice,FA2,01/20/2026,02/20/2026,100.00,100.00\n"
        "Dupont,Credit Memo,AV1,01/21/2026,,50.00,50.00\n"
        'TOTAL,,,,,"1,384.56","1,384.56"\n',
        "utf-8",
    ),
    "dolibarr": (
        "Réf. facture;Nom du tiers;Code client;Date facturation;Date limite règlement;Montant HT;"
        "Montant TTC;Reste à encaisser;Type de facture\n"
        "FA1;Dupont;100540;10/01/2026;10/02/2026;1028.80;1234.56;1234.56;Facture standard\n"
        "FA2;Dupont;100540;20/01/2026;20/02/2026;83.33;100.00;100.00;Facture standard\n"
        "AV1;Dupont;100540;21/01/2026;;-41.67;-50.00;-50.00;Avoir\n",
        "utf-8",
    ),
    "odoo": (
        "Numéro,Nom affiché du partenaire de la facture,Date de facturation,Date d'échéance,"
        "Total signé,Montant dû signé,Devise\n"
        "FA1,Dupont,2026-01-10,2026-02-10,1234.56,1234.56,EUR\n"
        "FA2,Dupont,2026-01-20,2026-02-20,100.0,100.0,EUR\n"
        "AV1,Dupont,2026-01-21,,-50.0,-50.0,EUR\n",
        "utf-8",
    ),
    "dynamics": (
        "Customer No.;Customer Name;Document Type;Document No.;Posting Date;Due Date;"
        "Original Amount;Remaining Amount;Currency Code\n"
        "100540;Dupont;Invoice;FA1;2026-01-10;2026-02-10;1234.56;1234.56;EUR\n"
        "100540;Dupont;Invoice;FA2;2026-01-20;2026-02-20;100.00;100.00;EUR\n"
        "100540;Dupont;Credit Memo;AV1;2026-01-21;;-50.00;-50.00;EUR\n",
        "utf-8",
    ),
    "groups": (
        "Client;N° facture;Date;Échéance;Solde\n"
        "DUPONT;;;;\n;FA1;10/01/2026;10/02/2026;1 234,56\n;FA2;20/01/2026;20/02/2026;100,00\n"
        "Total DUPONT;;;;1 334,56\n"
        "Client;N° facture;Date;Échéance;Solde\n"
        "MARTIN;;;;\n;AV1;21/01/2026;;-50,00\nTotal général;;;;1 284,56\n",
        "utf-8",
    ),
}


def write(tmp_path: Path, content: str | bytes, name: str = "export.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("style", sorted(STYLES))
def test_each_software_is_understood_by_itself(tmp_path: Path, style: str) -> None:
    text, encoding = STYLES[style]
    path = write(tmp_path, text.encode(encoding), "factures.csv")
    found = guess(open_grid(path), name=path.name)
    assert found.mapping.kind is TargetKind.OPEN_ITEMS
    assert found.is_sure, found
    file = read_open_items(path, mapping=found.mapping)
    rows = list(file.rows)
    assert [(row.invoice, row.amount_cents) for row in rows] == [
        ("FA1", 123_456),
        ("FA2", 10_000),
        ("AV1", -5_000),
    ]
    assert [row.issued_on for row in rows] == [
        date(2026, 1, 10),
        date(2026, 1, 20),
        date(2026, 1, 21),
    ]
    assert [row.due_on for row in rows] == [date(2026, 2, 10), date(2026, 2, 20), None]
    assert file.problems.listed == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("customers", "Code tiers;Raison sociale;N° SIRET;Adresse;CP;Ville\nD;Dupont;;1 rue;35000;Rennes\n"),
        ("customers", "Customer No.,Name,Address,Post Code,City,VAT Registration No.\nD,Dupont,1 rue,35000,Rennes,\n"),
        ("contacts", "Société;Prénom;Nom;Fonction;E-mail\nDupont;Anne;Leroy;Comptable;a@b.example\n"),
        ("payments", "Client;Date de paiement;Mode de paiement;Montant payé;Facture\nD;01/02/2026;Virement;10,00;F1\n"),
        ("payments", "Customer,Payment Date,Payment Method,Amount Paid,Invoice Number\nD,2026-02-01,Check,10.00,F1\n"),
        ("credit_limits", "Code client;Plafond de crédit\nD;10 000\n"),
        ("guarantees", "SIREN;Assureur;N° police;Montant garanti;Date d'effet\n732829320;A;P1;10 000;01/01/2026\n"),
        ("disputes", "Code client;N° facture;Montant en litige;Motif du litige\nD;F1;10,00;Prix\n"),
    ],
)  # fmt: skip
def test_each_kind_is_recognised(tmp_path: Path, kind: str, text: str) -> None:
    found = guess(open_grid(write(tmp_path, text)), name="export.csv")
    assert (found.mapping.kind, found.mapping.is_complete) == (kind, True)


# Statements whose headings the bank's own reader does not know: 1 234,56 in, 34,56 out.
STATEMENTS = {
    "neobank": (
        "Statut,Settlement date (UTC),Opération,Montant total (TTC),Devise,Nom de la contrepartie,"
        "IBAN de la contrepartie,Référence\n"
        'Exécuté,03-11-2026 10:11:12,Virement,"1234,56",EUR,Dupont,FR7630006000011234567890189,FA1\n'
        'Exécuté,04-11-2026 10:11:12,Carte,"-34,56",EUR,EDF,,\n'
    ),
    "app": (
        "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\n"
        "TRANSFER,Current,2026-11-02 10:00:00,2026-11-03 10:01:00,From DUPONT,1234.56,0,EUR,DONE,2234.56\n"
        "CARD,Current,2026-11-04 10:00:00,2026-11-04 10:01:00,AWS,-34.56,0,EUR,DONE,2200.00\n"
    ),
    "value_date_only": (
        "Date de la valeur;Type de transaction;Nom de la contrepartie;Débit;Crédit;Solde\n"
        "03/11/2026;Virement reçu;Dupont;;1234,56;2234,56\n"
        "04/11/2026;Paiement;EDF;34,56;;2200,00\n"
    ),
    "side_apart": (
        "Jour;Mouvement;Pièce;Sens;Somme\n03/11/2026;VIR DUPONT FA1;1;C;1 234,56\n"
        "04/11/2026;PRLV EDF;2;D;34,56\n"
    ),
    "side_beside_and_balances": (
        "Jour;Nature de l'opération;Mouvement\n31/10/2026;Solde initial;1 000,00 C\n"
        "03/11/2026;Solde facture FA1;1 234,56 C\n04/11/2026;PRLV EDF;34,56 D\n"
        "30/11/2026;Solde final;2 200,00 C\n"
    ),
}


@pytest.mark.parametrize("style", sorted(STATEMENTS))
def test_a_statement_of_any_bank_is_read_through_its_mapping(tmp_path: Path, style: str) -> None:
    path = write(tmp_path, STATEMENTS[style], "releve.csv")
    report = dry_run(path)
    assert (report.accepted, report.format) == (True, "bank_csv"), report.error
    assert report.totals == {"credit": {"EUR": 123_456}, "debit": {"EUR": 3_456}}
    assert report.counts["lines"] == 2
    assert (report.first_on, report.last_on) == (date(2026, 11, 3), date(2026, 11, 4))
    if "olde" in STATEMENTS[style] or "Balance" in STATEMENTS[style]:
        wrong = STATEMENTS[style].replace("2 200,00", "2 300,00").replace("2200", "2300")
        refused = dry_run(write(tmp_path, wrong, "releve.csv"))
        assert refused.error is not None
        assert refused.error.code == "balance"


def test_an_extract_of_the_ledger_is_no_statement_of_a_bank(tmp_path: Path) -> None:
    text = "Date;Journal;Pièce;Libellé;Débit;Crédit;Solde\n03/11/2026;VE;FA1;Facture;9,00;;9,00\n"
    path = write(tmp_path, text)
    assert guess_format(path) != "bank_csv"
    assert guessed(path, name="extrait.csv") is None  # nobody is named: a person has to look


def test_the_best_sheet_is_read_and_numbers_have_one_reading(tmp_path: Path) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    book.add_worksheet("Lisez-moi").write_row(0, 0, ["Export du 22/11/2026", "v2"])
    sheet = book.add_worksheet("Factures")
    sheet.write_row(2, 1, ["Code client", "", "N° facture", "Échéance", "Reste dû"])
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(3, 1, ["D", "", 1042])
    sheet.write_datetime(3, 4, date(2026, 2, 1), day)
    sheet.write_number(3, 5, 1234.5)
    book.close()
    path = write(tmp_path, stream.getvalue(), "f.xlsx")
    found = guess(open_grid(path), name="f.xlsx")
    assert (found.sheet, found.header_line) == ("Factures", 3)
    [row] = list(read_open_items(path, mapping=found.mapping).rows)
    assert (row.invoice, row.due_on, row.amount_cents) == ("1042", date(2026, 2, 1), 123_450)


def test_a_table_without_headings_is_read_by_its_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "C1;F1;10,00;01/02/2026\nC2;F2;20,50;02/02/2026\n")
    mapping = Mapping.from_json(
        {
            "kind": "open_items",
            "has_headings": False,
            "columns": {"code": "A", "invoice": "B", "amount": "C", "due_on": "D"},
        }
    )
    rows = list(read_open_items(path, mapping=mapping).rows)
    assert [(row.code, row.amount_cents) for row in rows] == [("C1", 1_000), ("C2", 2_050)]


def test_the_order_of_columns_does_not_matter_and_a_renamed_one_is_told(tmp_path: Path) -> None:
    first = write(tmp_path, "Client;Facture;Montant;Échéance\nC1;F1;10,00;01/02/2026\n", "a.csv")
    mapping = guess(open_grid(first)).mapping
    other = write(tmp_path, "Échéance;Montant;FACTURE;client\n01/02/2026;10,00;F1;C1\n", "b.csv")
    assert next(read_open_items(other, mapping=mapping).rows).invoice == "F1"
    keys = heading_keys(["Client", "Facture", "Montant", "Échéance"])
    assert fingerprint(keys, has_headings=True) == guess(open_grid(other)).fingerprint
    renamed = write(tmp_path, "Échéance;Somme;Facture;Client\n01/02/2026;10,00;F1;C1\n", "c.csv")
    with pytest.raises(Unreadable) as error:
        read_mapped(renamed, mapping)
    assert "montant" in error.value.problem.message


def test_a_total_that_does_not_add_up_is_told(tmp_path: Path) -> None:
    text = (
        "Client;N° facture;Échéance;Reste dû\nC1;F1;01/02/2026;10,00\nC1;F2;01/02/2026;20,00\n"
        "Total;;;31,00\n"
    )
    report = dry_run(write(tmp_path, text))
    assert [problem.code for problem in report.problems] == ["total_differs"]
    assert report.totals == {"open": {"EUR": 3_000}}
    again = dry_run(write(tmp_path, text.replace("31,00", "30,00")))
    assert again.problems == []


def items(tmp_path: Path, text: str) -> list[OpenItem]:
    """Return the open items of an export, as its own headings say them."""
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return list(read_open_items(path, mapping=guess(open_grid(path)).mapping).rows)


def test_a_line_lettered_by_accounting_is_no_longer_open(tmp_path: Path) -> None:
    text = "Compte tiers;Intitulé;N° pièce;Date;Échéance;Débit;Crédit;Lettrage\n" + "".join(
        f"C1;Dupont;FA{number};10/01/2026;10/02/2026;100,00;;{code}\n"
        for number, code in enumerate(["", "AB", "b", "non"])
    )
    read = items(tmp_path, text)
    assert [one.is_lettered for one in read] == [False, True, False, False]
    assert [one.is_open for one in read] == [True, False, True, True]


def test_a_number_headed_by_an_ordinal_sign_and_a_total_by_a_star(tmp_path: Path) -> None:
    text = (
        "Nº;Nom 1;Date;Échéance;Montant\n1001;Dupont;10/01/2026;10/02/2026;100,00\n"
        "1002;Aubin;10/01/2026;10/02/2026;50,00\n;*;;;150,00\n"
    )
    assert [(one.invoice, one.code) for one in items(tmp_path, text)] == [
        ("1001", "Dupont"),
        ("1002", "Aubin"),
    ]


def test_a_credit_is_money_where_its_journal_or_its_words_say_so(tmp_path: Path) -> None:
    lines = [("BQ", "Versement"), ("OD", "VIR Dupont"), ("VTE", "Avoir 12"), ("VTE", "Remboursé")]
    text = "Auxiliaire;Journal;Pièce;Date;Échéance;Libellé;Débit;Crédit\n" + "".join(
        f"C1;{journal};P{number};10/01/2026;;{label};;10,00\n"
        for number, (journal, label) in enumerate(lines)
    )
    assert [one.is_payment for one in items(tmp_path, text)] == [True, True, False, False]


def test_a_customer_called_total_is_no_total(tmp_path: Path) -> None:
    text = (
        "Client;N° facture;Échéance;Reste dû\nTotal Ménage;F1;01/02/2026;10,00\nB;F2;01/02/2026;5\n"
    )
    report = dry_run(write(tmp_path, text))
    assert report.counts["open_items"] == 2


# --- days and amounts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "order", "read"),
    [
        ("31/01/2026", "dmy", "2026-01-31"),
        ("31.01.26", "dmy", "2026-01-31"),
        ("01/31/2026", "mdy", "2026-01-31"),
        ("20260131", "mdy", "2026-01-31"),
        ("2026-01-31T08:00:00", "dmy", "2026-01-31"),
        ("31 janv. 2026", "mdy", "2026-01-31"),
        ("31-Jan-26", "dmy", "2026-01-31"),
        ("Jan 31, 2026", "dmy", "2026-01-31"),
        ("1er février 2026", "dmy", "2026-02-01"),
        ("46053", "dmy", "2026-01-31"),  # 1899-12-30 plus 46 053 days
        ("31/02/2026", "dmy", "31/02/2026"),
        ("bientôt", "dmy", "bientôt"),
    ],
)
def test_days_of_any_habit(text: str, order: str, read: str) -> None:
    assert day_text(text, DayOrder(order)) == read


@pytest.mark.parametrize(
    ("text", "decimal", "read"),
    [
        ("1 234,56", ",", "1234.56"),
        ("1.234,56-", ",", "-1234.56"),
        ("(1,234.56)", ".", "-1234.56"),
        ("€ 1,234", ".", "1234.0"),
        ("1.234", ",", "1234.0"),
        ("1 234,56 € C", ",", "-1234.56"),
        ("-12", ",", "-12.0"),
        ("1,23,4", ".", "1,23,4"),
        ("1.2.3", ",", "1.2.3"),
        ("douze", ",", "douze"),
        (Native("12.5"), ",", "12.5"),
    ],
)
def test_amounts_of_any_habit(text: str, decimal: str, read: str) -> None:
    assert amount_text(text, decimal) == read


def test_a_file_proves_its_habits() -> None:
    assert order_of_days(["01/02/2026", "13/02/2026"]) == (DayOrder.DAY_FIRST, True)
    assert order_of_days(["01/02/2026", "02/13/2026"]) == (DayOrder.MONTH_FIRST, True)
    assert order_of_days(["01/02/2026"]) == (DayOrder.DAY_FIRST, False)
    assert decimal_mark(["1.234,56"], delimiter=",") == (",", True)
    assert decimal_mark(["1,234", "12.50"], delimiter=";") == (".", True)


# --- a mapping as data ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ([], "objet"),
        ({"kind": "licornes"}, "kind"),
        ({"kind": "payments", "columns": {"licorne": "A"}}, "licorne"),
        ({"kind": "payments", "columns": ["a"]}, "columns"),
        ({"kind": "payments", "decimal": "x"}, "decimal"),
        ({"kind": "payments", "day_order": "ydm"}, "day_order"),
        ({"kind": "payments", "version": 9}, "version"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(said: object, what: str) -> None:
    with pytest.raises(WrongInput, match=what):
        Mapping.from_json(said)


def test_a_mapping_survives_its_json() -> None:
    mapping = Mapping(
        kind=TargetKind.PAYMENTS,
        columns={"code": "client", "value_date": "date", "amount": "montant#2"},
        constants={"currency": "USD"},
        day_order=DayOrder.MONTH_FIRST,
        decimal=".",
        fill_down=("code",),
    )
    assert Mapping.from_json(mapping.as_json()) == mapping


def test_every_kind_knows_its_needs() -> None:
    for kind in kinds().values():
        assert all(name in kind.fields for names in kind.needs for name in names), kind.key


# --- old and foreign workbooks --------------------------------------------------------------------

ROWS = [["Code client", "N° facture", "Échéance", "Reste dû"], ["C1", "F1", "01/02/2026", 12.5]]


def ods(rows: list[list[object]], *, cell: str = "", head: str = "") -> bytes:
    """Return an ODS of one sheet, written by hand."""
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    body = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="float" office:value="{one}"/>'
            if isinstance(one, float)
            else f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>'
            for one in row
        )
        + cell
        + '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        for row in rows
    )
    content = (
        f'<?xml version="1.0"?>{head}<office:document-content xmlns:office="{office}office:1.0" '
        f'xmlns:table="{office}table:1.0" xmlns:text="{office}text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="F">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr("content.xml", content)
    return stream.getvalue()


def xls(rows: list[list[object]]) -> bytes:
    """Return an XLS (BIFF8 in an OLE file) of one sheet, written by hand."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def cells() -> bytes:
        out = b""
        for r, row in enumerate(rows):
            for c, one in enumerate(row):
                if isinstance(one, float):
                    out += record(0x0203, struct.pack("<HHHd", r, c, 0, one))
                else:
                    text = str(one).encode("utf-16-le")
                    data = struct.pack("<HHHHB", r, c, 0, len(str(one)), 1) + text
                    out += record(0x0204, data)
        return out

    bof = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1996, 0, 6)
    sheet_bof = struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1996, 0, 6)
    name = b"Feuil1"
    bound = struct.pack("<IBBBB", 0, 0, 0, len(name), 0) + name
    start = len(record(0x0809, bof)) + len(record(0x0085, bound)) + len(record(0x000A, b""))
    bound = struct.pack("<IBBBB", start, 0, 0, len(name), 0) + name
    size = struct.pack("<IIHHH", 0, len(rows), 0, len(rows[0]), 0)
    book = (
        record(0x0809, bof)
        + record(0x0085, bound)
        + record(0x000A, b"")
        + record(0x0809, sheet_bof)
        + record(0x0200, size)
        + cells()
        + record(0x000A, b"")
    )
    book = book.ljust(max(4096, -(-len(book) // 512) * 512), b"\0")
    sectors = len(book) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        return (
            text.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
            + bytes(36)
            + struct.pack("<III", first, size, 0)
        )

    directory = (
        entry("Root Entry", 5, 1, 0xFFFFFFFE, 0)
        + entry("Workbook", 2, 0xFFFFFFFF, 2, len(book))
        + bytes(256)
    )
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * 432
    return header + struct.pack("<128I", *fat) + directory + book


@pytest.mark.parametrize("made", [ods, xls], ids=["ods", "xls"])
def test_old_and_foreign_workbooks_are_read(tmp_path: Path, made: object) -> None:
    path = write(tmp_path, made(ROWS), "f.bin")  # type: ignore[operator]
    report = dry_run(path, name="factures")
    assert (report.accepted, report.totals) == (True, {"open": {"EUR": 1_250}}), report.problems


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (ods(ROWS, head='<!DOCTYPE x [<!ENTITY e "e">]>'), "unsafe_spreadsheet"),
        (
            ods(
                ROWS,
                cell='<table:table-cell office:value-type="float" office:value="1" '
                'table:number-columns-repeated="9999999"/>',
            ),
            "too_large",
        ),
        (
            ods(
                ROWS,
                cell='<table:table-cell table:formula="of:=1+1" office:value-type="float" '
                'office:value="2"/>',
            ),
            "formula",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000, "damaged_spreadsheet"),
        (xls(ROWS)[:3000], "damaged_spreadsheet"),
        ((";" * 2_000 + "\n").encode() * 3, "too_many_columns"),
    ],
    ids=["doctype", "repeated", "formula", "ole", "cut", "wide"],
)
def test_hostile_workbooks_are_refused(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as error:
        guess(open_grid(write(tmp_path, content, "f.bin")))
    assert error.value.problem.code in (
        code,
        "missing_columns" if code == "too_many_columns" else code,
    )


# --- mutations ------------------------------------------------------------------------------------


def mutated(content: bytes, seed: int) -> bytes:
    """Return a file spoilt in a few places: bytes flipped, pieces cut, doubled, moved."""
    generator = random.Random(seed)
    data = bytearray(content)
    for _ in range(generator.randint(1, 8)):
        if not data:
            break
        at, size = generator.randrange(len(data)), generator.randint(1, 40)
        match generator.randrange(5):
            case 0:
                data[at] = generator.randrange(256)
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size]
            case 3:
                data[at:at] = bytes(generator.choice(b";,\t\n\"'0-=.") for _ in range(size))
            case _:
                data[at : at + size] = generator.randbytes(size)
    return bytes(data)


def survive(tmp_path: Path, content: bytes, first: int, times: int) -> None:
    """Read mutations: each is understood or refused, never anything else."""
    path = tmp_path / "spoilt"
    for seed in range(first, first + times):
        path.write_bytes(mutated(content, seed))
        report = dry_run(path, name="factures")
        assert report.accepted or report.error is not None


@pytest.mark.parametrize("style", sorted(STYLES))
def test_spoilt_texts_are_read_or_refused(tmp_path: Path, style: str) -> None:
    text, encoding = STYLES[style]
    survive(tmp_path, text.encode(encoding), 0, 25)


def test_spoilt_workbooks_are_read_or_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    for row, cells in enumerate(ROWS):
        book.get_worksheet_by_name("F") or book.add_worksheet("F")
        book.get_worksheet_by_name("F").write_row(row, 0, cells)
    book.close()
    survive(tmp_path, stream.getvalue(), 0, 60)
    survive(tmp_path, ods(ROWS), 0, 4)
    survive(tmp_path, xls(ROWS), 0, 4)


def spoilt_inside(content: bytes, seed: int) -> bytes:
    """Return a workbook one part of which is spoilt, and packed again: it opens, and then…"""
    generator = random.Random(seed)
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as book,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive,
    ):
        names = book.namelist()
        chosen = generator.choice([one for one in names if "sheet" in one or "tring" in one])
        for name in names:
            part = book.read(name)
            archive.writestr(name, mutated(part, seed) if name == chosen else part)
    return stream.getvalue()


@pytest.mark.slow
def test_many_spoilt_texts_and_workbooks(tmp_path: Path) -> None:
    times = rounds(150, 10_000)
    for number, style in enumerate(sorted(STYLES)):
        text, encoding = STYLES[style]
        survive(tmp_path, text.encode(encoding), 1_000 + number, times // len(STYLES) + 1)
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet("Factures")
    for row in range(40):
        sheet.write_row(row, 0, ROWS[row % 2 if row < 2 else 1])
    book.close()
    survive(tmp_path, stream.getvalue(), 1_000, times // 2)
    path = tmp_path / "spoilt"
    for seed in range(times // 2):
        path.write_bytes(spoilt_inside(stream.getvalue(), seed))
        report = dry_run(path, name="factures")
        assert report.accepted or report.error is not None


# --- real files -----------------------------------------------------------------------------------

REAL = {
    # What docs/formats.md says of each: lines, totals in cents, remarks.
    "ibm/accounts-receivable-before-2013-07.csv": (1930, {"settled": {"EUR": 11_544_459}, "open": {"EUR": 0}}, 0),
    "ibm/dirty-with-missing-values-400.csv": (400, {"settled": {"EUR": 2_379_255}, "open": {"EUR": 0}}, 0),
    "highradius/open-invoices-sample-2000.csv": (2000, {"open": {"USD": 5_282_499_209, "CAD": 932_104_446}}, 4),
}  # fmt: skip


@pytest.mark.corpus
def test_every_real_file_is_in_the_table_of_formats(shared_data: Path) -> None:
    folder = shared_data / "receivables"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.csv")} == set(REAL)
    doc = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    assert all(name in doc for name in REAL)


@pytest.mark.corpus
@pytest.mark.parametrize("name", sorted(REAL))
def test_real_files_have_the_totals_that_the_table_says(shared_data: Path, name: str) -> None:
    lines, totals, remarks = REAL[name]
    report = dry_run(shared_data / "receivables" / name)
    assert (report.accepted, report.format) == (True, "open_items")
    assert (report.counts["open_items"], report.totals) == (lines, totals)
    assert report.problem_count == remarks


def test_a_quirk_of_the_real_files_each(tmp_path: Path) -> None:
    """Months first with an invoice's number alone; numbers that end with .0; a prediction left alone."""
    text = (
        "cust_number,name_customer,doc_id,document_create_date,due_in_date,invoice_currency,"
        "total_open_amount,Payment_date_predict\n"
        "0200706844,WINC co,1930571429.0,2020-02-26,2020-03-13,USD,8734.71,2020-03-14\n"
    )
    path = write(tmp_path, text)
    mapping = guessed(path, name="x.csv")
    assert mapping is not None
    assert "settled_on" not in mapping.columns
    [row] = list(read_open_items(path, mapping=mapping).rows)
    assert isinstance(row, OpenItem)
    assert (row.invoice, row.currency, row.amount_cents) == ("1930571429", "USD", 873_471)


# --- encodings and sizes that lie ------------------------------------------------------------------

LINE = "Code client;N° facture;Échéance;Reste dû\nC;F;01/02/2026;12,5\n"


def test_encodings_that_lie_are_read_for_what_they_are_or_refused(tmp_path: Path) -> None:
    marked = dry_run(write(tmp_path, b"\xef\xbb\xbf" + LINE.encode("cp1252")), name="factures")
    assert (marked.accepted, marked.totals) == (True, {"open": {"EUR": 1_250}})
    announced = dry_run(write(tmp_path, b"\xff\xfe" + LINE.encode()), name="factures")
    assert announced.error is not None
    assert announced.error.code == "encoding"
    sound = dry_run(write(tmp_path, LINE.encode("utf-16")), name="factures")
    assert sound.totals == marked.totals


def test_marks_that_hide_are_left_out_of_what_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, LINE.replace("C;F;", "\u202eC\x1b[31m;F\u200b\x07 1;"))
    mapping = guessed(path, name="factures.csv")
    assert mapping is not None
    [row] = list(read_open_items(path, mapping=mapping).rows)
    assert isinstance(row, OpenItem)
    assert (row.code, row.invoice) == ("C[31m", "F 1")


def test_a_workbook_that_unpacks_beyond_measure_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_CELLS", rounds(500_000, spreadsheets.MAX_CELLS))
    sheet = b'<?xml version="1.0"?><worksheet><sheetData>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(sheet)
            for _ in range(50):
                part.write(b"<row><c><v>1</v></c></row>" * 40_000)
    content = stream.getvalue()
    assert len(content) < 1_000_000
    report = dry_run(write(tmp_path, content, "bombe.xlsx"))
    assert report.error is not None
    assert report.error.code == "too_large"
    lying = content.replace(  # the size it declares, in the local header and the directory
        struct.pack("<I", 50 * 40_000 * 26 + len(sheet)), struct.pack("<I", 1_000)
    )
    report = dry_run(write(tmp_path, lying, "bombe.xlsx"))
    assert report.error is not None
    assert report.error.code in ("too_large", "damaged_spreadsheet")


def test_an_answer_of_a_register_is_refused_by_name(tmp_path: Path) -> None:
    report = dry_run(write(tmp_path, '{"siren": "732829320"}', "reponse.json"))
    assert report.error is not None
    assert report.error.code == "json"


def test_a_cell_of_spaces_is_read_in_no_time() -> None:
    began = process_time()
    for text in ("1" + " " * 60_000 + "x", " " * 60_000 + "x"):
        assert amount_text(text, ",") == text
    assert process_time() - began < 5  # minutes where each space was a beginning
