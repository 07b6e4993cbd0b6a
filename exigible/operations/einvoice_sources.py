"""The files of an import of electronic invoices: kept, found again, and whose they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from exigible.intake.einvoice.pdf import PdfReader
from exigible.intake.einvoice.reading import read_file
from exigible.intake.einvoice.recognition import recognise
from exigible.intake.formats import Format
from exigible.intake.problems import Problems, Unreadable
from exigible.operations.documents import NewDocument, path_of, store_documents
from exigible.operations.einvoice_import import BYTES_AT_ONCE, STORED_AT_ONCE, Source
from exigible.operations.einvoice_prepared import sold_by
from exigible.store.models import Creditor, ImportBatch, StoredDocument


def store(files: Sequence[Path], *, at: datetime) -> list[StoredDocument]:
    """Keep files under their hashes; return their rows in order."""
    stored: list[StoredDocument] = []
    chunk: list[NewDocument] = []
    size = 0
    for file in files:
        content = file.read_bytes()
        chunk.append(NewDocument(content, file.name, "application/octet-stream"))
        size += len(content)
        if len(chunk) >= STORED_AT_ONCE or size > BYTES_AT_ONCE:
            stored += store_documents(chunk, at=at)
            chunk, size = [], 0
    return [*stored, *store_documents(chunk, at=at)]


def digest_of(documents: Iterable[StoredDocument]) -> str:
    """Return one hash for files taken together: that of theirs, in order."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(bytes.fromhex(document.sha256))
    return digest.hexdigest()


def of_batch(batch: ImportBatch) -> list[Source]:
    """Return the files of an import: its document, or those received together."""
    if batch.document is not None:
        path = path_of(batch.document.sha256)
        chosen = str(batch.options.get("chosen", ""))
        return [
            Source(path, batch.filename, batch.document.pk, Format(chosen or batch.format), chosen)
        ]
    ids: list[int] = batch.options.get("documents", [])
    rows = StoredDocument.objects.in_bulk(ids)
    sources = []
    for document_id in ids:
        row = rows[document_id]
        path = path_of(row.sha256)
        sources.append(Source(path, row.name, row.pk, recognise(path) or Format.CII))
    return sources


def creditor_of(path: Path, creditors: Sequence[Creditor]) -> tuple[Creditor | None, str]:
    """Return which creditor sold the first invoice of a file that can be read, and the seller's words.

    A status says its seller by his SIREN. None where no creditor is the seller.
    """
    with PdfReader() as pdf:
        try:
            for received in read_file(path, path.name, pdf=pdf, problems=Problems()):
                if received.invoice is not None and received.invoice.seller is not None:
                    seller = received.invoice.seller
                    found = next((one for one in creditors if sold_by(one, seller)), None)
                    return found, seller.name
                for status in received.statuses:
                    siren = status.seller_siren or status.seller_id[:9]
                    found = next((one for one in creditors if siren and one.siren == siren), None)
                    return found, siren
        except Unreadable:
            pass
    return None, ""
