"""*Calculettes*: the index, each calculator, its PDF. The address holds the whole question."""

import json
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from exigible.domain.roles import Capability
from exigible.operations.law import current_law
from exigible.web import answers, clock
from exigible.web.access import page, person
from exigible.web.calculators.base import SHAPE, Calculator
from exigible.web.calculators.court import CompetentCourt
from exigible.web.calculators.days import Days
from exigible.web.calculators.deadlines import ProcedureDeadlines
from exigible.web.calculators.instalments import Instalments
from exigible.web.calculators.interest import Interest
from exigible.web.calculators.limitation import LimitationPeriod
from exigible.web.calculators.roads import OpenRoads

SECTION = "calculators"
CALCULATORS: tuple[type[Calculator], ...] = (
    Interest,
    ProcedureDeadlines,
    LimitationPeriod,
    CompetentCourt,
    OpenRoads,
    Days,
    Instalments,
)


@page(Capability.CALCULATE, section=SECTION)
@require_GET
def calculators(request: HttpRequest) -> HttpResponse:
    """Every calculator, in a sentence each."""
    return render(request, "calculators/index.html", {"calculators": CALCULATORS})


@page(Capability.CALCULATE, section=SECTION)
@require_GET
def calculator(request: HttpRequest, calculator: str) -> HttpResponse:
    """A question and its answer; as one types, the answer alone (and what is wrong, field by field)."""
    found = _asked(request, calculator)
    address = reverse("calculator", args=[found.slug])
    query = urlencode(found.link)
    link = f"{address}?{query}" if query else address
    context = {
        "calculator": found,
        "calculators": CALCULATORS,
        "link": request.build_absolute_uri(link),
        "address": address,
        "pdf": f"{reverse('calculator_pdf', args=[found.slug])}?{query}",
        "today": found.today,
        "sees_law": person(request).may(Capability.SEE_LAW),
    }
    if not answers.is_fragment(request):
        return render(request, "calculators/page.html", context)
    if redrawn := request.GET.get(SHAPE) != found.shape:  # fields came or went: the form too
        response = render(request, "calculators/_calculator.html", context)
        response["HX-Retarget"] = response["HX-Reselect"] = "#calculator"
    else:
        response = render(request, "calculators/_working.html", context)
    response["HX-Replace-Url"] = link
    events: dict[str, object] = {"announce": _spoken(found)}
    if not redrawn:
        events["field-errors"] = found.errors
    response["HX-Trigger-After-Settle"] = json.dumps(events)
    return response


@page(Capability.CALCULATE, section=SECTION)
@require_GET
def calculator_pdf(request: HttpRequest, calculator: str) -> HttpResponse:
    """The working as a PDF; an unanswered question goes back to its page, which says why."""
    found = _asked(request, calculator)
    if found.outcome.working is None:
        address = reverse("calculator", args=[found.slug])
        return redirect(f"{address}?{request.GET.urlencode()}" if request.GET else address)
    response = HttpResponse(found.pdf(at=clock.now()), content_type="application/pdf")
    name = f"{found.slug}-{found.today:%Y-%m-%d}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _asked(request: HttpRequest, slug: str) -> Calculator:
    kind = next((one for one in CALCULATORS if one.slug == slug), None)
    if kind is None:
        raise Http404
    return kind(request.GET.dict(), today=clock.today(), law=current_law())


def _spoken(found: Calculator) -> str:
    """What the live region says: the answer, or what stops it."""
    outcome = found.outcome
    if outcome.working is not None:
        return f"{outcome.working.answer.label} : {outcome.working.answer.value}"
    if outcome.stop is not None:
        return outcome.stop.message
    return ""
