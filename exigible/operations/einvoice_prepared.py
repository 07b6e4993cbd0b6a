"""Electronic invoices read and checked, ready to be written: what an import keeps of each document."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from exigible.domain.text_keys import name_key, ref_key
from exigible.intake.customers import read_terms
from exigible.intake.einvoice.facts import facts_of
from exigible.intake.einvoice.life_cycle import StatusMessage
from exigible.intake.einvoice.model import CORRECTED_TYPES, Invoice, Party
from exigible.intake.einvoice.parties import bare, identity_of
from exigible.intake.einvoice.reading import Received
from exigible.store.models import Creditor

Place = tuple[int, int]  # which file of an import, which document of it

_DAYS = re.compile(r"\b([0-9]{1,3})\s*(?:jours?|jrs?|j|days?|tage[n]?)\b", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9%€]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who owes, as the invoice says it."""

    name: str
    key: str
    siren: str
    siret: str
    vat_number: str
    customer_number: str
    address: tuple[str, str, str, str, str, str]  # three lines, postcode, city, country
    contact: tuple[str, str, str]  # name, e-mail, phone


@dataclass(slots=True, kw_only=True)
class Prepared:
    """One document to write; its bytes are read again when its turn comes."""

    place: Place
    name: str
    sha256: str
    media_type: str
    format: str
    document_id: int | None = None  # where the document is already kept
    # An invoice:
    number: str = ""
    key: str = ""
    type_code: str = ""
    issued_on: date | None = None
    due_on: date | None = None
    terms: tuple[int, str] | None = None  # days and method, where the text says them
    currency: str = "EUR"
    cents: int = 0
    gross_cents: int | None = None
    net_cents: int | None = None
    vat_cents: int | None = None
    in_doubt: bool = False
    corrects: bool = False
    profile: str = ""
    preceding: tuple[tuple[str, date | None], ...] = ()
    buyer: Buyer | None = None
    exhibits: int = 0
    payee: str = ""
    facts: dict[str, object] = field(default_factory=dict)
    # Or statuses:
    statuses: list[StatusMessage] = field(default_factory=list)

    @property
    def to_read_again(self) -> bool:
        """Say whether keeping it takes its bytes: those of a zip, those it carries."""
        return self.document_id is None or self.exhibits > 0


def prepared(received: Received, place: Place, *, document_id: int | None = None) -> Prepared:
    """Return what is kept of a document that was accepted."""
    ready = Prepared(
        place=place,
        name=received.name,
        sha256=hashlib.sha256(received.content).hexdigest(),
        media_type=received.media_type,
        format=str(received.format),
        document_id=document_id,
        statuses=received.statuses,
    )
    invoice, due = received.invoice, received.due
    if invoice is None or due is None:
        return ready
    ready.number = invoice.number[:200].replace("\x00", "")
    ready.key = ref_key(ready.number) or ready.number
    ready.type_code = invoice.type_code[:10] or ("381" if invoice.is_credit_note else "380")
    ready.issued_on = invoice.issued_on
    ready.due_on = invoice.due_on
    ready.terms = terms_of(invoice.terms) if invoice.terms and not invoice.due_on else None
    ready.currency = invoice.currency
    ready.cents, ready.gross_cents, ready.in_doubt = due.cents, due.gross_cents, due.in_doubt
    ready.net_cents = _cents(invoice, "net")
    ready.vat_cents = _cents(invoice, "vat")
    ready.corrects = invoice.type_code in CORRECTED_TYPES
    ready.profile = str(invoice.profile)
    ready.preceding = tuple(
        (ref_key(one.number), one.on) for one in invoice.preceding if ref_key(one.number)
    )
    ready.buyer = _buyer(invoice.buyer or Party())
    ready.exhibits = len(received.exhibits)
    seller = invoice.seller.name if invoice.seller else ""
    if invoice.payee is not None and name_key(invoice.payee.name) not in ("", name_key(seller)):
        ready.payee = invoice.payee.name[:200]
    ready.facts = facts_of(invoice, received.problems.by_code)
    return ready


def sold_by(creditor: Creditor, seller: Party | None) -> bool:
    """Say whether a seller is a creditor: by SIREN or VAT number; by name where neither is known."""
    if seller is None:
        return False
    found = identity_of(seller)
    numbers = {found.siren, found.siret[:9], found.vat_number[4:]}
    numbers |= {bare(one.value)[:9] for one in (seller.legal_id, *seller.ids) if one is not None}
    if creditor.siren and numbers - {""}:
        return creditor.siren in numbers
    names = {name_key(seller.name), name_key(seller.trade_name)} - {""}
    return name_key(creditor.name) in names


def terms_of(text: str) -> tuple[int, str] | None:
    """Return days and method where a text says them in so many words, whatever other figures it holds."""
    found = _DAYS.search(text)
    if found is None:
        return None
    before, after = text[max(found.start() - 25, 0) : found.start()], text[found.end() :][:25]
    return read_terms(f"{_DIGITS.sub(' ', before)} {found[1]} jours {_DIGITS.sub(' ', after)}")


def _buyer(party: Party) -> Buyer:
    found, place = identity_of(party), party.address
    name = (party.name or party.trade_name)[:200].replace("\x00", "")
    return Buyer(
        name=name,
        key=name_key(name),
        siren=found.siren,
        siret=found.siret,
        vat_number=found.vat_number[:20],
        customer_number=found.customer_number,
        address=(
            (
                place.line1[:200],
                place.line2[:200],
                place.line3[:200],
                place.postcode[:12],
                place.city[:200],
                place.country[:2] or "FR",
            )
            if place
            else ("", "", "", "", "", "")
        ),
        contact=(party.contact_name[:200], party.email[:254], party.phone[:40]),
    )


def _cents(invoice: Invoice, name: str) -> int | None:
    amount: Decimal | None = getattr(invoice.totals, name) if invoice.totals else None
    if amount is None:
        return None
    sign = -1 if invoice.is_credit_note else 1
    return sign * int(amount.scaleb(2).to_integral_value())
