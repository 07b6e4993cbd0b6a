"""One run over a creditor's waiting lines: what is certain is booked, the rest is proposed.

Safe to repeat, to interrupt and to start twice: a lock a creditor, the lines booked by batches, each
one transaction that checks again, under the accounts' locks, that the claims still owe what is paid.
A line that somebody settled meanwhile is left to him.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from exigible.domain.matching import Kind, Proposal, match_lines
from exigible.domain.refusals import Refused
from exigible.operations import queueing
from exigible.operations.acts import By
from exigible.operations.matching import ledger
from exigible.operations.matching.booking import Booking, book, journal_house
from exigible.operations.matching.converting import Answer, Converter
from exigible.operations.matching.loading import Loaded, WaitingLine, load
from exigible.operations.matching.settings import settings_of
from exigible.store import locks
from exigible.store.models import (
    Account,
    BankLine,
    BankLineMatch,
    Claim,
    Creditor,
    LineDecision,
    MatchingRun,
    Payment,
)

BATCH = 500  # lines booked in one transaction
Progress = Callable[[str, int, int], None]
JOB = By.job("matching")
_WRITTEN = [
    "run", "kind", "account", "confidence", "automatic", "reasons", "parts", "fees_cents", "reverses",
    "candidates", "accounts", "gap", "gap_cents", "remittance", "updated_at",
]  # fmt: skip


class AlreadyMatching(Refused):
    """Another process is matching this creditor's lines."""

    def __init__(self) -> None:
        super().__init__(
            "already_matching", "Le rapprochement de ce créancier est déjà en cours : patientez."
        )


def run_matching(
    creditor_id: int,
    *,
    by: By = JOB,
    at: datetime,
    line_ids: Sequence[int] = (),
    progress: Progress | None = None,
) -> MatchingRun:
    """Match what waits of a creditor; `line_ids` narrows it to some lines.

    Raise AlreadyMatching while another process is on it.
    """
    creditor = Creditor.objects.get(pk=creditor_id)
    tell = progress or (lambda phase, done, total: None)
    with _lock(creditor_id):
        run = MatchingRun.objects.create(creditor=creditor, started_at=at, started_by=by.actor)
        ledger.hand_over(creditor_id, at=at)
        tell("Créances et lignes", 0, 1)
        loaded = load(creditor, settings_of(creditor_id), line_ids=line_ids)
        answers = _answers(loaded, run, at, tell)
        _book_certain(run, answers, loaded, at, tell)
        if run.booked:
            ledger.hand_over(creditor_id, at=at)
        _keep(run, answers, at)
        run.finished_at, run.lines = at, len(loaded.lines)
        run.waiting = run.lines - run.booked - run.set_aside - run.proposed
        with transaction.atomic():
            run.save()
            if run.lines:
                journal_house(
                    "lines_matched",
                    f"creditor:{creditor_id}",
                    by,
                    at,
                    run=run.pk,
                    lines=run.lines,
                    booked=run.booked,
                    booked_cents=run.booked_cents,
                    set_aside=run.set_aside,
                    proposed=run.proposed,
                    waiting=run.waiting,
                )
    if run.booked and any(_returns_of_this_run(one) for _, one in answers.values()):
        queueing.queue_matching(creditor_id, actor=by.actor)
    return run


def _returns_of_this_run(answer: Answer) -> bool:
    """Say whether a line takes back what this very run booked: the next one knows that payment."""
    return answer.row.kind == Kind.RETURN and not (answer.row.reverses or answer.row.candidates)


def _answers(
    loaded: Loaded, run: MatchingRun, at: datetime, tell: Progress
) -> dict[int, tuple[WaitingLine, Answer]]:
    """Ask the engine about every line; return its answers in the database's terms."""
    given = [(line, line.for_engine()) for line in loaded.lines.values()]
    found = match_lines(
        loaded.book,
        [one for _, lines in given for one in lines],
        cheques=loaded.cheques,
        advices=loaded.advices,
        rules=loaded.rules,
        progress=lambda done, total: tell("Lecture des libellés", done, total),
    )
    by_id: Mapping[str, Proposal] = {one.line: one for one in found}
    rows = BankLineMatch.objects.in_bulk(list(loaded.lines))
    converter = Converter(loaded)
    answers: dict[int, tuple[WaitingLine, Answer]] = {}
    for line, lines in given:
        row = rows.get(line.pk) or BankLineMatch(line_id=line.pk)
        row.run, row.updated_at, row.automatic = run, at, False
        answers[line.pk] = (line, converter.answer(line, [by_id[one.id] for one in lines], row))
    return answers


# --- booking -----------------------------------------------------------------------------------


def _book_certain(
    run: MatchingRun,
    answers: dict[int, tuple[WaitingLine, Answer]],
    loaded: Loaded,
    at: datetime,
    tell: Progress,
) -> None:
    """Book what is certain, and set aside what is no customer's payment, batch by batch.

    Lines are taken in order of their days: a debit that comes back comes after what it takes back.
    """
    certain = [pk for pk, (_, answer) in answers.items() if answer.automatic]
    for start in range(0, len(certain), BATCH):
        tell("Affectation", start, len(certain))
        batch = certain[start : start + BATCH]
        with transaction.atomic():
            done = _book_batch([(pk, answers[pk][1]) for pk in batch], at)
        for pk in batch:
            line, answer = answers[pk]
            answer.row.automatic = pk in done
            if pk in done:
                run.booked += 1
                run.booked_cents += line.cents
    aside = [pk for pk, (line, one) in answers.items() if one.aside and line.state == "to_match"]
    for start in range(0, len(aside), BATCH):
        batch = aside[start : start + BATCH]
        run.set_aside += _set_aside({pk: answers[pk][1] for pk in batch}, at)
    run.proposed = sum(
        1
        for pk, (_, answer) in answers.items()
        if not answer.row.automatic
        and not answer.aside
        and (answer.row.parts or answer.row.reverses)
    )


def _book_batch(batch: Sequence[tuple[int, Answer]], at: datetime) -> set[int]:
    """Book the lines of a batch that still wait and whose claims still owe; return them."""
    lines = {
        line.pk: line
        for line in BankLine.objects.select_for_update(of=("self",))
        .filter(pk__in=[pk for pk, _ in batch], state=BankLine.State.TO_MATCH)
        .exclude(match__kept_for_people=True)  # undone while the run was reading
        .order_by("pk")
    }
    accounts = {part.account_id for _, one in batch for part in one.parts}
    taken = {payment for _, one in batch for payment in one.reverses}
    accounts |= set(Payment.objects.filter(pk__in=taken).values_list("account_id", flat=True))
    list(
        Account.objects.select_for_update().filter(pk__in=accounts).order_by("pk").values_list("pk")
    )
    claims = {claim for _, one in batch for part in one.parts for claim in part.settled()}
    still = dict(Claim.objects.filter(pk__in=claims).values_list("pk", "balance_cents"))
    notes = {note for _, one in batch for part in one.parts for note, _, _ in part.credits}
    credit = {
        pk: amount - used
        for pk, amount, used in Payment.objects.filter(
            pk__in=notes, reversed_by__isnull=True
        ).values_list("pk", "amount_cents", "allocated_cents")
    }
    reversed_ = set(
        Payment.objects.filter(reverses__in=taken).values_list("reverses_id", flat=True)
    )
    bookings = []
    for pk, answer in batch:
        if pk not in lines or not _fits(answer, still, credit, reversed_):
            continue
        bookings.append(
            Booking(
                line=lines[pk],
                parts=answer.parts,
                reverses=answer.reverses,
                fees_cents=answer.row.fees_cents,
                automatic=True,
                confidence=answer.row.confidence,
                reasons=answer.row.reasons,
            )
        )
    # A debit returned reverses its payment by itself: apart from the batch of receipts.
    done = _book([one for one in bookings if one.parts], at)
    return done | _book([one for one in bookings if not one.parts], at)


def _book(bookings: Sequence[Booking], at: datetime) -> set[int]:
    """Book lines together; one that a rule refuses waits for a person, and costs the others nothing."""
    if not bookings:
        return set()
    try:
        book(bookings, by=JOB, at=at)
    except Refused:
        if len(bookings) == 1:
            return set()
        half = len(bookings) // 2
        return _book(bookings[:half], at) | _book(bookings[half:], at)
    return {one.line.pk for one in bookings}


def _fits(
    answer: Answer, still: dict[int, int], credit: dict[int, int], reversed_: set[int]
) -> bool:
    """Say whether claims and credit notes still bear an answer; take it from them if they do."""
    settled = [item for part in answer.parts for item in part.settled().items()]
    used: dict[int, int] = {}
    for part in answer.parts:
        for note, _, cents in part.credits:
            used[note] = used.get(note, 0) + cents
    fits = (
        all(cents <= still.get(claim, 0) for claim, cents in settled)
        and all(cents <= credit.get(note, 0) for note, cents in used.items())
        and not reversed_ & set(answer.reverses)
    )
    if fits:
        for claim, cents in settled:
            still[claim] -= cents
        for note, cents in used.items():
            credit[note] -= cents
        reversed_ |= set(answer.reverses)
    return fits


def _set_aside(answers: Mapping[int, Answer], at: datetime) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE store_bankline l
                      SET state = 'set_aside', state_reason = left(v.reason, 200), state_by = %s,
                          state_at = %s
                     FROM unnest(%s::bigint[], %s::text[]) AS v(id, reason)
                    WHERE l.id = v.id AND l.state = 'to_match' RETURNING l.id""",
                [JOB.actor, at, list(answers), [one.aside for one in answers.values()]],
            )
            done = [row[0] for row in cursor.fetchall()]
        LineDecision.objects.bulk_create(
            LineDecision(
                line_id=pk,
                action=LineDecision.Action.ASIDE,
                automatic=True,
                by=JOB.actor,
                at=at,
                confidence=answers[pk].row.confidence,
                reasons=answers[pk].row.reasons,
            )
            for pk in done
        )
    for pk in done:
        answers[pk].row.automatic = True
    return len(done)


# --- keeping -----------------------------------------------------------------------------------


def _keep(run: MatchingRun, answers: dict[int, tuple[WaitingLine, Answer]], at: datetime) -> None:
    """Write the proposals anew: one row a line, whatever the number of runs."""
    rows = [answer.row for _, answer in answers.values()]
    with transaction.atomic():
        # What people settled while the run went on keeps what they settled.
        touched = set(
            BankLine.objects.filter(pk__in=list(answers), state=BankLine.State.MATCHED)
            .exclude(state_by=JOB.actor)
            .values_list("pk", flat=True)
        )
        BankLineMatch.objects.bulk_create(
            [row for row in rows if row.line_id not in touched],
            update_conflicts=True,
            unique_fields=["line"],
            update_fields=_WRITTEN,
            batch_size=1000,
        )


@contextmanager
def _lock(creditor_id: int) -> Iterator[None]:
    """Hold the creditor's lock for as long as the run lasts, across its transactions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_lock(%s, %s)", [locks.MATCHING_OF_CREDITOR, creditor_id]
        )
        if not cursor.fetchone()[0]:
            raise AlreadyMatching
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(%s, %s)", [locks.MATCHING_OF_CREDITOR, creditor_id]
                )
