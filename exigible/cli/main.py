"""`exigible`: one module of this folder for each command, loaded only when it is asked for.

A module `cli/<name>.py` holds a function of the same name, the command; or, for a group, `cli`, a
Typer application of several. A final `_` is dropped and `_` shown as `-`: `import_.py` is `exigible
import`. Modules whose name starts with `_` are not commands. See docs/how_to/add_a_command.md.
"""

import importlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from exigible import cli as package
from exigible.cli._command import DONE, WRONG_USAGE, answer_of, say, write, write_json


def command_modules() -> dict[str, str]:
    """Return the commands and their modules, found without importing any."""
    return {
        found.name.rstrip("_").replace("_", "-"): f"{package.__name__}.{found.name}"
        for found in pkgutil.iter_modules(package.__path__)
        if not found.name.startswith("_") and found.name != "main"
    }


class Commands(TyperGroup):
    """The commands of the folder, each imported when it is named, all of them for the help."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Affiche cette aide."
        return option

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(command_modules())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        name = command_modules().get(cmd_name)
        if name is None:
            return None
        module = importlib.import_module(name)
        if not hasattr(module, "cli"):
            module.cli = typer.Typer()
            module.cli.command()(getattr(module, name.rpartition(".")[2]))
        command = typer.main.get_command(module.cli)
        command.name = cmd_name
        command.params = [
            param
            for param in command.params
            if param.name not in {"install_completion", "show_completion"}
        ]
        _help_in_french(command, ctx)
        return command


application = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Exigible : relancer, encaisser, agir en justice.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        write(f"exigible {version('exigible')}")
        raise typer.Exit()


@application.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Affiche la version installée."
        ),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line and exit."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run one command line; return its exit code (0 done, 1 refused, 2 wrong usage)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # consoles of Windows
    as_json = "--json" in arguments
    if not arguments or "--help" in arguments:
        _titles_in_french()
    command = typer.main.get_command(application)

    def invoke() -> Any:
        try:
            with command.make_context("exigible", list(arguments)) as context:
                return command.invoke(context)
        except typer.Exit as ending:
            return ending.exit_code
        except typer.Abort:
            raise KeyboardInterrupt from None
        except typer.TyperException as error:
            return _wrong_usage(error, as_json=as_json)

    return answer_of(invoke, as_json=as_json)


def _wrong_usage(error: Any, *, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        write(context.get_help().strip())
        return DONE if context.parent is None else WRONG_USAGE
    message = usage_in_french(error)
    if as_json:
        field = getattr(getattr(error, "param", None), "name", None)
        write_json({"error": {"code": "wrong_usage", "message": message, "field": field}})
        return WRONG_USAGE
    say(message)
    if context is not None:
        say(f"« {context.command_path} --help » donne le mode d’emploi.")
    return WRONG_USAGE


def usage_in_french(error: Any) -> str:
    """Word what the command line parser refuses."""
    kind = type(error).__name__
    param = getattr(error, "param", None)
    name = (getattr(param, "opts", None) or [""])[-1]
    if param is not None and getattr(param, "param_type_name", "") == "argument":
        name = getattr(param, "metavar", None) or str(param.name).upper()
    message = str(getattr(error, "message", error))
    if kind == "NoSuchOption":
        close = [str(option) for option in getattr(error, "possibilities", None) or []]
        hint = f" Vouliez-vous dire {' ou '.join(close)} ?" if close else ""
        return f"L’option « {error.option_name} » n’existe pas.{hint}"
    if kind == "MissingParameter":
        return f"Il manque {name}."
    if kind == "BadParameter":
        return f"{name} : valeur refusée ({message.rstrip('.')})."
    if message.startswith("No such command"):
        wanted = message.split("'")[1] if "'" in message else ""
        return f"La commande « {wanted} » n’existe pas."
    if message.startswith("Missing command"):
        return "Il manque la commande."
    if message.startswith("Got unexpected extra argument"):
        return f"Trop d’arguments : {message.rpartition('(')[2].rstrip(').')}."
    if kind == "BadOptionUsage":
        return f"L’option « {error.option_name} » est mal employée ({message.rstrip('.')})."
    return message


def _help_in_french(command: Any, context: Any) -> None:
    """Put the parser's own words of the help in French, down to the last subcommand."""
    option = command.get_help_option(context)
    if option is not None:
        option.help = "Affiche cette aide."
    for child in getattr(command, "commands", {}).values():
        _help_in_french(child, context)


def _titles_in_french() -> None:
    from typer import rich_utils

    rich_utils.COMMANDS_PANEL_TITLE = "Commandes"
    rich_utils.DEFAULT_STRING = "[défaut : {}]"
    rich_utils.REQUIRED_LONG_STRING = "[obligatoire]"
