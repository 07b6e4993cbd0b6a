"""The frame of every act on an account: its lock, its version, its line in the journal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from exigible.domain.refusals import Stale
from exigible.operations import journal
from exigible.store.models import Account, JournalEntry, User


@dataclass(frozen=True, slots=True)
class By:
    """Who acts: a person (opaque id) or a job."""

    actor: str  # "user:<uuid>", "job:<name>", "import:<batch>"

    @classmethod
    def user(cls, user: User) -> "By":
        return cls(f"user:{user.opaque_id}")

    @classmethod
    def job(cls, name: str) -> "By":
        return cls(f"job:{name}")

    @property
    def uuid(self) -> UUID:
        """The person's opaque id; a job's is the nil UUID."""
        kind, _, value = self.actor.partition(":")
        return UUID(value) if kind == "user" else UUID(int=0)


class AccountAct:
    """An account under its lock; `journal` adds a line to its chain when the act commits."""

    def __init__(self, account: Account, by: By, at: datetime) -> None:
        self.account = account
        self.by = by
        self.at = at
        self._lines: list[journal.Act] = []

    def journal(self, action: str, subject: str = "", **facts: object) -> None:
        self._lines.append(
            journal.Act(
                account_id=self.account.pk,
                actor=self.by.actor,
                action=action,
                subject=subject,
                facts=facts,
            )
        )


@contextmanager
def act_on(
    account_id: int, *, by: By, at: datetime, expected_version: int | None = None
) -> Iterator[AccountAct]:
    """Open one transaction on one account, under its lock.

    With `expected_version` (what the user's page showed), raise Stale, naming who acted and when,
    if somebody acted meanwhile. Leaving the block without error journals and commits.
    """
    with transaction.atomic():
        account = (
            Account.objects.select_for_update(of=("self",))
            .select_related("creditor", "debtor")
            .get(pk=account_id)
        )
        if expected_version is not None and account.version != expected_version:
            last = JournalEntry.objects.filter(account=account).order_by("-seq").first()
            raise Stale(
                "stale",
                "Ce compte a changé entre-temps. Relisez-le, puis recommencez : rien n’a été "
                "enregistré.",
                facts={
                    "actor": last.actor if last else "",
                    "action": last.action if last else "",
                    "at": last.at.isoformat() if last else "",
                },
            )
        act = AccountAct(account, by, at)
        yield act
        account.version += 1
        account.save(update_fields=["version"])
        journal.append_all(act._lines, at=at)


class HouseAct:
    """An act on the house itself (people, creditors, imports), in one transaction."""

    def __init__(self, by: By, at: datetime) -> None:
        self.by = by
        self.at = at
        self._lines: list[journal.Act] = []

    def journal(self, action: str, subject: str = "", **facts: object) -> None:
        self._lines.append(
            journal.Act(
                account_id=None,
                actor=self.by.actor,
                action=action,
                subject=subject,
                facts=facts,
            )
        )


@contextmanager
def act_on_house(*, by: By, at: datetime) -> Iterator[HouseAct]:
    """Open an act on the house: a transaction whose lines join the house's chain as it commits.

    The chain's lock is taken last, for the time of the append: acts on people and creditors lock
    their own rows, and never wait for one another otherwise.
    """
    with transaction.atomic():
        act = HouseAct(by, at)
        yield act
        journal.append_all(act._lines, at=at)
