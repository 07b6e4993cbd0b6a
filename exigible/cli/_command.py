"""What every command shares: the --json option, answers and refusals, opening the database.

Importing this module loads neither Django, psycopg nor Polars.
"""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from exigible.domain.refusals import Refused
from exigible.hosting.environment import Environment, WrongSetting, read_environment
from exigible.hosting.outage import is_database_away, is_disk_full, outage_reason

DONE, REFUSED, WRONG_USAGE, OUR_MISTAKE, INTERRUPTED = 0, 1, 2, 70, 130

JsonOption = Annotated[
    bool, typer.Option("--json", help="Répond par un document JSON, seul sur la sortie standard.")
]


def write(text: str = "") -> None:
    """Write a line of the answer on standard output."""
    sys.stdout.write(text + "\n")


def say(text: str) -> None:
    """Tell the person something on standard error, out of the way of the answer."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def write_json(document: object) -> None:
    """Write the one JSON document of an answer."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str))
    sys.stdout.write("\n")


def open_database(*, bring_up_to_date: bool = True) -> Environment:
    """Make the database usable and load Django; return the settings.

    Starts the embedded server if it is the one used (and leaves it running), then applies the
    migrations that are missing. Raise WrongSetting or Refused, worded for the user.
    """
    environment = read_environment()
    from exigible.hosting import embedded

    embedded.ensure_running(environment, say=say)
    load_django()
    if bring_up_to_date:
        from exigible.hosting import schema

        schema.bring_up_to_date(say=say)
    return environment


def load_django() -> None:
    """Set Django up with the product's settings."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "exigible.settings"
    import django

    django.setup()


def answer_of(run: Callable[[], Any], *, as_json: bool) -> int:
    """Run a command; turn what it refuses into a sentence or a JSON error; return the exit code."""
    try:
        code = run()
    except KeyboardInterrupt:
        say("Interrompu.")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left: `| head`
        return DONE
    except Exception as error:
        refusal = understood(error)
        if refusal is None:
            if as_json:
                write_json({"error": {"code": "internal", "message": str(error), "field": None}})
            say("Erreur inattendue : c’est un défaut d’Exigible. Voici de quoi le signaler.")
            sys.excepthook(type(error), error, error.__traceback__)
            return OUR_MISTAKE
        if as_json:
            write_json({"error": refusal})
        else:
            say(str(refusal["message"]))
        return REFUSED
    return code if isinstance(code, int) else DONE


def understood(error: Exception) -> dict[str, object] | None:
    """Return the error as {"code", "message", "field"}, or None if it is a mistake of ours."""
    if isinstance(error, Refused):
        refusal: dict[str, object] = {
            "code": error.code,
            "message": error.message,
            "field": error.field,
        }
        if error.article:
            refusal["article"] = error.article
        if "line" in error.facts:
            refusal["line"] = error.facts["line"]
        return refusal
    if isinstance(error, WrongSetting):
        return {"code": "wrong_setting", "message": str(error), "field": error.name}
    if is_disk_full(error):
        message = "Le disque de la base de données est plein : rien n’a été enregistré."
        return {"code": "disk_full", "message": message, "field": None}
    if is_database_away(error):
        message = (
            "La base de données ne répond pas : vérifiez qu’elle est démarrée (exigible db "
            f"status) ou, si elle est sur un serveur, EXIGIBLE_DATABASE_URL. Détail : {outage_reason(error)}"
        )
        return {"code": "database_away", "message": message, "field": None}
    if isinstance(error, OSError) and error.filename is not None:
        return _of_file(error)
    return None


def _of_file(error: OSError) -> dict[str, object] | None:
    name = os.fsdecode(error.filename) if not isinstance(error.filename, int) else "?"
    sentences = {
        errno.ENOENT: ("file_not_found", f"« {name} » est introuvable."),
        errno.EACCES: ("file_not_allowed", f"« {name} » : vous n’avez pas le droit d’y accéder."),
        errno.EPERM: ("file_not_allowed", f"« {name} » : vous n’avez pas le droit d’y accéder."),
        errno.EISDIR: ("file_is_folder", f"« {name} » est un dossier ; indiquez un fichier."),
        errno.ENOTDIR: ("not_a_folder", f"« {name} » : un nom du chemin n’est pas un dossier."),
        errno.EROFS: ("disk_read_only", f"« {name} » : le disque est en lecture seule."),
        errno.ENOSPC: ("disk_full", f"« {name} » : le disque est plein, rien n’a été écrit."),
    }
    found = sentences.get(error.errno or 0)
    return {"code": found[0], "message": found[1], "field": None} if found else None


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show progress on a terminal's standard error; give a function (phase, done, total).

    Quiet, or where standard error is not a terminal, it shows nothing.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda phase, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                for task in tasks.values():
                    bar.update(task, completed=1, total=1)
                tasks[phase] = bar.add_task(phase, total=None)
            bar.update(tasks[phase], completed=done, total=total or None)

        yield show
