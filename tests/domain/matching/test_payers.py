"""Who pays: names as banks show them, homonyms, groups, IBANs, what was learned."""

import pytest

from exigible.domain.matching import Customer, Learned
from tests.domain.matching.small_book import alone, claim, decide, line, one

CLAIMS = [
    claim("F-0001", 731.4),
    claim("F-0002", 1200.07, "C-200"),
    claim("F-0003", 88.21, "C-300"),
]


@pytest.mark.parametrize(
    "label",
    [
        "VIR SEPA MENUISERIE VAUBAN",
        "VIREMENT EN VOTRE FAVEUR SARL MENUISERIE VAUBAN",
        "VIR INST RE 448271 MENUIS VAUBAN LILLE",
        "VIR VAUBAN MENUISERIE",
        "VIR SEPA RECU /DE MENUISERIE VAUBN /MOTIF REGLEMENT",  # a letter lost
        "VIR RECU 12345S DE: MENUISERIE VAUBAN MOTIF: SOLDE REF: NOTPROVIDED",
        "VIR SIREN 552 100 554",
        "VIR SEPA C-100 REGLEMENT",
        "VIR /DE X /IBAN FR76 1000 0000 0000 0000 0000 011",
    ],
)
def test_a_payer_and_the_exact_amount_of_his_only_claim_are_enough(label: str):
    assert alone(one(CLAIMS, label, 731.4)) == {"F-0001": 731.4}


def test_the_amount_alone_never_is():
    found = one(CLAIMS, "VIR SEPA BOURDALOUE", 731.4)
    assert not found.automatic
    assert found.allocations == ()
    assert [c.allocations[0].ref for c in found.candidates] == ["F-0001"]


def test_a_trade_name_and_the_counterparty_column_are_read():
    assert alone(one(CLAIMS, "VIR SEPA", 1200.07, who="LORRAIN EXPRESS")) == {"F-0002": 1200.07}


def test_an_iban_known_is_the_payer():
    found = one(CLAIMS, "VIR SEPA", 731.4, iban="FR76 1000 0000 0000 0000 0000 011")
    assert alone(found) == {"F-0001": 731.4}


def test_name_and_iban_of_two_accounts_are_asked():
    found = one(
        CLAIMS,
        "VIR TRANSPORTS LORRAIN",
        731.4,
        who="TRANSPORTS LORRAIN",
        iban="FR7610000000000000000000011",
    )
    assert not found.automatic


def test_a_name_cut_by_the_bank():
    customers = [
        Customer("A", ("Compagnie Générale des Tuileries Nivernaises",)),
        Customer("B", ("Compagnie des Eaux",)),
    ]
    found = one(
        [claim("X-1", 402.11, "A")],
        "VIR COMPAGNIE GENERALE DES TUILERIES NIV",
        402.11,
        customers=customers,
    )
    assert alone(found) == {"X-1": 402.11}


def test_a_shorter_name_is_not_a_longer_one_cut():
    customers = [Customer("A", ("Durandeau SARL",))]
    assert not one(
        [claim("X-1", 402.11, "A")], "VIR SEPA DURAND", 402.11, customers=customers
    ).automatic


def test_homonyms_are_told_apart_by_their_town_and_asked_without():
    customers = [
        Customer("A", ("Boulangerie Martin",), ("Lyon",)),
        Customer("B", ("Boulangerie Martin",), ("Brest",)),
    ]
    claims = [claim("X-1", 85.2, "A"), claim("X-2", 85.2, "B"), claim("X-3", 112.3, "A")]
    here = one(claims, "VIR BOULANGERIE MARTIN BREST", 85.2, customers=customers)
    assert alone(here) == {"X-2": 85.2}
    unknown = one(claims, "VIR BOULANGERIE MARTIN", 85.2, customers=customers)
    assert unknown.allocations == ()
    assert alone(one(claims, "VIR BOULANGERIE MARTIN", 112.3, customers=customers)) == {
        "X-3": 112.3
    }


def test_of_two_homonyms_one_is_not_what_is_left_once_the_other_was_paid():
    customers = [
        Customer("A", ("Boulangerie Martin",), ("Lyon",)),
        Customer("B", ("Boulangerie Martin",), ("Brest",)),
    ]
    claims = [claim("X-1", 85.2, "A"), claim("X-2", 85.2, "B")]
    lines = [
        line("VIR X-2 BOULANGERIE MARTIN BREST", 85.2, id="1"),
        line("VIR BOULANGERIE MARTIN", 85.2, id="2"),
    ]
    assert not decide(claims, lines, customers=customers)[1].automatic


def test_a_company_of_the_group_pays_with_the_numbers():
    found = one(CLAIMS, "VIR TRANSPORTS LORRAIN F-0001", 731.4)
    assert alone(found) == {"F-0001": 731.4}
    assert "autre compte" in found.reason


def test_a_payer_who_has_his_own_claim_of_that_amount_is_asked():
    claims = [claim("F-0001", 731.4), claim("F-0002", 731.4, "C-200")]
    assert not one(claims, "VIR TRANSPORTS LORRAIN F-0001", 731.4).automatic


def test_what_people_taught_is_used():
    learned = Learned(
        ibans={"FR7699": ("C-200",)},
        names={"HOLDING DU RHIN": ("C-200",)},
        own=frozenset({"NEGOCE ARMORIAL"}),
    )
    by_iban = one(CLAIMS, "VIR SEPA", 1200.07, iban="FR76 99", learned=learned)
    assert alone(by_iban) == {"F-0002": 1200.07}
    by_name = one(CLAIMS, "VIR HOLDING DU RHIN", 1200.07, learned=learned)
    assert alone(by_name) == {"F-0002": 1200.07}
    own = one(CLAIMS, "VIR", 1200.07, who="NEGOCE ARMORIAL", learned=learned)
    assert own.kind == "outside"


def test_an_iban_met_with_a_certain_match_is_a_likely_payer_for_the_others():
    claims = [claim("F-0001", 731.4), claim("F-0009", 64.37)]
    lines = [
        line("VIR F-0001 MENUISERIE VAUBAN", 731.4, id="1", iban="FR7655", who="MENUISERIE VAUBAN"),
        line("VIR SEPA", 64.37, id="2", iban="FR7655"),
    ]
    assert alone(decide(claims, lines)[1]) == {"F-0009": 64.37}
    # Taught by the batch, not by the book: the next batch starts anew.
    assert not decide(claims, lines[1:])[0].automatic
