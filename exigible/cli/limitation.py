"""`exigible limitation`: the last day to act on a debt, without a database."""

from __future__ import annotations

from typing import Annotated

import typer

from exigible.cli._command import JsonOption, write
from exigible.cli._documents import reply
from exigible.domain.french import capital, long_day
from exigible.domain.french import day as french_day
from exigible.domain.limitation import Limitation, limitation_answer
from exigible.domain.limitation import limitation as limitation_of
from exigible.intake.limitation_case import read_limitation_case


def limitation(
    claim: Annotated[
        str, typer.Argument(metavar="CREANCE", help="Créance en JSON : un fichier, ou « - ».")
    ],
    as_json: JsonOption = False,
) -> None:
    """Calcule le dernier jour pour agir : prescription ou forclusion, avec ses raisons."""
    reply(claim, _compute, answer=limitation_answer, show=print_limitation, as_json=as_json)


def _compute(document: object) -> Limitation:
    return limitation_of(read_limitation_case(document))


def print_limitation(found: Limitation) -> None:
    """Print an answer to be read in a terminal."""
    write(capital(found.nature.name))
    if found.last_day is None:
        write("Le délai est interrompu : il n’a pas de dernier jour tant que l’instance dure.")
    else:
        write(f"Dernier jour pour agir : {long_day(found.last_day)}, à minuit.")
    if found.expired:
        write("Le délai est expiré.")
    if found.oldest_recoverable is not None:
        write(f"Intérêts encore recouvrables depuis le {long_day(found.oldest_recoverable)}.")
    write()
    for step in found.steps:
        doubt = "" if step.verified else " (à confirmer)"
        write(f"{french_day(step.on)}  {step.text}")
        write(f"            {step.source}{doubt}")
    for text in (*found.notes, *found.warnings):
        write(f"• {text}")
