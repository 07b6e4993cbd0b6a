"""*Ma journée*: the open steps and tasks of a person, ranked, a page at a time.

Steps that lose a right after a day (`limit_on`) come first, by that day; the others by rank, the
next page starting after the last (rank, id) read. No query is made per row.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from exigible.domain.roles import Role
from exigible.store.models import AccountFigures, Channel, Proposal, ProposalStatus, Task, User
from exigible.store.queries.access import portfolio_ids

PAGE = 50
LIMITS_SHOWN = 100
MINUTES_WITHOUT_STEP = 3  # a person's time on a step that no strategy holds

WRITTEN = (Channel.EMAIL, Channel.LETTER, Channel.LRAR)
TABS: dict[str, Q] = {
    "tout": Q(),
    "appeler": Q(channel=Channel.CALL),
    "valider": Q(channel__in=WRITTEN),
    "taches": Q(channel=Channel.TASK),
    "promesses": Q(action="broken_promise"),
}
# Those who lead a team see everyone's steps; the others theirs, and those nobody has.
_LEADS = {Role.MANAGER, Role.CREDIT_MANAGER, Role.ADMINISTRATOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a person narrowed the list to; None narrows nothing."""

    tab: str = "tout"
    mine: bool = True
    creditor_id: int | None = None
    collector_id: int | None = None
    channel: str | None = None
    least_cents: int | None = None
    name_key: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the next starts after it."""

    rank: int
    proposal_id: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole list in figures: steps, minutes, échu hors litige of its accounts, counts by tab."""

    steps: int
    minutes: int
    chased_cents: int
    tabs: dict[str, int]


def works_alone(user: User) -> bool:
    """Say whether the person's list is their own accounts rather than the team's."""
    return Role(user.role) not in _LEADS


def open_steps(user: User, narrowing: Narrowing, *, on: date) -> QuerySet[Proposal]:
    """Return the open steps a person sees on a day, in no order, whatever the tab."""
    steps = Proposal.objects.filter(status=ProposalStatus.OPEN).filter(
        Q(show_from__isnull=True) | Q(show_from__lte=on)
    )
    if not user.all_portfolios or user.current_creditor_id:
        steps = steps.filter(account__portfolio_id__in=portfolio_ids(user))
    if narrowing.mine:
        steps = steps.filter(
            Q(account__collector_id=user.pk) | Q(account__collector_id__isnull=True)
        )
    if narrowing.creditor_id is not None:
        steps = steps.filter(account__creditor_id=narrowing.creditor_id)
    if narrowing.collector_id is not None:
        steps = steps.filter(account__collector_id=narrowing.collector_id)
    if narrowing.channel:
        steps = steps.filter(channel=narrowing.channel)
    if narrowing.least_cents is not None:
        steps = steps.filter(amount_cents__gte=narrowing.least_cents)
    if narrowing.name_key:
        steps = steps.filter(account__debtor__name_key__contains=narrowing.name_key)
    return steps


def open_tasks(user: User, narrowing: Narrowing, *, on: date) -> QuerySet[Task]:
    """Return the tasks due by a day: the person's, and those of their accounts that nobody has."""
    tasks = Task.objects.filter(done_at__isnull=True, due_on__lte=on)
    if not user.all_portfolios or user.current_creditor_id:
        tasks = tasks.filter(account__portfolio_id__in=portfolio_ids(user))
    if narrowing.mine:
        tasks = tasks.filter(
            Q(assigned_to_id=user.pk)
            | Q(assigned_to_id__isnull=True)
            & (Q(account__collector_id=user.pk) | Q(account__collector_id__isnull=True))
        )
    if narrowing.creditor_id is not None:
        tasks = tasks.filter(account__creditor_id=narrowing.creditor_id)
    if narrowing.collector_id is not None:
        tasks = tasks.filter(account__collector_id=narrowing.collector_id)
    if narrowing.name_key:
        tasks = tasks.filter(account__debtor__name_key__contains=narrowing.name_key)
    return tasks


def overview(user: User, narrowing: Narrowing, *, on: date) -> Overview:
    """Return the list's figures: two queries over the steps, one over the tasks."""
    steps = open_steps(user, narrowing, on=on)
    in_tab = steps.filter(TABS[narrowing.tab])
    counts = steps.aggregate(
        **{tab: Count("pk", filter=which or Q(pk__isnull=False)) for tab, which in TABS.items()},
        minutes=Coalesce(
            Sum(
                Coalesce(F("step__minutes"), Value(MINUTES_WITHOUT_STEP)),
                filter=TABS[narrowing.tab] or Q(pk__isnull=False),
            ),
            Value(0),
        ),
    )
    minutes = counts.pop("minutes")
    tasks = open_tasks(user, narrowing, on=on).count()
    for tab in ("tout", "taches"):
        counts[tab] += tasks
    if narrowing.tab in {"tout", "taches"}:
        minutes += tasks * MINUTES_WITHOUT_STEP
    chased = AccountFigures.objects.filter(account_id__in=in_tab.values("account_id")).aggregate(
        total=Coalesce(Sum("chased_cents"), Value(0))
    )["total"]
    return Overview(counts[narrowing.tab], minutes, int(chased), counts)


def limits(user: User, narrowing: Narrowing, *, on: date) -> list[Proposal]:
    """Return the steps after whose day a right is lost, nearest day first."""
    return list(
        _with_account(open_steps(user, narrowing, on=on))
        .filter(TABS[narrowing.tab], limit_on__isnull=False)
        .order_by("limit_on", "id")[:LIMITS_SHOWN]
    )


def tasks(user: User, narrowing: Narrowing, *, on: date) -> list[Task]:
    """Return the tasks due, oldest first; none in the tabs that hold only steps."""
    if narrowing.tab not in {"tout", "taches"}:
        return []
    return list(
        open_tasks(user, narrowing, on=on)
        .select_related("account__debtor", "account__creditor", "account__figures", "assigned_to")
        .order_by("due_on", "id")[:LIMITS_SHOWN]
    )


def page(
    user: User, narrowing: Narrowing, *, on: date, after: Position | None = None
) -> tuple[list[Proposal], Position | None]:
    """Return the next page of ranked steps, and where it ends if another follows."""
    steps = _with_account(open_steps(user, narrowing, on=on)).filter(
        TABS[narrowing.tab], limit_on__isnull=True
    )
    if after is not None:
        steps = steps.filter(rank__lte=after.rank).exclude(
            rank=after.rank, pk__lte=after.proposal_id
        )
    rows = list(steps.order_by("-rank", "id")[: PAGE + 1])
    following = None
    if len(rows) > PAGE:
        rows.pop()
        following = Position(rows[-1].rank, rows[-1].pk)
    return rows, following


def step_for(user: User, proposal_id: int) -> Proposal | None:
    """Return one step of the person's portfolios, whatever its status."""
    steps = _with_account(Proposal.objects.filter(pk=proposal_id))
    if not user.all_portfolios:
        steps = steps.filter(account__portfolio_id__in=portfolio_ids(user, every_creditor=True))
    return steps.first()


def waiting_count(user: User, *, on: date) -> int:
    """Return how many steps and tasks wait for a person: the figure beside *Ma journée*."""
    narrowing = Narrowing(mine=works_alone(user))
    return open_steps(user, narrowing, on=on).count() + open_tasks(user, narrowing, on=on).count()


def _with_account(steps: QuerySet[Proposal]) -> QuerySet[Proposal]:
    return steps.select_related(
        "account__debtor", "account__creditor", "account__figures", "account__collector", "step"
    )


def steps_for(user: User, ids: list[int]) -> list[Proposal]:
    """Return several steps of the person's portfolios, highest rank first."""
    steps = _with_account(Proposal.objects.filter(pk__in=ids))
    if not user.all_portfolios:
        steps = steps.filter(account__portfolio_id__in=portfolio_ids(user, every_creditor=True))
    return list(steps.order_by("-rank", "id"))
