"""Ways in: how each import came, what each folder, mailbox and token brought lately."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from exigible.store.keyset import Order
from exigible.store.models import ApiToken, ImportBatch, Incoming, MailBox, WatchedFolder


class Way(StrEnum):
    """How an import came."""

    PAGE = "page"
    COMMAND = "commande"
    FOLDER = "dossier"
    MAIL = "boite"
    API = "api"


WAY_LABELS = {
    Way.PAGE: "Page",
    Way.COMMAND: "Commande",
    Way.FOLDER: "Dossier",
    Way.MAIL: "Boîte e-mail",
    Way.API: "API",
}
_NOBODY = UUID(int=0)
_BY = {
    Way.PAGE: Q(incoming__isnull=True) & ~Q(created_by=_NOBODY),
    Way.COMMAND: Q(incoming__isnull=True, created_by=_NOBODY),
    Way.FOLDER: Q(incoming__folder__isnull=False),
    Way.MAIL: Q(incoming__mailbox__isnull=False),
    Way.API: Q(incoming__token__isnull=False),
}


def by_way(batches: QuerySet[ImportBatch], way: str) -> QuerySet[ImportBatch]:
    """Return the imports that came by a way."""
    return batches.filter(_BY[Way(way)])


def with_way(batches: QuerySet[ImportBatch]) -> QuerySet[ImportBatch]:
    """Bring along what `way_of` reads."""
    return batches.select_related("incoming__folder", "incoming__mailbox", "incoming__token")


BROUGHT = (Way.FOLDER, Way.MAIL, Way.API)
ARRIVAL_SORTS: dict[str, Order] = {
    "recent": Order("pk", descending=True),
    "nom": Order("name"),
}


def arrivals(
    creditor_ids: Sequence[int],
    *,
    search: str = "",
    way: str = "",
    status: str = "",
    creditor_id: int | None = None,
) -> QuerySet[Incoming]:
    """Return what came to some creditors by itself, narrowed, in no order."""
    found = Incoming.objects.filter(creditor_id__in=creditor_ids).select_related(
        "creditor", "folder", "mailbox", "token"
    )
    if search:
        found = found.filter(
            Q(name__icontains=search)
            | Q(sender__icontains=search)
            | Q(sha256__startswith=search.lower())
        )
    if way:
        found = found.filter(**{f"{_COLUMNS[Way(way)]}__isnull": False})
    if status:
        found = found.filter(status=status)
    return found.filter(creditor_id=creditor_id) if creditor_id else found


_COLUMNS = {Way.FOLDER: "folder", Way.MAIL: "mailbox", Way.API: "token"}


def way_of(batch: ImportBatch) -> tuple[Way, str]:
    """Return how an import came, and the name of what brought it ("" for a person or a command)."""
    incoming = batch.incoming
    if incoming is None:
        return (Way.COMMAND if batch.created_by == _NOBODY else Way.PAGE), ""
    return way_of_incoming(incoming)


def way_of_incoming(incoming: Incoming) -> tuple[Way, str]:
    """Return what brought a file, a message or a request, and its name."""
    if incoming.folder is not None:
        return Way.FOLDER, incoming.folder.path
    if incoming.mailbox is not None:
        return Way.MAIL, incoming.sender or incoming.mailbox.user
    assert incoming.token is not None
    return Way.API, incoming.token.name


def folders() -> QuerySet[WatchedFolder]:
    """Return the folders watched, with how many files each brought."""
    return _counted(WatchedFolder.objects.filter(closed_at__isnull=True))


def mailboxes() -> QuerySet[MailBox]:
    """Return the mailboxes read, with how many messages each brought."""
    return _counted(MailBox.objects.filter(closed_at__isnull=True))


def _counted[P: (WatchedFolder, MailBox)](places: QuerySet[P]) -> QuerySet[P]:
    return (
        places.select_related("creditor")
        .annotate(
            brought=Count("incoming"),
            refused=Count("incoming", filter=Q(incoming__status=Incoming.Status.REFUSED)),
            under_way=Count("incoming", filter=Q(incoming__filed_at__isnull=True)),
            last_at=Max("incoming__received_at"),
        )
        .order_by("pk")
    )


def tokens() -> QuerySet[ApiToken]:
    """Return every token, the living ones and the others."""
    return ApiToken.objects.prefetch_related("creditors").annotate(brought=Count("incoming"))
