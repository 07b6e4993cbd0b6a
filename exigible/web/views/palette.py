"""The palette (`Ctrl K`): accounts, claims, sections, what can be done on the account that is open."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_GET

from exigible.domain import french
from exigible.domain.refusals import WrongInput
from exigible.domain.roles import Capability
from exigible.domain.text_keys import name_key
from exigible.store.models import Account
from exigible.store.queries import palette as reads
from exigible.store.queries.access import visible_accounts
from exigible.web import clock
from exigible.web.access import page, person, personal
from exigible.web.forms.fields import day_words
from exigible.web.sections import sections_of
from exigible.web.templatetags.french import typed_amount
from exigible.web.typed import cents_of, day_of, looks_like_amount, searched

MOST = 12
_SITUATION = re.compile(r"situation(?: au)? (.+)")


@dataclass(frozen=True, slots=True)
class Option:
    """One line: where it leads, or which button of the page it presses (`run`)."""

    icon: str
    label: str
    detail: str = ""
    amount: str = ""
    key: str = ""
    address: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """An act on the open account: the button it presses, the words that find it, old ones too."""

    button: str
    label: str
    icon: str
    key: str
    capability: Capability
    words: str


ACTS = (
    Act("act-call", "Appeler", "phone", "A", Capability.WORK_ACCOUNTS, "appeler telephoner"),
    Act(
        "act-write", "Écrire", "send", "E", Capability.WORK_ACCOUNTS, "ecrire relance relancer mail"
    ),
    Act(
        "act-promise", "Noter une promesse", "flag", "P", Capability.WORK_ACCOUNTS, "noter promesse"
    ),
    Act("act-note", "Ajouter une note", "note", "N", Capability.WORK_ACCOUNTS, "ajouter note"),
    Act(
        "act-dispute",
        "Ouvrir un litige",
        "split",
        "L",
        Capability.WORK_ACCOUNTS,
        "litige contestation bloquer",
    ),
    Act("act-hold", "Suspendre", "pause", "", Capability.HOLD_ACCOUNTS, "suspendre suspension"),
    Act(
        "act-payment",
        "Saisir un règlement",
        "euro",
        "",
        Capability.RECORD_PAYMENTS,
        "reglement encaissement paiement virement cheque",
    ),
    Act(
        "act-notice",
        "Préparer une mise en demeure",
        "scale",
        "M",
        Capability.WORK_ACCOUNTS,
        "mise en demeure",
    ),
    Act(
        "act-statement",
        "Décompte",
        "doc",
        "D",
        Capability.SEE_ACCOUNTS,
        "decompte interets penalites",
    ),
    Act("act-task", "Ajouter une tâche", "task", "", Capability.WORK_ACCOUNTS, "tache"),
    Act(
        "act-assign", "Confier le compte", "user", "", Capability.ASSIGN_ACCOUNTS, "confier charge"
    ),
)


@page(Capability.SEE_ACCOUNTS)
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Answer what was typed so far: groups of options, twelve at most."""
    typed = searched(request.GET)[:100]
    groups: list[tuple[str, list[Option]]] = []
    key = name_key(typed)
    here = _open_account(request)
    if typed:
        cents = cents_of(typed) if looks_like_amount(typed) else None
        found = reads.search(person(request), typed, cents)
        groups.append(("Comptes", [_account_option(one) for one in found.accounts]))
        groups.append(
            (
                "Factures",
                [
                    Option(
                        "doc",
                        str(claim),
                        f"{claim.account.debtor.name}, échéance {french.day(claim.due_on)}",
                        french.euros(claim.balance_cents or claim.amount_cents),
                        address=reverse("account", args=[claim.account_id]),
                    )
                    for claim in found.claims
                ],
            )
        )
    groups.append(("Situation", _situation(request, key, here)))
    if here is not None:
        groups.append((f"Actions sur {here.debtor.name}", _acts(request, key)))
    groups.append(("Sections", _sections(request, key)))
    return render(
        request, "components/palette_results.html", {"groups": _cut(groups), "typed": typed}
    )


@personal()
@require_GET
def understood(request: HttpRequest) -> HttpResponse:
    """Say how a typed day or amount is understood: its rewriting, and the day in words."""
    typed = request.GET.get("texte", "")[:60]
    try:
        match request.GET.get("genre"):
            case "jour":
                day = day_of(typed, today=clock.today())
                return JsonResponse({"value": french.day(day), "words": day_words(day)})
            case "montant":
                return JsonResponse({"value": typed_amount(cents_of(typed)), "words": ""})
    except WrongInput as wrong:
        return JsonResponse({"value": "", "words": wrong.message})
    return JsonResponse({"value": "", "words": ""})


def _account_option(account: Account) -> Option:
    figures = getattr(account, "figures", None)
    place = f" · {account.debtor.city}" if account.debtor.city else ""
    return Option(
        "user",
        account.debtor.name,
        f"{account.number}{place}",
        french.euros(figures.chased_cents) if figures else "",
        address=reverse("account", args=[account.pk]),
    )


def _sections(request: HttpRequest, key: str) -> list[Option]:
    wanted = key.removeprefix("aller a ").removeprefix("aller ").strip()
    return [
        Option("chev", section.label, key=f"G {section.letter}", address=reverse(section.url_name))
        for section in sections_of(person(request))
        if not wanted
        or name_key(section.label).startswith(wanted)
        or f" {wanted}" in name_key(section.label)
    ]


def _acts(request: HttpRequest, key: str) -> list[Option]:
    user = person(request)
    return [
        Option(act.icon, act.label, key=act.key, run=act.button)
        for act in ACTS
        if user.may(act.capability)
        and (not key or any(word.startswith(key) for word in act.words.split()) or key in act.words)
    ]


def _situation(request: HttpRequest, key: str, here: Account | None) -> list[Option]:
    """« situation 30/09/2026 » opens the account on that day."""
    found = _SITUATION.fullmatch(key)
    if found is None or here is None:
        return []
    try:
        day = day_of(found[1], today=clock.today())
    except WrongInput:
        return []
    return [
        Option(
            "clock",
            f"Situation au {french.day(day)}",
            here.debtor.name,
            address=f"{reverse('account', args=[here.pk])}?au={day.isoformat()}",
        )
    ]


def _open_account(request: HttpRequest) -> Account | None:
    """Return the account of the page the palette was opened on, if it shows one."""
    path = urlsplit(request.headers.get("HX-Current-URL", "")).path
    if not path:
        return None
    try:
        match = resolve(path)
    except Resolver404:
        return None
    account_id = match.kwargs.get("account_id")
    if match.url_name != "account" or account_id is None:
        return None
    return visible_accounts(person(request)).select_related("debtor").filter(pk=account_id).first()


def _cut(groups: list[tuple[str, list[Option]]]) -> list[tuple[str, list[Option]]]:
    """Keep twelve options in all, dropping empty groups."""
    kept, left = [], MOST
    for title, options in groups:
        taken = options[:left]
        left -= len(taken)
        if taken:
            kept.append((title, taken))
    return kept
