"""One question to a register over HTTP: bounded in time and size, following nobody elsewhere.

A register that is slow, away or wrong never holds a page: the whole exchange has a deadline, an answer
has a largest size, and a redirection is refused (it would carry the key to a host nobody chose).
"""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlsplit

WAIT_SECONDS = 5.0  # for a connection, then for each piece of the answer
WHOLE_SECONDS = 8.0
MOST_BYTES = 5_000_000
_PIECE = 65_536
_AGENT = "Exigible (recouvrement de créances)"


class OutOfReach(Exception):
    """A register could not answer. `message` is in French; `status` is the HTTP one, 0 without any."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class _StayThere(urllib.request.HTTPRedirectHandler):
    """Refuse to be sent to another address."""

    def redirect_request(self, *ignored: Any, **also: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_StayThere)


def ask(url: str, *, headers: Mapping[str, str] | None = None, body: object = None) -> bytes | None:
    """Return the answer to a GET (or a POST of JSON, with a body); None where it is a 404.

    Raise OutOfReach with what a person may do about it.
    """
    host = urlsplit(url).hostname or ""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 (the scheme was checked with the settings)
        url,
        data=data,
        headers={"Accept": "application/json", "User-Agent": _AGENT, **(headers or {})},
    )
    if data is not None:
        request.add_header("Content-Type", "application/json")
    started = time.monotonic()
    try:
        with _OPENER.open(request, timeout=WAIT_SECONDS) as answer:
            return _read(answer, started, host)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return _refused(refusal.code, host)
    except TimeoutError:
        raise OutOfReach(f"{host} ne répond pas à temps.") from None
    except urllib.error.URLError as failure:
        if isinstance(failure.reason, TimeoutError | socket.timeout):
            raise OutOfReach(f"{host} ne répond pas à temps.") from None
        raise OutOfReach(f"{host} est hors d’atteinte : vérifiez le réseau.") from None
    except (OSError, HTTPException, ValueError):
        raise OutOfReach(f"{host} a rompu la communication.") from None


def _read(answer: IO[bytes], started: float, host: str) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read(_PIECE):
        size += len(piece)
        pieces.append(piece)
        if size > MOST_BYTES:
            raise OutOfReach(f"La réponse de {host} est trop longue.")
        if time.monotonic() - started > WHOLE_SECONDS:
            raise OutOfReach(f"{host} ne répond pas à temps.")
    return b"".join(pieces)


def _refused(status: int, host: str) -> None:
    if status in (404, 410):
        return
    if status in (401, 403):
        words = f"{host} refuse l’accès ({status}) : vérifiez la clé dans les réglages."
    elif status == 429:
        words = f"{host} a reçu trop de questions. Réessayez dans une minute."
    elif 300 <= status < 400:
        words = f"{host} renvoie à une autre adresse : vérifiez celle des réglages."
    else:
        words = f"{host} ne peut pas répondre ({status}). Réessayez plus tard."
    raise OutOfReach(words, status=status)
