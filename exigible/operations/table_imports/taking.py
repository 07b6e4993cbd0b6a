"""One table being taken: where it comes from, how it is read, and what it makes, noted for undoing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from exigible.intake.mapping.model import Mapping
from exigible.operations.acts import By
from exigible.operations.ledger_import import Progress
from exigible.store.bulk import copy_rows
from exigible.store.models import Creditor, ImportBatch, ImportedFact

LIST_ORIGIN = "list:"
What = ImportedFact.What
_FACT = {
    "batch_id": "int8",
    "account_id": "int8",
    "what": "varchar",
    "object_id": "int8",
    "line": "int8",
    "before": "jsonb",
    "after": "jsonb",
}


class Mode(StrEnum):
    """What a list of open items is to its creditor; the values are kept with the import."""

    COMPLETE = "complete"  # says due dates and numbers of what accounting brought, opens nothing
    DELTA = "delta"  # adds
    STOCK = "stock"  # is the whole open ledger: what it no longer lists is to be confirmed


class Made:
    """What a batch makes and changes, noted so that the whole of it can be taken back."""

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self._rows: list[tuple[object, ...]] = []
        self.counts: Counter[str] = Counter()

    def add(
        self,
        what: What,
        account_id: int,
        object_id: int,
        *,
        line: int | None = None,
        before: Map[str, Any] | None = None,
        after: Map[str, Any] | None = None,
    ) -> None:
        """Note one thing made, or changed from `before` to `after` (fields as JSON holds them)."""
        self.counts[what] += 1
        self._rows.append(
            (
                self._batch_id,
                account_id,
                what.value,
                object_id,
                line,
                Jsonb(dict(before)) if before is not None else None,
                Jsonb(dict(after)) if after is not None else None,
            )
        )

    def flush(self) -> None:
        """Write what was noted."""
        if self._rows:
            copy_rows("store_importedfact", _FACT, self._rows)
            self._rows.clear()


@dataclass(slots=True, kw_only=True)
class Taking:
    """A table being taken, in its transaction."""

    batch: ImportBatch
    creditor: Creditor
    path: Path
    mapping: Mapping | None
    mode: Mode
    partial: bool
    on: date
    at: datetime
    progress: Progress
    made: Made = field(init=False)

    def __post_init__(self) -> None:
        self.made = Made(self.batch.pk)

    @property
    def origin(self) -> str:
        return f"{LIST_ORIGIN}{self.batch.pk}"

    @property
    def by(self) -> By:
        return By(f"import:{self.batch.pk}")

    @property
    def opens(self) -> bool:
        """Whether accounts and claims may be opened: never beside a ledger, which brings its own."""
        return self.mode is not Mode.COMPLETE and not has_ledger(self.creditor.pk)


def has_ledger(creditor_id: int) -> bool:
    """Say whether a creditor's claims come from its accounting exports."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM store_ledgerline
                               WHERE creditor_id = %s AND withdrawn_at IS NULL)""",
            [creditor_id],
        )
        return bool(cursor.fetchone()[0])
