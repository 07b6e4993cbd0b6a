"""Equal instalments (*échéancier*): a sum cut to the cent, its dates, what is left after each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from exigible.domain.calendar import add_months
from exigible.domain.french import count, euros
from exigible.domain.refusals import WrongInput

MOST = 120


class Every(StrEnum):
    """How far apart instalments are."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One instalment; `left_cents` is what is still owed once it is paid."""

    number: int
    due_on: date
    amount_cents: int
    left_cents: int


def instalments(
    total_cents: int, number: int, *, first_on: date, every: Every
) -> tuple[Instalment, ...]:
    """Return `number` instalments that add up to `total_cents` exactly.

    All are equal but the last, which also takes the cents that do not divide. Months are counted
    from `first_on` itself: 31 January, 28 February, 31 March. Raise WrongInput where the number
    is out of bounds or an instalment would be nil.
    """
    if not 2 <= number <= MOST:
        raise WrongInput(
            "wrong_input", f"number : de 2 à {MOST} échéances, pas {number}.", field="number"
        )
    each, rest = divmod(total_cents, number)
    if each < 1:
        raise WrongInput(
            "wrong_input",
            f"number : {euros(max(total_cents, 0))} ne se partagent pas en "
            f"{count(number, 'échéance')} d’un centime au moins.",
            field="number",
        )
    return tuple(
        Instalment(
            number=rank,
            due_on=_due_on(first_on, rank - 1, every),
            amount_cents=each + (rest if rank == number else 0),
            left_cents=total_cents - each * rank if rank < number else 0,
        )
        for rank in range(1, number + 1)
    )


def _due_on(first_on: date, rank: int, every: Every) -> date:
    match every:
        case Every.WEEK:
            return first_on + timedelta(weeks=rank)
        case Every.FORTNIGHT:
            return first_on + timedelta(weeks=2 * rank)
        case Every.MONTH:
            return add_months(first_on, rank)
        case Every.QUARTER:
            return add_months(first_on, 3 * rank)
