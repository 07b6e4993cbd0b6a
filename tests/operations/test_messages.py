"""Messages before they leave: what is prepared, what is refused, what people decide."""

import uuid
from datetime import date, timedelta

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from exigible.domain.refusals import Refused, Stale, WrongInput
from exigible.operations import messages, payments
from exigible.operations.acts import By
from exigible.operations.documents import store_document
from exigible.store.models import (
    Dispute,
    DueOnSource,
    Hold,
    JournalEntry,
    Message,
    Promise,
    Proposal,
)
from tests.builders import make_claim
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


def prepare(account: object, template: str = "relance_1", **options: object) -> Message:
    return messages.prepare(
        account_id=account.pk, template=template, by=PERSON, at=AT, on=MONDAY, **options
    )


def from_step(account: object, *step: object, **options: object) -> Message:
    proposal = approved_step(account, *step, **options)
    return messages.prepare(proposal_id=proposal.pk, by=BY, at=AT, on=MONDAY)


def test_an_automatic_step_becomes_a_message_ready_to_leave_with_its_job(sink: Sink):
    account = late_account(120_000, 80_000)
    message = from_step(account)
    assert (message.status, message.channel) == ("ready", "email")
    assert message.amount_cents == 200_000
    assert message.claims.count() == 2
    assert message.approved_by is None
    assert "2 000,00 €" in message.subject.replace("\u202f", " ").replace("\u00a0", " ")
    [job] = ProcrastinateJob.objects.filter(task_name="exigible.jobs.send_message")
    assert job.args == {"message_id": message.pk}
    assert JournalEntry.objects.filter(account=account, action="message_prepared").count() == 1


def test_preparing_a_step_twice_gives_the_same_message(sink: Sink):
    proposal = approved_step(late_account())
    first, second = (
        messages.prepare(proposal_id=proposal.pk, by=BY, at=AT, on=MONDAY) for _ in range(2)
    )
    assert first.pk == second.pk
    assert Message.objects.count() == 1


def test_by_hand_a_message_waits_for_approval(sink: Sink):
    message = prepare(late_account())
    assert message.status == "proposed"
    assert not ProcrastinateJob.objects.exists()
    approved = messages.approve_message(message.pk, by=PERSON, at=AT, on=MONDAY)
    assert approved.status == "ready"
    assert approved.approved_by == PERSON.uuid
    assert ProcrastinateJob.objects.count() == 1


def test_without_a_server_the_message_stays_and_says_so(settings: object):
    settings.SMTP = None
    message = from_step(late_account())
    assert message.status == "ready"
    assert "Aucun serveur d’envoi n’est réglé" in message.status_reason
    assert not ProcrastinateJob.objects.exists()


def test_without_a_usable_address_the_letter_takes_over():
    account = late_account(email_ok=False)
    message = from_step(account)
    assert message.channel == "letter"
    assert message.to_address == "8 rue des Scieurs\n29000 QUIMPER"
    assert "Nous vous prions d’agréer" in message.body


def test_the_main_contact_is_written_to_and_an_inactive_one_never():
    account = late_account()
    account.debtor.contacts.update(is_main=False)
    account.debtor.contacts.create(name="Ancienne", email="ancienne@x.example", active=False)
    account.debtor.contacts.create(name="Chef", email="chef@x.example", is_main=True)
    assert prepare(account).to_address == "chef@x.example"


def test_disputed_and_held_parts_are_left_out_and_credit_is_taken_off():
    account = late_account(100_000, 50_000, 30_000)
    first, second, third = account.claims.order_by("pk")
    dispute = {"account": account, "reason": "prix", "recorded_by": PERSON.uuid, "recorded_at": AT}
    Dispute.objects.create(
        claim=first, amount_cents=40_000, opened_on=MONDAY, answer_due_on=MONDAY, **dispute
    )
    Hold.objects.create(
        account=account,
        claim=second,
        reason="avoir attendu",
        starts_on=MONDAY,
        ends_on=MONDAY,
        recorded_by=PERSON.uuid,
        recorded_at=AT,
    )
    account.payments.create(
        kind="transfer", amount_cents=5_000, value_date=MONDAY, recorded_at=AT, origin="test"
    )
    message = prepare(account)
    # 1 000 − 400 disputed, the held 500 left out, 300, less the 50 € of credit: 850 €.
    assert message.amount_cents == 85_000
    assert set(message.claims.all()) == {first, third}
    assert "Crédit non affecté" in message.body


def test_the_second_reminder_to_a_professional_adds_penalties_and_indemnity():
    account = late_account(1_000_000, due_on=date(2026, 7, 31))
    message = prepare(account, "relance_2")
    # ECB 2.40 % + 10 points from 1 August to 23 November: 115 days.
    # 10 000 € × 12.40 % × 115/365 = 390.68 €, and 40 €.
    assert message.amount_cents == 1_000_000
    assert message.total_cents == 1_000_000 + 39_068 + 4_000


def test_a_waiver_leaves_the_principal_alone():
    account = late_account(1_000_000)
    account.waives_accessories = True
    account.save()
    message = prepare(account, "relance_2")
    assert message.total_cents == message.amount_cents == 1_000_000
    assert "indemnité forfaitaire" not in message.body


def test_a_consumer_is_never_asked_for_more_than_the_principal():
    account = late_account(1_000_000, kind="consumer")
    message = prepare(account, "relance_2")
    assert message.total_cents == 1_000_000
    assert "pénalité" not in message.body.lower()
    assert "indemnité" not in message.body.lower()


@pytest.mark.parametrize("template", ["mise_en_demeure", "relance_1"])
def test_a_claim_of_uncertain_due_date_is_reminded_of_but_never_put_in_default(template):
    account = late_account(100_000)
    derived = make_claim(account, 70_000, date(2026, 10, 1), due_on_source=DueOnSource.DERIVED)
    message = prepare(account, template, channel="lrar" if template != "relance_1" else "email")
    assert (derived in message.claims.all()) is (template == "relance_1")
    assert message.is_formal_notice is (template == "mise_en_demeure")


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"ref": ""}, "le numéro"),
        ({"issued_on": None}, "la date"),
        ({"due_on_source": DueOnSource.DERIVED}, "échéance"),
        ({"detail_unknown": True}, "le numéro"),
    ],
)
def test_a_mise_en_demeure_names_what_its_only_claim_lacks(lacking, named):
    account = late_account()
    account.claims.update(**lacking)
    with pytest.raises(Refused) as caught:
        prepare(account, "mise_en_demeure", channel="lrar")
    assert caught.value.code == "claim_incomplete"
    assert named in caught.value.message
    assert caught.value.article == "C. civ. art. 1344"
    assert not Message.objects.exists()


def test_a_mise_en_demeure_needs_an_address():
    with pytest.raises(Refused) as caught:
        prepare(late_account(city=""), "mise_en_demeure", channel="lrar")
    assert caught.value.code == "no_address"


def test_nothing_leaves_by_itself_to_a_debtor_of_unknown_kind(sink: Sink):
    account = late_account(kind="unknown")
    with pytest.raises(Refused) as caught:
        from_step(account)
    assert caught.value.code == "unknown_kind"
    by_hand = prepare(account, "relance_2")
    assert by_hand.total_cents == by_hand.amount_cents


def test_after_an_opening_judgment_nothing_earlier_is_demanded():
    account = late_account()
    account.debtor.insolvency_opened_on = date(2026, 11, 1)
    account.debtor.insolvency_kind = "redressement"
    account.debtor.save()
    with pytest.raises(Refused) as caught:
        prepare(account)
    assert caught.value.code == "insolvency_stay"
    assert "L. 622-7" in caught.value.article


@pytest.mark.parametrize("state", ["never_chased", "held", "promised", "paid"])
def test_an_account_to_be_left_alone_gets_no_demand(state):
    account = late_account(120_000)
    if state == "never_chased":
        account.never_chased, account.never_chased_reason = True, "société du groupe"
        account.save()
    elif state == "held":
        Hold.objects.create(
            account=account,
            reason="accord commercial",
            starts_on=MONDAY,
            ends_on=MONDAY + timedelta(days=5),
            recorded_by=PERSON.uuid,
            recorded_at=AT,
        )
    elif state == "promised":
        _promise(account, 120_000)
    else:
        account.payments.create(
            kind="transfer", amount_cents=120_000, value_date=MONDAY, recorded_at=AT, origin="t"
        )
    with pytest.raises(Refused) as caught:
        prepare(account)
    assert caught.value.code in {state, "nothing_due"}


@pytest.mark.parametrize("template", ["avant_echeance", "relance_1", "relance_2"])
def test_a_message_with_nothing_left_to_claim_is_refused_and_says_so(template: str):
    account = late_account(120_000)
    claim = account.claims.get()
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=120_000,
        value_date=MONDAY,
        allocations=[(claim.pk, 120_000)],
        by=PERSON,
        at=AT,
    )
    with pytest.raises(Refused) as caught:
        prepare(account, template)
    assert caught.value.code == "nothing_due"


def test_a_promised_part_is_not_claimed_again():
    account = late_account(120_000)
    _promise(account, 20_000)
    message = prepare(account)
    assert message.amount_cents == 100_000
    assert "Part promise" in message.body


def test_a_promise_is_confirmed_in_its_own_words():
    account = late_account(120_000)
    _promise(account, 120_000)
    message = prepare(account, "confirmation_promesse")
    assert "1 200,00 €" in message.body.replace("\u202f", " ").replace("\u00a0", " ")
    assert message.amount_cents == 0
    assert not message.claims.exists()


def test_a_consumer_is_not_written_to_twice_a_week():
    account = late_account(kind="consumer")
    _sent(prepare(account), MONDAY - timedelta(days=3))
    with pytest.raises(Refused) as caught:
        prepare(account)
    assert caught.value.code == "too_many_messages"
    # Friday 20 and seven days: the next one may leave on Friday 27.
    assert caught.value.facts["possible_on"] == "2026-11-27"


def test_a_creditor_without_its_legal_line_is_told_what_to_complete():
    account = late_account(creditor=letter_creditor(website=""))
    account.creditor.legal_line = ""
    account.creditor.save()
    with pytest.raises(Refused) as caught:
        prepare(account)
    assert caught.value.article == "C. com. art. R. 123-237"
    assert "Administration" in caught.value.message


def test_an_agency_writes_a_letter_first_with_its_mentions_then_recalls_it(sink: Sink):
    creditor = letter_creditor(
        agency_name="Rive Droite Recouvrement", agency_address="5 rue Lafayette\n75009 Paris"
    )
    account = late_account(creditor=creditor)
    with pytest.raises(Refused) as caught:
        prepare(account, channel="email")
    assert caught.value.code == "agency_letter_first"
    letter = prepare(account, channel="letter")
    assert "L. 111-8" in letter.body
    assert "exerce une activité de recouvrement amiable" in letter.body
    _sent(letter, date(2026, 11, 2))
    mail = prepare(account, channel="email")
    assert f"{account.number}/{letter.pk}" in mail.body
    assert "2\u00a0novembre 2026" in mail.body


def test_what_cannot_be_prepared_goes_back_to_the_worklist_with_its_reason():
    good, bad = late_account(), late_account(kind="unknown")
    for account in (good, bad):
        approved_step(account)
    assert messages.prepare_approved(on=MONDAY, by=BY, at=AT) == 2
    given_back = Proposal.objects.get(account=bad)
    assert given_back.status == "open"
    assert "qualité" in given_back.held_reason
    assert Message.objects.get().account == good
    assert messages.prepare_approved(on=MONDAY, by=BY, at=AT) == 0


def test_accounts_read_together_each_keep_their_own_sums():
    sums = (100_000, 250_000, 70_000)
    accounts = [late_account(cents, 5_000 * (n + 1)) for n, cents in enumerate(sums)]
    credited = accounts[1]
    credited.payments.create(
        kind="transfer", amount_cents=9_000, value_date=MONDAY, recorded_at=AT, origin="t"
    )
    for account in accounts:
        approved_step(account)
    messages.prepare_approved(on=MONDAY, by=BY, at=AT)
    found = {message.account_id: message.amount_cents for message in Message.objects.all()}
    assert [found[account.pk] for account in accounts] == [
        100_000 + 5_000,
        250_000 + 10_000 - 9_000,
        70_000 + 15_000,
    ]


def test_the_job_exists_only_if_the_message_was_committed(sink: Sink):
    step = approved_step(late_account())
    with transaction.atomic():
        messages.prepare(proposal_id=step.pk, by=BY, at=AT, on=MONDAY)
        assert ProcrastinateJob.objects.count() == 1
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()
    assert not Message.objects.exists()


def test_a_held_message_waits_and_a_cancelled_one_frees_its_step(sink: Sink):
    account = late_account()
    message = from_step(account)
    with pytest.raises(WrongInput):
        messages.hold_message(message.pk, reason=" ", by=PERSON, at=AT)
    held = messages.hold_message(message.pk, reason="à relire", by=PERSON, at=AT)
    assert (held.status, held.status_reason) == ("held", "à relire")
    messages.approve_message(message.pk, by=PERSON, at=AT, on=MONDAY)
    messages.cancel_message(message.pk, by=PERSON, at=AT)
    assert Proposal.objects.get().status == "open"
    with pytest.raises(Refused):
        messages.approve_message(message.pk, by=PERSON, at=AT, on=MONDAY)


def test_two_people_on_one_account_do_not_overwrite_each_other(sink: Sink):
    message = from_step(late_account())
    version = Message.objects.get().account.version
    messages.hold_message(message.pk, reason="un", by=PERSON, at=AT, expected_version=version)
    with pytest.raises(Stale):
        messages.cancel_message(message.pk, by=PERSON, at=AT, expected_version=version)
    assert Message.objects.get().status == "held"


def test_a_preview_writes_nothing_and_tells_every_refusal():
    account = late_account(kind="consumer")
    account.creditor.legal_line = ""
    account.creditor.save()
    seen = messages.preview(account_id=account.pk, template="relance_1", on=MONDAY)
    assert [refusal.code for refusal in seen.refusals] == ["creditor_identity"]
    assert seen.letter.subject
    assert not Message.objects.exists()
    assert not JournalEntry.objects.exists()


def _sent(message: Message, on: date) -> None:
    """Say that a message left on a day."""
    Message.objects.filter(pk=message.pk).update(
        status="sent",
        document=store_document(b"octets", name="essai", media_type="text/plain", at=AT),
        sent_on=on,
        sending_at=AT - (MONDAY - on),
    )


def _promise(account: object, cents: int) -> Promise:
    return Promise.objects.create(
        account=account,
        amount_cents=cents,
        made_on=MONDAY,
        due_on=MONDAY + timedelta(days=4),
        recorded_by=PERSON.uuid,
        recorded_at=AT,
    )


def test_money_not_yet_allocated_stops_penalties_from_being_claimed():
    account = late_account(1_000_000, due_on=date(2026, 7, 31))
    account.payments.create(
        kind="transfer",
        amount_cents=990_000,
        value_date=date(2026, 8, 1),
        recorded_at=AT,
        origin="t",
    )
    message = prepare(account, "derniere_relance", channel="letter")
    # The debtor owes 100 € since 1 August: not the penalties of 10 000 €, over 390 €.
    assert (message.amount_cents, message.total_cents) == (10_000, 10_000)
