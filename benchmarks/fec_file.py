"""A big, plausible FEC: the same seed makes the same file.

A wholesaler's year: sales of two or three lines, credit notes, receipts that pay one invoice or
several, whole or in part, rejected payments, doubtful customers moved to 416, purchases and wages that
no customer sees; *à-nouveaux* in detail, lettering of four receipts in five. A little over a third of
the lines are customers'.
"""

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

HEADER = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|"
    "PieceRef|PieceDate|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)
JOURNALS = {
    "AN": "A nouveaux",
    "VE": "Ventes",
    "BQ": "Banque",
    "AC": "Achats",
    "OD": "Opérations diverses",
}
LINES_A_CUSTOMER = 200
NAMES = [
    "Ateliers",
    "Comptoir",
    "Boulangerie",
    "Garage",
    "Menuiserie",
    "Imprimerie",
    "Transports",
    "Hôtel",
    "Pharmacie",
    "Jardins",
    "Maison",
    "Charpentes",
    "Librairie",
    "Fonderie",
    "Cordonnerie",
    "Verrerie",
    "Tonnellerie",
    "Laiterie",
]
PLACES = [
    "Lille",
    "Brest",
    "Nîmes",
    "Dole",
    "Tours",
    "Nancy",
    "Pau",
    "Sète",
    "Laon",
    "Autun",
    "Vannes",
    "Albi",
    "Rodez",
    "Gien",
]


@dataclass(slots=True)
class Row:
    """One line of an entry; `cents` above zero is a debit."""

    account: str
    label: str
    cents: int
    customer: int = 0  # 0: none
    letter: str = ""
    lettered_on: date | None = None


@dataclass(slots=True)
class Entry:
    journal: str
    on: date
    piece: str
    rows: list[Row]


@dataclass(slots=True)
class CustomerBook:
    """What a customer owes while the year is written."""

    open: list[Row] = field(default_factory=list)
    codes: int = 0

    def next_code(self) -> str:
        self.codes += 1
        number, code = self.codes + 25, ""
        while number:
            number, rest = divmod(number - 1, 26)
            code = chr(65 + rest) + code
        return code


def entries(lines: int, seed: int, year: int) -> Iterator[Entry]:
    """Yield the entries of a year, in no order, about `lines` lines in all."""
    chance = random.Random(seed)
    customers = max(lines // LINES_A_CUSTOMER, 3)
    books = [CustomerBook() for _ in range(customers + 1)]
    first = date(year, 1, 1)
    written = 0

    opening = Entry("AN", first, "AN", [])
    for customer in range(1, customers + 1):
        for _ in range(chance.choice((0, 0, 1, 2))):
            cents = chance.randrange(5_000, 400_000)
            row = Row("411000", f"FA{year - 1}-{chance.randrange(10**5):05d}", cents, customer)
            opening.rows.append(row)
            books[customer].open.append(row)
    opening.rows.append(Row("120000", "Résultat", -sum(row.cents for row in opening.rows)))
    yield opening
    written += len(opening.rows)

    number = 0
    while written < lines:
        on = first + timedelta(days=chance.randrange(365))
        kind = chance.random()
        customer = chance.randrange(1, customers + 1)
        if kind < 0.44:
            number += 1
            entry = _sale(chance, on, f"FA{year}-{number:07d}", customer)
            books[customer].open.append(entry.rows[0])
        elif kind < 0.455:
            number += 1
            entry = _sale(chance, on, f"AV{year}-{number:07d}", customer, sign=-1)
        elif kind < 0.82:
            receipt = _receipt(chance, books[customer], on, customer)
            if receipt is None:
                continue
            entry = receipt
        elif kind < 0.822:
            entry = Entry(
                "OD",
                on,
                "DOUTEUX",
                [
                    Row(
                        "411000",
                        "Transfert douteux",
                        -(cents := chance.randrange(9_000, 90_000)),
                        customer,
                    ),
                    Row("416000", "Transfert douteux", cents, customer),
                ],
            )
        elif kind < 0.95:
            entry = _purchase(chance, on)
        else:
            gross = chance.randrange(150_000, 400_000)
            entry = Entry(
                "OD",
                on,
                "PAIE",
                [
                    Row("641000", "Salaires", gross),
                    Row("431000", "Urssaf", -(gross // 4)),
                    Row("421000", "Net à payer", gross // 4 - gross),
                ],
            )
        yield entry
        written += len(entry.rows)


def _sale(chance: random.Random, on: date, piece: str, customer: int, sign: int = 1) -> Entry:
    net = [sign * chance.randrange(2_000, 150_000) for _ in range(chance.choice((1, 1, 2)))]
    tax = sum(net) // 5
    label = f"{'Facture' if sign > 0 else 'Avoir'} {piece}"
    return Entry(
        "VE",
        on,
        piece,
        [
            Row("411000", label, sum(net) + tax, customer),
            *(Row("707000", label, -cents) for cents in net),
            Row("445710", label, -tax),
        ],
    )


def _receipt(chance: random.Random, book: CustomerBook, on: date, customer: int) -> Entry | None:
    if not book.open:
        return None
    kind = chance.random()
    paid = [book.open.pop(0) for _ in range(min(len(book.open), 1 if kind < 0.8 else 3))]
    cents = sum(row.cents for row in paid)
    if kind > 0.97:
        cents = cents // 2
    receipt = Row("411000", f"VIR {paid[0].label[:20]}", -cents, customer)
    if chance.random() < 0.8:
        code = book.next_code()
        for row in (*paid, receipt):
            row.letter, row.lettered_on = code, on
    rows = [Row("512000", receipt.label, cents), receipt]
    if kind < 0.004:  # comes back
        rows += [Row("411000", "REJET PRLV", cents, customer), Row("512000", "REJET", -cents)]
    return Entry("BQ", on, f"R{on:%m%d}", rows)


def _purchase(chance: random.Random, on: date) -> Entry:
    net = chance.randrange(1_000, 200_000)
    return Entry(
        "AC",
        on,
        f"F{chance.randrange(10**6):06d}",
        [
            Row("607000", "Achats", net),
            Row("445660", "Achats", net // 5),
            Row(f"401{chance.randrange(400):05d}", "Achats", -net - net // 5),
        ],
    )


def write(path: Path, lines: int, *, seed: int = 1, year: int = 2025) -> Path:
    """Write a FEC of about `lines` lines; return its path."""
    numbers = dict.fromkeys(JOURNALS, 0)
    ordered = sorted(entries(lines, seed, year), key=lambda entry: (entry.on, entry.journal))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\r\n")
        for entry in ordered:
            numbers[entry.journal] += 1
            file.writelines(_lines(entry, numbers[entry.journal]))
    return path


def _lines(entry: Entry, number: int) -> Iterator[str]:
    day = f"{entry.on:%Y%m%d}"
    start = f"{entry.journal}|{JOURNALS[entry.journal]}|{number}|{day}"
    for row in entry.rows:
        auxiliary = f"C{row.customer:06d}|{name(row.customer)}" if row.customer else "|"
        debit, credit = max(row.cents, 0), max(-row.cents, 0)
        lettered = f"{row.lettered_on:%Y%m%d}" if row.lettered_on else ""
        yield (
            f"{start}|{row.account}|{row.account[:3]}|{auxiliary}|{entry.piece}|{day}|{row.label}|"
            f"{debit // 100},{debit % 100:02d}|{credit // 100},{credit % 100:02d}|"
            f"{row.letter}|{lettered}|{day}||\r\n"
        )


def name(customer: int) -> str:
    """Return the name of a customer."""
    return f"{NAMES[customer % len(NAMES)]} {PLACES[customer // 7 % len(PLACES)]} {customer}"


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("path", type=Path)
    arguments.add_argument("lines", type=int)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    write(given.path, given.lines, seed=given.seed)
