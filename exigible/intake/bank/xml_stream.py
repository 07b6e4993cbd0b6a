"""One hardened way through an XML message: elements as they end, in bounded memory.

The prolog is read first by a parser that stops at the root: a document type refuses the file before
anything is parsed, so that no entity is ever declared. The rest is fed by pieces to lxml with
entities, network and DTDs off; libxml2 bounds depth (256) and the length of a text. What a file
piles up between two elements that its reader releases is bounded too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO
from xml.parsers import expat

from lxml import etree

from exigible.intake.ledger_text import CHUNK, Opener, unreadable

MAX_PROLOG = 1 << 16
MAX_HELD = 32 * 1024 * 1024  # bytes fed since the reader last released an element

Event = tuple[str, etree._Element]


class _Begun(Exception):
    """The root element is reached."""


def look_at_prolog(opened: Opener) -> str:
    """Return the encoding an XML file declares; raise Unreadable for a document type or no XML."""
    declared = ["utf-8"]
    parser = expat.ParserCreate()

    def declaration(version: str, encoding: str | None, standalone: int) -> None:
        if encoding:
            declared[0] = encoding.lower()

    def doctype(*parts: object) -> None:
        raise unreadable(
            "unsafe_xml",
            "Ce fichier déclare un type de document XML (DOCTYPE) : aucune banque n’en écrit. Il est "
            "refusé sans être lu.",
            line=parser.CurrentLineNumber,
        )

    def start(name: str, attributes: dict[str, str]) -> None:
        raise _Begun

    parser.XmlDeclHandler = declaration
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    with opened() as stream:
        head = stream.read(MAX_PROLOG)
    if not head:
        raise unreadable("empty_file", "Ce fichier est vide.")
    try:
        parser.Parse(head, False)
    except _Begun:
        return declared[0]
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise _damaged(parser.CurrentLineNumber) from error
    raise _damaged(1)


class XmlStream:
    """The elements of some names, as (event, element) pairs; the reader releases those it has read."""

    def __init__(
        self, opened: Opener, names: Sequence[str], on_bytes: Callable[[int], None] | None = None
    ) -> None:
        self.encoding = look_at_prolog(opened)
        self._opened = opened
        self._names = [f"{{*}}{name}" for name in names]
        self._on_bytes = on_bytes
        self._held = 0

    def events(self) -> Iterator[Event]:
        """Yield ("start" or "end", element); raise Unreadable where the XML is not sound."""
        parser = etree.XMLPullParser(
            events=("start", "end"),
            tag=self._names,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        fed = 0
        try:
            with self._opened() as stream:
                while chunk := self._read(stream):
                    fed += len(chunk)
                    self._held += len(chunk)
                    parser.feed(chunk)
                    yield from parser.read_events()
                    if self._held > MAX_HELD:
                        raise unreadable(
                            "too_large",
                            "Ce fichier contient un bloc de plus de 32 Mo qui n’est pas une suite "
                            "d’opérations : il est refusé.",
                        )
                    if self._on_bytes is not None:
                        self._on_bytes(fed)
            parser.close()
            yield from parser.read_events()
        except etree.XMLSyntaxError as error:
            raise _damaged(error.lineno) from error

    def release(self, element: etree._Element) -> None:
        """Forget an element that was read, and those of its name just before it."""
        self._held = 0
        element.clear()
        parent = element.getparent()
        before = element.getprevious()
        while parent is not None and before is not None and before.tag == element.tag:
            parent.remove(before)
            before = element.getprevious()

    @staticmethod
    def _read(stream: BinaryIO) -> bytes:
        return stream.read(CHUNK)


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: etree._Element | None) -> dict[str, etree._Element]:
    """Return the first child of each name, by name."""
    found: dict[str, etree._Element] = {}
    if element is not None:
        for child in element:
            found.setdefault(child.tag.rpartition("}")[2], child)
    return found


def text_at(element: etree._Element | None, *path: str) -> str:
    """Return the text at the end of a path of names, "" where a step is missing."""
    for name in path:
        if element is None:
            return ""
        element = next((c for c in element if c.tag.rpartition("}")[2] == name), None)
    return ((element.text or "") if element is not None else "").strip()


def element_at(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the element at the end of a path of names, None where a step is missing."""
    for name in path:
        if element is None:
            return None
        element = next((c for c in element if c.tag.rpartition("}")[2] == name), None)
    return element


def _damaged(line: int | None) -> Exception:
    return unreadable(
        "damaged_xml",
        f"Ce fichier XML est abîmé ou incomplet (ligne {line or 1}) : demandez-le de nouveau à la "
        "banque.",
        line=line or 1,
    )
