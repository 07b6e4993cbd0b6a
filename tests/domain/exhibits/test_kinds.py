"""What a document is, from its name and its words."""

import pytest

from exigible.domain.exhibits import ExhibitKind, expected, guess_kind, missing


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("FACTURE_2026-0412.pdf", "", ExhibitKind.INVOICE),
        ("scan0001.pdf", "FACTURE N° FA-26-0412\nBon de commande : BC-77", ExhibitKind.INVOICE),
        ("AVOIR FA-26-0412.pdf", "Avoir sur la facture FA-26-0412", ExhibitKind.CREDIT_NOTE),
        ("BL_77120.pdf", "Bon de livraison", ExhibitKind.DELIVERY),
        ("bc 4471 signé.pdf", "", ExhibitKind.ORDER),
        ("CGV-2026.pdf", "Conditions générales de vente", ExhibitKind.TERMS),
        ("Kbis Morvélec.pdf", "", ExhibitKind.REGISTER),
        ("mise en demeure.pdf", "", ExhibitKind.FORMAL_NOTICE),
        ("devis 12.pdf", "Bon pour accord", ExhibitKind.QUOTE),
        ("BL FA-26-0412.png", "", ExhibitKind.DELIVERY),
        ("scan.pdf", "BON DE LIVRAISON\nFacture FA-26-0412 à suivre", ExhibitKind.DELIVERY),
        ("scan.pdf", "FACTURE 12\nAprès avoir été livré", ExhibitKind.INVOICE),
        ("document.pdf", "x " * 900 + "facture", ExhibitKind.OTHER),
    ],
)
def test_the_kind_is_read(name: str, text: str, kind: ExhibitKind):
    assert guess_kind(name, text).kind is kind


def test_a_guess_says_what_it_rests_on():
    assert guess_kind("BL_77120.pdf").why == "bl 7"


@pytest.mark.parametrize("text", ["Bonjour", "La facture FA-26-0412 et son bon de livraison"])
def test_a_message_is_a_letter_whatever_it_speaks_of(text: str):
    assert guess_kind("facture.eml", text, mail=True).kind is ExhibitKind.LETTER


def test_what_a_judge_would_ask_for():
    needs = [need.id for need in missing("invoice", {ExhibitKind.INVOICE, ExhibitKind.ORDER})]
    assert needs == ["performance", "formal_notice"]
    assert not missing("cheque", {ExhibitKind.UNPAID})
    assert all(need.source and need.why for need in expected("rent"))
