"""An SMTP server that misbehaves on order: it answers, delays, hangs up or says nothing, by step."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

HANG_UP = "hang up"  # close without a word
SILENT = "silent"  # say nothing until the client goes
RESET = "reset"  # close with a TCP reset


@dataclass
class ScriptedServer:
    """Answers each step ("connect", "ehlo", "mail", "rcpt", "data", "dot") as `script` says."""

    script: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    host: str = "localhost"
    port: int = 0
    security: str = "plain"
    user: str = ""
    password: str = ""
    received: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> ScriptedServer:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.port = self._listener.getsockname()[1]
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._listener.close()
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self._converse(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def _converse(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        if not self._answer(connection, "connect", "220 ready"):
            return
        while line := lines.readline():
            verb = line[:4].decode("ascii", "replace").strip().lower()
            if verb == "ehlo":
                extensions = "250-me\r\n250-8BITMIME\r\n250 " + self.script.get("offers", "HELP")
                if not self._answer(connection, "ehlo", extensions):
                    return
            elif verb == "data":
                if not self._answer(connection, "data", "354 go on"):
                    return
                if self.script.get("data", "354").startswith("354"):
                    message = b""
                    while (part := lines.readline()) not in {b".\r\n", b""}:
                        message += part
                        if "after" in self.script and len(message) > int(self.script["after"]):
                            return
                    self.received.append(message)
                    if not self._answer(connection, "dot", "250 2.0.0 ok queued as 4T1XYZ"):
                        return
            elif verb == "quit":
                connection.sendall(b"221 bye\r\n")
                return
            elif not self._answer(connection, verb, "250 ok"):
                return

    def _answer(self, connection: socket.socket, step: str, usual: str) -> bool:
        said = self.script.get(step, usual)
        if said == HANG_UP:
            return False
        if said == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return False
        if said == SILENT:
            self._stop.wait(10)
            return False
        connection.sendall(said.encode() + b"\r\n")
        return True
