"""What an import says of a file: counts, totals, accounts, problems; as an object and as JSON.

The same object comes out of a dry run, which needs neither creditor nor database, and of a real
import, which adds what it wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from exigible.domain.french import euros
from exigible.intake.problems import Problem, Problems, Unreadable

# What reports count, in words (one, several), in the order that people read them.
COUNTED = {
    "entries": ("ligne", "lignes"),
    "parties": ("client", "clients"),
    "open_items": ("facture ouverte", "factures ouvertes"),
    "matched": ("ligne rapprochée", "lignes rapprochées"),
    "claims": ("créance", "créances"),
    "payments": ("règlement", "règlements"),
    "credit_notes": ("avoir", "avoirs"),
    "lettered_groups": ("groupe lettré", "groupes lettrés"),
    "credits": ("avoir ou règlement à déduire", "avoirs et règlements à déduire"),
    "settled": ("facture dite réglée", "factures dites réglées"),
    "contacts": ("contact", "contacts"),
    "credit_limits": ("limite de crédit", "limites de crédit"),
    "guarantees": ("garantie", "garanties"),
    "disputes": ("litige", "litiges"),
}
# What reports total, in words.
TOTALS = {
    "debit": "Total au débit",
    "credit": "Total au crédit",
    "open": "Total ouvert",
    "settled": "Total réglé",
    "received": "Total reçu",
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
    "due_dates_derived": (
        "échéance déduite des conditions",
        "échéances déduites des conditions",
    ),
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
    never_chased: list[tuple[str, str]] = field(default_factory=list)  # customer, reason
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    error: Problem | None = None  # the first reason of a refusal
    unchanged: bool = False
    written: dict[str, int] = field(default_factory=dict)

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
        if self.never_chased:
            answer["never_chased"] = [
                {"customer": customer, "reason": reason} for customer, reason in self.never_chased
            ]
        if self.written or self.unchanged:
            answer["written"] = self.written
            answer["unchanged"] = self.unchanged
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
        }
        for long in ("accounts", "problems", "never_chased"):
            kept.pop(long, None)
        return kept


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


def in_currency(cents: int, currency: str) -> str:
    """« 1 234,56 € », or « 1 234,56 USD »."""
    shown = euros(cents)
    return shown if currency == "EUR" else shown.replace("€", currency)


def in_euros(cents: int) -> str:
    """Return 123456 as "1234.56"."""
    return str(Decimal(cents).scaleb(-2).quantize(Decimal("0.01")))
