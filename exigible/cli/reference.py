"""`exigible reference`: official files that the calculators use, kept without a database."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from exigible.cli._command import JsonOption, write, write_json
from exigible.domain.french import count
from exigible.domain.french import day as french_day
from exigible.hosting.environment import read_environment
from exigible.hosting.reference import merge_courts, read_courts
from exigible.intake.court_files import read_court_file

PARIS = ZoneInfo("Europe/Paris")
SHOWN = 10  # lines left out that are named; beyond, they are counted

cli = typer.Typer(help="Fichiers officiels dont les calculs se servent.")
_load = typer.Typer(help="Charge un fichier officiel.")
cli.add_typer(_load, name="load")


@_load.command(name="courts", help="Charge les juridictions compétentes, commune par commune.")
def load_courts(
    file: Annotated[Path, typer.Argument(metavar="FICHIER", help="Fichier officiel, CSV ou XLSX.")],
    as_json: JsonOption = False,
) -> None:
    read = read_court_file(file)
    loaded = merge_courts(
        read_environment().home,
        read.kind,
        read.communes,
        file=file.name,
        on=datetime.now(PARIS).date(),
    )
    if as_json:
        write_json(
            {
                "kind": read.kind,
                "encoding": read.encoding,
                "counts": {"communes": len(read.communes), "left_out": len(read.problems)},
                "problems": [problem.as_json() for problem in read.problems],
                "origins": loaded.origins,
            }
        )
        return
    write(f"{count(len(read.communes), 'commune')} : le fichier est chargé.")
    for problem in read.problems[:SHOWN]:
        write(f"• ligne {problem.line} laissée de côté : {problem.message} « {problem.excerpt} »")
    if len(read.problems) > SHOWN:
        write(f"• et {count(len(read.problems) - SHOWN, 'autre ligne', 'autres lignes')}.")


@cli.command(help="Dit ce qui est chargé, d’où et quand.")
def status(as_json: JsonOption = False) -> None:
    loaded = read_courts(read_environment().home)
    origins = loaded.origins if loaded else {}
    if as_json:
        write_json({"courts": origins})
        return
    if not origins:
        write(
            "Aucun fichier : les tribunaux sont donnés d’après les codes postaux et les grandes villes."
        )
    names = {"commercial": "Juridictions commerciales", "judicial": "Tribunaux judiciaires"}
    for kind, origin in origins.items():
        day = french_day(datetime.fromisoformat(str(origin["on"])).date())
        write(
            f"{names[kind]} : {origin['file']}, chargé le {day}, "
            f"{count(int(str(origin['communes'])), 'commune')}."
        )
