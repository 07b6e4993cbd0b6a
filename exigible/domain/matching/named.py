"""Explaining a line by the invoice numbers it cites.

The claims cited add up to the line; or they do with their credit notes, an early-payment discount,
the rest of a list that the bank cut; or the line pays part of one, or more than all. What differs
between these is how much must be corroborated by the payer or the amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from exigible.domain.french import euros, percent
from exigible.domain.matching.context import Look, Room
from exigible.domain.matching.explaining import (
    Evidence,
    Explanation,
    payer_reason,
    references_reason,
)
from exigible.domain.matching.facts import Gap
from exigible.domain.matching.loosely import begun, numbered
from exigible.domain.matching.payers import Sure
from exigible.domain.matching.references import MEDIUM, STRONG, Cited
from exigible.domain.matching.sums import interchangeable, subsets

DISCOUNT_WORDS = re.compile(r"\bESC(?:OMPTE|PTE|T)?\b")
ACCESSORY_WORDS = re.compile(
    r"\b(?:PENALITES?|PENAL|INDEMNITES?|INTERETS?|INT|IFR|FRAIS|MAJORATIONS?|RETARD|40 ?(?:EUR|E))\b"
)
YEAR = 365
PROPOSED = 0.65  # a number read with certainty is worth proposing, whatever the amount
ROUND = 500  # cents: what is paid too much, or on account, is often round
PARTS = (10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90)  # percents that a part payment may be


class Named:
    """The claims that a line cites, sorted by how certain each is."""

    def __init__(self, look: Look, room: Room) -> None:
        self.look, self.room = look, room
        book, state = room.book, room.state
        self.sure: list[int] = []  # cited with certainty
        self.maybe: list[int] = []  # cited, perhaps
        self.closed: list[int] = []  # cited, nothing left to pay
        self.foreign_currency: list[int] = []
        self.shown: list[str] = []
        self.strength = STRONG
        self.unclear = False
        self.cut = False  # one of the sure ones may be the beginning of another number
        self.unclear_rest = False  # several sets of other items would complete the sum
        singles = {
            book.owner[cited.claims[0]]
            for cited in look.reading.cited
            if len(cited.claims) == 1 and cited.strength == STRONG
        }
        for cited in look.reading.cited:
            claim = self._one(cited, singles)
            if claim is None:
                continue
            if book.currency[claim] != look.line.currency:
                self.foreign_currency.append(claim)
            elif not state.open[claim]:
                self.closed.append(claim)
                self.shown.append(cited.shown)
            elif self._certain(cited, claim):
                if claim not in self.sure:
                    self.sure.append(claim)
                    self.shown.append(cited.shown)
                    self.strength = min(self.strength, cited.strength)
                    self.cut |= cited.cut
            elif claim not in self.maybe:
                self.maybe.append(claim)
        for cited in look.reading.hinted:
            claim = cited.claims[0]
            near = {book.owner[other] for other in self.sure}
            if state.open[claim] and claim not in self.sure and book.owner[claim] in near:
                self.maybe.append(claim)

    def _one(self, cited: Cited, singles: set[int]) -> int | None:
        """Return the one claim a citation means, None where several may be."""
        book, state, line = self.room.book, self.room.state, self.look.line
        options: Sequence[int] = cited.claims
        if len(options) == 1:
            return options[0]
        for keep in (
            [c for c in options if book.owner[c] in self.look.payer.customers],
            [c for c in options if book.owner[c] in singles],
            [c for c in options if state.open[c] == line.cents],
            [c for c in options if state.open[c]],
        ):
            if len(keep) == 1:
                return keep[0]
            options = keep or options
        self.unclear = True
        return None

    def _certain(self, cited: Cited, claim: int) -> bool:
        """Say whether a number read stands for its claim.

        A number without letters that is another customer's is a coincidence, but for the amount; a
        short one that is the payer's own is none.
        """
        payer, book = self.look.payer, self.room.book
        if cited.strength == STRONG:
            return True
        own = payer.sure >= Sure.LIKELY and any(
            book.same_group(book.owner[claim], one) for one in payer.customers
        )
        if own:
            return cited.strength == MEDIUM or len(book.references.compacts[claim]) >= 5
        if cited.strength < MEDIUM:
            return False
        return payer.sure < Sure.LIKELY or self.room.state.open[claim] == self.look.line.cents

    @property
    def customers(self) -> set[int]:
        return {self.room.book.owner[claim] for claim in self.sure}


def explain_named(named: Named) -> Explanation | None:
    """Return what the claims cited explain of the line; None where nothing certain is cited."""
    look, room = named.look, named.room
    state, book, cents = room.state, room.book, look.line.cents
    base = _evidence(named)
    if not named.sure:
        return _only_perhaps(named)
    total = sum(state.open[claim] for claim in named.sure)
    found = _exact(named, base) or _with_more(named, base)
    said = DISCOUNT_WORDS.search(look.label) is not None
    if found is None and total > cents and said:
        found = _discounted(named, base)
    found = found or _completed(named, base) or _discounted(named, base)
    if found is None:
        found = _partial(named, base, total) if total > cents else _over(named, base, total)
    if found is None:
        return None
    _doubts(named, found)
    late = [c for c, _ in found.shares if book.issued[c] > look.day + room.rules.early_days]
    if late:
        found.doubts.append(f"La facture {book.refs[late[0]]} est postérieure au virement.")
    return found


def _evidence(named: Named) -> Explanation:
    look, room = named.look, named.room
    found = Explanation([], {Evidence.REFERENCE}, [references_reason(named.shown, len(named.sure))])
    customers = named.customers
    agreeing = [
        customer
        for customer in look.payer.customers
        if any(room.book.same_group(customer, one) for one in customers)
    ]
    if agreeing and look.payer.sure >= Sure.LIKELY:
        found.evidence.add(Evidence.PAYER)
        found.reasons.append(payer_reason(room.book, look.payer, agreeing[0]))
    return found


def _copy(base: Explanation, shares: Iterable[tuple[int, int]], *reasons: str) -> Explanation:
    return Explanation(list(shares), set(base.evidence), [*base.reasons, *(one for one in reasons)])


def _full(named: Named, claims: Iterable[int]) -> list[tuple[int, int]]:
    return [(claim, named.room.state.open[claim]) for claim in claims]


def _exact(named: Named, base: Explanation) -> Explanation | None:
    shares = _full(named, named.sure)
    if sum(cents for _, cents in shares) != named.look.line.cents:
        return None
    found = _copy(
        base, shares, "Le montant est exactement le leur." if len(shares) > 1 else "Montant égal."
    )
    found.evidence.add(Evidence.AMOUNT)
    return found


def _with_more(named: Named, base: Explanation) -> Explanation | None:
    """The claims cited, and those of their customers that a broken or abridged number designates."""
    room, look = named.room, named.look
    items = _others(named)
    ends = numbered(look.reading, room.book.references, items)
    starts = begun(look.reading, room.book.references, items)
    target = look.line.cents - sum(room.state.open[claim] for claim in named.sure)
    optional = list(dict.fromkeys([*named.maybe, *ends]))[: room.rules.subset_all]
    chosen = _adding_up(named, optional, starts, target)
    if not chosen:
        return None
    unsure = {*starts, *named.maybe} - set(ends)
    if set(chosen) & unsure:  # less than a number: nothing else may fit as well
        places = [items.index(claim) for claim in chosen if claim in items]
        if interchangeable([room.state.open[claim] for claim in items], places):
            named.unclear_rest = True
            return None
    answer = _copy(
        base,
        _full(named, [*named.sure, *chosen]),
        "Avec les numéros abrégés ou incomplets du libellé, le montant est exact.",
    )
    answer.evidence.add(Evidence.AMOUNT)
    return answer


def _adding_up(
    named: Named, optional: Sequence[int], starts: Sequence[int], target: int
) -> list[int]:
    """Return the claims that give the target: all that is optional, or the one set of it that does.

    A number cut at the end designates one claim of those it begins, no more.
    """
    if target <= 0:
        return []
    open_ = named.room.state.open
    found: list[list[int]] = []
    for extra in ([], *([claim] for claim in starts if claim not in optional)):
        left = target - sum(open_[claim] for claim in extra)
        if left == 0 and extra:
            found.append(extra)
        elif left == sum(open_[claim] for claim in optional) and optional:
            return [*optional, *extra]
        elif optional and left > 0:
            sets = subsets(
                [open_[claim] for claim in optional],
                left,
                everything_up_to=named.room.rules.subset_all,
                pairs_up_to=0,
            )
            found += [[*(optional[place] for place in one.places), *extra] for one in sets]
    return found[0] if len(found) == 1 else []


def _completed(named: Named, base: Explanation) -> Explanation | None:
    """The claims cited, with credit notes deducted or invoices the bank's cut took off the list."""
    room, look = named.room, named.look
    target = look.line.cents - sum(room.state.open[claim] for claim in named.sure)
    items = _others(named)
    if target > 0:
        amounts = [room.state.open[claim] for claim in items]
        found = subsets(amounts, target, everything_up_to=room.rules.subset_all, pairs_up_to=60)
        words = (
            "Le reste du virement est exactement le montant d’autres factures ouvertes du compte."
        )
    else:
        items = [claim for claim in items if room.state.open[claim] < 0]
        amounts = [-room.state.open[claim] for claim in items]
        found = subsets(amounts, -target, everything_up_to=room.rules.subset_all, pairs_up_to=60)
        words = "La différence est exactement un avoir ouvert du compte, déduit."
    if not found:
        return None
    several = len(found) > 1 and (
        found[0].chance > 0.05 * found[1].chance or len(found[0].places) >= len(found[1].places)
    )
    if several or interchangeable(amounts, found[0].places):
        named.unclear_rest = True
        return None
    chosen = [items[place] for place in found[0].places]
    answer = _copy(base, _full(named, [*named.sure, *chosen]), words)
    answer.evidence.add(Evidence.AMOUNT)
    answer.chance = found[0].chance
    named_total = look.line.cents - target
    if target < 0 and any(abs(named_total * part - 100 * look.line.cents) <= 100 for part in PARTS):
        answer.doubts.append("Ce peut être aussi un acompte d’une fraction ronde.")
    read_more = bool(look.reading.tails or look.reading.numbers)
    if target > 0 and target % ROUND == 0 and not read_more:
        answer.doubts.append("L’excédent, rond, peut n’être qu’un trop-perçu.")
    per_claim, rest = divmod(target, room.rules.indemnity_cents)
    if rest == 0 and 0 < per_claim <= len(named.sure):
        answer.doubts.append("L’excédent peut être aussi l’indemnité de 40 €.")
    return answer


def _discounted(named: Named, base: Explanation) -> Explanation | None:
    """An early-payment discount: the money is allocated, what is missing stays open or is granted."""
    room, look = named.room, named.look
    found = _discount_of(named, base, named.sure)
    if found is None:
        items = _others(named)
        ends = [*named.maybe, *numbered(look.reading, room.book.references, items)]
        starts = begun(look.reading, room.book.references, items)
        lists = [[*ends, start] for start in starts] or ([ends] if ends else [])
        options = [
            option
            for more in lists
            if (option := _discount_of(named, base, list(dict.fromkeys([*named.sure, *more]))))
        ]
        found = options[0] if len(options) == 1 else None
    return found


def _discount_of(named: Named, base: Explanation, claims: Sequence[int]) -> Explanation | None:
    room, look = named.room, named.look
    total = sum(room.state.open[claim] for claim in claims)
    gap = total - look.line.cents
    if gap <= 0 or any(room.state.open[claim] < 0 for claim in claims):
        return None
    contract = room.book.customers[room.book.owner[claims[0]]].discount
    rates = (contract.rate,) if contract else room.rules.discount_rates
    for rate in rates:
        shares = discounted_shares(
            _full(named, claims), rate, look.line.cents, room.rules.rounding_cents
        )
        if not shares:
            continue
        found = _copy(base, shares)
        found.gap_cents = gap
        found.gap = Gap.DISCOUNT_UNDUE
        found.evidence.add(Evidence.AMOUNT)
        words = f"L’écart de {euros(gap)} est un escompte de {percent(rate)}"
        if contract is None:
            words += " ; sans conditions d’escompte connues, il reste dû."
        elif within_discount(room, claims, contract.days, look.day):
            found.gap = Gap.DISCOUNT_DUE
            words += ", prévu aux conditions et pris à temps."
        else:
            words += ", pris hors délai : escompte indu, l’écart reste dû."
        found.reasons.append(words)
        return found
    return None


def within_discount(room: Room, claims: Sequence[int], days: int, day: int) -> bool:
    """Say whether funds of a day arrived within the discount date of every claim."""
    return all(
        room.book.issued[claim] and day <= room.book.issued[claim] + days for claim in claims
    )


def discounted_shares(
    full: Sequence[tuple[int, int]], rate: int, cents: int, rounding: int
) -> list[tuple[int, int]]:
    """Return what each claim receives if the sum is theirs less a discount; empty if it is not.

    Each is reduced and rounded, as invoices are; the last takes what rounding leaves.
    """
    shares = [(claim, amount - round_half_up(amount * rate, 1_000_000)) for claim, amount in full]
    rest = cents - sum(amount for _, amount in shares)
    if abs(rest) > max(rounding, len(shares)):
        return []
    claim, amount = shares[-1]
    if not 0 < amount + rest <= full[-1][1]:
        return []
    return [*shares[:-1], (claim, amount + rest)]


def round_half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _partial(named: Named, base: Explanation, total: int) -> Explanation | None:
    room, look = named.room, named.look
    cents, gap = look.line.cents, total - look.line.cents
    if any(room.state.open[claim] < 0 for claim in named.sure):
        return None
    if len(named.sure) == 1:
        claim = named.sure[0]
        found = _copy(base, [(claim, cents)])
        found.gap, found.gap_cents = Gap.PARTIAL, gap
        found.likely = PROPOSED
        if gap <= room.rules.bank_fees_cents:
            found.gap = Gap.BANK_FEES
            found.reasons.append(f"Il manque {euros(gap)}, peut-être des frais bancaires.")
        else:
            found.reasons.append(f"Paiement partiel : il reste {euros(gap)}.")
        if Evidence.PAYER not in found.evidence and named.strength < STRONG:
            found.doubts.append("Le payeur n’est pas reconnu.")
        elif Evidence.PAYER not in found.evidence:
            # A number of ours, nothing against it, nearly the amount: who else would cite it?
            if look.payer.sure is Sure.FULL:
                found.doubts.append("Le payeur reconnu n’est pas le débiteur de cette facture.")
            elif gap > min(room.rules.bank_fees_cents, total // 10):
                found.doubts.append("Montant partiel, payeur non reconnu.")
            else:
                found.evidence.add(Evidence.AMOUNT)
        rival = [c for c in _others(named) if room.state.open[c] == cents]
        if rival:
            found.doubts.append(
                f"Le montant est celui de la facture {room.book.refs[rival[0]]}, non citée."
            )
        return found
    left, shares = cents, []
    for claim in room.book.oldest_first(named.sure):
        part = min(left, room.state.open[claim])
        if part:
            shares.append((claim, part))
        left -= part
    found = _copy(base, shares, f"Il manque {euros(gap)} aux factures citées.")
    found.gap, found.gap_cents = Gap.PARTIAL, gap
    found.doubts.append("Rien ne dit laquelle des factures citées est payée en partie.")
    return found


def _over(named: Named, base: Explanation, total: int) -> Explanation | None:
    """More than what is cited: penalties and 40 € on top, or too much."""
    room, look = named.room, named.look
    rules, excess = room.rules, look.line.cents - total
    if total <= 0:
        return None
    late = [max(look.day - room.book.due[claim], 0) for claim in named.sure]
    plausible = sum(
        rules.indemnity_cents
        + room.state.open[claim] * rules.penalty_rate * days // (1_000_000 * YEAR)
        for claim, days in zip(named.sure, late, strict=True)
        if days
    )
    found = _copy(base, _full(named, named.sure))
    found.gap_cents, found.likely = -excess, PROPOSED
    indemnities = excess % rules.indemnity_cents == 0 and excess <= rules.indemnity_cents * len(
        named.sure
    )
    said = ACCESSORY_WORDS.search(look.label) is not None
    others = [room.state.open[claim] for claim in _others(named) if room.state.open[claim] > 0]
    if indemnities or said or 0 < excess <= plausible:
        found.gap = Gap.ACCESSORIES
        found.evidence.add(Evidence.AMOUNT)
        found.reasons.append(f"{euros(excess)} en plus : pénalités de retard et indemnité de 40 €.")
    else:
        found.gap = Gap.OVERPAID
        found.reasons.append(f"Trop-perçu de {euros(excess)}, laissé non affecté.")
    if excess <= rules.rounding_cents or indemnities or said:
        found.evidence.add(Evidence.AMOUNT)
    elif named.maybe:
        found.doubts.append("Le libellé porte d’autres numéros, peut-être d’autres factures.")
    elif others and excess >= min(others):
        found.doubts.append("D’autres factures du compte pourraient être payées par l’excédent.")
    elif look.reading.foreign:
        found.doubts.append(f"« {look.reading.foreign[0]} » n’est pas ouverte.")
    elif excess * 4 > total:
        found.doubts.append("L’excédent est important.")
    elif look.reading.tails or look.reading.numbers:
        found.doubts.append("Le libellé porte d’autres numéros, peut-être d’autres factures.")
    return found


def _only_perhaps(named: Named) -> Explanation | None:
    """Numbers without letters, too short to be certain: with the amount and the payer only."""
    room, look = named.room, named.look
    total = sum(room.state.open[claim] for claim in named.maybe)
    if not named.maybe or total != look.line.cents:
        return None
    owners = {room.book.owner[claim] for claim in named.maybe}
    if look.payer.sure < Sure.LIKELY or not owners & set(look.payer.customers):
        return None
    named.sure, named.strength = list(named.maybe), MEDIUM
    found = _copy(_evidence(named), _full(named, named.maybe), "Montant égal.")
    found.evidence.add(Evidence.AMOUNT)
    _doubts(named, found)
    return found


def _others(named: Named) -> list[int]:
    """Return the other open items of the customers cited."""
    room, look = named.room, named.look
    items: list[int] = []
    for customer in sorted(named.customers)[:5]:
        items += room.state.payable(customer, look.line.currency, look.day)
    cited = set(named.sure)
    return [claim for claim in items if claim not in cited]


def _doubts(named: Named, found: Explanation) -> None:
    """Note what contradicts an explanation."""
    look, room = named.look, named.room
    exact = Evidence.AMOUNT in found.evidence and found.gap is None
    payer = look.payer
    against = payer.sure is Sure.FULL and Evidence.PAYER not in found.evidence and not look.agent
    if against:
        own = [
            claim
            for customer in payer.customers
            for claim in room.book.of_customer[customer]
            if room.state.open[claim] == look.line.cents
        ]
        if own:
            found.doubts.append(
                f"Le payeur reconnu a lui-même une facture de ce montant, {room.book.refs[own[0]]}."
            )
        elif not exact or named.strength < STRONG:
            found.doubts.append("Le payeur reconnu n’est pas le débiteur de la facture citée.")
        else:
            found.reasons.append(
                "Payée par un autre compte, qui cite le numéro et le montant exacts."
            )
    if payer.others and not exact:
        found.doubts.append("Le nom et l’IBAN désignent deux comptes.")
    if named.unclear_rest:
        found.doubts.append("Plusieurs pièces du compte expliqueraient la différence.")
    if named.cut and not exact:
        found.doubts.append(f"Le dernier numéro, « {named.shown[-1]} », est peut-être coupé.")
    if named.unclear and not exact:
        found.doubts.append("Un numéro lu est celui de plusieurs factures.")
    if not exact and named.closed:
        found.doubts.append("Une des factures citées est déjà réglée.")
    if exact and named.strength < STRONG and Evidence.PAYER not in found.evidence:
        same = room.book.by_amount.get((look.line.currency, look.line.cents), ())
        if len(same) > 1 or len(found.shares) > 1:
            found.doubts.append("Numéro sans lettres et payeur non reconnu.")
    if look.agent and not exact:
        found.doubts.append("Fonds reçus d’un mandataire : il manque le relevé de reversement.")
        found.ambiguous = True
    if look.outside and not exact:
        found.doubts.append(f"Le libellé évoque autre chose : {look.outside}.")
    if look.back and not exact:
        found.doubts.append("Le libellé évoque un rejet.")
