"""Small books and lines for the tests of matching: one sentence a case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from exigible.domain.matching import (
    BankLine,
    Book,
    Cheque,
    Claim,
    Customer,
    Learned,
    Plan,
    Proposal,
    match_lines,
)

ISSUED, DUE, ON = date(2026, 9, 1), date(2026, 10, 1), date(2026, 10, 12)
VAUBAN = Customer(
    "C-100",
    ("Menuiserie Vauban SARL",),
    ("Lille",),
    ("552100554",),
    ("FR7610000000000000000000011",),
)
LORRAIN = Customer("C-200", ("Transports Lorrain SAS", "Lorrain Express"), ("Metz",))
PETIT = Customer("C-300", ("Pharmacie Petit",), ("Niort",))


def claim(
    ref: str,
    euros: float,
    customer: str = "C-100",
    *,
    issued: date = ISSUED,
    due: date = DUE,
    currency: str = "EUR",
    collected: bool = False,
) -> Claim:
    return Claim(ref, customer, round(euros * 100), currency, issued, due, collected)


def line(
    label: str = "",
    euros: float = 0.0,
    *,
    id: str = "1",
    on: date = ON,
    currency: str = "EUR",
    who: str = "",
    iban: str = "",
    end_to_end: str = "",
) -> BankLine:
    return BankLine(id, on, round(euros * 100), currency, label, who, iban, end_to_end)


def decide(
    claims: Sequence[Claim],
    lines: Sequence[BankLine],
    *,
    customers: Sequence[Customer] = (VAUBAN, LORRAIN, PETIT),
    plans: Sequence[Plan] = (),
    cheques: Sequence[Cheque] = (),
    learned: Learned | None = None,
) -> list[Proposal]:
    return match_lines(
        Book(customers, claims, plans=plans, learned=learned), lines, cheques=cheques
    )


def one(claims: Sequence[Claim], label: str, euros: float, **rest: object) -> Proposal:
    """The proposal for one line. What `line` does not know goes to `decide`."""
    known = {k: rest.pop(k) for k in ("on", "currency", "who", "iban", "end_to_end") if k in rest}
    return decide(claims, [line(label, euros, **known)], **rest)[0]  # type: ignore[arg-type]


def paid(proposal: Proposal) -> dict[str, float]:
    return {one.ref: one.cents / 100 for one in proposal.allocations}


def alone(proposal: Proposal) -> dict[str, float]:
    """What is booked without asking."""
    return paid(proposal) if proposal.automatic else {}
