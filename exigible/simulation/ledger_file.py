"""A ledger kept on paper before the product was there, and exported as a FEC.

It holds what the wholesaler's accounting did: invoices, credit notes, receipts, what came back. The
export is the legal one (LPF art. A47 A-1): tab-separated, a file a financial year, *à-nouveaux* in
detail on 1 January, lettering where a group of lines comes to nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from exigible.simulation.doing import Receipt
from exigible.simulation.people import Invoice, Person
from exigible.simulation.world import House

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
CUSTOMERS = ("411000", "Clients")
WAYS = {
    "transfer": "VIR",
    "cheque": "CHQ",
    "card": "CB",
    "direct_debit": "PRLV",
    "credit_note": "Avoir",
}


@dataclass(slots=True)
class _Line:
    """A movement of a customer's account; `cents` is above zero for a debit."""

    person: Person
    on: date
    kind: str  # "invoice", "credit_note", "receipt", "return"
    cents: int
    ref: str
    label: str
    linked: set[int] = field(default_factory=set)  # lines it is settled with


@dataclass(slots=True)
class PaperLedger:
    """What accounting posted, line after line."""

    lines: list[_Line] = field(default_factory=list)
    _of_invoice: dict[str, int] = field(default_factory=dict)

    def invoice(self, rows: Sequence[tuple[Person, Invoice]], *, at: datetime) -> None:
        for person, row in rows:
            self._of_invoice[row.ref] = len(self.lines)
            label = f"Facture {row.ref} {person.debtor.name}"
            self._add(person, row.issued_on, "invoice", row.amount_cents, row.ref, label)

    def receive(self, rows: Sequence[Receipt], *, at: datetime) -> list[int]:
        numbers = []
        for row in rows:
            number = len(self.lines)
            is_note = row.way == "credit_note"
            refs = " ".join(one.ref for one, _ in row.pays[:3])
            label = f"{WAYS[row.way]} {refs or row.person.debtor.name}"
            kind = "credit_note" if is_note else "receipt"
            ref = f"AV{number:06d}" if is_note else f"RG{number:06d}"
            self._add(row.person, row.value_date, kind, -row.cents, ref, label)
            for one, _ in row.pays:
                self._link(number, self._of_invoice[one.ref])
            numbers.append(number)
        return numbers

    def comes_back(self, payment_id: int, *, on: date, at: datetime) -> None:
        paid = self.lines[payment_id]
        for other in list(paid.linked):
            self.lines[other].linked.discard(payment_id)
        paid.linked.clear()
        number = len(self.lines)
        self._add(paid.person, on, "return", -paid.cents, paid.ref, f"Impayé rejet {paid.label}")
        self._link(number, payment_id)

    def fail(self, person: Person, *, on: date, at: datetime) -> None:
        """No ledger says that a court opened a procedure."""

    def _add(self, person: Person, on: date, kind: str, cents: int, ref: str, label: str) -> None:
        self.lines.append(_Line(person, on, kind, cents, ref, label))

    def _link(self, number: int, other: int) -> None:
        self.lines[number].linked.add(other)
        self.lines[other].linked.add(number)

    # ---- export

    def export(self, year: int, until: date) -> bytes:
        """Return the FEC of a financial year as it stands on a day: UTF-8, tabs, decimal comma."""
        rows = ["\t".join(COLUMNS), *self._rows(year, until), ""]
        return "\r\n".join(rows).encode()

    def _rows(self, year: int, until: date) -> Iterator[str]:
        opening = date(year, 1, 1)
        codes = self._codes(until)
        settled_before = self._codes(date(year - 1, 12, 31))
        carried = [
            number
            for number, line in enumerate(self.lines)
            if line.on < opening and number not in settled_before
        ]
        if carried:
            total = 0
            for number in carried:
                line = self.lines[number]
                total += line.cents
                yield self._customer("AN", "A nouveaux", 1, opening, number, codes, "Report ")
            yield _row("AN", "A nouveaux", 1, opening, "890000", "Bilan d'ouverture", -total)
        rank = 1
        in_year = [n for n, line in enumerate(self.lines) if opening <= line.on <= until]
        for number in sorted(in_year, key=lambda n: (self.lines[n].on, n)):
            line = self.lines[number]
            rank += 1
            journal, name = ("VE", "Ventes")
            if line.kind in ("receipt", "return"):
                journal, name = ("BQ", "Banque")
            yield self._customer(journal, name, rank, line.on, number, codes)
            if journal == "BQ":
                yield _row(journal, name, rank, line.on, "512000", "Banque", -line.cents)
                continue
            tax = round(line.cents / 6)  # 20 % of the net amount
            account = ("709000", "Remises") if line.kind == "credit_note" else ("707000", "Ventes")
            yield _row(journal, name, rank, line.on, *account, tax - line.cents)
            if tax:
                yield _row(journal, name, rank, line.on, "445710", "TVA collectée", -tax)

    def _customer(
        self,
        journal: str,
        name: str,
        rank: int,
        on: date,
        number: int,
        codes: dict[int, tuple[str, date]],
        before: str = "",
    ) -> str:
        line = self.lines[number]
        code, lettered_on = codes.get(number, ("", None))
        return _row(
            journal,
            name,
            rank,
            on,
            *CUSTOMERS,
            line.cents,
            auxiliary=line.person.number,
            customer=line.person.debtor.name,
            ref=line.ref,
            piece_on=line.on,
            label=before + line.label,
            code=code,
            lettered_on=lettered_on,
        )

    def _codes(self, until: date) -> dict[int, tuple[str, date]]:
        """Return the lettering as it stood on a day, by line: a code within the customer, a date."""
        known = [number for number, line in enumerate(self.lines) if line.on <= until]
        seen: set[int] = set()
        found: dict[int, tuple[str, date]] = {}
        ranks: defaultdict[str, int] = defaultdict(int)
        for number in known:
            if number in seen:
                continue
            group = self._group(number, until)
            seen |= group
            if len(group) > 1 and sum(self.lines[n].cents for n in group) == 0:
                customer = self.lines[number].person.number
                code = _letters(ranks[customer])
                ranks[customer] += 1
                last = max(self.lines[n].on for n in group)
                found |= dict.fromkeys(group, (code, last))
        return found

    def _group(self, number: int, until: date) -> set[int]:
        group, queue = {number}, [number]
        while queue:
            for other in self.lines[queue.pop()].linked:
                if other not in group and self.lines[other].on <= until:
                    group.add(other)
                    queue.append(other)
        return group


def open_items(house: House, on: date) -> bytes:
    """Return the customers' open items as somebody exports them to a table: due dates, and slips.

    Every thirtieth line is forgotten, one date does not exist, and one customer's code is unknown.
    """
    rows = ["Code client;Facture;Date facture;Échéance;Solde"]
    items = [
        (person.number, one)
        for person in house.people
        for one in person.invoices
        if one.left_cents > 0
    ]
    for rank, (number, one) in enumerate(items):
        if rank % 30 == 29:
            continue
        code = "C-9999" if rank == 40 else number
        due = f"31/02/{on.year}" if rank == 20 else f"{one.due_on:%d/%m/%Y}"
        rows.append(f"{code};{one.ref};{one.issued_on:%d/%m/%Y};{due};{_amount(one.left_cents)}")
    return "\r\n".join([*rows, ""]).encode()


def _letters(rank: int) -> str:
    """Return the code of a rank: AAA, AAB, … ZZZ."""
    return "".join(chr(ord("A") + rank // 26**power % 26) for power in (2, 1, 0))


def _row(
    journal: str,
    name: str,
    rank: int,
    on: date,
    account: str,
    account_name: str,
    cents: int,
    *,
    auxiliary: str = "",
    customer: str = "",
    ref: str = "",
    piece_on: date | None = None,
    label: str = "",
    code: str = "",
    lettered_on: date | None = None,
) -> str:
    debit, credit = max(cents, 0), max(-cents, 0)
    fields = (
        journal,
        name,
        str(rank),
        f"{on:%Y%m%d}",
        account,
        account_name,
        auxiliary,
        customer,
        ref or f"{journal}{rank}",
        f"{piece_on or on:%Y%m%d}",
        label or account_name,
        _amount(debit),
        _amount(credit),
        code,
        f"{lettered_on:%Y%m%d}" if lettered_on else "",
        f"{on:%Y%m%d}",
        "",
        "",
    )
    return "\t".join(fields)


def _amount(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"
