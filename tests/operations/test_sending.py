"""The sending protocol: what leaves is what is true, and it leaves once."""

import threading
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, connections
from procrastinate.contrib.django.models import ProcrastinateJob

from exigible.channels.email.transport import SmtpTransport
from exigible.domain.refusals import Refused
from exigible.operations import messages, payments, sending
from exigible.operations.acts import By
from exigible.operations.documents import read_document
from exigible.store.models import Account, Debtor, JournalEntry, Message, Proposal
from tests.builders import make_claim
from tests.channels.smtp_script import HANG_UP, RESET, SILENT, ScriptedServer
from tests.operations.letters_world import AT, BY, MONDAY, Sink, approved_step, late_account

PERSON = By(f"user:{uuid.uuid4()}")


def ready(account: Account | None = None, *, by: By | None = None) -> Message:
    proposal = approved_step(account or late_account(), by=by)
    return messages.prepare(proposal_id=proposal.pk, by=BY, at=AT, on=MONDAY)


def send(message: Message, transport: SmtpTransport | None, at: datetime = AT) -> Message:
    sending.send(message.pk, at=at, on=messages.paris_day(at), transport=transport)
    message.refresh_from_db()
    return message


def through(script: dict[str, str], message: Message, at: datetime = AT) -> Message:
    """Send a message to a server that follows a script."""
    with ScriptedServer(script) as server:
        quick = SmtpTransport(server, command_seconds=0.5, final_seconds=0.5, rest_seconds=0)
        try:
            return send(message, quick, at)
        finally:
            quick.close()


@pytest.mark.django_db
def test_what_was_received_is_what_is_kept_with_its_number_and_hash(sink: Sink):
    message = send(ready(), sink.transport)
    assert message.status == "sent"
    assert (message.sent_at, message.sent_on) == (AT, MONDAY)
    assert "queued as S1" in message.provider_answer
    [data], [mail] = sink.received, sink.mails
    # The sink joins lines with CRLF as they came: the bytes kept are the bytes handed over.
    assert read_document(message.document).rstrip() == data.rstrip()
    assert mail["Message-ID"] == message.message_id
    assert mail["To"].addresses[0].addr_spec == message.to_address
    assert message.body.strip() in mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert Proposal.objects.get().status == "issued"
    actions = list(JournalEntry.objects.order_by("seq").values_list("action", flat=True))
    assert actions == ["message_prepared", "message_sending", "message_sent"]


@pytest.mark.django_db
def test_sending_twice_sends_once(sink: Sink):
    message = ready()
    for _ in range(3):
        send(message, sink.transport)
    assert len(sink.received) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("approved_by", [None, PERSON])
def test_paid_between_approval_and_departure_nothing_leaves_and_the_reason_shows(
    sink: Sink, approved_by: By | None
):
    account = late_account(120_000)
    message = ready(account, by=approved_by)
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=120_000,
        value_date=MONDAY,
        allocations=[(account.claims.get().pk, 120_000)],
        by=PERSON,
        at=AT,
    )
    send(message, sink.transport)
    assert sink.received == []
    assert message.status == ("held" if approved_by else "cancelled")
    assert "Rien n’est à réclamer" in message.status_reason
    assert Proposal.objects.get().status == ("approved" if approved_by else "obsolete")


@pytest.mark.django_db
def test_a_step_of_a_cycle_that_is_over_does_not_leave_on_a_new_invoice(sink: Sink):
    account = late_account(120_000)
    message = ready(account)  # a server out of reach, or a night, later:
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=120_000,
        value_date=MONDAY,
        allocations=[(account.claims.get().pk, 120_000)],
        by=PERSON,
        at=AT,
    )
    make_claim(account, 50_000, MONDAY - timedelta(days=1))
    send(message, sink.transport)
    assert sink.received == []
    assert message.status == "cancelled"
    assert "nouveau cycle" in message.status_reason
    assert Proposal.objects.get().status == "obsolete"


@pytest.mark.django_db
def test_paid_in_part_what_leaves_alone_is_rewritten_and_what_was_approved_is_held(sink: Sink):
    automatic, read_over = late_account(100_000, 20_000), late_account(100_000, 20_000)
    left, held = ready(automatic), ready(read_over, by=PERSON)
    for account in (automatic, read_over):
        account.payments.create(
            kind="transfer", amount_cents=30_000, value_date=MONDAY, recorded_at=AT, origin="t"
        )
    send(left, sink.transport)
    send(held, sink.transport)
    assert (left.status, left.amount_cents) == ("sent", 90_000)
    [mail] = sink.mails
    assert "900,00" in mail.get_body(("plain",)).get_content()
    assert held.status == "held"
    plain = held.status_reason.replace("\u202f", " ").replace("\u00a0", " ")
    assert "900,00 € au lieu de 1 200,00 €" in plain
    assert held.amount_cents == 90_000  # what the person now reads is up to date
    messages.approve_message(held.pk, by=PERSON, at=AT, on=MONDAY)
    held.refresh_from_db()
    assert send(held, sink.transport).status == "sent"


@pytest.mark.django_db
def test_a_wait_of_a_day_renews_the_interest_without_asking_again(sink: Sink):
    account = late_account(1_000_000, due_on=date(2026, 7, 31))
    proposal = approved_step(account, "relance_2", by=PERSON)
    message = messages.prepare(proposal_id=proposal.pk, by=BY, at=AT, on=MONDAY)
    before = message.total_cents
    send(message, sink.transport, AT + timedelta(days=1))
    assert message.status == "sent"
    # 10 000 € × 12.40 % × 116/365 = 394.08 €, a day more than 390.68 €.
    assert message.total_cents - before == 39_408 - 39_068


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({"rcpt": "450 4.2.0 greylisted"}, "greylisted"),
        ({"data": "451 4.3.0 later"}, "later"),
        ({"data": SILENT}, "à temps"),
        ({"dot": "452 4.3.1 disk full"}, "disk full"),
        ({"mail": RESET}, "connexion"),
    ],
)
def test_a_passing_failure_is_tried_again_under_the_same_message_id(script, reason, sink: Sink):
    message = through(script, ready())
    assert message.status == "ready"
    assert reason in message.status_reason
    assert message.next_attempt_at == AT + timedelta(minutes=2)
    assert ProcrastinateJob.objects.filter(scheduled_at=message.next_attempt_at).count() == 1
    first_id = message.message_id
    send(message, sink.transport, AT + timedelta(minutes=1))  # too early
    assert message.status == "ready"
    send(message, sink.transport, AT + timedelta(minutes=2))
    assert message.status == "sent"
    assert [mail["Message-ID"] for mail in sink.mails] == [first_id]
    assert message.attempts == 2


@pytest.mark.django_db
def test_a_passing_failure_is_given_up_in_the_end(sink: Sink):
    message, at = ready(), AT
    for _ in range(len(sending.WAITS)):
        through({"rcpt": "450 4.2.0 greylisted"}, message, at)
        assert message.status == "ready"
        at = message.next_attempt_at
    through({"rcpt": "450 4.2.0 greylisted"}, message, at)
    assert message.status == "refused"
    assert "Abandonné après 9" in message.status_reason
    assert Proposal.objects.get().status == "open"


@pytest.mark.django_db
def test_an_unknown_recipient_marks_the_address_and_the_letter_takes_over(sink: Sink):
    account = late_account()
    message = through({"rcpt": "550 5.1.1 no such user"}, ready(account))
    assert message.status == "refused"
    assert "no such user" in message.status_reason
    assert not Debtor.objects.get(pk=account.debtor_id).email_ok
    proposal = Proposal.objects.get()
    assert (proposal.status, proposal.held_reason) == ("open", message.status_reason)
    again = messages.prepare(proposal_id=proposal.pk, by=PERSON, at=AT, on=MONDAY)
    assert again.channel == "letter"


@pytest.mark.django_db
def test_refused_by_policy_the_address_keeps_its_good_name(sink: Sink):
    message = through({"dot": "554 5.7.1 looks like spam"}, ready())
    assert message.status == "refused"
    assert message.account.debtor.email_ok


@pytest.mark.django_db
@pytest.mark.parametrize("after_the_dot", [SILENT, HANG_UP, RESET])
def test_silence_after_the_dot_is_shown_to_a_person_and_never_sent_again(after_the_dot, sink: Sink):
    message = through({"dot": after_the_dot}, ready())
    assert message.status == "uncertain"
    assert "peut-être parti" in message.status_reason
    send(message, sink.transport, AT + timedelta(days=1))
    sending.send_due(at=AT + timedelta(days=2), on=MONDAY, transport=sink.transport)
    assert sink.received == []
    assert message.status == "uncertain"


@pytest.mark.django_db
@pytest.mark.parametrize(("outcome", "status"), [("sent", "sent"), ("not_sent", "cancelled")])
def test_a_person_lifts_the_doubt(outcome, status, sink: Sink):
    message = through({"dot": SILENT}, ready())
    messages.resolve_uncertain(message.pk, outcome=outcome, by=PERSON, at=AT)
    message.refresh_from_db()
    assert message.status == status
    proposal = Proposal.objects.get()
    if outcome == "sent":
        assert message.sent_on == MONDAY
        assert proposal.status == "issued"
        with pytest.raises(Refused):
            messages.resolve_uncertain(message.pk, outcome="not_sent", by=PERSON, at=AT)
    else:
        again = messages.prepare(proposal_id=proposal.pk, by=PERSON, at=AT, on=MONDAY)
        messages.approve_message(again.pk, by=PERSON, at=AT, on=MONDAY)
        again.refresh_from_db()
        assert send(again, sink.transport).message_id != message.message_id


@pytest.mark.django_db
def test_a_server_out_of_reach_touches_nothing_and_uses_up_no_attempt(sink: Sink):
    message = ready()
    gone = ScriptedServer()
    with gone:
        pass
    send(message, SmtpTransport(gone))
    assert (message.status, message.attempts, message.message_id) == ("ready", 0, "")
    assert message.next_attempt_at == AT + sending.OUT_OF_REACH
    assert "a échoué" in message.status_reason
    assert send(message, sink.transport, message.next_attempt_at).status == "sent"


@pytest.mark.django_db
def test_without_a_server_nothing_leaves_and_it_says_so(settings: object):
    settings.SMTP = None
    message = send(ready(), None)
    assert message.status == "ready"
    assert "EXIGIBLE_SMTP_URL" in message.status_reason


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        (datetime(2026, 11, 23, 4, 30, tzinfo=UTC), datetime(2026, 11, 23, 7, 0, tzinfo=UTC)),
        (datetime(2026, 11, 28, 19, 30, tzinfo=UTC), datetime(2026, 11, 30, 7, 0, tzinfo=UTC)),
        (datetime(2026, 12, 25, 9, 0, tzinfo=UTC), datetime(2026, 12, 26, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_private_person_is_written_to_at_civil_hours(sink: Sink, at: datetime, leaves: datetime):
    message = ready(late_account(kind="consumer"))
    send(message, sink.transport, at)
    assert message.status == "ready"
    assert message.next_attempt_at == leaves
    assert "Partira" in message.status_reason
    assert send(message, sink.transport, leaves).status == "sent"


@pytest.mark.django_db
def test_a_hostile_name_writes_no_header_and_no_markup(sink: Sink):
    name = 'Évil\r\nBcc: tous@x.example\r\n\r\n<script>alert("1")</script> {total}'
    account = late_account(name=name)
    account.debtor.contacts.update(name="Chef\nBcc: moi@x.example")
    message = send(ready(account), sink.transport)
    assert message.status == "sent"
    [mail] = sink.mails
    assert mail["Bcc"] is None
    assert [one.addr_spec for one in mail["To"].addresses] == [message.to_address]
    assert "<script>" not in mail.get_body(("html",)).get_content()


@pytest.mark.django_db
def test_an_address_no_server_would_take_is_held_with_its_reason(sink: Sink):
    account = late_account()
    message = ready(account)
    account.debtor.contacts.update(email="compta élan@@x.example")
    send(message, sink.transport)
    assert message.status == "held"
    assert "n’est pas une adresse e-mail" in message.status_reason
    assert sink.received == []


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_died_is_found_out_and_one_at_work_is_not(sink: Sink):
    dead, at_work = ready(), ready()
    for message in (dead, at_work):
        assert sending._fix(message.pk, at=AT, on=MONDAY, by=BY)
    holding, swept = threading.Event(), threading.Event()

    def work() -> None:
        with sending._sole_sender(at_work.pk) as alone:
            assert alone
            holding.set()
            swept.wait(10)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    holding.wait(10)
    assert sending.sweep_sending(at=AT) == 1
    swept.set()
    worker.join()
    assert Message.objects.get(pk=dead.pk).status == "uncertain"
    assert Message.objects.get(pk=at_work.pk).status == "sending"
    assert sink.received == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_copy_each(sink: Sink):
    ready_ones = [ready() for _ in range(8)]
    start = threading.Barrier(2)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            start.wait()
            for message in ready_ones:
                sending.send(message.pk, at=AT, on=MONDAY, transport=sink.transport)
        except BaseException as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(sink.received) == 8
    assert {mail["Message-ID"] for mail in sink.mails} == {
        message.message_id for message in Message.objects.all()
    }
    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_cannot_be_recorded_at_once_is_recorded_after_the_database_is_back(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
):
    message = ready()
    monkeypatch.setattr(sending.time, "sleep", lambda _: None)
    cut = iter([True, True])
    record = sending._record

    def cut_off(*arguments: object, **options: object) -> None:
        if next(cut, False):  # the server restarts: our session and its locks are gone
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        record(*arguments, **options)

    monkeypatch.setattr(sending, "_record", cut_off)
    assert send(message, sink.transport).status == "sent"
    assert len(sink.received) == 1
