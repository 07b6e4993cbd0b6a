"""Forms of *Pièces*: documents received, filed on an account, named."""

from collections.abc import Sequence
from typing import Any

from django import forms

from exigible.intake.exhibits import MAX_FILE
from exigible.operations.exhibit_intake import MOST_FILES
from exigible.store.models import Account
from exigible.web.forms.fields import ActForm, ManyFilesField

MOST_BYTES = 400 * 1024 * 1024  # in one drop
MEGABYTE = 1024 * 1024


class ExhibitForm(ActForm):
    """Documents, and the creditor whose they are."""

    files = ManyFilesField(label="Documents", error_messages={"required": "Choisissez un fichier."})
    creditor = forms.ChoiceField(label="Créancier")

    def clean_files(self) -> list[Any]:
        files: list[Any] = self.cleaned_data["files"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                f"Vous avez choisi {len(files)} fichiers : déposez-en {MOST_FILES} à la fois."
            )
        for file in files:
            if file.size > MAX_FILE:
                raise forms.ValidationError(
                    f"« {file.name} » dépasse {MAX_FILE // MEGABYTE} Mo. Réduisez-le, ou scindez-le."
                )
        if sum(file.size for file in files) > MOST_BYTES:
            raise forms.ValidationError(
                f"Ensemble, ces fichiers dépassent {MOST_BYTES // MEGABYTE} Mo. Déposez-les en "
                "plusieurs fois."
            )
        return files


class ExhibitKindForm(ActForm):
    kind = forms.ChoiceField(label="Nature")


class ExhibitAccountForm(ActForm):
    """An account, chosen among those proposed or typed; what is typed wins."""

    chosen = forms.CharField(label="Comptes proposés", required=False)
    account = forms.CharField(label="Compte", max_length=200, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer([])

    def offer(self, accounts: Sequence[tuple[Account, str]]) -> None:
        """Propose accounts, each with its words; the first is chosen, none hides the question."""
        choices = [(str(one.pk), words) for one, words in accounts]
        asked, typed = self.fields["chosen"], self.fields["account"]
        asked.widget = forms.RadioSelect(choices=choices) if choices else forms.HiddenInput()
        asked.initial = choices[0][0] if choices else ""
        typed.label = "Un autre compte" if choices else "Compte"
        typed.help_text = "Le numéro du compte, ou le nom du débiteur."
        typed.required = not choices and not self.data.get("chosen")
        typed.widget = forms.TextInput(
            attrs={"autocomplete": "off"} | ({} if choices else {"data-focus": True})
        )

    def offer_instead(self, accounts: Sequence[tuple[Account, str]]) -> None:
        """Propose accounts in the place of what was typed, which several answer to."""
        self.offer(accounts)
        self.data = self.data.copy()
        self.data["account"] = ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("account"):
            data["chosen"] = ""
        return data
