"""What a public register says of a company: one shape whatever the register, and what it means for us.

A unit that asked not to be published (Sirene `statutDiffusion` P or N, C. com. art. R. 123-232 and A. 123-96)
keeps its number, its state and its legal form; its name when it is a person, its address and its officers
are dropped where they are read, so that nothing keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from exigible.domain import french
from exigible.domain.identity.names import core_words
from exigible.domain.text_keys import name_key

SOLE_TRADER = "1000"
# Legal forms of INSEE's « catégories juridiques » as they are written after a name; the most frequent.
_FORMS = {
    "1000": "EI",
    "5202": "SNC",
    "5306": "SCS",
    "5308": "SCA",
    "5370": "SPFPL",
    "5385": "SELCA",
    "5410": "SARL",
    "5422": "SARL",
    "5431": "SARL",
    "5442": "SARL",
    "5451": "SARL",
    "5453": "SARL",
    "5454": "SARL",
    "5455": "SARL",
    "5458": "SARL",
    "5460": "SARL",
    "5485": "SELARL",
    "5498": "EURL",
    "5499": "SARL",
    "5505": "SA",
    "5510": "SA",
    "5515": "SA",
    "5520": "SA",
    "5522": "SA",
    "5530": "SA",
    "5532": "SA",
    "5558": "SA",
    "5560": "SA",
    "5585": "SELAFA",
    "5599": "SA",
    "5605": "SA",
    "5699": "SA",
    "5710": "SAS",
    "5720": "SASU",
    "5785": "SELAS",
    "6100": "caisse d’épargne",
    "6220": "GIE",
    "6521": "SCPI",
    "6533": "GAEC",
    "6540": "SCI",
    "6541": "SCI",
    "6589": "SCP",
    "6597": "SCEA",
    "6598": "EARL",
    "6599": "société civile",
    "7112": "AAI",
    "7210": "commune",
    "7220": "département",
    "7229": "collectivité territoriale",
    "7230": "région",
    "7331": "EPLE",
    "7343": "communauté urbaine",
    "7344": "métropole",
    "7346": "communauté de communes",
    "7348": "communauté d’agglomération",
    "7361": "CCAS",
    "7364": "établissement d’hospitalisation",
    "9110": "syndicat de copropriétaires",
    "9220": "association déclarée",
    "9221": "association déclarée",
    "9222": "association déclarée",
    "9230": "association",
}
# INSEE's bands of staff: from, to (None: and more).
_STAFF: dict[str, tuple[int, int | None]] = {
    "00": (0, 0),
    "01": (1, 2),
    "02": (3, 5),
    "03": (6, 9),
    "11": (10, 19),
    "12": (20, 49),
    "21": (50, 99),
    "22": (100, 199),
    "31": (200, 249),
    "32": (250, 499),
    "41": (500, 999),
    "42": (1000, 1999),
    "51": (2000, 4999),
    "52": (5000, 9999),
    "53": (10000, None),
}
# What tells, in a free mention, that collective proceedings were opened or ended.
_INSOLVENCY = re.compile(
    r"\b(liquidation judiciaire|redressement judiciaire|procedure de sauvegarde|sauvegarde acceleree"
    r"|plan de (?:sauvegarde|redressement|continuation|cession)|cessation des paiements"
    r"|mandataire judiciaire|liquidateur judiciaire|insuffisance d.actif)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address, street in at most three lines."""

    line1: str = ""
    line2: str = ""
    line3: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "FR"

    def __bool__(self) -> bool:
        return bool(self.line1 or self.line2 or self.postcode or self.city)


@dataclass(frozen=True, slots=True)
class Officer:
    """Someone who runs a company, as a register publishes it."""

    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A dated remark of a registrar."""

    on: date | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What one register says of one SIREN; what it does not say is empty or None."""

    siren: str
    name: str = ""
    acronym: str = ""
    siret: str = ""  # of the registered office
    form_code: str = ""  # INSEE's catégorie juridique
    address: Address = Address()
    active: bool | None = None  # False: ceased, or struck off
    ceased_on: date | None = None
    created_on: date | None = None
    staff_code: str = ""
    staff_year: str = ""
    activity: str = ""
    officers: tuple[Officer, ...] = ()
    mentions: tuple[Mention, ...] = ()  # those of collective proceedings
    public: bool = True  # False: the unit asked not to be published

    @property
    def legal_form(self) -> str:
        """The legal form as it follows a name: « SARL »; "" for one that has no short name here."""
        return _FORMS.get(self.form_code, "")

    @property
    def kind(self) -> str:
        """The quality of debtor that the form points to; "" where it decides nothing."""
        if self.form_code.startswith("7"):
            return "public_purchaser"
        if self.form_code[:1] in ("1", "5", "6"):
            return "professional"
        return ""

    @property
    def staff(self) -> str:
        """« 20 à 49 salariés »; "" when unknown."""
        if self.staff_code == "NN":
            return "sans salarié"
        band = _STAFF.get(self.staff_code)
        if band is None:
            return ""
        least, most = band
        if most is None:
            return f"{french.grouped(least)} salariés et plus"
        if least == most:
            return french.count(least, "salarié")
        return f"{french.grouped(least)} à {french.grouped(most)} salariés"

    @property
    def struck_off(self) -> bool:
        return self.active is False

    @property
    def insolvent(self) -> bool:
        return bool(self.mentions)


def without_what_is_not_public(company: Company) -> Company:
    """Return what may be kept of a unit that asked not to be published."""
    if company.public:
        return company
    person = company.form_code in ("", SOLE_TRADER)
    return replace(
        company,
        name="" if person else company.name,
        acronym="" if person else company.acronym,
        address=Address(),
        officers=(),
        mentions=tuple(replace(one, text="mention non publiée") for one in company.mentions),
    )


def insolvency_mentions(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the mentions that speak of collective proceedings, latest first."""
    found = [one for one in mentions if _INSOLVENCY.search(name_key(one.text).replace("’", "'"))]
    return tuple(sorted(found, key=lambda one: one.on or date.min, reverse=True))


# ---- several registers, one picture


# Which register is believed first, for what people contest and for the rest.
_FOR_PEOPLE = ("rne", "recherche", "sirene")
_FOR_THE_REST = ("sirene", "recherche", "rne")


def combine(answers: Mapping[str, Company]) -> Company | None:
    """Return one picture of what registers say, by register; None without any.

    Each part comes from the register closest to it: officers and mentions from the RNE, the rest from
    Sirene. One that says ceased, or not to be published, is believed against the others.
    """
    if not answers:
        return None

    def first(name: str, order: Sequence[str] = _FOR_THE_REST) -> Any:
        empty = None
        for register in order:
            if register in answers:
                value = getattr(answers[register], name)
                if value:
                    return value
                empty = value
        return empty

    ceased = [one for one in answers.values() if one.active is False]
    states = [one.active for one in answers.values() if one.active is not None]
    made = Company(
        siren=next(iter(answers.values())).siren,
        active=False if ceased else (True if states else None),
        ceased_on=next((one.ceased_on for one in ceased if one.ceased_on), None),
        officers=first("officers", _FOR_PEOPLE) or (),
        mentions=first("mentions", _FOR_PEOPLE) or (),
        public=all(one.public for one in answers.values()),
        **{
            name: first(name)
            for name in (
                "name",
                "acronym",
                "siret",
                "form_code",
                "address",
                "created_on",
                "staff_code",
                "staff_year",
                "activity",
            )
        },
    )
    return without_what_is_not_public(made)


# ---- kept as JSON


def to_json(company: Company) -> dict[str, Any]:
    """Return a company as plain values, to be kept."""
    return {
        name: _plain(value)
        for name, value in asdict(company).items()
        if value not in ("", None, (), [])
    }


def from_json(data: Mapping[str, Any]) -> Company:
    """Return the company that `to_json` gave; what is no longer known of is left."""
    values = dict(data)
    made: dict[str, Any] = {
        name: values[name] for name in Company.__dataclass_fields__ if name in values
    }
    made["address"] = Address(**values.get("address", {}))
    made["officers"] = tuple(Officer(**one) for one in values.get("officers", ()))
    made["mentions"] = tuple(
        Mention(_day(one["on"]), one["text"]) for one in values.get("mentions", ())
    )
    for name in ("ceased_on", "created_on"):
        made[name] = _day(values.get(name))
    return Company(**made)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def differences(debtor: Mapping[str, str], company: Company) -> Iterator[tuple[str, str, str]]:
    """Give what a register says otherwise than a debtor's row: the part, what we have, what it says.

    `debtor` has name, legal_form, siret, kind and the address as one text; parts equal but for case and
    accents are the same, and names but for the legal form.
    """
    for part, theirs in told(company).items():
        ours = debtor.get(part, "")
        if not theirs or name_key(ours) == name_key(theirs):
            continue
        if part == "name" and core_words(ours) == core_words(theirs):
            continue
        yield part, ours, theirs


def told(company: Company) -> dict[str, str]:
    """Return what may be taken from a register, part by part, as text."""
    address = company.address
    lines = (address.line1, address.line2, address.line3, f"{address.postcode} {address.city}")
    return {
        "name": company.name,
        "legal_form": company.legal_form,
        "kind": company.kind,
        "siret": company.siret,
        "address": ", ".join(line for line in map(str.strip, lines) if line) if address else "",
    }
