"""Worked cases of rules the engine once got wrong; each names its article."""

from datetime import date

from exigible.domain.case import (
    Case,
    CaseClaim,
    ClaimKind,
    Clause,
    CreditorKind,
    DebtorKind,
    InterestTerms,
    Regime,
)
from exigible.domain.statement import Statement, statement
from exigible.intake.statement_case import read_case


def answer(
    claim: dict[str, object],
    events: list[dict[str, object]],
    as_of: date,
    debtor: str = "professional",
) -> Statement:
    case = {
        "creditor": {"name": "Créancier", "kind": "professional"},
        "debtor": {"name": "Débiteur", "kind": debtor},
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


def test_a_public_purchaser_owes_the_rate_of_the_code_whatever_the_contract_says():
    # CCP R. 2192-31: 4.50 + 8 = 12.50 %; 1 000 € × 12.50 % × 20/365 = 6.849 €.
    case = Case(
        creditor_kind=CreditorKind.PROFESSIONAL,
        debtor_kind=DebtorKind.PUBLIC_PURCHASER,
        claims=(
            CaseClaim(
                ref="F-1",
                kind=ClaimKind.INVOICE,
                due_on=date(2024, 1, 10),
                principal_cents=100_000,
                interest=InterestTerms(clause=Clause(rate=20_000)),
            ),
        ),
    )
    found = statement(case, date(2024, 1, 30))
    assert (found.claims[0].regime, found.components.interest) == (Regime.PUBLIC_PURCHASER, 685)


def test_a_consumer_never_owes_the_interest_of_a_public_purchaser():
    claim = CaseClaim(
        ref="F-1",
        kind=ClaimKind.INVOICE,
        due_on=date(2024, 1, 10),
        principal_cents=100_000,
        interest=InterestTerms(regime=Regime.PUBLIC_PURCHASER),
    )
    case = Case(
        creditor_kind=CreditorKind.PROFESSIONAL,
        debtor_kind=DebtorKind.CONSUMER,
        claims=(claim,),
    )
    found = statement(case, date(2024, 1, 30))
    assert (found.claims[0].regime, found.components.interest) == (Regime.LEGAL_INTEREST, 0)
    assert "acheteur public" in found.warnings[0]


def test_a_rate_stipulated_to_a_consumer_is_said_to_be_doubtful_even_by_default():
    claim = {"due_on": "2024-01-10", "principal": "100.00", "kind": "other"}
    clause = {"interest": {"regime": "contract", "rate": "15.00"}}
    asked = answer(claim | clause, [], date(2024, 1, 30), debtor="consumer")
    by_default = statement(
        Case(
            creditor_kind=CreditorKind.PROFESSIONAL,
            debtor_kind=DebtorKind.CONSUMER,
            claims=(
                CaseClaim(
                    ref="F-1",
                    kind=ClaimKind.OTHER,
                    due_on=date(2024, 1, 10),
                    principal_cents=10_000,
                    interest=InterestTerms(clause=Clause(rate=150_000)),
                ),
            ),
        ),
        date(2024, 1, 30),
    )
    assert by_default.warnings == asked.warnings != ()


def test_the_interest_of_a_loan_to_a_consumer_is_never_capitalised():
    loan = {
        "due_on": "2022-01-01",
        "principal": "10000.00",
        "kind": "loan_instalment",
        "interest": {"regime": "contract", "rate": "5.00"},
    }
    request: dict[str, object] = {"type": "capitalisation", "requested_on": "2022-02-01"}
    found = answer(loan, [request], date(2024, 6, 1), debtor="consumer")
    assert found.components.capitalised_interest == 0
    assert any("L. 312-38" in warning for warning in found.warnings)
    trade = answer(loan, [request], date(2024, 6, 1))
    assert trade.components.capitalised_interest > 0


def test_the_interest_of_a_day_is_exact_whatever_the_sums():
    # 99 999 999 999.99 € × 1 000 % / 365 = 2 739 726 027.397 € a day: base × rate passes 64 bits.
    claim = {
        "due_on": "2024-01-01",
        "principal": "99999999999.99",
        "interest": {"regime": "contract", "rate": "1000"},
    }
    found = answer(claim, [], date(2024, 6, 1))
    assert found.daily_interest_millionths // 10**8 == 2_739_726_027
