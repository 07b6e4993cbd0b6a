"""What is said and left to do: calls and what came of them, notes, tasks."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from exigible.domain.calendar import add_working_days
from exigible.domain.french import day
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import disputes, promises, proposals
from exigible.operations.acts import By, act_on
from exigible.operations.completing import change_phone
from exigible.operations.promises import NOTE_LENGTH, contact_of
from exigible.store.models import Account, Call, CallOutcome, Note, Task, User
from exigible.store.queries.people import may_work_on

TASK_LENGTH = 300
FURTHEST_TASK_DAYS = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What was promised during a call."""

    amount_cents: int
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Contested:
    """What was contested during a call; no amount: all of the claim."""

    claim_id: int
    amount_cents: int | None
    reason: str
    answer_due_on: date
    holder: str = ""


def record_call(
    account_id: int,
    *,
    outcome: str,
    on: date,
    note: str = "",
    contact_id: int | None = None,
    incoming: bool = False,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Call:
    """Note a call and its outcome (a CallOutcome value)."""
    if outcome not in CallOutcome.values:
        raise WrongInput("outcome", "Choisissez l’issue de l’appel.", field="outcome")
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        call = Call.objects.create(
            account=act.account,
            contact=contact_of(act, contact_id),
            incoming=incoming,
            on=on,
            outcome=outcome,
            note=note.strip()[:NOTE_LENGTH],
            recorded_by=by.uuid,
            recorded_at=at,
        )
        act.journal("call_recorded", f"call:{call.pk}", outcome=outcome, incoming=incoming)
    return call


@transaction.atomic
def settle_call(
    account_id: int,
    *,
    outcome: str,
    on: date,
    note: str = "",
    contact_id: int | None = None,
    promised: Promised | None = None,
    contested: Contested | None = None,
    follow_up: str = "",
    proposal_id: int | None = None,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Call:
    """Note a call with all that came of it, as one act: promise, dispute, task, and its step.

    The step `proposal_id` is done, except that a call nobody answered puts it off to the next
    working day. `follow_up` words a task for the next working day.
    """
    call = record_call(
        account_id,
        outcome=outcome,
        on=on,
        note=note,
        contact_id=contact_id,
        by=by,
        at=at,
        expected_version=expected_version,
    )
    if promised is not None:
        promises.record_promise(
            account_id,
            amount_cents=promised.amount_cents,
            due_on=promised.due_on,
            on=on,
            contact_id=contact_id,
            by=by,
            at=at,
        )
    if contested is not None:
        disputes.open_dispute(
            account_id,
            claim_id=contested.claim_id,
            amount_cents=contested.amount_cents,
            reason=contested.reason,
            answer_due_on=contested.answer_due_on,
            holder=contested.holder,
            on=on,
            by=by,
            at=at,
        )
    next_day = add_working_days(on, 1)
    if follow_up:
        collector_id = Account.objects.values_list("collector_id", flat=True).get(pk=account_id)
        add_task(
            account_id,
            label=follow_up,
            due_on=next_day,
            on=on,
            assigned_to_id=collector_id,
            by=by,
            at=at,
        )
    if proposal_id is not None:
        if outcome == CallOutcome.NO_ANSWER:
            proposals.postpone(
                proposal_id,
                account_id=account_id,
                until=next_day,
                on=on,
                note="Sans réponse",
                by=by,
                at=at,
            )
        else:
            proposals.mark_done(proposal_id, account_id=account_id, by=by, at=at)
    return call


def record_note(
    account_id: int,
    *,
    text: str,
    on: date,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Note:
    """Keep a note in the file; refuse an empty one."""
    text = text.strip()
    if not text:
        raise WrongInput("note_empty", "La note est vide. Écrivez le fait à retenir.", field="text")
    if len(text) > NOTE_LENGTH:
        raise WrongInput(
            "note_long",
            f"La note compte {len(text)} caractères, {NOTE_LENGTH} au plus. Coupez-la en deux notes.",
            field="text",
        )
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        note = Note.objects.create(
            account=act.account, on=on, text=text, recorded_by=by.uuid, recorded_at=at
        )
        act.journal("note_recorded", f"note:{note.pk}")
    return note


def add_task(
    account_id: int,
    *,
    label: str,
    due_on: date,
    on: date,
    assigned_to_id: int | None = None,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Task:
    """Give someone something to do on an account by a day."""
    label = label.strip()[:TASK_LENGTH]
    if not label:
        raise WrongInput(
            "task_empty", "La tâche n’a pas d’intitulé. Dites quoi faire.", field="label"
        )
    if not on <= due_on <= on + timedelta(days=FURTHEST_TASK_DAYS):
        raise WrongInput(
            "task_day",
            f"Le {day(due_on)} est hors de portée. Saisissez un jour à venir, dans les deux ans.",
            field="due_on",
        )
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        assignee = None
        if assigned_to_id is not None:
            assignee = User.objects.filter(pk=assigned_to_id).first()
            if assignee is None or not may_work_on(assignee, act.account.portfolio_id):
                raise WrongInput(
                    "task_person",
                    "Cette personne n’a pas accès au portefeuille de ce compte. Choisissez-en une autre.",
                    field="assigned_to",
                )
        task = Task.objects.create(
            account=act.account,
            label=label,
            due_on=due_on,
            assigned_to=assignee,
            recorded_by=by.uuid,
            recorded_at=at,
        )
        act.journal("task_added", f"task:{task.pk}", due_on=due_on.isoformat())
    return task


def finish_task(task_id: int, *, by: By, at: datetime) -> None:
    """Mark a task done; refuse one already done."""
    account_id = Task.objects.values_list("account_id", flat=True).get(pk=task_id)
    with act_on(account_id, by=by, at=at) as act:
        task = Task.objects.select_for_update().get(pk=task_id)
        if task.done_at is not None:
            raise Refused("task_done", "Cette tâche est déjà faite.")
        task.done_at = at
        task.done_by = by.uuid
        task.save(update_fields=["done_at", "done_by"])
        act.journal("task_finished", f"task:{task.pk}")


def reopen_task(task_id: int, *, by: By, at: datetime) -> None:
    """Put a task marked done by mistake back among those to do."""
    account_id = Task.objects.values_list("account_id", flat=True).get(pk=task_id)
    with act_on(account_id, by=by, at=at) as act:
        task = Task.objects.select_for_update().get(pk=task_id)
        if task.done_at is None:
            raise Refused("task_open", "Cette tâche est encore à faire.")
        task.done_at = None
        task.done_by = None
        task.save(update_fields=["done_at", "done_by"])
        act.journal("task_reopened", f"task:{task.pk}")


@transaction.atomic
def record_wrong_number(
    account_id: int,
    *,
    contact_id: int | None,
    on: date,
    new_phone: str = "",
    note: str = "",
    proposal_id: int | None = None,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Call:
    """Note a call to a wrong number: the number is corrected, or removed with a task to find one.

    The step stays to do where a number is known again; else it waits for the next working day.
    """
    call = record_call(
        account_id,
        outcome=CallOutcome.WRONG_NUMBER,
        on=on,
        note=note,
        contact_id=contact_id,
        by=by,
        at=at,
        expected_version=expected_version,
    )
    if contact_id is not None:
        change_phone(account_id, contact_id, new_phone, by=by, at=at)
    if not new_phone.strip():
        next_day = add_working_days(on, 1)
        add_task(account_id, label="Trouver un numéro", due_on=next_day, on=on, by=by, at=at)
        if proposal_id is not None:
            proposals.postpone(
                proposal_id,
                account_id=account_id,
                until=next_day,
                on=on,
                note="Mauvais numéro",
                by=by,
                at=at,
            )
    return call
