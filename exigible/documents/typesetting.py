"""Typst: data in, PDF/A out.

The templates beside this module are the only Typst source: what users and debtors wrote reaches
them as JSON and is printed as text, never read as markup. Fonts are the ones shipped with the
product, so that a document looks the same on every machine; the template folder is the only one
that Typst may read.

PDFs follow PDF/A-2a and PDF/UA-1: archivable, tagged, in French, with a title.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
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
_local = threading.local()


class TypesettingFailed(Refused):
    """Typst could not set a document; the message says what it complained of."""


def typeset(template: str, data: Mapping[str, object], *, at: datetime | None = None) -> bytes:
    """Return the PDF of `templates/<template>.typ` fed with `data` (anything JSON can hold).

    `at` dates the file: the same template, data and moment give the same bytes.
    """
    compiler = _compiler(template)
    try:
        pdf = compiler.compile(
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=STANDARDS,
            timestamp=(at or datetime(2000, 1, 1, tzinfo=UTC)).astimezone(UTC),
        )
    except typst.TypstError as error:
        raise TypesettingFailed(
            "typesetting_failed",
            f"Le document n’a pas pu être mis en page : {error.message}.",
            facts={"template": template},
        ) from error
    assert isinstance(pdf, bytes)
    return pdf


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
