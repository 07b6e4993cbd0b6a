"""An article, and whether what it says is confirmed: what every answer carries."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """The text a computation rests on; `verified` once two independent sources confirm it."""

    source: str
    verified: bool


def joined_sources(sources: Iterable[str]) -> str:
    """Return articles as one line, « ; » between them, each once, in their order."""
    return " ; ".join(dict.fromkeys(part for text in sources for part in text.split(" ; ") if part))
