"""The events of an account in words, for the timeline of every screen that shows one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.urls import reverse

from exigible.domain import french
from exigible.operations.invoice_statuses import PROPOSES, amount_words
from exigible.store.models import (
    Call,
    Channel,
    Claim,
    Dispute,
    Exhibit,
    Hold,
    InvoiceStatus,
    Message,
    MessageStatus,
    Note,
    Payment,
    PaymentKind,
    Promise,
    Task,
)
from exigible.store.queries.promises import Followed
from exigible.store.queries.timeline import Event, names_of
from exigible.web import wording
from exigible.web.templatetags.french import hour, short_day


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `tone` is "in" (from the debtor), "bad", "law" or ""; `quote` are someone's words."""

    on: date
    icon: str
    tone: str
    title: str
    detail: str = ""
    quote: str = ""
    who: str = ""
    proof: tuple[str, str] | None = None  # (words, address)


def lines(events: Sequence[Event]) -> list[Line]:
    """Word events, the names of their authors read in one query."""
    names = names_of(getattr(event.fact, "recorded_by", None) for event in events)
    return [_line(event, names) for event in events]


def _line(event: Event, names: Mapping[UUID, str]) -> Line:
    fact = event.fact
    who = ""
    if isinstance(fact, (Call, Note, Promise, Dispute, Hold, Exhibit)):
        who = wording.initials(names.get(fact.recorded_by, ""))
    match fact:
        case Call():
            return _call(event.on, fact, who)
        case Note():
            return Line(event.on, "note", "", fact.text, who=who)
        case Message():
            return _message(event.on, fact)
        case Payment():
            return _payment(event.on, fact)
        case Claim():
            return _claim(event.on, fact)
        case InvoiceStatus():
            return status_line(fact)
        case Followed():
            return _late_promise(event.on, fact)
        case Promise():
            return _promise(event.on, fact, who)
        case Dispute():
            return _dispute(event.on, fact, who)
        case Hold():
            return _hold(event.on, fact, who)
        case Task():
            return Line(event.on, "task", "", f"Tâche faite : {fact.label}")
        case Exhibit():
            return Line(
                event.on,
                "doc",
                "",
                f"Pièce reçue : {fact.get_kind_display()}",
                detail=str(fact),
                who=who,
                proof=("pièce", reverse("exhibit", args=[fact.pk])),
            )


def _claim(on: date, claim: Claim) -> Line:
    documents = list(claim.einvoices.all())
    proof = None
    if documents:
        proof = ("document", reverse("einvoice", args=[claim.account_id, documents[0].pk]))
    return Line(
        on,
        "doc",
        "",
        f"{claim.get_kind_display().capitalize()} {claim.ref or 'sans numéro'} : "
        f"{french.euros(claim.amount_cents)}",
        detail=f"échéance le {french.day(claim.due_on)}",
        proof=proof,
    )


def status_line(status: InvoiceStatus) -> Line:
    """Word what a platform or a party said of an invoice."""
    title = f"Facture {status.number} : {status.label or status.code}"
    if status.amounts:
        title += f", {amount_words(status.amounts)}"
    if status.paid_on:
        title += f", le {french.day(status.paid_on)}"
    said_by = {"BY": "l’acheteur", "SE": "le vendeur", "WK": "la plateforme"}.get(
        status.issuer_role
    )
    detail = f"dit par {said_by}" if said_by else ""
    asked = [one["action"] for one in status.reasons if one.get("action")]
    if asked:
        detail += f"{' · ' if detail else ''}demande : {'; '.join(asked)[:200]}"
    why = "; ".join(str(one.get("text") or one.get("code") or "") for one in status.reasons)
    tone = "bad" if status.code in PROPOSES else "in" if status.issuer_role == "BY" else ""
    return Line(status.given_on, "in", tone, title, detail=detail, quote=why[:400])


def _call(on: date, call: Call, who: str) -> Line:
    contact = call.contact.name if call.contact and call.contact.name else ""
    heading = "Appel reçu" if call.incoming else "Appel"
    if contact:
        heading += f" de {contact}" if call.incoming else f" à {contact}"
    outcome = wording.OUTCOMES.get(call.outcome, "")
    title = f"{heading} : {outcome}" if outcome else heading
    reached = call.outcome not in {"left_message", "no_answer", "wrong_number"}
    tone = "bad" if call.outcome == "wrong_number" else "in" if reached else ""
    return Line(on, "phone", tone, title, quote=call.note, who=who)


def _message(on: date, message: Message) -> Line:
    what = message.subject or "Message"
    tone, detail = "", ""
    match message.status:
        case MessageStatus.SENT:
            detail = "parti" + (f" à {hour(message.sent_at)}" if message.sent_at else "")
            if message.to_address and message.channel == Channel.EMAIL:
                detail += f", à {message.to_address}"
        case MessageStatus.REFUSED:
            tone, detail = "bad", f"refusé : {message.status_reason or message.provider_answer}"
        case MessageStatus.UNCERTAIN:
            tone, detail = "bad", "incertain : à vérifier dans Envois"
        case _:
            detail = "en cours d’envoi"
    if message.is_formal_notice and not tone:
        tone = "law"
    proof = ("preuve", reverse("message", args=[message.account_id, message.pk]))
    icon = "mail" if message.channel == Channel.EMAIL else "doc"
    return Line(on, icon, tone, what, detail=detail, proof=proof)


def _payment(on: date, payment: Payment) -> Line:
    if payment.amount_cents < 0:
        return Line(
            on,
            "undo",
            "bad",
            f"{wording.payment(payment.kind, 'contrepassé')} : {french.euros(-payment.amount_cents)}",
            detail=payment.label,
        )
    what = wording.payment(
        payment.kind, "imputé" if payment.kind == PaymentKind.CREDIT_NOTE else "reçu"
    )
    left = payment.unallocated_cents
    detail = payment.label
    if left:
        rest = f"{french.euros(left)} à affecter"
        detail = f"{detail} · {rest}" if detail else rest
    return Line(on, "euro", "in", f"{what} : {french.euros(payment.amount_cents)}", detail=detail)


def _promise(on: date, promise: Promise, who: str) -> Line:
    title = f"Promesse : {french.euros(promise.amount_cents)} pour le {short_day(promise.due_on)}"
    detail = "annulée" if promise.cancelled_at else ""
    tone = "" if promise.cancelled_at else "in"
    return Line(on, "flag", tone, title, detail=detail, quote=promise.note, who=who)


def _late_promise(on: date, late: Followed) -> Line:
    return Line(on, "flag", "bad", f"Promesse échue : {french.euros(late.left_cents)} non reçus")


def _dispute(on: date, dispute: Dispute, who: str) -> Line:
    title = f"Contestation de {dispute.claim.ref or 'la créance'} : {french.euros(dispute.amount_cents)}"
    detail = ""
    if dispute.closed_on:
        detail = f"{dispute.get_outcome_display()} le {french.day(dispute.closed_on)}"
    return Line(on, "split", "in", title, detail=detail, quote=dispute.reason, who=who)


def _hold(on: date, hold: Hold, who: str) -> Line:
    what = french.euros(hold.amount_cents) if hold.amount_cents else "tout le compte"
    if hold.claim:
        what = hold.claim.ref or "une créance"
    end = "levée" if hold.lifted_at else f"jusqu’au {french.day(hold.ends_on)}"
    return Line(on, "pause", "", f"Suspension : {what}", detail=f"{hold.reason} · {end}", who=who)
