"""When an invoice falls due, where no file says it.

Terms are a number of days and a way of counting them. “45 jours fin de mois” has two accepted
readings (C. com. L441-10, I; the contract names one): days then the end of that month, or the end
of the invoice's month then days. A date obtained here is *derived*: it is shown as such and starts
no mise en demeure until someone confirms it.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum

from exigible.domain.refusals import WrongInput

LONGEST_TERM_DAYS = 365


class TermMethod(StrEnum):
    """How days are counted from the invoice's date; the values are those of the database."""

    NET = "net"
    DAYS_THEN_EOM = "days_then_eom"
    EOM_THEN_DAYS = "eom_then_days"


def due_date(issued_on: date, term_days: int, method: str = TermMethod.NET) -> date:
    """Return the day an invoice falls due under its terms.

    Raise WrongInput for a term below zero or beyond a year, or a method that does not exist.
    """
    if not 0 <= term_days <= LONGEST_TERM_DAYS:
        raise WrongInput(
            "term_days",
            f"Un délai de paiement de {term_days} jours n’est pas possible : indiquez un nombre "
            f"de jours entre 0 et {LONGEST_TERM_DAYS}.",
            field="term_days",
        )
    try:
        counted = TermMethod(method)
    except ValueError:
        raise WrongInput(
            "term_method",
            f"« {method} » n’est pas une façon connue de compter un délai de paiement.",
            field="term_method",
        ) from None
    delay = timedelta(days=term_days)
    if counted is TermMethod.DAYS_THEN_EOM:
        return end_of_month(issued_on + delay)
    if counted is TermMethod.EOM_THEN_DAYS:
        return end_of_month(issued_on) + delay
    return issued_on + delay


def end_of_month(day: date) -> date:
    """Return the last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
