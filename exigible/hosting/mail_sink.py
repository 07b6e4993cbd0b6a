"""A mail server for the demonstration: it keeps every message and sends none.

Each message is a file in `<home>/mail-sink/`: the bytes exactly as they came (`.eml`), and beside
them the envelope (`.json`), which no header of the message can be trusted to repeat.
"""

import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

_LARGEST_MESSAGE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One message as the sink received it."""

    path: Path
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    subject: str


def sink_folder(home: Path) -> Path:
    return home / "mail-sink"


def received(home: Path) -> list[ReceivedMail]:
    """Return what the sink of this home received, oldest first."""
    return [_read(path) for path in sorted(sink_folder(home).glob("*.eml"))]


def last_received(home: Path, count: int) -> list[ReceivedMail]:
    """Return the last messages that the sink of this home received, newest first."""
    names = sorted((path.name for path in sink_folder(home).glob("*.eml")), reverse=True)
    return [_read(sink_folder(home) / name) for name in names[:count]]


@contextmanager
def mail_sink(home: Path) -> Iterator[str]:
    """Run a sink for the time of the block, in a thread; give its EXIGIBLE_SMTP_URL."""
    from aiosmtpd.controller import Controller

    folder = sink_folder(home)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(
        _Keeper(folder),
        hostname="127.0.0.1",
        port=port,
        data_size_limit=_LARGEST_MESSAGE,
        enable_SMTPUTF8=True,
        ident="Exigible, puits de démonstration",
    )
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


class _Keeper:
    """aiosmtpd's handler: accepts a message once it is on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}"
        note = {
            "received_at": now.isoformat(),
            "sender": envelope.mail_from,
            "recipients": list(envelope.rcpt_tos),
        }
        try:
            self._write(f"{name}.json", json.dumps(note, ensure_ascii=False).encode())
            self._write(f"{name}.eml", bytes(envelope.content))
        except OSError:
            return "452 4.3.1 le disque ne permet pas de garder ce message"
        return "250 2.0.0 message garde"

    def _write(self, name: str, content: bytes) -> None:
        draft = self._folder / f".{name}.part"
        with open(draft, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / name)


def _read(path: Path) -> ReceivedMail:
    note = json.loads(path.with_suffix(".json").read_bytes())
    with path.open("rb") as file:
        headers = BytesParser(policy=policy.default).parse(file, headersonly=True)
    return ReceivedMail(
        path=path,
        received_at=datetime.fromisoformat(note["received_at"]),
        sender=note["sender"],
        recipients=tuple(note["recipients"]),
        message_id=str(headers["Message-ID"] or ""),
        subject=str(headers["Subject"] or ""),
    )
