"""Fields as people type them: amounts, days, rates, files; and the form of an act."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from exigible.domain import french
from exigible.domain.refusals import Refused, WrongInput
from exigible.web.typed import cents_of, day_of

TERM_METHODS = (
    ("net", "jours nets, date de facture"),
    ("days_then_eom", "jours puis fin de mois"),
    ("eom_then_days", "fin de mois puis jours"),
)

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


class TypedForm(forms.Form):
    """A form that knows the day it is: amounts and days typed as one likes, errors in French."""

    error_css_class = "bad"

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        for field in self.fields.values():
            if isinstance(field, DayField):
                field.today = today
            field.error_messages["required"] = (
                "Indiquez un jour." if isinstance(field, DayField) else "La réponse manque."
            )
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


def long_text(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})
