"""The process that opens one XLS or ODS workbook and prints its cells as JSON, then ends.

`python -m exigible.intake.mapping.foreign FILE`: bounded in memory and processor time where the system
can; a cell that is a number or a date is a list of one text.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from exigible.intake.mapping.grids import Native, read_book
from exigible.intake.problems import Unreadable

MEMORY_BYTES = 2 * 1024**3
PROCESSOR_SECONDS = 60


def bound() -> None:
    """Bound this process."""
    try:
        import resource
    except ImportError:  # Windows: the parent's patience is the only bound
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(path: str) -> None:
    bound()
    try:
        sheets = [
            [
                name,
                [
                    [number, [[cell] if isinstance(cell, Native) else cell for cell in cells]]
                    for number, cells in rows
                ],
            ]
            for name, rows in read_book(Path(path))
        ]
        answer: dict[str, object] = {"sheets": sheets}
    except Unreadable as error:
        answer = {"refused": [error.problem.code, error.problem.message]}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
