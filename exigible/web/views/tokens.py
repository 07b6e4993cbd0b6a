"""*Administration*, tokens: the right of other software, created, shown once, revoked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.states import Chip
from exigible.domain.text_keys import name_key
from exigible.operations.acts import By
from exigible.operations.payments import PARIS
from exigible.operations.ways import tokens as operations
from exigible.store.keyset import Order
from exigible.store.models import ApiToken, Creditor
from exigible.store.queries import ways as reads
from exigible.store.queries.ordering import by_name
from exigible.store.queries.timeline import names_of
from exigible.web import answers, chips, clock, forms, listing
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.typed import row_numbers, searched

SECTION = "administration"
PAGE = 100
STATES = (("vigueur", "en vigueur"), ("expire", "expiré"), ("revoque", "révoqué"))
SORTS: dict[str, Callable[[Any], Any]] = {
    "nom": lambda one: (name_key(one.name), one.pk),
    "fin": lambda one: (one.expires_at, one.pk),
    "usage": lambda one: (-(one.last_used_at.timestamp() if one.last_used_at else 0), one.pk),
}
ORDERS = {name: Order(name) for name in SORTS}
COLUMNS = (
    listing.Column("name", "Jeton", sort="nom", place="name"),
    listing.Column("creditors", "Créanciers"),
    listing.Column("scopes", "Droits", optional=True),
    listing.Column("state", "État", place="state"),
    listing.Column("ends", "Dernier jour", sort="fin", numeric=True, place="late"),
    listing.Column("used", "Dernier usage", sort="usage", numeric=True),
    listing.Column("act", "Acte", numeric=True, place="main"),
)


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens, with what each may do and when it last served."""
    bar = _bar(request)
    asked_sort, page_ = listing.short_page(
        _found(request, bar), request.GET, SORTS, "nom", size=PAGE
    )
    names = names_of(one.created_by for one in page_)
    return render(
        request,
        "administration/tokens.html",
        {
            "tab": "jetons",
            "bar": bar,
            "search": searched(request.GET),
            "headers": listing.headers(COLUMNS, request.GET, ORDERS, asked_sort),
            "rows": [
                (one, state_of(one), scopes_of(one), _last_day(one), names.get(one.created_by, ""))
                for one in page_
            ],
            "count": page_.paginator.count,
            "page": page_,
            "address": f"{settings.BASE_URL}/api/v1/",
            "query": request.GET.urlencode(),
        },
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a spreadsheet, for a review of rights."""

    def lines() -> Iterator[Sequence[Cell]]:
        for one in sorted(_found(request, _bar(request)), key=SORTS["nom"]):
            yield [
                one.name,
                one.prefix,
                ", ".join(str(creditor) for creditor in one.creditors.all()),
                ", ".join(scopes_of(one)),
                state_of(one).label,
                _last_day(one),
                one.last_used_at.date() if one.last_used_at else None,
            ]

    heads = ["Jeton", "Début", "Créanciers", "Droits", "État", "Dernier jour", "Dernier usage"]
    sheet = Sheet("Jetons", heads, lines())
    name = f"jetons-{clock.today():%Y-%m-%d}"
    if request.GET.get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


@page(Capability.ADMINISTER, section=SECTION)
@never_cache
def create(request: HttpRequest) -> HttpResponse:
    """Create a token, then show its secret: here, and never again."""
    form = forms.TokenForm(request.POST if request.method == "POST" else None, today=clock.today())
    creditors = Creditor.objects.filter(archived=False).order_by(by_name())
    form.choose("creditors", [(str(one.pk), one.name) for one in creditors])
    if form.is_valid():
        data = form.cleaned_data
        after = datetime.combine(data["expires_on"] + timedelta(days=1), time(), tzinfo=PARIS)
        try:
            token, secret = operations.create_token(
                data["name"],
                scopes=data["scopes"],
                creditor_ids=[int(one) for one in data["creditors"]],
                expires_at=after,
                by=By.user(person(request)),
                at=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return render(
                request,
                "administration/token_made.html",
                {"token": token, "secret": secret, "address": f"{settings.BASE_URL}/api/v1/"},
            )
    return render(
        request,
        "administration/token_new.html",
        {"form": form},
        status=422 if form.is_bound else 200,
    )


@page(Capability.ADMINISTER, section=SECTION)
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token at once, once a dialog has said what that means."""
    one = ApiToken.objects.filter(pk=token_id).first()
    if one is None:
        raise Http404
    form = forms.ActForm(request.POST if request.method == "POST" else None, today=clock.today())
    refused: Refused | None = None
    if form.is_valid():
        try:
            operations.revoke_token(one.pk, by=By.user(person(request)), at=clock.now())
        except Refused as refusal:
            refused = refusal
        else:
            words = f"« {one.name} » n’ouvre plus rien."
            return answers.acted(request, words, back=reverse("tokens"))
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=f"Révoquer « {one.name} » ?",
        action=request.path,
        back=reverse("tokens"),
        form=form,
        refused=refused,
        intro="Le logiciel qui s’en sert ne pourra plus rien, aussitôt. Ce qu’il a déposé reste.",
        verb="Révoquer",
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_POST
def revoke_many(request: HttpRequest) -> HttpResponse:
    """End the tokens ticked at once, once a dialog has named them."""
    ticked = list(
        ApiToken.objects.filter(pk__in=row_numbers(request.POST.getlist("jeton"))).order_by("name")
    )
    concerned = [one for one in ticked if one.revoked_at is None]
    words = french.count(len(concerned), "jeton")
    form = forms.ActForm(request.POST if request.POST.get("fait") else None, today=clock.today())
    if concerned and form.is_valid():
        ended = 0
        for one in concerned:
            with contextlib.suppress(Refused):  # revoked by somebody else meanwhile
                operations.revoke_token(one.pk, by=By.user(person(request)), at=clock.now())
                ended += 1
        said = french.count(ended, "jeton révoqué", "jetons révoqués")
        return answers.acted(request, f"{said} : plus rien ne s’ouvre.", back=reverse("tokens"))
    out = len(ticked) - len(concerned)
    return answers.dialog(
        request,
        "administration/bulk_dialog.html",
        title=f"Révoquer {words} ?",
        action=reverse("revoke_tokens"),
        back=reverse("tokens"),
        form=form,
        intro="Les logiciels qui s’en servent ne pourront plus rien, aussitôt. Ce qu’ils ont déposé reste."
        if concerned
        else "Aucun jeton coché n’est encore en vigueur.",
        named=[f"{one.name}, {one.prefix}…" for one in concerned],
        ticks=[("jeton", one.pk) for one in concerned],
        out=f"{french.count(out, 'jeton coché l’est déjà', 'jetons cochés le sont déjà')}."
        if out
        else "",
        verb=f"Révoquer {words}",
    )


def state_of(one: ApiToken) -> Chip:
    """The chip of a token."""
    if one.revoked_at:
        return chips.TOKEN_REVOKED
    return chips.TOKEN_LIVING if one.expires_at > clock.now() else chips.TOKEN_EXPIRED


def scopes_of(one: ApiToken) -> list[str]:
    """What a token may do, in words."""
    return [str(ApiToken.Scope(scope).label) for scope in one.scopes]


def _last_day(one: ApiToken) -> Any:
    return (one.expires_at.astimezone(PARIS) - timedelta(microseconds=1)).date()


def _bar(request: HttpRequest) -> FilterBar:
    return FilterBar(
        [ChoiceFilter("etat", "État", "État", options=STATES)], request.GET, anchor="jetons"
    )


def _found(request: HttpRequest, bar: FilterBar) -> list[ApiToken]:
    words = name_key(searched(request.GET))
    state = bar.values.get("etat", "")
    chip = {
        "vigueur": chips.TOKEN_LIVING,
        "expire": chips.TOKEN_EXPIRED,
        "revoque": chips.TOKEN_REVOKED,
    }.get(state)
    return [
        one
        for one in reads.tokens()
        if words in name_key(f"{one.name} {' '.join(str(c) for c in one.creditors.all())}")
        and (chip is None or state_of(one) == chip)
    ]
