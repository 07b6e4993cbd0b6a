"""*À compléter* as a file that *Imports* takes back once it is filled."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from exigible.domain.identity.reliability import of_bits
from exigible.domain.roles import Capability
from exigible.store.models import AccountFigures, Claim, DebtorKind, DueOnSource
from exigible.store.queries import accounts as account_reads
from exigible.store.queries import incomplete as reads
from exigible.web import clock
from exigible.web.access import page
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.incomplete_frame import (
    OF_CLAIMS,
    SCREEN,
    filter_bar,
    found_in,
    tab_of,
    with_debtor,
)
from exigible.web.ticked import ticked


@page(Capability.COMPLETE_DATA, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the view, or what is ticked, as a file that *Imports* takes back once it is filled."""
    ticks = ticked(request, "ligne")
    query = ticks.view
    tab = tab_of(query)
    found = found_in(request, query, filter_bar(request, tab, query))
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
    for claim in with_debtor(found).order_by("pk").iterator(chunk_size=2000):
        yield [
            claim.account.number,
            claim.account.debtor.name,
            claim.ref,
            claim.issued_on,
            None if claim.due_on_source == DueOnSource.DERIVED else claim.due_on,
            claim.balance_cents,
            claim.account.creditor.name,
        ]
