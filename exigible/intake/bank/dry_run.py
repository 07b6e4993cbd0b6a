"""What a bank file holds, said without creditor nor database; and the same counts for an import."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exigible.intake.bank.files import open_file
from exigible.intake.bank.shapes import BankFile, BankStatement, Kind
from exigible.intake.bank.table import TableFile
from exigible.intake.mapping.grids import Grid
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Problems, Unreadable
from exigible.intake.report import ImportReport, in_euros, refused


def dry_run(
    path: Path,
    name: str,
    format_: str,
    *,
    partial: bool = False,
    mapping: Mapping | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportReport:
    """Read a bank file to its end and say what it holds; one that cannot be read is refused."""
    file = open_file(path, format_, partial=partial, mapping=mapping, on_bytes=on_bytes)
    return _read(file, name)


def dry_run_table(path: Path, name: str, mapping: Mapping, *, grid: Grid) -> ImportReport:
    """Say what a table, open already (or its first lines alone), holds through a mapping."""
    return _read(TableFile(path, Problems(), mapping=mapping, grid=grid), name)


def _read(file: BankFile, name: str) -> ImportReport:
    try:
        for _ in file.lines():
            pass
    except Unreadable as error:
        return refused(file.format, name, error)
    return report_of(file, name)


def report_of(file: BankFile, name: str) -> ImportReport:
    """Return the report of a bank file entirely read."""
    counts: Counter[str] = Counter(statements=0, lines=0, returns=0)
    totals: dict[str, dict[str, int]] = {}
    for statement in file.statements:
        if statement.repeats is not None:
            continue
        counts["statements"] += 1
        counts["lines"] += statement.lines
        counts["returns"] += statement.returns
        counts["details"] += statement.details
        counts["pending"] += statement.pending
        counts["checked"] += statement.is_checked
        credit, debit = (
            ("announced", "rejected") if statement.kind is Kind.STATUS else ("credit", "debit")
        )
        if statement.kind is not Kind.STATUS or statement.lines:
            currency = statement.currency or "EUR"
            totals.setdefault(credit, defaultdict(int))[currency] += statement.credit_cents
            totals.setdefault(debit, defaultdict(int))[currency] += statement.debit_cents
    days = [day for s in file.statements for day in (s.first_on, s.last_on) if day]
    report = ImportReport(
        format=file.format,
        filename=name,
        encoding=file.encoding,
        delimiter=file.delimiter,
        columns=file.columns,
        first_on=min(days, default=None),
        last_on=max(days, default=None),
        counts=dict(counts),
        totals={kind: dict(by_currency) for kind, by_currency in totals.items()},
        statements=[as_json(statement) for statement in file.statements],
    )
    report.take(file.problems)
    return report


def as_json(statement: BankStatement) -> dict[str, Any]:
    """Return a statement for the outside contract."""

    def euros(amount: int | None) -> str | None:
        return None if amount is None else in_euros(amount)

    def iso(day: Any) -> str | None:
        return day.isoformat() if day else None

    return {
        "kind": statement.kind.value,
        "account": statement.account or None,
        "iban": statement.iban or None,
        "currency": statement.currency or None,
        "number": statement.number or None,
        "reference": statement.reference or None,
        "from": iso(statement.first_on or statement.opening_on),
        "to": iso(statement.last_on or statement.closing_on),
        "opening": euros(statement.opening_cents),
        "credit": in_euros(statement.credit_cents),
        "debit": in_euros(statement.debit_cents),
        "closing": euros(statement.closing_cents),
        "lines": statement.lines,
        "returns": statement.returns,
        "checked": statement.is_checked,
    }
