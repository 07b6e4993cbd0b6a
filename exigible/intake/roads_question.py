"""Reading the facts of a claim whose roads are asked, from JSON: one flat object, all optional.

A fact left out or null is unknown. Every wrong field is named by its path; facts that contradict
each other are refused by `domain.roads`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from exigible.domain.expected_value import AMOUNTS, CHANCES, DELAYS, MEANINGS
from exigible.domain.law.roads import documents, shipped_roads
from exigible.domain.limitation import Limitation, limitation
from exigible.domain.refusals import Refused
from exigible.domain.roads import ClaimFacts, usual_limitation
from exigible.domain.roads.facts import CHOICES
from exigible.domain.roads.valuing import ValueQuestion
from exigible.intake.json_fields import Fields, shown, wrong
from exigible.intake.limitation_case import read_limitation_case

FLAGS = (
    "invoiced",
    "liquid",
    "acknowledged",
    "contract_in_writing",
    "termination_clause",
    "life_insurance",
    "guarantor",
    "creditor_trader",
    "creditor_away",
    "debtor_trader",
    "debtor_employed",
    "debtor_owns_property",
    "debtor_has_vehicle",
    "goods_in_dwelling",
    "eu_account",
    "recovery_at_risk",
    "formal_notice",
    "amicable_attempt",
    "amicable_exemption",
    "small_claims_failed",
    "non_payment_certificate",
    "l126_decree_checked",
    "title_enforceable",
    "privileged",
    "declared",
    "late_without_fault",
)
DAYS = (
    "born_on",
    "due_on",
    "lease_date",
    "formal_notice_on",
    "title_on",
    "insolvency_opened_on",
    "insolvency_published_on",
)
_DESCRIPTIVE = ("ref", "label", "note")  # said of a claim, not used here
_COUNTRY = re.compile(r"[A-Z]{2}")
_POSTCODE = re.compile(r"\d{5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadsQuestion:
    """The facts, and how to value them."""

    facts: ClaimFacts
    value: ValueQuestion


def read_roads_question(value: object, today: date) -> RoadsQuestion:
    """Return the question; `today` is the day looked from where it says none.

    Raise WrongInput naming the first wrong field.
    """
    root = Fields(value, "")
    on = root.optional_day("on") or today
    known: dict[str, Any] = {name: _amount(root, name) for name in ("amount", "principal")}
    for name, kinds in CHOICES.items():
        known[name] = root.choice(name, kinds) if root.has(name) else None
    for name in FLAGS:
        known[name] = root.flag(name) if root.has(name) else None
    for name in DAYS:
        known[name] = root.optional_day(name)
    for name in ("creditor_country", "debtor_country"):
        known[name] = _code(root, name, _COUNTRY, 'un pays en deux lettres comme "FR"')
    known["debtor_postcode"] = _code(root, "debtor_postcode", _POSTCODE, "un code postal français")
    for name in ("debtor_city", "clause_city"):
        known[name] = root.text(name) or None
    known["documents"] = _documents(root)
    found = _limitation(root, on)
    usual = None if found else usual_limitation(known["nature"], known["due_on"], on)
    question = RoadsQuestion(
        facts=ClaimFacts(
            on=on, limitation=found or usual, limitation_assumed=usual is not None, **known
        ),
        value=_value(root),
    )
    root.done(_DESCRIPTIVE)
    if root.has("value") and question.facts.amount is None:
        raise wrong("amount", "ce champ manque : sans montant, rien ne s’évalue")
    return question


def _amount(root: Fields, name: str) -> int | None:
    return root.cents(name) if root.has(name) else None


def _code(root: Fields, name: str, pattern: re.Pattern[str], expected: str) -> str | None:
    if not root.has(name):
        return None
    text = root.text(name)
    if not pattern.fullmatch(text):
        raise wrong(root.at(name), f"{expected} est attendu, pas {shown(text)}")
    return text


def _documents(root: Fields) -> frozenset[str] | None:
    if not root.has("documents"):
        return None
    held = root.raw("documents")
    if not isinstance(held, list):
        raise wrong("documents", f"une liste est attendue, pas {shown(held)}")
    for index, one in enumerate(held):
        if not isinstance(one, str) or one not in documents():
            raise wrong(
                f"documents[{index}]",
                f"{shown(one)} n’est pas connu ; valeurs possibles : {', '.join(documents())}",
            )
    return frozenset(held)


def _limitation(root: Fields, on: date) -> Limitation | None:
    if not root.has("limitation"):
        return None

    def read() -> Limitation:
        case = read_limitation_case(root.raw("limitation"))
        return limitation(replace(case, as_of=on))

    return _under("limitation", read)


def _value(root: Fields) -> ValueQuestion:
    if not root.has("value"):
        return ValueQuestion(given={})
    item = Fields(root.raw("value"), "value")
    road = item.text("road")
    known = [rule.id for rule in shipped_roads()]
    if road and road not in known:
        raise wrong(
            "value.road", f"{shown(road)} n’est pas connue ; valeurs possibles : {', '.join(known)}"
        )
    given: dict[str, int | bool | None] = {}
    for name in MEANINGS:
        outside = name.removesuffix("_cents")
        if not item.has(outside):
            continue
        if name in AMOUNTS:
            given[name] = item.cents(outside, positive=False)
        elif name in DELAYS:
            given[name] = _whole(item, outside)
        elif name in CHANCES or name == "yearly_rate":
            given[name] = item.percent(outside, limit=100)
        else:
            given[name] = item.flag(outside)
    item.done()
    return ValueQuestion(road=road, given=given)


def _whole(item: Fields, name: str) -> int:
    value = item.raw(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(item.at(name), f"un nombre entier de jours est attendu, pas {shown(value)}")
    return value


def _under[T](path: str, read: Callable[[], T]) -> T:
    """Run what reads a nested object, its refusals named from the root."""
    try:
        return read()
    except Refused as refusal:
        field = refusal.field if refusal.field and refusal.field != "(racine)" else ""
        refusal.field = f"{path}.{field}" if field else path
        refusal.message = refusal.message.replace(field or "(racine)", refusal.field, 1)
        raise
