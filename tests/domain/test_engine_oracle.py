"""The engine against a slow, independent walk of every day (tests/simulation/oracle.py).

Cases are drawn at large: parties of every kind, clauses, notices, judgments, payments named or
not, credit notes, costs, capitalisation, insolvency, time granted by a judge. Every component of
every claim, every line and the credit balance must agree to the cent; where the walk misses a
rate, the engine must refuse.
"""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exigible.domain.refusals import OutsideKnownLaw
from exigible.domain.statement import Statement, statement
from exigible.intake.statement_case import read_case
from tests.simulation import oracle

HORIZON = 900  # days between the first due date and the as-of day


def amounts(most: int = 5_000_000) -> st.SearchStrategy[str]:
    return st.integers(1, most).map(lambda cents: f"{cents // 100}.{cents % 100:02d}")


@st.composite
def interests(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["auto", "auto", "auto", "legal", "rate", "index", "none"]))
    match kind:
        case "auto":
            return {"regime": "auto"}
        case "legal":
            return {"regime": "legal_interest"}
        case "rate":
            rate = draw(st.integers(0, 300_000))
            return {"regime": "contract", "rate": f"{rate // 10_000}.{rate % 10_000:04d}"}
        case "index":
            if draw(st.booleans()):
                return {"regime": "contract", "clause": {"index": "legal", "times": "3"}}
            plus = draw(st.integers(0, 15))
            return {"regime": "contract", "clause": {"index": "ecb", "plus": str(plus)}}
        case _:
            return {"regime": "none"}


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], date]:
    start = draw(st.dates(date(2013, 1, 1), date(2026, 3, 1)))

    def day(least: int = 0, most: int = HORIZON) -> str:
        return (start + timedelta(days=draw(st.integers(least, most)))).isoformat()

    creditor = draw(st.sampled_from(["professional", "professional", "individual", "public"]))
    debtor = draw(st.sampled_from(["professional", "professional", "consumer", "public_purchaser"]))
    claims = []
    for number in range(draw(st.integers(1, 3))):
        due = start + timedelta(days=draw(st.integers(0, 200)))
        claim: dict[str, Any] = {
            "ref": f"F-{number}",
            "kind": draw(
                st.sampled_from(
                    ["invoice", "invoice", "instalment", "rent", "bill", "cheque", "other"]
                )
            ),
            "due_on": due.isoformat(),
            "principal": draw(amounts()),
            "interest": draw(interests()),
            "fixed_indemnity": draw(st.booleans()),
        }
        if draw(st.integers(0, 4)):
            issued = due - timedelta(days=draw(st.integers(0, 60)))
            claim["issued_on"] = issued.isoformat()
        if draw(st.integers(0, 4)) == 0:
            claim["penalty_clause"] = {"amount": draw(amounts(50_000))}
        if draw(st.integers(0, 7)) == 0:
            on = due + timedelta(days=draw(st.integers(1, 90)))
            claim["runs_from"] = {"on": on.isoformat(), "why": "contrat"}
        claims.append(claim)
    last_issue = max(date.fromisoformat(claim["due_on"]) for claim in claims) - start

    def named() -> dict[str, str]:
        ref = draw(st.sampled_from([None, *(claim["ref"] for claim in claims)]))
        return {"claim": ref} if ref else {}

    events: list[dict[str, Any]] = []
    contract = any(claim["interest"]["regime"] == "contract" for claim in claims)
    for _ in range(draw(st.integers(0, 7))):
        kind = draw(
            st.sampled_from(
                ["formal_notice", "payment", "payment", "payment", "credit_note", "judgment"]
                + ["capitalisation", "insolvency_opening", "cost"]
                # Whether a stipulated late rate stops during a grace period is not settled.
                + ([] if contract else ["grace_period"])
            )
        )
        event: dict[str, Any] = {"type": kind}
        match kind:
            case "formal_notice":
                event |= {"on": day(), **named()}
            case "payment":
                event |= {"on": day(last_issue.days), "amount": draw(amounts()), **named()}
                if draw(st.integers(0, 2)) == 0:
                    event["to"] = "principal"
            case "credit_note":
                event |= {"on": day(last_issue.days), "amount": draw(amounts(300_000)), **named()}
                if "claim" in event and draw(st.booleans()):
                    event["effect"] = "from_invoice"
            case "judgment":
                on = date.fromisoformat(day())
                event |= {"on": on.isoformat(), **named()}
                if draw(st.integers(0, 3)):
                    served = on + timedelta(days=draw(st.integers(0, 90)))
                    event["served_on"] = served.isoformat()
                if draw(st.integers(0, 2)) == 0:
                    event["provisionally_enforceable"] = False
                    final = on + timedelta(days=draw(st.integers(0, 120)))
                    event["final_on"] = final.isoformat()
            case "capitalisation":
                event |= {"requested_on": day(), **named()}
            case "insolvency_opening":
                event |= {"on": day()}
            case "grace_period":
                first = date.fromisoformat(day())
                last = first + timedelta(days=draw(st.integers(0, 400)))
                event |= {"from": first.isoformat(), "to": last.isoformat(), **named()}
            case _:
                bearer = draw(st.sampled_from(["debtor", "creditor"]))
                event |= {"on": day(), "amount": draw(amounts(30_000)), "label": "acte"}
                event |= {"borne_by": bearer, **named()}
        events.append(event)
    case = {
        "creditor": {"name": "Créancier", "kind": creditor},
        "debtor": {"name": "Débiteur", "kind": debtor},
        "claims": claims,
        "events": events,
        "conventions": {"day_count": draw(st.sampled_from(["365", "365", "actual"]))},
    }
    if draw(st.integers(0, 3)) == 0:
        case["allocation_order"] = "most_burdensome"
    return case, start + timedelta(days=draw(st.integers(0, HORIZON)))


def shown(product: Statement) -> dict[str, Any]:
    """Return what the engine says, claim by claim, in the walk's words."""
    lines: dict[str | None, list[int]] = {}
    for line in product.lines:
        if line.component == "interest":
            lines.setdefault(line.claim, []).append(line.amount_cents)
    return {
        "claims": {
            claim.ref: (
                claim.components.principal,
                claim.components.interest,
                claim.components.capitalised_interest,
                claim.components.fixed_indemnity,
                claim.components.penalty_clause,
                claim.components.costs,
                claim.components.payments,
                claim.components.total,
            )
            for claim in product.claims
        },
        "lines": {ref: [cents for cents in row if cents] for ref, row in lines.items() if any(row)},
        "total": product.total_cents,
        "credit_balance": product.credit_balance_cents,
        "costs_on_creditor": product.costs_on_creditor_cents,
    }


def walked(answer: oracle.Answer) -> dict[str, Any]:
    for debt in answer.debts:
        debt.end_line()
    return {
        "claims": {
            debt.ref: (
                debt.principal,
                debt.interest - debt.capitalised,
                debt.capitalised,
                debt.gross["fixed_indemnity"],
                debt.gross["penalty_clause"],
                debt.gross["costs"],
                debt.paid,
                debt.total,
            )
            for debt in answer.debts
        },
        "lines": {
            debt.ref: [cents for cents in debt.lines if cents]
            for debt in answer.debts
            if any(debt.lines)
        },
        "total": answer.total,
        "credit_balance": answer.credit_balance,
        "costs_on_creditor": answer.costs_on_creditor,
    }


def agree(case: dict[str, Any], as_of: date) -> None:
    read, day = read_case(case, as_of)
    try:
        expected = oracle.statement(case, as_of)
    except oracle.Unknown:
        with pytest.raises(OutsideKnownLaw):
            statement(read, day)
        return
    product = statement(read, day)
    assert shown(product) == walked(expected)
    # A day's interest is printed to the millionth of a cent, claim by claim.
    gap = Fraction(product.daily_interest_millionths, 1_000_000) - expected.daily
    assert abs(gap) <= Fraction(len(expected.debts), 10_000)


@given(cases())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_engine_agrees_with_a_walk_of_every_day(drawn: tuple[dict[str, Any], date]):
    agree(*drawn)


@pytest.mark.slow
@given(cases())
@settings(max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_engine_agrees_with_the_walk_on_thousands_of_cases(
    drawn: tuple[dict[str, Any], date],
):
    agree(*drawn)
