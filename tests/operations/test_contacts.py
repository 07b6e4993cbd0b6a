"""Calls and all that comes of them in one act; notes; tasks."""

from datetime import date, timedelta

import pytest

from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.roles import Role
from exigible.operations import contacts
from exigible.operations.acts import By
from exigible.store.models import (
    Account,
    Call,
    Dispute,
    JournalEntry,
    Note,
    Promise,
    Proposal,
    ProposalStatus,
    Task,
)
from tests.builders import AT, TODAY, make_account, make_claim, make_creditor
from tests.factories import make_user

pytestmark = pytest.mark.django_db
SIGNED = {"by": By.job("test"), "at": AT}
MONDAY = date(2026, 11, 23)  # TODAY, the 22nd, is a Sunday


@pytest.fixture
def account() -> Account:
    account = make_account()
    make_claim(account, 100_000, TODAY - timedelta(days=20))
    return account


@pytest.fixture
def step(account: Account) -> Proposal:
    return Proposal.objects.create(
        account=account,
        action="appel",
        cycle=TODAY,
        channel="call",
        label="Appel",
        amount_cents=100_000,
        proposed_on=TODAY,
    )


def settle(account: Account, outcome: str, **more: object) -> Call:
    return contacts.settle_call(account.pk, outcome=outcome, on=TODAY, **SIGNED, **more)


def test_a_call_brings_its_promise_and_does_its_step(account: Account, step: Proposal) -> None:
    settle(
        account,
        "promise",
        note="Vendredi.",
        promised=contacts.Promised(amount_cents=60_000, due_on=TODAY + timedelta(days=5)),
        proposal_id=step.pk,
    )
    step.refresh_from_db()
    assert step.status == ProposalStatus.DONE
    assert Promise.objects.get().amount_cents == 60_000
    assert Call.objects.get().note == "Vendredi."
    actions = set(JournalEntry.objects.values_list("action", flat=True))
    assert actions == {"call_recorded", "promise_recorded", "proposal_done"}


def test_a_refused_promise_leaves_no_call_behind(account: Account, step: Proposal) -> None:
    with pytest.raises(WrongInput):
        settle(
            account,
            "promise",
            promised=contacts.Promised(amount_cents=100_001, due_on=TODAY),
            proposal_id=step.pk,
        )
    step.refresh_from_db()
    assert step.status == ProposalStatus.OPEN
    assert not Call.objects.exists()
    assert not JournalEntry.objects.exists()


def test_a_call_brings_its_dispute(account: Account) -> None:
    claim = account.claims.get()
    settle(
        account,
        "dispute",
        contested=contacts.Contested(
            claim_id=claim.pk, amount_cents=None, reason="Prix", answer_due_on=MONDAY
        ),
    )
    assert Dispute.objects.get().amount_cents == 100_000


def test_nobody_answered_so_the_step_comes_back_on_the_next_working_day(
    account: Account, step: Proposal
) -> None:
    settle(account, "no_answer", proposal_id=step.pk)
    step.refresh_from_db()
    assert (step.status, step.show_from) == (ProposalStatus.OPEN, MONDAY)


def test_a_message_was_left_so_the_step_is_done(account: Account, step: Proposal) -> None:
    settle(account, "left_message", proposal_id=step.pk)
    step.refresh_from_db()
    assert step.status == ProposalStatus.DONE


def test_a_plan_asked_for_leaves_a_task(account: Account) -> None:
    settle(account, "plan", follow_up="Répondre à la demande")
    task = Task.objects.get()
    assert (task.label, task.due_on) == ("Répondre à la demande", MONDAY)


def test_a_wrong_number_is_corrected_and_the_step_stays(account: Account, step: Proposal) -> None:
    contact = account.debtor.contacts.get()
    contacts.record_wrong_number(
        account.pk,
        contact_id=contact.pk,
        new_phone="01 23 45 67 89",
        on=TODAY,
        proposal_id=step.pk,
        **SIGNED,
    )
    contact.refresh_from_db()
    step.refresh_from_db()
    assert contact.phone == "01 23 45 67 89"
    assert (step.status, step.show_from) == (ProposalStatus.OPEN, None)


def test_a_wrong_number_without_another_leaves_a_task(account: Account, step: Proposal) -> None:
    contact = account.debtor.contacts.get()
    contacts.record_wrong_number(
        account.pk, contact_id=contact.pk, on=TODAY, proposal_id=step.pk, **SIGNED
    )
    contact.refresh_from_db()
    step.refresh_from_db()
    assert contact.phone == ""
    assert step.show_from == MONDAY
    assert Task.objects.get().label == "Trouver un numéro"


def test_an_unreadable_number_changes_nothing(account: Account) -> None:
    contact = account.debtor.contacts.get()
    with pytest.raises(WrongInput, match="pas un numéro"):
        contacts.record_wrong_number(
            account.pk, contact_id=contact.pk, new_phone="demain", on=TODAY, **SIGNED
        )
    assert not Call.objects.exists()


def test_the_journal_keeps_no_words_of_a_note(account: Account) -> None:
    contacts.record_note(account.pk, text="Mme Le Bihan part en congé", on=TODAY, **SIGNED)
    line = JournalEntry.objects.get()
    assert "Bihan" not in str(line.facts) + line.subject


@pytest.mark.parametrize(("text", "code"), [("  ", "note_empty"), ("x" * 4001, "note_long")])
def test_a_note_says_something_and_not_a_novel(account: Account, text: str, code: str) -> None:
    with pytest.raises(WrongInput) as refusal:
        contacts.record_note(account.pk, text=text, on=TODAY, **SIGNED)
    assert refusal.value.code == code
    assert not Note.objects.exists()


def test_a_task_goes_to_someone_who_may_open_the_account(account: Account) -> None:
    insider = make_user(Role.COLLECTOR, account.creditor)
    stranger = make_user(Role.COLLECTOR, make_creditor(), email="ailleurs@armorial.example")
    auditor = make_user(Role.AUDITOR, account.creditor)
    common = {"label": "Rappeler", "due_on": TODAY, "on": TODAY, **SIGNED}
    assert contacts.add_task(account.pk, assigned_to_id=insider.pk, **common)
    for person in (stranger, auditor):
        with pytest.raises(WrongInput, match="pas accès"):
            contacts.add_task(account.pk, assigned_to_id=person.pk, **common)


@pytest.mark.parametrize("days", [-1, 731])
def test_a_task_is_for_a_day_one_can_reach(account: Account, days: int) -> None:
    with pytest.raises(WrongInput):
        contacts.add_task(
            account.pk, label="Rappeler", due_on=TODAY + timedelta(days=days), on=TODAY, **SIGNED
        )


def test_a_task_is_done_once_and_may_be_reopened(account: Account) -> None:
    task = contacts.add_task(account.pk, label="Rappeler", due_on=TODAY, on=TODAY, **SIGNED)
    contacts.finish_task(task.pk, **SIGNED)
    with pytest.raises(Refused, match="déjà faite"):
        contacts.finish_task(task.pk, **SIGNED)
    contacts.reopen_task(task.pk, **SIGNED)
    task.refresh_from_db()
    assert task.done_at is None
    with pytest.raises(Refused, match="encore à faire"):
        contacts.reopen_task(task.pk, **SIGNED)


@pytest.mark.parametrize("outcome", ["other", "no_answer"])
def test_a_call_touches_no_step_of_another_account(step: Proposal, outcome: str) -> None:
    elsewhere = make_account()
    with pytest.raises(Refused, match="pas de ce compte"):
        contacts.settle_call(elsewhere.pk, outcome=outcome, on=TODAY, proposal_id=step.pk, **SIGNED)
    step.refresh_from_db()
    assert (step.status, step.show_from) == (ProposalStatus.OPEN, None)
    assert not elsewhere.calls.exists()
