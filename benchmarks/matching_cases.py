"""Each case of a bank line, drawn with its truth: what `matching_world.World` calls by name."""

from __future__ import annotations

from datetime import date, timedelta

from benchmarks.matching_parts import (
    LEGAL,
    START,
    Item,
    Line,
    bank_text,
    round_half_up,
)
from benchmarks.matching_traps import Traps


class Cases(Traps):
    # --- cases ---------------------------------------------------------------------------------

    def _words(self, items: list[Item], *, broken: bool = False) -> str:
        r = self.random
        refs = [self._written(item.ref, broken=broken) for item in items]
        lead = r.choice(
            (
                "",
                "",
                "FACT ",
                "FACTURE ",
                "RGLT FACT ",
                "REGLEMENT FACTURE ",
                "VOTRE FACT N ",
                "Paiement ",
            )
        )
        return lead + r.choice((" ", ", ", " / ", " + ", " ET ")).join(refs)

    def _paid(self, items: list[Item]) -> dict[str, int]:
        return {item.ref: item.cents for item in items}

    def _one_clean(self) -> None:
        if items := self._take():
            self._add(
                self.parties[items[0].party],
                self._day(items),
                items[0].cents,
                self._words(items),
                self._paid(items),
            )

    def _one_broken(self) -> None:
        if items := self._take():
            self._add(
                self.parties[items[0].party],
                self._day(items),
                items[0].cents,
                self._words(items, broken=True),
                self._paid(items),
            )

    def _one_cut(self) -> None:
        if items := self._take():
            party = self.parties[items[0].party]
            line = self._add(
                party, self._day(items), items[0].cents, self._words(items), self._paid(items)
            )
            line.label = line.label[: self.random.choice((31, 32, 35, 40))].strip()
            line.end_to_end = ""
            self._settleable_bare(line, items)
            if not line.counterparty and not (party.told and line.iban):
                words = bank_text(f"{party.name} {party.trade}").split()
                kept = [w for w in words if w in line.label and len(w) > 2 and w not in LEGAL]
                line.waits = line.waits or len("".join(kept)) < 9

    def _one_bare(self) -> None:
        if items := self._take():
            motive = self.random.choice(
                ("", "", "REGLEMENT", "FACTURE", "SOLDE", "PAIEMENT FACTURE", "MERCI")
            )
            line = self._add(
                self.parties[items[0].party],
                self._day(items),
                items[0].cents,
                motive,
                self._paid(items),
            )
            self._settleable_bare(line, items)

    def _settleable_bare(self, line: Line, items: list[Item]) -> None:
        """Without a number: equal amounts of one customer cannot be told apart."""
        party = self.parties[items[0].party]
        for index in party.items:
            other = self.items[index]
            if (
                other.cents == items[0].cents
                and other.ref != items[0].ref
                and other.currency == "EUR"
            ):
                line.waits = True

    def _several(self, *, cut: int | None = None, numbers: bool = True) -> None:
        r = self.random
        count = r.choice((2, 2, 2, 3, 3, 4, 5, 7, 10))
        items = self._take(count) or self._take(2)
        if not items:
            return
        on = self._day(items)
        words = (
            self._words(items, broken=numbers and r.random() < 0.15)
            if numbers
            else r.choice(("", "REGLEMENT FACTURES", "VOS FACTURES"))
        )
        line = self._add(
            self.parties[items[0].party], on, sum(i.cents for i in items), words, self._paid(items)
        )
        if cut:
            line.label = line.label[:cut].strip()
            line.end_to_end = ""
        if not numbers:
            self._check_subsets(line, items, on)
        else:
            self._check_cut(line, items, on)

    def _check_subsets(self, line: Line, items: list[Item], on: date) -> None:
        """The truth is to wait where other items of the customer give the same sum."""
        pool = [i for i in self._open(items[0].party, on) if i not in items] + items
        if len(pool) > 16:
            line.waits = True
            return
        sums: dict[int, int] = {0: 1}
        for item in pool:
            for total, ways in list(sums.items()):
                sums[total + item.cents] = sums.get(total + item.cents, 0) + ways
        if sums.get(line.cents, 0) != 1:
            line.waits = True

    def _check_cut(self, line: Line, items: list[Item], on: date) -> None:
        """Of a list that the bank cut, what is missing must be the only way to complete the sum."""
        text = "".join(c for c in f"{line.label} {line.end_to_end}" if c.isalnum()).replace(
            "O", "0"
        )
        text = text.replace("I", "1").replace("S", "5").replace("B", "8")
        lost = [i for i in items if i.ref[-4:].lstrip("0") not in text]
        if not lost:
            return
        pool = [i for i in self._open(items[0].party, on) if i not in items] + lost
        probe = Line("", on, sum(i.cents for i in lost), "", "", "", "", "", {})
        if len(pool) > 16 and len(lost) == 1:
            line.waits = sum(i.cents == lost[0].cents for i in pool) > 1
            return
        self._check_subsets(probe, lost, on)
        line.waits = probe.waits

    def _several_cut(self) -> None:
        self._several(cut=self.random.choice((31, 60, 70)))

    def _several_bare(self) -> None:
        self._several(numbers=False)

    def _balance(self) -> None:
        fresh = [
            party
            for party in self.random.sample(self.parties, min(len(self.parties), 60))
            if len(party.items) > 1 and not any(self.items[i].used for i in party.items)
        ]
        items = self._take(party=self.parties.index(fresh[0])) if fresh else None
        if not items:
            return
        on = self._day(items)
        rest = [i for i in self._open(items[0].party, on) if i not in items]
        everything = items + rest
        total = sum(i.cents for i in everything)
        if total <= 0 or len(everything) > 40:
            items[0].used = False
            return
        for item in rest:
            item.used = True
        line = self._add(
            self.parties[items[0].party],
            on,
            total,
            self.random.choice(("SOLDE", "SOLDE DE TOUT COMPTE", "REGLEMENT RELEVE", "")),
            self._paid(everything),
        )
        if not any(word in line.label for word in ("SOLDE", "RELEVE")):
            self._check_subsets(line, everything, on)

    def _credit_note(self) -> None:
        r = self.random
        for _ in range(40):
            note = self.items[r.randrange(len(self.items))]
            if note.cents >= 0 or note.used or note.currency != "EUR":
                continue
            items = self._take(party=note.party)
            if not items:
                continue
            if items[0].cents + note.cents <= 0:
                items[0].used = False
                continue
            note.used = True
            both = [*items, note]
            on = self._day(both)
            words = self._words(both) if r.random() < 0.6 else self._words(items)
            line = self._add(
                self.parties[note.party], on, sum(i.cents for i in both), words, self._paid(both)
            )
            if note.ref not in words:
                pool = self._open(note.party, on)
                if sum(i.cents == note.cents for i in pool) > 0:
                    line.waits = True
            return

    def _discount(self) -> None:
        r = self.random
        items = self._take(r.choice((1, 1, 1, 2, 3)))
        if not items:
            return
        rate = r.choice((5, 10, 15, 20, 20, 20, 25, 30))
        paid = {i.ref: i.cents - round_half_up(i.cents * rate, 1000) for i in items}
        on = max(i.issued for i in items) + timedelta(days=r.randrange(2, 12))
        words = self._words(items) + r.choice(
            (" ESC", " ESCOMPTE", f" ESC {rate / 10}%", "", " MOINS ESCOMPTE")
        )
        self._add(self.parties[items[0].party], on, sum(paid.values()), words, paid)

    def _partial(self) -> None:
        if items := self._take():
            item = items[0]
            cents = max(item.cents * self.random.choice((20, 30, 50, 70)) // 100, 100)
            if self.random.random() < 0.5 and cents > 10_000:
                cents -= cents % 5_000
            self._add(
                self.parties[item.party],
                self._day(items),
                cents,
                self._words(items) + self.random.choice((" ACOMPTE", "", " PARTIEL")),
                {item.ref: cents},
            )

    def _partial_bare(self) -> None:
        if items := self._take():
            cents = max(items[0].cents // 3 // 100 * 100, 100)
            self._add(
                self.parties[items[0].party],
                self._day(items),
                cents,
                "ACOMPTE",
                {items[0].ref: cents},
                waits=True,
            )

    def _plan(self) -> None:
        r = self.random
        items = self._take(r.choice((1, 1, 2, 3)))
        if not items:
            return
        total, number = sum(i.cents for i in items), r.choice((3, 4, 6))
        each = total // number
        if each < 500:
            return
        items.sort(key=lambda i: (i.due, i.ref))
        first = self._day(items)
        code = f"P{len(self.plans) + 1:04d}"
        party = self.parties[items[0].party]
        self.plans.append(
            (
                code,
                party.code,
                [i.ref for i in items],
                number,
                each,
                total - each * (number - 1),
                first,
            )
        )
        left = {i.ref: i.cents for i in items}
        for rank in range(r.choice((1, 2, number))):
            cents = each if rank < number - 1 else total - each * (number - 1)
            paid, rest = {}, cents
            for ref, still in left.items():
                part = min(still, rest)
                if part:
                    paid[ref] = part
                    rest -= part
            left = {ref: still - paid.get(ref, 0) for ref, still in left.items()}
            month = first + timedelta(days=30 * rank + r.randrange(-2, 4))
            self._add(
                party,
                month,
                cents,
                r.choice(("", "ECHEANCE", f"PLAN {code}", f"{rank + 1}/{number}", "MENSUALITE")),
                paid,
            )

    def _on_top(self) -> None:
        r = self.random
        if items := self._take():
            item = items[0]
            on = item.due + timedelta(days=r.randrange(20, 120))
            penalty = round_half_up(item.cents * 1240 * (on - item.due).days, 3_650_000)
            extra = r.choice((4000, 4000, 4000 + penalty, penalty or 4000))
            self._add(
                self.parties[item.party],
                on,
                item.cents + extra,
                self._words(items) + r.choice((" + 40 EUR", " PENALITES", "", " ET INDEMNITE")),
                self._paid(items),
            )

    def _overpaid(self) -> None:
        r = self.random
        if items := self._take():
            item = items[0]
            extra = r.choice((1, 10, 100, 990, 5000))
            line = self._add(
                self.parties[item.party],
                self._day(items),
                item.cents + extra,
                self._words(items),
                self._paid(items),
            )
            others = [i.cents for i in self._open(item.party, line.on) if i.cents > 0]
            if others and extra >= min(others):
                line.waits = True

    def _twice(self) -> None:
        if items := self._take():
            party, on = self.parties[items[0].party], self._day(items)
            words = self._words(items)
            first = self._add(party, on, items[0].cents, words, self._paid(items))
            again = self._add(
                party, on + timedelta(days=self.random.randrange(0, 9)), items[0].cents, words, {}
            )
            again.label, again.counterparty, again.iban, again.end_to_end = (
                first.label,
                first.counterparty,
                first.iban,
                first.end_to_end,
            )

    def _cheques(self) -> None:
        r = self.random
        slip = str(r.randrange(1000, 9_999_999)).zfill(7)
        paid: dict[str, int] = {}
        on, sure = START, True
        rows = []
        for number in range(r.choice((1, 2, 3, 3, 5, 8))):
            items = self._take(r.choice((1, 1, 1, 1, 2)))
            if not items:
                continue
            on = max(on, self._day(items))
            rows.append((items, number))
        for items, _ in rows:
            party = self.parties[items[0].party]
            cents = sum(i.cents for i in items)
            said = bank_text(party.name) if r.random() < 0.8 else self._said(party)
            self.cheques.append((slip, str(r.randrange(10**7)).zfill(7), said, cents))
            paid |= self._paid(items)
            probe = Line("", on, cents, "", "", "", "", "", {})
            self._check_subsets(probe, items, on)
            twins = (
                sum(p.name == party.name for p in self.parties) > 1
                if len(self.parties) < 5000
                else False
            )
            sure = sure and not probe.waits and not twins
        if not rows:
            return
        label = r.choice(
            (
                f"REM CHQ {slip}",
                f"REMISE DE CHEQUES N {slip.lstrip('0')}",
                f"REMISE CHEQUES BORD {slip}",
                f"REM CHQ N° {slip} {len(rows)} CHQ",
                "REMISE CHEQUES",
            )
        )
        total = sum(sum(i.cents for i in items) for items, _ in rows)
        line = self._add(
            None, on + timedelta(days=2), total, "", paid, waits=not sure, said="", iban=""
        )
        line.label, line.counterparty, line.end_to_end = label, "", ""
