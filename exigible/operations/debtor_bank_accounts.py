"""The bank accounts debtors pay from: typed, or brought by files and statements; ended, never deleted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from exigible.domain.identity.numbers import read_iban
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations.acts import By, act_on
from exigible.store.bulk import copy_rows
from exigible.store.models import Debtor, DebtorBankAccount, ImportBatch


def add_bank_account(
    account_id: int,
    iban: str,
    *,
    holder: str = "",
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> DebtorBankAccount:
    """Note an account that a debtor pays from; refuse an IBAN that cannot be, or is known already."""
    number = read_iban(iban)
    if not number:
        raise WrongInput("iban", "L’IBAN manque. Recopiez-le du RIB.", field="iban")
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        debtor = Debtor.objects.select_for_update().get(pk=act.account.debtor_id)
        if debtor.bank_accounts.filter(iban=number, ended_at=None).exists():
            raise WrongInput("iban_known", "Cet IBAN est déjà noté pour ce débiteur.", field="iban")
        made = DebtorBankAccount.objects.create(
            debtor=debtor,
            iban=number,
            holder=holder.strip()[:200],
            origin=by.actor,
            recorded_at=at,
        )
        act.journal("debtor_iban_added", f"debtor:{debtor.pk}", iban_end=number[-4:])
    return made


def end_bank_account(
    account_id: int, bank_account_id: int, *, by: By, at: datetime
) -> DebtorBankAccount:
    """Say that an account is no longer the debtor's."""
    with act_on(account_id, by=by, at=at) as act:
        row = (
            DebtorBankAccount.objects.select_for_update()
            .filter(pk=bank_account_id, debtor_id=act.account.debtor_id)
            .first()
        )
        if row is None:
            raise WrongInput("bank_account", "Ce compte bancaire n’est pas celui du débiteur.")
        if row.ended_at is not None:
            raise Refused("ended", "Ce compte bancaire est déjà retiré.")
        row.ended_at, row.ended_by = at, by.uuid
        row.save(update_fields=["ended_at", "ended_by"])
        act.journal("debtor_iban_ended", f"debtor:{row.debtor_id}", iban_end=row.iban[-4:])
    return row


def brought_by(batch: ImportBatch) -> QuerySet[DebtorBankAccount]:
    """Return the accounts that an import told, and that are still thought to be their debtors'."""
    return DebtorBankAccount.objects.filter(origin=f"import:{batch.pk}", ended_at__isnull=True)


def withdraw(batch: ImportBatch, *, by: By, at: datetime) -> None:
    """End the accounts that an import told: they recognise no payer any more."""
    brought_by(batch).update(ended_at=at, ended_by=by.uuid)


def add_bank_accounts(
    rows: Iterable[tuple[int, int, str]], *, origin: str, at: datetime
) -> set[int]:
    """Note many accounts at once, each (account, debtor, IBAN read), in the caller's transaction.

    Return the accounts whose debtor had not that IBAN; the caller journals.
    """
    staged = list(rows)
    if not staged:
        return set()
    columns = {"account_id": "int8", "debtor_id": "int8", "iban": "text"}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS iban_stage")
        cursor.execute(
            "CREATE TEMP TABLE iban_stage (account_id int8, debtor_id int8, iban text) ON COMMIT DROP"
        )
        copy_rows("iban_stage", columns, staged)
        cursor.execute(
            """INSERT INTO store_debtorbankaccount (debtor_id, iban, holder, origin, recorded_at)
               SELECT DISTINCT debtor_id, iban, '', %s, %s::timestamptz FROM iban_stage
               ON CONFLICT (debtor_id, iban) WHERE ended_at IS NULL DO NOTHING
               RETURNING debtor_id""",
            [origin, at],
        )
        added = {row[0] for row in cursor.fetchall()}
    return {account_id for account_id, debtor_id, _ in staged if debtor_id in added}
