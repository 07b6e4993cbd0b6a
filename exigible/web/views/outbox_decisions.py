"""Decisions on messages, one or many: let leave, hold, give up, say whether one in doubt left."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations import messages, outbox
from exigible.operations.acts import By
from exigible.store.models import Channel, Message, MessageStatus
from exigible.store.queries import outbox as reads
from exigible.web import answers, clock, forms
from exigible.web.access import page, person
from exigible.web.outbox_frame import (
    SCREEN,
    as_it_would_leave,
    chosen,
    message_or_404,
    tab_address,
    ticked_messages,
)

NAMED = 12  # messages named one by one in the dialog of a sending


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
def approve(request: HttpRequest, message_id: int) -> HttpResponse:
    """Let a message leave, after a dialog that says to whom, for how much, and that it is final."""
    message = message_or_404(request, message_id)
    today = clock.today()
    refused: Refused | None = None
    document = None
    form = forms.ActForm(
        request.POST if request.method == "POST" else None,
        today=today,
        initial={"version": message.account.version},
    )
    if form.is_valid():
        try:
            message = messages.approve_message(
                message.pk,
                by=By.user(person(request)),
                at=clock.now(),
                on=today,
                expected_version=form.cleaned_data["version"],
            )
        except Refused as refusal:
            refused = refusal
        else:
            return _decided(request, f"Envoi validé : {message.subject}.", message)
    else:
        document = as_it_would_leave(message, today)
        refused = document.refusal
    return answers.dialog(
        request,
        "outbox/approve_dialog.html",
        title=f"Valider l’envoi à {message.account.debtor.name} ?",
        action=reverse("approve_message", args=[message.pk]),
        back=_back(message),
        form=form,
        refused=refused,
        message=message,
        document=document,
        may_leave=refused is None,
        no_server=settings.SMTP is None,
        verb="Valider l’envoi",
    )


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
def hold(request: HttpRequest, message_id: int) -> HttpResponse:
    """Keep a message from leaving, for a reason."""
    return _decide(request, message_id, "retenir")


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
def cancel(request: HttpRequest, message_id: int) -> HttpResponse:
    """Give a message up."""
    return _decide(request, message_id, "annuler")


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
def resolve(request: HttpRequest, message_id: int) -> HttpResponse:
    """Say whether a message in doubt left: a person looked at the provider's."""
    message = message_or_404(request, message_id)
    form = forms.ResolveForm(
        request.POST if request.method == "POST" else None,
        today=clock.today(),
        initial={"version": message.account.version},
    )
    refused = None
    if form.is_valid():
        try:
            message = messages.resolve_uncertain(
                message.pk,
                outcome=form.cleaned_data["outcome"],
                note=form.cleaned_data["note"],
                by=By.user(person(request)),
                at=clock.now(),
                expected_version=form.cleaned_data["version"],
            )
        except Refused as refusal:
            refused = refusal
        else:
            words = (
                "Message noté parti."
                if message.status == MessageStatus.SENT
                else "Message noté non parti : son étape revient dans Ma journée."
            )
            return _decided(request, words, message)
    return answers.dialog(
        request,
        "outbox/resolve_dialog.html",
        title=f"Le message à {message.account.debtor.name} est-il parti ?",
        action=reverse("resolve_message", args=[message.pk]),
        back=_back(message),
        form=form,
        refused=refused,
        message=message,
        verb="Enregistrer",
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that asks a reason: its words, in one act or many."""

    title: str
    title_of_many: str
    verb: str
    done: str
    done_of_many: str
    reason: str
    reason_required: bool = False


DECISIONS = {
    "retenir": Decision(
        "Retenir le message à {}",
        "Retenir {}",
        "Retenir",
        "Message retenu.",
        "retenus",
        "Pourquoi le retenir",
        reason_required=True,
    ),
    "annuler": Decision(
        "Annuler le message à {}",
        "Annuler {}",
        "Annuler l’envoi",
        "Message annulé : son étape revient dans Ma journée.",
        "annulés",
        "Pourquoi l’annuler",
    ),
}


def _decide(request: HttpRequest, message_id: int, which: str) -> HttpResponse:
    message, decision = message_or_404(request, message_id), DECISIONS[which]
    form = _reason_form(request, decision, posted=request.method == "POST")
    form.initial["version"] = message.account.version
    refused = None
    if form.is_valid():
        signed = {
            "by": By.user(person(request)),
            "at": clock.now(),
            "expected_version": form.cleaned_data["version"],
        }
        operate = messages.hold_message if which == "retenir" else messages.cancel_message
        try:
            operate(message.pk, reason=form.cleaned_data["reason"], **signed)
        except Refused as refusal:
            refused = refusal
        else:
            return _decided(request, decision.done, message)
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=decision.title.format(message.account.debtor.name),
        action=request.path,
        back=_back(message),
        form=form,
        refused=refused,
        verb=decision.verb,
    )


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
@require_POST
def approve_many(request: HttpRequest) -> HttpResponse:
    """Let the messages ticked leave, after a dialog: who gets what, the sum, what is set aside, why."""
    user, today = person(request), clock.today()
    ticks = ticked_messages(request)
    ids, beyond = chosen(request, ticks)
    found = list(
        reads.messages_for(user, ids)
        .select_related("account__debtor", "account__creditor", "proposal__step")
        .defer("body")
    )
    plan = outbox.approval_plan(found, on=today)
    if request.POST.get("fait") and plan.fit:
        outcome = outbox.approve_many(
            [message.pk for message in plan.fit], on=today, by=By.user(user), at=clock.now()
        )
        outcome.aside = plan.aside + outcome.aside
        if outcome.queued:
            words = (
                f"{french.count(outcome.queued, 'envoi')} en cours de validation{french.NO_BREAK}: "
                "chacun est relu, ce qui s’y oppose le retient."
            )
            return answers.acted(request, words, back=tab_address("a-valider"))
        sum_ = french.euros(sum(message.total_cents for message in outcome.done))
        words = f"{french.count(len(outcome.done), 'envoi validé', 'envois validés')}, {sum_}."
        return _decided_many(request, words, outcome.aside)
    words = french.count(len(plan.fit), "message")
    return answers.dialog(
        request,
        "outbox/approve_many_dialog.html",
        title=f"Valider l’envoi de {words} ?" if plan.fit else "Aucun message ne peut partir",
        action=reverse("approve_messages"),
        back=tab_address("a-valider"),
        form=forms.ActForm(None, today=today),
        plan=plan,
        named=plan.fit[:NAMED],
        more=len(plan.fit) - NAMED,
        emails=plan.count(Channel.EMAIL),
        letters=plan.count(Channel.LETTER),
        registered=plan.count(Channel.LRAR),
        read_over=len(found) <= outbox.AT_ONCE,
        no_server=settings.SMTP is None,
        verb=f"Valider {words}",
        ticked=ticks,
        beyond=beyond,
    )


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
@require_POST
def decide_many(request: HttpRequest, verb: str) -> HttpResponse:
    """Hold or cancel the messages ticked, for one reason."""
    decision, user = DECISIONS.get(verb), person(request)
    if decision is None:
        raise Http404
    ticks = ticked_messages(request)
    ids, beyond = chosen(request, ticks)
    found = list(reads.messages_for(user, ids).values_list("pk", "total_cents"))
    form = _reason_form(request, decision, posted=bool(request.POST.get("fait")))
    if form.is_valid() and found:
        operate = outbox.hold_many if verb == "retenir" else outbox.cancel_many
        outcome = operate(
            [pk for pk, _ in found],
            reason=form.cleaned_data["reason"],
            by=By.user(user),
            at=clock.now(),
        )
        words = f"{french.count(len(outcome.done), 'message')} {decision.done_of_many}."
        return _decided_many(request, words, outcome.aside)
    words = french.count(len(found), "message")
    return answers.dialog(
        request,
        "outbox/decide_many_dialog.html",
        title=decision.title_of_many.format(words),
        action=reverse("decide_messages", args=[verb]),
        back=tab_address("a-valider"),
        form=form,
        verb=f"{decision.verb}, {words}",
        count=len(found),
        cents=sum(cents for _, cents in found),
        ticked=ticks,
        beyond=beyond,
    )


def _decided(request: HttpRequest, words: str, message: Message) -> HttpResponse:
    return answers.acted(request, words, back=_back(message))


def _decided_many(
    request: HttpRequest, words: str, aside: Sequence[tuple[Message, str]]
) -> HttpResponse:
    by_account = [(message.account, why) for message, why in aside]
    return answers.acted_on_many(request, words, aside=by_account, back=tab_address("a-valider"))


def _reason_form(request: HttpRequest, decision: Decision, *, posted: bool) -> forms.ReasonForm:
    form = forms.ReasonForm(request.POST if posted else None, today=clock.today())
    form.fields["reason"].label = decision.reason
    form.fields["reason"].required = decision.reason_required
    return form


def _back(message: Message) -> str:
    tab = next((key for key, held in reads.TABS.items() if message.status in held), "a-valider")
    return f"{tab_address(tab)}&message={message.pk}"
