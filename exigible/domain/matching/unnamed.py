"""Explaining a line that cites no invoice, by its payer: plan, single claim, several, the balance.

The amount has to fall right, and be unlikely to do so by chance. Among homonyms it is what tells
which one paid; where two explanations are as good, nothing is chosen.
"""

from __future__ import annotations

import re

from exigible.domain.french import count, euros, percent
from exigible.domain.matching import plans
from exigible.domain.matching.book import PlanRows
from exigible.domain.matching.context import Look, Room
from exigible.domain.matching.explaining import Evidence, Explanation, payer_reason
from exigible.domain.matching.facts import Gap
from exigible.domain.matching.loosely import begun, numbered
from exigible.domain.matching.named import (
    DISCOUNT_WORDS,
    ROUND,
    discounted_shares,
    within_discount,
)
from exigible.domain.matching.payers import Sure
from exigible.domain.matching.sums import Found, interchangeable, subsets

BALANCE_WORDS = re.compile(r"\b(?:SOLDE|SLD|RELEVE|TOUT COMPTE|APUREMENT)\b")
ON_ACCOUNT = re.compile(r"\b(?:ACOMPTE|AVANCE|PARTIEL|PARTIELLE|A VALOIR)\b")
PLAN_WORDS = re.compile(
    r"\b(?:ECHEANCES?|ECHEANCIER|ECH|PLAN|MENSUALITES?|MENS|ACCORD|MORATOIRE|[0-9]{1,2} ?/ ?[0-9]{1,2})\b"
)
FEW = 3  # homonyms among whom the amount may choose
SHARED_AMOUNT = 3  # open items of one amount, beyond which the amount tells nobody from another


def explain_payer(look: Look, room: Room) -> list[Explanation]:
    """Return the explanations by the customers recognised, best first."""
    payer = look.payer
    found: list[Explanation] = []
    for customer in payer.customers:
        found += _of_customer(look, room, customer)
    found.sort(
        key=lambda one: (-_rank(one), one.chance, [room.book.refs[c] for c, _ in one.shares])
    )
    if len(payer.customers) > 1:
        _among_several(look, room, found)
    for one in found:
        _doubts(look, room, one)
    return found


def _rank(one: Explanation) -> float:
    return (
        4 * (Evidence.DOCUMENT in one.evidence)
        + 2 * (Evidence.NUMBER in one.evidence)
        + 3 * (Evidence.AMOUNT in one.evidence)
        - 2 * one.ambiguous
        - len(one.doubts)
    )


def _of_customer(look: Look, room: Room, customer: int) -> list[Explanation]:
    items = room.state.payable(customer, look.line.currency, look.day + room.rules.early_days)
    if not items:
        return []
    amounts = [room.state.open[claim] for claim in items]
    references = room.book.references
    ended = numbered(look.reading, references, items)
    designated = ended or begun(look.reading, references, items)
    found = []
    if ended:
        found += _numbered(look, room, customer, items, ended)
    else:  # a number cut at the end of the label designates one claim
        exact = [claim for claim in designated if room.state.open[claim] == look.line.cents]
        if len(exact) == 1:
            found += _numbered(look, room, customer, items, exact)
    plan = _plan(look, room, customer)
    if plan is not None:
        found.append(plan)
    sums = subsets(
        amounts,
        look.line.cents,
        everything_up_to=room.rules.subset_all,
        pairs_up_to=room.rules.subset_pairs,
    )
    if sum(amounts) == look.line.cents and len(items) > 1 and BALANCE_WORDS.search(look.label):
        sums = [Found(tuple(range(len(items))), "all", 0.0)]
    others = _by_sums(look, room, customer, items, sums, designated)
    if plan is not None:
        others = [one for one in others if sorted(one.shares) != sorted(plan.shares)]
    if plan is not None and others and not plan_said(look, plan.plan):
        plan.doubts.append("D’autres factures du compte font aussi ce montant.")
        for one in others:
            one.doubts.append("C’est aussi le montant d’une échéance du plan.")
    found += others if plan is None or plan.doubts else []
    if found:
        _open_then(look, room, customer, items, found)
    if not found:
        found += _nearly(look, room, customer, items)
    return found


def _base(look: Look, room: Room, customer: int) -> Explanation:
    found = Explanation([], set(), [payer_reason(room.book, look.payer, customer)])
    if look.payer.sure >= Sure.LIKELY:
        found.evidence.add(Evidence.PAYER)
    return found


def _numbered(
    look: Look, room: Room, customer: int, items: list[int], named: list[int]
) -> list[Explanation]:
    """Claims whose end of number is in the label: certain with the amount, likely without."""
    state, references = room.state, room.book.references
    total = sum(state.open[claim] for claim in named)
    found = _base(look, room, customer)
    found.evidence.add(Evidence.NUMBER)
    shown = ", ".join(room.book.refs[claim] for claim in named[:3])
    if total == look.line.cents:
        found.shares = [(claim, state.open[claim]) for claim in named]
        found.evidence.add(Evidence.AMOUNT)
        if len(look.payer.customers) == 1:  # some words, some digits and the amount agree on one
            found.evidence.add(Evidence.PAYER)
        found.reasons.append(f"Fin de numéro lue dans le libellé ({shown}), montant égal.")
        return [found]
    sums = subsets(
        [state.open[claim] for claim in named],
        look.line.cents,
        everything_up_to=room.rules.subset_all,
        pairs_up_to=0,
    )
    if len(sums) == 1:
        found.shares = [(named[p], state.open[named[p]]) for p in sums[0].places]
        found.evidence.add(Evidence.AMOUNT)
        found.reasons.append(f"Numéros lus en partie ({shown}), montant égal.")
        return [found]
    discount = _discount_of(look, room, customer, named)
    if discount is not None:
        discount.evidence.add(Evidence.NUMBER)
        discount.doubts = []
        discount.reasons.append(f"Fin de numéro lue dans le libellé ({shown}).")
        return [discount]
    if len(named) == 1 and 0 < look.line.cents < total:
        claim = named[0]
        found.shares = [(claim, look.line.cents)]
        found.gap, found.gap_cents = Gap.PARTIAL, total - look.line.cents
        found.reasons.append(
            f"Fin de numéro lue ({shown}) ; partiel, il reste {euros(found.gap_cents)}."
        )
        if look.payer.sure is Sure.FULL and len(references.serials[claim]) >= 4:
            found.evidence.add(Evidence.REFERENCE)
        else:
            found.doubts.append("Le numéro est incomplet et le montant partiel.")
        if any(state.open[other] == look.line.cents for other in items):
            found.doubts.append("Une autre facture a exactement ce montant.")
        return [found]
    return []


def _plan(look: Look, room: Room, customer: int) -> Explanation | None:
    """Return what an instalment pays, if the line is one of a plan of the customer."""
    found = [
        one
        for rows in room.book.plans.get(customer, ())
        if (one := explain_plan(look, room, rows)) is not None
    ]
    found.sort(key=lambda one: (len(one.doubts), one.instalments, one.plan))
    if len(found) > 1 and found[1].instalments == found[0].instalments:
        found[0].doubts.append("Deux plans du compte ont cette échéance.")
    return found[0] if found else None


def plan_said(look: Look, code: str) -> bool:
    """Say whether the label speaks of a plan, by its code or in words."""
    cited = look.plan is not None and look.plan.plan.code == code
    return cited or PLAN_WORDS.search(look.label) is not None


def explain_plan(look: Look, room: Room, rows: PlanRows) -> Explanation | None:
    """Return what an instalment pays, if the line is one."""
    cents = look.line.cents
    number = plans.instalment(rows, room.state, cents, look.day, room.rules)
    if number is None:
        return None
    shares = plans.shares(rows, room.state, cents, look.line.currency)
    if not shares:
        return None
    cited = look.plan is rows
    found = Explanation(shares, {Evidence.AMOUNT, Evidence.DOCUMENT}, [])
    found.plan, found.instalments = rows.plan.code, number
    if rows.customer in look.payer.customers:
        found.reasons.append(payer_reason(room.book, look.payer, rows.customer))
        if look.payer.sure >= Sure.LIKELY:
            found.evidence.add(Evidence.PAYER)
    if Evidence.PAYER not in found.evidence and not cited:
        found.doubts.append("Le payeur n’est pas reconnu.")
    found.reasons.append(
        f"{count(number, 'échéance')} du plan {rows.plan.code}, imputée dans l’ordre du plan."
    )
    if not cited and not plans.in_time(rows, room.state, look.day, room.rules):
        found.doubts.append("Le jour n’est pas celui d’une échéance du plan.")
    elsewhere = [
        claim
        for claim in room.book.of_customer[rows.customer]
        if room.state.open[claim] == cents and claim not in rows.claims
    ]
    if number > 1 and not plan_said(look, rows.plan.code):
        found.doubts.append("Rien ne dit que ce sont plusieurs échéances du plan.")
    if len(rows.claims) > 1 and not plans.rank_agrees(rows, room.state, look.day, look.label):
        found.doubts.append("Une échéance précédente du plan n’est pas encore affectée.")
    outside = any(
        room.state.open[claim] > 0 and claim not in rows.claims
        for claim in room.book.of_customer[rows.customer]
    )
    if outside and ON_ACCOUNT.search(look.label) and not plan_said(look, rows.plan.code):
        found.doubts.append(
            "Le libellé dit un acompte : il peut porter sur une facture hors du plan."
        )
    if elsewhere and not cited:
        found.doubts.append(
            f"La facture {room.book.refs[elsewhere[0]]}, hors du plan, a le même montant."
        )
    return found


def _by_sums(
    look: Look,
    room: Room,
    customer: int,
    items: list[int],
    sums: list[Found],
    designated: list[int],
) -> list[Explanation]:
    found = []
    for one in sums[:4]:
        explanation = _base(look, room, customer)
        explanation.shares = [(items[place], room.state.open[items[place]]) for place in one.places]
        explanation.evidence.add(Evidence.AMOUNT)
        explanation.chance = one.chance
        explanation.reasons.append(_sum_reason(one, room, explanation))
        found.append(explanation)
    amounts = [room.state.open[claim] for claim in items]
    balance = BALANCE_WORDS.search(look.label) is not None
    if found and sums[0].shape == "all" and balance:
        found = found[:1]
        found[0].reasons.append("Le libellé dit que c’est le solde.")
    elif len(found) > 1:
        simpler = sums[0].chance * 20 < sums[1].chance and sums[0].shape in ("all", "run")
        if not simpler:
            for explanation in found:
                explanation.ambiguous = True
                explanation.doubts.append(
                    f"{len(sums)} façons de former ce montant avec les factures du compte."
                )
    if found and sums[0].shape != "all" and interchangeable(amounts, sums[0].places):
        for explanation in found:
            explanation.ambiguous = True
            explanation.doubts.append("Une autre facture du compte a le même montant.")
    if found and not found[0].ambiguous:
        del found[1:]  # a simpler one hides the others
    chosen = {claim for one in found[:1] for claim, _ in one.shares}
    strange = [claim for claim in designated if claim not in chosen]
    if found and strange:
        for explanation in found:
            explanation.doubts.append(
                f"Le libellé semble citer {room.book.refs[strange[0]]}, d’un autre montant."
            )
    return found


def _open_then(
    look: Look, room: Room, customer: int, items: list[int], found: list[Explanation]
) -> None:
    """Doubt a sum that items paid since by later lines would have given as well on that day."""
    later = room.state.taken_later(customer, look.day)
    if not later:
        return
    for one in found:
        if Evidence.NUMBER in one.evidence or Evidence.DOCUMENT in one.evidence:
            continue
        amounts = {abs(cents) for _, cents in one.shares}
        equal = [
            c for c, cents in later.items() if abs(cents) in amounts or cents == look.line.cents
        ]
        if equal:
            one.doubts.append(
                f"La facture {room.book.refs[equal[0]]}, payée depuis, avait le même montant."
            )


def _sum_reason(one: Found, room: Room, explanation: Explanation) -> str:
    number = len(one.places)
    if one.shape == "one":
        return "Montant égal à une seule facture ouverte du compte."
    if one.shape == "all":
        return f"Montant égal au solde du compte ({count(number, 'pièce')})."
    if one.shape == "run":
        return f"Montant égal à {number} factures qui se suivent."
    credit = any(cents < 0 for _, cents in explanation.shares)
    return f"Montant égal à {count(number, 'pièce')} du compte{', avoir déduit' if credit else ''}."


def _discount_of(look: Look, room: Room, customer: int, claims: list[int]) -> Explanation | None:
    """Return the claims paid less an early-payment discount, if the sum is exactly that."""
    state, cents = room.state, look.line.cents
    full = [(claim, state.open[claim]) for claim in claims]
    total = sum(amount for _, amount in full)
    if not cents < total <= cents + cents // 10 or any(amount < 0 for _, amount in full):
        return None
    contract = room.book.customers[customer].discount
    rates = (contract.rate,) if contract else room.rules.discount_rates
    for rate in rates:
        shares = discounted_shares(full, rate, cents, room.rules.rounding_cents)
        if not shares:
            continue
        one = _base(look, room, customer)
        one.shares, one.gap, one.gap_cents = shares, Gap.DISCOUNT_UNDUE, total - cents
        words = f"L’écart de {euros(total - cents)} est un escompte de {percent(rate)}"
        if contract and within_discount(room, claims, contract.days, look.day):
            one.gap = Gap.DISCOUNT_DUE
            words += ", prévu et pris à temps."
        else:
            words += " ; il reste dû."
        one.evidence.add(Evidence.AMOUNT)
        one.chance = len(rates) * 3 / max(cents, 1)
        one.reasons.append(words)
        if contract is None and DISCOUNT_WORDS.search(look.label) is None:
            one.doubts.append("Aucun numéro de facture, et l’escompte n’est pas annoncé.")
        return one
    return None


def _nearly(look: Look, room: Room, customer: int, items: list[int]) -> list[Explanation]:
    """A discount, the 40 € on top, part of the only claim: likely, and asked."""
    state, cents, rules = room.state, look.line.cents, room.rules
    positive = [claim for claim in items if state.open[claim] > 0]
    found: list[Explanation] = []
    sets = [[claim] for claim in positive] + ([positive] if len(positive) > 1 else [])
    for claims in sets:
        one = _discount_of(look, room, customer, claims)
        if one is not None:
            one.chance *= len(sets)
            found.append(one)
    for claim in positive:
        excess = cents - state.open[claim]
        if excess == rules.indemnity_cents:
            one = _base(look, room, customer)
            one.shares, one.gap, one.gap_cents = (
                [(claim, state.open[claim])],
                Gap.ACCESSORIES,
                -excess,
            )
            one.evidence.add(Evidence.AMOUNT)
            one.chance = len(positive) * 3 / max(cents, 1)
            one.reasons.append("Montant de la facture et 40 € d’indemnité forfaitaire.")
            if look.day <= room.book.due[claim]:
                one.doubts.append("La facture n’était pas en retard.")
            found.append(one)
    if len(found) > 1:
        for one in found:
            one.ambiguous = True
            one.doubts.append("Plusieurs explications sont possibles.")
    if not found and len(positive) == 1 and len(items) == 1:
        claim = positive[0]
        still = state.open[claim]
        one = _base(look, room, customer)
        one.shares = [(claim, min(still, cents))]
        one.gap = Gap.PARTIAL if cents < still else Gap.OVERPAID
        one.gap_cents = still - cents
        one.reasons.append(
            f"Partiel sur la seule facture ouverte, de {euros(still)}."
            if cents < still
            else f"Trop-perçu de {euros(cents - still)} sur la seule facture ouverte."
        )
        one.doubts.append("Aucun numéro de facture, et le montant diffère.")
        if len(look.payer.customers) == 1 and cents < still:
            one.likely = 0.7 if look.payer.sure is Sure.FULL else 0.6
        found.append(one)
    return found


def _among_several(look: Look, room: Room, found: list[Explanation]) -> None:
    """Several customers may have paid: keep only what a rare amount designates, of few homonyms."""
    exact = [one for one in found if Evidence.AMOUNT in one.evidence]
    book, cents = room.book, look.line.cents
    same = [  # even paid by another line: which of the two paid which is then not known
        claim
        for customer in look.payer.customers
        for claim in book.of_customer[customer]
        if book.cents[claim] == cents and not book.collected[claim]
    ]
    for one in found:
        number = Evidence.NUMBER in one.evidence
        single = len(one.shares) == 1 and one.gap is None
        rivals = [other for other in exact if other is not one]
        elsewhere = [claim for claim in same if claim not in {c for c, _ in one.shares}]
        if rivals or (elsewhere and not number):
            one.ambiguous = True
            one.doubts.append("Plusieurs comptes peuvent avoir payé cette somme.")
        elif not (number or (single and len(look.payer.customers) <= FEW)):
            one.doubts.append("Plusieurs comptes portent ce nom.")
        one.chance *= len(look.payer.customers)


def _doubts(look: Look, room: Room, one: Explanation) -> None:
    payer, book = look.payer, room.book
    chosen = [claim for claim, _ in one.shares]
    if payer.others:
        one.doubts.append("Le nom et l’IBAN désignent deux comptes.")
    for shown in look.reading.foreign:
        if not any(book.references.close_to(claim, shown) for claim in chosen):
            one.doubts.append(f"« {shown} » ressemble à un numéro de facture, non ouverte.")
            break
    if payer.sure is not Sure.FULL and one.gap is None and Evidence.NUMBER not in one.evidence:
        same = book.by_amount.get((look.line.currency, look.line.cents), ())
        if len(chosen) == 1 and len(same) > SHARED_AMOUNT and Evidence.DOCUMENT not in one.evidence:
            one.doubts.append("Le nom n’est pas sûr et beaucoup de factures ont ce montant.")
        if len(chosen) > 1 and Evidence.DOCUMENT not in one.evidence:
            one.doubts.append("Le nom n’est pas sûr.")
    if look.agent:
        one.doubts.append("Fonds reçus d’un mandataire : il manque le relevé de reversement.")
        one.ambiguous = True
    if look.outside:
        one.doubts.append(f"Le libellé évoque autre chose : {look.outside}.")
    round_sum = look.line.cents % ROUND == 0 and Evidence.NUMBER not in one.evidence
    if round_sum and not one.plan and ON_ACCOUNT.search(look.label):
        one.doubts.append("Le libellé dit un acompte, et la somme est ronde.")
    if look.back:
        one.doubts.append("Le libellé évoque un rejet.")
    if len(one.shares) > room.rules.most_members:
        one.doubts.append("Trop de factures pour une seule ligne.")
