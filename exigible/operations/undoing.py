"""Taking a whole import back, as long as nothing depends on it: by reversal, never by deletion.

What the batch opened is reversed (claims, payments and what they paid), what it changed is restored
where nobody changed it since, what it added to a file is ended (contacts, guarantees, disputes). An
account it opened stays, empty. `undo_plan` says what would happen and what stands in the way;
`undo_import` does it, in one transaction, journalled on each account. A bank statement is withdrawn by
`bank_undoing`.

`supersede_lists` is the same when a first accounting export takes the place of the lists that opened
claims before it: the ledger brings the same invoices itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from exigible.domain.french import count
from exigible.domain.refusals import Refused
from exigible.domain.text_keys import ref_key
from exigible.intake.formats import BANK, TABLES, Format
from exigible.operations import figures, journal
from exigible.operations.acts import By
from exigible.operations.bank_undoing import undo_statements, why_not_withdrawn
from exigible.operations.customer_import import lock_accounts
from exigible.operations.import_process import CREDITOR_LOCK
from exigible.operations.payments import paris_day
from exigible.store.models import Claim, Creditor, ImportBatch, ImportedFact, StockAbsence

What = ImportedFact.What
SHOWN = 5
# What is made, in words (one, several), in the order that people read it.
MADE_WORDS = {
    What.CLAIM: ("créance contrepassée", "créances contrepassées"),
    What.PAYMENT: ("règlement ou avoir contrepassé", "règlements et avoirs contrepassés"),
    What.DISPUTE: ("litige classé sans suite", "litiges classés sans suite"),
    What.GUARANTEE: ("garantie retirée", "garanties retirées"),
    What.CONTACT: ("contact désactivé", "contacts désactivés"),
    What.CONTACT_FIELDS: ("contact rétabli", "contacts rétablis"),
    What.CLAIM_FIELDS: ("échéance ou numéro rétabli", "échéances et numéros rétablis"),
    What.DEBTOR_FIELDS: ("débiteur rétabli", "débiteurs rétablis"),
    What.ACCOUNT_FIELDS: ("compte rétabli", "comptes rétablis"),
    What.ACCOUNT: ("compte laissé vide", "comptes laissés vides"),
}
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
    """Say whether an import is of those that are taken back whole."""
    return batch.status == ImportBatch.Status.DONE and batch.format in TABLES | BANK


def why_not_undone(batch: ImportBatch) -> Refused | None:
    """Return what keeps an import from being undone, None where it may be."""
    if batch.format in BANK:
        return why_not_withdrawn(batch)
    blockers = undo_plan(batch).blockers
    return Refused("depended_on", " ".join(blockers)) if blockers else None


def undo_plan(batch: ImportBatch) -> UndoPlan:
    """Return what taking this import back would do, and what stands in its way."""
    plan = UndoPlan()
    if batch.format in BANK:
        refusal = why_not_withdrawn(batch)
        plan.blockers = [refusal.message] if refusal else []
        return plan
    if not may_be_undone(batch):
        plan.blockers.append(
            "Un export comptable ne s’annule pas d’un bloc : la comptabilité corrigée, réimportée, fait "
            "foi."
            if batch.format == Format.FEC
            else "Cet import ne s’annule pas d’un bloc."
            if batch.format not in TABLES
            else "Cet import n’a rien écrit, ou est déjà annulé."
        )
        return plan
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT what, count(*) FROM store_importedfact
                WHERE batch_id = %s AND undone_at IS NULL GROUP BY what""",
            [batch.pk],
        )
        plan.counts = Counter(dict(cursor.fetchall()))
        for query, words in _DEPENDENTS:
            cursor.execute(query, {"batch": batch.pk, "origin": f"list:{batch.pk}"})
            found = [row[0] for row in cursor.fetchall()]
            if found:
                plan.blockers.append(words(found))
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
    return plan


def undo_import(batch_id: int, *, by: By, at: datetime, reason: str = "") -> UndoPlan:
    """Take a whole import back; refuse where something depends on it, naming what does."""
    if ImportBatch.objects.filter(pk=batch_id, format__in=BANK).exists():
        plan = undo_plan(undo_statements(batch_id, by=by, at=at))
        plan.blockers = []
        return plan
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
        _lock_creditor(batch)
        plan = undo_plan(batch)
        if plan.blockers:
            raise Refused("depended_on", " ".join(plan.blockers))
        _reverse(batch, by=by, at=at, action="import_undone", reason=reason)
        batch.status = ImportBatch.Status.UNDONE
        batch.options = {**batch.options, "undone_by": str(by.uuid), "undone_at": at.isoformat()}
        batch.save(update_fields=["status", "options"])
        journal.append(
            journal.Act(
                account_id=None,
                actor=by.actor,
                action="import_undone",
                subject=f"import:{batch.pk}",
                facts={"file": batch.filename, "sha256": batch.sha256, "reason": reason},
            ),
            at=at,
        )
    return plan


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
        plan = undo_plan(batch)
        if plan.blockers:
            raise Refused(
                "lists_depended_on",
                f"Les créances de ce créancier viennent de listes (« {batch.filename} ») ; un export "
                "comptable les ouvrirait une seconde fois, et elles ne peuvent lui laisser la place : "
                + " ".join(plan.blockers),
            )
        only = (What.CLAIM, What.PAYMENT)
        _reverse(batch, by=by, at=at, action="list_superseded", reason="", only=only)
        counts = {**batch.summary.get("counts", {}), "matched": 0}
        batch.summary = {**batch.summary, "counts": counts}
        batch.options = {**batch.options, "superseded_by": ledger.pk}
        batch.save(update_fields=["summary", "options"])
    return lists


# --- what stands in the way -----------------------------------------------------------------------


def _sentence(one: str, several: str) -> Any:
    def words(found: Sequence[str]) -> str:
        names = ", ".join(str(name or "sans numéro") for name in found[:SHOWN])
        more = f" et {count(len(found) - SHOWN, 'autre')}" if len(found) > SHOWN else ""
        return f"{count(len(found), one, several)} : {names}{more}."

    return words


_CLAIMS = """SELECT f.object_id FROM store_importedfact f
              WHERE f.batch_id = %(batch)s AND f.what = 'claim' AND f.undone_at IS NULL"""
_DEPENDENTS = (
    (
        f"""SELECT DISTINCT c.ref FROM store_entry e
              JOIN store_claim c ON c.id = e.claim_id
              LEFT JOIN store_settlement s ON s.id = e.settlement_id
             WHERE e.claim_id IN ({_CLAIMS}) AND e.kind <> 'opening' AND e.reverses_id IS NULL
               AND coalesce(s.origin, '') <> %(origin)s
               AND NOT EXISTS (SELECT 1 FROM store_entry r WHERE r.reverses_id = e.id)""",
        _sentence(
            "créance de cet import a été payée ou modifiée depuis",
            "créances de cet import ont été payées ou modifiées depuis",
        ),
    ),
    (
        f"""SELECT DISTINCT c.ref FROM store_entry e JOIN store_claim c ON c.id = e.claim_id
             WHERE e.claim_id IN ({_CLAIMS}) AND e.kind = 'reversal' AND e.settlement_id IS NULL
               AND c.balance_cents = 0""",
        _sentence("créance annulée depuis", "créances annulées depuis"),
    ),
    (
        """SELECT DISTINCT p.reference FROM store_allocation a
             JOIN store_settlement s ON s.id = a.settlement_id
             JOIN store_payment p ON p.id = a.payment_id
            WHERE a.payment_id IN (
                    SELECT f.object_id FROM store_importedfact f
                     WHERE f.batch_id = %(batch)s AND f.what = 'payment' AND f.undone_at IS NULL)
              AND s.origin <> %(origin)s AND s.reverses_id IS NULL
              AND NOT EXISTS (SELECT 1 FROM store_settlement r WHERE r.reverses_id = s.id)""",
        _sentence(
            "règlement de cet import a été affecté depuis",
            "règlements de cet import ont été affectés depuis",
        ),
    ),
    (
        f"""SELECT c.ref FROM store_dispute d JOIN store_claim c ON c.id = d.claim_id
             WHERE d.claim_id IN ({_CLAIMS}) AND d.closed_on IS NULL""",
        _sentence("créance est contestée", "créances sont contestées"),
    ),
    (
        f"""SELECT c.ref FROM store_hold h JOIN store_claim c ON c.id = h.claim_id
             WHERE h.claim_id IN ({_CLAIMS}) AND h.lifted_at IS NULL""",
        _sentence("créance est suspendue", "créances sont suspendues"),
    ),
    (
        f"""SELECT DISTINCT c.ref FROM store_message_claims k
              JOIN store_message m ON m.id = k.message_id JOIN store_claim c ON c.id = k.claim_id
             WHERE k.claim_id IN ({_CLAIMS}) AND m.status IN ('sending', 'sent', 'uncertain')""",
        _sentence(
            "créance a été réclamée dans un message parti",
            "créances ont été réclamées dans un message parti",
        ),
    ),
    (
        f"""SELECT DISTINCT c.ref FROM store_case_claims k JOIN store_claim c ON c.id = k.claim_id
             WHERE k.claim_id IN ({_CLAIMS})""",
        _sentence("créance est dans un dossier", "créances sont dans un dossier"),
    ),
)


# --- reversing ------------------------------------------------------------------------------------


def _lock_creditor(batch: ImportBatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [CREDITOR_LOCK, batch.creditor_id or 0]
        )


def _reverse(
    batch: ImportBatch,
    *,
    by: By,
    at: datetime,
    action: str,
    reason: str,
    only: Sequence[str] = tuple(What),
) -> None:
    on = paris_day(at)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT account_id FROM store_importedfact
                WHERE batch_id = %s AND undone_at IS NULL AND what = ANY(%s)""",
            [batch.pk, list(only)],
        )
        account_ids = sorted(row[0] for row in cursor.fetchall())
        lock_accounts(set(account_ids))
        said: dict[str, Any] = {
            "batch": batch.pk,
            "at": at,
            "on": on,
            "origin": by.actor,
            "who": by.uuid,
            "made": f"list:{batch.pk}",
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
_PAYMENTS = _MADE.format(what="payment")
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
             WHERE e.claim_id IN {_MADE.format(what="claim")} AND e.kind = 'opening'
               AND NOT EXISTS (SELECT 1 FROM store_entry r WHERE r.reverses_id = e.id)""",
        f"""UPDATE store_stockabsence SET outcome = 'withdrawn', decided_at = %(at)s,
                   decided_on = %(on)s, decided_by = %(who)s
             WHERE outcome = '' AND claim_id IN {_MADE.format(what="claim")}""",
    ),
    What.GUARANTEE: (
        f"""UPDATE store_insurerguarantee SET withdrawn_at = %(at)s, withdrawn_by = %(who)s
             WHERE id IN {_MADE.format(what="guarantee")} AND withdrawn_at IS NULL""",
    ),
    What.CONTACT: (
        f"""UPDATE store_contact SET active = false, is_main = false
             WHERE id IN {_MADE.format(what="contact")}""",
    ),
}


def undone_on(batch: ImportBatch) -> date | None:
    """Return the day an import was taken back, if it was."""
    said = batch.options.get("undone_at")
    return paris_day(datetime.fromisoformat(said)) if said else None
