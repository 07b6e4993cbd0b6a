"""Taking a whole import back, as long as nothing depends on it: by reversal, never by deletion.

`undo_plan` says what would happen and what stands in the way, in words; `undo_import` does it, in one
transaction, journalled on each account. Each kind has its way:

- tables and electronic invoices noted what they made and changed: it is reversed and restored
  (`undo_facts`), documents and statuses are withdrawn (`einvoice_undoing`);
- an accounting export is withdrawn line by line, and the accounts are understood again without it
  (`ledger_undoing`);
- a bank statement is withdrawn with its lines (`bank_undoing`).

A drop of documents is no import: `exhibit_undoing` withdraws what it brought.

An account that an import opened stays, empty. `supersede_lists` is the same when a first accounting
export takes the place of the lists that opened claims before it: the ledger brings the same invoices.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction

from exigible.domain.french import count
from exigible.domain.refusals import Refused
from exigible.intake.formats import BANK, EINVOICE_FORMATS, Format
from exigible.operations import (
    bank_undoing,
    debtor_bank_accounts,
    einvoice_undoing,
    journal,
    ledger_undoing,
)
from exigible.operations.acts import By
from exigible.operations.customer_import import lock_accounts
from exigible.operations.payments import paris_day
from exigible.operations.undo_dependents import blockers, noted
from exigible.operations.undo_facts import reverse_facts
from exigible.store import locks
from exigible.store.models import Creditor, ImportBatch, ImportedFact, StockAbsence

What = ImportedFact.What
# What is undone, in words (one, several), in the order that people read it.
MADE_WORDS = {
    "statements": ("relevé retiré", "relevés retirés"),
    "bank_lines": ("opération bancaire retirée", "opérations bancaires retirées"),
    "ledger_lines": ("ligne comptable retirée", "lignes comptables retirées"),
    "einvoices": ("facture électronique retirée", "factures électroniques retirées"),
    "statuses": ("statut de facture retiré", "statuts de factures retirés"),
    "exhibits": ("pièce retirée", "pièces retirées"),
    What.CLAIM: ("créance contrepassée", "créances contrepassées"),
    What.PAYMENT: ("règlement ou avoir contrepassé", "règlements et avoirs contrepassés"),
    What.DISPUTE: ("litige classé sans suite", "litiges classés sans suite"),
    What.GUARANTEE: ("garantie retirée", "garanties retirées"),
    "ibans": ("IBAN de débiteur retiré", "IBAN de débiteurs retirés"),
    What.CONTACT: ("contact désactivé", "contacts désactivés"),
    What.CONTACT_FIELDS: ("contact rétabli", "contacts rétablis"),
    What.CLAIM_FIELDS: ("échéance ou numéro rétabli", "échéances et numéros rétablis"),
    What.DEBTOR_FIELDS: ("débiteur rétabli", "débiteurs rétablis"),
    What.ACCOUNT_FIELDS: ("compte rétabli", "comptes rétablis"),
    What.LEDGER_LINE: ("ligne comptable rétablie", "lignes comptables rétablies"),
    What.TASK: ("tâche close", "tâches closes"),
    What.ACCOUNT: ("compte laissé vide", "comptes laissés vides"),
}


@dataclass(slots=True)
class UndoPlan:
    """What taking an import back would do; `blockers` are sentences, empty when it may be done."""

    counts: Counter[str] = field(default_factory=Counter)
    blockers: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return [
            count(self.counts[what], *words)
            for what, words in MADE_WORDS.items()
            if self.counts[what]
        ]


def may_be_undone(batch: ImportBatch) -> bool:
    """Say whether an import wrote something that may be taken back."""
    return batch.status == ImportBatch.Status.DONE and bool(batch.format in Format)


def undo_plan(batch: ImportBatch) -> UndoPlan:
    """Return what taking this import back would do, and what stands in its way."""
    plan = UndoPlan()
    if not may_be_undone(batch):
        plan.blockers.append(
            "Cet import est déjà annulé."
            if batch.status == ImportBatch.Status.UNDONE
            else "Cet import n’a rien écrit : il n’y a rien à annuler."
        )
        return plan
    if batch.format in BANK:
        plan.counts.update(bank_undoing.counts(batch))
        plan.blockers += bank_undoing.why_not(batch)
        return plan
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT what, count(DISTINCT object_id) FROM store_importedfact
                WHERE batch_id = %s AND undone_at IS NULL GROUP BY what""",
            [batch.pk],
        )
        plan.counts.update(dict(cursor.fetchall()))
    if batch.format == Format.FEC:
        plan.counts.update(ledger_undoing.counts(batch))
        plan.blockers += ledger_undoing.why_not(batch)
        plan.kept += ledger_undoing.kept(batch)
        return plan
    plan.blockers += blockers(noted(batch))
    if batch.format in EINVOICE_FORMATS:
        plan.counts.update(einvoice_undoing.counts(batch))
    plan.counts["ibans"] = debtor_bank_accounts.brought_by(batch).count()
    _tell_kept(plan, batch)
    return plan


def _tell_kept(plan: UndoPlan, batch: ImportBatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(DISTINCT (f.what, f.object_id)) FROM store_importedfact f
                 JOIN store_ledgerline l ON l.withdrawn_at IS NULL
                  AND (f.what = 'claim' AND l.claim_id = f.object_id
                       OR f.what = 'payment' AND l.payment_id = f.object_id)
                WHERE f.batch_id = %s AND f.undone_at IS NULL AND f.what IN ('claim', 'payment')""",
            [batch.pk],
        )
        [taken_over] = cursor.fetchone()
    if taken_over:
        words = count(taken_over, "créance ou avoir que", "créances, règlements ou avoirs que")
        plan.kept.append(f"{words} la comptabilité a repris restent les siens.")
    absent = StockAbsence.objects.filter(batch=batch, outcome="").count()
    if absent:
        plan.kept.append(
            f"{count(absent, 'absence à confirmer est retirée', 'absences à confirmer sont retirées')}."
        )
    returned = batch.summary.get("written", {}).get("returned")
    if returned:
        plan.kept.append(
            f"{count(returned, 'règlement revenu impayé', 'règlements revenus impayés')} : leur "
            "contrepassation reste."
        )


def undo_import(batch_id: int, *, by: By, at: datetime, reason: str = "") -> UndoPlan:
    """Take a whole import back; refuse where something depends on it, naming what does."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)",
                [locks.IMPORTS_OF_CREDITOR, batch.creditor_id or 0],
            )
        accounts = _accounts(batch)
        lock_accounts(accounts)
        if batch.format in BANK:
            bank_undoing.hold(batch)
        plan = undo_plan(batch)
        if plan.blockers:
            raise Refused("depended_on", " ".join(plan.blockers))
        if batch.format in BANK:
            bank_undoing.withdraw(batch, by=by, at=at)
        elif batch.format == Format.FEC:
            accounts |= ledger_undoing.withdraw(batch, at=at)
            _close_noted(batch, accounts, by=by, at=at, reason=reason)
        else:
            if batch.format in EINVOICE_FORMATS:
                einvoice_undoing.withdraw(
                    batch, by=by, at=at, reason=f"Import n° {batch.pk} annulé"
                )
            debtor_bank_accounts.withdraw(batch, by=by, at=at)
            _close_noted(batch, accounts, by=by, at=at, reason=reason)
        batch.status = ImportBatch.Status.UNDONE
        batch.options = {**batch.options, "undone_by": str(by.uuid), "undone_at": at.isoformat()}
        batch.save(update_fields=["status", "options"])
        journal.append(
            journal.Act(
                account_id=None,
                actor=by.actor,
                action="import_undone",
                subject=f"import:{batch.pk}",
                facts={
                    "file": batch.filename,
                    "sha256": batch.sha256,
                    "reason": reason,
                    **{str(what): number for what, number in plan.counts.items() if number},
                },
            ),
            at=at,
        )
    return plan


def _close_noted(
    batch: ImportBatch, accounts: set[int], *, by: By, at: datetime, reason: str
) -> None:
    reverse_facts(batch, by=by, at=at, action="import_undone", reason=reason, others=accounts)


def _accounts(batch: ImportBatch) -> set[int]:
    """Return every account that undoing an import may touch."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT account_id FROM store_importedfact
                WHERE batch_id = %(batch)s AND undone_at IS NULL
                UNION SELECT account_id FROM store_einvoice WHERE batch_id = %(batch)s
                UNION SELECT account_id FROM store_invoicestatus
                       WHERE batch_id = %(batch)s AND account_id IS NOT NULL""",
            {"batch": batch.pk},
        )
        found = {row[0] for row in cursor.fetchall()}
    return found | ledger_undoing.accounts(batch) if batch.format == Format.FEC else found


def supersede_lists(ledger: ImportBatch, creditor: Creditor, *, at: datetime) -> list[ImportBatch]:
    """Take back the lists that opened claims, before a creditor's first ledger brings them itself.

    In the caller's transaction. Return the batches superseded; they stay, to complete what the ledger
    brings. Refuse while something that the ledger could not carry over depends on them.
    """
    lists = list(
        ImportBatch.objects.filter(
            creditor=creditor,
            status=ImportBatch.Status.DONE,
            format__in=(Format.OPEN_ITEMS, Format.PAYMENTS),
            facts__what__in=(What.CLAIM, What.PAYMENT),
            facts__undone_at__isnull=True,
        )
        .distinct()
        .order_by("-pk")
    )
    by = By(f"import:{ledger.pk}")
    for batch in lists:
        in_the_way = blockers(noted(batch))
        if in_the_way:
            raise Refused(
                "lists_depended_on",
                f"Les créances de ce créancier viennent de listes (« {batch.filename} ») ; un export "
                "comptable les ouvrirait une seconde fois, et elles ne peuvent lui laisser la place : "
                + " ".join(in_the_way),
            )
        only = (What.CLAIM, What.PAYMENT)
        reverse_facts(batch, by=by, at=at, action="list_superseded", reason="", only=only)
        counts = {**batch.summary.get("counts", {}), "matched": 0}
        batch.summary = {**batch.summary, "counts": counts}
        batch.options = {**batch.options, "superseded_by": ledger.pk}
        batch.save(update_fields=["summary", "options"])
    return lists


def undone_on(batch: ImportBatch) -> date | None:
    """Return the day an import was taken back, if it was."""
    said = batch.options.get("undone_at")
    return paris_day(datetime.fromisoformat(said)) if said else None
