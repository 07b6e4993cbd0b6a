"""`exigible law`: what the law in force is made of on a day, and what people entered of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from exigible.cli._command import JsonOption, open_database, say, write, write_json
from exigible.cli._documents import LawOption, read_law
from exigible.domain.french import count, typeset
from exigible.domain.french import day as french_day
from exigible.domain.law import Law, shipped_law
from exigible.domain.law.status import Situation, status_answer
from exigible.domain.refusals import WrongInput
from exigible.intake.json_fields import read_day

cli = typer.Typer(help="Paramètres du droit : état à un jour, export des valeurs saisies.")

SECTIONS = (
    (Situation.UNKNOWN, "Inconnu ce jour : les calculs qui en ont besoin s’arrêtent"),
    (Situation.UNVERIFIED, "À confirmer : employé avec un avertissement"),
    (Situation.RUNS_OUT, "Prend fin bientôt"),
    (Situation.CHANGES, "Change bientôt"),
    (Situation.CHANGED, "Changé depuis douze mois"),
)


@cli.command(help="Dit ce qui est en vigueur, inconnu, à confirmer, changé, ou près de sa fin.")
def status(
    on: Annotated[
        str, typer.Option("--on", metavar="DATE", help="Jour, AAAA-MM-JJ ; aujourd’hui à défaut.")
    ] = "",
    law: LawOption = None,
    database: Annotated[
        bool,
        typer.Option("--database", help="Ajoute les valeurs saisies dans la base de données."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    if database and law is not None:
        raise WrongInput(
            "wrong_input", "--law et --database ne vont pas ensemble.", field="--database"
        )
    day = read_day(on, "--on") if on else _today()
    answer = status_answer(_database_law() if database else read_law(law) or shipped_law(), day)
    if as_json:
        write_json(answer)
    else:
        print_status(answer)


@cli.command(help="Écrit les valeurs saisies dans un fichier que --law relit.")
def export(
    file: Annotated[Path, typer.Argument(metavar="FICHIER", help="Fichier à écrire, en JSON.")],
    as_json: JsonOption = False,
) -> None:
    import json

    open_database()
    from exigible.operations.law import export_document

    document = export_document(at=datetime.now(UTC))
    content = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    file.write_text(content, encoding="utf-8")
    if as_json:
        write_json({"file": str(file), "values": len(document["values"])})
    else:
        say(f"{count(len(document['values']), 'valeur écrite', 'valeurs écrites')} dans {file}.")


def _database_law() -> Law:
    open_database()
    from exigible.operations.law import current_law

    return current_law()


def _today() -> date:
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo("Europe/Paris")).date()


def print_status(answer: dict[str, Any]) -> None:
    """Print the standing of the law to be read in a terminal, what is pressing first."""
    from rich.console import Console

    console = Console()
    on = date.fromisoformat(answer["on"])
    found = answer["parameters"]
    console.print(f"Paramètres du droit au {french_day(on)}", style="bold", highlight=False)
    shown: set[str] = set()
    for situation, title in SECTIONS:
        rows = [one for one in found if situation in one["situations"] and one["id"] not in shown]
        if rows:
            console.print(f"\n{title} ({len(rows)})", style="bold", highlight=False)
            for one in rows:
                shown.add(one["id"])
                for line in _lines(one):
                    console.print(typeset(line), markup=False, highlight=False, soft_wrap=True)
    rest = [one for one in found if one["id"] not in shown and one["value"] is not None]
    console.print(
        f"\nEn vigueur, sans changement récent ({len(rest)})", style="bold", highlight=False
    )
    for one in rest:
        console.print(typeset(_lines(one)[0]), markup=False, highlight=False, soft_wrap=True)
    later = [one for one in found if one["situations"] == [Situation.NOT_YET]]
    if later:
        console.print(f"\nPas encore en vigueur ({len(later)})", style="bold", highlight=False)
        for one in later:
            console.print(f"• {one['name']}", markup=False, highlight=False, soft_wrap=True)
    write()


def _lines(one: dict[str, Any]) -> list[str]:
    """Return a parameter's value, then what is to be known of it."""
    if one["value"] is None:
        lines = [f"• {one['name']} : inconnu"]
        if "before" in one:
            known = one["before"]
            lines.append(
                f"    dernière valeur connue : {known['text']}, jusqu’au {_day(known['known_through'])}"
            )
        lines.append(f"    à saisir d’après : {one.get('find_at') or 'le texte officiel'}")
    else:
        mark = "" if one["verified"] else ", à confirmer"
        entered = ", saisi" if one["entered_by_user"] else ""
        lines = [f"• {one['name']} : {one['text']} depuis le {_day(one['from'])}{entered}{mark}"]
        lines.append(f"    {one['source']}")
        if note := one.get("note"):
            lines.append(f"    {note}")
        if one["known_through"]:
            lines.append(f"    connu jusqu’au {_day(one['known_through'])}")
        if "before" in one and Situation.CHANGED in one["situations"]:
            lines.append(f"    auparavant : {one['before']['text']}")
    if "following" in one:
        following = one["following"]
        mark = "" if following["verified"] else ", à confirmer"
        lines.append(f"    puis {following['text']} à compter du {_day(following['from'])}{mark}")
    return lines


def _day(text: str) -> str:
    return french_day(date.fromisoformat(text))
