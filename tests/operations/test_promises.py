"""Promises: never above what is due, never for yesterday nor for next year."""

from datetime import timedelta

import pytest

from exigible.domain.refusals import Refused, Stale, WrongInput
from exigible.operations import payments, promises
from exigible.operations.acts import By
from exigible.store.models import Account, JournalEntry, Promise, Proposal, ProposalStatus
from tests.builders import AT, TODAY, make_account, make_claim

pytestmark = pytest.mark.django_db
BY = By.job("test")


@pytest.fixture
def account() -> Account:
    account = make_account()
    make_claim(account, 100_000, TODAY - timedelta(days=20))
    make_claim(account, 50_000, TODAY + timedelta(days=20), issued_on=TODAY - timedelta(days=10))
    return account


def promise(account: Account, cents: int, days: int = 5, **more: object) -> Promise:
    return promises.record_promise(
        account.pk,
        amount_cents=cents,
        due_on=TODAY + timedelta(days=days),
        on=TODAY,
        by=BY,
        at=AT,
        **more,
    )


def test_a_promise_is_kept_with_its_journal_line(account: Account) -> None:
    made = promise(account, 40_000, note="  Vendredi, sans faute.  ")
    assert (made.amount_cents, made.made_on, made.note) == (
        40_000,
        TODAY,
        "Vendredi, sans faute.",
    )
    line = JournalEntry.objects.get(account=account)
    assert (line.action, line.subject) == ("promise_recorded", f"promise:{made.pk}")
    account.refresh_from_db()
    assert account.version == 1
    assert account.figures.chased_cents == 100_000  # the promise changes no figure


def test_it_may_cover_what_is_not_due_yet_but_not_more(account: Account) -> None:
    assert promise(account, 150_000)
    with pytest.raises(WrongInput, match="déjà promis"):
        promise(account, 1)


def test_unallocated_credit_is_no_longer_due(account: Account) -> None:
    payments.record_payment(
        account.pk, kind="transfer", amount_cents=120_000, value_date=TODAY, by=BY, at=AT
    )
    # 100 000 + 50 000 open less 120 000 received and not allocated: 30 000 to promise.
    with pytest.raises(WrongInput, match=r"300,00"):
        promise(account, 30_001)
    assert promise(account, 30_000)


@pytest.mark.parametrize(
    ("cents", "days", "code"),
    [
        (0, 5, "promise_amount"),
        (-5, 5, "promise_amount"),
        (1000, -1, "promise_past"),
        (1000, 91, "promise_far"),
    ],
)
def test_what_cannot_be_is_refused(account: Account, cents: int, days: int, code: str) -> None:
    with pytest.raises(WrongInput) as refusal:
        promise(account, cents, days)
    assert refusal.value.code == code
    assert not Promise.objects.exists()
    assert not JournalEntry.objects.exists()


def test_the_last_day_allowed_is_allowed(account: Account) -> None:
    assert promise(account, 1000, promises.FURTHEST_DAYS)
    assert promise(account, 1000, 0)


def test_old_debts_of_an_insolvent_debtor_are_not_promised(account: Account) -> None:
    debtor = account.debtor
    debtor.insolvency_kind, debtor.insolvency_opened_on = "redressement", TODAY
    debtor.save()
    with pytest.raises(Refused) as refusal:
        promise(account, 1000)
    assert refusal.value.article == "C. com. art. L. 622-7"
    later = make_claim(
        account, 7_000, TODAY + timedelta(days=60), issued_on=TODAY + timedelta(days=1)
    )
    assert later.balance_cents == 7_000
    assert promise(account, 7_000)


def test_the_step_it_answers_is_done(account: Account) -> None:
    step = Proposal.objects.create(
        account=account,
        action="appel",
        cycle=TODAY,
        channel="call",
        label="Appel",
        amount_cents=100_000,
        proposed_on=TODAY,
    )
    promise(account, 1000, proposal_id=step.pk)
    step.refresh_from_db()
    assert step.status == ProposalStatus.DONE


def test_nothing_half_done_when_the_step_was_already_decided(account: Account) -> None:
    step = Proposal.objects.create(
        account=account,
        action="appel",
        cycle=TODAY,
        channel="call",
        label="Appel",
        amount_cents=100_000,
        proposed_on=TODAY,
        status=ProposalStatus.DISMISSED,
    )
    with pytest.raises(Refused):
        promise(account, 1000, proposal_id=step.pk)
    assert not Promise.objects.exists()


def test_someone_who_acted_meanwhile_is_named_and_nothing_is_overwritten(account: Account) -> None:
    promise(account, 1000)
    with pytest.raises(Stale) as stale:
        promise(account, 2000, expected_version=0)
    assert stale.value.facts["action"] == "promise_recorded"
    assert Promise.objects.count() == 1


def test_another_debtors_contact_is_refused(account: Account) -> None:
    stranger = make_account().debtor.contacts.get()
    with pytest.raises(WrongInput):
        promise(account, 1000, contact_id=stranger.pk)


def test_cancelled_once(account: Account) -> None:
    made = promise(account, 150_000)
    promises.cancel_promise(made.pk, on=TODAY, by=BY, at=AT)
    made.refresh_from_db()
    assert made.cancelled_at == AT
    assert promise(account, 150_000)  # what was promised is free again
    with pytest.raises(Refused, match="déjà annulée"):
        promises.cancel_promise(made.pk, on=TODAY, by=BY, at=AT)


def test_another_currency_is_not_added_to_euros(account: Account) -> None:
    make_claim(account, 500_000, TODAY - timedelta(days=9), currency="USD")
    with pytest.raises(WrongInput, match="dépasse le reste dû"):
        promise(account, 150_001)


def test_what_a_promise_brought_in_is_no_longer_promised(account: Account) -> None:
    promise(account, 120_000)
    later = AT + timedelta(hours=1)
    payments.record_payment(
        account.pk, kind="transfer", amount_cents=120_000, value_date=TODAY, by=BY, at=later
    )
    # 150 000 due less 120 000 paid, the first promise kept: 30 000 are free to be promised.
    assert promise(account, 30_000)
