"""The aged balance by account, of the day from figures or of any day from facts, and its check."""

from __future__ import annotations

from datetime import date
from typing import Any

from exigible.reports.ageing.facts import (
    Rows,
    amounts_of,
    balances_by_account,
    direction,
    later_buckets,
    later_than,
    of_accounts,
    of_collector,
    parameters_of,
    read_rows,
    scoped,
)
from exigible.reports.ageing.model import (
    AMOUNTS,
    LATE,
    Ageing,
    AgeingFilters,
    AgeingRow,
    Mode,
)

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
    parameters = {**parameters_of(on, filters), "limit": limit, "offset": offset}
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
                amounts=amounts_of(row),
                difference=row["difference"],
            )
            for row in rows
        ),
        accounts=total["accounts"],
        totals=amounts_of(total),
        difference=total["difference"],
    )


def ledger_balance(on: date, filters: AgeingFilters, *, mode: Mode = Mode.RECOMPUTED) -> int:
    """Return the third-party accounts' balance on a day: what the aged balance must total to.

    Summed forwards from the first posting, never from a copied balance: opening entries, entries
    outside any settlement, accessories that a payment made due, less payments.
    """
    before = f"NOT ({later_than('x', mode)})"
    scope = scoped("x.account_id", filters)
    query = f"""
        SELECT coalesce(sum(y.cents), 0)::bigint AS cents FROM (
          SELECT x.account_id, x.amount_cents AS cents
            FROM store_entry x JOIN store_claim c ON c.id = x.claim_id AND c.currency = 'EUR'
           WHERE (x.kind = 'opening' OR x.settlement_id IS NULL OR (x.component <> 'principal'
                  AND (x.kind = 'accessory' OR (x.kind = 'reversal' AND x.amount_cents < 0))))
             AND {before} {scope}
          UNION ALL
          SELECT x.account_id, -x.amount_cents FROM store_payment x
           WHERE x.currency = 'EUR' AND {before} {scope}
          ) y JOIN store_account a ON a.id = y.account_id JOIN store_debtor d ON d.id = a.debtor_id
         WHERE {of_accounts(filters)}"""
    return int(read_rows(query, parameters_of(on, filters))[0]["cents"])


# ---- pages


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
        conditions.append(of_collector(filters))
    if filters.debtor_kind:
        joins.append("JOIN store_debtor d ON d.id = a.debtor_id")
        conditions.append("d.kind = %(kind)s")
    if filters.older_than is not None:
        conditions.append(" + ".join(f"f.{name}_cents" for name in later_buckets(filters)) + " > 0")
    if filters.with_credit:
        conditions.append("f.credit_cents <> 0")
    source = f"FROM store_accountfigures f {' '.join(joins)} WHERE {' AND '.join(conditions)}"
    sums = ", ".join(
        f"coalesce(sum({'-' if name == 'credit' else ''}f.{name}_cents), 0)::bigint AS {name}"
        for name in AMOUNTS
    )
    total = read_rows(
        f"SELECT count(*) AS accounts, NULL AS difference, {sums} {source}", parameters
    )
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
        order = f"{shown} {direction(sort)}, f.account_id"
    rows = read_rows(
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
        joined = f"FULL JOIN ({balances_by_account(mode.other, filters)}) k ON k.account_id = s.account_id"
        key = "coalesce(s.account_id, k.account_id)"
        sign = "" if mode is Mode.RECOMPUTED else "-1 * "
        difference = f"({sign}(coalesce(s.balance, 0) - coalesce(k.balance, 0)))::bigint"
    columns = ", ".join(f"coalesce(s.{name}, 0)::bigint AS {name}" for name in AMOUNTS)
    overdue = " + ".join(f"coalesce(s.{name}, 0)" for name in LATE)
    narrowed = of_accounts(filters)
    by_name = column == "name_key"
    named = ""
    if by_name or narrowed != "true":
        named = """JOIN store_account a ON a.id = v.account_id
                   JOIN store_debtor d ON d.id = a.debtor_id"""
    kept = ["(balance <> 0 OR overdue <> 0 OR credit <> 0 OR not_due <> 0 OR difference <> 0)"]
    if filters.older_than is not None:
        kept.append(" + ".join(later_buckets(filters)) + " > 0")
    if filters.with_credit:
        kept.append("credit <> 0")
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint AS total_{name}" for name in AMOUNTS)
    rows = read_rows(
        f"""
        WITH sums AS (
          SELECT {key} AS account_id, {columns}, ({overdue})::bigint AS overdue,
                 {difference} AS difference
            FROM ({balances_by_account(mode, filters)}) s {joined}),
        view AS MATERIALIZED (
          SELECT v.*{", d.name_key" if by_name else ""} FROM sums v {named}
           WHERE {" AND ".join(kept)} AND {narrowed})
        SELECT t.*, v.*, a.number, d.name, d.siren, c.name AS creditor,
               coalesce(u.name, '') AS collector, coalesce(f.state, '') AS state
          FROM (SELECT count(*) AS accounts, sum(difference)::bigint AS total_difference, {sums}
                  FROM view) t
          LEFT JOIN LATERAL (SELECT *, row_number() OVER () AS place FROM (
            SELECT * FROM view ORDER BY {column} {direction(sort)}, account_id
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
