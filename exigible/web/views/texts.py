"""*Modèles* and *Stratégies*, shown as they are: what is written to debtors, and when."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from exigible.channels.email.formatting import plain_text
from exigible.channels.templates import ANY_AUDIENCE, Template, template_for
from exigible.channels.templates import templates as shipped
from exigible.documents.letters import letter_pdf
from exigible.documents.preview import MEDIA_TYPE as PNG
from exigible.documents.preview import page_picture
from exigible.domain.correspondence import Nature
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.text_keys import name_key
from exigible.operations.documents import DamagedDocument
from exigible.operations.specimens import specimen
from exigible.store.models import Creditor, DebtorKind, StrategyStep
from exigible.store.queries import house
from exigible.store.queries.access import visible_creditors
from exigible.web import answers, clock
from exigible.web.access import page, person
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.typed import searched

CHANNELS = {"email": "e-mail", "letter": "lettre"}
NATURES = {
    Nature.NOTICE: "avis",
    Nature.DEMAND: "relance",
    Nature.FORMAL_NOTICE: "mise en demeure",
    Nature.CONFIRMATION: "confirmation",
}
AUDIENCES = {
    **{kind.value: str(kind.label) for kind in DebtorKind if kind is not DebtorKind.UNKNOWN},
    ANY_AUDIENCE: "tous",
}


@page(Capability.SEE_TEMPLATES, section="templates")
@require_GET
def templates(request: HttpRequest) -> HttpResponse:
    """Every text, and at the right a specimen of the one chosen (`modele`)."""
    bar = _filter_bar(request)
    search = searched(request.GET)
    rows = [one for one in shipped() if _kept(one, bar, search)]
    chosen = next((one for one in rows if slug(one) == request.GET.get("modele")), None)
    chosen = chosen or (rows[0] if rows else None)
    return render(
        request,
        "texts/templates.html",
        {
            "bar": bar,
            "search": search,
            "rows": [_row(one) for one in rows],
            **(_specimen(request, chosen) if chosen else {}),
        },
    )


@page(Capability.SEE_TEMPLATES, section="templates")
@require_GET
def template(request: HttpRequest, channel: str, key: str, audience: str) -> HttpResponse:
    """One text, as a specimen on a creditor's letterhead."""
    found = _template(channel, key, audience)
    context = _specimen(request, found)
    if answers.is_fragment(request):
        return render(request, "texts/_specimen.html", context)
    return render(request, "texts/template.html", context)


@page(Capability.SEE_TEMPLATES, section="templates")
@require_GET
def template_page(request: HttpRequest, channel: str, key: str, audience: str) -> HttpResponse:
    """The first page of a specimen letter."""
    found, creditor = _template(channel, key, audience), _creditor(request)
    if found.channel != "letter" or creditor is None:
        raise Http404
    try:
        letter = specimen(found, creditor, on=clock.today())
        picture = page_picture(letter_pdf(letter, at=clock.now()).data, 1)
    except (Refused, DamagedDocument):
        raise Http404 from None
    response = HttpResponse(picture, content_type=PNG)
    response["Cache-Control"] = "private, max-age=60"
    return response


@page(Capability.SEE_TEMPLATES, section="strategies")
@require_GET
def strategies(request: HttpRequest) -> HttpResponse:
    """The strategies in force: each step, its day, its channel, its text, its conditions."""
    return render(request, "texts/strategies.html", {"strategies": house.strategies_of()})


def slug(one: Template) -> str:
    """Name a text in an address: « letter/relance_2/professional »."""
    return f"{one.channel}/{one.key}/{one.audience}"


def text_of(step: StrategyStep, channel: str = "") -> str:
    """Return the slug of the text that a step sends by its channel, or by another; "" if none."""
    try:
        return slug(template_for(step.template, channel or step.channel, step.strategy.audience))
    except Refused:
        return ""


def _row(one: Template) -> dict[str, Any]:
    return {
        "template": one,
        "slug": slug(one),
        "id": slug(one).replace("/", "-"),
        "address": reverse("template", args=[one.channel, one.key, one.audience]),
        "channel": CHANNELS[one.channel],
        "audience": AUDIENCES[one.audience],
        "nature": NATURES[one.nature],
    }


def _specimen(request: HttpRequest, one: Template) -> dict[str, Any]:
    creditor = _creditor(request)
    context = {
        "row": _row(one),
        "creditor": creditor,
        "used_in": [
            step
            for step in StrategyStep.objects.filter(template=one.key, strategy__in_force=True)
            .select_related("strategy")
            .order_by("strategy__name", "position")
            if slug(one) in {text_of(step), text_of(step, step.fallback_channel)}
        ],
        "letter": None,
        "text": "",
        "refusal": None,
    }
    if creditor is None:
        return context
    try:
        letter = specimen(one, creditor, on=clock.today())
    except (Refused, DamagedDocument) as refused:
        return {**context, "refusal": refused}
    return {**context, "letter": letter, "text": plain_text(letter)}


def _creditor(request: HttpRequest) -> Creditor | None:
    """The creditor whose letterhead specimens bear: the one chosen, else the person's first."""
    user = person(request)
    return user.current_creditor or visible_creditors(user).first()


def _template(channel: str, key: str, audience: str) -> Template:
    for one in shipped():
        if (one.channel, one.key, one.audience) == (channel, key, audience):
            return one
    raise Http404


def _filter_bar(request: HttpRequest) -> FilterBar:
    return FilterBar(
        [
            ChoiceFilter("canal", "Canal", "Canal", options=list(CHANNELS.items())),
            ChoiceFilter(
                "pour", "Destinataire", "Pour", options=list(AUDIENCES.items()), every="tous"
            ),
            ChoiceFilter(
                "nature",
                "Nature",
                "Nature",
                options=[(nature.value, words) for nature, words in NATURES.items()],
                every="toutes",
            ),
        ],
        request.GET,
        anchor="modeles",
    )


def _kept(one: Template, bar: FilterBar, search: str) -> bool:
    wanted = bar.values
    return (
        wanted.get("canal", one.channel) == one.channel
        and wanted.get("pour", one.audience) in (one.audience, ANY_AUDIENCE)
        and wanted.get("nature", one.nature.value) == one.nature.value
        and name_key(search) in name_key(f"{one.name} {one.subject} {' '.join(one.paragraphs)}")
    )
