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

from exigible.domain.french import day, euros
from exigible.domain.terms import due_date
from exigible.intake.einvoice import codes
from exigible.intake.einvoice.pdf import PdfReader
from exigible.intake.einvoice.reading import Received, read_file
from exigible.intake.einvoice.summary import Summary, merged
from exigible.intake.formats import Format
from exigible.intake.problems import Problems, Unreadable
from exigible.intake.report import ImportReport, in_order, refused
from exigible.operations import figures, invoice_statuses, journal
from exigible.operations.customer_import import lock_accounts
from exigible.operations.documents import NewDocument, store_documents
from exigible.operations.einvoice_matching import Book, KnownAccount, KnownClaim, KnownInvoice
from exigible.operations.einvoice_prepared import Prepared, prepared, sold_by
from exigible.operations.einvoice_writing import EINVOICE, Row, Writer
from exigible.operations.ledger_import import Progress
from exigible.store.bulk import copy_rows
from exigible.store.models import Creditor, DueOnSource, EInvoiceExhibit, ImportBatch

CHUNK = 250
Place = tuple[int, int]  # which file of the batch, which document of it


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


class RefusedInvoices(Unreadable):
    """A file entirely read, with what refuses it."""

    def __init__(self, report: ImportReport) -> None:
        assert report.error is not None
        super().__init__(report.error)
        self.report = report


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

    def run(self) -> ImportReport:
        with PdfReader() as self.pdf:
            taken = self._read()
            report = merged(self.reports, self.batch.format, self.batch.filename)
            if not report.accepted:
                raise RefusedInvoices(report)
            book = Book(self.creditor, [one for one in taken if one.buyer is not None])
            invoices = [
                one
                for one in _once(taken)
                if one.buyer is not None and one.sha256 not in book.documents
            ]
            self._match(book, invoices)
            self._write_documents(invoices)
            statuses = [one for one in taken if one.statuses]
            said = invoice_statuses.record(
                self.batch, self.creditor, statuses, self._documents_of(statuses), at=self.at
            )
        linked, tasks = invoice_statuses.link(self.creditor, on=self.on, at=self.at)
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

    # --- matching ----------------------------------------------------------------------------------

    def _match(self, book: Book, invoices: Sequence[Prepared]) -> None:
        self.progress("Rapprochement", 0, 1)
        found = self._accounts(book, invoices)
        lock_accounts(set(found.values()))
        for invoice in sorted(invoices, key=lambda one: (one.cents < 0, one.issued_on, one.place)):
            account = book.accounts[found[invoice.place]]
            claim, credit = self._take(book, invoice, account)
            self.links[invoice.place] = (account.id, claim, credit)
            assert invoice.issued_on is not None
            book.invoices.setdefault(
                (invoice.key, invoice.issued_on),
                KnownInvoice(account.id, claim, credit, invoice.cents, invoice.currency),
            )
            assert invoice.buyer is not None
            self.writer.complete_debtor(account, invoice.buyer)
            self._tell_identity(account, invoice)
        self.writer.flush()

    def _accounts(self, book: Book, invoices: Sequence[Prepared]) -> dict[Place, int]:
        """Return the account of each invoice; those that nothing knows are opened together."""
        found: dict[Place, int] = {}
        unknown: dict[str, list[Prepared]] = {}
        for invoice in invoices:
            account_id = self._known_account(book, invoice)
            if account_id is not None:
                found[invoice.place] = account_id
                continue
            buyer = invoice.buyer
            assert buyer is not None
            who = buyer.siren or buyer.vat_number or buyer.key
            unknown.setdefault(who, []).append(invoice)
        buyers = [group[0].buyer for group in unknown.values()]
        opened = self.writer.open_accounts(
            [(buyer, book.debtor_elsewhere(buyer)) for buyer in buyers if buyer is not None]
        )
        for account, group in zip(opened, unknown.values(), strict=True):
            book.learn(account)
            for invoice in group:
                found[invoice.place] = account.id
        return found

    def _known_account(self, book: Book, invoice: Prepared) -> int | None:
        assert invoice.issued_on is not None
        assert invoice.buyer is not None
        known = book.invoices.get((invoice.key, invoice.issued_on))
        if known is not None:
            return known.account_id
        same = book.claim_of(invoice)[0] if invoice.cents > 0 else book.credit_of(invoice)
        if same is not None:
            return same.account_id
        account = book.account_of(invoice.buyer)
        return account.id if account else None

    def _take(
        self, book: Book, invoice: Prepared, account: KnownAccount
    ) -> tuple[int | None, int | None]:
        """Return the claim or the credit that a document is, opened if it is new."""
        assert invoice.issued_on is not None
        known = book.invoices.get((invoice.key, invoice.issued_on))
        if known is not None:
            if (known.amount_cents, known.currency) != (invoice.cents, invoice.currency):
                self._tell_difference(invoice, account, known.amount_cents, known.currency)
            return known.claim_id, known.payment_id
        if invoice.cents == 0:
            return None, None
        if invoice.in_doubt:
            self.writer.ask(
                account.id,
                f"Facture {invoice.number} : ses totaux se contredisent ; vérifier qu’il est dû "
                f"{_sum(invoice.cents, invoice.currency)}.",
            )
        if invoice.cents < 0:
            return None, self._take_credit(book, invoice, account)
        return self._take_claim(book, invoice, account), None

    def _take_claim(self, book: Book, invoice: Prepared, account: KnownAccount) -> int:
        claim, differs = book.claim_of(invoice)
        if claim is not None:
            self._complete(claim, invoice, account, differs)
            return claim.id
        if book.named_elsewhere(invoice):
            self.problems.add(
                "same_number",
                f"Une autre créance porte déjà le numéro {invoice.number}, à un autre montant et une autre "
                "date : c’est une nouvelle créance. Vérifiez qu’il n’y en a pas une de trop.",
                field=invoice.name,
                blocking=False,
            )
        assert invoice.issued_on is not None
        due_on, source = invoice.due_on, DueOnSource.STATED
        if due_on is None:
            days, method = invoice.terms or (account.term_days, account.term_method)
            due_on, source = due_date(invoice.issued_on, days, method), DueOnSource.DERIVED
        claim_id = self.writer.open_claim(
            invoice, account.id, _label(invoice), due_on, source.value
        )
        opened = KnownClaim(
            claim_id, account.id, invoice.key, invoice.issued_on, due_on, source, invoice.cents,
            invoice.cents, invoice.currency,
        )  # fmt: skip
        book.claims[invoice.key].append(opened)
        if invoice.corrects:
            self._tell_correction(book, invoice, account)
        return claim_id

    def _complete(
        self, claim: KnownClaim, invoice: Prepared, account: KnownAccount, differs: str
    ) -> None:
        """Give a known claim what the document adds; tell what differs."""
        assert invoice.issued_on is not None
        self.writer.note(account.id, "linked")
        if invoice.due_on and claim.source == DueOnSource.DERIVED:
            self.writer.state_due_date(claim.id, account.id, invoice.due_on)
        elif invoice.due_on and invoice.due_on != claim.due_on:
            self.problems.add(
                "due_date_differs",
                f"Facture {invoice.number} : échéance au {day(invoice.due_on)} dans le document, au "
                f"{day(claim.due_on)} au compte {account.number}. Celle du compte est gardée.",
                field=invoice.name,
                blocking=False,
            )
        if claim.issued_on is None:
            self.writer.state_issue_date(claim.id, invoice.issued_on)
        if differs == "amount":
            self._tell_difference(invoice, account, claim.amount_cents, claim.currency)
        elif differs == "date":
            assert claim.issued_on is not None
            self.problems.add(
                "date_differs",
                f"Facture {invoice.number} : datée du {day(invoice.issued_on)} dans le document, du "
                f"{day(claim.issued_on)} au compte {account.number}.",
                field=invoice.name,
                blocking=False,
            )

    def _take_credit(self, book: Book, note: Prepared, account: KnownAccount) -> int:
        known = book.credit_of(note)
        if known is not None:
            self.writer.note(account.id, "linked")
            return known.id
        payment_id = self.writer.open_credit(note, account.id, _label(note))
        claim = book.preceding_claim(note, account.id)
        if claim is not None and claim.balance_cents > 0:
            used = min(-note.cents, claim.balance_cents)
            self.writer.use_credit(note, account.id, payment_id, claim.id, used)
            claim.balance_cents -= used
        elif note.preceding:
            self.problems.add(
                "preceding_unknown",
                f"L’avoir {note.number} vise une facture qui n’est pas ouverte au compte {account.number} : "
                "il y reste en crédit non affecté.",
                field=note.name,
                blocking=False,
            )
        return payment_id

    def _tell_difference(
        self, invoice: Prepared, account: KnownAccount, cents: int, currency: str
    ) -> None:
        words = (
            f"Facture {invoice.number} : {_sum(invoice.cents, invoice.currency)} dans le document, "
            f"{_sum(cents, currency)} au compte {account.number}."
        )
        self.problems.add(
            "amount_differs",
            f"{words} La créance reste celle du compte ; une tâche demande de vérifier.",
            field=invoice.name,
            blocking=False,
        )
        self.writer.ask(account.id, f"{words} Vérifier laquelle est la bonne.")

    def _tell_correction(self, book: Book, invoice: Prepared, account: KnownAccount) -> None:
        """A corrected invoice replaces another: chasing both would claim the sum twice."""
        replaced = book.preceding_claim(invoice, account.id)
        if replaced is not None and replaced.balance_cents > 0:
            self.writer.ask(
                account.id,
                f"La facture {invoice.number} rectifie et remplace une facture encore ouverte de "
                f"{_sum(replaced.balance_cents, replaced.currency)} : suspendre celle-ci jusqu’à son avoir.",
            )
        elif replaced is None:
            self.writer.ask(
                account.id,
                f"La facture {invoice.number} rectifie une facture introuvable au compte : vérifier "
                "laquelle elle remplace, pour ne pas réclamer deux fois.",
            )

    def _tell_identity(self, account: KnownAccount, invoice: Prepared) -> None:
        buyer = invoice.buyer
        if buyer is not None and buyer.siren and account.siren and buyer.siren != account.siren:
            self.problems.add(
                "siren_differs",
                f"Facture {invoice.number} : l’acheteur a le SIREN {buyer.siren}, le débiteur du compte "
                f"{account.number} le SIREN {account.siren}. Vérifiez à qui elle est.",
                field=invoice.name,
                blocking=False,
            )

    # --- documents ---------------------------------------------------------------------------------

    def _write_documents(self, invoices: Sequence[Prepared]) -> None:
        """Keep the documents and their exhibits; what a zip holds is read again, a part at a time."""
        self._write_chunk([(one, None) for one in invoices if not one.to_read_again])
        wanted = {one.place: one for one in invoices if one.to_read_again}
        chunk: list[tuple[Prepared, Received | None]] = []
        done = 0
        for number in sorted({place[0] for place in wanted}):
            for place, received in enumerate(self._documents(self.sources[number], Problems())):
                if (number, place) in wanted:
                    chunk.append((wanted[number, place], received))
                if len(chunk) >= CHUNK:
                    self._write_chunk(chunk)
                    done += len(chunk)
                    chunk = []
                    self.progress("Conservation des documents", done, len(wanted))
        self._write_chunk(chunk)

    def _write_chunk(self, chunk: Sequence[tuple[Prepared, Received | None]]) -> None:
        if not chunk:
            return
        new: list[NewDocument] = []
        for one, received in chunk:
            if one.document_id is None:
                assert received is not None
                new.append(NewDocument(received.content, one.name, one.media_type))
            for exhibit in received.exhibits if received is not None else ():
                assert exhibit.content is not None
                name = exhibit.filename or exhibit.reference or "piece"
                new.append(NewDocument(exhibit.content, name, exhibit.media_type or _UNKNOWN))
        stored = iter(store_documents(new, at=self.at))
        ids = self.writer.einvoice_ids(len(chunk))
        rows: list[Row] = []
        exhibits = []
        for einvoice_id, (one, received) in zip(ids, chunk, strict=True):
            document_id = one.document_id if one.document_id is not None else next(stored).pk
            rows.append(self._row(einvoice_id, one, document_id))
            exhibits += [
                EInvoiceExhibit(
                    einvoice_id=einvoice_id,
                    document=next(stored),
                    reference=exhibit.reference[:200],
                    description=exhibit.description[:1000],
                )
                for exhibit in (received.exhibits if received is not None else ())
            ]
            account_id = self.links[one.place][0]
            self.writer.note(account_id, "einvoices")
            if received is not None and received.exhibits:
                self.writer.note(account_id, "exhibits", len(received.exhibits))
        copy_rows("store_einvoice", EINVOICE, rows)
        EInvoiceExhibit.objects.bulk_create(exhibits)

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
            new = [
                ((number, place), NewDocument(received.content, received.name, received.media_type))
                for place, received in enumerate(self._documents(self.sources[number], Problems()))
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


def _label(invoice: Prepared) -> str:
    words = codes.type_label(invoice.type_code)
    order = invoice.facts.get("order")
    label = f"{words[0].upper()}{words[1:]}"
    return f"{label} · commande {order}"[:200] if order else label


def _sum(cents: int, currency: str) -> str:
    if currency == "EUR":
        return euros(cents)
    return f"{euros(cents).removesuffix('€').rstrip()} {currency}"


_UNKNOWN = "application/octet-stream"
