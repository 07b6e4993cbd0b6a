"""Bringing small files in, and the state of a ledger in a form that two databases can share."""

from collections import Counter
from datetime import UTC, date, datetime

from exigible.intake.report import ImportReport
from exigible.operations.acts import By
from exigible.operations.check import check_everything
from exigible.operations.imports import receive_file, run_import
from exigible.store.models import Allocation, Claim, Creditor, Entry, ImportBatch, Payment

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
BY = By.job("test")
NAME = "732829320FEC20251231.txt"


def bring(
    creditor: Creditor,
    content: str | bytes,
    *,
    name: str = NAME,
    partial: bool = False,
    format_: str = "",
) -> tuple[ImportBatch, ImportReport]:
    """Receive a file and run its import."""
    data = content.encode() if isinstance(content, str) else content
    batch = receive_file(
        data, name=name, creditor=creditor, format_=format_, partial=partial, by=BY, at=AT
    )
    report = run_import(batch.pk, at=AT, progress=lambda phase, done, total: None)
    batch.refresh_from_db()
    return batch, report


def done(creditor: Creditor, content: str | bytes, **options: object) -> ImportReport:
    """Bring a file in that must be taken, and check everything afterwards."""
    batch, report = bring(creditor, content, **options)  # type: ignore[arg-type]
    assert batch.status in ("done", "unchanged"), batch.error
    assert sound() == []
    return report


def sound() -> list[str]:
    """Return what `exigible check` finds."""
    report = check_everything(at=AT, on=date(2026, 11, 22))
    return [finding.message for finding in report.findings if finding.rule != "documents"]


def ledger(creditor: Creditor) -> dict[str, object]:
    """Return what the facts amount to, without ids, origins nor moments: two roads can be compared.

    What was written then reversed amounts to nothing.
    """
    entries: Counter[tuple[object, ...]] = Counter()
    for entry in Entry.objects.filter(account__creditor=creditor).select_related(
        "claim", "account"
    ):
        claim = entry.claim
        key = (entry.account.number, claim.ref, claim.issued_on, claim.amount_cents)
        entries[*key, entry.ledger_account, entry.value_date] += entry.amount_cents
    payments: Counter[tuple[object, ...]] = Counter()
    for payment in Payment.objects.filter(account__creditor=creditor).select_related(
        "account", "reverses"
    ):
        payments[
            payment.account.number,
            payment.ledger_account,
            payment.value_date,
            (payment.reverses or payment).label,
        ] += payment.amount_cents
    allocations: Counter[tuple[object, ...]] = Counter()
    for row in Allocation.objects.filter(account__creditor=creditor).select_related(
        "payment", "claim", "account"
    ):
        allocations[
            row.account.number,
            row.payment.label,
            row.payment.amount_cents,
            row.claim.ref if row.claim else None,
            row.value_date,
        ] += row.amount_cents
    return {
        "entries": {key: cents for key, cents in entries.items() if cents},
        "payments": {key: cents for key, cents in payments.items() if cents},
        "allocations": {key: cents for key, cents in allocations.items() if cents},
    }


def standing(creditor: Creditor) -> dict[str, object]:
    """Return the facts as `ledger` does, a payment and its return being nothing whatever their days."""
    facts = ledger(creditor)
    payments: Counter[tuple[object, ...]] = Counter()
    for (number, place, _, label), cents in facts["payments"].items():  # type: ignore[attr-defined]
        payments[number, place, label] += cents
    return {**facts, "payments": {key: cents for key, cents in payments.items() if cents}}


def open_claims(creditor: Creditor) -> dict[str, int]:
    """Return what is left of each open claim, by its number, in cents."""
    return {
        claim.ref or claim.label: claim.balance_cents
        for claim in Claim.objects.filter(account__creditor=creditor).exclude(balance_cents=0)
    }


def unused_credit(creditor: Creditor) -> int:
    """Return the credit that nothing uses, in cents."""
    return sum(
        payment.unallocated_cents for payment in Payment.objects.filter(account__creditor=creditor)
    )
