"""Deciding a batch of lines against a book: read each once, decide them in the order of their dates.

What cites its invoices to the cent is decided first, then what is certain otherwise, again as long as
a decision leaves one choice where there were two; proposals come last, on what is left. So an answer
depends on the facts, not on the order of the files, and no claim is paid twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from exigible.domain.french import typeset
from exigible.domain.matching.advices import Advices, explain_advice
from exigible.domain.matching.book import Book, State
from exigible.domain.matching.cheques import Slips, explain_slip
from exigible.domain.matching.context import Look, Room, Said, read_line, sender_of
from exigible.domain.matching.explaining import Evidence, Explanation, payer_reason
from exigible.domain.matching.facts import (
    Advice,
    Allocation,
    BankLine,
    Candidate,
    Cheque,
    Gap,
    Kind,
    Proposal,
)
from exigible.domain.matching.kinds import is_transfer
from exigible.domain.matching.loosely import loosely_named
from exigible.domain.matching.named import Named, explain_named
from exigible.domain.matching.payers import Sure
from exigible.domain.matching.returns import explain_return
from exigible.domain.matching.rules import Rules
from exigible.domain.matching.spreading import spread, useful, without_collector
from exigible.domain.matching.texts import bare_iban
from exigible.domain.matching.unnamed import explain_payer, explain_plan

ROUNDS = 3
LIKELY = 0.55  # confidence from which an explanation is proposed rather than listed
_PARTS = re.compile(r"([0-9]+)")


def match_lines(
    book: Book,
    lines: Iterable[BankLine],
    *,
    cheques: Iterable[Cheque] = (),
    advices: Iterable[Advice] = (),
    rules: Rules | None = None,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Proposal]:
    """Return a proposal for each line, in the order given.

    The book is not changed. A line decided takes what it pays away from the others of the batch.
    The work is shared by up to so many `processes`; the answers do not depend on it.
    """
    with without_collector():
        return _matched(book, list(lines), list(cheques), list(advices), rules, processes, progress)


def _matched(
    book: Book,
    given: list[BankLine],
    cheques: list[Cheque],
    advices: list[Advice],
    rules: Rules | None,
    processes: int,
    progress: Callable[[int, int], None] | None,
) -> list[Proposal]:
    processes = useful(processes, len(given))
    room = Room(book, State(book), rules or Rules())
    run = _Run(room, Slips.of(cheques), Advices.of(advices, given))
    order = sorted(range(len(given)), key=lambda place: _order(given[place]))
    looks = _read(given, room, processes, progress)
    answers: dict[int, Proposal] = {}
    for turn in range(ROUNDS + 1):
        left = [place for place in order if place not in answers]
        if turn == 1 and processes > 1:
            run.explain([looks[place] for place in left], processes)
        for place in left:
            look = looks[place]
            if turn and not run.look_again(look) and turn > 1:
                continue
            found = run.certain(look, cited_only=turn == 0)
            if found is not None:
                answers[place] = found
        if turn and len(answers) + len(left) == len(given):
            break
    for place in order:
        if place not in answers:
            answers[place] = run.propose(looks[place])
    return [answers[place] for place in range(len(given))]


def _read(
    lines: Sequence[BankLine],
    room: Room,
    processes: int,
    progress: Callable[[int, int], None] | None,
) -> list[Look]:
    room.book.prepare()  # once, before it is shared

    def said(first: int, last: int) -> list[Said]:
        found = []
        for rank in range(first, last):
            if progress is not None and rank % 1000 == 0:
                progress(rank, len(lines))
            found.append(read_line(lines[rank], room.book, room.rules))
        return found

    each = spread(said, len(lines), processes)
    return [Look.of(line, one, room.book) for line, one in zip(lines, each, strict=True)]


def _worded(sentences: Sequence[str]) -> tuple[str, ...]:
    """Return sentences as they are shown, once each, with the spaces that French asks for."""
    return tuple(typeset(one) for one in dict.fromkeys(sentences))


def _order(line: BankLine) -> tuple[object, ...]:
    """Return the order of lines: by day, then number, read as people read « 9 » and « 10 »."""
    parts = tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in _PARTS.split(line.id)
    )
    return (line.on, parts, line.cents, line.label)


class _Run:
    """The decisions of one batch."""

    def __init__(self, room: Room, slips: Slips, advices: Advices) -> None:
        self.room = room
        self.slips = slips
        self.advices = advices

    def look_again(self, look: Look) -> bool:
        """Say whether what was decided since may change the answer to a line.

        Its payer is read once more with the IBANs that the lines decided have taught.
        """
        state, line = self.room.state, look.line
        unsure = look.payer.by in ("", "name") and look.payer.sure < Sure.FULL
        if unsure and line.cents > 0 and line.iban and bare_iban(line.iban) in state.taught:
            look.sender = sender_of(line, self.room.book, self.room.rules, taught=state.taught)
            look.options = None
            return True
        return self._changed(look)

    def _changed(self, look: Look) -> bool:
        """Say whether what may explain a line moved since it was last explained."""
        state = self.room.state
        if state.clock == look.seen:
            return False
        customers = self._concerned(look)
        if customers is None:
            return True
        return any(state.touched.get(customer, -1) > look.seen for customer in customers)

    def _concerned(self, look: Look) -> Iterable[int] | None:
        """Return the customers whose claims may explain a line; None where all may."""
        book = self.room.book
        if look.customers is not None:  # a slip that was found
            used = look.options and look.options[0].slip in self.room.state.used_slips
            return None if used else look.customers
        if look.slip or look.line.cents in self.slips.by_total:
            return None
        if not look.payer.customers or self.advices.of_line(look.line.id) is not None:
            return None
        found = {book.owner[c] for one in look.reading.cited for c in one.claims}
        found.update(look.payer.customers)
        for rows in (look.plan, *(r for c in look.payer.customers for r in book.plans.get(c, ()))):
            if rows is not None:
                found |= rows.owners
        return found

    # --- deciding ----------------------------------------------------------------------------

    def certain(self, look: Look, *, cited_only: bool) -> Proposal | None:
        """Return the answer to a line if it is certain, and take what it pays; else None."""
        best = None
        if look.line.cents < 0:
            if look.back:
                best = next(iter(explain_return(look, self.room)), None)
        elif look.line.cents > 0:
            if cited_only:
                advised = self.advices.of_line(look.line.id) is not None
                named = Named(look, self.room) if look.reading.cited and not advised else None
                best = explain_named(named) if named and named.sure else None
                if best is not None and (best.gap is not None or best.chance):
                    best = None
            else:
                options = self.options(look)
                best = options[0] if options else None
        if best is None or not best.passes(self.room.rules):
            return None
        if not self.room.state.fits(best.shares):
            return None
        self._take(look, best)
        self._learn(look, best)
        return self._answer(look, best, automatic=True)

    def explain(self, looks: Sequence[Look], processes: int) -> None:
        """Find the explanations of credits as things stand: they hold until a claim of theirs moves."""
        credits = [look for look in looks if look.line.cents > 0]

        def found(first: int, last: int) -> list[tuple[list[Explanation], frozenset[int] | None]]:
            return [(self.options(look), look.customers) for look in credits[first:last]]

        for look, answer in zip(credits, spread(found, len(credits), processes), strict=True):
            look.options, look.customers = answer
            look.seen = self.room.state.clock

    def options(self, look: Look) -> list[Explanation]:
        """Return the explanations of a credit, best first; those of before if nothing moved."""
        if look.options is None or self._changed(look):
            look.seen = self.room.state.clock
            look.options = self._options(look)
        return look.options

    def _options(self, look: Look) -> list[Explanation]:
        room = self.room
        advice = self.advices.of_line(look.line.id)
        if advice is not None:
            return [explain_advice(look, room, advice)]
        if look.slip or look.line.cents in self.slips.by_total:
            slip = explain_slip(look, room, self.slips)
            if slip is not None:
                return [slip]
        found: list[Explanation] = []
        if look.plan is not None:
            plan = explain_plan(look, room, look.plan)
            if plan is not None:
                return [plan]
        if look.reading.cited:
            named = Named(look, room)
            explained = explain_named(named)
            if explained is not None:
                found.append(explained)
                if named.sure and not (explained.doubts and explained.gap is not None):
                    return found
                rival = [
                    one for one in explain_payer(look, room) if one.evidence >= {Evidence.AMOUNT}
                ]
                for one in rival:
                    one.doubts.append("Le libellé cite d’autres factures.")
                return found + rival
            if named.closed or named.foreign_currency:
                return []
        if look.payer.sure is not Sure.NO:
            found += explain_payer(look, room)
        else:
            found += self._by_number_and_amount(look)
        return found

    def _by_number_and_amount(self, look: Look) -> list[Explanation]:
        """Nobody is recognised: the end of a number, and the amount to the cent, on one claim only."""
        book, state = self.room.book, self.room.state
        same = [
            claim
            for claim in book.by_amount.get((look.line.currency, look.line.cents), ())
            if state.open[claim] == look.line.cents
        ]
        numbered = loosely_named(look.reading, book.references, same[:200])
        if len(numbered) != 1:
            return []
        claim = numbered[0]
        digits = len(book.references.serials[claim])
        found = Explanation(
            [(claim, look.line.cents)],
            {Evidence.AMOUNT, Evidence.NUMBER},
            [f"Montant et fin de numéro de la facture {book.refs[claim]}."],
        )
        if digits >= 5 and not look.outside and not look.agent:
            found.evidence.add(Evidence.REFERENCE)
        else:
            found.doubts.append("Payeur non reconnu.")
        return [found]

    def _take(self, look: Look, best: Explanation) -> None:
        state = self.room.state
        if look.line.cents < 0:
            for taken in state.of_customer.get(self.room.book.owner[best.shares[0][0]], ()):
                if taken.total == -look.line.cents and {c for c, _ in taken.shares} == {
                    c for c, _ in best.shares
                }:
                    taken.returned = True
        transfer = is_transfer(look.label) and not look.slip
        state.take(look.line.id, look.day, best.shares, transfer=transfer)
        if best.plan:
            state.instalments[best.plan] = state.instalments.get(best.plan, 0) + best.instalments
        if best.slip:
            state.used_slips.add(best.slip)

    def _learn(self, look: Look, best: Explanation) -> None:
        """Remember the IBAN of whoever cited the invoices of one customer, to the cent."""
        owners = {self.room.book.owner[claim] for claim, _ in best.shares}
        if (
            look.line.iban
            and len(owners) == 1
            and not look.agent
            and {Evidence.REFERENCE, Evidence.AMOUNT, Evidence.PAYER} <= best.evidence
            and best.gap is None
            and look.payer.by == "name"
        ):
            self.room.state.taught.setdefault(bare_iban(look.line.iban), set()).add(owners.pop())

    # --- answering ---------------------------------------------------------------------------

    def propose(self, look: Look) -> Proposal:
        """Return the answer to a line that is not certain."""
        if look.line.cents == 0:
            return self._nothing(look, Kind.OUTSIDE, 0.9, "Montant nul.")
        if look.line.cents < 0:
            return self._propose_debit(look)
        options = self.options(look)
        best = options[0] if options else None
        if best is not None and best.slip and not best.shares:
            return self._waits(look, Kind.CHEQUES, best.reasons + best.doubts, options)
        if look.outside and (best is None or Evidence.REFERENCE not in best.evidence):
            words = f"N’est pas le règlement d’un client : {look.outside}."
            return self._nothing(look, Kind.OUTSIDE, 0.9, words, options)
        duplicate = self._duplicate(look)
        if best is None or best.ambiguous or best.confidence(self.room.rules) < LIKELY:
            if duplicate:
                return self._waits(look, Kind.DUPLICATE, [duplicate], options)
            reasons = best.reasons + best.doubts if best is not None else [self._unknown(look)]
            return self._waits(look, self._kind(look), reasons, options)
        if not self.room.state.fits(best.shares):  # another line took part of it meanwhile
            return self._waits(look, self._kind(look), best.reasons + best.doubts, options)
        self._take(look, best)
        return self._answer(look, best, automatic=False, others=options[1:])

    def _propose_debit(self, look: Look) -> Proposal:
        options = explain_return(look, self.room) if look.back else []
        best = options[0] if options else None
        if best is not None and not best.ambiguous and best.confidence(self.room.rules) >= LIKELY:
            self._take(look, best)
            return self._answer(look, best, automatic=False, others=options[1:])
        if options:
            assert best is not None
            return self._waits(look, Kind.RETURN, best.reasons + best.doubts, options)
        if look.back and not look.outside:
            words = "Rejet ou impayé dont aucun encaissement n’est retrouvé."
            return self._waits(look, Kind.RETURN, [words], options)
        why = look.outside or "débit du compte"
        return self._nothing(
            look, Kind.OUTSIDE, 0.95, f"N’est pas le règlement d’un client : {why}."
        )

    def _duplicate(self, look: Look) -> str:
        """Return why a line seems to pay again what was paid; empty if it does not."""
        state, book = self.room.state, self.room.book
        for cited in look.reading.cited:
            for claim in cited.claims:
                if state.open[claim]:
                    continue
                lines = state.of_claim.get(claim, [])
                if lines:
                    return (
                        f"La facture {book.refs[claim]} est déjà réglée par la ligne "
                        f"{lines[-1].line} : doublon probable, à rembourser ou à garder en crédit."
                    )
                if book.collected[claim]:
                    return f"La facture {book.refs[claim]} est déjà encaissée."
        for customer in look.payer.customers if look.payer.sure >= Sure.LIKELY else ():
            for taken in state.of_customer.get(customer, ()):
                if taken.total == look.line.cents and not taken.returned:
                    return (
                        f"Même payeur et même montant que la ligne {taken.line} : doublon possible."
                    )
        return ""

    def _unknown(self, look: Look) -> str:
        book = self.room.book
        if look.agent:
            return "Fonds reçus d’un mandataire : il manque le relevé de reversement."
        if look.slip:
            return "Remise de chèques dont le bordereau manque."
        if look.reading.cited and any(
            book.currency[c] != look.line.currency for one in look.reading.cited for c in one.claims
        ):
            return "La facture citée est dans une autre devise : à affecter à la main."
        if look.payer.sure >= Sure.LIKELY:
            return (
                payer_reason(book, look.payer, look.payer.customers[0])
                + " Aucune de ses factures n’explique ce montant."
            )
        return "Ni facture ni payeur reconnu."

    def _kind(self, look: Look) -> Kind:
        if look.slip:
            return Kind.CHEQUES
        return Kind.AGENT if look.agent else Kind.UNKNOWN

    def _answer(
        self,
        look: Look,
        best: Explanation,
        *,
        automatic: bool,
        others: Sequence[Explanation] = (),
    ) -> Proposal:
        kind = Kind.RETURN if look.line.cents < 0 else Kind.CHEQUES if best.slip else Kind.PAYMENT
        if kind is Kind.PAYMENT and (look.agent or best.gap is Gap.AGENT_FEES):
            kind = Kind.AGENT
        book = self.room.book
        return Proposal(
            line=look.line.id,
            kind=kind,
            allocations=tuple(
                Allocation(book.refs[claim], cents, book.keys[claim])
                for claim, cents in sorted(best.shares, key=lambda one: (book.refs[one[0]], one))
            ),
            confidence=best.confidence(self.room.rules),
            automatic=automatic,
            reasons=_worded(best.reasons + best.doubts),
            candidates=self._candidates(look, others),
            gap=best.gap,
            gap_cents=best.gap_cents,
            payers=self._payers(look),
            advice=best.advice,
        )

    def _waits(
        self, look: Look, kind: Kind, reasons: Sequence[str], options: Sequence[Explanation]
    ) -> Proposal:
        candidates = self._candidates(look, options)
        return Proposal(
            line=look.line.id,
            kind=kind,
            allocations=(),
            confidence=max((one.confidence for one in candidates), default=0.0),
            automatic=False,
            reasons=_worded(reasons),
            candidates=candidates,
            payers=self._payers(look),
        )

    def _nothing(
        self,
        look: Look,
        kind: Kind,
        confidence: float,
        words: str,
        options: Sequence[Explanation] = (),
    ) -> Proposal:
        return Proposal(
            line=look.line.id,
            kind=kind,
            allocations=(),
            confidence=confidence,
            automatic=False,
            reasons=_worded([words]),
            candidates=self._candidates(look, options),
            payers=self._payers(look),
        )

    def _payers(self, look: Look) -> tuple[str, ...]:
        if look.payer.sure < Sure.LIKELY:
            return ()
        customers = self.room.book.customers
        return tuple(customers[one].code for one in look.payer.customers[:5])

    def _candidates(self, look: Look, options: Sequence[Explanation]) -> tuple[Candidate, ...]:
        book, rules = self.room.book, self.room.rules
        found: list[Candidate] = []
        seen: set[tuple[Allocation, ...]] = set()
        for one in options[: rules.candidates * 2]:
            shares = tuple(
                Allocation(book.refs[claim], cents, book.keys[claim])
                for claim, cents in sorted(one.shares, key=lambda share: book.refs[share[0]])
            )
            if not shares or shares in seen or len(found) >= rules.candidates:
                continue
            seen.add(shares)
            owner = book.customers[book.owner[one.shares[0][0]]].code
            found.append(
                Candidate(
                    customer=owner,
                    allocations=shares,
                    confidence=one.confidence(rules),
                    reason=" ".join(_worded(one.reasons + one.doubts)),
                )
            )
        if not found and look.line.cents > 0 and not look.outside:
            found = self._of_amount(look)
        return tuple(found)

    def _of_amount(self, look: Look) -> list[Candidate]:
        """Claims of the same amount, for a person to look at: never more than that."""
        book, state = self.room.book, self.room.state
        same = [
            claim
            for claim in book.by_amount.get((look.line.currency, look.line.cents), ())
            if state.open[claim] == look.line.cents and book.issued[claim] <= look.day
        ]
        return [
            Candidate(
                customer=book.customers[book.owner[claim]].code,
                allocations=(Allocation(book.refs[claim], look.line.cents, book.keys[claim]),),
                confidence=0.3 if len(same) == 1 else 0.1,
                reason="Facture du même montant : le montant seul ne suffit pas.",
            )
            for claim in book.oldest_first(same)[: self.room.rules.candidates]
        ]
