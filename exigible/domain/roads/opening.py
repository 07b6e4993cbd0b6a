"""Which roads are open to a claim, barred or conditional: why, at what cost, with what missing.

A road is barred by one condition that fails, open when every condition holds, conditional
otherwise: a fact is unknown, something must be done first, or the road is ill-advised. An unknown
fact never opens a road. Conditions and articles are data (`domain.law.roads`); court, lawyer and
costs come from `domain.courts`, waiting periods from the deadlines of the procedure. No duration
that the facts do not give is ever stated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from exigible.domain.contract_text import euros_text
from exigible.domain.counting import words
from exigible.domain.courts import Competence, Cost, CourtQuestion, competence, cost_answer
from exigible.domain.french import day as french_day
from exigible.domain.law import Law, shipped_law
from exigible.domain.law.courts import shipped_court_law
from exigible.domain.law.roads import (
    Condition,
    Document,
    Otherwise,
    RoadRule,
    Stage,
    documents,
    shipped_roads,
)
from exigible.domain.law.time_limits import DeadlineRule, procedure
from exigible.domain.places import Directory
from exigible.domain.refusals import Refused, WrongInput
from exigible.domain.roads.checks import CHECKS, Verdict, negation, one_of
from exigible.domain.roads.facts import (
    CHOICES,
    MEANINGS,
    ClaimFacts,
    Debtor,
    Nature,
    Title,
    check_facts,
)

NO_DURATION = "Aucune durée ne figure dans les faits réunis : demandez au greffe ou au commissaire de justice."


class RoadState(StrEnum):
    OPEN = "open"
    CONDITIONAL = "conditional"
    BARRED = "barred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One condition against the facts; `unknown` are the facts that could still decide it."""

    condition: Condition
    verdict: Verdict
    facts: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def bars(self) -> bool:
        return self.verdict is False and self.condition.otherwise is Otherwise.BARS


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRoad:
    """A road for a claim. `competence` is None where the court is not asked, or cannot be told."""

    rule: RoadRule
    state: RoadState
    findings: tuple[Finding, ...]
    missing_facts: tuple[str, ...]
    missing_documents: tuple[Document, ...]
    competence: Competence | None
    costs: tuple[Cost, ...]
    costs_unknown_because: str
    waits: tuple[DeadlineRule, ...]
    warnings: tuple[str, ...]
    verified: bool

    @property
    def deciding(self) -> tuple[Finding, ...]:
        """What decides: what bars, or else what is not settled, or else every condition."""
        barring = tuple(one for one in self.findings if one.bars)
        unsettled = tuple(one for one in self.findings if one.verdict is not True)
        return barring or unsettled or self.findings

    @property
    def known_costs_cents(self) -> int:
        """What the creditor advances, as far as it is known."""
        return sum(cost.amount_cents or 0 for cost in self.costs if cost.borne_by == "creditor")

    @property
    def recoverable_costs_cents(self) -> int:
        """What of it the debtor may have to repay, as far as it is known."""
        return sum(
            cost.amount_cents or 0
            for cost in self.costs
            if cost.borne_by == "creditor" and cost.recovered_as
        )

    @property
    def unknown_costs(self) -> tuple[Cost, ...]:
        """What the creditor advances too, for an amount that is not known."""
        return tuple(
            cost for cost in self.costs if cost.borne_by == "creditor" and cost.amount_cents is None
        )

    @property
    def costs_complete(self) -> bool:
        return bool(self.costs) and not self.unknown_costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads:
    """Every road, the open ones first, then by the order in which they are looked at."""

    on: date
    roads: tuple[OpenRoad, ...]
    warnings: tuple[str, ...]

    def road(self, road_id: str) -> OpenRoad:
        return next(road for road in self.roads if road.rule.id == road_id)


def open_roads(
    facts: ClaimFacts, directory: Directory | None = None, law: Law | None = None
) -> Roads:
    """Return what each road asks of a claim and whether it is open.

    Raise WrongInput where facts contradict each other or a place is not found, OutsideKnownLaw
    where a threshold is not known for the day.
    """
    check_facts(facts)
    law = law or shipped_law()
    known: dict[int, Finding] = {}  # a condition that several roads share is looked at once
    for rule in shipped_roads():
        for condition in rule.conditions:
            if id(condition) not in known:
                known[id(condition)] = _finding(condition, facts, law)
    found = [
        _road(rule, [known[id(one)] for one in rule.conditions], facts, directory, law)
        for rule in shipped_roads()
    ]
    order = list(RoadState)
    return Roads(
        on=facts.on,
        roads=tuple(sorted(found, key=lambda road: order.index(road.state))),
        warnings=tuple(_warnings(facts)),
    )


def roads_answer(found: Roads, facts: ClaimFacts) -> dict[str, object]:
    """Return the answer in the shape of the outside contract."""
    unknown = dict.fromkeys(name for road in found.roads for name in road.missing_facts)
    return {
        "on": found.on.isoformat(),
        "roads": [_road_answer(road, facts) for road in found.roads],
        "missing_facts": [_fact_answer(name) for name in unknown],
        "warnings": list(found.warnings),
    }


# --- one road ------------------------------------------------------------------------------------


def _road(
    rule: RoadRule,
    conditions: Iterable[Finding],
    facts: ClaimFacts,
    directory: Directory | None,
    law: Law,
) -> OpenRoad:
    findings = (*_not_yet(rule, facts), *conditions)
    state = _state(findings)
    barred = state is RoadState.BARRED
    court, costs, unknown = (None, (), "") if barred else _costs(rule, facts, directory, law)
    # A condition that holds changes nothing, were its article misread: it needs no confirmation.
    unsettled = [one.condition.rule for one in findings if one.verdict is not True]
    doubtful = dict.fromkeys(one.source for one in (rule.rule, *unsettled) if not one.verified)
    return OpenRoad(
        rule=rule,
        state=state,
        findings=findings,
        missing_facts=()
        if barred
        else tuple(dict.fromkeys(name for one in findings for name in one.unknown)),
        missing_documents=()
        if barred
        else tuple(one for one in rule.documents if _is_missing(one, facts, law)),
        competence=court,
        costs=costs,
        costs_unknown_because=unknown,
        waits=() if barred else tuple(_waits(rule, facts)),
        warnings=tuple(_road_warnings(rule, findings, facts, doubtful, barred=barred)),
        verified=not doubtful,
    )


def _not_yet(rule: RoadRule, facts: ClaimFacts) -> Iterable[Finding]:
    """Find that a road does not exist yet, where it does not."""
    if facts.on < rule.since:
        condition = Condition(
            text=f"La voie existe depuis le {french_day(rule.since)}.",
            rule=rule.rule,
            otherwise=Otherwise.BARS,
            advice="",
            fact="on",
            among=(),
            outside=(),
            check="",
        )
        yield Finding(condition=condition, verdict=False, facts=("on",), unknown=())


def _finding(condition: Condition, facts: ClaimFacts, law: Law) -> Finding:
    if condition.check:
        check = CHECKS[condition.check]
        verdict, names = check.answer(facts, law), check.facts
    else:
        names = (condition.fact,)
        verdict = (
            one_of(facts, condition.fact, *condition.among)
            if condition.among
            else negation(one_of(facts, condition.fact, *condition.outside))
        )
    return Finding(
        condition=condition,
        verdict=verdict,
        facts=names,
        unknown=tuple(name for name in names if facts.known(name) is None)
        if verdict is None
        else (),
    )


def _state(findings: Iterable[Finding]) -> RoadState:
    verdicts = list(findings)
    if any(one.bars for one in verdicts):
        return RoadState.BARRED
    if all(one.verdict is True for one in verdicts):
        return RoadState.OPEN
    return RoadState.CONDITIONAL


def _is_missing(document: Document, facts: ClaimFacts, law: Law) -> bool:
    if document.when and CHECKS[document.when].answer(facts, law) is False:
        return False
    return facts.documents is None or facts.documents.isdisjoint(document.any_of)


def _waits(rule: RoadRule, facts: ClaimFacts) -> Iterable[DeadlineRule]:
    """Return the legal periods on this road, those of the law that an act of the day would follow."""
    days = {"order_date": facts.on, "lease_date": facts.lease_date}
    for procedure_id, name in rule.waits:
        [wait] = [one for one in procedure(procedure_id).deadlines if one.id == name]
        chosen = days.get(wait.law_of.event) if wait.law_of else None
        if wait.law_of and chosen is not None:
            first, last = wait.law_of.first or date.min, wait.law_of.last or date.max
            if not first <= chosen <= last:
                continue
        if (wait.in_force_from or date.min) <= facts.on <= (wait.in_force_to or date.max):
            yield wait


def _road_warnings(
    rule: RoadRule,
    findings: Iterable[Finding],
    facts: ClaimFacts,
    doubtful: Iterable[str],
    *,
    barred: bool,
) -> Iterable[str]:
    for one in findings:
        if one.verdict is False and one.condition.advice and (one.bars or not barred):
            yield one.condition.advice
    if not barred:
        if rule.caution:
            yield rule.caution
        if rule.stage is Stage.TITLE and facts.title in (
            Title.INTERIM_ORDER,
            Title.NOTARIAL_DEED,
            Title.COMMISSAIRE,
            Title.PUBLIC,
        ):
            yield (
                "Un titre exécutoire est déjà détenu : l’exécution forcée n’attend pas une autre "
                "décision (CPCE art. L. 111-3)."
            )
    sources = " ; ".join(doubtful)
    if sources:
        yield f"À confirmer avant de s’en servir : {sources}."


def _warnings(facts: ClaimFacts) -> Iterable[str]:
    if facts.limitation_assumed:
        yield (
            "La prescription est comptée de l’échéance, d’après la nature de la créance : un délai "
            "plus court (transport, téléphone…) ou un point de départ antérieur se donnent dans "
            "« limitation »."
        )
    if facts.limitation is not None:
        yield from facts.limitation.warnings
    if facts.acknowledged:
        yield (
            "La reconnaissance de la dette interrompt la prescription (C. civ. art. 2240) : "
            "donnez-la avec son jour dans « limitation »."
        )


# --- court and costs -----------------------------------------------------------------------------


def court_nature(facts: ClaimFacts) -> str | None:
    """Return the nature that decides the court; None where the facts do not tell."""
    if facts.nature is None:
        return None
    if facts.nature in shipped_court_law().natures:
        return facts.nature.value
    if facts.nature is Nature.INSURANCE_PREMIUM:
        if facts.known("debtor_kind") is Debtor.CONSUMER:
            return Nature.CONSUMER.value
        traders = (facts.known("creditor_trader"), facts.known("debtor_trader"))
        if traders == (True, True):
            return Nature.COMMERCIAL.value
        return Nature.CIVIL.value if False in traders else None
    return None


def _costs(
    rule: RoadRule, facts: ClaimFacts, directory: Directory | None, law: Law
) -> tuple[Competence | None, tuple[Cost, ...], str]:
    """Return the court where a road has one, its costs, and why they are unknown."""
    if not rule.court:
        return None, tuple(_own_costs(rule)), ""
    nature = court_nature(facts)
    missing = [
        MEANINGS[name]
        for name, value in (
            ("nature", nature),
            ("amount", facts.amount),
            ("debtor_postcode", facts.debtor_postcode or facts.debtor_city),
        )
        if value is None
    ]
    if missing or nature is None or facts.amount is None:
        return None, (), f"Il manque, pour les calculer : {', '.join(missing)}."
    allowed = shipped_court_law().roads[rule.court].only
    if allowed and nature not in allowed:
        return None, (), "La nature donnée n’est pas celle d’une créance commerciale."
    question = CourtQuestion(
        city=facts.debtor_city or "",
        postcode=facts.debtor_postcode or "",
        amount_cents=facts.amount,
        nature=nature,
        procedure=rule.court,
        on=facts.on,
        clause_city=facts.clause_city or "",
    )
    try:
        found = competence(question, directory, law)
    except WrongInput:
        raise
    except Refused as refusal:
        return None, (), refusal.message
    return found, found.costs, ""


def _own_costs(rule: RoadRule) -> Iterable[Cost]:
    for line in rule.costs:
        yield Cost(
            label=line.label,
            amount_cents=line.amount_cents,
            borne_by=line.borne_by,
            recovered_as=line.recovered_as,
            source=line.rule.source,
            verified=line.rule.verified,
            note=line.note,
        )


# --- the contract's shape ------------------------------------------------------------------------

_RESULTS = {True: "met", False: "not_met", None: "unknown"}


def _road_answer(road: OpenRoad, facts: ClaimFacts) -> dict[str, object]:
    court = road.competence
    return {
        "id": road.rule.id,
        "procedure": road.rule.procedure,
        "name": road.rule.name,
        "stage": road.rule.stage.value,
        "state": road.state.value,
        "outcome": road.rule.outcome,
        "deciding": [_finding_answer(one, facts) for one in road.deciding],
        "conditions": [_finding_answer(one, facts) for one in road.findings],
        "missing_facts": [_fact_answer(name) for name in road.missing_facts],
        "missing_documents": [
            {"any_of": list(one.any_of), "label": document_name(one)}
            for one in road.missing_documents
        ],
        "court": None
        if court is None
        else {
            "name": court.court.name if court.court else None,
            "alternatives": [one.name for one in court.alternatives],
            "lawyer": court.representation.mandatory,
            "lawyer_why": court.representation.why,
            "verified": court.verified,
        },
        "costs": {
            "lines": [cost_answer(cost) for cost in road.costs],
            "known_total": euros_text(road.known_costs_cents),
            "recoverable": euros_text(road.recoverable_costs_cents),
            "complete": road.costs_complete,
            "unknown_because": road.costs_unknown_because or None,
        },
        "time": {
            "expected": None,
            "why": NO_DURATION,
            "waits": [
                {
                    "id": wait.id,
                    "label": wait.label,
                    "length": words(wait.length) if wait.length else None,
                    "source": wait.source,
                    "verified": wait.verified,
                }
                for wait in road.waits
            ],
        },
        "source": road.rule.rule.source,
        "warnings": list(road.warnings),
        "verified": road.verified,
    }


def _finding_answer(one: Finding, facts: ClaimFacts) -> dict[str, object]:
    return {
        "condition": one.condition.text,
        "result": _RESULTS[one.verdict],
        "otherwise": one.condition.otherwise.value,
        "facts": [{**_fact_answer(name), "value": fact_value(facts, name)} for name in one.facts],
        "advice": one.condition.advice or None,
        "source": one.condition.rule.source,
        "verified": one.condition.rule.verified,
    }


def _fact_answer(name: str) -> dict[str, object]:
    answer: dict[str, object] = {
        "fact": name,
        "label": MEANINGS.get(name, "jour du droit appliqué"),
    }
    if name in CHOICES:
        answer["values"] = [one.value for one in CHOICES[name]]
    return answer


def fact_value(facts: ClaimFacts, name: str) -> object:
    """Return a fact as JSON has it: euros and dates as text, None where unknown."""
    value = facts.known(name)
    if name == "limitation":
        found = facts.limitation
        return None if found is None or found.last_day is None else found.last_day.isoformat()
    if name in ("amount", "principal") and isinstance(value, int):
        return euros_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def document_name(document: Document) -> str:
    """Return what to produce, in words."""
    return " ; ou ".join(documents()[one] for one in document.any_of)
