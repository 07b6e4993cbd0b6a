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
    CAMT052 = "camt052"
    CAMT053 = "camt053"
    CAMT054 = "camt054"
    MT940 = "mt940"
    MT942 = "mt942"
    CFONB120 = "cfonb120"
    CFONB240 = "cfonb240"
    OFX = "ofx"
    PAIN002 = "pain002"
    BANK_CSV = "bank_csv"
    FACTURX = "facturx"
    CII = "cii"
    UBL = "ubl"
    CDAR = "cdar"
    EINVOICES = "einvoices"


LABELS = {
    Format.FEC: "export comptable (FEC)",
    Format.CUSTOMERS: "fichier des clients",
    Format.OPEN_ITEMS: "liste des factures ouvertes",
    Format.CONTACTS: "fichier des contacts",
    Format.PAYMENTS: "liste de règlements",
    Format.CREDIT_LIMITS: "limites de crédit",
    Format.GUARANTEES: "garanties d’assurance-crédit",
    Format.DISPUTES: "litiges connus",
    Format.CAMT052: "relevé bancaire du jour (CAMT.052)",
    Format.CAMT053: "relevé bancaire (CAMT.053)",
    Format.CAMT054: "avis d’opérations bancaires (CAMT.054)",
    Format.MT940: "relevé bancaire (MT940)",
    Format.MT942: "relevé bancaire du jour (MT942)",
    Format.CFONB120: "relevé bancaire (CFONB 120)",
    Format.CFONB240: "opérations revenues (CFONB 240)",
    Format.OFX: "relevé bancaire (OFX)",
    Format.PAIN002: "compte rendu de prélèvements ou virements (pain.002)",
    Format.BANK_CSV: "relevé bancaire (CSV ou tableur)",
    Format.FACTURX: "facture Factur-X ou ZUGFeRD (PDF)",
    Format.CII: "facture électronique CII",
    Format.UBL: "facture électronique UBL",
    Format.CDAR: "statuts de factures (cycle de vie)",
    Format.EINVOICES: "archive de factures électroniques",
}
# Tables of any software, read through a mapping (`intake.mapping`).
TABLES = frozenset(
    {
        Format.CUSTOMERS,
        Format.OPEN_ITEMS,
        Format.CONTACTS,
        Format.PAYMENTS,
        Format.CREDIT_LIMITS,
        Format.GUARANTEES,
        Format.DISPUTES,
    }
)
BANK = frozenset(
    {
        Format.CAMT052,
        Format.CAMT053,
        Format.CAMT054,
        Format.MT940,
        Format.MT942,
        Format.CFONB120,
        Format.CFONB240,
        Format.OFX,
        Format.PAIN002,
        Format.BANK_CSV,
    }
)
MAPPED = TABLES | {Format.BANK_CSV}  # what a mapping may say how to read
# What `intake.einvoice` reads; the seller of an invoice says whose file it is.
EINVOICE_FORMATS = frozenset(
    {Format.FACTURX, Format.CII, Format.UBL, Format.CDAR, Format.EINVOICES}
)
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
