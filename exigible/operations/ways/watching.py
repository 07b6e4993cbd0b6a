"""What an administrator says of the ways in: folders to watch, mailboxes to read.

A folder is always under the root that the settings give (EXIGIBLE_DROP_ROOT): nobody points the
service at another one from a page. A password is kept encrypted, and only ever replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from exigible.channels.incoming.folder import DropFolder, FolderUnusable, parts_of
from exigible.channels.incoming.imap import Mailbox, MailboxUnreachable
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations.acts import By, act_on_house
from exigible.operations.ways.mail import ANYBODY
from exigible.operations.ways.secrets import SecretLost, decrypted, encrypted
from exigible.store.models import Creditor, MailBox, WatchedFolder

LEAST_STILL, MOST_STILL = 2, 3600
NAME_LENGTH = 200
MOST_SENDERS = 100
PORTS = {"tls": 993, "starttls": 143, "plain": 143}
WAS_CLOSED = Refused("way_closed", "Cette voie d’entrée est fermée : ouvrez-en une autre.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBoxFacts:
    """What is said of a mailbox. An empty `password` keeps the one that is known."""

    host: str
    port: int | None = None
    security: str = "tls"
    user: str
    password: str = ""
    folder: str = "INBOX"
    done_folder: str = ""
    refused_folder: str = ""
    senders: Sequence[str] = ()


def watch_folder(
    creditor_id: int, path: str, *, still_seconds: int = 10, by: By, at: datetime
) -> WatchedFolder:
    """Watch a folder for a creditor, making it if needed; refuse one outside the root, or watched already."""
    relative, still = _inside(path), _still(still_seconds)
    with act_on_house(by=by, at=at) as act:
        _apart_from_others(relative, None)
        folder = WatchedFolder(
            creditor=_open_creditor(creditor_id),
            path=relative,
            still_seconds=still,
            created_by=by.uuid,
            created_at=at,
        )
        _saved_once(folder, "path", "Ce dossier est déjà surveillé.")
        _usable(relative)
        act.journal(
            "folder_watched", f"folder:{folder.pk}", path=relative, creditor=folder.creditor_id
        )
    return folder


def change_folder(
    folder_id: int, path: str, *, still_seconds: int, by: By, at: datetime
) -> WatchedFolder:
    """Change where a folder is, or how long its files must be still; refuse while it has some under way."""
    relative, still = _inside(path), _still(still_seconds)
    with act_on_house(by=by, at=at) as act:
        folder = _locked_folder(folder_id)
        if relative != folder.path:
            if folder.incoming.filter(filed_at__isnull=True).exists():
                raise Refused(
                    "folder_busy",
                    "Des fichiers de ce dossier sont en cours. Attendez qu’ils soient rangés.",
                    field="path",
                )
            _apart_from_others(relative, folder.pk)
            _usable(relative)
            folder.seen = {}
        folder.path, folder.still_seconds = relative, still
        folder.next_look_at = None
        _saved_once(folder, "path", "Ce dossier est déjà surveillé.")
        act.journal("folder_changed", f"folder:{folder.pk}", path=relative, still_seconds=still)
    return folder


def open_mailbox(creditor_id: int, facts: MailBoxFacts, *, by: By, at: datetime) -> MailBox:
    """Read a mailbox for a creditor; refuse one already read, or without password."""
    values = _checked(facts)
    if not facts.password:
        raise WrongInput("mailbox_password", "Le mot de passe manque.", field="password")
    with act_on_house(by=by, at=at) as act:
        box = MailBox(
            creditor=_open_creditor(creditor_id),
            secret=encrypted(facts.password),
            created_by=by.uuid,
            created_at=at,
            **values,
        )
        _saved_once(box, "folder", "Ce dossier de cette boîte est déjà lu.")
        act.journal("mailbox_opened", f"mailbox:{box.pk}", **_told(box))
    return box


def change_mailbox(mailbox_id: int, facts: MailBoxFacts, *, by: By, at: datetime) -> MailBox:
    """Change a mailbox's settings; a server that changes asks for the password again.

    Else whoever may change the settings could have the password sent to a server of his own.
    """
    values = _checked(facts)
    with act_on_house(by=by, at=at) as act:
        box = MailBox.objects.select_for_update().get(pk=mailbox_id)
        if box.closed_at is not None:
            raise WAS_CLOSED
        elsewhere = any(getattr(box, name) != values[name] for name in ("host", "port", "security"))
        if elsewhere and not facts.password:
            raise WrongInput(
                "mailbox_password",
                "Le serveur change : saisissez de nouveau le mot de passe.",
                field="password",
            )
        if any(getattr(box, name) != values[name] for name in ("host", "user", "folder")):
            box.uid_validity, box.last_uid = None, 0
        for name, value in values.items():
            setattr(box, name, value)
        if facts.password:
            box.secret = encrypted(facts.password)
        box.next_look_at = None
        _saved_once(box, "folder", "Ce dossier de cette boîte est déjà lu.")
        act.journal(
            "mailbox_changed", f"mailbox:{box.pk}", **_told(box), password=bool(facts.password)
        )
    return box


def try_mailbox(mailbox_id: int) -> str:
    """Connect to a mailbox now; return what was found, in words. Raise Refused with what failed."""
    box = MailBox.objects.get(pk=mailbox_id)
    try:
        with Mailbox(box, decrypted(box.secret), seconds=10) as open_:
            waiting = len(
                open_.after(box.last_uid if open_.uid_validity == box.uid_validity else 0)
            )
    except SecretLost as error:
        raise Refused("mailbox_password", str(error)) from error
    except MailboxUnreachable as error:
        raise Refused("mailbox_unreachable", str(error)) from error
    if not waiting:
        return "La boîte répond ; aucun message n’attend."
    return f"La boîte répond ; messages qui attendent : {waiting}."


def pause(place: WatchedFolder | MailBox, *, paused: bool, by: By, at: datetime) -> None:
    """Stop looking at a folder or a mailbox for now, or look again."""
    with act_on_house(by=by, at=at) as act:
        row = type(place).objects.select_for_update().get(pk=place.pk)
        if row.closed_at is not None:
            raise WAS_CLOSED
        row.paused, row.next_look_at = paused, None
        row.save(update_fields=["paused", "next_look_at"])
        act.journal(f"{_kind(row)}_{'paused' if paused else 'resumed'}", f"{_kind(row)}:{row.pk}")


def close(place: WatchedFolder | MailBox, *, by: By, at: datetime) -> None:
    """Stop looking at a folder or a mailbox for good; what it brought stays, its password does not."""
    with act_on_house(by=by, at=at) as act:
        row = type(place).objects.select_for_update().get(pk=place.pk)
        if row.closed_at is not None:
            raise WAS_CLOSED
        if isinstance(row, MailBox):
            row.secret = b""
        row.closed_at = at
        row.save()
        act.journal(f"{_kind(row)}_closed", f"{_kind(row)}:{row.pk}")


def drop_root() -> Path:
    """Return the folder under which all those watched are."""
    return Path(settings.DROP_ROOT)


def _kind(place: WatchedFolder | MailBox) -> str:
    return "folder" if isinstance(place, WatchedFolder) else "mailbox"


def _open_creditor(creditor_id: int) -> Creditor:
    creditor = Creditor.objects.filter(pk=creditor_id, archived=False).first()
    if creditor is None:
        raise WrongInput("creditor", "Choisissez un créancier.", field="creditor")
    return creditor


def _locked_folder(folder_id: int) -> WatchedFolder:
    folder = WatchedFolder.objects.select_for_update().get(pk=folder_id)
    if folder.closed_at is not None:
        raise WAS_CLOSED
    return folder


def _inside(path: str) -> str:
    """Return a path as it is kept, relative to the root; refuse one that leaves it."""
    typed = path.strip()
    root = str(drop_root()).rstrip("/\\")
    if typed.startswith((f"{root}/", f"{root}\\")):
        typed = typed[len(root) + 1 :]
    try:
        parts = parts_of(typed)
    except ValueError:
        raise WrongInput(
            "folder_outside",
            f"Le dossier est un nom sous {root}, par exemple « depot-banque » : ni chemin d’ailleurs, "
            "ni « .. ».",
            field="path",
        ) from None
    return "/".join(parts)


def _still(seconds: int) -> int:
    if not LEAST_STILL <= seconds <= MOST_STILL:
        raise WrongInput(
            "folder_still",
            f"Écrivez un nombre de secondes entre {LEAST_STILL} et {MOST_STILL}.",
            field="still_seconds",
        )
    return seconds


def _apart_from_others(relative: str, own_id: int | None) -> None:
    """Refuse a folder inside another that is watched, or around one: a file would be taken by both."""
    others = WatchedFolder.objects.filter(closed_at__isnull=True).exclude(pk=own_id or 0)
    for other in others.values_list("path", flat=True):
        if f"{relative}/".startswith(f"{other}/") or f"{other}/".startswith(f"{relative}/"):
            raise WrongInput(
                "folder_nested",
                "Ce dossier est déjà surveillé."
                if other == relative
                else f"Le dossier « {other} » est déjà surveillé : l’un ne peut pas contenir l’autre.",
                field="path",
            )


def _usable(relative: str) -> None:
    try:
        with DropFolder(drop_root(), relative, create=True):
            pass
    except FolderUnusable as error:
        raise Refused("folder_unusable", str(error), field="path") from error


def _checked(facts: MailBoxFacts) -> dict[str, object]:
    host, user = facts.host.strip().lower(), facts.user.strip()
    if not host or len(host) > NAME_LENGTH or not all(s.isalnum() or s in ".-:_" for s in host):
        raise WrongInput(
            "mailbox_host", "Écrivez le nom du serveur, par exemple imap.exemple.fr.", field="host"
        )
    if not user or len(user) > NAME_LENGTH or not user.isprintable():
        raise WrongInput("mailbox_user", "Écrivez l’identifiant de la boîte.", field="user")
    if facts.security not in MailBox.Security.values:
        raise WrongInput("mailbox_security", "Choisissez un chiffrement.", field="security")
    if facts.security == MailBox.Security.PLAIN and not _is_local(host):
        raise WrongInput(
            "mailbox_plain",
            "Sans chiffrement, le mot de passe partirait en clair : seulement sur cette machine.",
            field="security",
        )
    port = facts.port or PORTS[facts.security]
    if not 1 <= port <= 65535:
        raise WrongInput("mailbox_port", "Le port est entre 1 et 65535.", field="port")
    names = {}
    for name in ("folder", "done_folder", "refused_folder"):
        names[name] = getattr(facts, name).strip()
        if len(names[name]) > NAME_LENGTH or not names[name].isprintable():
            raise WrongInput("mailbox_folder", "Ce nom de dossier ne convient pas.", field=name)
    names["folder"] = names["folder"] or "INBOX"
    if names["folder"] in (names["done_folder"], names["refused_folder"]):
        raise WrongInput(
            "mailbox_folder",
            "Les messages pris et refusés vont dans un autre dossier que celui qui est lu.",
            field="done_folder",
        )
    return {
        "host": host,
        "port": port,
        "security": facts.security,
        "user": user,
        **names,
        "senders": _senders(facts.senders),
    }


def _senders(typed: Sequence[str]) -> list[str]:
    senders = sorted({one.strip().lower() for one in typed if one.strip()})
    if len(senders) > MOST_SENDERS:
        raise WrongInput("mailbox_senders", f"{MOST_SENDERS} expéditeurs au plus.", field="senders")
    for one in senders:
        if one == ANYBODY:
            continue
        try:
            validate_email(f"x{one}" if one.startswith("@") else one)
        except ValidationError:
            raise WrongInput(
                "mailbox_senders",
                f"« {one[:60]} » n’est ni une adresse (compta@exemple.fr), ni un domaine (@exemple.fr), "
                "ni *.",
                field="senders",
            ) from None
    return senders


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _told(box: MailBox) -> dict[str, object]:
    names = (
        "host",
        "port",
        "security",
        "user",
        "folder",
        "done_folder",
        "refused_folder",
        "senders",
    )
    return {name: getattr(box, name) for name in names}


def _saved_once(place: WatchedFolder | MailBox, field: str, words: str) -> None:
    try:
        with transaction.atomic():
            place.save()
    except IntegrityError:
        raise WrongInput("way_known", words, field=field) from None
