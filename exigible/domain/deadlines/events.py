"""The events of a procedure in their order: what must come before what, refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from exigible.domain.french import day as french_day
from exigible.domain.french import long_day
from exigible.domain.law.time_limits import Procedure
from exigible.domain.refusals import WrongInput


def check_events(known: Procedure, events: Mapping[str, date]) -> None:
    """Raise WrongInput for an event the procedure does not know, or one before what it follows."""
    for name in events:
        if name not in known.events:
            names = ", ".join(known.events) or "aucun"
            raise WrongInput(
                "unknown_event",
                f"events.{name[:80]} : cet événement n’est pas connu de la procédure "
                f"« {known.name} » ; événements possibles : {names}.",
                field=f"events.{name[:80]}",
            )
    for name, day in events.items():
        for before in known.events[name].after:
            if before in events and day < events[before]:
                raise WrongInput(
                    "contradictory_events",
                    f"events.{name} : « {known.events[name].name} » ({french_day(day)}) précède "
                    f"« {known.events[before].name} » ({french_day(events[before])}).",
                    field=f"events.{name}",
                )


def all_before(known: Procedure, name: str) -> set[str]:
    """Return the events that cannot come after `name`."""
    found: set[str] = set()
    waiting = list(known.events[name].after)
    while waiting:
        before = waiting.pop()
        if before not in found:
            found.add(before)
            waiting += known.events[before].after
    return found


def too_early(known: Procedure, name: str, day: date, first: date) -> str:
    """Return the sentence that says an event precedes the known law, which begins on `first`."""
    return (
        f"« {known.events[name].name} » le {long_day(day)}\u00a0: le droit connu ici commence le "
        f"{long_day(first)}, rien n’est calculé avant."
    )


def partly_known(known: Procedure, name: str, day: date, first: date) -> str:
    return (
        f"« {known.events[name].name} » le {long_day(day)}\u00a0: avant le {long_day(first)}, le "
        "droit n’est connu ici qu’en partie ; un délai peut manquer."
    )
