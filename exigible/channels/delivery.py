"""What handing a message over can come to: accepted, known not to have left, or unknown.

The difference decides whether it may be tried again: only what is known not to have left is.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Delivered:
    """Accepted by the provider; `answer` is its own words (its queue number is in them)."""

    answer: str


class Undelivered(Exception):
    """Known not to have left. `reason` is French; `permanent`: trying again would change nothing."""

    def __init__(
        self, reason: str, *, permanent: bool, answer: str = "", bad_address: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.answer = answer
        self.bad_address = bad_address


class Uncertain(Exception):
    """It may have left: the provider had all of it and did not answer. Never sent again alone."""

    def __init__(self, reason: str, *, answer: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer


class Session(Protocol):
    """An open way out, ready for one message."""

    def send(self, data: bytes, *, sender: str, recipient: str) -> Delivered:
        """Hand over bytes that are already fixed; raise Undelivered or Uncertain."""
        ...


class Transport(Protocol):
    """A provider. Its session is opened before a message is marked as leaving."""

    def session(self) -> AbstractContextManager[Session]:
        """Open a session; raise Undelivered (never permanent) when the provider is out of reach."""
        ...
