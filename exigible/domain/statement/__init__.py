"""Statements (*décomptes*): what is owed on a day, in lines that explain themselves.

- `model`: what a statement is made of.
- `charges`: the law's yes or no: who owes the 40 €, a penalty clause, a cost, when interest joins
  the base, what a lender may add to a consumer's credit.
- `columns`: cases laid out for the engine, thousands at once, and the refusals met on the way.
- `reading`: the engine's columns read back into statements.
- `answer`: a statement as the JSON object of the outside contract.

See `domain.engine` for the conventions of computation, `domain.regimes` and `domain.rates` for what
each day bears.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from exigible.domain.case import Case
from exigible.domain.law import Law, shipped_law
from exigible.domain.refusals import Refused
from exigible.domain.statement.answer import statement_answer
from exigible.domain.statement.columns import Columns
from exigible.domain.statement.model import (
    COMPONENT_OF_BUCKET,
    AllocatedPart,
    ClaimStatement,
    Components,
    IfPaid,
    Line,
    Statement,
)
from exigible.domain.statement.reading import read_statements

__all__ = [
    "COMPONENT_OF_BUCKET",
    "AllocatedPart",
    "ClaimStatement",
    "Components",
    "IfPaid",
    "Line",
    "Statement",
    "statement",
    "statement_answer",
    "statements",
]


def statement(case: Case, as_of: date, law: Law | None = None) -> Statement:
    """Return the statement of a case on a day; raise OutsideKnownLaw if a rate is unknown."""
    [answer] = statements([(case, as_of)], law)
    if isinstance(answer, Refused):
        raise answer
    return answer


def statements(
    cases: Sequence[tuple[Case, date]], law: Law | None = None
) -> list[Statement | Refused]:
    """Return, in order, the statement of each case or the refusal that stops it.

    A case that asks what would be owed on later days (`if_paid_on`) gets each day's balance beside
    its statement, or the refusal that names the rate not known yet.
    """
    law = law or shipped_law()
    answers = _answers(cases, law)
    asked = [
        (place, day)
        for place, (case, _) in enumerate(cases)
        if not isinstance(answers[place], Refused)
        for day in case.if_paid_on
    ]
    later = _answers([(cases[place][0], day) for place, day in asked], law)
    for (place, day), found in zip(asked, later, strict=True):
        answer = answers[place]
        assert isinstance(answer, Statement)
        answers[place] = replace(answer, if_paid_on=(*answer.if_paid_on, _if_paid(day, found)))
    return answers


def _answers(cases: Sequence[tuple[Case, date]], law: Law) -> list[Statement | Refused]:
    if not cases:
        return []
    columns = Columns(law)
    for case, as_of in cases:
        columns.add(case, as_of)
    return list(read_statements(columns))


def _if_paid(day: date, found: Statement | Refused) -> IfPaid:
    if isinstance(found, Refused):
        return IfPaid(on=day, total_cents=None, interest_cents=None, refused=found)
    interest = found.components.interest + found.components.capitalised_interest
    return IfPaid(on=day, total_cents=found.total_cents, interest_cents=interest)
