"""Forms of the acts: what was typed, kept on error, turned into cents and days."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from exigible.domain import french
from exigible.domain.law.words import UNIT_WORDS
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.roles import ROLE_LABELS
from exigible.intake.formats import LABELS as FORMAT_LABELS
from exigible.operations.creditors import CreditorFacts
from exigible.operations.people import PersonFacts
from exigible.store.models import (
    CallOutcome,
    Claim,
    ClaimKind,
    Contact,
    Creditor,
    DebtorKind,
    PaymentKind,
    User,
)
from exigible.web.typed import cents_of, day_of

# What a bound says: `%(show_value)s` is what was typed, or its length.
BOUNDS = {
    "max_length": "Le texte est trop long : %(limit_value)d caractères au plus, il en a %(show_value)d.",
    "min_value": "La valeur est trop petite : saisissez au moins %(limit_value)s.",
    "max_value": "La valeur est trop grande : saisissez au plus %(limit_value)s.",
}


class AmountField(forms.CharField):
    """A sum typed as one likes, cleaned to cents."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget",
            forms.TextInput(
                attrs={"inputmode": "decimal", "autocomplete": "off", "data-typed": "montant"}
            ),
        )
        super().__init__(max_length=40, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return cents_of(text)
        except WrongInput as wrong:
            raise ValidationError(wrong.message) from None


class DayField(forms.CharField):
    """A day typed as one likes (« 2211 », « +8 », « lundi »), cleaned to a date."""

    def __init__(
        self,
        *,
        today: date | None = None,
        presets: Sequence[tuple[str, str]] = (),
        **options: Any,
    ) -> None:
        self.today = today
        self.presets = presets  # (words of the button, what it types)
        options.setdefault(
            "widget", forms.TextInput(attrs={"autocomplete": "off", "data-typed": "jour"})
        )
        super().__init__(max_length=40, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        assert self.today is not None, "Form.__init__ gives every DayField its today"
        try:
            return day_of(text, today=self.today)
        except WrongInput as wrong:
            raise ValidationError(wrong.message) from None


class TypedForm(forms.Form):
    """A form that knows the day it is: amounts and days typed as one likes, errors in French."""

    error_css_class = "bad"

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        for field in self.fields.values():
            if isinstance(field, DayField):
                field.today = today
            field.error_messages["required"] = "La réponse manque."
            if isinstance(field, forms.CharField | forms.IntegerField):
                field.error_messages |= BOUNDS
            if "invalid_choice" in field.error_messages:
                field.error_messages["invalid_choice"] = "Ce choix n’est pas proposé."

    def choose(
        self, name: str, options: Sequence[tuple[str, str]], *, nobody: str | None = None
    ) -> None:
        """Give a choice its options; `nobody` words the empty one, where there is one."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*([("", nobody)] if nobody is not None else []), *options]

    def refuse(self, refused: Refused) -> None:
        """Say a refusal beside its field, or above the form."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)

    @property
    def visible_errors(self) -> Sequence[forms.BoundField]:
        """The fields in error, for the summary at the top of the form."""
        return [bound for bound in self.visible_fields() if bound.errors]


class ActForm(TypedForm):
    """An act on an account: carries the version its page showed, and the step it does."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    etape = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)


def day_words(on: date) -> str:
    """« lundi 23 novembre 2026 »: what a typed day was understood as."""
    return f"{french.weekday_and_day(on)} {on.year}"


SOON = (("demain", "+1"), ("+3 j", "+3"), ("+7 j", "+7"), ("vendredi", "vendredi"))


def _long_text(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class PromiseForm(ActForm):
    amount = AmountField(label="Montant promis")
    due_on = DayField(label="Pour le", presets=SOON)
    contact = forms.ChoiceField(label="Interlocuteur", required=False)
    note = forms.CharField(
        label="Ce qui a été dit", required=False, widget=_long_text(), max_length=4000
    )


class CallForm(ActForm):
    contact = forms.ChoiceField(label="Interlocuteur", required=False)
    note = forms.CharField(
        label="Ce qui a été dit", required=False, widget=_long_text(), max_length=4000
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
        label="Ce qui a été dit", required=False, widget=_long_text(2), max_length=4000
    )


class NoteForm(ActForm):
    text = forms.CharField(label="Note", widget=_long_text(5), max_length=4000)


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
    reason = forms.CharField(label="Raison", widget=_long_text(2), max_length=500)


class BulkHoldForm(ActForm):
    amount = AmountField(
        label="Montant suspendu", required=False, help_text="Vide : tout le compte."
    )
    ends_on = DayField(
        label="Jusqu’au", help_text="Dernier jour de la suspension, 180 jours au plus."
    )
    reason = forms.CharField(label="Raison", widget=_long_text(2), max_length=500)


class DisputeForm(ActForm):
    claim = forms.ChoiceField(label="Créance contestée")
    amount = AmountField(
        label="Montant contesté",
        required=False,
        help_text="Vide : toute la créance. Le reste continue d’être réclamé.",
    )
    reason = forms.CharField(
        label="Ce que le débiteur conteste", widget=_long_text(), max_length=2000
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


TERM_METHODS = (
    ("net", "jours nets, date de facture"),
    ("days_then_eom", "jours puis fin de mois"),
    ("eom_then_days", "fin de mois puis jours"),
)


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


class WriteForm(ActForm):
    texte = forms.ChoiceField(label="Texte", required=False)


class ReasonForm(ActForm):
    reason = forms.CharField(label="Raison", widget=_long_text(2), max_length=500)


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
        label="Comment vous le savez", required=False, widget=_long_text(2), max_length=500
    )


class ViewForm(ActForm):
    name = forms.CharField(label="Nom de la vue", max_length=60)
    shared = forms.BooleanField(label="Partager avec tous", required=False)


class RateField(forms.CharField):
    """A yearly rate typed in percent (« 12,5 % »), cleaned to 1/10,000 of a percent."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value).replace("%", "").replace(",", ".").strip()
        if not text:
            return None
        try:
            rate = Decimal(text) * 10_000
        except InvalidOperation:
            rate = Decimal("NaN")
        if not rate.is_finite() or rate != rate.to_integral_value() or abs(rate) > 10**8:
            raise ValidationError(f"« {value[:20]} » n’est pas un taux. Écrivez par exemple 12,5.")
        return int(rate)


class CreditorForm(ActForm):
    name = forms.CharField(label="Raison sociale", max_length=200)
    legal_form = forms.CharField(label="Forme juridique", required=False, max_length=40)
    siren = forms.CharField(label="SIREN", required=False, max_length=15)
    kind = forms.ChoiceField(label="Qualité", choices=Creditor._meta.get_field("kind").choices)
    address = forms.CharField(
        label="Adresse",
        required=False,
        widget=_long_text(4),
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
        widget=_long_text(2),
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
        label="Adresse de l’agence", required=False, widget=_long_text(3), max_length=400
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
        widget=_long_text(2),
        help_text="Nature, date, numéro, parution : « arrêté du 24 juin 2026, JO du 27 ».",
    )

    def ask_for(self, unit: str, *, scale: bool, by_half_year: bool) -> None:
        """Say how the value is typed; a half-year's rate holds for it alone."""
        field = self.fields["value"]
        if scale:
            field.widget = _long_text(8)
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


class ManyFilesInput(forms.ClearableFileInput):
    """A file control that takes several files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files, as a list; an empty one is accepted here and refused by its reader."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", ManyFilesInput())
        super().__init__(allow_empty_file=True, max_length=255, **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFilesField, self).clean(one, initial) for one in files or [None]]


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
