"""Withdrawing the documents and statuses of an import of electronic invoices; nothing is deleted.

The claims and credits they opened are reversed apart (`undo_facts`). A status that another import brought,
and that spoke of such a claim, waits for its invoice again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from exigible.store.models import EInvoice, ImportBatch, InvoiceStatus


def counts(batch: ImportBatch) -> dict[str, int]:
    """Return how many documents and statuses an import brought."""
    return {
        "einvoices": EInvoice.objects.filter(batch=batch, withdrawn_at=None).count(),
        "statuses": InvoiceStatus.objects.filter(batch=batch, withdrawn_at=None).count(),
    }


def withdraw(batch: ImportBatch, *, at: datetime) -> None:
    """Withdraw what an import brought, before its claims are reversed."""
    EInvoice.objects.filter(batch=batch, withdrawn_at=None).update(withdrawn_at=at)
    InvoiceStatus.objects.filter(batch=batch, withdrawn_at=None).update(withdrawn_at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE store_invoicestatus s SET claim_id = NULL, account_id = NULL
                WHERE s.withdrawn_at IS NULL AND s.claim_id IN (
                      SELECT f.object_id FROM store_importedfact f
                       WHERE f.batch_id = %s AND f.what = 'claim' AND f.undone_at IS NULL
                         AND NOT EXISTS (SELECT 1 FROM store_ledgerline l
                                          WHERE l.claim_id = f.object_id
                                            AND l.withdrawn_at IS NULL))""",
            [batch.pk],
        )
