"""From an account's facts to what a message claims on a day.

The claims, what is set aside and what is taken off come from the same columns as the pages and the
daily run; penalties and indemnity from the same statement as the décompte. Everything is read again
each time: a message prepared yesterday is rewritten from today's facts before it leaves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from django.db.models import prefetch_related_objects

from exigible.channels.templates import Template, render
from exigible.domain import compliance
from exigible.domain.book import chased_by_claim, figures
from exigible.domain.compliance import POSTAL, Outgoing
from exigible.domain.correspondence import (
    Accessories,
    Agency,
    ClaimLine,
    Correspondence,
    Deduction,
    Demand,
    EarlierLetter,
    Nature,
    PaymentDetails,
    PromisedPayment,
    Recipient,
    Sender,
)
from exigible.domain.refusals import Refused
from exigible.domain.statement import Statement
from exigible.operations.documents import read_document
from exigible.operations.law import current_law
from exigible.operations.statements import account_statement
from exigible.store.columns import Scope, read_book, read_followed, read_strategies
from exigible.store.models import (
    Account,
    Claim,
    Contact,
    Creditor,
    CreditorBankAccount,
    Debtor,
    DueOnSource,
    Message,
    MessageStatus,
    Promise,
)
from exigible.store.queries import outgoing as queries

NOTICE_DAYS = 10  # a notice before due dates looks so far ahead, unless its step says otherwise
COUNTRIES = {
    "AD": "ANDORRE",
    "AT": "AUTRICHE",
    "BE": "BELGIQUE",
    "CH": "SUISSE",
    "CZ": "TCHÉQUIE",
    "DE": "ALLEMAGNE",
    "DK": "DANEMARK",
    "ES": "ESPAGNE",
    "GB": "ROYAUME-UNI",
    "IE": "IRLANDE",
    "IT": "ITALIE",
    "LU": "LUXEMBOURG",
    "NL": "PAYS-BAS",
    "PL": "POLOGNE",
    "PT": "PORTUGAL",
    "RO": "ROUMANIE",
    "SE": "SUÈDE",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A message as the facts of the day make it, and the claims it names."""

    letter: Correspondence
    claim_ids: tuple[int, ...]
    contact: Contact | None


class Standing:
    """What accounts owe on a day, read together: one account costs what a hundred do."""

    def __init__(self, account_ids: Sequence[int], on: date) -> None:
        scope = Scope(ids=tuple(sorted(set(account_ids))))
        self.on = on
        self.book = read_book(scope, on)
        self.figures = figures(self.book, current_law())
        self.followed = read_followed(scope, self.book, self.figures.oldest_due, read_strategies())
        self._chased = chased_by_claim(self.book)

    def of(self, account_id: int) -> AccountStanding:
        """Return one account's part."""
        book, row = self.book, int(np.searchsorted(self.book.account, account_id))
        assert int(book.account[row]) == account_id
        first, last = np.searchsorted(book.claim_account, [row, row + 1]).tolist()
        mine = slice(first, last)
        left = np.maximum(
            book.claim_balance[mine] - book.claim_disputed[mine] - book.claim_held[mine], 0
        )
        announced = book.claim_euro[mine] & ~book.claim_bill[mine] & ~book.claim_retention[mine]
        return AccountStanding(
            today=book.today,
            chased_cents=int(self.figures.chased[row]),
            credit_cents=int(book.credit[row]),
            held_cents=int(book.held_amount[row]),
            promised_cents=int(self.followed.promised[row]),
            held_whole=bool(self.followed.held_whole[row]),
            amiable=bool(self.followed.phase_amiable[row]),
            claims=tuple(
                ClaimStanding(*claim)
                for claim in zip(
                    book.claim_id[mine].tolist(),
                    book.claim_due[mine].tolist(),
                    book.claim_balance[mine].tolist(),
                    self._chased[mine].tolist(),
                    np.where(announced, left, 0).tolist(),
                    strict=True,
                )
            ),
        )


@dataclass(frozen=True, slots=True)
class ClaimStanding:
    """One open claim: what may be chased of it, what may be announced before it falls due."""

    id: int
    due: int  # ordinal
    balance_cents: int
    chased_cents: int
    announced_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """What one account owes on a day, and what stands in the way of asking for it."""

    today: int
    chased_cents: int
    credit_cents: int
    held_cents: int
    promised_cents: int
    held_whole: bool
    amiable: bool
    claims: tuple[ClaimStanding, ...]

    @property
    def cycle(self) -> date | None:
        """The first overdue day of what is chased; None where nothing is."""
        days = [claim.due for claim in self.claims if claim.chased_cents]
        return date.fromordinal(min(days)) if days and self.chased_cents else None


def write(
    account: Account,
    template: Template,
    *,
    on: date,
    channel: str,
    reference: str,
    claim_ids: tuple[int, ...] | None = None,
    notice_days: int = NOTICE_DAYS,
    promise: Promise | None = None,
    standing: AccountStanding | None = None,
) -> Written:
    """Write a message from today's facts; `claim_ids` keeps only those claims.

    `standing` is what the account owes, where it was read with others' a moment ago.

    Refuse (naming the reason) an account that must not be chased today: never chased, suspended,
    covered by a running promise, gone to court. Raise OutsideKnownLaw where accessories are claimed
    and a rate is unknown. The compliance gate is asked apart, by `require_lawful`.
    """
    standing = standing or Standing([account.pk], on).of(account.pk)
    asks = template.nature in {Nature.DEMAND, Nature.FORMAL_NOTICE}
    if template.nature is not Nature.CONFIRMATION:
        _refuse_if_left_alone(account, standing, asks=asks)
    lines = _claims(standing, template.nature, claim_ids, notice_days)
    deductions = _deductions(standing, lines) if asks else ()
    contact = _contact(account.debtor) if channel not in POSTAL else _addressee(account.debtor)
    demand = Demand(
        on=on,
        sender=sender_of(account.creditor),
        recipient=_recipient(account.debtor, contact, postal=channel in POSTAL),
        debtor_kind=account.debtor.kind,
        account_number=account.number,
        reference=reference,
        claims=lines,
        deductions=deductions,
        payment=payment_to(account.creditor, account.number),
        agency=agency_of(account.creditor),
        earlier_letter=_earlier_letter(account),
        promise=_promised(promise),
        days_to_pay=template.days_to_pay,
    )
    if template.prints_accessories and demand.principal_cents and not standing.credit_cents:
        demand = _with_accessories(account, demand)
    letter = render(template, demand)
    return Written(letter, tuple(line.id for line in lines), contact)


def require_lawful(
    account: Account,
    written: Written,
    *,
    channel: str,
    automatic: bool,
    except_message: int | None = None,
    is_copy: bool = False,
) -> None:
    """Ask the compliance gate; raise its first refusal."""
    on = written.letter.demand.on
    compliance.require_lawful(
        Outgoing(
            correspondence=written.letter,
            channel=channel,
            automatic=automatic,
            insolvency_opened_on=account.debtor.insolvency_opened_on,
            earlier_demands=queries.demands_sent(account.pk, on, except_message),
            is_copy=is_copy,
        )
    )


def has_email(debtor: Debtor) -> bool:
    """Whether a message can reach the debtor by e-mail: an active contact, and no bounce since."""
    return _contact(debtor) is not None


# ---- whether, and which claims


def _refuse_if_left_alone(account: Account, standing: AccountStanding, *, asks: bool) -> None:
    if account.never_chased:
        raise Refused(
            "never_chased",
            "Ce compte n’est jamais relancé"
            + (f" : {account.never_chased_reason}." if account.never_chased_reason else "."),
        )
    if standing.held_whole:
        raise Refused(
            "held",
            "Le compte est suspendu en entier. Levez la suspension ou attendez sa fin.",
        )
    if not standing.amiable and asks:
        raise Refused(
            "not_amiable",
            "Le compte n’est plus en phase amiable : ce qui s’écrit au débiteur passe par le "
            "dossier contentieux.",
        )
    if asks and standing.promised_cents >= standing.chased_cents > 0:
        raise Refused(
            "promised",
            "Une promesse de paiement est en cours et couvre ce qui est échu. La relance attend "
            "son terme.",
        )


def _claims(
    standing: AccountStanding,
    nature: Nature,
    claim_ids: tuple[int, ...] | None,
    notice_days: int,
) -> tuple[ClaimLine, ...]:
    """Return the claims to name, oldest due date first.

    A mise en demeure names only those whose number, date and due date are certain: the others go on
    being reminded of. Refuse it when none is left, naming what is missing.
    """
    if nature is Nature.CONFIRMATION:
        return ()
    soon = range(standing.today, standing.today + notice_days + 1)
    claimed = {}
    for claim in standing.claims:
        cents = claim.chased_cents
        if nature is Nature.NOTICE:
            cents = claim.announced_cents if claim.due in soon else 0
        if cents > 0 and (claim_ids is None or claim.id in claim_ids):
            claimed[claim.id] = (claim.balance_cents, cents)
    rows = Claim.objects.filter(pk__in=list(claimed)).order_by("due_on", "pk")
    lines = tuple(_line(row, *claimed[row.pk]) for row in rows)
    if nature is not Nature.FORMAL_NOTICE:
        return lines
    complete = tuple(line for line in lines if not line.missing)
    return complete or lines  # none complete: the gate names what is missing


def _line(claim: Claim, balance_cents: int, claimed_cents: int) -> ClaimLine:
    return ClaimLine(
        id=claim.pk,
        ref=claim.ref,
        kind=claim.kind,
        issued_on=claim.issued_on,
        due_on=claim.due_on,
        due_on_derived=claim.due_on_source == DueOnSource.DERIVED,
        detail_unknown=claim.detail_unknown,
        amount_cents=claim.amount_cents,
        balance_cents=balance_cents,
        set_aside_cents=balance_cents - claimed_cents,
    )


def _deductions(standing: AccountStanding, lines: tuple[ClaimLine, ...]) -> tuple[Deduction, ...]:
    """Return what is taken off the claims named, never more than they come to.

    What covers claims that this message does not name (they are incomplete, or were left out) is
    used on those first: the debtor is never asked for more than the account's own figure.
    """
    named = sum(line.claimed_cents for line in lines)
    elsewhere = sum(claim.chased_cents for claim in standing.claims) - named
    parts = (
        ("Crédit non affecté, déduit", standing.credit_cents),
        ("Part suspendue, non réclamée", standing.held_cents),
        ("Part promise, non réclamée", standing.promised_cents),
    )
    found = []
    for label, cents in parts:
        spent = min(cents, elsewhere)
        elsewhere -= spent
        taken = min(cents - spent, named)
        named -= taken
        if taken:
            found.append(Deduction(label, taken))
    return tuple(found)


# ---- what is added


def _with_accessories(account: Account, demand: Demand) -> Demand:
    """Add penalties and indemnity, where a professional claims them from one who owes them.

    Not while money received is unallocated: it stops penalties from its day on the invoices it pays
    (C. civ. 1342-10), and nobody has said yet which. They stay claimable once it is allocated.
    """
    if account.creditor.kind != "professional" or account.debtor.kind not in {
        "professional",
        "public_purchaser",
    }:
        return demand
    statement, _ = account_statement(
        account.pk, demand.on, claim_ids=[line.id for line in demand.claims]
    )
    return replace(demand, accessories=_accessories(statement))


def _accessories(statement: Statement) -> Accessories:
    """Return what is claimed on top of principal: what was paid of it is claimed no more."""
    parts, paid = statement.components, Counter[str]()
    for one in statement.allocations:
        paid[one.component] += one.amount_cents
    return Accessories(
        interest_cents=parts.interest
        + parts.capitalised_interest
        - paid["interest"]
        - paid["capitalised_interest"],
        fixed_indemnity_cents=parts.fixed_indemnity - paid["fixed_indemnity"],
        penalty_clause_cents=parts.penalty_clause - paid["penalty_clause"],
        daily_interest_cents=(statement.daily_interest_millionths + 500_000) // 1_000_000,
    )


# ---- who and where


def sender_of(creditor: Creditor) -> Sender:
    """Return a creditor as his letterhead shows him."""
    return Sender(
        name=creditor.name,
        kind=creditor.kind,
        address=_address_lines(creditor.address),
        siren=creditor.siren,
        legal_line=creditor.legal_line,
        phone=creditor.phone,
        email=creditor.email,
        website=creditor.website,
        signatory=creditor.signatory,
        logo=read_document(creditor.logo) if creditor.logo else b"",
    )


def agency_of(creditor: Creditor) -> Agency | None:
    """Return who collects for a creditor, if an agency does."""
    if not creditor.agency_name:
        return None
    return Agency(name=creditor.agency_name, address=_address_lines(creditor.agency_address))


def _earlier_letter(account: Account) -> EarlierLetter | None:
    """The agency's first letter, which every other contact recalls (CPCE art. R. 124-4)."""
    if not account.creditor.agency_name:
        return None
    first = (
        Message.objects.filter(
            account=account, channel__in=POSTAL, status=MessageStatus.SENT, sent_on__isnull=False
        )
        .order_by("sent_on", "pk")
        .first()
    )
    if first is None or first.sent_on is None:
        return None
    return EarlierLetter(reference=message_reference(account, first.pk), sent_on=first.sent_on)


def message_reference(account: Account, message_id: int) -> str:
    """« C-00412/1042 »: what the debtor quotes, and what a reply is recognised by."""
    return f"{account.number}/{message_id}"


def payment_to(creditor: Creditor, reference: str) -> PaymentDetails | None:
    """Return how to pay a creditor: his default account, else his oldest open one."""
    bank = (
        CreditorBankAccount.objects.filter(creditor=creditor, closed=False)
        .order_by("-is_default", "pk")
        .first()
    )
    if bank is None:
        return None
    return PaymentDetails(holder=creditor.name, iban=bank.iban, bic=bank.bic, reference=reference)


_ROLE_ORDER = {"accounting": 0, "management": 1, "purchasing": 2, "other": 3}


def _contacts(debtor: Debtor) -> list[Contact]:
    """Return active contacts, the main one first, then accounting, management, purchasing."""
    prefetch_related_objects([debtor], "contacts")  # once for each debtor in hand
    return sorted(
        (one for one in debtor.contacts.all() if one.active),
        key=lambda one: (not one.is_main, _ROLE_ORDER.get(one.role, 9), one.pk),
    )


def _contact(debtor: Debtor) -> Contact | None:
    if not debtor.email_ok:
        return None
    return next((one for one in _contacts(debtor) if one.email), None)


def _addressee(debtor: Debtor) -> Contact | None:
    """To whose attention a letter goes: a named contact of a company, nobody at a person's."""
    if debtor.kind == "consumer":
        return None
    return next((one for one in _contacts(debtor) if one.name), None)


def _recipient(debtor: Debtor, contact: Contact | None, *, postal: bool) -> Recipient:
    lines: tuple[str, ...] = ()
    if debtor.has_postal_address and debtor.address_ok:
        town = f"{debtor.postcode} {debtor.city.upper()}"
        country = "" if debtor.country in {"", "FR"} else debtor.country
        streets = (debtor.address_line1, debtor.address_line2, debtor.address_line3)
        lines = tuple(
            line.strip()
            for line in (*streets, town, COUNTRIES.get(country, country))
            if line.strip()
        )
    return Recipient(
        name=debtor.name,
        attention=f"À l’attention de {contact.name}"
        if postal and contact and contact.name
        else (contact.name if contact else ""),
        address=lines,
        email=contact.email if contact and not postal else "",
    )


def _address_lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _promised(promise: Promise | None) -> PromisedPayment | None:
    if promise is None:
        return None
    return PromisedPayment(
        amount_cents=promise.amount_cents, made_on=promise.made_on, due_on=promise.due_on
    )


def notice_horizon(offset_days: int | None) -> int:
    """Return how far ahead a notice looks: its step's own distance from the due date."""
    return max(1, -offset_days) if offset_days is not None and offset_days < 0 else NOTICE_DAYS
