"""Remittances as customers and agents send them: in columns, in a PDF's lines, in an e-mail."""

from pathlib import Path
from time import process_time

import pytest

from exigible.intake.remittances import UnreadableRemittance, read_remittance
from tests.exhibit_files import mail, pdf

KNOWN = {"FA26-00412", "FA26-00413", "FA26-00414"}


def known(number: str) -> bool:
    return number in KNOWN


def read(tmp_path: Path, content: str | bytes, name: str = "avis.csv"):  # type: ignore[no-untyped-def]
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_remittance(path, known=known)


def test_an_advice_in_columns(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "Avis de paiement du 20/11/2026\n\nN° facture;Date;Montant payé\n"
        "FA26-00412;20/11/2026;1 234,50\nFA26-00413;20/11/2026;-34,50\nTotal;;1 200,00\n",
    )
    assert (found.kind, found.checked, found.gross_cents) == ("advice", True, 120_000)
    assert [(one.reference, one.cents) for one in found.items] == [
        ("FA26-00412", 123_450),
        ("FA26-00413", -3_450),
    ]


def test_an_agents_statement_has_fees_and_a_slip_has_drawers(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "Référence;Débiteur;Montant recouvré;Honoraires;Net reversé\n"
        "FA26-00412;Dupont;500,00;50,00;450,00\nFA26-00413;Aubin;300,00;30,00;270,00\n",
    )
    assert (found.kind, found.gross_cents, found.fees_cents) == ("agent", 80_000, 8_000)
    slip = read(tmp_path, "N° chèque;Tireur;Montant\n4512700;DUPONT SARL;120,00\n")
    assert (slip.kind, slip.items[0].debtor, slip.items[0].reference) == (
        "slip",
        "DUPONT SARL",
        "4512700",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Facture;Montant\nFA26-00412;100,00\nTotal;120,00\n", "total"),
        ("Facture;Montant;Frais;Net\nFA26-00412;100,00;10,00;95,00\n", "nets"),
        ("Facture;Montant\nFA26-00412;1,234\n", "deux façons"),
        ("Montant;Date\n100,00;20/11/2026\n", "numéros de facture"),
        ("Facture;Montant\n", "Aucune ligne"),
    ],
)
def test_what_does_not_add_up_is_refused(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(UnreadableRemittance, match=words):
        read(tmp_path, content)


def test_an_advice_in_the_lines_of_a_pdf(tmp_path: Path) -> None:
    lines = (
        "FA26-00412 du 01/10/2026 brut 1 200,00 escompte 24,00 net 1 176,00\n"
        "FA26-00413 du 05/10/2026 brut 300,00 escompte 0,00 net 300,00\n"
        "TOTAL DU VIREMENT 1 476,00"
    )
    found = read(tmp_path, pdf(*lines.splitlines()), "avis.pdf")
    assert [one.cents for one in found.items] == [117_600, 30_000]
    assert found.checked


def test_an_advice_in_an_email(tmp_path: Path) -> None:
    body = "Bonjour,\nNous réglons ce jour :\nFA26-00412 : 500,00 EUR\nFA26-00414 : 80,00 EUR\nTotal 580,00"
    found = read(tmp_path, mail(body=body), "avis.eml")
    assert {one.reference for one in found.items} == {"FA26-00412", "FA26-00414"}
    assert found.checked


def test_a_row_of_numbers_without_end_is_read_in_no_time(tmp_path: Path) -> None:
    body = "FA26-00412 " + "111 " * 40_000
    began = process_time()
    with pytest.raises(UnreadableRemittance):
        read(tmp_path, mail(body=body), "avis.eml")
    assert process_time() - began < 5  # a minute where each number was read to the end of the row
