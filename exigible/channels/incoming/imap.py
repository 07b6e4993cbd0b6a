"""An IMAP mailbox, read message by message without marking anything, each put away once settled.

Sizes are asked before bytes, and whatever a server sends is bounded: neither a message nor the server
is believed. `imaplib` does the protocol (RFC 3501), with MOVE (RFC 6851) and UIDPLUS (RFC 4315)
where the server has them.
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from imap_tools.imap_utf7 import utf7_encode

SECONDS = 30.0
MOST_BYTES = 80 * 1024 * 1024  # of one answer: a message and what it takes to carry it
MOST_FOUND = 5_000  # messages looked at in one go
_SIZE = re.compile(rb"\bUID (\d+)\b.*?\bRFC822\.SIZE (\d+)|\bRFC822\.SIZE (\d+)\b.*?\bUID (\d+)")


class MailboxUnreachable(Exception):
    """The mailbox cannot be read now; the message is for the user."""


class Server(Protocol):
    """What is needed of a mailbox's settings."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def security(self) -> str: ...  # "tls", "starttls" or "plain"
    @property
    def user(self) -> str: ...
    @property
    def folder(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Found:
    """One message of the mailbox: its number there, and what it weighs."""

    uid: int
    size_bytes: int


class _Bounded(imaplib.IMAP4):
    """`imaplib`, refusing an answer that is in all longer than any message that is taken."""

    heard = 0  # bytes since the last command

    def read(self, size: int) -> bytes:
        self._hear(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._hear(len(line))
        return line

    def _hear(self, size: int) -> None:
        self.heard += size
        if self.heard > MOST_BYTES:
            raise imaplib.IMAP4.abort("the server's answer is too long")


class _BoundedTls(_Bounded, imaplib.IMAP4_SSL):
    pass


class Mailbox:
    """A folder of a mailbox, open; use it in a `with`. `uid_validity` tells whether numbers still hold."""

    def __init__(
        self,
        server: Server,
        password: str,
        *,
        seconds: float = SECONDS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Connect, sign in and open the folder; raise MailboxUnreachable, saying which step failed."""
        self._where = f"{server.host}:{server.port}"
        self._imap: _Bounded | None = None
        with self._in_french():
            self._imap = imap = self._connected(server, seconds, context)
            try:
                _sign_in(imap, server.user, password)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                raise MailboxUnreachable(
                    f"{self._where} refuse l’identifiant ou le mot de passe de {server.user}. "
                    "Corrigez-les dans les réglages de la boîte."
                ) from error
            kind, said = imap.select(quoted(server.folder))
            if kind != "OK":
                raise MailboxUnreachable(
                    f"Le dossier « {server.folder} » n’existe pas dans la boîte, ou n’est pas ouvert à "
                    f"{server.user} ({_words(said)})."
                )
            self.uid_validity = self._number("UIDVALIDITY")
            # Some servers say what they can only once signed in.
            _, capabilities = imap.capability()
            self._can = set(b" ".join(capabilities).decode("ascii", "replace").upper().split())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._imap is not None:
            with contextlib.suppress(OSError, imaplib.IMAP4.error, ValueError):
                self._imap.logout()
            with contextlib.suppress(OSError):
                self._imap.shutdown()

    def after(self, uid: int) -> list[Found]:
        """Return the messages whose number is above `uid`, in the order of numbers."""
        with self._in_french():
            said = self._uid("SEARCH", "UID", f"{uid + 1}:*")
            words = b" ".join(one for one in said if isinstance(one, bytes)).split()
            uids = sorted({int(one) for one in words if one.isdigit() and int(one) > uid})
            found: dict[int, int] = {}
            wanted = uids[:MOST_FOUND]
            for start in range(0, len(wanted), 200):
                batch = wanted[start : start + 200]
                for line in self._uid("FETCH", ",".join(map(str, batch)), "(RFC822.SIZE)"):
                    if isinstance(line, bytes) and (said_ := _SIZE.search(line)):
                        first, second, third, fourth = said_.groups()
                        found[int(first or fourth)] = int(second or third)
            return [Found(one, found[one]) for one in wanted if one in found]

    def fetch(self, uid: int) -> bytes:
        """Return a message as it is, leaving it unread; raise LookupError if it has gone."""
        with self._in_french():
            for part in self._uid("FETCH", str(uid), "(BODY.PEEK[])"):
                if isinstance(part, tuple):
                    return bytes(part[1])
        raise LookupError(uid)

    def put_away(self, uid: int, folder: str, *, refused: bool) -> None:
        """Move a message to `folder`, made if needed; without one, mark it. One that has gone is left."""
        with self._in_french():
            if not folder:
                self._uid(
                    "STORE", str(uid), "+FLAGS.SILENT", r"(\Flagged)" if refused else r"(\Seen)"
                )
                return
            verb = "MOVE" if "MOVE" in self._can else "COPY"
            kind, said = self._asked(verb, str(uid), quoted(folder))
            if kind == "NO":  # RFC 3501, 6.4.7: TRYCREATE, when a folder is missing
                assert self._imap is not None
                self._imap.create(quoted(folder))
                with contextlib.suppress(imaplib.IMAP4.error):
                    self._imap.subscribe(quoted(folder))
                kind, said = self._asked(verb, str(uid), quoted(folder))
            if kind != "OK":
                raise MailboxUnreachable(
                    f"{self._where} ne range pas le message dans « {folder} » : {_words(said)}."
                )
            if verb == "COPY":
                self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
                if "UIDPLUS" in self._can:  # without it, others' deleted messages would go too
                    self._uid("EXPUNGE", str(uid))

    def _connected(
        self, server: Server, seconds: float, context: ssl.SSLContext | None
    ) -> _Bounded:
        context = context or ssl.create_default_context()
        if server.security == "tls":
            return _BoundedTls(server.host, server.port, ssl_context=context, timeout=seconds)
        imap = _Bounded(server.host, server.port, timeout=seconds)
        if server.security == "starttls":
            try:
                imap.starttls(ssl_context=context)
            except BaseException:
                imap.shutdown()
                raise
        return imap

    def _number(self, name: str) -> int:
        assert self._imap is not None
        _, said = self._imap.response(name)
        if not said or not said[0] or not bytes(said[0]).isdigit():  # type: ignore[call-overload]
            raise MailboxUnreachable(f"{self._where} n’a pas dit le {name} du dossier.")
        return int(said[0])  # type: ignore[call-overload, arg-type]

    def _uid(self, verb: str, *words: str) -> Sequence[bytes | tuple[bytes, bytes] | None]:
        kind, said = self._asked(verb, *words)
        if kind != "OK":
            raise MailboxUnreachable(f"{self._where} n’a pas répondu à {verb} : {_words(said)}.")
        return said

    def _asked(
        self, verb: str, *words: str
    ) -> tuple[str, Sequence[bytes | tuple[bytes, bytes] | None]]:
        assert self._imap is not None
        self._imap.heard = 0
        return self._imap.uid(verb, *words)

    @contextlib.contextmanager
    def _in_french(self) -> Iterator[None]:
        """Name what went wrong between here and the server."""
        where = self._where
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            why = f"Le certificat de {where} n’est pas valable ({error.verify_message})."
            raise self._gone(why) from error
        except TimeoutError as error:
            raise self._gone(f"{where} n’a pas répondu à temps.") from error
        except socket.gaierror as error:
            raise self._gone(f"Le serveur {where} n’est pas connu. Vérifiez son nom.") from error
        except (imaplib.IMAP4.error, OSError, ValueError, UnicodeError) as error:
            words = " ".join(str(getattr(error, "strerror", None) or error).split())[:200]
            raise self._gone(f"La conversation avec {where} a échoué ({words}).") from error
        except MailboxUnreachable:
            self.close()
            raise

    def _gone(self, why: str) -> MailboxUnreachable:
        if self._imap is not None:
            with contextlib.suppress(OSError):
                self._imap.shutdown()
            self._imap = None
        return MailboxUnreachable(why)


def _sign_in(imap: imaplib.IMAP4, user: str, password: str) -> None:
    """Give the name and the password, in UTF-8 (RFC 4616) where ASCII cannot say them."""
    if user.isascii() and password.isascii():
        imap.login(_quoted(user), password)
    else:
        imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())


def quoted(folder: str) -> str:
    """Return a folder's name as the protocol writes it: modified UTF-7, between quotes."""
    if any(not letter.isprintable() for letter in folder):
        raise ValueError(folder)
    return _quoted(utf7_encode(folder).decode("ascii"))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _words(said: Sequence[object]) -> str:
    text = b" ".join(one for one in said if isinstance(one, bytes)).decode("utf-8", "replace")
    return " ".join(text.split())[:200] or "sans explication"
