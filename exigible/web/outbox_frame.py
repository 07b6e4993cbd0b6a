"""What the views of *Envois* share: the tabs, their filters, what is ticked, a message as it reads."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from exigible.channels.email.formatting import plain_text
from exigible.channels.templates import templates
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations import messages, outbox
from exigible.store.models import Channel, Message, User
from exigible.store.queries import outbox as reads
from exigible.web import clock, shared_filters
from exigible.web.access import person
from exigible.web.filters import ChoiceFilter, DayFilter, FilterBar
from exigible.web.ticked import Ticked, ticked
from exigible.web.typed import row_number, searched

SCREEN = "messages"
MOST_AT_ONCE = 2_000
POSTAL = (Channel.LETTER, Channel.LRAR)
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


def frame(request: HttpRequest, tab: str) -> dict[str, Any]:
    """What every page of *Envois* shows: tabs with their counts, whether anything can leave."""
    user = person(request)
    counts = reads.counts(user)
    to_print = reads.visible_batches(user).filter(printed_at__isnull=True).count()
    shown = [key for key in LABELS if key != "boite" or sink_exists()]
    return {
        "tab": tab,
        "tab_label": LABELS.get(tab, ""),
        "tabs": [
            (key, LABELS[key], to_print if key == "lots" else counts.get(key)) for key in shown
        ],
        "today": clock.today(),
        "no_server": settings.SMTP is None,
        "may": powers(user),
    }


def powers(user: User) -> dict[str, bool]:
    return {
        "approve": user.may(Capability.APPROVE_MESSAGES),
        "accounts": user.may(Capability.SEE_ACCOUNTS),
        "export": user.may(Capability.EXPORT),
    }


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
                options=[(one.value, str(one.label)) for one in outbox.TO_APPROVE],
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


def wanted(
    request: HttpRequest, bar: FilterBar, tab: str, query: QueryDict | None = None
) -> reads.Wanted:
    values = bar.values
    collector = values.get("charge", "")
    since: date | None = values.get("depuis")
    return reads.Wanted(
        tab=tab,
        search=search_of(request, query),
        channel=values.get("canal", ""),
        template=values.get("texte", ""),
        status=values.get("etat", ""),
        creditor_id=row_number(values.get("creancier")),
        collector=str(person(request).pk) if collector == "moi" else collector,
        since=since,
        until=values.get("jusqu_au"),
    )


def message_or_404(request: HttpRequest, message_id: int) -> Message:
    message = reads.message_for(person(request), message_id)
    if message is None:
        raise Http404
    return message


def as_it_is(message: Message) -> Document:
    """What a message that left, or will not leave, says: nothing of it changes any more."""
    return Document(
        message.subject,
        message.body,
        tuple(filter(None, [message.to_name, *message.to_address.splitlines()])),
        message.amount_cents,
        message.total_cents,
    )


def as_it_would_leave(message: Message, today: date) -> Document:
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


def ticked_messages(request: HttpRequest) -> Ticked:
    """What is ticked of the messages of a tab."""
    return ticked(request, "message", most=MOST_AT_ONCE)


def view_of(request: HttpRequest, query: QueryDict) -> tuple[str, QuerySet[Message]]:
    """Return the tab that an address shows, and its messages."""
    tab = query.get("onglet", "a-valider")
    if tab not in reads.TABS:
        raise Http404
    bar = filter_bar(request, tab, query)
    return tab, reads.rows(person(request), wanted(request, bar, tab, query))


def chosen(request: HttpRequest, ticks: Ticked) -> tuple[list[int], int]:
    """Return the messages ticked, or those of the whole view, and how many are left out."""
    if not ticks.whole:
        return ticks.ids, 0
    found = view_of(request, ticks.view)[1].order_by("-total_cents")
    ids = list(found.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    beyond = max(found.count() - MOST_AT_ONCE, 0) if len(ids) > MOST_AT_ONCE else 0
    return ids[:MOST_AT_ONCE], beyond


def sink_exists() -> bool:
    from exigible.hosting.mail_sink import sink_folder

    return sink_folder(settings.HOME).is_dir()


def search_of(request: HttpRequest, query: QueryDict | None = None) -> str:
    return searched(request.GET if query is None else query)


def tab_address(tab: str) -> str:
    return f"{reverse(SCREEN)}?onglet={tab}"
