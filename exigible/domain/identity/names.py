"""Names and streets brought to what tells them apart: no legal form, no accent, no abbreviation.

Used to find the same debtor under two spellings; what is shown and written stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from exigible.domain.text_keys import name_key

_WORD = re.compile(r"[a-z0-9]+")
_ELISION = re.compile(r"\b([dljmnst]|qu)['’](?=\w)")
# What a name may lose without changing who it names.
LEGAL_FORMS = frozenset(
    [
        "sa",
        "sas",
        "sasu",
        "sarl",
        "sarlu",
        "eurl",
        "snc",
        "sci",
        "scp",
        "scm",
        "scs",
        "sca",
        "scop",
        "scic",
        "selarl",
        "selas",
        "selafa",
        "selca",
        "sep",
        "sc",
        "gie",
        "geie",
        "gaec",
        "earl",
        "scea",
        "sica",
        "ei",
        "eirl",
        "auto",
        "entrepreneur",
        "autoentrepreneur",
        "micro",
        "entreprise",
        "societe",
        "ste",
        "soc",
        "etablissements",
        "etablissement",
        "ets",
        "etab",
        "compagnie",
        "cie",
        "association",
        "asso",
        "assoc",
        "anonyme",
        "responsabilite",
        "limitee",
        "unipersonnelle",
        "civile",
        "immobiliere",
        "gmbh",
        "ag",
        "kg",
        "ug",
        "ohg",
        "ltd",
        "limited",
        "llc",
        "plc",
        "inc",
        "corp",
        "co",
        "bv",
        "nv",
        "srl",
        "spa",
        "sprl",
        "bvba",
        "asbl",
        "oy",
        "ab",
        "aps",
        "sl",
        "slu",
        "lda",
        "monsieur",
        "madame",
        "mademoiselle",
        "mr",
        "mme",
        "mlle",
        "m",
        "maitre",
        "me",
    ]
)
_SMALL_WORDS = frozenset(
    [
        "de",
        "du",
        "des",
        "d",
        "la",
        "le",
        "les",
        "l",
        "et",
        "a",
        "au",
        "aux",
        "en",
        "the",
        "of",
        "and",
    ]
)
_WAYS = {
    "avenue": "av",
    "ave": "av",
    "boulevard": "bd",
    "blvd": "bd",
    "bld": "bd",
    "boul": "bd",
    "rue": "r",
    "place": "pl",
    "chemin": "ch",
    "che": "ch",
    "chem": "ch",
    "route": "rte",
    "impasse": "imp",
    "allee": "all",
    "allees": "all",
    "square": "sq",
    "faubourg": "fg",
    "fbg": "fg",
    "quai": "qu",
    "cours": "crs",
    "passage": "pas",
    "pass": "pas",
    "lieu dit": "ld",
    "lotissement": "lot",
    "residence": "res",
    "batiment": "bat",
    "zone artisanale": "za",
    "zone industrielle": "zi",
    "saint": "st",
    "sainte": "ste",
    "general": "gal",
    "marechal": "mal",
    "docteur": "dr",
    "president": "pdt",
    "bis": "b",
    "ter": "t",
    "quater": "q",
}
_NUMBERED = re.compile(r"^\d")


def core_words(name: str) -> tuple[str, ...]:
    """Return the words that name someone: « S.A.R.L. Dupont & Fils » gives dupont, fils.

    A name made of nothing else keeps its words: « La Compagnie » gives la, compagnie.
    """
    words = _joined_initials(_WORD.findall(_ELISION.sub(r"\1 ", name_key(name))))
    kept = tuple(word for word in words if word not in LEGAL_FORMS and word not in _SMALL_WORDS)
    return kept or tuple(words)


def street_key(lines: Iterable[str]) -> str:
    """Return a street with its number, abbreviated one way: « 12, Bd. de la Liberté » is « 12 bd liberte ».

    The line that starts with a number wins (the others say a building, a floor); "" without any word.
    """
    read = [_street(line) for line in lines]
    read = [words for words in read if words]
    numbered = [words for words in read if _NUMBERED.match(words[0])]
    return " ".join((numbered or read or [[]])[0])


def likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Say how alike two names are, from 0 to 1 (equal words in any order).

    Numbers tell apart what they number: « Résidence 12 » is not « Résidence 14 ».
    """
    from rapidfuzz import fuzz

    if not one or not other:
        return 0.0
    ours, theirs = sorted(one), sorted(other)
    if ours == theirs:
        return 1.0
    ratio = max(
        fuzz.ratio(" ".join(ours), " ".join(theirs)), fuzz.ratio("".join(one), "".join(other))
    )
    numbers, numbers_there = ({word for word in words if word.isdigit()} for words in (one, other))
    if numbers != numbers_there and numbers and numbers_there:
        ratio = min(ratio, 50.0)
    return float(ratio) / 100


def within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Say whether every word of one name is in the other, with at least one that tells something."""
    few, many = sorted((set(one), set(other)), key=len)
    return few < many and any(len(word) >= 5 and not word.isdigit() for word in few)


def _joined_initials(words: list[str]) -> list[str]:
    """Join letters standing alone: s a r l is sarl."""
    made: list[str] = []
    letters = ""
    for word in words:
        if len(word) == 1 and word.isalpha():
            letters += word
            continue
        if letters:
            made.append(letters)
            letters = ""
        made.append(word)
    if letters:
        made.append(letters)
    return made


def _street(line: str) -> list[str]:
    text = " ".join(_WORD.findall(_ELISION.sub(r"\1 ", name_key(line))))
    for long, short in _WAYS.items():
        if " " in long:
            text = text.replace(long, short)
    words = [_WAYS.get(word, word) for word in text.split()]
    return [word for word in words if word not in _SMALL_WORDS]
