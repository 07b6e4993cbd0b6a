"""Reading fields of JSON objects that come from outside: each wrong one is named by its path.

A path reads like `claims[0].principal`. Amounts are strings in euros with at most two decimals,
dates ISO, percentages strings; JSON numbers are accepted where they are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from exigible.domain.refusals import WrongInput

MAX_CENTS = 10**13  # a hundred billion euros: beyond it, a typing mistake
_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,2})?", re.ASCII)
_PERCENT = re.compile(r"\d{1,4}(\.\d{1,4})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
FIRST_DAY = date(1950, 1, 1)
LAST_DAY = date(2199, 12, 31)


class Fields:
    """One JSON object, read field by field; `done` refuses the fields nobody knows."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise wrong(path or "(racine)", f"un objet est attendu, pas {shown(value)}")
        self.value: Mapping[str, Any] = value
        self.path = path
        self._read: set[str] = set()
        self._inside: list[Fields] = []  # the objects read from this one

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        self._read.add(name)
        return self.value.get(name) is not None

    def raw(self, name: str, *, required: bool = True) -> Any:
        self._read.add(name)
        value = self.value.get(name)
        if value is None and required:
            raise wrong(self.at(name), "ce champ manque")
        return value

    def text(self, name: str, default: str = "") -> str:
        value = self.raw(name, required=False)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > 2000 or "\x00" in value:
            raise wrong(self.at(name), f"un texte est attendu, pas {shown(value)}")
        return value

    def choice[E: StrEnum](self, name: str, kinds: type[E], default: E | None = None) -> E:
        value = self.raw(name, required=default is None)
        if value is None:
            assert default is not None
            return default
        try:
            return kinds(value)
        except ValueError:
            known = ", ".join(kind.value for kind in kinds)
            raise wrong(
                self.at(name), f"{shown(value)} n’est pas connu ; valeurs possibles : {known}"
            ) from None

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.raw(name, required=False)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise wrong(self.at(name), f"true ou false est attendu, pas {shown(value)}")
        return value

    def cents(self, name: str, *, positive: bool = True) -> int:
        value = self.raw(name)
        text = value if isinstance(value, str) else repr(value) if _exact(value) else ""
        if not _AMOUNT.fullmatch(text):
            raise wrong(
                self.at(name), f'un montant comme "1234.56" est attendu, pas {shown(value)}'
            )
        cents = int(Decimal(text) * 100)
        if positive and cents <= 0:
            raise wrong(self.at(name), f"le montant doit être supérieur à zéro, pas {shown(value)}")
        if abs(cents) > MAX_CENTS:
            raise wrong(self.at(name), f"{shown(value)} dépasse cent milliards d’euros")
        return cents

    def percent(self, name: str, *, limit: int = 1000) -> int:
        """Return a percentage (or a multiple) in 1/10,000."""
        value = self.raw(name)
        text = value if isinstance(value, str) else repr(value) if _exact(value) else ""
        if not _PERCENT.fullmatch(text) or Decimal(text) > limit:
            raise wrong(
                self.at(name),
                f'un nombre positif comme "12.40", {limit} au plus, est attendu, '
                f"pas {shown(value)}",
            )
        return int(Decimal(text) * 10_000)

    def whole(self, name: str, *, least: int, most: int) -> int:
        """Return a whole number between two bounds, both accepted."""
        value = self.raw(name)
        if not _exact(value) or not least <= value <= most:
            problem = f"un nombre entier de {least} à {most} est attendu, pas {shown(value)}"
            raise wrong(self.at(name), problem)
        return int(value)

    def day(self, name: str) -> date:
        day = self.optional_day(name)
        if day is None:
            raise wrong(self.at(name), "cette date manque")
        return day

    def optional_day(self, name: str) -> date | None:
        value = self.raw(name, required=False)
        return None if value is None else read_day(value, self.at(name))

    def objects(self, name: str, *, required: bool = False) -> list[Fields]:
        value = self.raw(name, required=required)
        if value is None:
            return []
        if not isinstance(value, list):
            raise wrong(self.at(name), f"une liste est attendue, pas {shown(value)}")
        items = [Fields(item, f"{self.at(name)}[{i}]") for i, item in enumerate(value)]
        self._inside += items
        return items

    def object(self, name: str, *, required: bool = True) -> Fields:
        """Return the object of a field; one without fields where it may be, and is, left out."""
        value = self.raw(name, required=required)
        inside = Fields({} if value is None else value, self.at(name))
        self._inside.append(inside)
        return inside

    def unread(self, ignored: Iterable[str] = ()) -> list[str]:
        """Return the paths of the fields that nobody read, here and in the objects read from here."""
        known = self._read.union(ignored)
        paths = [self.at(str(name)) for name in self.value if name not in known]
        for inside in self._inside:
            paths += inside.unread(ignored)
        return paths

    def done(self, ignored: Iterable[str] = ()) -> None:
        """Refuse a field that is not in the contract: a misspelt one would be silently lost."""
        unknown = [name for name in self.value if name not in self._read and name not in ignored]
        if unknown:
            raise wrong(self.at(str(unknown[0])), "ce champ n’existe pas ici ; vérifiez son nom")


def read_day(value: object, path: str) -> date:
    """Read an ISO date between 1950 and 2199."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise wrong(path, f'une date comme "2026-11-22" est attendue, pas {shown(value)}')
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise wrong(path, f"{shown(value)} n’existe pas dans le calendrier") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise wrong(path, f"{shown(value)} est hors de la période traitée (1950 à 2199)")
    return day


def wrong(path: str, problem: str) -> WrongInput:
    """Return the refusal of a field: where it is, what is wrong with it."""
    return WrongInput("wrong_input", f"{path} : {problem}.", field=path)


def shown(value: object) -> str:
    """Return a value as it can be shown in a message, cut short."""
    text = repr(value) if not isinstance(value, str) else f"« {value} »"
    return text if len(text) <= 60 else text[:57] + "…"


def _exact(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
