"""A creditor's open items and bank lines, drawn from a seed, with the truth of each line.

The frequencies of the cases are in CASES, per thousand lines. Labels follow the habits of several
French banks; numbers, names and texts are then damaged as banks and people damage them. Some lines
cannot be settled by the files (a payer without a number whose sum is that of two sets of invoices):
their truth is to wait, and they are counted apart.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from benchmarks.matching_cases import Cases
from benchmarks.matching_parts import (
    BRANDS,
    CASES,
    FIRST,
    LEGAL,
    START,
    STYLES,
    SURNAMES_A,
    SURNAMES_B,
    TOWNS,
    TRADES,
    Item,
    Line,
    Party,
    _write,
    bank_text,
    euros,
)


class World(Cases):
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
