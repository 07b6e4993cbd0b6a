"""Pages of a PDF as pictures: the very document, shown where a page cannot hold a PDF.

Typst draws the PDF's own pages; nothing of the document runs, and no font is looked up.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import typst

from exigible.domain.refusals import Refused

MEDIA_TYPE = "image/png"
POINTS_AN_INCH = 110  # an A4 page is then some 900 points wide
_PAGE = """#set page(width: 210mm, height: 297mm, margin: 0pt)
#image("document.pdf", page: {page}, width: 100%)
"""


def page_picture(pdf: bytes, page: int) -> bytes:
    """Return page `page` (from 1) of an A4 PDF as a PNG; raise Refused if it cannot be drawn."""
    assert page >= 1
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.typ"
        (Path(folder) / "document.pdf").write_bytes(pdf)
        source.write_text(_PAGE.format(page=page), encoding="utf-8")
        try:
            drawn = typst.compile(source, root=folder, format="png", ppi=POINTS_AN_INCH)
        except typst.TypstError as error:
            raise Refused(
                "preview_failed", f"La page {page} n’a pas pu être dessinée : {error}."
            ) from error
    assert isinstance(drawn, bytes)
    return drawn
