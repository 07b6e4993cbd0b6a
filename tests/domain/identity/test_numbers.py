"""Numbers that identify: read as people write them, refused with a sentence that helps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exigible.domain.identity import numbers
from exigible.domain.refusals import WrongInput

SIREN = "552100554"  # weights of Luhn: 5+1+2+2+0+0+5+1+4 = 20
SIRET_OF_LA_POSTE = "35600000049837"  # digits add up to 55, a multiple of five


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("552 100 554", SIREN),
        ("552.100.554", SIREN),
        ("SIREN : 552\u00a0100\u202f554", SIREN),
        ("RCS Rennes 552 100 554", SIREN),
        ("FR96552100554", SIREN),
        (SIRET_OF_LA_POSTE, "356000000"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_siren_is_read_as_it_is_written(typed: str, kept: str) -> None:
    assert numbers.read_siren(typed) == kept


def test_a_spreadsheet_eats_zeros() -> None:
    # 005520176: doubled from the right, 6+(14-9)+1+0+2+(10-9)+5+0+0 = 20.
    assert numbers.read_siren("5520176", zeros_lost=True) == "005520176"
    with pytest.raises(WrongInput):
        numbers.read_siren("5520176")


@pytest.mark.parametrize(
    ("read", "typed", "why"),
    [
        (numbers.read_siren, "552100555", "clé est fausse"),
        (numbers.read_siren, "55210O554", "« O » (pour 0 ?)"),
        (numbers.read_siren, "5521005", "7\u00a0chiffres, il en faut 9"),
        (numbers.read_siren, "111111111", "personne"),
        (numbers.read_siren, "٥٥٢١٠٠٥٥٤", "n’a que des chiffres"),
        (numbers.read_siret, SIREN, "c’est un SIREN"),
        (numbers.read_siret, "55210055500014", "neuf premiers chiffres"),
        (numbers.read_siret, "55210055400014", "clé est fausse"),
        (numbers.read_vat_number, "FR12552100554", "est 96, pas 12"),
        (numbers.read_vat_number, SIREN, "FR96552100554"),
        (numbers.read_vat_number, "FR96552100555", "ne sont pas un SIREN"),
        (numbers.read_vat_number, "FR9655210055", "12 signes"),
        (numbers.read_vat_number, "DE136695977", "TVA allemand"),
        (numbers.read_vat_number, "CH", "deux lettres du pays"),
        (numbers.read_iban, "FR7630006000011234567890188", "clé est fausse"),
        (numbers.read_iban, "FR763000600001123456789018", "26 signes, un IBAN français en a 27"),
        (numbers.read_iban, "FR76 3000 6000 0112 3456 7890 1O9", "« O » pour « 0 »"),
        (numbers.read_iban, "XX12345", "aucun pays"),
        (numbers.read_iban, "30006000011234567890189", "deux lettres du pays"),
    ],
)
def test_what_is_wrong_is_said(read: object, typed: str, why: str) -> None:
    with pytest.raises(WrongInput) as refusal:
        read(typed)  # type: ignore[operator]
    assert why in refusal.value.message
    assert typed[:40] in refusal.value.message
    assert refusal.value.field


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("FR 96 552 100 554", "FR", "FR96552100554"),
        ("96552100554", "FR", "FR96552100554"),
        ("de 136 695 976", "FR", "DE136695976"),
        ("136695976", "DE", "DE136695976"),
        ("GR094259216", "FR", "EL094259216"),
        ("ESB58378431", "FR", "ESB58378431"),
        ("BE 0428.759.497", "BE", "BE0428759497"),
        ("CHE-116.281.710", "CH", "CHE116281710"),
    ],
)
def test_a_vat_number_bears_its_country(typed: str, country: str, kept: str) -> None:
    assert numbers.read_vat_number(typed, country=country) == kept


def test_the_vat_number_of_a_siren() -> None:
    # 552100554 mod 97 = 28; (12 + 3 × 28) mod 97 = 96.
    assert numbers.vat_number_of(SIREN) == "FR96552100554"
    assert numbers.siren_of_vat("FR96552100554") == SIREN
    assert numbers.siren_of_vat("DE136695976") == ""


def test_an_iban_of_any_country() -> None:
    assert numbers.read_iban("IBAN : fr76 3000 6000 0112 3456 7890 189")[-4:] == "0189"
    assert numbers.read_iban("BE68 5390 0754 7034") == "BE68539007547034"


@given(st.text(max_size=60))
@pytest.mark.parametrize(
    "read",
    [numbers.read_siren, numbers.read_siret, numbers.read_vat_number, numbers.read_iban],
)
def test_anything_typed_is_read_or_refused(read: object, typed: str) -> None:
    try:
        kept = read(typed)  # type: ignore[operator]
    except WrongInput as refusal:
        assert refusal.message.endswith(".")
    else:
        assert kept == "" or (kept.isascii() and kept == kept.upper())
