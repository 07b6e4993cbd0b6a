"""One shape for every electronic invoice, whatever its syntax and profile.

Fields are those of the semantic model of EN 16931; the comments give its business terms (BT, BG). A
group that the document does not hold is None or empty, a field is None or "": rules tell the two apart.
Amounts are exact decimals, as written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

CREDIT_TYPES = frozenset(
    {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"}
)
CORRECTED_TYPES = frozenset({"384", "471", "472", "473"})
PREPAYMENT_TYPES = frozenset({"386", "500", "503"})
SELF_BILLED_TYPES = frozenset({"261", "389", "471", "473", "500", "501", "502"})
FACTORED_TYPES = frozenset({"393", "396", "472", "473", "501", "502"})


class Syntax(StrEnum):
    """How an invoice is written."""

    CII = "cii"
    ZUGFERD1 = "zugferd1"
    UBL = "ubl"


class Profile(StrEnum):
    """What an invoice holds, from its specification identifier (BT-24)."""

    MINIMUM = "MINIMUM"
    BASIC_WL = "BASIC WL"
    BASIC = "BASIC"
    EN16931 = "EN 16931"
    EXTENDED = "EXTENDED"
    XRECHNUNG = "XRECHNUNG"
    PEPPOL = "PEPPOL BIS"
    CTC_FR = "CTC FR"
    EXTENDED_CTC_FR = "EXTENDED CTC FR"
    ZUGFERD1 = "ZUGFeRD 1"
    UNKNOWN = "inconnu"

    @property
    def has_lines(self) -> bool:
        return self not in (Profile.MINIMUM, Profile.BASIC_WL)


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier and the scheme it belongs to (ISO 6523 code), where it is said."""

    value: str
    scheme: str = ""


@dataclass(slots=True, kw_only=True)
class Address:
    """A postal address (BG-5, BG-8, BG-12, BG-15)."""

    line1: str = ""
    line2: str = ""
    line3: str = ""
    postcode: str = ""
    city: str = ""
    subdivision: str = ""
    country: str = ""


@dataclass(slots=True, kw_only=True)
class Party:
    """Seller (BG-4), buyer (BG-7), payee (BG-10), tax representative (BG-11), delivery (BG-13)."""

    name: str = ""
    trade_name: str = ""
    ids: list[Identifier] = field(default_factory=list)  # BT-29, BT-46, BT-60
    legal_id: Identifier | None = None  # BT-30, BT-47, BT-61
    vat_number: str = ""  # BT-31, BT-48, BT-63
    tax_number: str = ""  # BT-32
    legal_text: str = ""  # BT-33: legal form, capital
    endpoint: Identifier | None = None  # BT-34, BT-49
    address: Address | None = None
    contact_name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(slots=True, kw_only=True)
class Totals:
    """Document totals (BG-22)."""

    lines: Decimal | None = None  # BT-106
    allowances: Decimal | None = None  # BT-107
    charges: Decimal | None = None  # BT-108
    net: Decimal | None = None  # BT-109
    vat: Decimal | None = None  # BT-110
    vat_accounting: Decimal | None = None  # BT-111
    gross: Decimal | None = None  # BT-112
    prepaid: Decimal | None = None  # BT-113
    rounding: Decimal | None = None  # BT-114
    payable: Decimal | None = None  # BT-115
    vat_repeated: bool = False  # two VAT totals in the invoice's currency


@dataclass(slots=True, kw_only=True)
class VatLine:
    """The VAT of one category and rate (BG-23)."""

    base: Decimal | None = None  # BT-116
    tax: Decimal | None = None  # BT-117
    category: str = ""  # BT-118
    rate: Decimal | None = None  # BT-119
    reason: str = ""  # BT-120
    reason_code: str = ""  # BT-121
    at: int | None = None


@dataclass(slots=True, kw_only=True)
class AllowanceCharge:
    """A discount or a charge of the document (BG-20, BG-21) or of a line (BG-27, BG-28)."""

    is_charge: bool
    amount: Decimal | None = None
    base: Decimal | None = None
    percent: Decimal | None = None
    category: str = ""
    rate: Decimal | None = None
    reason: str = ""
    reason_code: str = ""
    at: int | None = None


@dataclass(slots=True, kw_only=True)
class Period:
    """A period of invoicing (BG-14, BG-26)."""

    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(slots=True, kw_only=True)
class Line:
    """A line of an invoice (BG-25)."""

    id: str = ""  # BT-126
    kind: str = ""  # extended profiles: DETAIL, GROUP (a subtotal), INFORMATION
    quantity: Decimal | None = None  # BT-129
    unit: str = ""  # BT-130
    net: Decimal | None = None  # BT-131
    name: str = ""  # BT-153
    description: str = ""  # BT-154
    price: Decimal | None = None  # BT-146
    gross_price: Decimal | None = None  # BT-148
    price_quantity: Decimal | None = None  # BT-149
    category: str = ""  # BT-151
    rate: Decimal | None = None  # BT-152
    allowances: list[AllowanceCharge] = field(default_factory=list)
    period: Period | None = None
    item_id: Identifier | None = None  # BT-157
    classes: list[Identifier] = field(default_factory=list)  # BT-158, scheme BT-158-1
    origin_country: str = ""  # BT-159
    attributes: list[tuple[str, str]] = field(default_factory=list)  # BT-160, BT-161
    at: int | None = None

    @property
    def counts(self) -> bool:
        """Say whether the line's amount enters the total: subtotals and remarks do not."""
        return self.kind not in ("GROUP", "INFORMATION")


@dataclass(slots=True, kw_only=True)
class PaymentMeans:
    """How payment is asked for (BG-16 to BG-19)."""

    code: str = ""  # BT-81
    text: str = ""  # BT-82
    iban: str = ""  # BT-84
    account_name: str = ""  # BT-85
    bic: str = ""  # BT-86
    has_account: bool = False
    card_number: str | None = None  # BT-87; None: no card group
    mandate: str = ""  # BT-89
    debited_iban: str = ""  # BT-91
    at: int | None = None


@dataclass(slots=True, kw_only=True)
class Discount:
    """An early-payment discount (*escompte*) that the terms offer."""

    percent: Decimal | None = None
    amount: Decimal | None = None
    days: int | None = None
    until: date | None = None


@dataclass(slots=True, kw_only=True)
class Instalment:
    """A part of the sum and its day, where the terms split it."""

    due_on: date
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A note (BG-1) and what it is about (BT-21): REG, ABL, AAI, PMD, PMT, AAB, TXD…"""

    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """Another document: its number, and its day where it is said."""

    number: str
    on: date | None = None


@dataclass(slots=True, kw_only=True)
class Attachment:
    """A supporting document (BG-24), or a file that the PDF carries."""

    reference: str = ""  # BT-122
    description: str = ""  # BT-123
    uri: str = ""  # BT-124
    content: bytes | None = None  # BT-125
    media_type: str = ""
    filename: str = ""
    at: int | None = None


@dataclass(slots=True, kw_only=True)
class Invoice:
    """An invoice or a credit note, as its document states it."""

    syntax: Syntax
    profile: Profile = Profile.UNKNOWN
    process: str = ""  # BT-23
    specification: str = ""  # BT-24
    number: str = ""  # BT-1
    issued_on: date | None = None  # BT-2
    type_code: str = ""  # BT-3
    is_credit_note: bool = False  # the root says so (UBL), or the type code
    currency: str = ""  # BT-5
    vat_currency: str = ""  # BT-6
    vat_point_on: date | None = None  # BT-7
    vat_point_code: str = ""  # BT-8
    due_on: date | None = None  # BT-9
    instalments: list[Instalment] = field(default_factory=list)
    discounts: list[Discount] = field(default_factory=list)
    terms: str = ""  # BT-20
    buyer_reference: str = ""  # BT-10
    project: str = ""  # BT-11
    contract: str = ""  # BT-12
    order: str = ""  # BT-13
    sales_order: str = ""  # BT-14
    receipt: str = ""  # BT-15
    despatch: str = ""  # BT-16
    tender: str = ""  # BT-17
    object: str = ""  # BT-18
    accounting_reference: str = ""  # BT-19
    notes: list[Note] = field(default_factory=list)
    preceding: list[Reference] = field(default_factory=list)  # BG-3
    seller: Party | None = None
    buyer: Party | None = None
    payee: Party | None = None
    tax_representative: Party | None = None
    delivery: Party | None = None
    delivered_on: date | None = None  # BT-72
    period: Period | None = None  # BG-14
    remittance: str = ""  # BT-83
    creditor_identifier: str = ""  # BT-90
    means: list[PaymentMeans] = field(default_factory=list)
    allowances: list[AllowanceCharge] = field(default_factory=list)
    totals: Totals | None = None
    vat: list[VatLine] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    at: dict[str, int] = field(default_factory=dict)  # where fields stand in the document

    def note(self, subject: str) -> str:
        """Return the text of the notes on a subject, joined."""
        return "\n".join(note.text for note in self.notes if note.subject == subject)


def profile_of(specification: str) -> Profile:
    """Return the profile that a specification identifier names."""
    name = specification.strip().lower()
    if not name:
        return Profile.UNKNOWN
    for mark, profile in _MARKS:
        if mark in name:
            return profile
    return Profile.UNKNOWN


_MARKS = (
    ("crossindustrydocument", Profile.ZUGFERD1),
    ("extended-ctc-fr", Profile.EXTENDED_CTC_FR),
    ("cpro.gouv.fr", Profile.CTC_FR),
    ("peppol:france", Profile.CTC_FR),
    ("xrechnung", Profile.XRECHNUNG),
    ("xoev-de", Profile.XRECHNUNG),
    ("peppol", Profile.PEPPOL),
    (":minimum", Profile.MINIMUM),
    (":basicwl", Profile.BASIC_WL),
    (":basic", Profile.BASIC),
    (":extended", Profile.EXTENDED),
    ("en16931", Profile.EN16931),
    (":comfort", Profile.EN16931),
)
