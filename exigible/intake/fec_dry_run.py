"""What a FEC would become, without creditor nor database: the whole reading, nothing written.

The lines of customer accounts are kept in memory here (some 500 bytes each), to be understood
customer by customer exactly as the import does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from exigible.intake.fec import DEFAULT_PREFIXES, FORMAT, FecFile
from exigible.intake.fec_report import FecReport, Posting
from exigible.intake.ledger_plan import Line
from exigible.intake.ledger_replay import plan_account
from exigible.intake.ledger_text import Opener
from exigible.intake.problems import Unreadable
from exigible.intake.receivables import (
    CreditKind,
    customer_number,
    is_opening,
    journal_natures,
    never_chased_reason,
    posted_as,
)
from exigible.intake.report import AccountRow, ImportReport, refused


def dry_run(
    opened: Opener,
    name: str,
    *,
    prefixes: Sequence[str] = DEFAULT_PREFIXES,
    partial: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportReport:
    """Read a FEC and say what it holds; a file that cannot be read is a refused report."""
    try:
        file = FecFile(opened, name, prefixes=prefixes, partial=partial, on_bytes=on_bytes)
        customers: dict[str, list[Posting]] = defaultdict(list)
        for posting in file.postings():
            customers[customer_number(posting.account, posting.auxiliary)].append(posting)
    except Unreadable as error:
        return refused(FORMAT, name, error)
    report = report_of(file.report)
    if file.report.entries and report.accepted:
        count(report, file.report, customers)
    return report


def report_of(read: FecReport) -> ImportReport:
    """Return the report of a file entirely read, but for what its lines amount to."""
    report = ImportReport(
        format=FORMAT,
        filename=read.name,
        encoding=read.shape.label,
        delimiter=read.delimiter,
        columns=read.columns,
        siren=read.name_siren,
        first_on=read.first_on,
        last_on=read.last_on,
        counts={
            "entries": read.entries,
            "followed_lines": read.followed_lines,
            "lettered_lines": read.lettered_lines,
            "lettered_groups": len(read.lettered_groups),
        },
        totals={"debit": {"EUR": read.debit_cents}, "credit": {"EUR": read.credit_cents}},
        accounts=[
            AccountRow(account, auxiliary, totals.label, totals.debit_cents, totals.credit_cents)
            for (account, auxiliary), totals in sorted(read.accounts.items())
        ],
    )
    report.take(read.problems)
    if read.first_on or read.opening_days:
        report.closing_on = read.closing_on
    names: dict[str, tuple[str, bool]] = {}
    for row in report.accounts:
        number = customer_number(row.account, row.auxiliary)
        names.setdefault(number, (row.name, bool(row.auxiliary)))
    report.counts["parties"] = len(names)
    report.never_chased = [
        (number, reason)
        for number, (name, has_auxiliary) in names.items()
        if (reason := never_chased_reason(name, has_auxiliary=has_auxiliary))
    ]
    return report


def count(report: ImportReport, read: FecReport, customers: dict[str, list[Posting]]) -> None:
    """Add what the lines amount to: claims, payments, credit notes, settlements."""
    counts = report.counts
    for name in ("claims", "payments", "credit_notes", "settlements", "openings"):
        counts[name] = 0
    while customers:
        _, postings = customers.popitem()
        lines = lines_of(read, postings)
        plan = plan_account(lines)
        notes = sum(credit.kind is CreditKind.CREDIT_NOTE for credit in plan.payments)
        counts["claims"] += len(plan.claims)
        counts["credit_notes"] += notes
        counts["payments"] += len(plan.payments) - notes
        counts["settlements"] += len(plan.groups)
        counts["openings"] += sum(line.opening for line in lines)


def lines_of(read: FecReport, postings: Sequence[Posting]) -> list[Line]:
    """Return the lines of a customer as the replay wants them; `read` is a file read to its end."""
    natures = journal_natures(read.journal_masks, read.journal_labels)
    lines = []
    for posting in postings:
        nature = posted_as(
            read.unit_masks[posting.unit],
            natures[posting.journal],
            is_debit=posting.debit_cents >= posting.credit_cents,
        )
        lines.append(
            Line(
                token=posting.line,
                order=(len(posting.entry_num), posting.entry_num, b"", posting.line),
                fy=read.closing_on,
                journal=posting.journal,
                entry_num=posting.entry_num,
                on=posting.entry_date,
                ledger_account=posting.account,
                piece_ref=posting.piece_ref,
                piece_date=posting.piece_date,
                label=posting.label,
                cents=posting.debit_cents - posting.credit_cents,
                code=posting.lettering,
                opening=is_opening(posting.opening, nature),
                posted_as=nature,
            )
        )
    return lines
