"""Fields of an XML invoice: texts, amounts, days, each read exactly or told as a problem at its line."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from lxml import etree

from exigible.intake.einvoice.model import Identifier
from exigible.intake.problems import Problems

LONGEST_TEXT = 20_000
FIRST_YEAR, LAST_YEAR = 1950, 2199

_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2}|T[0-9:.]{5,18}Z?)?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4}|[0-9]{6})?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Reader:
    """Reads the fields below elements, and collects what is wrong with them."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.at: dict[str, int] = {}

    def text(self, element: etree._Element | None, path: str, *, as_: str = "") -> str:
        """Return the text of a field, "" where it is absent; `as_` notes where it stands."""
        found = None if element is None else child(element, path)
        if found is None:
            return ""
        if as_:
            self.at[as_] = found.sourceline or 0
        return text_of(found)

    def identifier(self, element: etree._Element | None, path: str) -> Identifier | None:
        found = None if element is None else child(element, path)
        return None if found is None else identifier_of(found)

    def amount(self, element: etree._Element | None, path: str, *, as_: str = "") -> Decimal | None:
        """Return a decimal; None where it is absent, or is none, which is a problem."""
        found = None if element is None else child(element, path)
        return None if found is None else self.amount_of(found, as_=as_)

    def amount_of(self, found: etree._Element, *, as_: str = "") -> Decimal | None:
        if as_:
            self.at[as_] = found.sourceline or 0
        text = text_of(found)
        if _DECIMAL.fullmatch(text):
            return Decimal(text)
        self.problems.add(
            "wrong_amount",
            f"Ligne {found.sourceline} : « {text[:40]} » n’est pas un nombre ({found.tag}).",
            line=found.sourceline,
            field=str(found.tag),
            blocking=False,
        )
        return None

    def day(self, element: etree._Element | None, path: str, *, as_: str = "") -> date | None:
        """Return a day written AAAA-MM-JJ or AAAAMMJJ; None where it is absent or is none."""
        found = None if element is None else child(element, path)
        if found is None or not (text := text_of(found)):
            return None
        if as_:
            self.at[as_] = found.sourceline or 0
        read = read_day(text)
        if read is None:
            self.problems.add(
                "wrong_date",
                f"Ligne {found.sourceline} : « {text[:40]} » n’est pas une date qui existe "
                f"({found.getparent().tag if found.getparent() is not None else found.tag}).",
                line=found.sourceline,
                field=str(found.tag),
                blocking=False,
            )
        return read


def child(element: etree._Element, path: str) -> etree._Element | None:
    """Return the first element at a path; a single name, nearly every field, costs a tenth of `find`."""
    if "/" in path:
        return element.find(path)
    return next(element.iterchildren(path), None)


def identifier_of(element: etree._Element) -> Identifier | None:
    """Return an identifier with its scheme; None for an empty element."""
    value, scheme = text_of(element), (element.get("schemeID") or "").strip()
    return Identifier(value, scheme) if value or scheme else None


def text_of(element: etree._Element) -> str:
    """Return the text of an element, trimmed, without control characters, bounded."""
    text = element.text
    if not text:
        return ""
    if not text.isprintable():
        text = _CONTROLS.sub("", text)
    return text.strip()[:LONGEST_TEXT]


def read_day(text: str) -> date | None:
    """Return a day, its time left aside; None for what is no day between 1950 and 2199."""
    found = _DAY.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
