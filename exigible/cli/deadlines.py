"""`exigible deadlines`: the deadlines of a procedure, from its dated events, without a database."""

from __future__ import annotations

from typing import Annotated

import typer

from exigible.cli._command import JsonOption
from exigible.cli._documents import reply
from exigible.domain.deadlines import Deadline, Deadlines, deadlines_answer
from exigible.domain.deadlines import deadlines as deadlines_of
from exigible.domain.french import day as french_day
from exigible.domain.french import full_day
from exigible.intake.procedure_case import read_procedure_case


def deadlines(
    procedure: Annotated[
        str, typer.Argument(metavar="PROCÉDURE", help="Procédure en JSON : un fichier, ou « - ».")
    ],
    as_json: JsonOption = False,
) -> None:
    """Calcule les délais d’une procédure : dernier jour, report, sanction, article."""
    reply(procedure, _compute, answer=deadlines_answer, show=print_deadlines, as_json=as_json)


def _compute(document: object) -> Deadlines:
    return deadlines_of(read_procedure_case(document))


def print_deadlines(answer: Deadlines) -> None:
    """Print deadlines to be read in a terminal: a table, then the working of each."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(
        title=answer.procedure.name,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
        collapse_padding=True,
    )
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("Dernier jour", no_wrap=True)
    table.add_column("Délai")
    table.add_column("À confirmer", no_wrap=True)
    for number, one in enumerate(answer.deadlines, 1):
        table.add_row(
            f"({number})",
            french_day(one.falls_on) if one.falls_on else "sans date",
            Text(one.label),
            "" if one.verified else "oui",
        )
    console.print(table)
    for number, one in enumerate(answer.deadlines, 1):
        for line in _lines(number, one):
            console.print(line, markup=False, highlight=False)
    for warning in answer.warnings:
        console.print(f"• {warning}", markup=False, highlight=False)


def _lines(number: int, one: Deadline) -> list[str]:
    """Return what explains a deadline, under the table."""
    lines = [f"({number}) {one.label} — {one.rule.source} [{one.id}]"]
    if one.condition:
        lines.append(f"    Si : {one.condition}.")
    lines += [f"    {step}" for step in one.working]
    lines.append(f"    Sanction : {one.rule.sanction}.")
    if one.safe_on:
        lines.append(f"    Jour prudent : {full_day(one.safe_on)}.")
    if one.rule.note:
        lines.append(f"    {one.rule.note}")
    lines += [f"    ! {warning}" for warning in one.warnings]
    return lines
