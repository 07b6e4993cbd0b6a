"""The demonstration world: eighteen months of three houses, ending today.

The months before the product are history (see `history`): the wholesaler's come in as ledger files,
through the import. Then six weeks are played day by day, and the last day is left unfinished, so
that there is something to do. All of it is one transaction: interrupted, it leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction

from exigible.domain.calendar import is_working_day
from exigible.domain.roles import ROLE_LABELS, Role
from exigible.simulation import doing
from exigible.simulation.bank_month import bring_month
from exigible.simulation.history import MonthlyBooks, play_history
from exigible.simulation.ledger_file import open_items
from exigible.simulation.papers import drop_papers
from exigible.simulation.play import Play, moment
from exigible.simulation.world import Colleague, House, World, build

Progress = Callable[[str, int, int], None]

SEED = 20_260_101
DEBTORS = 260
HISTORY_MONTHS = 18
DAYS_WITH_THE_PRODUCT = 42
OPENED_TWICE = 4  # accounts that the accounting opened again, under another name
QUIET_DAYS = 5  # working days at the end when the list is left to whoever looks at it
PASSWORD = "demonstration-exigible"  # noqa: S105 (shown to whoever starts the demonstration)
DOMAIN = "demo.example"
MARK = "demonstration_loaded"
# The most useful first.
SHOWN_ROLES = (
    Role.CREDIT_MANAGER,
    Role.COLLECTOR,
    Role.MANAGER,
    Role.ASSISTANT,
    Role.LITIGATION,
    Role.ACCOUNTANT,
    Role.SALES,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
    Role.PARTNER,
)


@dataclass(frozen=True, slots=True)
class Login:
    """Someone to sign in as."""

    role: str
    name: str
    email: str
    password: str


def is_loaded() -> bool:
    """Say whether the whole demonstration world is in the database."""
    return doing.house_says(MARK)


def logins() -> list[Login]:
    """Return one login for each role, the most useful first."""
    people: dict[str, Colleague] = {}
    for colleague in build(SEED, 1, start=date(2026, 1, 1), end=date(2026, 1, 1)).colleagues:
        people.setdefault(colleague.role, colleague)
    return [
        Login(
            role=ROLE_LABELS[role],
            name=people[role].name,
            email=f"{people[role].key}@{DOMAIN}",
            password=PASSWORD,
        )
        for role in SHOWN_ROLES
    ]


def load(progress: Progress, *, today: date, debtors: int = DEBTORS, seed: int = SEED) -> None:
    """Load the demonstration world, ending `today`; tell (phase, done, total).

    Refuse a database that holds anything else.
    """
    doing.refuse_if_not_empty()
    doing.set_stray_files_aside(at=moment(today, 6))
    live_from = today - timedelta(days=DAYS_WITH_THE_PRODUCT)
    start = _months_before(today, HISTORY_MONTHS)
    with transaction.atomic():
        world = build(seed, debtors, start=start, end=today)
        _load(world, progress, start, live_from, today)
        doing.mark_house(MARK, at=moment(today, 7), seed=seed, accounts=len(world.people))


def _load(world: World, progress: Progress, start: date, live_from: date, today: date) -> None:
    progress("Ouverture des comptes", 0, 1)
    wholesaler = world.house("wholesaler")
    books = MonthlyBooks(wholesaler)
    play = Play(world, books)
    play.open(start, password=PASSWORD, domain=DOMAIN)
    progress("Historique comptable", 0, 1)
    day_before = live_from - timedelta(days=1)
    play_history(play, books, start, day_before)
    play.receipts_known(books.payment)
    for year in range(start.year, live_from.year + 1):
        progress("Import de la comptabilité", year - start.year, live_from.year - start.year + 1)
        until = min(date(year, 12, 31), day_before)
        doing.import_ledger(
            wholesaler,
            books.ledger.export(year, until),
            closing=date(year, 12, 31),
            by=play.colleagues["comptable"],
            at=moment(max(until, day_before), 18, 40 + year - start.year),
        )
    _complete(play, books, wholesaler, day_before)
    play.take_over(wholesaler, day_before)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what follows reads tables that nobody has measured yet
    _live(play, progress, live_from, today)
    progress("Pièces", 0, 1)
    drop_papers(play, wholesaler, today)
    known = [person for person in wholesaler.people if person.debtor.siren]
    doing.open_twice(wholesaler, known[:OPENED_TWICE], at=moment(today, 6, 44))
    doing.find_duplicates(at=moment(today, 6, 45))


def _complete(play: Play, books: MonthlyBooks, house: House, on: date) -> None:
    """Bring in what a ledger does not say, the due dates; and what goes wrong the first time."""
    accountant = play.colleagues["comptable"]
    lines = books.ledger.export(on.year, on).splitlines(keepends=True)
    half = len(lines) // 2
    cut = b"".join(lines[:half]) + lines[half][:30]  # the copy stopped half-way
    report = doing.import_file(
        house, cut, name="export_compta_copie.txt", by=accountant, at=moment(on, 18, 20)
    )
    assert not report.accepted
    doing.import_file(
        house,
        open_items(house, on),
        name="postes_ouverts.csv",
        partial=True,
        by=accountant,
        at=moment(on, 19),
    )


def _live(play: Play, progress: Progress, live_from: date, today: date) -> None:
    """Play every working day up to today; today's list is for whoever looks."""
    play.books = doing.LiveBooks()
    days = (today - live_from).days
    working = [
        live_from + timedelta(days=number)
        for number in range(days)
        if is_working_day(live_from + timedelta(days=number))
    ]
    quiet = set(working[-QUIET_DAYS:])
    for number in range(days):
        on = live_from + timedelta(days=number)
        progress("Vie du service", number, days)
        play.accounting(on)
        if not is_working_day(on):
            continue
        play.run(on)
        if on == working[-1]:
            play.lose_answer()
        play.morning(on)
        play.office(on, quiet=on in quiet)
        play.evening(on)
    play.accounting(today)
    progress("Relevé bancaire", 0, 1)
    bring_month(play, play.world.house("wholesaler"), today)
    play.run(today)
    doing.prepare_automatic(today, at=moment(today, 6, 30))
    progress("Vie du service", days, days)


def _months_before(today: date, months: int) -> date:
    """Return the first day of the month so many months before."""
    index = today.year * 12 + today.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)
