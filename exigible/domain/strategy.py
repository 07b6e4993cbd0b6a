"""Which account first, which step next, and the reasons: decided on columns, for a slice of accounts.

A step is due when the account's first overdue day is at least its offset old (`≥`, never `=`: a late
run catches up). Steps of a cycle go in order, one at a time, some working days apart; a new first
overdue day opens a new cycle. What is disputed, held, promised or covered by unallocated credit is
not chased; the rest is. Nothing here sends: it proposes, and says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from exigible.domain.book import UNKNOWN_DEBTOR, Book, Figures
from exigible.domain.calendar import HolidayZone, add_working_days, is_working_day
from exigible.domain.engine import Flags, Ints

# Channels; those a person carries out are never automatic.
WRITTEN = frozenset({"email", "letter", "lrar"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a strategy, as the store holds it."""

    id: int
    key: str
    position: int
    label: str
    offset_days: int
    channel: str
    fallback_channel: str
    automatic: bool
    is_formal_notice: bool
    minimum_cents: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """A strategy in force, its steps by position."""

    id: int
    name: str
    spacing_days: int
    minimum_cents: int
    promise_grace_days: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What has been done and promised on each account of the book, in the same rows.

    `done` holds one bit for each position of the strategy already proposed in the current cycle;
    `last_step_day` the day of the last step that reached the debtor; `promised` what is promised
    and not late; `broken_due` the due day of a broken promise (0: none), with its amount and what
    was received. `open_proposal` tells accounts whose last proposal waits for someone.
    """

    strategy: Ints  # row in the strategies given, −1: none
    phase_amiable: Flags
    held_whole: Flags  # suspended as a whole
    has_email: Flags
    letter_first: Flags  # an agency has not written by post yet (CPCE art. R. 124-4)
    has_address: Flags
    zone: Ints  # row of HOLIDAY_ZONES
    done: Ints
    done_count: Ints
    last_step_day: Ints
    open_proposal: Flags
    promised: Ints
    broken_due: Ints
    broken_amount: Ints
    broken_received: Ints
    broken_seen: Flags  # already proposed for this promise
    dispute_late_day: Ints  # answer day passed, 0 if none
    dispute_seen: Flags
    noticed_until: Ints  # due days up to this one had their notice before falling due


HOLIDAY_ZONES = tuple(HolidayZone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A proposal to write: for which account, what, why, and whether it may leave alone."""

    account_row: int
    step: Step | None
    action: str
    cycle: date
    channel: str
    label: str
    amount_cents: int
    rank: int
    automatic: bool
    reasons: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a slice of accounts calls for on a day."""

    proposals: list[Proposed]
    held: dict[str, int] = field(default_factory=dict)  # reason → accounts
    withdrawn: tuple[int, ...] = ()  # rows of accounts whose waiting step no longer stands


def decide(
    book: Book, figures: Figures, followed: Followed, strategies: Sequence[Strategy]
) -> Decided:
    """Return the proposals of a slice of accounts, and how many accounts each reason holds back."""
    return _Decision(book, figures, followed, strategies).decided()


class _Decision:
    def __init__(
        self, book: Book, figures: Figures, followed: Followed, strategies: Sequence[Strategy]
    ) -> None:
        self.book, self.figures, self.followed = book, figures, followed
        self.strategies = strategies
        self.today = book.today
        self.held: dict[str, int] = {}
        self.proposals: list[Proposed] = []
        # What remains to chase once promises still running are taken out.
        self.to_chase = np.maximum(figures.chased - followed.promised, 0)
        self.late = np.where(figures.oldest_due > 0, self.today - figures.oldest_due, 0)

    def decided(self) -> Decided:
        free = self._free()
        # A hold, a promise of all of it, a procedure: what waits for someone is withdrawn, and
        # proposed again if it still stands when they end.
        withdrawn = np.flatnonzero(self.followed.open_proposal & (~free | (self.to_chase == 0)))
        self._broken_promises(free)
        self._late_disputes(free)
        self._chase(free)
        self._before_due(free)
        return Decided(
            proposals=self.proposals, held=self.held, withdrawn=tuple(withdrawn.tolist())
        )

    # ---- who may be worked on

    def _free(self) -> Flags:
        """Say which accounts may be worked on at all, counting why the others may not."""
        book, followed = self.book, self.followed
        owes = (self.figures.overdue > 0) | (self.figures.not_due > 0)
        free = owes.copy()
        for reason, stopped in (
            ("never_chased", book.never_chased),
            ("insolvency", (book.insolvency_day > 0) & (book.insolvency_day <= self.today)),
            ("phase", ~followed.phase_amiable),
            ("unknown_kind", book.debtor_kind == UNKNOWN_DEBTOR),
            ("hold", followed.held_whole),
            ("no_strategy", followed.strategy < 0),
        ):
            self._count(reason, free & stopped & (self.figures.overdue > 0))
            free &= ~stopped
        overdue = self.figures.overdue > 0
        self._count(
            "dispute_or_hold",
            free
            & overdue
            & (self.figures.chased == 0)
            & (self.figures.disputed + self.figures.held > 0),
        )
        self._count(
            "unallocated_credit",
            free
            & overdue
            & (self.figures.chased == 0)
            & (self.figures.credit > 0)
            & (self.figures.disputed + self.figures.held == 0),
        )
        self._count("promise", free & (self.figures.chased > 0) & (self.to_chase == 0))
        return free

    def _count(self, reason: str, stopped: Flags) -> None:
        number = int(stopped.sum())
        if number:
            self.held[reason] = self.held.get(reason, 0) + number

    # ---- proposals

    def _broken_promises(self, free: Flags) -> None:
        followed = self.followed
        rows = np.flatnonzero(
            free & (followed.broken_due > 0) & ~followed.broken_seen & (self.figures.chased > 0)
        )
        for row in rows.tolist():
            due = date.fromordinal(int(followed.broken_due[row]))
            self._propose(
                row,
                action="broken_promise",
                cycle=due,
                channel="call",
                label="Appeler : promesse non tenue",
                minutes=8,
                reasons=(
                    {
                        "code": "broken_promise",
                        "amount_cents": int(followed.broken_amount[row]),
                        "due_on": due.isoformat(),
                        "received_cents": int(followed.broken_received[row]),
                    },
                    self._overdue_reason(row),
                ),
            )
            free[row] = False

    def _late_disputes(self, free: Flags) -> None:
        followed = self.followed
        late = (followed.dispute_late_day > 0) & ~followed.dispute_seen
        rows = np.flatnonzero(free & late & (self.figures.disputed > 0))
        for row in rows.tolist():
            day = date.fromordinal(int(followed.dispute_late_day[row]))
            self._propose(
                row,
                action="late_dispute",
                cycle=day,
                channel="task",
                label="Faire répondre au litige",
                minutes=4,
                reasons=(
                    {
                        "code": "late_dispute",
                        "answer_due_on": day.isoformat(),
                        "disputed_cents": int(self.figures.disputed[row]),
                    },
                ),
                amount=int(self.figures.disputed[row]),
            )

    def _chase(self, free: Flags) -> None:
        """Propose the next step of the cycle of each account with something to chase."""
        followed = self.followed
        waiting = free & (self.to_chase > 0) & followed.open_proposal
        self._count("waiting_for_decision", waiting)
        ready = free & (self.to_chase > 0) & ~followed.open_proposal
        for index, strategy in enumerate(self.strategies):
            mine = np.flatnonzero(ready & (followed.strategy == index))
            if not len(mine):
                continue
            small = self.to_chase[mine] < strategy.minimum_cents
            self._count("small_amount", _flags(len(ready), mine[small]))
            mine = mine[~small]
            self._chase_by(strategy, mine)

    def _chase_by(self, strategy: Strategy, rows: Ints) -> None:
        followed = self.followed
        steps = [step for step in strategy.steps if step.offset_days >= 0]
        position = np.full(len(rows), -1, np.int64)
        for index in reversed(range(len(steps))):
            step = steps[index]
            undone = (followed.done[rows] >> step.position) & 1 == 0
            worth = self.to_chase[rows] >= step.minimum_cents
            position = np.where(undone & worth, index, position)
        self._count("end_of_strategy", _flags(len(followed.done), rows[position < 0]))
        for index, step in enumerate(steps):
            mine = rows[(position == index) & (self.late[rows] >= step.offset_days)]
            spaced = self._spaced(mine, strategy.spacing_days)
            self._count("spacing", _flags(len(followed.done), mine[~spaced]))
            for row in mine[spaced].tolist():
                self._step(row, step)

    def _spaced(self, rows: Ints, working_days: int) -> Flags:
        """Say whether enough working days of the debtor have passed since the last step."""
        last = self.followed.last_step_day[rows]
        keys = last * len(HOLIDAY_ZONES) + self.followed.zone[rows]
        unique, which = np.unique(keys, return_inverse=True)
        allowed = np.array(
            [
                key < len(HOLIDAY_ZONES)
                or add_working_days(
                    date.fromordinal(key // len(HOLIDAY_ZONES)),
                    working_days,
                    HOLIDAY_ZONES[key % len(HOLIDAY_ZONES)],
                ).toordinal()
                <= self.today
                for key in unique.tolist()
            ],
            dtype=np.bool_,
        )
        return allowed[which] if len(rows) else np.zeros(0, np.bool_)

    def _step(self, row: int, step: Step) -> None:
        followed, figures = self.followed, self.figures
        channel = self._channel(row, step)
        reasons: list[dict[str, object]] = [
            {"code": "step_due", "label": step.label, "offset_days": step.offset_days},
            self._overdue_reason(row),
        ]
        done = int(followed.done_count[row])
        reasons.append({"code": "no_reply", "steps": done} if done else {"code": "first_incident"})
        if int(self.late[row]) > step.offset_days + 10:
            reasons.append({"code": "catch_up", "days": int(self.late[row]) - step.offset_days})
        if figures.disputed[row]:
            reasons.append({"code": "disputed_part", "cents": int(figures.disputed[row])})
        if figures.credit[row]:
            reasons.append({"code": "credit_unallocated", "cents": int(figures.credit[row])})
        if followed.promised[row]:
            reasons.append({"code": "promised_part", "cents": int(followed.promised[row])})
        automatic = step.automatic and channel in WRITTEN
        if automatic and not self._working_day(row):
            self._count_one("not_a_working_day")
            return
        if step.channel == "email" and followed.letter_first[row]:
            reasons.append({"code": "letter_first"})
            automatic &= channel != "email"
        elif channel == "email" and not followed.has_email[row]:
            reasons.append({"code": "no_email"})
            automatic = False
        if channel in ("letter", "lrar") and not followed.has_address[row]:
            reasons.append({"code": "no_address"})
            automatic = False
        self._propose(
            row,
            step=step,
            action=step.key,
            cycle=date.fromordinal(int(figures.oldest_due[row])),
            channel=channel,
            label=step.label,
            minutes=step.minutes,
            automatic=automatic,
            reasons=tuple(reasons),
        )

    def _channel(self, row: int, step: Step) -> str:
        """E-mail where one is known and may be used, else the step's other channel."""
        by_email = self.followed.has_email[row] and not self.followed.letter_first[row]
        if step.channel == "email" and not by_email and step.fallback_channel:
            return step.fallback_channel
        return step.channel

    def _before_due(self, free: Flags) -> None:
        """Propose a notice before the due date, once a due day, where nothing is overdue yet."""
        book, followed = self.book, self.followed
        for index, strategy in enumerate(self.strategies):
            for step in strategy.steps:
                if step.offset_days >= 0:
                    continue
                account = book.claim_account
                wanted = np.flatnonzero(
                    free[account]
                    & (followed.strategy[account] == index)
                    & (self.figures.overdue[account] == 0)
                    & (book.claim_due >= self.today)
                    & (book.claim_due <= self.today - step.offset_days)
                    & (book.claim_due > followed.noticed_until[account])
                    & (book.claim_balance >= step.minimum_cents)
                    & book.claim_euro
                    & ~book.claim_bill  # paid by the bank on its day
                    & ~book.claim_retention
                    & (book.claim_disputed + book.claim_held == 0)
                )
                seen: set[int] = set()
                for claim in wanted[np.argsort(book.claim_due[wanted], kind="stable")].tolist():
                    row = int(account[claim])
                    if row in seen or self.figures.credit[row]:
                        continue
                    seen.add(row)
                    by_email = followed.has_email[row] and not followed.letter_first[row]
                    if not (by_email and self._working_day(row)):
                        continue
                    due = date.fromordinal(int(book.claim_due[claim]))
                    self._propose(
                        row,
                        step=step,
                        action=step.key,
                        cycle=due,
                        channel=step.channel,
                        label=step.label,
                        minutes=step.minutes,
                        automatic=step.automatic,
                        amount=int(book.claim_balance[claim]),
                        reasons=({"code": "pre_due", "due_on": due.isoformat()},),
                    )

    # ---- writing

    def _propose(
        self,
        row: int,
        *,
        action: str,
        cycle: date,
        channel: str,
        label: str,
        minutes: int,
        reasons: tuple[dict[str, object], ...],
        step: Step | None = None,
        automatic: bool = False,
        amount: int | None = None,
    ) -> None:
        cents = int(self.to_chase[row]) if amount is None else amount
        if amount is None and not cents:
            cents = int(self.figures.chased[row])
        self.proposals.append(
            Proposed(
                account_row=row,
                step=step,
                action=action,
                cycle=cycle,
                channel=channel,
                label=label,
                amount_cents=cents,
                rank=rank(cents, int(self.late[row]), minutes, action),
                automatic=automatic,
                reasons=reasons,
            )
        )

    def _overdue_reason(self, row: int) -> dict[str, object]:
        return {
            "code": "overdue",
            "days": int(self.late[row]),
            "amount_cents": int(self.figures.chased[row]),
            "claims": int(self.figures.overdue_claims[row]),
        }

    def _working_day(self, row: int) -> bool:
        return is_working_day(self.book.on, HOLIDAY_ZONES[int(self.followed.zone[row])])

    def _count_one(self, reason: str) -> None:
        self.held[reason] = self.held.get(reason, 0) + 1


# Share of the amount that the next hour may bring, in thousandths: what is recent is often paid
# without us, what is old is harder to get; a broken promise is the best moment to call.
_AGE_WEIGHTS = ((10, 300), (30, 600), (60, 1000), (90, 900), (180, 600), (365, 350))
_OLD_WEIGHT = 200


def rank(amount_cents: int, days_late: int, minutes: int, action: str) -> int:
    """Return the order of a proposal in the worklist, higher first: weighted cents a minute.

    A stated rule of thumb, not a forecast: amounts weigh by age, and by the time the act takes.
    """
    weight = next((w for bound, w in _AGE_WEIGHTS if days_late <= bound), _OLD_WEIGHT)
    if action == "broken_promise":
        weight = 1500
    return amount_cents * weight // (1000 * max(minutes, 1))


def _flags(size: int, rows: Ints) -> Flags:
    flags = np.zeros(size, np.bool_)
    flags[rows] = True
    return flags
