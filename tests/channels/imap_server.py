"""A small IMAP server over sockets (RFC 3501, with MOVE and UIDPLUS), and its faults on order.

It speaks what a client of one folder needs: LOGIN, AUTHENTICATE PLAIN, CAPABILITY, STARTTLS, CREATE,
SUBSCRIBE, SELECT, UID SEARCH, UID FETCH, UID STORE, UID COPY, UID MOVE, UID EXPUNGE, LOGOUT. Folders
keep their UIDs, flags and UIDVALIDITY between connections. What it does not know, it answers BAD.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from imap_tools.imap_utf7 import utf7_decode, utf7_encode

_LITERAL = re.compile(rb"\{(\d+)\}$")
_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|\(([^)]*)\)|(\S+)')


@dataclass
class Message:
    uid: int
    content: bytes
    flags: set[str] = field(default_factory=set)
    said_size: int | None = None  # a server may lie


@dataclass
class Folder:
    validity: int = 1
    next_uid: int = 1
    messages: list[Message] = field(default_factory=list)

    def add(self, content: bytes, flags: set[str] | None = None, size: int | None = None) -> int:
        message = Message(self.next_uid, content, set(flags or ()), size)
        self.next_uid += 1
        self.messages.append(message)
        return message.uid


class ImapServer:
    """Serves one user's folders on a port of its own; use it in a `with`."""

    def __init__(
        self,
        *,
        user: str = "depot@armorial.example",
        password: str = "une phrase",
        can: tuple[str, ...] = ("MOVE", "UIDPLUS"),
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        self.user, self.password, self.can = user, password, can
        self.tls, self.starttls = tls, starttls
        self.folders: dict[str, Folder] = {"INBOX": Folder()}
        self.heard: list[str] = []  # verbs, in order
        self.hang_up_at: Callable[[str], bool] = lambda verb: False
        self.answer_to: dict[str, bytes] = {}  # a verb answered with raw bytes, then hung up
        self.lock = threading.Lock()

    def __enter__(self) -> ImapServer:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake whoever accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            one.close()
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    def subjects(self, folder: str) -> list[str]:
        found = []
        for one in self.folders.get(folder, Folder()).messages:
            match = re.search(rb"^Subject: (.*)$", one.content, re.MULTILINE)
            found.append(match[1].decode().strip() if match else "")
        return found

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            session = _Session(self, connection)
            try:
                session.run()
            finally:
                session.file.close()
                session.connection.close()
        except (OSError, ValueError):
            pass
        finally:
            connection.close()


class _Session:
    def __init__(self, server: ImapServer, connection: socket.socket) -> None:
        self.server, self.connection = server, connection
        self.file = connection.makefile("rb")
        self.folder: Folder | None = None
        self.signed_in = False
        self.ended = False

    def say(self, *lines: bytes | str) -> None:
        for line in lines:
            self.connection.sendall((line.encode() if isinstance(line, str) else line) + b"\r\n")

    def run(self) -> None:
        self.say("* OK ready")
        while not self.ended:
            line = self.file.readline(1 << 16)
            if not line:
                return
            line = line.rstrip(b"\r\n")
            while found := _LITERAL.search(line):  # a name or a password sent apart
                self.say("+ go on")
                literal = self.file.read(int(found[1]))
                line = line[: found.start()] + b'"' + literal + b'"'
                line += self.file.readline(1 << 16).rstrip(b"\r\n")
            tag, _, rest = line.partition(b" ")
            words = [
                (quoted or b"").replace(b'\\"', b'"').replace(b"\\\\", b"\\")
                if quoted or not (listed or bare)
                else (listed or bare)
                for quoted, listed, bare in _WORD.findall(rest)
            ]
            self.answer(tag.decode(), words)

    def answer(self, tag: str, words: list[bytes]) -> None:
        verb = words[0].decode().upper()
        words = words[1:]
        if verb == "UID":
            verb, words = f"UID {words[0].decode().upper()}", words[1:]
        self.server.heard.append(verb)
        if self.server.hang_up_at(verb):
            self.ended = True
            return
        if verb in self.server.answer_to:
            self.connection.sendall(self.server.answer_to[verb])
            self.ended = True
            return
        handler = getattr(self, "do_" + verb.lower().replace(" ", "_"), None)
        if handler is None:
            self.say(f"{tag} BAD not known here")
            return
        with self.server.lock:
            said = handler(words)
        self.say(f"{tag} {said}")
        if verb == "STARTTLS":
            assert self.server.starttls is not None
            self.connection = self.server.starttls.wrap_socket(self.connection, server_side=True)
            self.file = self.connection.makefile("rb")

    def do_capability(self, words: list[bytes]) -> str:
        offered = ["IMAP4rev1", "AUTH=PLAIN", *self.server.can]
        if self.server.starttls:
            offered.append("STARTTLS")
        self.say(f"* CAPABILITY {' '.join(offered)}")
        return "OK done"

    def do_starttls(self, words: list[bytes]) -> str:
        return "OK begin"

    def do_login(self, words: list[bytes]) -> str:
        return self._sign_in(*(word.decode() for word in words))

    def do_authenticate(self, words: list[bytes]) -> str:
        self.say("+ ")
        said = base64.b64decode(self.file.readline().strip()).decode()
        return self._sign_in(*said.split("\0")[1:])

    def _sign_in(self, user: str, password: str) -> str:
        self.signed_in = (user, password) == (self.server.user, self.server.password)
        return "OK in" if self.signed_in else "NO [AUTHENTICATIONFAILED] who are you"

    def do_logout(self, words: list[bytes]) -> str:
        self.say("* BYE")
        self.ended = True
        return "OK bye"

    def do_create(self, words: list[bytes]) -> str:
        self.server.folders.setdefault(self._name(words[0]), Folder())
        return "OK made"

    def do_subscribe(self, words: list[bytes]) -> str:
        return "OK"

    def do_select(self, words: list[bytes]) -> str:
        found = self.server.folders.get(self._name(words[0]))
        if found is None or not self.signed_in:
            return "NO no such folder"
        self.folder = found
        self.say(
            f"* {len(found.messages)} EXISTS",
            "* FLAGS (\\Seen \\Flagged \\Deleted)",
            f"* OK [UIDVALIDITY {found.validity}] valid",
            f"* OK [UIDNEXT {found.next_uid}] next",
        )
        return "OK [READ-WRITE] selected"

    def do_uid_search(self, words: list[bytes]) -> str:
        assert words[0] == b"UID"
        uids = [one.uid for one in self._named(words[1])]
        self.say("* SEARCH " + " ".join(map(str, uids)))
        return "OK found"

    def do_uid_fetch(self, words: list[bytes]) -> str:
        for number, one in enumerate(self._folder.messages, 1):
            if one not in self._named(words[0]):
                continue
            if words[1] == b"RFC822.SIZE":
                size = one.said_size if one.said_size is not None else len(one.content)
                self.say(f"* {number} FETCH (UID {one.uid} RFC822.SIZE {size})")
            else:
                assert words[1] == b"BODY.PEEK[]", words
                head = f"* {number} FETCH (UID {one.uid} BODY[] {{{len(one.content)}}}\r\n"
                self.connection.sendall(head.encode() + one.content + b")\r\n")
        return "OK fetched"

    def do_uid_store(self, words: list[bytes]) -> str:
        assert words[1] == b"+FLAGS.SILENT"
        for one in self._named(words[0]):
            one.flags |= set(words[2].decode().split())
        return "OK stored"

    def do_uid_copy(self, words: list[bytes]) -> str:
        into = self.server.folders.get(self._name(words[1]))
        if into is None:
            return "NO [TRYCREATE] no such folder"
        for one in self._named(words[0]):
            into.add(one.content, one.flags)
        return "OK copied"

    def do_uid_move(self, words: list[bytes]) -> str:
        if "MOVE" not in self.server.can:
            return "BAD not known here"
        said = self.do_uid_copy(words)
        if said.startswith("OK"):
            moved = self._named(words[0])
            self._folder.messages = [one for one in self._folder.messages if one not in moved]
        return said

    def do_uid_expunge(self, words: list[bytes]) -> str:
        gone = [one for one in self._named(words[0]) if "\\Deleted" in one.flags]
        self._folder.messages = [one for one in self._folder.messages if one not in gone]
        return "OK expunged"

    @property
    def _folder(self) -> Folder:
        assert self.folder is not None
        return self.folder

    def _named(self, wanted: bytes) -> list[Message]:
        """The messages of a set of UIDs; « n:* » always has the last one (RFC 3501, 6.4.8)."""
        messages = self._folder.messages
        last = messages[-1].uid if messages else 0
        kept: set[int] = set()
        for part in wanted.decode().split(","):
            first, _, end = part.partition(":")
            low = int(first)
            high = (last if end == "*" else int(end)) if end else low
            kept |= {one.uid for one in messages if min(low, high) <= one.uid <= max(low, high)}
        return [one for one in messages if one.uid in kept]

    @staticmethod
    def _name(word: bytes) -> str:
        name = utf7_decode(word)
        assert utf7_encode(name) == word, "a folder's name in modified UTF-7"
        return name
