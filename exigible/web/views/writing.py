"""Writing to a debtor: choose a text, read the very message, let it leave; the *décompte* as PDF."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from exigible.channels.email.formatting import plain_text
from exigible.channels.templates import template_for, templates
from exigible.documents import decompte
from exigible.domain import french
from exigible.domain.correspondence import Nature
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.statement import statement_answer
from exigible.operations import messages, statements
from exigible.operations.acts import By
from exigible.operations.documents import read_document
from exigible.store.models import Account, Channel, Message, Proposal
from exigible.store.queries import worklist
from exigible.web import answers, clock
from exigible.web.access import account_or_404, page, person
from exigible.web.acting import step_done
from exigible.web.exports import attached
from exigible.web.forms import WriteForm
from exigible.web.typed import row_number
from exigible.web.views.account import situation_day

# The texts a person may choose to send, in order; the others follow from an act (a promise, a copy).
OFFERED = (
    ("avant_echeance", Channel.EMAIL),
    ("relance_1", Channel.EMAIL),
    ("relance_1", Channel.LETTER),
    ("relance_2", Channel.EMAIL),
    ("relance_2", Channel.LETTER),
    ("derniere_relance", Channel.EMAIL),
    ("derniere_relance", Channel.LETTER),
    ("mise_en_demeure", Channel.LRAR),
)
BY_CHANNEL = {
    Channel.EMAIL: "par e-mail",
    Channel.LETTER: "par lettre",
    Channel.LRAR: "par lettre recommandée",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The message as it would leave, or why it would not."""

    subject: str = ""
    text: str = ""
    channel: str = ""
    to: tuple[str, ...] = ()
    principal_cents: int = 0
    total_cents: int = 0
    formal: bool = False
    refusal: Refused | None = None

    @property
    def by_channel(self) -> str:
        return BY_CHANNEL.get(Channel(self.channel), "") if self.channel else ""


@page(Capability.WORK_ACCOUNTS, section="accounts")
def write(request: HttpRequest, account_id: int) -> HttpResponse:
    """The dialog: the text chosen (`modele`, `canal`), or that of a step (`etape`), and its preview.

    Sending writes it again from the facts of that moment; those who may not approve leave it in
    *Envois* for someone who may.
    """
    account, today = account_or_404(request, account_id), clock.today()
    step = _step(request, account)
    form = WriteForm(
        request.POST if request.method == "POST" else None,
        today=today,
        initial={"version": account.version, "etape": step.pk if step else ""},
    )
    options = _options(account)
    asked = (request.POST or request.GET).get("texte", "") or _asked(request, options)
    form.choose("texte", options)
    form.initial["texte"] = asked
    template, _, channel = asked.partition("|")
    shown = _preview(account, step, template, channel, today)
    may_send = person(request).may(Capability.APPROVE_MESSAGES)
    refused = None
    if form.is_valid() and shown.refusal is None:
        try:
            message = _send(request, account, step, form.cleaned_data, may_send=may_send)
        except Refused as refusal:
            refused = refusal
        else:
            words = (
                f"Envoi validé : {message.subject}."
                if may_send
                else "Message préparé : il attend d’être validé dans Envois."
            )
            return answers.acted(
                request,
                words,
                back=reverse("account", args=[account.pk]),
                events=step_done(step.pk if step else None),
            )
    return answers.dialog(
        request,
        "accounts/acts/write.html",
        title=_title(step, shown, may_send=may_send),
        action=_address(account, step),
        back=reverse("account", args=[account.pk]),
        form=form,
        refused=refused,
        account=account,
        step=step,
        shown=shown,
        verb="Valider l’envoi" if may_send else "Préparer le message",
    )


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def statement_pdf(request: HttpRequest, account_id: int) -> HttpResponse:
    """The *décompte* of the account on a day, as a PDF."""
    account, today = account_or_404(request, account_id), clock.today()
    on, wrong_day = situation_day(request, today)
    if wrong_day:  # the screen says what is wrong with it
        return redirect(f"{reverse('statement', args=[account.pk])}?{request.GET.urlencode()}")
    try:
        made, case = statements.account_statement(
            account.pk, on, legal_order=request.GET.get("ordre") == "legal"
        )
    except Refused as refusal:
        return answers.refused(
            request, refusal, back=f"{reverse('statement', args=[account.pk])}?au={on.isoformat()}"
        )
    creditor, debtor = account.creditor, account.debtor
    pdf = decompte.render(
        statement_answer(made),
        creditor=decompte.Party(
            name=creditor.name, kind=creditor.kind, lines=tuple(creditor.address.splitlines())
        ),
        debtor=decompte.Party(name=debtor.name, kind=debtor.kind, lines=_address_lines(account)),
        claims=[
            decompte.ClaimFacts(
                ref=stated.ref, issued_on=claim.issued_on, due_on=claim.due_on, label=claim.label
            )
            for stated, claim in zip(case.case.claims, case.claims, strict=True)
        ],
        reference=account.number,
        at=clock.now(),
    )
    name = f"decompte-{account.number}-{on:%Y-%m-%d}.pdf"
    return attached(HttpResponse(pdf, content_type="application/pdf"), name)


@page(Capability.SEE_ACCOUNTS, section="accounts")
@require_GET
def message_document(request: HttpRequest, account_id: int, message_id: int) -> HttpResponse:
    """The very bytes of a message, as a file to keep: never shown in the page's own name."""
    account = account_or_404(request, account_id)
    message = (
        Message.objects.filter(pk=message_id, account=account, document__isnull=False)
        .select_related("document")
        .first()
    )
    if message is None or message.document is None:
        raise Http404
    document = message.document
    response = HttpResponse(read_document(document), content_type=document.media_type)
    return attached(response, document.name)


def _send(
    request: HttpRequest,
    account: Account,
    step: Proposal | None,
    data: dict[str, Any],
    *,
    may_send: bool,
) -> Message:
    by, at, today = By.user(person(request)), clock.now(), clock.today()
    if step is not None:
        message = messages.prepare(proposal_id=step.pk, by=by, at=at, on=today)
    else:
        template, _, channel = data["texte"].partition("|")
        message = messages.prepare(
            account_id=account.pk,
            template=template,
            channel=channel,
            by=by,
            at=at,
            on=today,
            expected_version=data["version"],
        )
    if may_send:
        message = messages.approve_message(message.pk, by=by, at=at, on=today)
    return message


def _preview(
    account: Account, step: Proposal | None, template: str, channel: str, today: date
) -> Shown:
    try:
        if step is not None:
            seen = messages.preview(on=today, proposal_id=step.pk)
        else:
            seen = messages.preview(
                on=today, account_id=account.pk, template=template, channel=channel
            )
    except Refused as refusal:
        return Shown(refusal=refusal)
    demand = seen.letter.demand
    to = (
        (demand.recipient.name, demand.recipient.email)
        if seen.channel == Channel.EMAIL
        else (demand.recipient.name, *demand.recipient.address)
    )
    return Shown(
        subject=seen.letter.subject,
        text=plain_text(seen.letter),
        channel=seen.channel,
        to=tuple(filter(None, to)),
        principal_cents=demand.principal_cents,
        total_cents=demand.total_cents,
        formal=seen.letter.nature is Nature.FORMAL_NOTICE,
        refusal=seen.refusals[0] if seen.refusals else None,
    )


def _options(account: Account) -> list[tuple[str, str]]:
    """Return the texts written for that kind of debtor: (« clé|canal », words)."""
    known = {(one.key, one.channel) for one in templates()}
    options = []
    for key, channel in OFFERED:
        if (key, "email" if channel == Channel.EMAIL else "letter") not in known:
            continue
        try:
            found = template_for(key, channel, account.debtor.kind)
        except Refused:
            continue
        options.append((f"{key}|{channel.value}", f"{found.name}, {BY_CHANNEL[channel]}"))
    return options


def _asked(request: HttpRequest, options: list[tuple[str, str]]) -> str:
    """Return the text asked for by its key alone (`modele=…`), else the first one."""
    wanted = request.GET.get("modele", "relance_1")
    for value, _ in options:
        if value.startswith(f"{wanted}|"):
            return value
    return options[0][0] if options else ""


def _title(step: Proposal | None, shown: Shown, *, may_send: bool) -> str:
    if shown.refusal is not None:
        return f"Envoi refusé : {step.label.lower()}" if step else "Écrire au débiteur"
    what = "Envoyer" if may_send else "Préparer"
    return f"{what} {shown.by_channel} : {french.euros(shown.total_cents)} réclamés"


def _step(request: HttpRequest, account: Account) -> Proposal | None:
    wanted = row_number((request.POST or request.GET).get("etape", ""))
    if wanted is None:
        return None
    step = worklist.step_for(person(request), wanted)
    if step is None or step.account_id != account.pk:
        raise Http404
    return step if step.channel in worklist.WRITTEN else None


def _address(account: Account, step: Proposal | None) -> str:
    address = reverse("write_act", args=[account.pk])
    return f"{address}?etape={step.pk}" if step else address


def _address_lines(account: Account) -> tuple[str, ...]:
    debtor = account.debtor
    town = f"{debtor.postcode} {debtor.city}".strip()
    lines = (debtor.address_line1, debtor.address_line2, debtor.address_line3, town)
    return tuple(filter(None, lines))
