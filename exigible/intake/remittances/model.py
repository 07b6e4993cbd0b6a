"""What a remittance says once read: items before fees, what was kept, the sum transferred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

Known = Callable[[str], bool]  # whether a number, as written, is an invoice of the creditor


class UnreadableRemittance(Exception):
    """A document in which no item can be read, or whose items do not make its total."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class ReadItem:
    """One invoice, file or cheque: its number as written, who owed it, its amount before fees."""

    reference: str
    cents: int
    debtor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRemittance:
    """A document read. `kind` is advice, agent or slip; `checked` where a stated total agrees."""

    kind: str
    items: tuple[ReadItem, ...]
    fees_cents: int = 0
    dated_on: date | None = None
    reference: str = ""
    sender: str = ""
    checked: bool = False

    @property
    def gross_cents(self) -> int:
        return sum(item.cents for item in self.items)
