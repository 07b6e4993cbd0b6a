"""Bringing in the list of open items that comes beside a ledger: due dates, then *stated*.

An item matches a claim of its customer by number, else by amount and date. It opens nothing: an
invoice that no ledger holds yet is told by its line, and finds its claim when a ledger brings it.
Where there is no ledger, `table_imports.items` opens what the list holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import connection

from exigible.domain.french import count, euros
from exigible.domain.text_keys import ref_key
from exigible.intake.formats import Format
from exigible.intake.mapping.model import Mapping
from exigible.intake.open_items import OpenItem, read_open_items
from exigible.intake.problems import Problems
from exigible.intake.report import ImportReport
from exigible.operations.customer_import import (
    Account,
    Accounts,
    brought_before,
    finish,
    lock_accounts,
    mapping_of,
    nobody_known,
    unknown_customer,
)
from exigible.operations.documents import path_of
from exigible.operations.due_dates import set_due_dates
from exigible.operations.ledger_import import Progress
from exigible.operations.table_imports.taking import Made, What
from exigible.store.models import Creditor, DueOnSource, ImportBatch


@dataclass(frozen=True, slots=True)
class KnownClaim:
    """A claim that an item of a list may be."""

    id: int
    account_id: int
    ref: str
    issued_on: date | None
    due_on: date
    source: str
    amount_cents: int
    balance_cents: int
    currency: str = "EUR"

    def is_worth(self, cents: int | None) -> bool:
        return cents in (self.amount_cents, self.balance_cents)


class KnownClaims:
    """The claims of some accounts, found by number, else by amount and date; each one once."""

    def __init__(self, account_ids: Sequence[int], *, only_derived: bool = False) -> None:
        self.by_ref: dict[tuple[int, str], list[KnownClaim]] = defaultdict(list)
        self.by_amount: dict[tuple[int, int], list[KnownClaim]] = defaultdict(list)
        self.used: set[int] = set()
        self.all: dict[int, KnownClaim] = {}
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT id, account_id, ref, issued_on, due_on, due_on_source, amount_cents,
                          balance_cents, currency
                     FROM store_claim c
                    WHERE account_id = ANY(%s) AND (due_on_source = %s OR NOT %s)
                      AND NOT (balance_cents = 0 AND NOT EXISTS (
                            SELECT 1 FROM store_entry e
                              LEFT JOIN store_entry r ON r.reverses_id = e.id
                             WHERE e.claim_id = c.id AND e.kind = 'opening' AND r.id IS NULL))
                    ORDER BY issued_on, id""",
                [list(account_ids), DueOnSource.DERIVED, only_derived],
            )
            for row in cursor.fetchall():
                claim = KnownClaim(*row)
                self.all[claim.id] = claim
                if claim.ref:
                    self.by_ref[claim.account_id, ref_key(claim.ref)].append(claim)
                if claim.balance_cents > 0:
                    for cents in {claim.amount_cents, claim.balance_cents}:
                        self.by_amount[claim.account_id, cents].append(claim)

    def find(self, account_id: int, item: OpenItem) -> tuple[KnownClaim | None, str]:
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

    def alike(self, account_id: int, item: OpenItem) -> list[KnownClaim]:
        """Return every claim that an item may be, by its number."""
        return self._unused(self.by_ref.get((account_id, ref_key(item.invoice)), []))

    def _unused(self, claims: Sequence[KnownClaim]) -> list[KnownClaim]:
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
    mapping: Mapping | None = None,
    made: Made | None = None,
    listed: Callable[[KnownClaims, Sequence[tuple[KnownClaim, int]]], None] | None = None,
) -> ImportReport:
    """Take a list of open items, in the caller's transaction: due dates, then stated, and numbers.

    What matches no claim is a problem by line. `listed` is told the claims found, each with what the
    list leaves of it; `made` notes what changes. Raise Unreadable for what is no such list.
    """
    progress("Lecture du fichier", 0, 1)
    file = read_open_items(path, partial=partial, mapping=mapping)
    problems = file.problems
    accounts = Accounts(creditor, by_name="code" not in file.fields)
    found: list[tuple[Account, OpenItem]] = []
    read = credits = lettered = 0
    for item in file.rows:
        read += 1
        if item.amount_cents is not None and item.amount_cents <= 0:
            credits += 1
            continue
        if item.is_lettered:
            lettered += 1
            continue
        account = accounts.find(item.code)
        if account is None:
            unknown_customer(problems, item.line, item.code)
        else:
            found.append((account, item))
    progress("Rapprochement des factures", 0, 1)
    concerned = {account.id for account, _ in found}
    lock_accounts(concerned)
    claims = KnownClaims(sorted(concerned))
    said = Said()
    left_by_list: list[tuple[KnownClaim, int]] = []
    for account, item in found:
        claim, code = claims.find(account.id, item)
        if claim is None:
            _unmatched_item(problems, item, code)
            continue
        claims.used.add(claim.id)
        left_by_list.append(
            (claim, claim.balance_cents if item.amount_cents is None else item.amount_cents)
        )
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
        said.take(claim, item)
    said.write(made)
    if listed is not None:
        listed(claims, left_by_list)
    with connection.cursor() as cursor:
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
    if said.account_ids:
        finish(batch, sorted(said.account_ids), on, at, "open_items_imported")
    if read and not found and not credits:
        nobody_known(problems)
    report = ImportReport(
        format=Format.OPEN_ITEMS,
        filename=batch.filename,
        encoding=file.encoding,
        columns=file.fields,
        counts={
            "open_items": read,
            "matched": len(claims.used),
            "credits": credits,
            "lettered": lettered,
        },
        unchanged=not said.account_ids and (bool(claims.used) or brought_before(batch)),
        written={"due_dates": len(said.due_dates), "numbers": len(said.numbers)},
    )
    report.take(problems)
    return report


def complete_new_claims(
    batch: ImportBatch, creditor: Creditor, account_ids: Sequence[int], *, on: date, at: datetime
) -> int:
    """Give claims that a ledger just brought what the last list said of them.

    `batch` is that list's. What was stated since, by hand or otherwise, stands: only derived due
    dates are replaced, and a sum that differs names nothing. Return how many claims changed.
    """
    assert batch.document is not None
    accounts = Accounts(creditor)
    claims = KnownClaims(account_ids, only_derived=True)
    said = Said()
    mapping = mapping_of(batch)
    for item in read_open_items(path_of(batch.document.sha256), partial=True, mapping=mapping).rows:
        account = accounts.find(item.code)
        if account is None or (item.amount_cents is not None and item.amount_cents <= 0):
            continue
        claim, code = claims.find(account.id, item)
        if claim is not None and not code:
            claims.used.add(claim.id)
            said.take(claim, item)
    said.write()
    if said.account_ids:
        finish(batch, sorted(said.account_ids), on, at, "open_items_imported")
    return len(said.due_dates)


class Said:
    """What items say of claims that is not known: due dates, numbers, days."""

    def __init__(self) -> None:
        self.due_dates: list[tuple[int, date]] = []
        self.numbers: list[tuple[int, str, date | None]] = []
        self.account_ids: set[int] = set()
        self._changes: list[
            tuple[KnownClaim, int, dict[str, str | None], dict[str, str | None]]
        ] = []

    def take(self, claim: KnownClaim, item: OpenItem) -> None:
        """Note what an item adds to its claim, if anything."""
        if item.due_on and (item.due_on, DueOnSource.STATED) != (claim.due_on, claim.source):
            self.due_dates.append((claim.id, item.due_on))
            self.account_ids.add(claim.account_id)
            self._changes.append(
                (
                    claim,
                    item.line,
                    {"due_on": claim.due_on.isoformat(), "due_on_source": claim.source},
                    {"due_on": item.due_on.isoformat(), "due_on_source": DueOnSource.STATED.value},
                )
            )
        if (item.invoice and not claim.ref) or (item.issued_on and not claim.issued_on):
            issued_on = claim.issued_on or item.issued_on
            self.numbers.append((claim.id, claim.ref or item.invoice, issued_on))
            self.account_ids.add(claim.account_id)
            self._changes.append(
                (
                    claim,
                    item.line,
                    {"ref": claim.ref, "issued_on": _iso(claim.issued_on)},
                    {"ref": claim.ref or item.invoice, "issued_on": _iso(issued_on)},
                )
            )

    def write(self, made: Made | None = None) -> None:
        """Write what was noted on the claims."""
        if made is not None:
            for claim, line, before, after in self._changes:
                made.add(
                    What.CLAIM_FIELDS,
                    claim.account_id,
                    claim.id,
                    line=line,
                    before=before,
                    after=after,
                )
        with connection.cursor() as cursor:
            set_due_dates(self.due_dates, DueOnSource.STATED)
            if self.numbers:
                cursor.execute(
                    """UPDATE store_claim c
                          SET ref = v.ref, ref_key = v.ref_key, issued_on = v.issued_on
                         FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[])
                           AS v(id, ref, ref_key, issued_on) WHERE c.id = v.id""",
                    [
                        [row[0] for row in self.numbers],
                        [row[1] for row in self.numbers],
                        [ref_key(row[1]) for row in self.numbers],
                        [row[2] for row in self.numbers],
                    ],
                )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _unmatched_item(problems: Problems, item: OpenItem, code: str) -> None:
    what = f"la facture {item.invoice or '(sans numéro)'} du client {item.code}"
    reason = (
        f"{what} peut être plusieurs créances : aucune n’a ce montant."
        if code == "ambiguous_item"
        else f"{what} n’est pas dans la comptabilité importée. Aucune créance n’est ouverte d’après "
        "une liste : son échéance servira quand l’export comptable l’apportera."
    )
    problems.add(
        code, f"Ligne {item.line} : {reason}", line=item.line, field="invoice", blocking=False
    )
