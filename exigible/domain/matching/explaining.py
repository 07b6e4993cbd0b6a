"""An explanation of a line: what it would pay, on which evidence, with which doubts; and the gate.

Evidence comes in kinds that do not follow from one another: a reference read, a payer recognised, an
amount that falls right, a document (plan, slip). The gate lets through what has two kinds at least,
no doubt, and a sum that coincidence does not explain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from exigible.domain.french import count
from exigible.domain.matching.book import Book
from exigible.domain.matching.facts import Gap
from exigible.domain.matching.payers import Payer, Sure
from exigible.domain.matching.rules import Rules


class Evidence(StrEnum):
    """Kinds of evidence that do not follow from one another."""

    REFERENCE = "reference"
    PAYER = "payer"
    AMOUNT = "amount"
    DOCUMENT = "document"
    NUMBER = "number"  # part of a reference, that means something for a known payer


WEIGHTS = {
    Evidence.REFERENCE: 0.45,
    Evidence.PAYER: 0.35,
    Evidence.AMOUNT: 0.35,
    Evidence.DOCUMENT: 0.35,
    Evidence.NUMBER: 0.15,
}


@dataclass(slots=True)
class Explanation:
    """What a line would pay, and why."""

    shares: list[tuple[int, int]]
    evidence: set[Evidence]
    reasons: list[str]
    doubts: list[str] = field(default_factory=list)
    chance: float = 0.0
    gap: Gap | None = None
    gap_cents: int = 0
    ambiguous: bool = False  # others as good: nothing is proposed, only candidates
    likely: float = 0.0  # what makes it worth proposing, beyond the evidence
    plan: str = ""
    instalments: int = 0
    slip: str = ""
    advice: str = ""

    def passes(self, rules: Rules) -> bool:
        """Say whether the explanation may be booked without asking."""
        kinds = self.evidence - {Evidence.NUMBER}
        return (
            bool(self.shares)
            and not self.doubts
            and not self.ambiguous
            and len(kinds) >= rules.least_evidence
            and self.chance <= rules.most_coincidence
        )

    def confidence(self, rules: Rules) -> float:
        """Return how likely the explanation is, between 0 and 1: an order, not a measured rate."""
        if not self.shares:
            return 0.0
        score = min(sum(WEIGHTS[one] for one in self.evidence), 0.97)
        if self.passes(rules):
            return round(min(0.985 + 0.005 * len(self.evidence), 0.999), 3)
        score -= 0.12 * len(self.doubts) + 0.3 * min(self.chance, 1.0)
        if self.ambiguous:
            score = min(score, 0.5)
        return round(max(min(score, 0.95), self.likely, 0.05), 2)


# --- words ---------------------------------------------------------------------------------------

_BY = {
    "iban": "IBAN connu du compte {name}.",
    "learned_iban": "IBAN déjà rencontré pour le compte {name}.",
    "siren": "SIREN du compte {name} lu dans le libellé.",
    "code": "Code client du compte {name} lu dans le libellé.",
    "learned_name": "Nom déjà rencontré pour le compte {name}.",
}


def payer_reason(book: Book, payer: Payer, customer: int) -> str:
    """Return how a payer was recognised, in words."""
    known = book.customers[customer]
    name = known.names[0] if known.names else known.code
    if payer.by in _BY:
        return _BY[payer.by].format(name=f"« {name} »")
    words = {
        Sure.FULL: "Nom du payeur : « {name} ».",
        Sure.LIKELY: "Nom proche de « {name} ».",
        Sure.WEAK: "Quelques mots du nom « {name} ».",
    }
    return words.get(payer.sure, "Compte « {name} ».").format(name=name)


def references_reason(shown: list[str], number: int) -> str:
    """Return which references were read, in words."""
    read = ", ".join(f"« {one} »" for one in shown[:3]) + ("…" if len(shown) > 3 else "")
    if number == 1:
        return f"Numéro de facture lu dans le libellé ({read}), facture ouverte."
    return f"{count(number, 'numéro de facture lu', 'numéros de facture lus')} ({read})."
