"""Decisions on the steps of *Ma journée*: validate, put off, set aside, done; one or many."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations import assigning, proposals
from exigible.operations.acts import By
from exigible.store.models import Proposal
from exigible.store.queries import worklist
from exigible.store.queries.people import colleagues
from exigible.web import answers, clock, forms
from exigible.web.access import page, person, personal
from exigible.web.acting import step_done
from exigible.web.exports import Sheet, spreadsheet
from exigible.web.typed import row_number, row_numbers
from exigible.web.wording import asked

MOST_AT_ONCE = 2000


@page(Capability.APPROVE_MESSAGES, section="my_day")
@require_POST
def approve(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Let the proposed message leave."""
    step = _open_step(request, proposal_id)
    return _at_once(
        request,
        step,
        "Envoi validé.",
        lambda by, at: proposals.approve(step.pk, by=by, at=at),
    )


@page(Capability.WORK_ACCOUNTS, section="my_day")
@require_POST
def finish(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Say that a task proposed was carried out."""
    step = _open_step(request, proposal_id)
    return _at_once(
        request, step, "Étape faite.", lambda by, at: proposals.mark_done(step.pk, by=by, at=at)
    )


@page(Capability.WORK_ACCOUNTS, section="my_day")
def postpone(request: HttpRequest, proposal_id: int) -> HttpResponse:
    step = _open_step(request, proposal_id)
    return _decide(
        request,
        step,
        forms.PostponeForm,
        lambda data, by, at: proposals.postpone(
            step.pk, until=data["until"], on=clock.today(), note=data["note"], by=by, at=at
        ),
        title=f"Reporter : {step.account.debtor.name}",
        verb="Reporter",
        words=lambda data: f"Étape reportée au {french.day(data['until'])}.",
    )


@page(Capability.WORK_ACCOUNTS, section="my_day")
def dismiss(request: HttpRequest, proposal_id: int) -> HttpResponse:
    step = _open_step(request, proposal_id)
    return _decide(
        request,
        step,
        forms.DismissForm,
        lambda data, by, at: proposals.dismiss(step.pk, note=data["note"], by=by, at=at),
        title=f"Écarter : {step.label}",
        verb="Écarter l’étape",
        words=lambda data: "Étape écartée ; la suivante sera proposée à son jour.",
    )


@dataclass(frozen=True, slots=True)
class Verb:
    """An act on many steps: its title, its button, its form, what it does to each."""

    capability: Capability
    title: str
    verb: str
    form: type[forms.ActForm]
    apply: Callable[[Proposal, dict[str, Any], By, Any], object]
    done: tuple[str, str]  # « étape reportée », « étapes reportées »
    irreversible: str = ""


VERBS: dict[str, Verb] = {
    "valider": Verb(
        Capability.APPROVE_MESSAGES,
        "Valider {} ?",
        "Valider",
        forms.ActForm,
        lambda step, data, by, at: proposals.approve(step.pk, by=by, at=at),
        ("envoi validé", "envois validés"),
        "Chaque message est recomposé et vérifié au moment de partir ; parti, il ne se rappelle pas.",
    ),
    "reporter": Verb(
        Capability.WORK_ACCOUNTS,
        "Reporter {}",
        "Reporter",
        forms.PostponeForm,
        lambda step, data, by, at: proposals.postpone(
            step.pk, until=data["until"], on=clock.today(), note=data["note"], by=by, at=at
        ),
        ("étape reportée", "étapes reportées"),
    ),
    "confier": Verb(
        Capability.ASSIGN_ACCOUNTS,
        "Confier {}",
        "Confier",
        forms.AssignForm,
        lambda step, data, by, at: assigning.assign_collector(
            step.account_id, row_number(data["collector"]), by=by, at=at
        ),
        ("compte confié", "comptes confiés"),
    ),
}


@personal(section="my_day")
@require_POST
def in_bulk(request: HttpRequest, verb: str) -> HttpResponse:
    """Preview, then do, one act on the steps ticked: n done, m set aside each with its reason."""
    act = VERBS.get(verb)
    user, today = person(request), clock.today()
    if act is None or not user.may(act.capability) or not user.may(Capability.SEE_WORKLIST):
        raise Http404
    ids = row_numbers(request.POST.getlist("etape"))
    steps = worklist.steps_for(user, ids[:MOST_AT_ONCE])
    fit, aside = _sorted_out(verb, steps)
    confirmed = bool(request.POST.get("fait"))
    form = act.form(request.POST if confirmed else None, today=today)
    if isinstance(form, forms.AssignForm):
        form.choose("collector", colleagues(user), nobody="personne")
    if confirmed and form.is_valid():
        return _carry_out(request, act, fit, aside, form.cleaned_data)
    words = french.count(len(fit), "étape")
    return answers.dialog(
        request,
        "my_day/bulk_dialog.html",
        title=act.title.format(words),
        action=reverse("steps_in_bulk", args=[verb]),
        back=reverse("my_day"),
        form=form,
        verb=f"{act.verb} {words}",
        irreversible=act.irreversible,
        ids=[step.pk for step in steps],
        fit=fit,
        total=sum(step.amount_cents for step in fit),
        aside=aside,
    )


def _sorted_out(
    verb: str, steps: list[Proposal]
) -> tuple[list[Proposal], list[tuple[Proposal, str]]]:
    """Part the steps an act concerns from those it does not, with the reason."""
    fit: list[Proposal] = []
    aside: list[tuple[Proposal, str]] = []
    for step in steps:
        if step.status != "open":
            aside.append((step, f"déjà {step.get_status_display()}"))
        elif verb == "valider" and step.channel not in worklist.WRITTEN:
            aside.append((step, "n’est pas un envoi"))
        elif verb == "valider" and step.held_reason:
            aside.append((step, f"retenu : {step.held_reason}"))
        else:
            fit.append(step)
    return fit, aside


def _carry_out(
    request: HttpRequest,
    act: Verb,
    fit: list[Proposal],
    aside: list[tuple[Proposal, str]],
    data: dict[str, Any],
) -> HttpResponse:
    by, at = By.user(person(request)), clock.now()
    done: list[str] = []
    for step in fit:
        try:
            act.apply(step, data, by, at)
        except Refused as refusal:
            aside.append((step, refusal.message))
        else:
            done.append(f"etape-{step.pk}")
    words = french.count(len(done), *act.done)
    if aside:
        first, reason = aside[0]
        words += f", {french.grouped(len(aside))} de côté ({first.account.debtor.name} : {reason})"
    return answers.acted(request, f"{words}.", back=reverse("my_day"), events={"step-done": done})


@page(Capability.EXPORT, section="my_day")
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Give the ticked steps as a spreadsheet."""
    ids = row_numbers(request.POST.getlist("etape"))
    steps = worklist.steps_for(person(request), ids[:MOST_AT_ONCE])
    sheet = Sheet(
        "Ma journée",
        ["Compte", "Débiteur", "Étape", "Échu hors litige", "Suivi par"],
        (
            [
                step.account.number,
                step.account.debtor.name,
                asked(step),
                step.account.figures.chased_cents,
                step.account.collector.name if step.account.collector else "",
            ]
            for step in steps
        ),
        money=frozenset({3}),
    )
    return spreadsheet(sheet, f"ma-journee-{clock.today():%Y-%m-%d}.xlsx")


def _open_step(request: HttpRequest, proposal_id: int) -> Proposal:
    step = worklist.step_for(person(request), proposal_id)
    if step is None:
        raise Http404
    return step


def _back(step: Proposal) -> str:
    return f"{reverse('my_day')}?etape={step.pk}"


def _at_once(
    request: HttpRequest, step: Proposal, words: str, operate: Callable[[By, Any], object]
) -> HttpResponse:
    try:
        operate(By.user(person(request)), clock.now())
    except Refused as refusal:
        return answers.refused(request, refusal, back=_back(step))
    return answers.acted(request, words, back=_back(step), events=step_done(step.pk))


def _decide(
    request: HttpRequest,
    step: Proposal,
    kind: type[forms.ActForm],
    operate: Callable[[dict[str, Any], By, Any], object],
    *,
    title: str,
    verb: str,
    words: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    form = kind(request.POST if request.method == "POST" else None, today=clock.today())
    refused = None
    if form.is_valid():
        try:
            operate(form.cleaned_data, By.user(person(request)), clock.now())
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(
                request,
                words(form.cleaned_data),
                back=_back(step),
                events=step_done(step.pk),
            )
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=title,
        action=request.get_full_path(),
        back=_back(step),
        form=form,
        refused=refused,
        verb=verb,
    )
