"""The one road behind every way in: what a file is, whether it was taken already, what became of it.

`receive` gives a file to *Imports* or to *Pièces*, by what it holds, in the caller's transaction.
`outcome` says what that came to, once it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from django.db import connection

from exigible.domain import french
from exigible.intake.einvoice.pdf import PdfReader
from exigible.intake.einvoice.recognition import of_content
from exigible.intake.exhibits import UnreadableExhibit, media_type_of, safe_name
from exigible.intake.formats import HEAD
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Unreadable
from exigible.operations import exhibit_intake, imports
from exigible.operations.acts import By
from exigible.store import locks
from exigible.store.models import Creditor, ExhibitArrival, ImportBatch, Incoming

SHOWN_PROBLEMS = 20  # in the text beside a refused file
_BLOCK = 1024 * 1024
_WAITING_BATCH = (
    ImportBatch.Status.CHECKING,
    ImportBatch.Status.WAITING,
    ImportBatch.Status.RUNNING,
)
_WAITING = ExhibitArrival.Status.WAITING
# An import that took nothing, or that was taken back, may come again.
_MAY_COME_AGAIN = (ImportBatch.Status.REFUSED, ImportBatch.Status.UNDONE)
Status = Incoming.Status


OUR_MISTAKE = (
    "Une erreur du programme a empêché de lire ce fichier. Signalez-la à votre administrateur, puis "
    "déposez de nouveau le fichier."
)


class Road(StrEnum):
    """Where a file goes."""

    IMPORT = "import"
    EXHIBIT = "exhibit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One file at hand: its bytes in `path`, a file of ours that nobody else writes."""

    name: str
    path: Path
    sha256: str
    size_bytes: int
    road: Road
    format: str = ""  # what was chosen for it, if something was
    mapping: Mapping | None = None  # how a table is read, where that is known
    mode: str = ""  # "delta" or "stock", of such a table
    pushed: str = ""  # of data sent as JSON: the name of its list


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What something brought came to, in a word and in the sentences that its sender reads."""

    status: str
    note: str = ""


def copied(
    source: BinaryIO,
    path: Path,
    *,
    name: str,
    format_: str = "",
    mapping: Mapping | None = None,
    mode: str = "",
    pushed: str = "",
) -> Arrived:
    """Copy a file to `path`, hash it, and say what road it takes."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as copy:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
            copy.write(block)
    return Arrived(
        name=safe_name(name),
        path=path,
        sha256=digest.hexdigest(),
        size_bytes=size,
        road=Road.IMPORT if format_ else road_of(path),
        format=format_,
        mapping=mapping,
        mode=mode,
        pushed=pushed,
    )


def road_of(path: Path) -> Road:
    """Say whether a file is data to import, or a document to keep."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    try:
        media_type = media_type_of(head)
    except UnreadableExhibit:
        return Road.IMPORT
    if media_type == "application/pdf" and _carries_invoice(path):
        return Road.IMPORT
    if media_type == "application/vnd.ms-outlook" and _is_spreadsheet(path):
        return Road.IMPORT
    return Road.EXHIBIT


def _carries_invoice(path: Path) -> bool:
    """Say whether a PDF carries the XML of an electronic invoice; its reader is a process apart."""
    with PdfReader() as reader:
        try:
            return any(of_content(one.content) is not None for one in reader.files(path))
        except Unreadable:
            return False


def _is_spreadsheet(path: Path) -> bool:
    """Tell an XLS from a message: both are OLE files, and name their parts in UTF-16."""
    with path.open("rb") as file:
        head = file.read(4 * _BLOCK)
    return any(name.encode("utf-16-le") in head for name in ("Workbook", "Book\x00"))


def hold(creditor: Creditor) -> None:
    """Let no other way take a file of this creditor until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [locks.ARRIVALS_OF_CREDITOR, creditor.pk]
        )


def known(creditor: Creditor, sha256: str) -> str:
    """Return how a file was taken already for a creditor, in words; "" where it was not."""
    batch = known_batch(creditor, sha256)
    if batch is not None:
        return (
            f"Ce fichier a déjà été reçu le {french.day(batch.created_at.date())} sous le nom "
            f"« {batch.filename} » (import n° {batch.pk}). Rien n’a été repris."
        )
    arrival = (
        ExhibitArrival.objects.filter(creditor=creditor, document__sha256=sha256)
        .exclude(status=ExhibitArrival.Status.REFUSED)
        .order_by("pk")
        .first()
    )
    if arrival is not None and (arrival.exhibit is None or arrival.exhibit.withdrawn_at is None):
        return (
            f"Ce document a déjà été reçu le {french.day(arrival.recorded_at.date())} sous le nom "
            f"« {arrival.filename} ». Il n’est pas gardé deux fois."
        )
    return ""


def known_batch(creditor: Creditor, sha256: str) -> ImportBatch | None:
    """Return the import that holds a content already, if one does."""
    return (
        ImportBatch.objects.filter(creditor=creditor, sha256=sha256)
        .exclude(status__in=_MAY_COME_AGAIN)
        .order_by("pk")
        .first()
    )


def receive(files: Sequence[Arrived], *, incoming: Incoming, by: By, at: datetime) -> None:
    """Give files to *Imports* or to *Pièces*, in the caller's transaction; they are read by jobs."""
    creditor = incoming.creditor
    exhibits = [one for one in files if one.road is Road.EXHIBIT]
    for one in files:
        if one.road is Road.IMPORT:
            with one.path.open("rb") as data:
                batch = imports.receive_file(
                    data,
                    name=one.name,
                    creditor=creditor,
                    format_=one.format,
                    mapping=one.mapping,
                    mode=one.mode,
                    queued=True,
                    prepared=True,
                    by=by,
                    at=at,
                )
            batch.incoming = incoming
            if one.pushed:
                batch.options = {**batch.options, "pushed": one.pushed}
            batch.save(update_fields=["incoming", "options"])
    if exhibits:
        opened: list[tuple[str, BinaryIO]] = []
        try:
            for one in exhibits:
                opened.append((one.name, one.path.open("rb")))  # noqa: PERF401 (closed below)
            incoming.drop = exhibit_intake.receive(opened, creditor_id=creditor.pk, by=by, at=at)
        finally:
            for _, content in opened:
                content.close()
        incoming.save(update_fields=["drop"])


def settle(incoming: Incoming, said: Outcome, *, at: datetime, filed_as: str = "") -> None:
    """Write what something brought came to: once, and for good."""
    incoming.status, incoming.note, incoming.settled_at = said.status, said.note, at
    incoming.filed_as = filed_as
    incoming.save(update_fields=["status", "note", "settled_at", "filed_as"])


def outcome(incoming: Incoming) -> Outcome | None:
    """Return what something brought came to; None while some of it is still to be read."""
    batches = list(incoming.batches.order_by("pk"))
    arrivals = list(
        ExhibitArrival.objects.filter(drop=incoming.drop).order_by("pk") if incoming.drop else ()
    )
    if any(one.status in _WAITING_BATCH for one in batches) or any(
        one.status == _WAITING for one in arrivals
    ):
        return None
    said = [_of_batch(one) for one in batches] + [_of_arrival(one) for one in arrivals]
    return together(said)


def together(said: Sequence[Outcome]) -> Outcome:
    """Return one outcome for several: the worst one names them all, and every sentence is kept."""
    worst = max((one.status for one in said), key=_rank, default=Status.REFUSED)
    notes = [one.note for one in said if one.note]
    return Outcome(status=worst, note="\n".join(notes))


def _rank(status: str) -> int:
    return _RANKS.index(Status(status))


_RANKS = [Status.KNOWN, Status.TAKEN, Status.ASKS, Status.REFUSED]


def _of_batch(batch: ImportBatch) -> Outcome:
    where = f"Page Imports, n° {batch.pk}."
    name = f"« {batch.filename} »"
    if batch.status in (ImportBatch.Status.DONE, ImportBatch.Status.UNDONE):
        return Outcome(status=Status.TAKEN)
    if batch.status == ImportBatch.Status.UNCHANGED:
        return Outcome(
            status=Status.KNOWN,
            note=f"{name} n’apporte rien de nouveau : tout ce qu’il contient était déjà connu. {where}",
        )
    if batch.status == ImportBatch.Status.DRAFT:
        return Outcome(
            status=Status.ASKS,
            note=f"{name} est un tableau dont les colonnes ne sont pas encore connues. Dites ce "
            f"qu’elles contiennent : les suivants seront lus seuls. {where}",
        )
    if batch.status == ImportBatch.Status.FAILED:
        return Outcome(status=Status.ASKS, note=f"{name} : {batch.error} {where}")
    if imports.asks_account(batch):
        return Outcome(status=Status.ASKS, note=f"{name} : {batch.error} {where}")
    return Outcome(
        status=Status.REFUSED, note="\n".join([f"{name} : {batch.error}", *_lines(batch), where])
    )


def _lines(batch: ImportBatch) -> Iterable[str]:
    problems = batch.problems.filter(blocking=True).order_by("line", "pk")
    for problem in problems[:SHOWN_PROBLEMS]:
        if problem.message != batch.error:
            yield f"Ligne {problem.line} : {problem.message}" if problem.line else problem.message
    left = problems.count() - SHOWN_PROBLEMS
    if left > 0:
        yield f"Et {french.count(left, 'autre erreur', 'autres erreurs')}."


def _of_arrival(arrival: ExhibitArrival) -> Outcome:
    if arrival.status == ExhibitArrival.Status.REFUSED:
        return Outcome(status=Status.REFUSED, note=f"« {arrival.filename} » : {arrival.note}")
    if arrival.status == ExhibitArrival.Status.KNOWN:
        return Outcome(
            status=Status.KNOWN, note=f"« {arrival.filename} » était déjà gardé dans les pièces."
        )
    return Outcome(status=Status.TAKEN, note=arrival.note)
