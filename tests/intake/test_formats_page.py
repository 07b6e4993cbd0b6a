"""`docs/formats.md` lists every real file, and says of the ledgers what reading them says."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from exigible.domain.french import euros
from exigible.intake.importing import dry_run

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"


def rows() -> list[str]:
    return [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]


def listed() -> list[str]:
    """Return the names in the first cell of each row, « … » standing for anything."""
    return [
        name.replace("…", "*")
        for row in rows()
        for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])
    ]


@pytest.mark.corpus
def test_every_real_file_has_its_row(shared_data: Path) -> None:
    names = listed()
    missing = [
        shown
        for path in sorted(shared_data.rglob("*"))
        if path.is_file() and not is_note(path)
        for shown in [str(path.relative_to(shared_data))]
        if not any(
            f"/{name}" in f"/{shown}" if name.endswith("/") else fnmatch(f"/{shown}", f"*/{name}")
            for name in names
        )
    ]
    assert missing == []


@pytest.mark.corpus
def test_ledgers_and_what_is_no_import_have_the_outcome_of_their_row(shared_data: Path) -> None:
    told = 0
    for path in sorted(shared_data.rglob("*")):
        folder = path.relative_to(shared_data).parts[0]
        if not path.is_file() or folder not in ("fec", "bodacc", "courts", "calendar"):
            continue
        [row] = [row for row in rows() if path.name in row.split(" | ")[0]] or [""]
        report = dry_run(path)
        if path.name == "README.md" or "lu comme des clients" in row:
            continue
        told += 1
        if report.accepted:
            assert f"{report.counts['entries']:,} lignes".replace(",", " ") in plain(row)
            assert plain(euros(report.totals["debit"]["EUR"])) in plain(row)
            assert f"{report.problem_count} remarque" in plain(row)
        else:
            assert report.error is not None
            assert f"`{report.error.code}`" in row, (path.name, report.error)
            if report.format == "fec":
                assert f"ligne {report.error.line}" in plain(row)
    assert told == 16


def is_note(path: Path) -> bool:
    """Say whether a file only tells of those beside it."""
    return path.suffix == ".md" and "annexe" not in path.name


def plain(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)
