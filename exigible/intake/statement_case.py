"""Reading the case of a statement from JSON, as the outside contract has it.

Every wrong field is named by its path; contradictions between facts (a payment before its claim, a
judgment served before it was made) are refused with what contradicts what.
"""

from __future__ import annotations

from datetime import date

from exigible.domain.case import (
    Capitalisation,
    Case,
    CaseClaim,
    ClaimKind,
    Clause,
    Cost,
    CreditNote,
    CreditorKind,
    DayCount,
    DebtorKind,
    Event,
    FormalNotice,
    GracePeriod,
    InsolvencyOpening,
    InterestTerms,
    Judgment,
    Payment,
    Regime,
)
from exigible.domain.french import day as french_day
from exigible.intake.json_fields import Fields, shown, wrong

MAX_CLAIMS = 20_000
MAX_EVENTS = 50_000


def read_case(value: object, as_of: date | None) -> tuple[Case, date]:
    """Return a case and its as-of day; its own `as_of` wins over the one given.

    Raise WrongInput naming the first wrong field.
    """
    root = Fields(value, "")
    creditor = Fields(root.raw("creditor"), "creditor")
    debtor = Fields(root.raw("debtor"), "debtor")
    own = root.optional_day("as_of")
    day = own or as_of
    if day is None:
        raise wrong("as_of", "la date d’arrêté manque : donnez-la dans le dossier ou par --as-of")
    claims = _claims(root)
    positions = {claim.ref: position for position, claim in enumerate(claims)}
    conventions = Fields(root.raw("conventions", required=False) or {}, "conventions")
    day_count = conventions.choice("day_count", DayCount, DayCount.FIXED_365)
    rounding = conventions.text("rounding", "per_line")
    if rounding != "per_line":
        raise wrong("conventions.rounding", f"{shown(rounding)} n’est pas connu ; écrivez per_line")
    conventions.done()
    order = root.text("allocation_order") or "oldest_due"
    if order not in ("oldest_due", "most_burdensome"):
        raise wrong(
            "allocation_order",
            f"{shown(order)} n’est pas connu ; valeurs possibles : oldest_due, most_burdensome",
        )
    case = Case(
        creditor_kind=creditor.choice("kind", CreditorKind),
        debtor_kind=debtor.choice("kind", DebtorKind),
        creditor_name=creditor.text("name"),
        debtor_name=debtor.text("name"),
        claims=claims,
        events=_events(root, claims, positions),
        day_count=day_count,
        most_burdensome_first=order == "most_burdensome",
    )
    return case, day


def _claims(root: Fields) -> tuple[CaseClaim, ...]:
    items = root.objects("claims", required=True)
    if not items:
        raise wrong("claims", "au moins une créance est nécessaire")
    if len(items) > MAX_CLAIMS:
        raise wrong("claims", f"{len(items)} créances, {MAX_CLAIMS} au plus par dossier")
    claims: list[CaseClaim] = []
    seen: set[str] = set()
    for item in items:
        claim = _claim(item)
        if claim.ref in seen:
            raise wrong(item.at("ref"), f"{shown(claim.ref)} désigne déjà une autre créance")
        seen.add(claim.ref)
        claims.append(claim)
    return tuple(claims)


def _claim(item: Fields) -> CaseClaim:
    ref = item.text("ref")
    if not ref:
        raise wrong(item.at("ref"), "la référence de la créance manque")
    due_on = item.day("due_on")
    issued_on = item.optional_day("issued_on")
    if issued_on is not None and issued_on > due_on:
        raise wrong(
            item.at("due_on"),
            f"l’échéance ({french_day(due_on)}) précède l’émission ({french_day(issued_on)})",
        )
    penalty = 0
    if item.has("penalty_clause"):
        clause = Fields(item.raw("penalty_clause"), item.at("penalty_clause"))
        penalty = clause.cents("amount")
    claim = CaseClaim(
        ref=ref,
        kind=item.choice("kind", ClaimKind, ClaimKind.INVOICE),
        issued_on=issued_on,
        due_on=due_on,
        principal_cents=item.cents("principal"),
        interest=_interest(item),
        fixed_indemnity=item.flag("fixed_indemnity"),
        penalty_clause_cents=penalty,
    )
    runs_from = claim.interest.runs_from
    if runs_from is not None and issued_on is not None and runs_from < issued_on:
        raise wrong(
            item.at("runs_from.on"),
            f"les intérêts ne courent pas avant la créance ({french_day(issued_on)})",
        )
    return claim


def _interest(item: Fields) -> InterestTerms:
    path = item.at("interest")
    interest = Fields(item.raw("interest", required=False) or {}, path)
    regime = interest.choice("regime", Regime, Regime.AUTO)
    clause = None
    if interest.has("rate") and interest.has("clause"):
        raise wrong(interest.at("rate"), "un taux et une clause d’index s’excluent")
    if interest.has("rate"):
        clause = Clause(rate=interest.percent("rate"))
    elif interest.has("clause"):
        clause = _clause(Fields(interest.raw("clause"), interest.at("clause")))
    if regime is Regime.CONTRACT and clause is None:
        raise wrong(
            interest.at("rate"), "le régime « contract » demande un taux (rate) ou une clause"
        )
    holder = interest if interest.has("runs_from") else item
    runs_from, why = None, ""
    if holder.has("runs_from"):
        start = Fields(holder.raw("runs_from"), holder.at("runs_from"))
        runs_from, why = start.day("on"), start.text("why")
    return InterestTerms(regime=regime, clause=clause, runs_from=runs_from, runs_from_why=why)


def _clause(item: Fields) -> Clause:
    index = item.text("index")
    if index not in ("ecb", "legal"):
        raise wrong(
            item.at("index"), f"{shown(index)} n’est pas connu ; valeurs possibles : ecb, legal"
        )
    return Clause(
        index=index,
        plus=item.percent("plus") if item.has("plus") else 0,
        times=item.percent("times", limit=100) if item.has("times") else 10_000,
    )


def _events(
    root: Fields, claims: tuple[CaseClaim, ...], positions: dict[str, int]
) -> tuple[Event, ...]:
    items = root.objects("events")
    if len(items) > MAX_EVENTS:
        raise wrong("events", f"{len(items)} faits, {MAX_EVENTS} au plus par dossier")
    return tuple(_event(item, claims, positions) for item in items)


def _event(item: Fields, claims: tuple[CaseClaim, ...], positions: dict[str, int]) -> Event:
    kind = item.raw("type")
    claim = _named_claim(item, positions)
    match kind:
        case "formal_notice":
            return FormalNotice(on=item.day("on"), claim=claim)
        case "payment":
            on = _after_claims(item, claims, claim)
            target = item.text("to")
            if target not in ("", "principal"):
                raise wrong(item.at("to"), f"{shown(target)} n’est pas connu ; écrivez principal")
            return Payment(
                on=on,
                amount_cents=item.cents("amount"),
                claim=claim,
                to_principal=target == "principal",
                ref=item.text("ref"),
            )
        case "credit_note":
            effect = item.text("effect") or "from_date"
            if effect not in ("from_date", "from_invoice"):
                raise wrong(
                    item.at("effect"),
                    f"{shown(effect)} n’est pas connu ; valeurs possibles : from_date, from_invoice",
                )
            return CreditNote(
                on=_after_claims(item, claims, claim),
                amount_cents=item.cents("amount"),
                claim=claim,
                from_invoice=effect == "from_invoice",
                ref=item.text("ref"),
            )
        case "judgment":
            return _judgment(item, claim)
        case "capitalisation":
            return Capitalisation(requested_on=item.day("requested_on"), claim=claim)
        case "insolvency_opening":
            return InsolvencyOpening(on=item.day("on"))
        case "grace_period":
            first, last = item.day("from"), item.day("to")
            if last < first:
                raise wrong(
                    item.at("to"),
                    f"le délai finit ({french_day(last)}) avant de commencer ({french_day(first)})",
                )
            return GracePeriod(first_day=first, last_day=last, claim=claim)
        case "cost":
            bearer = item.raw("borne_by")
            if bearer not in ("debtor", "creditor"):
                raise wrong(
                    item.at("borne_by"),
                    f"{shown(bearer)} n’est pas connu ; valeurs possibles : debtor, creditor",
                )
            return Cost(
                on=item.day("on"),
                amount_cents=item.cents("amount"),
                label=item.text("label") or "frais",
                borne_by_debtor=bearer == "debtor",
                claim=claim,
            )
        case _:
            known = (
                "formal_notice, payment, credit_note, judgment, capitalisation, "
                "insolvency_opening, grace_period, cost"
            )
            raise wrong(
                item.at("type"), f"{shown(kind)} n’est pas connu ; valeurs possibles : {known}"
            )


def _judgment(item: Fields, claim: int | None) -> Judgment:
    on, served_on = item.day("on"), item.optional_day("served_on")
    if served_on is not None and served_on < on:
        raise wrong(
            item.at("served_on"),
            f"la signification ({french_day(served_on)}) précède le jugement ({french_day(on)})",
        )
    final_on = item.optional_day("final_on")
    if final_on is not None and final_on < on:
        raise wrong(
            item.at("final_on"),
            f"la décision serait définitive ({french_day(final_on)}) avant d’être rendue",
        )
    return Judgment(
        on=on,
        served_on=served_on,
        provisionally_enforceable=item.flag("provisionally_enforceable", default=True),
        final_on=final_on,
        claim=claim,
    )


def _named_claim(item: Fields, positions: dict[str, int]) -> int | None:
    ref = item.raw("claim", required=False)
    if ref is None:
        return None
    if not isinstance(ref, str) or ref not in positions:
        raise wrong(
            item.at("claim"), f"{shown(ref)} n’est la référence d’aucune créance du dossier"
        )
    return positions[ref]


def _after_claims(item: Fields, claims: tuple[CaseClaim, ...], claim: int | None) -> date:
    """A payment or credit note cannot come before the (named, or first) claim was issued."""
    on = item.day("on")
    concerned = [claims[claim]] if claim is not None else list(claims)
    issued = [one.issued_on for one in concerned if one.issued_on is not None]
    if len(issued) == len(concerned) and on < min(issued):
        raise wrong(
            item.at("on"),
            f"le {french_day(on)} précède l’émission de la créance ({french_day(min(issued))})",
        )
    return on
