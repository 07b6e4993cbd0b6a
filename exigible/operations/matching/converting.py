"""From the engine's proposal to what a line brings to each account, in the database's own terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from exigible.domain.french import day as french_day
from exigible.domain.french import euros, typeset
from exigible.domain.matching import Allocation, Gap, Kind, Proposal
from exigible.operations.matching import on_top
from exigible.operations.matching.loading import (
    COLLECTED,
    CONFIRMED_DAYS,
    CREDIT,
    OPEN,
    SAME_PAYMENT_DAYS,
    KnownPayment,
    Loaded,
    WaitingLine,
)
from exigible.operations.matching.parts import Part, money_of, one_account, parts_as_json
from exigible.store.models import BankLineMatch

LIKELY_OUTSIDE = 500  # thousandths: a candidate that good keeps a line from being set aside alone


@dataclass(slots=True)
class Answer:
    """What is thought of a line: its row for the page, and what would be booked."""

    row: BankLineMatch
    parts: list[Part]
    automatic: bool
    aside: str = ""  # why it is no customer's payment

    @property
    def reverses(self) -> list[int]:
        return list(self.row.reverses)


@dataclass(slots=True)
class _Shares:
    """Allocations of the engine as parts, or the payments that a return takes back."""

    parts: list[Part] = field(default_factory=list)
    reverses: list[int] = field(default_factory=list)
    returned_cents: int = 0


class Converter:
    """Turns the proposals of a run into answers; a payment of the ledger is given once."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self._used: set[int] = set()
        self._open: dict[int, int] = {}  # cents of each open claim
        self._payer: dict[int, int] = {}  # account of each payment that may come back
        for one in loaded.money:
            if one.what == OPEN:
                self._open[one.row_id] = one.cents
            elif one.what == COLLECTED:
                self._payer[one.row_id] = one.account_id

    def answer(
        self, line: WaitingLine, proposals: Sequence[Proposal], row: BankLineMatch
    ) -> Answer:
        """Return the answer to a line from those to its transactions; `row` is filled."""
        known = self._already_recorded(line, proposals)
        if known is not None:
            return self._recorded(line, known, row)
        first = proposals[0]
        row.kind = _kind_of(proposals)
        row.confidence = min(round(one.confidence * 1000) for one in proposals)
        row.reasons = list(dict.fromkeys(text for one in proposals for text in one.reasons))
        row.gap = first.gap.value if len(proposals) == 1 and first.gap else ""
        row.gap_cents = first.gap_cents if row.gap else 0
        row.accounts = [
            self.loaded.accounts[code]
            for code in dict.fromkeys(c for p in proposals for c in p.payers)
        ]
        row.remittance_id = int(first.advice) if first.advice else None
        row.fees_cents = first.gap_cents if first.gap is Gap.AGENT_FEES else 0
        shares, unsure = _Shares(), ""
        for one in proposals:
            self._add(shares, one.allocations)
        if line.cents < 0:
            row.fees_cents = (
                -line.cents - shares.returned_cents
                if first.gap is Gap.BANK_FEES and shares.reverses
                else 0
            )
            row.reverses = shares.reverses
            parts: list[Part] = []
        else:
            parts = shares.parts
            self._leave_the_rest(line, parts, row.fees_cents)
            if first.gap is Gap.DISCOUNT_DUE and len(proposals) == 1:
                self._grant(parts)
            if first.gap is Gap.ACCESSORIES and len(proposals) == 1 and parts:
                unsure = self._pay_on_top(line, parts[0], row)
        row.parts = parts_as_json(parts)
        row.candidates = (
            [candidate for one in proposals for candidate in self._candidates(line, one)]
            if len(proposals) == 1
            else []
        )
        row.account_id = self._account(row, parts)
        automatic = all(one.automatic for one in proposals) and self._may_be_alone(
            line, row, parts, unsure
        )
        aside = ""
        if row.kind == Kind.OUTSIDE and not row.kept_for_people:
            best = max((one["confidence"] for one in row.candidates), default=0)
            if best < LIKELY_OUTSIDE:
                aside = row.reasons[0] if row.reasons else "Hors règlements de clients."
        return Answer(row, parts, automatic, aside)

    # --- shares ------------------------------------------------------------------------------

    def _add(self, shares: _Shares, allocations: Sequence[Allocation]) -> None:
        """Add allocations: money and credit notes by account, or payments that come back."""
        money = self.loaded.money
        parts = {part.account_id: part for part in shares.parts}
        credits: dict[int, list[tuple[int, int]]] = {}
        for one in allocations:
            item = money[one.key]
            if item.what == COLLECTED:
                shares.reverses.append(item.row_id)
                shares.returned_cents -= one.cents
                continue
            part = parts.get(item.account_id)
            if part is None:
                part = parts[item.account_id] = Part(account_id=item.account_id, cents=0)
                shares.parts.append(part)
            part.cents += one.cents
            if item.what == CREDIT:
                credits.setdefault(item.account_id, []).append((item.row_id, -one.cents))
            else:
                part.claims.append((item.row_id, one.cents))
        for account_id, notes in credits.items():
            use_credits(parts[account_id], notes)

    def _leave_the_rest(self, line: WaitingLine, parts: list[Part], fees: int) -> None:
        """What the claims do not take stays unallocated on the first account."""
        rest = line.cents + fees - money_of(parts)
        if parts and rest:
            parts[0].cents += rest

    def _grant(self, parts: list[Part]) -> None:
        """Grant on each claim what the discount leaves of it."""
        for part in parts:
            used = {claim: 0 for claim, _ in part.claims}
            for _, claim, cents in part.credits:
                used[claim] = used.get(claim, 0) + cents
            part.discounts = [
                (claim, self._open[claim] - used[claim] - cents)
                for claim, cents in part.claims
                if self._open[claim] > used[claim] + cents
            ]

    def _pay_on_top(self, line: WaitingLine, part: Part, row: BankLineMatch) -> str:
        """Use a surplus on what is due on top of its claims; return why it is not certain."""
        found = on_top.surplus(part, line.on)
        if found is None:
            return ""
        part.accessories = found.shares
        row.reasons = [*row.reasons, found.words]
        if not found.shares:
            row.gap = Gap.OVERPAID.value
            return ""
        if found.exact:
            return ""
        return "Le surplus n’est pas exactement ce qui est dû en plus : à vous de l’accepter."

    def _candidates(self, line: WaitingLine, proposal: Proposal) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for one in proposal.candidates:
            shares = _Shares()
            self._add(shares, one.allocations)
            if line.cents < 0 and shares.parts:
                continue
            self._leave_the_rest(line, shares.parts, 0)
            if any(part.cents <= 0 for part in shares.parts):
                continue
            found.append(
                {
                    "confidence": round(one.confidence * 1000),
                    "reason": one.reason,
                    "account": self.loaded.accounts[one.customer],
                    "parts": parts_as_json(shares.parts),
                    "reverses": shares.reverses,
                }
            )
        return found

    def _account(self, row: BankLineMatch, parts: list[Part]) -> int | None:
        if parts:
            return one_account(parts)
        if row.reverses:
            owners = {self._payer[payment] for payment in row.reverses}
            return owners.pop() if len(owners) == 1 else None
        if row.candidates:
            owners = {one["account"] for one in row.candidates}
            return owners.pop() if len(owners) == 1 else None
        return row.accounts[0] if len(row.accounts) == 1 else None

    # --- what keeps a certain match from being booked alone ------------------------------------

    def _may_be_alone(
        self, line: WaitingLine, row: BankLineMatch, parts: list[Part], unsure: str
    ) -> bool:
        """Say whether a match that the engine holds certain is booked without asking.

        Money received is a fact; what extinguishes a claim without money (a discount, an agent's
        fees) is a person's to accept, as is what the law or the creditor keeps for people.
        """
        settings = self.loaded.settings
        why = unsure
        if row.kept_for_people:
            why = (
                "Une personne a défait l’affectation de cette ligne : elle ne se refait pas seule."
            )
        elif line.state == "suspense":
            why = "La ligne est en compte d’attente : une facture lui correspond désormais."
        elif line.provisional:
            why = "Opération annoncée : le relevé définitif la confirmera."
        elif any(part.discounts for part in parts):
            why = "Un escompte éteint une part de la créance : à vous de l’accorder."
        elif row.fees_cents and line.cents > 0:
            why = "Des frais sont retenus : à vous de les accepter."
        elif (
            settings.automatic_up_to_cents is not None
            and abs(line.cents) > settings.automatic_up_to_cents
        ):
            why = (
                f"Au-dessus de {euros(settings.automatic_up_to_cents)}, rien n’est affecté sans "
                "demander."
            )
        elif insolvent := self._insolvent(parts):
            why = insolvent
        elif row.reverses and row.fees_cents < 0:
            why = "Le rejet n’est pas du montant du règlement."
        if why:
            row.reasons = [*row.reasons, typeset(why)]
            return False
        return settings.automatic and bool(parts or row.reverses)

    def _insolvent(self, parts: list[Part]) -> str:
        for part in parts:
            opened = self.loaded.insolvent.get(part.account_id)
            if opened is not None:
                return (
                    f"Procédure collective ouverte le {french_day(opened)} : une créance née avant "
                    "ne peut plus être payée (C. com. art. L. 622-7)."
                )
        return ""

    # --- what the ledger recorded already ------------------------------------------------------

    def _already_recorded(
        self, line: WaitingLine, proposals: Sequence[Proposal]
    ) -> tuple[KnownPayment, bool] | None:
        """Return the payment of the ledger that a line is, and whether that is certain."""
        if line.cents <= 0 or len(proposals) != 1:
            return None
        near = [
            one
            for one in self.loaded.known.get((line.currency, line.cents), ())
            if one.pk not in self._used and self._is_near(one, line, proposals[0])
        ]
        if not near:
            return None
        proposal = proposals[0]
        payers = {self.loaded.accounts[code] for code in proposal.payers}
        payers |= {self.loaded.money[one.key].account_id for one in proposal.allocations}
        his = [one for one in near if one.account_id in payers]
        if len(his) == 1:
            return his[0], True
        if his:
            return min(his, key=lambda one: (abs(one.on - line.on), one.pk)), False
        if proposal.allocations or payers:
            return None
        return (near[0], False) if len(near) == 1 else None

    def _is_near(self, one: KnownPayment, line: WaitingLine, proposal: Proposal) -> bool:
        """Say whether the days agree; that of a receipt accepted from a list was only thought to be.

        Further off, it is that money only where the line pays nothing that is still open: a rent of the
        next month has the same sum.
        """
        apart = abs(one.on - line.on)
        if apart <= timedelta(days=SAME_PAYMENT_DAYS):
            return True
        return (
            one.confirmed
            and not proposal.allocations
            and apart <= timedelta(days=CONFIRMED_DAYS)
            and one.account_id in {self.loaded.accounts[code] for code in proposal.payers}
        )

    def _recorded(
        self, line: WaitingLine, known: tuple[KnownPayment, bool], row: BankLineMatch
    ) -> Answer:
        payment, certain = known
        part = Part(account_id=payment.account_id, cents=payment.cents, payment_id=payment.pk)
        row.kind, row.gap, row.gap_cents, row.fees_cents = Kind.PAYMENT, "", 0, 0
        row.confidence = 990 if certain else 600
        words = (
            f"Ce règlement a déjà été accepté d’après une liste, au {french_day(payment.on)}"
            if payment.confirmed
            else f"La comptabilité a déjà enregistré ce règlement le {french_day(payment.on)}"
        )
        row.reasons = [
            typeset(f"{words} : même montant, même payeur. La ligne y est rattachée.")
            if certain
            else typeset(f"{words}, du même montant : est-ce celui-ci ?")
        ]
        row.parts, row.candidates, row.reverses = [part.as_json()], [], []
        row.accounts, row.account_id = [payment.account_id], payment.account_id
        row.remittance_id = None
        automatic = (
            certain
            and self.loaded.settings.automatic
            and not row.kept_for_people
            and not line.provisional
            and line.state == "to_match"
        )
        if automatic:
            self._used.add(payment.pk)
        return Answer(row, [part], automatic)


def _kind_of(proposals: Sequence[Proposal]) -> str:
    kinds = {one.kind for one in proposals}
    if len(kinds) == 1:
        return kinds.pop().value
    return Kind.CHEQUES.value if Kind.CHEQUES in kinds else Kind.PAYMENT.value


def use_credits(part: Part, notes: list[tuple[int, int]]) -> None:
    """Spend credit notes on the claims of a part, in order; the money pays what they leave."""
    left = part.claims
    part.claims = []
    waiting = list(notes)
    for claim, cents in left:
        owed = cents
        while waiting and owed:
            note, still = waiting[0]
            used = min(still, owed)
            part.credits.append((note, claim, used))
            owed -= used
            if used == still:
                waiting.pop(0)
            else:
                waiting[0] = (note, still - used)
        if owed:
            part.claims.append((claim, owed))
