"""The months before the product was in use: no daily run, only what accounting remembers.

The wholesaler's accounting stays on paper and comes in later as ledger files; the other houses'
invoices and receipts are recorded month by month. Somebody chases by telephone, out of sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from exigible.domain.calendar import month_end
from exigible.simulation.doing import LiveBooks, Receipt
from exigible.simulation.ledger_file import PaperLedger
from exigible.simulation.people import Invoice, Person
from exigible.simulation.play import Play, moment
from exigible.simulation.world import House

ONE_DAY = timedelta(days=1)
CHASED_ON = 15  # the day of the month when somebody used to telephone


@dataclass(slots=True)
class MonthlyBooks:
    """Accounting before the product: on paper for one house, by the month for the others."""

    on_paper: House
    finds_out: float = 0.93  # the month leaves time to ask
    ledger: PaperLedger = field(default_factory=PaperLedger)
    _live: LiveBooks = field(default_factory=LiveBooks)
    _invoices: list[tuple[Person, Invoice]] = field(default_factory=list)
    _receipts: list[tuple[int, Receipt]] = field(default_factory=list)
    _failures: list[tuple[Person, date]] = field(default_factory=list)
    _payments: dict[int, int] = field(default_factory=dict)
    _on_paper: set[str] = field(init=False)
    _numbers: count[int] = field(default_factory=lambda: count(1_000_000_000))

    def __post_init__(self) -> None:
        self._on_paper = {person.number for person in self.on_paper.people}

    def invoice(self, rows: Sequence[tuple[Person, Invoice]], *, at: datetime) -> None:
        self.ledger.invoice([row for row in rows if self._paper(row[0])], at=at)
        self._invoices += [row for row in rows if not self._paper(row[0])]

    def receive(self, rows: Sequence[Receipt], *, at: datetime) -> list[int]:
        numbers = []
        for row in rows:
            if self._paper(row.person):
                numbers += self.ledger.receive([row], at=at)
            else:
                numbers.append(next(self._numbers))
                self._receipts.append((numbers[-1], row))
        return numbers

    def comes_back(self, payment_id: int, *, on: date, at: datetime) -> None:
        if payment_id < len(self.ledger.lines):
            self.ledger.comes_back(payment_id, on=on, at=at)
        else:
            self._record(on)  # what was paid before must be known before it is taken back
            self._live.comes_back(self._payments[payment_id], on=on, at=moment(on, 18, 20))

    def fail(self, person: Person, *, on: date, at: datetime) -> None:
        self._failures.append((person, on))

    def close_month(self, on: date) -> None:
        """Record the month of the houses that are not on paper, and the judgments of all."""
        self._record(on)
        for person, day in self._failures:
            self._live.fail(person, on=day, at=moment(on, 18, 30))
        self._failures = []

    def _record(self, on: date) -> None:
        if self._invoices:
            self._live.invoice(self._invoices, at=moment(on, 18))
        if self._receipts:
            ids = self._live.receive([row for _, row in self._receipts], at=moment(on, 18, 10))
            numbers = [number for number, _ in self._receipts]
            self._payments |= dict(zip(numbers, ids, strict=True))
        self._invoices, self._receipts = [], []

    def payment(self, number: int) -> int | None:
        """Return the product's id of a receipt recorded here, None for one on paper."""
        return self._payments.get(number)

    def _paper(self, person: Person) -> bool:
        return person.number in self._on_paper


def play_history(play: Play, books: MonthlyBooks, first: date, last: date) -> None:
    """Play the days from `first` to `last` without the product's daily run."""
    on = first
    while on <= last:
        play.accounting(on)
        if on.day == CHASED_ON or (on.day > CHASED_ON and on == first):
            _chase(play, on)
        if on == month_end(on) or on == last:
            books.close_month(on)
        on += ONE_DAY


def _chase(play: Play, on: date) -> None:
    for person in play.world.people:
        late = max(
            ((on - one.due_on).days for one in person.invoices if one.left_cents > 0), default=0
        )
        if late > 60:
            person.hear("mise_en_demeure", on)
        elif late > 8:
            person.hear("relance_1", on)
