"""*Envois*: what waits for approval, what leaves, left, failed or is in doubt; the letter batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.channels.email.formatting import plain_text
from exigible.channels.templates import templates
from exigible.documents.letters import letter_pdf
from exigible.documents.preview import MEDIA_TYPE as PNG
from exigible.documents.preview import page_picture
from exigible.documents.typesetting import MEDIA_TYPE as PDF
from exigible.documents.typesetting import page_count
from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.hosting.mail_sink import last_received
from exigible.operations import letter_batches, messages, outbox
from exigible.operations.acts import By
from exigible.operations.documents import DamagedDocument, read_document
from exigible.store.keyset import read_page
from exigible.store.models import Channel, LetterBatch, Message, MessageStatus, User
from exigible.store.queries import outbox as reads
from exigible.store.queries.access import whole_creditors
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, forms, listing, shared_filters
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, attached, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, DayFilter, FilterBar
from exigible.web.typed import row_number, row_numbers, searched

SCREEN = "messages"
PAGE = 100
MOST_AT_ONCE = 2_000
POSTAL = (Channel.LETTER, Channel.LRAR)
WAITING = (MessageStatus.PROPOSED, MessageStatus.HELD, MessageStatus.READY)
TO_APPROVE = outbox.TO_APPROVE
LABELS = {
    "a-valider": "À valider",
    "prets": "Prêts",
    "partis": "Partis",
    "echec": "En échec",
    "incertains": "Incertains",
    "annules": "Annulés",
    "lots": "Lots de lettres",
    "boite": "Boîte de démonstration",
}
NAMED = 12  # messages named one by one in the dialog of a sending
COLUMNS = (
    listing.Column("debtor", "Débiteur", sort="nom", place="name"),
    listing.Column("state", "État", place="state"),
    listing.Column("total", "Réclamé, €", sort="montant", numeric=True, place="main"),
    listing.Column("on", "Préparé le", sort="recent", numeric=True, place="late"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """What a message says, to whom, and what it claims."""

    subject: str
    text: str
    to: tuple[str, ...]
    principal_cents: int
    total_cents: int
    changed_cents: int | None = None  # what it claimed when it was prepared, if that changed
    refusal: Refused | None = None


@page(Capability.SEE_MESSAGES, section=SCREEN)
@require_GET
def envois(request: HttpRequest) -> HttpResponse:
    """The list of a tab, and at the right the message chosen (`message`), as it is or would leave."""
    user, tab = person(request), _tab(request)
    if tab == "lots":
        return _batches(request)
    if tab == "boite":
        return _sink(request)
    bar = filter_bar(request, tab)
    asked_sort, order = listing.chosen_order(request.GET, reads.SORTS, "recent")
    found = reads.rows(user, _wanted(request, bar, tab))
    try:
        slice_ = read_page(
            reads.with_account(found), order, size=PAGE, cursor=request.GET.get("suite", "")
        )
    except ValueError:
        raise Http404 from None
    totals = reads.totals(found)
    chosen = _chosen(request, slice_.rows)
    context = {
        **_frame(request, tab),
        "bar": bar,
        "search": _search(request),
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
    message = _message(request, message_id)
    context = _detail(request, message)
    if answers.is_fragment(request):
        return render(request, "outbox/_detail.html", context)
    return render(request, "outbox/message.html", {**_frame(request, ""), **context})


@page(Capability.SEE_MESSAGES, section=SCREEN)
@require_GET
def letter_sheets(request: HttpRequest, message_id: int) -> HttpResponse:
    """A fragment: the pages of a letter. Asked for apart: setting a letter takes a moment."""
    message = _message(request, message_id)
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
    message = _message(request, message_id)
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
    message = _message(request, message_id)
    try:
        pdf = _pdf(message)
    except (Refused, DamagedDocument):
        raise Http404 from None
    if pdf is None:
        raise Http404
    return attached(HttpResponse(pdf, content_type=PDF), f"lettre-{message.pk}.pdf")


# ---- decisions on one message


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
def approve(request: HttpRequest, message_id: int) -> HttpResponse:
    """Let a message leave, after a dialog that says to whom, for how much, and that it is final."""
    message = _message(request, message_id)
    today = clock.today()
    refused: Refused | None = None
    document = None
    form = forms.ActForm(
        request.POST if request.method == "POST" else None,
        today=today,
        initial={"version": message.account.version},
    )
    if form.is_valid():
        try:
            message = messages.approve_message(
                message.pk,
                by=By.user(person(request)),
                at=clock.now(),
                on=today,
                expected_version=form.cleaned_data["version"],
            )
        except Refused as refusal:
            refused = refusal
        else:
            return _decided(request, f"Envoi validé : {message.subject}.", message)
    else:
        document = _as_it_would_leave(message, today)
        refused = document.refusal
    return answers.dialog(
        request,
        "outbox/approve_dialog.html",
        title=f"Valider l’envoi à {message.account.debtor.name} ?",
        action=reverse("approve_message", args=[message.pk]),
        back=_back(message),
        form=form,
        refused=refused,
        message=message,
        document=document,
        may_leave=refused is None,
        no_server=settings.SMTP is None,
        verb="Valider l’envoi",
    )


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
def hold(request: HttpRequest, message_id: int) -> HttpResponse:
    """Keep a message from leaving, for a reason."""
    return _decide(request, message_id, "retenir")


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
def cancel(request: HttpRequest, message_id: int) -> HttpResponse:
    """Give a message up."""
    return _decide(request, message_id, "annuler")


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
def resolve(request: HttpRequest, message_id: int) -> HttpResponse:
    """Say whether a message in doubt left: a person looked at the provider's."""
    message = _message(request, message_id)
    form = forms.ResolveForm(
        request.POST if request.method == "POST" else None,
        today=clock.today(),
        initial={"version": message.account.version},
    )
    refused = None
    if form.is_valid():
        try:
            message = messages.resolve_uncertain(
                message.pk,
                outcome=form.cleaned_data["outcome"],
                note=form.cleaned_data["note"],
                by=By.user(person(request)),
                at=clock.now(),
                expected_version=form.cleaned_data["version"],
            )
        except Refused as refusal:
            refused = refusal
        else:
            words = (
                "Message noté parti."
                if message.status == MessageStatus.SENT
                else "Message noté non parti : son étape revient dans Ma journée."
            )
            return _decided(request, words, message)
    return answers.dialog(
        request,
        "outbox/resolve_dialog.html",
        title=f"Le message à {message.account.debtor.name} est-il parti ?",
        action=reverse("resolve_message", args=[message.pk]),
        back=_back(message),
        form=form,
        refused=refused,
        message=message,
        verb="Enregistrer",
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that asks a reason: its words, in one act or many."""

    title: str
    title_of_many: str
    verb: str
    done: str
    done_of_many: str
    reason: str
    reason_required: bool = False


DECISIONS = {
    "retenir": Decision(
        "Retenir le message à {}",
        "Retenir {}",
        "Retenir",
        "Message retenu.",
        "retenus",
        "Pourquoi le retenir",
        reason_required=True,
    ),
    "annuler": Decision(
        "Annuler le message à {}",
        "Annuler {}",
        "Annuler l’envoi",
        "Message annulé : son étape revient dans Ma journée.",
        "annulés",
        "Pourquoi l’annuler",
    ),
}


def _decide(request: HttpRequest, message_id: int, which: str) -> HttpResponse:
    message, decision = _message(request, message_id), DECISIONS[which]
    form = _reason_form(request, decision, posted=request.method == "POST")
    form.initial["version"] = message.account.version
    refused = None
    if form.is_valid():
        signed = {
            "by": By.user(person(request)),
            "at": clock.now(),
            "expected_version": form.cleaned_data["version"],
        }
        operate = messages.hold_message if which == "retenir" else messages.cancel_message
        try:
            operate(message.pk, reason=form.cleaned_data["reason"], **signed)
        except Refused as refusal:
            refused = refusal
        else:
            return _decided(request, decision.done, message)
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=decision.title.format(message.account.debtor.name),
        action=request.path,
        back=_back(message),
        form=form,
        refused=refused,
        verb=decision.verb,
    )


# ---- decisions on many messages


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
@require_POST
def approve_many(request: HttpRequest) -> HttpResponse:
    """Let the messages ticked leave, after a dialog: who gets what, the sum, what is set aside, why."""
    user, today = person(request), clock.today()
    ids, beyond = _ticked(request)
    found = list(
        reads.messages_for(user, ids)
        .select_related("account__debtor", "account__creditor", "proposal__step")
        .defer("body")
    )
    plan = outbox.approval_plan(found, on=today)
    if request.POST.get("fait") and plan.fit:
        outcome = outbox.approve_many(
            [message.pk for message in plan.fit], on=today, by=By.user(user), at=clock.now()
        )
        outcome.aside = plan.aside + outcome.aside
        if outcome.queued:
            words = (
                f"{french.count(outcome.queued, 'envoi')} en cours de validation{french.NO_BREAK}: "
                "chacun est relu, ce qui s’y oppose le retient."
            )
            return answers.acted(request, words, back=_tab_address("a-valider"))
        sum_ = french.euros(sum(message.total_cents for message in outcome.done))
        words = f"{french.count(len(outcome.done), 'envoi validé', 'envois validés')}, {sum_}."
        return _decided_many(request, words, outcome.aside)
    words = french.count(len(plan.fit), "message")
    return answers.dialog(
        request,
        "outbox/approve_many_dialog.html",
        title=f"Valider l’envoi de {words} ?" if plan.fit else "Aucun message ne peut partir",
        action=reverse("approve_messages"),
        back=_tab_address("a-valider"),
        form=forms.ActForm(None, today=today),
        plan=plan,
        named=plan.fit[:NAMED],
        more=len(plan.fit) - NAMED,
        emails=plan.count(Channel.EMAIL),
        letters=plan.count(Channel.LETTER),
        registered=plan.count(Channel.LRAR),
        read_over=len(found) <= outbox.AT_ONCE,
        no_server=settings.SMTP is None,
        verb=f"Valider {words}",
        **_carried(request, beyond),
    )


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
@require_POST
def decide_many(request: HttpRequest, verb: str) -> HttpResponse:
    """Hold or cancel the messages ticked, for one reason."""
    decision, user = DECISIONS.get(verb), person(request)
    if decision is None:
        raise Http404
    ids, beyond = _ticked(request)
    found = list(reads.messages_for(user, ids).values_list("pk", "total_cents"))
    form = _reason_form(request, decision, posted=bool(request.POST.get("fait")))
    if form.is_valid() and found:
        operate = outbox.hold_many if verb == "retenir" else outbox.cancel_many
        outcome = operate(
            [pk for pk, _ in found],
            reason=form.cleaned_data["reason"],
            by=By.user(user),
            at=clock.now(),
        )
        words = f"{french.count(len(outcome.done), 'message')} {decision.done_of_many}."
        return _decided_many(request, words, outcome.aside)
    words = french.count(len(found), "message")
    return answers.dialog(
        request,
        "outbox/decide_many_dialog.html",
        title=decision.title_of_many.format(words),
        action=reverse("decide_messages", args=[verb]),
        back=_tab_address("a-valider"),
        form=form,
        verb=f"{decision.verb}, {words}",
        count=len(found),
        cents=sum(cents for _, cents in found),
        **_carried(request, beyond),
    )


@page(Capability.EXPORT, section=SCREEN)
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the tab's view, or what is ticked, as a spreadsheet."""
    user = person(request)
    if request.method == "POST" and not request.POST.get("tout"):
        found = reads.messages_for(user, _ids(request))
        tab = "envois"
    else:
        query = (
            QueryDict(request.POST.get("requete", "")) if request.method == "POST" else request.GET
        )
        tab = query.get("onglet", "a-valider")
        if tab not in reads.TABS:
            raise Http404
        found = reads.rows(user, _wanted(request, filter_bar(request, tab, query), tab, query))
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


# ---- letter batches


def _batches(request: HttpRequest) -> HttpResponse:
    user = person(request)
    batches = list(
        reads.visible_batches(user).order_by("printed_at", "-on", "-pk")[: reads.BATCHES_SHOWN]
    )
    names = names_of(batch.printed_by for batch in batches)
    to_print = [batch for batch in batches if batch.printed_at is None]
    return render(
        request,
        "outbox/batches.html",
        {
            **_frame(request, "lots"),
            "batches": [(batch, names.get(batch.printed_by)) for batch in batches],
            "to_print": len(to_print),
            "letters": sum(batch.letters for batch in to_print),
            "waiting": reads.letters_to_batch(user),
        },
    )


@page(Capability.SEE_MESSAGES, section=SCREEN)
@require_GET
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The letters of one batch."""
    found = _batch(request, batch_id)
    letters = list(reads.batch_letters(found))
    return render(
        request,
        "outbox/batch.html",
        {
            **_frame(request, "lots"),
            "batch": found,
            "letters": letters,
            "cents": sum(letter.total_cents for letter in letters),
            "printed_by": names_of([found.printed_by]).get(found.printed_by),
        },
    )


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
@require_POST
def build_batches(request: HttpRequest) -> HttpResponse:
    """Put the letters that are ready in the day's batches."""
    built = letter_batches.build_batches(
        on=clock.today(), at=clock.now(), by=By.user(person(request))
    )
    letters = sum(batch.letters for batch in built)
    words = (
        f"{french.count(letters, 'lettre')} dans {french.count(len(built), 'lot')} à imprimer."
        if built
        else "Aucune lettre n’est prête : ce qui s’y oppose est écrit sur chacune."
    )
    return answers.acted(request, words, back=_tab_address("lots"))


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
@require_POST
def rebuild_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Make a batch again from today's facts."""
    found = _batch(request, batch_id)
    try:
        made = letter_batches.rebuild_batch(
            found.pk, on=clock.today(), at=clock.now(), by=By.user(person(request))
        )
    except Refused as refusal:
        return answers.refused(request, refusal, back=_tab_address("lots"))
    words = (
        f"Lot {made.pk} reconstitué : {french.count(made.letters, 'lettre')}."
        if made
        else "Plus aucune lettre de ce lot ne peut partir : le lot est retiré."
    )
    return answers.acted(request, words, back=_tab_address("lots"))


@page(Capability.APPROVE_MESSAGES, section=SCREEN)
def post_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Record that a batch went to the post, after a dialog: it is final."""
    found, today = _batch(request, batch_id), clock.today()
    despite = bool(request.POST.get("malgre"))
    refused: Refused | None = None
    if request.method == "POST":
        try:
            letter_batches.mark_printed(
                found.pk,
                by=By.user(person(request)),
                at=clock.now(),
                on=today,
                despite_changes=despite,
                document_id=row_number(request.POST.get("fichier")),
            )
        except Refused as refusal:
            refused = refusal
            found.refresh_from_db()
        else:
            words = f"Lot {found.pk} posté : {french.count(found.letters, 'lettre')} parties."
            return answers.acted(request, words, back=_tab_address("lots"))
    letters = list(reads.batch_letters(found))
    return answers.dialog(
        request,
        "outbox/post_dialog.html",
        title=f"Noter posté le lot de {french.count(found.letters, 'lettre')} ?",
        action=reverse("post_batch", args=[found.pk]),
        back=_tab_address("lots"),
        form=forms.ActForm(None, today=today),
        refused=refused,
        batch=found,
        named=letters[:NAMED],
        more=len(letters) - NAMED,
        cents=sum(letter.total_cents for letter in letters),
        changed=refused is not None and refused.code == "batch_changed",
        verb=f"Lot posté, {french.count(found.letters, 'lettre')}",
    )


@page(Capability.SEE_MESSAGES, section=SCREEN)
@require_GET
def batch_file(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The printer's PDF."""
    found = _batch(request, batch_id)
    if found.document is None:
        raise Http404
    try:
        pdf = read_document(found.document)
    except DamagedDocument:
        raise Http404 from None
    return attached(HttpResponse(pdf, content_type=PDF), found.document.name)


def _batch(request: HttpRequest, batch_id: int) -> LetterBatch:
    user = person(request)
    found = LetterBatch.objects.select_related("creditor", "document").filter(pk=batch_id).first()
    if found is None or found.creditor_id not in whole_creditors(user):
        raise Http404
    return found


# ---- the demonstration's mail box


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
    return render(request, "outbox/sink.html", {**_frame(request, "boite"), "mails": shown})


# ---- reading


def filter_bar(request: HttpRequest, tab: str, query: QueryDict | None = None) -> FilterBar:
    """The filters of a tab."""
    user = person(request)
    filters = shared_filters.of_creditor(user)
    filters += [
        ChoiceFilter(
            "canal",
            "Canal",
            "Par",
            options=[(one.value, str(one.label)) for one in (Channel.EMAIL, *POSTAL)],
        ),
        ChoiceFilter("texte", "Modèle", "Modèle", options=template_names()),
        shared_filters.of_collector(user),
    ]
    if tab == "a-valider":
        filters.append(
            ChoiceFilter(
                "etat",
                "État",
                "État",
                options=[(one.value, str(one.label)) for one in TO_APPROVE],
            )
        )
    if tab == "partis":
        today = clock.today()
        filters += [
            DayFilter("depuis", "Partis depuis le", "Partis depuis le", today=today),
            DayFilter("jusqu_au", "Partis jusqu’au", "Partis jusqu’au", today=today),
        ]
    return FilterBar(filters, request.GET if query is None else query, anchor="envois")


def template_names() -> list[tuple[str, str]]:
    """Return each text once, by its name."""
    names: dict[str, str] = {}
    for one in templates():
        names.setdefault(one.key, one.name)
    return sorted(names.items(), key=lambda pair: pair[1])


def _wanted(
    request: HttpRequest, bar: FilterBar, tab: str, query: QueryDict | None = None
) -> reads.Wanted:
    values = bar.values
    collector = values.get("charge", "")
    since: date | None = values.get("depuis")
    return reads.Wanted(
        tab=tab,
        search=_search(request, query),
        channel=values.get("canal", ""),
        template=values.get("texte", ""),
        status=values.get("etat", ""),
        creditor_id=row_number(values.get("creancier")),
        collector=str(person(request).pk) if collector == "moi" else collector,
        since=since,
        until=values.get("jusqu_au"),
    )


def _frame(request: HttpRequest, tab: str) -> dict[str, Any]:
    """What every page of *Envois* shows: tabs with their counts, whether anything can leave."""
    user = person(request)
    counts = reads.counts(user)
    to_print = reads.visible_batches(user).filter(printed_at__isnull=True).count()
    shown = [key for key in LABELS if key != "boite" or _sink_exists()]
    return {
        "tab": tab,
        "tab_label": LABELS.get(tab, ""),
        "tabs": [
            (key, LABELS[key], to_print if key == "lots" else counts.get(key)) for key in shown
        ],
        "today": clock.today(),
        "no_server": settings.SMTP is None,
        "may": _powers(user),
    }


def _powers(user: User) -> dict[str, bool]:
    return {
        "approve": user.may(Capability.APPROVE_MESSAGES),
        "accounts": user.may(Capability.SEE_ACCOUNTS),
        "export": user.may(Capability.EXPORT),
    }


def _detail(request: HttpRequest, message: Message) -> dict[str, Any]:
    user, today = person(request), clock.today()
    names = names_of([message.created_by, message.approved_by])
    waiting = message.status in WAITING
    document = _as_it_would_leave(message, today) if waiting else _as_it_is(message)
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
        "may": _powers(user),
    }


def _as_it_is(message: Message) -> Document:
    """What a message that left, or will not leave, says: nothing of it changes any more."""
    return Document(
        message.subject,
        message.body,
        tuple(filter(None, [message.to_name, *message.to_address.splitlines()])),
        message.amount_cents,
        message.total_cents,
    )


def _as_it_would_leave(message: Message, today: date) -> Document:
    """What a waiting message would say if it left now; or, unchanged, what stands in its way."""
    try:
        written = messages.rewrite(message.account, message, on=today, automatic=False)
    except Refused as refusal:
        return Document(
            message.subject,
            message.body,
            tuple(filter(None, [message.to_name, *message.to_address.splitlines()])),
            message.amount_cents,
            message.total_cents,
            refusal=refusal,
        )
    letter = written.letter
    demand = letter.demand
    recipient = demand.recipient
    to = recipient.address if message.channel in POSTAL else (recipient.email,)
    return Document(
        letter.subject,
        plain_text(letter),
        tuple(filter(None, (recipient.name, *to))),
        demand.principal_cents,
        demand.total_cents,
        message.total_cents if message.total_cents != demand.total_cents else None,
    )


def _pdf(message: Message) -> bytes | None:
    """The PDF of a letter: its own once it is set, else what today's facts would make."""
    if message.channel not in POSTAL:
        return None
    if message.document is not None:
        return read_document(message.document)
    written = messages.rewrite(message.account, message, on=clock.today(), automatic=False)
    registered = message.channel == Channel.LRAR
    return letter_pdf(written.letter, registered=registered, at=clock.now()).data


def _decided(request: HttpRequest, words: str, message: Message) -> HttpResponse:
    return answers.acted(request, words, back=_back(message))


def _decided_many(
    request: HttpRequest, words: str, aside: Sequence[tuple[Message, str]]
) -> HttpResponse:
    back = _tab_address("a-valider")
    if not aside:
        return answers.acted(request, words, back=back)
    return render(
        request,
        "accounts/bulk_done.html",
        {
            "layout": "components/dialog.html"
            if answers.is_fragment(request)
            else "components/dialog_page.html",
            "page_title": words,
            "aside": [(message.account, why) for message, why in aside],
            "action": "",
            "back": back,
        },
    )


def _reason_form(request: HttpRequest, decision: Decision, *, posted: bool) -> forms.ReasonForm:
    form = forms.ReasonForm(request.POST if posted else None, today=clock.today())
    form.fields["reason"].label = decision.reason
    form.fields["reason"].required = decision.reason_required
    return form


def _message(request: HttpRequest, message_id: int) -> Message:
    message = reads.message_for(person(request), message_id)
    if message is None:
        raise Http404
    return message


def _chosen(request: HttpRequest, rows: Sequence[Message]) -> Message | None:
    """The message shown at the right: the one named by the address, else the first of the page."""
    wanted = row_number(request.GET.get("message", ""))
    if wanted is not None:
        return _message(request, wanted)
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
    if tab not in LABELS or (tab == "boite" and not _sink_exists()):
        raise Http404
    return tab


def _sink_exists() -> bool:
    from exigible.hosting.mail_sink import sink_folder

    return sink_folder(settings.HOME).is_dir()


def _search(request: HttpRequest, query: QueryDict | None = None) -> str:
    return searched(request.GET if query is None else query)


def _ticked(request: HttpRequest) -> tuple[list[int], int]:
    """Return the messages ticked, or those of the whole view, and how many are left out."""
    if not request.POST.get("tout"):
        return _ids(request), 0
    query = QueryDict(request.POST.get("requete", ""))
    tab = query.get("onglet", "a-valider")
    if tab not in reads.TABS:
        raise Http404
    bar = filter_bar(request, tab, query)
    found = reads.rows(person(request), _wanted(request, bar, tab, query)).order_by("-total_cents")
    ids = list(found.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    beyond = max(found.count() - MOST_AT_ONCE, 0) if len(ids) > MOST_AT_ONCE else 0
    return ids[:MOST_AT_ONCE], beyond


def _ids(request: HttpRequest) -> list[int]:
    return row_numbers(request.POST.getlist("message")[:MOST_AT_ONCE])


def _carried(request: HttpRequest, beyond: int) -> dict[str, Any]:
    whole = bool(request.POST.get("tout"))
    return {
        "whole": whole,
        "requete": request.POST.get("requete", ""),
        "ids": [] if whole else _ids(request),
        "beyond": beyond,
    }


def _tab_address(tab: str) -> str:
    return f"{reverse(SCREEN)}?onglet={tab}"


def _back(message: Message) -> str:
    tab = next((key for key, held in reads.TABS.items() if message.status in held), "a-valider")
    return f"{_tab_address(tab)}&message={message.pk}"
