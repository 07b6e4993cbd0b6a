"""Reading the facts of a limitation period from JSON, as the outside contract has it.

Every wrong field is named by its path; what contradicts itself (proceedings that end before they
begin, a suspension backwards) is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from exigible.domain.french import day as french_day
from exigible.domain.law.limitation import LimitationLaw, shipped_limitation_law
from exigible.domain.limitation import Act, LimitationCase, Outcome, Suspension
from exigible.intake.json_fields import Fields, shown, wrong

MAX_EVENTS = 1_000
_DESCRIPTIVE = ("ref", "label", "amount", "note")  # said of an event or a debt, not used here


def read_limitation_case(value: object, law: LimitationLaw | None = None) -> LimitationCase:
    """Return the facts of one debt; raise WrongInput naming the first wrong field."""
    law = law or shipped_limitation_law()
    root = Fields(value, "")
    events = root.objects("events")
    if len(events) > MAX_EVENTS:
        raise wrong("events", f"{len(events)} faits, {MAX_EVENTS} au plus")
    case = LimitationCase(
        nature=_known(root, "nature", law.natures),
        starts_on=root.day("starts_on"),
        events=tuple(_event(item, law) for item in events),
        born_on=root.optional_day("born_on"),
        agreed_months=_whole_number(root, "agreed_months"),
        underlying=_known(root, "underlying", law.natures) if root.has("underlying") else None,
        as_of=root.optional_day("as_of"),
    )
    root.done(_DESCRIPTIVE)
    return case


def _event(item: Fields, law: LimitationLaw) -> Act | Suspension:
    kind = item.raw("type")
    if kind == "suspension":
        event: Act | Suspension = _suspension(item, law)
    elif isinstance(kind, str) and kind in law.interruptions:
        event = _act(item, kind, spans=law.interruptions[kind].spans)
    else:
        known = ", ".join([*law.interruptions, "suspension"])
        raise wrong(item.at("type"), f"{shown(kind)} n’est pas connu ; valeurs possibles : {known}")
    item.done(_DESCRIPTIVE)
    return event


def _act(item: Fields, kind: str, *, spans: bool) -> Act:
    on = item.day("on")
    if not spans:
        return Act(kind=kind, on=on)
    ended_on = item.optional_day("ended_on")
    if ended_on is not None and ended_on < on:
        raise wrong(
            item.at("ended_on"),
            f"l’instance finit ({french_day(ended_on)}) avant de commencer ({french_day(on)})",
        )
    outcome = item.choice("outcome", Outcome, Outcome.GRANTED)
    if item.has("outcome") and outcome is Outcome.GRANTED and ended_on is None:
        raise wrong(item.at("ended_on"), "la décision est rendue, mais sa date manque")
    return Act(kind=kind, on=on, ended_on=ended_on, outcome=outcome)


def _suspension(item: Fields, law: LimitationLaw) -> Suspension:
    first = item.day("from")
    last = item.day("to")
    if last < first:
        raise wrong(
            item.at("to"),
            f"la suspension finit ({french_day(last)}) avant de commencer ({french_day(first)})",
        )
    return Suspension(
        ground=_known(item, "ground", law.suspensions), first_day=first, last_day=last
    )


def _known(item: Fields, name: str, known: Mapping[str, object]) -> str:
    value = item.raw(name)
    if not isinstance(value, str) or value not in known:
        raise wrong(
            item.at(name),
            f"{shown(value)} n’est pas connu ; valeurs possibles : {', '.join(known)}",
        )
    return value


def _whole_number(item: Fields, name: str) -> int | None:
    value = item.raw(name, required=False)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10_000:
        raise wrong(item.at(name), f"un nombre entier de mois est attendu, pas {shown(value)}")
    return value
