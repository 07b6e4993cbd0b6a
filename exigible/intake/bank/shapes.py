"""What every bank format becomes: statements, lines, the transactions inside a line.

Amounts are signed whole cents (hundredths of the currency's unit, the yen's too): above zero the
account received, below zero it paid. A text that the bank did not give is "".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import blake2b

from exigible.domain.french import day
from exigible.domain.french import money as money_in
from exigible.intake.formats import Format
from exigible.intake.problems import Problems

UNKNOWN_CURRENCY = "XXX"  # ISO 4217's own code for "none": such sums are never taken for euros
MAX_STATEMENTS = 100_000
MAX_DETAILS = 200_000  # transactions of one line


class Kind(StrEnum):
    """What a message is worth: only the statement of an account is the bank's last word."""

    STATEMENT = "statement"  # movements booked, exhaustive for its days
    INTERIM = "interim"  # the day under way (camt.052, MT942)
    NOTICE = "notice"  # movements announced or detailed (camt.054)
    STATUS = "status"  # what became of orders; moves no money (pain.002, CFONB 240)


class Nature(StrEnum):
    """How money moved, from the bank's own code."""

    TRANSFER = "transfer"
    DIRECT_DEBIT = "direct_debit"
    CHEQUE = "cheque"
    CARD = "card"
    BILL = "bill"
    CASH = "cash"
    FEE = "fee"
    INTEREST = "interest"
    OTHER = "other"


@dataclass(slots=True, kw_only=True)
class Detail:
    """One transaction inside a line; its amount is None where the bank gives only the line's."""

    amount_cents: int | None = None
    currency: str = ""
    label: str = ""
    counterparty: str = ""
    counterparty_iban: str = ""
    on_behalf_of: str = ""  # the ultimate debtor or creditor
    end_to_end: str = ""
    mandate: str = ""
    bank_ref: str = ""
    refs: tuple[str, ...] = ()  # structured references, in the order of the file
    return_code: str = ""
    return_reason: str = ""


@dataclass(slots=True, kw_only=True)
class BankStatement:
    """One statement of one account; what is below `closing_on` fills as its lines are read."""

    index: int
    kind: Kind
    line: int | None  # where it begins in the file
    account: str = ""  # IBAN, or the account as the bank writes it, or "" (a notice without one)
    iban: str = ""
    currency: str = ""
    number: str = ""
    reference: str = ""
    opening_cents: int | None = None
    opening_on: date | None = None
    closing_cents: int | None = None
    closing_on: date | None = None
    lines: int = 0
    credit_cents: int = 0
    debit_cents: int = 0  # positive
    returns: int = 0
    details: int = 0
    pending: int = 0  # entries not booked yet: left out
    first_on: date | None = None
    last_on: date | None = None
    repeats: int | None = None  # index of the same statement earlier in this file
    digest: bytes = b""
    _hash: blake2b = field(default_factory=lambda: blake2b(digest_size=16), repr=False)

    @property
    def moved_cents(self) -> int:
        return self.credit_cents - self.debit_cents

    @property
    def is_checked(self) -> bool:
        """Say whether both balances are known, so that the movements were checked against them."""
        return self.opening_cents is not None and self.closing_cents is not None


@dataclass(slots=True, kw_only=True)
class BankLine:
    """One movement of an account (or, in a status report, one order that came back)."""

    statement: BankStatement
    line: int | None
    booked_on: date
    value_on: date | None = None
    amount_cents: int
    currency: str
    label: str = ""
    counterparty: str = ""
    counterparty_iban: str = ""
    on_behalf_of: str = ""
    end_to_end: str = ""
    mandate: str = ""
    bank_ref: str = ""
    refs: tuple[str, ...] = ()
    code: str = ""  # the bank's transaction code as written: PMNT/RDDT/ESDD, B1, NTRF, CHECK
    nature: Nature = Nature.OTHER
    is_return: bool = False  # an earlier movement comes back
    return_code: str = ""
    return_reason: str = ""
    batch_ref: str = ""
    batch_count: int | None = None  # transactions announced in a batch
    details: tuple[Detail, ...] = ()

    def content(self) -> bytes:
        """Return what tells this line from another of the same day and amount, as 16 bytes."""
        parts = (
            self.label,
            self.counterparty,
            self.counterparty_iban,
            self.end_to_end,
            self.mandate,
            *self.refs,
        )
        return blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).digest()


class BankFile:
    """A file being read. `statements` and `problems` are complete once `lines()` is exhausted."""

    def __init__(self, format_: Format, problems: Problems, *, encoding: str = "") -> None:
        self.format = format_
        self.problems = problems
        self.encoding = encoding
        self.columns: tuple[str, ...] = ()
        self.delimiter = ""
        self.statements: list[BankStatement] = []
        self.on_bytes: Callable[[int], None] | None = None
        self._seen: dict[bytes, int] = {}

    def lines(self) -> Iterator[BankLine]:
        """Yield the movements in the order of the file; raise Unreadable for what is no such file."""
        raise NotImplementedError

    # ---- for the readers

    def begin(self, kind: Kind, *, line: int | None = None) -> BankStatement:
        """Open a statement."""
        statement = BankStatement(index=len(self.statements), kind=kind, line=line)
        self.statements.append(statement)
        return statement

    def counted(self, line: BankLine) -> BankLine:
        """Add a line to its statement's sums, and return it."""
        statement, cents = line.statement, line.amount_cents
        statement.lines += 1
        if cents >= 0:
            statement.credit_cents += cents
        else:
            statement.debit_cents -= cents
        statement.details += len(line.details)
        statement.returns += returns_of(line)
        if statement.first_on is None or line.booked_on < statement.first_on:
            statement.first_on = line.booked_on
        if statement.last_on is None or line.booked_on > statement.last_on:
            statement.last_on = line.booked_on
        statement._hash.update(
            f"{line.booked_on}{cents}{line.currency}{line.bank_ref}".encode("utf-8", "replace")
        )
        statement._hash.update(line.content())
        return line

    def end(self, statement: BankStatement, *, balances_told: bool = False) -> None:
        """Close a statement: its movements against its balances, and whether it came already.

        `balances_told` says that what is wrong with its balances was told already.
        """
        facts = (
            statement.kind,
            statement.account,
            statement.currency,
            statement.number,
            statement.reference,
            statement.opening_cents,
            statement.opening_on,
            statement.closing_cents,
            statement.closing_on,
        )
        statement._hash.update(repr(facts).encode("utf-8", "replace"))
        statement.digest = statement._hash.digest()
        statement.repeats = self._seen.setdefault(statement.digest, statement.index)
        if statement.repeats == statement.index:
            statement.repeats = None
        else:
            self.note(
                "statement_twice",
                f"{named(statement)} est deux fois dans ce fichier ; il n’est pris qu’une fois.",
                statement,
            )
        if not balances_told:
            self._check_balance(statement)

    def _check_balance(self, statement: BankStatement) -> None:
        opening, closing = statement.opening_cents, statement.closing_cents
        if opening is not None and closing is not None:
            expected = opening + statement.moved_cents
            if expected != closing:
                self.problems.add(
                    "balance",
                    f"{named(statement)} : le solde initial ({money(opening, statement)}) et les "
                    f"mouvements ({money(statement.moved_cents, statement)}) mènent à "
                    f"{money(expected, statement)}, le solde final annoncé est "
                    f"{money(closing, statement)}. Il manque des lignes, ou le fichier a été modifié : "
                    "demandez-le de nouveau à la banque.",
                    line=statement.line,
                    field="closing",
                    fatal=True,
                )
        elif statement.kind is not Kind.STATUS:
            missing = (
                "de solde"
                if closing is None and opening is None
                else ("de solde initial" if opening is None else "de solde final")
            )
            self.note(
                "no_balance",
                f"{named(statement)} ne porte pas {missing} : rien ne prouve qu’il soit complet.",
                statement,
            )

    def note(self, code: str, message: str, statement: BankStatement) -> None:
        self.problems.add(code, message, line=statement.line, blocking=False)


def returns_of(line: BankLine) -> int:
    """Return how many payments a line says came back: those of its details, or itself."""
    inside = sum(bool(detail.return_code or detail.return_reason) for detail in line.details)
    return inside or int(line.is_return)


def money(cents: int, statement: BankStatement) -> str:
    """Word an amount in a statement's currency."""
    return money_in(cents, statement.currency)


def named(statement: BankStatement) -> str:
    """Word which statement this is: « Le relevé 12 du compte FR76… »."""
    words = {
        Kind.STATEMENT: "Le relevé",
        Kind.INTERIM: "Le relevé intermédiaire",
        Kind.NOTICE: "L’avis d’opérations",
        Kind.STATUS: "Le compte rendu",
    }[statement.kind]
    if statement.number or statement.reference:
        words += f" {statement.number or statement.reference}"
    if statement.account:
        words += f" du compte {statement.account}"
    if statement.currency and statement.currency != "EUR":
        words += f" en {statement.currency}"
    if not (statement.number or statement.reference or statement.account) and statement.closing_on:
        words += f" du {day(statement.closing_on)}"
    return words
