"""The competent court: which one, where, with a lawyer or not, after what attempt, at what cost.

Kind: C. com. art. L. 721-3 (commercial courts), COJ art. L. 213-4-4 and L. 213-4-5 (juge des
contentieux de la protection). Place: CPC art. 42, 46, 48, 1406. Lawyer: CPC art. 761, 853. Amicable
attempt: CPC art. 750-1. Thresholds, contributions and tariffs are dated parameters; one that is not
known for the day is said unknown, with the last value known beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from exigible.domain.courts.answer import competence_answer, cost_answer
from exigible.domain.courts.costs import costs_of
from exigible.domain.courts.model import (
    Competence,
    Cost,
    Court,
    CourtKind,
    CourtQuestion,
    Requirement,
)
from exigible.domain.french import day as french_day
from exigible.domain.french import euros
from exigible.domain.law import Law, shipped_law
from exigible.domain.law.courts import CourtLaw, NatureOfClaim, Road, Seat, shipped_court_law
from exigible.domain.law.rule import Rule, joined_sources
from exigible.domain.places import Directory, Located, Tribunal, locate
from exigible.domain.refusals import Refused, WrongInput

__all__ = [
    "Competence",
    "Cost",
    "Court",
    "CourtKind",
    "CourtQuestion",
    "Requirement",
    "commercial_court",
    "competence",
    "competence_answer",
    "cost_answer",
]


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
    of_place, used = _courts(nature, located, question, law, rules)
    chosen, warnings = _by_clause(nature, road, question, directory, law, rules)
    courts = chosen or of_place
    if not courts:
        raise _not_established("debtor_postcode", located)
    ground, place = _place(nature, road)
    if chosen:
        ground = f"{nature.ground} La clause du contrat désigne la juridiction de {question.clause_city}."
        used.append(rules.rule("clause"))
    else:
        warnings += _undecided(nature, located, courts)
    representation = _representation(nature, road, courts, question, law, rules)
    amicable = _amicable(nature, road, question, law, rules)
    used += [
        nature.rule,
        place,
        rules.rule("last_resort"),
        *(Rule(found.source, found.verified) for found in (representation, amicable)),
    ]
    if road.sources:
        used.append(Rule(road.sources[nature.court], road.rule.verified))
    doubtful = joined_sources(rule.source for rule in used if not rule.verified)
    warnings = [*located.warnings, *warnings, *filter(None, (nature.options, road.caution))]
    if doubtful:
        warnings.append(f"À confirmer avant de s’en servir : {doubtful}.")
    one = courts[0] if len(courts) == 1 else None
    others = of_place if chosen else []
    return Competence(
        court=one,
        alternatives=tuple(others if one else [*courts, *others]),
        ground=ground,
        representation=representation,
        amicable_attempt=amicable,
        appeal=question.amount_cents > law["seuil_dernier_ressort"].amount_on(question.on),
        costs=costs_of(nature, road, courts, representation, question, law, rules),
        source=joined_sources(rule.source for rule in used),
        warnings=tuple(dict.fromkeys(warnings)),
        verified=not doubtful,
    )


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
) -> tuple[list[Court], list[str]]:
    """Return the court a clause chooses and its doubts; none where such a clause is not allowed."""
    if not question.clause_city:
        return [], []
    if not nature.clause or road.debtor_only:
        article = road.rule.source if road.debtor_only else rules.rule("clause").source
        return [], [
            f"La clause désignant un tribunal est réputée non écrite ici ({article}) : elle est "
            "laissée de côté."
        ]
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
    chosen, _ = _courts(nature, located, question, law, rules)
    if not chosen:
        raise _not_established("clause_city", located)
    return chosen, [
        "La clause ne vaut qu’entre commerçants et très apparente dans l’engagement ; elle ne "
        f"s’impose pas au juge des référés ({rules.rule('clause').source}, à confirmer)."
    ]


def _not_established(field: str, located: Located) -> Refused:
    return Refused(
        "unknown_court",
        f"{field} : la juridiction de ce territoire ({located.name}) n’est pas établie dans les "
        "données livrées ; renseignez-vous auprès du greffe.",
        field=field,
    )


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
