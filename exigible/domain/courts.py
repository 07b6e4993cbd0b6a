"""The competent court: which one, where, with a lawyer or not, after what attempt, at what cost.

Kind: C. com. art. L. 721-3 (commercial courts), COJ art. L. 213-4-4 and L. 213-4-5 (juge des
contentieux de la protection). Place: CPC art. 42, 46, 48, 1406. Lawyer: CPC art. 761, 853. Amicable
attempt: CPC art. 750-1. Thresholds, contributions and tariffs are dated parameters; one that is not
known for the day is said unknown, with the last value known beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from exigible.domain.french import day as french_day
from exigible.domain.french import euros
from exigible.domain.law import RATE_SCALE, Law, Parameter, shipped_law
from exigible.domain.law.courts import CourtLaw, NatureOfClaim, Road, Seat, shipped_court_law
from exigible.domain.law.rule import Rule
from exigible.domain.law.scales import Scale
from exigible.domain.places import Directory, Located, Tribunal, locate
from exigible.domain.refusals import OutsideKnownLaw, Refused, WrongInput

ONE_DAY = timedelta(days=1)


class CourtKind(StrEnum):
    """Kinds of court, named as the user reads them."""

    ECONOMIC = "tribunal des activités économiques"
    COMMERCE = "tribunal de commerce"
    MIXED = "tribunal mixte de commerce"
    COMMERCIAL_CHAMBER = "chambre commerciale du tribunal judiciaire"
    JUDICIAL = "tribunal judiciaire"
    LOCAL = "tribunal de proximité"
    PROTECTION = "juge des contentieux de la protection"


@dataclass(frozen=True, slots=True)
class Court:
    """A court. No source at hand gives its address."""

    kind: CourtKind
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtQuestion:
    """A claim to bring: against whom, for how much, by which road, on which day.

    `clause_city` is the town of a clause that chooses the court, "" without one.
    """

    city: str
    postcode: str
    amount_cents: int
    nature: str
    procedure: str
    on: date
    clause_city: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Whether something is mandatory, and why."""

    mandatory: bool
    why: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One expense. `amount_cents` is None where it is not known; the last known one stands beside.

    `recovered_as` says under what head the debtor may have to repay what the creditor advanced.
    """

    label: str
    amount_cents: int | None
    borne_by: str  # creditor, debtor
    recovered_as: str
    source: str
    verified: bool
    note: str = ""
    last_known_cents: int | None = None
    last_known_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """The answer: a court, or several among which the place does not decide."""

    court: Court | None
    alternatives: tuple[Court, ...]
    ground: str
    representation: Requirement
    amicable_attempt: Requirement
    appeal: bool
    costs: tuple[Cost, ...]
    source: str
    warnings: tuple[str, ...]
    verified: bool

    @property
    def known_costs_cents(self) -> int:
        """What the creditor advances, as far as it is known."""
        return sum(cost.amount_cents or 0 for cost in self.costs if cost.borne_by == "creditor")

    @property
    def costs_complete(self) -> bool:
        return all(cost.amount_cents is not None for cost in self.costs)


def competence(
    question: CourtQuestion, directory: Directory | None = None, law: Law | None = None
) -> Competence:
    """Return the competent court and what bringing a claim there takes.

    Raise WrongInput where the place is not found or the road is closed to this claim, and
    OutsideKnownLaw where a threshold is not known for the day.
    """
    law, rules = law or shipped_law(), shipped_court_law()
    nature, road = rules.natures[question.nature], rules.roads[question.procedure]
    _require_open(nature, road, question.on)
    located = locate(question.city, question.postcode, directory)
    courts, used = _courts(nature, located, question, law, rules)
    warnings = list(located.warnings)
    alternatives: list[Court] = []
    clause = (
        _by_clause(nature, road, question, directory, law, rules) if question.clause_city else ()
    )
    if clause:
        alternatives, courts = courts, list(clause)
        used.append(rules.rule("clause"))
        warnings.append(
            "La clause ne vaut qu’entre commerçants et très apparente dans l’engagement ; elle ne "
            "s’impose pas au juge des référés (CPC art. 48, à confirmer)."
        )
    elif question.clause_city:
        warnings.append(
            "La clause désignant un tribunal est réputée non écrite ici "
            f"({'CPC art. 1406' if road.debtor_only else 'CPC art. 48'}) : elle est laissée de côté."
        )
    if not courts:
        raise Refused(
            "unknown_court",
            f"debtor_postcode : la juridiction de ce territoire ({located.name}) n’est pas établie "
            "dans les données livrées ; renseignez-vous auprès du greffe.",
            field="debtor_postcode",
        )
    warnings += _undecided(nature, located, courts) if not clause else []
    representation = _representation(nature, road, courts, question, law, rules)
    amicable = _amicable(nature, road, question, law, rules)
    ground, place = _place(nature, road)
    if clause:
        ground = f"{nature.ground} La clause du contrat désigne la juridiction de {question.clause_city}."
    used += [
        nature.rule,
        place,
        *(Rule(found.source, found.verified) for found in (representation, amicable)),
    ]
    if road.sources:
        used.append(Rule(road.sources[nature.court], road.rule.verified))
    warnings += [text for text in (nature.options, road.caution) if text]
    doubtful = _joined(rule.source for rule in used if not rule.verified)
    if doubtful:
        warnings.append(f"À confirmer avant de s’en servir : {doubtful}.")
    one = courts[0] if len(courts) == 1 else None
    return Competence(
        court=one,
        alternatives=tuple(alternatives if one else [*courts, *alternatives]),
        ground=ground,
        representation=representation,
        amicable_attempt=amicable,
        appeal=question.amount_cents > law["seuil_dernier_ressort"].amount_on(question.on),
        costs=_costs(nature, road, courts, representation, question, law, rules),
        source=_joined(rule.source for rule in used),
        warnings=tuple(dict.fromkeys(warnings)),
        verified=not doubtful,
    )


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
            "known_total": _euros_text(found.known_costs_cents),
            "complete": found.costs_complete,
        },
        "source": found.source,
        "warnings": list(found.warnings),
        "verified": found.verified,
    }


# --- which court ---------------------------------------------------------------------------------


def commercial_court(seat: Seat, on: date, rules: CourtLaw | None = None) -> Court:
    """Return the commercial court of a seat, under its name of the day."""
    rules = rules or shipped_court_law()
    if seat.kind == "CC":
        return Court(
            CourtKind.COMMERCIAL_CHAMBER,
            f"Chambre commerciale du tribunal judiciaire {seat.of}",
        )
    if seat.kind == "TM":
        return Court(CourtKind.MIXED, f"Tribunal mixte de commerce {seat.of}")
    economic = seat.of in rules.economic_seats
    if economic and rules.economic_from <= on <= rules.economic_until:
        return Court(CourtKind.ECONOMIC, f"Tribunal des activités économiques {seat.of}")
    return Court(CourtKind.COMMERCE, f"Tribunal de commerce {seat.of}")


def _courts(
    nature: NatureOfClaim, located: Located, question: CourtQuestion, law: Law, rules: CourtLaw
) -> tuple[list[Court], list[Rule]]:
    """Return the courts the place may lead to, and the rules that name them."""
    if nature.court == "commercial":
        known = [seat for seat in located.seats if seat.kind != "?"]
        courts = [commercial_court(seat, question.on, rules) for seat in known]
        used = [rules.economic] if any(c.kind is CourtKind.ECONOMIC for c in courts) else []
        return (courts if len(known) == len(located.seats) else []), used
    used = [] if located.tribunals_certain else [rules.rule("deduced_tribunal")]
    protection = nature.court == "protection"
    small = question.amount_cents <= law["seuil_chambre_de_proximite"].amount_on(question.on)
    by_chamber = protection or (small and not nature.exclusive)
    if any(tribunal.chamber for tribunal in located.tribunals) and by_chamber and not protection:
        used.append(rules.rule("local_chamber"))
    courts = [
        _judicial_court(tribunal, protection=protection, by_chamber=by_chamber)
        for tribunal in located.tribunals
    ]
    return list(dict.fromkeys(courts)), used


def _judicial_court(tribunal: Tribunal, *, protection: bool, by_chamber: bool) -> Court:
    chamber = tribunal.chamber if by_chamber else ""
    name = f"ribunal de proximité {chamber}" if chamber else f"ribunal judiciaire {tribunal.seat}"
    if protection:
        return Court(CourtKind.PROTECTION, f"Juge des contentieux de la protection du t{name}")
    return Court(CourtKind.LOCAL if chamber else CourtKind.JUDICIAL, f"T{name}")


def _undecided(nature: NatureOfClaim, located: Located, courts: Sequence[Court]) -> list[str]:
    """Say what would decide between several courts, or could name a nearer chamber."""
    if len(courts) > 1 and not located.one_commune:
        return [f"Plusieurs tribunaux sont possibles pour {located.name} : précisez la commune."]
    if len(courts) > 1:
        return [
            f"Plusieurs tribunaux judiciaires se partagent ce ressort et celui de {located.name} n’est "
            "pas connu : chargez le fichier du ministère (exigible reference load courts)."
        ]
    if nature.court != "commercial" and not located.tribunals_certain:
        return [
            "Une chambre de proximité peut siéger plus près : le fichier du ministère la donnerait "
            "(exigible reference load courts)."
        ]
    return []


def _by_clause(
    nature: NatureOfClaim,
    road: Road,
    question: CourtQuestion,
    directory: Directory | None,
    law: Law,
    rules: CourtLaw,
) -> tuple[Court, ...]:
    """Return the court a clause chooses; none where such a clause is not allowed."""
    if not nature.clause or road.debtor_only:
        return ()
    try:
        located = locate(question.clause_city, "", directory)
    except WrongInput as refusal:
        raise WrongInput(
            "unknown_place",
            f"clause_city : la commune « {question.clause_city[:40]} » n’est pas connue ici.",
            field="clause_city",
        ) from refusal
    if len(located.seats) != 1:
        raise WrongInput(
            "unknown_place",
            f"clause_city : plusieurs communes s’appellent « {question.clause_city} ».",
            field="clause_city",
        )
    return tuple(_courts(nature, located, question, law, rules)[0])


def _place(nature: NatureOfClaim, road: Road) -> tuple[str, Rule]:
    if nature.property and not road.debtor_only:
        place = (
            "Le tribunal est celui du lieu de l’immeuble : donnez l’adresse du bien si elle n’est "
            "pas celle du débiteur."
        )
        return f"{nature.ground} {place}", Rule(nature.property, nature.rule.verified)
    return f"{nature.ground} {road.place}", road.rule


def _require_open(nature: NatureOfClaim, road: Road, on: date) -> None:
    if road.only and nature.id not in road.only:
        raise WrongInput(
            "road_closed",
            f"procedure : la voie « {road.name} » n’est pas ouverte à cette créance "
            f"({nature.name}).",
            field="procedure",
            article=road.rule.source,
        )
    if on < road.since:
        raise WrongInput(
            "road_closed",
            f"procedure : la voie « {road.name} » n’existe que depuis le {french_day(road.since)}.",
            field="procedure",
            article=road.rule.source,
        )


# --- lawyer, amicable attempt --------------------------------------------------------------------


def _representation(
    nature: NatureOfClaim,
    road: Road,
    courts: Sequence[Court],
    question: CourtQuestion,
    law: Law,
    rules: CourtLaw,
) -> Requirement:
    if road.lawyer:
        return Requirement(
            mandatory=False,
            why=road.lawyer,
            source=road.rule.source,
            verified=road.rule.verified,
        )
    rule = rules.rule("representation", nature.court)
    if nature.court == "protection":
        why = "Devant le juge des contentieux de la protection, l’avocat n’est pas obligatoire."
        return Requirement(mandatory=False, why=why, source=rule.source, verified=rule.verified)
    if nature.exclusive:
        why = "La matière est réservée au tribunal judiciaire : avocat obligatoire à tout montant."
        return Requirement(mandatory=True, why=why, source=rule.source, verified=False)
    name = (
        "seuil_avocat_tribunal_commerce"
        if nature.court == "commercial"
        else "seuil_avocat_tribunal_judiciaire"
    )
    threshold = law[name].on(question.on)
    limit = law[name].amount_on(question.on)
    mandatory = question.amount_cents > limit
    why = (
        f"La demande dépasse {euros(limit)} : l’avocat est obligatoire."
        if mandatory
        else f"La demande ne dépasse pas {euros(limit)} : l’avocat n’est pas obligatoire."
    )
    # In Alsace and Moselle the chamber belongs to the tribunal judiciaire: the same threshold, by
    # either text, but which of them governs was not read.
    chamber = any(court.kind is CourtKind.COMMERCIAL_CHAMBER for court in courts)
    return Requirement(
        mandatory=mandatory,
        why=why,
        source=rule.source,
        verified=rule.verified and threshold.verified and not chamber,
    )


def _amicable(
    nature: NatureOfClaim, road: Road, question: CourtQuestion, law: Law, rules: CourtLaw
) -> Requirement:
    rule = rules.rule("amicable")
    if road.amicable:
        return Requirement(
            mandatory=False, why=road.amicable, source=rule.source, verified=road.rule.verified
        )
    if nature.court == "commercial":
        why = "Aucune tentative amiable n’est exigée devant la juridiction commerciale."
        return Requirement(mandatory=False, why=why, source=rule.source, verified=rule.verified)
    threshold = law["seuil_tentative_amiable"].on(question.on)
    limit = law["seuil_tentative_amiable"].amount_on(question.on)
    mandatory = question.amount_cents <= limit
    why = (
        f"La demande ne dépasse pas {euros(limit)} : une conciliation, une médiation ou une "
        "procédure participative la précède, à peine d’irrecevabilité, sauf motif légitime."
        if mandatory
        else "Aucune tentative amiable n’est exigée pour ce montant."
    )
    return Requirement(
        mandatory=mandatory,
        why=why,
        source=rule.source,
        verified=rule.verified and threshold.verified,
    )


# --- costs ---------------------------------------------------------------------------------------

TRIAL_COSTS = "dépens"
IRREPETIBLE = "article 700"


def _costs(
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
            _joined((tariff.source, bands.source)), tariff.verified and bands.verified
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


# --- the contract's shape ------------------------------------------------------------------------


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
        "amount": None if cost.amount_cents is None else _euros_text(cost.amount_cents),
        "borne_by": cost.borne_by,
        "recoverable_from_debtor": bool(cost.recovered_as) or cost.borne_by == "debtor",
        "recovered_as": cost.recovered_as or None,
        "source": cost.source,
        "verified": cost.verified,
        "note": cost.note,
    }
    if cost.last_known_cents is not None and cost.last_known_on is not None:
        line["last_known"] = {
            "amount": _euros_text(cost.last_known_cents),
            "until": cost.last_known_on.isoformat(),
        }
    return line


def _euros_text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _joined(sources: Iterable[str]) -> str:
    """Return articles joined as one line, each once."""
    return " ; ".join(dict.fromkeys(part for text in sources for part in text.split(" ; ") if part))
