"""The aged balance totals to the ledger, on any day, in both modes."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db.models import QuerySet

from exigible.operations import figures, payments
from exigible.operations.acts import By
from exigible.reports.ageing import (
    DAYS,
    LATE,
    NOBODY,
    SORTS,
    AgeingFilters,
    AgeingRow,
    Mode,
    Since,
    ageing,
    claims_behind,
    credits_behind,
    ledger_balance,
)
from exigible.store.models import (
    Account,
    Allocation,
    Claim,
    DebtorKind,
    Dispute,
    Entry,
    Payment,
    User,
)
from tests.builders import make_account, make_claim, make_creditor, make_debtor

pytestmark = pytest.mark.django_db
BY = By.job("test")
ON = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def test_each_claim_falls_in_one_bucket():
    account = make_account()
    for late, cents in ((0, 100), (1, 200), (30, 300), (31, 400), (90, 500), (91, 600), (181, 700)):
        make_claim(account, cents, ON - timedelta(days=late))
    [row] = ageing(ON, AgeingFilters()).rows
    amounts = row.amounts
    assert (amounts.not_due, amounts.late_30, amounts.late_60, amounts.late_90) == (
        100,
        500,
        400,
        500,
    )
    assert (amounts.late_180, amounts.late_more, amounts.balance) == (600, 700, 2800)


def test_unallocated_credit_has_its_own_negative_column():
    account = make_account()
    make_claim(account, 10_000, ON - timedelta(days=10))
    payments.record_payment(
        account.pk, kind="transfer", amount_cents=4_000, value_date=ON, by=BY, at=NOW
    )
    answer = ageing(ON, AgeingFilters())
    assert (answer.totals.late_30, answer.totals.credit, answer.totals.balance) == (
        10_000,
        -4_000,
        6_000,
    )


def test_a_past_day_is_shown_as_known_and_as_recomputed():
    account = make_account()
    claim = make_claim(account, 10_000, date(2026, 9, 10), at=at(date(2026, 8, 12)))
    # Received on 25 September, learnt of on 5 October.
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=10_000,
        value_date=date(2026, 9, 25),
        allocations=[(claim.pk, 10_000)],
        by=BY,
        at=at(date(2026, 10, 5)),
    )
    day = date(2026, 9, 30)
    assert ageing(day, AgeingFilters(), mode=Mode.AS_KNOWN).totals.balance == 10_000
    assert ageing(day, AgeingFilters(), mode=Mode.RECOMPUTED).totals.balance == 0
    [row] = ageing(day, AgeingFilters(), compare=True).rows
    assert (row.amounts.balance, row.difference) == (0, -10_000)
    [row] = ageing(day, AgeingFilters(), mode=Mode.AS_KNOWN, compare=True).rows
    assert (row.amounts.balance, row.difference) == (10_000, -10_000)


def test_portfolios_and_creditors_bound_the_view():
    mine, other = make_account(), make_account()
    for account in (mine, other):
        make_claim(account, 10_000, ON - timedelta(days=10))
    answer = ageing(ON, AgeingFilters(portfolio_ids=[mine.portfolio_id]))
    assert [row.account_id for row in answer.rows] == [mine.pk]
    assert ageing(ON, AgeingFilters(portfolio_ids=[])).rows == ()
    assert answer.totals.balance == 10_000


def a_book(seed: int) -> list[Account]:
    """Make six accounts over a year: claims, payments learnt of late, some reversed, disputes."""
    luck = random.Random(seed)
    creditor = make_creditor()
    accounts = [make_account(creditor) for _ in range(6)]
    for account in accounts:
        for _ in range(5):
            due = ON - timedelta(days=luck.randrange(-30, 250))
            issued = due - timedelta(days=30)
            kind = luck.choice(["invoice", "invoice", "bill"])
            cents = luck.randrange(100, 90_000)
            claim = make_claim(account, cents, due, issued_on=issued, at=at(issued), kind=kind)
            if luck.random() < 0.6:
                received = min(due + timedelta(days=luck.randrange(-10, 50)), ON)
                learnt = at(min(received + timedelta(days=luck.randrange(0, 40)), ON))
                part = luck.randrange(1, claim.amount_cents + 1)
                payment = payments.record_payment(
                    account.pk,
                    kind="transfer",
                    amount_cents=part + luck.choice([0, 0, 500]),
                    value_date=received,
                    allocations=[(claim.pk, part)],
                    by=BY,
                    at=learnt,
                )
                if luck.random() < 0.2:
                    payments.reverse_payment(payment.pk, on=ON, by=BY, at=NOW)
            if luck.random() < 0.3:
                opened = min(due + timedelta(days=luck.randrange(0, 30)), ON)
                Dispute.objects.create(
                    account=account,
                    claim=claim,
                    amount_cents=luck.randrange(1, cents + 1),
                    reason="qualité",
                    opened_on=opened,
                    answer_due_on=opened,
                    closed_on=luck.choice([None, None, opened + timedelta(days=20)]),
                    recorded_by=UUID(int=0),
                    recorded_at=at(opened),
                )
    return accounts


DAYS_BACK = (0, 1, 17, 45, 120, 400)


@pytest.mark.parametrize("seed", range(3))
def test_every_day_totals_to_the_ledger_and_today_is_the_figures(seed: int):
    accounts = a_book(seed)
    for days in DAYS_BACK:
        day = ON - timedelta(days=days)
        for mode in Mode:
            answer = ageing(day, AgeingFilters(), mode=mode, limit=1000)
            assert answer.totals.balance == ledger_balance(day, AgeingFilters(), mode=mode)
            for row in answer.rows:
                amounts = row.amounts
                assert amounts.not_due + amounts.overdue + amounts.credit == amounts.balance
    figures.refresh([account.pk for account in accounts], ON)
    for sort in SORTS:
        if sort == "ecart":
            continue
        fresh = ageing(ON, AgeingFilters(), from_figures=True, limit=1000, sort=f"-{sort}")
        live = ageing(ON, AgeingFilters(), limit=1000, sort=f"-{sort}")
        assert fresh.totals == live.totals
        assert sorted(fresh.rows, key=_id) == sorted(live.rows, key=_id)
        column = {"nom": "name", "echu": "overdue"}.get(sort, SORTS[sort])
        for answer in (fresh, live):
            shown = [getattr(row.amounts, column, row.name) for row in answer.rows]
            assert shown == sorted(shown, reverse=True)


def _id(row: AgeingRow) -> int:
    return row.account_id


@pytest.mark.parametrize("seed", range(2))
def test_the_balance_of_a_past_day_is_the_sum_of_what_had_happened(seed: int):
    """Forwards, entry by entry, claim by claim, as a slow reader would do it."""
    accounts = a_book(seed)
    for days in DAYS_BACK:
        day = ON - timedelta(days=days)
        for mode in Mode:
            rows = {row.account_id: row for row in ageing(day, AgeingFilters(), mode=mode).rows}
            for account in accounts:
                expected = dict.fromkeys(("not_due", "bills", *LATE, "credit"), 0)
                for claim in Claim.objects.filter(account=account):
                    left = _had_happened(Entry.objects.filter(claim=claim), day, mode)
                    late = (day - claim.due_on).days
                    bounds = (0, 30, 60, 90, 180)
                    column = ("not_due", *LATE)[sum(late > bound for bound in bounds)]
                    expected[column] += left
                    expected["bills"] += left if late <= 0 and claim.kind == "bill" else 0
                paid = _had_happened(Payment.objects.filter(account=account), day, mode)
                used = _had_happened(Allocation.objects.filter(account=account), day, mode)
                expected["credit"] = used - paid
                row = rows.get(account.pk)
                shown = {name: getattr(row.amounts, name) if row else 0 for name in expected}
                assert shown == expected


def _had_happened(rows: QuerySet[Any], day: date, mode: Mode) -> int:
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo("Europe/Paris"))
    known = rows.filter(value_date__lte=day)
    if mode is Mode.AS_KNOWN:
        known = known.filter(recorded_at__lt=midnight)
    return sum(known.values_list("amount_cents", flat=True))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("filters", [{}, {"with_disputes": False}, {"since": Since.ISSUED}])
def test_a_figure_is_the_sum_of_the_lines_behind_it(seed: int, filters: dict[str, Any]):
    accounts = a_book(seed)
    for days in (0, 45, 120):
        day = ON - timedelta(days=days)
        for mode in Mode:
            wanted = AgeingFilters(**filters)
            totals = ageing(day, wanted, mode=mode).totals
            for column in DAYS:
                behind = claims_behind(day, wanted, column=column, mode=mode, limit=1000)
                expected = getattr(totals, column)
                if column == "balance":
                    expected -= totals.credit
                assert behind.cents == expected == sum(line.cents for line in behind.lines)
                assert behind.count == len(behind.lines)
            credits = credits_behind(day, wanted, mode=mode, limit=1000)
            assert credits.cents == totals.credit == sum(line.cents for line in credits.lines)
            one = AgeingFilters(account_ids=[accounts[0].pk], **filters)
            behind = claims_behind(day, one, column="overdue", mode=mode)
            assert {line.account_id for line in behind.lines} <= {accounts[0].pk}
            assert behind.cents == ageing(day, one, mode=mode).totals.overdue


def test_contested_sums_are_left_out_on_demand_never_more_than_what_is_left():
    account = make_account()
    claim = make_claim(account, 10_000, ON - timedelta(days=40))
    Dispute.objects.create(
        account=account,
        claim=claim,
        amount_cents=7_000,
        reason="qualité",
        opened_on=ON - timedelta(days=5),
        answer_due_on=ON,
        recorded_by=UUID(int=0),
        recorded_at=NOW,
    )
    without = AgeingFilters(with_disputes=False)
    assert ageing(ON, AgeingFilters()).totals.late_60 == 10_000
    assert ageing(ON, without).totals.late_60 == 3_000  # 10 000 − 7 000
    assert ageing(ON - timedelta(days=6), without).totals.late_60 == 10_000  # not yet contested
    payments.record_payment(
        account.pk,
        kind="transfer",
        amount_cents=6_000,
        value_date=ON,
        allocations=[(claim.pk, 6_000)],
        by=BY,
        at=NOW,
    )
    assert ageing(ON, without).totals.late_60 == 0  # 4 000 left, all of it contested


def test_age_may_be_counted_from_the_issue():
    account = make_account()
    make_claim(account, 10_000, ON + timedelta(days=10), issued_on=ON - timedelta(days=35))
    make_claim(account, 500, ON + timedelta(days=30), issued_on=ON)
    totals = ageing(ON, AgeingFilters(since=Since.ISSUED)).totals
    assert (totals.not_due, totals.late_30, totals.late_60) == (0, 500, 10_000)


def test_collectors_qualities_and_names_narrow_the_view_the_same_way_from_figures():
    creditor = make_creditor()
    claire = User.objects.create_user("claire@exemple.example", name="Claire", role="collector")
    rows = {
        "claire": make_account(creditor, collector=claire),
        "nobody": make_account(creditor),
        "consumer": make_account(creditor, debtor=make_debtor(kind=DebtorKind.CONSUMER)),
    }
    for account in rows.values():
        make_claim(account, 10_000, ON - timedelta(days=10))
    rows["old"] = make_account(collector=claire, debtor=make_debtor(kind=DebtorKind.UNKNOWN))
    make_claim(rows["old"], 12_000, ON - timedelta(days=31))
    payments.record_payment(
        rows["old"].pk, kind="transfer", amount_cents=2_000, value_date=ON, by=BY, at=NOW
    )
    figures.refresh([account.pk for account in rows.values()], ON)
    wanted: list[tuple[dict[str, Any], set[str]]] = [
        ({"collector_id": claire.pk}, {"claire", "old"}),
        ({"collector_id": NOBODY}, {"nobody", "consumer"}),
        ({"debtor_kind": "consumer"}, {"consumer"}),
        ({"account_ids": [rows["nobody"].pk]}, {"nobody"}),
        ({"account_ids": []}, set()),
        ({"creditor_id": creditor.pk, "older_than": 0}, {"claire", "nobody", "consumer"}),
        ({"older_than": 30}, {"old"}),
        ({"with_credit": True}, {"old"}),
    ]
    for filters, expected in wanted:
        for from_figures in (True, False):
            answer = ageing(ON, AgeingFilters(**filters), from_figures=from_figures)
            assert {row.account_id for row in answer.rows} == {rows[name].pk for name in expected}
            assert answer.accounts == len(expected)
            assert answer.totals.balance == 10_000 * len(expected)


@pytest.mark.parametrize("from_figures", [True, False])
def test_totals_are_of_the_whole_view_on_every_page_even_past_the_last(from_figures: bool):
    creditor = make_creditor()
    accounts = [make_account(creditor) for _ in range(5)]
    for rank, account in enumerate(accounts, start=1):
        make_claim(account, rank * 1_000, ON - timedelta(days=10))
    figures.refresh([account.pk for account in accounts], ON)
    seen: list[int] = []
    for offset in (0, 2, 4, 6):
        answer = ageing(
            ON, AgeingFilters(), from_figures=from_figures, limit=2, offset=offset, sort="-encours"
        )
        assert (answer.accounts, answer.totals.balance) == (5, 15_000)
        seen += [row.amounts.balance for row in answer.rows]
    assert seen == [5_000, 4_000, 3_000, 2_000, 1_000]


def test_another_currency_is_never_added_to_euros():
    account = make_account()
    make_claim(account, 10_000, ON - timedelta(days=10))
    make_claim(account, 99_000, ON - timedelta(days=10), currency="USD")
    assert ageing(ON, AgeingFilters()).totals.balance == 10_000
    assert ledger_balance(ON, AgeingFilters()) == 10_000
    assert claims_behind(ON, AgeingFilters(), column="balance").cents == 10_000
