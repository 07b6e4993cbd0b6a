"""What a debtor contests, for how much, who has to answer by when; the rest goes on being chased."""

from datetime import date, datetime, timedelta

from django.db.models import Sum

from exigible.domain.french import day, euros
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import figures, proposals
from exigible.operations.acts import By, act_on
from exigible.operations.holds import open_claim
from exigible.store.models import Claim, Dispute

LONGEST_DAYS = 180
REASON_LENGTH = 2000
OUTCOMES = ("upheld", "partial", "rejected")


def open_dispute(
    account_id: int,
    *,
    claim_id: int,
    reason: str,
    on: date,
    answer_due_on: date,
    amount_cents: int | None = None,
    holder: str = "",
    proposal_id: int | None = None,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Dispute:
    """Record that `amount_cents` of a claim is contested (None: all that is not contested yet).

    Refuse without reason, above the claim's balance less what is already contested, and an answer
    due in the past or beyond LONGEST_DAYS. The step `proposal_id`, if it led there, is done.
    """
    reason = reason.strip()[:REASON_LENGTH]
    if not reason:
        raise WrongInput(
            "dispute_reason", "Le motif manque. Notez ce que le débiteur conteste.", field="reason"
        )
    if not on <= answer_due_on <= on + timedelta(days=LONGEST_DAYS):
        raise WrongInput(
            "dispute_answer",
            f"La réponse est attendue entre le {day(on)} et le "
            f"{day(on + timedelta(days=LONGEST_DAYS))}. Saisissez un jour de cette période.",
            field="answer_due_on",
        )
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        claim = open_claim(act, claim_id)
        already = disputed_cents(claim)
        free = claim.balance_cents - already
        wanted = free if amount_cents is None else amount_cents
        if amount_cents == 0:
            raise WrongInput(
                "dispute_nothing",
                "Le montant contesté est nul. Saisissez une somme, ou laissez vide pour toute la "
                "créance.",
                field="amount",
            )
        if not 0 < wanted <= free:
            raise _beyond(claim, already, free)
        dispute = Dispute.objects.create(
            account=act.account,
            claim=claim,
            amount_cents=wanted,
            reason=reason,
            opened_on=on,
            answer_due_on=answer_due_on,
            holder=holder.strip()[:200],
            recorded_by=by.uuid,
            recorded_at=at,
        )
        act.journal(
            "dispute_opened",
            f"dispute:{dispute.pk}",
            claim=claim.pk,
            amount_cents=wanted,
            answer_due_on=answer_due_on.isoformat(),
        )
        if proposal_id is not None:
            proposals.mark_done(proposal_id, account_id=account_id, by=by, at=at)
        figures.refresh([account_id], on)
    return dispute


def close_dispute(
    dispute_id: int,
    *,
    outcome: str,
    on: date,
    accepted_cents: int | None = None,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Answer a dispute: "upheld" (a credit note for all of it is expected), "partial", "rejected".

    Only "partial" takes `accepted_cents`, above nothing and below the contested sum. The claim
    itself does not move: the credit note does that, when accounting posts it.
    """
    if outcome not in OUTCOMES:
        raise WrongInput("dispute_outcome", "Choisissez l’issue du litige.", field="outcome")
    account_id = Dispute.objects.values_list("account_id", flat=True).get(pk=dispute_id)
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        dispute = Dispute.objects.select_for_update().get(pk=dispute_id)
        if dispute.closed_on is not None:
            raise Refused(
                "dispute_closed", f"Ce litige est clos depuis le {day(dispute.closed_on)}."
            )
        if on < dispute.opened_on:
            raise WrongInput(
                "dispute_before",
                f"Le {day(on)} précède l’ouverture du litige ({day(dispute.opened_on)}).",
            )
        accepted = {"upheld": dispute.amount_cents, "rejected": 0}.get(outcome, accepted_cents or 0)
        if outcome == "partial" and not 0 < accepted < dispute.amount_cents:
            raise WrongInput(
                "dispute_accepted",
                f"La part reconnue est entre 0,01 € et {euros(dispute.amount_cents)} exclus. Pour le "
                "tout, choisissez « fondé » ; pour rien, « rejeté ».",
                field="accepted",
            )
        dispute.outcome = outcome
        dispute.accepted_cents = accepted
        dispute.closed_on = on
        dispute.closed_at = at
        dispute.closed_by = by.uuid
        dispute.save(
            update_fields=["outcome", "accepted_cents", "closed_on", "closed_at", "closed_by"]
        )
        act.journal(
            "dispute_closed",
            f"dispute:{dispute.pk}",
            outcome=outcome,
            accepted_cents=accepted,
        )
        figures.refresh([account_id], on)


def disputed_cents(claim: Claim) -> int:
    """Return what open disputes already contest of a claim."""
    standing = Dispute.objects.filter(claim=claim, closed_on__isnull=True)
    return standing.aggregate(total=Sum("amount_cents"))["total"] or 0


def _beyond(claim: Claim, already: int, free: int) -> WrongInput:
    if free <= 0:
        return WrongInput(
            "dispute_whole",
            f"{claim} est déjà contestée en entier ({euros(already)}). Répondez au litige ouvert.",
            field="amount",
        )
    rest = f" moins ce qui est déjà contesté ({euros(already)})" if already else ""
    return WrongInput(
        "dispute_above",
        f"Le montant contesté dépasse le reste dû de {claim} ({euros(claim.balance_cents)}){rest}. "
        f"Saisissez au plus {euros(free)}.",
        field="amount",
    )
