"""Playing a seeded world of any size in an empty database, and summing up what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from exigible.domain.calendar import add_months
from exigible.domain.refusals import WrongInput
from exigible.simulation import doing
from exigible.simulation.demo import DOMAIN, PASSWORD
from exigible.simulation.play import Play, moment
from exigible.simulation.world import build

Progress = Callable[[str, int, int], None]
MOST_DEBTORS = 100_000
MOST_MONTHS = 120


def simulate(
    progress: Progress, *, today: date, debtors: int, months: int, seed: int
) -> dict[str, object]:
    """Play a world of about `debtors` accounts over `months`, ending the day before `today`.

    Every act goes through the operations, under the play's own clock; return what is in the
    database at the end. The same seed and the same day give the same facts. Refuse a database that
    holds anything, and sizes that make no sense.
    """
    for value, most, name in (
        (debtors, MOST_DEBTORS, "debtors"),
        (months, MOST_MONTHS, "months"),
    ):
        if not 1 <= value <= most:
            raise WrongInput("size", f"« {name} » va de 1 à {most}.", field=name)
    doing.refuse_if_not_empty()
    start = add_months(today, -months)
    progress("Ouverture des comptes", 0, 1)
    play = Play(build(seed, debtors, start=start, end=today), doing.LiveBooks())
    play.open(start, password=PASSWORD, domain=DOMAIN)
    days = (today - start).days
    for number in range(days):
        progress("Jours joués", number, days)
        play.day(start + timedelta(days=number))
    progress("Jours joués", days, days)
    doing.mark_house("simulation_played", at=moment(today, 1), seed=seed, days=days)
    return {
        "seed": seed,
        "from": start.isoformat(),
        "to": (today - timedelta(days=1)).isoformat(),
        "invoiced_cents": play.invoiced_cents,
        "received_cents": play.received_cents,
        **doing.counted(),
    }
