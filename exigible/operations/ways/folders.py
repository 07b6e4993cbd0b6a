"""A watched folder, looked at: what has stopped changing is taken, what was taken is put away.

Each step may be the last before a crash, and is safe to take again. A file moved under way has no row
yet: it is taken at the next look. It has a row: its import or its documents exist, once. Settled, it
knows its last place, and is moved there until it is. The bytes are kept with the row, in one
transaction.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from exigible.channels.incoming.folder import (
    DONE,
    REFUSED,
    TO_COMPLETE,
    DropFolder,
    FolderUnusable,
    NotAFile,
    Waiting,
    name_of,
)
from exigible.domain import french
from exigible.intake.exhibits import safe_name
from exigible.operations.acts import By
from exigible.operations.payments import paris_day
from exigible.operations.ways import looking, receiving
from exigible.operations.ways.receiving import Arrived, Outcome
from exigible.store import locks
from exigible.store.models import Incoming, WatchedFolder

MOST_BYTES = 4 * 1024**3  # as what a page receives
MOST_AT_ONCE = 200  # files taken in one look: the other folders have their turn
Status = Incoming.Status
log = logging.getLogger("exigible.ways")


def due(at: datetime) -> list[int]:
    """Return the folders to look at."""
    return list(
        looking.due(WatchedFolder.objects.all(), at).order_by("pk").values_list("pk", flat=True)
    )


def look(folder_id: int, *, at: datetime, root: Path | None = None) -> int:
    """Take what is ready in a folder and put away what was settled; return how many were taken.

    Nothing where another worker is on it. A folder that cannot be used is noted, and left in peace for
    a while.
    """
    with looking.alone(locks.WATCHED_FOLDER, folder_id) as ours:
        folder = WatchedFolder.objects.select_related("creditor").filter(pk=folder_id).first()
        if not ours or folder is None or folder.closed_at is not None:
            return 0
        try:
            with DropFolder(root or settings.DROP_ROOT, folder.path) as drop:
                taken = _look(folder, drop, at)
        except FolderUnusable as error:
            looking.failed(folder, str(error), at=at)
            return 0
        except OSError as error:
            why = f"Le dossier n’a pas pu être lu ({error.strerror or error})."
            looking.failed(folder, why, at=at)
            return 0
        looking.looked(folder, at=at)
        return taken


def _look(folder: WatchedFolder, drop: DropFolder, at: datetime) -> int:
    _put_away(folder, drop, at)
    known = set(
        Incoming.objects.filter(folder=folder, filed_at__isnull=True).values_list(
            "place", flat=True
        )
    )
    taken = 0
    for place in drop.claimed():  # moved by a worker that died before it could say so
        if place not in known and taken < MOST_AT_ONCE:
            _take(folder, drop, place, at)
            taken += 1
    for one in _ready(folder, drop.waiting(), at):
        if taken >= MOST_AT_ONCE:
            break
        claimed = drop.claim(one.name, safe_name(one.name))
        if claimed is not None:
            _take(folder, drop, claimed, at)
            taken += 1
    return taken


def _ready(folder: WatchedFolder, waiting: list[Waiting], at: datetime) -> list[Waiting]:
    """Return what has stopped changing: seen the same for long enough, or renamed once complete.

    What was seen is kept between two looks, by inode: a name changes, a file does not.
    """
    still = timedelta(seconds=folder.still_seconds)
    ready, seen = [], {}
    for one in waiting:
        before = folder.seen.get(str(one.inode))
        same = before is not None and before[:2] == [one.size_bytes, one.changed_ns]
        since = datetime.fromisoformat(before[2]) if same else at
        renamed = same and before[3] and not one.partial
        if not one.partial and (renamed or at - since >= still):
            ready.append(one)
        else:
            seen[str(one.inode)] = [one.size_bytes, one.changed_ns, since.isoformat(), one.partial]
    if seen != folder.seen:
        folder.seen = seen
        WatchedFolder.objects.filter(pk=folder.pk, closed_at__isnull=True).update(seen=seen)
    return ready


def _take(folder: WatchedFolder, drop: DropFolder, place: str, at: datetime) -> None:
    """Keep a file that is under way, and give it to who reads it; or settle why it is not taken."""
    by = By(f"folder:{folder.pk}")
    incoming = Incoming(
        creditor=folder.creditor,
        folder=folder,
        name=name_of(place),
        place=place,
        received_at=at,
    )
    with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="exigible-") as temporary:
        refusal: Outcome | None = None
        arrived = None
        try:
            with drop.open(place, most_bytes=MOST_BYTES) as content:
                arrived = receiving.copied(
                    content, Path(temporary) / "received", name=name_of(place)
                )
        except NotAFile as error:
            refusal = Outcome(status=Status.REFUSED, note=f"« {incoming.name} » : {error}")
        except PermissionError:
            refusal = Outcome(
                status=Status.REFUSED,
                note=f"« {incoming.name} » : le service n’a pas le droit de lire ce fichier. Donnez-le "
                "au groupe du dossier, puis déposez-le de nouveau.",
            )
        except FileNotFoundError:
            return  # its sender took it back
        try:
            with transaction.atomic():
                refusal = _keep(incoming, arrived, refusal, drop, by, at)
        except (OperationalError, InterfaceError, OSError):
            raise  # the database is away, the disk is full: the next look tries again
        except Exception:
            log.exception("« %s », of folder %s, was not taken", incoming.name, folder.pk)
            incoming.pk, incoming.drop = None, None
            with transaction.atomic():
                refusal = Outcome(status=Status.REFUSED, note=receiving.OUR_MISTAKE)
                _keep(incoming, None, refusal, drop, by, at)
    if refusal is not None:
        _file(incoming, drop, at)


def _keep(
    incoming: Incoming,
    arrived: Arrived | None,
    refusal: Outcome | None,
    drop: DropFolder,
    by: By,
    at: datetime,
) -> Outcome | None:
    """Write what arrived, and give it to who reads it; return why it is not taken, if it is not."""
    if arrived is not None:
        incoming.sha256, incoming.size_bytes = arrived.sha256, arrived.size_bytes
        receiving.hold(incoming.creditor)
        if words := receiving.known(incoming.creditor, arrived.sha256):
            refusal = Outcome(status=Status.KNOWN, note=words)
    incoming.save(force_insert=True)
    if refusal is not None:
        _settle(incoming, drop, refusal, at)
    elif arrived is not None:
        receiving.receive([arrived], incoming=incoming, by=by, at=at)
    return refusal


def _put_away(folder: WatchedFolder, drop: DropFolder, at: datetime) -> None:
    """Settle what has been read since, and move it to its last place."""
    for incoming in (
        Incoming.objects.filter(folder=folder, filed_at__isnull=True)
        .select_related("creditor")
        .order_by("pk")
    ):
        if incoming.settled_at is None:
            said = receiving.outcome(incoming)
            if said is None:
                continue
            _settle(incoming, drop, said, at)
        _file(incoming, drop, at)


def _settle(incoming: Incoming, drop: DropFolder, said: Outcome, at: datetime) -> None:
    if said.status == Status.REFUSED:
        put_in = REFUSED
    elif said.status == Status.ASKS:  # it is not done: somebody has to answer first
        put_in = TO_COMPLETE
        said = replace(said, note=f"{said.note}\nLe fichier est rangé dans « {TO_COMPLETE} ».")
    else:
        put_in = f"{DONE}/{paris_day(incoming.received_at):%Y-%m}"
    filed_as = drop.file_name(incoming.place, put_in, number=incoming.pk)
    receiving.settle(incoming, said, at=at, filed_as=filed_as)


def _file(incoming: Incoming, drop: DropFolder, at: datetime) -> None:
    drop.put_away(incoming.place, incoming.filed_as, _note(incoming))
    incoming.filed_at = at
    incoming.save(update_fields=["filed_at"])


def _note(incoming: Incoming) -> str:
    """The text beside a file: what it says there must be enough for who dropped it."""
    if not incoming.note:
        return ""
    heads = {
        Status.REFUSED: "Fichier refusé : rien n’en a été repris.",
        Status.KNOWN: "Fichier déjà connu.",
        Status.ASKS: "Fichier reçu ; il attend une réponse dans Exigible.",
    }
    on = french.day(paris_day(incoming.received_at))
    head = heads.get(Status(incoming.status), "Fichier reçu.")
    return "\r\n".join(
        [head, f"Reçu le {on} pour {incoming.creditor.name}.", "", *incoming.note.split("\n"), ""]
    )
