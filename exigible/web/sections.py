"""The menu: its groups, its sections, who sees each, and the work waiting in each.

A section is listed here when its page exists. One that the role cannot open is absent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from exigible.domain.law.status import missing_on
from exigible.domain.roles import Capability
from exigible.operations.law import current_law
from exigible.store.models import User
from exigible.store.queries import duplicates, exhibits, incomplete, outbox, receipts, worklist


@dataclass(frozen=True, slots=True)
class Section:
    """One line of the menu. `letter` opens it after `G`; `waiting` counts the person's work."""

    key: str
    label: str
    group: str
    url_name: str
    capability: Capability
    letter: str
    waiting: Callable[[User, date], int] | None = None


def _my_day_waiting(user: User, on: date) -> int:
    return worklist.waiting_count(user, on=on)


def _messages_waiting(user: User, on: date) -> int:
    return outbox.waiting_count(user) if user.may(Capability.APPROVE_MESSAGES) else 0


def _receipts_waiting(user: User, on: date) -> int:
    """Bank lines that wait, for whoever may settle them."""
    return receipts.waiting_count(user) if user.may(Capability.RECORD_PAYMENTS) else 0


def _incomplete_waiting(user: User, on: date) -> int:
    return incomplete.waiting_count(user)


def _duplicates_waiting(user: User, on: date) -> int:
    return duplicates.waiting_count(user) if user.may(Capability.MERGE_DEBTORS) else 0


def _exhibits_waiting(user: User, on: date) -> int:
    """Documents that nobody has filed wait for whoever may file them."""
    return exhibits.waiting_count(user) if user.may(Capability.WORK_ACCOUNTS) else 0


def _law_waiting(user: User, on: date) -> int:
    """What is unknown today waits for whoever may enter it."""
    return len(missing_on(current_law(), on)) if user.may(Capability.ENTER_LAW) else 0


SECTIONS: tuple[Section, ...] = (
    Section("my_day", "Ma journée", "", "my_day", Capability.SEE_WORKLIST, "J", _my_day_waiting),
    Section("accounts", "Comptes", "Recouvrement", "accounts", Capability.SEE_ACCOUNTS, "C"),
    Section("ageing", "Balance âgée", "Recouvrement", "ageing", Capability.SEE_AGEING, "B"),
    Section(
        "receipts",
        "Encaissements",
        "Recouvrement",
        "receipts",
        Capability.SEE_RECEIPTS,
        "E",
        _receipts_waiting,
    ),
    Section(
        "messages",
        "Envois",
        "Recouvrement",
        "messages",
        Capability.SEE_MESSAGES,
        "V",
        _messages_waiting,
    ),
    Section(
        "incomplete",
        "À compléter",
        "Recouvrement",
        "incomplete",
        Capability.COMPLETE_DATA,
        "P",
        _incomplete_waiting,
    ),
    Section(
        "duplicates",
        "Doublons",
        "Recouvrement",
        "duplicates",
        Capability.COMPLETE_DATA,
        "X",
        _duplicates_waiting,
    ),
    Section(
        "exhibits",
        "Pièces",
        "Recouvrement",
        "exhibits",
        Capability.SEE_ACCOUNTS,
        "D",
        _exhibits_waiting,
    ),
    Section("calculators", "Calculettes", "Judiciaire", "calculators", Capability.CALCULATE, "K"),
    Section("strategies", "Stratégies", "Pilotage", "strategies", Capability.SEE_TEMPLATES, "S"),
    Section("imports", "Imports", "Réglages", "imports", Capability.IMPORT, "M"),
    Section("templates", "Modèles", "Réglages", "templates", Capability.SEE_TEMPLATES, "T"),
    Section("law", "Veille juridique", "Réglages", "law", Capability.SEE_LAW, "U", _law_waiting),
    Section(
        "administration",
        "Administration",
        "Réglages",
        "administration",
        Capability.ADMINISTER,
        "R",
    ),
)


def sections_of(user: User) -> list[Section]:
    """Return the sections a person may open, in the order of the menu."""
    return [section for section in SECTIONS if user.may(section.capability)]
