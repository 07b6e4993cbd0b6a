"""Short ways to write the case of a statement, as the outside contract has it, and read it back."""

from __future__ import annotations

from datetime import date
from typing import Any

from exigible.domain.statement import Line, Statement, statement
from exigible.intake.statement_case import read_case

Event = dict[str, Any]


def invoice(ref: str = "F-1", **fields: Any) -> dict[str, Any]:
    """An invoice of 1 000 € due on 31 July 2025, unless said otherwise; TTC, as principals are."""
    return {"ref": ref, "kind": "invoice", "due_on": "2025-07-31", "principal": "1000.00"} | fields


def answer(
    as_of: str,
    *claims: dict[str, Any],
    events: tuple[Event, ...] = (),
    creditor: str = "professional",
    debtor: str = "professional",
    **more: Any,
) -> Statement:
    """Return the statement of a case on a day."""
    case = {
        "creditor": {"name": "Créancier", "kind": creditor},
        "debtor": {"name": "Débiteur", "kind": debtor},
        "claims": list(claims) or [invoice()],
        "events": list(events),
    }
    read, day = read_case(case | more, date.fromisoformat(as_of))
    return statement(read, day)


def interest(found: Statement) -> int:
    """All of the interest in cents, capitalised or not."""
    return found.components.interest + found.components.capitalised_interest


def lines(found: Statement, component: str = "interest") -> list[Line]:
    return [line for line in found.lines if line.component == component]


def periods(found: Statement, component: str = "interest") -> list[tuple[int | None, str, int]]:
    """Return days, rate and cents of each line: (60, "12.15", 19973)."""
    return [
        (line.days, f"{(line.rate or 0) / 10_000:.2f}", line.amount_cents)
        for line in lines(found, component)
    ]


def paid_to(found: Statement, claim: str = "F-1") -> dict[str, int]:
    """Return what payments went to, by component of a claim, in cents."""
    sums: dict[str, int] = {}
    for part in found.allocations:
        if part.claim == claim:
            sums[part.component] = sums.get(part.component, 0) + part.amount_cents
    return sums
