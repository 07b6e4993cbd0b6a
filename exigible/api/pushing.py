"""Customers, invoices and payments pushed as JSON: checked whole, then taken as a table is.

A document becomes the table that any software could have exported, read by a mapping known in
advance: same batch, same checks, same undoing. Its errors are told by their JSON path, all at once,
and nothing is kept of a document that has one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exigible.api.frame import ApiError
from exigible.domain.contract_text import euros_text
from exigible.domain.refusals import WrongInput
from exigible.domain.text_keys import ref_key
from exigible.intake.json_fields import Fields
from exigible.intake.mapping.kinds import TargetKind
from exigible.intake.mapping.model import Mapping
from exigible.intake.mapping.values import DayOrder

MOST_ITEMS = 10_000
MOST_ERRORS = 200


class Currency(StrEnum):
    """Currencies that amounts may be in."""

    EUR = "EUR"
    USD = "USD"
    GBP = "GBP"
    CHF = "CHF"


class InvoiceKind(StrEnum):
    """What a document that is open says."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class PaymentKind(StrEnum):
    """How money came."""

    TRANSFER = "transfer"
    DIRECT_DEBIT = "direct_debit"
    CHEQUE = "cheque"
    CARD = "card"
    CASH = "cash"


class DebtorQuality(StrEnum):
    """What the law calls the customer."""

    PROFESSIONAL = "professional"
    CONSUMER = "consumer"
    PUBLIC_PURCHASER = "public_purchaser"


@dataclass(frozen=True, slots=True)
class Item:
    """One field of an item: its name in JSON, the column it becomes, its type, what it says."""

    name: str
    column: str
    type: str  # "text", "day", "amount", "whole", or "choice"
    says: str
    required: bool = False
    choices: type[StrEnum] | None = None
    words: tuple[tuple[str, str], ...] = ()  # a choice to what the table says

    @property
    def schema(self) -> dict[str, Any]:
        shape: dict[str, Any] = {"description": self.says}
        if self.type == "day":
            return {**shape, "type": "string", "format": "date"}
        if self.type == "amount":
            return {
                **shape,
                "type": ["string", "integer"],
                "pattern": r"^-?\d{1,15}(\.\d{1,2})?$",
                "examples": ["1234.56"],
            }
        if self.type == "whole":
            return {**shape, "type": "integer", "minimum": 0, "maximum": 365}
        if self.choices is not None:
            return {**shape, "type": "string", "enum": [one.value for one in self.choices]}
        return {**shape, "type": "string", "maxLength": 2000}

    def read(self, fields: Fields) -> str:
        """Return what the table says of this field; raise WrongInput with its path."""
        if self.required:
            fields.raw(self.name)
        elif not fields.has(self.name):
            return ""
        if self.choices is not None:
            chosen = fields.choice(self.name, self.choices)
            return dict(self.words).get(chosen, chosen.value)
        if self.type == "day":
            return fields.day(self.name).isoformat()
        if self.type == "amount":
            return euros_text(fields.cents(self.name, positive=False))
        if self.type == "whole":
            return str(fields.whole(self.name, least=0, most=365))
        text = " ".join(fields.text(self.name).split())
        if self.required and not text:
            raise WrongInput(
                "wrong_input",
                f"{fields.at(self.name)} : ce champ est vide.",
                field=fields.at(self.name),
            )
        return text


@dataclass(frozen=True, slots=True)
class Push:
    """What an address takes: the name of its list, the table it becomes, the fields of an item."""

    name: str
    kind: TargetKind
    says: str
    items: Sequence[Item]
    stock: bool = False  # whether the whole open ledger may be sent

    @property
    def mapping(self) -> Mapping:
        return Mapping(
            kind=self.kind,
            columns={one.column: ref_key(one.column) for one in self.items},
            day_order=DayOrder.YEAR_FIRST,
            decimal=".",
        )

    @property
    def schema(self) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "creditor": {
                "type": ["integer", "string"],
                "description": "Le créancier, par son numéro ou son SIREN ; inutile si le jeton n’en a "
                "qu’un.",
            },
            self.name: {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_ITEMS,
                "items": {
                    "type": "object",
                    "properties": {one.name: one.schema for one in self.items},
                    "required": [one.name for one in self.items if one.required],
                    "additionalProperties": False,
                },
            },
        }
        if self.stock:
            properties["mode"] = {
                "type": "string",
                "enum": ["delta", "stock"],
                "description": "« delta » ajoute ; « stock » est tout le poste ouvert : ce qui y manque "
                "est à confirmer, jamais soldé seul.",
            }
        return {
            "type": "object",
            "properties": properties,
            "required": [self.name],
            "additionalProperties": False,
        }

    def read(self, said: Any) -> tuple[object, str, bytes]:
        """Return the creditor said, the mode, and the table; raise ApiError with every error by its path."""
        errors: list[dict[str, object]] = []
        try:
            fields = Fields(said, "")
            creditor = fields.raw("creditor", required=False)
            mode = fields.text("mode") if self.stock else ""
            if mode not in ("", "delta", "stock"):
                raise WrongInput("wrong_input", "mode : « delta » ou « stock ».", field="mode")
            items = fields.objects(self.name, required=True)
            fields.done()
        except WrongInput as wrong:
            raise _refused([_told(wrong)]) from None
        if not 0 < len(items) <= MOST_ITEMS:
            path = {"path": self.name, "message": f"de 1 à {MOST_ITEMS} éléments sont attendus"}
            raise _refused([path])
        rows = [self._row(item, errors) for item in items]
        if errors:
            raise _refused(errors)
        out = io.StringIO()
        table = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
        table.writerow([one.column for one in self.items])
        table.writerows(rows)
        return creditor, mode, out.getvalue().encode()

    def _row(self, fields: Fields, errors: list[dict[str, object]]) -> list[str]:
        row = []
        for one in self.items:
            try:
                row.append(one.read(fields))
            except WrongInput as wrong:
                errors.append(_told(wrong))
        try:
            fields.done()
        except WrongInput as wrong:
            errors.append(_told(wrong))
        return row

    def path_of(self, line: int | None, column: str) -> str:
        """Return the JSON path of a problem that the table's reader told by its line and column."""
        if line is None or line < 2:
            return self.name
        name = next((one.name for one in self.items if one.column == column), "")
        return f"{self.name}[{line - 2}]" + (f".{name}" if name else "")


def _told(wrong: WrongInput) -> dict[str, object]:
    path = wrong.field or ""
    return {"path": path, "message": wrong.message.removeprefix(f"{path} : ")}


def _refused(errors: list[dict[str, object]]) -> ApiError:
    many = len(errors)
    words = "une erreur" if many == 1 else f"{many} erreurs"
    return ApiError(
        422,
        "invalid",
        f"Rien n’a été enregistré : {words} dans le document.",
        details=errors[:MOST_ERRORS],
    )


_CUSTOMER = Item("customer", "code", "text", "Le code du client chez le créancier.", required=True)
_CURRENCY = Item(
    "currency", "currency", "choice", "La devise, EUR si elle est omise.", choices=Currency
)

PUSHES: tuple[Push, ...] = (
    Push(
        "customers",
        TargetKind.CUSTOMERS,
        "Clients : identité, adresse, contact, conditions. Un client connu est complété.",
        (
            Item("code", "code", "text", "Le code du client chez le créancier.", required=True),
            Item("name", "name", "text", "Raison sociale, ou nom et prénom.", required=True),
            Item(
                "kind",
                "kind",
                "choice",
                "Sa qualité : elle décide du droit applicable.",
                choices=DebtorQuality,
                words=(
                    ("professional", "professionnel"),
                    ("consumer", "particulier"),
                    ("public_purchaser", "acheteur public"),
                ),
            ),
            Item("siren", "siren", "text", "SIREN, neuf chiffres."),
            Item("siret", "siret", "text", "SIRET, quatorze chiffres."),
            Item("vat_number", "vat_number", "text", "Numéro de TVA intracommunautaire."),
            Item("legal_form", "legal_form", "text", "Forme juridique."),
            Item("address_line1", "address_line1", "text", "Adresse."),
            Item("address_line2", "address_line2", "text", "Complément d’adresse."),
            Item("postcode", "postcode", "text", "Code postal."),
            Item("city", "city", "text", "Ville."),
            Item("country", "country", "text", "Pays, FR s’il est omis."),
            Item("email", "email", "text", "E-mail de la comptabilité du client."),
            Item("phone", "phone", "text", "Téléphone."),
            Item("term_days", "term_days", "whole", "Délai de paiement, en jours."),
            Item("iban", "iban", "text", "IBAN du client."),
        ),
    ),
    Push(
        "invoices",
        TargetKind.OPEN_ITEMS,
        "Factures et avoirs ouverts : ce qui en reste dû ce jour.",
        (
            _CUSTOMER,
            Item("customer_name", "name", "text", "Le nom du client, s’il n’est pas encore connu."),
            Item("number", "invoice", "text", "Numéro de la pièce.", required=True),
            Item(
                "kind",
                "doc_type",
                "choice",
                "Facture ou avoir ; facture s’il est omis.",
                choices=InvoiceKind,
                words=(("invoice", "facture"), ("credit_note", "avoir")),
            ),
            Item("issued_on", "issued_on", "day", "Date de la pièce.", required=True),
            Item("due_on", "due_on", "day", "Échéance ; sans elle, les conditions du client."),
            Item("amount", "amount", "amount", "Ce qui reste dû, en euros.", required=True),
            Item("original_amount", "original", "amount", "Le montant d’origine."),
            Item("label", "label", "text", "Libellé."),
            _CURRENCY,
        ),
        stock=True,
    ),
    Push(
        "payments",
        TargetKind.PAYMENTS,
        "Règlements reçus, et la facture que chacun règle s’il la nomme.",
        (
            _CUSTOMER,
            Item("value_date", "value_date", "day", "Date de valeur.", required=True),
            Item(
                "amount",
                "amount",
                "amount",
                "Montant reçu ; négatif, un règlement revenu impayé.",
                required=True,
            ),
            Item(
                "kind",
                "kind",
                "choice",
                "Moyen de paiement.",
                choices=PaymentKind,
                words=(
                    ("transfer", "virement"),
                    ("direct_debit", "prélèvement"),
                    ("cheque", "chèque"),
                    ("card", "carte"),
                    ("cash", "espèces"),
                ),
            ),
            Item("reference", "reference", "text", "Référence du règlement."),
            Item("invoice", "invoice", "text", "Numéro de la facture réglée."),
            Item("label", "label", "text", "Libellé."),
            _CURRENCY,
        ),
    ),
)
