"""A creditor, a debtor and late invoices, ready to be written to; and a sink for what leaves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from itertools import count

from aiosmtpd.controller import Controller

from exigible.channels.email.transport import SmtpTransport
from exigible.hosting.environment import SmtpServer
from exigible.operations.acts import By
from exigible.store.models import (
    Account,
    Creditor,
    CreditorBankAccount,
    Proposal,
    ProposalStatus,
    Strategy,
    StrategyStep,
)
from tests.builders import make_account, make_claim, make_creditor, make_debtor

MONDAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 9, 0, 30, 250_125, tzinfo=UTC)  # 10 h in Paris
BY = By.job("test")
_SIRENS = count(1)


def letter_creditor(**fields: object) -> Creditor:
    """A creditor whose sheet is complete, with a bank account."""
    creditor = make_creditor(
        siren=f"9{next(_SIRENS):08d}",
        legal_line="Négoce Armorial, SAS au capital de 40 000 €, 732 829 320 RCS Rennes",
        phone="02 99 00 00 00",
        signatory="Maëlle Kervern",
        **fields,
    )
    CreditorBankAccount.objects.create(
        creditor=creditor, iban="FR7630006000011234567890189", bic="AGRIFRPP", is_default=True
    )
    return creditor


def late_account(
    *amounts_cents: int,
    creditor: Creditor | None = None,
    due_on: date = date(2026, 10, 15),
    **debtor: object,
) -> Account:
    """An account with one late invoice for each amount (one of 1 200,00 € if none is given)."""
    account = make_account(
        creditor or letter_creditor(), debtor=make_debtor(**debtor) if debtor else None
    )
    for cents in amounts_cents or (120_000,):
        make_claim(account, cents, due_on, issued_on=date(2026, 9, 15))
    return account


def approved_step(
    account: Account,
    template: str = "relance_1",
    channel: str = "email",
    *,
    by: By | None = None,
    **step: object,
) -> Proposal:
    """A step of the account's cycle already approved: by the run, or by a person (`by`)."""
    strategy, _ = Strategy.objects.get_or_create(
        key=f"essai_{account.debtor.kind}", name="Essai", audience=account.debtor.kind
    )
    row = StrategyStep.objects.create(
        strategy=strategy,
        key=f"{template}-{strategy.steps.count()}",
        position=strategy.steps.count(),
        label=template,
        channel=channel,
        template=template,
        **{"offset_days": 3, "fallback_channel": "letter", **step},
    )
    return Proposal.objects.create(
        account=account,
        step=row,
        action=row.key,
        cycle=account.claims.order_by("due_on").values_list("due_on", flat=True)[0],
        channel=channel,
        label=template,
        amount_cents=120_000,
        proposed_on=MONDAY,
        status=ProposalStatus.APPROVED,
        decided_by=by.uuid if by else None,
        decided_at=AT,
    )


@dataclass
class Sink:
    """What an SMTP server received, in order."""

    port: int = 0
    received: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.received.append(bytes(envelope.content))
        return f"250 2.0.0 queued as S{len(self.received)}"

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(data, policy=policy.default) for data in self.received]

    @cached_property
    def transport(self) -> SmtpTransport:
        return SmtpTransport(
            SmtpServer(host="127.0.0.1", port=self.port, user="", password="", security="plain")
        )


@contextmanager
def running_sink() -> Iterator[Sink]:
    sink = Sink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        sink.port = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        sink.transport.close()
        controller.stop()
