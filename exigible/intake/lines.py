"""One row of a table being read: what is wrong in a cell is told by its line, and the cell left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from exigible.domain.identity.numbers import read_siren
from exigible.domain.refusals import WrongInput
from exigible.domain.text_keys import ref_key
from exigible.intake.cells import Illegible, read_cents, read_day
from exigible.intake.mapping.reading import Passed
from exigible.intake.problems import Problems
from exigible.intake.tables import Table

CURRENCY_SIGNS = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "£": "GBP"}
_PHONE = re.compile(r"\+?[0-9 ().\-\u00a0\u202f/]{6,30}")
_EMAIL = re.compile(r"[^@\s,;<>\"']{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,24}")


def synonyms(names: dict[str, str]) -> dict[str, str]:
    """Return the field that each normalised heading names, from lists of headings."""
    return {ref_key(word): name for name, words in names.items() for word in words.split(",")}


class TableFile[R]:
    """A table read row by row; `problems` is complete once the rows have been."""

    def __init__(self, table: Table, problems: Problems, rows: Iterator[R]) -> None:
        self.passed: Passed | None = getattr(table, "passed", None)
        self.encoding = table.encoding
        self.fields = table.fields
        self.problems = problems
        self.rows = rows


class LineReader:
    """One row being read; what is wrong in a cell is noted and the cell left out."""

    def __init__(self, number: int, row: dict[str, str], problems: Problems) -> None:
        self.number = number
        self.row = row
        self.problems = problems

    def text(self, name: str) -> str | None:
        text = self.row.get(name)
        if text and text[0] in "=@":
            del self.row[name]  # told once
            self.wrong(
                name, "formula", f"« {text[:40]} » est une formule ; la cellule est laissée."
            )
            return None
        return text

    def day(self, name: str) -> date | None:
        """Return a day, or None with its problem."""
        text = self.text(name)
        if not text:
            return None
        try:
            return read_day(text)
        except Illegible as error:
            self.wrong(name, error.code, f"{error}.")
            return None

    def cents(self, name: str) -> int | None:
        """Return an amount, or None, with its problem where it is illegible."""
        text = self.text(name)
        if not text:
            return None
        try:
            return read_cents(text)
        except Illegible as error:
            self.wrong(name, error.code, f"{error}.")
            return None

    def currency(self) -> str:
        """Return the currency of the line; euros where it does not say."""
        text = (self.text("currency") or "EUR").strip().upper()
        found = CURRENCY_SIGNS.get(text, text)
        if re.fullmatch(r"[A-Z]{3}", found):
            return found
        self.wrong("currency", "currency", f"la devise « {text[:20]} » n’est pas reconnue.")
        return "EUR"

    def wrong(self, field_: str, code: str, reason: str, *, blocking: bool = False) -> None:
        self.problems.add(
            code,
            f"Ligne {self.number} : {reason}",
            line=self.number,
            field=field_,
            blocking=blocking,
        )


def short(text: str | None) -> str | None:
    """Return a text of one line, of a length that a screen shows."""
    return " ".join(text.split())[:200] if text else None


def siren_of(line: LineReader) -> str:
    """Return the SIREN of a line, or nothing, with its problem where it is wrong."""
    text = line.text("siren")
    if not text:
        return ""
    try:
        return read_siren(text, zeros_lost=True)
    except WrongInput as wrong:
        line.wrong("siren", "siren", f"{wrong.message.rstrip('.')} ; il est laissé.")
        return ""


def read_emails(line: LineReader) -> list[str]:
    """Return the addresses of a cell, which may hold several."""
    emails = []
    for text in re.split(r"[;,\s]+", line.text("email") or ""):
        if not text:
            continue
        if _EMAIL.fullmatch(text) and len(text) <= 254:
            emails.append(text)
        else:
            line.wrong("email", "email", f"« {text[:60]} » n’est pas une adresse e-mail.")
    return emails


def read_phone(line: LineReader) -> str:
    """Return a telephone number, or nothing, with its problem where it is none."""
    phone = line.text("phone") or ""
    if re.fullmatch(r"[1-9][0-9]{8}", phone):
        phone = "0" + phone  # a spreadsheet ate the zero
    if phone and not _PHONE.fullmatch(phone):
        line.wrong("phone", "phone", f"« {phone[:40]} » n’est pas un numéro de téléphone.")
        phone = ""
    return phone
