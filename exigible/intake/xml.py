"""XML that comes from outside, read by one hardened parser.

Before lxml sees a byte, expat walks the prolog alone: a DOCTYPE is refused where it starts, so that no
entity is ever declared, let alone resolved. Sizes are bounded before anything is built: bytes, marks
(a bound on elements), attributes. lxml then parses without network, entities nor huge trees (its own
limits hold: 256 levels deep, texts of 10 MB). Encodings are those that both parsers read alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

from exigible.intake.problems import Problem, Unreadable

MAX_BYTES = 64 * 1024 * 1024
MAX_MARKS = 2_000_000  # « < »: elements opened and closed, comments
MAX_ATTRIBUTES = 1_000_000
LONGEST_NAME = 200
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf8": "UTF-8",
    "us-ascii": "ASCII",
    "ascii": "ASCII",
    "iso-8859-1": "ISO-8859-1",
    "iso-8859-15": "ISO-8859-15",
    "windows-1252": "Windows-1252",
    "utf-16": "UTF-16",
}

_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}?\?>")
_DECLARED = re.compile(
    rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']"""
)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: its root as written, and the encoding it was read in."""

    root: etree._Element
    encoding: str


@dataclass(frozen=True, slots=True)
class RootName:
    """The name of a root element, its namespace apart."""

    namespace: str
    local: str


def looks_like_xml(head: bytes) -> bool:
    """Say whether a file may be XML, from its first bytes."""
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bare.startswith(b"<") or head.startswith(_UTF16)


def root_name(head: bytes) -> RootName | None:
    """Return the name of the root element of a document, from its first bytes.

    None where they are no XML, or do not reach the root. Raise Unreadable for a DOCTYPE.
    """
    try:
        return _walk_prolog(head)
    except (expat.ExpatError, LookupError):  # no XML, or in an encoding that nobody knows
        return None


def read_xml(content: bytes, *, max_bytes: int = MAX_BYTES, max_marks: int = MAX_MARKS) -> Document:
    """Parse a document; raise Unreadable, saying why and where, for what is not sound XML."""
    if not content.strip():
        raise _refusal("empty_file", "Ce fichier est vide.")
    if len(content) > max_bytes:
        raise _refusal(
            "xml_too_large",
            f"Ce XML fait plus de {max_bytes // 1024 // 1024} Mo ; aucune facture ni aucun message "
            "n’atteint cette taille.",
        )
    encoding = _encoding(content)
    if encoding == "UTF-16":
        content = _as_utf8(content)
    if (
        content.count(b"<") > max_marks
        or content.count(b'="') + content.count(b"='") > MAX_ATTRIBUTES
    ):
        raise _refusal("xml_too_large", "Ce XML a trop d’éléments ou d’attributs pour être lu.")
    try:
        name = _walk_prolog(content)
    except expat.ExpatError as error:
        raise _unsound(content, encoding, error.lineno, expat.ErrorString(error.code)) from None
    except LookupError:
        raise _encoding_refused("inconnu") from None
    if name is None:
        raise _refusal("xml", "Ce fichier n’a aucun élément XML.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise _unsound(content, encoding, error.lineno, error.msg or "") from None
    except LookupError:
        raise _encoding_refused("inconnu") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _doctype()
    return Document(root, encoding)


def without_namespaces(root: etree._Element) -> None:
    """Leave the local names only, in place, once the root's own namespace was looked at."""
    locals_: dict[str, str] = {}
    for element in root.iter(etree.Element):
        tag: str = element.tag  # type: ignore[assignment]
        if tag[0] == "{":
            local = locals_.get(tag)
            if local is None:
                local = locals_[tag] = tag.rpartition("}")[2]
            element.tag = local


class _Reached(Exception):
    """The root element was reached."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def _walk_prolog(content: bytes) -> RootName | None:
    """Return the root's name, having seen that nothing but comments stands before it."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = False

    def start(name: str, attributes: dict[str, str]) -> None:
        raise _Reached(name)

    def doctype(*declared: object) -> None:
        raise _doctype()

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)  # stops at the root: what follows is not looked at
    except _Reached as reached:
        namespace, _, local = reached.name.rpartition("}")
        if len(reached.name) > LONGEST_NAME:
            return None
        return RootName(namespace, local)
    return None


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise _encoding_refused("UTF-32")
    if content.startswith(_UTF16):
        return "UTF-16"
    found = _DECLARED.match(content[:400])
    declared = found[1].decode("ascii") if found else "utf-8"
    known = ENCODINGS.get(declared.lower())
    if known is None or known == "UTF-16":
        raise _encoding_refused(declared)
    if content.startswith(b"\xef\xbb\xbf") and known != "UTF-8":
        raise _refusal(
            "encoding",
            f"Ce XML se dit en {declared} et commence par la marque de l’UTF-8. Faites-le produire à "
            "nouveau.",
        )
    return known


def _as_utf8(content: bytes) -> bytes:
    """Write a UTF-16 document again in UTF-8, without its declaration: one form is read."""
    order = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    order = order or ("utf-16-le" if content[:1] == b"<" else "utf-16-be")
    try:
        text = content.decode(order)
    except UnicodeDecodeError:
        raise _lying("UTF-16") from None
    return _DECLARATION.sub("", text, count=1).encode()


def _lying(encoding: str) -> Unreadable:
    return _refusal(
        "encoding",
        f"Ce XML se dit en {encoding} et contient des octets qui n’en sont pas. Faites-le produire à "
        "nouveau.",
    )


def _encoding_refused(declared: str) -> Unreadable:
    return _refusal(
        "encoding",
        f"Ce XML se dit en « {declared[:40]} », un encodage qui n’est pas pris. Faites-le produire en "
        "UTF-8.",
    )


def _doctype() -> Unreadable:
    return _refusal(
        "doctype",
        "Ce XML déclare un DOCTYPE. Une facture ou un relevé n’en a jamais besoin, et il permet des "
        "attaques : le fichier est refusé avant lecture.",
    )


def _unsound(content: bytes, encoding: str, line: int | None, reason: str) -> Unreadable:
    try:
        content.decode("utf-8" if encoding == "UTF-16" else encoding)
    except UnicodeDecodeError:
        return _lying(encoding)
    where = f" à la ligne {line}" if line else ""
    return _refusal(
        "xml",
        f"Ce XML est mal formé{where} : il est coupé ou abîmé. Demandez-le à nouveau à l’émetteur.",
        line=line,
        excerpt=reason,
    )


def _refusal(code: str, message: str, *, line: int | None = None, excerpt: str = "") -> Unreadable:
    return Unreadable(Problem(code=code, message=message, line=line, excerpt=excerpt[:200]))
