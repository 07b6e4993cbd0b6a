"""Customer accounts of the ledger beside what imports made of them: they are equal to the cent.

By account and ledger account. The ledger's side is the sum of its lines since the last year whose
*à-nouveaux* were imported: those carry over all that came before. Provisional *à-nouveaux* that a later
import replaced do not count. Our side is the sum of the entries of claims less the credit that nothing
uses; what people added by hand is apart. A payment that stands for one of the ledger's,
which a person's act had taken back, adds no sum: what the ledger letters of it counts with the other's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

DIFFERENCES = """
    WITH opened AS (
      SELECT DISTINCT creditor_id, financial_year_end AS year FROM store_ledgerline
       WHERE is_opening AND withdrawn_at IS NULL
    ), lines AS (
      SELECT l.creditor_id, l.account_id, l.ledger_account AS place,
             l.financial_year_end AS year, l.debit_cents - l.credit_cents AS cents,
             l.is_opening AND l.batch_id < max(l.batch_id) FILTER (WHERE l.is_opening)
               OVER (PARTITION BY l.account_id, l.ledger_account, l.financial_year_end) AS stale
        FROM store_ledgerline l WHERE {scope} AND l.withdrawn_at IS NULL
    ), since AS (
      SELECT account_id, place, max(year) AS year FROM lines JOIN opened USING (creditor_id, year)
       GROUP BY 1, 2
    ), ledger AS (
      SELECT account_id, place, sum(cents) AS cents
        FROM lines LEFT JOIN since USING (account_id, place)
       WHERE (since.year IS NULL OR lines.year >= since.year) AND stale IS NOT TRUE
       GROUP BY 1, 2
    ), placed AS (
      SELECT l.id, l.account_id, l.amount_cents, l.ledger_account AS place FROM store_payment l
       WHERE {scope} AND l.origin LIKE 'fec:%%'
      UNION ALL
      SELECT p.id, p.account_id, p.amount_cents, l.ledger_account FROM store_payment p
        JOIN store_ledgerline l ON l.payment_id = p.id AND l.withdrawn_at IS NULL
       WHERE {scope} AND p.origin NOT LIKE 'fec:%%'
      UNION ALL
      SELECT l.id, l.account_id, 0, coalesce(line.ledger_account, p.ledger_account)
        FROM store_payment l
        JOIN store_payment p ON p.id = l.stands_for_id
        LEFT JOIN LATERAL (SELECT ledger_account FROM store_ledgerline k
                            WHERE k.payment_id = p.id AND k.withdrawn_at IS NULL LIMIT 1) line ON true
       WHERE {scope}
    ), facts AS (
      SELECT account_id, place, sum(cents) AS cents FROM (
        SELECT l.account_id, l.ledger_account AS place, l.amount_cents AS cents FROM store_entry l
         WHERE {scope} AND l.origin LIKE 'fec:%%'
        UNION ALL SELECT account_id, place, -amount_cents FROM placed
        UNION ALL SELECT l.account_id, p.place, l.amount_cents
          FROM store_allocation l JOIN placed p ON p.id = l.payment_id
         WHERE {scope} AND l.origin LIKE 'fec:%%'
      ) f GROUP BY 1, 2
    )
    SELECT account_id, place, coalesce(ledger.cents, 0) AS ledger, coalesce(facts.cents, 0) AS facts
      FROM ledger FULL JOIN facts USING (account_id, place)
     WHERE coalesce(ledger.cents, 0) <> coalesce(facts.cents, 0)
       AND account_id IN (SELECT account_id FROM lines)
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A customer account on which the ledger and our facts disagree."""

    account_id: int
    ledger_account: str
    ledger_cents: int
    facts_cents: int


def differences(account_ids: Sequence[int]) -> list[Difference]:
    """Return where these accounts differ from the ledger; none, or something is broken."""
    with connection.cursor() as cursor:
        cursor.execute(
            DIFFERENCES.format(scope="l.account_id = ANY(%(accounts)s)"),
            {"accounts": list(account_ids)},
        )
        return [Difference(row[0], row[1], int(row[2]), int(row[3])) for row in cursor.fetchall()]
