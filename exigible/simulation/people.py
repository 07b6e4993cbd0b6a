"""How debtors behave: when they pay, what makes them pay, what they say, what goes wrong.

Each person draws from a source of chance of his own, so that what one does never depends on how
many others there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from random import Random

from exigible.domain.terms import due_date
from exigible.operations.opening import NewDebtor


class Temper(StrEnum):
    """Kinds of payers."""

    PUNCTUAL = "punctual"
    RELAXED = "relaxed"  # some days late, without being asked
    FORGETFUL = "forgetful"  # pays once reminded
    HABITUAL = "habitual"  # lets it run until it gets serious
    PROMISER = "promiser"  # promises, and does not always keep it
    STRAINED = "strained"  # pays in parts
    DISPUTER = "disputer"
    CARELESS = "careless"  # pays on time, without saying what
    BOUNCING = "bouncing"  # cheques unpaid, debits rejected
    SILENT = "silent"  # answers nobody; some pay after a mise en demeure, some never
    PUBLIC = "public"  # pays when the paper has gone round


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """A temper in figures: probabilities, and days as (least, usual, most)."""

    pays_alone: float
    days_late: tuple[int, int, int]
    heeds_reminder: float
    heeds_call: float
    heeds_notice: float
    promises: float = 0.3  # of the calls answered
    keeps: float = 0.85
    disputes: float = 0.03  # of the invoices, when first asked about them
    part: float = 0.02  # of the payments, only a part
    names_invoices: float = 0.95
    comes_back: float = 0.0  # of the cheques and debits
    answers: float = 0.6  # the telephone


HABITS: dict[Temper, Habits] = {
    Temper.PUNCTUAL: Habits(
        pays_alone=0.985,
        days_late=(-6, -1, 2),
        heeds_reminder=0.8,
        heeds_call=0.9,
        heeds_notice=0.95,
    ),
    Temper.RELAXED: Habits(
        pays_alone=0.93,
        days_late=(0, 5, 16),
        heeds_reminder=0.6,
        heeds_call=0.85,
        heeds_notice=0.95,
    ),
    Temper.FORGETFUL: Habits(
        pays_alone=0.55,
        days_late=(1, 8, 25),
        heeds_reminder=0.55,
        heeds_call=0.75,
        heeds_notice=0.9,
        promises=0.6,
        keeps=0.75,
    ),
    Temper.HABITUAL: Habits(
        pays_alone=0.45,
        days_late=(18, 34, 70),
        heeds_reminder=0.15,
        heeds_call=0.35,
        heeds_notice=0.75,
        promises=0.6,
        keeps=0.55,
        part=0.08,
    ),
    Temper.PROMISER: Habits(
        pays_alone=0.25,
        days_late=(15, 30, 60),
        heeds_reminder=0.15,
        heeds_call=0.2,
        heeds_notice=0.6,
        promises=0.85,
        keeps=0.4,
        part=0.1,
        answers=0.85,
    ),
    Temper.STRAINED: Habits(
        pays_alone=0.4,
        days_late=(10, 28, 60),
        heeds_reminder=0.25,
        heeds_call=0.45,
        heeds_notice=0.55,
        promises=0.6,
        keeps=0.55,
        part=0.6,
    ),
    Temper.DISPUTER: Habits(
        pays_alone=0.6,
        days_late=(3, 12, 30),
        heeds_reminder=0.35,
        heeds_call=0.5,
        heeds_notice=0.7,
        disputes=0.5,
    ),
    Temper.CARELESS: Habits(
        pays_alone=0.9,
        days_late=(-2, 3, 12),
        heeds_reminder=0.6,
        heeds_call=0.8,
        heeds_notice=0.9,
        names_invoices=0.25,
    ),
    Temper.BOUNCING: Habits(
        pays_alone=0.8,
        days_late=(0, 3, 10),
        heeds_reminder=0.4,
        heeds_call=0.5,
        heeds_notice=0.6,
        comes_back=0.3,
    ),
    Temper.SILENT: Habits(
        pays_alone=0.1,
        days_late=(40, 60, 120),
        heeds_reminder=0.03,
        heeds_call=0.08,
        heeds_notice=0.35,
        promises=0.1,
        answers=0.15,
    ),
    Temper.PUBLIC: Habits(
        pays_alone=0.9,
        days_late=(-4, 8, 40),
        heeds_reminder=0.4,
        heeds_call=0.6,
        heeds_notice=0.9,
        answers=0.5,
    ),
}

SERIOUS = frozenset({"mise_en_demeure", "derniere_relance"})
DISPUTE_REASONS = (
    "Deux palettes arrivées endommagées, réserves portées sur le bon de livraison.",
    "Prix facturé différent du devis signé.",
    "Quantité facturée supérieure à la quantité livrée.",
    "Prestation du 2e passage non réalisée.",
    "Facture reçue deux fois, sous deux numéros.",
    "Remise de fin d’année non déduite.",
    "Bon de commande manquant : la facture ne peut pas être validée.",
)


@dataclass(slots=True)
class Invoice:
    """What the play remembers of a claim."""

    claim_id: int
    ref: str
    issued_on: date
    due_on: date
    amount_cents: int
    left_cents: int
    disputed_cents: int = 0
    asked: bool = False  # the debtor was asked about it once
    believed_paid: bool = False  # he sent the money, without saying what for


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money a debtor has decided to send: when, how, for which invoices, with a reference or not."""

    on: date
    way: str
    refs: tuple[str, ...]
    cents: int
    named: bool
    comes_back_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call brings: an outcome, and what goes with it."""

    outcome: str
    note: str
    promised_cents: int = 0
    promised_on: date | None = None
    disputed_ref: str = ""
    disputed_cents: int = 0
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Billing:
    """What a debtor is invoiced, and when."""

    days: tuple[int, ...]  # of the month
    low_cents: int
    high_cents: int
    term_days: int
    term_method: str = "net"
    season: tuple[float, ...] = (1.0,) * 12  # by month
    chance: float = 1.0  # that a billing day brings an invoice
    kind: str = "invoice"
    label: str = ""
    whole_month: bool = False  # rent: of the month, due on a fixed day
    due_day: int = 5


@dataclass(slots=True, kw_only=True)
class Person:
    """One account of the world: the debtor, his temper, what he owes and has decided to pay."""

    number: str
    debtor: NewDebtor
    temper: Temper
    billing: Billing
    luck: Random
    ways: tuple[str, ...] = ("transfer",)
    email_dead: bool = False
    address_dead: bool = False
    fails_on: date | None = None  # the day a court opens a procedure
    failure: str = ""
    limit_cents: int | None = None
    portfolio: str = ""
    account_id: int = 0
    debtor_id: int = 0
    invoices: list[Invoice] = field(default_factory=list)
    coming: list[Payment] = field(default_factory=list)
    failed: bool = False

    @property
    def habits(self) -> Habits:
        return HABITS[self.temper]

    def billed(self, month: date) -> list[tuple[date, date, int]]:
        """Return what the month brings: day of issue, due day, amount in cents."""
        found = []
        billing, luck = self.billing, self.luck
        for number in billing.days:
            factor = billing.season[month.month - 1] * luck.uniform(0.75, 1.25)
            amount = luck.triangular(billing.low_cents, billing.high_cents, billing.low_cents)
            cents = max(round(amount * factor), 500)
            if billing.whole_month:
                cents = billing.low_cents
            if luck.random() >= billing.chance:
                continue
            issued = month.replace(day=number)
            due = (
                month.replace(day=billing.due_day)
                if billing.whole_month
                else due_date(issued, billing.term_days, billing.term_method)
            )
            found.append((issued, due, cents))
        return found

    # ---- paying

    def receive(self, invoice: Invoice) -> None:
        """Take an invoice in, and decide at once whether to pay it unasked."""
        self.invoices.append(invoice)
        if self.luck.random() < self.habits.pays_alone:
            least, usual, most = self.habits.days_late
            days = round(self.luck.triangular(least, most, usual))
            self._decide(invoice.due_on + timedelta(days=days), [invoice], invoice.issued_on)

    def hear(self, step: str, on: date) -> None:
        """React to a written step on what is overdue, or nearly."""
        habits = self.habits
        heeds = habits.heeds_notice if step in SERIOUS else habits.heeds_reminder
        if step == "avant_echeance":
            heeds = 0.0  # he pays on the day, or not
        chance = self.luck.random()
        days = self.luck.randint(2, 9)
        asked = self._unasked(on)
        for invoice in asked:
            invoice.asked = True
        if chance < heeds and asked:
            self._decide(on + timedelta(days=days), asked, on)

    def speak(self, on: date) -> Answer:
        """Answer a call, or not."""
        habits, luck = self.habits, self.luck
        draws = [luck.random() for _ in range(5)]
        days = luck.randint(3, 14)
        if not self.debtor.contacts or not self.debtor.contacts[0].phone:
            return Answer(outcome="wrong_number", note="Numéro non attribué.")
        if draws[0] >= habits.answers:
            if draws[1] < 0.5:
                return Answer(outcome="no_answer", note="")
            return Answer(outcome="left_message", note="Message laissé au secrétariat.")
        late = self._unasked(on)
        fresh = [invoice for invoice in late if not invoice.disputed_cents and not invoice.asked]
        if fresh and draws[2] < habits.disputes * 2:
            return self.contest(fresh[0])
        owed = sum(invoice.left_cents - invoice.disputed_cents for invoice in late)
        if late and owed > 0 and draws[3] < habits.promises:
            cents = owed
            if habits.part > draws[4]:
                cents = max(owed * luck.randint(30, 70) // 100, 100)
            due = on + timedelta(days=days)
            if luck.random() < habits.keeps:
                self._pay(due + timedelta(days=luck.randint(-2, 1)), late, cents, on)
            return Answer(
                outcome="promise",
                note="Règlement annoncé par la comptabilité.",
                promised_cents=cents,
                promised_on=due,
            )
        if late and draws[4] < habits.heeds_call:
            self._decide(on + timedelta(days=days), late, on)
            return Answer(outcome="other", note="Facture retrouvée, mise au prochain règlement.")
        return Answer(outcome="other", note="Rappellera après avoir vu sa direction.")

    def contest(self, invoice: Invoice) -> Answer:
        """Dispute an invoice, in part more often than in whole."""
        share = self.luck.choice((20, 30, 40, 60, 100))
        invoice.asked = True
        return Answer(
            outcome="dispute",
            note="Conteste la facture.",
            disputed_ref=invoice.ref,
            disputed_cents=max(invoice.left_cents * share // 100, 1),
            reason=self.luck.choice(DISPUTE_REASONS),
        )

    def writes_back(self, on: date) -> Answer | None:
        """After a reminder, perhaps dispute what it asks for."""
        fresh = [
            invoice
            for invoice in self._unasked(on)
            if not invoice.disputed_cents and not invoice.asked
        ]
        if fresh and self.luck.random() < self.habits.disputes:
            return self.contest(fresh[0])
        return None

    def _unasked(self, on: date) -> list[Invoice]:
        """Return what is overdue and for which no money is on its way."""
        promised = {ref for payment in self.coming for ref in payment.refs}
        return [
            invoice
            for invoice in self.invoices
            if invoice.due_on < on
            and invoice.left_cents > invoice.disputed_cents
            and not invoice.believed_paid
            and invoice.ref not in promised
        ]

    def _decide(self, on: date, invoices: list[Invoice], today: date) -> None:
        """Settle some invoices on a day, in whole or in part."""
        cents = sum(invoice.left_cents - invoice.disputed_cents for invoice in invoices)
        if self.luck.random() < self.habits.part:
            cents = cents * self.luck.randint(25, 75) // 100
        self._pay(on, invoices, cents, today)

    def _pay(self, on: date, invoices: list[Invoice], cents: int, today: date) -> None:
        if cents <= 0:
            return
        way = self.luck.choice(self.ways)
        on = max(on, today + timedelta(days=1))
        back = None
        if way in ("cheque", "direct_debit") and self.luck.random() < self.habits.comes_back:
            back = on + timedelta(days=self.luck.randint(3, 9))
        self.coming.append(
            Payment(
                on=on,
                way=way,
                refs=tuple(invoice.ref for invoice in invoices),
                cents=cents,
                named=self.luck.random() < self.habits.names_invoices,
                comes_back_on=back,
            )
        )

    def arriving(self, on: date) -> list[Payment]:
        """Take out the payments that reach the creditor's bank by `on`."""
        here = [payment for payment in self.coming if payment.on <= on]
        self.coming = [payment for payment in self.coming if payment.on > on]
        return here
