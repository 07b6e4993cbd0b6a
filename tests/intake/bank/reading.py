"""Reading a text as a bank file, whole."""

from pathlib import Path

from exigible.intake.bank.files import open_file, recognise_file
from exigible.intake.bank.shapes import BankFile, BankLine


def read(
    folder: Path, content: str | bytes, *, format_: str = "", name: str = "f", partial: bool = False
) -> tuple[BankFile, list[BankLine]]:
    """Write a text and read it with the reader its content (or `format_`) calls for."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = format_ or recognise_file(path)
    assert found is not None, "not recognised"
    file = open_file(path, found, partial=partial)
    return file, list(file.lines())


def codes(file: BankFile) -> list[str]:
    return [problem.code for problem in file.problems.listed]
