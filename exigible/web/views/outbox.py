"""*Envois*: what waits for approval, what leaves, left, failed or is in doubt."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exigible.documents.letters import letter_pdf
from exigible.documents.preview import MEDIA_TYPE as PNG
from exigible.documents.preview import page_picture
from exigible.documents.typesetting import MEDIA_TYPE as PDF
from exigible.documents.typesetting import page_count
from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.hosting.mail_sink import last_received
from exigible.operations import messages, outbox
from exigible.operations.documents import DamagedDocument, read_document
from exigible.store.keyset import read_page
from exigible.store.models import Channel, Message, MessageStatus
from exigible.store.queries import outbox as reads
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, listing
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, attached, comma_separated, spreadsheet
from exigible.web.outbox_frame import (
    LABELS,
    POSTAL,
    SCREEN,
    as_it_is,
    as_it_would_leave,
    filter_bar,
    frame,
    message_or_404,
    powers,
    search_of,
    sink_exists,
    ticked_messages,
    view_of,
    wanted,
)
from exigible.web.typed import row_number
from exigible.web.views.letter_batches import batches

PAGE = 100
WAITING = (MessageStatus.PROPOSED, MessageStatus.HELD, MessageStatus.READY)
TO_APPROVE = outbox.TO_APPROVE
COLUMNS = (
    listing.Column("debtor", "Débiteur", sort="nom", place="name"),
    listing.Column("state", "État", place="state"),
    listing.Column("total", "Réclamé, €", sort="montant", numeric=True, place="main"),
    listing.Column("on", "Préparé le", sort="recent", numeric=True, place="late"),
)


@page(Capability.SEE_MESSAGES, section=SCREEN)
@require_GET
def envois(request: HttpRequest) -> HttpResponse:
    """The list of a tab, and at the right the message chosen (`message`), as it is or would leave."""
    user, tab = person(request), _tab(request)
    if tab == "lots":
        return batches(request)
    if tab == "boite":
        return _sink(request)
    bar = filter_bar(request, tab)
    asked_sort, order = listing.chosen_order(request.GET, reads.SORTS, "recent")
    found = reads.rows(user, wanted(request, bar, tab))
    try:
        slice_ = read_page(
            reads.with_account(found), order, size=PAGE, cursor=request.GET.get("suite", "")
        )
    except ValueError:
        raise Http404 from None
    totals = reads.totals(found)
    chosen = _chosen(request, slice_.rows)
    context = {
        **frame(request, tab),
        "bar": bar,
        "search": search_of(request),
        "rows": slice_.rows,
        "headers": listing.headers(_columns(tab), request.GET, reads.SORTS, asked_sort),
        "totals": totals,
        "next_cursor": slice_.next_cursor,
        "first_page": not request.GET.get("suite"),
        "query": request.GET.urlencode(),
        "everyone": len({row.account.creditor_id for row in slice_.rows}) > 1,
        **(_detail(request, chosen) if chosen else {}),
    }
    response = render(request, "outbox/page.html", context)
    words = french.count(totals.messages, "message affiché", "messages affichés")
    return answers.announce(response, f"{words}, {french.euros(totals.cents)} réclamés")


@page(Capability.SEE_MESSAGES, section=SCREEN)
@require_GET
def detail(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: what it says, its proof, what can be decided about it."""
    message = message_or_404(request, message_id)
    context = _detail(request, message)
    if answers.is_fragment(request):
        return render(request, "outbox/_detail.html", context)
    return render(request, "outbox/message.html", {**frame(request, ""), **context})


@page(Capability.SEE_MESSAGES, section=SCREEN)
@require_GET
def letter_sheets(request: HttpRequest, message_id: int) -> HttpResponse:
    """A fragment: the pages of a letter. Asked for apart: setting a letter takes a moment."""
    message = message_or_404(request, message_id)
    try:
        pdf = _pdf(message)
    except (Refused, DamagedDocument):
        pdf = None
    if pdf is None:
        raise Http404
    pages = range(1, page_count(pdf) + 1)
    return render(request, "outbox/_sheets.html", {"message": message, "pages": pages})


@page(Capability.SEE_MESSAGES, section=SCREEN)
@require_GET
def page_image(request: HttpRequest, message_id: int, page_number: int) -> HttpResponse:
    """A page of a letter, drawn from its very PDF."""
    message = message_or_404(request, message_id)
    try:
        pdf = _pdf(message)
        if pdf is None or not 1 <= page_number <= page_count(pdf):
            raise Http404
        picture = page_picture(pdf, page_number)
    except (Refused, DamagedDocument):
        raise Http404 from None
    response = HttpResponse(picture, content_type=PNG)
    response["Cache-Control"] = "private, max-age=60"
    return response


@page(Capability.SEE_MESSAGES, section=SCREEN)
@require_GET
def letter_file(request: HttpRequest, message_id: int) -> HttpResponse:
    """The PDF of a letter: the one that left or will, else the one that today's facts would make."""
    message = message_or_404(request, message_id)
    try:
        pdf = _pdf(message)
    except (Refused, DamagedDocument):
        raise Http404 from None
    if pdf is None:
        raise Http404
    return attached(HttpResponse(pdf, content_type=PDF), f"lettre-{message.pk}.pdf")


@page(Capability.EXPORT, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the tab's view, or what is ticked, as a spreadsheet."""
    user = person(request)
    ticks = ticked_messages(request)
    if ticks.whole:
        tab, found = view_of(request, ticks.view)
    else:
        tab, found = "envois", reads.messages_for(user, ticks.ids)
    rows = (
        found.select_related("account__debtor", "account__creditor").defer("body").order_by("-pk")
    )
    sheet = Sheet(
        "Envois",
        [
            "Compte",
            "Débiteur",
            "Créancier",
            "Canal",
            "Objet",
            "Destinataire",
            "État",
            "Raison",
            "Principal",
            "Total réclamé",
            "Préparé le",
            "Parti le",
            "Identifiant",
        ],
        _export_rows(rows.iterator(chunk_size=2000)),
        money=frozenset({8, 9}),
    )
    name = f"{tab}-{clock.today():%Y-%m-%d}"
    if (request.POST or request.GET).get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


def _export_rows(rows: Iterator[Message]) -> Iterator[Sequence[Cell]]:
    for message in rows:
        account = message.account
        yield [
            account.number,
            account.debtor.name,
            account.creditor.name,
            message.get_channel_display(),
            message.subject,
            " ".join([message.to_name, *message.to_address.splitlines()]),
            message.get_status_display(),
            message.status_reason,
            message.amount_cents,
            message.total_cents,
            messages.paris_day(message.created_at),
            message.sent_on,
            message.message_id,
        ]


def _sink(request: HttpRequest) -> HttpResponse:
    """What the local mail server of the demonstration kept, newest first."""
    mails = last_received(settings.HOME, PAGE)
    known = {
        message.message_id: message
        for message in reads.visible_messages(person(request))
        .filter(message_id__in=[mail.message_id for mail in mails])
        .select_related("account__debtor")
        .defer("body")
    }
    shown = [(mail, known[mail.message_id]) for mail in mails if mail.message_id in known]
    return render(request, "outbox/sink.html", {**frame(request, "boite"), "mails": shown})


def _detail(request: HttpRequest, message: Message) -> dict[str, Any]:
    user, today = person(request), clock.today()
    names = names_of([message.created_by, message.approved_by])
    waiting = message.status in WAITING
    document = as_it_would_leave(message, today) if waiting else as_it_is(message)
    return {
        "message": message,
        "account": message.account,
        "document": document,
        "is_letter": message.channel in POSTAL and document.refusal is None,
        "waiting": waiting,
        "to_approve": message.status in TO_APPROVE,
        "created_by": names.get(message.created_by) if message.created_by else None,
        "approved_by": names.get(message.approved_by) if message.approved_by else None,
        "today": today,
        "may": powers(user),
    }


def _pdf(message: Message) -> bytes | None:
    """The PDF of a letter: its own once it is set, else what today's facts would make."""
    if message.channel not in POSTAL:
        return None
    if message.document is not None:
        return read_document(message.document)
    written = messages.rewrite(message.account, message, on=clock.today(), automatic=False)
    registered = message.channel == Channel.LRAR
    return letter_pdf(written.letter, registered=registered, at=clock.now()).data


def _chosen(request: HttpRequest, rows: Sequence[Message]) -> Message | None:
    """The message shown at the right: the one named by the address, else the first of the page."""
    wanted = row_number(request.GET.get("message", ""))
    if wanted is not None:
        return message_or_404(request, wanted)
    return reads.message_for(person(request), rows[0].pk) if rows else None


def _columns(tab: str) -> list[listing.Column]:
    on = {"partis": "Parti le", "prets": "Validé le"}.get(tab, "Préparé le")
    return [
        listing.Column("on", on, sort="recent", numeric=True, place="late")
        if column.key == "on"
        else column
        for column in COLUMNS
    ]


def _tab(request: HttpRequest) -> str:
    tab = request.GET.get("onglet", "a-valider")
    if tab not in LABELS or (tab == "boite" and not sink_exists()):
        raise Http404
    return tab
