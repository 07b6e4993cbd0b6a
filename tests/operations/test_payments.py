"""Money in, what it pays, and taking it back."""

from datetime import timedelta

import pytest

from exigible.domain.refusals import Refused, Stale, WrongInput
from exigible.operations import payments
from exigible.operations.acts import By
from exigible.store.models import AccountFigures, Claim, JournalEntry, Payment
from tests.builders import AT, TODAY, make_account, make_claim

pytestmark = pytest.mark.django_db
BY = By.job("test")


@pytest.fixture
def claim() -> Claim:
    return make_claim(make_account(), 10_000, TODAY - timedelta(days=30))


def receive(claim: Claim, cents: int, **fields: object) -> Payment:
    values: dict[str, object] = {"allocations": [(claim.pk, cents)], **fields}
    return payments.record_payment(
        claim.account_id,
        kind="transfer",
        amount_cents=cents,
        value_date=TODAY,
        by=BY,
        at=AT,
        **values,
    )


def test_a_payment_closes_its_invoice_and_refreshes_the_figures(claim: Claim):
    payment = receive(claim, 10_000)
    claim.refresh_from_db()
    assert (claim.balance_cents, payment.unallocated_cents) == (0, 0)
    assert AccountFigures.objects.get(account=claim.account).balance_cents == 0
    actions = JournalEntry.objects.filter(account=claim.account).values_list("action", flat=True)
    assert list(actions) == ["payment_recorded", "payment_allocated"]


def test_what_is_not_allocated_stays_visible(claim: Claim):
    payment = receive(claim, 3_000, allocations=[])
    assert payment.unallocated_cents == 3_000
    payments.allocate(payment.pk, [(claim.pk, 3_000)], by=BY, at=AT)
    claim.refresh_from_db()
    assert claim.balance_cents == 7_000


def test_beyond_the_payment_or_the_claim_is_refused_and_nothing_is_kept(claim: Claim):
    with pytest.raises(Refused, match="dépassent ce qui reste du règlement"):
        receive(claim, 1_000, allocations=[(claim.pk, 1_001)])
    with pytest.raises(Refused, match="reste dû"):
        receive(claim, 20_000)
    assert not Payment.objects.exists()


def test_a_payment_of_another_age_is_a_year_mistyped(claim: Claim):
    with pytest.raises(WrongInput, match="Vérifiez l’année") as refused:
        payments.record_payment(
            claim.account_id,
            kind="transfer",
            amount_cents=1_000,
            value_date=TODAY.replace(year=1960),
            by=BY,
            at=AT,
        )
    assert refused.value.field == "value_date"
    assert not Payment.objects.exists()


def test_a_payment_to_come_is_a_promise(claim: Claim):
    with pytest.raises(WrongInput, match="promesse"):
        payments.record_payment(
            claim.account_id,
            kind="transfer",
            amount_cents=100,
            value_date=TODAY + timedelta(days=1),
            by=BY,
            at=AT,
        )


def test_a_claim_of_another_account_is_refused(claim: Claim):
    other = make_claim(make_account(), 5_000, TODAY)
    with pytest.raises(WrongInput, match="n’appartient pas"):
        receive(claim, 1_000, allocations=[(other.pk, 1_000)])


def test_reversing_a_payment_gives_the_claim_back(claim: Claim):
    payment = receive(claim, 10_000)
    payments.reverse_payment(payment.pk, on=TODAY, by=BY, at=AT, reason="chèque impayé")
    claim.refresh_from_db()
    assert claim.balance_cents == 10_000
    assert sum(Payment.objects.values_list("amount_cents", flat=True)) == 0
    with pytest.raises(Refused, match="déjà contrepassé"):
        payments.reverse_payment(payment.pk, on=TODAY, by=BY, at=AT)


def test_undoing_an_allocation_leaves_the_payment_as_credit(claim: Claim):
    payment = receive(claim, 10_000)
    settlement = payment.allocations.get().settlement
    payments.reverse_settlement(settlement.pk, by=BY, at=AT)
    payment.refresh_from_db()
    assert payment.unallocated_cents == 10_000
    with pytest.raises(Refused, match="déjà contrepassée"):
        payments.reverse_settlement(settlement.pk, by=BY, at=AT)


def test_someone_acted_meanwhile(claim: Claim):
    receive(claim, 1_000)
    with pytest.raises(Stale, match="a changé entre-temps"):
        receive(claim, 1_000, expected_version=0)
    assert Payment.objects.count() == 1


def test_a_payment_that_came_back_pays_nothing_more(claim: Claim):
    payment = receive(claim, 3_000, allocations=[])
    payments.reverse_payment(payment.pk, on=TODAY, by=BY, at=AT)
    with pytest.raises(Refused, match="contrepassé"):
        payments.allocate(payment.pk, [(claim.pk, 3_000)], by=BY, at=AT)
    claim.refresh_from_db()
    assert claim.balance_cents == 10_000
