"""What the database refuses, whatever the application does."""

from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from exigible.operations import contacts, disputes, holds, journal, payments, promises
from exigible.operations.acts import By
from exigible.operations.documents import store_document
from exigible.store.models import (
    Account,
    Allocation,
    Claim,
    EInvoice,
    EInvoiceExhibit,
    Entry,
    Exhibit,
    ExhibitArrival,
    ExhibitClaim,
    ImportBatch,
    InvoiceStatus,
    JournalEntry,
    LawValue,
    Message,
    Payment,
    Portfolio,
    Proposal,
    Settlement,
    StoredDocument,
)
from tests.builders import AT, TODAY, make_account, make_claim, make_creditor

pytestmark = pytest.mark.django_db
BY = By.job("test")
LAST_WEEK = TODAY - timedelta(days=7)


def refused(statement: str, parameters: list[object] | None = None) -> str:
    """Run a statement that must be refused and return the refusal."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            cursor.execute(statement, parameters)
    return str(error.value)


@pytest.fixture
def paid() -> Claim:
    account = make_account()
    claim = make_claim(account, 10_000, LAST_WEEK)
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=6_000,
        value_date=TODAY,
        allocations=[(claim.pk, 4_000)],
        by=BY,
        at=AT,
    )
    return claim


@pytest.mark.parametrize(
    "table",
    [
        "store_entry",
        "store_allocation",
        "store_settlement",
        "store_payment",
        "store_journalentry",
    ],
)
def test_a_fact_is_neither_changed_nor_deleted_nor_emptied(paid: Claim, table: str):
    assert "contrepassez" in refused(f"DELETE FROM {table}")
    column = {"store_journalentry": "action", "store_settlement": "code"}.get(table, "origin")
    assert "contrepassez" in refused(f"UPDATE {table} SET {column} = 'autre'")
    assert "contrepassez" in refused(f"TRUNCATE {table} CASCADE")


def test_a_claim_keeps_its_amount_and_is_not_deleted(paid: Claim):
    assert "contrepassez" in refused("UPDATE store_claim SET amount_cents = 1")
    assert "contrepassez" in refused("DELETE FROM store_claim")
    Claim.objects.filter(pk=paid.pk).update(due_on=TODAY)  # what may be completed


def test_a_balance_moves_with_its_entries_alone(paid: Claim):
    assert "total" in refused("UPDATE store_claim SET balance_cents = 0")
    paid.refresh_from_db()
    assert paid.balance_cents == 6_000


def test_an_allocation_beyond_its_payment(paid: Claim):
    payment = Payment.objects.get()
    settlement = Settlement.objects.get()
    with pytest.raises(IntegrityError, match="allocations_within_payment"), transaction.atomic():
        Allocation.objects.create(
            account=paid.account,
            payment=payment,
            settlement=settlement,
            claim=paid,
            amount_cents=2_001,
            value_date=TODAY,
            recorded_at=AT,
            origin="test",
        )


def test_an_entry_on_another_account_than_its_claim(paid: Claim):
    other = make_account()
    with pytest.raises(IntegrityError, match="autre créance"), transaction.atomic():
        Entry.objects.create(
            account=other,
            claim=paid,
            kind="adjustment",
            amount_cents=1,
            value_date=TODAY,
            recorded_at=AT,
            origin="test",
        )


def test_a_payment_may_come_after_its_allocations_and_is_born_with_its_total():
    account = make_account()
    claim = make_claim(account, 700, TODAY)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nextval('store_payment_id_seq')")
        payment_id = cursor.fetchone()[0]
        settlement = Settlement.objects.create(
            account=account, kind="lettering", recorded_at=AT, origin="test"
        )
        Allocation.objects.create(
            account=account,
            payment_id=payment_id,
            settlement=settlement,
            claim=claim,
            amount_cents=700,
            value_date=TODAY,
            recorded_at=AT,
            origin="test",
        )
        payment = Payment.objects.create(
            id=payment_id,
            account=account,
            kind="transfer",
            amount_cents=1000,
            value_date=TODAY,
            recorded_at=AT,
            origin="test",
        )
    payment.refresh_from_db()
    assert payment.allocated_cents == 700


@pytest.mark.parametrize("wrong", ["claim", "settlement"])
def test_an_entry_of_no_claim_or_of_another_accounts_settlement(wrong: str):
    account, other = make_account(), make_account(number="C999")
    claim = make_claim(account, 700, TODAY)
    settlement = Settlement.objects.create(
        account=other, kind="lettering", recorded_at=AT, origin="test"
    )
    values = {"claim_id": 10**12} if wrong == "claim" else {"settlement": settlement}
    with pytest.raises(IntegrityError, match="Refusé"), transaction.atomic():
        Entry.objects.create(
            **(
                {
                    "account": account,
                    "claim": claim,
                    "kind": "opening",
                    "amount_cents": 700,
                    "value_date": TODAY,
                    "recorded_at": AT,
                    "origin": "test",
                }
                | values
            )
        )


def test_the_same_step_twice_in_a_cycle():
    account = make_account()
    values = {
        "account": account,
        "action": "relance_1",
        "cycle": LAST_WEEK,
        "channel": "email",
        "label": "Première relance",
        "amount_cents": 1,
        "proposed_on": TODAY,
    }
    Proposal.objects.create(**values)
    with pytest.raises(IntegrityError, match="step_issued_once"), transaction.atomic():
        Proposal.objects.create(**values)
    Proposal.objects.create(**(values | {"cycle": TODAY}))  # a new cycle


def test_an_account_without_its_creditor_or_in_anothers_portfolio():
    account = make_account()
    assert "Refusé" in refused("UPDATE store_account SET creditor_id = NULL")
    elsewhere = Portfolio.objects.get(creditor=make_creditor())
    with pytest.raises(IntegrityError, match="portefeuille"), transaction.atomic():
        Account.objects.filter(pk=account.pk).update(portfolio=elsewhere)
    assert "créancier" in refused(
        "UPDATE store_account SET creditor_id = %s, portfolio_id = %s",
        [elsewhere.creditor_id, elsewhere.pk],
    )


def test_a_journal_line_that_does_not_follow_the_previous_one():
    account = make_account()
    journal.append(journal.Act(account_id=account.pk, actor="job:test", action="note"), at=AT)
    with pytest.raises(IntegrityError, match="journal"), transaction.atomic():
        JournalEntry.objects.create(
            account=account,
            seq=2,
            at=AT,
            actor="job:test",
            action="forged",
            previous_hash=bytes(32),
            hash=bytes(32),
        )


def test_the_chain_links_every_line():
    account = make_account()
    for number in range(3):
        journal.append(
            journal.Act(
                account_id=account.pk, actor="job:test", action="note", facts={"n": number}
            ),
            at=AT,
        )
    previous = journal.GENESIS
    for line in JournalEntry.objects.filter(account=account).order_by("seq"):
        assert bytes(line.previous_hash) == previous
        previous = journal.line_hash(
            previous,
            account_id=line.account_id,
            seq=line.seq,
            at=line.at,
            actor=line.actor,
            action=line.action,
            subject=line.subject,
            facts=line.facts,
        )
        assert bytes(line.hash) == previous


def test_what_left_keeps_its_bytes():
    account = make_account()
    with pytest.raises(IntegrityError, match="what_left_is_kept"), transaction.atomic():
        Message.objects.create(
            account=account, channel="email", status="sent", created_at=AT, sent_on=date.today()
        )


def left(account: Account, claim: Claim) -> Message:
    """A mise en demeure that left."""
    message = Message.objects.create(
        account=account,
        channel="lrar",
        is_formal_notice=True,
        amount_cents=6_000,
        created_at=AT,
        sent_at=AT,
        sent_on=TODAY,
        document=StoredDocument.objects.create(
            sha256="ab" * 32,
            name="l.pdf",
            media_type="application/pdf",
            size_bytes=1,
            created_at=AT,
        ),
    )
    message.claims.set([claim])
    message.status = "sent"
    message.save()
    return message


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE store_message SET sent_on = sent_on - 30",
        "UPDATE store_message SET is_formal_notice = false",
        "UPDATE store_message SET amount_cents = 1",
        "UPDATE store_message SET status = 'cancelled'",
        "DELETE FROM store_message_claims",
        "UPDATE store_message_claims SET claim_id = claim_id + 1",
        "INSERT INTO store_message_attachments (message_id, storeddocument_id)"
        " SELECT id, document_id FROM store_message",
        "UPDATE store_storeddocument SET sha256 = repeat('c', 64)",
        "DELETE FROM store_message",
        "TRUNCATE store_message_claims",
    ],
)
def test_what_left_is_proof(paid: Claim, change: str):
    message = left(paid.account, paid)
    assert "Refusé" in refused(change)
    message.provider_answer = "2C 123 456 789 FR"  # a late answer is kept beside it
    message.save()


@pytest.mark.parametrize(
    ("table", "change", "end"),
    [
        ("promise", "amount_cents = 1", "cancelled_at = now()"),
        ("promise", "due_on = due_on + 30", "cancelled_at = now()"),
        ("hold", "ends_on = ends_on + 300", "lifted_at = now()"),
        ("dispute", "amount_cents = 1", "closed_on = opened_on"),
        ("call", "outcome = 'promise'", "note = 'rectifiée'"),
        ("note", '"on" = "on" - 30', "text = 'rectifié'"),
        ("task", "recorded_at = now()", "done_at = now()"),
    ],
)
def test_what_was_said_and_done_only_ends(paid: Claim, table: str, change: str, end: str):
    account, signed = paid.account_id, {"by": BY, "at": AT}
    later = TODAY + timedelta(days=10)
    promises.record_promise(account, amount_cents=2_000, due_on=later, on=TODAY, **signed)
    holds.place_hold(account, reason="en attente", ends_on=later, on=TODAY, **signed)
    disputes.open_dispute(
        account, claim_id=paid.pk, reason="avarie", answer_due_on=later, on=TODAY, **signed
    )
    contacts.record_call(account, outcome="no_answer", on=TODAY, **signed)
    contacts.record_note(account, text="Vu.", on=TODAY, **signed)
    contacts.add_task(account, label="Rappeler", due_on=later, on=TODAY, **signed)
    assert "mettez-y fin" in refused(f"UPDATE store_{table} SET {change}")
    assert "mettez-y fin" in refused(f"DELETE FROM store_{table}")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE store_{table} SET {end}")
        assert cursor.rowcount == 1


def test_a_value_of_the_law_is_withdrawn_never_rewritten():
    by = {"recorded_by": BY.uuid, "recorded_at": AT}
    value = LawValue.objects.create(
        parameter="taux_interet_legal_autres",
        starts_on=TODAY,
        value="2.55",
        source="un arrêté",
        **by,
    )
    assert "ne se réécrit" in refused("UPDATE store_lawvalue SET value = '\"9\"'")
    assert "ne se réécrit" in refused("UPDATE store_lawvalue SET source = 'autre'")
    assert "ne se réécrit" in refused("DELETE FROM store_lawvalue")
    assert "contrepassez" in refused("TRUNCATE store_lawvalue CASCADE")
    assert "confirmed_by_another" in refused(
        "UPDATE store_lawvalue SET confirmed_by = recorded_by, confirmed_at = %s", [AT]
    )
    assert "withdrawal_has_reason" in refused("UPDATE store_lawvalue SET withdrawn_at = %s", [AT])
    other = uuid4()
    LawValue.objects.update(confirmed_by=other, confirmed_at=AT)
    assert "ne se réécrit" in refused("UPDATE store_lawvalue SET confirmed_by = %s", [uuid4()])
    LawValue.objects.update(withdrawn_by=other, withdrawn_at=AT, withdrawn_reason="faux")
    assert "ne se réécrit" in refused("UPDATE store_lawvalue SET withdrawn_at = NULL")
    value.refresh_from_db()
    assert (value.value, value.confirmed_by) == ("2.55", other)


@pytest.fixture
def received() -> EInvoice:
    """An electronic invoice, an exhibit and a status."""
    account = make_account()
    claim = make_claim(account, 10_000, LAST_WEEK)
    batch = ImportBatch.objects.create(
        creditor=account.creditor, format="cii", filename="f.xml", created_at=AT
    )
    document = StoredDocument.objects.create(
        sha256="0" * 64, name="f.xml", media_type="application/xml", size_bytes=1, created_at=AT
    )
    made = EInvoice.objects.create(
        creditor=account.creditor,
        account=account,
        batch=batch,
        document=document,
        sha256="0" * 64,
        filename="f.xml",
        format="cii",
        number="F-1",
        number_key="f1",
        type_code="380",
        issued_on=LAST_WEEK,
        currency="EUR",
        amount_cents=10_000,
        recorded_at=AT,
    )
    EInvoiceExhibit.objects.create(einvoice=made, document=document)
    InvoiceStatus.objects.create(
        creditor=account.creditor,
        batch=batch,
        document=document,
        number="F-1",
        number_key="f1",
        code="207",
        given_at=AT,
        given_on=TODAY,
        recorded_at=AT,
    )
    EInvoice.objects.filter(pk=made.pk).update(claim=claim)
    InvoiceStatus.objects.update(account=account, claim=claim)
    return made


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE store_einvoice SET amount_cents = 1",
        'UPDATE store_einvoice SET facts = \'{"order": "X"}\'',
        "DELETE FROM store_einvoice",
        "UPDATE store_einvoiceexhibit SET reference = 'X'",
        "DELETE FROM store_einvoiceexhibit",
        "UPDATE store_invoicestatus SET code = '212'",
        "UPDATE store_invoicestatus SET reasons = '[1]'",
        "DELETE FROM store_invoicestatus",
        "TRUNCATE store_invoicestatus",
    ],
)
def test_what_a_document_or_a_platform_said_never_changes(received: EInvoice, statement: str):
    assert "Refusé" in refused(statement)


# ---- exhibits


@pytest.fixture
def exhibit(paid: Claim, settings: object, tmp_path: Path) -> Exhibit:
    """A document that proves a claim, as it was received."""
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"
    kept = store_document(b"%PDF-1.7", name="BL.pdf", media_type="application/pdf", at=AT)
    signed = {"recorded_by": uuid4(), "recorded_at": AT}
    exhibit = Exhibit.objects.create(
        creditor=paid.account.creditor,
        account=paid.account,
        document=kept,
        sha256=kept.sha256,
        filename="BL.pdf",
        media_type="application/pdf",
        size_bytes=8,
        text="Bon de livraison",
        **signed,
    )
    ExhibitClaim.objects.create(exhibit=exhibit, claim=paid, **signed)
    ExhibitArrival.objects.create(
        drop=uuid4(),
        creditor=paid.account.creditor,
        document=kept,
        filename="BL.pdf",
        status="kept",
        exhibit=exhibit,
        settled_at=AT,
        **signed,
    )
    return exhibit


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE store_exhibit SET text = 'Bon de commande'",
        "UPDATE store_exhibit SET sha256 = repeat('0', 64)",
        "UPDATE store_exhibit SET recorded_at = recorded_at - interval '1 day'",
        "DELETE FROM store_exhibit",
        "TRUNCATE store_exhibit CASCADE",
        "UPDATE store_exhibitclaim SET reference = 'FA-1'",
        "DELETE FROM store_exhibitclaim",
        "TRUNCATE store_exhibitclaim",
        "UPDATE store_exhibitarrival SET status = 'waiting', settled_at = NULL",
        "UPDATE store_exhibitarrival SET filename = 'autre.pdf'",
        "DELETE FROM store_exhibitarrival",
        "TRUNCATE store_exhibitarrival",
    ],
)
def test_what_was_received_is_neither_rewritten_nor_deleted(exhibit: Exhibit, statement: str):
    refused(statement)


def test_what_people_decide_of_an_exhibit_may_change_until_it_is_withdrawn(exhibit: Exhibit):
    exhibit.kind = "order"
    exhibit.save(update_fields=["kind"])
    refused(
        "UPDATE store_exhibit SET withdrawn_at = now(), withdrawn_by = recorded_by"
    )  # no reason
    Exhibit.objects.update(
        withdrawn_at=AT, withdrawn_by=exhibit.recorded_by, withdrawn_reason="erreur"
    )
    refused("UPDATE store_exhibit SET kind = 'invoice'")
    refused(
        "UPDATE store_exhibit SET withdrawn_at = NULL, withdrawn_by = NULL, withdrawn_reason = ''"
    )


def test_a_document_is_held_once_by_a_creditor(exhibit: Exhibit):
    columns = "creditor_id, document_id, sha256, filename, media_type, size_bytes, pages, title, text, sender, kind, guessed_from, recorded_by, recorded_at, withdrawn_reason"
    assert "exhibit_once" in refused(
        f"INSERT INTO store_exhibit ({columns}) SELECT {columns} FROM store_exhibit"
    )


def test_an_exhibit_stays_with_its_creditor_and_its_claims(exhibit: Exhibit):
    elsewhere = make_account()
    assert "autre créancier" in refused("UPDATE store_exhibit SET account_id = %s", [elsewhere.pk])
    beside = make_account(creditor=exhibit.creditor)
    assert "prouve encore" in refused("UPDATE store_exhibit SET account_id = %s", [beside.pk])
    other = make_claim(beside, 1_000, TODAY)
    assert "compte de la créance" in refused(
        "INSERT INTO store_exhibitclaim (exhibit_id, claim_id, reference, recorded_by, recorded_at)"
        " VALUES (%s, %s, '', %s, now())",
        [exhibit.pk, other.pk, exhibit.recorded_by],
    )
