"""Typst: data in, PDF/A out.

The templates beside this module are the only Typst source: what users and debtors wrote reaches
them as JSON and is printed as text, never read as markup. Fonts are the ones shipped with the
product, so that a document looks the same on every machine; the template folder is the only one
that Typst may read.

PDFs follow PDF/A-2a and PDF/UA-1: archivable, tagged, in French, with a title.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path

import typst

from exigible.domain.refusals import Refused

TEMPLATES = Path(__file__).parent / "templates"
STANDARDS = ["a-2a", "ua-1"]
MEDIA_TYPE = "application/pdf"
_PAGES = re.compile(rb"<xmpTPg:NPages>(\d+)</xmpTPg:NPages>")
# C0 and C1 controls but the line feed, zero-width and bidirectional marks, lone surrogates.
_CONTROLS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
# Latin, Greek, Cyrillic, and the punctuation French uses: what Source Sans 3 surely holds.
_IN_FONT = re.compile(
    "[\u00a0-\u017f\u0386-\u03ce\u0400-\u045f\u2010-\u2015\u2018-\u201e\u2026\u202f\u20ac\u2116\u2212]"
)
_local = threading.local()


class TypesettingFailed(Refused):
    """Typst could not set a document; the message says what it complained of."""


def typeset(template: str, data: Mapping[str, object], *, at: datetime | None = None) -> bytes:
    """Return the PDF of `templates/<template>.typ` fed with `data` (anything JSON can hold).

    `at` dates the file: the same template, data and moment give the same bytes.
    """
    at = at or datetime(2000, 1, 1, tzinfo=UTC)
    printable = _mapped(data, _without_controls)
    try:
        return _compile(template, printable, at)
    except typst.TypstError as error:
        if "could not be displayed" in error.message:  # PDF/A refuses a character without a glyph
            with contextlib.suppress(typst.TypstError):
                return _compile(template, _mapped(printable, _in_latin), at)
        raise TypesettingFailed(
            "typesetting_failed",
            f"Le document n’a pas pu être mis en page : {error.message}.",
            facts={"template": template},
        ) from error


def _compile(template: str, data: object, at: datetime) -> bytes:
    pdf = _compiler(template).compile(
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=STANDARDS,
        timestamp=at.astimezone(UTC).replace(microsecond=0),  # Typst takes whole seconds
    )
    assert isinstance(pdf, bytes)
    return pdf


def _mapped(data: object, change: Callable[[str], str]) -> object:
    """Return a JSON value with every text changed."""
    match data:
        case str():
            return change(data)
        case Mapping():
            return {name: _mapped(value, change) for name, value in data.items()}
        case list() | tuple():
            return [_mapped(value, change) for value in data]
        case _:
            return data


def _without_controls(text: str) -> str:
    """Drop what prints nothing and could hide or reorder the rest; keep line ends."""
    return _CONTROLS.sub("", text)


def _in_latin(text: str) -> str:
    """Replace what the font cannot print: « Ａ » by « A », an ideogram by « ? »."""
    return "".join(
        char
        if char.isascii() or _IN_FONT.match(char)
        else unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode() or "?"
        for char in text
    )


def page_count(pdf: bytes) -> int:
    """Return how many pages a PDF made here has."""
    found = _PAGES.search(pdf)
    assert found, "a PDF made by `typeset` says its number of pages"
    return int(found[1])


def _compiler(template: str) -> typst.Compiler:
    """Return this thread's compiler of a template: it keeps its fonts and its cache."""
    compilers: dict[str, typst.Compiler] = _local.__dict__.setdefault("compilers", {})
    if template not in compilers:
        path = TEMPLATES / f"{template}.typ"
        assert path.is_file(), path
        compilers[template] = typst.Compiler(
            input=path, root=TEMPLATES, font_paths=_fonts(), ignore_system_fonts=True
        )
    return compilers[template]


@cache
def _fonts() -> typst.Fonts:
    folder = Path(str(resources.files("fontpkg_source_sans_3"))) / "files"
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )
