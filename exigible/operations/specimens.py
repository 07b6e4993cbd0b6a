"""Specimens: a template filled with invented facts, on a real creditor's letterhead.

Nothing is kept and nobody is written to: they show what a text says and how a letter looks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from exigible.channels.templates import ANY_AUDIENCE, Template, render
from exigible.domain.correspondence import (
    Accessories,
    Audience,
    ClaimLine,
    Correspondence,
    Demand,
    EarlierLetter,
    Nature,
    PaymentDetails,
    PromisedPayment,
    Recipient,
)
from exigible.operations.demands import agency_of, payment_to, sender_of
from exigible.store.models import Creditor

_ACCOUNT = "SPECIMEN"
_RECIPIENTS = {
    Audience.PROFESSIONAL: Recipient(
        name="Menuiserie Spécimen",
        attention="À l’attention du service comptable",
        address=("8 rue des Scieurs", "ZA du Grand Pré", "29000 QUIMPER"),
        email="comptabilite@specimen.example",
    ),
    Audience.CONSUMER: Recipient(
        name="Madame Spécimen",
        address=("8 rue des Scieurs", "29000 QUIMPER"),
        email="madame@specimen.example",
    ),
    Audience.PUBLIC_PURCHASER: Recipient(
        name="Commune de Spécimen",
        attention="À l’attention du service financier",
        address=("1 place de la Mairie", "29000 QUIMPER"),
        email="finances@specimen.example",
    ),
}
_PAYMENT = PaymentDetails(
    holder="(aucun compte bancaire : ajoutez-en un au créancier)", iban="–", reference=_ACCOUNT
)


def specimen(template: Template, creditor: Creditor, *, on: date) -> Correspondence:
    """Return a template filled for an invented debtor of its audience, who owes two invoices."""
    audience = (
        Audience.PROFESSIONAL if template.audience == ANY_AUDIENCE else Audience(template.audience)
    )
    ahead = template.nature is Nature.NOTICE  # it tells of due dates to come
    first_due_on = on + timedelta(days=7) if ahead else on - timedelta(days=62)
    demand = Demand(
        on=on,
        sender=sender_of(creditor),
        recipient=_RECIPIENTS[audience],
        debtor_kind=audience.value,
        account_number=_ACCOUNT,
        reference=f"{_ACCOUNT}/1",
        claims=(
            _line(1, first_due_on, 1_248_00, 1_248_00),
            _line(2, first_due_on + timedelta(days=1), 936_50, 436_50),
        ),
        payment=payment_to(creditor, _ACCOUNT) or _PAYMENT,
        agency=agency_of(creditor),
        earlier_letter=EarlierLetter(reference=f"{_ACCOUNT}/0", sent_on=on - timedelta(days=20)),
        promise=PromisedPayment(amount_cents=800_00, made_on=on, due_on=on + timedelta(days=8)),
        days_to_pay=template.days_to_pay,
    )
    if template.prints_accessories:
        demand = replace(
            demand,
            accessories=Accessories(
                interest_cents=38_42,
                fixed_indemnity_cents=80_00 if audience is Audience.PROFESSIONAL else 0,
                daily_interest_cents=62,
            ),
        )
    return render(template, demand)


def _line(number: int, due_on: date, amount_cents: int, balance_cents: int) -> ClaimLine:
    return ClaimLine(
        id=number,
        ref=f"FA-{number:04d}",
        kind="invoice",
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        amount_cents=amount_cents,
        balance_cents=balance_cents,
    )
