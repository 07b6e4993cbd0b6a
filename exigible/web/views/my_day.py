"""*Ma journée*: the ranked list, the step chosen at its right, the walk through it."""

import base64
import binascii
import json
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.text_keys import name_key
from exigible.operations import daily_run
from exigible.operations.acts import By
from exigible.store.models import Account, Channel, Contact, DailyRun, Proposal
from exigible.store.queries import timeline as events_query
from exigible.store.queries import worklist
from exigible.store.queries.people import colleagues
from exigible.web import answers, clock, shared_filters, wording
from exigible.web import timeline as timeline_words
from exigible.web.access import page, person, personal
from exigible.web.filters import AmountFilter, ChoiceFilter, Filter, FilterBar, TextFilter
from exigible.web.sections import sections_of
from exigible.web.typed import row_number

TAB_LABELS = {
    "tout": "Tout",
    "appeler": "À appeler",
    "valider": "À valider",
    "taches": "Tâches",
    "promesses": "Promesses rompues",
}
# A bar of a line is full at six months late: beyond, the figure speaks.
MOST_DAYS = 180


@personal(section="my_day")
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Open *Ma journée*, or the first section the role may open, or the profile."""
    user = person(request)
    if user.may(Capability.SEE_WORKLIST):
        return my_day(request)
    sections = sections_of(user)
    return HttpResponseRedirect(reverse(sections[0].url_name if sections else "profile"))


@page(Capability.SEE_WORKLIST, section="my_day")
@require_GET
def my_day(request: HttpRequest) -> HttpResponse:
    """The page; with `suite`, the rows that follow; with `etape`, that step at the right."""
    user, today = person(request), clock.today()
    bar = filter_bar(request)
    narrowing = _narrowing(request, bar)
    after = _position(request.GET.get("suite", ""))
    steps, following = worklist.page(user, narrowing, on=today, after=after)
    context: dict[str, Any] = {
        "today": today,
        "steps": steps,
        "next_cursor": _cursor(following) if following else "",
        "tab": narrowing.tab,
        "most_days": MOST_DAYS,
    }
    if after is not None:
        return render(request, "my_day/_more.html", context)
    overview = worklist.overview(user, narrowing, on=today)
    limits = worklist.limits(user, narrowing, on=today)
    tasks = worklist.tasks(user, narrowing, on=today)
    first = next(iter([*limits, *steps]), None)
    chosen = _chosen(request, user) or first
    context |= {
        "bar": bar,
        "tabs": [(key, label, overview.tabs[key]) for key, label in TAB_LABELS.items()],
        "overview": overview,
        "limits": limits,
        "tasks": tasks,
        "chosen": chosen,
        "last_run": _last_run(today),
        "may_run": user.may(Capability.RUN_DAY),
        "works_alone": worklist.works_alone(user),
        "mine": narrowing.mine,
        "hours": _hours(overview.minutes),
        "may_approve": user.may(Capability.APPROVE_MESSAGES),
        "may_assign": user.may(Capability.ASSIGN_ACCOUNTS),
        "may_work": user.may(Capability.WORK_ACCOUNTS),
        "may_export": user.may(Capability.EXPORT),
    }
    if chosen is not None:
        context |= step_context(request, chosen, today)
    return render(request, "my_day/page.html", context)


@page(Capability.SEE_WORKLIST, section="my_day")
@require_GET
def step(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """The right-hand side: one step, its account, its reasons, what can be done."""
    chosen = worklist.step_for(person(request), proposal_id)
    if chosen is None:
        raise Http404
    if not answers.is_fragment(request):
        return HttpResponseRedirect(f"{reverse('my_day')}?etape={proposal_id}")
    today = clock.today()
    return render(request, "my_day/_brief.html", step_context(request, chosen, today))


@page(Capability.RUN_DAY, section="my_day")
@require_POST
def run_day(request: HttpRequest) -> HttpResponse:
    """Start today's run; the page follows it until it ends."""
    user = person(request)
    try:
        daily_run.start_run(clock.today(), today=clock.today(), by=By.user(user), at=clock.now())
    except Refused as refused:
        return answers.refused(request, refused, back=reverse("my_day"))
    return run_progress(request)


@page(Capability.SEE_WORKLIST, section="my_day")
def run_progress(request: HttpRequest) -> HttpResponse:
    """How far the latest run is; the fragment asks again every second until it is over."""
    if not answers.is_fragment(request):
        return HttpResponseRedirect(reverse("my_day"))
    run = DailyRun.objects.order_by("-id").first()
    done = run.shards.filter(done_at__isnull=False).count() if run else 0
    return render(request, "my_day/_run.html", {"run": run, "done": done})


def step_context(request: HttpRequest, chosen: Proposal, today: date) -> dict[str, Any]:
    """What the right-hand side shows of a step: five queries, whatever the account's size."""
    user = person(request)
    account = chosen.account
    contact = main_contact(account)
    recent, _ = events_query.events(account.pk, until=today, which="tout", limit=6)
    return {
        "today": today,
        "step": chosen,
        "account": account,
        "contact": contact,
        "heading": wording.proposed(chosen, contact.name if contact else ""),
        "why": wording.reasons(chosen),
        "recent": timeline_words.lines(recent),
        "is_call": chosen.channel == Channel.CALL,
        "is_written": chosen.channel in worklist.WRITTEN,
        "may_work": user.may(Capability.WORK_ACCOUNTS),
        "may_approve": user.may(Capability.APPROVE_MESSAGES),
    }


def main_contact(account: Account) -> Contact | None:
    """Return whom to call: the main contact, else the first who has a number."""
    contacts = Contact.objects.filter(debtor_id=account.debtor_id, active=True)
    return (
        contacts.order_by("-is_main", "pk").exclude(phone="").first()
        or contacts.order_by("-is_main", "pk").first()
    )


def filter_bar(request: HttpRequest) -> FilterBar:
    """The filters of *Ma journée*, read from the address."""
    user = person(request)
    filters: list[Filter] = [
        TextFilter("nom", "Nom", "Nom contenant"),
        ChoiceFilter(
            "canal",
            "Étape",
            "Étape",
            options=[(c.value, str(c.label)) for c in Channel],
            every="toutes",
        ),
        AmountFilter("plus_de", "Montant", "Échu d’au moins"),
    ]
    filters[:0] = shared_filters.of_creditor(user)
    if not worklist.works_alone(user):
        filters.append(ChoiceFilter("charge", "Suivi par", "Suivi par", options=colleagues(user)))
    return FilterBar(filters, request.GET, anchor="journee")


def _narrowing(request: HttpRequest, bar: FilterBar) -> worklist.Narrowing:
    user = person(request)
    tab = request.GET.get("vue", "tout")
    if tab not in worklist.TABS:
        raise Http404
    values = bar.values
    return worklist.Narrowing(
        tab=tab,
        mine=worklist.works_alone(user) and request.GET.get("suivi") != "tous",
        creditor_id=_id(values.get("creancier")),
        collector_id=_id(values.get("charge")),
        channel=values.get("canal"),
        least_cents=values.get("plus_de"),
        name_key=name_key(values.get("nom") or ""),
    )


def _id(value: str | None) -> int | None:
    return int(value) if value else None


def _chosen(request: HttpRequest, user: Any) -> Proposal | None:
    wanted = row_number(request.GET.get("etape"))
    return worklist.step_for(user, wanted) if wanted is not None else None


def _cursor(position: worklist.Position) -> str:
    packed = json.dumps([position.rank, position.proposal_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode()


def _position(cursor: str) -> worklist.Position | None:
    if not cursor:
        return None
    try:
        rank, proposal_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error, TypeError):
        raise Http404 from None
    if not isinstance(rank, int) or not isinstance(proposal_id, int):
        raise Http404
    return worklist.Position(rank, proposal_id)


def _hours(minutes: int) -> str:
    """« environ 5 h 20 », rounded to ten minutes."""
    if minutes <= 0:
        return ""
    rounded = max(10, -(-minutes // 10) * 10)
    hours, rest = divmod(rounded, 60)
    if not hours:
        return f"environ {rest}{french.NO_BREAK}min"
    return f"environ {french.grouped(hours)}{french.NO_BREAK}h" + (
        f"{french.NO_BREAK}{rest:02d}" if rest else ""
    )


def _last_run(today: date) -> DailyRun | None:
    return DailyRun.objects.filter(on__lte=today).order_by("-on", "-id").first()
