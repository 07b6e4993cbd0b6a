"""Reading what is asked about a court: a debtor's place, an amount, a nature, a procedure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from exigible.domain.courts import CourtQuestion
from exigible.domain.law.courts import shipped_court_law
from exigible.intake.json_fields import Fields, shown, wrong


def read_court_question(value: object, today: date) -> CourtQuestion:
    """Return the question; `today` is the day whose law applies where it says none.

    Raise WrongInput naming the first wrong field.
    """
    rules = shipped_court_law()
    root = Fields(value, "")
    question = CourtQuestion(
        city=root.text("debtor_city"),
        postcode=root.text("debtor_postcode"),
        amount_cents=root.cents("amount"),
        nature=_known(root, "nature", rules.natures),
        procedure=_known(root, "procedure", rules.roads),
        on=root.optional_day("on") or today,
        clause_city=root.text("clause_city"),
    )
    root.done()
    return question


def _known(root: Fields, name: str, known: Mapping[str, object]) -> str:
    value = root.raw(name)
    if not isinstance(value, str) or value not in known:
        raise wrong(
            root.at(name),
            f"{shown(value)} n’est pas connu ; valeurs possibles : {', '.join(known)}",
        )
    return value
