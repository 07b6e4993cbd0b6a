"""Small builders of facts for tests: parties, claims, payments, straight through the models."""

from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID, uuid4

from stdnum import luhn

from exigible.domain.text_keys import name_key, ref_key
from exigible.store.models import (
    Account,
    BankLine,
    BankLineMatch,
    BankStatement,
    Claim,
    ClaimKind,
    Contact,
    Creditor,
    CreditorBankAccount,
    Debtor,
    DebtorKind,
    DueOnSource,
    Entry,
    EntryKind,
    ImportBatch,
    Portfolio,
)

_NUMBERS = count(20_000)  # beyond those that tests and their world choose
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def fictional_siren(number: int) -> str:
    """Return a SIREN that passes its check digit, in a range given to nobody."""
    base = f"999{number:05d}"
    return base + luhn.calc_check_digit(base)


def make_creditor(**fields: object) -> Creditor:
    number = next(_NUMBERS)
    defaults: dict[str, object] = {
        "name": f"Négoce Armorial {number}",
        "address": "4 rue des Tanneurs\n35000 Rennes",
        "email": "recouvrement@armorial.example",
        "siren": fictional_siren(number),
        "legal_line": "SAS au capital de 80 000 €, RCS Rennes",
        "customer_prefixes": ["411", "413", "416"],
    }
    creditor = Creditor.objects.create(**(defaults | fields))
    Portfolio.objects.create(creditor=creditor, name="Portefeuille principal")
    return creditor


def make_debtor(**fields: object) -> Debtor:
    number = next(_NUMBERS)
    defaults: dict[str, object] = {
        "name": f"Charpentes Morvélec {number}",
        "kind": DebtorKind.PROFESSIONAL,
        "address_line1": "8 rue des Scieurs",
        "postcode": "29000",
        "city": "Quimper",
    }
    values = defaults | fields
    values.setdefault("name_key", name_key(str(values["name"])))
    debtor = Debtor.objects.create(**values)
    Contact.objects.create(
        debtor=debtor,
        name="Nolwenn Le Bihan",
        email=f"compta{number}@morvelec.example",
        phone="02 61 91 40 17",
        is_main=True,
    )
    return debtor


def make_account(creditor: Creditor | None = None, **fields: object) -> Account:
    creditor = creditor or make_creditor()
    number = f"C-{next(_NUMBERS):05d}"
    values: dict[str, object] = {"number": number, **fields}
    values.setdefault("debtor", None)
    values["debtor"] = values["debtor"] or make_debtor()
    values.setdefault("portfolio", creditor.portfolios.first())
    return Account.objects.create(
        creditor=creditor, number_key=ref_key(str(values["number"])), **values
    )


def make_claim(
    account: Account,
    amount_cents: int,
    due_on: date,
    *,
    issued_on: date | None = None,
    ref: str = "",
    at: datetime = AT,
    **fields: object,
) -> Claim:
    ref = ref or f"FA-{next(_NUMBERS):05d}"
    claim = Claim.objects.create(
        account=account,
        ref=ref,
        ref_key=ref_key(ref),
        issued_on=issued_on or due_on.replace(day=1),
        due_on=due_on,
        amount_cents=amount_cents,
        created_at=at,
        **{
            "kind": ClaimKind.INVOICE,
            "due_on_source": DueOnSource.STATED,
            "origin": "test",
            "ledger_account": "411000",
            **fields,
        },
    )
    Entry.objects.create(
        account=account,
        claim=claim,
        kind=EntryKind.OPENING,
        amount_cents=amount_cents,
        value_date=claim.issued_on,
        recorded_at=at,
        ledger_account=claim.ledger_account,
        origin="test",
    )
    claim.refresh_from_db()
    return claim


def bank_line(
    account: Account, cents: int, *, label: str = "VIR SEPA", on: date = TODAY, **fields: object
) -> BankLine:
    """Return a bank line of the account's creditor that waits, and seems to be the account's."""
    batch = ImportBatch.objects.create(
        creditor=account.creditor,
        format="camt053",
        filename="releve.xml",
        sha256="0" * 64,
        size_bytes=1,
        status=ImportBatch.Status.DONE,
        created_by=UUID(int=0),
        created_at=AT,
    )
    bank_account = CreditorBankAccount.objects.filter(creditor=account.creditor).first()
    if bank_account is None:
        bank_account = CreditorBankAccount.objects.create(
            creditor=account.creditor, iban=f"FR76{account.pk:023d}"
        )
    statement = BankStatement.objects.create(
        creditor=account.creditor,
        bank_account=bank_account,
        batch=batch,
        position=0,
        kind="statement",
        format="camt053",
        currency="EUR",
        line_count=1,
        credit_cents=max(cents, 0),
        debit_cents=max(-cents, 0),
        digest=uuid4().bytes,
        recorded_at=AT,
    )
    line = BankLine.objects.create(
        statement=statement,
        creditor=account.creditor,
        bank_account=bank_account,
        identity=uuid4().bytes,
        rank=0,
        booked_on=on,
        amount_cents=cents,
        currency="EUR",
        label=label,
        nature=BankLine.Nature.TRANSFER,
        **fields,
    )
    BankLineMatch.objects.create(line=line, kind="unknown", account=account, updated_at=AT)
    return line
