"""Forms of the company, its people, the law entered, the files imported."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

from django import forms

from exigible.domain.law.words import UNIT_WORDS
from exigible.domain.roles import ROLE_LABELS
from exigible.intake.formats import LABELS as FORMAT_LABELS
from exigible.operations.creditors import CreditorFacts
from exigible.operations.people import PersonFacts
from exigible.store.models import Creditor, User
from exigible.web.forms.fields import (
    TERM_METHODS,
    ActForm,
    DayField,
    ManyFilesField,
    RateField,
    long_text,
)


class CreditorForm(ActForm):
    name = forms.CharField(label="Raison sociale", max_length=200)
    legal_form = forms.CharField(label="Forme juridique", required=False, max_length=40)
    siren = forms.CharField(label="SIREN", required=False, max_length=15)
    kind = forms.ChoiceField(label="Qualité", choices=Creditor._meta.get_field("kind").choices)
    address = forms.CharField(
        label="Adresse",
        required=False,
        widget=long_text(4),
        max_length=400,
        help_text="Une ligne par ligne d’adresse postale, six au plus.",
    )
    phone = forms.CharField(label="Téléphone", required=False, max_length=30)
    email = forms.CharField(
        label="E-mail",
        required=False,
        max_length=254,
        help_text="Expéditeur des messages, et où les débiteurs répondent.",
    )
    website = forms.CharField(label="Site", required=False, max_length=200)
    signatory = forms.CharField(
        label="Signataire", required=False, max_length=200, help_text="Au bas des lettres."
    )
    legal_line = forms.CharField(
        label="Mentions légales",
        required=False,
        widget=long_text(2),
        max_length=1000,
        help_text="Pied de page : forme, capital, RCS, n° de TVA.",
    )
    term_days = forms.IntegerField(label="Délai de paiement, en jours", min_value=0, max_value=365)
    term_method = forms.ChoiceField(label="Comment il se compte", choices=TERM_METHODS)
    clause_rate = RateField(
        label="Taux des pénalités, % l’an",
        required=False,
        help_text="Celui de vos conditions générales. Vide : le taux supplétif (BCE + 10 points).",
    )
    customer_prefixes = forms.CharField(
        label="Comptes clients suivis",
        max_length=200,
        help_text="Débuts des comptes de tiers lus dans la comptabilité : 411, 413, 416…",
    )
    agency_name = forms.CharField(
        label="Agence de recouvrement",
        required=False,
        max_length=200,
        help_text="Seulement si une agence recouvre pour ce créancier : ses lettres le diront.",
    )
    agency_address = forms.CharField(
        label="Adresse de l’agence", required=False, widget=long_text(3), max_length=400
    )

    GROUPS = (
        ("Identité", ("name", "legal_form", "siren", "kind")),
        (
            "En-tête des lettres",
            ("address", "phone", "email", "website", "signatory", "legal_line"),
        ),
        ("Conditions", ("term_days", "term_method", "clause_rate", "customer_prefixes")),
        ("Agence", ("agency_name", "agency_address")),
    )

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    @staticmethod
    def initial_of(creditor: Creditor) -> dict[str, Any]:
        """Return what the form shows of a creditor."""
        names = [f.name for f in fields(CreditorFacts)]
        return {
            **{name: getattr(creditor, name) for name in names},
            "customer_prefixes": ", ".join(creditor.customer_prefixes),
            "clause_rate": ""
            if creditor.clause_rate is None
            else f"{Decimal(creditor.clause_rate) / 10_000:f}".rstrip("0")
            .rstrip(".")
            .replace(".", ",")
            if creditor.clause_rate % 10_000
            else str(creditor.clause_rate // 10_000),
        }

    def facts(self) -> CreditorFacts:
        """Return what was typed, as the operations take it."""
        data = {k: v for k, v in self.cleaned_data.items() if k not in {"version", "etape"}}
        prefixes = data["customer_prefixes"].replace(",", " ").replace(";", " ").split()
        return CreditorFacts(**{**data, "customer_prefixes": prefixes})


class LogoForm(ActForm):
    logo = forms.FileField(
        label="Image",
        help_text="PNG ou JPEG, 1 Mo et 2 000 points de côté au plus. Elle tient dans 50 × 20 mm.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["logo"].error_messages["required"] = "Choisissez une image."
        self.fields["logo"].error_messages["empty"] = "Ce fichier est vide."


class BankAccountForm(ActForm):
    iban = forms.CharField(label="IBAN", max_length=60)
    bic = forms.CharField(label="BIC", required=False, max_length=20)
    label = forms.CharField(
        label="Nom", required=False, max_length=200, help_text="Pour vous : « Compte principal »."
    )


class PortfolioForm(ActForm):
    name = forms.CharField(label="Nom", max_length=100)


class LawValueForm(ActForm):
    value = forms.CharField(label="Valeur", max_length=4000)
    start = DayField(label="À compter du")
    known_until = DayField(
        label="Sûre jusqu’au",
        required=False,
        help_text="Après ce jour, les calculs s’arrêteront plutôt que de deviner.",
    )
    source = forms.CharField(
        label="Texte",
        max_length=500,
        widget=long_text(2),
        help_text="Nature, date, numéro, parution : « arrêté du 24 juin 2026, JO du 27 ».",
    )

    def ask_for(self, unit: str, *, scale: bool, by_half_year: bool) -> None:
        """Say how the value is typed; a half-year's rate holds for it alone."""
        field = self.fields["value"]
        if scale:
            field.widget = long_text(8)
            field.help_text = (
                "Une tranche par ligne : « jusqu’à 125 € : 9,77 % », puis « au-delà : … »."
            )
        else:
            field.help_text = f"Par exemple {UNIT_WORDS[unit][1]}."
        if by_half_year:
            del self.fields["known_until"]
            self.fields["start"].help_text = "Le 1er janvier ou le 1er juillet du semestre."


class PersonForm(ActForm):
    name = forms.CharField(label="Prénom et nom", max_length=100)
    email = forms.CharField(label="E-mail", max_length=254)
    role = forms.ChoiceField(
        label="Rôle", choices=[("", "choisir…"), *((r.value, w) for r, w in ROLE_LABELS.items())]
    )
    all_portfolios = forms.BooleanField(
        label="Tous les portefeuilles, présents et à venir", required=False
    )
    portfolios = forms.MultipleChoiceField(
        label="Portefeuilles", required=False, widget=forms.CheckboxSelectMultiple
    )

    def facts(self) -> PersonFacts:
        """Return what was typed, as the operations take it."""
        data = self.cleaned_data
        return PersonFacts(
            name=data["name"],
            email=data["email"],
            role=data["role"],
            all_portfolios=data["all_portfolios"],
            portfolio_ids=[int(pk) for pk in data["portfolios"]],
        )


class PasswordForm(ActForm):
    password = forms.CharField(
        label="Mot de passe",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Douze caractères au moins. Une phrase se retient mieux qu’un mot.",
    )
    again = forms.CharField(
        label="Le même, pour être sûr",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", "Les deux mots de passe diffèrent. Saisissez-les de nouveau.")
        return data


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a person likes their pages."""

    class Meta:
        model = User
        fields = ("theme", "density", "letter_keys")
        labels = {
            "theme": "Thème",
            "density": "Lignes",
            "letter_keys": "Touches d’une lettre (A, P, R…)",
        }
        help_texts = {
            "letter_keys": "Décochée, ces touches n’agissent qu’avec Alt.",
        }
        widgets = {"theme": forms.RadioSelect, "density": forms.RadioSelect}


class StatementAccountForm(ActForm):
    """Which bank account a statement is of."""

    account = forms.ChoiceField(label="Compte bancaire")


class ImportForm(ActForm):
    """Files brought in; `despite_name` shows only where a file's name says another creditor."""

    RECOGNISED = "reconnu"

    files = ManyFilesField(label="Fichiers")
    creditor = forms.ChoiceField(label="Créancier")
    format = forms.ChoiceField(
        label="Contenu",
        choices=[
            (RECOGNISED, "reconnu d’après le fichier"),
            *((key.value, words) for key, words in FORMAT_LABELS.items()),
        ],
    )
    partial = forms.BooleanField(
        label="Prendre ce qui est lisible et laisser le reste",
        required=False,
        help_text="Sinon, une écriture déséquilibrée ou une ligne illisible fait refuser tout le "
        "fichier : c’est plus sûr.",
    )
    despite_name = forms.BooleanField(
        label="C’est bien le créancier choisi, malgré le nom du fichier",
        required=False,
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["files"].error_messages["required"] = "Choisissez au moins un fichier."
        self.fields["files"].error_messages["max_length"] = (
            "Le nom de ce fichier est trop long. Renommez-le."
        )

    @property
    def format_chosen(self) -> str:
        """The format chosen, "" where the file's first bytes decide."""
        chosen: str = self.cleaned_data["format"]
        return "" if chosen == self.RECOGNISED else chosen

    def offer_despite_name(self) -> None:
        """Let the person say that the name is wrong."""
        self.fields["despite_name"].widget = forms.CheckboxInput()
