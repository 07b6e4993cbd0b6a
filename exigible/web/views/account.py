"""*Compte*: all about one debtor for one creditor, on today or any other day."""

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exigible.domain import french
from exigible.domain.law.readings import Reading
from exigible.domain.law.words import value_words
from exigible.domain.refusals import OutsideKnownLaw, Refused, WrongInput
from exigible.domain.roles import Capability
from exigible.domain.statement import Line, Statement
from exigible.operations import statements
from exigible.operations.law import current_law
from exigible.store.models import Account, Contact, Message
from exigible.store.queries import account_page as reads
from exigible.store.queries import exhibits as exhibit_reads
from exigible.store.queries import timeline as events_query
from exigible.store.queries.account_day import AccountDay, account_day
from exigible.web import answers, charts, clock, wording
from exigible.web import timeline as timeline_words
from exigible.web.access import account_or_404, page, person
from exigible.web.typed import day_of, row_number
from exigible.web.views import exhibit_drops, exhibits_missing, identity
from exigible.web.views.my_day import main_contact

TABS = {
    "creances": "Créances",
    "chronologie": "Chronologie",
    "echanges": "Échanges",
    "litiges": "Litiges",
    "reglements": "Règlements",
    "pieces": "Pièces",
    "identite": "Identité et contacts",
    "journal": "Journal",
}
TIMELINE_FILTERS = {
    "tout": "Tout",
    "echanges": "Échanges",
    "argent": "Argent",
    "actes": "Actes",
}
EVENTS_BESIDE, EVENTS_A_PAGE = 12, 50
LACKING_SHOWN = 30
EARLIEST = date(2000, 1, 1)


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """The page, its tab (`onglet`) and its day (`au`)."""
    found, today = account_or_404(request, account_id), clock.today()
    on, wrong_day = situation_day(request, today)
    tab = request.GET.get("onglet", "creances")
    if tab not in TABS:
        raise Http404
    user = person(request)
    day = account_day(found.pk, on, current_law())
    step = reads.next_step(found.pk, on)
    contact = main_contact(found)
    counted = reads.counts(found.pk)
    live = on == today
    context: dict[str, Any] = {
        "account": found,
        "debtor": found.debtor,
        "day": day,
        "on": on,
        "today": today,
        "past": not live,
        "wrong_day": wrong_day,
        "tab": tab,
        "tab_label": TABS[tab],
        "tabs": _tabs(day, counted),
        "chips": wording.account_chips(found) if live else [],
        "step": step,
        "contact": contact,
        "heading": wording.proposed(step, contact.name if contact else "") if step else "",
        "why": wording.reasons(step) if step else [],
        "usual_delay": reads.usual_delay(found.pk, on),
        "exposure": day.balance_cents,
        "over_limit": bool(
            found.credit_limit_cents and day.balance_cents > found.credit_limit_cents
        ),
        "holds": reads.standing_holds(found.pk, on),
        "tasks": reads.open_tasks(found.pk) if live else [],
        "siblings": reads.siblings(found, user),
        "may": _rights(user, live=live),
        "term_words": _term_words(found),
        "register_warnings": identity.warnings(found) if live else [],
    }
    if live:
        context["reliability"], context["reliability_chip"] = identity.reliability_of(found)
    context |= _beside(found, on, today, request) | _TAB_CONTEXTS[tab](
        found, day, on, today, request
    )
    return render(request, "accounts/account.html", context)


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def timeline(request: HttpRequest, account_id: int) -> HttpResponse:
    """The timeline beside the account, filtered."""
    found, today = account_or_404(request, account_id), clock.today()
    on, _ = situation_day(request, today)
    return render(
        request,
        "accounts/_beside_timeline.html",
        {"account": found, "today": today, "on": on, **_beside(found, on, today, request)},
    )


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def why(request: HttpRequest, account_id: int, figure: str) -> HttpResponse:
    """Explain a figure: its segments, rates and articles, or the parameter that is missing."""
    if figure != "accessoires":
        raise Http404
    found, today = account_or_404(request, account_id), clock.today()
    on, _ = situation_day(request, today)
    claim_id = row_number(request.GET.get("creance"))
    claim_ids = None if claim_id is None else [claim_id]
    context: dict[str, Any] = {
        "account": found,
        "on": on,
        "claim_ids": claim_ids,
        "sees_law": person(request).may(Capability.SEE_LAW),
    }
    try:
        made, case = statements.account_statement(found.pk, on, claim_ids=claim_ids)
    except OutsideKnownLaw as unknown:
        context |= {"unknown": unknown}
    except Refused as refusal:
        context |= {"refusal": refusal}
    else:
        lines = [line for line in made.lines if line.component in {"interest", "fixed_indemnity"}]
        context |= {
            "statement": made,
            "lines": lines,
            "total": sum(line.amount_cents for line in lines),
            "sources": sources_of(lines),
            "unverified": [one for one in used_values(made) if not one[0].value.verified],
            "excluded": case.excluded,
            "rule": _rule(made),
        }
    if not answers.is_fragment(request):
        return render(request, "accounts/why_page.html", context)
    return render(request, "accounts/_why.html", context)


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def statement(request: HttpRequest, account_id: int) -> HttpResponse:
    """The *décompte* on the screen, at any day whose rates are known."""
    found, today = account_or_404(request, account_id), clock.today()
    on, wrong_day = situation_day(request, today)
    context: dict[str, Any] = {
        "account": found,
        "on": on,
        "today": today,
        "wrong_day": wrong_day,
        "legal_order": request.GET.get("ordre") == "legal",
        "sees_law": person(request).may(Capability.SEE_LAW),
    }
    try:
        made, case = statements.account_statement(found.pk, on, legal_order=context["legal_order"])
    except OutsideKnownLaw as unknown:
        context["unknown"] = unknown
    except Refused as refusal:
        context["refusal"] = refusal
    else:
        context |= {
            "statement": made,
            "by_claim": _by_claim(made),
            "sources": sources_of(made.lines),
            "used": used_values(made),
            "excluded": case.excluded,
            "rule": _rule(made),
        }
    return render(request, "accounts/statement.html", context)


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def message(request: HttpRequest, account_id: int, message_id: int) -> HttpResponse:
    """One message with its proof: what was sent, to whom, when, the answer, the hash."""
    found = account_or_404(request, account_id)
    sent = (
        Message.objects.filter(pk=message_id, account=found)
        .select_related("document", "batch")
        .prefetch_related("attachments", "claims")
        .first()
    )
    if sent is None:
        raise Http404
    names = events_query.names_of([sent.created_by, sent.approved_by])
    return render(
        request,
        "accounts/message.html",
        {
            "account": found,
            "message": sent,
            "created_by": names.get(sent.created_by) if sent.created_by else None,
            "approved_by": names.get(sent.approved_by) if sent.approved_by else None,
        },
    )


def situation_day(request: HttpRequest, today: date) -> tuple[date, str]:
    """Read « situation au » from the address: the day, and what was wrong with what was typed."""
    typed = request.GET.get("au", "").strip()
    if not typed:
        return today, ""
    try:
        day = day_of(typed, today=today)
    except WrongInput as wrong:
        return today, wrong.message
    if not EARLIEST <= day <= today + timedelta(days=366):
        return today, (
            f"Le {french.day(day)} est hors de portée : choisissez un jour entre le "
            f"{french.day(EARLIEST)} et dans un an."
        )
    return day, ""


def used_values(made: Statement) -> list[tuple[Reading, str]]:
    """Return the values of the law that a statement rests on, each in words."""
    return [(one, value_words(one.parameter.unit, one.value)) for one in made.readings]


def sources_of(lines: Any) -> list[str]:
    """Return the articles of some lines, each once, in order."""
    return list(dict.fromkeys(line.source for line in lines if line.source))


# ---- tabs


def _tabs(day: AccountDay, counted: reads.Counts) -> list[tuple[str, str, int | None]]:
    numbers = {
        "creances": len(day.claims),
        "echanges": counted.messages,
        "litiges": counted.disputes,
        "reglements": counted.payments,
        "pieces": counted.exhibits,
    }
    return [(key, label, numbers.get(key)) for key, label in TABS.items()]


def _claims(
    found: Account, day: AccountDay, on: date, today: date, request: HttpRequest
) -> dict[str, Any]:
    delays = reads.delays_by_month(found.pk, on)
    reminders = reads.reminders(found.pk, on)
    return {
        "claims": [
            (one, wording.claim_chip(one, reminders.get(one.claim.pk, 0))) for one in day.claims
        ],
        "disputes": [
            one
            for one in reads.disputes(found.pk, on)
            if one.closed_on is None or one.closed_on > on
        ],
        "promises": reads.promises(found, on),
        "delay_chart": charts.delay_bars(delays, on) if len(delays) > 1 else None,
        "settled": reads.settled_claims(found.pk) if request.GET.get("soldees") else None,
    }


def _whole_timeline(
    found: Account, day: AccountDay, on: date, today: date, request: HttpRequest
) -> dict[str, Any]:
    which = _which(request)
    reached = row_number(request.GET.get("page")) or 1
    events, more = events_query.events(
        found.pk,
        until=on,
        which=which,
        limit=EVENTS_A_PAGE,
        skip=(min(reached, 200) - 1) * EVENTS_A_PAGE,
    )
    return {
        "which": which,
        "filters": TIMELINE_FILTERS.items(),
        "all_lines": timeline_words.lines(events),
        "next_page": reached + 1 if more else None,
    }


def _messages(
    found: Account, day: AccountDay, on: date, today: date, request: HttpRequest
) -> dict[str, Any]:
    return {"message_page": _page(reads.messages(found.pk), request)}


def _disputes(
    found: Account, day: AccountDay, on: date, today: date, request: HttpRequest
) -> dict[str, Any]:
    rows = list(reads.disputes(found.pk, on))
    return {
        "open_disputes": [one for one in rows if one.closed_on is None or one.closed_on > on],
        "closed_disputes": [
            one for one in rows if one.closed_on is not None and one.closed_on <= on
        ],
    }


def _payments(
    found: Account, day: AccountDay, on: date, today: date, request: HttpRequest
) -> dict[str, Any]:
    return {"payment_page": _page(reads.payments(found.pk, on), request)}


def _exhibits(
    found: Account, day: AccountDay, on: date, today: date, request: HttpRequest
) -> dict[str, Any]:
    user = person(request)
    mine = exhibit_reads.visible(user).filter(account=found, recorded_at__date__lte=on)
    exhibits = _page(mine.defer("text").order_by("-pk"), request)
    proved = exhibit_reads.claims_of(exhibits.object_list)
    to_prove = exhibit_reads.claims_to_prove(user, late_on=on, account_id=found.pk)
    first = list(to_prove.order_by("-balance_cents", "pk")[:LACKING_SHOWN])
    rows = exhibit_reads.lacking(first)
    return {
        "exhibit_page": exhibits,
        "exhibits": [(one, proved.get(one.pk, [])) for one in exhibits.object_list],
        "exhibit_form": exhibit_drops.form_of(request, found),
        "under_way": exhibit_reads.drops_under_way(user, account_id=found.pk),
        "lacking": rows,
        "lacking_more": to_prove.count() - len(rows) if len(rows) == LACKING_SHOWN else 0,
        "needs": exhibits_missing.explained(rows),
    }


def _identity(
    found: Account, day: AccountDay, on: date, today: date, request: HttpRequest
) -> dict[str, Any]:
    return {
        "contacts": Contact.objects.filter(debtor_id=found.debtor_id).order_by(
            "-active", "-is_main", "pk"
        ),
        **identity.panel(found),
    }


def _journal(
    found: Account, day: AccountDay, on: date, today: date, request: HttpRequest
) -> dict[str, Any]:
    rows = _page(reads.journal(found.pk), request)
    people = events_query.names_of(wording.person_id(line) for line in rows.object_list)
    return {
        "journal_page": rows,
        "journal": [
            (line, wording.actor(line, people), wording.journal_action(line.action))
            for line in rows.object_list
        ],
    }


_TAB_CONTEXTS = {
    "creances": _claims,
    "chronologie": _whole_timeline,
    "echanges": _messages,
    "litiges": _disputes,
    "reglements": _payments,
    "pieces": _exhibits,
    "identite": _identity,
    "journal": _journal,
}


def _beside(found: Account, on: date, today: date, request: HttpRequest) -> dict[str, Any]:
    which = _which(request)
    events, more = events_query.events(found.pk, until=on, which=which, limit=EVENTS_BESIDE)
    return {
        "beside_which": which,
        "beside_filters": list(TIMELINE_FILTERS.items()),
        "beside": timeline_words.lines(events),
        "beside_more": more,
    }


def _which(request: HttpRequest) -> str:
    which = request.GET.get("quoi", "tout")
    if which not in TIMELINE_FILTERS:
        raise Http404
    return which


def _page(rows: Any, request: HttpRequest) -> Any:
    return Paginator(rows, 50).get_page(request.GET.get("page", 1))


def _rights(user: Any, *, live: bool) -> dict[str, bool]:
    """What the person may do here; nothing on another day than today."""
    return {
        "work": live and user.may(Capability.WORK_ACCOUNTS),
        "hold": live and user.may(Capability.HOLD_ACCOUNTS),
        "pay": live and user.may(Capability.RECORD_PAYMENTS),
        "assign": live and user.may(Capability.ASSIGN_ACCOUNTS),
        "complete": live and user.may(Capability.COMPLETE_DATA),
        "approve": live and user.may(Capability.APPROVE_MESSAGES),
        "merge": live and user.may(Capability.MERGE_DEBTORS),
    }


def _term_words(found: Account) -> str:
    """« 60 jours date de facture », the account's own or the creditor's."""
    days = found.term_days if found.term_days is not None else found.creditor.term_days
    method = found.term_method or found.creditor.term_method
    words = {
        "net": "date de facture",
        "days_then_eom": "puis fin de mois",
        "eom_then_days": "après fin de mois",
    }[method]
    return f"{french.count(days, 'jour')} {words}"


def _by_claim(made: Statement) -> list[tuple[str, list[Line], int]]:
    """Group a statement's lines by claim, each with its total."""
    groups: dict[str, list[Line]] = {}
    for line in made.lines:
        groups.setdefault(line.claim or "Frais", []).append(line)
    totals = {one.ref or "Frais": one.components.total for one in made.claims}
    return [(ref, lines, totals.get(ref, 0)) for ref, lines in groups.items()]


def _rule(made: Statement) -> str:
    basis = "365" if made.day_count.value == "365" else "nombre de jours de l’année"
    return f"Base × taux × jours / {basis}, chaque ligne arrondie au centime."
