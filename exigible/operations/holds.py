"""Suspensions: an amount, a claim or the whole account is not chased, for a reason, until a day."""

from datetime import date, datetime, timedelta

from exigible.domain.french import day, euros
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import figures
from exigible.operations.acts import AccountAct, By, act_on
from exigible.operations.promises import payable_cents
from exigible.store.models import Claim, Hold

LONGEST_DAYS = 180
REASON_LENGTH = 500


def place_hold(
    account_id: int,
    *,
    reason: str,
    ends_on: date,
    on: date,
    claim_id: int | None = None,
    amount_cents: int | None = None,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Hold:
    """Suspend from `on` to `ends_on` included; without amount all of it, without claim the account.

    Refuse without reason, without end or beyond LONGEST_DAYS, and above what is owed.
    """
    reason = reason.strip()[:REASON_LENGTH]
    if not reason:
        raise WrongInput(
            "hold_reason",
            "La raison manque. Dites pourquoi le compte est suspendu.",
            field="reason",
        )
    if ends_on < on:
        raise WrongInput(
            "hold_past",
            f"Le {day(ends_on)} est passé. Saisissez le dernier jour de la suspension.",
            field="ends_on",
        )
    if ends_on > on + timedelta(days=LONGEST_DAYS):
        raise WrongInput(
            "hold_long",
            f"Une suspension dure au plus {LONGEST_DAYS} jours, soit jusqu’au "
            f"{day(on + timedelta(days=LONGEST_DAYS))}. Elle peut être renouvelée.",
            field="ends_on",
        )
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        claim = open_claim(act, claim_id) if claim_id is not None else None
        owed = claim.balance_cents if claim else payable_cents(act, on)
        if amount_cents is not None and not 0 < amount_cents <= owed:
            what = f"le reste dû de {claim}" if claim else "le reste dû"
            raise WrongInput(
                "hold_amount",
                f"Le montant suspendu est entre 0,01 € et {what} ({euros(owed)}). Laissez-le vide "
                "pour tout suspendre.",
                field="amount",
            )
        hold = Hold.objects.create(
            account=act.account,
            claim=claim,
            amount_cents=amount_cents,
            reason=reason,
            starts_on=on,
            ends_on=ends_on,
            recorded_by=by.uuid,
            recorded_at=at,
        )
        act.journal(
            "hold_placed",
            f"hold:{hold.pk}",
            claim=claim_id,
            amount_cents=amount_cents,
            ends_on=ends_on.isoformat(),
        )
        figures.refresh([account_id], on)
    return hold


def lift_hold(hold_id: int, *, on: date, by: By, at: datetime) -> None:
    """End a suspension before its day; refuse one that is lifted or over."""
    account_id = Hold.objects.values_list("account_id", flat=True).get(pk=hold_id)
    with act_on(account_id, by=by, at=at) as act:
        hold = Hold.objects.select_for_update().get(pk=hold_id)
        if hold.lifted_at is not None:
            raise Refused("hold_lifted", "Cette suspension est déjà levée.")
        if hold.ends_on < on:
            raise Refused(
                "hold_over", f"Cette suspension a pris fin le {day(hold.ends_on)}. Rien à lever."
            )
        hold.lifted_at = at
        hold.lifted_by = by.uuid
        hold.save(update_fields=["lifted_at", "lifted_by"])
        act.journal("hold_lifted", f"hold:{hold.pk}")
        figures.refresh([account_id], on)


def open_claim(act: AccountAct, claim_id: int) -> Claim:
    """Return an open claim of the account; refuse another's, or a settled one."""
    claim = Claim.objects.filter(pk=claim_id, account=act.account).first()
    if claim is None:
        raise WrongInput("claim", "Cette créance n’est pas de ce compte.", field="claim")
    if claim.balance_cents <= 0:
        raise WrongInput("claim_settled", f"{claim} est soldée : rien à faire.", field="claim")
    return claim
