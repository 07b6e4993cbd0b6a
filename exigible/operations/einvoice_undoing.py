"""Withdrawing the documents and statuses of an import of electronic invoices; nothing is deleted.

The claims and credits they opened are reversed apart (`undo_facts`). A status that another import brought,
and that spoke of such a claim, waits for its invoice again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from exigible.operations import exhibits
from exigible.operations.acts import By
from exigible.operations.exhibit_intake import NOBODY
from exigible.store.models import (
    EInvoice,
    EInvoiceExhibit,
    Exhibit,
    ExhibitArrival,
    ExhibitClaim,
    ImportBatch,
    Incoming,
    InvoiceStatus,
)


def counts(batch: ImportBatch) -> dict[str, int]:
    """Return how many documents and statuses an import brought."""
    return {
        "einvoices": EInvoice.objects.filter(batch=batch, withdrawn_at=None).count(),
        "statuses": InvoiceStatus.objects.filter(batch=batch, withdrawn_at=None).count(),
    }


def withdraw(batch: ImportBatch, *, by: By, at: datetime, reason: str) -> None:
    """Withdraw what an import brought, before its claims are reversed."""
    brought = list(_exhibits(batch).values_list("pk", flat=True))
    inside = Exhibit.objects.filter(enclosing__in=brought, withdrawn_at=None)
    if brought:
        brought += inside.values_list("pk", flat=True)
        exhibits.withdraw(brought, reason=reason, by=by, at=at)
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


def _exhibits(batch: ImportBatch) -> QuerySet[Exhibit]:
    """Return the exhibits that only this import's invoices carried, and nobody dropped or linked."""
    carriers = EInvoiceExhibit.objects.filter(
        einvoice__creditor=batch.creditor, einvoice__withdrawn_at=None
    )
    elsewhere = carriers.exclude(einvoice__batch=batch).filter(document__sha256=OuterRef("sha256"))
    arrivals = ExhibitArrival.objects.filter(exhibit=OuterRef("pk"))
    dropped = arrivals.exclude(recorded_by=NOBODY) | arrivals.filter(
        Exists(Incoming.objects.filter(drop=OuterRef("drop")))
    )
    linked = ExhibitClaim.objects.filter(
        exhibit=OuterRef("pk"), ended_at=None, reference=""
    )  # by a person
    return Exhibit.objects.filter(
        ~Exists(elsewhere),
        ~Exists(dropped),
        ~Exists(linked),
        creditor=batch.creditor,
        withdrawn_at=None,
        sha256__in=carriers.filter(einvoice__batch=batch).values("document__sha256"),
    )
