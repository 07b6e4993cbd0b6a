"""Bringing in the customer file and the list of open items that come beside a ledger.

They match by customer code and win over what the ledger derived: names, kind, addresses, terms; due
dates, which are then *stated*. They open nothing: a customer or an invoice that the ledger does not
hold is told by its line, because only accounting says what is owed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import connection

from exigible.domain.french import count, euros
from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.customers import CustomerRow, OpenItem, read_customers, read_open_items
from exigible.intake.formats import Format
from exigible.intake.problems import Problems
from exigible.intake.receivables import customer_key
from exigible.intake.report import ImportReport
from exigible.operations import figures, journal
from exigible.operations.due_dates import derive_again, set_due_dates
from exigible.operations.ledger_import import Progress
from exigible.store.bulk import copy_rows
from exigible.store.models import Creditor, DueOnSource, ImportBatch

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
class _Account:
    id: int
    debtor_id: int
    number: str


class _Accounts:
    """The accounts of a creditor, found by a customer code however it is written."""

    def __init__(self, creditor: Creditor) -> None:
        self._by_number: dict[str, _Account] = {}
        self._by_key: dict[str, list[_Account]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, debtor_id, number FROM store_account WHERE creditor_id = %s",
                [creditor.pk],
            )
            for row in cursor.fetchall():
                account = _Account(*row)
                self._by_number[account.number] = account
                self._by_key[customer_key(account.number)].append(account)

    def find(self, code: str) -> _Account | None:
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
    accounts = _Accounts(creditor)
    matched: list[tuple[_Account, CustomerRow]] = []
    read = 0
    taken: set[int] = set()
    for row in file.rows:
        read += 1
        account = accounts.find(row.code)
        if account is None:
            _unknown_customer(file.problems, row.line, row.code)
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
    _lock_accounts(taken)
    _stage(matched)
    changed = _update_debtors() | _update_accounts(at)
    contacts, with_new_contact = _add_contacts(matched)
    changed |= with_new_contact
    due_dates = derive_again(changed)
    if changed:
        _finish(batch, sorted(changed), on, at, "customer_file_imported")
    report = ImportReport(
        format=Format.CUSTOMERS,
        filename=batch.filename,
        encoding=file.encoding,
        columns=file.fields,
        counts={"parties": read, "matched": len(matched)},
        unchanged=not changed,
        written={"customers": len(changed), "contacts": contacts, "due_dates_derived": due_dates},
    )
    report.take(file.problems)
    return report


def _unknown_customer(problems: Problems, line: int, code: str) -> None:
    problems.add(
        "unknown_customer",
        f"Ligne {line} : le client {code} n’a aucune écriture dans la comptabilité importée. "
        "Importez d’abord l’export comptable, puis ce fichier.",
        line=line,
        field="code",
        blocking=False,
    )


def _lock_accounts(account_ids: set[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM store_account WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(account_ids)],
        )


def _stage(matched: Sequence[tuple[_Account, CustomerRow]]) -> None:
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


def _staged(account: _Account, row: CustomerRow) -> tuple[object, ...]:
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
    """Write what the file says of debtors; return the accounts of those that changed."""
    sets = ", ".join(f"{name} = coalesce(s.{name}, d.{name})" for name in DEBTOR)
    new = ", ".join(f"coalesce(s.{name}, d.{name})" for name in DEBTOR)
    old = ", ".join(f"d.{name}" for name in DEBTOR)
    moved = ", ".join(f"coalesce(s.{name}, d.{name})" for name in ADDRESS)
    stood = ", ".join(f"d.{name}" for name in ADDRESS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE store_debtor d
                   SET {sets}, address_ok = d.address_ok OR ({moved}) IS DISTINCT FROM ({stood})
                  FROM customer_stage s
                 WHERE d.id = s.debtor_id AND ({new}) IS DISTINCT FROM ({old})
             RETURNING s.account_id"""
        )
        return {row[0] for row in cursor.fetchall()}


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


def _add_contacts(matched: Sequence[tuple[_Account, CustomerRow]]) -> tuple[int, set[int]]:
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


def _finish(
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
    figures.refresh(account_ids, on)


# --- open items ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Claim:
    id: int
    account_id: int
    ref: str
    issued_on: date | None
    due_on: date
    source: str
    amount_cents: int
    balance_cents: int

    def is_worth(self, cents: int | None) -> bool:
        return cents in (self.amount_cents, self.balance_cents)


class _Claims:
    """The claims of some accounts, found by number, else by amount and date; each one once."""

    def __init__(self, account_ids: Sequence[int]) -> None:
        self.by_ref: dict[tuple[int, str], list[_Claim]] = defaultdict(list)
        self.by_amount: dict[tuple[int, int], list[_Claim]] = defaultdict(list)
        self.used: set[int] = set()
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT id, account_id, ref, issued_on, due_on, due_on_source, amount_cents,
                          balance_cents
                     FROM store_claim WHERE account_id = ANY(%s) ORDER BY issued_on, id""",
                [list(account_ids)],
            )
            for row in cursor.fetchall():
                claim = _Claim(*row)
                if claim.ref:
                    self.by_ref[claim.account_id, ref_key(claim.ref)].append(claim)
                if claim.balance_cents > 0:
                    for cents in {claim.amount_cents, claim.balance_cents}:
                        self.by_amount[claim.account_id, cents].append(claim)

    def find(self, account_id: int, item: OpenItem) -> tuple[_Claim | None, str]:
        """Return the claim that an item is, or None and the code of the reason."""
        named = self._unused(self.by_ref.get((account_id, ref_key(item.invoice)), []))
        opened = [claim for claim in named if claim.balance_cents > 0] or named
        exact = [claim for claim in opened if claim.is_worth(item.amount_cents)]
        if opened:
            if exact or len(opened) == 1:
                return (exact or opened)[0], "" if exact or item.amount_cents is None else "amount"
            return None, "ambiguous_item"
        if item.amount_cents is not None and item.issued_on is not None:
            alike = [
                claim
                for claim in self._unused(self.by_amount.get((account_id, item.amount_cents), []))
                if claim.issued_on == item.issued_on and not claim.ref
            ]
            if alike:
                return alike[0], ""
        return None, "unknown_item"

    def _unused(self, claims: Sequence[_Claim]) -> list[_Claim]:
        return [claim for claim in claims if claim.id not in self.used]


def import_open_items(
    batch: ImportBatch,
    creditor: Creditor,
    path: Path,
    *,
    partial: bool,
    on: date,
    at: datetime,
    progress: Progress,
) -> ImportReport:
    """Take a list of open items, in the caller's transaction: due dates, then stated, and numbers.

    An item matches a claim of its customer by number, else by amount and date where the claim has no
    number. What matches nothing is a problem by line: no claim is opened from a list.
    """
    progress("Lecture du fichier", 0, 1)
    file = read_open_items(path, partial=partial)
    problems = file.problems
    accounts = _Accounts(creditor)
    found: list[tuple[_Account, OpenItem]] = []
    read = credits = 0
    for item in file.rows:
        read += 1
        if item.amount_cents is not None and item.amount_cents <= 0:
            credits += 1
            continue
        account = accounts.find(item.code)
        if account is None:
            _unknown_customer(problems, item.line, item.code)
        else:
            found.append((account, item))
    progress("Rapprochement des factures", 0, 1)
    concerned = {account.id for account, _ in found}
    _lock_accounts(concerned)
    claims = _Claims(sorted(concerned))
    stated: list[tuple[int, date]] = []
    named: list[tuple[int, str, date | None]] = []
    changed: set[int] = set()
    for account, item in found:
        claim, code = claims.find(account.id, item)
        if claim is None:
            _unmatched_item(problems, item, code)
            continue
        claims.used.add(claim.id)
        if code == "amount":
            problems.add(
                "amount_differs",
                f"Ligne {item.line} : la facture {item.invoice} est de "
                f"{euros(item.amount_cents or 0)} ici et il en reste {euros(claim.balance_cents)} en "
                "comptabilité ; son échéance est prise, son montant reste celui de la comptabilité.",
                line=item.line,
                field="amount",
                blocking=False,
            )
        if item.due_on and (item.due_on, DueOnSource.STATED) != (claim.due_on, claim.source):
            stated.append((claim.id, item.due_on))
            changed.add(account.id)
        if (item.invoice and not claim.ref) or (item.issued_on and not claim.issued_on):
            named.append((claim.id, claim.ref or item.invoice, claim.issued_on or item.issued_on))
            changed.add(account.id)
    with connection.cursor() as cursor:
        set_due_dates(stated, DueOnSource.STATED)
        if named:
            cursor.execute(
                """UPDATE store_claim c SET ref = v.ref, ref_key = v.ref_key, issued_on = v.issued_on
                     FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[])
                       AS v(id, ref, ref_key, issued_on) WHERE c.id = v.id""",
                [
                    [row[0] for row in named],
                    [row[1] for row in named],
                    [ref_key(row[1]) for row in named],
                    [row[2] for row in named],
                ],
            )
        cursor.execute(
            """SELECT count(*) FROM store_claim c JOIN store_account a ON a.id = c.account_id
                WHERE a.creditor_id = %s AND NOT a.never_chased AND c.balance_cents > 0
                  AND c.due_on_source = %s""",
            [creditor.pk, DueOnSource.DERIVED],
        )
        [left] = cursor.fetchone()
    if left:
        problems.add(
            "not_listed",
            f"{count(left, 'créance ouverte', 'créances ouvertes')} de la comptabilité n’"
            f"{'est' if left == 1 else 'ont'} pas d’échéance dans cette liste : la leur reste déduite "
            "des conditions de paiement.",
            blocking=False,
        )
    if changed:
        _finish(batch, sorted(changed), on, at, "open_items_imported")
    report = ImportReport(
        format=Format.OPEN_ITEMS,
        filename=batch.filename,
        encoding=file.encoding,
        columns=file.fields,
        counts={"open_items": read, "matched": len(claims.used), "credits": credits},
        unchanged=not changed,
        written={"due_dates": len(stated), "numbers": len(named)},
    )
    report.take(problems)
    return report


def _unmatched_item(problems: Problems, item: OpenItem, code: str) -> None:
    what = f"la facture {item.invoice or '(sans numéro)'} du client {item.code}"
    reason = (
        f"{what} peut être plusieurs créances : aucune n’a ce montant."
        if code == "ambiguous_item"
        else f"{what} n’est pas dans la comptabilité importée. Aucune créance n’est ouverte d’après "
        "une liste ; importez l’export comptable qui la contient."
    )
    problems.add(
        code, f"Ligne {item.line} : {reason}", line=item.line, field="invoice", blocking=False
    )
