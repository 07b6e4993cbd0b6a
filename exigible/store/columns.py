"""Rows become columns: slices of accounts read into the arrays that `domain` computes on.

Each query yields whole numbers only (cents, ids, codes, days as ordinals), copied out in PostgreSQL's
binary format, whose rows then have a fixed width: a million claims are read in about a second,
without one Python object each.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
from django.db import connection
from psycopg import Cursor

from exigible.domain.book import (
    CLAIM_KINDS,
    CREDITOR_KINDS,
    DEBTOR_KINDS,
    NO_CLAUSE,
    UNKNOWN_DEBTOR,
    Book,
)
from exigible.domain.calendar import HolidayZone, zone_postcodes
from exigible.domain.engine import Flags, Ints
from exigible.domain.promises import Promised, Receipt, received_of
from exigible.domain.strategy import HOLIDAY_ZONES, Followed, Step, Strategy

_STEP = tuple(field.name for field in fields(Step))
A_FEW = 50  # accounts
_HEADER = 19  # signature, flags and length of the header extension
_EPOCH = "date '0001-01-01'"
# A hold lifted later was standing on the day; lifted that very day, it no longer was.
_NOT_LIFTED = "(lifted_at IS NULL OR (lifted_at AT TIME ZONE 'Europe/Paris')::date > %(on)s)"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which accounts: a range of ids, both included, or a list of ids."""

    first: int = 0
    last: int = 2**62
    ids: tuple[int, ...] | None = None

    def sql(self, column: str) -> str:
        if self.ids is not None:
            return f"{column} = ANY(%(ids)s::bigint[])"
        return f"{column} BETWEEN %(first)s AND %(last)s"

    @property
    def parameters(self) -> dict[str, Any]:
        return {"first": self.first, "last": self.last, "ids": list(self.ids or ())}


def _code(column: str, values: tuple[Any, ...], otherwise: int = 0) -> str:
    """Return the SQL that turns a text into its position in `values`."""
    cases = " ".join(
        f"WHEN '{value.value}' THEN {index}" for index, value in enumerate(values) if value
    )
    return f"(CASE {column} {cases} ELSE {otherwise} END)"


def _zone(postcode: str) -> str:
    """Return the SQL of a postcode's row of HOLIDAY_ZONES: `calendar.zone_of_postcode`, as a query."""
    cases = " ".join(
        f"WHEN starts_with({postcode}, '{beginning}') THEN {HOLIDAY_ZONES.index(zone)}"
        for beginning, zone in zone_postcodes()
    )
    return f"(CASE {cases} ELSE {HOLIDAY_ZONES.index(HolidayZone.METROPOLE)} END)"


def _day(column: str) -> str:
    return f"coalesce({column} - {_EPOCH} + 1, 0)"


def _moment(column: str) -> str:
    return f"(extract(epoch FROM {column}) * 1000000)"


def read_columns(query: str, parameters: dict[str, Any], names: tuple[str, ...]) -> list[Ints]:
    """Run a query of whole numbers without nulls and return its columns, in order."""
    casts = ", ".join(f"({name})::bigint" for name in names)
    if 0 < len(parameters["ids"]) <= A_FEW:
        return _read_a_few(f"SELECT {casts} FROM ({query}) AS q", parameters, len(names))
    statement = f"COPY (SELECT {casts} FROM ({query}) AS q) TO STDOUT (FORMAT BINARY)"
    # The driver's own cursor: Django's debugging one copies without parameters.
    with connection.cursor() as cursor, cursor.cursor.copy(statement, parameters) as copy:
        data = b"".join(copy)
    layout: list[tuple[str, str]] = [("count", ">i2")]
    for name in names:
        layout += [(f"{name}_length", ">i4"), (name, ">i8")]
    width = np.dtype(layout).itemsize
    rows = (len(data) - _HEADER - 2) // width
    table = np.frombuffer(data, dtype=np.dtype(layout), count=rows, offset=_HEADER)
    assert len(data) == _HEADER + rows * width + 2, "a column held a null"
    return [table[name].astype(np.int64) for name in names]


def _read_a_few(statement: str, parameters: dict[str, Any], width: int) -> list[Ints]:
    """Read a few accounts: planning would take most of the time, so the plan is kept."""
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, prepare=True, binary=True)
        rows = cursor.fetchall()
    return [np.array(column, np.int64) for column in zip(*rows, strict=True)] or [
        np.zeros(0, np.int64) for _ in range(width)
    ]


def read_book(scope: Scope, on: date) -> Book:
    """Read accounts of the scope and their claims open on `on`, as known now."""
    parameters = {**scope.parameters, "on": on}
    accounts = read_columns(
        f"""
        SELECT a.id AS account, {_code("c.kind", CREDITOR_KINDS)} AS creditor_kind,
               {_code("d.kind", DEBTOR_KINDS, UNKNOWN_DEBTOR)} AS debtor_kind,
               a.never_chased::int AS never_chased, a.waives_accessories::int AS waives,
               {_day("d.insolvency_opened_on")} AS insolvency,
               coalesce(a.clause_rate, c.clause_rate, {NO_CLAUSE}) AS clause
          FROM store_account a
          JOIN store_creditor c ON c.id = a.creditor_id
          JOIN store_debtor d ON d.id = a.debtor_id
         WHERE {scope.sql("a.id")}
         ORDER BY a.id
        """,
        parameters,
        (
            "account",
            "creditor_kind",
            "debtor_kind",
            "never_chased",
            "waives",
            "insolvency",
            "clause",
        ),
    )
    account, creditor_kind, debtor_kind, never_chased, waives, insolvency, clause = accounts
    credit = _sum_by_account(
        account,
        f"""
        SELECT p.account_id AS account, p.amount_cents - p.allocated_cents AS cents
          FROM store_payment p
         WHERE {scope.sql("p.account_id")} AND p.allocated_cents <> p.amount_cents
           AND p.value_date <= %(on)s AND p.currency = 'EUR'
        UNION ALL
        SELECT l.account_id, l.amount_cents FROM store_allocation l
         WHERE {scope.sql("l.account_id")} AND l.value_date > %(on)s
           AND EXISTS (SELECT 1 FROM store_payment p WHERE p.id = l.payment_id
                        AND p.value_date <= %(on)s AND p.currency = 'EUR')
        """,
        parameters,
    )
    held_amount = _sum_by_account(
        account,
        f"""SELECT account_id AS account, amount_cents AS cents FROM store_hold
             WHERE {scope.sql("account_id")} AND claim_id IS NULL AND amount_cents IS NOT NULL
               AND starts_on <= %(on)s AND ends_on >= %(on)s AND {_NOT_LIFTED}""",
        parameters,
    )
    later = f"""
        SELECT e.claim_id, sum(e.amount_cents) AS cents FROM store_entry e
         WHERE {scope.sql("e.account_id")} AND e.value_date > %(on)s GROUP BY e.claim_id
    """
    claims = read_columns(
        f"""
        SELECT c.id AS id, c.account_id AS account, {_code("c.kind", CLAIM_KINDS)} AS kind,
               {_day("c.due_on")} AS due, c.balance_cents - coalesce(later.cents, 0) AS balance,
               (c.currency = 'EUR')::int AS euro, c.retention::int AS retention,
               (c.kind = 'bill' OR c.ledger_account LIKE '413%%')::int AS bill,
               coalesce(t.cents, 0) AS disputed,
               coalesce(h.cents, 0) AS held,
               {_day("n.on")} AS notice,
               CASE WHEN d.insolvency_opened_on <= c.issued_on THEN 0
                    ELSE {_day("d.insolvency_opened_on")} END AS opening
          FROM store_claim c
          JOIN store_account a ON a.id = c.account_id
          JOIN store_debtor d ON d.id = a.debtor_id
          LEFT JOIN ({later}) later ON later.claim_id = c.id
          LEFT JOIN (SELECT claim_id, sum(amount_cents) AS cents FROM store_dispute
                      WHERE {scope.sql("account_id")} AND opened_on <= %(on)s
                        AND (closed_on IS NULL OR closed_on > %(on)s)
                      GROUP BY claim_id) t ON t.claim_id = c.id
          LEFT JOIN (SELECT claim_id, max(coalesce(amount_cents, 9000000000000000)) AS cents
                       FROM store_hold
                      WHERE {scope.sql("account_id")} AND claim_id IS NOT NULL
                        AND starts_on <= %(on)s AND ends_on >= %(on)s AND {_NOT_LIFTED}
                      GROUP BY claim_id) h ON h.claim_id = c.id
          LEFT JOIN (SELECT mc.claim_id, min(m.sent_on) AS on FROM store_message m
                       JOIN store_message_claims mc ON mc.message_id = m.id
                      WHERE {scope.sql("m.account_id")} AND m.is_formal_notice
                        AND m.status = 'sent' AND m.sent_on <= %(on)s
                      GROUP BY mc.claim_id) n ON n.claim_id = c.id
         WHERE {scope.sql("c.account_id")}
           AND c.balance_cents - coalesce(later.cents, 0) <> 0
           AND (c.issued_on IS NULL OR c.issued_on <= %(on)s)
         ORDER BY c.account_id, c.id
        """,
        parameters,
        (
            "id",
            "account",
            "kind",
            "due",
            "balance",
            "euro",
            "retention",
            "bill",
            "disputed",
            "held",
            "notice",
            "opening",
        ),
    )
    (
        claim_id,
        claim_account_id,
        kind,
        due,
        balance,
        euro,
        retention,
        bill,
        disputed,
        held,
        notice,
        opening,
    ) = claims
    claim_account = np.searchsorted(account, claim_account_id)
    reductions = read_columns(
        f"""
        SELECT e.claim_id AS claim, {_day("e.value_date")} AS day, -e.amount_cents AS cents,
               (e.kind = 'credit_note')::int AS credit_note,
               (e.component <> 'principal')::int AS accessory
          FROM store_entry e
          JOIN store_claim c ON c.id = e.claim_id
         WHERE {scope.sql("e.account_id")} AND e.value_date <= %(on)s AND e.amount_cents < 0
           AND e.kind <> 'transfer' AND e.reverses_id IS NULL
           AND (c.balance_cents <> 0 OR c.id IN (SELECT claim_id FROM ({later}) after))
           AND NOT EXISTS (SELECT 1 FROM store_entry r
                            WHERE r.reverses_id = e.id AND r.value_date <= %(on)s)
         ORDER BY e.claim_id, e.value_date, e.id
        """,
        parameters,
        ("claim", "day", "cents", "credit_note", "accessory"),
    )
    order = np.argsort(claim_id, kind="stable")
    sorted_ids = claim_id[order]
    found = np.searchsorted(sorted_ids, reductions[0])
    found = np.minimum(found, max(len(sorted_ids) - 1, 0))
    known = (
        sorted_ids[found] == reductions[0]
        if len(sorted_ids)
        else np.zeros(len(reductions[0]), np.bool_)
    )
    on_top = known & (reductions[4] > 0)  # accessories paid: they leave the principal as it is
    accessories_paid = np.zeros(len(claim_id), np.int64)
    if on_top.any():
        np.add.at(accessories_paid, order[found[on_top]], reductions[2][on_top])
    known &= reductions[4] == 0
    reduction_claim = order[found[known]] if len(sorted_ids) else reductions[0][:0]
    reduction_amount = reductions[2][known]
    principal = balance.copy()
    np.add.at(principal, reduction_claim, reduction_amount)
    return Book(
        on=on,
        account=account,
        creditor_kind=creditor_kind,
        debtor_kind=debtor_kind,
        never_chased=never_chased > 0,
        waives_accessories=waives > 0,
        insolvency_day=insolvency,
        credit=credit,
        held_amount=held_amount,
        claim_id=claim_id,
        claim_account=claim_account,
        claim_kind=kind,
        claim_due=due,
        claim_balance=balance,
        claim_principal=principal,
        claim_clause=clause[claim_account],
        claim_disputed=np.minimum(disputed, np.maximum(balance, 0)),
        claim_held=np.minimum(held, np.maximum(balance - disputed, 0)),
        claim_notice=notice,
        claim_opening=opening,
        claim_accessories_paid=accessories_paid,
        claim_euro=euro > 0,
        claim_retention=retention > 0,
        claim_bill=bill > 0,
        reduction_claim=reduction_claim,
        reduction_day=reductions[1][known],
        reduction_amount=reduction_amount,
        reduction_is_credit_note=reductions[3][known] > 0,
    )


def _sum_by_account(account: Ints, query: str, parameters: dict[str, Any]) -> Ints:
    """Return the sum of `cents` for each account id of `account`."""
    ids, cents = read_columns(query, parameters, ("account", "cents"))
    total = np.zeros(len(account), np.int64)
    if len(ids):
        np.add.at(total, np.searchsorted(account, ids), cents)
    return total


@dataclass(frozen=True, slots=True)
class Strategies:
    """The strategies in force, and where each stands in `rows`."""

    rows: list[Strategy]
    by_id: dict[int, int]
    by_audience: dict[tuple[str, int | None], int]  # (audience, creditor; None: the house's)


def read_strategies() -> Strategies:
    """Return the strategies in force, by id."""
    steps: dict[int, list[Step]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.strategy_id, s.id, s.key, s.position, s.label, s.offset_days, s.channel,
                      s.fallback_channel, s.automatic, s.is_formal_notice, s.minimum_cents, s.minutes
                 FROM store_strategystep s JOIN store_strategy t ON t.id = s.strategy_id
                WHERE t.in_force ORDER BY s.strategy_id, s.position, s.id"""
        )
        for strategy_id, *values in cursor.fetchall():
            steps[strategy_id].append(Step(**dict(zip(_STEP, values, strict=True))))
        cursor.execute(
            """SELECT id, name, spacing_days, minimum_cents, promise_grace_days, audience, creditor_id
                 FROM store_strategy WHERE in_force ORDER BY id"""
        )
        found = cursor.fetchall()
    rows = [
        Strategy(
            id=row[0],
            name=row[1],
            spacing_days=row[2],
            minimum_cents=row[3],
            promise_grace_days=row[4],
            steps=tuple(steps[row[0]]),
        )
        for row in found
    ]
    return Strategies(
        rows=rows,
        by_id={row[0]: index for index, row in enumerate(found)},
        by_audience={(row[5], row[6]): index for index, row in enumerate(found)},
    )


def read_followed(scope: Scope, book: Book, cycle: Ints, strategies: Strategies) -> Followed:
    """Read what was done and promised on the accounts of `book`; `cycle` is by account."""
    on = book.on
    parameters = {**scope.parameters, "on": on}
    account = book.account
    size = len(account)
    own, creditor, debtor_kind, amiable, held, email, letter, address, zone_code = read_columns(
        f"""
        SELECT a.id AS id, coalesce(a.strategy_id, 0) AS strategy, a.creditor_id AS creditor,
               {_code("d.kind", DEBTOR_KINDS, UNKNOWN_DEBTOR)} AS debtor_kind,
               (a.phase = 'amiable')::int AS amiable,
               EXISTS (SELECT 1 FROM store_hold h WHERE h.account_id = a.id AND h.claim_id IS NULL
                        AND h.amount_cents IS NULL AND h.starts_on <= %(on)s
                        AND h.ends_on >= %(on)s AND {_NOT_LIFTED})::int AS held,
               (d.email_ok AND EXISTS (SELECT 1 FROM store_contact k WHERE k.debtor_id = d.id
                        AND k.active AND k.email <> ''))::int AS email,
               (g.agency_name <> '' AND NOT EXISTS (SELECT 1 FROM store_message m
                        WHERE m.account_id = a.id AND m.channel IN ('letter', 'lrar')
                          AND m.status = 'sent' AND m.sent_on <= %(on)s))::int AS letter,
               (d.address_ok AND d.postcode <> '' AND d.city <> ''
                 AND d.address_line1 || d.address_line2 <> '')::int AS address,
               {_zone("d.postcode")} AS zone
          FROM store_account a JOIN store_debtor d ON d.id = a.debtor_id
          JOIN store_creditor g ON g.id = a.creditor_id
         WHERE {scope.sql("a.id")} ORDER BY a.id
        """,
        parameters,
        (
            "strategy",
            "creditor",
            "debtor_kind",
            "amiable",
            "held",
            "email",
            "letter",
            "address",
            "zone",
        ),
    )
    strategy = _strategy_of_accounts(own, creditor, debtor_kind, strategies)
    done, done_count, last_step, open_proposal, seen_promise, seen_dispute, noticed = _proposals(
        scope, parameters, account, cycle
    )
    promised, broken_due, broken_amount, broken_received = _promises(
        scope, parameters, book, strategies.rows, strategy
    )
    late_dispute = np.zeros(size, np.int64)
    ids, days = read_columns(
        f"""SELECT t.account_id AS account, {_day("min(t.answer_due_on)")} AS day
              FROM store_dispute t JOIN store_claim c ON c.id = t.claim_id AND c.balance_cents > 0
             WHERE {scope.sql("t.account_id")} AND t.closed_on IS NULL
               AND t.answer_due_on < %(on)s
             GROUP BY t.account_id""",
        parameters,
        ("account", "day"),
    )
    late_dispute[np.searchsorted(account, ids)] = days
    return Followed(
        strategy=strategy,
        phase_amiable=amiable > 0,
        held_whole=held > 0,
        has_email=email > 0,
        letter_first=letter > 0,
        has_address=address > 0,
        zone=zone_code,
        done=done,
        done_count=done_count,
        last_step_day=last_step,
        open_proposal=open_proposal,
        promised=promised,
        broken_due=broken_due,
        broken_amount=broken_amount,
        broken_received=broken_received,
        broken_seen=(broken_due > 0) & (seen_promise >= broken_due),
        dispute_late_day=late_dispute,
        dispute_seen=(late_dispute > 0) & (seen_dispute >= late_dispute),
        noticed_until=noticed,
    )


def _strategy_of_accounts(
    own: Ints,
    creditor: Ints,
    debtor_kind: Ints,
    strategies: Strategies,
) -> Ints:
    """The account's own strategy, else its creditor's for that kind of debtor, else the house's."""
    keys = np.stack((own, creditor, debtor_kind))
    unique, which = np.unique(keys, axis=1, return_inverse=True)
    rows = []
    for strategy_id, creditor_id, kind in unique.T.tolist():
        row = strategies.by_id.get(strategy_id, -1)
        name = DEBTOR_KINDS[kind]
        if row < 0 and name is not None:
            house = strategies.by_audience.get((name.value, None), -1)
            row = strategies.by_audience.get((name.value, creditor_id), house)
        rows.append(row)
    return np.array(rows, dtype=np.int64)[which.reshape(-1)] if rows else own[:0]


def _proposals(
    scope: Scope,
    parameters: dict[str, Any],
    account: Ints,
    cycle: Ints,
) -> tuple[Ints, Ints, Ints, Flags, Ints, Ints, Ints]:
    """Return what earlier proposals mean for each account: see `Followed`."""
    size = len(account)
    ids, position, day, status, issued, kind = read_columns(
        f"""
        SELECT p.account_id AS account, coalesce(s.position, 0) AS position,
               {_day("p.cycle")} AS cycle,
               (CASE p.status WHEN 'open' THEN 1 WHEN 'approved' THEN 2 WHEN 'obsolete' THEN 4
                     ELSE 3 END) AS status,
               CASE WHEN p.status IN ('issued', 'done', 'approved')
                    THEN {_day("coalesce(m.left_on, (p.decided_at AT TIME ZONE 'Europe/Paris')::date, p.proposed_on)")}
                    ELSE 0 END AS issued,
               (CASE p.action WHEN 'broken_promise' THEN 1 WHEN 'late_dispute' THEN 2
                     ELSE CASE WHEN s.offset_days < 0 THEN 3 ELSE 0 END END) AS kind
          FROM store_proposal p LEFT JOIN store_strategystep s ON s.id = p.step_id
          LEFT JOIN (SELECT proposal_id, max(sent_on) AS left_on FROM store_message
                      WHERE {scope.sql("account_id")} AND status = 'sent'
                        AND proposal_id IS NOT NULL
                      GROUP BY proposal_id) m ON m.proposal_id = p.id
         WHERE {scope.sql("p.account_id")}
        """,
        parameters,
        ("account", "position", "cycle", "status", "issued", "kind"),
    )
    row = np.searchsorted(account, ids)
    chase = (kind == 0) & (day == cycle[row]) & (status != 4)
    done = np.zeros(size, np.int64)
    np.bitwise_or.at(done, row[chase], np.int64(1) << position[chase])
    count = np.zeros(size, np.int64)
    reached = chase & (issued > 0)
    np.add.at(count, row[reached], 1)
    last = np.zeros(size, np.int64)
    touched = issued > 0
    np.maximum.at(last, row[touched], issued[touched])
    waiting = np.zeros(size, np.bool_)
    waiting[row[(status <= 2) & (kind != 3) & (kind != 2)]] = True
    seen = []
    for wanted in (1, 2, 3):
        latest = np.zeros(size, np.int64)
        mine = (kind == wanted) & (status != 4)
        np.maximum.at(latest, row[mine], day[mine])
        seen.append(latest)
    return done, count, last, waiting, seen[0], seen[1], seen[2]


def _promises(
    scope: Scope,
    parameters: dict[str, Any],
    book: Book,
    strategies: list[Strategy],
    strategy: Ints,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return what is promised and still running, and the last broken promise, by account."""
    size = len(book.account)
    ids, made, noted, due, amount = read_columns(
        f"""
        SELECT p.account_id AS account, {_day("p.made_on")} AS made,
               {_moment("p.recorded_at")} AS noted, {_day("p.due_on")} AS due,
               p.amount_cents AS amount
          FROM store_promise p
         WHERE {scope.sql("p.account_id")} AND p.cancelled_at IS NULL AND p.made_on <= %(on)s
         ORDER BY p.account_id, p.due_on, p.id
        """,
        parameters,
        ("account", "made", "noted", "due", "amount"),
    )
    row = np.searchsorted(book.account, ids)
    graces = np.array([one.promise_grace_days for one in strategies] + [2], dtype=np.int64)
    grace = graces[strategy[row]]  # −1 takes the last: accounts without strategy
    received = _received(scope, parameters, ids, np.stack((made, noted, due, amount)), grace)
    kept = received >= amount
    running = ~kept & (due + grace >= book.today)
    promised = np.zeros(size, np.int64)
    np.add.at(promised, row[running], (amount - received)[running])
    broken_due, broken_amount, broken_received = (np.zeros(size, np.int64) for _ in range(3))
    broken = ~kept & ~running
    broken_due[row[broken]] = due[broken]  # by due day: the last one stays
    broken_amount[row[broken]] = amount[broken]
    broken_received[row[broken]] = received[broken]
    return promised, broken_due, broken_amount, broken_received


def _received(
    scope: Scope, parameters: dict[str, Any], account: Ints, promises: Ints, grace: Ints
) -> Ints:
    """Return what was received of each promise: day, moment noted, due day and cents in `promises`.

    The promises of an account follow one another.
    """
    received = np.zeros(len(account), np.int64)
    if not len(account):
        return received
    payer, on, recorded, cents = read_columns(
        f"""
        SELECT y.account_id AS account, {_day("y.value_date")} AS day,
               {_moment("y.recorded_at")} AS recorded, y.amount_cents AS cents
          FROM store_payment y
          JOIN (SELECT p.account_id, min(p.made_on) AS first FROM store_promise p
                 WHERE {scope.sql("p.account_id")} AND p.cancelled_at IS NULL
                   AND p.made_on <= %(on)s GROUP BY p.account_id) AS promised
            ON promised.account_id = y.account_id AND y.value_date >= promised.first
         WHERE {scope.sql("y.account_id")} AND y.kind <> 'credit_note' AND y.value_date <= %(on)s
         ORDER BY y.account_id
        """,
        parameters,
        ("account", "day", "recorded", "cents"),
    )
    receipts = np.stack((on, recorded, cents))
    for one in np.unique(payer):
        mine, its = (slice(*np.searchsorted(of, [one, one + 1])) for of in (account, payer))
        received[mine] = received_of(
            [Promised(*row) for row in promises[:, mine].T.tolist()],
            [Receipt(*row) for row in receipts[:, its].T.tolist()],
            grace_days=int(grace[mine.start]),
        )
    return received
