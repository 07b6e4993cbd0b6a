"""*Administration*, people: inviting, roles and portfolios, access opened and closed; their rights."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from exigible.domain.refusals import Refused
from exigible.domain.roles import CAPABILITIES, ROLE_LABELS, Capability, Role
from exigible.domain.text_keys import name_key
from exigible.operations import people as operations
from exigible.operations.acts import By
from exigible.store.keyset import Order
from exigible.store.models import User
from exigible.store.queries import house
from exigible.store.queries.ordering import by_name
from exigible.web import answers, clock, forms, invitations, listing
from exigible.web.access import page, person, public
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.typed import searched

SECTION = "administration"
PAGE = 100
SORTS: dict[str, Callable[[Any], Any]] = {
    "nom": lambda one: (name_key(one.name), one.pk),
    "email": lambda one: one.email,
    "role": lambda one: (name_key(one.role_label), name_key(one.name)),
}
ORDERS = {name: Order(name) for name in SORTS}
COLUMNS = (
    listing.Column("name", "Nom", sort="nom", place="name"),
    listing.Column("role", "Rôle", sort="role", place="state"),
    listing.Column("email", "E-mail", sort="email", optional=True),
    listing.Column("portfolios", "Portefeuilles"),
    listing.Column("access", "Accès", place="main"),
)
CAPABILITY_LABELS: dict[Capability, str] = {
    Capability.SEE_WORKLIST: "Ma journée",
    Capability.SEE_ACCOUNTS: "Voir les comptes et les décomptes",
    Capability.WORK_ACCOUNTS: "Appels, notes, promesses, litiges",
    Capability.HOLD_ACCOUNTS: "Suspendre et reprendre",
    Capability.ASSIGN_ACCOUNTS: "Confier, changer de stratégie",
    Capability.COMPLETE_DATA: "Compléter les données",
    Capability.MERGE_DEBTORS: "Réunir les débiteurs connus deux fois, défaire une réunion",
    Capability.RECORD_PAYMENTS: "Règlements et affectations",
    Capability.SEE_RECEIPTS: "Encaissements",
    Capability.SET_MATCHING: "Régler le rapprochement",
    Capability.SEE_MESSAGES: "Voir les envois",
    Capability.APPROVE_MESSAGES: "Valider les envois",
    Capability.SEE_AGEING: "Balance âgée",
    Capability.CALCULATE: "Calculettes",
    Capability.EXPORT: "Exporter",
    Capability.IMPORT: "Importer",
    Capability.UNDO_IMPORTS: "Annuler un import",
    Capability.RUN_DAY: "Lancer le passage du jour",
    Capability.SEE_TEMPLATES: "Voir modèles et stratégies",
    Capability.SEE_LAW: "Veille juridique",
    Capability.ENTER_LAW: "Saisir un paramètre du droit",
    Capability.ADMINISTER: "Administrer",
}


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Who works here, with their role, portfolios and access."""
    bar = _filter_bar(request)
    found = _found(request, bar)
    asked_sort, page_ = listing.short_page(found, request.GET, SORTS, "nom", size=PAGE)
    secured = set(
        Authenticator.objects.filter(
            user__in=page_.object_list, type=Authenticator.Type.TOTP
        ).values_list("user_id", flat=True)
    )
    return render(
        request,
        "administration/people.html",
        {
            "tab": "personnes",
            "bar": bar,
            "search": _search(request),
            "headers": listing.headers(COLUMNS, request.GET, ORDERS, asked_sort),
            "rows": [(one, one.pk in secured) for one in page_],
            "count": page_.paginator.count,
            "page": page_,
            "query": request.GET.urlencode(),
        },
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a spreadsheet: who may see what, for a review of rights."""
    found = _found(request, _filter_bar(request)).order_by(by_name(), "pk")

    def lines() -> Iterator[Sequence[Cell]]:
        for one in found:
            yield [
                one.name,
                one.email,
                one.role_label,
                "tous"
                if one.all_portfolios
                else ", ".join(str(portfolio) for portfolio in one.portfolios.all()),
                access_words(one),
            ]

    sheet = Sheet("Personnes", ["Nom", "E-mail", "Rôle", "Portefeuilles", "Accès"], lines())
    name = f"personnes-{clock.today():%Y-%m-%d}"
    if request.GET.get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


@page(Capability.ADMINISTER, section=SECTION)
def invite(request: HttpRequest) -> HttpResponse:
    """Invite someone, then hand over the one-time link."""
    form = _form(request, {})
    if form.is_valid():
        try:
            made = operations.invite_user(form.facts(), **_signed(request))
        except Refused as refused:
            form.refuse(refused)
        else:
            return _link(request, made, f"{made.name} est invité")
    return _person_page(request, form, None)


@page(Capability.ADMINISTER, section=SECTION)
def change(request: HttpRequest, user_id: int) -> HttpResponse:
    """Change a person's name, address, role and portfolios."""
    user = _user(user_id)
    form = _form(
        request,
        {
            "name": user.name,
            "email": user.email,
            "role": user.role,
            "all_portfolios": user.all_portfolios,
            "portfolios": [str(pk) for pk in user.portfolios.values_list("pk", flat=True)],
        },
    )
    if form.is_valid():
        try:
            operations.change_user(user.pk, form.facts(), **_signed(request))
        except Refused as refused:
            form.refuse(refused)
        else:
            answers.said(
                request, f"{form.cleaned_data['name']} : rôle et portefeuilles enregistrés."
            )
            return answers.go_to(request, reverse("person", args=[user.pk]))
    return _person_page(request, form, user)


@page(Capability.ADMINISTER, section=SECTION)
@require_POST
def set_access(request: HttpRequest, user_id: int, verb: str) -> HttpResponse:
    """Close, open, renew a person's access, or forget their second factor."""
    user = _user(user_id)
    acts: dict[str, tuple[Callable[..., User], str]] = {
        "fermer": (operations.deactivate_user, f"{user.name} n’a plus accès."),
        "rouvrir": (operations.reactivate_user, f"{user.name} a de nouveau accès"),
        "lien": (operations.renew_access, f"Nouveau lien pour {user.name}"),
        "second-facteur": (
            operations.remove_second_factor,
            f"Double authentification de {user.name} retirée.",
        ),
    }
    if verb not in acts:
        raise Http404
    operate, words = acts[verb]
    back = reverse("person", args=[user.pk])
    try:
        user = operate(user.pk, **_signed(request))
    except Refused as refusal:
        return answers.refused(request, refusal, back=back)
    if verb in ("rouvrir", "lien"):
        return _link(request, user, words)
    return answers.acted(request, words, back=back)


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def rights(request: HttpRequest) -> HttpResponse:
    """What each role may do, as the product checks it."""
    roles = [(role, ROLE_LABELS[role]) for role in Role]
    return render(
        request,
        "administration/rights.html",
        {
            "tab": "droits",
            "roles": [label for _, label in roles],
            "rows": [
                (label, [capability in CAPABILITIES[role] for role, _ in roles])
                for capability, label in CAPABILITY_LABELS.items()
            ],
        },
    )


@public
@sensitive_post_parameters("password", "again")
def welcome(request: HttpRequest, opaque_id: UUID, token: str) -> HttpResponse:
    """Choose one's password through a one-time link; then sign in."""
    user = invitations.invited(opaque_id, token)
    if user is None:
        return render(request, "administration/welcome_void.html", {}, status=404)
    form = forms.PasswordForm(
        request.POST if request.method == "POST" else None, today=clock.today()
    )
    if form.is_valid():
        try:
            operations.choose_password(
                user.pk, form.cleaned_data["password"], by=By.user(user), at=clock.now()
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            answers.said(request, "Mot de passe enregistré. Connectez-vous.")
            return HttpResponseRedirect(reverse("account_login"))
    response = render(
        request,
        "administration/welcome.html",
        {"form": form, "invited": user},
        status=422 if form.is_bound else 200,
    )
    response["Cache-Control"] = "no-store"
    return response


# ---- shared


def access_words(user: User) -> str:
    """Whether a person may sign in: closed, waiting for a password, open."""
    if not user.is_active:
        return "fermé"
    return "ouvert" if user.has_usable_password() else "invité"


def _person_page(request: HttpRequest, form: forms.PersonForm, user: User | None) -> HttpResponse:
    return render(
        request,
        "administration/person.html",
        {
            "form": form,
            "one": user,
            "access": access_words(user) if user else "",
            "charge": user.accounts.count() if user else 0,
            "secured": user is not None and Authenticator.objects.filter(user=user).exists(),
        },
        status=422 if form.is_bound else 200,
    )


def _link(request: HttpRequest, user: User, title: str) -> HttpResponse:
    """Show a person's one-time link, once: it is written nowhere."""
    response = render(
        request,
        "administration/link.html",
        {
            "one": user,
            "title": title,
            "link": invitations.link_for(user, request),
            "days": invitations.DAYS,
        },
    )
    response["Cache-Control"] = "no-store"
    return response


def _form(request: HttpRequest, initial: dict[str, Any]) -> forms.PersonForm:
    form = forms.PersonForm(
        request.POST if request.method == "POST" else None, today=clock.today(), initial=initial
    )
    form.fields["portfolios"].choices = [  # type: ignore[attr-defined]
        (str(one.pk), f"{one.creditor.name}, {one.name}") for one in house.portfolios()
    ]
    return form


def _signed(request: HttpRequest) -> dict[str, Any]:
    return {"by": By.user(person(request)), "at": clock.now()}


def _user(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise Http404
    return user


def _filter_bar(request: HttpRequest) -> FilterBar:
    return FilterBar(
        [
            ChoiceFilter(
                "role",
                "Rôle",
                "Rôle",
                options=[(role.value, label) for role, label in ROLE_LABELS.items()],
            ),
            ChoiceFilter(
                "acces",
                "Accès",
                "Accès",
                options=[("ferme", "fermé"), ("tous", "tous")],
                every="ouvert",
            ),
        ],
        request.GET,
        anchor="personnes",
    )


def _found(request: HttpRequest, bar: FilterBar) -> Any:
    access = bar.values.get("acces", "")
    return house.people(
        search=_search(request),
        role=bar.values.get("role", ""),
        active={"": True, "ferme": False, "tous": None}[access],
    )


def _search(request: HttpRequest) -> str:
    return searched(request.GET)
