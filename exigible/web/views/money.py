"""Acts on an account's money: received, allocated, taken back."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from exigible.domain import french
from exigible.domain.roles import Capability
from exigible.operations import payments
from exigible.store.models import Claim, Payment, Settlement
from exigible.web import forms
from exigible.web.access import page
from exigible.web.acting import Attempt, Data, Done, Frame, open_claims


@page(Capability.RECORD_PAYMENTS, section="accounts")
def payment(request: HttpRequest, account_id: int) -> HttpResponse:
    """Record a receipt and what it pays, invoice by invoice; the rest stays unallocated."""
    act = Attempt(request, account_id)
    form = act.form(forms.PaymentForm, value_date=french.day(act.today), kind="transfer")
    claims = open_claims(act.account)
    wanted, wrong = forms.allocations(request.POST, claims)

    def operate(data: Data, frame: Frame) -> Done:
        made = payments.record_payment(
            account_id,
            kind=data["kind"],
            amount_cents=data["amount"],
            value_date=data["value_date"],
            label=data["label"],
            reference=data["reference"],
            allocations=wanted,
            **frame.signed,
        )
        rest = made.unallocated_cents
        words = f"Règlement de {french.euros(made.amount_cents)} saisi"
        words += f", dont {french.euros(rest)} à affecter." if rest else "."
        return Done(words, act.undo("reverse_payment", made.pk))

    return act.answer(
        form,
        operate,
        title="Saisir un règlement",
        verb="Saisir le règlement",
        template="accounts/acts/payment.html",
        refused=wrong,
        rows=_allocation_rows(request, claims),
    )


@page(Capability.RECORD_PAYMENTS, section="accounts")
def allocate(request: HttpRequest, account_id: int, payment_id: int) -> HttpResponse:
    """Say what the unallocated part of a payment pays."""
    act = Attempt(request, account_id)
    made = act.own(Payment, payment_id)
    claims = open_claims(act.account)
    wanted, wrong = forms.allocations(request.POST, claims)

    def operate(data: Data, frame: Frame) -> Done:
        payments.allocate(made.pk, wanted, **frame.signed)
        return Done(f"{french.euros(sum(cents for _, cents in wanted))} affectés.")

    return act.answer(
        act.form(forms.ActForm),
        operate,
        title="Affecter un règlement",
        verb="Affecter",
        template="accounts/acts/payment.html",
        refused=wrong,
        payment=made,
        rows=_allocation_rows(request, claims),
    )


def _allocation_rows(request: HttpRequest, claims: list[Claim]) -> list[tuple[Claim, str]]:
    return [(claim, request.POST.get(f"affecte-{claim.pk}", "")) for claim in claims]


@page(Capability.RECORD_PAYMENTS, section="accounts")
@require_POST
def reverse_payment(request: HttpRequest, account_id: int, payment_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    made = act.own(Payment, payment_id)
    return act.at_once(
        f"Règlement de {french.euros(made.amount_cents)} contrepassé.",
        lambda by, at: payments.reverse_payment(made.pk, on=act.today, by=by, at=at),
    )


@page(Capability.RECORD_PAYMENTS, section="accounts")
@require_POST
def reverse_settlement(request: HttpRequest, account_id: int, settlement_id: int) -> HttpResponse:
    act = Attempt(request, account_id)
    act.own(Settlement, settlement_id)
    return act.at_once(
        "Affectation contrepassée.",
        lambda by, at: payments.reverse_settlement(settlement_id, by=by, at=at),
    )
