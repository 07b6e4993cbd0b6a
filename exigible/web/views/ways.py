"""*Administration*, ways in: the folders watched and the mailboxes read, with how each fares."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from exigible.domain import french
from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.states import Chip
from exigible.domain.text_keys import name_key
from exigible.operations.acts import By
from exigible.operations.ways import watching
from exigible.store.models import Creditor, MailBox, WatchedFolder
from exigible.store.queries import ways as reads
from exigible.store.queries.ordering import by_name
from exigible.web import answers, chips, clock, forms
from exigible.web.access import page, person
from exigible.web.exports import Cell, Sheet, comma_separated, spreadsheet
from exigible.web.filters import ChoiceFilter, FilterBar
from exigible.web.typed import row_numbers, searched

SECTION = "administration"
STATES = (("marche", "en marche"), ("panne", "en panne"), ("pause", "en pause"))
type Place = WatchedFolder | MailBox


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def ways(request: HttpRequest) -> HttpResponse:
    """What is watched and read, for whom, and what goes wrong."""
    bar = _bar(request)
    folders, boxes = _found(request, bar)
    return render(
        request,
        "administration/ways.html",
        {
            "tab": "voies",
            "bar": bar,
            "search": searched(request.GET),
            "folders": [(one, state_of(one)) for one in folders],
            "boxes": [(one, state_of(one)) for one in boxes],
            "root": watching.drop_root(),
            "seconds": settings.ENVIRONMENT.look_seconds,
            "query": request.GET.urlencode(),
        },
    )


@page(Capability.ADMINISTER, section=SECTION)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the list as a spreadsheet."""
    folders, boxes = _found(request, _bar(request))

    def lines() -> Iterator[Sequence[Cell]]:
        for one in [*folders, *boxes]:
            yield [
                "Dossier" if isinstance(one, WatchedFolder) else "Boîte e-mail",
                str(one),
                one.creditor.name,
                state_of(one).label,
                one.error,
                one.brought,  # type: ignore[union-attr]
                one.refused,  # type: ignore[union-attr]
                one.looked_at.date() if one.looked_at else None,
            ]

    heads = ["Voie", "Où", "Créancier", "État", "Panne", "Reçus", "Refusés", "Regardée le"]
    sheet = Sheet("Voies d’entrée", heads, lines())
    name = f"voies-d-entree-{clock.today():%Y-%m-%d}"
    if request.GET.get("format") == "csv":
        return comma_separated(sheet, f"{name}.csv")
    return spreadsheet(sheet, f"{name}.xlsx")


@page(Capability.ADMINISTER, section=SECTION)
def watch_folder(request: HttpRequest) -> HttpResponse:
    """Watch one more folder."""
    form = _folder_form(request, {"still_seconds": 10})

    def act(data: dict[str, Any], **signed: Any) -> str:
        made = watching.watch_folder(
            int(data["creditor"]), data["path"], still_seconds=data["still_seconds"], **signed
        )
        return f"Le dossier « {made.path} » est surveillé."

    return _dialog(request, form, act, "Surveiller un dossier", "Surveiller")


@page(Capability.ADMINISTER, section=SECTION)
def folder(request: HttpRequest, folder_id: int) -> HttpResponse:
    """Change a folder's settings."""
    one = _folder(folder_id)
    initial = {
        "creditor": str(one.creditor_id),
        "path": one.path,
        "still_seconds": one.still_seconds,
    }
    form = _folder_form(request, initial)
    form.fields["creditor"].disabled = True

    def act(data: dict[str, Any], **signed: Any) -> str:
        watching.change_folder(one.pk, data["path"], still_seconds=data["still_seconds"], **signed)
        return "Dossier enregistré."

    return _dialog(request, form, act, f"Dossier « {one.path} »", "Enregistrer")


@page(Capability.ADMINISTER, section=SECTION)
@sensitive_post_parameters("password")
def open_mailbox(request: HttpRequest) -> HttpResponse:
    """Read one more mailbox."""
    form = _box_form(request, None)

    def act(data: dict[str, Any], **signed: Any) -> str:
        made = watching.open_mailbox(int(data["creditor"]), form.facts(), **signed)
        return f"La boîte {made.user} est lue. « Essayer » dit si elle répond."

    return _dialog(request, form, act, "Lire une boîte e-mail", "Lire cette boîte")


@page(Capability.ADMINISTER, section=SECTION)
@sensitive_post_parameters("password")
def mailbox(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Change a mailbox's settings; its password is replaced, never shown."""
    one = _box(mailbox_id)
    form = _box_form(request, one)
    form.fields["creditor"].disabled = True
    form.fields[
        "password"
    ].help_text = "Vide : celui qui est gardé reste. Il n’est jamais réaffiché."

    def act(data: dict[str, Any], **signed: Any) -> str:
        watching.change_mailbox(one.pk, form.facts(), **signed)
        return "Boîte enregistrée."

    return _dialog(request, form, act, f"Boîte {one.user}", "Enregistrer")


@page(Capability.ADMINISTER, section=SECTION)
def close_folder(request: HttpRequest, folder_id: int) -> HttpResponse:
    """Stop watching a folder for good, once a dialog has said what that means."""
    return _close(request, _folder(folder_id))


@page(Capability.ADMINISTER, section=SECTION)
def close_mailbox(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Stop reading a mailbox for good, once a dialog has said what that means."""
    return _close(request, _box(mailbox_id))


@page(Capability.ADMINISTER, section=SECTION)
@require_POST
def act_on_folder(request: HttpRequest, folder_id: int, verb: str) -> HttpResponse:
    """Pause a folder, or look at it again."""
    return _act(request, _folder(folder_id), verb)


@page(Capability.ADMINISTER, section=SECTION)
@require_POST
def act_on_mailbox(request: HttpRequest, mailbox_id: int, verb: str) -> HttpResponse:
    """Pause a mailbox, read it again, or try it now."""
    return _act(request, _box(mailbox_id), verb)


# What is done to many: title, what it means, button, what is said of it afterwards.
BULK = {
    "suspendre": (
        "Mettre {} en pause ?",
        "Rien n’en viendra avant qu’on les reprenne ; ce qui y est déposé attend.",
        "Mettre en pause",
        "en pause",
    ),
    "reprendre": (
        "Reprendre {} ?",
        "Ce qui y attend est pris au prochain regard.",
        "Reprendre",
        "de nouveau en marche",
    ),
    "fermer": (
        "Fermer {} ?",
        "Plus rien n’en viendra. Ce qui en est venu reste ; pour les rouvrir, il faudra les régler de "
        "nouveau.",
        "Fermer",
        "pour de bon",
    ),
}


@page(Capability.ADMINISTER, section=SECTION)
@require_POST
def in_bulk(request: HttpRequest, verb: str) -> HttpResponse:
    """Pause, resume or close the places ticked, once a dialog has named them."""
    if verb not in BULK:
        raise Http404
    title, intro, button, done = BULK[verb]
    ticked = [
        *WatchedFolder.objects.filter(
            pk__in=row_numbers(request.POST.getlist("dossier")), closed_at__isnull=True
        ).order_by("path"),
        *MailBox.objects.filter(
            pk__in=row_numbers(request.POST.getlist("boite")), closed_at__isnull=True
        ).order_by("user"),
    ]
    concerned = [one for one in ticked if verb == "fermer" or one.paused == (verb == "reprendre")]
    words = french.count(len(concerned), "voie")
    form = forms.ActForm(request.POST if request.POST.get("fait") else None, today=clock.today())
    if concerned and form.is_valid():
        signed = _signed(request)
        acted = 0
        for one in concerned:
            with contextlib.suppress(Refused):  # closed by somebody else meanwhile
                if verb == "fermer":
                    watching.close(one, **signed)
                else:
                    watching.pause(one, paused=verb == "suspendre", **signed)
                acted += 1
        said = french.count(acted, "voie")
        said = (
            f"{said} fermée{'s' if acted > 1 else ''} {done}."
            if verb == "fermer"
            else f"{said} {done}."
        )
        return answers.acted(request, said, back=reverse("ways"))
    out = len(ticked) - len(concerned)
    return answers.dialog(
        request,
        "administration/bulk_dialog.html",
        title=title.format(words),
        action=reverse("ways_in_bulk", args=[verb]),
        back=reverse("ways"),
        form=form,
        intro=intro if concerned else "Aucune de celles qui sont cochées n’est concernée.",
        named=[f"{one}, {one.creditor.name}" for one in concerned],
        ticks=[
            ("dossier" if isinstance(one, WatchedFolder) else "boite", one.pk) for one in concerned
        ],
        out=f"{french.count(out, 'voie cochée l’est déjà', 'voies cochées le sont déjà')}."
        if out
        else "",
        verb=f"{button} {words}",
    )


def state_of(one: Place) -> Chip:
    """The chip of a place: paused, failing, or in order."""
    if one.paused:
        return chips.WAY_PAUSED
    if one.failing_since:
        return chips.WAY_FAILING
    return chips.WAY_OPEN if one.looked_at else chips.WAY_NEW


def _act(request: HttpRequest, one: Place, verb: str) -> HttpResponse:
    signed = _signed(request)

    def paused(value: bool) -> Callable[[], str]:
        def act() -> str:
            watching.pause(one, paused=value, **signed)
            return f"{one} : en pause." if value else f"{one} : de nouveau en marche."

        return act

    acts: dict[str, Callable[[], str]] = {
        "suspendre": paused(True),
        "reprendre": paused(False),
    }
    if isinstance(one, MailBox):
        acts["essayer"] = lambda: watching.try_mailbox(one.pk)
    back = reverse("ways")
    try:
        words = acts[verb]()
    except Refused as refusal:
        return answers.refused(request, refusal, back=back)
    return answers.acted(request, words, back=back)


def _close(request: HttpRequest, one: Place) -> HttpResponse:
    form = forms.ActForm(request.POST if request.method == "POST" else None, today=clock.today())
    refused: Refused | None = None
    if form.is_valid():
        try:
            watching.close(one, **_signed(request))
        except Refused as refusal:
            refused = refusal
        else:
            words = f"{one} : fermé. Ce qui en est venu reste."
            return answers.acted(request, words, back=reverse("ways"))
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=f"Fermer « {one} » ?",
        action=request.path,
        back=reverse("ways"),
        form=form,
        refused=refused,
        intro="Plus rien n’en viendra. Ce qui en est venu reste ; pour la rouvrir, il faudra la régler "
        "de nouveau.",
        verb="Fermer cette voie",
    )


def _dialog(
    request: HttpRequest,
    form: forms.FolderForm | forms.MailBoxForm,
    act: Callable[..., str],
    title: str,
    verb: str,
) -> HttpResponse:
    refused: Refused | None = None
    if form.is_valid():
        try:
            words = act(form.cleaned_data, **_signed(request))
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(request, words, back=reverse("ways"))
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=title,
        action=request.path,
        back=reverse("ways"),
        form=form,
        refused=refused,
        verb=verb,
    )


def _folder_form(request: HttpRequest, initial: dict[str, Any]) -> forms.FolderForm:
    form = forms.FolderForm(
        request.POST if request.method == "POST" else None, today=clock.today(), initial=initial
    )
    form.choose("creditor", _creditors())
    form.fields[
        "path"
    ].help_text = f"Son nom sous {watching.drop_root()} : il est créé s’il n’existe pas."
    return form


def _box_form(request: HttpRequest, one: MailBox | None) -> forms.MailBoxForm:
    form = forms.MailBoxForm(
        request.POST if request.method == "POST" else None,
        today=clock.today(),
        initial=forms.MailBoxForm.initial_of(one),
    )
    form.choose("creditor", _creditors())
    form.fields["password"].required = one is None
    return form


def _creditors() -> list[tuple[str, str]]:
    found = Creditor.objects.filter(archived=False).order_by(by_name())
    return [(str(one.pk), one.name) for one in found]


def _bar(request: HttpRequest) -> FilterBar:
    return FilterBar(
        [
            ChoiceFilter("creancier", "Créancier", "Créancier", options=_creditors()),
            ChoiceFilter("etat", "État", "État", options=STATES),
        ],
        request.GET,
        anchor="voies",
    )


def _found(request: HttpRequest, bar: FilterBar) -> tuple[list[WatchedFolder], list[MailBox]]:
    """Return what the search and the filters leave, by name."""
    words = name_key(searched(request.GET))
    creditor, state = bar.values.get("creancier", ""), bar.values.get("etat", "")

    def wanted(one: Place) -> bool:
        said = "pause" if one.paused else "panne" if one.failing_since else "marche"
        return (
            words in name_key(f"{one} {one.creditor.name} {getattr(one, 'host', '')}")
            and creditor in ("", str(one.creditor_id))
            and state in ("", said)
        )

    def key(one: Place) -> tuple[str, int]:
        return name_key(str(one)), one.pk

    return (
        sorted((one for one in reads.folders() if wanted(one)), key=key),
        sorted((one for one in reads.mailboxes() if wanted(one)), key=key),
    )


def _folder(folder_id: int) -> WatchedFolder:
    found = WatchedFolder.objects.filter(pk=folder_id, closed_at__isnull=True).first()
    if found is None:
        raise Http404
    return found


def _box(mailbox_id: int) -> MailBox:
    found = MailBox.objects.filter(pk=mailbox_id, closed_at__isnull=True).first()
    if found is None:
        raise Http404
    return found


def _signed(request: HttpRequest) -> dict[str, Any]:
    return {"by": By.user(person(request)), "at": clock.now()}
