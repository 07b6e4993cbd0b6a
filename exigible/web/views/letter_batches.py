"""*Lots de lettres*: made up, printed, posted."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.documents.typesetting import MEDIA_TYPE as PDF
from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations import letter_batches
from exigible.operations.acts import By
from exigible.operations.documents import DamagedDocument, read_document
from exigible.store.keyset import Order, read_page
from exigible.store.models import LetterBatch
from exigible.store.queries import outbox as reads
from exigible.store.queries.access import whole_creditors
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, forms, shared_filters
from exigible.web.access import page, person
from exigible.web.exports import attached
from exigible.web.filters import ChoiceFilter, DayFilter, Filter, FilterBar
from exigible.web.outbox_frame import POSTAL, SCREEN, frame, tab_address
from exigible.web.typed import row_number

PAGE = 100
NAMED = 12  # letters named one by one in the dialog of a posting


def batches(request: HttpRequest) -> HttpResponse:
    """The tab of the batches: first those to print, whatever their number, then those posted."""
    user = person(request)
    bar = batch_filters(request)
    found = _narrowed(reads.visible_batches(user), bar)
    to_print = list(found.filter(printed_at__isnull=True).order_by("-on", "-pk"))
    first_page = not request.GET.get("suite")
    try:
        posted = read_page(
            found.filter(printed_at__isnull=False),
            Order("pk", descending=True),
            size=PAGE,
            cursor=request.GET.get("suite", ""),
        )
    except ValueError:
        raise Http404 from None
    rows = [*(to_print if first_page else []), *posted.rows]
    names = names_of(batch.printed_by for batch in rows)
    return render(
        request,
        "outbox/batches.html",
        {
            **frame(request, "lots"),
            "bar": bar,
            "batches": [(batch, names.get(batch.printed_by)) for batch in rows],
            "to_print": len(to_print),
            "letters": sum(batch.letters for batch in to_print),
            "waiting": reads.letters_to_batch(user),
            "next_cursor": posted.next_cursor,
            "first_page": first_page,
        },
    )


def batch_filters(request: HttpRequest) -> FilterBar:
    """The filters of the batches, read from the address."""
    types = [(one.value, str(one.label)) for one in POSTAL]
    states = [("a-imprimer", "à imprimer"), ("poste", "posté")]
    filters: list[Filter] = [
        *shared_filters.of_creditor(person(request)),
        ChoiceFilter("type", "Type", "Type", options=types),
        ChoiceFilter("etat", "État", "État", options=states),
        DayFilter("depuis", "Préparés depuis le", "Préparés depuis le", today=clock.today()),
        DayFilter("jusqu_au", "Préparés jusqu’au", "Préparés jusqu’au", today=clock.today()),
    ]
    return FilterBar(filters, request.GET, anchor="lots")


def _narrowed(found: QuerySet[LetterBatch], bar: FilterBar) -> QuerySet[LetterBatch]:
    values = bar.values
    wanted = {
        "creditor_id": row_number(values.get("creancier")),
        "channel": values.get("type"),
        "on__gte": values.get("depuis"),
        "on__lte": values.get("jusqu_au"),
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    if state := values.get("etat"):
        found = found.filter(printed_at__isnull=state == "a-imprimer")
    return found


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
            **frame(request, "lots"),
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
    return answers.acted(request, words, back=tab_address("lots"))


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
        return answers.refused(request, refusal, back=tab_address("lots"))
    words = (
        f"Lot {made.pk} reconstitué : {french.count(made.letters, 'lettre')}."
        if made
        else "Plus aucune lettre de ce lot ne peut partir : le lot est retiré."
    )
    return answers.acted(request, words, back=tab_address("lots"))


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
            return answers.acted(request, words, back=tab_address("lots"))
    letters = list(reads.batch_letters(found))
    return answers.dialog(
        request,
        "outbox/post_dialog.html",
        title=f"Noter posté le lot de {french.count(found.letters, 'lettre')} ?",
        action=reverse("post_batch", args=[found.pk]),
        back=tab_address("lots"),
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
