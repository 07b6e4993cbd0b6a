"""Acts on an account: what was said, what is to be done, what stops the pursuit."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from exigible.domain import french
from exigible.domain.calendar import add_working_days
from exigible.domain.roles import Capability
from exigible.operations import contacts, disputes, holds, promises
from exigible.store.models import CallOutcome, Contact, Dispute, Hold, Promise, Task
from exigible.store.queries.people import colleagues
from exigible.web import forms
from exigible.web.access import page, person
from exigible.web.acting import Attempt, Data, Done, Frame, claim_choices, offer_contacts, step_done
from exigible.web.templatetags.french import typed_amount
from exigible.web.typed import row_number

WORK = Capability.WORK_ACCOUNTS
DISPUTE_ANSWER_DAYS = 10  # working days proposed for the answer to a dispute


@page(WORK, section="accounts")
def promise(request: HttpRequest, account_id: int) -> HttpResponse:
    """Note a promise; with `appel`, the call it was made in as well."""
    act = Attempt(request, account_id)
    figures = getattr(act.account, "figures", None)
    form = act.form(
        forms.PromiseForm,
        amount=typed_amount(figures.chased_cents or None) if figures else "",
    )
    offer_contacts(form, act.account)

    def operate(data: Data, frame: Frame) -> Done:
        common = {
            "note": data["note"],
            "contact_id": row_number(data["contact"]),
            "proposal_id": frame.step,
            **frame.dated,
        }
        words = f"Promesse de {french.euros(data['amount'])} notée pour le {french.day(data['due_on'])}."
        if request.GET.get("appel"):
            contacts.settle_call(
                account_id,
                outcome=CallOutcome.PROMISE,
                promised=contacts.Promised(amount_cents=data["amount"], due_on=data["due_on"]),
                **common,
            )
            return Done(words)
        made = promises.record_promise(
            account_id, amount_cents=data["amount"], due_on=data["due_on"], **common
        )
        return Done(words, act.undo("cancel_promise", made.pk, "Annuler"))

    last = Promise.objects.filter(account=act.account, cancelled_at=None).order_by("-id").first()
    return act.answer(
        form,
        operate,
        title="Noter une promesse",
        verb="Noter la promesse",
        template="accounts/acts/promise.html",
        last=last,
    )


@page(WORK, section="accounts")
@require_POST
def cancel_promise(request: HttpRequest, account_id: int, promise_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    act.own(Promise, promise_id)
    return act.at_once(
        "Promesse annulée.",
        lambda by, at: promises.cancel_promise(promise_id, on=act.today, by=by, at=at),
    )


@page(WORK, section="accounts")
def call(request: HttpRequest, account_id: int, outcome: str) -> HttpResponse:
    """Note a call: at once for one nobody answered, with what was said for the others."""
    act = Attempt(request, account_id)
    match outcome:
        case CallOutcome.LEFT_MESSAGE | CallOutcome.NO_ANSWER:
            return _unanswered(act, outcome)
        case CallOutcome.WRONG_NUMBER:
            return _wrong_number(act)
        case CallOutcome.PLAN:
            return _plan_wanted(act)
    raise Http404


def _unanswered(act: Attempt, outcome: str) -> HttpResponse:
    if act.request.method != "POST":
        raise Http404
    step = row_number(act.request.GET.get("etape", ""))
    words = "Message laissé."
    if outcome == CallOutcome.NO_ANSWER:
        words = "Appel sans réponse" + (
            " : l’étape revient au prochain jour ouvré." if step else "."
        )
    return act.at_once(
        words,
        lambda by, at: contacts.settle_call(
            act.account.pk, outcome=outcome, on=act.today, proposal_id=step, by=by, at=at
        ),
        events=step_done(step),
    )


def _wrong_number(act: Attempt) -> HttpResponse:
    contact = (
        Contact.objects.filter(debtor_id=act.account.debtor_id, active=True)
        .exclude(phone="")
        .order_by("-is_main", "pk")
        .first()
    )

    def operate(data: Data, frame: Frame) -> Done:
        contacts.record_wrong_number(
            act.account.pk,
            contact_id=contact.pk if contact else None,
            new_phone=data["phone"],
            note=data["note"],
            proposal_id=frame.step,
            **frame.dated,
        )
        if data["phone"]:
            return Done("Numéro corrigé : l’étape reste à faire.")
        return Done("Numéro retiré ; une tâche est créée pour en trouver un autre.")

    return act.answer(
        act.form(forms.WrongNumberForm),
        operate,
        title="Mauvais numéro",
        verb="Enregistrer",
        intro=f"Le {contact.phone} n’est pas le bon numéro." if contact else "",
    )


def _plan_wanted(act: Attempt) -> HttpResponse:
    form = act.form(forms.CallForm)
    offer_contacts(form, act.account)

    def operate(data: Data, frame: Frame) -> Done:
        contacts.settle_call(
            act.account.pk,
            outcome=CallOutcome.PLAN,
            note=data["note"],
            contact_id=row_number(data["contact"]),
            follow_up="Répondre à la demande d’échéancier",
            proposal_id=frame.step,
            **frame.dated,
        )
        return Done("Échéancier demandé : une tâche est créée pour y répondre.")

    return act.answer(
        form,
        operate,
        title="Échéancier demandé",
        verb="Noter l’appel",
        intro="Une tâche vous rappellera d’y répondre au prochain jour ouvré.",
    )


@page(WORK, section="accounts")
def free_call(request: HttpRequest, account_id: int) -> HttpResponse:
    """Note a call made or received, whatever its outcome."""
    act = Attempt(request, account_id)
    form = act.form(forms.FreeCallForm)
    offer_contacts(form, act.account)

    def operate(data: Data, frame: Frame) -> Done:
        contacts.record_call(
            account_id,
            outcome=data["outcome"],
            incoming=data["incoming"],
            note=data["note"],
            contact_id=row_number(data["contact"]),
            **frame.dated,
        )
        return Done("Appel noté.")

    return act.answer(form, operate, title="Noter un appel", verb="Noter l’appel")


@page(WORK, section="accounts")
def note(request: HttpRequest, account_id: int) -> HttpResponse:
    """Keep a note; a note contradicts nothing, so another's act meanwhile does not stop it."""
    act = Attempt(request, account_id)

    def operate(data: Data, frame: Frame) -> Done:
        contacts.record_note(account_id, text=data["text"], on=frame.on, by=frame.by, at=frame.at)
        return Done("Note ajoutée.")

    return act.answer(act.form(forms.NoteForm), operate, title="Ajouter une note", verb="Ajouter")


@page(WORK, section="accounts")
def task(request: HttpRequest, account_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    user = person(request)
    form = act.form(forms.TaskForm, assigned_to=str(user.pk), due_on=french.day(act.today))
    form.choose("assigned_to", colleagues(user), nobody="personne en particulier")

    def operate(data: Data, frame: Frame) -> Done:
        contacts.add_task(
            account_id,
            label=data["label"],
            due_on=data["due_on"],
            assigned_to_id=row_number(data["assigned_to"]),
            on=frame.on,
            by=frame.by,
            at=frame.at,
        )
        return Done("Tâche créée.")

    return act.answer(form, operate, title="Ajouter une tâche", verb="Ajouter")


@page(WORK, section="accounts")
@require_POST
def finish_task(request: HttpRequest, account_id: int, task_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    act.own(Task, task_id)
    return act.at_once(
        "Tâche faite.",
        lambda by, at: contacts.finish_task(task_id, by=by, at=at),
        undo=act.undo("reopen_task", task_id, "Remettre à faire"),
        events={"step-done": f"tache-{task_id}"},
    )


@page(WORK, section="accounts")
@require_POST
def reopen_task(request: HttpRequest, account_id: int, task_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    act.own(Task, task_id)
    return act.at_once(
        "Tâche remise à faire.",
        lambda by, at: contacts.reopen_task(task_id, by=by, at=at),
        events={"step-open": f"tache-{task_id}"},
    )


@page(WORK, section="accounts")
def dispute(request: HttpRequest, account_id: int) -> HttpResponse:
    """Record that a claim is contested, in part or whole; with `appel`, the call as well."""
    act = Attempt(request, account_id)
    form = act.form(
        forms.DisputeForm,
        claim=request.GET.get("creance", ""),
        answer_due_on=french.day(add_working_days(act.today, DISPUTE_ANSWER_DAYS)),
    )
    form.choose("claim", claim_choices(act.account))

    def operate(data: Data, frame: Frame) -> Done:
        facts: Data = {
            "claim_id": int(data["claim"]),
            "amount_cents": data["amount"],
            "reason": data["reason"],
            "answer_due_on": data["answer_due_on"],
            "holder": data["holder"],
        }
        if request.GET.get("appel"):
            contacts.settle_call(
                account_id,
                outcome=CallOutcome.DISPUTE,
                contested=contacts.Contested(**facts),
                note=data["reason"],
                proposal_id=frame.step,
                **frame.dated,
            )
        else:
            disputes.open_dispute(account_id, **facts, proposal_id=frame.step, **frame.dated)
        return Done("Litige ouvert ; la part non contestée continue d’être réclamée.")

    return act.answer(form, operate, title="Ouvrir un litige", verb="Ouvrir le litige")


@page(WORK, section="accounts")
def close_dispute(request: HttpRequest, account_id: int, dispute_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    opened = act.own(Dispute, dispute_id)

    def operate(data: Data, frame: Frame) -> Done:
        disputes.close_dispute(
            opened.pk, outcome=data["outcome"], accepted_cents=data["accepted"], **frame.dated
        )
        return Done("Litige clos.")

    return act.answer(
        act.form(forms.CloseDisputeForm),
        operate,
        title="Répondre au litige",
        verb="Clore le litige",
        intro=f"{opened.claim} : {french.euros(opened.amount_cents)} contestés. {opened.reason}",
    )


@page(Capability.HOLD_ACCOUNTS, section="accounts")
def hold(request: HttpRequest, account_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    form = act.form(forms.HoldForm, claim=request.GET.get("creance", ""))
    form.choose("claim", claim_choices(act.account), nobody="tout le compte")

    def operate(data: Data, frame: Frame) -> Done:
        placed = holds.place_hold(
            account_id,
            claim_id=row_number(data["claim"]),
            amount_cents=data["amount"],
            reason=data["reason"],
            ends_on=data["ends_on"],
            **frame.dated,
        )
        return Done(
            f"Suspension posée jusqu’au {french.day(placed.ends_on)}.",
            act.undo("lift_hold", placed.pk, "Lever"),
        )

    return act.answer(form, operate, title="Suspendre", verb="Suspendre")


@page(Capability.HOLD_ACCOUNTS, section="accounts")
@require_POST
def lift_hold(request: HttpRequest, account_id: int, hold_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    act.own(Hold, hold_id)
    return act.at_once(
        "Suspension levée.", lambda by, at: holds.lift_hold(hold_id, on=act.today, by=by, at=at)
    )
