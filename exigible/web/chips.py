"""Chips: a glyph and a word for each state, the same on every page.

The list is closed; a state that is not here has no chip. Colour only repeats what the glyph and the
word already say.
"""

from dataclasses import dataclass

from exigible.store.models import DebtorKind, MessageStatus, Phase


@dataclass(frozen=True, slots=True)
class Chip:
    """`glyph` is a symbol of icons.svg, `tone` a class of the stylesheet ("" is neutral)."""

    label: str
    glyph: str
    tone: str = ""


ACCOUNT_STATES: dict[str, Chip] = {
    "settled": Chip("Soldé", "tick", "leaf"),
    "not_due": Chip("À échoir", "ring"),
    "overdue": Chip("Échu", "ring"),
    "first_incident": Chip("Premier incident", "ring"),
    "reminded": Chip("Relancé", "ring"),
    "formal_notice": Chip("Mis en demeure", "tri", "ochre"),
    "promised": Chip("Promesse en cours", "half", "info"),
    "broken_promise": Chip("Promesse rompue", "slash", "wax"),
    "disputed": Chip("Contesté", "half", "ochre"),
    "disputed_part": Chip("Litige partiel", "half", "ochre"),
    "held": Chip("Suspendu", "bar", "ochre"),
    "over_limit": Chip("Plafond dépassé", "tri", "wax"),
    "insolvent": Chip("Procédure collective", "dia", "wax"),
    "never_chased": Chip("Jamais relancé", "bar"),
    "incomplete": Chip("À compléter", "tri", "todo"),
    "credit": Chip("Créditeur", "full", "leaf"),
    "closed": Chip("Clos", "tick"),
}

INSOLVENCY = {
    "sauvegarde": Chip("Sauvegarde", "dia", "wax"),
    "redressement": Chip("Redressement", "dia", "wax"),
    "liquidation": Chip("Liquidation", "dia", "wax"),
}

PHASES = {
    Phase.PRECONTENTIEUX: Chip("Précontentieux", "sq", "court"),
    Phase.CONTENTIEUX: Chip("Contentieux", "sq", "court"),
    Phase.CLOSED: Chip("Clos", "tick"),
}

DEBTOR_KINDS = {
    DebtorKind.CONSUMER: Chip("Particulier", "full"),
    DebtorKind.PUBLIC_PURCHASER: Chip("Acheteur public", "full"),
    DebtorKind.UNKNOWN: Chip("Qualité à préciser", "tri", "todo"),
}

MESSAGES = {
    MessageStatus.PROPOSED: Chip("À valider", "ring", "info"),
    MessageStatus.READY: Chip("Prêt à partir", "ring", "info"),
    MessageStatus.HELD: Chip("Retenu", "bar", "ochre"),
    MessageStatus.SENDING: Chip("En cours d’envoi", "half", "info"),
    MessageStatus.SENT: Chip("Parti", "tick", "leaf"),
    MessageStatus.REFUSED: Chip("Refusé", "slash", "wax"),
    MessageStatus.UNCERTAIN: Chip("Incertain", "tri", "wax"),
    MessageStatus.CANCELLED: Chip("Annulé", "slash"),
}

PROMISES = {
    "pending": Chip("En cours", "half", "info"),
    "kept": Chip("Tenue", "tick", "leaf"),
    "broken": Chip("Rompue", "slash", "wax"),
    "cancelled": Chip("Annulée", "slash"),
}
