"""Documents dropped in *Pièces* or on an account: received at once, followed while they are read."""

from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.operations import exhibit_intake
from exigible.operations.acts import By
from exigible.store.models import Account, ExhibitArrival
from exigible.store.queries import exhibits as reads
from exigible.store.queries.access import visible_creditors
from exigible.web import answers, chips, clock, forms
from exigible.web.access import account_or_404, page, person
from exigible.web.typed import row_number

OUTCOMES = {
    ExhibitArrival.Status.KEPT: ("pièce gardée", "pièces gardées"),
    ExhibitArrival.Status.KNOWN: ("déjà connue", "déjà connues"),
    ExhibitArrival.Status.REFUSED: ("refusée", "refusées"),
}


def form_of(request: HttpRequest, account: Account | None = None) -> forms.ExhibitForm:
    """The form that receives documents, for an account or for a creditor’s general inbox."""
    bound = request.method == "POST"
    form = forms.ExhibitForm(
        request.POST if bound else None, request.FILES if bound else None, today=clock.today()
    )
    creditors = (
        [account.creditor] if account is not None else list(visible_creditors(person(request)))
    )
    form.choose("creditor", [(str(one.pk), one.name) for one in creditors])
    if account is not None:
        form.fields["creditor"].required = False
    return form


def receive(
    request: HttpRequest, form: forms.ExhibitForm, account: Account | None = None
) -> HttpResponse | None:
    """Keep what was sent and lead to the drop; None, with errors on the form, where it is refused."""
    if not form.is_valid():
        return None
    files: list[UploadedFile] = form.cleaned_data["files"]
    creditor_id = account.creditor_id if account else row_number(form.cleaned_data["creditor"])
    assert creditor_id is not None
    try:
        drop = exhibit_intake.receive(
            [(file.name or "fichier", file) for file in files],  # type: ignore[misc]
            creditor_id=creditor_id,
            account_id=account.pk if account else None,
            by=By.user(person(request)),
            at=clock.now(),
        )
    except Refused as refusal:
        form.refuse(refusal)
        return None
    return answers.go_to(request, reverse("exhibit_drop", args=[drop]))


@page(Capability.WORK_ACCOUNTS, section="accounts")
def on_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Receive documents dropped on an account."""
    account = account_or_404(request, account_id)
    form = form_of(request, account)
    if request.method == "POST" and (received := receive(request, form, account)):
        return received
    return render(
        request,
        "exhibits/upload_page.html",
        {
            "account": account,
            "form": form,
            "action": reverse("account_exhibits", args=[account.pk]),
            "back": address_of(account),
        },
        status=422 if form.is_bound else 200,
    )


def address_of(account: Account) -> str:
    """Return where an account shows its documents."""
    return f"{reverse('account', args=[account.pk])}?onglet=pieces"


@page(Capability.SEE_ACCOUNTS, section="exhibits")
@require_GET
def drop(request: HttpRequest, drop_id: UUID) -> HttpResponse:
    """What became of the files dropped together, told as they are read."""
    rows = list(reads.arrivals(person(request)).filter(drop=drop_id).order_by("pk"))
    if not rows:
        raise Http404
    waiting = sum(row.status == ExhibitArrival.Status.WAITING for row in rows)
    account = rows[0].account
    back = address_of(account) if account else ""
    only = rows[0].exhibit if len(rows) == 1 and not rows[0].note else None
    if only is not None and answers.is_fragment(request):  # followed to its end
        answers.said(request, _sentence(rows))
        return answers.go_to(request, back or reverse("exhibit", args=[only.pk]))
    seen = reads.visible(person(request)).filter(pk__in=[row.exhibit_id for row in rows])
    open_to_all = set(seen.values_list("pk", flat=True))
    return render(
        request,
        "exhibits/drop.html",
        {
            "rows": [
                (row, chips.ARRIVALS[row.status], row.exhibit_id in open_to_all) for row in rows
            ],
            "count": len(rows),
            "read": len(rows) - waiting,
            "waiting": waiting,
            "not_taken": waiting
            and clock.now() - rows[0].recorded_at > exhibit_intake.SLOW_TO_START
            and not any(row.settled_at for row in rows),
            "sentence": _sentence(rows),
            "unfiled": any(row.exhibit and row.exhibit.account_id is None for row in rows),
            "account": account,
            "back": back,
            "received_at": rows[0].recorded_at,
        },
    )


def _sentence(rows: list[ExhibitArrival]) -> str:
    """« 3 pièces gardées, 1 refusée. »"""
    words = []
    for status, (one, several) in OUTCOMES.items():
        number = sum(row.status == status for row in rows)
        if number:
            words.append(french.count(number, one, several))
    return f"{', '.join(words)}." if words else ""
