"""The lines that one figure of the aged balance is made of."""

from __future__ import annotations

from datetime import date

from exigible.reports.ageing.facts import (
    direction,
    later_than,
    of_accounts,
    open_claims,
    parameters_of,
    read_rows,
    scoped,
)
from exigible.reports.ageing.model import (
    DAYS,
    AgeingFilters,
    Behind,
    ClaimBehind,
    CreditBehind,
    Mode,
)


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
        **parameters_of(on, filters),
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
        WITH owed AS ({open_claims(mode, filters, only_bills=column == "bills")}),
        view AS MATERIALIZED (
          SELECT o.*, a.number, d.name, d.name_key FROM owed o
            JOIN store_account a ON a.id = o.account_id
            JOIN store_debtor d ON d.id = a.debtor_id
           WHERE {of_accounts(filters)})
        SELECT t.*, v.* FROM (SELECT count(*) AS lines, coalesce(sum(cents), 0)::bigint AS total
                                FROM view) t
          LEFT JOIN LATERAL (SELECT *, row_number() OVER () AS place FROM (
            SELECT * FROM view ORDER BY {order} {direction(sort)}, id
             LIMIT %(limit)s OFFSET %(offset)s) ordered) v ON true
         ORDER BY v.place"""
    rows = read_rows(query, parameters)
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
    later_l, later_p = later_than("l", mode), later_than("p", mode)
    scope_p, scope_l = scoped("p.account_id", filters), scoped("l.account_id", filters)
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
           WHERE {of_accounts(filters)})
        SELECT t.*, v.* FROM (SELECT count(*) AS lines, coalesce(sum(open), 0)::bigint AS total
                                FROM view) t
          LEFT JOIN LATERAL (SELECT *, row_number() OVER () AS place FROM (
            SELECT * FROM view ORDER BY open, id LIMIT %(limit)s OFFSET %(offset)s) ordered) v
            ON true
         ORDER BY v.place"""
    rows = read_rows(query, {**parameters_of(on, filters), "limit": limit, "offset": offset})
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
