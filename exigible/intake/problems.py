"""What is wrong in a file that comes in: the line, the field, a stable code, a French sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

KEPT = 1000  # problems listed for a file; beyond, they are counted only
EXCERPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong, at its line (1 = header) and field; a `blocking` one refuses the file."""

    code: str
    message: str
    line: int | None = None
    field: str = ""
    blocking: bool = True
    excerpt: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "line": self.line,
            "field": self.field or None,
            "code": self.code,
            "message": self.message,
            "blocking": self.blocking,
        }


class Problems:
    """Problems met while reading; the first ones are kept, all are counted."""

    def __init__(self, *, partial: bool = False, kept: int = KEPT) -> None:
        self.partial = partial
        self.kept = kept
        self.listed: list[Problem] = []
        self.count = 0
        self.blocking = 0
        self.by_code: Counter[str] = Counter()

    def put_first(self, problem: Problem) -> None:
        """Note a warning about the whole file before all others: it is kept, however many there are."""
        assert not problem.blocking
        self.count += 1
        self.by_code[problem.code] += 1
        self.listed.insert(0, problem)

    def add(
        self,
        code: str,
        message: str,
        *,
        line: int | None = None,
        field: str = "",
        blocking: bool = True,
        fatal: bool = False,
        excerpt: str = "",
    ) -> None:
        """Note a problem; in a partial reading a blocking one costs its line, not the file.

        A `fatal` one refuses the file even there.
        """
        blocking = fatal or (blocking and not self.partial)
        self.count += 1
        self.blocking += blocking
        self.by_code[code] += 1
        # A warning never takes the place of what refuses the file.
        if len(self.listed) < self.kept or (blocking and self.blocking == 1):
            self.listed.append(
                Problem(
                    code=code,
                    message=message,
                    line=line,
                    field=field,
                    blocking=blocking,
                    excerpt=excerpt[:EXCERPT],
                )
            )

    @property
    def first_blocking(self) -> Problem | None:
        return next((problem for problem in self.listed if problem.blocking), None)


class Unreadable(Exception):
    """A file that cannot be read at all, whatever the tolerance: empty, binary, without columns."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem
