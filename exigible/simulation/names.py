"""Names that nobody bears: companies, people, streets and towns put together from syllables.

SIREN numbers pass their check digit and lie in 999 000 000 to 999 999 999, which is not issued;
telephone numbers are those that ARCEP sets aside for works of fiction; e-mail addresses end in
`.example` (RFC 2606); IBANs are of a bank code that no bank holds.
"""

from __future__ import annotations

from random import Random

from exigible.domain.text_keys import ref_key

_HEADS = [
    "Mor",
    "Ker",
    "Val",
    "Bris",
    "Tor",
    "Lan",
    "Fré",
    "Gué",
    "Sau",
    "Ché",
    "Plou",
    "Mar",
    "Bel",
    "Cour",
    "Ro",
    "Vau",
    "Our",
    "Ten",
    "Ar",
    "Col",
    "Dra",
    "Es",
    "Jar",
    "Lu",
    "Nor",
    "Pal",
    "Ques",
    "Ri",
    "Ser",
    "Tal",
    "Ver",
    "Zan",
    "Bau",
    "Cla",
    "Du",
    "Fon",
    "Gar",
]
_MIDDLES = [
    "vé",
    "la",
    "ri",
    "man",
    "do",
    "lin",
    "ga",
    "so",
    "ber",
    "ta",
    "nu",
    "ché",
    "mi",
    "lo",
    "ra",
    "pé",
    "ti",
    "van",
]
_TAILS = [
    "lec",
    "don",
    "gnac",
    "court",
    "meil",
    "sart",
    "vec",
    "zac",
    "let",
    "dier",
    "lot",
    "mont",
    "nec",
    "ran",
    "sec",
    "vier",
    "neau",
    "geac",
    "thun",
    "rais",
    "bel",
    "det",
    "goux",
]
_FIRST_NAMES = [
    "Aline",
    "Bastien",
    "Camille",
    "Didier",
    "Élise",
    "Fabien",
    "Gaëlle",
    "Hugo",
    "Inès",
    "Joël",
    "Karine",
    "Loïc",
    "Maud",
    "Nadia",
    "Olivier",
    "Pauline",
    "Quentin",
    "Régine",
    "Solène",
    "Thierry",
    "Ursule",
    "Victor",
    "Yann",
    "Zoé",
    "Amadou",
    "Béatrice",
    "Cédric",
    "Dounia",
    "Estelle",
    "Farid",
    "Ghislain",
    "Héloïse",
    "Ismaël",
    "Juliette",
    "Léon",
    "Mehdi",
    "Nolwenn",
    "Odile",
    "Pierrick",
    "Rachel",
]
_TRADES: dict[str, tuple[str, ...]] = {
    "building": (
        "Charpentes",
        "Maçonnerie",
        "Menuiserie",
        "Couverture",
        "Plâtrerie",
        "Terrassement",
        "Isolation",
        "Carrelages",
        "Façades",
        "Électricité",
        "Chauffage",
        "Serrurerie",
        "Constructions",
        "Rénovation",
        "Bâtiment",
    ),
    "services": (
        "Brasserie",
        "Imprimerie",
        "Transports",
        "Garage",
        "Pépinières",
        "Boulangerie",
        "Clinique vétérinaire",
        "Salon",
        "Cave",
        "Hôtel",
        "Laiterie",
        "Cycles",
        "Optique",
        "Fournil",
        "Traiteur",
        "Paysages",
    ),
}
_FORMS = ("SARL", "SARL", "SAS", "SAS", "SASU", "EURL", "SA")
_STREETS = (
    "rue des Tanneurs",
    "rue du Moulin Vert",
    "avenue des Peupliers",
    "chemin de la Grange",
    "rue de l’Abreuvoir",
    "place du Marché aux Grains",
    "impasse des Lavandières",
    "boulevard du Canal",
    "zone artisanale des Quatre Vents",
    "rue Haute",
    "quai des Mariniers",
    "allée des Charmes",
    "route du Vieux Pont",
    "rue des Scieurs",
    "cours des Platanes",
)
_TOWN_TAILS = ("-sur-Lède", "-le-Vieux", "-les-Vignes", "", "", "", "-en-Brenne", "-la-Forêt", "")
# Departments, Moselle and Alsace among them: their public holidays are their own.
_DEPARTMENTS = [
    "35",
    "29",
    "44",
    "49",
    "72",
    "37",
    "86",
    "17",
    "33",
    "64",
    "31",
    "81",
    "34",
    "30",
    "13",
    "69",
    "42",
    "63",
    "21",
    "71",
    "25",
    "54",
    "57",
    "67",
    "68",
    "80",
    "59",
]
_PUBLIC_BODIES = (
    "Commune de {town}",
    "Communauté de communes du {land}",
    "Centre hospitalier de {town}",
    "Syndicat des eaux du {land}",
    "Lycée de {town}",
    "Office de l’habitat du {land}",
)
_LINES = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49")


class Names:
    """Draws names from one source of chance, never the same company twice."""

    def __init__(self, luck: Random) -> None:
        self._luck = luck
        self._taken: set[str] = set()
        self._sirens = luck.sample(range(1_000, 100_000), 99_000)

    def word(self) -> str:
        """Return an invented proper name: « Morvélec », « Kerdon »."""
        luck = self._luck
        middle = luck.choice(_MIDDLES) if luck.random() < 0.6 else ""
        return luck.choice(_HEADS) + middle + luck.choice(_TAILS)

    def company(self, line: str) -> tuple[str, str]:
        """Return a company's name and legal form; `line` is "building" or "services"."""
        form = self._luck.choice(_FORMS)
        while True:
            name = f"{self._luck.choice(_TRADES[line])} {self.word()} {form}"
            if name not in self._taken:
                self._taken.add(name)
                return name, form

    def public_body(self) -> str:
        """Return a public purchaser's name."""
        while True:
            name = self._luck.choice(_PUBLIC_BODIES).format(town=self.town(), land=self.word())
            if name not in self._taken:
                self._taken.add(name)
                return name

    def person(self) -> str:
        """Return a person's name."""
        while True:
            name = f"{self._luck.choice(_FIRST_NAMES)} {self.word()}"
            if name not in self._taken:
                self._taken.add(name)
                return name

    def town(self) -> str:
        """Return an invented town."""
        saint = "Saint-" if self._luck.random() < 0.25 else ""
        return f"{saint}{self.word()}{self._luck.choice(_TOWN_TAILS)}"

    def street(self) -> str:
        return f"{self._luck.randint(1, 148)} {self._luck.choice(_STREETS)}"

    def postcode(self) -> str:
        return f"{self._luck.choice(_DEPARTMENTS)}{self._luck.randint(0, 99):02d}0"

    def phone(self) -> str:
        pair = f"{self._luck.randint(0, 99):02d} {self._luck.randint(0, 99):02d}"
        return f"{self._luck.choice(_LINES)} {pair}"

    def mobile(self) -> str:
        return f"06 39 98 {self._luck.randint(0, 99):02d} {self._luck.randint(0, 99):02d}"

    def siren(self) -> str:
        """Return a SIREN of the fictional range, each once."""
        return with_check_digit(f"999{self._sirens.pop():05d}")

    def email(self, who: str, company: str) -> str:
        """Return an address of a fictional domain: a person's, or a service's."""
        return f"{_slug(who)}@{_slug(company)}.example"

    def iban(self) -> str:
        """Return a French IBAN that passes its checks, of a bank that does not exist."""
        number = f"{self._luck.randrange(10**11):011d}"
        return french_iban("99999", "00001", number)


def with_check_digit(eight: str) -> str:
    """Return eight digits with the ninth that makes a SIREN of them (Luhn)."""
    total = 0
    for place, digit in enumerate(reversed(eight)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{eight}{-total % 10}"


def french_iban(bank: str, branch: str, account: str) -> str:
    """Return the IBAN of a French account (digits only), its RIB key and check digits computed."""
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    bban = f"{bank}{branch}{account}{key:02d}"
    check = 98 - int(f"{bban}152700") % 97  # F = 15, R = 27
    return f"FR{check:02d}{bban}"


def _slug(text: str) -> str:
    return ref_key(text)[:40]
