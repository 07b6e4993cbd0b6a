"""An article, and whether what it says is confirmed: what every answer carries."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """The text a computation rests on; `verified` once two independent sources confirm it."""

    source: str
    verified: bool
