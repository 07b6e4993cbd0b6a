"""What the payer wrote beside his transfer: a remittance advice, an agent's *relevé de reversement*.

The document names invoices and sums; the bank line gives one sum. When every number is that of one
open claim, nothing is paid beyond what is open, and the items less the fees make the line to the
cent, both agree. Whatever does not is said, and asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exigible.domain.french import count, euros
from exigible.domain.matching.context import Look, Room
from exigible.domain.matching.explaining import Evidence, Explanation
from exigible.domain.matching.facts import Advice, AdviceItem, BankLine, Gap

EARLY_DAYS, LATE_DAYS = 20, 10  # an advice comes before its transfer, seldom after


@dataclass(slots=True)
class Advices:
    """The advices of a batch, each on the line it speaks of."""

    by_line: dict[str, Advice]

    @classmethod
    def of(cls, advices: Iterable[Advice], lines: Sequence[BankLine]) -> Advices:
        """Tie each to the line a person chose, else to the only one of its sum around its day."""
        given = list(advices)
        tied = {one.line: one for one in given if one.line}
        by_sum: dict[int, list[BankLine]] = {}
        if any(not one.line for one in given):
            wanted = {one.cents for one in given if not one.line}
            for line in lines:
                if line.cents in wanted and line.id not in tied:
                    by_sum.setdefault(line.cents, []).append(line)
        claimed: dict[str, list[Advice]] = {}
        for advice in given:
            if advice.line:
                continue
            near = [line for line in by_sum.get(advice.cents, ()) if _near(advice, line)]
            if len(near) == 1:
                claimed.setdefault(near[0].id, []).append(advice)
        tied.update({line: found[0] for line, found in claimed.items() if len(found) == 1})
        return cls(tied)

    def of_line(self, line: str) -> Advice | None:
        """Return the advice of a line."""
        return self.by_line.get(line)


def _near(advice: Advice, line: BankLine) -> bool:
    if advice.on is None:
        return True
    return -LATE_DAYS <= (line.on - advice.on).days <= EARLY_DAYS


def explain_advice(look: Look, room: Room, advice: Advice) -> Explanation:
    """Return what a line pays by its advice."""
    book, state, line = room.book, room.state, look.line
    what = "Relevé de reversement" if advice.fees_cents else "Avis de paiement"
    found = Explanation([], {Evidence.DOCUMENT}, [], advice=advice.id, likely=0.7)
    total = sum(item.cents for item in advice.items)
    sender = f" de {advice.sender}" if advice.sender else ""
    found.reasons.append(f"{what}{sender} : {count(len(advice.items), 'pièce')}, {euros(total)}.")
    shares: dict[int, int] = {}
    for item in advice.items:
        claim = _claim_of(item, look, room)
        if claim is None:
            found.doubts.append(f"« {item.ref} » n’est pas une facture ouverte.")
            continue
        cents = shares.get(claim, 0) + item.cents
        still = state.open[claim]
        if cents * still <= 0 or abs(cents) > abs(still):
            found.doubts.append(
                f"{book.refs[claim]} : {euros(item.cents)} annoncés, {euros(still)} ouverts."
            )
            cents = min(cents, still) if cents * still > 0 else 0
        if cents:
            shares[claim] = cents
    found.shares = list(shares.items())
    if found.shares and not found.doubts:
        found.evidence.add(Evidence.REFERENCE)
        found.reasons.append("Chaque pièce annoncée est ouverte.")
    if total - advice.fees_cents == line.cents:
        found.evidence.add(Evidence.AMOUNT)
    else:
        found.doubts.append(
            f"Le document annonce {euros(total - advice.fees_cents)}, la banque {euros(line.cents)}."
        )
        if sum(cents for _, cents in found.shares) > line.cents:
            found.shares, found.ambiguous = [], True
    if advice.fees_cents:
        found.gap, found.gap_cents = Gap.AGENT_FEES, advice.fees_cents
        found.reasons.append(
            f"{euros(advice.fees_cents)} de frais retenus : à la charge du créancier, les "
            "débiteurs sont crédités avant frais."
        )
    if len(look.payer.customers) == 1 and {book.owner[c] for c, _ in found.shares} == set(
        look.payer.customers
    ):
        found.evidence.add(Evidence.PAYER)
    return found


def _claim_of(item: AdviceItem, look: Look, room: Room) -> int | None:
    """Return the one open claim that a number means."""
    book, state = room.book, room.state
    options: list[int] = []
    for cited in book.references.read((item.ref,)).cited:
        options += [c for c in cited.claims if c not in options]
    options = [
        c
        for c in options
        if state.open[c] * item.cents > 0 and book.currency[c] == look.line.currency
    ]
    for keep in (
        options,
        [c for c in options if book.refs[c] == item.ref],
        [c for c in options if state.open[c] == item.cents],
        [c for c in options if book.owner[c] in look.payer.customers],
    ):
        if len(keep) == 1:
            return keep[0]
    return None
