"""What a file really is that is no data to import, whatever its name says: told by its first bytes.

A picture saved as `.xlsx`, a web page that some software calls `.xls`, an archive called `.csv`: the refusal
names what was found and what to do of it.
"""

from __future__ import annotations

import re

# First bytes, what they are, what to do.
_EXHIBIT = "Un document se dépose dans Pièces ; un tableau s’enregistre en XLSX ou en CSV."
_UNPACK = "Décompressez-le, puis déposez ce qu’il contient."
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "une image PNG", _EXHIBIT),
    (b"\xff\xd8\xff", "une image JPEG", _EXHIBIT),
    (b"GIF8", "une image GIF", _EXHIBIT),
    (b"II*\x00", "une image TIFF", _EXHIBIT),
    (b"MM\x00*", "une image TIFF", _EXHIBIT),
    (b"%PDF-", "un PDF", _EXHIBIT),
    (b"{\\rtf", "un document RTF", _EXHIBIT),
    (b"MZ", "un programme", "Demandez l’export à son émetteur."),
    (b"\x7fELF", "un programme", "Demandez l’export à son émetteur."),
    (b"\x1f\x8b", "une archive GZIP", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "une archive 7-Zip", _UNPACK),
    (b"Rar!\x1a\x07", "une archive RAR", _UNPACK),
    (b"BZh", "une archive BZIP2", _UNPACK),
    (b"SQLite format 3\x00", "une base de données SQLite", "Exportez-en une table en CSV."),
    (b"PAR1", "un fichier Parquet", "Enregistrez-le en XLSX ou en CSV."),
)
_HTML = re.compile(rb"\s*<(!doctype\s+html|html|head|body|table)\b", re.I)
_TEXTUAL = frozenset(
    {b"MZ", b"BZh", b"PAR1"}
)  # letters that a text may begin with: not these alone
# A part that an archive of Office has, and what it is then.
_PARTS = (
    ("word/document.xml", "un document Word", _EXHIBIT),
    ("ppt/presentation.xml", "une présentation PowerPoint", _EXHIBIT),
    ("xl/workbook.bin", "un classeur XLSB", "Enregistrez-le en XLSX, puis recommencez."),
)


def what_it_is(head: bytes) -> str:
    """Return the sentence that says what a file is and what to do of it; "" for what may be data."""
    if _HTML.match(head.lstrip(b"\xef\xbb\xbf")):
        return _sentence(
            "une page web (HTML)",
            "Ouvrez-la dans votre tableur et enregistrez-la en XLSX ou en CSV, puis recommencez.",
        )
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature) and (signature not in _TEXTUAL or b"\x00" in head):
            return _sentence(what, remedy)
    return ""


def of_archive(names: list[str]) -> str:
    """Return what an archive of no workbook is, by the names it holds."""
    held = set(names)
    for part, what, remedy in _PARTS:
        if part in held:
            return _sentence(what, remedy)
    return _sentence("une archive ZIP", _UNPACK)


def _sentence(what: str, remedy: str) -> str:
    return f"Ce fichier est {what}, quel que soit son nom : rien n’y est à importer. {remedy}"
