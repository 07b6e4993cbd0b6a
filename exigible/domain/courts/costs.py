"""What each road costs before a court: who advances it, whether it is recovered, until when it is known.

Tariffs and contributions are dated parameters; one that is not known for the day is said unknown, with
the last value known beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from exigible.domain.courts.model import Cost, Court, CourtKind, CourtQuestion, Requirement
from exigible.domain.french import day as french_day
from exigible.domain.law import RATE_SCALE, Law, Parameter
from exigible.domain.law.courts import CourtLaw, KnownCost, NatureOfClaim, Road
from exigible.domain.law.rule import Rule, joined_sources
from exigible.domain.law.scales import Scale
from exigible.domain.refusals import OutsideKnownLaw

TRIAL_COSTS = "dépens"
IRREPETIBLE = "article 700"


def costs_of(
    nature: NatureOfClaim,
    road: Road,
    courts: Sequence[Court],
    representation: Requirement,
    question: CourtQuestion,
    law: Law,
    rules: CourtLaw,
) -> tuple[Cost, ...]:
    """Return what the road costs, advanced by the creditor, then left to him or to the debtor."""
    costs = [
        *_court_costs(nature, road, courts, question, law, rules),
        *(_act(act.label, law[act.tariff], law, question) for act in road.acts),
        *map(_known, road.unknown_costs),
    ]
    if representation.mandatory:
        costs.append(_lawyer(rules.rule("lawyer_fees")))
    return (*costs, *_recovery_fees(question, law))


def _court_costs(
    nature: NatureOfClaim,
    road: Road,
    courts: Sequence[Court],
    question: CourtQuestion,
    law: Law,
    rules: CourtLaw,
) -> list[Cost]:
    """Return what the court itself asks: its registry, the contributions to justice.

    The commercial chambers of Alsace-Moselle are rooms of the tribunal judiciaire, served by its registry.
    """
    chamber = all(court.kind is CourtKind.COMMERCIAL_CHAMBER for court in courts)
    if nature.court == "commercial" and not (courts and chamber):
        registry = _registry(road, question.on, law)
        if any(court.kind is CourtKind.ECONOMIC for court in courts):
            return [registry, *_economic_contribution(road, question, law, rules)]
        return [registry]
    if road.judicial_dues:
        return [_known(due) for due in road.judicial_dues]
    return [_of_parameter(law["contribution_aide_juridique"], question.on, TRIAL_COSTS)]


def _known(cost: KnownCost) -> Cost:
    return Cost(
        label=cost.label,
        amount_cents=cost.amount_cents,
        borne_by="creditor",
        recovered_as="",
        source=cost.rule.source,
        verified=cost.rule.verified,
        note=cost.note,
    )


def _lawyer(rule: Rule) -> Cost:
    return Cost(
        label="Honoraires d’avocat",
        amount_cents=None,
        borne_by="creditor",
        recovered_as=IRREPETIBLE,
        source=rule.source,
        verified=rule.verified,
        note="Libres, selon la convention d’honoraires ; repris pour ce que le juge accorde.",
    )


def _registry(road: Road, on: date, law: Law) -> Cost:
    if road.commercial_registry:
        return _of_parameter(law[road.commercial_registry], on, TRIAL_COSTS)
    return Cost(
        label="Frais de greffe",
        amount_cents=None,
        borne_by="creditor",
        recovered_as=TRIAL_COSTS,
        source="C. com., tarif des greffiers des tribunaux de commerce",
        verified=False,
        note="Le tarif n’a pas été trouvé : demandez-le au greffe.",
    )


def _economic_contribution(
    road: Road, question: CourtQuestion, law: Law, rules: CourtLaw
) -> list[Cost]:
    threshold = law["seuil_contribution_justice_economique"].amount_on(question.on)
    if question.amount_cents <= threshold:
        return []
    rule = rules.rule("economic_contribution")
    note = f"{road.economic_note} {rules.rules['economic_contribution']['note']}".strip()
    return [
        Cost(
            label="Contribution pour la justice économique",
            amount_cents=None,
            borne_by="creditor",
            recovered_as=TRIAL_COSTS,
            source=rule.source,
            verified=rule.verified,
            note=note,
        )
    ]


def _recovery_fees(question: CourtQuestion, law: Law) -> list[Cost]:
    """Return the proportional fees of a commissaire de justice who collects the whole."""
    return [
        _recovery_fee(
            law.scales["droit_recouvrement_creancier"],
            "creditor",
            "Si un commissaire de justice encaisse ; jamais mis à la charge du débiteur.",
            question,
        ),
        _recovery_fee(
            law.scales["droit_recouvrement_debiteur"],
            "debtor",
            "En plus de la dette, si un commissaire de justice encaisse en vertu d’un titre.",
            question,
        ),
    ]


def _recovery_fee(scale: Scale, borne_by: str, note: str, question: CourtQuestion) -> Cost:
    def value(day: date) -> tuple[int, Rule]:
        bands = scale.on(day)
        return scale.fee_cents(day, question.amount_cents), Rule(bands.source, bands.verified)

    return _dated(
        scale.name,
        value,
        (scale,),
        question.on,
        borne_by=borne_by,
        recovered_as="",
        find_at=scale.find_at,
        note=note,
    )


def _act(label: str, parameter: Parameter, law: Law, question: CourtQuestion) -> Cost:
    """Return the cost of an act: tariff, coefficient of the amount, VAT, without travel."""
    coefficients, vat = law.scales["coefficient_actes"], law["taux_tva_normal"]

    def value(day: date) -> tuple[int, Rule]:
        tariff = parameter.on(day)
        coefficient = Decimal(coefficients.rate_on(day, question.amount_cents)) / RATE_SCALE
        tax = vat.on(day)
        taxed = 1 + Decimal(vat.amount_on(day)) / RATE_SCALE / 100
        exact = parameter.amount_on(day) * coefficient * taxed
        cents = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        bands = coefficients.on(day)
        return cents, Rule(
            joined_sources((tariff.source, bands.source)),
            tariff.verified and bands.verified and tax.verified,
        )

    return _dated(
        label,
        value,
        (parameter, coefficients, vat),
        question.on,
        borne_by="creditor",
        recovered_as=TRIAL_COSTS,
        find_at=parameter.find_at,
        note="TTC, hors frais de déplacement.",
    )


def _of_parameter(parameter: Parameter, on: date, recovered_as: str) -> Cost:
    def value(day: date) -> tuple[int, Rule]:
        dated = parameter.on(day)
        return parameter.amount_on(day), Rule(dated.source, dated.verified)

    return _dated(
        parameter.name,
        value,
        (parameter,),
        on,
        borne_by="creditor",
        recovered_as=recovered_as,
        find_at=parameter.find_at,
    )


def _dated(
    label: str,
    value: Callable[[date], tuple[int, Rule]],
    rests_on: Iterable[Parameter | Scale],
    on: date,
    *,
    borne_by: str,
    recovered_as: str,
    find_at: str,
    note: str = "",
) -> Cost:
    """Return a cost of the day or, where its tariff has run out, the last one known beside it.

    `value` gives the cents of a day and their text from the values of `rests_on`.
    """
    try:
        cents, rule = value(on)
    except OutsideKnownLaw:
        cents_then, rule_then, last = _last_known(value, rests_on, on)
        where = f", à demander : {find_at}" if find_at else ""
        return Cost(
            label=label,
            amount_cents=None,
            borne_by=borne_by,
            recovered_as=recovered_as,
            source=rule_then.source if rule_then else "",
            verified=False,
            note=f"{note} Inconnu au {french_day(on)}{where}.".strip(),
            last_known_cents=cents_then,
            last_known_on=last,
        )
    return Cost(
        label=label,
        amount_cents=cents,
        borne_by=borne_by,
        recovered_as=recovered_as,
        source=rule.source,
        verified=rule.verified,
        note=note,
    )


def _last_known(
    value: Callable[[date], tuple[int, Rule]], rests_on: Iterable[Parameter | Scale], on: date
) -> tuple[int | None, Rule | None, date | None]:
    """Return the last amount known before a day, its text and its last day; None without one."""
    known = [dated.last_known_before(on) for dated in rests_on]
    last = min((date.min if one is None else one[1] for one in known), default=date.min)
    try:
        cents, rule = value(last)
    except OutsideKnownLaw:
        return None, None, None
    return cents, rule, last
