"""What a table holds, read whole without writing: the dry run of every kind of table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from exigible.domain.french import euros
from exigible.intake.customers import CustomerRow, read_customers
from exigible.intake.formats import Format
from exigible.intake.lines import TableFile
from exigible.intake.mapping.grids import Grid
from exigible.intake.mapping.model import Mapping
from exigible.intake.open_items import OpenItem, read_open_items
from exigible.intake.problems import Unreadable
from exigible.intake.report import ImportReport, refused
from exigible.intake.table_rows import (
    PaymentLine,
    read_contacts,
    read_disputes,
    read_guarantees,
    read_limits,
    read_payments,
)

Totals = dict[str, Counter[str]]


def dry_run_table(
    path: Path,
    name: str,
    format_: str,
    *,
    mapping: Mapping | None = None,
    partial: bool = False,
    grid: Grid | None = None,
) -> ImportReport:
    """Read a table of a kind and say what it holds; without a mapping, customers and items only.

    `grid` is the file already open, or its first lines alone.
    """
    counts: Counter[str] = Counter()
    totals: Totals = {}
    try:
        file = _open(path, format_, mapping, partial, grid)
        counts[_COUNTED[format_]] = 0
        for row in file.rows:
            counts[_COUNTED[format_]] += not (isinstance(row, OpenItem) and row.is_lettered)
            count_row(row, counts, totals)
    except Unreadable as error:
        return refused(format_, name, error)
    if format_ == Format.OPEN_ITEMS:
        totals.setdefault("open", Counter(EUR=0))
    check_total(file, totals)
    report = table_report(format_, name, file, counts)
    report.totals = {kind: dict(by_currency) for kind, by_currency in totals.items()}
    return report


_COUNTED = {
    Format.CUSTOMERS: "parties",
    Format.CONTACTS: "contacts",
    Format.OPEN_ITEMS: "open_items",
    Format.PAYMENTS: "payments",
    Format.CREDIT_LIMITS: "credit_limits",
    Format.GUARANTEES: "guarantees",
    Format.DISPUTES: "disputes",
}


def _open(
    path: Path, format_: str, mapping: Mapping | None, partial: bool, grid: Grid | None
) -> TableFile[object]:
    readers: dict[str, Callable[..., TableFile[object]]] = {
        Format.CUSTOMERS: read_customers,
        Format.OPEN_ITEMS: read_open_items,
    }
    if format_ in readers:
        return readers[format_](path, partial=partial, mapping=mapping, grid=grid)
    assert mapping is not None, format_
    mapped: dict[str, Callable[..., TableFile[object]]] = {
        Format.CONTACTS: read_contacts,
        Format.PAYMENTS: read_payments,
        Format.CREDIT_LIMITS: read_limits,
        Format.GUARANTEES: read_guarantees,
        Format.DISPUTES: read_disputes,
    }
    return mapped[format_](path, mapping, partial=partial, grid=grid)


def count_row(row: object, counts: Counter[str], totals: Totals) -> None:
    """Add a row to what its table holds."""
    if isinstance(row, CustomerRow):
        counts["with_siren"] += row.siren is not None
        counts["with_address"] += bool(row.address_line1 and row.postcode and row.city)
        counts["with_terms"] += row.term_days is not None
        counts["with_kind"] += row.kind is not None
        counts["contacts"] += len(row.contacts)
    elif isinstance(row, OpenItem):
        cents = row.amount_cents or 0
        if row.is_lettered:
            counts["lettered"] += 1
            totals.setdefault("settled", Counter())[row.currency] += cents
            return
        counts["with_due_date"] += row.due_on is not None
        counts["credits"] += cents < 0
        counts["settled"] += row.settled_on is not None
        totals.setdefault("settled" if row.settled_on else "open", Counter())[row.currency] += cents
    elif isinstance(row, PaymentLine):
        totals.setdefault("received", Counter())[row.currency] += row.amount_cents


def check_total[R](file: TableFile[R], totals: Totals) -> None:
    """Warn where the file's own total is not that of its lines."""
    passed = file.passed
    if passed is None or not passed.total_cents or not totals:
        return
    sums = [sum(by_currency.values()) for by_currency in totals.values()]
    said = set(passed.total_cents.values())
    if {"debit", "credit"} <= passed.total_cents.keys():
        said.add(passed.total_cents["debit"] - passed.total_cents["credit"])
    if said.isdisjoint({*sums, sum(sums)}) and passed.counts["totals"] == 1:
        file.problems.add(
            "total_differs",
            f"Ligne {passed.total_line} : le total écrit dans le fichier n’est pas celui de ses lignes "
            f"({euros(sum(sums))}). Une ligne a peut-être été laissée, ou une colonne mal désignée.",
            line=passed.total_line,
            blocking=False,
        )


def table_report[R](
    format_: str, name: str, file: TableFile[R], counts: Counter[str] | dict[str, int]
) -> ImportReport:
    """Return the report of a table read to its end."""
    report = ImportReport(
        format=format_,
        filename=name,
        encoding=file.encoding,
        columns=file.fields,
        counts={
            key: number for key, number in counts.items() if number or key in _COUNTED.values()
        },
    )
    report.take(file.problems)
    return report
