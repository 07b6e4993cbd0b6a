"""What a file of electronic invoices holds, for its report: counts, totals as stated, documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from exigible.intake.einvoice.parties import identity_of
from exigible.intake.einvoice.pdf import PdfReader
from exigible.intake.einvoice.reading import Received, read_file
from exigible.intake.einvoice.recognition import recognise
from exigible.intake.formats import Format
from exigible.intake.problems import KEPT, Problems, Unreadable
from exigible.intake.report import ImportReport, in_order, refused

DOCUMENTS_LISTED = 1000
STATED = ("net", "vat", "gross", "payable")


class Summary:
    """Adds documents up as they are read; `report` says what they hold."""

    def __init__(self, format_: str, name: str, *, partial: bool = False) -> None:
        self.report = ImportReport(format=format_, filename=name)
        self.problems = Problems(partial=partial)
        self._single = format_ != Format.EINVOICES
        self._counts: Counter[str] = Counter()
        self._totals: dict[str, Counter[str]] = {}
        self._parties: set[object] = set()
        self._encodings: set[str] = set()

    def add(self, received: Received) -> None:
        """Add one document, with its problems; one that is refused adds nothing else."""
        self.add_problems(received)
        if received.encoding:
            self._encodings.add(received.encoding)
        if self._single:
            self.report.format = received.format
        self.report.documents += self._document(received)[
            : DOCUMENTS_LISTED - len(self.report.documents)
        ]
        if not received.accepted:
            self._counts["refused"] += 1
            return
        self._counts["statuses"] += len(received.statuses)
        invoice = received.invoice
        if invoice is None:
            return
        gives_back = received.due is not None and received.due.cents < 0
        self._counts["credit_notes" if gives_back or invoice.is_credit_note else "invoices"] += 1
        self._counts["lines"] += len(invoice.lines)
        self._counts["attachments"] += len(received.exhibits)
        if invoice.buyer is not None:
            who = identity_of(invoice.buyer)
            self._parties.add(who.siren or who.vat_number or invoice.buyer.name)
        for name in STATED:
            amount = getattr(invoice.totals, name) if invoice.totals else None
            if amount is not None:
                self._add_total(name, invoice.currency, amount)
        if gives_back and received.due is not None:
            self._totals.setdefault("credited", Counter())[invoice.currency] -= received.due.cents

    def add_problems(self, received: Received) -> None:
        """Add the problems of a document; those of an archive's name their file."""
        for problem in received.problems.listed:
            self.problems.add(
                problem.code,
                problem.message if self._single else f"{received.name} : {problem.message}",
                line=problem.line,
                field=problem.field if self._single else received.name,
                blocking=problem.blocking,
                excerpt=problem.excerpt,
            )

    def finished(self) -> ImportReport:
        """Return the report of all that was added."""
        report = self.report
        report.encoding = ", ".join(sorted(self._encodings))
        names = ("invoices", "credit_notes", "statuses", "attachments", "lines", "refused")
        report.counts = {name: self._counts[name] for name in names}
        report.counts["parties"] = len(self._parties)
        report.totals = {
            kind: dict(by_currency) for kind, by_currency in self._totals.items() if by_currency
        }
        report.problems = in_order(self.problems.listed)
        report.problem_count = self.problems.count
        report.accepted = self.problems.blocking == 0
        report.error = self.problems.first_blocking
        return report

    def _add_total(self, kind: str, currency: str, amount: Decimal) -> None:
        cents = int(amount.scaleb(2).to_integral_value())
        self._totals.setdefault(kind, Counter())[currency] += cents

    def _document(self, received: Received) -> list[dict[str, object]]:
        """Return what a document is, in a few words; one row a status."""
        if (invoice := received.invoice) is not None:
            totals = invoice.totals
            seller = identity_of(invoice.seller) if invoice.seller else None
            buyer = identity_of(invoice.buyer) if invoice.buyer else None
            return [
                {
                    "file": received.name,
                    "format": str(received.format),
                    "profile": str(invoice.profile),
                    "number": invoice.number,
                    "type": invoice.type_code,
                    "issued_on": invoice.issued_on.isoformat() if invoice.issued_on else None,
                    "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
                    "currency": invoice.currency,
                    **{
                        name: _exact(getattr(totals, name)) if totals else None
                        for name in (*STATED, "prepaid")
                    },
                    "seller": invoice.seller.name if invoice.seller else "",
                    "seller_siren": seller.siren if seller else "",
                    "buyer": invoice.buyer.name if invoice.buyer else "",
                    "buyer_siren": buyer.siren if buyer else "",
                    "attachments": [one.filename or one.reference for one in received.exhibits],
                    "accepted": received.accepted,
                }
            ]
        return [
            {
                "file": received.name,
                "format": str(received.format),
                "number": status.number,
                "status": status.code,
                "label": status.label,
                "at": status.at.isoformat() if status.at else None,
                "seller_siren": status.seller_siren,
                "amounts": [
                    {"kind": kind, "amount": str(amount), "currency": currency}
                    for kind, amount, currency in status.amounts
                ],
                "reasons": [
                    {"code": one.code, "text": one.text, "action": one.action}
                    for one in status.reasons
                ],
                "accepted": received.accepted,
            }
            for status in received.statuses
        ]


def dry_run(
    path: Path,
    name: str,
    *,
    format_: str = "",
    partial: bool = False,
    pdf: PdfReader | None = None,
) -> ImportReport:
    """Read a file of electronic invoices and say what it holds and why it would be refused."""
    format_ = format_ or recognise(path) or Format.CII
    summary = Summary(format_, name, partial=partial)
    single = "" if format_ == Format.EINVOICES else format_
    try:
        if pdf is not None:
            for received in read_file(
                path, name, format_=single, pdf=pdf, problems=summary.problems
            ):
                summary.add(received)
        else:
            with PdfReader() as own:
                for received in read_file(
                    path, name, format_=single, pdf=own, problems=summary.problems
                ):
                    summary.add(received)
    except Unreadable as error:
        return refused(format_, name, error)
    return summary.finished()


def merged(reports: Sequence[ImportReport], format_: str, name: str) -> ImportReport:
    """Return one report of several files: the very one of a single file, else their sums.

    Files taken together stand alone: it is accepted as soon as one of them is.
    """
    if len(reports) == 1:
        return reports[0]
    whole = ImportReport(format=format_, filename=name)
    counts: Counter[str] = Counter()
    totals: dict[str, Counter[str]] = {}
    for report in reports:
        counts.update(report.counts)
        for kind, by_currency in report.totals.items():
            totals.setdefault(kind, Counter()).update(by_currency)
        whole.documents += report.documents[: DOCUMENTS_LISTED - len(whole.documents)]
        whole.problem_count += report.problem_count
        for problem in report.problems[: max(KEPT - len(whole.problems), 0)]:
            message = f"{report.filename} : {problem.message}"
            whole.problems.append(
                replace(problem, message=message, field=report.filename, blocking=False)
            )
    whole.counts = {**counts, "files": len(reports)}
    whole.totals = {kind: dict(by_currency) for kind, by_currency in totals.items()}
    whole.encoding = ", ".join(sorted({one.encoding for one in reports} - {""}))
    whole.accepted = any(report.accepted for report in reports)
    whole.error = None if whole.accepted else next(one.error for one in reports)
    return whole


def _exact(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
