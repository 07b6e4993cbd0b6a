"""*À compléter*: one act on the lines ticked or on the whole view."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from exigible.channels.registers import registers_of
from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.jobs import look_up_many
from exigible.operations import completing
from exigible.operations.acts import By
from exigible.operations.registers import no_register
from exigible.store.queries import accounts as account_reads
from exigible.store.queries import incomplete as reads
from exigible.web import answers, clock, forms
from exigible.web.access import page, person
from exigible.web.incomplete_frame import (
    OF_CLAIMS,
    SCREEN,
    TABS,
    filter_bar,
    found_in,
    signed,
    visible_claims,
)
from exigible.web.ticked import ticked

MOST_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Verb:
    """An act on many lines: what it asks, what it does, what it says."""

    of_claims: bool
    title: str
    verb: str
    intro: str
    form: type[forms.ActForm]
    apply: Callable[[list[int], dict[str, Any], date, By, datetime], int]
    done: tuple[str, str]


def queue_look_ups(account_ids: list[int], by: By) -> int:
    """Queue the look-ups of many accounts; refuse where no register is open."""
    if not registers_of(settings.ENVIRONMENT):
        raise no_register()
    look_up_many.defer(account_ids=account_ids, actor=by.actor)
    return len(account_ids)


VERBS: dict[str, Verb] = {
    "qualite": Verb(
        False,
        "Fixer la qualité de {}",
        "Fixer la qualité de",
        "Elle décide des intérêts, de l’indemnité de 40 €, des étapes automatiques et du ton des "
        "lettres. Fixez-la pour des débiteurs que vous savez de même qualité.",
        forms.KindForm,
        lambda ids, data, on, by, at: completing.set_kind_of_many(
            ids, data["kind"], on=on, by=by, at=at
        ),
        ("compte complété", "comptes complétés"),
    ),
    "conditions": Verb(
        False,
        "Fixer les conditions de {}",
        "Fixer les conditions de",
        "Les échéances que personne n’a dites sont calculées de nouveau ; elles restent déduites, "
        "à confirmer.",
        forms.TermsOfManyForm,
        lambda ids, data, on, by, at: completing.set_terms_of_many(
            ids, term_days=data["term_days"], term_method=data["term_method"], on=on, by=by, at=at
        ),
        ("compte aux nouvelles conditions", "comptes aux nouvelles conditions"),
    ),
    "registre": Verb(
        False,
        "Interroger le registre sur {}",
        "Interroger le registre sur",
        "Chaque SIREN est demandé aux registres des réglages, en arrière-plan, s’il ne l’a pas été depuis "
        "trente jours. Rien n’est changé : ce qui diffère se reprend sur la page de chaque compte.",
        forms.ActForm,
        lambda ids, data, on, by, at: queue_look_ups(ids, by),
        ("compte à interroger", "comptes à interroger"),
    ),
    "confirmer": Verb(
        True,
        "Confirmer l’échéance de {}",
        "Confirmer l’échéance de",
        "Chaque échéance déduite des conditions de paiement devient certaine, telle qu’elle est "
        "affichée : ces créances pourront entrer dans une mise en demeure.",
        forms.ActForm,
        lambda ids, data, on, by, at: completing.confirm_due_dates(ids, on=on, by=by, at=at),
        ("échéance confirmée", "échéances confirmées"),
    ),
    "echeance": Verb(
        True,
        "Fixer l’échéance de {}",
        "Fixer l’échéance de",
        "La même pour toutes. Une créance datée d’après ce jour garde la sienne.",
        forms.DueDateForm,
        lambda ids, data, on, by, at: completing.state_due_date(
            ids, data["due_on"], on=on, by=by, at=at
        ),
        ("échéance fixée", "échéances fixées"),
    ),
}


@page(Capability.COMPLETE_DATA, section=SCREEN)
@require_POST
def in_bulk(request: HttpRequest, verb: str) -> HttpResponse:
    """Preview, then do, one act on the lines ticked or on the whole view."""
    act = VERBS.get(verb)
    if act is None:
        raise Http404
    ticks = ticked(request, "ligne")
    query = ticks.view
    tab = query.get("manque", "")
    found: QuerySet[Any]
    if ticks.whole and (tab in OF_CLAIMS) == act.of_claims and tab in TABS:
        found = found_in(request, query, filter_bar(request, tab, query))
    else:
        found = (
            visible_claims(request).filter(pk__in=ticks.ids)
            if act.of_claims
            else account_reads.rows(
                person(request), account_reads.Wanted(), on=clock.today()
            ).filter(account_id__in=ticks.ids)
        )
    total = reads.total(found)
    chosen = list(
        found.order_by("-balance_cents", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE]
    )
    confirmed = bool(request.POST.get("fait"))
    form = act.form(request.POST if confirmed else None, today=clock.today())
    back = f"{reverse(SCREEN)}?{query.urlencode()}"
    words = french.count(len(chosen), "créance" if act.of_claims else "compte")
    refused: Refused | None = None
    if confirmed and form.is_valid():
        act_of = signed(request)
        try:
            done = act.apply(chosen, form.cleaned_data, act_of["on"], act_of["by"], act_of["at"])
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(request, f"{french.count(done, *act.done)}.", back=back)
    return answers.dialog(
        request,
        "incomplete/bulk_dialog.html",
        title=act.title.format(words),
        action=reverse("complete_in_bulk", args=[verb]),
        back=back,
        form=form,
        refused=refused,
        verb=f"{act.verb} {words}",
        intro=act.intro,
        ticked=ticks,
        total=total,
        words=words,
        beyond=total.rows - len(chosen),
        most=MOST_AT_ONCE,
    )
