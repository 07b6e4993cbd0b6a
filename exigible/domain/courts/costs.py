"""What each road costs before a court: who advances it, whether it is recovered, until when it is known.

Tariffs and contributions are dated parameters; one that is not known for the day is said unknown, with
the last value known beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from exigible.domain.calendar import ONE_DAY
from exigible.domain.courts.model import Cost, Court, CourtKind, CourtQuestion, Requirement, joined
from exigible.domain.french import day as french_day
from exigible.domain.law import RATE_SCALE, Law, Parameter
from exigible.domain.law.courts import CourtLaw, NatureOfClaim, Road
from exigible.domain.law.rule import Rule
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
    on = question.on
    order = road.id == "injonction_de_payer"
    costs: list[Cost] = []
    if nature.court == "commercial":
        costs.append(_registry(order=order, on=on, law=law))
        if any(court.kind is CourtKind.ECONOMIC for court in courts):
            costs += _economic_contribution(question, law, rules, order=order)
    elif order:
        for label, name in (
            ("Frais de greffe", "greffe"),
            ("Contribution de 50 €", "contribution"),
        ):
            rule = rules.rule("injonction_judicial", name)
            costs.append(
                Cost(
                    label=label,
                    amount_cents=0,
                    borne_by="creditor",
                    recovered_as="",
                    source=rule.source,
                    verified=rule.verified,
                    note="Rien n’est dû pour une injonction de payer, selon une seule source.",
                )
            )
    else:
        costs.append(_of_parameter(law["contribution_aide_juridique"], on, TRIAL_COSTS))
    acts = {
        "injonction_de_payer": (("Signification de l’ordonnance", "acte_signification"),),
        "creances_commerciales_L126": (),
    }.get(
        road.id,
        (
            ("Assignation", "acte_assignation"),
            ("Signification de la décision", "acte_signification"),
        ),
    )
    costs += [_act(label, law[name], law, question) for label, name in acts]
    if road.id == "creances_commerciales_L126":
        costs.append(
            Cost(
                label="Commandement, procès-verbal et signification",
                amount_cents=None,
                borne_by="creditor",
                recovered_as="",
                source=road.rule.source,
                verified=False,
                note="Le tarif dépend d’un décret qui n’a pas été trouvé.",
            )
        )
    if representation.mandatory:
        fees = rules.rule("lawyer_fees")
        costs.append(
            Cost(
                label="Honoraires d’avocat",
                amount_cents=None,
                borne_by="creditor",
                recovered_as=IRREPETIBLE,
                source=fees.source,
                verified=fees.verified,
                note="Libres, selon la convention d’honoraires ; repris pour ce que le juge accorde.",
            )
        )
    costs += _recovery_fees(question, law)
    return tuple(costs)


def _registry(*, order: bool, on: date, law: Law) -> Cost:
    if order:
        return _of_parameter(law["greffe_commerce_injonction_de_payer"], on, TRIAL_COSTS)
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
    question: CourtQuestion, law: Law, rules: CourtLaw, *, order: bool
) -> list[Cost]:
    threshold = law["seuil_contribution_justice_economique"].amount_on(question.on)
    if question.amount_cents <= threshold:
        return []
    content = rules.rules["economic_contribution"]
    rule = rules.rule("economic_contribution")
    note = f"{content['note_injonction']} {content['note']}" if order else content["note"]
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
        (scale.known_until,),
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
        taxed = 1 + Decimal(vat.amount_on(day)) / RATE_SCALE / 100
        exact = parameter.amount_on(day) * coefficient * taxed
        cents = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        bands = coefficients.on(day)
        return cents, Rule(
            joined((tariff.source, bands.source)), tariff.verified and bands.verified
        )

    return _dated(
        label,
        value,
        (parameter.known_until, coefficients.known_until),
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

    unpublished = [line.start - ONE_DAY for line in parameter.values if line.value is None]
    return _dated(
        parameter.name,
        value,
        (parameter.known_until, *unpublished),
        on,
        borne_by="creditor",
        recovered_as=recovered_as,
        find_at=parameter.find_at,
    )


def _dated(
    label: str,
    value: Callable[[date], tuple[int, Rule]],
    ends: Iterable[date | None],
    on: date,
    *,
    borne_by: str,
    recovered_as: str,
    find_at: str,
    note: str = "",
) -> Cost:
    """Return a cost of the day or, where its tariff has run out, the last one known beside it."""
    try:
        cents, rule = value(on)
    except OutsideKnownLaw:
        last = min((end for end in ends if end is not None and end < on), default=None)
        cents_then, rule_then = _or_none(value, last)
        return Cost(
            label=label,
            amount_cents=None,
            borne_by=borne_by,
            recovered_as=recovered_as,
            source=rule_then.source if rule_then else "",
            verified=False,
            note=f"{note} Inconnu au {french_day(on)}, à demander : {find_at}.".strip(),
            last_known_cents=cents_then,
            last_known_on=last if cents_then is not None else None,
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


def _or_none(
    value: Callable[[date], tuple[int, Rule]], day: date | None
) -> tuple[int | None, Rule | None]:
    if day is None:
        return None, None
    try:
        return value(day)
    except OutsideKnownLaw:
        return None, None
