"""`check_everything`: silent on sound data, and each rule finds what breaks it.

Data is broken as a failing disk or a superuser would: with the database's own guards lifted.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from exigible.domain.law import shipped_law
from exigible.operations import check
from exigible.operations.acts import By
from exigible.operations.check import RULES, Report, check_everything, set_orphans_aside
from exigible.operations.documents import path_of, store_document
from exigible.operations.journal import Act, append_all, seal_day
from exigible.operations.law import enter_value
from exigible.operations.payments import allocate, record_payment, reverse_settlement
from exigible.store.models import (
    Account,
    BankLine,
    BankStatement,
    Claim,
    Creditor,
    CreditorBankAccount,
    Entry,
    EntryKind,
    ImportBatch,
    JournalEntry,
    LedgerLine,
    Payment,
    PaymentKind,
    Settlement,
)
from tests.bank_text import IBAN
from tests.builders import AT, TODAY, make_account, make_claim, make_creditor

pytestmark = pytest.mark.django_db
BY = By.job("test")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.DOCUMENTS_FOLDER = tmp_path / "documents"
    return tmp_path / "documents"


@contextmanager
def guards_lifted():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        yield cursor
        cursor.execute("SET session_replication_role = DEFAULT")


def look(**options: Any) -> Report:
    return check_everything(at=datetime.now(UTC), on=TODAY, **options)


@pytest.fixture
def sound(folder: Path) -> Account:
    """One account with a bit of everything: paid, reversed, imported, journaled, sealed, kept."""
    creditor = make_creditor()
    account = make_account(creditor)
    claim = make_claim(account, 120_000, date(2026, 9, 30))
    other = make_claim(account, 50_000, date(2026, 10, 31))
    payment = record_payment(
        account.pk,
        amount_cents=150_000,
        kind=PaymentKind.TRANSFER,
        value_date=date(2026, 10, 15),
        by=BY,
        at=AT,
    )
    allocate(payment.pk, [(claim.pk, 120_000), (other.pk, 10_000)], by=BY, at=AT)
    reversed_one = Settlement.objects.latest("id")
    reverse_settlement(reversed_one.pk, reason="erreur", by=BY, at=AT)
    allocate(payment.pk, [(claim.pk, 100_000)], by=BY, at=AT)
    batch = ImportBatch.objects.create(
        creditor=creditor, format="fec", filename="f.txt", created_at=AT
    )
    imported = make_claim(account, 30_000, date(2026, 8, 31), origin=f"fec:{batch.pk}:2")
    with guards_lifted() as cursor:  # the builder says "test" of every entry
        cursor.execute(
            "UPDATE store_entry SET origin = %s, ledger_account = '411000' WHERE claim_id = %s",
            [f"fec:{batch.pk}:2", imported.pk],
        )
    credit = Payment.objects.create(
        account=account,
        kind=PaymentKind.TRANSFER,
        amount_cents=12_000,
        value_date=TODAY,
        recorded_at=AT,
        ledger_account="411000",
        origin=f"fec:{batch.pk}:3",
    )
    line(batch, account, 2, debit=30_000, claim=imported)
    line(batch, account, 3, credit=12_000, payment=credit)
    this_year = date(2027, 12, 31)  # its à-nouveau carries over what the year before holds
    line(batch, account, 4, debit=18_000, is_opening=True, financial_year_end=this_year)
    append_all(
        [Act(account_id=None, actor="job:test", action="house", facts={"é": [1, None]})], at=AT
    )
    seal_day(TODAY, at=AT)
    store_document(b"une lettre", name="lettre.pdf", media_type="application/pdf", at=AT)
    return account


def line(
    batch: ImportBatch,
    account: Account,
    number: int,
    *,
    debit: int = 0,
    credit: int = 0,
    **more: Any,
) -> LedgerLine:
    return LedgerLine.objects.create(
        creditor=account.creditor,
        account=account,
        batch=batch,
        line=number,
        identity=number.to_bytes(16),
        rank=1,
        journal="VE",
        entry_date=TODAY,
        ledger_account="411000",
        debit_cents=debit,
        credit_cents=credit,
        **({"financial_year_end": date(2026, 12, 31)} | more),
    )


def test_nothing_is_found_in_sound_data(sound: Account):
    report = look()
    assert report.findings == []
    assert report.total == 0
    assert report.counts["claim_balance"] == 3
    assert report.counts["journal"] == JournalEntry.objects.count()
    assert report.counts["journal_seal"] == 1
    assert report.counts["documents"] == 1


# Each rule, and what breaks it. `broken` returns the subject that must be named.


def break_claim_balance(cursor: Any) -> str:
    claim = Claim.objects.earliest("id")
    cursor.execute(
        "UPDATE store_claim SET balance_cents = balance_cents + 1 WHERE id = %s", [claim.pk]
    )
    return f"claim:{claim.pk}"


def break_payment_allocated(cursor: Any) -> str:
    payment = Payment.objects.earliest("id")
    cursor.execute(
        "UPDATE store_payment SET allocated_cents = allocated_cents - 1 WHERE id = %s", [payment.pk]
    )
    return f"payment:{payment.pk}"


def break_payment_exceeded(cursor: Any) -> str:
    payment = Payment.objects.earliest("id")
    cursor.execute(
        "INSERT INTO store_allocation (account_id, payment_id, settlement_id, amount_cents,"
        " value_date, recorded_at, origin) SELECT account_id, payment_id, settlement_id, 900000,"
        " value_date, recorded_at, 'x' FROM store_allocation WHERE payment_id = %s LIMIT 1",
        [payment.pk],
    )
    return f"payment:{payment.pk}"


def break_settlement_balance(cursor: Any) -> str:
    settlement = Settlement.objects.latest("id")
    cursor.execute(
        "UPDATE store_entry SET amount_cents = amount_cents - 5 WHERE settlement_id = %s",
        [settlement.pk],
    )
    return f"settlement:{settlement.pk}"


def break_accessories_on_top(cursor: Any) -> str:
    settlement = Settlement.objects.latest("id")
    cursor.execute(
        "UPDATE store_entry SET component = 'interest' WHERE settlement_id = %s AND amount_cents < 0",
        [settlement.pk],
    )
    return f"settlement:{settlement.pk}"


def break_entry_links(cursor: Any) -> str:
    entry = Entry.objects.earliest("id")
    cursor.execute(
        "UPDATE store_entry SET account_id = account_id + 1000 WHERE id = %s", [entry.pk]
    )
    return f"entry:{entry.pk}"


def break_allocation_links(cursor: Any) -> str:
    cursor.execute(
        "UPDATE store_allocation SET account_id = account_id + 1000"
        " WHERE id = (SELECT min(id) FROM store_allocation) RETURNING id"
    )
    return f"allocation:{cursor.fetchone()[0]}"


def break_entry_reversal(cursor: Any) -> str:
    entry = Entry.objects.filter(kind=EntryKind.REVERSAL).earliest("id")
    cursor.execute("UPDATE store_entry SET component = 'costs' WHERE id = %s", [entry.pk])
    return f"entry:{entry.pk}"


def break_payment_reversal(cursor: Any) -> str:
    payment = Payment.objects.earliest("id")
    cursor.execute(
        "INSERT INTO store_payment (account_id, kind, amount_cents, allocated_cents, currency,"
        " value_date, recorded_at, label, reference, ledger_account, origin, reverses_id)"
        " SELECT account_id, kind, -1, 0, currency, value_date, recorded_at, '', '', '', 'x', id"
        " FROM store_payment WHERE id = %s RETURNING id",
        [payment.pk],
    )
    return f"payment:{cursor.fetchone()[0]}"


def break_account_portfolio(cursor: Any) -> str:
    account = Account.objects.earliest("id")
    elsewhere = make_creditor().portfolios.get()
    cursor.execute(
        "UPDATE store_account SET portfolio_id = %s WHERE id = %s", [elsewhere.pk, account.pk]
    )
    return f"account:{account.pk}"


def break_ledger_line_links(cursor: Any) -> str:
    found = LedgerLine.objects.earliest("id")
    cursor.execute("UPDATE store_ledgerline SET claim_id = 999999 WHERE id = %s", [found.pk])
    return f"ledger_line:{found.pk}"


def break_ledger_total(cursor: Any) -> str:
    found = LedgerLine.objects.latest("id")
    cursor.execute("UPDATE store_ledgerline SET debit_cents = 1 WHERE id = %s", [found.pk])
    return f"account:{found.account_id}"


def break_merged_debtor(cursor: Any) -> str:
    cursor.execute(
        "UPDATE store_debtor SET merged_into_id = id"
        " WHERE id = (SELECT min(id) FROM store_debtor) RETURNING id"
    )
    return f"debtor:{cursor.fetchone()[0]}"


def bank_line() -> BankLine:
    """One line of one statement, and its statement adds up."""
    creditor = Creditor.objects.earliest("id")
    account = CreditorBankAccount.objects.create(creditor=creditor, iban=IBAN)
    batch = ImportBatch.objects.create(creditor=creditor, format="camt053", created_at=AT)
    statement = BankStatement.objects.create(
        creditor=creditor,
        bank_account=account,
        batch=batch,
        position=0,
        kind="statement",
        format="camt053",
        currency="EUR",
        opening_cents=0,
        closing_cents=5_000,
        line_count=1,
        credit_cents=5_000,
        debit_cents=0,
        digest=b"d",
        recorded_at=AT,
    )
    return BankLine.objects.create(
        statement=statement,
        creditor=creditor,
        bank_account=account,
        identity=b"i",
        rank=0,
        booked_on=date(2026, 10, 15),
        amount_cents=5_000,
        currency="EUR",
        nature="transfer",
    )


def break_bank_statement_balance(cursor: Any) -> str:
    line = bank_line()
    cursor.execute("ALTER TABLE store_bankstatement DROP CONSTRAINT bank_statement_balances")
    cursor.execute("UPDATE store_bankstatement SET closing_cents = 4999")
    return f"bank_statement:{line.statement_id}"


def break_bank_statement_lines(cursor: Any) -> str:
    line = bank_line()
    cursor.execute("UPDATE store_bankline SET amount_cents = 4999")
    return f"bank_statement:{line.statement_id}"


def break_bank_line_links(cursor: Any) -> str:
    line = bank_line()
    cursor.execute("UPDATE store_bankline SET bank_account_id = NULL")
    return f"bank_line:{line.pk}"


def break_bank_line_state(cursor: Any) -> str:
    line = bank_line()
    cursor.execute("UPDATE store_bankline SET state = 'matched'")
    return f"bank_line:{line.pk}"


def break_bank_line_sum(cursor: Any) -> str:
    line = bank_line()
    cursor.execute(
        """INSERT INTO store_linefee (line_id, kind, amount_cents, recorded_by, recorded_at)
           VALUES (%s, 'bank', 100, 'job:essai', now())""",
        [line.pk],
    )
    return f"bank_line:{line.pk}"


BREAKS: dict[str, Callable[[Any], str]] = {
    "merged_debtor": break_merged_debtor,
    "claim_balance": break_claim_balance,
    "payment_allocated": break_payment_allocated,
    "payment_exceeded": break_payment_exceeded,
    "settlement_balance": break_settlement_balance,
    "accessories_on_top": break_accessories_on_top,
    "entry_links": break_entry_links,
    "allocation_links": break_allocation_links,
    "entry_reversal": break_entry_reversal,
    "payment_reversal": break_payment_reversal,
    "account_portfolio": break_account_portfolio,
    "ledger_line_links": break_ledger_line_links,
    "ledger_total": break_ledger_total,
    "bank_statement_balance": break_bank_statement_balance,
    "bank_statement_lines": break_bank_statement_lines,
    "bank_line_links": break_bank_line_links,
    "bank_line_sum": break_bank_line_sum,
    "bank_line_state": break_bank_line_state,
}


def test_every_rule_is_tried():
    assert set(BREAKS) == {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", BREAKS)
def test_a_rule_finds_what_breaks_it(sound: Account, rule: str):
    with guards_lifted() as cursor:
        subject = BREAKS[rule](cursor)
    found = [finding for finding in look().findings if finding.rule == rule]
    assert [finding.subject for finding in found] == [subject]
    assert found[0].message.endswith(".")


def test_findings_are_counted_beyond_those_shown(sound: Account, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(check, "SHOWN", 2)
    with guards_lifted() as cursor:
        cursor.execute("UPDATE store_claim SET balance_cents = balance_cents + 1")
    report = look()
    assert report.found == {"claim_balance": 3}
    assert len(report.findings) == 2
    assert report.total == 3


# The journal.


def rules_found() -> set[str]:
    return set(look().found)


def test_an_altered_line_of_the_journal_shows(sound: Account):
    entry = JournalEntry.objects.filter(account=sound).earliest("seq")
    with guards_lifted() as cursor:
        cursor.execute(
            "UPDATE store_journalentry SET facts = %s WHERE id = %s",
            [json.dumps({"amount_cents": 1}), entry.pk],
        )
    report = look()
    assert set(report.found) == {"journal_altered"}
    assert report.findings[0].subject == f"journal:{sound.pk}:1"


def test_an_altered_line_rehashed_with_all_that_follow_breaks_the_seal(sound: Account):
    """Someone who can rewrite a whole chain still cannot rewrite the day's seal unseen."""
    from exigible.operations.journal import GENESIS, line_hash

    previous = GENESIS
    with guards_lifted() as cursor:
        for entry in JournalEntry.objects.filter(account=sound).order_by("seq"):
            facts = {**entry.facts, "forged": True}
            digest = line_hash(
                previous,
                account_id=sound.pk,
                seq=entry.seq,
                at=entry.at,
                actor=entry.actor,
                action=entry.action,
                subject=entry.subject,
                facts=facts,
            )
            cursor.execute(
                "UPDATE store_journalentry SET facts = %s, previous_hash = %s, hash = %s WHERE id = %s",
                [json.dumps(facts), previous, digest, entry.pk],
            )
            previous = digest
    assert rules_found() == {"journal_seal"}


def test_a_line_removed_from_the_middle_shows(sound: Account):
    with guards_lifted() as cursor:
        cursor.execute(
            "DELETE FROM store_journalentry WHERE account_id = %s AND seq = 2", [sound.pk]
        )
    assert "journal_missing" in rules_found()


def test_the_last_line_removed_breaks_the_seal(sound: Account):
    last = JournalEntry.objects.filter(account=sound).latest("seq")
    with guards_lifted() as cursor:
        cursor.execute("DELETE FROM store_journalentry WHERE id = %s", [last.pk])
    assert rules_found() == {"journal_seal"}


def test_a_line_that_does_not_follow_shows(sound: Account):
    second = JournalEntry.objects.get(account=sound, seq=2)
    with guards_lifted() as cursor:
        cursor.execute(
            "UPDATE store_journalentry SET previous_hash = %s WHERE id = %s", [bytes(32), second.pk]
        )
    assert {"journal_chain", "journal_altered"} <= rules_found()


def test_a_removed_seal_breaks_the_next(sound: Account):
    append_all([Act(account_id=sound.pk, actor="job:test", action="note")], at=AT)
    seal_day(TODAY + timedelta(days=1), at=AT)
    assert look().total == 0
    with guards_lifted() as cursor:
        cursor.execute('DELETE FROM store_journalseal WHERE "on" = %s', [TODAY])
    assert rules_found() == {"journal_seal"}


# Documents.


def test_missing_altered_and_orphan_files_show(sound: Account, folder: Path):
    missing = store_document(b"missing", name="m.pdf", media_type="a/b", at=AT)
    altered = store_document(b"altered", name="a.pdf", media_type="a/b", at=AT)
    path_of(missing.sha256).unlink()
    path_of(altered.sha256).write_bytes(b"Altered")
    orphan = folder / "zz" / "1234"
    left = folder / ".cut.part"
    orphan.parent.mkdir()
    for path in (orphan, left):
        path.write_bytes(b"?")
        os.utime(path, (0, time.time() - 7200))
    fresh = folder / "zz" / "5678"  # its transaction may still be open
    fresh.write_bytes(b"?")
    report = look()
    assert {(one.rule, one.subject) for one in report.findings} == {
        ("document_missing", f"document:{missing.sha256}"),
        ("document_altered", f"document:{altered.sha256}"),
        ("document_orphan", "file:zz/1234"),
        ("document_orphan", "file:.cut.part"),
    }
    aside = set_orphans_aside(report.orphans, folder=folder, at=AT)
    assert aside is not None
    assert sorted(path.name for path in aside.iterdir()) == [".cut.part", "zz1234"]
    assert {one.rule for one in look().findings} == {"document_missing", "document_altered"}


def test_an_empty_house_is_sound(folder: Path):
    report = look()
    assert report.total == 0
    assert not folder.exists()


# The law.


def test_a_parameter_unknown_today_is_a_warning():
    rates = "Taux de l’intérêt légal"
    assert not any(rates in words for words in check.law_warnings(shipped_law(), date(2025, 7, 1)))
    assert any(rates in words for words in check.law_warnings(shipped_law(), date(2026, 7, 1)))
    [*warnings] = check_everything(at=AT, on=date(2199, 1, 1)).warnings
    assert any(rates in warning for warning in warnings)


def test_a_value_entered_is_a_warning_no_more():
    on = date(2026, 11, 22)
    name = "Taux de l’intérêt légal, créanciers particuliers"
    assert any(name in words for words in check_everything(at=AT, on=on).warnings)
    enter_value(
        "taux_interet_legal_particuliers",
        value="6,50 %",
        starts_on=date(2026, 7, 1),
        source="arrêté du 24 juin 2026",
        by=By.job("test"),
        at=AT,
    )
    assert not any(name in words for words in check_everything(at=AT, on=on).warnings)
