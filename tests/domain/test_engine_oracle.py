"""The engine against a slow, independent walk of every day (tests/simulation/oracle.py).

Cases are drawn at large: parties of every kind, clauses, notices, titles, payments named or not,
agreed, shared or returned, set-off, credit notes, costs, capitalisation, insolvency, time granted
by a judge or a plan, over-indebtedness, assignment. Every component of
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
from tests.campaign import rounds
from tests.simulation import oracle

HORIZON = 900  # days between the first due date and the as-of day
KINDS = [
    "invoice",
    "invoice",
    "invoice",
    "invoice",
    "instalment",
    "rent",
    "bill",
    "cheque",
    "other",
    "title",
    "loan_instalment",
    "copropriete_charges",
    "wages",
    "public_title",
]
CREDITS = [
    {"accelerated": True},
    {"accelerated": True, "capital": "4000.01", "percent": "5.5"},
    {"deferred": True},
    {"interest_forfeited": True},
]
EVENTS = [
    "formal_notice",
    "formal_notice",
    "payment",
    "payment",
    "payment",
    "payment_returned",
    "set_off",
    "credit_note",
    "judgment",
    "judgment",
    "increase_relief",
    "assignment",
    "capitalisation",
    "insolvency_opening",
    "grace_period",
    "payment_plan",
    "overindebtedness",
    "cost",
]


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
        # Twins fall due on the same day: they share what nobody named.
        twin = claims and draw(st.integers(0, 3)) == 0
        due = start + timedelta(days=draw(st.integers(0, 200)))
        if twin:
            due = date.fromisoformat(claims[0]["due_on"])
        claim: dict[str, Any] = {
            "ref": f"F-{number}",
            "kind": draw(st.sampled_from(KINDS)),
            "due_on": due.isoformat(),
            "principal": draw(amounts()),
            "interest": dict(claims[0]["interest"]) if twin else draw(interests()),
            "fixed_indemnity": draw(st.booleans()),
        }
        if twin or draw(st.integers(0, 4)):
            issued = due - timedelta(days=draw(st.integers(0, 60)))
            claim["issued_on"] = issued.isoformat()
        if draw(st.integers(0, 4)) == 0:
            claim["penalty_clause"] = {"amount": draw(amounts(50_000))}
            if draw(st.booleans()):
                claim["penalty_clause"]["judged"] = draw(amounts(50_000))
            claim["penalty_clause"]["without_notice"] = draw(st.booleans())
        if draw(st.integers(0, 7)) == 0:
            on = due + timedelta(days=draw(st.integers(1, 90)))
            claim["runs_from"] = {"on": on.isoformat(), "why": "contrat"}
        if draw(st.integers(0, 5)) == 0:
            claim["due_date_is_notice"] = True
        if draw(st.integers(0, 5)) == 0:
            claim["contract_months"] = draw(st.integers(1, 60))
        if claim["kind"] == "loan_instalment" and debtor == "consumer" and draw(st.booleans()):
            claim["contract_on"] = "2016-08-01"
            if due < date(2016, 8, 1):  # the law of older credits is not known here
                del claim["contract_on"]
            else:
                claim["credit"] = draw(st.sampled_from(CREDITS))
        claims.append(claim)
    born = [date.fromisoformat(one.get("issued_on", one["due_on"])) for one in claims]
    last_issue = (max(born) - start).days

    def named() -> dict[str, str]:
        ref = draw(st.sampled_from([None, *(claim["ref"] for claim in claims)]))
        return {"claim": ref} if ref else {}

    def after(first: str, most: int) -> str:
        on = date.fromisoformat(first) + timedelta(days=draw(st.integers(0, most)))
        return on.isoformat()

    events: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 7))):
        kind = draw(st.sampled_from(EVENTS))
        event: dict[str, Any] = {"type": kind}
        match kind:
            case "formal_notice":
                event |= {"on": day(last_issue), **named()}
                if draw(st.booleans()):
                    event["presented_on"] = after(event["on"], 10)
            case "payment":
                event |= {"on": day(last_issue), "amount": draw(amounts()), **named()}
                match draw(st.integers(0, 8)):
                    case 0 | 1:
                        event["to"] = "principal"
                    case 2:
                        order = draw(st.permutations(oracle.BUCKETS))
                        event["to"] = order[: draw(st.integers(1, len(order)))]
                    case 3:
                        event["source"] = "dividend"
            case "payment_returned":
                paid = [
                    (rank, other) for rank, other in enumerate(events) if other["type"] == "payment"
                ]
                if not paid:
                    continue
                rank, other = draw(st.sampled_from(paid))
                event |= {"on": after(other["on"], 60), "payment": str(rank + 1)}
            case "set_off":
                ref = draw(st.sampled_from([claim["ref"] for claim in claims]))
                event |= {"claim": ref, "amount": draw(amounts(300_000)), "other_due_on": day()}
                event["connected"] = draw(st.booleans())
                if draw(st.booleans()):
                    event["invoked_on"] = after(event["other_due_on"], 200)
            case "credit_note":
                event |= {"on": day(last_issue), "amount": draw(amounts(300_000)), **named()}
                if "claim" in event and draw(st.booleans()):
                    event["effect"] = "from_invoice"
            case "judgment":
                on = date.fromisoformat(day(last_issue))
                event |= {"on": on.isoformat(), **named()}
                if draw(st.integers(0, 3)):
                    event["served_on"] = after(event["on"], 90)
                if draw(st.integers(0, 2)) == 0:
                    event["provisionally_enforceable"] = False
                    event["final_on"] = after(event["on"], 120)
                if draw(st.integers(0, 3)) == 0:
                    event["kind"] = draw(
                        st.sampled_from(["order_for_payment", "cheque_title", "notarial_deed"])
                    )
                event["legal_rate"] = draw(st.integers(0, 4)) == 0
            case "increase_relief":
                event |= {"on": day(last_issue), **named()}
                if draw(st.booleans()):
                    event["points"] = draw(st.sampled_from(["0", "2", "2.5", "5"]))
            case "assignment":
                event |= {"on": day(last_issue)}
                event["creditor_kind"] = draw(st.sampled_from(["professional", "individual"]))
            case "capitalisation":
                event |= {"requested_on": day(last_issue), **named()}
            case "insolvency_opening":
                event |= {"on": day()}
                if draw(st.integers(0, 3)) == 0:
                    event["withdrawn_on"] = after(event["on"], 200)
            case "grace_period" | "payment_plan":
                event |= {"from": day(), **named()}
                event["to"] = after(event["from"], 400)
                missed = "lapsed_on" if kind == "grace_period" else "broken_on"
                if draw(st.integers(0, 3)) == 0:
                    event[missed] = after(event["from"], 400)
                    event["revives"] = draw(st.booleans())
                if kind == "payment_plan":
                    event["penalties"] = draw(st.sampled_from(["maintained", "suspended"]))
                elif draw(st.integers(0, 2)) == 0:
                    event["principal_first"] = True
                if kind == "grace_period" and draw(st.integers(0, 2)) == 0:
                    event["rate"] = draw(st.sampled_from(["0", "2.50", "6"]))
            case "overindebtedness":
                event |= {"from": day(), **named()}
                if draw(st.booleans()):
                    event["to"] = after(event["from"], 400)
                if draw(st.booleans()):
                    event["rate"] = "1.50"
            case _:
                bearer = draw(st.sampled_from(["debtor", "creditor"]))
                event |= {"on": day(), "amount": draw(amounts(30_000)), **named()}
                event["label"] = draw(st.sampled_from(["acte", "acte", "droit A. 444-32"]))
                event |= {"borne_by": bearer, "prescribed_by_law": draw(st.booleans())}
        events.append(event)
    case = {
        "creditor": {"name": "Créancier", "kind": creditor},
        "debtor": {"name": "Débiteur", "kind": debtor},
        "claims": claims,
        "events": events,
        "conventions": {
            "day_count": draw(st.sampled_from(["365", "365", "actual"])),
            "formal_notice": draw(st.sampled_from(["sent", "presented"])),
            "insolvency": draw(st.sampled_from(["eve", "eve", "judgment_day"])),
        },
    }
    if draw(st.integers(0, 3)) == 0:
        case["allocation_order"] = "most_burdensome"
    as_of = start + timedelta(days=draw(st.integers(0, HORIZON)))
    return case, max(as_of, min(born))


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
@settings(
    max_examples=rounds(200, 10_000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_the_engine_agrees_with_a_walk_of_every_day(drawn: tuple[dict[str, Any], date]):
    agree(*drawn)
