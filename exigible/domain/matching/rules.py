"""The rules of matching, all in one place: shown to users, editable, and nowhere else in the code.

None of them is law: they say how much evidence the house asks for. Rates are in 1/10,000 of a
percent, amounts in cents.
"""

from __future__ import annotations

from dataclasses import dataclass

PERCENT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Thresholds of the engine. The defaults are those measured in `benchmarks/matching.py`."""

    # The gate: how many kinds of evidence (reference, payer, amount, document) must agree, and how
    # many explanations as simple would be expected by mere coincidence.
    least_evidence: int = 2
    most_coincidence: float = 0.002
    # Names: the share of a customer's name found in the line, of the payer's words that are his.
    full_name: float = 0.95
    likely_name: float = 0.6
    payer_words: float = 0.6
    # Sums of several claims.
    subset_all: int = 14  # up to so many open items, every subset is tried
    subset_pairs: int = 500  # up to so many, pairs and triples
    most_members: int = 60  # claims that one line may pay
    candidates: int = 3
    # What is deducted or added.
    discount_rates: tuple[int, ...] = tuple(
        PERCENT * tenths // 10 for tenths in (5, 10, 15, 20, 25, 30)
    )
    bank_fees_cents: int = 5_000
    indemnity_cents: int = 4_000  # shown as an assumption: the law's own amount is in domain/law
    penalty_rate: int = 20 * PERCENT  # a year: the most that late-payment penalties plausibly are
    rounding_cents: int = 2
    # Dates.
    early_days: int = 3  # a transfer may precede the date written on the invoice
    instalment_early_days: int = 12
    instalment_late_days: int = 25
    return_days: int = 400  # a consumer may contest an unauthorised debit for thirteen months
