"""Instalments of payment plans: which one a payment is, and which claims of the plan it pays."""

from __future__ import annotations

import re
from datetime import date

from exigible.domain.calendar import add_months
from exigible.domain.matching.book import PlanRows, State
from exigible.domain.matching.rules import Rules

_RANK = re.compile(r"(?<![0-9/])([0-9]{1,2}) ?(?:/|SUR) ?([0-9]{1,2})(?![0-9/])")


def instalment(rows: PlanRows, state: State, cents: int, on: int, rules: Rules) -> int | None:
    """Return how many instalments a sum is, on a day near that of the next one; None for none.

    Two or three at once are recognised: a debtor catches up. The last one has its own amount.
    """
    plan = rows.plan
    paid = state.instalments.get(plan.code, 0)
    left = plan.instalments - paid if plan.instalments else 3
    for number in (1, 2, 3):
        if number > left:
            break
        total = plan.cents * number
        if number == left and plan.last_cents:
            total += plan.last_cents - plan.cents
        if total == cents:
            return number
    if paid == 0 and plan.last_cents == cents and plan.last_cents != plan.cents and plan.first_on:
        # The statement may begin in the middle of a plan.
        last = add_months(plan.first_on, plan.instalments - 1).toordinal()
        return 1 if on >= last - rules.instalment_early_days else None
    return None


def in_time(rows: PlanRows, state: State, on: int, rules: Rules) -> bool:
    """Say whether a day is near that of an instalment not yet received."""
    plan = rows.plan
    if plan.first_on is None:
        return True
    paid = state.instalments.get(plan.code, 0)
    for rank in range(paid, max(plan.instalments, paid + 1)):
        due = _due(plan.first_on, rank)
        if due - rules.instalment_early_days <= on <= due + rules.instalment_late_days:
            return True
    return False


def rank_agrees(rows: PlanRows, state: State, on: int, label: str) -> bool:
    """Say whether the instalments received so far are those that the day, or « 3/6 », supposes.

    Where one is missing, what the next pays of several claims cannot be told.
    """
    plan = rows.plan
    paid = state.instalments.get(plan.code, 0)
    said = _RANK.search(label)
    if said and int(said[2]) == plan.instalments:
        return int(said[1]) == paid + 1
    if plan.first_on is None:
        return True
    before = sum(_due(plan.first_on, rank) <= on - 15 for rank in range(plan.instalments))
    return before <= paid


def shares(rows: PlanRows, state: State, cents: int, currency: str) -> list[tuple[int, int]]:
    """Return what a sum pays of a plan's claims, in the plan's order; empty if it exceeds them."""
    left, found = cents, []
    for claim in rows.claims:
        still = state.open[claim]
        if still > 0 and left and state.book.currency[claim] == currency:
            part = min(still, left)
            found.append((claim, part))
            left -= part
    return found if not left else []


def _due(first_on: date, rank: int) -> int:
    return add_months(first_on, rank).toordinal()
