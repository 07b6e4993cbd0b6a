"""The décompte: it prints what was computed, line by line, and nothing else."""

import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pypdf import PdfReader

from exigible.documents.decompte import ClaimFacts, Party, render
from exigible.domain.statement import statement, statement_answer
from exigible.intake.statement_case import read_case

AT = datetime(2026, 11, 22, 9, 0, 30, 250_125, tzinfo=UTC)
AS_OF = date(2026, 11, 22)
CASE: dict[str, Any] = {
    "creditor": {"name": "Comptoir des Trois Rivières", "kind": "professional"},
    "debtor": {"name": "Menuiserie Élan & Fils", "kind": "professional"},
    "claims": [
        {
            "ref": "FA-1",
            "kind": "invoice",
            "issued_on": "2025-01-10",
            "due_on": "2025-02-10",
            "principal": "12400.00",
            "interest": {"regime": "auto"},
            "fixed_indemnity": True,
        },
        {
            "ref": "FA-2",
            "kind": "invoice",
            "issued_on": "2025-03-10",
            "due_on": "2025-04-10",
            "principal": "8650.40",
            "interest": {"regime": "auto"},
            "fixed_indemnity": True,
            "penalty_clause": {"amount": "150.00"},
        },
    ],
    "events": [
        {"type": "formal_notice", "on": "2025-05-01"},
        {"type": "payment", "on": "2025-06-01", "amount": "3000.00", "claim": "FA-1"},
        {"type": "credit_note", "on": "2025-07-02", "amount": "50.00", "claim": "FA-2"},
        {
            "type": "cost",
            "on": "2025-09-15",
            "amount": "66.30",
            "label": "Signification",
            "borne_by": "debtor",
        },
        {
            "type": "cost",
            "on": "2025-08-15",
            "amount": "120.00",
            "label": "Honoraires",
            "borne_by": "creditor",
        },
    ],
}


def answer_of(case: dict[str, Any], on: date = AS_OF) -> dict[str, Any]:
    read, as_of = read_case(case, on)
    return statement_answer(statement(read, as_of))


def printed(answer: dict[str, Any], **options: object) -> str:
    options = {"creditor": "Comptoir", "debtor": "Élan"} | options
    reader = PdfReader(io.BytesIO(render(answer, at=AT, **options)))
    assert reader.trailer["/Root"]["/Lang"] == "fr-FR"
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


def french(amount: str) -> str:
    whole, cents = amount.lstrip("-").split(".")
    return f"{int(whole):,}".replace(",", " ") + f",{cents} €"


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    return answer_of(CASE)


def test_every_line_is_printed_with_its_period_base_rate_and_article(answer: dict[str, Any]):
    text = printed(answer)
    lines = [line for line in answer["lines"] if line["component"] == "interest"]
    assert len(lines) == 10
    for line in lines:
        days = [f"{date.fromisoformat(line[end]):%d/%m/%Y}" for end in ("from", "to")]
        row = f"{days[0]} {days[1]} {line['days']} {french(line['base'])}"
        assert row in text
        assert french(line["amount"]) in text
        assert re.sub(r"\s+", " ", line["source"]) in text


def test_totals_conventions_and_daily_interest_are_those_of_the_answer(answer: dict[str, Any]):
    text = printed(answer)
    assert f"Total dû au 22/11/2026 {french(answer['total'])}" in text
    assert f"Intérêts : {french(answer['daily_interest'])} par jour" in text
    for name in ("principal", "interest", "fixed_indemnity", "penalty_clause", "costs"):
        assert french(answer["components"][name]) in text
    assert "365 jours par an" in text
    assert "arrondie au centime" in text
    for part in answer["allocations"]:
        assert french(part["amount"]) in text


def test_costs_left_to_the_creditor_stand_apart_and_out_of_the_total(answer: dict[str, Any]):
    text = printed(answer)
    apart = text.index("Frais laissés au créancier, hors total")
    assert text.index("Honoraires") > apart > text.index("Signification")
    assert "120,00 €" in text[apart:]


def test_sections_come_in_the_order_of_a_statement_of_claim(answer: dict[str, Any]):
    text = printed(answer)
    heads = (
        "Créancier",
        "Débiteur",
        "Principal Créance",
        "Intérêts FA-1",
        "Indemnités, clause pénale et frais",
        "Paiements et leur imputation",
        "Récapitulatif",
        "Conventions de calcul",
    )
    places = [text.index(head) for head in heads]
    assert places == sorted(places)


def test_parties_qualities_and_dates_are_printed(answer: dict[str, Any]):
    text = printed(
        answer,
        creditor=Party(name="Comptoir", kind="professional", lines=("14 quai Saint-Cosme",)),
        debtor=Party(name="Élan", kind="consumer"),
        claims=[ClaimFacts(ref="FA-1", issued_on=date(2025, 1, 10), due_on=date(2025, 2, 10))],
        reference="Compte 411ELAN",
    )
    assert "Comptoir 14 quai Saint-Cosme professionnel" in text
    assert "consommateur" in text
    assert "10/01/2025 10/02/2025 12 400,00 €" in text
    assert "Compte 411ELAN" in text


def test_what_would_be_owed_later_and_what_came_back_are_printed():
    events = [*CASE["events"], {"type": "payment_returned", "on": "2025-06-10", "payment": "2"}]
    later = answer_of(CASE | {"events": events, "if_paid_on": ["2026-12-31", "2027-01-01"]})
    text = printed(later)
    assert (
        f"Si le paiement arrive le 31/12/2026 : {french(later['if_paid_on'][0]['total'])}" in text
    )
    assert "1er semestre 2027" in text
    assert "revenu impayé le 10/06/2025 : tenu pour non avenu" in text
    assert "hors du champ de la TVA" in text


def test_warnings_are_printed():
    case = CASE | {"debtor": {"name": "Zoé", "kind": "consumer"}}
    answer = answer_of(case, date(2026, 6, 30))
    text = printed(answer)
    assert answer["warnings"]
    assert "À savoir" in text
    assert "l’indemnité forfaitaire n’est pas due par un consommateur" in text


def test_a_statement_without_interest_prints_no_empty_section():
    claim = {**CASE["claims"][0], "interest": {"regime": "none"}, "fixed_indemnity": False}
    answer = answer_of(CASE | {"claims": [claim], "events": []})
    text = printed(answer)
    assert "Indemnités, clause" not in text
    assert "par jour à compter" not in text
    assert f"Total dû : {french('12400.00')}" in text


def test_an_overpayment_shows_as_a_credit():
    events = [{"type": "payment", "on": "2025-06-01", "amount": "50000.00"}]
    answer = answer_of(CASE | {"events": events})
    text = printed(answer)
    assert answer["credit_balance"] != "0.00"
    assert french(answer["credit_balance"]) in text
    assert "Trop-perçu" in text


def test_hostile_references_are_printed_as_they_are():
    claim = {**CASE["claims"][0], "ref": '#panic("x") *F* $1$'}
    text = printed(answer_of(CASE | {"claims": [claim], "events": []}), debtor="#eval[1]")
    assert '#panic("x") *F* $1$' in text
    assert "#eval[1]" in text
