"""Messages before they leave, and after nobody knows whether they did.

A message is prepared from an approved step or by hand, read over, approved, held or cancelled; what
makes it leave is in `sending` (e-mails) and `letter_batches` (letters). Until then its text is only
a draft: it is written again from the facts at the moment it leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from exigible.channels.email.formatting import plain_text
from exigible.channels.templates import Template, template_for
from exigible.domain.compliance import POSTAL, Outgoing, refusals
from exigible.domain.correspondence import Correspondence, Nature
from exigible.domain.french import day
from exigible.domain.refusals import Refused, WrongInput
from exigible.operations import demands, figures
from exigible.operations.acts import AccountAct, By, act_on
from exigible.operations.demands import AccountStanding, Standing, Written, message_reference
from exigible.operations.queueing import queue_sending
from exigible.store.models import (
    Account,
    Channel,
    Message,
    MessageStatus,
    Promise,
    Proposal,
    ProposalStatus,
)
from exigible.store.queries import outgoing as queries

NO_SERVER = (
    "Aucun serveur d’envoi n’est réglé (EXIGIBLE_SMTP_URL) : le message partira dès qu’il le sera."
)
PREPARED_TOGETHER = 500
WAITING = (MessageStatus.PROPOSED, MessageStatus.READY, MessageStatus.HELD)
NOBODY = UUID(int=0)
COPY_TEMPLATE = "copie_mise_en_demeure"
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Preview:
    """What would leave today, by which channel, and what stands in its way."""

    letter: Correspondence
    channel: str
    refusals: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a message would be written: its text, its channel, what chose them."""

    template: Template
    channel: str
    notice_days: int


def prepare(
    *,
    proposal_id: int | None = None,
    account_id: int | None = None,
    template: str = "",
    channel: str = "",
    promise_id: int | None = None,
    by: By,
    at: datetime,
    on: date,
    expected_version: int | None = None,
    standing: Standing | None = None,
) -> Message:
    """Write a message, from a proposed step or (with `account_id` and `template`) by hand.

    From an approved step it is READY and leaves by itself; otherwise it waits for approval
    (PROPOSED). Without a usable e-mail address the step's other channel is taken. Refuse, creating
    nothing, what the facts or the compliance gate refuse. Preparing a step twice returns the same
    message. `standing` holds accounts read together, the account's among them: a draft may be a
    moment old, what leaves is read again.
    """
    proposal = _written_step(proposal_id) if proposal_id is not None else None
    if proposal is not None:
        account_id = proposal.account_id
    assert account_id is not None, "a message belongs to an account"
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        if proposal is not None:
            proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
            existing = _live_message(proposal)
            if existing is not None:
                return existing
            if proposal.status not in {ProposalStatus.OPEN, ProposalStatus.APPROVED}:
                raise Refused(
                    "already_decided",
                    f"Cette étape est déjà {proposal.get_status_display()} : rien n’a été préparé.",
                )
        approved = proposal is not None and proposal.status == ProposalStatus.APPROVED
        decided_by = proposal.decided_by if proposal and approved else None
        by_person = decided_by not in {None, NOBODY}
        plan = _plan(act.account, proposal, template, channel)
        message = Message.objects.create(
            account=act.account,
            proposal=proposal,
            channel=plan.channel,
            template=plan.template.key,
            template_version=plan.template.version,
            is_formal_notice=plan.template.nature is Nature.FORMAL_NOTICE,
            created_by=by.uuid,
            created_at=at,
            approved_by=decided_by if by_person else None,
            approved_at=proposal.decided_at if proposal and by_person else None,
        )
        written = _write(
            act.account,
            message,
            plan,
            on=on,
            automatic=approved and not by_person,
            promise=_promise(act.account, promise_id),
            standing=standing.of(account_id) if standing else None,
        )
        set_text(message, written)
        if approved:
            make_ready(message, at=at)
        message.save()
        act.journal(
            "message_prepared",
            f"message:{message.pk}",
            template=message.template,
            channel=message.channel,
            status=message.status,
            cents=message.amount_cents,
        )
    return message


def prepare_copy(letter: Message, *, by: By, at: datetime, on: date) -> Message:
    """Prepare the e-mail copy of a mise en demeure that left by post, its PDF attached, and queue it."""
    assert letter.document is not None
    with act_on(letter.account_id, by=by, at=at) as act:
        template = template_for(COPY_TEMPLATE, Channel.EMAIL, act.account.debtor.kind)
        copy = Message.objects.create(
            account=act.account,
            channel=Channel.EMAIL,
            template=template.key,
            created_by=by.uuid,
            created_at=at,
        )
        copy.claims.set(letter.claims.all())
        copy.attachments.add(letter.document)
        set_text(copy, rewrite(act.account, copy, on=on, automatic=True))
        make_ready(copy, at=at)
        copy.save()
        act.journal("message_prepared", f"message:{copy.pk}", copy_of=letter.pk)
    return copy


def prepare_approved(*, on: date, by: By, at: datetime, limit: int = PREPARED_TOGETHER) -> int:
    """Prepare the messages of approved steps that have none; return how many were looked at.

    A step whose message is refused goes back to the worklist with the reason.
    """
    rows = queries.approved_without_message().values_list("pk", "account_id")[:limit]
    proposals = list(rows)
    standing = Standing([account_id for _, account_id in proposals], on)
    for proposal_id, _ in proposals:
        try:
            prepare(proposal_id=proposal_id, by=by, at=at, on=on, standing=standing)
        except Refused as refusal:
            give_back(proposal_id, refusal.message, by=by, at=at)
    return len(proposals)


def preview(
    *,
    on: date,
    proposal_id: int | None = None,
    account_id: int | None = None,
    template: str = "",
    channel: str = "",
) -> Preview:
    """Return the message as it would leave today, without writing anything."""
    proposal = _written_step(proposal_id) if proposal_id is not None else None
    if proposal is not None:
        account_id = proposal.account_id
    assert account_id is not None, "a message belongs to an account"
    account = Account.objects.select_related("creditor", "debtor").get(pk=account_id)
    plan = _plan(account, proposal, template, channel)
    written = demands.write(
        account,
        plan.template,
        on=on,
        channel=plan.channel,
        reference=account.number,
        notice_days=plan.notice_days,
    )
    outgoing = Outgoing(
        correspondence=written.letter,
        channel=plan.channel,
        insolvency_opened_on=account.debtor.insolvency_opened_on,
        earlier_demands=queries.demands_sent(account.pk, on, None),
    )
    return Preview(written.letter, plan.channel, tuple(refusals(outgoing)))


def approve_message(
    message_id: int, *, by: By, at: datetime, on: date, expected_version: int | None = None
) -> Message:
    """Let a message leave: it is written again from today's facts, then queued."""
    with _waiting(message_id, by, at, expected_version) as (act, message):
        written = rewrite(act.account, message, on=on, automatic=False)
        set_text(message, written)
        message.approved_by, message.approved_at = by.uuid, at
        make_ready(message, at=at)
        message.save()
        if message.proposal:
            message.proposal.status = ProposalStatus.APPROVED
            message.proposal.held_reason = ""
            message.proposal.decided_by, message.proposal.decided_at = by.uuid, at
            message.proposal.save(
                update_fields=["status", "held_reason", "decided_by", "decided_at"]
            )
        act.journal(
            "message_approved",
            f"message:{message.pk}",
            cents=message.amount_cents,
            to=message.channel,
        )
    return message


def hold_message(
    message_id: int,
    *,
    reason: str,
    by: By,
    at: datetime,
    expected_version: int | None = None,
) -> Message:
    """Keep a message from leaving until someone approves it again."""
    reason = reason.strip()
    if not reason:
        raise WrongInput("reason", "Dites pourquoi ce message est retenu.", field="reason")
    with _waiting(message_id, by, at, expected_version) as (act, message):
        hold(act, message, reason)
    return message


def cancel_message(
    message_id: int,
    *,
    by: By,
    at: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Message:
    """Give a message up; its step goes back to the worklist."""
    with _waiting(message_id, by, at, expected_version) as (act, message):
        cancel(act, message, reason.strip() or "Annulé.", step=ProposalStatus.OPEN)
    return message


def resolve_uncertain(
    message_id: int,
    *,
    outcome: str,
    by: By,
    at: datetime,
    note: str = "",
    expected_version: int | None = None,
) -> Message:
    """Record what a person found out of an uncertain message: "sent" or "not_sent".

    Not sent, it is cancelled and its step goes back to the worklist: whatever is sent next is a new
    message, under a new Message-ID.
    """
    if outcome not in {"sent", "not_sent"}:
        raise WrongInput("outcome", "Dites si le message est parti ou non.", field="outcome")
    account_id = Message.objects.values_list("account_id", flat=True).get(pk=message_id)
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        message = locked(message_id)
        if message.status != MessageStatus.UNCERTAIN:
            raise Refused(
                "not_uncertain",
                f"Ce message est {message.get_status_display()} : il n’y a pas de doute à lever.",
            )
        if outcome == "sent":
            assert message.sending_at is not None
            message.status = MessageStatus.SENT
            message.sent_at = message.sending_at
            message.sent_on = paris_day(message.sending_at)
            message.status_reason = note.strip() or "Parti, constaté après coup."
            message.save(update_fields=["status", "sent_at", "sent_on", "status_reason"])
            issue_step(message)
        else:
            cancel(act, message, note.strip() or "Non parti, constaté.", step=ProposalStatus.OPEN)
        figures.refresh([account_id], paris_day(at))
        act.journal("message_resolved", f"message:{message.pk}", outcome=outcome, note=note)
    return message


# ---- shared with `sending` and `letter_batches`


def rewrite(
    account: Account,
    message: Message,
    *,
    on: date,
    automatic: bool,
    standing: AccountStanding | None = None,
) -> Written:
    """Write a prepared message again from the facts of `on`, and ask the gate."""
    plan = _plan_of(account, message)
    promise, claim_ids = None, None
    if plan.template.nature is Nature.CONFIRMATION:
        promise = _promise(account, None)
    if message.template == COPY_TEMPLATE:  # it speaks of its letter's claims, no other
        claim_ids = tuple(message.claims.values_list("pk", flat=True))
    return _write(
        account,
        message,
        plan,
        on=on,
        automatic=automatic,
        promise=promise,
        claim_ids=claim_ids,
        standing=standing,
    )


def set_text(message: Message, written: Written) -> None:
    """Put the text, the addressee and the sums of the day on a message, unsaved."""
    letter = written.letter
    recipient = letter.demand.recipient
    message.subject = letter.subject
    message.body = plain_text(letter)
    message.to_name = recipient.name
    message.to_address = (
        "\n".join(recipient.address) if message.channel in POSTAL else recipient.email
    )
    message.amount_cents = letter.demand.principal_cents
    message.total_cents = letter.demand.total_cents
    message.template_version = letter.version
    message.claims.set(written.claim_ids)


def make_ready(message: Message, *, at: datetime) -> None:
    """Mark a message as ready, unsaved, and queue its sending if it goes by e-mail."""
    message.status = MessageStatus.READY
    message.status_reason = ""
    message.next_attempt_at = None
    if message.channel != Channel.EMAIL:
        return
    if settings.SMTP is None:
        message.status_reason = NO_SERVER
    else:
        queue_sending(message.pk)


def hold(act: AccountAct, message: Message, reason: str) -> None:
    """Hold a message with its reason; a letter leaves its batch, which has to be made again."""
    _leave_batch(message)
    message.status = MessageStatus.HELD
    message.status_reason = reason
    message.save()
    if message.proposal:
        message.proposal.held_reason = reason
        message.proposal.save(update_fields=["held_reason"])
    act.journal("message_held", f"message:{message.pk}", reason=reason)


def cancel(act: AccountAct, message: Message, reason: str, *, step: ProposalStatus) -> None:
    """Cancel a message; its step becomes `step` (open again, or obsolete)."""
    _leave_batch(message)
    message.status = MessageStatus.CANCELLED
    message.status_reason = reason
    message.save(update_fields=["status", "status_reason", "batch"])
    if message.proposal:
        message.proposal.status = step
        message.proposal.held_reason = reason
        message.proposal.save(update_fields=["status", "held_reason"])
    act.journal("message_cancelled", f"message:{message.pk}", reason=reason)


def issue_step(message: Message) -> None:
    """Say that the step of a message that left was carried out."""
    if message.proposal:
        message.proposal.status = ProposalStatus.ISSUED
        message.proposal.held_reason = ""
        message.proposal.save(update_fields=["status", "held_reason"])


def give_back(proposal_id: int, reason: str, *, by: By, at: datetime) -> None:
    """Put an approved step that cannot leave back in the worklist, with the reason."""
    account_id = Proposal.objects.values_list("account_id", flat=True).get(pk=proposal_id)
    with act_on(account_id, by=by, at=at) as act:
        proposal = Proposal.objects.select_for_update().get(pk=proposal_id)
        if proposal.status != ProposalStatus.APPROVED:
            return
        proposal.status = ProposalStatus.OPEN
        proposal.held_reason = reason
        proposal.save(update_fields=["status", "held_reason"])
        act.journal("proposal_given_back", f"proposal:{proposal.pk}", reason=reason)


def locked(message_id: int) -> Message:
    """Return a message under its lock; the caller holds its account's."""
    return (
        Message.objects.select_for_update(of=("self",))
        .select_related("proposal", "proposal__step", "batch")
        .get(pk=message_id)
    )


def paris_day(at: datetime) -> date:
    """Return the Paris day of a moment."""
    return at.astimezone(PARIS).date()


# ---- helpers


def _written_step(proposal_id: int) -> Proposal:
    proposal = Proposal.objects.select_related("step").get(pk=proposal_id)
    if proposal.channel not in queries.WRITTEN:
        raise Refused(
            "not_a_message",
            f"« {proposal.label} » ne s’écrit pas : c’est un appel ou une tâche.",
            field="channel",
        )
    return proposal


def _live_message(proposal: Proposal) -> Message | None:
    return proposal.messages.exclude(
        status__in=[MessageStatus.CANCELLED, MessageStatus.REFUSED]
    ).first()


def _plan(account: Account, proposal: Proposal | None, template: str, channel: str) -> _Plan:
    """Choose text and channel: the step's, or its fallback where the debtor has no e-mail."""
    step = proposal.step if proposal else None
    key = template or (step.template if step else "")
    wanted = channel or (proposal.channel if proposal else Channel.EMAIL)
    fallback = step.fallback_channel if step else ("" if channel else Channel.LETTER)
    chosen = wanted
    if wanted == Channel.EMAIL and fallback and not demands.has_email(account.debtor):
        chosen = fallback
    found = template_for(key, chosen, account.debtor.kind)
    return _Plan(found, chosen, demands.notice_horizon(step.offset_days if step else None))


def _plan_of(account: Account, message: Message) -> _Plan:
    step = message.proposal.step if message.proposal else None
    found = template_for(message.template, message.channel, account.debtor.kind)
    return _Plan(found, message.channel, demands.notice_horizon(step.offset_days if step else None))


def _write(
    account: Account,
    message: Message,
    plan: _Plan,
    *,
    on: date,
    automatic: bool,
    promise: Promise | None,
    claim_ids: tuple[int, ...] | None = None,
    standing: AccountStanding | None = None,
) -> Written:
    if plan.template.nature is Nature.CONFIRMATION and promise is None:
        raise Refused("no_promise", "Aucune promesse en cours n’est à confirmer sur ce compte.")
    standing = standing or Standing([account.pk], on).of(account.pk)
    if automatic:
        _refuse_if_overtaken(message.proposal, standing)
    written = demands.write(
        account,
        plan.template,
        on=on,
        channel=plan.channel,
        reference=message_reference(account, message.pk),
        claim_ids=claim_ids,
        notice_days=plan.notice_days,
        promise=promise,
        standing=standing,
    )
    demands.require_lawful(
        account,
        written,
        channel=plan.channel,
        automatic=automatic,
        except_message=message.pk,
        is_copy=message.template == COPY_TEMPLATE,
    )
    return written


def _refuse_if_overtaken(proposal: Proposal | None, standing: AccountStanding) -> None:
    """Refuse a step of a cycle that is over: what it chased is settled, and something else is late.

    A last reminder waiting for a server must not become the first word on a new invoice.
    """
    if proposal is None or proposal.step is None or proposal.step.offset_days < 0:
        return
    if standing.cycle is not None and standing.cycle != proposal.cycle:
        raise Refused(
            "step_overtaken",
            f"Cette étape suivait l’impayé du {day(proposal.cycle)}, qui n’est plus le plus ancien "
            "à relancer : un nouveau cycle commence par sa première étape.",
        )


def _promise(account: Account, promise_id: int | None) -> Promise | None:
    """Return the promise to confirm: the one named, or the last one still standing."""
    rows = Promise.objects.filter(account=account, cancelled_at__isnull=True)
    if promise_id is not None:
        return rows.get(pk=promise_id)
    return rows.order_by("-recorded_at", "-pk").first()


@contextmanager
def _waiting(
    message_id: int, by: By, at: datetime, expected_version: int | None
) -> Iterator[tuple[AccountAct, Message]]:
    """Open an act on the account of a message that has not left, both locked."""
    account_id = Message.objects.values_list("account_id", flat=True).get(pk=message_id)
    with act_on(account_id, by=by, at=at, expected_version=expected_version) as act:
        message = locked(message_id)
        if message.status not in WAITING:
            raise Refused(
                "already_left",
                f"Ce message est {message.get_status_display()} : rien n’a été changé.",
            )
        yield act, message


def _leave_batch(message: Message) -> None:
    """Take a letter out of its batch, unsaved; the batch's file no longer holds true."""
    if message.batch is not None:
        message.batch.document = None
        message.batch.save(update_fields=["document"])
        message.batch = None
