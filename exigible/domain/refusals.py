"""Refusals: what a rule does not allow, with the facts, the article and the way out.

`message` is in French, ready for the user; callers show it as it is. Mistakes of ours are
assertions, never refusals.
"""

from collections.abc import Mapping


class Refused(Exception):
    """A rule refuses. `code` is stable, for programs; `field` names the wrong input, if one does."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        article: str | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.article = article
        self.facts = dict(facts or {})


class WrongInput(Refused):
    """A value that cannot be understood, or contradicts another."""


class OutsideKnownLaw(Refused):
    """A parameter is not known for a day the computation needs; named, never guessed."""


class Stale(Refused):
    """Someone else acted meanwhile: nothing was overwritten."""
