"""Opening accounts with their debtors, and the claims on them.

Each function is one transaction, journalled: on the account's chain where there is one, else on the
house's. Those that take many rows take them whole or not at all, and name the first wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F

from exigible.domain.french import day as french_day
from exigible.domain.identity.numbers import read_siren, read_siret, read_vat_number
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.text_keys import name_key, ref_key
from exigible.operations import figures, journal
from exigible.operations.acts import By, act_on
from exigible.operations.payments import paris_day
from exigible.store.models import (
    Account,
    Claim,
    ClaimKind,
    Contact,
    Debtor,
    DebtorKind,
    DueOnSource,
    Entry,
    EntryKind,
    Portfolio,
)

TERM_METHODS = frozenset({"net", "days_then_eom", "eom_then_days"})
INSOLVENCY_KINDS = frozenset({"sauvegarde", "redressement", "liquidation"})
CONTACT_ROLES = frozenset({"accounting", "management", "purchasing", "other"})
LONGEST_TERM_DAYS = 365
HIGHEST_RATE = 1_000_000  # 100 %, in 1/10,000 of a percent
LARGEST_CENTS = 10**13
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """Someone to write to or call at a debtor's."""

    name: str = ""
    role: str = "accounting"
    title: str = ""
    email: str = ""
    phone: str = ""
    hours: str = ""
    is_main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDebtor:
    """A company or a person who owes; of unknown kind, nothing is sent nor added to the debt."""

    name: str
    kind: str = "unknown"
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    legal_form: str = ""
    language: str = "fr"
    address_line1: str = ""
    address_line2: str = ""
    address_line3: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "FR"
    contacts: tuple[NewContact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account of a creditor: its number there, and its debtor, new or known (his id)."""

    number: str
    debtor: NewDebtor | int
    portfolio_id: int | None = None
    collector_id: int | None = None
    term_days: int | None = None
    term_method: str = ""
    clause_rate: int | None = None  # 1/10,000 of a percent
    credit_limit_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    """One sum due at one date."""

    amount_cents: int
    issued_on: date
    due_on: date
    ref: str = ""
    kind: str = ClaimKind.INVOICE
    label: str = ""
    due_on_source: str = DueOnSource.STATED
    currency: str = "EUR"
    ledger_account: str = "411000"
    retention: bool = False


# ---- debtors and accounts


@transaction.atomic
def open_debtor(debtor: NewDebtor, *, by: By, at: datetime) -> Debtor:
    """Open a debtor with his contacts; refuse a SIREN that is already another's."""
    [opened] = _open_debtors([debtor], [""])
    _house(by, at, "debtor_opened", f"debtor:{opened.pk}")
    return opened


def open_account(creditor_id: int, account: NewAccount, *, by: By, at: datetime) -> Account:
    """Open one account of a creditor; see `open_accounts`."""
    [opened] = open_accounts(creditor_id, [account], by=by, at=at)
    return opened


@transaction.atomic
def open_accounts(
    creditor_id: int, accounts: Sequence[NewAccount], *, by: By, at: datetime
) -> list[Account]:
    """Open accounts of a creditor, their debtors with them, all or none; return them in order.

    Refuse a number the creditor already uses, a portfolio of another creditor, a wrong SIREN,
    e-mail address or term, naming the account.
    """
    portfolios = list(Portfolio.objects.filter(creditor_id=creditor_id).order_by("pk"))
    if not portfolios:
        raise Refused("no_portfolio", "Ce créancier n’a pas encore de portefeuille : créez-en un.")
    own = {portfolio.pk for portfolio in portfolios}
    numbers = [_required(row.number, "number", "Le numéro de client manque.") for row in accounts]
    taken = set(
        Account.objects.filter(creditor_id=creditor_id, number__in=numbers).values_list(
            "number", flat=True
        )
    )
    for number, row in zip(numbers, accounts, strict=True):
        if number in taken:
            raise Refused(
                "account_exists",
                f"Le numéro de client {number} est déjà celui d’un compte de ce créancier.",
                field="number",
            )
        taken.add(number)
        if row.portfolio_id is not None and row.portfolio_id not in own:
            raise WrongInput(
                "portfolio",
                f"{number} : ce portefeuille n’est pas celui du créancier.",
                field="portfolio_id",
            )
        _terms(row.term_days, row.term_method, row.clause_rate)
    new = [
        (number, row.debtor)
        for number, row in zip(numbers, accounts, strict=True)
        if isinstance(row.debtor, NewDebtor)
    ]
    opened = iter(_open_debtors([debtor for _, debtor in new], [number for number, _ in new]))
    rows = Account.objects.bulk_create(
        Account(
            creditor_id=creditor_id,
            debtor_id=row.debtor if isinstance(row.debtor, int) else next(opened).pk,
            portfolio_id=row.portfolio_id or portfolios[0].pk,
            number=number,
            number_key=ref_key(number),
            collector_id=row.collector_id,
            term_days=row.term_days,
            term_method=row.term_method,
            clause_rate=row.clause_rate,
            credit_limit_cents=row.credit_limit_cents,
        )
        for number, row in zip(numbers, accounts, strict=True)
    )
    journal.append_all(
        (
            journal.Act(
                account_id=row.pk,
                actor=by.actor,
                action="account_opened",
                subject=f"debtor:{row.debtor_id}",
                facts={"number": row.number},
            )
            for row in rows
        ),
        at=at,
    )
    figures.refresh([row.pk for row in rows], paris_day(at))
    return rows


def _open_debtors(debtors: Sequence[NewDebtor], whose: Sequence[str]) -> list[Debtor]:
    """Create debtors and their contacts; `whose` names each in refusals (an account's number)."""
    sirens = []
    for debtor, account in zip(debtors, whose, strict=True):
        with _naming(account):
            sirens.append(read_siren(debtor.siren))
    known = dict(
        Debtor.objects.filter(siren__in=filter(None, sirens), merged_into=None).values_list(
            "siren", "name"
        )
    )
    rows = []
    for debtor, siren, account in zip(debtors, sirens, whose, strict=True):
        with _naming(account):
            name = _required(debtor.name, "name", "Le nom du débiteur manque.")
            if siren in known:
                raise Refused(
                    "debtor_exists",
                    f"Le SIREN {siren} est déjà celui de « {known[siren]} ». Ouvrez un compte à "
                    "ce débiteur.",
                    field="siren",
                )
            if siren:
                known[siren] = name
            _known(debtor.kind, DebtorKind.values, "kind", "La qualité du débiteur est inconnue.")
            rows.append(
                Debtor(
                    name=name,
                    name_key=name_key(name),
                    kind=debtor.kind,
                    siren=siren,
                    siret=read_siret(debtor.siret),
                    vat_number=read_vat_number(debtor.vat_number, country=debtor.country),
                    legal_form=debtor.legal_form.strip(),
                    language=debtor.language,
                    address_line1=debtor.address_line1.strip(),
                    address_line2=debtor.address_line2.strip(),
                    address_line3=debtor.address_line3.strip(),
                    postcode=debtor.postcode.strip(),
                    city=debtor.city.strip(),
                    country=debtor.country,
                )
            )
            for contact in debtor.contacts:
                _email(contact.email)
                _known(contact.role, CONTACT_ROLES, "role", "La fonction du contact est inconnue.")
            if sum(contact.is_main for contact in debtor.contacts) > 1:
                raise WrongInput(
                    "main_contact", "Un seul contact est le principal.", field="contacts"
                )
    created = Debtor.objects.bulk_create(rows)
    Contact.objects.bulk_create(
        Contact(
            debtor=row,
            name=contact.name.strip(),
            role=contact.role,
            title=contact.title.strip(),
            email=_email(contact.email),
            phone=contact.phone.strip(),
            hours=contact.hours.strip(),
            is_main=contact.is_main or len(debtor.contacts) == 1,
        )
        for row, debtor in zip(created, debtors, strict=True)
        for contact in debtor.contacts
    )
    return created


def record_insolvency(
    debtor_id: int, *, kind: str, opened_on: date, by: By, at: datetime
) -> Debtor:
    """Record the judgment that opens a collective procedure, on every account of the debtor.

    From its day, earlier debts are neither chased nor paid and bear no more interest (C. com.
    art. L. 622-7, L. 622-21, L. 622-28).
    """
    _known(
        kind,
        INSOLVENCY_KINDS,
        "kind",
        "Choisissez la procédure : sauvegarde, redressement ou liquidation.",
    )
    today = paris_day(at)
    if opened_on > today:
        raise WrongInput(
            "future",
            f"Le {french_day(opened_on)} est à venir : notez le jugement une fois rendu.",
            field="opened_on",
        )
    with transaction.atomic():
        accounts = list(
            Account.objects.select_for_update().filter(debtor_id=debtor_id).order_by("pk")
        )
        debtor = Debtor.objects.select_for_update().get(pk=debtor_id)
        debtor.insolvency_kind, debtor.insolvency_opened_on = kind, opened_on
        debtor.save(update_fields=["insolvency_kind", "insolvency_opened_on"])
        acts = [
            journal.Act(
                account_id=account.pk,
                actor=by.actor,
                action="insolvency_recorded",
                subject=f"debtor:{debtor_id}",
                facts={"kind": kind, "opened_on": opened_on.isoformat()},
            )
            for account in accounts
        ]
        journal.append_all(acts, at=at)
        ids = [account.pk for account in accounts]
        Account.objects.filter(pk__in=ids).update(version=F("version") + 1)
        figures.refresh(ids, today)
    return debtor


# ---- claims


def record_claims(
    account_id: int,
    claims: Sequence[NewClaim],
    *,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> list[Claim]:
    """Record claims of one account with their opening entries, all or none.

    Refuse an amount that is not above zero, a day that cannot be, and an invoice already recorded
    (same number, day and amount).
    """
    with act_on(account_id, by=by, at=at, expected_version=expected_version):
        return _record_claims({account_id: claims}, by, at)


@transaction.atomic
def record_claims_of_many(
    claims: Mapping[int, Sequence[NewClaim]], *, by: By, at: datetime
) -> list[Claim]:
    """Record claims of many accounts (by id) in one transaction: a day of invoicing."""
    ids = sorted(claims)
    list(Account.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    Account.objects.filter(pk__in=ids).update(version=F("version") + 1)
    return _record_claims(claims, by, at)


def _record_claims(claims: Mapping[int, Sequence[NewClaim]], by: By, at: datetime) -> list[Claim]:
    today = paris_day(at)
    pairs = [(account_id, row) for account_id, rows in claims.items() for row in rows]
    for _, row in pairs:
        _check_claim(row, today)
    refs = {row.ref for _, row in pairs if row.ref}
    seen = set(
        Claim.objects.filter(account_id__in=list(claims), ref__in=refs).values_list(
            "account_id", "ref", "issued_on", "amount_cents"
        )
    )
    for account_id, row in pairs:
        identity = (account_id, row.ref, row.issued_on, row.amount_cents)
        if row.ref and identity in seen:
            raise Refused(
                "claim_exists",
                f"La facture {row.ref} du {french_day(row.issued_on)} est déjà enregistrée pour ce "
                "montant.",
                field="ref",
            )
        seen.add(identity)
    created = Claim.objects.bulk_create(
        Claim(
            account_id=account_id,
            ref=row.ref.strip(),
            ref_key=ref_key(row.ref),
            kind=row.kind,
            label=row.label.strip(),
            issued_on=row.issued_on,
            due_on=row.due_on,
            due_on_source=row.due_on_source,
            currency=row.currency,
            amount_cents=row.amount_cents,
            ledger_account=row.ledger_account,
            retention=row.retention,
            origin=by.actor,
            created_at=at,
        )
        for account_id, row in pairs
    )
    Entry.objects.bulk_create(
        Entry(
            account_id=claim.account_id,
            claim=claim,
            kind=EntryKind.OPENING,
            amount_cents=claim.amount_cents,
            value_date=row.issued_on,
            recorded_at=at,
            ledger_account=claim.ledger_account,
            origin=by.actor,
        )
        for claim, (_, row) in zip(created, pairs, strict=True)
    )
    for claim in created:
        claim.balance_cents = claim.amount_cents  # as the trigger has just written it
    journal.append_all(
        (
            journal.Act(
                account_id=claim.account_id,
                actor=by.actor,
                action="claim_recorded",
                subject=f"claim:{claim.pk}",
                facts={"amount_cents": claim.amount_cents, "due_on": claim.due_on.isoformat()},
            )
            for claim in created
        ),
        at=at,
    )
    figures.refresh(sorted(claims), today)
    return created


def _check_claim(claim: NewClaim, today: date) -> None:
    label = claim.ref or "La créance"
    if not 0 < claim.amount_cents < LARGEST_CENTS:
        raise WrongInput(
            "amount",
            f"{label} : le montant doit être supérieur à zéro. Un avoir s’enregistre comme un "
            "règlement.",
            field="amount_cents",
        )
    if claim.issued_on > today:
        raise WrongInput(
            "future",
            f"{label} : le {french_day(claim.issued_on)} est à venir. Enregistrez-la une fois émise.",
            field="issued_on",
        )
    if claim.due_on < claim.issued_on:
        raise WrongInput(
            "due_before_issue",
            f"{label} : l’échéance ({french_day(claim.due_on)}) précède l’émission "
            f"({french_day(claim.issued_on)}).",
            field="due_on",
        )
    _known(claim.kind, ClaimKind.values, "kind", f"{label} : la nature n’est pas connue.")
    _known(claim.due_on_source, DueOnSource.values, "due_on_source", f"{label} : origine inconnue.")
    if not _CURRENCY.match(claim.currency):
        raise WrongInput(
            "currency", f"{label} : la devise s’écrit en trois lettres (EUR).", field="currency"
        )


# ---- rules of a field


def _required(text: str, name: str, message: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise WrongInput("missing", message, field=name)
    return text


def _known(value: str, values: Iterable[str], name: str, message: str) -> None:
    if value not in set(values):
        raise WrongInput("unknown_choice", message, field=name)


def _email(text: str) -> str:
    text = text.strip()
    if text:
        try:
            validate_email(text)
        except ValidationError as wrong:
            raise WrongInput(
                "email", f"L’adresse e-mail « {text[:80]} » n’est pas valable.", field="email"
            ) from wrong
    return text


def _terms(days: int | None, method: str, clause_rate: int | None) -> None:
    if days is not None and not 0 <= days <= LONGEST_TERM_DAYS:
        raise WrongInput(
            "term_days",
            f"Le délai de paiement va de 0 à {LONGEST_TERM_DAYS} jours.",
            field="term_days",
        )
    if method:
        _known(method, TERM_METHODS, "term_method", "Ce mode de calcul d’échéance est inconnu.")
    if clause_rate is not None and not 0 <= clause_rate <= HIGHEST_RATE:
        raise WrongInput("clause_rate", "Le taux stipulé va de 0 à 100 %.", field="clause_rate")


@contextmanager
def _naming(account: str) -> Iterator[None]:
    """Say which of many accounts a refusal is about."""
    try:
        yield
    except Refused as refusal:
        if account:
            refusal.message = f"{account} : {refusal.message}"
        raise


def _house(by: By, at: datetime, action: str, subject: str, **facts: object) -> None:
    """Add a line to the house's chain."""
    journal.append(
        journal.Act(account_id=None, actor=by.actor, action=action, subject=subject, facts=facts),
        at=at,
    )
