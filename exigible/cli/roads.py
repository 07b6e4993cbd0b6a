"""`exigible roads`: which procedures are open to a claim, without a database."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from exigible.cli._command import JsonOption, write, write_json
from exigible.cli._documents import LawOption, answer_each, read_json, read_law
from exigible.domain.expected_value import NAMES
from exigible.domain.french import euros
from exigible.domain.law import Law, shipped_law
from exigible.domain.law.readings import distinct, readings_answer, watched
from exigible.domain.places import Directory
from exigible.domain.roads import OpenRoad, Roads, RoadState, open_roads, roads_answer
from exigible.domain.roads.facts import MEANINGS
from exigible.domain.roads.opening import document_name
from exigible.domain.roads.valuing import ClaimValue, claim_value, claim_value_answer
from exigible.hosting.environment import read_environment
from exigible.hosting.reference import loaded_directory
from exigible.intake.roads_question import RoadsQuestion, read_roads_question

PARIS = ZoneInfo("Europe/Paris")
TITLES = {
    RoadState.OPEN: "Voies ouvertes",
    RoadState.CONDITIONAL: "Voies sous condition",
    RoadState.BARRED: "Voies fermées",
}


def roads(
    case: Annotated[
        str, typer.Argument(metavar="CREANCE", help="Créance en JSON : un fichier, ou « - ».")
    ],
    as_json: JsonOption = False,
    law: LawOption = None,
) -> None:
    """Dit quelles voies sont ouvertes, fermées ou sous condition, et ce que vaut chaque choix."""
    document = read_json(case)
    used = read_law(law) or shipped_law()
    directory = loaded_directory(read_environment().home)
    if isinstance(document, list):
        write_json(answer_each(document, lambda one: _answer(one, directory, used)))
    elif as_json:
        write_json(_answer(document, directory, used))
    else:
        question = _read(document)
        found = open_roads(question.facts, directory, used)
        print_roads(found, claim_value(found, question.facts, question.value))


def _read(document: object) -> RoadsQuestion:
    return read_roads_question(document, datetime.now(PARIS).date())


def _answer(document: object, directory: Directory, law: Law) -> dict[str, object]:
    question = _read(document)
    noted = watched(law)
    found = open_roads(question.facts, directory, noted)
    value = claim_value(found, question.facts, question.value)
    return {
        **roads_answer(found, question.facts),
        "value": None if value is None else claim_value_answer(value, question.value),
        "parameters": readings_answer(distinct(noted.readings())),
    }


def print_roads(found: Roads, value: ClaimValue | None) -> None:
    """Print an answer to be read in a terminal."""
    for state, title in TITLES.items():
        chosen = [road for road in found.roads if road.state is state]
        if chosen:
            write(title)
            for road in chosen:
                _print_road(road)
            write()
    if value is not None:
        _print_value(value)
    for warning in found.warnings:
        write(f"• {warning}")


def _print_road(road: OpenRoad) -> None:
    doubt = "" if road.verified else " (à confirmer)"
    write(f"  {road.rule.name}{doubt}")
    write(f"    {road.rule.rule.source}")
    if road.state is RoadState.BARRED:
        for one in road.deciding:
            write(f"    Condition non remplie : {one.condition.text} {one.condition.rule.source}")
        return
    for one in road.findings:
        if one.verdict is False:
            write(f"    À faire : {one.condition.advice} {one.condition.rule.source}")
    if road.missing_facts:
        write(f"    Non renseigné : {', '.join(MEANINGS[name] for name in road.missing_facts)}")
    if road.missing_documents:
        write(f"    Pièces : {', '.join(document_name(one) for one in road.missing_documents)}")
    if road.competence is not None and road.competence.court is not None:
        write(f"    {road.competence.court.name}")
    if road.costs_complete:
        write(f"    Frais avancés : {euros(road.known_costs_cents)}")
    elif road.costs:
        unknown = ", ".join(cost.label for cost in road.unknown_costs)
        write(f"    Frais avancés connus : {euros(road.known_costs_cents)} ; inconnus : {unknown}")
    elif road.costs_unknown_because:
        write(f"    Frais : {road.costs_unknown_because}")


def _print_value(value: ClaimValue) -> None:
    by = f" par {value.road.rule.name.lower()}" if value.road else ""
    write(f"Valeur espérée (hypothèses, non du droit){by}")
    for one in value.value.values:
        write(f"  {NAMES[one.choice]} : {euros(one.cents)}")
        for line in one.lines:
            write(f"    {line.label} : {euros(line.cents)} ({line.working})")
    for note in (*value.value.notes, *value.warnings):
        write(f"  • {note}")
    write()
