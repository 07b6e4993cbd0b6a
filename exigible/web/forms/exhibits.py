"""Forms of *Pièces*: documents received, filed on an account, named."""

from django import forms

from exigible.web.forms.fields import ActForm, ManyFilesField


class ExhibitForm(ActForm):
    """Documents, and the creditor whose they are."""

    files = ManyFilesField(label="Documents", error_messages={"required": "Choisissez un fichier."})
    creditor = forms.ChoiceField(label="Créancier")


class ExhibitKindForm(ActForm):
    kind = forms.ChoiceField(label="Nature")


class ExhibitAccountForm(ActForm):
    account = forms.CharField(
        label="Compte", max_length=200, help_text="Le numéro du compte, ou le nom du débiteur."
    )
