"""What an import says of a file: counts, totals, accounts, problems; as an object and as JSON.

The same object comes out of a dry run, which needs neither creditor nor database, and of a real
import, which adds what it wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from exigible.intake.problems import Problem, Problems, Unreadable

# What reports count, in words (one, several), in the order that people read them.
COUNTED = {
    "entries": ("ligne", "lignes"),
    "parties": ("client", "clients"),
    "open_items": ("poste ouvert", "postes ouverts"),
    "matched": ("ligne rapprochée", "lignes rapprochées"),
    "claims": ("créance", "créances"),
    "payments": ("règlement", "règlements"),
    "credit_notes": ("avoir", "avoirs"),
    "lettered_groups": ("groupe lettré", "groupes lettrés"),
    "credits": ("avoir ou règlement à déduire", "avoirs et règlements à déduire"),
    "lettered": ("ligne déjà lettrée, laissée", "lignes déjà lettrées, laissées"),
    "settled": ("facture dite réglée", "factures dites réglées"),
    "contacts": ("contact", "contacts"),
    "credit_limits": ("limite de crédit", "limites de crédit"),
    "guarantees": ("garantie", "garanties"),
    "disputes": ("litige", "litiges"),
    "statements": ("relevé", "relevés"),
    "lines": ("opération bancaire", "opérations bancaires"),
    "details": ("transaction détaillée", "transactions détaillées"),
    "returns": ("paiement revenu", "paiements revenus"),
    "pending": ("opération à venir, laissée", "opérations à venir, laissées"),
    "invoices": ("facture", "factures"),
    "statuses": ("statut de facture", "statuts de factures"),
    "attachments": ("pièce jointe", "pièces jointes"),
    "ignored": ("fichier laissé de côté", "fichiers laissés de côté"),
}
WRITTEN = {
    "accounts_opened": ("compte ouvert", "comptes ouverts"),
    "lines": ("ligne comptable nouvelle", "lignes comptables nouvelles"),
    "claims": ("créance ouverte", "créances ouvertes"),
    "payments": ("règlement enregistré", "règlements enregistrés"),
    "credit_notes": ("avoir enregistré", "avoirs enregistrés"),
    "settlements": ("lettrage repris", "lettrages repris"),
    "returned": ("règlement revenu impayé", "règlements revenus impayés"),
    "recognised": ("règlement déjà saisi reconnu", "règlements déjà saisis reconnus"),
    "reversed": ("affectation contrepassée", "affectations contrepassées"),
    "superseded": ("report remplacé", "reports remplacés"),
    "customers": ("client mis à jour", "clients mis à jour"),
    "contacts": ("contact ajouté", "contacts ajoutés"),
    "contacts_completed": ("contact complété", "contacts complétés"),
    "credit_limits": ("limite de crédit mise à jour", "limites de crédit mises à jour"),
    "guarantees": ("garantie enregistrée", "garanties enregistrées"),
    "disputes": ("litige ouvert", "litiges ouverts"),
    "absent": ("créance absente, à confirmer", "créances absentes, à confirmer"),
    "due_dates": ("échéance reprise", "échéances reprises"),
    "numbers": ("numéro de facture repris", "numéros de facture repris"),
    "statements": ("relevé enregistré", "relevés enregistrés"),
    "bank_lines": ("opération bancaire nouvelle", "opérations bancaires nouvelles"),
    "bank_details": ("transaction détaillée enregistrée", "transactions détaillées enregistrées"),
    "lines_known": ("opération déjà connue", "opérations déjà connues"),
    "set_aside": ("annonce non confirmée, mise de côté", "annonces non confirmées, mises de côté"),
    "bank_accounts": ("compte bancaire ajouté", "comptes bancaires ajoutés"),
    "due_dates_derived": (
        "échéance déduite des conditions",
        "échéances déduites des conditions",
    ),
    "einvoices": ("facture électronique gardée", "factures électroniques gardées"),
    "einvoices_recognised": (
        "facture électronique reconnue",
        "factures électroniques reconnues",
    ),
    "linked": ("créance déjà connue complétée", "créances déjà connues complétées"),
    "debtors": ("débiteur créé", "débiteurs créés"),
    "exhibits": ("pièce gardée", "pièces gardées"),
    "statuses": ("statut enregistré", "statuts enregistrés"),
    "tasks": ("tâche proposée", "tâches proposées"),
}


@dataclass(frozen=True, slots=True)
class AccountRow:
    """Sums of one customer account, in cents, as the file states them."""

    account: str
    auxiliary: str
    name: str
    debit_cents: int
    credit_cents: int

    @property
    def balance_cents(self) -> int:
        return self.debit_cents - self.credit_cents

    def as_json(self) -> dict[str, object]:
        return {
            "account": self.account,
            "auxiliary": self.auxiliary,
            "name": self.name,
            "debit": in_euros(self.debit_cents),
            "credit": in_euros(self.credit_cents),
            "balance": in_euros(self.balance_cents),
        }


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What was understood of a file, and why it is refused if it is."""

    format: str
    filename: str
    accepted: bool = False
    encoding: str = ""
    delimiter: str = ""
    columns: tuple[str, ...] = ()  # those recognised
    siren: str = ""
    first_on: date | None = None
    last_on: date | None = None
    closing_on: date | None = None
    counts: dict[str, int] = field(default_factory=dict)
    totals: dict[str, dict[str, int]] = field(default_factory=dict)  # kind → currency → cents
    accounts: list[AccountRow] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)  # of a bank file, in its order
    never_chased: list[tuple[str, str]] = field(default_factory=list)  # customer, reason
    documents: list[dict[str, object]] = field(default_factory=list)  # e-invoices, in few words
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    error: Problem | None = None  # the first reason of a refusal
    unknown_iban: str = ""  # of a bank account the creditor does not have
    unchanged: bool = False
    written: dict[str, int] = field(default_factory=dict)
    parts: list[ImportReport] = field(default_factory=list)  # of several files taken together
    number: int | None = None  # of the import, once there is one

    def take(self, problems: Problems) -> None:
        """Copy the problems met while reading, and what they decide."""
        self.problems = in_order(problems.listed)
        self.problem_count = problems.count
        self.accepted = problems.blocking == 0
        self.error = problems.first_blocking

    def as_json(self) -> dict[str, object]:
        """Return the answer of the outside contract."""
        answer: dict[str, object] = {
            "format": self.format,
            "file": self.filename,
            "encoding": self.encoding,
            "accepted": self.accepted,
            "counts": self.counts,
            "totals": {
                kind: {currency: in_euros(cents) for currency, cents in by_currency.items()}
                for kind, by_currency in self.totals.items()
            },
            "accounts": [row.as_json() for row in self.accounts],
            "problems": [problem.as_json() for problem in self.problems],
            "problem_count": self.problem_count,
        }
        if self.closing_on is not None:
            answer["period"] = {
                "siren": self.siren or None,
                "from": self.first_on.isoformat() if self.first_on else None,
                "to": self.last_on.isoformat() if self.last_on else None,
                "closing": self.closing_on.isoformat(),
            }
        if self.statements:
            answer["statements"] = self.statements
        if self.documents:
            answer["documents"] = self.documents
        if self.never_chased:
            answer["never_chased"] = [
                {"customer": customer, "reason": reason} for customer, reason in self.never_chased
            ]
        if self.written or self.unchanged:
            answer["written"] = self.written
            answer["unchanged"] = self.unchanged
        if self.number is not None:
            answer["import"] = self.number
        if self.error is not None:
            answer["error"] = error_of(self.error)
        return answer

    def summary(self) -> dict[str, object]:
        """Return what is kept with the import: the answer without its long lists, and its shape."""
        kept = {
            **self.as_json(),
            "accounts_count": len(self.accounts),
            "never_chased_count": len(self.never_chased),
            "delimiter": self.delimiter,
            "columns": list(self.columns),
            **({"unknown_iban": self.unknown_iban} if self.unknown_iban else {}),
        }
        for long in ("accounts", "problems", "never_chased", "statements", "documents"):
            kept.pop(long, None)
        return kept


# Sums of a file, in words, in the order that people read them.
SUMMED = {
    "debit": "total au débit",
    "credit": "total au crédit",
    "rejected": "total rejeté",
    "announced": "total annoncé",
    "net": "total hors TVA",
    "vat": "total de TVA",
    "gross": "total TVA comprise",
    "payable": "total à payer",
    "credited": "dont avoirs",
    "open": "total ouvert",
    "settled": "total réglé",
    "received": "total reçu",
}


def totals_in_words(totals: Mapping[str, Mapping[str, int]]) -> list[tuple[str, int, str]]:
    """Return (words, cents, currency) for each sum of a file."""
    return [
        (words, cents, currency)
        for kind, words in SUMMED.items()
        for currency, cents in totals.get(kind, {}).items()
    ]


class RefusedFile(Unreadable):
    """A file entirely read, with the report of what refuses it."""

    def __init__(self, report: ImportReport, problem: Problem) -> None:
        super().__init__(problem)
        self.report = report


def refused(format_: str, filename: str, error: Unreadable) -> ImportReport:
    """Return the report of a file that could not be read at all."""
    return ImportReport(
        format=format_,
        filename=filename,
        problems=[error.problem],
        problem_count=1,
        error=error.problem,
    )


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems by line; those of the whole file at the end."""
    return sorted(problems, key=lambda problem: (problem.line is None, problem.line or 0))


def error_of(problem: Problem) -> dict[str, object]:
    return {
        "code": problem.code,
        "message": problem.message,
        "field": problem.field or None,
        "line": problem.line,
    }


def in_euros(cents: int) -> str:
    """Return 123456 as "1234.56"."""
    return str(Decimal(cents).scaleb(-2).quantize(Decimal("0.01")))
