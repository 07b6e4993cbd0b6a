"""Whose an electronic invoice is, and which claim or credit it already is.

An invoice is one claim however many roads bring it: the ledger's, the open item's, another document's.
It is recognised by creditor and reference, with its amount or its day. A debtor is found by SIREN, VAT
number, customer number, then by a name that only one account bears; never by a name against a SIREN.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from exigible.domain.text_keys import ref_key
from exigible.intake.receivables import customer_key
from exigible.operations.einvoice_prepared import Buyer, Prepared
from exigible.store.models import Creditor

SAME_INVOICE_DAYS = 31  # between an invoice's own date and the one accounting gave it


@dataclass(slots=True)
class KnownAccount:
    """An account of the creditor, with what identifies its debtor."""

    id: int
    number: str
    debtor_id: int
    key: str
    siren: str
    vat_number: str
    collector_id: int | None
    term_days: int
    term_method: str
    kind: str
    has_address: bool


@dataclass(slots=True)
class KnownClaim:
    """A claim of the creditor that bears the number of an invoice."""

    id: int
    account_id: int
    ref_key: str
    issued_on: date | None
    due_on: date
    source: str
    amount_cents: int
    balance_cents: int
    currency: str


@dataclass(slots=True)
class KnownCredit:
    """A credit note of the creditor."""

    id: int
    account_id: int
    reference_key: str
    value_date: date
    amount_cents: int
    currency: str
    left_cents: int


@dataclass(slots=True)
class KnownInvoice:
    """An invoice that another document already brought."""

    account_id: int
    claim_id: int | None
    payment_id: int | None
    amount_cents: int
    currency: str


class Book:
    """What the database knows of the invoices of a file and of those who owe them."""

    def __init__(self, creditor: Creditor, invoices: Sequence[Prepared]) -> None:
        self.creditor = creditor
        self.documents = self._documents({one.sha256 for one in invoices})
        keys = {one.key for one in invoices} | {key for one in invoices for key, _ in one.preceding}
        self.invoices: dict[tuple[str, date], KnownInvoice] = {}
        self.claims: dict[str, list[KnownClaim]] = defaultdict(list)
        self.credits: dict[tuple[str, int], list[KnownCredit]] = defaultdict(list)
        self.accounts: dict[int, KnownAccount] = {}
        self._by_siren: dict[str, list[KnownAccount]] = defaultdict(list)
        self._by_vat: dict[str, list[KnownAccount]] = defaultdict(list)
        self._by_number: dict[str, list[KnownAccount]] = defaultdict(list)
        self._by_name: dict[str, list[KnownAccount]] = defaultdict(list)
        self._debtors: dict[str, tuple[int, str]] = {}  # SIREN or VAT → debtor, name
        self._read_invoices(keys)
        self._read_claims(keys)
        self._read_credits({-one.cents for one in invoices if one.cents < 0})
        self._read_accounts([one.buyer for one in invoices if one.buyer is not None])

    # --- which account -----------------------------------------------------------------------------

    def account_of(self, buyer: Buyer) -> KnownAccount | None:
        """Return the account of a buyer, None if he has none here."""
        for found in (
            self._by_siren.get(buyer.siren) if buyer.siren else None,
            self._by_vat.get(buyer.vat_number) if buyer.vat_number else None,
        ):
            if found:
                return self._among(found, buyer)
        if buyer.customer_number:
            alike = [
                one
                for one in self._by_number.get(customer_key(buyer.customer_number), [])
                if _may_be(one, buyer)
            ]
            if len(alike) == 1:
                return alike[0]
        named = [one for one in self._by_name.get(buyer.key, []) if _may_be(one, buyer)]
        return named[0] if len(named) == 1 else None

    def _among(self, accounts: Sequence[KnownAccount], buyer: Buyer) -> KnownAccount:
        """Choose among the accounts of one debtor: the number the invoice says, else the oldest."""
        wanted = customer_key(buyer.customer_number) if buyer.customer_number else None
        return next(
            (one for one in accounts if wanted and customer_key(one.number) == wanted),
            min(accounts, key=lambda one: one.id),
        )

    def debtor_elsewhere(self, buyer: Buyer) -> int | None:
        """Return a debtor with the buyer's SIREN or VAT number who has no account here."""
        for number in (buyer.siren, buyer.vat_number):
            if number and (found := self._debtors.get(number)):
                return found[0]
        return None

    def learn(self, account: KnownAccount) -> None:
        """Know an account from now on, as it now stands."""
        self.accounts[account.id] = account
        for known, value in (
            (self._by_siren, account.siren),
            (self._by_vat, account.vat_number),
            (self._by_number, customer_key(account.number)),
            (self._by_name, account.key),
        ):
            if value and account not in known[value]:
                known[value].append(account)

    # --- which claim -------------------------------------------------------------------------------

    def claim_of(self, invoice: Prepared) -> tuple[KnownClaim | None, str]:
        """Return the claim that an invoice already is, and what differs: "amount", "date" or "".

        With its amount, its day may differ by a month; with its day, its amount may differ.
        """
        assert invoice.issued_on is not None
        alike = [
            one for one in self.claims.get(invoice.key, []) if one.currency == invoice.currency
        ]
        amounts = {invoice.cents, invoice.gross_cents}
        exact = [one for one in alike if one.amount_cents in amounts]
        for one in exact:
            if one.issued_on in (None, invoice.issued_on):
                return one, ""
        near = [
            one for one in exact if _days(one.issued_on, invoice.issued_on) <= SAME_INVOICE_DAYS
        ]
        if near:
            return min(near, key=lambda one: _days(one.issued_on, invoice.issued_on)), "date"
        same_day = [one for one in alike if one.issued_on == invoice.issued_on]
        return (same_day[0], "amount") if len(same_day) == 1 else (None, "")

    def named_elsewhere(self, invoice: Prepared) -> bool:
        """Say whether a claim bears the same number, though neither amount nor day agree."""
        return bool(self.claims.get(invoice.key))

    def credit_of(self, note: Prepared) -> KnownCredit | None:
        """Return the credit that a credit note already is."""
        assert note.issued_on is not None
        for cents in {-note.cents, -(note.gross_cents or note.cents)}:
            for one in self.credits.get((note.currency, cents), []):
                near = abs((one.value_date - note.issued_on).days) <= SAME_INVOICE_DAYS
                if one.reference_key == note.key and near:
                    return one
        return None

    def preceding_claim(self, note: Prepared, account_id: int) -> KnownClaim | None:
        """Return the only claim of an account that a credit note or a correction names."""
        found = {
            one.id: one
            for key, on in note.preceding
            for one in self.claims.get(key, [])
            if one.account_id == account_id
            and one.currency == note.currency
            and on in (None, one.issued_on)
        }
        return next(iter(found.values())) if len(found) == 1 else None

    # --- reading -----------------------------------------------------------------------------------

    def _documents(self, hashes: set[str]) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT sha256 FROM store_einvoice
                    WHERE creditor_id = %s AND sha256 = ANY(%s) AND withdrawn_at IS NULL""",
                [self.creditor.pk, list(hashes)],
            )
            return {row[0] for row in cursor.fetchall()}

    def _read_invoices(self, keys: Iterable[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT number_key, issued_on, account_id, claim_id, payment_id, amount_cents,
                          currency
                     FROM store_einvoice
                    WHERE creditor_id = %s AND number_key = ANY(%s) AND withdrawn_at IS NULL
                    ORDER BY id DESC""",
                [self.creditor.pk, list(keys)],
            )
            for key, on, *row in cursor.fetchall():
                self.invoices[key, on] = KnownInvoice(*row)

    def _read_claims(self, keys: Iterable[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT c.id, c.account_id, c.ref_key, c.issued_on, c.due_on, c.due_on_source,
                          c.amount_cents, c.balance_cents, c.currency
                     FROM store_claim c JOIN store_account a ON a.id = c.account_id
                    WHERE a.creditor_id = %s AND c.ref_key = ANY(%s) AND c.ref_key <> ''
                      AND EXISTS (SELECT 1 FROM store_entry o
                                   WHERE o.claim_id = c.id AND o.kind = 'opening'
                                     AND NOT EXISTS (SELECT 1 FROM store_entry r
                                                      WHERE r.reverses_id = o.id))
                    ORDER BY c.id""",
                [self.creditor.pk, list(keys)],
            )
            for row in cursor.fetchall():
                claim = KnownClaim(*row)
                self.claims[claim.ref_key].append(claim)

    def _read_credits(self, sums: Iterable[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT p.id, p.account_id, p.reference, p.value_date, p.amount_cents, p.currency,
                          p.amount_cents - p.allocated_cents
                     FROM store_payment p JOIN store_account a ON a.id = p.account_id
                    WHERE a.creditor_id = %s AND p.kind = 'credit_note' AND p.amount_cents = ANY(%s)
                      AND NOT EXISTS (SELECT 1 FROM store_payment r WHERE r.reverses_id = p.id)
                    ORDER BY p.id""",
                [self.creditor.pk, list(sums)],
            )
            for credit_id, account_id, reference, on, cents, currency, left in cursor.fetchall():
                self.credits[currency, cents].append(
                    KnownCredit(
                        credit_id, account_id, ref_key(reference), on, cents, currency, left
                    )
                )

    def _read_accounts(self, buyers: Sequence[Buyer]) -> None:
        known = {one.account_id for one in self.invoices.values()}
        known |= {one.account_id for claims in self.claims.values() for one in claims}
        known |= {one.account_id for credits in self.credits.values() for one in credits}
        numbers = {
            "sirens": sorted({one.siren for one in buyers} - {""}),
            "vats": sorted({one.vat_number for one in buyers} - {""}),
            "names": sorted({one.key for one in buyers} - {""}),
        }
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT a.id, a.number, d.id, d.name_key, d.siren, d.vat_number, a.collector_id,
                          coalesce(a.term_days, %(days)s),
                          coalesce(nullif(a.term_method, ''), %(method)s), d.kind,
                          d.postcode <> '' AND d.city <> ''
                     FROM store_account a JOIN store_debtor d ON d.id = a.debtor_id
                    WHERE a.creditor_id = %(creditor)s
                      AND (d.siren = ANY(%(sirens)s) OR d.vat_number = ANY(%(vats)s)
                           OR d.name_key = ANY(%(names)s) OR a.id = ANY(%(known)s)
                           OR %(by_number)s)
                    ORDER BY a.id""",
                {
                    **numbers,
                    "creditor": self.creditor.pk,
                    "known": sorted(known),
                    "by_number": any(one.customer_number for one in buyers),
                    "days": self.creditor.term_days,
                    "method": self.creditor.term_method,
                },
            )
            for row in cursor.fetchall():
                self.learn(KnownAccount(*row))
            cursor.execute(
                """SELECT id, siren, vat_number, name FROM store_debtor
                    WHERE siren = ANY(%(sirens)s) OR vat_number = ANY(%(vats)s) ORDER BY id DESC""",
                numbers,
            )
            for debtor_id, siren, vat, name in cursor.fetchall():
                for number in (siren, vat):
                    if number:
                        self._debtors[number] = (debtor_id, name)


def _may_be(account: KnownAccount, buyer: Buyer) -> bool:
    """Say whether nothing tells a debtor from a buyer of the same name: SIREN, VAT number."""
    return not (
        (account.siren and buyer.siren and account.siren != buyer.siren)
        or (account.vat_number and buyer.vat_number and account.vat_number != buyer.vat_number)
    )


def _days(one: date | None, other: date | None) -> int:
    return 0 if one is None or other is None else abs((one - other).days)
