"""Reading the case of a procedure from JSON, as the outside contract of `deadlines` has it.

Event names are those of the law's data; a name written with its explanation in parentheses, or
with spaces, is the same event. Every wrong field is named by its path.
"""

from __future__ import annotations

import re
from datetime import date

from exigible.domain.deadlines import (
    FACTS,
    MAX_GRANTED_DAYS,
    Fact,
    FactKind,
    FactValue,
    Place,
    ProcedureCase,
)
from exigible.intake.json_fields import Fields, read_day, shown, wrong

MAX_EVENTS = 100
_POSTCODE = re.compile(r"\d{5}", re.ASCII)


def read_procedure_case(value: object) -> ProcedureCase:
    """Return a case; raise WrongInput naming the first wrong field."""
    root = Fields(value, "")
    name = root.text("procedure")
    if not name:
        raise wrong("procedure", "le nom de la procédure manque")
    case = ProcedureCase(
        procedure=name,
        events=_events(Fields(root.raw("events"), "events")),
        place=root.choice("debtor_place", Place) if root.has("debtor_place") else None,
        debtor_postcode=_postcode(root, "debtor_postcode"),
        court_postcode=_postcode(root, "court_postcode"),
        facts=_facts(Fields(root.raw("facts"), "facts")) if root.has("facts") else {},
    )
    root.done()
    return case


def _events(item: Fields) -> dict[str, date]:
    if not item.value:
        raise wrong("events", "au moins un événement daté est nécessaire")
    if len(item.value) > MAX_EVENTS:
        raise wrong("events", f"{len(item.value)} événements, {MAX_EVENTS} au plus")
    events: dict[str, date] = {}
    for given, value in item.value.items():
        name = given.partition(" (")[0].strip().replace(" ", "_")
        day = read_day(value, item.at(given[:80]))
        if events.setdefault(name, day) != day:
            raise wrong(item.at(given[:80]), "cet événement est donné deux fois")
    return events


def _facts(item: Fields) -> dict[str, FactValue]:
    for name in item.value:
        if name not in FACTS:
            raise wrong(
                item.at(name[:80]),
                f"ce fait n’est pas connu ; faits possibles : {', '.join(FACTS)}",
            )
    return {name: _fact(item, name, fact) for name, fact in FACTS.items() if item.has(name)}


def _fact(item: Fields, name: str, fact: Fact) -> FactValue:
    match fact.kind:
        case FactKind.FLAG:
            return item.flag(name)
        case FactKind.AMOUNT:
            return item.cents(name)
        case FactKind.DAYS:
            value = item.raw(name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise wrong(item.at(name), f"un nombre de jours est attendu, pas {shown(value)}")
            if not 0 <= value <= MAX_GRANTED_DAYS:
                raise wrong(item.at(name), f"de 0 à {MAX_GRANTED_DAYS} jours, pas {shown(value)}")
            return value
        case FactKind.CHOICE:
            text = item.text(name)
            if text not in fact.choices:
                known = ", ".join(fact.choices)
                raise wrong(
                    item.at(name), f"{shown(text)} n’est pas connu ; valeurs possibles : {known}"
                )
            return text


def _postcode(root: Fields, name: str) -> str:
    text = root.text(name)
    if text and not _POSTCODE.fullmatch(text):
        raise wrong(
            root.at(name), f"un code postal de cinq chiffres est attendu, pas {shown(text)}"
        )
    return text
