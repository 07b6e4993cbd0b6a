"""Letter batches: the day's letters of a creditor in one file for the printer.

Building is repeatable: an unprinted batch of the same creditor, day and channel is made again, its
letters checked from the facts, those that must not leave taken out with the reason. Each letter's
own PDF is kept as proof; the batch's file joins those very pages behind a slip. Letters leave when
someone says that the batch went to the post; what changed since it was built is shown first.
"""

from __future__ import annotations

import contextlib
from datetime import date, datetime
from itertools import batched

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from exigible.channels.email.formatting import one_line
from exigible.documents.letters import REGISTERED, SlipLine, joined, letter_pdf, slip_pdf
from exigible.documents.typesetting import MEDIA_TYPE, page_count
from exigible.domain.french import count, euros
from exigible.domain.refusals import Refused
from exigible.operations import figures, journal
from exigible.operations.acts import AccountAct, By, act_on
from exigible.operations.demands import Standing, has_email, message_reference
from exigible.operations.documents import read_document, store_document
from exigible.operations.messages import hold, issue_step, locked, prepare_copy, rewrite
from exigible.operations.sending import checked
from exigible.store import locks
from exigible.store.models import Account, Channel, LetterBatch, Message, MessageStatus

SERVICES = {Channel.LETTER: "Lettres simples", Channel.LRAR: f"{REGISTERED}s"}
POSTAL = (Channel.LETTER, Channel.LRAR)
CHANGES_SHOWN = 5
READ_TOGETHER = 200  # accounts whose figures are read at once


def build_batches(*, on: date, at: datetime, by: By) -> list[LetterBatch]:
    """Put every letter ready to leave in the batch of its creditor, day and channel.

    Return the batches that hold something. Interrupted, it is simply run again: an unprinted batch
    of the day is made again. One of an earlier day is left as it is (it may lie in the printer).
    """
    waiting = (
        Message.objects.filter(status=MessageStatus.READY, channel__in=POSTAL)
        .filter(Q(batch__isnull=True) | Q(batch__on=on))
        .values_list("account__creditor_id", "channel")
        .distinct()
        .order_by("account__creditor_id", "channel")
    )
    built = [
        _build(_unprinted(creditor_id, channel, on, at), on=on, at=at, by=by)
        for creditor_id, channel in waiting
    ]
    return [batch for batch in built if batch is not None]


def rebuild_batch(batch_id: int, *, on: date, at: datetime, by: By) -> LetterBatch | None:
    """Make an unprinted batch again as of `on`; None if none of its letters may leave any more."""
    with transaction.atomic():
        batch = LetterBatch.objects.select_for_update().get(pk=batch_id)
        if batch.printed_at is not None:
            raise Refused("already_printed", "Ce lot est déjà parti.")
        batch.on = on
        batch.save(update_fields=["on"])
    return _build(batch, on=on, at=at, by=by)


def mark_printed(
    batch_id: int,
    *,
    by: By,
    at: datetime,
    on: date,
    despite_changes: bool = False,
    document_id: int | None = None,
) -> LetterBatch:
    """Record that a batch went to the post: its letters left on `on`, all or none.

    Refuse, naming them, when letters in it would no longer say the same: the batch is then built
    again, or `despite_changes` says that they are in the post already. `document_id` is the file
    that was printed: refuse where the batch was made again since, with other letters. A mise en
    demeure to a debtor with an e-mail address is followed by its copy.
    """
    with transaction.atomic():
        # Accounts before the batch, as whoever writes, holds or cancels a letter does.
        concerned = Message.objects.filter(batch_id=batch_id).values("account_id")
        list(Account.objects.select_for_update().filter(pk__in=concerned).order_by("pk"))
        batch = LetterBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
        if batch.printed_at is not None:
            raise Refused("already_printed", "Ce lot est déjà parti.")
        if batch.document is None:
            raise Refused(
                "batch_to_rebuild",
                "Une lettre a été retirée de ce lot depuis sa préparation. Reconstituez-le, puis "
                "imprimez-le de nouveau.",
            )
        if document_id is not None and batch.document_id != document_id:
            raise Refused(
                "batch_rebuilt",
                "Ce lot a été reconstitué depuis que vous l’avez ouvert : ce n’est plus le fichier "
                "que vous avez imprimé. Comparez-les avant de noter le lot posté.",
            )
        letters = list(_letters_in(batch).values_list("pk", "account_id").order_by("account_id"))
        accounts = [account_id for _, account_id in letters]
        if not despite_changes:
            _refuse_changes(batch, Standing(accounts, on), on=on)
        for message_id, account_id in letters:
            with act_on(account_id, by=by, at=at) as act:
                message = locked(message_id)
                _mark_sent(act, message, at=at, on=on)
            _send_copy(message, by=by, at=at, on=on)
        batch.printed_at, batch.printed_by = at, by.uuid
        batch.save(update_fields=["printed_at", "printed_by"])
        figures.refresh(accounts, on)
        _journal(batch, "batch_printed", by=by, at=at, letters=len(letters))
    return batch


# ---- building


def _build(batch: LetterBatch, *, on: date, at: datetime, by: By) -> LetterBatch | None:
    letters = Message.objects.filter(
        account__creditor_id=batch.creditor_id,
        channel=batch.channel,
        status=MessageStatus.READY,
    ).filter(Q(batch__isnull=True) | Q(batch=batch))
    for slice_ in batched(
        letters.order_by("pk").values_list("pk", "account_id"), READ_TOGETHER, strict=False
    ):
        standing = Standing([account_id for _, account_id in slice_], on)
        for message_id, account_id in slice_:
            with act_on(account_id, by=by, at=at) as act:
                _put_in(act, locked(message_id), batch, standing, on=on, at=at)
    return _bind(batch.pk, at=at, by=by)


def _unprinted(creditor_id: int, channel: str, on: date, at: datetime) -> LetterBatch:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s::int)", [locks.LETTERS_OF_CREDITOR, creditor_id]
        )
        batch = LetterBatch.objects.filter(
            creditor_id=creditor_id, channel=channel, on=on, printed_at__isnull=True
        ).first()
        return batch or LetterBatch.objects.create(
            creditor_id=creditor_id, channel=channel, on=on, created_at=at
        )


def _put_in(
    act: AccountAct,
    message: Message,
    batch: LetterBatch,
    standing: Standing,
    *,
    on: date,
    at: datetime,
) -> None:
    """Check a letter, set its own PDF and put it in the batch; or hold it, with the reason."""
    if message.status != MessageStatus.READY:
        return
    before = (message.batch_id, message.subject, message.body, message.to_address)
    written = checked(act, message, on=on, standing=standing.of(act.account.pk))
    if written is None:
        return
    if before == (batch.pk, message.subject, message.body, message.to_address):
        return  # in it already, and saying the same
    open_batch = LetterBatch.objects.filter(pk=batch.pk, printed_at__isnull=True)
    if open_batch.select_for_update().first() is None:
        return  # posted meanwhile: the letter joins the next one
    try:
        pdf = letter_pdf(written.letter, registered=message.channel == Channel.LRAR, at=at)
    except Refused as refusal:  # what cannot be set keeps no other letter from leaving
        hold(act, message, refusal.message)
        return
    if message.batch_id != batch.pk:
        open_batch.filter(document__isnull=False).update(
            document=None
        )  # its file lacks this letter, until it is bound again
    message.document = store_document(
        pdf.data, name=f"lettre-{message.pk}.pdf", media_type=MEDIA_TYPE, at=at
    )
    message.batch = batch
    message.save()
    act.journal(
        "letter_set",
        f"message:{message.pk}",
        batch=batch.pk,
        sha256=message.document.sha256,
        cents=message.amount_cents,
    )


def _bind(batch_id: int, *, at: datetime, by: By) -> LetterBatch | None:
    """Join the letters of a batch in one file; an empty batch is removed."""
    with transaction.atomic():
        batch = LetterBatch.objects.select_for_update().get(pk=batch_id)
        if batch.printed_at is not None:  # someone posted it meanwhile
            return batch
        letters = list(
            _letters_in(batch)
            .select_related("document", "account__debtor")
            .order_by("account__debtor__name_key", "pk")
        )
        if not letters:
            batch.delete()
            return None
        pdfs = [read_document(letter.document) for letter in letters if letter.document]
        slip = slip_pdf(
            creditor=batch.creditor.name,
            service=SERVICES[Channel(batch.channel)],
            number=batch.pk,
            on=batch.on,
            lines=[
                SlipLine(
                    reference=message_reference(letter.account, letter.pk),
                    recipient=one_line(letter.to_name),
                    town=letter.account.debtor.city,
                    subject=letter.subject,
                    pages=page_count(pdf),
                )
                for letter, pdf in zip(letters, pdfs, strict=True)
            ],
            at=at,
        )
        book = joined(slip, pdfs)
        batch.document = store_document(
            book.data, name=f"lot-{batch.pk}.pdf", media_type=MEDIA_TYPE, at=at
        )
        batch.letters, batch.pages = len(letters), book.pages
        batch.save(update_fields=["document", "letters", "pages"])
        _journal(
            batch,
            "batch_built",
            by=by,
            at=at,
            letters=len(letters),
            sha256=batch.document.sha256,
        )
    return batch


def _letters_in(batch: LetterBatch) -> QuerySet[Message]:
    return Message.objects.filter(batch=batch, status=MessageStatus.READY)


def _journal(batch: LetterBatch, action: str, *, by: By, at: datetime, **facts: object) -> None:
    journal.append(
        journal.Act(
            account_id=None,
            actor=by.actor,
            action=action,
            subject=f"batch:{batch.pk}",
            facts=facts,
        ),
        at=at,
    )


# ---- posting


def _refuse_changes(batch: LetterBatch, standing: Standing, *, on: date) -> None:
    """Refuse to post letters that the facts have overtaken since their PDF was set."""
    changed = []
    letters = _letters_in(batch).order_by("pk")
    for letter in letters.select_related("account__creditor", "account__debtor", "proposal__step"):
        try:
            written = rewrite(
                letter.account,
                letter,
                on=on,
                automatic=letter.approved_by is None,
                standing=standing.of(letter.account_id),
            )
        except Refused as refusal:
            changed.append(f"{letter.to_name} : {refusal.message}")
            continue
        now = written.letter.demand.principal_cents
        if now != letter.amount_cents:
            changed.append(
                f"{letter.to_name} : {euros(now)} dus au lieu de {euros(letter.amount_cents)}."
            )
    if changed:
        more = len(changed) - CHANGES_SHOWN
        rest = f" Et {count(more, 'autre', 'autres')}." if more > 0 else ""
        raise Refused(
            "batch_changed",
            f"{count(len(changed), 'lettre de ce lot ne dit', 'lettres de ce lot ne disent')} plus "
            f"vrai. {' '.join(changed[:CHANGES_SHOWN])}{rest} Reconstituez le lot avant de "
            "l’imprimer ; s’il est déjà posté, confirmez-le.",
            facts={"changed": changed},
        )


def _mark_sent(act: AccountAct, message: Message, *, at: datetime, on: date) -> None:
    message.status = MessageStatus.SENT
    message.status_reason = ""
    message.sending_at = message.sent_at = at
    message.sent_on = on
    message.attempts += 1
    message.save()
    issue_step(message)
    act.journal(
        "message_sent",
        f"message:{message.pk}",
        batch=message.batch_id,
        sha256=message.document.sha256 if message.document else "",
    )


def _send_copy(letter: Message, *, by: By, at: datetime, on: date) -> None:
    """Queue the e-mail copy of a mise en demeure; what refuses it does not stop the letter."""
    if not letter.is_formal_notice or letter.document is None:
        return
    if not has_email(letter.account.debtor):
        return
    with contextlib.suppress(Refused):
        prepare_copy(letter, by=by, at=at, on=on)
