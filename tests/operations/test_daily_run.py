"""The run proposes the right step, once, and leaves alone what must be."""

from datetime import UTC, date, datetime, timedelta

import pytest

from exigible.domain.refusals import Refused
from exigible.operations import creditors, daily_run, letter_batches, messages, payments
from exigible.operations.acts import By
from exigible.operations.bootstrap import ensure_strategies
from exigible.operations.statements import account_statement
from exigible.store.models import (
    AccountFigures,
    DailyRun,
    Debtor,
    DebtorKind,
    Dispute,
    Hold,
    Message,
    Promise,
    Proposal,
    StoredDocument,
    StrategyStep,
)
from tests.builders import AT, make_account, make_claim, make_creditor, make_debtor

pytestmark = pytest.mark.django_db
BY = By.job("daily_run")
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _strategies() -> None:
    ensure_strategies()


def run(on: date = MONDAY) -> DailyRun:
    at = datetime(on.year, on.month, on.day, 5, tzinfo=UTC)
    return daily_run.run_in_line(on, today=on, by=BY, at=at)


def actions(account: object) -> list[tuple[str, str]]:
    rows = Proposal.objects.filter(account=account).exclude(status="obsolete").order_by("id")
    return [(row.action, row.status) for row in rows]


def test_first_reminder_leaves_alone_three_days_after_the_due_date():
    account = make_account()
    make_claim(account, 120_000, MONDAY - timedelta(days=3))
    finished = run()
    assert actions(account) == [("relance_1", "approved")]
    assert finished.counts["approved"] == {"email": 1}
    proposal = Proposal.objects.get(account=account)
    assert proposal.amount_cents == 120_000
    assert [reason["code"] for reason in proposal.reasons] == [
        "step_due",
        "overdue",
        "first_incident",
    ]


def test_two_days_after_the_due_date_nothing_is_proposed_yet():
    account = make_account()
    make_claim(account, 120_000, MONDAY - timedelta(days=2))
    run()
    assert actions(account) == []


def test_a_second_run_of_the_day_adds_nothing():
    account = make_account()
    make_claim(account, 120_000, MONDAY - timedelta(days=40))
    run()
    before = actions(account)
    run()
    assert actions(account) == before == [("relance_1", "approved")]


def test_late_accounts_start_at_the_first_step_and_go_on_one_at_a_time():
    account = make_account()
    make_claim(account, 120_000, MONDAY - timedelta(days=60))
    run(MONDAY)
    run(MONDAY + timedelta(days=1))  # spacing: five working days between two steps
    assert actions(account) == [("relance_1", "approved")]
    Proposal.objects.filter(account=account).update(status="issued", decided_at=AT)
    run(MONDAY + timedelta(days=9))
    assert [action for action, _ in actions(account)] == ["relance_1", "relance_2"]


def test_a_disputed_part_is_left_out_and_the_rest_goes_on():
    account = make_account()
    claim = make_claim(account, 100_000, MONDAY - timedelta(days=5))
    Dispute.objects.create(
        account=account,
        claim=claim,
        amount_cents=60_000,
        reason="palettes abîmées",
        opened_on=MONDAY - timedelta(days=1),
        answer_due_on=MONDAY + timedelta(days=10),
        recorded_by=BY.uuid,
        recorded_at=AT,
    )
    run()
    assert Proposal.objects.get(account=account).amount_cents == 40_000
    assert AccountFigures.objects.get(account=account).disputed_cents == 60_000


def test_a_hold_on_the_account_stops_it_until_its_end():
    account = make_account()
    make_claim(account, 100_000, MONDAY - timedelta(days=5))
    Hold.objects.create(
        account=account,
        reason="accord commercial en cours",
        starts_on=MONDAY,
        ends_on=MONDAY + timedelta(days=1),
        recorded_by=BY.uuid,
        recorded_at=AT,
    )
    assert run().counts["held"] == {"hold": 1}
    assert actions(account) == []
    run(MONDAY + timedelta(days=2))
    assert actions(account) == [("relance_1", "approved")]


def test_a_running_promise_is_waited_for_and_a_broken_one_is_called_about():
    account = make_account()
    make_claim(account, 100_000, MONDAY - timedelta(days=5))
    Promise.objects.create(
        account=account,
        amount_cents=100_000,
        made_on=MONDAY - timedelta(days=2),
        due_on=MONDAY + timedelta(days=1),
        recorded_by=BY.uuid,
        recorded_at=AT,
    )
    assert run().counts["held"] == {"promise": 1}
    run(MONDAY + timedelta(days=3))  # two days of grace
    assert actions(account) == []
    run(MONDAY + timedelta(days=4))
    assert actions(account) == [("broken_promise", "open")]


def test_an_agency_writes_by_post_before_anything_else():
    # CPCE art. R. 124-4: its first demand is a letter; the first step would be an e-mail.
    client = make_creditor(agency_name="Recouvrance", agency_address="2 quai Neuf\n29200 Brest")
    creditors.add_bank_account(client.pk, iban="FR7630006000011234567890189", by=BY, at=AT)
    account = make_account(client)
    make_claim(account, 100_000, MONDAY - timedelta(days=4))
    make_claim(make_account(client), 100_000, MONDAY + timedelta(days=7))  # no notice beforehand
    run()
    first = Proposal.objects.get()
    assert (first.action, first.channel, first.status) == ("relance_1", "letter", "approved")
    assert "letter_first" in [reason["code"] for reason in first.reasons]
    messages.prepare(proposal_id=first.pk, by=BY, at=AT, on=MONDAY)
    [batch] = letter_batches.build_batches(on=MONDAY, at=AT, by=BY)
    letter_batches.mark_printed(batch.pk, by=BY, at=AT, on=MONDAY)
    run(MONDAY + timedelta(days=14))
    second = Proposal.objects.filter(account=account).latest("pk")
    assert (second.action, second.channel) == ("relance_2", "email")


def test_a_late_answer_is_asked_for_until_the_contested_invoice_is_paid():
    account = make_account()
    claim = make_claim(account, 40_000, MONDAY - timedelta(days=30))
    make_claim(account, 90_000, MONDAY - timedelta(days=2))
    Dispute.objects.create(
        account=account,
        claim=claim,
        amount_cents=40_000,
        reason="Marchandise abîmée",
        opened_on=MONDAY - timedelta(days=20),
        answer_due_on=MONDAY - timedelta(days=1),
        recorded_by=BY.uuid,
        recorded_at=AT,
    )
    run()
    assert ("late_dispute", "open") in actions(account)
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=40_000,
        value_date=MONDAY - timedelta(days=1),
        allocations=[(claim.pk, 40_000)],
        by=BY,
        at=AT,
    )
    for days in (1, 2):
        run(MONDAY + timedelta(days=days))
        assert ("late_dispute", "open") not in actions(account)


def test_one_receipt_keeps_one_promise_of_two():
    account = make_account()
    claim = make_claim(account, 100_000, MONDAY - timedelta(days=5))
    for days in (1, 5):
        Promise.objects.create(
            account=account,
            amount_cents=50_000,
            made_on=MONDAY - timedelta(days=2),
            due_on=MONDAY + timedelta(days=days),
            recorded_by=BY.uuid,
            recorded_at=AT - timedelta(days=2),
        )
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=50_000,
        value_date=MONDAY - timedelta(days=1),
        allocations=[(claim.pk, 50_000)],
        by=BY,
        at=AT,
    )
    assert run(MONDAY + timedelta(days=4)).counts["held"] == {"promise": 1}  # the second one runs
    run(MONDAY + timedelta(days=8))  # due on the 5th day, two days of grace
    assert actions(account) == [("broken_promise", "open")]
    assert Proposal.objects.get().reasons[0]["amount_cents"] == 50_000


def test_a_payment_makes_the_waiting_step_obsolete():
    account = make_account()
    claim = make_claim(account, 100_000, MONDAY - timedelta(days=35))
    for done in ("relance_1", "relance_2", "appel"):
        Proposal.objects.create(
            account=account,
            action=done,
            step_id=None,
            cycle=claim.due_on,
            channel="email",
            label=done,
            amount_cents=1,
            proposed_on=MONDAY - timedelta(days=20),
            status="done",
        )

    for row in Proposal.objects.filter(account=account):
        row.step = StrategyStep.objects.get(strategy__key="professionnels", key=row.action)
        row.save()
    run()
    assert actions(account)[-1] == ("derniere_relance", "open")
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=100_000,
        value_date=MONDAY,
        allocations=[(claim.pk, 100_000)],
        by=BY,
        at=datetime(2026, 11, 23, 9, tzinfo=UTC),
    )
    run(MONDAY + timedelta(days=1))
    assert "open" not in [status for _, status in actions(account)]
    assert AccountFigures.objects.get(account=account).state == "settled"


def test_unallocated_credit_that_covers_the_debt_is_not_chased():
    account = make_account()
    make_claim(account, 100_000, MONDAY - timedelta(days=5))
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=100_000,
        value_date=MONDAY - timedelta(days=1),
        by=BY,
        at=datetime(2026, 11, 22, 9, tzinfo=UTC),
    )
    assert run().counts["held"] == {"unallocated_credit": 1}
    figures = AccountFigures.objects.get(account=account)
    assert (figures.balance_cents, figures.credit_cents) == (0, 100_000)


def test_a_debtor_of_unknown_kind_is_left_alone():
    account = make_account(debtor=make_debtor(kind=DebtorKind.UNKNOWN))
    make_claim(account, 100_000, MONDAY - timedelta(days=50))
    assert run().counts["held"] == {"unknown_kind": 1}
    assert actions(account) == []


def test_nothing_leaves_alone_on_a_sunday():
    account = make_account()
    make_claim(account, 100_000, MONDAY - timedelta(days=6))
    sunday = MONDAY - timedelta(days=1)
    assert run(sunday).counts["held"] == {"not_a_working_day": 1}
    assert actions(account) == []


def test_nothing_leaves_alone_on_a_holiday_of_the_debtor_overseas():
    # Abolition of slavery, 27 May: a Wednesday in 2026, a holiday in Guadeloupe, none in Rennes.
    holiday = date(2026, 5, 27)
    creditor = make_creditor()
    there, here = (
        make_account(creditor, debtor=make_debtor(postcode=code, city=city))
        for code, city in (("97110", "Pointe-à-Pitre"), ("35000", "Rennes"))
    )
    for account in (there, here):
        make_claim(account, 120_000, holiday - timedelta(days=4))
    finished = run(holiday)
    assert (actions(there), actions(here)) == ([], [("relance_1", "approved")])
    assert finished.counts["held"] == {"not_a_working_day": 1}
    run(holiday + timedelta(days=1))
    assert actions(there) == [("relance_1", "approved")]


def test_a_future_day_only_answers():
    account = make_account()
    make_claim(account, 100_000, MONDAY - timedelta(days=6))
    later = daily_run.run_in_line(
        MONDAY, today=MONDAY - timedelta(days=3), by=BY, at=datetime(2026, 11, 20, 5, tzinfo=UTC)
    )
    assert later.counts["proposals"] == {"relance_1": 1}
    assert actions(account) == []


def test_a_notice_leaves_before_a_large_sum_falls_due():
    account = make_account()
    make_claim(account, 80_000, MONDAY + timedelta(days=5))
    run()
    assert actions(account) == [("avant_echeance", "approved")]
    run(MONDAY + timedelta(days=1))
    assert len(actions(account)) == 1


def waiting_call(account: object, days_late: int = 30) -> object:
    """Give an account a claim whose next step, a call, waits for someone."""
    claim = make_claim(account, 100_000, MONDAY - timedelta(days=days_late))
    for key in ("relance_1", "relance_2"):
        step = StrategyStep.objects.get(strategy__key="professionnels", key=key)
        Proposal.objects.create(
            account=account,
            action=key,
            step=step,
            cycle=claim.due_on,
            channel="email",
            label=step.label,
            amount_cents=100_000,
            proposed_on=MONDAY - timedelta(days=15),
            status="issued",
            decided_at=AT - timedelta(days=15),
        )
    run()
    assert actions(account)[-1] == ("appel", "open")
    return claim


def test_a_step_set_aside_by_a_cheque_comes_back_with_the_unpaid_cheque():
    account = make_account()
    claim = waiting_call(account)
    cheque = payments.record_payment(
        account.pk,
        kind="cheque",
        amount_cents=100_000,
        value_date=MONDAY,
        allocations=[(claim.pk, 100_000)],
        by=BY,
        at=datetime(2026, 11, 23, 9, tzinfo=UTC),
    )
    run(MONDAY + timedelta(days=1))
    assert [row.action for row in Proposal.objects.filter(account=account, status="obsolete")] == [
        "appel"
    ]
    payments.reverse_payment(
        cheque.pk,
        on=MONDAY + timedelta(days=2),
        by=BY,
        at=datetime(2026, 11, 25, 9, tzinfo=UTC),
    )
    run(MONDAY + timedelta(days=3))
    assert actions(account)[-1] == ("appel", "open")
    back = Proposal.objects.get(account=account, action="appel")
    assert (back.proposed_on, back.decided_at) == (MONDAY + timedelta(days=3), None)


def test_a_hold_withdraws_the_waiting_step_and_its_end_brings_it_back():
    account = make_account()
    waiting_call(account)
    Hold.objects.create(
        account=account,
        reason="accord commercial en cours",
        starts_on=MONDAY,
        ends_on=MONDAY + timedelta(days=4),
        recorded_by=BY.uuid,
        recorded_at=AT,
    )
    run(MONDAY + timedelta(days=1))
    obsolete = Proposal.objects.get(account=account, status="obsolete")
    # The clock of the run, not the machine's.
    assert obsolete.decided_at == datetime(2026, 11, 24, 5, tzinfo=UTC)
    run(MONDAY + timedelta(days=7))
    assert actions(account)[-1] == ("appel", "open")


def test_a_promise_of_all_of_it_withdraws_the_waiting_step():
    account = make_account()
    waiting_call(account)
    Promise.objects.create(
        account=account,
        amount_cents=100_000,
        made_on=MONDAY,
        due_on=MONDAY + timedelta(days=4),
        recorded_by=BY.uuid,
        recorded_at=AT,
    )
    run(MONDAY + timedelta(days=1))
    assert "open" not in [status for _, status in actions(account)]
    run(MONDAY + timedelta(days=8))
    assert actions(account)[-1] == ("broken_promise", "open")


def test_a_collective_procedure_withdraws_the_waiting_step():
    account = make_account()
    waiting_call(account)
    Debtor.objects.filter(pk=account.debtor_id).update(
        insolvency_opened_on=MONDAY, insolvency_kind="liquidation"
    )
    run(MONDAY + timedelta(days=1))
    assert "open" not in [status for _, status in actions(account)]


def test_a_bill_accepted_is_not_announced_before_its_day():
    account = make_account()
    make_claim(account, 80_000, MONDAY + timedelta(days=5), kind="bill")
    run()
    assert actions(account) == []


def test_steps_are_spaced_from_the_day_the_letter_left_not_from_its_approval():
    account = make_account()
    claim = make_claim(account, 100_000, MONDAY - timedelta(days=40))
    for key in ("relance_1", "relance_2", "appel"):
        step = StrategyStep.objects.get(strategy__key="professionnels", key=key)
        proposal = Proposal.objects.create(
            account=account,
            action=key,
            step=step,
            cycle=claim.due_on,
            channel="letter",
            label=step.label,
            amount_cents=100_000,
            proposed_on=MONDAY - timedelta(days=20),
            status="issued",
            decided_at=AT - timedelta(days=20),
        )
    Message.objects.create(
        account=account,
        proposal=proposal,
        channel="letter",
        status="sent",
        created_at=AT,
        sending_at=AT,
        sent_at=AT,
        sent_on=MONDAY - timedelta(days=3),
        document=StoredDocument.objects.create(
            sha256="ab" * 32,
            name="l.pdf",
            media_type="application/pdf",
            size_bytes=1,
            created_at=AT,
        ),
    )
    assert run().counts["held"] == {"spacing": 1}
    assert run(MONDAY + timedelta(days=4)).counts["proposals"] == {"derniere_relance": 1}


def test_a_day_before_the_last_one_run_only_answers():
    account = make_account()
    waiting_call(account)
    before = list(AccountFigures.objects.values())
    past = run(MONDAY - timedelta(days=28))  # two days after the due date: nothing to propose yet
    assert past.proposes_only
    assert actions(account)[-1] == ("appel", "open")
    assert list(AccountFigures.objects.values()) == before


def test_a_retention_is_neither_chased_nor_charged():
    account = make_account()
    make_claim(account, 100_000, MONDAY - timedelta(days=40), retention=True)
    counts = run().counts
    assert counts["proposals"] == {}
    kept = AccountFigures.objects.get(account=account)
    assert (kept.overdue_cents, kept.chased_cents, kept.accessories_cents) == (100_000, 0, 0)
    with pytest.raises(Refused, match="Rien n’est échu"):
        account_statement(account.pk, MONDAY)
