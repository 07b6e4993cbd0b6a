"""Forms of what is known of a debtor, a contact, an account, a claim."""

from django import forms

from exigible.store.models import ClaimKind, Contact, DebtorKind
from exigible.web.forms.fields import TERM_METHODS, ActForm, AmountField, DayField, RateField


class DebtorForm(ActForm):
    name = forms.CharField(label="Nom ou raison sociale", max_length=200)
    legal_form = forms.CharField(label="Forme juridique", required=False, max_length=40)
    kind = forms.ChoiceField(
        label="Qualité",
        choices=DebtorKind.choices,
        help_text="Elle décide des intérêts, de l’indemnité de 40 € et du ton des lettres.",
    )
    siren = forms.CharField(label="SIREN", required=False, max_length=15)
    siret = forms.CharField(label="SIRET", required=False, max_length=20)
    vat_number = forms.CharField(label="N° de TVA", required=False, max_length=20)
    address_line1 = forms.CharField(label="Adresse, ligne 1", required=False, max_length=200)
    address_line2 = forms.CharField(label="Adresse, ligne 2", required=False, max_length=200)
    address_line3 = forms.CharField(label="Adresse, ligne 3", required=False, max_length=200)
    postcode = forms.CharField(label="Code postal", required=False, max_length=12)
    city = forms.CharField(label="Ville", required=False, max_length=100)
    country = forms.CharField(label="Pays", required=False, max_length=2)


class ContactForm(ActForm):
    name = forms.CharField(label="Nom", required=False, max_length=200)
    role = forms.ChoiceField(label="Fonction", choices=Contact._meta.get_field("role").choices)
    title = forms.CharField(label="Intitulé du poste", required=False, max_length=200)
    email = forms.CharField(label="E-mail", required=False, max_length=254)
    phone = forms.CharField(label="Téléphone", required=False, max_length=30)
    hours = forms.CharField(label="Quand appeler", required=False, max_length=200)
    main = forms.BooleanField(label="À joindre en premier", required=False)
    active = forms.BooleanField(label="En fonction", required=False, initial=True)


class IbanForm(ActForm):
    iban = forms.CharField(label="IBAN", max_length=50, help_text="Celui dont le débiteur paie.")
    holder = forms.CharField(label="Titulaire", required=False, max_length=200)


class RegisterSearchForm(ActForm):
    words = forms.CharField(label="Nom ou raison sociale", max_length=200)
    siren = forms.CharField(required=False, widget=forms.HiddenInput, max_length=9)


class TermsForm(ActForm):
    term_days = forms.IntegerField(
        label="Délai de paiement, en jours", required=False, min_value=0, max_value=365
    )
    term_method = forms.ChoiceField(
        label="Comment il se compte",
        required=False,
        choices=[
            ("", "comme le créancier"),
            *TERM_METHODS,
        ],
    )
    credit_limit = AmountField(label="Plafond d’encours", required=False)
    discount_rate = RateField(
        label="Escompte propre à ce compte, %",
        required=False,
        help_text="Vide : celui des conditions générales.",
    )
    discount_days = forms.IntegerField(
        label="Fonds reçus dans les … jours de la facture",
        required=False,
        min_value=1,
        max_value=90,
    )
    waives_accessories = forms.BooleanField(
        label="Renoncer aux pénalités et à l’indemnité de 40 €", required=False
    )
    never_chased = forms.BooleanField(label="Ne jamais relancer ce compte", required=False)
    never_chased_reason = forms.CharField(label="Raison", required=False, max_length=200)


class ClaimForm(ActForm):
    ref = forms.CharField(label="Numéro", required=False, max_length=100)
    kind = forms.ChoiceField(label="Nature", choices=ClaimKind.choices)
    issued_on = DayField(label="Date", required=False)
    due_on = DayField(label="Échéance")


class FillAccountForm(ActForm):
    """A line of *À compléter*: an empty box says nothing, and leaves what is known."""

    kind = forms.ChoiceField(
        label="Qualité",
        required=False,
        choices=[
            ("", "à préciser"),
            *((k.value, k.label) for k in DebtorKind if k is not DebtorKind.UNKNOWN),
        ],
    )
    address_line1 = forms.CharField(label="Adresse", required=False, max_length=200)
    postcode = forms.CharField(label="Code postal", required=False, max_length=12)
    city = forms.CharField(label="Ville", required=False, max_length=100)

    def says(self, name: str) -> bool:
        """Say whether a box of the line was filled."""
        return name in ("kind", "address_line1", "postcode", "city") and bool(
            self.cleaned_data.get(name)
        )


class FillClaimForm(ActForm):
    """A line of *À compléter*: an empty box says nothing, and leaves what is known."""

    ref = forms.CharField(label="Numéro", required=False, max_length=100)
    issued_on = DayField(label="Date", required=False)
    due_on = DayField(label="Échéance", required=False)


class KindForm(ActForm):
    kind = forms.ChoiceField(
        label="Qualité",
        widget=forms.RadioSelect,
        choices=[(k.value, k.label) for k in DebtorKind if k is not DebtorKind.UNKNOWN],
    )


class TermsOfManyForm(ActForm):
    term_days = forms.IntegerField(label="Délai de paiement, en jours", min_value=0, max_value=365)
    term_method = forms.ChoiceField(
        label="Comment il se compte", choices=[(key, words) for key, words in TERM_METHODS]
    )


class DueDateForm(ActForm):
    due_on = DayField(label="Échéance")
