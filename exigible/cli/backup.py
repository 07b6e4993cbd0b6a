"""`exigible backup`: the database and the documents in one file."""

from pathlib import Path
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
from exigible.domain.french import grouped


def backup(
    file: Annotated[Path, typer.Argument(metavar="FICHIER", help="La sauvegarde à écrire (.zip).")],
    force: Annotated[bool, typer.Option("--force", help="Remplace un fichier existant.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Sauvegarde la base et les documents dans un fichier, pendant que le travail continue."""
    environment = open_database()
    from exigible.hosting import backup as backups
    from exigible.operations.documents import documents_folder

    with progress_bar(quiet=as_json) as progress:
        done = backups.backup(
            environment,
            file,
            documents_folder=documents_folder(),
            overwrite=force,
            progress=progress,
        )
    if as_json:
        write_json(
            {
                "file": str(done.path),
                "size": done.size_bytes,
                "documents": done.documents,
                "damaged_documents": done.damaged,
            }
        )
    else:
        write(
            f"Sauvegarde écrite : {done.path} ({grouped(max(1, done.size_bytes // 1_000_000))} Mo, "
            f"{grouped(done.documents)} documents)."
        )
    if done.damaged and not as_json:
        say(
            f"Attention : {grouped(len(done.damaged))} documents manquent ou sont abîmés, et ne sont "
            "pas dans la sauvegarde. « exigible check » les nomme."
        )
    return REFUSED if done.damaged else DONE
