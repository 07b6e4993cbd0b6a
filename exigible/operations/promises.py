"""A debtor's word: noted, cancelled. Whether it is kept is computed from payments, never stored.

A promise never exceeds what is due. Once a collective procedure is open, debts born before its
opening may no longer be paid (C. com. art. L. 622-7): a promise then covers later ones only.
"""

from datetime import date, datetime, timedelta

from django.db.models import Sum

from exigible.domain.french import day, euros
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import figures, proposals
from exigible.operations.acts import AccountAct, By, act_on
from exigible.store.models import Account, Claim, Contact, Payment, Promise
from exigible.store.queries.promises import followed

FURTHEST_DAYS = 90  # beyond, it is a payment plan
NOTE_LENGTH = 4000


def record_promise(
    account_id: int,
    *,
    amount_cents: int,
    due_on: date,
    on: date,
    note: str = "",
    contact_id: int | None = None,
    proposal_id: int | None = None,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Promise:
    """Note that the debtor will pay `amount_cents` by `due_on`; said on `on`.

    Refuse a sum above what is due less what is already promised, and a day in the past or more
    than FURTHEST_DAYS away. The step `proposal_id`, if the promise answers one, is done.
    """
    if amount_cents <= 0:
        raise WrongInput(
            "promise_amount", "Le montant promis est nul. Saisissez une somme.", field="amount"
        )
    if due_on < on:
        raise WrongInput(
            "promise_past",
            f"Le {day(due_on)} est passé. Saisissez le jour où le règlement est attendu.",
            field="due_on",
        )
    if due_on > on + timedelta(days=FURTHEST_DAYS):
        raise WrongInput(
            "promise_far",
            f"Le {day(due_on)} est à plus de {FURTHEST_DAYS} jours. Au-delà, convenez d’un échéancier.",
            field="due_on",
        )
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        due = payable_cents(act, on)
        promised = pending_cents(act.account, on)
        if amount_cents > due - promised:
            raise _too_much(act, due, promised)
        promise = Promise.objects.create(
            account=act.account,
            amount_cents=amount_cents,
            made_on=on,
            due_on=due_on,
            note=note.strip()[:NOTE_LENGTH],
            contact=contact_of(act, contact_id),
            recorded_by=by.uuid,
            recorded_at=at,
        )
        act.journal(
            "promise_recorded",
            f"promise:{promise.pk}",
            amount_cents=amount_cents,
            due_on=due_on.isoformat(),
        )
        if proposal_id is not None:
            proposals.mark_done(proposal_id, account_id=account_id, by=by, at=at)
        figures.refresh([account_id], on)
    return promise


def cancel_promise(promise_id: int, *, on: date, by: By, at: datetime) -> None:
    """Withdraw a promise noted by mistake or taken back; refuse one already cancelled."""
    account_id = Promise.objects.values_list("account_id", flat=True).get(pk=promise_id)
    with act_on(account_id, by=by, at=at) as act:
        promise = Promise.objects.select_for_update().get(pk=promise_id)
        if promise.cancelled_at is not None:
            raise Refused("promise_cancelled", "Cette promesse est déjà annulée.")
        promise.cancelled_at = at
        promise.cancelled_by = by.uuid
        promise.save(update_fields=["cancelled_at", "cancelled_by"])
        act.journal("promise_cancelled", f"promise:{promise.pk}")
        figures.refresh([account_id], on)


def payable_cents(act: AccountAct, on: date) -> int:
    """Return what the debtor may pay, in euros: open claims less unallocated credit.

    After the opening of a collective procedure, only claims born since, that very day included,
    count. Another currency is never added to euros.
    """
    claims = Claim.objects.filter(account=act.account, balance_cents__gt=0, currency="EUR")
    opened_on = act.account.debtor.insolvency_opened_on
    if opened_on is not None and opened_on <= on:
        claims = claims.filter(issued_on__gte=opened_on)
    owed = claims.aggregate(total=Sum("balance_cents"))["total"] or 0
    payments = Payment.objects.filter(account=act.account, currency="EUR")
    credit = payments.aggregate(paid=Sum("amount_cents"), used=Sum("allocated_cents"))
    unallocated = (credit["paid"] or 0) - (credit["used"] or 0)
    return max(0, owed - max(0, unallocated))


def pending_cents(account: Account, on: date) -> int:
    """Return what standing promises, not yet past their day, still promise."""
    return sum(one.left_cents for one in followed(account, on) if one.promise.due_on >= on)


def contact_of(act: AccountAct, contact_id: int | None) -> Contact | None:
    """Return a contact of the account's debtor; refuse another's."""
    if contact_id is None:
        return None
    contact = Contact.objects.filter(pk=contact_id, debtor=act.account.debtor).first()
    if contact is None:
        raise WrongInput(
            "contact", "Ce contact n’est pas celui du débiteur. Choisissez-en un autre."
        )
    return contact


def _too_much(act: AccountAct, due: int, promised: int) -> Refused:
    opened_on = act.account.debtor.insolvency_opened_on
    if opened_on is not None and due == 0:
        return Refused(
            "promise_insolvency",
            f"Une procédure collective est ouverte depuis le {day(opened_on)} : les créances "
            "antérieures ne peuvent plus être payées. Déclarez la créance au mandataire.",
            article="C. com. art. L. 622-7",
        )
    if promised:
        return WrongInput(
            "promise_above_due",
            f"Le montant dépasse le reste dû ({euros(due)}) moins ce qui est déjà promis "
            f"({euros(promised)}). Annulez la promesse en cours, ou saisissez au plus "
            f"{euros(max(0, due - promised))}.",
            field="amount",
        )
    return WrongInput(
        "promise_above_due",
        f"Le montant dépasse le reste dû ({euros(due)}). Saisissez une somme inférieure ou égale.",
        field="amount",
    )
