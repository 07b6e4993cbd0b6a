"""Cheques paid in: a bank line is a slip, each cheque of it a payment by its drawer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from exigible.domain.french import count, euros
from exigible.domain.matching.book import State
from exigible.domain.matching.context import Look, Room, sent_by
from exigible.domain.matching.explaining import Evidence, Explanation
from exigible.domain.matching.facts import Cheque
from exigible.domain.matching.payers import Payer, Sure
from exigible.domain.matching.references import Reading
from exigible.domain.matching.texts import compact, without_zeros
from exigible.domain.matching.unnamed import explain_payer

_DIGITS = re.compile(r"[0-9]+")


@dataclass(slots=True)
class Slips:
    """The slips of a batch, by number and by sum."""

    cheques: dict[str, list[Cheque]]
    by_total: dict[int, list[str]]
    by_number: dict[str, list[str]]
    _drawn: dict[tuple[str, Cheque], Look] = field(default_factory=dict)

    @classmethod
    def of(cls, cheques: Iterable[Cheque]) -> Slips:
        grouped: dict[str, list[Cheque]] = {}
        for cheque in cheques:
            grouped.setdefault(cheque.slip, []).append(cheque)
        slips = cls({}, {}, {})
        for slip in sorted(grouped):
            slips.cheques[slip] = sorted(
                grouped[slip], key=lambda one: (one.number, one.drawer, one.cents)
            )
            total = sum(one.cents for one in grouped[slip])
            slips.by_total.setdefault(total, []).append(slip)
            keys = {
                without_zeros(compact(slip)),
                *(run.lstrip("0") for run in _DIGITS.findall(slip)),
            }
            for key in keys:
                if len(key) >= 3:
                    slips.by_number.setdefault(key, []).append(slip)
        return slips

    def drawn(self, look: Look, room: Room, cheque: Cheque) -> Look:
        """Return a cheque of a slip as a line that says nothing but its drawer and its amount."""
        found = self._drawn.get((look.line.id, cheque))
        if found is None:
            line = look.line._replace(
                cents=cheque.cents, label="", counterparty=cheque.drawer, iban="", end_to_end=""
            )
            payers = room.book.payers
            named = cheque.drawer.strip()
            payer = payers.read(line, room.rules, name=cheque.drawer) if named else Payer()
            sender = sent_by(line, "", payer, payers)
            found = Look(line, "", look.day, Reading(), sender)
            self._drawn[look.line.id, cheque] = found
        return found

    def cited(self, look: Look) -> list[str]:
        """Return the slips whose number a line carries."""
        words = [*look.label.replace("/", " ").split(), look.line.end_to_end]
        found: dict[str, None] = {}
        for rank, word in enumerate(words):
            forms = {
                without_zeros(compact(word)),
                *(r.lstrip("0") for r in _DIGITS.findall(compact(word))),
            }
            if rank + 1 < len(words):
                forms.add(without_zeros(compact(word)) + without_zeros(compact(words[rank + 1])))
            for form in forms:
                found.update(dict.fromkeys(self.by_number.get(form, ())))
        return list(found)


def explain_slip(look: Look, room: Room, slips: Slips) -> Explanation | None:
    """Return what the cheques of a slip pay; None where the line is no slip that is known."""
    slip, cited = _slip(look, room.state, slips)
    look.customers = None
    if slip is None:
        return None
    cheques = slips.cheques[slip]
    total = sum(one.cents for one in cheques)
    found = Explanation([], {Evidence.DOCUMENT}, [], slip=slip)
    found.reasons.append(f"Bordereau {slip}, {count(len(cheques), 'chèque')}, {euros(total)}.")
    if cited:
        found.evidence.add(Evidence.REFERENCE)
    if total != look.line.cents:
        found.doubts.append(f"La banque a crédité {euros(look.line.cents)}.")
        return found
    found.evidence.add(Evidence.AMOUNT)
    trial = Trial(room)
    waiting = [(cheque, slips.drawn(look, room, cheque)) for cheque in cheques]
    look.customers = frozenset(c for _, drawn in waiting for c in drawn.payer.customers)
    while waiting:  # a cheque that is certain may leave one choice to another of the same drawer
        left = []
        for cheque, drawn in waiting:
            best = trial.explain(drawn)
            if best is not None and best.passes(room.rules):
                found.shares += trial.take(best.shares)
            else:
                left.append((cheque, drawn))
        if len(left) == len(waiting):
            break
        waiting = left
    for cheque, drawn in waiting:
        best = trial.explain(drawn)
        who = cheque.drawer or cheque.number
        found.doubts.append(f"Chèque de {who}, {euros(cheque.cents)} : à affecter.")
        if best is not None and not best.ambiguous and best.confidence(room.rules) >= 0.6:
            found.shares += trial.take(best.shares)
    trial.undo()
    merged: dict[int, int] = {}
    for claim, cents in found.shares:
        merged[claim] = merged.get(claim, 0) + cents
    found.shares = list(merged.items())
    return found


class Trial:
    """Takes from the state while a slip is looked at, and gives back."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._open = room.state.open
        self._taken: list[tuple[int, int]] = []
        self._touched: dict[int, int] = {}  # customer → how many takings before his last
        self._known: dict[int, tuple[int, Explanation | None]] = {}  # cheque → takings then, answer

    def explain(self, drawn: Look) -> Explanation | None:
        """Return what a cheque pays; what was found before, where its drawers were not touched."""
        if drawn.payer.sure is Sure.NO:
            return None
        then, answer = self._known.get(id(drawn), (-1, None))
        if then < 0 or any(self._touched.get(c, -1) >= then for c in drawn.payer.customers):
            options = explain_payer(drawn, self._room)
            answer = options[0] if options else None
            self._known[id(drawn)] = len(self._taken), answer
        return answer

    def take(self, shares: list[tuple[int, int]]) -> list[tuple[int, int]]:
        for claim, cents in shares:
            self._touched[self._room.book.owner[claim]] = len(self._taken)
            self._open[claim] -= cents
            self._taken.append((claim, cents))
        return shares

    def undo(self) -> None:
        for claim, cents in self._taken:
            self._open[claim] += cents


def _slip(look: Look, state: State, slips: Slips) -> tuple[str | None, bool]:
    cited = [slip for slip in slips.cited(look) if slip not in state.used_slips]
    equal = [s for s in slips.by_total.get(look.line.cents, ()) if s not in state.used_slips]
    both = [slip for slip in cited if slip in equal]
    if len(both) == 1:
        return both[0], True
    if not look.slip:
        return None, False
    if len(cited) == 1:
        return cited[0], True
    return (equal[0], False) if len(equal) == 1 and not cited else (None, False)
