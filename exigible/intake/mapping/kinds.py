"""What a table may bring: the kinds of `kinds.yaml`, their fields, the headings software gives them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml

from exigible.domain.text_keys import ref_key


class TargetKind(StrEnum):
    """What a table brings; the values are those of `--as` and of the database."""

    CUSTOMERS = "customers"
    CONTACTS = "contacts"
    OPEN_ITEMS = "open_items"
    PAYMENTS = "payments"
    CREDIT_LIMITS = "credit_limits"
    GUARANTEES = "guarantees"
    DISPUTES = "disputes"
    BANK_STATEMENT = "bank_csv"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a column may say; `type` is how its values look (see `values`)."""

    name: str
    label: str
    type: str
    telling: int  # what finding its heading adds to its kind
    headings: frozenset[str]  # normalised; they say exactly this
    also: frozenset[str]  # they say it where nothing says it better


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of table: its fields in the order people read them, and what it cannot do without."""

    key: TargetKind
    label: str
    file_words: frozenset[str]
    never: frozenset[str]  # headings that no such table has
    needs: tuple[tuple[str, ...], ...]  # one name of each entry must be found
    fields: dict[str, Field]

    def missing(self, found: frozenset[str] | set[str]) -> list[tuple[str, ...]]:
        """Return the needs that these fields do not meet."""
        return [names for names in self.needs if found.isdisjoint(names)]

    def missing_words(self, found: frozenset[str] | set[str]) -> str:
        """« le code client ou le nom, l’échéance »: what is missing, for people."""
        return ", ".join(
            " ou ".join(self.fields[name].label for name in names) for names in self.missing(found)
        )


@cache
def kinds() -> dict[TargetKind, Kind]:
    """Return every kind, read once."""
    text = files(__package__).joinpath("kinds.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return {
        TargetKind(key): Kind(
            key=TargetKind(key),
            label=said["label"],
            file_words=frozenset(ref_key(str(word)) for word in said["files"]),
            never=frozenset(ref_key(word) for word in said.get("never", [])),
            needs=tuple(tuple(names) for names in said["needs"]),
            fields={
                name: _field(
                    name, {**raw[one["same"]]["fields"][name], **one} if "same" in one else one
                )
                for name, one in said["fields"].items()
            },
        )
        for key, said in raw.items()
    }


def _field(name: str, said: dict[str, object]) -> Field:
    left_out = said.get("not", [])
    assert isinstance(left_out, list)

    def words(key: str) -> frozenset[str]:
        listed = said.get(key, [])
        assert isinstance(listed, list)
        # « N° » loses its sign, « Nº » becomes « no »: both are looked for.
        return frozenset(ref_key(str(word)) for word in listed if word not in left_out)

    return Field(
        name=name,
        label=str(said["label"]),
        type=str(said.get("type", "text")),
        telling=int(str(said.get("telling", 0))),
        headings=words("headings"),
        also=words("also"),
    )
