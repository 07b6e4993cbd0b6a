"""What a story is told with: a house, one debtor, a night, a morning, the post."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any

from exigible.operations import (
    creditors,
    daily_run,
    letter_batches,
    messages,
    opening,
    payments,
    people,
    sending,
)
from exigible.operations.acts import By
from exigible.operations.bootstrap import ensure_strategies
from exigible.operations.creditors import CreditorFacts
from exigible.operations.opening import NewAccount, NewClaim
from exigible.operations.people import PersonFacts
from exigible.simulation.doing import Post
from exigible.simulation.play import moment
from exigible.store.models import AccountFigures, DailyRun, Message, Proposal, User

NIGHT = By.job("daily_run")
IBAN = "FR7630006000011234567890189"


class Story:
    """The house, the debtor, and what a day is made of."""

    def __init__(
        self, creditor: dict[str, Any], account: NewAccount, claims: Sequence[NewClaim]
    ) -> None:
        ensure_strategies()
        at = moment(date(2026, 1, 2), 9)
        house = creditors.create_creditor(CreditorFacts(**creditor), by=NIGHT, at=at)
        creditors.add_bank_account(house.pk, iban=IBAN, by=NIGHT, at=at)
        self.account = opening.open_account(house.pk, account, by=NIGHT, at=at)
        collector = PersonFacts(
            email="recouvrement@maison.example",
            name=creditor["signatory"],
            role="collector",
            all_portfolios=True,
        )
        self.collector = people.invite_user(collector, by=NIGHT, at=at)
        self.claims = opening.record_claims(
            self.account.pk, claims, by=NIGHT, at=moment(claims[0].issued_on, 9)
        )
        self.post = Post(set(), Random(0), silence=0)

    @property
    def by(self) -> By:
        return By.user(User.objects.get(pk=self.collector.pk))

    def night(self, on: date) -> DailyRun:
        return daily_run.run_in_line(on, today=on, by=NIGHT, at=moment(on, 6))

    def morning(self, on: date) -> None:
        messages.prepare_approved(on=on, by=NIGHT, at=moment(on, 6, 30))
        sending.send_due(at=moment(on, 10), on=on, transport=self.post)

    def step(self, on: date) -> Proposal:
        """Return the step proposed that day, and no other."""
        [step] = Proposal.objects.filter(proposed_on=on)
        return step

    def waiting(self) -> list[str]:
        return list(Proposal.objects.filter(status="open").values_list("action", flat=True))

    def posts(self, step: Proposal, on: date) -> Message:
        """Approve a letter, put it in the day's batch, take the batch to the post."""
        letter = messages.prepare(proposal_id=step.pk, by=self.by, at=moment(on, 10), on=on)
        letter = messages.approve_message(letter.pk, by=self.by, at=moment(on, 10, 5), on=on)
        [batch] = letter_batches.build_batches(on=on, at=moment(on, 17), by=self.by)
        letter_batches.mark_printed(batch.pk, by=self.by, at=moment(on, 17, 30), on=on)
        letter.refresh_from_db()
        return letter

    def receives(self, cents: int, on: date) -> None:
        """Record a transfer that names the first claim."""
        payments.record_payment(
            self.account.pk,
            kind="transfer",
            amount_cents=cents,
            value_date=on,
            label=f"VIR {self.claims[0].ref}",
            allocations=[(self.claims[0].pk, cents)],
            by=self.by,
            at=moment(on, 11),
        )

    def figures(self) -> AccountFigures:
        return AccountFigures.objects.get(account=self.account)


def day(month: int, number: int) -> date:
    """Return a day of 2026."""
    return date(2026, month, number)
