"""What a whole open ledger no longer lists: raised « à confirmer », then decided by somebody.

Nothing is extinguished by a file. `notice` writes what is missing, in all or in part, and ends what is
listed again; `decide` takes a person's word that it was paid, credited or cancelled, on a day, with the
file (its hash) as evidence, or that it is still due; `take_back` reverses that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from exigible.domain.french import count, grouped, money
from exigible.domain.french import day as french_day
from exigible.domain.refusals import Refused, WrongInput
from exigible.intake.problems import Problem
from exigible.operations import figures
from exigible.operations.acts import AccountAct, By, act_on
from exigible.operations.payments import paris_day, record_payment, reverse_payment
from exigible.operations.table_imports.taking import Taking
from exigible.store.models import (
    Account,
    Claim,
    Entry,
    EntryKind,
    ImportBatch,
    ImportProblem,
    PaymentKind,
    StockAbsence,
)

Outcome = StockAbsence.Outcome
# What a person may answer; the others are written by files.
ANSWERS = (Outcome.PAID, Outcome.CREDITED, Outcome.CANCELLED, Outcome.STILL_DUE)


COVERS_LITTLE = "stock_covers_little"  # code of the warning, kept with the import
ENOUGH = 2  # a stock that finds one open item in two again is one; below, it is told


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a whole ledger no longer lists, and how much of what was open it finds again."""

    raised: int
    found: int
    open: int

    def warning(self) -> Problem | None:
        """Return the warning that a file is a small part of what is open, if it is."""
        if self.found * ENOUGH >= self.open:
            return None
        return Problem(
            code=COVERS_LITTLE,
            message=f"Ce fichier ne couvre que {count(self.found, 'pièce')} des {grouped(self.open)} "
            "pièces ouvertes : est-ce bien tout l’encours ? Ce qui n’y est pas sera « à confirmer », sans "
            "être accepté en bloc d’un seul geste.",
            blocking=False,
        )


def warning_of(batch: ImportBatch) -> ImportProblem | None:
    """Return the warning that a stock, checked or taken, was a small part of what was open."""
    return batch.problems.filter(code=COVERS_LITTLE).first()


def notice(taking: Taking, left: Mapping[int, int]) -> Noticed:
    """Raise what the list does not hold of the creditor's open claims; say how much of them it holds.

    `left` is what it leaves of each claim it lists, in cents. In the caller's transaction.
    """
    taking.progress("Comparaison avec le stock", 0, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE stock_listed (claim_id int8 PRIMARY KEY, cents int8) ON COMMIT DROP"
        )
        cursor.execute(
            "INSERT INTO stock_listed SELECT * FROM unnest(%s::bigint[], %s::bigint[])",
            [list(left), list(left.values())],
        )
        cursor.execute(
            """CREATE TEMP TABLE stock_missing ON COMMIT DROP AS
               SELECT c.id AS claim_id, c.account_id,
                      c.balance_cents - coalesce(l.cents, 0) AS cents
                 FROM store_claim c JOIN store_account a ON a.id = c.account_id
                 LEFT JOIN stock_listed l ON l.claim_id = c.id
                WHERE a.creditor_id = %s AND c.balance_cents > coalesce(l.cents, 0)""",
            [taking.creditor.pk],
        )
        # What was open before this file; it finds again what it lists of it.
        cursor.execute(
            """SELECT count(l.claim_id), count(*)
                 FROM store_claim c JOIN store_account a ON a.id = c.account_id
                 LEFT JOIN stock_listed l ON l.claim_id = c.id
                WHERE a.creditor_id = %s AND c.balance_cents > 0
                  AND NOT starts_with(c.origin, %s)""",
            [taking.creditor.pk, f"{taking.origin}:"],
        )
        found, open_ = cursor.fetchone()
        ended = """UPDATE store_stockabsence s
                      SET outcome = %s, decided_at = %s, decided_on = %s
                    WHERE s.outcome = '' AND s.account_id IN (
                            SELECT id FROM store_account WHERE creditor_id = %s) AND """
        moment = (taking.at, taking.on, taking.creditor.pk)
        cursor.execute(
            ended
            + """NOT EXISTS (SELECT 1 FROM stock_missing m WHERE m.claim_id = s.claim_id)
                 AND EXISTS (SELECT 1 FROM stock_listed l WHERE l.claim_id = s.claim_id)""",
            [Outcome.BACK, *moment],
        )
        cursor.execute(
            ended + "NOT EXISTS (SELECT 1 FROM stock_missing m WHERE m.claim_id = s.claim_id)",
            [Outcome.SETTLED, *moment],
        )
        cursor.execute(
            ended
            + """EXISTS (SELECT 1 FROM stock_missing m WHERE m.claim_id = s.claim_id
                          AND m.cents <> s.amount_cents)""",
            [Outcome.REPLACED, *moment],
        )
        cursor.execute(
            """INSERT INTO store_stockabsence (account_id, claim_id, batch_id, amount_cents,
                                               noticed_on, noticed_at, outcome)
               SELECT m.account_id, m.claim_id, %s, m.cents, %s, %s, '' FROM stock_missing m
                WHERE NOT EXISTS (SELECT 1 FROM store_stockabsence s
                                   WHERE s.claim_id = m.claim_id AND s.outcome = '')
                  AND m.cents IS DISTINCT FROM (  -- somebody said of this very sum that it is due
                        SELECT CASE WHEN s.outcome = 'still_due' THEN s.amount_cents END
                          FROM store_stockabsence s WHERE s.claim_id = m.claim_id
                         ORDER BY s.id DESC LIMIT 1)""",
            [taking.batch.pk, taking.on, taking.at],
        )
        raised = int(cursor.rowcount)
        cursor.execute("DROP TABLE stock_listed, stock_missing")
    return Noticed(raised, found, open_)


# --- what a person answers ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of deciding many: those done, and those set aside with the reason."""

    done: int
    cents: int
    aside: list[tuple[Account, str]]


def decide_many(
    absence_ids: Sequence[int],
    *,
    outcome: str,
    on: date,
    by: By,
    at: datetime,
) -> Decided:
    """Decide many absences, each in its own transaction; one that a rule refuses is set aside."""
    done = cents = 0
    aside: list[tuple[Account, str]] = []
    for absence in (
        StockAbsence.objects.filter(pk__in=absence_ids)
        .select_related("account__debtor")
        .order_by("account_id", "pk")
    ):
        try:
            decide(absence.pk, outcome=outcome, on=on, by=by, at=at)
        except Refused as refusal:
            aside.append((absence.account, refusal.message))
        else:
            done += 1
            cents += absence.amount_cents
    return Decided(done, cents, aside)


def decide(absence_id: int, *, outcome: str, on: date, by: By, at: datetime) -> StockAbsence:
    """Take a person's word on what a file no longer lists; `on` is the day it counts.

    Paid or credited: a payment or a credit note of the missing sum, allocated to the claim. Cancelled:
    the claim's opening reversed where nothing else moved it, else a credit note. Refuse what was
    decided, and a claim whose balance is under the missing sum by now.
    """
    if outcome not in ANSWERS:
        raise WrongInput("outcome", "Choisissez ce que la créance est devenue.", field="outcome")
    today = paris_day(at)
    if on > today:
        raise WrongInput(
            "future", f"Le {french_day(on)} est à venir : choisissez un jour passé.", field="on"
        )
    account_id = StockAbsence.objects.values_list("account_id", flat=True).get(pk=absence_id)
    with transaction.atomic():
        with act_on(account_id, by=by, at=at) as act:
            absence = (
                StockAbsence.objects.select_for_update(of=("self",))
                .select_related("batch", "claim")
                .get(pk=absence_id)
            )
            if absence.outcome:
                raise Refused(
                    "already_decided",
                    f"{absence.claim} : déjà « {absence.get_outcome_display()} ».",
                )
            if outcome != Outcome.STILL_DUE:
                _check_balance(absence)
            if outcome == Outcome.CANCELLED:
                absence.entry = _cancel(act, absence)
            act.journal(
                "absence_decided",
                f"claim:{absence.claim_id}",
                outcome=outcome,
                amount_cents=absence.amount_cents,
                on=on.isoformat(),
                file=absence.batch.filename,
                sha256=absence.batch.sha256,
            )
        if outcome in (Outcome.PAID, Outcome.CREDITED) or (
            outcome == Outcome.CANCELLED and absence.entry is None
        ):
            absence.payment = record_payment(
                account_id,
                kind=PaymentKind.OTHER if outcome == Outcome.PAID else PaymentKind.CREDIT_NOTE,
                amount_cents=absence.amount_cents,
                value_date=on,
                label=f"{_LABELS[Outcome(outcome)]} « {absence.batch.filename} » du "
                f"{french_day(absence.noticed_on)}",
                reference=absence.claim.ref,
                currency=absence.claim.currency,
                allocations=[(absence.claim_id, absence.amount_cents)],
                by=by,
                at=at,
            )
        else:
            figures.refresh([account_id], today)
        absence.outcome = outcome
        absence.decided_on, absence.decided_by, absence.decided_at = on, by.uuid, at
        absence.save()
    return absence


_LABELS = {
    Outcome.PAID: "Règlement confirmé, absente de",
    Outcome.CREDITED: "Avoir confirmé, absente de",
    Outcome.CANCELLED: "Facture annulée, absente de",
}


def take_back(absence_id: int, *, by: By, at: datetime) -> StockAbsence:
    """Reverse a decision: the claim is owed again, and is to be confirmed anew.

    Return the new absence. Refuse what nobody decided, and what was taken back.
    """
    absence = StockAbsence.objects.select_related("claim").get(pk=absence_id)
    with transaction.atomic():
        today = paris_day(at)
        with act_on(absence.account_id, by=by, at=at) as act:
            absence = StockAbsence.objects.select_for_update(of=("self",)).get(pk=absence_id)
            if absence.outcome not in ANSWERS or absence.taken_back_at is not None:
                raise Refused("not_decided", "Rien à contrepasser : personne n’en a décidé.")
            if absence.entry_id is not None:
                _restore(act, absence)
            absence.taken_back_at, absence.taken_back_by = at, by.uuid
            absence.save(update_fields=["taken_back_at", "taken_back_by"])
            act.journal("absence_taken_back", f"claim:{absence.claim_id}", outcome=absence.outcome)
            again = StockAbsence.objects.create(
                account_id=absence.account_id,
                claim_id=absence.claim_id,
                batch_id=absence.batch_id,
                amount_cents=absence.amount_cents,
                noticed_on=absence.noticed_on,
                noticed_at=at,
            )
        if absence.payment_id is not None:
            reverse_payment(
                absence.payment_id, on=today, by=by, at=at, reason="Confirmation contrepassée"
            )
        else:
            figures.refresh([absence.account_id], today)
    return again


def _check_balance(absence: StockAbsence) -> None:
    balance = Claim.objects.values_list("balance_cents", flat=True).get(pk=absence.claim_id)
    if balance < absence.amount_cents:
        raise Refused(
            "balance_moved",
            f"{absence.claim} : il n’en reste que {money(balance, absence.claim.currency)} à payer, moins que les "
            f"{money(absence.amount_cents, absence.claim.currency)} absents du fichier. Importez le stock à jour.",
        )


def _cancel(act: AccountAct, absence: StockAbsence) -> Entry | None:
    """Reverse the opening of a claim that nothing else moved; None where something did."""
    entries = list(Entry.objects.filter(claim_id=absence.claim_id).order_by("pk"))
    if len(entries) != 1 or entries[0].amount_cents != absence.amount_cents:
        return None
    return _reversal(act, entries[0])


def _restore(act: AccountAct, absence: StockAbsence) -> None:
    """Owe again what was cancelled: a reversal is not reversed, the opening is written anew."""
    assert absence.entry is not None
    reversed_ = absence.entry
    Entry.objects.create(
        account=act.account,
        claim_id=absence.claim_id,
        kind=EntryKind.OPENING,
        amount_cents=-reversed_.amount_cents,
        value_date=reversed_.value_date,
        recorded_at=act.at,
        ledger_account=reversed_.ledger_account,
        origin=act.by.actor,
    )


def _reversal(act: AccountAct, entry: Entry) -> Entry:
    return Entry.objects.create(
        account=act.account,
        claim_id=entry.claim_id,
        kind=EntryKind.REVERSAL,
        component=entry.component,
        amount_cents=-entry.amount_cents,
        value_date=entry.value_date,
        recorded_at=act.at,
        ledger_account=entry.ledger_account,
        origin=act.by.actor,
        reverses=entry,
    )
