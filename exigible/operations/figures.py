"""Refreshing the copy of accounts' figures that lists show (`AccountFigures`).

The engine's answer for a slice of accounts is handed over and compared: only rows that differ are
written. Operations call `refresh` for their account before they commit; the daily run, for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
from django.db import connection

from exigible.domain.book import UNKNOWN_DEBTOR, Book, Figures, figures
from exigible.domain.engine import Flags, Ints
from exigible.domain.states import State
from exigible.domain.strategy import Followed
from exigible.operations.law import current_law
from exigible.store.columns import Scope, read_book, read_followed, read_strategies
from exigible.store.queries import reliability
from exigible.store.queries.incomplete import INCOMPLETE

COLUMNS = (
    "account_id",
    "creditor_id",
    "portfolio_id",
    "as_of",
    "balance_cents",
    "not_due_cents",
    "bills_cents",
    "overdue_cents",
    "late_30_cents",
    "late_60_cents",
    "late_90_cents",
    "late_180_cents",
    "late_more_cents",
    "disputed_cents",
    "held_cents",
    "credit_cents",
    "chased_cents",
    "accessories_cents",
    "oldest_due_on",
    "open_claims",
    "overdue_claims",
    "state",
    "incomplete",
    "lacks",
    "reliability",
)
# What `write` hands over, a list a column.
FRESH = """unnest(
             %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
             %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
             %s::bigint[], %s::bigint[], %s::bigint[], %s::date[], %s::int[], %s::int[], %s::text[]
           ) AS t(
             account_id, balance_cents, not_due_cents, bills_cents, overdue_cents, late_30_cents,
             late_60_cents, late_90_cents, late_180_cents, late_more_cents, disputed_cents,
             held_cents, credit_cents, chased_cents, accessories_cents, oldest_due_on,
             open_claims, overdue_claims, state
           )"""


def refresh(account_ids: Sequence[int], on: date) -> None:
    """Recompute the figures of some accounts on `on`, in the caller's transaction."""
    if not account_ids:
        return
    scope = Scope(ids=tuple(account_ids))
    book = read_book(scope, on)
    computed = figures(book, current_law())
    followed = read_followed(scope, book, computed.oldest_due, read_strategies())
    write(book, computed, followed)


def write(book: Book, computed: Figures, followed: Followed) -> int:
    """Write the figures that changed; return how many rows did."""
    names = [state.value for state in State]
    state = states(book, computed, followed)
    accessories = zip(
        computed.accessories.tolist(), computed.accessories_known.tolist(), strict=True
    )
    columns: list[list[Any]] = [
        book.account.tolist(),
        computed.balance.tolist(),
        computed.not_due.tolist(),
        computed.bills.tolist(),
        computed.overdue.tolist(),
        *computed.late.tolist(),
        computed.disputed.tolist(),
        computed.held.tolist(),
        computed.credit.tolist(),
        computed.chased.tolist(),
        [value if known else None for value, known in accessories],
        [date.fromordinal(day) if day else None for day in computed.oldest_due.tolist()],
        computed.open_claims.tolist(),
        computed.overdue_claims.tolist(),
        [names[index] for index in state.tolist()],
    ]
    with connection.cursor() as cursor:
        names_sql = ", ".join(COLUMNS)
        updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
        compared = [name for name in COLUMNS[1:] if name != "as_of"]
        old = ", ".join(f"f.{name}" for name in compared)
        new = ", ".join(f"excluded.{name}" for name in compared)
        cursor.execute(
            f"""INSERT INTO store_accountfigures AS f ({names_sql})
                SELECT t.account_id, a.creditor_id, a.portfolio_id, %s, t.balance_cents,
                       t.not_due_cents, t.bills_cents, t.overdue_cents, t.late_30_cents,
                       t.late_60_cents, t.late_90_cents, t.late_180_cents, t.late_more_cents,
                       t.disputed_cents, t.held_cents,
                       t.credit_cents, t.chased_cents, t.accessories_cents, t.oldest_due_on,
                       t.open_claims, t.overdue_claims, t.state, {INCOMPLETE},
                       ({reliability.BITS}), {reliability.SCORE}
                  FROM {FRESH} JOIN store_account a ON a.id = t.account_id
                  JOIN store_debtor d ON d.id = a.debtor_id {reliability.FACTS}
                ON CONFLICT (account_id) DO UPDATE SET {updates}
                 WHERE ({old}) IS DISTINCT FROM ({new})""",
            [book.on, *map(_array, columns)],
        )
        return int(cursor.rowcount)


def _array(values: Iterable[object]) -> str:
    """Return numbers, dates or plain words as PostgreSQL reads an array of them."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def states(book: Book, computed: Figures, followed: Followed) -> Ints:
    """Return the main state of each account, as positions in `State`."""
    order = list(State)
    size = len(book.account)
    chased = computed.chased > 0
    noticed = np.zeros(size, np.bool_)
    with_notice = (book.claim_notice > 0) & (book.claim_balance > 0)
    noticed[book.claim_account[with_notice]] = True
    applies: dict[State, Flags] = {
        State.INSOLVENT: (book.insolvency_day > 0) & (book.insolvency_day <= book.today),
        State.CONTENTIEUX: ~followed.phase_amiable,
        State.NEVER_CHASED: book.never_chased,
        State.UNKNOWN_KIND: book.debtor_kind == UNKNOWN_DEBTOR,
        State.BROKEN_PROMISE: chased & (followed.broken_due > 0),
        State.HELD: (computed.overdue > 0) & (followed.held_whole | (computed.held > 0)),
        State.PROMISED: chased & (followed.promised > 0),
        State.DISPUTED: computed.disputed > 0,
        State.FORMAL_NOTICE: chased & noticed,
        State.REMINDED: chased & (followed.done_count > 0),
        State.OVERDUE: chased,
        State.CREDIT: (computed.credit > 0) & (computed.overdue == 0),
        State.NOT_DUE: computed.not_due > 0,
        State.SETTLED: np.ones(size, np.bool_),
    }
    state = np.full(size, order.index(State.SETTLED), np.int64)
    for name in reversed(order):
        state[applies[name]] = order.index(name)
    return state
