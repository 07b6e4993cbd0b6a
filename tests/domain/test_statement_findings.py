"""Worked cases of rules the engine once got wrong; each names its article."""

from datetime import date

from exigible.domain.statement import Statement, statement
from exigible.intake.statement_case import read_case


def answer(claim: dict[str, object], events: list[dict[str, object]], as_of: date) -> Statement:
    case = {
        "creditor": {"name": "Créancier", "kind": "professional"},
        "debtor": {"name": "Débiteur", "kind": "professional"},
        "claims": [{"ref": "F-1", "kind": "invoice"} | claim],
        "events": events,
    }
    return statement(read_case(case, as_of)[0], as_of)


def test_a_debt_born_after_the_opening_keeps_its_indemnity():
    # C. com. L. 622-17: it may be paid on its due date, so being late costs 40 € as ever.
    claim = {
        "issued_on": "2025-03-01",
        "due_on": "2025-03-31",
        "principal": "1000.00",
        "fixed_indemnity": True,
    }
    opening: dict[str, object] = {"type": "insolvency_opening", "on": "2025-02-01"}
    later = answer(claim, [opening], date(2025, 4, 10))
    # 1 000 € × 13,15 % × 10/365 = 3,6027 €: ECB 3,15 on 1 January 2025, + 10 points.
    assert (later.components.fixed_indemnity, later.components.interest) == (4000, 360)
    earlier = answer(claim | {"issued_on": "2025-01-15"}, [opening], date(2025, 4, 10))
    assert (earlier.components.fixed_indemnity, earlier.components.interest) == (0, 0)


def test_a_correcting_credit_note_above_its_invoice_is_kept_as_credit():
    claim = {"due_on": "2025-03-31", "principal": "100.00"}
    note: dict[str, object] = {
        "type": "credit_note",
        "on": "2025-04-02",
        "amount": "150.00",
        "claim": "F-1",
        "effect": "from_invoice",
    }
    found = answer(claim, [note], date(2025, 4, 30))
    assert (found.total_cents, found.credit_balance_cents) == (0, 5000)


def test_a_grace_period_that_changes_no_rate_cuts_no_line():
    # C. civ. 1343-5: legal interest goes on at its normal rate, in one line.
    claim = {
        "due_on": "2025-01-31",
        "principal": "1000.00",
        "interest": {"regime": "legal_interest"},
    }
    events: list[dict[str, object]] = [
        {"type": "formal_notice", "on": "2025-02-10"},
        {"type": "grace_period", "from": "2025-03-01", "to": "2025-04-15"},
    ]
    found = answer(claim, events, date(2025, 5, 31))
    lines = [line for line in found.lines if line.component == "interest"]
    # 1 000 € × 3,71 % × 110/365 = 11,1808 €: from 11 February to 31 May.
    assert [(line.days, line.amount_cents) for line in lines] == [(110, 1118)]
