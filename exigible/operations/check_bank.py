"""What `exigible check` reads again of bank statements: their sums, their lines, what follows what.

`BANK_RULES` are findings, as those of `operations.check`: (name, table covered, query of what breaks
the rule, its words). A statement that seems to be missing is a warning: it may simply not have been
imported yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connections

from exigible.domain.french import day, euros, money

SHOWN_GAPS = 20
Words = Callable[[tuple[Any, ...]], tuple[str, str]]

BANK_RULES: tuple[tuple[str, str, str, Words], ...] = (
    (
        "bank_statement_balance",
        "store_bankstatement",
        """
        SELECT id, opening_cents + credit_cents - debit_cents, closing_cents FROM store_bankstatement
         WHERE opening_cents + credit_cents - debit_cents <> closing_cents
        """,
        lambda row: (
            f"Relevé bancaire {row[0]} : solde initial et mouvements mènent à {euros(row[1])}, son "
            f"solde final est {euros(row[2])}.",
            f"bank_statement:{row[0]}",
        ),
    ),
    (
        "bank_statement_lines",
        "store_bankline",
        """
        SELECT s.id, s.credit_cents - s.debit_cents, coalesce(o.total, 0) + coalesce(k.total, 0),
               s.line_count, coalesce(o.lines, 0) + coalesce(k.lines, 0)
          FROM store_bankstatement s
          LEFT JOIN (SELECT statement_id, sum(amount_cents) AS total, count(*) AS lines
                       FROM store_bankline GROUP BY 1) o ON o.statement_id = s.id
          LEFT JOIN (SELECT g.statement_id, sum(l.amount_cents) AS total, count(*) AS lines
                       FROM store_banklinesighting g JOIN store_bankline l ON l.id = g.line_id
                      GROUP BY 1) k ON k.statement_id = s.id
         WHERE s.withdrawn_at IS NULL
           AND (s.line_count <> coalesce(o.lines, 0) + coalesce(k.lines, 0)
                OR s.credit_cents - s.debit_cents <> coalesce(o.total, 0) + coalesce(k.total, 0))
        """,
        lambda row: (
            f"Relevé bancaire {row[0]} : il porte {row[3]} opérations pour {euros(row[1])}, la base en "
            f"garde {row[4]} pour {euros(row[2])}.",
            f"bank_statement:{row[0]}",
        ),
    ),
    (
        "bank_line_links",
        "store_bankline",
        """
        SELECT l.id FROM store_bankline l LEFT JOIN store_bankstatement s ON s.id = l.statement_id
         WHERE s.creditor_id IS DISTINCT FROM l.creditor_id
            OR s.bank_account_id IS DISTINCT FROM l.bank_account_id
        """,
        lambda row: (
            f"Opération bancaire {row[0]} : elle n’est pas du compte de son relevé.",
            f"bank_line:{row[0]}",
        ),
    ),
    (
        "bank_line_state",
        "store_bankline",
        """
        SELECT l.id FROM store_bankline l JOIN store_bankstatement s ON s.id = l.statement_id
         WHERE (l.state = 'withdrawn') <> (s.withdrawn_at IS NOT NULL)
            OR (l.state = 'matched'
                AND NOT EXISTS (SELECT 1 FROM store_banklinepayment p
                                 WHERE p.line_id = l.id AND p.ended_at IS NULL))
        """,
        lambda row: (
            f"Opération bancaire {row[0]} : rapprochée sans règlement, ou annulée sans son relevé.",
            f"bank_line:{row[0]}",
        ),
    ),
    (
        "bank_line_sum",
        "store_bankline",
        """
        SELECT l.id, l.amount_cents, coalesce(b.cents, 0) - coalesce(f.cents, 0)
          FROM store_bankline l
          LEFT JOIN (SELECT k.line_id, sum(p.amount_cents) AS cents
                       FROM store_banklinepayment k JOIN store_payment p ON p.id = k.payment_id
                      WHERE k.ended_at IS NULL GROUP BY 1) b ON b.line_id = l.id
          LEFT JOIN (SELECT line_id, sum(amount_cents) AS cents FROM store_linefee GROUP BY 1) f
            ON f.line_id = l.id
         WHERE coalesce(b.cents, 0) - coalesce(f.cents, 0)
               <> CASE WHEN l.state = 'matched' THEN l.amount_cents ELSE 0 END
        """,
        lambda row: (
            f"Opération bancaire {row[0]} de {euros(row[1])} : ses règlements, moins les frais retenus, "
            f"font {euros(row[2])}.",
            f"bank_line:{row[0]}",
        ),
    ),
)

# A statement that another one follows in time, and that none takes up at its closing balance.
_GAPS = """
    SELECT b.iban, s.closing_cents, s.closing_on, s.currency
      FROM store_bankstatement s JOIN store_creditorbankaccount b ON b.id = s.bank_account_id
     WHERE s.kind = 'statement' AND s.withdrawn_at IS NULL AND s.closing_cents IS NOT NULL
       AND s.closing_on IS NOT NULL
       AND EXISTS (SELECT 1 FROM store_bankstatement o
                    WHERE o.bank_account_id = s.bank_account_id AND o.currency = s.currency
                      AND o.kind = 'statement' AND o.withdrawn_at IS NULL
                      AND o.opening_cents IS NOT NULL AND o.closing_on > s.closing_on)
       AND NOT EXISTS (SELECT 1 FROM store_bankstatement o
                        WHERE o.bank_account_id = s.bank_account_id AND o.currency = s.currency
                          AND o.kind = 'statement' AND o.withdrawn_at IS NULL AND o.id <> s.id
                          AND (o.opening_cents = s.closing_cents AND o.closing_on >= s.closing_on
                               OR o.first_on <= s.closing_on AND o.last_on > s.closing_on))
     ORDER BY s.closing_on, s.id LIMIT %s"""


def missing_statements(using: str) -> list[str]:
    """Return a sentence for each place where a statement seems to be missing."""
    with connections[using].cursor() as cursor:
        cursor.execute(_GAPS, [SHOWN_GAPS])
        return [
            f"Compte bancaire {iban} : aucun relevé ne reprend au solde de "
            f"{money(cents, currency)} du {day(on)}, et "
            "d’autres suivent. Il en manque sans doute un : importez-le."
            for iban, cents, on, currency in cursor.fetchall()
        ]
