"""What is being looked at: one line, what was read of it, and the state it is decided in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from exigible.domain.matching.book import Book, State
from exigible.domain.matching.explaining import Explanation
from exigible.domain.matching.facts import BankLine
from exigible.domain.matching.kinds import is_agent, outside
from exigible.domain.matching.payers import Payer, Payers, Sure
from exigible.domain.matching.references import Reading
from exigible.domain.matching.rules import Rules
from exigible.domain.matching.texts import bare_iban, name_words

OWN_ACCOUNTS = "virement entre comptes de la maison ou placement"


@dataclass
class Look:
    """A line as it was read: what does not change as other lines are decided."""

    line: BankLine
    label: str  # plain, the counterparty after it
    day: int
    reading: Reading
    payer: Payer
    payers: Payers
    slip: bool = False  # the words of cheques paid in
    back: bool = False  # the words of a debit returned
    seen: int = -1  # the state's clock when it was last explained
    options: list[Explanation] | None = None  # those found then

    @cached_property
    def outside(self) -> str:
        """Why the words are not those of a customer's payment; empty if nothing says so."""
        if self._named & self.payers.own:
            return OWN_ACCOUNTS
        likely = self.payer.sure >= Sure.LIKELY
        return outside(self.label, self.payer.known_words if likely else frozenset())

    @cached_property
    def agent(self) -> bool:
        """Whether the funds come from someone who collects or pays for others.

        A lawyer may be a customer too: then the words of an agent are his own name's.
        """
        if self._named & self.payers.agents:
            return True
        if not is_agent(self.label):
            return False
        known = self.payer.known_words if self.payer.sure is Sure.FULL else frozenset()
        return is_agent(" ".join(word for word in self.label.split() if word not in known))

    @property
    def _named(self) -> set[str]:
        return {bare_iban(self.line.iban), name_words(self.line.counterparty)} - {""}


@dataclass(slots=True)
class Room:
    """Where lines are decided: the book, the state of the run, the rules."""

    book: Book
    state: State
    rules: Rules
