"""*À compléter*: what accounts and claims lack, and each line filled on its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.identity.reliability import Reliability, of_bits
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations import completing
from exigible.store.keyset import read_page
from exigible.store.models import Account, AccountFigures, Claim, DebtorKind, DueOnSource
from exigible.store.queries import accounts as account_reads
from exigible.store.queries import incomplete as reads
from exigible.store.queries.access import visible_creditors
from exigible.store.queries.incomplete import AccountLacks, Lack
from exigible.web import answers, clock, forms, identity_words, listing
from exigible.web.access import account_or_404, page, person
from exigible.web.incomplete_frame import (
    OF_CLAIMS,
    SCREEN,
    TABS,
    account_of,
    claim_or_404,
    filter_bar,
    found_in,
    signed,
    tab_of,
    with_debtor,
)
from exigible.web.typed import searched

PAGE = 50
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
    user, tab = person(request), tab_of(request.GET)
    of_claims = tab in OF_CLAIMS
    bar = filter_bar(request, tab)
    sorts = reads.CLAIM_SORTS if of_claims else reads.SORTS
    asked_sort, order = listing.chosen_order(request.GET, sorts, default_sort(tab))
    found = found_in(request, request.GET, bar)
    rows: list[AccountRow] | list[ClaimRow]
    cursor = request.GET.get("suite", "")
    try:
        if of_claims:
            claims = read_page(with_debtor(found), order, size=PAGE, cursor=cursor)
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
            "search": searched(request.GET),
            "headers": listing.headers(columns_of(tab), request.GET, sorts, asked_sort),
            "rows": rows,
            "total": total,
            "next_cursor": next_cursor,
            "first_page": not cursor,
            "query": request.GET.urlencode(),
            "everyone": bar.offers("creancier"),
            "of_account": account_of(request, request.GET),
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
            completing.complete_debtor(account.pk, facts, **signed(request))
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
    claim = claim_or_404(request, claim_id)
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
                **signed(request),
            )
        except Refused as refused:
            refusal = _at_field(form, refused)
    claim = claim_or_404(request, claim_id)
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
        {"row": row, "everyone": everyone, "today": clock.today(), "tab": tab_of(request.GET)},
        status=200 if row.done else 422,
    )
    return answers.after_settle(response, "line-saved", {"id": row_id, "good": row.done})


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
