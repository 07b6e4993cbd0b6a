"""Official files that say, commune by commune, which courts cover it.

Two shapes are read, recognised by their headings, in any separator and encoding:

- « commune-juridictions »: INSEE code, name, postcodes, commercial court;
- the ministry's « Liste des juridictions compétentes pour les communes de France »: INSEE code,
  name, tribunal judiciaire, tribunal de proximité. It was once published with its columns shifted:
  a file whose courts are not known tribunals, or where well-known communes are not under theirs, is
  refused whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from exigible.domain.law.courts import areas, judicial_seats
from exigible.domain.places import Commune, place_key
from exigible.domain.refusals import WrongInput
from exigible.domain.text_keys import name_key
from exigible.intake.problems import Problem, Unreadable
from exigible.intake.tables import Table, read_table

MOST_WRONG_PER_THOUSAND = 10
_INSEE = re.compile(r"(\d{2}|2[AB])\d{3}")
_POSTCODE = re.compile(r"\d{5}")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_KIND = re.compile(
    r"(chambre commerciale du tribunal judiciaire|tribunal judiciaire|tribunal de proximite"
    r"|tribunal de commerce|tribunal des activites economiques|tribunal mixte de commerce|tj|tprx) "
)
_OF = re.compile(r"(de la |de l |du |des |de |d )?(le |la |les )?")

# Where well-known communes must be: a file that says otherwise has lost its columns.
LANDMARKS = {
    "01053": "de Bourg-en-Bresse",
    "01187": "de Bourg-en-Bresse",
    "13201": "de Marseille",
    "13055": "de Marseille",
    "33063": "de Bordeaux",
    "69381": "de Lyon",
    "69123": "de Lyon",
    "75056": "de Paris",
}

# « Commune » is a name in one shape and a code in the other: the other headings tell which.
_SHAPES = {
    "commune": "commune",
    "juridictioncommerciale": "court",
    "tribunaljudiciairecompetent": "judicial",
}
_COMMERCIAL = {
    "codeinsee": "insee",
    "commune": "name",
    "codespostaux": "postcodes",
    "typejuridictioncommerciale": "kind",
    "juridictioncommerciale": "court",
}
_JUDICIAL = {
    "commune": "insee",
    "libellecommune": "name",
    "tribunaljudiciairecompetent": "judicial",
    "tribunaldeproximitecompetent": "chamber",
    "tribunaldeproximitecompetenthorscommunesexclusivesauxtj": "chamber",
}
_KINDS = {
    "tribunal de commerce": "TC",
    "tribunal des activités économiques": "TC",
    "tribunal mixte de commerce": "TM",
    "chambre commerciale du tribunal judiciaire": "CC",
}
_UNKNOWN_KINDS = ("outre-mer, à vérifier", "inconnu")


@dataclass(frozen=True, slots=True)
class CourtFile:
    """What a file says: communes with only what it gives, and the lines left out."""

    kind: str  # commercial, judicial
    encoding: str
    communes: tuple[Commune, ...]
    problems: tuple[Problem, ...]


def read_court_file(path: Path) -> CourtFile:
    """Read an official file; raise a refusal if it is neither shape, or if it is damaged."""
    try:
        found = read_table(path, _SHAPES, ("commune",)).fields
        if "court" in found:
            return _commercial(read_table(path, _COMMERCIAL, ("insee", "name", "court")))
        if "judicial" in found:
            return _judicial(read_table(path, _JUDICIAL, ("insee", "name", "judicial")))
    except Unreadable as refusal:
        problem = refusal.problem
        if problem.code != "missing_columns":
            raise WrongInput(problem.code, problem.message, field="file") from None
    raise WrongInput(
        "unknown_file",
        "Ce fichier n’est ni celui des communes et de leur juridiction commerciale, ni celui du "
        "ministère (« Liste des juridictions compétentes pour les communes de France »).",
        field="file",
    )


def _commercial(table: Table) -> CourtFile:
    known = {(area.seat.kind, _seat_key(area.seat.of)): area.seat for area in areas()}
    communes: list[Commune] = []
    problems: list[Problem] = []
    lines = 0
    for line, row in table.rows:
        lines += 1
        postcodes = tuple(filter(None, row.get("postcodes", "").split("|")))
        kind = _KINDS.get(row.get("kind", ""))
        seat = known.get((kind or "", _seat_key(row.get("court", ""))))
        problem = _identity_problem(row) or (
            "postcodes" if not all(map(_POSTCODE.fullmatch, postcodes)) else ""
        )
        if not problem and seat is None and row.get("kind", "") not in _UNKNOWN_KINDS:
            problem = "court"
        if problem:
            problems.append(_problem(line, problem, row))
            continue
        communes.append(
            Commune(insee=row["insee"], name=row["name"], postcodes=postcodes, seat=seat)
        )
    _require_sound(lines, problems)
    return CourtFile("commercial", table.encoding, tuple(communes), tuple(problems))


def _judicial(table: Table) -> CourtFile:
    known = {_seat_key(seat): seat for seat in judicial_seats().values()}
    communes: list[Commune] = []
    problems: list[Problem] = []
    lines = 0
    for line, row in table.rows:
        lines += 1
        tribunal = known.get(_seat_key(row.get("judicial", "")), "")
        problem = _identity_problem(row) or ("" if tribunal else "judicial")
        if not problem and LANDMARKS.get(row["insee"], tribunal) != tribunal:
            raise WrongInput(
                "shifted_columns",
                f"Ligne {line} : {row['name']} ({row['insee']}) ne relève pas du tribunal judiciaire "
                f"{tribunal} : les colonnes de ce fichier sont décalées. Rien n’a été chargé.",
                field="file",
            )
        if problem:
            problems.append(_problem(line, problem, row))
            continue
        communes.append(
            Commune(
                insee=row["insee"],
                name=row["name"],
                judicial=tribunal,
                chamber=_chamber(row.get("chamber", "")),
            )
        )
    _require_sound(lines, problems)
    return CourtFile("judicial", table.encoding, tuple(communes), tuple(problems))


def _identity_problem(row: Mapping[str, str]) -> str:
    if not _INSEE.fullmatch(row.get("insee", "")):
        return "insee"
    return "" if place_key(row.get("name", "")) else "name"


def _require_sound(lines: int, problems: list[Problem]) -> None:
    """Refuse a file of which too many lines say nothing that makes sense."""
    if lines and len(problems) * 1000 <= lines * MOST_WRONG_PER_THOUSAND:
        return
    if not lines:
        raise WrongInput("empty_file", "Ce fichier n’a aucune commune.", field="file")
    first = problems[0]
    raise WrongInput(
        "shifted_columns",
        f"{len(problems)} lignes sur {lines} n’ont pas de sens, la première à la ligne {first.line} "
        f"({first.message}) : les colonnes sont sans doute décalées. Rien n’a été chargé.",
        field="file",
    )


_WHAT = {
    "insee": "le code de la commune n’en est pas un",
    "name": "le nom de la commune manque",
    "postcodes": "un code postal n’a pas cinq chiffres",
    "court": "la juridiction commerciale n’est pas connue",
    "judicial": "le tribunal judiciaire n’est pas connu",
}


def _problem(line: int, field: str, row: Mapping[str, str]) -> Problem:
    return Problem(
        code=f"wrong_{field}",
        message=_WHAT[field],
        line=line,
        field=field,
        blocking=False,
        excerpt=row.get(field, "")[:80],
    )


@cache
def _seat_key(court: str) -> str:
    """Return a key of a court's seat: « Tribunal judiciaire du Havre », « TJ LE HAVRE », « du Havre »."""
    plain = _words(court)
    plain = plain[_kind_length(plain) :]
    seat = _OF.match(plain)
    return place_key(plain[seat.end() :] if seat else plain)


def _chamber(text: str) -> str:
    """Return the seat of a tribunal de proximité as it is said after « tribunal de proximité »."""
    kind = _words(text)[: _kind_length(_words(text))]
    seat = " ".join(text.split()[len(kind.split()) :]).split(" (hors")[0].replace("'", "’")
    of = _OF.match(_words(seat))
    if not seat or (of and of.group(1)):
        return seat
    return f"d’{seat}" if _words(seat)[:1] in set("aeiouy") else f"de {seat}"


def _words(text: str) -> str:
    return _NOT_WORD.sub(" ", name_key(text)).strip()


def _kind_length(plain: str) -> int:
    kind = _KIND.match(plain)
    return kind.end() if kind else 0
