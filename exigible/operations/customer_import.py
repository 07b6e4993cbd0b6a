"""Bringing in the customer file that comes beside a ledger.

It matches by customer code and wins over what the ledger derived: names, kind, addresses, terms. It
opens no account, because only accounting says who owes something: a customer that no ledger holds yet
is told by its line, and completed from the same file when a ledger brings him.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import connection

from exigible.domain.text_keys import name_key
from exigible.intake.customers import CustomerRow, read_customers
from exigible.intake.formats import Format
from exigible.intake.problems import Problems
from exigible.intake.receivables import customer_key
from exigible.intake.report import ImportReport
from exigible.operations import figures, journal
from exigible.operations.debtor_bank_accounts import add_bank_accounts
from exigible.operations.documents import path_of
from exigible.operations.due_dates import derive_again
from exigible.operations.ledger_import import Progress
from exigible.store.bulk import copy_rows
from exigible.store.models import Creditor, ImportBatch

# Columns of a debtor that the file may give, in the order staged.
DEBTOR = (
    "name",
    "name_key",
    "kind",
    "siren",
    "siret",
    "vat_number",
    "legal_form",
    "address_line1",
    "address_line2",
    "address_line3",
    "postcode",
    "city",
    "country",
)
ADDRESS = ("address_line1", "address_line2", "address_line3", "postcode", "city", "country")
TERMS = ("term_days", "term_method", "credit_limit_cents")


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    debtor_id: int
    number: str


class Accounts:
    """The accounts of a creditor, found by a customer code however it is written."""

    def __init__(self, creditor: Creditor) -> None:
        self._by_number: dict[str, Account] = {}
        self._by_key: dict[str, list[Account]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, debtor_id, number FROM store_account WHERE creditor_id = %s",
                [creditor.pk],
            )
            for row in cursor.fetchall():
                account = Account(*row)
                self._by_number[account.number] = account
                self._by_key[customer_key(account.number)].append(account)

    def find(self, code: str) -> Account | None:
        """Return the account of this very number, else the only one written otherwise."""
        found = self._by_number.get(code)
        if found is None:
            alike = self._by_key.get(customer_key(code), [])
            found = alike[0] if len(alike) == 1 else None
        return found


# --- customers ----------------------------------------------------------------------------------


def import_customers(
    batch: ImportBatch,
    creditor: Creditor,
    path: Path,
    *,
    partial: bool,
    on: date,
    at: datetime,
    progress: Progress,
) -> ImportReport:
    """Take a customer file, in the caller's transaction; raise Unreadable for what is no table."""
    progress("Lecture du fichier", 0, 1)
    file = read_customers(path, partial=partial)
    accounts = Accounts(creditor)
    matched: list[tuple[Account, CustomerRow]] = []
    read = 0
    taken: set[int] = set()
    for row in file.rows:
        read += 1
        account = accounts.find(row.code)
        if account is None:
            unknown_customer(file.problems, row.line, row.code)
            continue
        if account.id in taken:
            file.problems.add(
                "repeated_code",
                f"Ligne {row.line} : le client {row.code} est déjà plus haut, écrit autrement ; c’est "
                "la première ligne qui compte.",
                line=row.line,
                field="code",
                blocking=False,
            )
            continue
        taken.add(account.id)
        matched.append((account, row))
    progress("Mise à jour des clients", 0, 1)
    changed, contacts, due_dates = _write(batch, matched, at)
    if changed:
        finish(batch, sorted(changed), on, at, "customer_file_imported")
    if read and not matched:
        nobody_known(file.problems)
    report = ImportReport(
        format=Format.CUSTOMERS,
        filename=batch.filename,
        encoding=file.encoding,
        columns=file.fields,
        counts={"parties": read, "matched": len(matched)},
        unchanged=not changed and (bool(matched) or brought_before(batch)),
        written={"customers": len(changed), "contacts": contacts, "due_dates_derived": due_dates},
    )
    report.take(file.problems)
    return report


def complete_new_customers(
    batch: ImportBatch, creditor: Creditor, account_ids: set[int], *, on: date, at: datetime
) -> int:
    """Give customers that a ledger just brought what the last customer file said of them.

    `batch` is that file's. Return how many accounts changed.
    """
    assert batch.document is not None
    accounts = Accounts(creditor)
    matched: dict[int, tuple[Account, CustomerRow]] = {}
    for row in read_customers(path_of(batch.document.sha256), partial=True).rows:
        account = accounts.find(row.code)
        if account is not None and account.id in account_ids:
            matched.setdefault(account.id, (account, row))
    changed, _, _ = _write(batch, list(matched.values()), at)
    if changed:
        finish(batch, sorted(changed), on, at, "customer_file_imported")
    return len(changed)


def _write(
    batch: ImportBatch, matched: Sequence[tuple[Account, CustomerRow]], at: datetime
) -> tuple[set[int], int, int]:
    """Write rows on their accounts; return the accounts changed, contacts added, due dates moved."""
    if not matched:
        return set(), 0, 0
    lock_accounts({account.id for account, _ in matched})
    _stage(matched)
    changed = _update_debtors() | _update_accounts(at)
    contacts, with_new_contact = _add_contacts(matched)
    changed |= with_new_contact
    changed |= add_bank_accounts(
        ((account.id, account.debtor_id, row.iban) for account, row in matched if row.iban),
        origin=f"import:{batch.pk}",
        at=at,
    )
    return changed, contacts, derive_again(changed)


def brought_before(batch: ImportBatch) -> bool:
    """Say whether the very same file was already taken."""
    assert batch.creditor_id is not None
    return (
        ImportBatch.objects.filter(
            creditor_id=batch.creditor_id,
            format=batch.format,
            sha256=batch.sha256,
            status__in=(ImportBatch.Status.DONE, ImportBatch.Status.UNCHANGED),
        )
        .exclude(pk=batch.pk)
        .exists()
    )


def nobody_known(problems: Problems) -> None:
    problems.add(
        "nobody_known",
        "Aucun client de ce fichier n’est encore dans la comptabilité importée. Le fichier est gardé : "
        "il complétera les clients dès que l’export comptable les apportera.",
        blocking=False,
    )


def unknown_customer(problems: Problems, line: int, code: str) -> None:
    problems.add(
        "unknown_customer",
        f"Ligne {line} : le client {code} n’a aucune écriture dans la comptabilité importée. Cette "
        "ligne servira quand un export comptable l’apportera.",
        line=line,
        field="code",
        blocking=False,
    )


def lock_accounts(account_ids: set[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM store_account WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(account_ids)],
        )


def _stage(matched: Sequence[tuple[Account, CustomerRow]]) -> None:
    columns = {"account_id": "int8", "debtor_id": "int8"}
    columns |= dict.fromkeys(DEBTOR, "text")
    columns |= {"term_days": "int4", "term_method": "text", "credit_limit_cents": "int8"}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS customer_stage")
        cursor.execute(
            "CREATE TEMP TABLE customer_stage ("
            + ", ".join(f"{name} {kind}" for name, kind in columns.items())
            + ") ON COMMIT DROP"
        )
    copy_rows("customer_stage", columns, (_staged(account, row) for account, row in matched))


def _staged(account: Account, row: CustomerRow) -> tuple[object, ...]:
    given = {name: getattr(row, name) for name in DEBTOR if name != "name_key"}
    given["name_key"] = name_key(row.name) if row.name else None
    if row.address_line1 is not None:  # a new street takes the lines of the old one away
        for name in ("address_line2", "address_line3"):
            given[name] = given[name] or ""
    return (
        account.id,
        account.debtor_id,
        *(given[name] for name in DEBTOR),
        row.term_days,
        row.term_method,
        row.credit_limit_cents,
    )


def _update_debtors() -> set[int]:
    """Write what the file says of debtors; return the accounts of those that changed.

    Of a debtor with several lines, one counts: that of an account of his own, before those that a
    merge brought him, and then the oldest account's. A line of an account that a merge brought only
    fills what is empty: what was decided when merging stands.
    """
    said = {name: _said(name) for name in DEBTOR}
    sets = ", ".join(f"{name} = {value}" for name, value in said.items())
    new = ", ".join(said.values())
    old = ", ".join(f"d.{name}" for name in DEBTOR)
    moved = ", ".join(said[name] for name in ADDRESS)
    stood = ", ".join(f"d.{name}" for name in ADDRESS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE store_debtor d
                   SET {sets}, address_ok = d.address_ok OR ({moved}) IS DISTINCT FROM ({stood})
                  FROM (SELECT DISTINCT ON (t.debtor_id) t.*, {_BROUGHT} AS brought
                          FROM customer_stage t ORDER BY t.debtor_id, brought, t.account_id) s
                 WHERE d.id = s.debtor_id AND ({new}) IS DISTINCT FROM ({old})
             RETURNING s.account_id"""
        )
        return {row[0] for row in cursor.fetchall()}


_BROUGHT = """EXISTS (SELECT 1 FROM store_mergedaccount g JOIN store_debtormerge h ON h.id = g.merge_id
                         WHERE g.account_id = t.account_id AND h.undone_at IS NULL)"""
_NO_ADDRESS = "d.address_line1 || d.address_line2 || d.postcode || d.city = ''"


def _said(name: str) -> str:
    """Return what a debtor's column becomes: what the line says, else what is known."""
    stated = f"coalesce(s.{name}, d.{name})"
    if name in ADDRESS:
        empty = _NO_ADDRESS
    elif name == "kind":
        empty = "d.kind = 'unknown'"
    else:
        empty = f"d.{name} = ''"
    return f"CASE WHEN s.brought AND NOT ({empty}) THEN d.{name} ELSE {stated} END"


def _update_accounts(at: datetime) -> set[int]:
    """Write the terms and credit limits of the file; return the accounts that changed."""
    sets = ", ".join(f"{name} = coalesce(s.{name}, a.{name})" for name in TERMS)
    new = ", ".join(f"coalesce(s.{name}, a.{name})" for name in TERMS)
    old = ", ".join(f"a.{name}" for name in TERMS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE store_account a SET {sets} FROM customer_stage s
                 WHERE a.id = s.account_id AND ({new}) IS DISTINCT FROM ({old})
             RETURNING a.id"""
        )
        return {row[0] for row in cursor.fetchall()}


def _add_contacts(matched: Sequence[tuple[Account, CustomerRow]]) -> tuple[int, set[int]]:
    """Add the contacts that are not known; return how many, and the accounts concerned."""
    rows = [
        (account.id, account.debtor_id, place, who.name, who.title, who.email, who.phone)
        for account, row in matched
        for place, who in enumerate(row.contacts)
    ]
    if not rows:
        return 0, set()
    columns = {
        "account_id": "int8",
        "debtor_id": "int8",
        "place": "int4",
        "name": "text",
        "title": "text",
        "email": "text",
        "phone": "text",
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS contact_stage")
        cursor.execute(
            "CREATE TEMP TABLE contact_stage ("
            + ", ".join(f"{name} {kind}" for name, kind in columns.items())
            + ") ON COMMIT DROP"
        )
        copy_rows("contact_stage", columns, rows)
        cursor.execute(
            """INSERT INTO store_contact (debtor_id, name, role, title, email, phone, hours, is_main,
                                          active)
               SELECT DISTINCT ON (s.debtor_id, lower(s.email), s.phone, s.name)
                      s.debtor_id, s.name, 'accounting', s.title, s.email, s.phone, '',
                      s.place = 0 AND NOT EXISTS (SELECT 1 FROM store_contact k
                                                   WHERE k.debtor_id = s.debtor_id AND k.is_main),
                      true
                 FROM contact_stage s
                WHERE NOT EXISTS (
                        SELECT 1 FROM store_contact k WHERE k.debtor_id = s.debtor_id
                           AND CASE WHEN s.email <> '' THEN lower(k.email) = lower(s.email)
                                    WHEN s.phone <> '' THEN k.phone = s.phone
                                    ELSE k.name = s.name END)
                ORDER BY s.debtor_id, lower(s.email), s.phone, s.name, s.place
            RETURNING debtor_id, email"""
        )
        added = cursor.fetchall()
        reachable = [debtor_id for debtor_id, email in added if email]
        cursor.execute(
            "UPDATE store_debtor SET email_ok = true WHERE id = ANY(%s) AND NOT email_ok",
            [reachable],
        )
    debtors = {debtor_id for debtor_id, _ in added}
    return len(added), {account.id for account, _ in matched if account.debtor_id in debtors}


def finish(
    batch: ImportBatch, account_ids: Sequence[int], on: date, at: datetime, action: str
) -> None:
    journal.append_all(
        [
            journal.Act(
                account_id=account_id,
                actor=f"import:{batch.pk}",
                action=action,
                subject=f"import:{batch.pk}",
                facts={"file": batch.filename},
            )
            for account_id in account_ids
        ],
        at=at,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE store_account SET version = version + 1 WHERE id = ANY(%s)",
            [list(account_ids)],
        )
        cursor.execute(  # what is known of a debtor shows on all his accounts
            """SELECT id FROM store_account WHERE debtor_id IN (
                 SELECT debtor_id FROM store_account WHERE id = ANY(%s)) ORDER BY id""",
            [list(account_ids)],
        )
        shown = [row[0] for row in cursor.fetchall()]
    figures.refresh(shown, on)
