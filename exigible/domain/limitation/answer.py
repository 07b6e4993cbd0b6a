"""The last day to act as the outside contract shows it."""

from __future__ import annotations

from exigible.domain.contract_text import day_text
from exigible.domain.limitation.model import Limitation


def limitation_answer(found: Limitation) -> dict[str, object]:
    """Return the answer in the shape of the outside contract."""
    answer: dict[str, object] = {
        "nature": found.nature.id,
        "name": found.nature.name,
        "kind": found.nature.kind.value,
        "state": found.state.value,
        "last_day": day_text(found.last_day),
        "working": [
            {
                "what": step.what.value,
                "on": step.on.isoformat(),
                **({"to": step.until.isoformat()} if step.until else {}),
                "last_day": day_text(step.last_day),
                "label": step.text,
                "source": step.source,
                "verified": step.verified,
            }
            for step in found.steps
        ],
        "source": found.source,
        "warnings": list(found.warnings),
        "notes": list(found.notes),
        "verified": found.verified,
    }
    if found.carried_over_to is not None:
        answer["last_day_if_carried_over"] = found.carried_over_to.isoformat()
    if found.as_of is not None:
        answer["as_of"] = found.as_of.isoformat()
        answer["expired"] = found.expired
    if found.oldest_recoverable is not None:
        answer["oldest_recoverable"] = found.oldest_recoverable.isoformat()
    return answer
