"""What the play does to the product: every act of its people, through the operations.

This is the one place where the simulation touches the operations. Each act takes its moment from
the play; none looks at a clock.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.db.models import Count, QuerySet, Sum

from exigible.channels.delivery import Delivered, Session, Uncertain, Undelivered
from exigible.domain.refusals import Refused
from exigible.domain.text_keys import name_key
from exigible.intake.report import ImportReport
from exigible.operations import (
    check,
    completing,
    contacts,
    creditors,
    daily_run,
    disputes,
    documents,
    duplicates,
    exhibit_intake,
    holds,
    imports,
    journal,
    letter_batches,
    messages,
    opening,
    payments,
    people,
    proposals,
    sending,
)
from exigible.operations.acts import By
from exigible.operations.bootstrap import ensure_strategies
from exigible.operations.creditors import CreditorFacts
from exigible.operations.matching import remittances, running
from exigible.operations.matching import settings as matching_settings
from exigible.operations.opening import NewAccount, NewClaim
from exigible.operations.payments import NewPayment
from exigible.operations.people import PersonFacts
from exigible.simulation.people import Answer, Invoice, Person
from exigible.simulation.world import House
from exigible.store.models import (
    Account,
    AccountFigures,
    Call,
    Channel,
    Claim,
    Creditor,
    DailyRun,
    Dispute,
    Hold,
    JournalEntry,
    LetterBatch,
    Message,
    MessageStatus,
    Payment,
    Portfolio,
    Promise,
    Proposal,
    ProposalStatus,
    StoredDocument,
    Task,
    User,
)

STEPS_A_DAY = 16  # what a collector gets through
ACCOUNTING = By.job("accounting")
NIGHT = By.job("daily_run")


# ---- opening the houses


def open_house(house: House, *, at: datetime) -> None:
    """Open a creditor and its portfolios."""
    ensure_strategies()
    creditor = creditors.create_creditor(
        CreditorFacts(**house.creditor), portfolio=house.portfolios[0], by=ACCOUNTING, at=at
    )
    creditors.add_bank_account(creditor.pk, iban=house.iban, bic=house.bic, by=ACCOUNTING, at=at)
    house.creditor_id = creditor.pk
    for name in house.portfolios[1:]:
        people.create_portfolio(creditor.pk, name, by=ACCOUNTING, at=at)


def open_accounts(house: House, collector: User | None, *, at: datetime) -> None:
    """Open the accounts of a house's people, in the charge of a collector."""
    rows = Portfolio.objects.filter(creditor_id=house.creditor_id)
    portfolios = {row.name: row.pk for row in rows}
    accounts = opening.open_accounts(
        house.creditor_id,
        [
            NewAccount(
                number=person.number,
                debtor=person.debtor,
                portfolio_id=portfolios[person.portfolio],
                collector_id=collector.pk if collector else None,
                term_days=person.billing.term_days,
                term_method=person.billing.term_method,
                credit_limit_cents=person.limit_cents,
            )
            for person in house.people
        ],
        by=ACCOUNTING,
        at=at,
    )
    for person, account in zip(house.people, accounts, strict=True):
        person.account_id, person.debtor_id = account.pk, account.debtor_id


def create_colleague(
    *,
    email: str,
    name: str,
    role: str,
    password: str,
    creditor_ids: Sequence[int] | None,
    at: datetime,
) -> User:
    """Create someone who works on the portfolios of some creditors (None: of all)."""
    portfolio_ids: list[int] = []
    if creditor_ids is not None:
        rows = Portfolio.objects.filter(creditor_id__in=creditor_ids)
        portfolio_ids = list(rows.values_list("pk", flat=True))
    facts = PersonFacts(
        email=email,
        name=name,
        role=role,
        portfolio_ids=portfolio_ids,
        all_portfolios=creditor_ids is None,
    )
    invited = people.invite_user(facts, by=ACCOUNTING, at=at)
    return people.choose_password(invited.pk, password, by=ACCOUNTING, at=at)


# ---- accounting


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money (or a credit note) that accounting records, and what it pays."""

    person: Person
    way: str
    cents: int
    value_date: date
    label: str
    pays: tuple[tuple[Invoice, int], ...] = ()


class LiveBooks:
    """Accounting that posts to the product; what pays nothing by name waits for someone."""

    finds_out = 0.0

    def invoice(self, rows: Sequence[tuple[Person, Invoice]], *, at: datetime) -> None:
        """Record invoices of many accounts; each then knows its claim."""
        by_account: dict[int, list[NewClaim]] = {}
        in_order: dict[int, list[Invoice]] = {}
        for person, row in rows:
            by_account.setdefault(person.account_id, []).append(
                NewClaim(
                    ref=row.ref,
                    amount_cents=row.amount_cents,
                    issued_on=row.issued_on,
                    due_on=row.due_on,
                    kind=person.billing.kind,
                    label=person.billing.label,
                )
            )
            in_order.setdefault(person.account_id, []).append(row)
        claims = opening.record_claims_of_many(by_account, by=ACCOUNTING, at=at)
        flat = [row for account_rows in in_order.values() for row in account_rows]
        for row, claim in zip(flat, claims, strict=True):
            row.claim_id = claim.pk

    def receive(self, rows: Sequence[Receipt], *, at: datetime) -> list[int]:
        """Record receipts of many accounts; return the payments' ids."""
        recorded = payments.record_payments(
            [
                NewPayment(
                    account_id=row.person.account_id,
                    kind=row.way,
                    amount_cents=row.cents,
                    value_date=row.value_date,
                    label=row.label,
                    allocations=[(one.claim_id, cents) for one, cents in row.pays],
                )
                for row in rows
            ],
            by=ACCOUNTING,
            at=at,
        )
        return [payment.pk for payment in recorded]

    def comes_back(self, payment_id: int, *, on: date, at: datetime) -> None:
        """Take back an unpaid cheque or a rejected debit."""
        payments.reverse_payment(
            payment_id, on=on, by=ACCOUNTING, at=at, reason="Impayé retourné par la banque"
        )

    def fail(self, person: Person, *, on: date, at: datetime) -> None:
        """Record the judgment that opens a collective procedure."""
        opening.record_insolvency(
            person.debtor_id, kind=person.failure, opened_on=on, by=ACCOUNTING, at=at
        )


def unplaced() -> list[Payment]:
    """Return the receipts of which something is left to allocate, oldest first."""
    live = Payment.objects.filter(amount_cents__gt=0, reversed_by__isnull=True)
    return [row for row in live.order_by("value_date", "id") if row.unallocated_cents > 0]


def place(payment_id: int, pays: Sequence[tuple[Invoice, int]], *, by: User, at: datetime) -> None:
    """Say what an unallocated receipt pays."""
    payments.allocate(
        payment_id, [(one.claim_id, cents) for one, cents in pays], by=By.user(by), at=at
    )


def open_twice(house: House, people: Sequence[Person], *, at: datetime) -> None:
    """Open a second account for debtors who have one, typed by another hand and less complete."""
    opening.open_accounts(
        house.creditor_id,
        [
            NewAccount(
                number=f"{person.number}B",
                debtor=replace(
                    person.debtor,
                    name=name_key(person.debtor.name).upper(),
                    siren="",
                    siret="",
                    vat_number="",
                ),
                portfolio_id=Portfolio.objects.get(
                    creditor_id=house.creditor_id, name=person.portfolio
                ).pk,
            )
            for person in people
        ],
        by=ACCOUNTING,
        at=at,
    )


def find_duplicates(*, at: datetime) -> int:
    """Look for duplicates, as the night does; return how many pairs are found."""
    return duplicates.search_duplicates(at=at).pairs


def import_ledger(house: House, content: bytes, *, closing: date, by: User, at: datetime) -> None:
    """Bring a ledger file in, as from the page; it must be taken whole."""
    creditor = Creditor.objects.get(pk=house.creditor_id)
    report = import_file(
        house, content, name=f"{creditor.siren}FEC{closing:%Y%m%d}.txt", by=by, at=at
    )
    if not report.accepted:
        raise AssertionError([problem.message for problem in report.problems[:5]])


def import_file(
    house: House, content: bytes, *, name: str, partial: bool = False, by: User, at: datetime
) -> ImportReport:
    """Bring a file in, as from the page; return what was understood of it."""
    batch = imports.receive_file(
        content,
        name=name,
        creditor=Creditor.objects.get(pk=house.creditor_id),
        partial=partial,
        by=By.user(by),
        at=at,
    )
    return imports.run_import(batch.pk, at=at)


def payable_claims(house: House, on: date) -> list[Claim]:
    """Return the open invoices of a house that its healthy debtors may pay, by account and number."""
    return list(
        Claim.objects.filter(
            account__creditor_id=house.creditor_id,
            account__debtor__insolvency_opened_on__isnull=True,
            account__phase="amiable",
            balance_cents__gt=20_000,
            issued_on__lte=on,
        )
        .exclude(ref="")
        .exclude(disputes__closed_on__isnull=True, disputes__isnull=False)
        .select_related("account__debtor")
        .order_by("account__number", "due_on", "ref")
    )


def receipts(house: House, since: date, until: date) -> list[Payment]:
    """Return the money a house received in some days, by day."""
    return list(
        Payment.objects.filter(
            account__creditor_id=house.creditor_id,
            amount_cents__gt=0,
            value_date__gte=since,
            value_date__lte=until,
            reversed_by__isnull=True,
        )
        .exclude(kind="credit_note")
        .select_related("account__debtor")
        .order_by("value_date", "pk")
    )


def set_matching(house: House, values: Mapping[str, object], *, by: User, at: datetime) -> None:
    """Change the rules of matching of a house."""
    matching_settings.save_settings(house.creditor_id, values, by=By.user(by), at=at)


def drop_remittance(house: House, name: str, content: bytes, *, by: User, at: datetime) -> None:
    """Drop an advice, a statement or a slip."""
    remittances.receive(content, name=name, creditor_id=house.creditor_id, by=By.user(by), at=at)


def match_lines(house: House, *, at: datetime) -> None:
    """Match the bank lines of a house, as its job does."""
    running.run_matching(house.creditor_id, at=at)


def open_claims(people: Sequence[Person]) -> dict[int, dict[str, Claim]]:
    """Return the claims with something left, by account and number."""
    found: dict[int, dict[str, Claim]] = {}
    ids = [person.account_id for person in people]
    for claim in Claim.objects.filter(account_id__in=ids).exclude(balance_cents=0):
        found.setdefault(claim.account_id, {})[claim.ref] = claim
    return found


def oldest_claims(house: House, number: int) -> list[Claim]:
    """Return the oldest open invoices of a house, one an account."""
    claims = (
        Claim.objects.filter(account__creditor_id=house.creditor_id, balance_cents__gt=0)
        .exclude(ref="")
        .select_related("account__debtor")
        .order_by("due_on", "ref")[:200]
    )
    by_account = {claim.account_id: claim for claim in reversed(claims)}
    return sorted(by_account.values(), key=lambda claim: (claim.due_on, claim.ref))[:number]


def drop_paper(
    house: House, name: str, content: bytes, *, account_id: int | None, by: User, at: datetime
) -> None:
    """Drop a document, as from the page, and read it at once."""
    drop = exhibit_intake.receive(
        [(name, io.BytesIO(content))],
        creditor_id=house.creditor_id,
        account_id=account_id,
        queued=False,
        by=By.user(by),
        at=at,
    )
    exhibit_intake.read_drop(drop, at=at)


# ---- the house's journal


def refuse_if_not_empty() -> None:
    """Refuse to play anything beside a creditor or a user."""
    if Creditor.objects.exists() or User.objects.exists():
        raise Refused(
            "not_empty",
            "Cette base contient déjà des données, et un monde fictif demande une base vide. "
            "Donnez-lui un dossier à lui (EXIGIBLE_HOME).",
        )


def house_says(action: str) -> bool:
    """Say whether the house's journal holds an act."""
    return JournalEntry.objects.filter(account=None, action=action).exists()


def set_stray_files_aside(*, at: datetime) -> None:
    """Move away the files that an interrupted load left: no row of this empty database names them."""
    if StoredDocument.objects.exists():
        return
    folder = documents.documents_folder()
    check.set_orphans_aside(
        [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else [],
        folder=folder,
        at=at,
    )


def counted() -> dict[str, object]:
    """Return what the database holds, for a summary."""
    totals = AccountFigures.objects.aggregate(
        balance_cents=Sum("balance_cents", default=0), overdue_cents=Sum("overdue_cents", default=0)
    )
    return {
        **totals,
        "accounts": Account.objects.count(),
        "claims": Claim.objects.count(),
        "payments": Payment.objects.count(),
        "proposals": _by(Proposal.objects.all(), "status"),
        "messages": _by(Message.objects.all(), "status"),
        "calls": Call.objects.count(),
        "promises": Promise.objects.count(),
        "disputes": Dispute.objects.count(),
        "holds": Hold.objects.count(),
    }


def _by(rows: QuerySet[Any], name: str) -> dict[str, int]:
    counts = rows.order_by(name).values_list(name).annotate(number=Count("pk"))
    return dict(counts)


def mark_house(action: str, *, at: datetime, **facts: object) -> None:
    """Add a line to the house's journal."""
    journal.append(
        journal.Act(account_id=None, actor=ACCOUNTING.actor, action=action, facts=facts), at=at
    )


# ---- the night and what leaves


def run(on: date, *, at: datetime) -> DailyRun:
    """Run the day, shards in line."""
    return daily_run.run_in_line(on, today=on, by=NIGHT, at=at)


class Post:
    """The way out of the simulated world: accepts, refuses dead addresses, sometimes never answers."""

    def __init__(self, dead: set[str], luck: Random, *, silence: float = 0.002) -> None:
        self.dead, self.luck, self.silence = dead, luck, silence
        self.accepted = 0
        self.unanswered = 0  # so many of the next messages get no answer

    @contextmanager
    def session(self) -> Iterator[Session]:
        yield self

    def send(self, data: bytes, *, sender: str, recipient: str) -> Delivered:
        if recipient in self.dead:
            raise Undelivered(
                f"L’adresse {recipient} n’existe pas.",
                permanent=True,
                answer="550 5.1.1 utilisateur inconnu",
                bad_address=True,
            )
        if self.luck.random() < self.silence or self.unanswered > 0:
            self.unanswered = max(self.unanswered - 1, 0)
            raise Uncertain("Le serveur a reçu le message et n’a pas répondu.")
        self.accepted += 1
        return Delivered(f"250 2.0.0 accepté, file {self.accepted:06d}")


def prepare_automatic(on: date, *, at: datetime) -> None:
    """Write the messages of the steps that leave alone."""
    while messages.prepare_approved(on=on, by=NIGHT, at=at):
        pass


def send_ready(on: date, post: Post, *, at: datetime) -> None:
    """Send the e-mails that are ready and whose hour has come."""
    while sending.send_due(at=at, on=on, transport=post):
        pass


def build_batches(on: date, *, at: datetime) -> list[LetterBatch]:
    """Make the day's letters into batches for the printer."""
    return letter_batches.build_batches(on=on, at=at, by=NIGHT)


def post_batch(batch: LetterBatch, *, on: date, by: User, at: datetime) -> None:
    """Take a batch to the post; made again first if facts overtook its letters."""
    try:
        letter_batches.mark_printed(batch.pk, by=By.user(by), at=at, on=on)
    except Refused:
        again = letter_batches.rebuild_batch(batch.pk, on=on, at=at, by=By.user(by))
        if again is not None:
            letter_batches.mark_printed(again.pk, by=By.user(by), at=at, on=on)


def unposted_batches() -> list[LetterBatch]:
    """Return the batches built and not posted."""
    return list(LetterBatch.objects.filter(printed_at__isnull=True).order_by("id"))


def sent_on(on: date) -> list[tuple[int, str, str, str]]:
    """Return what left on a day: account, step, channel, message's address."""
    rows = Message.objects.filter(sent_on=on).order_by("id")
    return [
        (account_id, step or template, channel, address)
        for account_id, step, template, channel, address in rows.values_list(
            "account_id", "proposal__action", "template", "channel", "to_address"
        )
    ]


# ---- the office


def worklist(creditor_ids: Sequence[int], on: date, limit: int) -> list[Proposal]:
    """Return the open steps of some creditors, in the order of the worklist."""
    rows = (
        Proposal.objects.filter(status=ProposalStatus.OPEN)
        .filter(account__creditor_id__in=creditor_ids)
        .exclude(show_from__gt=on)
        .order_by("-rank", "id")
    )
    return list(rows[:limit])


def approve(step: Proposal, *, on: date, by: User, at: datetime) -> bool:
    """Approve a written step: its message is prepared and ready. False if it may not leave."""
    proposals.approve(step.pk, by=By.user(by), at=at)
    try:
        messages.prepare(proposal_id=step.pk, by=By.user(by), at=at, on=on)
    except Refused as refusal:
        messages.give_back(step.pk, refusal.message, by=By.user(by), at=at)
        return False
    return True


def dismiss(step: Proposal, note: str, *, by: User, at: datetime) -> None:
    proposals.dismiss(step.pk, by=By.user(by), at=at, note=note)


def postpone(step: Proposal, until: date, *, on: date, by: User, at: datetime) -> None:
    proposals.postpone(step.pk, until=until, on=on, by=By.user(by), at=at, note="À revoir")


def done(step: Proposal, *, by: User, at: datetime) -> None:
    proposals.mark_done(step.pk, by=By.user(by), at=at)


def call(
    step: Proposal, answer: Answer, claims: Mapping[str, int], *, on: date, by: User, at: datetime
) -> None:
    """Note a call with what came of it."""
    promised = None
    contested = None
    if answer.outcome == "promise" and answer.promised_on is not None:
        promised = contacts.Promised(amount_cents=answer.promised_cents, due_on=answer.promised_on)
    if answer.outcome == "dispute":
        contested = _contested(answer, claims, on)
    contacts.settle_call(
        step.account_id,
        outcome=answer.outcome,
        on=on,
        note=answer.note,
        promised=promised,
        contested=contested,
        proposal_id=step.pk,
        by=By.user(by),
        at=at,
    )


def contest(
    person: Person, answer: Answer, claims: Mapping[str, int], *, on: date, by: User, at: datetime
) -> None:
    """Note a dispute that came in writing."""
    contested = _contested(answer, claims, on)
    disputes.open_dispute(
        person.account_id,
        claim_id=contested.claim_id,
        amount_cents=contested.amount_cents,
        reason=contested.reason,
        answer_due_on=contested.answer_due_on,
        holder=contested.holder,
        on=on,
        by=By.user(by),
        at=at,
    )


def close_dispute(
    dispute_id: int, *, outcome: str, accepted_cents: int | None, on: date, by: User, at: datetime
) -> None:
    disputes.close_dispute(
        dispute_id, outcome=outcome, accepted_cents=accepted_cents, on=on, by=By.user(by), at=at
    )


def open_disputes() -> list[Dispute]:
    return list(Dispute.objects.filter(closed_on__isnull=True).order_by("id"))


def hold(
    person: Person,
    *,
    reason: str,
    ends_on: date,
    claim_id: int | None = None,
    on: date,
    by: User,
    at: datetime,
) -> None:
    holds.place_hold(
        person.account_id,
        reason=reason,
        ends_on=ends_on,
        claim_id=claim_id,
        on=on,
        by=By.user(by),
        at=at,
    )


def note(person: Person, text: str, *, on: date, by: User, at: datetime) -> None:
    contacts.record_note(person.account_id, text=text, on=on, by=By.user(by), at=at)


def task(person: Person, label: str, due_on: date, *, on: date, by: User, at: datetime) -> None:
    contacts.add_task(
        person.account_id,
        label=label,
        due_on=due_on,
        on=on,
        assigned_to_id=by.pk,
        by=By.user(by),
        at=at,
    )


def tasks_due(by: User, on: date) -> list[Task]:
    return list(Task.objects.filter(assigned_to=by, done_at__isnull=True, due_on__lte=on))


def finish(one: Task, *, by: User, at: datetime) -> None:
    contacts.finish_task(one.pk, by=By.user(by), at=at)


def find_address(
    person: Person, line: str, postcode: str, city: str, *, on: date, by: User, at: datetime
) -> None:
    """Complete an address that was missing, or from which mail came back."""
    facts = completing.DebtorFacts(address_line1=line, postcode=postcode, city=city)
    completing.complete_debtor(person.account_id, facts, on=on, by=By.user(by), at=at)


def mail_came_back(person: Person, *, on: date, by: User, at: datetime) -> None:
    """Note that the post returned a letter: the address is no good."""
    completing.record_returned_mail(person.account_id, on=on, by=By.user(by), at=at)


def held_messages(on: date) -> list[Message]:
    """Return the messages held before a day, oldest first."""
    held = Message.objects.filter(status=MessageStatus.HELD, created_at__date__lt=on)
    return list(held.order_by("id"))


def look_again(message: Message, *, on: date, by: User, at: datetime) -> None:
    """Read a held message as it would leave today, and let it leave; else give it up."""
    try:
        messages.approve_message(message.pk, by=By.user(by), at=at, on=on)
    except Refused:
        messages.cancel_message(message.pk, by=By.user(by), at=at)


def settle_doubts(*, by: User, at: datetime) -> None:
    """Look into the messages nobody knows about: most did leave."""
    for message in Message.objects.filter(status=MessageStatus.UNCERTAIN).order_by("id"):
        messages.resolve_uncertain(
            message.pk, outcome="sent", by=By.user(by), at=at, note="Vu dans le journal du serveur."
        )


def claims_of(account_id: int) -> dict[str, Claim]:
    """Return an account's claims by number."""
    return {claim.ref: claim for claim in Claim.objects.filter(account_id=account_id)}


def _contested(answer: Answer, claims: Mapping[str, int], on: date) -> contacts.Contested:
    return contacts.Contested(
        claim_id=claims[answer.disputed_ref],
        amount_cents=answer.disputed_cents,
        reason=answer.reason,
        answer_due_on=on + timedelta(days=21),
        holder="Service commercial",
    )


def email_waits() -> bool:
    """Say whether an e-mail is ready to leave."""
    return Message.objects.filter(status=MessageStatus.READY, channel=Channel.EMAIL).exists()
