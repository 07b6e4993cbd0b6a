"""The rows that electronic invoices make: debtors and accounts, claims, credits, documents, tasks.

Rows are collected for a whole file, then copied together (`store.bulk`), claims before their entries,
allocations before payments.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from exigible.domain.calendar import add_working_days
from exigible.domain.text_keys import name_key, ref_key
from exigible.operations.accounts import PROVISIONAL, portfolio_of
from exigible.operations.due_dates import set_due_dates
from exigible.operations.einvoice_matching import KnownAccount, KnownClaim
from exigible.operations.einvoice_prepared import Buyer, Prepared
from exigible.operations.fact_columns import ALLOCATION, CLAIM, ENTRY, PAYMENT, SETTLEMENT
from exigible.operations.table_imports.taking import Made, What
from exigible.store.bulk import Ids, copy_rows
from exigible.store.models import (
    Account,
    Claim,
    Contact,
    Creditor,
    Debtor,
    DebtorKind,
    DueOnSource,
    EntryKind,
    PaymentKind,
    SettlementKind,
)

ORIGIN = "einvoice:"
TASK_LENGTH = 300
EINVOICE = {
    "id": "int8", "creditor_id": "int8", "account_id": "int8", "claim_id": "int8",
    "payment_id": "int8", "batch_id": "int8", "document_id": "int8", "sha256": "varchar",
    "filename": "text", "format": "varchar", "profile": "varchar", "number": "text",
    "number_key": "text", "type_code": "varchar", "issued_on": "date", "due_on": "date",
    "currency": "varchar", "amount_cents": "int8", "gross_cents": "int8", "net_cents": "int8",
    "vat_cents": "int8", "in_doubt": "bool", "facts": "jsonb", "recorded_at": "timestamptz",
}  # fmt: skip
TASK = {
    "id": "int8", "account_id": "int8", "label": "text", "due_on": "date", "assigned_to_id": "int8",
    "recorded_by": "uuid", "recorded_at": "timestamptz",
}  # fmt: skip

Row = tuple[object, ...]
_NOBODY = UUID(int=0)


class Writer:
    """Collects the rows of an import of electronic invoices."""

    def __init__(self, batch_id: int, creditor: Creditor, on: date, at: datetime) -> None:
        self.batch_id = batch_id
        self.creditor = creditor
        self.on = on
        self.at = at
        self.written: Counter[str] = Counter()
        self.by_account: dict[int, Counter[str]] = defaultdict(Counter)
        self._ids = {
            table: Ids(f"store_{table}") for table in ("claim", "payment", "settlement", "einvoice")
        }
        self._claims: list[Row] = []
        self._payments: list[Row] = []
        self._settlements: list[Row] = []
        self._entries: list[Row] = []
        self._allocations: list[Row] = []
        self._tasks: list[tuple[int, str]] = []
        self._due_dates: list[tuple[int, date]] = []
        self._days: list[tuple[int, date]] = []
        self._debtors: dict[int, dict[str, str]] = {}
        self._account_of: dict[int, int] = {}  # debtor → the account that told of him
        self.made = Made(batch_id)

    def note(self, account_id: int, what: str, number: int = 1) -> None:
        self.written[what] += number
        self.by_account[account_id][what] += number

    # --- parties -----------------------------------------------------------------------------------

    def open_accounts(self, buyers: Sequence[tuple[Buyer, int | None]]) -> list[KnownAccount]:
        """Open an account for each buyer, and a debtor unless another creditor knows him (his id)."""
        if not buyers:
            return []
        new = [buyer for buyer, debtor_id in buyers if debtor_id is None]
        debtors = Debtor.objects.bulk_create(
            (Debtor(**_debtor_fields(buyer), created_at=self.at) for buyer in new), batch_size=2000
        )
        self.written["debtors"] += len(debtors)
        Contact.objects.bulk_create(
            (
                Contact(
                    debtor=debtor,
                    name=name,
                    email=email if is_email(email) else "",
                    phone=phone,
                    is_main=True,
                )
                for debtor, buyer in zip(debtors, new, strict=True)
                for name, email, phone in (buyer.contact,)
                if name or email or phone
            ),
            batch_size=2000,
        )
        opened = iter(debtors)
        taken = set(
            Account.objects.filter(
                creditor=self.creditor, number__startswith=PROVISIONAL
            ).values_list("number", flat=True)
        )
        portfolio = portfolio_of(self.creditor)
        accounts = Account.objects.bulk_create(
            (
                Account(
                    creditor=self.creditor,
                    debtor_id=next(opened).pk if debtor_id is None else debtor_id,
                    portfolio=portfolio,
                    number=(number := _free_number(buyer, taken)),
                    number_key=ref_key(number),
                    created_at=self.at,
                )
                for buyer, debtor_id in buyers
            ),
            batch_size=2000,
        )
        for account in accounts:
            self.note(account.pk, "accounts")
            self.made.add(What.ACCOUNT, account.pk, account.pk)
        return [
            KnownAccount(
                account.pk,
                account.number,
                account.debtor_id,
                buyer.key,
                buyer.siren,
                buyer.vat_number,
                None,
                self.creditor.term_days,
                self.creditor.term_method,
                _kind(buyer),
                bool(buyer.address[3] and buyer.address[4]),
            )
            for account, (buyer, _) in zip(accounts, buyers, strict=True)
        ]

    def complete_debtor(self, account: KnownAccount, buyer: Buyer) -> None:
        """Give a debtor what the invoice says and nothing said before; nothing is replaced."""
        new: dict[str, str] = {}
        if (buyer.siren and not account.siren) or (buyer.vat_number and not account.vat_number):
            new |= {"siren": buyer.siren, "siret": buyer.siret, "vat_number": buyer.vat_number}
            account.siren = account.siren or buyer.siren
            account.vat_number = account.vat_number or buyer.vat_number
        if not account.has_address and buyer.address[3] and buyer.address[4]:
            new |= dict(zip(_ADDRESS, buyer.address, strict=True))
            account.has_address = True
        if account.kind == DebtorKind.UNKNOWN and _kind(buyer) != DebtorKind.UNKNOWN:
            new["kind"] = account.kind = _kind(buyer)
        new = {name: value for name, value in new.items() if value}
        if new:
            self._debtors.setdefault(account.debtor_id, {}).update(new)
            self._account_of.setdefault(account.debtor_id, account.id)
            self.note(account.id, "customers")

    def _write_debtors(self) -> None:
        if not self._debtors:
            return
        changed = Debtor.objects.in_bulk(list(self._debtors))
        for debtor_id, new in self._debtors.items():
            debtor = changed[debtor_id]
            told = {
                name: value
                for name, value in new.items()
                if name in _ADDRESS or name == "kind" or not getattr(debtor, name)
            }
            before = {name: getattr(debtor, name) for name in told}
            for name, value in told.items():
                setattr(debtor, name, value)
            account_id = self._account_of[debtor_id]
            self.made.add(What.DEBTOR_FIELDS, account_id, debtor_id, before=before, after=told)
        Debtor.objects.bulk_update(
            changed.values(), [*_ADDRESS, "kind", "siren", "siret", "vat_number"], batch_size=1000
        )
        self._debtors.clear()

    # --- claims and credits ------------------------------------------------------------------------

    def open_claim(
        self, invoice: Prepared, account_id: int, label: str, due_on: date, source: str
    ) -> int:
        """Open the claim of an invoice, with its entry."""
        claim_id = self._ids["claim"].take()
        origin = _origin(self.batch_id, invoice)
        self._claims.append(
            (
                claim_id, account_id, invoice.number, ref_key(invoice.number), "invoice", label,
                invoice.issued_on, due_on, source, invoice.currency, invoice.cents, 0, "", False,
                False, origin, self.at,
            )
        )  # fmt: skip
        self._entry(account_id, claim_id, None, EntryKind.OPENING, invoice.cents, invoice.issued_on)
        self.made.add(What.CLAIM, account_id, claim_id)
        self.note(account_id, "claims")
        return claim_id

    def open_credit(self, note: Prepared, account_id: int, label: str) -> int:
        """Record a credit note; nothing uses it yet."""
        payment_id = self._ids["payment"].take()
        self._payments.append(
            (
                payment_id, account_id, PaymentKind.CREDIT_NOTE.value, -note.cents, 0, note.currency,
                note.issued_on, self.at, label, note.number, "",
                _origin(self.batch_id, note), None,
            )
        )  # fmt: skip
        self.made.add(What.PAYMENT, account_id, payment_id)
        self.note(account_id, "credit_notes")
        return payment_id

    def use_credit(
        self, note: Prepared, account_id: int, payment_id: int, claim_id: int, cents: int
    ) -> None:
        """Set a credit note on the invoice that it names: the creditor said so in writing."""
        settlement_id = self._ids["settlement"].take()
        origin = _origin(self.batch_id, note)
        self._settlements.append(
            (
                settlement_id, account_id, SettlementKind.MANUAL.value, note.number, "", None,
                self.at, origin,
            )
        )  # fmt: skip
        self._entry(
            account_id, claim_id, settlement_id, EntryKind.CREDIT_NOTE, -cents, note.issued_on
        )
        self._allocations.append(
            (
                account_id,
                payment_id,
                settlement_id,
                claim_id,
                cents,
                note.issued_on,
                self.at,
                origin,
            )
        )
        self.note(account_id, "settlements")

    def _entry(
        self,
        account_id: int,
        claim_id: int,
        settlement_id: int | None,
        kind: EntryKind,
        cents: int,
        on: date | None,
    ) -> None:
        self._entries.append(
            (
                account_id, claim_id, settlement_id, kind.value, "principal", cents, on, self.at, "",
                f"{ORIGIN}{self.batch_id}", None,
            )
        )  # fmt: skip

    def state_due_date(self, claim: KnownClaim, account_id: int, due_on: date) -> None:
        self._due_dates.append((claim.id, due_on))
        self.made.add(
            What.CLAIM_FIELDS,
            account_id,
            claim.id,
            before={"due_on": claim.due_on.isoformat(), "due_on_source": claim.source},
            after={"due_on": due_on.isoformat(), "due_on_source": DueOnSource.STATED.value},
        )
        self.note(account_id, "due_dates")

    def state_issue_date(self, claim: KnownClaim, account_id: int, issued_on: date) -> None:
        self._days.append((claim.id, issued_on))
        self.made.add(
            What.CLAIM_FIELDS,
            account_id,
            claim.id,
            before={"issued_on": None},
            after={"issued_on": issued_on.isoformat()},
        )

    def ask(self, account_id: int, label: str) -> None:
        """Leave a person something to look at."""
        self._tasks.append((account_id, label[:TASK_LENGTH]))
        self.note(account_id, "tasks")

    # --- documents ---------------------------------------------------------------------------------

    def einvoice_ids(self, number: int) -> list[int]:
        return [self._ids["einvoice"].take() for _ in range(number)]

    def flush(self) -> None:
        """Write what was collected; the documents are written apart, as their bytes are read."""
        self._write_debtors()
        for table, columns, rows in (
            ("store_claim", CLAIM, self._claims),
            ("store_settlement", SETTLEMENT, self._settlements),
            ("store_entry", ENTRY, self._entries),
            ("store_allocation", ALLOCATION, self._allocations),
            ("store_payment", PAYMENT, self._payments),
        ):
            if rows:
                copy_rows(table, columns, rows)
                rows.clear()
        set_due_dates(self._due_dates, DueOnSource.STATED)
        for claim_id, issued_on in self._days:
            Claim.objects.filter(pk=claim_id, issued_on__isnull=True).update(issued_on=issued_on)
        write_tasks(self._tasks, self.on, self.at, self.made)
        self.made.flush()
        for rows in (self._due_dates, self._days, self._tasks):  # type: ignore[assignment]
            rows.clear()


def write_tasks(tasks: Sequence[tuple[int, str]], on: date, at: datetime, made: Made) -> None:
    """Give tasks to the collectors of their accounts, for the next working day."""
    if not tasks:
        return
    accounts = {account_id for account_id, _ in tasks}
    holders = dict(Account.objects.filter(pk__in=accounts).values_list("pk", "collector_id"))
    due_on = add_working_days(on, 1)
    ids = Ids("store_task")
    rows = [
        (ids.take(), account_id, label, due_on, holders.get(account_id), _NOBODY, at)
        for account_id, label in tasks
    ]
    copy_rows("store_task", TASK, rows)
    for task_id, account_id, *_ in rows:
        made.add(What.TASK, account_id, task_id)


def _origin(batch_id: int, one: Prepared) -> str:
    return f"{ORIGIN}{batch_id}:{one.place[0]}.{one.place[1]}"


def _free_number(buyer: Buyer, taken: set[str]) -> str:
    """Return a provisional account number that no account has, and take it."""
    wanted = PROVISIONAL + (
        buyer.siren or buyer.vat_number or ref_key(buyer.name)[:40].upper() or "INCONNU"
    )
    number, rank = wanted, 1
    while number in taken:
        rank += 1
        number = f"{wanted}-{rank}"
    taken.add(number)
    return number


def _kind(buyer: Buyer) -> str:
    """A buyer with a VAT number is a professional; the State's own (SIREN in 1 or 2) is left to say."""
    if buyer.vat_number and buyer.siren[:1] not in ("1", "2"):
        return DebtorKind.PROFESSIONAL
    return DebtorKind.UNKNOWN


def _debtor_fields(buyer: Buyer) -> dict[str, object]:
    name = buyer.name or buyer.siren or "Acheteur sans nom"
    fields: dict[str, object] = {
        "name": name,
        "name_key": name_key(name),
        "kind": _kind(buyer),
        "siren": buyer.siren,
        "siret": buyer.siret,
        "vat_number": buyer.vat_number,
    }
    if buyer.address[5]:
        fields |= dict(zip(_ADDRESS, buyer.address, strict=True))
    return fields


def is_email(text: str) -> bool:
    name, at, host = text.partition("@")
    return bool(name and at and "." in host and " " not in text)


_ADDRESS = ("address_line1", "address_line2", "address_line3", "postcode", "city", "country")
