"""What another program deposits: kept once per key and per content, handed over like any other way's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from exigible.domain.refusals import Refused
from exigible.operations.acts import By
from exigible.operations.ways import receiving
from exigible.operations.ways.receiving import Arrived, Outcome
from exigible.store.models import ApiToken, Creditor, ImportBatch, Incoming


@dataclass(frozen=True, slots=True)
class Deposit:
    """What became of a deposit: the import that holds it, or the documents it brought."""

    incoming: Incoming
    batch: ImportBatch | None
    new: bool


def deposit(
    token: ApiToken, creditor: Creditor, arrived: Arrived, *, key: str, at: datetime
) -> Deposit:
    """Keep a file and queue its reading. The same key again answers what it answered.

    A content already taken is not taken twice: the answer names the import that has it. Raise Refused
    for a key that served for another content.
    """
    with transaction.atomic():
        receiving.hold(creditor)
        before = Incoming.objects.filter(token=token, key=key).first() if key else None
        if before is not None:
            if (before.sha256, before.creditor_id) != (arrived.sha256, creditor.pk):
                raise Refused(
                    "idempotency_conflict",
                    "Cette clé d’idempotence a déjà servi pour un autre contenu. Prenez-en une par "
                    "dépôt.",
                )
            return Deposit(before, _batch(before), new=False)
        words = receiving.known(creditor, arrived.sha256)
        incoming = Incoming.objects.create(
            creditor=creditor,
            token=token,
            name=arrived.name,
            sha256=arrived.sha256,
            size_bytes=arrived.size_bytes,
            key=key,
            received_at=at,
        )
        if not words:
            by = By(f"token:{token.pk}")
            receiving.receive([arrived], incoming=incoming, by=by, at=at)
        status = Incoming.Status.KNOWN if words else Incoming.Status.TAKEN
        incoming.filed_at = at
        incoming.save(update_fields=["filed_at"])
        receiving.settle(incoming, Outcome(status=status, note=words), at=at)
    return Deposit(incoming, _batch(incoming), new=not words)


def _batch(incoming: Incoming) -> ImportBatch | None:
    """Return the import a deposit made, or the earlier one that has its content."""
    own = incoming.batches.order_by("pk").first()
    if own is not None or incoming.status != Incoming.Status.KNOWN:
        return own
    return receiving.known_batch(incoming.creditor, incoming.sha256)
