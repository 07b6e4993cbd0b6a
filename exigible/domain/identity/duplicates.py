"""The same debtor known twice: keys that bring candidates together, and a score with its reasons.

Two steps, so that a hundred thousand debtors are never compared two by two: debtors sharing a key are
candidates (`blocking_keys`), and only candidates are compared (`compare`). Points are data
(`duplicates.yaml`). Two different SIREN are two persons in law, however alike the rest is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from exigible.domain.identity.names import likeness, within

CONSUMER = "consumer"


class Key(StrEnum):
    """What a blocking key is made of. A strong one names few people, whatever the number of rows."""

    SIREN = "siren"
    VAT = "vat"
    IBAN = "iban"
    EMAIL = "email"
    NAME = "name"
    ADDRESS = "address"
    START = "start"  # first letters of the name, and the postcode
    LONGEST = "longest"  # the longest word of the name, and the postcode


STRONG = (Key.SIREN, Key.VAT, Key.IBAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A debtor as the search sees him. `words` are `names.core_words`, `street` is `names.street_key`."""

    id: int
    words: tuple[str, ...]
    kind: str = "unknown"
    siren: str = ""
    vat_number: str = ""
    street: str = ""
    postcode: str = ""
    country: str = "FR"
    emails: frozenset[str] = field(default_factory=frozenset)  # lower case
    ibans: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing two debtors have in common, or not; `fact` is what it is."""

    code: str
    points: int
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """How sure it is that two debtors are the same, from 1 to 100, and why."""

    score: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """The points and thresholds of `duplicates.yaml`."""

    shown_from: int
    probable_from: int
    near_certain_from: int
    points: dict[str, int]
    close_from: float
    near_from: float
    unlike_under: float


@cache
def weights() -> Weights:
    """Return the points as they are shipped."""
    text = files("exigible.domain.identity").joinpath("duplicates.yaml").read_text("utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return Weights(**read)


def blocking_keys(party: Party) -> Iterator[tuple[Key, str]]:
    """Give the keys under which a debtor meets those he may be the same as."""
    if party.siren:
        yield Key.SIREN, party.siren
    if party.vat_number:
        yield Key.VAT, party.vat_number
    for iban in party.ibans:
        yield Key.IBAN, iban
    for email in party.emails:
        yield Key.EMAIL, email
    joined = "".join(party.words)
    if joined:
        yield Key.NAME, " ".join(sorted(party.words))
    if not party.postcode:
        return
    if party.street:
        yield Key.ADDRESS, f"{party.postcode} {party.street}"
    if len(joined) >= 4:
        yield Key.START, f"{party.postcode} {joined[:5]}"
    longest = max(party.words, key=len, default="")
    if len(longest) >= 4:
        yield Key.LONGEST, f"{party.postcode} {longest}"


def compare(one: Party, other: Party) -> Match | None:
    """Return how alike two debtors are, or None under the points from which a pair is shown."""
    if one.siren and other.siren and one.siren != other.siren:
        return None
    rule = weights()
    reasons = list(_reasons(one, other, rule))
    score = sum(reason.points for reason in reasons)
    return Match(min(score, 100), tuple(reasons)) if score >= rule.shown_from else None


def _reasons(one: Party, other: Party, rule: Weights) -> Iterator[Reason]:
    def reason(code: str, fact: str = "") -> Reason:
        return Reason(code, rule.points[code], fact)

    if one.siren and one.siren == other.siren:
        yield reason("same_siren", one.siren)
    elif one.vat_number and one.vat_number == other.vat_number:
        yield reason("same_vat_number", one.vat_number)
    if ibans := one.ibans & other.ibans:
        yield reason("same_iban", min(ibans)[-4:])
    if emails := one.emails & other.emails:
        yield reason("same_email", min(emails))
    yield from _names(one, other, rule)
    if one.postcode and one.postcode == other.postcode and one.country == other.country:
        if one.street and one.street == other.street:
            yield reason("same_address", f"{one.street}, {one.postcode}")
        else:
            yield reason("same_town", one.postcode)
    if one.country != other.country:
        yield reason("countries_differ", f"{one.country}, {other.country}")
    kinds = {one.kind, other.kind} - {"unknown"}
    if len(kinds) == 2 and CONSUMER in kinds:
        yield reason("kinds_differ")


def _names(one: Party, other: Party, rule: Weights) -> Iterator[Reason]:
    alike = likeness(one.words, other.words)
    fact = f"{alike:.2f}"
    if alike == 1.0:
        code = "same_person_name" if CONSUMER in (one.kind, other.kind) else "same_name"
        yield Reason(code, rule.points[code], " ".join(one.words))
    elif alike >= rule.close_from:
        yield Reason("close_name", rule.points["close_name"], fact)
    elif alike >= rule.near_from:
        yield Reason("near_name", rule.points["near_name"], fact)
    elif within(one.words, other.words):
        yield Reason("name_within", rule.points["name_within"])
    elif alike < rule.unlike_under:
        yield Reason("unlike_name", rule.points["unlike_name"], fact)
