"""The rarer cases of a bank line, and those where a match would be wrong."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.matching_parts import (
    FIRST,
    START,
    SURNAMES_A,
    SURNAMES_B,
    bank_text,
)


class Traps:
    def _returned(self) -> None:
        r = self.random
        items = self._take()
        if not items:
            return
        item = items[0]
        item.status = "collected"
        party, on = self.parties[item.party], self._day(items) + timedelta(days=4)
        words = r.choice((item.ref, self._written(item.ref, broken=False), ""))
        label = r.choice(
            (
                f"PRLV SEPA REJETE {self._said(party)} {words} {r.choice(('AM04', 'MD01', 'AC04', 'MS03'))}",
                f"REJET PRELEVEMENT {self._said(party)} {words}",
                f"IMPAYE PRLV {words} {self._said(party)} PROVISION INSUFFISANTE",
                f"CHQ IMPAYE {self._said(party)} {words}",
                f"RETOUR PRLV {bank_text(party.name)} {words} MOTIF AM04",
            )
        )
        line = self._add(party, on, -item.cents, "", {item.ref: -item.cents})
        line.label, line.end_to_end = label[:140], r.choice(("", "", words))
        same = [
            self.items[i]
            for i in party.items
            if self.items[i].status == "collected" and self.items[i].cents == item.cents
        ]
        if len(same) > 1 and (not words or line.label.find(words) < 0):
            line.waits = True
        if (
            not words
            and not line.iban
            and sum(p.name == party.name for p in self.parties[:5000]) > 1
        ):
            line.waits = True
        if not line.waits and r.random() < 0.3:  # and paid by transfer afterwards
            self._add(
                party,
                on + timedelta(days=r.randrange(3, 20)),
                item.cents,
                self._words(items),
                {item.ref: item.cents},
            )

    def _bank_fees(self) -> None:
        if items := self._take():
            item, fee = items[0], self.random.choice((300, 800, 1250, 1500, 2200))
            if item.cents > 4 * fee:
                cents = item.cents - fee
                self._add(
                    self.parties[item.party],
                    self._day(items),
                    cents,
                    self._words(items) + " CHARGES SHA",
                    {item.ref: cents},
                )

    def _currency(self) -> None:
        r = self.random
        foreign = [
            i
            for i in (self.items[r.randrange(len(self.items))] for _ in range(300))
            if i.currency != "EUR" and not i.used and i.cents > 0
        ]
        if not foreign:
            return
        item = foreign[0]
        item.used = True
        party = self.parties[item.party]
        if r.random() < 0.7:
            self._add(
                party,
                self._day([item]),
                item.cents,
                self._words([item]),
                {item.ref: item.cents},
                currency=item.currency,
            )
        else:
            self._add(
                party,
                self._day([item]),
                item.cents * 93 // 100,
                self._words([item]),
                {},
                waits=True,
            )

    def _factor(self) -> None:
        r = self.random
        items = [i for i in (self._take() for _ in range(r.choice((1, 2, 4, 6)))) if i]
        if not items:
            return
        flat = [i[0] for i in items]
        who = r.choice(
            (
                "BNP PARIBAS FACTOR",
                "EUROFACTOR SA",
                "CREDIT MUTUEL FACTORING",
                "LA BANQUE POSTALE FACTORING",
            )
        )
        line = self._add(
            None,
            self._day(flat),
            sum(i.cents for i in flat),
            self._words(flat),
            self._paid(flat),
            said=who,
            iban=self._iban(),
        )
        text = "".join(c for c in f"{line.label} {line.end_to_end}" if c.isalnum())
        line.waits = any(i.ref[-5:] not in text for i in flat)

    def _agent(self) -> None:
        r = self.random
        items = [i for i in (self._take() for _ in range(r.choice((1, 2, 3)))) if i]
        if not items:
            return
        flat = [i[0] for i in items]
        total = sum(i.cents for i in flat)
        who = r.choice(
            (
                "SELARL LORIN AUBRAC COMMISSAIRES DE JUSTICE",
                "SCP MARE ET PONS HUISSIERS",
                "CABINET VIAL AVOCATS CARPA",
                "INTRUM CORPORATE",
                "ALLIANZ TRADE",
            )
        )
        words = (
            self._words(flat) if r.random() < 0.5 else f"REVERSEMENT DOSSIERS {r.randrange(10**5)}"
        )
        self._add(
            None,
            self._day(flat),
            total - total * r.choice((5, 8, 12)) // 100,
            words,
            {"?": 0},
            waits=True,
            said=who,
            iban=self._iban(),
        )

    def _group(self) -> None:
        r = self.random
        for _ in range(40):
            child = self.items[r.randrange(len(self.items))].party
            if self.parties[child].parent < 0:
                continue
            items = self._take(r.choice((1, 2)), party=child) or self._take(party=child)
            if items:
                payer = self.parties[self.parties[child].parent]
                line = self._add(
                    payer,
                    self._day(items),
                    sum(i.cents for i in items),
                    self._words(items),
                    self._paid(items),
                )
                own = self.items
                if any(own[i].cents == line.cents for i in payer.items):
                    line.waits = True
                return

    def _homonyms(self) -> None:
        """A name that two customers bear, in two towns; the town is said, or not."""
        r = self.random
        if not hasattr(self, "_twins"):
            names: dict[str, list[int]] = {}
            for number, party in enumerate(self.parties):
                names.setdefault(party.name, []).append(number)
            self._twins = [n for group in names.values() if len(group) > 1 for n in group]
            self._named = names
        for _ in range(20 if self._twins else 0):
            number = r.choice(self._twins)
            if items := self._take(party=number):
                party = self.parties[number]
                said = bank_text(party.name)
                town = r.random() < 0.6
                line = self._add(
                    party,
                    self._day(items),
                    items[0].cents,
                    bank_text(party.town) if town else "",
                    self._paid(items),
                    said=said,
                    iban="",
                )
                self._settleable_bare(line, items)
                for other in self._named[party.name] if not town else ():
                    same = any(self.items[i].cents == line.cents for i in self.parties[other].items)
                    if other != number and same:
                        line.waits = True
                return

    def _closed(self) -> None:
        """A number that looks like ours and is not open; the amount may be that of another."""
        r = self.random
        if items := self._take():
            item = items[0]
            other = self.style.format(r.randrange(1, 90))
            cents = item.cents if r.random() < 0.5 else self._amount()
            item.used = False
            self._add(
                self.parties[item.party], self._day(items), cents, f"FACT {other}", {}, waits=True
            )

    def _nobody(self) -> None:
        r = self.random
        if items := self._take():
            items[0].used = r.random() < 0.5
            said = bank_text(
                f"{r.choice(FIRST)} {r.choice(SURNAMES_B).upper()}{r.choice(SURNAMES_A).upper()}QX"
            )
            cents = items[0].cents if r.random() < 0.4 else self._amount()
            self._add(
                None,
                self._day(items),
                cents,
                r.choice(("", "REGLEMENT", "MERCI")),
                {},
                waits=True,
                said=said,
                iban=self._iban() if r.random() < 0.5 else "",
            )

    def _outside(self, cents: int | None = None) -> None:
        r = self.random
        amount = cents or self._amount()
        sign, label = r.choice(
            (
                (-1, "VIR SALAIRE {n} DUPUIS CLAIRE"),
                (-1, "PRLV SEPA URSSAF BRETAGNE {n}"),
                (-1, "PRLV DGFIP TVA {n}"),
                (-1, "VIR SEPA EMIS FOURNISSEUR {n} KERBOIS FACT {n}"),
                (-1, "FRAIS TENUE DE COMPTE"),
                (-1, "COTISATION CARTE {n}"),
                (-1, "ECHEANCE PRET {n}"),
                (-1, "PRLV EDF ENTREPRISES {n}"),
                (-1, "CB RESTAURANT LE PORT {n}"),
                (-1, "VIR INTERNE VERS LIVRET"),
                (-1, "CHQ {n}"),
                (-1, "PRLV SEPA ORANGE FACTURE {n}"),
                (-1, "COMMISSION INTERVENTION"),
                (-1, "LOYER SCI DES QUAIS {n}"),
                (1, "VIR INTERNE DEPUIS COMPTE COURANT"),
                (1, "VIREMENT COMPTE A COMPTE {n}"),
                (1, "REMISE CB {n} CONTRAT 12345"),
                (1, "TELECOLLECTE CARTES {n}"),
                (1, "INTERETS CREDITEURS"),
                (1, "DEBLOCAGE PRET {n}"),
                (1, "VIR DGFIP REMBOURSEMENT TVA {n}"),
                (1, "VIR CPAM IJSS {n}"),
                (1, "VERSEMENT ESPECES {n}"),
                (1, "VIR STRIPE PAYOUT {n}"),
                (1, "VIR AXA INDEMNITE SINISTRE {n}"),
                (1, "REMBOURSEMENT FOURNISSEUR KERBOIS AVOIR {n}"),
                (1, "VIR URSSAF REMBOURSEMENT {n}"),
                (1, "APPORT ASSOCIE DUPUIS"),
                (1, "ANNULATION FRAIS {n}"),
                (1, "VIR REGION BRETAGNE SUBVENTION {n}"),
            )
        )
        label = label.replace("{n}", str(r.randrange(10**5, 10**9)))
        line = self._add(
            None,
            START + timedelta(days=r.randrange(20, 250)),
            sign * amount,
            "",
            {},
            said="",
            iban="",
        )
        line.label, line.counterparty, line.end_to_end = label, "", r.choice(("", "NOTPROVIDED"))

    def _outside_equal(self) -> None:
        item = self.items[self.random.randrange(len(self.items))]
        self._outside(abs(item.cents))
