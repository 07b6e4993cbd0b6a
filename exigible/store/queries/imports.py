"""*Imports*: the files brought in, newest first, and what was wrong in one.

A file concerns a whole creditor: it is shown to whoever sees all of its portfolios.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from exigible.store.keyset import Order
from exigible.store.models import Creditor, ImportBatch, ImportProblem, User
from exigible.store.queries.access import whole_creditors
from exigible.store.queries.ordering import by_name
from exigible.store.queries.ways import by_way, with_way

SORTS: dict[str, Order] = {
    "recent": Order("pk", descending=True),
    "nom": Order("filename"),
    "taille": Order("size_bytes", descending=True),
    "remarques": Order("problem_count", descending=True),
}
PROBLEM_SORTS: dict[str, Order] = {
    "ligne": Order("line"),
    "champ": Order("field"),
    "gravite": Order("blocking", descending=True),
}
UNDER_WAY = (ImportBatch.Status.WAITING, ImportBatch.Status.RUNNING)
PREPARED = (ImportBatch.Status.DRAFT, ImportBatch.Status.CHECKING)  # seen in the wizard


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to; "" and None narrow nothing."""

    search: str = ""
    creditor_id: int | None = None
    status: str = ""
    format: str = ""
    way: str = ""


def creditors_to_import(user: User) -> list[Creditor]:
    """Return the creditors a person may bring files in for, by name."""
    found = Creditor.objects.filter(archived=False, pk__in=whole_creditors(user))
    if user.current_creditor_id:
        found = found.filter(pk=user.current_creditor_id)
    return list(found.order_by(by_name()))


def visible_imports(user: User, *, every_creditor: bool = True) -> QuerySet[ImportBatch]:
    """Return the imports a person may see; of the chosen creditor only, if asked."""
    batches = ImportBatch.objects.select_related("creditor")
    if not user.all_portfolios:
        batches = batches.filter(creditor_id__in=whole_creditors(user))
    if user.current_creditor_id and not every_creditor:
        batches = batches.filter(creditor_id=user.current_creditor_id)
    return batches


def rows(user: User, wanted: Wanted) -> QuerySet[ImportBatch]:
    """Return the imports wanted, in no order."""
    batches = with_way(visible_imports(user, every_creditor=False))
    if wanted.way:
        batches = by_way(batches, wanted.way)
    if wanted.search:
        batches = batches.filter(
            Q(filename__icontains=wanted.search) | Q(sha256__startswith=wanted.search.lower())
        )
    narrowed: dict[str, Any] = {
        "creditor_id": wanted.creditor_id,
        "status": wanted.status,
        "format": wanted.format,
    }
    return batches.filter(**{name: value for name, value in narrowed.items() if value})


def before(batch: ImportBatch) -> ImportBatch | None:
    """Return the import of the same creditor that one under way waits for, if there is one."""
    if batch.status not in UNDER_WAY:
        return None
    others = ImportBatch.objects.filter(creditor_id=batch.creditor_id, pk__lt=batch.pk)
    return others.filter(status__in=UNDER_WAY).order_by("pk").first()


def same_file(batch: ImportBatch) -> ImportBatch | None:
    """Return the earlier import that took this very file for the same creditor, if one did."""
    return (
        ImportBatch.objects.filter(
            creditor_id=batch.creditor_id,
            sha256=batch.sha256,
            status=ImportBatch.Status.DONE,
            pk__lt=batch.pk,
        )
        .order_by("-pk")
        .first()
    )


def problems(
    batch: ImportBatch, *, search: str = "", severity: str = "", field: str = ""
) -> QuerySet[ImportProblem]:
    """Return the problems of an import, narrowed, in no order; a number searches a line."""
    found = ImportProblem.objects.filter(batch=batch)
    if search:
        words = Q(message__icontains=search) | Q(excerpt__icontains=search)
        if search.isascii() and search.isdigit() and len(search) < 19:
            words |= Q(line=int(search))
        found = found.filter(words)
    if severity:
        found = found.filter(blocking=severity == "bloquant")
    return found.filter(field=field) if field else found


def problem_fields(batch: ImportBatch) -> list[str]:
    """Return the fields that the problems of an import name."""
    fields = ImportProblem.objects.filter(batch=batch).exclude(field="")
    return sorted(set(fields.values_list("field", flat=True)))
