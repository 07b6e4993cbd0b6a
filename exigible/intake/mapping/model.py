"""A mapping: which column says what, and the habits of the file. Data, kept and sent as JSON."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from typing import Any

from exigible.domain.refusals import WrongInput
from exigible.domain.text_keys import ref_key
from exigible.intake.mapping.kinds import Kind, TargetKind, kinds
from exigible.intake.mapping.values import DayOrder

VERSION = 1
NO_HEADINGS = "sans-titres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How one source's tables are read; `columns` gives the heading of each field.

    A heading is normalised (`heading_keys`): accents, case and punctuation do not matter, nor does the
    order of columns. Without headings, columns are « a », « b »…
    """

    kind: TargetKind
    columns: Map[str, str]
    constants: Map[str, str] = field(default_factory=dict)  # a field said of every line
    sheet: str = ""  # "" for the first that has the headings
    has_headings: bool = True
    day_order: DayOrder = DayOrder.DAY_FIRST
    decimal: str = ","
    fill_down: tuple[str, ...] = ()  # fields said once for the lines below

    @property
    def definition(self) -> Kind:
        return kinds()[self.kind]

    @property
    def found(self) -> frozenset[str]:
        return frozenset(self.columns) | frozenset(self.constants)

    @property
    def is_complete(self) -> bool:
        return not self.definition.missing(self.found)

    def with_columns(self, columns: Map[str, str]) -> Mapping:
        return replace(self, columns=dict(columns))

    def as_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "kind": str(self.kind),
            "columns": dict(self.columns),
            "constants": dict(self.constants),
            "sheet": self.sheet,
            "has_headings": self.has_headings,
            "day_order": str(self.day_order),
            "decimal": self.decimal,
            "fill_down": list(self.fill_down),
        }

    @classmethod
    def from_json(cls, said: object) -> Mapping:
        """Return the mapping that a JSON object says; raise WrongInput, naming what it says wrongly."""
        if not isinstance(said, dict):
            raise _wrong("un objet JSON est attendu")
        if said.get("version", VERSION) != VERSION:
            raise _wrong(f"version {said.get('version')!r}, la version connue est {VERSION}")
        try:
            kind = TargetKind(said.get("kind"))
        except ValueError:
            raise _wrong(f"« kind » est l’un de : {', '.join(TargetKind)}") from None
        known = kinds()[kind].fields
        columns, constants = _texts(said, "columns"), _texts(said, "constants")
        for name in (*columns, *constants):
            if name not in known:
                raise _wrong(f"« {name[:40]} » n’est pas un champ de {kind} : {', '.join(known)}")
        decimal = said.get("decimal", ",")
        if decimal not in (",", "."):
            raise _wrong("« decimal » est « , » ou « . »")
        try:
            order = DayOrder(said.get("day_order", "dmy"))
        except ValueError:
            raise _wrong("« day_order » est dmy, mdy ou ymd") from None
        fill_down = said.get("fill_down", [])
        if not isinstance(fill_down, list) or not set(map(str, fill_down)) <= set(known):
            raise _wrong("« fill_down » est une liste de champs")
        headed = bool(said.get("has_headings", True))
        return cls(
            kind=kind,
            columns={
                name: _key(heading) if headed else ref_key(heading)
                for name, heading in columns.items()
            },
            constants=constants,
            sheet=str(said.get("sheet", ""))[:200],
            has_headings=headed,
            day_order=order,
            decimal=decimal,
            fill_down=tuple(map(str, fill_down)),
        )


def heading_keys(cells: Sequence[str]) -> list[str]:
    """Return the normalised heading of each column, "" where it has none; repeated ones are told apart.

    The second « Montant » is « montant#2 ».
    """
    seen: Counter[str] = Counter()
    keys = []
    for cell in cells:
        key = ref_key(cell)
        if key:
            seen[key] += 1
        keys.append(f"{key}#{seen[key]}" if seen[key] > 1 else key)
    return keys


def letter_keys(width: int) -> list[str]:
    """Return a, b, … z, aa, ab…: the columns of a table without headings."""
    keys = []
    for place in range(width):
        letters, rest = "", place + 1
        while rest:
            rest, letter = divmod(rest - 1, 26)
            letters = chr(97 + letter) + letters
        keys.append(letters)
    return keys


def fingerprint(keys: Iterable[str], *, has_headings: bool) -> str:
    """Return what the same export always has: a hash of its headings, whatever their order."""
    named = sorted(key for key in keys if key)
    text = "\n".join(named) if has_headings else f"{NO_HEADINGS}:{len(named)}"
    return hashlib.sha256(text.encode()).hexdigest()


def _key(heading: str) -> str:
    name, mark, times = heading.rpartition("#")
    return f"{ref_key(name)}#{times}" if mark and times.isdigit() else ref_key(heading)


def _texts(said: dict[str, Any], name: str) -> dict[str, str]:
    given = said.get(name, {})
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise _wrong(f"« {name} » est un objet de textes")
    return {str(key): value[:200] for key, value in given.items() if value}


def _wrong(reason: str) -> WrongInput:
    return WrongInput(
        "mapping", f"La correspondance n’est pas lisible : {reason}.", field="mapping"
    )
