"""The aged balance, on any day, as it was known then or as it is known now.

Every row's columns sum to the account's ledger balance: not due (bills apart), five buckets of
lateness, less the unallocated credit. Today's is read from the accounts' figures; any other day is
counted backwards from today's balances by undoing the entries and allocations that came after it:
those that count after it (`RECOMPUTED`), and also those learnt of after it (`AS_KNOWN`). The
difference between the two is what was learnt since. Euros only, as every sum of the product.

`claims_behind` and `credits_behind` give the lines that one figure is made of, by the same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

BOUNDS = (30, 60, 90, 180)  # last day late of each bucket but the last
NEVER = 1_000_000  # more days than any lateness
NOBODY = 0  # as a collector: the accounts that nobody looks after


class Mode(StrEnum):
    """Which facts count on a past day."""

    RECOMPUTED = "recalculee"  # by the day they count, whenever we learnt of them
    AS_KNOWN = "arretee"  # only what had been recorded by the end of that day

    @property
    def other(self) -> Mode:
        return Mode.AS_KNOWN if self is Mode.RECOMPUTED else Mode.RECOMPUTED


class Since(StrEnum):
    """Which day age is counted from."""

    DUE = "echeance"
    ISSUED = "emission"  # nothing is then « not due »; a claim without that day uses its due date


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
LATE = ("late_30", "late_60", "late_90", "late_180", "late_more")
# Days late of a column's claims: above the first, up to the second.
DAYS: dict[str, tuple[int, int]] = {
    "not_due": (-NEVER, 0),
    "bills": (-NEVER, 0),
    **{
        name: (low, high)
        for name, low, high in zip(LATE, (0, *BOUNDS), (*BOUNDS, NEVER), strict=True)
    },
    "overdue": (0, NEVER),
    "balance": (-NEVER, NEVER),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingRow:
    """One account of the aged balance."""

    account_id: int
    number: str
    name: str
    siren: str
    creditor: str
    collector: str
    state: str
    amounts: Amounts
    difference: int | None = None  # in a comparison: recomputed less as known, on the balance


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingFilters:
    """What narrows the view, and how it counts; empty values narrow nothing."""

    portfolio_ids: Sequence[int] | None = None  # None: every portfolio
    account_ids: Sequence[int] | None = None  # None: every account
    creditor_id: int | None = None
    collector_id: int | None = None  # NOBODY: accounts without a collector
    debtor_kind: str = ""
    older_than: int | None = None  # only accounts with something later than that: 0 or a bound
    with_credit: bool = False  # only accounts with unallocated credit
    with_disputes: bool = True  # False: what is contested on the day is left out
    since: Since = Since.DUE

    @property
    def figures_suffice(self) -> bool:
        """Say whether the accounts' figures can answer: they know no other way of counting."""
        return self.with_disputes and self.since is Since.DUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """A page of the aged balance, and the totals of the whole view."""

    on: date
    mode: Mode
    rows: tuple[AgeingRow, ...]
    accounts: int
    totals: Amounts
    difference: int | None  # of the whole view, in a comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimBehind:
    """One claim of a figure; `cents` is what the figure counts of it."""

    claim_id: int
    account_id: int
    number: str
    name: str
    ref: str
    label: str
    kind: str
    issued_on: date | None
    due_on: date
    derived: bool  # its due date comes from terms, not from a file
    late: int  # days, by the way of counting asked for
    amount_cents: int  # as first recorded
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditBehind:
    """One payment or credit note not wholly allocated; `cents` is the unallocated part, negative."""

    payment_id: int
    account_id: int
    number: str
    name: str
    kind: str
    value_date: date
    label: str
    amount_cents: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind[Line]:
    """A page of what a figure is made of, and the whole of it."""

    lines: tuple[Line, ...]
    count: int
    cents: int


SORTS = {
    "nom": "name_key",
    "non_echu": "not_due",
    "effets": "bills",
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
    run of the day is done. `compare` adds how each balance differs between the two modes.
    """
    parameters = {**_parameters(on, filters), "limit": limit, "offset": offset}
    if from_figures:
        assert mode is Mode.RECOMPUTED
        assert filters.figures_suffice
        assert not compare
        total, rows = _page_of_figures(filters, sort, parameters)
    else:
        total, rows = _page_of_facts(filters, mode, compare, sort, parameters)
    return Ageing(
        on=on,
        mode=mode,
        rows=tuple(
            AgeingRow(
                account_id=row["account_id"],
                number=row["number"],
                name=row["name"],
                siren=row["siren"],
                creditor=row["creditor"],
                collector=row["collector"],
                state=row["state"],
                amounts=_amounts(row),
                difference=row["difference"],
            )
            for row in rows
        ),
        accounts=total["accounts"],
        totals=_amounts(total),
        difference=total["difference"],
    )


def ledger_balance(on: date, filters: AgeingFilters, *, mode: Mode = Mode.RECOMPUTED) -> int:
    """Return the third-party accounts' balance on a day: what the aged balance must total to.

    Summed forwards from the first posting, never from a copied balance: opening entries, entries
    outside any settlement, less payments.
    """
    before = f"NOT ({_later('x', mode)})"
    scope = _scope("x.account_id", filters)
    query = f"""
        SELECT coalesce(sum(y.cents), 0)::bigint AS cents FROM (
          SELECT x.account_id, x.amount_cents AS cents
            FROM store_entry x JOIN store_claim c ON c.id = x.claim_id AND c.currency = 'EUR'
           WHERE (x.kind = 'opening' OR x.settlement_id IS NULL) AND {before} {scope}
          UNION ALL
          SELECT x.account_id, -x.amount_cents FROM store_payment x
           WHERE x.currency = 'EUR' AND {before} {scope}
          ) y JOIN store_account a ON a.id = y.account_id JOIN store_debtor d ON d.id = a.debtor_id
         WHERE {_accounts(filters)}"""
    return int(_read(query, _parameters(on, filters))[0]["cents"])


def claims_behind(
    on: date,
    filters: AgeingFilters,
    *,
    column: str,
    mode: Mode = Mode.RECOMPUTED,
    sort: str = "-retard",
    limit: int = 100,
    offset: int = 0,
) -> Behind[ClaimBehind]:
    """Return the claims that a column (a key of DAYS) counts, for the accounts of the filters."""
    low, high = DAYS[column]
    parameters = {
        **_parameters(on, filters),
        "limit": limit,
        "offset": offset,
        "low": low,
        "high": high,
    }
    order = {
        "retard": "late",
        "echeance": "due_on",
        "reste": "cents",
        "nom": "name_key",
        "ref": "ref_key",
    }[sort.removeprefix("-")]
    query = f"""
        WITH owed AS ({_claims(mode, filters, only_bills=column == "bills")}),
        view AS MATERIALIZED (
          SELECT o.*, a.number, d.name, d.name_key FROM owed o
            JOIN store_account a ON a.id = o.account_id
            JOIN store_debtor d ON d.id = a.debtor_id
           WHERE {_accounts(filters)})
        SELECT t.*, v.* FROM (SELECT count(*) AS lines, coalesce(sum(cents), 0)::bigint AS total
                                FROM view) t
          LEFT JOIN LATERAL (SELECT *, row_number() OVER () AS place FROM (
            SELECT * FROM view ORDER BY {order} {_direction(sort)}, id
             LIMIT %(limit)s OFFSET %(offset)s) ordered) v ON true
         ORDER BY v.place"""
    rows = _read(query, parameters)
    return Behind(
        lines=tuple(
            ClaimBehind(
                claim_id=row["id"],
                account_id=row["account_id"],
                number=row["number"],
                name=row["name"],
                ref=row["ref"],
                label=row["label"],
                kind=row["kind"],
                issued_on=row["issued_on"],
                due_on=row["due_on"],
                derived=row["due_on_source"] == "derived",
                late=row["late"],
                amount_cents=row["amount_cents"],
                cents=row["cents"],
            )
            for row in rows
            if row["id"] is not None
        ),
        count=rows[0]["lines"],
        cents=rows[0]["total"],
    )


def credits_behind(
    on: date,
    filters: AgeingFilters,
    *,
    mode: Mode = Mode.RECOMPUTED,
    limit: int = 100,
    offset: int = 0,
) -> Behind[CreditBehind]:
    """Return the payments and credit notes not wholly allocated on a day, the largest first."""
    later_l, later_p = _later("l", mode), _later("p", mode)
    scope_p, scope_l = _scope("p.account_id", filters), _scope("l.account_id", filters)
    query = f"""
        WITH moved AS (
          SELECT p.id, p.amount_cents - p.allocated_cents AS cents FROM store_payment p
           WHERE p.allocated_cents <> p.amount_cents AND p.currency = 'EUR' {scope_p}
          UNION ALL
          SELECT p.id, -p.amount_cents FROM store_payment p
           WHERE p.currency = 'EUR' AND ({later_p}) {scope_p}
          UNION ALL
          SELECT l.payment_id, l.amount_cents FROM store_allocation l
            JOIN store_payment p ON p.id = l.payment_id AND p.currency = 'EUR'
           WHERE ({later_l}) {scope_l}),
        view AS MATERIALIZED (
          SELECT p.*, -m.cents AS open, a.number, d.name
            FROM (SELECT id, sum(cents)::bigint AS cents FROM moved GROUP BY id
                  HAVING sum(cents) <> 0) m
            JOIN store_payment p ON p.id = m.id
            JOIN store_account a ON a.id = p.account_id
            JOIN store_debtor d ON d.id = a.debtor_id
           WHERE {_accounts(filters)})
        SELECT t.*, v.* FROM (SELECT count(*) AS lines, coalesce(sum(open), 0)::bigint AS total
                                FROM view) t
          LEFT JOIN LATERAL (SELECT *, row_number() OVER () AS place FROM (
            SELECT * FROM view ORDER BY open, id LIMIT %(limit)s OFFSET %(offset)s) ordered) v
            ON true
         ORDER BY v.place"""
    rows = _read(query, {**_parameters(on, filters), "limit": limit, "offset": offset})
    return Behind(
        lines=tuple(
            CreditBehind(
                payment_id=row["id"],
                account_id=row["account_id"],
                number=row["number"],
                name=row["name"],
                kind=row["kind"],
                value_date=row["value_date"],
                label=row["label"] or row["reference"],
                amount_cents=row["amount_cents"],
                cents=row["open"],
            )
            for row in rows
            if row["id"] is not None
        ),
        count=rows[0]["lines"],
        cents=rows[0]["total"],
    )


# ---- pages

type Rows = list[dict[str, Any]]


def _page_of_figures(
    filters: AgeingFilters, sort: str, parameters: dict[str, Any]
) -> tuple[dict[str, Any], Rows]:
    """Totals, then one page, both from the figures; names are read for the page's rows only."""
    conditions = ["(f.balance_cents <> 0 OR f.overdue_cents <> 0 OR f.credit_cents <> 0)"]
    joins = []
    if filters.portfolio_ids is not None:
        conditions.append("f.portfolio_id = ANY(%(portfolios)s::bigint[])")
    if filters.account_ids is not None:
        conditions.append("f.account_id = ANY(%(accounts)s::bigint[])")
    if filters.creditor_id is not None:
        conditions.append("f.creditor_id = %(creditor)s")
    if filters.collector_id is not None or filters.debtor_kind:
        joins.append("JOIN store_account a ON a.id = f.account_id")
        conditions.append(_collector(filters))
    if filters.debtor_kind:
        joins.append("JOIN store_debtor d ON d.id = a.debtor_id")
        conditions.append("d.kind = %(kind)s")
    if filters.older_than is not None:
        conditions.append(
            " + ".join(f"f.{name}_cents" for name in _later_buckets(filters)) + " > 0"
        )
    if filters.with_credit:
        conditions.append("f.credit_cents <> 0")
    source = f"FROM store_accountfigures f {' '.join(joins)} WHERE {' AND '.join(conditions)}"
    sums = ", ".join(
        f"coalesce(sum({'-' if name == 'credit' else ''}f.{name}_cents), 0)::bigint AS {name}"
        for name in AMOUNTS
    )
    total = _read(f"SELECT count(*) AS accounts, NULL AS difference, {sums} {source}", parameters)
    column = SORTS.get(sort.removeprefix("-"), "overdue")
    figures = ", ".join(
        f"{'-' if name == 'credit' else ''}f.{name}_cents AS {name}" for name in AMOUNTS
    )
    if column in {"name_key", "difference"}:
        names = (
            "" if "JOIN store_account" in source else "JOIN store_account a ON a.id = f.account_id"
        )
        debtor = (
            "" if "JOIN store_debtor" in source else "JOIN store_debtor d ON d.id = a.debtor_id"
        )
        source = source.replace(" WHERE ", f" {names} {debtor} WHERE ", 1)
        # The order of the index, so that a page reads no more rows than it shows.
        order = f"d.name_key USING {'~>~' if sort.startswith('-') else '~<~'}, f.account_id"
    else:
        shown = "-f.credit_cents" if column == "credit" else f"f.{column}_cents"
        order = f"{shown} {_direction(sort)}, f.account_id"
    rows = _read(
        f"""
        SELECT p.*, a.number, d.name, d.siren, c.name AS creditor, coalesce(u.name, '') AS collector
          FROM (SELECT x.*, row_number() OVER () AS place FROM (
                  SELECT f.account_id, f.state, NULL::bigint AS difference, {figures} {source}
                   ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s) x) p
          JOIN store_account a ON a.id = p.account_id
          JOIN store_debtor d ON d.id = a.debtor_id
          JOIN store_creditor c ON c.id = a.creditor_id
          LEFT JOIN store_user u ON u.id = a.collector_id
         ORDER BY p.place""",
        parameters,
    )
    return total[0], rows


def _page_of_facts(
    filters: AgeingFilters, mode: Mode, compare: bool, sort: str, parameters: dict[str, Any]
) -> tuple[dict[str, Any], Rows]:
    """Sums by account, then totals and one page of them; names are read for the page's rows."""
    column = SORTS.get(sort.removeprefix("-"), "overdue")
    joined, difference, key = "", "NULL::bigint", "s.account_id"
    if compare:
        joined = f"FULL JOIN ({_by_account(mode.other, filters)}) k ON k.account_id = s.account_id"
        key = "coalesce(s.account_id, k.account_id)"
        sign = "" if mode is Mode.RECOMPUTED else "-1 * "
        difference = f"({sign}(coalesce(s.balance, 0) - coalesce(k.balance, 0)))::bigint"
    columns = ", ".join(f"coalesce(s.{name}, 0)::bigint AS {name}" for name in AMOUNTS)
    overdue = " + ".join(f"coalesce(s.{name}, 0)" for name in LATE)
    narrowed = _accounts(filters)
    by_name = column == "name_key"
    named = ""
    if by_name or narrowed != "true":
        named = """JOIN store_account a ON a.id = v.account_id
                   JOIN store_debtor d ON d.id = a.debtor_id"""
    kept = ["(balance <> 0 OR overdue <> 0 OR credit <> 0 OR not_due <> 0 OR difference <> 0)"]
    if filters.older_than is not None:
        kept.append(" + ".join(_later_buckets(filters)) + " > 0")
    if filters.with_credit:
        kept.append("credit <> 0")
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint AS total_{name}" for name in AMOUNTS)
    rows = _read(
        f"""
        WITH sums AS (
          SELECT {key} AS account_id, {columns}, ({overdue})::bigint AS overdue,
                 {difference} AS difference
            FROM ({_by_account(mode, filters)}) s {joined}),
        view AS MATERIALIZED (
          SELECT v.*{", d.name_key" if by_name else ""} FROM sums v {named}
           WHERE {" AND ".join(kept)} AND {narrowed})
        SELECT t.*, v.*, a.number, d.name, d.siren, c.name AS creditor,
               coalesce(u.name, '') AS collector, coalesce(f.state, '') AS state
          FROM (SELECT count(*) AS accounts, sum(difference)::bigint AS total_difference, {sums}
                  FROM view) t
          LEFT JOIN LATERAL (SELECT *, row_number() OVER () AS place FROM (
            SELECT * FROM view ORDER BY {column} {_direction(sort)}, account_id
             LIMIT %(limit)s OFFSET %(offset)s) ordered) v ON true
          LEFT JOIN store_account a ON a.id = v.account_id
          LEFT JOIN store_debtor d ON d.id = a.debtor_id
          LEFT JOIN store_creditor c ON c.id = a.creditor_id
          LEFT JOIN store_user u ON u.id = a.collector_id
          LEFT JOIN store_accountfigures f ON f.account_id = a.id
         ORDER BY v.place""",
        parameters,
    )
    total = {name: rows[0][f"total_{name}"] for name in (*AMOUNTS, "difference")}
    shown = [row for row in rows if row["account_id"] is not None]
    return {**total, "accounts": rows[0]["accounts"]}, shown


# ---- facts

_BILL = "(c.kind = 'bill' OR c.ledger_account LIKE '413%%')"


def _by_account(mode: Mode, filters: AgeingFilters) -> str:
    """Sum, by account: today's open balances, less what came after the day."""
    late = _late(filters)
    buckets = ", ".join(
        f"sum(o.cents) FILTER (WHERE o.late > {low} AND o.late <= {high}) AS {name}"
        for name, (low, high) in DAYS.items()
        if name in LATE
    )
    scope = _scope("c.account_id", filters)
    disputed = ""
    if not filters.with_disputes:
        disputed = f"""
            UNION ALL SELECT c.account_id, {late}, {_BILL}, -x.cents
              FROM ({_disputed(mode, filters)}) x JOIN store_claim c ON c.id = x.claim_id"""
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
                   WHERE ({_later("e", mode)}) AND c.currency = 'EUR' {scope} {disputed}) o
           GROUP BY o.account_id
          UNION ALL
          SELECT account_id, {zeros}, -sum(cents), -sum(cents) FROM (
            SELECT p.account_id, p.amount_cents - p.allocated_cents AS cents FROM store_payment p
             WHERE p.allocated_cents <> p.amount_cents AND p.currency = 'EUR'
                   {_scope("p.account_id", filters)}
            UNION ALL
            SELECT p.account_id, -p.amount_cents FROM store_payment p
             WHERE ({_later("p", mode)}) AND p.currency = 'EUR' {_scope("p.account_id", filters)}
            UNION ALL
            SELECT l.account_id, l.amount_cents FROM store_allocation l
              JOIN store_payment p ON p.id = l.payment_id AND p.currency = 'EUR'
             WHERE ({_later("l", mode)}) {_scope("l.account_id", filters)}) m
           GROUP BY account_id HAVING sum(cents) <> 0) t
         GROUP BY account_id"""


def _claims(mode: Mode, filters: AgeingFilters, *, only_bills: bool) -> str:
    """One row for each claim of a column open on the day: what was left of it then."""
    late = _late(filters)
    kept = f"""c.currency = 'EUR' AND {late} > %(low)s AND {late} <= %(high)s
               {_scope("c.account_id", filters)} {f"AND {_BILL}" if only_bills else ""}"""
    disputed = "" if filters.with_disputes else " - coalesce(x.cents, 0)"
    joined = (
        ""
        if filters.with_disputes
        else f"LEFT JOIN ({_disputed(mode, filters)}) x ON x.claim_id = c.id"
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
                   WHERE ({_later("e", mode)}) AND {kept}) moved
                 GROUP BY claim_id HAVING sum(cents) <> 0) m
          JOIN store_claim c ON c.id = m.claim_id {joined}"""


def _disputed(mode: Mode, filters: AgeingFilters) -> str:
    """What was contested of each claim on the day, at most what was left of it then."""
    return f"""
        SELECT d.claim_id, least(d.cents, greatest(c.balance_cents - coalesce((
                 SELECT sum(e.amount_cents) FROM store_entry e
                  WHERE e.claim_id = d.claim_id AND ({_later("e", mode)})), 0), 0)) AS cents
          FROM (SELECT x.claim_id, sum(x.amount_cents)::bigint AS cents FROM store_dispute x
                 WHERE x.opened_on <= %(on)s AND (x.closed_on IS NULL OR x.closed_on > %(on)s)
                       {_scope("x.account_id", filters)}
                 GROUP BY x.claim_id) d
          JOIN store_claim c ON c.id = d.claim_id AND c.currency = 'EUR'"""


def _later(alias: str, mode: Mode) -> str:
    """What came after the day: by the day it counts, or also by the moment we learnt of it."""
    counted = f"{alias}.value_date > %(on)s"
    if mode is Mode.RECOMPUTED:
        return counted
    learnt = f"{alias}.recorded_at >= (%(on)s::date + 1)::timestamp AT TIME ZONE 'Europe/Paris'"
    return f"{counted} OR {learnt}"


def _late(filters: AgeingFilters) -> str:
    if filters.since is Since.ISSUED:
        return "greatest(%(on)s::date - coalesce(c.issued_on, c.due_on), 1)"
    return "(%(on)s::date - c.due_on)"


# ---- filters


def _accounts(filters: AgeingFilters) -> str:
    conditions = []
    if filters.portfolio_ids is not None:
        conditions.append("a.portfolio_id = ANY(%(portfolios)s::bigint[])")
    if filters.account_ids is not None:
        conditions.append("a.id = ANY(%(accounts)s::bigint[])")
    if filters.creditor_id is not None:
        conditions.append("a.creditor_id = %(creditor)s")
    if filters.collector_id is not None:
        conditions.append(_collector(filters))
    if filters.debtor_kind:
        conditions.append("d.kind = %(kind)s")
    return " AND ".join(conditions) or "true"


def _collector(filters: AgeingFilters) -> str:
    if filters.collector_id is None:
        return "true"
    return (
        "a.collector_id IS NULL"
        if filters.collector_id == NOBODY
        else "a.collector_id = %(collector)s"
    )


def _later_buckets(filters: AgeingFilters) -> list[str]:
    """The buckets above `older_than`."""
    assert filters.older_than in {0, *BOUNDS}
    return [name for name in LATE if DAYS[name][0] >= filters.older_than]


def _scope(column: str, filters: AgeingFilters) -> str:
    """Bound a large table to a few accounts before anything is summed."""
    return "" if filters.account_ids is None else f"AND {column} = ANY(%(accounts)s::bigint[])"


def _parameters(on: date, filters: AgeingFilters) -> dict[str, Any]:
    return {
        "on": on,
        "portfolios": list(filters.portfolio_ids or ()),
        "accounts": list(filters.account_ids or ()),
        "creditor": filters.creditor_id,
        "collector": filters.collector_id,
        "kind": filters.debtor_kind,
    }


def _direction(sort: str) -> str:
    return "DESC NULLS LAST" if sort.startswith("-") else "ASC NULLS LAST"


def _read(query: str, parameters: dict[str, Any]) -> Rows:
    """Run a query over whole tables: room to sort in memory, no compiling for a single use."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(query, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _amounts(row: dict[str, Any]) -> Amounts:
    return Amounts(**{name: int(row[name]) for name in AMOUNTS})
