"""Which reader a file wants, from its first bytes."""

from __future__ import annotations

from enum import StrEnum

from exigible.domain.text_keys import ref_key


class Format(StrEnum):
    """Files that imports understand; the values are those of `--as` and of the database."""

    FEC = "fec"
    CUSTOMERS = "customers"
    OPEN_ITEMS = "open_items"
    CONTACTS = "contacts"
    PAYMENTS = "payments"
    CREDIT_LIMITS = "credit_limits"
    GUARANTEES = "guarantees"
    DISPUTES = "disputes"


LABELS = {
    Format.FEC: "export comptable (FEC)",
    Format.CUSTOMERS: "fichier des clients",
    Format.OPEN_ITEMS: "liste des factures ouvertes",
    Format.CONTACTS: "fichier des contacts",
    Format.PAYMENTS: "liste de règlements",
    Format.CREDIT_LIMITS: "limites de crédit",
    Format.GUARANTEES: "garanties d’assurance-crédit",
    Format.DISPUTES: "litiges connus",
}
# Tables of any software, read through a mapping (`intake.mapping`).
TABLES = frozenset(Format) - {Format.FEC}
NOT_RECOGNISED = "contenu non reconnu"
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # XLSX and any zip; XLS and any OLE file
HEAD = 8192


def content_words(format_: str, *, read: bool) -> str:
    """Word what a file holds. A file of no known kind is tried as a customer file: once refused
    without a line of it `read`, it was none."""
    if not read and format_ == Format.CUSTOMERS:
        return NOT_RECOGNISED
    return LABELS[Format(format_)] if format_ in Format else format_ or "?"


def is_spreadsheet(head: bytes) -> bool:
    """Say whether a file is a spreadsheet's, by its first bytes."""
    return head.startswith(SPREADSHEETS)


def is_fec(head: bytes) -> bool:
    """Say whether the first line names the columns of a FEC."""
    text = head.decode("latin-1").replace("\x00", "")
    first = next((line for line in text.replace("\r", "\n").split("\n") if line.strip()), "")
    key = ref_key(first)
    return "journalcode" in key and ("comptenum" in key or "ecriturenum" in key)
