"""Normalised keys for search and order: no accents, lower case, single spaces."""

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_NOT_KEY = re.compile(r"[^a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})


def name_key(text: str) -> str:
    """Return a key that sorts and searches as French does without accents: « Élan » → « elan »."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return _SPACES.sub(" ", letters.lower()).strip()


def ref_key(text: str) -> str:
    """Return a reference without case nor punctuation: « FA-26/0412 » → « fa260412 »."""
    return _NOT_KEY.sub("", name_key(text))
