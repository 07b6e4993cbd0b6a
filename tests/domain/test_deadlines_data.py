"""The data of the deadlines: complete, consistent, written down where they are read."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from exigible.domain.deadlines import (
    FACTS,
)
from exigible.domain.law import shipped_law
from exigible.domain.law.time_limits import counting_rules, procedure, procedure_ids
from tests.conftest import SHARED
from tests.domain.deadline_cases import WORKED

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_deadline_of_the_facts_is_known_with_its_figures():
    if not (SHARED / "law").is_dir():
        pytest.skip("les faits de droit (../shared/law) ne sont pas à côté du projet")
    facts = yaml.safe_load((SHARED / "law" / "procedures.yaml").read_text(encoding="utf-8"))
    ours = {
        rule.id: rule
        for name in procedure_ids()
        for rule in procedure(name).deadlines
        if rule.procedure == name
    }
    units = {"day": "days", "month": "months", "week": "weeks", "year": "years"}
    units |= {"working_day": "working_days"}
    assert set(ours) == {fact["id"] for fact in facts["deadlines"]}
    known_procedures = {fact["id"] for fact in facts["procedures"]} | {"cnil_rgpd"}
    assert set(procedure_ids()) == known_procedures
    for fact in facts["deadlines"]:
        rule = ours[fact["id"]]
        assert rule.procedure == fact["procedure"]
        assert (rule.verified, rule.evidence) == (fact["verified"], fact["evidence"]), rule.id
        assert _iso(rule.in_force_from) == fact["in_force_from"]
        if rule.id != "AM_PENALTY_START":  # its new wording of 2027 keeps the rule
            assert _iso(rule.in_force_to) == fact["in_force_to"]
        if rule.id == "LO_CCAPEX":  # from the referral forward: the summons waits two months
            assert (rule.kind, rule.rule.id) == ("min", "CPC_MONTHS")
        elif rule.id != "CH_VALID":  # its length stands in the note of the facts
            assert (rule.kind, rule.rule.id) == (fact["kind"], fact["counting_rule"]), rule.id
        if isinstance(fact["length"], int) and rule.length is not None:
            assert getattr(rule.length, units[fact["unit"]]) == fact["length"], rule.id
        if rule.starts_from and rule.id != "LO_WINTER":
            start = fact["starts_from"].partition(" (")[0].replace(" ", "_")
            assert rule.starts_from == start


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def test_the_data_names_only_what_exists():
    for name in procedure_ids():
        known = procedure(name)
        ids = {rule.id for rule in known.deadlines}
        for event in known.events.values():
            assert set(event.after) <= set(known.events), event.id
        for rule in known.deadlines:
            starts = (rule.starts_from, rule.later_event, rule.done_by)
            if rule.procedure == name:
                starts += (rule.law_of.event if rule.law_of else "",)
                assert {rule.expiry_of, rule.not_before} - {""} <= ids, rule.id
            assert set(starts) - {""} <= set(known.events), rule.id
            needs = rule.needs + (rule.variant.needs if rule.variant else ())
            for need in needs:
                if need.fact == "creditor_away":  # drawn from creditor_place
                    continue
                assert need.fact in FACTS, rule.id
                assert set(need.among) <= set(FACTS[need.fact].choices), rule.id
            assert not rule.needs or rule.condition, rule.id
            assert rule.starts_from or rule.on, rule.id


def test_the_texts_are_french_and_typeset():
    for name in procedure_ids():
        for rule in procedure(name).deadlines:
            for text in (rule.label, rule.sanction, rule.condition, rule.note):
                assert "'" not in text
                assert " :" not in text
                assert " ;" not in text
            assert not rule.label.endswith(".")
            assert rule.sanction
            assert rule.source


def test_the_coverage_page_lists_every_deadline():
    page = (ROOT / "docs" / "law_coverage.md").read_text(encoding="utf-8")
    rows = {line.split(" | ")[0].removeprefix("| ") for line in page.splitlines()}
    assert {row[0] for row in WORKED} <= rows


def test_the_guide_lists_every_fact():
    page = (ROOT / "docs" / "guide" / "delais.md").read_text(encoding="utf-8")
    assert not [fact for fact in FACTS if f"`{fact}`" not in page]
    assert not [name for name in procedure_ids() if f"`{name}`" not in page]


def test_the_procedures_leave_the_parameters_of_the_law_alone():
    assert set(shipped_law().parameters).isdisjoint(procedure_ids())


def test_every_counting_rule_says_where_it_is_written():
    for rule in counting_rules().values():
        assert rule.text
        assert rule.source
        assert (rule.report == "none") == (not rule.report_source)
