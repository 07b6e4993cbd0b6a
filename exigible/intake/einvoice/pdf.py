"""The files that a PDF carries, read by a process apart that may hang or die without harm.

A PDF from outside can loop its parser or unpack to gigabytes. One process (`pdf_worker`) reads them one
after the other, under limits of memory and size of its own; it is killed when a PDF takes longer than
`SECONDS`, and another takes its place for the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from exigible.intake.einvoice.attached import safe_name
from exigible.intake.problems import Problem, Unreadable

SECONDS = 15.0
MAX_PDF = 100 * 1024 * 1024
MAX_ANSWER = 128 * 1024 * 1024
MAX_HEADER = 1 << 20
PDF = b"%PDF-"


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A file inside a PDF: its name, what it is said to be for it (Data, Source, Alternative…)."""

    name: str
    relationship: str
    media_type: str
    content: bytes


class PdfReader:
    """A process that reads PDFs, started when the first one comes."""

    def __init__(self, *, seconds: float = SECONDS, command: list[str] | None = None) -> None:
        self.seconds = seconds
        self._command = command or [sys.executable, "-m", "exigible.intake.einvoice.pdf_worker"]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PdfReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def files(self, path: Path) -> list[PdfFile]:
        """Return the files that a PDF carries; raise Unreadable for one that cannot be read in peace."""
        if path.stat().st_size > MAX_PDF:
            raise _refusal(
                "pdf_too_large", f"Ce PDF dépasse {MAX_PDF // 1024 // 1024} Mo ; il n’est pas lu."
            )
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(self.seconds, process.kill)
        timer.start()
        try:
            process.stdin.write(json.dumps(str(path.resolve())).encode() + b"\n")
            process.stdin.flush()
            answer = self._answer(process)
        except (OSError, ValueError):
            answer = None
        finally:
            timed_out = not timer.is_alive()
            timer.cancel()
        if answer is None:
            self.close()
            raise _hung(self.seconds) if timed_out else _broken()
        error, files = answer
        if error:
            raise _REFUSALS.get(error, _broken)()
        return files

    def close(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # it died with a request unread
                    continue
        process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                },
            )
        return self._process

    def _answer(self, process: subprocess.Popen[bytes]) -> tuple[str, list[PdfFile]] | None:
        """Read one answer: a line of JSON, then the bytes of the files; None if it is cut."""
        assert process.stdout is not None
        header = process.stdout.readline(MAX_HEADER)
        if not header.endswith(b"\n"):
            return None
        answer: dict[str, Any] = json.loads(header)
        files = []
        left = MAX_ANSWER
        for one in answer["files"]:
            size = int(one["size"])
            left -= size
            if left < 0:
                return None
            content = process.stdout.read(size)
            if len(content) < size:
                return None
            files.append(
                PdfFile(
                    safe_name(one["name"]),
                    one["relationship"][:40],
                    one["media_type"][:100],
                    content,
                )
            )
        return answer["error"], files


def _broken() -> Unreadable:
    return _refusal(
        "pdf", "Ce PDF est abîmé : il ne peut pas être ouvert. Demandez-le à nouveau à l’émetteur."
    )


def _hung(seconds: float) -> Unreadable:
    return _refusal(
        "pdf_timeout",
        f"La lecture de ce PDF a été arrêtée après {seconds:.0f} secondes : il est construit de façon à "
        "bloquer un lecteur, ou très abîmé. Demandez la facture sous une autre forme (XML).",
    )


def _bomb() -> Unreadable:
    return _refusal(
        "pdf_bomb",
        "Les fichiers que ce PDF contient se déploient au-delà de ce qu’une facture peut peser ; il est "
        "refusé.",
    )


def _locked() -> Unreadable:
    return _refusal(
        "pdf_password",
        "Ce PDF est protégé par un mot de passe. Demandez-le sans protection, ou en XML.",
    )


_REFUSALS = {"password": _locked, "too_large": _bomb, "damaged": _broken}


def _refusal(code: str, message: str) -> Unreadable:
    return Unreadable(Problem(code=code, message=message))
