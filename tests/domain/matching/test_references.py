"""Invoice numbers as people and banks break them."""

import pytest

from exigible.domain.matching.nearness import nearly
from exigible.domain.matching.references import References
from tests.domain.matching.small_book import alone, claim, one, paid

CLAIMS = [claim("FA-26-04127", 1234.56), claim("FA-26-04128", 80), claim("FA-26-14127", 80)]


@pytest.mark.parametrize(
    "label",
    [
        "VIR SEPA RECU /DE MENUISERIE VAUBAN /MOTIF FA-26-04127 /REF NOTPROVIDED",
        "VIR VAUBAN fa-26-04127",
        "VIR VAUBAN FA2604127",
        "VIR VAUBAN FA 26 04127",
        "VIR VAUBAN FA26 04 127",
        "VIR VAUBAN FA-26-4127",  # a zero lost
        "VIR VAUBAN FA26-4127",
        "VIR VAUBAN FA264127",
        "VIR VAUBAN FA-26-O4I27",  # letters for digits
        "VIR VAUBAN FACT2604127",
        "VIR VAUBAN FACTFA2604127",
        "VIR VAUBAN FACTURE N°FA/26/04127 DU 01/09/2026",
        "VIREMENT DE VAUBAN VOTRE FACTURE 2604127",
        "VIR VAUBAN FACT 4127",
        "VIR VAUBAN FA-26-0412",  # cut by the bank: one claim has both this beginning and the amount
    ],
)
def test_a_number_is_read_in_every_broken_form(label: str):
    assert alone(one(CLAIMS, label, 1234.56)) == {"FA-26-04127": 1234.56}


def test_letters_for_digits_s_and_b():
    claims = [claim("FA-26-05848", 99.9)]
    assert alone(one(claims, "VIR FA-26-0SB4B", 99.9)) == {"FA-26-05848": 99.9}


def test_the_end_to_end_reference_is_read():
    found = one(CLAIMS, "VIR SEPA", 1234.56, end_to_end="FA-26-04127")
    assert alone(found) == {"FA-26-04127": 1234.56}


def test_a_number_inside_a_longer_one_is_not_read():
    references = References()
    references.add(0, "FA-123")
    assert not references.read(["VIR FA-1234"]).cited
    assert references.read(["VIR FA-123"]).cited


def test_a_list_abridged_and_a_range_are_read():
    claims = [claim(f"FA-26-0412{n}", 100 + n) for n in range(1, 7)]
    assert alone(one(claims, "VIR VAUBAN FA-26-04121/23/25 MERCI", 309)) == {
        "FA-26-04121": 101,
        "FA-26-04123": 103,
        "FA-26-04125": 105,
    }
    found = one(claims, "VIR VAUBAN FACT FA-26-04121 A 04124", 410)  # 101 + 102 + 103 + 104
    assert sorted(alone(found)) == [f"FA-26-0412{n}" for n in (1, 2, 3, 4)]


def test_digits_that_are_a_date_are_no_number():
    claims = [claim("20260912", 500), claim("20261012", 40)]
    found = one(claims, "VIR DUVAL DU 20260912", 500)
    assert not found.automatic


def test_a_purchase_order_is_no_invoice():
    found = one([claim("260412", 75), claim("260413", 500)], "VIR VAUBAN CDE 260412", 500)
    assert paid(found) != {"260412": 75}


def test_one_character_wrong_is_close_but_no_more():
    assert nearly("FA2604127", "FA2604172")  # swapped
    assert nearly("FA2604127", "FA260127")  # lost
    assert nearly("FA2604127", "FA2604129")
    assert not nearly("FA2604127", "FA2604139")


def test_a_wrong_number_close_to_the_right_one_does_not_contradict():
    found = one(CLAIMS, "VIR MENUISERIE VAUBAN FACT 26-04172", 1234.56)
    assert alone(found) == {"FA-26-04127": 1234.56}


def test_a_number_that_is_not_open_contradicts_an_equal_amount():
    found = one(CLAIMS, "VIR MENUISERIE VAUBAN FA-26-03991", 1234.56)
    assert not found.automatic
    assert "FA-26-03991" in found.reason


def test_a_number_that_two_claims_share_waits_for_the_payer():
    claims = [claim("12/345", 60), claim("123/45", 60, "C-200")]
    assert not one(claims, "VIR DURAND 12345", 60).automatic
    assert alone(one(claims, "VIR TRANSPORTS LORRAIN 12345", 60)) == {"123/45": 60}
