"""Penalties, interest and the 40 € that a payment settles on top of its invoices.

They are due by law without a reminder (C. com. art. L. 441-10), computed by the engine that prints the
décompte, and are no entry until a fact makes them one: here, that they were paid. Each is then written
twice in one settlement, due and paid, so that the claim's principal does not move and the payment is used
(`decisions/0011-accessories-paid.md`). Never more than what the engine says is due on the day of the funds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from exigible.domain.french import day as french_day
from exigible.domain.french import euros, typeset
from exigible.domain.refusals import OutsideKnownLaw, Refused, WrongInput
from exigible.domain.statement import statement
from exigible.operations.acts import By
from exigible.operations.law import current_law
from exigible.operations.statements import account_case
from exigible.store.models import (
    Allocation,
    Component,
    Entry,
    EntryKind,
    Payment,
    Settlement,
    SettlementKind,
)

Shares = Sequence[tuple[int, int]]  # claim, cents


@dataclass(frozen=True, slots=True)
class Due:
    """What is due on top of a claim's principal and not paid yet, in the order it is paid."""

    fixed_indemnity_cents: int
    interest_cents: int

    @property
    def total_cents(self) -> int:
        return self.fixed_indemnity_cents + self.interest_cents

    def split(self, cents: int) -> list[tuple[Component, int]]:
        """Return what `cents` pay: the 40 € first, as in the décompte, then interest."""
        indemnity = min(cents, self.fixed_indemnity_cents)
        parts = [(Component.FIXED_INDEMNITY, indemnity), (Component.INTEREST, cents - indemnity)]
        return [(component, part) for component, part in parts if part]


NOTHING = Due(0, 0)


def due(account_id: int, claim_ids: Iterable[int], on: date) -> dict[int, Due]:
    """Return what is due on `on` on top of some claims of an account, the oldest claim first.

    Nothing where the account waives it, the debtor's kind or a rate is unknown, the sum is contested, or
    the claim was not late: what cannot be said to be due is not paid by anything.
    """
    try:
        made = account_case(account_id, on, claim_ids=list(claim_ids))
        found = statement(made.case, on, current_law())
    except (Refused, OutsideKnownLaw):
        return {}
    paid: dict[tuple[str | None, str], int] = {}
    for part in found.allocations:
        key = (part.claim, part.component)
        paid[key] = paid.get(key, 0) + part.amount_cents
    by_ref = {one.ref: one.components for one in found.claims}
    answer: dict[int, Due] = {}
    for claim, told in zip(made.claims, made.case.claims, strict=True):
        parts = by_ref.get(told.ref)
        if parts is None:
            continue
        one = Due(
            parts.fixed_indemnity - paid.get((told.ref, "fixed_indemnity"), 0),
            parts.interest - paid.get((told.ref, "interest"), 0),
        )
        if one.total_cents > 0:
            answer[claim.pk] = one
    return answer


def shared(owed: Mapping[int, Due], cents: int) -> list[tuple[int, int]]:
    """Share a surplus out among what is due: every 40 € first, then interest, the oldest claim first."""
    left = cents
    by_claim: dict[int, int] = {}
    for parts in (
        [(claim, one.fixed_indemnity_cents) for claim, one in owed.items()],
        [(claim, one.interest_cents) for claim, one in owed.items()],
    ):
        for claim, part in parts:
            taken = min(left, part)
            if taken:
                by_claim[claim] = by_claim.get(claim, 0) + taken
                left -= taken
    return list(by_claim.items())


def exact(owed: Mapping[int, Due], cents: int) -> bool:
    """Say whether a surplus is what is due to the cent: everything, or every 40 €."""
    indemnities = sum(one.fixed_indemnity_cents for one in owed.values())
    return cents > 0 and cents in (indemnities, sum(one.total_cents for one in owed.values()))


def in_words(owed: Mapping[int, Due], shares: Shares, on: date) -> str:
    """Return what a surplus pays, as a person reads it."""
    sums = {Component.FIXED_INDEMNITY: 0, Component.INTEREST: 0}
    for claim, cents in shares:
        for component, part in owed.get(claim, NOTHING).split(cents):
            sums[component] += part
    told = [
        f"{euros(sums[component])} {words}"
        for component, words in (
            (Component.FIXED_INDEMNITY, "d’indemnité forfaitaire"),
            (Component.INTEREST, "de pénalités de retard"),
        )
        if sums[component]
    ]
    return typeset(f"{' et '.join(told)}, dus au {french_day(on)}")


def pay(payment: Payment, shares: Shares, *, by: By, at: datetime) -> Settlement:
    """Use part of a payment on what is due on top of claims, under the lock of its account.

    Raise WrongInput for a sum that is none, Refused beyond what is due on the payment's day.
    """
    wanted: dict[int, int] = {}
    for claim, cents in shares:
        if cents <= 0:
            raise WrongInput(
                "amount", "Chaque montant affecté doit être supérieur à zéro.", field="accessories"
            )
        wanted[claim] = wanted.get(claim, 0) + cents
    owed = due(payment.account_id, wanted, payment.value_date)
    for claim, cents in wanted.items():
        most = owed.get(claim, NOTHING).total_cents
        if cents > most or payment.currency != "EUR":
            raise Refused(
                "beyond_accessories",
                typeset(
                    f"{euros(cents)} de pénalités et d’indemnité, alors que {euros(most)} sont dus au "
                    f"{french_day(payment.value_date)} : laissez la différence au crédit du compte."
                ),
                field="accessories",
                article="C. com. art. L. 441-10",
            )
    settlement = Settlement.objects.create(
        account_id=payment.account_id,
        kind=SettlementKind.ACCESSORIES,
        recorded_at=at,
        origin=by.actor,
    )
    Entry.objects.bulk_create(
        Entry(
            account_id=payment.account_id,
            claim_id=claim,
            settlement=settlement,
            kind=kind,
            component=component,
            amount_cents=sign * part,
            value_date=payment.value_date,
            recorded_at=at,
            origin=by.actor,
        )
        for claim, cents in wanted.items()
        for component, part in owed[claim].split(cents)
        for kind, sign in ((EntryKind.ACCESSORY, 1), (EntryKind.SETTLEMENT, -1))
    )
    Allocation.objects.bulk_create(
        Allocation(
            account_id=payment.account_id,
            payment=payment,
            settlement=settlement,
            claim_id=claim,
            amount_cents=cents,
            value_date=payment.value_date,
            recorded_at=at,
            origin=by.actor,
        )
        for claim, cents in wanted.items()
    )
    return settlement
