"""Reversing what an import noted that it made, and restoring what it noted that it changed.

Claims, payments and what they paid are reversed; contacts, guarantees, disputes and tasks are ended; a
field takes again the value it had, where it still has the import's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from exigible.domain.text_keys import ref_key
from exigible.operations import figures, journal
from exigible.operations.acts import By
from exigible.operations.customer_import import lock_accounts
from exigible.operations.payments import paris_day
from exigible.store.models import Claim, ImportBatch, ImportedFact, StockAbsence

What = ImportedFact.What
# Fields that a batch may have changed, by table: what is restored is one of these.
_FIELDS = {
    What.CLAIM_FIELDS: (
        "store_claim",
        {"due_on": "date", "due_on_source": "varchar", "ref": "text", "issued_on": "date"},
    ),
    What.DEBTOR_FIELDS: (
        "store_debtor",
        dict.fromkeys(
            (
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
            ),
            "text",
        ),
    ),
    What.ACCOUNT_FIELDS: (
        "store_account",
        {"term_days": "int4", "term_method": "text", "credit_limit_cents": "int8"},
    ),
    What.CONTACT_FIELDS: (
        "store_contact",
        dict.fromkeys(("name", "title", "email", "phone"), "text"),
    ),
}


def reverse_facts(
    batch: ImportBatch,
    *,
    by: By,
    at: datetime,
    action: str,
    reason: str,
    only: Sequence[str] = tuple(What),
    others: Collection[int] = (),
) -> None:
    """Reverse what an import made and restore what it changed, on accounts that the caller holds.

    `only` says which facts; `others` are accounts of the import where it noted nothing.
    """
    on = paris_day(at)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT account_id FROM store_importedfact
                WHERE batch_id = %s AND undone_at IS NULL AND what = ANY(%s)""",
            [batch.pk, list(only)],
        )
        account_ids = sorted({*others, *(row[0] for row in cursor.fetchall())})
        lock_accounts(set(account_ids))
        said: dict[str, Any] = {
            "batch": batch.pk,
            "at": at,
            "on": on,
            "origin": by.actor,
            "who": by.uuid,
        }
        for what, statements in _REVERSALS.items():
            if what in only:
                for statement in statements:
                    cursor.execute(statement, said)
        for what, (table, columns) in _FIELDS.items():
            if what in only:
                for name, type_ in columns.items():
                    cursor.execute(_restoring(table, name, type_), {**said, "what": what.value})
        _key_again(batch)
        cursor.execute(
            """UPDATE store_importedfact SET undone_at = %s
                WHERE batch_id = %s AND undone_at IS NULL AND what = ANY(%s)""",
            [at, batch.pk, list(only)],
        )
        cursor.execute(
            "UPDATE store_account SET version = version + 1 WHERE id = ANY(%s)", [account_ids]
        )
    StockAbsence.objects.filter(batch=batch, outcome="").update(
        outcome=StockAbsence.Outcome.WITHDRAWN, decided_at=at, decided_on=on, decided_by=by.uuid
    )
    facts = {"file": batch.filename, "sha256": batch.sha256}
    journal.append_all(
        [
            journal.Act(
                account_id=account_id,
                actor=by.actor,
                action=action,
                subject=f"import:{batch.pk}",
                facts={**facts, "reason": reason} if reason else facts,
            )
            for account_id in account_ids
        ],
        at=at,
    )
    figures.refresh(account_ids, on)


def _key_again(batch: ImportBatch) -> None:
    """Normalise again the numbers that were given back to claims."""
    completed = ImportedFact.objects.filter(
        batch=batch, what=What.CLAIM_FIELDS, before__has_key="ref"
    )
    claims = list(Claim.objects.filter(pk__in=completed.values("object_id")))
    for claim in claims:
        claim.ref_key = ref_key(claim.ref)
    Claim.objects.bulk_update(claims, ["ref_key"], batch_size=1000)


def _restoring(table: str, name: str, type_: str) -> str:
    """Return the statement that gives a field its value of before, where it is still the batch's."""
    return f"""UPDATE {table} t SET {name} = (f.before->>'{name}')::{type_}
                 FROM store_importedfact f
                WHERE f.batch_id = %(batch)s AND f.what = %(what)s AND f.undone_at IS NULL
                  AND f.object_id = t.id AND f.before ? '{name}'
                  AND t.{name} IS NOT DISTINCT FROM (f.after->>'{name}')::{type_}"""


_MADE = """(SELECT f.object_id FROM store_importedfact f
             WHERE f.batch_id = %(batch)s AND f.what = '{what}' AND f.undone_at IS NULL)"""
# What the ledger took over since is the ledger's.
_STILL_OURS = """(SELECT f.object_id FROM store_importedfact f
             WHERE f.batch_id = %(batch)s AND f.what = '{what}' AND f.undone_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM store_ledgerline l
                                WHERE l.{what}_id = f.object_id AND l.withdrawn_at IS NULL))"""
_PAYMENTS = _STILL_OURS.format(what="payment")
_LIVE_SETTLEMENTS = f"""
    SELECT DISTINCT s.id, s.account_id FROM store_settlement s
      JOIN store_allocation a ON a.settlement_id = s.id
     WHERE a.payment_id IN {_PAYMENTS} AND s.reverses_id IS NULL
       AND NOT EXISTS (SELECT 1 FROM store_settlement r WHERE r.reverses_id = s.id)"""
_JUST_REVERSED = f"""
    SELECT DISTINCT r.id, r.reverses_id, r.account_id FROM store_settlement r
      JOIN store_allocation a ON a.settlement_id = r.reverses_id
     WHERE a.payment_id IN {_PAYMENTS} AND r.recorded_at = %(at)s AND r.origin = %(origin)s"""
# In this order: what payments settled, the payments, then the claims.
_REVERSALS: dict[What, tuple[str, ...]] = {
    What.DISPUTE: (
        f"""UPDATE store_dispute SET outcome = 'withdrawn', closed_on = greatest(opened_on, %(on)s),
                   closed_at = %(at)s, closed_by = %(who)s
             WHERE id IN {_MADE.format(what="dispute")} AND closed_on IS NULL""",
    ),
    What.PAYMENT: (
        f"""INSERT INTO store_settlement (account_id, kind, code, scope, reverses_id, recorded_at,
                                          origin)
            SELECT s.account_id, 'reversal', '', '', s.id, %(at)s, %(origin)s
              FROM ({_LIVE_SETTLEMENTS}) s""",
        f"""INSERT INTO store_entry (account_id, claim_id, settlement_id, kind, component,
                                     amount_cents, value_date, recorded_at, ledger_account, origin,
                                     reverses_id)
            SELECT e.account_id, e.claim_id, r.id, 'reversal', e.component, -e.amount_cents,
                   e.value_date, %(at)s, e.ledger_account, %(origin)s, e.id
              FROM ({_JUST_REVERSED}) r JOIN store_entry e ON e.settlement_id = r.reverses_id""",
        f"""INSERT INTO store_allocation (account_id, payment_id, settlement_id, claim_id,
                                          amount_cents, value_date, recorded_at, origin)
            SELECT a.account_id, a.payment_id, r.id, a.claim_id, -a.amount_cents, a.value_date,
                   %(at)s, %(origin)s
              FROM ({_JUST_REVERSED}) r JOIN store_allocation a ON a.settlement_id = r.reverses_id""",
        f"""INSERT INTO store_payment (account_id, kind, amount_cents, allocated_cents, currency,
                                       value_date, recorded_at, label, reference, ledger_account,
                                       origin, reverses_id)
            SELECT p.account_id, p.kind, -p.amount_cents, 0, p.currency, p.value_date, %(at)s,
                   'Import annulé', p.reference, p.ledger_account, %(origin)s, p.id
              FROM store_payment p
             WHERE p.id IN {_PAYMENTS} AND p.amount_cents > 0
               AND NOT EXISTS (SELECT 1 FROM store_payment r WHERE r.reverses_id = p.id)""",
    ),
    What.CLAIM: (
        f"""INSERT INTO store_entry (account_id, claim_id, settlement_id, kind, component,
                                     amount_cents, value_date, recorded_at, ledger_account, origin,
                                     reverses_id)
            SELECT e.account_id, e.claim_id, NULL, 'reversal', e.component, -e.amount_cents,
                   e.value_date, %(at)s, e.ledger_account, %(origin)s, e.id
              FROM store_entry e
             WHERE e.claim_id IN {_STILL_OURS.format(what="claim")} AND e.kind = 'opening'
               AND NOT EXISTS (SELECT 1 FROM store_entry r WHERE r.reverses_id = e.id)""",
        f"""UPDATE store_stockabsence SET outcome = 'withdrawn', decided_at = %(at)s,
                   decided_on = %(on)s, decided_by = %(who)s
             WHERE outcome = '' AND claim_id IN {_STILL_OURS.format(what="claim")}""",
    ),
    What.GUARANTEE: (
        f"""UPDATE store_insurerguarantee SET withdrawn_at = %(at)s, withdrawn_by = %(who)s
             WHERE id IN {_MADE.format(what="guarantee")} AND withdrawn_at IS NULL""",
    ),
    What.TASK: (
        f"""UPDATE store_task SET done_at = %(at)s, done_by = %(who)s
             WHERE id IN {_MADE.format(what="task")} AND done_at IS NULL""",
    ),
    What.CONTACT: (
        f"""UPDATE store_contact SET active = false, is_main = false
             WHERE id IN {_MADE.format(what="contact")}""",
    ),
}
