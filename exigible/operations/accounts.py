"""Opening accounts for customers that a file brings: debtor, account, portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from exigible.domain.text_keys import name_key, ref_key
from exigible.operations.creditors import MAIN_PORTFOLIO
from exigible.store.models import Account, Creditor, Debtor, Portfolio

PROVISIONAL = "E-"  # numbers of accounts that documents open, until accounting gives its own


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer of a creditor that has no account yet."""

    number: str
    name: str
    never_chased_reason: str = ""


def portfolio_of(creditor: Creditor) -> Portfolio:
    """Return the portfolio that new accounts join: the creditor's first, made if there is none."""
    found = creditor.portfolios.order_by("id").first()
    return found or Portfolio.objects.create(creditor=creditor, name=MAIN_PORTFOLIO)


def open_accounts(
    creditor: Creditor, customers: Sequence[NewCustomer], *, at: datetime
) -> list[Account]:
    """Open an account for each customer, in order, with a debtor of its own.

    The debtor's quality stays unknown: no interest, no indemnity and no automatic step until
    someone, or the customer file, says what he is.
    """
    if not customers:
        return []
    portfolio = portfolio_of(creditor)
    names = [customer.name or customer.number for customer in customers]
    debtors = Debtor.objects.bulk_create(
        (Debtor(name=name, name_key=name_key(name), created_at=at) for name in names),
        batch_size=2000,
    )
    return Account.objects.bulk_create(
        (
            Account(
                creditor=creditor,
                debtor=debtor,
                portfolio=portfolio,
                number=customer.number,
                number_key=ref_key(customer.number),
                never_chased=bool(customer.never_chased_reason),
                never_chased_reason=customer.never_chased_reason,
                created_at=at,
            )
            for customer, debtor in zip(customers, debtors, strict=True)
        ),
        batch_size=2000,
    )
