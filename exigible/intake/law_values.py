"""The file of `exigible law export`: values of the law that people entered, for `--law`.

A file is `{"kind": "exigible_law", "values": [{"parameter", "from", "value", "known_until",
"source", "verified"}]}`; `value` is a number as text in the parameter's unit, or a scale's bands.
"""

from __future__ import annotations

from collections.abc import Mapping

from exigible.domain.law import shipped_law
from exigible.domain.law.entered import Entered, Layered, fact_from, layered
from exigible.domain.refusals import WrongInput
from exigible.intake.json_fields import Fields, shown, wrong

KIND = "exigible_law"
MOST_VALUES = 10_000


def read_law_values(document: object) -> tuple[Entered, ...]:
    """Return the values of a file; raise WrongInput naming the first wrong field."""
    fields = Fields(document, "")
    if fields.text("kind") != KIND:
        raise wrong(
            "kind",
            "ce fichier n’est pas un export de « exigible law export » (kind : exigible_law)",
        )
    values = fields.raw("values")
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        raise wrong("values", f"une liste de valeurs est attendue, pas {shown(values)}")
    entries: dict[tuple[str, object], Entered] = {}
    for number, value in enumerate(values):
        entry = _entry(value, f"values[{number}]")
        key = (entry.parameter, entry.start)
        if key in entries:
            raise wrong(f"values[{number}].from", "ce paramètre a déjà une valeur pour ce jour")
        entries[key] = entry
    return tuple(entries.values())


def law_with(document: object) -> Layered:
    """Return the shipped law with the values of a file, and those that it leaves out, with why."""
    return layered(shipped_law(), read_law_values(document))


def _entry(value: object, path: str) -> Entered:
    fields = Fields(value, path)
    parameter = fields.text("parameter")
    dated = shipped_law().find(parameter)
    if dated is None:
        raise wrong(fields.at("parameter"), f"« {parameter[:80]} » n’est pas un paramètre connu")
    source = fields.text("source").strip()
    if not source:
        raise wrong(fields.at("source"), "le texte d’où vient la valeur manque")
    raw = fields.raw("value")
    if isinstance(raw, Mapping):
        raw = dict(raw)
    start, verified = fields.day("from"), fields.flag("verified")
    try:
        fact = fact_from(dated, raw, start=start, source=source, verified=verified)
    except WrongInput as refusal:
        raise wrong(fields.at("value"), refusal.message) from None
    until = fields.day("known_until") if fields.has("known_until") else None
    return Entered(parameter=parameter, fact=fact, known_until=until)
