"""The rows that an import writes, collected over many accounts and copied together."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection

from exigible.domain.terms import due_date
from exigible.operations.fact_columns import ALLOCATION, CLAIM, ENTRY, PAYMENT, SETTLEMENT
from exigible.operations.ledger_einvoices import Einvoices
from exigible.operations.ledger_known import ORIGIN
from exigible.store.bulk import Ids, copy_rows

LINK = {
    "line": "int8",
    "posted_as": "text",
    "is_opening": "bool",
    "claim_id": "int8",
    "payment_id": "int8",
}

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Customer:
    """The account that lines belong to, and its terms of payment."""

    account_id: int
    auxiliary: str
    term_days: int
    term_method: str


@dataclass(slots=True)
class Written:
    """How many facts were added, by kind."""

    counts: Counter[str] = field(default_factory=Counter)
    by_account: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    overruled: list[tuple[int, int]] = field(default_factory=list)  # account, settlement by hand

    def add(self, account_id: int, what: str, number: int = 1) -> None:
        if number:
            self.counts[what] += number
            self.by_account[account_id][what] += number


class Writer:
    """Collects the rows of many accounts and copies them together."""

    def __init__(self, batch_id: int, at: datetime) -> None:
        self.batch_id = batch_id
        self.origin = f"{ORIGIN}{batch_id}"
        self.at = at
        self.written = Written()
        self.claim_ids = Ids("store_claim")
        self.payment_ids = Ids("store_payment")
        self.settlement_ids = Ids("store_settlement")
        self.claims: list[Row] = []
        self.payments: list[Row] = []
        self.settlements: list[Row] = []
        self.entries: list[Row] = []
        self.allocations: list[Row] = []
        self.places: list[tuple[int, str, bool]] = []  # claims that moved
        self.links: list[Row] = []  # what staged lines became
        self.relinks: list[tuple[int, int | None, int | None]] = []  # what known lines became
        self.einvoices: Einvoices | None = None  # what documents brought before the ledger
        self._due: dict[tuple[date, int, str], date] = {}

    def flush(self) -> None:
        """Copy what was collected: claims before their entries, allocations before payments."""
        for table, columns, rows in (
            ("store_claim", CLAIM, self.claims),
            ("store_settlement", SETTLEMENT, self.settlements),
            ("store_entry", ENTRY, self.entries),
            ("store_allocation", ALLOCATION, self.allocations),
            ("store_payment", PAYMENT, self.payments),
            ("ledger_link", LINK, self.links),
        ):
            if rows:
                copy_rows(table, columns, rows)
                rows.clear()
        with connection.cursor() as cursor:
            if self.places:
                cursor.execute(
                    """UPDATE store_claim c SET ledger_account = v.place, retention = v.held
                         FROM unnest(%s::bigint[], %s::text[], %s::bool[]) AS v(id, place, held)
                        WHERE c.id = v.id""",
                    [list(column) for column in zip(*self.places, strict=True)],
                )
            if self.relinks:
                cursor.execute(
                    """UPDATE store_ledgerline l SET claim_id = v.claim, payment_id = v.payment
                         FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
                           AS v(id, claim, payment) WHERE l.id = v.id""",
                    [list(column) for column in zip(*self.relinks, strict=True)],
                )
        self.places.clear()
        self.relinks.clear()
        if self.einvoices is not None:
            self.einvoices.flush()

    def due_on(self, customer: Customer, issued_on: date) -> date:
        key = (issued_on, customer.term_days, customer.term_method)
        found = self._due.get(key)
        if found is None:
            found = self._due[key] = due_date(*key)
        return found
