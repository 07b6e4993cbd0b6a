"""Bringing in the customer file that comes beside a ledger, or in its place.

It matches by customer code and wins over what the ledger derived: names, kind, addresses, terms. Beside
a ledger it opens no account, because only accounting says who owes something: a customer that no
ledger holds yet is told by its line, and completed from the same file when a ledger brings him.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from exigible.domain.text_keys import name_key
from exigible.intake.customers import CustomerRow, read_customers
from exigible.intake.formats import Format
from exigible.intake.mapping.model import Mapping
from exigible.intake.problems import Problems
from exigible.intake.receivables import customer_key, never_chased_reason
from exigible.intake.report import ImportReport
from exigible.operations import figures, journal
from exigible.operations.accounts import NewCustomer, open_accounts
from exigible.operations.debtor_bank_accounts import add_bank_accounts
from exigible.operations.documents import path_of
from exigible.operations.due_dates import derive_again
from exigible.operations.ledger_import import Progress
from exigible.operations.table_imports.taking import Made, What
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
    """The accounts of a creditor, found by a customer code however it is written, else by SIREN.

    A table without codes names customers: `by_name` finds those whose name is nobody else's.
    """

    def __init__(self, creditor: Creditor, *, by_name: bool = False) -> None:
        self._named = by_name
        self._by_number: dict[str, Account] = {}
        self._by_key: dict[str, list[Account]] = defaultdict(list)
        self._by_name: dict[str, list[Account]] = defaultdict(list)
        self._by_siren: dict[str, list[Account]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT a.id, a.debtor_id, a.number, d.name_key, d.siren
                     FROM store_account a JOIN store_debtor d ON d.id = a.debtor_id
                    WHERE a.creditor_id = %s""",
                [creditor.pk],
            )
            for *row, name, siren in cursor.fetchall():
                self.add(Account(*row), name, siren)

    def add(self, account: Account, name: str, siren: str = "") -> None:
        """Make an account findable; `name` is normalised."""
        self._by_number[account.number] = account
        self._by_key[customer_key(account.number)].append(account)
        self._by_name[name].append(account)
        if siren:
            self._by_siren[siren].append(account)

    def find(self, code: str, *, siren: str = "") -> Account | None:
        """Return the account of this very number, else the only one so written, so named, so numbered."""
        if code:
            if (found := self._by_number.get(code)) is not None:
                return found
            for alike in (
                self._by_key.get(customer_key(code), []),
                self._by_name.get(name_key(code), []) if self._named else [],
            ):
                if alike:
                    return alike[0] if len(alike) == 1 else None
        alike = self._by_siren.get(siren, []) if siren else []
        return alike[0] if len(alike) == 1 else None


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
    mapping: Mapping | None = None,
    made: Made | None = None,
    opens: bool = False,
) -> ImportReport:
    """Take a customer file, in the caller's transaction; raise Unreadable for what is no table.

    `opens` opens an account for a customer that has none; `made` notes all that is made and changed.
    """
    progress("Lecture du fichier", 0, 1)
    file = read_customers(path, partial=partial, mapping=mapping)
    rows = list(file.rows)
    accounts = Accounts(creditor, by_name="code" not in file.fields)
    opened = (
        open_unknown(
            creditor,
            accounts,
            [(row.code, row.name or "", row.siren or "", row.line) for row in rows],
            made=made,
            at=at,
        )
        if opens
        else set()
    )
    matched: list[tuple[Account, CustomerRow]] = []
    read = len(rows)
    taken: set[int] = set()
    for row in rows:
        account = accounts.find(row.code, siren=row.siren or "")
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
    changed, contacts, due_dates = _write(batch, matched, at, made)
    if changed | opened:
        finish(batch, sorted(changed | opened), on, at, "customer_file_imported")
    if read and not matched:
        nobody_known(file.problems)
    report = ImportReport(
        format=Format.CUSTOMERS,
        filename=batch.filename,
        encoding=file.encoding,
        columns=file.fields,
        counts={"parties": read, "matched": len(matched)},
        unchanged=not (changed | opened) and (bool(matched) or brought_before(batch)),
        written={
            "accounts_opened": len(opened),
            "customers": len(changed - opened),
            "contacts": contacts,
            "due_dates_derived": due_dates,
        },
    )
    report.take(file.problems)
    return report


def open_unknown(
    creditor: Creditor,
    accounts: Accounts,
    customers: Iterable[tuple[str, str, str, int]],
    *,
    made: Made | None,
    at: datetime,
) -> set[int]:
    """Open an account for each customer that has none (code, name, SIREN, line); return their ids."""
    new: dict[str, tuple[NewCustomer, str, int]] = {}
    for code, name, siren, line in customers:
        if accounts.find(code, siren=siren) is None and code and customer_key(code) not in new:
            reason = never_chased_reason(name, has_auxiliary=True)
            new[customer_key(code)] = (NewCustomer(code, name, reason), siren, line)
    opened = open_accounts(creditor, [customer for customer, _, _ in new.values()], at=at)
    for account, (customer, siren, line) in zip(opened, new.values(), strict=True):
        accounts.add(
            Account(account.pk, account.debtor_id, account.number),
            name_key(customer.name or customer.number),
            siren,
        )
        if made is not None:
            made.add(What.ACCOUNT, account.pk, account.pk, line=line)
    return {account.pk for account in opened}


def complete_new_customers(
    batch: ImportBatch, creditor: Creditor, account_ids: set[int], *, on: date, at: datetime
) -> int:
    """Give customers that a ledger just brought what the last customer file said of them.

    `batch` is that file's. Return how many accounts changed.
    """
    assert batch.document is not None
    accounts = Accounts(creditor)
    matched: dict[int, tuple[Account, CustomerRow]] = {}
    mapping = mapping_of(batch)
    for row in read_customers(path_of(batch.document.sha256), partial=True, mapping=mapping).rows:
        account = accounts.find(row.code)
        if account is not None and account.id in account_ids:
            matched.setdefault(account.id, (account, row))
    changed, _, _ = _write(batch, list(matched.values()), at, None)
    if changed:
        finish(batch, sorted(changed), on, at, "customer_file_imported")
    return len(changed)


def mapping_of(batch: ImportBatch) -> Mapping | None:
    """Return the mapping a batch was, or is to be, read through."""
    said = batch.options.get("mapping")
    return Mapping.from_json(said) if said else None


def _write(
    batch: ImportBatch,
    matched: Sequence[tuple[Account, CustomerRow]],
    at: datetime,
    made: Made | None,
) -> tuple[set[int], int, int]:
    """Write rows on their accounts; return the accounts changed, contacts added, due dates moved."""
    if not matched:
        return set(), 0, 0
    lock_accounts({account.id for account, _ in matched})
    _stage(matched)
    changed = _update_debtors(made) | _update_accounts(made)
    contacts, with_new_contact = _add_contacts(matched, made)
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


def _update_debtors(made: Made | None) -> set[int]:
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
    counted = f"""(SELECT DISTINCT ON (t.debtor_id) t.*, {_BROUGHT} AS brought
                     FROM customer_stage t ORDER BY t.debtor_id, brought, t.account_id) s"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT s.account_id, d.id, {old}, {new} FROM store_debtor d
                  JOIN {counted} ON d.id = s.debtor_id
                 WHERE ({new}) IS DISTINCT FROM ({old})"""
        )
        changed = _note_changes(cursor.fetchall(), DEBTOR, What.DEBTOR_FIELDS, made)
        cursor.execute(
            f"""UPDATE store_debtor d
                   SET {sets}, address_ok = d.address_ok OR ({moved}) IS DISTINCT FROM ({stood})
                  FROM {counted}
                 WHERE d.id = s.debtor_id AND ({new}) IS DISTINCT FROM ({old})"""
        )
    return changed


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


def _update_accounts(made: Made | None) -> set[int]:
    """Write the terms and credit limits of the file; return the accounts that changed."""
    sets = ", ".join(f"{name} = coalesce(s.{name}, a.{name})" for name in TERMS)
    new = ", ".join(f"coalesce(s.{name}, a.{name})" for name in TERMS)
    old = ", ".join(f"a.{name}" for name in TERMS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.id, a.id, {old}, {new} FROM store_account a
                  JOIN customer_stage s ON a.id = s.account_id
                 WHERE ({new}) IS DISTINCT FROM ({old})"""
        )
        changed = _note_changes(cursor.fetchall(), TERMS, What.ACCOUNT_FIELDS, made)
        cursor.execute(
            f"""UPDATE store_account a SET {sets} FROM customer_stage s
                 WHERE a.id = s.account_id AND ({new}) IS DISTINCT FROM ({old})"""
        )
    return changed


def _note_changes(
    rows: Sequence[tuple[Any, ...]], names: Sequence[str], what: What, made: Made | None
) -> set[int]:
    """Note rows of account, object, old values, new values; return the accounts."""
    for account_id, object_id, *values in rows if made is not None else ():
        old, new = values[: len(names)], values[len(names) :]
        moved = [place for place in range(len(names)) if old[place] != new[place]]
        assert made is not None
        made.add(
            what,
            account_id,
            object_id,
            before={names[place]: old[place] for place in moved},
            after={names[place]: new[place] for place in moved},
        )
    return {row[0] for row in rows}


def _add_contacts(
    matched: Sequence[tuple[Account, CustomerRow]], made: Made | None
) -> tuple[int, set[int]]:
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
            RETURNING debtor_id, email, id"""
        )
        added = cursor.fetchall()
        reachable = [debtor_id for debtor_id, email, _ in added if email]
        cursor.execute(
            "UPDATE store_debtor SET email_ok = true WHERE id = ANY(%s) AND NOT email_ok",
            [reachable],
        )
    debtors = {debtor_id for debtor_id, _, _ in added}
    if made is not None:
        account_of = {account.debtor_id: account.id for account, _ in matched}
        for debtor_id, _, contact_id in added:
            made.add(What.CONTACT, account_of[debtor_id], contact_id)
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
