"""Bringing electronic invoices in: read and checked whole, then written in one transaction.

Each invoice is one claim, whichever road brought it first (`einvoice_matching`): a known one is completed
(due date, buyer, exhibits), a new one is opened. Where it differs from what is known, nothing known
moves: the difference is a problem of the import and a task on the account. A credit note that names its
invoice is set on it. Statuses are in `invoice_statuses`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from exigible.intake.einvoice.model import Attachment
from exigible.intake.einvoice.pdf import PdfReader
from exigible.intake.einvoice.reading import Received, contents, exhibits_of, read_file
from exigible.intake.einvoice.summary import Summary, merged
from exigible.intake.formats import Format
from exigible.intake.problems import Problems, Unreadable
from exigible.intake.report import ImportReport, RefusedFile, in_order, refused
from exigible.operations import exhibit_intake, figures, invoice_statuses, journal
from exigible.operations.documents import NewDocument, store_documents
from exigible.operations.einvoice_matching import Book
from exigible.operations.einvoice_prepared import Place, Prepared, prepared, sold_by
from exigible.operations.einvoice_taking import Taking
from exigible.operations.einvoice_writing import EINVOICE, Row, Writer
from exigible.operations.ledger_import import Progress
from exigible.store.bulk import copy_rows
from exigible.store.models import Creditor, EInvoiceExhibit, ImportBatch, StoredDocument

CHUNK = 250  # documents between two words on how far the reading is
STORED_AT_ONCE, BYTES_AT_ONCE = 2000, 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the batch: where it is kept, its name, the row that keeps it."""

    path: Path
    name: str
    document_id: int
    format: Format
    chosen: str = ""  # the format that a person announced

    @property
    def is_archive(self) -> bool:
        return self.format is Format.EINVOICES


def import_einvoices(
    batch: ImportBatch,
    creditor: Creditor,
    sources: Sequence[Source],
    *,
    partial: bool,
    on: date,
    at: datetime,
    progress: Progress,
) -> ImportReport:
    """Take files of electronic invoices, in the caller's transaction and under the creditor's lock.

    Raise Unreadable, with nothing written, for what may not be taken.
    """
    return _Import(batch, creditor, sources, partial=partial, on=on, at=at, progress=progress).run()


class _Import:
    def __init__(
        self,
        batch: ImportBatch,
        creditor: Creditor,
        sources: Sequence[Source],
        *,
        partial: bool,
        on: date,
        at: datetime,
        progress: Progress,
    ) -> None:
        self.batch = batch
        self.creditor = creditor
        self.sources = sources
        self.partial = partial
        self.on = on
        self.at = at
        self.progress = progress
        self.problems = Problems(partial=True)  # met while comparing: none refuses anything
        self.reports: list[ImportReport] = []  # one a file
        self.writer = Writer(batch.pk, creditor, on, at)
        self.links: dict[Place, tuple[int, int | None, int | None]] = {}  # account, claim, credit
        self.carried: list[tuple[StoredDocument, int]] = []  # exhibits, the account of each

    def run(self) -> ImportReport:
        with PdfReader() as self.pdf:
            taken = self._read()
            report = merged(self.reports, self.batch.format, self.batch.filename)
            if not report.accepted:
                assert report.error is not None
                raise RefusedFile(report, report.error)
            book = Book(self.creditor, [one for one in taken if one.buyer is not None])
            invoices = [
                one
                for one in _once(taken)
                if one.buyer is not None and one.sha256 not in book.documents
            ]
            self.progress("Rapprochement", 0, 1)
            taking = Taking(book, self.writer, self.problems)
            taking.take(invoices)
            self.links = taking.links
            self._write_documents(invoices)
            exhibit_intake.receive_stored(self.carried, creditor_id=self.creditor.pk, at=self.at)
            statuses = [one for one in taken if one.statuses]
            said = invoice_statuses.record(
                self.batch, self.creditor, statuses, self._documents_of(statuses), at=self.at
            )
        linked, tasks = invoice_statuses.link(self.batch, self.creditor, on=self.on, at=self.at)
        return self._finish(report, said, linked, tasks)

    # --- reading -----------------------------------------------------------------------------------

    def _read(self) -> list[Prepared]:
        """Read every document; keep those of the files that may be taken, without their bytes."""
        taken: list[Prepared] = []
        for number, source in enumerate(self.sources):
            summary = Summary(source.format, source.name, partial=self.partial)
            ready: list[Prepared] = []
            try:
                for place, received in enumerate(self._documents(source, summary.problems)):
                    if received.accepted:
                        self._check_seller(received)
                    summary.add(received)
                    if received.accepted:
                        document_id = None if source.is_archive else source.document_id
                        ready.append(prepared(received, (number, place), document_id=document_id))
                        _tell_payee(ready[-1], summary.problems)
                    if place % CHUNK == 0:
                        self.progress("Lecture des factures", max(number, place), 0)
                report = summary.finished()
            except Unreadable as error:
                report = refused(source.format, source.name, error)
            if report.accepted and not ready and report.counts["refused"]:
                report.accepted, report.error = False, report.problems[0]
            self.reports.append(report)
            if report.accepted:
                taken += ready
        return taken

    def _documents(self, source: Source, problems: Problems) -> Iterator[Received]:
        return read_file(
            source.path,
            source.name,
            format_="" if source.is_archive else source.chosen,
            pdf=self.pdf,
            problems=problems,
        )

    def _check_seller(self, received: Received) -> None:
        """Refuse what another company sold; a status says it by its SIREN."""
        if received.invoice is not None:
            if not sold_by(self.creditor, received.invoice.seller):
                seller = received.invoice.seller
                received.problems.add(
                    "seller",
                    f"Cette facture est de {seller.name if seller and seller.name else 'un vendeur sans nom'}, "
                    f"pas de {self.creditor.name} (SIREN {self.creditor.siren or 'inconnu'}). Choisissez le "
                    "bon créancier, ou créez-le.",
                    line=received.invoice.at.get("seller"),
                    field="seller",
                )
            return
        for status in received.statuses:
            known = {status.seller_siren, status.seller_id[:9]} - {""}
            if known and self.creditor.siren and self.creditor.siren not in known:
                received.problems.add(
                    "seller",
                    f"Ce statut concerne une facture du vendeur {status.seller_id or status.seller_siren}, pas de "
                    f"{self.creditor.name} (SIREN {self.creditor.siren}).",
                    line=status.line,
                    field="seller",
                )

    # --- documents ---------------------------------------------------------------------------------

    def _write_documents(self, invoices: Sequence[Prepared]) -> None:
        """Keep the documents and their exhibits; what a zip holds is read again, a part at a time."""
        self._write_chunk([(one, b"") for one in invoices if not one.to_read_again])
        wanted = {one.place: one for one in invoices if one.to_read_again}
        chunk: list[tuple[Prepared, bytes]] = []
        done = size = 0
        for number in sorted({place[0] for place in wanted}):
            source = self.sources[number]
            for place, (_, content) in enumerate(contents(source.path, source.name)):
                if (number, place) not in wanted:
                    continue
                chunk.append((wanted[number, place], content))
                size += len(content)
                if len(chunk) >= STORED_AT_ONCE or size > BYTES_AT_ONCE:
                    self._write_chunk(chunk)
                    done += len(chunk)
                    chunk, size = [], 0
                    self.progress("Conservation des documents", done, len(wanted))
        self._write_chunk(chunk)

    def _write_chunk(self, chunk: Sequence[tuple[Prepared, bytes]]) -> None:
        if not chunk:
            return
        new: list[NewDocument] = []
        carried: list[list[Attachment]] = []
        for one, content in chunk:
            if one.document_id is None:
                new.append(NewDocument(content, one.name, one.media_type))
            files = exhibits_of(content, one.name, pdf=self.pdf) if one.exhibits else []
            carried.append(files)
            for exhibit in files:
                assert exhibit.content is not None
                name = exhibit.filename or exhibit.reference or "piece"
                new.append(NewDocument(exhibit.content, name, exhibit.media_type or _UNKNOWN))
        stored = iter(store_documents(new, at=self.at))
        ids = self.writer.einvoice_ids(len(chunk))
        rows: list[Row] = []
        exhibits: list[EInvoiceExhibit] = []
        carried_on: list[int] = []  # the account of each
        for einvoice_id, (one, _), files in zip(ids, chunk, carried, strict=True):
            document_id = one.document_id if one.document_id is not None else next(stored).pk
            rows.append(self._row(einvoice_id, one, document_id))
            exhibits += [
                EInvoiceExhibit(
                    einvoice_id=einvoice_id,
                    document=next(stored),
                    reference=exhibit.reference[:200],
                    description=exhibit.description[:1000],
                )
                for exhibit in files
            ]
            account_id = self.links[one.place][0]
            self.writer.note(account_id, "einvoices")
            if files:
                self.writer.note(account_id, "exhibits", len(files))
                carried_on += [account_id] * len(files)
        copy_rows("store_einvoice", EINVOICE, rows)
        EInvoiceExhibit.objects.bulk_create(exhibits)
        self.carried += zip((one.document for one in exhibits), carried_on, strict=True)

    def _row(self, einvoice_id: int, one: Prepared, document_id: int) -> Row:
        account_id, claim_id, payment_id = self.links[one.place]
        return (
            einvoice_id, self.creditor.pk, account_id, claim_id, payment_id, self.batch.pk, document_id,
            one.sha256, one.name, one.format, one.profile, one.number, one.key, one.type_code,
            one.issued_on, one.due_on, one.currency, one.cents, one.gross_cents, one.net_cents,
            one.vat_cents, one.in_doubt, one.facts, self.at,
        )  # fmt: skip

    def _documents_of(self, statuses: Sequence[Prepared]) -> dict[Place, int]:
        """Return the rows that keep the messages of statuses; those of a zip are kept now."""
        found = {one.place: one.document_id for one in statuses if one.document_id is not None}
        missing = {one.place: one for one in statuses if one.document_id is None}
        for number in sorted({place[0] for place in missing}):
            source = self.sources[number]
            new = [
                ((number, place), NewDocument(content, name, "application/xml"))
                for place, (name, content) in enumerate(contents(source.path, source.name))
                if (number, place) in missing
            ]
            stored = store_documents([document for _, document in new], at=self.at)
            found |= {place: row.pk for (place, _), row in zip(new, stored, strict=True)}
        return found

    # --- ending ------------------------------------------------------------------------------------

    def _finish(
        self, report: ImportReport, said: int, linked: set[int], tasks: int
    ) -> ImportReport:
        by_account = self.writer.by_account
        touched = sorted(by_account.keys() | linked)
        if touched:
            journal.append_all(
                [
                    journal.Act(
                        account_id=account_id,
                        actor=f"import:{self.batch.pk}",
                        action="einvoices_imported",
                        subject=f"import:{self.batch.pk}",
                        facts={"file": self.batch.filename, **by_account.get(account_id, {})},
                    )
                    for account_id in touched
                ],
                at=self.at,
            )
            self.progress("Calcul des comptes", 0, 1)
            invoice_statuses.count_acts(touched)
            figures.refresh(touched, self.on)
        written = self.writer.written
        written["statuses"] += said
        written["tasks"] += tasks
        report.written = {name: number for name, number in written.items() if number}
        report.unchanged = not report.written
        for one in self.reports:
            mine = [problem for problem in self.problems.listed if problem.field == one.filename]
            if one is not report and mine:
                one.problems = in_order([*one.problems, *mine])
                one.problem_count += len(mine)
        report.problems = in_order([*report.problems, *self.problems.listed])
        report.problem_count += self.problems.count
        report.parts = self.reports if len(self.reports) > 1 else []
        return report


def _tell_payee(ready: Prepared, problems: Problems) -> None:
    if ready.payee:
        problems.add(
            "payee",
            f"La facture {ready.number} est à payer à {ready.payee} (affacturage ou mandat) : vérifiez qui "
            "peut la réclamer avant de relancer.",
            field=ready.name,
            blocking=False,
        )


def _once(documents: Sequence[Prepared]) -> Iterator[Prepared]:
    """Yield each document once, however many times the file holds it."""
    seen: set[str] = set()
    for one in documents:
        if one.sha256 not in seen:
            seen.add(one.sha256)
            yield one


_UNKNOWN = "application/octet-stream"
