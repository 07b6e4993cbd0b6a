"""Acts on one account: each opens a dialog, calls one operation, answers with a toast.

They serve *Ma journée* and the account page alike; `etape` names the step an act carries out. Every
form carries the version its page showed, so that nothing is done on an account that changed since.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from exigible.domain import french
from exigible.domain.calendar import add_working_days
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations import (
    assigning,
    completing,
    contacts,
    disputes,
    holds,
    payments,
    promises,
)
from exigible.operations.acts import By
from exigible.store.models import (
    Account,
    CallOutcome,
    Claim,
    Contact,
    Dispute,
    DueOnSource,
    Hold,
    Payment,
    Promise,
    Settlement,
    Strategy,
    Task,
)
from exigible.store.queries.ordering import by_name
from exigible.store.queries.people import colleagues
from exigible.web import answers, clock, forms
from exigible.web.access import account_or_404, page, person
from exigible.web.answers import Undo
from exigible.web.templatetags.french import typed_amount
from exigible.web.typed import row_number

WORK = Capability.WORK_ACCOUNTS
DISPUTE_ANSWER_DAYS = 10  # working days proposed for the answer to a dispute
type Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """What an act that succeeded says."""

    words: str
    undo: Undo | None = None


class Attempt:
    """One act on one account: its form, its operation, its dialog."""

    def __init__(self, request: HttpRequest, account_id: int) -> None:
        self.request = request
        self.account = account_or_404(request, account_id)
        self.today = clock.today()

    def form[F: forms.ActForm](self, kind: type[F], /, **initial: object) -> F:
        """Bind the form to what was posted; `initial` fills it the first time."""
        return kind(
            self.request.POST if self.request.method == "POST" else None,
            today=self.today,
            initial={
                "version": self.account.version,
                "etape": self.request.GET.get("etape", ""),
                **initial,
            },
        )

    def answer(
        self,
        form: forms.ActForm,
        operate: Callable[[Data, "Frame"], Done],
        *,
        title: str,
        verb: str,
        intro: str = "",
        template: str = "components/form_dialog.html",
        refused: Refused | None = None,
        **context: object,
    ) -> HttpResponse:
        """Carry out the act if its form is good; else show the dialog, with what was refused."""
        if form.is_valid() and refused is None:
            data = form.cleaned_data
            frame = Frame(
                on=self.today,
                by=By.user(person(self.request)),
                at=clock.now(),
                expected_version=data["version"],
                step=data["etape"],
            )
            try:
                done = operate(data, frame)
            except Refused as refusal:
                refused = refusal
            else:
                return answers.acted(
                    self.request,
                    done.words,
                    back=self.back,
                    undo=done.undo,
                    events=step_done(frame.step),
                )
        return answers.dialog(
            self.request,
            template,
            title=title,
            action=self.request.get_full_path(),
            back=self.back,
            form=form,
            refused=refused,
            verb=verb,
            intro=intro,
            account=self.account,
            today=self.today,
            **context,
        )

    def at_once(
        self,
        words: str,
        operate: Callable[[By, datetime], object],
        *,
        undo: Undo | None = None,
        events: Mapping[str, object] | None = None,
    ) -> HttpResponse:
        """Carry out an act that asks nothing: a toast, or a notice if it was refused."""
        try:
            operate(By.user(person(self.request)), clock.now())
        except Refused as refusal:
            return answers.refused(self.request, refusal, back=self.back)
        return answers.acted(self.request, words, back=self.back, undo=undo, events=events)

    def own[T: Any](self, model: type[T], row_id: int) -> T:
        """Return a row of this account; another's does not exist."""
        row = model.objects.filter(pk=row_id, account=self.account).first()  # type: ignore[attr-defined]
        if row is None:
            raise Http404
        return row

    def undo(self, name: str, row_id: int, words: str = "Contrepasser") -> Undo:
        return Undo(reverse(name, args=[self.account.pk, row_id]), words)

    @property
    def back(self) -> str:
        return reverse("account", args=[self.account.pk])


@dataclass(frozen=True, slots=True)
class Frame:
    """Who acts, when, on what they saw; `step` is the proposal the act carries out."""

    on: date
    by: By
    at: datetime
    expected_version: int | None
    step: int | None

    @property
    def signed(self) -> Data:
        return {"by": self.by, "at": self.at, "expected_version": self.expected_version}

    @property
    def dated(self) -> Data:
        return {"on": self.on, **self.signed}


# ---- what was said


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


# ---- what stops the pursuit


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


# ---- money


@page(Capability.RECORD_PAYMENTS, section="accounts")
def payment(request: HttpRequest, account_id: int) -> HttpResponse:
    """Record a receipt and what it pays, invoice by invoice; the rest stays unallocated."""
    act = Attempt(request, account_id)
    form = act.form(forms.PaymentForm, value_date=french.day(act.today), kind="transfer")
    claims = open_claims(act.account)
    wanted, wrong = forms.allocations(request.POST, claims)

    def operate(data: Data, frame: Frame) -> Done:
        made = payments.record_payment(
            account_id,
            kind=data["kind"],
            amount_cents=data["amount"],
            value_date=data["value_date"],
            label=data["label"],
            reference=data["reference"],
            allocations=wanted,
            **frame.signed,
        )
        rest = made.unallocated_cents
        words = f"Règlement de {french.euros(made.amount_cents)} saisi"
        words += f", dont {french.euros(rest)} à affecter." if rest else "."
        return Done(words, act.undo("reverse_payment", made.pk))

    return act.answer(
        form,
        operate,
        title="Saisir un règlement",
        verb="Saisir le règlement",
        template="accounts/acts/payment.html",
        refused=wrong,
        rows=_allocation_rows(request, claims),
    )


@page(Capability.RECORD_PAYMENTS, section="accounts")
def allocate(request: HttpRequest, account_id: int, payment_id: int) -> HttpResponse:
    """Say what the unallocated part of a payment pays."""
    act = Attempt(request, account_id)
    made = act.own(Payment, payment_id)
    claims = open_claims(act.account)
    wanted, wrong = forms.allocations(request.POST, claims)

    def operate(data: Data, frame: Frame) -> Done:
        payments.allocate(made.pk, wanted, **frame.signed)
        return Done(f"{french.euros(sum(cents for _, cents in wanted))} affectés.")

    return act.answer(
        act.form(forms.ActForm),
        operate,
        title="Affecter un règlement",
        verb="Affecter",
        template="accounts/acts/payment.html",
        refused=wrong,
        payment=made,
        rows=_allocation_rows(request, claims),
    )


def _allocation_rows(request: HttpRequest, claims: list[Claim]) -> list[tuple[Claim, str]]:
    return [(claim, request.POST.get(f"affecte-{claim.pk}", "")) for claim in claims]


@page(Capability.RECORD_PAYMENTS, section="accounts")
@require_POST
def reverse_payment(request: HttpRequest, account_id: int, payment_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    made = act.own(Payment, payment_id)
    return act.at_once(
        f"Règlement de {french.euros(made.amount_cents)} contrepassé.",
        lambda by, at: payments.reverse_payment(made.pk, on=act.today, by=by, at=at),
    )


@page(Capability.RECORD_PAYMENTS, section="accounts")
@require_POST
def reverse_settlement(request: HttpRequest, account_id: int, settlement_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    act.own(Settlement, settlement_id)
    return act.at_once(
        "Affectation contrepassée.",
        lambda by, at: payments.reverse_settlement(settlement_id, by=by, at=at),
    )


# ---- who follows the account, who the debtor is


@page(Capability.ASSIGN_ACCOUNTS, section="accounts")
def assign(request: HttpRequest, account_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    form = act.form(forms.AssignForm, collector=str(act.account.collector_id or ""))
    form.choose("collector", colleagues(person(request)), nobody="personne")

    def operate(data: Data, frame: Frame) -> Done:
        assigning.assign_collector(account_id, row_number(data["collector"]), **frame.signed)
        return Done("Compte confié.")

    return act.answer(form, operate, title="Confier le compte", verb="Confier")


@page(Capability.ASSIGN_ACCOUNTS, section="accounts")
def strategy(request: HttpRequest, account_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    form = act.form(forms.StrategyForm, strategy=str(act.account.strategy_id or ""))
    form.choose("strategy", strategy_choices(act.account))

    def operate(data: Data, frame: Frame) -> Done:
        assigning.assign_strategy(account_id, int(data["strategy"]), **frame.dated)
        return Done("Stratégie changée.")

    return act.answer(form, operate, title="Changer de stratégie", verb="Changer la stratégie")


@page(Capability.COMPLETE_DATA, section="accounts")
def identity(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change who the debtor is and where to write."""
    act = Attempt(request, account_id)
    names = [name for name in forms.DebtorForm.base_fields if name not in {"version", "etape"}]
    form = act.form(forms.DebtorForm, **{name: getattr(act.account.debtor, name) for name in names})

    def operate(data: Data, frame: Frame) -> Done:
        facts = completing.DebtorFacts(**{name: data[name] for name in names})
        completing.complete_debtor(account_id, facts, **frame.dated)
        return Done("Identité enregistrée.")

    return act.answer(form, operate, title="Identité du débiteur", verb="Enregistrer")


@page(Capability.COMPLETE_DATA, section="accounts")
def contact(request: HttpRequest, account_id: int, contact_id: int | None = None) -> HttpResponse:
    """Add or change someone to write to or call."""
    act = Attempt(request, account_id)
    names = ("name", "role", "title", "email", "phone", "hours", "active")
    known = None
    if contact_id is not None:
        known = Contact.objects.filter(pk=contact_id, debtor_id=act.account.debtor_id).first()
        if known is None:
            raise Http404
    if known is None:
        form = act.form(forms.ContactForm, main=not act.account.debtor.contacts.exists())
    else:
        typed = {name: getattr(known, name) for name in names}
        form = act.form(forms.ContactForm, main=known.is_main, **typed)

    def operate(data: Data, frame: Frame) -> Done:
        completing.save_contact(
            account_id,
            completing.ContactFacts(main=data["main"], **{name: data[name] for name in names}),
            contact_id=contact_id,
            **frame.signed,
        )
        return Done("Contact enregistré.")

    title = "Modifier le contact" if known else "Ajouter un contact"
    return act.answer(form, operate, title=title, verb="Enregistrer")


@page(Capability.COMPLETE_DATA, section="accounts")
def terms(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change the account's own terms: delay, limit, waivers."""
    act = Attempt(request, account_id)
    account = act.account
    form = act.form(
        forms.TermsForm,
        term_days=account.term_days,
        term_method=account.term_method,
        credit_limit=typed_amount(account.credit_limit_cents),
        waives_accessories=account.waives_accessories,
        never_chased=account.never_chased,
        never_chased_reason=account.never_chased_reason,
    )

    def operate(data: Data, frame: Frame) -> Done:
        completing.set_account_terms(
            account_id,
            term_days=data["term_days"],
            term_method=data["term_method"],
            credit_limit_cents=data["credit_limit"],
            waives_accessories=data["waives_accessories"],
            never_chased=data["never_chased"],
            never_chased_reason=data["never_chased_reason"],
            **frame.dated,
        )
        return Done("Conditions enregistrées.")

    return act.answer(form, operate, title="Conditions du compte", verb="Enregistrer")


@page(Capability.COMPLETE_DATA, section="accounts")
def claim(request: HttpRequest, account_id: int, claim_id: int) -> HttpResponse:
    """Complete a claim: number, nature, dates."""
    act = Attempt(request, account_id)
    known = act.own(Claim, claim_id)
    derived = known.due_on_source == DueOnSource.DERIVED
    form = act.form(
        forms.ClaimForm,
        ref=known.ref,
        kind=known.kind,
        issued_on=french.day(known.issued_on) if known.issued_on else "",
        due_on=french.day(known.due_on),
    )

    def operate(data: Data, frame: Frame) -> Done:
        completing.complete_claims(
            account_id,
            [known.pk],
            ref=data["ref"],
            kind=data["kind"],
            issued_on=data["issued_on"],
            due_on=data["due_on"] if derived or data["due_on"] != known.due_on else None,
            **frame.dated,
        )
        return Done("Créance complétée.")

    return act.answer(
        form,
        operate,
        title=f"Compléter {known}",
        verb="Enregistrer",
        intro="L’échéance est déduite des conditions de paiement : l’enregistrer la confirme."
        if derived
        else "",
    )


# ---- shared


def open_claims(account: Account) -> list[Claim]:
    """Return the account's open claims, oldest due first."""
    return list(Claim.objects.filter(account=account, balance_cents__gt=0).order_by("due_on", "pk"))


def claim_choices(account: Account) -> list[tuple[str, str]]:
    """Word the open claims for a choice."""
    return [
        (
            str(one.pk),
            f"{one} · {french.euros(one.balance_cents)} · échéance {french.day(one.due_on)}",
        )
        for one in open_claims(account)
    ]


def strategy_choices(account: Account) -> list[tuple[str, str]]:
    """Return the strategies in force for that kind of debtor, the house's and the creditor's."""
    found = Strategy.objects.filter(
        Q(creditor_id__isnull=True) | Q(creditor_id=account.creditor_id),
        in_force=True,
        audience=account.debtor.kind,
    )
    return [(str(one.pk), one.name) for one in found.order_by(by_name())]


def offer_contacts(form: forms.ActForm, account: Account) -> None:
    """Offer the debtor's contacts in the field `contact`."""
    known = Contact.objects.filter(debtor_id=account.debtor_id, active=True)
    form.choose(
        "contact",
        [
            (str(one.pk), one.name or one.phone or one.email)
            for one in known.order_by("-is_main", "pk")
        ],
        nobody="personne en particulier",
    )


def step_done(step: int | None) -> dict[str, object]:
    """The event that strikes the row of a step in *Ma journée*."""
    return {"step-done": f"etape-{step}"} if step else {}
