"""Chips beside those of `domain.states`: qualities, phases, and the states of smaller things.

A chip is a glyph and a word; colour only repeats them. The lists are closed.
"""

from exigible.domain.law.status import Situation
from exigible.domain.states import CHIPS, Chip, State
from exigible.store.models import (
    DebtorKind,
    ExhibitArrival,
    ImportBatch,
    Incoming,
    MessageStatus,
    Phase,
    StockAbsence,
)

OVER_LIMIT = Chip("Plafond dépassé", "tri", "wax")
DISPUTED_PART = Chip("Litige partiel", "half", "ochre")

INSOLVENCY = {
    "sauvegarde": Chip("Sauvegarde", "dia", "wax"),
    "redressement": Chip("Redressement", "dia", "wax"),
    "liquidation": Chip("Liquidation", "dia", "wax"),
}

PHASES = {
    Phase.PRECONTENTIEUX: Chip("Précontentieux", "sq", "court"),
    Phase.CLOSED: Chip("Clos", "tick", ""),
}

DEBTOR_KINDS = {
    DebtorKind.CONSUMER: Chip("Particulier", "full", ""),
    DebtorKind.PUBLIC_PURCHASER: Chip("Acheteur public", "full", ""),
}

MESSAGES = {
    MessageStatus.PROPOSED: Chip("À valider", "ring", "info"),
    MessageStatus.READY: Chip("Prêt à partir", "ring", "info"),
    MessageStatus.HELD: Chip("Retenu", "bar", "ochre"),
    MessageStatus.SENDING: Chip("En cours d’envoi", "half", "info"),
    MessageStatus.SENT: Chip("Parti", "tick", "leaf"),
    MessageStatus.REFUSED: Chip("Refusé", "slash", "wax"),
    MessageStatus.UNCERTAIN: Chip("Incertain", "tri", "wax"),
    MessageStatus.CANCELLED: Chip("Annulé", "slash", ""),
}

IMPORTS = {
    ImportBatch.Status.DRAFT: Chip("À préparer", "tri", "todo"),
    ImportBatch.Status.CHECKING: Chip("Contrôle", "half", "info"),
    ImportBatch.Status.WAITING: Chip("En attente", "ring", "info"),
    ImportBatch.Status.RUNNING: Chip("En cours", "half", "info"),
    ImportBatch.Status.DONE: Chip("Importé", "tick", "leaf"),
    ImportBatch.Status.UNCHANGED: Chip("Sans effet", "tick", ""),
    ImportBatch.Status.REFUSED: Chip("Refusé", "slash", "wax"),
    ImportBatch.Status.FAILED: Chip("Interrompu", "tri", "wax"),
    ImportBatch.Status.UNDONE: Chip("Annulé", "slash", ""),
}

ABSENCES = {
    "": Chip("À confirmer", "tri", "todo"),
    StockAbsence.Outcome.PAID: Chip("Réglée", "tick", "leaf"),
    StockAbsence.Outcome.CREDITED: Chip("Avoir", "tick", "leaf"),
    StockAbsence.Outcome.CANCELLED: Chip("Annulée", "slash", ""),
    StockAbsence.Outcome.STILL_DUE: Chip("Toujours due", "ring", "ochre"),
    StockAbsence.Outcome.BACK: Chip("Revenue", "ring", ""),
    StockAbsence.Outcome.SETTLED: Chip("Soldée entre-temps", "tick", ""),
    StockAbsence.Outcome.REPLACED: Chip("Constatée de nouveau", "ring", ""),
    StockAbsence.Outcome.WITHDRAWN: Chip("Import annulé", "slash", ""),
}
ABSENCE_TAKEN_BACK = Chip("Contrepassée", "slash", "")
INCOMING = {
    Incoming.Status.RECEIVED: Chip("En cours", "half", "info"),
    Incoming.Status.TAKEN: Chip("Pris", "tick", "leaf"),
    Incoming.Status.KNOWN: Chip("Déjà connu", "tick", ""),
    Incoming.Status.ASKS: Chip("Attend une réponse", "tri", "todo"),
    Incoming.Status.REFUSED: Chip("Refusé", "slash", "wax"),
}
WAY_OPEN = Chip("En marche", "tick", "leaf")
WAY_PAUSED = Chip("En pause", "bar", "ochre")
WAY_FAILING = Chip("En panne", "tri", "wax")
WAY_NEW = Chip("En attente", "ring", "info")
TOKEN_LIVING = Chip("En vigueur", "tick", "leaf")
TOKEN_EXPIRED = Chip("Expiré", "slash", "")
TOKEN_REVOKED = Chip("Révoqué", "slash", "wax")

ARRIVALS = {
    ExhibitArrival.Status.WAITING: Chip("À lire", "ring", "info"),
    ExhibitArrival.Status.KEPT: Chip("Gardée", "tick", "leaf"),
    ExhibitArrival.Status.KNOWN: Chip("Déjà connue", "tick", ""),
    ExhibitArrival.Status.REFUSED: Chip("Refusée", "slash", "wax"),
}
UNFILED = Chip("À classer", "ring", "ochre")
GUESSED = Chip("À confirmer", "tri", "todo")

LAW = {
    Situation.UNKNOWN: Chip("Inconnu", "slash", "wax"),
    Situation.UNVERIFIED: Chip("À confirmer", "tri", "todo"),
    Situation.RUNS_OUT: Chip("Fin proche", "half", "ochre"),
    Situation.CHANGES: Chip("Va changer", "half", "info"),
    Situation.CHANGED: Chip("Changé", "ring", "info"),
    Situation.NOT_YET: Chip("À venir", "ring", ""),
    Situation.IN_FORCE: Chip("En vigueur", "tick", "leaf"),
}
LAW_ENTERED = Chip("Saisi", "full", "")

BLOCKING = Chip("Bloquant", "slash", "wax")
REMARK = Chip("Remarque", "tri", "ochre")

PROMISES = {
    "pending": Chip("En cours", "half", "info"),
    "kept": Chip("Tenue", "tick", "leaf"),
    "broken": Chip("Rompue", "slash", "wax"),
    "cancelled": Chip("Annulée", "slash", ""),
}

CLAIMS = {
    "settled": CHIPS[State.SETTLED],
    "not_due": CHIPS[State.NOT_DUE],
    "overdue": Chip("Échue", "ring", ""),
    "disputed": Chip("Contestée", "half", "ochre"),
    "disputed_part": Chip("Contestée en partie", "half", "ochre"),
    "held": Chip("Suspendue", "bar", "ochre"),
    "noticed": Chip("Mise en demeure", "tri", "wax"),
    "retention": Chip("Retenue de garantie", "bar", ""),
    "derived": Chip("Échéance à confirmer", "tri", "todo"),
}


def account_state(state: str) -> Chip | None:
    """Return the chip of a main state as figures hold it; none before the first computation."""
    return CHIPS[State(state)] if state else None
