"""Keeping the documents that say what a sum pays, and tying them to their line.

A document is read at once, and refused with its reason where it says nothing; the next run uses it as
evidence. Tied to no line, it finds its own by its sum and its day.
"""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from exigible.domain.matching.references import References
from exigible.domain.refusals import Refused, WrongInput
from exigible.intake.remittances import ReadRemittance, UnreadableRemittance, read_remittance
from exigible.operations import queueing
from exigible.operations.acts import By, act_on_house
from exigible.operations.documents import path_of, store_document
from exigible.store.models import BankLine, Claim, Remittance, RemittanceItem

MOST_CENTS = 10**15  # beyond, no sum received


def receive(
    content: bytes | BinaryIO,
    *,
    name: str,
    creditor_id: int,
    line_id: int | None = None,
    kind: str = "",
    by: By,
    at: datetime,
) -> Remittance:
    """Keep a document and what it says; raise WrongInput where nothing can be read of it."""
    with act_on_house(by=by, at=at) as act:
        line = _line(creditor_id, line_id)
        document = store_document(content, name=name, media_type="application/octet-stream", at=at)
        twice = Remittance.objects.filter(
            creditor_id=creditor_id, document__sha256=document.sha256, withdrawn_at=None
        ).first()
        if twice is not None:
            raise Refused(
                "known", f"Ce document est déjà connu : « {twice.filename} ».", field="file"
            )
        try:
            read = read_remittance(path_of(document.sha256), known=_known(creditor_id))
        except UnreadableRemittance as error:
            raise WrongInput(error.code, error.message, field="file") from None
        made = _keep(read, creditor_id, document.pk, name, kind, line, by, at)
        act.journal(
            "remittance_received",
            f"remittance:{made.pk}",
            file=made.filename,
            sha256=document.sha256,
            items=len(read.items),
            gross_cents=made.gross_cents,
            fees_cents=made.fees_cents,
            bank_line=line_id,
        )
        queueing.queue_matching(creditor_id, actor=by.actor)
    return made


def tie(remittance_id: int, line_id: int | None, *, by: By, at: datetime) -> Remittance:
    """Tie a document to a line, or to none."""
    with act_on_house(by=by, at=at) as act:
        paper = Remittance.objects.select_for_update(of=("self",)).get(pk=remittance_id)
        if paper.withdrawn_at is not None:
            raise Refused("withdrawn", "Ce document est retiré.")
        paper.line = _line(paper.creditor_id, line_id)
        paper.save(update_fields=["line"])
        act.journal("remittance_tied", f"remittance:{paper.pk}", bank_line=line_id)
        queueing.queue_matching(paper.creditor_id, actor=by.actor)
    return paper


def withdraw(remittance_id: int, *, by: By, at: datetime) -> Remittance:
    """Withdraw a document: it is evidence no more. What it settled stays."""
    with act_on_house(by=by, at=at) as act:
        paper = Remittance.objects.select_for_update(of=("self",)).get(pk=remittance_id)
        if paper.withdrawn_at is not None:
            raise Refused("withdrawn", "Ce document est déjà retiré.")
        paper.withdrawn_at = at
        paper.save(update_fields=["withdrawn_at"])
        act.journal("remittance_withdrawn", f"remittance:{paper.pk}")
        queueing.queue_matching(paper.creditor_id, actor=by.actor)
    return paper


def _line(creditor_id: int, line_id: int | None) -> BankLine | None:
    if line_id is None:
        return None
    line = BankLine.objects.filter(pk=line_id, creditor_id=creditor_id).first()
    if line is None:
        raise WrongInput("line", "Cette ligne n’est pas du même créancier.", field="line")
    return line


def _keep(
    read: ReadRemittance,
    creditor_id: int,
    document_id: int,
    name: str,
    kind: str,
    line: BankLine | None,
    by: By,
    at: datetime,
) -> Remittance:
    if not 0 < read.gross_cents <= MOST_CENTS:
        raise WrongInput(
            "sum", "Les montants de ce document ne font pas une somme reçue.", field="file"
        )
    if read.fees_cents > read.gross_cents:
        raise WrongInput(
            "fees",
            "Les frais de ce document dépassent ses montants. Vérifiez ses colonnes.",
            field="file",
        )
    with transaction.atomic():
        made = Remittance.objects.create(
            creditor_id=creditor_id,
            kind=kind or read.kind,
            document_id=document_id,
            filename=name[:200],
            sender=read.sender,
            reference=read.reference,
            dated_on=read.dated_on,
            gross_cents=read.gross_cents,
            fees_cents=read.fees_cents,
            line=line,
            recorded_by=by.actor,
            recorded_at=at,
        )
        RemittanceItem.objects.bulk_create(
            RemittanceItem(
                remittance=made,
                rank=rank,
                reference=item.reference[:200],
                debtor=item.debtor[:200],
                amount_cents=item.cents,
            )
            for rank, item in enumerate(read.items)
        )
    return made


class _KnownNumbers:
    """The numbers of a creditor's claims, recognised as the engine does, whatever their form."""

    def __init__(self, creditor_id: int) -> None:
        self._references = References()
        refs = (
            Claim.objects.filter(account__creditor_id=creditor_id)
            .exclude(ref="")
            .filter(balance_cents__gt=0)
            .values_list("ref", flat=True)
        )
        for place, ref in enumerate(refs.iterator(chunk_size=5000)):
            self._references.add(place, ref)

    def __call__(self, number: str) -> bool:
        return bool(self._references.read((number,)).cited)


def _known(creditor_id: int) -> _KnownNumbers:
    return _KnownNumbers(creditor_id)
