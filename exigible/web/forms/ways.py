"""Forms of the ways in: folders watched, mailboxes read, tokens."""

from __future__ import annotations

from typing import Any

from django import forms

from exigible.operations.ways.watching import MailBoxFacts
from exigible.store.models import ApiToken, MailBox
from exigible.web.forms.fields import ActForm, DayField, long_text


class FolderForm(ActForm):
    creditor = forms.ChoiceField(label="Créancier")
    path = forms.CharField(label="Dossier", max_length=500)
    still_seconds = forms.IntegerField(
        label="Secondes sans changement",
        min_value=2,
        max_value=3600,
        help_text="Un fichier n’est pris qu’une fois immobile depuis ce temps, ou renommé une fois complet.",
    )


class MailBoxForm(ActForm):
    creditor = forms.ChoiceField(label="Créancier")
    host = forms.CharField(
        label="Serveur IMAP", max_length=200, help_text="Par exemple imap.exemple.fr."
    )
    security = forms.ChoiceField(label="Chiffrement", choices=MailBox.Security.choices)
    port = forms.IntegerField(
        label="Port",
        required=False,
        min_value=1,
        max_value=65535,
        help_text="Vide : le port usuel du chiffrement choisi.",
    )
    user = forms.CharField(label="Identifiant", max_length=200)
    password = forms.CharField(
        label="Mot de passe",
        required=False,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Gardé chiffré, jamais réaffiché.",
    )
    folder = forms.CharField(label="Dossier lu", max_length=200)
    done_folder = forms.CharField(
        label="Dossier des messages pris",
        required=False,
        max_length=200,
        help_text="Vide : ils restent où ils sont, marqués comme lus.",
    )
    refused_folder = forms.CharField(
        label="Dossier des messages refusés",
        required=False,
        max_length=200,
        help_text="Vide : ils restent où ils sont, signalés.",
    )
    senders = forms.CharField(
        label="Expéditeurs dont les données sont importées",
        required=False,
        max_length=5000,
        widget=long_text(3),
        help_text="Une adresse ou un domaine (@exemple.fr) par ligne ; * pour tous. Les documents de "
        "tous les autres vont dans les pièces.",
    )

    def facts(self) -> MailBoxFacts:
        """Return what was typed, as the operations take it."""
        data = self.cleaned_data
        names = ("host", "port", "security", "user", "password", "folder")
        return MailBoxFacts(
            **{name: data[name] for name in names},
            done_folder=data["done_folder"],
            refused_folder=data["refused_folder"],
            senders=data["senders"].replace(",", "\n").replace(";", "\n").split("\n"),
        )

    @staticmethod
    def initial_of(box: MailBox | None) -> dict[str, Any]:
        """Return what the form shows of a mailbox: all but its password."""
        if box is None:
            return {
                "security": "tls",
                "folder": "INBOX",
                "done_folder": "Traités",
                "refused_folder": "Refusés",
            }
        names = ("host", "port", "security", "user", "folder", "done_folder", "refused_folder")
        return {
            **{name: getattr(box, name) for name in names},
            "creditor": str(box.creditor_id),
            "senders": "\n".join(box.senders),
        }


class TokenForm(ActForm):
    name = forms.CharField(
        label="Nom",
        max_length=100,
        help_text="Le logiciel qui s’en servira : « ERP, envoi de nuit ».",
    )
    scopes = forms.MultipleChoiceField(
        label="Ce qu’il peut faire",
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    creditors = forms.MultipleChoiceField(
        label="Pour quels créanciers", widget=forms.CheckboxSelectMultiple
    )
    expires_on = DayField(label="Dernier jour", presets=(("90 jours", "+90"), ("un an", "+365")))
