"""The play: what happens in the world on each day, in the order of a working day.

Before dawn accounting posts what was invoiced and received; the daily run follows and what may
leave alone leaves; then the collectors work their list until the evening's letters go to the post.
Debtors answer to what reaches them. The clock is the play's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Protocol
from zoneinfo import ZoneInfo

from exigible.domain.calendar import add_working_days, is_working_day, next_working_day
from exigible.domain.refusals import Refused
from exigible.simulation import doing
from exigible.simulation.doing import Receipt
from exigible.simulation.people import Invoice, Person
from exigible.simulation.world import Colleague, House, World
from exigible.store.models import DailyRun, Proposal, User

PARIS = ZoneInfo("Europe/Paris")
HOLD_REASONS = (
    "Accord commercial en cours de négociation.",
    "Avoir promis par le commerce, en attente d’émission.",
    "Chantier réceptionné la semaine prochaine, règlement à la réception.",
)
BANK_WORDS = {"transfer": "VIR", "cheque": "REM CHQ", "card": "CB", "direct_debit": "PRLV"}
NOTES = (
    "Cliente fidèle depuis dix ans : prévenir le commerce avant toute mise en demeure.",
    "Nouveau comptable depuis la rentrée, dossier à reprendre avec lui.",
    "Demande les factures par e-mail uniquement.",
    "Le siège paie le 10 et le 25, jamais entre les deux.",
)


def moment(on: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment of a day, Paris time."""
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=PARIS)


class Books(Protocol):
    """Where accounting posts: the product, or a paper ledger before the product was there.

    `finds_out`: of the money that names no invoice, the share that is placed as it is posted.
    """

    @property
    def finds_out(self) -> float: ...

    def invoice(self, rows: Sequence[tuple[Person, Invoice]], *, at: datetime) -> None: ...

    def receive(self, rows: Sequence[Receipt], *, at: datetime) -> list[int]: ...

    def comes_back(self, payment_id: int, *, on: date, at: datetime) -> None: ...

    def fail(self, person: Person, *, on: date, at: datetime) -> None: ...


@dataclass(slots=True)
class _Sent:
    """A cheque or debit that will come back, and what it had paid."""

    on: date
    payment_id: int
    cents: int
    pays: tuple[tuple[Invoice, int], ...]


@dataclass(slots=True)
class _Correction:
    """A credit note on its way."""

    on: date
    person: Person
    invoice: Invoice
    cents: int


@dataclass(slots=True)
class Play:
    """The world in motion. `books` is where accounting posts today."""

    world: World
    books: Books
    colleagues: dict[str, User] = field(default_factory=dict)
    returning: list[_Sent] = field(default_factory=list)
    corrections: list[_Correction] = field(default_factory=list)
    mail_back: list[tuple[date, Person]] = field(default_factory=list)
    invoiced_cents: int = 0
    received_cents: int = 0  # credit notes included, less what came back
    _billing: dict[date, list[tuple[House, Person, date, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _months: set[date] = field(default_factory=set)
    _by_account: dict[int, Person] = field(default_factory=dict)
    _post: doing.Post | None = None

    # ---- accounting

    def accounting(self, on: date) -> None:
        """Post what the day brings: invoices, money, what comes back, credit notes, judgments."""
        self._failures(on)
        self._invoices(on)
        if is_working_day(on):
            self._money(on)
            self._returns(on)
            self._credit_notes(on)

    def _failures(self, on: date) -> None:
        for person in self.world.people:
            if person.fails_on is not None and person.fails_on <= on and not person.failed:
                person.failed = True
                person.coming.clear()  # earlier debts may no longer be paid
                if any(one.left_cents for one in person.invoices):
                    self.books.fail(person, on=on, at=moment(on, 5))

    def _invoices(self, on: date) -> None:
        month = on.replace(day=1)
        if month not in self._months:
            self._months.add(month)
            for house in self.world.houses:
                for person in house.people:
                    for issued, due, cents in person.billed(month):
                        self._billing[issued].append((house, person, due, cents))
        rows = []
        for house, person, due, cents in self._billing.pop(on, ()):
            if self._stopped(person, on):
                continue
            rows.append(
                (
                    person,
                    Invoice(
                        claim_id=0,
                        ref=house.next_ref(on),
                        issued_on=on,
                        due_on=due,
                        amount_cents=cents,
                        left_cents=cents,
                    ),
                )
            )
        if rows:
            self.books.invoice(rows, at=moment(on, 5, 10))
            self.invoiced_cents += sum(one.amount_cents for _, one in rows)
        for person, invoice in rows:
            person.receive(invoice)
            luck = person.luck.random()
            if luck < 0.015:
                cents = invoice.amount_cents * person.luck.randint(5, 40) // 100
                later = next_working_day(on + timedelta(days=person.luck.randint(4, 30)))
                self.corrections.append(_Correction(later, person, invoice, max(cents, 1)))

    def _stopped(self, person: Person, on: date) -> bool:
        """Nothing is sold to who is long overdue, nor to who is wound up; a lease goes on."""
        if person.failed:
            return person.failure == "liquidation" or person.luck.random() < 0.6
        if person.billing.whole_month:
            return False
        return any(
            one.left_cents > one.disputed_cents and (on - one.due_on).days > 75
            for one in person.invoices
        )

    def _money(self, on: date) -> None:
        rows: list[Receipt] = []
        kept = []
        for person in self.world.people:
            for payment in person.arriving(on):
                receipt = self._receipt(person, payment.refs, payment.cents, payment.named)
                if receipt is None:
                    continue
                pays, cents = receipt
                # Some bank lines are posted a day or two after the money came.
                value_date = on - timedelta(days=person.luck.choice((0, 0, 0, 1, 2)))
                oldest = min((one.issued_on for one, _ in pays), default=value_date)
                rows.append(
                    Receipt(
                        person=person,
                        way=payment.way,
                        cents=cents,
                        value_date=max(value_date, oldest),
                        label=_bank_label(person, payment.way, pays),
                        pays=pays,
                    )
                )
                kept.append(payment)
        if not rows:
            return
        ids = self.books.receive(rows, at=moment(on, 5, 20))
        self.received_cents += sum(row.cents for row in rows)
        for payment_id, payment, row in zip(ids, kept, rows, strict=True):
            for one, cents in row.pays:
                one.left_cents -= cents
            if payment.comes_back_on is not None:
                back = next_working_day(max(payment.comes_back_on, on + timedelta(days=1)))
                self.returning.append(_Sent(back, payment_id, row.cents, row.pays))

    def _receipt(
        self, person: Person, refs: Sequence[str], cents: int, named: bool
    ) -> tuple[tuple[tuple[Invoice, int], ...], int] | None:
        """Return what a payment pays, and its amount; None if there is nothing left to pay."""
        wanted = [one for one in person.invoices if one.ref in refs and one.left_cents > 0]
        owed = sum(one.left_cents for one in wanted)
        cents = min(cents, owed)
        if cents <= 0:
            return None
        if not named and person.luck.random() >= self.books.finds_out:
            for one in wanted:
                one.believed_paid = True
            return (), cents
        return tuple(_oldest_first(wanted, cents)), cents

    def _returns(self, on: date) -> None:
        here = [sent for sent in self.returning if sent.on <= on]
        self.returning = [sent for sent in self.returning if sent.on > on]
        for sent in here:
            self.books.comes_back(sent.payment_id, on=on, at=moment(on, 5, 30))
            self.received_cents -= sent.cents
            for one, cents in sent.pays:
                one.left_cents += cents
                one.believed_paid = False

    def _credit_notes(self, on: date) -> None:
        here = [one for one in self.corrections if one.on <= on]
        self.corrections = [one for one in self.corrections if one.on > on]
        rows = []
        for one in here:
            cents = min(one.cents, one.invoice.left_cents)
            if cents <= 0 or one.person.failed:
                continue
            one.invoice.left_cents -= cents
            rows.append(
                Receipt(
                    person=one.person,
                    way="credit_note",
                    cents=cents,
                    value_date=on,
                    label=f"Avoir sur {one.invoice.ref}",
                    pays=((one.invoice, cents),),
                )
            )
        if rows:
            self.books.receive(rows, at=moment(on, 5, 40))
            self.received_cents += sum(row.cents for row in rows)

    # ---- with the product

    def open(self, on: date, *, password: str, domain: str) -> None:
        """Open the houses and their people in the product."""
        at = moment(on, 4)
        for house in self.world.houses:
            doing.open_house(house, at=at)
        for colleague in self.world.colleagues:
            self.colleagues[colleague.key] = doing.create_colleague(
                email=f"{colleague.key}@{domain}",
                name=colleague.name,
                role=colleague.role,
                password=password,
                creditor_ids=[self.world.house(key).creditor_id for key in colleague.houses]
                if colleague.houses
                else None,
                at=at,
            )
        in_charge = {key: self.colleagues[c.key] for c in self._collectors() for key in c.houses}
        for house in self.world.houses:
            doing.open_accounts(house, in_charge.get(house.key), at=at)
        self._by_account = {person.account_id: person for person in self.world.people}
        dead = {
            contact.email
            for person in self.world.people
            if person.email_dead
            for contact in person.debtor.contacts
        }
        self._post = doing.Post(dead, Random(f"{self.world.seed}:post"))

    def receipts_known(self, product_id: Callable[[int], int | None]) -> None:
        """Call the receipts that may still come back by the product's ids; drop those on paper."""
        known = []
        for sent in self.returning:
            payment_id = product_id(sent.payment_id)
            if payment_id is not None:
                sent.payment_id = payment_id
                known.append(sent)
        self.returning = known

    def take_over(self, house: House, on: date) -> None:
        """Find the claims of a house that came in by its ledger files."""
        found = doing.open_claims(house.people)
        for person in house.people:
            claims = found.get(person.account_id, {})
            for one in person.invoices:
                claim = claims.get(one.ref)
                was_paid = one.left_cents == 0
                one.claim_id = claim.pk if claim else 0
                one.left_cents = claim.balance_cents if claim else 0
                one.believed_paid = was_paid or one.believed_paid
            person.invoices = [one for one in person.invoices if one.left_cents]
            if person.failed and person.invoices and person.fails_on is not None:
                doing.LiveBooks().fail(person, on=person.fails_on, at=moment(on, 19))

    def lose_answer(self) -> None:
        """Let the next message leave without an answer: nobody knows whether it arrived."""
        assert self._post is not None
        self._post.unanswered = 1

    def run(self, on: date) -> DailyRun:
        """Run the day; nothing has left yet."""
        return doing.run(on, at=moment(on, 6))

    def morning(self, on: date) -> None:
        """Let leave what may leave alone."""
        assert self._post is not None
        doing.prepare_automatic(on, at=moment(on, 6, 30))
        if is_working_day(on):
            doing.send_ready(on, self._post, at=moment(on, 9, 30))

    def office(self, on: date, *, quiet: bool = False) -> None:
        """Work the list, answer disputes, place the money that named nothing, post the letters.

        On a `quiet` day half the office is away: nobody telephones nor does his tasks, and what
        waits for a second look and the letters made stay where they are.
        """
        if not is_working_day(on):
            return
        assert self._post is not None
        luck = Random(f"{self.world.seed}:{on}")
        for colleague in self._collectors():
            self._work(colleague, on, luck, quiet=quiet)
        self._answer_disputes(on, luck)
        self._place_receipts(on, luck)
        self._incidents(on, luck)
        doing.send_ready(on, self._post, at=moment(on, 16))
        if not quiet:
            self._tidy(on, luck)
        doing.build_batches(on, at=moment(on, 17))

    def _tidy(self, on: date, luck: Random) -> None:
        """Read again what was held, take the letters to the post, look into what is uncertain."""
        for message in doing.held_messages(on):
            if luck.random() < 0.6:
                doing.look_again(
                    message, on=on, by=self.colleagues["responsable"], at=moment(on, 16, 20)
                )
        for batch in doing.unposted_batches():
            doing.post_batch(batch, on=on, by=self.colleagues["assistante"], at=moment(on, 16, 30))
        if luck.random() < 0.5:
            doing.settle_doubts(by=self.colleagues["responsable"], at=moment(on, 16, 40))

    def evening(self, on: date) -> None:
        """Debtors read what reached them."""
        reached: set[int] = set()
        for account_id, step, channel, address in doing.sent_on(on):
            person = self._by_account[account_id]
            if (channel == "email" and address in self._dead()) or person.failed:
                continue
            if channel != "email" and person.address_dead:
                self.mail_back.append((on + timedelta(days=8), person))
                continue
            if account_id not in reached and is_working_day(on):
                self._write_back(person, on)  # he disputes what he is asked for the first time
            reached.add(account_id)
            person.hear(step, on)

    def _write_back(self, person: Person, on: date) -> None:
        answer = person.writes_back(on)
        if answer is None:
            return
        self._contested(person, answer)
        collector, claims = self._collector_of(person), _claim_ids(person)
        doing.contest(person, answer, claims, on=on, by=collector, at=moment(on, 17, 30))

    def day(self, on: date) -> None:
        """Play a whole day."""
        self.accounting(on)
        self.run(on)
        self.morning(on)
        self.office(on)
        self.evening(on)

    # ---- the office

    def _collectors(self) -> list[Colleague]:
        return [one for one in self.world.colleagues if one.collects]

    def _collector_of(self, person: Person) -> User:
        for colleague in self._collectors():
            for key in colleague.houses:
                if person in self.world.house(key).people:
                    return self.colleagues[colleague.key]
        raise AssertionError(person.number)

    def _dead(self) -> set[str]:
        assert self._post is not None
        return self._post.dead

    def _work(self, colleague: Colleague, on: date, luck: Random, *, quiet: bool) -> None:
        user = self.colleagues[colleague.key]
        creditors = [self.world.house(key).creditor_id for key in colleague.houses]
        minute = 0
        steps = doing.worklist(creditors, on, doing.STEPS_A_DAY)
        if quiet:
            steps = [step for step in steps if step.channel in ("email", "letter")][:2]
        for step in steps:
            minute += 14
            at = moment(on, 10) + timedelta(minutes=minute)
            person = self._by_account[step.account_id]
            if step.channel == "call":
                self._call(step, person, on, user, at)
            elif step.channel == "task":
                doing.done(step, by=user, at=at)
            elif step.held_reason:
                self._unblock(step, person, on, luck, user, at)
            else:
                self._written(step, on, luck, user, at)
        for one in doing.tasks_due(user, on):
            if luck.random() < 0.7 and not quiet:
                doing.finish(one, by=user, at=moment(on, 15))

    def _call(self, step: Proposal, person: Person, on: date, user: User, at: datetime) -> None:
        answer = person.speak(on)
        try:
            doing.call(step, answer, _claim_ids(person), on=on, by=user, at=at)
        except Refused:
            # What he says does not stand (more than he owes): noted as a call, no more.
            plain = type(answer)(outcome="other", note=answer.note)
            doing.call(step, plain, {}, on=on, by=user, at=at)
            return
        self._contested(person, answer)

    def _contested(self, person: Person, answer: object) -> None:
        ref = getattr(answer, "disputed_ref", "")
        for one in person.invoices:
            if ref and one.ref == ref:
                one.disputed_cents += getattr(answer, "disputed_cents", 0)

    def _written(self, step: Proposal, on: date, luck: Random, user: User, at: datetime) -> None:
        draw = luck.random()
        if draw < 0.03:
            doing.dismiss(step, "Vu avec le commerce, on attend.", by=user, at=at)
        elif draw < 0.07:
            doing.postpone(step, add_working_days(on, 4), on=on, by=user, at=at)
        else:
            doing.approve(step, on=on, by=user, at=at)

    def _unblock(
        self, step: Proposal, person: Person, on: date, luck: Random, user: User, at: datetime
    ) -> None:
        """A step came back: look for the address, or try again, or leave it for another day."""
        draw = luck.random()
        missing = not (person.debtor.address_line1 and person.debtor.postcode)
        if (missing or person.address_dead) and draw < 0.5:
            doing.find_address(
                person, "2 chemin de la Grange", "35900", "Valbrécourt", on=on, by=user, at=at
            )
            person.address_dead = False
            doing.approve(step, on=on, by=user, at=at)
        elif draw < 0.75:
            doing.postpone(step, add_working_days(on, 5), on=on, by=user, at=at)
        elif draw < 0.9:
            doing.approve(step, on=on, by=user, at=at)
        else:
            doing.dismiss(step, "Sans adresse utilisable, on appellera.", by=user, at=at)

    def _answer_disputes(self, on: date, luck: Random) -> None:
        sales = self.colleagues["commercial"]
        for dispute in doing.open_disputes():
            if luck.random() >= 0.04:
                continue
            person = self._by_account[dispute.account_id]
            [invoice] = [one for one in person.invoices if one.claim_id == dispute.claim_id]
            draw = luck.random()
            outcome, accepted = "rejected", 0
            if draw < 0.35:
                outcome, accepted = "upheld", dispute.amount_cents
            elif draw < 0.6 and dispute.amount_cents > 1:
                outcome, accepted = "partial", dispute.amount_cents // 2
            doing.close_dispute(
                dispute.pk,
                outcome=outcome,
                accepted_cents=accepted if outcome == "partial" else None,
                on=on,
                by=sales,
                at=moment(on, 14),
            )
            invoice.disputed_cents = max(invoice.disputed_cents - dispute.amount_cents, 0)
            if accepted:
                later = next_working_day(on + timedelta(days=luck.randint(2, 8)))
                self.corrections.append(_Correction(later, person, invoice, accepted))

    def _place_receipts(self, on: date, luck: Random) -> None:
        """The accountant finds out, in time, what most of the unnamed money pays."""
        accountant = self.colleagues["comptable"]
        for payment in doing.unplaced():
            if luck.random() >= 0.12:
                continue
            person = self._by_account[payment.account_id]
            open_ones = [one for one in person.invoices if one.left_cents > 0 and one.claim_id]
            pays = _oldest_first(open_ones, payment.unallocated_cents)
            if not pays:
                continue
            doing.place(payment.pk, pays, by=accountant, at=moment(on, 15, 30))
            for one, cents in pays:
                one.left_cents -= cents
                one.believed_paid = one.left_cents == 0

    def _incidents(self, on: date, luck: Random) -> None:
        """What happens now and then: a suspension, a note, a task, mail that comes back."""
        here = [person for day, person in self.mail_back if day <= on]
        self.mail_back = [(day, person) for day, person in self.mail_back if day > on]
        for person in here:
            doing.mail_came_back(person, on=on, by=self.colleagues["assistante"], at=moment(on, 11))
        late = [
            person
            for person in self.world.people
            if not person.failed
            and any(one.left_cents and one.due_on < on for one in person.invoices)
        ]
        if not late:
            return
        if luck.random() < 0.2:
            person = luck.choice(late)
            oldest = min(
                (one for one in person.invoices if one.left_cents and one.due_on < on),
                key=lambda one: one.due_on,
            )
            doing.hold(
                person,
                reason=luck.choice(HOLD_REASONS),
                ends_on=on + timedelta(days=luck.randint(5, 20)),
                claim_id=oldest.claim_id if luck.random() < 0.5 else None,
                on=on,
                by=self.colleagues["responsable"],
                at=moment(on, 11, 30),
            )
        if luck.random() < 0.3:
            person = luck.choice(late)
            doing.note(
                person,
                luck.choice(NOTES),
                on=on,
                by=self._collector_of(person),
                at=moment(on, 12),
            )
        if luck.random() < 0.3:
            person = luck.choice(late)
            doing.task(
                person,
                luck.choice(("Rappeler la comptabilité", "Demander le bon de livraison signé")),
                add_working_days(on, luck.randint(1, 4)),
                on=on,
                by=self._collector_of(person),
                at=moment(on, 12, 10),
            )


def _oldest_first(invoices: Iterable[Invoice], cents: int) -> list[tuple[Invoice, int]]:
    """Spread an amount over invoices, the oldest due first."""
    pays = []
    for one in sorted(invoices, key=lambda one: (one.due_on, one.ref)):
        part = min(one.left_cents, cents)
        if part > 0:
            pays.append((one, part))
            cents -= part
    return pays


def _bank_label(person: Person, way: str, pays: Sequence[tuple[Invoice, int]]) -> str:
    """Return what the bank line says: the invoices, or only a name."""
    head = BANK_WORDS[way]
    if pays:
        return f"{head} " + " ".join(one.ref for one, _ in pays[:4])
    return f"{head} {person.debtor.name[:24].upper()}"


def _claim_ids(person: Person) -> dict[str, int]:
    return {one.ref: one.claim_id for one in person.invoices}
