"""Charts as data for the SVG templates: bars from zero, direct labels, a sentence for readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from exigible.domain.french import MONTHS, NO_BREAK

SHORT_MONTHS = (
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
)
WIDTH, HEIGHT, BASE = 800, 98, 78
BAR_WIDTH = 26
BAD_DAYS = 30  # a month later than agreed is drawn in wax


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in the units of the SVG's view box."""

    x: float
    y: float
    height: float
    middle: float
    label: str
    value: str
    bad: bool


@dataclass(frozen=True, slots=True)
class BarChart:
    bars: list[Bar]
    sentence: str
    table: list[tuple[str, str]]
    mean: int


def delay_bars(months: Sequence[tuple[date, int]], on: date) -> BarChart:
    """Draw the mean delay by month of due date; `months` are (first day, days), oldest first."""
    most = max((days for _, days in months), default=0) or 1
    step = (WIDTH - 40) / max(len(months), 1)
    bars = []
    for index, (month, days) in enumerate(months):
        height = round(62 * days / most, 1)
        middle = round(20 + step * (index + 0.5), 1)
        bars.append(
            Bar(
                x=middle - BAR_WIDTH / 2,
                y=round(BASE - height, 1),
                height=height,
                middle=middle,
                label=SHORT_MONTHS[month.month - 1],
                value=str(days),
                bad=days >= BAD_DAYS,
            )
        )
    first, last = months[0], months[-1]
    sentence = (
        f"Retard moyen par mois d’échéance : {first[1]} jours en {_month(first[0])}, "
        f"{last[1]} jours en {_month(last[0])}."
    )
    table = [(_month(month), f"{days}{NO_BREAK}j") for month, days in months]
    mean = round(sum(days for _, days in months) / len(months)) if months else 0
    return BarChart(bars, sentence, table, mean)


def _month(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"
