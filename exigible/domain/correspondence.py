"""What is written to a debtor, before any channel gives it a form.

A `Demand` holds the facts (who writes, to whom, which claims, for how much, how to pay); a
`Correspondence` is what a template made of them: a subject and blocks of text and tables, that an
e-mail, a letter or a page then lays out. Nothing here knows a file, a database or a typesetter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from exigible.domain.french import NO_BREAK, count, day, euros


class Audience(StrEnum):
    """Whom a text is written for: it decides what may be claimed, and the tone."""

    PROFESSIONAL = "professional"
    CONSUMER = "consumer"
    PUBLIC_PURCHASER = "public_purchaser"


class Nature(StrEnum):
    """What a text does in law."""

    NOTICE = "notice"  # announces a due date; asks nothing yet
    DEMAND = "demand"  # asks for payment
    FORMAL_NOTICE = "formal_notice"  # mise en demeure, C. civ. art. 1344
    CONFIRMATION = "confirmation"  # records what was agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The creditor, as his letterhead shows him. `kind` is that of `store.Creditor`."""

    name: str
    kind: str = "professional"
    address: tuple[str, ...] = ()
    siren: str = ""
    legal_line: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    signatory: str = ""
    logo: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """Whoever collects for the creditor (CPCE art. R. 124-1)."""

    name: str
    address: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """To whom it goes; `address` holds the postal lines under the name."""

    name: str
    attention: str = ""  # the person, at a company's
    address: tuple[str, ...] = ()
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLine:
    """One claim in a message: what it was, what was paid, what is not claimed, what is."""

    id: int
    ref: str
    kind: str
    due_on: date
    amount_cents: int
    balance_cents: int
    issued_on: date | None = None
    due_on_derived: bool = False
    detail_unknown: bool = False
    set_aside_cents: int = 0  # disputed or held: not claimed here

    @property
    def paid_cents(self) -> int:
        return self.amount_cents - self.balance_cents

    @property
    def claimed_cents(self) -> int:
        return self.balance_cents - self.set_aside_cents

    @property
    def missing(self) -> tuple[str, ...]:
        """What a mise en demeure needs and this claim lacks, in French."""
        return tuple(
            word
            for word, lacks in (
                ("le numéro", not self.ref or self.detail_unknown),
                ("la date", self.issued_on is None),
                ("une date d’échéance certaine", self.due_on_derived),
            )
            if lacks
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessories:
    """What is claimed beside the principal, each apart (CPCE art. R. 124-4)."""

    interest_cents: int = 0
    fixed_indemnity_cents: int = 0
    penalty_clause_cents: int = 0
    costs_cents: int = 0
    daily_interest_cents: int = 0

    @property
    def total_cents(self) -> int:
        return (
            self.interest_cents
            + self.fixed_indemnity_cents
            + self.penalty_clause_cents
            + self.costs_cents
        )


NO_ACCESSORIES = Accessories()


@dataclass(frozen=True, slots=True)
class Deduction:
    """What is taken off the claims as a whole: unallocated credit, a suspended or promised part."""

    label: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDetails:
    """Where to pay, and what to write on the transfer."""

    holder: str
    iban: str
    reference: str
    bic: str = ""

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What the debtor needs to pay, label and value; the IBAN in groups of four."""
        iban = NO_BREAK.join(self.iban[i : i + 4] for i in range(0, len(self.iban), 4))
        rows = [("Virement à l’ordre de", self.holder), ("IBAN", iban)]
        rows += [("BIC", self.bic)] if self.bic else []
        return [*rows, ("Référence à rappeler", self.reference)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierLetter:
    """The R. 124-4 letter, which every later contact of an agency recalls."""

    reference: str
    sent_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedPayment:
    """What the debtor promised, for a confirmation."""

    amount_cents: int
    made_on: date
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The facts of one message on the day it is written."""

    on: date
    sender: Sender
    recipient: Recipient
    debtor_kind: str  # that of `store.DebtorKind`
    account_number: str
    reference: str
    claims: tuple[ClaimLine, ...]
    deductions: tuple[Deduction, ...] = ()
    accessories: Accessories = NO_ACCESSORIES
    payment: PaymentDetails | None = None
    agency: Agency | None = None
    earlier_letter: EarlierLetter | None = None
    promise: PromisedPayment | None = None
    days_to_pay: int = 0

    @property
    def principal_cents(self) -> int:
        """What is claimed in principal, the deductions taken off (never below zero)."""
        return max(0, self.open_cents - sum(one.cents for one in self.deductions))

    @property
    def open_cents(self) -> int:
        return sum(line.claimed_cents for line in self.claims)

    @property
    def total_cents(self) -> int:
        return self.principal_cents + self.accessories.total_cents

    @property
    def payment_lines(self) -> list[tuple[str, str]]:
        """Where to pay; nothing where the creditor has no bank account set."""
        return self.payment.lines if self.payment else []

    @property
    def totals(self) -> list[tuple[str, str]]:
        """Each component apart (CPCE art. R. 124-4, 3°), what is taken off, then the total."""
        sums, today = self.accessories, day(self.on)
        rows = []
        if self.deductions:
            rows.append(("Sommes échues", euros(self.open_cents)))
            rows += [(one.label, euros(-one.cents)) for one in self.deductions]
        if sums.total_cents:
            public = self.debtor_kind == Audience.PUBLIC_PURCHASER
            interest = f"{'Intérêts moratoires' if public else 'Pénalités de retard'} au {today}"
            if sums.daily_interest_cents:
                interest += f" ({euros(sums.daily_interest_cents)} par jour ensuite)"
            parts = (
                ("Principal", self.principal_cents),
                (interest, sums.interest_cents),
                ("Indemnité forfaitaire pour frais de recouvrement", sums.fixed_indemnity_cents),
                ("Clause pénale", sums.penalty_clause_cents),
                ("Frais", sums.costs_cents),
            )
            rows += [(label, euros(cents)) for label, cents in parts if cents]
        return [*rows, (f"Total à régler au {today}", euros(self.total_cents))]

    @property
    def writer(self) -> str:
        """Who signs: the agency where there is one."""
        return self.agency.name if self.agency else self.sender.name

    @property
    def claims_counted(self) -> str:
        """« 1 facture », « 3 loyers », « 2 créances » where kinds differ."""
        kinds = {line.kind for line in self.claims}
        noun, plural = NOUNS.get(next(iter(kinds)), CLAIM) if len(kinds) == 1 else CLAIM
        return count(len(self.claims), noun, plural)


CLAIM = ("créance", "créances")
NOUNS = {
    "invoice": ("facture", "factures"),
    "instalment": ("échéance", "échéances"),
    "rent": ("loyer", "loyers"),
    "loan_instalment": ("échéance", "échéances"),
    "insurance_premium": ("prime", "primes"),
    "bill": ("effet", "effets"),
    "cheque": ("chèque", "chèques"),
    "social_contribution": ("cotisation", "cotisations"),
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class ClaimsTable:
    """The claims, one a line, with what was paid and what is left."""


@dataclass(frozen=True, slots=True)
class TotalsTable:
    """Principal, credit, interest, indemnity, costs, total: each apart."""


@dataclass(frozen=True, slots=True)
class PaymentBox:
    """Where to pay, with which reference."""


@dataclass(frozen=True, slots=True)
class LawText:
    """Words of a text that the law wants reproduced."""

    title: str
    paragraphs: tuple[str, ...]


Block = Paragraph | ClaimsTable | TotalsTable | PaymentBox | LawText


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """A message as a template wrote it, ready to be laid out by a channel.

    `prose` is the template's own words, without the values put into them: what the compliance gate
    reads, so that a debtor's name cannot be taken for a threat.
    """

    template: str
    version: int
    nature: Nature
    audience: Audience
    subject: str
    blocks: tuple[Block, ...]
    prose: str
    demand: Demand

    def has(self, block: type[Block]) -> bool:
        return any(isinstance(one, block) for one in self.blocks)
