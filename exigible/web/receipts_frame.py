"""What the views of *Encaissements* share: tabs, filters, what is ticked, the words of a line."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from exigible.domain.matching import Gap, Kind
from exigible.domain.refusals import WrongInput
from exigible.domain.roles import Capability
from exigible.domain.states import Chip
from exigible.store.models import BankLine, CreditorBankAccount, User
from exigible.store.models.matching import GAPS, KINDS
from exigible.store.queries import receipts as reads
from exigible.store.queries.access import visible_creditors
from exigible.web import clock, shared_filters
from exigible.web.access import person
from exigible.web.filters import AmountFilter, ChoiceFilter, DayFilter, FilterBar
from exigible.web.ticked import Ticked, ticked
from exigible.web.typed import cents_of, looks_like_amount, row_number, searched

SCREEN = "receipts"
MOST_AT_ONCE = 2_000
LABELS = {
    "a-rapprocher": "À rapprocher",
    "rapprochees": "Rapprochées",
    "non-affectes": "Non affectés",
    "rejets": "Rejets et impayés",
    "remises": "Remises de chèques",
    "fonds-de-tiers": "Fonds de tiers",
    "attente": "Compte d’attente",
    "ecartees": "Mises de côté",
}
CONFIDENCES = [("950", "95 % et plus"), ("800", "80 % et plus"), ("500", "50 % et plus")]
State = BankLine.State


def frame(request: HttpRequest, tab: str) -> dict[str, Any]:
    """What every page of *Encaissements* shows: its figures, its tabs with their counts."""
    user = person(request)
    counts = reads.counts(user)
    return {
        "tab": tab,
        "tab_label": LABELS.get(tab, ""),
        "tabs": [(key, LABELS[key], counts.get(key)) for key in LABELS],
        "figures": reads.figures(user, clock.today()),
        "today": clock.today(),
        "may": powers(user),
    }


def powers(user: User) -> dict[str, bool]:
    return {
        "settle": user.may(Capability.RECORD_PAYMENTS),
        "accounts": user.may(Capability.SEE_ACCOUNTS),
        "export": user.may(Capability.EXPORT),
        "rules": user.may(Capability.SET_MATCHING),
        "import": user.may(Capability.IMPORT),
    }


def filter_bar(request: HttpRequest, query: QueryDict | None = None) -> FilterBar:
    """The filters of every tab."""
    user, today = person(request), clock.today()
    accounts = CreditorBankAccount.objects.filter(creditor__in=visible_creditors(user))
    filters = [
        *shared_filters.of_creditor(user),
        ChoiceFilter(
            "banque",
            "Compte bancaire",
            "Compte bancaire",
            options=[
                (str(one.pk), f"{one.label or 'Compte'} ·· {one.iban[-4:]}") for one in accounts
            ],
        ),
        ChoiceFilter(
            "nature",
            "Nature",
            "Nature",
            options=[(key.value, words) for key, words in KINDS.items()],
        ),
        ChoiceFilter("confiance", "Confiance", "Confiance", options=CONFIDENCES, every="toutes"),
        ChoiceFilter(
            "seule",
            "Rapprochée",
            "Rapprochée",
            options=[("oui", "sans demander"), ("non", "par une personne")],
            every="toutes",
        ),
        AmountFilter("mini", "Montant d’au moins", "Au moins"),
        AmountFilter("maxi", "Montant d’au plus", "Au plus"),
        DayFilter("depuis", "Depuis le", "Depuis le", today=today),
        DayFilter("jusqu_au", "Jusqu’au", "Jusqu’au", today=today),
    ]
    return FilterBar(filters, request.GET if query is None else query, anchor="recus")


def wanted(
    request: HttpRequest, bar: FilterBar, tab: str, query: QueryDict | None = None
) -> reads.Wanted:
    values = bar.values
    search = search_of(request, query)
    return reads.Wanted(
        tab=tab,
        search=search,
        cents=cents_of(search) if looks_like_amount(search) else None,
        bank_account_id=row_number(values.get("banque")),
        creditor_id=row_number(values.get("creancier")),
        kind=values.get("nature", ""),
        automatic=values.get("seule", ""),
        least_cents=values.get("mini"),
        most_cents=values.get("maxi"),
        since=values.get("depuis"),
        until=values.get("jusqu_au"),
        confidence=row_number(values.get("confiance")),
    )


def line_or_404(request: HttpRequest, line_id: int) -> BankLine:
    line = reads.line_for(person(request), line_id)
    if line is None:
        raise Http404
    return line


def ticked_lines(request: HttpRequest) -> Ticked:
    """What is ticked of the lines of a tab."""
    return ticked(request, "ligne", most=MOST_AT_ONCE)


def view_of(request: HttpRequest, query: QueryDict) -> tuple[str, QuerySet[BankLine]]:
    """Return the tab that an address shows, and its lines."""
    tab = tab_of(query)
    bar = filter_bar(request, query)
    return tab, reads.rows(person(request), wanted(request, bar, tab, query))


def chosen(request: HttpRequest, ticks: Ticked) -> tuple[list[int], int]:
    """Return the lines ticked, or those of the whole view, oldest first; and how many are left out."""
    if not ticks.whole:
        mine = reads.lines_for(person(request), ticks.ids)
        return list(mine.values_list("pk", flat=True)), 0
    found = view_of(request, ticks.view)[1].order_by("booked_on", "pk")
    ids = list(found.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    beyond = max(found.count() - MOST_AT_ONCE, 0) if len(ids) > MOST_AT_ONCE else 0
    return ids[:MOST_AT_ONCE], beyond


def tab_of(query: QueryDict) -> str:
    tab = query.get("onglet", "a-rapprocher")
    if tab not in LABELS:
        raise Http404
    return tab


def tab_of_line(line: BankLine) -> str:
    """Return the tab where a line is found."""
    return {
        State.TO_MATCH.value: "a-rapprocher" if line.moves_money else "rejets",
        State.MATCHED.value: "rapprochees",
        State.SUSPENSE.value: "attente",
        State.SET_ASIDE.value: "ecartees",
    }.get(line.state, "a-rapprocher")


def search_of(request: HttpRequest, query: QueryDict | None = None) -> str:
    return searched(request.GET if query is None else query)


def tab_address(tab: str, line_id: int | None = None) -> str:
    address = f"{reverse(SCREEN)}?onglet={tab}"
    return f"{address}&ligne={line_id}" if line_id is not None else address


def line_chip(line: BankLine) -> Chip:
    """The word that tells what a line is, at a glance."""
    if line.state == State.SUSPENSE:
        return Chip("Compte d’attente", "bar", "ochre")
    if line.state == State.SET_ASIDE:
        return Chip("Mise de côté", "bar", "")
    match = getattr(line, "match", None)
    if line.state == State.MATCHED:
        alone = match is not None and match.automatic
        return Chip("Affectée seule" if alone else "Affectée", "tick", "leaf")
    if not line.moves_money:
        return Chip("Rejet annoncé", "slash", "ochre")
    if match is None:
        return Chip("Pas encore lue", "ring", "")
    return _proposed_chip(
        match.kind, match.gap, len(match.parts), bool(match.parts or match.reverses)
    )


def _proposed_chip(kind: str, gap: str, accounts: int, proposed: bool) -> Chip:
    if kind == Kind.RETURN:
        return Chip("Rejet ou impayé", "slash", "wax")
    if kind == Kind.AGENT:
        return Chip("Fonds d’un mandataire", "sq", "court")
    if kind == Kind.DUPLICATE:
        return Chip("Doublon probable", "tri", "ochre")
    if kind == Kind.OUTSIDE:
        return Chip("Hors clients ?", "ring", "")
    if kind == Kind.CHEQUES:
        return Chip("Remise de chèques", "half" if proposed else "ring", "info" if proposed else "")
    if not proposed:
        return Chip("À identifier", "ring", "")
    if gap:
        tone = "ochre" if gap == Gap.DISCOUNT_UNDUE else "info"
        return Chip(str(GAPS[Gap(gap)])[:1].upper() + str(GAPS[Gap(gap)])[1:], "half", tone)
    return (
        Chip("Proposée", "half", "info")
        if accounts < 2
        else Chip("Plusieurs comptes", "half", "info")
    )


def amount_typed(typed: str, *, of: str) -> int:
    """Return the cents of an amount typed in a share; an empty one is nothing."""
    text = typed.strip()
    if not text:
        return 0
    try:
        return cents_of(text)
    except WrongInput as wrong:
        raise WrongInput(wrong.code, f"{of} : {wrong.message}", field="parts") from None
