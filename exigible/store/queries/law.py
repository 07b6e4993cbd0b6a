"""Values of the law that people entered, as the domain lays them over the shipped ones."""

from __future__ import annotations

from django.db.models import QuerySet

from exigible.domain.law import shipped_law
from exigible.domain.law.entered import Entered, fact_from
from exigible.domain.refusals import WrongInput
from exigible.store.models import AccountFigures, LawValue

LIVE_COLUMNS = ("parameter", "starts_on", "value", "known_until", "source", "confirmed_at")


def entered_values(using: str = "default") -> tuple[Entered, ...]:
    """Return the values in use, in one order: equal tables give equal tuples.

    One small query (a table of a few dozen rows), made each time the law is asked for: no process
    computes with a value withdrawn, nor misses one entered, by another.
    """
    rows = LawValue.objects.using(using).filter(withdrawn_at__isnull=True)
    rows = rows.order_by("parameter", "starts_on")
    found = []
    for parameter, starts_on, value, known_until, source, confirmed_at in rows.values_list(
        *LIVE_COLUMNS
    ):
        dated = shipped_law().find(parameter)
        if dated is None:
            continue  # the product no longer knows it
        try:
            fact = fact_from(
                dated, value, start=starts_on, source=source, verified=confirmed_at is not None
            )
        except WrongInput:
            continue  # its unit has changed since: never guessed
        found.append(Entered(parameter=parameter, fact=fact, known_until=known_until))
    return tuple(found)


def values_of(parameter: str) -> QuerySet[LawValue]:
    """Return what was ever entered for a parameter, newest first."""
    return LawValue.objects.filter(parameter=parameter).order_by("-starts_on", "-pk")


def accounts_held(creditor_id: int | None = None) -> int:
    """Count the accounts whose accessories are not known for want of a value."""
    held = AccountFigures.objects.filter(accessories_cents__isnull=True, chased_cents__gt=0)
    if creditor_id is not None:
        held = held.filter(creditor_id=creditor_id)
    return held.count()
