"""What handing a message over can come to: accepted, known not to have left, or unknown.

The difference decides whether it may be tried again: only what is known not to have left is.
"""

from __future__ import annotations

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


class Transport(Protocol):
    """A way out: hands over bytes that are already fixed."""

    def send(self, data: bytes, *, sender: str, recipient: str) -> Delivered:
        """Hand the message over; raise Undelivered or Uncertain."""
        ...
