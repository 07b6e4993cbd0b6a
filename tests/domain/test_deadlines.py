"""Every deadline, at least one date counted by hand."""

from datetime import date
from typing import Any

import pytest

from exigible.domain.law.time_limits import procedure, procedure_ids
from tests.domain.deadline_cases import (
    MONDAY,
    WORKED,
    answer,
    by_id,
)


@pytest.mark.parametrize(("deadline", "name", "events", "facts", "last", "source"), WORKED)
def test_a_deadline_falls_on_the_day_counted_by_hand(
    deadline: str,
    name: str,
    events: dict[str, str] | str,
    facts: dict[str, Any],
    last: str | None,
    source: str,
):
    dated = {events: MONDAY} if isinstance(events, str) else events
    found = by_id(answer(name, dated, facts))[deadline]
    assert found.falls_on == (date.fromisoformat(last) if last else None)
    assert source in found.rule.source
    if last is None:
        assert found.working[-1] == "La loi ne donne pas de nombre de jours."


def test_every_deadline_has_a_worked_date():
    known = {rule.id for name in procedure_ids() for rule in procedure(name).deadlines}
    assert known == {row[0] for row in WORKED}
    assert len(known) == 139
