"""SQL of the facts as they stood on a day, and of what is filtered of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection, transaction

from exigible.reports.ageing.model import (
    AMOUNTS,
    BOUNDS,
    DAYS,
    LATE,
    NOBODY,
    AgeingFilters,
    Amounts,
    Mode,
    Since,
)

type Rows = list[dict[str, Any]]

_BILL = "(c.kind = 'bill' OR c.ledger_account LIKE '413%%')"


def balances_by_account(mode: Mode, filters: AgeingFilters) -> str:
    """Sum, by account: today's open balances, less what came after the day."""
    late = days_late(filters)
    buckets = ", ".join(
        f"sum(o.cents) FILTER (WHERE o.late > {low} AND o.late <= {high}) AS {name}"
        for name, (low, high) in DAYS.items()
        if name in LATE
    )
    scope = scoped("c.account_id", filters)
    disputed = ""
    if not filters.with_disputes:
        disputed = f"""
            UNION ALL SELECT c.account_id, {late}, {_BILL}, -x.cents
              FROM ({disputed_parts(mode, filters)}) x JOIN store_claim c ON c.id = x.claim_id"""
    zeros = ", ".join(f"0 AS {name}" for name in AMOUNTS[:7])
    summed = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in AMOUNTS)
    return f"""
        SELECT account_id, {summed} FROM (
          SELECT o.account_id, sum(o.cents) FILTER (WHERE o.late <= 0) AS not_due,
                 sum(o.cents) FILTER (WHERE o.late <= 0 AND o.bill) AS bills, {buckets},
                 0 AS credit, sum(o.cents) AS balance
            FROM (SELECT c.account_id, {late} AS late, {_BILL} AS bill, c.balance_cents AS cents
                    FROM store_claim c
                   WHERE c.balance_cents <> 0 AND c.currency = 'EUR' {scope}
                  UNION ALL
                  SELECT c.account_id, {late}, {_BILL}, -e.amount_cents
                    FROM store_entry e JOIN store_claim c ON c.id = e.claim_id
                   WHERE ({later_than("e", mode)}) AND c.currency = 'EUR' {scope} {disputed}) o
           GROUP BY o.account_id
          UNION ALL
          SELECT account_id, {zeros}, -sum(cents), -sum(cents) FROM (
            SELECT p.account_id, p.amount_cents - p.allocated_cents AS cents FROM store_payment p
             WHERE p.allocated_cents <> p.amount_cents AND p.currency = 'EUR'
                   {scoped("p.account_id", filters)}
            UNION ALL
            SELECT p.account_id, -p.amount_cents FROM store_payment p
             WHERE ({later_than("p", mode)}) AND p.currency = 'EUR' {scoped("p.account_id", filters)}
            UNION ALL
            SELECT l.account_id, l.amount_cents FROM store_allocation l
              JOIN store_payment p ON p.id = l.payment_id AND p.currency = 'EUR'
             WHERE ({later_than("l", mode)}) {scoped("l.account_id", filters)}) m
           GROUP BY account_id HAVING sum(cents) <> 0) t
         GROUP BY account_id"""


def open_claims(mode: Mode, filters: AgeingFilters, *, only_bills: bool) -> str:
    """One row for each claim of a column open on the day: what was left of it then."""
    late = days_late(filters)
    kept = f"""c.currency = 'EUR' AND {late} > %(low)s AND {late} <= %(high)s
               {scoped("c.account_id", filters)} {f"AND {_BILL}" if only_bills else ""}"""
    disputed = "" if filters.with_disputes else " - coalesce(x.cents, 0)"
    joined = (
        ""
        if filters.with_disputes
        else f"LEFT JOIN ({disputed_parts(mode, filters)}) x ON x.claim_id = c.id"
    )
    return f"""
        SELECT c.id, c.account_id, c.ref, c.ref_key, c.label, c.kind, c.issued_on, c.due_on,
               c.due_on_source, c.amount_cents, {late} AS late, m.cents{disputed} AS cents
          FROM (SELECT claim_id, sum(cents)::bigint AS cents FROM (
                  SELECT c.id AS claim_id, c.balance_cents AS cents FROM store_claim c
                   WHERE c.balance_cents <> 0 AND {kept}
                  UNION ALL
                  SELECT c.id, -e.amount_cents FROM store_entry e
                    JOIN store_claim c ON c.id = e.claim_id
                   WHERE ({later_than("e", mode)}) AND {kept}) moved
                 GROUP BY claim_id HAVING sum(cents) <> 0) m
          JOIN store_claim c ON c.id = m.claim_id {joined}"""


def disputed_parts(mode: Mode, filters: AgeingFilters) -> str:
    """What was contested of each claim on the day, at most what was left of it then."""
    return f"""
        SELECT d.claim_id, least(d.cents, greatest(c.balance_cents - coalesce((
                 SELECT sum(e.amount_cents) FROM store_entry e
                  WHERE e.claim_id = d.claim_id AND ({later_than("e", mode)})), 0), 0)) AS cents
          FROM (SELECT x.claim_id, sum(x.amount_cents)::bigint AS cents FROM store_dispute x
                 WHERE x.opened_on <= %(on)s AND (x.closed_on IS NULL OR x.closed_on > %(on)s)
                       {scoped("x.account_id", filters)}
                 GROUP BY x.claim_id) d
          JOIN store_claim c ON c.id = d.claim_id AND c.currency = 'EUR'"""


def later_than(alias: str, mode: Mode) -> str:
    """What came after the day: by the day it counts, or also by the moment we learnt of it."""
    counted = f"{alias}.value_date > %(on)s"
    if mode is Mode.RECOMPUTED:
        return counted
    learnt = f"{alias}.recorded_at >= (%(on)s::date + 1)::timestamp AT TIME ZONE 'Europe/Paris'"
    return f"{counted} OR {learnt}"


def days_late(filters: AgeingFilters) -> str:
    if filters.since is Since.ISSUED:
        return "greatest(%(on)s::date - coalesce(c.issued_on, c.due_on), 1)"
    return "(%(on)s::date - c.due_on)"


# ---- filters


def of_accounts(filters: AgeingFilters) -> str:
    conditions = []
    if filters.portfolio_ids is not None:
        conditions.append("a.portfolio_id = ANY(%(portfolios)s::bigint[])")
    if filters.account_ids is not None:
        conditions.append("a.id = ANY(%(accounts)s::bigint[])")
    if filters.creditor_id is not None:
        conditions.append("a.creditor_id = %(creditor)s")
    if filters.collector_id is not None:
        conditions.append(of_collector(filters))
    if filters.debtor_kind:
        conditions.append("d.kind = %(kind)s")
    return " AND ".join(conditions) or "true"


def of_collector(filters: AgeingFilters) -> str:
    if filters.collector_id is None:
        return "true"
    return (
        "a.collector_id IS NULL"
        if filters.collector_id == NOBODY
        else "a.collector_id = %(collector)s"
    )


def later_buckets(filters: AgeingFilters) -> list[str]:
    """The buckets above `older_than`."""
    assert filters.older_than in {0, *BOUNDS}
    return [name for name in LATE if DAYS[name][0] >= filters.older_than]


def scoped(column: str, filters: AgeingFilters) -> str:
    """Bound a large table to a few accounts before anything is summed."""
    return "" if filters.account_ids is None else f"AND {column} = ANY(%(accounts)s::bigint[])"


def parameters_of(on: date, filters: AgeingFilters) -> dict[str, Any]:
    return {
        "on": on,
        "portfolios": list(filters.portfolio_ids or ()),
        "accounts": list(filters.account_ids or ()),
        "creditor": filters.creditor_id,
        "collector": filters.collector_id,
        "kind": filters.debtor_kind,
    }


def direction(sort: str) -> str:
    return "DESC NULLS LAST" if sort.startswith("-") else "ASC NULLS LAST"


def read_rows(query: str, parameters: dict[str, Any]) -> Rows:
    """Run a query over whole tables: room to sort in memory, no compiling for a single use."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(query, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def amounts_of(row: dict[str, Any]) -> Amounts:
    return Amounts(**{name: int(row[name]) for name in AMOUNTS})
