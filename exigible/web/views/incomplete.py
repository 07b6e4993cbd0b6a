"""*À compléter*: what accounts and claims lack, filled line by line, or many at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.channels.registers import registers_of
from exigible.domain import french
from exigible.domain.identity.reliability import Reliability, of_bits, thresholds
from exigible.domain.identity.reliability import lacks as known_lacks
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.text_keys import ref_key
from exigible.jobs import look_up_many
from exigible.operations import completing
from exigible.operations.acts import By
from exigible.operations.registers import no_register
from exigible.store.keyset import read_page
from exigible.store.models import Account, AccountFigures, Claim, DebtorKind, DueOnSource
from exigible.store.queries import accounts as account_reads
from exigible.store.queries import incomplete as reads
from exigible.store.queries.access import visible_accounts, visible_creditors
from exigible.store.queries.incomplete import AccountLacks, Lack
from exigible.web import answers, clock, forms, identity_words, listing, shared_filters
from exigible.web.access import account_or_404, page, person
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import AmountFilter, ChoiceFilter, FilterBar
from exigible.web.ticked import ticked
from exigible.web.typed import cents_of, looks_like_amount, row_number, searched

SCREEN = "incomplete"
PAGE = 50
MOST_AT_ONCE = 2000
CLAIMS = "creances"
TABS = {
    "": "Comptes",
    Lack.KIND: "Qualité",
    Lack.ADDRESS: "Adresse",
    CLAIMS: "Créances",
    Lack.NUMBER: "Numéro",
    Lack.DATE: "Date",
    Lack.DUE_DATE: "Échéance",
    reads.UNRELIABLE: "Fiabilité",
}
OF_CLAIMS = (CLAIMS, Lack.NUMBER, Lack.DATE, Lack.DUE_DATE)
ACCOUNT_COLUMNS = (
    listing.Column("debtor", "Débiteur", sort="nom"),
    listing.Column("kind", "Qualité"),
    listing.Column("address", "Adresse, code postal, ville"),
    listing.Column("claims", "Créances à compléter"),
    listing.Column("reliability", "Fiabilité /100", sort="fiabilite", optional=True),
    listing.Column("balance", "Encours, €", sort="encours", numeric=True),
)
CLAIM_COLUMNS = (
    listing.Column("debtor", "Débiteur", sort="nom"),
    listing.Column("number", "Numéro", sort="numero"),
    listing.Column("issued", "Date"),
    listing.Column("due", "Échéance", sort="echeance"),
    listing.Column("balance", "Reste dû, €", sort="montant", numeric=True),
)


@dataclass(slots=True)
class AccountRow:
    """An account to complete, with the form of its line."""

    account: Account
    lacks: AccountLacks | None
    balance_cents: int
    reliability: Reliability
    form: forms.FillAccountForm = field(repr=False)
    done: bool = False
    refusal: str = ""

    @property
    def reliability_chip(self) -> object:
        return identity_words.reliability_chip(self.reliability, short=True)

    @property
    def asks_kind(self) -> bool:
        return "kind" in self.form.errors or (self.lacks is not None and self.lacks.kind)

    @property
    def asks_address(self) -> bool:
        wrong = self.form.errors.keys() & {"address_line1", "postcode", "city"}
        return bool(wrong) or (self.lacks is not None and self.lacks.address)

    @property
    def asks(self) -> bool:
        """Say whether the line has a box to fill."""
        return self.asks_kind or self.asks_address

    @property
    def form_id(self) -> str:
        return f"remplir-compte-{self.account.pk}"

    @property
    def claims(self) -> list[tuple[str, str]]:
        """What its claims lack: the tab, and « 3 sans numéro »."""
        if self.lacks is None:
            return []
        counted = (
            (Lack.NUMBER, self.lacks.without_number, "sans numéro"),
            (Lack.DATE, self.lacks.without_date, "sans date"),
            (Lack.DUE_DATE, self.lacks.derived_due_dates, "à échéance déduite"),
        )
        return [(tab, f"{french.grouped(n)} {words}") for tab, n, words in counted if n]


@dataclass(slots=True)
class ClaimRow:
    """A claim to complete, with the form of its line."""

    claim: Claim
    form: forms.FillClaimForm = field(repr=False)
    done: bool = False
    refusal: str = ""

    @property
    def form_id(self) -> str:
        return f"remplir-creance-{self.claim.pk}"

    @property
    def derived(self) -> bool:
        return self.claim.due_on_source == DueOnSource.DERIVED


@page(Capability.COMPLETE_DATA, section=SCREEN)
@require_GET
def incomplete(request: HttpRequest) -> HttpResponse:
    """The list of a tab (`manque`): accounts, or claims; each line is a form."""
    user, tab = person(request), _tab(request.GET)
    of_claims = tab in OF_CLAIMS
    bar = filter_bar(request, tab)
    sorts = reads.CLAIM_SORTS if of_claims else reads.SORTS
    asked_sort, order = listing.chosen_order(request.GET, sorts, default_sort(tab))
    found = _found(request, request.GET, bar)
    rows: list[AccountRow] | list[ClaimRow]
    cursor = request.GET.get("suite", "")
    try:
        if of_claims:
            claims = read_page(_with_debtor(found), order, size=PAGE, cursor=cursor)
            rows = [_claim_row(claim) for claim in claims.rows]
            next_cursor = claims.next_cursor
        else:
            accounts = read_page(account_reads.with_account(found), order, size=PAGE, cursor=cursor)
            lacks = reads.what_accounts_lack([one.account_id for one in accounts.rows])
            rows = [
                _account_row(one.account, lacks.get(one.account_id), one) for one in accounts.rows
            ]
            next_cursor = accounts.next_cursor
    except ValueError:
        raise Http404 from None
    total = reads.total(found)
    response = render(
        request,
        "incomplete/page.html",
        {
            "tab": tab,
            "tabs": TABS,
            "of_claims": of_claims,
            "bar": bar,
            "search": _search(request.GET),
            "headers": listing.headers(columns_of(tab), request.GET, sorts, asked_sort),
            "rows": rows,
            "total": total,
            "next_cursor": next_cursor,
            "first_page": not cursor,
            "query": request.GET.urlencode(),
            "everyone": bar.offers("creancier"),
            "of_account": _account_of(request, request.GET),
            "may_import": user.may(Capability.IMPORT),
            "may_export": user.may(Capability.EXPORT),
            "today": clock.today(),
        },
    )
    what = (
        ("créance affichée", "créances affichées")
        if of_claims
        else (
            "compte affiché",
            "comptes affichés",
        )
    )
    return answers.announce(response, french.count(total.rows, *what))


# ---- one line


@page(Capability.COMPLETE_DATA, section=SCREEN)
@require_POST
def fill_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Complete who a debtor is and where he lives; the line answers for itself."""
    account = account_or_404(request, account_id)
    form = forms.FillAccountForm(
        request.POST, today=clock.today(), auto_id=f"compte-{account.pk}-%s"
    )
    refusal = ""
    if form.is_valid():
        facts = completing.DebtorFacts(
            **{name: value for name, value in form.cleaned_data.items() if form.says(name)}
        )
        try:
            completing.complete_debtor(account.pk, facts, **_signed(request))
        except Refused as refused:
            refusal = _at_field(form, refused)
    account = account_or_404(request, account_id)
    lacks = reads.what_accounts_lack([account.pk]).get(account.pk)
    good = form.is_valid() and not refusal
    row = AccountRow(
        account,
        lacks,
        account.figures.balance_cents,
        of_bits(account.figures.lacks),
        _account_form(account) if good else form,
        done=good,
        refusal=refusal,
    )
    return _line(request, "incomplete/_account_row.html", row, f"compte-{account.pk}")


@page(Capability.COMPLETE_DATA, section=SCREEN)
@require_POST
def fill_claim(request: HttpRequest, claim_id: int) -> HttpResponse:
    """Complete the number and dates of a claim; an empty box leaves what is known."""
    claim = _claim(request, claim_id)
    form = forms.FillClaimForm(request.POST, today=clock.today(), auto_id=f"creance-{claim.pk}-%s")
    refusal = ""
    if form.is_valid():
        data = form.cleaned_data
        try:
            completing.complete_claims(
                claim.account_id,
                [claim.pk],
                ref=data["ref"] or None,
                issued_on=data["issued_on"],
                due_on=data["due_on"] or (claim.due_on if "confirmer" in request.POST else None),
                **_signed(request),
            )
        except Refused as refused:
            refusal = _at_field(form, refused)
    claim = _claim(request, claim_id)
    good = form.is_valid() and not refusal
    row = ClaimRow(claim, _claim_form(claim) if good else form, done=good, refusal=refusal)
    return _line(request, "incomplete/_claim_row.html", row, f"creance-{claim.pk}")


def _line(
    request: HttpRequest, template: str, row: AccountRow | ClaimRow, row_id: str
) -> HttpResponse:
    if not answers.is_fragment(request):
        if row.done:
            return HttpResponseRedirect(reverse(SCREEN))
        raise Http404  # without script a line in error is corrected on the account's page
    everyone = len(visible_creditors(person(request))) > 1
    response = render(
        request,
        template,
        {"row": row, "everyone": everyone, "today": clock.today(), "tab": _tab(request.GET)},
        status=200 if row.done else 422,
    )
    return answers.after_settle(response, "line-saved", {"id": row_id, "good": row.done})


# ---- many lines


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
        found = _found(request, query, filter_bar(request, tab, query))
    else:
        found = (
            _visible_claims(request).filter(pk__in=ticks.ids)
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
        signed = _signed(request)
        try:
            done = act.apply(chosen, form.cleaned_data, signed["on"], signed["by"], signed["at"])
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


@page(Capability.COMPLETE_DATA, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the view, or what is ticked, as a file that *Imports* takes back once it is filled."""
    ticks = ticked(request, "ligne")
    query = ticks.view
    tab = _tab(query)
    found = _found(request, query, filter_bar(request, tab, query))
    if not ticks.whole:
        found = found.filter(pk__in=ticks.ids)
    of_claims = tab in OF_CLAIMS
    sheet = (
        Sheet(
            "Factures ouvertes",
            ["Code client", "Nom", "Facture", "Date facture", "Échéance", "Montant", "Créancier"],
            _claim_lines(found),
            money=frozenset({5}),
        )
        if of_claims
        else Sheet(
            "Clients",
            [
                "Code client",
                "Nom",
                "SIREN",
                "Type",
                "Adresse",
                "Code postal",
                "Ville",
                "Ce qui manque",
                "Solde du compte",
                "Créancier",
                "Fiabilité",
                "Ce qui pèse",
            ],
            _account_lines(found),
            money=frozenset({8}),
        )
    )
    name = f"{'factures' if of_claims else 'clients'}-a-completer-{clock.today():%Y-%m-%d}"
    if (request.POST or request.GET).get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


def _account_lines(found: QuerySet[AccountFigures]) -> Iterator[Sequence[Cell]]:
    rows = account_reads.with_account(found).order_by("-balance_cents", "account_id")
    batch: list[AccountFigures] = []
    for row in rows.iterator(chunk_size=1000):
        batch.append(row)
        if len(batch) == 1000:
            yield from _account_cells(batch)
            batch = []
    yield from _account_cells(batch)


def _account_cells(batch: Sequence[AccountFigures]) -> Iterator[Sequence[Cell]]:
    lacks = reads.what_accounts_lack([row.account_id for row in batch])
    for row in batch:
        debtor = row.account.debtor
        missing = lacks.get(row.account_id)
        yield [
            row.account.number,
            debtor.name,
            debtor.siren,
            "" if debtor.kind == DebtorKind.UNKNOWN else debtor.get_kind_display(),
            debtor.address_line1,
            debtor.postcode,
            debtor.city,
            ", ".join(missing.labels) if missing else "",
            row.balance_cents,
            row.account.creditor.name,
            row.reliability,
            ", ".join(lack.label for lack in of_bits(row.lacks).lacks),
        ]


def _claim_lines(found: QuerySet[Claim]) -> Iterator[Sequence[Cell]]:
    for claim in _with_debtor(found).order_by("pk").iterator(chunk_size=2000):
        yield [
            claim.account.number,
            claim.account.debtor.name,
            claim.ref,
            claim.issued_on,
            None if claim.due_on_source == DueOnSource.DERIVED else claim.due_on,
            claim.balance_cents,
            claim.account.creditor.name,
        ]


# ---- shared


def columns_of(tab: str) -> Sequence[listing.Column]:
    """The columns of a tab; what weighs takes the place of what claims lack."""
    if tab in OF_CLAIMS:
        return CLAIM_COLUMNS
    if tab == reads.UNRELIABLE:
        return [replace(one, narrow=True) for one in ACCOUNT_COLUMNS if one.key != "claims"]
    return ACCOUNT_COLUMNS


def default_sort(tab: str) -> str:
    """What owes most comes first; where reliability is the matter, what is least reliable."""
    if tab in OF_CLAIMS:
        return "montant"
    return "fiabilite" if tab == reads.UNRELIABLE else "encours"


def filter_bar(request: HttpRequest, tab: str, query: QueryDict | None = None) -> FilterBar:
    """The filters of a tab, read from the address (or from a query sent along)."""
    user = person(request)
    filters = shared_filters.of_creditor(user)
    filters.append(AmountFilter("plus_de", "Montant", "Au moins"))
    if tab not in OF_CLAIMS:
        filters.append(
            ChoiceFilter(
                "qualite",
                "Qualité",
                "Qualité",
                options=[(kind.value, str(kind.label)) for kind in DebtorKind],
                every="toutes",
            )
        )
        filters.append(
            ChoiceFilter(
                "lacune",
                "Ce qui pèse",
                "Pèse",
                options=[(key, lack.label) for key, lack in known_lacks().items()],
                every="tout",
            )
        )
        filters.append(
            ChoiceFilter(
                "niveau",
                "Fiabilité",
                "Fiabilité",
                options=[("poor", "faible"), ("fair", "moyenne"), ("good", "bonne")],
                every="toutes",
            )
        )
    return FilterBar(filters, request.GET if query is None else query, anchor="completer")


def _found(request: HttpRequest, query: QueryDict, bar: FilterBar) -> QuerySet[Any]:
    """Return what the tab, the search and the filters leave, in no order."""
    user, tab, search = person(request), _tab(query), _search(query)
    cents = cents_of(search) if looks_like_amount(search) else None
    found: QuerySet[Any]
    if tab in OF_CLAIMS:
        of_account = _account_of(request, query)
        found = reads.claims_to_complete(
            user, "" if tab == CLAIMS else tab, account_id=of_account.pk if of_account else None
        )
        if search:
            words = Q(account_id__in=account_reads.named(search))
            if reference := ref_key(search):
                words |= Q(ref_key__startswith=reference)
                words |= Q(account__number_key__startswith=reference)
            if cents is not None:
                words |= Q(balance_cents=cents) | Q(amount_cents=cents)
            found = found.filter(words)
        if creditor := row_number(bar.values.get("creancier")):
            found = found.filter(account__creditor_id=creditor)
    else:
        found = reads.accounts_to_complete(user, tab)
        if search:
            found = found.filter(account_id__in=account_reads.matching(search, cents))
        if creditor := row_number(bar.values.get("creancier")):
            found = found.filter(creditor_id=creditor)
        if kind := bar.values.get("qualite"):
            found = found.filter(account__debtor__kind=kind)
        if lack := bar.values.get("lacune"):
            found = reads.lacking(found, known_lacks()[lack].bit)
        if level := bar.values.get("niveau"):
            good, fair = thresholds()
            least, most = {"good": (good, 100), "fair": (fair, good - 1), "poor": (0, fair - 1)}[
                level
            ]
            found = found.filter(reliability__range=(least, most))
    least = bar.values.get("plus_de")
    return found if least is None else found.filter(balance_cents__gte=least)


def _with_debtor(found: QuerySet[Claim]) -> QuerySet[Claim]:
    return found.select_related("account__debtor", "account__creditor")


def _visible_claims(request: HttpRequest) -> QuerySet[Claim]:
    return Claim.objects.filter(account__in=visible_accounts(person(request)))


def _claim(request: HttpRequest, claim_id: int) -> Claim:
    claim = _with_debtor(_visible_claims(request)).filter(pk=claim_id).first()
    if claim is None:
        raise Http404
    return claim


def _account_of(request: HttpRequest, query: QueryDict) -> Account | None:
    """Return the account that a list of claims is narrowed to, if it is."""
    wanted = row_number(query.get("compte"))
    return account_or_404(request, wanted) if wanted else None


def _account_row(
    account: Account, lacks: AccountLacks | None, figures: AccountFigures
) -> AccountRow:
    return AccountRow(
        account, lacks, figures.balance_cents, of_bits(figures.lacks), _account_form(account)
    )


def _account_form(account: Account) -> forms.FillAccountForm:
    debtor = account.debtor
    return forms.FillAccountForm(
        today=clock.today(),
        auto_id=f"compte-{account.pk}-%s",
        initial={
            "kind": "" if debtor.kind == DebtorKind.UNKNOWN else debtor.kind,
            "address_line1": debtor.address_line1,
            "postcode": debtor.postcode,
            "city": debtor.city,
        },
    )


def _claim_row(claim: Claim) -> ClaimRow:
    return ClaimRow(claim, _claim_form(claim))


def _claim_form(claim: Claim) -> forms.FillClaimForm:
    derived = claim.due_on_source == DueOnSource.DERIVED
    return forms.FillClaimForm(
        today=clock.today(),
        auto_id=f"creance-{claim.pk}-%s",
        initial={
            "ref": claim.ref,
            "issued_on": french.day(claim.issued_on) if claim.issued_on else "",
            "due_on": "" if derived else french.day(claim.due_on),
        },
    )


def _at_field(form: forms.ActForm, refused: Refused) -> str:
    """Show a refusal at its field, where the line has it; return it for the line otherwise."""
    if refused.field in form.fields:
        form.add_error(refused.field, refused.message)
        return ""
    return refused.message


def _signed(request: HttpRequest) -> dict[str, Any]:
    return {"on": clock.today(), "by": By.user(person(request)), "at": clock.now()}


def _tab(query: QueryDict) -> str:
    tab = query.get("manque", "")
    if tab not in TABS:
        raise Http404
    return tab


def _search(query: QueryDict) -> str:
    return searched(query)
