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
from exigible.operations import exhibit_intake, exhibit_undoing
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
            "drop_id": drop_id,
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
            "may_undo": not waiting
            and person(request).may(Capability.WORK_ACCOUNTS)
            and any(
                row.status == ExhibitArrival.Status.KEPT
                and row.exhibit is not None
                and row.exhibit.withdrawn_at is None
                for row in rows
            )
            and _all_seen(request, rows),
        },
    )


@page(Capability.WORK_ACCOUNTS, section="exhibits")
def undo(request: HttpRequest, drop_id: UUID) -> HttpResponse:
    """Take a whole drop back, once a dialog has said what that does."""
    rows = list(reads.arrivals(person(request)).filter(drop=drop_id))
    if not rows or not _all_seen(request, rows):
        raise Http404
    back = reverse("exhibit_drop", args=[drop_id])
    form = forms.ReasonForm(request.POST if request.method == "POST" else None, today=clock.today())
    plan = exhibit_undoing.undo_drop_plan(drop_id)
    refused: Refused | None = None
    if form.is_valid():
        try:
            exhibit_undoing.undo_drop(
                drop_id,
                by=By.user(person(request)),
                at=clock.now(),
                reason=form.cleaned_data["reason"],
            )
        except Refused as refusal:
            refused = refusal
        else:
            answers.said(request, f"Dépôt annulé : {', '.join(plan.words)}.")
            return answers.go_to(request, back)
    return answers.dialog(
        request,
        "imports/undo_dialog.html",
        title="Annuler ce dépôt ?" if not plan.blockers else "Ce dépôt ne s’annule pas d’un bloc",
        action=request.path,
        back=back,
        form=form,
        refused=refused,
        plan=plan,
        what=rows[0].filename if len(rows) == 1 else french.count(len(rows), "document"),
        verb="Retirer ces pièces",
        keep="Garder les pièces",
    )


def _all_seen(request: HttpRequest, rows: list[ExhibitArrival]) -> bool:
    """Say whether a person sees the whole of a drop, and every exhibit that came of it."""
    if len(rows) != ExhibitArrival.objects.filter(drop=rows[0].drop).count():
        return False
    kept = {row.exhibit_id for row in rows if row.exhibit_id}
    return reads.visible(person(request)).filter(pk__in=kept).count() == len(kept)


def _sentence(rows: list[ExhibitArrival]) -> str:
    """« 3 pièces gardées, 1 refusée. »"""
    words = []
    for status, (one, several) in OUTCOMES.items():
        number = sum(row.status == status for row in rows)
        if number:
            words.append(french.count(number, one, several))
    return f"{', '.join(words)}." if words else ""
