"""Contacts, credit limits and insurers' guarantees of customers that are known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from collections.abc import Mapping as Map
from typing import Protocol

from django.db import connection

from exigible.domain.french import euros
from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.lines import TableFile
from exigible.intake.problems import Problems
from exigible.intake.report import ImportReport
from exigible.intake.table_dry_run import table_report
from exigible.intake.table_rows import (
    ContactLine,
    GuaranteeLine,
    LimitLine,
    Who,
    read_contacts,
    read_guarantees,
    read_limits,
)
from exigible.operations.customer_import import (
    Account,
    Accounts,
    brought_before,
    finish,
    lock_accounts,
    nobody_known,
)
from exigible.operations.table_imports.taking import Taking, What
from exigible.store.models import Account as AccountRow
from exigible.store.models import Contact, InsurerGuarantee


class Row(Protocol):
    """A row about a customer."""

    @property
    def line(self) -> int: ...
    @property
    def who(self) -> Who: ...


def placed[R: Row](
    taking: Taking, reader: Callable[..., TableFile[R]]
) -> tuple[TableFile[R], list[tuple[Account, R]], int]:
    """Read a table and find the account of each row; those of nobody are told by their line."""
    taking.progress("Lecture du fichier", 0, 1)
    assert taking.mapping is not None
    file = reader(taking.path, taking.mapping, partial=taking.partial)
    accounts = Accounts(taking.creditor, by_name="code" not in file.fields)
    found, read = [], 0
    for row in file.rows:
        read += 1
        account = accounts.find(row.who.code, siren=row.who.siren)
        if account is None:
            _nobody(file.problems, row)
        else:
            found.append((account, row))
    if read and not found:
        nobody_known(file.problems)
    lock_accounts({account.id for account, _ in found})
    return file, found, read


def _nobody(problems: Problems, row: Row) -> None:
    problems.add(
        "unknown_customer",
        f"Ligne {row.line} : le client {row.who.code or row.who.siren} n’a pas de compte ici, ou "
        "plusieurs portent ce nom ; la ligne est laissée.",
        line=row.line,
        field="code",
        blocking=False,
    )


def report_of[R](
    taking: Taking,
    file: TableFile[R],
    *,
    counts: Map[str, int],
    written: Map[str, int],
    touched: set[int],
    matched: int,
    action: str,
) -> ImportReport:
    """Journal and refresh what a table touched; return its report."""
    taking.made.flush()
    if touched:
        finish(taking.batch, sorted(touched), taking.on, taking.at, action)
    report = table_report(
        taking.batch.format, taking.batch.filename, file, Counter({**counts, "matched": matched})
    )
    report.written = {name: number for name, number in written.items() if number}
    report.unchanged = not report.written and (bool(matched) or brought_before(taking.batch))
    return report


# --- contacts -------------------------------------------------------------------------------------


def take_contacts(taking: Taking) -> ImportReport:
    """Add the contacts that are not known; complete those that are, never over what is said."""
    file, found, read = placed(taking, read_contacts)
    known: dict[int, list[Contact]] = defaultdict(list)
    for contact in Contact.objects.filter(debtor_id__in={a.debtor_id for a, _ in found}):
        known[contact.debtor_id].append(contact)
    touched: set[int] = set()
    added = completed = 0
    for account, row in found:
        others = known[account.debtor_id]
        same = next((one for one in others if _is_same(one, row)), None)
        if same is not None:
            if _complete(taking, account, same, row):
                completed += 1
                touched.add(account.id)
            continue
        contact = Contact.objects.create(
            debtor_id=account.debtor_id,
            name=row.name,
            role=row.role,
            title=row.title,
            email=row.email,
            phone=row.phone,
            is_main=(row.is_main or not others) and not any(one.is_main for one in others),
        )
        others.append(contact)
        taking.made.add(What.CONTACT, account.id, contact.pk, line=row.line)
        touched.add(account.id)
        added += 1
    return report_of(
        taking,
        file,
        counts={"contacts": read},
        written={"contacts": added, "contacts_completed": completed},
        touched=touched,
        matched=len(found),
        action="contacts_imported",
    )


def _is_same(contact: Contact, row: ContactLine) -> bool:
    if row.email and contact.email:
        return contact.email.lower() == row.email.lower()
    if row.phone and contact.phone and ref_key(contact.phone) == ref_key(row.phone):
        return not (row.name and contact.name) or name_key(row.name) == name_key(contact.name)
    return bool(row.name) and name_key(contact.name) == name_key(row.name)


def _complete(taking: Taking, account: Account, contact: Contact, row: ContactLine) -> bool:
    empty = {
        name: getattr(row, name)
        for name in ("name", "title", "email", "phone")
        if getattr(row, name) and not getattr(contact, name)
    }
    if not empty:
        return False
    taking.made.add(
        What.CONTACT_FIELDS,
        account.id,
        contact.pk,
        line=row.line,
        before=dict.fromkeys(empty, ""),
        after=empty,
    )
    for name, value in empty.items():
        setattr(contact, name, value)
    contact.save(update_fields=list(empty))
    return True


# --- credit limits --------------------------------------------------------------------------------


def take_limits(taking: Taking) -> ImportReport:
    """Write the credit limits of accounts; the last line of an account counts."""
    file, found, read = placed(taking, read_limits)
    wanted: dict[int, LimitLine] = {}
    for account, row in found:
        earlier = wanted.get(account.id)
        if earlier is None or (row.decided_on or taking.on) >= (earlier.decided_on or taking.on):
            wanted[account.id] = row
    changed: dict[int, int] = {}
    rows = AccountRow.objects.filter(pk__in=wanted).values_list("pk", "credit_limit_cents")
    for account_id, cents in rows:
        row = wanted[account_id]
        if cents != row.amount_cents:
            changed[account_id] = row.amount_cents
            taking.made.add(
                What.ACCOUNT_FIELDS,
                account_id,
                account_id,
                line=row.line,
                before={"credit_limit_cents": cents},
                after={"credit_limit_cents": row.amount_cents},
            )
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE store_account a SET credit_limit_cents = v.cents
                 FROM unnest(%s::bigint[], %s::bigint[]) AS v(id, cents) WHERE a.id = v.id""",
            [list(changed), list(changed.values())],
        )
    return report_of(
        taking,
        file,
        counts={"credit_limits": read},
        written={"credit_limits": len(changed)},
        touched=set(changed),
        matched=len(found),
        action="credit_limits_imported",
    )


# --- insurers' guarantees -------------------------------------------------------------------------


def take_guarantees(taking: Taking) -> ImportReport:
    """Record the insurers' decisions that are not known; earlier ones stay, as of their own days."""
    file, found, read = placed(taking, read_guarantees)
    last: dict[tuple[int, str, str], list[InsurerGuarantee]] = defaultdict(list)
    for one in InsurerGuarantee.objects.filter(
        account_id__in={account.id for account, _ in found}, withdrawn_at__isnull=True
    ).order_by("starts_on", "pk"):
        last[_source(one.account_id, one.insurer, one.policy)].append(one)
    touched: set[int] = set()
    for account, row in found:
        known = last[_source(account.id, row.insurer, row.policy)]
        if _is_known(known, row):
            continue
        starts_on = row.starts_on or taking.on
        if row.ends_on is not None and row.ends_on < starts_on:
            starts_on = row.ends_on
        guarantee = InsurerGuarantee.objects.create(
            account_id=account.id,
            insurer=row.insurer,
            policy=row.policy,
            reference=row.reference,
            amount_cents=row.amount_cents,
            currency=row.currency,
            starts_on=starts_on,
            ends_on=row.ends_on,
            recorded_by=taking.by.uuid,
            recorded_at=taking.at,
            origin=f"{taking.origin}:{row.line}",
        )
        known.append(guarantee)
        taking.made.add(What.GUARANTEE, account.id, guarantee.pk, line=row.line)
        touched.add(account.id)
        if row.currency != "EUR":
            file.problems.add(
                "currency",
                f"Ligne {row.line} : la garantie de {euros(row.amount_cents)} est en {row.currency} ; "
                "elle est gardée dans sa devise.",
                line=row.line,
                field="currency",
                blocking=False,
            )
    return report_of(
        taking,
        file,
        counts={"guarantees": read},
        written={"guarantees": taking.made.counts[What.GUARANTEE]},
        touched=touched,
        matched=len(found),
        action="guarantees_imported",
    )


def _source(account_id: int, insurer: str, policy: str) -> tuple[int, str, str]:
    return account_id, name_key(insurer), ref_key(policy)


def _is_known(known: list[InsurerGuarantee], row: GuaranteeLine) -> bool:
    """Say whether a decision is there: on its day, or as the last one where the file gives no day."""

    def says(one: InsurerGuarantee) -> bool:
        return (one.amount_cents, one.currency, one.ends_on) == (
            row.amount_cents,
            row.currency,
            row.ends_on,
        )

    if row.starts_on is None:
        return bool(known) and says(known[-1])
    return any(one.starts_on == row.starts_on and says(one) for one in known)
