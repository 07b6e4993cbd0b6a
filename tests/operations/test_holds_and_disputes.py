"""Suspensions and disputes: an amount, a reason, an author, an end; the rest goes on."""

from datetime import timedelta

import pytest

from exigible.domain.book import figures
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import disputes, holds
from exigible.operations.acts import By
from exigible.operations.law import current_law
from exigible.store.columns import Scope, read_book
from exigible.store.models import Account, AccountFigures, Claim, Dispute, Hold
from tests.builders import AT, TODAY, make_account, make_claim

pytestmark = pytest.mark.django_db
BY = By.job("test")
SIGNED = {"by": BY, "at": AT}


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def claim(account: Account) -> Claim:
    return make_claim(account, 100_000, TODAY - timedelta(days=20))


def chased(account: Account) -> int:
    return AccountFigures.objects.get(account=account).chased_cents


def hold(account: Account, days: int = 10, **more: object) -> Hold:
    values: dict[str, object] = {"reason": "Avoir attendu", **more}
    return holds.place_hold(
        account.pk,
        ends_on=TODAY + timedelta(days=days),
        on=TODAY,
        **SIGNED,
        **values,
    )


def contest(account: Account, claim: Claim, cents: int | None = None, **more: object) -> Dispute:
    values: dict[str, object] = {"reason": "Deux palettes abîmées", **more}
    return disputes.open_dispute(
        account.pk,
        claim_id=claim.pk,
        amount_cents=cents,
        answer_due_on=TODAY + timedelta(days=15),
        on=TODAY,
        **SIGNED,
        **values,
    )


def test_a_part_of_the_account_is_suspended_and_the_rest_is_chased(
    account: Account, claim: Claim
) -> None:
    hold(account, amount_cents=30_000)
    assert chased(account) == 70_000


def test_a_claim_is_suspended(account: Account, claim: Claim) -> None:
    make_claim(account, 20_000, TODAY - timedelta(days=5))
    hold(account, claim_id=claim.pk)
    assert chased(account) == 20_000


@pytest.mark.parametrize(
    ("days", "more", "code"),
    [
        (10, {"reason": "  "}, "hold_reason"),
        (-1, {}, "hold_past"),
        (181, {}, "hold_long"),
        (10, {"amount_cents": 100_001}, "hold_amount"),
        (10, {"amount_cents": 0}, "hold_amount"),
    ],
)
def test_a_suspension_without_reason_end_or_measure_is_refused(
    account: Account, claim: Claim, days: int, more: dict[str, object], code: str
) -> None:
    with pytest.raises(WrongInput) as refusal:
        hold(account, days, **more)
    assert refusal.value.code == code
    assert not Hold.objects.exists()


def test_a_suspension_of_another_accounts_claim_is_refused(account: Account) -> None:
    other = make_claim(make_account(), 5_000, TODAY)
    with pytest.raises(WrongInput, match="pas de ce compte"):
        hold(account, claim_id=other.pk)


def test_a_suspension_is_lifted_once(account: Account, claim: Claim) -> None:
    placed = hold(account, amount_cents=30_000)
    holds.lift_hold(placed.pk, on=TODAY, **SIGNED)
    assert chased(account) == 100_000
    with pytest.raises(Refused, match="déjà levée"):
        holds.lift_hold(placed.pk, on=TODAY, **SIGNED)


def test_a_past_day_still_shows_the_suspension_lifted_since(account: Account, claim: Claim) -> None:
    placed = hold(account, claim_id=claim.pk)
    lifted_on = TODAY + timedelta(days=3)
    holds.lift_hold(placed.pk, on=lifted_on, by=BY, at=AT + timedelta(days=3))
    law = current_law()
    days = (lifted_on - timedelta(days=1), lifted_on)
    held = [int(figures(read_book(Scope(), day), law).held[0]) for day in days]
    assert held == [100_000, 0]


def test_a_suspension_that_is_over_is_not_lifted(account: Account, claim: Claim) -> None:
    placed = hold(account, 2)
    with pytest.raises(Refused, match="a pris fin"):
        holds.lift_hold(placed.pk, on=TODAY + timedelta(days=3), **SIGNED)


def test_a_part_of_an_invoice_is_contested_and_the_rest_goes_on(
    account: Account, claim: Claim
) -> None:
    contest(account, claim, 31_200)
    figures = AccountFigures.objects.get(account=account)
    assert (figures.disputed_cents, figures.chased_cents) == (31_200, 68_800)


def test_without_amount_all_that_is_left_is_contested(account: Account, claim: Claim) -> None:
    contest(account, claim, 40_000)
    assert contest(account, claim).amount_cents == 60_000
    with pytest.raises(WrongInput, match="déjà contestée en entier"):
        contest(account, claim, 1)


def test_more_than_what_is_left_of_the_claim_is_refused(account: Account, claim: Claim) -> None:
    contest(account, claim, 40_000)
    with pytest.raises(WrongInput, match=r"600,00"):
        contest(account, claim, 60_001)
    assert Dispute.objects.count() == 1


def test_nothing_is_not_a_part_of_an_invoice(account: Account, claim: Claim) -> None:
    with pytest.raises(WrongInput, match="est nul"):
        contest(account, claim, 0)


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_dispute_has_a_reason(account: Account, claim: Claim, reason: str) -> None:
    with pytest.raises(WrongInput) as refusal:
        contest(account, claim, reason=reason)
    assert refusal.value.field == "reason"


def test_a_rejected_dispute_is_claimed_again(account: Account, claim: Claim) -> None:
    opened = contest(account, claim, 40_000)
    disputes.close_dispute(opened.pk, outcome="rejected", on=TODAY, **SIGNED)
    assert chased(account) == 100_000
    with pytest.raises(Refused, match="clos depuis"):
        disputes.close_dispute(opened.pk, outcome="upheld", on=TODAY, **SIGNED)


@pytest.mark.parametrize(
    ("outcome", "given", "kept"),
    [("upheld", None, 40_000), ("rejected", 999, 0), ("partial", 15_000, 15_000)],
)
def test_what_is_recognised_follows_from_the_outcome(
    account: Account, claim: Claim, outcome: str, given: int | None, kept: int
) -> None:
    opened = contest(account, claim, 40_000)
    disputes.close_dispute(opened.pk, outcome=outcome, accepted_cents=given, on=TODAY, **SIGNED)
    opened.refresh_from_db()
    assert opened.accepted_cents == kept
    claim.refresh_from_db()
    assert claim.balance_cents == 100_000  # only accounting's credit note changes the claim


@pytest.mark.parametrize("given", [None, 0, 40_000, 50_000])
def test_a_partial_answer_says_which_part(
    account: Account, claim: Claim, given: int | None
) -> None:
    opened = contest(account, claim, 40_000)
    with pytest.raises(WrongInput, match="part reconnue"):
        disputes.close_dispute(
            opened.pk, outcome="partial", accepted_cents=given, on=TODAY, **SIGNED
        )
