"""*Balance âgée*: one act on the accounts ticked, or on the whole view of today."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from exigible.domain import french
from exigible.domain.roles import Capability
from exigible.operations import chasing
from exigible.operations.acts import By
from exigible.store.queries import accounts as reads
from exigible.store.queries.access import visible_figures
from exigible.web import answers, clock, forms
from exigible.web.access import page, person, personal
from exigible.web.ageing_frame import (
    MOST_AT_ONCE,
    SCREEN,
    SORTS,
    answer_of,
    read,
    ticked_accounts,
    visible_accounts,
)
from exigible.web.ticked import Ticked
from exigible.web.views import accounts


@personal(section=SCREEN)
@require_POST
def in_bulk(request: HttpRequest, verb: str) -> HttpResponse:
    """Preview, then do, one act on the accounts ticked or on the whole view of today."""
    act, user = accounts.VERBS.get(verb), person(request)
    if act is None or not user.may(act.capability) or not user.may(Capability.SEE_AGEING):
        raise Http404
    ticks = ticked_accounts(request)
    ids, beyond = _chosen(request, ticks)
    if not ids:
        return _nothing_ticked(request)
    figures = reads.with_account(visible_figures(user).filter(account_id__in=ids))
    chosen = list(figures.order_by("-chased_cents", "account_id"))
    form = act.form(request.POST if request.POST.get("fait") else None, today=clock.today())
    accounts.offer(form, request)
    if form.is_valid():
        rows = [row.account for row in chosen]
        return accounts.carry_out(request, act, rows, form.cleaned_data, back=reverse(SCREEN))
    words = french.count(len(chosen), "compte")
    return answers.dialog(
        request,
        "ageing/bulk_dialog.html",
        title=act.title.format(words),
        action=reverse("ageing_in_bulk", args=[verb]),
        back=reverse(SCREEN),
        form=form,
        verb=f"{act.verb} {words}",
        overdue=sum(row.overdue_cents for row in chosen),
        ticked=ticks,
        count=len(chosen),
        beyond=beyond,
    )


@page(Capability.WORK_ACCOUNTS, section=SCREEN)
@require_POST
def chase(request: HttpRequest) -> HttpResponse:
    """Prepare the reminder proposed on each account ticked; it then waits in *Envois*."""
    user, today = person(request), clock.today()
    ticks = ticked_accounts(request)
    ids, beyond = _chosen(request, ticks)
    if not ids:
        return _nothing_ticked(request)
    plan = chasing.plan(ids, on=today)
    if request.POST.get("fait") and plan.fit:
        outcome = chasing.prepare(
            [step.account_id for step in plan.fit], on=today, by=By.user(user), at=clock.now()
        )
        return _chased(request, outcome, plan)
    words = french.count(len(plan.fit), "relance")
    return answers.dialog(
        request,
        "ageing/chase_dialog.html",
        title=f"Préparer {words}" if plan.fit else "Aucune relance à préparer",
        action=reverse("ageing_chase"),
        back=reverse(SCREEN),
        form=forms.ActForm(None, today=today),
        verb=f"Préparer {words}",
        plan=plan,
        cents=sum(step.amount_cents for step in plan.fit),
        ticked=ticks,
        beyond=beyond,
    )


def _chased(request: HttpRequest, outcome: chasing.Outcome, plan: chasing.Plan) -> HttpResponse:
    if outcome.queued:
        words = (
            f"{french.count(outcome.queued, 'relance')} en préparation{french.NO_BREAK}: elles "
            "arrivent dans Envois, à valider."
        )
        return answers.acted(request, words, back=reverse(SCREEN))
    words = (
        f"{french.count(outcome.prepared, 'relance préparée', 'relances préparées')}, à valider dans "
        "Envois."
    )
    return answers.acted_on_many(request, words, aside=outcome.aside, back=reverse(SCREEN))


def _nothing_ticked(request: HttpRequest) -> HttpResponse:
    return answers.dialog(
        request,
        "ageing/nothing_ticked.html",
        title="Aucun compte coché",
        action=reverse(SCREEN),
        back=reverse(SCREEN),
    )


def _chosen(request: HttpRequest, ticks: Ticked) -> tuple[list[int], int]:
    """Return the accounts ticked, or those of the whole view, and how many are left out."""
    if not ticks.whole:
        return visible_accounts(request, ticks.ids), 0
    shown = read(request, ticks.view)
    if shown.situation.past:
        raise Http404
    answer = answer_of(shown, SORTS["echu"], limit=MOST_AT_ONCE)
    return [row.account_id for row in answer.rows], answer.accounts - len(answer.rows)
