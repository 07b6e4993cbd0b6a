"""*Délai de procédure*: every procedure is offered, every fact has its field."""

import re

import pytest

from exigible.domain.deadlines import FACTS
from exigible.domain.law.time_limits import procedure, procedure_ids
from exigible.web.calculators.deadlines import ProcedureDeadlines, choices, facts_of
from exigible.web.calculators.words import WORDS, readable
from tests.factories import WORLD_DAY
from tests.web.calculators.questions import plain


def test_every_procedure_with_dates_is_offered_and_every_fact_has_its_field() -> None:
    offered = {key for _, group in choices() for key, _ in group}
    assert offered == {one for one in procedure_ids() if procedure(one).events}
    asked_for = {name for one in offered for name in facts_of(procedure(one))}
    unused = set(FACTS) - asked_for
    assert not unused, "a fact that no procedure asks for could not be given"
    for fact in FACTS.values():
        assert set(fact.choices) <= set(WORDS)


@pytest.mark.parametrize("one", [one for one in procedure_ids() if procedure(one).events])
def test_every_procedure_answers_some_date(one: str) -> None:
    """Each event of each procedure, on its own: an answer, or a refusal said somewhere."""
    for event in procedure(one).events:
        found = ProcedureDeadlines({"procedure": one, f"le_{event}": "2026-06-30"}, today=WORLD_DAY)
        outcome = found.outcome
        assert outcome.working or outcome.stop or found.errors, (one, event)
        if outcome.working:
            assert all(line.why and line.source for line in outcome.working.lines)
            read = [text for line in outcome.working.lines for text in (*line.why, line.note)]
            assert not any(re.search(r"[a-z]_[a-z]", text) for text in read), "an identifier"


def test_identifiers_are_read_as_words() -> None:
    assert plain(readable("le titre : nature court_title.")) == (
        "le titre : nature « exécution d’un titre judiciaire »."
    )
