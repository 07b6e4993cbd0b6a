"""Codes worded in French; what is unknown shows its label rather than breaking a page."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from exigible.store.models import Proposal, ProposalStatus
from exigible.web import wording

ROOT = Path(wording.__file__).parents[1]

NB, NN = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"code": "overdue", "days": 82, "amount_cents": 2_431_840, "claims": 4},
            f"4{NB}créances échues pour 24{NN}318,40{NB}€, la plus ancienne depuis 82{NB}j.",
        ),
        (
            {"code": "overdue", "days": 12, "amount_cents": 693_000, "claims": 1},
            f"6{NN}930,00{NB}€ échus depuis 12{NB}j.",
        ),
        ({"code": "no_reply", "steps": 1}, "Aucune réponse à la relance."),
        ({"code": "no_reply", "steps": 3}, "Aucune réponse à trois relances."),
        ({"code": "no_reply", "steps": 12}, "Aucune réponse à 12 relances."),
        (
            {
                "code": "broken_promise",
                "amount_cents": 800_000,
                "due_on": "2026-11-20",
                "received_cents": 0,
            },
            f"8{NN}000,00{NB}€ promis pour le 20/11, rien reçu.",
        ),
        (
            {
                "code": "broken_promise",
                "amount_cents": 800_000,
                "due_on": "2026-11-20",
                "received_cents": 100_000,
            },
            f"8{NN}000,00{NB}€ promis pour le 20/11, 1{NN}000,00{NB}€ reçus.",
        ),
        (
            {"code": "step_due", "label": "Appel", "offset_days": 22},
            f"«{NB}Appel{NB}» est prévu 22{NB}j après l’échéance.",
        ),
        (
            {"code": "step_due", "label": "Rappel", "offset_days": -7},
            f"«{NB}Rappel{NB}» est prévu 7{NB}j avant l’échéance.",
        ),
        ({"code": "first_incident"}, "Premier incident de paiement."),
        ({"code": "waiting_until", "on": "2026-12-01"}, "En attente jusqu’au 01/12/2026."),
        ({"code": "new", "label": "Mot du futur"}, "Mot du futur"),
        ({"code": "new"}, ""),
        ({"code": "overdue"}, ""),  # facts of another version
    ],
)
def test_reasons(facts: dict[str, object], words: str) -> None:
    assert wording.reason(facts) == words


@pytest.mark.parametrize("code", sorted(wording._REASONS))
def test_no_reason_breaks_without_its_facts(code: str) -> None:
    assert isinstance(wording.reason({"code": code, "label": "Au moins ceci"}), str)


def test_a_row_says_what_tells_most() -> None:
    step = Proposal(
        status=ProposalStatus.DONE,
        reasons=[
            {"code": "step_due", "label": "Appel", "offset_days": 22},
            {"code": "overdue", "days": 30, "amount_cents": 100, "claims": 1},
            {"code": "no_reply", "steps": 2},
        ],
    )
    assert wording.first_reason(step) == "aucune réponse à deux relances"
    assert wording.first_reason(Proposal(status=ProposalStatus.DONE, reasons=[])) == ""


def test_initials() -> None:
    assert wording.initials("Claire Maubert") == f"C.{NB}Maubert"
    assert wording.initials("Claire") == "Claire"
    assert wording.initials("") == ""


def test_night() -> None:
    counts = {"proposals": {"relance_1": 3, "appel": 2}, "held": {"hold": 1}, "issued": 0}
    words = [line for line, _ in wording.night(counts)]
    assert words == [f"5{NB}étapes proposées", f"1{NB}compte retenu"]
    assert wording.night({})[0][0] == f"0{NB}étape proposée"


@pytest.mark.parametrize(
    ("name", "form", "whole"),
    [
        ("Morvelec", "SAS", "Morvelec SAS"),
        ("Morvelec SAS", "SAS", "Morvelec SAS"),
        ("S.A.R.L. Lestrade", "SARL", "S.A.R.L. Lestrade"),
        ("Sasso", "SAS", "Sasso SAS"),
        ("Élan", "", "Élan"),
    ],
)
def test_a_legal_form_is_said_once(name: str, form: str, whole: str) -> None:
    assert wording.full_name(SimpleNamespace(name=name, legal_form=form)) == whole  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("transfer", "Virement reçu"), ("card", "Carte reçue"), ("cash", "Espèces reçues")],
)
def test_a_payment_agrees_with_its_nature(kind: str, words: str) -> None:
    assert wording.payment(kind, "reçu") == words


def test_each_field_that_a_reader_of_files_names_has_its_words():
    named = {
        field
        for folder in ("intake", "operations")
        for path in (ROOT / folder).rglob("*.py")
        for field in re.findall(
            r"""\.problems\.add\((?:[^()]|\([^()]*\))*?field="(\w+)\"""", path.read_text()
        )
    }
    assert named
    bare = {one for one in named if wording.field_of_file(one) == one}
    assert bare <= {"total", "61"}  # a word of both languages, and a bank's own tag
