"""The rules of matching, creditor by creditor: what may be booked alone, and what was learnt."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django import forms as django_forms
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exigible.domain.refusals import Refused
from exigible.domain.roles import Capability
from exigible.domain.text_keys import name_key, ref_key
from exigible.operations.acts import By
from exigible.operations.matching import learning
from exigible.operations.matching.settings import MAY_BE_EMPTY, save_settings, settings_of
from exigible.store.models import (
    Account,
    Creditor,
    DiscountBooking,
    LearnedPayer,
    MatchingRun,
    MatchingSettings,
)
from exigible.store.queries.access import portfolio_ids, visible_creditors, whole_creditors
from exigible.store.queries.timeline import names_of
from exigible.web import answers, clock
from exigible.web.access import page, person
from exigible.web.exports import Sheet, in_asked_format
from exigible.web.forms.fields import ActForm, AmountField, RateField
from exigible.web.receipts_frame import SCREEN, search_of

PAGE = 50


class RulesForm(ActForm):
    """What a creditor allows, within the bounds of `operations.matching.settings`."""

    automatic = django_forms.BooleanField(
        label="Affecter sans demander ce qui est certain", required=False
    )
    automatic_up_to_cents = AmountField(
        label="Jusqu’à ce montant", required=False, help_text="Vide : sans limite."
    )
    least_evidence = django_forms.IntegerField(
        label="Indices concordants exigés",
        min_value=2,
        max_value=4,
        help_text="Numéro, payeur, montant, document : 2 au moins, jamais moins.",
    )
    most_coincidence = django_forms.IntegerField(
        label="Coïncidence admise, en millionièmes",
        min_value=0,
        max_value=2_000,
        help_text="Explications aussi simples attendues du hasard : 2 000 au plus.",
    )
    bank_fees_cents = AmountField(label="Écart pris pour des frais bancaires, au plus")
    fees_rate = RateField(label="Frais qu’on peut retenir sur une somme, au plus, %")
    early_days = django_forms.IntegerField(
        label="Jours d’avance d’un virement sur sa facture", min_value=0, max_value=30
    )
    return_days = django_forms.IntegerField(
        label="Jours pendant lesquels un prélèvement peut revenir", min_value=30, max_value=450
    )
    discount_rate = RateField(label="Escompte des conditions générales, %", required=False)
    discount_days = django_forms.IntegerField(
        label="Fonds reçus dans les … jours de la facture",
        required=False,
        min_value=1,
        max_value=90,
    )
    discount_booking = django_forms.ChoiceField(
        label="L’escompte accordé se comptabilise",
        choices=[(one.value, one.label) for one in DiscountBooking],
    )
    discount_vat_rate = RateField(
        label="TVA de l’escompte, %",
        required=False,
        help_text="À défaut de facture électronique ; vide : sans TVA.",
    )


FIELDS = tuple(name for name in RulesForm.base_fields if name not in ("version", "etape"))


@dataclass(frozen=True, slots=True)
class OfCreditor:
    """A creditor with his rules and his last run."""

    creditor: Creditor
    settings: MatchingSettings
    run: MatchingRun | None


@page(Capability.SEE_RECEIPTS, section=SCREEN)
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in force, the last run of each creditor, the payers learnt."""
    user = person(request)
    creditors = list(visible_creditors(user))
    if user.current_creditor_id:
        creditors = [one for one in creditors if one.pk == user.current_creditor_id]
    whole = set(whole_creditors(user))
    settings = MatchingSettings.objects.in_bulk([one.pk for one in creditors])
    runs = {
        run.creditor_id: run
        for run in MatchingRun.objects.filter(
            creditor__in=creditors, finished_at__isnull=False, lines__gt=0
        )
        .order_by("creditor_id", "-started_at")
        .distinct("creditor_id")
    }
    shown = [
        OfCreditor(
            one,
            settings.get(one.pk) or MatchingSettings(creditor_id=one.pk),
            runs.get(one.pk),
        )
        for one in creditors
    ]
    learned = _learned(request)
    pages = Paginator(learned, PAGE).get_page(request.GET.get("page"))
    ids = [UUID(one.recorded_by[5:]) for one in pages if one.recorded_by.startswith("user:")]
    names = names_of(ids)
    return render(
        request,
        "receipts/rules.html",
        {
            "shown": shown,
            "may_change": user.may(Capability.SET_MATCHING),
            "may_export": user.may(Capability.EXPORT),
            "whole": whole,
            "page": pages,
            "learned": [
                (
                    one,
                    names.get(UUID(one.recorded_by[5:])) if one.recorded_by[:5] == "user:" else "",
                )
                for one in pages
            ],
            "search": search_of(request),
            "query": request.GET.urlencode(),
        },
    )


@page(Capability.SET_MATCHING, section=SCREEN)
def change(request: HttpRequest, creditor_id: int) -> HttpResponse:
    """Change the rules of a creditor one sees whole."""
    user = person(request)
    if creditor_id not in whole_creditors(user):
        raise Http404
    creditor = Creditor.objects.get(pk=creditor_id)
    settings = settings_of(creditor_id)
    initial = {name: _shown(settings, name) for name in FIELDS}
    form = RulesForm(
        request.POST if request.method == "POST" else None,
        today=clock.today(),
        initial={**initial, "version": settings.version},
    )
    refused = None
    if form.is_valid():
        values = {name: form.cleaned_data[name] for name in FIELDS}
        for name in MAY_BE_EMPTY:
            values[name] = values[name] or None
        try:
            save_settings(
                creditor_id,
                values,
                by=By.user(user),
                at=clock.now(),
                expected_version=form.cleaned_data["version"],
            )
        except Refused as refusal:
            refused = refusal
        else:
            return answers.acted(
                request,
                f"Règles de {creditor.name} enregistrées : elles valent dès le prochain passage.",
                back=reverse("matching_rules"),
            )
    return answers.dialog(
        request,
        "components/form_dialog.html",
        title=f"Règles de rapprochement de {creditor.name}",
        action=request.path,
        back=reverse("matching_rules"),
        form=form,
        refused=refused,
        verb="Enregistrer",
    )


@page(Capability.SET_MATCHING, section=SCREEN)
@require_POST
def forget(request: HttpRequest, payer_id: int) -> HttpResponse:
    """Remove what was learnt of a payer."""
    payer = _visible(request).filter(pk=payer_id).first()
    if payer is None:
        raise Http404
    try:
        learning.forget(payer_id, by=By.user(person(request)), at=clock.now())
    except Refused as refusal:
        return answers.refused(request, refusal, back=reverse("matching_rules"))
    return answers.acted(
        request, "Payeur oublié : il ne désigne plus ce compte.", back=reverse("matching_rules")
    )


@page(Capability.EXPORT, section=SCREEN)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Give what was learnt as a spreadsheet."""
    if not person(request).may(Capability.SEE_RECEIPTS):
        raise Http404
    sheet = Sheet(
        "Payeurs appris",
        ["Créancier", "Nature", "Payeur", "Valeur", "Compte", "Débiteur", "Tiers", "Confirmations"],
        (
            [
                one.creditor.name,
                one.get_kind_display(),
                one.shown,
                one.value,
                one.account.number if one.account else "",
                one.account.debtor.name if one.account else "",
                "oui" if one.third_party else "",
                one.confirmations,
            ]
            for one in _learned(request)
        ),
    )
    return in_asked_format(request, sheet, f"payeurs-appris-{clock.today():%Y-%m-%d}")


def _visible(request: HttpRequest):  # type: ignore[no-untyped-def]
    """The payers learnt for the accounts one sees; agents, for the creditors one sees whole."""
    user = person(request)
    found = LearnedPayer.objects.filter(ended_at__isnull=True)
    if not user.all_portfolios:
        found = found.filter(
            Q(account__portfolio_id__in=portfolio_ids(user, every_creditor=True))
            | Q(account__isnull=True, creditor_id__in=whole_creditors(user))
        )
    if user.current_creditor_id:
        found = found.filter(creditor_id=user.current_creditor_id)
    return found


def _learned(request: HttpRequest):  # type: ignore[no-untyped-def]
    found = _visible(request).select_related("account__debtor", "creditor")
    search = search_of(request)
    if search:
        accounts = Account.objects.filter(number_key__startswith=ref_key(search) or "\x01")
        found = found.filter(
            Q(shown__icontains=search)
            | Q(value__icontains=search.replace(" ", ""))
            | Q(account__debtor__name_key__contains=name_key(search))
            | Q(account__in=accounts)
        )
    return found.order_by("-recorded_at", "-pk")


def _shown(settings: MatchingSettings, name: str) -> object:
    value = getattr(settings, name)
    if value is None:
        return ""
    if name.endswith("_cents"):
        return f"{value // 100},{value % 100:02d}"
    if name.endswith("_rate"):
        return f"{value / 10_000:g}".replace(".", ",")
    return value
