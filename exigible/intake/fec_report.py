"""What a FEC holds: its lines of customers, its sums, its owner, its financial year."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from pathlib import PurePath
from typing import NamedTuple

from exigible.domain.french import day as french_day
from exigible.intake.cells import Illegible, read_day
from exigible.intake.identifiers import is_siren
from exigible.intake.ledger_text import TextShape
from exigible.intake.problems import Problems

_FILE_NAME = re.compile(r"(\d{9})[ _-]?FEC[ _-]?(\d{8})(?!\d)", re.IGNORECASE)


class Opening(IntEnum):
    """How a line is known to be an *à-nouveau*; by its label alone it is only believed to be."""

    NO = 0
    BY_LABEL = 1
    BY_JOURNAL = 2


class Posting(NamedTuple):
    """One line of a followed account. Amounts in cents, never negative; texts without padding."""

    line: int
    unit: int
    journal: str
    entry_num: str
    entry_date: date
    account: str
    auxiliary: str
    piece_ref: str
    piece_date: date | None
    label: str
    debit_cents: int
    credit_cents: int
    lettering: str
    lettered_on: date | None
    opening: Opening
    currency_amount: str
    currency: str


@dataclass(slots=True)
class AccountTotals:
    """Sums of one followed account and auxiliary, as the file states them."""

    label: str
    debit_cents: int = 0
    credit_cents: int = 0

    @property
    def balance_cents(self) -> int:
        return self.debit_cents - self.credit_cents


@dataclass(slots=True, kw_only=True)
class FecReport:
    """What a file held: complete once its lines have all been read."""

    name: str
    shape: TextShape
    delimiter: str
    columns: tuple[str, ...]
    problems: Problems
    entries: int = 0  # lines after the header
    debit_cents: int = 0
    credit_cents: int = 0
    first_on: date | None = None  # of the lines that are not à-nouveaux
    last_on: date | None = None
    opening_days: set[date] = field(default_factory=set)
    accounts: dict[tuple[str, str], AccountTotals] = field(default_factory=dict)
    lettered_groups: set[tuple[str, str, str]] = field(default_factory=set)
    lettered_lines: int = 0
    followed_lines: int = 0
    unit_masks: array[int] = field(default_factory=lambda: array("B"))
    journal_masks: Counter[tuple[str, int]] = field(default_factory=Counter)
    journal_labels: dict[str, str] = field(default_factory=dict)
    name_siren: str = ""
    name_closing: date | None = None

    @property
    def accepted(self) -> bool:
        return self.problems.blocking == 0

    @property
    def closing_on(self) -> date:
        """The last day of the financial year, from the name where the content allows it."""
        return closing_day(self)


def read_name(name: str) -> tuple[str, date | None]:
    """Return the SIREN and closing date of a name like 123456789FEC20251231.txt."""
    found = _FILE_NAME.search(PurePath(name).name)
    if not found:
        return "", None
    try:
        return found[1], read_day(found[2])
    except Illegible:
        return found[1], None


def check_name(report: FecReport) -> None:
    """Warn where the file's name and its content disagree; a name refuses nothing."""
    problems = report.problems

    def warn(code: str, message: str) -> None:
        problems.add(code, message, field="nom du fichier", blocking=False)

    if not report.name_siren:
        warn(
            "file_name",
            "Le nom du fichier n’est pas de la forme SIRENFECAAAAMMJJ : indiquez à qui il est.",
        )
        return
    if not is_siren(report.name_siren):
        warn(
            "siren_check_digit",
            f"« {report.name_siren} », lu dans le nom du fichier, n’est pas un SIREN valable.",
        )
    if report.name_closing is None:
        warn("closing_date", "La date de clôture du nom du fichier n’existe pas.")
    elif not _closes(report.name_closing, report) and report.first_on and report.last_on:
        warn(
            "closing_date",
            f"Le nom du fichier annonce une clôture au {french_day(report.name_closing)}, ses "
            f"écritures vont du {french_day(report.first_on)} au {french_day(report.last_on)} : "
            f"l’exercice retenu se termine le {french_day(report.closing_on)}.",
        )


def _closes(day: date, report: FecReport) -> bool:
    """Say whether a financial year ending on `day` can hold the file's lines (24 months at most)."""
    if report.first_on is None or report.last_on is None:
        return not report.opening_days or max(report.opening_days) <= day
    return report.last_on <= day and report.first_on > _years_before(day, 2)


def opening_day(report: FecReport) -> date | None:
    """Return the first day of the financial year where the *à-nouveaux* tell it: all on one day."""
    if len(report.opening_days) != 1:
        return None
    [day] = report.opening_days
    return day if report.first_on is None or day <= report.first_on else None


def closing_day(report: FecReport) -> date:
    """Return the last day of the financial year of a file.

    An export made during the year carries the day of the export in its name: the day of the
    *à-nouveaux* then tells the year. Without them the name is believed if the lines fit in it;
    without a name that fits, the civil year of the last line, or its month's end.
    """
    opened = opening_day(report)
    last = report.last_on or (max(report.opening_days) if report.opening_days else None)
    assert last is not None, "a file without lines has no financial year"
    if opened is not None:
        twelve_months = _years_before(opened, -1) - timedelta(days=1)
        if last <= twelve_months and (
            report.name_closing is None or report.name_closing <= twelve_months
        ):
            return twelve_months
    if report.name_closing is not None and _closes(report.name_closing, report):
        return report.name_closing
    first = report.first_on or last
    if first.year == last.year:
        return date(last.year, 12, 31)
    if first > _years_before(last, 1):
        following = _years_before(first.replace(day=1), -1) - timedelta(days=1)
        return max(following, last)
    return last


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
