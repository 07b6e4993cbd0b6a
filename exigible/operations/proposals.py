"""What a person decides about a proposed step: let it go, put it off, set it aside, do it."""

from __future__ import annotations

from datetime import date, datetime

from exigible.domain.french import day as french_day
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations.acts import By, act_on
from exigible.store.models import Proposal, ProposalStatus

MAX_POSTPONE_DAYS = 92


def approve(
    proposal_id: int, *, by: By, at: datetime, expected_version: int | None = None
) -> Proposal:
    """Let a proposed message leave; it is prepared, checked again and sent by `messages`."""
    return _decide(
        proposal_id, ProposalStatus.APPROVED, "proposal_approved", by, at, expected_version
    )


def dismiss(
    proposal_id: int,
    *,
    by: By,
    at: datetime,
    note: str = "",
    expected_version: int | None = None,
) -> Proposal:
    """Set a step aside for this cycle; the next one will be proposed in its turn."""
    return _decide(
        proposal_id, ProposalStatus.DISMISSED, "proposal_dismissed", by, at, expected_version, note
    )


def mark_done(
    proposal_id: int,
    *,
    by: By,
    at: datetime,
    account_id: int | None = None,
    note: str = "",
    expected_version: int | None = None,
) -> Proposal:
    """Say that a call or a task was carried out.

    `account_id` is the account of the act that carries it out: a step of another is refused.
    """
    _of_account(proposal_id, account_id)
    return _decide(
        proposal_id, ProposalStatus.DONE, "proposal_done", by, at, expected_version, note
    )


def postpone(
    proposal_id: int,
    *,
    until: date,
    on: date,
    by: By,
    at: datetime,
    account_id: int | None = None,
    note: str = "",
    expected_version: int | None = None,
) -> Proposal:
    """Show a proposal again on a later day; a reason is kept with it. See `mark_done`."""
    _of_account(proposal_id, account_id)
    if not 0 < (until - on).days <= MAX_POSTPONE_DAYS:
        raise WrongInput(
            "postpone",
            f"Choisissez un jour après le {french_day(on)}, dans les trois mois.",
            field="until",
        )
    proposal = Proposal.objects.get(pk=proposal_id)
    with act_on(proposal.account_id, by=by, at=at, expected_version=expected_version) as act:
        proposal = _open(proposal_id)
        proposal.show_from = until
        proposal.decided_by, proposal.decided_at = by.uuid, at
        proposal.decision_note = note
        proposal.save(update_fields=["show_from", "decided_by", "decided_at", "decision_note"])
        act.journal(
            "proposal_postponed", f"proposal:{proposal.pk}", until=until.isoformat(), note=note
        )
    return proposal


def _of_account(proposal_id: int, account_id: int | None) -> None:
    """Refuse a step that is not of the account acted on: it may be of another portfolio."""
    if account_id is None:
        return
    if not Proposal.objects.filter(pk=proposal_id, account_id=account_id).exists():
        raise Refused(
            "step_of_another_account",
            "L’étape à faire n’est pas de ce compte : rien n’a été enregistré. Rouvrez-la depuis "
            "« Ma journée ».",
        )


def _decide(
    proposal_id: int,
    status: ProposalStatus,
    action: str,
    by: By,
    at: datetime,
    expected_version: int | None,
    note: str = "",
) -> Proposal:
    account_id = Proposal.objects.values_list("account_id", flat=True).get(pk=proposal_id)
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        proposal = _open(proposal_id)
        proposal.status = status
        proposal.decided_by, proposal.decided_at = by.uuid, at
        proposal.decision_note = note
        proposal.save(update_fields=["status", "decided_by", "decided_at", "decision_note"])
        act.journal(action, f"proposal:{proposal.pk}", step=proposal.action, note=note)
    return proposal


def _open(proposal_id: int) -> Proposal:
    proposal = Proposal.objects.select_for_update().get(pk=proposal_id)
    if proposal.status != ProposalStatus.OPEN:
        raise Refused(
            "already_decided",
            f"Cette étape est déjà {proposal.get_status_display()} : rien n’a été changé.",
        )
    return proposal
