"""The deadlines of a procedure as the outside contract shows them."""

from __future__ import annotations

from exigible.domain.contract_text import day_text
from exigible.domain.deadlines.model import Deadline, Deadlines


def deadlines_answer(answer: Deadlines) -> dict[str, object]:
    """Return deadlines as the outside contract has them."""
    return {
        "procedure": answer.procedure.id,
        "name": answer.procedure.name,
        "debtor_place": answer.place.value,
        "holiday_zone": answer.zone.value,
        "deadlines": [_deadline_answer(one) for one in answer.deadlines],
        "warnings": list(answer.warnings),
    }


def _deadline_answer(one: Deadline) -> dict[str, object]:
    rule = one.rule
    return {
        "id": one.id,
        "label": one.label,
        "kind": rule.kind.value,
        "actor": rule.actor.value,
        "starts_from": one.starts_from,
        "starts_on": day_text(one.starts_on),
        "falls_on": day_text(one.falls_on),
        "extended": one.extended,
        "distance": one.distance,
        "possible_from": day_text(one.possible_from),
        "safe_on": day_text(one.safe_on),
        "condition": one.condition,
        "done_on": day_text(one.done_on),
        "in_time": one.in_time,
        "sanction": rule.sanction,
        "source": rule.source,
        "verified": one.verified,
        "evidence": rule.evidence,
        "counting": {
            "rule": rule.rule.id,
            "source": rule.rule.source,
            "verified": rule.rule.verified,
        },
        "in_force": {"from": day_text(rule.in_force_from), "to": day_text(rule.in_force_to)},
        "working": list(one.working),
        "note": rule.note or None,
        "warnings": list(one.warnings),
    }
