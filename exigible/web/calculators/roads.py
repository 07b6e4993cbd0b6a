"""*Voies ouvertes*: which procedures a claim can take, and what each choice is worth; as `exigible roads`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings

from exigible.documents.working import Column, Fact, Line, Table, Working
from exigible.domain.counting import words
from exigible.domain.courts import Cost
from exigible.domain.expected_value import (
    AMOUNTS,
    DELAYS,
    MEANINGS,
    NAMES,
    Assumptions,
    Choice,
    Value,
)
from exigible.domain.french import amount, count, euros, long_day, percent, typeset
from exigible.domain.refusals import Refused
from exigible.domain.roads import OpenRoad, RoadState, open_roads
from exigible.domain.roads.facts import MEANINGS as FACTS
from exigible.domain.roads.facts import USUAL_LIMITATION, Nature
from exigible.domain.roads.opening import NO_DURATION, Finding, document_name
from exigible.domain.roads.valuing import ClaimValue, claim_value
from exigible.intake.roads_question import read_roads_question
from exigible.web.calculators import roads_form as form
from exigible.web.calculators.base import Calculator, CalculatorForm, Group, Outcome, PercentField
from exigible.web.calculators.court import directory
from exigible.web.calculators.words import capital

STATES = {
    RoadState.OPEN: "ouverte",
    RoadState.CONDITIONAL: "sous condition",
    RoadState.BARRED: "fermée",
}
LETTER_HEADINGS = {
    RoadState.OPEN: "Voies ouvertes",
    RoadState.CONDITIONAL: "Voies sous condition",
}
VERDICTS = {True: "rempli", False: "non rempli", None: "à établir"}
_QUOTED = re.compile("«\u00a0(\\w+)\u00a0»")
_NAMED = {
    **{name: form.LABELS.get(name) or capital(meaning) for name, meaning in FACTS.items()},
    "limitation": "Prescription",
    "costs": "Frais avancés pour agir",
}
LIMITATION_FIELDS = {
    "nature": "prescription_nature",
    "starts_on": "prescription_depart",
    "on": "prescription_le",
}


class OpenRoads(Calculator):
    slug = "voies"
    title = "Voies ouvertes"
    purpose = "Quelles procédures sont ouvertes ou fermées, pourquoi, et ce que vaut d’agir."
    empty = (
        "Les voies, leurs coûts et ce que vaut chaque choix s’affichent ici dès le montant donné."
    )
    asks = "Ce qui déciderait encore :"

    def build(self) -> list[Group]:
        asked = form.relevant(self.query, self.today)
        self.facts: list[form.FactsForm] = []
        groups = []
        for theme in form.THEMES:
            names = [name for name in theme.facts if name in asked.facts]
            facts = self.form(form.FactsForm.of(names, first=not self.facts))
            self.facts.append(facts)
            groups.append(Group(theme.legend, [facts], free=True, folded=theme.folded))
        self.limitation = self.form(form.LimitationForm)
        self.documents = self.form(form.DocumentsForm.of(asked.documents))
        self.supposed = self.form(form.AssumptionsForm.of_all())
        return [
            *groups,
            Group(
                "Prescription",
                [self.limitation],
                folded=True,
                free=True,
                hint="Sans réponse, le délai usuel de la nature donnée est compté de l’échéance.",
            ),
            Group("Pièces en votre possession", [self.documents], folded=True, free=True),
            Group(
                "Hypothèses : agir, transiger, abandonner",
                [self.supposed],
                folded=True,
                free=True,
                hint="Ce ne sont pas des règles de droit. Une case vide garde la valeur grisée.",
            ),
        ]

    def document(self) -> dict[str, Any]:
        """Return the facts as `exigible roads` reads them."""
        document: dict[str, Any] = {}
        for facts in self.facts:
            document |= facts.given
        if not self.limitation.blank:
            document["limitation"] = self._limitation(document)
        if self.documents.held:
            document["documents"] = self.documents.held
        if supposed := self.supposed.given:
            document["value"] = supposed
        return document

    def _limitation(self, facts: dict[str, Any]) -> dict[str, Any]:
        said = self.limitation.answers
        act, on, start = (said[f"prescription_{name}"] for name in ("fait", "le", "depart"))
        return {
            "nature": said["prescription_nature"]
            or USUAL_LIMITATION.get(Nature(facts["nature"]), ""),
            "starts_on": start.isoformat() if start else facts.get("due_on"),
            "events": [{"type": act, "on": on.isoformat()}] if act else [],
        }

    def field_of(self, path: str) -> tuple[CalculatorForm, str] | None:
        kind, _, name = path.partition(".")
        if kind == "value":
            return (self.supposed, form.SUPPOSED + name)
        if kind == "limitation":
            last = name.rpartition(".")[2]
            return (self.limitation, LIMITATION_FIELDS.get(last, "prescription_fait"))
        wanted = {"on": "au", "amount": "montant"}.get(path, form.FACT + path)
        return next(((one, wanted) for one in self.facts if wanted in one.fields), None)

    def lacks(self) -> list[tuple[str, str]]:
        missing = super().lacks()
        said = self.limitation.answers
        if self.limitation.blank or self.limitation.errors:
            return missing
        nature = self.facts[0].answers.get("fait_nature")
        if not said["prescription_nature"] and nature and nature not in USUAL_LIMITATION:
            missing.append((self.limitation["prescription_nature"].id_for_label, "le délai"))
        if not said["prescription_depart"] and not self.facts[0].answers.get("fait_due_on"):
            missing.append(
                (self.limitation["prescription_depart"].id_for_label, "le point de départ du délai")
            )
        return missing

    @property
    def open_questions(self) -> Sequence[tuple[str, str]]:
        """The unknown facts of the roads not barred, that the form asks."""
        if self.outcome.working is None:
            return ()
        names = dict.fromkeys(name for road in self.possible for name in road.missing_facts)
        found = []
        for name in names:
            place = self._place(name)
            if place is not None:
                found.append((place[0][place[1]].id_for_label, _fact_name(name)))
        return found

    def compute(self) -> Working:
        question = read_roads_question(self.document(), self.today)
        facts = question.facts
        found = open_roads(facts, directory(settings.HOME), self.law)
        value = claim_value(found, facts, question.value)
        assert value is not None, "the amount is needed"
        self.possible = [one for one in found.roads if one.state is not RoadState.BARRED]
        barred = [one for one in found.roads if one.state is RoadState.BARRED]
        nature = form.WORDS["nature"][facts.nature or Nature.COMMERCIAL]
        return Working(
            title=self.title,
            given=tuple(self._given()),
            facts=tuple(_facts(self.possible, barred, value)),
            reasons=_reasons(value),
            verified=all(one.verified for one in self.possible),
            lines_title="Les voies praticables, dans l’ordre où les examiner",
            columns=(
                Column(label="Voie", weight=8),
                Column(label="Attentes légales", weight=3),
                Column(label="Frais avancés", numeric=True, weight=3),
                Column(label="Réponse", numeric=True, weight=3),
            ),
            lines=tuple(_possible_line(one, self._needs(one)) for one in self.possible),
            further=(
                _value_table(value),
                _assumption_table(value, question.value.given),
                Table(
                    title="Les voies fermées",
                    columns=(
                        Column(label="Voie", weight=6),
                        Column(label="Texte", weight=5),
                        Column(label="Réponse", numeric=True, weight=2),
                    ),
                    lines=tuple(_barred_line(one) for one in barred),
                ),
            ),
            warnings=tuple(_in_words(text) for text in (*found.warnings, *value.warnings)),
            notes=(NO_DURATION, *value.value.notes),
            text=_letter(
                f"Créance de {euros(facts.amount or 0)} ({nature}), situation au {long_day(found.on)}.",
                [(one, self._needs(one)) for one in self.possible],
                value,
            ),
        )

    def _needs(self, road: OpenRoad) -> list[str]:
        """Return the names of the facts still to establish, those that the form asks."""
        return [_fact_name(one) for one in road.missing_facts if self._place(one) is not None]

    def _place(self, fact: str) -> tuple[CalculatorForm, str] | None:
        return self.field_of("limitation.nature" if fact == "limitation" else fact)

    def _given(self) -> Iterator[tuple[str, str]]:
        """Yield what was answered, as the PDF repeats it."""
        parts = (*self.facts, self.limitation, self.supposed)
        for bound in (bound for part in parts for bound in part):
            typed = bound.form.data[bound.html_name]
            if not typed:
                continue
            if isinstance(bound.field, forms.ChoiceField):
                typed = str(dict(bound.field.choices)[typed])
            elif isinstance(bound.field, PercentField):
                typed = bound.form.answers[bound.html_name].replace(".", ",")
            yield str(bound.label), typed
        held = [str(bound.label) for bound in self.documents if bound.value()]
        if held:
            yield "Pièces", " ; ".join(held)

    def _refused(self, refused: Refused) -> Outcome:
        refused.message = _in_words(refused.message)
        return super()._refused(refused)


# --- the answer and its lines --------------------------------------------------------------------


def _facts(possible: list[OpenRoad], barred: list[OpenRoad], value: ClaimValue) -> Iterator[Fact]:
    opened = [one for one in possible if one.state is RoadState.OPEN]
    conditional = len(possible) - len(opened)
    yield Fact(
        label="Voies ouvertes",
        value=str(len(opened)) if opened else "aucune",
        note=", ".join(one.rule.name for one in opened),
    )
    yield Fact(label="Sous condition", value=str(conditional) if conditional else "aucune")
    yield Fact(label="Fermées", value=str(len(barred)))
    for one in value.value.values:
        best = one is value.value.best
        yield Fact(
            label=f"{NAMES[one.choice]} vaut",
            value=euros(one.cents),
            note="le meilleur choix, d’après vos hypothèses" if best else "",
        )


def _reasons(value: ClaimValue) -> tuple[str, ...]:
    if value.road is None:
        return ()
    reason = f"Agir est évalué par cette voie : {_lower(value.road.rule.name)}."
    least = value.value.break_even
    if least is None:
        return (reason, "Aucune chance d’encaisser ne suffirait à ce qu’agir vaille mieux.")
    return (
        reason,
        f"Agir vaut le meilleur des deux autres choix à partir de {percent(least)} de chances "
        "d’encaisser une fois le titre obtenu.",
    )


def _possible_line(road: OpenRoad, needs: list[str]) -> Line:
    waits = [words(wait.length) for wait in road.waits if wait.length]
    return Line(
        cells=(
            road.rule.name,
            " ; ".join(dict.fromkeys(waits)) or "–",
            _costs(road),
            STATES[road.state],
        ),
        note=typeset(" ".join([f"{road.rule.rule.source}.", *_still(road, needs)])),
        why=tuple(typeset(text) for text in _why(road)),
        source=typeset(road.rule.rule.source),
        verified=road.verified,
        warnings=road.warnings,
    )


def _still(road: OpenRoad, needs: list[str]) -> Iterator[str]:
    """Yield what decides, or is still to be known, done or gathered."""
    if needs:
        yield f"À établir : {', '.join(needs)}."
    for one in road.findings:
        if one.verdict is False:
            yield f"{_advice(one)}"
    if road.state is RoadState.OPEN:
        yield f"Toutes les conditions sont remplies ; elle donne {road.rule.outcome}."
    if road.missing_documents:
        yield f"{capital(count(len(road.missing_documents), 'pièce'))} à réunir."


def _why(road: OpenRoad) -> Iterator[str]:
    yield f"Ce qu’elle donne : {road.rule.outcome}."
    for one in road.findings:
        told = f"{capital(VERDICTS[one.verdict])} : {_sourced(one)}"
        if one.verdict is None:
            told += f" Dépend de : {', '.join(map(_fact_name, one.unknown))}."
        elif one.verdict is False and one.condition.advice:
            told += f" {one.condition.advice}"
        yield told
    if road.competence is not None:
        court = road.competence.court
        if court is not None:
            yield f"Juridiction : {court.name}."
        else:
            names = ", ".join(one.name for one in road.competence.alternatives)
            yield f"Juridiction à choisir entre : {names}."
        yield road.competence.representation.why
    for cost in road.costs:
        yield _cost(cost)
    if road.costs_unknown_because:
        yield f"Frais inconnus. {road.costs_unknown_because}"
    for wait in road.waits:
        if wait.length:
            yield f"Attente légale : {_lower(wait.label)}, {words(wait.length)} ({wait.source})."
    if road.missing_documents:
        names = " ; ".join(document_name(one) for one in road.missing_documents)
        yield f"Pièces à réunir : {names}."


def _barred_line(road: OpenRoad) -> Line:
    return Line(
        cells=(road.rule.name, road.rule.rule.source, STATES[road.state]),
        note=typeset(" ".join(f"Non rempli : {one.condition.text}" for one in road.deciding)),
        why=tuple(
            typeset(f"Condition non remplie : {_sourced(one)} {one.condition.advice}")
            for one in road.deciding
        ),
        source=typeset(road.rule.rule.source),
        verified=road.verified,
        warnings=tuple(
            text
            for text in road.warnings
            if text not in {one.condition.advice for one in road.deciding}
        ),
    )


def _sourced(one: Finding) -> str:
    return f"{one.condition.text.removesuffix('.')} ({one.condition.rule.source})."


def _fact_name(name: str) -> str:
    return _lower(form.LABELS.get(name) or FACTS[name])


def _advice(one: Finding) -> str:
    return one.condition.advice or f"Non rempli : {one.condition.text}"


def _costs(road: OpenRoad) -> str:
    known = euros(road.known_costs_cents)
    if road.costs_complete:
        return known
    if road.known_costs_cents:
        return f"{known}, et d’autres"
    return "à demander" if road.costs else "à préciser"


def _cost(cost: Cost) -> str:
    shown = euros(cost.amount_cents) if cost.amount_cents is not None else "montant à demander"
    bearer = "avancé par le créancier" if cost.borne_by == "creditor" else "dû par le débiteur"
    if cost.recovered_as:
        bearer += f", repris sur le débiteur ({cost.recovered_as})"
    note = f" {cost.note}" if cost.note else ""
    return f"{cost.label} : {shown}, {bearer} ({cost.source}).{note}"


# --- what each choice is worth -------------------------------------------------------------------


def _value_table(value: ClaimValue) -> Table:
    return Table(
        title="Ce que vaut chaque choix",
        columns=(
            Column(label="Choix", weight=8),
            Column(label="Valeur espérée, €", numeric=True, weight=3),
        ),
        lines=tuple(_value_line(one, value) for one in value.value.values),
    )


def _value_line(one: Value, value: ClaimValue) -> Line:
    steps = [
        f"{line.label} : {euros(line.cents)} = {line.working}"
        + (f" ({line.rule.source})." if line.rule else ".")
        if line.working != "certain"
        else f"{line.label} : {euros(line.cents)}, sans aléa."
        for line in one.lines
    ]
    name = NAMES[one.choice]
    if one.choice is Choice.ACT and value.road is not None:
        name = f"{name} : {_lower(value.road.rule.name)}"
    return Line(
        cells=(name, amount(one.cents)),
        note=" ; ".join(f"{line.label} {euros(line.cents)}" for line in one.lines),
        why=tuple(steps) or ("Rien n’est gagné, rien n’est dépensé.",),
    )


def _assumption_table(value: ClaimValue, given: Mapping[str, object]) -> Table:
    default = Assumptions()
    lines = []
    for name, meaning in MEANINGS.items():
        used = getattr(value.supposed, name)
        if name in given:
            origin = "donnée par vous"
        elif name in form.OF_THE_ROAD and (name != "win" or used != default.win):
            origin = "de la voie"
        else:
            origin = "par défaut"
        words_of = capital(meaning.partition("\u00a0;")[0])
        lines.append(
            Line(
                cells=(words_of, origin, _shown(name, used)),
                why=(
                    f"Valeur {origin} ; elle se change dans « Hypothèses », à "
                    "gauche. Ce n’est pas une règle de droit.",
                ),
            )
        )
    return Table(
        title="Les hypothèses",
        columns=(
            Column(label="Hypothèse", weight=7),
            Column(label="Origine", weight=3),
            Column(label="Valeur", numeric=True, weight=3),
        ),
        lines=tuple(lines),
        why_printed=False,
    )


def _shown(name: str, used: int | bool | None) -> str:
    if used is None:
        return "inconnu, rien n’est actualisé"
    if isinstance(used, bool):
        return "oui" if used else "non"
    if name in AMOUNTS:
        return euros(used)
    return count(used, "jour") if name in DELAYS else percent(used)


# --- the text of a letter ------------------------------------------------------------------------


def _letter(opening: str, possible: list[tuple[OpenRoad, list[str]]], value: ClaimValue) -> str:
    """Return what to write to whoever decides: the roads, what they need, what each choice is worth."""
    parts = [opening]
    for state, heading in LETTER_HEADINGS.items():
        told = [_told(road, needs) for road, needs in possible if road.state is state]
        if told:
            parts += [f"{heading} :", *(f"– {one} ;" for one in told[:-1]), f"– {told[-1]}."]
    worth = ", ".join(
        f"{_lower(NAMES[one.choice])} {euros(one.cents)}" for one in value.value.values
    )
    by = f" (agir par cette voie : {_lower(value.road.rule.name)})" if value.road else ""
    parts.append(f"Valeur espérée de chaque choix, d’après nos hypothèses{by} : {worth}.")
    return typeset("\n".join(parts))


def _told(road: OpenRoad, needs: list[str]) -> str:
    told = f"{road.rule.name} ({road.rule.rule.source})"
    if road.competence is not None and road.competence.court is not None:
        told += f", {road.competence.court.name}"
    return f"{told}, à établir : {', '.join(needs)}" if needs else told


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _in_words(text: str) -> str:
    """Return a text with the names of facts as the form has them: « limitation », « Prescription »."""
    return _QUOTED.sub(lambda found: f"« {_NAMED.get(found[1], found[1])} »", typeset(text))
