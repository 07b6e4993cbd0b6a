"""What is being looked at: one line, what was read of it, and the state it is decided in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from exigible.domain.matching.book import Book, PlanRows, State
from exigible.domain.matching.explaining import Explanation
from exigible.domain.matching.facts import BankLine
from exigible.domain.matching.kinds import is_agent, is_cheque_slip, is_return, outside
from exigible.domain.matching.payers import Payer, Payers, Sure
from exigible.domain.matching.references import Reading
from exigible.domain.matching.rules import Rules
from exigible.domain.matching.texts import bare_iban, name_words, plain

OWN_ACCOUNTS = "virement entre comptes de la maison ou placement"


class Sender(NamedTuple):
    """Who sent a line, and whether as a customer who pays."""

    payer: Payer
    outside: str  # why the words are not those of a customer's payment; empty if nothing says so
    agent: bool  # the funds come from someone who collects or pays for others


class Said(NamedTuple):
    """What a line says, whatever the others say: it can be read in any order, or elsewhere."""

    reading: Reading
    sender: Sender
    slip: bool  # the words of cheques paid in
    back: bool  # the words of a debit returned


@dataclass(slots=True)
class Look:
    """A line as it was read, and what was last found of it."""

    line: BankLine
    label: str  # plain, the counterparty after it
    day: int
    reading: Reading
    sender: Sender
    slip: bool = False
    back: bool = False
    plan: PlanRows | None = None  # the plan whose code the label carries
    customers: frozenset[int] | None = None  # of a slip explained: who may have drawn its cheques
    seen: int = -1  # the state's clock when it was last explained
    options: list[Explanation] | None = None  # those found then

    @classmethod
    def of(cls, line: BankLine, said: Said, book: Book) -> Look:
        """Return the look of a line from what was read of it."""
        label = label_of(line)
        return cls(
            line,
            label,
            line.on.toordinal(),
            said.reading,
            said.sender,
            said.slip,
            said.back,
            book.plan_cited(label),
        )

    @property
    def payer(self) -> Payer:
        return self.sender.payer

    @property
    def outside(self) -> str:
        return self.sender.outside

    @property
    def agent(self) -> bool:
        return self.sender.agent


@dataclass(slots=True)
class Room:
    """Where lines are decided: the book, the state of the run, the rules."""

    book: Book
    state: State
    rules: Rules


def label_of(line: BankLine) -> str:
    """Return the words of a line, plain, the counterparty after the label."""
    return plain(f"{line.label} {line.counterparty}")


def read_line(line: BankLine, book: Book, rules: Rules) -> Said:
    """Return what a line says of invoices, of its sender, and of what it is."""
    label = label_of(line)
    reading = book.references.read((line.end_to_end, line.label))
    back = line.back or is_return(label)
    if line.cents < 0 and not (back or reading.cited):
        sender = sent_by(line, label, Payer(), book.payers)
    else:
        sender = sender_of(line, book, rules)
    return Said(reading, sender, is_cheque_slip(label), back)


def sender_of(
    line: BankLine, book: Book, rules: Rules, *, taught: Mapping[str, set[int]] | None = None
) -> Sender:
    """Return who sent a line; `taught` are IBANs met earlier in the same batch."""
    payer = book.payers.read(line, rules, taught=taught)
    return sent_by(line, label_of(line), payer, book.payers)


def sent_by(line: BankLine, label: str, payer: Payer, payers: Payers) -> Sender:
    """Return a payer with what the words and the accounts say of his role.

    A lawyer may be a customer too: then the words of an agent are his own name's.
    """
    named = {bare_iban(line.iban), name_words(line.counterparty)} - {""}
    if named & payers.own:
        why = OWN_ACCOUNTS
    else:
        known = payer.known_words if payer.sure >= Sure.LIKELY else frozenset()
        why = outside(label, known)
    agent = bool(named & payers.agents)
    if not agent and is_agent(label):
        own = payer.known_words if payer.sure is Sure.FULL else frozenset()
        agent = is_agent(" ".join(word for word in label.split() if word not in own))
    return Sender(payer, why, agent)
