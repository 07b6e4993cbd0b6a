"""What platforms and parties say of invoices: facts on the claim, and what they ask of a person.

A status pays nothing, cancels nothing, and opens neither dispute nor suspension by itself: where the
buyer contests, refuses or suspends, a task on the account proposes it, with his reason. One that comes
before its invoice waits for it (`link`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import F

from exigible.domain.french import euros
from exigible.domain.text_keys import ref_key
from exigible.intake.einvoice.life_cycle import STATUSES, StatusMessage
from exigible.operations.einvoice_prepared import Prepared
from exigible.operations.einvoice_writing import write_tasks
from exigible.operations.payments import paris_day
from exigible.operations.table_imports.taking import Made
from exigible.store.models import Account, Claim, Creditor, ImportBatch, InvoiceStatus

# What a status proposes, to a person: the words that end its task.
PROPOSES = {
    "206": "ouvrir un litige sur la part non approuvée ?",
    "207": "ouvrir un litige ?",
    "208": "suspendre la relance et fournir ce qui manque ?",
    "210": "ouvrir un litige, ou suspendre le temps de la refaire ?",
    "213": "suspendre la relance et déposer à nouveau la facture ?",
    "220": "suspendre la relance jusqu’à l’avoir ou à la rectificative ?",
    "501": "suspendre la relance et déposer à nouveau la facture ?",
}


def record(
    batch: ImportBatch,
    creditor: Creditor,
    messages: Sequence[Prepared],
    documents: Mapping[tuple[int, int], int],
    *,
    at: datetime,
) -> int:
    """Add the statuses that are not known, unlinked; return how many."""
    rows = [
        _row(batch, creditor, status, documents[message.place], at)
        for message in messages
        for status in message.statuses
    ]
    if not rows:
        return 0
    before = InvoiceStatus.objects.filter(creditor=creditor).count()
    InvoiceStatus.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return InvoiceStatus.objects.filter(creditor=creditor).count() - before


def link(batch: ImportBatch, creditor: Creditor, *, on: date, at: datetime) -> tuple[set[int], int]:
    """Give statuses that waited the claim they speak of; propose what they ask for.

    Return the accounts concerned and how many tasks were left. In the caller's transaction, which is that
    of the import that brought what they waited for.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LINK, {"creditor": creditor.pk})
        found = cursor.fetchall()
    if not found:
        return set(), 0
    linked = InvoiceStatus.objects.in_bulk([row[0] for row in found])
    claims = Claim.objects.in_bulk({row[2] for row in found if row[2] is not None})
    tasks = []
    for status_id, account_id, claim_id in found:
        status = linked[status_id]
        claim = claims.get(claim_id)
        # What a settled claim was once refused for calls for nothing.
        if status.code in PROPOSES and (claim is None or claim.balance_cents > 0):
            tasks.append((account_id, proposal_of(status)))
    made = Made(batch.pk)
    write_tasks(tasks, on, at, made)
    made.flush()
    return {row[1] for row in found}, len(tasks)


def count_acts(account_ids: Iterable[int]) -> None:
    """Say that accounts were acted on: pages open on them are stale."""
    Account.objects.filter(pk__in=list(account_ids)).update(version=F("version") + 1)


def proposal_of(status: InvoiceStatus) -> str:
    """Word what a status asks of a person: « Facture F-1 en litige (Taux de TVA erroné) : … »."""
    reasons = "; ".join(
        text for one in status.reasons if (text := str(one.get("text") or one.get("code") or ""))
    )
    why = f" ({reasons[:160]})" if reasons else ""
    return (
        f"Facture {status.number} {STATUSES.get(status.code, status.label)}{why} : "
        f"{PROPOSES[status.code]}"
    )


def _row(
    batch: ImportBatch, creditor: Creditor, status: StatusMessage, document_id: int, at: datetime
) -> InvoiceStatus:
    given_at = status.at or at
    return InvoiceStatus(
        creditor=creditor,
        batch=batch,
        document_id=document_id,
        message_id=status.message_id[:200],
        number=status.number[:200],
        number_key=ref_key(status.number) or status.number[:200],
        invoice_issued_on=status.issued_on,
        code=status.code,
        label=(STATUSES.get(status.code) or status.label)[:200],
        given_at=given_at,
        given_on=paris_day(given_at),
        issuer_role=status.issuer_role[:10],
        issuer_name=status.issuer_name[:200],
        reasons=[
            {"code": one.code, "text": one.text, "action": one.action, "details": list(one.details)}
            for one in status.reasons
        ],
        amounts=[
            {"kind": kind, "amount": str(amount), "currency": currency}
            for kind, amount, currency in status.amounts
        ],
        paid_on=status.paid_on,
        recorded_at=at,
    )


# A status finds its invoice by number and day; by number alone where only one claim bears it.
_LINK = """
    WITH waiting AS (
      SELECT id, number_key, invoice_issued_on FROM store_invoicestatus
       WHERE creditor_id = %(creditor)s AND account_id IS NULL AND withdrawn_at IS NULL
    ), known AS (
      SELECT e.number_key, e.issued_on, e.account_id, e.claim_id FROM store_einvoice e
       WHERE e.creditor_id = %(creditor)s AND e.number_key IN (SELECT number_key FROM waiting)
         AND e.withdrawn_at IS NULL
      UNION
      SELECT c.ref_key, c.issued_on, c.account_id, c.id FROM store_claim c
        JOIN store_account a ON a.id = c.account_id
       WHERE a.creditor_id = %(creditor)s AND c.ref_key IN (SELECT number_key FROM waiting)
         AND EXISTS (SELECT 1 FROM store_entry o WHERE o.claim_id = c.id AND o.kind = 'opening'
                        AND NOT EXISTS (SELECT 1 FROM store_entry r WHERE r.reverses_id = o.id))
    ), found AS (
      SELECT w.id, min(k.account_id) AS account_id,
             CASE WHEN count(DISTINCT k.claim_id) = 1 THEN min(k.claim_id) END AS claim_id
        FROM waiting w JOIN known k ON k.number_key = w.number_key
         AND (k.issued_on IS NULL OR w.invoice_issued_on IS NULL
              OR abs(k.issued_on - w.invoice_issued_on) <= 31)
       GROUP BY w.id HAVING count(DISTINCT k.account_id) = 1
    )
    UPDATE store_invoicestatus s SET account_id = f.account_id, claim_id = f.claim_id
      FROM found f WHERE s.id = f.id
 RETURNING s.id, s.account_id, s.claim_id
"""


def amount_words(amounts: Sequence[Mapping[str, Any]]) -> str:
    """Word the amounts of a status, rates of VAT added up: « 12 000,00 € »."""
    cents = 0
    for one in amounts:
        text = str(one.get("amount", "0"))
        units, _, decimals = text.partition(".")
        sign = -1 if text.startswith("-") else 1
        cents += int(units or 0) * 100 + sign * int(decimals[:2].ljust(2, "0") or 0)
    return euros(cents)
