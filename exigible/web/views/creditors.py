"""*Administration*, creditors: identity, letterhead, bank accounts, terms, portfolios."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.channels.templates import template_for
from exigible.documents.letters import letter_pdf
from exigible.documents.preview import MEDIA_TYPE as PNG
from exigible.documents.preview import page_picture
from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.text_keys import name_key
from exigible.operations import creditors as operations
from exigible.operations import people
from exigible.operations.acts import By
from exigible.operations.documents import DamagedDocument
from exigible.operations.specimens import specimen
from exigible.store.keyset import Order
from exigible.store.models import Creditor, CreditorBankAccount, Portfolio
from exigible.store.queries import house
from exigible.store.queries.ordering import by_name
from exigible.web import answers, clock, forms, listing
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.typed import searched

SECTION = "administration"
PAGE = 100
SORTS: dict[str, Callable[[Any], Any]] = {
    "nom": lambda one: (name_key(one.name), one.pk),
    "comptes": lambda one: (-one.accounts_count, one.pk),
}
ORDERS = {name: Order(name) for name in SORTS}
COLUMNS = (
    listing.Column("name", "Créancier", sort="nom", place="name"),
    listing.Column("siren", "SIREN"),
    listing.Column("accounts", "Comptes", sort="comptes", numeric=True, place="main"),
    listing.Column("terms", "Conditions", optional=True),
    listing.Column("bank", "Compte bancaire", place="state"),
)


# ---- the list


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def creditors(request: HttpRequest) -> HttpResponse:
    """The creditors of the house."""
    bar = _filter_bar(request)
    found = _found(request, bar)
    asked_sort, page_ = listing.short_page(found, request.GET, SORTS, "nom", size=PAGE)
    return render(
        request,
        "administration/creditors.html",
        {
            "tab": "creanciers",
            "bar": bar,
            "search": _search(request),
            "headers": listing.headers(COLUMNS, request.GET, ORDERS, asked_sort),
            "rows": page_.object_list,
            "count": page_.paginator.count,
            "page": page_,
            "query": request.GET.urlencode(),
        },
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a spreadsheet."""
    found = _found(request, _filter_bar(request)).order_by(by_name(), "pk")

    def lines() -> Iterator[Sequence[Cell]]:
        for one in found:
            yield [
                one.name,
                one.legal_form,
                one.siren,
                terms_words(one),
                french.percent(one.clause_rate) if one.clause_rate else "taux supplétif",
                ", ".join(bank.iban for bank in one.open_bank_accounts),  # type: ignore[attr-defined]
                one.email,
                one.phone,
                one.accounts_count,  # type: ignore[attr-defined]
            ]

    sheet = Sheet(
        "Créanciers",
        [
            "Créancier",
            "Forme",
            "SIREN",
            "Conditions",
            "Pénalités",
            "IBAN",
            "E-mail",
            "Téléphone",
            "Comptes",
        ],
        lines(),
    )
    name = f"creanciers-{clock.today():%Y-%m-%d}"
    if request.GET.get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


# ---- one creditor


@page(Capability.ADMINISTER, section=SECTION)
def create(request: HttpRequest) -> HttpResponse:
    """Add a creditor."""
    form = forms.CreditorForm(
        request.POST if request.method == "POST" else None,
        today=clock.today(),
        initial={"term_days": 30, "customer_prefixes": "411, 413, 416"},
    )
    if form.is_valid():
        try:
            made = operations.create_creditor(form.facts(), **_signed(request))
        except Refused as refused:
            form.refuse(refused)
        else:
            answers.said(request, f"{made.name} est créé. Ajoutez son logo et son compte bancaire.")
            return answers.go_to(request, reverse("creditor", args=[made.pk]))
    return render(
        request,
        "administration/creditor_new.html",
        {"form": form},
        status=422 if form.is_bound else 200,
    )


@page(Capability.ADMINISTER, section=SECTION)
def creditor(request: HttpRequest, creditor_id: int) -> HttpResponse:
    """One creditor: what is said of it, its letterhead, where debtors pay it."""
    one = _creditor(creditor_id)
    form = forms.CreditorForm(
        request.POST if request.method == "POST" else None,
        today=clock.today(),
        initial=forms.CreditorForm.initial_of(one),
    )
    if form.is_valid():
        try:
            operations.change_creditor(one.pk, form.facts(), **_signed(request))
        except Refused as refused:
            form.refuse(refused)
        else:
            answers.said(request, "Créancier enregistré : le prochain message en tiendra compte.")
            return answers.go_to(request, reverse("creditor", args=[one.pk]))
    return render(
        request,
        "administration/creditor.html",
        {
            "one": one,
            "form": form,
            "bank_accounts": one.bank_accounts.order_by("closed", "-is_default", "pk"),
            "portfolios": house.portfolios().filter(creditor=one),
            "strategies": house.strategies_of(one),
            "logo_error": "",
        },
        status=422 if form.is_bound else 200,
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_POST
def archive(request: HttpRequest, creditor_id: int) -> HttpResponse:
    """Put a creditor away, or bring it back (`rouvrir`)."""
    one = _creditor(creditor_id)
    back = reverse("creditor", args=[one.pk])
    restoring = "rouvrir" in request.POST
    operate = operations.restore_creditor if restoring else operations.archive_creditor
    return _at_once(
        request,
        lambda: operate(one.pk, **_signed(request)),
        f"{one.name} est de nouveau dans les listes." if restoring else f"{one.name} est archivé.",
        back,
    )


# ---- letterhead


@page(Capability.ADMINISTER, section=SECTION)
def logo(request: HttpRequest, creditor_id: int) -> HttpResponse:
    """Choose the logo printed at the head of letters."""
    one = _creditor(creditor_id)
    form = forms.LogoForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        today=clock.today(),
    )
    refused: Refused | None = None
    back = reverse("creditor", args=[one.pk])
    if form.is_valid():
        file = form.cleaned_data["logo"]
        try:
            content = file.read(operations.LOGO_BYTES + 1)
            operations.set_logo(one.pk, content, name=file.name, **_signed(request))
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(
                request, "Logo enregistré : les prochaines lettres le portent.", back=back
            )
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=f"Logo de {one.name}",
        action=request.path,
        back=back,
        form=form,
        refused=refused,
        verb="Enregistrer le logo",
        multipart=True,
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_POST
def remove_logo(request: HttpRequest, creditor_id: int) -> HttpResponse:
    """Print no logo any more."""
    one = _creditor(creditor_id)
    return _at_once(
        request,
        lambda: operations.remove_logo(one.pk, **_signed(request)),
        "Logo retiré.",
        reverse("creditor", args=[one.pk]),
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def letterhead(request: HttpRequest, creditor_id: int) -> HttpResponse:
    """A specimen letter on the creditor's letterhead, drawn from its very PDF."""
    one = _creditor(creditor_id)
    template = template_for("relance_2", "letter", "professional")
    try:
        letter = specimen(template, one, on=clock.today())
        picture = page_picture(letter_pdf(letter, at=clock.now()).data, 1)
    except (Refused, DamagedDocument):
        raise Http404 from None
    response = HttpResponse(picture, content_type=PNG)
    response["Cache-Control"] = "private, no-cache"
    return response


# ---- bank accounts


@page(Capability.ADMINISTER, section=SECTION)
def add_bank_account(request: HttpRequest, creditor_id: int) -> HttpResponse:
    """Add an account where debtors pay; the key of the IBAN is checked."""
    one = _creditor(creditor_id)
    return _dialog(
        request,
        forms.BankAccountForm,
        lambda data: operations.add_bank_account(one.pk, **data, **_signed(request)),
        title=f"Ajouter un compte bancaire à {one.name}",
        verb="Ajouter le compte",
        done="Compte bancaire ajouté.",
        back=reverse("creditor", args=[one.pk]),
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_POST
def make_default(request: HttpRequest, bank_account_id: int) -> HttpResponse:
    """Ask debtors to pay on this account from now on."""
    bank = _bank_account(bank_account_id)
    return _at_once(
        request,
        lambda: operations.make_default(bank.pk, **_signed(request)),
        "Les prochains messages indiquent ce compte.",
        reverse("creditor", args=[bank.creditor_id]),
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_POST
def close_bank_account(request: HttpRequest, bank_account_id: int) -> HttpResponse:
    """Ask nobody to pay on this account any more."""
    bank = _bank_account(bank_account_id)
    return _at_once(
        request,
        lambda: operations.close_bank_account(bank.pk, **_signed(request)),
        "Compte bancaire clos.",
        reverse("creditor", args=[bank.creditor_id]),
    )


# ---- portfolios


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def portfolios(request: HttpRequest) -> HttpResponse:
    """Every portfolio: whose accounts, how many, seen by how many people."""
    search = _search(request)
    found = house.portfolios()
    if search:
        found = found.filter(name__icontains=search) | found.filter(
            creditor__name__icontains=search
        )
    return render(
        request,
        "administration/portfolios.html",
        {
            "tab": "portefeuilles",
            "rows": found,
            "search": search,
            "creditors": Creditor.objects.filter(archived=False).order_by(by_name()),
        },
    )


@page(Capability.ADMINISTER, section=SECTION)
def add_portfolio(request: HttpRequest, creditor_id: int) -> HttpResponse:
    """Add a portfolio to a creditor."""
    one = _creditor(creditor_id)
    return _dialog(
        request,
        forms.PortfolioForm,
        lambda data: people.create_portfolio(one.pk, data["name"], **_signed(request)),
        title=f"Ajouter un portefeuille à {one.name}",
        verb="Ajouter le portefeuille",
        done="Portefeuille ajouté.",
        back=reverse("creditor", args=[one.pk]),
    )


@page(Capability.ADMINISTER, section=SECTION)
def rename_portfolio(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Rename a portfolio."""
    portfolio = Portfolio.objects.filter(pk=portfolio_id).first()
    if portfolio is None:
        raise Http404
    return _dialog(
        request,
        forms.PortfolioForm,
        lambda data: people.rename_portfolio(portfolio.pk, data["name"], **_signed(request)),
        title=f"Renommer le portefeuille « {portfolio.name} »",
        verb="Renommer",
        done="Portefeuille renommé.",
        back=reverse("creditor", args=[portfolio.creditor_id]),
        initial={"name": portfolio.name},
    )


# ---- shared


def terms_words(one: Creditor) -> str:
    """« 45 jours fin de mois » in the creditor's own way of counting."""
    days = french.count(one.term_days, "jour")
    return {
        "net": f"{days} nets",
        "days_then_eom": f"{days}, puis fin de mois",
        "eom_then_days": f"fin de mois, puis {days}",
    }[one.term_method]


def _dialog(
    request: HttpRequest,
    kind: type[forms.ActForm],
    operate: Callable[[dict[str, Any]], object],
    *,
    title: str,
    verb: str,
    done: str,
    back: str,
    initial: dict[str, Any] | None = None,
) -> HttpResponse:
    """Carry out an act that asks something, or show its dialog with what was refused."""
    form = kind(
        request.POST if request.method == "POST" else None, today=clock.today(), initial=initial
    )
    refused: Refused | None = None
    if form.is_valid():
        data = {k: v for k, v in form.cleaned_data.items() if k not in {"version", "etape"}}
        try:
            operate(data)
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(request, done, back=back)
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=title,
        action=request.path,
        back=back,
        form=form,
        refused=refused,
        verb=verb,
    )


def _at_once(
    request: HttpRequest, operate: Callable[[], object], words: str, back: str
) -> HttpResponse:
    try:
        operate()
    except Refused as refusal:
        return answers.refused(request, refusal, back=back)
    return answers.acted(request, words, back=back)


def _signed(request: HttpRequest) -> dict[str, Any]:
    return {"by": By.user(person(request)), "at": clock.now()}


def _creditor(creditor_id: int) -> Creditor:
    one = Creditor.objects.select_related("logo").filter(pk=creditor_id).first()
    if one is None:
        raise Http404
    return one


def _bank_account(bank_account_id: int) -> CreditorBankAccount:
    bank = CreditorBankAccount.objects.filter(pk=bank_account_id).first()
    if bank is None:
        raise Http404
    return bank


def _filter_bar(request: HttpRequest) -> FilterBar:
    return FilterBar(
        [
            ChoiceFilter(
                "etat", "État", "État", options=[("archive", "archivés")], every="en activité"
            )
        ],
        request.GET,
        anchor="creanciers",
    )


def _found(request: HttpRequest, bar: FilterBar) -> Any:
    return house.creditors(search=_search(request), archived=bar.values.get("etat") == "archive")


def _search(request: HttpRequest) -> str:
    return searched(request.GET)
