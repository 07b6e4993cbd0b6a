"""Documents received: kept at once, read in the background, filed where there is no doubt.

`receive` keeps the bytes of every file and queues their reading: from then on nothing is lost.
`read_drop` reads them one by one, each in a process apart, and settles each whole or not at all: an
e-mail and what it encloses are written together. Read again after a crash, it takes up where it was.

A document is kept once per creditor. What it names decides where it goes only where there is no doubt:
its references belong to one account. The rest waits in the general inbox.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic
from typing import BinaryIO
from uuid import UUID, uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet

from exigible.domain import french
from exigible.domain.exhibits import Guess, guess_kind
from exigible.domain.refusals import WrongInput
from exigible.intake.exhibits import ReadExhibit, UnreadableExhibit, read_exhibit, safe_name
from exigible.intake.exhibits.reading import EML, MSG, SECONDS
from exigible.operations import queueing
from exigible.operations.acts import AccountAct, By, HouseAct, act_on, act_on_house
from exigible.operations.documents import NewDocument, path_of, store_document, store_documents
from exigible.operations.exhibits import claims_named, file_on, link_read, said
from exigible.operations.payments import paris_day
from exigible.store import locks
from exigible.store.models import (
    Account,
    Claim,
    EInvoiceExhibit,
    Exhibit,
    ExhibitArrival,
    Incoming,
    StoredDocument,
)
from exigible.store.queries import reliability

MOST_FILES = 100  # in one drop
SECONDS_A_MESSAGE = 120.0  # for all that an e-mail encloses
SLOW_TO_START = timedelta(seconds=20)  # then the page says that nothing has taken the files yet
NOT_TAKEN_YET = timedelta(minutes=10)  # a file that waits longer has lost its job
MOST_CARRYING = 200  # electronic invoices that carry one document
NOBODY = UUID(int=0)
PNG = "image/png"
OUR_MISTAKE = (
    "Une erreur du programme a empêché de lire ce fichier, qui est gardé tel que reçu. Signalez-la à "
    "votre administrateur, puis déposez de nouveau le fichier."
)
Status = ExhibitArrival.Status
log = logging.getLogger(__name__)


def receive(
    files: Sequence[tuple[str, BinaryIO]],
    *,
    creditor_id: int,
    account_id: int | None = None,
    queued: bool = True,
    by: By,
    at: datetime,
) -> UUID:
    """Keep files (name, content), to be read in the background; return the drop they make.

    Without `queued`, the caller reads them by `read_drop`. Raise WrongInput, and keep none, for an
    account of another creditor or for too many files.
    """
    if not 0 < len(files) <= MOST_FILES:
        raise WrongInput(
            "exhibit_files", f"Déposez de 1 à {MOST_FILES} fichiers à la fois.", field="files"
        )
    if (
        account_id is not None
        and not Account.objects.filter(pk=account_id, creditor_id=creditor_id).exists()
    ):
        raise WrongInput("exhibit_account", "Ce compte n’est pas de ce créancier.", field="account")
    drop = uuid4()
    with transaction.atomic():
        names = [safe_name(name) for name, _ in files]
        documents = store_documents(
            (
                NewDocument(content, name, "application/octet-stream")
                for name, (_, content) in zip(names, files, strict=True)
            ),
            at=at,
        )
        ExhibitArrival.objects.bulk_create(
            ExhibitArrival(
                drop=drop,
                creditor_id=creditor_id,
                account_id=account_id,
                document=document,
                filename=name,
                recorded_by=by.uuid,
                recorded_at=at,
            )
            for name, document in zip(names, documents, strict=True)
        )
        if queued:
            queueing.queue_exhibits(drop)
    return drop


def receive_stored(
    documents: Sequence[tuple[StoredDocument, int]], *, creditor_id: int, at: datetime
) -> None:
    """Have documents kept already (with the account of each) read in the background, as a drop of ours."""
    if not documents:
        return
    drop = uuid4()
    ExhibitArrival.objects.bulk_create(
        ExhibitArrival(
            drop=drop,
            creditor_id=creditor_id,
            account_id=account_id,
            document=document,
            filename=safe_name(document.name),
            recorded_by=NOBODY,
            recorded_at=at,
        )
        for document, account_id in documents
    )
    queueing.queue_exhibits(drop)


def read_drop(drop: UUID, *, at: datetime) -> None:
    """Read the files of a drop that wait, and settle each: kept, known already, or refused.

    A mistake of ours on one file refuses it, says so in the log, and leaves the others their turn.
    """
    waiting = ExhibitArrival.objects.filter(drop=drop, status=Status.WAITING)
    for arrival in waiting.select_related("document").order_by("pk"):
        try:
            pieces = _read(arrival)
            with transaction.atomic():
                _settle(arrival, pieces, at)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the job is tried again
        except Exception:
            log.exception("exhibit %s of drop %s was not kept", arrival.pk, drop)
            with transaction.atomic():
                _settle(arrival, _Pieces(refusal=OUR_MISTAKE), at)


def queue_forgotten(*, at: datetime) -> int:
    """Queue again the drops whose job was lost; return how many."""
    waiting = ExhibitArrival.objects.filter(
        status=Status.WAITING, recorded_at__lt=at - NOT_TAKEN_YET
    )
    queued = 0
    for drop in waiting.values_list("drop", flat=True).distinct():
        if not queueing.are_exhibits_queued(drop):
            queueing.queue_exhibits(drop)
            queued += 1
    return queued


# ---- reading


@dataclass(slots=True)
class _Piece:
    """One document, read: the file itself, or what the e-mail that it is encloses."""

    name: str
    content: Path | bytes
    sha256: str
    read: ReadExhibit
    guess: Guess
    claims: list[tuple[Claim, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Pieces:
    """What a file gave: itself and what it encloses, or the reason why it is refused."""

    main: _Piece | None = None
    enclosed: list[_Piece] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)  # (name, why)
    refusal: str = ""


def _read(arrival: ExhibitArrival) -> _Pieces:
    """Read a file and what it encloses, each in a process apart; nothing is written."""
    path = path_of(arrival.document.sha256)
    if _held(arrival.creditor_id, arrival.document.sha256) is not None:
        return _Pieces()  # kept already: no need to open it
    try:
        read = read_exhibit(path)
    except UnreadableExhibit as refusal:
        return _Pieces(refusal=refusal.message)
    found = _Pieces(_piece(arrival.filename, path, arrival.document.sha256, read))
    end = monotonic() + SECONDS_A_MESSAGE
    for one in read.files:  # what an e-mail inside an e-mail encloses stays inside it
        sha256 = hashlib.sha256(one.content).hexdigest()
        with NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, delete_on_close=False) as copy:
            copy.write(one.content)
            copy.close()
            try:
                inner = read_exhibit(
                    Path(copy.name), seconds=min(SECONDS, max(1.0, end - monotonic()))
                )
            except UnreadableExhibit as refusal:
                found.left_out.append((one.name, refusal.message))
                continue
        if sha256 not in {piece.sha256 for piece in found.enclosed}:
            found.enclosed.append(_piece(one.name, one.content, sha256, inner))
    return found


def _piece(name: str, content: Path | bytes, sha256: str, read: ReadExhibit) -> _Piece:
    guess = guess_kind(name, f"{read.title}\n{read.text}", mail=read.media_type in {EML, MSG})
    return _Piece(name, content, sha256, read, guess)


# ---- writing


def _settle(arrival: ExhibitArrival, found: _Pieces, at: datetime) -> None:
    """Write what a file became, in one transaction; nothing if another process did it meanwhile."""
    arrival = ExhibitArrival.objects.select_for_update(of=("self",)).get(pk=arrival.pk)
    if arrival.status != Status.WAITING:
        return
    with connection.cursor() as cursor:  # the same file dropped twice at once is kept once
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)",
            [locks.EXHIBITS_OF_CREDITOR, arrival.creditor_id],
        )
    by = _author(arrival)
    known = _held(arrival.creditor_id, arrival.document.sha256)
    if known is not None:
        if known.account_id is None and arrival.account_id is not None:
            file_on([known.pk], arrival.account_id, by=by, at=at)
            known.refresh_from_db(fields=["account"])
        if known.account_id is not None:
            with act_on(known.account_id, by=by, at=at) as act:
                linked = {link.claim_id for link in known.links.filter(ended_at__isnull=True)}
                new = [one for one in _carried_by(arrival) if one[0].pk not in linked]
                if link_read(known, new, by=by, at=at):
                    act.journal("exhibit_linked", f"exhibit:{known.pk}")
                    reliability.rewrite([act.account.debtor_id])
        _mark(arrival, Status.KNOWN, at, exhibit=known)
    elif _came_with_an_invoice(arrival) and not _standing(_carriers(arrival)).exists():
        _mark(arrival, Status.REFUSED, at, note="La facture qui la portait a été annulée.")
    elif found.main is None:
        refusal = found.refusal or "Ce fichier n’a pas pu être relu. Déposez-le de nouveau."
        _mark(arrival, Status.REFUSED, at, note=refusal)
    else:
        exhibit = _keep(arrival, found.main, found.enclosed, by, at)
        _mark(arrival, Status.KEPT, at, exhibit=exhibit, note=_left_out(found))


def _carried_by(arrival: ExhibitArrival) -> list[tuple[Claim, str]]:
    """Return the claims whose electronic invoices carried this very document, with their numbers."""
    carrying = _standing(_carriers(arrival)).filter(einvoice__claim__isnull=False)
    rows = carrying.select_related("einvoice__claim").order_by("pk")[:MOST_CARRYING]
    return [(row.einvoice.claim, row.einvoice.number) for row in rows if row.einvoice.claim]


def _came_with_an_invoice(arrival: ExhibitArrival) -> bool:
    """Say whether an electronic invoice brought a file: nobody dropped it, nor did a way in."""
    return (
        arrival.recorded_by == NOBODY
        and not Incoming.objects.filter(drop=arrival.drop).exists()
        and _carriers(arrival).exists()
    )


def _carriers(arrival: ExhibitArrival) -> QuerySet[EInvoiceExhibit]:
    """Return what electronic invoices carried, undone ones included, where it is this document."""
    return EInvoiceExhibit.objects.filter(
        document__sha256=arrival.document.sha256, einvoice__creditor_id=arrival.creditor_id
    )


def _standing(carriers: QuerySet[EInvoiceExhibit]) -> QuerySet[EInvoiceExhibit]:
    return carriers.filter(einvoice__withdrawn_at=None)


def _mark(
    arrival: ExhibitArrival,
    status: str,
    at: datetime,
    *,
    exhibit: Exhibit | None = None,
    note: str = "",
) -> None:
    arrival.status, arrival.settled_at = status, at
    arrival.exhibit, arrival.note = exhibit, note
    arrival.save(update_fields=["status", "settled_at", "exhibit", "note"])


def _author(arrival: ExhibitArrival) -> By:
    return By(f"user:{arrival.recorded_by}") if arrival.recorded_by.int else By.job("exhibits")


def _left_out(found: _Pieces) -> str:
    """Say what an e-mail encloses and that was not read apart: it stays inside it."""
    assert found.main is not None
    words = [f"« {name} » : {why}" for name, why in found.left_out]
    if found.main.read.files and found.main.read.cut:
        words.append("Ce message contient d’autres fichiers, trop nombreux ou trop lourds.")
    if not words:
        return ""
    count = french.count(len(words), "pièce jointe reste", "pièces jointes restent")
    return f"{count} dans le message. {' '.join(words)}"[:2000]


def _held(creditor_id: int, sha256: str) -> Exhibit | None:
    return (
        Exhibit.objects.filter(creditor_id=creditor_id, sha256=sha256, withdrawn_at__isnull=True)
        .defer("text")
        .first()
    )


def _keep(
    arrival: ExhibitArrival, main: _Piece, enclosed: Sequence[_Piece], by: By, at: datetime
) -> Exhibit:
    """Keep a document and what it encloses, on the account where there is no doubt of it."""
    creditor_id, account_id = arrival.creditor_id, arrival.account_id
    pieces = [main, *enclosed]
    for piece in pieces:
        piece.claims = claims_named(
            said(piece.name, piece.read.title, piece.read.text), creditor_id, account_id
        )
    named = {claim.pk for claim, _ in main.claims}
    main.claims += [one for one in _carried_by(arrival) if one[0].pk not in named]
    owners = {claim.account_id for piece in pieces for claim, _ in piece.claims}
    if account_id is None and len(owners) == 1:  # one letter speaks for all that it encloses
        [account_id] = owners
    kept: list[Exhibit] = []
    for piece in pieces:
        known = _held(creditor_id, piece.sha256)
        if known is not None:
            if known.account_id is None and account_id is not None:
                file_on([known.pk], account_id, by=by, at=at)
            continue
        mine = account_id
        if mine is None and piece is not main:
            mine = _only_owner(piece)
        act: AbstractContextManager[AccountAct | HouseAct] = (
            act_on_house(by=by, at=at) if mine is None else act_on(mine, by=by, at=at)
        )
        with act as line:
            exhibit = _write(piece, arrival, mine, kept[0] if kept else None, at)
            done = "exhibit_received" if mine is None else "exhibit_filed"
            line.journal(done, f"exhibit:{exhibit.pk}", sha256=piece.sha256)
            link_read(exhibit, piece.claims, by=by, at=at)
            if isinstance(line, AccountAct):
                reliability.rewrite([line.account.debtor_id])
        kept.append(exhibit)
    return kept[0]


def _only_owner(piece: _Piece) -> int | None:
    owners = {claim.account_id for claim, _ in piece.claims}
    return owners.pop() if len(owners) == 1 else None


def _write(
    piece: _Piece,
    arrival: ExhibitArrival,
    account_id: int | None,
    enclosing: Exhibit | None,
    at: datetime,
) -> Exhibit:
    read = piece.read
    document = arrival.document
    if isinstance(piece.content, bytes):
        document = store_document(piece.content, name=piece.name, media_type=read.media_type, at=at)
    return Exhibit.objects.create(
        creditor_id=arrival.creditor_id,
        account_id=account_id,
        document=document,
        preview=_preview(piece, at),
        enclosing=enclosing,
        sha256=piece.sha256,
        filename=piece.name,
        media_type=read.media_type,
        size_bytes=document.size_bytes,
        pages=read.pages,
        title=read.title,
        text=read.text,
        sender=read.sender,
        dated_on=paris_day(read.sent_at) if read.sent_at else None,
        kind=piece.guess.kind.value,
        guessed_from=piece.guess.why,
        recorded_by=arrival.recorded_by,
        recorded_at=arrival.recorded_at,
    )


def _preview(piece: _Piece, at: datetime) -> StoredDocument | None:
    if not piece.read.preview:
        return None
    return store_document(piece.read.preview, name=f"{piece.name}.png", media_type=PNG, at=at)
