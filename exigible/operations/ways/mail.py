"""A mailbox, looked at: what messages enclose is taken, and each message put away once that is settled.

A message is known by its number as long as UIDVALIDITY holds; then, and wherever it is copied, by its
Message-ID together with its content: one Message-ID on two contents is two messages. Its parts are
read in a process apart. Data (statements, ledgers, tables, e-invoices) is imported only for the
senders that the settings name; a message that carries a document, or nothing else, goes to *Pièces*
whole.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from exigible.channels.incoming.imap import Found, Mailbox, MailboxUnreachable
from exigible.intake.exhibits import (
    MAX_FILE,
    ReadExhibit,
    UnreadableExhibit,
    read_exhibit,
    safe_name,
)
from exigible.intake.formats import EINVOICE_FORMATS
from exigible.intake.importing import guess_format
from exigible.operations.acts import By
from exigible.operations.ways import looking, receiving
from exigible.operations.ways.receiving import Arrived, Outcome, Road
from exigible.operations.ways.secrets import SecretLost, decrypted
from exigible.store import locks
from exigible.store.models import Incoming, MailBox

MOST_AT_ONCE = 50  # messages taken in one look
PAUSE = timedelta(seconds=60)  # between two looks: a server is not asked every few seconds
ANYBODY = "*"
HEADERS = 256 * 1024  # beyond, no message of anybody's
Status = Incoming.Status
log = logging.getLogger("exigible.ways")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


def due(at: datetime) -> list[int]:
    """Return the mailboxes to look at."""
    return list(looking.due(MailBox.objects.all(), at).order_by("pk").values_list("pk", flat=True))


def look(mailbox_id: int, *, at: datetime) -> int:
    """Take the new messages of a mailbox and put away those settled; return how many were taken.

    Nothing where another worker is on it. A server that cannot be reached is noted, and left in peace
    for longer and longer.
    """
    with looking.alone(locks.MAILBOX, mailbox_id) as ours:
        box = MailBox.objects.select_related("creditor").filter(pk=mailbox_id).first()
        if not ours or box is None or box.closed_at is not None:
            return 0
        try:
            with Mailbox(box, decrypted(box.secret)) as open_:
                taken = _look(box, open_, at)
        except (SecretLost, MailboxUnreachable) as error:
            looking.failed(box, str(error), at=at)
            return 0
        except OSError as error:  # ours: the disk is full, or cannot be written
            looking.failed(box, f"Le message n’a pas pu être gardé ({error.strerror}).", at=at)
            return 0
        looking.looked(box, at=at, rest=None if taken >= MOST_AT_ONCE else PAUSE)
        return taken


def _look(box: MailBox, open_: Mailbox, at: datetime) -> int:
    if box.uid_validity != open_.uid_validity:  # the numbers of before name nothing any more
        box.uid_validity, box.last_uid = open_.uid_validity, 0
        box.save(update_fields=["uid_validity", "last_uid"])
    _put_away(box, open_, at)
    taken = 0
    for found in open_.after(box.last_uid)[:MOST_AT_ONCE]:
        _take(box, open_, found, at)
        taken += 1
        box.last_uid = found.uid
        box.save(update_fields=["last_uid"])
    return taken


def _take(box: MailBox, open_: Mailbox, found: Found, at: datetime) -> None:
    """Keep a message and give what it carries to who reads it; or settle why it is not taken."""
    numbers = {"uid_validity": box.uid_validity, "uid": found.uid}
    if Incoming.objects.filter(mailbox=box, **numbers).exists():
        return  # taken by a worker that died before it could say so
    incoming = Incoming(
        creditor=box.creditor,
        mailbox=box,
        name="(message)",
        size_bytes=found.size_bytes,
        received_at=at,
        **numbers,
    )
    with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="exigible-") as temporary:
        arrived: list[Arrived] = []
        refusal: Outcome | None
        if found.size_bytes > MAX_FILE:
            refusal = _refused(
                f"Ce message dépasse {MAX_FILE // 1024**2} Mo. Envoyez-le en plusieurs."
            )
        else:
            try:
                content = open_.fetch(found.uid)
            except LookupError:
                return  # it was moved or deleted meanwhile
            arrived, refusal = _opened(box, incoming, content, Path(temporary))
        try:
            with transaction.atomic():
                refusal = _keep(incoming, arrived, refusal, at)
        except (OperationalError, InterfaceError, OSError):
            raise
        except Exception:
            log.exception("message %s of mailbox %s was not taken", found.uid, box.pk)
            incoming.pk, incoming.drop = None, None
            with transaction.atomic():
                refusal = _keep(incoming, [], _refused(receiving.OUR_MISTAKE), at)
    if refusal is not None:
        _file(box, open_, incoming, at)


def _opened(
    box: MailBox, incoming: Incoming, content: bytes, folder: Path
) -> tuple[list[Arrived], Outcome | None]:
    """Say who sent a message and what of it is to be taken; or why none of it is."""
    _describe(incoming, content)
    if _seen(incoming):
        return [], Outcome(
            status=Status.KNOWN, note="Ce message a déjà été reçu : rien n’est repris."
        )
    path = folder / "message.eml"
    path.write_bytes(content)
    try:
        read = read_exhibit(path)
    except UnreadableExhibit as refusal:
        return [], _refused(refusal.message)
    if read.files_cut:
        return [], _refused(
            "Ce message contient trop de pièces jointes, ou de trop lourdes. Envoyez-les en plusieurs "
            "messages."
        )
    return _wanted(box, incoming, path, read, folder)


def _wanted(
    box: MailBox, incoming: Incoming, path: Path, read: ReadExhibit, folder: Path
) -> tuple[list[Arrived], Outcome | None]:
    """Return the files to import, and the message itself where it is a document."""
    data = []
    documents = not read.files
    for number, one in enumerate(read.files):
        copy = folder / str(number)
        copy.write_bytes(one.content)
        arrived = Arrived(
            name=one.name,
            path=copy,
            sha256=hashlib.sha256(one.content).hexdigest(),
            size_bytes=len(one.content),
            road=receiving.road_of(copy),
        )
        if arrived.road is Road.EXHIBIT:
            documents = True
        else:
            data.append(arrived)
            documents = documents or guess_format(copy) in EINVOICE_FORMATS
    if data and not accepts(box.senders, incoming.sender):
        names = ", ".join(f"« {one.name} »" for one in data)
        return [], _refused(
            f"{incoming.sender or 'L’expéditeur'} n’est pas de ceux dont la boîte prend les données : "
            f"{names} n’a pas été importé. Ajoutez son adresse dans les réglages de la boîte, ou "
            "importez le fichier à la main."
        )
    if documents:
        name = safe_name(f"{shortened(read.title) or 'message'}.eml")
        with path.open("rb") as message:
            whole = receiving.copied(message, folder / "whole", name=name)
        data.append(whole)
    return data, None


def _keep(
    incoming: Incoming, arrived: Sequence[Arrived], refusal: Outcome | None, at: datetime
) -> Outcome | None:
    """Write what arrived and give what is new of it to who reads it; return why none is, if so."""
    receiving.hold(incoming.creditor)
    new, notes = [], []
    for one in arrived:
        words = receiving.known(incoming.creditor, one.sha256)
        if words:
            notes.append(words)
        else:
            new.append(one)
    if refusal is None and not new:
        refusal = Outcome(status=Status.KNOWN, note="\n".join(notes))
    incoming.save(force_insert=True)
    if refusal is not None:
        receiving.settle(incoming, refusal, at=at)
    else:
        receiving.receive(new, incoming=incoming, by=By(f"mailbox:{incoming.mailbox_id}"), at=at)
    return refusal


def _put_away(box: MailBox, open_: Mailbox, at: datetime) -> None:
    """Settle what has been read since, and move the message where it belongs."""
    for incoming in (
        Incoming.objects.filter(mailbox=box, filed_at__isnull=True)
        .select_related("creditor")
        .order_by("pk")
    ):
        if incoming.settled_at is None:
            said = receiving.outcome(incoming)
            if said is None:
                continue
            receiving.settle(incoming, said, at=at)
        _file(box, open_, incoming, at)


def _file(box: MailBox, open_: Mailbox, incoming: Incoming, at: datetime) -> None:
    """Put a message away, unless its number means another one by now."""
    if incoming.uid_validity == open_.uid_validity:
        assert incoming.uid is not None
        refused = incoming.status == Status.REFUSED
        folder = box.refused_folder if refused else box.done_folder
        open_.put_away(incoming.uid, folder, refused=refused)
    incoming.filed_at = at
    incoming.save(update_fields=["filed_at"])


# ---- what a message says of itself


def _describe(incoming: Incoming, content: bytes) -> None:
    """Note the subject, the sender, the Message-ID and the hash of the content, each within bounds."""
    end = _END_OF_HEADERS.search(content, 0, HEADERS)
    head, body = (
        (content[: end.end()], content[end.end() :]) if end else (content[:HEADERS], content)
    )
    headers = BytesHeaderParser(policy=policy.compat32).parsebytes(head)
    incoming.message_id = _plain(str(headers.get("Message-ID", "")), 500)
    incoming.sender = _plain(parseaddr(str(headers.get("From", "")))[1], 254).lower()
    incoming.name = _plain(_decoded(str(headers.get("Subject", ""))), 300) or "(sans objet)"
    digest = hashlib.sha256(incoming.message_id.encode() + b"\0")
    digest.update(body)
    incoming.sha256, incoming.size_bytes = digest.hexdigest(), len(content)


def _seen(incoming: Incoming) -> bool:
    """Say whether the same message was taken already from this box, under another number."""
    return (
        Incoming.objects.filter(
            mailbox=incoming.mailbox,
            message_id=incoming.message_id,
            sha256=incoming.sha256,
        )
        .exclude(status=Status.REFUSED)
        .exists()
    )


def accepts(senders: Sequence[str], sender: str) -> bool:
    """Say whether data is taken from an address: it is named, or its domain (`@…`), or anybody."""
    domain = "@" + sender.rpartition("@")[2]
    return any(one == ANYBODY or (sender and one in (sender, domain)) for one in senders)


def shortened(title: str) -> str:
    """Return a subject as a file name: the signs that folders give a meaning to are left out."""
    return "".join(" " if sign in '/\\:*?"<>|' else sign for sign in title)[:150].strip()


def _refused(note: str) -> Outcome:
    return Outcome(status=Status.REFUSED, note=note)


def _plain(text: str, most: int) -> str:
    kept = text.encode("utf-8", "replace").decode()[: 4 * most]
    return " ".join("".join(sign if sign.isprintable() else " " for sign in kept).split())[:most]


def _decoded(subject: str) -> str:
    """Return the words of a subject (RFC 2047); as it is where its encoding is a lie."""
    message = EmailMessage(policy=policy.default)
    try:
        message["Subject"] = " ".join(subject.split())[:2000]
        return str(message["Subject"])
    except (ValueError, LookupError, IndexError, AttributeError):
        return subject
