"""A creditor's open items and bank lines, drawn from a seed, with the truth of each line.

The frequencies of the cases are in CASES, per thousand lines. Labels follow the habits of several
French banks; numbers, names and texts are then damaged as banks and people damage them. Some lines
cannot be settled by the files (a payer without a number whose sum is that of two sets of invoices):
their truth is to wait, and they are counted apart.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

CASES = {  # per thousand lines
    "one, number as written": 190,
    "one, number broken": 110,
    "one, number cut by the bank": 40,
    "one, no number": 120,
    "several, numbers": 80,
    "several, list cut": 20,
    "several, no number": 40,
    "the whole balance": 15,
    "credit note deducted": 25,
    "discount": 25,
    "partial, number": 25,
    "partial, no number": 10,
    "instalment of a plan": 20,
    "penalties or 40 € on top": 15,
    "overpaid": 10,
    "paid twice": 15,
    "cheques": 30,
    "debit returned": 15,
    "bank fees": 8,
    "other currency": 10,
    "factor, exact": 10,
    "agent, net": 8,
    "paid by the group": 12,
    "homonyms": 8,
    "number of a closed invoice": 8,
    "nobody known": 11,
    "no payment of a customer": 130,
    "… of the amount of an invoice": 20,
}
TRADES = [
    "Boulangerie",
    "Garage",
    "Menuiserie",
    "Transports",
    "Maçonnerie",
    "Pharmacie",
    "Imprimerie",
    "Serrurerie",
    "Peinture",
    "Électricité",
    "Plomberie",
    "Charpentes",
    "Restaurant",
    "Hôtel",
    "Librairie",
    "Fleurs",
    "Optique",
    "Carrelage",
    "Toitures",
    "Paysages",
    "Informatique",
    "Sécurité",
    "Nettoyage",
    "Distribution",
    "Négoce",
    "Matériaux",
    "Quincaillerie",
    "Traiteur",
    "Ambulances",
    "Taxis",
    "Autocars",
    "Viandes",
    "Primeurs",
    "Fromages",
    "Vins",
    "Domaine",
    "Cave",
    "Clinique",
    "Laboratoire",
]
SURNAMES_A = [
    "Mar",
    "Du",
    "Le",
    "Ber",
    "Gui",
    "Rou",
    "Cha",
    "Fau",
    "Gar",
    "Mo",
    "Per",
    "La",
    "Ga",
    "Bou",
    "Tour",
    "Des",
    "Vil",
    "Ker",
    "Pou",
    "Bla",
    "Ri",
    "Ma",
    "Sa",
    "Bo",
    "Lo",
    "Ne",
    "Cor",
    "Val",
    "Ar",
    "Bri",
]
SURNAMES_B = [
    "tin",
    "pont",
    "roux",
    "nard",
    "llet",
    "sset",
    "vier",
    "re",
    "nier",
    "reau",
    "rin",
    "cher",
    "nin",
    "lot",
    "neau",
    "ne",
    "tier",
    "moal",
    "quet",
    "chet",
    "gnon",
    "raud",
    "lier",
    "din",
    "velle",
    "tard",
    "rel",
    "lon",
    "mel",
    "sson",
]
FIRST = [
    "Jean",
    "Marie",
    "Pierre",
    "Claire",
    "Paul",
    "Anne",
    "Luc",
    "Julie",
    "Marc",
    "Sophie",
    "Yves",
    "Nadia",
    "Karim",
    "Léa",
    "Hugo",
    "Inès",
]
LEGAL = ["SARL", "SAS", "SASU", "EURL", "SA", "SCI", "SNC", "SCOP"]
TOWNS = [
    "Quimper",
    "Brest",
    "Rennes",
    "Nantes",
    "Bordeaux",
    "Lyon",
    "Lille",
    "Dijon",
    "Metz",
    "Pau",
    "Tarbes",
    "Rodez",
    "Albi",
    "Niort",
    "Vannes",
    "Laval",
    "Angers",
    "Tours",
    "Bourges",
    "Nevers",
    "Troyes",
    "Reims",
    "Amiens",
    "Arras",
    "Rouen",
    "Caen",
    "Évreux",
    "Chartres",
    "Orléans",
    "Saint-Malo",
    "Le\xa0Mans",
    "La\xa0Rochelle",
    "Aix-les-Bains",
    "Saint-Étienne",
    "Villeurbanne",
    "Mérignac",
]
BRANDS = [
    "L’Atelier",
    "Le\xa0Comptoir",
    "La\xa0Halle",
    "Chez",
    "Aux\xa0Délices",
    "Le\xa0Relais",
    "La\xa0Maison",
    "L’Entrepôt",
]
STYLES = (
    "FA-26-{:05d}",
    "F2026/{:06d}",
    "2026{:05d}",
    "FAC{:07d}",
    "VE-{:06d}",
    "26{:06d}",
    "INV/2026/{:05d}",
    "{:06d}",
)
START = date(2026, 1, 5)


@dataclass(slots=True)
class Party:
    code: str
    name: str
    trade: str
    town: str
    siren: str
    ibans: list[str]
    told: bool  # the file knows his IBANs
    items: list[int] = field(default_factory=list)
    parent: int = -1


@dataclass(slots=True)
class Item:
    ref: str
    party: int
    cents: int
    issued: date
    due: date
    currency: str = "EUR"
    status: str = "open"
    used: bool = False


@dataclass(slots=True)
class Line:
    id: str
    on: date
    cents: int
    label: str
    counterparty: str
    iban: str
    end_to_end: str
    case: str
    truth: dict[str, int]  # what it pays, whether the files tell it or not
    currency: str = "EUR"
    waits: bool = False  # the files cannot tell


class World:
    """Draws everything from a seed; `lines` carry their truth."""

    def __init__(self, seed: int, lines: int, *, claims: int, style: int | None = None) -> None:
        self.random = random.Random(seed)
        r = self.random
        self.style = STYLES[style if style is not None else seed % len(STYLES)]
        self.parties: list[Party] = []
        self.items: list[Item] = []
        self.lines: list[Line] = []
        self.cheques: list[tuple[str, str, str, int]] = []
        self.plans: list[tuple[str, str, list[str], int, int, int, date]] = []
        self._party_count = max(claims // 6, 8)
        for number in range(self._party_count):
            self._party(number)
        serial = r.randrange(100, 4000)
        weights = [r.paretovariate(1.1) for _ in self.parties]
        owners = r.choices(range(len(self.parties)), [min(w, 40) for w in weights], k=claims)
        price: dict[int, int] = {}
        for owner in owners:
            serial += r.choice((1, 1, 1, 2, 3))
            if r.random() < 0.04:  # a subscription: the same amount each time
                price.setdefault(owner, r.randrange(20, 400) * 100 + r.choice((0, 0, 90, 99, 40)))
            cents = price[owner] if owner in price and r.random() < 0.8 else self._amount()
            issued = START + timedelta(days=r.randrange(0, 200))
            item = Item(
                self.style.format(serial),
                owner,
                cents,
                issued,
                issued + timedelta(days=r.choice((0, 30, 30, 45, 60))),
            )
            if r.random() < 0.04:
                item.cents = -item.cents // r.choice((1, 2, 5, 10)) or -100
            elif r.random() < 0.01:
                item.currency = r.choice(("USD", "GBP", "CHF"))
            self.items.append(item)
            self.parties[owner].items.append(len(self.items) - 1)
        self.makers = {
            "one, number as written": self._one_clean,
            "one, number broken": self._one_broken,
            "one, number cut by the bank": self._one_cut,
            "one, no number": self._one_bare,
            "several, numbers": self._several,
            "several, list cut": self._several_cut,
            "several, no number": self._several_bare,
            "the whole balance": self._balance,
            "credit note deducted": self._credit_note,
            "discount": self._discount,
            "partial, number": self._partial,
            "partial, no number": self._partial_bare,
            "instalment of a plan": self._plan,
            "penalties or 40 € on top": self._on_top,
            "overpaid": self._overpaid,
            "paid twice": self._twice,
            "cheques": self._cheques,
            "debit returned": self._returned,
            "bank fees": self._bank_fees,
            "other currency": self._currency,
            "factor, exact": self._factor,
            "agent, net": self._agent,
            "paid by the group": self._group,
            "homonyms": self._homonyms,
            "number of a closed invoice": self._closed,
            "nobody known": self._nobody,
            "no payment of a customer": self._outside,
            "… of the amount of an invoice": self._outside_equal,
        }
        cases = r.choices(list(CASES), list(CASES.values()), k=lines)
        for case in cases:
            self.case = case
            if len(self.lines) >= lines:
                break
            self.makers[case]()

    # --- drawing -------------------------------------------------------------------------------

    def _party(self, number: int) -> None:
        r = self.random
        surname = r.choice(SURNAMES_A) + r.choice(SURNAMES_B)
        if r.random() < 0.5:
            surname += r.choice(("", "", "e", "s", "ac", "ou", "ot", "y"))
        town = r.choice(TOWNS).replace("\u00a0", " ")
        kind = r.random()
        if kind < 0.62:
            name = (
                f"{r.choice(TRADES)} {surname}"
                if r.random() < 0.75
                else f"{surname} {r.choice(TRADES)}"
            )
            if r.random() < 0.15:
                name += r.choice((" et Fils", " Frères", f" {town}", " & Associés", " Services"))
            if r.random() < 0.75:
                name = (
                    f"{name} {r.choice(LEGAL)}" if r.random() < 0.6 else f"{r.choice(LEGAL)} {name}"
                )
        elif kind < 0.8:
            name = f"{surname.capitalize()}{r.choice(('tech', 'log', 'bat', 'plus', 'pro', 'eco', 'med'))}{r.choice(('', ' France', ' Industries', ' Ouest', ' Groupe'))}"
            name += f" {r.choice(LEGAL)}" if r.random() < 0.5 else ""
        elif kind < 0.93:
            name = f"{r.choice(('M.', 'Mme', ''))} {r.choice(FIRST)} {surname}".strip()
            name = name if r.random() < 0.6 else f"{surname.upper()} {r.choice(FIRST)}"
        else:
            name = f"{r.choice(('Mairie de', 'Lycée', 'Association', 'CC du pays de', 'Syndicat des eaux de'))} {town} {surname if r.random() < 0.5 else ''}".strip()
        trade = ""
        if r.random() < 0.15:
            trade = f"{r.choice(BRANDS)} {r.choice(SURNAMES_A)}{r.choice(SURNAMES_B)}".replace(
                "\u00a0", " "
            )
        if number and r.random() < 0.01:  # a homonym, elsewhere
            twin = self.parties[r.randrange(number)]
            name, trade = twin.name, ""
            while town == twin.town:
                town = r.choice(TOWNS).replace("\u00a0", " ")
        party = Party(
            f"C{number + 1:05d}" if r.random() < 0.9 else f"411{surname.upper()[:6]}{number}",
            name,
            trade,
            town,
            f"{r.randrange(300_000_000, 950_000_000)}" if r.random() < 0.7 else "",
            [self._iban() for _ in range(1 if r.random() < 0.85 else 2)],
            r.random() < 0.55,
        )
        if number > 10 and r.random() < 0.03:
            party.parent = r.randrange(number)
        self.parties.append(party)

    def _iban(self) -> str:
        r = self.random
        return "FR76" + "".join(str(r.randrange(10)) for _ in range(23))

    def _amount(self) -> int:
        r = self.random
        cents = int(r.lognormvariate(11.0, 1.1))
        if r.random() < 0.15:
            return max(cents // 1000, 1) * 1000
        return max(cents, 500)

    def _take(
        self, count: int = 1, *, party: int | None = None, positive: bool = True
    ) -> list[Item] | None:
        """Items of one customer, not yet used by a line; None when there are not enough."""
        r = self.random
        for _ in range(60):
            owner = party if party is not None else self.items[r.randrange(len(self.items))].party
            free = [
                self.items[i]
                for i in self.parties[owner].items
                if not self.items[i].used
                and self.items[i].currency == "EUR"
                and self.items[i].status == "open"
                and (self.items[i].cents > 0 or not positive)
            ]
            if len(free) >= count:
                chosen = r.sample(free, count)
                for item in chosen:
                    item.used = True
                return chosen
            if party is not None:
                return None
        return None

    def _day(self, items: Iterable[Item]) -> date:
        r = self.random
        latest = max(item.due for item in items)
        earliest = max(item.issued for item in items)
        return max(latest + timedelta(days=round(r.gauss(6, 18))), earliest + timedelta(days=1))

    def _open(self, party: int, on: date) -> list[Item]:
        return [
            self.items[i]
            for i in self.parties[party].items
            if not self.items[i].used
            and self.items[i].issued <= on + timedelta(days=3)
            and self.items[i].status == "open"
            and self.items[i].currency == "EUR"
        ]

    # --- writing -------------------------------------------------------------------------------

    def _said(self, party: Party) -> str:
        """The payer's name as a bank shows it."""
        r = self.random
        name = party.trade if party.trade and r.random() < 0.4 else party.name
        text = bank_text(name)
        roll = r.random()
        words = text.split()
        if roll < 0.2:
            text = " ".join(w for w in words if w not in LEGAL)
        elif roll < 0.25 and len(words) > 1:
            text = " ".join(reversed(words))
        elif roll < 0.30:
            text = f"{r.choice(LEGAL)} {' '.join(w for w in words if w not in LEGAL)}"
        elif roll < 0.33:
            place = r.randrange(1, max(len(text) - 1, 2))
            text = text[:place] + text[place + 1 :]
        elif roll < 0.36:
            text = f"{text} {bank_text(party.town)}"
        return text[: r.choice((24, 27, 31, 35, 70, 70))].strip()

    def _written(self, ref: str, *, broken: bool) -> str:
        r = self.random
        if not broken:
            return r.choice(
                (
                    ref,
                    ref,
                    ref.replace("-", ""),
                    ref.replace("/", ""),
                    ref.replace("-", " "),
                    ref.lower(),
                )
            )
        bare = "".join(c for c in ref if c.isalnum())
        digits = ref.rsplit("/", maxsplit=1)[-1].rsplit("-", maxsplit=1)[-1]
        forms = [
            ref.replace("-0", "-").replace("/0", "/").replace("-0", "-").replace("/0", "/"),
            ref.replace("0", "O"),
            ref.replace("1", "I"),
            ref.replace("5", "S"),
            ref.replace("8", "B"),
            " ".join((bare[:4], bare[4:])),
            " ".join((bare[: len(bare) // 2], bare[len(bare) // 2 :])),
            "FACT" + bare,
            "FACTURE N " + digits,
            "FACT " + digits.lstrip("0"),
            digits,
            ref.replace("-", "_").replace("/", "."),
            ref.replace("2026", "26") if "2026" in ref else bare,
        ]
        return r.choice(forms)

    def _add(
        self,
        party: Party | None,
        on: date,
        cents: int,
        motive: str,
        truth: dict[str, int],
        *,
        waits: bool = False,
        said: str | None = None,
        iban: str | None = None,
        cut: int = 140,
        currency: str = "EUR",
        case: str = "",
    ) -> Line:
        r = self.random
        name = said if said is not None else self._said(party) if party else ""
        style = r.randrange(9)
        bare = bank_text(motive)
        counterparty = name if r.random() < 0.5 else ""
        number = str(r.randrange(10**9))
        label = {
            0: f"VIR SEPA RECU /DE {name} /MOTIF {bare} /REF NOTPROVIDED",
            1: f"VIREMENT DE {name} {bare}",
            2: f"VIR {name} {bare}",
            3: f"VIR INST RE {number} {name} {bare}",
            4: f"VIR SEPA {name} {bare}",
            5: f"VIREMENT EN VOTRE FAVEUR {name} {bare}",
            6: f"VIR RECU {number}S DE: {name} MOTIF: {bare} REF: {r.choice(('NOTPROVIDED', number))}",
            7: bare or "VIREMENT SEPA",
            8: f"VIR SEPA RECU {name} ID:NOTPROVIDED MOTIF:{bare}",
        }[style]
        if style == 7:
            counterparty = name
        end_to_end = r.choice(("", "NOTPROVIDED", number))
        if bare and r.random() < 0.12:
            end_to_end = bare[:35]
            if r.random() < 0.5 and counterparty:
                label = f"VIR SEPA {name}"
        known = (
            iban
            if iban is not None
            else (r.choice(party.ibans) if party and r.random() < 0.7 else "")
        )
        line = Line(
            f"L{len(self.lines) + 1:06d}",
            on,
            cents,
            label[:cut].strip(),
            counterparty,
            known,
            end_to_end,
            case or self.case,
            truth,
            currency,
            waits,
        )
        self.lines.append(line)
        return line

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
            for ref in left:
                part = min(left[ref], rest)
                if part:
                    paid[ref] = part
                    left[ref] -= part
                    rest -= part
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
                for other in self.parties:
                    same = any(self.items[i].cents == line.cents for i in other.items)
                    if other.name == party.name and other is not party and not town and same:
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

    # --- files ---------------------------------------------------------------------------------

    def write(self, folder: Path) -> list[str]:
        """Write the four files; return the options of `exigible match` that name them."""
        shuffled = random.Random(7)
        rows = [
            ";".join(
                (
                    p.code,
                    p.name,
                    p.trade,
                    p.town,
                    p.siren,
                    "|".join(p.ibans) if p.told else "",
                    i.ref,
                    i.issued.isoformat(),
                    i.due.isoformat(),
                    euros(i.cents),
                    i.currency,
                    i.status,
                )
            )
            for i in self.items
            for p in (self.parties[i.party],)
        ]
        shuffled.shuffle(rows)
        _write(
            folder / "invoices.csv",
            "customer;name;trade_name;town;siren;ibans;invoice;issue_date;due_date;amount;currency;status",
            rows,
        )
        rows = [
            ";".join(
                (
                    n.id,
                    n.on.isoformat(),
                    euros(n.cents),
                    n.currency,
                    n.label,
                    n.counterparty,
                    n.iban,
                    n.end_to_end,
                )
            )
            for n in self.lines
        ]
        shuffled.shuffle(rows)
        _write(
            folder / "lines.csv",
            "line;date;amount;currency;label;counterparty;counterparty_iban;end_to_end",
            rows,
        )
        _write(
            folder / "remittances.csv",
            "slip;cheque;drawer;amount",
            [";".join((a, b, c, euros(d))) for a, b, c, d in self.cheques],
        )
        _write(
            folder / "plans.csv",
            "plan;customer;invoices;instalments;amount;last_amount;first_date",
            [
                ";".join((a, b, "|".join(c), str(d), euros(e), euros(f), g.isoformat()))
                for a, b, c, d, e, f, g in self.plans
            ],
        )
        return [
            part
            for name in ("invoices", "lines", "remittances", "plans")
            for part in (f"--{name}", str(folder / f"{name}.csv"))
        ]


def _write(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")


def euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def round_half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def bank_text(text: str) -> str:
    """A text as banks carry it: capitals, no accents, few signs."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    kept = "".join(c if c.isalnum() or c in " /-+.,:" else " " for c in bare.upper())
    return " ".join(kept.split())
