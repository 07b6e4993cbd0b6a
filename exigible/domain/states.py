"""The state of an account in one word, the same everywhere: list, page, letter.

The list is closed: a page shows nothing else. The main state is the first that applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The main state of an account on a day, in the order in which they win."""

    INSOLVENT = "insolvent"
    CONTENTIEUX = "contentieux"
    NEVER_CHASED = "never_chased"
    UNKNOWN_KIND = "unknown_kind"
    BROKEN_PROMISE = "broken_promise"
    HELD = "held"
    PROMISED = "promised"
    DISPUTED = "disputed"
    FORMAL_NOTICE = "formal_notice"
    REMINDED = "reminded"
    OVERDUE = "overdue"
    CREDIT = "credit"
    NOT_DUE = "not_due"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Chip:
    """How a state is shown: a word, a glyph and a tone, so that colour is never alone."""

    label: str
    glyph: str  # ring, full, half, bar, tri, slash, dia, sq, tick
    tone: str  # "", info, ochre, wax, court, leaf, todo


CHIPS: dict[State, Chip] = {
    State.INSOLVENT: Chip("Procédure collective", "dia", "wax"),
    State.CONTENTIEUX: Chip("Contentieux", "sq", "court"),
    State.NEVER_CHASED: Chip("Jamais relancé", "ring", ""),
    State.UNKNOWN_KIND: Chip("Qualité à préciser", "tri", "todo"),
    State.BROKEN_PROMISE: Chip("Promesse non tenue", "slash", "wax"),
    State.HELD: Chip("Suspendu", "bar", "ochre"),
    State.PROMISED: Chip("Promesse en cours", "half", "info"),
    State.DISPUTED: Chip("Litige", "half", "ochre"),
    State.FORMAL_NOTICE: Chip("Mis en demeure", "tri", "wax"),
    State.REMINDED: Chip("Relancé", "ring", ""),
    State.OVERDUE: Chip("Échu", "ring", ""),
    State.CREDIT: Chip("Crédit à affecter", "half", "info"),
    State.NOT_DUE: Chip("À échoir", "ring", ""),
    State.SETTLED: Chip("Soldé", "tick", "leaf"),
}
