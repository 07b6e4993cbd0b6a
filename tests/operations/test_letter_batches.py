"""Letters by post: one batch for the printer, each letter's own PDF as proof, nothing stale posted."""

import io
import threading
import uuid

import pikepdf
import pytest
from django.db import OperationalError, connection
from pypdf import PdfReader

from exigible.domain.refusals import Refused
from exigible.operations import letter_batches, messages
from exigible.operations.acts import By, act_on
from exigible.operations.documents import read_document, store_document
from exigible.store.models import Account, Creditor, LetterBatch, Message, Proposal
from tests.operations.letters_world import (
    AT,
    BY,
    MONDAY,
    Sink,
    approved_step,
    late_account,
    letter_creditor,
)

pytestmark = pytest.mark.django_db
PERSON = By(f"user:{uuid.uuid4()}")


def letter(account: Account, template: str = "relance_2", channel: str = "letter") -> Message:
    step = approved_step(account, template, channel)
    return messages.prepare(proposal_id=step.pk, by=BY, at=AT, on=MONDAY)


def build() -> list[LetterBatch]:
    return letter_batches.build_batches(on=MONDAY, at=AT, by=BY)


def printed(batch: LetterBatch, **options: object) -> LetterBatch:
    return letter_batches.mark_printed(batch.pk, by=PERSON, at=AT, on=MONDAY, **options)


def pages_of(batch: LetterBatch) -> list[str]:
    batch.refresh_from_db()
    reader = PdfReader(io.BytesIO(read_document(batch.document)))
    return [page.extract_text() for page in reader.pages]


def pay(account: Account, cents: int) -> None:
    account.payments.create(
        kind="transfer", amount_cents=cents, value_date=MONDAY, recorded_at=AT, origin="test"
    )


@pytest.fixture
def creditor() -> Creditor:
    return letter_creditor()


def test_letters_are_batched_by_creditor_and_channel_each_on_its_own_sheet(creditor: Creditor):
    first, second = (letter(late_account(creditor=creditor)) for _ in range(2))
    registered = letter(late_account(creditor=creditor), "mise_en_demeure", "lrar")
    elsewhere = letter(late_account())
    built = {(batch.creditor_id, batch.channel): batch for batch in build()}
    assert set(built) == {
        (creditor.pk, "letter"),
        (creditor.pk, "lrar"),
        (elsewhere.account.creditor_id, "letter"),
    }
    batch = built[creditor.pk, "letter"]
    assert batch.letters == 2
    pages = pages_of(batch)
    # The slip and a blank back, then each one-page letter and its blank back.
    assert len(pages) == batch.pages == 6
    assert "Bordereau" in pages[0]
    assert all(not page.strip() for page in pages[1::2])
    for message, page in zip((first, second), pages[2::2], strict=True):
        message.refresh_from_db()
        assert message.to_name in page
        assert message.to_name in pages[0]
        own = PdfReader(io.BytesIO(read_document(message.document)))
        assert own.pages[0].extract_text() == page
    registered.refresh_from_db()
    own = PdfReader(io.BytesIO(read_document(registered.document)))
    assert "Lettre recommandée avec avis de réception" in own.pages[0].extract_text()


def test_building_again_changes_nothing_and_takes_in_what_came_since(creditor: Creditor):
    message = letter(late_account(creditor=creditor))
    [batch] = build()
    message.refresh_from_db()
    proof = message.document_id
    [again] = build()
    message.refresh_from_db()
    assert (again.pk, message.document_id) == (batch.pk, proof)
    letter(late_account(creditor=creditor))
    [larger] = build()
    assert (larger.pk, larger.letters) == (batch.pk, 2)
    assert LetterBatch.objects.count() == 1


def test_posted_letters_have_left_and_their_steps_are_issued(creditor: Creditor):
    message = letter(late_account(creditor=creditor))
    [batch] = build()
    printed(batch)
    message.refresh_from_db()
    assert (message.status, message.sent_on) == ("sent", MONDAY)
    assert Proposal.objects.get().status == "issued"
    with pytest.raises(Refused) as caught:
        printed(batch)
    assert caught.value.code == "already_printed"
    assert build() == []


def test_a_letter_overtaken_by_a_payment_leaves_the_batch_when_it_is_built_again(
    creditor: Creditor,
):
    paid, due = late_account(120_000, creditor=creditor), late_account(creditor=creditor)
    for account in (paid, due):
        letter(account)
    [batch] = build()
    pay(paid, 120_000)
    with pytest.raises(Refused) as caught:
        printed(batch)
    assert caught.value.code == "batch_changed"
    assert paid.debtor.name in caught.value.message
    assert not Message.objects.filter(status="sent").exists()
    [rebuilt] = build()
    assert rebuilt.letters == 1
    assert not any(paid.debtor.name in page for page in pages_of(rebuilt))
    overtaken = Message.objects.get(account=paid)
    assert (overtaken.status, overtaken.batch) == ("cancelled", None)
    printed(rebuilt)


def test_letters_already_in_the_post_are_recorded_as_they_left(creditor: Creditor):
    account = late_account(120_000, creditor=creditor)
    message = letter(account)
    [batch] = build()
    pay(account, 20_000)
    printed(batch, despite_changes=True)
    message.refresh_from_db()
    assert (message.status, message.amount_cents) == ("sent", 120_000)


def test_a_cancelled_letter_makes_its_batch_unprintable_until_built_again(creditor: Creditor):
    messages_of = [letter(late_account(creditor=creditor)) for _ in range(2)]
    [batch] = build()
    messages.cancel_message(messages_of[0].pk, by=PERSON, at=AT)
    with pytest.raises(Refused) as caught:
        printed(batch)
    assert caught.value.code == "batch_to_rebuild"
    [rebuilt] = build()
    assert (rebuilt.pk, rebuilt.letters) == (batch.pk, 1)


def test_a_batch_whose_letters_are_all_gone_disappears(creditor: Creditor):
    message = letter(late_account(creditor=creditor))
    [batch] = build()
    messages.hold_message(message.pk, reason="à voir", by=PERSON, at=AT)
    assert letter_batches.rebuild_batch(batch.pk, on=MONDAY, at=AT, by=PERSON) is None
    assert not LetterBatch.objects.exists()


def test_a_mise_en_demeure_is_followed_by_its_copy_by_email(creditor: Creditor, sink: Sink):
    from exigible.operations import sending

    formal = letter(late_account(creditor=creditor), "mise_en_demeure", "lrar")
    [batch] = build()
    printed(batch)
    formal.refresh_from_db()
    copy = Message.objects.get(template="copie_mise_en_demeure")
    assert (copy.status, copy.channel) == ("ready", "email")
    assert set(copy.claims.all()) == set(formal.claims.all())
    sending.send(copy.pk, at=AT, on=MONDAY, transport=sink.transport)
    copy.refresh_from_db()
    assert copy.status == "sent", copy.status_reason
    [mail] = sink.mails
    [file] = mail.iter_attachments()
    assert file.get_content() == read_document(formal.document)
    assert pikepdf.open(io.BytesIO(file.get_content())).Root.Lang == "fr-FR"


def test_a_letter_that_cannot_be_set_is_held_and_the_others_leave(creditor: Creditor):
    broken = letter_creditor(
        logo=store_document(b"no picture", name="logo.png", media_type="image/png", at=AT)
    )
    unset, sound = letter(late_account(creditor=broken)), letter(late_account(creditor=creditor))
    [batch] = build()
    unset.refresh_from_db()
    sound.refresh_from_db()
    assert (unset.status, unset.batch) == ("held", None)
    assert "mis en page" in unset.status_reason
    assert sound.batch == batch


def test_two_letters_to_one_consumer_do_not_leave_in_the_same_batch(creditor: Creditor):
    account = late_account(creditor=creditor, kind="consumer")
    first, second = letter(account, "relance_1"), letter(account, "relance_2")
    [batch] = build()
    second.refresh_from_db()
    assert batch.letters == 1
    assert second.status == "held"
    assert "1 relance en 7 jours" in second.status_reason.replace("\u00a0", " ")
    printed(batch)
    first.refresh_from_db()
    assert first.status == "sent"


def test_a_batch_made_again_is_not_the_file_that_was_printed(creditor: Creditor):
    letter(late_account(creditor=creditor))
    [batch] = build()
    on_paper = batch.document_id
    letter(late_account(creditor=creditor))
    build()
    with pytest.raises(Refused, match="reconstitué"):
        printed(batch, document_id=on_paper)
    batch.refresh_from_db()
    assert printed(batch, document_id=batch.document_id).printed_at == AT


@pytest.mark.django_db(transaction=True)
def test_holding_a_letter_while_its_batch_is_posted_blocks_nobody(creditor: Creditor):
    message = letter(late_account(creditor=creditor))
    [batch] = build()
    outcome: list[str] = []

    def post() -> None:
        try:
            printed(batch)
        except Refused as refusal:
            outcome.append(refusal.code)
        except OperationalError as error:
            outcome.append(str(error))
        finally:
            connection.close()

    posting = threading.Thread(target=post)
    with act_on(message.account_id, by=PERSON, at=AT) as act:
        posting.start()
        posting.join(0.5)  # it waits for the account
        messages.hold(act, messages.locked(message.pk), "à voir")
    posting.join()
    assert outcome == ["batch_to_rebuild"]
