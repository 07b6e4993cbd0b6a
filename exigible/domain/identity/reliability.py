"""How far an account can be relied on: what it lacks before that costs a lawsuit, out of 100.

Weights, reasons and acts are data (`reliability.yaml`). A lack takes its weight off 100, down to 0; what
does not apply to a debtor (a consumer has no SIREN) or is not known yet weighs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

FULL = 100


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing to fix: its weight, why it matters, the act that fixes it (a code the pages know)."""

    key: str
    bit: int
    weight: int
    label: str
    why: str
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of an account for its reliability; claims are the open ones.

    `legal_address_known` says that a register gave an address in the same postcode.
    `without_proof` is None while the creditor keeps no proof of delivery here at all.
    """

    kind: str
    country: str
    has_siren: bool
    has_address: bool
    address_ok: bool
    legal_address_known: bool
    struck_off: bool
    insolvency_mentioned: bool
    insolvency_recorded: bool
    has_email: bool
    has_phone: bool
    derived_due_dates: int = 0
    without_number: int = 0
    without_date: int = 0
    without_proof: int | None = None


@dataclass(frozen=True, slots=True)
class Reliability:
    """The score, from 0 to 100, and what takes points off, heaviest first."""

    score: int
    lacks: tuple[Lack, ...]

    @property
    def level(self) -> str:
        """« good », « fair » or « poor »."""
        levels = thresholds()
        if self.score >= levels[0]:
            return "good"
        return "fair" if self.score >= levels[1] else "poor"


@cache
def lacks() -> dict[str, Lack]:
    """Return every lack, in the order of the data."""
    read = _data()["lacks"]
    made = {
        key: Lack(key, row["bit"], row["weight"], row["label"], row["why"], row["act"])
        for key, row in read.items()
    }
    assert len({lack.bit for lack in made.values()}) == len(made), "two lacks share a bit"
    return made


@cache
def thresholds() -> tuple[int, int]:
    """Return from which score an account is good, and fair."""
    return _data()["good_from"], _data()["fair_from"]


def assess(facts: Facts) -> Reliability:
    """Return how far an account can be relied on, and what to fix first."""
    company = facts.kind in ("professional", "public_purchaser")
    lacking = {
        "kind": facts.kind == "unknown",
        "siren": company and facts.country == "FR" and not facts.has_siren,
        "address": not facts.has_address,
        "address_bad": facts.has_address and not facts.address_ok,
        "legal_address": facts.kind != "consumer"
        and facts.has_siren
        and facts.has_address
        and not facts.legal_address_known,
        "struck_off": facts.struck_off,
        "insolvency_unrecorded": facts.insolvency_mentioned and not facts.insolvency_recorded,
        "email": not facts.has_email,
        "phone": not facts.has_phone,
        "due_date": facts.derived_due_dates > 0,
        "number": facts.without_number > 0,
        "date": facts.without_date > 0,
        "proof_of_delivery": bool(facts.without_proof),
    }
    return of_bits(sum(1 << lacks()[key].bit for key, lacks_it in lacking.items() if lacks_it))


def of_bits(bits: int) -> Reliability:
    """Return the reliability that a copy of its lacks says."""
    found = [lack for lack in lacks().values() if bits >> lack.bit & 1]
    found.sort(key=lambda lack: -lack.weight)
    return Reliability(max(0, FULL - sum(lack.weight for lack in found)), tuple(found))


@cache
def _data() -> dict[str, Any]:
    text = files("exigible.domain.identity").joinpath("reliability.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data
