"""`exigible court`: the competent court for a claim, without a database."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from exigible.cli._command import JsonOption, write, write_json
from exigible.cli._documents import LawOption, read_law
from exigible.domain.courts import Competence, Cost, competence, competence_answer
from exigible.domain.french import day as french_day
from exigible.domain.french import euros
from exigible.domain.law import shipped_law
from exigible.domain.law.readings import distinct, readings_answer, watched
from exigible.hosting.environment import read_environment
from exigible.hosting.reference import loaded_directory
from exigible.intake.court_question import read_court_question

PARIS = ZoneInfo("Europe/Paris")


def court(
    amount: Annotated[
        str, typer.Option("--amount", metavar="EUROS", help="Montant de la demande, 1234.56.")
    ],
    nature: Annotated[
        str,
        typer.Option(
            "--nature",
            metavar="NATURE",
            help="commercial, civil, consumer, rent, consumer_credit, commercial_rent, "
            "copropriete_charges.",
        ),
    ],
    procedure: Annotated[
        str,
        typer.Option(
            "--procedure",
            metavar="VOIE",
            help="injonction_de_payer, refere_provision, assignation_au_fond, "
            "creances_commerciales_L126.",
        ),
    ],
    debtor_city: Annotated[
        str, typer.Option("--debtor-city", metavar="COMMUNE", help="Commune du débiteur.")
    ] = "",
    debtor_postcode: Annotated[
        str, typer.Option("--debtor-postcode", metavar="CODE", help="Code postal du débiteur.")
    ] = "",
    clause_city: Annotated[
        str,
        typer.Option(
            "--clause-city", metavar="COMMUNE", help="Siège que désigne une clause du contrat."
        ),
    ] = "",
    on: Annotated[
        str,
        typer.Option("--on", metavar="DATE", help="Jour du droit appliqué ; aujourd’hui sinon."),
    ] = "",
    law: LawOption = None,
    as_json: JsonOption = False,
) -> None:
    """Dit le tribunal compétent, s’il faut un avocat, une tentative amiable, et ce qu’il en coûte."""
    fields = {
        "debtor_city": debtor_city,
        "debtor_postcode": debtor_postcode,
        "amount": amount,
        "nature": nature,
        "procedure": procedure,
        "clause_city": clause_city,
        "on": on or None,
    }
    question = read_court_question(fields, datetime.now(PARIS).date())
    noted = watched(read_law(law) or shipped_law())
    found = competence(question, loaded_directory(read_environment().home), noted)
    if as_json:
        parameters = readings_answer(distinct(noted.readings()))
        write_json({**competence_answer(found), "parameters": parameters})
    else:
        print_competence(found)


def print_competence(found: Competence) -> None:
    """Print an answer to be read in a terminal."""
    if found.court is not None:
        write(found.court.name)
    _print_courts("Autres tribunaux possibles :" if found.court else "Tribunaux possibles :", found)
    write(found.ground)
    write()
    write(f"Avocat       {found.representation.why}")
    write(f"Amiable      {found.amicable_attempt.why}")
    write(f"Appel        {'Ouvert.' if found.appeal else 'Non : dernier ressort.'}")
    write()
    for cost in found.costs:
        write(f"• {cost.label} : {_amount(cost)}")
        if cost.note:
            write(f"  {cost.note}")
    write()
    write(f"Textes : {found.source}.")
    for warning in found.warnings:
        write(f"• {warning}")


def _print_courts(title: str, found: Competence) -> None:
    if not found.alternatives:
        return
    write(title)
    for other in found.alternatives:
        write(f"  {other.name}")


def _amount(cost: Cost) -> str:
    bearer = "le créancier" if cost.borne_by == "creditor" else "le débiteur"
    if cost.recovered_as:
        bearer += f", repris sur le débiteur ({cost.recovered_as})"
    doubt = "" if cost.verified else ", à confirmer"
    if cost.amount_cents is not None:
        return f"{euros(cost.amount_cents)}, pour {bearer}{doubt}"
    if cost.last_known_cents is not None and cost.last_known_on is not None:
        return (
            f"inconnu ce jour ; {euros(cost.last_known_cents)} jusqu’au "
            f"{french_day(cost.last_known_on)}, pour {bearer}"
        )
    return f"inconnu, pour {bearer}"
