"""`exigible check`: read everything again and say what is wrong."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from exigible.cli._command import (
    DONE,
    REFUSED,
    JsonOption,
    open_database,
    progress_bar,
    say,
    write,
    write_json,
)


def check(
    strict: Annotated[
        bool, typer.Option("--strict", help="Échoue aussi sur un avertissement.")
    ] = False,
    aside: Annotated[
        bool,
        typer.Option(
            "--set-aside-orphans",
            help="Déplace hors des documents les fichiers qu’aucun document ne connaît.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Relit tout : soldes, affectations, journal et scellés, documents, totaux comptables."""
    open_database()
    from exigible.operations import check as checking
    from exigible.operations.documents import documents_folder
    from exigible.operations.payments import paris_day

    at = datetime.now(UTC)
    with progress_bar(quiet=as_json) as progress:
        report = checking.check_everything(at=at, on=paris_day(at), progress=progress)
    moved = None
    if aside:
        moved = checking.set_orphans_aside(report.orphans, folder=documents_folder(), at=at)
    wrong = report.total > 0 or (strict and bool(report.warnings))
    if as_json:
        write_json(
            {
                "ok": not wrong,
                "counts": report.counts,
                "found": report.found,
                "findings": [
                    {"rule": one.rule, "subject": one.subject, "message": one.message}
                    for one in report.findings
                ],
                "warnings": report.warnings,
                "set_aside": str(moved) if moved else None,
            }
        )
        return REFUSED if wrong else DONE
    for one in report.findings:
        write(one.message)
    for rule, count in report.found.items():
        shown = sum(1 for one in report.findings if one.rule == rule)
        if count > shown:
            write(f"… et {count - shown} autres du même genre ({rule}).")
    for warning in report.warnings:
        say(f"Avertissement : {warning}")
    for line in checking.summary(report):
        write(line)
    if moved:
        write(f"{len(report.orphans)} fichiers déplacés dans {moved}.")
    return REFUSED if wrong else DONE
