"""What the database holds of a creditor as rows of the tables that imports read: the mirror of them.

Each kind is written under headings that the import's own mapping knows, so that what is exported and
imported again changes nothing. Rows are streamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q

from exigible.store.models import (
    Account,
    Claim,
    Contact,
    Creditor,
    DebtorKind,
    Dispute,
    DueOnSource,
    InsurerGuarantee,
    Payment,
    PaymentKind,
)

type Cell = str | int | date | None
type Rows = Iterator[Sequence[Cell]]
CHUNK = 2000
_METHODS = {"net": "jours", "days_then_eom": "jours fin de mois"}


@dataclass(frozen=True, slots=True)
class TableExport:
    """One kind: its sheet's name, its headings, the columns (by rank) of cents, its rows."""

    name: str
    columns: tuple[str, ...]
    money: frozenset[int]
    rows: Callable[[Creditor], Rows]


def _customers(creditor: Creditor) -> Rows:
    accounts = Account.objects.filter(creditor=creditor).select_related("debtor").order_by("number")
    for account in accounts.iterator(chunk_size=CHUNK):
        debtor = account.debtor
        yield [
            account.number,
            debtor.name,
            debtor.siren,
            debtor.siret,
            debtor.vat_number,
            debtor.legal_form,
            debtor.address_line1,
            debtor.address_line2,
            debtor.address_line3,
            debtor.postcode,
            debtor.city,
            debtor.country,
            "" if debtor.kind == DebtorKind.UNKNOWN else debtor.get_kind_display(),
            _terms(account.term_days, account.term_method),
            account.credit_limit_cents,
        ]


def _terms(days: int | None, method: str) -> str:
    if days is None:
        return ""
    if method == "eom_then_days":
        return f"fin de mois {days} jours"
    return f"{days} {_METHODS.get(method, 'jours')}"


def _contacts(creditor: Creditor) -> Rows:
    contacts = Contact.objects.filter(debtor__accounts__creditor=creditor, active=True).annotate(
        number=F("debtor__accounts__number")
    )
    own = contacts.filter(Q(debtor__accounts__creditor=creditor)).exclude(email="", phone="")
    for one in own.order_by("number", "pk").iterator(chunk_size=CHUNK):
        yield [
            one.number,
            one.name,
            one.title,
            one.get_role_display(),
            one.email,
            one.phone,
            "oui" if one.is_main else "",
        ]


def _open_items(creditor: Creditor) -> Rows:
    claims = (
        Claim.objects.filter(account__creditor=creditor, balance_cents__gt=0)
        .select_related("account__debtor")
        .order_by("account__number", "due_on", "pk")
    )
    for claim in claims.iterator(chunk_size=CHUNK):
        yield [
            claim.account.number,
            claim.account.debtor.name,
            claim.ref,
            claim.issued_on,
            None if claim.due_on_source == DueOnSource.DERIVED else claim.due_on,
            claim.balance_cents,
            claim.amount_cents,
            claim.currency,
            claim.label,
            "Facture",
        ]
    credits = (
        Payment.objects.filter(account__creditor=creditor, amount_cents__gt=F("allocated_cents"))
        .filter(reversed_by__isnull=True, amount_cents__gt=0)
        .select_related("account__debtor")
        .order_by("account__number", "value_date", "pk")
    )
    for credit in credits.iterator(chunk_size=CHUNK):
        left = credit.amount_cents - credit.allocated_cents
        note = credit.kind == PaymentKind.CREDIT_NOTE
        yield [
            credit.account.number,
            credit.account.debtor.name,
            credit.reference,
            credit.value_date,
            None,
            -left,
            -credit.amount_cents,
            credit.currency,
            credit.label,
            "Avoir" if note else "Règlement",
        ]


def _payments(creditor: Creditor) -> Rows:
    payments = (
        Payment.objects.filter(account__creditor=creditor, amount_cents__gt=0)
        .filter(reversed_by__isnull=True)
        .exclude(kind=PaymentKind.CREDIT_NOTE)
        .select_related("account__debtor")
        .prefetch_related("allocations__claim")
        .order_by("account__number", "value_date", "pk")
    )
    for payment in payments.iterator(chunk_size=CHUNK):
        paid: dict[str, int] = {}
        for part in payment.allocations.all():
            if part.claim is not None and part.claim.ref:
                paid[part.claim.ref] = paid.get(part.claim.ref, 0) + part.amount_cents
        yield [
            payment.account.number,
            payment.account.debtor.name,
            payment.value_date,
            payment.amount_cents,
            payment.currency,
            payment.get_kind_display(),
            payment.reference,
            " ; ".join(ref for ref, cents in paid.items() if cents > 0),
            payment.label,
        ]


def _limits(creditor: Creditor) -> Rows:
    for account in (
        Account.objects.filter(creditor=creditor, credit_limit_cents__isnull=False)
        .select_related("debtor")
        .order_by("number")
        .iterator(chunk_size=CHUNK)
    ):
        yield [account.number, account.debtor.name, account.credit_limit_cents]


def _guarantees(creditor: Creditor) -> Rows:
    for one in (
        InsurerGuarantee.objects.filter(account__creditor=creditor, withdrawn_at__isnull=True)
        .select_related("account__debtor")
        .order_by("account__number", "starts_on", "pk")
        .iterator(chunk_size=CHUNK)
    ):
        yield [
            one.account.number,
            one.account.debtor.name,
            one.insurer,
            one.policy,
            one.reference,
            one.amount_cents,
            one.currency,
            one.starts_on,
            one.ends_on,
        ]


def _disputes(creditor: Creditor) -> Rows:
    for one in (
        Dispute.objects.filter(account__creditor=creditor, closed_on__isnull=True)
        .select_related("account__debtor", "claim")
        .order_by("account__number", "opened_on", "pk")
        .iterator(chunk_size=CHUNK)
    ):
        yield [
            one.account.number,
            one.account.debtor.name,
            one.claim.ref,
            one.amount_cents,
            one.reason,
            one.opened_on,
            one.answer_due_on,
            one.holder,
        ]


EXPORTS: dict[str, TableExport] = {
    "customers": TableExport(
        "Clients",
        (
            "Code client",
            "Nom",
            "SIREN",
            "SIRET",
            "N° TVA",
            "Forme juridique",
            "Adresse",
            "Adresse 2",
            "Adresse 3",
            "Code postal",
            "Ville",
            "Pays",
            "Type de client",
            "Conditions de règlement",
            "Encours autorisé",
        ),
        frozenset({14}),
        _customers,
    ),
    "contacts": TableExport(
        "Contacts",
        (
            "Code client",
            "Nom du contact",
            "Fonction",
            "Service",
            "E-mail",
            "Téléphone",
            "Contact principal",
        ),
        frozenset(),
        _contacts,
    ),
    "open_items": TableExport(
        "Factures ouvertes",
        (
            "Code client",
            "Nom",
            "N° facture",
            "Date facture",
            "Échéance",
            "Reste dû",
            "Montant d’origine",
            "Devise",
            "Libellé",
            "Type de pièce",
        ),
        frozenset({5, 6}),
        _open_items,
    ),
    "payments": TableExport(
        "Règlements",
        (
            "Code client",
            "Nom",
            "Date de règlement",
            "Montant reçu",
            "Devise",
            "Mode de règlement",
            "Référence du règlement",
            "Factures réglées",
            "Libellé",
        ),
        frozenset({3}),
        _payments,
    ),
    "credit_limits": TableExport(
        "Limites de crédit",
        ("Code client", "Nom", "Limite de crédit"),
        frozenset({2}),
        _limits,
    ),
    "guarantees": TableExport(
        "Garanties",
        (
            "Code client",
            "Nom",
            "Assureur",
            "N° de police",
            "N° agrément",
            "Montant garanti",
            "Devise",
            "Date d’effet",
            "Date de fin",
        ),
        frozenset({5}),
        _guarantees,
    ),
    "disputes": TableExport(
        "Litiges",
        (
            "Code client",
            "Nom",
            "N° facture",
            "Montant contesté",
            "Motif",
            "Ouvert le",
            "Réponse attendue le",
            "Responsable",
        ),
        frozenset({3}),
        _disputes,
    ),
}
