"""The *décompte* (statement) as a PDF: every line with its period, base, rate, amount and article.

Its input is the answer of `exigible statement` (docs: the outside contract), so that what is
printed is what was computed and nothing else; parties and, where known, what each claim was
(number, dates) come beside it. Order of the sections: parties, principal, interest, capitalised
interest, indemnities, penalty clause, costs, payments and their allocation, summary, conventions.
Costs left to the creditor are shown apart and are in no total (CPCE art. L. 111-8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from exigible.documents.typesetting import typeset
from exigible.domain.french import MINUS, NO_BREAK, day, euros, grouped, long_day

COMPONENTS = {
    "principal": "Principal",
    "interest": "Intérêts",
    "capitalised_interest": "Intérêts capitalisés",
    "fixed_indemnity": "Indemnité forfaitaire pour frais de recouvrement",
    "penalty_clause": "Clause pénale",
    "costs": "Frais",
    "payments": "Paiements reçus",
}
ADDED = (
    "principal",
    "interest",
    "capitalised_interest",
    "fixed_indemnity",
    "penalty_clause",
    "costs",
)
COSTS_ON_CREDITOR = "costs_on_creditor"
KINDS = {
    "professional": "professionnel",
    "individual": "particulier",
    "public": "personne publique",
    "consumer": "consommateur",
    "public_purchaser": "acheteur public",
    "unknown": "qualité à préciser",
}
OTHER_CONVENTIONS = {
    "formal_notice": "Jour d’une mise en demeure",
    "insolvency": "Procédure collective",
    "vat": "Taxe sur la valeur ajoutée",
}
DAY_COUNTS = {
    "365": "365 jours par an, années bissextiles comprises",
    "actual": "jours réels : 366 pour une année bissextile",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party to the statement; `kind` is a word of the outside contract."""

    name: str
    kind: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts:
    """What a claim was, beside what is computed of it."""

    ref: str
    issued_on: date | None = None
    due_on: date | None = None
    label: str = ""


def render(
    answer: Mapping[str, Any],
    *,
    creditor: Party | str,
    debtor: Party | str,
    claims: Sequence[ClaimFacts] = (),
    reference: str = "",
    at: datetime | None = None,
) -> bytes:
    """Return the PDF of a statement's JSON answer; `at` dates the file."""
    return typeset(
        "decompte",
        decompte_data(answer, creditor=creditor, debtor=debtor, claims=claims, reference=reference),
        at=at,
    )


def decompte_data(
    answer: Mapping[str, Any],
    *,
    creditor: Party | str,
    debtor: Party | str,
    claims: Sequence[ClaimFacts] = (),
    reference: str = "",
) -> dict[str, object]:
    """Return what the template prints, in French, nothing left to compute but the layout."""
    as_of = date.fromisoformat(answer["as_of"])
    debtor = debtor if isinstance(debtor, Party) else Party(name=debtor)
    creditor = creditor if isinstance(creditor, Party) else Party(name=creditor)
    lines = answer["lines"]
    return {
        "title": f"Décompte au {long_day(as_of)} – {debtor.name}",
        "heading": f"Décompte arrêté au {long_day(as_of)}",
        "reference": reference,
        "creditor": _party("Créancier", creditor),
        "debtor": _party("Débiteur", debtor),
        "total": _euros(answer["total"]),
        "daily": f"Intérêts : {_euros(answer['daily_interest'])} par jour à compter du lendemain de "
        "cette date, jusqu’au paiement complet"
        if _cents(answer["daily_interest"])
        else "",
        "principal": _principal(lines, claims),
        "interest": list(_interest(answer, lines)),
        "other": [_other_line(line) for line in lines if _stands_apart(line)],
        "creditor_costs": _creditor_costs(answer, lines),
        "payments": [_other_line(line) for line in lines if line["component"] == "payments"],
        "allocations": [_allocation(part) for part in answer["allocations"]],
        "claims": _claims(answer),
        "summary": _summary(answer),
        "conventions": _conventions(answer["conventions"]),
        "warnings": [*_later_days(answer), *answer["warnings"]],
        "parameters": [_parameter(one) for one in answer.get("parameters", [])],
        "unverified": any(line.get("verified") is False for line in lines),
    }


def _party(role: str, party: Party) -> dict[str, object]:
    kind = KINDS.get(party.kind, party.kind)
    return {"role": role, "name": party.name, "lines": [*party.lines, *([kind] if kind else [])]}


def _principal(lines: Iterable[Mapping[str, Any]], facts: Sequence[ClaimFacts]) -> list[list[str]]:
    """Return each claim's principal, then what credit notes took off it."""
    known = {fact.ref: fact for fact in facts}
    rows = []
    for line in lines:
        if line["component"] != "principal":
            continue
        fact = known.get(line["claim"]) or ClaimFacts(ref=line["claim"] or "")
        opening = line.get("from") is None
        rows.append(
            [
                line["claim"] or "",
                fact.label or line.get("label", "") if opening else line.get("label", ""),
                _date(fact.issued_on) if opening else _line_day(line),
                _date(fact.due_on) if opening else "",
                _euros(line["amount"]),
            ]
        )
    return rows


def _claims(answer: Mapping[str, Any]) -> list[list[str]]:
    """Return one row a claim: principal, interest, other sums, payments, total."""
    rows = []
    for claim in answer["claims"]:
        parts = {name: _cents(claim["components"].get(name, "0")) for name in COMPONENTS}
        rows.append(
            [
                claim["ref"] or "Frais communs",
                euros(parts["principal"]),
                euros(parts["interest"] + parts["capitalised_interest"]),
                euros(parts["fixed_indemnity"] + parts["penalty_clause"] + parts["costs"]),
                euros(-parts["payments"]),
                _euros(claim["total"]),
            ]
        )
    return rows


def _interest(
    answer: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]
) -> Iterable[dict[str, object]]:
    """Yield, claim by claim, its interest lines and why that regime."""
    by_claim: dict[str | None, list[Mapping[str, Any]]] = {}
    for line in lines:
        if line["component"] == "interest":
            by_claim.setdefault(line["claim"], []).append(line)
    reasons = {claim["ref"]: claim.get("why", "") for claim in answer["claims"]}
    for ref, of_claim in by_claim.items():
        yield {
            "ref": ref or "",
            "why": reasons.get(ref, ""),
            "rows": [
                [
                    day(date.fromisoformat(line["from"])),
                    day(date.fromisoformat(line["to"])),
                    grouped(line["days"]),
                    _euros(line["base"]),
                    _rate(line),
                    _euros(line["amount"]),
                    line["source"],
                ]
                for line in of_claim
            ],
            "subtotal": euros(sum(_cents(line["amount"]) for line in of_claim)),
        }


def _stands_apart(line: Mapping[str, Any]) -> bool:
    """Whether a line is an indemnity, a penalty clause, a cost or a capitalisation."""
    return line["component"] not in {"principal", "interest", "payments", COSTS_ON_CREDITOR}


def _on_creditor(line: Mapping[str, Any]) -> bool:
    return bool(line["component"] == COSTS_ON_CREDITOR)


def _other_line(line: Mapping[str, Any]) -> list[str]:
    label = line.get("label") or COMPONENTS.get(line["component"], line["component"])
    return [
        line["claim"] or "",
        label,
        _line_day(line),
        line["source"],
        _euros(line["amount"]),
    ]


def _creditor_costs(
    answer: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]
) -> dict[str, object] | None:
    if not _cents(answer["costs_on_creditor"]):
        return None
    return {
        "total": _euros(answer["costs_on_creditor"]),
        "rows": [_other_line(line) for line in lines if _on_creditor(line)],
    }


def _allocation(part: Mapping[str, Any]) -> list[str]:
    on = part.get("on")
    return [
        part["claim"] or "Frais communs",
        COMPONENTS.get(part["component"], part["component"]),
        day(date.fromisoformat(on)) if on else "",
        f"n°{NO_BREAK}{part['payment']}",
        _euros(part["amount"]),
    ]


def _summary(answer: Mapping[str, Any]) -> list[list[str]]:
    """Return each component, the payments taken off, then the total."""
    parts = answer["components"]
    rows = [
        [COMPONENTS[name], _euros(parts[name])]
        for name in ADDED
        if name == "principal" or _cents(parts[name])
    ]
    if _cents(parts["payments"]):
        rows.append([COMPONENTS["payments"], euros(-_cents(parts["payments"]))])
    if _cents(answer["credit_balance"]):
        rows.append(["Trop-perçu, au crédit du débiteur", _euros(answer["credit_balance"])])
    as_of = date.fromisoformat(answer["as_of"])
    return [*rows, [f"Total dû au {day(as_of)}", _euros(answer["total"])]]


def _conventions(conventions: Mapping[str, Any]) -> list[str]:
    """Return the conventions as sentences (calculation rules 1.2, 1.4 and 1.7)."""
    days = DAY_COUNTS.get(str(conventions.get("day_count")), str(conventions.get("day_count")))
    sentences = [
        f"Intérêts simples, base × taux × jours ÷ nombre de jours de l’année ; {days}.",
        f"Premier jour compté : {conventions.get('first_day', 'le lendemain')} ; dernier jour : "
        f"{conventions.get('last_day', 'celui de l’arrêté')}.",
        "Chaque ligne est arrondie au centime le plus proche ; les totaux sont la somme des lignes.",
    ]
    if conventions.get("allocation"):
        sentences.append(f"Imputation des paiements : {conventions['allocation']}.")
    if conventions.get("order"):
        sentences.append(f"Entre plusieurs dettes : {conventions['order']}.")
    for name, words in OTHER_CONVENTIONS.items():
        if conventions.get(name):
            sentences.append(f"{words} : {conventions[name]}.")
    return sentences


def _later_days(answer: Mapping[str, Any]) -> list[str]:
    """Return what would be owed on the days asked, or why nobody knows yet."""
    return [
        f"Si le paiement arrive le {day(date.fromisoformat(later['on']))} : "
        + (later["error"]["message"] if "error" in later else f"{_euros(later['total'])}.")
        for later in answer.get("if_paid_on", ())
    ]


def _parameter(one: Mapping[str, Any]) -> list[str]:
    """Return a value of the law: what, how much, from when, by which text, and its mark."""
    marks = ["saisie"] if one.get("entered_by_user") else []
    marks += [] if one["verified"] else ["à confirmer"]
    value = one["text"] + (f" ({', '.join(marks)})" if marks else "")
    return [one["name"], value, day(date.fromisoformat(one["from"])), one["source"]]


def _cents(text: str) -> int:
    """Return "1234.56" as 123456 cents."""
    return int(Decimal(text) * 100)


def _euros(text: str) -> str:
    return euros(_cents(text))


def _rate(line: Mapping[str, Any]) -> str:
    rate = str(line["rate"]).replace(".", ",").replace("-", MINUS)
    mark = f"{NO_BREAK}*" if line.get("verified") is False else ""
    return f"{rate}{NO_BREAK}%{mark}"


def _line_day(line: Mapping[str, Any]) -> str:
    return day(date.fromisoformat(line["from"])) if line.get("from") else ""


def _date(on: date | None) -> str:
    return day(on) if on else ""
