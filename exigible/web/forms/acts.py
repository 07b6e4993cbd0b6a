"""Forms of what is done on an account: promise, call, hold, dispute, payment, step, message."""

from collections.abc import Mapping, Sequence

from django import forms

from exigible.domain.refusals import WrongInput
from exigible.store.models import CallOutcome, Claim, PaymentKind
from exigible.web.forms.fields import ActForm, AmountField, DayField, long_text
from exigible.web.typed import cents_of

SOON = (("demain", "+1"), ("+3 j", "+3"), ("+7 j", "+7"), ("vendredi", "vendredi"))


class PromiseForm(ActForm):
    amount = AmountField(label="Montant promis")
    due_on = DayField(label="Pour le", presets=SOON)
    contact = forms.ChoiceField(label="Interlocuteur", required=False)
    note = forms.CharField(
        label="Ce qui a été dit", required=False, widget=long_text(), max_length=4000
    )


class CallForm(ActForm):
    contact = forms.ChoiceField(label="Interlocuteur", required=False)
    note = forms.CharField(
        label="Ce qui a été dit", required=False, widget=long_text(), max_length=4000
    )


class FreeCallForm(CallForm):
    outcome = forms.ChoiceField(
        label="Issue",
        choices=[
            (outcome.value, outcome.label)
            for outcome in CallOutcome
            if outcome not in {CallOutcome.PROMISE, CallOutcome.DISPUTE}
        ],
    )
    incoming = forms.BooleanField(label="Appel reçu", required=False)
    field_order = ("outcome", "incoming", "contact", "note")


class WrongNumberForm(ActForm):
    phone = forms.CharField(label="Nouveau numéro", required=False, max_length=30)
    note = forms.CharField(
        label="Ce qui a été dit", required=False, widget=long_text(2), max_length=4000
    )


class NoteForm(ActForm):
    text = forms.CharField(label="Note", widget=long_text(5), max_length=4000)


class HoldForm(ActForm):
    claim = forms.ChoiceField(label="Ce qui est suspendu", required=False)
    amount = AmountField(
        label="Montant suspendu",
        required=False,
        help_text="Vide : tout ce qui est choisi au-dessus.",
    )
    ends_on = DayField(
        label="Jusqu’au", help_text="Dernier jour de la suspension, 180 jours au plus."
    )
    reason = forms.CharField(label="Raison", widget=long_text(2), max_length=500)


class BulkHoldForm(ActForm):
    amount = AmountField(
        label="Montant suspendu", required=False, help_text="Vide : tout le compte."
    )
    ends_on = DayField(
        label="Jusqu’au", help_text="Dernier jour de la suspension, 180 jours au plus."
    )
    reason = forms.CharField(label="Raison", widget=long_text(2), max_length=500)


class DisputeForm(ActForm):
    claim = forms.ChoiceField(label="Créance contestée")
    amount = AmountField(
        label="Montant contesté",
        required=False,
        help_text="Vide : toute la créance. Le reste continue d’être réclamé.",
    )
    reason = forms.CharField(
        label="Ce que le débiteur conteste", widget=long_text(), max_length=2000
    )
    answer_due_on = DayField(
        label="Réponse attendue le", presets=(("+7 j", "+7"), ("+15 j", "+15"))
    )
    holder = forms.CharField(
        label="Qui doit répondre", required=False, max_length=200, help_text="Service ou personne."
    )


class CloseDisputeForm(ActForm):
    outcome = forms.ChoiceField(
        label="Issue",
        widget=forms.RadioSelect,
        choices=[
            ("upheld", "fondé : un avoir de tout le montant est attendu"),
            ("partial", "fondé en partie"),
            ("rejected", "rejeté : la somme est de nouveau réclamée"),
        ],
    )
    accepted = AmountField(label="Part reconnue", required=False, help_text="Si fondé en partie.")


class TaskForm(ActForm):
    label = forms.CharField(label="À faire", max_length=300)
    due_on = DayField(label="Pour le", presets=SOON)
    assigned_to = forms.ChoiceField(label="Par", required=False)


class PaymentForm(ActForm):
    kind = forms.ChoiceField(
        label="Nature",
        choices=[
            (kind.value, kind.label)
            for kind in PaymentKind
            if kind not in {PaymentKind.CREDIT_NOTE, PaymentKind.OTHER}
        ],
    )
    amount = AmountField(label="Montant reçu")
    value_date = DayField(label="Reçu le", help_text="Jour où les fonds sont arrivés.")
    reference = forms.CharField(label="Référence", required=False, max_length=100)
    label = forms.CharField(label="Libellé", required=False, max_length=200)


class AssignForm(ActForm):
    collector = forms.ChoiceField(label="Suivi par", required=False)


class StrategyForm(ActForm):
    strategy = forms.ChoiceField(label="Stratégie")


class PostponeForm(ActForm):
    until = DayField(label="Reporter au", presets=SOON)
    note = forms.CharField(label="Raison", required=False, max_length=300)


class DismissForm(ActForm):
    note = forms.CharField(label="Pourquoi écarter cette étape", max_length=300)


class WriteForm(ActForm):
    texte = forms.ChoiceField(label="Texte", required=False)


class ReasonForm(ActForm):
    reason = forms.CharField(label="Raison", widget=long_text(2), max_length=500)


class AcceptAbsencesForm(ActForm):
    on = DayField(label="Au", help_text="Le jour qui compte : celui du règlement ou de l’avoir.")


class ResolveForm(ActForm):
    outcome = forms.ChoiceField(
        label="Ce que dit le fournisseur d’envoi",
        widget=forms.RadioSelect,
        choices=[
            ("sent", "Parti : le fournisseur l’a accepté"),
            ("not_sent", "Pas parti : le fournisseur ne le connaît pas"),
        ],
    )
    note = forms.CharField(
        label="Comment vous le savez", required=False, widget=long_text(2), max_length=500
    )


class ViewForm(ActForm):
    name = forms.CharField(label="Nom de la vue", max_length=60)
    shared = forms.BooleanField(label="Partager avec tous", required=False)


def allocations(
    posted: Mapping[str, str], claims: Sequence[Claim]
) -> tuple[list[tuple[int, int]], WrongInput | None]:
    """Read what is allocated to each claim (`affecte-<id>`), and what is wrong with it, if anything."""
    wanted: list[tuple[int, int]] = []
    for claim in claims:
        typed = str(posted.get(f"affecte-{claim.pk}", "")).strip()
        if not typed:
            continue
        try:
            cents = cents_of(typed)
        except WrongInput as wrong:
            return [], WrongInput(wrong.code, f"{claim} : {wrong.message}")
        if cents:
            wanted.append((claim.pk, cents))
    return wanted, None
