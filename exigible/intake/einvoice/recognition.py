"""Which kind of electronic invoice a file holds, from its first bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path

from exigible.intake.einvoice.archive import DAMAGED
from exigible.intake.einvoice.pdf import PDF
from exigible.intake.formats import Format
from exigible.intake.problems import Unreadable
from exigible.intake.xml import RootName, looks_like_xml, root_name

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CEFACT = "urn:un:unece:uncefact:data:standard:"
ZIP = b"PK\x03\x04"
HEAD = 1 << 16
OFFICE = ("[Content_Types].xml", "mimetype")  # parts of a workbook or a text document


def recognise(path: Path) -> Format | None:
    """Return the format of a file, None where it is none of ours."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    return of_content(head) or (
        Format.EINVOICES if head.startswith(ZIP) and _of_invoices(path) else None
    )


def of_content(head: bytes) -> Format | None:
    """Return the format of a single document, from its first bytes.

    A document refused before parsing (DOCTYPE) is one of ours only if nothing else can be said of it.
    """
    if PDF in head[:1024]:
        return Format.FACTURX
    if not looks_like_xml(head):
        return None
    try:
        name = root_name(head)
    except Unreadable:
        return None
    return None if name is None else of_root(name)


def of_root(name: RootName) -> Format | None:
    """Return the format that a root element names."""
    space, local = name.namespace, name.local
    if local in ("Invoice", "CreditNote") and space == f"{UBL}{local}-2":
        return Format.UBL
    if local == "CrossIndustryInvoice" and space.startswith(f"{CEFACT}CrossIndustryInvoice:"):
        return Format.CII
    if local == "CrossIndustryDocument" and space.startswith("urn:ferd:CrossIndustryDocument:"):
        return Format.CII
    if local == "CrossDomainAcknowledgementAndResponse" and space.startswith(CEFACT):
        return Format.CDAR
    return None


def _of_invoices(path: Path) -> bool:
    """Say whether a zip holds XML or PDF files, and is no workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except DAMAGED:
        return False
    if any(name in OFFICE for name in names[:50]):
        return False
    return any(name.lower().endswith((".xml", ".pdf")) for name in names)
