"""Whose account a statement is: found by its IBAN, by a name it was given once, or asked for.

A statement is only taken into an account of its creditor. One that is not known refuses the file and
says what to do; whoever brings the file may say « open it » or « it is this one », which is then
remembered where the bank writes the account otherwise than by its IBAN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from exigible.intake.bank.shapes import BankStatement, Kind
from exigible.intake.bank.texts import as_iban
from exigible.intake.problems import Problem
from exigible.operations import journal
from exigible.store.models import BankAccountName, Creditor, CreditorBankAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What whoever brings the file says of its account: its IBAN, or to open those unknown."""

    iban: str = ""
    open_unknown: bool = False


@dataclass(slots=True)
class Resolved:
    """The account of each statement, by its index; and what refuses the file if one is missing."""

    account_ids: dict[int, int | None]
    opened: int = 0
    problem: Problem | None = None
    unknown_iban: str = ""


def resolve(
    creditor: Creditor,
    statements: Sequence[BankStatement],
    asked: Asked,
    *,
    actor: str,
    at: datetime,
) -> Resolved:
    """Return the creditor's account of each statement, opening those that may be.

    The caller holds the creditor's lock.
    """
    known = {
        account.iban: account for account in CreditorBankAccount.objects.filter(creditor=creditor)
    }
    names = dict(
        BankAccountName.objects.filter(creditor=creditor).values_list("written", "bank_account_id")
    )
    resolved = Resolved({})
    chosen = known.get(as_iban(asked.iban)) if asked.iban else None
    if asked.iban and chosen is None:
        resolved.problem = _not_his(creditor, asked.iban)
        return resolved
    unnamed = {one.account for one in statements if not one.iban and one.account not in names}
    for statement in statements:
        if statement.iban:
            account = known.get(statement.iban)
            if account is None and asked.open_unknown:
                account = _open(creditor, statement.iban, actor=actor, at=at)
                known[account.iban] = account
                resolved.opened += 1
            if account is None:
                resolved.problem = _unknown(creditor, statement.iban)
                resolved.unknown_iban = statement.iban
                return resolved
            resolved.account_ids[statement.index] = account.pk
            continue
        found = names.get(statement.account) if statement.account else None
        if found is None and chosen is not None and len(unnamed) == 1:
            found = chosen.pk
            if statement.account:
                BankAccountName.objects.create(
                    creditor=creditor,
                    written=statement.account,
                    bank_account=chosen,
                    recorded_by=actor,
                    recorded_at=at,
                )
                names[statement.account] = found
        if found is None and not statement.account and len(known) == 1:
            [only] = known.values()  # a file that names no account, a creditor who has one
            found = only.pk
        if found is None and statement.kind is not Kind.STATUS:
            resolved.problem = _unnamed(creditor, statement.account)
            return resolved
        resolved.account_ids[statement.index] = found
    return resolved


def _open(creditor: Creditor, iban: str, *, actor: str, at: datetime) -> CreditorBankAccount:
    has_default = CreditorBankAccount.objects.filter(
        creditor=creditor, closed=False, is_default=True
    ).exists()
    account = CreditorBankAccount.objects.create(
        creditor=creditor, iban=iban, label="", is_default=not has_default
    )
    journal.append(
        journal.Act(
            account_id=None,
            actor=actor,
            action="bank_account_added",
            subject=f"creditor:{creditor.pk}",
            facts={"iban_end": iban[-4:]},
        ),
        at=at,
    )
    return account


def _not_his(creditor: Creditor, iban: str) -> Problem:
    return Problem(
        code="bank_account_unknown",
        message=f"« {iban} » n’est pas un compte bancaire de {creditor.name}. Ajoutez-le dans "
        "Administration, ou corrigez son IBAN.",
        field="account",
    )


def _unknown(creditor: Creditor, iban: str) -> Problem:
    return Problem(
        code="bank_account_unknown",
        message=f"Ce relevé est celui du compte {iban}, que {creditor.name} n’a pas. Si c’est bien le "
        "sien, ajoutez-le dans Administration, ou reprenez l’import en l’ajoutant ; sinon, changez de "
        "créancier.",
        field="account",
    )


def _unnamed(creditor: Creditor, account: str) -> Problem:
    what = (
        f"Ce relevé nomme le compte « {account} », sans IBAN"
        if account
        else "Ce relevé ne dit pas de quel compte il est"
    )
    return Problem(
        code="bank_account_unnamed",
        message=f"{what} : dites lequel des comptes bancaires de {creditor.name} c’est. La réponse est "
        "retenue pour les relevés suivants.",
        field="account",
    )
