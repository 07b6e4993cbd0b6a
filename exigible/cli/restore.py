"""`exigible restore`: a backup put back, verified before it replaces anything."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from exigible.cli._command import JsonOption, load_django, progress_bar, say, write, write_json
from exigible.domain.french import grouped
from exigible.hosting.environment import read_environment


def restore(
    file: Annotated[Path, typer.Argument(metavar="FICHIER", help="La sauvegarde à restaurer.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Remplace une base qui contient déjà des données.")
    ] = False,
    despite_findings: Annotated[
        bool,
        typer.Option(
            "--despite-findings", help="Restaure même si la vérification trouve à redire."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Restaure une sauvegarde dans une base neuve, la vérifie, puis la met en place."""
    environment = read_environment()
    from exigible.hosting import embedded

    embedded.ensure_running(environment)
    load_django()
    from exigible.hosting import backup as backups
    from exigible.hosting import schema
    from exigible.operations.documents import documents_folder

    with progress_bar(quiet=as_json) as progress:
        done = backups.restore(
            environment,
            file,
            documents_folder=documents_folder(),
            verify=_verify,
            replace=replace,
            despite_findings=despite_findings,
            progress=progress,
        )
    schema.after_migration()
    if as_json:
        write_json(
            {
                "documents": done.documents,
                "findings": done.findings,
                "set_aside": str(done.aside) if done.aside else None,
            }
        )
        return
    for finding in done.findings:
        say(finding)
    write(f"Sauvegarde restaurée et relue ({grouped(done.documents)} documents).")
    if done.aside:
        write(f"Les documents de la base remplacée sont dans {done.aside}.")


def _verify(name: str, folder: Path) -> list[str]:
    """Bring a restored database to this release's schema, then read everything again."""
    from django.db import connections

    from exigible.hosting import schema
    from exigible.operations.check import check_everything
    from exigible.operations.payments import paris_day

    at = datetime.now(UTC)
    connections.databases["restored"] = {**connections.databases["default"], "NAME": name}
    try:
        schema.bring_up_to_date(using="restored")
        report = check_everything(at=at, on=paris_day(at), folder=folder, using="restored")
    finally:
        connections["restored"].close()
        del connections["restored"], connections.databases["restored"]
    return [finding.message for finding in report.findings]
