"""Small FECs written in the tests, from entries said in a few words.

`entry("VE 1 20250110 FA1", "411 DUPONT 1200", "706 -1000", "44571 -200")`: journal, number, day,
piece; then account, auxiliary if any, amount in euros (above zero a debit), `=CODE` for lettering and
`"text"` for a label.
"""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

COLUMNS = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
]
JOURNALS = {
    "VE": "Ventes",
    "BQ": "Banque",
    "OD": "Opérations diverses",
    "AN": "À-nouveaux",
    "CA": "Caisse",
}
ACCOUNTS = {"706": "Prestations", "512": "Banque", "411": "Clients"}
_AMOUNT = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class FecLine:
    """One line, its amount in euros: above zero a debit."""

    journal: str
    number: str
    day: str
    piece: str
    piece_day: str
    account: str
    auxiliary: str
    label: str
    amount: Decimal
    letter: str = ""

    def cells(self) -> list[str]:
        debit = self.amount if self.amount > 0 else Decimal(0)
        credit = -self.amount if self.amount < 0 else Decimal(0)
        return [
            self.journal,
            JOURNALS.get(self.journal, ""),
            self.number,
            self.day,
            self.account,
            ACCOUNTS.get(self.account[:3], ""),
            self.auxiliary,
            self.auxiliary.title(),
            self.piece,
            self.piece_day,
            self.label,
            f"{debit:.2f}".replace(".", ","),
            f"{credit:.2f}".replace(".", ","),
            self.letter,
            "20251231" if self.letter else "",
            self.day,
            "",
            "",
        ]


def entry(head: str, *lines: str) -> list[FecLine]:
    """Return the lines of one entry."""
    journal, number, day, *rest = head.split()
    piece = rest[0] if rest else ""
    piece_day = rest[1] if len(rest) > 1 else day
    made = []
    for text in lines:
        words = shlex.split(text)
        account = words.pop(0)
        letter = next((word[1:] for word in words if word.startswith("=")), "")
        words = [word for word in words if not word.startswith("=")]
        place = next(index for index, word in enumerate(words) if _AMOUNT.fullmatch(word))
        if place == 0 and len(words) > 1 and _AMOUNT.fullmatch(words[1]):
            place = 1  # an auxiliary in digits
        auxiliary = words[0] if place else ""
        label = " ".join(words[place + 1 :]) or f"{piece} {auxiliary}".strip()
        made.append(
            FecLine(
                journal,
                number,
                day,
                piece,
                piece_day,
                account,
                auxiliary,
                label,
                Decimal(words[place]),
                letter,
            )
        )
    return made


def invoice(number: str, day: str, customer: str, amount: float, letter: str = "") -> list[FecLine]:
    """Return a sale without tax, its number being its piece."""
    code = f" ={letter}" if letter else ""
    return entry(f"VE {number} {day} {number}", f"411 {customer} {amount}{code}", f"706 {-amount}")


def receipt(number: str, day: str, customer: str, amount: float, letter: str = "") -> list[FecLine]:
    """Return a bank transfer from a customer."""
    code = f" ={letter}" if letter else ""
    return entry(
        f"BQ {number} {day} {number}",
        f"512 {amount} 'VIR {customer}'",
        f"411 {customer} {-amount}{code} 'VIR {customer}'",
    )


def fec(
    *entries: Iterable[FecLine], delimiter: str = "|", end: str = "\r\n", header: str = ""
) -> str:
    """Return the text of a file."""
    lines = [header or delimiter.join(COLUMNS)]
    lines += [delimiter.join(line.cells()) for one in entries for line in one]
    return end.join(lines) + end


def lettered(lines: list[FecLine], account: str, code: str) -> list[FecLine]:
    """Return the lines of an entry with those of an account lettered."""
    return [replace(line, letter=code) if line.account == account else line for line in lines]
