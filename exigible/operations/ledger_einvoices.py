"""What electronic invoices brought before the ledger does: the ledger takes it over, and doubles nothing.

Accounting posts an invoice that an electronic document already opened. On the same account and for the
same sum, its claim becomes the ledger's: the opening entry of the document is reversed, that of the ledger
takes its place, and the claim keeps its due date, its documents, what was said of it. Elsewhere, or for
another sum, the ledger's claim is the one that stands: documents, statuses and due date move to it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from exigible.domain.french import euros
from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.problems import Problems
from exigible.intake.receivables import invoice_number
from exigible.operations import journal
from exigible.operations.accounts import PROVISIONAL
from exigible.operations.einvoice_matching import SAME_INVOICE_DAYS
from exigible.store.models import Creditor, DueOnSource, EntryKind

ORIGIN = "reconciliation"
Row = tuple[object, ...]


@dataclass(slots=True)
class Waiting:
    """A claim that a document opened and that no ledger line is yet."""

    claim_id: int
    account_id: int
    number: str
    issued_on: date
    amount_cents: int
    gross_cents: int
    balance_cents: int
    due_on: date
    due_on_source: str
    opening_entry: int


@dataclass(slots=True)
class WaitingCredit:
    """A credit note that a document brought and that no ledger line is yet."""

    payment_id: int
    account_id: int
    key: str
    on: date
    amount_cents: int
    allocated_cents: int
    label: str
    reference: str


@dataclass(slots=True)
class Einvoices:
    """The claims and credits of a creditor that wait for the ledger, and what it makes of them."""

    claims: dict[str, list[Waiting]] = field(default_factory=lambda: defaultdict(list))
    credits: dict[tuple[str, int], list[WaitingCredit]] = field(
        default_factory=lambda: defaultdict(list)
    )
    moved: list[tuple[int, int, int]] = field(default_factory=list)  # old claim, new claim, account
    moved_credits: list[tuple[int, int, int]] = field(default_factory=list)
    left: set[int] = field(default_factory=set)  # accounts that lost a claim or a credit
    problems: Problems = field(default_factory=lambda: Problems(partial=True))

    def claim(self, ref: str, cents: int, on: date, account_id: int) -> Waiting | None:
        """Take the claim that a line of the ledger is: by number, with its amount or its very day."""
        alike = self.claims.get(ref_key(ref)) if ref else None
        if not alike:
            return None
        near = [one for one in alike if abs((one.issued_on - on).days) <= SAME_INVOICE_DAYS]
        found = [one for one in near if cents in (one.amount_cents, one.gross_cents)] or [
            one for one in near if one.issued_on == on
        ]
        if not found:
            return None
        chosen = min(found, key=lambda one: (one.account_id != account_id, one.claim_id))
        alike.remove(chosen)
        return chosen

    def credit(self, ref: str, cents: int, on: date, account_id: int) -> WaitingCredit | None:
        """Take the credit note that a line of the ledger is."""
        alike = self.credits.get((ref_key(ref), cents)) if ref else None
        near = [one for one in alike or () if abs((one.on - on).days) <= SAME_INVOICE_DAYS]
        if not near:
            return None
        assert alike is not None
        chosen = min(near, key=lambda one: (one.account_id != account_id, one.payment_id))
        alike.remove(chosen)
        return chosen

    def hand_over(self, old: Waiting, new_claim: int, account_id: int, cents: int) -> Row | None:
        """Let the ledger's claim take the place of a document's; return the entry that closes the old one.

        None where money already moved on the old one, on another account: a person has to look.
        """
        if cents not in (old.amount_cents, old.gross_cents):
            self.problems.add(
                "amount_differs",
                f"Facture {old.number} : {euros(cents)} en comptabilité, {euros(old.amount_cents)} dans "
                "le document électronique. La comptabilité l’emporte ; vérifiez laquelle est la bonne.",
            )
        if old.balance_cents != old.amount_cents:
            self.problems.add(
                "moved_elsewhere",
                f"Facture {old.number} : la comptabilité la porte à un autre compte ou pour une autre "
                "somme, alors que des règlements y sont déjà affectés. Elle apparaît deux fois : "
                "désaffectez-les, puis annulez la créance du document.",
            )
            return None
        self.moved.append((old.claim_id, new_claim, account_id))
        self.left.add(old.account_id)
        return (old.account_id, old.claim_id, old.opening_entry, -old.amount_cents, old.issued_on)

    def flush(self) -> None:
        """Move documents and statuses to the claims and credits that took over."""
        with connection.cursor() as cursor:
            for column, rows in (("claim_id", self.moved), ("payment_id", self.moved_credits)):
                if not rows:
                    continue
                values = [list(values) for values in zip(*rows, strict=True)]
                cursor.execute(
                    f"""UPDATE store_einvoice e SET {column} = v.new, account_id = v.account
                          FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS v(old, new, account)
                         WHERE e.{column} = v.old AND e.withdrawn_at IS NULL""",
                    values,
                )
                if column == "claim_id":
                    cursor.execute(
                        """UPDATE store_invoicestatus s SET claim_id = v.new, account_id = v.account
                             FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
                               AS v(old, new, account)
                            WHERE s.claim_id = v.old AND s.withdrawn_at IS NULL""",
                        values,
                    )
        self.moved.clear()
        self.moved_credits.clear()


def waiting_einvoices(creditor: Creditor) -> Einvoices | None:
    """Return what documents brought and the ledger does not hold yet; None if there is nothing."""
    found = Einvoices()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIMS, [creditor.pk])
        for key, *row in cursor.fetchall():
            found.claims[key].append(Waiting(*row))
        cursor.execute(_CREDITS, [creditor.pk])
        for row in cursor.fetchall():
            credit = WaitingCredit(*row)
            found.credits[credit.key, credit.amount_cents].append(credit)
    return found if found.claims or found.credits else None


def adopt_accounts(
    creditor: Creditor,
    waiting: Einvoices,
    names: Mapping[str, str],
    *,
    actor: str,
    at: datetime,
) -> dict[str, int]:
    """Give customers of the ledger the provisional accounts that documents opened for them.

    A customer (number → name in the file) is that of an account by its invoices, else by a name that
    only one bears. The account takes his number. Return the accounts, by number.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.id, d.name_key FROM store_account a JOIN store_debtor d ON d.id = a.debtor_id
                WHERE a.creditor_id = %s AND a.number LIKE %s
                  AND NOT EXISTS (SELECT 1 FROM store_ledgerline l
                                   WHERE l.account_id = a.id AND l.withdrawn_at IS NULL)""",
            [creditor.pk, f"{PROVISIONAL}%"],
        )
        provisional = dict(cursor.fetchall())
        if not provisional:
            return {}
        cursor.execute(
            """SELECT number, piece_ref, label, journal, entry_date,
                      coalesce(piece_date, entry_date), debit_cents - credit_cents
                 FROM ledger_stage WHERE number = ANY(%s)""",
            [list(names)],
        )
        votes: Counter[tuple[str, int]] = Counter()
        for number, piece, label, code, on, issued_on, cents in cursor.fetchall():
            account_id = _account_of(
                waiting, invoice_number(piece, label, code, on), cents, issued_on
            )
            if account_id is not None and account_id in provisional:
                votes[number, account_id] += 1
    adopted: dict[str, int] = {}
    for (number, account_id), _ in votes.most_common():
        if number not in adopted and account_id not in adopted.values():
            adopted[number] = account_id
    _adopt_by_name(adopted, names, provisional)
    _renumber(adopted, actor, at)
    return adopted


def _account_of(waiting: Einvoices, ref: str, cents: int, on: date) -> int | None:
    if not ref:
        return None
    key = ref_key(ref)
    found: set[int] = set()
    for claim in waiting.claims.get(key, ()):
        if (
            cents in (claim.amount_cents, claim.gross_cents)
            and abs((claim.issued_on - on).days) <= SAME_INVOICE_DAYS
        ):
            found.add(claim.account_id)
    for credit in waiting.credits.get((key, -cents), ()):
        if abs((credit.on - on).days) <= SAME_INVOICE_DAYS:
            found.add(credit.account_id)
    return found.pop() if len(found) == 1 else None


def _adopt_by_name(
    adopted: dict[str, int], names: Mapping[str, str], provisional: Mapping[int, str]
) -> None:
    left = [account_id for account_id in provisional if account_id not in adopted.values()]
    by_name: dict[str, list[int]] = defaultdict(list)
    for account_id in left:
        by_name[provisional[account_id]].append(account_id)
    bearers = Counter(name_key(name) for name in names.values())
    for number, name in names.items():
        key = name_key(name)
        if number not in adopted and key and bearers[key] == 1 and len(by_name.get(key, ())) == 1:
            adopted[number] = by_name[key][0]


def _renumber(adopted: Mapping[str, int], actor: str, at: datetime) -> None:
    if not adopted:
        return
    numbers = list(adopted)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM store_account WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(adopted.values())],
        )
        cursor.execute(
            """UPDATE store_account a SET number = v.number, number_key = v.key
                 FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(id, number, key)
                WHERE a.id = v.id""",
            [[adopted[number] for number in numbers], numbers, [ref_key(one) for one in numbers]],
        )
    journal.append_all(
        [
            journal.Act(
                account_id=account_id,
                actor=actor,
                action="account_renumbered",
                subject=f"account:{account_id}",
                facts={"number": number},
            )
            for number, account_id in sorted(adopted.items(), key=lambda item: item[1])
        ],
        at=at,
    )


def closing_entry(row: Sequence[Any], at: datetime) -> Row:
    """Return the entry that reverses the opening of a document's claim, as `ledger_writer.ENTRY`."""
    account_id, claim_id, entry_id, cents, on = row
    return (
        account_id, claim_id, None, EntryKind.REVERSAL.value, "principal", cents, on, at, "", ORIGIN,
        entry_id,
    )  # fmt: skip


def stated(waiting: Waiting) -> bool:
    """Say whether the document states the due date."""
    return waiting.due_on_source != DueOnSource.DERIVED


_CLAIMS = """
    SELECT c.ref_key, c.id, c.account_id, c.ref, coalesce(c.issued_on, e.issued_on), c.amount_cents,
           coalesce(e.gross_cents, c.amount_cents), c.balance_cents, c.due_on, c.due_on_source, o.id
      FROM (SELECT claim_id, min(issued_on) AS issued_on, min(gross_cents) AS gross_cents
              FROM store_einvoice
             WHERE creditor_id = %s AND claim_id IS NOT NULL AND withdrawn_at IS NULL
             GROUP BY claim_id) e
      JOIN store_claim c ON c.id = e.claim_id AND c.currency = 'EUR'
      JOIN LATERAL (SELECT id FROM store_entry o
                     WHERE o.claim_id = c.id AND o.kind = 'opening' AND o.origin NOT LIKE 'fec:%%'
                       AND NOT EXISTS (SELECT 1 FROM store_entry r WHERE r.reverses_id = o.id)
                     ORDER BY o.id LIMIT 1) o ON true
     WHERE NOT EXISTS (SELECT 1 FROM store_ledgerline l
                        WHERE l.claim_id = c.id AND l.withdrawn_at IS NULL)
     ORDER BY c.id
"""
_CREDITS = """
    SELECT p.id, p.account_id, e.number_key, p.value_date, p.amount_cents, p.allocated_cents, p.label,
           p.reference
      FROM (SELECT payment_id, min(number_key) AS number_key FROM store_einvoice
             WHERE creditor_id = %s AND payment_id IS NOT NULL AND withdrawn_at IS NULL
             GROUP BY payment_id) e
      JOIN store_payment p ON p.id = e.payment_id AND p.currency = 'EUR'
     WHERE p.origin NOT LIKE 'fec:%%'
       AND NOT EXISTS (SELECT 1 FROM store_ledgerline l
                        WHERE l.payment_id = p.id AND l.withdrawn_at IS NULL)
       AND NOT EXISTS (SELECT 1 FROM store_payment r WHERE r.reverses_id = p.id)
     ORDER BY p.id
"""
