"""What a person does with bank lines: settle, leave unallocated, suspend, set aside, put back, undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations import queueing
from exigible.operations.acts import By
from exigible.operations.matching import deciding, learning
from exigible.operations.matching.deciding import Outcome
from exigible.store.models import BankLine
from exigible.store.queries import receipts as reads
from exigible.store.queries.access import visible_creditors
from exigible.web import answers, clock, forms
from exigible.web.access import page, person
from exigible.web.answers import Undo
from exigible.web.receipt_sheet import typed_of
from exigible.web.receipts_frame import (
    SCREEN,
    chosen,
    line_or_404,
    tab_address,
    tab_of_line,
    ticked_lines,
)

NAMED = 12


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def settle(request: HttpRequest, line_id: int) -> HttpResponse:
    """Settle a line as the form says: the proposal as it is, or as it was changed."""
    return _settle(request, line_id, unallocated=False)


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def leave(request: HttpRequest, line_id: int) -> HttpResponse:
    """Record the money on the account shown, and leave all of it unallocated."""
    return _settle(request, line_id, unallocated=True)


def _settle(request: HttpRequest, line_id: int, *, unallocated: bool) -> HttpResponse:
    line = line_or_404(request, line_id)
    user = person(request)
    match = getattr(line, "match", None)
    try:
        typed = typed_of(user, line, request.POST, unallocated=unallocated)
        line = deciding.settle(
            line_id,
            typed.parts,
            reverses=typed.reverses,
            fees_cents=typed.fees_cents,
            confidence=match.confidence if match else 0,
            reasons=_reasons(line, typed.parts, unallocated=unallocated),
            by=By.user(user),
            at=clock.now(),
        )
    except Refused as refusal:
        return answers.refused(request, refusal, back=_back(line))
    return answers.acted(
        request,
        _said(line, sum(part.unallocated_cents for part in typed.parts)),
        back=tab_address("a-rapprocher"),
        undo=Undo(reverse("undo_receipt", args=[line.pk])),
    )


def _reasons(line: BankLine, parts: list[deciding.Part], *, unallocated: bool) -> list[str]:
    """Keep the engine's reasons where its proposal was accepted as it was."""
    match = getattr(line, "match", None)
    if unallocated:
        return ["Laissée non affectée."]
    if match is not None and match.parts == deciding.parts_as_json(parts):
        return list(match.reasons)
    return ["Parts choisies à la main."]


def _said(line: BankLine, left: int) -> str:
    if line.amount_cents < 0:
        back = french.money(-line.amount_cents, line.currency)
        return f"Rejet de {back} : le règlement est contrepassé."
    words = f"{_sum(line)} affectés"
    return (
        f"{words}, dont {french.money(left, line.currency)} au crédit du compte."
        if left
        else f"{words}."
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def undo(request: HttpRequest, line_id: int) -> HttpResponse:
    """Undo what a line paid, in one act: it waits again."""
    line = line_or_404(request, line_id)
    return _at_once(
        request,
        line,
        lambda by: deciding.undo(line_id, by=by, at=clock.now()),
        f"Rapprochement de {_sum(line)} contrepassé : la ligne est à rapprocher.",
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def suspend(request: HttpRequest, line_id: int) -> HttpResponse:
    """Put a line in suspense: nobody knows whose money it is."""
    line = line_or_404(request, line_id)
    return _at_once(
        request,
        line,
        lambda by: _moved(deciding.suspend([line_id], by=by, at=clock.now())),
        f"{_sum(line)} portés en compte d’attente.",
        undo_by="put_back_receipt",
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def put_back(request: HttpRequest, line_id: int) -> HttpResponse:
    """Let a line set aside, or in suspense, wait again."""
    line = line_or_404(request, line_id)
    return _at_once(
        request,
        line,
        lambda by: _moved(deciding.put_back([line_id], by=by, at=clock.now())),
        "Ligne remise à rapprocher.",
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def name_agent(request: HttpRequest, line_id: int) -> HttpResponse:
    """Note that the payer of a line pays for others."""
    line = line_or_404(request, line_id)
    return _at_once(
        request,
        line,
        lambda by: learning.name_agent(line, by=by, at=clock.now()),
        "Payeur noté comme mandataire : ses virements demanderont leur relevé de reversement.",
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
def set_aside(request: HttpRequest, line_id: int) -> HttpResponse:
    """Set a line aside, with the reason: it is no customer's payment."""
    line = line_or_404(request, line_id)
    form = _aside_form(request, posted=request.method == "POST")
    refused = None
    if form.is_valid():
        try:
            _moved(
                deciding.set_aside(
                    [line_id],
                    reason=form.cleaned_data["reason"],
                    by=By.user(person(request)),
                    at=clock.now(),
                )
            )
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(
                request,
                "Ligne mise de côté.",
                back=tab_address("a-rapprocher"),
                undo=Undo(reverse("put_back_receipt", args=[line_id]), "Remettre"),
            )
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=f"Mettre de côté {_sum(line)}",
        action=request.path,
        back=_back(line),
        form=form,
        refused=refused,
        verb="Mettre de côté",
        intro="La ligne ne paie aucun client : elle sort de la file, et reste dans « Mises de côté ».",
    )


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def in_bulk(request: HttpRequest, verb: str) -> HttpResponse:
    """Do one thing to the lines ticked, after a dialog that counts them and names the sum."""
    if verb not in BULK:
        raise Http404
    title, button, done = BULK[verb]
    user = person(request)
    ticks = ticked_lines(request)
    ids, beyond = chosen(request, ticks)
    found = list(reads.lines_for(user, ids).select_related("match"))
    form = _aside_form(request, posted=bool(request.POST.get("fait")))
    form.fields["reason"].required = verb == "ecarter"
    if verb != "ecarter":
        del form.fields["reason"]
    fit = [line for line in found if _fits(verb, line)]
    if request.POST.get("fait") and form.is_valid() and fit:
        outcome = _do(verb, fit, form, By.user(user))
        words = (
            f"{french.count(len(outcome.done), 'ligne')} {done if len(outcome.done) > 1 else done.removesuffix('s')}, "
            f"{french.euros(outcome.cents)}."
        )
        if outcome.aside:
            left = BankLine.objects.in_bulk([pk for pk, _ in outcome.aside])
            return answers.dialog(
                request,
                "receipts/bulk_done.html",
                title=words,
                action="",
                back=tab_address("a-rapprocher"),
                left=[(left[pk], why) for pk, why in outcome.aside],
            )
        return answers.acted(request, words, back=tab_address("a-rapprocher"))
    return answers.dialog(
        request,
        "receipts/bulk_dialog.html",
        title=title.format(french.count(len(fit), "ligne")),
        action=reverse("receipts_in_bulk", args=[verb]),
        back=tab_address("a-rapprocher"),
        form=form,
        verb=f"{button}, {french.count(len(fit), 'ligne')}",
        named=fit[:NAMED],
        more=max(len(fit) - NAMED, 0),
        count=len(fit),
        out=len(found) - len(fit),
        cents=_euros_of(fit),
        accepts=verb == "affecter",
        ticked=ticks,
        beyond=beyond,
    )


BULK = {
    "affecter": ("Affecter {} comme proposé", "Affecter", "affectées"),
    "ecarter": ("Mettre de côté {}", "Mettre de côté", "mises de côté"),
    "attente": ("Porter {} en compte d’attente", "Porter en attente", "portées en attente"),
    "remettre": ("Remettre {} à rapprocher", "Remettre", "remises"),
    "contrepasser": ("Contrepasser {}", "Contrepasser", "contrepassées"),
}
_STATES = {
    "affecter": (BankLine.State.TO_MATCH, BankLine.State.SUSPENSE),
    "ecarter": (BankLine.State.TO_MATCH,),
    "attente": (BankLine.State.TO_MATCH,),
    "remettre": (BankLine.State.SET_ASIDE, BankLine.State.SUSPENSE),
    "contrepasser": (BankLine.State.MATCHED,),
}


def _fits(verb: str, line: BankLine) -> bool:
    if line.state not in _STATES[verb]:
        return False
    match = getattr(line, "match", None)
    if verb == "affecter":
        return match is not None and bool(match.parts or match.reverses)
    return verb != "attente" or (line.amount_cents > 0 and line.moves_money)


def _do(verb: str, lines: list[BankLine], form: forms.ReasonForm, by: By) -> Outcome:
    ids, at = [line.pk for line in lines], clock.now()
    if verb == "affecter":
        return deciding.accept_many(ids, by=by, at=at)
    outcome = Outcome()
    if verb == "ecarter":
        outcome.done = deciding.set_aside(ids, reason=form.cleaned_data["reason"], by=by, at=at)
    elif verb == "attente":
        outcome.done = deciding.suspend(ids, by=by, at=at)
    elif verb == "remettre":
        outcome.done = deciding.put_back(ids, by=by, at=at)
    else:
        for line in lines:
            try:
                deciding.undo(line.pk, by=by, at=at)
            except Refused as refusal:
                outcome.aside.append((line.pk, refusal.message))
            else:
                outcome.done.append(line.pk)
    done = set(outcome.done)
    outcome.cents = _euros_of(line for line in lines if line.pk in done)
    return outcome


@page(Capability.RECORD_PAYMENTS, section=SCREEN)
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Have the waiting lines matched now, of the creditor chosen or of all those one sees."""
    user = person(request)
    creditors = visible_creditors(user)
    if user.current_creditor_id:
        creditors = creditors.filter(pk=user.current_creditor_id)
    for creditor in creditors:
        queueing.queue_matching(creditor.pk, actor=By.user(user).actor)
    return answers.acted(
        request, "Rapprochement demandé : la page se met à jour.", back=tab_address("a-rapprocher")
    )


def _euros_of(lines: Iterable[BankLine]) -> int:
    """Return the sum of lines in euros: another currency is never added to it."""
    return sum(line.amount_cents for line in lines if line.currency == "EUR")


def _sum(line: BankLine) -> str:
    return french.money(line.amount_cents, line.currency)


def _moved(lines: list[int]) -> None:
    if not lines:
        raise Refused(
            "bank_line_state", "Cette ligne n’est plus où vous l’aviez vue : relisez la page."
        )


def _aside_form(request: HttpRequest, *, posted: bool) -> forms.ReasonForm:
    form = forms.ReasonForm(request.POST if posted else None, today=clock.today())
    form.fields["reason"].label = "Ce que c’est"
    form.fields["reason"].required = True
    return form


def _at_once(
    request: HttpRequest,
    line: BankLine,
    operate: Callable[[By], object],
    words: str,
    *,
    undo_by: str = "",
) -> HttpResponse:
    try:
        operate(By.user(person(request)))
    except Refused as refusal:
        return answers.refused(request, refusal, back=_back(line))
    back = Undo(reverse(undo_by, args=[line.pk]), "Remettre") if undo_by else None
    return answers.acted(request, words, back=_back(line), undo=back)


def _back(line: BankLine) -> str:
    return tab_address(tab_of_line(line), line.pk)
