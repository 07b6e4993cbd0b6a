"""Who lives in the simulated world: three houses, their people, their debtors.

A wholesaler sells building materials to tradesmen and to public purchasers; a collection agency
works for three clients; a landlord lets flats. Everything is drawn from one seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from exigible.operations.opening import NewContact, NewDebtor
from exigible.simulation.names import Names, french_iban, with_check_digit
from exigible.simulation.people import Billing, Person, Temper

AGENCY = "Cabinet Lanvézac, recouvrement de créances"
AGENCY_ADDRESS = "18 quai des Mariniers\n29900 Kerdonnec"
WINTER = (0.5, 0.6, 0.9, 1.1, 1.2, 1.2, 1.0, 0.5, 1.1, 1.3, 1.2, 0.9)  # building stops in winter
SUMMER = (0.7, 0.7, 0.9, 1.0, 1.1, 1.3, 1.5, 1.4, 1.0, 0.8, 0.7, 0.9)
STEADY = (1.0,) * 12

TRADESMEN = {
    Temper.PUNCTUAL: 20,
    Temper.RELAXED: 20,
    Temper.FORGETFUL: 17,
    Temper.HABITUAL: 13,
    Temper.PROMISER: 9,
    Temper.STRAINED: 7,
    Temper.DISPUTER: 6,
    Temper.CARELESS: 4,
    Temper.BOUNCING: 3,
    Temper.SILENT: 5,
}
HANDED_OVER = {  # an agency sees fewer good payers
    Temper.PUNCTUAL: 12,
    Temper.RELAXED: 18,
    Temper.FORGETFUL: 22,
    Temper.HABITUAL: 14,
    Temper.PROMISER: 10,
    Temper.STRAINED: 8,
    Temper.DISPUTER: 6,
    Temper.CARELESS: 4,
    Temper.SILENT: 6,
}
TENANTS = {
    Temper.PUNCTUAL: 62,
    Temper.RELAXED: 14,
    Temper.FORGETFUL: 8,
    Temper.STRAINED: 6,
    Temper.BOUNCING: 6,
    Temper.PROMISER: 3,
    Temper.SILENT: 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Someone who works with the product, in a role; `houses` are keys, none for all of them."""

    key: str
    name: str
    role: str
    houses: tuple[str, ...] = ()
    collects: bool = False  # works the list every day


@dataclass(slots=True, kw_only=True)
class House:
    """A creditor and its debtors."""

    key: str
    creditor: dict[str, Any]  # as `creditors.CreditorFacts` takes it
    iban: str
    bic: str
    portfolios: tuple[str, ...]
    refs: str  # what its invoice numbers start with
    people: list[Person] = field(default_factory=list)
    creditor_id: int = 0
    invoiced: int = 0

    def next_ref(self, on: date) -> str:
        self.invoiced += 1
        return f"{self.refs}{on:%y}-{self.invoiced:05d}"


@dataclass(slots=True, kw_only=True)
class World:
    """Everything that is drawn before the first day."""

    seed: int
    houses: list[House]
    colleagues: list[Colleague]

    def house(self, key: str) -> House:
        [found] = [house for house in self.houses if house.key == key]
        return found

    @property
    def people(self) -> list[Person]:
        return [person for house in self.houses for person in house.people]


COLLEAGUES = (
    Colleague(
        key="chargee",
        name="Claire Maubert",
        role="collector",
        houses=("wholesaler",),
        collects=True,
    ),
    Colleague(key="credit", name="Étienne Vauriel", role="credit_manager"),
    Colleague(key="responsable", name="Sabine Ourdel", role="manager"),
    Colleague(key="assistante", name="Maud Tersac", role="assistant", houses=("wholesaler",)),
    Colleague(key="contentieux", name="Farid Belnec", role="litigation"),
    Colleague(key="comptable", name="Odile Garmont", role="accountant"),
    Colleague(key="commercial", name="Hugo Plouvec", role="sales", houses=("wholesaler",)),
    Colleague(key="auditeur", name="Régine Esmont", role="auditor"),
    Colleague(key="administratrice", name="Dounia Clasart", role="administrator"),
    Colleague(
        key="partenaire", name="Maître Yann Norcourt", role="partner", houses=("wholesaler",)
    ),
    Colleague(
        key="agence",
        name="Loïc Talgeac",
        role="collector",
        houses=("agency_cycles", "agency_energy", "agency_haulage"),
        collects=True,
    ),
    Colleague(
        key="loyers", name="Inès Bautiran", role="collector", houses=("landlord",), collects=True
    ),
)


def build(seed: int, debtors: int, *, start: date, end: date) -> World:
    """Draw a world of about `debtors` accounts, whose history runs from `start` to `end`."""
    names = Names(Random(f"{seed}:names"))
    shares = {
        "wholesaler": 0.56,
        "agency_cycles": 0.1,
        "agency_energy": 0.12,
        "agency_haulage": 0.07,
        "landlord": 0.15,
    }
    counts = {key: max(round(debtors * share), 1) for key, share in shares.items()}
    houses = [
        _wholesaler(names, counts["wholesaler"], seed),
        _client(
            names,
            seed,
            counts["agency_cycles"],
            key="agency_cycles",
            name="Cycles Belgadon SAS",
            refs="CB",
            line="services",
            billing=(40_000, 450_000),
            season=SUMMER,
            clause_rate=150_000,
        ),
        _client(
            names,
            seed,
            counts["agency_energy"],
            key="agency_energy",
            name="Énergies Palvertan SA",
            refs="EP",
            line="",
            billing=(4_500, 32_000),
            season=tuple(reversed(SUMMER)),
        ),
        _client(
            names,
            seed,
            counts["agency_haulage"],
            key="agency_haulage",
            name="Transports Ressolan SAS",
            refs="TR",
            line="services",
            billing=(15_000, 260_000),
            season=STEADY,
        ),
        _landlord(names, counts["landlord"], seed),
    ]
    for house in houses:
        for person in house.people:
            _misfortunes(person, start=start, end=end)
    return World(seed=seed, houses=houses, colleagues=list(COLLEAGUES))


# ---- houses


def _wholesaler(names: Names, count: int, seed: int) -> House:
    house = House(
        key="wholesaler",
        creditor={
            "name": "Négoce Armorial SAS",
            "legal_form": "SAS",
            "siren": with_check_digit("99900001"),
            "address": "4 rue des Tanneurs\n35900 Valbrécourt",
            "phone": "02 61 91 10 00",
            "email": "recouvrement@armorial.example",
            "website": "armorial.example",
            "legal_line": "SAS au capital de 400 000 € – RCS Valbrécourt 999 000 011",
            "signatory": "Claire Maubert, service recouvrement",
            "term_days": 30,
            "term_method": "days_then_eom",
        },
        iban=french_iban("99999", "00001", "00000412077"),
        bic="ARMOFRPPXXX",
        portfolios=("Artisans", "Grands comptes et collectivités"),
        refs="FA",
    )
    for number in range(count):
        luck = Random(f"{seed}:wholesaler:{number}")
        public = luck.random() < 0.08
        large = public or luck.random() < 0.12
        person = _public_body(names, luck) if public else _company(names, luck, "building")
        person.temper = Temper.PUBLIC if public else _drawn(luck, TRADESMEN)
        person.number = f"C-{1000 + number:05d}"
        person.portfolio = house.portfolios[1 if large else 0]
        low, high = (60_000, 1_500_000) if large else (8_000, 260_000)
        person.billing = Billing(
            days=tuple(sorted(luck.sample(range(1, 28), luck.choice((1, 1, 2, 2, 3))))),
            low_cents=low,
            high_cents=high,
            term_days=30 if public else luck.choice((30, 30, 45)),
            term_method="net" if public else "days_then_eom",
            season=WINTER,
            chance=luck.choice((0.5, 0.7, 0.9)),
            label="Fournitures de chantier",
        )
        person.limit_cents = luck.choice((None, 500_000, 1_000_000, 2_500_000))
        house.people.append(person)
    return house


def _client(
    names: Names,
    seed: int,
    count: int,
    *,
    key: str,
    name: str,
    refs: str,
    line: str,
    billing: tuple[int, int],
    season: tuple[float, ...],
    clause_rate: int | None = None,
) -> House:
    """A client of the agency; without a `line` of trade, its debtors are consumers."""
    luck = Random(f"{seed}:{key}")
    house = House(
        key=key,
        creditor={
            "name": name,
            "legal_form": name.rpartition(" ")[2],
            "siren": names.siren(),
            "address": f"{names.street()}\n{names.postcode()} {names.town()}",
            "phone": names.phone(),
            "email": names.email("gestion", name.rpartition(" ")[0]),
            "legal_line": f"{name} – mandant du {AGENCY}",
            "signatory": "Loïc Talgeac, chargé de recouvrement",
            "agency_name": AGENCY,
            "agency_address": AGENCY_ADDRESS,
            "clause_rate": clause_rate,
        },
        iban=names.iban(),
        bic="RECVFRPPXXX",
        portfolios=("Portefeuille principal",),
        refs=refs,
    )
    for number in range(count):
        luck = Random(f"{seed}:{key}:{number}")
        person = _company(names, luck, line) if line else _consumer(names, luck)
        person.temper = _drawn(luck, HANDED_OVER)
        person.number = f"{refs}{10_000 + number}"
        person.portfolio = house.portfolios[0]
        person.billing = Billing(
            days=(luck.randint(1, 27),),
            low_cents=billing[0],
            high_cents=billing[1],
            term_days=30 if line else 21,
            season=season,
            chance=luck.choice((0.4, 0.6, 0.8)),
            label="Énergie, abonnement et consommation" if not line else "Livraisons du mois",
        )
        house.people.append(person)
    return house


def _landlord(names: Names, count: int, seed: int) -> House:
    house = House(
        key="landlord",
        creditor={
            "name": "Foncière des Charmes SCI",
            "legal_form": "SCI",
            "siren": names.siren(),
            "address": "27 allée des Charmes\n49900 Brisdonnec",
            "phone": names.phone(),
            "email": "locataires@fonciere-des-charmes.example",
            "legal_line": "SCI au capital de 1 200 000 € – gestion locative",
            "signatory": "Inès Bautiran, gestion locative",
            "term_days": 0,
        },
        iban=names.iban(),
        bic="CHARFRPPXXX",
        portfolios=("Résidence des Charmes",),
        refs="Q",
    )
    for number in range(count):
        luck = Random(f"{seed}:landlord:{number}")
        person = _consumer(names, luck)
        person.temper = _drawn(luck, TENANTS)
        person.number = f"LOC-{number + 1:03d}"
        person.portfolio = house.portfolios[0]
        person.ways = ("direct_debit", "direct_debit", "transfer", "cheque")
        rent = luck.randrange(48_000, 124_000, 500)
        person.billing = Billing(
            days=(1,),
            low_cents=rent,
            high_cents=rent,
            term_days=4,
            kind="rent",
            label="Loyer et charges",
            whole_month=True,
        )
        house.people.append(person)
    return house


# ---- debtors


def _company(names: Names, luck: Random, line: str) -> Person:
    name = names.company(line)[0]
    who = names.person()
    return _person(
        luck,
        NewDebtor(
            name=name,
            kind="professional",
            siren=names.siren(),
            address_line1=names.street(),
            postcode=names.postcode(),
            city=names.town(),
            contacts=(
                NewContact(
                    name=who,
                    title=luck.choice(("Comptable", "Assistante de gestion", "Gérant", "")),
                    email=names.email("comptabilite", name.rpartition(" ")[0]),
                    phone=names.phone(),
                    hours=luck.choice(("", "", "le matin", "après 14 h")),
                    is_main=True,
                ),
            ),
        ),
        ways=("transfer", "transfer", "transfer", "cheque", "card"),
    )


def _public_body(names: Names, luck: Random) -> Person:
    name = names.public_body()
    return _person(
        luck,
        NewDebtor(
            name=name,
            kind="public_purchaser",
            siren=names.siren(),
            address_line1="Service financier",
            address_line2=names.street(),
            postcode=names.postcode(),
            city=names.town(),
            contacts=(
                NewContact(
                    name=names.person(),
                    title="Service financier",
                    email=names.email("finances", name),
                    phone=names.phone(),
                    is_main=True,
                ),
            ),
        ),
        ways=("transfer",),
    )


def _consumer(names: Names, luck: Random) -> Person:
    name = names.person()
    return _person(
        luck,
        NewDebtor(
            name=name,
            kind="consumer",
            address_line1=names.street(),
            postcode=names.postcode(),
            city=names.town(),
            contacts=(
                NewContact(
                    name=name,
                    role="other",
                    email=names.email(name, "courriel"),
                    phone=names.mobile(),
                    is_main=True,
                ),
            ),
        ),
        ways=("transfer", "card", "cheque"),
    )


def _person(luck: Random, debtor: NewDebtor, *, ways: Sequence[str]) -> Person:
    """Return a person whose temper, number and billing his house then sets."""
    return Person(
        number="",
        debtor=debtor,
        temper=Temper.PUNCTUAL,
        billing=Billing(days=(), low_cents=0, high_cents=0, term_days=0),
        luck=luck,
        ways=tuple(ways),
    )


def _drawn(luck: Random, weights: dict[Temper, int]) -> Temper:
    [temper] = luck.choices(list(weights), weights=list(weights.values()))
    return temper


def _misfortunes(person: Person, *, start: date, end: date) -> None:
    """What is wrong from the beginning, and what will go wrong."""
    luck = person.luck
    draws = [luck.random() for _ in range(6)]
    contact = person.debtor.contacts[0]
    if draws[0] < 0.03:
        contact = replace(contact, email="")
    elif draws[0] < 0.06:
        person.email_dead = True
    if draws[1] < 0.04:
        contact = replace(contact, phone="")
    if draws[2] < 0.02:
        person.debtor = replace(person.debtor, address_line1="", postcode="", city="")
    elif draws[2] < 0.05:
        person.address_dead = True
    if draws[3] < 0.01:
        person.debtor = replace(person.debtor, kind="unknown")
    person.debtor = replace(person.debtor, contacts=(contact,))
    weak = person.temper in (Temper.STRAINED, Temper.SILENT, Temper.PROMISER, Temper.BOUNCING)
    if person.debtor.kind == "professional" and draws[4] < (0.15 if weak else 0.012):
        days = (end - start).days
        person.fails_on = start + timedelta(days=round(days * (0.35 + 0.6 * draws[5])))
        person.failure = luck.choice(("redressement", "liquidation", "liquidation", "sauvegarde"))
