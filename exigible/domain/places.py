"""Places: a town and a postcode as people write them, and the areas of courts they lie in.

The product knows by itself every postcode and the main towns; every commune once the official file
is loaded. A postcode that straddles two areas leaves both, a place that is not found is refused:
nothing is guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from exigible.domain.law.courts import Seat, areas, judicial_seats, principal_courts, towns
from exigible.domain.refusals import WrongInput
from exigible.domain.text_keys import name_key

_POSTCODE = re.compile(r"\d{5}")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_CEDEX = re.compile(r"\bcedex\b.*")
_ARRONDISSEMENT = re.compile(
    r"\b(paris|lyon|marseille)( \d{1,2} ?(er|e|eme|ieme|nd)?)?( arrondissement| ardt| arr)?"
)
_ARTICLE_LAST = re.compile(r"^(.*) (le|la|les|l)$")
_WORDS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
MAX_TOWN = 100


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune and the courts of its area, as far as a source says."""

    insee: str
    name: str
    postcodes: tuple[str, ...] = ()
    seat: Seat | None = None  # its commercial court
    judicial: str = ""  # the seat of its tribunal judiciaire
    chamber: str = ""  # the seat of its tribunal de proximité, if it has one


class Directory:
    """Communes by name and by postcode. `complete`: what is not there does not exist."""

    def __init__(self, communes: Iterable[Commune], *, complete: bool) -> None:
        self.communes = tuple(communes)
        self.complete = complete

    @cached_property
    def by_key(self) -> Mapping[str, Sequence[Commune]]:
        found: dict[str, list[Commune]] = defaultdict(list)
        for commune in self.communes:
            found[place_key(commune.name)].append(commune)
        return found

    @cached_property
    def by_postcode(self) -> Mapping[str, Sequence[Commune]]:
        found: dict[str, list[Commune]] = defaultdict(list)
        for commune in self.communes:
            for postcode in commune.postcodes:
                found[postcode].append(commune)
        return found

    def near(self, city: str, postcode: str) -> list[Commune]:
        """Return the communes of this name that have this postcode, or may have it.

        Those of the postcode are looked at first: all the names are keyed only where it matters.
        """
        key = place_key(city)
        listed = [c for c in self.by_postcode.get(postcode, ()) if place_key(c.name) == key]
        return listed or [c for c in self.by_key.get(key, ()) if _may_have(c, postcode)]


@dataclass(frozen=True, slots=True)
class Tribunal:
    """A tribunal judiciaire, and the tribunal de proximité of the place if it has one."""

    seat: str
    chamber: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """The areas a place lies in; more than one where it cannot be told which.

    `one_commune`: a single commune is meant. `tribunals_certain`: the tribunaux judiciaires are
    those of the communes, not only of their commercial court's area.
    """

    name: str
    seats: tuple[Seat, ...]
    tribunals: tuple[Tribunal, ...]
    tribunals_certain: bool
    one_commune: bool
    warnings: tuple[str, ...] = ()


@cache
def shipped_directory() -> Directory:
    """Return the towns known without any file."""
    return Directory(
        (
            Commune(insee=town.insee, name=town.name, postcodes=town.postcodes, seat=town.seat)
            for town in towns()
        ),
        complete=False,
    )


def place_key(text: str) -> str:
    """Return a key that the usual spellings of a commune share: « ST-ÉTIENNE CEDEX 1 », « Saint Etienne »."""
    plain = _NOT_WORD.sub(" ", name_key(text).replace("s/", "sur ")).strip()
    plain = _CEDEX.sub("", plain).strip()
    city = _ARRONDISSEMENT.fullmatch(plain)
    if city is not None:
        return city.group(1)
    moved = _ARTICLE_LAST.match(plain)
    if moved is not None and "(" in text:
        plain = f"{moved.group(2)} {moved.group(1)}"
    return "".join(_WORDS.get(word, word) for word in plain.split())


def locate(city: str, postcode: str, directory: Directory | None = None) -> Located:
    """Return the areas of courts a place lies in.

    Raise WrongInput where the postcode is not one, where the place is not found, or where the town
    and the postcode do not go together.
    """
    directory = directory or shipped_directory()
    city, postcode = city.strip(), postcode.strip().replace(" ", "")
    if not city and not postcode:
        raise _not_found("debtor_postcode", "donnez le code postal, ou la commune")
    if len(city) > MAX_TOWN or (city and not place_key(city)):
        raise _not_found("debtor_city", f"« {city[:40]} » n’est pas un nom de commune")
    if postcode and not _POSTCODE.fullmatch(postcode):
        raise _not_found("debtor_postcode", f"« {postcode[:20]} » n’est pas un code postal")
    if not postcode:
        named = directory.by_key.get(place_key(city), ())
        if not named:
            raise _not_found(
                "debtor_city",
                f"la commune « {city} » n’est pas connue ici ; donnez son code postal",
            )
        return _of_communes(named, "")
    if not city:
        return _of_postcode(postcode, directory)
    near = directory.near(city, postcode)
    if near:
        return _of_communes(near, postcode)
    named = directory.by_key.get(place_key(city), ())
    if postcode not in _seats_by_postcode():
        return _of_business_code(city, postcode, named)
    if directory.complete:
        if named:
            raise _not_found("debtor_postcode", f"« {city} » n’a pas le code postal {postcode}")
        raise _not_found(
            "debtor_city",
            f"aucune commune ne s’appelle « {city} » ; si elle a fusionné, donnez le nom de la "
            "commune nouvelle, ou le code postal seul",
        )
    if named:
        return _of_both(city, postcode, named)
    return replace(
        _of_seats(_seats_by_postcode()[postcode], city),
        warnings=(
            f"« {city} » n’a pas été vérifié : seul le code postal {postcode} a servi. « exigible "
            "reference load courts » charge le fichier des communes.",
        ),
    )


def _of_postcode(postcode: str, directory: Directory) -> Located:
    if directory.complete and directory.by_postcode.get(postcode):
        return _of_communes(directory.by_postcode[postcode], postcode)
    if postcode not in _seats_by_postcode():
        raise _not_found("debtor_postcode", f"aucune commune n’a le code postal {postcode}")
    return _of_seats(_seats_by_postcode()[postcode], postcode)


def _of_communes(communes: Sequence[Commune], postcode: str) -> Located:
    """Return the areas of these communes."""
    seats: dict[Seat, None] = {}
    tribunals: dict[Tribunal, None] = {}
    certain = True
    for commune in communes:
        own = (commune.seat,) if commune.seat else _seats_of(commune, postcode)
        seats.update(dict.fromkeys(own))
        seat = commune.judicial or judicial_seats().get(commune.insee, "")
        if seat:
            tribunals[Tribunal(seat, commune.chamber)] = None
        else:
            certain = False
            tribunals.update(dict.fromkeys(_tribunals_of(own)))
    return Located(
        name=communes[0].name if len(communes) == 1 else postcode or communes[0].name,
        seats=tuple(seats),
        tribunals=tuple(tribunals),
        tribunals_certain=certain,
        one_commune=len(communes) == 1,
    )


def _of_seats(seats: Sequence[Seat], name: str) -> Located:
    """Return the areas of some commercial courts, where no commune is known."""
    return Located(
        name=name,
        seats=tuple(seats),
        tribunals=tuple(_tribunals_of(seats)),
        tribunals_certain=False,
        one_commune=False,
    )


def _of_both(city: str, postcode: str, named: Sequence[Commune]) -> Located:
    """Return the areas of a known town and of a postcode it has not: one of them may be wrong.

    A smaller commune may also bear that name: without the file of communes, neither is preferred.
    """
    town = _of_communes(named, "")
    seats = dict.fromkeys((*_seats_by_postcode()[postcode], *town.seats))
    return replace(
        _of_seats(tuple(seats), city),
        warnings=(
            f"« {city} » et le code postal {postcode} ne vont pas ensemble, à moins qu’une autre "
            "commune porte ce nom : vérifiez l’un et l’autre.",
        ),
    )


def _of_business_code(city: str, postcode: str, named: Sequence[Commune]) -> Located:
    """Return the areas of a postcode that no commune has: a CEDEX, whose town must be known."""
    department = _department(postcode)
    near = [commune for commune in named if _department_of(commune) == department]
    if near:
        doubt = f"{postcode} n’est le code postal d’aucune commune (CEDEX ?) : « {city} » a servi."
        return replace(_of_communes(near, ""), warnings=(doubt,))
    if "cedex" in name_key(city) and department in principal_courts():
        doubt = (
            f"{postcode} n’est le code postal d’aucune commune (CEDEX ?) et « {city} » n’est pas "
            "connu : seul le département a servi. Donnez la commune du siège."
        )
        return replace(_of_seats(_seats_of_department(department), city), warnings=(doubt,))
    raise _not_found("debtor_postcode", f"aucune commune n’a le code postal {postcode}")


def _may_have(commune: Commune, postcode: str) -> bool:
    """Say whether a commune has a postcode; one whose postcodes no source gave may."""
    if commune.postcodes:
        return postcode in commune.postcodes
    return postcode in _seats_by_postcode() and _department_of(commune) == _department(postcode)


def _seats_of(commune: Commune, postcode: str) -> tuple[Seat, ...]:
    codes = [postcode] if postcode in _seats_by_postcode() else commune.postcodes
    found = dict.fromkeys(seat for code in codes for seat in _seats_by_postcode().get(code, ()))
    return tuple(found) or _seats_of_department(_department_of(commune))


@cache
def _seats_by_postcode() -> Mapping[str, tuple[Seat, ...]]:
    found: dict[str, list[Seat]] = defaultdict(list)
    for area in areas():
        for postcode in area.postcodes:
            found[postcode].append(area.seat)
    return {postcode: tuple(seats) for postcode, seats in found.items()}


@cache
def _seats_of_department(department: str) -> tuple[Seat, ...]:
    """Return the commercial courts of a department, its prefecture's first."""
    seats: dict[Seat, None] = {}
    if department in principal_courts():
        seats[principal_courts()[department]] = None
    for postcode, own in sorted(_seats_by_postcode().items()):
        if _department(postcode) == department:
            seats.update(dict.fromkeys(own))
    return tuple(seats)


def _tribunals_of(seats: Iterable[Seat]) -> list[Tribunal]:
    by_seat = {area.seat: area.judicial for area in areas()}
    names = dict.fromkeys(name for seat in seats for name in by_seat.get(seat, ()))
    return [Tribunal(name) for name in names]


def _department(postcode: str) -> str:
    return postcode[:3] if postcode.startswith(("97", "98")) else postcode[:2]


def _department_of(commune: Commune) -> str:
    """Return the first figures of the postcodes of a commune's department (20 in Corsica)."""
    insee = commune.insee
    return "20" if insee[:2] in {"2A", "2B"} else _department(insee)


def _not_found(field: str, problem: str) -> WrongInput:
    return WrongInput("unknown_place", f"{field} : {problem}.", field=field)
