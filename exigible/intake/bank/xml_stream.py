"""One hardened way through a bank's XML message: elements as they end, in bounded memory and time.

Expat is driven directly: it refuses a document type as soon as it meets one, so that no entity is
ever declared, it streams, and building only these small nodes is three times faster than a general
tree of which a reader would read every part from Python. Depth, attributes, text and what a file piles
up between two elements that its reader releases are bounded here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from xml.parsers import expat

from exigible.intake.ledger_text import CHUNK, Opener, unreadable

MAX_DEPTH = 64  # the messages go to twenty
MAX_TEXT = 1 << 16
MAX_ATTRIBUTES = 20
MAX_NAMES = 10_000  # names of elements remembered without their namespace
MAX_HELD = 1_000_000  # elements since the reader last released some

_Start = Callable[[str, dict[str, str]], None]
_End = Callable[[str], None]
_Characters = Callable[[str], None]


class Node:
    """An element: its name without namespace, its text, its children in order."""

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, line: int, attributes: dict[str, str]) -> None:
        self.name = name
        self.line = line  # in the file; 0 for an element nobody waits for
        self.attributes = attributes
        self.text = ""
        self.children: Sequence[Node] = ()  # a list once there is one: most elements have none

    def at(self, *path: str) -> Node | None:
        """Return the first element at the end of a path of names, None where a step is missing."""
        node: Node = self
        for name in path:
            for child in node.children:
                if child.name == name:
                    node = child
                    break
            else:
                return None
        return node

    def said(self, *path: str) -> str:
        """Return the text at the end of a path of names, "" where a step is missing."""
        node = self.at(*path)
        return node.text.strip() if node is not None else ""

    def named(self) -> dict[str, Node]:
        """Return the first child of each name."""
        found: dict[str, Node] = {}
        for child in self.children:
            if child.name not in found:
                found[child.name] = child
        return found


NOTHING = Node("", 0, {})  # stands for an element that is not there


class XmlStream:
    """A message being read. `on_start` and `on_end` are called for the elements of some names.

    `on_end` returns True to release the element: it then leaves its parent. What they raise ends the
    reading. `above` is the path of elements around the one at hand, the root first.
    """

    def __init__(
        self,
        opened: Opener,
        names: frozenset[str],
        *,
        on_start: Callable[[Node], None],
        on_end: Callable[[Node], bool],
        on_bytes: Callable[[int], None] | None = None,
    ) -> None:
        self.encoding = "utf-8"
        self.above: list[Node] = []
        self._opened = opened
        self._names = names
        self._on_start = on_start
        self._on_end = on_end
        self._on_bytes = on_bytes
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        start, end, characters = self._handlers(parser)
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = characters

    def read(self) -> Iterator[None]:
        """Feed the file, pausing after each piece; raise Unreadable where the XML is not sound."""
        fed = 0
        try:
            with self._opened() as stream:
                while chunk := stream.read(CHUNK):
                    fed += len(chunk)
                    self._parser.Parse(chunk, False)
                    if self._on_bytes is not None:
                        self._on_bytes(fed)
                    yield
            if not fed:
                raise unreadable("empty_file", "Ce fichier est vide.")
            self._parser.Parse(b"", True)
            yield
        except (expat.ExpatError, LookupError, UnicodeError, ValueError) as error:
            line = self._parser.CurrentLineNumber
            raise unreadable(
                "damaged_xml",
                f"Ce fichier XML est abîmé ou incomplet (ligne {line}) : demandez-le de nouveau à la "
                "banque.",
                line=line,
            ) from error

    # ---- handlers

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding:
            self.encoding = encoding.lower()

    def _doctype(self, *declared: object) -> None:
        raise unreadable(
            "unsafe_xml",
            "Ce fichier déclare un type de document XML (DOCTYPE) : aucune banque n’en écrit. Il est "
            "refusé sans être lu.",
            line=self._parser.CurrentLineNumber,
        )

    def _handlers(self, parser: expat.XMLParserType) -> tuple[_Start, _End, _Characters]:
        """Return the three that run for every element: closures, for a third of the time."""
        names, above = self._names, self.above
        on_start, on_end, too_large = self._on_start, self._on_end, self._too_large
        locals_: dict[str, str] = {}
        held = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal held
            local = locals_.get(name)
            if local is None:
                local = name.rpartition(" ")[2]
                if len(locals_) < MAX_NAMES:
                    locals_[name] = local
            held += 1
            if held > MAX_HELD or (attributes and len(attributes) > MAX_ATTRIBUTES):
                raise too_large()
            wanted = local in names
            node = Node(local, parser.CurrentLineNumber if wanted else 0, attributes)
            if above:
                parent = above[-1]
                if parent.children:
                    parent.children.append(node)  # type: ignore[attr-defined]
                else:
                    if len(above) >= MAX_DEPTH:
                        raise too_large()
                    parent.children = [node]
            above.append(node)
            if wanted:
                on_start(node)

        def end(name: str) -> None:
            nonlocal held
            node = above.pop()
            if node.name in names and on_end(node) and above:
                held = 0
                above[-1].children.pop()  # type: ignore[attr-defined]

        def characters(text: str) -> None:
            node = above[-1]
            if node.text:
                if len(node.text) + len(text) > MAX_TEXT:
                    raise too_large()
                node.text += text
            elif not text.isspace():
                node.text = text

        return start, end, characters

    def _too_large(self) -> Exception:
        return unreadable(
            "too_large",
            "Ce fichier n’a pas la forme d’un message bancaire : trop d’éléments les uns dans les "
            "autres, ou un texte sans fin. Il est refusé.",
            line=self._parser.CurrentLineNumber,
        )
