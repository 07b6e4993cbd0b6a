"""*Imports*: a table prepared before it is taken, the sources that are kept, an import undone."""

from typing import Any

from django import forms as django_forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.intake.mapping.kinds import TargetKind
from exigible.intake.report import COUNTED, WRITTEN, totals_in_words
from exigible.operations import import_drafts, mappings, undoing
from exigible.operations.acts import By
from exigible.operations.table_imports import stock
from exigible.operations.table_imports.taking import Mode, has_ledger
from exigible.store.models import Claim, ImportBatch, ImportMapping, ImportProblem
from exigible.store.queries import imports as reads
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock, forms, import_wizard
from exigible.web.access import page, person
from exigible.web.import_wizard import DAY_ORDERS, DECIMALS, Wizard

SCREEN = "imports"
PROBLEMS_SHOWN = 100


@page(Capability.IMPORT, section=SCREEN)
def prepare(request: HttpRequest, import_id: int) -> HttpResponse:
    """How a table is read, with samples: corrected, checked whole, then imported.

    Each change of the form posts it; `verbe` says what to do beyond drawing it again.
    """
    batch = batch_of(request, import_id)
    if batch.status not in (ImportBatch.Status.DRAFT, ImportBatch.Status.CHECKING):
        return answers.go_to(request, reverse("import_detail", args=[batch.pk]))
    if batch.status == ImportBatch.Status.CHECKING:
        return _draw(request, batch, None)
    posted = request.POST.dict() if request.method == "POST" else None
    wizard = import_wizard.open_wizard(batch, posted)
    if wizard is None or posted is None:
        return _draw(request, batch, wizard)
    refused: Refused | None = None
    verb = posted.get("verbe", "")
    try:
        batch = import_drafts.prepare(
            batch.pk,
            wizard.mapping,
            mode=wizard.mode,
            fingerprint=wizard.fingerprint,
            bank_account=wizard.account,
        )
        wizard.batch = batch
        if verb == "importer" and _must_be_checked(batch, wizard):
            verb = "controler"
        if verb == "importer":
            if posted.get("retenir") and not wizard.missing:
                _keep(request, batch, wizard, posted.get("source", ""))
            import_drafts.start(batch.pk, covers_little=bool(posted.get("peu")))
            return answers.go_to(request, reverse("import_detail", args=[batch.pk]))
        if verb == "controler":
            if wizard.missing:
                raise Refused("mapping_incomplete", f"Désignez encore : {wizard.missing}.")
            batch = import_drafts.start_check(batch.pk)
            return _draw(request, batch, None)
    except Refused as refusal:
        refused = refusal
    return _draw(request, batch, wizard, posted, refused)


def _must_be_checked(batch: ImportBatch, wizard: Wizard) -> bool:
    """Say whether a whole ledger is to be compared with what is open before it is taken."""
    return (
        wizard.mode == Mode.STOCK
        and not wizard.missing
        and not batch.summary.get("dry_run")
        and Claim.objects.filter(account__creditor=batch.creditor_id, balance_cents__gt=0).exists()
    )


def _keep(request: HttpRequest, batch: ImportBatch, wizard: Wizard, name: str) -> None:
    assert batch.creditor is not None
    mappings.keep_mapping(
        batch.creditor,
        wizard.mapping,
        fingerprint=wizard.fingerprint,
        name=name or import_wizard.source_name(batch.filename),
        mode=wizard.mode,
        by=By.user(person(request)),
        at=clock.now(),
    )


def _draw(
    request: HttpRequest,
    batch: ImportBatch,
    wizard: Wizard | None,
    posted: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    checked = bool(batch.summary.get("dry_run"))
    context: dict[str, Any] = {
        "batch": batch,
        "wizard": wizard,
        "checking": batch.status == ImportBatch.Status.CHECKING,
        "checked": _checked(batch) if checked else None,
        "covers_little": stock.warning_of(batch) if checked else None,
        "problems": ImportProblem.objects.filter(batch=batch).order_by("line", "pk")[
            :PROBLEMS_SHOWN
        ]
        if checked
        else [],
        "day_orders": DAY_ORDERS,
        "decimals": DECIMALS,
        "remember": posted is None or bool(posted.get("retenir")),
        "source": (posted or {}).get("source") or import_wizard.source_name(batch.filename),
        "refusal": answers.Refusal.of(refused) if refused else None,
    }
    return render(request, "imports/prepare.html", context, status=422 if refused else 200)


def _checked(batch: ImportBatch) -> dict[str, Any]:
    """Return what the control of the whole file said, in words."""
    kept = batch.summary
    return {
        "accepted": bool(kept.get("accepted")),
        "counts": in_words(kept.get("counts", {}), COUNTED),
        "written": in_words(kept.get("written", {}), WRITTEN),
        "totals": totals_of(kept),
    }


def in_words(counts: dict[str, int], words: dict[str, tuple[str, str]]) -> list[str]:
    """« 3 créances ouvertes », « 1 avoir »: counts that are not nil."""
    return [french.count(counts[name], *said) for name, said in words.items() if counts.get(name)]


def totals_of(kept: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Return the sums of a summary, kept as « 1234.56 »: words, cents, currency."""
    return totals_in_words(
        {
            kind: {currency: int(text.replace(".", "")) for currency, text in sums.items()}
            for kind, sums in kept.get("totals", {}).items()
        }
    )


@page(Capability.IMPORT, section=SCREEN)
@require_POST
def drop(request: HttpRequest, import_id: int) -> HttpResponse:
    """Put a draft aside."""
    batch = batch_of(request, import_id)
    try:
        import_drafts.drop_draft(batch.pk, at=clock.now())
    except Refused as refusal:
        return answers.refused(request, refusal, back=reverse("import_detail", args=[batch.pk]))
    answers.said(request, f"« {batch.filename} » est mis de côté : rien n’en a été pris.")
    return answers.go_to(request, reverse("imports"))


@page(Capability.UNDO_IMPORTS, section=SCREEN)
def undo(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take a whole import back, once a dialog has said what that does."""
    batch = batch_of(request, import_id)
    back = reverse("import_detail", args=[batch.pk])
    form = forms.ReasonForm(request.POST if request.method == "POST" else None, today=clock.today())
    plan = undoing.undo_plan(batch)
    refused: Refused | None = None
    if form.is_valid():
        try:
            undoing.undo_import(
                batch.pk,
                by=By.user(person(request)),
                at=clock.now(),
                reason=form.cleaned_data.get("reason", ""),
            )
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(
                request,
                f"Import annulé : {', '.join(plan.words) or 'rien à reprendre'}.",
                back=back,
            )
    return answers.dialog(
        request,
        "imports/undo_dialog.html",
        title="Annuler tout cet import ?"
        if not plan.blockers
        else "Cet import ne peut pas être annulé",
        action=request.path,
        back=back,
        form=form,
        refused=refused,
        plan=plan,
        batch=batch,
        what=batch.filename,
        verb="Contrepasser cet import",
    )


# ---- sources


@page(Capability.IMPORT, section=SCREEN)
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """The sources whose tables are read again by themselves."""
    kept = list(_sources(request).select_related("creditor").order_by("creditor__name", "name"))
    names = names_of(row.saved_by for row in kept)
    return render(
        request,
        "imports/sources.html",
        {"rows": [(row, names.get(row.saved_by, "")) for row in kept], "count": len(kept)},
    )


@page(Capability.IMPORT, section=SCREEN)
def forget(request: HttpRequest, mapping_id: int) -> HttpResponse:
    """Forget how a source is read, once a dialog has said what that means."""
    kept = _sources(request).filter(pk=mapping_id).first()
    if kept is None:
        raise Http404
    form = forms.ActForm(request.POST if request.method == "POST" else None, today=clock.today())
    if form.is_valid():
        mappings.forget_mapping(kept.pk, by=By.user(person(request)), at=clock.now())
        return answers.acted(
            request, f"Source « {kept.name} » oubliée.", back=reverse("import_sources")
        )
    return answers.dialog(
        request,
        "imports/forget_dialog.html",
        title="Oublier cette source ?",
        action=request.path,
        back=reverse("import_sources"),
        form=form,
        source=kept,
        verb="Oublier",
    )


@page(Capability.IMPORT, section=SCREEN)
def change(request: HttpRequest, mapping_id: int) -> HttpResponse:
    """Change what the files of a source are: what is new, or the whole of what is open."""
    kept = _sources(request).select_related("creditor").filter(pk=mapping_id).first()
    if kept is None:
        raise Http404
    offered = import_wizard.modes_of(TargetKind(kept.kind), has_ledger(kept.creditor_id))
    form = SourceForm(
        request.POST if request.method == "POST" else None,
        today=clock.today(),
        initial={"mode": kept.mode},
    )
    form.fields["mode"].choices = [(value, label) for value, label, _ in offered]  # type: ignore[attr-defined]
    refused: Refused | None = None
    if not offered:
        refused = Refused("no_mode", "Les fichiers de cette source n’ont qu’un emploi.")
    elif form.is_valid():
        mode = form.cleaned_data["mode"]
        mappings.change_mode(kept.pk, mode, by=By.user(person(request)), at=clock.now())
        label = dict(form.fields["mode"].choices)[mode]  # type: ignore[attr-defined]
        return answers.acted(
            request, f"« {kept.name} » : {label.lower()}.", back=reverse("import_sources")
        )
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=f"Ce que sont les fichiers de « {kept.name} »",
        action=request.path,
        back=reverse("import_sources"),
        form=form,
        refused=refused,
        verb="Enregistrer",
    )


class SourceForm(forms.ActForm):
    """What the files of a source are."""

    mode = django_forms.ChoiceField(label="Chaque fichier", widget=django_forms.RadioSelect)


def _sources(request: HttpRequest) -> Any:
    creditors = reads.creditors_to_import(person(request))
    return ImportMapping.objects.filter(creditor__in=creditors)


def batch_of(request: HttpRequest, import_id: int) -> ImportBatch:
    """Return an import of a creditor seen whole; another's does not exist."""
    batch = (
        reads.visible_imports(person(request))
        .select_related("document", "creditor")
        .filter(pk=import_id)
        .first()
    )
    if batch is None:
        raise Http404
    return batch
