"""Reading an answer that may hold anything where a text, a day or a list is expected."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from exigible.domain.identity.company import Address
from exigible.domain.identity.numbers import is_siren, is_siret
from exigible.domain.text_keys import name_key
from exigible.intake.problems import Problem, Unreadable

LONGEST = 300
HIDDEN = "[ND]"  # what Sirene writes in place of what is not published


def parsed(answer: bytes) -> dict[str, Any]:
    """Return the object that an answer is; raise Unreadable otherwise."""
    try:
        read = json.loads(answer)
    except (ValueError, RecursionError):
        raise _unreadable("La réponse du registre n’est pas lisible.") from None
    if not isinstance(read, dict):
        raise _unreadable("La réponse du registre n’a pas la forme attendue.")
    return read


def text(row: Any, *names: str) -> str:
    """Return the text of the first of these members that has one."""
    if not isinstance(row, dict):
        return ""
    for name in names:
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip() and value.strip() != HIDDEN:
            clean = "".join(one if one.isprintable() else " " for one in value)
            return " ".join(clean.split())[:LONGEST]
    return ""


def part(row: Any, *path: str) -> dict[str, Any]:
    """Return the object at a path, empty where there is none."""
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row if isinstance(row, dict) else {}


def rows(row: Any, *path: str) -> list[dict[str, Any]]:
    """Return the objects of a list at a path."""
    found = part(row, *path[:-1]).get(path[-1])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def day(row: Any, *names: str) -> date | None:
    """Return the day of the first of these members that is one (a moment gives its day)."""
    for name in names:
        try:
            found = date.fromisoformat(text(row, name)[:10])
        except ValueError:
            continue
        if found.year > 1:
            return found
    return None


def siren_of(row: Any, asked: str) -> str:
    """Return the SIREN of an answer; raise Unreadable where it is another's than was asked for."""
    number = text(row, "siren")
    if not is_siren(number) or number != asked:
        raise _unreadable("Le registre a répondu pour une autre entreprise.")
    return number


def siret_of(row: Any, *names: str) -> str:
    number = text(row, *names)
    return number if is_siret(number) else ""


def _unreadable(message: str) -> Unreadable:
    return Unreadable(Problem(code="unreadable_answer", message=message))


def address(street: str, extra: str, postcode: str, city: str, country: str = "FR") -> Address:
    """Return an address whose street comes first, the rest of it after."""
    lines = [line for line in (street, extra) if line and name_key(line) != name_key(city)]
    return Address(
        line1=lines[0] if lines else "",
        line2=lines[1] if len(lines) > 1 else "",
        postcode=postcode[:12],
        city=city,
        country=country,
    )
