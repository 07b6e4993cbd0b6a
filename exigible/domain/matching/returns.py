"""Debits and cheques that come back unpaid: what had been collected is owed again."""

from __future__ import annotations

from collections.abc import Iterable

from exigible.domain.french import euros
from exigible.domain.matching.book import Taken
from exigible.domain.matching.context import Look, Room
from exigible.domain.matching.explaining import (
    Evidence,
    Explanation,
    payer_reason,
    references_reason,
)
from exigible.domain.matching.facts import Gap
from exigible.domain.matching.kinds import is_transfer
from exigible.domain.matching.loosely import loosely_named
from exigible.domain.matching.payers import Sure
from exigible.domain.matching.references import MEDIUM

FEES_CENTS = 3_000  # what a bank may add to a debit that it returns


def explain_return(look: Look, room: Room) -> list[Explanation]:
    """Return what a line below zero takes back, best first."""
    found = _by_references(look, room)
    if found is not None:
        return [found]
    return _by_payer(look, room) or _by_amount(look, room)


def _collected(look: Look, room: Room, claims: Iterable[int]) -> list[int]:
    """Return the claims whose money had come in by the day of the line."""
    book, state = room.book, room.state
    return [
        c
        for c in claims
        if state.paid[c] > 0
        and book.currency[c] == look.line.currency
        and book.collected_on[c] <= look.day
    ]


def _by_references(look: Look, room: Room) -> Explanation | None:
    book, state = room.book, room.state
    claims, shown = [], []
    for cited in look.reading.cited:
        if cited.strength < MEDIUM:
            continue
        options = _collected(look, room, cited.claims)
        if len(options) > 1:
            own = [c for c in options if book.owner[c] in look.payer.customers]
            options = own if len(own) == 1 else []
        if options and options[0] not in claims:
            claims.append(options[0])
            shown.append(cited.shown)
    if not claims:
        return None
    wanted = -look.line.cents
    total = sum(state.paid[claim] for claim in claims)
    found = Explanation(
        [], {Evidence.REFERENCE}, ["Rejet : ce qui avait été encaissé est dû à nouveau."]
    )
    found.reasons.append(references_reason(shown, len(claims)).replace(", facture ouverte", ""))
    payer = look.payer
    owners = {book.owner[claim] for claim in claims}
    if payer.sure >= Sure.LIKELY and owners & set(payer.customers):
        found.evidence.add(Evidence.PAYER)
        found.reasons.append(payer_reason(book, payer, min(owners & set(payer.customers))))
    if total <= wanted <= total + FEES_CENTS:
        found.shares = [(claim, -state.paid[claim]) for claim in claims]
        found.evidence.add(Evidence.AMOUNT)
        if wanted > total:
            found.gap, found.gap_cents = Gap.BANK_FEES, wanted - total
            found.reasons.append(f"{euros(wanted - total)} de frais de rejet en plus.")
    elif len(claims) == 1 and wanted < total:
        found.shares = [(claims[0], -wanted)]
        earlier = [t for t in state.of_claim.get(claims[0], ()) if t.total == wanted]
        if earlier:
            found.evidence.add(Evidence.AMOUNT)
            found.reasons.append("Montant d’un encaissement déjà affecté à cette facture.")
        else:
            found.doubts.append("Le rejet est inférieur à ce qui avait été encaissé.")
    else:
        return None
    if payer.sure is Sure.FULL and Evidence.PAYER not in found.evidence:
        found.doubts.append("Le payeur reconnu n’est pas le débiteur de cette facture.")
    return found


def _by_payer(look: Look, room: Room) -> list[Explanation]:
    book, state, wanted = room.book, room.state, -look.line.cents
    found: list[Explanation] = []
    transfer = is_transfer(look.label)
    for customer in look.payer.customers:
        options: list[tuple[list[tuple[int, int]], str]] = []
        seen: set[int] = set()
        lines: list[Taken] = state.of_customer.get(customer, [])
        for taken in lines:
            if taken.transfer and not transfer:
                continue
            if taken.total == wanted and not taken.returned and taken.on <= look.day:
                shares = [(c, -cents) for c, cents in taken.shares]
                if all(state.paid[c] + cents >= 0 for c, cents in shares):
                    options.append((shares, f"Montant de l’encaissement de la ligne {taken.line}."))
                    seen |= {c for c, _ in taken.shares}
        claims = _collected(look, room, book.of_customer[customer])
        options += [
            ([(claim, -wanted)], "Montant égal à celui qui avait été encaissé.")
            for claim in claims
            if state.paid[claim] == wanted and claim not in seen
        ]
        numbered = loosely_named(look.reading, book.references, claims)
        if len(numbered) == 1 and any(shares[0][0] == numbered[0] for shares, _ in options):
            options = [one for one in options if one[0][0][0] == numbered[0]]
        for shares, words in options:
            one = Explanation(shares, {Evidence.AMOUNT, Evidence.DOCUMENT}, [])
            one.reasons = ["Rejet : ce qui avait été encaissé est dû à nouveau.", words]
            one.reasons.append(payer_reason(book, look.payer, customer))
            if look.payer.sure >= Sure.LIKELY:
                one.evidence.add(Evidence.PAYER)
            else:
                one.doubts.append("Le payeur n’est pas reconnu.")
            found.append(one)
    if len(found) > 1:
        for one in found:
            one.ambiguous = True
            one.doubts.append("Plusieurs encaissements ont ce montant.")
    return found


def _by_amount(look: Look, room: Room) -> list[Explanation]:
    """Without reference nor payer: candidates only, but where a part of the number agrees."""
    book, state, wanted = room.book, room.state, -look.line.cents
    same = book.by_amount.get((look.line.currency, wanted), ())
    claims = [
        c for c in _collected(look, room, same) if state.paid[c] == wanted and book.collected[c]
    ][:20]
    numbered = loosely_named(look.reading, book.references, claims)
    found = []
    for claim in numbered if len(numbered) == 1 else claims[:3]:
        one = Explanation([(claim, -wanted)], {Evidence.AMOUNT}, ["Rejet d’un montant encaissé."])
        if len(numbered) == 1 and len(book.references.serials[claim]) >= 4:
            one.evidence |= {Evidence.NUMBER, Evidence.DOCUMENT}
            one.reasons.append(f"Fin du numéro {book.refs[claim]} lue dans le libellé.")
        else:
            one.doubts.append("Ni numéro ni payeur reconnu : le montant seul ne suffit pas.")
            one.ambiguous = True
        found.append(one)
    return found
