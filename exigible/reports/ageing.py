"""The aged balance, on any day, as it was known then or as it is known now.

Every row's columns sum to the account's ledger balance: not due (bills apart), five buckets of
lateness, less the unallocated credit. Today's is read from the accounts' figures; any other day is
summed again from entries and allocations, by the day they count (`RECOMPUTED`), and also by the
moment they were recorded (`AS_KNOWN`): the difference is what was learnt since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import connection

BOUNDS = (30, 60, 90, 180)  # last day late of each bucket but the last


class Mode(StrEnum):
    """Which facts count on a past day."""

    RECOMPUTED = "recalculee"  # by the day they count, whenever we learnt of them
    AS_KNOWN = "arretee"  # only what had been recorded by the end of that day


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Cents by column; `credit` is negative, so that all columns but `bills` sum to `balance`."""

    not_due: int = 0  # bills included
    bills: int = 0
    late_30: int = 0
    late_60: int = 0
    late_90: int = 0
    late_180: int = 0
    late_more: int = 0
    credit: int = 0
    balance: int = 0

    @property
    def overdue(self) -> int:
        return self.late_30 + self.late_60 + self.late_90 + self.late_180 + self.late_more


AMOUNTS = tuple(field.name for field in fields(Amounts))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingRow:
    """One account of the aged balance."""

    account_id: int
    number: str
    name: str
    creditor: str
    collector: str
    state: str
    amounts: Amounts
    known_balance: int | None = None  # in a comparison: the balance as it was known that day

    @property
    def difference(self) -> int | None:
        if self.known_balance is None:
            return None
        return self.amounts.balance - self.known_balance


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingFilters:
    """What narrows the view; empty values narrow nothing."""

    portfolio_ids: Sequence[int] | None = None  # None: every portfolio
    creditor_id: int | None = None
    collector_id: int | None = None
    debtor_kind: str = ""
    search_key: str = ""  # start of the normalised name, or of the account number
    bucket: str = ""  # only accounts with something in that column
    overdue_only: bool = False
    with_disputes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """A page of the aged balance, and the totals of the whole view."""

    on: date
    mode: Mode
    rows: tuple[AgeingRow, ...]
    accounts: int
    totals: Amounts
    known_balance: int | None


SORTS = {
    "nom": "name_key",
    "non_echu": "not_due",
    "30": "late_30",
    "60": "late_60",
    "90": "late_90",
    "180": "late_180",
    "plus": "late_more",
    "credit": "credit",
    "echu": "overdue",
    "encours": "balance",
    "ecart": "difference",
}


def ageing(
    on: date,
    filters: AgeingFilters,
    *,
    mode: Mode = Mode.RECOMPUTED,
    compare: bool = False,
    from_figures: bool = False,
    sort: str = "-echu",
    limit: int = 100,
    offset: int = 0,
) -> Ageing:
    """Return a page of the aged balance on a day.

    `from_figures` reads the accounts' figures instead of the facts: for today only, once the daily
    run of the day is done. `compare` adds each account's balance as it was known on that day.
    """
    assert not (from_figures and (compare or mode is Mode.AS_KNOWN))
    parameters: dict[str, Any] = {
        "on": on,
        "limit": limit,
        "offset": offset,
        "portfolios": list(filters.portfolio_ids or ()),
        "creditor": filters.creditor_id,
        "collector": filters.collector_id,
        "kind": filters.debtor_kind,
        "search": _prefix(filters.search_key),
    }
    wanted = _accounts(filters)
    sums = _from_figures() if from_figures else _from_facts(mode, filters)
    joined, known = "", "NULL::bigint"
    if compare:
        joined = f"FULL JOIN ({_from_facts(Mode.AS_KNOWN, filters)}) k USING (account_id)"
        known = "coalesce(k.balance, 0)"
    columns = ", ".join(f"coalesce(s.{name}, 0)::bigint AS {name}" for name in AMOUNTS)
    overdue = "coalesce(s.late_30 + s.late_60 + s.late_90 + s.late_180 + s.late_more, 0)"
    totals = ", ".join(f"coalesce(sum({name}) OVER (), 0)::bigint" for name in AMOUNTS)
    having = ["(balance <> 0 OR overdue <> 0 OR credit <> 0 OR known_balance <> 0)"]
    if filters.overdue_only:
        having.append("overdue > 0")
    if filters.bucket in AMOUNTS:
        having.append(f"{filters.bucket} <> 0")
    query = f"""
        WITH sums AS ({sums}),
        view AS (
          SELECT a.id AS account_id, a.number, d.name, d.name_key, c.name AS creditor,
                 coalesce(u.name, '') AS collector, coalesce(f.state, '') AS state, {columns},
                 {overdue}::bigint AS overdue, {known}::bigint AS known_balance,
                 (coalesce(s.balance, 0) - {known})::bigint AS difference
            FROM sums s {joined}
            JOIN store_account a USING_ACCOUNT
            JOIN store_debtor d ON d.id = a.debtor_id
            JOIN store_creditor c ON c.id = a.creditor_id
            LEFT JOIN store_user u ON u.id = a.collector_id
            LEFT JOIN store_accountfigures f ON f.account_id = a.id
           WHERE {wanted})
        SELECT account_id, number, name, creditor, collector, state, {", ".join(AMOUNTS)},
               known_balance, count(*) OVER (), {totals}, (sum(known_balance) OVER ())::bigint
          FROM view WHERE {" AND ".join(having)}
         ORDER BY {_order(sort)} LIMIT %(limit)s OFFSET %(offset)s
    """.replace("USING_ACCOUNT", "ON a.id = account_id" if compare else "ON a.id = s.account_id")
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows = cursor.fetchall()
    width = len(AMOUNTS)
    return Ageing(
        on=on,
        mode=mode,
        rows=tuple(
            AgeingRow(
                account_id=row[0],
                number=row[1],
                name=row[2],
                creditor=row[3],
                collector=row[4],
                state=row[5],
                amounts=_amounts(row[6 : 6 + width]),
                known_balance=row[6 + width],
            )
            for row in rows
        ),
        accounts=rows[0][7 + width] if rows else 0,
        totals=_amounts(rows[0][8 + width : 8 + 2 * width]) if rows else Amounts(),
        known_balance=rows[0][8 + 2 * width] if rows and compare else None,
    )


def ledger_balance(on: date, filters: AgeingFilters) -> int:
    """Return the third-party accounts' balance on a day: what the aged balance must total to."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT coalesce(sum(x.cents), 0)::bigint FROM (
                  SELECT account_id, amount_cents AS cents FROM store_entry
                   WHERE value_date <= %(on)s AND kind = 'opening'
                  UNION ALL
                  SELECT account_id, amount_cents FROM store_entry
                   WHERE value_date <= %(on)s AND kind NOT IN ('opening') AND settlement_id IS NULL
                  UNION ALL
                  SELECT account_id, -amount_cents FROM store_payment WHERE value_date <= %(on)s
                ) x JOIN store_account a ON a.id = x.account_id
                  JOIN store_debtor d ON d.id = a.debtor_id
                 WHERE {_accounts(filters)}""",
            {
                "on": on,
                "portfolios": list(filters.portfolio_ids or ()),
                "creditor": filters.creditor_id,
                "collector": filters.collector_id,
                "kind": filters.debtor_kind,
                "search": _prefix(filters.search_key),
            },
        )
        return int(cursor.fetchone()[0])


def _accounts(filters: AgeingFilters) -> str:
    conditions = ["true"]
    if filters.portfolio_ids is not None:
        conditions.append("a.portfolio_id = ANY(%(portfolios)s::bigint[])")
    if filters.creditor_id is not None:
        conditions.append("a.creditor_id = %(creditor)s")
    if filters.collector_id is not None:
        conditions.append("a.collector_id = %(collector)s")
    if filters.debtor_kind:
        conditions.append("d.kind = %(kind)s")
    if filters.search_key:
        conditions.append("(d.name_key LIKE %(search)s OR a.number_key LIKE %(search)s)")
    return " AND ".join(conditions)


def _from_figures() -> str:
    return """
        SELECT account_id, not_due_cents AS not_due, bills_cents AS bills, late_30_cents AS late_30,
               late_60_cents AS late_60, late_90_cents AS late_90, late_180_cents AS late_180,
               late_more_cents AS late_more, -credit_cents AS credit, balance_cents AS balance
          FROM store_accountfigures WHERE balance_cents <> 0 OR overdue_cents <> 0
             OR not_due_cents <> 0 OR credit_cents <> 0"""


def _from_facts(mode: Mode, filters: AgeingFilters) -> str:
    """Sum entries, payments and allocations by account; a claim falls in one bucket."""
    known = ""
    if mode is Mode.AS_KNOWN:
        known = (
            "AND {alias}.recorded_at < (%(on)s::date + 1)::timestamp AT TIME ZONE 'Europe/Paris'"
        )
    late = "%(on)s::date - c.due_on"
    disputes = ""
    if not filters.with_disputes:
        disputes = """ - coalesce((SELECT sum(x.amount_cents) FROM store_dispute x
              WHERE x.claim_id = c.id AND x.opened_on <= %(on)s
                AND (x.closed_on IS NULL OR x.closed_on > %(on)s)), 0)"""
    previous = ("0", *(str(bound) for bound in BOUNDS))
    following = (*(str(bound) for bound in BOUNDS), "100000")
    buckets = ", ".join(
        f"sum(o.cents) FILTER (WHERE o.late > {low} AND o.late <= {high}) AS {name}"
        for low, high, name in zip(previous, following, AMOUNTS[2:7], strict=True)
    )
    zeros = ", ".join(f"0 AS {name}" for name in AMOUNTS[:7])
    summed = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in AMOUNTS)
    entry_known = known.format(alias="e")
    payment_known = known.format(alias="p")
    allocation_known = known.format(alias="l")
    return f"""
        SELECT account_id, {summed} FROM (
          SELECT o.account_id, sum(o.cents) FILTER (WHERE o.late <= 0) AS not_due,
                 sum(o.cents) FILTER (WHERE o.late <= 0 AND o.bill) AS bills, {buckets},
                 0 AS credit, sum(o.cents) AS balance
            FROM (SELECT c.account_id, {late} AS late,
                         (c.kind = 'bill' OR c.ledger_account LIKE '413%%') AS bill,
                         e.cents{disputes} AS cents
                    FROM (SELECT e.claim_id, sum(e.amount_cents) AS cents FROM store_entry e
                           WHERE e.value_date <= %(on)s {entry_known}
                           GROUP BY e.claim_id HAVING sum(e.amount_cents) <> 0) e
                    JOIN store_claim c ON c.id = e.claim_id AND c.currency = 'EUR') o
           GROUP BY o.account_id
          UNION ALL
          SELECT account_id, {zeros}, -sum(cents), -sum(cents) FROM (
            SELECT p.account_id, p.amount_cents AS cents FROM store_payment p
             WHERE p.value_date <= %(on)s AND p.currency = 'EUR' {payment_known}
            UNION ALL
            SELECT l.account_id, -l.amount_cents FROM store_allocation l
             WHERE l.value_date <= %(on)s {allocation_known}) m
           GROUP BY account_id HAVING sum(cents) <> 0) t
         GROUP BY account_id"""


def _order(sort: str) -> str:
    name = sort.removeprefix("-")
    column = SORTS.get(name, "overdue")
    direction = "DESC" if sort.startswith("-") else "ASC"
    return f"{column} {direction} NULLS LAST, name_key, account_id"


def _prefix(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"


def _amounts(values: Sequence[Any]) -> Amounts:
    named: Mapping[str, int] = dict(zip(AMOUNTS, (int(value) for value in values), strict=True))
    return Amounts(**named)
