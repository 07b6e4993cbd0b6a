"""A statement as the JSON object of the outside contract: amounts are strings in euros."""

from __future__ import annotations

from exigible.domain.case import NoticeDay
from exigible.domain.contract_text import euros_text, percent_text
from exigible.domain.law.readings import readings_answer
from exigible.domain.statement.model import Components, IfPaid, Line, Statement


def statement_answer(answer: Statement) -> dict[str, object]:
    """Return a statement as the JSON object of the outside contract: amounts as strings in euros."""
    return {
        "as_of": answer.as_of.isoformat(),
        "total": euros_text(answer.total_cents),
        "components": _components_answer(answer.components),
        "credit_balance": euros_text(answer.credit_balance_cents),
        "costs_on_creditor": euros_text(answer.costs_on_creditor_cents),
        "daily_interest": euros_text(_half_up(answer.daily_interest_millionths, 1_000_000)),
        "daily_interest_exact": _millionths(answer.daily_interest_millionths),
        "claims": [
            {
                "ref": claim.ref,
                "total": euros_text(claim.components.total),
                "components": _components_answer(claim.components),
                "regime": claim.regime.value,
                "why": claim.why,
                "daily_interest": euros_text(_half_up(claim.daily_interest_millionths, 1_000_000)),
            }
            for claim in answer.claims
        ],
        "lines": [_line_answer(line) for line in answer.lines],
        "allocations": [
            {
                "payment": part.payment,
                "on": part.on.isoformat(),
                "claim": part.claim,
                "component": part.component,
                "amount": euros_text(part.amount_cents),
            }
            for part in answer.allocations
        ],
        "conventions": {
            "day_count": answer.day_count.value,
            "rounding": "per_line",
            "first_day": "lendemain du fait qui fait courir les intérêts",
            "last_day": "jour de l’arrêté ou du changement, compté",
            "allocation": "frais, 40 €, clause pénale, intérêts capitalisés, intérêts, principal "
            "(C. civ. art. 1343-1)",
            "order": "dette la plus onéreuse d’abord"
            if answer.most_burdensome_first
            else "dettes échues, la plus ancienne d’abord, à égalité au prorata "
            "(C. civ. art. 1342-10)",
            "formal_notice": "première présentation de la lettre, si elle est connue"
            if answer.notice_day is NoticeDay.PRESENTED
            else "envoi de la lettre",
            "insolvency": "intérêts arrêtés au jour du jugement d’ouverture, compris"
            if answer.interest_on_opening_day
            else "intérêts arrêtés la veille du jugement d’ouverture (C. com. art. L. 622-28)",
            "vat": "assiette des intérêts : montant TTC ; intérêts, pénalités et indemnité de 40 € "
            "hors du champ de la TVA",
        },
        "if_paid_on": [_if_paid_answer(later) for later in answer.if_paid_on],
        "parameters": readings_answer(answer.readings),
        "warnings": list(answer.warnings),
    }


def _if_paid_answer(later: IfPaid) -> dict[str, object]:
    if later.refused is not None:
        error = {"code": later.refused.code, "message": later.refused.message}
        if later.refused.field:
            error["field"] = later.refused.field
        return {"on": later.on.isoformat(), "error": error}
    assert later.total_cents is not None
    assert later.interest_cents is not None
    return {
        "on": later.on.isoformat(),
        "total": euros_text(later.total_cents),
        "interest": euros_text(later.interest_cents),
    }


def _components_answer(components: Components) -> dict[str, str]:
    return {
        "principal": euros_text(components.principal),
        "interest": euros_text(components.interest),
        "capitalised_interest": euros_text(components.capitalised_interest),
        "fixed_indemnity": euros_text(components.fixed_indemnity),
        "penalty_clause": euros_text(components.penalty_clause),
        "costs": euros_text(components.costs),
        "payments": euros_text(components.payments),
    }


def _line_answer(line: Line) -> dict[str, object]:
    """Return a line with every field of the contract: null where it counts no days."""
    answer: dict[str, object] = {
        "claim": line.claim,
        "component": line.component,
        "from": None if line.first_day is None else line.first_day.isoformat(),
        "to": None,
        "days": None,
        "base": None,
        "rate": None,
        "amount": euros_text(line.amount_cents),
        "source": line.source,
        "label": line.label,
    }
    if line.rate is not None and line.last_day is not None and line.base_cents is not None:
        answer |= {
            "to": line.last_day.isoformat(),
            "days": line.days,
            "base": euros_text(line.base_cents),
            "rate": percent_text(line.rate),
            "divisor": line.divisor,
            "verified": line.verified,
        }
    return answer


def _millionths(value: int) -> str:
    """Return millionths of a cent as euros with six decimals."""
    micro = _half_up(value, 100)
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"


def _half_up(value: int, divisor: int) -> int:
    return (2 * value + divisor) // (2 * divisor)
