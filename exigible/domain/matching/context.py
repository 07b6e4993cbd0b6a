"""What is being looked at: one line, what was read of it, and the state it is decided in."""

from __future__ import annotations

from dataclasses import dataclass

from exigible.domain.matching.book import Book, State
from exigible.domain.matching.explaining import Explanation
from exigible.domain.matching.facts import BankLine
from exigible.domain.matching.payers import Payer
from exigible.domain.matching.references import Reading
from exigible.domain.matching.rules import Rules


@dataclass(slots=True)
class Look:
    """A line as it was read: everything that does not change as other lines are decided."""

    line: BankLine
    label: str  # plain
    day: int
    reading: Reading
    payer: Payer
    agent: bool = False
    outside: str = ""
    slip: bool = False
    back: bool = False
    seen: int = -1  # the state's clock when it was last explained
    options: list[Explanation] | None = None  # those found then


@dataclass(slots=True)
class Room:
    """Where lines are decided: the book, the state of the run, the rules."""

    book: Book
    state: State
    rules: Rules
