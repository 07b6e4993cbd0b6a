"""The identifiers of the outside contract in French words: what people read holds none of them."""

from __future__ import annotations

import re
from functools import cache

from exigible.domain.deadlines import FACTS
from exigible.domain.french import typeset
from exigible.domain.law.limitation import shipped_limitation_law

WORDS = {
    "metropole": "France métropolitaine",
    "outre_mer": "outre-mer",
    "etranger": "étranger",
    "tribunal_judiciaire": "tribunal judiciaire",
    "tribunal_de_commerce": "tribunal de commerce",
    "tribunal_des_activites_economiques": "tribunal des activités économiques",
    "professional": "professionnel",
    "consumer": "consommateur",
    "public_purchaser": "acheteur public",
    "contradictoire": "contradictoire",
    "repute_contradictoire": "réputé contradictoire",
    "par_defaut": "par défaut",
}


def readable(text: str) -> str:
    """Return a sentence of the domain as people read it: « nature court_title » by its name."""
    pattern, words = _identifiers()
    return typeset(pattern.sub(lambda found: words[found[0]], text))


def capital(text: str) -> str:
    """Return a text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


@cache
def _identifiers() -> tuple[re.Pattern[str], dict[str, str]]:
    words = {name: f"« {one.name} »" for name, one in shipped_limitation_law().natures.items()}
    words |= {name: f"« {fact.meaning} »" for name, fact in FACTS.items()}
    words = {name: text for name, text in words.items() if "_" in name}
    words |= {f"({name})": f"({text})" for name, text in WORDS.items()}
    longest_first = sorted(words, key=len, reverse=True)
    # A word of its own: « court_title », not the beginning of a longer one.
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"), words
