"""From the ledger lines of one customer to its claims, payments and what settled what.

`plan_account` replays the lines in the order of time. A receivable debit is a claim; a credit is a
payment; lettering lets the payments of a group reduce its claims, oldest claim first (C. civ.
1342-10), each reduction dated the later of the two, so that the ledger's balance is right on any
past day. No pair is invented: where several claims met several payments, the group is settled as
a whole.

What only changes place keeps its claim: a transfer to 416, 413 or 4117 moves it, an advance used on
an invoice meets it in 4191, a payment that comes back leaves it open. *À-nouveaux* name again what
earlier years hold; only what those do not explain opens something.

Pure: the same lines, in whatever files they came, make the same plan. docs/decisions/0008-lettering.md
and docs/decisions/0009-opening-balances.md give the reasons.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from exigible.domain.text_keys import ref_key
from exigible.intake.ledger_plan import (
    FIRST,
    Age,
    Credit,
    Group,
    GroupKey,
    Line,
    Move,
    Opened,
    Part,
    Piece,
    Plan,
    Return,
    Transfer,
)
from exigible.intake.receivables import ADVANCE_PREFIX, PostedAs, invoice_number, says_rejected

LOOKED_BACK = 50  # lines of one amount among which another is looked for
REJECTED_WITHIN_DAYS = 120  # a rejection without lettering is looked for that far back


def plan_account(lines: Iterable[Line], opened_years: Iterable[date] = ()) -> Plan:
    """Replay the lines of one customer of one creditor.

    `opened_years` are the financial years whose *à-nouveaux* have been imported, for any customer:
    there a known account without an *à-nouveau* opened at zero.
    """
    return _Replay(lines, frozenset(opened_years)).run()


def current_openings(lines: Sequence[Line]) -> list[Line]:
    """Drop the provisional *à-nouveaux* that a later file replaced.

    Those of a ledger account and year are the lines of the last import that brought a new one.
    """
    last: dict[tuple[str, date], int] = {}
    for line in lines:
        if line.opening:
            key = (line.ledger_account, line.fy)
            last[key] = max(last.get(key, 0), line.batch_id)
    return [
        line
        for line in lines
        if not line.opening or line.batch_id == last[line.ledger_account, line.fy]
    ]


class _Replay:
    def __init__(self, lines: Iterable[Line], opened_years: frozenset[date]) -> None:
        self.lines = [line for line in lines if line.cents]
        self.opened_years = opened_years
        self.groups: dict[GroupKey, Group] = {}
        self.parts: dict[str, list[Part]] = defaultdict(list)  # by ledger account
        self.credits: dict[str, list[Credit]] = defaultdict(list)
        self.pools: dict[str, _Pool] = defaultdict(_Pool)
        self.moves: list[Move] = []
        self.claims: list[Opened] = []
        self.payments: list[Credit] = []
        self.returns: list[Return] = []
        self.unexplained: list[tuple[date, str, int]] = []
        self.stuck: list[Credit] = []
        self.arrived: deque[tuple[Group, Part]] = deque()  # parts about to meet their group
        self.counter = 0
        self.transfers: dict[Line, Transfer] = {}
        self.advances: dict[Line, list[Line]] = {}  # invoice → debits of advances it uses
        self.used_advances: set[Line] = set()
        self.returned: dict[Line, Line] = {}  # credit → debit that took it back, and the reverse
        self.reached: set[Line] = set()
        self.credit_of: dict[Line, Credit] = {}
        self.seen: set[str] = set()  # ledger accounts of earlier years
        self.several = len({line.ledger_account for line in self.lines}) > 1

    def run(self) -> Plan:
        ordinary = [line for line in self.lines if not line.opening]
        if self.several:
            self._find_transfers(ordinary)
        self._find_returns(ordinary)
        by_year: dict[date, list[Line]] = defaultdict(list)
        for line in self.lines:
            by_year[line.fy].append(line)
        for fy in sorted(by_year):
            self._open_year(fy, by_year[fy])
            events = [line for line in by_year[fy] if not line.opening]
            events.sort(key=lambda line: (line.on, line.cents < 0, line.order))
            for line in events:
                self._event(line)
                self._meet_arrived()
        waiting = [credit for group in self.groups.values() for credit in group.credits]
        for credit in (*self.stuck, *waiting):
            if credit.transfer is not None:
                self._give_up(credit)
                self._meet_arrived()
        return Plan(
            claims=self.claims,
            payments=self.payments,
            returns=self.returns,
            groups=[group for group in self.groups.values() if group.pieces or group.moves],
            moves=self.moves,
            unexplained=self.unexplained,
        )

    # --- one line ------------------------------------------------------------------------------

    def _event(self, line: Line) -> None:
        transfer = self.transfers.get(line)
        if line.cents > 0:
            if transfer is not None or line in self.used_advances:
                return  # comes with the credit that fills it, or with the invoice it is part of
            if line in self.returned:
                self.reached.add(line)
                self._take_back(self.returned[line], line)
            else:
                self._open_claim(line)
        elif transfer is not None:
            self._draw(Credit(line, -line.cents, -line.cents, transfer))
        else:
            credit = self._receive(line)
            if line in self.returned:
                self.credit_of[line] = credit  # of no group: it will have paid nothing
                self._take_back(line, self.returned[line])
            elif (key := line.group) is not None:
                self._offer_credit(self._group(key), credit)

    def _take_back(self, credited: Line, debit: Line) -> None:
        """Note that a payment came back, once both lines are reached; until then it stays open."""
        credit = self.credit_of.get(credited)
        if credit is not None and debit in self.reached:
            credit.left = 0
            self.returns.append(Return(credit, debit))

    def _open_claim(self, line: Line, *, detail_unknown: bool = False) -> Opened:
        debits = [line, *self.advances.get(line, ())]
        ref = invoice_number(line.piece_ref, line.label, line.journal, line.on)
        claim = Opened(
            line,
            debits,
            ref,
            is_invoice=line.posted_as is PostedAs.SALE or bool(line.opening and ref),
            detail_unknown=detail_unknown or (line.opening and not ref),
        )
        self.claims.append(claim)
        for debit in debits:
            self._place(claim, debit.ledger_account, debit.cents, debit.on, debit.group)
        return claim

    def _place(
        self, claim: Opened, place: str, cents: int, since: date, group: GroupKey | None
    ) -> None:
        """Put a part of a claim in a ledger account, where its group or a transfer finds it."""
        part = Part(claim, place, cents, since)
        claim.left[place] = claim.left.get(place, 0) + cents
        self.parts[place].append(part)
        if group is not None:
            self.arrived.append((self._group(group), part))
        elif self.several:
            self.pools[place].add(part)

    def _receive(self, line: Line) -> Credit:
        credit = Credit(line, -line.cents, -line.cents)
        self.payments.append(credit)
        self.credits[line.ledger_account].append(credit)
        return credit

    # --- groups --------------------------------------------------------------------------------

    def _group(self, key: GroupKey) -> Group:
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(key)
        return group

    def _meet_arrived(self) -> None:
        """Let parts just placed meet the credits that wait for them; a move places others."""
        while self.arrived:
            self._offer_part(*self.arrived.popleft())

    def _offer_part(self, group: Group, part: Part) -> None:
        while part.left and group.credits:
            credit = group.credits[0]
            if credit.left:
                self._meet(group, credit, part)
            if not credit.left:
                group.credits.popleft()
        if part.left:
            self.counter += 1
            heapq.heappush(group.waiting, (part.age, self.counter, part))

    def _offer_credit(self, group: Group, credit: Credit) -> None:
        while credit.left and group.waiting:
            part = group.waiting[0][2]
            if part.left:
                self._meet(group, credit, part)
            if not part.left:
                heapq.heappop(group.waiting)
        if credit.left:
            group.credits.append(credit)

    def _meet(self, group: Group, credit: Credit, part: Part) -> None:
        cents = min(credit.left, part.left)
        if credit.transfer is not None:
            self._move(group.moves, credit, part, cents)
            return
        on = max(credit.line.on, part.since, part.claim.line.on)
        self._take(part, cents)
        credit.left -= cents
        group.pieces.append(Piece(credit, part.claim, part.place, cents, on))

    def _take(self, part: Part, cents: int) -> None:
        part.left -= cents
        part.claim.left[part.place] -= cents

    # --- transfers -----------------------------------------------------------------------------

    def _find_transfers(self, lines: Sequence[Line]) -> None:
        """Pair, inside each entry, credits and debits of different ledger accounts.

        Equal amounts first, then whole sides of the entry where they balance. What a sale posts to
        an account of advances is part of the invoice beside it.
        """
        entries: dict[tuple[str, str, date], list[Line]] = defaultdict(list)
        for line in lines:
            entries[line.journal, line.entry_num, line.on].append(line)
        for entry in entries.values():
            if len({line.ledger_account for line in entry}) < 2:
                continue
            credits, debits = self._pair_equal(entry)
            if (
                credits
                and {line.ledger_account for line in credits}.isdisjoint(
                    {line.ledger_account for line in debits}
                )
                and sum(line.cents for line in (*credits, *debits)) == 0
            ):
                self._pair(credits, debits)
                continue
            advances: list[Line] = []
            invoices: list[Line] = []
            for line in debits:
                is_advance = line.ledger_account.startswith(ADVANCE_PREFIX)
                (advances if is_advance else invoices).append(line)
            if advances and len(invoices) == 1 and invoices[0].posted_as is PostedAs.SALE:
                self.advances[invoices[0]] = advances
                self.used_advances.update(advances)

    def _pair_equal(self, entry: Sequence[Line]) -> tuple[list[Line], list[Line]]:
        """Pair lines of equal amounts in an entry; return the credits and debits left."""
        waiting: dict[int, list[Line]] = defaultdict(list)
        for line in entry:
            if line.cents > 0:
                waiting[line.cents].append(line)
        credits, paired = [], set()
        for credit in entry:
            if credit.cents > 0:
                continue
            same = waiting[-credit.cents]
            place = next(
                (
                    index
                    for index, debit in enumerate(same[:LOOKED_BACK])
                    if debit.ledger_account != credit.ledger_account
                ),
                None,
            )
            if place is None:
                credits.append(credit)
            else:
                debit = same.pop(place)
                self._pair([credit], [debit])
                paired.add(debit)
        return credits, [line for line in entry if line.cents > 0 and line not in paired]

    def _pair(self, credits: list[Line], debits: list[Line]) -> None:
        if any(line.ledger_account.startswith(ADVANCE_PREFIX) for line in credits):
            return  # a credit balance shown as an advance: it moves money, no claim
        transfer = Transfer(credits, debits, [debit.cents for debit in debits])
        for line in (*credits, *debits):
            self.transfers[line] = transfer

    def _draw(self, credit: Credit) -> None:
        """Find the claims that a transfer moves: its lettering group, else the likeliest open ones."""
        key = credit.line.group
        if key is not None:
            self._offer_credit(self._group(key), credit)
            return
        pool = self.pools[credit.line.ledger_account]
        line = credit.line
        wanted = ref_key(invoice_number(line.piece_ref, line.label, line.journal, line.on))
        while credit.left and (part := pool.likeliest(wanted, credit.left)) is not None:
            self._move(self.moves, credit, part, min(credit.left, part.left))
        if credit.left:
            self.stuck.append(credit)

    def _move(self, moves: list[Move], credit: Credit, part: Part, cents: int) -> None:
        """Move part of a claim to the debits that the transfer fills, in order."""
        transfer = credit.transfer
        assert transfer is not None
        on = credit.line.on
        self._take(part, cents)
        credit.left -= cents
        for index, debit in enumerate(transfer.debits):
            filled = min(cents, transfer.to_fill[index])
            if filled:
                transfer.to_fill[index] -= filled
                cents -= filled
                moves.append(Move(part.claim, part.place, debit.ledger_account, filled, on))
                self._place(part.claim, debit.ledger_account, filled, on, debit.group)
        assert not cents, "a transfer balances"

    def _give_up(self, credit: Credit) -> None:
        """Take a transfer for what the ledger shows: a credit here, a receivable there."""
        transfer = credit.transfer
        assert transfer is not None
        cents, credit.left = credit.left, 0
        if not cents:
            return
        payment = Credit(credit.line, cents, cents)
        self.payments.append(payment)
        self.credits[credit.line.ledger_account].append(payment)
        for index, debit in enumerate(transfer.debits):
            filled = min(cents, transfer.to_fill[index])
            if not filled:
                continue
            transfer.to_fill[index] -= filled
            cents -= filled
            ref = invoice_number(debit.piece_ref, debit.label, debit.journal, debit.on)
            piece = _share(debit, filled)
            claim = Opened(debit, [piece], ref, is_invoice=False, detail_unknown=True)
            self.claims.append(claim)
            self._place(claim, debit.ledger_account, filled, debit.on, debit.group)

    # --- payments that come back -------------------------------------------------------------------

    def _find_returns(self, lines: Sequence[Line]) -> None:
        """Pair each bank debit with the credit it takes back: the exact amount, the latest before.

        In the same lettering group; else, unlettered, an unlettered credit; else, where the texts
        speak of a rejection, a lettered receipt of the last four months.
        """
        debits = [
            line
            for line in lines
            if line.cents > 0 and line.posted_as is PostedAs.MONEY and line not in self.transfers
        ]
        if not debits:
            return
        coming: dict[tuple[str, int], deque[Line]] = defaultdict(deque)
        for line in sorted(lines, key=lambda line: (line.on, line.order)):
            if line.cents < 0 and line not in self.transfers:
                coming[line.ledger_account, -line.cents].append(line)
        came: dict[tuple[str, int], list[Line]] = defaultdict(list)  # not taken back yet
        for debit in sorted(debits, key=lambda line: (line.on, line.order)):
            key = (debit.ledger_account, debit.cents)
            credits = came[key]
            while coming[key] and coming[key][0].on <= debit.on:
                credits.append(coming[key].popleft())
            place = _taken_back(credits, debit)
            if place is not None:
                credit = credits.pop(place)
                self.returned[credit] = debit
                self.returned[debit] = credit

    # --- opening balances ----------------------------------------------------------------------

    def _open_year(self, fy: date, lines: Sequence[Line]) -> None:
        by_place: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            by_place[line.ledger_account].append(line)
        for place in sorted(by_place):
            openings = [line for line in by_place[place] if line.opening]
            openings.sort(key=lambda line: (line.on, line.cents < 0, line.order))
            if place in self.seen and (openings or fy in self.opened_years):
                on = openings[0].on if openings else min(line.on for line in by_place[place])
                self._carry_over(fy, place, openings, on)
            else:
                for line in openings:
                    self._open(line)
            self._meet_arrived()
        self.seen |= by_place.keys()

    def _open(self, line: Line) -> None:
        if line.cents > 0:
            self._open_claim(line)
        else:
            credit = self._receive(line)
            if (key := line.group) is not None:
                self._offer_credit(self._group(key), credit)

    def _carry_over(self, fy: date, place: str, openings: list[Line], on: date) -> None:
        """Recognise in the *à-nouveaux* what earlier years hold; open what they do not explain."""
        self.parts[place] = [part for part in self.parts[place] if part.left]
        self.credits[place] = [credit for credit in self.credits[place] if credit.left]
        held: list[Part | Credit] = [*self.parts[place], *self.credits[place]]
        rest = self._recognise(openings, held)
        gap = sum(line.cents for line in rest) - sum(_signed(thing) for thing in held)
        if gap and (len(rest) > 1 or not held):  # detailed: what is new in it opens as it stands
            for line in rest:
                self._open(line)
            gap, rest = -sum(_signed(thing) for thing in held), []
        if gap:
            self.unexplained.append((fy, place, gap))
            held.append(self._fill_gap(fy, place, gap, on))
        for line in rest:
            if (key := line.group) is not None:
                for thing in held:
                    self._offer(self._group(key), thing)

    def _recognise(self, openings: list[Line], held: list[Part | Credit]) -> list[Line]:
        """Match *à-nouveaux* with open things of the same amount: same reference first.

        Matched things leave `held` and join the group of their line; return the lines left.
        """
        rest = openings
        for with_reference in (True, False):
            index: dict[tuple[int, str], deque[Part | Credit]] = defaultdict(deque)
            for thing in held:
                reference = ref_key(_reference(thing)) if with_reference else ""
                if reference or not with_reference:
                    index[_signed(thing), reference].append(thing)
            left, found = [], set()
            for line in rest:
                reference = (
                    ref_key(invoice_number(line.piece_ref, line.label, line.journal, line.on))
                    if with_reference
                    else ""
                )
                candidates = index.get((line.cents, reference)) if line.cents else None
                if not candidates or (with_reference and not reference):
                    left.append(line)
                    continue
                thing = candidates.popleft()
                found.add(id(thing))
                if (key := line.group) is not None:
                    self._offer(self._group(key), thing)
            held[:] = [thing for thing in held if id(thing) not in found]
            rest = left
        return rest

    def _fill_gap(self, fy: date, place: str, gap: int, on: date) -> Part | Credit:
        line = Line(
            token=("gap", place, fy),
            order=FIRST,
            fy=fy,
            journal="",
            entry_num="",
            on=on,
            ledger_account=place,
            piece_ref="",
            piece_date=None,
            label="Report, détail inconnu"
            if gap > 0
            else "Écart d’à-nouveau : mouvements non importés, à confirmer",
            cents=gap,
            code="",
            opening=True,
            posted_as=PostedAs.OTHER,
            gap=True,
        )
        if gap < 0:
            return self._receive(line)
        self._open_claim(line, detail_unknown=True)
        return self.parts[place][-1]

    def _offer(self, group: Group, thing: Part | Credit) -> None:
        if isinstance(thing, Part):
            self._offer_part(group, thing)
        elif thing.line not in self.returned:
            self._offer_credit(group, thing)


def _taken_back(credits: Sequence[Line], debit: Line) -> int | None:
    """Return the place of the credit that a bank debit takes back, among those of its amount."""
    rejected = says_rejected(debit.piece_ref, debit.label)
    chosen = None
    for place in range(len(credits) - 1, max(len(credits) - LOOKED_BACK, 0) - 1, -1):
        line = credits[place]
        if line.code and (line.code, line.fy) == (debit.code, debit.fy):
            return place
        if debit.code or chosen is not None:
            continue
        recent = (debit.on - line.on).days <= REJECTED_WITHIN_DAYS
        is_receipt = line.posted_as is PostedAs.MONEY
        if not line.code or (rejected and recent and is_receipt):
            chosen = place
    return chosen


class _Pool:
    """Open parts of claims of one ledger account that no lettering holds, for transfers to find."""

    def __init__(self) -> None:
        self.by_ref: dict[str, deque[Part]] = defaultdict(deque)
        self.by_amount: dict[int, deque[Part]] = defaultdict(deque)
        self.by_age: list[tuple[Age, int, Part]] = []
        self.count = 0

    def add(self, part: Part) -> None:
        self.count += 1
        self.by_ref[ref_key(part.claim.ref)].append(part)
        self.by_amount[part.left].append(part)
        heapq.heappush(self.by_age, (part.age, self.count, part))

    def likeliest(self, ref: str, cents: int) -> Part | None:
        """Return an open part: of this reference, else of this very amount, else the oldest."""
        if ref:
            named = self.by_ref[ref]
            while named and not named[0].left:
                named.popleft()
            if named:
                return named[0]
        same = self.by_amount[cents]
        while same and same[0].left != cents:
            same.popleft()
        if same:
            return same[0]
        while self.by_age and not self.by_age[0][2].left:
            heapq.heappop(self.by_age)
        return self.by_age[0][2] if self.by_age else None


def _signed(thing: Part | Credit) -> int:
    return thing.left if isinstance(thing, Part) else -thing.left


def _reference(thing: Part | Credit) -> str:
    if isinstance(thing, Part):
        return thing.claim.ref
    line = thing.line
    return invoice_number(line.piece_ref, line.label, line.journal, line.on)


def _share(line: Line, cents: int) -> Line:
    """Return the line for only part of its amount."""
    return line if line.cents == cents else replace(line, cents=cents)
