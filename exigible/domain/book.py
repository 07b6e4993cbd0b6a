"""A book of accounts as columns on one day, and the figures that everything else shows.

`Book` is what `store.columns` reads out of the database for a slice of accounts, or a test builds
by hand. `figures` sums it by account: échu, contesté, échu hors litige, à échoir, crédit non affecté,
accessoires. The accessories come from the same engine as the décompte.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from exigible.domain.calendar import half_year_start
from exigible.domain.case import (
    TRADE_KINDS,
    Case,
    CaseClaim,
    ClaimKind,
    Clause,
    CreditorKind,
    DebtorKind,
    FormalNotice,
    InterestTerms,
    Regime,
)
from exigible.domain.engine import (
    NEVER,
    TO_PRINCIPAL,
    Claims,
    EventKind,
    Events,
    Flags,
    Ints,
    Rates,
    compute,
)
from exigible.domain.law import Law
from exigible.domain.rates import Schedule, cached_schedule
from exigible.domain.regimes import decide, schedule_key

# Codes of the columns: positions in these tuples.
CREDITOR_KINDS = tuple(CreditorKind)
DEBTOR_KINDS = (*tuple(DebtorKind), None)  # None: unknown
UNKNOWN_DEBTOR = len(DEBTOR_KINDS) - 1
CLAIM_KINDS = tuple(ClaimKind)
NO_CLAUSE = -1

BUCKET_BOUNDS = (30, 60, 90, 180)  # days overdue that end a bucket of the aged balance


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Accounts and their open claims on the day `on`; one row each, claims sorted by account.

    Amounts in cents, days as ordinals (0 where there is none), flags as booleans. `account` holds
    the accounts' ids, increasing; `claim_account` the row of a claim's account.
    """

    on: date
    account: Ints
    creditor_kind: Ints
    debtor_kind: Ints
    never_chased: Flags
    waives_accessories: Flags
    insolvency_day: Ints
    credit: Ints  # unallocated, positive
    held_amount: Ints  # suspended on the account, of no claim in particular
    claim_id: Ints
    claim_account: Ints
    claim_kind: Ints
    claim_due: Ints
    claim_balance: Ints
    claim_principal: Ints  # before what has reduced it
    claim_clause: Ints  # rate in 1/10,000 of a percent, or NO_CLAUSE
    claim_disputed: Ints
    claim_held: Ints
    claim_notice: Ints  # day of the formal notice, 0 if none
    claim_opening: Ints  # collective procedure opened after the claim was born, 0 if none
    claim_accessories_paid: Ints  # penalties and 40 € already paid on top of principal
    claim_euro: Flags
    claim_retention: Flags
    claim_bill: Flags  # a bill accepted (413): paid by the bank at its date, not chased before
    reduction_claim: Ints  # row of the claim reduced
    reduction_day: Ints
    reduction_amount: Ints
    reduction_is_credit_note: Flags

    @property
    def today(self) -> int:
        return self.on.toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Columns by account, in cents; `accessories` counts where `accessories_known`."""

    balance: Ints  # open claims less unallocated credit: the ledger's balance
    not_due: Ints
    bills: Ints  # part of `not_due`
    overdue: Ints
    late: Ints  # `overdue` by bucket: one row a bucket after the first, one column an account
    disputed: Ints
    held: Ints
    credit: Ints
    chased: Ints  # échu hors litige, net of holds and unallocated credit
    accessories: Ints
    accessories_known: Flags
    oldest_due: Ints  # first overdue day of what is chased, 0 if nothing is
    open_claims: Ints
    overdue_claims: Ints
    other_currency: Flags


def overdue_rows(book: Book) -> Flags:
    """Say which claims are overdue: due before `on` and with something left to pay."""
    return (book.claim_due < book.today) & (book.claim_balance > 0)


def chased_by_claim(book: Book) -> Ints:
    """Return what may be chased of each claim: overdue, in euros, less disputes and holds.

    A *retenue de garantie* is not: it is lawfully withheld for a year after the works are accepted
    (loi 71-584 of 16 July 1971, art. 1 and 2), a day that the ledger does not tell.
    """
    left = book.claim_balance - book.claim_disputed - book.claim_held
    open_to_chasing = overdue_rows(book) & book.claim_euro & ~book.claim_retention
    return np.where(open_to_chasing, np.maximum(left, 0), 0)


def figures(book: Book, law: Law) -> Figures:
    """Sum the book by account."""
    size = len(book.account)

    def by_account(values: Ints) -> Ints:
        total = np.zeros(size, np.int64)
        np.add.at(total, book.claim_account, values)
        return total

    overdue = overdue_rows(book)
    euro = book.claim_euro
    chased_claim = chased_by_claim(book)
    gross = by_account(chased_claim)
    chased = np.maximum(gross - book.credit - book.held_amount, 0)
    oldest = np.full(size, NEVER, np.int64)
    np.minimum.at(
        oldest,
        book.claim_account[chased_claim > 0],
        book.claim_due[chased_claim > 0],
    )
    bucket = buckets(book.claim_due, book.on)
    late = np.stack(
        [
            by_account(np.where(overdue & euro & (bucket == number), book.claim_balance, 0))
            for number in range(1, len(BUCKET_BOUNDS) + 2)
        ]
    )
    accessories, known = accessories_by_claim(book, law)
    unknown = np.zeros(size, np.bool_)
    np.logical_or.at(unknown, book.claim_account, ~known)
    balance = by_account(np.where(euro, book.claim_balance, 0)) - book.credit
    return Figures(
        balance=balance,
        not_due=by_account(np.where(~overdue & euro, book.claim_balance, 0)),
        bills=by_account(np.where(~overdue & euro & book.claim_bill, book.claim_balance, 0)),
        overdue=late.sum(axis=0),
        late=late,
        disputed=by_account(np.where(euro, np.minimum(book.claim_disputed, book.claim_balance), 0)),
        held=book.held_amount
        + by_account(np.where(overdue & euro, np.minimum(book.claim_held, book.claim_balance), 0)),
        credit=book.credit,
        chased=chased,
        accessories=by_account(accessories),
        accessories_known=~unknown,
        oldest_due=np.where((oldest == NEVER) | (chased == 0), 0, oldest),
        open_claims=by_account((book.claim_balance != 0).astype(np.int64)),
        overdue_claims=by_account(overdue.astype(np.int64)),
        other_currency=by_account((~euro).astype(np.int64)) > 0,
    )


def accessories_by_claim(book: Book, law: Law) -> tuple[Ints, Flags]:
    """Return penalties, interest and 40 € still due on each open claim, and whether all rates are known.

    Computed on the part that is not disputed (a disputed part bears no claimed penalty until it is
    settled), from the engine that prints the décompte. Nothing for accounts that waive them, for
    debtors of unknown kind, for a *retenue de garantie*, nor for another currency than the euro.
    """
    size = len(book.claim_id)
    totals, known = np.zeros(size, np.int64), np.ones(size, np.bool_)
    kind = book.debtor_kind[book.claim_account]
    wanted = np.flatnonzero(
        overdue_rows(book)
        & book.claim_euro
        & ~book.claim_retention
        & (kind != UNKNOWN_DEBTOR)
        & ~book.waives_accessories[book.claim_account]
        & ~book.never_chased[book.claim_account]
    )
    if not len(wanted):
        return totals, known
    columns, rates, indemnities = _engine_columns(book, wanted, law)
    place = np.full(size, -1, np.int64)
    place[wanted] = np.arange(len(wanted))
    reduced = place[book.reduction_claim]
    keep = reduced >= 0
    due = book.claim_due[wanted]
    late = np.flatnonzero(indemnities > 0)
    opening = book.claim_opening[wanted]
    late = late[(opening[late] == 0) | (due[late] < opening[late])]
    events = Events(
        case=np.concatenate((late, reduced[keep])),
        claim=np.concatenate((late, reduced[keep])),
        kind=np.concatenate(
            (
                np.full(len(late), EventKind.INDEMNITY, np.int64),
                np.where(
                    book.reduction_is_credit_note[keep], EventKind.CREDIT_NOTE, EventKind.PAYMENT
                ).astype(np.int64),
            )
        ),
        day=np.concatenate((due[late] + 1, book.reduction_day[keep])),
        amount=np.concatenate((indemnities[late], book.reduction_amount[keep])),
        allocation=np.full(len(late) + int(keep.sum()), TO_PRINCIPAL, np.int64),
    )
    result = compute(
        columns,
        events.taken(events.order()),
        rates,
        as_of=np.full(len(wanted), book.today, np.int64),
    )
    charged = result.interest + result.fixed_indemnity
    totals[wanted] = np.maximum(charged - book.claim_accessories_paid[wanted], 0)
    known[wanted] = result.unknown_row < 0
    return totals, known


def _engine_columns(book: Book, wanted: Ints, law: Law) -> tuple[Claims, Rates, Ints]:
    """Return engine columns of some claims: one case a claim, one schedule a kind of regime.

    Claims that share parties' kinds, claim kind, clause and (public purchasers) starting half-year
    share a schedule; the regime of each kind is decided by the same rule as a single case's.
    """
    account = book.claim_account[wanted]
    due, notice = book.claim_due[wanted], book.claim_notice[wanted]
    frozen = _half_years(due + 1)
    keys = np.stack(
        (
            book.creditor_kind[account],
            book.debtor_kind[account],
            book.claim_kind[wanted],
            book.claim_clause[wanted],
            np.where(book.debtor_kind[account] == _PUBLIC, frozen, 0),
        )
    )
    combos, which = np.unique(keys, axis=1, return_inverse=True)
    which = which.reshape(-1)
    size = len(wanted)
    first = np.full(size, NEVER, np.int64)
    schedule = np.zeros(size, np.int64)
    indemnity = np.zeros(size, np.int64)
    schedules: list[Schedule] = []
    for index, combo in enumerate(combos.T.tolist()):
        mine = np.flatnonzero(which == index)
        regime = _combo_case(combo, due[mine], book.on, noticed=True)
        decision = decide(regime, 0)
        start = (
            np.where(notice[mine] >= due[mine], notice[mine], NEVER - 1)
            if decision.regime is Regime.LEGAL_INTEREST
            and CLAIM_KINDS[combo[2]] not in (ClaimKind.BILL, ClaimKind.CHEQUE)
            else due[mine]
        )
        if decision.regime is not Regime.NONE:
            first[mine] = start + 1
        earliest = date.fromordinal(int(due[mine].min()) + 1)
        frozen_on = date.fromordinal(combo[4]) if combo[4] else earliest
        key = schedule_key(
            regime,
            0,
            decision,
            first_day=frozen_on if decision.regime is Regime.PUBLIC_PURCHASER else earliest,
            last_day=book.on,
            law=law,
        )
        schedule[mine] = len(schedules)
        schedules.append(cached_schedule(key, law))
        indemnity[mine] = _indemnities(regime, due[mine], law)
    last = np.full(size, book.today, np.int64)
    opened = book.claim_opening[wanted]
    last = np.where(opened > 0, np.minimum(last, opened - 1), last)
    disputed = np.minimum(book.claim_disputed[wanted], book.claim_balance[wanted])
    return (
        Claims(
            case=np.arange(size, dtype=np.int64),
            due=due,
            principal=book.claim_principal[wanted] - disputed,
            first=first,
            last=last,
            schedule=schedule,
        ),
        Rates.of(schedules),
        indemnity,
    )


_PUBLIC = DEBTOR_KINDS.index(DebtorKind.PUBLIC_PURCHASER)


def _combo_case(combo: list[int], due: Ints, on: date, *, noticed: bool) -> Case:
    """Return a case of one claim that stands for all those of a combination of kinds."""
    creditor, debtor, kind, clause, _ = combo
    earliest = date.fromordinal(int(due.min()))
    debtor_kind = DEBTOR_KINDS[debtor]
    assert debtor_kind is not None
    return Case(
        creditor_kind=CREDITOR_KINDS[creditor],
        debtor_kind=debtor_kind,
        claims=(
            CaseClaim(
                ref="",
                kind=CLAIM_KINDS[kind],
                due_on=earliest,
                principal_cents=1,
                interest=InterestTerms(clause=None if clause == NO_CLAUSE else Clause(rate=clause)),
                fixed_indemnity=True,
            ),
        ),
        events=(FormalNotice(on=earliest),) if noticed else (),
    )


def _indemnities(case: Case, due: Ints, law: Law) -> Ints:
    """D. 441-5: the amount for each due day, 0 where none is owed."""
    owed = (
        case.creditor_kind is CreditorKind.PROFESSIONAL
        and case.debtor_kind in (DebtorKind.PROFESSIONAL, DebtorKind.PUBLIC_PURCHASER)
        and case.claims[0].kind in TRADE_KINDS
    )
    amounts = np.zeros(len(due), np.int64)
    if owed:
        for value in law["indemnite_forfaitaire"].values:
            assert value.value is not None
            amounts[due >= value.start.toordinal()] = value.value
    return amounts


def _half_years(days: Ints) -> Ints:
    """Return the first day of the half-year of each day, as ordinals."""
    unique, which = np.unique(days, return_inverse=True)
    starts = np.array(
        [half_year_start(date.fromordinal(day)).toordinal() for day in unique.tolist()],
        dtype=np.int64,
    )
    return starts[which] if len(days) else days


def buckets(due: Ints, on: date, bounds: tuple[int, ...] = BUCKET_BOUNDS) -> Ints:
    """Return the ageing bucket of each due day: 0 not due, then one more a bound passed."""
    late = on.toordinal() - due
    return np.where(late <= 0, 0, np.searchsorted(np.array(bounds), late, side="left") + 1)
