"""The competent court as the outside contract shows it."""

from __future__ import annotations

from exigible.domain.contract_text import euros_text
from exigible.domain.courts.model import Competence, Cost, Court, Requirement


def competence_answer(found: Competence) -> dict[str, object]:
    """Return the answer in the shape of the outside contract."""
    return {
        "court": _court_json(found.court) if found.court else None,
        "alternatives": [_court_json(court) for court in found.alternatives],
        "ground": found.ground,
        "representation": _requirement_json(found.representation),
        "amicable_attempt": _requirement_json(found.amicable_attempt),
        "appeal": found.appeal,
        "costs": {
            "lines": [cost_answer(cost) for cost in found.costs],
            "known_total": euros_text(found.known_costs_cents),
            "complete": found.costs_complete,
        },
        "source": found.source,
        "warnings": list(found.warnings),
        "verified": found.verified,
    }


def _court_json(court: Court) -> dict[str, object]:
    return {"name": court.name, "kind": court.kind.value, "address": court.address or None}


def _requirement_json(found: Requirement) -> dict[str, object]:
    return {
        "mandatory": found.mandatory,
        "why": found.why,
        "source": found.source,
        "verified": found.verified,
    }


def cost_answer(cost: Cost) -> dict[str, object]:
    """Return one expense in the shape of the outside contract."""
    line: dict[str, object] = {
        "label": cost.label,
        "amount": None if cost.amount_cents is None else euros_text(cost.amount_cents),
        "borne_by": cost.borne_by,
        "recoverable_from_debtor": bool(cost.recovered_as) or cost.borne_by == "debtor",
        "recovered_as": cost.recovered_as or None,
        "source": cost.source,
        "verified": cost.verified,
        "note": cost.note,
    }
    if cost.last_known_cents is not None and cost.last_known_on is not None:
        line["last_known"] = {
            "amount": euros_text(cost.last_known_cents),
            "until": cost.last_known_on.isoformat(),
        }
    return line
