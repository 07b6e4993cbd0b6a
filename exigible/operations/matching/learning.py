"""What people's decisions teach: who pays for which account.

An IBAN or a name counts once a person settled a line by it; twice, on two lines, where the payer is not
the debtor himself. One coincidence never matches anything: the engine still asks a second kind of
evidence. Each is shown, and can be removed; undoing a line takes its confirmation back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from exigible.domain.matching.texts import bare_iban, name_tokens, name_words
from exigible.domain.refusals import Refused
from exigible.operations.acts import By, act_on_house
from exigible.store.models import Account, BankLine, LearnedPayer

MOST_LINES = 50  # confirmations kept of one
Kind = LearnedPayer.Kind


def in_force(creditor_id: int) -> list[LearnedPayer]:
    """Return what was learnt for a creditor and not removed."""
    return list(
        LearnedPayer.objects.filter(creditor_id=creditor_id, ended_at__isnull=True).order_by("pk")
    )


def learn(line: BankLine, account_ids: Sequence[int], *, by: By, at: datetime) -> None:
    """Learn from a line that a person settled for one account: its IBAN, its payer's name.

    A line of several accounts teaches nothing. Call it in the transaction of the decision.
    """
    if len(set(account_ids)) != 1 or line.amount_cents <= 0:
        return
    account = Account.objects.select_related("debtor").get(pk=account_ids[0])
    name = name_words(line.counterparty)
    third = not same_payer(line.counterparty, account.debtor.name)
    iban = bare_iban(line.counterparty_iban)
    if _is_agent(line.creditor_id, iban, name):
        return
    known = account.debtor.bank_accounts.filter(iban=iban, ended_at=None).exists()
    if len(iban) >= 14 and not known:
        _confirm(line, Kind.IBAN, iban, line.counterparty_iban, account, third, by, at)
    if third and len(name) >= 4:
        _confirm(line, Kind.NAME, name, line.counterparty, account, third, by, at)


def unlearn(line: BankLine) -> None:
    """Take back what a line confirmed: its decision was undone."""
    for payer in LearnedPayer.objects.filter(
        creditor_id=line.creditor_id, ended_at__isnull=True, lines__contains=[line.pk]
    ):
        payer.lines = [one for one in payer.lines if one != line.pk]
        payer.save(update_fields=["lines"])


def name_agent(line: BankLine, *, by: By, at: datetime) -> LearnedPayer | None:
    """Note that the payer of a line pays for others: he never makes an account recognised."""
    value = bare_iban(line.counterparty_iban) or name_words(line.counterparty)
    if not value:
        return None
    shown = line.counterparty or line.counterparty_iban
    with act_on_house(by=by, at=at) as act:
        payer, made = LearnedPayer.objects.get_or_create(
            creditor_id=line.creditor_id,
            kind=Kind.AGENT,
            value=value,
            account=None,
            ended_at=None,
            defaults={
                "shown": shown,
                "lines": [line.pk],
                "recorded_by": by.actor,
                "recorded_at": at,
            },
        )
        if made:
            act.journal("agent_named", f"learned:{payer.pk}", bank_line=line.pk)
    return payer


def forget(payer_id: int, *, by: By, at: datetime) -> LearnedPayer:
    """Remove what was learnt; matched lines stay as they are."""
    with act_on_house(by=by, at=at) as act:
        payer = LearnedPayer.objects.select_for_update(of=("self",)).get(pk=payer_id)
        if payer.ended_at is not None:
            raise Refused("ended", "Cette règle est déjà retirée.")
        payer.ended_at, payer.ended_by = at, by.actor
        payer.save(update_fields=["ended_at", "ended_by"])
        act.journal("payer_forgotten", f"learned:{payer.pk}", account=payer.account_id)
    return payer


def same_payer(counterparty: str, debtor: str) -> bool:
    """Say whether a payer's name, as banks cut it, is that of a debtor."""
    words, own = set(name_tokens(counterparty)), set(name_tokens(debtor))
    if not words:
        return True  # the bank names nobody: nothing says it is another
    return words <= own or own <= words


def _is_agent(creditor_id: int, iban: str, name: str) -> bool:
    return LearnedPayer.objects.filter(
        creditor_id=creditor_id,
        kind=Kind.AGENT,
        value__in=[value for value in (iban, name) if value],
        ended_at=None,
    ).exists()


def _confirm(
    line: BankLine,
    kind: LearnedPayer.Kind,
    value: str,
    shown: str,
    account: Account,
    third: bool,
    by: By,
    at: datetime,
) -> None:
    payer, _ = LearnedPayer.objects.get_or_create(
        creditor_id=line.creditor_id,
        kind=kind,
        value=value,
        account=account,
        ended_at=None,
        defaults={
            "shown": shown,
            "third_party": third,
            "recorded_by": by.actor,
            "recorded_at": at,
        },
    )
    if line.pk not in payer.lines and len(payer.lines) < MOST_LINES:
        payer.lines = [*payer.lines, line.pk]
        payer.save(update_fields=["lines"])
